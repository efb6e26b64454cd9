//! What a match supposes of the symbols, in words.

use rolecall_source::{Assumption, Class, Symbol};

use super::Pattern;
use super::meet::Stop;
use crate::Assumptions;

/// The clauses under which the two patterns meet along `path`: what each symbol has to be. Never empty.
pub(crate) fn assumptions(a: &Pattern, b: &Pattern, path: &[Stop]) -> Assumptions {
    let mut out = Assumptions::new();
    clauses(a, b, path, |s| (s.a, s.b), &mut out);
    if out.is_empty() || b.symbols().iter().any(|s| !a.symbols().contains(s)) {
        clauses(b, a, path, |s| (s.b, s.a), &mut out);
    }
    if out.is_empty() {
        out.insert(Assumption::new(format!("`{a}` matches `{b}`")));
    }
    out
}

/// Adds a clause for each occurrence of a symbol in `p` that `path` supposes something of.
fn clauses(
    p: &Pattern,
    other: &Pattern,
    path: &[Stop],
    places: impl Fn(&Stop) -> (usize, usize),
    out: &mut Assumptions,
) {
    for (from, to, symbol) in occurrences(p) {
        let mut inside = path.iter().filter(|s| (from..=to).contains(&places(s).0));
        let Some(first) = inside.next() else { continue };
        let (mut last, mut supposes) = (first, false);
        for stop in inside {
            supposes |= stop.supposes;
            last = stop;
        }
        if !supposes {
            continue;
        }
        let (begin, end) = (places(first).1, places(last).1);
        // Part of the value of a symbol on the other side, whose clause says it.
        if begin == end && matches!(other.step(end), Some(super::Step::Rest(_))) {
            continue;
        }
        let chunk = other.written(begin, end);
        // Where both sides are symbols the first side's clause says it all.
        let said = other
            .symbols()
            .iter()
            .any(|s| out.contains(&clause(s, &symbol.to_string())));
        if chunk != "*" && !said {
            out.insert(clause(symbol, &chunk));
        }
    }
}

/// The places where each occurrence of a symbol begins and ends.
fn occurrences(p: &Pattern) -> Vec<(usize, usize, &Symbol)> {
    let mut out: Vec<(usize, usize, &Symbol)> = Vec::new();
    for (at, step) in p.steps.iter().enumerate() {
        let (super::Step::Piece(s, _) | super::Step::Rest(s)) = step else {
            continue;
        };
        let Some(symbol) = p.symbol(*s) else { continue };
        match out.last_mut() {
            Some(last) if !p.begins_symbol(*step) => last.1 = at + 1,
            _ => out.push((at, at + 1, symbol)),
        }
    }
    out
}

fn clause(symbol: &Symbol, value: &str) -> Assumption {
    let bare = value.starts_with('\u{27e8}') && value.ends_with('\u{27e9}') && value.matches('\u{27e8}').count() == 1;
    if is_account(value) && is_own_account(symbol) {
        return Assumption::value(symbol, value, format!("{value} is the account this deploys to"));
    }
    Assumption::new(if value.is_empty() {
        format!("{symbol} is empty")
    } else if bare {
        format!("{symbol} is {value}")
    } else if value.contains(['*', '?']) {
        format!("{symbol} matches `{value}`")
    } else {
        format!("{symbol} is `{value}`")
    })
}

fn is_account(value: &str) -> bool {
    value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit())
}

/// True iff the symbol is an account that the configuration deploys to, by the way the frontends name it.
fn is_own_account(symbol: &Symbol) -> bool {
    symbol.class == Class::Account && (symbol.id.starts_with("account:") || &*symbol.name == "account")
}
