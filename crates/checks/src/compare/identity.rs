//! Which finding of one scan is which of another.

use std::collections::{BTreeMap, VecDeque};

use crate::finding::{Finding, Party};

/// What a finding is recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// The rule's id.
    pub rule: String,
    /// The id of the technique of the first hop.
    pub technique: String,
    /// Who.
    pub principal: Named,
    /// The role gained.
    pub role: Option<Named>,
}

/// A principal as a configuration and AWS call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its kind.
    pub kind: String,
    /// Its address.
    pub address: String,
    /// Its name in AWS.
    pub name: String,
}

impl From<&Party> for Named {
    fn from(party: &Party) -> Self {
        Self {
            kind: party.kind.to_string(),
            address: party.address.to_string(),
            name: party.name.clone(),
        }
    }
}

impl Identity {
    /// That of a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.to_owned(),
            technique: finding.technique.to_string(),
            principal: Named::from(&finding.principal),
            role: finding.role.as_ref().map(Named::from),
        }
    }

    /// What two findings that are the same have in common, the surest first.
    fn key(&self, way: Way, moves: &[Move]) -> Vec<String> {
        let told = |f: &dyn Fn(&Named) -> String| -> Vec<String> {
            let role = self.role.as_ref().map_or_else(String::new, f);
            vec![self.rule.clone(), f(&self.principal), role]
        };
        let mut key = match way {
            Way::Fingerprint => return vec![self.fingerprint.clone()],
            Way::Address | Way::OtherTechnique => told(&|n| moved(&n.address, moves)),
            Way::Name => told(&|n| format!("{} {}", n.kind, n.name)),
            Way::Resource => told(&|n| resource(&n.address).to_owned()),
        };
        if way != Way::OtherTechnique {
            key.push(self.technique.clone());
        }
        key
    }
}

/// How a pair was recognised, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Nothing of its identity has changed.
    Fingerprint,
    /// The addresses are the same, after what `moved` blocks say, in another folder or file.
    Address,
    /// The names in AWS are the same: a module or a resource was renamed.
    Name,
    /// The resources are called the same in another module.
    Resource,
    /// The same principal and role by another technique.
    OtherTechnique,
}

const WAYS: [Way; 5] = [
    Way::Fingerprint,
    Way::Address,
    Way::Name,
    Way::Resource,
    Way::OtherTechnique,
];

/// What a `moved` block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The address before.
    pub from: String,
    /// The address now.
    pub to: String,
}

/// Two findings, by index, that are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the scan before.
    pub before: usize,
    /// In the scan after.
    pub after: usize,
    /// How that is known.
    pub way: Way,
}

/// The pairs of findings that are the same, in order of `after`. Each finding is in one pair at most.
#[must_use]
pub fn pair(before: &[Identity], after: &[Identity], moves: &[Move]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let (mut old, mut new): (Vec<usize>, Vec<usize>) = ((0..before.len()).collect(), (0..after.len()).collect());
    for way in WAYS {
        let mut waiting: BTreeMap<Vec<String>, VecDeque<usize>> = BTreeMap::new();
        for at in &old {
            let key = before.get(*at).map(|i| i.key(way, moves)).unwrap_or_default();
            waiting.entry(key).or_default().push_back(*at);
        }
        new.retain(|at| {
            let key = after.get(*at).map(|i| i.key(way, &[])).unwrap_or_default();
            let Some(found) = waiting.get_mut(&key).and_then(VecDeque::pop_front) else {
                return true;
            };
            old.retain(|o| *o != found);
            pairs.push(Pair {
                before: found,
                after: *at,
                way,
            });
            false
        });
    }
    pairs.sort_by_key(|p| p.after);
    pairs
}

