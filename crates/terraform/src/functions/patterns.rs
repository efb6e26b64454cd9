//! `regex`, `regexall` and `replace`.
//!
//! Terraform's patterns are those of [RE2](https://github.com/google/re2/wiki/Syntax) as Go reads them. They are
//! translated: `\d`, `\w`, `\s` and `\b` mean ASCII letters only, brackets do not nest, braces that begin no
//! repetition are letters.

use regex::{Regex, RegexBuilder};
use rolecall_source::{Class, Piece, Span, Symbol, Text, TextBuilder, Value, limits};

use super::call::{Call, Outcome, Stop};
use super::substrings::all_known;

/// Longest pattern and largest automaton, in bytes.
const PATTERN: usize = 16 * 1024;
const AUTOMATON: usize = 4 * 1024 * 1024;

pub(super) fn regex(c: &Call<'_>) -> Outcome {
    let re = pattern(c, 0)?;
    let text = c.text(1)?;
    let letters = all_known(c, &text)?;
    match re.captures(&letters) {
        Some(captures) => Ok(result(c, &re, &captures, &text)),
        None => c.error("the pattern did not match any part of the text"),
    }
}

pub(super) fn regexall(c: &Call<'_>) -> Outcome {
    let re = pattern(c, 0)?;
    let text = c.text(1)?;
    let letters = all_known(c, &text)?;
    let found = go_matches(&re, &letters);
    if found.len() > limits::ELEMENTS {
        return c.error("the pattern matches too often");
    }
    let items = found.iter().map(|captures| result(c, &re, captures, &text)).collect();
    c.of_list(items, None)
}

/// Matches as Go counts them: none that is empty right behind another one.
fn go_matches<'t>(re: &Regex, letters: &'t str) -> Vec<regex::Captures<'t>> {
    let mut end = None;
    let mut found = Vec::new();
    for captures in re.captures_iter(letters).take(limits::ELEMENTS + 1) {
        let Some(whole) = captures.get(0) else { continue };
        if !(whole.is_empty() && end == Some(whole.start())) {
            end = Some(whole.end());
            found.push(captures);
        }
    }
    found
}

fn pattern(c: &Call<'_>, i: usize) -> Result<Regex, Stop> {
    let source = c.letters(i)?;
    compile(c, i, &source)
}

fn compile(c: &Call<'_>, i: usize, source: &str) -> Result<Regex, Stop> {
    if source.len() > PATTERN {
        return c.error_at(i, "the pattern is too long");
    }
    let Some(pattern) = translate(source) else {
        return c.error_at(i, "the pattern repeats a repetition");
    };
    let built = RegexBuilder::new(&pattern).size_limit(AUTOMATON).build();
    match built {
        Ok(re) if mixes_names(&re) => c.error_at(i, "the pattern has groups with and without names"),
        Ok(re) => Ok(re),
        Err(regex::Error::CompiledTooBig(_)) => c.error_at(i, "the pattern is too large"),
        Err(_) => c.error_at(i, "the pattern is not a regular expression"),
    }
}

fn mixes_names(re: &Regex) -> bool {
    let named = re.capture_names().skip(1).flatten().count();
    named > 0 && named + 1 < re.captures_len()
}

/// What one match is: the whole text, or its groups by position or by name.
fn result(c: &Call<'_>, re: &Regex, captures: &regex::Captures<'_>, text: &Text) -> Value {
    let group = |i: usize| match captures.get(i) {
        Some(m) => Value::text(text.slice(m.range()), text.span_of(m.range())),
        None => Value::null(c.span),
    };
    let names: Vec<Option<&str>> = re.capture_names().skip(1).collect();
    if names.is_empty() {
        return group(0);
    }
    if names.iter().all(Option::is_none) {
        return Value::list((1..=names.len()).map(group).collect(), c.span);
    }
    let named = names
        .iter()
        .enumerate()
        .filter_map(|(i, n)| Some((Text::plain((*n)?), group(i + 1))));
    Value::map(named, c.span)
}

/// Most times that a counted repetition repeats.
const REPEATS: usize = 1_000;

