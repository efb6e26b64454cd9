//! Links between Markdown files.

use crate::tidy::Problem;
use crate::tidy::repo::{File, Repo};

/// Every relative link of a Markdown file leads to a file, and its fragment to a heading.
pub(crate) fn links(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repo.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (number, line) in prose(file) {
            for target in targets(line) {
                if let Some(message) = broken(repo, file, target) {
                    problems.push(Problem::new(&file.path, number, message));
                }
            }
        }
    }
    problems
}

/// Lines outside fenced code.
fn prose(file: &File) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number, line));
        }
    }
    lines
}

/// What stands in `](…)`, code spans left out.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for prose in line.split('`').step_by(2) {
        let mut rest = prose;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, tail)) = after.split_once(')') else {
                break;
            };
            found.push(target);
            rest = tail;
        }
    }
    // A link's text may be a code span: its target then begins the next piece.
    for (index, prose) in line.split('`').enumerate() {
        if index > 0
            && let Some(after) = prose.strip_prefix("](")
            && let Some((target, _)) = after.split_once(')')
            && !found.contains(&target)
        {
            found.push(target);
        }
    }
    found
}

fn broken(repo: &Repo, from: &File, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        from.path.clone()
    } else {
        resolve(&from.path, path)?
    };
    if !repo.has(&path) {
        return Some(format!("{target}: no such file"));
    }
    let missing = !fragment.is_empty()
        && repo
            .file(&path)
            .is_some_and(|file| file.path.ends_with(".md") && !headings(file).any(|heading| heading == fragment));
    missing.then(|| format!("{target}: no such heading"))
}

/// The path that `relative` names, seen from file `from`; none when it leaves the repository.
fn resolve(from: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in relative.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Fragments of the headings, as GitHub makes them.
fn headings(file: &File) -> impl Iterator<Item = String> {
    let slug = |text: &str| {
        let kept = text.trim().to_lowercase();
        let letters = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        letters.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    prose(file)
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'))
        .map(move |(_, line)| slug(line.trim_start_matches('#')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_seen() {
        let text = "# One two\n[a](b.md) [b](../README.md#what-it-does) [`c`](c.md)\n[d](#one-two) [e](#three)\n\
                    ```\n[f](none.md)\n```\n`[g](none.md)` [h](https://example.com/none.md) [i](../../out.md)\n";
        let repo = Repo::of(&[
            ("README.md", "## What it does\n"),
            ("docs/a.md", text),
            ("docs/b.md", "\n"),
        ]);
        let lines: Vec<_> = links(&repo)
            .into_iter()
            .map(|problem| (problem.line, problem.message))
            .collect();
        assert_eq!(
            lines,
            [
                (2, "c.md: no such file".to_owned()),
                (3, "#three: no such heading".to_owned()),
            ]
        );
    }
}
