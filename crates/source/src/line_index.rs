/// A place as people count: both from one. The column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// The byte offsets at which the lines of a file begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads the line starts of `text` (`\n` ends a line; `\r` before it belongs to the line).
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.iter()
                .enumerate()
                .filter(|(_, b)| **b == b'\n')
                .filter_map(|(i, _)| u32::try_from(i + 1).ok()),
        );
        Self { starts }
    }

    /// The position of byte `offset` of `text`, the text this index was made from.
    #[must_use]
    pub fn position(&self, text: &[u8], offset: u32) -> Position {
        let line = self.starts.partition_point(|s| *s <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(text.len()).max(start);
        let column = text
            .get(start..end)
            .map_or(0, |b| String::from_utf8_lossy(b).chars().count());
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }

    /// The byte range of line `line` (from 1), its line end excluded.
    #[must_use]
    pub fn line_range(&self, text: &[u8], line: u32) -> std::ops::Range<usize> {
        let index = (line as usize).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0) as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(text.len(), |e| (*e as usize).saturating_sub(1));
        start..end.max(start)
    }

    /// How many lines there are (a file without a byte has one).
    #[must_use]
    pub fn lines(&self) -> usize {
        self.starts.len()
    }
}