/// Go's pattern in the letters of the `regex` crate. `None` where Go refuses what the crate takes: a repetition of a
/// repetition, or one that counts too far.
fn translate(source: &str) -> Option<String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut class = false;
    // How many of `*`, `+`, `{n}` and the `?` after them stand before this letter.
    let mut repetitions = 0;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or("");
        let counted = letter == '{' && is_repetition(after);
        repetitions = match letter {
            _ if class => 0,
            '?' if repetitions == 1 => 2,
            '*' | '+' | '?' if repetitions > 0 => return None,
            '{' if counted && (repetitions > 0 || counts_too_far(after)) => return None,
            '*' | '+' | '?' => 1,
            // The digits and the closing brace that follow belong to it.
            '{' if counted => {
                let (inside, tail) = after.split_once('}').unwrap_or(("", after));
                out.push_str(&format!("{{{inside}}}"));
                rest = tail;
                repetitions = 1;
                continue;
            }
            _ => 0,
        };
        rest = match letter {
            '\\' => escape(after, class, &mut out),
            '[' if class => named_class(rest, &mut out),
            '[' => {
                class = true;
                open_class(after, &mut out)
            }
            ']' if class => {
                class = false;
                out.push(']');
                after
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(letter);
                after
            }
            '-' if class && !after.starts_with(']') && after.starts_with('-') => {
                out.push_str("\\-");
                after
            }
            '{' if !class => {
                out.push_str("\\{");
                after
            }
            '}' if !class => {
                out.push_str("\\}");
                after
            }
            _ => {
                out.push(letter);
                after
            }
        };
    }
    Some(out)
}

/// A class's first letters: `^`, and `]` as a letter.
fn open_class<'s>(after: &'s str, out: &mut String) -> &'s str {
    out.push('[');
    let mut rest = after;
    if let Some(tail) = rest.strip_prefix('^') {
        out.push('^');
        rest = tail;
    }
    if let Some(tail) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = tail;
    }
    rest
}

/// `[:alpha:]` inside a class, or a bracket that is a letter.
fn named_class<'s>(rest: &'s str, out: &mut String) -> &'s str {
    let end = rest.strip_prefix("[:").and_then(|t| t.find(":]"));
    match end.and_then(|n| rest.split_at_checked(n + 4)) {
        Some((name, tail)) => {
            out.push_str(name);
            tail
        }
        None => {
            out.push_str("\\[");
            rest.get(1..).unwrap_or("")
        }
    }
}

fn escape<'s>(after: &'s str, class: bool, out: &mut String) -> &'s str {
    let Some(letter) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let tail = after.get(letter.len_utf8()..).unwrap_or("");
    let ascii = match (letter, class) {
        ('d', true) => "0-9",
        ('d', false) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('w', true) => "0-9A-Za-z_",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('s', true) => "\\t\\n\\x0C\\r ",
        ('s', false) => "[\\t\\n\\x0C\\r ]",
        ('S', _) => "[^\\t\\n\\x0C\\r ]",
        ('b', false) => "(?-u:\\b)",
        ('B', false) => "(?-u:\\B)",
        ('C', false) => "(?s:.)",
        ('Q', false) => {
            let (quoted, tail) = tail.split_once("\\E").unwrap_or((tail, ""));
            out.push_str(&regex::escape(quoted));
            return tail;
        }
        _ => {
            out.push('\\');
            out.push(letter);
            // `\p{Greek}` and `\x{1F600}` keep their braces.
            let braced = tail.starts_with('{').then(|| tail.find('}')).flatten();
            let (name, tail) = braced
                .filter(|_| matches!(letter, 'p' | 'P' | 'x'))
                .and_then(|end| tail.split_at_checked(end + 1))
                .unwrap_or(("", tail));
            out.push_str(name);
            return tail;
        }
    };
    out.push_str(ascii);
    tail
}

/// True iff what follows `{` is `n}`, `n,}` or `n,m}`.
fn is_repetition(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else {
        return false;
    };
    let (from, to) = inside.split_once(',').unwrap_or((inside, ""));
    !from.is_empty() && from.bytes().chain(to.bytes()).all(|b| b.is_ascii_digit())
}

fn counts_too_far(after: &str) -> bool {
    let inside = after.split_once('}').map_or(after, |(inside, _)| inside);
    inside.split(',').any(|n| n.parse::<usize>().is_ok_and(|n| n > REPEATS))
}

/// Replaces letters, or what a pattern between slashes matches.
pub(super) fn replace(c: &Call<'_>) -> Outcome {
    let (text, needle, with) = (c.text(0)?, c.letters(1)?, c.text(2)?);
    let source = needle.strip_prefix('/').and_then(|n| n.strip_suffix('/'));
    match source {
        Some(source) if needle.len() > 1 => replace_pattern(c, &text, source, &with),
        _ => replace_letters(c, &text, &needle, &with),
    }
}

fn replace_pattern(c: &Call<'_>, text: &Text, source: &str, with: &Text) -> Outcome {
    let re = compile(c, 1, source)?;
    let (letters, with) = (all_known(c, text)?, all_known(c, with)?);
    let mut out = TextBuilder::default();
    let mut at = 0;
    for captures in go_matches(&re, &letters) {
        let Some(whole) = captures.get(0) else { continue };
        out.text(&text.slice(at..whole.start()));
        expand(&with, &captures, text, &mut out);
        at = whole.end();
        if out.len() > limits::TEXT_BYTES {
            return c.error("the text would be too long");
        }
    }
    out.text(&text.slice(at..letters.len()));
    c.of_text(out.finish())
}

