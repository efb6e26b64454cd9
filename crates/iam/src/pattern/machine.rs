//! Many patterns read side by side, letter by letter: sets of places as bits.

use std::collections::BTreeSet;

use rolecall_source::Symbol;

use super::cover::{Item, item, same};
use super::{Pattern, Set, Step};

/// True iff `a` matches `b` read as a word: as [`super::cover::uniform`], for loops of any set.
pub(crate) fn simulate(a: &Pattern, b: &Pattern) -> bool {
    let mut active = vec![false; a.steps.len() + 1];
    if let Some(first) = active.first_mut() {
        *first = true;
    }
    let mut pos = 0;
    while let Some((item, next)) = item(b, pos) {
        let mut after = vec![false; active.len()];
        for (at, _) in active.iter().enumerate().filter(|(_, on)| **on) {
            let (moves, stays) = match item {
                Item::Star(set) => (false, a.loop_at(at).is_some_and(|l| l.includes(set))),
                Item::Step(step) => (
                    a.step(at).is_some_and(|s| same(a, s, b, step)),
                    a.loop_at(at)
                        .is_some_and(|l| same(a, Step::One(l), b, step) || is_rest(b, step, l)),
                ),
            };
            for (yes, place) in [(moves, at + 1), (stays, at)] {
                if let Some(slot) = after.get_mut(place).filter(|_| yes) {
                    *slot = true;
                }
            }
        }
        active = after;
        pos = next;
    }
    active.last() == Some(&true)
}

fn is_rest(b: &Pattern, step: Step, set: Set) -> bool {
    matches!(step, Step::Rest(s) if set.includes(b.class_of(s)))
}

/// What a text can go on with.
#[derive(Clone, Debug)]
pub(crate) enum Glyph {
    /// A letter.
    Letter(char),
    /// All that a symbol stands for.
    Symbol(Symbol),
}

/// How one item moves the places: some are left for the next, some are kept.
#[derive(Clone, Default)]
struct Move {
    consume: Vec<u64>,
    keep: Vec<u64>,
}

/// A glyph's moves, one after the other.
#[derive(Default)]
struct Moves {
    letters: Vec<Move>,
    /// The open end of a symbol's value, for patterns read strictly, and letters of it for those read loosely.
    rest: Option<(Move, Move)>,
}

/// One pattern among those read.
struct Part<'p> {
    pattern: &'p Pattern,
    /// Read so that symbols match whatever they might match.
    loose: bool,
    /// Where its bits begin.
    base: usize,
}

/// Patterns read side by side. Those a text must match begin at whole words.
pub(crate) struct Machine<'p> {
    parts: Vec<Part<'p>>,
    words: usize,
    glyphs: Vec<Glyph>,
    moves: Vec<Moves>,
    /// Glyphs that are worth trying everywhere.
    always: Vec<usize>,
    /// For each bit, the glyphs that only its step asks for.
    asks: Vec<Vec<usize>>,
    /// Words of each pattern that must match, and its last bit.
    inside: Vec<(std::ops::Range<usize>, usize)>,
    /// Last bits of the patterns that must not match.
    outside: Vec<u64>,
    /// Those of them that match whatever follows.
    doom: Vec<u64>,
}

/// A pattern and how to read it.
pub(crate) type Reading<'p> = (&'p Pattern, bool);

impl<'p> Machine<'p> {
    pub(crate) fn new(inside: &[Reading<'p>], outside: &[Reading<'p>]) -> Self {
        let mut m = Self {
            parts: Vec::new(),
            words: 0,
            glyphs: Vec::new(),
            moves: Vec::new(),
            always: Vec::new(),
            asks: Vec::new(),
            inside: Vec::new(),
            outside: Vec::new(),
            doom: Vec::new(),
        };
        let mut bits = 0usize;
        let (mut ends, mut dooms) = (Vec::new(), Vec::new());
        for (index, &(pattern, loose)) in inside.iter().chain(outside).enumerate() {
            let must = index < inside.len();
            if must || index == inside.len() {
                bits = bits.next_multiple_of(64);
            }
            let end = bits + pattern.steps.len();
            if must {
                m.inside.push((bits / 64..end / 64 + 1, end));
            } else {
                ends.push(end);
                dooms.extend((pattern.loop_at(pattern.steps.len()) == Some(Set::Any)).then_some(end));
            }
            m.parts.push(Part {
                pattern,
                loose,
                base: bits,
            });
            bits = end + 1;
        }
        m.words = bits.div_ceil(64);
        m.outside = m.mask(&ends);
        m.doom = m.mask(&dooms);
        m.asks = vec![Vec::new(); m.words * 64];
        m.choose_glyphs(inside.len());
        m
    }

