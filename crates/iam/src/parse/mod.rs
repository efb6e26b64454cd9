//! Reads policy documents.
//!
//! Follows the [grammar of the IAM JSON policy language](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).

mod alternatives;
mod block;
mod element;
mod statement;

use rolecall_source::{Assumption, Diagnostic, Kind, Map, Span, Symbol, Text, Value, json};

use crate::{Alternative, Policy, PolicyKind};

/// The code of every diagnostic of this module.
const CODE: &str = "policy-syntax";

/// Parses a policy document: text with JSON in it, an encoded document, a map, a choice. What is not legal is told in
/// `diagnostics` in AWS's terms and left out (a Deny that is not understood makes the policy open, never weaker).
#[must_use]
pub fn parse_policy(document: &Value, kind: PolicyKind, diagnostics: &mut Vec<Diagnostic>) -> Policy {
    let mut parser = Parser {
        kind,
        variables: false,
        sids: Vec::new(),
        policy: Policy {
            statements: Vec::new(),
            span: document.span,
            open: crate::Assumptions::new(),
        },
        diagnostics,
    };
    parser.document(document, &[], false);
    parser.policy
}

struct Parser<'a> {
    kind: PolicyKind,
    /// True iff the document's version has policy variables.
    variables: bool,
    /// The ids so far, and whose.
    sids: Vec<(Text, Span)>,
    policy: Policy,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// What an answer relies on when an unknown part may change it.
pub(crate) fn unchanged_by(symbol: &Symbol) -> Assumption {
    Assumption::new(format!("what `{}` adds does not change this", symbol.name))
}

impl Parser<'_> {
    fn warn(&mut self, headline: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::warning(CODE, headline, span));
    }

    fn error(&mut self, headline: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::error(CODE, headline, span));
    }

    fn open(&mut self, symbol: &Symbol) {
        self.policy.open.insert(unchanged_by(symbol));
    }

    /// Says that a part was not understood that may have denied something.
    fn lost(&mut self, what: &str) {
        self.policy.open.insert(Assumption::new(format!(
            "{what} that could not be read does not change this"
        )));
    }

    /// Reads a document; `inner` when it was itself the JSON text of another value.
    fn document(&mut self, value: &Value, when: &[Alternative], inner: bool) {
        match &value.kind {
            Kind::Map(map) => self.policy_object(map, value.span, when),
            Kind::Encoded(encoded) if !inner => self.document(&encoded.value, when, true),
            Kind::Text(text) if !inner => self.text(text, value.span, when),
            Kind::Choice(choice) => {
                for (alternatives, option) in alternatives::options(choice, when) {
                    self.document(option, &alternatives, inner);
                }
            }
            Kind::Unknown(symbol) => self.open(symbol),
            Kind::Null => {}
            _ => {
                self.error("a policy document must be a JSON object", value.span);
                self.lost("a policy document");
            }
        }
    }

    fn text(&mut self, text: &Text, span: Span, when: &[Alternative]) {
        if let Some(symbol) = text.as_symbol() {
            return self.open(symbol);
        }
        match json::read_text(text) {
            Ok(document) => {
                for key in document.duplicate_keys {
                    self.warn("this key stands twice in one object: AWS rejects the policy", key);
                }
                self.document(&document.value, when, true);
            }
            Err(error) => {
                let span = if error.span.is_nowhere() { span } else { error.span };
                self.error(format!("this policy is not valid JSON: {}", error.message), span);
                self.lost("a policy document");
            }
        }
    }

    fn policy_object(&mut self, map: &Map, span: Span, when: &[Alternative]) {
        self.variables = self.version(map);
        self.sids.clear();
        for (key, entry) in &*map.entries {
            match key.as_str() {
                Some("Version" | "Id" | "Statement") => {}
                _ => self.warn(
                    format!("`{key}` is not an element of a policy: the elements are Version, Id and Statement"),
                    entry.key_span,
                ),
            }
        }
        if let Some(symbol) = &map.open {
            self.open(symbol);
        }
        match map.get("Statement") {
            Some(statements) => self.statements(statements, when),
            None if map.open.is_none() => self.error("the policy has no Statement element", span),
            None => {}
        }
    }

    /// True iff the version has policy variables.
    fn version(&mut self, map: &Map) -> bool {
        let Some(value) = map.get("Version") else {
            return false;
        };
        match value.as_str() {
            Some("2012-10-17") => true,
            Some("2008-10-17") => false,
            Some(other) => {
                self.warn(
                    format!("`{other}` is not a version of the policy language: 2012-10-17 and 2008-10-17 are"),
                    value.span,
                );
                true
            }
            None if matches!(
                value.kind,
                Kind::Number(_) | Kind::Bool(_) | Kind::List(_) | Kind::Map(_)
            ) =>
            {
                self.warn("Version must be a string", value.span);
                true
            }
            // An unknown version is taken for the current one: nobody parameterizes the other.
            None => true,
        }
    }

    fn statements(&mut self, value: &Value, when: &[Alternative]) {
        match &value.kind {
            Kind::List(list) => {
                if let Some(symbol) = &list.open {
                    self.open(symbol);
                }
                if list.items.is_empty() && list.open.is_none() {
                    self.warn("the policy has no statement", value.span);
                }
                for item in list.items.iter() {
                    self.statement_value(item, when);
                }
            }
            Kind::Choice(choice) => {
                for (alternatives, option) in alternatives::options(choice, when) {
                    self.statements(option, &alternatives);
                }
            }
            _ => self.statement_value(value, when),
        }
    }

    fn statement_value(&mut self, value: &Value, when: &[Alternative]) {
        match &value.kind {
            Kind::Unknown(symbol) => self.open(symbol),
            Kind::Null => {}
            Kind::Choice(choice) => {
                for (alternatives, option) in alternatives::options(choice, when) {
                    self.statement_value(option, &alternatives);
                }
            }
            Kind::Map(_) => match alternatives::expand(value, when) {
                Some(all) => {
                    for (alternatives, value) in all {
                        self.statement(&value, alternatives);
                    }
                }
                None => {
                    self.warn("this statement has more alternatives than are analysed", value.span);
                    self.lost("a statement");
                }
            },
            _ => {
                self.error("a statement must be a JSON object", value.span);
                self.lost("a statement");
            }
        }
    }
}

#[cfg(test)]
mod tests;
