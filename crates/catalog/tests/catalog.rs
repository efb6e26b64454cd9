//! The data as a whole, and spot checks against AWS's service authorization reference.

use std::collections::BTreeMap;

use rolecall_catalog::{self as catalog, AccessLevel, ActionId, Sensitivity};

#[expect(clippy::expect_used, reason = "a test fails here")]
fn action(name: &str) -> catalog::Action {
    catalog::find_action(name).expect(name)
}

fn required(name: &str) -> Vec<&'static str> {
    let required = catalog::resource_types(action(name).id).filter(|resource| resource.required);
    required.map(|resource| resource.name).collect()
}

#[test]
fn every_action_is_found_by_its_name_and_lies_in_its_service() {
    let mut before = String::new();
    let mut count = 0;
    for service in catalog::services() {
        assert_eq!(service.actions.start, count, "{}", service.prefix);
        assert_eq!(
            service.actions,
            catalog::service_actions(&service.prefix.to_uppercase())
        );
        for id in service.actions.clone() {
            let action = catalog::action(ActionId(id)).unwrap();
            assert_eq!(action.id, ActionId(id));
            assert_eq!(action.service, service.prefix);
            let name = format!("{}:{}", action.service, action.name);
            let lower = name.to_ascii_lowercase();
            assert!(before < lower, "{before} before {lower}");
            for spelling in [&name, &lower, &name.to_ascii_uppercase()] {
                assert_eq!(catalog::find_action(spelling).unwrap().id, action.id, "{spelling}");
            }
            before = lower;
        }
        count = service.actions.end;
    }
    assert_eq!(usize::from(count), catalog::action_count());
    assert_eq!(catalog::all_actions().count(), catalog::action_count());
    assert!(catalog::action(ActionId(count)).is_none());
}

#[test]
fn what_is_not_there_is_not_found() {
    for name in [
        "",
        ":",
        "ec2",
        "ec2:",
        ":RunInstances",
        "ec2:RunInstance",
        "ec2:RunInstancesX",
        "zzz:RunInstances",
        "ec2:*",
        "ec:RunInstances",
    ] {
        assert!(catalog::find_action(name).is_none(), "{name}");
    }
    assert!(catalog::service_actions("ec").is_empty());
    assert!(catalog::service_actions("").is_empty());
}

