//! `yamldecode`: the first and only document of a [YAML](https://yaml.org/spec/1.2.2/) text, read as Terraform reads
//! it: `yes` and `on` are true, dates are timestamps, keys are strings, `<<` merges.

use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as Place, Tag};
use indexmap::IndexMap;
use rolecall_source::{Entry, Kind, Map, Number, Span, Symbol, Text, TextBuilder, Value, limits};
use rustc_hash::FxHashMap;

use super::call::{Call, Outcome};
use super::dates::Time;

pub(super) fn yamldecode(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    if text.as_symbol().is_some() {
        return Err(c.unknown());
    }
    let (flat, holes) = text.flat();
    let reader = Reader {
        text: &text,
        flat: &flat,
        holes: &holes,
        frames: Vec::new(),
        anchors: FxHashMap::default(),
        result: None,
        nodes: 0,
    };
    match reader.document() {
        Ok(value) => Ok(value),
        // Outside of scalars a symbol may stand for anything.
        Err(_) if !text.is_known() => Err(c.unknown()),
        Err(message) => c.error_at(0, format!("the text is not YAML: {message}")),
    }
}

fn options() -> Options {
    granit_parser::options! { emit_comments: false }
}

enum Items {
    List(Vec<Value>),
    Map {
        entries: IndexMap<Text, Entry>,
        key: Option<(Text, Span)>,
        merged: Vec<Value>,
    },
}

struct Frame {
    items: Items,
    anchor: usize,
    start: usize,
    weight: usize,
}

struct Reader<'a> {
    text: &'a Text,
    flat: &'a str,
    holes: &'a [(usize, Symbol)],
    frames: Vec<Frame>,
    anchors: FxHashMap<usize, (Value, usize)>,
    result: Option<Value>,
    nodes: usize,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn document(mut self) -> Read<Value> {
        let mut parser = Parser::new_from_str_with_options(self.flat, options());
        let mut documents = 0;
        while let Some(next) = parser.next_event() {
            let (event, place) = next.map_err(|e| e.info().to_owned())?;
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    return Err("unexpected second document".into());
                }
            }
            self.event(event, &place)?;
        }
        self.result.ok_or_else(|| "missing document".into())
    }

    fn event(&mut self, event: Event<'_>, place: &Place) -> Read<()> {
        let range = place.byte_range().unwrap_or(0..0);
        match event {
            Event::Scalar(letters, style, anchor, tag) => {
                let value = self.scalar(&letters, style, &range, tag.as_deref())?;
                self.finish(value, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let items = Items::List(Vec::new());
                self.push(items, anchor, range.start, tag.as_deref())
            }
            Event::MappingStart(_, anchor, tag) => {
                let items = Items::Map {
                    entries: IndexMap::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.push(items, anchor, range.start, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.pop(range.end),
            Event::Alias(id) => {
                let (value, weight) = self.anchors.get(&id).cloned().ok_or("an alias refers to itself")?;
                self.finish(value, 0, weight)
            }
            _ => Ok(()),
        }
    }

    fn push(&mut self, items: Items, anchor: usize, start: usize, tag: Option<&Tag>) -> Read<()> {
        let core = tag.is_none_or(|t| t.is_yaml_core_schema_tag("map") || t.is_yaml_core_schema_tag("seq"));
        if !core {
            return Err("unsupported tag".into());
        }
        if self.frames.len() >= limits::NESTING {
            return Err(format!("nested deeper than {} levels", limits::NESTING));
        }
        self.frames.push(Frame {
            items,
            anchor,
            start,
            weight: 1,
        });
        Ok(())
    }

    fn pop(&mut self, end: usize) -> Read<()> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let span = self.text.span_of(frame.start..end.max(frame.start));
        let value = match frame.items {
            Items::List(items) => Value::list(items, span),
            Items::Map {
                mut entries, merged, ..
            } => {
                for map in merged.iter().filter_map(Value::as_map) {
                    for (key, entry) in map.entries.iter() {
                        entries.entry(key.clone()).or_insert_with(|| entry.clone());
                    }
                }
                let entries = Arc::new(entries);
                Value::new(Kind::Map(Map { entries, open: None }), span)
            }
        };
        self.finish(value, frame.anchor, frame.weight)
    }

    /// Puts a finished node where it belongs; aliases count as often as they are written out.
    fn finish(&mut self, value: Value, anchor: usize, weight: usize) -> Read<()> {
        self.nodes = self.nodes.saturating_add(weight);
        if self.nodes > limits::ELEMENTS {
            return Err("the aliases of this document expand to too much".into());
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), weight));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.result = Some(value);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(weight);
        match &mut frame.items {
            Items::List(items) => items.push(value),
            Items::Map { entries, key, merged } => match key.take() {
                None => {
                    let name = value.to_text().ok_or("a key must be a string")?;
                    *key = Some((name, value.span));
                }
                Some((name, _)) if name.as_str() == Some("<<") => match &value.kind {
                    Kind::List(list) => merged.extend(list.items.iter().cloned()),
                    _ => merged.push(value),
                },
                Some((name, key_span)) => {
                    entries.insert(name, Entry { key_span, value });
                }
            },
        }
        Ok(())
    }

    fn scalar(
        &self,
        letters: &str,
        style: ScalarStyle,
        range: &std::ops::Range<usize>,
        tag: Option<&Tag>,
    ) -> Read<Value> {
        let span = self.text.span_of(range.clone());
        let text = self.letters(letters, range);
        if let Some(symbol) = text.as_symbol() {
            return Ok(Value::unknown(symbol.clone(), span));
        }
        let wanted = match tag {
            None => None,
            Some(tag) if tag.is_yaml_core_schema() => Some(tag.suffix()),
            Some(tag) if tag.to_string().ends_with("binary") => Some("binary"),
            Some(_) => return Err("unsupported tag".into()),
        };
        if style != ScalarStyle::Plain || matches!(wanted, Some("str" | "binary")) {
            return Ok(Value::text(text, span));
        }
        let kind = plain(letters);
        let fits = matches!(
            (wanted, &kind),
            (None, _)
                | (Some("int" | "float"), Some(Kind::Number(_)))
                | (Some("bool"), Some(Kind::Bool(_)))
                | (Some("null"), Some(Kind::Null))
                | (Some("timestamp"), Some(Kind::Text(_)))
        );
        if !fits {
            return Err("a value does not fit its tag".into());
        }
        Ok(match kind {
            Some(Kind::Text(t)) => Value::string(&t.to_string(), span),
            Some(kind) => Value::new(kind, span),
            None => Value::text(text, span),
        })
    }

    /// The letters of a scalar with their symbols and places: where a line was copied, exactly.
    fn letters(&self, letters: &str, range: &std::ops::Range<usize>) -> Text {
        let raw = self.flat.get(range.clone()).unwrap_or("");
        let mut out = TextBuilder::default();
        let mut done = 0;
        let mut seen = self.holes.partition_point(|h| h.0 < range.start);
        for line in letters.split_inclusive('\n') {
            let stretch = line.trim_matches(['\n', ' ']);
            let found = raw
                .get(done..)
                .and_then(|r| r.find(stretch))
                .filter(|_| !stretch.is_empty());
            match found {
                Some(at) => {
                    let start = range.start + done + at;
                    let lead = line.find(stretch).unwrap_or(0);
                    let near = self.text.span_of(start..start);
                    out.letters(line.get(..lead).unwrap_or(""), near);
                    out.text(&self.text.slice(start..start + stretch.len()));
                    out.letters(line.get(lead + stretch.len()..).unwrap_or(""), near);
                    done += at + stretch.len();
                    seen += stretch.matches(Text::HOLE).count();
                }
                None => {
                    // Escapes or folds: the place of the whole scalar.
                    for piece in line.split_inclusive(Text::HOLE) {
                        let known = piece.strip_suffix(Text::HOLE);
                        out.letters(known.unwrap_or(piece), self.text.span_of(range.clone()));
                        if let Some((at, symbol)) = self.holes.get(seen).filter(|_| known.is_some()) {
                            out.symbol(symbol.clone(), self.text.span_of(*at..at + 3));
                            seen += 1;
                        }
                    }
                }
            }
        }
        out.finish()
    }
}

