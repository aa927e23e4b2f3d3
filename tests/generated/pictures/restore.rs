//! The sequence of one restore, from `tests/support/restore_steps.rs`.

use super::svg::{Anchor, Picture};

#[path = "../../support/restore_steps.rs"]
mod restore_steps;

use restore_steps::{STEPS, Who};

const WIDTH: f64 = 1180.0;
const STEP: f64 = 36.0;
const TOP: f64 = 20.0;

/// The lines' places: wide apart where most is said.
fn x(who: Who) -> f64 {
    let index = Who::ALL.iter().position(|w| *w == who).expect("one of all");
    [70.0, 270.0, 510.0, 710.0, 845.0, 990.0, 1110.0][index]
}

/// The picture.
pub fn draw() -> String {
    let mut picture = Picture::new(WIDTH);
    let bottom = TOP + 62.0 + STEP * STEPS.len() as f64;
    for who in Who::ALL {
        picture.life(&[(x(who), TOP + 30.0), (x(who), bottom - 12.0)]);
        picture.rect("box", (x(who) - 53.0, TOP), (106.0, 30.0));
        picture.text("head", Anchor::Middle, (x(who), TOP + 20.0), 106.0, who.name());
    }
    for (i, step) in STEPS.iter().enumerate() {
        let y = TOP + 62.0 + STEP * i as f64;
        assert!(step.seen.is_none() || (step.from, step.to) == (Who::Plugin, Who::Api), "no request: {}", step.text);
        let (from, to) = (x(step.from), x(step.to));
        let side = if to > from { -1.0 } else { 1.0 };
        picture.arrow(&[(from, y), (to + side, y)]);
        let room = step.text.chars().count() as f64 * 8.06 + 2.0;
        let at = (from.min(to) + 8.0).min(WIDTH - 8.0 - room);
        picture.text("over", Anchor::Start, (at, y - 7.0), room, step.text);
    }
    picture.finish(bottom + 4.0, "One restore", "Who asks whom, from the command to the verified end, from top to bottom.")
}
