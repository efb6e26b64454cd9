//! JSON for programs, version 1.
//!
//! The types here are the contract (`docs/json-v1.md`, `docs/json-v1.schema.json`): a field may be added, none may
//! change its meaning or go.

use std::collections::BTreeMap;

use rolecall_checks::finding::{Coverage, Finding, GainSummary, Hop, Party, WitnessRequest};
use rolecall_source::{Diagnostic, Level, Severity, Sources, Span};
use serde::Serialize;

use crate::{Report, words};

/// Most services told of a gain: an administrator gains all of them, and the gravest come first.
const SERVICES: usize = 10;

/// The report, indented, with a line end.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let mut text = serde_json::to_string_pretty(&Document::new(report)).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool<'a>,
    findings: Vec<FindingV1<'a>>,
    coverage: CoverageV1<'a>,
    summary: Summary,
    cut: Option<CutV1<'a>>,
}

#[derive(Serialize)]
struct CutV1<'a> {
    closes: usize,
    of: usize,
    fewest: bool,
    edits: Vec<EditV1<'a>>,
}

#[derive(Serialize)]
struct EditV1<'a> {
    summary: &'a str,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Tool<'a> {
    pub(crate) name: &'static str,
    pub(crate) version: &'a str,
}

#[derive(Serialize)]
pub(crate) struct FindingV1<'a> {
    rule: &'a str,
    technique: &'a str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    location: Option<Location<'a>>,
    principal: PartyV1<'a>,
    role: Option<PartyV1<'a>>,
    gain: Gain<'a>,
    witness: Option<Witness<'a>>,
    steps: Vec<StepV1<'a>>,
    hops: Vec<HopV1<'a>>,
    assumptions: &'a [String],
    notes: &'a [String],
    fix: Option<FixV1<'a>>,
    fingerprint: &'a str,
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
pub(crate) struct PartyV1<'a> {
    kind: &'a str,
    address: &'a str,
    name: &'a str,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Gain<'a> {
    administrator: bool,
    services: usize,
    by_service: Vec<Service<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Service<'a> {
    service: &'a str,
    levels: &'a [&'static str],
    actions: usize,
    examples: &'a [String],
}

#[derive(Serialize)]
struct Witness<'a> {
    action: &'a str,
    resource: &'a str,
    context: BTreeMap<&'a str, Vec<&'a str>>,
}

#[derive(Serialize)]
pub(crate) struct StepV1<'a> {
    kind: &'static str,
    message: &'a str,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
pub(crate) struct HopV1<'a> {
    technique: &'a str,
    does: &'a str,
    from: PartyV1<'a>,
    to: PartyV1<'a>,
    through: Option<PartyV1<'a>>,
    first_step: usize,
    steps: usize,
}

#[derive(Serialize)]
struct FixV1<'a> {
    summary: &'a str,
    location: Option<Location<'a>>,
    snippet: Option<&'a str>,
}

#[derive(Serialize)]
struct Suppressed<'a> {
    reason: &'a str,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Location<'a> {
    path: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
pub(crate) struct Point {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
pub(crate) struct CoverageV1<'a> {
    files: usize,
    principals: usize,
    roles: usize,
    policies: usize,
    documents: Documents,
    roots: &'a [String],
    modules_unresolved: Vec<Module<'a>>,
    policies_unknown: Vec<Policy<'a>>,
    errors: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Module<'a> {
    address: &'a str,
    source: &'a str,
    help: Option<&'a str>,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Documents {
    whole: usize,
    partly: usize,
    unknown: usize,
}

#[derive(Serialize)]
struct Policy<'a> {
    address: &'a str,
    why: &'a str,
    partly: bool,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    level: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
struct Summary {
    findings: usize,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    suppressed: usize,
    hidden: usize,
    complete: bool,
}

impl<'a> Document<'a> {
    fn new(report: &Report<'a>) -> Self {
        let analysis = report.analysis;
        Self {
            version: 1,
            tool: Tool {
                name: "rolecall",
                version: report.version,
            },
            findings: analysis
                .findings
                .iter()
                .map(|f| FindingV1::new(f, report.sources))
                .collect(),
            coverage: CoverageV1::new(&analysis.coverage, &analysis.diagnostics, report.sources),
            summary: Summary::new(report),
            cut: analysis.cut.as_ref().map(|cut| CutV1::new(cut, report.sources)),
        }
    }
}

impl<'a> CutV1<'a> {
    fn new(cut: &'a rolecall_checks::Cut, sources: &'a Sources) -> Self {
        let edit = |edit: &'a rolecall_checks::CutEdit| EditV1 {
            summary: &edit.summary,
            location: Location::new(edit.span, sources),
        };
        Self {
            closes: cut.closes,
            of: cut.of,
            fewest: cut.fewest,
            edits: cut.edits.iter().map(edit).collect(),
        }
    }
}

