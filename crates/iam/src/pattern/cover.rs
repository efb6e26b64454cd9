//! Does a pattern match a text, and does it cover another pattern?

use std::cell::OnceCell;

use rolecall_source::{Piece, Text};

use super::align::assumptions;
use super::search::{Outcome, search};
use super::{Budget, Pattern, Set, Shape, Step, meet};
use crate::Answer;

/// How many automaton states [`covers`] visits before it says that it cannot tell.
pub const COVER_BUDGET: usize = 20_000;

/// Yes iff `text` is in `L(pattern)` for every value of the symbols, No iff for none.
///
/// Without symbols the answer is exact, and nothing is allocated (but for patterns limited to sets of letters).
#[must_use]
pub fn matches(pattern: &Pattern, text: &Text) -> Answer {
    matches_word(pattern, &Word::new(text))
}

/// A text that is compared with several patterns: read as a pattern once.
pub(crate) struct Word<'t> {
    text: &'t Text,
    literal: OnceCell<Pattern>,
}

impl<'t> Word<'t> {
    pub(crate) fn new(text: &'t Text) -> Self {
        Self {
            text,
            literal: OnceCell::new(),
        }
    }
}

/// [`matches()`] for a text that is compared with several patterns.
pub(crate) fn matches_word(pattern: &Pattern, word: &Word<'_>) -> Answer {
    if pattern.is_everything() {
        return Answer::Yes;
    }
    if let Some(letters) = word.text.as_str() {
        return pattern.matches_str(letters);
    }
    if never(pattern, word.text) {
        return Answer::No;
    }
    let text = word.literal.get_or_init(|| Pattern::literal(word.text));
    if uniform(pattern, text) {
        return Answer::Yes;
    }
    match meet::loose_path(pattern, text) {
        Some(path) => Answer::Depends(assumptions(pattern, text, &path)),
        None => Answer::No,
    }
}

/// True only if the letters that the text begins or ends with are not those of the pattern.
fn never(pattern: &Pattern, text: &Text) -> bool {
    let first = text.pieces().first().map_or("", known_letters);
    let last = text.pieces().last().map_or("", known_letters);
    meet::begin_unlike(&pattern.head, first, pattern.fold)
        || meet::end_unlike(pattern.letters_at_end(), last, pattern.fold)
}

fn known_letters(piece: &Piece) -> &str {
    match piece {
        Piece::Letters(letters) => letters,
        Piece::Symbol(_) => "",
    }
}

/// Yes iff `L(a)` contains `L(b)` for every value of the symbols, No iff for none.
///
/// Exact when neither has symbols and `a` has no limited wildcards. The reason: put a letter that `a` does not mention
/// for each `?` of `b`, and a long run of it, or nothing, for each `*`. Where `a` matches all these texts, it matches
/// `b` read as one word in which `?` is a letter of its own and `*` something that only a `*` can consume, counting
/// for no letter. Matching a word takes the leftmost place for each stretch between two `*` of `a`.
#[must_use]
pub fn covers(a: &Pattern, b: &Pattern) -> Answer {
    covers_within(a, b, &Budget::unlimited())
}

/// [`covers`], which also cannot tell when the budget is spent.
pub(crate) fn covers_within(a: &Pattern, b: &Pattern, budget: &Budget) -> Answer {
    if uniform_within(a, b, budget) {
        return Answer::Yes;
    }
    if meet::heads_differ(a, b) || meet::tails_differ(a, b) {
        return Answer::No;
    }
    let known = a.symbols.is_empty() && b.symbols.is_empty();
    if known && !a.limited && has_fresh_letters(a, b) {
        return Answer::No;
    }
    let path = meet::loose_path_within(a, b, budget);
    let Some(path) = path else { return Answer::No };
    match search(&[b], &[a], COVER_BUDGET, budget) {
        Outcome::Certain(_) => Answer::No,
        Outcome::None => Answer::Yes,
        Outcome::Budget if known => Answer::assuming(format!("`{a}` covers `{b}`, which was too large to decide")),
        Outcome::Perhaps(_) | Outcome::Budget => Answer::Depends(assumptions(a, b, &path)),
    }
}

