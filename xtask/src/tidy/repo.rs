//! The repository's text files.

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
                files.push(File {
                    path: path.to_owned(),
                    text,
                });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
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

    /// True for files that hold only tests or measurements.
    pub(crate) fn is_test(&self) -> bool {
        let folder = |name: &str| self.path.split('/').any(|part| part == name);
        folder("tests") || folder("benches") || self.path.ends_with("/tests.rs")
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
    fn words_stand_alone() {
        assert!(has_word("a Instant b", "Instant"));
        assert!(has_word("Instant::now()", "Instant"));
        assert!(!has_word("InstantLike", "Instant"));
        assert!(!has_word("my_Instant", "Instant"));
    }
}
