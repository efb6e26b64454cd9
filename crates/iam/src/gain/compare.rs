//! Compares authorities action by action, remembering answers by content.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rolecall_catalog::ActionId;
use rustc_hash::FxHashMap;

use super::bits::Bits;
use super::content::Content;
use super::shape::Shape;
use super::solve::{Hit, Solved, contradicts, solve};
use super::store::{Compiled, EVERYTHING, NOTHING, Store};
use super::summary::{Gained, summarize};
use super::types::{Gain, Rank, Relation, Witness};
use crate::evaluate::evaluate;
use crate::{Answer, Assumptions, Authority, Request};

/// The shape of actions that the catalogue does not have.
const UNKNOWN_SHAPE: u32 = u32::MAX;
/// Most requests that are replayed for one pair while none is certain.
const REPLAYS: usize = 24;

/// The content of the first, the content of the second, the shape, the account.
type Question = (u32, u32, u32, u32);

/// What is remembered between comparisons.
#[derive(Default)]
pub(crate) struct Comparer {
    store: Mutex<Store>,
    solved: RwLock<FxHashMap<Question, Arc<Solved>>>,
    shapes: RwLock<FxHashMap<(u32, u32), Arc<Shape>>>,
    pairs: RwLock<FxHashMap<(u32, u32), Arc<Pair>>>,
    /// By the addresses of their policies.
    compiled: RwLock<FxHashMap<Vec<usize>, Known>>,
}

/// Authorities that have the same policies.
type Known = Vec<(Authority, Arc<Compiled>)>;

/// What was found for two authorities, spans aside.
pub(crate) struct Pair {
    gained: Gained,
    /// Requests to replay, the gravest first.
    requests: Vec<Request>,
}

/// An action: of the catalogue, or one that only policies name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Known(usize),
    Named(String),
}

impl Comparer {
    /// The authority, ready for comparing.
    pub(crate) fn compile(&self, authority: &Authority) -> Arc<Compiled> {
        let key = address(authority);
        let known = self.compiled.read().unwrap_or_else(PoisonError::into_inner);
        let same = |all: &Known| {
            let found = all.iter().find(|(a, _)| is_same(a, authority));
            found.map(|(_, compiled)| Arc::clone(compiled))
        };
        if let Some(compiled) = known.get(&key).and_then(same) {
            return compiled;
        }
        drop(known);
        let compiled = Arc::new(self.store().compile(authority));
        let mut all = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        let entry = (authority.clone(), Arc::clone(&compiled));
        all.entry(key).or_default().push(entry);
        compiled
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn content(&self, id: u32) -> Arc<Content> {
        let found = self.store().content_by_id(id);
        found.unwrap_or_else(|| Arc::new(Content::nothing()))
    }

    fn shape(&self, action: &Action, account: u32) -> (u32, Arc<Shape>) {
        let (id, known) = match action {
            Action::Known(at) => {
                let action = ActionId(u16::try_from(*at).unwrap_or(u16::MAX));
                let id = rolecall_catalog::shape_id(action).map_or(UNKNOWN_SHAPE, u32::from);
                (id, Some(action))
            }
            Action::Named(_) => (UNKNOWN_SHAPE, None),
        };
        let key = (id, account);
        if let Some(shape) = self.shapes.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return (id, Arc::clone(shape));
        }
        let shape = Arc::new(match known {
            Some(action) => Shape::of(action, self.store().account_by_id(account)),
            None => Shape::unknown(),
        });
        let mut shapes = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        (id, Arc::clone(shapes.entry(key).or_insert(shape)))
    }

