//! Ways to come to act as somebody else, as data.
//!
//! Each record of `crates/checks/techniques/*.toml` is one technique; the engine in `prove` decides a record against
//! the graph. Adding a technique is adding a record and its fixtures.

mod name;
mod page;
mod record;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

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
