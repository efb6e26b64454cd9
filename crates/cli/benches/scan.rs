//! What a scan costs beside its floor: walking the same folder, reading its files and parsing the Terraform among them
//! with `hcl-edit`, in the same run, on one thread.
//!
//! `cargo bench -p rolecall --bench scan [-- FOLDER…]`; without a folder, `testdata/quickstart`.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 10;

fn main() {
    // Cargo runs a benchmark in its package's folder; the folders it names are seen from the repository's.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = root.join("testdata/quickstart");
    let named: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .map(|a| root.join(a))
        .collect();
    for folder in if named.is_empty() { vec![own] } else { named } {
        let (floor, files, bytes) = least(|| floor(&folder));
        let (scan, ..) = least(|| scan(&folder));
        let ratio = scan.as_secs_f64() / floor.as_secs_f64();
        let megabytes = bytes as f64 / 1e6;
        println!("{}: {files} Terraform files, {megabytes:.2} MB", folder.display());
        println!(
            "  floor {:.1} ms, scan {:.1} ms wall: {ratio:.2} of the floor",
            millis(floor),
            millis(scan)
        );
        let (facts, ..) = least(|| facts(&folder));
        let ratio = facts.as_secs_f64() / floor.as_secs_f64();
        println!(
            "  frontends alone {:.1} ms on one thread: {ratio:.2} of the floor",
            millis(facts)
        );
        println!(
            "  peak memory {}",
            peak(&folder).map_or_else(
                || "not known here".to_owned(),
                |kb| format!("{:.1} MB", kb as f64 / 1e3)
            )
        );
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The round that took least.
fn least<T>(mut round: impl FnMut() -> (Duration, T, T)) -> (Duration, T, T) {
    let mut best = round();
    for _ in 1..ROUNDS {
        let next = round();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// Walks, reads and parses: the time, how many files were parsed, and their bytes.
fn floor(folder: &Path) -> (Duration, usize, usize) {
    let start = Instant::now();
    let (mut files, mut bytes) = (0, 0);
    for entry in ignore::Walk::new(folder).flatten() {
        if entry.path().extension().is_none_or(|e| e != "tf") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path()) else {
            continue;
        };
        files += 1;
        bytes += text.len();
        let _ = std::hint::black_box(text.parse::<hcl_edit::structure::Body>());
    }
    (start.elapsed(), files, bytes)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .args(["scan", "--quiet", "--fail-on", "never", "--format", "json"])
        .arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs the program as a user does, process start included.
fn scan(folder: &Path) -> (Duration, usize, usize) {
    let start = Instant::now();
    let status = command(folder).status();
    assert!(status.is_ok_and(|s| matches!(s.code(), Some(0 | 3))), "the scan failed");
    (start.elapsed(), 0, 0)
}

/// What the frontends make of the folder, printed, on one thread: no linking and no rules.
fn facts(folder: &Path) -> (Duration, usize, usize) {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command
        .args(["dump", "facts"])
        .arg(folder)
        .env("RAYON_NUM_THREADS", "1");
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|s| matches!(s.code(), Some(0 | 3))), "the dump failed");
    (start.elapsed(), 0, 0)
}

/// The most memory the process held, in kB, where the system tells.
fn peak(folder: &Path) -> Option<u64> {
    let mut child = command(folder).spawn().ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while matches!(child.try_wait(), Ok(None)) {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        most = line
            .and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok())
            .or(most);
    }
    most
}
