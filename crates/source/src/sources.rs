use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::{FileId, LineIndex, Position, Span, limits};

/// Why a file has no contents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read; the text is the operating system's.
    #[error("cannot be read: {0}")]
    Io(String),
    /// The file is larger than [`limits::FILE_BYTES`].
    #[error("has {0} bytes, more than the {limit} that are read", limit = limits::FILE_BYTES)]
    TooLarge(u64),
    /// The file is not UTF-8; the number is the offset of the first byte that is not.
    #[error("is not UTF-8 at byte {0}")]
    NotUtf8(usize),
}

/// Reads files for a [`Sources`]: the one door to the disk, a git tree, or memory.
pub trait Loader: Send + Sync {
    /// The bytes of the file at `path`, which is relative to the root of the scan, with forward slashes.
    ///
    /// # Errors
    /// [`LoadError::Io`] when it cannot be read and [`LoadError::TooLarge`] when it is over the limit.
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError>;
}

/// Files held in memory, for tests.
#[derive(Default)]
pub struct MemoryLoader(pub BTreeMap<String, Vec<u8>>);

impl Loader for MemoryLoader {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| LoadError::Io("no such file".into()))
    }
}

struct File {
    path: Box<str>,
    contents: OnceLock<Result<Contents, LoadError>>,
    lines: OnceLock<LineIndex>,
}

/// What a file holds.
enum Contents {
    Text(Arc<str>),
    /// Not UTF-8, from this byte on.
    Bytes(Vec<u8>, usize),
}

impl From<Vec<u8>> for Contents {
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(error) => {
                let from = error.utf8_error().valid_up_to();
                Self::Bytes(error.into_bytes(), from)
            }
        }
    }
}

/// The files of one scan, sorted by path, read when first asked for.
///
/// A [`FileId`] is an index into that order, so ids are the same in every run on the same tree.
pub struct Sources {
    files: Vec<File>,
    loader: Box<dyn Loader>,
}

impl Sources {
    /// The files at `paths` (relative to the root of the scan, forward slashes, no `./`), read through `loader`.
    #[must_use]
    pub fn new(mut paths: Vec<String>, loader: Box<dyn Loader>) -> Self {
        paths.sort_unstable();
        paths.dedup();
        let file = |path: String| File {
            path: path.into(),
            contents: OnceLock::new(),
            lines: OnceLock::new(),
        };
        Self {
            files: paths.into_iter().map(file).collect(),
            loader,
        }
    }

    /// Files held in memory.
    #[must_use]
    pub fn in_memory(files: &[(&str, &str)]) -> Self {
        let map: BTreeMap<String, Vec<u8>> = files
            .iter()
            .map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec()))
            .collect();
        Self::new(map.keys().cloned().collect(), Box::new(MemoryLoader(map)))
    }

    /// Every file, in order of path.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True iff there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file at `path`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self.files.binary_search_by(|f| (*f.path).cmp(path)).ok()?;
        u32::try_from(at).ok().map(FileId)
    }

    /// The files below folder `dir` (`""`: all), at any depth, in order of path.
    pub fn under(&self, dir: &str) -> impl Iterator<Item = FileId> + use<'_> {
        let prefix = if dir.is_empty() {
            String::new()
        } else {
            format!("{dir}/")
        };
        let from = self.files.partition_point(|f| *f.path < *prefix);
        self.files
            .iter()
            .enumerate()
            .skip(from)
            .take_while(move |(_, f)| f.path.starts_with(&prefix))
            .filter_map(|(i, _)| u32::try_from(i).ok().map(FileId))
    }

    /// The path of a file, `""` for [`Span::NOWHERE`]'s.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        self.files.get(id.0 as usize).map_or("", |f| &f.path)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// What the loader said, the same at every call.
    pub fn bytes(&self, id: FileId) -> Result<&[u8], LoadError> {
        Ok(match self.contents(id)? {
            Contents::Text(text) => text.as_bytes(),
            Contents::Bytes(bytes, _) => bytes,
        })
    }

    fn contents(&self, id: FileId) -> Result<&Contents, LoadError> {
        let missing = || LoadError::Io("no such file".into());
        let file = self.files.get(id.0 as usize).ok_or_else(missing)?;
        let loaded = file.contents.get_or_init(|| match self.loader.load(&file.path) {
            Ok(b) if b.len() > limits::FILE_BYTES => Err(LoadError::TooLarge(b.len() as u64)),
            other => other.map(Contents::from),
        });
        loaded.as_ref().map_err(Clone::clone)
    }

    /// The text of a file, a byte order mark included.
    ///
    /// # Errors
    /// As [`Sources::bytes`], and [`LoadError::NotUtf8`].
    pub fn text(&self, id: FileId) -> Result<&str, LoadError> {
        self.shared(id).map(|text| &**text)
    }

    /// The same text, to keep.
    ///
    /// # Errors
    /// As [`Sources::text`].
    pub fn shared_text(&self, id: FileId) -> Result<Arc<str>, LoadError> {
        self.shared(id).cloned()
    }

    fn shared(&self, id: FileId) -> Result<&Arc<str>, LoadError> {
        match self.contents(id)? {
            Contents::Text(text) => Ok(text),
            Contents::Bytes(_, from) => Err(LoadError::NotUtf8(*from)),
        }
    }

    /// Line and column of the first byte of `span`.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.position_of(span.file, span.start)
    }

    /// Line and column of both ends of `span`.
    #[must_use]
    pub fn positions(&self, span: Span) -> Range<Position> {
        self.position_of(span.file, span.start)..self.position_of(span.file, span.end)
    }

    fn position_of(&self, file: FileId, offset: u32) -> Position {
        match (self.bytes(file), self.line_index(file)) {
            (Ok(text), Some(lines)) => lines.position(text, offset),
            _ => Position { line: 1, column: 1 },
        }
    }

    /// Where the lines of a file begin; `None` when it could not be read.
    #[must_use]
    pub fn line_index(&self, file: FileId) -> Option<&LineIndex> {
        let bytes = self.bytes(file).ok()?;
        self.files
            .get(file.0 as usize)
            .map(|f| f.lines.get_or_init(|| LineIndex::new(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_a_folder_is_not_under_its_namesake() {
        let s = Sources::in_memory(&[("a/x.tf", ""), ("a-b/x.tf", ""), ("a/b/y.tf", ""), ("b.tf", "")]);
        let paths: Vec<&str> = s.under("a").map(|f| s.path(f)).collect();
        assert_eq!(paths, ["a/b/y.tf", "a/x.tf"]);
        assert_eq!(s.under("").count(), 4);
    }

    #[test]
    fn positions_count_characters() {
        let s = Sources::in_memory(&[("x", "é\nab€c\n")]);
        let file = s.find("x").unwrap();
        let at = s.position(Span::new(file, 8, 9));
        assert_eq!((at.line, at.column), (2, 4));
    }
}
