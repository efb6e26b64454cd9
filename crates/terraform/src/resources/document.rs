//! `aws_iam_policy_document`: the provider's way from blocks to a policy, statement by statement, spans kept.
//!
//! [Data source](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document):
//! source documents first, then the statements written here, then overriding documents; a statement replaces an
//! earlier one of the same `sid`.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Class, Entry, Kind, List, Map, Piece, Span, Symbol, Text, TextBuilder, Value, json};

use super::values::{self, ALTERNATIVES, argument, choose, elements, field, settle, stated};
use crate::instance::Instance;

/// Arguments that hold whole documents, in the order in which they are merged; `None` is the place of the statements
/// written here.
const ORDER: [Option<&str>; 5] = [
    Some("source_json"),
    Some("source_policy_documents"),
    None,
    Some("override_policy_documents"),
    Some("override_json"),
];
/// The arguments of a statement that are sets of strings, the element each becomes, and whether `&{` means `${` there.
const SETS: [(&str, &str, bool); 4] = [
    ("actions", "Action", false),
    ("not_actions", "NotAction", false),
    ("resources", "Resource", true),
    ("not_resources", "NotResource", true),
];
const PRINCIPALS: [(&str, &str); 2] = [("principals", "Principal"), ("not_principals", "NotPrincipal")];

/// The document as `json` and `minified_json` have it: encoded, or a choice of such.
pub(super) fn json(instance: &Instance) -> Value {
    alternatives(instance, &instance.body, ALTERNATIVES)
}

/// The document's `version`.
pub(super) fn version(instance: &Instance) -> Value {
    let span = instance.origin.span;
    stated(instance, "version").map_or_else(|| Value::string("2012-10-17", span), Value::clone)
}

/// Splits on conditions that decide which documents are merged, at most `budget` times.
fn alternatives(instance: &Instance, body: &Value, budget: usize) -> Value {
    let whole = ORDER.iter().flatten().filter_map(|name| body.get(name));
    let choice = whole.filter_map(first_choice).next();
    let Some(choice) = choice.filter(|c| c.options.len() <= budget) else {
        return Value::encoded(build(instance, body), instance.origin.span);
    };
    let share = budget / choice.options.len().max(1);
    let options = choice.options.iter().map(|(state, _)| {
        let settled = settle(body, &choice.on, state);
        (Arc::clone(state), alternatives(instance, &settled, share))
    });
    choose(&choice.on, options.collect(), instance.origin.span)
}

/// The choice that a value or one of its elements is.
fn first_choice(value: &Value) -> Option<&rolecall_source::Choice> {
    match &value.kind {
        Kind::Choice(c) => Some(c),
        Kind::List(l) => l.items.iter().find_map(|v| match &v.kind {
            Kind::Choice(c) => Some(&**c),
            _ => None,
        }),
        _ => None,
    }
}

/// A document under construction.
#[derive(Default)]
struct Document {
    version: Option<Value>,
    id: Option<Value>,
    statements: Vec<Value>,
    open: Option<Symbol>,
}

fn build(instance: &Instance, body: &Value) -> Value {
    let mut merged = Document::default();
    for argument in ORDER {
        match argument {
            None => merged.merge(written(instance, body)),
            Some(name) => {
                let Some(value) = field(body, name) else { continue };
                let (documents, open) = elements(value);
                for (i, document) in documents.iter().enumerate() {
                    merged.merge(read(instance, &format!("{name}[{i}]"), &document.value));
                }
                merged.admit(open);
            }
        }
    }
    merged.finish(instance.origin.span)
}

