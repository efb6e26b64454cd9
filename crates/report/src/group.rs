//! Findings that say the same of several principals or several roles, as one block.
//!
//! A statement that a group holds makes a finding for each member, and a pattern of roles one for each role. People
//! read it once; programs get every one.

use std::collections::BTreeMap;

use rolecall_checks::finding::Finding;
use rolecall_source::Span;

/// In what the further findings of a block differ from its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Differ {
    /// In the principal.
    Principals,
    /// In the role.
    Roles,
}

impl Differ {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Principals => "principal",
            Self::Roles => "role",
        }
    }
}

/// A finding, and those that need not be told beside it.
pub(crate) struct Block<'a> {
    /// The one that is told: the gravest.
    pub(crate) first: &'a Finding,
    /// Of the same principal and role by other techniques.
    pub(crate) also_by: Vec<&'a Finding>,
    /// From the same statement, in the same way, for somebody else or with something else.
    pub(crate) others: Vec<&'a Finding>,
    /// In what they differ.
    pub(crate) differ: Differ,
}

impl Block<'_> {
    /// `and 14 more principals in the same way`; empty for a finding alone.
    pub(crate) fn more(&self) -> String {
        match self.others.len() {
            0 => String::new(),
            n => format!("and {n} more {} in the same way", plural(n, self.differ.noun())),
        }
    }

    /// What is different about one of the others.
    pub(crate) fn name<'f>(&self, other: &'f Finding) -> &'f str {
        match (self.differ, &other.role) {
            (Differ::Roles, Some(role)) => &role.address,
            _ => &other.principal.address,
        }
    }
}

fn plural(n: usize, noun: &str) -> String {
    format!("{noun}{}", if n == 1 { "" } else { "s" })
}

/// What the findings of a block have in common.
type Key<'a> = (Differ, Span, Vec<&'a str>);

/// The findings that the user has not accepted, in blocks, in the order of their first ones. With `all` no finding is
/// folded into another's block.
pub(crate) fn blocks(findings: &[Finding], all: bool) -> Vec<Block<'_>> {
    let heads = pairs(findings.iter().filter(|f| f.suppressed.is_none()));
    if all {
        return heads;
    }
    let mut alike: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (i, head) in heads.iter().enumerate() {
        for differ in [Differ::Principals, Differ::Roles] {
            alike.entry(key(head.first, differ)).or_default().push(i);
        }
    }
    fold(heads, &alike)
}

/// Each head takes those that differ from it in one way, where more of them are; whoever is taken heads no block.
fn fold<'a>(heads: Vec<Block<'a>>, alike: &BTreeMap<Key<'a>, Vec<usize>>) -> Vec<Block<'a>> {
    let firsts: Vec<&Finding> = heads.iter().map(|h| h.first).collect();
    let mut taken = vec![false; heads.len()];
    let mut blocks = Vec::new();
    for (i, mut head) in heads.into_iter().enumerate() {
        if taken.get(i) != Some(&false) {
            continue;
        }
        let free = |differ| -> Vec<usize> {
            let all = alike.get(&key(head.first, differ)).into_iter().flatten().copied();
            all.filter(|j| *j > i && taken.get(*j) == Some(&false)).collect()
        };
        let (principals, roles) = (free(Differ::Principals), free(Differ::Roles));
        let (differ, others) = if roles.len() > principals.len() {
            (Differ::Roles, roles)
        } else {
            (Differ::Principals, principals)
        };
        head.differ = differ;
        for j in others {
            head.others.extend(firsts.get(j));
            if let Some(taken) = taken.get_mut(j) {
                *taken = true;
            }
        }
        blocks.push(head);
    }
    blocks
}

/// Equal iff two findings are of one rule and one statement, go the same way, and differ at most as `differ` says.
fn key(finding: &Finding, differ: Differ) -> Key<'_> {
    let role = finding.role.as_ref().map_or("", |r| &*r.address);
    let itself = role == &*finding.principal.address;
    let kept = match differ {
        // Whoever changes its own permissions gains itself.
        Differ::Principals if itself => "itself",
        Differ::Principals => role,
        Differ::Roles => &finding.principal.address,
    };
    let mut parts = vec![finding.rule, &*finding.technique, kept];
    for (i, hop) in finding.hops.iter().enumerate() {
        parts.push(&hop.technique);
        parts.push(if i == 0 { "" } else { &hop.from.address });
        parts.push(hop.through.as_ref().map_or("", |t| &*t.address));
    }
    (differ, finding.primary, parts)
}

/// Findings by principal and role: further techniques are told with the first.
fn pairs<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Block<'a>> {
    let mut at: BTreeMap<[&'a str; 3], usize> = BTreeMap::new();
    let mut heads: Vec<Block<'a>> = Vec::new();
    for finding in findings {
        let role = finding.role.as_ref().map_or("", |r| &*r.address);
        let key = [finding.rule, &*finding.principal.address, role];
        match at.get(&key).and_then(|i| heads.get_mut(*i)) {
            Some(head) if head.first.technique != finding.technique => head.also_by.push(finding),
            _ => {
                at.insert(key, heads.len());
                heads.push(Block {
                    first: finding,
                    also_by: Vec::new(),
                    others: Vec::new(),
                    differ: Differ::Principals,
                });
            }
        }
    }
    heads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn members_of_a_group_are_one_block() {
        let sources = sample::sources();
        let analysis = sample::analysis(&sources);
        let told = blocks(&analysis.findings, false);
        assert_eq!(told[0].more(), "and 2 more principals in the same way");
        let names: Vec<&str> = told[0].others.iter().map(|f| told[0].name(f)).collect();
        assert_eq!(names, ["aws_iam_user.bob", "aws_iam_user.carol"]);
        assert!(told.iter().skip(1).all(|b| b.others.is_empty()));
        // Each finding that is not accepted is in one block.
        let members: usize = told.iter().map(|b| 1 + b.also_by.len() + b.others.len()).sum();
        assert_eq!(
            members,
            analysis.findings.iter().filter(|f| f.suppressed.is_none()).count()
        );
        assert_eq!(blocks(&analysis.findings, true).len(), members);
    }

    #[test]
    fn roles_of_a_pattern_are_one_block_and_another_statement_is_none() {
        let sources = sample::sources();
        let base = sample::analysis(&sources).findings[0].clone();
        let with = |role: &str, primary: Span| {
            let mut finding = base.clone();
            finding.role.as_mut().unwrap().address = role.into();
            finding.primary = primary;
            finding
        };
        let here = base.primary;
        let elsewhere = base.principal.span;
        let findings = [with("a", here), with("b", here), with("c", elsewhere), with("d", here)];
        let told = blocks(&findings, false);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].more(), "and 2 more roles in the same way");
        assert_eq!(told[0].name(told[0].others[1]), "d");
    }

    #[test]
    fn the_same_pair_by_another_technique_is_told_with_the_first() {
        let sources = sample::sources();
        let base = sample::analysis(&sources).findings[0].clone();
        let mut spot = base.clone();
        spot.technique = "ec2-request-spot-instances".into();
        let findings = [base, spot];
        let told = blocks(&findings, true);
        assert_eq!((told.len(), told[0].also_by.len()), (1, 1));
    }
}
