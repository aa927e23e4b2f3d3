//! What the servers say of themselves: their own answers where they were asked, else the labels they write on their pods;
//! both over the cluster's status, which can be minutes out of date (F§15.2.7).

use std::collections::BTreeMap;

use super::findings::{Words, finding};
use super::{Finding, Severity};
use crate::api::cluster::Cluster;
use crate::api::text::{CLOCK_SKEW, clean, quote};
use crate::api::workload::Pod;
use crate::domain::evidence::{Evidence, Item, ServerHealth};
use crate::domain::rollback::{Colour, answer_of, is_silent, knows_no_leader, sides};

/// One server with everything it was heard to say.
pub(super) struct Server<'a> {
    pub(super) pod: &'a Pod,
    pub(super) answer: Option<&'a ServerHealth>,
    /// It was asked and did not answer: its labels may be frozen.
    pub(super) silent: bool,
}

/// All of them; `None` when the pods could not be read.
pub(super) fn servers(evidence: &Evidence) -> Option<Vec<Server<'_>>> {
    let known = |pod| Server { pod, answer: answer_of(evidence, name(pod)), silent: is_silent(evidence, name(pod)) };
    Some(evidence.pods.value()?.iter().map(known).collect())
}

fn name(pod: &Pod) -> &str {
    &pod.meta.name
}

impl Server<'_> {
    fn name(&self) -> &str {
        name(self.pod)
    }

    /// Sealed or not. A silent server's label is believed for the worse only.
    pub(super) fn sealed(&self) -> Option<bool> {
        match (self.answer, self.pod.server_label("sealed")) {
            (Some(answer), _) => Some(answer.sealed),
            (None, Some(false)) if self.silent => None,
            (None, label) => label,
        }
    }

    /// Whether it leads: a silent server does not, whatever its label says (F§15.2.5).
    pub(super) fn active(&self) -> Option<bool> {
        match (self.answer, self.pod.server_label("active")) {
            (Some(answer), _) => Some(!answer.sealed && !answer.standby && answer.leads != Some(false)),
            (None, Some(true)) if self.silent => Some(false),
            (None, label) => label,
        }
    }
}

/// There are servers, and not one says whether it is sealed or leads.
pub(super) fn all_mute(evidence: &Evidence) -> bool {
    let mute = |s: &Server<'_>| s.answer.is_none() && !s.silent && s.sealed().is_none() && s.active().is_none();
    servers(evidence).is_some_and(|all| !all.is_empty() && all.iter().all(mute))
}

/// How many servers are ready: by their pods, of a blue/green cluster those of the side that leads, else of Blue; where
/// pods do not tell, by the cluster's status, which can be out of date.
pub(super) fn ready(evidence: &Evidence, cluster: &Cluster) -> Option<i64> {
    let sides = sides(evidence, cluster);
    let side = sides.as_ref().and_then(|s| s.of(s.live(evidence).unwrap_or(Colour::Blue))).filter(|s| !s.pods.is_empty());
    let pods = side.map_or_else(|| evidence.pods.each().iter().collect(), |s| s.pods.clone());
    let told: Vec<bool> = pods.iter().filter_map(|p| p.ready).collect();
    if !told.is_empty() {
        return i64::try_from(told.iter().filter(|ready| **ready).count()).ok();
    }
    // Left out when it is 0; of another type it is not known.
    let odd = cluster.problems.iter().any(|p| p.starts_with("status.readyReplicas"));
    cluster.ready_replicas.or((!odd).then_some(0))
}

/// Why no server could be asked: no permission, no way; `None` when one was, or none was to be.
pub(super) fn why_not_asked(evidence: &Evidence) -> Option<String> {
    let reasons = evidence.servers.iter().map(|server| match &server.health {
        Item::Present { .. } | Item::Absent => None,
        Item::Failed { .. } if !server.way_failed => None,
        other => other.unknown(),
    });
    let reasons: std::collections::BTreeSet<String> = reasons.collect::<Option<_>>()?;
    (!reasons.is_empty()).then(|| reasons.into_iter().collect::<Vec<_>>().join("; "))
}

/// Findings about the servers.
pub(super) fn findings(evidence: &Evidence, cluster: &Cluster, words: &Words<'_>) -> Vec<Finding> {
    let Some(servers) = servers(evidence) else { return Vec::new() };
    if servers.is_empty() {
        return vec![no_servers(cluster, words)];
    }
    let mut all = Vec::new();
    all.extend(sealed(cluster, &servers, words));
    all.extend(leadership(cluster, &servers, words));
    all.extend(removed(&servers, words));
    all.extend(silent(evidence, &servers, words));
    all.extend(split(&servers, words));
    all.extend(clocks(&servers));
    all
}

