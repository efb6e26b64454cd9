//! Functions of text: `Fn::Sub`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::Base64`, and dynamic references.

use std::ops::Range;

use rolecall_source::{Class, Kind, List, Span, Symbol, Text, TextBuilder, Value};

use super::choice::{WORLDS, lift};
use super::respan;
use crate::stack::Stack;

/// What a piece of a text costs beside its letters, in bytes.
const PIECE_COST: usize = 64;

/// A part of the text of an `Fn::Sub`.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Letters as they stand.
    Letters(Range<usize>),
    /// `${name}`, the whole of it and the name.
    Variable(Range<usize>, Range<usize>),
}

/// The parts of a text with `${…}`; `${!name}` gives the letters `${name}`.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|t| t.find("${")) {
        let open = at + found;
        let Some(length) = text.get(open..).and_then(|t| t.find('}')) else {
            break;
        };
        let close = open + length;
        parts.push(Part::Letters(from..open));
        if text.get(open + 2..).is_some_and(|t| t.starts_with('!')) {
            parts.push(Part::Letters(open..open + 2));
            from = open + 3;
        } else {
            let inside = text.get(open + 2..close).unwrap_or("");
            let start = open + 2 + inside.len() - inside.trim_start().len();
            parts.push(Part::Variable(open..close + 1, start..start + inside.trim().len()));
            from = close + 1;
        }
        at = from;
    }
    parts.push(Part::Letters(from..text.len()));
    parts.retain(|p| !matches!(p, Part::Letters(r) if r.is_empty()));
    parts
}