/// Writes a replacement as Go does: `$1`, `$name`, `${name}`, `$$`; a group that is not there is empty.
fn expand(with: &str, captures: &regex::Captures<'_>, text: &Text, out: &mut TextBuilder) {
    let mut rest = with;
    while let Some((before, after)) = rest.split_once('$') {
        out.letters(before, Span::NOWHERE);
        if let Some(tail) = after.strip_prefix('$') {
            out.letters("$", Span::NOWHERE);
            rest = tail;
            continue;
        }
        let braced = after.strip_prefix('{').and_then(|a| a.split_once('}'));
        let len = after
            .find(|l: char| !(l.is_alphanumeric() || l == '_'))
            .unwrap_or(after.len());
        let (name, tail) = braced.or_else(|| after.split_at_checked(len)).unwrap_or(("", after));
        if name.is_empty() || !name.chars().all(|l| l.is_alphanumeric() || l == '_') {
            out.letters("$", Span::NOWHERE);
            rest = after;
            continue;
        }
        let group = match name.parse::<usize>() {
            Ok(i) => captures.get(i),
            Err(_) => captures.name(name),
        };
        if let Some(m) = group {
            out.text(&text.slice(m.range()));
        }
        rest = tail;
    }
    out.letters(rest, Span::NOWHERE);
}

fn replace_letters(c: &Call<'_>, text: &Text, needle: &str, with: &Text) -> Outcome {
    if needle.is_empty() && !text.is_known() || straddles(text, needle) {
        return Err(c.unknown());
    }
    let (flat, _) = text.flat();
    let mut out = TextBuilder::default();
    let mut at = 0;
    for (found, _) in flat.match_indices(needle) {
        copy(c, &text.slice(at..found), needle, &mut out);
        out.text(with);
        at = found + needle.len();
        if out.len() > limits::TEXT_BYTES {
            return c.error("the text would be too long");
        }
    }
    copy(c, &text.slice(at..flat.len()), needle, &mut out);
    c.of_text(out.finish())
}

/// Copies a stretch in which the known letters do not have the needle; a symbol that may have it becomes another.
fn copy(c: &Call<'_>, text: &Text, needle: &str, out: &mut TextBuilder) {
    let other = |s: &Symbol| {
        let fits = s.class == Class::Any || needle.chars().all(|l| s.class.may_contain(l));
        if fits { c.symbol_of(s) } else { s.clone() }
    };
    out.text(&text.map(|l, out| out.push(l), other));
}

/// True iff the needle might lie across the edge of a symbol.
fn straddles(text: &Text, needle: &str) -> bool {
    if needle.chars().nth(1).is_none() {
        return false;
    }
    let touches = |s: &Symbol| s.class == Class::Any || needle.chars().any(|l| s.class.may_contain(l));
    let heads = || needle.char_indices().skip(1).filter_map(|(i, _)| needle.get(..i));
    let tails = || needle.char_indices().skip(1).filter_map(|(i, _)| needle.get(i..));
    text.pieces().windows(2).any(|pair| match pair {
        [Piece::Letters(l), Piece::Symbol(s)] => touches(s) && heads().any(|h| l.ends_with(h)),
        [Piece::Symbol(s), Piece::Letters(l)] => touches(s) && tails().any(|t| l.starts_with(t)),
        [Piece::Symbol(a), Piece::Symbol(b)] => touches(a) || touches(b),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn go_patterns_are_translated() {
        for (go, rust) in [
            ("\\d+", "[0-9]+"),
            ("[\\w-]", "[0-9A-Za-z_-]"),
            ("[[a]", "[\\[a]"),
            ("[]a]", "[\\]a]"),
            ("[[:alpha:]_]", "[[:alpha:]_]"),
            ("a{", "a\\{"),
            ("a{2,3}", "a{2,3}"),
            ("a{,3}", "a\\{,3\\}"),
            ("\\Qa.b\\E+", "a\\.b+"),
            ("\\p{Greek}", "\\p{Greek}"),
            ("[a&&b]", "[a\\&\\&b]"),
        ] {
            assert_eq!(translate(go).as_deref(), Some(rust), "{go}");
            assert!(regex::Regex::new(rust).is_ok(), "{go}");
        }
        for go in ["a**", "a*?+", "a{2}{3}", "a{1001}", "a+*"] {
            assert_eq!(translate(go), None, "{go}");
        }
    }
}
