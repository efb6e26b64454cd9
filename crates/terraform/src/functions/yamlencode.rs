//! `yamlencode`: block style, strings in double quotes, several lines as a literal block, as Terraform writes it.

use rolecall_source::{Kind, Span, Text, TextBuilder, Value, limits};

use super::call::{Call, Outcome, Stop};
use super::documents::sorted;

pub(super) fn yamlencode(c: &Call<'_>) -> Outcome {
    let value = sorted(c.arg(0));
    let mut writer = Writer {
        call: c,
        out: TextBuilder::default(),
        column: 0,
    };
    if writer.inline(&value, 0)? {
        writer.mark("\n");
        if !matches!(
            value.kind,
            Kind::Text(_) | Kind::Encoded(_) | Kind::List(_) | Kind::Map(_) | Kind::Unknown(_)
        ) {
            writer.mark("...\n");
        }
    } else if !is_literal(&value) {
        writer.block(&value, 0, 0)?;
    }
    c.of_text(writer.out.finish())
}

/// Columns after which a quoted text is broken at a space.
const WIDTH: usize = 80;

struct Writer<'a> {
    call: &'a Call<'a>,
    out: TextBuilder,
    column: usize,
}

impl Writer<'_> {
    /// Writes letters that stand nowhere.
    fn mark(&mut self, letters: &str) {
        self.out.letters(letters, Span::NOWHERE);
        match letters.rfind('\n') {
            Some(at) => self.column = letters.len() - at - 1,
            None => self.column += letters.chars().count(),
        }
    }

    /// Writes what stands on the line of its key; false when the value is a block, which is then not written, or a
    /// literal, which is.
    fn inline(&mut self, value: &Value, indent: usize) -> Result<bool, Stop> {
        match &value.kind {
            Kind::Null => self.mark("null"),
            Kind::Bool(_) | Kind::Number(_) => {
                let text = value.to_text().unwrap_or_else(|| Text::plain(""));
                self.column += text.flat_len();
                self.out.text(&text);
            }
            Kind::Text(_) | Kind::Encoded(_) => {
                let text = value.to_text().unwrap_or_else(|| Text::plain(""));
                if literal_allowed(&text) {
                    self.literal(&text, indent);
                    return Ok(false);
                }
                self.quoted(&text, Some(indent));
            }
            Kind::List(l) if l.open.is_some() => return Err(self.call.unknown()),
            Kind::Map(m) if m.open.is_some() => return Err(self.call.unknown()),
            Kind::List(l) if l.items.is_empty() => self.mark("[]"),
            Kind::Map(m) if m.entries.is_empty() => self.mark("{}"),
            Kind::List(_) | Kind::Map(_) => return Ok(false),
            Kind::Unknown(symbol) => self.out.symbol(symbol.clone(), value.span),
            Kind::Choice(_) => return Err(self.call.unknown()),
        }
        Ok(true)
    }

    /// Writes a list or map that is not empty, from the beginning of a line or behind a `- `.
    fn block(&mut self, value: &Value, indent: usize, depth: usize) -> Result<(), Stop> {
        if depth > limits::NESTING || self.out.len() > limits::TEXT_BYTES {
            return self.call.error("the value is too deep or too long");
        }
        let pad = " ".repeat(indent);
        let mut first = true;
        if let Kind::List(list) = &value.kind {
            for item in list.items.iter() {
                if !std::mem::take(&mut first) {
                    self.mark(&pad);
                }
                self.mark("- ");
                if self.inline(item, indent)? {
                    self.mark("\n");
                } else if !is_literal(item) {
                    self.block(item, indent + 2, depth + 1)?;
                }
            }
        }
        if let Kind::Map(map) = &value.kind {
            for (key, item) in map.iter() {
                if !std::mem::take(&mut first) {
                    self.mark(&pad);
                }
                self.quoted(key, None);
                self.mark(":");
                if !is_block(item) {
                    self.mark(" ");
                }
                if self.inline(item, indent)? {
                    self.mark("\n");
                } else if !is_literal(item) {
                    let deeper = if item.as_map().is_some() { indent + 2 } else { indent };
                    self.mark("\n");
                    self.mark(&" ".repeat(deeper));
                    self.block(item, deeper, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    /// Writes a text in double quotes, broken at spaces where `indent` says how far the next line is indented.
    fn quoted(&mut self, text: &Text, indent: Option<usize>) {
        let (flat, holes) = text.flat();
        self.mark("\"");
        let mut broken = false;
        let mut letters = flat.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let range = at..at + letter.len_utf8();
            if holes.binary_search_by_key(&at, |h| h.0).is_ok() {
                self.out.text(&text.slice(range));
                self.column += 1;
                continue;
            }
            let next = letters.peek().map(|(_, l)| *l);
            if letter == ' ' {
                let fold = indent.filter(|_| !broken && self.column > WIDTH && at > 0 && next.is_some());
                match fold {
                    Some(indent) => {
                        self.mark(&format!("\n{}", " ".repeat(indent + 2)));
                        if next == Some(' ') {
                            self.mark("\\");
                        }
                    }
                    None => {
                        self.out.text(&text.slice(range));
                        self.column += 1;
                    }
                }
                broken = true;
                continue;
            }
            broken = false;
            match escape(letter) {
                Some(escape) => {
                    self.column += escape.len();
                    self.out.letters(&escape, text.span_of(range));
                }
                None => {
                    self.column += 1;
                    self.out.text(&text.slice(range));
                }
            }
        }
        self.mark("\"");
    }

    /// Writes a text of several lines as a literal block.
    fn literal(&mut self, text: &Text, indent: usize) {
        let (flat, _) = text.flat();
        let hint = if flat.starts_with([' ', '\n']) { "2" } else { "" };
        let chomp = match flat.strip_suffix('\n') {
            None => "-",
            Some(head) if head.is_empty() || head.ends_with('\n') => "+",
            Some(_) => "",
        };
        self.mark(&format!("|{hint}{chomp}\n"));
        let pad = " ".repeat(indent + 2);
        let mut at = 0;
        for line in flat.split_inclusive('\n') {
            if line != "\n" {
                self.mark(&pad);
            }
            self.out.text(&text.slice(at..at + line.len()));
            at += line.len();
        }
        if !flat.ends_with('\n') {
            self.mark("\n");
        }
        self.column = 0;
    }
}

fn is_block(value: &Value) -> bool {
    match &value.kind {
        Kind::List(l) => !l.items.is_empty(),
        Kind::Map(m) => !m.entries.is_empty(),
        _ => false,
    }
}

fn is_literal(value: &Value) -> bool {
    match &value.kind {
        Kind::Text(_) | Kind::Encoded(_) => value.to_text().is_some_and(|t| literal_allowed(&t)),
        _ => false,
    }
}

/// True iff the text has several lines, no letter that needs an escape, and no space before a line break or at the
/// end. A symbol may have line breaks only where there are some already.
fn literal_allowed(text: &Text) -> bool {
    let (flat, _) = text.flat();
    flat.contains('\n')
        && !flat.contains(" \n")
        && !flat.ends_with(' ')
        && !flat.chars().any(|l| l != '\n' && escape_block(l))
}

/// True iff a letter cannot stand in a literal block.
fn escape_block(letter: char) -> bool {
    letter != '"' && letter != '\\' && letter != Text::HOLE && escape(letter).is_some()
}

/// How a letter is written between double quotes, when not as itself.
fn escape(letter: char) -> Option<String> {
    Some(match letter {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '\u{85}' => "\\N".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        '\u{feff}' => "\\uFEFF".into(),
        ' '..='~' | '\u{a0}'..='\u{fffd}' => return None,
        l if u32::from(l) <= 0xff => format!("\\x{:02X}", u32::from(l)),
        l if u32::from(l) <= 0xffff => format!("\\u{:04X}", u32::from(l)),
        l => format!("\\U{:08X}", u32::from(l)),
    })
}
