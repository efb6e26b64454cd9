//! `diff-expressions`: Terraform expressions, evaluated by the real terraform and by us.
//!
//! Each expression is wrapped in `jsonencode`, so that numbers are compared digit by digit. Terraform runs outside,
//! through `tf_eval.py` of the judges' folder.
//!
//! What is known to differ, and why:
//! - Our values do not say whether a list is a tuple, a list or a set, nor whether a map is an object. So a set may
//!   be indexed or concatenated, lists of sets do not reorder, `tolist([1]) == [1]` is true, and the key in a
//!   for-expression over a set is a number.
//! - A conditional's other branch is looked at only when it is written out, and only its outermost type must agree.
//! - `base64gzip`, `bcrypt`, `uuid` and `plantimestamp` are unknown.
//! - `cidrsubnet` takes no negative numbers.

mod generate;
mod picked;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::Outcome;

/// What an expression gives.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// Its value as JSON.
    Known(String),
    /// A value that is known only at deployment.
    Unknown,
    /// No value.
    Error(String),
}

impl Answer {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Error(_), Self::Error(_)) => true,
            (a, b) => a == b,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Known(json) => json.clone(),
            Self::Unknown => "(unknown)".into(),
            Self::Error(message) => format!("error: {}", message.lines().next().unwrap_or("")),
        }
    }
}

struct Arguments {
    oracles: PathBuf,
    cases: usize,
    seed: u64,
    record: Option<PathBuf>,
}

fn arguments(rest: &[String]) -> Result<Arguments, Box<dyn std::error::Error>> {
    let default =
        std::env::var_os("ROLECALL_ORACLES").map_or_else(|| crate::root().join("../shared/oracles"), PathBuf::from);
    let mut parsed = Arguments {
        oracles: default,
        cases: 3_000,
        seed: 1,
        record: None,
    };
    let mut rest = rest.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--oracles" => parsed.oracles = value.into(),
            "--cases" => parsed.cases = value.parse()?,
            "--seed" => parsed.seed = value.parse()?,
            "--record" => parsed.record = Some(value.into()),
            other => return Err(format!("no option {other}").into()),
        }
    }
    Ok(parsed)
}

pub(crate) fn run(rest: &[String]) -> Outcome {
    let arguments = arguments(rest)?;
    let mut expressions: Vec<String> = picked::EXPRESSIONS
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(Into::into)
        .collect();
    let picked = expressions.len();
    expressions.extend(generate::expressions(
        arguments.seed,
        arguments.cases.saturating_sub(picked),
    ));
    expressions.sort();
    expressions.dedup();
    let theirs = theirs(&arguments.oracles, &expressions)?;
    let ours: Vec<Answer> = expressions.iter().map(|e| ours(e)).collect();
    if let Some(path) = &arguments.record {
        record(path, &expressions, &theirs, &ours)?;
    }
    report(&expressions, &theirs, &ours)
}

fn ours(expression: &str) -> Answer {
    match rolecall_terraform::evaluate_expression(&format!("jsonencode({expression})")) {
        Ok(value) => match value.to_text().and_then(|t| t.as_str().map(str::to_owned)) {
            Some(json) => Answer::Known(json),
            None => Answer::Unknown,
        },
        Err(message) => Answer::Error(message),
    }
}

/// Expressions that one run of terraform evaluates.
const BATCH: usize = 1_000;

fn theirs(oracles: &Path, expressions: &[String]) -> Result<Vec<Answer>, Box<dyn std::error::Error>> {
    let mut answers = Vec::new();
    for batch in expressions.chunks(BATCH) {
        let mut input = String::new();
        for (id, expression) in batch.iter().enumerate() {
            writeln!(
                input,
                "{}",
                json!({ "id": id, "expr": format!("jsonencode({expression})") })
            )?;
        }
        let mut child = Command::new("python3")
            .arg(oracles.join("tf_eval.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut pipe = child.stdin.take().ok_or("no pipe to the judge")?;
        let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
        let output = child.wait_with_output()?;
        let _ = writer.join();
        if !output.status.success() {
            return Err("the judge failed".into());
        }
        for line in String::from_utf8(output.stdout)?.lines() {
            answers.push(answer(&serde_json::from_str(line)?));
        }
        let _ = writeln!(
            std::io::stderr(),
            "terraform: {} of {}",
            answers.len(),
            expressions.len()
        );
    }
    if answers.len() == expressions.len() {
        Ok(answers)
    } else {
        Err("the judge lost expressions".into())
    }
}

fn answer(line: &Json) -> Answer {
    match (
        line.get("value").and_then(Json::as_str),
        line.get("error").and_then(Json::as_str),
    ) {
        (Some(json), _) => Answer::Known(json.to_owned()),
        (None, Some(error)) => Answer::Error(error.to_owned()),
        (None, None) => Answer::Unknown,
    }
}

/// Writes the expressions on which both agree with terraform's answers, one a line, for the tests of
/// `rolecall-terraform`.
fn record(path: &Path, expressions: &[String], theirs: &[Answer], ours: &[Answer]) -> Outcome {
    let mut text = String::new();
    for ((expression, theirs), ours) in expressions.iter().zip(theirs).zip(ours) {
        if !theirs.agrees(ours) {
            continue;
        }
        let line = match theirs {
            Answer::Known(value) => json!({ "expression": expression, "json": value }),
            Answer::Error(_) => json!({ "expression": expression, "error": true }),
            Answer::Unknown => json!({ "expression": expression, "unknown": true }),
        };
        writeln!(text, "{line}")?;
    }
    std::fs::write(path, text)?;
    Ok(())
}

fn report(expressions: &[String], theirs: &[Answer], ours: &[Answer]) -> Outcome {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    let mut agreed = 0;
    for ((expression, theirs), ours) in expressions.iter().zip(theirs).zip(ours) {
        let kind = match (theirs, ours) {
            (Answer::Known(_), Answer::Known(_)) if theirs == ours => "same value",
            (Answer::Known(_), Answer::Known(_)) => "OTHER VALUE",
            (Answer::Error(_), Answer::Error(_)) => "both fail",
            (Answer::Unknown, Answer::Unknown) => "both unknown",
            (Answer::Error(_), _) => "only terraform fails",
            (_, Answer::Error(_)) => "ONLY WE FAIL",
            (Answer::Known(_), Answer::Unknown) => "only we do not know",
            (Answer::Unknown, Answer::Known(_)) => "only terraform does not know",
        };
        *counts.entry(kind).or_default() += 1;
        if theirs.agrees(ours) {
            agreed += 1;
        } else {
            writeln!(
                text,
                "{kind}: {expression}\n    terraform: {}\n    rolecall:  {}",
                theirs.shown(),
                ours.shown()
            )?;
        }
    }
    for (kind, count) in counts {
        writeln!(text, "{count:6} {kind}")?;
    }
    writeln!(text, "{agreed} of {} agree", expressions.len())?;
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}
