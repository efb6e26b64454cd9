//! Compares what `rolecall scan` says of a public repository with labels that people made for it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Outcome;

/// A principal and the role it launches with.
type Path2 = (String, String);

/// `LABELS.json FOLDER`: the labels and the checkout they speak of. Fails when a verdict differs.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [labels, folder] = arguments else {
        return Err("usage: cargo xtask labels LABELS.json FOLDER".into());
    };
    let labels: Value = serde_json::from_slice(&std::fs::read(labels)?)?;
    let folder = Path::new(folder);
    let scenarios = match labels.get("scenarios").and_then(Value::as_array) {
        Some(scenarios) => scenarios
            .iter()
            .map(|s| (text(s, "dir"), list(s, "ec2_passrole").to_vec()))
            .collect(),
        None => vec![(String::new(), whole(&labels))],
    };
    let mut out = std::io::stdout();
    let (mut agree, mut differ) = (0, 0);
    for (dir, verdicts) in scenarios {
        let told = scan(&folder.join(&dir))?;
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
    writeln!(out, "{agree} verdicts agree, {differ} differ")?;
    if differ > 0 {
        Err("some verdicts differ".into())
    } else {
        Ok(())
    }
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
            (None, Some((_, role))) if !yes => Some(format!("a path to {role}, labelled {}", text(verdict, "verdict"))),
            _ => None,
        };
        (wrong, principal)
    };
    verdicts.iter().map(one).collect()
}

fn scan(folder: &Path) -> Result<BTreeSet<Path2>, Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--release", "--package", "rolecall", "--"]);
    command
        .args(["scan", "--format", "json", "--fail-on", "never"])
        .arg(folder);
    let output = command.current_dir(crate::root()).output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let launches = list(&report, "findings")
        .iter()
        .filter(|f| text(f, "rule") == "launch-over-privileged-role");
    let address = |f: &Value, key: &str| f.get(key).map(|p| text(p, "address")).unwrap_or_default();
    Ok(launches
        .map(|f| (address(f, "principal"), address(f, "role")))
        .collect())
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
