//! The slow twin of containment: every request of a small universe, through the evaluator.
//!
//! For known policies, `No` must mean that no request of the universe is allowed to one and not to the other, `Yes`
//! must come with a request for which the evaluator says so, and `Depends` must not be said.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

use std::sync::Arc;

use rolecall_iam::{Authority, Caller, Context, Engine, Grant, PolicyKind, Request, evaluate, parse_policy};
use rolecall_source::{Span, Text, Value};

const ACCOUNT: &str = "444455556666";

/// Actions with resources they support: objects, buckets, queues, roles, and actions that support only `*`.
const REQUESTS: &[(&str, &[&str])] = &[
    ("s3:GetObject", OBJECTS),
    ("s3:PutObject", OBJECTS),
    ("s3:DeleteObject", OBJECTS),
    (
        "s3:ListBucket",
        &["arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::c"],
    ),
    ("s3:ListAllMyBuckets", &["*"]),
    (
        "sqs:SendMessage",
        &[
            "arn:aws:sqs:eu-west-1:444455556666:a",
            "arn:aws:sqs:eu-west-1:444455556666:c",
        ],
    ),
    (
        "iam:PassRole",
        &[
            "arn:aws:iam::444455556666:role/a",
            "arn:aws:iam::444455556666:role/x/ab",
        ],
    ),
    ("ec2:DescribeInstances", &["*"]),
];
const OBJECTS: &[&str] = &[
    "arn:aws:s3:::a/k",
    "arn:aws:s3:::a/ab",
    "arn:aws:s3:::ab/k",
    "arn:aws:s3:::ab/dana/k",
    "arn:aws:s3:::c/a",
    "arn:aws:s3:::c/dana",
];
/// Values of a key that the caller does not fix; none: the key is absent.
const REGIONS: &[&[&str]] = &[&[], &["us-east-1"], &["EU-west-1"]];
const AGES: &[&[&str]] = &[&[], &["100"], &["600"]];
const TAGS: &[&[&str]] = &[&[], &["a"], &["a", "b"]];

fn requests() -> Vec<Request> {
    let mut out = Vec::new();
    for (action, resources) in REQUESTS {
        for resource in *resources {
            for region in REGIONS {
                for age in AGES {
                    for tags in TAGS {
                        let keys = [
                            ("aws:requestedregion", region),
                            ("aws:multifactorauthage", age),
                            ("aws:tagkeys", tags),
                        ];
                        let context: Context = keys
                            .iter()
                            .filter(|(_, values)| !values.is_empty())
                            .map(|(key, values)| ((*key).to_owned(), values.iter().map(|v| Text::plain(v)).collect()))
                            .collect();
                        let resource = Text::plain(resource);
                        out.push(Request {
                            action: (*action).to_owned(),
                            resource,
                            context,
                        });
                    }
                }
            }
        }
    }
    out
}

fn grant(statements: &str, kind: PolicyKind) -> Grant {
    let document = format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"");
    let mut diagnostics = Vec::new();
    let policy = parse_policy(&Value::string(&document, Span::NOWHERE), kind, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{document}: {diagnostics:?}");
    Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Default::default(),
    }
}

fn caller(kind: &'static str, name: &str) -> Caller {
    Caller {
        arn: Some(Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}"))),
        account: Some(Text::plain(ACCOUNT)),
        username: (kind == "user").then(|| Text::plain(name)),
        kind: Some(if kind == "user" { "User" } else { "AssumedRole" }),
        tags: None,
    }
}

/// What a policy says, the same for a role and for a user, with the requests that each is allowed.
struct Subject {
    shown: String,
    role: Authority,
    user: Authority,
    role_may: Vec<u64>,
    user_may: Vec<u64>,
}

fn subject(statements: &str, boundary: Option<&str>, control: Option<&str>, requests: &[Request]) -> Subject {
    let authority = |caller| Authority {
        caller,
        identity: vec![grant(statements, PolicyKind::Identity)],
        boundary: boundary.map(|b| grant(b, PolicyKind::Identity)),
        controls: control.iter().map(|c| vec![grant(c, PolicyKind::Control)]).collect(),
        ..Authority::default()
    };
    let (role, user) = (authority(caller("role", "app")), authority(caller("user", "dana")));
    let shown = format!("{statements} / boundary {boundary:?} / control {control:?}");
    Subject {
        shown,
        role_may: allowed(&role, requests),
        user_may: allowed(&user, requests),
        role,
        user,
    }
}

fn allowed(authority: &Authority, requests: &[Request]) -> Vec<u64> {
    let mut bits = vec![0u64; requests.len().div_ceil(64)];
    for (at, request) in requests.iter().enumerate() {
        let answer = evaluate(authority, request).answer;
        assert!(answer.is_yes() || answer.is_no(), "{request:?}: {answer:?}");
        bits[at / 64] |= u64::from(answer.is_yes()) << (at % 64);
    }
    bits
}

