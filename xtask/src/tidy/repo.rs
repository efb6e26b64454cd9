//! The repository's text files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Every text file that git tracks or would track.
pub(crate) struct Repo {
    pub(crate) files: Vec<File>,
}

/// A text file.
pub(crate) struct File {
    /// From the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Holds only tests or measurements.
    pub(crate) is_test: bool,
}

impl Repo {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()?;
        if !listed.status.success() {
            return Err("git ls-files failed: tidy works in a git checkout".into());
        }
        let mut files = Vec::new();
        for path in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let Ok(bytes) = std::fs::read(root.join(path)) else {
                continue; // deleted, or a link to a directory
            };
            if let Ok(text) = String::from_utf8(bytes)
                && !text.contains('\0')
            {
                files.push(File::new(path, text));
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self::marked(files))
    }

    /// Marks the modules that another file declares for tests only.
    fn marked(mut files: Vec<File>) -> Self {
        let modules: BTreeSet<String> = files.iter().flat_map(File::test_modules).collect();
        for file in &mut files {
            file.is_test |= modules.contains(&file.path);
        }
        Self { files }
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self::marked(
            files
                .iter()
                .map(|(path, text)| File::new(path, (*text).to_owned()))
                .collect(),
        )
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// True iff there is a file of this path, or one below it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let below = |file: &File| {
            file.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        path.is_empty() || self.files.iter().any(below)
    }

    /// Rust sources of the crates and of xtask.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        let ours = |path: &str| path.starts_with("crates/") || path.starts_with("xtask/");
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(".rs") && ours(&file.path))
    }
}

impl File {
    /// Lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .split_terminator('\n')
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    fn new(path: &str, text: String) -> Self {
        let folder = |name: &str| path.split('/').any(|part| part == name);
        Self {
            path: path.to_owned(),
            text,
            is_test: folder("tests") || folder("benches") || path.ends_with("/tests.rs"),
        }
    }

    /// Where the modules lie that this file declares below `#[cfg(test)]`: either of two paths for each.
    fn test_modules(&self) -> Vec<String> {
        let Some((folder, name)) = self.path.rsplit_once('/') else {
            return Vec::new();
        };
        let folder = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            other => format!("{folder}/{}", other.trim_end_matches(".rs")),
        };
        let lines = self.lines().zip(self.lines().skip(1));
        lines
            .filter(|((_, first), _)| first.trim() == "#[cfg(test)]")
            .filter_map(|(_, (_, second))| second.trim().strip_suffix(';')?.rsplit_once("mod "))
            .flat_map(|(_, name)| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")])
            .collect()
    }

    /// Lines of the program: comments and `#[cfg(test)]` items left out. Relies on rustfmt: an item that starts at
    /// some indentation ends at the next line with that indentation that closes it.
    pub(crate) fn code(&self) -> Vec<(usize, &str)> {
        let mut code = Vec::new();
        let mut skipping: Option<usize> = None;
        let mut opened = false;
        for (number, line) in self.lines() {
            let indent = line.len() - line.trim_start().len();
            if let Some(depth) = skipping {
                opened |= line.ends_with('{');
                let closes = indent == depth && (line.trim_start().starts_with('}') || !opened && line.ends_with(';'));
                if closes {
                    skipping = None;
                }
            } else if line.trim() == "#[cfg(test)]" {
                (skipping, opened) = (Some(indent), false);
            } else if !line.trim_start().starts_with("//") {
                code.push((number, line));
            }
        }
        code
    }
}

/// True iff `text` contains `word` with no letter, digit or underscore beside it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_leaves_out_comments_and_tests() {
        let text = "use a;\n// note\n#[cfg(test)]\nuse b;\nfn f() {\n    #[cfg(test)]\n    g(\n        1,\n    );\n    h();\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn t() {\n    }\n}\nfn last() {}\n";
        let repo = Repo::of(&[("crates/a/src/lib.rs", text)]);
        let code: Vec<_> = repo.files[0].code().into_iter().map(|(_, line)| line.trim()).collect();
        assert_eq!(code, ["use a;", "fn f() {", "h();", "}", "fn last() {}"]);
    }

    #[test]
    fn modules_for_tests_are_known() {
        let repo = Repo::of(&[
            ("crates/a/src/lib.rs", "mod b;\n#[cfg(test)]\nmod golden;\n"),
            ("crates/a/src/b.rs", "#[cfg(test)]\npub(crate) mod deep;\n"),
            ("crates/a/src/golden.rs", ""),
            ("crates/a/src/b/deep/mod.rs", ""),
            ("crates/a/benches/speed.rs", ""),
        ]);
        let marked: Vec<bool> = repo.files.iter().map(|file| file.is_test).collect();
        assert_eq!(marked, [false, false, true, true, true]);
    }

    #[test]
    fn words_stand_alone() {
        assert!(has_word("a Instant b", "Instant"));
        assert!(has_word("Instant::now()", "Instant"));
        assert!(!has_word("InstantLike", "Instant"));
        assert!(!has_word("my_Instant", "Instant"));
    }
}
