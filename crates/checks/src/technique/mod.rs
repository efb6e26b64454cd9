//! Ways to come to act as somebody else, as data.
//!
//! Each record of `crates/checks/techniques/*.toml` is one technique; the engine in `prove` decides a record against
//! the graph. Adding a technique is adding a record and its fixtures.

mod custom;
mod name;
mod page;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

pub use custom::{Problem, problems};
pub use name::Name;
pub use record::{Become, Change, Family, Grade, Need, Pass, Pinned, Target, Technique, Through, Way};

/// The catalogue, family by family.
const FILES: &[(&str, &str)] = &[
    ("ec2-launch.toml", include_str!("../../techniques/ec2-launch.toml")),
    (
        "ec2-take-over.toml",
        include_str!("../../techniques/ec2-take-over.toml"),
    ),
    ("services.toml", include_str!("../../techniques/services.toml")),
    ("take-over.toml", include_str!("../../techniques/take-over.toml")),
    ("identity.toml", include_str!("../../techniques/identity.toml")),
];

/// Every technique, the plainest of a family first: of several that lead to the same end the first is reported.
#[must_use]
pub fn techniques() -> &'static [Technique] {
    static ALL: OnceLock<Vec<Technique>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = |(_, text): &(&str, &str)| parse(text).unwrap_or_default();
        FILES.iter().flat_map(read).collect()
    })
}

/// Those of the catalogue and after them `custom`, without those whose ids are `disabled`.
pub(crate) fn all(custom: &[Technique], disabled: &BTreeSet<String>) -> Vec<&'static Technique> {
    let own = custom.iter().map(kept);
    let all = techniques().iter().chain(own);
    all.filter(|t| !disabled.contains(&*t.id)).collect()
}

/// A technique of the user, kept for as long as the program runs: each distinct one once.
fn kept(technique: &Technique) -> &'static Technique {
    static KEPT: Mutex<BTreeMap<String, &'static Technique>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(format!("{technique:?}"))
        .or_insert_with(|| Box::leak(Box::new(technique.clone())))
}

/// Reads records written as those of the catalogue are: an array of tables named `technique`.
///
/// # Errors
/// The text is not such a table; the message says where.
pub fn parse(text: &str) -> Result<Vec<Technique>, toml::de::Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        technique: Vec<Technique>,
    }
    toml::from_str::<File>(text).map(|file| file.technique)
}