/// What a scalar without quotes is; `None` for a string. A timestamp is text in RFC 3339.
fn plain(letters: &str) -> Option<Kind> {
    match letters {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Kind::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Kind::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Kind::Bool(false));
        }
        _ => {}
    }
    if !letters.starts_with(|l: char| l.is_ascii_digit() || "+-.".contains(l)) {
        return None;
    }
    number(letters)
        .map(Kind::Number)
        .or_else(|| timestamp(letters).map(|t| Kind::Text(Text::plain(&t))))
}

fn number(letters: &str) -> Option<Number> {
    match letters {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Number::infinite(false)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Number::infinite(true)),
        _ => {}
    }
    let (sign, digits) = match letters.strip_prefix(['-', '+']) {
        Some(digits) => (letters.get(..1).unwrap_or(""), digits),
        None => ("", letters),
    };
    for (prefix, base) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            return Number::parse_whole(&format!("{sign}{digits}"), base);
        }
    }
    let decimal = digits
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if decimal { Number::parse(letters) } else { None }
}

/// A date, or a date and time with `T`, `t` or a space.
fn timestamp(letters: &str) -> Option<String> {
    let (date, time) = match letters.find(['T', 't', ' ']) {
        Some(at) => (letters.get(..at)?, letters.get(at + 1..)),
        None => (letters, None),
    };
    let numbers = |text: &str, separator: char| -> Option<(i64, i64, i64)> {
        let mut parts = text.split(separator).map(|p| {
            let digits = !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
            p.parse::<i64>().ok().filter(|_| digits)
        });
        let three = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(three)
    };
    let date_parts = numbers(date, '-').filter(|_| date.find('-') == Some(4))?;
    let Some(time) = time else {
        return Time::new(date_parts, (0, 0, 0), 0, 0).map(Time::format);
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone)?;
    let with_space = letters.contains(' ');
    let clock = clock.split_once('.').map_or(clock, |(c, _)| c);
    let offset = match zone {
        "Z" if !with_space => 0,
        "" if with_space => 0,
        zone if !with_space && zone.len() == 6 => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let size = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -size } else { size }
        }
        _ => return None,
    };
    Time::new(date_parts, numbers(clock, ':')?, 0, offset).map(Time::format)
}
