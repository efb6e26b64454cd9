//! `rolecall diff`: what it says of pull requests, and where it can run.

mod support;

#[path = "../../../xtask/src/diff_scenarios.rs"]
mod diff_scenarios;

use std::fs;
use std::path::Path;

use diff_scenarios::{Repository, build, check};
use support::{Folder, rolecall};

#[expect(clippy::unwrap_used, reason = "what fails here fails the test")]
fn run(folder: &Path, args: &[&str]) -> support::Run {
    let mut command = rolecall(folder, args);
    support::Run(command.env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap())
}

#[test]
fn every_pull_request_is_told_right_in_every_format() {
    let folder = Folder::new();
    let rolecall = Path::new(env!("CARGO_BIN_EXE_rolecall"));
    check(rolecall, &folder.0).unwrap();
}

#[test]
fn where_it_cannot_run_it_says_why_and_what_to_do() {
    let folder = Folder::new();
    // Without git a scan still runs.
    let plain = folder.file(
        "plain/main.tf",
        "resource \"aws_iam_user\" \"ada\" {\n  name = \"ada\"\n}\n",
    );
    let plain = plain.parent().unwrap().to_path_buf();
    assert_eq!(support::run(&plain, &["dump", "facts"]).code(), 0);
    let told = |at: &Path, args: &[&str], parts: &[&str]| {
        let run = run(at, args);
        assert_eq!(run.code(), 2, "{args:?}: {}", run.stdout());
        for part in parts {
            assert!(run.stderr().contains(part), "{args:?}: {}", run.stderr());
        }
    };
    told(&plain, &["diff", "main"], &["is not in a git repository"]);

    let repository = build(&folder.0.join("full")).unwrap();
    told(
        &repository.0,
        &["diff", "nowhere"],
        &["there is no revision `nowhere`", "git fetch origin nowhere"],
    );
    told(&repository.0, &["diff", "upstream/next"], &["git fetch upstream next"]);
    told(&repository.0, &["diff", "--", "-x"], &["BASE"]);

    let url = format!("file://{}", repository.0.display());
    let shallow = folder.0.join("shallow");
    let clone = |args: &[&str], to: &Path| {
        let all = [&["clone", "--quiet"], args, &[url.as_str(), to.to_str().unwrap()]].concat();
        repository.git(&all).unwrap();
    };
    clone(&["--depth=1", "--branch=opens"], &shallow);
    told(
        &shallow,
        &["diff", "HEAD^"],
        &["shallow clone", "git fetch --deepen=50", "fetch-depth: 2"],
    );
    told(
        &shallow,
        &["diff", "origin/main"],
        &["shallow clone", "git fetch --depth=1 origin main", "fetch-depth: 0"],
    );
    Repository(shallow.clone())
        .git(&["fetch", "--quiet", "--depth=1", "origin", "main"])
        .unwrap();
    told(
        &shallow,
        &["diff", "FETCH_HEAD...HEAD"],
        &["parted is not known", "git fetch --unshallow"],
    );
    let diff = run(&shallow, &["diff", "FETCH_HEAD"]);
    assert!(
        diff.stdout().contains("1 new, 1 unchanged"),
        "{}{}",
        diff.stdout(),
        diff.stderr()
    );

    let bare = folder.0.join("bare.git");
    clone(&["--bare"], &bare);
    told(&bare, &["diff", "main"], &["a bare repository has no working tree"]);
    let diff = run(&bare, &["diff", "main...opens"]);
    assert!(
        diff.stdout().contains("1 new, 1 unchanged"),
        "{}{}",
        diff.stdout(),
        diff.stderr()
    );

    let second = folder.0.join("second");
    repository
        .git(&["worktree", "add", "--quiet", second.to_str().unwrap(), "opens"])
        .unwrap();
    let diff = run(&second, &["diff", "--merge-base", "main"]);
    assert!(
        diff.stdout().contains("1 new, 1 unchanged"),
        "{}{}",
        diff.stdout(),
        diff.stderr()
    );
}

#[test]
fn odd_entries_of_a_tree_are_told_and_harm_nothing() {
    let folder = Folder::new();
    let repository = build(&folder.0.join("odd")).unwrap();
    let root = &repository.0;
    repository
        .write(
            "lfs.tf",
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
        )
        .unwrap();
    repository
        .write("with space/\u{e9}\"quoted\".tf", "locals {}\n")
        .unwrap();
    fs::write(root.join("big.tf"), vec![b'#'; 33 << 20]).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"odd\xff.tf")), "locals {}\n").unwrap();
        symlink("infra", root.join("linked")).unwrap();
        symlink("/etc", root.join("outside")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
    }
    let commit = repository.git(&["rev-parse", "HEAD"]).unwrap();
    repository
        .git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{},sub", commit.trim()),
        ])
        .unwrap();
    repository.git(&["add", "--all", "--", ":!sub"]).unwrap();
    repository.git(&["commit", "--quiet", "-m", "odd"]).unwrap();
    let diff = run(root, &["diff", "main^", "main", "--format", "json"]);
    assert_eq!(
        diff.code(),
        1,
        "the linked folder is a configuration of its own: {}",
        diff.stderr()
    );
    let json: serde_json::Value = serde_json::from_str(&diff.stdout()).unwrap();
    let errors = json["coverage"]["errors"].to_string();
    for part in ["Git LFS pointer", "more than the", "not UTF-8"] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

/// Two trees that differ by a statement that denies: nothing on the path was edited, and the edit is named all the same.
#[test]
fn an_edit_beside_the_path_is_named() {
    let folder = Folder::new();
    let repository = build(&folder.0.join("deny")).unwrap();
    let deny = "resource \"aws_iam_user_policy\" \"no\" {\n  user = module.ci.user\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Deny\", Action = \"iam:PassRole\", Resource = \"*\" }] })\n}\n";
    repository.write("infra/deny.tf", deny).unwrap();
    repository
        .write(
            "infra/modules/ci/outputs.tf",
            "output \"user\" {\n  value = aws_iam_user.builder.name\n}\n",
        )
        .unwrap();
    repository.commit("deny").unwrap();
    let denied = run(&repository.0, &["diff", "main^", "main"]);
    assert_eq!(denied.code(), 0);
    assert!(denied.stdout().contains("1 fixed"), "{}", denied.stdout());
    assert!(denied.stdout().contains("infra/deny.tf:1-4"), "{}", denied.stdout());
    let again = run(&repository.0, &["diff", "main", "main^"]);
    assert_eq!(again.code(), 1);
    assert!(
        again.stdout().contains("no step of the path was edited"),
        "{}",
        again.stdout()
    );
    assert!(again.stdout().contains("infra/deny.tf:1-4"), "{}", again.stdout());
}
