//! `cargo xtask diff-gaad`: what rolecall makes of a Terraform configuration against what Terraform itself makes of it.
//!
//! The judge is a program that applies a configuration with the real Terraform and a stand-in for the AWS provider, and
//! leaves the account authorization details in `gaad.json` of a folder that it names on its last line (`work in DIR`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Command;

use serde_json::Value as Json;

use crate::Outcome;

/// Differences that are known and why.
const TABLE: &str = "docs/terraform-differences.md";
/// The account the judge deploys to.
const ACCOUNT: &str = "123456789012";
/// Who deploys, as the judge has it.
const CALLER: &str = ":user/terraform";
/// Elements of a statement in which a single string and a list of it are the same, and order does not count.
const SETS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// Compares each configuration and prints every difference.
pub(crate) fn diff(arguments: &[String]) -> Outcome {
    let (mut judge, mut rolecall, mut folders) = (None, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--judge" => judge = rest.next(),
            "--rolecall" => rolecall = rest.next(),
            folder => folders.push(folder.to_owned()),
        }
    }
    let judge = judge.ok_or("--judge PROGRAM is missing")?;
    let explained = explained(&std::fs::read_to_string(crate::root().join(TABLE))?);
    let built = crate::root().join("target/debug/rolecall").display().to_string();
    let rolecall = rolecall.unwrap_or(&built);
    let mut failed = 0;
    for folder in &folders {
        let mut report = match compare_folder(judge, rolecall, folder) {
            Ok(report) => report,
            Err(why) => Report {
                different: vec![format!("not compared: {why}")],
                ..Report::default()
            },
        };
        report.explain(folder, &explained);
        failed += usize::from(!report.different.is_empty());
        say(&format!("{folder}: {report}\n"));
        for line in &report.different {
            say(&format!("  {line}\n"));
        }
    }
    say(&format!("{} of {} agree\n", folders.len() - failed, folders.len()));
    if failed == 0 {
        Ok(())
    } else {
        Err("there are differences".into())
    }
}

fn say(line: &str) {
    let _ = std::io::stdout().write_all(line.as_bytes());
}

/// What comparing one configuration gave.
#[derive(Default)]
struct Report {
    compared: usize,
    /// Equal but for letters that the judge made up.
    made_up: usize,
    /// Differences that the table of differences explains.
    explained: usize,
    different: Vec<String>,
}

impl Report {
    /// Takes out the differences that a row of the table explains.
    fn explain(&mut self, folder: &str, rows: &[(String, String)]) {
        let before = self.different.len();
        let known = |line: &str| {
            rows.iter()
                .any(|(of, what)| folder.contains(of.as_str()) && line.contains(what.as_str()))
        };
        self.different.retain(|line| !known(line));
        self.explained = before - self.different.len();
    }
}

/// The rows of the table of differences: where, and what the line of the difference holds, both in backticks.
fn explained(page: &str) -> Vec<(String, String)> {
    let row = |line: &str| {
        let mut cells = line
            .strip_prefix('|')?
            .split('|')
            .map(|c| c.trim().trim_matches('`').to_owned());
        let (of, what) = (cells.next()?, cells.next()?);
        (line.contains('`') && !what.is_empty()).then_some((of, what))
    };
    page.lines().filter_map(row).collect()
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, m, e, d) = (self.compared, self.made_up, self.explained, self.different.len());
        write!(
            f,
            "{n} compared, {m} equal but for generated letters, {e} explained, {d} different"
        )
    }
}

/// `TREE`, or `TREE//FOLDER` when the root module is a folder of a tree.
fn compare_folder(judge: &str, rolecall: &str, folder: &str) -> Result<Report, Box<dyn std::error::Error>> {
    let (tree, sub) = folder.split_once("//").unwrap_or((folder, ""));
    let mut judged = Command::new(judge);
    judged.arg(tree);
    if !sub.is_empty() {
        judged.arg(sub);
    }
    let judged = judged.output()?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&judged.stdout),
        String::from_utf8_lossy(&judged.stderr)
    );
    let place = said.lines().rev().find_map(|l| l.strip_prefix("work in "));
    let place = place.ok_or_else(|| format!("the judge failed: {}", said.lines().last().unwrap_or_default()))?;
    let theirs: Json = serde_json::from_slice(&std::fs::read(format!("{place}/gaad.json"))?)?;
    let theirs = theirs.get("gaad").cloned().unwrap_or(theirs);
    let ours = Command::new(rolecall)
        .args(["dump", "gaad", "--account", ACCOUNT, tree])
        .output()?;
    let ours: Json = serde_json::from_slice(&ours.stdout)?;
    Ok(compare(&ours, &theirs))
}

