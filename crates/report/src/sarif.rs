//! SARIF 2.1.0, as code scanning shows it well.
//!
//! [The standard](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), and
//! [what GitHub reads of it](https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).

use std::collections::BTreeMap;

use rolecall_checks::finding::{Finding, Rule};
use rolecall_source::{Diagnostic, Level, Severity, Sources, Span};
use serde::Serialize;

use crate::{Report, place, words};

/// Most results GitHub shows of one run.
const RESULTS: usize = 5_000;
/// Most locations of a path GitHub shows.
const FLOW: usize = 1_000;
/// Most related locations GitHub shows.
const RELATED: usize = 100;
/// Most bytes of a snippet.
const SNIPPET: usize = 2_000;
/// Most notifications on what was not analysed.
const NOTIFICATIONS: usize = 1_000;

/// The report, indented, with a line end.
#[must_use]
pub fn render(report: &Report<'_>) -> String {
    let mut text = serde_json::to_string_pretty(&Log::new(report)).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    original_uri_base_ids: Bases,
    column_kind: &'static str,
    results: Vec<ResultObject>,
}

#[derive(Serialize)]
struct Bases {
    #[serde(rename = "%SRCROOT%")]
    root: Base,
}

/// What paths are relative to. Where that is on a disk is nobody's business.
#[derive(Serialize)]
struct Base {
    description: Message,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    semantic_version: &'a str,
    information_uri: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: String,
    name: &'a str,
    short_description: Message,
    full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Help<'a>>,
    default_configuration: Configuration,
    properties: DescriptorProperties,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct DescriptorProperties {
    tags: [&'static str; 3],
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    descriptor: Reference,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject {
    rule_id: String,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    related_locations: Vec<Location>,
    code_flows: Vec<CodeFlow>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression>>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct ResultProperties {
    technique: String,
    severity: &'static str,
    confidence: &'static str,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<FlowLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowLocation {
    location: Location,
    kinds: [&'static str; 1],
    execution_order: usize,
    importance: &'static str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Message>,
}

impl<'a> Log<'a> {
    fn new(report: &Report<'a>) -> Self {
        let findings = kept(&report.analysis.findings, RESULTS);
        let rules = descriptors(&findings, report.rules);
        let any_accepted = findings.iter().any(|f| f.suppressed.is_some());
        let writer = Writer {
            sources: report.sources,
            rules: rules.iter().map(|r| r.id.clone()).collect(),
            any_accepted,
        };
        Self {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "rolecall",
                        version: report.version,
                        semantic_version: report.version,
                        information_uri: crate::HOME,
                        rules,
                    },
                },
                invocations: [writer.invocation(report)],
                original_uri_base_ids: Bases {
                    root: Base {
                        description: Message {
                            text: "The root of the repository.".to_owned(),
                        },
                    },
                },
                column_kind: "unicodeCodePoints",
                results: findings.into_iter().map(|f| writer.result(f)).collect(),
            }],
        }
    }
}

/// The id of a rule at a severity. GitHub shows the severity of the rule, not of the result, so a rule that finds
/// things of several severities is several rules there.
fn rule_id(rule: &str, severity: Severity) -> String {
    format!("{rule}/{}", words::severity(severity))
}

/// The gravest findings, as many as are shown; accepted ones give way to the others.
fn kept(findings: &[Finding], most: usize) -> Vec<&Finding> {
    let open = findings.iter().filter(|f| f.suppressed.is_none()).count();
    let (mut open, mut accepted) = (open.min(most), most.saturating_sub(open));
    let keep = |finding: &&Finding| {
        let left = match finding.suppressed {
            None => &mut open,
            Some(_) => &mut accepted,
        };
        let keep = *left > 0;
        *left = left.saturating_sub(1);
        keep
    };
    findings.iter().filter(keep).collect()
}

fn descriptors<'a>(findings: &[&Finding], rules: &'a [Rule]) -> Vec<Descriptor<'a>> {
    let mut all = Vec::new();
    for rule in rules {
        for severity in words::SEVERITIES {
            if findings.iter().any(|f| f.rule == rule.id && f.severity == severity) {
                all.push(descriptor(rule, severity));
            }
        }
    }
    all
}

