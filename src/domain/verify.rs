//! Verification of a restore: what the operator does not check. `Completed` is never sufficient (F§10, F§15.2.7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Item, ServerHealth};
use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::api::workload::Pod;

/// Result of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Could not be looked at.
    Unknown,
    /// Not as it should be.
    Fail,
}

/// One verified thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// Result.
    pub grade: Grade,
    /// One line for people.
    pub text: String,
}

/// The whole verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Every item, in order.
    pub items: Vec<Finding>,
}

/// Every code an item can have; `docs/checks.md` explains each (a test compares the two).
pub const CODES: &[&str] = &["cluster", "phase", "lock", "seal", "leader", "ready", "answers", "cluster-id", "break-glass"];

fn item(code: &str, grade: Grade, text: impl Into<String>) -> Finding {
    debug_assert!(CODES.contains(&code), "{code} is not listed");
    Finding { code: code.into(), grade, text: text.into() }
}

impl Verification {
    /// Nothing could be read: nothing is called fine.
    pub fn unread(why: &str) -> Verification {
        Verification { items: vec![item("cluster", Grade::Unknown, format!("the cluster could not be read ({})", clean(why)))] }
    }

    /// The worst grade.
    pub fn worst(&self) -> Grade {
        self.items.iter().map(|i| i.grade).max().unwrap_or(Grade::Unknown)
    }

    /// Nothing failed, and the servers themselves were seen to be well: what may be called restored.
    pub fn is_clean(&self) -> bool {
        self.is_clean_but_for("")
    }

    /// The same, where one item is expected to fail: it alone is no objection, and it is no proof either.
    pub fn is_clean_but_for(&self, code: &str) -> bool {
        let ok = |code: &str| self.items.iter().any(|i| i.code == code && i.grade == Grade::Ok);
        self.failures().all(|failure| failure.code == code) && (ok("seal") && ok("leader") || ok("answers"))
    }

    /// The failed items.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.items.iter().filter(|i| i.grade == Grade::Fail)
    }
}

/// Verifies what evidence gathered after the restore says.
pub fn verify(evidence: &Evidence, name: &str) -> Verification {
    let restore = evidence.restores.each().iter().find(|r| r.meta.name == name);
    let mut items = vec![phase(evidence, restore, name), lock(evidence, name)];
    items.extend(servers(evidence));
    items.extend(answers(evidence));
    items.extend(break_glass(evidence));
    Verification { items }
}

/// Verifies after the restore itself was deleted to settle it (0.5): everything but its phase.
pub fn verify_without(evidence: &Evidence, name: &str) -> Verification {
    let mut items = vec![lock(evidence, name)];
    items.extend(servers(evidence));
    items.extend(answers(evidence));
    items.extend(break_glass(evidence));
    Verification { items }
}

/// The servers' own words alone: what can be verified before a restore's outcome is settled, lock and phase aside.
pub fn servers_alone(evidence: &Evidence) -> Verification {
    let mut items = servers(evidence);
    items.extend(answers(evidence));
    Verification { items }
}

fn phase(evidence: &Evidence, restore: Option<&Restore>, name: &str) -> Finding {
    match restore {
        Some(restore) if restore.phase == Phase::Completed => item("phase", Grade::Ok, format!("restore {name} is Completed")),
        Some(restore) if restore.released() => {
            item("phase", Grade::Ok, format!("restore {name} was released by an administrator"))
        }
        Some(restore) => item("phase", Grade::Fail, format!("restore {name} is {}: {}", restore.phase, clean(&restore.message))),
        None => match evidence.restores.unknown() {
            Some(why) => item("phase", Grade::Unknown, format!("the restore could not be read ({})", clean(&why))),
            None => item("phase", Grade::Fail, format!("restore {name} is gone")),
        },
    }
}

fn lock(evidence: &Evidence, name: &str) -> Finding {
    let Some(cluster) = evidence.cluster.value() else {
        let why = evidence.cluster.unknown().unwrap_or_else(|| "the cluster is gone".into());
        return item("lock", Grade::Unknown, format!("the operation lock could not be read ({})", clean(&why)));
    };
    match &cluster.operation_lock {
        None => item("lock", Grade::Ok, "lock released"),
        Some(lock) if lock.restore_name() == Some(name) => item("lock", Grade::Fail, "the restore still holds the lock"),
        Some(lock) => {
            item("lock", Grade::Ok, format!("lock released; {} took it since ({})", clean(&lock.operation), clean(&lock.holder)))
        }
    }
}

/// The servers' own labels, over the cluster's status.
fn servers(evidence: &Evidence) -> Vec<Finding> {
    let pods = match &evidence.pods {
        Item::Present { value } if !value.is_empty() => value,
        other => {
            let why = other.unknown().unwrap_or_else(|| "there is none".into());
            return vec![item("seal", Grade::Unknown, format!("the servers' pods could not be read ({})", clean(&why)))];
        }
    };
    vec![seal(evidence, pods), leader(pods), ready(evidence, pods)]
}