/// Reads a source or overriding document. What is not a policy document is an unknown one.
fn read(instance: &Instance, name: &str, value: &Value) -> Document {
    let unknown = |why: &str| Document {
        open: Some(values::symbol(instance, name, why, Class::Any)),
        ..Document::default()
    };
    let parsed;
    let document = match &value.kind {
        Kind::Null => return Document::default(),
        Kind::Encoded(e) => &e.value,
        Kind::Map(_) => value,
        Kind::Text(t) if t.is_empty() => return Document::default(),
        Kind::Text(t) => match json::read_text(t) {
            Ok(document) => {
                parsed = document.value;
                &parsed
            }
            Err(_) => return unknown("is not a JSON document"),
        },
        Kind::Unknown(s) => {
            return Document {
                open: Some(s.clone()),
                ..Document::default()
            };
        }
        _ => return unknown("is not a policy document"),
    };
    let Kind::Map(map) = &document.kind else {
        return unknown("is not a policy document");
    };
    let (statements, open) = match map.get("Statement").map(|s| (s, &s.kind)) {
        None | Some((_, Kind::Null)) => (Vec::new(), None),
        Some((_, Kind::List(l))) => (l.items.to_vec(), l.open.clone()),
        Some((_, Kind::Unknown(s))) => (Vec::new(), Some(s.clone())),
        Some((s, _)) => (vec![s.clone()], None),
    };
    Document {
        version: map.get("Version").filter(|v| !v.is_null()).cloned(),
        id: map.get("Id").filter(|v| !v.is_null()).cloned(),
        statements,
        open: open.or_else(|| map.open.clone()),
    }
}

impl Document {
    /// Merges as the provider does: a later document's id wins, its version when it is newer, and its statements replace
    /// those of the same sid.
    fn merge(&mut self, new: Self) {
        if let Some(id) = new.id {
            self.id = Some(id);
        }
        self.version = match (self.version.take(), new.version) {
            (Some(old), Some(new)) if old.as_str() >= new.as_str() && old.as_str().is_some() => Some(old),
            (old, new) => new.or(old),
        };
        for statement in new.statements {
            self.put(statement);
        }
        self.admit(new.open);
    }

    fn put(&mut self, statement: Value) {
        let sid = statement.get("Sid").and_then(Value::to_text).filter(|s| !s.is_empty());
        let Some(sid) = sid else {
            self.statements.push(statement);
            return;
        };
        let of = |s: &Value| s.get("Sid").and_then(Value::to_text);
        if let Some(old) = self.statements.iter_mut().find(|s| of(s).as_ref() == Some(&sid)) {
            *old = statement;
            return;
        }
        if let Some(symbol) = sid.symbols().next().cloned() {
            self.doubt(&symbol);
        }
        self.statements.push(statement);
    }

    /// Takes in that there may be more statements, which may replace those with a sid.
    fn admit(&mut self, open: Option<Symbol>) {
        let Some(symbol) = open else { return };
        self.doubt(&symbol);
        self.open = self.open.take().or(Some(symbol));
    }

    /// Every statement with a sid may be replaced by one that `symbol` stands for.
    fn doubt(&mut self, symbol: &Symbol) {
        for statement in &mut self.statements {
            let sid = statement.get("Sid").and_then(Value::to_text).filter(|s| !s.is_empty());
            let Some(sid) = sid else { continue };
            let on = Symbol::new(
                format!("{}#{sid}", symbol.id),
                format!("a statement {sid} in {}", symbol.name),
                Arc::clone(&symbol.why),
                Class::Any,
            );
            let span = statement.span;
            let replaced = Value::unknown(on.part(".statement"), span);
            let options = vec![("absent".into(), statement.clone()), ("present".into(), replaced)];
            *statement = choose(&on, options, span);
        }
    }

    fn finish(self, span: Span) -> Value {
        let statements = Value::new(
            Kind::List(List {
                items: Arc::new(self.statements),
                open: self.open,
            }),
            span,
        );
        let mut out = Object::default();
        if let Some(version) = self.version {
            out.put("Version", version.span, version);
        }
        if let Some(id) = self.id {
            out.put("Id", id.span, id);
        }
        out.put("Statement", span, statements);
        out.finish(span)
    }
}

/// A map under construction.
#[derive(Default)]
struct Object {
    entries: IndexMap<Text, Entry>,
    open: Option<Symbol>,
}

impl Object {
    fn put(&mut self, key: &str, key_span: Span, value: Value) {
        self.entries.insert(Text::plain(key), Entry { key_span, value });
    }

    fn finish(self, span: Span) -> Value {
        let map = Map {
            entries: Arc::new(self.entries),
            open: self.open,
        };
        Value::new(Kind::Map(map), span)
    }
}

/// The statements of this data source.
fn written(instance: &Instance, body: &Value) -> Document {
    let (items, open) = match body.get("statement").map(|v| &v.kind) {
        Some(Kind::List(l)) => (l.items.as_slice(), l.open.clone()),
        Some(Kind::Unknown(s)) => (&[][..], Some(s.clone())),
        _ => (&[][..], None),
    };
    Document {
        version: Some(version(instance)),
        id: argument(instance, "policy_id")
            .filter(|v| v.as_str() != Some(""))
            .cloned(),
        statements: items.iter().map(|s| statement(s, ALTERNATIVES)).collect(),
        open,
    }
}

