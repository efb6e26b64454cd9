//! Patterns with policy variables in them.
//!
//! Follows [IAM policy elements: variables and tags](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).

use std::sync::OnceLock;

use rolecall_source::{Class, Symbol, Text, TextBuilder};

use crate::pattern::{Pattern, Token};

/// A pattern as it is written in a policy: wildcards, and policy variables where the policy's version has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    /// As written.
    pub text: Text,
    pub(crate) parts: Vec<Part>,
    compiled: Compiled,
}

/// A run of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Text in which `*` and `?` are wildcards.
    Wild(Text),
    /// Text that stands for itself.
    Plain(Text),
    /// A policy variable.
    Variable {
        /// The condition key, lower-cased.
        key: String,
        /// The text after the comma.
        default: Option<Text>,
    },
}

impl Template {
    /// Reads a pattern; `${…}` is a variable iff `variables`.
    pub(crate) fn parse(text: &Text, variables: bool) -> Self {
        let parts = if variables { split(text) } else { None };
        Self {
            text: text.clone(),
            parts: parts.unwrap_or_else(|| vec![Part::Wild(text.clone())]),
            compiled: Compiled::default(),
        }
    }

    /// Where it was written.
    #[must_use]
    pub fn span(&self) -> rolecall_source::Span {
        self.text.span()
    }

    /// The pattern, iff it has no policy variables and no escapes.
    #[must_use]
    pub fn as_pattern(&self) -> Option<&Text> {
        match self.parts.as_slice() {
            [Part::Wild(text)] => Some(text),
            _ => None,
        }
    }

    /// True iff it is the variable of `key` and nothing else.
    pub(crate) fn is_variable(&self, key: &str) -> bool {
        matches!(self.parts.as_slice(), [Part::Variable { key: own, .. }] if own == key)
    }

    /// The keys of its variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match p {
            Part::Variable { key, .. } => Some(key.as_str()),
            Part::Wild(_) | Part::Plain(_) => None,
        })
    }
}

/// The parts of a text with `${`, or `None` when it has none.
fn split(text: &Text) -> Option<Vec<Part>> {
    if !text
        .pieces()
        .iter()
        .any(|p| matches!(p, rolecall_source::Piece::Letters(l) if l.contains('$')))
    {
        return None;
    }
    let (flat, _) = text.flat();
    let mut parts = Vec::new();
    let mut done = 0;
    while let Some(at) = flat.get(done..).and_then(|rest| rest.find("${")).map(|i| done + i) {
        let Some(end) = flat.get(at..).and_then(|rest| rest.find('}')).map(|i| at + i) else {
            break;
        };
        if done < at {
            parts.push(Part::Wild(text.slice(done..at)));
        }
        parts.push(variable(text, flat.get(at + 2..end).unwrap_or(""), at + 2));
        done = end + 1;
    }
    if parts.is_empty() {
        return None;
    }
    if done < flat.len() {
        parts.push(Part::Wild(text.slice(done..flat.len())));
    }
    Some(parts)
}

/// What stands between `${` (ending at flat byte `from`) and `}`.
fn variable(text: &Text, inside: &str, from: usize) -> Part {
    if matches!(inside, "*" | "?" | "$") {
        return Part::Plain(text.slice(from..from + inside.len()));
    }
    let name = inside.split(',').next().unwrap_or(inside);
    if name.contains(Text::HOLE) {
        let name = text.slice(from..from + inside.len()).to_string();
        let symbol = Symbol::new(
            format!("policy variable {name}"),
            format!("${{{name}}}"),
            "is a policy variable whose name is not known",
            Class::Any,
        );
        return Part::Wild(Text::symbol(symbol, text.span_of(from..from + inside.len())));
    }
    Part::Variable {
        key: name.trim().to_ascii_lowercase(),
        default: default_of(text, inside, name.len(), from),
    }
}

/// The text in quotes after the comma at `comma` of `inside`.
fn default_of(text: &Text, inside: &str, comma: usize, from: usize) -> Option<Text> {
    let rest = inside.get(comma + 1..)?;
    let open = rest.find(['\'', '"'])?;
    let close = rest.rfind(['\'', '"'])?;
    let start = from + comma + 1;
    (open < close).then(|| text.slice(start + open + 1..start + close))
}

impl Template {
    /// The pattern, iff it has no variables: `*` and `?` are wildcards.
    pub(crate) fn wild(&self) -> Option<&Pattern> {
        let text = self.as_pattern()?;
        Some(self.compiled.0.get_or_init(|| Pattern::like(text)))
    }

    /// The pattern, iff it has no variables, for an `Action` element.
    pub(crate) fn action(&self) -> &Pattern {
        self.compiled
            .0
            .get_or_init(|| Pattern::from_tokens(Token::of(&self.text, true), true))
    }

    /// The elements with each variable replaced by what `value` gives for its key, wildcards in it standing for
    /// themselves; `None` when a variable has neither a value nor a default, so that nothing matches.
    pub(crate) fn tokens(&self, value: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Vec<Token>> {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Wild(t) => out.extend(Token::of(t, true)),
                Part::Plain(t) => out.extend(Token::of(t, false)),
                Part::Variable { key, default } => {
                    out.extend(Token::of(&value(key).or_else(|| default.clone())?, false))
                }
            }
        }
        Some(out)
    }

    /// The pattern with each variable replaced.
    pub(crate) fn pattern(&self, value: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Pattern> {
        match self.wild() {
            Some(pattern) => Some(pattern.clone()),
            None => self.tokens(value).map(|t| Pattern::from_tokens(t, false)),
        }
    }

    /// The text with each variable replaced, wildcards standing for themselves.
    pub(crate) fn plain(&self, value: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Text> {
        if let Some(text) = self.as_pattern() {
            return Some(text.clone());
        }
        let mut out = TextBuilder::default();
        for part in &self.parts {
            match part {
                Part::Wild(t) | Part::Plain(t) => out.text(t),
                Part::Variable { key, default } => out.text(&value(key).or_else(|| default.clone())?),
            }
        }
        Some(out.finish())
    }
}

/// A pattern that is made when it is first needed; what it is made of decides equality.
#[derive(Clone, Default)]
struct Compiled(OnceLock<Pattern>);

impl PartialEq for Compiled {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Compiled {}
impl std::hash::Hash for Compiled {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        Template::parse(&Text::plain(text), true).parts
    }

    #[test]
    fn variables_defaults_and_escapes() {
        assert_eq!(
            parts("a-${aws:PrincipalTag/Team, 'x y'}*${*}"),
            vec![
                Part::Wild(Text::plain("a-")),
                Part::Variable {
                    key: "aws:principaltag/team".to_owned(),
                    default: Some(Text::plain("x y"))
                },
                Part::Wild(Text::plain("*")),
                Part::Plain(Text::plain("*")),
            ]
        );
    }

    #[test]
    fn an_unfinished_variable_is_text() {
        assert_eq!(parts("a${b"), vec![Part::Wild(Text::plain("a${b"))]);
        let old = Template::parse(&Text::plain("a${b}"), false);
        assert_eq!(old.parts, vec![Part::Wild(Text::plain("a${b}"))]);
    }
}
