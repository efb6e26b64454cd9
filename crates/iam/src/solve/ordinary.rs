//! Circumstances: keys whose value the caller does not simply write into the request.
//!
//! Follows [global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).

use rolecall_source::{Assumption, Text};

/// What a key has in a request like most others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordinary {
    /// Whatever the caller writes.
    Free,
    /// Whatever the caller writes; never absent.
    Present,
    /// Absent, or this.
    AbsentOr(&'static str),
    /// Absent.
    Absent,
    /// This.
    Is(&'static str),
}

const KEYS: &[(&str, Ordinary)] = &[
    ("aws:calledvia", Ordinary::Absent),
    ("aws:calledviafirst", Ordinary::Absent),
    ("aws:calledvialast", Ordinary::Absent),
    ("aws:currenttime", Ordinary::Is("2026-01-01T12:00:00Z")),
    ("aws:ec2instancesourceprivateipv4", Ordinary::Absent),
    ("aws:ec2instancesourcevpc", Ordinary::Absent),
    ("aws:epochtime", Ordinary::Is("1767268800")),
    ("aws:federatedprovider", Ordinary::Absent),
    ("aws:multifactorauthage", Ordinary::Absent),
    ("aws:multifactorauthpresent", Ordinary::AbsentOr("false")),
    ("aws:principalisawsservice", Ordinary::AbsentOr("false")),
    ("aws:principalorgid", Ordinary::Absent),
    ("aws:principalorgpaths", Ordinary::Absent),
    ("aws:requestedregion", Ordinary::Present),
    ("aws:resourceaccount", Ordinary::Absent),
    ("aws:resourceorgid", Ordinary::Absent),
    ("aws:resourceorgpaths", Ordinary::Absent),
    ("aws:securetransport", Ordinary::Present),
    ("aws:sourceaccount", Ordinary::Absent),
    ("aws:sourcearn", Ordinary::Absent),
    ("aws:sourceidentity", Ordinary::Absent),
    ("aws:sourceip", Ordinary::Is("203.0.113.10")),
    ("aws:sourceorgid", Ordinary::Absent),
    ("aws:sourceorgpaths", Ordinary::Absent),
    ("aws:sourcevpc", Ordinary::Absent),
    ("aws:sourcevpcarn", Ordinary::Absent),
    ("aws:sourcevpce", Ordinary::Absent),
    ("aws:tokenissuetime", Ordinary::AbsentOr("2026-01-01T11:30:00Z")),
    ("aws:viaawsservice", Ordinary::AbsentOr("false")),
    ("aws:vpceaccount", Ordinary::Absent),
    ("aws:vpceorgid", Ordinary::Absent),
    ("aws:vpceorgpaths", Ordinary::Absent),
    ("aws:vpcsourceip", Ordinary::Absent),
    ("ec2:roledelivery", Ordinary::Absent),
    ("ec2:sourceinstancearn", Ordinary::Absent),
    ("lambda:sourcefunctionarn", Ordinary::Absent),
    ("sts:externalid", Ordinary::Absent),
];

/// What `key` (lower case) has in a request like most others.
pub(super) fn ordinary(key: &str) -> Ordinary {
    match KEYS.binary_search_by_key(&key, |k| k.0) {
        Ok(at) => KEYS.get(at).map_or(Ordinary::Free, |k| k.1),
        Err(_) if is_about_resource(key) || is_federated(key) => Ordinary::Absent,
        Err(_) => Ordinary::Free,
    }
}

/// True iff the value of `key` is a fact about the circumstances of a request rather than a parameter of it.
pub(super) fn is_circumstance(key: &str) -> bool {
    ordinary(key) != Ordinary::Free
}

/// Tags that the resource already has.
fn is_about_resource(key: &str) -> bool {
    key.split_once(':')
        .is_some_and(|(_, name)| name.starts_with("resourcetag/"))
}

/// Claims of a token that another identity provider issued.
fn is_federated(key: &str) -> bool {
    key.starts_with("saml:") || key.split_once(':').is_some_and(|(host, _)| host.contains('.'))
}

/// What is relied on when a circumstance is chosen; `None` for what needs no mention.
pub(super) fn clause(key: &str, written: &str, values: Option<&[Text]>) -> Option<Assumption> {
    if !is_circumstance(key) || is_ordinary(key, values) {
        return None;
    }
    let Some(values) = values else {
        return Some(Assumption::new(format!("the request has no `{written}`")));
    };
    let shown: Vec<String> = values.iter().map(|v| format!("`{v}`")).collect();
    let shown = shown.join(" and ");
    Some(Assumption::new(match key {
        "aws:multifactorauthpresent" if shown == "`true`" => "the caller signed in with MFA".to_owned(),
        "aws:multifactorauthage" => format!("the caller signed in with MFA {shown} seconds before"),
        "aws:sourceip" => format!("the request comes from {shown}"),
        "aws:currenttime" | "aws:epochtime" => format!("the time is {shown}"),
        "sts:externalid" => format!("the caller knows the external id {shown}"),
        _ if is_about_resource(key) => match written.split_once('/') {
            Some((_, tag)) => format!("the resource has the tag `{tag}` with the value {shown}"),
            None => format!("`{written}` is {shown}"),
        },
        _ => format!("`{written}` is {shown}"),
    }))
}

/// What is relied on when a key, in lower case, has these values.
pub(crate) fn circumstance(key: &str, values: &[Text]) -> Option<Assumption> {
    clause(key, key, Some(values))
}

/// True iff the key has these values in a request like most others.
pub(super) fn is_ordinary(key: &str, values: Option<&[Text]>) -> bool {
    let is = |wanted: &str| matches!(values, Some([one]) if one.as_str() == Some(wanted));
    match ordinary(key) {
        Ordinary::Free => true,
        Ordinary::Present => values.is_some(),
        Ordinary::AbsentOr(value) => values.is_none() || is(value),
        Ordinary::Absent => values.is_none(),
        Ordinary::Is(value) => is(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KEYS.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn tags_of_resources_and_claims_are_circumstances() {
        for key in [
            "aws:resourcetag/team",
            "ec2:resourcetag/a",
            "token.actions.githubusercontent.com:sub",
            "saml:aud",
        ] {
            assert!(is_circumstance(key), "{key}");
        }
        for key in ["aws:requesttag/team", "ec2:instancetype", "aws:useragent"] {
            assert!(!is_circumstance(key), "{key}");
        }
    }
}
