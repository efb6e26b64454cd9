//! Plans and states on the command line.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fs;
use std::path::Path;

use support::{Folder, Run, rolecall, run};

/// The example in `testdata/plan`, as a repository with the configuration in `infra`.
fn example() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.0.join(".git")).unwrap();
    for file in ["main.tf", "ci/main.tf"] {
        folder.file(&format!("infra/{file}"), text(file));
    }
    folder.file(
        "other/main.tf",
        "resource \"aws_iam_user\" \"o\" {\n  name = \"o\"\n}\n",
    );
    folder
}

fn text(file: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/plan");
    fs::read(root.join(file)).unwrap()
}

fn is_filled(run: &Run) {
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let facts = run.stdout();
    assert!(
        facts.contains("    name remote-x\n") && facts.contains("    name team-a\n"),
        "{facts}"
    );
    assert!(!facts.contains("plan.json"), "the plan itself is no configuration");
}

#[test]
fn a_plan_is_named_by_option_by_path_and_by_standard_input() {
    let folder = example();
    folder.file("infra/plan.json", text("plan.json"));
    let elsewhere = Folder::new();
    let outside = elsewhere.file("p.json", text("plan.json")).display().to_string();
    for (from, args) in [
        ("", &["--plan", "infra/plan.json", "."][..]),
        ("", &["--plan", "infra=infra/plan.json"]),
        ("", &["--plan", outside.as_str(), "infra"]),
        ("infra", &["plan.json"]),
        ("", &["infra/plan.json", "infra"]),
        ("", &["--state", "infra/plan.json"]),
    ] {
        is_filled(&run(&folder.0.join(from), &[&["dump", "facts"], args].concat()));
    }
    let mut piped = rolecall(&folder.0, &["dump", "facts", "--plan", "-"]);
    is_filled(&Run(piped.write_stdin(text("plan.json")).output().unwrap()));
}

#[test]
fn what_is_no_plan_ends_the_run() {
    let folder = example();
    folder.file("tfplan", b"PK\x03\x04");
    folder.file(
        "terraform.tfstate",
        br#"{"version": 4, "terraform_version": "1.11.4", "serial": 1}"#,
    );
    for (args, told) in [
        (
            &["--plan", "tfplan"][..],
            "rolecall: `tfplan` is a binary plan; `terraform show -json FILE` prints it as JSON\n",
        ),
        (
            &["--state", "terraform.tfstate"],
            "rolecall: `terraform.tfstate` is a state as it is stored; `terraform show -json` prints it as it is read here\n",
        ),
        (
            &["--plan", "missing"],
            "rolecall: cannot read `missing`: No such file or directory (os error 2)\n",
        ),
    ] {
        let scan = run(&folder.0, args);
        assert_eq!((scan.code(), scan.stderr().as_str()), (2, told), "{args:?}");
    }
}

#[test]
fn a_plan_of_nothing_in_the_scan_is_told() {
    let folder = example();
    folder.file("p.json", text("plan.json"));
    let scan = run(&folder.0, &["--plan", "p.json", "other", "--strict"]);
    assert_eq!(scan.code(), 1, "{}", scan.stdout());
    assert!(
        scan.stdout()
            .contains("`p.json` is not used: no configuration declares what it names"),
        "{}",
        scan.stdout()
    );
}

#[test]
fn findings_with_a_plan_stand_in_the_source() {
    let folder = example();
    folder.file("infra/plan.json", text("plan.json"));
    folder.file(
        "infra/profile.tf",
        "resource \"aws_iam_instance_profile\" \"x\" {\n  name = \"x\"\n  role = \"remote-x\"\n}\n",
    );
    let scan = run(&folder.0, &["--plan", "infra/plan.json", "--all", "infra"]);
    assert_eq!(scan.code(), 1, "{}", scan.stderr());
    let text = scan.stdout();
    assert!(
        text.contains("user `team-a` can launch an EC2 instance with role `remote-x`"),
        "{text}"
    );
    assert!(
        text.contains("launch = [\"ec2:RunInstances\", \"iam:PassRole\"]"),
        "{text}"
    );
    assert!(text.contains("module \"service\""), "{text}");
}
