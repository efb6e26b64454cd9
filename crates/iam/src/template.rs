//! Patterns with policy variables in them.
//!
//! Follows [IAM policy elements: variables and tags](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).

use rolecall_source::{Class, Span, Symbol, Text, TextBuilder};

/// A pattern as it is written in a policy: wildcards, and policy variables where the policy's version has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    /// As written.
    pub text: Text,
    pub(crate) parts: Vec<Part>,
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
        }
    }

    /// Where it was written.
    #[must_use]
    pub fn span(&self) -> Span {
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

/// One letter or wildcard of a pattern, its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Run {
    /// Wildcards are wildcards.
    Wild(Text),
    /// Everything stands for itself.
    Plain(Text),
}

/// A pattern without variables, in runs. A run that is `Plain` holds what a variable was replaced with.
pub(crate) type Runs = Vec<Run>;

impl Template {
    /// The pattern with each variable replaced by what `value` gives for its key; `None` when a variable has neither
    /// a value nor a default, so that nothing matches.
    pub(crate) fn expand(&self, value: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Runs> {
        let mut runs = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            runs.push(match part {
                Part::Wild(t) => Run::Wild(t.clone()),
                Part::Plain(t) => Run::Plain(t.clone()),
                Part::Variable { key, default } => Run::Plain(value(key).or_else(|| default.clone())?),
            });
        }
        Some(runs)
    }

    /// The text with each variable replaced, wildcards standing for themselves.
    pub(crate) fn expand_plain(&self, value: &mut dyn FnMut(&str) -> Option<Text>) -> Option<Text> {
        let mut out = TextBuilder::default();
        for run in self.expand(value)? {
            match run {
                Run::Wild(t) | Run::Plain(t) => out.text(&t),
            }
        }
        Some(out.finish())
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
