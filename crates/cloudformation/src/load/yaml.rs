//! CloudFormation's YAML: events of the parser to a [`Value`].

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, Tag};
use indexmap::IndexMap;
use rolecall_source::{Entry, FileId, Kind, Map, Span, Text, Value, limits};
use rustc_hash::FxHashMap;
use std::sync::Arc;

use super::scalar::{Scalar, plain};
use super::{Document, Error};

/// Reads the first document of a YAML file.
pub(super) fn read(text: &str, file: FileId) -> Result<Document, Error> {
    let mut builder = Builder {
        text,
        file,
        frames: Vec::new(),
        anchors: FxHashMap::default(),
        result: None,
        duplicate_keys: Vec::new(),
        nodes: 0,
    };
    let mut parser = Parser::new_from_str_with_options(text, options());
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|e| builder.scan_error(&e))?;
        let range = span.byte_range().unwrap_or(0..0);
        let tag = span.tag_span().and_then(|t| t.byte_range());
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.event(event, range, tag)?;
    }
    let value = builder.result.take().unwrap_or(Value::null(Span::at(file, 0..0)));
    Ok(Document {
        value,
        duplicate_keys: builder.duplicate_keys,
    })
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
    }
}

/// A finished node.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Nodes in it, aliases written out.
    weight: usize,
    /// Levels of lists and maps in it, aliases written out.
    depth: usize,
}

enum Items {
    List(Vec<Value>),
    Map {
        entries: IndexMap<Text, Entry>,
        key: Option<(Text, Span)>,
        merges: Vec<Value>,
    },
}

/// A list or map that is still being read.
struct Frame {
    items: Items,
    tag: Option<(Box<str>, Span)>,
    anchor: usize,
    start: usize,
    end: usize,
    weight: usize,
    depth: usize,
}

struct Builder<'a> {
    text: &'a str,
    file: FileId,
    frames: Vec<Frame>,
    anchors: FxHashMap<usize, Node>,
    result: Option<Value>,
    duplicate_keys: Vec<Span>,
    nodes: usize,
}

type Range = std::ops::Range<usize>;

