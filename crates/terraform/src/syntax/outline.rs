//! The outline of a file: its blocks with their labels, and where their contents stand, without reading those.
//!
//! Most blocks of a large repository are never asked for: nothing that matters depends on them. Finding where a block
//! ends takes a fraction of parsing it.

use std::sync::Arc;

use rolecall_source::FileId;

use super::ast::{Block, Content};
use super::cursor::{From, Parser};

/// The blocks of a file; `None` when it is not plainly a list of blocks, and has to be parsed as a whole.
pub(super) fn outline(text: &Arc<str>, file: FileId) -> Option<Vec<Block>> {
    let mut parser = Parser::new(text, From::File(file));
    parser.eat("\u{feff}");
    let mut blocks = Vec::new();
    loop {
        parser.lines();
        if parser.rest().is_empty() {
            return parser.errors.is_empty().then_some(blocks);
        }
        blocks.push(block(&mut parser, text, file)?);
    }
}

fn block(parser: &mut Parser<'_>, text: &Arc<str>, file: FileId) -> Option<Block> {
    let start = parser.at;
    let kind = Arc::from(parser.name()?);
    let mut end = parser.at;
    parser.space();
    let mut labels = Vec::new();
    while parser.peek() != Some(b'{') {
        labels.push(parser.label().ok()?);
        end = parser.at;
        parser.space();
    }
    let header = parser.span(start..end);
    let open = parser.at + 1;
    parser.at = end_of_block(text.as_bytes(), open)?;
    parser.space();
    if !matches!(parser.peek(), None | Some(b'\n')) {
        return None;
    }
    labels.shrink_to_fit();
    Some(Block {
        kind,
        labels,
        header,
        body: Content::later(Arc::clone(text), file, open),
    })
}

/// What the scan is inside of.
enum Inside<'s> {
    Braces,
    Quotes,
    /// A heredoc that ends at a line which holds this marker and nothing else.
    Heredoc(&'s [u8]),
}

/// The offset after the `}` that closes the block whose contents begin at `open`.
fn end_of_block(bytes: &[u8], open: usize) -> Option<usize> {
    let mut inside = vec![Inside::Braces];
    let mut at = open;
    loop {
        at = match inside.last()? {
            Inside::Braces => in_braces(bytes, at, &mut inside)?,
            Inside::Quotes => in_text(bytes, at, &mut inside)?,
            Inside::Heredoc(_) => in_heredoc(bytes, at, &mut inside)?,
        };
        if inside.is_empty() {
            return Some(at);
        }
        if inside.len() > super::cursor::NESTING {
            return None;
        }
    }
}

/// One step among code: the offset after what was stepped over.
fn in_braces<'s>(bytes: &'s [u8], at: usize, inside: &mut Vec<Inside<'s>>) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let skip = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'{' | b'}' | b'#' | b'/' | b'<'))?;
    let (byte, next) = (*rest.get(skip)?, rest.get(skip + 1).copied());
    let here = at + skip;
    Some(match (byte, next) {
        (b'"', _) => {
            inside.push(Inside::Quotes);
            here + 1
        }
        (b'{', _) => {
            inside.push(Inside::Braces);
            here + 1
        }
        (b'}', _) => {
            inside.pop();
            here + 1
        }
        (b'#', _) | (b'/', Some(b'/')) => here + line(rest.get(skip..)?),
        (b'/', Some(b'*')) => here + 4 + rest.get(skip + 2..)?.windows(2).position(|w| w == b"*/")?,
        (b'<', Some(b'<')) => {
            let head = rest.get(skip + 2..)?;
            let head = head.get(..line(head))?;
            let marker = head.strip_prefix(b"-").unwrap_or(head).trim_ascii_end();
            let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if marker.is_empty() || !marker.iter().all(plain) {
                return None;
            }
            inside.push(Inside::Heredoc(marker));
            here + 2 + head.len()
        }
        _ => here + 1,
    })
}

/// How many bytes are left of the line, its end aside.
fn line(bytes: &[u8]) -> usize {
    bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len())
}

