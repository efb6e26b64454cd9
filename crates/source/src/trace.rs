use std::sync::Arc;

use crate::{Span, Value};

/// What a named value of a configuration is, and the places it went through.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The configuration it is of.
    pub configuration: Arc<str>,
    /// As it was asked for.
    pub address: Arc<str>,
    /// As far as it is known.
    pub value: Value,
    /// The places, each before those that it takes its value from.
    pub hops: Vec<Hop>,
}

/// One place that a value went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// How many places lie between it and the value.
    pub depth: usize,
    /// What it is: `local.launch`, ``argument `policy` of module.team``.
    pub what: Arc<str>,
    /// Where it is; [`Span::NOWHERE`] for what stands in no file.
    pub span: Span,
}
