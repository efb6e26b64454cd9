//! Which principal a name or an ARN means.

use rolecall_facts::{Configuration, Principal, PrincipalKind, PrincipalRef};
use rolecall_iam::Assumptions;
use rolecall_source::{Assumption, Symbol, Text};
use rustc_hash::FxHashMap;

use crate::link::scope;
use crate::model::{Graph, NodeId};

pub(crate) fn reference(fact: &Principal) -> PrincipalRef {
    PrincipalRef {
        kind: fact.kind,
        by: fact.name.clone(),
        scope: fact.scope,
    }
}

/// The principals of the current configuration that `by` means: by name, or by ARN.
pub(crate) fn find_principal(
    graph: &Graph,
    names: &FxHashMap<(PrincipalKind, Text), Vec<NodeId>>,
    configuration: &Configuration,
    by: &PrincipalRef,
) -> Vec<(NodeId, Assumptions)> {
    let is_arn = starts_with_arn(&by.by);
    let name = if is_arn { last_segment(&by.by) } else { by.by.clone() };
    let account = scope(configuration, by.scope).map(|s| &s.account);
    let candidates = names.get(&(by.kind, name)).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for id in candidates {
        let Some(node) = graph.node(*id) else { continue };
        if is_arn {
            found.extend(same_arn(&by.by, &node.fact.arn).map(|a| (*id, a)));
        } else if account.is_none_or(|a| *a == node.account) {
            found.push((*id, Assumptions::new()));
        }
    }
    found
}

pub(crate) fn starts_with_arn(text: &Text) -> bool {
    matches!(text.pieces().first(), Some(rolecall_source::Piece::Letters(l)) if l.starts_with("arn:"))
}

/// What follows the last `/` of the known letters: the name in an ARN with a path.
pub(crate) fn last_segment(text: &Text) -> Text {
    let (flat, _) = text.flat();
    let from = flat.rfind('/').map_or_else(
        || {
            if starts_with_arn(text) {
                flat.rfind(':').map_or(0, |i| i + 1)
            } else {
                0
            }
        },
        |i| i + 1,
    );
    text.slice(from..flat.len())
}

pub(crate) fn principal_arn(kind: PrincipalKind, partition: &Text, account: &Text, name: &Text) -> Text {
    let word = match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Group => "group",
        PrincipalKind::Role | PrincipalKind::PermissionSet => "role",
    };
    let head = Text::plain("arn:").concat(partition).concat(&Text::plain(":iam::"));
    head.concat(account)
        .concat(&Text::plain(&format!(":{word}/")))
        .concat(name)
}

/// What must hold for two ARNs to be the same: nothing when they are equal; that a literal account is this one when
/// they differ in that only. `None` when they cannot be.
pub(crate) fn same_arn(a: &Text, b: &Text) -> Option<Assumptions> {
    if a == b {
        return Some(Assumptions::new());
    }
    let (a, b) = (a.split(":")?, b.split(":")?);
    if a.len() < 6 || a.len() != b.len() {
        return None;
    }
    let mut assumes = Assumptions::new();
    for (index, (a, b)) in a.iter().zip(&b).enumerate() {
        if a == b {
            continue;
        }
        let literal = match (a.as_symbol(), b.as_symbol()) {
            (Some(_), None) => b.as_str()?,
            (None, Some(_)) => a.as_str()?,
            _ => return None,
        };
        match index {
            1 => assumes.insert(Assumption::new(format!("`{literal}` is the partition this deploys to"))),
            4 => assumes.insert(Assumption::new(format!("{literal} is the account this deploys to"))),
            _ => return None,
        };
    }
    Some(assumes)
}

/// That a choice is made in this way.
pub(crate) fn chosen(on: &Symbol, state: &str) -> Assumption {
    Assumption::new(format!("`{}` is {state}", on.name))
}