/// Times that lie after the moment of this look: what is reckoned from them is wrong.
pub(super) fn future(evidence: &Evidence, cluster: &Cluster) -> Option<Finding> {
    let lease = evidence.lease.value().and_then(|l| l.renewed_at);
    let entered = cluster.active_break_glass().and_then(|b| b.entered_at);
    let renewed = cluster.operation_lock.as_ref().and_then(|l| l.renewed_at);
    let ahead = [lease, entered, renewed].into_iter().flatten().max()?.duration_since(evidence.observed_at).as_secs();
    (ahead.unsigned_abs() > CLOCK_SKEW && ahead > 0).then(|| {
        let text = format!("times of the cluster lie {ahead} s ahead of this reading: ages are too small");
        finding("clock-skew", Severity::Attention, text, Vec::new())
    })
}

fn no_servers(cluster: &Cluster, words: &Words<'_>) -> Finding {
    let ready = cluster
        .ready_replicas
        .filter(|r| *r > 0)
        .map_or(String::new(), |r| format!("; the cluster's status still says {r} ready: it is out of date"));
    let next = words.kubectl("get statefulsets,pods,pvc", "what is left of it");
    finding("no-servers", Severity::Danger, format!("no server's pod exists{ready}"), vec![next])
}

/// How it is known.
fn by(servers: &[&Server<'_>]) -> &'static str {
    match servers.iter().filter(|s| s.answer.is_some()).count() {
        0 => "their own labels",
        asked if asked == servers.len() => "asked directly",
        _ => "their own answers and labels",
    }
}

fn sealed(cluster: &Cluster, servers: &[Server<'_>], words: &Words<'_>) -> Option<Finding> {
    let sealed: Vec<&Server<'_>> = servers.iter().filter(|s| s.sealed() == Some(true)).collect();
    let first = sealed.first()?;
    let lies = cluster.condition("OpenBaoSealed").is_some_and(|c| c.status == "False");
    let status = if lies { "; the cluster's status still says Unsealed: it is out of date" } else { "" };
    let text =
        format!("{} of {} servers are sealed ({}){status}", sealed.len(), cluster.servers_wanted(servers.len()), by(&sealed));
    let severity = if sealed.len() == servers.len() || lies { Severity::Danger } else { Severity::Attention };
    let next = words.kubectl(&format!("logs {} -c openbao --tail=20", quote(first.name())), "why it is sealed");
    Some(finding("sealed", severity, text, vec![next]))
}

fn leadership(cluster: &Cluster, servers: &[Server<'_>], words: &Words<'_>) -> Option<Finding> {
    let unsealed: Vec<&Server<'_>> = servers.iter().filter(|s| s.sealed() == Some(false)).collect();
    let active: Vec<&Server<'_>> = servers.iter().filter(|s| s.active() == Some(true)).collect();
    let names = active.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    if active.len() > 1 {
        let why = if by(&active) == "asked directly" {
            "asked directly, each says that it leads; if that lasts longer than an election, they are separate clusters"
        } else {
            "a label freezes when its server hangs"
        };
        let text = format!("{} servers call themselves active: {names}; {why}", active.len());
        let next = words.diagnose("rollback", "which of them really leads, and what to do");
        return Some(finding("several-leaders", Severity::Danger, text, vec![next]));
    }
    if !active.is_empty() || unsealed.is_empty() {
        return None;
    }
    let stale = match &cluster.active_leader {
        Some(leader) => format!("; the cluster's status still names {}: it is out of date", clean(leader)),
        None => String::new(),
    };
    let all = cluster.servers_wanted(servers.len());
    let text = match servers.iter().any(|s| s.silent) {
        true => format!(
            "no server is active: {} of {all} answered, none leads{stale}",
            servers.iter().filter(|s| s.answer.is_some()).count()
        ),
        false => format!("no server is active: {} of {all} are unsealed, none leads{stale}", unsealed.len()),
    };
    let next = words.diagnose("rollback", "an election that does not end means that quorum is lost: why, and what to do");
    Some(finding("no-leader", Severity::Danger, text, vec![next]))
}

/// Standbys that know no leader beside one that leads.
fn removed(servers: &[Server<'_>], words: &Words<'_>) -> Option<Finding> {
    let leader = servers.iter().find(|s| s.active() == Some(true))?;
    let removed: Vec<&str> = servers.iter().filter(|s| s.answer.is_some_and(knows_no_leader)).map(Server::name).collect();
    (!removed.is_empty() && !removed.contains(&leader.name())).then(|| {
        let text = format!(
            "{} knows no leader although {} leads: removed from Raft, or never joined; it is Ready and serves nothing",
            removed.join(", "),
            leader.name()
        );
        finding("removed-server", Severity::Danger, text, vec![words.diagnose("rollback", "whether quorum holds without it")])
    })
}

/// Servers that look well and do not answer. Those whose pods are not ready either are said to be not ready.
fn silent(evidence: &Evidence, servers: &[Server<'_>], words: &Words<'_>) -> Option<Finding> {
    let frozen = |s: &Server<'_>| s.pod.server_label("active") == Some(true);
    let silent: Vec<&Server<'_>> = servers.iter().filter(|s| s.silent && (frozen(s) || s.pod.ready == Some(true))).collect();
    let first = silent.iter().find(|s| frozen(s)).or(silent.first())?;
    let leader_frozen = silent.iter().any(|s| frozen(s));
    let names = silent.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    let why = evidence.servers.iter().find(|s| s.pod == first.name()).and_then(|s| s.health.unknown()).unwrap_or_default();
    let verb = if silent.len() == 1 { "does" } else { "do" };
    let label = match leader_frozen {
        true => format!("; the label that calls {} active is frozen: it does not lead", first.name()),
        false => String::new(),
    };
    let nobody = servers.iter().all(|s| s.active() != Some(true));
    let severity = if leader_frozen && nobody { Severity::Danger } else { Severity::Attention };
    let text = format!("{names} {verb} not answer ({}){label}", clean(&why));
    let next = words.kubectl(
        &format!("logs {} -c openbao --tail=20", first.name()),
        "what it last did; a server removed from Raft hangs like this",
    );
    Some(finding("silent-server", severity, text, vec![next]))
}

/// Unsealed servers that hold the data of different clusters.
fn split(servers: &[Server<'_>], words: &Words<'_>) -> Option<Finding> {
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for server in servers {
        if let Some(id) = server.answer.filter(|a| !a.sealed).and_then(|a| a.cluster_id.as_deref()) {
            ids.entry(id).or_default().push(server.name());
        }
    }
    if ids.len() < 2 {
        return None;
    }
    let parts: Vec<String> = ids.iter().map(|(id, names)| format!("{} has {}", clean(id), names.join(", "))).collect();
    let text = format!("the servers belong to {} different clusters, by their cluster ids: {}", ids.len(), parts.join("; "));
    let next = words.kubectl("get pods -L openbao-active,openbao-sealed", "which of them serves clients");
    Some(finding("split-cluster", Severity::Danger, text, vec![next]))
}

fn clocks(servers: &[Server<'_>]) -> Option<Finding> {
    let skews = servers.iter().filter_map(|s| Some((s.name(), s.answer?.clock_ahead?)));
    let (name, ahead) = skews.max_by_key(|(_, ahead)| ahead.unsigned_abs()).filter(|(_, a)| a.unsigned_abs() > CLOCK_SKEW)?;
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let seconds = ahead.unsigned_abs();
    let text = format!("the clock of {name} is {seconds} s {way} the API server's: ages and expiries near it cannot be trusted");
    Some(finding("clock-skew", Severity::Attention, text, Vec::new()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::evidence::ServerAnswer;
    use crate::domain::status::{ClusterStatus, headline, sum_up};

    /// Three servers that are well by their labels, `prod-0` leading, and what they answered.
    fn status(answers: Vec<ServerAnswer>) -> ClusterStatus {
        let pod = |n: usize| {
            Pod::read(&json!({
                "metadata": {"name": format!("prod-{n}"), "labels": {"openbao-sealed": "false", "openbao-active": (n == 0).to_string()}},
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            }))
        };
        let object = json!({
            "metadata": {"name": "prod", "namespace": "bao"}, "spec": {"replicas": 3},
            "status": {"readyReplicas": 3, "phase": "Running", "activeLeader": "prod-0",
                "conditions": [{"type": "OpenBaoSealed", "status": "False"}]},
        });
        let evidence = Evidence {
            cluster: Item::present(Cluster::read(&object)),
            pods: Item::present((0..3).map(pod).collect()),
            restores: Item::present(Vec::new()),
            lease: Item::NotAsked,
            servers: answers,
            ..Evidence::default()
        };
        sum_up(&evidence).expect("a cluster")
    }

    fn health(sealed: bool, leads: bool) -> ServerHealth {
        let leader_address = Some("https://10.0.0.1:8200".to_owned());
        ServerHealth { initialized: true, sealed, standby: !leads, leads: Some(leads), leader_address, ..ServerHealth::default() }
    }

    fn answered(n: usize, health: ServerHealth) -> ServerAnswer {
        ServerAnswer { pod: format!("prod-{n}"), health: Item::present(health), way_failed: false }
    }

    fn unanswered(n: usize, why: &str, way_failed: bool) -> ServerAnswer {
        ServerAnswer { pod: format!("prod-{n}"), health: Item::Failed { why: why.into() }, way_failed }
    }

    fn codes(status: &ClusterStatus) -> Vec<(&str, Severity)> {
        status.findings.iter().map(|f| (f.code.as_str(), f.severity)).collect()
    }

    #[test]
    fn servers_that_answer_as_their_labels_say_are_no_finding() {
        let status = status((0..3).map(|n| answered(n, health(false, n == 0))).collect());
        assert_eq!(codes(&status), []);
        assert_eq!((status.sealed, status.leaders), (Some(0), Some(vec!["prod-0".to_owned()])));
    }

    #[test]
    fn sealed_servers_are_believed_over_labels_and_status() {
        let status = status((0..3).map(|n| answered(n, health(true, false))).collect());
        assert_eq!(codes(&status), [("sealed", Severity::Danger)]);
        assert!(
            headline(&status).contains("3 of 3 servers are sealed (asked directly); the cluster's status still says Unsealed")
        );
        assert_eq!(status.leaders, Some(Vec::new()));
    }

    /// A server without a pod is missed like one that is down.
    #[test]
    fn servers_are_counted_against_those_that_are_wanted() {
        let object = json!({"metadata": {"name": "prod", "namespace": "bao"}, "spec": {"replicas": 3}});
        let told = |sealed: bool| {
            let labels = json!({"openbao-sealed": sealed.to_string(), "openbao-active": "false"});
            let pod = |n: usize| Pod::read(&json!({"metadata": {"name": format!("prod-{n}"), "labels": labels}}));
            let (cluster, pods) = (Item::present(Cluster::read(&object)), Item::present((0..2).map(pod).collect()));
            headline(&sum_up(&Evidence { cluster, pods, ..Evidence::default() }).expect("a cluster"))
        };
        assert!(told(false).contains("no server is active: 2 of 3 are unsealed"), "{}", told(false));
        assert!(told(true).contains("2 of 3 servers are sealed"), "{}", told(true));
    }

    #[test]
    fn standbys_only_are_no_leader_whatever_a_label_says() {
        let status = status((0..3).map(|n| answered(n, health(false, false))).collect());
        assert_eq!(codes(&status), [("no-leader", Severity::Danger)]);
        assert!(status.findings[0].text.contains("still names prod-0: it is out of date"));
    }

    #[test]
    fn a_standby_that_knows_no_leader_beside_one_is_removed() {
        let lost = || ServerHealth { leader_address: Some(String::new()), ..health(false, false) };
        let removed = status(vec![answered(0, lost()), answered(1, health(false, true)), answered(2, health(false, false))]);
        assert_eq!(codes(&removed), [("removed-server", Severity::Danger)]);
        assert!(removed.findings[0].text.starts_with("prod-0 knows no leader although prod-1 leads"));
        let election = status((0..3).map(|n| answered(n, lost())).collect());
        assert_eq!(codes(&election), [("no-leader", Severity::Danger)]);
    }

    #[test]
    fn a_silent_server_does_not_lead_by_its_frozen_label() {
        let silent = || unanswered(0, "the server did not answer within 2.0 s", false);
        let led = status(vec![silent(), answered(1, health(false, true)), answered(2, health(false, false))]);
        assert_eq!(codes(&led), [("silent-server", Severity::Attention)]);
        assert!(led.findings[0].text.contains("the label that calls prod-0 active is frozen"), "{:?}", led.findings);
        assert_eq!(led.leaders, Some(vec!["prod-1".to_owned()]));
        let nobody = status(vec![silent(), answered(1, health(false, false)), answered(2, health(false, false))]);
        assert_eq!(codes(&nobody), [("no-leader", Severity::Danger), ("silent-server", Severity::Danger)]);
    }

    #[test]
    fn a_server_that_was_not_reached_is_judged_by_its_labels() {
        let status = status((0..3).map(|n| unanswered(n, "the server's certificate is not trusted here", true)).collect());
        assert_eq!(codes(&status), []);
        assert!(status.unread.contains(&"servers' own answers: the server's certificate is not trusted here".to_owned()));
    }

    #[test]
    fn different_cluster_ids_are_different_clusters() {
        let with_id = |n, id: &str| answered(n, ServerHealth { cluster_id: Some(id.into()), ..health(false, n == 0) });
        let status = status(vec![with_id(0, "a"), with_id(1, "a"), with_id(2, "b")]);
        assert_eq!(codes(&status), [("split-cluster", Severity::Danger)]);
        assert!(status.findings[0].text.ends_with("a has prod-0, prod-1; b has prod-2"));
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_half_a_minute_is_said() {
        let with_skew = |n, ahead| answered(n, ServerHealth { clock_ahead: Some(ahead), ..health(false, n == 0) });
        assert_eq!(codes(&status(vec![with_skew(0, 30), with_skew(1, -30)])), []);
        let off = status(vec![with_skew(0, 2), with_skew(1, -95)]);
        assert_eq!(codes(&off), [("clock-skew", Severity::Attention)]);
        assert!(off.findings[0].text.starts_with("the clock of prod-1 is 95 s behind"));
    }
}
