//! What an engine remembers: rules, contents and authorities, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rolecall_source::Text;
use rustc_hash::FxHashMap;

use super::actions::{Actions, Named, literals};
use super::bits::Bits;
use super::content::{Content, RuleBody};
use crate::evaluate::{action_matches, own_grants};
use crate::levels;
use crate::resource::{ResourceGrant, Scope, Services};
use crate::{Answer, Assumptions, Authority, Caller, Effect, Policy, Statement};

/// Nothing is allowed.
pub(crate) const NOTHING: u32 = 0;
/// Everything is allowed, for certain.
pub(crate) const EVERYTHING: u32 = 1;

const NO_PAGE: u32 = u32::MAX;
/// The level of statements that deny.
const DENIES: usize = usize::MAX;

/// An authority, ready for comparing.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// Equal for authorities that allow the same requests for the same reasons, spans aside.
    pub(crate) id: u32,
    /// Actions that something may allow.
    pub(crate) some: Bits,
    /// Actions that are allowed on everything in every context, for certain.
    pub(crate) full: Bits,
    pages: Vec<u32>,
    contents: Vec<u32>,
    /// Names that its policies have and the catalogue does not, with their contents.
    pub(crate) literals: BTreeMap<String, u32>,
    /// The contents of such names of others, once they were asked for.
    others: Mutex<BTreeMap<String, u32>>,
    /// There may be more statements than are known.
    pub(crate) open: bool,
    /// The account its requests are made in.
    pub(crate) account: u32,
}

impl Compiled {
    /// The content for a name that the catalogue does not have, where it is known.
    pub(crate) fn content_of_name(&self, name: &str) -> Option<u32> {
        let others = || {
            self.others
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(name)
                .copied()
        };
        self.literals.get(name).copied().or_else(others)
    }

    pub(crate) fn remember(&self, name: &str, content: u32) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.insert(name.to_owned(), content);
    }

    /// The content for an action of the catalogue.
    pub(crate) fn content(&self, action: usize) -> u32 {
        match self.pages.get(action / 64) {
            Some(page) if *page != NO_PAGE => {
                let at = *page as usize * 64 + action % 64;
                self.contents.get(at).copied().unwrap_or(NOTHING)
            }
            _ => NOTHING,
        }
    }
}

/// A statement of a policy, ready for comparing.
struct CompiledStatement {
    effect: Effect,
    named: Arc<Named>,
    body: RuleBody,
}

struct CompiledPolicy {
    /// Kept alive, so that its address stays its own.
    policy: Arc<Policy>,
    statements: Vec<CompiledStatement>,
    literals: BTreeSet<String>,
}

/// One statement of an authority: its levels, what it names, and its rule (with a doubted twin).
struct Entry {
    levels: Vec<usize>,
    named: Arc<Named>,
    rule: u32,
    doubted: u32,
}

/// What an authority is compiled from: the address of what each statement names, its rule and its levels; how many levels
/// there are, the caller where a rule asks for it, the account, openness.
type CompiledKey = (Vec<(usize, u32, Vec<usize>)>, usize, u32, u32, bool);
/// What makes two contents equal.
type ContentKey = (Vec<Vec<u32>>, Vec<u32>, u32);
/// What makes two compiled authorities equal: actions, contents by run of actions, names of its own with their contents, openness,
/// account.
type AuthorityKey = (Bits, Vec<(u32, u32)>, Vec<(String, u32)>, bool, u32);

/// What a statement names, in three parts.
type Split = (Arc<Named>, Arc<Named>, Arc<Named>);

pub(crate) struct Store {
    actions: Actions,
    policies: FxHashMap<usize, Arc<CompiledPolicy>>,
    rules: FxHashMap<Arc<RuleBody>, u32>,
    rule_list: Vec<Arc<RuleBody>>,
    contents: FxHashMap<ContentKey, u32>,
    content_list: Vec<Arc<Content>>,
    callers: FxHashMap<String, u32>,
    caller_list: Vec<Arc<Caller>>,
    accounts: FxHashMap<Option<Text>, u32>,
    account_list: Vec<Option<Text>>,
    authorities: FxHashMap<AuthorityKey, u32>,
    /// By what they are compiled from.
    compiled: FxHashMap<CompiledKey, Arc<Compiled>>,
    everything: Option<Arc<Named>>,
    /// What a statement names (kept, so that its address stays its own) by whether it may be on a service's resources.
    within: FxHashMap<(usize, Arc<str>), Split>,
}

