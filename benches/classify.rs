//! How fast log lines are classified on one core, in MB/s, and as a ratio to splitting the same bytes into lines.
//!
//!     cargo bench --bench classify      measure; ends with 1 when a promise is not kept
//!
//! The log mix is drawn at random from the lines with a time in `tests/data/captured`: what real executors and servers
//! wrote in incidents, 131 bytes each on average. Of these lines 54 % mean nothing (50 % of the bytes), 27 % are stages of
//! restore executors (14 %), 19 % are findings (36 %): steps and errors of upgrade and rollback executors with their JSON
//! fields, last words of restore executors, warnings and errors of servers. A log of a day without trouble is "quiet".
//! Hostile inputs come close to many texts, and lines of 1 MiB must not cost more for each byte than short ones.
//!
//! The time is the processor's for this thread, as the kernel counts it (by the clock where that is not told), and of
//! several runs the best counts: other programs on the machine shall not change the figures.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Instant;

use kubectl_openbao::domain::job_log::{Findings, classify};

/// What is promised for real logs, in MB/s.
const PROMISED: f64 = 500.0;
/// What hostile input must reach, in MB/s. Anything that grows faster than the input would be far below it at 1 MiB a line.
const HOSTILE: f64 = 50.0;
/// Bytes of each input.
const SIZE: usize = 16 << 20;
/// Runs of each measurement; the best counts.
const RUNS: usize = 15;

/// One input and the rate it must be read at, in MB/s.
struct Measured {
    name: &'static str,
    text: Vec<u8>,
    promised: f64,
}

fn main() -> ExitCode {
    let mix = captured_lines();
    let quiet: Vec<&[u8]> = mix.iter().map(Vec::as_slice).filter(|line| classify(line).is_none()).collect();
    let inputs = [
        Measured { name: "log mix", text: drawn(&mix), promised: PROMISED },
        Measured { name: "quiet", text: drawn(&quiet), promised: PROMISED },
        Measured {
            name: "near misses",
            text: cycled(b"failed to fin failed to authenticat status 40 refusing consensus repai \n"),
            promised: HOSTILE,
        },
        Measured { name: "lines of 1 MiB", text: cycled(&long_line()), promised: HOSTILE },
        Measured { name: "backslashes", text: cycled(&escaped_line()), promised: HOSTILE },
        Measured { name: "newlines only", text: cycled(b"\n"), promised: HOSTILE },
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
        let kept = single >= self.promised && whole >= self.promised;
        println!(
            "{:16} classify {single:6.0} MB/s, whole log {whole:6.0} MB/s (at least {:.0}: {}); splitting lines {split:6.0} MB/s, {:.3} of its speed",
            self.name,
            self.promised,
            if kept { "kept" } else { "NOT KEPT" },
            single / split,
        );
        kept
    }
}

/// Megabytes per second, the best of several runs; one more run warms caches and tables.
fn rate(text: &[u8], work: impl Fn(&[u8])) -> f64 {
    let timed = |_| {
        let began = nanoseconds();
        work(black_box(text));
        nanoseconds() - began
    };
    let best = (0..=RUNS).map(timed).skip(1).min().unwrap_or_default();
    text.len() as f64 * 1e3 / best.max(1) as f64
}

/// What this thread has used of a processor so far.
fn nanoseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The kernel brings its count up to date when a thread gives way, else only at each tick.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = told.as_deref().and_then(|told| told.split(' ').next()).and_then(|first| first.parse().ok());
    used.unwrap_or_else(|| u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', text);
    ends.scan(0, |begin, end| {
        let line = &text[*begin..end];
        *begin = end + 1;
        Some(line)
    })
}

/// Lines in an order that a processor cannot learn, the same each time, up to [`SIZE`].
fn drawn(from: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut all = Vec::with_capacity(SIZE + 4096);
    let mut seed: u64 = 0x9E37_79B9_7F4A_7C15;
    while all.len() < SIZE {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let number = usize::try_from(seed >> 33).unwrap_or_default() % from.len();
        all.extend_from_slice(from[number].as_ref());
        all.push(b'\n');
    }
    all
}

/// The same text again and again, up to [`SIZE`], ended by a newline.
fn cycled(text: &[u8]) -> Vec<u8> {
    let mut all: Vec<u8> = text.iter().copied().cycle().take(SIZE).collect();
    all.push(b'\n');
    all
}

fn captured_lines() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captured");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the captured logs").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let texts =
        files.iter().filter(|file| file.extension().is_some_and(|e| e == "txt")).map(|file| std::fs::read(file).expect("text"));
    let of = |text: Vec<u8>| -> Vec<Vec<u8>> {
        lines(&text).filter(|line| line.starts_with(b"2026-11-21T")).map(<[u8]>::to_vec).collect()
    };
    texts.flat_map(of).collect()
}

/// One line of 1 MiB that comes close to many texts and is a finding all the same.
fn long_line() -> Vec<u8> {
    let piece = b"upgrade-executor error: failed to promote Blue peer failed to demote Green pee status 40(status 50 x50 ";
    let mut line: Vec<u8> = piece.iter().copied().cycle().take((1 << 20) - 1).collect();
    line.push(b'\n');
    line
}

/// One line of zap's console form whose fields are hard to read.
fn escaped_line() -> Vec<u8> {
    let mut line = b"2026-11-21T00:52:05Z\tINFO\tRemoving Raft peer\t{\"error\": \"".to_vec();
    line.extend(b"\\\\\"\t{".iter().copied().cycle().take((1 << 20) - 1 - line.len()));
    line.push(b'\n');
    line
}
