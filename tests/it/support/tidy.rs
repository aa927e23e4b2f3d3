//! Outputs made comparable: what differs from run to run becomes a word in capitals.

use std::sync::LazyLock;

use regex_lite::Regex;

/// What is replaced by what, in this order.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        // Keys and object names carry stamps of their own.
        (r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", "STAMP"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"\bprod-\d{8}-(\d{6}-[0-9a-f]{4}|[0-9a-f]{8})\b", "RESTORE"),
        (r"\b\d{8}-\d{6}\b", "STAMP"),
        (r"127\.0\.0\.1:\d+", "SERVER"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"\b[0-9a-f]{32}\b", "ID"),
        // The range's snapshots are made anew in each run.
        (r"\b[0-9a-f]{64}\b", "SHA256"),
        (r"kubectl-openbao-drill-[0-9a-f]{16}", "RANGE"),
        // Ages, as kubectl writes them.
        (r"\b(\d+y\d+d|\d+d\d+h|\d+h\d+m|\d+m\d+s|\d+[smhdy])\b", "AGE"),
    ];
    rules.into_iter().map(|(pattern, word)| (Regex::new(pattern).expect("a valid pattern"), word)).collect()
});

/// The text with times, ages, ports and made-up names replaced, and no spaces at line ends.
pub fn tidy(text: &str) -> String {
    let text = RULES.iter().fold(text.to_owned(), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned());
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn what_differs_is_replaced_and_nothing_else() {
    let text = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap  41m old at 2026-11-21T00:41:19Z   3 of 3, 35937 bytes  \nhttps://127.0.0.1:4711/x";
    assert_eq!(tidy(text), "bao/prod/STAMP-b397e37b.snap  AGE old at TIME   3 of 3, 35937 bytes\nhttps://SERVER/x");
}