/// One statement. A condition on which an element is absent or not splits the whole statement.
fn statement(block: &Value, budget: usize) -> Value {
    let arguments = SETS.iter().map(|(name, ..)| *name).chain(["sid", "effect"]);
    let may_vanish = arguments.filter_map(|name| match block.get(name).map(|v| &v.kind) {
        Some(Kind::Choice(c)) if c.options.iter().any(|(_, v)| is_empty(v)) => Some(c),
        _ => None,
    });
    let choice = match &block.kind {
        Kind::Choice(c) => Some(c),
        Kind::Map(_) => may_vanish.into_iter().next(),
        _ => return block.clone(),
    };
    match choice {
        Some(c) if c.options.len() <= budget => {
            let share = budget / c.options.len().max(1);
            let options = c.options.iter();
            let options = options.map(|(s, _)| (Arc::clone(s), statement(&settle(block, &c.on, s), share)));
            choose(&c.on, options.collect(), block.span)
        }
        Some(c) if block.as_map().is_none() => Value::unknown(c.on.part(".statement"), block.span),
        _ => plain_statement(block),
    }
}

fn is_empty(value: &Value) -> bool {
    match &value.kind {
        Kind::Null => true,
        Kind::Text(t) => t.is_empty(),
        Kind::List(l) => l.items.is_empty() && l.open.is_none(),
        Kind::Choice(c) => c.options.iter().any(|(_, v)| is_empty(v)),
        _ => false,
    }
}

fn plain_statement(block: &Value) -> Value {
    let mut out = Object::default();
    let key_span = |name: &str| {
        block
            .as_map()
            .and_then(|m| m.entry(name))
            .map_or(block.span, |e| e.key_span)
    };
    let filled = |name: &str| field(block, name).filter(|v| v.as_str() != Some(""));
    if let Some(sid) = filled("sid") {
        out.put("Sid", key_span("sid"), sid.clone());
    }
    let effect = filled("effect").map_or_else(|| Value::string("Allow", block.span), Value::clone);
    out.put("Effect", key_span("effect"), effect);
    for (name, element, variables) in SETS {
        if let Some(value) = field(block, name).and_then(|v| strings(v, variables)) {
            out.put(element, key_span(name), value);
        }
    }
    for (name, element) in PRINCIPALS {
        if let Some(value) = field(block, name).and_then(principals) {
            out.put(element, key_span(name), value);
        }
    }
    if let Some(value) = field(block, "condition").and_then(conditions) {
        out.put("Condition", key_span("condition"), value);
    }
    out.open = block.as_map().and_then(|m| m.open.clone());
    out.finish(block.span)
}

