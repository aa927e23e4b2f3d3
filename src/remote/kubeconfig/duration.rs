//! Go's durations and kubectl's `--request-timeout`.

use std::time::Duration;

use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// `--request-timeout`: bare seconds or a Go duration; zero and negative durations mean no limit
/// (client-go `tools/clientcmd/overrides.go`, `ParseTimeout`).
pub(super) fn request_timeout(text: &str) -> Outcome<Option<Duration>> {
    let limit = match text.parse::<i64>() {
        Ok(seconds) => u64::try_from(seconds).ok().map(Duration::from_secs),
        Err(_) => go_duration(text).map(|nanoseconds| Duration::from_nanos(nanoseconds.try_into().unwrap_or(0))),
    };
    match limit {
        Some(limit) => Ok((!limit.is_zero()).then_some(limit)),
        None => Err(Failure::new(
            Exit::Usage,
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding \
             time unit (e.g. 1s | 2m | 3h)",
        )
        .hint("--request-timeout=30s")),
    }
}

/// Nanoseconds of a Go duration (`1h30m`, `1.5s`, `500ms`, `-2m`), or nothing when Go's `time.ParseDuration` refuses it.
pub fn go_duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanoseconds, remaining) = term(rest)?;
        total = total.checked_add(nanoseconds)?;
        rest = remaining;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// One number with its unit, in nanoseconds, and what follows it.
fn term(text: &str) -> Option<(i128, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (unit, rest) = rest.split_at(rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len()));
    let unit = nanoseconds_of(unit)?;
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some((whole.checked_mul(unit)?.checked_add(part(fraction, unit))?, rest))
}

/// A decimal fraction of a unit; digits below a nanosecond do not count.
fn part(fraction: &str, unit: i128) -> i128 {
    let mut scale = 1;
    let mut value = 0;
    for digit in fraction.bytes().take(15) {
        value = value * 10 + i128::from(digit - b'0');
        scale *= 10;
    }
    value * unit / scale
}

fn nanoseconds_of(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_kubectls() {
        let table: [(&str, Option<Duration>); 9] = [
            ("0", None),
            ("0s", None),
            ("-1s", None),
            ("30", Some(Duration::from_secs(30))),
            ("1m30s", Some(Duration::from_secs(90))),
            ("500ms", Some(Duration::from_millis(500))),
            ("1.5h", Some(Duration::from_secs(5400))),
            (".5s", Some(Duration::from_millis(500))),
            ("+2us", Some(Duration::from_micros(2))),
        ];
        for (text, expected) in table {
            assert_eq!(request_timeout(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in [
            "",
            "-",
            "s",
            "5x",
            "-5",
            "1 s",
            "1m 3s",
            ".s",
            "3000000h",
            "1e3s",
            "٣s",
            "99999999999999999999999999999999999999999s",
        ] {
            let failure = request_timeout(text).unwrap_err();
            assert!(failure.cause.starts_with("Invalid timeout value."), "{text}");
            assert_eq!(failure.exit, Exit::Usage);
        }
    }
}
