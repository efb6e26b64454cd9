//! Answers to direct questions, as text and as JSON.

use std::fmt::Write as _;

use rolecall_checks::paths::{Path, Paths};
use rolecall_source::{Sources, Span};
use serde::Serialize;

use crate::json::{Gain, HopV1, PartyV1, StepV1};
use crate::words;

/// For people: one block a way, its hops numbered, the place of every step behind it.
#[must_use]
pub fn text(paths: &Paths, sources: &Sources) -> String {
    let mut out = String::new();
    for path in &paths.paths {
        block(path, sources, &mut out);
    }
    let _ = match paths.paths.len() {
        0 => writeln!(out, "No way"),
        n => writeln!(out, "{}", words::count(n, "way")),
    };
    out
}

fn block(path: &Path, sources: &Sources, out: &mut String) {
    let grave = path
        .severity
        .map_or_else(String::new, |s| format!(", {}", words::severity(s)));
    let _ = writeln!(
        out,
        "{} `{}` -> {} `{}` ({}{grave})",
        path.from.kind,
        path.from.address,
        path.to.kind,
        path.to.address,
        words::confidence(path.confidence)
    );
    for (at, hop) in path.hops.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {}. {} `{}` can {}",
            at + 1,
            hop.from.kind,
            hop.from.name,
            hop.does
        );
        for step in path.steps.get(hop.steps.clone()).unwrap_or_default() {
            let _ = writeln!(out, "     {}{}", step.message, place(step.span, sources));
        }
    }
    let gain = words::gain(&path.gain);
    let gain = if gain.is_empty() { "nothing" } else { &gain };
    let _ = writeln!(out, "  gains {gain}");
    for assumption in &path.assumptions {
        let _ = writeln!(out, "  assuming {assumption}");
    }
    out.push('\n');
}

fn place(span: Span, sources: &Sources) -> String {
    if span.is_nowhere() {
        return String::new();
    }
    let range = sources.positions(span);
    format!(" ({}:{})", sources.path(span.file), range.start.line)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    paths: Vec<PathV1<'a>>,
}

#[derive(Serialize)]
struct PathV1<'a> {
    from: PartyV1<'a>,
    to: PartyV1<'a>,
    confidence: &'static str,
    severity: Option<&'static str>,
    gain: Gain<'a>,
    hops: Vec<HopV1<'a>>,
    steps: Vec<StepV1<'a>>,
    assumptions: &'a [String],
}

/// For programs: `paths`, in the shapes of a finding's parts.
#[must_use]
pub fn json(paths: &Paths, sources: &Sources) -> String {
    let one = |path| PathV1::new(path, sources);
    let document = Document {
        version: 1,
        paths: paths.paths.iter().map(one).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

impl<'a> PathV1<'a> {
    fn new(path: &'a Path, sources: &'a Sources) -> Self {
        Self {
            from: PartyV1::new(&path.from, sources),
            to: PartyV1::new(&path.to, sources),
            confidence: words::confidence(path.confidence),
            severity: path.severity.map(words::severity),
            gain: Gain::new(&path.gain),
            hops: path.hops.iter().map(|h| HopV1::new(h, sources)).collect(),
            steps: path.steps.iter().map(|s| StepV1::new(s, sources)).collect(),
            assumptions: &path.assumptions,
        }
    }
}
