//! [String functions](https://developer.hashicorp.com/terraform/language/functions/substr) that look for letters at
//! the ends of a text, or inside.

use rolecall_source::{Class, Symbol, Text, TextBuilder};
use unicode_segmentation::UnicodeSegmentation;

use super::call::{Call, Outcome, Stop};

const HOLE: usize = Text::HOLE.len_utf8();

/// Whether the text begins with `prefix`: `None` when that depends on a symbol.
fn begins(text: &Text, prefix: &str) -> Option<bool> {
    let (flat, holes) = text.flat();
    let until = holes.first().map_or(flat.len(), |h| h.0);
    let known = flat.get(..until).unwrap_or("");
    if known.len() >= prefix.len() || holes.is_empty() {
        return Some(known.starts_with(prefix));
    }
    if !prefix.starts_with(known) {
        return Some(false);
    }
    let next = prefix.get(until..).and_then(|p| p.chars().next());
    let symbol = holes.first().map(|h| &h.1);
    cannot_be(symbol, next).then_some(false)
}

/// Whether the text ends with `suffix`: `None` when that depends on a symbol.
fn ends(text: &Text, suffix: &str) -> Option<bool> {
    let (flat, holes) = text.flat();
    let from = holes.last().map_or(0, |h| h.0 + HOLE);
    let known = flat.get(from..).unwrap_or("");
    if known.len() >= suffix.len() || holes.is_empty() {
        return Some(known.ends_with(suffix));
    }
    if !suffix.ends_with(known) {
        return Some(false);
    }
    let before = suffix
        .get(..suffix.len() - known.len())
        .and_then(|s| s.chars().next_back());
    let symbol = holes.last().map(|h| &h.1);
    cannot_be(symbol, before).then_some(false)
}

/// True iff the symbol is not empty and never has this letter.
fn cannot_be(symbol: Option<&Symbol>, letter: Option<char>) -> bool {
    match (symbol, letter) {
        (Some(s), Some(l)) => s.class.length().0 > 0 && !s.class.may_contain(l),
        _ => false,
    }
}

pub(super) fn startswith(c: &Call<'_>) -> Outcome {
    let prefix = c.letters(1)?;
    let answer = begins(&c.text(0)?, &prefix);
    c.of_bool(answer.ok_or_else(|| c.unknown())?)
}

pub(super) fn endswith(c: &Call<'_>) -> Outcome {
    let suffix = c.letters(1)?;
    let answer = ends(&c.text(0)?, &suffix);
    c.of_bool(answer.ok_or_else(|| c.unknown())?)
}

pub(super) fn strcontains(c: &Call<'_>) -> Outcome {
    let (text, part) = (c.text(0)?, c.letters(1)?);
    let (flat, holes) = text.flat();
    if flat.contains(&part) {
        return c.of_bool(true);
    }
    let possible = |s: &Symbol| s.class == Class::Any || part.chars().any(|l| s.class.may_contain(l));
    if holes.iter().any(|(_, s)| possible(s)) {
        return Err(c.unknown());
    }
    c.of_bool(false)
}

pub(super) fn trimprefix(c: &Call<'_>) -> Outcome {
    let (text, prefix) = (c.text(0)?, c.letters(1)?);
    match begins(&text, &prefix) {
        Some(true) => c.of_text(text.slice(prefix.len()..text.flat_len())),
        Some(false) => c.of_text(text),
        None => Err(c.unknown()),
    }
}

pub(super) fn trimsuffix(c: &Call<'_>) -> Outcome {
    let (text, suffix) = (c.text(0)?, c.letters(1)?);
    match ends(&text, &suffix) {
        Some(true) => c.of_text(text.slice(0..text.flat_len() - suffix.len())),
        Some(false) => c.of_text(text),
        None => Err(c.unknown()),
    }
}

pub(super) fn trimspace(c: &Call<'_>) -> Outcome {
    trimmed(c, &c.text(0)?, &char::is_whitespace)
}

pub(super) fn trim(c: &Call<'_>) -> Outcome {
    let (text, cut) = (c.text(0)?, c.letters(1)?);
    trimmed(c, &text, &|l| cut.contains(l))
}

