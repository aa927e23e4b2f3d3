//! Who wrote a line, by its form (F§6.1, O§5.2). Looks at a line's beginning only.

use memchr::memchr2;

/// A line with the times before it taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// The last words of a restore or backup executor.
    Executor(&'a [u8]),
    /// The last words of an upgrade or rollback executor.
    Upgrade(&'a [u8]),
    /// zap's console form: `LEVEL<tab>message<tab>{fields}`.
    Console(&'a [u8]),
    /// OpenBao's own log: `[LEVEL] subsystem: message: key=value`, or the same as JSON.
    Server(&'a [u8]),
    /// Anything else.
    Plain(&'a [u8]),
}

static EXECUTOR_ERRORS: &[&str] = &["bao-restore error:", "bao-backup error:"];
/// Bytes of the longest name of a level.
const LEVEL_LENGTH: usize = 6;
static SERVER_BEGINNINGS: &[&str] =
    &["[INFO]", "[WARN]", "[ERROR]", "[DEBUG]", "[TRACE]", "storage.raft", "core: ", "core.cluster-listener", "{\"@"];

/// The form of a line.
pub(super) fn of(line: &[u8]) -> Form<'_> {
    // kubectl's time, then the writer's own.
    let text = without_time(without_time(line));
    match text.first() {
        Some(b'[' | b'{' | b's' | b'c') if begins(text, SERVER_BEGINNINGS) => Form::Server(text),
        Some(b'b') if begins(text, EXECUTOR_ERRORS) => Form::Executor(text),
        Some(b'u') if text.starts_with(b"upgrade-executor error:") => Form::Upgrade(text),
        Some(b'A'..=b'Z') if is_console(text) => Form::Console(text),
        _ => Form::Plain(text),
    }
}

fn begins(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| text.starts_with(word.as_bytes()))
}

fn is_console(text: &[u8]) -> bool {
    let level = text.iter().take(LEVEL_LENGTH + 1).position(|byte| *byte == b'\t').map(|end| &text[..end]);
    matches!(level, Some(b"INFO" | b"DEBUG" | b"ERROR" | b"WARN" | b"DPANIC" | b"PANIC" | b"FATAL"))
}

/// Longest time that is taken off: nanoseconds and an offset from UTC.
const TIME_LENGTH: usize = 36;

/// Takes off a time such as `2026-11-21T00:46:09.593201589Z` and the blank behind it.
fn without_time(line: &[u8]) -> &[u8] {
    let looks_like_one = matches!(line, [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', b'0'..=b'9', ..]);
    if !looks_like_one {
        return line;
    }
    match memchr2(b' ', b'\t', &line[..line.len().min(TIME_LENGTH)]) {
        Some(end) => line[end..].trim_ascii_start(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_a_line_is_told_by_its_beginning() {
        let cases: &[(&str, Form)] = &[
            ("bao-restore error: x", Form::Executor(b"bao-restore error: x")),
            ("2026-11-21T00:46:09.593201589Z bao-backup error: x", Form::Executor(b"bao-backup error: x")),
            ("2026-11-21T00:46:09.59Z upgrade-executor error: x", Form::Upgrade(b"upgrade-executor error: x")),
            ("2026-11-21T00:46:09.59Z 2026-11-21T00:46:09Z\tINFO\tLeader found\t{}", Form::Console(b"INFO\tLeader found\t{}")),
            ("2026-11-21T00:46:09.593+0100\tERROR\tx", Form::Console(b"ERROR\tx")),
            ("2026-11-21T01:16:16.516Z [WARN]  storage.raft: x", Form::Server(b"[WARN]  storage.raft: x")),
            ("core: marked as sealed", Form::Server(b"core: marked as sealed")),
            ("{\"@level\":\"warn\"}", Form::Server(b"{\"@level\":\"warn\"}")),
            ("Restore key: a", Form::Plain(b"Restore key: a")),
            ("INFORMATION\tx", Form::Plain(b"INFORMATION\tx")),
            ("core-x", Form::Plain(b"core-x")),
            ("2026-11-21T00:46:09.593201589Z", Form::Plain(b"2026-11-21T00:46:09.593201589Z")),
            ("", Form::Plain(b"")),
        ];
        for (line, form) in cases {
            assert_eq!(of(line.as_bytes()), *form, "{line}");
        }
    }
}
