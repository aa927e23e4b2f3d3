//! What is going on in a cluster by itself: nothing to call healthy without saying it.

use super::findings::{Words, finding};
use super::{Finding, Severity};
use crate::api::cluster::Cluster;
use crate::api::restore::Phase;
use crate::api::text::{age, clean};
use crate::domain::evidence::Evidence;

/// Upgrades, rollbacks and restores under way, while break glass is not active.
pub(super) fn findings(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Vec<Finding> {
    if cluster.active_break_glass().is_some() {
        return Vec::new();
    }
    [blue_green(evidence, cluster, words), rolling(cluster), restore(evidence)].into_iter().flatten().collect()
}

/// Phases of F§4.6 that go forward.
const FORWARD: [&str; 8] = [
    "DeployingGreen",
    "JoiningMesh",
    "Syncing",
    "Promoting",
    "TrafficSwitching",
    "DemotingBlue",
    "Cleanup",
    "RestoringReadReplicas",
];

fn blue_green(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let blue_green = cluster.blue_green.as_ref().filter(|b| b.under_way())?;
    let phase = clean(&blue_green.phase);
    let since = blue_green.start_time.map_or(String::new(), |at| format!(" for {}", age(evidence.since(at))));
    if FORWARD.contains(&blue_green.phase.as_str()) {
        let text = format!("a blue/green upgrade is under way, in phase {phase}{since}");
        return Some(finding("upgrade-under-way", Severity::Note, text, Vec::new()));
    }
    let next = vec![words.diagnose("rollback", "why, and what comes next by itself")];
    let text = match blue_green.phase.as_str() {
        "RollingBack" | "RollbackCleanup" => format!("a rollback is under way, in phase {phase}{since}"),
        _ => format!("the upgrade is in phase {phase}, which this tool does not know{since}"),
    };
    Some(finding("rollback-under-way", Severity::Attention, text, next))
}

fn rolling(cluster: &Cluster) -> Option<Finding> {
    let upgrade = cluster.upgrade.as_ref()?;
    let target = upgrade.target_version.as_deref().map_or(String::new(), |v| format!(" to {}", clean(v)));
    Some(match &upgrade.failure {
        Some(why) => finding(
            "upgrade-failed",
            Severity::Attention,
            format!("the rolling upgrade{target} stopped: {}", clean(why)),
            Vec::new(),
        ),
        None => finding("upgrade-under-way", Severity::Note, format!("a rolling upgrade{target} is under way"), Vec::new()),
    })
}

fn restore(evidence: &Evidence) -> Option<Finding> {
    let running = evidence.unfinished_restores().into_iter().find(|r| r.phase == Phase::Running)?;
    let namespace = clean(&running.meta.namespace).into_owned();
    let name = clean(&running.meta.name).into_owned();
    let text = format!("restore {name} is running: it replaces the data");
    let follow = super::Next { command: format!("kubectl openbao follow {name} -n {namespace}"), why: "to its end".into() };
    Some(finding("restore-running", Severity::Note, text, vec![follow]))
}
