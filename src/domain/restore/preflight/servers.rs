//! The servers: seal, leader, and whether the executor will look for its leader among them.

use std::collections::BTreeSet;

use super::{Check, Grade, Subject, check};
use crate::api::cluster::{BlueGreen, Cluster};
use crate::api::restore::Phase;
use crate::api::text::{clean, quote};
use crate::api::workload::Pod;
use crate::domain::breakglass::pause_first;
use crate::domain::evidence::Evidence;
use crate::domain::restore::foreign;
use crate::domain::rollback;
use crate::domain::status::newest_first;

const CODE: &str = "servers";

pub(super) fn servers(evidence: &Evidence, subject: &Subject<'_>) -> Vec<Check> {
    let revisions = evidence.pods.each().iter().any(|p| !p.revision().is_empty());
    let blue_green = revisions || subject.cluster.blue_green.as_ref().is_some_and(|b| b.blue_revision.is_some());
    let Some(pods) = evidence.pods.value() else {
        let why = evidence.pods.unknown().unwrap_or_else(|| "absent".into());
        let unread = check(CODE, Grade::Unknown, format!("leader and seal could not be read ({})", clean(&why)));
        return blind(evidence, subject, blue_green, true).into_iter().chain([unread]).collect();
    };
    if pods.is_empty() {
        return vec![check(CODE, Grade::Fail, "there is no server to restore into: no pod of the cluster exists")];
    }
    let active: Vec<&Pod> = pods.iter().filter(|p| is_active(evidence, p)).collect();
    let blind = blind(evidence, subject, blue_green, !active.is_empty());
    let mut all: Vec<Check> = blind.into_iter().chain([leader(evidence, subject, pods, &active)]).collect();
    if active.is_empty() {
        // Without a leader no operator of any age restores: that comes first.
        all.reverse();
    }
    all
}

/// Before #405 no restore of a blue/green cluster can succeed (F§6.3).
fn blind(evidence: &Evidence, subject: &Subject<'_>, blue_green: bool, led: bool) -> Option<Check> {
    let generation = &evidence.generation;
    let name = generation.name();
    let (grade, finds) = match generation.restores_blue_green().filter(|_| blue_green) {
        _ if !blue_green => return None,
        Some(true) => return None,
        Some(false) => (Grade::Fail, "finds"),
        None => (Grade::Unknown, "may find (before 0.3)"),
    };
    let text =
        format!("generation {name} {finds} no leader in a blue/green cluster: the restore Job would then {}", subject.fails());
    // By hand it takes no lock: nothing may change Raft's members meanwhile.
    let calm = pause_first(evidence).is_none() && super::rollback_at_work(evidence, subject).is_none();
    let by_hand = if led && calm { ", or restore by hand with bao operator raft snapshot restore on the active pod" } else { "" };
    let first = match goes_forward(evidence, subject.cluster) {
        true => format!("first let the upgrade end (kubectl openbao status {} -w), then ", subject.place()),
        false => String::new(),
    };
    Some(check(CODE, grade, text).hint(format!("{first}upgrade the operator to 0.3 or newer{by_hand}")))
}

/// By its own answer; else by its label, unless it was asked and stayed silent: then the label is frozen (F§15.2.5).
fn is_active(evidence: &Evidence, pod: &Pod) -> bool {
    let name = &pod.meta.name;
    match rollback::answer_of(evidence, name) {
        Some(_) => rollback::leads(evidence, pod),
        None => !rollback::is_silent(evidence, name) && pod.server_label("active") == Some(true),
    }
}

