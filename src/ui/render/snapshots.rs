//! Snapshots for people: what was checked, what it proves, and what it does not.

use std::fmt::Write as _;
use std::time::Duration;

use super::plan::bytes;
use super::status::Paint;
use crate::api::names::SnapshotKind;
use crate::api::text::{ago, clean, count};
use crate::domain::archive::head::Looks;
use crate::domain::archive::report::{Facts, Report, Verdict};
use crate::domain::restore::preflight::Grade;
use crate::domain::snapshot::{Known, Source};
use crate::ui::Style;

/// The object that was read.
pub struct Object<'a> {
    /// Its name.
    pub name: &'a str,
    /// Bytes that were read.
    pub size: u64,
    /// Its SHA-256, when it was read to its end.
    pub sha256: Option<&'a str>,
}

/// How far a verification is: bytes, rate, and the time that is left.
pub fn progress(name: &str, read: u64, size: Option<u64>, spent: Duration) -> String {
    let millis = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = read.saturating_mul(1000) / millis;
    let of = size.map_or(String::new(), |size| format!(" of {}", bytes(size)));
    let left = size.filter(|_| rate > 0).map(|size| size.saturating_sub(read) / rate.max(1));
    let left = left.map_or(String::new(), |seconds| format!(", {seconds} s left"));
    format!("verifying {name}: {}{of}, {}/s{left}", bytes(read), bytes(rate))
}

/// One line to choose by: age, type, then size and how it looks where it lies in the bucket, the key, and what names it.
pub fn choice(known: &Known, now: jiff::Timestamp) -> String {
    let old = known.taken_at.map_or_else(|| "age not known".to_owned(), |at| format!("{} old", ago(now, at)));
    let kind = known.kind.map_or("", SnapshotKind::as_str);
    let key = clean(&known.key);
    match &known.source {
        Source::Named(from) => format!("{old:>9}  {kind:<11}  {key}  ({})", clean(from)),
        Source::Bucket { size, looks } => {
            let looks = looks.map_or("not looked into", Looks::as_str);
            format!("{old:>9}  {kind:<11}  {:>9}  {looks:<15}  {key}", bytes(*size))
        }
    }
}

/// A whole verification: the answer first, then each check with what it proves, then what the snapshot is.
pub fn verification(object: &Object<'_>, report: &Report, paint: Paint<'_>) -> String {
    let style = match report.verdict {
        Verdict::Ok => Style::Good,
        Verdict::UnsealedSums | Verdict::Suspect => Style::Attention,
        _ => Style::Danger,
    };
    let head = format!("{}: {}. {}.", object.name, report.verdict.as_str(), sentence(&report.summary));
    let mut text = format!("{}\n\n{}\n", paint(style, &clean(&head)), paint(Style::Strong, "Checks"));
    for check in &report.checks {
        let (word, style) = super::plan::grade(check.grade);
        let _ = writeln!(text, "  {}  {}", paint(style, &format!("{word:<4}")), clean(&check.text));
        if check.grade == Grade::Pass {
            let _ = writeln!(text, "          proves that {}", check.proves);
        }
    }
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "What it is"));
    for (name, value) in described(object, &report.facts) {
        let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<12}")), clean(&value));
    }
    let _ = writeln!(text, "\n{}\n  {LIMITS}", paint(Style::Strong, "What this cannot prove"));
    text
}

/// Said with every verification (O§1.5): only the seal's key or a signature could prove more.
const LIMITS: &str = "who made it: whoever can write to the bucket can make a file that passes. And that this cluster's seal opens it: only the cluster can tell.";

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What a snapshot tells of itself, line by line.
pub fn described(object: &Object<'_>, facts: &Facts) -> Vec<(&'static str, String)> {
    let body = facts.body.as_deref().map_or(String::new(), |body| format!(", {body}"));
    let mut all = vec![("size", format!("{}{body}", count_bytes(object.size)))];
    all.extend(object.sha256.map(|sum| ("SHA-256", sum.to_owned())));
    all.extend(facts.taken_at.map(|at| ("taken", format!("{at}, by the clock of the server"))));
    if let Some(meta) = &facts.meta {
        all.push(("Raft", format!("index {}, term {}", meta.index, meta.term)));
        let peers: Vec<&str> = meta.peers.iter().map(|peer| peer.id.as_str()).collect();
        all.extend(
            (!peers.is_empty()).then(|| ("members", format!("{} (then; a restore does not bring them back)", peers.join(", ")))),
        );
    }
    if let Some(seal) = &facts.seal {
        let shares = match (seal.threshold, seal.shares) {
            (Some(threshold), Some(shares)) => format!(", {threshold} of {shares} shares"),
            _ => String::new(),
        };
        let kind = seal.kind.as_deref().unwrap_or("of an unknown kind");
        all.push(("seal", format!("{kind}{shares}")));
    }
    let key = facts.seal.as_ref().and_then(|seal| seal.key_id.clone()).or_else(|| facts.sums_key_id.clone());
    all.extend(key.map(|id| ("seal key", id)));
    all.extend(
        facts.openbao_version.clone().map(|version| ("OpenBao", format!("{version} is the newest that was active on it"))),
    );
    all.extend(facts.key_term.map(|term| ("key term", term.to_string())));
    all.extend(facts.records.map(|records| ("records", recorded(records, facts))));
    all
}

fn recorded(records: u64, facts: &Facts) -> String {
    let kinds: Vec<String> = facts.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if kinds.is_empty() { format!("about {records}") } else { format!("{records}: {}", kinds.join(", ")) }
}

fn count_bytes(size: u64) -> String {
    match usize::try_from(size) {
        Ok(small) if small < 1000 => count(small, "byte"),
        _ => format!("{} ({size} bytes)", bytes(size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_to_choose_by_says_how_old_and_how_whole() {
        let now = "2026-11-21T01:10:00Z".parse().expect("a time");
        let line = |key: &str, source| choice(&Known::new(key, source), now);
        let pre = "bao/prod/pre-upgrade-2026-11-21T01-00-00Z-00000002.snap";
        assert_eq!(line(pre, Source::Named("Job snap".into())), format!("  10m old  pre-upgrade  {pre}  (Job snap)"));
        let key = "bao/prod/2026-11-20T00-00-00Z-00000002.snap";
        let bucket = |looks| Source::Bucket { size: 28_509, looks };
        let wanted = [
            (Some(Looks::Complete), "  25h old  scheduled      28.5 kB  looks complete   "),
            (Some(Looks::NotASnapshot), "  25h old  scheduled      28.5 kB  not a snapshot   "),
            (None, "  25h old  scheduled      28.5 kB  not looked into  "),
        ];
        for (looks, wanted) in wanted {
            assert_eq!(line(key, bucket(looks)), format!("{wanted}{key}"));
        }
        assert_eq!(line("x", bucket(None)), "age not known                 28.5 kB  not looked into  x");
    }
}
