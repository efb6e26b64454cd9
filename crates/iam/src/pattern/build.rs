//! From what is written to what is compared.

use std::sync::Arc;

use rolecall_source::{Piece, Symbol, Text};

use super::{Pattern, Set, Shape, Step, Token};

impl Pattern {
    /// A pattern of a `Resource` element or of `StringLike`: `*` and `?` in the known letters are wildcards.
    #[must_use]
    pub fn like(text: &Text) -> Self {
        Self::from_tokens(Token::of(text, true), false)
    }

    /// A pattern of a `Resource` element (see the module on wildcards and fields).
    #[must_use]
    pub fn resource(text: &Text) -> Self {
        Self::like(text)
    }

    /// A pattern of an `Action` element: case is ignored.
    #[must_use]
    pub fn action(pattern: &str) -> Self {
        Self::from_tokens(pattern.chars().map(Token::parse), true)
    }

    /// The text itself, nothing in it a wildcard.
    #[must_use]
    pub fn literal(text: &Text) -> Self {
        Self::from_tokens(Token::of(text, false), false)
    }

    /// A pattern from its elements; with `fold`, ASCII case is ignored.
    #[must_use]
    pub fn from_tokens(tokens: impl IntoIterator<Item = Token>, fold: bool) -> Self {
        let mut b = Builder {
            fold,
            loops: vec![None],
            ..Builder::default()
        };
        for token in tokens {
            b.push(token);
        }
        b.finish()
    }

    /// The texts of the pattern for every value of its symbols, and perhaps more: each symbol as a wildcard of its class.
    pub(crate) fn loosened(&self) -> Self {
        if self.symbols.is_empty() {
            return self.clone();
        }
        let mut b = Builder {
            fold: self.fold,
            loops: vec![None],
            ..Builder::default()
        };
        for at in 0..=self.steps.len() {
            if let Some(loops) = self.loop_at(at) {
                b.allow(loops);
            }
            match self.step(at) {
                Some(Step::Piece(s, _)) => b.step(Step::One(self.class_of(s))),
                Some(Step::Rest(s)) => b.allow(self.class_of(s)),
                Some(step) => b.step(step),
                None => {}
            }
        }
        b.finish()
    }
}

impl Token {
    /// A letter as policies write it: `*` and `?` are wildcards.
    #[must_use]
    pub fn parse(letter: char) -> Self {
        match letter {
            '*' => Self::AnyMany,
            '?' => Self::AnyOne,
            c => Self::Letter(c),
        }
    }

    /// The elements of a text; with `wild`, `*` and `?` in its letters are wildcards, else they stand for themselves.
    #[must_use]
    pub fn of(text: &Text, wild: bool) -> Vec<Self> {
        let mut out = Vec::new();
        for piece in text.pieces() {
            match piece {
                Piece::Letters(l) if wild => out.extend(l.chars().map(Self::parse)),
                Piece::Letters(l) => out.extend(l.chars().map(Self::Letter)),
                Piece::Symbol(s) => out.push(Self::Symbol(s.clone())),
            }
        }
        out
    }
}

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
    loops: Vec<Option<Set>>,
    symbols: Vec<Symbol>,
    fold: bool,
}

impl Builder {
    fn push(&mut self, token: Token) {
        match token {
            Token::Letter(c) => self.step(Step::Letter(if self.fold { c.to_ascii_lowercase() } else { c })),
            Token::AnyOne => self.step(Step::One(Set::Any)),
            Token::AnyMany => self.allow(Set::Any),
            Token::OneOf(set) => self.step(Step::One(set)),
            Token::ManyOf(set) => self.allow(set),
            Token::Symbol(s) => self.symbol(s),
            Token::Some(set) => {
                self.step(Step::One(set));
                self.allow(set);
            }
            Token::Account => (0..12).for_each(|_| self.step(Step::One(Set::Digit))),
        }
    }

    fn step(&mut self, step: Step) {
        self.steps.push(step);
        self.loops.push(None);
    }

