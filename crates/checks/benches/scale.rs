//! Links and checks synthetic accounts of growing size: every eighth user may pass every role.
//!
//! Prints, for 1, 2, 4 and 8 times a size, how long linking and checking took, how many findings there are, and the
//! ratio to the size before. `cargo bench -p rolecall-checks --bench scale -- ROLES USERS` asks for one size.
#![expect(clippy::print_stdout, reason = "a benchmark prints its measurements")]

use std::time::Instant;

use rolecall_checks::{Options, analyze};
use rolecall_facts::{
    Attachment, Configuration, InstanceProfile, Language, Origin, Output, PolicyRef, Principal, PrincipalKind,
    PrincipalRef, Scope, ScopeId,
};
use rolecall_source::{Span, Text, Value, json};

const ACCOUNT: &str = "123456789012";
const SERVICES: [&str; 5] = [
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "codebuild.amazonaws.com",
    "glue.amazonaws.com",
];

fn document(text: &str) -> Value {
    json::read_text(&Text::plain(text)).map_or_else(|_| Value::string(text, Span::NOWHERE), |d| d.value)
}

fn origin(address: String) -> Origin {
    Origin {
        address: address.into(),
        span: Span::NOWHERE,
        calls: Vec::new(),
        exists: Vec::new(),
        open: false,
    }
}

fn principal(kind: PrincipalKind, name: &str, trust: Option<Value>) -> Principal {
    Principal {
        kind,
        origin: origin(format!("{}.{name}", kind.word())),
        scope: ScopeId(0),
        name: Text::plain(name),
        path: Text::plain("/"),
        arn: Text::plain(&format!("arn:aws:iam::{ACCOUNT}:{}/{name}", kind.word())),
        trust,
        boundary: None,
        tags: None,
        declared: true,
    }
}

fn by(kind: PrincipalKind, name: &str) -> PrincipalRef {
    PrincipalRef {
        kind,
        by: Text::plain(name),
        scope: ScopeId(0),
    }
}

fn inline(configuration: &mut Configuration, kind: PrincipalKind, name: &str, body: &str) {
    configuration.attachments.push(Attachment {
        origin: origin(format!("policy.{name}")),
        to: by(kind, name),
        policy: PolicyRef::Inline {
            name: Some(Text::plain(name)),
            body: document(body),
        },
    });
}

/// Every fifth role trusts the same service; one in a hundred is an administrator; others reach one of 200 buckets.
fn role(configuration: &mut Configuration, index: usize) {
    let name = format!("role-{index}");
    let service = SERVICES.get(index % SERVICES.len()).copied().unwrap_or_default();
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":"{service}"}}}}]}}"#
    );
    configuration
        .principals
        .push(principal(PrincipalKind::Role, &name, Some(document(&trust))));
    let statement = if index.is_multiple_of(100) {
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#.to_owned()
    } else {
        let bucket = index % 200;
        format!(
            r#"{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-{bucket}/*"}}"#
        )
    };
    let body = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    inline(configuration, PrincipalKind::Role, &name, &body);
    if service == "ec2.amazonaws.com" {
        configuration.profiles.push(InstanceProfile {
            origin: origin(format!("profile.{name}")),
            scope: ScopeId(0),
            name: Text::plain(&name),
            arn: Text::plain(&format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}")),
            role: Some(by(PrincipalKind::Role, &name)),
            declared: true,
        });
    }
}

/// One user in eight passes every role and launches; others read a bucket of their team's.
fn user(configuration: &mut Configuration, index: usize) {
    let name = format!("user-{index}");
    configuration
        .principals
        .push(principal(PrincipalKind::User, &name, None));
    let team = index % 40;
    let mut statements =
        format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::team-{team}/*"}}"#);
    if index.is_multiple_of(8) {
        statements.push_str(
            r#",{"Effect":"Allow","Action":["ec2:*","lambda:*","ecs:*"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}"#,
        );
    }
    let body = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    inline(configuration, PrincipalKind::User, &name, &body);
}

fn account(roles: usize, users: usize) -> Output {
    let mut configuration = Configuration::new(".", Language::Terraform);
    configuration.scopes.push(Scope {
        name: "provider aws".into(),
        account: Text::plain(ACCOUNT),
        partition: Text::plain("aws"),
        region: Text::plain("eu-west-1"),
    });
    (0..roles).for_each(|at| role(&mut configuration, at));
    (0..users).for_each(|at| user(&mut configuration, at));
    Output {
        configurations: vec![configuration],
        ..Output::default()
    }
}

/// Most memory that the process had, in MiB, where the system tells.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.map_or_else(|| "unknown".to_owned(), |k| format!("{} MiB", k / 1024))
}

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let sizes = match sizes.as_slice() {
        [roles, users] => vec![(*roles, *users)],
        _ => vec![(1250, 250), (2500, 500), (5000, 1000), (10_000, 2000)],
    };
    let mut before: Option<f64> = None;
    for (roles, users) in sizes {
        let output = account(roles, users);
        let start = Instant::now();
        let analysis = analyze(vec![output], &Options::default());
        let took = start.elapsed().as_secs_f64();
        let ratio = before.map_or_else(String::new, |b| format!(", {:.2} times the size before", took / b));
        println!(
            "{roles} roles, {users} users: {took:.2} s{ratio}, {} findings, at most {}",
            analysis.findings.len(),
            peak()
        );
        before = Some(took);
    }
}
