//! The one error type a person meets: what was being done, the cause, a hint with a command.

use crate::exit::Exit;

/// Said wherever it is certain, as a detail or at the end of the cause; [`Failure::midway`] takes it back.
const UNTOUCHED: &str = "nothing was written";

/// Why a command stopped.
///
/// Texts are short, one line each, without a final full stop, and already free of control characters when they
/// come from a server (`api::text::clean`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code that follows from the kind of failure.
    pub exit: Exit,
    /// What was being done, as a present participle: `restoring bao/prod`. Empty for usage errors.
    pub doing: String,
    /// Why it failed, re-worded for a person.
    pub cause: String,
    /// More lines worth reading: the server's own text, the missing rule, what was tried.
    pub details: Vec<String>,
    /// What to do next, best a command that can be pasted.
    pub hints: Vec<String>,
    /// It happened on a way that was begun before, maybe by another run.
    pub midway: bool,
}

/// What commands and the layers under them return.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure with an exit code and a cause; add the rest with the builder methods.
    pub fn new(exit: Exit, cause: impl Into<String>) -> Self {
        Failure { exit, doing: String::new(), cause: cause.into(), details: Vec::new(), hints: Vec::new(), midway: false }
    }

    /// Says what was being done, unless a deeper layer already said so.
    #[must_use]
    pub fn doing(mut self, doing: impl Into<String>) -> Self {
        if self.doing.is_empty() {
            self.doing = doing.into();
        }
        self
    }

    /// Adds a line of detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// The same in the middle of a longer way: that nothing was written is true of this step alone, and would be read of
    /// the whole.
    #[must_use]
    pub fn midway(mut self) -> Self {
        self.midway = true;
        if let Some(cause) = self.cause.strip_suffix(&format!("; {UNTOUCHED}")) {
            self.cause = cause.to_owned();
        }
        self.details.retain(|detail| detail != UNTOUCHED);
        for detail in &mut self.details {
            if let Some(rest) = detail.strip_prefix(&format!("{UNTOUCHED}: ")) {
                *detail = rest.to_owned();
            }
        }
        self
    }

    /// Says that nothing was written, where nothing says so yet: for commands that write, as long as they sent nothing. Not
    /// for wrong usage, which never comes near a write.
    #[must_use]
    pub fn untouched(self) -> Self {
        let said = std::iter::once(&self.cause).chain(&self.details).any(|line| line.contains(UNTOUCHED));
        if said || self.midway || self.exit == Exit::Usage { self } else { self.detail(UNTOUCHED) }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.doing.is_empty() { write!(f, "{}", self.cause) } else { write!(f, "{}: {}", self.doing, self.cause) }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midway_it_is_not_said_that_nothing_was_written() {
        let failure = |cause: &str| Failure::new(Exit::WorldChanged, cause).detail("lock: was free").detail(UNTOUCHED);
        let midway =
            failure("the world changed; nothing was written").detail("nothing was written: there is no restore r").midway();
        assert_eq!(
            (midway.cause.as_str(), midway.details),
            ("the world changed", vec!["lock: was free".into(), "there is no restore r".into()])
        );
    }
}