fn descriptor(rule: &Rule, severity: Severity) -> Descriptor<'_> {
    Descriptor {
        id: rule_id(rule.id, severity),
        name: rule.id,
        short_description: Message {
            text: rule.summary.to_owned(),
        },
        full_description: Message {
            text: format!("{}.", rule.summary),
        },
        help_uri: Some(rule.url),
        help: Some(Help {
            text: rule.page,
            markdown: rule.page,
        }),
        default_configuration: Configuration { level: level(severity) },
        properties: DescriptorProperties {
            tags: ["security", "iam", "external/cwe/cwe-269"],
            precision: "high",
            problem_severity: level(severity),
            security_severity: security_severity(severity),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// GitHub's bands: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

struct Writer<'a> {
    sources: &'a Sources,
    rules: Vec<String>,
    any_accepted: bool,
}

impl Writer<'_> {
    fn result(&self, finding: &Finding) -> ResultObject {
        let rule_id = rule_id(finding.rule, finding.severity);
        let rule_index = self.rules.iter().position(|r| *r == rule_id).unwrap_or(0);
        let primary = words::primary(finding);
        let fingerprint = &finding.fingerprint;
        ResultObject {
            rule_index,
            rule_id,
            kind: "fail",
            level: level(finding.severity),
            message: Message {
                text: text(&words::message(finding)),
            },
            locations: primary.iter().filter_map(|span| self.shown(*span)).collect(),
            related_locations: self.related(finding),
            code_flows: self.flow(finding, primary),
            // GitHub follows an alert by the hash of its first line; the identity of the finding is better than that.
            partial_fingerprints: BTreeMap::from([
                ("primaryLocationLineHash", format!("{fingerprint}:1")),
                ("rolecallFinding/v1", fingerprint.clone()),
            ]),
            suppressions: self.any_accepted.then(|| self.suppressions(finding)),
            properties: ResultProperties {
                technique: finding.technique.to_string(),
                severity: words::severity(finding.severity),
                confidence: words::confidence(finding.confidence),
                principal: place::plain(&finding.principal.address),
                role: finding.role.as_ref().map(|r| place::plain(&r.address)),
            },
        }
    }

    fn related(&self, finding: &Finding) -> Vec<Location> {
        let places = finding.steps.iter().filter(|s| !s.span.is_nowhere()).take(RELATED);
        places
            .enumerate()
            .filter_map(|(i, s)| self.location(s.span, Some(i + 1), Some(&s.message)))
            .collect()
    }

    /// The steps in the order of the story. What stands in no file is shown where the step before it is.
    fn flow(&self, finding: &Finding, primary: Option<Span>) -> Vec<CodeFlow> {
        let Some(mut last) = primary else { return Vec::new() };
        let mut locations = Vec::new();
        for (i, step) in finding.steps.iter().enumerate().take(FLOW) {
            if !step.span.is_nowhere() {
                last = step.span;
            }
            let Some(location) = self.location(last, None, Some(&told(finding, i, &step.message))) else {
                continue;
            };
            locations.push(FlowLocation {
                location,
                kinds: [words::step(step.kind)],
                execution_order: locations.len() + 1,
                importance: "essential",
            });
        }
        if locations.is_empty() {
            return Vec::new();
        }
        vec![CodeFlow {
            thread_flows: [ThreadFlow { locations }],
        }]
    }

    fn suppressions(&self, finding: &Finding) -> Vec<Suppression> {
        let accepted = finding.suppressed.iter();
        accepted
            .map(|s| Suppression {
                kind: if s.span.is_nowhere() { "external" } else { "inSource" },
                justification: text(&s.reason),
                location: self.location(s.span, None, None),
            })
            .collect()
    }

    /// A location with its text, for viewers that have no copy of the repository.
    fn shown(&self, span: Span) -> Option<Location> {
        let mut location = self.location(span, None, None)?;
        let range = span.start as usize..span.end as usize;
        let bytes = self.sources.bytes(span.file).ok()?.get(range).unwrap_or_default();
        if bytes.len() <= SNIPPET {
            let text = String::from_utf8_lossy(bytes).into_owned();
            location.physical_location.region.snippet = Some(Message { text });
        }
        Some(location)
    }

    fn location(&self, span: Span, id: Option<usize>, message: Option<&str>) -> Option<Location> {
        if span.is_nowhere() {
            return None;
        }
        let range = self.sources.positions(span);
        Some(Location {
            id,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: place::uri(self.sources.path(span.file)),
                    uri_base_id: "%SRCROOT%",
                },
                region: Region {
                    start_line: range.start.line,
                    start_column: range.start.column,
                    end_line: range.end.line,
                    end_column: range.end.column,
                    snippet: None,
                },
            },
            message: message.map(|m| Message { text: text(m) }),
        })
    }

    fn invocation(&self, report: &Report<'_>) -> Invocation {
        let analysis = report.analysis;
        let mut notifications: Vec<Notification> = analysis.diagnostics.iter().map(|d| self.problem(d)).collect();
        for module in &analysis.coverage.modules_unresolved {
            let told = format!(
                "{} was not analysed: {} is not in the repository",
                module.address, module.source
            );
            notifications.push(self.notification("warning", "module-unresolved", &told, module.span));
        }
        for policy in &analysis.coverage.policies_unknown {
            let told = format!("the policy of {} is not known in full: {}", policy.address, policy.why);
            notifications.push(self.notification("warning", "policy-unknown", &told, policy.span));
        }
        notifications.truncate(NOTIFICATIONS);
        let left_out = analysis.findings.len().saturating_sub(RESULTS);
        if left_out > 0 {
            let told = format!("{left_out} findings are left out: code scanning shows {RESULTS}");
            notifications.push(self.notification("warning", "too-many-results", &told, Span::NOWHERE));
        }
        Invocation {
            execution_successful: !report.failed(),
            tool_execution_notifications: notifications,
        }
    }

    fn problem(&self, diagnostic: &Diagnostic) -> Notification {
        let level = match diagnostic.level {
            Level::Error => "error",
            Level::Warning | Level::Finding(..) => "warning",
            Level::Note => "note",
        };
        self.notification(level, &diagnostic.code, &diagnostic.headline, diagnostic.span())
    }

    fn notification(&self, level: &'static str, code: &str, told: &str, span: Span) -> Notification {
        Notification {
            level,
            message: Message { text: text(told) },
            descriptor: Reference { id: code.to_owned() },
            locations: self.location(span, None, None).into_iter().collect(),
        }
    }
}

