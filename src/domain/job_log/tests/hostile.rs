//! Lines nobody would write by accident: no panic, bounded results, work in proportion to the length.

use proptest::prelude::*;

use super::*;

fn tables() -> [&'static Words; 3] {
    [&EXECUTORS, &UPGRADES, &SERVERS]
}

fn texts() -> Vec<&'static str> {
    let rows = table::every_row().flat_map(|row| row.fragments.iter().copied().chain(row.within));
    rows.chain(table::REASONS.iter().map(|reason| reason.fragment)).collect()
}

/// A line of a length made of one text again and again.
fn repeated(text: &str, length: usize) -> Vec<u8> {
    text.bytes().cycle().take(length).collect()
}

#[test]
fn work_grows_with_the_length_and_no_faster() {
    // At every other byte at most so many texts are compared.
    const EACH: usize = anchors::AT_ONCE / 2;
    let texts = texts();
    let near_misses = texts.iter().map(|text| &text[..text.len() - 1]);
    let nested = ["failed to find leader failed to find ", "status 4status 40status 403", "rror:rror:"];
    let short = texts.iter().copied().chain(near_misses).map(|text| (text, 8 << 10));
    for (text, length) in short.chain(nested.map(|text| (text, 1 << 20))) {
        let line = repeated(text, length);
        for words in tables() {
            let (half, all) = (words.work(&line[..length / 2]), words.work(&line));
            assert!(all <= EACH * length, "{all} texts: {text}");
            // Where the line is cut a text more or less may stand.
            assert!(all <= 2 * half + 2 * EACH * text.len() + EACH, "{half}, then {all} texts: {text}");
        }
    }
}

#[test]
fn a_finding_is_small_whatever_the_line_is() {
    for prefix in ["bao-restore error: ", "upgrade-executor error: ", "2026-11-21T00:47:30Z\tERROR\t", "[ERROR] ", ""] {
        for text in ["failed to remove Raft peer \"", "failed to find leader: ", "\t{\"node_id\": \"x", "\u{1b}[2J failed"] {
            let line = [prefix.as_bytes(), &repeated(text, 1 << 20)].concat();
            let mut findings = Findings::default();
            findings.line(&line);
            for finding in &findings.found {
                assert!(finding.line.chars().count() <= LINE_KEPT);
                assert!(!finding.line.contains('\u{1b}'));
                let name = finding.fields.node_id.as_deref().unwrap_or_default();
                assert!(name.len() <= 260);
            }
        }
    }
}

#[test]
fn a_long_log_is_kept_small() {
    let mut findings = Findings::default();
    for peer in 0..10_000 {
        let line = format!("2026-11-21T00:52:05Z\tINFO\tRemoving Raft peer\t{{\"node_id\": \"prod-{peer}\"}}");
        findings.line(line.as_bytes());
    }
    assert_eq!((findings.found.len(), findings.removing.len()), (1, 32));
}

/// Bytes that are often close to what the tables know.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "bao-restore error: ",
        "bao-backup error: ",
        "upgrade-executor error: ",
        "\tINFO\t",
        "\tERROR\t",
        "\t{\"node_id\": \"",
        "\"",
        "}",
        "2026-11-21T00:46:09.593201589Z ",
        "[WARN] ",
        "{\"@",
        "storage.raft: ",
        "core: ",
        " ",
        ": ",
    ];
    let known = prop::sample::select([texts(), pieces.to_vec()].concat()).prop_map(|text| text.as_bytes().to_vec());
    let piece = prop_oneof![known, prop::collection::vec(any::<u8>(), 0..40)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_line_is_read_without_a_panic_and_the_same_with_a_time_before_it(line in line()) {
        let told = read(&line);
        if let Some(Told::Finding(finding)) = &told {
            prop_assert!(CODES.contains(&finding.code));
            prop_assert!(finding.line.chars().count() <= LINE_KEPT);
        }
        Findings::default().line(&line);
        let begins_with_a_time = line.trim_ascii_start().first().is_none_or(u8::is_ascii_digit);
        if !begins_with_a_time {
            let stamped = read(&[b"2026-11-21T00:46:09.593201589Z ", line.as_slice()].concat());
            let code = |told: &Option<Told>| match told {
                Some(Told::Finding(finding)) => Some((finding.code, finding.suggests)),
                _ => None,
            };
            prop_assert_eq!(code(&stamped), code(&told));
        }
    }

    /// The short way finds what a plain search for each text finds.
    #[test]
    fn no_text_is_overlooked_and_none_imagined(line in line()) {
        static TEXTS: LazyLock<(Vec<&str>, Anchors)> = LazyLock::new(|| {
            let mut texts = texts();
            texts.sort_unstable();
            texts.dedup();
            let anchors = Anchors::new(&texts);
            (texts, anchors)
        });
        let (texts, anchors) = &*TEXTS;
        let mut found = Vec::new();
        anchors.each(&line, |number, start| found.push((number, start)));
        found.sort_unstable();
        let plain = texts.iter().enumerate().flat_map(|(number, text)| {
            let places = line.windows(text.len()).enumerate().filter(|(_, part)| *part == text.as_bytes());
            places.map(move |(start, _)| (number, start))
        });
        prop_assert_eq!(found, plain.collect::<Vec<_>>());
    }
}
