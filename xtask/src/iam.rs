//! `cargo xtask diff-iam`: our evaluator against programs that nobody here wrote.
//!
//! Random requests go to [iam-simulate](https://github.com/cloud-copilot/iam-simulate),
//! [iam-rs](https://crates.io/crates/iam-rs) and `rolecall policy eval`. A disagreement is explained iff a documented
//! fault of the judge accounts for it exactly: the request is rewritten into one that a judge without the fault would
//! read as the faulty judge reads the original, and ours must give the judge's answer to that.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;

/// Where the pages that faults are judged by begin.
const GUIDE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";

/// A program that answers request lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Judge {
    IamSimulate,
    IamRs,
}

/// A documented fault of a judge.
struct Fault {
    judge: Judge,
    id: &'static str,
    /// What AWS does, and what the judge does.
    what: &'static str,
    /// Page of the user guide that says what AWS does.
    page: &'static str,
    /// Rewrites a statement as the judge reads it, given the request; false when that changes nothing.
    rewrite: fn(&mut Value, &Value) -> bool,
}

const FAULTS: &[Fault] = &[
    Fault {
        judge: Judge::IamSimulate,
        id: "wildcard-resource-type",
        what: "a wildcard may stand for the type of a resource (`arn:aws:ec2:*:*:*/*`); iam-simulate never matches such a pattern",
        page: "reference_policies_elements_resource.html",
        rewrite: |statement, _| never_matching(statement, is_any_type),
    },
    Fault {
        judge: Judge::IamSimulate,
        id: "not-resource-compared-in-part",
        what: "a variable that cannot be resolved makes its statement invalid; iam-simulate applies a NotResource whose other parts differ already",
        page: "reference_policies_variables.html",
        rewrite: everything_for_unresolved_not_resource,
    },
    Fault {
        judge: Judge::IamRs,
        id: "not-resource-without-value",
        what: "a variable that cannot be resolved makes its statement invalid; iam-rs applies a NotResource with it to every resource",
        page: "reference_policies_variables.html",
        rewrite: everything_for_unresolved_not_resource,
    },
    Fault {
        judge: Judge::IamRs,
        id: "arn-equals-wildcards",
        what: "ArnEquals and ArnLike behave identically; iam-rs compares ArnEquals letter by letter",
        page: "reference_policies_elements_condition_operators.html#Conditions_ARN",
        rewrite: |statement, _| literal_arn_equals(statement),
    },
];

struct Options {
    requests: usize,
    seeds: Vec<u64>,
    oracles: PathBuf,
    /// The program to ask; without it, the one that `cargo run` builds.
    rolecall: Option<PathBuf>,
}

pub(crate) fn diff(arguments: &[String]) -> Outcome {
    let options = options(arguments)?;
    if !options.oracles.join("gen_requests.py").is_file() {
        return Err(format!(
            "the outside judges are not in {}: name their folder with --oracles or ROLECALL_JUDGES",
            options.oracles.display()
        )
        .into());
    }
    documented(&options)?;
    let mut unexplained = 0;
    for seed in &options.seeds {
        unexplained += random(&options, *seed)?;
    }
    if unexplained == 0 {
        Ok(())
    } else {
        Err(format!("{unexplained} disagreements are not explained").into())
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let given = std::env::var_os("ROLECALL_JUDGES").map(PathBuf::from);
    let mut options = Options {
        requests: 10_000,
        seeds: vec![7],
        oracles: given.unwrap_or_else(|| crate::root().join("../shared/oracles")),
        rolecall: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--requests" => options.requests = value()?.parse().map_err(|_| "--requests needs a number")?,
            "--seeds" => {
                let seeds: Result<_, _> = value()?.split(',').map(str::parse).collect();
                options.seeds = seeds.map_err(|_| "--seeds needs numbers with commas between")?;
            }
            "--oracles" => options.oracles = value()?.into(),
            "--rolecall" => options.rolecall = Some(value()?.into()),
            other => return Err(format!("no option {other}")),
        }
    }
    Ok(options)
}

/// Semantics that AWS documents, with the decision it documents: every one must be right.
fn documented(options: &Options) -> Outcome {
    let cases = lines(&std::fs::read_to_string(
        options.oracles.join("examples/aws_doc_cases.jsonl"),
    )?)?;
    let answers = ours(options, &cases)?;
    let wrong: Vec<String> = cases
        .iter()
        .zip(&answers)
        .filter(|(case, answer)| case.get("expect") != Some(&Value::Bool(is_allowed(answer))) || is_open(answer))
        .map(|(case, answer)| format!("  {}: {answer}", case.get("id").unwrap_or(&Value::Null)))
        .collect();
    say(&format!(
        "documented cases: {} of {} as AWS documents",
        cases.len() - wrong.len(),
        cases.len()
    ));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("documented cases:\n{}", wrong.join("\n")).into())
    }
}