fn compare(ours: &Json, theirs: &Json) -> Report {
    let mut report = Report::default();
    let lists = [
        ("UserDetailList", "UserName"),
        ("GroupDetailList", "GroupName"),
        ("RoleDetailList", "RoleName"),
        ("Policies", "Arn"),
    ];
    for (list, key) in lists {
        let (ours, theirs) = (by_key(ours, list, key), by_key(theirs, list, key));
        pair(&ours, &theirs, list, &mut report);
    }
    report
}

fn by_key(gaad: &Json, list: &str, key: &str) -> BTreeMap<String, BTreeMap<String, Json>> {
    let items = gaad.get(list).and_then(Json::as_array).into_iter().flatten();
    let named = |item: &Json| Some((item.get(key)?.as_str()?.to_owned(), facets(item)));
    items.filter_map(named).collect()
}

/// The parts of a principal or policy that are compared, each in one order.
fn facets(item: &Json) -> BTreeMap<String, Json> {
    let mut out = BTreeMap::new();
    let text = |v: Option<&Json>| v.and_then(Json::as_str).unwrap_or_default().to_owned();
    out.insert("arn".into(), text(item.get("Arn")).into());
    for (list, name, body) in [
        ("UserPolicyList", "PolicyName", "PolicyDocument"),
        ("GroupPolicyList", "PolicyName", "PolicyDocument"),
        ("RolePolicyList", "PolicyName", "PolicyDocument"),
        ("PolicyVersionList", "VersionId", "Document"),
    ] {
        for policy in item.get(list).and_then(Json::as_array).into_iter().flatten() {
            let document = policy.get(body).map(normal).unwrap_or_default();
            out.insert(format!("{list} {}", text(policy.get(name))), document);
        }
    }
    for (list, name) in [("AttachedManagedPolicies", "PolicyArn"), ("InstanceProfileList", "Arn")] {
        let entries = item.get(list).and_then(Json::as_array).into_iter().flatten();
        for entry in entries {
            out.insert(format!("{list} {}", text(entry.get(name))), Json::Null);
        }
    }
    for group in item.get("GroupList").and_then(Json::as_array).into_iter().flatten() {
        out.insert(format!("GroupList {}", text(Some(group))), Json::Null);
    }
    if let Some(trust) = item.get("AssumeRolePolicyDocument") {
        out.insert("AssumeRolePolicyDocument".into(), normal(trust));
    }
    if let Some(boundary) = item.get("PermissionsBoundary") {
        let arn = text(boundary.get("PermissionsBoundaryArn"));
        out.insert("PermissionsBoundary".into(), arn.into());
    }
    for tag in item.get("Tags").and_then(Json::as_array).into_iter().flatten() {
        out.insert(format!("Tag {}", text(tag.get("Key"))), text(tag.get("Value")).into());
    }
    out
}

/// Pairs two maps by equal keys, then by keys that differ in made-up letters only, and compares what they hold.
fn pair(
    ours: &BTreeMap<String, BTreeMap<String, Json>>,
    theirs: &BTreeMap<String, BTreeMap<String, Json>>,
    list: &str,
    report: &mut Report,
) {
    let same = |a: &BTreeMap<String, Json>, b: &BTreeMap<String, Json>| {
        a.iter().filter(|(name, value)| b.get(*name) == Some(value)).count()
    };
    let pairs = match_up(ours, theirs, &same, report);
    for (name, other) in pairs.ours {
        match (ours.get(name), theirs.get(other.map_or(name.as_str(), String::as_str))) {
            (Some(facets), Some(other)) => pair_facets(facets, other, &format!("{list} {name}"), report),
            _ => report.different.push(format!("{list} {name}: only ours")),
        }
    }
    let only = pairs
        .theirs
        .into_iter()
        .map(|name| format!("{list} {name}: only theirs"));
    report.different.extend(only);
}

