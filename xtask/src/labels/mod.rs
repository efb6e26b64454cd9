//! Compares what `rolecall scan` says of a public repository with labels that people made for it.

mod table;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use rolecall_checks::techniques;
use serde_json::Value;

use crate::Outcome;

/// A principal and the role it launches with.
type Path2 = (String, String);

/// A report of `rolecall scan`, as JSON.
pub(crate) type Scanned = Result<Value, Box<dyn std::error::Error>>;
/// The labels beside what was told.
pub(crate) type Tabled = Result<table::Table, Box<dyn std::error::Error>>;

/// `[--rolecall PATH] [--table FILE] LABELS.json FOLDER …`: the labels and the checkout they speak of. Fails when a verdict
/// differs, unless it is explained.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut rest = arguments;
    let (mut rolecall, mut page) = (crate::root().join("target/debug/rolecall"), None);
    while let [option, value, more @ ..] = rest {
        match option.as_str() {
            "--rolecall" => rolecall = value.into(),
            "--table" => page = Some(value),
            _ => break,
        }
        rest = more;
    }
    if rest.is_empty() || !rest.len().is_multiple_of(2) {
        return Err("usage: cargo xtask labels [--rolecall PATH] [--table FILE] LABELS.json FOLDER …".into());
    }
    let mut tables = Vec::new();
    let mut wrong = 0;
    for pair in rest.chunks(2) {
        let [labels, folder] = pair else { continue };
        let labels: Value = serde_json::from_slice(&std::fs::read(labels)?)?;
        let (table, differ) = one(&labels, Path::new(folder), &rolecall)?;
        wrong += differ + table.rows.iter().filter(|r| r.is_unexplained()).count();
        tables.push(table);
    }
    let told = table::page(&tables);
    if let Some(page) = page {
        std::fs::write(page, &told)?;
    }
    let mut out = std::io::stdout();
    for line in told.lines().filter(|l| l.ends_with("as labelled.")) {
        writeln!(out, "{line}")?;
    }
    for row in tables.iter().flat_map(|t| &t.rows).filter(|r| r.is_unexplained()) {
        writeln!(out, "{}", row.told())?;
    }
    if wrong > 0 {
        Err("some verdicts differ".into())
    } else {
        Ok(())
    }
}

/// Both kinds of labels of one corpus; how many verdicts on EC2 launches differ.
fn one(labels: &Value, folder: &Path, rolecall: &Path) -> Result<(table::Table, usize), Box<dyn std::error::Error>> {
    let reports: RefCell<BTreeMap<String, Value>> = RefCell::default();
    let scan = |dir: &str| -> Scanned {
        if let Some(known) = reports.borrow().get(dir) {
            return Ok(known.clone());
        }
        let report = scan(&folder.join(dir), rolecall)?;
        reports.borrow_mut().insert(dir.to_owned(), report.clone());
        Ok(report)
    };
    let scenarios = match labels.get("scenarios").and_then(Value::as_array) {
        Some(scenarios) => scenarios
            .iter()
            .map(|s| (text(s, "dir"), list(s, "ec2_passrole").to_vec()))
            .collect(),
        None => vec![(String::new(), whole(labels))],
    };
    let mut out = std::io::stdout();
    let (mut agree, mut differ) = (0, 0);
    for (dir, verdicts) in scenarios {
        let told = launches(&scan(&dir)?, labels);
        for (wrong, principal) in compare(&verdicts, &told) {
            match wrong {
                None => agree += 1,
                Some(why) => {
                    differ += 1;
                    writeln!(out, "{dir} {principal}: {why}")?;
                }
            }
        }
    }
    writeln!(out, "launches: {agree} verdicts agree, {differ} differ")?;
    let table = match labels.get("scenarios") {
        Some(_) => table::scenarios(labels, scan)?,
        None => table::principals(labels, &scan("")?),
    };
    Ok((table, differ))
}

