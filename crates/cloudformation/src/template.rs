//! Templates: which files are some, and their sections.

use std::sync::Arc;

use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, FileId, LoadError, Map, Sources, Span, Value};

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
    may_be_named(path) && (is_utf16(bytes) || has(bytes, b"Resources") && has(bytes, b"::"))
}

/// True iff the bytes begin with the byte order mark of UTF-16.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
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
        Err(error) => return (None, unreadable(sources, file, &error).into_iter().collect()),
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

/// What to say of a file that is not text. A file in UTF-16 is told only when it looks like a template.
fn unreadable(sources: &Sources, file: FileId, error: &LoadError) -> Option<Diagnostic> {
    let at = match error {
        LoadError::NotUtf8(at) => *at,
        _ => 0,
    };
    let bytes = sources.bytes(file).unwrap_or_default();
    let mut message = format!("this file {error}");
    if is_utf16(bytes) {
        let letters: String = bytes
            .iter()
            .filter(|b| b.is_ascii() && **b != 0)
            .map(|b| char::from(*b))
            .collect();
        if !claims_to_be_one(&letters) {
            return None;
        }
        message = "this template is UTF-16: CloudFormation reads UTF-8".to_owned();
    }
    let span = Span::at(file, at..at);
    Some(Diagnostic::error("unreadable-file", message, span))
}

/// True iff broken text was meant as a template: it has the key of the format version, or that of resources, of AWS types.
fn claims_to_be_one(text: &str) -> bool {
    has_key(text, "AWSTemplateFormatVersion")
        || has_key(text, "Resources") && text.contains("Type") && text.contains("AWS::")
}

/// True iff `name` stands where a key does: in quotes, or at the start of a line, and before a colon.
fn has_key(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
        match quote {
            Some(quote) => after
                .strip_prefix(quote)
                .is_some_and(|rest| rest.trim_start().starts_with(':')),
            None => (before.is_empty() || before.ends_with(['\n', '\u{feff}'])) && after.starts_with(':'),
        }
    })
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
    use rolecall_source::MemoryLoader;

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
        let script = "#!/bin/bash\nusage: [\n--query \"StackResources[*].Type\" AWS::EC2 Resources: x\n";
        assert_eq!(reads("collect", script), (false, 0));
        assert_eq!(
            reads("c.json", "{\"Resources\" : {\"A\":{\"Type\":\"AWS::IAM::Role\",}}"),
            (false, 1)
        );
    }

    /// The lines at which a file is found wrong, and what is said.
    fn said(bytes: &[u8]) -> (bool, Vec<(u32, String)>) {
        let files = [("a.yaml".to_owned(), bytes.to_vec())].into_iter().collect();
        let sources = Sources::new(vec!["a.yaml".to_owned()], Box::new(MemoryLoader(files)));
        if !may_be_template("a.yaml", bytes) {
            return (false, Vec::new());
        }
        let (template, diagnostics) = read(&sources, FileId(0));
        let said = diagnostics
            .iter()
            .map(|d| (sources.position(d.span()).line, d.headline.clone()));
        (template.is_some(), said.collect())
    }

    #[test]
    fn what_is_wrong_is_told_once_and_where() {
        let wrong = [
            ("Resources:\n\tR:\n\t\tType: AWS::IAM::Role\n", 2),
            ("Resources:\n  R:\n    Type: AWS::IAM::Role\n\tProperties: {}\n", 4),
            ("Resources:\n  R: *nobody\n  S: {Type: AWS::IAM::Role}\n", 2),
            ("Resources:\n  R: {Type: AWS::IAM::Role\n", 2),
            ("Resources:\n  R: {Type: AWS::IAM::Role}\n   S: {}\n", 3),
            ("Resources:\n  R: {Type: AWS::IAM::Role}\n  S: !Sub 'a\n", 3),
            ("{\"Resources\": {\"R\": {\n\"Type\": \"AWS::IAM::Role\",,\n}}}", 2),
            ("{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\"}}\n", 1),
        ];
        for (text, line) in wrong {
            let (read, said) = said(text.as_bytes());
            assert!(!read, "{text}");
            assert_eq!(said.len(), 1, "{text}: {said:?}");
            assert!(said[0].0 == line || said[0].0 == line + 1, "{text}: {said:?}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_told_where_it_stands() {
        let text = "Resources:\n  R: {Type: AWS::IAM::Role}\n  R: {Type: AWS::IAM::User}\n";
        let (read, said) = said(text.as_bytes());
        assert!(read && said.len() == 1 && said[0].0 == 3, "{said:?}");
    }

    #[test]
    fn marks_and_line_ends_of_other_systems_are_read() {
        let crlf = "\u{feff}Resources:\r\n  R:\r\n    Type: AWS::IAM::Role\r\n";
        assert_eq!(said(crlf.as_bytes()), (true, Vec::new()));
        let json = "\u{feff}{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\"}}}\r\n";
        assert_eq!(said(json.as_bytes()), (true, Vec::new()));
    }

    #[test]
    fn other_encodings_are_told() {
        let text = "AWSTemplateFormatVersion: '2010-09-09'\nResources: {R: {Type: AWS::IAM::Role}}\n";
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let (read, found) = said(&wide);
        assert!(!read && found.len() == 1 && found[0].1.contains("UTF-16"), "{found:?}");
        let other: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("just text".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(said(&other), (false, Vec::new()));
        let latin = b"Resources:\n  R:\n    Type: AWS::IAM::Role\n    # caf\xe9\n";
        let (read, found) = said(latin);
        assert!(!read && found.len() == 1 && found[0].0 == 4, "{found:?}");
    }

    #[test]
    fn bombs_are_one_message() {
        let mut bomb =
            String::from("Resources:\n  R: {Type: AWS::IAM::Role}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let of = format!("*a{},", i - 1).repeat(10);
            bomb.push_str(&format!("a{i}: &a{i} [{of}]\n"));
        }
        let (read, found) = said(bomb.as_bytes());
        assert!(!read && found.len() == 1, "{found:?}");
        let merges = "Resources: &r\n  R: &x {Type: AWS::IAM::Role, <<: *x}\n";
        let (read, found) = said(merges.as_bytes());
        assert!(!read && found.len() == 1 && found[0].0 == 2, "{found:?}");
    }
}
