//! Terraform's functions.

use rolecall_source::{Map, Sources, Span, Text, Value};

/// What a call can see besides its arguments.
pub(crate) struct Env<'a> {
    /// The files of the scan.
    pub(crate) sources: &'a Sources,
    /// The folder of the module that calls.
    pub(crate) module_dir: &'a str,
    /// The folder of its root module.
    pub(crate) root_dir: &'a str,
    /// Renders a template's text with these variables.
    pub(crate) render: &'a dyn Fn(&Text, &Map) -> Result<Value, FnError>,
}

/// Why a call has no value.
#[derive(Clone, Debug)]
pub(crate) struct FnError {
    /// What is wrong, as a sentence without full stop.
    pub(crate) message: String,
    /// Which argument is at fault, from 0.
    pub(crate) argument: Option<usize>,
}

/// True iff there is a function of this name.
pub(crate) fn exists(_name: &str) -> bool {
    false
}

/// Calls a function. `call` is the span of the call.
pub(crate) fn call(name: &str, _args: &[Value], _call: Span, _env: &Env<'_>) -> Result<Value, FnError> {
    Err(FnError {
        message: format!("there is no function named `{name}`"),
        argument: None,
    })
}
