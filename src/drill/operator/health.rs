//! The OpenBaoCluster's status as the operator keeps it up: from pod labels, pod 0 first, and late (F§2.7, F§15.2.7).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::jobs::workload_name;
use super::values::{Condition, condition, flag, label, list, name, number, present, set_condition, text};
use crate::drill::Play;

/// What the status is made from.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The generation played.
    pub play: Play,
    /// The cluster as it is.
    pub cluster: &'a Value,
    /// Its server pods.
    pub servers: &'a [Value],
    /// Its Jobs.
    pub jobs: &'a [Value],
    /// Now.
    pub now: Timestamp,
}

/// The status the cluster should have, as a merge patch.
///
/// With `look` the pods are looked at; without it everything that comes from them stays as it was. The real operator
/// looks late: eighty seconds after a foreign snapshot had sealed every server it still said all was well.
pub fn status(seen: &Seen<'_>, look: bool) -> Value {
    let mut conditions = list(seen.cluster, "/status/conditions").to_vec();
    let mut set = Setter { seen, conditions: &mut conditions };
    set.tls();
    let mut patch = json!({});
    if look {
        set.openbao();
        patch = set.replicas();
    }
    if flag(seen.cluster, "/spec/paused") {
        let message = "Reconciliation is paused; availability is not being evaluated";
        set.condition("Available", "Unknown", "Paused", message);
    }
    set.degraded();
    set.activity();
    set.warnings();
    patch["conditions"] = json!(conditions);
    patch["phase"] = json!(phase(seen));
    if seen.play > Play::Jan {
        patch["observedGeneration"] = json!(number(seen.cluster, "/metadata/generation"));
    }
    patch
}

/// Whether the pods must be looked at now, because nothing has been said about them yet or a pause has ended.
pub fn must_look(cluster: &Value) -> bool {
    let said = condition(cluster, "Available").map_or("", |c| text(c, "/reason"));
    said.is_empty() || (said == "Paused" && !flag(cluster, "/spec/paused"))
}

/// The name of a Job that is at work for a component, if one is.
pub fn active_job<'a>(jobs: &'a [Value], component: &str) -> Option<&'a str> {
    let active = |job: &&Value| label(job, "openbao.org/component") == component && !ended(job);
    jobs.iter().find(active).map(name)
}

/// Whether a Job has come to its end.
pub fn ended(job: &Value) -> bool {
    number(job, "/status/succeeded") > 0 || number(job, "/status/failed") > 0
}

/// The phase of the upgrade that is going on, if one is.
pub fn upgrade_phase(cluster: &Value) -> Option<&str> {
    Some(text(cluster, "/status/blueGreen/phase")).filter(|phase| !phase.is_empty() && *phase != "Idle")
}

