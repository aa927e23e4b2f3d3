//! A report: read as a file, then through every decision there is.

use kubectl_openbao::api::names::SnapshotKey;
use kubectl_openbao::gather::report;

use super::decisions;

/// The first byte says how it is written and which source is taken away; the rest is the file.
pub fn check(data: &[u8]) {
    let Some((steer, text)) = data.split_first() else { return };
    let name = if steer & 1 == 1 { "report.json" } else { "report.yaml" };
    let path = super::file(name, text);
    let report = match report::read(&path) {
        Ok(report) => report,
        Err(failure) => {
            for line in std::iter::once(&failure.cause).chain(&failure.details).chain(&failure.hints) {
                super::assert_safe_line("a refusal", line);
            }
            assert!(failure.cause.chars().count() < 1000, "a refusal without end: {}", failure.cause);
            return;
        }
    };
    assert_eq!(report::read(&path).as_ref(), Ok(&report), "read twice");
    let key = report.evidence().restores.each().first().map(|r| r.key.clone()).filter(|key| SnapshotKey::parse(key).is_some());
    let evidence = report.about_snapshot(key.as_deref());
    decisions::all(&evidence, *steer);
    // What is kept for a check can be read back.
    let kept = serde_json::to_string(&evidence).expect("evidence can be written");
    assert_eq!(serde_json::from_str::<kubectl_openbao::domain::evidence::Evidence>(&kept).ok().as_ref(), Some(&evidence));
}
