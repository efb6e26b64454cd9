//! Random callers with policies as people write them, and callers made from others.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// The account that everything is in.
pub(super) const ACCOUNT: &str = "123456789012";

/// A caller and the policies that decide what it may do, as documents.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// The ARN of a user or a role.
    pub(super) principal: String,
    pub(super) team: Option<&'static str>,
    pub(super) identity: Vec<Value>,
    pub(super) boundary: Option<Value>,
    pub(super) controls: Vec<Vec<Value>>,
}

/// What statements are about: actions and resources that go together.
struct Topic {
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    conditions: &'static [&'static str],
}

const TOPICS: &[Topic] = &[
    Topic {
        actions: &[
            "s3:*",
            "s3:Get*",
            "s3:GetObject",
            "s3:GetObject*",
            "s3:Put*",
            "s3:PutObject",
            "s3:List*",
            "s3:ListBucket",
            "s3:*Object",
            "s3:DeleteObject",
            "s3:*Bucket*",
        ],
        resources: &[
            "*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::app-*",
            "arn:aws:s3:::app-data",
            "arn:aws:s3:::app-data/*",
            "arn:aws:s3:::app-*/logs/*",
            "arn:aws:s3:::*/public/*",
            "arn:aws:s3:::app-data/${aws:username}/*",
            "arn:aws:s3:::${aws:PrincipalTag/team}-*",
            "arn:aws:s3:::app-????/*",
            "arn:aws:s3:::app-data/logs/2*.gz",
            "arn:*:s3:::*data*/*",
        ],
        conditions: &[
            r#"{"StringEquals":{"s3:prefix":["","home/"]}}"#,
            r#"{"StringLike":{"s3:prefix":"home/*"}}"#,
            r#"{"StringEquals":{"s3:x-amz-acl":["private","bucket-owner-full-control"]}}"#,
            r#"{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}"#,
            r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#,
        ],
    },
    Topic {
        actions: &[
            "ec2:*",
            "ec2:Describe*",
            "ec2:RunInstances",
            "ec2:Run*",
            "ec2:*Instances",
            "ec2:CreateTags",
            "ec2:Create*",
            "ec2:TerminateInstances",
            "ec2:AssociateIamInstanceProfile",
        ],
        resources: &[
            "*",
            "arn:aws:ec2:*:*:instance/*",
            "arn:aws:ec2:*::image/*",
            "arn:aws:ec2:us-east-1:123456789012:*",
            "arn:aws:ec2:*:123456789012:subnet/subnet-1*",
            "arn:aws:ec2:us-*:123456789012:volume/*",
        ],
        conditions: &[
            r#"{"StringEquals":{"ec2:InstanceType":["t3.micro","t3.small"]}}"#,
            r#"{"StringLike":{"ec2:InstanceType":"t3.*"}}"#,
            r#"{"StringEquals":{"aws:RequestTag/team":"${aws:PrincipalTag/team}"}}"#,
            r#"{"StringEquals":{"aws:ResourceTag/team":["blue","red"]}}"#,
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team","env"]}}"#,
            r#"{"ForAnyValue:StringLike":{"aws:TagKeys":["team*"]}}"#,
            r#"{"StringEquals":{"ec2:CreateAction":"RunInstances"}}"#,
            r#"{"Bool":{"ec2:Encrypted":"true"}}"#,
            r#"{"ArnLike":{"ec2:InstanceProfile":"arn:aws:iam::123456789012:instance-profile/app-*"}}"#,
        ],
    },
    Topic {
        actions: &[
            "iam:*",
            "iam:PassRole",
            "iam:Pass*",
            "iam:Get*",
            "iam:List*",
            "iam:CreateRole",
            "iam:*Role*",
            "iam:Put*Policy",
            "iam:AttachRolePolicy",
            "iam:*AccessKey*",
        ],
        resources: &[
            "*",
            "arn:aws:iam::*:role/*",
            "arn:aws:iam::123456789012:role/app-*",
            "arn:aws:iam::123456789012:role/app/*",
            "arn:aws:iam::123456789012:role/*-ec2",
            "arn:aws:iam::*:user/${aws:username}",
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::123456789012:role/${aws:PrincipalTag/team}-*",
        ],
        conditions: &[
            r#"{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}"#,
            r#"{"StringLike":{"iam:PassedToService":["ec2.*","lambda.*"]}}"#,
            r#"{"StringNotEquals":{"iam:PassedToService":["lambda.amazonaws.com"]}}"#,
            r#"{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#,
            r#"{"ArnLike":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/limits/*"}}"#,
        ],
    },
    Topic {
        actions: &[
            "sqs:*",
            "sqs:SendMessage",
            "sqs:*Message*",
            "sns:*",
            "sns:Publish",
            "dynamodb:*",
            "dynamodb:*Item",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "kms:Decrypt",
            "kms:*",
            "secretsmanager:Get*",
            "ssm:GetParameter*",
        ],
        resources: &[
            "*",
            "arn:aws:sqs:*:123456789012:app-*",
            "arn:aws:sqs:us-east-1:123456789012:app-jobs",
            "arn:aws:dynamodb:*:*:table/app-*",
            "arn:aws:dynamodb:*:*:table/app-users/index/*",
            "arn:aws:kms:*:123456789012:key/*",
            "arn:aws:secretsmanager:*:*:secret:app/*",
            "arn:aws:ssm:*:*:parameter/app/*",
            "arn:aws:sns:*:123456789012:*",
        ],
        conditions: &[
            r#"{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:username}"]}}"#,
            r#"{"ForAllValues:StringLike":{"dynamodb:Attributes":["id","name*"]},"StringEqualsIfExists":{"dynamodb:Select":"SPECIFIC_ATTRIBUTES"}}"#,
            r#"{"StringLike":{"kms:ViaService":"s3.*.amazonaws.com"}}"#,
            r#"{"StringEquals":{"kms:EncryptionContext:app":"one"}}"#,
            r#"{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#,
        ],
    },
    Topic {
        actions: &[
            "lambda:*",
            "lambda:InvokeFunction",
            "lambda:Create*",
            "lambda:Update*",
            "logs:*",
            "logs:Put*",
            "sts:AssumeRole",
            "sts:*",
            "cloudformation:*",
            "cloudformation:*Stack",
        ],
        resources: &[
            "*",
            "arn:aws:lambda:*:*:function:app-*",
            "arn:aws:lambda:us-east-1:123456789012:function:app-api",
            "arn:aws:logs:*:*:log-group:/aws/lambda/*",
            "arn:aws:iam::*:role/app-*",
            "arn:aws:cloudformation:*:*:stack/app-*/*",
        ],
        conditions: &[
            r#"{"StringEquals":{"sts:ExternalId":"one"}}"#,
            r#"{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}"#,
            r#"{"ArnEquals":{"lambda:Layer":"arn:aws:lambda:us-east-1:123456789012:layer:base:*"}}"#,
            r#"{"StringEquals":{"cloudformation:RoleArn":"arn:aws:iam::123456789012:role/app-ec2"}}"#,
        ],
    },
];