impl Default for Store {
    fn default() -> Self {
        let mut store = Self {
            actions: Actions::default(),
            policies: FxHashMap::default(),
            rules: FxHashMap::default(),
            rule_list: Vec::new(),
            contents: FxHashMap::default(),
            content_list: Vec::new(),
            callers: FxHashMap::default(),
            caller_list: Vec::new(),
            accounts: FxHashMap::default(),
            account_list: Vec::new(),
            authorities: FxHashMap::default(),
            compiled: FxHashMap::default(),
            everything: None,
            within: FxHashMap::default(),
        };
        store.caller(&Caller::default());
        let everything = store.rule(RuleBody::everything());
        store.content((Vec::new(), Vec::new(), 0));
        store.content((vec![vec![everything]], Vec::new(), 0));
        store
    }
}

impl Store {
    pub(crate) fn content_by_id(&self, id: u32) -> Option<Arc<Content>> {
        self.content_list.get(id as usize).cloned()
    }

    pub(crate) fn account_by_id(&self, id: u32) -> Option<Text> {
        self.account_list.get(id as usize).cloned().flatten()
    }

    fn rule(&mut self, body: RuleBody) -> u32 {
        if let Some(id) = self.rules.get(&body) {
            return *id;
        }
        let (body, id) = (Arc::new(body), number(self.rule_list.len()));
        self.rules.insert(Arc::clone(&body), id);
        self.rule_list.push(body);
        id
    }

    fn content(&mut self, key: ContentKey) -> u32 {
        if let Some(id) = self.contents.get(&key) {
            return *id;
        }
        let rules = |ids: &[u32]| -> Vec<Arc<RuleBody>> {
            ids.iter()
                .filter_map(|id| self.rule_list.get(*id as usize).cloned())
                .collect()
        };
        let content = Content {
            levels: key.0.iter().map(|l| rules(l)).collect(),
            denies: rules(&key.1),
            caller: self.caller_list.get(key.2 as usize).cloned().unwrap_or_default(),
        };
        let id = number(self.content_list.len());
        self.content_list.push(Arc::new(content));
        self.contents.insert(key, id);
        id
    }

    fn caller(&mut self, caller: &Caller) -> u32 {
        let tags = caller.tags.as_ref().map(|tags| {
            let open = tags.open.is_some();
            let each = tags.iter().map(|(k, v)| format!("{k:?}={:?}", v.to_text()));
            (each.collect::<Vec<_>>(), open)
        });
        let key = format!(
            "{:?}",
            (&caller.arn, &caller.account, &caller.username, caller.kind, tags)
        );
        let next = number(self.caller_list.len());
        let id = *self.callers.entry(key).or_insert(next);
        if id == next {
            self.caller_list.push(Arc::new(caller.clone()));
        }
        id
    }

    fn account(&mut self, account: &Option<Text>) -> u32 {
        let next = number(self.account_list.len());
        let id = *self.accounts.entry(account.clone()).or_insert(next);
        if id == next {
            self.account_list.push(account.clone());
        }
        id
    }

    fn policy(&mut self, policy: &Arc<Policy>) -> Arc<CompiledPolicy> {
        let address = Arc::as_ptr(policy).addr();
        if let Some(known) = self.policies.get(&address) {
            return Arc::clone(known);
        }
        let none = Assumptions::new();
        let statements = policy.statements.iter().map(|s| CompiledStatement {
            effect: s.effect,
            named: self.actions.named(&s.actions),
            body: RuleBody::of(s, &none),
        });
        let compiled = Arc::new(CompiledPolicy {
            policy: Arc::clone(policy),
            statements: statements.collect(),
            literals: policy.statements.iter().flat_map(|s| literals(&s.actions)).collect(),
        });
        self.policies.insert(address, Arc::clone(&compiled));
        compiled
    }

    /// The statements of an authority, and how many levels they have.
    fn entries(&mut self, authority: &Authority, names: &mut BTreeSet<String>) -> (Vec<Entry>, usize) {
        let mut entries = Vec::new();
        let mut last: Option<Arc<CompiledPolicy>> = None;
        let levels = levels::each(authority, &|_| true, &|_| true, &mut |placed| {
            let (effect, named, mut body) = match placed.part {
                Some((policy, index)) => {
                    let compiled = match &last {
                        Some(compiled) if Arc::ptr_eq(&compiled.policy, policy) => Arc::clone(compiled),
                        _ => self.policy(policy),
                    };
                    names.extend(compiled.literals.iter().filter(|_| index == 0).cloned());
                    last = Some(Arc::clone(&compiled));
                    let Some(statement) = compiled.statements.get(index) else {
                        return;
                    };
                    (statement.effect, Arc::clone(&statement.named), statement.body.clone())
                }
                None => {
                    let body = RuleBody::of(placed.statement, &Assumptions::new());
                    (placed.statement.effect, self.everything(), body)
                }
            };
            body.exists.extend(placed.exists.iter().cloned());
            let levels = levels_of(effect, placed.levels);
            let named = match placed.scope {
                Some(scope) => {
                    body.scope = Some(Arc::clone(&scope.patterns));
                    self.within(scope, named, &levels, &mut entries)
                }
                None => named,
            };
            let doubted = if named.maybe.is_some() {
                self.rule(body.doubted())
            } else {
                0
            };
            let rule = self.rule(body);
            entries.push(Entry {
                levels,
                named,
                rule,
                doubted,
            });
        });
        (entries, levels)
    }