fn leader(evidence: &Evidence, subject: &Subject<'_>, pods: &[Pod], active: &[&Pod]) -> Check {
    let answer = |p: &Pod| rollback::answer_of(evidence, &p.meta.name);
    let sealed = pods.iter().filter(|p| rollback::is_sealed(evidence, p)).count();
    if pods.iter().all(|p| answer(p).is_none() && p.server_label("active").is_none()) {
        return check(CODE, Grade::Unknown, "the servers write no labels about themselves: leader and seal are not known");
    }
    let ids: BTreeSet<&str> = evidence.servers.iter().filter_map(|s| s.health.value()?.cluster_id.as_deref()).collect();
    if ids.len() > 1 {
        let text = format!(
            "the servers belong to {} different clusters, by their cluster ids: which of them is restored is chance",
            ids.len()
        );
        return check(CODE, Grade::Fail, text)
            .hint(format!("which of them really serves: kubectl openbao diagnose rollback {}", subject.place()));
    }
    let fails = subject.fails();
    if sealed == pods.len() {
        let text = format!("all {sealed} servers are sealed: the restore Job would find no leader and {fails}");
        let logs = log_of_sealed(evidence, &subject.request.namespace);
        let why = logs.map(|command| format!("why they are sealed: {command}"));
        let lines: Vec<String> = why.into_iter().chain(unseal(evidence, subject)).collect();
        return check(CODE, Grade::Fail, text).hint(lines.join("\n"));
    }
    let green = subject.cluster.blue_green.as_ref().and_then(|b| b.green_revision.as_deref()).filter(|g| !g.is_empty());
    match active {
        [] => check(CODE, Grade::Fail, format!("no server is active: the restore Job would find no leader and {fails}"))
            .hint("if it is only an election, run this again in 15 s; otherwise quorum is lost and must be repaired first"),
        [one] if green.is_some_and(|g| one.revision() == g) => {
            let text = format!(
                "Green leads ({}): the restore Job does not look for its leader there, and would {fails}",
                clean(&one.meta.name)
            );
            check(CODE, Grade::Fail, text).hint(until_green_is_blue(evidence, subject))
        }
        [one] => {
            let ready = pods.iter().filter(|p| p.ready == Some(true)).count();
            let wanted = subject.cluster.servers_wanted(pods.len());
            let grade = if ready == wanted && sealed == 0 { Grade::Pass } else { Grade::Warn };
            check(CODE, grade, format!("{ready} of {wanted} servers ready, {sealed} sealed, {} leads", clean(&one.meta.name)))
        }
        several if several.iter().all(|p| answer(p).is_some()) => check(
            CODE,
            Grade::Warn,
            format!("{} servers answer that they lead: an election, or separate clusters", several.len()),
        ),
        several => {
            check(CODE, Grade::Warn, format!("{} servers call themselves active: one label is out of date", several.len()))
        }
    }
}

/// The command that tells why the first sealed server is sealed.
pub(super) fn log_of_sealed(evidence: &Evidence, namespace: &str) -> Option<String> {
    let sealed = evidence.pods.each().iter().find(|p| rollback::is_sealed(evidence, p))?;
    Some(format!("kubectl -n {} logs {} -c openbao --tail=20", quote(namespace), quote(&sealed.meta.name)))
}

/// What opens sealed servers, line by line. Nobody types shares for a seal that opens itself: then its key is missing, or is
/// not the key of the data (F§10.1).
pub(super) fn unseal(evidence: &Evidence, subject: &Subject<'_>) -> Vec<String> {
    let secret = format!("{}-unseal-key", clean(&subject.request.cluster));
    let last = newest_first(evidence.restores.each()).into_iter().find(|r| r.phase != Phase::Failed);
    let origin = last.and_then(|r| foreign(&r.key, &subject.request.namespace, &subject.request.cluster));
    let whose = origin.map_or(String::new(), |of| format!(", by the last restore that of {}", clean(&of)));
    match subject.cluster.spec.unseal_type.as_deref() {
        None | Some("static") => vec![
            "with its static seal, in this order:".into(),
            format!(
                "1.  save what is in Secret {secret}: this cluster's own backups open with nothing else, and it must be put back for one of them"
            ),
            format!(
                "2.  it must hold the key of the data they have now{whose}; a snapshot of another cluster needs that cluster's key there"
            ),
            "3.  admission denies a change of it unless it carries openbao.org/maintenance=true and you may do maintenance"
                .into(),
        ],
        Some("shamir") => vec!["unseal them first, with their shares".into()],
        Some(other) => vec![format!("they unseal by {}: find out why that fails", clean(other))],
    }
}

fn until_green_is_blue(evidence: &Evidence, subject: &Subject<'_>) -> String {
    match goes_forward(evidence, subject.cluster) {
        true => format!("wait for its end, Green becomes Blue, then restore: kubectl openbao status {} -w", subject.place()),
        false => format!("the way out: kubectl openbao diagnose rollback {}", subject.place()),
    }
}

/// A blue/green upgrade that goes on by itself to its end, as far as its status tells.
fn goes_forward(evidence: &Evidence, cluster: &Cluster) -> bool {
    let forward = cluster.blue_green.as_ref().is_some_and(BlueGreen::goes_forward);
    forward && cluster.active_break_glass().is_none() && !cluster.spec.paused && pause_first(evidence).is_none()
}
