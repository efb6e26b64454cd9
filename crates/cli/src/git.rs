//! Git, through the program of that name: revisions, the files of a commit, their contents. Nothing is checked out, and
//! nothing in the working tree is touched.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use rolecall_source::{LoadError, limits};

use crate::console::Failure;

/// A repository.
#[derive(Debug)]
pub(crate) struct Repository {
    /// Where git is run: the root of the working tree, or the folder of a bare repository.
    pub(crate) root: PathBuf,
    /// There is no working tree.
    pub(crate) bare: bool,
    shallow: bool,
}

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: Mode,
    /// The object's name.
    pub(crate) object: String,
    /// As git has it: perhaps not UTF-8.
    pub(crate) path: Vec<u8>,
}

/// What a file of a commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    File,
    Link,
    Submodule,
}

fn command(at: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(at)
        .args(["--no-replace-objects", "--no-optional-locks"])
        .args(args)
        // The program never uses the network: a partial clone is told, not filled.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

fn run(at: &Path, args: &[&str]) -> Result<Output, Failure> {
    command(at, args).output().map_err(|e| {
        Failure::Git(match e.kind() {
            std::io::ErrorKind::NotFound => "`git` is needed to compare revisions, and is not installed".into(),
            _ => format!("cannot run `git`: {e}"),
        })
    })
}

/// What git says on its standard output, without the line end; `None` when it fails.
fn ask(at: &Path, args: &[&str]) -> Result<Option<String>, Failure> {
    let output = run(at, args)?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok(output.status.success().then_some(text))
}

impl Repository {
    /// The repository that holds `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let asked = run(
            folder,
            &["rev-parse", "--is-bare-repository", "--is-shallow-repository"],
        )?;
        if !asked.status.success() {
            let why = String::from_utf8_lossy(&asked.stderr);
            let why = why.lines().next().unwrap_or("").trim_start_matches("fatal: ");
            return Err(Failure::Git(format!(
                "`{}` is not in a git repository that can be read: {why}",
                folder.display()
            )));
        }
        let told = String::from_utf8_lossy(&asked.stdout).into_owned();
        let mut told = told.lines().map(|l| l == "true");
        let (bare, shallow) = (told.next().unwrap_or(false), told.next().unwrap_or(false));
        let question = if bare { "--absolute-git-dir" } else { "--show-toplevel" };
        let root = ask(folder, &["rev-parse", question])?
            .ok_or_else(|| Failure::Git("run this inside the working tree, not in `.git`".into()))?;
        let root = std::fs::canonicalize(&root).map_err(|e| Failure::read(Path::new(&root), &e))?;
        Ok(Self { root, bare, shallow })
    }

    /// The commit that a revision names.
    pub(crate) fn commit(&self, revision: &str) -> Result<String, Failure> {
        let wanted = format!("{revision}^{{commit}}");
        let found = ask(
            &self.root,
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted],
        )?;
        match found {
            Some(commit) if self.has(&commit)? => Ok(commit),
            _ => Err(Failure::Git(self.missing(revision))),
        }
    }

    fn has(&self, commit: &str) -> Result<bool, Failure> {
        Ok(run(&self.root, &["cat-file", "-e", commit])?.status.success())
    }

    /// What to do about a revision that is not here.
    fn missing(&self, revision: &str) -> String {
        let (remote, branch) = match revision.split_once('/') {
            Some((remote, branch)) if !branch.is_empty() => (remote, branch),
            _ => ("origin", revision),
        };
        let relative = revision.contains(['^', '~', '@']);
        match (self.shallow, relative) {
            (true, true) => format!(
                "`{revision}` is not in this shallow clone; fetch more of the history with `git fetch --deepen=50` \
                 (actions/checkout: `fetch-depth: 2` for the parent of a merge, `fetch-depth: 0` for all)"
            ),
            (true, false) => format!(
                "`{revision}` is not in this shallow clone; fetch it with `git fetch --depth=1 {remote} {branch}` and compare \
                 with `FETCH_HEAD`, or all history with `git fetch --unshallow` (actions/checkout: `fetch-depth: 0`)"
            ),
            (false, true) => format!("there is no revision `{revision}`"),
            (false, false) => format!(
                "there is no revision `{revision}`; a branch of the remote comes with `git fetch {remote} {branch}`"
            ),
        }
    }

    /// Where two commits parted.
    pub(crate) fn merge_base(&self, base: &str, head: &str) -> Result<String, Failure> {
        let (a, b) = (self.commit(base)?, self.commit(head)?);
        ask(&self.root, &["merge-base", &a, &b])?.ok_or_else(|| {
            let more = if self.shallow {
                "; this clone is shallow: `git fetch --unshallow` brings all history, `git fetch --deepen=50` more of it \
                 (actions/checkout: `fetch-depth: 0`)"
            } else {
                ""
            };
            Failure::Git(format!(
                "where `{base}` and `{head}` parted is not known here{more}"
            ))
        })
    }

    /// The files of a commit, in order of path.
    pub(crate) fn list(&self, commit: &str) -> Result<Vec<Entry>, Failure> {
        let output = run(&self.root, &["ls-tree", "-r", "-z", "--full-tree", commit])?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::Git(format!("the files of `{commit}` cannot be listed: {why}")));
        }
        Ok(output.stdout.split(|b| *b == 0).filter_map(entry).collect())
    }
}

