//! Every case under `testdata/rules`, in both languages: the findings stand on the lines that say so, and the twins
//! give the same graph.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its fixtures has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rolecall_checks::{Finding, Options, analyze};
use rolecall_facts::Output;
use rolecall_source::{Confidence, Severity, Sources};

const LANGUAGES: [&str; 2] = ["terraform", "cloudformation"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/rules")
}

/// The folders `<rule>/<case>`, sorted.
fn cases() -> Vec<PathBuf> {
    let folders = |dir: &Path| {
        let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
        let mut found: Vec<PathBuf> = entries.filter(|p| p.is_dir()).collect();
        found.sort();
        found
    };
    folders(&root()).iter().flat_map(|rule| folders(rule)).collect()
}

fn read(dir: &Path) -> Sources {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.push((name, fs::read_to_string(&path).unwrap()));
    }
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    Sources::in_memory(&borrowed)
}

fn outputs(sources: &Sources) -> Vec<Output> {
    vec![
        rolecall_terraform::analyze(sources, &rolecall_terraform::Options::default()),
        rolecall_cloudformation::analyze(sources, &rolecall_cloudformation::Options::default()),
    ]
}

/// `file:line: rule severity confidence principal -> role`, as the lines say.
fn expected(sources: &Sources) -> BTreeSet<String> {
    let mut expected = BTreeSet::new();
    for file in sources.ids() {
        let mut pending: Vec<&str> = Vec::new();
        for (number, line) in sources.text(file).unwrap().lines().enumerate() {
            let Some((before, finding)) = line.split_once("# finding: ") else {
                continue;
            };
            pending.push(finding.trim());
            if !before.trim().is_empty() {
                let place = format!("{}:{}", sources.path(file), number + 1);
                expected.extend(pending.drain(..).map(|f| format!("{place}: {f}")));
            }
        }
        assert!(
            pending.is_empty(),
            "{}: a finding is expected on no line",
            sources.path(file)
        );
    }
    expected
}

fn told(sources: &Sources, finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    };
    let confidence = if finding.confidence == Confidence::Certain {
        "certain"
    } else {
        "possible"
    };
    let mut text = format!(
        "{}:{}: ",
        sources.path(finding.primary.file),
        sources.position(finding.primary).line
    );
    write!(
        text,
        "{} {severity} {confidence} {}",
        finding.rule, finding.principal.name
    )
    .unwrap();
    if let Some(role) = &finding.role {
        write!(text, " -> {}", role.name).unwrap();
    }
    text
}

#[test]
fn findings_stand_on_the_lines_that_say_so() {
    let mut wrong = String::new();
    let mut checked = 0;
    for case in cases() {
        for language in LANGUAGES {
            let sources = read(&case.join(language));
            let analysis = analyze(outputs(&sources), &Options::default());
            let told: BTreeSet<String> = analysis.findings.iter().map(|f| told(&sources, f)).collect();
            let expected = expected(&sources);
            let name = case.strip_prefix(root()).unwrap().join(language);
            for missing in expected.difference(&told) {
                writeln!(wrong, "{}: missing {missing}", name.display()).unwrap();
            }
            for extra in told.difference(&expected) {
                writeln!(wrong, "{}: not expected {extra}", name.display()).unwrap();
            }
            for diagnostic in &analysis.diagnostics {
                writeln!(wrong, "{}: {}", name.display(), diagnostic.headline).unwrap();
            }
            checked += 1;
        }
    }
    assert!(checked > 40, "only {checked} cases were found");
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn twins_give_the_same_graph() {
    for case in cases() {
        let [terraform, cloudformation] = LANGUAGES.map(|language| {
            let sources = read(&case.join(language));
            let configurations = outputs(&sources).into_iter().flat_map(|o| o.configurations).collect();
            let graph = rolecall_graph::link(configurations, &rolecall_graph::Options::default(), &mut Vec::new());
            // Terraform calls a variable `var.x`, CloudFormation a parameter `x`.
            rolecall_graph::dump(&graph).replace("\u{27e8}var.", "\u{27e8}")
        });
        assert!(!terraform.is_empty(), "{}", case.display());
        assert_eq!(terraform, cloudformation, "{}", case.display());
    }
}

#[test]
fn every_witness_and_step_is_there() {
    for case in cases() {
        for language in LANGUAGES {
            let sources = read(&case.join(language));
            for finding in analyze(outputs(&sources), &Options::default()).findings {
                assert_eq!(finding.witness.is_some(), finding.role.is_some(), "{}", case.display());
                assert!(finding.steps.len() >= 2, "{}", case.display());
                assert!(!finding.primary.is_nowhere(), "{}", case.display());
                assert_eq!(
                    finding.assumptions.is_empty(),
                    finding.confidence == Confidence::Certain,
                    "{}",
                    case.display()
                );
                assert!(finding.fix.is_some(), "{}: no fix", case.display());
            }
        }
    }
}
