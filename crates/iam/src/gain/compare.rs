//! Compares authorities action by action, remembering answers by content.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rolecall_catalog::ActionId;
use rolecall_source::Text;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bits::Bits;
use super::content::Content;
use super::shape::Shape;
use super::solve::{Hit, Solved, contradicts, solve};
use super::store::{Compiled, EVERYTHING, NOTHING, Store};
use super::summary::{Gained, Summary, name, summarize};
use super::types::{Gain, Rank, Relation, Witness};
use crate::evaluate::{evaluate, own_grants};
use crate::{Answer, Assumptions, Authority, Request};

/// The shape of actions that the catalogue does not have.
const UNKNOWN_SHAPE: u32 = u32::MAX;
/// Most requests that are replayed for one pair while none is certain.
const REPLAYS: usize = 24;

/// Most questions of one pair that are given up before the pair is.
const GIVE_UPS: usize = 4;

/// Most work of all questions of one pair, whoever asked them first; the last may go over it.
const STEPS: u64 = 40_000_000;
/// Work too little to be counted.
const LITTLE: u64 = 1_000;

/// The content of the first, the content of the second, the shape, the account.
type Question = (u32, u32, u32, u32);

/// What is remembered between comparisons.
#[derive(Default)]
pub(crate) struct Comparer {
    store: Mutex<Store>,
    solved: RwLock<FxHashMap<Question, Arc<Solved>>>,
    shapes: RwLock<FxHashMap<(u32, u32), Arc<Shape>>>,
    pairs: RwLock<FxHashMap<(u32, u32), Arc<Pair>>>,
    /// By the addresses of their policies and their callers' ARNs.
    remembered: RwLock<FxHashMap<Address, Known>>,
}

/// An authority with what was found out about it.
pub(crate) struct Remembered {
    authority: Authority,
    compiled: Arc<Compiled>,
    /// Is it administrator, or can it make itself so?
    pub(crate) administrator: OnceLock<Answer>,
}

/// The addresses of the policies of an authority, and its caller's ARN.
type Address = (Vec<usize>, Option<Text>);
/// Authorities that have the same policies.
type Known = Vec<Arc<Remembered>>;