/// Whether `b` matches `a`, when `a` is letters only and one of them has no symbols and no case to ignore in `a`.
pub(crate) fn matches_literal(a: &Pattern, b: &Pattern) -> Option<Answer> {
    let letters = a.as_literal().filter(|_| !a.fold || b.fold)?;
    b.symbols.is_empty().then(|| Answer::from_bool(b.accepts(letters)))
}

/// True iff every set of letters in `b` has a letter that `a` does not mention.
fn has_fresh_letters(a: &Pattern, b: &Pattern) -> bool {
    let fresh = |set: Set| set == Set::Any || set == Set::Field || set.ascii() & !a.letters != 0;
    !b.limited
        || (b.loops.iter().flatten().all(|l| fresh(*l))
            && b.steps.iter().all(|s| !matches!(s, Step::One(set) if !fresh(*set))))
}

impl Pattern {
    /// [`matches()`] for a text without unknown parts.
    #[must_use]
    pub fn matches_str(&self, text: &str) -> Answer {
        if self.symbols.is_empty() {
            return Answer::from_bool(self.accepts(text));
        }
        let literal = Self::literal(&Text::plain(text));
        match meet::loose_path(self, &literal) {
            Some(path) => Answer::Depends(assumptions(self, &literal, &path)),
            None => Answer::No,
        }
    }

    /// True iff `text` is in the language of a pattern without symbols (with symbols: false).
    fn accepts(&self, text: &str) -> bool {
        let Some(rest) = strip_head(&self.head, text, self.fold) else {
            return false;
        };
        match self.shape {
            Shape::Literal => rest.is_empty(),
            Shape::Prefix => true,
            Shape::Mixed if !ends_with(rest, &self.tail, self.fold) => false,
            Shape::Mixed if self.limited => uniform(self, &Self::literal(&Text::plain(text))),
            Shape::Mixed => self.glob(rest),
        }
    }

    /// Matches what follows the head: the leftmost place for each stretch between loops. Every loop is `*`.
    fn glob(&self, text: &str) -> bool {
        let (mut at, mut rest) = (self.head_steps(), text.chars());
        let mut mark = None;
        loop {
            if self.loop_at(at).is_some() {
                if at == self.steps.len() {
                    return true;
                }
                mark = Some((at, rest.clone()));
            }
            match rest.next() {
                None => return at == self.steps.len(),
                Some(c) if self.step(at).is_some_and(|s| self.takes(s, c)) => at += 1,
                Some(_) => {
                    // The loop at the mark consumes one letter more; coming back there sets the mark again.
                    let Some((place, mut from)) = mark.take() else {
                        return false;
                    };
                    from.next();
                    (at, rest) = (place, from);
                }
            }
        }
    }

    fn takes(&self, step: Step, c: char) -> bool {
        match step {
            Step::Letter(l) => l == if self.fold { c.to_ascii_lowercase() } else { c },
            Step::One(set) => set.contains(c),
            Step::Piece(..) | Step::Rest(_) => false,
        }
    }

    /// The letters that every text of the pattern ends with, as far as they are one stretch.
    pub(crate) fn letters_at_end(&self) -> &str {
        if self.shape == Shape::Literal {
            &self.head
        } else {
            &self.tail
        }
    }

    /// How many steps the head is.
    pub(crate) fn head_steps(&self) -> usize {
        if self.head.is_ascii() {
            self.head.len()
        } else {
            self.head.chars().count()
        }
    }
}

fn strip_head<'t>(head: &str, text: &'t str, fold: bool) -> Option<&'t str> {
    if !fold {
        return text.strip_prefix(head);
    }
    let start = text.get(..head.len())?;
    start
        .eq_ignore_ascii_case(head)
        .then(|| text.get(head.len()..))
        .flatten()
}

