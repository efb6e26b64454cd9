//! What the judges do otherwise than AWS documents.

use rolecall_iam::pattern::{Pattern, matches};
use rolecall_source::Text;
use serde_json::Value;

use super::Judge;

/// A documented fault of a judge.
pub(super) struct Fault {
    pub(super) judge: Judge,
    pub(super) id: &'static str,
    /// What AWS does, and what the judge does.
    pub(super) what: &'static str,
    /// Page of the user guide that says what AWS does.
    pub(super) page: &'static str,
    rewrite: Rewrite,
}

/// Rewrites a request as a judge reads it; false when that changes nothing.
pub(super) enum Rewrite {
    /// A statement, given the request.
    Statement(fn(&mut Value, &Value) -> bool),
    /// All of it, given the judge's answer.
    Request(fn(&mut Value, &Value) -> bool),
}

/// Requests that a judge cannot read: its error, and what it is about them.
pub(super) const UNREAD: &[(Judge, &str, &str)] = &[
    (
        Judge::IamSimulate,
        "invalid.action",
        "iam-simulate does not know the action",
    ),
    (
        Judge::IamSimulate,
        "invalid.service",
        "iam-simulate does not know the service",
    ),
    (Judge::IamRs, "InvalidFormat", "iam-rs reads no resource but an ARN"),
    (
        Judge::IamSimulate,
        "no.resource.types",
        "iam-simulate does not know the action on such a resource",
    ),
];

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        judge: Judge::IamSimulate,
        id: "wildcard-resource-type",
        what: "a wildcard may stand for the type of a resource (`arn:aws:ec2:*:*:*/*`); iam-simulate never matches such a pattern",
        page: "reference_policies_elements_resource.html",
        rewrite: Rewrite::Statement(|statement, _| never_matching(statement, is_any_type)),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "not-resource-compared-in-part",
        what: "a variable that cannot be resolved makes its statement invalid; iam-simulate applies a NotResource whose other parts differ already",
        page: "reference_policies_variables.html",
        rewrite: Rewrite::Statement(everything_for_unresolved_not_resource),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "keys-left-out",
        what: "a global key is in the requests of every service; iam-simulate leaves out those that its table does not list for the action, and says which",
        page: "reference_policies_condition-keys.html",
        rewrite: Rewrite::Request(without_ignored),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "fields-apart",
        what: "a `*` at the end of an ARN's segment may expand beyond the colon; iam-simulate compares segment by segment",
        page: "reference_policies_elements_resource.html",
        rewrite: Rewrite::Statement(never_across_fields),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "account-not-principal",
        what: "of an account in a NotPrincipal only its root user is spared; iam-simulate spares all of it",
        page: "reference_policies_elements_notprincipal.html",
        rewrite: Rewrite::Statement(never_for_account),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "everyone-limited",
        what: "what a resource's policy allows everyone is not limited by a session's policies; iam-simulate lets them limit it",
        page: "reference_policies_evaluation-logic_policy-eval-denyallow.html",
        rewrite: Rewrite::Statement(role_for_everyone),
    },
    Fault {
        judge: Judge::IamRs,
        id: "not-resource-without-value",
        what: "a variable that cannot be resolved makes its statement invalid; iam-rs applies a NotResource with it to every resource",
        page: "reference_policies_variables.html",
        rewrite: Rewrite::Statement(everything_for_unresolved_not_resource),
    },
    Fault {
        judge: Judge::IamRs,
        id: "variable-without-value",
        what: "a variable that cannot be resolved makes its statement invalid; iam-rs reads it as an empty text in a Resource",
        page: "reference_policies_variables.html",
        rewrite: Rewrite::Statement(empty_for_unresolved),
    },
    Fault {
        judge: Judge::IamRs,
        id: "fields-apart",
        what: "a `*` at the end of an ARN's segment may expand beyond the colon; iam-rs compares segment by segment",
        page: "reference_policies_elements_resource.html",
        rewrite: Rewrite::Statement(never_across_fields),
    },
    Fault {
        judge: Judge::IamRs,
        id: "variable-in-condition",
        what: "variables stand in the values of string and ARN operators too; iam-rs reads them as text there",
        page: "reference_policies_variables.html",
        rewrite: Rewrite::Statement(|statement, _| literal_condition(statement)),
    },
    Fault {
        judge: Judge::IamRs,
        id: "arn-equals-wildcards",
        what: "ArnEquals and ArnLike behave identically; iam-rs compares ArnEquals letter by letter",
        page: "reference_policies_elements_condition_operators.html#Conditions_ARN",
        rewrite: Rewrite::Statement(|statement, _| literal_arn_equals(statement)),
    },
];

