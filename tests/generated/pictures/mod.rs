//! The pictures of the documentation, drawn from what the code and the code map say.

mod code_map;
mod failed_rollback;
mod restore;
mod svg;

use std::collections::BTreeSet;

use kubectl_openbao::domain::diagnosis::Verdict;
use kubectl_openbao::domain::{diagnosis, hazards};

use super::{Generated, root};

/// The files.
pub fn files() -> Vec<Generated> {
    vec![
        Generated { path: "docs/pictures/failed-rollback.svg", text: failed_rollback::draw() },
        Generated { path: "docs/pictures/code-map.svg", text: code_map::draw(&map()) },
        Generated { path: "docs/pictures/restore.svg", text: restore::draw() },
    ]
}

fn map() -> String {
    std::fs::read_to_string(root().join("docs/code-map.md")).expect("the code map")
}

/// The words between backquotes of the decision.
fn named() -> BTreeSet<&'static str> {
    let questions = failed_rollback::STATES.iter().flat_map(|state| state.questions);
    let lines = questions.flat_map(|q| q.lines.iter().chain([&q.head]));
    let texts = lines.chain(failed_rollback::STATES.iter().map(|state| &state.head));
    texts.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn the_decision_names_only_findings_and_hazards_of_the_code() {
    let known: BTreeSet<&str> = diagnosis::CODES.iter().chain(hazards::CODES).copied().collect();
    let unknown: Vec<_> = named().difference(&known).copied().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Fails to compile, or to hold, when a verdict is added that the picture does not show.
#[test]
fn the_decision_leads_to_every_verdict() {
    let all = [Verdict::Retry, Verdict::StayGreen, Verdict::Restore, Verdict::NothingToDo, Verdict::NotEnoughEvidence];
    for verdict in all {
        match verdict {
            Verdict::Retry | Verdict::StayGreen | Verdict::Restore | Verdict::NothingToDo | Verdict::NotEnoughEvidence => {}
        }
        let drawn = failed_rollback::STATES.iter().flat_map(|s| s.questions).any(|q| q.verdict == verdict);
        assert!(drawn, "{verdict:?}");
        assert!(failed_rollback::draw().contains(&failed_rollback::name(verdict)));
    }
}

#[test]
fn the_arrows_are_those_of_the_code_map() {
    let arrows = code_map::arrows(&map());
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert!(arrows.contains(&pair("commands", "ui")) && arrows.contains(&pair("drill", "api")), "{arrows:?}");
    assert!(!arrows.contains(&pair("ui", "remote")));
    let picture = code_map::draw(&map());
    assert_eq!(picture.matches("marker-end").count(), arrows.len());
    for layer in ["api", "domain", "remote", "gather", "ui", "commands", "drill"] {
        for module in code_map::modules(&map(), layer) {
            assert!(picture.contains(&module), "{layer}: {module}");
        }
    }
}
