//! Snapshots for people: what was checked, what it proves, and what it does not.

use std::fmt::Write as _;
use std::time::Duration;

use super::plan::bytes;
use super::status::Paint;
use crate::api::names::SnapshotKind;
use crate::api::text::{ago, clean, count};
use crate::domain::archive::head::{Head, Looks};
use crate::domain::archive::report::{Facts, Report, Verdict};
use crate::domain::hazards::Hazard;
use crate::domain::likeness::{Comparison, Likeness};
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
    let mut text = format!("{}\n\n{}\n", paint(style.of_sentence(), &clean(&head)), paint(Style::Strong, "Checks"));
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

/// What the first bytes of a snapshot tell, held against a cluster where one was named.
pub fn shown(
    object: &Object<'_>,
    head: &Head,
    cluster: Option<(&str, &[Comparison])>,
    hazards: &[Hazard],
    paint: Paint<'_>,
) -> String {
    let style = if head.looks == Looks::Complete { Style::Good } else { Style::Danger };
    let first = format!("{}: {}. {}.", object.name, head.looks.as_str(), sentence(&head.summary));
    let mut text = format!("{}\n\n{}\n", paint(style.of_sentence(), &clean(&first)), paint(Style::Strong, "What it is"));
    for (name, value) in described(object, &head.facts) {
        let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<12}")), clean(&value));
    }
    if let Some((cluster, comparison)) = cluster {
        let _ = writeln!(text, "\n{}", paint(Style::Strong, &clean(&format!("Against cluster {cluster}"))));
        comparison.iter().for_each(|one| compared_line(&mut text, one, paint));
        super::plan::hazards(&mut text, hazards, paint);
    }
    let _ = writeln!(text, "\n{}\n  {HEAD_LIMITS}", paint(Style::Strong, "What this cannot prove"));
    text
}

/// Said with every look at first bytes.
const HEAD_LIMITS: &str = "that the rest is there and right: only its first bytes were read (snapshots verify reads it all). Who made it. And that this cluster's seal opens it: only the cluster can tell.";

fn compared_line(text: &mut String, one: &Comparison, paint: Paint<'_>) {
    let (word, style) = match one.verdict {
        Likeness::Same => ("same", Style::Good),
        Likeness::Differs => ("DIFF", Style::Danger),
        Likeness::Unknown => ("?", Style::Attention),
    };
    let _ = writeln!(
        text,
        "  {}  {}{}",
        paint(style, &format!("{word:<4}")),
        paint(Style::Strong, &format!("{:<15}", name_of(&one.what))),
        clean(&both(one))
    );
    let _ = writeln!(text, "        {}", paint(Style::Dim, &clean(&one.means)));
}

/// What both sides say: once where it is the same word for word.
fn both(one: &Comparison) -> String {
    match (&one.snapshot, &one.live) {
        (Some(then), Some(now)) if then == now => then.clone(),
        (then, now) => {
            let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".into());
            format!("{}; here {}", or(then), or(now))
        }
    }
}

/// The words for a comparison's code.
fn name_of(code: &str) -> &str {
    match code {
        "origin" => "key's cluster",
        "members" => "Raft members",
        "seal-type" => "seal type",
        "seal-shares" => "seal shares",
        "seal-key" => "seal key",
        "raft-index" => "Raft index",
        "cluster-age" => "cluster's age",
        "newest-backup" => "newest backup",
        other => other,
    }
}

/// The comparison in short, for a plan: one line of what is the same and what is not known, and one for each difference.
/// What has a check or a hazard of its own is left to that.
pub fn compared(all: &[Comparison]) -> Vec<(Style, String)> {
    const SHOWN: [&str; 5] = ["members", "seal-type", "seal-shares", "seal-key", "version"];
    let mut lines = Vec::new();
    let of = |verdict: Likeness| all.iter().filter(move |one| one.verdict == verdict && SHOWN.contains(&one.what.as_str()));
    let names = |verdict| of(verdict).map(|one| name_of(&one.what)).collect::<Vec<_>>().join(", ");
    let (same, unknown) = (names(Likeness::Same), names(Likeness::Unknown));
    let parts = [("same", same), ("not known", unknown)];
    let parts: Vec<String> =
        parts.iter().filter(|(_, what)| !what.is_empty()).map(|(word, what)| format!("{word}: {what}")).collect();
    lines.extend((!parts.is_empty()).then(|| (Style::Plain, parts.join("; "))));
    lines.extend(of(Likeness::Differs).map(|one| (Style::Danger, format!("differs: {}: {}", name_of(&one.what), both(one)))));
    lines
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
