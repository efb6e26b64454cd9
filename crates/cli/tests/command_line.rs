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
