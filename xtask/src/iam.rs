//! `cargo xtask diff-iam`: our evaluator against programs that nobody here wrote.
//!
//! Random requests go to [iam-simulate](https://github.com/cloud-copilot/iam-simulate),
//! [iam-rs](https://crates.io/crates/iam-rs) and `rolecall policy eval`. A disagreement is explained iff a documented
//! fault of the judge accounts for it exactly: the request is rewritten into one that a judge without the fault would
//! read as the faulty judge reads the original, and ours must give the judge's answer to that.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;

mod dice;
mod extras;
mod faults;
mod gains;
mod requests;
mod subjects;
mod tally;

use faults::{UNREAD, each_statement};
pub(crate) use gains::sample;
use tally::Tally;

/// Where the pages that faults are judged by begin.
const GUIDE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";

/// A program that answers request lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Judge {
    IamSimulate,
    IamRs,
}

struct Options {
    requests: usize,
    seeds: Vec<u64>,
    oracles: PathBuf,
    /// Pairs of callers to compare.
    pairs: usize,
    /// Requests for each pair of which the first may do nothing that the second may not.
    samples: usize,
    /// How many of them go to the judges.
    outside: usize,
    /// The program to ask; without it, the one that `cargo run` builds.
    rolecall: Option<PathBuf>,
}

pub(crate) fn diff(arguments: &[String]) -> Outcome {
    let options = options(arguments)?;
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
        pairs: 60,
        samples: 2_000,
        outside: 100,
        rolecall: None,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--requests" => options.requests = number(argument, value()?)?,
            "--pairs" => options.pairs = number(argument, value()?)?,
            "--samples" => options.samples = number(argument, value()?)?,
            "--outside" => options.outside = number(argument, value()?)?,
            "--seeds" => {
                let seeds: Result<_, _> = value()?.split(',').map(str::parse).collect();
                options.seeds = seeds.map_err(|_| "--seeds needs numbers with commas between")?;
            }
            "--oracles" => options.oracles = value()?.into(),
            "--rolecall" => options.rolecall = Some(value()?.into()),
            other => return Err(format!("no option {other}")),
        }
    }
    if options.oracles.join("gen_requests.py").is_file() {
        return Ok(options);
    }
    Err(format!(
        "the outside judges are not in {}: name their folder with --oracles or ROLECALL_JUDGES",
        options.oracles.display()
    ))
}

fn number(option: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("{option} needs a number"))
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
    let mut requests = lines(&requests)?;
    extras::add(&mut requests, seed);
    let answers = ours(options, &requests)?;
    let plain = |r: &Value| r.get("session").is_none() && r.get("resourcePolicy").is_none();
    let mut unexplained = 0;
    for judge in [Judge::IamSimulate, Judge::IamRs] {
        let mut tally = Tally::new(judge);
        if judge == Judge::IamRs {
            // It knows no policies of sessions and of resources.
            let (requests, answers): (Vec<Value>, Vec<Value>) = requests
                .iter()
                .zip(&answers)
                .filter(|(r, _)| plain(r))
                .map(|(r, a)| (r.clone(), a.clone()))
                .unzip();
            tally.add(options, &requests, &answers)?;
        } else {
            tally.add(options, &requests, &answers)?;
        }
        unexplained += tally.say(&format!("seed {seed}"));
    }
    Ok(unexplained)
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

    /// The reason for which the judge does not answer, of those that say nothing about an answer.
    fn unread(self, their: &Value) -> Option<&'static str> {
        let error = match self {
            Self::IamSimulate => their.pointer("/errors/message"),
            Self::IamRs => their.get("result"),
        };
        let known = UNREAD
            .iter()
            .find(|(judge, message, _)| *judge == self && error == Some(&Value::from(*message)));
        known.map(|(_, _, why)| *why)
    }

    /// iam-simulate tells the two kinds of denial apart, iam-rs only yes from no.
    fn agrees(self, answer: &Value, their: &Value) -> bool {
        let their = their.get("result");
        match self {
            Self::IamSimulate => !is_open(answer) && answer.get("result") == their,
            Self::IamRs => !is_open(answer) && their == Some(&Value::Bool(is_allowed(answer))),
        }
    }
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
