//! Conditions that nobody can decide before deployment: what they exclude together is no finding, what they allow
//! together is one.

use rolecall_checks::{Options, analyze};
use rolecall_source::Sources;

/// `principal -> role: assumptions` of every finding about a role, sorted.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let sources = Sources::in_memory(files);
    let outputs = vec![
        rolecall_terraform::analyze(&sources, &rolecall_terraform::Options::default()),
        rolecall_cloudformation::analyze(&sources, &rolecall_cloudformation::Options::default()),
    ];
    let analysis = analyze(outputs, &Options::default());
    let told = analysis.findings.iter().filter_map(|f| {
        let role = f.role.as_ref()?;
        Some(format!(
            "{} -> {}: {}",
            f.principal.name,
            role.name,
            f.assumptions.join(", ")
        ))
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

/// A user that launches and passes, and roles, each in the environments that `count` says.
fn terraform(deployer: &str, roles: &[(&str, &str)]) -> String {
    let mut text = format!(
        r#"
variable "env" {{}}
resource "aws_iam_user" "deployer" {{
  {deployer}
  name  = "deployer"
}}
resource "aws_iam_user_policy" "deployer" {{
  {deployer}
  user = aws_iam_user.deployer[0].name
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = ["ec2:*", "iam:PassRole"], Resource = "*" }}]
  }})
}}
"#
    );
    for (name, count) in roles {
        text.push_str(&format!(
            r#"
resource "aws_iam_role" "{name}" {{
  {count}
  name = "{name}"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}]
  }})
}}
resource "aws_iam_role_policy_attachment" "{name}" {{
  {count}
  role       = aws_iam_role.{name}[0].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}}
resource "aws_iam_instance_profile" "{name}" {{
  {count}
  name = "{name}"
  role = aws_iam_role.{name}[0].name
}}
"#
        ));
    }
    text
}

