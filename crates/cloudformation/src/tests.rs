use std::fmt::Write;

use rolecall_facts::{Configuration, PolicyRef};
use rolecall_source::{Sources, Text, Value, json};

use super::*;

fn dump(files: &[(&str, &str)]) -> String {
    let sources = Sources::in_memory(files);
    let output = analyze(&sources, &Options::default());
    let mut out = String::new();
    for c in &output.configurations {
        writeln!(out, "{}", c.id).unwrap();
        write_configuration(c, &mut out);
    }
    for d in &output.diagnostics {
        let at = sources.position(d.span());
        writeln!(out, "{}:{}: {}", sources.path(d.span().file), at.line, d.headline).unwrap();
    }
    for u in &output.unresolved {
        writeln!(out, "unresolved {} {}", u.address, u.source).unwrap();
    }
    out
}

fn exists(origin: &rolecall_facts::Origin) -> String {
    let all: Vec<String> = origin.exists.iter().map(ToString::to_string).collect();
    if all.is_empty() {
        String::new()
    } else {
        format!(" if {}", all.join(" and "))
    }
}

fn show(value: &Value) -> String {
    match &value.kind {
        Kind::Choice(choice) => {
            let options: Vec<String> = choice
                .options
                .iter()
                .map(|(s, v)| format!("{s}: {}", show(v)))
                .collect();
            format!("{}{{{}}}", choice.on.name, options.join(", "))
        }
        _ => json::write(value).to_string(),
    }
}

fn write_configuration(c: &Configuration, out: &mut String) {
    for p in &c.principals {
        let o = &p.origin;
        writeln!(out, "{:?} {} {}{}", p.kind, o.address, p.arn, exists(o)).unwrap();
        if let Some(boundary) = &p.boundary {
            writeln!(out, "  boundary {}", show(boundary)).unwrap();
        }
    }
    for p in &c.policies {
        writeln!(out, "policy {} {} {}", p.origin.address, p.arn, show(&p.body)).unwrap();
    }
    for a in &c.attachments {
        let policy = match &a.policy {
            PolicyRef::Inline { name, body } => {
                let name = name.as_ref().map(Text::to_string).unwrap_or_default();
                format!("{name} {}", show(body))
            }
            PolicyRef::Managed(v) => show(v),
        };
        writeln!(out, "{:?} {} has {policy}{}", a.to.kind, a.to.by, exists(&a.origin)).unwrap();
    }
    for m in &c.memberships {
        writeln!(out, "{} in {}", m.user.by, m.group.by).unwrap();
    }
    for p in &c.profiles {
        let role = p.role.as_ref().map(|r| r.by.to_string()).unwrap_or_default();
        writeln!(out, "profile {} holds {role}{}", p.arn, exists(&p.origin)).unwrap();
    }
    for x in &c.compute {
        let names: Vec<String> = x.names.iter().map(Text::to_string).collect();
        writeln!(
            out,
            "{} {} {}{}",
            x.kind,
            x.origin.address,
            names.join(" "),
            exists(&x.origin)
        )
        .unwrap();
        for u in &x.uses {
            writeln!(out, "  {:?} {} = {}", u.kind, u.property, show(&u.value)).unwrap();
        }
        for l in &x.links {
            let version = l.version.as_ref().map(show).unwrap_or_default();
            writeln!(out, "  to {} {} {version}", l.kind, show(&l.to)).unwrap();
        }
    }
    for r in &c.resource_policies {
        writeln!(out, "on {} {}", r.resource, show(&r.body)).unwrap();
    }
    for s in &c.controls {
        let targets: Vec<String> = s.targets.iter().map(show).collect();
        writeln!(out, "control {} {}", show(&s.body), targets.join(" ")).unwrap();
    }
    for a in &c.assignments {
        writeln!(out, "assigned {} in {}", a.permission_set.by, show(&a.account)).unwrap();
    }
}

const LAUNCH: &str = r#"
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Boundary: {Type: String}
Conditions:
  Bounded: !Not [!Equals [!Ref Boundary, '']]
