//! Every place an ignore may stand, in both languages; what expires, what is not needed, what is written wrong.

use rolecall_checks::{Analysis, Options, analyze};
use rolecall_source::Sources;

const IGNORE: &str = "rolecall: ignore[launch-over-privileged-role] reason=\"only in the sandbox\" until=2027-01-31";

/// A user who may launch with a role that is administrator; every place that an ignore may stand at has a name.
const TERRAFORM: &str = r#"
@principal
resource "aws_iam_user" "deployer" {
  name = "deployer"
}
@policy
resource "aws_iam_user_policy" "deployer" {
  @in-policy
  user   = aws_iam_user.deployer.name
  policy = data.aws_iam_policy_document.deployer.json
}
data "aws_iam_policy_document" "deployer" {
  statement {
    actions   = ["ec2:RunInstances"]
    resources = ["*"]
  }
  @statement
  statement { @statement-end
    @in-statement
    actions   = ["iam:PassRole"] @argument-end
    resources = ["*"]
  }
}
resource "aws_iam_role" "admin" { @role-end
  name               = "admin"
  @trust
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      @trust-statement
      { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
    ]
  })
}
@attachment
resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.admin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
@profile
resource "aws_iam_instance_profile" "admin" {
  name = "admin"
  role = aws_iam_role.admin.name
}
"#;

const CLOUDFORMATION: &str = r#"
Resources:
  @principal
  Deployer: @principal-end
    @in-principal
    Type: AWS::IAM::User
    Properties:
      UserName: deployer
      Policies:
        - PolicyName: deploy
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: ec2:RunInstances
                Resource: "*"
              @statement
              - Effect: Allow @statement-end
                @in-statement
                Action: iam:PassRole
                Resource: "*"
  @role
  Admin:
    Type: AWS::IAM::Role
    Properties:
      RoleName: admin
      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]
      @trust
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: sts:AssumeRole }
  @profile
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties:
      InstanceProfileName: admin
      Roles: [!Ref Admin]
"#;

