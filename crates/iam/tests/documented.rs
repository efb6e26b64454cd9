//! What AWS documents, case by case: `documented.jsonl` has a request, the policies it is judged by, whether it is
//! allowed, and the page that says so (a name is a page of the IAM user guide). Where there is a `policy`, it is that of
//! the resource `of`; `reach` says what it means when it is not just added.

use std::sync::Arc;

use rolecall_iam::{
    Answer, Authority, Caller, Context, Grant, Outcome, PolicyKind, Reach, Request, ResourceGrant, evaluate,
    parse_policy,
};
use rolecall_source::{Map, Text, Value, json};

const ARN: &str = "arn:aws:iam::444455556666:user/dana";

fn grants(documents: Option<&Value>, kind: PolicyKind) -> Vec<Grant> {
    let list = documents.and_then(Value::as_list).cloned().unwrap_or_default();
    let grant = |document: &Value| {
        let mut diagnostics = Vec::new();
        let policy = Arc::new(parse_policy(document, kind, &mut diagnostics));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        Grant {
            policy,
            id: 0,
            exists: Default::default(),
        }
    };
    list.items.iter().map(grant).collect()
}

fn authority(case: &Map) -> Authority {
    let arn = case.get("principal").and_then(Value::as_str).unwrap_or(ARN);
    let user = arn.rsplit_once(":user/").map(|(_, name)| name);
    let levels = case.get("scps").and_then(Value::as_list).cloned().unwrap_or_default();
    Authority {
        caller: Caller {
            arn: Some(Text::plain(arn)),
            account: Some(Text::plain("444455556666")),
            username: user.map(Text::plain),
            kind: Some(if user.is_some() { "User" } else { "AssumedRole" }),
            tags: None,
        },
        identity: grants(case.get("identity"), PolicyKind::Identity),
        boundary: grants(case.get("boundary"), PolicyKind::Identity).pop(),
        session: case.get("session").map(|s| grants(Some(s), PolicyKind::Identity)),
        resources: case.get("policy").map(|p| on_resource(p, case)).into_iter().collect(),
        controls: levels
            .items
            .iter()
            .map(|l| grants(Some(l), PolicyKind::Control))
            .collect(),
        ..Authority::default()
    }
}

#[expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]
fn on_resource(policy: &Value, case: &Map) -> ResourceGrant {
    let resource = case.get("of").and_then(Value::to_text).unwrap();
    let reach = match case.get("reach").and_then(Value::as_str) {
        None => Reach::Adds,
        Some("decides") => Reach::Decides,
        Some("foreign") => Reach::Foreign,
        Some(other) => panic!("{other}"),
    };
    let policy = Value::list(vec![policy.clone()], policy.span);
    let grant = grants(Some(&policy), PolicyKind::Resource).pop().unwrap();
    ResourceGrant::new(grant, &resource, reach)
}

fn request(case: &Map) -> Request {
    let text = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let keys = case.get("context").and_then(Value::as_map);
    let context: Context = keys
        .into_iter()
        .flat_map(Map::iter)
        .map(|(key, value)| {
            let values = match value.as_list() {
                Some(list) => list.items.iter().filter_map(Value::to_text).collect(),
                None => value.to_text().into_iter().collect(),
            };
            (key.to_string().to_ascii_lowercase(), values)
        })
        .collect();
    Request {
        action: text("action"),
        resource: Text::plain(&text("resource")),
        context,
    }
}

#[test]
fn requests_are_decided_as_aws_documents() {
    let mut wrong = Vec::new();
    let cases = include_str!("documented.jsonl");
    for line in cases.lines() {
        let case = json::read_text(&Text::plain(line)).unwrap().value;
        let case = case.as_map().unwrap();
        let decision = evaluate(&authority(case), &request(case));
        let allowed = case.get("allowed").and_then(Value::as_bool).unwrap();
        let consistent = (decision.outcome == Outcome::Allowed) == decision.answer.is_yes();
        if decision.answer != Answer::from_bool(allowed) || !consistent {
            wrong.push(format!("{:?}: {:?}", case.get("states"), decision.answer));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.lines().count() >= 61);
}