#[test]
fn environments_that_exclude_each_other_meet_nowhere() {
    let text = terraform(
        r#"count = var.env == "dev" ? 1 : 0"#,
        &[
            ("same", r#"count = "dev" == var.env ? 1 : 0"#),
            ("other", r#"count = var.env == "prod" ? 1 : 0"#),
            ("opposite", r#"count = var.env != "dev" ? 1 : 0"#),
            ("unless", r#"count = var.env != "prod" ? 1 : 0"#),
        ],
    );
    let dev = r#"`var.env == "dev"` is true"#;
    assert_eq!(
        findings(&[("main.tf", &text)]),
        [
            format!("deployer -> same: {dev}"),
            format!("deployer -> unless: {dev}, `var.env == \"prod\"` is false")
        ]
    );
}

#[test]
fn conditions_meet_through_modules() {
    let call = |name: &str, environment: &str| {
        format!(
            "module \"{name}\" {{\n  source = \"./m\"\n  count = \"app-${{terraform.workspace}}\" == \"{environment}\" ? 1 : 0\n  name = \"{name}\"\n}}\n"
        )
    };
    let main = format!("{}{}", call("dev", "app-dev"), call("prod", "app-prod"));
    let module =
        terraform("count = 1", &[("role", "count = 1")]).replace("\"deployer\"\n", "\"deployer-${var.name}\"\n");
    let module = module.replace("name = \"role\"", "name = \"role-${var.name}\"");
    let module = module.replace("variable \"env\" {}", "variable \"name\" {}");
    let found = findings(&[("main.tf", &main), ("m/main.tf", &module)]);
    let pairs: Vec<&str> = found.iter().filter_map(|f| f.split(": ").next()).collect();
    assert_eq!(pairs, ["deployer-dev -> role-dev", "deployer-prod -> role-prod"]);
}

/// The statement that grants counts only where it exists, and each place is looked at.
#[test]
fn every_environment_is_looked_at() {
    let grant = |name: &str, environment: &str, actions: &str| {
        format!(
            r#"
resource "aws_iam_user_policy" "{name}" {{
  count = var.env == "{environment}" ? 1 : 0
  user  = aws_iam_user.deployer[0].name
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = {actions}, Resource = "*" }}]
  }})
}}
"#
        )
    };
    let base = terraform("count = 1", &[("role", r#"count = var.env == "dev" ? 1 : 0"#)]);
    let base = base.replace(r#"["ec2:*", "iam:PassRole"]"#, r#""ec2:*""#);
    let here = format!(
        "{base}{}{}",
        grant("prod", "prod", r#""iam:PassRole""#),
        grant("dev", "dev", r#""iam:PassRole""#)
    );
    assert_eq!(
        findings(&[("main.tf", &here)]),
        [r#"deployer -> role: `var.env == "dev"` is true"#]
    );
    let elsewhere = format!("{base}{}", grant("prod", "prod", r#""iam:PassRole""#));
    assert_eq!(findings(&[("main.tf", &elsewhere)]), Vec::<String>::new());
}

/// Instances of a set that is not known exist beside each other, whatever their keys.
#[test]
fn keys_of_an_unknown_set_exclude_nothing() {
    let main = "variable \"all\" {\n  type = set(string)\n}\nmodule \"m\" {\n  source   = \"./m\"\n  for_each = var.all\n  env      = each.key\n}\n";
    let module = terraform(
        r#"count = var.env == "dev" ? 1 : 0"#,
        &[("other", r#"count = var.env == "prod" ? 1 : 0"#)],
    );
    let found = findings(&[("main.tf", main), ("m/main.tf", &module)]);
    assert_eq!(found.len(), 1, "{found:?}");
}

fn template(deployer: &str, roles: &[(&str, &str)]) -> String {
    let mut text = format!(
        r#"
Parameters:
  Env: {{Type: String}}
  Size: {{Type: String, AllowedValues: [small, large]}}
Conditions:
  Dev: !Equals [!Ref Env, dev]
  Prod: !Equals [!Ref Env, prod]
  NotDev: !Not [!Condition Dev]
  Small: !Equals [!Ref Size, small]
  Large: !Equals [!Ref Size, large]
Resources:
  Deployer:
    Type: AWS::IAM::User
    Condition: {deployer}
    Properties:
      UserName: deployer
      Policies:
        - PolicyName: launch
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{{Effect: Allow, Action: ["ec2:*", "iam:PassRole"], Resource: "*"}}]
"#
    );
    for (name, condition) in roles {
        text.push_str(&format!(
            r#"
  {name}:
    Type: AWS::IAM::Role
    Condition: {condition}
    Properties:
      RoleName: {name}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Action: "sts:AssumeRole", Principal: {{Service: ec2.amazonaws.com}}}}]
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
  {name}Profile:
    Type: AWS::IAM::InstanceProfile
    Condition: {condition}
    Properties: {{InstanceProfileName: {name}, Roles: [!Ref {name}]}}
"#
        ));
    }
    text
}

#[test]
fn conditions_of_a_template_exclude_each_other() {
    let pairs = |deployer: &str, roles: &[(&str, &str)]| -> Vec<String> {
        let text = template(deployer, roles);
        let found = findings(&[("template.yaml", &text)]);
        found
            .iter()
            .filter_map(|f| Some(f.split(": ").next()?.to_owned()))
            .collect()
    };
    let roles = [
        ("same", "Dev"),
        ("other", "Prod"),
        ("opposite", "NotDev"),
        ("free", "Small"),
    ];
    assert_eq!(pairs("Dev", &roles), ["deployer -> free", "deployer -> same"]);
    assert_eq!(
        pairs("NotDev", &roles),
        ["deployer -> free", "deployer -> opposite", "deployer -> other"]
    );
    assert_eq!(
        pairs("Large", &[("small", "Small"), ("large", "Large")]),
        ["deployer -> large"]
    );
}

/// A principal with a policy, a role that the account's principals may assume, or an instance, each where a condition
/// holds.
fn principal(kind: &str, name: &str, condition: &str, statement: &str, trust: &str) -> String {
    let trust = if kind == "role" {
        format!(
            "assume_role_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {trust} }}]\n  }})"
        )
    } else {
        String::new()
    };
    format!(
        r#"
resource "aws_iam_{kind}" "{name}" {{
  count = {condition}
  name  = "{name}"
  {trust}
}}
resource "aws_iam_{kind}_policy" "{name}" {{
  count = {condition}
  {kind} = aws_iam_{kind}.{name}[0].name
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{statement}]
  }})
}}
"#
    )
}

const ACCOUNT: &str = r#"{ AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }"#;
const ROOT: &str = "data \"aws_caller_identity\" \"me\" {}\nvariable \"x\" { type = bool }\n";

fn allow(actions: &str) -> String {
    format!(r#"{{ Effect = "Allow", Action = [{actions}], Resource = "*" }}"#)
}

/// Pairs of conditions that exclude each other, and one that does not.
const PAIRS: [(&str, &str, bool); 5] = [
    (
        r#"terraform.workspace == "a" ? 1 : 0"#,
        r#"terraform.workspace == "b" ? 1 : 0"#,
        false,
    ),
    ("var.x ? 1 : 0", "var.x ? 0 : 1", false),
    ("var.x ? 1 : 0", "!var.x ? 1 : 0", false),
    (
        r#"terraform.workspace == "a" ? 1 : 0"#,
        r#"contains(["b", "c"], terraform.workspace) ? 1 : 0"#,
        false,
    ),
    (
        r#"terraform.workspace == "a" ? 1 : 0"#,
        r#"terraform.workspace != "b" ? 1 : 0"#,
        true,
    ),
];

/// The findings of `text(first, second)` for each pair of conditions.
fn of_each_pair(text: impl Fn(&str, &str) -> String, wanted: &str) {
    for (first, second, meet) in PAIRS {
        let text = format!("{ROOT}{}", text(first, second));
        let found = findings(&[("main.tf", &text)]);
        let found: Vec<&str> = found.iter().filter_map(|f| f.split(": ").next()).collect();
        let found = found.contains(&wanted);
        assert_eq!(found, meet, "{first} | {second}");
    }
}

#[test]
fn roles_of_another_environment_are_not_assumed() {
    let text = |first: &str, second: &str| {
        let user = principal("user", "dev", first, &allow(r#""sts:AssumeRole""#), "");
        user + &principal("role", "ops", second, &allow(r#""s3:*""#), ACCOUNT)
    };
    of_each_pair(text, "dev -> ops");
}

#[test]
fn chains_lead_through_one_environment_only() {
    let text = |first: &str, second: &str| {
        let user = principal("user", "dev", first, &allow(r#""sts:AssumeRole""#), "");
        let between = principal("role", "between", "1", &allow(r#""sts:AssumeRole""#), ACCOUNT);
        let only = ACCOUNT.replace("root", "role/between");
        user + &between + &principal("role", "ops", second, &allow(r#""s3:*""#), &only)
    };
    of_each_pair(text, "dev -> ops");
}

#[test]
fn compute_of_another_environment_is_not_taken_over() {
    let text = |first: &str, second: &str| {
        let user = principal("user", "dev", first, &allow(r#""lambda:*""#), "");
        let service = r#"{ Service = "lambda.amazonaws.com" }"#;
        let role = principal("role", "ops", "1", &allow(r#""s3:*""#), service);
        format!(
            r#"{user}{role}
resource "aws_lambda_function" "ops" {{
  count         = {second}
  function_name = "ops"
  role          = aws_iam_role.ops[0].arn
}}
"#
        )
    };
    of_each_pair(text, "dev -> ops");
}

#[test]
fn what_another_environment_grants_is_not_used_to_escalate() {
    let text = |first: &str, second: &str| {
        let user = principal("user", "dev", first, &allow(r#""s3:ListAllMyBuckets""#), "");
        format!(
            r#"{user}
resource "aws_iam_policy" "change" {{
  name = "change"
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{}]
  }})
}}
resource "aws_iam_user_policy_attachment" "change" {{
  count      = {second}
  user       = "dev"
  policy_arn = aws_iam_policy.change.arn
}}
"#,
            allow(r#""iam:AttachUserPolicy""#)
        )
    };
    of_each_pair(text, "dev -> dev");
}

/// Who a trust policy names in an account that is not known may be the one of that name here, and nobody else.
#[test]
fn a_name_in_an_unknown_account_is_not_guessed() {
    let text = r#"
variable "other" {}
variable "suffix" {}
resource "aws_iam_role" "target" {
  name = "target"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::${var.other}:role/deploy" } }]
  })
}
resource "aws_iam_role_policy_attachment" "target" {
  role       = aws_iam_role.target.name
  policy_arn = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
}
resource "aws_iam_user" "worker" {
  name = "worker"
}
resource "aws_iam_role" "named" {
  name = "deploy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.worker.arn } }]
  })
}
resource "aws_iam_role" "unknown" {
  name = "job-${var.suffix}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.worker.arn } }]
  })
}
"#;
    let told = findings(&[("main.tf", text)]);
    let told: Vec<&str> = told
        .iter()
        .map(String::as_str)
        .filter(|f| f.contains("-> target"))
        .collect();
    assert_eq!(
        told,
        [
            "deploy -> target: \u{27e8}var.other\u{27e9} is \u{27e8}account\u{27e9}",
            "worker -> target: \u{27e8}var.other\u{27e9} is \u{27e8}account\u{27e9}",
        ]
    );
}
