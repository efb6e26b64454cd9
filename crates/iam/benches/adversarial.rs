//! Compares policies built to be expensive: `cargo bench -p rolecall-iam --bench adversarial`.
//!
//! Those that are here and not in `tests/hard` take longer than the goal yet.
//! Prints the answer, the time of each comparison and the most memory so far; fails past the goals.

#[path = "../tests/hard/mod.rs"]
mod hard;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hard::{Pair, allow, authority, grant, letters};
use rolecall_iam::{Answer, Authority, Engine};

const SLOWEST: Duration = Duration::from_secs(1);
const MEMORY: usize = 200 * 1024;

/// The most memory that this process has had, in KiB (0 where the system does not say).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let mut slowest = Duration::ZERO;
    for (name, a, b) in hard::pairs().into_iter().chain(long()) {
        for (way, target, principal) in [("over", &a, &b), ("back", &b, &a)] {
            let start = Instant::now();
            let answer = match Engine::new().gain(target, principal).answer {
                Answer::Yes => "yes",
                Answer::No => "no",
                Answer::Depends(_) => "depends",
            };
            let time = start.elapsed();
            slowest = slowest.max(time);
            let _ = writeln!(
                out,
                "{name:<40} {way} {answer:<8} {time:>10.2?} {:>6} MB",
                peak() / 1024
            );
        }
    }
    let _ = writeln!(
        out,
        "slowest {slowest:.2?} (goal {SLOWEST:?}), at most {} MB (goal 200)",
        peak() / 1024
    );
    if slowest < SLOWEST && peak() < MEMORY {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn long() -> [Pair; 3] {
    [lists_of_what_is_not(), many_keys_in_one_block(), many_levels()]
}

fn lists_of_what_is_not() -> Pair {
    let side = |from: usize| {
        let list: Vec<String> = (from..from + 150)
            .map(|i| format!(r#""arn:aws:s3:::*{}*{i}?*""#, letters(i % 5)))
            .collect();
        let list = list.join(",");
        authority(&[format!(
            r#"{{"Effect":"Allow","NotAction":["iam:*","s3:Put*"],"NotResource":[{list}]}}"#
        )])
    };
    ("NotResource lists of 150 patterns", side(0), side(1))
}

fn many_keys_in_one_block() -> Pair {
    let side = |from: usize| {
        let of = |what: &str| {
            let keys: Vec<String> = (from..from + 40)
                .map(|i| format!(r#""aws:RequestTag/k{i}":["*{i}*","?{i}*a","*b{i}"]"#))
                .collect();
            format!(r#""{what}":{{{}}}"#, keys.join(","))
        };
        let block = [
            of("StringLikeIfExists"),
            of("ForAllValues:StringNotLike"),
            of("ForAnyValue:StringLike"),
        ]
        .join(",");
        authority(&[format!(
            r#"{{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{{{block}}}}}"#
        )])
    };
    ("120 conditions in one block", side(0), side(2))
}

fn many_levels() -> Pair {
    let side = |from: usize| {
        let level = |n: usize| {
            let statement = |i: usize| allow("s3:*", &format!("arn:aws:s3:::*{}*{i}*", n + i));
            let all: Vec<String> = (from..from + 12).map(statement).collect();
            vec![grant(&all)]
        };
        Authority {
            controls: (0..20).map(level).collect(),
            ..authority(&[allow("*", "*")])
        }
    };
    ("20 levels of control policies", side(0), side(1))
}
