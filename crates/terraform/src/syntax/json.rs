//! `.tf.json` and `.tfvars.json`: the [JSON syntax](https://developer.hashicorp.com/terraform/language/syntax/json)
//! into the same tree as the native one.

use std::sync::Arc;

use rolecall_facts::{Directive, MARKER};
use rolecall_source::{Diagnostic, FileId, Kind, Map, Span, Text, Value, json};

use super::ast::{Attribute, Block, Body, Expr, ExprKind, Item};
use super::{CODE, Remarks, read_expression, read_template};

/// How many labels a top-level block has; `None` for kinds that are not blocks.
fn labels(kind: &str) -> Option<usize> {
    Some(match kind {
        "resource" | "data" | "ephemeral" => 2,
        "module" | "variable" | "output" | "provider" | "check" => 1,
        "locals" | "terraform" | "moved" | "import" | "removed" => 0,
        _ => return None,
    })
}

/// A `.tf.json` file; with `variables`, a `.tfvars.json` file, whose strings are no templates.
pub(crate) fn read_json(text: &str, file: FileId, variables: bool, remarks: &mut Remarks) -> Body {
    let mut body = Body::default();
    let document = match json::read_file(text, file) {
        Ok(document) => document.value,
        Err(e) => {
            let error = Diagnostic::error(CODE, e.message, e.span);
            remarks.diagnostics.push(error);
            return body;
        }
    };
    if text.contains(MARKER) {
        directives(&document, document.span, remarks);
    }
    let mut reader = Reader {
        diagnostics: &mut remarks.diagnostics,
        plain: variables,
    };
    for map in objects(&document) {
        if variables {
            reader.attributes(map, &mut body);
        } else {
            reader.top_level(map, &mut body);
        }
    }
    body
}

/// The directives in the `//` keys of objects, each for the object it is in: JSON has no other comments.
fn directives(value: &Value, covers: Span, remarks: &mut Remarks) {
    match &value.kind {
        Kind::List(list) => list.items.iter().for_each(|v| directives(v, v.span, remarks)),
        Kind::Map(map) => {
            for (key, entry) in &*map.entries {
                let comment = entry.value.as_str().filter(|_| key.as_str() == Some("//"));
                match comment.and_then(|c| Directive::read(c, entry.value.span, covers)) {
                    Some(Ok(directive)) => remarks.directives.push(directive),
                    Some(Err(diagnostic)) => remarks.diagnostics.push(diagnostic),
                    None => directives(&entry.value, entry.key_span.join(entry.value.span), remarks),
                }
            }
        }
        _ => {}
    }
}

struct Reader<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
    /// Strings are literal.
    plain: bool,
}

/// The objects of a value: itself, or the elements of a list.
fn objects(value: &Value) -> Vec<&Map> {
    match &value.kind {
        Kind::Map(m) => vec![m],
        Kind::List(l) => l.items.iter().filter_map(Value::as_map).collect(),
        _ => Vec::new(),
    }
}

fn entries(map: &Map) -> impl Iterator<Item = (&str, Span, &Value)> {
    let known = map
        .entries
        .iter()
        .filter_map(|(k, e)| Some((k.as_str()?, e.key_span, &e.value)));
    known.filter(|(k, ..)| *k != "//")
}

impl Reader<'_> {
    fn top_level(&mut self, map: &Map, body: &mut Body) {
        for (kind, span, value) in entries(map) {
            match labels(kind) {
                Some(count) => self.blocks(&kind.into(), span, Vec::new(), count, value, body),
                None => {
                    let message = format!("there is no block of kind `{kind}`");
                    self.diagnostics.push(Diagnostic::warning(CODE, message, span));
                }
            }
        }
    }

    fn blocks(
        &mut self,
        kind: &Arc<str>,
        span: Span,
        path: Vec<Arc<str>>,
        more: usize,
        value: &Value,
        body: &mut Body,
    ) {
        for map in objects(value) {
            if more == 0 {
                let mut inner = Body::default();
                self.attributes(map, &mut inner);
                body.blocks.push(Block {
                    kind: Arc::clone(kind),
                    labels: path.clone(),
                    body: inner.into(),
                    header: span,
                });
                continue;
            }
            for (label, label_span, inner) in entries(map) {
                let mut path = path.clone();
                path.push(label.into());
                self.blocks(kind, label_span, path, more - 1, inner, body);
            }
        }
    }

    fn attributes(&mut self, map: &Map, body: &mut Body) {
        for (name, name_span, value) in entries(map) {
            if name == "dynamic" && !self.plain {
                self.dynamic(value, body);
                continue;
            }
            let value = self.expression(value);
            body.attributes.push(Attribute {
                name: name.into(),
                name_span,
                value,
            });
        }
    }

    /// `"dynamic": {"statement": {"for_each": …, "content": {…}}}`
    fn dynamic(&mut self, value: &Value, body: &mut Body) {
        for map in objects(value) {
            for (label, span, inner) in entries(map) {
                for map in objects(inner) {
                    let mut parts = Body::default();
                    self.attributes(map, &mut parts);
                    if let Some(content) = map.get("content") {
                        parts.attributes.retain(|a| &*a.name != "content");
                        self.blocks(&"content".into(), span, Vec::new(), 0, content, &mut parts);
                    }
                    body.blocks.push(Block {
                        kind: "dynamic".into(),
                        labels: vec![label.into()],
                        body: parts.into(),
                        header: span,
                    });
                }
            }
        }
    }

    fn expression(&mut self, value: &Value) -> Expr {
        let kind = match &value.kind {
            Kind::Null => ExprKind::Null,
            Kind::Bool(b) => ExprKind::Bool(*b),
            Kind::Number(n) => ExprKind::Number(n.clone()),
            Kind::Text(t) => self.string(t),
            Kind::List(l) => ExprKind::List(l.items.iter().map(|v| self.expression(v)).collect()),
            Kind::Map(m) => ExprKind::Object(
                m.entries
                    .iter()
                    .map(|(k, e)| self.item(k, e.key_span, &e.value))
                    .collect(),
            ),
            Kind::Encoded(_) | Kind::Choice(_) | Kind::Unknown(_) => ExprKind::Invalid,
        };
        Expr::new(kind, value.span)
    }

    fn item(&mut self, key: &Text, key_span: Span, value: &Value) -> Item {
        let key = Expr::new(self.string(key), key_span);
        Item {
            key,
            value: self.expression(value),
        }
    }

    fn string(&mut self, text: &Text) -> ExprKind {
        let has_sequence = text.as_str().is_none_or(|s| s.contains("${") || s.contains("%{"));
        if self.plain || !has_sequence {
            return ExprKind::Text(text.clone());
        }
        match read_template(text) {
            Ok(expr) => expr.kind,
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                ExprKind::Invalid
            }
        }
    }
}

/// The expression that a string of `.tf.json` stands for where the language wants an expression: a type.
pub(crate) fn quoted_expression(expr: &Expr) -> Option<Expr> {
    read_expression(&expr.as_text()?).ok()
}
