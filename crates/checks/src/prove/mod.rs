//! The questions of every hop, each decided by the engine.

mod ask;
mod assume;
mod bare;
mod change;
mod compute;
mod pass;
pub(crate) mod proof;
mod trusts;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use rolecall_graph::{Node, NodeId};
use rolecall_iam::pattern::Pattern;
use rolecall_iam::{Answer, Assumptions, Authority, Found, Prepared};
use rolecall_source::Text;
use rustc_hash::FxHashMap;

pub(crate) use ask::Bound;
pub(crate) use proof::{Evidence, Proof, place};
pub(crate) use trusts::Trusts;

use crate::context::Context;
use crate::technique::{Technique, Way};

/// Who is acted as after a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Goal {
    /// Another principal.
    Principal(NodeId),
    /// Another principal that was given every permission.
    Administrator(NodeId),
    /// The one who acts, as a member of a group.
    Member(NodeId),
    /// A principal, the one who acts or another, without its boundary.
    Unbounded(NodeId),
    /// A principal that did not exist, with every permission.
    Made,
}

impl Goal {
    /// The principal it is about, if it is another one than the one who acts.
    pub(crate) fn node(self) -> Option<NodeId> {
        match self {
            Self::Principal(id) | Self::Administrator(id) | Self::Member(id) | Self::Unbounded(id) => Some(id),
            Self::Made => None,
        }
    }
}

/// How somebody comes to act as somebody else: one technique, proved.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) technique: &'static Technique,
    pub(crate) from: NodeId,
    pub(crate) goal: Goal,
    /// The compute that is used: index into [`rolecall_graph::Graph::compute`].
    pub(crate) through: Option<usize>,
    /// What is changed instead of it.
    pub(crate) link: Option<usize>,
    pub(crate) proof: Proof,
    /// True where both sides name each other: the one who acts by its ARN, the role by its.
    pub(crate) agreed: bool,
}

/// A hop without its proof: what the walk remembers of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) technique: &'static Technique,
    pub(crate) goal: Goal,
    pub(crate) through: Option<usize>,
    pub(crate) link: Option<usize>,
    /// How much it relies on; 0 when it is certain.
    pub(crate) assumes: usize,
    pub(crate) agreed: bool,
}

impl From<&Hop> for Edge {
    fn from(hop: &Hop) -> Self {
        Self {
            technique: hop.technique,
            goal: hop.goal,
            through: hop.through,
            link: hop.link,
            assumes: hop.proof.assumes.len(),
            agreed: hop.agreed,
        }
    }
}

/// What techniques need, by the technique and, where it matters, the instance profile.
type Remembered = FxHashMap<(*const Technique, Option<Text>), Option<Proof>>;

/// Decides what one principal may do by itself.
pub(crate) struct Prover<'g> {
    context: &'g Context<'g>,
    id: NodeId,
    principal: &'g Node,
    authority: &'g Authority,
    /// Made when it is first asked.
    prepared: OnceCell<Prepared>,
    region: Text,
    /// The keys of conditions on tags of resources that its policies name, lower case.
    tag_keys: BTreeSet<String>,
    /// True where a condition names the instance profile, so that each is asked for.
    names_profile: bool,
    needs: RefCell<Remembered>,
    bare: bare::Bare,
    any: RefCell<FxHashMap<String, Found>>,
    /// Where only the answer is wanted: by service, what is told of every role of its account at once.
    every: Option<RefCell<FxHashMap<String, Option<Found>>>>,
    /// Every role of its account; made when it is first asked.
    all_roles: OnceCell<Pattern>,
}

impl<'g> Prover<'g> {
    pub(crate) fn new(context: &'g Context<'g>, id: NodeId, principal: &'g Node) -> Self {
        Self::of(context, id, principal, &principal.authority)
    }

    /// As if the principal had another authority.
    pub(crate) fn of(context: &'g Context<'g>, id: NodeId, principal: &'g Node, authority: &'g Authority) -> Self {
        let scopes = context
            .graph
            .configurations
            .get(principal.configuration)
            .map(|c| c.scopes.as_slice());
        let stated = scopes
            .and_then(|s| s.get(principal.fact.scope.0 as usize))
            .map(|s| s.region.clone());
        let region = stated
            .filter(Text::is_known)
            .unwrap_or_else(|| Text::plain("us-east-1"));
        let keys = condition_keys(authority);
        Self {
            context,
            id,
            principal,
            authority,
            prepared: OnceCell::new(),
            region,
            names_profile: keys.iter().any(|k| k == "ec2:instanceprofile"),
            tag_keys: keys.into_iter().filter(|k| k.contains("resourcetag/")).collect(),
            needs: RefCell::default(),
            bare: bare::Bare::of(authority),
            any: RefCell::default(),
            every: None,
            all_roles: OnceCell::new(),
        }
    }