/// A set of strings as the provider writes it: one element stands alone, none is left out.
fn strings(value: &Value, variables: bool) -> Option<Value> {
    let list = match &value.kind {
        Kind::Null => return None,
        Kind::List(list) => list,
        _ => {
            return Some(values::map_choice(value, &|v| match &v.kind {
                Kind::List(_) => strings(v, variables).unwrap_or_else(|| v.clone()),
                _ => string(v, variables),
            }));
        }
    };
    let mut items: Vec<Value> = Vec::new();
    for item in list.items.iter().filter(|v| !v.is_null()) {
        let item = string(item, variables);
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if list.open.is_none() {
        match items.as_slice() {
            [] => return None,
            [one] => return Some(one.clone()),
            _ => {}
        }
    }
    if items.iter().all(|v| v.as_str().is_some()) {
        items.sort_by(|a, b| b.as_str().cmp(&a.as_str()));
    }
    let list = List {
        items: Arc::new(items),
        open: list.open.clone(),
    };
    Some(Value::new(Kind::List(list), value.span))
}

/// One string; where `variables`, with policy variables written `&{…}` as AWS has them, `${…}`.
fn string(value: &Value, variables: bool) -> Value {
    values::map_choice(value, &|v| match &v.kind {
        Kind::Text(t) if variables => Value::text(with_variables(t), v.span),
        Kind::Bool(_) | Kind::Number(_) => v.to_text().map_or_else(|| v.clone(), |t| Value::text(t, v.span)),
        _ => v.clone(),
    })
}

/// `&{` becomes `${`.
fn with_variables(text: &Text) -> Text {
    let has = |p: &Piece| matches!(p, Piece::Letters(l) if l.contains("&{"));
    if !text.pieces().iter().any(has) {
        return text.clone();
    }
    let (flat, _) = text.flat();
    let (mut out, mut from) = (TextBuilder::default(), 0);
    for (at, found) in flat.match_indices("&{") {
        out.text(&text.slice(from..at));
        out.letters("${", text.span_of(at..at + found.len()));
        from = at + found.len();
    }
    out.text(&text.slice(from..flat.len()));
    out.finish()
}

/// `Principal` or `NotPrincipal`: identifiers by type; `*` alone when that is all it says.
fn principals(value: &Value) -> Option<Value> {
    let (blocks, open) = items(value);
    let mut out = Object {
        open,
        ..Object::default()
    };
    let mut by_type: Vec<(Text, Span, Vec<Value>, Option<Symbol>)> = Vec::new();
    for block in blocks {
        let kind = field(block, "type").and_then(Value::to_text);
        let (Some(kind), Some(identifiers)) = (kind, field(block, "identifiers")) else {
            out.open = out.open.take().or_else(|| Some(symbol_of(block)));
            continue;
        };
        let (new, more) = items(identifiers);
        let new = new.into_iter().map(|v| string(v, true));
        match by_type.iter_mut().find(|(k, ..)| *k == kind) {
            Some((.., all, open)) => {
                all.extend(new);
                *open = open.take().or(more);
            }
            None => {
                let span = kind.span();
                by_type.push((kind, span, new.collect(), more));
            }
        }
    }
    if let ([(kind, _, all, None)], None) = (by_type.as_slice(), &out.open)
        && let ("*", [one]) = (kind.as_str().unwrap_or(""), all.as_slice())
        && one.as_str() == Some("*")
    {
        return Some(one.clone());
    }
    by_type.sort_by(|a, b| a.0.cmp(&b.0));
    for (kind, key_span, all, open) in by_type {
        let items = Arc::new(all);
        let all = Value::new(Kind::List(List { items, open }), value.span);
        if let Some(value) = strings(&all, false) {
            out.entries.insert(kind, Entry { key_span, value });
        }
    }
    let nothing = out.entries.is_empty() && out.open.is_none();
    (!nothing).then(|| out.finish(value.span))
}

/// `Condition`: values by operator and key; blocks with the same operator and key add up.
fn conditions(value: &Value) -> Option<Value> {
    let (blocks, open) = items(value);
    let mut out = Object {
        open,
        ..Object::default()
    };
    for block in blocks {
        let part = |name: &str| field(block, name).and_then(Value::to_text);
        let (Some(test), Some(variable), Some(values)) = (part("test"), part("variable"), field(block, "values"))
        else {
            out.open = out.open.take().or_else(|| Some(symbol_of(block)));
            continue;
        };
        let test_span = test.span();
        let keys = out.entries.entry(test).or_insert_with(|| Entry {
            key_span: test_span,
            value: Object::default().finish(block.span),
        });
        let Kind::Map(keys) = &mut keys.value.kind else {
            continue;
        };
        let key_span = variable.span();
        let entries = Arc::make_mut(&mut keys.entries);
        let entry = entries.entry(variable).or_insert_with(|| Entry {
            key_span,
            value: Value::list(Vec::new(), values.span),
        });
        add_values(&mut entry.value, values);
    }
    for entry in Arc::new(out.entries.clone()).keys() {
        collapse(out.entries.get_mut(entry));
    }
    let nothing = out.entries.is_empty() && out.open.is_none();
    (!nothing).then(|| out.finish(value.span))
}

/// Appends the values of one more condition block.
fn add_values(all: &mut Value, more: &Value) {
    let Kind::List(list) = &mut all.kind else { return };
    let (new, open) = items(more);
    Arc::make_mut(&mut list.items).extend(new.into_iter().map(|v| string(v, true)));
    list.open = list.open.take().or(open);
}

/// Lets single values stand alone.
fn collapse(keys: Option<&mut Entry>) {
    let Some(Entry { value, .. }) = keys else { return };
    let Kind::Map(keys) = &mut value.kind else { return };
    for entry in Arc::make_mut(&mut keys.entries).values_mut() {
        if let Kind::List(list) = &entry.value.kind
            && let ([one], None) = (list.items.as_slice(), &list.open)
        {
            entry.value = one.clone();
        }
    }
}

/// The elements of a list as they are (choices stay), and why there may be more.
fn items(value: &Value) -> (Vec<&Value>, Option<Symbol>) {
    match &value.kind {
        Kind::List(l) => (l.items.iter().filter(|v| !v.is_null()).collect(), l.open.clone()),
        Kind::Unknown(s) => (Vec::new(), Some(s.clone())),
        Kind::Choice(c) => (Vec::new(), Some(c.on.clone())),
        Kind::Null => (Vec::new(), None),
        _ => (vec![value], None),
    }
}

/// The symbol that says why a block is not known.
fn symbol_of(block: &Value) -> Symbol {
    let known = match &block.kind {
        Kind::Unknown(s) => Some(s.clone()),
        Kind::Choice(c) => Some(c.on.clone()),
        Kind::Map(m) => {
            let unknown = m.iter().find_map(|(_, v)| v.as_unknown().cloned());
            m.open.clone().or(unknown)
        }
        _ => None,
    };
    known.unwrap_or_else(|| {
        let id = format!("block@{}:{}-{}", block.span.file.0, block.span.start, block.span.end);
        Symbol::new(id, "a block", "lacks an argument", Class::Any)
    })
}

#[cfg(test)]
mod tests {
    use crate::resources::attribute;
    use crate::resources::testing::{choice, instance, show, value};

    use super::*;

    fn document(body: &str) -> Value {
        document_of(value(body))
    }

    fn document_of(body: Value) -> Value {
        let json = attribute(&instance("data.aws_iam_policy_document.d", body), "json");
        match &json.kind {
            Kind::Encoded(e) => e.value.clone(),
            _ => json,
        }
    }

    fn assert_json(body: &str, expected: &str) {
        let (is, should) = (document(body), value(expected));
        assert_eq!(is, should, "{} is not {}", show(&is), show(&should));
    }

    #[test]
    fn every_argument_of_a_statement() {
        assert_json(
            r#"{"policy_id": "p", "statement": [{
                "sid": "S", "effect": "Deny", "actions": ["s3:Get*", "s3:Put*", "s3:Get*"], "resources": ["*"],
                "principals": [
                    {"type": "AWS", "identifiers": ["123456789012"]},
                    {"type": "Service", "identifiers": ["ec2.amazonaws.com"]},
                    {"type": "AWS", "identifiers": ["210987654321"]}],
                "condition": [
                    {"test": "StringEquals", "variable": "aws:a", "values": ["1"]},
                    {"test": "StringEquals", "variable": "aws:b", "values": ["&{aws:username}/x"]},
                    {"test": "StringEquals", "variable": "aws:a", "values": ["2"]}]},
                {"sid": "", "not_actions": ["iam:*"], "not_resources": ["arn:aws:s3:::&{aws:username}-<var.x>"],
                 "not_principals": [{"type": "*", "identifiers": ["*"]}]}]}"#,
            r#"{"Version": "2012-10-17", "Id": "p", "Statement": [{
                "Sid": "S", "Effect": "Deny", "Action": ["s3:Put*", "s3:Get*"], "Resource": "*",
                "Principal": {"AWS": ["210987654321", "123456789012"], "Service": "ec2.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:a": ["1", "2"], "aws:b": "${aws:username}/x"}}},
                {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::${aws:username}-<var.x>",
                 "NotPrincipal": "*"}]}"#,
        );
    }

    #[test]
    fn documents_merge_by_sid_in_the_order_of_the_provider() {
        let source =
            r#"{\"Version\":\"2008-10-17\",\"Id\":\"old\",\"Statement\":{\"Sid\":\"A\",\"Effect\":\"Allow\"}}"#;
        let second = r#"{\"Statement\":[{\"Sid\":\"B\",\"Effect\":\"Deny\"},{\"Effect\":\"Deny\"}]}"#;
        let over = r#"{\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Deny\"},{\"Sid\":\"C\",\"Effect\":\"Deny\"}]}"#;
        assert_json(
            &format!(
                r#"{{"source_policy_documents": ["{source}", "", "{second}"], "override_policy_documents": ["{over}"],
                    "statement": [{{"sid": "B", "actions": ["a:b"], "resources": ["*"]}}]}}"#
            ),
            r#"{"Version": "2012-10-17", "Id": "old", "Statement": [
                {"Sid": "A", "Effect": "Deny"},
                {"Sid": "B", "Effect": "Allow", "Action": "a:b", "Resource": "*"},
                {"Effect": "Deny"},
                {"Sid": "C", "Effect": "Deny"}]}"#,
        );
    }

    #[test]
    fn an_unknown_source_may_hold_anything_and_an_unknown_override_may_replace() {
        let body = r#"{"source_policy_documents": ["<var.more>"], "statement": [{"sid": "A"}, {"actions": ["a:b"]}]}"#;
        let document = document(body);
        let statements = document.get("Statement").unwrap().as_list().unwrap();
        assert_eq!(statements.items.len(), 2);
        assert!(statements.open.is_some());
        assert_eq!(statements.items[0], value(r#"{"Sid": "A", "Effect": "Allow"}"#));

        let body = r#"{"override_policy_documents": <var.more>, "statement": [{"sid": "A"}, {"actions": ["a:b"]}]}"#;
        let document = self::document(body);
        let statements = document.get("Statement").unwrap().as_list().unwrap();
        assert!(matches!(&statements.items[0].kind, Kind::Choice(c) if c.options.len() == 2));
        assert_eq!(statements.items[1], value(r#"{"Effect": "Allow", "Action": "a:b"}"#));
        assert!(statements.open.is_some());
    }

    #[test]
    fn a_choice_of_documents_is_a_choice_and_equal_ones_collapse() {
        let source = || value(r#""{\"Statement\":[{\"Effect\":\"Deny\"}]}""#);
        let with = |v: Value| Value::map([(Text::plain("source_json"), v)], Span::NOWHERE);
        let json = document_of(with(choice("var.deny", source(), value("null"))));
        let Kind::Choice(c) = &json.kind else {
            panic!("{}", show(&json))
        };
        assert_eq!(c.on.name.as_ref(), "var.deny");
        let same = document_of(with(choice("var.deny", source(), source())));
        assert!(same.get("Statement").is_some());
    }

    #[test]
    fn an_element_that_may_be_absent_splits_its_statement() {
        let actions = choice("var.all", value(r#"["*"]"#), value("[]"));
        let statement = [
            (Text::plain("actions"), actions),
            (Text::plain("resources"), value(r#"["*"]"#)),
        ];
        let statement = Value::list(vec![Value::map(statement, Span::NOWHERE)], Span::NOWHERE);
        let document = document_of(Value::map([(Text::plain("statement"), statement)], Span::NOWHERE));
        let statements = document.get("Statement").unwrap().as_list().unwrap();
        let expected = choice(
            "var.all",
            value(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#),
            value(r#"{"Effect": "Allow", "Resource": "*"}"#),
        );
        assert_eq!(statements.items[0], expected);
    }

    #[test]
    fn unknown_parts_stay_open() {
        let document = document(
            r#"{"statement": [{"actions": <var.actions>, "resources": ["<var.bucket>/*"],
                "condition": [{"test": "Bool", "variable": <var.key>, "values": <var.values>}, <var.block>]}]}"#,
        );
        let statement = &document.get("Statement").unwrap().as_list().unwrap().items[0];
        assert!(statement.get("Action").unwrap().as_unknown().is_some());
        let condition = statement.get("Condition").unwrap().as_map().unwrap();
        assert!(condition.open.is_some());
        let (key, values) = condition.get("Bool").unwrap().as_map().unwrap().iter().next().unwrap();
        assert_eq!(key.as_symbol().map(|s| &*s.name), Some("var.key"));
        assert!(values.as_list().unwrap().open.is_some());
    }

    #[test]
    fn spans_are_those_of_the_words() {
        let text = r#"{"statement": [{"actions": ["s3:GetObject"]}]}"#;
        let document = document(text);
        let action = document.get("Statement").unwrap().as_list().unwrap().items[0]
            .get("Action")
            .unwrap();
        let Kind::Text(t) = &action.kind else { panic!() };
        let at = text.find("s3:").unwrap();
        assert_eq!(
            t.span(),
            Span::at(rolecall_source::FileId(0), at..at + "s3:GetObject".len())
        );
    }
}
