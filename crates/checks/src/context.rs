//! What every question may look at: the graph, the engine, and look-ups made once.

use std::sync::{Arc, PoisonError, RwLock};

use rayon::prelude::*;
use rolecall_facts::Origin;
use rolecall_graph::{ComputeNode, Graph, Node, NodeId, RoleTarget};
use rolecall_iam::{Assumptions, Authority, Engine, Policy, PolicyKind, PrincipalType, parse_policy};
use rolecall_source::{Span, Text, json};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Options;
use crate::candidates::Ranks;
use crate::prove::Trusts;
use crate::technique::{self, Technique};

/// What every rule sees.
pub(crate) struct Context<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) engine: &'g Engine,
    pub(crate) options: &'g Options,
    pub(crate) trusts: &'g Trusts,
    pub(crate) techniques: &'g [&'static Technique],
    /// `AdministratorAccess`.
    pub(crate) administrator: &'g Arc<Policy>,
    pub(crate) index: &'g Index,
    /// What is gained, by content.
    pub(crate) ranks: &'g Ranks,
    /// The content of each principal's authority: equal for those that are allowed the same.
    contents: &'g [u32],
    escalating: &'g RwLock<FxHashMap<NodeId, bool>>,
}

/// What is made once for a graph and looked at by every question.
pub(crate) struct World {
    engine: Engine,
    trusts: Trusts,
    index: Index,
    administrator: Arc<Policy>,
    techniques: Vec<&'static Technique>,
    ranks: Ranks,
    contents: Vec<u32>,
    escalating: RwLock<FxHashMap<NodeId, bool>>,
}

impl World {
    pub(crate) fn of(graph: &Graph, options: &Options) -> Self {
        let techniques = technique::all(&options.custom_techniques, &options.disabled_techniques);
        let engine = Engine::new();
        let contents = graph
            .nodes
            .par_iter()
            .map(|n| engine.prepare(&n.authority).id())
            .collect();
        Self {
            engine,
            contents,
            trusts: Trusts::of(graph, &techniques),
            index: Index::of(graph),
            administrator: administrator(),
            techniques,
            ranks: Ranks::default(),
            escalating: RwLock::default(),
        }
    }

    pub(crate) fn context<'g>(&'g self, graph: &'g Graph, options: &'g Options) -> Context<'g> {
        Context {
            graph,
            options,
            engine: &self.engine,
            trusts: &self.trusts,
            techniques: &self.techniques,
            administrator: &self.administrator,
            index: &self.index,
            ranks: &self.ranks,
            contents: &self.contents,
            escalating: &self.escalating,
        }
    }
}

/// Look-ups over a graph.
pub(crate) struct Index {
    profiles: FxHashMap<NodeId, Vec<usize>>,
    policies: FxHashMap<(Arc<str>, Span), Text>,
    /// Trust policies as far as they name somebody.
    trusts: FxHashMap<NodeId, Policy>,
    /// Roles by what their trust policies name, from the kind on: `user/ada`.
    trusted: FxHashMap<String, Vec<NodeId>>,
    /// Roles whose trust policies may name anybody.
    open: Vec<NodeId>,
}

impl Index {
    fn of(graph: &Graph) -> Self {
        let mut index = Self {
            profiles: FxHashMap::default(),
            policies: FxHashMap::default(),
            trusts: FxHashMap::default(),
            trusted: FxHashMap::default(),
            open: Vec::new(),
        };
        let arns: FxHashSet<&Text> = graph.nodes.iter().map(|n| &n.fact.arn).collect();
        let accounts: FxHashSet<&Text> = graph.nodes.iter().map(|n| &n.account).collect();
        for (at, profile) in graph.profiles.iter().enumerate() {
            if let Some(role) = profile.role {
                index.profiles.entry(role).or_default().push(at);
            }
        }
        for policy in graph.configurations.iter().flat_map(|c| &c.policies) {
            let at = (policy.origin.address.clone(), policy.origin.span);
            index.policies.insert(at, policy.arn.clone());
        }
        for id in graph.node_ids() {
            if let Some(trust) = graph.node(id).and_then(|n| n.trust.as_deref()) {
                let names = |name: &Text| names_somebody(name) || arns.contains(name) || accounts.contains(name);
                index.trust(id, named_only(trust, names));
            }
        }
        index
    }

