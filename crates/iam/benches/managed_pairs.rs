//! Compares every AWS-managed policy with every other: `cargo bench -p rolecall-iam --bench managed_pairs`.
//!
//! For each ordered pair: whether the first allows a request that the second does not, with a request that was replayed
//! for both. Prints totals and the slowest pair; fails when an answer depends, or when a known containment is missed.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rolecall_iam::{Answer, Assumptions, Authority, Caller, Engine, Grant, PolicyKind, Prepared, parse_policy};
use rolecall_source::{FileId, Span, Text, Value, json};

/// The goal on two cores.
const TOTAL: Duration = Duration::from_secs(20);
const SLOWEST: Duration = Duration::from_millis(50);

fn authority(document: &str) -> Authority {
    let value = json::read_file(document, FileId(0)).map_or(Value::null(Span::NOWHERE), |d| d.value);
    let policy = parse_policy(&value, PolicyKind::Identity, &mut Vec::new());
    let grant = Grant {
        policy: Arc::new(policy),
        id: 0,
        exists: Assumptions::new(),
    };
    Authority {
        caller: Caller {
            arn: Some(Text::plain("arn:aws:iam::123456789012:role/compared")),
            account: Some(Text::plain("123456789012")),
            kind: Some("AssumedRole"),
            ..Caller::default()
        },
        identity: vec![grant],
        ..Authority::default()
    }
}

#[derive(Default)]
struct Totals {
    pairs: usize,
    contained: usize,
    witnesses: usize,
    depends: Vec<(usize, usize, String)>,
    slowest: (Duration, usize, usize),
}

impl Totals {
    fn add(mut self, other: Self) -> Self {
        self.pairs += other.pairs;
        self.contained += other.contained;
        self.witnesses += other.witnesses;
        self.depends.extend(other.depends);
        self.slowest = self.slowest.max(other.slowest);
        self
    }
}

fn row(engine: &Engine, all: &[Prepared], target: usize) -> Totals {
    let mut totals = Totals::default();
    let Some(first) = all.get(target) else { return totals };
    for (principal, second) in all.iter().enumerate().filter(|(p, _)| *p != target) {
        let start = Instant::now();
        let relation = engine.relation(first, second);
        totals.slowest = totals.slowest.max((start.elapsed(), target, principal));
        totals.pairs += 1;
        match relation.answer {
            Answer::No => totals.contained += 1,
            Answer::Yes if relation.witness.is_some() => totals.witnesses += 1,
            answer => totals.depends.push((target, principal, format!("{answer:?}"))),
        }
    }
    totals
}

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let start = Instant::now();
    let policies: Vec<_> = rolecall_catalog::managed_policies().collect();
    let all: Vec<Authority> = policies.par_iter().map(|p| authority(&p.document)).collect();
    let parsed = start.elapsed();
    let engine = Engine::new();
    let all: Vec<Prepared> = all.iter().map(|one| engine.prepare(one)).collect();
    let compiled = start.elapsed();
    let mut totals = (0..all.len())
        .into_par_iter()
        .map(|target| row(&engine, &all, target))
        .reduce(Totals::default, Totals::add);
    let total = start.elapsed();
    totals.depends.sort();
    let name = |at: usize| {
        policies
            .get(at)
            .map_or("", |p| p.arn.rsplit('/').next().unwrap_or(p.arn))
    };
    let _ = writeln!(out, "policies        {}", policies.len());
    let _ = writeln!(out, "pairs           {}", totals.pairs);
    let _ = writeln!(out, "contained       {}", totals.contained);
    let _ = writeln!(out, "with a witness  {}", totals.witnesses);
    let _ = writeln!(out, "depends         {}", totals.depends.len());
    for (target, principal, why) in totals.depends.iter().take(20) {
        let _ = writeln!(out, "  {} over {}: {why}", name(*target), name(*principal));
    }
    let _ = writeln!(out, "parsed after    {parsed:.2?}");
    let _ = writeln!(out, "compiled after  {compiled:.2?}");
    let _ = writeln!(
        out,
        "total           {total:.2?} on {} threads (goal {TOTAL:?})",
        rayon::current_num_threads()
    );
    let _ = writeln!(out, "pairs a second  {:.0}", totals.pairs as f64 / total.as_secs_f64());
    let (time, target, principal) = totals.slowest;
    let _ = writeln!(
        out,
        "slowest pair    {time:.2?} (goal {SLOWEST:?}): {} over {}",
        name(target),
        name(principal)
    );
    let missed = missed(&engine, &all, &|wanted| {
        policies.iter().position(|p| p.arn.ends_with(wanted))
    });
    for pair in &missed {
        let _ = writeln!(out, "missed: {pair}");
    }
    if missed.is_empty() && totals.depends.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Containments that are known: the first is allowed nothing that the second is not.
const CONTAINED: &[(&str, &str)] = &[
    ("policy/ReadOnlyAccess", "policy/AdministratorAccess"),
    ("policy/PowerUserAccess", "policy/AdministratorAccess"),
    ("policy/AmazonS3ReadOnlyAccess", "policy/AmazonS3FullAccess"),
    ("policy/AmazonEC2ReadOnlyAccess", "policy/AmazonEC2FullAccess"),
    ("policy/IAMReadOnlyAccess", "policy/IAMFullAccess"),
    ("policy/AmazonSQSReadOnlyAccess", "policy/AmazonSQSFullAccess"),
    ("policy/IAMReadOnlyAccess", "policy/AdministratorAccess"),
];

fn missed(engine: &Engine, all: &[Prepared], find: &dyn Fn(&str) -> Option<usize>) -> Vec<String> {
    let mut out = Vec::new();
    for (inner, outer) in CONTAINED {
        let pair = find(inner)
            .zip(find(outer))
            .and_then(|(i, o)| all.get(i).zip(all.get(o)));
        let Some((a, b)) = pair else {
            out.push(format!("{inner} or {outer} is not in the catalogue"));
            continue;
        };
        if engine.relation(a, b).answer != Answer::No || engine.relation(b, a).answer != Answer::Yes {
            out.push(format!("{inner} within {outer}"));
        }
    }
    out
}
