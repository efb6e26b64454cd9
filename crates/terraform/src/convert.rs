//! Type constraints, and conversion of values to them.
//!
//! [Types and values](https://developer.hashicorp.com/terraform/language/expressions/types),
//! [type constraints](https://developer.hashicorp.com/terraform/language/expressions/type-constraints). Conversion and
//! unification follow what Terraform's value library does.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rolecall_source::{Choice, Class, Entry, Kind, List, Map, Number, Symbol, Text, Value};

/// A type constraint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    /// `any`: left as it is.
    Any,
    /// `bool`.
    Bool,
    /// `number`.
    Number,
    /// `string`.
    String,
    /// `list(T)`.
    List(Box<Type>),
    /// `set(T)`.
    Set(Box<Type>),
    /// `map(T)`.
    Map(Box<Type>),
    /// `tuple([T, …])`.
    Tuple(Vec<Type>),
    /// `object({ name = T, … })`.
    Object(Vec<Attribute>),
}

/// One attribute of an object type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its type.
    pub(crate) ty: Type,
    /// True for `optional(T)` and `optional(T, default)`.
    pub(crate) optional: bool,
    /// The second argument of `optional`.
    pub(crate) default: Option<Value>,
}

/// The value as Terraform converts it to a type. Unknown values, null and symbols stay as they are; of a choice each
/// alternative is converted, and those that cannot be are left out, since with them nothing is deployed.
pub(crate) fn convert(value: &Value, ty: &Type) -> Result<Value, String> {
    match (&value.kind, ty) {
        (_, Type::Any) | (Kind::Null | Kind::Unknown(_), _) => Ok(value.clone()),
        (Kind::Choice(choice), _) => convert_choice(value, choice, ty),
        (_, Type::Bool) => to_bool(value),
        (_, Type::Number) => to_number(value),
        (_, Type::String) => to_string(value),
        (Kind::List(list), Type::List(of)) => Ok(elements(value, list, of, "list")?),
        (Kind::List(list), Type::Set(of)) => Ok(as_set(&elements(value, list, of, "set")?)),
        (Kind::List(list), Type::Tuple(types)) => tuple(value, list, types),
        (Kind::Map(map), Type::Map(of)) => entries(value, map, of),
        (Kind::Map(map), Type::Object(attributes)) => object(value, map, attributes),
        _ => Err(format!("{} required", ty.friendly())),
    }
}

impl Type {
    /// The type in words, with article.
    pub(crate) fn friendly(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Object(_) => "an object",
        }
    }

    const fn is_primitive(&self) -> bool {
        matches!(self, Self::Bool | Self::Number | Self::String)
    }
}

fn convert_choice(value: &Value, choice: &Choice, ty: &Type) -> Result<Value, String> {
    let (mut options, mut error) = (Vec::new(), None);
    for (label, option) in &choice.options {
        match convert(option, ty) {
            Ok(v) => options.push((Arc::clone(label), v)),
            Err(e) => error = Some(e),
        }
    }
    match (options.first().cloned(), error) {
        (None, Some(error)) => Err(error),
        (Some((_, only)), _) if options.len() == 1 => Ok(only),
        _ => Ok(Value::new(
            Kind::Choice(Arc::new(Choice {
                on: choice.on.clone(),
                options,
            })),
            value.span,
        )),
    }
}

fn to_bool(value: &Value) -> Result<Value, String> {
    match &value.kind {
        Kind::Bool(_) => Ok(value.clone()),
        Kind::Text(t) => match t.as_str() {
            Some("true" | "1") => Ok(Value::bool(true, value.span)),
            Some("false" | "0") => Ok(Value::bool(false, value.span)),
            Some(_) => Err("a bool is required".into()),
            None => Ok(Value::unknown(derived("tobool", t), value.span)),
        },
        _ => Err("a bool is required".into()),
    }
}

fn to_number(value: &Value) -> Result<Value, String> {
    match &value.kind {
        Kind::Number(_) => Ok(value.clone()),
        Kind::Text(t) => match t.as_str() {
            Some(letters) => Number::parse(letters)
                .map(|n| Value::new(Kind::Number(n), value.span))
                .ok_or_else(|| "a number is required".into()),
            None => Ok(Value::unknown(derived("tonumber", t), value.span)),
        },
        _ => Err("a number is required".into()),
    }
}