    /// What the first content allows on an action and the second does not.
    fn solve(&self, target: u32, principal: u32, action: &Action, account: u32) -> Arc<Solved> {
        let (id, shape) = self.shape(action, account);
        let question = (target, principal, id, account);
        if let Some(solved) = self
            .solved
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&question)
        {
            return Arc::clone(solved);
        }
        let (target, principal) = (self.content(target), self.content(principal));
        let solved = Arc::new(solve(&target, &principal, &shape));
        let mut all = self.solved.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(question).or_insert(solved))
    }

    /// The contents of both for the names that the catalogue does not have.
    fn named(
        &self,
        (target, a): (&Authority, &Compiled),
        (principal, b): (&Authority, &Compiled),
    ) -> Vec<(Action, u32, u32)> {
        if a.literals.is_empty() && b.literals.is_empty() {
            return Vec::new();
        }
        let names: std::collections::BTreeSet<&String> = a.literals.union(&b.literals).collect();
        let mut store = self.store();
        let mut out = Vec::with_capacity(names.len());
        for name in names {
            let mine = store.content_for(target, name);
            if mine != NOTHING {
                let other = store.content_for(principal, name);
                out.push((Action::Named(name.clone()), mine, other));
            }
        }
        out
    }

    /// Whether `target` allows a request that `principal` does not, with the first that is found.
    pub(crate) fn relation(&self, target: &Authority, principal: &Authority) -> Relation {
        let (a, b) = (self.compile(target), self.compile(principal));
        if a.id == b.id && !a.open {
            return no_relation();
        }
        let known = a.some.minus(&b.full);
        let known = known.map(|at| (Action::Known(at), a.content(at), b.content(at)));
        let named = self.named((target, &a), (principal, &b));
        let mut last: Option<(Question, Arc<Solved>)> = None;
        let (mut unsure, mut gave_up, mut replays) = (None, false, 0);
        for (action, mine, other) in known.chain(named) {
            if mine == other || other == EVERYTHING {
                continue;
            }
            let (shape, _) = self.shape(&action, a.account);
            let question = (mine, other, shape, a.account);
            let solved = match &last {
                Some((same, solved)) if *same == question => Arc::clone(solved),
                _ => self.solve(mine, other, &action, a.account),
            };
            last = Some((question, Arc::clone(&solved)));
            gave_up |= solved.gave_up && solved.hit().is_none();
            let Some(hit) = solved.hit() else { continue };
            replays += 1;
            match replay(target, principal, request(&action, hit)) {
                Some((Answer::Yes, witness)) => return found(Answer::Yes, witness),
                Some((answer, witness)) => unsure = unsure.or(Some((answer, witness))),
                None => gave_up = true,
            }
            if replays >= REPLAYS {
                break;
            }
        }
        match unsure {
            Some((answer, witness)) => found(answer, witness),
            None => Relation {
                answer: undecided(gave_up, &a, &b),
                witness: None,
            },
        }
    }

    /// Everything that `target` allows and `principal` does not.
    fn pair(&self, target: (&Authority, &Compiled), principal: (&Authority, &Compiled)) -> Arc<Pair> {
        let (a, b) = (target.1, principal.1);
        let key = (a.id, b.id);
        if let Some(pair) = self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(pair);
        }
        let pair = Arc::new(self.gather(target, principal));
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pairs.entry(key).or_insert(pair))
    }

    fn gather(&self, target: (&Authority, &Compiled), principal: (&Authority, &Compiled)) -> Pair {
        let (a, b) = (target.1, principal.1);
        let mut gained = Gained::new();
        let mut local: FxHashMap<Question, Arc<Solved>> = FxHashMap::default();
        let known = a
            .some
            .minus(&b.full)
            .map(|at| (Action::Known(at), a.content(at), b.content(at)));
        for (action, mine, other) in known.chain(self.named(target, principal)) {
            if mine == other || other == EVERYTHING {
                continue;
            }
            let (shape, _) = self.shape(&action, a.account);
            let question = (mine, other, shape, a.account);
            let solved = local
                .entry(question)
                .or_insert_with(|| self.solve(mine, other, &action, a.account));
            let everywhere = mine == EVERYTHING;
            gained.take(action, Arc::clone(solved), everywhere);
        }
        let requests = gained
            .gravest(REPLAYS)
            .map(|(action, hit)| request(action, hit))
            .collect();
        Pair { gained, requests }
    }

    /// What `target` may do and `principal` may not; `escalates` says whether the rank may be the highest.
    pub(crate) fn gain(&self, target: &Authority, principal: &Authority, administrator: impl FnOnce() -> bool) -> Gain {
        let (a, b) = (self.compile(target), self.compile(principal));
        if a.id == b.id && !a.open {
            return Gain {
                answer: Answer::No,
                witness: None,
                by_service: Vec::new(),
                rank: Rank::Other,
                sensitivity: None,
            };
        }
        let pair = self.pair((target, &a), (principal, &b));
        let mut best: Option<(Answer, Witness)> = None;
        for request in &pair.requests {
            let Some((answer, witness)) = replay(target, principal, request.clone()) else {
                continue;
            };
            let certain = answer.is_yes();
            if certain || best.is_none() {
                best = Some((answer, witness));
            }
            if certain {
                break;
            }
        }
        let (answer, witness) = match best {
            Some((answer, witness)) => (answer, Some(witness)),
            None => {
                let mismatch = !pair.requests.is_empty();
                (undecided(pair.gained.gave_up() || mismatch, &a, &b), None)
            }
        };
        let mut gain = summarize(&pair.gained, answer, witness);
        if gain.witness.is_some() && administrator() {
            gain.rank = Rank::Administrator;
        }
        gain
    }

    /// True iff an authority is allowed every action on every resource.
    pub(crate) fn is_administrator(&self, authority: &Authority) -> Answer {
        let compiled = self.compile(authority);
        let open = || Answer::Depends(everything_unknown(authority));
        let missing = Bits::all().minus(&compiled.full).next().is_some();
        if !missing {
            return if compiled.open { open() } else { Answer::Yes };
        }
        let mut unsure = false;
        for at in Bits::all().minus(&compiled.full) {
            let solved = self.solve(EVERYTHING, compiled.content(at), &Action::Known(at), compiled.account);
            match solved.hit() {
                Some(hit) if hit.certain && !compiled.open => return Answer::No,
                Some(_) => unsure = true,
                None => unsure |= solved.gave_up,
            }
            if unsure {
                break;
            }
        }
        match (unsure, compiled.open) {
            (_, true) => open(),
            (true, false) => Answer::assuming("the statements that depend on what is not known allow everything"),
            (false, false) => Answer::Yes,
        }
    }
}

