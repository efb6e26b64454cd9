//! Expressions inside expressions.

use super::ast::{Expr, ExprKind, Part, Root, Step};

impl Expr {
    /// Calls `f` with every expression that stands directly in this one.
    pub(crate) fn each_inside(&self, f: &mut dyn FnMut(&Self)) {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Letters(_)
            | ExprKind::Text(_)
            | ExprKind::Invalid => {}
            ExprKind::Template(parts) => each_part(parts, f),
            ExprKind::List(items) => items.iter().for_each(f),
            ExprKind::Object(items) => {
                for item in items {
                    f(&item.key);
                    f(&item.value);
                }
            }
            ExprKind::Traversal(t) => {
                if let Root::Expr(e) = &t.root {
                    f(e);
                }
                for step in &t.steps {
                    if let Step::Index(key) = step {
                        f(key);
                    }
                }
            }
            ExprKind::Unary(_, e) | ExprKind::Parens(e) => f(e),
            ExprKind::Binary(chain) => {
                f(&chain.first);
                chain.rest.iter().for_each(|(_, e)| f(e));
            }
            ExprKind::Conditional(parts) => parts.iter().for_each(f),
            ExprKind::Call(call) => call.arguments.iter().for_each(f),
            ExprKind::For(node) => {
                f(&node.collection);
                node.key.iter().for_each(&mut *f);
                f(&node.value);
                node.condition.iter().for_each(&mut *f);
            }
        }
    }
}

fn each_part(parts: &[Part], f: &mut dyn FnMut(&Expr)) {
    for part in parts {
        match part {
            Part::Literal(_) => {}
            Part::Interpolation(e) => f(e),
            Part::If(part) => {
                f(&part.condition);
                each_part(&part.then, f);
                each_part(&part.otherwise, f);
            }
            Part::For(part) => {
                f(&part.collection);
                each_part(&part.body, f);
            }
        }
    }
}