fn to_string(value: &Value) -> Result<Value, String> {
    match &value.kind {
        Kind::Text(_) | Kind::Encoded(_) => Ok(value.clone()),
        Kind::Bool(_) | Kind::Number(_) => value
            .to_text()
            .map(|t| Value::text(t, value.span))
            .ok_or_else(|| "a string is required".into()),
        _ => Err("a string is required".into()),
    }
}

/// The symbol of what a text with unknown parts converts to: its own symbol, where it is nothing else.
fn derived(function: &str, text: &Text) -> Symbol {
    if let Some(symbol) = text.as_symbol() {
        return symbol.clone();
    }
    let why = text.symbols().next().map_or("", |s| &s.why);
    let id: String = text
        .pieces()
        .iter()
        .map(|p| match p {
            rolecall_source::Piece::Letters(l) => l.to_string(),
            rolecall_source::Piece::Symbol(s) => format!("\u{27e8}{}\u{27e9}", s.id),
        })
        .collect();
    Symbol::new(
        format!("{function}({id})"),
        format!("{function}({text})"),
        why,
        Class::Any,
    )
}

/// Converts the elements to one type; for `any`, to the one that all of them can be converted to.
fn elements(value: &Value, list: &List, of: &Type, what: &str) -> Result<Value, String> {
    let of = match of {
        Type::Any => unify(&list.items).ok_or_else(|| format!("all {what} elements must have the same type"))?,
        of => of.clone(),
    };
    let items: Result<Vec<Value>, String> = list.items.iter().map(|v| convert(v, &of)).collect();
    let list = List {
        items: Arc::new(items?),
        open: list.open.clone(),
    };
    Ok(Value::new(Kind::List(list), value.span))
}

fn tuple(value: &Value, list: &List, types: &[Type]) -> Result<Value, String> {
    if list.items.len() != types.len() && list.open.is_none() {
        return Err(format!("a tuple of {} elements is required", types.len()));
    }
    let items: Result<Vec<Value>, String> = list.items.iter().zip(types).map(|(v, t)| convert(v, t)).collect();
    let list = List {
        items: Arc::new(items?),
        open: list.open.clone(),
    };
    Ok(Value::new(Kind::List(list), value.span))
}

fn entries(value: &Value, map: &Map, of: &Type) -> Result<Value, String> {
    let of = match of {
        Type::Any => {
            let values: Vec<Value> = map.iter().map(|(_, v)| v.clone()).collect();
            unify(&values).ok_or("all map elements must have the same type")?
        }
        of => of.clone(),
    };
    let mut result = IndexMap::with_capacity(map.entries.len());
    for (key, entry) in map.entries.iter() {
        let value = convert(&entry.value, &of).map_err(|e| format!("element \"{key}\": {e}"))?;
        result.insert(key.clone(), Entry { value, ..entry.clone() });
    }
    Ok(with_entries(value, result, map.open.clone()))
}

fn with_entries(value: &Value, entries: IndexMap<Text, Entry>, open: Option<Symbol>) -> Value {
    let entries = Arc::new(entries);
    Value::new(Kind::Map(Map { entries, open }), value.span)
}

fn object(value: &Value, map: &Map, attributes: &[Attribute]) -> Result<Value, String> {
    let mut result = IndexMap::with_capacity(attributes.len());
    for attribute in attributes {
        let key = Text::plain(&attribute.name);
        let given = map.entries.get_key_value(&key);
        let entry = match (given, &attribute.default, &map.open) {
            (Some((_, entry)), Some(default), _) if entry.value.is_null() => Entry {
                value: default.clone(),
                ..*entry
            },
            (Some((_, entry)), _, _) => entry.clone(),
            (None, _, Some(open)) => Entry {
                key_span: value.span,
                value: Value::unknown(open.part(&format!(".{}", attribute.name)), value.span),
            },
            (None, Some(default), None) => Entry {
                key_span: default.span,
                value: default.clone(),
            },
            (None, None, None) if attribute.optional => Entry {
                key_span: value.span,
                value: Value::null(value.span),
            },
            (None, None, None) => return Err(format!("attribute \"{}\" is required", attribute.name)),
        };
        let converted =
            convert(&entry.value, &attribute.ty).map_err(|e| format!("attribute \"{}\": {e}", attribute.name))?;
        let key = given.map_or(key, |(k, _)| k.clone());
        result.insert(
            key,
            Entry {
                value: converted,
                ..entry
            },
        );
    }
    Ok(with_entries(value, result, None))
}