fn ends_with(text: &str, tail: &str, fold: bool) -> bool {
    if !fold {
        return text.ends_with(tail);
    }
    let end = text.len().checked_sub(tail.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

/// True iff `a` matches `b` read as a word (see [`covers`]), symbols as items of their own. Implies `L(a) ⊇ L(b)` for
/// every value of the symbols.
pub(crate) fn uniform(a: &Pattern, b: &Pattern) -> bool {
    uniform_within(a, b, &Budget::unlimited())
}

/// [`uniform`], counting what it takes.
pub(crate) fn uniform_within(a: &Pattern, b: &Pattern, budget: &Budget) -> bool {
    budget.spend(1);
    if a.is_everything() {
        return true;
    }
    let comparable = a.fold || !b.fold;
    if comparable && strip_head(&a.head, &b.head, a.fold).is_none() {
        return false;
    }
    match a.shape {
        Shape::Literal => {
            let same = b.shape == Shape::Literal && a.head.len() == b.head.len();
            return same && (comparable || uniform_glob(a, b, 0, budget));
        }
        Shape::Prefix if comparable => return true,
        Shape::Mixed if comparable && !ends_with(b.letters_at_end(), &a.tail, a.fold) => return false,
        _ => {}
    }
    if a.limited {
        budget.spend(2 * a.steps.len() * b.steps.len());
        return super::machine::simulate(a, b);
    }
    uniform_glob(a, b, if comparable { a.head_steps() } else { 0 }, budget)
}

/// [`uniform`] for an `a` whose loops are all `*`, when the first `from` steps are known to agree.
fn uniform_glob(a: &Pattern, b: &Pattern, from: usize, budget: &Budget) -> bool {
    let (mut at, mut pos) = (from, 2 * from);
    let mut mark = None;
    loop {
        budget.spend(1);
        if a.loop_at(at).is_some() {
            mark = Some((at, pos));
        }
        let Some((item, next)) = item(b, pos) else {
            return at == a.steps.len();
        };
        let step = if let Item::Step(item) = item {
            a.step(at).filter(|s| same(a, *s, b, item))
        } else {
            None
        };
        match (step, mark) {
            (Some(_), _) => (at, pos) = (at + 1, next),
            (None, Some((place, _))) if place == a.steps.len() => return true,
            (None, None) => return false,
            (None, Some((place, from))) => {
                let after = self::item(b, from).map_or(from, |(_, next)| next);
                (at, pos) = (place, after);
            }
        }
    }
}

/// What a word consists of.
#[derive(Clone, Copy)]
pub(crate) enum Item {
    /// One thing.
    Step(Step),
    /// Any number of letters of the set.
    Star(Set),
}

/// The item of `b` at or after `pos` (twice the place, plus one for its step), and where the next begins.
pub(crate) fn item(b: &Pattern, pos: usize) -> Option<(Item, usize)> {
    if pos.is_multiple_of(2)
        && let Some(set) = b.loop_at(pos / 2)
    {
        return Some((Item::Star(set), pos + 1));
    }
    b.step(pos / 2).map(|step| (Item::Step(step), (pos / 2 + 1) * 2))
}

/// True iff the step of `a` consumes whatever the step of `b` stands for.
pub(crate) fn same(a: &Pattern, step: Step, b: &Pattern, item: Step) -> bool {
    match (step, item) {
        (Step::Letter(x), Step::Letter(c)) if a.fold => x == c.to_ascii_lowercase(),
        (Step::Letter(x), Step::Letter(c)) => x == c && !(b.fold && c.is_ascii_alphabetic()),
        (Step::One(set), Step::Letter(c)) => set.contains(c) && (!b.fold || set.contains(c.to_ascii_uppercase())),
        (Step::One(set), Step::One(other)) => set.includes(other),
        (Step::One(set), Step::Piece(s, _)) => set.includes(b.class_of(s)),
        (Step::Piece(s, i), Step::Piece(t, j)) => i == j && a.symbol(s) == b.symbol(t),
        (Step::Rest(s), Step::Rest(t)) => a.symbol(s) == b.symbol(t),
        _ => false,
    }
}
