//! One condition key: a value, or its absence, for which some conditions hold and others do not.
//!
//! Complete for the string and ARN operators (their values are patterns), for numbers, dates and addresses (between the
//! values that are named, nothing distinguishes one from another), for `Bool` and `Null`, and for a key without values.
//! Where operators of several of these families meet on one key, the values that each gives are tried on all.

use rolecall_source::{Assumption, Number, Text};
use rustc_hash::FxHashSet;

use super::ordinary::{self, Ordinary};
use super::{Mode, Side};
use crate::Template;
use crate::condition::{Comparison, Condition, KeyValue, Lookup, Qualifier, address, arn_pattern, date};
use crate::pattern::{Budget, Pattern, Search, Token, meets_within, witness_within};

/// Most combinations of patterns that are looked at for one value.
const COMBINATIONS: usize = 64;
/// Most automaton states of one look for a value.
const STATES: usize = 4_000;

/// A condition that must hold, or must not.
#[derive(Clone, Copy)]
pub(super) struct Want<'a> {
    pub(super) condition: &'a Condition,
    pub(super) side: usize,
    pub(super) holds: bool,
}

impl Want<'_> {
    /// True iff another want is the same, or is the same condition wherever it is written.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        let (a, b) = (self.condition, other.condition);
        self.holds == other.holds
            && self.side == other.side
            && (std::ptr::eq(a, b)
                || (a.operator == b.operator && a.key == b.key && a.values == b.values && a.open == b.open))
    }
}

/// What a key was given.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// Values, or none, and what is relied on with them.
    Values(Option<Vec<Text>>, Option<Assumption>),
    /// Nothing fits.
    Nothing,
    /// It is not known whether something fits.
    Unknown,
}

pub(super) struct Chooser<'c, 'a> {
    pub(super) key: &'c str,
    pub(super) wants: &'c [Want<'a>],
    pub(super) sides: &'c [Side<'a>],
    pub(super) mode: Mode,
    pub(super) budget: &'c Budget,
}

/// The keys of a request in which `key` has these values.
struct With<'s, 'a> {
    side: &'s Side<'a>,
    key: &'s str,
    values: Option<&'s [Text]>,
}

impl Lookup for With<'_, '_> {
    fn key(&self, key: &str) -> KeyValue {
        if key != self.key {
            return Lookup::key(self.side, key);
        }
        self.values.map_or(KeyValue::Absent, |v| KeyValue::Values(v.to_vec()))
    }
}