/// The list without repetitions, in the order in which Terraform walks through a set: numbers and texts ascending,
/// null last, anything else by what it is made of.
pub(crate) fn as_set(value: &Value) -> Value {
    let Kind::List(list) = &value.kind else {
        return value.clone();
    };
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(list.items.len());
    let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let keyed = keyed(&list.items);
    for item in list.items.iter() {
        let mut key = String::new();
        set_key(item, keyed, &mut key);
        // Values that are equal have equal keys; only those need comparing.
        let places = seen.entry(key.clone()).or_default();
        if !places.iter().any(|i| kept.get(*i).is_some_and(|(_, v)| v == item)) {
            places.push(kept.len());
            kept.push((key, item.clone()));
        }
    }
    kept.sort_by(|(ka, a), (kb, b)| compare(a, b).then_with(|| ka.cmp(kb)));
    let list = List {
        items: Arc::new(kept.into_iter().map(|(_, v)| v).collect()),
        open: list.open.clone(),
    };
    Value::new(Kind::List(list), value.span)
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (&a.kind, &b.kind) {
        (Kind::Number(a), Kind::Number(b)) => a.cmp(b),
        (Kind::Text(a), Kind::Text(b)) => a.cmp(b),
        _ => a.is_null().cmp(&b.is_null()),
    }
}

/// True iff the maps among the values differ in their keys, so that they are maps and not objects.
fn keyed(values: &[Value]) -> bool {
    let mut maps = values.iter().filter_map(Value::as_map);
    maps.next().is_some_and(|first| {
        maps.any(|m| m.entries.len() != first.entries.len() || !m.entries.keys().all(|k| first.entries.contains_key(k)))
    })
}

/// What Terraform orders the elements of a set by when they are no primitives.
fn set_key(value: &Value, keyed: bool, out: &mut String) {
    match &value.kind {
        Kind::Null => out.push('~'),
        Kind::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Kind::Number(n) => out.push_str(&n.format(rolecall_source::Style::General, Some(10))),
        Kind::Text(t) => out.push_str(&format!("{:?}", t.to_string())),
        Kind::Encoded(e) => set_key(&e.value, keyed, out),
        Kind::Unknown(s) => out.push_str(&format!("?{}", s.id)),
        Kind::Choice(c) => out.push_str(&format!("?{}", c.on.id)),
        Kind::List(l) => {
            out.push('[');
            for item in l.items.iter() {
                set_key(item, keyed, out);
                out.push(';');
            }
            out.push(']');
        }
        Kind::Map(m) => {
            let mut entries: Vec<(&Text, &Value)> = m.iter().collect();
            entries.sort_by_key(|(k, _)| *k);
            out.push(if keyed { '{' } else { '<' });
            for (key, value) in entries {
                if keyed {
                    out.push_str(&format!("{:?}:", key.to_string()));
                }
                set_key(value, false, out);
                out.push(';');
            }
            out.push(if keyed { '}' } else { '>' });
        }
    }
}

/// The type of a value, as far as it is known: lists are tuples and maps are objects, since a literal is.
pub(crate) fn type_of(value: &Value) -> Type {
    match &value.kind {
        Kind::Bool(_) => Type::Bool,
        Kind::Number(_) => Type::Number,
        Kind::Text(_) | Kind::Encoded(_) => Type::String,
        Kind::List(l) if l.open.is_some() => unify(&l.items).map_or(Type::Any, |t| Type::List(Box::new(t))),
        Kind::List(l) => Type::Tuple(l.items.iter().map(type_of).collect()),
        Kind::Map(m) if m.open.is_some() => {
            let types: Vec<Type> = m.iter().map(|(_, v)| type_of(v)).collect();
            unify_types(&types).map_or(Type::Any, |t| Type::Map(Box::new(t)))
        }
        Kind::Map(m) => {
            let attribute = |(k, v): (&Text, &Value)| Attribute {
                name: k.to_string().into(),
                ty: type_of(v),
                optional: false,
                default: None,
            };
            let mut attributes: Vec<Attribute> = m.iter().map(attribute).collect();
            attributes.sort_by(|a, b| a.name.cmp(&b.name));
            Type::Object(attributes)
        }
        Kind::Choice(c) => {
            let types: Vec<Type> = c.options.iter().map(|(_, v)| type_of(v)).collect();
            unify_types(&types).unwrap_or(Type::Any)
        }
        Kind::Null | Kind::Unknown(_) => Type::Any,
    }
}

