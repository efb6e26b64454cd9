//! Templates to values: YAML and JSON give the same [`Value`], short intrinsics written out (`!Ref x` is `{Ref: x}`).

mod comments;
mod scalar;
mod yaml;

use rolecall_facts::{Commented, MARKER};
use rolecall_source::{FileId, Span, Value, json};

/// A document that was read.
pub(crate) struct Document {
    /// Its first document.
    pub(crate) value: Value,
    /// Keys that stood in their mapping before.
    pub(crate) duplicate_keys: Vec<Span>,
}

/// Why a document could not be read.
#[derive(Debug)]
pub(crate) struct Error {
    /// What is wrong, as a clause.
    pub(crate) message: String,
    /// Where.
    pub(crate) span: Span,
}

/// The comments of a file that may hold one for this program.
pub(crate) fn comments(text: &str) -> Option<Commented> {
    text.contains(MARKER).then(|| comments::read(text))
}

/// The pairs and elements of a YAML or JSON document, as ranges of bytes.
pub(crate) fn entries(text: &str) -> Vec<std::ops::Range<usize>> {
    comments::read(text).entries
}

/// Reads a file as JSON when it begins like JSON, else (or when it is flow YAML) as YAML.
pub(crate) fn read(text: &str, file: FileId) -> Result<Document, Error> {
    if !json::looks_like_json(text) {
        return yaml::read(text, file);
    }
    match json::read_file(text, file) {
        Ok(d) => Ok(Document {
            value: d.value,
            duplicate_keys: d.duplicate_keys,
        }),
        Err(e) => yaml::read(text, file).map_err(|_| Error {
            message: e.message,
            span: e.span,
        }),
    }
}
