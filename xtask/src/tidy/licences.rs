//! Licences and origins of the libraries, by `cargo metadata`, against `deny.toml`.
//!
//! `deny.toml` is written for cargo-deny; building that takes longer than our tests, so the parts we rely on are
//! checked here too.

use std::collections::BTreeSet;
use std::process::Command;

use serde::Deserialize;

use crate::tidy::Problem;
use crate::tidy::repo::Repo;

const PAGE: &str = "deny.toml";

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None for our own.
    source: Option<String>,
}

/// Each library is from the registry, under a licence we allow, and not one we avoid.
pub(crate) fn licences(repo: &Repo) -> Result<Vec<Problem>, Box<dyn std::error::Error>> {
    let file = repo.file(PAGE).ok_or("deny.toml is missing")?;
    let deny: Deny = toml::from_str(&file.text)?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(crate::root())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata
        .packages
        .iter()
        .flat_map(|package| judge(package, &deny))
        .collect())
}

fn judge(package: &Package, deny: &Deny) -> Vec<Problem> {
    let Package { name, version, .. } = package;
    let mut problems = Vec::new();
    let mut say = |message: String| problems.push(Problem::new(PAGE, 0, message));
    let Some(source) = &package.source else {
        return problems;
    };
    if !source.starts_with("registry+") {
        say(format!("{name} {version} comes from {source}, not from the registry"));
    }
    match &package.license {
        None => say(format!("{name} {version} states no licence")),
        Some(license) if !allows(license, &deny.licenses.allow) => {
            say(format!("{name} {version} is under {license}"));
        }
        Some(_) => {}
    }
    for banned in deny.bans.deny.iter().filter(|banned| banned.name == *name) {
        say(format!("{name} {version}: {}", banned.reason));
    }
    problems
}

/// True iff the SPDX expression can be satisfied with allowed licences alone.
fn allows(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let answer = any(&mut words, allowed);
    answer && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut answer = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        answer |= all(words, allowed);
    }
    answer
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut answer = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        answer &= one(words, allowed);
    }
    answer
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let answer = any(words, allowed);
        return words.next_if_eq(&")").is_some() && answer;
    }
    let Some(id) = words.next() else { return false };
    if words.next_if_eq(&"WITH").is_some() {
        let exception = words.next().unwrap_or_default();
        return allowed.contains(&format!("{id} WITH {exception}")) || allowed.contains(id);
    }
    allowed.contains(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
        for yes in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0 OR MIT",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(allows(yes, &allowed), "{yes}");
        }
        for no in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND ISC",
            "(MIT",
            "MIT Apache-2.0",
        ] {
            assert!(!allows(no, &allowed), "{no}");
        }
    }

    #[test]
    fn what_we_avoid_is_seen() {
        let deny: Deny = toml::from_str(
            "[licenses]\nallow = [\"MIT\"]\n[bans]\ndeny = [{ crate = \"old\", reason = \"archived\" }]\n",
        )
        .unwrap();
        let package = |name: &str, license: Option<&str>, source: Option<&str>| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let registry = Some("registry+https://example.com/index");
        for (package, problems) in [
            (package("new", Some("MIT"), registry), 0),
            (package("old", Some("MIT"), registry), 1),
            (package("new", None, registry), 1),
            (package("new", Some("GPL-3.0"), registry), 1),
            (package("new", Some("MIT"), Some("git+https://example.com/x")), 1),
            (package("ours", Some("GPL-3.0"), None), 0),
        ] {
            assert_eq!(judge(&package, &deny).len(), problems, "{}", package.name);
        }
    }
}
