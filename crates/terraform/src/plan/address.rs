//! Addresses as Terraform prints them: `module.a["x"].aws_iam_role.r[0]`.

/// The key of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlanKey {
    Index(usize),
    Name(String),
}

/// A text as Terraform quotes it in an address.
pub(crate) fn quoted(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 2);
    out.push('"');
    let mut letters = key.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\\' => out.push(match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            }),
            '$' | '%' => {
                let mut ahead = letters.clone();
                if ahead.next() == Some(c) && ahead.next() == Some('{') {
                    letters.next();
                }
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The keys in an address, each with what stands before it: `module.a` and `x`, then `module.a["x"].aws_iam_role.r` and 0.
pub(crate) fn keys(address: &str) -> Vec<(&str, PlanKey)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(open) = address.get(from..).and_then(|rest| rest.find('[')).map(|at| from + at) {
        let Some((key, end)) = key_at(address, open + 1) else {
            break;
        };
        out.extend(address.get(..open).map(|base| (base, key)));
        from = end;
    }
    out
}

/// The key that begins at `from`, and where its bracket ends.
fn key_at(address: &str, from: usize) -> Option<(PlanKey, usize)> {
    let rest = address.get(from..)?;
    let Some(inner) = rest.strip_prefix('"') else {
        let (digits, _) = rest.split_once(']')?;
        return Some((PlanKey::Index(digits.parse().ok()?), from + digits.len() + 1));
    };
    let mut escaped = false;
    let end = inner.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })?;
    let key = unquoted(inner.get(..end)?);
    inner.get(end + 1..)?.strip_prefix(']')?;
    Some((PlanKey::Name(key), from + 1 + end + 2))
}

/// An address without its keys, at its dots: `module`, `a`, `aws_iam_role`, `r`.
pub(crate) fn words(address: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(rest) = address.get(from..).filter(|r| !r.is_empty()) {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        out.extend(rest.get(..end).filter(|w| !w.is_empty()));
        from += end;
        from = match address.as_bytes().get(from) {
            Some(b'[') => key_at(address, from + 1).map_or(address.len(), |(_, end)| end),
            Some(_) => from + 1,
            None => from,
        };
    }
    out
}

/// The calls that lead to the module of an instance (`a.b`), and the address of its block there, both without keys.
pub(crate) fn in_module(address: &str) -> (String, String) {
    let words = words(address);
    let calls = words.chunks(2).take_while(|c| c.first() == Some(&"module")).count();
    let names: Vec<&str> = words.chunks(2).take(calls).filter_map(|c| c.get(1).copied()).collect();
    let block = words.get(calls * 2..).unwrap_or_default();
    (names.join("."), block.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let address = r#"module.a["x.y[0]"].module.b[2].aws_iam_role.r["say \"hi\" $${x} \\"]"#;
        let found = keys(address);
        let name = |s: &str| PlanKey::Name(s.into());
        assert_eq!(
            found,
            [
                ("module.a", name("x.y[0]")),
                (r#"module.a["x.y[0]"].module.b"#, PlanKey::Index(2)),
                (
                    r#"module.a["x.y[0]"].module.b[2].aws_iam_role.r"#,
                    name(r#"say "hi" ${x} \"#)
                ),
            ]
        );
        let (base, PlanKey::Name(last)) = &found[2] else {
            panic!("a name")
        };
        assert_eq!(format!("{base}[{}]", quoted(last)), address);
        assert_eq!(words(address), ["module", "a", "module", "b", "aws_iam_role", "r"]);
        assert_eq!(words("data.aws_x.y"), ["data", "aws_x", "y"]);
        assert!(keys("aws_x.y[\"open").is_empty());
    }
}
