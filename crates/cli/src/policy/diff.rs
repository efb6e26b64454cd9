//! `rolecall policy diff`: what a new policy allows that an old one does not, and the reverse.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rolecall_iam::{Answer, Authority, Context, Engine, Gain, Rank, Request, ServiceGain};
use rolecall_source::{Number, Span, Text, Value, json};

use super::files::{Files, PolicyFiles};
use crate::console::{self, Failure};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The policy as it was
    pub(crate) old: PathBuf,
    /// The policy as it will be
    pub(crate) new: PathBuf,
    /// The ARN of the user or role that has the policy
    #[arg(long, value_name = "ARN", default_value = super::SOMEBODY)]
    pub(crate) principal: String,
    /// The format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For programs: see docs/cli.md
    Json,
}

/// Ends with 0 when the new policy certainly allows nothing that the old one does not, else with 1.
pub(crate) fn run(args: &DiffArgs) -> Result<Exit, Failure> {
    let mut files = Files::new([&args.old, &args.new]);
    let mut read = |path: &PathBuf| -> Result<Authority, Failure> {
        let identity = std::slice::from_ref(path);
        let which = PolicyFiles {
            identity,
            ..PolicyFiles::of(&args.principal)
        };
        files.authority(&which, &Context::new())
    };
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    files.complain();
    let engine = Engine::new();
    let (gained, lost) = (engine.gain(&new, &old), engine.gain(&old, &new));
    let out = match args.format {
        DiffFormat::Text => text(&gained, &lost),
        DiffFormat::Json => format!("{}\n", json::write(&document(&gained, &lost))),
    };
    console::print(out.as_bytes())?;
    Ok(if gained.answer.is_no() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// The new policy beside the old one, where both directions are decided.
fn relation(gained: &Gain, lost: &Gain) -> &'static str {
    match (&gained.answer, &lost.answer) {
        (Answer::No, Answer::No) => "equal",
        (Answer::No, Answer::Yes) => "narrower",
        (Answer::Yes, Answer::No) => "wider",
        (Answer::Yes, Answer::Yes) => "different",
        _ => "undecided",
    }
}

fn text(gained: &Gain, lost: &Gain) -> String {
    let mut out = match relation(gained, lost) {
        "equal" => "equal: both allow the same".to_owned(),
        "narrower" => "narrower: the new policy allows less".to_owned(),
        "wider" => "wider: the new policy allows more".to_owned(),
        "different" => "different: each allows something that the other does not".to_owned(),
        _ => "undecided: see what it depends on".to_owned(),
    };
    out.push('\n');
    side(&mut out, "gained", gained);
    side(&mut out, "lost", lost);
    out
}

/// One direction. (A string cannot fail to take more.)
fn side(out: &mut String, title: &str, gain: &Gain) {
    match &gain.answer {
        Answer::No => return,
        Answer::Yes if gain.rank == Rank::Administrator => {
            let _ = writeln!(out, "\n{title}: administrator");
        }
        Answer::Yes => {
            let _ = writeln!(out, "\n{title}:");
        }
        Answer::Depends(assumptions) => {
            let _ = writeln!(out, "\n{title}, perhaps:");
            for assumption in assumptions {
                let _ = writeln!(out, "  if {assumption}");
            }
        }
    }
    for service in gain.by_service.iter() {
        let _ = writeln!(out, "  {}", summary(service));
    }
    if let Some(witness) = &gain.witness {
        let _ = writeln!(out, "  for example: {}", shown(&witness.request));
    }
}

fn summary(service: &ServiceGain) -> String {
    let levels: Vec<&str> = service.levels.iter().map(|l| l.name()).collect();
    let actions = if service.actions == 1 { "action" } else { "actions" };
    let more = if service.actions > service.examples.len() {
        ", …"
    } else {
        ""
    };
    format!(
        "{}: {} {actions} ({}): {}{more}",
        service.service,
        service.actions,
        levels.join(", "),
        service.examples.join(", ")
    )
}

fn shown(request: &Request) -> String {
    let mut out = format!("{} on {}", request.action, request.resource);
    for (key, values) in &request.context {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        let _ = write!(out, ", {key} = {}", values.join(", "));
    }
    out
}

fn document(gained: &Gain, lost: &Gain) -> Value {
    object([
        ("version", number(1)),
        ("relation", string(relation(gained, lost))),
        ("gained", direction(gained)),
        ("lost", direction(lost)),
    ])
}

fn direction(gain: &Gain) -> Value {
    let (answer, assumptions) = match &gain.answer {
        Answer::Yes => ("yes", Vec::new()),
        Answer::No => ("no", Vec::new()),
        Answer::Depends(assumptions) => ("depends", assumptions.iter().map(|a| string(a.clause())).collect()),
    };
    let services = gain.by_service.iter().map(|s| {
        object([
            ("service", string(&s.service)),
            ("levels", list(s.levels.iter().map(|l| string(l.name())))),
            ("actions", number(s.actions)),
            ("examples", list(s.examples.iter().map(|e| string(e)))),
        ])
    });
    object([
        ("answer", string(answer)),
        (
            "administrator",
            Value::bool(gain.rank == Rank::Administrator && !gain.answer.is_no(), Span::NOWHERE),
        ),
        ("by_service", list(services)),
        (
            "witness",
            gain.witness
                .as_ref()
                .map_or(Value::null(Span::NOWHERE), |w| request(&w.request)),
        ),
        ("assumptions", list(assumptions.into_iter())),
    ])
}

fn request(request: &Request) -> Value {
    let context = request.context.iter().map(|(key, values)| {
        let values = list(values.iter().map(|v| string(&v.to_string())));
        (Text::plain(key), values)
    });
    object([
        ("action", string(&request.action)),
        ("resource", string(&request.resource.to_string())),
        ("context", Value::map(context, Span::NOWHERE)),
    ])
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::map(fields.into_iter().map(|(k, v)| (Text::plain(k), v)), Span::NOWHERE)
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::list(items.collect(), Span::NOWHERE)
}

fn string(text: &str) -> Value {
    Value::string(text, Span::NOWHERE)
}

fn number(n: usize) -> Value {
    Value::new(
        rolecall_source::Kind::Number(Number::from(i64::try_from(n).unwrap_or(i64::MAX))),
        Span::NOWHERE,
    )
}