Resources:
  Deployer:
    Type: AWS::IAM::User
    Properties:
      UserName: deployer
      Groups: [!Ref Team]
      ManagedPolicyArns:
        - !Ref Launch
        - !If [Bounded, 'arn:aws:iam::aws:policy/ReadOnlyAccess', !Ref AWS::NoValue]
      PermissionsBoundary: !If [Bounded, !Ref Boundary, !Ref AWS::NoValue]
  Team:
    Type: AWS::IAM::Group
  Launch:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Path: /teams/
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: 'ec2:*', Resource: '*'}
          - {Effect: Allow, Action: 'iam:PassRole', Resource: !GetAtt Admin.Arn}
  Admin:
    Type: AWS::IAM::Role
    Condition: Bounded
    Properties:
      RoleName: admin
      Path: /ops/
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
        - PolicyName: all
          PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {Roles: [!Ref Admin]}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData: {IamInstanceProfile: {Arn: !GetAtt Profile.Arn}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: $Latest}
"#;

#[test]
fn a_launch_path_is_stated() {
    insta::assert_snapshot!(dump(&[("t.yaml", LAUNCH)]));
}

#[test]
fn json_and_yaml_state_the_same() {
    let json = r#"{"Resources": {
        "U": {"Type": "AWS::IAM::User", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument":
            {"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::b/*"}}]}}]}}}}"#;
    let yaml = "Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      Policies:\n      - PolicyName: p\n        PolicyDocument:\n          Statement:\n          - Effect: Allow\n            Action: [s3:Get*]\n            Resource: !Sub arn:${AWS::Partition}:s3:::b/*\n";
    assert_eq!(dump(&[("t", json)]), dump(&[("t", yaml)]));
}

#[test]
fn nested_stacks_are_stated_through_their_parent() {
    let parent = "Resources:\n  Net:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./child.yaml\n      Parameters: {Name: app}\n  P:\n    Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: p\n      Roles: [!GetAtt Net.Outputs.Role]\n      PolicyDocument: {Statement: []}\n";
    let child = "Parameters: {Name: {Type: String}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: !Sub '${Name}-role', AssumeRolePolicyDocument: {}}\nOutputs: {Role: {Value: !Ref R}}\n";
    insta::assert_snapshot!(dump(&[("d/child.yaml", child), ("d/parent.yaml", parent)]));
    let remote = parent.replace("./child.yaml", "https://example.com/x.yaml");
    insta::assert_snapshot!(dump(&[("d/parent.yaml", &remote)]));
}

#[test]
fn imports_find_exports() {
    let a = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r}}}\nOutputs: {O: {Value: !GetAtt R.Arn, Export: {Name: the-role}}}\n";
    let b = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Role: !ImportValue the-role}\n";
    insta::assert_snapshot!(dump(&[("a.yaml", a), ("b.yaml", b)]));
}

#[test]
fn loops_make_resources() {
    let text = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Roles:\n    - Name\n    - [a-b, c]\n    - Role&{Name}:\n        Type: AWS::IAM::Role\n        Properties: {RoleName: !Sub '${Name}-x', AssumeRolePolicyDocument: {}}\n";
    insta::assert_snapshot!(dump(&[("t.yaml", text)]));
}

#[test]
fn sso_and_controls_are_stated() {
    let text = "Resources:\n  S:\n    Type: AWS::SSO::PermissionSet\n    Properties:\n      Name: ops\n      InstanceArn: x\n      ManagedPolicies: ['arn:aws:iam::aws:policy/ReadOnlyAccess']\n      CustomerManagedPolicyReferences: [{Name: extra, Path: /x/}]\n      InlinePolicy: '{\"Statement\": []}'\n  A:\n    Type: AWS::SSO::Assignment\n    Properties: {PermissionSetArn: !GetAtt S.PermissionSetArn, TargetId: '123456789012'}\n  C:\n    Type: AWS::Organizations::Policy\n    Properties: {Type: SERVICE_CONTROL_POLICY, Name: n, Content: {Statement: []}, TargetIds: [ou-1]}\n  B:\n    Type: AWS::S3::Bucket\n  BP:\n    Type: AWS::S3::BucketPolicy\n    Properties: {Bucket: !Ref B, PolicyDocument: {Statement: []}}\n";
    insta::assert_snapshot!(dump(&[("t.yaml", text)]));
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let deep = format!(
        "AWSTemplateFormatVersion: x\nResources: {{R: {{Type: 'AWS::IAM::Role', Properties: {}}}}}",
        "{a: ".repeat(500)
    );
    let out = dump(&[("t.yaml", &deep)]);
    assert!(out.starts_with("t.yaml:2: this template cannot be read"), "{out}");
    let fits = format!(
        "Resources: {{R: {{Type: 'AWS::IAM::Role', Properties: {{Path: {}a{}}}}}}}",
        "{'Fn::Join': ['', [".repeat(40),
        "]]}".repeat(40)
    );
    assert!(
        dump(&[("t.yaml", &fits)]).contains("rolea⟨R.name⟩"),
        "{}",
        dump(&[("t.yaml", &fits)])
    );
}