    /// About how much work it was to make.
    pub(crate) fn size(&self) -> usize {
        self.glyphs.len() * self.words * 64
    }

    /// About how much work one state after another is.
    pub(crate) fn step_size(&self) -> usize {
        32 + 4 * self.words
    }

    fn mask(&self, bits: &[usize]) -> Vec<u64> {
        let mut out = vec![0; self.words];
        bits.iter().for_each(|b| set(&mut out, *b));
        out
    }

    /// The places before anything was read.
    pub(crate) fn start(&self) -> Vec<u64> {
        let first: Vec<usize> = self.parts.iter().map(|p| p.base).collect();
        self.mask(&first)
    }

    /// True iff a text that leads here is wanted.
    pub(crate) fn accepts(&self, state: &[u64]) -> bool {
        self.inside.iter().all(|(_, end)| get(state, *end)) && !meet(state, &self.outside)
    }

    /// True iff no text that leads through here is wanted, as far as a glance can tell.
    pub(crate) fn is_dead(&self, state: &[u64]) -> bool {
        let gone = |words: &std::ops::Range<usize>| {
            state
                .get(words.clone())
                .is_none_or(|words| words.iter().all(|w| *w == 0))
        };
        meet(state, &self.doom) || self.inside.iter().any(|(words, _)| gone(words))
    }

    /// How many letters are at least missing to what must match.
    pub(crate) fn missing(&self, state: &[u64]) -> usize {
        let of = |(words, end): &(std::ops::Range<usize>, usize)| {
            let last = state
                .get(words.clone())
                .unwrap_or_default()
                .iter()
                .enumerate()
                .rev()
                .find(|(_, w)| **w != 0);
            last.map_or(0, |(at, word)| end - ((words.start + at) * 64 + word.ilog2() as usize))
        };
        self.inside.iter().map(of).max().unwrap_or(0)
    }

    pub(crate) fn glyph(&self, index: usize) -> Option<&Glyph> {
        self.glyphs.get(index)
    }

    /// The glyphs to try in a state: every other one leads where one of these leads.
    pub(crate) fn candidates(&self, state: &[u64], out: &mut Vec<usize>) {
        out.clear();
        out.extend(&self.always);
        for bit in ones(state) {
            out.extend(self.asks.get(bit).into_iter().flatten().copied());
        }
        let fixed = self.always.len();
        if let Some(rest) = out.get_mut(fixed..) {
            rest.sort_unstable();
        }
        out.dedup();
    }

    /// The places after a glyph.
    pub(crate) fn next(&self, state: &[u64], glyph: usize) -> Vec<u64> {
        let mut state = state.to_vec();
        let Some(moves) = self.moves.get(glyph) else {
            return vec![0; self.words];
        };
        for letter in &moves.letters {
            state = apply(&state, letter);
        }
        let Some((strict, loose)) = &moves.rest else {
            return state;
        };
        let mut after = apply(&state, strict);
        let mut reached: Vec<u64> = state.iter().zip(self.loose_bits()).map(|(s, l)| s & l).collect();
        loop {
            let more = apply(&reached, loose);
            let grown: Vec<u64> = reached.iter().zip(&more).map(|(a, b)| a | b).collect();
            if grown == reached {
                break;
            }
            reached = grown;
        }
        after.iter_mut().zip(reached).for_each(|(a, r)| *a |= r);
        after
    }

