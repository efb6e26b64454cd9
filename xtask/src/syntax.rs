//! Compares which files of public repositories the parser and `terraform fmt` accept.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rolecall_source::{MemoryLoader, Sources};

use crate::Outcome;

/// Files that one call of `terraform fmt` is given.
const BATCH: usize = 50;

/// What was found in one folder.
#[derive(Default)]
struct Tally {
    files: usize,
    /// Accepted by Terraform, and not by the parser.
    rejected: Vec<(String, String)>,
    /// Accepted by the parser, and not by Terraform.
    accepted: Vec<String>,
}

/// `FOLDER...`: every `.tf` file in them. Fails when Terraform accepts one that the parser does not.
pub(crate) fn diff(folders: &[String]) -> Outcome {
    if folders.is_empty() {
        return Err("usage: cargo xtask diff-syntax FOLDER...".into());
    }
    let mut out = std::io::stdout();
    let mut rejected = 0;
    for folder in folders {
        let tally = compare(Path::new(folder))?;
        writeln!(
            out,
            "{folder}: {} files, {} that only Terraform accepts, {} that only the parser accepts",
            tally.files,
            tally.rejected.len(),
            tally.accepted.len()
        )?;
        for (path, why) in &tally.rejected {
            writeln!(out, "  only Terraform accepts {path}: {why}")?;
        }
        for path in &tally.accepted {
            writeln!(out, "  only the parser accepts {path}")?;
        }
        rejected += tally.rejected.len();
    }
    if rejected > 0 {
        Err(format!("{rejected} files are not parsed").into())
    } else {
        Ok(())
    }
}

fn compare(folder: &Path) -> Result<Tally, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    walk(folder, &mut files)?;
    files.sort();
    let mut tally = Tally {
        files: files.len(),
        ..Tally::default()
    };
    for batch in files.chunks(BATCH) {
        // Where all are well nothing has to be asked one by one.
        let all = terraform_accepts(batch)?;
        for file in batch {
            let ours = error_of(file)?;
            let theirs = all || terraform_accepts(std::slice::from_ref(file))?;
            let path = file.strip_prefix(folder).unwrap_or(file).display().to_string();
            match (ours, theirs) {
                (Some(why), true) => tally.rejected.push((path, why)),
                (None, false) => tally.accepted.push(path),
                _ => {}
            }
        }
    }
    Ok(tally)
}

/// Every `.tf` file below a folder; links are not followed.
fn walk(folder: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&path, out)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == "tf") {
            out.push(path);
        }
    }
    Ok(())
}

/// The first syntax error that the parser tells of a file.
fn error_of(file: &Path) -> std::io::Result<Option<String>> {
    let files = [("main.tf".to_owned(), std::fs::read(file)?)];
    let sources = Sources::new(
        vec!["main.tf".to_owned()],
        Box::new(MemoryLoader(files.into_iter().collect())),
    );
    let first = rolecall_terraform::syntax_errors(&sources).into_iter().next();
    Ok(first.map(|d| d.headline))
}

/// True iff `terraform fmt` finds no error in any of the files.
fn terraform_accepts(files: &[PathBuf]) -> std::io::Result<bool> {
    let mut command = Command::new("terraform");
    command.args(["fmt", "-check", "-list=false", "-no-color"]).args(files);
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    // 3: a file is not formatted, which is no error.
    Ok(matches!(output.status.code(), Some(0 | 3)))
}