#[test]
fn doubling_names_end() {
    let mut text = String::from("Resources:\n");
    for i in 0..60 {
        let next = i + 1;
        text.push_str(&format!(
            "  R{i}:\n    Type: AWS::IAM::Role\n    Properties: {{RoleName: !Sub '${{R{next}}}${{R{next}}}'}}\n"
        ));
    }
    text.push_str("  R60:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: abcdefghij}\n");
    let sources = Sources::in_memory(&[("t.yaml", &text)]);
    assert_eq!(analyze(&sources, &Options::default()).configurations.len(), 1);
}

#[test]
fn serverless_resources_get_their_roles() {
    let text = r"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Tracing: Active, VpcConfig: {SubnetIds: [s]}}
Conditions: {Own: !Equals [!Ref 'AWS::Region', eu-west-1]}
Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AWSLambdaRole
        - DynamoDBReadPolicy: {TableName: !Ref Table}
        - Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]
      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Owned:
    Type: AWS::Serverless::Function
    Properties: {Role: !If [Own, 'arn:aws:iam::123456789012:role/own', !Ref 'AWS::NoValue'], Tracing: Disabled}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Reader}}]
      Events: {Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
  Table: {Type: AWS::Serverless::SimpleTable}
  Queue: {Type: AWS::SQS::Queue}
";
    insta::assert_snapshot!(dump(&[("t.yaml", text)]));
}

#[test]
fn connectors_give_policies_to_roles() {
    let text = r"
Resources:
  Writer:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler}
    Connectors:
      ToTable: {Properties: {Destination: {Id: Table}, Permissions: [Write]}}
  Table: {Type: AWS::DynamoDB::Table}
";
    let out = dump(&[("t.yaml", text)]);
    let line = out
        .lines()
        .find(|l| l.starts_with("policy t.yaml#WriterToTablePolicy"))
        .unwrap();
    assert!(
        line.contains("dynamodb:PutItem") && line.contains("table/⟨Table.name⟩/index/*"),
        "{line}"
    );
    assert!(
        out.contains("Role ⟨WriterRole.name⟩ has \"arn:aws:iam::⟨account⟩:policy/⟨WriterToTablePolicy.name⟩\""),
        "{out}"
    );
}

#[test]
fn a_stack_set_has_an_account_of_its_own() {
    let parent = "Resources:\n  Own:\n    Type: AWS::IAM::Role\n  Everywhere:\n    Type: AWS::CloudFormation::StackSet\n    Properties: {TemplateURL: child.yaml}\n";
    let child = "Resources: {R: {Type: AWS::IAM::Role}}\n";
    let sources = Sources::in_memory(&[("child.yaml", child), ("parent.yaml", parent)]);
    let output = analyze(&sources, &Options::default());
    let [configuration] = &output.configurations[..] else {
        panic!("{output:?}");
    };
    let account = |i: usize| &configuration.scopes[configuration.principals[i].scope.0 as usize].account;
    assert_eq!(
        configuration.principals[1].origin.address.as_ref(),
        "parent.yaml#Everywhere/R"
    );
    assert_ne!(account(0), account(1));
}

