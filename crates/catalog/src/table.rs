//! The layout of the generated data: one string table, and tables of fixed-width little-endian rows that refer to it.
//!
//! Nothing is parsed at start-up. A row is read where it stands; an offset that points nowhere (which the tests on the
//! data exclude) reads as nothing.

/// All strings, one behind the other; a string may stand inside another one.
const STRINGS: &str = include_str!("../data/strings.txt");

/// A table of rows of `width` bytes.
pub(crate) struct Table {
    bytes: &'static [u8],
    width: usize,
}

impl Table {
    pub(crate) const fn new(bytes: &'static [u8], width: usize) -> Self {
        Self { bytes, width }
    }

    pub(crate) const fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    pub(crate) fn row(&self, index: usize) -> Option<Row> {
        let start = index.checked_mul(self.width)?;
        self.bytes.get(start..start.checked_add(self.width)?).map(Row)
    }

    /// The first index whose row is not `before` the one sought; rows are sorted.
    pub(crate) fn partition_point(&self, range: std::ops::Range<usize>, before: impl Fn(Row) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.row(middle) {
                Some(row) if before(row) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row(&'static [u8]);

impl Row {
    pub(crate) fn byte(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    pub(crate) fn half(self, at: usize) -> u16 {
        u16::from_le_bytes([self.byte(at), self.byte(at + 1)])
    }

    pub(crate) fn word(self, at: usize) -> u32 {
        u32::from_le_bytes([self.byte(at), self.byte(at + 1), self.byte(at + 2), self.byte(at + 3)])
    }

    /// The string whose reference stands at `at`: offset in the upper 24 bits, length in the lower 8.
    pub(crate) fn text(self, at: usize) -> &'static str {
        let reference = self.word(at);
        let start = (reference >> 8) as usize;
        let length = (reference & 0xff) as usize;
        STRINGS.get(start..start + length).unwrap_or("")
    }
}

/// A pool of 16-bit numbers, read from an offset onwards.
#[derive(Clone, Copy)]
pub(crate) struct Pool {
    bytes: &'static [u8],
    at: usize,
}

impl Pool {
    pub(crate) const fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) const fn from(self, at: usize) -> Self {
        Self { at, ..self }
    }

    pub(crate) fn next(&mut self) -> u16 {
        let start = self.at * 2;
        self.at += 1;
        self.bytes.get(start..start + 2).map_or(0, |pair| Row(pair).half(0))
    }
}

/// A list in a pool: its length, then its members.
#[derive(Clone)]
pub(crate) struct List {
    pool: Pool,
    left: u16,
}

impl List {
    /// The list that begins where `pool` stands.
    pub(crate) fn at(mut pool: Pool) -> Self {
        let left = pool.next();
        Self { pool, left }
    }
}

impl Iterator for List {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        self.left = self.left.checked_sub(1)?;
        Some(self.pool.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for List {}

/// The order of two texts, whatever the case of their ASCII letters.
pub(crate) fn cmp_ignoring_case(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}
