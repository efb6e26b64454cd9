//! The files of a commit as the files of a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_source::{Diagnostic, Level, LoadError, Loader, Span};

use crate::console::Failure;
use crate::discover::{Disk, Found};
use crate::git::{Entry, Mode, Objects, Repository};

/// Most links that are followed from one to the next.
const LINKS: usize = 8;
/// Most files that links may add.
const LINKED: usize = 100_000;

/// Where the content of a file is.
#[derive(Clone, Debug)]
enum Content {
    Object(String),
    /// In the working tree: what git does not have, such as modules that were fetched.
    Disk,
}

/// All files of a commit, and those of them that are scanned.
pub(crate) struct Tree {
    root: PathBuf,
    /// The first path.
    top: String,
    all: BTreeMap<String, Content>,
    chosen: BTreeSet<String>,
    submodules: Vec<String>,
    objects: Arc<Objects>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Tree {
    /// The folders of submodules.
    pub(crate) fn submodules(&self) -> &[String] {
        &self.submodules
    }

    /// The files of `commit` below `paths` (all when there is none), which are relative to the root.
    pub(crate) fn read(
        repository: &Repository,
        commit: &str,
        objects: &Arc<Objects>,
        paths: &[String],
    ) -> Result<Self, Failure> {
        let mut tree = Self {
            root: repository.root.clone(),
            top: paths.first().cloned().unwrap_or_default(),
            all: BTreeMap::new(),
            chosen: BTreeSet::new(),
            submodules: Vec::new(),
            objects: Arc::clone(objects),
            diagnostics: Vec::new(),
        };
        let mut links = Vec::new();
        for entry in repository.list(commit)? {
            tree.entry(entry, &mut links);
        }
        tree.follow(links);
        let below = |path: &str| paths.is_empty() || paths.iter().any(|p| is_below(path, p));
        tree.chosen = tree.all.keys().filter(|p| below(p)).cloned().collect();
        Ok(tree)
    }

    fn entry(&mut self, entry: Entry, links: &mut Vec<(String, String)>) {
        let path = match String::from_utf8(entry.path) {
            Ok(path) => path,
            Err(error) => {
                let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.note(
                    "file-name",
                    Level::Warning,
                    &format!("`{shown}` has a name that is not UTF-8"),
                );
                return;
            }
        };
        match entry.mode {
            Mode::File => drop(self.all.insert(path, Content::Object(entry.object))),
            Mode::Link => links.push((path, entry.object)),
            Mode::Submodule => {
                let told = format!("`{path}` is a submodule: what is in it is not part of the comparison");
                self.note("submodule", Level::Note, &told);
                self.submodules.push(path);
            }
        }
    }

    fn note(&mut self, code: &str, level: Level, told: &str) {
        self.diagnostics.push(Diagnostic::new(code, level, told, Span::NOWHERE));
    }

    /// Adds what links lead to, inside the repository: a file, or all of a folder.
    fn follow(&mut self, links: Vec<(String, String)>) {
        let mut targets: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (path, object) in links {
            let target = self.objects.read(&object).ok().and_then(|t| String::from_utf8(t).ok());
            targets.insert(path.clone(), target.and_then(|t| joined(&path, &t)));
        }
        let mut added: BTreeMap<String, Content> = BTreeMap::new();
        for link in targets.keys() {
            let Some(target) = resolved(link, &targets) else {
                self.diagnostics.push(Diagnostic::new(
                    "broken-link",
                    Level::Note,
                    format!("`{link}` is a link that leads nowhere in the repository"),
                    Span::NOWHERE,
                ));
                continue;
            };
            if let Some(content) = self.all.get(&target) {
                added.insert(link.clone(), content.clone());
                continue;
            }
            let prefix = if target.is_empty() {
                String::new()
            } else {
                format!("{target}/")
            };
            if is_below(link, &target) {
                continue;
            }
            for (path, content) in self
                .all
                .range(prefix.clone()..)
                .take_while(|(p, _)| p.starts_with(&prefix))
            {
                if added.len() < LINKED {
                    let rest = path.get(prefix.len()..).unwrap_or("");
                    added.insert(format!("{link}/{rest}"), content.clone());
                }
            }
        }
        for (path, content) in added {
            self.all.entry(path).or_insert(content);
        }
    }

    /// Adds files of the working tree that git does not have.
    pub(crate) fn overlay(&mut self, found: &Found) {
        for path in &found.files {
            if path.split('/').any(|part| part == ".terraform") {
                self.all.entry(path.clone()).or_insert(Content::Disk);
                self.chosen.insert(path.clone());
            }
        }
    }

    /// Adds a file that the user names, from the commit where it has it.
    pub(crate) fn include(&mut self, files: &[PathBuf]) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for file in files {
            let real = std::fs::canonicalize(file).map_err(|e| Failure::read(file, &e))?;
            let name = crate::discover::relative(&self.root, &real).ok_or_else(|| Failure::Outside {
                path: file.clone(),
                root: self.root.clone(),
            })?;
            self.all.entry(name.clone()).or_insert(Content::Disk);
            self.chosen.insert(name.clone());
            names.push(name);
        }
        Ok(names)
    }