/// ARNs, names and tags of what a configuration runs.
fn known(text: &str) -> String {
    let sources = Sources::in_memory(&[("t.yaml", text)]);
    let output = analyze(&sources, &Options::default());
    let mut out = String::new();
    for x in &output.configurations[0].compute {
        let names: Vec<String> = x.names.iter().map(Text::to_string).collect();
        let arn = x.arn.as_ref().map(Text::to_string).unwrap_or_default();
        writeln!(out, "{} {arn} [{}]", x.kind, names.join(", ")).unwrap();
        for u in &x.uses {
            writeln!(out, "  {} = {}", u.property, show(&u.value)).unwrap();
        }
        for l in &x.links {
            let version = l.version.as_ref().map(show).unwrap_or_default();
            writeln!(out, "  to {} {} {version}", l.kind, show(&l.to)).unwrap();
        }
        if let Some(tags) = &x.tags {
            writeln!(out, "  tagged {}", show(tags)).unwrap();
        }
    }
    out
}

#[test]
fn launching_keeps_its_versions_and_tags() {
    let text = r#"
Resources:
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateName: web
      TagSpecifications:
        - {ResourceType: launch-template, Tags: [{Key: team, Value: web}]}
      LaunchTemplateData:
        IamInstanceProfile: {Name: web}
        TagSpecifications: [{ResourceType: instance, Tags: [{Key: role, Value: web}]}]
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      Tags: [{Key: a, Value: b, PropagateAtLaunch: true}]
  Mixed:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MixedInstancesPolicy:
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateName: web, Version: !GetAtt Template.DefaultVersionNumber}
          Overrides: [{LaunchTemplateSpecification: {LaunchTemplateId: lt-1, Version: '3'}}]
  Fleet:
    Type: AWS::EC2::EC2Fleet
    Properties:
      LaunchTemplateConfigs: [{LaunchTemplateSpecification: {LaunchTemplateId: !Ref Template, Version: $Latest}}]
      TagSpecifications: [{ResourceType: fleet, Tags: [{Key: x, Value: 'y'}]}]
  Spot:
    Type: AWS::EC2::SpotFleet
    Properties:
      SpotFleetRequestConfigData:
        IamFleetRole: arn:aws:iam::123456789012:role/fleet
        LaunchSpecifications: [{IamInstanceProfile: {Arn: 'arn:aws:iam::123456789012:instance-profile/p'}}]
  Instance:
    Type: AWS::EC2::Instance
    Properties: {IamInstanceProfile: web, Tags: [{Key: n, Value: v}]}
"#;
    insta::assert_snapshot!(known(text));
}

#[test]
fn compute_is_known_as_aws_knows_it() {
    let text = r#"
Parameters: {Role: {Type: String}}
Resources:
  Cluster: {Type: AWS::ECS::Cluster}
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: web, TaskRoleArn: !Ref Role}}
  Service:
    Type: AWS::ECS::Service
    Properties: {Cluster: !GetAtt Cluster.Arn, ServiceName: s, TaskDefinition: !Ref Task}
  Nodes: {Type: AWS::EKS::Nodegroup, Properties: {ClusterName: c, NodeRole: !Ref Role, NodegroupName: n}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {Name: r, EventBusName: 'arn:aws:events:eu-west-1:123456789012:event-bus/b', Targets: [{RoleArn: !Ref Role}]}
  Schedule: {Type: AWS::Scheduler::Schedule, Properties: {Name: s, Target: {RoleArn: !Ref Role}}}
  Agent: {Type: AWS::BedrockAgentCore::Runtime, Properties: {RoleArn: !Ref Role}}
  App: {Type: AWS::AppRunner::Service, Properties: {ServiceName: a, InstanceConfiguration: {InstanceRoleArn: !Ref Role}}}
  Runbook: {Type: AWS::SSM::Document, Properties: {Name: d, Content: {assumeRole: !Ref Role}}}
  Runs: {Type: AWS::SSM::Association, Properties: {Name: !Ref Runbook, Parameters: {AutomationAssumeRole: [!Ref Role]}}}
  Pipe:
    Type: AWS::DataPipeline::Pipeline
    Properties:
      PipelineObjects: [{Fields: [{Key: role, StringValue: one}, {Key: resourceRole, StringValue: two}]}]
  Env:
    Type: AWS::ElasticBeanstalk::Environment
    Properties:
      ApplicationName: app
      OptionSettings:
        - {Namespace: 'aws:autoscaling:launchconfiguration', OptionName: IamInstanceProfile, Value: p}
  Pool:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {IdentityPoolId: 'eu-west-1:1', Roles: {authenticated: !Ref Role}}
"#;
    insta::assert_snapshot!(known(text));
}