fn pair_facets(ours: &BTreeMap<String, Json>, theirs: &BTreeMap<String, Json>, whose: &str, report: &mut Report) {
    let pairs = match_up(ours, theirs, &|a, b| usize::from(a == b), report);
    for (name, other) in pairs.ours {
        let value = ours.get(name).unwrap_or(&Json::Null);
        match theirs.get(other.map_or(name.as_str(), String::as_str)) {
            Some(other) if other == value => {}
            Some(other) if alike_json(value, other) => report.made_up += 1,
            Some(other) => report
                .different
                .push(format!("{whose}: {name}: ours {value} theirs {other}")),
            None => report.different.push(format!("{whose}: {name}: only ours {value}")),
        }
    }
    let only = pairs
        .theirs
        .into_iter()
        .map(|name| format!("{whose}: {name}: only theirs"));
    report.different.extend(only);
}

/// Which key of ours is which of theirs.
struct Pairs<'a> {
    /// Every key of ours, with the key of theirs that differs in made-up letters, if there is one.
    ours: Vec<(&'a String, Option<&'a String>)>,
    /// What is left of theirs.
    theirs: Vec<&'a String>,
}

/// Pairs keys; of several that are alike, those whose values have most in common and then begin most alike.
fn match_up<'a, V>(
    ours: &'a BTreeMap<String, V>,
    theirs: &'a BTreeMap<String, V>,
    same: &dyn Fn(&V, &V) -> usize,
    report: &mut Report,
) -> Pairs<'a> {
    let begin = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let mut likely: Vec<(usize, usize, &String, &String)> = Vec::new();
    for (a, x) in ours.iter().filter(|(k, _)| !theirs.contains_key(*k)) {
        for (b, y) in theirs.iter().filter(|(k, _)| !ours.contains_key(*k)) {
            if alike(a, b) {
                likely.push((same(x, y), begin(a, b), a, b));
            }
        }
    }
    likely.sort();
    let mut found: BTreeMap<&String, &String> = BTreeMap::new();
    let mut taken: BTreeSet<&String> = ours.keys().collect();
    for (_, _, a, b) in likely.into_iter().rev() {
        if !found.contains_key(a) && taken.insert(b) {
            found.insert(a, b);
        }
    }
    report.compared += ours.len();
    report.made_up += found.len();
    Pairs {
        ours: ours.keys().map(|k| (k, found.get(k).copied())).collect(),
        theirs: theirs.keys().filter(|k| !taken.contains(k)).collect(),
    }
}

/// A policy document in one order: statements as a list, sets of strings sorted, single strings as lists.
fn normal(document: &Json) -> Json {
    let Some(map) = document.as_object() else {
        return document.clone();
    };
    let mut out = map.clone();
    let statements = match map.get("Statement") {
        Some(Json::Array(list)) => list.iter().map(statement).collect(),
        Some(one @ Json::Object(_)) => vec![statement(one)],
        _ => Vec::new(),
    };
    out.insert("Statement".into(), statements.into());
    out.into()
}

fn statement(statement: &Json) -> Json {
    let Some(map) = statement.as_object() else {
        return statement.clone();
    };
    let mut out = serde_json::Map::new();
    for (key, value) in map {
        let value = match key.as_str() {
            "Principal" | "NotPrincipal" => each(value, &set),
            "Condition" => each(value, &|keys| each(keys, &set)),
            key if SETS.contains(&key) => set(value),
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    out.into()
}

fn each(value: &Json, f: &dyn Fn(&Json) -> Json) -> Json {
    match value.as_object() {
        Some(map) => map
            .iter()
            .map(|(k, v)| (k.clone(), f(v)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        None => value.clone(),
    }
}

/// A string or list of strings as a sorted list; truth values and numbers as AWS compares them, as strings.
fn set(value: &Json) -> Json {
    let text = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut all: Vec<String> = match value {
        Json::Array(list) => list.iter().map(text).collect(),
        one => vec![text(one)],
    };
    all.sort();
    all.dedup();
    all.into()
}

/// True iff two values differ in made-up letters only. Sorted sets may stand in another order then.
fn alike_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::String(a), Json::String(b)) => alike(a, b),
        (Json::Array(a), Json::Array(b)) => {
            let mut left: Vec<&Json> = b.iter().collect();
            a.len() == b.len()
                && a.iter().all(|x| {
                    let found = left.iter().position(|y| x == *y || alike_json(x, y));
                    found.map(|i| left.remove(i)).is_some()
                })
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(k, v)| match b.get(k) {
                    Some(other) => alike_json(v, other),
                    None => b.iter().any(|(o, w)| alike(k, o) && alike_json(v, w)),
                })
        }
        _ => a == b,
    }
}

