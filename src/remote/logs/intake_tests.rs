//! Every cut at every byte, and random logs with random cuts.

use bytes::Bytes;
use proptest::prelude::*;

use super::intake::{Found, Intake, LONGEST_LINE};
use super::stamp;

/// A log file as the kubelet keeps it: lines with times, without line breaks.
type Log = Vec<Vec<u8>>;

/// What the kubelet answers: the lines whose own second is not before `since`, of what the file still has.
fn answer(log: &Log, from: usize, since: Option<i64>) -> Vec<u8> {
    let mut body = Vec::new();
    for line in &log[from..] {
        let second = stamp::length(line).and_then(|length| stamp::seconds(&line[..length])).expect("lines have times");
        if since.is_none_or(|since| second >= since) {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
    }
    body
}

#[derive(Default)]
struct Shown {
    bytes: Vec<u8>,
    gaps: usize,
    again: bool,
}

impl Shown {
    fn take(&mut self, found: &mut Vec<Found>) {
        for found in found.drain(..) {
            match found {
                Found::Lines(block) => self.bytes.extend_from_slice(&block),
                Found::Gap => self.gaps += 1,
                Found::OpenAgain => self.again = true,
                Found::Refusal(words) => panic!("{words}"),
            }
        }
    }
}

/// Reads a body up to `cut`, in chunks; returns whether the log has to be opened again at once.
fn read(intake: &mut Intake, body: &[u8], cut: usize, chunk: usize, shown: &mut Shown) -> bool {
    let mut found = Vec::new();
    intake.opened();
    shown.again = false;
    for part in body[..cut.min(body.len())].chunks(chunk.max(1)) {
        intake.push(Bytes::copy_from_slice(part), &mut found);
        shown.take(&mut found);
        if shown.again {
            return true;
        }
    }
    false
}

/// One connection: how much of the log was written when it was opened, what it lost to rotation, where it was cut.
#[derive(Debug, Clone, Copy)]
struct Connection {
    written: usize,
    rotated: usize,
    cut: usize,
    chunk: usize,
}

/// Plays connections one after the other, then a last one to the end.
fn play(log: &Log, connections: &[Connection], tail: Option<usize>) -> Shown {
    let mut intake = Intake::new(tail.is_some());
    let mut shown = Shown::default();
    let last = Connection { written: log.len(), rotated: connections.last().map_or(0, |c| c.rotated), cut: usize::MAX, chunk: 7 };
    for connection in connections.iter().chain([&last]) {
        loop {
            let written: Log = log[..connection.written].to_vec();
            let start = match tail {
                Some(tail) if intake.position.is_empty() => written.len().saturating_sub(tail).max(connection.rotated),
                _ => connection.rotated,
            };
            let body = answer(&written, start.min(written.len()), intake.position.since());
            if !read(&mut intake, &body, connection.cut, connection.chunk, &mut shown) {
                let mut found = Vec::new();
                if connection.cut == usize::MAX {
                    intake.finish(&mut found);
                    shown.take(&mut found);
                    if shown.again {
                        continue;
                    }
                }
                break;
            }
        }
    }
    shown
}

fn lines(texts: &[&str]) -> Log {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn joined(log: &[Vec<u8>]) -> String {
    let bytes: Vec<u8> = log.iter().flat_map(|line| line.iter().chain(b"\n").copied()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Equal times, equal lines, times out of order across a second, an empty line, bytes that are not UTF-8.
fn awkward() -> Log {
    let mut log = lines(&[
        "2026-11-21T00:42:20.999999999Z a",
        "2026-11-21T00:42:21.000000000Z b",
        "2026-11-21T00:42:21.000000000Z b",
        "2026-11-21T00:42:21.000000000Z ",
        "2026-11-21T00:42:20.999999998Z late",
        "2026-11-21T00:42:21.000000000Z b",
        "2026-11-21T00:42:21.5Z c",
        "2026-11-21T00:42:24.000000001Z d",
        "2026-11-21T00:42:24.000000001Z d",
        "2026-11-21T00:42:23.9Z e",
        "2026-11-21T00:42:24.000000001Z d",
    ]);
    log.push(b"2026-11-21T00:42:25.000000001Z \xff\xfe\x80 raw".to_vec());
    log
}

#[test]
fn a_cut_at_every_byte_loses_and_repeats_nothing() {
    let log = awkward();
    let length = joined(&log).len() + 8;
    for cut in 0..length {
        for chunk in [1, 3, 64, 4096] {
            let connection = Connection { written: log.len(), rotated: 0, cut, chunk };
            let shown = play(&log, &[connection, connection], None);
            assert_eq!((String::from_utf8_lossy(&shown.bytes).as_ref(), shown.gaps), (joined(&log).as_str(), 0), "cut {cut}");
        }
    }
}

#[test]
fn a_clock_set_back_by_an_hour_loses_nothing() {
    let mut log =
        lines(&["2026-11-21T03:00:00.1Z a", "2026-11-21T03:00:05.1Z b", "2026-11-21T02:00:06.1Z c", "2026-11-21T02:00:06.2Z d"]);
    log.push(b"2026-11-21T02:00:09.2Z e".to_vec());
    for cut in 0..joined(&log).len() {
        let shown = play(&log, &[Connection { written: log.len(), rotated: 0, cut, chunk: 5 }], None);
        // What was cut before the jump was seen can only be found again when the jump lies in the window.
        if cut > 3 * 25 {
            assert_eq!(String::from_utf8_lossy(&shown.bytes), joined(&log), "cut {cut}");
        }
    }
}

#[test]
fn a_rotated_log_that_still_overlaps_is_continuous_and_one_that_does_not_is_said() {
    let log = lines(&[
        "2026-11-21T00:00:00.1Z a",
        "2026-11-21T00:00:00.2Z a",
        "2026-11-21T00:00:00.3Z b",
        "2026-11-21T00:00:00.4Z c",
        "2026-11-21T00:00:00.5Z d",
    ]);
    let first = Connection { written: 3, rotated: 0, cut: usize::MAX - 1, chunk: 9 };
    for (rotated, gaps, expected) in
        [(0, 0, joined(&log)), (2, 0, joined(&log)), (3, 1, joined(&log)), (4, 1, joined(&log[..3]) + &joined(&log[4..]))]
    {
        let shown = play(&log, &[first, Connection { written: 5, rotated, ..first }], None);
        assert_eq!((String::from_utf8_lossy(&shown.bytes).into_owned(), shown.gaps), (expected, gaps), "rotated {rotated}");
    }
}

#[test]
fn with_more_lines_in_a_second_than_are_remembered_the_count_finds_the_place() {
    let line = |n: usize| format!("2026-11-21T00:00:00.{:09}Z x", n / 3).into_bytes();
    let log: Log = (0..150_000).map(line).collect();
    let body = joined(&log);
    let mut connections = Vec::new();
    for (written, rotated) in [(140_000, 0), (145_000, 0), (148_000, 139_000)] {
        connections.push(Connection { written, rotated, cut: body.len() - 1, chunk: 60_000 });
    }
    let shown = play(&log, &connections, None);
    assert_eq!(shown.gaps, 0);
    assert!(shown.bytes == body.as_bytes(), "{} against {}", shown.bytes.len(), body.len());
}

#[test]
fn a_line_of_a_mebibyte_is_whole_and_a_longer_one_than_the_limit_is_said_to_be_cut() {
    let mut log = lines(&["2026-11-21T00:00:00.1Z before"]);
    log.push([b"2026-11-21T00:00:00.2Z ".to_vec(), vec![b'x'; 1 << 20]].concat());
    log.push(b"2026-11-21T00:00:00.3Z after".to_vec());
    let cut = Connection { written: 3, rotated: 0, cut: 700_000, chunk: 16_384 };
    let shown = play(&log, &[cut, cut], None);
    assert!(shown.bytes == joined(&log).as_bytes());

    let mut intake = Intake::new(false);
    let (mut found, mut shown) = (Vec::new(), Shown::default());
    intake.opened();
    intake.push(Bytes::from_static(b"2026-11-21T00:00:00.2Z "), &mut found);
    for _ in 0..(LONGEST_LINE >> 20) + 1 {
        intake.push(Bytes::from(vec![b'y'; 1 << 20]), &mut found);
    }
    intake.push(Bytes::from_static(b"\nnext"), &mut found);
    shown.take(&mut found);
    assert!(shown.bytes.len() < LONGEST_LINE + 100);
    assert!(String::from_utf8_lossy(&shown.bytes).ends_with("more bytes]\n"));
}

#[test]
fn the_end_of_a_long_line_without_its_time_is_not_shown_again() {
    let mut intake = Intake::new(false);
    let mut found = Vec::new();
    intake.opened();
    intake.push(Bytes::from_static(b"2026-11-21T00:00:00.9Z long line\n2026-11-21T00:00:02.0Z b\n"), &mut found);
    intake.opened();
    // The pieces of the long line written after second 1 pass the kubelet's filter, its time does not.
    intake.push(Bytes::from_static(b" line\n2026-11-21T00:00:02.0Z b\n2026-11-21T00:00:02.1Z c\n"), &mut found);
    let mut shown = Shown::default();
    shown.take(&mut found);
    assert_eq!(
        String::from_utf8_lossy(&shown.bytes),
        "2026-11-21T00:00:00.9Z long line\n2026-11-21T00:00:02.0Z b\n2026-11-21T00:00:02.1Z c\n"
    );
}

#[test]
fn the_tail_of_a_log_stays_the_tail_when_the_stream_is_cut() {
    let log = lines(&[
        "2026-11-21T00:00:00.1Z a",
        "2026-11-21T00:00:00.2Z b",
        "2026-11-21T00:00:00.3Z c",
        "2026-11-21T00:00:00.4Z d",
        "2026-11-21T00:00:02.5Z e",
    ]);
    for cut in 25..75 {
        let shown = play(&log, &[Connection { written: 4, rotated: 0, cut, chunk: 4 }], Some(3));
        assert_eq!((String::from_utf8_lossy(&shown.bytes).into_owned(), shown.gaps), (joined(&log[1..]), 0), "cut {cut}");
    }
}

#[test]
fn the_kubelets_refusal_in_the_body_is_no_log_line() {
    let mut intake = Intake::new(false);
    let mut found = Vec::new();
    intake.opened();
    intake.push(Bytes::from_static(b"unable to retrieve container logs for containerd://0a"), &mut found);
    intake.finish(&mut found);
    assert_eq!(found, [Found::Refusal("unable to retrieve container logs for containerd://0a".into())]);
}

/// Lines whose times often repeat, sometimes go back a little, and whose texts often repeat.
fn any_log() -> impl Strategy<Value = Log> {
    let line = (0_u64..4, 0_u64..3, proptest::collection::vec(any::<u8>().prop_filter("line break", |b| *b != b'\n'), 0..4));
    proptest::collection::vec(line, 1..40).prop_map(|lines| {
        let mut half_seconds = 1_700_000_000_u64 * 2;
        lines
            .into_iter()
            .map(|(step, back, text)| {
                half_seconds += u64::from(step == 0) + 3 * u64::from(step == 1 && back == 2);
                let at = half_seconds - u64::from(back == 1);
                let stamp = jiff::Timestamp::new((at / 2) as i64, (at % 2) as i32 * 500_000_000).unwrap();
                [format!("{stamp:.9} ").into_bytes(), text].concat()
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_log_with_any_cuts_comes_out_exactly(
        log in any_log(),
        cuts in proptest::collection::vec((0.0_f64..1.0, 0_usize..2000, 1_usize..200), 0..6),
    ) {
        let mut written = 0.0_f64;
        let connections: Vec<Connection> = cuts.into_iter().map(|(grows, cut, chunk)| {
            written = (written + grows).min(1.0);
            Connection { written: (log.len() as f64 * written) as usize, rotated: 0, cut, chunk }
        }).collect();
        let shown = play(&log, &connections, None);
        let expected: Vec<u8> = log.iter().flat_map(|line| line.iter().chain(b"\n").copied()).collect();
        prop_assert_eq!(shown.bytes, expected);
        prop_assert_eq!(shown.gaps, 0);
    }

    /// Rotation while every line differs: nothing is shown twice, order holds, and what is missing was said to be.
    #[test]
    fn a_rotated_log_never_repeats_and_never_loses_in_silence(
        steps in proptest::collection::vec(0_u64..900, 1..40),
        cuts in proptest::collection::vec((0.0_f64..1.0, 0.0_f64..0.5, 0_usize..2000), 0..6),
    ) {
        let mut at = 1_700_000_000_000_u64;
        let log: Log = steps.iter().enumerate().map(|(n, step)| {
            at += step;
            let stamp = jiff::Timestamp::from_millisecond(at as i64).unwrap();
            format!("{stamp:.9} {n}").into_bytes()
        }).collect();
        let (mut written, mut rotated) = (0.0_f64, 0.0_f64);
        let connections: Vec<Connection> = cuts.into_iter().map(|(grows, drops, cut)| {
            written = (written + grows).min(1.0);
            rotated = (rotated + drops).min(written);
            let of = |part: f64| (log.len() as f64 * part) as usize;
            Connection { written: of(written), rotated: of(rotated), cut, chunk: 11 }
        }).collect();
        let shown = play(&log, &connections, None);
        let text = String::from_utf8(shown.bytes).unwrap();
        let numbers: Vec<usize> = text.lines().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        let first_lost = numbers.first().copied().unwrap_or(0) > 0;
        let missing = numbers.windows(2).any(|pair| pair[1] != pair[0] + 1) ;
        prop_assert!(!missing || shown.gaps > 0 || first_lost, "{numbers:?}");
    }
}