/// Conditions that go with every action.
const CONDITIONS: &[&str] = &[
    r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#,
    r#"{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]}}"#,
    r#"{"StringLike":{"aws:RequestedRegion":"eu-*"}}"#,
    r#"{"StringEqualsIgnoreCase":{"aws:RequestedRegion":"US-EAST-1"}}"#,
    r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}}"#,
    r#"{"NotIpAddress":{"aws:SourceIp":"10.1.0.0/16"}}"#,
    r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
    r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#,
    r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#,
    r#"{"NumericGreaterThanEqualsIfExists":{"aws:MultiFactorAuthAge":"100"}}"#,
    r#"{"Null":{"aws:MultiFactorAuthAge":"false"}}"#,
    r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}"#,
    r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
    r#"{"StringEquals":{"aws:PrincipalTag/team":"blue"}}"#,
    r#"{"StringNotLike":{"aws:PrincipalTag/team":["re*","green"]}}"#,
    r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app-*"}}"#,
    r#"{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:user/dana"]}}"#,
    r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"},"Null":{"aws:SourceVpc":"true"}}"#,
];

const TEAMS: &[&str] = &["blue", "red"];

/// A caller of its own.
pub(super) fn random(dice: &mut Dice) -> Subject {
    let names = ["role/app-ec2", "role/deploy", "user/dana", "user/eve"];
    let identity: Vec<Value> = (0..1 + dice.roll(2)).map(|_| document(dice, 20)).collect();
    Subject {
        principal: format!("arn:aws:iam::{ACCOUNT}:{}", dice.word(&names)),
        team: dice.often(50).then(|| dice.word(TEAMS)),
        identity,
        boundary: dice.often(20).then(|| document(dice, 5)),
        controls: if dice.often(15) { controls(dice) } else { Vec::new() },
    }
}

/// Everything, and what an organization denies.
fn controls(dice: &mut Dice) -> Vec<Vec<Value>> {
    let everything = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    vec![vec![everything.clone()], vec![everything, document(dice, 100)]]
}