impl Judge {
    /// The request as this judge reads it, and the faults that make the difference.
    pub(super) fn misread(self, request: &Value, their: &Value) -> (Value, Vec<&'static str>) {
        let mut out = request.clone();
        let mut faults = Vec::new();
        for fault in FAULTS.iter().filter(|f| f.judge == self) {
            let changed = match fault.rewrite {
                Rewrite::Statement(rewrite) => each_document(&mut out, &mut |s| rewrite(s, request)),
                Rewrite::Request(rewrite) => rewrite(&mut out, their),
            };
            faults.extend(changed.then_some(fault.id));
        }
        (out, faults)
    }
}

/// Visits every statement of a request's policies; true iff `visit` changed one.
fn each_document(request: &mut Value, visit: &mut dyn FnMut(&mut Value) -> bool) -> bool {
    let mut changed = false;
    for part in ["identity", "boundary", "session", "resourcePolicy", "scps"] {
        if let Some(documents) = request.get_mut(part) {
            each_statement(documents, &mut |s| changed |= visit(s));
        }
    }
    changed
}

fn without_ignored(request: &mut Value, their: &Value) -> bool {
    let ignored = their.get("ignored").and_then(Value::as_array).into_iter().flatten();
    let Some(context) = request.get_mut("context").and_then(Value::as_object_mut) else {
        return false;
    };
    let mut changed = false;
    for key in ignored.filter_map(Value::as_str) {
        changed |= context.remove(key).is_some();
    }
    changed
}

/// Visits every statement of documents, however they are nested in lists.
pub(super) fn each_statement(documents: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match documents {
        Value::Array(items) => items.iter_mut().for_each(|d| each_statement(d, visit)),
        Value::Object(document) => match document.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().for_each(visit),
            Some(statement) => visit(statement),
            None => {}
        },
        _ => {}
    }
}

