//! Rules, techniques and findings.
//!
//! A rule is one file and one page under `rules/`; [`rules()`] lists them all. What a finding says is put together in
//! one place, and nothing becomes a finding without a request that the engine has replayed.

mod build;
mod candidates;
pub mod compare;
mod context;
mod cut;
pub mod finding;
mod fix;
pub mod map;
mod options;
pub mod paths;
mod prove;
mod region;
pub mod rules;
mod steps;
mod strangers;
mod suppress;
pub mod technique;
mod walk;
mod wording;

use rolecall_facts::{Language, Output};
use rolecall_graph::Graph;
use rolecall_source::{Confidence, Diagnostic};

pub use cut::{Cut, CutEdit};
pub use finding::{
    Analysis, Coverage, Finding, Fix, GainSummary, Hop, Party, PolicyUnknown, Rule, ServiceGain, Step, StepKind,
    Suppression, Within, WitnessRequest,
};
pub use options::Options;
pub use rules::rules;
pub use suppress::{Accept, Baseline, Known};
pub use technique::{Technique, techniques};

/// Links what the frontends made of a scan and applies every rule.
#[must_use]
pub fn analyze(outputs: Vec<Output>, options: &Options) -> Analysis {
    let mut analysis = Analysis::default();
    let (mut configurations, mut directives) = (Vec::new(), Vec::new());
    for output in outputs {
        analysis.diagnostics.extend(output.diagnostics);
        analysis.coverage.files += output.files;
        analysis.coverage.modules_unresolved.extend(output.unresolved);
        configurations.extend(output.configurations);
        directives.extend(output.directives);
    }
    configurations.sort_by(|a, b| (&a.id, a.language).cmp(&(&b.id, b.language)));
    let graph = rolecall_graph::link(configurations, &options.graph(), &mut analysis.diagnostics);
    cover(&graph, &mut analysis.coverage);
    let (findings, notes) = rules::run(&graph, options);
    analysis.findings = findings;
    analysis.diagnostics.extend(notes);
    suppress::configure(&mut analysis.findings, options, &mut analysis.diagnostics);
    suppress::apply(&mut analysis.findings, &directives, options, &mut analysis.diagnostics);
    sort(&mut analysis.findings, &mut analysis.diagnostics);
    if options.cut {
        analysis.cut = cut::of(&graph, options, &analysis.findings);
    }
    analysis.coverage.modules_unresolved.sort();
    analysis
}

fn cover(graph: &Graph, coverage: &mut Coverage) {
    let word = |l: Language| match l {
        Language::Terraform => "terraform",
        Language::CloudFormation => "cloudformation",
    };
    coverage.roots = graph
        .configurations
        .iter()
        .map(|c| format!("{} {}", word(c.language), c.id))
        .collect();
    coverage.principals = graph.nodes.iter().filter(|n| n.fact.declared).count();
    coverage.roles = graph
        .nodes
        .iter()
        .filter(|n| n.fact.declared && n.trust.is_some())
        .count();
    coverage.policies = graph
        .configurations
        .iter()
        .map(|c| c.policies.len() + c.attachments.len())
        .sum();
    coverage.documents = graph.documents;
    coverage.policies_unknown = graph
        .gaps
        .iter()
        .map(|g| PolicyUnknown {
            address: g.address.clone(),
            why: g.why.clone(),
            partly: g.partly,
            span: g.span,
        })
        .collect();
}

/// The gravest first, then by place and identity.
fn sort(findings: &mut [Finding], diagnostics: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| {
        let weight = |f: &Finding| {
            (
                std::cmp::Reverse(f.severity),
                std::cmp::Reverse(f.confidence == Confidence::Certain),
            )
        };
        (weight(a), a.primary, &a.fingerprint).cmp(&(weight(b), b.primary, &b.fingerprint))
    });
    diagnostics.sort_by(|a, b| (a.span(), &a.code, &a.headline).cmp(&(b.span(), &b.code, &b.headline)));
    diagnostics.dedup();
}
