//! The graph with what was decided, for programs and for pictures.

use std::fmt::Write as _;

use rolecall_checks::map::{Link, Map, Place, What};
use rolecall_source::Sources;
use serde::Serialize;

use crate::json::PartyV1;
use crate::mermaid::label;
use crate::words;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    nodes: Vec<NodeV1<'a>>,
    edges: Vec<EdgeV1<'a>>,
}

#[derive(Serialize)]
struct NodeV1<'a> {
    id: usize,
    #[serde(flatten)]
    party: PartyV1<'a>,
    arn: Option<&'a str>,
    declared: bool,
}

#[derive(Serialize)]
struct EdgeV1<'a> {
    from: usize,
    to: usize,
    kind: &'static str,
    what: &'a str,
    technique: Option<&'a str>,
    rule: Option<&'static str>,
    through: Option<usize>,
    changes: bool,
    severity: Option<&'static str>,
    assumptions: &'a [String],
}

/// For programs: nodes and edges, the ends of edges by the ids of nodes.
#[must_use]
pub fn graph_json(map: &Map, sources: &Sources) -> String {
    let nodes = map.nodes.iter().enumerate();
    let document = Document {
        version: 1,
        nodes: nodes.map(|(id, place)| NodeV1::new(id, place, sources)).collect(),
        edges: map.edges.iter().map(EdgeV1::new).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

impl<'a> NodeV1<'a> {
    fn new(id: usize, place: &'a Place, sources: &'a Sources) -> Self {
        Self {
            id,
            party: PartyV1::new(&place.party, sources),
            arn: Some(place.arn.as_str()).filter(|arn| !arn.is_empty()),
            declared: place.declared,
        }
    }
}

impl<'a> EdgeV1<'a> {
    fn new(link: &'a Link) -> Self {
        let mut edge = Self {
            from: link.from,
            to: link.to,
            kind: "stated",
            what: "",
            technique: None,
            rule: None,
            through: None,
            changes: false,
            severity: None,
            assumptions: &link.assumptions,
        };
        match &link.what {
            What::Stated(word) => edge.what = word,
            What::Can {
                technique,
                rule,
                does,
                through,
                changes,
                severity,
            } => {
                edge.kind = "can";
                edge.what = does;
                edge.technique = Some(technique);
                edge.rule = Some(rule);
                edge.through = *through;
                edge.changes = *changes;
                edge.severity = severity.map(words::severity);
            }
        }
        edge
    }
}

/// For Graphviz.
#[must_use]
pub fn graph_dot(map: &Map) -> String {
    let mut out = String::from("digraph rolecall {\n  rankdir=LR;\n  node [fontname=\"Helvetica\"];\n");
    for (id, place) in map.nodes.iter().enumerate() {
        let style = if place.declared { "" } else { ", style=dashed" };
        let (shape, [kind, name]) = (shape(&place.party.kind), lines(place));
        let _ = writeln!(
            out,
            "  n{id} [label={}, shape={shape}{style}];",
            quoted(&format!("{kind}\n{name}"))
        );
    }
    for link in &map.edges {
        let style = if link.assumptions.is_empty() { "solid" } else { "dashed" };
        let (label, extra) = match &link.what {
            What::Stated(word) => ((*word).to_owned(), ", color=gray".to_owned()),
            What::Can {
                technique, severity, ..
            } => {
                let extra = match severity.map(words::severity) {
                    Some("critical" | "high") => ", color=red",
                    Some(_) => ", color=orange",
                    None => "",
                };
                (technique.to_string(), extra.to_owned())
            }
        };
        let (from, to) = (link.from, link.to);
        let _ = writeln!(
            out,
            "  n{from} -> n{to} [label={}, style={style}{extra}];",
            quoted(&label)
        );
    }
    out.push_str("}\n");
    out
}

fn shape(kind: &str) -> &'static str {
    match kind {
        "user" | "group" | "permission set" => "ellipse",
        "role" => "box",
        "instance profile" => "folder",
        _ => "component",
    }
}

/// A quoted string of the DOT language, in which only quotes and backslashes mean something.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// For Mermaid: a flowchart.
#[must_use]
pub fn graph_mermaid(map: &Map) -> String {
    let mut out = String::from("flowchart LR\n");
    for (id, place) in map.nodes.iter().enumerate() {
        let (open, close) = match shape(&place.party.kind) {
            "ellipse" => ("([", "])"),
            "box" => ("[", "]"),
            "folder" => ("[/", "/]"),
            _ => ("[[", "]]"),
        };
        let _ = writeln!(out, "  n{id}{open}\"{}\"{close}", label(&lines(place)));
    }
    for link in &map.edges {
        let arrow = if link.assumptions.is_empty() { "-->" } else { "-.->" };
        let told = match &link.what {
            What::Stated(word) => (*word).to_owned(),
            What::Can { technique, .. } => technique.to_string(),
        };
        let _ = writeln!(out, "  n{} {arrow}|\"{}\"| n{}", link.from, label(&[told]), link.to);
    }
    out
}

fn lines(place: &Place) -> [String; 2] {
    let party = &place.party;
    let name = if party.name.is_empty() {
        &*party.address
    } else {
        &*party.name
    };
    [party.kind.to_string(), name.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_inside_their_quotes() {
        assert_eq!(quoted("a\"]; b [x=\\\n\u{1b}"), "\"a\\\"]; b [x=\\\\\\n \"");
    }
}