/// Random requests: how many disagreements no fault explains.
fn random(options: &Options, seed: u64) -> Result<usize, Box<dyn std::error::Error>> {
    let generator = options.oracles.join("gen_requests.py");
    let requests = run(
        Command::new("python3")
            .arg(generator)
            .arg(options.requests.to_string())
            .arg(seed.to_string()),
        String::new(),
    )?;
    let requests = lines(&requests)?;
    let answers = ours(options, &requests)?;
    let mut unexplained = 0;
    for judge in [Judge::IamSimulate, Judge::IamRs] {
        let theirs = judge.answers(options, &requests)?;
        unexplained += compare(options, seed, judge, &requests, &answers, &theirs)?;
    }
    Ok(unexplained)
}

fn compare(
    options: &Options,
    seed: u64,
    judge: Judge,
    requests: &[Value],
    answers: &[Value],
    theirs: &[Value],
) -> Result<usize, Box<dyn std::error::Error>> {
    let differing: Vec<(&Value, &Value)> = requests
        .iter()
        .zip(answers)
        .zip(theirs)
        .filter(|((_, answer), their)| !judge.agrees(answer, their))
        .map(|((request, _), their)| (request, their))
        .collect();
    let (rewritten, faults): (Vec<Value>, Vec<Vec<&str>>) =
        differing.iter().map(|(request, _)| judge.misread(request)).unzip();
    let explained = ours(options, &rewritten)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut open: Vec<&Value> = Vec::new();
    for (((request, their), faults), answer) in differing.iter().zip(&faults).zip(&explained) {
        if !faults.is_empty() && judge.agrees(answer, their) {
            *counts.entry(faults.join(" + ")).or_default() += 1;
        } else {
            open.push(request);
        }
    }
    say(&format!(
        "seed {seed}, {judge:?}: {} requests, {} disagreements, {} not explained",
        requests.len(),
        differing.len(),
        open.len()
    ));
    for (faults, count) in &counts {
        say(&format!("  {count:>5} {faults}"));
    }
    for fault in FAULTS
        .iter()
        .filter(|f| f.judge == judge && counts.keys().any(|k| k.split(" + ").any(|id| id == f.id)))
    {
        say(&format!("        {}: {} ({GUIDE}{})", fault.id, fault.what, fault.page));
    }
    open.sort_by_key(|r| r.to_string().len());
    open.iter().take(5).for_each(|r| say(&format!("  not explained: {r}")));
    Ok(open.len())
}

impl Judge {
    fn answers(self, options: &Options, requests: &[Value]) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let installed = std::env::var_os("ORACLES").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/rolecall-oracles"),
            PathBuf::from,
        );
        let mut command = match self {
            Self::IamSimulate => Command::new("node"),
            Self::IamRs => Command::new(installed.join("rust/target/release/iamrs-oracle")),
        };
        if self == Self::IamSimulate {
            command.arg(options.oracles.join("iamsim.mjs"));
        }
        Ok(lines(&run(&mut command, text(requests))?)?)
    }

    /// iam-simulate tells the two kinds of denial apart, iam-rs only yes from no.
    fn agrees(self, answer: &Value, their: &Value) -> bool {
        let their = their.get("result");
        match self {
            Self::IamSimulate => !is_open(answer) && answer.get("result") == their,
            Self::IamRs => !is_open(answer) && their == Some(&Value::Bool(is_allowed(answer))),
        }
    }

    /// The request as this judge reads it, and the faults that make the difference.
    fn misread(self, request: &Value) -> (Value, Vec<&'static str>) {
        let mut out = request.clone();
        let mut faults = Vec::new();
        for fault in FAULTS.iter().filter(|f| f.judge == self) {
            let mut changed = false;
            for part in ["identity", "boundary", "scps"] {
                if let Some(documents) = out.get_mut(part) {
                    each_statement(documents, &mut |s| changed |= (fault.rewrite)(s, request));
                }
            }
            faults.extend(changed.then_some(fault.id));
        }
        (out, faults)
    }
}

/// Visits every statement of documents, however they are nested in lists.
fn each_statement(documents: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match documents {
        Value::Array(items) => items.iter_mut().for_each(|d| each_statement(d, visit)),
        Value::Object(document) => match document.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().for_each(visit),
            Some(statement) => visit(statement),
            None => {}
        },
        _ => {}
    }
}