    /// Allows any number of letters of `set` here. Where two sets meet, the larger: that changes nothing when the first
    /// is contained in the second or reverse; sets that overlap otherwise never stand side by side, since each
    /// placeholder begins with a step.
    fn allow(&mut self, set: Set) {
        if let Some(last) = self.loops.last_mut() {
            *last = Some(match *last {
                Some(old) if old.includes(set) => old,
                Some(old) if !set.includes(old) => Set::Any,
                _ => set,
            });
        }
    }

    fn symbol(&mut self, symbol: Symbol) {
        let (least, most) = symbol.class.length();
        let index = match self.symbols.iter().position(|s| *s == symbol) {
            Some(index) => index,
            None => {
                self.symbols.push(symbol);
                self.symbols.len() - 1
            }
        };
        // More symbols in one pattern than this are not told apart from any text.
        let (Ok(index), Ok(least)) = (u16::try_from(index), u8::try_from(least)) else {
            return self.allow(Set::Any);
        };
        (0..least).for_each(|at| self.step(Step::Piece(index, at)));
        if most != Some(usize::from(least)) {
            self.step(Step::Rest(index));
        }
    }

    fn finish(mut self) -> Pattern {
        self.spread();
        let plain =
            |at: usize| matches!(self.steps.get(at), Some(Step::Letter(_))) && matches!(self.loops.get(at), Some(None));
        let letters = (0..self.steps.len()).take_while(|&at| plain(at)).count();
        let n = self.steps.len();
        let last_loop = self.loops.last().copied().flatten();
        let after = (0..n)
            .rev()
            .take_while(|&at| {
                matches!(self.steps.get(at), Some(Step::Letter(_))) && matches!(self.loops.get(at + 1), Some(None))
            })
            .count();
        let limited = self.is_limited();
        let shape = match last_loop {
            None if letters == n => Shape::Literal,
            Some(Set::Any) if letters == n => Shape::Prefix,
            _ => Shape::Mixed,
        };
        let text = |steps: &[Step]| -> Arc<str> {
            let letters: String = steps
                .iter()
                .filter_map(|s| if let Step::Letter(c) = s { Some(*c) } else { None })
                .collect();
            Arc::from(letters)
        };
        let used = self.steps.iter().fold(0, |used, s| used | letter_bits(*s, self.fold));
        Pattern {
            head: text(self.steps.get(..letters).unwrap_or_default()),
            tail: text(if shape == Shape::Literal {
                &[]
            } else {
                self.steps.get(n - after..).unwrap_or_default()
            }),
            steps: self.steps.into(),
            loops: self.loops.into(),
            symbols: self.symbols.into(),
            shape,
            limited,
            letters: used,
            fold: self.fold,
        }
    }

    fn is_limited(&self) -> bool {
        let step = |s: &Step| matches!(s, Step::One(set) if *set != Set::Any);
        let place = |l: &Option<Set>| matches!(l, Some(set) if *set != Set::Any);
        self.steps.iter().any(step) || self.loops.iter().any(place)
    }

    /// Gives every place of a run of wildcards the loop that any of them has.
    fn spread(&mut self) {
        let places = self.loops.len();
        for at in (0..places).chain((0..places).rev()) {
            let Some(Some(set)) = self.loops.get(at).copied() else {
                continue;
            };
            let before = at
                .checked_sub(1)
                .filter(|&b| self.steps.get(b) == Some(&Step::One(set)));
            let after = (self.steps.get(at) == Some(&Step::One(set))).then_some(at + 1);
            for place in [before, after].into_iter().flatten() {
                if let Some(slot @ None) = self.loops.get_mut(place) {
                    *slot = Some(set);
                }
            }
        }
    }
}

/// The bit of an ASCII letter, or of both its cases.
fn letter_bits(step: Step, fold: bool) -> u128 {
    let bit = |c: char| if c.is_ascii() { 1u128 << u32::from(c) } else { 0 };
    match step {
        Step::Letter(c) if fold => bit(c) | bit(c.to_ascii_uppercase()),
        Step::Letter(c) => bit(c),
        _ => 0,
    }
}