    /// The same answers; where a statement about all roles gives one, the statements about single roles are not told.
    pub(crate) fn in_brief(mut self) -> Self {
        self.every = Some(RefCell::default());
        self
    }

    /// False only if no request for the action is allowed.
    pub(crate) fn may(&self, action: &str) -> bool {
        let prepared = self
            .prepared
            .get_or_init(|| self.context.engine.prepare(self.authority));
        prepared.may(action)
    }

    /// The ways of one technique. Where the technique depends on what the one who acts may do and not on who it is, it
    /// may itself be among those that are gained. Roles that are `known` to be gained are not asked again where a role is
    /// passed.
    pub(crate) fn by(&self, technique: &'static Technique, known: &dyn Fn(Goal) -> bool) -> Vec<Hop> {
        let mut hops = Vec::new();
        match technique.way() {
            Way::Change => self.changes(technique, &mut hops),
            Way::TakeOver => self.takes_over(technique, &mut hops),
            Way::Pass => self.passes_role(technique, known, &mut hops),
            Way::Assume => self.assumes(technique, &mut hops),
        }
        hops
    }

    /// One way again, with its evidence.
    pub(crate) fn again(&self, edge: &Edge) -> Option<Hop> {
        let role = || match edge.goal {
            Goal::Principal(id) => Some((id, self.context.graph.node(id)?)),
            _ => None,
        };
        let same = |hop: &Hop| hop.goal == edge.goal && hop.through == edge.through && hop.link == edge.link;
        match edge.technique.way() {
            Way::Pass => role().and_then(|(id, role)| self.passes_to(edge.technique, id, role)),
            Way::Assume => role().and_then(|(id, role)| self.assumes_role(edge.technique, id, role)),
            Way::TakeOver => {
                let mut hops = Vec::new();
                self.takes_over_at(edge.technique, edge.through?, &mut hops);
                hops.into_iter().find(same)
            }
            Way::Change => self.by(edge.technique, &|_| false).into_iter().find(same),
        }
    }

    fn hop(&self, technique: &'static Technique, goal: Goal, proof: Proof) -> Hop {
        Hop {
            technique,
            from: self.id,
            goal,
            through: None,
            link: None,
            proof,
            agreed: false,
        }
    }

    /// What the gained role must be allowed itself.
    fn role_may(&self, technique: &Technique, role: &Node) -> Option<Assumptions> {
        let mut assumes = Assumptions::new();
        for action in &technique.role_may {
            let query = rolecall_iam::Query {
                action: action.clone(),
                resource: Text::plain("*"),
                fixed: rolecall_iam::Context::new(),
                absent: BTreeSet::new(),
            };
            match rolecall_iam::find(&role.authority, &query).answer {
                Answer::No => return None,
                Answer::Yes => {}
                Answer::Depends(more) => assumes = assumes.and(more)?,
            }
        }
        Some(assumes)
    }
}

/// What one who acts has after a hop.
pub(crate) fn reached(context: &Context<'_>, from: &Node, goal: Goal) -> Option<Authority> {
    let node = |id: NodeId| context.graph.node(id);
    Some(match goal {
        Goal::Principal(id) => node(id)?.authority.clone(),
        Goal::Administrator(id) => change::administrator(context, &node(id)?.authority),
        Goal::Member(group) => change::member(&from.authority, &node(group)?.authority),
        Goal::Unbounded(id) => change::unbounded(&node(id)?.authority),
        Goal::Made => change::made(context, &from.authority),
    })
}

/// The keys of all conditions of an authority's policies, lower case.
fn condition_keys(authority: &Authority) -> BTreeSet<String> {
    let grants = authority
        .identity
        .iter()
        .chain(&authority.boundary)
        .chain(authority.controls.iter().flatten());
    let statements = grants.flat_map(|g| &g.policy.statements);
    statements
        .flat_map(|s| &s.conditions)
        .map(|c| c.key.to_string().to_ascii_lowercase())
        .collect()
}
