//! The practice range's scenarios: what each one sets up, what it teaches, and how `drill run` plays it.

pub mod names;
pub mod objects;
mod private_dir;
mod range;
#[cfg(test)]
mod range_tests;
pub mod seed;
pub mod set_up;

use self::names::Clock;
pub use self::range::{Range, RangeOptions};
use crate::drill::Play;
use crate::exit::Exit;

/// One situation to practise.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the engineer finds.
    pub summary: &'static str,
    /// What there is to learn.
    pub teaches: &'static str,
    /// The generations it can be played on.
    pub plays: &'static [Play],
    /// How it differs from a healthy cluster.
    pub(crate) situation: Situation,
    /// How `drill run` plays it.
    pub script: &'static [Beat],
    /// What the main restore ends with, per generation.
    pub expected: fn(Play) -> Exit,
}

/// What is wrong with the practice cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// Nothing.
    Healthy,
    /// A backup left its lock behind.
    LeakedBackupLock,
    /// The same, and two restores wait behind it.
    WaitingRestores,
    /// A blue/green upgrade is under way.
    LiveUpgrade,
    /// Another restore is running.
    RunningRestore,
    /// The person on call may do everything but create a restore.
    MayNotRestore,
}

/// One beat of `drill run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Narration.
    Say(&'static str),
    /// A command whose exit code does not decide.
    Command(&'static [&'static str]),
    /// The main restore, with its consent; its exit code is the run's.
    Restore(Restore),
    /// Another person removes an OpenBaoRestore with kubectl.
    Delete(&'static str),
}

/// The main restore of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// Which snapshot.
    pub snapshot: Which,
    /// Further flags.
    pub flags: &'static [&'static str],
    /// How much of the consent is given.
    pub consent: Consent,
}

/// Which snapshot is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The cluster's last backup.
    Last,
    /// Another cluster's.
    Foreign,
}

/// How much of what the plan asks for is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The phrase and every hazard it names.
    Full,
    /// The phrase only: a pasted command of somebody who did not read on.
    PhraseOnly,
}

impl Which {
    /// The object key.
    pub fn key(self, clock: Clock) -> String {
        match self {
            Which::Last => clock.last_key(),
            Which::Foreign => clock.foreign_key(),
        }
    }
}

/// Finds a scenario by its name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    all().iter().find(|scenario| scenario.name == name)
}

/// Every scenario there is.
pub fn all() -> &'static [Scenario] {
    &SCENARIOS
}

const STATUS: Beat = Beat::Command(&["status"]);
const STATUS_PROD: Beat = Beat::Command(&["status", "prod"]);

const fn restore(snapshot: Which, flags: &'static [&'static str], consent: Consent) -> Beat {
    Beat::Restore(Restore { snapshot, flags, consent })
}

const OVERRIDE: &[&str] = &["--override-lock"];

/// What a restore that goes well ends with: on NEXT nobody can know yet.
fn restored(play: Play) -> Exit {
    if play == Play::Next { Exit::OutcomeUnknown } else { Exit::Done }
}

static SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "stuck-lock",
        summary: "a backup ended long ago and left the operation lock behind; nothing is running under it",
        teaches: "telling a stale lock from a live one, and restoring past it",
        plays: &Play::ALL,
        situation: Situation::LeakedBackupLock,
        script: &[
            Beat::Say(
                "It is 3 a.m. Somebody deleted half the secrets, and the cluster will not take a restore. What do we have?",
            ),
            STATUS,
            Beat::Say("One cluster, and it needs attention. A closer look:"),
            STATUS_PROD,
            Beat::Say(
                "The lock is stale: no backup runs. We restore the last snapshot and let the operator clear the lock on the way.",
            ),
            restore(Which::Last, OVERRIDE, Consent::Full),
            Beat::Say("And afterwards:"),
            STATUS_PROD,
        ],
        expected: restored,
    },
    Scenario {
        name: "restore",
        summary: "a healthy cluster with a free lock, and a snapshot to go back to",
        teaches: "the plain restore: plan, consent, follow, verify",
        plays: &Play::ALL,
        situation: Situation::Healthy,
        script: &[
            Beat::Say("Nothing is wrong with the cluster, only with the data in it. We go back to the last backup."),
            STATUS_PROD,
            restore(Which::Last, &[], Consent::Full),
            STATUS_PROD,
        ],
        expected: restored,
    },
    Scenario {
        name: "live-lock",
        summary: "a blue/green upgrade is really running and renews its lock every few seconds",
        teaches: "that a live lock is not in the way but at work: the tool warns, and a pasted command is not enough",
        plays: &Play::ALL,
        situation: Situation::LiveUpgrade,
        script: &[
            Beat::Say("The lock is held again. Is it the same old story?"),
            STATUS_PROD,
            Beat::Say("It is not: an upgrade is running. We try with last night's command line anyway, and accept nothing."),
            restore(Which::Last, OVERRIDE, Consent::PhraseOnly),
            Beat::Say("Nothing was written. Wait for the upgrade to end, or decide with open eyes."),
        ],
        // JAN's executor finds no leader in a blue/green cluster: there the plan itself is refused.
        expected: |play| if play == Play::Jan { Exit::Refused } else { Exit::Declined },
    },
    Scenario {
        name: "restore-lock",
        summary: "another restore holds the lock and is running",
        teaches: "that an override never clears another restore's lock, and how it is freed",
        plays: &Play::ALL,
        situation: Situation::RunningRestore,
        script: &[
            Beat::Say("Somebody was faster: a restore is running already. Can we get past it?"),
            STATUS_PROD,
            restore(Which::Last, OVERRIDE, Consent::Full),
            Beat::Say("No. It has to end, or its OpenBaoRestore has to be deleted. Nothing was written."),
        ],
        expected: |_| Exit::Refused,
    },
    Scenario {
        name: "waiting-restores",
        summary: "two forgotten restores wait behind a stale backup lock and will run as soon as it is free",
        teaches: "looking who waits behind a lock before freeing it",
        plays: &Play::ALL,
        situation: Situation::WaitingRestores,
        script: &[
            Beat::Say("The lock is stale, but it is not the only thing here."),
            STATUS_PROD,
            Beat::Say("Two restores wait. Freeing the lock would run them, one after the other, after ours. They go first."),
            Beat::Delete("nightly-verify"),
            Beat::Delete("try-again"),
            Beat::Say("Now the lock protects nothing any more."),
            restore(Which::Last, OVERRIDE, Consent::Full),
            STATUS_PROD,
        ],
        expected: restored,
    },
    Scenario {
        name: "foreign-snapshot",
        summary: "the only snapshot at hand was taken from another cluster, sealed with another key",
        teaches: "that \"Completed\" and \"Running\" prove nothing: every server is sealed",
        plays: &Play::ALL,
        situation: Situation::Healthy,
        script: &[
            Beat::Say("Somebody copied a snapshot of another cluster into our bucket and says it is the right one."),
            restore(Which::Foreign, &[], Consent::Full),
            Beat::Say("What the cluster says of itself now, and what its servers say:"),
            STATUS_PROD,
        ],
        expected: |play| match play {
            Play::Jan | Play::V04 => Exit::Attention,
            // The verified endpoint refuses the foreign keys (F§4.3) …
            Play::V05 => Exit::JobFailed,
            // … but NEXT had claimed the submission by then.
            Play::Next => Exit::OutcomeUnknown,
        },
    },
    Scenario {
        name: "denied",
        summary: "you may see everything and restore nothing",
        teaches: "which permission is missing, and the Role that gives it, before anything is tried",
        plays: &Play::ALL,
        situation: Situation::MayNotRestore,
        script: &[
            Beat::Say("We are on call, but only with the rights of an onlooker."),
            STATUS_PROD,
            restore(Which::Last, &[], Consent::Full),
            Beat::Say("The missing rule is named; nothing was written."),
        ],
        expected: |_| Exit::NotPermitted,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_script_has_one_main_restore() {
        let mut names: Vec<&str> = all().iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for scenario in all() {
            let restores = scenario.script.iter().filter(|beat| matches!(beat, Beat::Restore(_))).count();
            assert_eq!(restores, 1, "{}", scenario.name);
        }
    }
}