fn phase(seen: &Seen<'_>) -> &'static str {
    if upgrade_phase(seen.cluster).is_some() || present(seen.cluster, "/status/upgrade") {
        return "Upgrading";
    }
    if active_job(seen.jobs, "backup").is_some() {
        return "BackingUp";
    }
    let initialized = flag(seen.cluster, "/status/initialized") || seen.servers.iter().any(initialized);
    if initialized { "Running" } else { "Initializing" }
}

fn initialized(pod: &Value) -> bool {
    label(pod, "openbao-initialized") == "true"
}

/// Whether a pod says it is Ready.
pub fn ready(pod: &Value) -> bool {
    condition(pod, "Ready").is_some_and(|c| text(c, "/status") == "True")
}

struct Setter<'a, 'b> {
    seen: &'a Seen<'a>,
    conditions: &'b mut Vec<Value>,
}

impl Setter<'_, '_> {
    fn condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let generation = Some(number(self.seen.cluster, "/metadata/generation"));
        set_condition(self.conditions, &Condition { kind, status, reason, message, generation }, self.seen.now);
    }

    fn tls(&mut self) {
        if flag(self.seen.cluster, "/spec/paused") {
            let message = "TLS readiness is not being evaluated while reconciliation is paused";
            return self.condition("TLSReady", "Unknown", "Paused", message);
        }
        self.condition("TLSReady", "True", "Ready", "TLS assets are provisioned");
    }

    /// Initialized and sealed come from pod 0 alone; the leader from whoever says so.
    fn openbao(&mut self) {
        let first = format!("{}-0", workload_name(self.seen.cluster));
        let zero = self.seen.servers.iter().find(|pod| name(pod) == first);
        let says = |key: &str| zero.map_or("", |pod| label(pod, key));
        match says("openbao-initialized") {
            "true" => self.condition("OpenBaoInitialized", "True", "Initialized", "OpenBao reports initialized"),
            "false" => self.condition("OpenBaoInitialized", "False", "NotInitialized", "OpenBao reports not initialized"),
            _ => self.condition("OpenBaoInitialized", "Unknown", "Unknown", "OpenBao initialization state is unknown"),
        }
        match says("openbao-sealed") {
            "true" => self.condition("OpenBaoSealed", "True", "Sealed", "OpenBao reports sealed"),
            "false" => self.condition("OpenBaoSealed", "False", "Unsealed", "OpenBao reports unsealed"),
            _ => self.condition("OpenBaoSealed", "Unknown", "Unknown", "OpenBao seal state is unknown"),
        }
        let leaders = self.leaders();
        match leaders.as_slice() {
            [] => self.condition("OpenBaoLeader", "Unknown", "LeaderUnknown", "No active leader label observed on pods"),
            [leader] => self.condition("OpenBaoLeader", "True", "LeaderFound", &format!("Leader is {leader}")),
            many => {
                let message = format!("Multiple leaders detected via pod labels ({})", many.len());
                self.condition("OpenBaoLeader", "False", "MultipleLeaders", &message);
            }
        }
    }

    fn leaders(&self) -> Vec<String> {
        let leads = |pod: &&Value| label(pod, "openbao-active") == "true";
        self.seen.servers.iter().filter(leads).map(|pod| name(pod).to_owned()).collect()
    }

    /// Replicas of the data's own StatefulSet, and whether they are all there.
    fn replicas(&mut self) -> Value {
        let prefix = format!("{}-", workload_name(self.seen.cluster));
        let ordinal = |pod: &&Value| name(pod).strip_prefix(&prefix).is_some_and(|rest| rest.parse::<u32>().is_ok());
        let ready = self.seen.servers.iter().filter(ordinal).filter(|pod| ready(pod)).count();
        let wanted = number(self.seen.cluster, "/spec/replicas");
        if i64::try_from(ready).is_ok_and(|ready| ready >= wanted) {
            self.condition("Available", "True", "AllReplicasReady", &format!("All {wanted} replicas are ready"));
        } else {
            self.condition("Available", "False", "NotReady", &format!("Only {ready}/{wanted} replicas are ready"));
        }
        let mut patch = json!({"readyReplicas": ready});
        patch["activeLeader"] = self.leaders().first().map_or(Value::Null, |leader| json!(leader));
        if self.seen.servers.iter().any(initialized) {
            patch["initialized"] = json!(true);
        }
        patch
    }

    /// The precedence of F§2.7.
    fn degraded(&mut self) {
        let cluster = self.seen.cluster;
        let error = |part: &str| text(cluster, &format!("/status/{part}/lastError/message")).to_owned();
        let (workload, admin) = (error("workload"), error("adminOps"));
        let root_token = "SelfInit is disabled. The operator is storing the root token in a Secret, which violates Zero Trust \
                          principles. Anyone with Secret read access in this namespace can access the root token. Strongly \
                          consider enabling SelfInit (spec.selfInit.enabled=true) for production deployments.";
        if flag(cluster, "/spec/paused") {
            let message = "Cluster is paused; no new degradation has been evaluated";
            self.condition("Degraded", "False", "Paused", message);
        } else if flag(cluster, "/status/breakGlass/active") {
            let message = "Break glass required; see status.breakGlass for recovery steps";
            self.condition("Degraded", "True", "BreakGlassRequired", message);
        } else if !workload.is_empty() {
            self.condition("Degraded", "True", "Error", &workload);
        } else if !admin.is_empty() {
            self.condition("Degraded", "True", "Error", &admin);
        } else if !flag(cluster, "/spec/selfInit/enabled") {
            self.condition("Degraded", "True", "RootTokenStored", root_token);
        } else {
            self.condition("Degraded", "False", "Reconciling", "No degradation has been recorded by the controller");
        }
    }

    fn activity(&mut self) {
        match upgrade_phase(self.seen.cluster) {
            Some(phase) => {
                self.condition("Upgrading", "True", "InProgress", &format!("Blue/green upgrade phase {phase}"));
            }
            None => self.condition("Upgrading", "False", "Idle", "No upgrade is currently in progress"),
        }
        match active_job(self.seen.jobs, "backup") {
            Some(job) => self.condition("BackingUp", "True", "InProgress", &format!("Backup Job {job} is running")),
            None => self.condition("BackingUp", "False", "Idle", "No backup is currently in progress"),
        }
    }

    fn warnings(&mut self) {
        let etcd = "The operator cannot verify etcd encryption status. Ensure etcd encryption at rest is enabled in your \
                    Kubernetes cluster to protect Secrets (including unseal keys and root tokens) stored in etcd.";
        self.condition("EtcdEncryptionWarning", "True", "EtcdEncryptionUnknown", etcd);
        if text(self.seen.cluster, "/spec/profile") == "Development" {
            let message = "Cluster is using Development profile with relaxed security. Not suitable for production.";
            self.condition("SecurityRisk", "True", "DevelopmentProfile", message);
            let message = "Development profile is not suitable for production";
            self.condition("ProductionReady", "False", "DevelopmentProfile", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::operator::captured;
    use crate::drill::operator::values::merged;

    fn pods(name: &str) -> Vec<Value> {
        captured(name)["items"].as_array().unwrap().clone()
    }

    fn healthy() -> Vec<Value> {
        let pod = captured("pod-prod-0");
        (0..3)
            .map(|n| {
                let labels = json!({"openbao-active": (n == 0).to_string()});
                merged(&pod, &json!({"metadata": {"name": format!("prod-{n}"), "labels": labels}}))
            })
            .collect()
    }

    fn look(cluster: &Value, servers: &[Value], jobs: &[Value], look: bool) -> Value {
        let now = "2026-11-21T01:20:00Z".parse().unwrap();
        let patch = status(&Seen { play: Play::Jan, cluster, servers, jobs, now }, look);
        merged(cluster, &json!({"status": patch}))
    }

    #[test]
    fn a_healthy_cluster_gets_the_captured_status_from_nothing() {
        let real = captured("cluster-prod-status-after-foreign-snapshot");
        let mut bare = real.clone();
        bare.as_object_mut().unwrap().shift_remove("status");
        let ours = look(&bare, &healthy(), &[], true);
        let texts = |object: &Value| -> Vec<[String; 4]> {
            let field = |c: &Value, key| text(c, key).to_owned();
            let row = |c: &Value| ["/type", "/status", "/reason", "/message"].map(|key| field(c, key));
            list(object, "/status/conditions").iter().map(row).collect()
        };
        assert_eq!(texts(&ours), texts(&real));
        for field in ["/status/phase", "/status/activeLeader", "/status/readyReplicas", "/status/initialized"] {
            assert_eq!(ours.pointer(field), real.pointer(field), "{field}");
        }
    }

    #[test]
    fn without_looking_a_sealed_cluster_stays_as_it_was() {
        let before = captured("cluster-prod-status-after-foreign-snapshot");
        let sealed = pods("pods-prod-sealed-by-foreign-snapshot");
        assert_eq!(look(&before, &sealed, &[], false), before);
        let after = look(&before, &sealed, &[], true);
        let reason = |kind| text(condition(&after, kind).unwrap(), "/reason").to_owned();
        assert_eq!(
            [reason("OpenBaoSealed"), reason("OpenBaoLeader"), reason("Available")],
            ["Sealed", "LeaderUnknown", "NotReady"]
        );
        assert!(!present(&after, "/status/activeLeader"));
    }

    #[test]
    fn two_leader_labels_are_told() {
        let cluster = captured("cluster-bg-two-leader-labels");
        let mut both = healthy();
        both[1]["metadata"]["labels"]["openbao-active"] = json!("true");
        let after = look(&cluster, &both, &[], true);
        let real = condition(&cluster, "OpenBaoLeader").unwrap();
        assert_eq!(text(condition(&after, "OpenBaoLeader").unwrap(), "/message"), text(real, "/message"));
        assert_eq!(text(&after, "/status/phase"), "Upgrading");
    }

    #[test]
    fn a_pause_hides_everything_and_its_end_looks_again() {
        let mut cluster = captured("cluster-prod-status-after-foreign-snapshot");
        cluster["spec"]["paused"] = json!(true);
        cluster["status"]["breakGlass"] = json!({"active": true});
        let paused = look(&cluster, &healthy(), &[], true);
        let state = |kind| condition(&paused, kind).map(|c| format!("{}/{}", text(c, "/status"), text(c, "/reason"))).unwrap();
        assert_eq!(
            [state("Degraded"), state("TLSReady"), state("Available")],
            ["False/Paused", "Unknown/Paused", "Unknown/Paused"]
        );
        assert!(!must_look(&paused));
        assert!(must_look(&merged(&paused, &json!({"spec": {"paused": false}}))));
    }

    #[test]
    fn a_running_backup_shows() {
        let job = json!({"metadata": {"name": "backup-prod-x", "labels": {"openbao.org/component": "backup"}}, "status": {"active": 1}});
        let after = look(&captured("cluster-prod"), &healthy(), &[job], true);
        assert_eq!(text(&after, "/status/phase"), "BackingUp");
        assert_eq!(text(condition(&after, "BackingUp").unwrap(), "/message"), "Backup Job backup-prod-x is running");
    }
}
