//! The time the kubelet writes before each line: found and compared as bytes, turned into numbers only when needed.
//!
//! `2026-11-21T00:42:21.346799013Z text`; older kubelets drop trailing zeros of the fraction, and a node that does not
//! run in UTC writes its offset (K§3.3).

/// Longest prefix that can be a time: `2026-11-21T00:42:21.346799013+02:00`.
const LONGEST: usize = 35;
/// Length of `2026-11-21T00:42:21`.
const TO_SECOND: usize = 19;

/// Length of the time at the start of a line, or `None` when the line does not start with one and a space.
#[inline]
pub(super) fn length(line: &[u8]) -> Option<usize> {
    let head = line.get(..TO_SECOND)?;
    if !(head[4] == b'-' && head[7] == b'-' && head[10] == b'T' && head[13] == b':' && head[16] == b':') {
        return None;
    }
    if !head.iter().enumerate().all(|(at, byte)| matches!(at, 4 | 7 | 10 | 13 | 16) || byte.is_ascii_digit()) {
        return None;
    }
    // The usual width first: nine digits and `Z`.
    if line.get(30) == Some(&b' ') && line[29] == b'Z' && line[TO_SECOND] == b'.' {
        return Some(30);
    }
    let end = line.iter().take(LONGEST + 1).position(|&byte| byte == b' ').or((line.len() <= LONGEST).then_some(line.len()))?;
    zone(&line[TO_SECOND..end]).map(|_| end)
}

/// Seconds east of UTC, of what follows the seconds: `.123Z`, `Z`, `.5+02:00`.
fn zone(rest: &[u8]) -> Option<i64> {
    let mut rest = rest;
    if let [b'.', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        rest = &fraction[digits..];
    }
    match rest {
        [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let offset = number(&[*h1, *h2])? * 3600 + number(&[*m1, *m2])? * 60;
            Some(if *sign == b'+' { offset } else { -offset })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Seconds since 1970 of a time found by [`length`].
pub(super) fn seconds(stamp: &[u8]) -> Option<i64> {
    let at = |from: usize, to: usize| number(stamp.get(from..to)?);
    let (year, month, day) = (at(0, 4)?, at(5, 7)?, at(8, 10)?);
    // Days from civil: years begin in March so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let offset = zone(stamp.get(TO_SECOND..)?)?;
    Some(days * 86_400 + at(11, 13)? * 3600 + at(14, 16)? * 60 + at(17, 19)? - offset)
}

/// Remembers the last second it computed: lines of one second cost a comparison of bytes.
#[derive(Debug, Clone)]
pub(super) struct Seconds {
    head: [u8; TO_SECOND],
    seconds: i64,
}

impl Default for Seconds {
    fn default() -> Self {
        Seconds { head: [0; TO_SECOND], seconds: 0 }
    }
}

impl Seconds {
    /// [`seconds`], cached for times in UTC.
    #[inline]
    pub(super) fn of(&mut self, stamp: &[u8]) -> Option<i64> {
        let utc = stamp.last() == Some(&b'Z');
        if utc && stamp.get(..TO_SECOND) == Some(&self.head[..]) {
            return Some(self.seconds);
        }
        let seconds = seconds(stamp)?;
        if utc && let Some(head) = stamp.get(..TO_SECOND) {
            self.head.copy_from_slice(head);
            self.seconds = seconds;
        }
        Some(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_jiffs() {
        for stamp in [
            "2026-11-21T00:42:21.346799013Z",
            "2024-02-29T23:59:59.1Z",
            "2000-03-01T00:00:00Z",
            "1970-01-01T00:00:00.000000000Z",
            "2026-11-21T02:42:21.346799013+02:00",
            "2026-11-20T19:12:21-05:30",
            "2100-12-31T12:00:00.5Z",
        ] {
            let expected: jiff::Timestamp = stamp.parse().unwrap();
            assert_eq!(length(format!("{stamp} text").as_bytes()), Some(stamp.len()), "{stamp}");
            assert_eq!(seconds(stamp.as_bytes()), Some(expected.as_second()), "{stamp}");
            assert_eq!(Seconds::default().of(stamp.as_bytes()), Some(expected.as_second()), "{stamp}");
        }
    }

    #[test]
    fn what_is_no_time_is_text() {
        for line in [
            "",
            "text",
            "2026-11-21 00:42:21Z x",
            "2026-11-21T00:42:21.Z x",
            "2026-11-21T00:42:21.123456789 x",
            "2026-1a-21T00:42:21Z x",
        ] {
            assert_eq!(length(line.as_bytes()), None, "{line}");
        }
        assert_eq!(length(b"2026-11-21T00:42:21.346799013Z"), Some(30), "an empty line may lose its space");
    }
}
