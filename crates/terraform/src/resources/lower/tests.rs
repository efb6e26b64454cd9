use rolecall_facts::{Configuration, PolicyRef};
use rolecall_source::{Span, Text, Value};

use crate::instance::{Instance, Mode};
use crate::resources::testing::{choice, facts, facts_of, instance, lowered, show, value};

const ACCOUNT: &str = "\u{27e8}account\u{27e9}";

/// Attachments as `kind:whom <- policy`, with what they assume.
fn attached(c: &Configuration) -> Vec<String> {
    let line = |a: &rolecall_facts::Attachment| {
        let policy = match &a.policy {
            PolicyRef::Inline { name, body } => {
                let name = name.as_ref().map_or_else(|| "-".to_owned(), Text::to_string);
                format!("{name} {}", show(body))
            }
            PolicyRef::Managed(arn) => show(arn),
        };
        let mut line = format!("{:?} {} <- {policy}", a.to.kind, a.to.by);
        for assumption in &a.origin.exists {
            line.push_str(&format!(" if {assumption}"));
        }
        if a.origin.open {
            line.push_str(" open");
        }
        line
    };
    c.attachments.iter().map(line).collect()
}

fn names(c: &Configuration, declared: bool) -> Vec<String> {
    let of = c.principals.iter().filter(|p| p.declared == declared);
    of.map(|p| format!("{:?} {} {}", p.kind, p.name, p.arn)).collect()
}

#[test]
fn a_role_states_its_trust_policies_boundary_and_tags() {
    let c = facts(&[(
        "aws_iam_role.r",
        r#"{"name": "app", "assume_role_policy": "{}", "permissions_boundary": "arn:b",
            "managed_policy_arns": ["arn:one", "arn:two"], "tags": {"team": "ci"},
            "inline_policy": [{"name": "in", "policy": "{1}"}, {}, {"name": "none", "policy": null}]}"#,
    )]);
    let role = &c.principals[0];
    assert_eq!(names(&c, true), [format!("Role app arn:aws:iam::{ACCOUNT}:role/app")]);
    assert_eq!(role.trust.as_ref().map(show).as_deref(), Some("{}"));
    assert_eq!(role.boundary.as_ref().map(show).as_deref(), Some("arn:b"));
    assert!(role.tags.as_ref().is_some_and(|t| t.get("team").is_some()));
    assert_eq!(
        attached(&c),
        ["Role app <- arn:one", "Role app <- arn:two", "Role app <- in {1}"]
    );
    assert!(names(&c, false).is_empty(), "nobody else is meant");
}