/// The type that all values convert to; `None` when there is none. `Any` means that they stay as they are.
pub(crate) fn unify(values: &[Value]) -> Option<Type> {
    let mut types: Vec<Type> = Vec::new();
    for value in values {
        let ty = type_of(value);
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
    unify_types(&types)
}

/// The type that values of all these types convert to.
pub(crate) fn unify_types(types: &[Type]) -> Option<Type> {
    let dynamic = types.contains(&Type::Any);
    let known: Vec<&Type> = types.iter().filter(|t| **t != Type::Any).collect();
    let Some(first) = known.first() else {
        return Some(Type::Any);
    };
    if known.iter().all(|t| t == first) {
        return Some(if dynamic && !first.is_primitive() {
            Type::Any
        } else {
            (*first).clone()
        });
    }
    if known.iter().all(|t| t.is_primitive()) {
        return known.iter().any(|t| **t == Type::String).then_some(Type::String);
    }
    let sequences = known
        .iter()
        .all(|t| matches!(t, Type::Tuple(_) | Type::List(_) | Type::Set(_)));
    let maps = known.iter().all(|t| matches!(t, Type::Object(_) | Type::Map(_)));
    if (sequences || maps) && dynamic {
        return Some(Type::Any);
    }
    if sequences {
        return unify_tuples(&known).or_else(|| unify_sequences(&known));
    }
    if maps {
        return unify_objects(&known).unwrap_or_else(|| unify_maps(&known));
    }
    None
}

/// Tuples of one length keep their positions apart.
fn unify_tuples(types: &[&Type]) -> Option<Type> {
    let tuples: Option<Vec<&Vec<Type>>> = types
        .iter()
        .map(|t| if let Type::Tuple(t) = t { Some(t) } else { None })
        .collect();
    let tuples = tuples?;
    let len = tuples.first().map_or(0, |t| t.len());
    if tuples.iter().any(|t| t.len() != len) {
        return None;
    }
    let position = |i: usize| {
        let across: Vec<Type> = tuples.iter().filter_map(|t| t.get(i).cloned()).collect();
        unify_types(&across)
    };
    (0..len).map(position).collect::<Option<Vec<Type>>>().map(Type::Tuple)
}

fn unify_sequences(types: &[&Type]) -> Option<Type> {
    let mut all = Vec::new();
    for ty in types {
        match ty {
            Type::Tuple(of) => all.extend(of.iter().cloned()),
            Type::List(of) | Type::Set(of) => all.push((**of).clone()),
            _ => {}
        }
    }
    let of = Box::new(unify_types(&all)?);
    let set = types.iter().any(|t| matches!(t, Type::Set(_)));
    Some(if set { Type::Set(of) } else { Type::List(of) })
}

/// Objects with the same attributes keep them apart: `Some(None)` when an attribute has no type in common.
fn unify_objects(types: &[&Type]) -> Option<Option<Type>> {
    let objects: Option<Vec<&Vec<Attribute>>> = types
        .iter()
        .map(|t| if let Type::Object(a) = t { Some(a) } else { None })
        .collect();
    let objects = objects?;
    let first = *objects.first()?;
    let same = |o: &Vec<Attribute>| o.len() == first.len() && o.iter().zip(first).all(|(a, b)| a.name == b.name);
    if !objects.iter().all(|o| same(o)) {
        return None;
    }
    let attribute = |(i, a): (usize, &Attribute)| {
        let across: Vec<Type> = objects.iter().filter_map(|o| o.get(i).map(|a| a.ty.clone())).collect();
        Some(Attribute {
            ty: unify_types(&across)?,
            ..a.clone()
        })
    };
    Some(
        first
            .iter()
            .enumerate()
            .map(attribute)
            .collect::<Option<Vec<Attribute>>>()
            .map(Type::Object),
    )
}

fn unify_maps(types: &[&Type]) -> Option<Type> {
    let mut all = Vec::new();
    for ty in types {
        match ty {
            Type::Object(attributes) => all.extend(attributes.iter().map(|a| a.ty.clone())),
            Type::Map(of) => all.push((**of).clone()),
            _ => {}
        }
    }
    Some(Type::Map(Box::new(unify_types(&all)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rolecall_source::Span;

    fn value(json: &str) -> Value {
        rolecall_source::json::read_text(&Text::plain(json)).unwrap().value
    }

    fn shown(v: &Value) -> String {
        rolecall_source::json::write(v).to_string()
    }

    fn to(json: &str, ty: &Type) -> String {
        convert(&value(json), ty).map_or_else(|e| e, |v| shown(&v))
    }

    fn boxed(ty: Type) -> Box<Type> {
        Box::new(ty)
    }

    #[test]
    fn primitives_convert_as_in_terraform() {
        assert_eq!(to("\"5\"", &Type::Number), "5");
        assert_eq!(to("1.50", &Type::String), "\"1.5\"");
        assert_eq!(to("\"1\"", &Type::Bool), "true");
        assert_eq!(to("1", &Type::Bool), "a bool is required");
        assert_eq!(to("\"True\"", &Type::Bool), "a bool is required");
        assert_eq!(to("null", &Type::Bool), "null");
        assert_eq!(to("[]", &Type::String), "a string is required");
    }

    #[test]
    fn collections_unify_their_elements() {
        let any = || boxed(Type::Any);
        assert_eq!(to("[1,\"a\",true]", &Type::List(any())), "[\"1\",\"a\",\"true\"]");
        assert_eq!(
            to("[1,true]", &Type::List(any())),
            "all list elements must have the same type"
        );
        assert_eq!(to("[3,1,3,2]", &Type::Set(any())), "[1,2,3]");
        assert_eq!(to("[[1],[\"a\",\"b\"]]", &Type::List(any())), "[[\"1\"],[\"a\",\"b\"]]");
        assert_eq!(
            to("{\"a\":1,\"b\":\"x\"}", &Type::Map(any())),
            "{\"a\":\"1\",\"b\":\"x\"}"
        );
        assert_eq!(to("[null,1]", &Type::List(any())), "[null,1]");
    }

    #[test]
    fn objects_take_defaults_and_lose_what_they_do_not_name() {
        let attribute = |name: &str, ty, optional, default: Option<&str>| Attribute {
            name: name.into(),
            ty,
            optional,
            default: default.map(value),
        };
        let inner = Type::Object(vec![attribute("z", Type::Number, true, Some("7"))]);
        let ty = Type::Object(vec![
            attribute("a", Type::String, false, None),
            attribute("b", Type::Number, true, Some("5")),
            attribute("c", Type::Bool, true, None),
            attribute("d", inner, true, Some("{}")),
        ]);
        assert_eq!(
            to("{\"a\":1,\"b\":null,\"x\":0}", &ty),
            "{\"a\":\"1\",\"b\":5,\"c\":null,\"d\":{\"z\":7}}"
        );
        assert_eq!(to("{}", &ty), "attribute \"a\" is required");
    }

    #[test]
    fn symbols_survive() {
        let symbol = Symbol::new("v", "var.v", "has no default", Class::Any);
        let unknown = Value::unknown(symbol.clone(), Span::NOWHERE);
        assert_eq!(convert(&unknown, &Type::List(boxed(Type::String))).unwrap(), unknown);
        let text = Value::text(Text::symbol(symbol.clone(), Span::NOWHERE), Span::NOWHERE);
        assert_eq!(convert(&text, &Type::Number).unwrap(), unknown);
        let list = Value::list(vec![text.clone(), value("1")], Span::NOWHERE);
        assert_eq!(
            shown(&convert(&list, &Type::Set(boxed(Type::String))).unwrap())
                .matches("var.v")
                .count(),
            1
        );
    }
}
