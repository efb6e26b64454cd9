//! `cargo xtask diff-cfn`: what templates come to against what somebody else makes of them.
//!
//! With `--judge PROGRAM` the program is called with each template and prints what cfn-policy-validator's `parse`
//! prints: roles, users and groups with their policies, and beside them `Parameters` with the values it used. With `--sam OUTPUTS` each
//! template is a SAM template, and the folder holds what the SAM translator makes of it, under the same name. With
//! neither every template is only read.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rolecall_cloudformation::{Options, analyze};
use rolecall_facts::{Configuration, Output, PolicyRef, Principal};
use rolecall_source::{FileId, Kind, Piece, Sources, Text, Value, json};
use serde_json::Value as Json;

use crate::Outcome;

/// What the judges deploy to.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// Reads or compares every template below the folders.
pub(crate) fn diff(arguments: &[String]) -> Outcome {
    let (mut judge, mut sam, mut paths) = (None, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--judge" => judge = rest.next(),
            "--sam" => sam = rest.next(),
            path => collect(Path::new(path), &mut paths),
        }
    }
    paths.sort();
    let mut tally = Tally::default();
    for path in &paths {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let before = Instant::now();
        let output = read(path, &text);
        if !output.configurations.is_empty() {
            tally.scanning += before.elapsed();
            tally.bytes += text.len();
            tally.templates += output.configurations.len();
            let before = Instant::now();
            parse(&text);
            tally.parsing += before.elapsed();
        }
        for diagnostic in output
            .diagnostics
            .iter()
            .filter(|d| d.level == rolecall_source::Level::Error)
        {
            say(&format!("{}: {}\n", path.display(), diagnostic.headline));
        }
        let answer = match (judge, sam) {
            (Some(judge), _) if states_principals(&output) => by_judge(judge, path),
            (_, Some(outputs)) => by_translation(Path::new(outputs), path, &output),
            _ => continue,
        };
        tally.count(path, answer);
    }
    say(&format!(
        "{} files, {} templates of {} bytes: read in {:?}, of which the parser takes {:?}; {} agree, {} differ, {} not compared\n",
        paths.len(),
        tally.templates,
        tally.bytes,
        tally.scanning,
        tally.parsing,
        tally.agree,
        tally.differ,
        tally.skipped
    ));
    Ok(())
}

#[derive(Default)]
struct Tally {
    templates: usize,
    bytes: usize,
    scanning: Duration,
    parsing: Duration,
    agree: usize,
    differ: usize,
    skipped: usize,
}

impl Tally {
    fn count(&mut self, path: &Path, answer: Result<Vec<String>, String>) {
        match answer {
            Ok(differences) if differences.is_empty() => self.agree += 1,
            Ok(differences) => {
                self.differ += 1;
                say(&format!("{}\n", path.display()));
                for line in differences {
                    say(&format!("  {line}\n"));
                }
            }
            Err(why) => {
                self.skipped += 1;
                say(&format!("{}: not compared: {why}\n", path.display()));
            }
        }
    }
}

fn say(line: &str) {
    let _ = std::io::stdout().write_all(line.as_bytes());
}

fn collect(path: &Path, paths: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        return paths.push(path.to_path_buf());
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name() != ".git" {
            collect(&entry.path(), paths);
        }
    }
}

fn read(path: &Path, text: &str) -> Output {
    read_with(path, text, &Options::default())
}

fn read_with(path: &Path, text: &str, options: &Options) -> Output {
    let name = path
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    analyze(&Sources::in_memory(&[(&name, text)]), options)
}

/// What the frontend's own readers take for the text, and nothing else.
fn parse(text: &str) {
    if json::looks_like_json(text) && json::read_file(text, FileId(0)).is_ok() {
        return;
    }
    let mut parser = granit_parser::Parser::new_from_str(text);
    while let Some(Ok(_)) = parser.next_event() {}
}

fn states_principals(output: &Output) -> bool {
    output.configurations.iter().any(|c| !c.principals.is_empty())
}

/// Principals by name (or logical id) with what they hold: a policy's name and document, or an ARN alone.
type Holdings = BTreeMap<String, Vec<(String, Option<Json>)>>;

