//! How fast log lines are classified on one core, in MB/s, and as a ratio to splitting the same bytes into lines.
//!
//!     cargo bench --bench classify      measure; ends with 1 when a promise is not kept
//!
//! The log mix is every line with a time in `tests/data/captured`: what real executors and servers wrote, most of it in
//! trouble, so that far more lines than usual mean something. Hostile inputs are made to come close to many texts.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kubectl_openbao::domain::job_log::{Findings, classify};

/// What is promised for the log mix, in MB/s.
const PROMISED: f64 = 500.0;
/// Bytes of each input.
const SIZE: usize = 32 << 20;
/// Runs of each measurement; the median counts.
const RUNS: usize = 9;

/// One input and what is done over it.
struct Measured {
    name: &'static str,
    text: Vec<u8>,
    promised: Option<f64>,
}

fn main() -> ExitCode {
    let mix = captured_lines();
    let inputs = [
        Measured { name: "log mix", text: cycled(&mix), promised: Some(PROMISED) },
        Measured { name: "quiet server", text: cycled(&quiet(&mix)), promised: Some(PROMISED) },
        Measured {
            name: "near misses",
            text: cycled(b"failed to fin failed to authenticat status 40 refusing consensus repai \n"),
            promised: None,
        },
        Measured { name: "lines of 1 MiB", text: cycled(&long_line()), promised: None },
        Measured { name: "newlines only", text: cycled(b"\n"), promised: None },
    ];
    let kept: Vec<bool> = inputs.iter().map(Measured::run).collect();
    if kept.iter().all(|kept| *kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Measured {
    fn run(&self) -> bool {
        let text = self.text.as_slice();
        let split = rate(text, |text| {
            let lines = lines(text).map(|line| black_box(line).len()).sum::<usize>();
            black_box(lines);
        });
        let single = rate(text, |text| {
            let found = lines(text).filter(|line| classify(line).is_some()).count();
            black_box(found);
        });
        let whole = rate(text, |text| {
            let mut findings = Findings::default();
            for line in lines(text) {
                findings.line(line);
            }
            black_box(findings);
        });
        let kept = self.promised.is_none_or(|promised| single >= promised && whole >= promised);
        let verdict = match self.promised {
            Some(promised) => format!(" (promised: {promised:.0}): {}", if kept { "kept" } else { "NOT KEPT" }),
            None => String::new(),
        };
        println!(
            "{:16} classify {single:6.0} MB/s, whole log {whole:6.0} MB/s{verdict}; splitting lines {split:6.0} MB/s, {:.3} of its speed",
            self.name,
            single / split,
        );
        kept
    }
}

/// Megabytes per second, the median of several runs; one more run warms caches and tables.
fn rate(text: &[u8], work: impl Fn(&[u8])) -> f64 {
    let timed = |_| {
        let began = Instant::now();
        work(black_box(text));
        began.elapsed()
    };
    let mut walls: Vec<Duration> = (0..=RUNS).map(timed).skip(1).collect();
    walls.sort_unstable();
    text.len() as f64 / 1e6 / walls[RUNS / 2].as_secs_f64()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', text);
    ends.scan(0, |begin, end| {
        let line = &text[*begin..end];
        *begin = end + 1;
        Some(line)
    })
}

/// The same text again and again, up to [`SIZE`], ended by a newline.
fn cycled(text: &[u8]) -> Vec<u8> {
    let mut all: Vec<u8> = text.iter().copied().cycle().take(SIZE).collect();
    all.push(b'\n');
    all
}

fn captured_lines() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captured");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the captured logs").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let texts =
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "txt")).map(|file| std::fs::read(file).expect("text"));
    let mut kept = Vec::new();
    for text in texts {
        for line in lines(&text).filter(|line| line.starts_with(b"2026-11-21T")) {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    kept
}

/// The lines of the mix that mean nothing, as in the log of a server that is well.
fn quiet(mix: &[u8]) -> Vec<u8> {
    lines(mix).filter(|line| classify(line).is_none()).flat_map(|line| [line, b"\n".as_slice()].concat()).collect()
}

/// One line of 1 MiB that comes close to many texts and is a finding all the same.
fn long_line() -> Vec<u8> {
    let piece = b"upgrade-executor error: failed to promote Blue peer failed to demote Green pee status 40(status 50 x50 ";
    let mut line: Vec<u8> = piece.iter().copied().cycle().take((1 << 20) - 1).collect();
    line.push(b'\n');
    line
}
