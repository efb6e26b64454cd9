//! A text in some patterns and outside others.

use rolecall_source::Text;

use super::cover::{matches, uniform_within};
use super::meet::meets_within;
use super::polish::{polish, sample};
use super::search::{Outcome, search};
use super::{Budget, Pattern};
use crate::Answer;

/// What [`witness`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// Such a text, and what it relies on (never No).
    Found(Text, Answer),
    /// There is none, for any value of the symbols.
    None,
    /// More than the budget.
    Budget,
}

/// A text in `L` of every pattern of `inside` and of none of `outside`.
///
/// Without symbols: `Found` with Yes iff there is one, `None` iff there is none, unless the search outgrows `budget`
/// states. With symbols: `Found` with Yes is certain for every value, `None` too, and anything between is `Found` with
/// what it depends on. The text is short, and its ARN fields are filled with what people expect where that serves.
#[must_use]
pub fn witness(inside: &[&Pattern], outside: &[&Pattern], budget: usize) -> Search {
    witness_within(inside, outside, budget, &Budget::unlimited())
}

/// [`witness`] with at most `states` states, and no more than the budget.
pub(crate) fn witness_within(inside: &[&Pattern], outside: &[&Pattern], states: usize, budget: &Budget) -> Search {
    if outside
        .iter()
        .any(|o| inside.iter().any(|i| uniform_within(o, i, budget)))
    {
        return Search::None;
    }
    let inside = without_covering(inside, budget);
    for (at, a) in inside.iter().enumerate() {
        if inside.iter().skip(at + 1).any(|b| meets_within(a, b, budget).is_no()) {
            return Search::None;
        }
    }
    let outside: Vec<&Pattern> = outside
        .iter()
        .copied()
        .filter(|o| !inside.iter().any(|i| meets_within(o, i, budget).is_no()))
        .collect();
    let mut doubtful = None;
    for text in inside.iter().map(|p| sample(p)) {
        budget.spend(places(&inside) + places(&outside));
        match verdict(&inside, &outside, &text) {
            Answer::Yes => return Search::Found(text, Answer::Yes),
            Answer::No => {}
            answer @ Answer::Depends(_) => doubtful = doubtful.or(Some(Search::Found(text, answer))),
        }
    }
    if inside.iter().any(|p| p.as_literal().is_some() && !p.ignores_case()) && !symbolic(&inside, &outside) {
        return Search::None;
    }
    match search(&inside, &outside, states, budget) {
        Outcome::None => Search::None,
        Outcome::Budget => doubtful.unwrap_or(Search::Budget),
        Outcome::Certain(text) => Search::Found(polish(&inside, &outside, text), Answer::Yes),
        Outcome::Perhaps(text) => doubtful.unwrap_or_else(|| match verdict(&inside, &outside, &text) {
            Answer::No => {
                let doubt = Answer::assuming(format!("something like `{text}` exists"));
                Search::Found(text, doubt)
            }
            answer => Search::Found(text, answer),
        }),
    }
}

fn places(patterns: &[&Pattern]) -> usize {
    patterns.iter().map(|p| p.places()).sum()
}

/// Whether the text is wanted.
pub(crate) fn verdict(inside: &[&Pattern], outside: &[&Pattern], text: &Text) -> Answer {
    let mut answer = Answer::Yes;
    for p in inside {
        answer = answer.and(matches(p, text));
        if answer.is_no() {
            return answer;
        }
    }
    for p in outside {
        answer = answer.and(matches(p, text).not());
        if answer.is_no() {
            return answer;
        }
    }
    answer
}

/// Leaves out patterns that cover another; of equal ones the first stays.
fn without_covering<'p>(patterns: &[&'p Pattern], budget: &Budget) -> Vec<&'p Pattern> {
    let mut out: Vec<&Pattern> = Vec::new();
    for p in patterns {
        if out.iter().any(|kept| uniform_within(p, kept, budget)) {
            continue;
        }
        out.retain(|kept| !uniform_within(kept, p, budget));
        out.push(p);
    }
    if out.is_empty() { patterns.to_vec() } else { out }
}

fn symbolic(inside: &[&Pattern], outside: &[&Pattern]) -> bool {
    inside.iter().chain(outside).any(|p| !p.symbols().is_empty())
}
