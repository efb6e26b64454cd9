//! Which files belong to a scan, and what their paths are relative to.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use rolecall_source::{Diagnostic, Level, LoadError, Loader, Span, limits};
use walkdir::WalkDir;

use crate::console::Failure;

/// Most files and folders that are looked at: links between folders can make a small tree endless.
const ENTRIES: usize = 2_000_000;

/// The files of a scan.
#[derive(Debug)]
pub(crate) struct Found {
    /// What the paths are relative to: the repository, or the folder that was named.
    pub(crate) root: PathBuf,
    /// The folder of the first path, relative to `root`.
    pub(crate) top: String,
    /// Paths relative to `root`, with forward slashes.
    pub(crate) files: BTreeSet<String>,
    /// What could not be entered.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Found {
    /// Nothing below `root`.
    pub(crate) fn empty(root: PathBuf) -> Self {
        Self {
            root,
            top: String::new(),
            files: BTreeSet::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Adds files that the user names, git's ignore rules aside, and gives their paths in the scan.
    pub(crate) fn include(&mut self, files: &[PathBuf]) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for file in files {
            let real = fs::canonicalize(file).map_err(|e| Failure::read(file, &e))?;
            let name = relative(&self.root, &real).ok_or_else(|| Failure::Outside {
                path: file.clone(),
                root: self.root.clone(),
            })?;
            self.files.insert(name.clone());
            names.push(name);
        }
        Ok(names)
    }

    /// Adds the module in folder `dir` of the repository, which a configuration calls from beside the paths of the scan:
    /// its own configuration files, and below it whatever it may read. True iff that brings a file.
    pub(crate) fn module(&mut self, dir: &str) -> bool {
        let before = self.files.len();
        let top = self.root.join(dir);
        let inside = fs::canonicalize(&top).is_ok_and(|p| p.starts_with(&self.root) && p.is_dir());
        let hidden = |e: &walkdir::DirEntry| e.file_name() == ".git" || e.file_name() == ".terraform";
        let walk = WalkDir::new(&top).sort_by_file_name().into_iter();
        let files = walk
            .filter_entry(|e| !hidden(e))
            .filter_map(Result::ok)
            .take(if inside { ENTRIES } else { 0 });
        for entry in files.filter(|e| e.file_type().is_file()) {
            let name = entry.file_name().to_string_lossy();
            let configures = [".tf", ".tofu", ".tf.json", ".tofu.json"]
                .iter()
                .any(|e| name.ends_with(e));
            if entry.depth() > 1 && configures {
                continue;
            }
            self.files.extend(relative(&self.root, entry.path()));
        }
        self.files.len() > before
    }
}

/// Finds the files below `paths`.
///
/// Files that git ignores are left out, modules that `terraform init` has put below `.terraform/modules` are not. Links
/// are followed inside the root and not out of it.
pub(crate) fn discover(paths: &[PathBuf]) -> Result<Found, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut targets = Vec::new();
    for path in paths {
        let real = fs::canonicalize(path).map_err(|e| Failure::read(path, &e))?;
        targets.push(real);
    }
    let root = root_of(&targets);
    if let Some((path, _)) = paths.iter().zip(&targets).find(|(_, real)| !real.starts_with(&root)) {
        return Err(Failure::Outside {
            path: path.clone(),
            root,
        });
    }
    let first = targets.first().filter(|t| t.is_dir());
    let mut walk = Walk {
        found: Found {
            top: first.and_then(|t| relative(&root, t)).unwrap_or_default(),
            root,
            files: BTreeSet::new(),
            diagnostics: Vec::new(),
        },
        entries: 0,
    };
    for target in &targets {
        fs::metadata(target).map_err(|e| Failure::read(target, &e))?;
        walk.target(target);
    }
    walk.found.diagnostics.sort_by(|a, b| a.headline.cmp(&b.headline));
    walk.found.diagnostics.dedup();
    Ok(walk.found)
}

/// The repository that holds the first target; without one, the nearest folder that holds all targets.
fn root_of(targets: &[PathBuf]) -> PathBuf {
    let folder = |path: &Path| match path.parent() {
        Some(parent) if !path.is_dir() => parent.to_owned(),
        _ => path.to_owned(),
    };
    let mut folders = targets.iter().map(|t| folder(t));
    let Some(first) = folders.next() else {
        return PathBuf::from(".");
    };
    if let Some(repository) = first.ancestors().find(|a| a.join(".git").exists()) {
        return repository.to_owned();
    }
    folders.fold(first, |common, next| {
        let shared = common.ancestors().find(|a| next.starts_with(a));
        shared.unwrap_or(&common).to_owned()
    })
}

