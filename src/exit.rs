//! Exit codes: the one place that numbers them.

/// How a command ended, for scripts. Documented in `docs/exit-codes.md`; a test compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing wrong.
    Done = 0,
    /// Unexpected failure.
    Failure = 1,
    /// Wrong flags or arguments.
    Usage = 2,
    /// Something needs attention: `status --exit-code`, or a verification that is not clean.
    Attention = 3,
    /// Refused: the plan is not allowed.
    Refused = 4,
    /// Declined, or consent could not be asked.
    Declined = 5,
    /// Not permitted: the API server answered 401 or 403.
    NotPermitted = 6,
    /// Something named was not found.
    NotFound = 7,
    /// The world changed between the plan and the write.
    WorldChanged = 8,
    /// The time limit ran out while following.
    TimeLimit = 9,
    /// The restore or its Job failed.
    JobFailed = 10,
    /// The outcome is unknown.
    OutcomeUnknown = 11,
    /// Interrupted by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// Every exit code with its one-line meaning, in order.
    pub const ALL: [(Exit, &'static str); 13] = [
        (Exit::Done, "done, nothing wrong"),
        (Exit::Failure, "unexpected failure"),
        (Exit::Usage, "wrong flags or arguments"),
        (Exit::Attention, "something needs attention"),
        (Exit::Refused, "refused: the plan is not allowed"),
        (Exit::Declined, "declined, or consent could not be asked"),
        (Exit::NotPermitted, "not permitted (401, 403)"),
        (Exit::NotFound, "not found"),
        (Exit::WorldChanged, "the world changed since the plan"),
        (Exit::TimeLimit, "time limit while following"),
        (Exit::JobFailed, "the restore or its job failed"),
        (Exit::OutcomeUnknown, "outcome unknown"),
        (Exit::Interrupted, "interrupted"),
    ];

    /// The code of this number.
    pub fn of_code(code: u8) -> Option<Exit> {
        Exit::ALL.iter().map(|(exit, _)| *exit).find(|exit| exit.code() == code)
    }

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }
}