/// A step of a path; the first of each of several hops says what the hop is.
fn told(finding: &Finding, i: usize, step: &str) -> String {
    match words::hop_at(finding, i) {
        Some((number, hop)) => {
            let nth = words::nth_hop(finding, number).unwrap_or_default();
            format!("{nth}, {}: {step}", words::hop(hop))
        }
        None => step.to_owned(),
    }
}

/// Text of a message: nothing in it is taken for a link, and nothing commands a viewer.
fn text(message: &str) -> String {
    place::plain(message).replace("](", "]\\(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_are_kept_and_accepted_ones_give_way() {
        let sources = crate::sample::sources();
        let analysis = crate::sample::analysis(&sources);
        let accepted = |all: &[&Finding]| all.iter().filter(|f| f.suppressed.is_some()).count();
        let all = analysis.findings.len();
        assert_eq!(kept(&analysis.findings, all).len(), all);
        let fewer = kept(&analysis.findings, all - 1);
        assert_eq!((fewer.len(), accepted(&fewer)), (all - 1, 0));
        let two = kept(&analysis.findings, 2);
        assert!(two.iter().all(|f| f.severity == Severity::Critical) && two.len() == 2);
    }

    #[test]
    fn what_is_left_out_is_told() {
        let sources = crate::sample::sources();
        let mut analysis = crate::sample::analysis(&sources);
        analysis.findings = vec![analysis.findings[0].clone(); RESULTS + 3];
        let told = render(&Report {
            analysis: &analysis,
            sources: &sources,
            rules: crate::sample::RULES,
            version: "0.0.0",
            hidden: 0,
        });
        assert_eq!(told.matches("\"ruleIndex\"").count(), RESULTS);
        assert!(told.contains("3 findings are left out: code scanning shows 5000"));
    }

    #[test]
    fn text_of_the_repository_is_no_link() {
        assert_eq!(text("role `a[b](javascript:x)`"), "role `a[b]\\(javascript:x)`");
    }
}
