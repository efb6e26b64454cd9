//! `tidy`: what a compiler does not hold. Each check is a function from the repository's files to problems.

mod code;
mod imports;
mod licences;
mod links;
mod pages;
mod repo;
mod rules;
mod text;

use std::io::Write as _;

use crate::Outcome;
use repo::Repo;

/// Something wrong in one file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// Path from the repository's root.
    path: String,
    /// From 1; 0 for the file as a whole.
    line: usize,
    message: String,
}

impl Problem {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

/// A check's name and its function.
type Check = (&'static str, fn(&Repo) -> Vec<Problem>);

/// Checks that need nothing but the files. A new check is a new line here.
const CHECKS: [Check; 10] = [
    ("imports", imports::crates),
    ("libraries", imports::libraries),
    ("versions", imports::versions),
    ("io", code::io),
    ("miette", code::miette),
    ("length", code::length),
    ("text", text::text),
    ("links", links::links),
    ("pages", pages::pages),
    ("rules", rules::rules),
];

/// Runs the command: prints every problem, fails if there is one.
pub(crate) fn run() -> Outcome {
    let repo = Repo::read(&crate::root())?;
    let mut problems: Vec<(&str, Problem)> = Vec::new();
    for (name, check) in CHECKS {
        problems.extend(check(&repo).into_iter().map(|problem| (name, problem)));
    }
    problems.extend(
        licences::licences(&repo)?
            .into_iter()
            .map(|problem| ("licences", problem)),
    );
    let mut out = std::io::stdout().lock();
    for warning in code::long(&repo) {
        writeln!(out, "{}: warning: {}", warning.path, warning.message)?;
    }
    for (name, problem) in &problems {
        writeln!(out, "{}:{}: {name}: {}", problem.path, problem.line, problem.message)?;
    }
    match problems.len() {
        0 => Ok(writeln!(
            out,
            "tidy: {} files, {} checks",
            repo.files.len(),
            CHECKS.len() + 1
        )?),
        1 => Err("tidy found a problem".into()),
        count => Err(format!("tidy found {count} problems").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let repo = Repo::read(&crate::root()).unwrap();
        assert!(repo.files.len() > 50, "{} files", repo.files.len());
        for (name, check) in CHECKS {
            let problems = check(&repo);
            assert!(problems.is_empty(), "{name}: {problems:#?}");
        }
    }
}
