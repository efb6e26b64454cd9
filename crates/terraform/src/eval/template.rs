//! Templates: literals, interpolations and directives into one text.

use rolecall_source::{Kind, Span, Symbol, TextBuilder, Value};

use super::collection::elements;
use super::{Cx, Eval, Evaluator, Failure, Frame, fail, limit};
use crate::syntax::ast::{ForPart, IfPart, Part};

/// Longest text that a template may make, in bytes.
const TEXT: usize = 4 * 1024 * 1024;
/// How many bytes of text count as one step of evaluation.
pub(crate) const BYTES_PER_STEP: usize = 8;

impl<'a> Evaluator<'a> {
    /// The value of a template. One interpolation alone is its value, whatever it is.
    pub(crate) fn template(&self, cx: Cx<'_, 'a>, parts: &[Part], span: Span) -> Eval {
        if let [Part::Interpolation(e)] = parts {
            return self.eval(cx, e);
        }
        let mut values = Vec::with_capacity(parts.len());
        self.parts(cx, parts, &mut values)?;
        self.assemble(cx, values, span)
    }

    /// The values of the parts, which together are the text.
    fn parts(&self, cx: Cx<'_, 'a>, parts: &[Part], out: &mut Vec<Value>) -> Result<(), Failure> {
        for part in parts {
            match part {
                Part::Literal(text) => out.push(Value::text(text.clone(), text.span())),
                Part::Interpolation(e) => out.push(interpolated(self.eval(cx, e)?, e.span)?),
                Part::If(node) => out.push(self.if_part(cx, node)?),
                Part::For(node) => self.for_part(cx, node, out)?,
            }
        }
        Ok(())
    }

    fn assemble(&self, cx: Cx<'_, 'a>, values: Vec<Value>, span: Span) -> Eval {
        self.distribute(cx, values, span, &mut |values| {
            let mut out = TextBuilder::default();
            for value in values {
                let value = interpolated(value.clone(), span)?;
                match value.to_text() {
                    Some(text) => out.text(&text),
                    None => return fail("this value cannot be part of a text", value.span),
                }
                if out.len() > TEXT {
                    return limit(format!("this text is longer than {TEXT} bytes"), span);
                }
            }
            self.charge(out.len() / BYTES_PER_STEP, span)?;
            Ok(Value::text(out.finish(), span))
        })
    }

    fn if_part(&self, cx: Cx<'_, 'a>, node: &IfPart) -> Eval {
        let span = node.condition.span;
        let condition = self.eval(cx, &node.condition)?;
        self.branch(cx, condition, span, &mut |then| {
            let parts = if then { &node.then } else { &node.otherwise };
            let mut values = Vec::new();
            self.deeper(span, || self.parts(cx, parts, &mut values))?;
            self.assemble(cx, values, span)
        })
    }

    fn for_part(&self, cx: Cx<'_, 'a>, node: &ForPart, out: &mut Vec<Value>) -> Result<(), Failure> {
        let span = node.collection.span;
        let collection = self.eval(cx, &node.collection)?;
        if let Kind::Choice(_) = collection.kind {
            out.push(self.distribute(cx, vec![collection], span, &mut |v| {
                let mut values = Vec::new();
                for value in v {
                    self.for_part_over(cx, node, value, &mut values)?;
                }
                self.assemble(cx, values, span)
            })?);
            return Ok(());
        }
        self.for_part_over(cx, node, &collection, out)
    }

    fn for_part_over(
        &self,
        cx: Cx<'_, 'a>,
        node: &ForPart,
        collection: &Value,
        out: &mut Vec<Value>,
    ) -> Result<(), Failure> {
        let span = node.collection.span;
        let (items, open) = elements(collection, span)?;
        for (turn, (key, value)) in items.into_iter().enumerate() {
            let key_frame = Frame {
                name: node.key_name.as_deref().unwrap_or(""),
                value: key,
                turn,
                outer: cx.frame,
            };
            let frame = Frame {
                name: &node.value_name,
                value,
                turn: 0,
                outer: Some(&key_frame),
            };
            self.deeper(span, || self.parts(cx.within(&frame), &node.body, out))?;
        }
        if let Some(symbol) = open {
            out.push(Value::unknown(rest_of(&symbol), span));
        }
        Ok(())
    }
}

/// The symbol for what the elements that are not known would add.
fn rest_of(symbol: &Symbol) -> Symbol {
    symbol.part("[\u{2026}]")
}

/// A value that may stand in a text.
fn interpolated(value: Value, span: Span) -> Eval {
    match &value.kind {
        Kind::Null => fail("this is null and cannot be part of a text", span),
        Kind::List(_) => fail("this is a list and cannot be part of a text", span),
        Kind::Map(_) => fail("this is a map and cannot be part of a text", span),
        Kind::Encoded(_) if !super::memo::is_bounded(&value) => limit("this document is too large", span),
        _ => Ok(value),
    }
}