/// `100644 blob 1a2b…\tpath`
fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|b| *b == b'\t')?;
    let head = std::str::from_utf8(line.get(..tab)?).ok()?;
    let mut parts = head.split(' ');
    let (mode, _kind, object) = (parts.next()?, parts.next()?, parts.next()?);
    let mode = match mode {
        "120000" => Mode::Link,
        "160000" => Mode::Submodule,
        _ => Mode::File,
    };
    Some(Entry {
        mode,
        object: object.to_owned(),
        path: line.get(tab + 1..)?.to_vec(),
    })
}

/// The contents of objects, from one `git cat-file --batch` that is asked for one after the other.
pub(crate) struct Objects(Mutex<Batch>);

struct Batch {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Objects {
    pub(crate) fn open(repository: &Repository) -> Result<Self, Failure> {
        let broken = |why: String| Failure::Git(format!("cannot run `git cat-file`: {why}"));
        let mut child = command(&repository.root, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| broken(e.to_string()))?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let from = from.ok_or_else(|| broken("it has no output".into()))?;
        Ok(Self(Mutex::new(Batch {
            child,
            to,
            from: BufReader::new(from),
        })))
    }

    /// The bytes of an object.
    pub(crate) fn read(&self, object: &str) -> Result<Vec<u8>, LoadError> {
        let mut batch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = batch.read(object)?;
        if bytes.starts_with(b"version https://git-lfs.github.com/spec/") && bytes.len() < 1024 {
            return Err(LoadError::Io("only a Git LFS pointer is in the repository".into()));
        }
        Ok(bytes)
    }
}

impl Batch {
    fn read(&mut self, object: &str) -> Result<Vec<u8>, LoadError> {
        let io = |e: std::io::Error| LoadError::Io(format!("git: {e}"));
        let gone = || LoadError::Io("git has ended".into());
        let to = self.to.as_mut().ok_or_else(gone)?;
        to.write_all(object.as_bytes()).map_err(io)?;
        to.write_all(b"\n").map_err(io)?;
        to.flush().map_err(io)?;
        let mut head = String::new();
        if self.from.read_line(&mut head).map_err(io)? == 0 {
            return Err(gone());
        }
        let size = head.trim_end().rsplit(' ').next().and_then(|n| n.parse::<u64>().ok());
        let Some(size) = size else {
            return Err(LoadError::Io(
                "is not in this clone of the repository (a partial clone?); `git fetch --refetch --no-filter` brings it".into(),
            ));
        };
        let too_large = size > limits::FILE_BYTES as u64;
        let mut bytes = Vec::new();
        if too_large {
            std::io::copy(&mut (&mut self.from).take(size), &mut std::io::sink()).map_err(io)?;
        } else {
            (&mut self.from).take(size).read_to_end(&mut bytes).map_err(io)?;
        }
        let mut end = [0; 1];
        self.from.read_exact(&mut end).map_err(io)?;
        if too_large {
            return Err(LoadError::TooLarge(size));
        }
        Ok(bytes)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // At the end of its input git ends.
        drop(self.to.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_whatever_is_in_their_names() {
        let read = entry(b"100644 blob 12ab\ta b\xff\"\n.tf").unwrap();
        assert_eq!((read.mode, read.object.as_str()), (Mode::File, "12ab"));
        assert_eq!(read.path, b"a b\xff\"\n.tf");
        assert_eq!(entry(b"160000 commit 12ab\tsub").unwrap().mode, Mode::Submodule);
        assert_eq!(entry(b"120000 blob 12ab\tlink").unwrap().mode, Mode::Link);
        assert_eq!(entry(b""), None);
    }
}