impl Builder<'_> {
    fn error(&self, message: impl Into<String>, range: Range) -> Error {
        Error {
            message: message.into(),
            span: Span::at(self.file, range),
        }
    }

    fn scan_error(&self, error: &granit_parser::ScanError) -> Error {
        let mut at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        if *error.kind() == ErrorKind::TabInPlainScalar {
            // The parser names the text that the line of the tab would continue.
            at += self
                .text
                .get(at..)
                .and_then(|rest| rest.find("\n\t"))
                .map_or(0, |n| n + 1);
        }
        self.error(error.info(), at..at)
    }

    fn event(&mut self, event: Event<'_>, range: Range, tag_at: Option<Range>) -> Result<(), Error> {
        match event {
            Event::Scalar(letters, style, anchor, tag) => {
                let tag = self.function(tag.as_deref(), tag_at);
                let node = self.scalar(&letters, style, &range, tag.as_ref());
                self.finish(node, anchor, range.end)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = self.function(tag.as_deref(), tag_at);
                self.push(Items::List(Vec::new()), tag, anchor, range)
            }
            Event::MappingStart(_, anchor, tag) => {
                let items = Items::Map {
                    entries: IndexMap::new(),
                    key: None,
                    merges: Vec::new(),
                };
                let tag = self.function(tag.as_deref(), tag_at);
                self.push(items, tag, anchor, range)
            }
            Event::SequenceEnd | Event::MappingEnd => self.pop(range),
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node =
                    node.ok_or_else(|| self.error("this alias refers to the node it stands in", range.clone()))?;
                self.finish(node, 0, range.end)
            }
            _ => Ok(()),
        }
    }

    /// The intrinsic that a tag is short for (`Ref`, `Fn::Sub`, …), with its place. Core tags but `!!str` say nothing.
    fn function(&self, tag: Option<&Tag>, at: Option<Range>) -> Option<(Box<str>, Span)> {
        let tag = tag?;
        let span = at.map_or(Span::NOWHERE, |r| Span::at(self.file, r));
        if tag.is_yaml_core_schema() {
            return (tag.suffix() == "str").then(|| ("str".into(), span));
        }
        let name = tag.suffix();
        Some(match name {
            "Ref" | "Condition" => (name.into(), span),
            "" | "str" => ("str".into(), span),
            _ => (format!("Fn::{name}").into(), span),
        })
    }

    fn scalar(&self, letters: &str, style: ScalarStyle, range: &Range, tag: Option<&(Box<str>, Span)>) -> Node {
        let scalar = Scalar {
            source: self.text,
            file: self.file,
            start: range.start,
            end: range.end,
            style,
            letters,
        };
        let span = scalar.span();
        let typed = match style {
            ScalarStyle::Plain if tag.is_none() && range.is_empty() => Some(Kind::Null),
            ScalarStyle::Plain if tag.is_none() => plain(letters),
            _ => None,
        };
        let value = match typed {
            Some(kind) => Value::new(kind, span),
            None if range.is_empty() => Value::string("", span),
            None => Value::text(scalar.text(), span),
        };
        Node {
            value: tagged(value, tag),
            weight: 1,
            depth: 0,
        }
    }

    fn push(&mut self, items: Items, tag: Option<(Box<str>, Span)>, anchor: usize, range: Range) -> Result<(), Error> {
        if self.frames.len() >= limits::NESTING {
            let message = format!("nested deeper than {} levels", limits::NESTING);
            return Err(self.error(message, range));
        }
        self.frames.push(Frame {
            items,
            tag,
            anchor,
            start: range.start,
            end: range.end,
            weight: 1,
            depth: 1,
        });
        Ok(())
    }

    fn pop(&mut self, range: Range) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let end = if range.is_empty() { frame.end } else { range.end };
        let span = Span::at(self.file, frame.start..end);
        let value = match frame.items {
            Items::List(items) => Value::list(items, span),
            Items::Map { entries, merges, .. } => Value::new(
                Kind::Map(Map {
                    entries: Arc::new(merged(entries, &merges)),
                    open: None,
                }),
                span,
            ),
        };
        let node = Node {
            value: tagged(value, frame.tag.as_ref()),
            weight: frame.weight,
            depth: frame.depth + usize::from(frame.tag.is_some()),
        };
        self.finish(node, frame.anchor, end)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, end: usize) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(node.weight);
        if self.nodes > limits::ELEMENTS * 2 || node.depth + self.frames.len() > limits::NESTING {
            return Err(self.error("the aliases of this document expand to too much", end..end));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            self.result = Some(node.value);
            return Ok(());
        };
        frame.end = end;
        frame.weight = frame.weight.saturating_add(node.weight);
        frame.depth = frame.depth.max(node.depth + 1);
        match &mut frame.items {
            Items::List(items) => items.push(node.value),
            Items::Map { entries, key, merges } => match key.take() {
                None => *key = Some(as_key(&node.value)),
                Some((name, _)) if name.as_str() == Some("<<") => merges.push(node.value),
                Some((name, key_span)) => {
                    let entry = Entry {
                        key_span,
                        value: node.value,
                    };
                    if entries.insert(name, entry).is_some() {
                        self.duplicate_keys.push(key_span);
                    }
                }
            },
        }
        Ok(())
    }
}

/// A key: its letters as they are written, whatever type YAML gives them.
fn as_key(value: &Value) -> (Text, Span) {
    let text = match &value.kind {
        Kind::Null => Text::new("null", value.span),
        _ => value.to_text().unwrap_or_else(|| Text::new("", value.span)),
    };
    (text, value.span)
}

/// `{function: value}` for a short intrinsic.
fn tagged(value: Value, tag: Option<&(Box<str>, Span)>) -> Value {
    match tag {
        None => value,
        Some((name, _)) if &**name == "str" => value,
        Some((name, at)) => {
            let span = if at.is_nowhere() {
                value.span
            } else {
                at.join(value.span)
            };
            let entry = Entry { key_span: *at, value };
            let entries = IndexMap::from([(Text::new(name, *at), entry)]);
            Value::new(
                Kind::Map(Map {
                    entries: Arc::new(entries),
                    open: None,
                }),
                span,
            )
        }
    }
}

