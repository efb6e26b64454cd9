//! A request and the policies it is judged by, from what the user wrote.

use std::sync::Arc;

use rolecall_iam::{Authority, Caller, Context, Grant, Policy, PolicyKind, Reach, ResourceGrant, parse_policy};
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

/// The caller with this ARN. Where the context states the ARN, the account or the name itself (of a session the role's
/// ARN, say), the caller has these.
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
        role if role.starts_with("role/") || role.starts_with("assumed-role/") => Some("AssumedRole"),
        _ => None,
    };
    let or_stated = |key: &str, value: Option<&str>| match context.get(key).map(Vec::as_slice) {
        Some([stated]) => Some(stated.clone()),
        Some(_) => None,
        None => value.filter(|v| !v.is_empty()).map(Text::plain),
    };
    Caller {
        arn: or_stated("aws:principalarn", Some(arn)),
        account: or_stated("aws:principalaccount", Some(account)),
        username: or_stated("aws:username", user),
        kind: kind.filter(|_| !context.contains_key("aws:principaltype")),
        tags: None,
    }
}

/// What the policy of a resource is, and what it means to a caller.
pub(crate) struct OnResource {
    pub(crate) kind: PolicyKind,
    pub(crate) reach: Reach,
}

impl OnResource {
    /// The resource is in `account`, or in the account of its ARN, or in that of the context, or else in the caller's.
    pub(crate) fn of(resource: &str, account: Option<&str>, principal: &str, context: &Context) -> Self {
        let field = |arn: &str, at: usize| arn.split(':').nth(at).filter(|f| !f.is_empty()).map(str::to_owned);
        let stated = context
            .get("aws:resourceaccount")
            .and_then(|v| v.first()?.as_str().map(str::to_owned));
        let owner = account.map(str::to_owned).or_else(|| field(resource, 4)).or(stated);
        let role =
            field(resource, 2).as_deref() == Some("iam") && field(resource, 5).is_some_and(|r| r.starts_with("role/"));
        let reach = match owner {
            Some(owner) if field(principal, 4).is_some_and(|own| own != owner) => Reach::Foreign,
            _ if role || field(resource, 2).as_deref() == Some("kms") => Reach::Decides,
            _ => Reach::Adds,
        };
        let kind = if role { PolicyKind::Trust } else { PolicyKind::Resource };
        Self { kind, reach }
    }
}

/// The policies of a request line: `identity`, `boundary`, `session`, `resourcePolicy`, `scps` (a list per level).
pub(crate) fn authority(
    line: &Map,
    caller: Caller,
    context: &Context,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Authority, String> {
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
    let text = |name: &str| line.get(name).and_then(Value::as_str);
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
    if let Some(documents) = line.get("session").filter(|d| !d.is_null()) {
        let one = Value::list(vec![documents.clone()], documents.span);
        let documents = if documents.as_list().is_some() { documents } else { &one };
        authority.session = Some(read(documents, "session", PolicyKind::Identity, diagnostics)?);
    }
    if let Some(document) = line.get("resourcePolicy").filter(|d| !d.is_null()) {
        let resource = text("resource").unwrap_or_default();
        let principal = text("principal").unwrap_or_default();
        let on = OnResource::of(resource, text("account"), principal, context);
        let one = Value::list(vec![document.clone()], document.span);
        let grants = read(&one, "resourcePolicy", on.kind, diagnostics)?;
        let policies = grants
            .into_iter()
            .map(|grant| ResourceGrant::new(grant, &Text::plain(resource), on.reach));
        authority.resources = policies.collect();
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
