//! Log merging: of whatever was cut, repeated, rotated and split, nothing is lost, nothing comes twice.
//!
//! The follower's synchronous heart is private to the library; its three files are taken in here as they are.

#[path = "../../../src/remote/logs/intake.rs"]
#[expect(dead_code, reason = "a part of it is for the follower alone")]
mod intake;
#[path = "../../../src/remote/logs/position.rs"]
#[expect(dead_code, reason = "a part of it is for the follower alone")]
mod position;
#[path = "../../../src/remote/logs/stamp.rs"]
mod stamp;

use bytes::Bytes;
use intake::{Found, Intake};

use super::Dice;

/// The first byte says what is played with the rest.
pub fn check(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    match mode % 4 {
        0 => any_log_is_shown_once(&mut Dice(rest)),
        1 => a_rotated_log_never_loses_in_silence(&mut Dice(rest)),
        2 => no_line_comes_more_often_than_it_was_written(&mut Dice(rest)),
        _ => chunks_make_no_difference(usize::from(*mode) / 4 % 8, rest),
    }
}

/// A log file as the kubelet keeps it.
type Log = Vec<Vec<u8>>;

/// How often a connection is opened before the case is over.
const CONNECTIONS: usize = 6;

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    bytes: Vec<u8>,
    gaps: usize,
    refusals: Vec<String>,
    again: bool,
}

impl Shown {
    fn take(&mut self, found: &mut Vec<Found>) {
        for found in found.drain(..) {
            match found {
                Found::Lines(block) => self.bytes.extend_from_slice(&block),
                Found::Gap => self.gaps += 1,
                Found::OpenAgain => self.again = true,
                Found::Refusal(words) => self.refusals.push(words),
            }
        }
    }
}

/// A time in half seconds since some moment, as the kubelet writes it.
fn stamp_of(half_seconds: u64) -> String {
    let at = 1_700_000_000 + half_seconds / 2;
    let at = jiff::Timestamp::new(i64::try_from(at).expect("small"), if half_seconds % 2 == 1 { 500_000_000 } else { 0 });
    format!("{:.9}", at.expect("a time"))
}

/// Equal times, equal texts, times that go back by half a second: the limits within which nothing may go wrong.
fn log(dice: &mut Dice<'_>, distinct: bool) -> Log {
    let mut half_seconds = 10;
    let lines = 1 + dice.below(48);
    (0..lines)
        .map(|number| {
            let byte = dice.byte();
            half_seconds += [0, 0, 0, 1, 1, 2, 3, 9][usize::from(byte & 7)];
            // Standard error may come a little late, and then the time of the next line is not earlier again.
            let back = u64::from(byte & 0x38 == 0x38);
            let text = if distinct { format!("{number}") } else { ["", "a", "b", "\u{fffd}x"][usize::from(byte >> 6)].to_owned() };
            format!("{} {text}", stamp_of(half_seconds - back)).into_bytes()
        })
        .collect()
}

/// What the kubelet answers: the lines not before `since`, of what the file still has.
fn answer(log: &[Vec<u8>], since: Option<i64>) -> Vec<u8> {
    let second = |line: &[u8]| {
        let stamp = std::str::from_utf8(line).ok().and_then(|line| line.split(' ').next()).expect("a line has a time");
        stamp.parse::<jiff::Timestamp>().expect("a time").as_second()
    };
    let lines = log.iter().filter(|line| since.is_none_or(|since| second(line) >= since));
    lines.flat_map(|line| line.iter().chain(b"\n").copied()).collect()
}

/// Plays connections one after the other, then a last one to the end; the first may ask for the last lines only.
fn play(log: &Log, dice: &mut Dice<'_>, rotates: bool) -> Shown {
    let tail = Some(1 + dice.below(16)).filter(|lines| rotates && *lines < 8);
    let (mut intake, mut shown) = (Intake::new(tail.is_some()), Shown::default());
    let (mut written, mut rotated) = (0, 0);
    let connections = dice.below(CONNECTIONS);
    for connection in 0..=connections {
        let last = connection == connections;
        written = if last { log.len() } else { (written + dice.below(log.len() + 1)).min(log.len()) };
        rotated = if rotates { (rotated + dice.below(8)).min(written.saturating_sub(1)) } else { 0 };
        let (cut, chunk) = (dice.below(256) * 5, 1 + dice.below(64));
        let mut opened = 0;
        loop {
            let lines = tail.filter(|_| intake.position.is_empty()).unwrap_or(written);
            let from = rotated.max(written.saturating_sub(lines));
            if !one(&mut intake, &log[from..written], (!last).then_some(cut), chunk, &mut shown) {
                break;
            }
            opened += 1;
            assert!(opened < 4, "it opens the log again and again");
        }
    }
    shown
}

