//! Templates: which files are some, and their sections.

use std::sync::Arc;

use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, FileId, Map, Sources, Span, Value};

use crate::{ignores, load};

/// A template as written: nothing in it is evaluated.
#[derive(Debug)]
pub(crate) struct Template {
    /// Its file.
    pub(crate) file: FileId,
    /// Its path.
    pub(crate) path: Arc<str>,
    /// The whole document, a map.
    pub(crate) root: Value,
    /// The ignores in it.
    pub(crate) directives: Vec<Directive>,
}

/// Extensions of files that can hold a template; a name without a dot can as well.
const EXTENSIONS: [&str; 9] = [
    "yaml",
    "yml",
    "json",
    "template",
    "cfn",
    "cform",
    "cloudformation",
    "stack",
    "txt",
];

impl Template {
    /// A section, iff it is there and a map.
    pub(crate) fn section(&self, name: &str) -> Option<&Map> {
        self.root.get(name)?.as_map()
    }

    /// The names of its transforms, with their places.
    pub(crate) fn transforms(&self) -> Vec<(&str, Span)> {
        let Some(value) = self.root.get("Transform") else {
            return Vec::new();
        };
        let all: Vec<&Value> = value.as_list().map_or(vec![value], |l| l.items.iter().collect());
        all.into_iter()
            .map(|v| v.get("Name").unwrap_or(v))
            .filter_map(|v| v.as_str().map(|s| (s, v.span)))
            .collect()
    }
}

/// True iff the file may hold a template, from its name and bytes alone. Never false for a template.
pub(crate) fn may_be_template(path: &str, bytes: &[u8]) -> bool {
    may_be_named(path) && has(bytes, b"Resources") && (has(bytes, b"AWS::") || has(bytes, b"Custom::"))
}

/// True iff a file of this name may be read as a document.
pub(crate) fn may_be_named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        None => true,
        Some((_, extension)) => EXTENSIONS.iter().any(|e| extension.eq_ignore_ascii_case(e)),
    }
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else {
        return true;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| b == first) {
        rest = rest.get(at..).unwrap_or(&[]);
        if rest.starts_with(word) {
            return true;
        }
        rest = rest.get(1..).unwrap_or(&[]);
    }
    false
}

/// Reads a file that [`may_be_template`]: a template, nothing, or what is wrong with it.
pub(crate) fn read(sources: &Sources, file: FileId) -> (Option<Template>, Vec<Diagnostic>) {
    let text = match sources.text(file) {
        Ok(text) => text,
        Err(error) => {
            let span = Span::at(file, 0..0);
            let message = format!("this file {error}");
            return (None, vec![Diagnostic::error("unreadable-file", message, span)]);
        }
    };
    match load::read(text, file) {
        Ok(document) => {
            if !is_template(&document.value) {
                return (None, Vec::new());
            }
            let twice = |span: &Span| {
                Diagnostic::warning(
                    "cloudformation-syntax",
                    "this key stands twice: CloudFormation rejects the template, the last value is analysed",
                    *span,
                )
            };
            let mut diagnostics: Vec<Diagnostic> = document.duplicate_keys.iter().map(twice).collect();
            let template = Template {
                file,
                path: sources.path(file).into(),
                directives: ignores::read(text, &document.value, file, &mut diagnostics),
                root: document.value,
            };
            (Some(template), diagnostics)
        }
        Err(_) if !claims_to_be_one(text) => (None, Vec::new()),
        Err(error) => {
            let headline = format!("this template cannot be read: {}", error.message);
            (
                None,
                vec![Diagnostic::error("cloudformation-syntax", headline, error.span)],
            )
        }
    }
}

/// True iff broken text was meant as a template: it states the format version, or its resources have AWS types.
fn claims_to_be_one(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion")
        || text.contains("Resources") && text.contains("Type") && text.contains("AWS::")
}

/// A document is a template iff it has resources of which one has a type, and the types look like CloudFormation's.
fn is_template(root: &Value) -> bool {
    let Some(resources) = root.get("Resources").and_then(Value::as_map) else {
        return false;
    };
    let stated = root.get("AWSTemplateFormatVersion").is_some() || root.get("Transform").is_some();
    let typed = |v: &Value| {
        let kind = v.get("Type").and_then(Value::as_str);
        kind.is_some_and(|t| t.contains("::"))
    };
    stated || resources.iter().any(|(_, v)| typed(v))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(path: &str, text: &str) -> (bool, usize) {
        let sources = Sources::in_memory(&[(path, text)]);
        let file = sources.find(path).unwrap();
        if !may_be_template(path, text.as_bytes()) {
            return (false, 0);
        }
        let (template, diagnostics) = read(&sources, file);
        (template.is_some(), diagnostics.len())
    }

    #[test]
    fn templates_are_known_by_content() {
        assert_eq!(
            reads("a.yaml", "Resources:\n  R:\n    Type: AWS::IAM::Role\n"),
            (true, 0)
        );
        assert_eq!(
            reads("a", "{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\"}}}"),
            (true, 0)
        );
        assert_eq!(reads("a.tf", "Resources AWS::"), (false, 0));
        assert_eq!(reads("k8s.yaml", "Resources: [AWS::x]\n"), (false, 0));
    }

    #[test]
    fn broken_files_are_told_only_when_they_look_like_templates() {
        let broken = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  R:\n   Type: AWS::IAM::Role\n  - x\n";
        let sources = Sources::in_memory(&[("a.yaml", broken)]);
        let (_, diagnostics) = read(&sources, FileId(0));
        assert_eq!(sources.position(diagnostics[0].span()).line, 5);
        assert_eq!(reads("b.yaml", "notes on Resources\n: - AWS:: [\n"), (false, 0));
    }
}