/// Replaces the resources for which `never` holds with one that matches nothing.
fn never_matching(statement: &mut Value, never: impl Fn(&str) -> bool) -> bool {
    let mut changed = false;
    for element in ["Resource", "NotResource"] {
        let Some(resources) = statement.get_mut(element) else {
            continue;
        };
        let list = match resources {
            Value::Array(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for resource in list.iter_mut().filter(|r| r.as_str().is_some_and(&never)) {
            *resource = Value::from("arn:aws:none:::never");
            changed = true;
        }
    }
    changed
}

fn is_any_type(resource: &str) -> bool {
    resource.splitn(6, ':').nth(5).is_some_and(|r| r.starts_with("*/"))
}

fn everything_for_unresolved_not_resource(statement: &mut Value, request: &Value) -> bool {
    let Some(resources) = statement.get("NotResource") else {
        return false;
    };
    let has = |key: &str| request.get("context").is_some_and(|c| c.get(key).is_some());
    let unresolved = |resource: &str| {
        resource
            .split("${")
            .skip(1)
            .filter_map(|r| r.split_once('}'))
            .any(|(key, _)| !has(key))
    };
    let found = match resources {
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(unresolved),
        one => one.as_str().is_some_and(unresolved),
    };
    if found && let Some(statement) = statement.as_object_mut() {
        statement.remove("NotResource");
        statement.insert("Resource".into(), Value::from("*"));
    }
    found
}

/// A pattern that matches the request's resource as a whole and not field by field matches nothing.
fn never_across_fields(statement: &mut Value, request: &Value) -> bool {
    let text = |at: &str| request.get(at).and_then(Value::as_str).map(Text::plain);
    let Some(resource) = text("resource") else {
        return false;
    };
    let across = |pattern: &str| {
        let pattern = Text::plain(&replaced(pattern, request));
        pattern.as_str() != Some("*")
            && matches(&Pattern::like(&pattern), &resource).is_yes()
            && !matches(&Pattern::arn_like(&pattern), &resource).is_yes()
    };
    never_matching(statement, across)
}

/// A pattern with its variables replaced by what the request's context has.
fn replaced(pattern: &str, request: &Value) -> String {
    let mut parts = pattern.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = part.split_once('}').and_then(|(key, rest)| {
            let value = request.get("context")?.get(key)?.as_str()?;
            Some((value, rest))
        });
        match value {
            Some((value, rest)) => out.extend([value, rest]),
            None => out.extend(["${", part]),
        }
    }
    out
}

fn literal_condition(statement: &mut Value) -> bool {
    let mut changed = false;
    let blocks = statement.get_mut("Condition").and_then(Value::as_object_mut);
    let values = blocks
        .into_iter()
        .flat_map(|b| b.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|keys| keys.values_mut());
    for value in values {
        let list = match value {
            Value::Array(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for item in list {
            if let Some(text) = item.as_str().filter(|t| t.contains("${")) {
                *item = text.replace("${", "${$}{").into();
                changed = true;
            }
        }
    }
    changed
}

fn never_for_account(statement: &mut Value, request: &Value) -> bool {
    let principal = request.get("principal").and_then(Value::as_str).unwrap_or_default();
    let Some(account) = principal.split(':').nth(4) else {
        return false;
    };
    let root = format!("arn:aws:iam::{account}:root");
    let spared = match statement.pointer("/NotPrincipal/AWS") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let found = spared.iter().any(|s| *s == account || *s == root.as_str());
    if let (true, Some(statement)) = (found, statement.as_object_mut()) {
        statement.remove("NotPrincipal");
        statement.insert(
            "Principal".into(),
            serde_json::json!({"AWS": "arn:aws:iam::000000000000:root"}),
        );
    }
    found
}

fn role_for_everyone(statement: &mut Value, request: &Value) -> bool {
    let everyone = |at: &str| statement.pointer(at) == Some(&Value::from("*"));
    let allows = statement.get("Effect") == Some(&Value::from("Allow"));
    let found = allows && request.get("session").is_some() && (everyone("/Principal") || everyone("/Principal/AWS"));
    let role = request.pointer("/context/aws:PrincipalArn").cloned();
    match (found, role, statement.as_object_mut()) {
        (true, Some(role), Some(statement)) => {
            statement.insert("Principal".into(), serde_json::json!({"AWS": role}));
            true
        }
        _ => false,
    }
}

fn empty_for_unresolved(statement: &mut Value, request: &Value) -> bool {
    let context = request.get("context");
    let has = |key: &str| context.is_some_and(|c| c.get(key).is_some());
    let mut changed = false;
    let list = match statement.get_mut("Resource") {
        Some(Value::Array(items)) => items.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => &mut [],
    };
    for resource in list {
        let Some(text) = resource.as_str() else { continue };
        let mut parts = text.split("${");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match part.split_once('}') {
                Some((key, rest)) if !has(key) => {
                    changed = true;
                    out.push_str(rest);
                }
                _ => out.extend(["${", part]),
            }
        }
        *resource = out.into();
    }
    changed
}

fn literal_arn_equals(statement: &mut Value) -> bool {
    let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) else {
        return false;
    };
    let operators: Vec<String> = conditions.keys().cloned().collect();
    let mut changed = false;
    for operator in operators {
        let literal = operator
            .replace("ArnEquals", "StringEquals")
            .replace("ArnNotEquals", "StringNotEquals");
        if literal != operator
            && let Some(keys) = conditions.remove(&operator)
        {
            conditions.insert(literal, keys);
            changed = true;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_rewrites_what_it_is_about_and_nothing_else() {
        let request: Value = serde_json::json!({
            "context": {"aws:username": "alice"},
            "identity": [{"Statement": [
                {"Resource": ["arn:aws:ec2:*:*:*/*", "arn:aws:ec2:*:*:instance/*"]},
                {"NotResource": "arn:aws:iam::*:role/${aws:PrincipalTag/team}"},
                {"NotResource": "arn:aws:iam::*:role/${aws:username}",
                 "Condition": {"ArnEqualsIfExists": {"aws:PrincipalArn": "x"}}}
            ]}]
        });
        let never = "arn:aws:none:::never";
        let (out, faults) = Judge::IamSimulate.misread(&request, &Value::Null);
        assert_eq!(faults, ["wildcard-resource-type", "not-resource-compared-in-part"]);
        let statements = &out["identity"][0]["Statement"];
        assert_eq!(
            statements[0]["Resource"],
            serde_json::json!([never, "arn:aws:ec2:*:*:instance/*"])
        );
        assert_eq!(statements[1], serde_json::json!({"Resource": "*"}));
        assert_eq!(statements[2], request["identity"][0]["Statement"][2]);
        let (out, faults) = Judge::IamRs.misread(&request, &Value::Null);
        assert_eq!(faults, ["not-resource-without-value", "arn-equals-wildcards"]);
        assert_eq!(out["identity"][0]["Statement"][1], serde_json::json!({"Resource": "*"}));
        assert_eq!(
            out["identity"][0]["Statement"][2]["Condition"],
            serde_json::json!({"StringEqualsIfExists": {"aws:PrincipalArn": "x"}})
        );
        assert_eq!(
            out["identity"][0]["Statement"][0],
            request["identity"][0]["Statement"][0]
        );
    }

    #[test]
    fn policies_on_resources_are_misread_too() {
        let request: Value = serde_json::json!({
            "principal": "arn:aws:sts::123456789012:assumed-role/a/s",
            "context": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/a", "aws:TagKeys": ["a"]},
            "session": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
            "resourcePolicy": {"Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "*"}},
                {"Effect": "Deny", "Principal": "*"},
                {"Effect": "Deny", "NotPrincipal": {"AWS": ["123456789012"]}},
                {"Effect": "Deny", "NotPrincipal": {"AWS": ["123456789013"]}}
            ]}
        });
        let their = serde_json::json!({"ignored": ["aws:TagKeys"]});
        let (out, faults) = Judge::IamSimulate.misread(&request, &their);
        assert_eq!(faults, ["keys-left-out", "account-not-principal", "everyone-limited"]);
        assert_eq!(
            out["context"],
            serde_json::json!({"aws:PrincipalArn": "arn:aws:iam::123456789012:role/a"})
        );
        let (read, written) = (
            &out["resourcePolicy"]["Statement"],
            &request["resourcePolicy"]["Statement"],
        );
        assert_eq!(
            read[0]["Principal"],
            serde_json::json!({"AWS": "arn:aws:iam::123456789012:role/a"})
        );
        assert_eq!((&read[1], &read[3]), (&written[1], &written[3]));
        assert!(read[2].get("NotPrincipal").is_none());
    }

    #[test]
    fn a_variable_without_value_is_empty_to_one_judge() {
        let request: Value = serde_json::json!({
            "context": {"aws:username": "dana"},
            "identity": [{"Statement": [{"Resource": ["arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team}*"]}]}]
        });
        let (out, faults) = Judge::IamRs.misread(&request, &Value::Null);
        assert_eq!(faults, ["variable-without-value"]);
        assert_eq!(
            out["identity"][0]["Statement"][0]["Resource"][0],
            "arn:aws:s3:::b/${aws:username}/*"
        );
    }

    #[test]
    fn fields_and_conditions_are_misread() {
        let request: Value = serde_json::json!({
            "resource": "arn:aws:lambda:us-east-1:1:layer:function:app", "context": {"aws:username": "app"},
            "identity": [{"Statement": [{
                "Resource": ["arn:aws:lambda:*:*:function:${aws:username}", "arn:aws:lambda:*:*:layer:*", "*"],
                "Condition": {"StringLike": {"aws:RequestTag/a": "${aws:username}"}}
            }]}]
        });
        let never = "arn:aws:none:::never";
        let (out, faults) = Judge::IamRs.misread(&request, &Value::Null);
        assert_eq!(faults, ["fields-apart", "variable-in-condition"]);
        let statement = &out["identity"][0]["Statement"][0];
        assert_eq!(
            statement["Resource"],
            serde_json::json!([never, "arn:aws:lambda:*:*:layer:*", "*"])
        );
        assert_eq!(
            statement["Condition"]["StringLike"]["aws:RequestTag/a"],
            "${$}{aws:username}"
        );
        let (_, faults) = Judge::IamSimulate.misread(&request, &Value::Null);
        assert_eq!(faults, ["fields-apart"]);
    }
}
