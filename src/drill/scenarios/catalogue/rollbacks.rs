//! Blue/green upgrades that went wrong: break glass, and what comes after it.

use super::{DIAGNOSE_LOCK, DIAGNOSE_ROLLBACK, OVERRIDE, STATUS_PROD, attention, main, on_the_way, restore};
use crate::drill::Play;
use crate::drill::scenarios::{Beat, Consent, Deed, Scenario, Situation, Which};
use crate::exit::Exit;

const SHOW: Beat = Beat::Command(&["breakglass", "show", "prod"]);
const DIAGNOSE: Beat = Beat::Command(DIAGNOSE_ROLLBACK);

/// `failed-rollback`.
pub const FAILED_ROLLBACK: Scenario = Scenario {
    name: "failed-rollback",
    summary: "an upgrade fell back, and the rollback's repair reached no leader for a minute: break glass",
    teaches: "why the rollback failed, what acknowledging does on this operator, and when trying again is right",
    plays: &Play::ALL,
    situation: Situation::FailedRollback,
    script: &[
        Beat::Say(
            "It is 3 a.m., and the cluster says break glass. Nothing moves until somebody acknowledges. First: what happened?",
        ),
        STATUS_PROD,
        DIAGNOSE,
        SHOW,
        Beat::Say(
            "The repair found no leader for a moment; now there is one, and Blue still has all its votes. We let it try again.",
        ),
        main(Deed::Ack),
        Beat::Say(
            "Look again. From 0.4 on Green's peers are removed and the lock is free. On jan the cleanup after the repair removes \
             Blue's peers, the leader first: that is why the tool warns there.",
        ),
        STATUS_PROD,
    ],
    // JAN's cleanup removes Blue's leader and keeps the lock: it ends, and needs attention.
    expected: |play| if play == Play::Jan { Exit::Attention } else { Exit::Done },
};

/// `diverged-rollback`.
pub const DIVERGED_ROLLBACK: Scenario = Scenario {
    name: "diverged-rollback",
    summary: "break glass for the second time: Blue cannot be given its votes back, and a retry failed like the first try",
    teaches: "that an acknowledgement can come back with a new nonce, and that then a restore is the way out",
    plays: &Play::ALL,
    situation: Situation::DivergedRollback,
    script: &[
        Beat::Say("Break glass, and it was acknowledged once already. The pasted runbook says: acknowledge. Once more, then."),
        DIAGNOSE,
        on_the_way(Deed::Ack),
        Beat::Say("It came back, with another nonce and the same cause. Trying yet again would change nothing."),
        DIAGNOSE,
        Beat::Say(
            "The snapshot from before the upgrade is whole. While break glass is active the automation keeps still: we restore.",
        ),
        restore(Which::PreUpgrade, OVERRIDE, Consent::Full),
        Beat::Say("The data is back. Break glass is still there: a restore resets nothing in the cluster's status."),
        STATUS_PROD,
    ],
    expected: |play| match play {
        // JAN's executor finds no leader in a blue/green cluster: there the plan itself is refused.
        Play::Jan => Exit::Refused,
        // The data is back, and break glass is still to be decided.
        Play::V04 | Play::V05 => Exit::Attention,
        Play::Next => Exit::OutcomeUnknown,
    },
};

/// `cleanup-failed`.
pub const CLEANUP_FAILED: Scenario = Scenario {
    name: "cleanup-failed",
    summary: "the rollback repaired Raft, but one of Green's peers could not be removed: break glass",
    teaches: "that this break glass is not the other one: Blue leads and has its votes",
    plays: &[Play::V04, Play::V05, Play::Next],
    situation: Situation::CleanupFailed,
    script: &[
        Beat::Say("Break glass, but with another reason than usual."),
        SHOW,
        DIAGNOSE,
        Beat::Say("Blue leads and votes; only the tidying up failed. It can be tried again."),
        main(Deed::Ack),
        STATUS_PROD,
    ],
    expected: |_| Exit::Done,
};

/// `green-leads`.
pub const GREEN_LEADS: Scenario = Scenario {
    name: "green-leads",
    summary: "break glass after leadership went over: a Green server leads, and Blue has no vote",
    teaches: "that the restore executor looks for the leader among Blue's pods and finds none",
    plays: &Play::ALL,
    situation: Situation::GreenLeads,
    script: &[
        Beat::Say("Break glass. This time the upgrade was almost through when it stopped."),
        STATUS_PROD,
        DIAGNOSE,
        Beat::Say("Green has the leader and all the votes. Restoring now would find no leader; the tool should say so before."),
        restore(Which::PreUpgrade, OVERRIDE, Consent::PhraseOnly),
        Beat::Say("Nothing was written. Whatever Green holds is the live data: it must not be deleted."),
    ],
    expected: |_| Exit::Refused,
};

/// `upgrade-loop`.
pub const UPGRADE_LOOP: Scenario = Scenario {
    name: "upgrade-loop",
    summary: "rolled back, and the same upgrade starts again and again, every two minutes, with the old results of its Jobs",
    teaches: "what ends the loop: a pause, another version, or the end of the old Jobs",
    // From #747 on Jobs belong to one operation, and their results with them.
    plays: &[Play::Jan, Play::V04],
    situation: Situation::UpgradeLoop,
    script: &[
        Beat::Say("The rollback is over and break glass is quiet, yet pods come and go all night."),
        STATUS_PROD,
        main(Deed::Command(DIAGNOSE_ROLLBACK)),
        Beat::Say(
            "The version is still ahead, so the upgrade starts anew; its Jobs of before are found by name. A pause stops it:",
        ),
        Beat::Patch(r#"{"spec":{"paused":true}}"#),
        STATUS_PROD,
        Beat::Say("Now there is time to think: another spec.version ends it, or waiting until the old Jobs are gone."),
    ],
    expected: attention,
};

/// `path-b-trap`.
pub const PATH_B_TRAP: Scenario = Scenario {
    name: "path-b-trap",
    summary: "the old runbook's path B was followed: everything looks green, and nobody leads",
    teaches: "that votes outlive servers: Ready pods and a Running cluster can have lost their quorum",
    plays: &Play::ALL,
    situation: Situation::PathBTrap,
    script: &[
        Beat::Say("Somebody set spec.version back and acknowledged, as an old runbook says. All lights are green. Writes fail."),
        STATUS_PROD,
        main(Deed::Command(DIAGNOSE_ROLLBACK)),
        Beat::Say(
            "Three of six votes went with Green's servers. No restart brings a majority back, and a restore finds no leader.",
        ),
    ],
    expected: attention,
};

/// `removed-leader`.
pub const REMOVED_LEADER: Scenario = Scenario {
    name: "removed-leader",
    summary: "the rollback's cleanup removed Blue's leader from Raft: it hangs, and still carries the leader's label",
    teaches: "that two pods can call themselves active, and that only Raft's configuration knows",
    plays: &[Play::Jan],
    situation: Situation::RemovedLeader,
    script: &[
        Beat::Say("Two pods carry the leader's label, and every other request hangs."),
        STATUS_PROD,
        Beat::Command(DIAGNOSE_LOCK),
        main(Deed::Command(DIAGNOSE_ROLLBACK)),
        Beat::Say("The one that hangs is no member any more. The other two have a majority of two: one more loss is too many."),
    ],
    expected: attention,
};
