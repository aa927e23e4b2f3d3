//! Names out of a line, without reading it as JSON: a line can be long and hostile, and only a few names are wanted.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr2};

use super::{Fields, printable};
use crate::api::text::clean_cut;

/// How far into a line's fields names are looked for, in bytes. Real lines are below 1 KiB.
const FIELDS_READ: usize = 4096;
/// Names are shorter than this, in bytes. Kubernetes names end at 253.
const NAME_LENGTH: usize = 260;

/// The fields of a line in zap's console form.
pub(super) fn of_console(text: &[u8]) -> Fields {
    let mut names = Fields::default();
    let Some(start) = memchr_iter(b'{', text).find(|at| text[..*at].ends_with(b"\t")) else { return names };
    let mut rest = &text[start..text.len().min(start + FIELDS_READ)];
    let mut pod_name = None;
    while let Some((key, after)) = string(rest) {
        rest = after;
        let Some(value) = after.strip_prefix(b":") else { continue };
        let place = match key {
            b"action" => &mut names.action,
            b"blue_revision" => &mut names.blue_revision,
            b"green_revision" => &mut names.green_revision,
            b"node_id" => &mut names.node_id,
            b"pod_name" => &mut pod_name,
            _ => continue,
        };
        *place = place.take().or_else(|| name(value.trim_ascii_start()));
    }
    names.node_id = names.node_id.or(pod_name);
    names
}

/// Whether a line in zap's console form tells of something that went wrong.
pub(super) fn has_error(text: &[u8]) -> bool {
    static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("error"));
    !matches!(text.first(), Some(b'I' | b'D')) || ERROR.find(text).is_some()
}

/// The next text in quotes, as it is written, and what stands behind it. A quote behind a backslash ends no text.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &text[memchr(b'"', text)? + 1..];
    let mut end = 0;
    loop {
        end += memchr2(b'"', b'\\', text.get(end..)?)?;
        match text[end] {
            b'"' => return Some((&text[..end], &text[end + 1..])),
            _ => end += 2,
        }
    }
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
    plain.then(|| printable(name).unwrap_or_else(|| clean_cut(&String::from_utf8_lossy(name), NAME_LENGTH)))
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
