//! Spans as people and machines count them, and text that is safe to show.

use rolecall_source::{Sources, Span};

/// `path:line:column` of the first byte; `None` for what stands in no file.
pub(crate) fn show(sources: &Sources, span: Span) -> Option<String> {
    if span.is_nowhere() {
        return None;
    }
    let at = sources.position(span);
    Some(format!("{}:{}:{}", plain(sources.path(span.file)), at.line, at.column))
}

/// Text of the repository on one line and without letters that a terminal or a viewer takes as a command (escape
/// sequences, direction overrides). Every letter keeps its length in bytes.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(harmless).collect()
}

pub(crate) fn harmless(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_ascii_control() => '?',
        // Two bytes for two, three for three.
        '\u{80}'..='\u{9f}' => '\u{bf}',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        c => c,
    }
}

/// A path as a relative URI reference ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986)).
pub(crate) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_is_left() {
        let hostile = "a\u{1b}[31m\u{9b}x\r\n\t\u{202e}b\u{7f}";
        let shown = plain(hostile);
        assert_eq!(shown, "a?[31m\u{bf}x?? \u{fffd}b?");
        assert_eq!(shown.len(), hostile.len());
    }

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("infra/main.tf"), "infra/main.tf");
        assert_eq!(uri("a b/\u{e9}#1:x%.tf"), "a%20b/%C3%A9%231%3Ax%25.tf");
    }
}