struct Walk {
    found: Found,
    entries: usize,
}

impl Walk {
    fn target(&mut self, target: &Path) {
        let root = self.found.root.clone();
        let inside = move |entry: &ignore::DirEntry| {
            let name = entry.file_name();
            let followed =
                !entry.path_is_symlink() || fs::canonicalize(entry.path()).map_or(true, |p| p.starts_with(&root));
            entry.depth() == 0 || (name != ".git" && name != ".terraform" && followed)
        };
        let walk = WalkBuilder::new(target)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(false)
            .follow_links(true)
            .filter_entry(inside)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|t| t.is_dir()) => {
                    self.vendored(&entry.path().join(".terraform").join("modules"));
                }
                Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => self.file(entry.path()),
                Ok(_) => {}
                Err(error) => self.lost(&error),
            }
            if self.too_many() {
                return;
            }
        }
    }

    /// Modules that `terraform init` has fetched: git ignores them, the analysis needs them.
    fn vendored(&mut self, modules: &Path) {
        if !modules.is_dir() {
            return;
        }
        let walk = WalkDir::new(modules).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|e| e.file_name() != ".git") {
            match entry {
                Ok(entry) if entry.file_type().is_file() => self.file(entry.path()),
                Ok(_) => {}
                Err(error) => {
                    let at = error.path().unwrap_or(modules).to_owned();
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.note(
                        "unreadable-folder",
                        Level::Error,
                        &at,
                        &format!("cannot be read: {why}"),
                    );
                }
            }
            if self.too_many() {
                return;
            }
        }
    }

    fn too_many(&mut self) -> bool {
        self.entries += 1;
        if self.entries == ENTRIES {
            let root = self.found.root.clone();
            let why = format!("has more than {ENTRIES} files and folders; the rest is not looked at");
            self.note("too-many-files", Level::Error, &root, &why);
        }
        self.entries >= ENTRIES
    }

    fn file(&mut self, path: &Path) {
        match relative(&self.found.root, path) {
            Some(name) => {
                self.found.files.insert(name);
            }
            None => self.note("file-name", Level::Warning, path, "has a name that is not UTF-8"),
        }
    }

    fn lost(&mut self, error: &ignore::Error) {
        match error {
            ignore::Error::WithPath { path, err } => self.lost_at(path, err),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => self.lost(err),
            ignore::Error::Partial(errors) => errors.iter().for_each(|e| self.lost(e)),
            ignore::Error::Loop { child, .. } => {
                self.note(
                    "link-loop",
                    Level::Note,
                    child,
                    "is a link to a folder that holds it, and is not followed",
                );
            }
            other => {
                let root = self.found.root.clone();
                self.note("unreadable-folder", Level::Error, &root, &other.to_string());
            }
        }
    }

    fn lost_at(&mut self, path: &Path, error: &ignore::Error) {
        match error.io_error() {
            Some(_) if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) => {
                self.note("broken-link", Level::Note, path, "is a link that leads nowhere");
            }
            Some(io) => self.note(
                "unreadable-folder",
                Level::Error,
                path,
                &format!("cannot be read: {io}"),
            ),
            None => self.lost(error),
        }
    }

    fn note(&mut self, code: &str, level: Level, path: &Path, what: &str) {
        let shown = relative(&self.found.root, path).unwrap_or_else(|| path.to_string_lossy().into_owned());
        let shown = if shown.is_empty() { "." } else { &shown };
        self.found
            .diagnostics
            .push(Diagnostic::new(code, level, format!("`{shown}` {what}"), Span::NOWHERE));
    }
}

/// `path` relative to `root` with forward slashes; `None` when it is not below it or not UTF-8.
pub(crate) fn relative(root: &Path, path: &Path) -> Option<String> {
    let mut out = String::new();
    for part in path.strip_prefix(root).ok()?.components() {
        let Component::Normal(name) = part else { return None };
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(name.to_str()?);
    }
    Some(out)
}

/// Reads files from the disk, up to the limit and nothing but regular files.
pub(crate) struct Disk {
    /// What paths are relative to.
    pub(crate) root: PathBuf,
}

impl Loader for Disk {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let io = |e: std::io::Error| LoadError::Io(e.to_string());
        let path = self.root.join(path);
        let about = fs::metadata(&path).map_err(io)?;
        if !about.is_file() {
            return Err(LoadError::Io("is not a regular file".into()));
        }
        let limit = limits::FILE_BYTES as u64;
        if about.len() > limit {
            return Err(LoadError::TooLarge(about.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
        // One byte over the limit is enough to see that the file has grown past it.
        File::open(&path)
            .map_err(io)?
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        Ok(bytes)
    }
}
