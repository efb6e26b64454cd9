//! Scalars: where each letter was written, and which plain ones are truth values and numbers.

use granit_parser::ScalarStyle;
use rolecall_source::{FileId, Kind, Number, Span, Text, TextBuilder};

/// A scalar as it stands in the file.
pub(super) struct Scalar<'a> {
    /// The file's text.
    pub(super) source: &'a str,
    /// The file.
    pub(super) file: FileId,
    /// First byte, quotes included.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// How it is written.
    pub(super) style: ScalarStyle,
    /// Its letters.
    pub(super) letters: &'a str,
}

impl Scalar<'_> {
    pub(super) fn span(&self) -> Span {
        Span::at(self.file, self.start..self.end)
    }

    /// Its letters with the place of each: exact wherever a letter, an escape or a folded line end can be told apart.
    pub(super) fn text(&self) -> Text {
        let raw = self.source.get(self.start..self.end).unwrap_or("");
        if raw == self.letters {
            return Text::new(self.letters, self.span());
        }
        let inner = raw.len() >= 2 && matches!(self.style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
        if inner && raw.get(1..raw.len() - 1) == Some(self.letters) {
            return Text::new(self.letters, Span::at(self.file, self.start + 1..self.end - 1));
        }
        self.align(raw)
    }

    /// Walks the letters and the written text side by side.
    fn align(&self, raw: &str) -> Text {
        let mut out = TextBuilder::default();
        let quoted = matches!(self.style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
        let mut at = usize::from(quoted);
        let mut run = (0, at, 0);
        let mut done = 0;
        while let Some(letter) = self.letters.get(done..).and_then(|l| l.chars().next()) {
            let step = self.step(raw, at, letter);
            let Some((from, to)) = step else {
                break;
            };
            let verbatim = to - from == letter.len_utf8();
            if verbatim && from == run.1 + run.2 {
                run.2 += letter.len_utf8();
            } else {
                self.flush(&mut out, run);
                run = (done, from, letter.len_utf8());
                if !verbatim {
                    out.letters(
                        letter.encode_utf8(&mut [0; 4]),
                        Span::at(self.file, self.start + from..self.start + to),
                    );
                    run = (done + letter.len_utf8(), to, 0);
                }
            }
            done += letter.len_utf8();
            at = to;
        }
        self.flush(&mut out, run);
        out.letters(self.letters.get(done..).unwrap_or(""), self.span());
        out.finish()
    }

    /// Appends the run of `len` letters from `at` that was copied from `from`.
    fn flush(&self, out: &mut TextBuilder, (at, from, len): (usize, usize, usize)) {
        let span = Span::at(self.file, self.start + from..self.start + from + len);
        out.letters(self.letters.get(at..at + len).unwrap_or(""), span);
    }

    /// Where in `raw`, from `at` on, `letter` is written; `None` when it cannot be told.
    fn step(&self, raw: &str, at: usize, letter: char) -> Option<(usize, usize)> {
        match self.style {
            ScalarStyle::Literal => self.literal(raw, at, letter),
            ScalarStyle::DoubleQuoted => {
                let at = skip_escaped_line_ends(raw, at)?;
                let rest = raw.get(at..)?;
                if rest.starts_with('\\') {
                    return Some((at, at + escape_length(rest)?));
                }
                folded(raw, at, letter)
            }
            ScalarStyle::SingleQuoted if letter == '\'' => Some((at, at + 2)),
            _ => folded(raw, at, letter),
        }
    }

    /// In a literal block every line begins after the indentation of the first one.
    fn literal(&self, raw: &str, at: usize, letter: char) -> Option<(usize, usize)> {
        let rest = raw.get(at..)?;
        let line_start = raw.get(..at)?.ends_with('\n');
        let indent = if line_start { self.indent() } else { 0 };
        let from = at + rest.bytes().take(indent).take_while(|b| *b == b' ').count();
        match raw.get(from..)?.chars().next()? {
            '\r' if letter == '\n' => Some((from, from + 2)),
            found => (found == letter).then(|| (from, from + letter.len_utf8())),
        }
    }

    /// How far the first line of a block scalar is indented.
    fn indent(&self) -> usize {
        let before = self.source.get(..self.start).unwrap_or("");
        before.len() - before.rfind('\n').map_or(0, |n| n + 1)
    }
}

/// Steps over line ends that a backslash joins.
fn skip_escaped_line_ends(raw: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = raw.get(at..)?;
        let Some(joined) = rest.strip_prefix('\\').filter(|r| r.starts_with(['\n', '\r'])) else {
            return Some(at);
        };
        at += 1 + joined.len() - joined.trim_start().len();
    }
}

