//! [String functions](https://developer.hashicorp.com/terraform/language/functions/join) that look at one letter at a
//! time or put texts together.

use rolecall_source::{Class, Span, Symbol, Text, TextBuilder, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::call::{Call, Outcome, Stop};

pub(super) fn lower(c: &Call<'_>) -> Outcome {
    // Where a letter's lower case is several, Go takes the first: `İ` is `i`.
    let to = |l: char, out: &mut String| out.push(l.to_lowercase().next().unwrap_or(l));
    c.of_text(c.text(0)?.map(to, |s| cased(c, s)))
}

pub(super) fn upper(c: &Call<'_>) -> Outcome {
    let to = |l: char, out: &mut String| out.push(simple(l, l.to_uppercase()));
    c.of_text(c.text(0)?.map(to, |s| {
        if s.class == Class::Account {
            s.clone()
        } else {
            c.symbol_of(s)
        }
    }))
}

/// A letter's other case, where that is one letter, as Go maps letters.
fn simple(letter: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    match mapped.next() {
        Some(one) if mapped.len() == 0 => one,
        _ => letter,
    }
}

/// The symbol in lower case: itself where it has no capitals.
fn cased(c: &Call<'_>, symbol: &Symbol) -> Symbol {
    match symbol.class {
        Class::Account | Class::Partition | Class::Region => symbol.clone(),
        class => c.symbol_of(symbol).with_class(class),
    }
}

/// Makes each letter a capital that follows no letter, digit or underscore.
pub(super) fn title(c: &Call<'_>) -> Outcome {
    let before = std::cell::Cell::new(' ');
    let to = |l: char, out: &mut String| {
        out.push(if is_separator(before.get()) {
            simple(l, l.to_uppercase())
        } else {
            l
        });
        before.set(l);
    };
    let symbol = |s: &Symbol| {
        // What follows a symbol is taken for the middle of a word.
        before.set('x');
        if s.class == Class::Account {
            s.clone()
        } else {
            c.symbol_of(s)
        }
    };
    c.of_text(c.text(0)?.map(to, symbol))
}

fn is_separator(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_alphanumeric() && letter != '_';
    }
    !letter.is_alphanumeric() && letter.is_whitespace()
}

pub(super) fn strrev(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let Some(letters) = text.as_str() else {
        return Err(c.unknown());
    };
    let mut out = TextBuilder::default();
    for (at, cluster) in letters.grapheme_indices(true).rev() {
        out.letters(cluster, text.span_of(at..at + cluster.len()));
    }
    c.of_text(out.finish())
}

pub(super) fn chomp(c: &Call<'_>) -> Outcome {
    let text = c.text(0)?;
    let (flat, holes) = text.flat();
    let kept = flat.trim_end_matches(['\r', '\n']).len();
    if holes
        .last()
        .is_some_and(|(at, s)| at + Text::HOLE.len_utf8() == kept && s.class.may_contain('\n'))
    {
        return Err(c.unknown());
    }
    c.of_text(text.slice(0..kept))
}

/// Spaces after each line break; a symbol that may hold line breaks becomes another symbol.
pub(super) fn indent(c: &Call<'_>) -> Outcome {
    let Ok(spaces) = usize::try_from(c.whole(0)?) else {
        return c.error_at(0, "the number of spaces must not be negative");
    };
    let text = c.text(1)?;
    let breaks = text.flat().0.matches('\n').count();
    if spaces.saturating_mul(breaks) > rolecall_source::limits::TEXT_BYTES {
        return c.error("the text would be too long");
    }
    let pad = " ".repeat(spaces);
    let to = |l: char, out: &mut String| {
        out.push(l);
        if l == '\n' {
            out.push_str(&pad);
        }
    };
    c.of_text(text.map(to, |s| {
        if s.class.may_contain('\n') {
            c.symbol_of(s)
        } else {
            s.clone()
        }
    }))
}

/// Joins lists; of an open list what may still come is one symbol.
pub(super) fn join(c: &Call<'_>) -> Outcome {
    if c.args.len() < 2 {
        return c.error("at least one list is required");
    }
    let separator = c.text(0)?;
    let mut out = TextBuilder::default();
    let mut first = true;
    for i in 1..c.args.len() {
        let list = c.text_list(i)?;
        for item in list.items.iter() {
            if !std::mem::take(&mut first) {
                out.text(&separator);
            }
            match item.to_text() {
                Some(text) => out.text(&text),
                None => return c.error_at(i, "an element is null"),
            }
            if out.len() > rolecall_source::limits::TEXT_BYTES {
                return c.error("the text would be too long");
            }
        }
        if list.open.is_some() {
            // The separator before it belongs to the symbol: there may be no further element.
            out.symbol(c.symbol(&format!("[{i}\u{2026}]")), c.arg(i).span);
            first = false;
        }
    }
    c.of_text(out.finish())
}

/// Splits at the separator. Where a symbol may hide one, the parts before it are certain and the rest is open.
pub(super) fn split(c: &Call<'_>) -> Outcome {
    let (separator, text) = (c.letters(0)?, c.text(1)?);
    let part = |t: Text| {
        let span = t.span();
        Value::text(t, if span.is_nowhere() { c.arg(1).span } else { span })
    };
    if separator.is_empty() {
        let Some(letters) = text.as_str() else {
            return Err(c.unknown());
        };
        let letter = |(at, l): (usize, char)| part(text.slice(at..at + l.len_utf8()));
        return c.of_list(letters.char_indices().map(letter).collect(), None);
    }
    if let Some(parts) = text.split(&separator) {
        return c.of_list(parts.into_iter().map(part).collect(), None);
    }
    let (flat, holes) = text.flat();
    let hides = |s: &Symbol| separator.chars().any(|l| s.class.may_contain(l));
    let until = holes.iter().find(|(_, s)| hides(s)).map_or(flat.len(), |(at, _)| *at);
    let mut items = text.slice(0..until).split(&separator).unwrap_or_default();
    items.pop();
    c.of_list(items.into_iter().map(part).collect(), Some(c.symbol("")))
}

/// How many letters a text has: grapheme clusters, symbols of fixed length included.
pub(super) fn count(c: &Call<'_>, text: &Text) -> Result<usize, Stop> {
    let mut total = 0;
    for piece in text.pieces() {
        total += match piece {
            rolecall_source::Piece::Letters(l) => l.graphemes(true).count(),
            rolecall_source::Piece::Symbol(s) => match s.class.length() {
                (min, Some(max)) if min == max => min,
                _ => return Err(c.unknown()),
            },
        };
    }
    Ok(total)
}

/// Appends letters that stand in no file.
pub(super) fn made_up(out: &mut TextBuilder, letters: &str) {
    out.letters(letters, Span::NOWHERE);
}