fn seal(evidence: &Evidence, pods: &[Pod]) -> Finding {
    let sealed: Vec<&str> =
        pods.iter().filter(|p| p.server_label("sealed") == Some(true)).map(|p| p.meta.name.as_str()).collect();
    let silent = pods.iter().filter(|p| p.server_label("sealed").is_none()).count();
    let wanted = evidence.cluster.value().map_or(pods.len(), |cluster| cluster.servers_wanted(pods.len()));
    if !sealed.is_empty() {
        let stale = evidence.cluster.value().and_then(|c| c.condition("OpenBaoSealed")).is_some_and(|c| c.status == "False");
        let note = if stale { "; the cluster's status still says Unsealed: it is out of date" } else { "" };
        return item(
            "seal",
            Grade::Fail,
            format!("{} of {wanted} servers are sealed: {}{note}", sealed.len(), sealed.join(", ")),
        );
    }
    match silent {
        0 => item(
            "seal",
            Grade::Ok,
            format!("{} of {wanted} servers unsealed (their own labels, not the cluster's status)", pods.len()),
        ),
        _ => item("seal", Grade::Unknown, format!("{silent} of {} servers write no label about their seal", pods.len())),
    }
}

fn leader(pods: &[Pod]) -> Finding {
    let active: Vec<&str> =
        pods.iter().filter(|p| p.server_label("active") == Some(true)).map(|p| p.meta.name.as_str()).collect();
    match active.as_slice() {
        [one] => item("leader", Grade::Ok, format!("one active leader: {one}")),
        [] if pods.iter().all(|p| p.server_label("active").is_none()) => {
            item("leader", Grade::Unknown, "the servers write no labels about who leads")
        }
        [] => item("leader", Grade::Fail, "no server is active"),
        several => {
            item("leader", Grade::Fail, format!("{} servers call themselves active: {}", several.len(), several.join(", ")))
        }
    }
}

fn ready(evidence: &Evidence, pods: &[Pod]) -> Finding {
    let wanted =
        evidence.cluster.value().and_then(|c| c.spec.replicas).and_then(|r| usize::try_from(r).ok()).unwrap_or(pods.len());
    let ready = pods.iter().filter(|p| p.ready == Some(true)).count();
    let grade = if ready >= wanted { Grade::Ok } else { Grade::Fail };
    let text = if pods.len() > wanted {
        // A blue/green cluster with both sides up.
        format!("{ready} of {} servers ready on both sides, {wanted} wanted on each", pods.len())
    } else {
        format!("{ready} of {wanted} servers ready")
    };
    item("ready", grade, text)
}

/// What the servers answered when asked directly; nothing when they were not asked.
fn answers(evidence: &Evidence) -> Vec<Finding> {
    if evidence.servers.is_empty() {
        return Vec::new();
    }
    let told: Vec<(&str, &ServerHealth)> =
        evidence.servers.iter().filter_map(|s| s.health.value().map(|h| (s.pod.as_str(), h))).collect();
    let silent: Vec<String> =
        evidence.servers.iter().filter_map(|s| s.health.unknown().map(|why| format!("{} ({})", s.pod, clean(&why)))).collect();
    let mut items = Vec::new();
    if told.is_empty() {
        return vec![item("answers", Grade::Unknown, format!("no server could be asked directly: {}", silent.join(", ")))];
    }
    let bad: Vec<String> = told
        .iter()
        .filter(|(_, h)| h.sealed || !h.initialized)
        .map(|(pod, h)| format!("{pod} is {}", if h.sealed { "sealed" } else { "not initialized" }))
        .collect();
    let leaders: Vec<&str> = told.iter().filter(|(_, h)| !h.sealed && !h.standby).map(|(pod, _)| *pod).collect();
    let (grade, text) = match (bad.is_empty(), leaders.as_slice(), silent.is_empty()) {
        (false, ..) => (Grade::Fail, bad.join(", ")),
        (true, [], _) => (Grade::Fail, format!("{} servers answer, none of them leads", told.len())),
        (true, [one], true) => (Grade::Ok, format!("all {} servers answer: initialized, unsealed; {one} leads", told.len())),
        (true, [one], false) => (Grade::Unknown, format!("{one} leads; not answering: {}", silent.join(", "))),
        (true, several, _) => (Grade::Fail, format!("{} servers claim to lead: {}", several.len(), several.join(", "))),
    };
    items.push(item("answers", grade, text));
    items.extend(one_cluster(&told));
    items
}

/// Different ids mean separate clusters (O§3.4).
fn one_cluster(told: &[(&str, &ServerHealth)]) -> Option<Finding> {
    let ids: std::collections::BTreeSet<&str> = told.iter().filter_map(|(_, h)| h.cluster_id.as_deref()).collect();
    (ids.len() > 1).then(|| item("cluster-id", Grade::Fail, format!("the servers belong to {} different clusters", ids.len())))
}

