//! `rolecall who-can`, `what-can` and `path`.

use std::path::Path;

use assert_cmd::Command;

#[expect(clippy::unwrap_used, reason = "what fails here fails the test")]
fn rolecall(arguments: &[&str]) -> (i32, String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::cargo_bin("rolecall")
        .unwrap()
        .current_dir(root)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_path_is_told_hop_by_hop() {
    let case = "testdata/rules/assume-role/chain/terraform";
    let (code, out, _) = rolecall(&["path", "ada", "admin", case]);
    assert_eq!(code, 1);
    let told: Vec<&str> = out
        .lines()
        .filter(|l| l.starts_with("  1.") || l.starts_with("  2."))
        .collect();
    assert_eq!(
        told,
        [
            "  1. user `ada` can assume role `deployer`",
            "  2. role `deployer` can launch an EC2 instance"
        ]
    );
    assert!(out.ends_with("1 way\n"), "{out}");
}

#[test]
fn who_can_and_what_can_are_two_sides() {
    let case = "testdata/rules/assume-role/chain/cloudformation";
    for question in [["who-can", "admin"], ["what-can", "ada"]] {
        let (code, out, _) = rolecall(&[question[0], question[1], "--format", "json", case]);
        assert_eq!(code, 1);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        let paths = json["paths"].as_array().unwrap();
        let way = |p: &&serde_json::Value| p["from"]["name"] == "ada" && p["to"]["name"] == "admin";
        let way = paths.iter().find(way).unwrap();
        assert_eq!(way["hops"].as_array().unwrap().len(), 2);
        assert_eq!(way["severity"], "critical");
        assert_eq!(way["gain"]["administrator"], true);
    }
}

#[test]
fn a_name_that_nobody_has_is_an_error_with_names_like_it() {
    let (code, out, error) = rolecall(&["who-can", "Deplo", "testdata/rules/assume-role/chain/terraform"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("`aws_iam_role.deployer`"), "{error}");
    let (code, ..) = rolecall(&[
        "path",
        "ben",
        "admin",
        "testdata/rules/pass-role-to-service/lambda/terraform",
    ]);
    assert_eq!(code, 0);
}
