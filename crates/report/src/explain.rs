//! What a value is and how it got there, for `rolecall explain --value`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rolecall_source::{Kind, Piece, Sources, Span, Symbol, Text, Trace, Value, json};
use serde::Serialize;

/// Longest line of a file that is shown.
const LINE: usize = 160;

/// For people.
#[must_use]
pub fn text(traces: &[Trace], sources: &Sources) -> String {
    let mut out = String::new();
    for (i, trace) in traces.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "{} in configuration {}", trace.address, trace.configuration);
        let _ = writeln!(out, "  = {}", shown(&trace.value));
        for symbol in symbols(&trace.value) {
            let _ = writeln!(out, "  {symbol} {}", symbol.why);
        }
        out.push_str("through\n");
        for hop in &trace.hops {
            let indent = "  ".repeat(hop.depth + 1);
            let _ = writeln!(out, "{indent}{}{}", hop.what, at(hop.span, sources));
            if let Some(line) = line_at(hop.span, sources) {
                let _ = writeln!(out, "{indent}  | {line}");
            }
        }
    }
    out
}

/// ` at main.tf:3:5`
fn at(span: Span, sources: &Sources) -> String {
    if span.is_nowhere() {
        return String::new();
    }
    let place = sources.position(span);
    format!(" at {}:{}:{}", sources.path(span.file), place.line, place.column)
}

/// The first line of what is written at `span`.
fn line_at(span: Span, sources: &Sources) -> Option<String> {
    let text = sources.text(span.file).ok()?;
    let from = text.get(..span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(from..)?.lines().next()?.trim();
    let line: String = line.chars().filter(|c| !c.is_control()).take(LINE).collect();
    Some(line).filter(|l| !l.is_empty())
}

fn shown(value: &Value) -> String {
    match &value.kind {
        Kind::Choice(choice) => {
            let option =
                |(state, v): &(std::sync::Arc<str>, Value)| format!("{} if `{}` is {state}", shown(v), choice.on.name);
            let options: Vec<String> = choice.options.iter().map(option).collect();
            options.join(", or ")
        }
        Kind::Text(text) => format!("\"{text}\""),
        Kind::Encoded(encoded) => shown(&encoded.value),
        _ => json::write(value).to_string(),
    }
}

/// What is not known in a value, each once, by name.
fn symbols(value: &Value) -> Vec<Symbol> {
    let mut found = BTreeMap::new();
    collect(value, &mut found);
    found.into_values().collect()
}

fn collect(value: &Value, found: &mut BTreeMap<String, Symbol>) {
    let mut keep = |symbol: &Symbol| {
        found.entry(symbol.name.to_string()).or_insert_with(|| symbol.clone());
    };
    let in_text = |text: &Text, keep: &mut dyn FnMut(&Symbol)| {
        for piece in text.pieces() {
            if let Piece::Symbol(symbol) = piece {
                keep(symbol);
            }
        }
    };
    match &value.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        Kind::Unknown(symbol) => keep(symbol),
        Kind::Text(text) => in_text(text, &mut keep),
        Kind::List(list) => {
            list.open.iter().for_each(keep);
            list.items.iter().for_each(|v| collect(v, found));
        }
        Kind::Map(map) => {
            map.open.iter().for_each(&mut keep);
            for (key, _) in map.iter() {
                in_text(key, &mut keep);
            }
            map.iter().for_each(|(_, v)| collect(v, found));
        }
        Kind::Encoded(encoded) => collect(&encoded.value, found),
        Kind::Choice(choice) => {
            keep(&choice.on);
            choice.options.iter().for_each(|(_, v)| collect(v, found));
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    values: Vec<Explained<'a>>,
}

#[derive(Serialize)]
struct Explained<'a> {
    configuration: &'a str,
    address: &'a str,
    value: String,
    known: bool,
    unknown: Vec<Unknown>,
    through: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Unknown {
    name: String,
    why: String,
}

#[derive(Serialize)]
struct Place<'a> {
    depth: usize,
    what: &'a str,
    location: Option<Location>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

/// For programs.
#[must_use]
pub fn json(traces: &[Trace], sources: &Sources) -> String {
    let values = traces.iter().map(|trace| explained(trace, sources)).collect();
    let document = Document { version: 1, values };
    let mut out = serde_json::to_string_pretty(&document).unwrap_or_default();
    out.push('\n');
    out
}

fn explained<'a>(trace: &'a Trace, sources: &Sources) -> Explained<'a> {
    let unknown = symbols(&trace.value);
    let unknown: Vec<Unknown> = unknown
        .into_iter()
        .map(|s| Unknown {
            name: s.name.to_string(),
            why: s.why.to_string(),
        })
        .collect();
    Explained {
        configuration: &trace.configuration,
        address: &trace.address,
        value: shown(&trace.value),
        known: unknown.is_empty(),
        unknown,
        through: trace
            .hops
            .iter()
            .map(|hop| place(hop.depth, &hop.what, hop.span, sources))
            .collect(),
    }
}

fn place<'a>(depth: usize, what: &'a str, span: Span, sources: &Sources) -> Place<'a> {
    let point = |at: u32| {
        let place = sources.position(Span::new(span.file, at, at));
        Point {
            line: place.line,
            column: place.column,
        }
    };
    let location = (!span.is_nowhere()).then(|| Location {
        path: sources.path(span.file).to_owned(),
        start: point(span.start),
        end: point(span.end),
    });
    Place { depth, what, location }
}
