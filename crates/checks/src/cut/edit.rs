//! Edits of statements, and the graph as it is after them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rolecall_graph::{Graph, Node, NodeId};
use rolecall_iam::{Effect, Grant, Policy, Reason, Statement};
use rolecall_source::{Span, Text};

use crate::context::Context;
use crate::fix;
use crate::prove::{Evidence, Hop};
use crate::wording::{document, who};

/// A statement that no longer allows an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    /// What is edited least is preferred: the passing of roles before the use of a service.
    order: u8,
    action: String,
    at: At,
}

/// What is edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    /// A statement of a policy, wherever the policy is attached.
    Statement(Span),
    /// A policy that is not the repository's own, where it is attached: address and ARN.
    Attachment(Arc<str>, String),
    /// A statement of a role's trust policy.
    Trust(NodeId, Span),
}

/// An edit in words, and where it is made.
pub(super) struct Told {
    pub(super) summary: String,
    pub(super) span: Span,
}

/// Edits by what they are, with words for each.
#[derive(Default)]
pub(super) struct Edits(BTreeMap<Edit, Told>);

impl Edits {
    /// The edits of which each closes the hop, unless something else allows the same.
    pub(super) fn of(&mut self, context: &Context<'_>, hop: &Hop) -> BTreeSet<Edit> {
        let mut found = BTreeSet::new();
        for evidence in &hop.proof.evidence {
            match evidence {
                Evidence::May { action, because } => self.may(context, action, because, &mut found),
                Evidence::MayPass { because, .. } | Evidence::MayPassAny { because, .. } => {
                    self.may(context, "iam:PassRole", because, &mut found);
                }
                Evidence::TrustsPrincipal { role, because } => self.trusts(context, *role, because, &mut found),
                _ => {}
            }
        }
        found
    }

    fn may(&mut self, context: &Context<'_>, action: &str, because: &[Reason], out: &mut BTreeSet<Edit>) {
        for reason in because.iter().filter(|r| r.effect == Effect::Allow) {
            let Some(info) = context.graph.grant(reason.grant) else {
                continue;
            };
            let by = document(info);
            let (at, span, summary) = if reason.span.is_nowhere() {
                let at = At::Attachment(info.attachment.address.clone(), by.clone());
                let from = &info.attachment.address;
                (
                    at,
                    info.attachment.span,
                    format!("take {by}, which allows {action}, off `{from}`"),
                )
            } else {
                let summary = match action {
                    "iam:PassRole" => format!("let iam:PassRole in {by} reach only roles that gain nothing"),
                    _ => format!("take {action} out of {by}"),
                };
                (At::Statement(reason.span), crate::prove::place(reason), summary)
            };
            let order = u8::from(action != "iam:PassRole");
            let action = action.to_owned();
            out.insert(self.known(Edit { order, action, at }, Told { summary, span }));
        }
    }

    fn trusts(&mut self, context: &Context<'_>, role: NodeId, because: &[Reason], out: &mut BTreeSet<Edit>) {
        let Some(node) = context.graph.node(role) else { return };
        for reason in because.iter().filter(|r| r.effect == Effect::Allow) {
            let edit = Edit {
                order: 2,
                action: "sts:AssumeRole".to_owned(),
                at: At::Trust(role, reason.span),
            };
            let summary = format!("take the statement out of the trust policy of {}", who(node));
            let span = reason.span;
            out.insert(self.known(edit, Told { summary, span }));
        }
    }

    fn known(&mut self, edit: Edit, told: Told) -> Edit {
        self.0.entry(edit.clone()).or_insert(told);
        edit
    }

    pub(super) fn told(&self, edit: &Edit) -> Option<&Told> {
        self.0.get(edit)
    }
}

/// The graph after some edits.
pub(super) fn apply(graph: &Graph, edits: &BTreeSet<Edit>) -> Graph {
    let mut edited = graph.clone();
    for (at, node) in edited.nodes.iter_mut().enumerate() {
        for edit in edits {
            change(graph, at, node, edit);
        }
    }
    edited
}

fn change(graph: &Graph, index: usize, node: &mut Node, edit: &Edit) {
    match &edit.at {
        At::Statement(span) => {
            let mut denied = false;
            for grant in &mut node.authority.identity {
                denied |= without(grant, *span, &edit.action);
            }
            if denied {
                let all = vec![Text::plain("*")];
                node.authority
                    .identity
                    .push(fix::extra("Deny", &edit.action, all, None));
            }
        }
        At::Attachment(address, by) => node.authority.identity.retain(|grant| {
            let info = graph.grant(grant.id);
            !info.is_some_and(|i| i.attachment.address == *address && document(i) == *by)
        }),
        At::Trust(role, span) if role.0 as usize == index => {
            if let Some(trust) = &mut node.trust {
                let mut policy = Policy::clone(trust);
                policy.statements.retain(|s| s.span != *span);
                *trust = Arc::new(policy);
            }
        }
        At::Trust(..) => {}
    }
}

/// Takes an action out of a statement of a grant. True where the statement gives it by a wildcard, so that it has to be
/// denied.
fn without(grant: &mut Grant, span: Span, action: &str) -> bool {
    if !grant.policy.statements.iter().any(|s| s.span == span) {
        return false;
    }
    let mut policy = Policy::clone(&grant.policy);
    let mut wild = false;
    for statement in policy.statements.iter_mut().filter(|s| s.span == span) {
        wild |= !take(statement, action);
    }
    policy
        .statements
        .retain(|s| s.actions.negated || !s.actions.items.is_empty());
    grant.policy = Arc::new(policy);
    wild
}

/// True iff the statement named the action and names it no longer.
fn take(statement: &mut Statement, action: &str) -> bool {
    if statement.actions.negated {
        return false;
    }
    let is = |t: &Text| t.as_str().is_some_and(|t| t.eq_ignore_ascii_case(action));
    let before = statement.actions.items.len();
    statement.actions.items.retain(|a| !is(&a.text));
    statement.actions.forget();
    statement.actions.items.len() < before
}
