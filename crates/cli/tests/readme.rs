//! What the README shows is what the program prints.

use std::path::Path;
use std::process::Command;

#[test]
fn the_output_in_the_readme_is_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let shown = readme
        .split("```text\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    let output = command
        .current_dir(root)
        .args(["scan", "testdata/quickstart"])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown, printed);
    assert_eq!(output.status.code(), Some(1));
}