    fn trust(&mut self, id: NodeId, trust: Policy) {
        let mut open = false;
        let mut names = FxHashSet::default();
        for principals in trust.statements.iter().filter_map(|s| s.principals.as_ref()) {
            open |= principals.negated;
            for name in &principals.items {
                match name.kind {
                    PrincipalType::Everyone => open = true,
                    PrincipalType::Aws => match user_or_role(&name.name) {
                        Some(named) => {
                            names.insert(named);
                        }
                        None => open = true,
                    },
                    PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => {}
                }
            }
        }
        if !trust.statements.is_empty() {
            self.trusts.insert(id, trust);
        }
        if open {
            self.open.push(id);
            return;
        }
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        for name in names {
            self.trusted.entry(name).or_default().push(id);
        }
    }
}

/// A trust policy without principals of which nothing is known: what an unknown value might name is nobody's step.
fn named_only(trust: &Policy, names: impl Fn(&Text) -> bool) -> Policy {
    let mut named = trust.clone();
    named.open = Assumptions::new();
    for principals in named.statements.iter_mut().filter_map(|s| s.principals.as_mut()) {
        principals.open = Assumptions::new();
        principals
            .items
            .retain(|n| n.kind != PrincipalType::Aws || names(&n.name));
    }
    named
        .statements
        .retain(|s| s.principals.as_ref().is_some_and(|p| p.negated || !p.items.is_empty()));
    named
}

/// True iff a name says which user or role, or which account, in letters at least in part.
fn names_somebody(name: &Text) -> bool {
    let (flat, _) = name.flat();
    let resource = flat.splitn(6, ':').nth(5);
    let account = flat.len() == 12 && flat.bytes().all(|b| b.is_ascii_digit());
    account
        || resource.is_some_and(|r| {
            r.trim_start_matches("user/")
                .trim_start_matches("role/")
                .contains(char::is_alphanumeric)
        })
}

/// `user/ada` of `arn:aws:iam::123456789012:user/ada`; `None` for what does not name one user or role in letters.
fn user_or_role(arn: &Text) -> Option<String> {
    let (flat, _) = arn.flat();
    let resource = flat.splitn(6, ':').nth(5)?;
    let one = resource.starts_with("user/") || resource.starts_with("role/");
    let known = !resource.contains(['*', '?', Text::HOLE]);
    (one && known).then(|| resource.to_owned())
}

/// `AdministratorAccess`, as AWS publishes it.
fn administrator() -> Arc<Policy> {
    let published = rolecall_catalog::managed_policy("arn:aws:iam::aws:policy/AdministratorAccess");
    let document = published.map(|p| p.document).unwrap_or_default();
    let value = json::read_text(&Text::plain(&document)).map(|d| d.value).ok();
    let parsed = value.map(|v| parse_policy(&v, PolicyKind::Identity, &mut Vec::new()));
    Arc::new(parsed.unwrap_or_else(|| Policy {
        statements: Vec::new(),
        span: Span::NOWHERE,
        open: Assumptions::new(),
    }))
}

impl<'g> Context<'g> {
    /// What a principal is allowed, by content.
    pub(crate) fn content(&self, id: NodeId) -> u32 {
        self.contents.get(id.0 as usize).copied().unwrap_or(u32::MAX)
    }