/// The verdicts of a file that labels one configuration, principal by principal.
fn whole(labels: &Value) -> Vec<Value> {
    let one = |principal: &Value| {
        let mut verdict = principal.get("ec2_passrole").cloned().unwrap_or_default();
        if let Some(map) = verdict.as_object_mut() {
            map.insert("principal".to_owned(), text(principal, "address").into());
        }
        verdict
    };
    list(labels, "principals").iter().map(one).collect()
}

/// Each verdict with what is wrong about it. A verdict on `*` speaks of every principal of its scenario.
fn compare(verdicts: &[Value], told: &BTreeSet<Path2>) -> Vec<(Option<String>, String)> {
    let one = |verdict: &Value| {
        let principal = text(verdict, "principal");
        let mine: Vec<&Path2> = told
            .iter()
            .filter(|(p, _)| principal == "*" || *p == principal)
            .collect();
        let targets: Vec<String> = match verdict.get("target_role") {
            Some(role) => vec![role.as_str().unwrap_or_default().to_owned()],
            None => list(verdict, "target_roles")
                .iter()
                .filter_map(|r| r.as_str().map(str::to_owned))
                .collect(),
        };
        // "yes-without-passrole" names a path of another technique: taking over compute that is there already.
        let yes = text(verdict, "verdict") == "yes";
        let missing = targets.iter().find(|t| yes && !mine.iter().any(|(_, r)| r == *t));
        let wrong = match (missing, mine.first()) {
            (Some(role), _) => Some(format!("no path to {role}")),
            (None, Some((_, role))) if text(verdict, "verdict") == "no" => {
                Some(format!("a path to {role}, labelled {}", text(verdict, "verdict")))
            }
            _ => None,
        };
        (wrong, principal)
    };
    verdicts.iter().map(one).collect()
}

fn scan(folder: &Path, rolecall: &Path) -> Scanned {
    let mut command = Command::new(rolecall);
    command
        .args(["scan", "--format", "json", "--fail-on", "never"])
        .arg(folder);
    Ok(serde_json::from_slice(&command.output()?.stdout)?)
}

/// Who launches EC2 instances with which role, by techniques that the labels do not count as another path.
fn launches(report: &Value, labels: &Value) -> BTreeSet<Path2> {
    let other = |f: &Value| {
        let principal = f.get("principal").map(|p| text(p, "address"));
        let technique = techniques().iter().find(|t| *t.id == *text(f, "technique"));
        let paths = list(labels, "principals")
            .iter()
            .filter(|p| Some(text(p, "address")) == principal)
            .flat_map(|p| list(p, "other_paths"));
        let mut ids = paths.map(|p| text(p, "catalogue_id"));
        technique.is_some_and(|t| ids.any(|id| t.known_as.contains(&id)))
    };
    let launches = list(report, "findings")
        .iter()
        .filter(|f| text(f, "rule") == "launch-over-privileged-role" && !other(f));
    let address = |f: &Value, key: &str| f.get(key).map(|p| text(p, "address")).unwrap_or_default();
    launches
        .map(|f| (address(f, "principal"), address(f, "role")))
        .collect()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_path_and_one_too_many_differ() {
        let verdicts = [
            serde_json::json!({"principal": "a", "verdict": "yes", "target_roles": ["r"]}),
            serde_json::json!({"principal": "b", "verdict": "no"}),
            serde_json::json!({"principal": "*", "verdict": "no"}),
        ];
        let told = BTreeSet::from([("b".to_owned(), "r".to_owned())]);
        let wrong: Vec<bool> = compare(&verdicts, &told).iter().map(|w| w.0.is_some()).collect();
        assert_eq!(wrong, [true, true, true]);
        let told = BTreeSet::from([("a".to_owned(), "r".to_owned())]);
        let wrong: Vec<bool> = compare(&verdicts, &told).iter().map(|w| w.0.is_some()).collect();
        assert_eq!(wrong, [false, false, true]);
    }
}
