//! Ignores: YAML comments, and `Metadata: {rolecall: {ignore: […]}}` of a template or a resource.

use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, Entry, FileId, Span, Value};

use crate::load;

/// The ignores of a template, in order of place.
pub(crate) fn read(text: &str, root: &Value, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Vec<Directive> {
    let mut found = Vec::new();
    if let Some(comments) = load::comments(text) {
        comments.directives(text, file, &mut found, diagnostics);
    }
    metadata(root, root.span, &mut found, diagnostics);
    if let Some(resources) = root.get("Resources").and_then(Value::as_map) {
        for Entry { key_span, value } in resources.entries.values() {
            metadata(value, key_span.join(value.span), &mut found, diagnostics);
        }
    }
    found.sort_by_key(|d| d.span);
    found
}

/// The ignores that `holder` states in its metadata for all of itself.
fn metadata(holder: &Value, covers: Span, found: &mut Vec<Directive>, diagnostics: &mut Vec<Diagnostic>) {
    let ignore = holder
        .get("Metadata")
        .and_then(|m| m.get("rolecall"))
        .and_then(|r| r.get("ignore"));
    let Some(ignore) = ignore else { return };
    let entries: Vec<&Value> = match ignore.as_list() {
        Some(list) => list.items.iter().collect(),
        None => vec![ignore],
    };
    for entry in entries {
        match one(entry, covers) {
            Ok(directive) => found.push(directive),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
}

/// `{rules: [a, b], reason: …, until: 2027-01-31}`
fn one(entry: &Value, covers: Span) -> Result<Directive, Diagnostic> {
    let text = |v: &Value| v.to_text().and_then(|t| t.as_str().map(str::to_owned));
    let unknown = entry
        .as_map()
        .into_iter()
        .flat_map(|m| m.entries.iter())
        .find(|(k, _)| {
            let known = ["rule", "rules", "reason", "until"];
            !k.as_str().is_some_and(|k| known.contains(&k))
        });
    if let Some((key, Entry { key_span, .. })) = unknown {
        let message = format!("`{key}` is unknown here; an ignore has `rules`, `reason` and `until`");
        return Err(Diagnostic::error("ignore-syntax", message, *key_span));
    }
    let rules = entry.get("rules").or_else(|| entry.get("rule"));
    let rules = match rules.map(|r| (r, r.as_list())) {
        Some((_, Some(list))) => list.items.iter().filter_map(text).collect(),
        Some((one, None)) => text(one).into_iter().collect(),
        None => Vec::new(),
    };
    let (reason, until) = (entry.get("reason").and_then(text), entry.get("until").and_then(text));
    Directive::new(entry.span, covers, rules, reason, until)
}