fn break_glass(evidence: &Evidence) -> Option<Finding> {
    let active = evidence.cluster.value()?.active_break_glass()?;
    Some(item(
        "break-glass",
        Grade::Fail,
        format!("break glass is still active ({}): a restore does not end it", clean(&active.reason)),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::cluster::Cluster;
    use crate::domain::evidence::ServerAnswer;

    #[test]
    fn an_expected_failure_is_no_objection_and_no_proof() {
        let of =
            |items: &[(&str, Grade)]| Verification { items: items.iter().map(|(code, grade)| item(code, *grade, "")).collect() };
        let broken = ("break-glass", Grade::Fail);
        let seen = of(&[("seal", Grade::Ok), ("leader", Grade::Ok), broken]);
        assert!(seen.is_clean_but_for("break-glass") && !seen.is_clean());
        // Nobody could be asked: nothing failed besides, and nothing was seen to be well.
        let unseen = of(&[("seal", Grade::Unknown), ("answers", Grade::Unknown), broken]);
        assert!(!unseen.is_clean_but_for("break-glass"));
        let sealed = of(&[("seal", Grade::Fail), ("answers", Grade::Ok), broken]);
        assert!(!sealed.is_clean_but_for("break-glass"));
    }

    /// Three servers that are well, by their labels and their own answers, under a completed restore.
    fn well() -> Evidence {
        let pod = |ordinal: usize| {
            let labels = json!({"openbao-sealed": "false", "openbao-active": (ordinal == 0).to_string()});
            let ready = json!([{"type": "Ready", "status": "True"}]);
            Pod::read(
                &json!({"metadata": {"name": format!("prod-{ordinal}"), "labels": labels}, "status": {"conditions": ready}}),
            )
        };
        let answer = |ordinal: usize| ServerAnswer {
            pod: format!("prod-{ordinal}"),
            health: Item::present(ServerHealth { initialized: true, standby: ordinal > 0, ..ServerHealth::default() }),
            way_failed: false,
        };
        Evidence {
            cluster: Item::present(Cluster::read(&json!({"metadata": {"name": "prod"}, "spec": {"replicas": 3}}))),
            restores: Item::present(vec![Restore::read(&json!({"metadata": {"name": "r"}, "status": {"phase": "Completed"}}))]),
            pods: Item::present((0..3).map(pod).collect()),
            servers: (0..3).map(answer).collect(),
            ..Evidence::default()
        }
    }

    fn grades(change: impl FnOnce(&mut Evidence)) -> (Vec<(String, Grade)>, bool) {
        let mut evidence = well();
        change(&mut evidence);
        let verification = verify(&evidence, "r");
        let clean = verification.is_clean();
        (verification.items.into_iter().filter(|i| i.grade != Grade::Ok).map(|i| (i.code, i.grade)).collect(), clean)
    }

    fn each_pod(evidence: &mut Evidence, change: impl Fn(&mut Pod)) {
        if let Item::Present { value } = &mut evidence.pods {
            value.iter_mut().for_each(change);
        }
    }

    #[test]
    fn what_no_server_said_and_nobody_could_read_is_unknown_and_never_ok() {
        let unknown = |code: &str| vec![(code.to_owned(), Grade::Unknown)];
        assert_eq!(grades(|_| ()), (vec![], true), "a cluster that is well");
        let forbidden = || Item::Forbidden { what: "list pods".into() };
        // The servers' own answers still prove that they are well.
        assert_eq!(grades(|e| each_pod(e, |pod| drop(pod.meta.labels.remove("openbao-sealed")))), (unknown("seal"), true));
        assert_eq!(grades(|e| each_pod(e, |pod| drop(pod.meta.labels.remove("openbao-active")))), (unknown("leader"), true));
        assert_eq!(grades(|e| e.pods = forbidden()), (unknown("seal"), true));
        // And their labels, where they could not be asked.
        let silent = |e: &mut Evidence| e.servers.iter_mut().for_each(|s| s.health = Item::Failed { why: "timed out".into() });
        assert_eq!(grades(silent), (unknown("answers"), true));
        assert_eq!(grades(|e| e.servers[1].health = Item::Failed { why: "timed out".into() }), (unknown("answers"), true));
        assert_eq!(grades(|e| e.cluster = Item::Failed { why: "timed out".into() }), (unknown("lock"), true));
        // Neither: nothing proves it.
        let neither = |e: &mut Evidence| {
            silent(e);
            each_pod(e, |pod| {
                if pod.meta.name == "prod-2" {
                    pod.meta.labels.clear()
                }
            });
        };
        assert_eq!(grades(neither), ([unknown("seal"), unknown("answers")].concat(), false));
    }
}
