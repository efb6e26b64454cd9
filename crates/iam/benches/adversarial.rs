//! Compares policies built to be expensive: `cargo bench -p rolecall-iam --bench adversarial`.
//!
//! Prints the answer, the time of each comparison and the most memory so far; fails past the goals. A word after `--`
//! leaves those whose name has it.

#[path = "../tests/hard/mod.rs"]
mod hard;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hard::Pair;
use rolecall_iam::{Answer, Engine};

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
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let is_wanted = |pair: &Pair| wanted.iter().all(|word| pair.0.contains(word.as_str()));
    for (name, a, b) in hard::pairs().into_iter().filter(is_wanted) {
        for (way, target, principal) in [("over", &a, &b), ("back", &b, &a)] {
            let engine = Engine::new();
            let start = Instant::now();
            let answer = match engine.gain(target, principal).answer {
                Answer::Yes => "yes",
                Answer::No => "no",
                Answer::Depends(_) => "depends",
            };
            let time = start.elapsed();
            slowest = slowest.max(time);
            let _ = writeln!(
                out,
                "{name:<40} {way} {answer:<8} {time:>10.2?} {:>6} MB {:>10} steps",
                peak() / 1024,
                engine.steps()
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
