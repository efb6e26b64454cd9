//! Addresses as users write them: their keys, and patterns over them.

/// The keys of the instances in an address: of each module call in turn, and of the resource.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Of `module.a["x"].module.b`: `x`, none.
    pub(super) calls: Vec<Option<String>>,
    /// Of the resource itself.
    pub(super) own: Option<String>,
}

/// Reads the keys of `module.a["x"].aws_iam_role.r[0]`.
pub(super) fn keys(address: &str) -> Keys {
    let mut keys = Keys::default();
    let mut parts = split(address).into_iter();
    while let Some((name, key)) = parts.next() {
        if name == "module" {
            keys.calls.push(parts.next().and_then(|(_, key)| key));
        } else if key.is_some() {
            keys.own = key;
        }
    }
    keys
}

/// The steps of an address, each with its key.
fn split(address: &str) -> Vec<(String, Option<String>)> {
    let mut steps = vec![(String::new(), None::<String>)];
    let mut chars = address.chars();
    while let Some(c) = chars.next() {
        let Some((name, key)) = steps.last_mut() else { break };
        match c {
            '.' => steps.push((String::new(), None)),
            '[' => *key = Some(bracket(&mut chars)),
            c => name.push(c),
        }
    }
    steps
}

/// What stands between brackets, without quotes.
fn bracket(chars: &mut std::str::Chars<'_>) -> String {
    let (mut out, mut quoted) = (String::new(), false);
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => out.extend(chars.next()),
            ']' if !quoted => break,
            c => out.push(c),
        }
    }
    out
}

/// True iff `text` is matched by `pattern`, in which `*` is any run of letters and `?` any one.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far it has reached.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, reached)) => {
                    *reached += 1;
                    (p, t) = (*at + 1, *reached);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_whatever_is_in_them() {
        let k = keys("module.a[\"x.y]\"].module.b.aws_iam_role.r[0]");
        assert_eq!(k.calls, [Some("x.y]".to_owned()), None]);
        assert_eq!(k.own.as_deref(), Some("0"));
        assert_eq!(keys("aws_iam_role.r[\"a\\\"b\"]").own.as_deref(), Some("a\"b"));
        assert_eq!(keys("stacks/app.yaml#Role"), Keys::default());
    }

    #[test]
    fn stars_match_runs() {
        for (pattern, text, holds) in [
            ("*", "", true),
            ("module.*.aws_iam_role.x", "module.a.aws_iam_role.x", true),
            ("module.*.x", "module.a.x.y", false),
            ("*b*b", "abab", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("r[\"eu\"]", "r[\"eu\"]", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), holds, "{pattern} {text}");
        }
    }
}