fn no_relation() -> Relation {
    Relation {
        answer: Answer::No,
        witness: None,
    }
}

fn found(answer: Answer, witness: Witness) -> Relation {
    Relation {
        answer,
        witness: Some(witness),
    }
}

/// What is said when no request was found.
fn undecided(gave_up: bool, target: &Compiled, principal: &Compiled) -> Answer {
    if gave_up {
        Answer::assuming("a request differs that a bounded search did not find")
    } else if target.open || principal.open {
        Answer::assuming("what is not known of the policies makes a difference")
    } else {
        Answer::No
    }
}

/// The unknown parts of an authority.
fn everything_unknown(authority: &Authority) -> Assumptions {
    let mut all = authority.open.clone();
    for policy in crate::evaluate::policies(authority) {
        all.extend(policy.open.iter().cloned());
    }
    all
}

fn request(action: &Action, hit: &Hit) -> Request {
    let name = match action {
        Action::Known(at) => {
            let id = ActionId(u16::try_from(*at).unwrap_or(u16::MAX));
            rolecall_catalog::action(id).map_or_else(String::new, |a| format!("{}:{}", a.service, a.name))
        }
        Action::Named(name) => name.clone(),
    };
    Request {
        action: name,
        resource: hit.resource.clone(),
        context: hit.context.clone(),
    }
}

/// Evaluates a request for both: `None` when it does not tell them apart.
fn replay(target: &Authority, principal: &Authority, request: Request) -> Option<(Answer, Witness)> {
    let allowed = evaluate(target, &request);
    if allowed.answer.is_no() {
        return None;
    }
    let other = evaluate(principal, &request);
    let answer = allowed.answer.and(other.answer.not());
    if answer.is_no() || contradicts(&answer) {
        return None;
    }
    let witness = Witness {
        request,
        because: allowed.because,
    };
    Some((answer, witness))
}

/// The addresses of the policies of an authority.
fn address(authority: &Authority) -> Vec<usize> {
    let levels = authority.controls.iter().flatten();
    let grants = authority.identity.iter().chain(&authority.boundary).chain(levels);
    grants.map(|g| Arc::as_ptr(&g.policy).addr()).collect()
}

/// True iff two authorities with the same policies are one.
fn is_same(a: &Authority, b: &Authority) -> bool {
    let caller = |c: &crate::Caller| (c.arn.clone(), c.account.clone(), c.username.clone(), c.kind);
    let tags = |c: &crate::Caller| {
        c.tags
            .as_ref()
            .map(|t| t.iter().map(|(k, v)| (k.clone(), v.to_text())).collect::<Vec<_>>())
    };
    let shape = |x: &Authority| {
        let sizes: Vec<usize> = x.controls.iter().map(Vec::len).collect();
        (x.identity.len(), x.boundary.is_some(), sizes)
    };
    let exists = |x: &Authority| {
        let grants = x.identity.iter().chain(&x.boundary).chain(x.controls.iter().flatten());
        grants.map(|g| g.exists.clone()).collect::<Vec<_>>()
    };
    shape(a) == shape(b)
        && a.open == b.open
        && caller(&a.caller) == caller(&b.caller)
        && tags(&a.caller) == tags(&b.caller)
        && a.caller.tags.as_ref().map(|t| t.open.is_some()) == b.caller.tags.as_ref().map(|t| t.open.is_some())
        && exists(a) == exists(b)
}
