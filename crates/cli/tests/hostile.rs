//! Input that is broken, huge or malicious: a diagnostic each, the rest analysed, no crash.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here fails the test"
)]

mod support;

use std::fs;

use support::{Folder, run};

/// A configuration with a role, which every test expects to be analysed whatever stands beside it.
const GOOD: &str = r#"
resource "aws_iam_role" "good" {
  name = "good"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"#;

fn facts(folder: &Folder) -> String {
    let dump = run(&folder.0, &["dump", "facts"]);
    assert_eq!(dump.code(), 0, "{}", dump.stderr());
    dump.stdout()
}

/// The diagnostics of a scan as JSON gives them: `path: code`, sorted.
fn errors(folder: &Folder) -> Vec<String> {
    let scan = run(&folder.0, &["scan", "--format", "json", "--fail-on", "never"]);
    assert_eq!(scan.code(), 0, "{}{}", scan.stdout(), scan.stderr());
    let report: serde_json::Value = serde_json::from_str(&scan.stdout()).unwrap();
    let told = |e: &serde_json::Value| {
        let place = e["location"]["path"].as_str().unwrap_or("-");
        format!("{place}: {}", e["code"].as_str().unwrap())
    };
    let mut all: Vec<String> = report["coverage"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect();
    all.sort();
    assert!(run(&folder.0, &["scan", "--strict", "--fail-on", "never"]).code() == i32::from(!all.is_empty()));
    all
}

#[test]
fn broken_files_cost_only_themselves() {
    let folder = Folder::new();
    folder.file("good.tf", GOOD);
    folder.file("truncated.tf", "resource \"aws_iam_user\" \"x\" {\n  name = \"");
    folder.file("brackets/main.tf", format!("locals {{ x = {}", "[".repeat(100_000)));
    folder.file("brackets/deep.tf.json", "[".repeat(100_000));
    folder.file("latin1.tf", b"# caf\xe9\nresource \"aws_iam_user\" \"y\" {}\n");
    let errors = errors(&folder);
    for broken in ["truncated.tf", "brackets/main.tf", "brackets/deep.tf.json", "latin1.tf"] {
        assert!(
            errors.iter().any(|e| e.starts_with(broken)),
            "{broken} is not in {errors:?}"
        );
    }
    assert!(facts(&folder).contains("role aws_iam_role.good"));
}

#[test]
fn a_file_over_the_limit_is_named() {
    let folder = Folder::new();
    folder.file("good.tf", GOOD);
    folder.file("huge.tf", vec![b'\n'; 50 * 1024 * 1024]);
    let errors = errors(&folder);
    assert!(errors.iter().any(|e| e.starts_with("huge.tf")), "{errors:?}");
    assert!(facts(&folder).contains("role aws_iam_role.good"));
}

#[test]
fn a_policy_that_is_not_json_is_told() {
    let folder = Folder::new();
    folder.file("good.tf", GOOD);
    folder.file(
        "bad.tf",
        "resource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n\nresource \"aws_iam_user_policy\" \"p\" {\n  user   = aws_iam_user.u.name\n  policy = \"{ nonsense\"\n}\n",
    );
    let errors = errors(&folder);
    assert!(errors.iter().any(|e| e.starts_with("bad.tf")), "{errors:?}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_repository_only() {
    use std::os::unix::fs::symlink;
    let outside = Folder::new();
    outside.file("secret.tf", GOOD.replace("good", "outside"));
    let folder = Folder::new();
    fs::create_dir(folder.0.join(".git")).unwrap();
    folder.file("a/main.tf", GOOD);
    folder.file("shared/more.tf", GOOD.replace("good", "shared"));
    symlink("..", folder.0.join("a/up")).unwrap();
    symlink("../shared/more.tf", folder.0.join("a/more.tf")).unwrap();
    symlink(&outside.0, folder.0.join("away")).unwrap();
    symlink(outside.0.join("secret.tf"), folder.0.join("a/secret.tf")).unwrap();
    symlink("nowhere.tf", folder.0.join("a/broken.tf")).unwrap();
    let facts = facts(&folder);
    assert!(
        facts.contains("aws_iam_role.good") && facts.contains("at a/more.tf:2:1"),
        "{facts}"
    );
    assert!(!facts.contains("outside"), "{facts}");
    let text = run(&folder.0, &["scan", "--fail-on", "never"]).stdout();
    assert!(text.contains("`a/up` is a link to a folder that holds it"), "{text}");
    assert!(text.contains("`a/broken.tf` is a link that leads nowhere"), "{text}");
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_things_that_are_no_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.file("good.tf", GOOD);
    let locked = folder.file("locked/main.tf", GOOD);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.0.join("pipe.tf"))
        .status();
    assert!(made.unwrap().success());
    // The superuser reads everything: then there is nothing to be told.
    let readable = fs::read(&locked).is_ok();
    let errors = errors(&folder);
    assert_eq!(
        errors.iter().any(|e| e.starts_with("locked/main.tf")),
        !readable,
        "{errors:?}"
    );
    assert!(facts(&folder).contains("role aws_iam_role.good"));
}

#[test]
fn text_of_the_repository_does_not_reach_the_terminal_as_a_command() {
    let folder = Folder::new();
    folder.file(
        "a\u{1b}[2J.tf",
        "resource \"aws_iam_user\" \"\u{1b}]0;owned\u{7}\" {\n  name = \u{9b}31m\n}\n",
    );
    let text = run(&folder.0, &["scan", "--color", "never"]).stdout();
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}