#[test]
fn modules_are_their_fragments() {
    let fragment = r#"{
  "Parameters": {"Name": {"Type": "String"}, "Policy": {"Type": "String", "Default": "none"}},
  "Resources": {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {
      "RoleName": {"Fn::Sub": "${Name}-${AWS::StackName}"}, "ManagedPolicyArns": [{"Ref": "Policy"}],
      "AssumeRolePolicyDocument": {"Statement": []}}}}}"#;
    let main = r#"
Resources:
  App:
    Type: Acme::Iam::Role::MODULE
    Properties: {Name: app, Policy: !Ref Own}
  Other: {Type: Acme::Iam::Unseen::MODULE}
  Own:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: own
      PolicyDocument: {Statement: [{Resource: [!GetAtt App.Role.Arn, !Sub '${App.Role.Arn}', !GetAtt AppRole.Arn, !Ref App.Role]}]}
"#;
    insta::assert_snapshot!(dump(&[
        ("main.yaml", main),
        (
            "modules/role/.rpdk-config",
            r#"{"artifact_type": "MODULE", "typeName": "Acme::Iam::Role::MODULE"}"#
        ),
        ("modules/role/fragments/role.json", fragment),
    ]));
}

#[test]
fn files_are_included() {
    let main = r#"
Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub 's3://${AWS::Region}-bucket/parts/roles.yaml'}}
  Second:
    Type: AWS::IAM::Role
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/properties.yaml}}
      RoleName: second
  Third:
    Type: AWS::IAM::Role
    Properties:
      RoleName: third
      AssumeRolePolicyDocument: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/trust.json}}}
  Fourth:
    Type: AWS::IAM::Group
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://elsewhere/unseen.yaml}}
      GroupName: fourth
"#;
    let roles = "First:\n  Type: AWS::IAM::Role\n  Properties: {RoleName: first, ManagedPolicyArns: [{'Fn::GetAtt': [Second, Arn]}]}\n";
    let properties = "ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\nRoleName: lost\n";
    let trust = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}"#;
    let files = [
        ("main.yaml", main),
        ("parts/properties.yaml", properties),
        ("parts/roles.yaml", roles),
        ("parts/trust.json", trust),
    ];
    insta::assert_snapshot!(dump(&files));
    let output = analyze(&Sources::in_memory(&files), &Options::default());
    let trusts = output.configurations[0]
        .principals
        .iter()
        .filter_map(|p| p.trust.as_ref());
    assert_eq!(
        trusts.map(show).collect::<Vec<_>>(),
        [r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}]}"#]
    );
}

#[test]
fn stack_sets_hold_templates() {
    let text = r#"
Resources:
  Set:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: s
      PermissionModel: SERVICE_MANAGED
      Parameters: [{ParameterKey: Name, ParameterValue: everywhere}]
      TemplateBody: |
        Parameters: {Name: {Type: String}}
        Resources:
          Deep:
            Type: AWS::IAM::Role
            Properties: {RoleName: !Ref Name, Path: /x/}
"#;
    let files = [("t.yaml", text)];
    insta::assert_snapshot!(dump(&files));
    let sources = Sources::in_memory(&files);
    let output = analyze(&sources, &Options::default());
    let at = sources.position(output.configurations[0].principals[0].origin.span);
    assert_eq!((at.line, at.column), (12, 11));
    assert_eq!(output.configurations.len(), 1);
}