fn by_judge(judge: &str, path: &Path) -> Result<Vec<String>, String> {
    let ran = Command::new(judge).arg(path).output().map_err(|e| e.to_string())?;
    let theirs: Json =
        serde_json::from_slice(&ran.stdout).map_err(|_| String::from_utf8_lossy(&ran.stderr).trim().to_owned())?;
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let given = theirs.get("Parameters").and_then(Json::as_object);
    let parameters = given.into_iter().flatten().map(|(k, v)| (k.clone(), scalar(v)));
    let options = Options {
        parameters: parameters.collect(),
        ..Options::default()
    };
    let output = read_with(path, &text, &options);
    let ours = output.configurations.first().map(holdings).unwrap_or_default();
    Ok(differences(&ours, &judged(&theirs)))
}

/// The SAM translator's output, read by the same frontend.
fn by_translation(outputs: &Path, path: &Path, output: &Output) -> Result<Vec<String>, String> {
    let stem = path.file_stem().ok_or("no name")?;
    let translated = outputs.join(stem).with_extension("json");
    let text = std::fs::read_to_string(&translated).map_err(|_| "no translation".to_owned())?;
    if !text.contains("\"Resources\"") {
        return Err("the translator refuses it".to_owned());
    }
    let theirs = read(path, &text);
    let ours = output.configurations.first().map(holdings).unwrap_or_default();
    let theirs = theirs.configurations.first().map(holdings).unwrap_or_default();
    Ok(differences(&ours, &theirs))
}

fn holdings(configuration: &Configuration) -> Holdings {
    let mut all = Holdings::new();
    let name_of = |p: &Principal| {
        let name = flat(&p.name);
        if name.contains('\u{E000}') {
            last(&p.origin.address)
        } else {
            name
        }
    };
    let mut names: BTreeMap<Text, String> = BTreeMap::new();
    for principal in &configuration.principals {
        let name = name_of(principal);
        names.insert(principal.name.clone(), name.clone());
        names.insert(principal.arn.clone(), name.clone());
        let held = all.entry(name).or_default();
        if let Some(trust) = &principal.trust {
            held.push(("trust".to_owned(), Some(as_json(trust))));
        }
        if let Some(boundary) = &principal.boundary {
            held.push((format!("boundary {}", written(boundary)), None));
        }
    }
    for attachment in &configuration.attachments {
        let Some(name) = names.get(&attachment.to.by) else {
            continue;
        };
        let held = all.entry(name.clone()).or_default();
        match &attachment.policy {
            PolicyRef::Inline { name, body } => {
                held.push((
                    name.as_ref().map(Text::to_string).unwrap_or_default(),
                    Some(as_json(body)),
                ));
            }
            PolicyRef::Managed(arn) => {
                let local = configuration
                    .policies
                    .iter()
                    .find(|p| Some(&p.arn) == arn.to_text().as_ref());
                match local {
                    Some(policy) => held.push((
                        policy
                            .name
                            .as_str()
                            .map_or_else(|| last(&policy.origin.address), str::to_owned),
                        Some(as_json(&policy.body)),
                    )),
                    None => held.push((last(&written(arn)), None)),
                }
            }
        }
    }
    all
}

fn last(name: &str) -> String {
    name.rsplit(['#', '/']).next().unwrap_or("").to_owned()
}