/// True iff two texts are equal but for one stretch, which in theirs is made up: it ends in eight or more hexadecimal
/// digits.
fn alike(ours: &str, theirs: &str) -> bool {
    if ours == theirs || (theirs.contains(CALLER) && ours.contains("caller")) {
        return true;
    }
    let prefix = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
    let suffix = ours
        .bytes()
        .rev()
        .zip(theirs.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let end = theirs.len() - suffix.min(theirs.len() - prefix);
    let hex = |b: u8| b.is_ascii_hexdigit();
    let (mut from, mut to) = (end, end);
    let bytes = theirs.as_bytes();
    while from > 0 && bytes.get(from - 1).copied().is_some_and(hex) {
        from -= 1;
    }
    while bytes.get(to).copied().is_some_and(hex) {
        to += 1;
    }
    let digits = theirs.get(from..to).unwrap_or_default();
    // The stand-in puts the attribute's name before the digits where nothing better is known.
    let label = theirs.get(prefix.min(from)..from).unwrap_or_default();
    let name = |l: &str| !l.contains(['/', ':']) && (!l.contains('-') || separated(theirs, prefix));
    let attribute = label.is_empty() || label.strip_suffix('-').is_some_and(name);
    to - from >= 8 && attribute && digits.bytes().any(|b| b.is_ascii_digit())
}

/// True iff the part at `at` is one of its own: what stands before it ends in a separator.
fn separated(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with(['/', ':']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gaad(action: Json, name: &str) -> Json {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        json!({"RoleDetailList": [{
            "RoleName": name,
            "Arn": format!("arn:aws:iam::123456789012:role/{name}"),
            "AssumeRolePolicyDocument": {"Statement": []},
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document}],
        }]})
    }

    #[test]
    fn order_and_single_strings_do_not_count() {
        let report = compare(&gaad(json!(["b:c", "a:b"]), "x"), &gaad(json!(["a:b", "b:c"]), "x"));
        assert!(report.different.is_empty(), "{:?}", report.different);
        assert!(
            compare(&gaad(json!("a:b"), "x"), &gaad(json!(["a:b"]), "x"))
                .different
                .is_empty()
        );
    }

    #[test]
    fn another_action_a_missing_role_and_a_missing_policy_count() {
        let report = compare(&gaad(json!("a:b"), "x"), &gaad(json!("a:c"), "x"));
        assert_eq!(report.different.len(), 1);
        let report = compare(&gaad(json!("a:b"), "x"), &gaad(json!("a:b"), "y"));
        assert_eq!(report.different.len(), 2);
        let mut without = gaad(json!("a:b"), "x");
        without["RoleDetailList"][0]["RolePolicyList"] = json!([]);
        assert_eq!(compare(&without, &gaad(json!("a:b"), "x")).different.len(), 1);
        assert_eq!(compare(&gaad(json!("a:b"), "x"), &without).different.len(), 1);
    }

    #[test]
    fn a_row_of_the_table_explains_its_difference_only() {
        let rows = explained("| where | what | why |\n|---|---|---|\n| `lab` | `x: only ours` | it is disabled |\n");
        assert_eq!(rows, [("lab".to_owned(), "x: only ours".to_owned())]);
        let mut report = Report {
            different: vec![
                "RoleDetailList x: only ours".into(),
                "RoleDetailList y: only ours".into(),
            ],
            ..Report::default()
        };
        report.explain("other", &rows);
        assert_eq!(report.different.len(), 2);
        report.explain("a/lab", &rows);
        assert_eq!((report.different.len(), report.explained), (1, 1));
    }

    #[test]
    fn generated_names_are_alike() {
        assert!(alike("app-aws-iam-role.x.name", "app-0f3a9c2be51d77a01"));
        assert!(alike(
            "arn:aws:kms:x:key/aws-kms-key.k.key-id",
            "arn:aws:kms:x:key/key-id-0f3a9c2b"
        ));
        assert!(!alike("app-one", "app-two"));
        assert!(!alike("-node-group-x", "example-node-group-0f3a9c2be51d77a01"));
        let report = compare(
            &gaad(json!("a:b"), "app-generated"),
            &gaad(json!("a:b"), "app-0f3a9c2be51d77a01"),
        );
        assert!(report.different.is_empty(), "{:?}", report.different);
        assert!(report.made_up > 0);
    }
}
