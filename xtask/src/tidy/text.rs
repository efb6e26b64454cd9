//! Checks on the letters of every text file.

use crate::tidy::Problem;
use crate::tidy::repo::{File, Repo, has_word};

/// Words of unfinished work. Written in halves, so that this file does not contain them.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// Folders of somebody's machine.
const MACHINE: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
/// Package registries are named by their clients' defaults.
const HOSTS: [&str; 6] = [
    concat!("registry.", "npmjs.org"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("proxy.", "golang.org"),
];

pub(crate) fn text(repo: &Repo) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repo.files.iter().filter(|file| !is_data(file)) {
        ends(file, &mut problems);
        for (number, line) in file.lines() {
            let mut say = |message: String| problems.push(Problem::new(&file.path, number, message));
            if line.ends_with([' ', '\t', '\r']) {
                say("white space at the end of the line".into());
            }
            for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
                say(format!("{word}: finish it, or file an issue"));
            }
            for folder in MACHINE.iter().filter(|folder| has_path(line, folder)) {
                say(format!("{folder}: a path of one machine"));
            }
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                say(format!("{host}: leave the registry to the client"));
            }
        }
    }
    problems
}

/// Files whose every byte is given: inputs of tests, snapshots, generated data, licence texts, the lock file.
fn is_data(file: &File) -> bool {
    let under = |folder: &str| file.path.starts_with(folder);
    let named = |name: &str| file.path == name;
    under("testdata/")
        || under("crates/catalog/data/strings.txt")
        || file.path.ends_with(".snap")
        || named("LICENSE")
        || named("NOTICE")
        || named("Cargo.lock")
}

fn ends(file: &File, problems: &mut Vec<Problem>) {
    if file.text.is_empty() {
        return;
    }
    if !file.text.ends_with('\n') {
        problems.push(Problem::new(&file.path, 0, "no line end at the end"));
    } else if file.text.ends_with("\n\n") {
        problems.push(Problem::new(&file.path, 0, "empty lines at the end"));
    }
}

/// True iff a path of the line starts with `folder`: no name stands before it.
fn has_path(line: &str, folder: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || "_-.*}>~/".contains(c);
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        !before.is_some_and(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        super::text(&Repo::of(&[(path, text)])).len()
    }

    #[test]
    fn each_is_seen() {
        for word in UNFINISHED {
            assert_eq!(found("docs/a.md", &format!("see {word}: later\n")), 1, "{word}");
            assert_eq!(found("docs/a.md", &format!("see A{word}B\n")), 0, "{word}");
        }
        for folder in MACHINE {
            assert_eq!(found("docs/a.md", &format!("see {folder}x\n")), 1, "{folder}");
            assert_eq!(
                found("docs/a.md", &format!("https://example.com{folder}x\n")),
                0,
                "{folder}"
            );
            assert_eq!(found("testdata/a.tf", &format!("see {folder}x\n")), 0, "{folder}");
        }
        for host in HOSTS {
            assert_eq!(found("docs/a.md", &format!("https://{host}/x\n")), 1, "{host}");
        }
        for text in ["a \n", "a\t\n", "a\r\n", "a", "a\n\n"] {
            assert_eq!(found("docs/a.md", text), 1, "{text:?}");
        }
        assert_eq!(found("docs/a.md", "a\n\nb\n"), 0);
    }
}
