//! `docs/ARCHITECTURE.md` against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::tidy::Problem;
use crate::tidy::repo::Repo;

const PAGE: &str = "docs/ARCHITECTURE.md";
/// First cell of the tables that are held.
const CRATES: &str = "crate";
const LIBRARIES: &str = "library";

#[derive(Deserialize, Default)]
struct Manifest {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "dev-dependencies")]
    dev: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "build-dependencies")]
    build: BTreeMap<String, toml::Value>,
}

/// Manifests of the workspace's members by folder: `crates/iam`, `xtask`.
fn manifests(repo: &Repo) -> BTreeMap<&str, Result<Manifest, String>> {
    let member = |path: &str| path.starts_with("crates/") || path == "xtask";
    repo.files
        .iter()
        .filter_map(|file| Some((file.path.strip_suffix("/Cargo.toml")?, &file.text)))
        .filter(|(folder, _)| member(folder))
        .map(|(folder, text)| (folder, toml::from_str(text).map_err(|error| error.to_string())))
        .collect()
}

/// Rows of the table whose first heading is `first`: line and cells.
fn table<'a>(repo: &'a Repo, first: &str) -> Vec<(usize, Vec<&'a str>)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (number, line) in repo.file(PAGE).into_iter().flat_map(|file| file.lines()) {
        let Some(row) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            inside = false;
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if inside && !row.starts_with("---") {
            rows.push((number, cells));
        } else if cells.first() == Some(&first) {
            inside = true;
        }
    }
    rows
}

/// What stands between backticks.
fn names(cell: &str) -> BTreeSet<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Each crate uses no other crate than the table allows, and the table lists the crates there are.
pub(crate) fn crates(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    let rows = table(repo, CRATES);
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, cells) in &rows {
        if let [name, uses, ..] = cells.as_slice() {
            allowed.extend(names(name).into_iter().map(|name| (name, names(uses))));
        }
    }
    for (folder, manifest) in manifests(repo) {
        let path = format!("{folder}/Cargo.toml");
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(error) => {
                problems.push(Problem::new(&path, 0, error));
                continue;
            }
        };
        let Some(name) = folder.strip_prefix("crates/") else {
            continue;
        };
        let Some(may) = allowed.remove(name) else {
            problems.push(Problem::new(
                PAGE,
                0,
                format!("the table of crates does not list {name}"),
            ));
            continue;
        };
        let used = manifest.dependencies.keys().chain(manifest.build.keys());
        for used in used.filter_map(|used| used.strip_prefix("rolecall-")) {
            if !may.contains(used) && !may.contains("all") {
                problems.push(Problem::new(&path, 0, format!("{name} may not use {used}: see {PAGE}")));
            }
        }
    }
    for name in allowed.into_keys() {
        problems.push(Problem::new(
            PAGE,
            0,
            format!("the table of crates lists {name}, which does not exist"),
        ));
    }
    problems
}

/// The table of libraries lists what the manifests name.
pub(crate) fn libraries(repo: &Repo) -> Vec<Problem> {
    let rows = table(repo, LIBRARIES);
    let listed: BTreeSet<&str> = rows
        .iter()
        .filter_map(|(_, cells)| cells.first())
        .flat_map(|cell| names(cell))
        .collect();
    let mut problems = Vec::new();
    for (folder, manifest) in manifests(repo) {
        let manifest = manifest.unwrap_or_default();
        for name in [manifest.dependencies, manifest.dev, manifest.build]
            .iter()
            .flat_map(BTreeMap::keys)
        {
            if name != "rolecall" && !name.starts_with("rolecall-") && !listed.contains(name.as_str()) {
                let message = format!("the table of libraries does not list {name}, which {folder} uses");
                problems.push(Problem::new(PAGE, 0, message));
            }
        }
    }
    problems.sort();
    problems.dedup();
    problems
}

/// A library that several members use has its version in the workspace's manifest.
pub(crate) fn versions(repo: &Repo) -> Vec<Problem> {
    let mut stated: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut inherited: BTreeSet<String> = BTreeSet::new();
    for (folder, manifest) in manifests(repo) {
        let manifest = manifest.unwrap_or_default();
        for (name, value) in [manifest.dependencies, manifest.dev, manifest.build]
            .into_iter()
            .flatten()
        {
            if value.get("workspace").is_some() {
                inherited.insert(name);
            } else {
                stated.entry(name).or_default().push(folder);
            }
        }
    }
    let several = |(name, folders): (String, Vec<&str>)| {
        let folder = folders.first().copied().unwrap_or_default();
        let alone = folders.iter().all(|other| *other == folder) && !inherited.contains(&name);
        (!alone).then(|| {
            let message = format!("{name}: several members use it, so its version belongs in the workspace's manifest");
            Problem::new(&format!("{folder}/Cargo.toml"), 0, message)
        })
    };
    stated.into_iter().filter_map(several).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "# A\n\n| crate | may use | never |\n|---|---|---|\n| `source` | – | |\n| `iam` | `source` | |\n\
                          | `cli` | `all` | |\n\n| library | where |\n|---|---|\n| `serde`, `toml` | x |\n";

    fn repo(iam: &str) -> Repo {
        Repo::of(&[
            (PAGE, TABLES),
            ("crates/source/Cargo.toml", "[dependencies]\nserde.workspace = true\n"),
            ("crates/iam/Cargo.toml", iam),
            (
                "crates/cli/Cargo.toml",
                "[dependencies]\nrolecall-iam.workspace = true\n[dev-dependencies]\ntoml = \"1\"\n",
            ),
        ])
    }

    #[test]
    fn imports_follow_the_table() {
        assert_eq!(crates(&repo("[dependencies]\nrolecall-source.workspace = true\n")), []);
        assert_eq!(
            crates(&repo("[dependencies]\nrolecall-graph.workspace = true\n")).len(),
            1
        );
        assert_eq!(
            crates(&repo("[build-dependencies]\nrolecall-graph.workspace = true\n")).len(),
            1
        );
        assert_eq!(
            crates(&repo("[dev-dependencies]\nrolecall-graph.workspace = true\n")),
            []
        );
        assert_eq!(crates(&repo("not toml")).len(), 2);
        assert_eq!(crates(&Repo::of(&[(PAGE, TABLES)])).len(), 3);
        assert_eq!(crates(&Repo::of(&[("crates/iam/Cargo.toml", "")])).len(), 1);
    }

    #[test]
    fn libraries_are_those_of_the_table() {
        assert_eq!(libraries(&repo("")), []);
        assert_eq!(libraries(&repo("[dependencies]\nrayon = \"1\"\n")).len(), 1);
    }

    #[test]
    fn shared_versions_are_in_one_place() {
        assert_eq!(versions(&repo("")), []);
        assert_eq!(versions(&repo("[dependencies]\ntoml = \"1\"\n")).len(), 1);
        assert_eq!(versions(&repo("[dependencies]\nserde = \"1\"\n")).len(), 1);
    }
}
