//! The generated files are the ones that `SOURCES.json` records.

use std::collections::BTreeMap;
use std::path::Path;

use rolecall_catalog as catalog;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

#[derive(Deserialize)]
struct Sources {
    packages: Vec<Package>,
    counts: BTreeMap<String, usize>,
    by_hand: BTreeMap<String, File>,
    generated: BTreeMap<String, File>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

#[derive(Deserialize)]
struct File {
    bytes: usize,
    sha256: String,
}

#[expect(clippy::unwrap_used, reason = "a test fails here")]
fn sources() -> Sources {
    serde_json::from_str(include_str!("../data/SOURCES.json")).unwrap()
}

#[test]
fn files_are_as_recorded() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let recorded = sources();
    let mut names: Vec<&str> = vec!["README.md", "SOURCES.json"];
    let mut total = 0;
    for (name, file) in recorded.by_hand.iter().chain(&recorded.generated) {
        let bytes = std::fs::read(data.join(name)).unwrap();
        let hash: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            (bytes.len(), &hash),
            (file.bytes, &file.sha256),
            "{name}: run cargo xtask update-catalog"
        );
        names.push(name);
        total += bytes.len();
    }
    assert!(total < 1_500_000, "{total} bytes of data");
    names.sort_unstable();
    let mut present: Vec<String> = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    present.sort();
    assert_eq!(present, names);
}

#[test]
fn counts_are_as_recorded() {
    let counts = sources().counts;
    let recorded = |name: &str| counts[name];
    let pass_role = catalog::find_action("iam:PassRole").unwrap().id;
    let naming = catalog::all_actions()
        .filter(|action| catalog::dependent_actions(action.id).any(|dependent| dependent == pass_role))
        .count();
    assert_eq!(catalog::services().count(), recorded("services"));
    assert_eq!(catalog::action_count(), recorded("actions"));
    assert_eq!(naming, recorded("actions_that_name_pass_role"));
    assert_eq!(catalog::all_condition_keys().count(), recorded("condition_keys"));
    assert_eq!(catalog::managed_policy_arns().len(), recorded("managed_policies"));
    assert_eq!(catalog::service_principals().count(), recorded("service_principals"));
    // AWS removes little: far fewer would mean a broken source.
    assert!(recorded("actions") > 20_000);
    assert!(recorded("managed_policies") > 1_400);
    assert!(naming > 200);
}

#[test]
fn the_readme_names_every_package_and_its_licence() {
    let readme = include_str!("../data/README.md");
    for package in sources().packages {
        for part in [&package.name, &package.version, &package.licence] {
            assert!(readme.contains(part.as_str()), "{part}");
        }
    }
}
