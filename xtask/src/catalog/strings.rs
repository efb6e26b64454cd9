//! The string table: each string once, or inside a longer one.

use std::collections::{BTreeMap, BTreeSet};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// All strings of the catalogue and where each stands.
pub(crate) struct Strings {
    pub(crate) text: String,
    at: BTreeMap<String, u32>,
}

impl Strings {
    /// Lays out `all`, longest first, so that a shorter one can stand inside a longer one.
    pub(crate) fn layout(all: BTreeSet<String>) -> Result<Self> {
        let mut order: Vec<String> = all.into_iter().collect();
        order.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let mut strings = Self {
            text: String::new(),
            at: BTreeMap::new(),
        };
        for text in order {
            if !text.is_ascii() || text.len() > 0xff {
                return Err(format!("not ASCII of at most 255 characters: {text}").into());
            }
            let start = strings.text.find(&text).unwrap_or_else(|| {
                strings.text.push_str(&text);
                strings.text.len() - text.len()
            });
            let start = u32::try_from(start)?;
            if start >= 1 << 24 {
                return Err("the string table is over 16 MiB".into());
            }
            strings.at.insert(text.clone(), start << 8 | u32::try_from(text.len())?);
        }
        Ok(strings)
    }

    /// The reference to `text`: offset in the upper 24 bits, length in the lower 8.
    pub(crate) fn reference(&self, text: &str) -> Result<[u8; 4]> {
        let reference = self
            .at
            .get(text)
            .ok_or_else(|| format!("not in the string table: {text}"))?;
        Ok(reference.to_le_bytes())
    }
}
