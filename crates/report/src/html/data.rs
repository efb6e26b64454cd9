//! What the script of the page is given.

use std::collections::BTreeMap;

use rolecall_checks::finding::{Finding, Fix, Hop, Party};
use rolecall_source::{Confidence, Sources, Span};
use serde::Serialize;

use super::excerpt::Excerpt;
use crate::{Report, place, words};

#[derive(Serialize)]
pub(super) struct Data {
    rules: BTreeMap<&'static str, Rule>,
    parties: Vec<PartyData>,
    excerpts: Vec<Excerpt>,
    findings: Vec<FindingData>,
    coverage: Coverage,
}

#[derive(Serialize)]
struct Rule {
    summary: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct PartyData {
    kind: String,
    name: String,
    address: String,
}

#[derive(Serialize)]
struct FindingData {
    index: usize,
    fingerprint: String,
    rule: &'static str,
    technique: String,
    severity: &'static str,
    certain: bool,
    message: String,
    principal: usize,
    role: Option<usize>,
    location: Option<usize>,
    steps: Vec<StepData>,
    hops: Vec<HopData>,
    witness: Option<String>,
    gain: String,
    assumptions: Vec<String>,
    notes: Vec<String>,
    fix: Option<FixData>,
    accepted: Option<String>,
}

#[derive(Serialize)]
struct StepData {
    kind: &'static str,
    message: String,
    location: Option<usize>,
}

#[derive(Serialize)]
struct HopData {
    told: String,
    technique: String,
    does: String,
    from: usize,
    to: usize,
    through: Option<usize>,
    first: usize,
    steps: usize,
}

#[derive(Serialize)]
struct FixData {
    summary: String,
    location: Option<usize>,
    snippet: Option<String>,
}

#[derive(Serialize)]
struct Coverage {
    told: String,
    roots: Vec<String>,
    gaps: Vec<String>,
    notes: Vec<String>,
}

/// What a report holds, each party and each excerpt once.
pub(super) fn of(report: &Report<'_>) -> Data {
    let mut tables = Tables {
        sources: report.sources,
        parties: Vec::new(),
        party_at: BTreeMap::new(),
        excerpts: Vec::new(),
        excerpt_at: BTreeMap::new(),
    };
    let findings = report.analysis.findings.iter().enumerate();
    let findings = findings.map(|(i, f)| tables.finding(i, f)).collect();
    let rule = |r: &rolecall_checks::finding::Rule| {
        let rule = Rule {
            summary: r.summary,
            url: r.url,
        };
        (r.id, rule)
    };
    Data {
        rules: report.rules.iter().map(rule).collect(),
        parties: tables.parties,
        excerpts: tables.excerpts,
        findings,
        coverage: coverage(report),
    }
}

struct Tables<'a> {
    sources: &'a Sources,
    parties: Vec<PartyData>,
    party_at: BTreeMap<(String, String), usize>,
    excerpts: Vec<Excerpt>,
    excerpt_at: BTreeMap<Span, usize>,
}

impl Tables<'_> {
    fn party(&mut self, party: &Party) -> usize {
        let next = self.parties.len();
        let key = (party.address.to_string(), party.name.clone());
        let at = *self.party_at.entry(key).or_insert(next);
        if at == next {
            self.parties.push(PartyData {
                kind: place::plain(&party.kind),
                name: place::plain(&party.name),
                address: place::plain(&party.address),
            });
        }
        at
    }

    fn excerpt(&mut self, span: Span) -> Option<usize> {
        if span.is_nowhere() {
            return None;
        }
        let next = self.excerpts.len();
        let at = *self.excerpt_at.entry(span).or_insert(next);
        if at == next {
            self.excerpts.push(Excerpt::new(self.sources, span));
        }
        Some(at)
    }

    fn finding(&mut self, index: usize, f: &Finding) -> FindingData {
        let step = |s: &rolecall_checks::finding::Step, location| StepData {
            kind: words::step(s.kind),
            message: place::plain(&s.message),
            location,
        };
        let all = |texts: &[String]| texts.iter().map(|t| place::plain(t)).collect();
        FindingData {
            index,
            fingerprint: f.fingerprint.clone(),
            rule: f.rule,
            technique: place::plain(&f.technique),
            severity: words::severity(f.severity),
            certain: f.confidence == Confidence::Certain,
            message: place::plain(&f.headline),
            principal: self.party(&f.principal),
            role: f.role.as_ref().map(|r| self.party(r)),
            location: words::primary(f).and_then(|span| self.excerpt(span)),
            steps: f.steps.iter().map(|s| step(s, self.excerpt(s.span))).collect(),
            hops: f.hops.iter().map(|h| self.hop(h)).collect(),
            witness: f.witness.as_ref().map(|w| place::plain(&words::witness(w))),
            gain: place::plain(&words::gain(&f.gain)),
            assumptions: all(&f.assumptions),
            notes: all(&f.notes),
            fix: f.fix.as_ref().map(|fix| self.fix(fix)),
            accepted: f.suppressed.as_ref().map(|s| place::plain(&s.reason)),
        }
    }

    fn hop(&mut self, hop: &Hop) -> HopData {
        HopData {
            told: place::plain(&words::hop(hop)),
            technique: place::plain(&hop.technique),
            does: place::plain(&words::does(hop)),
            from: self.party(&hop.from),
            to: self.party(&hop.to),
            through: hop.through.as_ref().map(|t| self.party(t)),
            first: hop.steps.start,
            steps: hop.steps.len(),
        }
    }

    fn fix(&mut self, fix: &Fix) -> FixData {
        let lines = |s: &String| s.lines().map(place::plain).collect::<Vec<_>>().join("\n");
        FixData {
            summary: place::plain(&fix.summary),
            location: self.excerpt(fix.span),
            snippet: fix.snippet.as_ref().map(lines),
        }
    }
}

fn coverage(report: &Report<'_>) -> Coverage {
    let coverage = &report.analysis.coverage;
    let at = |span| place::show(report.sources, span).map_or_else(String::new, |at| format!(" ({at})"));
    let module = |m: &rolecall_facts::Unresolved| {
        let help = m.help.as_ref().map_or_else(String::new, |h| format!("; try `{h}`"));
        place::plain(&format!("`{}` from `{}`{}{help}", m.address, m.source, at(m.span)))
    };
    let policy = |p: &rolecall_checks::finding::PolicyUnknown| {
        place::plain(&format!("policy of `{}`{}: {}", p.address, at(p.span), p.why))
    };
    let note = |d: &rolecall_source::Diagnostic| place::plain(&format!("{}{}", d.headline, at(d.span())));
    let modules = coverage.modules_unresolved.iter().map(module);
    Coverage {
        told: words::analysed(coverage),
        roots: coverage.roots.iter().map(|r| place::plain(r)).collect(),
        gaps: modules.chain(coverage.policies_unknown.iter().map(policy)).collect(),
        notes: report.analysis.diagnostics.iter().map(note).collect(),
    }
}
