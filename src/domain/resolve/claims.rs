//! Which data volumes may be deleted: those of the named revision, never the live side's, and none while it is not
//! known which side is live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::api::cluster::Cluster;
use crate::api::names::MAINTENANCE;
use crate::api::revision::Claim;
use crate::api::text::clean;
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{Hazard, Weight};
use crate::domain::rollback::{self, Sides};
use crate::exit::Exit;

/// One volume that would be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What it holds: `1Gi`.
    pub capacity: Option<String>,
    /// `Bound`, `Pending`, `Lost`.
    pub phase: String,
}

/// Every volume of a revision that is not being deleted yet.
pub fn of_revision<'a>(evidence: &'a Evidence, cluster: &Cluster, revision: &str) -> Vec<&'a Claim> {
    let by_name = |claim: &Claim| claim.pod().is_some_and(|pod| rollback::is_of(pod, &cluster.meta.name, revision));
    let all = evidence.claims.each().iter().filter(|c| c.meta.deleted_at.is_none());
    all.filter(|c| rollback::has_revision(&c.meta.labels, revision) && by_name(c)).collect()
}

/// The volumes of the named revision.
///
/// # Errors
/// Why they may not be deleted.
pub fn deletable(evidence: &Evidence, cluster: &Cluster, revision: &str) -> Result<Vec<Volume>, Refusal> {
    if let Some(why) = evidence.claims.unknown() {
        return Err(unread(evidence, &why));
    }
    if !super::is_revision(revision) {
        return Err(Refusal::new(Exit::Usage, format!("{} is no revision", clean(revision)))
            .hint("a revision is 16 hex digits: kubectl get pods -L openbao.org/revision"));
    }
    let found = of_revision(evidence, cluster, revision);
    if found.is_empty() {
        let known = revisions(evidence);
        let refusal =
            Refusal::new(Exit::NotFound, format!("no data volume of this cluster carries revision {}", clean(revision)));
        return Err(if known.is_empty() { refusal } else { refusal.hint(format!("there are: {}", known.join(", "))) });
    }
    spared(evidence, cluster, revision)?;
    Ok(found.into_iter().map(volume).collect())
}

/// The volumes are not known.
pub fn unread(evidence: &Evidence, why: &str) -> Refusal {
    let exit = if why.starts_with("forbidden") { Exit::NotPermitted } else { Exit::Refused };
    Refusal::new(exit, format!("the data volumes could not be read ({})", clean(why)))
        .hint(format!("whether you can: kubectl -n {} get persistentvolumeclaims", evidence.namespace))
}

fn volume(claim: &Claim) -> Volume {
    Volume {
        name: claim.meta.name.clone(),
        uid: claim.meta.uid.clone(),
        capacity: claim.capacity.clone(),
        phase: claim.phase.clone(),
    }
}

fn revisions(evidence: &Evidence) -> Vec<String> {
    let all = evidence.claims.each().iter().map(|c| clean(c.meta.label(crate::api::names::REVISION_LABEL)).into_owned());
    let all: std::collections::BTreeSet<String> = all.filter(|r| !r.is_empty()).collect();
    all.into_iter().collect()
}

/// Whether this revision's data may be lost: it does not serve, and something else surely does.
///
/// # Errors
/// It is the live side, it still votes, or which side is live is not known.
pub fn spared(evidence: &Evidence, cluster: &Cluster, revision: &str) -> Result<(), Refusal> {
    let shown = clean(revision);
    let Some(sides) = rollback::sides(evidence, cluster) else {
        return Err(Refusal::new(Exit::Refused, "this cluster has no blue/green status: which volumes are live is not known"));
    };
    let live = live_revision(evidence, &sides);
    match live {
        None => {
            return Err(Refusal::new(Exit::Refused, "which side is live is not known: no volume is deleted")
                .hint("kubectl openbao diagnose rollback        says which servers lead, and why that is not known"));
        }
        Some(live) if live == revision => {
            return Err(Refusal::new(
                Exit::Refused,
                format!("revision {shown} is the live side: its volumes hold the data in use"),
            )
            .hint("kubectl get pods -L openbao.org/revision,openbao-active        shows both sides"));
        }
        Some(_) => {}
    }
    if evidence.pods.each().iter().any(|pod| pod.revision() == revision && rollback::leads(evidence, pod)) {
        return Err(Refusal::new(Exit::Refused, format!("a server of revision {shown} leads")));
    }
    let voters = evidence.peers.each().iter().filter(|p| p.voter && rollback::is_of(&p.id, &cluster.meta.name, revision)).count();
    if voters > 0 {
        return Err(Refusal::new(
            Exit::Refused,
            format!("{voters} server(s) of revision {shown} still vote in Raft: deleting their data can lose quorum"),
        )
        .hint("take their vote first: bao operator raft list-peers, bao operator raft remove-peer"));
    }
    Ok(())
}

/// Raft's own list was not read, so nobody can say that the side has no vote: this must be accepted.
pub fn vote_unknown(evidence: &Evidence, revision: &str) -> Option<Hazard> {
    if evidence.peers.value().is_some() {
        return None;
    }
    let why = evidence.peers.unknown().unwrap_or_else(|| "there is no list".into());
    let text = format!(
        "whether revision {} still votes in Raft is not known ({}; set BAO_TOKEN): if it does, deleting its data can lose quorum",
        clean(revision),
        clean(&why)
    );
    Some(Hazard { code: "quorum-margin".into(), weight: Weight::Danger, text })
}

fn live_revision<'a>(evidence: &Evidence, sides: &Sides<'a>) -> Option<&'a str> {
    if !sides.pods_known {
        return None;
    }
    let live = sides.live(evidence)?;
    sides.of(live).map(|side| side.revision)
}

/// Whether people must mark a volume before they may delete it (policies after JAN, F§8.4).
pub fn needs_mark(evidence: &Evidence, claim: &Claim) -> bool {
    let marked = claim.meta.annotations.get(MAINTENANCE).is_some_and(|value| value == "true");
    !marked && !evidence.generation.surely_at_most(crate::api::generation::Tag::Jan)
}
