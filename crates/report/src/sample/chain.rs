//! Findings of more than a launch: a role assumed, compute taken over, a principal that changes itself, a chain.

use rolecall_checks::finding::{Finding, GainSummary, Hop, Party, Step, StepKind, WitnessRequest};
use rolecall_source::{Confidence, Severity, Sources};

use super::{admin, admin_role, at, gain, party, step};

pub(super) const TEXT: &str = r#"resource "aws_iam_user" "dev" {
  name = "dev"
}

resource "aws_iam_user_policy" "dev" {
  user = aws_iam_user.dev.name
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.ci.arn },
      { Effect = "Allow", Action = "iam:PutUserPolicy", Resource = "*" },
    ]
  })
}

resource "aws_iam_role" "ci" {
  name               = "ci"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.dev.arn } }] })
}

resource "aws_iam_role_policy" "ci" {
  role   = aws_iam_role.ci.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "ssm:SendCommand", Resource = "*" }] })
}

resource "aws_instance" "web" {
  iam_instance_profile = aws_iam_instance_profile.web.name
}

resource "aws_iam_instance_profile" "web" {
  role = aws_iam_role.web.name
}

resource "aws_iam_role" "web" {
  name = "web"
}

resource "aws_iam_role_policy" "web" {
  role   = aws_iam_role.web.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = ["ec2:RunInstances", "iam:PassRole"], Resource = "*" }] })
}
"#;

/// Whom and what the file of the chain states.
struct Cast {
    dev: Party,
    ci: Party,
    instance: Party,
    web: Party,
}

impl Cast {
    fn of(sources: &Sources) -> Self {
        let block = |kind: &str, resource: &str, name: &str| {
            let span = at(sources, "iam/chain.tf", &format!("resource \"{resource}\" \"{name}\""));
            party(kind, &format!("{resource}.{name}"), name, span)
        };
        Self {
            dev: block("user", "aws_iam_user", "dev"),
            ci: block("role", "aws_iam_role", "ci"),
            instance: block("ec2:instance", "aws_instance", "web"),
            web: block("role", "aws_iam_role", "web"),
        }
    }
}

fn assume_steps(sources: &Sources, cast: &Cast) -> Vec<Step> {
    let find = |needle| at(sources, "iam/chain.tf", needle);
    vec![
        step(StepKind::Principal, "user `dev`", cast.dev.span),
        step(
            StepKind::Assume,
            "may call `sts:AssumeRole` on role `ci`",
            find("\"sts:AssumeRole\", Resource"),
        ),
        step(
            StepKind::Trust,
            "role `ci` trusts user `dev`",
            find("AWS = aws_iam_user.dev.arn"),
        ),
    ]
}

fn take_over_steps(sources: &Sources, cast: &Cast) -> Vec<Step> {
    let find = |needle| at(sources, "iam/chain.tf", needle);
    vec![
        step(StepKind::Principal, "role `ci`", cast.ci.span),
        step(
            StepKind::Launch,
            "may call `ssm:SendCommand`",
            find("\"ssm:SendCommand\""),
        ),
        step(
            StepKind::Compute,
            "instance `aws_instance.web` runs with instance profile `web`",
            cast.instance.span,
        ),
        step(
            StepKind::Profile,
            "instance profile `web` contains role `web`",
            find("role = aws_iam_role.web.name"),
        ),
    ]
}

fn one_hop(
    technique: &str,
    does: &str,
    from: &Party,
    to: &Party,
    through: Option<&Party>,
    steps: std::ops::Range<usize>,
) -> Hop {
    Hop {
        technique: technique.into(),
        does: does.into(),
        from: from.clone(),
        to: to.clone(),
        through: through.cloned(),
        steps,
    }
}

pub(super) fn assume(sources: &Sources) -> Finding {
    let cast = Cast::of(sources);
    let mut steps = assume_steps(sources, &cast);
    let may = at(sources, "iam/chain.tf", "\"ssm:SendCommand\"");
    steps.push(step(
        StepKind::Gain,
        "the role's inline policy allows `ssm:SendCommand` on `*`",
        may,
    ));
    Finding {
        rule: "assume-over-privileged-role",
        technique: "sts-assume-role".into(),
        severity: Severity::High,
        headline: "user `dev` can assume role `ci` and gain `ssm:SendCommand`".into(),
        gain: GainSummary {
            administrator: false,
            by_service: vec![gain("ssm", &["Write"], 1, &["ssm:SendCommand"])],
        },
        witness: Some(WitnessRequest {
            action: "ssm:SendCommand".into(),
            resource: "arn:aws:ec2:us-east-1:\u{27e8}account\u{27e9}:instance/i-0".into(),
            context: Vec::new(),
        }),
        primary: at(sources, "iam/chain.tf", "\"sts:AssumeRole\", Resource"),
        hops: vec![one_hop(
            "sts-assume-role",
            "assume role `ci`",
            &cast.dev,
            &cast.ci,
            None,
            0..steps.len(),
        )],
        steps,
        principal: cast.dev,
        role: Some(cast.ci),
        fix: None,
        fingerprint: "11111111111111111111111111111111".into(),
        ..admin(sources)
    }
}

