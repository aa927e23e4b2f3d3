//! Break glass for people: what it is, what an acknowledgement would do, which hazards there are.

use std::fmt::Write as _;

use super::ago;
use super::plan::hazards;
use super::status::Paint;
use crate::api::text::clean;
use crate::domain::breakglass::{AckPlan, Consequences, State, View};
use crate::ui::Style;

/// `breakglass show`.
pub fn view(view: &View, paint: Paint<'_>) -> String {
    let style = if view.state.is_active() { Style::Danger } else { Style::Strong };
    let mut text = format!("{}\n", paint(style, &headline(view)));
    facts(&mut text, view, paint);
    if !view.steps.is_empty() && view.state.is_active() {
        section(&mut text, "The operator's steps, corrected where they name what does not exist", paint);
        numbered(&mut text, &view.steps);
    }
    if let Some(consequences) = &view.consequences {
        let title = match view.state {
            State::ActiveAckPending { .. } => "What the acknowledgement will do",
            _ => "What an acknowledgement would do",
        };
        section(&mut text, title, paint);
        will_happen(&mut text, consequences, paint);
    }
    hazards(&mut text, &view.hazards, paint);
    if !view.next.is_empty() {
        section(&mut text, "Next", paint);
        for step in &view.next {
            let _ = writeln!(text, "  {}\n      {}", step.command, paint(Style::Dim, &step.purpose));
        }
    }
    text
}

/// The plan of an acknowledgement, worst last where the eye rests before the question.
pub fn plan(plan: &AckPlan, paint: Paint<'_>) -> String {
    let head = format!("Acknowledge break glass of {}/{}. The operator then goes on by itself.", plan.namespace, plan.cluster);
    let mut text = format!("{}\n\n", paint(Style::Strong, &clean(&head)));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<10}")), clean(value));
        }
    };
    line("reason", &plan.reason);
    line("message", &plan.message);
    line("nonce", &plan.nonce);
    if let Some(at) = plan.entered_at {
        line("entered", &format!("{at} ({} ago)", ago(plan.observed_at, Some(at))));
    }
    line("operator", &format!("{} ({})", plan.generation.name, plan.generation.basis));
    if plan.refusal.is_none() {
        section(&mut text, "What will happen", paint);
        will_happen(&mut text, &plan.consequences, paint);
        hazards(&mut text, &plan.hazards, paint);
    }
    text
}

fn headline(view: &View) -> String {
    let name = format!("{} in namespace {}", clean(&view.cluster), clean(&view.namespace));
    let age = |then| ago(view.observed_at, then);
    let goes_on = view.goes_on.as_ref().map_or(String::new(), |what| format!("; {what}"));
    match &view.state {
        State::NotInThisGeneration => format!("{name}: this operator ({}) has no break glass{goes_on}.", view.generation.name),
        State::NotBlueGreen => {
            format!("{name}: break glass is not active; only blue/green upgrades ever enter it, and this cluster has none.")
        }
        State::NeverHappened => format!("{name}: break glass is not active, and never was{goes_on}."),
        State::Active | State::ActiveWrongAck { .. } => format!(
            "{name}: break glass is active for {}. The operator has stopped its upgrade automation until it is acknowledged.",
            age(view.entered_at)
        ),
        State::ActiveAckPending { .. } => {
            format!("{name}: break glass is acknowledged, and the operator has not taken the acknowledgement yet.")
        }
        State::Acknowledged { at, .. } => {
            format!("{name}: break glass is not active; it was acknowledged {} ago{goes_on}.", age(*at))
        }
    }
}

fn facts(text: &mut String, view: &View, paint: Paint<'_>) {
    if matches!(view.state, State::NotInThisGeneration | State::NotBlueGreen | State::NeverHappened) {
        return;
    }
    section(text, "Break glass", paint);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {}{}", paint(Style::Strong, &format!("{name:<14}")), clean(value));
        }
    };
    line("reason", &view.reason);
    line("message", &view.message);
    line("nonce", &view.nonce);
    if let Some(at) = view.entered_at {
        line("entered", &format!("{at} ({} ago)", ago(view.observed_at, Some(at))));
    }
    match &view.state {
        State::Active => line("acknowledged", "no"),
        State::ActiveWrongAck { written, remark } => {
            line("acknowledged", &format!("no: spec.breakGlassAck is {written}, which does nothing; {remark}"));
        }
        State::ActiveAckPending { held_by } if held_by.is_empty() => {
            line("acknowledged", "yes; the operator may take it any second");
        }
        State::ActiveAckPending { held_by } => line("acknowledged", &format!("yes; {}", held_by.join("; "))),
        State::Acknowledged { at: Some(at), .. } => line("acknowledged", &at.to_string()),
        _ => line("acknowledged", "at a time that is not recorded"),
    }
    line("operator", &format!("{} ({})", view.generation.name, view.generation.basis));
}

fn section(text: &mut String, title: &str, paint: Paint<'_>) {
    let _ = writeln!(text, "\n{}", paint(Style::Strong, title));
}

fn numbered(text: &mut String, lines: &[String]) {
    for (i, line) in lines.iter().enumerate() {
        let _ = writeln!(text, "  {}. {}", i + 1, clean(line));
    }
}

fn will_happen(text: &mut String, consequences: &Consequences, paint: Paint<'_>) {
    for why in &consequences.waits_for {
        let _ = writeln!(text, "  {}  {}", paint(Style::Attention, "waits"), clean(why));
    }
    numbered(text, &consequences.steps);
}
