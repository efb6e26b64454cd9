//! Condition keys and their types.

use crate::ConditionKey;
use crate::table::{List, Pool, Table, cmp_ignoring_case};

/// Lower-cased (string), as published (string), type (string); sorted by the first.
const KEYS: Table = Table::new(include_bytes!("../data/condition_keys.bin"), 12);
/// Indices (u16) of the keys with a placeholder.
const PATTERNS: Table = Table::new(include_bytes!("../data/key_patterns.bin"), 2);
/// Lists of indices of keys.
const SETS: Pool = Pool::new(include_bytes!("../data/key_sets.bin"));

/// Keys of one action or resource type, sorted.
#[derive(Clone)]
pub(crate) struct Keys(List);

pub(crate) fn set(at: u16) -> Keys {
    Keys(List::at(SETS.from(usize::from(at))))
}

impl Iterator for Keys {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let index = self.0.next()?;
        Some(KEYS.row(usize::from(index))?.text(0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

fn key(index: usize) -> Option<ConditionKey> {
    let row = KEYS.row(index)?;
    Some(ConditionKey {
        name: row.text(4),
        lower: row.text(0),
        value_type: row.text(8),
    })
}

pub(crate) fn all() -> impl Iterator<Item = ConditionKey> {
    (0..KEYS.len()).filter_map(key)
}

pub(crate) fn find(name: &str) -> Option<ConditionKey> {
    let index = KEYS.partition_point(0..KEYS.len(), |row| cmp_ignoring_case(row.text(0), name).is_lt());
    if let Some(found) = key(index).filter(|found| found.lower.eq_ignore_ascii_case(name)) {
        return Some(found);
    }
    let lower = name.to_ascii_lowercase();
    (0..PATTERNS.len())
        .filter_map(|index| key(usize::from(PATTERNS.row(index)?.half(0))))
        .find(|pattern| fills(pattern.lower, &lower))
}

/// True iff `text` is `pattern` with each `${…}` replaced by one or more characters.
fn fills(pattern: &str, text: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once("${") else {
        return pattern == text;
    };
    let (Some(text), Some((_, rest))) = (text.strip_prefix(literal), rest.split_once('}')) else {
        return false;
    };
    text.char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain(std::iter::once(text.len()).filter(|&end| end > 0))
        .any(|at| text.get(at..).is_some_and(|tail| fills(rest, tail)))
}

#[cfg(test)]
mod tests {
    use super::fills;

    #[test]
    fn placeholders_take_one_or_more_characters() {
        assert!(fills("aws:requesttag/${tagkey}", "aws:requesttag/team"));
        assert!(!fills("aws:requesttag/${tagkey}", "aws:requesttag/"));
        assert!(!fills("aws:requesttag/${tagkey}", "aws:resourcetag/team"));
        assert!(fills("a:${x}/matcher", "a:b/c/matcher"));
        assert!(!fills("a:${x}/matcher", "a:/matcher"));
        assert!(fills("a:${x}.${y}.z", "a:1.2.z"));
        assert!(!fills("a:${x}.${y}.z", "a:1.z"));
    }
}
