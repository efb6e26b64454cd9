//! Do two patterns have a text in common?

use std::collections::VecDeque;

use rolecall_source::Symbol;

use super::align::assumptions;
use super::cover::{matches_literal, same};
use super::{Budget, Pattern, Set, Step};
use crate::Answer;

/// Yes iff `L(a)` and `L(b)` have a text in common for every value of the symbols, No iff for none.
///
/// Exact without symbols: a walk over pairs of places, in time the product of the lengths.
#[must_use]
pub fn meets(a: &Pattern, b: &Pattern) -> Answer {
    meets_within(a, b, &Budget::unlimited())
}

/// [`meets`], counting what it takes.
pub(crate) fn meets_within(a: &Pattern, b: &Pattern, budget: &Budget) -> Answer {
    budget.spend(1);
    if a.is_everything() || b.is_everything() {
        return Answer::Yes;
    }
    if heads_differ(a, b) || tails_differ(a, b) {
        return Answer::No;
    }
    if let Some(answer) = matches_literal(a, b).or_else(|| matches_literal(b, a)) {
        return answer;
    }
    if common_text(a, b, budget) {
        return Answer::Yes;
    }
    if a.symbols.is_empty() && b.symbols.is_empty() {
        return Answer::No;
    }
    match loose_path_within(a, b, budget) {
        Some(path) => Answer::Depends(assumptions(a, b, &path)),
        None => Answer::No,
    }
}

/// True iff there is a text in both, symbols being letters of their own.
fn common_text(a: &Pattern, b: &Pattern, budget: &Budget) -> bool {
    let columns = b.steps.len() + 1;
    let mut seen = vec![0u64; ((a.steps.len() + 1) * columns).div_ceil(64)];
    budget.spend(seen.len());
    let agreed = a.head_steps().min(b.head_steps());
    let mut open = vec![(agreed, agreed)];
    while let Some((i, j)) = open.pop() {
        budget.spend(2);
        let bit = i * columns + j;
        match seen.get_mut(bit / 64) {
            Some(word) if *word >> (bit % 64) & 1 == 0 => *word |= 1 << (bit % 64),
            _ => continue,
        }
        let (x, y) = (a.step(i), b.step(j));
        if x.is_none() && y.is_none() {
            return true;
        }
        let (loop_a, loop_b) = (a.loop_at(i), b.loop_at(j));
        if absorbs(&[loop_b, None], a, x, false).is_some() {
            open.push((i + 1, j));
        }
        if absorbs(&[loop_a, None], b, y, false).is_some() {
            open.push((i, j + 1));
        }
        if let (Some(x), Some(y)) = (x, y)
            && both(a, x, b, y, false).is_some()
        {
            open.push((i + 1, j + 1));
        }
    }
    false
}

pub(super) fn heads_differ(a: &Pattern, b: &Pattern) -> bool {
    begin_unlike(&a.head, &b.head, a.fold || b.fold)
}

pub(super) fn tails_differ(a: &Pattern, b: &Pattern) -> bool {
    end_unlike(a.letters_at_end(), b.letters_at_end(), a.fold || b.fold)
}

/// True iff the letters differ at some place from their beginning that both have.
pub(super) fn begin_unlike(a: &str, b: &str, fold: bool) -> bool {
    !a.bytes().zip(b.bytes()).all(|(x, y)| same_byte(x, y, fold))
}

/// True iff the letters differ at some place from their end that both have.
pub(super) fn end_unlike(a: &str, b: &str, fold: bool) -> bool {
    !a.bytes().rev().zip(b.bytes().rev()).all(|(x, y)| same_byte(x, y, fold))
}

fn same_byte(x: u8, y: u8, fold: bool) -> bool {
    x == y || (fold && x.eq_ignore_ascii_case(&y))
}

/// A pair of places, and whether the step there was one that holds only for some value of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Place in the first pattern.
    pub(crate) a: usize,
    /// Place in the second.
    pub(crate) b: usize,
    /// Coming here supposed something of a symbol.
    pub(crate) supposes: bool,
}

/// A walk through both patterns that reads one common text when symbols may be any text of their class, each
/// occurrence for itself; the one that supposes the least. `None` iff there is no such text.
pub(crate) fn loose_path(a: &Pattern, b: &Pattern) -> Option<Vec<Stop>> {
    loose_path_within(a, b, &Budget::unlimited())
}