/// Without the letters to cut at both ends. A symbol at an end that may have such letters becomes another symbol; the
/// letter next to it must not be one to cut, for the symbol may be empty.
fn trimmed(c: &Call<'_>, text: &Text, cut: &dyn Fn(char) -> bool) -> Outcome {
    let (flat, holes) = text.flat();
    let hole_at = |at: usize| {
        holes
            .binary_search_by_key(&at, |h| h.0)
            .ok()
            .and_then(|i| holes.get(i))
            .map(|h| &h.1)
    };
    let kept = |l: char| l == Text::HOLE || !cut(l);
    let from = flat.find(kept).unwrap_or(flat.len());
    let to = flat.rfind(kept).map_or(from, |i| {
        i + flat.get(i..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8)
    });
    let touches = |symbol: Option<&Symbol>| {
        symbol.is_some_and(|s| {
            s.class == Class::Any || (0..128u8).any(|b| cut(b.into()) && s.class.may_contain(b.into()))
        })
    };
    let (left, right) = (touches(hole_at(from)), to >= HOLE && touches(hole_at(to - HOLE)));
    if !left && !right {
        return c.of_text(text.slice(from..to));
    }
    if to - from == HOLE {
        let symbol = hole_at(from).map(|s| c.symbol_of(s));
        return match symbol {
            Some(s) => c.of_text(Text::symbol(s, text.span_of(from..to))),
            None => Err(c.unknown()),
        };
    }
    let inner = (if left { from + HOLE } else { from })..(if right { to - HOLE } else { to });
    let neighbour = |l: Option<char>| l.is_some_and(|l| l != Text::HOLE && !cut(l));
    let inside = flat.get(inner.clone()).unwrap_or("");
    if left && !neighbour(inside.chars().next()) || right && !neighbour(inside.chars().next_back()) {
        return Err(c.unknown());
    }
    let mut out = TextBuilder::default();
    if let Some(symbol) = hole_at(from).filter(|_| left) {
        out.symbol(half(c, symbol, "<"), text.span_of(from..from + HOLE));
    }
    out.text(&text.slice(inner));
    if let Some(symbol) = to.checked_sub(HOLE).and_then(hole_at).filter(|_| right) {
        out.symbol(half(c, symbol, ">"), text.span_of(to - HOLE..to));
    }
    c.of_text(out.finish())
}

/// The symbol trimmed at one end only.
fn half(c: &Call<'_>, symbol: &Symbol, side: &str) -> Symbol {
    let whole = c.symbol_of(symbol);
    Symbol::new(format!("{}{side}", whole.id), whole.name, whole.why, Class::Any)
}

/// A part by grapheme clusters. Symbols before or in it must have a known length, or lie behind it.
pub(super) fn substr(c: &Call<'_>) -> Outcome {
    let (text, offset, length) = (c.text(0)?, c.whole(1)?, c.whole(2)?);
    let mut from = usize::try_from(offset).unwrap_or(0);
    if offset < 0 {
        let total = super::strings::count(c, &text)?;
        // Further back than the beginning: Terraform begins at the beginning.
        from = total.saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX));
    } else if length == 0 {
        return c.of_letters("");
    }
    let start = place(&text, from).ok_or_else(|| c.unknown())?;
    let end = match usize::try_from(length) {
        Err(_) => text.flat_len(),
        // Of nothing Terraform takes all: the end is looked for after each letter.
        Ok(0) => text.flat_len(),
        Ok(n) => place(&text, from.saturating_add(n)).ok_or_else(|| c.unknown())?,
    };
    c.of_text(text.slice(start..end.max(start)))
}

/// The flat offset after `n` letters, or the end; `None` when that depends on a symbol.
fn place(text: &Text, mut n: usize) -> Option<usize> {
    let mut at = 0;
    for piece in text.pieces() {
        match piece {
            rolecall_source::Piece::Letters(l) => {
                for cluster in l.graphemes(true) {
                    if n == 0 {
                        return Some(at);
                    }
                    n -= 1;
                    at += cluster.len();
                }
            }
            rolecall_source::Piece::Symbol(s) => {
                if n == 0 {
                    return Some(at);
                }
                let (min, max) = s.class.length();
                if max != Some(min) || min > n {
                    return None;
                }
                n -= min;
                at += HOLE;
            }
        }
    }
    Some(at)
}

/// Ends the call when a text has symbols.
pub(super) fn all_known(c: &Call<'_>, text: &Text) -> Result<String, Stop> {
    text.as_str().map(str::to_owned).ok_or_else(|| c.unknown())
}
