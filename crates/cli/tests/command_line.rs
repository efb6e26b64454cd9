//! What the program says and how it ends, whatever is analysed.

mod support;

use support::{Folder, run};

#[test]
fn nothing_to_analyse_is_told_apart() {
    let folder = Folder::new();
    folder.file("README.md", "nothing here\n");
    let scan = run(&folder.0, &["scan", "."]);
    assert_eq!(scan.code(), 3, "{}", scan.stderr());
    assert!(
        scan.stdout().contains("Analysed: 0 files, 0 configurations"),
        "{}",
        scan.stdout()
    );
    assert_eq!(run(&folder.0, &["dump", "facts"]).code(), 3);
}

#[test]
fn usage_and_missing_paths_are_errors() {
    let folder = Folder::new();
    for args in [
        &["scan", "--fail-on", "sometimes"][..],
        &["--no-such-option"],
        &["dump"],
        &["scan", "--account", "12"],
        &["missing-folder"],
        &["scan", ".", "--output", "no/such/folder/out.txt"],
    ] {
        let scan = run(&folder.0, args);
        assert_eq!(scan.code(), 2, "{args:?}: {}", scan.stdout());
        assert!(scan.stdout().is_empty() && !scan.stderr().is_empty(), "{args:?}");
    }
    assert_eq!(
        run(&folder.0, &["missing-folder"]).stderr(),
        "rolecall: cannot read `missing-folder`: No such file or directory (os error 2)\n"
    );
}

#[test]
fn help_version_and_completions() {
    let folder = Folder::new();
    for args in [
        &["--help"][..],
        &["--version"],
        &["scan", "--help"],
        &["completions", "bash"],
    ] {
        let told = run(&folder.0, args);
        assert_eq!(told.code(), 0, "{args:?}");
        assert!(told.stdout().contains("rolecall"), "{args:?}");
    }
}

const ROLE: &str = "resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = \"nonsense\"\n}\n";

/// The paths in the facts of a dump.
fn places(folder: &Folder, from: &str, args: &[&str]) -> Vec<String> {
    let dump = run(&folder.0.join(from), &[&["dump", "facts"], args].concat());
    let text = dump.stdout();
    let places = text.lines().filter_map(|l| l.trim().strip_prefix("at "));
    places
        .map(|p| p.split(':').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn paths_are_relative_to_the_repository_wherever_one_stands() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file("infra/prod/main.tf", ROLE);
    let absolute = folder.0.join("infra").to_str().unwrap().to_owned();
    for (from, args) in [
        ("", &[][..]),
        ("", &["infra"]),
        ("", &["./infra/prod/"]),
        ("infra/prod", &[]),
        ("infra/prod", &["../.."]),
        ("infra", &[absolute.as_str()]),
        ("", &["infra/prod/main.tf"]),
    ] {
        assert_eq!(places(&folder, from, args), ["infra/prod/main.tf"], "{from} {args:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_the_repository_is_the_repository() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file("infra/main.tf", ROLE);
    let elsewhere = Folder::new();
    std::os::unix::fs::symlink(folder.0.join("infra"), elsewhere.0.join("link")).unwrap();
    assert_eq!(places(&elsewhere, "", &["link"]), ["infra/main.tf"]);
}

#[test]
fn what_git_ignores_is_left_out_and_what_init_fetched_is_not() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file(".gitignore", ".terraform/\nold/\n");
    folder.file("old/main.tf", ROLE);
    folder.file("main.tf", "module \"m\" {\n  source = \"example/m/aws\"\n}\n");
    folder.file(".terraform/modules/m/main.tf", ROLE);
    folder.file(
        ".terraform/modules/modules.json",
        r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"registry.terraform.io/example/m/aws","Version":"1.0.0","Dir":".terraform/modules/m"}]}"#,
    );
    assert_eq!(places(&folder, "", &[]), [".terraform/modules/m/main.tf"]);
}

#[test]
fn a_module_beside_the_path_is_read_and_what_lies_below_it_is_not() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file(
        "envs/prod/main.tf",
        "module \"a\" {\n  source = \"../../modules/a\"\n}\n",
    );
    folder.file("modules/a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n");
    folder.file("modules/b/main.tf", ROLE);
    folder.file("modules/b/examples/full/main.tf", ROLE);
    folder.file("modules/c/main.tf", ROLE);
    assert_eq!(places(&folder, "", &["envs/prod"]), ["modules/b/main.tf"]);
    folder.file(
        "out/main.tf",
        "module \"x\" {\n  source = \"../../../../../../etc\"\n}\n",
    );
    assert!(places(&folder, "", &["out"]).is_empty());
}

