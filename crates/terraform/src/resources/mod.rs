//! What each resource and data source means: what the provider computes from the arguments, and which facts it states.

mod computed;
mod document;
mod lower;
mod shapes;
mod values;

#[cfg(test)]
pub(crate) mod testing;

use rolecall_source::{Class, Value};

use crate::instance::{Instance, Mode};
use crate::plan;

pub(crate) use lower::{lower, matters};
pub(crate) use values::settle;

/// Optional arguments that are null when they are not written, of whatever resource has them.
const ABSENT: [&str; 4] = ["description", "permissions_boundary", "policy_id", "tags"];

/// The value of an attribute, argument or block of an instance: what is written, else what the provider computes from
/// the arguments, else an unknown.
pub(crate) fn attribute(instance: &Instance, name: &str) -> Value {
    let written = instance.body.get(name);
    if let Some(value) = written.filter(|v| !values::may_be_absent(v)) {
        return value.clone();
    }
    let computed = shapes::attribute(instance, name).or_else(|| computed::attribute_of(instance, name));
    let own = match (written, computed) {
        (Some(value), Some(computed)) => values::or_else(value, &computed),
        (Some(value), None) => value.clone(),
        (None, computed) => computed.unwrap_or_else(|| rest(instance, name)),
    };
    match instance.planned(name) {
        Some(planned) => plan::complete(&own, planned, instance.origin.span),
        None => own,
    }
}

/// An attribute of which nothing is known but whose it is.
fn rest(instance: &Instance, name: &str) -> Value {
    let span = instance.origin.span;
    let aws = instance.kind.starts_with("aws_");
    if aws && instance.mode == Mode::Managed && ABSENT.contains(&name) {
        return Value::null(span);
    }
    let why = reason(instance);
    let symbol = values::symbol(instance, name, why, Class::Any);
    if aws && name == "arn" {
        return shapes::some_arn(instance, symbol);
    }
    Value::unknown(symbol, span)
}

/// Why the attributes of a kind are not known.
fn reason(instance: &Instance) -> &'static str {
    match (instance.mode, &*instance.kind) {
        (Mode::Data, "external") => "is printed by a program at deployment",
        (Mode::Data, "http") => "is fetched at deployment",
        (Mode::Data, "terraform_remote_state") => "is read from another configuration's state",
        (Mode::Data, "template_file" | "template_cloudinit_config" | "cloudinit_config") => {
            "is rendered by a provider at deployment"
        }
        (Mode::Data, "aws_default_tags") => "is the provider's default tags",
        (mode, _) => shapes::why(mode),
    }
}

/// All attributes of an instance that are known by name, as one map.
pub(crate) fn object(instance: &Instance) -> Value {
    computed::object(instance)
}