/// What was found for two authorities, spans aside.
pub(crate) struct Pair {
    summary: Summary,
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
        Arc::clone(&self.remember(authority).compiled)
    }

    /// What is remembered of an authority.
    pub(crate) fn remember(&self, authority: &Authority) -> Arc<Remembered> {
        let key = address(authority);
        let same = |all: &Known| all.iter().find(|r| is_same(&r.authority, authority)).map(Arc::clone);
        let known = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(remembered) = known.get(&key).and_then(same) {
            return remembered;
        }
        drop(known);
        let remembered = Arc::new(Remembered {
            authority: authority.clone(),
            compiled: self.store().compile(authority),
            administrator: OnceLock::new(),
        });
        let mut all = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_default().push(Arc::clone(&remembered));
        remembered
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work of all questions so far.
    pub(crate) fn steps(&self) -> u64 {
        let solved = self.solved.read().unwrap_or_else(PoisonError::into_inner);
        solved.values().map(|s| s.spent).sum()
    }

    fn content(&self, id: u32) -> Arc<Content> {
        let found = self.store().content_by_id(id);
        found.unwrap_or_else(|| Arc::new(Content::nothing()))
    }

    fn shape(&self, id: u32, action: &Action, account: u32) -> Arc<Shape> {
        let key = (id, account);
        if let Some(shape) = self.shapes.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(shape);
        }
        let shape = Arc::new(match action {
            Action::Known(at) => Shape::of(id_of(*at), self.store().account_by_id(account)),
            Action::Named(_) => Shape::unknown(),
        });
        let mut shapes = self.shapes.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shapes.entry(key).or_insert(shape))
    }

    /// What the first content allows on an action and the second does not.
    fn solve(&self, question: Question, action: &Action) -> Arc<Solved> {
        if let Some(solved) = self
            .solved
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&question)
        {
            return Arc::clone(solved);
        }
        let (target, principal, shape, account) = question;
        let shape = self.shape(shape, action, account);
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
        let names: BTreeSet<&String> = a.literals.keys().chain(b.literals.keys()).collect();
        let mut out = Vec::with_capacity(names.len());
        for name in names {
            let mine = self.content_of_name((target, a), name);
            if mine != NOTHING {
                let other = self.content_of_name((principal, b), name);
                out.push((Action::Named(name.clone()), mine, other));
            }
        }
        out
    }

    fn content_of_name(&self, (authority, compiled): (&Authority, &Compiled), name: &str) -> u32 {
        compiled.content_of_name(name).unwrap_or_else(|| {
            let content = self.store().content_for(authority, name);
            compiled.remember(name, content);
            content
        })
    }

    /// Whether `target` allows a request that `principal` does not, with the first that is found: where the principal
    /// has nothing, where it has something, and for names that the catalogue does not have.
    pub(crate) fn relation(&self, target: (&Authority, &Compiled), principal: (&Authority, &Compiled)) -> Relation {
        let (a, b) = (target.1, principal.1);
        if a.id == b.id && !a.open {
            return no_relation();
        }
        let mut look = Look::new(self, target, principal);
        let contents = |at: usize| (Action::Known(at), a.content(at), b.content(at));
        let sure = a.full.minus(&b.some).take(1).map(contents);
        let absent = a.some.minus(&b.some).map(contents);
        let partial = a.some.minus(&b.full).filter(|at| b.some.contains(*at)).map(contents);
        let witness = look
            .among(sure)
            .or_else(|| look.among(absent))
            .or_else(|| look.among(partial))
            .or_else(|| look.among(self.named(target, principal).into_iter()));
        match (witness, look.unsure) {
            (Some(witness), _) => found(Answer::Yes, witness),
            (None, Some((answer, witness))) => found(answer, witness),
            (None, None) => Relation {
                answer: undecided(look.gave_up > 0, a, b),
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
        let (mut given_up, mut spent) = (0, 0);
        let known = a
            .some
            .minus(&b.full)
            .map(|at| (Action::Known(at), a.content(at), b.content(at)));
        for (action, mine, other) in known.chain(self.named(target, principal)) {
            if mine == other || other == EVERYTHING {
                continue;
            }
            if mine == EVERYTHING && other == NOTHING {
                gained.take_whole(action);
                continue;
            }
            let question = (mine, other, shape_id(&action), a.account);
            let solved = match local.get(&question) {
                Some(solved) => Arc::clone(solved),
                None if given_up >= GIVE_UPS || spent >= STEPS => {
                    gained.give_up();
                    continue;
                }
                None => {
                    let solved = self.solve(question, &action);
                    spent += solved.spent;
                    given_up += usize::from(solved.gave_up && solved.hit().is_none());
                    local.insert(question, Arc::clone(&solved));
                    solved
                }
            };
            gained.take(action, solved, mine == EVERYTHING);
        }
        let requests = gained
            .gravest(REPLAYS)
            .filter_map(|(action, hit)| match hit {
                Some(hit) => Some(request(action, hit)),
                None => self.any_request(action, a.account),
            })
            .collect();
        Pair {
            summary: summarize(&gained),
            requests,
        }
    }

    /// Some request of an action.
    fn any_request(&self, action: &Action, account: u32) -> Option<Request> {
        let question = (EVERYTHING, NOTHING, shape_id(action), account);
        self.solve(question, action).hit().map(|hit| request(action, hit))
    }

    /// What `target` may do and `principal` may not; `escalates` says whether the rank may be the highest.
    pub(crate) fn gain(&self, target: &Authority, principal: &Authority, administrator: impl FnOnce() -> bool) -> Gain {
        let (a, b) = (self.compile(target), self.compile(principal));
        if a.id == b.id && !a.open {
            return Gain {
                answer: Answer::No,
                witness: None,
                by_service: Arc::default(),
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
                (undecided(pair.summary.gave_up || mismatch, &a, &b), None)
            }
        };
        let highest = witness.is_some() && administrator();
        Gain {
            answer,
            witness,
            by_service: Arc::clone(&pair.summary.by_service),
            rank: if highest {
                Rank::Administrator
            } else {
                pair.summary.rank
            },
            sensitivity: pair.summary.sensitivity,
        }
    }

    /// True iff an authority is allowed every action on every resource, what the policies of resources say aside.
    pub(crate) fn is_administrator(&self, authority: &Authority) -> Answer {
        if authority.resources.is_empty() {
            return self.is_administrator_by_itself(authority);
        }
        self.is_administrator_by_itself(&Authority {
            resources: Arc::default(),
            ..authority.clone()
        })
    }

    fn is_administrator_by_itself(&self, authority: &Authority) -> Answer {
        let compiled = self.compile(authority);
        let open = || Answer::Depends(everything_unknown(authority));
        let missing = Bits::all().minus(&compiled.full).next().is_some();
        if !missing {
            return if compiled.open { open() } else { Answer::Yes };
        }
        let (mut unsure, mut spent) = (false, 0);
        let mut asked = FxHashSet::default();
        for at in Bits::all().minus(&compiled.full) {
            let action = Action::Known(at);
            let question = (EVERYTHING, compiled.content(at), shape_id(&action), compiled.account);
            if !asked.insert(question) {
                continue;
            }
            let solved = self.solve(question, &action);
            spent += solved.spent;
            match solved.hit() {
                Some(hit) if hit.certain && !compiled.open => return Answer::No,
                Some(_) => unsure = true,
                None => unsure |= solved.gave_up,
            }
            unsure |= spent >= STEPS;
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

/// A look for the first request that tells two authorities apart.
struct Look<'l> {
    comparer: &'l Comparer,
    target: (&'l Authority, &'l Compiled),
    principal: (&'l Authority, &'l Compiled),
    last: Option<(Question, Arc<Solved>)>,
    unsure: Option<(Answer, Witness)>,
    gave_up: usize,
    replays: usize,
    spent: u64,
    /// Questions whose work is counted.
    counted: FxHashSet<Question>,
}

impl<'l> Look<'l> {
    fn new(
        comparer: &'l Comparer,
        target: (&'l Authority, &'l Compiled),
        principal: (&'l Authority, &'l Compiled),
    ) -> Self {
        Self {
            comparer,
            target,
            principal,
            last: None,
            unsure: None,
            gave_up: 0,
            replays: 0,
            spent: 0,
            counted: FxHashSet::default(),
        }
    }

    /// A witness that is certain.
    fn among(&mut self, actions: impl Iterator<Item = (Action, u32, u32)>) -> Option<Witness> {
        let account = self.target.1.account;
        for (action, mine, other) in actions {
            if mine == other || other == EVERYTHING {
                continue;
            }
            if self.spent >= STEPS {
                self.gave_up += 1;
            }
            if self.gave_up >= GIVE_UPS || self.replays >= REPLAYS || self.spent >= STEPS {
                return None;
            }
            let question = (mine, other, shape_id(&action), account);
            let solved = match &self.last {
                // Neighbours with one question have one answer, and the same requests.
                Some((same, _)) if *same == question => continue,
                _ => self.comparer.solve(question, &action),
            };
            self.last = Some((question, Arc::clone(&solved)));
            if solved.spent > LITTLE && self.counted.insert(question) {
                self.spent += solved.spent;
            }
            let Some(hit) = solved.hit() else {
                self.gave_up += usize::from(solved.gave_up);
                continue;
            };
            self.replays += 1;
            match replay(self.target.0, self.principal.0, request(&action, hit)) {
                Some((Answer::Yes, witness)) => return Some(witness),
                Some((answer, witness)) if self.unsure.is_none() => self.unsure = Some((answer, witness)),
                Some(_) => {}
                None => self.gave_up += 1,
            }
        }
        None
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
    for grant in own_grants(authority) {
        all.extend(grant.policy.open.iter().cloned());
    }
    all
}

/// The catalogue's id of the action at a place of a set.
pub(super) fn id_of(at: usize) -> ActionId {
    ActionId(u16::try_from(at).unwrap_or(u16::MAX))
}

fn shape_id(action: &Action) -> u32 {
    match action {
        Action::Known(at) => rolecall_catalog::shape_id(id_of(*at)).map_or(UNKNOWN_SHAPE, u32::from),
        Action::Named(_) => UNKNOWN_SHAPE,
    }
}

fn request(action: &Action, hit: &Hit) -> Request {
    Request {
        action: name(action),
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

fn address(authority: &Authority) -> Address {
    let resources = authority.resources.as_ptr().addr();
    let grants = own_grants(authority).map(|g| Arc::as_ptr(&g.policy).addr());
    let addresses = grants.chain(std::iter::once(resources)).collect();
    (addresses, authority.caller.arn.clone())
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
        let session = x.session.as_ref().map(Vec::len);
        (
            x.identity.len(),
            x.boundary.is_some(),
            session,
            sizes,
            x.resources.len(),
        )
    };
    let exists = |x: &Authority| own_grants(x).map(|g| g.exists.clone()).collect::<Vec<_>>();
    shape(a) == shape(b)
        && a.open == b.open
        && a.own == b.own
        && caller(&a.caller) == caller(&b.caller)
        && tags(&a.caller) == tags(&b.caller)
        && a.caller.tags.as_ref().map(|t| t.open.is_some()) == b.caller.tags.as_ref().map(|t| t.open.is_some())
        && exists(a) == exists(b)
}
