//! A scan by hand, for the tests of every format: two languages, several files, an accepted finding, gaps.

mod chain;

use std::sync::Arc;

use rolecall_checks::finding::{
    Analysis, Coverage, Documents, Finding, Fix, GainSummary, Hop, Party, PolicyUnknown, Rule, ServiceGain, Step,
    StepKind, Suppression, Within, WitnessRequest,
};
use rolecall_facts::Unresolved;
use rolecall_source::{Confidence, Diagnostic, Severity, Sources, Span};

const PEOPLE: &str = r#"resource "aws_iam_group" "operators" {
  name = "operators"
}

resource "aws_iam_user" "alice" {
  name = "alice"
}

resource "aws_iam_user_group_membership" "alice" {
  user   = aws_iam_user.alice.name
  groups = [aws_iam_group.operators.name]
}
"#;

const POLICIES: &str = r#"data "aws_iam_policy_document" "operate" {
  statement {
    sid       = "Launch"
    actions   = ["ec2:*"]
    resources = ["*"]
  }

  statement {
    sid       = "Pass"
    actions   = ["iam:PassRole"]
    resources = ["arn:aws:iam::*:role/*"]
  }
}

resource "aws_iam_group_policy" "operate" {
  group  = aws_iam_group.operators.name
  policy = data.aws_iam_policy_document.operate.json
}
"#;

const ROLES: &str = r#"resource "aws_iam_role" "admin" {
  name = "admin"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "admin" {
	name = "admin"	# a tab, and a line that is much longer than a terminal is wide: lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua
  role = aws_iam_role.admin.name
}
"#;

