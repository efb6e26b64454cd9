//! Which principal a name or an ARN means.

use rolecall_facts::{Principal, PrincipalKind, PrincipalRef, RoleUseKind};
use rolecall_iam::Assumptions;
use rolecall_source::{Assumption, Piece, Symbol, Text};

use crate::account::is_account;

/// How others name a principal; one whose ARN says its account is named by ARN.
pub(crate) fn reference(fact: &Principal) -> PrincipalRef {
    let by_arn = !fact.declared && fact.arn.is_known() && literal_account(&fact.arn).is_some();
    PrincipalRef {
        kind: fact.kind,
        by: if by_arn { fact.arn.clone() } else { fact.name.clone() },
        scope: fact.scope,
    }
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
        let (symbol, literal) = match (a.as_symbol(), b.as_symbol()) {
            (Some(symbol), None) => (symbol, b.as_str()?),
            (None, Some(symbol)) => (symbol, a.as_str()?),
            _ => return None,
        };
        // The owner of AWS's own policies is no account.
        let clause = match index {
            4 if !is_account(literal) => return None,
            1 => format!("`{literal}` is the partition this deploys to"),
            4 => format!("{literal} is the account this deploys to"),
            _ => return None,
        };
        assumes.insert(Assumption::value(symbol, literal, clause));
    }
    Some(assumes)
}

/// That a choice is made in this way.
pub(crate) fn chosen(on: &Symbol, state: &str) -> Assumption {
    Assumption::state(on, state)
}

/// True iff two ARNs differ in nothing but accounts and partitions of which at least one is not known.
pub(crate) fn arn_fits(a: &Text, b: &Text) -> bool {
    let (Some(a), Some(b)) = (a.split(":"), b.split(":")) else {
        return false;
    };
    let fits = |(index, (a, b)): (usize, (&Text, &Text))| match index {
        1 => a == b || !a.is_known() || !b.is_known(),
        4 => a == b || account_fits(a, b),
        _ => a == b,
    };
    a.len() == b.len() && a.len() >= 6 && a.iter().zip(&b).enumerate().all(fits)
}

fn account_fits(a: &Text, b: &Text) -> bool {
    let may = |t: &Text| t.as_str().map_or_else(|| t.as_symbol().is_some(), is_account);
    may(a) && may(b) && !(a.is_known() && b.is_known())
}

/// The account that an ARN says in letters.
pub(crate) fn literal_account(arn: &Text) -> Option<&str> {
    let Some(Piece::Letters(letters)) = arn.pieces().first() else {
        return None;
    };
    let account = letters.starts_with("arn:").then(|| letters.split(':').nth(4))?;
    account.filter(|a| is_account(a))
}

/// True iff this is the ARN of a policy that is looked up by name: whose it is and its path are not known.
pub(crate) fn looked_up(arn: &Text) -> bool {
    arn.symbols().count() == 2
        && arn.split(":").is_none()
        && matches!(arn.pieces().last(), Some(Piece::Letters(l)) if !l.contains(['/', ':']))
}

/// True iff what is named is an instance profile.
pub(crate) fn is_profile(kind: RoleUseKind) -> bool {
    use RoleUseKind as K;
    matches!(kind, K::ProfileName | K::ProfileArn | K::ProfileNameOrArn)
}