#[test]
fn every_attachment_form_is_a_fact() {
    let c = facts(&[
        ("aws_iam_user_policy.a", r#"{"user": "u", "name": "n", "policy": "P"}"#),
        ("aws_iam_role_policy.a", r#"{"role": "r", "policy": "P"}"#),
        (
            "aws_iam_group_policy.a",
            r#"{"group": "g", "name": "n", "policy": "P"}"#,
        ),
        (
            "aws_iam_user_policy_attachment.a",
            r#"{"user": "u", "policy_arn": "A"}"#,
        ),
        (
            "aws_iam_role_policy_attachment.a",
            r#"{"role": "r", "policy_arn": "A"}"#,
        ),
        (
            "aws_iam_group_policy_attachment.a",
            r#"{"group": "g", "policy_arn": "A"}"#,
        ),
        (
            "aws_iam_policy_attachment.a",
            r#"{"name": "x", "users": ["u"], "roles": ["r"], "groups": ["g"], "policy_arn": "B"}"#,
        ),
        (
            "aws_iam_role_policy_attachments_exclusive.a",
            r#"{"role_name": "r", "policy_arns": ["C", "D"]}"#,
        ),
        (
            "awscc_iam_policy.a",
            r#"{"policy_name": "n", "policy_document": {"x": 1}, "users": ["u"]}"#,
        ),
    ]);
    let generated = "terraform-\u{27e8}aws_iam_role_policy.a.name\u{27e9}";
    assert_eq!(
        attached(&c),
        [
            "User u <- n P".to_owned(),
            format!("Role r <- {generated} P"),
            "Group g <- n P".to_owned(),
            "User u <- A".to_owned(),
            "Role r <- A".to_owned(),
            "Group g <- A".to_owned(),
            "User u <- B".to_owned(),
            "Role r <- B".to_owned(),
            "Group g <- B".to_owned(),
            "Role r <- C".to_owned(),
            "Role r <- D".to_owned(),
            "User u <- n {\"x\":1}".to_owned(),
        ]
    );
    let path = |name: &str| format!("\u{27e8}the path of {name}\u{27e9}{name}");
    assert_eq!(
        names(&c, false),
        [
            format!("User u arn:aws:iam::{ACCOUNT}:user/{}", path("u")),
            format!("Role r arn:aws:iam::{ACCOUNT}:role/{}", path("r")),
            format!("Group g arn:aws:iam::{ACCOUNT}:group/{}", path("g")),
        ]
    );
}

#[test]
fn what_is_unknown_is_not_dropped() {
    let c = facts(&[
        (
            "aws_iam_role_policy_attachment.a",
            r#"{"role": <var.role>, "policy_arn": <var.policy>}"#,
        ),
        (
            "aws_iam_policy_attachment.c",
            r#"{"users": <var.users>, "policy_arn": "A"}"#,
        ),
        (
            "aws_iam_user_group_membership.d",
            r#"{"user": "u", "groups": <var.groups>}"#,
        ),
    ]);
    assert_eq!(
        attached(&c),
        [
            "Role \u{27e8}var.role\u{27e9} <- \u{27e8}var.policy\u{27e9}",
            "User \u{27e8}var.users[*]\u{27e9} <- A open",
        ]
    );
    assert_eq!(c.memberships.len(), 1);
    assert!(c.memberships[0].origin.open);
}

#[test]
fn a_missing_target_is_told_and_unknown() {
    let (c, wrong) = lowered(&[instance(
        "aws_iam_role_policy_attachment.b",
        value(r#"{"policy_arn": "A"}"#),
    )]);
    assert_eq!(
        attached(&c),
        ["Role \u{27e8}aws_iam_role_policy_attachment.b.role\u{27e9} <- A"]
    );
    assert_eq!(wrong, ["`aws_iam_role_policy_attachment.b` does not say which `role`"]);
}

#[test]
fn a_choice_of_targets_is_one_fact_for_each() {
    let role = choice("var.prod", value(r#""a""#), value(r#""b""#));
    let body = Value::map(
        [
            (Text::plain("role"), role),
            (Text::plain("policy_arn"), value(r#""A""#)),
        ],
        Span::NOWHERE,
    );
    let c = facts_of(&[instance("aws_iam_role_policy_attachment.x", body)]);
    assert_eq!(
        attached(&c),
        [
            "Role a <- A if `var.prod` is true",
            "Role b <- A if `var.prod` is false"
        ]
    );
}

#[test]
fn a_choice_of_names_is_one_principal_for_each() {
    let name = choice("var.prod", value(r#""a""#), value("null"));
    let arns = choice("var.prod", value(r#"["A"]"#), value("[]"));
    let body = Value::map(
        [
            (Text::plain("name"), name),
            (Text::plain("assume_role_policy"), value(r#""T""#)),
            (Text::plain("managed_policy_arns"), arns),
        ],
        Span::NOWHERE,
    );
    let c = facts_of(&[instance("aws_iam_role.x", body)]);
    let generated = "terraform-\u{27e8}aws_iam_role.x.name\u{27e9}";
    assert_eq!(
        names(&c, true),
        [
            format!("Role a arn:aws:iam::{ACCOUNT}:role/a"),
            format!("Role {generated} arn:aws:iam::{ACCOUNT}:role/{generated}"),
        ]
    );
    assert_eq!(attached(&c), ["Role a <- A if `var.prod` is true"]);
    assert_eq!(c.principals[1].origin.exists[0].clause(), "`var.prod` is false");
}

#[test]
fn exclusive_inline_policies_are_known_by_name() {
    let c = facts(&[
        (
            "aws_iam_role_policies_exclusive.e",
            r#"{"role_name": "r", "policy_names": ["here", "elsewhere"]}"#,
        ),
        (
            "aws_iam_role_policy.p",
            r#"{"role": "r", "name": "here", "policy": "P"}"#,
        ),
    ]);
    let unknown = "\u{27e8}aws_iam_role_policies_exclusive.e.policy elsewhere\u{27e9}";
    assert_eq!(
        attached(&c),
        ["Role r <- here P".to_owned(), format!("Role r <- elsewhere {unknown}")]
    );
}

#[test]
fn data_sources_are_principals_that_are_declared_elsewhere() {
    let c = facts(&[
        ("data.aws_iam_role.r", r#"{"name": "admin"}"#),
        ("data.aws_iam_user.u", r#"{"user_name": "ann"}"#),
        (
            "aws_iam_role_policy_attachment.a",
            r#"{"role": "admin", "policy_arn": "A"}"#,
        ),
    ]);
    let path = "/\u{27e8}data.aws_iam_role.r.path\u{27e9}";
    assert_eq!(
        names(&c, false),
        [
            format!("Role admin arn:aws:iam::{ACCOUNT}:role{path}admin"),
            format!("User ann arn:aws:iam::{ACCOUNT}:user/\u{27e8}data.aws_iam_user.u.path\u{27e9}ann"),
        ]
    );
    assert!(c.principals[0].trust.as_ref().unwrap().as_unknown().is_some());
}

#[test]
fn profiles_hold_a_role_by_name() {
    let c = facts(&[
        ("aws_iam_role.r", r#"{"name": "r", "assume_role_policy": "T"}"#),
        (
            "aws_iam_instance_profile.a",
            r#"{"name": "p", "path": "/x/", "role": "r"}"#,
        ),
        ("aws_iam_instance_profile.b", r#"{"name": "old", "roles": ["r"]}"#),
        ("aws_iam_instance_profile.c", r#"{"name": "empty"}"#),
        (
            "awscc_iam_instance_profile.d",
            r#"{"instance_profile_name": "cc", "roles": ["r"]}"#,
        ),
    ]);
    let shown: Vec<String> = c
        .profiles
        .iter()
        .map(|p| format!("{} {} {:?}", p.name, p.arn, p.role.as_ref().map(|r| r.by.to_string())))
        .collect();
    let arn = |rest: &str| format!("arn:aws:iam::{ACCOUNT}:instance-profile/{rest}");
    assert_eq!(
        shown,
        [
            format!("p {} Some(\"r\")", arn("x/p")),
            format!("old {} Some(\"r\")", arn("old")),
            format!("empty {} None", arn("empty")),
            format!("cc {} Some(\"r\")", arn("cc")),
        ]
    );
}

#[test]
fn permission_sets_with_everything_attached() {
    let set = "arn:aws:sso:::permissionSet/ssoins-1/ps-1";
    let arn = |rest: &str| format!(r#"{{"permission_set_arn": "{set}"{rest}}}"#);
    let c = facts(&[
        (
            "aws_ssoadmin_permission_set_inline_policy.i",
            &arn(r#", "inline_policy": "P""#),
        ),
        (
            "aws_ssoadmin_managed_policy_attachment.m",
            &arn(r#", "managed_policy_arn": "M""#),
        ),
        (
            "aws_ssoadmin_customer_managed_policy_attachment.c",
            &arn(r#", "customer_managed_policy_reference": [{"name": "dev", "path": "/a/"}]"#),
        ),
        (
            "aws_ssoadmin_permissions_boundary_attachment.b",
            &arn(r#", "permissions_boundary": [{"managed_policy_arn": "B"}]"#),
        ),
        (
            "aws_ssoadmin_account_assignment.s",
            &arn(r#", "target_id": "123456789012""#),
        ),
    ]);
    let customer =
        "arn:aws:iam::\u{27e8}aws_ssoadmin_customer_managed_policy_attachment.c.account\u{27e9}:policy/a/dev";
    assert_eq!(
        attached(&c),
        [
            format!("PermissionSet {set} <- - P"),
            format!("PermissionSet {set} <- M"),
            format!("PermissionSet {set} <- {customer}"),
        ]
    );
    assert_eq!(c.assignments[0].permission_set.by.to_string(), set);
    assert_eq!(show(&c.assignments[0].account), "123456789012");
    assert_eq!(c.principals.len(), 1);
    assert_eq!(c.principals[0].boundary.as_ref().map(show).as_deref(), Some("B"));
}

#[test]
fn a_declared_permission_set_gets_its_boundary() {
    let body = r#"{"name": "ops", "instance_arn": "I"}"#;
    let set = instance("aws_ssoadmin_permission_set.p", value(body));
    let arn = crate::resources::attribute(&set, "arn");
    let boundary = Value::map(
        [
            (Text::plain("permission_set_arn"), arn),
            (
                Text::plain("permissions_boundary"),
                value(r#"[{"managed_policy_arn": "B"}]"#),
            ),
        ],
        Span::NOWHERE,
    );
    let c = facts_of(&[
        instance("aws_ssoadmin_permissions_boundary_attachment.b", boundary),
        set,
    ]);
    assert_eq!(c.principals.len(), 1);
    assert!(c.principals[0].declared && c.principals[0].boundary.is_some());
}

#[test]
fn service_control_policies_meet_their_targets() {
    let c = facts(&[
        (
            "aws_organizations_policy_attachment.a",
            r#"{"policy_id": "p-known", "target_id": "r-1"}"#,
        ),
        (
            "aws_organizations_policy_attachment.b",
            r#"{"policy_id": "p-other", "target_id": "ou-2"}"#,
        ),
        (
            "aws_organizations_policy.p",
            r#"{"id": "p-known", "name": "n", "content": "S"}"#,
        ),
        (
            "aws_organizations_policy.t",
            r#"{"name": "tags", "type": "TAG_POLICY", "content": "T"}"#,
        ),
    ]);
    let shown: Vec<String> = c
        .controls
        .iter()
        .map(|p| {
            format!(
                "{} {}",
                show(&p.body),
                p.targets.iter().map(show).collect::<Vec<_>>().join(",")
            )
        })
        .collect();
    let unknown = "\u{27e8}the policy aws_organizations_policy_attachment.b attaches\u{27e9}";
    assert_eq!(shown, [format!("{unknown} ou-2"), "S r-1".to_owned()]);
}

/// Compute as `kind uses… -> links…`.
fn compute(address: &str, body: &str) -> Vec<String> {
    let c = facts(&[(address, body)]);
    let line = |c: &rolecall_facts::Compute| {
        let mut line = c.kind.to_string();
        for u in &c.uses {
            line.push_str(&format!(" {}:{:?}={}", u.property, u.kind, show(&u.value)));
        }
        for l in &c.links {
            let version = l.version.as_ref().map_or_else(String::new, |v| format!("@{}", show(v)));
            line.push_str(&format!(" -> {} {}{version}", l.kind, show(&l.to)));
        }
        line
    };
    c.compute.iter().map(line).collect()
}

#[test]
fn compute_carries_roles_and_links() {
    assert_eq!(
        compute("aws_instance.i", r#"{"iam_instance_profile": "p"}"#),
        ["ec2:instance iam_instance_profile:ProfileName=p"]
    );
    assert_eq!(
        compute(
            "aws_launch_template.t",
            r#"{"name": "t", "iam_instance_profile": [{"arn": "A"}]}"#
        ),
        ["ec2:launch-template iam_instance_profile.arn:ProfileArn=A"]
    );
    assert_eq!(
        compute(
            "aws_autoscaling_group.g",
            r#"{"mixed_instances_policy": [{"launch_template": [{"launch_template_specification":
                [{"launch_template_id": "lt-1", "version": "$Latest"}],
                "override": [{"launch_template_specification": [{"launch_template_name": "n"}]}, {}]}]}]}"#
        ),
        ["autoscaling:autoScalingGroup -> ec2:launch-template lt-1@$Latest -> ec2:launch-template n"]
    );
    assert_eq!(
        compute(
            "aws_elastic_beanstalk_environment.e",
            r#"{"setting": [
                {"namespace": "aws:autoscaling:launchconfiguration", "name": "IamInstanceProfile", "value": "p"},
                {"namespace": "aws:ec2:vpc", "name": "VPCId", "value": "v"}]}"#
        ),
        ["elasticbeanstalk:environment setting.IamInstanceProfile:ProfileNameOrArn=p"]
    );
    assert_eq!(
        compute(
            "aws_batch_job_definition.j",
            r#"{"container_properties": "{\"jobRoleArn\":\"A\",\"image\":\"x\"}"}"#
        ),
        ["batch:job-definition container_properties.jobRoleArn:RoleNameOrArn=A"]
    );
    assert_eq!(
        compute(
            "aws_cognito_identity_pool_roles_attachment.c",
            r#"{"roles": {"authenticated": "A"}}"#
        ),
        ["cognito-identity:identitypool roles.*:RoleArn=A"]
    );
    assert!(compute("aws_sns_topic.t", r#"{"name": "t"}"#).is_empty());
}

/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/autoscaling_group#tag-and-tags>
#[test]
fn a_group_has_the_tags_of_its_blocks() {
    let tags = |body: &str| {
        let c = facts(&[("aws_autoscaling_group.g", body)]);
        c.compute[0].tags.as_ref().map(show)
    };
    let block =
        r#"{"tag": [{"key": "role", "value": "web", "propagate_at_launch": true}, {"key": "a", "value": "b"}]}"#;
    assert_eq!(tags(block), tags(r#"{"tags": {"role": "web", "a": "b"}}"#));
    assert_eq!(
        tags(block),
        tags(&block.replace("\"tag\"", "\"tags\"")),
        "a list, as it was written once"
    );
    assert!(tags(block).is_some());
    assert_eq!(tags(r#"{"min_size": 1}"#), None);
}

#[test]
fn a_role_that_may_be_there_is_an_unknown_use() {
    assert_eq!(
        compute("aws_launch_template.t", r#"{"iam_instance_profile": <var.profile>}"#),
        [
            "ec2:launch-template iam_instance_profile.arn:ProfileArn=\u{27e8}var.profile[*].arn\u{27e9} \
          iam_instance_profile.name:ProfileName=\u{27e8}var.profile[*].name\u{27e9}"
        ]
    );
}

#[test]
fn an_instance_is_known_by_what_others_call_it() {
    let c = facts(&[("aws_launch_template.t", r#"{"name": "t"}"#)]);
    let names: Vec<String> = c.compute[0].names.iter().map(Text::to_string).collect();
    let id = "lt-\u{27e8}aws_launch_template.t.id\u{27e9}";
    assert_eq!(
        names,
        [
            id.to_owned(),
            "t".to_owned(),
            format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:launch-template/{id}"),
        ]
    );
}

#[test]
fn resource_policies_are_at_their_resource() {
    let c = facts(&[
        ("aws_s3_bucket_policy.a", r#"{"bucket": "b", "policy": "P"}"#),
        ("aws_kms_key.b", r#"{"policy": "P"}"#),
        ("aws_kms_key.none", r#"{}"#),
        (
            "aws_sqs_queue_policy.c",
            r#"{"queue_url": "https://sqs.eu-west-1.amazonaws.com/1/q", "policy": "P"}"#,
        ),
        ("aws_sqs_queue_policy.d", r#"{"queue_url": <var.url>, "policy": "P"}"#),
        (
            "aws_lambda_permission.e",
            r#"{"function_name": "f", "action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com",
                "source_arn": "arn:aws:s3:::b"}"#,
        ),
    ]);
    let shown: Vec<String> = c.resource_policies.iter().map(|p| p.resource.to_string()).collect();
    assert_eq!(
        shown,
        [
            "arn:aws:s3:::b".to_owned(),
            format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/\u{27e8}aws_kms_key.b.key_id\u{27e9}"),
            "arn:aws:sqs:eu-west-1:1:q".to_owned(),
            "\u{27e8}aws_sqs_queue_policy.d.queue\u{27e9}".to_owned(),
            format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"),
        ]
    );
    let function = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f");
    let expected = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":"lambda:InvokeFunction","Resource":"{function}","Condition":{{"ArnLike":{{"aws:SourceArn":"arn:aws:s3:::b"}}}}}}]}}"#
    );
    assert_eq!(show(&c.resource_policies[4].body), expected);
}

#[test]
fn kinds_that_cannot_carry_facts_do_not_matter() {
    for (mode, kind, expected) in [
        (Mode::Managed, "aws_iam_role", true),
        (Mode::Managed, "aws_lambda_function", true),
        (Mode::Managed, "aws_vpc", false),
        (Mode::Managed, "random_id", false),
        (Mode::Data, "aws_iam_role", true),
        (Mode::Data, "aws_iam_policy_document", false),
        (Mode::Data, "aws_lambda_function", false),
    ] {
        assert_eq!(super::matters(mode, kind), expected, "{kind}");
    }
    let vpc: Instance = instance("aws_vpc.v", value("{}"));
    assert!(facts_of(&[vpc]).compute.is_empty());
}