/// One step inside quotes.
fn in_text<'s>(bytes: &'s [u8], at: usize, inside: &mut Vec<Inside<'s>>) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let skip = rest
        .iter()
        .position(|b| matches!(b, b'"' | b'\\' | b'$' | b'%' | b'\n'))?;
    let here = at + skip;
    match rest.get(skip)? {
        b'"' => {
            inside.pop();
            Some(here + 1)
        }
        b'\\' => Some(here + 2),
        b'\n' => None,
        _ => Some(here + interpolation(rest.get(skip..)?, inside)),
    }
}

/// What begins with `$` or `%`: `${` opens code, `$${` does not.
fn interpolation<'s>(rest: &'s [u8], inside: &mut Vec<Inside<'s>>) -> usize {
    match rest {
        [a, b, b'{', ..] if a == b => 3,
        [_, b'{', ..] => {
            inside.push(Inside::Braces);
            2
        }
        _ => 1,
    }
}

/// One step inside a heredoc; `at` may be the end of the line before.
fn in_heredoc<'s>(bytes: &'s [u8], at: usize, inside: &mut Vec<Inside<'s>>) -> Option<usize> {
    let Some(Inside::Heredoc(marker)) = inside.last() else {
        return None;
    };
    let marker = *marker;
    let rest = bytes.get(at..)?;
    let skip = rest.iter().position(|b| matches!(b, b'\n' | b'$' | b'%'))?;
    let here = at + skip;
    if rest.get(skip) != Some(&b'\n') {
        return Some(here + interpolation(rest.get(skip..)?, inside));
    }
    let after = rest.get(skip + 1..)?;
    let next = after.get(..line(after))?;
    if next.trim_ascii() != marker {
        return Some(here + 1);
    }
    inside.pop();
    Some(here + 1 + next.trim_ascii_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Remarks, read_whole};

    /// The outline of a text, each block's content read, as the whole would be.
    fn same(text: &str) {
        let shared: Arc<str> = text.into();
        let blocks = outline(&shared, FileId(0)).unwrap_or_else(|| panic!("no outline of {text}"));
        let mut remarks = Remarks::default();
        let whole = read_whole(&shared, FileId(0), &mut remarks);
        assert_eq!(remarks.diagnostics, Vec::new());
        let show = |blocks: &[Block]| -> Vec<String> {
            let one = |b: &Block| format!("{} {:?} {:?} {:?}", b.kind, b.labels, b.header, &*b.body);
            blocks.iter().map(one).collect()
        };
        assert_eq!(show(&blocks), show(&whole.blocks), "{text}");
        assert!(blocks.iter().all(|b| b.body.errors().is_empty()));
    }

    #[test]
    fn contents_are_what_a_whole_parse_gives() {
        same("");
        same("resource \"a\" \"b\" {}\n\n# c }\ndata x y { z = 1 }");
        same("\u{feff}a {\n  b = \"}\" // }\n  c = \"\\\"}\"\n  /* } */ d = 4 / 2\n}\n");
        same("a {\n  b = \"x${\"}\"}y$${z}\"\n  c = \"%{ if true }}%{ endif }\"\n}\nb {}\n");
        same("a {\n  b = <<EOT\n }\n ${ { x = \"}\" }.x } {\n  EOT\n  c = <<-E-1\n  EOT }\n  E-1\n}\n");
        same("a {\n  b = [<<X\n$${ { \nX\n  , 2 < 3]\n  c { d {} }\n}\r\nb \"é\" { }\r\n");
        same("a {\n  b = <<X\nX\n}\n");
    }

    #[test]
    fn what_is_not_plainly_blocks_has_no_outline() {
        for text in [
            "a = 1\n",
            "a {",
            "a {}}",
            "a {} b {}",
            "a { b = \"\n\" }",
            "a { b = <<\n}\n",
            "a { b = <<X\n}\n",
            "}",
            "a { /* }",
            "a ${ b }",
        ] {
            assert!(outline(&text.into(), FileId(0)).is_none(), "{text}");
        }
        let deep = format!("a {{ b = {}1{} }}", "{ x = ".repeat(300), "}".repeat(300));
        assert!(outline(&deep.as_str().into(), FileId(0)).is_none());
    }
}
