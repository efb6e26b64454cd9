//! Values that the SAM transform makes, all standing at the place in the template they are made for.

use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Entry, FileId, Kind, List, Map, Span, Text, Value, json};

use crate::stack::Resource;

/// A map.
pub(super) fn object(entries: Vec<(&str, Value)>, at: Span) -> Value {
    Value::map(entries.into_iter().map(|(k, v)| (Text::new(k, at), v)), at)
}

/// `{Ref: id}`.
pub(super) fn reference(id: &str, at: Span) -> Value {
    object(vec![("Ref", Value::string(id, at))], at)
}

/// `{Fn::GetAtt: [id, attribute]}`.
pub(super) fn attribute(id: &str, attribute: &str, at: Span) -> Value {
    let list = vec![Value::string(id, at), Value::string(attribute, at)];
    object(vec![("Fn::GetAtt", Value::list(list, at))], at)
}

/// The trust policy of a service role.
pub(super) fn trust(service: &str, at: Span) -> Value {
    let statement = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{service}"]}}}}]}}"#
    );
    parsed(&statement, at)
}

/// An inline policy with one statement.
pub(super) fn allow(name: &str, action: Value, resource: Value, at: Span) -> Value {
    let statement = object(
        vec![
            ("Action", action),
            ("Effect", Value::string("Allow", at)),
            ("Resource", resource),
        ],
        at,
    );
    let document = object(vec![("Statement", Value::list(vec![statement], at))], at);
    inline(name, document, at)
}

/// An inline policy.
pub(super) fn inline(name: &str, document: Value, at: Span) -> Value {
    object(
        vec![("PolicyName", Value::string(name, at)), ("PolicyDocument", document)],
        at,
    )
}

/// JSON that this crate wrote, as if it stood at `at`.
pub(super) fn parsed(text: &str, at: Span) -> Value {
    match json::read_file(text, FileId(u32::MAX)) {
        Ok(document) => moved(&document.value, at),
        Err(_) => Value::null(at),
    }
}

/// `value` as if all of it stood at `at`.
pub(super) fn moved(value: &Value, at: Span) -> Value {
    rewritten(value, at, &|_| None)
}

/// `value` as if all of it stood at `at`, with what `replace` gives for the maps it knows.
pub(super) fn rewritten(value: &Value, at: Span, replace: &dyn Fn(&Map) -> Option<Value>) -> Value {
    let kind = match &value.kind {
        Kind::Text(text) => Kind::Text(crate::eval::respan(text, at)),
        Kind::List(list) => Kind::List(List {
            items: Arc::new(list.items.iter().map(|v| rewritten(v, at, replace)).collect()),
            open: list.open.clone(),
        }),
        Kind::Map(map) => {
            if let Some(value) = replace(map) {
                return value;
            }
            let entry = |(k, e): (&Text, &Entry)| {
                let entry = Entry {
                    key_span: at,
                    value: rewritten(&e.value, at, replace),
                };
                (k.clone(), entry)
            };
            Kind::Map(Map {
                entries: Arc::new(map.entries.iter().map(entry).collect()),
                open: map.open.clone(),
            })
        }
        other => other.clone(),
    };
    Value::new(kind, at)
}

/// `value` with what `replace` gives for the texts it knows.
pub(super) fn rewritten_text(value: &Value, replace: &dyn Fn(&Text) -> Option<Value>) -> Value {
    let kind = match &value.kind {
        Kind::Text(text) => return replace(text).unwrap_or_else(|| value.clone()),
        Kind::List(list) => Kind::List(List {
            items: Arc::new(list.items.iter().map(|v| rewritten_text(v, replace)).collect()),
            open: list.open.clone(),
        }),
        Kind::Map(map) => {
            let entry = |(k, e): (&Text, &Entry)| {
                let entry = Entry {
                    key_span: e.key_span,
                    value: rewritten_text(&e.value, replace),
                };
                (k.clone(), entry)
            };
            Kind::Map(Map {
                entries: Arc::new(map.entries.iter().map(entry).collect()),
                open: map.open.clone(),
            })
        }
        other => other.clone(),
    };
    Value::new(kind, value.span)
}

/// A resource made for one at `span`, under the same condition.
pub(super) fn resource(kind: &str, properties: Vec<(&str, Value)>, of: &Resource) -> Resource {
    let mut body = vec![("Properties", object(properties, of.span))];
    if let Some(condition) = of.body.get("Condition") {
        body.push(("Condition", condition.clone()));
    }
    Resource {
        kind: kind.into(),
        span: of.span,
        body: object(body, of.span),
    }
}

/// The resource with another type and other properties; its other attributes stay.
pub(super) fn retyped(of: &Resource, kind: &str, properties: Value) -> Resource {
    let mut entries: IndexMap<Text, Entry> = of.body.as_map().map_or_else(IndexMap::new, |m| (*m.entries).clone());
    let entry = Entry {
        key_span: of.span,
        value: properties,
    };
    entries.insert(Text::plain("Properties"), entry);
    Resource {
        kind: kind.into(),
        span: of.span,
        body: Value::new(
            Kind::Map(Map {
                entries: Arc::new(entries),
                open: None,
            }),
            of.body.span,
        ),
    }
}

/// `map` with one more entry.
pub(super) fn with(map: &Value, key: &str, value: Value) -> Value {
    let Some(old) = map.as_map() else {
        return object(vec![(key, value)], map.span);
    };
    let mut entries = (*old.entries).clone();
    let entry = Entry {
        key_span: value.span,
        value,
    };
    entries.insert(Text::plain(key), entry);
    let kind = Kind::Map(Map {
        entries: Arc::new(entries),
        open: old.open.clone(),
    });
    Value::new(kind, map.span)
}

/// True iff the value is `AWS::NoValue`.
pub(super) fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

/// The condition and branches of an `Fn::If`.
pub(super) fn as_if(value: &Value) -> Option<(&Value, &Value, &Value)> {
    let map = value.as_map().filter(|m| m.entries.len() == 1)?;
    match map.get("Fn::If")?.as_list()?.items.as_slice() {
        [condition, then, otherwise] => Some((condition, then, otherwise)),
        _ => None,
    }
}

/// `{Fn::If: [condition, then, otherwise]}`.
pub(super) fn conditional(condition: &Value, then: Value, otherwise: Value, at: Span) -> Value {
    let list = vec![condition.clone(), then, otherwise];
    object(vec![("Fn::If", Value::list(list, at))], at)
}
