//! The operation lock: who holds it and whether anybody still works under it (F§4.5, F§15.2.2–4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Item};
use crate::api::cluster::{BlueGreen, Cluster, OperationLock};
use crate::api::restore::Phase;
use crate::api::text::{age, clean, quote};

/// Whether work is going on under a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Somebody works under it now.
    Live,
    /// Its work is stopped on purpose or waits for a person; the lock still means something.
    Halted,
    /// Nobody works under it and nobody will.
    Stale,
    /// Not enough could be read to say.
    Unknown,
}

impl Verdict {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Live => "live",
            Verdict::Halted => "halted",
            Verdict::Stale => "stale",
            Verdict::Unknown => "unknown",
        }
    }
}

/// A held lock with its verdict and the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockFinding {
    /// The lock as the cluster's status has it.
    #[serde(flatten)]
    pub lock: OperationLock,
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on, one fact a line.
    pub because: Vec<String>,
}

impl LockFinding {
    /// Taken so short a time ago that its work may not have begun.
    pub fn is_fresh(&self, evidence: &Evidence) -> bool {
        self.lock.acquired_at.is_some_and(|at| evidence.since(at).as_secs() < SETTLING_SECONDS)
    }
}

/// Held by somebody the operator does not know: by hand (F§4.5).
pub fn is_foreign(lock: &OperationLock) -> bool {
    match lock.operation.as_str() {
        "Upgrade" => lock.holder != "openbaocluster/upgrade",
        "Backup" => lock.holder != "openbaocluster/backup",
        _ => false,
    }
}

/// A Job may not exist yet in the first moments of a lock; younger than this is never called stale.
const SETTLING_SECONDS: u64 = 30;

/// Judges the lock of the cluster, if one is held.
pub fn judge(evidence: &Evidence) -> Option<LockFinding> {
    let cluster = evidence.cluster.value()?;
    let lock = cluster.operation_lock.clone()?;
    let mut because = Vec::new();
    let work = match lock.operation.as_str() {
        _ if is_foreign(&lock) => {
            because.push(format!("holder {} is none of the operator's: it was taken by hand", clean(&lock.holder)));
            Verdict::Unknown
        }
        "Backup" => backup_work(evidence, &mut because),
        "Restore" => restore_work(evidence, &lock, &mut because),
        "Upgrade" => upgrade_work(evidence, cluster, &mut because),
        other => {
            because.push(format!("operation {} is not known to this tool", clean(other)));
            Verdict::Unknown
        }
    };
    let verdict = if work == Verdict::Stale { confirm_stale(evidence, cluster, &lock, &mut because) } else { work };
    Some(LockFinding { lock, verdict, because })
}

/// `stale` needs more than missing work: somebody must be there who would have released it (F§4.5).
fn confirm_stale(evidence: &Evidence, cluster: &Cluster, lock: &OperationLock, because: &mut Vec<String>) -> Verdict {
    if cluster.spec.paused {
        because.push("the cluster is paused: the operator does not touch upgrades and backups".into());
        return Verdict::Halted;
    }
    if let Some(taken) = lock.acquired_at
        && evidence.since(taken).as_secs() < SETTLING_SECONDS
    {
        because.push(format!("taken only {} ago: its work may not have begun", age(evidence.since(taken))));
        return Verdict::Unknown;
    }
    match evidence.operator_alive() {
        Some(true) => {
            because.push("the operator is alive".into());
            Verdict::Stale
        }
        Some(false) => {
            because.push("the operator is not running: nobody would renew or release it".into());
            Verdict::Halted
        }
        None => {
            because.push(format!(
                "whether the operator runs is not known ({})",
                evidence.lease.unknown().unwrap_or_else(|| "its lease has no time, or one that is yet to come".into())
            ));
            Verdict::Unknown
        }
    }
}

fn unreadable<T>(item: &Item<T>, what: &str, because: &mut Vec<String>) -> bool {
    item.unknown().inspect(|why| because.push(format!("{what} could not be read ({why})"))).is_some()
}

fn backup_work(evidence: &Evidence, because: &mut Vec<String>) -> Verdict {
    if unreadable(&evidence.jobs, "Jobs", because) {
        return Verdict::Unknown;
    }
    if let Some(job) = evidence.jobs_at_work("backup").first() {
        because.push(format!("backup Job {} is active", clean(&job.meta.name)));
        return Verdict::Live;
    }
    because.push("no backup Job is active".into());
    if evidence.unfinished_restores().is_empty() && evidence.restores.unknown().is_none() {
        because.push("no restore is waiting".into());
    }
    Verdict::Stale
}

