//! What is going on in a cluster by itself: nothing to call healthy without saying it.

use std::time::Duration;

use super::findings::{Words, finding};
use super::{Finding, Next, Severity};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::generation::Tag;
use crate::api::restore::{Execution, Phase, Restore};
use crate::api::text::{age, clean};
use crate::domain::breakglass::pause_first;
use crate::domain::evidence::Evidence;
use crate::domain::{diagnosis, lock};

/// Upgrades, rollbacks and restores under way. While break glass is active nothing but a restore goes on.
pub(super) fn findings(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Vec<Finding> {
    let upgrades = match cluster.active_break_glass() {
        Some(_) => [None, None],
        None => [blue_green(evidence, cluster, words), rolling(cluster)],
    };
    upgrades.into_iter().flatten().chain(restore(evidence, words)).collect()
}

/// A rollback so long ago is history: its Jobs, whose old results could be taken again, are gone (F§5.1, F§15.2.6).
const RECENT: Duration = Duration::from_secs(60 * 60);

fn blue_green(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Option<Finding> {
    let blue_green = cluster.blue_green.as_ref().filter(|b| b.under_way())?;
    let phase = clean(&blue_green.phase);
    let since = blue_green.phase_began().map_or(String::new(), |at| format!(" for {}", evidence.ago(at)));
    let before = blue_green.rollback_start_time.map(|at| evidence.since(at)).filter(|ago| *ago < RECENT);
    if blue_green.goes_forward() {
        let failed = failed_tries(cluster, blue_green);
        let tried = failed.as_deref().unwrap_or_default();
        let text = format!("a blue/green upgrade is under way, in phase {phase}{since}{tried}");
        if let Some(ago) = before {
            let text = format!("{text}; it was rolled back {} ago and has begun again", age(ago));
            let next = words.diagnose("rollback", "whether it goes in circles, and what ends that");
            let next = pause_first(evidence).map(Next::from).into_iter().chain([next]).collect();
            return Some(finding("upgrade-again", Severity::Attention, text, next));
        }
        return Some(match failed {
            Some(_) => {
                let next = words.plugin("logs --job upgrade", "what the last try says");
                finding("upgrade-under-way", Severity::Attention, text, vec![next])
            }
            None => finding("upgrade-under-way", Severity::Note, text, Vec::new()),
        });
    }
    let text = match blue_green.rolling_back() {
        true => format!("a rollback is under way, in phase {phase}{since}"),
        false => format!("the upgrade has been{since} in phase {phase}, which this tool does not know"),
    };
    let why = words.diagnose("rollback", "why, and what to do");
    Some(match pause_first(evidence).filter(|_| blue_green.rolling_back()) {
        Some(pause) => {
            let sure = if evidence.generation.surely_at_most(Tag::Jan) { "" } else { " (if this operator is older than 0.1)" };
            let text = format!("{text}; its clean-up removes Blue's voters from Raft{sure}");
            finding("rollback-under-way", Severity::Danger, text, vec![pause.into(), why])
        }
        None => finding("rollback-under-way", Severity::Attention, text, vec![why]),
    })
}

/// How often the step of this phase failed, and what the operator does at the limit (F§4.6).
fn failed_tries(cluster: &Cluster, blue_green: &BlueGreen) -> Option<String> {
    let failures = blue_green.job_failures.filter(|n| *n > 0)?;
    let limit = cluster.spec.max_job_failures.unwrap_or(lock::DEFAULT_TRIES);
    let then = match blue_green.phase.as_str() {
        _ if cluster.spec.auto_rollback == Some(false) => format!(", at {limit} it stays there: automatic rollback is off"),
        "DeployingGreen" | "JoiningMesh" | "Syncing" => format!(", at {limit} the operator aborts it by itself"),
        "Promoting" | "DemotingBlue" | "Cleanup" => format!(", at {limit} the operator rolls back by itself"),
        _ => String::new(),
    };
    Some(format!("; {failures} of {limit} tries failed{then}"))
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

fn restore(evidence: &Evidence, words: &Words<'_>) -> Option<Finding> {
    let running = evidence.unfinished_restores().into_iter().find(|r| r.phase == Phase::Running)?;
    let name = clean(&running.meta.name);
    let follow = words.about("follow", &name, "to its end");
    if let Some(why) = diagnosis::why_stuck(evidence, &running.job_name()).filter(|_| !is_in(running)) {
        let text = format!("restore {name} only says that it runs: {why}");
        // Up to 0.4 nothing ever ends it.
        let follow = Some(follow).filter(|_| !evidence.generation.may_be_at_most(Tag::V04));
        let next = [words.diagnose("restore", "what keeps it from running")].into_iter().chain(follow).collect();
        return Some(finding("restore-stuck", Severity::Attention, text, next));
    }
    let text = match is_in(running) {
        true => format!("restore {name} is running: the snapshot is in, and the servers are restarted one by one"),
        false => format!("restore {name} is running: it replaces the data"),
    };
    Some(finding("restore-running", Severity::Note, text, vec![follow]))
}

/// Whether its Job ended well and the operator does what comes after it (0.5, F§4.3).
fn is_in(restore: &Restore) -> bool {
    let succeeded = |execution: &Execution| execution.terminal_result.as_deref() == Some("Succeeded");
    restore.execution.as_ref().is_some_and(succeeded) || restore.message.starts_with("Waiting for voter Pods to restart")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::cluster::Cluster;
    use crate::api::generation::Generation;
    use crate::api::restore::Restore;
    use crate::api::workload::Pod;
    use crate::domain::evidence::{Evidence, Item};
    use crate::domain::status::{Severity, headline, sum_up};

    fn told(blue_green: serde_json::Value) -> (Option<Severity>, String) {
        told_by("0.4.2", blue_green)
    }

    fn told_by(operator: &str, blue_green: serde_json::Value) -> (Option<Severity>, String) {
        let cluster = json!({"metadata": {"name": "bg", "namespace": "bao"}, "status": {"blueGreen": blue_green}});
        let evidence = Evidence {
            observed_at: "2026-11-21T01:00:00Z".parse().expect("a time"),
            cluster: Item::present(Cluster::read(&cluster)),
            pods: Item::present(Vec::new()),
            generation: Generation { schema: None, operator: Some(operator.into()) },
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
        let unknown = told(json!({"phase": "SomethingNew", "startTime": "2026-11-21T00:58:30Z"})).1;
        assert_eq!(unknown, "the upgrade has been for 90s in phase SomethingNew, which this tool does not know");
    }

    #[test]
    fn a_rollback_that_may_remove_blue_is_a_danger() {
        let (severity, text) = told_by("unheard of", json!({"phase": "RollingBack"}));
        assert_eq!(severity, Some(Severity::Danger));
        assert!(text.ends_with("; its clean-up removes Blue's voters from Raft (if this operator is older than 0.1)"), "{text}");
    }

    #[test]
    fn a_rollback_is_as_old_as_itself() {
        let (began, promoting) = ("2026-11-21T00:59:00Z", "2026-11-21T00:58:00Z");
        let rolling_back = json!({"phase": "RollingBack", "startTime": promoting, "rollbackStartTime": began});
        assert_eq!(told(rolling_back).1, "a rollback is under way, in phase RollingBack for 60s");
        let cleaning = json!({"phase": "RollbackCleanup", "startTime": began, "rollbackStartTime": promoting});
        assert_eq!(told(cleaning).1, "a rollback is under way, in phase RollbackCleanup for 60s");
    }

    #[test]
    fn a_failed_try_says_what_comes_next() {
        for (phase, then) in [("JoiningMesh", "aborts it"), ("DemotingBlue", "rolls back")] {
            let (severity, text) = told(json!({"phase": phase, "jobFailureCount": 1}));
            assert_eq!(severity, Some(Severity::Attention), "{phase}");
            assert!(text.ends_with(&format!("; 1 of 5 tries failed, at 5 the operator {then} by itself")), "{text}");
        }
    }

    fn restoring(message: &str, terminal: &str, reason: &str, active: bool) -> Vec<(String, String)> {
        let cluster = json!({"metadata": {"name": "prod", "namespace": "bao"}, "status": {"breakGlass": {"active": active}}});
        let restore = json!({"metadata": {"name": "r9", "namespace": "bao"},
            "status": {"phase": "Running", "message": message, "execution": {"terminalResult": terminal}}});
        let pod = json!({"metadata": {"name": "restore-r9-x", "labels": {"job-name": "restore-r9"}},
            "status": {"containerStatuses": [{"state": {"waiting": {"reason": reason, "message": "m"}}}]}});
        let evidence = Evidence {
            cluster: Item::present(Cluster::read(&cluster)),
            restores: Item::present(vec![Restore::read(&restore)]),
            job_pods: Item::present(vec![Pod::read(&pod)]),
            ..Evidence::default()
        };
        let of_restore = sum_up(&evidence).expect("it was read").findings.into_iter().filter(|f| f.code.starts_with("restore-"));
        of_restore.map(|f| (f.code, f.text)).collect()
    }

    #[test]
    fn a_running_restore_says_how_far_it_is() {
        let one = |code: &str, text: &str| vec![(code.to_owned(), text.to_owned())];
        let replaces = one("restore-running", "restore r9 is running: it replaces the data");
        assert_eq!(restoring("", "", "ContainerCreating", false), replaces);
        assert_eq!(restoring("", "", "ContainerCreating", true), replaces, "break glass does not hide it");
        let stuck = "restore r9 only says that it runs: pod restore-r9-x does not start: ImagePullBackOff: m";
        assert_eq!(restoring("", "", "ImagePullBackOff", false), one("restore-stuck", stuck));
        let is_in = one("restore-running", "restore r9 is running: the snapshot is in, and the servers are restarted one by one");
        assert_eq!(restoring("", "Succeeded", "", false), is_in);
        assert_eq!(
            restoring("Waiting for voter Pods to restart after snapshot application: statefulSet=prod", "", "", false),
            is_in
        );
    }
}