impl<'a> FindingV1<'a> {
    pub(crate) fn new(f: &'a Finding, sources: &'a Sources) -> Self {
        let at = |span| Location::new(span, sources);
        Self {
            rule: f.rule,
            technique: &f.technique,
            severity: words::severity(f.severity),
            confidence: words::confidence(f.confidence),
            message: &f.headline,
            location: at(f.primary),
            principal: PartyV1::new(&f.principal, sources),
            role: f.role.as_ref().map(|r| PartyV1::new(r, sources)),
            gain: Gain::new(&f.gain),
            witness: f.witness.as_ref().map(Witness::new),
            steps: f.steps.iter().map(|s| StepV1::new(s, sources)).collect(),
            hops: f.hops.iter().map(|h| HopV1::new(h, sources)).collect(),
            assumptions: &f.assumptions,
            notes: &f.notes,
            fix: f.fix.as_ref().map(|x| FixV1 {
                summary: &x.summary,
                location: at(x.span),
                snippet: x.snippet.as_deref(),
            }),
            fingerprint: &f.fingerprint,
            suppressed: f.suppressed.as_ref().map(|s| Suppressed {
                reason: &s.reason,
                location: at(s.span),
            }),
        }
    }
}

impl<'a> PartyV1<'a> {
    pub(crate) fn new(party: &'a Party, sources: &'a Sources) -> Self {
        Self {
            kind: &party.kind,
            address: &party.address,
            name: &party.name,
            location: Location::new(party.span, sources),
        }
    }
}

impl<'a> StepV1<'a> {
    pub(crate) fn new(step: &'a rolecall_checks::finding::Step, sources: &'a Sources) -> Self {
        Self {
            kind: words::step(step.kind),
            message: &step.message,
            location: Location::new(step.span, sources),
        }
    }
}

impl<'a> HopV1<'a> {
    pub(crate) fn new(hop: &'a Hop, sources: &'a Sources) -> Self {
        Self {
            technique: &hop.technique,
            does: &hop.does,
            from: PartyV1::new(&hop.from, sources),
            to: PartyV1::new(&hop.to, sources),
            through: hop.through.as_ref().map(|p| PartyV1::new(p, sources)),
            first_step: hop.steps.start,
            steps: hop.steps.len(),
        }
    }
}

impl<'a> Gain<'a> {
    pub(crate) fn new(gain: &'a GainSummary) -> Self {
        let service = |s: &'a rolecall_checks::finding::ServiceGain| Service {
            service: &s.service,
            levels: &s.levels,
            actions: s.actions,
            examples: &s.examples,
        };
        Self {
            administrator: gain.administrator,
            services: gain.by_service.len(),
            by_service: gain.by_service.iter().take(SERVICES).map(service).collect(),
        }
    }
}

impl<'a> Witness<'a> {
    fn new(witness: &'a WitnessRequest) -> Self {
        let mut context: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, value) in &witness.context {
            context.entry(key).or_default().push(value);
        }
        Self {
            action: &witness.action,
            resource: &witness.resource,
            context,
        }
    }
}

impl<'a> Location<'a> {
    fn new(span: Span, sources: &'a Sources) -> Option<Self> {
        if span.is_nowhere() {
            return None;
        }
        let range = sources.positions(span);
        let point = |p: rolecall_source::Position| Point {
            line: p.line,
            column: p.column,
        };
        Some(Self {
            path: sources.path(span.file),
            start: point(range.start),
            end: point(range.end),
        })
    }
}

impl<'a> CoverageV1<'a> {
    pub(crate) fn new(coverage: &'a Coverage, diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Self {
        let at = |span| Location::new(span, sources);
        let module = |m: &'a rolecall_facts::Unresolved| Module {
            address: &m.address,
            source: &m.source,
            help: m.help.as_deref(),
            location: at(m.span),
        };
        let policy = |p: &'a rolecall_checks::finding::PolicyUnknown| Policy {
            address: &p.address,
            why: &p.why,
            partly: p.partly,
            location: at(p.span),
        };
        let problem = |d: &'a Diagnostic| {
            let level = match d.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note | Level::Finding(..) => return None,
            };
            Some(Problem {
                code: &d.code,
                level,
                message: &d.headline,
                help: d.help.as_deref(),
                location: at(d.span()),
            })
        };
        Self {
            files: coverage.files,
            principals: coverage.principals,
            roles: coverage.roles,
            policies: coverage.policies,
            documents: Documents {
                whole: coverage.documents.whole,
                partly: coverage.documents.partly,
                unknown: coverage.documents.unknown,
            },
            roots: &coverage.roots,
            modules_unresolved: coverage.modules_unresolved.iter().map(module).collect(),
            policies_unknown: coverage.policies_unknown.iter().map(policy).collect(),
            errors: diagnostics.iter().filter_map(problem).collect(),
        }
    }
}

impl Summary {
    fn new(report: &Report<'_>) -> Self {
        let findings = &report.analysis.findings;
        let open = || findings.iter().filter(|f| f.suppressed.is_none());
        let of = |severity: Severity| open().filter(|f| f.severity == severity).count();
        Self {
            findings: open().count(),
            critical: of(Severity::Critical),
            high: of(Severity::High),
            medium: of(Severity::Medium),
            low: of(Severity::Low),
            suppressed: findings.len() - open().count(),
            hidden: report.hidden,
            complete: report.complete(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn of_many_services_the_gravest_are_told_and_all_are_counted() {
        let sources = sample::sources();
        let mut analysis = sample::analysis(&sources);
        let service = analysis.findings[0].gain.by_service[0].clone();
        analysis.findings[0].gain.by_service = vec![service; 300];
        let text = render(&Report {
            analysis: &analysis,
            sources: &sources,
            rules: sample::RULES,
            version: "0.0.0",
            hidden: 0,
        });
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let gain = &document["findings"][0]["gain"];
        assert_eq!(gain["services"], 300);
        assert_eq!(gain["by_service"].as_array().unwrap().len(), SERVICES);
    }
}
