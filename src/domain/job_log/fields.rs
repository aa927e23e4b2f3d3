//! Names out of a line, without reading it as JSON: a line can be long and hostile, and only a few names are wanted.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::{self, Finder};

use super::Fields;
use crate::api::text::clean_cut;

/// How far into a line's fields names are looked for, in bytes. Real lines are below 1 KiB.
const FIELDS_READ: usize = 4096;
/// Longest name that is kept, in bytes. Kubernetes names end at 253.
const NAME_LENGTH: usize = 260;

/// What is looked for, made ready. Without the quotes: these stand everywhere in such a line and slow the search down.
struct Keys {
    error: Finder<'static>,
    action: Finder<'static>,
    blue_revision: Finder<'static>,
    green_revision: Finder<'static>,
    node_id: Finder<'static>,
    pod_name: Finder<'static>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    error: Finder::new("error"),
    action: Finder::new("action"),
    blue_revision: Finder::new("blue_revision"),
    green_revision: Finder::new("green_revision"),
    node_id: Finder::new("node_id"),
    pod_name: Finder::new("pod_name"),
});

/// The fields of a line in zap's console form.
pub(super) fn of_console(text: &[u8]) -> Fields {
    let Some(start) = memmem::find(text, b"\t{") else { return Fields::default() };
    let fields = &text[start..text.len().min(start + FIELDS_READ)];
    Fields {
        action: value(fields, &KEYS.action),
        blue_revision: value(fields, &KEYS.blue_revision),
        green_revision: value(fields, &KEYS.green_revision),
        node_id: value(fields, &KEYS.node_id).or_else(|| value(fields, &KEYS.pod_name)),
    }
}

/// Whether a line in zap's console form tells of something that went wrong.
pub(super) fn has_error(text: &[u8]) -> bool {
    !matches!(text.first(), Some(b'I' | b'D')) || KEYS.error.find(text).is_some()
}

/// The text that belongs to a key. A key within another text is written `\"key\"` and does not match.
fn value(fields: &[u8], key: &Finder) -> Option<String> {
    let after = key.find_iter(fields).find_map(|at| {
        let (before, rest) = fields.split_at(at);
        let rest = rest[key.needle().len()..].strip_prefix(b"\":")?;
        (before.ends_with(b"\"") && !before.ends_with(b"\\\"")).then_some(rest)
    })?;
    name(after.trim_ascii_start())
}

/// The name in quotes that follows at once, as in `failed to remove Raft peer "prod-1": …`.
pub(super) fn quoted(text: &[u8]) -> Option<String> {
    name(text.strip_prefix(b" ")?)
}

fn name(text: &[u8]) -> Option<String> {
    let text = text.strip_prefix(b"\"")?;
    let end = memchr(b'"', &text[..text.len().min(NAME_LENGTH)])?;
    let name = &text[..end];
    // An escaped text is no name.
    let plain = end > 0 && !name.contains(&b'\\');
    plain.then(|| clean_cut(&String::from_utf8_lossy(name), NAME_LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_what_is_none_is_left_alone() {
        let line = b"INFO\tRemoving Blue Raft peer\t{\"action\": \"bluegreen-remove-blue-peers\", \"blue_revision\": \"89b3\", \
            \"green_revision\": \"0831\", \"node_id\": \"bg-89b3-0\"}";
        let fields = of_console(line);
        let all = [fields.action, fields.blue_revision, fields.green_revision, fields.node_id].map(Option::unwrap);
        assert_eq!(all, ["bluegreen-remove-blue-peers", "89b3", "0831", "bg-89b3-0"]);
        for odd in [
            &b"INFO\tx"[..],
            b"INFO\tx\t{",
            b"INFO\tx\t{\"node_id\": 3}",
            b"INFO\tx\t{\"node_id\": \"",
            b"INFO\tx\t{\"node_id\": \"\"}",
            b"INFO\tx\t{\"error\": \"a \\\"node_id\\\": \\\"b\\\"\"}",
            b"INFO\tx\t{\"node_id\": \"a\\\"b\"}",
        ] {
            assert!(of_console(odd).is_empty(), "{}", String::from_utf8_lossy(odd));
        }
        let long = format!("INFO\tx\t{{\"node_id\": \"{}\"}}", "a".repeat(300));
        assert!(of_console(long.as_bytes()).is_empty());
        assert_eq!(quoted(b" \"prod-1\": x").as_deref(), Some("prod-1"));
        assert_eq!(quoted(b": x \"prod-1\""), None);
    }
}