const TEMPLATE: &str = r#"{
  "Resources": {
    "Deployer": { "Type": "AWS::IAM::User", "Properties": { "Policies": [ { "PolicyName": "deploy", "PolicyDocument": { "Statement": [ { "Effect": "Allow", "Action": [ "ec2:RunInstances", "iam:PassRole" ], "Resource": "*" } ] } } ] } },
    "AppRole": { "Type": "AWS::IAM::Role", "Properties": { "AssumeRolePolicyDocument": { "Statement": [ { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ec2.amazonaws.com" } } ] } } }
  }
}
"#;

pub(crate) fn sources() -> Sources {
    Sources::in_memory(&[
        ("iam/chain.tf", chain::TEXT),
        ("iam/people.tf", PEOPLE),
        ("iam/policies.tf", POLICIES),
        ("roles.tf", ROLES),
        ("stacks/app.json", TEMPLATE),
        ("stacks/odd name#1.yaml", "Resources:\n\tA: 1\n"),
    ])
}

/// The span of `needle` in the file at `path`.
fn at(sources: &Sources, path: &str, needle: &str) -> Span {
    let file = sources.find(path).expect("a file of the sample");
    let start = sources
        .text(file)
        .unwrap()
        .find(needle)
        .unwrap_or_else(|| panic!("{needle}"));
    Span::at(file, start..start + needle.len())
}

fn party(kind: &str, address: &str, name: &str, span: Span) -> Party {
    Party {
        kind: kind.into(),
        address: address.into(),
        name: name.into(),
        span,
    }
}

fn step(kind: StepKind, message: &str, span: Span) -> Step {
    Step {
        kind,
        message: message.into(),
        span,
        within: Within::default(),
    }
}

/// The whole path in one hop.
fn hop(from: &Party, to: &Party, steps: usize) -> Vec<Hop> {
    vec![Hop {
        technique: "ec2-run-instances".into(),
        does: "launch an EC2 instance".into(),
        from: from.clone(),
        to: to.clone(),
        through: None,
        steps: 0..steps,
    }]
}

fn gain(service: &str, levels: &[&'static str], actions: usize, examples: &[&str]) -> ServiceGain {
    ServiceGain {
        service: service.into(),
        levels: levels.to_vec(),
        actions,
        examples: examples.iter().map(ToString::to_string).collect(),
    }
}

fn admin(sources: &Sources) -> Finding {
    let find = |path, needle| at(sources, path, needle);
    let user = find("iam/people.tf", "resource \"aws_iam_user\" \"alice\"");
    let principal = party("user", "aws_iam_user.alice", "alice", user);
    let role = admin_role(sources);
    Finding {
        rule: "launch-over-privileged-role",
        technique: "ec2-run-instances".into(),
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        headline: "user `alice` can launch an EC2 instance with role `admin` and gain every action on every resource".into(),
        hops: hop(&principal, &role, 8),
        principal,
        role: Some(role),
        gain: GainSummary {
            administrator: true,
            by_service: vec![
                gain("iam", &["List", "Permissions management", "Read", "Write"], 166, &["iam:CreateAccessKey", "iam:AttachUserPolicy"]),
                gain("s3", &["List", "Read", "Write"], 141, &["s3:GetObject"]),
            ],
        },
        witness: Some(WitnessRequest {
            action: "iam:CreateAccessKey".into(),
            resource: "arn:aws:iam::\u{27e8}account\u{27e9}:user/alice".into(),
            context: vec![("aws:requestedregion".into(), "us-east-1".into())],
        }),
        primary: find("iam/policies.tf", "\"iam:PassRole\""),
        steps: vec![
            step(StepKind::Principal, "user `alice`", user),
            step(StepKind::Wiring, "is a member of group `operators`", find("iam/people.tf", "aws_iam_group.operators.name")),
            step(StepKind::Wiring, "the group has inline policy `operate`", find("iam/policies.tf", "data.aws_iam_policy_document.operate.json")),
            step(StepKind::Launch, "may call `ec2:RunInstances` on every resource it needs", find("iam/policies.tf", "\"ec2:*\"")),
            step(StepKind::Pass, "may pass role `admin` to `ec2.amazonaws.com`", find("iam/policies.tf", "\"iam:PassRole\"")),
            step(StepKind::Trust, "role `admin` trusts `ec2.amazonaws.com`", find("roles.tf", "\"ec2.amazonaws.com\"")),
            step(StepKind::Profile, "instance profile `admin` contains the role", find("roles.tf", "name = \"admin\"\t#")),
            step(StepKind::Gain, "the role has AWS-managed policy `AdministratorAccess`, which allows `*` on `*`", find("roles.tf", "\"arn:aws:iam::aws:policy/AdministratorAccess\"")),
        ],
        assumptions: Vec::new(),
        notes: Vec::new(),
        fix: Some(Fix {
            summary: "let the group pass only the roles it needs, and only to EC2".into(),
            span: find("iam/policies.tf", "resources = [\"arn:aws:iam::*:role/*\"]"),
            snippet: Some("resources = [aws_iam_role.app.arn]\n\ncondition {\n  test     = \"StringEquals\"\n  variable = \"iam:PassedToService\"\n  values   = [\"ec2.amazonaws.com\"]\n}".into()),
        }),
        fingerprint: "6f1e0c6a5c1d4e7f8a9b0c1d2e3f4a5b".into(),
        suppressed: None,
    }
}

fn deployer(sources: &Sources) -> Finding {
    let find = |needle| at(sources, "stacks/app.json", needle);
    let name = |name: &str| format!("\u{27e8}{name}\u{27e9}");
    let principal = party(
        "user",
        "stacks/app.json#Deployer",
        &name("Deployer"),
        find("\"Deployer\""),
    );
    let role = party("role", "stacks/app.json#AppRole", &name("AppRole"), find("\"AppRole\""));
    Finding {
        severity: Severity::Medium,
        confidence: Confidence::Possible,
        headline: "user `Deployer` can launch an EC2 instance with role `AppRole` and gain 3 actions of s3".into(),
        hops: hop(&principal, &role, 5),
        principal,
        role: Some(role),
        gain: GainSummary {
            administrator: false,
            by_service: vec![gain("s3", &["Write"], 3, &["s3:PutObject", "s3:DeleteObject"])],
        },
        witness: Some(WitnessRequest {
            action: "s3:PutObject".into(),
            resource: "arn:aws:s3:::b/k".into(),
            context: Vec::new(),
        }),
        primary: find("\"iam:PassRole\""),
        steps: vec![
            step(StepKind::Principal, "user `Deployer`", find("\"Deployer\"")),
            step(
                StepKind::Launch,
                "may call `ec2:RunInstances`",
                find("\"ec2:RunInstances\""),
            ),
            step(StepKind::Pass, "may pass every role", find("\"iam:PassRole\"")),
            step(
                StepKind::Trust,
                "role `AppRole` trusts `ec2.amazonaws.com`",
                find("\"Service\": \"ec2.amazonaws.com\""),
            ),
            step(
                StepKind::Gain,
                "AWS-managed policy `AmazonS3FullAccess` allows `s3:*` on `*`",
                Span::NOWHERE,
            ),
        ],
        assumptions: vec![
            "123456789012 is the account this deploys to".into(),
            "`Environment` is `prod`".into(),
        ],
        notes: vec!["the principal can make itself administrator, which is reported on its own".into()],
        fix: None,
        fingerprint: "00112233445566778899aabbccddeeff".into(),
        ..admin(sources)
    }
}

fn open(sources: &Sources) -> Finding {
    Finding {
        rule: "open-pass-role",
        severity: Severity::Low,
        confidence: Confidence::Possible,
        headline: "user `Deployer` can launch instances and pass roles that are not in this configuration".into(),
        role: None,
        hops: Vec::new(),
        witness: None,
        gain: GainSummary::default(),
        fingerprint: "ffeeddccbbaa99887766554433221100".into(),
        ..deployer(sources)
    }
}

fn accepted(sources: &Sources) -> Finding {
    Finding {
        severity: Severity::High,
        headline: "user `alice` can launch an EC2 instance with role `build` and gain `kms:Decrypt`".into(),
        fingerprint: "abcdefabcdefabcdefabcdefabcdefab".into(),
        suppressed: Some(Suppression {
            by: "ignore",
            owner: None,
            until: None,
            reason: "the build host is ours alone".into(),
            span: at(sources, "roles.tf", "# a tab"),
        }),
        ..admin(sources)
    }
}

/// Somebody else of the group, in the same way.
fn also(sources: &Sources, name: &str, fingerprint: &str) -> Finding {
    let mut finding = admin(sources);
    let address = format!("aws_iam_user.{name}");
    finding.principal = party("user", &address, name, at(sources, "iam/people.tf", "name = \"alice\""));
    finding.hops = hop(&finding.principal, &admin_role(sources), 8);
    finding.headline = finding.headline.replace("alice", name);
    finding.fingerprint = fingerprint.into();
    finding
}

fn admin_role(sources: &Sources) -> Party {
    let span = at(sources, "roles.tf", "resource \"aws_iam_role\" \"admin\"");
    party("role", "aws_iam_role.admin", "admin", span)
}

pub(crate) fn analysis(sources: &Sources) -> Analysis {
    let find = |path, needle| at(sources, path, needle);
    Analysis {
        cut: None,
        findings: vec![
            admin(sources),
            chain::chain(sources),
            also(sources, "bob", "6f1e0c6a5c1d4e7f8a9b0c1d2e3f4a5c"),
            chain::self_escalation(sources),
            also(sources, "carol", "6f1e0c6a5c1d4e7f8a9b0c1d2e3f4a5d"),
            accepted(sources),
            chain::assume(sources),
            chain::take_over(sources),
            deployer(sources),
            open(sources),
        ],
        diagnostics: vec![
            Diagnostic::error(
                "yaml-syntax",
                "a tab cannot indent",
                find("stacks/odd name#1.yaml", "\tA"),
            )
            .labelled("here")
            .help("use spaces"),
            Diagnostic::warning(
                "unknown-function",
                "`frobnicate` is not a function of Terraform",
                find("roles.tf", "jsonencode"),
            ),
        ],
        coverage: Coverage {
            files: 5,
            roots: vec!["terraform .".into(), "cloudformation stacks/app.json".into()],
            modules_unresolved: vec![Unresolved {
                address: "module.vpc".into(),
                source: "terraform-aws-modules/vpc/aws".into(),
                span: find("iam/people.tf", "\"operators\""),
                help: Some("terraform init".into()),
            }],
            policies_unknown: vec![PolicyUnknown {
                address: Arc::from("aws_iam_role_policy.extra"),
                why: "`var.extra_policy` has no default".into(),
                partly: false,
                span: find("roles.tf", "aws_iam_role.admin.name"),
            }],
            principals: 4,
            roles: 2,
            policies: 5,
            documents: Documents {
                whole: 4,
                partly: 0,
                unknown: 1,
            },
        },
    }
}

pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "launch-over-privileged-role",
        summary: "A principal can launch compute with a role that may do more than the principal",
        page: "# launch-over-privileged-role\n\n## What it finds\n\nSomebody who can launch with a stronger role.\n\n## Fix\n\nPass exactly the roles that are needed.\n",
        url: "https://example.org/rules/launch-over-privileged-role",
    },
    Rule {
        id: "open-pass-role",
        summary: "A principal can launch compute and pass roles through an open pattern",
        page: "# open-pass-role\n\n## What it finds\n\nA pattern that covers roles of tomorrow.\n",
        url: "https://example.org/rules/open-pass-role",
    },
    Rule {
        id: "assume-over-privileged-role",
        summary: "A principal can assume a role that may do more than the principal",
        page: "# assume-over-privileged-role\n\n## What it finds\n\nA sample.\n\n## Fix\n\nTake the permission away.\n",
        url: "https://example.org/rules/assume-over-privileged-role",
    },
    Rule {
        id: "take-over-compute",
        summary: "A principal can act as the role of compute that is there already",
        page: "# take-over-compute\n\n## What it finds\n\nA sample.\n\n## Fix\n\nTake the permission away.\n",
        url: "https://example.org/rules/take-over-compute",
    },
    Rule {
        id: "self-escalation",
        summary: "A principal can change its own permissions",
        page: "# self-escalation\n\n## What it finds\n\nA sample.\n\n## Fix\n\nTake the permission away.\n",
        url: "https://example.org/rules/self-escalation",
    },
];
