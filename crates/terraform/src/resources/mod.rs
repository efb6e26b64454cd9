//! What each resource and data source means.

use rolecall_facts::Configuration;
use rolecall_source::{Class, Diagnostic, Symbol, Value};

use crate::instance::{Instance, Mode};

/// The value of an attribute, argument or block of an instance: what is written, else what the provider computes from
/// the arguments, else an unknown.
pub(crate) fn attribute(instance: &Instance, name: &str) -> Value {
    if let Some(value) = instance.body.get(name) {
        return value.clone();
    }
    let symbol = Symbol::new(
        format!("{}.{name}", instance.symbol_base),
        format!("{}.{name}", instance.origin.address),
        "is known after deployment",
        Class::Any,
    );
    Value::unknown(symbol, instance.origin.span)
}

/// All attributes of an instance that are known by name, as one map.
pub(crate) fn object(instance: &Instance) -> Value {
    instance.body.clone()
}

/// True iff instances of this kind can carry facts.
pub(crate) fn matters(_mode: Mode, _kind: &str) -> bool {
    true
}

/// Lowers the instances of one configuration into facts.
pub(crate) fn lower(_instances: &[Instance], _configuration: &mut Configuration, _diagnostics: &mut Vec<Diagnostic>) {}
