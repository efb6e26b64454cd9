//! Patterns of `fileset`: `*` and `?` within a folder, `**` over folders, `[…]` for a letter, `{…,…}` for
//! alternatives.

/// Longest pattern, and most alternatives it may have.
const LENGTH: usize = 4_096;
const ALTERNATIVES: usize = 256;

/// A pattern, as the alternatives that its braces give, each a list of folder patterns.
pub(super) struct Pattern(Vec<Vec<Vec<Part>>>);

enum Part {
    Letter(char),
    Any,
    Run,
    /// `[a-z]`, negated by `!` or `^`.
    Class(bool, Vec<(char, char)>),
    /// `**`, alone between slashes.
    Folders,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH {
            return None;
        }
        let mut plain = Vec::new();
        alternatives(text, &mut plain)?;
        let parsed: Option<Vec<Vec<Vec<Part>>>> = plain
            .iter()
            .map(|p| p.trim_start_matches("./").split('/').map(folder).collect())
            .collect();
        parsed.map(Self)
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let folders: Vec<&str> = path.split('/').collect();
        self.0.iter().any(|pattern| path_matches(pattern, &folders))
    }
}

/// Writes out the braces of a pattern.
fn alternatives(text: &str, out: &mut Vec<String>) -> Option<()> {
    let mut queue = vec![text.to_owned()];
    while let Some(pattern) = queue.pop() {
        let Some(open) = pattern.find('{') else {
            out.push(pattern);
            continue;
        };
        let (head, rest) = pattern.split_at_checked(open)?;
        let (mut depth, mut from, mut options, mut end) = (0usize, 1, Vec::new(), None);
        for (at, letter) in rest.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        options.push(rest.get(from..at)?);
                        end = Some(at + 1);
                        break;
                    }
                }
                ',' if depth == 1 => {
                    options.push(rest.get(from..at)?);
                    from = at + 1;
                }
                _ => {}
            }
        }
        let tail = rest.get(end?..)?;
        queue.extend(options.iter().map(|o| format!("{head}{o}{tail}")));
        if queue.len() + out.len() > ALTERNATIVES {
            return None;
        }
    }
    Some(())
}

fn folder(text: &str) -> Option<Vec<Part>> {
    if text == "**" {
        return Some(vec![Part::Folders]);
    }
    let mut parts = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '*' => Part::Run,
            '?' => Part::Any,
            '\\' => Part::Letter(letters.next()?),
            '[' => {
                let (class, rest) = letters.as_str().split_once(']')?;
                letters = rest.chars();
                let inside = class.strip_prefix(['!', '^']);
                Part::Class(inside.is_some(), ranges(inside.unwrap_or(class)))
            }
            letter => Part::Letter(letter),
        });
    }
    Some(parts)
}

fn ranges(class: &str) -> Vec<(char, char)> {
    let mut out = Vec::new();
    let mut rest = class.chars();
    while let Some(from) = rest.next() {
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) => {
                out.push((from, to));
                rest = ahead;
            }
            _ => out.push((from, from)),
        }
    }
    out
}

/// Which folders of the path each prefix of the pattern reaches, pattern by pattern: no backtracking.
fn path_matches(pattern: &[Vec<Part>], folders: &[&str]) -> bool {
    reach(
        pattern,
        folders.len(),
        |part| matches!(part.as_slice(), [Part::Folders]),
        |part, i| folders.get(i).is_some_and(|f| folder_matches(part, f)),
    )
}

fn folder_matches(parts: &[Part], folder: &str) -> bool {
    let letters: Vec<char> = folder.chars().collect();
    reach(
        parts,
        letters.len(),
        |part| matches!(part, Part::Run | Part::Folders),
        |part, i| match (part, letters.get(i)) {
            (Part::Letter(wanted), Some(letter)) => wanted == letter,
            (Part::Any, Some(_)) => true,
            (Part::Class(not, ranges), Some(letter)) => {
                ranges.iter().any(|(from, to)| (from..=to).contains(&letter)) != *not
            }
            _ => false,
        },
    )
}

/// True iff the parts take exactly `len` steps: one each, those that `repeats` any number.
fn reach<T>(parts: &[T], len: usize, repeats: impl Fn(&T) -> bool, fits: impl Fn(&T, usize) -> bool) -> bool {
    let mut reached = vec![false; len + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; len + 1];
        let mut running = false;
        for (i, slot) in next.iter_mut().enumerate() {
            let here = reached.get(i).copied().unwrap_or(false);
            if repeats(part) {
                running |= here;
                *slot = running;
            } else {
                let before = i.checked_sub(1);
                *slot = before.is_some_and(|b| reached.get(b).copied().unwrap_or(false) && fits(part, b));
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        for (pattern, path, want) in [
            ("*.json", "a.json", true),
            ("*.json", "x/a.json", false),
            ("**/*.json", "a.json", true),
            ("**/*.json", "x/y/a.json", true),
            ("**", "x/y", true),
            ("x/**/z", "x/z", true),
            ("{a,b}.{json,tpl}", "b.tpl", true),
            ("{a,b}.json", "c.json", false),
            ("[a-c]?.t", "bz.t", true),
            ("[!a-c]?.t", "bz.t", false),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(path), want, "{pattern} {path}");
        }
        assert!(Pattern::parse("{a,").is_none());
        assert!(Pattern::parse(&"{a,b}".repeat(20)).is_none());
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Pattern::parse(&"*a".repeat(500)).unwrap();
        assert!(!pattern.matches(&"a".repeat(400)));
    }
}
