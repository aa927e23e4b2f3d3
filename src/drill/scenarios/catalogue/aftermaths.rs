//! When the restore is over, or nobody is there to do it.

use super::{DIAGNOSE_LOCK, DIAGNOSE_RESTORE, STATUS_PROD, attention, main};
use crate::drill::Play;
use crate::drill::scenarios::{Beat, Deed, Scenario, Situation};
use crate::exit::Exit;

/// `unknown-outcome`.
pub const UNKNOWN_OUTCOME: Scenario = Scenario {
    name: "unknown-outcome",
    summary: "a restore ended as Unknown and keeps the lock until a person has looked and decided",
    teaches: "how to find out what the servers have, and how the lock is given back",
    plays: &[Play::V05, Play::Next],
    situation: Situation::UnknownOutcome,
    script: &[
        Beat::Say("A colleague restored and went off shift. The restore says Unknown, and nothing else may start."),
        STATUS_PROD,
        Beat::Command(DIAGNOSE_RESTORE),
        Beat::Say("The servers are unsealed and have a leader. We have looked; now we decide."),
        main(Deed::Recover("colleague-0312", "--resume")),
        STATUS_PROD,
    ],
    expected: |_| Exit::Done,
};

/// `sealed-after-restore`.
pub const SEALED_AFTER_RESTORE: Scenario = Scenario {
    name: "sealed-after-restore",
    summary: "a forced restore of another cluster's snapshot went through, and every server sealed itself",
    teaches: "that the restore's own word is not the servers' word, and what unseals them again",
    plays: &Play::ALL,
    situation: Situation::SealedAfterRestore,
    script: &[
        Beat::Say("The restore looks done. The applications say that everything is sealed."),
        STATUS_PROD,
        main(Deed::Command(DIAGNOSE_RESTORE)),
        Beat::Say("The snapshot needs the other cluster's seal key. Without it only a snapshot of this cluster helps."),
    ],
    expected: attention,
};

/// `no-leader-after-restore`.
pub const NO_LEADER_AFTER_RESTORE: Scenario = Scenario {
    name: "no-leader-after-restore",
    summary: "a restore completed; since then two of three servers cannot open their data, and nobody leads",
    teaches: "what a lost quorum is, and that rebuilding one by hand is for daylight",
    plays: &[Play::Jan, Play::V04, Play::V05],
    situation: Situation::NoLeaderAfterRestore,
    script: &[
        Beat::Say("Half an hour ago a restore completed. Now two servers do not come up again, and the third leads nobody."),
        STATUS_PROD,
        main(Deed::Command(DIAGNOSE_RESTORE)),
        Beat::Say("One of three votes is no majority. The last resort is a peers.json on the survivor: never done blindly."),
    ],
    expected: attention,
};

/// `operator-dead`.
pub const OPERATOR_DEAD: Scenario = Scenario {
    name: "operator-dead",
    summary: "the operator was scaled to zero: a restore waits for nobody, and a lock is never given back",
    teaches: "telling a lock that is held from one nobody is there to release",
    plays: &Play::ALL,
    situation: Situation::OperatorDead,
    script: &[
        Beat::Say("A restore was created twenty minutes ago and has not even begun."),
        STATUS_PROD,
        Beat::Command(DIAGNOSE_RESTORE),
        main(Deed::Command(DIAGNOSE_LOCK)),
        Beat::Say("Nobody renews the lease: the operator is not running. Scaling it up again lets the waiting restore run."),
    ],
    expected: attention,
};
