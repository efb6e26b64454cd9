//! Checks on Rust sources.

use crate::tidy::Problem;
use crate::tidy::repo::{File, Repo, has_word};

/// Modules of `std` that only `cli` and `xtask` may touch.
const MODULES: [&str; 3] = ["fs", "env", "process"];
/// Types likewise. Addresses of `std::net` are plain data and may be used anywhere.
const TYPES: [&str; 5] = ["TcpStream", "TcpListener", "UdpSocket", "ToSocketAddrs", "SystemTime"];
const WARN: usize = 600;
const FAIL: usize = 900;

/// Only `cli` and `xtask` reach files, environment, network, processes and the clock.
pub(crate) fn io(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repo.rust().filter(|file| !file.is_test && !may_do_io(&file.path)) {
        for (number, line) in file.code() {
            for word in reached(line) {
                let message = format!("{word}: only cli and xtask do IO or read the clock");
                problems.push(Problem::new(&file.path, number, message));
            }
        }
    }
    problems
}

fn may_do_io(path: &str) -> bool {
    path.starts_with("crates/cli/") || path.starts_with("xtask/")
}

/// What the line names of the above. An `Instant` counts when it is the one of `std::time`.
fn reached(line: &str) -> Vec<&'static str> {
    let modules = MODULES.into_iter().filter(|module| names_module(line, module));
    let types = TYPES.into_iter().filter(|name| has_word(line, name));
    let clock = line.contains("Instant::now") || line.contains("std::time") && has_word(line, "Instant");
    modules.chain(types).chain(clock.then_some("Instant")).collect()
}

/// True iff the line names `std::module`, also within a list of imports.
fn names_module(line: &str, module: &str) -> bool {
    let listed = line.split_once("std::{").is_some_and(|(_, list)| {
        let first = |item: &str| item.trim().split("::").next().map(str::to_owned);
        list.split([',', '{', '}', ';'])
            .filter_map(first)
            .any(|item| item == module)
    });
    listed || has_word(line, &format!("std::{module}"))
}

/// Only `report` renders with miette.
pub(crate) fn miette(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repo.files {
        let source = file.path.ends_with(".rs") || file.path.ends_with("/Cargo.toml");
        if !source || !file.path.starts_with("crates/") || file.path.starts_with("crates/report/") {
            continue;
        }
        for (number, line) in file.code() {
            if has_word(line, "miette") {
                problems.push(Problem::new(&file.path, number, "miette stays inside report"));
            }
        }
    }
    problems
}

/// No file of the program is over the limit; tests and comments do not count.
pub(crate) fn length(repo: &Repo) -> Vec<Problem> {
    over(repo, FAIL, usize::MAX, "split it")
}

/// Files worth a thought.
pub(crate) fn long(repo: &Repo) -> Vec<Problem> {
    over(repo, WARN, FAIL, "think about splitting it")
}

fn over(repo: &Repo, from: usize, to: usize, advice: &str) -> Vec<Problem> {
    let lines = |file: &File| file.code().len();
    repo.rust()
        .filter(|file| !file.is_test)
        .map(|file| (file, lines(file)))
        .filter(|&(_, count)| count > from && count <= to)
        .map(|(file, count)| Problem::new(&file.path, 0, format!("{count} lines of code: {advice}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&Repo) -> Vec<Problem>, path: &str, text: &str) -> usize {
        check(&Repo::of(&[(path, text)])).len()
    }

    #[test]
    fn io_is_seen_in_every_spelling() {
        for line in [
            "use std::fs;",
            "use std::fs::File;",
            "use std::{collections::BTreeMap, fs};",
            "use std::{env::args, io};",
            "let x = std::process::id();",
            "use std::time::{Duration, Instant};",
            "let now = SystemTime::now();",
            "let now = Instant::now();",
            "use std::net::TcpStream;",
        ] {
            assert_eq!(found(io, "crates/iam/src/lib.rs", line), 1, "{line}");
            assert_eq!(found(io, "crates/cli/src/main.rs", line), 0, "{line}");
            assert_eq!(found(io, "crates/iam/tests/a.rs", line), 0, "{line}");
            let test = format!("#[cfg(test)]\nmod tests {{\n    {line}\n}}\n");
            assert_eq!(found(io, "crates/iam/src/lib.rs", &test), 0, "{line}");
        }
        for line in [
            "use std::{fmt, io};",
            "env!(\"CARGO_PKG_VERSION\")",
            "// std::fs",
            "struct Instance;",
        ] {
            assert_eq!(found(io, "crates/iam/src/lib.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn miette_is_seen_outside_report() {
        assert_eq!(found(miette, "crates/checks/src/a.rs", "use miette::Report;"), 1);
        assert_eq!(found(miette, "crates/checks/Cargo.toml", "miette = \"7\""), 1);
        assert_eq!(found(miette, "crates/report/src/a.rs", "use miette::Report;"), 0);
    }

    #[test]
    fn long_files_are_seen() {
        let lines = |count: usize| "let a = 1;\n".repeat(count);
        assert_eq!(found(length, "crates/iam/src/a.rs", &lines(901)), 1);
        assert_eq!(found(length, "crates/iam/src/a.rs", &lines(900)), 0);
        assert_eq!(found(long, "crates/iam/src/a.rs", &lines(601)), 1);
        assert_eq!(found(length, "crates/iam/src/a.rs", &"// note\n".repeat(2000)), 0);
    }
}
