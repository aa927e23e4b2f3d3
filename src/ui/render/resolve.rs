//! A way out of a failed rollback, for people: what is done in order, what is lost, what stays to be done.

use std::fmt::Write as _;

use super::status::Paint;
use crate::api::text::clean;
use crate::domain::resolve::{ClaimsPlan, Path, ResolvePlan};
use crate::ui::Style;

/// The whole plan, worst last where the eye rests before the question.
pub fn plan(plan: &ResolvePlan, paint: Paint<'_>) -> String {
    let what = match plan.path {
        Path::Retry => "Retry the rollback",
        Path::StayGreen => "Stay on Green",
        Path::Restore => "Restore as the way out",
    };
    let head = format!("{what} of {}/{}.", plan.namespace, plan.cluster);
    let mut text = format!("{}\n", paint(Style::Strong, &clean(&head)));
    if let Some(interrupted) = &plan.interrupted {
        let by = interrupted.by.as_deref().unwrap_or("somebody");
        let began = format!(
            "{by} began this at {} and was interrupted while {}: it is gone on with.",
            interrupted.started,
            interrupted.stage.words()
        );
        let _ = writeln!(text, "{}", paint(Style::Attention.of_sentence(), &clean(&began)));
    }
    if let Some(restore) = &plan.restore {
        let _ = write!(text, "\n{}", super::plan::plan(restore, paint));
    }
    if plan.restore.is_none() {
        let (name, basis) = (&plan.generation.name, clean(&plan.generation.basis));
        let _ = writeln!(text, "\n  {}{name} ({basis})", paint(Style::Strong, "operator   "));
    }
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "The steps"));
    for (i, step) in plan.steps.iter().enumerate() {
        let done = if step.done { paint(Style::Good, "  (done)") } else { String::new() };
        let _ = writeln!(text, "  {}. {}{done}", i + 1, clean(&step.text));
    }
    if let Some(claims) = &plan.claims {
        volumes(&mut text, claims, paint);
    }
    if !plan.left.is_empty() {
        let _ = writeln!(text, "\n{}", paint(Style::Strong, "Left to you afterwards"));
        for line in &plan.left {
            let _ = writeln!(text, "  {}", clean(line));
        }
    }
    super::plan::hazards(&mut text, &plan.hazards, paint);
    text
}

fn volumes(text: &mut String, claims: &ClaimsPlan, paint: Paint<'_>) {
    let head = format!("Data volumes of revision {} that are deleted for good", clean(&claims.revision));
    let _ = writeln!(text, "\n{}", paint(Style::Danger, &head));
    for volume in &claims.volumes {
        let size = volume.capacity.as_deref().unwrap_or("size not known");
        let _ = writeln!(text, "  {}   {}   {}", clean(&volume.name), clean(size), clean(&volume.phase));
    }
}
