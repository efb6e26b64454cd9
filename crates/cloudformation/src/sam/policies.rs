//! The `Policies` of functions and state machines: documents, names, ARNs and
//! [policy templates](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html).

use rolecall_source::{Map, Span, Value};

use super::build::{as_if, conditional, inline, is_no_value, parsed, rewritten};

/// Policy templates, one a line: name, tab, document. From aws-sam-translator 1.115.0 (PyPI, Apache-2.0).
const TEMPLATES: &str = include_str!("../../data/sam_policy_templates.tsv");
/// AWS-managed policies that do not stand at the root, one a line, with their path. From moto 5.2.5's copy (PyPI,
/// Apache-2.0), newest of September 2026.
const PATHS: &str = include_str!("../../data/managed_policy_paths.txt");

/// What the policies of a role come to.
#[derive(Default)]
pub(super) struct RolePolicies {
    /// ARNs, or expressions for them, each once.
    pub(super) managed: Vec<Value>,
    /// Inline policies.
    pub(super) inline: Vec<Value>,
}

enum Entry {
    Managed(Value),
    Document(Value),
}

impl RolePolicies {
    /// Adds the ARN of an AWS-managed policy, given with its path.
    pub(super) fn aws(&mut self, name: &str, at: Span) {
        self.manage(Value::string(&format!("arn:aws:iam::aws:policy/{name}"), at));
    }

    fn manage(&mut self, arn: Value) {
        if !self.managed.contains(&arn) {
            self.managed.push(arn);
        }
    }

    /// Adds an inline policy unless the role has it.
    pub(super) fn once(&mut self, policy: Value) {
        if !self.inline.contains(&policy) {
            self.inline.push(policy);
        }
    }

    /// Adds the entries of a `Policies` property of the role `role`.
    pub(super) fn add(&mut self, policies: Option<&Value>, role: &str) {
        let Some(policies) = policies.filter(|p| !p.is_null()) else {
            return;
        };
        let entries: Vec<&Value> = policies
            .as_list()
            .map_or_else(|| vec![policies], |l| l.items.iter().collect());
        for (index, value) in entries.into_iter().enumerate() {
            match entry(value, &format!("{role}Policy{index}")) {
                Some(Entry::Managed(arn)) => self.manage(arn),
                Some(Entry::Document(policy)) => self.inline.push(policy),
                None => {}
            }
        }
    }
}

fn entry(value: &Value, name: &str) -> Option<Entry> {
    if let Some(text) = value.as_str() {
        return Some(Entry::Managed(Value::string(&managed_arn(text), value.span)));
    }
    if let Some((condition, then, otherwise)) = as_if(value) {
        return branches(
            value,
            condition,
            (entry(then, name), then),
            (entry(otherwise, name), otherwise),
        );
    }
    let map = value.as_map()?;
    if map.get("Statement").is_some() {
        return Some(Entry::Document(inline(name, value.clone(), value.span)));
    }
    let (key, parameters) = map.iter().next().filter(|_| map.entries.len() == 1)?;
    let key = key.as_str()?;
    if key == "Ref" || key.starts_with("Fn::") {
        return Some(Entry::Managed(value.clone()));
    }
    let at = map.entry(key).map_or(value.span, |e| e.key_span);
    let document = template(key, parameters.as_map(), at)?;
    Some(Entry::Document(inline(name, document, at)))
}

/// An `Fn::If` of entries of one kind.
fn branches(
    value: &Value,
    condition: &Value,
    then: (Option<Entry>, &Value),
    otherwise: (Option<Entry>, &Value),
) -> Option<Entry> {
    let documents = |e: &Option<Entry>| matches!(e, Some(Entry::Document(_)));
    let any = documents(&then.0) || documents(&otherwise.0);
    let side = |(entry, written): (Option<Entry>, &Value)| match entry {
        _ if is_no_value(written) => written.clone(),
        Some(Entry::Managed(v) | Entry::Document(v)) => v,
        None => written.clone(),
    };
    let whole = conditional(condition, side(then), side(otherwise), value.span);
    Some(if any {
        Entry::Document(whole)
    } else {
        Entry::Managed(whole)
    })
}

/// The document of a policy template with its parameters filled in.
fn template(name: &str, parameters: Option<&Map>, at: Span) -> Option<Value> {
    let line = TEMPLATES
        .lines()
        .find_map(|l| l.strip_prefix(name)?.strip_prefix('\t'))?;
    let document = parsed(line, at);
    let fill = |map: &Map| {
        let name = map.get("Ref").filter(|_| map.entries.len() == 1)?.as_str()?;
        parameters?.get(name).cloned()
    };
    Some(rewritten(&document, at, &fill))
}

/// The ARN of a managed policy that is given by name or ARN.
fn managed_arn(name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let path = PATHS
        .lines()
        .find(|p| p.strip_suffix(name).is_some_and(|rest| rest.ends_with('/')));
    format!("arn:aws:iam::aws:policy/{}", path.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_source::json;

    #[test]
    fn names_become_arns() {
        assert_eq!(
            managed_arn("AWSLambdaRole"),
            "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"
        );
        assert_eq!(
            managed_arn("AmazonS3FullAccess"),
            "arn:aws:iam::aws:policy/AmazonS3FullAccess"
        );
        assert_eq!(managed_arn("arn:aws:iam::1:policy/x"), "arn:aws:iam::1:policy/x");
    }

    #[test]
    fn every_template_parses_and_uses_only_its_parameters() {
        for line in TEMPLATES.lines() {
            let (name, _) = line.split_once('\t').unwrap();
            let document = template(name, None, Span::NOWHERE).unwrap();
            assert!(document.get("Statement").is_some(), "{name}");
        }
        assert_eq!(TEMPLATES.lines().count(), 81);
    }

    #[test]
    fn a_template_takes_its_parameters() {
        let parameters = parsed(r#"{"QueueName": {"Fn::GetAtt": ["Q", "QueueName"]}}"#, Span::NOWHERE);
        let document = template("SQSPollerPolicy", parameters.as_map(), Span::NOWHERE).unwrap();
        let text = json::write(&document).to_string();
        assert!(
            text.contains(r#"{"queueName":{"Fn::GetAtt":["Q","QueueName"]}}"#),
            "{text}"
        );
    }
}