/// The entries with those of merged maps that they do not override.
fn merged(mut entries: IndexMap<Text, Entry>, merges: &[Value]) -> IndexMap<Text, Entry> {
    for merge in merges {
        let maps = match &merge.kind {
            Kind::List(list) => list.items.iter().collect(),
            _ => vec![merge],
        };
        for map in maps.into_iter().filter_map(Value::as_map) {
            for (key, entry) in &*map.entries {
                entries.entry(key.clone()).or_insert_with(|| entry.clone());
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn read_ok(text: &str) -> Value {
        read(text, FILE).unwrap_or_else(|e| panic!("{e:?}")).value
    }

    fn at(source: &str, span: Span) -> &str {
        source.get(span.start as usize..span.end as usize).unwrap()
    }

    #[test]
    fn short_intrinsics_are_written_out() {
        let v = read_ok("a: !Sub\n  - x${y}\n  - {y: !Ref z}\nb: !GetAtt Role.Arn\nc: !Condition d\n");
        let sub = v.get("a").and_then(|a| a.get("Fn::Sub")).unwrap();
        let list = sub.as_list().unwrap();
        assert_eq!(list.items[0].as_str(), Some("x${y}"));
        assert_eq!(list.items[1].get("y").unwrap().get("Ref").unwrap().as_str(), Some("z"));
        assert_eq!(
            v.get("b").unwrap().get("Fn::GetAtt").unwrap().as_str(),
            Some("Role.Arn")
        );
        assert_eq!(v.get("c").unwrap().get("Condition").unwrap().as_str(), Some("d"));
    }

    #[test]
    fn letters_know_where_they_were_written() {
        let source = "a: |\n    {\"x\":\n\n      \"s3:Get\"}\nb: \"q\\u00e9 \\\"s3:Put\\\"\"\nc: 'it''s s3:Del'\nd: one\n   two s3:Tag\ne: >-\n  uno\n  dos s3:Fold\n";
        let v = read_ok(source);
        for (key, word) in [
            ("a", "s3:Get"),
            ("b", "s3:Put"),
            ("c", "s3:Del"),
            ("d", "s3:Tag"),
            ("e", "s3:Fold"),
        ] {
            let text = v.get(key).unwrap().to_text().unwrap();
            let from = text.as_str().unwrap().find(word).unwrap();
            assert_eq!(at(source, text.span_of(from..from + word.len())), word, "{key}");
        }
        assert_eq!(v.get("b").unwrap().as_str(), Some("qé \"s3:Put\""));
        assert_eq!(v.get("d").unwrap().as_str(), Some("one two s3:Tag"));
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let v = read_ok("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n");
        let b = v.get("b").unwrap();
        assert_eq!(b.get("x").unwrap().to_text().unwrap().as_str(), Some("1"));
        assert_eq!(b.get("y").unwrap().to_text().unwrap().as_str(), Some("3"));
    }

    #[test]
    fn duplicate_keys_are_told() {
        let d = read("a: 1\nb: 2\na: 3\n", FILE).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(d.duplicate_keys, [Span::new(FILE, 10, 11)]);
    }

    #[test]
    fn an_alias_bomb_is_an_error() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let of = format!("*a{},", i - 1).repeat(10);
            bomb.push_str(&format!("a{i}: &a{i} [{of}]\n"));
        }
        assert!(read(&bomb, FILE).is_err());
        assert!(read(&"[".repeat(100_000), FILE).is_err());
        assert!(read(&"- ".repeat(50_000), FILE).is_err());
        assert!(read("a: &a [*a]\n", FILE).is_err());
    }

    #[test]
    fn an_empty_file_is_null() {
        assert!(read_ok("").is_null());
        assert!(read_ok("# only a comment\n").is_null());
        assert!(read_ok("a:\n").get("a").unwrap().is_null());
    }
}