/// Compares a role with a user; true iff there is a gain.
fn judge(engine: &Engine, role: &Subject, user: &Subject, requests: &[Request]) -> bool {
    let gain = engine.relation(&engine.prepare(&role.role), &engine.prepare(&user.user));
    let missed = (0..requests.len()).find(|at| {
        let bit = 1 << (at % 64);
        role.role_may[at / 64] & bit != 0 && user.user_may[at / 64] & bit == 0
    });
    let told = || format!("\n role {}\n user {}\n{gain:#?}", role.shown, user.shown);
    if gain.answer.is_no() {
        assert!(
            missed.is_none(),
            "missed {:?}{}",
            missed.map(|at| &requests[at]),
            told()
        );
        return false;
    }
    assert!(gain.answer.is_yes(), "undecided{}", told());
    let witness = gain.witness.as_ref().unwrap_or_else(|| panic!("no witness{}", told()));
    assert!(
        evaluate(&role.role, &witness.request).answer.is_yes(),
        "not allowed to the role{}",
        told()
    );
    assert!(
        evaluate(&user.user, &witness.request).answer.is_no(),
        "allowed to the user{}",
        told()
    );
    true
}

const ACTIONS: &[&str] = &[
    "'Action':'s3:GetObject'",
    "'Action':'s3:*Object'",
    "'Action':['s3:List*','sqs:*']",
    "'Action':'*'",
    "'NotAction':['iam:*','s3:Put*']",
];
const RESOURCES: &[&str] = &[
    "'Resource':'*'",
    "'Resource':'arn:aws:s3:::a*'",
    "'Resource':['arn:aws:s3:::a/*','arn:aws:iam::*:role/a*']",
    "'Resource':'arn:aws:s3:::*/${aws:username}*'",
    "'NotResource':['arn:aws:s3:::?/*','arn:aws:sqs:*:*:a']",
];
const CONDITIONS: &[&str] = &[
    "",
    ",'Condition':{'StringEquals':{'aws:RequestedRegion':'eu-west-1'}}",
    ",'Condition':{'StringNotEqualsIgnoreCase':{'aws:RequestedRegion':'eu-west-1'}}",
    ",'Condition':{'StringLikeIfExists':{'aws:RequestedRegion':['eu-*','us-*']}}",
    ",'Condition':{'NumericLessThan':{'aws:MultiFactorAuthAge':'600'}}",
    ",'Condition':{'NumericGreaterThanEqualsIfExists':{'aws:MultiFactorAuthAge':'600'},'Null':{'aws:RequestedRegion':'false'}}",
    ",'Condition':{'ForAllValues:StringEquals':{'aws:TagKeys':['a']}}",
    ",'Condition':{'ForAnyValue:StringLike':{'aws:TagKeys':'b*'}}",
    ",'Condition':{'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::*:user/*'}}",
    ",'Condition':{'Null':{'aws:TagKeys':'true'}}",
];

fn statement(effect: &str, action: usize, resource: usize, condition: usize) -> String {
    format!(
        "{{'Effect':'{effect}',{},{}{}}}",
        ACTIONS[action % ACTIONS.len()],
        RESOURCES[resource % RESOURCES.len()],
        CONDITIONS[condition % CONDITIONS.len()]
    )
}

#[test]
fn pairs_of_single_statements() {
    let requests = requests();
    let mut subjects = Vec::new();
    for action in 0..ACTIONS.len() {
        for resource in 0..RESOURCES.len() {
            // Every condition stands with every action and every resource, though not with each combination of both.
            let condition = (action * RESOURCES.len() + resource) % CONDITIONS.len();
            let document = statement("Allow", action, resource, condition);
            subjects.push(subject(&document, None, None, &requests));
        }
    }
    let engine = Engine::new();
    let (mut gains, mut pairs) = (0, 0);
    for (at, role) in subjects.iter().enumerate() {
        // A third of the pairs: every statement meets a third of the others in each direction.
        for user in subjects.iter().skip(at % 3).step_by(3) {
            gains += usize::from(judge(&engine, role, user, &requests));
            pairs += 1;
        }
    }
    assert!(gains > pairs / 10 && gains < pairs, "{gains} of {pairs}");
}

/// A small generator of its own, so that the cases are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn statement(&mut self, deny: usize) -> String {
        let effect = if self.roll(100) < deny { "Deny" } else { "Allow" };
        let condition = if self.roll(2) == 0 {
            0
        } else {
            self.roll(CONDITIONS.len())
        };
        statement(effect, self.roll(ACTIONS.len()), self.roll(RESOURCES.len()), condition)
    }

    fn statements(&mut self, deny: usize) -> String {
        let all: Vec<String> = (0..1 + self.roll(3)).map(|_| self.statement(deny)).collect();
        all.join(",")
    }

    fn subject(&mut self, requests: &[Request]) -> Subject {
        let statements = self.statements(30);
        let boundary = (self.roll(4) == 0).then(|| self.statements(10));
        let control = (self.roll(5) == 0).then(|| format!("{},{}", statement("Allow", 3, 0, 0), self.statement(100)));
        subject(&statements, boundary.as_deref(), control.as_deref(), requests)
    }
}

#[test]
fn random_policies_with_denials_boundaries_and_controls() {
    let requests = requests();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let subjects: Vec<Subject> = (0..16).map(|_| dice.subject(&requests)).collect();
    let engine = Engine::new();
    let mut gains = 0;
    for role in &subjects {
        for user in &subjects {
            gains += usize::from(judge(&engine, role, user, &requests));
        }
    }
    assert!(gains > 25, "{gains}");
}
