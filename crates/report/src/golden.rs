//! The machine formats, whole, against files that `.ci/run` holds against the published schemas.

use std::fs;
use std::path::Path;

use crate::{Report, github, gitlab, json, junit, markdown, sample, sarif};

/// Compares with `tests/golden/NAME`; writes it instead where `ROLECALL_GOLDEN=write` is set.
pub(crate) fn golden(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("ROLECALL_GOLDEN").is_some_and(|v| v == "write") {
        fs::write(&file, now).unwrap();
    }
    let before = fs::read_to_string(&file).unwrap();
    let differ = before.lines().zip(now.lines()).position(|(a, b)| a != b);
    assert!(
        before == now,
        "{name} differs from line {:?} on; ROLECALL_GOLDEN=write writes it",
        differ.map(|n| n + 1)
    );
}

fn with(render: fn(&Report<'_>) -> String) -> String {
    let sources = sample::sources();
    let analysis = sample::analysis(&sources);
    render(&Report {
        analysis: &analysis,
        sources: &sources,
        rules: sample::RULES,
        version: "0.0.0",
        hidden: 2,
    })
}

#[test]
fn json_v1() {
    golden("report.json", &with(json::render));
}

#[test]
fn sarif_2_1_0() {
    golden("report.sarif", &with(sarif::render));
}

#[test]
fn gitlab_code_quality() {
    golden("gitlab.json", &with(gitlab::render));
}

#[test]
fn junit_xml() {
    golden("junit.xml", &with(junit::render));
}

#[test]
fn workflow_commands() {
    golden("github.txt", &with(github::render));
}

#[test]
fn step_summary() {
    golden("summary.md", &with(markdown::render));
}

#[test]
fn a_path_is_told_in_order_and_every_place_is_in_the_repository() {
    let log: serde_json::Value = serde_json::from_str(&with(sarif::render)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(results.len(), 10);
    for result in results {
        assert_eq!(
            rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"],
            result["ruleId"]
        );
        let steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
            .as_array()
            .unwrap();
        assert!(steps.len() >= 2);
        for (i, step) in steps.iter().enumerate() {
            assert_eq!(step["executionOrder"], i + 1);
            let place = &step["location"]["physicalLocation"];
            let path = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(
                !path.starts_with(['/', '.']) && !path.contains([':', '\\', ' ']),
                "{path}"
            );
            assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
        }
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
    }
    // The group is found before the statement, although it is written below it.
    let story = results[0]["codeFlows"][0]["threadFlows"][0]["locations"]
        .as_array()
        .unwrap();
    let lines: Vec<u64> = story
        .iter()
        .map(|s| {
            s["location"]["physicalLocation"]["region"]["startLine"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(lines, [5, 11, 17, 4, 10, 9, 20, 16]);
    assert_eq!(results[5]["suppressions"][0]["kind"], "inSource");
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
}
