//! Which lines of two texts differ.

use std::ops::Range;

/// Most edits that are followed; what differs more is one hunk.
const EDITS: usize = 1_000;

/// Lines that were replaced by others; either range may be empty. Lines count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// The lines of a text; how they end does not matter.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// The fewest hunks by [Myers' algorithm](http://www.xmailserver.org/diff2.pdf), in order: equal iff there is none.
pub(super) fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rest_old, rest_new) = (old.get(start..).unwrap_or(&[]), new.get(start..).unwrap_or(&[]));
    let end = rest_old
        .iter()
        .rev()
        .zip(rest_new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let middle_old = rest_old.get(..rest_old.len() - end).unwrap_or(&[]);
    let middle_new = rest_new.get(..rest_new.len() - end).unwrap_or(&[]);
    let whole = Hunk {
        old: start..start + middle_old.len(),
        new: start..start + middle_new.len(),
    };
    if middle_old.is_empty() && middle_new.is_empty() {
        return Vec::new();
    }
    if middle_old.is_empty() || middle_new.is_empty() {
        return vec![whole];
    }
    match trace(middle_old, middle_new) {
        Some(trace) => joined(&matches(&trace, middle_old.len(), middle_new.len()), &whole),
        None => vec![whole],
    }
}

/// How far each diagonal is reached in the old text with 0, 1, 2, … edits. Diagonal k (old line less new line) has slot
/// k + edits in its row.
fn trace(old: &[&str], new: &[&str]) -> Option<Vec<Vec<usize>>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for edits in 0..=EDITS.min(old.len() + new.len()) {
        let mut row = vec![0; 2 * edits + 1];
        for slot in (0..=2 * edits).step_by(2) {
            let mut x = rows.last().map_or(0, |before| entry(before, slot).0);
            let mut y = (x + edits).saturating_sub(slot);
            while old.get(x).is_some_and(|line| new.get(y) == Some(line)) {
                x += 1;
                y += 1;
            }
            if let Some(cell) = row.get_mut(slot) {
                *cell = x;
            }
            if x == old.len() && y == new.len() {
                rows.push(row);
                return Some(rows);
            }
        }
        rows.push(row);
    }
    None
}

/// Where the best way to a diagonal begins after one more edit than the row `before` has, and whether that edit takes a
/// line out of the old text.
fn entry(before: &[usize], slot: usize) -> (usize, bool) {
    let deleting = slot.checked_sub(2).and_then(|s| before.get(s)).map(|x| x + 1);
    let inserting = before.get(slot).copied();
    match (deleting, inserting) {
        (Some(d), Some(i)) if i >= d => (i, false),
        (Some(d), _) => (d, true),
        (None, i) => (i.unwrap_or(0), false),
    }
}

/// The pairs of equal lines on the way, from the last to the first.
fn matches(rows: &[Vec<usize>], old: usize, new: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut x, mut y) = (old, new);
    for edits in (0..rows.len()).rev() {
        let slot = (x + edits).saturating_sub(y);
        let before = edits.checked_sub(1).and_then(|e| rows.get(e));
        let (start, deleted) = before.map_or((0, false), |b| entry(b, slot));
        while x > start && y > 0 {
            x -= 1;
            y -= 1;
            pairs.push((x, y));
        }
        if deleted {
            x = x.saturating_sub(1);
        } else {
            y = y.saturating_sub(1);
        }
    }
    pairs
}

/// What lies between the pairs, shifted to where the differing part begins.
fn joined(pairs: &[(usize, usize)], whole: &Hunk) -> Vec<Hunk> {
    let (mut x, mut y) = (0, 0);
    let mut found = Vec::new();
    let end = (whole.old.len(), whole.new.len());
    for (a, b) in pairs.iter().rev().copied().chain([end]) {
        if a > x || b > y {
            found.push(Hunk {
                old: whole.old.start + x..whole.old.start + a,
                new: whole.new.start + y..whole.new.start + b,
            });
        }
        (x, y) = (a + 1, b + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<(Range<usize>, Range<usize>)> {
        let found = hunks(&lines(old), &lines(new));
        found.into_iter().map(|h| (h.old, h.new)).collect()
    }

    #[test]
    fn hunks_are_where_texts_differ() {
        assert_eq!(told("a\nb\nc\n", "a\r\nb\r\nc"), []);
        assert_eq!(told("a\nc\n", "a\nb\nc\n"), [(1..1, 1..2)]);
        assert_eq!(told("a\nb\nc\n", "a\nc\n"), [(1..2, 1..1)]);
        assert_eq!(
            told("a\nb\nc\nd\ne\n", "a\nx\nc\ne\nf\n"),
            [(1..2, 1..2), (3..4, 3..3), (5..5, 4..5)]
        );
        assert_eq!(told("", "a\nb\n"), [(0..0, 0..2)]);
    }

    /// What is left of a text without its hunks is the same on both sides, for many small texts.
    #[test]
    fn without_the_hunks_both_are_the_same() {
        let mut seed = 1_u64;
        let mut text = |n: usize| -> Vec<String> {
            let mut letter = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                ["a", "b", "c"][(seed >> 33) as usize % 3].to_owned()
            };
            (0..n).map(|_| letter()).collect()
        };
        for n in 0..300 {
            let (a, b) = (text(n % 11), text(n % 7));
            let (a, b): (Vec<&str>, Vec<&str>) = (a.iter().map(|s| &**s).collect(), b.iter().map(|s| &**s).collect());
            let found = hunks(&a, &b);
            let kept = |text: &[&str], range: &dyn Fn(&Hunk) -> Range<usize>| -> Vec<String> {
                let inside = |i: &usize| found.iter().any(|h| range(h).contains(i));
                (0..text.len())
                    .filter(|i| !inside(i))
                    .map(|i| text[i].to_owned())
                    .collect()
            };
            assert_eq!(
                kept(&a, &|h| h.old.clone()),
                kept(&b, &|h| h.new.clone()),
                "{a:?} {b:?} {found:?}"
            );
            let longest = longest(&a, &b);
            assert_eq!(kept(&a, &|h| h.old.clone()).len(), longest, "{a:?} {b:?} {found:?}");
        }
    }

    /// The length of the longest common subsequence, by the book.
    fn longest(a: &[&str], b: &[&str]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..a.len() {
            for j in 0..b.len() {
                table[i + 1][j + 1] = if a[i] == b[j] {
                    table[i][j] + 1
                } else {
                    table[i][j + 1].max(table[i + 1][j])
                };
            }
        }
        table[a.len()][b.len()]
    }

    #[test]
    fn texts_that_differ_throughout_are_one_hunk() {
        let text = |word: &str| (0..3_000).map(|i| format!("{word}{i}\n")).collect::<String>();
        assert_eq!(told(&text("a"), &text("b")), [(0..3_000, 0..3_000)]);
    }
}