/// Replaces the resources for which `never` holds with one that matches nothing.
fn never_matching(statement: &mut Value, never: impl Fn(&str) -> bool) -> bool {
    let mut changed = false;
    for element in ["Resource", "NotResource"] {
        let Some(resources) = statement.get_mut(element) else {
            continue;
        };
        let list = match resources {
            Value::Array(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for resource in list.iter_mut().filter(|r| r.as_str().is_some_and(&never)) {
            *resource = Value::from("arn:aws:none:::never");
            changed = true;
        }
    }
    changed
}

fn is_any_type(resource: &str) -> bool {
    resource.splitn(6, ':').nth(5).is_some_and(|r| r.starts_with("*/"))
}

fn everything_for_unresolved_not_resource(statement: &mut Value, request: &Value) -> bool {
    let Some(resources) = statement.get("NotResource") else {
        return false;
    };
    let has = |key: &str| request.get("context").is_some_and(|c| c.get(key).is_some());
    let unresolved = |resource: &str| {
        resource
            .split("${")
            .skip(1)
            .filter_map(|r| r.split_once('}'))
            .any(|(key, _)| !has(key))
    };
    let found = match resources {
        Value::Array(items) => items.iter().filter_map(Value::as_str).any(unresolved),
        one => one.as_str().is_some_and(unresolved),
    };
    if found && let Some(statement) = statement.as_object_mut() {
        statement.remove("NotResource");
        statement.insert("Resource".into(), Value::from("*"));
    }
    found
}

fn literal_arn_equals(statement: &mut Value) -> bool {
    let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) else {
        return false;
    };
    let operators: Vec<String> = conditions.keys().cloned().collect();
    let mut changed = false;
    for operator in operators {
        let literal = operator
            .replace("ArnEquals", "StringEquals")
            .replace("ArnNotEquals", "StringNotEquals");
        if literal != operator
            && let Some(keys) = conditions.remove(&operator)
        {
            conditions.insert(literal, keys);
            changed = true;
        }
    }
    changed
}

fn ours(options: &Options, requests: &[Value]) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let mut command = match &options.rolecall {
        Some(program) => Command::new(program),
        None => Command::new(env!("CARGO")),
    };
    if options.rolecall.is_none() {
        let run = ["run", "--quiet", "--package", "rolecall", "--"];
        command.current_dir(crate::root()).args(run);
    }
    command.args(["policy", "eval", "--jsonl"]);
    let answers = lines(&run(&mut command, text(requests))?)?;
    if answers.len() == requests.len() {
        Ok(answers)
    } else {
        Err("rolecall did not answer every request".into())
    }
}

fn is_allowed(answer: &Value) -> bool {
    answer.get("result").and_then(Value::as_str) == Some("Allowed")
}

/// True iff the answer is none: known policies and known requests always have one.
fn is_open(answer: &Value) -> bool {
    matches!(
        answer.get("result").and_then(Value::as_str),
        None | Some("Depends" | "Error")
    )
}

fn text(values: &[Value]) -> String {
    values.iter().map(|v| format!("{v}\n")).collect()
}

fn lines(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    text.lines()
        .filter(|l| !l.trim().is_empty())
        .map(serde_json::from_str)
        .collect()
}

/// Runs a program with `input` on its standard input; its standard output.
fn run(command: &mut Command, input: String) -> Result<String, Box<dyn std::error::Error>> {
    let program = Path::new(command.get_program()).display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot run {program}: {e}"))?;
    let mut pipe = child.stdin.take().ok_or("no pipe")?;
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    let written = writer.join();
    if !output.status.success() || !matches!(written, Ok(Ok(()))) {
        return Err(format!("{program} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn say(line: &str) {
    // Progress is not worth failing for.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_rewrites_what_it_is_about_and_nothing_else() {
        let request: Value = serde_json::json!({
            "context": {"aws:username": "alice"},
            "identity": [{"Statement": [
                {"Resource": ["arn:aws:ec2:*:*:*/*", "arn:aws:ec2:*:*:instance/*"]},
                {"NotResource": "arn:aws:iam::*:role/${aws:PrincipalTag/team}"},
                {"NotResource": "arn:aws:iam::*:role/${aws:username}",
                 "Condition": {"ArnEqualsIfExists": {"aws:PrincipalArn": "x"}}}
            ]}]
        });
        let never = "arn:aws:none:::never";
        let (out, faults) = Judge::IamSimulate.misread(&request);
        assert_eq!(faults, ["wildcard-resource-type", "not-resource-compared-in-part"]);
        let statements = &out["identity"][0]["Statement"];
        assert_eq!(
            statements[0]["Resource"],
            serde_json::json!([never, "arn:aws:ec2:*:*:instance/*"])
        );
        assert_eq!(statements[1], serde_json::json!({"Resource": "*"}));
        assert_eq!(statements[2], request["identity"][0]["Statement"][2]);
        let (out, faults) = Judge::IamRs.misread(&request);
        assert_eq!(faults, ["not-resource-without-value", "arn-equals-wildcards"]);
        assert_eq!(out["identity"][0]["Statement"][1], serde_json::json!({"Resource": "*"}));
        assert_eq!(
            out["identity"][0]["Statement"][2]["Condition"],
            serde_json::json!({"StringEqualsIfExists": {"aws:PrincipalArn": "x"}})
        );
        assert_eq!(
            out["identity"][0]["Statement"][0],
            request["identity"][0]["Statement"][0]
        );
    }
}
