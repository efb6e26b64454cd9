//! Service principals.

use crate::table::Table;

/// Name (string), sorted.
const PRINCIPALS: Table = Table::new(include_bytes!("../data/service_principals.bin"), 4);

pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    (0..PRINCIPALS.len()).filter_map(|index| Some(PRINCIPALS.row(index)?.text(0)))
}

pub(crate) fn contains(name: &str) -> bool {
    let index = PRINCIPALS.partition_point(0..PRINCIPALS.len(), |row| row.text(0) < name);
    PRINCIPALS.row(index).is_some_and(|row| row.text(0) == name)
}