impl<'a> Chooser<'_, 'a> {
    /// A value for which everything wanted is so.
    pub(super) fn choose(&self) -> Choice {
        if let Some(choice) = self.usual() {
            return choice;
        }
        let always = ordinary::ordinary(self.key) == Ordinary::Present;
        if self.mode.ordinary && ordinary::is_circumstance(self.key) && !always {
            return Choice::Nothing;
        }
        match self.present() {
            Choice::Nothing | Choice::Unknown if always && !self.mode.ordinary && self.fits(self.wants, None) => {
                self.chosen(None)
            }
            choice => choice,
        }
    }

    /// Values for which everything wanted is so.
    fn present(&self) -> Choice {
        let null = |w: &&Want<'a>| w.condition.operator.comparison == Comparison::Null;
        let asked: Vec<Want<'a>> = self.wants.iter().filter(null).copied().collect();
        if !self.fits(&asked, Some(&[Text::plain("value")])) {
            return Choice::Nothing;
        }
        let (universal, each) = self.split();
        let mut complete = true;
        if each.len() < 2 || !self.many() {
            let wants: Vec<Want<'a>> = self.wants.to_vec();
            return match self.one(&wants, &mut complete) {
                Some(value) => self.chosen(Some(vec![value])),
                None if complete => Choice::Nothing,
                None => Choice::Unknown,
            };
        }
        let mut values = Vec::new();
        for want in each {
            let mut wants = universal.clone();
            wants.push(want);
            match self.one(&wants, &mut complete) {
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
                None if complete => return Choice::Nothing,
                None => return Choice::Unknown,
            }
        }
        if self.fits(self.wants, Some(&values)) {
            self.chosen(Some(values))
        } else {
            Choice::Unknown
        }
    }

    fn chosen(&self, values: Option<Vec<Text>>) -> Choice {
        let written = self.wants.first().map(|w| w.condition.written.to_string());
        let clause = ordinary::clause(self.key, written.as_deref().unwrap_or(self.key), values.as_deref());
        Choice::Values(values, clause)
    }

    /// What the key has in a request like most others, or nothing, where that fits.
    fn usual(&self) -> Option<Choice> {
        let (absent, value) = match ordinary::ordinary(self.key) {
            Ordinary::Free => (true, None),
            Ordinary::Present => (false, None),
            Ordinary::AbsentOr(value) => (true, Some(value)),
            Ordinary::Absent => (true, None),
            Ordinary::Is(value) => (!self.mode.ordinary, Some(value)),
        };
        if let Some(value) = value {
            let values = [Text::plain(value)];
            if self.fits(self.wants, Some(&values)) {
                return Some(self.chosen(Some(values.to_vec())));
            }
        }
        (absent && self.fits(self.wants, None)).then(|| self.chosen(None))
    }

    /// True iff every want is met.
    fn fits(&self, wants: &[Want<'a>], values: Option<&[Text]>) -> bool {
        wants.iter().all(|want| {
            let Some(side) = self.sides.get(want.side) else {
                return false;
            };
            let with = With {
                side,
                key: self.key,
                values,
            };
            self.budget
                .spend(cost(want.condition) * (1 + values.map_or(0, <[Text]>::len)));
            let answer = want.condition.holds(&with);
            match (want.holds, self.mode.strict) {
                (true, true) => answer.is_yes(),
                (true, false) => !answer.is_no(),
                (false, true) => answer.is_no(),
                (false, false) => !answer.is_yes(),
            }
        })
    }

    /// True iff a request may have several values for the key.
    fn many(&self) -> bool {
        let unqualified = |w: &Want<'_>| {
            w.condition.operator.qualifier.is_none() && w.condition.operator.comparison != Comparison::Null
        };
        let one = rolecall_catalog::condition_key_type(self.key).is_some_and(|t| !t.starts_with("ArrayOf"));
        !one && !self.wants.iter().any(unqualified)
    }

    /// Wants that concern every value, and those that one value meets.
    fn split(&self) -> (Vec<Want<'a>>, Vec<Want<'a>>) {
        self.wants.iter().partition(|w| {
            let all = w.condition.operator.qualifier == Some(Qualifier::ForAllValues);
            w.condition.operator.comparison == Comparison::Null || all == w.holds
        })
    }

    /// One value that meets all of `wants`.
    fn one(&self, wants: &[Want<'a>], complete: &mut bool) -> Option<Text> {
        let mut tried = FxHashSet::default();
        for value in self.candidates(wants) {
            if tried.insert(value.clone()) && self.fits(wants, Some(std::slice::from_ref(&value))) {
                return Some(value);
            }
        }
        self.by_patterns(wants, complete)
    }

    fn lookup(&self, want: &Want<'_>, template: &Template) -> Option<Text> {
        let side = self.sides.get(want.side)?;
        template.plain(&mut |key| side.variable(key))
    }

    /// Values that the conditions name, their neighbours, and a few that nothing names.
    fn candidates(&self, wants: &[Want<'a>]) -> Vec<Text> {
        let mut out = Vec::new();
        let (mut numbers, mut dates, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
        for want in wants {
            for template in &want.condition.values {
                let Some(text) = self.lookup(want, template) else {
                    continue;
                };
                let known = text.as_str().unwrap_or_default();
                match want.condition.operator.comparison {
                    Comparison::IpAddress => ranges.extend(address::Range::parse(known)),
                    Comparison::StringLike | Comparison::ArnLike | Comparison::Null => {}
                    Comparison::Bool => out.extend(["true", "false"].map(Text::plain)),
                    c if c.numeric().is_some() => numbers.extend(Number::parse(known)),
                    c if c.date().is_some() => dates.extend(date::parse(known)),
                    _ => out.push(text),
                }
            }
        }
        out.extend(between_numbers(numbers));
        out.extend(between_dates(dates));
        out.extend(around_ranges(&ranges));
        out.push(Text::plain("true"));
        out.push(Text::plain("value"));
        out
    }

    /// A value by the patterns of string and ARN operators. Settles the question unless another operator disagrees.
    fn by_patterns(&self, wants: &[Want<'a>], complete: &mut bool) -> Option<Text> {
        let (mut inside, mut outside): (Vec<Vec<Pattern>>, Vec<Pattern>) = (Vec::new(), Vec::new());
        for want in wants {
            match self.patterns(want) {
                Some(patterns) if want.holds == want.condition.operator.negated => outside.extend(patterns),
                Some(patterns) => inside.push(patterns),
                None => {}
            }
        }
        // A request's key is never the empty text where nothing says so.
        if inside.is_empty() && outside.is_empty() {
            return None;
        }
        let mut combinations = Combinations::new(&inside, self.budget);
        while let Some(chosen) = combinations.next() {
            let refs: Vec<&Pattern> = outside.iter().collect();
            let everything = Pattern::like(&Text::plain("?*"));
            let chosen = if chosen.is_empty() { vec![&everything] } else { chosen };
            match witness_within(&chosen, &refs, STATES, self.budget) {
                Search::Found(text, _) if self.fits(wants, Some(std::slice::from_ref(&text))) => return Some(text),
                Search::Found(..) | Search::Budget => *complete = false,
                Search::None => {}
            }
        }
        *complete &= !combinations.truncated;
        None
    }

    /// What a condition lists, iff it lists patterns or texts.
    fn patterns(&self, want: &Want<'_>) -> Option<Vec<Pattern>> {
        let side = self.sides.get(want.side)?;
        let mut variable = |key: &str| side.variable(key);
        let condition = want.condition;
        let comparison = condition.operator.comparison;
        let mut make = |t: &Template| match comparison {
            Comparison::StringLike => t.pattern(&mut variable),
            Comparison::ArnLike => arn_pattern(t, &mut variable),
            Comparison::StringEqualsIgnoreCase => t
                .plain(&mut variable)
                .map(|t| Pattern::from_tokens(Token::of(&t, false), true)),
            _ => t.plain(&mut variable).map(|t| Pattern::literal(&t)),
        };
        matches!(
            comparison,
            Comparison::StringEquals
                | Comparison::StringEqualsIgnoreCase
                | Comparison::BinaryEquals
                | Comparison::StringLike
                | Comparison::ArnLike
        )
        .then(|| condition.values.iter().filter_map(&mut make).collect())
    }
}

/// About how much work it is to hold a value against a condition.
fn cost(condition: &Condition) -> usize {
    let of = |t: &Template| 64 + t.text.as_str().map_or(0, str::len);
    64 + condition.values.iter().map(of).sum::<usize>()
}

/// One pattern of each group, in all ways that meet.
struct Combinations<'p> {
    groups: &'p [Vec<Pattern>],
    open: Vec<Vec<&'p Pattern>>,
    steps: usize,
    budget: &'p Budget,
    truncated: bool,
}

impl<'p> Combinations<'p> {
    fn new(groups: &'p [Vec<Pattern>], budget: &'p Budget) -> Self {
        Self {
            groups,
            open: vec![Vec::new()],
            steps: 0,
            budget,
            truncated: false,
        }
    }

    fn next(&mut self) -> Option<Vec<&'p Pattern>> {
        while let Some(chosen) = self.open.pop() {
            let Some(group) = self.groups.get(chosen.len()) else {
                return Some(chosen);
            };
            self.steps += group.len();
            if self.steps > COMBINATIONS * 8 || self.budget.is_spent() {
                self.truncated = true;
                return None;
            }
            for pattern in group.iter().rev() {
                if chosen.iter().all(|c| !meets_within(c, pattern, self.budget).is_no()) {
                    let mut more = chosen.clone();
                    more.push(pattern);
                    self.open.push(more);
                }
            }
        }
        None
    }
}

/// Each number, one between each two neighbours, and one beyond each end.
fn between_numbers(mut numbers: Vec<Number>) -> Vec<Text> {
    numbers.sort();
    numbers.dedup();
    let mut out: Vec<Text> = Vec::new();
    if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
        out.push(Text::plain(&first.beside(-1).to_string()));
        out.push(Text::plain(&last.beside(1).to_string()));
    }
    out.extend(numbers.iter().map(|n| Text::plain(&n.to_string())));
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    out.extend(pairs.map(|(a, b)| Text::plain(&a.middle(b).to_string())));
    out
}

/// Each instant of whole seconds, and the seconds before and after it.
fn between_dates(dates: Vec<date::Instant>) -> Vec<Text> {
    let seconds = dates
        .iter()
        .flat_map(|(s, _)| [s.saturating_add(1), s.saturating_sub(1), *s]);
    seconds
        .filter(|s| (-62_000_000_000..=250_000_000_000).contains(s))
        .map(|s| Text::plain(&date::write(s)))
        .collect()
}

/// The ends of each range, the addresses just outside, and two that nothing names.
fn around_ranges(ranges: &[address::Range]) -> Vec<Text> {
    let mut out = Vec::new();
    for r in ranges {
        let inner = if r.first < r.last { r.first + 1 } else { r.first };
        let outside = [r.last.checked_add(1), r.first.checked_sub(1)].into_iter().flatten();
        for bits in [inner, r.first, r.last].into_iter().chain(outside) {
            out.extend(address::write(r.v6, bits).map(|a| Text::plain(&a)));
        }
    }
    if !ranges.is_empty() {
        out.extend(["203.0.113.10", "2001:db8::10", "0.0.0.0", "::"].map(Text::plain));
    }
    out
}