fn restore_work(evidence: &Evidence, lock: &OperationLock, because: &mut Vec<String>) -> Verdict {
    let Some(name) = lock.restore_name() else {
        because.push(format!("holder {} names no restore", clean(&lock.holder)));
        return Verdict::Unknown;
    };
    if unreadable(&evidence.restores, "restores", because) {
        return Verdict::Unknown;
    }
    let Some(restore) = evidence.restores.each().iter().find(|r| r.meta.name == name) else {
        because.push(format!("openbaorestore {} does not exist", clean(name)));
        return Verdict::Stale;
    };
    because.push(format!("openbaorestore {} is {}", clean(name), clean(restore.phase.as_str())));
    match restore.phase {
        Phase::Completed | Phase::Failed => Verdict::Stale,
        Phase::Unknown if restore.released() => Verdict::Stale,
        Phase::Unknown => {
            because.push("its outcome waits for a person; the lock is kept by design".into());
            Verdict::Halted
        }
        Phase::Other(_) => Verdict::Unknown,
        Phase::Pending | Phase::Validating | Phase::Running => Verdict::Live,
    }
}

fn upgrade_work(evidence: &Evidence, cluster: &Cluster, because: &mut Vec<String>) -> Verdict {
    if let Some(break_glass) = cluster.active_break_glass() {
        because.push(format!(
            "break glass is active ({}): automation is stopped until it is acknowledged",
            clean(&break_glass.reason)
        ));
        return Verdict::Halted;
    }
    if let Some(job) = evidence.jobs_at_work("upgrade").first() {
        because.push(format!("upgrade Job {} is active", clean(&job.meta.name)));
        return Verdict::Live;
    }
    let jobs_unread = unreadable(&evidence.jobs, "Jobs", because);
    if !cluster.upgrade_under_way() {
        return idle_upgrade(cluster, jobs_unread, because);
    }
    under_way(evidence, cluster, because)
}

/// No upgrade by status: stale, when the wanted version is the running one.
fn idle_upgrade(cluster: &Cluster, jobs_unread: bool, because: &mut Vec<String>) -> Verdict {
    because.push("no upgrade is under way by the cluster's status".into());
    match (&cluster.spec.version, &cluster.current_version) {
        (Some(wanted), Some(current)) if wanted != current => {
            because.push(format!("but version {} is wanted and {} runs: an upgrade may begin", clean(wanted), clean(current)));
            Verdict::Unknown
        }
        _ if jobs_unread => Verdict::Unknown,
        _ => Verdict::Stale,
    }
}

/// An upgrade by status: live, or stopped where it waits for a person.
fn under_way(evidence: &Evidence, cluster: &Cluster, because: &mut Vec<String>) -> Verdict {
    if let Some(blue_green) = cluster.blue_green.as_ref().filter(|b| b.under_way()) {
        because.push(format!("blue/green upgrade is in phase {}", clean(&blue_green.phase)));
        if cluster.spec.auto_promote == Some(false) && matches!(blue_green.phase.as_str(), "Syncing" | "Promoting") {
            because.push("promotion waits for a person (autoPromote is off)".into());
            return Verdict::Halted;
        }
        if let Some(failures) = given_up(cluster, blue_green) {
            because.push(format!("its step failed {failures} times, and a person must go on (autoRollback is off)"));
            return Verdict::Halted;
        }
    }
    if let Some(upgrade) = &cluster.upgrade {
        because.push(format!("rolling upgrade to {} is in the status", clean(upgrade.target_version.as_deref().unwrap_or("?"))));
        if let Some(failure) = &upgrade.failure {
            because.push(format!("it failed ({}) and waits for a retry", clean(failure)));
            return Verdict::Halted;
        }
    }
    if cluster.spec.paused {
        because.push("the cluster is paused".into());
        return Verdict::Halted;
    }
    if evidence.operator_alive() == Some(false) {
        because.push("the operator is not running".into());
        return Verdict::Halted;
    }
    Verdict::Live
}

