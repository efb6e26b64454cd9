//! Whether one content allows a request that another does not.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rolecall_source::{Span, Symbol, Text};
use rustc_hash::FxHashMap;

use super::content::{Content, RuleBody};
use super::shape::Shape;
use crate::condition::Condition;
use crate::pattern::{Pattern, Search, witness};
use crate::solve::{Candidate, End, Flow, Known, Mode, Problem, Relations, Resources, Rule, Side, may_hold};
use crate::{Answer, Caller, Context};

/// Most candidates of one problem that are judged.
const CANDIDATES: usize = 16;
/// Most ways to give values to keys that patterns refer to.
const ASSIGNMENTS: usize = 24;
/// Most ARNs nothing is known of that are looked at as resources.
const LEADING: usize = 8;
/// Most automaton states of a look for a resource of a type.
const STATES: usize = 4_000;

/// A request, its action aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) resource: Text,
    pub(crate) context: Context,
    /// For every value of what is not known.
    pub(crate) certain: bool,
}

/// How two contents compare.
#[derive(Clone, Debug, Default)]
pub(crate) struct Solved {
    /// A request that the other would not be allowed even if its conditions held.
    pub(crate) plain: Option<Hit>,
    /// A request that differs, looked for where there is no plain one.
    pub(crate) conditional: Option<Hit>,
    /// The search ended early: there may be more.
    pub(crate) gave_up: bool,
    /// The work that it took.
    pub(crate) spent: u64,
}

impl Solved {
    /// The best request, plain before conditional.
    pub(crate) fn hit(&self) -> Option<&Hit> {
        let certain = |hit: &&Hit| hit.certain;
        let hits = || self.plain.iter().chain(&self.conditional);
        hits().find(certain).or_else(|| hits().next())
    }
}

/// What `target` allows and `principal` does not, for actions of a shape.
pub(crate) fn solve(target: &Content, principal: &Content, shape: &Shape) -> Solved {
    let mut solver = Solver::new(target, principal, shape);
    if target.is_nothing() {
        return Solved::default();
    }
    if principal.is_nothing() && target.rules().all(|r| r.is_everything()) {
        return Solved {
            plain: solver.sample(),
            ..Solved::default()
        };
    }
    // Only some values are tried for the keys that patterns refer to, so a failure there proves nothing.
    let sampled = solver.known.len() > 1;
    if sampled && !solver.relaxed_differ() {
        return Solved {
            spent: solver.relations.budget.spent(),
            ..Solved::default()
        };
    }
    let plain = solver.look(true);
    let conditions = principal.rules().any(|r| !r.conditions.is_empty());
    let enough = plain.as_ref().is_some_and(|h| h.certain);
    let conditional = if conditions && !enough {
        solver.look(false)
    } else {
        None
    };
    Solved {
        plain,
        conditional,
        gave_up: solver.gave_up || sampled,
        spent: solver.relations.budget.spent(),
    }
}

/// Why the principal is not allowed.
enum Way<'c> {
    /// It is allowed nothing.
    Nothing,
    /// No rule of a level applies.
    Level(&'c [Arc<RuleBody>]),
    /// One of these applies.
    Denied(Vec<&'c Arc<RuleBody>>),
}

/// Which of what is known, the address of a rule, the side.
type Reader = (usize, usize, usize);

struct Solver<'c> {
    target: &'c Content,
    principal: &'c Content,
    shape: &'c Shape,
    domains: Vec<Pattern>,
    known: Vec<Known>,
    modes: Vec<Mode>,
    relations: Rc<Relations>,
    /// The resources of rules as they were read.
    read: RefCell<FxHashMap<Reader, Rc<[Resources]>>>,
    /// What there is to read in both contents.
    size: usize,
    gave_up: bool,
}

impl<'c> Solver<'c> {
    fn new(target: &'c Content, principal: &'c Content, shape: &'c Shape) -> Self {
        let rules = || target.rules().chain(principal.rules());
        let conditions = rules().any(|r| !r.conditions.is_empty());
        let symbolic = rules().any(|r| r.is_symbolic()) || is_unknown(target) || is_unknown(principal);
        let mut modes = vec![Mode {
            strict: true,
            ordinary: true,
        }];
        if conditions {
            modes.push(Mode {
                strict: true,
                ordinary: false,
            });
        }
        if symbolic {
            modes.push(Mode {
                strict: false,
                ordinary: false,
            });
        }
        Self {
            target,
            principal,
            shape,
            domains: domains(target, shape),
            known: known(target, principal, shape),
            modes,
            relations: Rc::default(),
            read: RefCell::default(),
            size: rules().map(|r| r.size()).sum(),
            gave_up: false,
        }
    }

