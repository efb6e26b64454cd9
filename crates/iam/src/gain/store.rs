//! What an engine remembers: rules, contents and authorities, each once.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_source::Text;
use rustc_hash::FxHashMap;

use super::actions::{Actions, Named, literals};
use super::bits::Bits;
use super::content::{Content, RuleBody};
use crate::evaluate::action_matches;
use crate::{Answer, Assumptions, Authority, Caller, Effect, Grant, Policy};

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
    /// Names that the catalogue does not have.
    pub(crate) literals: BTreeSet<String>,
    /// There may be more statements than are known.
    pub(crate) open: bool,
    /// The account its requests are made in.
    pub(crate) account: u32,
}

impl Compiled {
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
    named: Named,
    body: RuleBody,
}

struct CompiledPolicy {
    /// Keeps the policy alive, so that its address stays its own.
    _policy: Arc<Policy>,
    statements: Vec<CompiledStatement>,
    literals: BTreeSet<String>,
}

/// One statement of an authority: its level, what it names, and its rule (with a doubted twin).
struct Entry {
    level: usize,
    named: Named,
    rule: u32,
    doubted: u32,
}

/// What makes two contents equal.
type ContentKey = (Vec<Vec<u32>>, Vec<u32>, u32);
/// What makes two compiled authorities equal: actions, contents by run of actions, names of its own with their contents, openness,
/// account.
type AuthorityKey = (Bits, Vec<(u32, u32)>, Vec<(String, u32)>, bool, u32);

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
            _policy: Arc::clone(policy),
            statements: statements.collect(),
            literals: policy.statements.iter().flat_map(|s| literals(&s.actions)).collect(),
        });
        self.policies.insert(address, Arc::clone(&compiled));
        compiled
    }

    /// The statements of an authority.
    fn entries(&mut self, authority: &Authority, names: &mut BTreeSet<String>) -> (Vec<Entry>, usize) {
        let mut levels: Vec<&[Grant]> = vec![&authority.identity];
        levels.extend(authority.boundary.as_ref().map(std::slice::from_ref));
        levels.extend(authority.controls.iter().map(Vec::as_slice));
        let mut entries = Vec::new();
        for (level, grants) in levels.iter().enumerate() {
            for grant in *grants {
                let compiled = self.policy(&grant.policy);
                names.extend(compiled.literals.iter().cloned());
                for statement in &compiled.statements {
                    let mut body = statement.body.clone();
                    body.exists.extend(grant.exists.iter().cloned());
                    let doubted = if statement.named.maybe.is_some() {
                        self.rule(body.doubted())
                    } else {
                        0
                    };
                    entries.push(Entry {
                        level: if statement.effect == Effect::Deny {
                            DENIES
                        } else {
                            level
                        },
                        named: statement.named.clone(),
                        rule: self.rule(body),
                        doubted,
                    });
                }
            }
        }
        (entries, levels.len())
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

    /// Makes an authority ready for comparing.
    pub(crate) fn compile(&mut self, authority: &Authority) -> Compiled {
        let mut names = BTreeSet::new();
        let (entries, levels) = self.entries(authority, &mut names);
        let caller = self.caller(&authority.caller);
        let mut relevant = Bits::none();
        for entry in entries.iter().filter(|e| e.level == 0) {
            relevant.add(&entry.named.yes);
            entry.named.maybe.iter().for_each(|m| relevant.add(m));
        }
        let open = !authority.open.is_empty()
            || crate::evaluate::policies(authority).any(|p| !p.open.is_empty())
            || authority.boundary.as_ref().is_some_and(|b| !b.exists.is_empty());
        let mut out = Compiled {
            id: 0,
            some: Bits::none(),
            full: Bits::none(),
            pages: vec![NO_PAGE; relevant.words().len()],
            contents: Vec::new(),
            literals: names,
            open,
            account: self.account(&authority.caller.account),
        };
        self.fill(&mut out, &entries, &relevant, levels, caller);
        let named: Vec<(String, u32)> = out
            .literals
            .iter()
            .map(|n| (n.clone(), self.content_for(authority, n)))
            .collect();
        out.id = self.authority_id(&out, named);
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
                    rules.extend(signature.iter().filter_map(|s| {
                        let entry = entries.get(*s as usize / 2)?;
                        Some((entry.level, if s % 2 == 0 { entry.rule } else { entry.doubted }))
                    }));
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
        let mut levels: Vec<&[Grant]> = vec![&authority.identity];
        levels.extend(authority.boundary.as_ref().map(std::slice::from_ref));
        levels.extend(authority.controls.iter().map(Vec::as_slice));
        let mut rules = Vec::new();
        for (level, grants) in levels.iter().enumerate() {
            for grant in *grants {
                for statement in &grant.policy.statements {
                    let body = || RuleBody::of(statement, &grant.exists);
                    let rule = match action_matches(&statement.actions, action).0 {
                        Answer::No => continue,
                        Answer::Yes => self.rule(body()),
                        Answer::Depends(_) => self.rule(body().doubted()),
                    };
                    rules.push((
                        if statement.effect == Effect::Deny {
                            DENIES
                        } else {
                            level
                        },
                        rule,
                    ));
                }
            }
        }
        let caller = self.caller(&authority.caller);
        self.content_of(&rules, levels.len(), caller)
    }

    fn authority_id(&mut self, compiled: &Compiled, named: Vec<(String, u32)>) -> u32 {
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

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