    /// The actions among those named that may be on a resource of a scope's service. On all others a scope that is named
    /// by what it is beyond is everything.
    fn within(&mut self, scope: &Scope, named: Arc<Named>, levels: &[usize], entries: &mut Vec<Entry>) -> Arc<Named> {
        let Some(service) = &scope.service else {
            return named;
        };
        let key = (Arc::as_ptr(&named).addr(), Arc::clone(service));
        if !self.within.contains_key(&key) {
            let on = self.actions.on_resources_of(service);
            let others = self.actions.shared(named.without(&on));
            let within = self.actions.shared(named.without(&on.complement()));
            self.within.insert(key.clone(), (Arc::clone(&named), within, others));
        }
        let Some((_, within, others)) = self.within.get(&key).cloned() else {
            return named;
        };
        if scope.patterns.negated {
            let (rule, doubted) = (0, self.rule(RuleBody::everything().doubted()));
            entries.push(Entry {
                levels: levels.to_vec(),
                named: others,
                rule,
                doubted,
            });
        }
        within
    }

    /// The content that the named rules make: each is a level and a rule.
    fn content_of(&mut self, rules: &[(usize, u32)], levels: usize, caller: u32) -> u32 {
        let everything = |store: &Self, id: u32| store.rule_list.get(id as usize).is_some_and(|r| r.is_everything());
        let mut kept: Vec<Vec<u32>> = Vec::new();
        for level in 0..levels {
            let mut ids: Vec<u32> = rules.iter().filter(|r| r.0 == level).map(|r| r.1).collect();
            if ids.is_empty() {
                return NOTHING;
            }
            if ids.iter().any(|id| everything(self, *id)) {
                continue;
            }
            ids.sort_unstable();
            ids.dedup();
            kept.push(ids);
        }
        let mut denies: Vec<u32> = rules.iter().filter(|r| r.0 == DENIES).map(|r| r.1).collect();
        if denies.iter().any(|id| everything(self, *id)) {
            return NOTHING;
        }
        denies.sort_unstable();
        denies.dedup();
        if kept.is_empty() && denies.is_empty() {
            return EVERYTHING;
        }
        if kept.is_empty() {
            kept.push(vec![0]);
        }
        kept.sort();
        kept.dedup();
        let personal = |id: &u32| self.rule_list.get(*id as usize).is_some_and(|r| r.personal);
        let personal = kept.iter().flatten().chain(&denies).any(personal);
        self.content((kept, denies, if personal { caller } else { 0 }))
    }

    /// What names every action.
    fn everything(&mut self) -> Arc<Named> {
        let all = || Named {
            yes: Bits::all(),
            maybe: None,
        };
        Arc::clone(self.everything.get_or_insert_with(|| Arc::new(all())))
    }

    /// Makes an authority ready for comparing. Authorities of the same statements are compiled once, unless these ask
    /// who the caller is.
    pub(crate) fn compile(&mut self, authority: &Authority) -> Arc<Compiled> {
        let mut names = BTreeSet::new();
        let (entries, levels) = self.entries(authority, &mut names);
        let caller = self.caller(&authority.caller);
        let open = !authority.open.is_empty() || own_grants(authority).any(|g| !g.policy.open.is_empty());
        let personal = |e: &Entry| self.rule_list.get(e.rule as usize).is_some_and(|r| r.personal);
        let personal = if entries.iter().any(personal) { caller } else { 0 };
        let parts = entries
            .iter()
            .map(|e| (Arc::as_ptr(&e.named).addr(), e.rule, e.levels.clone()));
        let account = self.account(&authority.caller.account);
        let key = (parts.collect(), levels, personal, account, open);
        if let Some(known) = self.compiled.get(&key) {
            return Arc::clone(known);
        }
        let compiled = Arc::new(self.compile_entries(authority, &entries, names, &key));
        self.compiled.insert(key, Arc::clone(&compiled));
        compiled
    }

