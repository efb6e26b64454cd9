//! Hand-made instances for tests.

use std::sync::Arc;

use rolecall_facts::{Configuration, Language, Origin, Scope, ScopeId};
use rolecall_source::{Choice, Class, FileId, Kind, Span, Symbol, Text, TextBuilder, Value, json};

use crate::instance::{Instance, Mode};

/// A symbol as the evaluator makes it for a variable.
pub(crate) fn var(name: &str) -> Symbol {
    Symbol::new(format!(".:{name}"), name, "has no default", Class::Any)
}

/// JSON in which `<var.x>` is a symbol: in a string a part of it, elsewhere an unknown value.
pub(crate) fn value(text: &str) -> Value {
    let mut b = TextBuilder::default();
    let (mut rest, mut at) = (text, 0);
    let span = |from: usize, len: usize| Span::at(FileId(0), from..from + len);
    while let Some((before, after)) = rest.split_once('<') {
        let (name, tail) = after.split_once('>').expect("a closing >");
        b.letters(before, span(at, before.len()));
        b.symbol(var(name), span(at + before.len(), name.len() + 2));
        at += before.len() + name.len() + 2;
        rest = tail;
    }
    b.letters(rest, span(at, rest.len()));
    json::read_text(&b.finish()).expect("JSON").value
}

/// `a` if the condition `on` is true, else `b`.
pub(crate) fn choice(on: &str, a: Value, b: Value) -> Value {
    let options = vec![("true".into(), a), ("false".into(), b)];
    Value::new(Kind::Choice(Arc::new(Choice { on: var(on), options })), Span::NOWHERE)
}

/// An instance of `kind` with address `kind.name` (`data.kind.name`) in an unknown account.
pub(crate) fn instance(address: &str, body: Value) -> Instance {
    let (mode, rest) = match address.strip_prefix("data.") {
        Some(rest) => (Mode::Data, rest),
        None => (Mode::Managed, address),
    };
    let account = Symbol::new("account:.", "account", "is not known before deployment", Class::Account);
    Instance {
        mode,
        kind: rest.split('.').next().unwrap().into(),
        origin: Origin {
            address: address.into(),
            span: Span::new(FileId(1), 0, 10),
            calls: Vec::new(),
            exists: Vec::new(),
            open: false,
        },
        symbol_base: format!(".:{address}").into(),
        scope: ScopeId(0),
        account: Scope {
            name: "provider aws".into(),
            account: Text::symbol(account, Span::NOWHERE),
            partition: Text::plain("aws"),
            region: Text::plain("eu-west-1"),
        },
        body,
        planned: Vec::new(),
    }
}

/// The facts of instances, each given by address and JSON.
pub(crate) fn facts(instances: &[(&str, &str)]) -> Configuration {
    let instances: Vec<Instance> = instances.iter().map(|(a, b)| instance(a, value(b))).collect();
    facts_of(&instances)
}

/// The facts of instances with which nothing is wrong.
pub(crate) fn facts_of(instances: &[Instance]) -> Configuration {
    let (configuration, diagnostics) = lowered(instances);
    assert_eq!(diagnostics, Vec::<String>::new());
    configuration
}

/// The facts of instances, and what is wrong with them.
pub(crate) fn lowered(instances: &[Instance]) -> (Configuration, Vec<String>) {
    let mut configuration = Configuration::new(".", Language::Terraform);
    configuration
        .scopes
        .extend(instances.first().map(|i| i.account.clone()));
    let mut diagnostics = Vec::new();
    super::lower(instances, &mut configuration, &mut diagnostics);
    (configuration, diagnostics.into_iter().map(|d| d.headline).collect())
}

/// A value as text, choices as `on ? a : b`.
pub(crate) fn show(value: &Value) -> String {
    match &value.kind {
        Kind::Choice(c) => {
            let options: Vec<String> = c.options.iter().map(|(s, v)| format!("{s}: {}", show(v))).collect();
            format!("{} ? {}", c.on.name, options.join(" | "))
        }
        Kind::Null => "null".to_owned(),
        Kind::List(_) | Kind::Map(_) => json::write(value).to_string(),
        _ => value.to_text().map_or_else(|| "?".to_owned(), |t| t.to_string()),
    }
}
