use std::collections::BTreeMap;
use std::rc::Rc;

use rolecall_source::Text;
use rustc_hash::FxHashMap;

use super::keys::{Choice, Chooser, Want};
use super::rule::{Ask, Rule, Standing};
use super::{Candidate, Mode, Problem, Side};
use crate::condition::Condition;
use crate::pattern::{Budget, Pattern, Search as Found, witness_within};

/// Most looks at one way of one clause in one search.
const STEPS: usize = 20_000;
/// How many looks a search of automaton states counts for.
const WITNESS: usize = 200;
/// Most automaton states of one look for a resource.
const STATES: usize = 2_000;
/// Most ways to take one pattern of each group that are looked at for one resource.
const COMBINATIONS: usize = 128;

/// What to do after a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Look for another.
    Next,
    /// Enough.
    Stop,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// There are no more candidates.
    Done,
    /// The caller had enough.
    Stopped,
    /// It took too long: there may be more.
    Budget,
}

/// One thing that must be so.
#[derive(Clone)]
enum Literal<'a> {
    In(Rc<[Pattern]>),
    Out(Rc<[Pattern]>),
    Condition(Want<'a>),
}

/// A list of what must be so.
type Way<'a> = Rc<[Literal<'a>]>;
/// Ways of which one must be taken.
type Clause<'a> = Vec<Way<'a>>;

/// What was decided so far.
#[derive(Clone, Default)]
struct State<'a> {
    inside: Vec<Rc<[Pattern]>>,
    outside: Vec<Rc<[Pattern]>>,
    keys: BTreeMap<&'a str, Vec<Want<'a>>>,
}

struct Searcher<'p, 'a, F> {
    problem: &'p Problem<'a>,
    mode: Mode,
    steps: usize,
    incomplete: bool,
    /// What was found for a key and a set of wants: addresses of conditions, sides, polarity.
    choices: FxHashMap<Vec<(usize, usize, bool)>, Choice>,
    offer: F,
}

impl<'a> Problem<'a> {
    /// Offers requests that solve the problem, one after the other.
    pub(crate) fn search(&self, mode: Mode, offer: impl FnMut(Candidate) -> Flow) -> End {
        let Some(clauses) = self.clauses(mode) else {
            return End::Done;
        };
        let mut searcher = Searcher {
            problem: self,
            mode,
            steps: STEPS,
            incomplete: false,
            choices: FxHashMap::default(),
            offer,
        };
        match searcher.decide(State::default(), clauses) {
            Flow::Stop if searcher.exhausted() => End::Budget,
            Flow::Stop => End::Stopped,
            Flow::Next if searcher.incomplete => End::Budget,
            Flow::Next => End::Done,
        }
    }

    /// The problem as clauses, or `None` when it has no solution.
    fn clauses(&self, mode: Mode) -> Option<Vec<Clause<'a>>> {
        let mut clauses = Vec::new();
        for group in &self.any {
            let mut clause: Clause<'a> = Vec::new();
            let mut settled = false;
            for rule in group {
                match self.standing(rule, mode, true) {
                    Standing::Never => {}
                    Standing::When(asks) if asks.is_empty() => settled = true,
                    Standing::When(asks) => clause.push(asks.into_iter().map(|a| literal(a, true)).collect()),
                }
            }
            match (settled, clause.is_empty()) {
                (true, _) => {}
                (false, true) => return None,
                (false, false) => clauses.push(clause),
            }
        }
        for rule in &self.none {
            match self.standing(rule, mode, false) {
                Standing::Never => {}
                Standing::When(asks) if asks.is_empty() => return None,
                Standing::When(asks) => clauses.push(asks.into_iter().map(|a| [literal(a, false)].into()).collect()),
            }
        }
        Some(clauses)
    }

    fn standing(&self, rule: &Rule<'a>, mode: Mode, applies: bool) -> Standing<'a> {
        rule.standing(self, mode, applies)
    }
}

fn literal<'a>(ask: Ask<'a>, holds: bool) -> Literal<'a> {
    match (ask, holds) {
        (Ask::In(p), true) | (Ask::Out(p), false) => Literal::In(p),
        (Ask::Out(p), true) | (Ask::In(p), false) => Literal::Out(p),
        (Ask::Holds(condition, side), holds) => Literal::Condition(Want { condition, side, holds }),
    }
}