/// `text` with `comment` at `place` and nothing at the others.
fn at(text: &str, place: &str, comment: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        match line.split_once('@') {
            Some((before, name)) if name == place => out.push_str(&format!("{before}{comment}")),
            Some((before, _)) => out.push_str(before.trim_end()),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn scan_at(files: &[(&str, &str)], today: &str) -> Analysis {
    let sources = Sources::in_memory(files);
    let outputs = vec![
        rolecall_terraform::analyze(&sources, &rolecall_terraform::Options::default()),
        rolecall_cloudformation::analyze(&sources, &rolecall_cloudformation::Options::default()),
    ];
    let foreign = sources.ids().filter(|f| sources.path(*f).starts_with(".terraform/"));
    let options = Options {
        today: Some(today.to_owned()),
        foreign: foreign.collect(),
        ..Options::default()
    };
    analyze(outputs, &options)
}

fn scan(files: &[(&str, &str)]) -> Analysis {
    scan_at(files, "2026-06-01")
}

/// Who is still reported, by address of the principal.
fn open(analysis: &Analysis) -> Vec<&str> {
    let open = analysis.findings.iter().filter(|f| f.suppressed.is_none());
    open.map(|f| &*f.principal.address).collect()
}

fn codes(analysis: &Analysis) -> Vec<&str> {
    let codes = analysis.diagnostics.iter().map(|d| &*d.code);
    codes.filter(|c| c.starts_with("ignore")).collect()
}

fn places(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|l| l.split_once('@'))
        .map(|(_, name)| name)
        .collect()
}

#[test]
fn an_ignore_may_stand_at_every_step_of_a_path() {
    for (file, text, marks) in [
        ("main.tf", TERRAFORM, &["# ", "// ", "/* "][..]),
        ("app.yaml", CLOUDFORMATION, &["# "]),
    ] {
        let without = scan(&[(file, &at(text, "", ""))]);
        assert_eq!(open(&without).len(), 1, "{file} has one finding to begin with");
        for (place, mark) in places(text).into_iter().zip(marks.iter().cycle()) {
            let end = if *mark == "/* " { " */" } else { "" };
            let with = at(text, place, &format!("{mark}{IGNORE}{end}"));
            let analysis = scan(&[(file, &with)]);
            assert_eq!(open(&analysis), [""; 0], "{file} {place} {mark}\n{with}");
            assert_eq!(codes(&analysis), [""; 0], "{file} {place} {mark}");
            let accepted = analysis.findings.first().and_then(|f| f.suppressed.as_ref()).unwrap();
            assert_eq!(accepted.reason, "only in the sandbox");
        }
    }
}

#[test]
fn an_ignore_that_is_over_accepts_nothing_and_is_told() {
    for (file, text) in [("main.tf", TERRAFORM), ("app.yaml", CLOUDFORMATION)] {
        let with = at(text, "statement", &format!("# {IGNORE}"));
        for (today, count) in [("2027-01-31", 0), ("2027-02-01", 1)] {
            let analysis = scan_at(&[(file, &with)], today);
            assert_eq!(open(&analysis).len(), count, "{file} on {today}");
            assert_eq!(codes(&analysis), vec!["ignore-expired"; count], "{file} on {today}");
        }
    }
}

#[test]
fn an_ignore_that_nothing_needs_is_told() {
    let tf = at(
        TERRAFORM,
        "principal",
        "# rolecall: ignore[open-pass-role] reason=\"x\"",
    );
    let far = format!(
        "# {IGNORE}\nresource \"aws_s3_bucket\" \"b\" {{}}\n{}",
        at(TERRAFORM, "", "")
    );
    let apart = at(TERRAFORM, "principal", &format!("# {IGNORE}\n"));
    let yaml = at(
        CLOUDFORMATION,
        "role",
        "# rolecall: ignore[open-pass-role] reason=\"x\"",
    );
    for (file, text) in [
        ("main.tf", &tf),
        ("main.tf", &far),
        ("main.tf", &apart),
        ("app.yaml", &yaml),
    ] {
        let analysis = scan(&[(file, text)]);
        assert_eq!(open(&analysis).len(), 1, "{text}");
        assert_eq!(codes(&analysis), ["ignore-unused"], "{text}");
    }
}

#[test]
fn an_ignore_that_is_written_wrong_accepts_nothing_and_says_what_is_wrong() {
    for (comment, code) in [
        ("rolecall: ignore reason=\"x\"", "ignore-syntax"),
        ("rolecall: ignore[] reason=\"x\"", "ignore-syntax"),
        ("rolecall: ignore[*] reason=\"x\" until=soon", "ignore-syntax"),
        ("rolecall: ignore[*]", "ignore-reason"),
        ("rolecall: ignore[*] until=2027-01-31", "ignore-reason"),
    ] {
        for (file, text) in [("main.tf", TERRAFORM), ("app.yaml", CLOUDFORMATION)] {
            let analysis = scan(&[(file, &at(text, "statement", &format!("# {comment}")))]);
            assert_eq!(open(&analysis).len(), 1, "{comment}");
            assert_eq!(codes(&analysis), [code], "{comment}");
        }
    }
    let misspelt = at(TERRAFORM, "statement", "# rolecall: ignore[launch] reason=\"x\"");
    assert_eq!(
        codes(&scan(&[("main.tf", &misspelt)])),
        ["ignore-unknown-rule", "ignore-unused"]
    );
}

#[test]
fn text_that_looks_like_a_comment_is_none() {
    let heredoc = format!(
        "output \"x\" {{\n  value = <<EOT\n# {IGNORE}\nEOT\n}}\n{}",
        at(TERRAFORM, "", "")
    );
    let string = format!("output \"x\" {{ value = \"# {IGNORE}\" }}\n",).replace("\"only in the sandbox\"", "x");
    let string = format!("{string}{}", at(TERRAFORM, "", ""));
    let block = format!("Description: |\n  # {IGNORE}{}", at(CLOUDFORMATION, "", ""));
    for (file, text) in [("main.tf", &heredoc), ("main.tf", &string), ("app.yaml", &block)] {
        let analysis = scan(&[(file, text)]);
        assert_eq!(open(&analysis).len(), 1, "{text}");
        assert_eq!(codes(&analysis), [""; 0], "{text}");
    }
}

const CALL: &str = r#"
@above
module "team" { @end
  @inside
  for_each = toset(["eu", "us"])
  source   = "./team"
  region   = each.key
}
"#;

/// The same principal and role, in a module that has a variable for their names.
fn team() -> String {
    let named = at(TERRAFORM, "", "")
        .replace("\"deployer\"\n}", "\"deployer-${var.region}\"\n}")
        .replace("= \"admin\"", "= \"admin-${var.region}\"")
        .replace(
            "resources = [\"*\"]\n  }\n}",
            "resources = [aws_iam_role.admin.arn]\n  }\n}",
        );
    format!("variable \"region\" {{}}\n{named}")
}

#[test]
fn an_ignore_at_a_module_call_speaks_for_all_that_comes_from_it_or_for_one_key() {
    let team = team();
    let us = "module.team[\"us\"].aws_iam_user.deployer";
    for place in places(CALL) {
        let all = at(CALL, place, &format!("# {IGNORE}"));
        let one = at(CALL, place, &format!("# {IGNORE} key=\"eu\""));
        let none = at(CALL, place, &format!("# {IGNORE} key=\"asia\""));
        let run = |call: &str| scan(&[("main.tf", call), ("team/main.tf", &team)]);
        let (before, all, one, none) = (run(&at(CALL, "", "")), run(&all), run(&one), run(&none));
        assert_eq!(open(&before).len(), 2);
        assert_eq!((open(&all), codes(&all)), (vec![], vec![]), "{place}");
        assert_eq!((open(&one), codes(&one)), (vec![us], vec![]), "{place}");
        assert_eq!((open(&none).len(), codes(&none)), (2, vec!["ignore-unused"]), "{place}");
    }
}

#[test]
fn an_ignore_inside_a_module_may_name_a_key() {
    let marked = team().replace(
        "resource \"aws_iam_user\" \"deployer\"",
        &format!("# {IGNORE} key=\"eu\"\nresource \"aws_iam_user\" \"deployer\""),
    );
    let analysis = scan(&[("main.tf", &at(CALL, "", "")), ("team/main.tf", &marked)]);
    assert_eq!(open(&analysis), ["module.team[\"us\"].aws_iam_user.deployer"]);
}

#[test]
fn an_ignore_in_a_fetched_module_counts_for_nothing() {
    let call = "module \"team\" {\n  source = \"example/team/aws\"\n  region = \"eu\"\n}\n";
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"team","Source":"example/team/aws","Dir":".terraform/modules/team"}]}"#;
    let fetched = team().replace(
        "resource \"aws_iam_user\"",
        &format!("# {IGNORE}\nresource \"aws_iam_user\""),
    );
    let run = |call: &str| {
        scan(&[
            ("main.tf", call),
            (".terraform/modules/modules.json", manifest),
            (".terraform/modules/team/main.tf", &fetched),
        ])
    };
    assert_eq!(open(&run(call)).len(), 1);
    assert_eq!(
        open(&run(&format!("# {IGNORE}\n{call}"))),
        [""; 0],
        "at the call it counts"
    );
}

