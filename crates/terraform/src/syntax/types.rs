//! Type constraints: `list(string)`, `object({ a = optional(number, 1) })`.

use std::sync::Arc;

use rolecall_source::Value;

use super::ast::{Call, Expr, ExprKind, Root};
use crate::convert::{Attribute, Type};

/// The type an expression names; `None` when it names none. `constant` evaluates the defaults of `optional`.
pub(crate) fn type_of(expr: &Expr, constant: &dyn Fn(&Expr) -> Option<Value>) -> Option<Type> {
    match &expr.kind {
        ExprKind::Traversal(t) if t.steps.is_empty() => match &t.root {
            Root::Name(name) => named(name),
            Root::Expr(_) => None,
        },
        ExprKind::Letters(_) | ExprKind::Text(_) => named(expr.as_str()?),
        ExprKind::Parens(e) => type_of(e, constant),
        ExprKind::Call(call) => built(call, constant),
        _ => None,
    }
}

fn named(name: &str) -> Option<Type> {
    Some(match name {
        "any" => Type::Any,
        "string" => Type::String,
        "number" => Type::Number,
        "bool" => Type::Bool,
        "list" => Type::List(Box::new(Type::Any)),
        "map" => Type::Map(Box::new(Type::Any)),
        "set" => Type::Set(Box::new(Type::Any)),
        _ => return None,
    })
}

fn built(call: &Call, constant: &dyn Fn(&Expr) -> Option<Value>) -> Option<Type> {
    let argument = call.arguments.first()?;
    let inner = || type_of(argument, constant).map(Box::new);
    Some(match &*call.name {
        "list" => Type::List(inner()?),
        "set" => Type::Set(inner()?),
        "map" => Type::Map(inner()?),
        "tuple" => match &argument.kind {
            ExprKind::List(items) => {
                Type::Tuple(items.iter().map(|e| type_of(e, constant)).collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        },
        "object" => match &argument.kind {
            ExprKind::Object(items) => {
                let attribute = |i: &super::ast::Item| attribute(i.key.as_str()?, &i.value, constant);
                Type::Object(items.iter().map(attribute).collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn attribute(name: &str, expr: &Expr, constant: &dyn Fn(&Expr) -> Option<Value>) -> Option<Attribute> {
    let name: Arc<str> = name.into();
    let ExprKind::Call(call) = &expr.kind else {
        return Some(Attribute {
            name,
            ty: type_of(expr, constant)?,
            optional: false,
            default: None,
        });
    };
    if &*call.name != "optional" {
        let ty = built(call, constant)?;
        return Some(Attribute {
            name,
            ty,
            optional: false,
            default: None,
        });
    }
    Some(Attribute {
        name,
        ty: type_of(call.arguments.first()?, constant)?,
        optional: true,
        default: call.arguments.get(1).and_then(constant),
    })
}