/// Outside of literal blocks a line end and the white space around it are one letter, and a letter for each further
/// line end.
fn folded(raw: &str, at: usize, letter: char) -> Option<(usize, usize)> {
    let rest = raw.get(at..)?;
    let written = rest.chars().next()?;
    let space = rest.len() - rest.trim_start().len();
    let newlines = rest.get(..space)?.matches('\n').count();
    if newlines == 0 {
        return (written == letter).then(|| (at, at + letter.len_utf8()));
    }
    match letter {
        '\n' if newlines > 2 => Some((at, at + rest.find('\n')? + 1)),
        ' ' | '\n' => Some((at, at + space)),
        _ => {
            let found = raw.get(at + space..)?.chars().next()?;
            (found == letter).then(|| (at + space, at + space + letter.len_utf8()))
        }
    }
}

/// The bytes of a double-quoted escape, from its backslash.
fn escape_length(rest: &str) -> Option<usize> {
    Some(match rest.chars().nth(1)? {
        'x' => 4,
        'u' => 6,
        'U' => 10,
        other => 1 + other.len_utf8(),
    })
}

/// What a plain scalar is: CloudFormation reads
/// [YAML 1.1](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html), where `yes` and
/// `on` are truth values and `0x10`, `010` and `1:30` are numbers. Timestamps stay text.
pub(super) fn plain(letters: &str) -> Option<Kind> {
    let first = *letters.as_bytes().first()?;
    match first {
        b'~' if letters.len() == 1 => Some(Kind::Null),
        b'n' | b'N' if matches!(letters, "null" | "Null" | "NULL") => Some(Kind::Null),
        b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' => boolean(letters).map(Kind::Bool),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(letters).map(Kind::Number),
        _ => None,
    }
}

fn boolean(letters: &str) -> Option<bool> {
    match letters {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(letters: &str) -> Option<Number> {
    let (sign, digits) = match letters.as_bytes().first()? {
        b'-' => ("-", letters.get(1..)?),
        b'+' => ("", letters.get(1..)?),
        _ => ("", letters),
    };
    if !digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'.' | b':' | b'x' | b'+' | b'-'))
    {
        return None;
    }
    let bare = digits.replace('_', "");
    let whole = |n: Option<i64>| n.and_then(|n| Number::parse(&format!("{sign}{n}")));
    if let Some(hex) = bare.strip_prefix("0x") {
        return whole(i64::from_str_radix(hex, 16).ok());
    }
    if let Some(binary) = bare.strip_prefix("0b") {
        return whole(i64::from_str_radix(binary, 2).ok());
    }
    if bare.contains(':') {
        return whole(sexagesimal(&bare));
    }
    if bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|b| b.is_ascii_digit()) {
        return whole(i64::from_str_radix(&bare, 8).ok());
    }
    let decimal = bare.bytes().all(|b| b.is_ascii_digit());
    let float = bare.matches('.').count() == 1
        && bare.bytes().any(|b| b.is_ascii_digit())
        && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if decimal && !bare.is_empty() {
        Number::parse(&format!("{sign}{bare}"))
    } else if float {
        let padded = format!("{sign}0{}0", bare);
        Number::parse(&padded)
    } else {
        None
    }
}

fn sexagesimal(digits: &str) -> Option<i64> {
    let mut total: i64 = 0;
    for (i, part) in digits.split(':').enumerate() {
        let two = !part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        let n: i64 = part.parse().ok()?;
        if i > 0 && (!two || n > 59) || i == 0 && part.starts_with('0') {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(n)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_as_yaml_1_1() {
        let number = |s: &str| match plain(s) {
            Some(Kind::Number(n)) => n.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(number("12"), "12");
        assert_eq!(number("-1_000"), "-1000");
        assert_eq!(number("0x1F"), "31");
        assert_eq!(number("010"), "8");
        assert_eq!(number("22:22"), "1342");
        assert_eq!(number("1.50"), "1.5");
        assert_eq!(number(".5"), "0.5");
        for text in [
            "2012-10-17",
            "0123456789",
            "1.2.3",
            "1e3",
            "-",
            ".",
            "08:00",
            "a:b",
            "0x",
            "y",
            "n",
        ] {
            assert!(plain(text).is_none(), "{text}");
        }
        assert!(matches!(plain("yes"), Some(Kind::Bool(true))));
        assert!(matches!(plain("Off"), Some(Kind::Bool(false))));
    }
}