    fn loose_bits(&self) -> Vec<u64> {
        let bits: Vec<usize> = self
            .parts
            .iter()
            .filter(|p| p.loose)
            .flat_map(|p| p.base..=p.base + p.pattern.steps.len())
            .collect();
        self.mask(&bits)
    }

    fn choose_glyphs(&mut self, inside: usize) {
        let alphabet = Alphabet::of(self.parts.iter().map(|p| p.pattern));
        for c in alphabet.others {
            self.always.push(self.glyphs.len());
            self.add_letter(c);
        }
        for c in alphabet.seen {
            let index = self.glyphs.len();
            self.add_letter(c);
            if alphabet.crowded.contains(&c) {
                self.always.push(index);
            }
            self.ask(index, None, |p, s| matches!(s, Step::Letter(l) if letter_is(p, l, c)));
        }
        let mut symbols: BTreeSet<Symbol> = BTreeSet::new();
        for part in self.parts.iter().take(inside).filter(|p| !p.loose) {
            symbols.extend(part.pattern.symbols.iter().cloned());
        }
        for symbol in symbols {
            let index = self.glyphs.len();
            self.add_symbol(&symbol);
            self.ask(index, Some(inside), |p, s| match s {
                Step::Piece(i, _) | Step::Rest(i) => p.begins_symbol(s) && p.symbol(i) == Some(&symbol),
                _ => false,
            });
        }
    }

    /// Notes that the steps for which `wanted` holds ask for a glyph, in the first `parts` patterns.
    fn ask(&mut self, glyph: usize, parts: Option<usize>, wanted: impl Fn(&Pattern, Step) -> bool) {
        for part in self.parts.iter().take(parts.unwrap_or(usize::MAX)) {
            for (at, step) in part.pattern.steps.iter().enumerate() {
                if let Some(slot) = self
                    .asks
                    .get_mut(part.base + at)
                    .filter(|_| wanted(part.pattern, *step))
                {
                    slot.push(glyph);
                }
            }
        }
    }

    fn add_letter(&mut self, c: char) {
        let letter = self.move_of(
            |p, step, _| match step {
                Step::Letter(l) => letter_is(p, l, c),
                Step::One(set) => set.contains(c),
                _ => false,
            },
            |_, set, _| set.contains(c),
        );
        self.glyphs.push(Glyph::Letter(c));
        self.moves.push(Moves {
            letters: vec![letter],
            rest: None,
        });
    }

    fn add_symbol(&mut self, symbol: &Symbol) {
        let class = Set::of(symbol.class);
        let fits = |set: Set, loose: bool| if loose { set.meets(class) } else { set.includes(class) };
        let (least, most) = symbol.class.length();
        let piece = |place: usize| {
            self.move_of(
                |p, step, loose| match step {
                    Step::Letter(l) => {
                        loose && (class.contains(l) || (p.fold && class.contains(l.to_ascii_uppercase())))
                    }
                    Step::One(set) => fits(set, loose),
                    Step::Piece(i, at) => usize::from(at) == place && p.symbol(i) == Some(symbol),
                    Step::Rest(_) => false,
                },
                |_, set, loose| fits(set, loose),
            )
        };
        let strict_rest = || {
            self.move_of(
                |p, step, loose| !loose && matches!(step, Step::Rest(i) if p.symbol(i) == Some(symbol)),
                |_, set, loose| !loose && set.includes(class),
            )
        };
        // A letter of the open end, for the loose: as a guaranteed letter, but in no strict pattern.
        let loose_rest = || {
            let all = piece(usize::MAX);
            let mask = self.loose_bits();
            let only = |bits: Vec<u64>| bits.iter().zip(&mask).map(|(b, m)| b & m).collect();
            Move {
                consume: only(all.consume),
                keep: only(all.keep),
            }
        };
        let moves = Moves {
            letters: (0..least).map(piece).collect(),
            rest: (most != Some(least)).then(|| (strict_rest(), loose_rest())),
        };
        self.moves.push(moves);
        self.glyphs.push(Glyph::Symbol(symbol.clone()));
    }

