//! What is going on in a cluster by itself: nothing to call healthy without saying it.

use std::time::Duration;

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

/// A rollback so long ago is history: its Jobs, whose old results could be taken again, are gone (F§5.1, F§15.2.6).
const RECENT: Duration = Duration::from_secs(60 * 60);

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
    let before = blue_green.rollback_start_time.map(|at| evidence.since(at)).filter(|ago| *ago < RECENT);
    if FORWARD.contains(&blue_green.phase.as_str()) {
        let text = format!("a blue/green upgrade is under way, in phase {phase}{since}");
        if let Some(ago) = before {
            let text = format!("{text}; it was rolled back {} ago and has begun again", age(ago));
            let next = vec![words.diagnose("rollback", "whether it goes in circles, and what ends that")];
            return Some(finding("upgrade-again", Severity::Attention, text, next));
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::cluster::Cluster;
    use crate::domain::evidence::{Evidence, Item};
    use crate::domain::status::{Severity, headline, sum_up};

    fn told(blue_green: serde_json::Value) -> (Option<Severity>, String) {
        let cluster = json!({"metadata": {"name": "bg", "namespace": "bao"}, "status": {"blueGreen": blue_green}});
        let evidence = Evidence {
            observed_at: "2026-11-21T01:00:00Z".parse().expect("a time"),
            cluster: Item::present(Cluster::read(&cluster)),
            pods: Item::present(Vec::new()),
            ..Evidence::default()
        };
        let status = sum_up(&evidence).expect("it was read");
        let codes = ["rollback-under-way", "upgrade-under-way", "upgrade-again"];
        let found = status.findings.iter().find(|f| codes.contains(&f.code.as_str()));
        (found.map(|f| f.severity), found.map_or_else(|| headline(&status), |f| f.text.clone()))
    }

    #[test]
    fn what_changes_the_cluster_is_never_silent() {
        let (severity, text) = told(json!({"phase": "Syncing"}));
        assert_eq!((severity, text.as_str()), (Some(Severity::Note), "a blue/green upgrade is under way, in phase Syncing"));
        let rolled_back = |at: &str| told(json!({"phase": "Promoting", "rollbackStartTime": at}));
        let (severity, text) = rolled_back("2026-11-21T00:50:00Z");
        assert_eq!(severity, Some(Severity::Attention), "{text}");
        assert!(text.ends_with("it was rolled back 10m ago and has begun again"), "{text}");
        assert_eq!(rolled_back("2026-11-20T00:50:00Z").0, Some(Severity::Note), "history");
        for phase in ["RollingBack", "RollbackCleanup", "SomethingNew"] {
            assert_eq!(told(json!({"phase": phase})).0, Some(Severity::Attention), "{phase}");
        }
        assert_eq!(told(json!({"phase": "Idle"})).0, None);
    }
}
