//! What is open in the editor: it is read instead of the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rolecall_source::{LoadError, Loader};
use serde::Deserialize;

use super::text::{self, Extent};
use super::uri;
use crate::discover::relative;

/// An open file.
pub(crate) struct Document {
    /// What the editor calls it.
    pub(crate) uri: String,
    pub(crate) version: i64,
    pub(crate) text: Arc<String>,
}

/// Open files by their real paths.
#[derive(Default)]
pub(crate) struct Documents(BTreeMap<PathBuf, Document>);

/// One change of a file: of a part, or of the whole.
#[derive(Deserialize)]
pub(crate) struct Change {
    range: Option<Extent>,
    text: String,
}

impl Documents {
    /// Takes a file whose address names a path.
    pub(crate) fn open(&mut self, uri: &str, version: i64, text: String) {
        if let Some(path) = real(uri) {
            let document = Document {
                uri: uri.to_owned(),
                version,
                text: Arc::new(text),
            };
            self.0.insert(path, document);
        }
    }

    pub(crate) fn change(&mut self, uri: &str, version: i64, changes: Vec<Change>) {
        let Some(document) = self.0.values_mut().find(|d| d.uri == uri) else {
            return;
        };
        let text = Arc::make_mut(&mut document.text);
        for change in changes {
            match change.range {
                Some(extent) => text::replace(text, extent, &change.text),
                None => *text = change.text,
            }
        }
        document.version = version;
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.0.retain(|_, d| d.uri != uri);
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    /// The texts as they are now.
    pub(crate) fn overlay(&self) -> Overlay {
        let texts = self.0.iter().map(|(p, d)| (p.clone(), Arc::clone(&d.text)));
        Overlay(texts.collect())
    }

    /// The versions of the texts as they are now, by address.
    pub(crate) fn versions(&self) -> BTreeMap<String, i64> {
        self.0.values().map(|d| (d.uri.clone(), d.version)).collect()
    }

    /// The folder of a file that is open.
    pub(crate) fn some_folder(&self) -> Option<&Path> {
        self.0.keys().next()?.parent()
    }
}

/// The path with links followed, also of a file that is not there yet.
pub(crate) fn real(uri: &str) -> Option<PathBuf> {
    let path = uri::to_path(uri)?;
    if let Ok(real) = fs::canonicalize(&path) {
        return Some(real);
    }
    let folder = fs::canonicalize(path.parent()?).ok()?;
    Some(folder.join(path.file_name()?))
}

/// Texts that stand in for files, by their real paths.
#[derive(Clone, Default)]
pub(crate) struct Overlay(pub(crate) BTreeMap<PathBuf, Arc<String>>);

impl Overlay {
    /// The paths below `root`, relative to it.
    pub(crate) fn below(&self, root: &Path) -> impl Iterator<Item = String> {
        self.0.keys().filter_map(move |p| relative(root, p))
    }
}

/// Reads what is open from the editor, and everything else from `under`.
pub(crate) struct Over {
    pub(crate) overlay: Overlay,
    pub(crate) root: PathBuf,
    pub(crate) under: Box<dyn Loader>,
}

impl Loader for Over {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        match self.overlay.0.get(&self.root.join(path)) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.under.load(path),
        }
    }
}