    fn move_of(
        &self,
        consumes: impl Fn(&Pattern, Step, bool) -> bool,
        keeps: impl Fn(&Pattern, Set, bool) -> bool,
    ) -> Move {
        let mut out = Move {
            consume: vec![0; self.words],
            keep: vec![0; self.words],
        };
        for part in &self.parts {
            for at in 0..=part.pattern.steps.len() {
                if part
                    .pattern
                    .step(at)
                    .is_some_and(|s| consumes(part.pattern, s, part.loose))
                {
                    set(&mut out.consume, part.base + at);
                }
                if part
                    .pattern
                    .loop_at(at)
                    .is_some_and(|l| keeps(part.pattern, l, part.loose))
                {
                    set(&mut out.keep, part.base + at);
                }
            }
        }
        out
    }
}

fn letter_is(p: &Pattern, letter: char, c: char) -> bool {
    letter == if p.fold { c.to_ascii_lowercase() } else { c }
}

fn apply(state: &[u64], m: &Move) -> Vec<u64> {
    let mut carry = 0;
    let words = state.iter().zip(m.consume.iter().zip(&m.keep));
    words
        .map(|(s, (consume, keep))| {
            let moved = s & consume;
            let out = (moved << 1) | carry | (s & keep);
            carry = moved >> 63;
            out
        })
        .collect()
}

fn set(bits: &mut [u64], bit: usize) {
    if let Some(word) = bits.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn get(bits: &[u64], bit: usize) -> bool {
    bits.get(bit / 64).is_some_and(|w| w >> (bit % 64) & 1 == 1)
}

fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn ones(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (bit < 64).then_some(at * 64 + bit)
        })
    })
}

/// The letters that tell apart all texts: those the patterns mention, and one for each way that others differ.
struct Alphabet {
    seen: BTreeSet<char>,
    /// A letter that no pattern mentions, for each combination of the sets that the patterns use.
    others: Vec<char>,
    /// Letters that are mentioned and have no such stand-in.
    crowded: BTreeSet<char>,
}

impl Alphabet {
    fn of<'p>(patterns: impl Iterator<Item = &'p Pattern> + Clone) -> Self {
        let (mut seen, mut sets) = (BTreeSet::new(), BTreeSet::new());
        for p in patterns {
            sets.extend(p.loops.iter().flatten());
            for step in p.steps.iter() {
                match *step {
                    Step::Letter(c) if p.fold => seen.extend([c, c.to_ascii_uppercase()]),
                    Step::Letter(c) => drop(seen.insert(c)),
                    Step::One(set) => drop(sets.insert(set)),
                    Step::Piece(s, _) | Step::Rest(s) => drop(sets.insert(p.class_of(s))),
                }
            }
        }
        let signature = |c: char| -> Vec<bool> { sets.iter().map(|s| s.contains(c)).collect() };
        let (mut others, mut known) = (Vec::new(), BTreeSet::new());
        for c in plausible().filter(|c| !seen.contains(c)) {
            if known.insert(signature(c)) {
                others.push(c);
            }
        }
        // Letters past ASCII are alike to every set; the patterns mention finitely many.
        others.extend(
            ('\u{e0}'..)
                .find(|c| !seen.contains(c))
                .filter(|c| known.insert(signature(*c))),
        );
        let crowded = seen
            .iter()
            .copied()
            .filter(|c| !known.contains(&signature(*c)))
            .collect();
        Self { seen, others, crowded }
    }
}

/// ASCII, the letters that read best in an example first.
fn plausible() -> impl Iterator<Item = char> {
    let first = "xyzabcdefghijklmnopqrstuvw1234567890-_./XYZABCDEFGHIJKLMNOPQRSTUVW";
    let rest = (' '..='~').filter(move |c| !first.contains(*c) && !"*?".contains(*c));
    first
        .chars()
        .chain(rest)
        .chain("*?".chars())
        .chain((0u8..=127).map(char::from).filter(char::is_ascii_control))
}