fn document(dice: &mut Dice, denials: usize) -> Value {
    let statements: Vec<Value> = (0..1 + dice.roll(4)).map(|_| statement(dice, denials)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(dice: &mut Dice, denials: usize) -> Value {
    let Some(topic) = dice.pick(TOPICS) else {
        return Value::Null;
    };
    let mut out = Map::new();
    out.insert(
        "Effect".into(),
        if dice.often(denials) { "Deny" } else { "Allow" }.into(),
    );
    let actions: Vec<&str> = (0..1 + dice.roll(3)).map(|_| dice.word(topic.actions)).collect();
    let element = if dice.often(8) { "NotAction" } else { "Action" };
    out.insert(element.into(), actions.into());
    let resources: Vec<&str> = if dice.often(30) {
        vec!["*"]
    } else {
        (0..1 + dice.roll(2)).map(|_| dice.word(topic.resources)).collect()
    };
    let element = if dice.often(10) { "NotResource" } else { "Resource" };
    out.insert(element.into(), resources.into());
    if dice.often(45) {
        let of = if dice.often(50) { topic.conditions } else { CONDITIONS };
        out.insert("Condition".into(), conditions(dice, of));
    }
    Value::Object(out)
}

/// One condition block, or two in one.
fn conditions(dice: &mut Dice, of: &[&'static str]) -> Value {
    let mut block = Map::new();
    for _ in 0..1 + dice.roll(2) {
        let one = dice.word(of);
        if let Ok(Value::Object(more)) = serde_json::from_str(one) {
            block.extend(more);
        }
    }
    Value::Object(block)
}

/// A caller that is likely to be allowed all that `subject` is, and something else: its statements with something
/// dropped, widened or put beside.
pub(super) fn near(subject: &Subject, dice: &mut Dice) -> Subject {
    let mut out = subject.clone();
    if dice.often(40) {
        out.principal = random(dice).principal;
    }
    if dice.often(50) {
        out.boundary = None;
    }
    if dice.often(50) {
        out.controls = Vec::new();
    }
    for document in &mut out.identity {
        if let Some(statements) = document.get_mut("Statement").and_then(Value::as_array_mut) {
            statements.iter_mut().for_each(|s| loosen(s, dice));
            if dice.often(25) {
                statements.retain(|s| s.get("Effect") != Some(&Value::from("Deny")));
            }
            if dice.often(15) {
                let at = dice.roll(statements.len());
                statements.insert(at, statement(dice, 50));
            }
        }
    }
    if dice.often(30) {
        out.identity.push(document(dice, 10));
    }
    out
}

/// Changes an element or two of a statement, mostly such that an Allow names more.
fn loosen(statement: &mut Value, dice: &mut Dice) {
    let Some(statement) = statement.as_object_mut() else {
        return;
    };
    match dice.roll(7) {
        0 => {
            statement.remove("Condition");
        }
        1 => texts(statement.get_mut("Resource"), &mut |r| widened(r, dice)),
        2 => texts(statement.get_mut("Action"), &mut |a| action(a, dice)),
        3 => texts(statement.get_mut("NotResource"), &mut |r| {
            r.replacen("app-", "app-d", 1)
        }),
        4 => {
            if let Some(Value::Object(block)) = statement.get_mut("Condition") {
                let at = dice.roll(block.len());
                let key = block.keys().nth(at).cloned();
                key.and_then(|k| block.remove(&k));
                if block.is_empty() {
                    statement.remove("Condition");
                }
            }
        }
        _ => {}
    }
}

fn texts(value: Option<&mut Value>, change: &mut dyn FnMut(&str) -> String) {
    if let Some(items) = value.and_then(Value::as_array_mut) {
        for item in items {
            if let Some(text) = item.as_str() {
                *item = change(text).into();
            }
        }
    }
}

/// A resource pattern with one end, or a field, replaced by a wildcard.
fn widened(pattern: &str, dice: &mut Dice) -> String {
    match (dice.roll(4), pattern.rsplit_once(['/', '-'])) {
        (0, _) => "*".to_owned(),
        (1, Some((head, _))) if pattern.starts_with("arn:") => format!("{head}*"),
        (2, _) => pattern.replace("us-east-1", "*").replace("123456789012", "*"),
        _ => pattern.replace("app-data", "app-*").replace('?', "*"),
    }
}

fn action(pattern: &str, dice: &mut Dice) -> String {
    match pattern.split_once(':') {
        Some((service, name)) if dice.often(60) => {
            let letters = name.chars().take(1 + dice.roll(5));
            format!("{service}:{}*", letters.collect::<String>())
        }
        Some((service, _)) => format!("{service}:*"),
        None => pattern.to_owned(),
    }
}