#[test]
fn variables_reach_the_configuration() {
    let folder = Folder::new();
    folder.file(
        "main.tf",
        "variable \"n\" {}\n\nresource \"aws_iam_user\" \"u\" {\n  name = var.n\n}\n",
    );
    let vars = folder.file("given.tfvars", "n = \"filed\"\n");
    let dump = |args: &[&str]| run(&folder.0, &[&["dump", "facts"], args].concat()).stdout();
    assert!(dump(&["--var", "n=told"]).contains("name told\n"));
    assert!(dump(&["--var-file", vars.to_str().unwrap()]).contains("name filed\n"));
    assert_eq!(
        run(&folder.0, &["dump", "facts", "--var-file", "none.tfvars"]).code(),
        2
    );
}

#[test]
fn templates_are_read_beside_modules() {
    let folder = Folder::new();
    folder.file("main.tf", ROLE);
    folder.file(
        "stack.yaml",
        "Parameters:\n  Name: {Type: String}\nResources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: !Ref Name\n",
    );
    let dump = run(&folder.0, &["dump", "facts", "--parameter", "Name=told"]).stdout();
    assert!(
        dump.contains("terraform .\n") && dump.contains("cloudformation stack.yaml\n"),
        "{dump}"
    );
    assert!(dump.contains("name told\n"), "{dump}");
}

#[test]
fn results_go_where_they_are_sent() {
    let folder = Folder::new();
    folder.file("main.tf", ROLE);
    let scan = run(
        &folder.0,
        &[
            "scan",
            "--format",
            "json",
            "-o",
            "out.json",
            "--also",
            "sarif=out.sarif",
            "--also",
            "markdown=out.md",
        ],
    );
    assert_eq!((scan.code(), scan.stdout()), (0, String::new()), "{}", scan.stderr());
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    for name in ["out.json", "out.sarif"] {
        serde_json::from_str::<serde_json::Value>(&read(name)).unwrap();
    }
    assert!(read("out.md").starts_with("## rolecall"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let folder = Folder::new();
    folder.file("main.tf", ROLE.repeat(2000).replace("\"r\"", "\"rr\""));
    let mut child = Command::new(env!("CARGO_BIN_EXE_rolecall"))
        .args(["dump", "facts"])
        .env_clear()
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap()),
        (Some(0), String::new())
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = Folder::new();
    for n in 0..30 {
        folder.file(&format!("root{n}/main.tf"), ROLE);
    }
    let one = run(&folder.0, &["scan", "--format", "json", "--threads", "1"]).stdout();
    assert_eq!(
        run(&folder.0, &["scan", "--format", "json", "--threads", "8"]).stdout(),
        one
    );
    assert!(one.contains("root29/main.tf"));
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let folder = Folder::new();
    folder.file("main.tf", ROLE);
    let escapes = |args: &[&str]| run(&folder.0, args).stdout().contains('\u{1b}');
    assert!(escapes(&["scan", "--color", "always"]));
    assert!(!escapes(&["scan"]) && !escapes(&["scan", "--color", "never"]));
}

/// A user who can launch with a role that reads one bucket.
const GAIN: &str = r#"
resource "aws_iam_user" "ci" {
  name = "ci"
}

resource "aws_iam_user_policy" "ci" {
  user   = aws_iam_user.ci.name
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = ["ec2:RunInstances", "iam:PassRole"], Resource = "*" }]
  })
}

resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "app" {
  role   = aws_iam_role.app.name
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::b/*" }] })
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
}
"#;

#[test]
fn what_is_reported_decides_the_exit_code() {
    let folder = Folder::new();
    folder.file("main.tf", GAIN);
    for (args, code) in [
        (&[][..], 1),
        (&["--fail-on", "medium"], 1),
        (&["--fail-on", "high"], 0),
        (&["--fail-on", "never"], 0),
        (&["--min-severity", "high"], 0),
        (&["--fail-on", "low", "--min-severity", "critical"], 0),
    ] {
        let scan = run(&folder.0, &[&["scan"], args].concat());
        assert_eq!(scan.code(), code, "{args:?} {}", scan.stdout());
    }
    let hidden = run(&folder.0, &["--min-severity", "high"]).stdout();
    assert!(hidden.contains("not shown for their severity"), "{hidden}");
    let quiet = run(&folder.0, &["--quiet"]).stdout();
    assert!(quiet.contains("s3:PutObject") && !quiet.contains("Analysed"), "{quiet}");
}
