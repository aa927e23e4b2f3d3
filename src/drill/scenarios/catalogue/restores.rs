//! Restores: the lock, the snapshot, the permission.

use super::{OVERRIDE, STATUS, STATUS_PROD, restore, restored};
use crate::drill::Play;
use crate::drill::scenarios::{Beat, Consent, Scenario, Situation, Which};
use crate::exit::Exit;

/// `stuck-lock`.
pub const STUCK_LOCK: Scenario = Scenario {
    name: "stuck-lock",
    summary: "a backup ended long ago and left the operation lock behind; nothing is running under it",
    teaches: "telling a stale lock from a live one, and restoring past it",
    plays: &Play::ALL,
    situation: Situation::LeakedBackupLock,
    script: &[
        Beat::Say("It is 3 a.m. Somebody deleted half the secrets, and the cluster will not take a restore. What do we have?"),
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
};

/// `restore`.
pub const RESTORE: Scenario = Scenario {
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
};

/// `live-lock`.
pub const LIVE_LOCK: Scenario = Scenario {
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
};

/// `restore-lock`.
pub const RESTORE_LOCK: Scenario = Scenario {
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
};

/// `waiting-restores`.
pub const WAITING_RESTORES: Scenario = Scenario {
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
};

/// `foreign-snapshot`.
pub const FOREIGN_SNAPSHOT: Scenario = Scenario {
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
};

/// `denied`.
pub const DENIED: Scenario = Scenario {
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
};