pub(super) fn take_over(sources: &Sources) -> Finding {
    let cast = Cast::of(sources);
    let mut steps = take_over_steps(sources, &cast);
    let may = at(sources, "iam/chain.tf", "\"ec2:RunInstances\", \"iam:PassRole\"");
    steps.push(step(
        StepKind::Gain,
        "the role's inline policy allows `ec2:RunInstances` on `*`",
        may,
    ));
    Finding {
        rule: "take-over-compute",
        technique: "ssm-send-command".into(),
        severity: Severity::High,
        confidence: Confidence::Possible,
        headline: "role `ci` can run commands on an EC2 instance that runs with role `web` and gain `ec2:RunInstances`"
            .into(),
        gain: GainSummary {
            administrator: false,
            by_service: vec![gain("ec2", &["Write"], 1, &["ec2:RunInstances"])],
        },
        witness: Some(WitnessRequest {
            action: "ec2:RunInstances".into(),
            resource: "*".into(),
            context: Vec::new(),
        }),
        primary: at(sources, "iam/chain.tf", "\"ssm:SendCommand\""),
        hops: vec![one_hop(
            "ssm-send-command",
            "run commands on EC2 instance `aws_instance.web`",
            &cast.ci,
            &cast.web,
            Some(&cast.instance),
            0..steps.len(),
        )],
        steps,
        principal: cast.ci,
        role: Some(cast.web),
        assumptions: vec!["the SSM agent runs on the instance".into()],
        fix: None,
        fingerprint: "22222222222222222222222222222222".into(),
        ..admin(sources)
    }
}

pub(super) fn self_escalation(sources: &Sources) -> Finding {
    let cast = Cast::of(sources);
    let may = at(sources, "iam/chain.tf", "\"iam:PutUserPolicy\"");
    Finding {
        rule: "self-escalation",
        technique: "iam-put-user-policy".into(),
        headline: "user `dev` can write its own inline policy and gain every permission".into(),
        primary: may,
        steps: vec![
            step(StepKind::Principal, "user `dev`", cast.dev.span),
            step(StepKind::Assume, "may call `iam:PutUserPolicy` on itself", may),
        ],
        hops: vec![one_hop(
            "iam-put-user-policy",
            "write its own inline policy",
            &cast.dev,
            &cast.dev,
            None,
            0..2,
        )],
        principal: cast.dev.clone(),
        role: Some(cast.dev),
        fix: None,
        fingerprint: "33333333333333333333333333333333".into(),
        ..admin(sources)
    }
}

/// Three hops: a role is assumed, an instance with another taken over, and a third launched with.
pub(super) fn chain(sources: &Sources) -> Finding {
    let cast = Cast::of(sources);
    let find = |needle| at(sources, "iam/chain.tf", needle);
    let admin_role = admin_role(sources);
    let mut steps = assume_steps(sources, &cast);
    steps.extend(take_over_steps(sources, &cast));
    steps.push(step(StepKind::Principal, "role `web`", cast.web.span));
    let launch = find("\"ec2:RunInstances\"");
    steps.push(step(StepKind::Launch, "may call `ec2:RunInstances`", launch));
    steps.extend(admin(sources).steps.split_off(4));
    Finding {
        rule: "launch-over-privileged-role",
        technique: "sts-assume-role".into(),
        headline: "user `dev` can reach role `admin` in three hops and gain every action on every resource".into(),
        primary: find("\"sts:AssumeRole\", Resource"),
        hops: vec![
            one_hop("sts-assume-role", "assume role `ci`", &cast.dev, &cast.ci, None, 0..3),
            one_hop(
                "ssm-send-command",
                "run commands on EC2 instance `aws_instance.web`",
                &cast.ci,
                &cast.web,
                Some(&cast.instance),
                3..7,
            ),
            one_hop(
                "ec2-run-instances",
                "launch an EC2 instance",
                &cast.web,
                &admin_role,
                None,
                7..steps.len(),
            ),
        ],
        steps,
        principal: cast.dev,
        role: Some(admin_role),
        fix: None,
        fingerprint: "44444444444444444444444444444444".into(),
        ..admin(sources)
    }
}