impl Stack<'_> {
    /// `Fn::Sub`, with or without a map of variables.
    pub(super) fn sub(&self, argument: &Value, span: Span) -> Value {
        let (template, variables) = match &argument.kind {
            Kind::List(list) => match list.items.as_slice() {
                [template] => (template, None),
                [template, variables, ..] => (template, variables.as_map()),
                [] => return self.malformed("Fn::Sub", span),
            },
            _ => (argument, None),
        };
        // A text that is put together is taken apart again as it is.
        let evaluated;
        let template = if template.as_map().is_some() {
            evaluated = self.eval(template);
            &evaluated
        } else {
            template
        };
        let Some(text) = template.to_text() else {
            return self.malformed("Fn::Sub", span);
        };
        let (flat, _) = text.flat();
        let parts = parts(&flat);
        let values: Vec<Value> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Letters(_) => None,
                Part::Variable(whole, name) => {
                    let name = flat.get(name.clone()).unwrap_or("");
                    let at = text.span_of(whole.clone());
                    Some(match variables.and_then(|v| v.get(name)) {
                        Some(value) => self.eval(value),
                        None => self.named_value(name, at),
                    })
                }
            })
            .collect();
        lift(&values, WORLDS, &mut |values| {
            self.put_together(&text, &parts, values, span)
        })
    }

    fn put_together(&self, text: &Text, parts: &[Part], values: &[Value], span: Span) -> Value {
        let mut out = TextBuilder::default();
        let mut values = values.iter();
        for part in parts {
            match part {
                Part::Letters(range) => out.text(&text.slice(range.clone())),
                Part::Variable(whole, _) => {
                    let at = text.span_of(whole.clone());
                    let at = if at.is_nowhere() { span } else { at };
                    match values.next().map(|v| (v, v.to_text())) {
                        Some((_, Some(t))) => out.text(&respan(&t, at)),
                        Some((v, None)) if !v.is_null() => {
                            let symbol = self.symbol("Fn::Sub", "is not text", Class::Any);
                            out.symbol(symbol, at);
                        }
                        _ => {}
                    }
                }
            }
        }
        self.text_value(out, span)
    }

    /// A text within the limits.
    fn text_value(&self, out: TextBuilder, span: Span) -> Value {
        let text = out.finish();
        let cost = text.flat_len() + text.pieces().len() * PIECE_COST;
        if !self.shared.budget.bytes(cost) {
            return self.unknown("limit", "is longer than is allowed", span);
        }
        self.dynamic_references(&text, span)
    }

    /// `Fn::Join`.
    pub(super) fn join(&self, argument: &Value, span: Span) -> Value {
        let Some([delimiter, list, ..]) = self.arguments(argument, 2) else {
            return self.malformed("Fn::Join", span);
        };
        let Some(delimiter) = self.eval(delimiter).to_text() else {
            return self.malformed("Fn::Join", span);
        };
        let list = self.eval(list);
        lift(&[list], WORLDS, &mut |args| match args.first().map(|a| &a.kind) {
            Some(Kind::List(list)) => self.join_list(&delimiter, list, span),
            Some(Kind::Unknown(symbol)) => Value::text(Text::symbol(symbol.part(".join"), span), span),
            Some(Kind::Text(text)) => Value::text(text.clone(), span),
            _ => self.malformed("Fn::Join", span),
        })
    }

    fn join_list(&self, delimiter: &Text, list: &List, span: Span) -> Value {
        lift(&list.items, WORLDS, &mut |items| {
            let mut out = TextBuilder::default();
            let mut first = true;
            for item in items.iter().filter(|v| !v.is_null()) {
                if !first {
                    out.text(delimiter);
                }
                first = false;
                match item.to_text() {
                    Some(text) => out.text(&text),
                    None => out.symbol(self.symbol("Fn::Join", "is not text", Class::Any), item.span),
                }
            }
            if let Some(open) = &list.open {
                out.symbol(open.part(".join"), span);
            }
            self.text_value(out, span)
        })
    }

    /// `Fn::Select`.
    pub(super) fn select(&self, argument: &Value, span: Span) -> Value {
        let Some([index, list, ..]) = self.arguments(argument, 2) else {
            return self.malformed("Fn::Select", span);
        };
        let args = [self.eval(index), self.eval(list)];
        lift(&args, WORLDS, &mut |args| {
            let [index, list] = args else {
                return self.malformed("Fn::Select", span);
            };
            let position = index.to_text().and_then(|t| t.as_str()?.trim().parse::<usize>().ok());
            match (&list.kind, position) {
                (Kind::List(list), Some(i)) => match (list.items.get(i), &list.open) {
                    (Some(value), _) => value.clone(),
                    (None, Some(open)) => Self::derived(open, &format!("[{i}]"), span),
                    (None, None) => self.malformed("Fn::Select", span),
                },
                (Kind::Unknown(symbol), Some(i)) => Self::derived(symbol, &format!("[{i}]"), span),
                _ => self.unknown("Fn::Select", "depends on an index that is not known", span),
            }
        })
    }

    /// `Fn::Split`.
    pub(super) fn split(&self, argument: &Value, span: Span) -> Value {
        let Some([delimiter, text, ..]) = self.arguments(argument, 2) else {
            return self.malformed("Fn::Split", span);
        };
        let args = [self.eval(delimiter), self.eval(text)];
        lift(&args, WORLDS, &mut |args| {
            let [delimiter, text] = args else {
                return self.malformed("Fn::Split", span);
            };
            let Some(text) = text.to_text() else {
                return self.malformed("Fn::Split", span);
            };
            let parts = delimiter.as_str().and_then(|d| text.split(d));
            match (parts, text.as_symbol()) {
                (Some(parts), _) => {
                    let items = parts.into_iter().map(|p| Value::text(p.clone(), p.span()));
                    Value::list(items.collect(), span)
                }
                (None, Some(symbol)) => Self::derived(symbol, ".split", span),
                (None, None) => self.unknown(&format!("{text}.split"), "splits a text that is not known", span),
            }
        })
    }

    /// `Fn::Base64`: of text that is known, else unknown.
    pub(super) fn base64(&self, argument: &Value, span: Span) -> Value {
        let value = self.eval(argument);
        lift(&[value], WORLDS, &mut |args| {
            let text = args.first().and_then(Value::to_text);
            match text.as_ref().and_then(Text::as_str) {
                Some(letters) if self.shared.budget.bytes(letters.len() * 4 / 3) => {
                    Value::string(&encode(letters.as_bytes()), span)
                }
                _ => self.unknown("Fn::Base64", "encodes a text that is not known", span),
            }
        })
    }

    /// Text with
    /// [dynamic references](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html)
    /// (`{{resolve:ssm:name}}`) as symbols.
    pub(super) fn dynamic_references(&self, text: &Text, span: Span) -> Value {
        const OPEN: &str = "{{resolve:";
        let present = |p: &rolecall_source::Piece| match p {
            rolecall_source::Piece::Letters(l) => l.contains(OPEN),
            rolecall_source::Piece::Symbol(_) => false,
        };
        if !text.pieces().iter().any(present) {
            return Value::text(text.clone(), span);
        }
        let (flat, _) = text.flat();
        let mut out = TextBuilder::default();
        let mut done = 0;
        while let Some(found) = flat.get(done..).and_then(|t| t.find(OPEN)) {
            let open = done + found;
            let Some(length) = flat.get(open..).and_then(|t| t.find("}}")) else {
                break;
            };
            let close = open + length + 2;
            out.text(&text.slice(done..open));
            let name = text.slice(open..close).to_string();
            let symbol = Symbol::new(
                format!("{}/{name}", self.place.account.as_symbol().map_or("", |s| &s.id)),
                name.trim_matches(['{', '}']),
                "is resolved at deployment",
                Class::Any,
            );
            out.symbol(symbol, text.span_of(open..close));
            done = close;
        }
        out.text(&text.slice(done..flat.len()));
        Value::text(out.finish(), span)
    }
}

fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = LETTERS
                .get((bits >> (18 - 6 * i) & 63) as usize)
                .copied()
                .unwrap_or(b'=');
            out.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn variables_are_found() {
        assert_eq!(
            parts("a${b}${!c}d"),
            [
                Part::Letters(0..1),
                Part::Variable(1..5, 3..4),
                Part::Letters(5..7),
                Part::Letters(8..11),
            ]
        );
        assert_eq!(parts("${open"), [Part::Letters(0..6)]);
    }
}
