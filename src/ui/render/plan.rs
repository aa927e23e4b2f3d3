//! A restore's plan for people: what, what is lost, which lock, the checks, the hazards.

use std::fmt::Write as _;

use super::ago;
use super::status::Paint;
use crate::api::text::clean;
use crate::domain::hazards::{Hazard, Weight};
use crate::domain::restore::RestorePlan;
use crate::domain::restore::preflight::Grade;
use crate::domain::verify::{self, Verification};
use crate::ui::Style;

/// The whole plan, worst last where the eye rests before the question.
pub fn plan(plan: &RestorePlan, paint: Paint<'_>) -> String {
    let head =
        format!("Restore of {}/{}. This replaces everything in the cluster with a snapshot.", plan.namespace, plan.cluster);
    let mut text = format!("{}\n\n", paint(Style::Strong, &clean(&head)));
    facts(&mut text, plan, paint);
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "What will happen"));
    for (i, line) in plan.consequences.iter().enumerate() {
        let _ = writeln!(text, "  {}. {}", i + 1, clean(line));
    }
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "Checks"));
    for check in &plan.checks {
        let (word, style) = grade(check.grade);
        let _ = writeln!(text, "  {}  {}", paint(style, &format!("{word:<4}")), clean(&check.text));
        let hint = check.hint.as_deref().filter(|_| check.grade != Grade::Pass).unwrap_or_default();
        for line in hint.lines() {
            let _ = writeln!(text, "        {}", clean(line));
        }
    }
    hazards(&mut text, &plan.hazards, paint);
    for note in &plan.notes {
        let _ = writeln!(text, "\nNote: {}", clean(note));
    }
    text
}

/// The word and the weight of a result.
pub(super) fn grade(grade: Grade) -> (&'static str, Style) {
    match grade {
        Grade::Pass => ("ok", Style::Good),
        Grade::Warn => ("warn", Style::Attention),
        Grade::Fail => ("FAIL", Style::Danger),
        Grade::Unknown => ("?", Style::Attention),
    }
}

fn facts(text: &mut String, plan: &RestorePlan, paint: Paint<'_>) {
    let now = plan.observed_at;
    let snapshot = &plan.snapshot;
    let mut parts = vec![snapshot.key.clone()];
    parts.extend(snapshot.size.map(bytes));
    parts.extend(snapshot.kind.clone());
    parts.push(snapshot.taken_at.map_or_else(|| "age not known".into(), |at| format!("{} old", ago(now, Some(at)))));
    parts.push(snapshot.verified.clone());
    let lost = snapshot.lost(&plan.namespace, &plan.cluster, now);
    let mut line = |name: &str, style: Style, value: &str| {
        let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<11}")), paint(style.of_sentence(), &clean(value)));
    };
    line("snapshot", Style::Plain, &parts.join("   "));
    for (at, (style, compared)) in super::snapshots::compared(&plan.comparison).into_iter().enumerate() {
        line(if at == 0 { "compared" } else { "" }, style, &compared);
    }
    line("lost", Style::Danger, &lost);
    if let Some(found) = &plan.overrides {
        let held = ago(now, found.lock.acquired_at);
        line(
            "lock",
            Style::Attention,
            &format!(
                "{}, {}, {held} old: will be cleared the moment the operator sees the request",
                found.lock.operation,
                found.verdict.as_str()
            ),
        );
        line("", Style::Dim, &found.because.join("; "));
    }
    line("operator", Style::Plain, &format!("{} ({})", plan.generation.name, plan.generation.basis));
    line("object", Style::Plain, &format!("openbaorestore/{}", plan.name()));
}

/// A size as people read it: `35.9 kB`.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
    let mut value = size as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{size} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// The section of hazards; nothing when there are none.
pub fn hazards(text: &mut String, hazards: &[Hazard], paint: Paint<'_>) {
    if hazards.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "Hazards"));
    let width = hazards.iter().map(|h| h.code.len()).max().unwrap_or(0);
    for hazard in hazards {
        let style = match hazard.weight {
            Weight::Danger => Style::Danger,
            Weight::Known => Style::Attention,
            Weight::Standing => Style::Dim,
        };
        let word = if hazard.weight == Weight::Danger { "DANGER  " } else { "" };
        let _ = writeln!(text, "  {}  {word}{}", paint(style, &format!("{:<width$}", hazard.code)), clean(&hazard.text));
    }
}

/// The verification, item by item.
pub fn verification(verification: &Verification, paint: Paint<'_>) -> String {
    let mut text = String::new();
    for item in &verification.items {
        let (word, style) = match item.grade {
            verify::Grade::Ok => ("ok", Style::Good),
            verify::Grade::Unknown => ("?", Style::Attention),
            verify::Grade::Fail => ("FAIL", Style::Danger),
        };
        let _ = writeln!(text, "  {}  {}", paint(style, &format!("{word:<4}")), clean(&item.text));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_one_digit() {
        assert_eq!(
            [0, 999, 35_937, 1_500_000, 29_000_000_000].map(super::bytes),
            ["0 B", "999 B", "35.9 kB", "1.5 MB", "29.0 GB"]
        );
    }
}
