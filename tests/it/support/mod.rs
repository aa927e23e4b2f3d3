//! What the tests share: a range with a person in front of it, the plugin as a process, its outputs made comparable.

pub mod broken;
pub mod document;
mod person;
mod process;
#[path = "../../support/pty.rs"]
mod pty;
#[path = "../../generated/shape.rs"]
mod shape;
mod tidy;

pub use person::Person;
pub use process::{Plugin, Ran};
pub use pty::Pty;
pub use tidy::tidy;

use std::time::Duration;

use kubectl_openbao::drill::scenarios::find;
use kubectl_openbao::drill::scenarios::{Range, RangeOptions};
use kubectl_openbao::drill::{Pace, Play};

/// How long anything may take before a test gives up: far more than it ever does.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A range for a scenario and somebody to work with it.
pub async fn scenario(name: &str, play: Play) -> Person {
    scenario_at(name, play, Pace(0.02)).await
}

/// [`scenario`] at a pace of its own.
pub async fn scenario_at(name: &str, play: Play, pace: Pace) -> Person {
    let scenario = find(name).expect("a scenario of this name");
    let options = RangeOptions { pace, ..RangeOptions::new(scenario, play) };
    Person::new(Range::start(options).await.expect("the range starts"))
}

/// A range in which nothing moves, and somebody to look at it.
pub async fn still(play: Play) -> Person {
    Person::new(Range::empty(play).await.expect("the range starts"))
}

/// Waits until something holds, looking again and again; fails the test when it never does.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let give_up = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(tokio::time::Instant::now() < give_up, "never came about: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Compares a text with the one reviewed under this name (`tests/it/snapshots`).
#[track_caller]
pub fn reviewed(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, tidy(text));
    });
}

/// Ctrl-C, as a terminal would send it.
pub fn interrupt(child: &tokio::process::Child) {
    let id = child.id().expect("it runs").to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill(1) is there");
    assert!(sent.success(), "the signal was taken");
}