    /// True iff a principal can make itself administrator for certain.
    pub(crate) fn escalates(&self, id: NodeId, node: &Node) -> bool {
        let known = self.escalating.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&id) {
            return *known;
        }
        drop(known);
        let is = self.engine.escalates(&node.authority).is_yes();
        let mut all = self.escalating.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(id, is);
        is
    }

    /// True iff an authority is allowed everything, for certain.
    pub(crate) fn is_administrator(&self, authority: &Authority) -> bool {
        self.engine.is_administrator(authority).is_yes()
    }

    /// What must hold for two principals to be in one account; `None` when they are not.
    pub(crate) fn same_account(&self, a: &Node, b: &Node) -> Option<Assumptions> {
        self.graph.same_account(a, b)
    }

    /// The instance profiles that contain a role.
    pub(crate) fn profiles_of(&self, role: NodeId) -> &'g [usize] {
        self.index.profiles.get(&role).map(Vec::as_slice).unwrap_or_default()
    }

    /// The ARN of the customer-managed policy that is stated at `origin`.
    pub(crate) fn policy_arn(&self, origin: &Origin) -> Option<Text> {
        self.index.policies.get(&(origin.address.clone(), origin.span)).cloned()
    }

    /// A role's trust policy, as far as it names somebody.
    pub(crate) fn trust_of(&self, role: NodeId) -> Option<&'g Policy> {
        self.index.trusts.get(&role)
    }

    /// The roles whose trust policies may name `principal`: by its ARN, and where its own policies may allow it to
    /// assume roles, by its account.
    pub(crate) fn assumable_by(&self, principal: &Node, may_assume: bool) -> Vec<NodeId> {
        let caller = principal.authority.caller.arn.as_ref();
        let named = caller.and_then(user_or_role);
        let mut all: Vec<NodeId> = match named {
            Some(name) => self.index.trusted.get(&name).cloned().unwrap_or_default(),
            // Its own name is not known in letters: ask all.
            None => self.index.trusted.values().flatten().copied().collect(),
        };
        let direct = |id: &NodeId| self.trust_of(*id).is_some_and(names_more_than_accounts);
        // Whose trust policy names no principal in full means its own configuration, or an account that is written down.
        let written = principal.account.is_known();
        let near = |id: &NodeId| {
            let role = self.graph.node(*id);
            role.is_some_and(|r| r.configuration == principal.configuration) || written
        };
        let open = self.index.open.iter().filter(|id| near(id));
        all.extend(open.filter(|id| may_assume || direct(id)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The region compute is in, where it is known.
    pub(crate) fn region_of(&self, compute: &ComputeNode) -> Option<Text> {
        let scopes = &self.graph.configurations.get(compute.configuration)?.scopes;
        let region = &scopes.get(compute.fact.scope.0 as usize)?.region;
        Some(region.clone()).filter(Text::is_known)
    }

    /// The ARN of the instance profile that compute runs with, where one is stated.
    pub(crate) fn profile_of(&self, compute: &ComputeNode) -> Option<Text> {
        compute.runs_with.iter().find_map(|wiring| match &wiring.target {
            RoleTarget::Profile(at) => self.graph.profiles.get(*at).map(|p| p.fact.arn.clone()),
            RoleTarget::Role(_) | RoleTarget::Outside(_) => None,
        })
    }
}

/// True iff a trust policy may name somebody other than by the account.
fn names_more_than_accounts(trust: &Policy) -> bool {
    let principals = trust.statements.iter().filter_map(|s| s.principals.as_ref());
    principals.into_iter().any(|p| {
        let more = |n: &rolecall_iam::PrincipalName| match n.kind {
            PrincipalType::Everyone => true,
            PrincipalType::Aws => {
                let (flat, _) = n.name.flat();
                !(flat.ends_with(":root") || flat.len() == 12 && flat.bytes().all(|b| b.is_ascii_digit()))
            }
            PrincipalType::Service | PrincipalType::Federated | PrincipalType::Canonical => false,
        };
        p.negated || p.items.iter().any(more)
    })
}
