//! What upgrade and rollback executors say on the way (F§6.4, and seen: F§15). A line's whole message, not a fragment.

use super::Row;
use crate::domain::job_log::RaftChange as R;
use crate::domain::job_log::UpgradeStage::{
    Demoting, Done, Joining, LeaderFound, Promoting, Removing, Started, SteppingDown, Syncing,
};
use crate::domain::job_log::{RaftChange, Submitted, Suggests, UpgradeStage, Weight};

/// A step of an ordinary run. The message is the first fragment.
const fn step(code: &'static str, message: &'static [&'static str], stage: UpgradeStage, meaning: &'static str) -> Row {
    Row {
        code,
        within: None,
        fragments: message,
        meaning,
        action: "nothing: an ordinary step",
        submitted: Submitted::No,
        suggests: Suggests::Nothing,
        refined: false,
        raft: None,
        stage: Some(stage),
        weight: Weight::Step,
    }
}

/// A step that changes Raft's membership.
const fn change(
    code: &'static str,
    message: &'static [&'static str],
    stage: UpgradeStage,
    raft: RaftChange,
    meaning: &'static str,
) -> Row {
    Row { raft: Some(raft), ..step(code, message, stage, meaning) }
}

/// Odd, and seen in runs that succeed.
const fn benign(code: &'static str, message: &'static [&'static str], meaning: &'static str, action: &'static str) -> Row {
    let row = step(code, message, Started, meaning);
    Row { action, stage: None, weight: Weight::Remark, ..row }
}

/// The step that destroys the live side when it runs in a rollback (F§4.7).
const fn removes_blue(code: &'static str, message: &'static [&'static str], stage: UpgradeStage, raft: RaftChange) -> Row {
    let meaning = match raft {
        R::BlueRemoved => "all Blue peers are removed from Raft",
        _ => "a Blue peer is being removed from Raft",
    };
    let row = change(code, message, stage, raft, meaning);
    Row {
        action: "after promoting Green: nothing. In a rollback this is the operator's bug (before #104): Blue is the side to keep; \
                 acknowledge nothing, count the voters",
        suggests: Suggests::PeerRemoval,
        weight: Weight::Remark,
        ..row
    }
}

// One row, two lines: a table is read across.
#[rustfmt::skip]
pub(in crate::domain::job_log) static ROWS: &[Row] = &[
    step("upgrade-log-started", &["Upgrade executor starting"], Started, "the executor started"),
    step("upgrade-log-leader-found", &["Leader found for consensus repair"], LeaderFound, "the leader is found"),
    step("upgrade-log-leader-found", &["Leader found"], LeaderFound, "the leader is found"),
    step("upgrade-log-leader-found", &["Blue leader found"], LeaderFound, "a Blue pod leads"),
    step("upgrade-log-leader-found", &["Initial leader found"], LeaderFound, "the leader is found"),
    step("upgrade-log-leader-found", &["Leader search completed"], LeaderFound, "the search for the leader ended"),
    step("upgrade-log-blue-leads", &["Current leader is Blue"], LeaderFound, "a Blue pod still leads"),
    step("upgrade-log-green-leads", &["Leader is not Blue (assumed Green), proceeding to demotion"], LeaderFound,
        "no Blue pod leads any more"),
    benign("upgrade-log-leader-not-blue",
        &["Failed to find leader among Blue pods for consensus repair, falling back to Green"],
        "no Blue pod leads; the Green pods are asked next", "nothing yet: the next lines tell whether a Green pod leads"),
    benign("upgrade-log-leader-not-green", &["Failed to find leader among Green pods, checking Blue pods"],
        "no Green pod leads; the Blue pods are asked next", "nothing yet: the next lines tell whether a Blue pod leads"),
    // Joining and syncing Green.
    step("upgrade-log-joining-green", &["Joining Green pod as non-voter"], Joining, "a Green pod is being joined"),
    change("upgrade-log-green-joined", &["All Green pods joined as non-voters"], Done, R::GreenJoined,
        "all Green pods are members without a vote"),
    step("upgrade-log-waiting-for-sync", &["Waiting for Green sync"], Syncing, "Green does not have all data yet"),
    benign("upgrade-log-no-autopilot", &["Raft Autopilot state endpoint not available; falling back"],
        "the server does not tell the state of autopilot; another way is used", "nothing"),
    step("upgrade-log-green-synced", &["Green pods are synced"], Done, "Green has the data"),
    // Votes.
    benign("upgrade-log-green-not-listed", &["WARNING: Green pod not found in Raft config"],
        "a Green pod is not in Raft's configuration yet; seen in runs that succeed",
        "nothing when the run succeeds; else join that pod again"),
    step("upgrade-log-promoting-green", &["Promoting Green pod to voter"], Promoting, "a Green pod is being given a vote"),
    change("upgrade-log-green-promoted", &["Green pods promoted to voters"], Done, R::GreenPromoted, "all Green pods vote"),
    change("upgrade-log-promoting-blue", &["Promoting Blue peer to voter during consensus repair"], Promoting, R::PromotingBlue,
        "a Blue peer is being given its vote back"),
    change("upgrade-log-demoting-green", &["Demoting Green peer to non-voter during consensus repair"], Demoting, R::DemotingGreen,
        "a Green peer's vote is being taken"),
    benign("upgrade-log-green-not-demoted", &["Failed to demote Green peer (may already be non-voter)"],
        "a Green peer's vote was not taken; this executor goes on",
        "check in Raft's configuration that Green has no votes"),
    change("upgrade-log-repaired", &["Consensus repair completed: Blue voters and Green non-voters enforced"], Done, R::Repaired,
        "Blue votes again and Green does not"),
    // Moving the leadership.
    change("upgrade-log-demoting-blue", &["Demoting Blue peer before step-down to bias election"], Demoting, R::DemotingBlue,
        "a Blue peer's vote is being taken, so that Green wins the election"),
    benign("upgrade-log-blue-not-demoted", &["Failed to demote Blue peer"],
        "a Blue peer's vote was not taken; this executor goes on", "nothing when the inner error says already a non-voter"),
    benign("upgrade-log-blue-not-demoted", &["Failed to demote Blue pod (might already be non-voter)"],
        "a Blue peer's vote was not taken; this executor goes on", "nothing when the inner error says already a non-voter"),
    change("upgrade-log-stepping-down", &["Stepping down Blue leader to transfer leadership to Green"], SteppingDown, R::SteppingDown,
        "the leader is asked to step down"),
    step("upgrade-log-electing", &["Waiting for new leader election..."], SteppingDown, "an election is awaited"),
    step("upgrade-log-electing", &["Finding new leader..."], SteppingDown, "an election is awaited"),
    step("upgrade-log-new-leader", &["Leader election wait completed"], SteppingDown, "the election ended"),
    step("upgrade-log-new-leader", &["New leader found"], SteppingDown, "a leader was elected"),
    change("upgrade-log-blue-demoted", &["Blue pods demoted to non-voters"], Done, R::BlueDemoted, "no Blue pod votes any more"),
    // Removing.
    removes_blue("upgrade-log-removing-blue", &["Removing Blue Raft peer"], Removing, R::RemovingBlue),
    removes_blue("upgrade-log-blue-removed", &["Blue Raft peers removed"], Done, R::BlueRemoved),
    change("upgrade-log-removing-peer", &["Removing Raft peer"], Removing, R::RemovingPeer, "a peer is being removed from Raft"),
    change("upgrade-log-peers-removed", &["Raft peers removed"], Done, R::PeersRemoved, "the peers are removed from Raft"),
];