/// True iff a condition alone may hold for a side.
pub(crate) fn may_hold(condition: &Condition, side: &Side<'_>, budget: &Budget) -> bool {
    if let Some(answer) = super::rule::settled(condition, Some(side)) {
        return !answer.is_no();
    }
    let Some(key) = condition.key.as_str() else { return true };
    let want = Want {
        condition,
        side: 0,
        holds: true,
    };
    let chooser = Chooser {
        key,
        wants: &[want],
        sides: std::slice::from_ref(side),
        mode: Mode {
            strict: false,
            ordinary: false,
        },
        budget,
    };
    !matches!(chooser.choose(), Choice::Nothing)
}

impl<'a, F: FnMut(Candidate) -> Flow> Searcher<'_, 'a, F> {
    /// Takes what is forced, then the clause with the fewest ways that are open, and each of them in turn.
    fn decide(&mut self, mut state: State<'a>, mut clauses: Vec<Clause<'a>>) -> Flow {
        loop {
            if self.exhausted() {
                return Flow::Stop;
            }
            clauses.retain(|clause| !clause.iter().any(|way| self.holds(&state, way)));
            let mut best: Option<(usize, usize)> = None;
            for (at, clause) in clauses.iter_mut().enumerate() {
                clause.retain(|way| self.possible(&state, way));
                if clause.is_empty() {
                    return Flow::Next;
                }
                if best.is_none_or(|(_, len)| clause.len() < len) {
                    best = Some((at, clause.len()));
                }
                if clause.len() == 1 {
                    break;
                }
            }
            let Some((at, _)) = best else {
                return self.settle(&state);
            };
            let ways = clauses.swap_remove(at);
            if ways.len() > 1 {
                return self.branch(&state, ways, &clauses);
            }
            ways.iter().flat_map(|w| w.iter()).for_each(|l| state.take(l));
        }
    }

    fn branch(&mut self, state: &State<'a>, ways: Clause<'a>, clauses: &[Clause<'a>]) -> Flow {
        for way in ways {
            let mut next = state.clone();
            let copied = clauses.iter().map(Vec::len).sum::<usize>() + state.size();
            self.problem.relations.budget.spend(4 * copied);
            way.iter().for_each(|l| next.take(l));
            if self.decide(next, clauses.to_vec()) == Flow::Stop {
                return Flow::Stop;
            }
        }
        Flow::Next
    }

    /// True only if what was decided makes something so.
    fn holds(&self, state: &State<'a>, way: &[Literal<'a>]) -> bool {
        way.iter().all(|literal| match literal {
            Literal::In(patterns) => self
                .inside(state)
                .any(|i| patterns.iter().any(|p| self.problem.relations.covers(p, i))),
            Literal::Out(patterns) => patterns
                .iter()
                .all(|p| self.is_outside(state, p) || self.inside(state).any(|i| self.problem.relations.misses(i, p))),
            Literal::Condition(want) => {
                let decided = want.condition.key.as_str().and_then(|key| state.keys.get(key));
                decided.is_some_and(|all| all.iter().any(|w| w.asks_the_same(want)))
            }
        })
    }

    /// True iff it was decided that the resource does not match the pattern.
    fn is_outside(&self, state: &State<'a>, pattern: &Pattern) -> bool {
        self.problem
            .relations
            .budget
            .spend(state.outside.iter().map(|o| o.len()).sum());
        state
            .outside()
            .any(|o| o.address() == pattern.address() || o == pattern)
    }

    /// True iff nothing more may be looked at.
    fn exhausted(&self) -> bool {
        self.steps == 0 || self.problem.relations.budget.is_spent()
    }

    /// Patterns that the resource certainly matches.
    fn inside<'s>(&'s self, state: &'s State<'a>) -> impl Iterator<Item = &'s Pattern> {
        self.problem.domain.iter().chain(state.inside.iter().filter_map(single))
    }

    /// A first look at whether something can be so on top of `state`.
    fn possible(&mut self, state: &State<'a>, way: &[Literal<'a>]) -> bool {
        self.steps = self.steps.saturating_sub(1);
        way.iter().all(|literal| match literal {
            Literal::In(patterns) => patterns.iter().any(|p| self.may_be_inside(state, p)),
            Literal::Out(patterns) => {
                let mut inside = self.inside(state);
                !inside.any(|i| patterns.iter().any(|p| self.problem.relations.covers(p, i)))
            }
            Literal::Condition(want) => {
                let Some(key) = want.condition.key.as_str() else {
                    return false;
                };
                let mut wants = state.keys.get(key).cloned().unwrap_or_default();
                wants.push(*want);
                !matches!(self.choice(key, wants), Choice::Nothing)
            }
        })
    }

    fn may_be_inside(&self, state: &State<'a>, pattern: &Pattern) -> bool {
        let relations = &self.problem.relations;
        let mut inside = self.inside(state);
        !inside.any(|i| relations.misses(i, pattern)) && !state.outside().any(|o| relations.covers(o, pattern))
    }

    fn choice(&mut self, key: &str, mut wants: Vec<Want<'a>>) -> Choice {
        let name = |w: &Want<'_>| (std::ptr::from_ref::<Condition>(w.condition) as usize, w.side, w.holds);
        wants.sort_by_key(name);
        wants.dedup_by_key(|w| name(w));
        let id: Vec<_> = wants.iter().map(name).collect();
        if let Some(choice) = self.choices.get(&id) {
            return choice.clone();
        }
        let chooser = Chooser {
            key,
            wants: &wants,
            sides: &self.problem.sides,
            mode: self.mode,
            budget: &self.problem.relations.budget,
        };
        let choice = chooser.choose();
        self.choices.insert(id, choice.clone());
        choice
    }

    /// Everything is decided: finds values.
    fn settle(&mut self, state: &State<'a>) -> Flow {
        let mut context = BTreeMap::new();
        let mut chosen = crate::Assumptions::new();
        for (key, wants) in &state.keys {
            match self.choice(key, wants.clone()) {
                Choice::Values(values, clause) => {
                    chosen.extend(clause);
                    if let Some(values) = values {
                        context.insert((*key).to_owned(), values);
                    }
                }
                Choice::Nothing => return Flow::Next,
                Choice::Unknown => {
                    self.incomplete = true;
                    return Flow::Next;
                }
            }
        }
        match self.resource(state) {
            Some(resource) => (self.offer)(Candidate {
                resource,
                context,
                chosen,
            }),
            None => Flow::Next,
        }
    }

    /// A resource in the domain, in one pattern of each group and in none outside.
    fn resource(&mut self, state: &State<'a>) -> Option<Text> {
        let problem = self.problem;
        let relations = &problem.relations;
        let outside: Vec<&Pattern> = state.outside().collect();
        let mut open: Vec<(usize, Vec<&Pattern>)> = vec![(0, problem.domain.iter().collect())];
        let mut left = COMBINATIONS;
        while let Some((at, chosen)) = open.pop() {
            let Some(group) = state.inside.get(at) else {
                if left == 0 || relations.budget.is_spent() {
                    self.incomplete = true;
                    return None;
                }
                left -= 1;
                self.steps = self.steps.saturating_sub(WITNESS);
                match witness_within(&chosen, &outside, STATES, &relations.budget) {
                    Found::Found(text, _) => return Some(text),
                    Found::Budget => self.incomplete = true,
                    Found::None => {}
                }
                continue;
            };
            for pattern in group.iter().rev() {
                let taken = outside.iter().any(|o| relations.covers(o, pattern));
                if !taken && !chosen.iter().any(|c| relations.misses(c, pattern)) {
                    let mut more = chosen.clone();
                    more.push(pattern);
                    open.push((at + 1, more));
                }
            }
        }
        None
    }
}

/// The pattern of a group that has one.
fn single(group: &Rc<[Pattern]>) -> Option<&Pattern> {
    match &**group {
        [one] => Some(one),
        _ => None,
    }
}

impl<'a> State<'a> {
    fn outside(&self) -> impl Iterator<Item = &Pattern> {
        self.outside.iter().flat_map(|o| o.iter())
    }

    /// About how much it is to copy.
    fn size(&self) -> usize {
        self.inside.len() + self.outside.len() + 8 * self.keys.len()
    }

    fn take(&mut self, literal: &Literal<'a>) {
        match literal {
            Literal::In(patterns) => self.inside.push(Rc::clone(patterns)),
            Literal::Out(patterns) => self.outside.push(Rc::clone(patterns)),
            Literal::Condition(want) => {
                if let Some(key) = want.condition.key.as_str() {
                    self.keys.entry(key).or_default().push(*want);
                }
            }
        }
    }
}