    /// As [`Found::module`].
    pub(crate) fn module(&mut self, dir: &str) -> bool {
        let before = self.chosen.len();
        let prefix = if dir.is_empty() {
            String::new()
        } else {
            format!("{dir}/")
        };
        let more: Vec<String> = self
            .all
            .range(prefix.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&prefix))
            .filter(|path| !path.get(prefix.len()..).is_some_and(is_nested_configuration))
            .cloned()
            .collect();
        self.chosen.extend(more);
        self.chosen.len() > before
    }

    /// The first path that is scanned.
    pub(crate) fn top(&self) -> &str {
        &self.top
    }

    /// Adds a file of the commit to the scan.
    pub(crate) fn choose(&mut self, path: &str) {
        self.chosen.insert(path.to_owned());
    }

    /// Leaves files out.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&String) -> bool) {
        self.chosen.retain(keep);
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.chosen.iter().cloned().collect()
    }

    pub(crate) fn loader(&self) -> Box<dyn Loader> {
        Box::new(TreeLoader {
            all: self.all.clone(),
            objects: Arc::clone(&self.objects),
            disk: Disk {
                root: self.root.clone(),
            },
        })
    }
}

/// A configuration file in a folder below: a module of its own.
fn is_nested_configuration(rest: &str) -> bool {
    let ends = [".tf", ".tofu", ".tf.json", ".tofu.json"];
    rest.contains('/') && ends.iter().any(|e| rest.ends_with(e))
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
}

/// Where the link at `path` leads; `None` out of the repository.
fn joined(path: &str, target: &str) -> Option<String> {
    if Path::new(target).is_absolute() {
        return None;
    }
    let mut steps: Vec<&str> = path.split('/').collect();
    steps.pop();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

/// Where a link leads in the end, through links that are in its way.
fn resolved(link: &str, targets: &BTreeMap<String, Option<String>>) -> Option<String> {
    let mut path = link.to_owned();
    for _ in 0..LINKS {
        let step = targets.iter().find(|(from, _)| is_below(&path, from));
        let Some((from, to)) = step else {
            return Some(path);
        };
        let rest = path.get(from.len()..).unwrap_or("").to_owned();
        let to = to.as_deref()?;
        path = format!("{to}{rest}").trim_start_matches('/').to_owned();
    }
    None
}

struct TreeLoader {
    all: BTreeMap<String, Content>,
    objects: Arc<Objects>,
    disk: Disk,
}

impl Loader for TreeLoader {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        match self.all.get(path) {
            Some(Content::Object(object)) => self.objects.read(object),
            Some(Content::Disk) => self.disk.load(path),
            None => Err(LoadError::Io("no such file".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_they_say_and_not_out() {
        assert_eq!(joined("a/b/link", "../c.tf").as_deref(), Some("a/c.tf"));
        assert_eq!(joined("link", "../c.tf"), None);
        assert_eq!(joined("link", "/etc/passwd"), None);
        let targets = BTreeMap::from([
            ("a".to_owned(), Some("b".to_owned())),
            ("b".to_owned(), Some("c/d".to_owned())),
            ("x".to_owned(), Some("y".to_owned())),
            ("y".to_owned(), Some("x".to_owned())),
        ]);
        assert_eq!(resolved("a", &targets).as_deref(), Some("c/d"));
        assert_eq!(resolved("a/e", &targets).as_deref(), Some("c/d/e"));
        assert_eq!(resolved("x", &targets), None);
    }
}
