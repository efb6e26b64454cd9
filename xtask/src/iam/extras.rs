//! Policies of sessions and of resources, for requests that have none.

use serde_json::{Value, json};

use super::dice::Dice;

/// What a policy names the caller by, or somebody else.
const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"*"}"#,
    r#"{"AWS":"123456789012"}"#,
    r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
    r#"{"AWS":"arn:aws:iam::123456789012:user/alice"}"#,
    r#"{"AWS":"arn:aws:iam::123456789012:role/alice"}"#,
    r#"{"AWS":["arn:aws:iam::123456789012:user/bob","arn:aws:iam::111111111111:root"]}"#,
    r#"{"Service":"ec2.amazonaws.com"}"#,
];
const ACTIONS: &[&str] = &["s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "*"];
const RESOURCES: &[&str] = &["arn:aws:s3:::bkt/*", "arn:aws:s3:::bkt/k/*", "arn:aws:s3:::bkt", "*"];

/// Makes every fifth request one of a role's session that is limited by another request's policy, and every second one about an object
/// one with a policy of its bucket.
pub(super) fn add(requests: &mut [Value], seed: u64) {
    let mut dice = Dice::new(seed);
    let documents: Vec<Value> = requests
        .iter()
        .filter_map(|r| r.pointer("/identity/0").cloned())
        .collect();
    let conditions: Vec<Value> = documents
        .iter()
        .filter_map(|d| d.pointer("/Statement/0/Condition").cloned())
        .collect();
    for request in requests {
        let object = request.get("action") == Some(&Value::from("s3:GetObject"));
        let Some(fields) = request.as_object_mut() else {
            continue;
        };
        if let (true, Some(document)) = (dice.often(20), dice.pick(&documents)) {
            fields.insert("session".into(), document.clone());
            fields.insert(
                "principal".into(),
                "arn:aws:sts::123456789012:assumed-role/alice/work".into(),
            );
            if let Some(context) = fields.get_mut("context").and_then(Value::as_object_mut) {
                context.remove("aws:username");
                context.insert("aws:PrincipalArn".into(), "arn:aws:iam::123456789012:role/alice".into());
            }
        }
        if object && dice.often(50) {
            fields.insert("resourcePolicy".into(), of_a_bucket(&mut dice, &conditions));
        }
    }
}

fn of_a_bucket(dice: &mut Dice, conditions: &[Value]) -> Value {
    let statements: Vec<Value> = (0..1 + dice.roll(2)).map(|_| statement(dice, conditions)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(dice: &mut Dice, conditions: &[Value]) -> Value {
    let denies = dice.often(25);
    let principal: Value = serde_json::from_str(dice.word(PRINCIPALS)).unwrap_or_default();
    // AWS's advice is to use NotPrincipal with Deny only.
    let element = if denies && dice.often(20) && principal != "*" {
        "NotPrincipal"
    } else {
        "Principal"
    };
    let mut out = json!({
        "Effect": if denies { "Deny" } else { "Allow" },
        element: principal,
        "Action": dice.word(ACTIONS),
        "Resource": dice.word(RESOURCES),
    });
    if let (true, Some(condition), Some(fields)) = (dice.often(40), dice.pick(conditions), out.as_object_mut()) {
        fields.insert("Condition".into(), condition.clone());
    }
    out
}