/// Reads one stream up to `cut`, or to its end; whether the log has to be opened again at once.
fn one(intake: &mut Intake, log: &[Vec<u8>], cut: Option<usize>, chunk: usize, shown: &mut Shown) -> bool {
    let body = answer(log, intake.position.since());
    let mut found = Vec::new();
    intake.opened();
    shown.again = false;
    for part in body[..cut.unwrap_or(body.len()).min(body.len())].chunks(chunk) {
        intake.push(Bytes::copy_from_slice(part), &mut found);
        shown.take(&mut found);
        if shown.again {
            return true;
        }
    }
    if cut.is_none() {
        intake.finish(&mut found);
        shown.take(&mut found);
    }
    shown.again
}

fn any_log_is_shown_once(dice: &mut Dice<'_>) {
    let log = log(dice, false);
    let shown = play(&log, dice, false);
    let expected = answer(&log, None);
    assert_eq!(String::from_utf8_lossy(&shown.bytes), String::from_utf8_lossy(&expected));
    assert_eq!((shown.gaps, shown.refusals.len()), (0, 0));
}

fn a_rotated_log_never_loses_in_silence(dice: &mut Dice<'_>) {
    let log = log(dice, true);
    let shown = play(&log, dice, true);
    let text = String::from_utf8(shown.bytes).expect("it was text");
    let numbers: Vec<usize> =
        text.lines().map(|line| line.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number")).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "out of order or twice: {numbers:?}");
    // What was gone before anything was read is nobody's loss: it is the beginning of what there is.
    let holes = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    assert!(holes <= shown.gaps, "{holes} holes, {} said: {numbers:?}", shown.gaps);
    assert_eq!(numbers.last(), Some(&(log.len() - 1)).filter(|_| !numbers.is_empty()), "the end is missing: {numbers:?}");
}

/// Of a rotated log with equal lines nobody can tell what is missing; what is there was written so often.
fn no_line_comes_more_often_than_it_was_written(dice: &mut Dice<'_>) {
    let log = log(dice, false);
    let shown = play(&log, dice, true);
    let count = |lines: &[u8]| {
        let mut counts = std::collections::BTreeMap::<Vec<u8>, usize>::new();
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).for_each(|line| *counts.entry(line.to_vec()).or_default() += 1);
        counts
    };
    let written = count(&answer(&log, None));
    for (line, times) in count(&shown.bytes) {
        let most = written.get(&line).copied().unwrap_or_default();
        assert!(times <= most, "{times} times, written {most} times: {}", String::from_utf8_lossy(&line));
    }
}

/// Any bytes, as one stream after another: how they are cut into chunks changes nothing.
fn chunks_make_no_difference(streams: usize, bytes: &[u8]) {
    let read = |chunk: usize| {
        let (mut intake, mut shown, mut found) = (Intake::new(streams % 2 == 1), Shown::default(), Vec::new());
        let mut outcome = Vec::new();
        let length = bytes.len().div_ceil(streams + 1).max(1);
        for stream in bytes.chunks(length) {
            intake.opened();
            shown.again = false;
            for part in stream.chunks(chunk) {
                intake.push(Bytes::copy_from_slice(part), &mut found);
                shown.take(&mut found);
                if shown.again {
                    break;
                }
            }
            if !shown.again {
                intake.finish(&mut found);
                shown.take(&mut found);
            }
            outcome.push(std::mem::take(&mut shown));
        }
        outcome
    };
    let whole = read(bytes.len().max(1));
    for chunk in [1, 2, 17] {
        assert_eq!(read(chunk), whole, "in chunks of {chunk}");
    }
    for shown in &whole {
        for line in shown.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(bytes.windows(line.len()).any(|own| own == line), "a line nobody wrote: {}", String::from_utf8_lossy(line));
        }
    }
}