/// [`loose_path`], counting what it takes.
pub(super) fn loose_path_within(a: &Pattern, b: &Pattern, budget: &Budget) -> Option<Vec<Stop>> {
    if tails_never_meet(a, b) {
        return None;
    }
    let forced = forced(a, b)?;
    let start = forced.last().copied()?;
    let mut path = search(a, b, start, budget)?;
    path.splice(0..1, forced);
    Some(path)
}

/// What a place can do when symbols may be any text of their class.
struct Place {
    step: Option<Step>,
    loops: [Option<Set>; 2],
    /// The step is the open end of a symbol's value: it consumes letters of its class like a loop, or nothing.
    rest: bool,
}

fn place(p: &Pattern, at: usize) -> Place {
    match p.step(at) {
        Some(Step::Rest(s)) => Place {
            step: p.step(at),
            loops: [p.loop_at(at), Some(p.class_of(s))],
            rest: true,
        },
        step => Place {
            step,
            loops: [p.loop_at(at), None],
            rest: false,
        },
    }
}

/// The stops from the start on as long as both patterns have to consume one item each: no path is another one. `None`
/// when the next items differ.
fn forced(a: &Pattern, b: &Pattern) -> Option<Vec<Stop>> {
    let mut stops = vec![Stop {
        a: 0,
        b: 0,
        supposes: false,
    }];
    for at in 0.. {
        if a.loop_at(at).is_some() || b.loop_at(at).is_some() {
            break;
        }
        let (Some(x), Some(y)) = (a.step(at), b.step(at)) else {
            break;
        };
        if matches!(x, Step::Rest(_)) || matches!(y, Step::Rest(_)) {
            break;
        }
        if differ(a, b, at) {
            return None;
        }
        let supposes = both(a, x, b, y, true)?;
        stops.push(Stop {
            a: at + 1,
            b: at + 1,
            supposes,
        });
    }
    Some(stops)
}

/// True only if each pattern has at `at` the whole of a symbol, and these stand for different values.
fn differ(a: &Pattern, b: &Pattern, at: usize) -> bool {
    match (whole_symbol(a, at), whole_symbol(b, at)) {
        (Some(x), Some(y)) => x.differs(y),
        _ => false,
    }
}

/// The symbol that begins at `at`, if what follows it cannot be part of its value.
fn whole_symbol(p: &Pattern, at: usize) -> Option<&Symbol> {
    let Some(Step::Piece(index, 0)) = p.step(at) else {
        return None;
    };
    let own = |at: usize| {
        matches!(p.step(at), Some(Step::Piece(s, i)) if s == index && i > 0)
            || matches!(p.step(at), Some(Step::Rest(s)) if s == index)
    };
    let after = (at + 1..).find(|at| !own(*at))?;
    let ends = match p.step(after) {
        None => true,
        Some(Step::Letter(letter)) => !p.class_of(index).contains(letter),
        Some(_) => false,
    };
    let looped = (at + 1..=after).any(|at| p.loop_at(at).is_some());
    p.symbol(index).filter(|_| ends && !looped)
}

/// True only if the patterns have no text in common because of how they end.
fn tails_never_meet(a: &Pattern, b: &Pattern) -> bool {
    let (mut i, mut j) = (a.steps.len(), b.steps.len());
    while a.loop_at(i).is_none() && b.loop_at(j).is_none() {
        let before = |at: usize| at.checked_sub(1);
        let (Some(to_i), Some(to_j)) = (before(i), before(j)) else {
            break;
        };
        let (Some(x), Some(y)) = (a.step(to_i), b.step(to_j)) else {
            break;
        };
        if matches!(x, Step::Rest(_)) || matches!(y, Step::Rest(_)) {
            break;
        }
        if both(a, x, b, y, true).is_none() {
            return true;
        }
        (i, j) = (to_i, to_j);
    }
    false
}

