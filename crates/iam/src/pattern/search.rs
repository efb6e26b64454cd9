//! A text that some patterns match and others do not: a search over sets of places, those first that lack the fewest
//! letters.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use indexmap::IndexSet;
use rolecall_source::{Span, Text, TextBuilder};
use rustc_hash::FxBuildHasher;

use super::machine::{Glyph, Machine, Reading};
use super::{Budget, Pattern};

/// What a search found.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// For every value of the symbols, this text is such a text.
    Certain(Text),
    /// For some values there may be one, perhaps this.
    Perhaps(Text),
    /// For no value of the symbols there is such a text.
    None,
    /// More than `states` states, or than the budget.
    Budget,
}

/// The most states, and the work of all.
type Limit<'b> = (usize, &'b Budget);

enum Found {
    Text(Text),
    Nothing,
    Budget,
}

/// Searches for a text in `L` of every `inside` and of no `outside`.
///
/// With symbols, twice. First texts with symbols in them that certainly match inside and cannot match outside: such a
/// text settles it. Then texts that may match inside and do not certainly match outside: if there is none, nothing can
/// be. For the second, let a text be wanted for some values of the symbols, and take the first `inside` pattern with
/// symbols: writing in that text the symbols where this pattern reads their values gives a text with symbols which
/// this pattern still reads as it is, which the others may match, and which nothing outside matches for certain, since
/// what matches for certain matches for every value. So that one would have been found.
pub(crate) fn search(inside: &[&Pattern], outside: &[&Pattern], states: usize, budget: &Budget) -> Outcome {
    let symbolic = inside.iter().chain(outside).any(|p| !p.symbols().is_empty());
    let limit = (states, budget);
    let strict = |ps: &[&Pattern]| -> Vec<Pattern> { ps.iter().map(|p| (*p).clone()).collect() };
    let loose = |ps: &[&Pattern]| -> Vec<Pattern> { ps.iter().map(|p| p.loosened()).collect() };
    if !symbolic {
        return match run(&read(&strict(inside), false), &read(&strict(outside), false), limit) {
            Found::Text(text) => Outcome::Certain(text),
            Found::Nothing => Outcome::None,
            Found::Budget => Outcome::Budget,
        };
    }
    if let Found::Text(text) = run(&read(&strict(inside), false), &read(&loose(outside), true), limit) {
        return Outcome::Certain(text);
    }
    let primary = inside.iter().position(|p| !p.symbols().is_empty());
    let (strictly, loosely) = (strict(inside), loose(inside));
    let mixed: Vec<Reading<'_>> = (strictly.iter().zip(&loosely).enumerate())
        .map(|(at, (strict, loose))| {
            if Some(at) == primary {
                (strict, false)
            } else {
                (loose, true)
            }
        })
        .collect();
    match run(&mixed, &read(&strict(outside), false), limit) {
        Found::Text(text) => Outcome::Perhaps(text),
        Found::Nothing => Outcome::None,
        Found::Budget => Outcome::Budget,
    }
}

fn read(patterns: &[Pattern], loose: bool) -> Vec<Reading<'_>> {
    patterns.iter().map(|p| (p, loose)).collect()
}

fn run(inside: &[Reading<'_>], outside: &[Reading<'_>], (most, budget): Limit<'_>) -> Found {
    let machine = Machine::new(inside, outside);
    budget.spend(machine.size());
    let mut states: IndexSet<Vec<u64>, FxBuildHasher> = IndexSet::default();
    let mut came: Vec<(usize, usize)> = vec![(0, 0)];
    let start = machine.start();
    if machine.accepts(&start) {
        return Found::Text(Text::plain(""));
    }
    if machine.is_dead(&start) {
        return Found::Nothing;
    }
    // What a state costs: its length, and twice what is at least missing.
    let mut open = BinaryHeap::from([(Reverse(2 * machine.missing(&start)), Reverse(0usize))]);
    let mut lengths = vec![0usize];
    states.insert(start);
    let mut candidates = Vec::new();
    while let Some((_, Reverse(at))) = open.pop() {
        if budget.is_spent() {
            return Found::Budget;
        }
        let Some(state) = states.get_index(at).cloned() else {
            break;
        };
        let length = lengths.get(at).map_or(0, |l| l + 1);
        machine.candidates(&state, &mut candidates);
        for &glyph in &candidates {
            let next = machine.next(&state, glyph);
            budget.spend(machine.step_size());
            if machine.is_dead(&next) {
                continue;
            }
            let (wanted, missing) = (machine.accepts(&next), machine.missing(&next));
            let (index, new) = states.insert_full(next);
            if !new {
                continue;
            }
            came.push((at, glyph));
            lengths.push(length);
            if wanted {
                return Found::Text(spell(&machine, &came, index));
            }
            if states.len() > most {
                return Found::Budget;
            }
            open.push((Reverse(length + 2 * missing), Reverse(index)));
        }
    }
    Found::Nothing
}

fn spell(machine: &Machine<'_>, came: &[(usize, usize)], end: usize) -> Text {
    let mut glyphs = Vec::new();
    let mut at = end;
    while let Some((before, glyph)) = came.get(at).copied().filter(|_| at != 0) {
        glyphs.extend(machine.glyph(glyph));
        at = before;
    }
    let mut out = TextBuilder::default();
    for glyph in glyphs.into_iter().rev() {
        match glyph {
            Glyph::Letter(c) => out.letters(c.encode_utf8(&mut [0; 4]), Span::NOWHERE),
            Glyph::Symbol(s) => out.symbol(s.clone(), Span::NOWHERE),
        }
    }
    out.finish()
}