    fn compile_entries(
        &mut self,
        authority: &Authority,
        entries: &[Entry],
        names: BTreeSet<String>,
        (_, levels, caller, account, open): &CompiledKey,
    ) -> Compiled {
        let mut relevant = Bits::none();
        for entry in entries.iter().filter(|e| e.levels.first() == Some(&0)) {
            relevant.add(&entry.named.yes);
            entry.named.maybe.iter().for_each(|m| relevant.add(m));
        }
        let mut out = Compiled {
            id: 0,
            some: Bits::none(),
            full: Bits::none(),
            pages: vec![NO_PAGE; relevant.words().len()],
            contents: Vec::new(),
            literals: names.into_iter().map(|n| (n, NOTHING)).collect(),
            others: Mutex::default(),
            open: *open,
            account: *account,
        };
        self.fill(&mut out, entries, &relevant, *levels, *caller);
        for (name, content) in &mut out.literals {
            *content = self.content_for(authority, name);
        }
        out.id = self.authority_id(&out);
        out
    }

    fn fill(&mut self, out: &mut Compiled, entries: &[Entry], relevant: &Bits, levels: usize, caller: u32) {
        let mut seen: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let mut signature = Vec::new();
        let mut rules = Vec::new();
        for action in relevant.iter() {
            signature.clear();
            for (at, entry) in entries.iter().enumerate() {
                if entry.named.yes.contains(action) {
                    signature.push(number(at) * 2);
                } else if entry.named.maybe.as_ref().is_some_and(|m| m.contains(action)) {
                    signature.push(number(at) * 2 + 1);
                }
            }
            let content = match seen.get(&signature) {
                Some(content) => *content,
                None => {
                    rules.clear();
                    for s in &signature {
                        let Some(entry) = entries.get(*s as usize / 2) else {
                            continue;
                        };
                        let rule = if s % 2 == 0 { entry.rule } else { entry.doubted };
                        rules.extend(entry.levels.iter().map(|level| (*level, rule)));
                    }
                    let content = self.content_of(&rules, levels, caller);
                    seen.insert(signature.clone(), content);
                    content
                }
            };
            out.put(action, content);
        }
    }

    /// The content for an action that the catalogue does not have.
    pub(crate) fn content_for(&mut self, authority: &Authority, action: &str) -> u32 {
        let mut rules = Vec::new();
        let wanted = |s: &Statement| !action_matches(&s.actions, action).0.is_no();
        let services = Services::of(action);
        let concerned = |r: &ResourceGrant| services.concern(r);
        let levels = levels::each(authority, &wanted, &concerned, &mut |placed| {
            let body = || {
                let mut body = RuleBody::of(placed.statement, &placed.exists);
                body.scope = placed.scope.map(|s| Arc::clone(&s.patterns));
                body
            };
            let rule = match action_matches(&placed.statement.actions, action).0 {
                Answer::No => return,
                Answer::Yes => self.rule(body()),
                Answer::Depends(_) => self.rule(body().doubted()),
            };
            let levels = levels_of(placed.statement.effect, placed.levels);
            rules.extend(levels.into_iter().map(|level| (level, rule)));
        });
        let caller = self.caller(&authority.caller);
        self.content_of(&rules, levels, caller)
    }

    fn authority_id(&mut self, compiled: &Compiled) -> u32 {
        let named = compiled.literals.iter().map(|(n, c)| (n.clone(), *c)).collect();
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for action in compiled.some.iter() {
            runs.push((number(action), compiled.content(action)));
        }
        // Neighbours with one content are one run.
        let mut last = None;
        runs.retain(|(action, content)| {
            let follows = last == Some((action.wrapping_sub(1), *content));
            last = Some((*action, *content));
            !follows
        });
        let key = (compiled.some.clone(), runs, named, compiled.open, compiled.account);
        let next = number(self.authorities.len());
        *self.authorities.entry(key).or_insert(next)
    }
}

impl Compiled {
    fn put(&mut self, action: usize, content: u32) {
        if content == NOTHING {
            return;
        }
        self.some.insert(action);
        if content == EVERYTHING {
            self.full.insert(action);
        }
        let page = self.contents.len() / 64;
        let Some(slot) = self.pages.get_mut(action / 64) else {
            return;
        };
        if *slot == NO_PAGE {
            *slot = number(page);
            self.contents.resize(self.contents.len() + 64, NOTHING);
        }
        if let Some(place) = self.contents.get_mut(*slot as usize * 64 + action % 64) {
            *place = content;
        }
    }
}

/// The levels of a statement by its effect.
fn levels_of(effect: Effect, levels: &[usize]) -> Vec<usize> {
    match effect {
        Effect::Allow => levels.to_vec(),
        Effect::Deny => vec![DENIES],
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