#[test]
fn json_has_metadata_and_slashes() {
    let template = |resource: &str, whole: &str| {
        format!(
            r#"{{{whole} "Resources": {{
  "Deployer": {{"Type": "AWS::IAM::User", {resource} "Properties": {{"UserName": "d", "Policies": [{{"PolicyName": "p",
    "PolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": ["ec2:RunInstances", "iam:PassRole"], "Resource": "*"}}]}}}}]}}}},
  "Admin": {{"Type": "AWS::IAM::Role", "Properties": {{"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "ec2.amazonaws.com"}}, "Action": "sts:AssumeRole"}}]}}}}}},
  "Profile": {{"Type": "AWS::IAM::InstanceProfile", "Properties": {{"Roles": [{{"Ref": "Admin"}}]}}}}
}}}}"#
        )
    };
    let ignore = r#""Metadata": {"rolecall": {"ignore": [{"rules": ["launch-over-privileged-role"], "reason": "sandbox", "until": "2027-01-31"}]}},"#;
    let run = |text: &str| scan(&[("app.json", text)]);
    assert_eq!(open(&run(&template("", ""))).len(), 1);
    for with in [template(ignore, ""), template("", ignore)] {
        let analysis = run(&with);
        assert_eq!((open(&analysis), codes(&analysis)), (vec![], vec![]));
        let later = scan_at(&[("app.json", &with)], "2027-02-01");
        assert_eq!((open(&later).len(), codes(&later)), (1, vec!["ignore-expired"]));
    }
    let wrong = [
        ("\"reason\": \"sandbox\",", "", "ignore-reason"),
        ("[\"launch-over-privileged-role\"]", "[]", "ignore-syntax"),
    ];
    for (from, to, code) in wrong {
        let analysis = run(&template(&ignore.replace(from, to), ""));
        assert_eq!((open(&analysis).len(), codes(&analysis)), (1, vec![code]));
    }

    let user = r#"{"resource": {"aws_iam_user": {"d": {SLASHES "name": "d"}}, "aws_iam_user_policy": {"d": {"user": "${aws_iam_user.d.name}",
      "policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"ec2:RunInstances\", \"iam:PassRole\"], \"Resource\": \"*\"}]}"}}}}"#;
    let roles = at(TERRAFORM, "", "");
    let roles = roles
        .get(roles.find("resource \"aws_iam_role\" \"admin\"").unwrap()..)
        .unwrap();
    let slashes = format!("\"//\": \"{}\",", IGNORE.replace('"', "\\\""));
    for (with, count) in [(user.replace("SLASHES", ""), 1), (user.replace("SLASHES", &slashes), 0)] {
        let analysis = scan(&[("user.tf.json", &with), ("roles.tf", roles)]);
        assert_eq!(open(&analysis).len(), count);
    }
}

#[test]
fn a_nested_stack_is_a_call() {
    let parent = |comment: &str| {
        format!(
            "Resources:\n  {comment}\n  Team:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./app.yaml\n"
        )
    };
    let child = at(CLOUDFORMATION, "", "");
    let run = |comment: &str| scan(&[("parent.yaml", &parent(comment)), ("app.yaml", &child)]);
    assert_eq!(open(&run("# nothing")).len(), 1);
    assert_eq!(open(&run(&format!("# {IGNORE}"))), [""; 0]);
}