#[test]
fn every_action_has_readable_resource_types_and_keys() {
    let mut types = 0;
    for action in catalog::all_actions() {
        for resource in catalog::resource_types(action.id) {
            assert!(resource.arn.starts_with("arn:${Partition}:"), "{action:?} {resource:?}");
            assert!(!resource.name.is_empty(), "{action:?}");
            types += 1;
        }
        let own: Vec<_> = catalog::own_condition_keys(action.id).collect();
        assert!(own.is_sorted(), "{action:?}");
        for key in catalog::condition_keys(action.id) {
            assert_eq!(catalog::find_condition_key(key).unwrap().lower, key, "{action:?}");
        }
        for dependent in catalog::dependent_actions(action.id) {
            assert!(catalog::action(dependent).is_some(), "{action:?}");
        }
    }
    assert!(types > catalog::action_count() / 2);
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>
#[test]
fn run_instances_requires_five_types() {
    let run = action("ec2:RunInstances");
    assert_eq!((run.name, run.access), ("RunInstances", AccessLevel::Write));
    assert_eq!(
        required("ec2:RunInstances"),
        ["image", "instance", "network-interface", "security-group", "subnet"]
    );
    let resources = catalog::resources(run.id);
    let find = |name: &str| resources.iter().find(|resource| resource.name == name).unwrap();
    assert_eq!(
        find("instance").arn,
        "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}"
    );
    assert!(!find("volume").required);
    assert!(
        find("instance")
            .condition_keys()
            .any(|key| key == "ec2:instanceprofile")
    );
    assert!(!find("subnet").condition_keys().any(|key| key == "ec2:instanceprofile"));
    assert!(catalog::condition_keys(run.id).contains(&"ec2:instanceprofile"));
    let dependents: Vec<_> = catalog::dependent_actions(run.id).collect();
    assert!(dependents.contains(&action("iam:PassRole").id));
}

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[test]
fn pass_role_works_on_roles() {
    let pass = action("IAM:passrole");
    assert_eq!((pass.service, pass.name), ("iam", "PassRole"));
    let resources = catalog::resources(pass.id);
    assert_eq!(resources.len(), 1);
    assert_eq!(
        resources[0].arn,
        "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
    );
    assert!(resources[0].required);
    let own: Vec<_> = catalog::own_condition_keys(pass.id).collect();
    assert_eq!(own, ["iam:associatedresourcearn", "iam:passedtoservice"]);
}

#[test]
fn access_levels_are_as_published() {
    for (name, access) in [
        ("s3:ListBucket", AccessLevel::List),
        ("s3:GetObject", AccessLevel::Read),
        ("s3:PutObject", AccessLevel::Write),
        ("ec2:CreateTags", AccessLevel::Tagging),
        ("iam:AttachRolePolicy", AccessLevel::PermissionsManagement),
        ("s3:PutBucketPolicy", AccessLevel::PermissionsManagement),
    ] {
        assert_eq!(action(name).access, access, "{name}");
    }
    assert!(catalog::resources(action("ec2:DescribeInstances").id).is_empty());
}

#[test]
fn a_type_with_two_forms_of_arn_appears_twice() {
    let bot: Vec<_> = catalog::resource_types(action("lex:BatchCreateCustomVocabularyItem").id)
        .filter(|resource| resource.name == "bot")
        .map(|resource| resource.arn)
        .collect();
    assert!(bot.iter().all(|arn| !arn.contains(", ")), "{bot:?}");
    assert!(
        bot.contains(&"arn:${Partition}:lex:${Region}:${Account}:bot:${BotName}"),
        "{bot:?}"
    );
}

#[test]
fn condition_keys_have_types() {
    for (name, value_type) in [
        ("iam:PassedToService", "String"),
        ("iam:AssociatedResourceArn", "ARN"),
        ("ec2:InstanceProfile", "ARN"),
        ("ec2:EbsOptimized", "Bool"),
        ("aws:TagKeys", "ArrayOfString"),
        ("aws:RequestTag/team", "String"),
        ("aws:requesttag/${tagkey}", "String"),
        ("aws:PrincipalTag/a/b", "String"),
        ("AWS:SourceIp", "IPAddress"),
        ("aws:CurrentTime", "Date"),
        ("aws:MultiFactorAuthPresent", "Bool"),
        ("aws:MultiFactorAuthAge", "Numeric"),
        ("aws:PrincipalArn", "ARN"),
    ] {
        assert_eq!(catalog::condition_key_type(name), Some(value_type), "{name}");
    }
    for name in ["", "aws:", "aws:RequestTag/", "aws:RequestTag", "ec2:NoSuchKey"] {
        assert_eq!(catalog::condition_key_type(name), None, "{name}");
    }
    let all: Vec<_> = catalog::all_condition_keys().collect();
    assert!(all.is_sorted_by(|a, b| a.lower < b.lower));
    for key in all {
        assert_eq!(key.name.to_ascii_lowercase(), key.lower);
        assert!(!key.value_type.is_empty(), "{key:?}");
    }
}

#[test]
fn every_managed_policy_is_json_and_found_in_every_partition() {
    let arns = catalog::managed_policy_arns();
    assert!(arns.is_sorted());
    let all: Vec<_> = catalog::managed_policies().collect();
    assert_eq!(all.len(), arns.len());
    for (policy, arn) in all.iter().zip(arns) {
        assert_eq!(policy.arn, *arn);
        assert!(
            policy.version.strip_prefix('v').unwrap().parse::<u16>().is_ok(),
            "{arn}"
        );
        let document: serde_json::Value = serde_json::from_str(&policy.document).unwrap();
        assert!(document.get("Statement").is_some(), "{arn}");
        assert_eq!(
            serde_json::to_string(&document).unwrap().len(),
            policy.document.len(),
            "{arn} is compact"
        );
        let elsewhere = arn.replacen("arn:aws:", "arn:aws-us-gov:", 1);
        assert_eq!(catalog::managed_policy(&elsewhere).unwrap().document, policy.document);
    }
}

#[test]
fn known_managed_policies() {
    let policy = |path: &str| catalog::managed_policy(&format!("arn:aws:iam::aws:policy/{path}"));
    let administrator: serde_json::Value =
        serde_json::from_str(&policy("AdministratorAccess").unwrap().document).unwrap();
    let statement = serde_json::json!([{ "Action": "*", "Effect": "Allow", "Resource": "*" }]);
    assert_eq!(administrator["Statement"], statement);
    let managed = policy("AmazonSSMManagedInstanceCore").unwrap();
    assert!(
        managed.document.contains("\"ssmmessages:OpenDataChannel\""),
        "{}",
        managed.document
    );
    assert!(policy("service-role/AmazonEC2RoleforSSM").is_some());
    assert!(policy("NoSuchPolicy").is_none());
    assert!(catalog::managed_policy("AdministratorAccess").is_none());
    assert!(catalog::managed_policy("arn:aws:iam::123456789012:policy/AdministratorAccess").is_none());
}

#[test]
fn service_principals_are_known() {
    for name in [
        "ec2.amazonaws.com",
        "ec2.amazonaws.com.cn",
        "lambda.amazonaws.com",
        "ecs-tasks.amazonaws.com",
    ] {
        assert!(catalog::is_service_principal(name), "{name}");
    }
    assert!(!catalog::is_service_principal("ec2.amazonaws.org"));
    let all: Vec<_> = catalog::service_principals().collect();
    assert!(all.is_sorted());
    assert!(all.iter().all(|name| catalog::is_service_principal(name)));
}

/// The file kept by hand and the actions agree, both ways.
#[test]
fn sensitivity_is_that_of_the_list() {
    let listed: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(include_str!("../data/sensitivity.toml")).unwrap();
    let mut stated = BTreeMap::new();
    for (class, actions) in &listed {
        let class = match class.as_str() {
            "Credential" => Sensitivity::Credential,
            "Secret" => Sensitivity::Secret,
            "Data" => Sensitivity::Data,
            other => panic!("{other}"),
        };
        for (name, source) in actions {
            let found = action(name);
            assert_eq!(*name, format!("{}:{}", found.service, found.name), "as AWS spells it");
            assert!(source.starts_with("https://docs.aws.amazon.com/"), "{name}: {source}");
            assert_eq!(stated.insert(found.id, class), None, "{name} twice");
        }
    }
    for action in catalog::all_actions() {
        assert_eq!(action.sensitivity, stated.get(&action.id).copied(), "{action:?}");
    }
}
