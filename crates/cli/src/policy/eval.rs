//! `rolecall policy eval --jsonl`: request lines in, answer lines out, in the same order.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use rolecall_iam::{Answer, Outcome, Request, evaluate};
use rolecall_source::{Diagnostic, Map, Span, Text, Value, json, limits};

use super::request;
use crate::console::{self, Failure};
use crate::exit::Exit;

/// How many lines are read before they are answered.
const BATCH: usize = 4_096;

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Requests are JSON objects, one a line: id, principal, action, resource, account, context, identity, boundary,
    /// session, resourcePolicy, scps
    #[arg(long, required = true)]
    pub(crate) jsonl: bool,
    /// Where the requests are [default: standard input]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Answers each line: `{"id", "result", …}` with `result` one of `Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied`,
/// `Depends` (with `assuming`) and `Error` (with `errors`). What was wrong with a policy is told in `notes`.
pub(crate) fn run(args: &EvalArgs) -> Result<Exit, Failure> {
    let place = args.file.clone().unwrap_or_else(|| PathBuf::from("standard input"));
    let mut reader: Box<dyn BufRead> = match &args.file {
        Some(path) => Box::new(BufReader::new(open(path)?)),
        None => Box::new(std::io::stdin().lock()),
    };
    loop {
        let lines = batch(&mut *reader).map_err(|e| Failure::read(&place, &e))?;
        if lines.is_empty() {
            return Ok(Exit::Clean);
        }
        let answers: Vec<String> = lines.par_iter().map(|line| answer(line)).collect();
        console::print(answers.concat().as_bytes())?;
    }
}

fn open(path: &Path) -> Result<std::fs::File, Failure> {
    std::fs::File::open(path).map_err(|e| Failure::read(path, &e))
}

/// The next lines that are not blank. A line may be as long as a file.
fn batch(reader: &mut dyn BufRead) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    while lines.len() < BATCH {
        let mut bytes = Vec::new();
        let limit = limits::FILE_BYTES as u64;
        if reader.take(limit).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&bytes);
        if !line.trim().is_empty() {
            lines.push(line.into_owned());
        }
    }
    Ok(lines)
}

fn answer(line: &str) -> String {
    let document = match json::read_text(&Text::plain(line)) {
        Ok(document) => document.value,
        Err(error) => return error_line(Value::null(Span::NOWHERE), &error.message),
    };
    let Some(map) = document.as_map() else {
        return error_line(Value::null(Span::NOWHERE), "a request must be a JSON object");
    };
    let id = map.get("id").cloned().unwrap_or_else(|| Value::null(Span::NOWHERE));
    match judge(map) {
        Ok(fields) => written(id, fields),
        Err(message) => error_line(id, &message),
    }
}

fn judge(line: &Map) -> Result<Vec<(&'static str, Value)>, String> {
    if line.get("rcps").is_some_and(|v| !v.is_null()) {
        return Err("`rcps` is not supported: resource control policies are not evaluated".to_owned());
    }
    let text = |name: &str| {
        let value = line.get(name).and_then(Value::as_str);
        value.ok_or_else(|| format!("`{name}` must be a string"))
    };
    let context = match line.get("context").filter(|c| !c.is_null()) {
        Some(context) => request::context(context.as_map().ok_or("`context` must be an object")?)?,
        None => Default::default(),
    };
    let caller = request::caller(text("principal")?, &context);
    let mut diagnostics = Vec::new();
    let authority = request::authority(line, caller, &context, &mut diagnostics)?;
    let request = Request {
        action: text("action")?.to_owned(),
        resource: Text::plain(text("resource")?),
        context,
    };
    let decision = evaluate(&authority, &request);
    let result = match (&decision.answer, decision.outcome) {
        (Answer::Depends(_), _) => "Depends",
        (_, Outcome::Allowed) => "Allowed",
        (_, Outcome::ExplicitlyDenied) => "ExplicitlyDenied",
        (_, Outcome::ImplicitlyDenied) => "ImplicitlyDenied",
    };
    let mut fields = vec![("result", string(result))];
    if let Answer::Depends(assumptions) = &decision.answer {
        fields.push(("assuming", strings(assumptions.iter().map(|a| a.to_string()))));
    }
    if !diagnostics.is_empty() {
        fields.push((
            "notes",
            strings(diagnostics.into_iter().map(|d: Diagnostic| d.headline)),
        ));
    }
    Ok(fields)
}

fn error_line(id: Value, message: &str) -> String {
    written(
        id,
        vec![
            ("result", string("Error")),
            ("errors", strings([message.to_owned()].into_iter())),
        ],
    )
}

fn written(id: Value, fields: Vec<(&'static str, Value)>) -> String {
    let entries = std::iter::once(("id", id))
        .chain(fields)
        .map(|(k, v)| (Text::plain(k), v));
    format!("{}\n", json::write(&Value::map(entries, Span::NOWHERE)))
}

fn string(text: &str) -> Value {
    Value::string(text, Span::NOWHERE)
}

fn strings(texts: impl Iterator<Item = String>) -> Value {
    Value::list(texts.map(|t| string(&t)).collect(), Span::NOWHERE)
}
