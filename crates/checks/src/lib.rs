//! Rules, techniques and findings.

pub mod finding;