/// The address after every move that it begins with, inside whatever module.
fn moved(address: &str, moves: &[Move]) -> String {
    let mut address = address.to_owned();
    for Move { from, to } in moves {
        let at = address.match_indices(from.as_str()).map(|(at, _)| at).find(|at| {
            let begins = *at == 0 || address.get(..*at).is_some_and(|a| a.ends_with('.'));
            let rest = address.get(at + from.len()..).unwrap_or("");
            begins && (rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if let Some(at) = at {
            let head = address.get(..at).unwrap_or("");
            let tail = address.get(at + from.len()..).unwrap_or("");
            address = format!("{head}{to}{tail}");
        }
    }
    address
}

/// The resource without the modules or stacks it is in.
fn resource(address: &str) -> &str {
    if let Some((_, path)) = address.split_once('#') {
        return path.rsplit('/').next().unwrap_or(path);
    }
    let mut rest = address;
    while let Some(inner) = rest.strip_prefix("module.") {
        let mut depth = 0_usize;
        let dot = inner.char_indices().find(|(_, c)| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == '.' && depth == 0
        });
        let Some(after) = dot.and_then(|(at, _)| inner.get(at + 1..)) else {
            break;
        };
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(print: &str, technique: &str, principal: (&str, &str), role: (&str, &str)) -> Identity {
        let named = |(address, name): (&str, &str)| Named {
            kind: "role".into(),
            address: address.into(),
            name: name.into(),
        };
        Identity {
            fingerprint: print.into(),
            rule: "r".into(),
            technique: technique.into(),
            principal: named(principal),
            role: Some(named(role)),
        }
    }

    fn way(a: &Identity, b: &Identity, moves: &[Move]) -> Option<Way> {
        pair(std::slice::from_ref(a), std::slice::from_ref(b), moves)
            .first()
            .map(|p| p.way)
    }

    #[test]
    fn the_same_finding_is_known_wherever_it_stands() {
        let a = identity("1", "t", ("module.ci.aws_iam_role.a", "a"), ("aws_iam_role.b", "b"));
        assert_eq!(way(&a, &a, &[]), Some(Way::Fingerprint));
        let folder = Identity {
            fingerprint: "2".into(),
            ..a.clone()
        };
        assert_eq!(way(&a, &folder, &[]), Some(Way::Address));
        let module = identity(
            "2",
            "t",
            ("module.build[\"x.y\"].aws_iam_role.a", "a"),
            ("aws_iam_role.b", "b"),
        );
        assert_eq!(way(&a, &module, &[]), Some(Way::Name));
        let generated = identity(
            "2",
            "t",
            ("module.build[\"x.y\"].aws_iam_role.a", "⟨z⟩"),
            ("aws_iam_role.b", "b"),
        );
        assert_eq!(way(&a, &generated, &[]), Some(Way::Resource));
        let renamed = identity("2", "t", ("module.ci.aws_iam_role.z", "⟨z⟩"), ("aws_iam_role.b", "b"));
        assert_eq!(way(&a, &renamed, &[]), None);
        let moves = [Move {
            from: "aws_iam_role.a".into(),
            to: "aws_iam_role.z".into(),
        }];
        assert_eq!(way(&a, &renamed, &moves), Some(Way::Address));
        let other = Identity {
            technique: "u".into(),
            fingerprint: "3".into(),
            ..a.clone()
        };
        assert_eq!(way(&a, &other, &[]), Some(Way::OtherTechnique));
    }

    #[test]
    fn each_finding_is_in_one_pair() {
        let a = identity("1", "t", ("x", "n"), ("y", "m"));
        let b = Identity {
            fingerprint: "2".into(),
            ..a.clone()
        };
        let c = Identity {
            fingerprint: "3".into(),
            ..a.clone()
        };
        let pairs = pair(&[a.clone(), b.clone()], &[c.clone(), b, a], &[]);
        assert_eq!(pairs.len(), 2);
        assert!(pairs.iter().all(|p| p.way == Way::Fingerprint));
        assert_eq!(pair(&[], &[c], &[]), []);
    }

    #[test]
    fn a_move_counts_for_whole_names() {
        let moves = [Move {
            from: "module.a".into(),
            to: "module.b[0]".into(),
        }];
        assert_eq!(moved("module.a.aws_iam_role.r", &moves), "module.b[0].aws_iam_role.r");
        assert_eq!(moved("module.ab.aws_iam_role.r", &moves), "module.ab.aws_iam_role.r");
        assert_eq!(resource("stacks/a.yaml#Net/Role"), "Role");
        assert_eq!(
            resource("module.x[\"a.b\"].module.y.aws_iam_role.r[0]"),
            "aws_iam_role.r[0]"
        );
    }
}