    /// False when the contents certainly do not differ, whatever the keys are that patterns refer to: what the target
    /// asks of such keys is left out, and what the principal gains by them is.
    fn relaxed_differ(&self) -> bool {
        let (target, principal) = (self.target.relaxed(true), self.principal.relaxed(false));
        let mut solver = Solver::new(&target, &principal, self.shape);
        let differ = solver.known.len() > 1 || solver.look(false).is_some() || solver.gave_up;
        self.relations.budget.spend_as_much(&solver.relations.budget);
        differ
    }

    fn sides<'k>(&self, known: &'k Known) -> [Side<'k>; 2]
    where
        'c: 'k,
    {
        [&self.target.caller, &self.principal.caller].map(|caller| Side { caller, known })
    }

    /// Some resource of the shape.
    fn sample(&self) -> Option<Hit> {
        let found = self
            .shape
            .domains
            .iter()
            .find_map(|d| match witness(&[d], &[], STATES) {
                Search::Found(text, answer) => Some((text, answer.is_yes())),
                Search::None | Search::Budget => None,
            });
        found.map(|(resource, certain)| Hit {
            resource,
            context: Context::new(),
            certain,
        })
    }

    /// True iff in some level of the target no rule has conditions that may hold, each for itself.
    fn is_hopeless(&self) -> bool {
        let alive = |rule: &RuleBody| {
            self.known.iter().any(|known| {
                let [target, _] = self.sides(known);
                rule.conditions
                    .iter()
                    .all(|c| may_hold(c, &target, &self.relations.budget))
            })
        };
        !self.target.levels.iter().all(|level| level.iter().any(|r| alive(r)))
    }

    /// Looks for a request: with `bare`, one that the principal is not allowed whatever its conditions.
    fn look(&mut self, bare: bool) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        if self.is_hopeless() {
            return None;
        }
        let ways = self.ways(bare);
        for mode in self.modes.clone() {
            for (of, known) in self.known.clone().iter().enumerate() {
                for at in 0..self.domains.len() {
                    for way in &ways {
                        if self.relations.budget.is_spent() {
                            self.gave_up = true;
                            return best;
                        }
                        let found = self.attempt(mode, (of, known), at, way, bare);
                        if found.as_ref().is_some_and(|h| h.certain) {
                            return found;
                        }
                        best = best.or(found);
                    }
                }
            }
        }
        best
    }

    /// In which ways the principal may not be allowed: a level that does not allow, or a denial. What the target has
    /// too is none: the target's levels all allow what is looked for, and nothing denies it.
    fn ways(&self, bare: bool) -> Vec<Way<'c>> {
        if self.principal.is_nothing() {
            return vec![Way::Nothing];
        }
        let (target, principal) = (self.target, self.principal);
        let same_caller = Arc::ptr_eq(&target.caller, &principal.caller);
        let same = |a: &Arc<RuleBody>, b: &Arc<RuleBody>| Arc::ptr_eq(a, b) && (same_caller || !a.personal);
        let is = |own: &[Arc<RuleBody>], other: &[Arc<RuleBody>]| {
            own.len() == other.len() && own.iter().zip(other).all(|(a, b)| same(a, b))
        };
        let shared = |level: &&Vec<Arc<RuleBody>>| target.levels.iter().any(|l| is(level, l));
        let levels = principal.levels.iter().filter(|l| !shared(l));
        let mut ways: Vec<Way<'c>> = levels.map(|l| Way::Level(l)).collect();
        let reliable = |d: &&Arc<RuleBody>| !bare || d.conditions.is_empty();
        let own = |d: &&Arc<RuleBody>| !target.denies.iter().any(|t| same(d, t));
        let denies: Vec<&Arc<RuleBody>> = principal.denies.iter().filter(reliable).filter(own).collect();
        if !denies.is_empty() {
            ways.push(Way::Denied(denies));
        }
        ways
    }

    fn attempt(
        &mut self,
        mode: Mode,
        (of, known): (usize, &Known),
        domain: usize,
        way: &Way<'c>,
        bare: bool,
    ) -> Option<Hit> {
        let sides = self.sides(known);
        let rules = |bodies: &'c [Arc<RuleBody>], side: usize, bare: bool| -> Vec<Rule<'_>> {
            let rule = |b: &'c Arc<RuleBody>| Some(self.rule(b, of, (sides.get(side)?, side), bare));
            bodies.iter().filter_map(rule).collect()
        };
        let mut any: Vec<Vec<Rule<'_>>> = self.target.levels.iter().map(|l| rules(l, 0, false)).collect();
        let mut none = rules(&self.target.denies, 0, false);
        let [_, principal] = &sides;
        match way {
            Way::Nothing => {}
            Way::Level(level) => none.extend(rules(level, 1, bare)),
            Way::Denied(by) => any.push({
                let rule = |d: &&'c Arc<RuleBody>| self.rule(d, of, (principal, 1), false);
                by.iter().map(rule).collect()
            }),
        }
        let problem = Problem {
            any,
            none,
            domain: self.domains.get(domain).cloned().into_iter().collect(),
            sides: sides.to_vec(),
            relations: Rc::clone(&self.relations),
        };
        let (mut best, mut seen) = (None, 0);
        let end = problem.search(mode, |candidate| {
            seen += 1;
            let hit = self.judge(known, candidate);
            let certain = hit.as_ref().is_some_and(|h| h.certain);
            if certain || best.is_none() {
                best = hit;
            }
            if certain || seen >= CANDIDATES {
                Flow::Stop
            } else {
                Flow::Next
            }
        });
        self.gave_up |= end == End::Budget || (end == End::Stopped && best.is_none());
        best
    }

    /// A rule whose resources are read once for all attempts with the same keys.
    fn rule(&self, body: &'c Arc<RuleBody>, of: usize, (side, index): (&Side<'_>, usize), bare: bool) -> Rule<'c> {
        let key = (of, Arc::as_ptr(body).addr(), index);
        let mut read = self.read.borrow_mut();
        let resources = read.entry(key).or_insert_with(|| {
            self.relations.budget.spend(body.size());
            body.resources(side)
        });
        body.rule(Rc::clone(resources), index, bare)
    }

    fn judge(&self, known: &Known, candidate: Candidate) -> Option<Hit> {
        self.relations.budget.spend(2 * self.size);
        let mut with = known.clone();
        with.fixed.extend(candidate.context);
        let [target, principal] = self.sides(&with).map(|side| Side {
            caller: side.caller,
            known: &with,
        });
        let answer = self
            .target
            .allows(&target, &candidate.resource)
            .and(self.principal.allows(&principal, &candidate.resource).not());
        let certain = answer.is_yes();
        (!answer.is_no() && !contradicts(&answer)).then_some(Hit {
            resource: candidate.resource,
            context: with.fixed,
            certain,
        })
    }
}