/// The path from `start` to the end that supposes the least.
fn search(a: &Pattern, b: &Pattern, start: Stop, budget: &Budget) -> Option<Vec<Stop>> {
    let (rows, columns) = (a.steps.len() + 1 - start.a, b.steps.len() + 1 - start.b);
    let mut from: Vec<Option<(Stop, bool)>> = vec![None; rows * columns];
    budget.spend(from.len());
    let place_of = |stop: Stop| (stop.a - start.a) * columns + (stop.b - start.b);
    let mut queue = VecDeque::from([(start, None::<Stop>)]);
    while let Some((here, before)) = queue.pop_front() {
        budget.spend(4);
        let slot = from.get_mut(place_of(here))?;
        if slot.is_some() {
            continue;
        }
        *slot = Some((before.unwrap_or(here), here.supposes));
        if here.a == a.steps.len() && here.b == b.steps.len() {
            return Some(trace(&from, place_of, here));
        }
        let (pa, pb) = (place(a, here.a), place(b, here.b));
        let mut go = |da: usize, db: usize, supposes: bool| {
            let next = (
                Stop {
                    a: here.a + da,
                    b: here.b + db,
                    supposes,
                },
                Some(here),
            );
            if supposes {
                queue.push_back(next)
            } else {
                queue.push_front(next)
            }
        };
        // Pushed last, tried first: absorbing in a loop supposes nothing and keeps the most open.
        if pa.rest {
            go(1, 0, true);
        }
        if pb.rest {
            go(0, 1, true);
        }
        if let (Some(x), Some(y)) = (pa.step, pb.step)
            && let Some(supposes) = both(a, x, b, y, true)
        {
            go(1, 1, supposes);
        }
        if let Some(supposes) = absorbs(&pa.loops, b, pb.step, true) {
            go(0, 1, supposes);
        }
        if let Some(supposes) = absorbs(&pb.loops, a, pa.step, true) {
            go(1, 0, supposes);
        }
    }
    None
}

fn trace(from: &[Option<(Stop, bool)>], place_of: impl Fn(Stop) -> usize, end: Stop) -> Vec<Stop> {
    let mut path = vec![end];
    let mut here = end;
    while let Some(Some((before, _))) = from.get(place_of(here)).copied()
        && (before.a, before.b) != (here.a, here.b)
    {
        path.push(before);
        here = before;
    }
    path.reverse();
    path
}

/// Whether the two steps can consume the same thing, and whether that supposes something of a symbol.
fn both(a: &Pattern, x: Step, b: &Pattern, y: Step, loose: bool) -> Option<bool> {
    if same(a, x, b, y) || same(b, y, a, x) {
        return Some(false);
    }
    let possible = match (x, y) {
        (Step::Letter(l), Step::Letter(c)) => (a.fold || b.fold) && l.eq_ignore_ascii_case(&c),
        (Step::Letter(l), Step::One(set)) => has(set, l, a.fold),
        (Step::One(set), Step::Letter(c)) => has(set, c, b.fold),
        (Step::One(set), Step::One(other)) => set.meets(other),
        _ => return (loose && both_loose(a, x, b, y)).then_some(true),
    };
    possible.then_some(false)
}

fn both_loose(a: &Pattern, x: Step, b: &Pattern, y: Step) -> bool {
    let read = |p: &Pattern, s: Step| match s {
        Step::Piece(s, _) => Some(Step::One(p.class_of(s))),
        Step::Rest(_) => None,
        known => Some(known),
    };
    match (read(a, x), read(b, y)) {
        (Some(Step::Letter(l)), Some(Step::One(set))) => has(set, l, a.fold),
        (Some(Step::One(set)), Some(Step::Letter(c))) => has(set, c, b.fold),
        (Some(Step::One(set)), Some(Step::One(other))) => set.meets(other),
        _ => false,
    }
}

fn has(set: Set, letter: char, fold: bool) -> bool {
    set.contains(letter) || (fold && set.contains(letter.to_ascii_uppercase()))
}

/// Whether one of the loops consumes the step of `p`, and whether that supposes something of a symbol. (The second loop
/// is a symbol's open end.)
fn absorbs(loops: &[Option<Set>; 2], p: &Pattern, step: Option<Step>, loose: bool) -> Option<bool> {
    let step = step?;
    let strict = |set: Set| match step {
        Step::Letter(c) => has(set, c, p.fold),
        Step::One(other) => set.meets(other),
        Step::Piece(s, _) | Step::Rest(s) => set.includes(p.class_of(s)),
    };
    let possible = |set: Set| match step {
        Step::Piece(s, _) => set.meets(p.class_of(s)),
        _ => strict(set),
    };
    let [plain, symbol] = *loops;
    if plain.is_some_and(strict) {
        return Some(false);
    }
    let perhaps = loose && (plain.is_some_and(possible) || symbol.is_some_and(possible));
    perhaps.then_some(true)
}