/// How often the step failed, when that is as often as is tried and nothing rolls it back by itself (F§4.5).
fn given_up(cluster: &Cluster, blue_green: &BlueGreen) -> Option<i64> {
    let tries = cluster.spec.max_job_failures.unwrap_or(DEFAULT_TRIES);
    let failures = blue_green.job_failures.filter(|failures| *failures >= tries)?;
    (cluster.spec.auto_rollback == Some(false)).then_some(failures)
}

/// The schema's default of `maxJobFailures`.
pub(super) const DEFAULT_TRIES: i64 = 5;

/// What `kubectl` is asked to remove a lock whose restore is gone, for nobody else does (F§4.5); it tests that this very lock
/// is still there: a holder's name is the same for every backup, the time it was taken is not.
pub fn removal(cluster: &str, lock: &OperationLock) -> String {
    let test = |field: &str, value: &str| {
        let value = serde_json::Value::from(clean(value).into_owned());
        format!("{{\"op\":\"test\",\"path\":\"/status/operationLock/{field}\",\"value\":{value}}},")
    };
    let taken = lock.acquired_at.map_or(String::new(), |at| test("acquiredAt", &at.to_string()));
    let patch = format!("[{}{taken}{{\"op\":\"remove\",\"path\":\"/status/operationLock\"}}]", test("holder", &lock.holder));
    format!("patch openbaocluster {} --subresource=status --type=json -p {}", quote(cluster), quote(&patch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::restore::Restore;
    use crate::api::workload::{Job, Lease};
    use jiff::Timestamp;
    use serde_json::json;

    const NOW: &str = "2026-11-21T01:20:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// A healthy idle cluster whose lock was taken an hour ago; everything readable, the operator alive.
    fn locked(operation: &str, holder: &str) -> Evidence {
        let cluster = json!({
            "metadata": {"namespace": "bao", "name": "prod"}, "spec": {"version": "2.5.5"},
            "status": {"phase": "Running", "currentVersion": "2.5.5", "operationLock": {"operation": operation, "holder": holder,
                "acquiredAt": "2026-11-21T00:20:00Z", "renewedAt": "2026-11-21T00:20:00Z"}}
        });
        Evidence {
            observed_at: at(NOW),
            cluster: Item::present(Cluster::read(&cluster)),
            restores: Item::present(vec![]),
            jobs: Item::present(vec![]),
            lease: Item::present(Lease { renewed_at: Some(at(NOW)), duration_seconds: Some(15), ..Lease::default() }),
            ..Evidence::default()
        }
    }

    fn cluster(evidence: &mut Evidence) -> &mut Cluster {
        match &mut evidence.cluster {
            Item::Present { value } => value,
            _ => panic!("the cluster is there"),
        }
    }

    fn verdict(evidence: &Evidence) -> Verdict {
        judge(evidence).expect("a lock").verdict
    }

    fn job(component: &str, active: i64) -> Job {
        Job::read(
            &json!({"metadata": {"name": "j", "labels": {"openbao.org/component": component}}, "status": {"active": active, "succeeded": 1 - active}}),
        )
    }

    fn restore(phase: &str) -> Restore {
        Restore::read(&json!({"metadata": {"name": "r1"}, "spec": {"cluster": "prod"}, "status": {"phase": phase}}))
    }

    #[test]
    fn a_backup_lock_is_live_exactly_while_a_backup_job_is_active() {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        assert_eq!(verdict(&evidence), Verdict::Stale);
        evidence.jobs = Item::present(vec![job("backup", 0), job("upgrade", 1)]);
        assert_eq!(verdict(&evidence), Verdict::Stale);
        evidence.jobs = Item::present(vec![job("backup", 1)]);
        assert_eq!(verdict(&evidence), Verdict::Live);
    }

    #[test]
    fn what_cannot_be_read_is_never_stale() {
        for (operation, holder) in
            [("Backup", "openbaocluster/backup"), ("Restore", "openbaorestore/r1"), ("Upgrade", "openbaocluster/upgrade")]
        {
            for hide in 0..2 {
                let mut evidence = locked(operation, holder);
                match hide {
                    0 => evidence.lease = Item::Forbidden { what: "list leases".into() },
                    _ => (evidence.jobs, evidence.restores) = (Item::NotAsked, Item::Failed { why: "timed out".into() }),
                }
                assert_eq!(verdict(&evidence), Verdict::Unknown, "{operation} {hide}");
            }
        }
    }

    #[test]
    fn nobody_to_release_it_means_halted() {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        cluster(&mut evidence).spec.paused = true;
        assert_eq!(verdict(&evidence), Verdict::Halted);
        let mut evidence = locked("Backup", "openbaocluster/backup");
        evidence.lease =
            Item::present(Lease { renewed_at: Some(at("2026-11-21T01:00:00Z")), duration_seconds: Some(15), ..Lease::default() });
        assert_eq!(verdict(&evidence), Verdict::Halted);
    }

    #[test]
    fn a_lock_of_this_moment_is_not_called_stale() {
        let mut evidence = locked("Backup", "openbaocluster/backup");
        cluster(&mut evidence).operation_lock.as_mut().expect("a lock").acquired_at = Some(at("2026-11-21T01:19:50Z"));
        assert_eq!(verdict(&evidence), Verdict::Unknown);
    }

    #[test]
    fn a_lock_is_removed_only_from_the_holder_that_was_seen() {
        let mut lock =
            locked("Restore", "openbaorestore/it's").cluster.value().and_then(|c| c.operation_lock.clone()).expect("a lock");
        assert_eq!(
            removal("prod", &lock),
            r#"patch openbaocluster prod --subresource=status --type=json -p '[{"op":"test","path":"/status/operationLock/holder","value":"openbaorestore/it'\''s"},{"op":"test","path":"/status/operationLock/acquiredAt","value":"2026-11-21T00:20:00Z"},{"op":"remove","path":"/status/operationLock"}]'"#
        );
        lock.acquired_at = None;
        assert!(!removal("prod", &lock).contains("acquiredAt"), "nothing to test");
    }

    #[test]
    fn a_restore_lock_follows_its_restore() {
        let cases = [
            ("Pending", Verdict::Live),
            ("Validating", Verdict::Live),
            ("Running", Verdict::Live),
            ("Completed", Verdict::Stale),
            ("Failed", Verdict::Stale),
            ("Unknown", Verdict::Halted),
            ("Novel", Verdict::Unknown),
        ];
        for (phase, expected) in cases {
            let mut evidence = locked("Restore", "openbaorestore/r1");
            evidence.restores = Item::present(vec![restore(phase)]);
            assert_eq!(verdict(&evidence), expected, "{phase}");
        }
        assert_eq!(verdict(&locked("Restore", "openbaorestore/gone")), Verdict::Stale);
    }

    #[test]
    fn an_upgrade_lock_is_halted_by_break_glass_and_live_while_it_moves() {
        let mut evidence = locked("Upgrade", "openbaocluster/upgrade");
        assert_eq!(verdict(&evidence), Verdict::Stale);
        cluster(&mut evidence).spec.version = Some("2.5.6".into());
        assert_eq!(verdict(&evidence), Verdict::Unknown);
        cluster(&mut evidence).blue_green =
            Some(crate::api::cluster::BlueGreen { phase: "Syncing".into(), ..Default::default() });
        assert_eq!(verdict(&evidence), Verdict::Live);
        cluster(&mut evidence).spec.auto_promote = Some(false);
        assert_eq!(verdict(&evidence), Verdict::Halted);
        cluster(&mut evidence).spec.auto_promote = None;
        let blue_green = cluster(&mut evidence).blue_green.as_mut().expect("blue/green");
        (blue_green.phase, blue_green.job_failures) = ("Promoting".into(), Some(5));
        assert_eq!(verdict(&evidence), Verdict::Live, "the operator rolls back by itself");
        cluster(&mut evidence).spec.auto_rollback = Some(false);
        assert_eq!(verdict(&evidence), Verdict::Halted);
        cluster(&mut evidence).break_glass = Some(crate::api::cluster::BreakGlass { active: true, ..Default::default() });
        evidence.jobs = Item::present(vec![job("upgrade", 1)]);
        assert_eq!(verdict(&evidence), Verdict::Halted);
    }

    #[test]
    fn a_holder_the_operator_does_not_know_is_not_called_stale() {
        assert_eq!(verdict(&locked("Upgrade", "somebody/else")), Verdict::Unknown);
        assert_eq!(verdict(&locked("Upgrade", "openbaocluster/upgrade")), Verdict::Stale);
    }
}
