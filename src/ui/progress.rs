//! A line that says what is being waited for; only on a terminal, never in the answer.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Ui;
use crate::api::redact::redact;

/// A spinner with a text, gone when dropped.
pub struct Waiting {
    bar: ProgressBar,
}

impl Waiting {
    /// Starts it; nothing is drawn when quiet, not on a terminal, or on one whose cursor cannot be moved.
    pub fn start(ui: &Ui, text: &str) -> Waiting {
        let terminal = ui.terminal();
        let hidden = terminal.quiet || !terminal.interactive || !terminal.moves;
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_message(redact(text).into_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Waiting { bar }
    }

    /// Changes the text.
    pub fn say(&self, text: &str) {
        self.bar.set_message(redact(text).into_owned());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
