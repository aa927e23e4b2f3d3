//! Settling a restore, for people: what the operator says, what was seen, what will happen.

use std::fmt::Write as _;

use super::plan::verification;
use super::status::Paint;
use crate::api::text::clean;
use crate::domain::recover::{Decision, Grade, Means, RecoverPlan};
use crate::ui::Style;

/// The whole plan, worst last where the eye rests before the question.
pub fn plan(plan: &RecoverPlan, paint: Paint<'_>) -> String {
    let (what, name) = (plan.decision.word(), clean(&plan.restore));
    let head = match (plan.means, plan.decision) {
        (Some(Means::Deletion), Decision::Resume) => {
            format!("Settle restore {name}. On this operator that means: verify, then delete it.")
        }
        (Some(Means::Deletion), Decision::Abandon) => {
            format!("Let go of restore {name}. On this operator that means: delete it, verified or not.")
        }
        _ => format!("{what} restore {name}."),
    };
    let mut text = format!("{}\n\n", paint(Style::Strong, &head));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<11}")), clean(value));
    };
    line("cluster", &format!("{}/{}", plan.namespace, plan.cluster));
    line("it says", &plan.message);
    line("operator", &format!("{} ({})", plan.generation.name, plan.generation.basis));
    if !plan.consequences.is_empty() {
        let _ = writeln!(text, "\n{}", paint(Style::Strong, "What will happen"));
        for (i, line) in plan.consequences.iter().enumerate() {
            let _ = writeln!(text, "  {}. {}", i + 1, clean(line));
        }
    }
    let _ = writeln!(text, "\n{}", paint(Style::Strong, "Checks"));
    for check in &plan.checks {
        let (word, style) = match check.grade {
            Grade::Pass => ("ok", Style::Good),
            Grade::Unknown => ("?", Style::Attention),
            Grade::Fail => ("FAIL", Style::Danger),
        };
        let _ = writeln!(text, "  {}  {}", paint(style, &format!("{word:<4}")), clean(&check.text));
    }
    let _ = writeln!(text, "\n{}\n{}", paint(Style::Strong, "The servers"), verification(&plan.verification, paint).trim_end());
    super::plan::hazards(&mut text, &plan.hazards, paint);
    text
}