/// The resources of the shape, and those that a rule names by an ARN nothing is known of: what such an ARN stands for is
/// what the rule's action works on, and no guess has to say which.
fn domains(target: &Content, shape: &Shape) -> Vec<Pattern> {
    let symbols: BTreeSet<&Symbol> = target.rules().flat_map(|r| r.leading_symbols()).collect();
    let led = |symbol: &Symbol| {
        let symbol = Text::symbol(symbol.clone(), Span::NOWHERE);
        Pattern::like(&symbol.concat(&Text::plain("*")))
    };
    let led = symbols.into_iter().take(LEADING).map(led);
    shape.domains.iter().cloned().chain(led).collect()
}

/// True iff an answer relies on something and on its opposite.
pub(crate) fn contradicts(answer: &Answer) -> bool {
    let Answer::Depends(all) = answer else { return false };
    all.iter().any(|a| match Answer::Depends([a.clone()].into()).not() {
        Answer::Depends(opposite) => opposite.iter().all(|o| all.contains(o)),
        Answer::Yes | Answer::No => false,
    })
}

/// True iff something about the caller that rules may ask for is not known.
fn is_unknown(content: &Content) -> bool {
    let caller = &content.caller;
    let texts = [&caller.arn, &caller.account, &caller.username];
    let keys = || {
        content
            .rules()
            .flat_map(|r| r.conditions.iter().filter_map(|c| c.key.as_str()))
    };
    let variables = || content.rules().flat_map(|r| r.variables());
    texts.into_iter().flatten().any(|t| !t.is_known())
        || caller.tags.is_some()
        || keys().chain(variables()).any(|k| k == "aws:userid")
}

/// What is known of the keys of a request, once for each way to give values to the keys that patterns refer to.
fn known(target: &Content, principal: &Content, shape: &Shape) -> Vec<Known> {
    let rules = || target.rules().chain(principal.rules());
    let keys = rules().flat_map(|r| r.conditions.iter().filter_map(|c| c.key.as_str()));
    let variables = || rules().flat_map(|r| r.variables());
    let absent: BTreeSet<String> = keys
        .chain(variables())
        .filter(|k| !shape.has_key(k))
        .map(str::to_owned)
        .collect();
    let base = Known {
        absent,
        any_caller: target.caller.arn.is_none() && principal.caller.arn.is_none(),
        ..Known::default()
    };
    let free = free_variables(target, principal, &base);
    let mut conditions: Vec<(&Condition, Side<'_>)> = Vec::new();
    for content in [target, principal] {
        let side = Side {
            caller: &content.caller,
            known: &base,
        };
        conditions.extend(content.rules().flat_map(|r| &r.conditions).map(|c| (c, side)));
    }
    base.assign(&free, &conditions, ASSIGNMENTS)
}

/// The keys that patterns refer to and that are free for either side.
fn free_variables<'a>(target: &'a Content, principal: &'a Content, known: &Known) -> BTreeSet<&'a str> {
    let open = |caller: &Caller, key: &str| Side { caller, known }.key(key).is_none();
    let rules = target.rules().chain(principal.rules());
    rules
        .flat_map(|r| r.variables())
        .filter(|key| open(&target.caller, key) || open(&principal.caller, key))
        .collect()
}
