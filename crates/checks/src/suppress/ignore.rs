//! `rolecall: ignore[rule] reason="…"`, beside any step of a path.

use rolecall_facts::Directive;
use rolecall_source::{Diagnostic, Span};

use super::address::{Keys, keys};
use super::{is_over, is_rule};
use crate::finding::{Finding, Step, Suppression};
use crate::options::Options;

/// Marks the findings whose path goes through what an ignore covers.
///
/// An ignore in a module that was fetched counts for nothing: what others wrote accepts nothing here.
pub(super) fn apply(
    findings: &mut [Finding],
    directives: &[Directive],
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for directive in directives.iter().filter(|d| options.is_own(d.span)) {
        diagnostics.extend(unknown_rules(directive));
        let Some(reason) = &directive.reason else {
            let headline = "this ignore gives no reason, so it accepts nothing";
            let help = "say why, as in `reason=\"only CI may do this, see the runbook\"`";
            diagnostics.push(Diagnostic::warning("ignore-reason", headline, directive.span).help(help));
            continue;
        };
        let over = is_over(directive.until.as_deref(), options.today.as_deref());
        let mut used = false;
        for finding in findings.iter_mut().filter(|f| speaks_of(directive, f)) {
            used = true;
            if !over && finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: "ignore",
                    reason: reason.clone(),
                    owner: None,
                    until: directive.until.clone(),
                    span: directive.span,
                });
            }
        }
        diagnostics.extend(left_over(directive, over, used));
    }
}

/// An ignore that accepts nothing (any more).
fn left_over(directive: &Directive, over: bool, used: bool) -> Option<Diagnostic> {
    let until = directive.until.as_deref().unwrap_or("");
    let (code, headline) = match (over, used) {
        (true, true) => (
            "ignore-expired",
            format!("this ignore was good until {until}; its findings are open again"),
        ),
        (true, false) => (
            "ignore-expired",
            format!("this ignore was good until {until}, and no finding needs it"),
        ),
        (false, false) => ("ignore-unused", "no finding needs this ignore".to_owned()),
        (false, true) => return None,
    };
    Some(Diagnostic::warning(code, headline, directive.span).help("remove it"))
}

fn unknown_rules(directive: &Directive) -> impl Iterator<Item = Diagnostic> + '_ {
    directive.rules.iter().filter(|r| !is_rule(r)).map(|rule| {
        let headline = format!("there is no rule `{rule}`");
        Diagnostic::warning("ignore-unknown-rule", headline, directive.span).help("`rolecall rules` lists them")
    })
}

fn speaks_of(directive: &Directive, finding: &Finding) -> bool {
    let named = directive.rules.iter().any(|r| r == "*" || r == finding.rule);
    named && finding.steps.iter().any(|s| covers(directive, s))
}

/// True iff the directive speaks for the step: for its statement or a part of it, for the resource it is taken from, or
/// for a module call through which that comes. It may stand beside any of these or inside.
fn covers(directive: &Directive, step: &Step) -> bool {
    let within = &step.within;
    let keys = keys(&within.address);
    let around = |s: Span| directive.around.is_some_and(|a| contains(a, s) && a.start == s.start);
    let beside = |s: Span| contains(directive.covers, s) || around(s);
    let whole = beside(step.span) || contains(step.span, directive.covers) || within.span.is_some_and(beside);
    if whole && wanted(directive, &keys) {
        return true;
    }
    within.calls.iter().enumerate().any(|(depth, call)| {
        let key = keys.calls.get(depth).and_then(Option::as_ref);
        beside(*call) && (directive.keys.is_empty() || key.is_some_and(|k| directive.keys.contains(k)))
    })
}

/// True iff the instance is one of those the directive speaks for.
fn wanted(directive: &Directive, keys: &Keys) -> bool {
    let mut all = keys.calls.iter().chain([&keys.own]).flatten();
    directive.keys.is_empty() || all.any(|k| directive.keys.contains(k))
}

fn contains(outer: Span, inner: Span) -> bool {
    let one_file = outer.file == inner.file && !outer.is_nowhere() && !inner.is_empty();
    one_file && outer.start <= inner.start && inner.end <= outer.end
}
