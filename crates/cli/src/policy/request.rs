//! A request and the policies it is judged by, from what the user wrote.

use std::sync::Arc;

use rolecall_iam::{Authority, Caller, Context, Grant, Policy, PolicyKind, parse_policy};
use rolecall_source::{Diagnostic, Map, Text, Value};

/// Reads a document as a policy that applies for certain.
pub(crate) fn grant(document: &Value, kind: PolicyKind, id: u32, diagnostics: &mut Vec<Diagnostic>) -> Grant {
    Grant {
        policy: Arc::new(parse_policy(document, kind, diagnostics)),
        id,
        exists: Default::default(),
    }
}

/// Several documents where one is expected, as one: the statements of all.
pub(crate) fn joined(grants: Vec<Grant>) -> Option<Grant> {
    let mut grants = grants.into_iter();
    let first = grants.next()?;
    Some(grants.fold(first, |all, next| {
        let mut policy: Policy = (*all.policy).clone();
        policy.statements.extend(next.policy.statements.iter().cloned());
        policy.open.extend(next.policy.open.iter().cloned());
        Grant {
            policy: Arc::new(policy),
            ..all
        }
    }))
}

/// Condition keys from a JSON object: a scalar is one value, a list several. Key names ignore case.
pub(crate) fn context(map: &Map) -> Result<Context, String> {
    let mut context = Context::new();
    for (key, value) in map.iter() {
        let name = key.as_str().unwrap_or_default();
        let values: Option<Vec<Text>> = match value.as_list() {
            Some(list) => list.items.iter().map(Value::to_text).collect(),
            None => value.to_text().map(|t| vec![t]),
        };
        let values = values.ok_or_else(|| format!("the value of `{name}` in `context` must be a string or a list"))?;
        context.insert(name.to_ascii_lowercase(), values);
    }
    Ok(context)
}

/// The caller with this ARN, but for the keys that the context states itself.
///
/// Which keys a principal has: [properties of the principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties).
pub(crate) fn caller(arn: &str, context: &Context) -> Caller {
    let mut fields = arn.splitn(6, ':').skip(4);
    let (account, resource) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let user = resource
        .strip_prefix("user/")
        .map(|path| path.rsplit('/').next().unwrap_or(path));
    let kind = match resource {
        _ if user.is_some() => Some("User"),
        role if role.starts_with("role/") => Some("AssumedRole"),
        _ => None,
    };
    let unless_stated = |key: &str, value: Option<&str>| {
        value
            .filter(|v| !v.is_empty() && !context.contains_key(key))
            .map(Text::plain)
    };
    Caller {
        arn: unless_stated("aws:principalarn", Some(arn)),
        account: unless_stated("aws:principalaccount", Some(account)),
        username: unless_stated("aws:username", user),
        kind: kind.filter(|_| !context.contains_key("aws:principaltype")),
        tags: None,
    }
}

/// The policies of a request line: `identity`, `boundary`, `scps` (a list per level).
pub(crate) fn authority(line: &Map, caller: Caller, diagnostics: &mut Vec<Diagnostic>) -> Result<Authority, String> {
    let mut next = 0..;
    let mut read = |documents: &Value, what: &str, kind: PolicyKind, diagnostics: &mut Vec<Diagnostic>| {
        let list = documents
            .as_list()
            .ok_or_else(|| format!("`{what}` must be a list of policies"))?;
        let grants = list
            .items
            .iter()
            .zip(&mut next)
            .map(|(d, id)| grant(d, kind, id, diagnostics));
        Ok::<Vec<Grant>, String>(grants.collect())
    };
    let mut authority = Authority {
        caller,
        ..Authority::default()
    };
    if let Some(documents) = line.get("identity") {
        authority.identity = read(documents, "identity", PolicyKind::Identity, diagnostics)?;
    }
    if let Some(documents) = line.get("boundary").filter(|d| !d.is_null()) {
        authority.boundary = joined(read(documents, "boundary", PolicyKind::Identity, diagnostics)?);
    }
    if let Some(levels) = line.get("scps").filter(|d| !d.is_null()) {
        let levels = levels
            .as_list()
            .ok_or("`scps` must be a list of levels, each a list of policies")?;
        for level in levels.items.iter() {
            authority
                .controls
                .push(read(level, "scps", PolicyKind::Control, diagnostics)?);
        }
    }
    Ok(authority)
}