#[test]
fn a_cloud_assembly_says_where_it_is_deployed() {
    let manifest = r#"{"version": "36.0.0", "artifacts": {
      "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}},
      "App": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
        "properties": {"templateFile": "App.template.json", "stackName": "app-prod"}},
      "Free": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Free.template.json"}}}}"#;
    let app = r#"{"Resources": {
      "RoleF00D": {"Type": "AWS::IAM::Role", "Metadata": {"aws:cdk:path": "App/Service/Role/Resource"},
        "Properties": {"RoleName": {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}, "AssumeRolePolicyDocument": {"Statement": []}}},
      "NestedF00D": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:cdk:path": "App/Nested.NestedStack/Nested.NestedStackResource", "aws:asset:path": "AppNested.nested.template.json", "aws:asset:property": "TemplateURL"},
        "Properties": {"TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, "/cdk-assets/0123.json"]]},
          "Parameters": {"role": {"Fn::GetAtt": ["RoleF00D", "Arn"]}}}}}}"#;
    let nested = r#"{"Parameters": {"role": {"Type": "String"}}, "Resources": {
      "UserF00D": {"Type": "AWS::IAM::User", "Metadata": {"aws:cdk:path": "App/Nested/User/Resource"},
        "Properties": {"UserName": "u", "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Resource": {"Ref": "role"}}]}}]}}}}"#;
    let free = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}}}"#;
    insta::assert_snapshot!(dump(&[
        ("cdk.out/App.template.json", app),
        ("cdk.out/AppNested.nested.template.json", nested),
        ("cdk.out/Free.template.json", free),
        ("cdk.out/manifest.json", manifest),
    ]));
}

#[test]
fn exports_of_other_templates_are_imported() {
    let roles = r#"
Parameters: {Env: {Type: String, Default: prod}}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub 'deep-${Env}'}}
Outputs:
  Arn: {Value: !GetAtt R.Arn, Export: {Name: !Sub 'roles-${Env}'}}
"#;
    let uses = r#"
Resources:
  U:
    Type: AWS::IAM::User
    Properties:
      UserName: u
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Resource: [!ImportValue roles-prod, !ImportValue unseen, !Sub 'arn:aws:iam::${AWS::AccountId}:role/deep-prod']}]}}]
"#;
    let sources = Sources::in_memory(&[("roles.yaml", roles), ("uses.yaml", uses)]);
    let output = analyze(&sources, &Options::default());
    let PolicyRef::Inline { body, .. } = &output.configurations[1].attachments[0].policy else {
        panic!("inline");
    };
    let resources = body.get("Statement").unwrap().as_list().unwrap().items[0]
        .get("Resource")
        .unwrap()
        .clone();
    let items = &resources.as_list().unwrap().items;
    assert_eq!(items[0].to_text(), items[2].to_text());
    assert_eq!(show(&items[1]), "⟨import unseen⟩");
}

#[test]
fn parameters_come_in_many_shapes() {
    let template = r#"
Parameters:
  A: {Type: String}
  B: {Type: String, Default: b}
  Names: {Type: CommaDelimitedList}
  Numbers: {Type: List<Number>}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /ami}
  Open: {Type: List<String>}
Resources:
  U:
    Type: AWS::IAM::User
    Properties:
      UserName: !Join ['-', [!Ref A, !Ref B, !Select [1, !Ref Names], !Join ['+', !Ref Numbers], !Ref Image]]
      Groups: !Ref Open
"#;
    let shapes = [
        r#"[{"ParameterKey": "A", "ParameterValue": "a"}, {"ParameterKey": "Names", "ParameterValue": "x, y"}, {"ParameterKey": "Numbers", "ParameterValue": "1,2"}, {"ParameterKey": "B", "UsePreviousValue": true}, {"ParameterKey": "Image", "ParameterValue": "/other"}]"#,
        r#"{"Parameters": {"A": "a", "Names": "x,y", "Numbers": "1,2"}, "Tags": {"A": "no"}}"#,
        r#"{"A": "a", "Names": "x,y", "Numbers": "1,2"}"#,
        r#"["A=a", "Names=x,y", "Numbers=1,2"]"#,
        "Parameters:\n  A: a\n  Names: [x, y]\n  Numbers: '1,2'\n",
    ];
    for shape in shapes {
        let sources = Sources::in_memory(&[("p", shape), ("t.yaml", template)]);
        let options = Options {
            parameter_files: vec!["p".to_owned()],
            ..Options::default()
        };
        let output = analyze(&sources, &options);
        assert_eq!(output.diagnostics, [], "{shape}");
        let user = &output.configurations[0].principals[0];
        assert_eq!(user.name.to_string(), "a-b-y-1+2-⟨Image⟩", "{shape}");
        assert_eq!(output.configurations[0].memberships.len(), 1, "{shape}");
    }
}
