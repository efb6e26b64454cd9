//! [Type conversion functions](https://developer.hashicorp.com/terraform/language/functions/tostring) and the marks
//! of sensitive values, which change nothing here.

use rolecall_source::{Kind, Value};

use super::call::{Call, Outcome};
use crate::convert::{Type, as_set, convert};

fn to(c: &Call<'_>, ty: &Type) -> Outcome {
    match convert(c.arg(0), ty) {
        Ok(value) => Ok(value),
        Err(message) => c.error_at(0, message),
    }
}

pub(super) fn tobool(c: &Call<'_>) -> Outcome {
    to(c, &Type::Bool)
}

pub(super) fn tonumber(c: &Call<'_>) -> Outcome {
    to(c, &Type::Number)
}

pub(super) fn tostring(c: &Call<'_>) -> Outcome {
    match &c.arg(0).kind {
        Kind::Unknown(symbol) => Ok(Value::text(
            rolecall_source::Text::symbol(symbol.clone(), c.arg(0).span),
            c.arg(0).span,
        )),
        _ => to(c, &Type::String),
    }
}

pub(super) fn tolist(c: &Call<'_>) -> Outcome {
    to(c, &Type::List(Box::new(Type::Any)))
}

pub(super) fn toset(c: &Call<'_>) -> Outcome {
    to(c, &Type::Set(Box::new(Type::Any))).map(|v| as_set(&v))
}

pub(super) fn tomap(c: &Call<'_>) -> Outcome {
    to(c, &Type::Map(Box::new(Type::Any)))
}

/// `sensitive`, `nonsensitive`, `ephemeralasnull`: the value itself.
pub(super) fn same(c: &Call<'_>) -> Outcome {
    Ok(c.arg(0).clone())
}

/// Marks are not followed: which values are sensitive is not known.
pub(super) fn issensitive(c: &Call<'_>) -> Outcome {
    match &c.arg(0).kind {
        Kind::Unknown(_) => Err(c.unknown()),
        _ => c.of_bool(false),
    }
}