fn written(value: &Value) -> String {
    match as_json(value) {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// What cfn-policy-validator prints, as holdings. It prints no boundaries.
fn judged(parsed: &Json) -> Holdings {
    let mut all = Holdings::new();
    for kind in ["Roles", "Users", "Groups"] {
        for principal in parsed.get(kind).and_then(Json::as_array).into_iter().flatten() {
            let text = |v: &Json, k: &str| v.get(k).and_then(Json::as_str).unwrap_or("").to_owned();
            let name = match text(principal, "RoleName") {
                empty if empty.is_empty() => text(principal, &format!("{}Name", kind.trim_end_matches('s'))),
                name => name,
            };
            let held = all
                .entry(if name.is_empty() { text(principal, "Name") } else { name })
                .or_default();
            if let Some(trust) = principal.get("TrustPolicy").filter(|t| t.is_object()) {
                let document = trust.get("Policy").unwrap_or(trust);
                held.push(("trust".to_owned(), Some(document.clone())));
            }
            for policy in principal.get("Policies").and_then(Json::as_array).into_iter().flatten() {
                let managed = policy.get("IsAWSManagedPolicy").and_then(Json::as_bool) == Some(true);
                let document = policy.get("Policy").filter(|_| !managed).cloned();
                held.push((last(&text(policy, "Name")), document));
            }
        }
    }
    all
}

fn differences(ours: &Holdings, theirs: &Holdings) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, held) in theirs {
        let Some(mine) = ours.get(name) else {
            lines.push(format!("only theirs: {name}"));
            continue;
        };
        let mut left: Vec<&(String, Option<Json>)> = mine.iter().collect();
        for (policy, document) in held {
            let found = left.iter().position(|(n, d)| {
                let named = same_text(n, policy);
                named && d.as_ref().zip(document.as_ref()).is_none_or(|(a, b)| same(a, b))
            });
            match found {
                Some(at) => drop(left.swap_remove(at)),
                None => lines.push(format!("only theirs: {name} {policy} {}", shown(document.as_ref()))),
            }
        }
        let rest = left.into_iter().filter(|(n, _)| !n.starts_with("boundary"));
        lines.extend(rest.map(|(n, d)| format!("only ours: {name} {n} {}", shown(d.as_ref()))));
    }
    let extra = ours.keys().filter(|n| !theirs.contains_key(*n));
    lines.extend(extra.map(|n| format!("only ours: {n}")));
    lines
}

fn shown(document: Option<&Json>) -> String {
    document.map(Json::to_string).unwrap_or_default()
}

/// A value as JSON, symbols between U+E000 and U+E001.
fn as_json(value: &Value) -> Json {
    match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::List(list) => Json::Array(list.items.iter().map(as_json).collect()),
        Kind::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.to_string(), as_json(v))).collect()),
        Kind::Encoded(encoded) => as_json(&encoded.value),
        Kind::Choice(choice) => {
            let options = choice.options.iter().map(|(s, v)| (s.to_string(), as_json(v)));
            Json::Object(
                [("?".to_owned(), Json::Object(options.collect()))]
                    .into_iter()
                    .collect(),
            )
        }
        _ => Json::String(value.to_text().map_or_else(String::new, |t| flat(&t))),
    }
}

fn flat(text: &Text) -> String {
    let mut out = String::new();
    for piece in text.pieces() {
        match piece {
            Piece::Letters(letters) => out.push_str(letters),
            Piece::Symbol(symbol) if symbol.id.starts_with("account:") => out.push_str(ACCOUNT),
            Piece::Symbol(symbol) if symbol.id.starts_with("region:") => out.push_str(REGION),
            Piece::Symbol(symbol) => {
                out.push('\u{E000}');
                out.push_str(&symbol.name);
                out.push('\u{E001}');
            }
        }
    }
    out
}

/// True iff the documents are equal, a symbol standing for any text, scalars compared as text and lists in any order.
fn same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Array(a), Json::Array(b)) => {
            let mut left: Vec<&Json> = b.iter().collect();
            a.len() == b.len()
                && a.iter().all(|a| {
                    let found = left.iter().position(|b| same(a, b));
                    found.map(|at| left.swap_remove(at)).is_some()
                })
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        (Json::Array(_) | Json::Object(_), _) | (_, Json::Array(_) | Json::Object(_)) => {
            ours.as_str().is_some_and(|t| t.starts_with('\u{E000}'))
        }
        (a, b) => same_text(&scalar(a), &scalar(b)),
    }
}

fn scalar(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// True iff `theirs` is `ours` with some text for each symbol.
fn same_text(ours: &str, theirs: &str) -> bool {
    if ours == theirs {
        return true;
    }
    let mut parts = ours.split('\u{E000}');
    let Some(mut rest) = parts.next().and_then(|first| theirs.strip_prefix(first)) else {
        return false;
    };
    let after: Vec<&str> = parts.filter_map(|p| p.split_once('\u{E001}').map(|(_, l)| l)).collect();
    for (i, letters) in after.iter().enumerate() {
        if i + 1 == after.len() {
            return rest.ends_with(letters);
        }
        let Some(at) = rest.find(letters) else {
            return false;
        };
        rest = rest.get(at + letters.len()..).unwrap_or("");
    }
    rest.is_empty()
}
