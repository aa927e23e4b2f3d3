//! From what is on the cluster to the next write. Pure: killed after any write and asked again, it says what is left.

use std::time::Duration;

use super::claims::{needs_mark, spared, vote_unknown};
use super::{Checkpoint, Freeze, Refusal, Request, Stage};
use crate::api::cluster::Cluster;
use crate::api::names::{MAINTENANCE, audit};
use crate::api::restore::{Phase, Restore};
use crate::api::revision::Claim;
use crate::api::text::clean;
use crate::api::workload::OperatorDeployment;
use crate::domain::evidence::Evidence;
use crate::domain::write::{Act, Audit, Kind, Patch, Write};
use crate::exit::Exit;

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// This write.
    Write(Write),
    /// Create the restore of this name with this request id.
    Restore {
        /// Its name.
        name: String,
        /// Its request id: the resolution's.
        request_id: String,
    },
    /// Follow the restore to its end.
    Follow(String),
    /// Nothing can be done until this has come about.
    Wait(String),
    /// The last write: the resolution is over.
    Finish(Write),
    /// It cannot go on by itself.
    Stuck(Stuck),
}

/// Why it cannot go on by itself.
pub type Stuck = Refusal;

/// The next step of the resolution under way.
pub fn next_step(evidence: &Evidence, checkpoint: &Checkpoint, request: &Request) -> Step {
    let Some(cluster) = evidence.cluster.value() else {
        let why = evidence.cluster.unknown().unwrap_or_else(|| "it does not exist".into());
        return Step::Stuck(Refusal::new(Exit::Refused, format!("the cluster could not be read ({})", clean(&why))));
    };
    let here = Here { evidence, cluster, checkpoint, request };
    match checkpoint.stage {
        Stage::Freeze => here.freeze(),
        Stage::Claims => here.claims(),
        Stage::Thaw => here.thaw(),
        Stage::Restore | Stage::Created => here.restore(),
    }
}

/// Giving up: the next write that takes back what was frozen.
pub fn abort_step(evidence: &Evidence, checkpoint: &Checkpoint, request: &Request) -> Step {
    let Some(cluster) = evidence.cluster.value() else {
        return Step::Stuck(Refusal::new(Exit::Refused, "the cluster could not be read"));
    };
    let here = Here { evidence, cluster, checkpoint, request };
    if let Some(refusal) = here.restore_under_way() {
        return Step::Stuck(refusal);
    }
    match evidence.operator.value() {
        Some(operator) if here.is_ours(operator) => Step::Write(here.start(operator)),
        None if checkpoint.operator.is_some() => Step::Stuck(here.operator_unread()),
        _ => Step::Finish(here.over(Some(checkpoint.was_paused), "gives the resolution up")),
    }
}

/// How long after its restore the same command is taken for a repetition when no break glass tells emergencies apart.
const SAME_EMERGENCY: Duration = Duration::from_secs(3600);

/// A resolution that is over, found by its restore: a second run of the same command does not begin a second one. It is
/// the same command when key and break glass are the same; an emergency without break glass looks like any other, so
/// then the restore must be young.
pub fn already_done<'a>(evidence: &'a Evidence, cluster: &Cluster, key: &str) -> Option<&'a Restore> {
    let mark = mark(cluster);
    let named = cluster.active_break_glass().is_some_and(|b| !b.nonce.is_empty());
    let young = |r: &Restore| r.meta.created_at.is_some_and(|at| evidence.since(at) < SAME_EMERGENCY);
    let same = |r: &&Restore| {
        r.key == key
            && (named || young(r))
            && r.meta.annotations.get(audit::RESOLVE).is_some_and(|value| value.split_once(' ').is_some_and(|(_, m)| m == mark))
    };
    evidence.restores.each().iter().filter(same).find(|r| matches!(r.phase, Phase::Completed | Phase::Unknown))
}

/// What tells one emergency from the next: the nonce of its break glass.
fn mark(cluster: &Cluster) -> &str {
    cluster.break_glass.as_ref().map_or("none", |b| if b.nonce.is_empty() { "none" } else { b.nonce.as_str() })
}

/// What stands on the restore of a resolution: its id and which emergency it was.
pub fn origin(cluster: &Cluster, id: &str) -> String {
    format!("{id} {}", mark(cluster))
}

struct Here<'a> {
    evidence: &'a Evidence,
    cluster: &'a Cluster,
    checkpoint: &'a Checkpoint,
    request: &'a Request,
}

impl Here<'_> {
    fn freeze(&self) -> Step {
        let Some(operator) = self.evidence.operator.value() else { return Step::Stuck(self.operator_unread()) };
        let annotated = operator.meta.annotations.contains_key(audit::REPLICAS);
        if annotated && !self.is_ours(operator) {
            return Step::Stuck(self.frozen_by_another(operator));
        }
        if !annotated && operator.replicas == 0 {
            return Step::Stuck(
                Refusal::new(Exit::WorldChanged, "somebody else scaled the operator to 0 meanwhile")
                    .hint(format!("kubectl -n {} scale deployment {} --replicas=1", operator.meta.namespace, operator.meta.name)),
            );
        }
        if annotated && operator.replicas == 0 {
            return if operator.ready == 0 { self.advance() } else { Step::Wait("the operator's last pod to end".into()) };
        }
        Step::Write(self.stop(operator))
    }

    fn stop(&self, operator: &OperatorDeployment) -> Write {
        let remembered = operator.meta.annotations.get(audit::REPLICAS);
        let patch = Patch::of(&operator.meta)
            .only_while_annotated(audit::REPLICAS, remembered.map(String::as_str))
            .only_while("/spec/replicas", operator.replicas.into())
            .set("/spec/replicas", 0.into());
        // Scaled up by somebody in between: the first number is the one to give back.
        let patch = match remembered {
            Some(_) => patch,
            None => patch.annotate(audit::REPLICAS, &operator.replicas.to_string()).signed(&self.audit()),
        };
        self.on_operator(operator, patch.act(), "stops the operator")
    }

    fn start(&self, operator: &OperatorDeployment) -> Write {
        let told = operator.meta.annotations.get(audit::REPLICAS);
        let kept = self.checkpoint.operator.as_ref().map(|o| o.replicas);
        let replicas = told.and_then(|text| text.parse().ok()).or(kept).filter(|n| *n > 0).unwrap_or(1);
        let patch = Patch::of(&operator.meta)
            .only_while_annotated(audit::REPLICAS, told.map(String::as_str))
            .set("/spec/replicas", replicas.into())
            .take_annotation(audit::REPLICAS);
        self.on_operator(operator, patch.act(), &format!("gives the operator its {replicas} replica(s) back"))
    }

    fn on_operator(&self, operator: &OperatorDeployment, act: Act, purpose: &str) -> Write {
        Write {
            kind: Kind::Operator,
            namespace: operator.meta.namespace.clone(),
            name: operator.meta.name.clone(),
            act,
            purpose: purpose.into(),
        }
    }

    fn claims(&self) -> Step {
        if let Some(why) = self.evidence.claims.unknown() {
            return Step::Stuck(super::claims::unread(self.evidence, &why));
        }
        let Some(claim) = self.remaining().next() else { return self.advance() };
        let revision = self.checkpoint.revision.as_deref().unwrap_or_default();
        if let Err(refusal) = spared(self.evidence, self.cluster, revision) {
            return Step::Stuck(refusal);
        }
        if let Some(hazard) = vote_unknown(self.evidence, revision).filter(|h| !self.request.accepted.contains(&h.code)) {
            return Step::Stuck(Refusal::new(Exit::WorldChanged, hazard.text).hint(format!("--accept {}", hazard.code)));
        }
        if self.checkpoint.freeze == Freeze::Operator {
            let Some(operator) = self.evidence.operator.value() else { return Step::Stuck(self.operator_unread()) };
            if operator.replicas > 0 {
                let text = "the operator was started again by somebody: no volume is deleted under it";
                return Step::Stuck(
                    Refusal::new(Exit::WorldChanged, text).hint("find out who; --abort gives up, then begin again"),
                );
            }
        }
        Step::Write(self.delete(claim))
    }

    /// What was agreed to and is still there: by uid, a new volume of the same name is another one.
    fn remaining(&self) -> impl Iterator<Item = &Claim> {
        let agreed = |c: &&Claim| self.checkpoint.claims.iter().any(|mark| mark.uid == c.meta.uid && !mark.uid.is_empty());
        self.evidence.claims.each().iter().filter(agreed).filter(|c| c.meta.deleted_at.is_none())
    }

    fn delete(&self, claim: &Claim) -> Write {
        let write = |act, purpose: &str| Write {
            kind: Kind::Claim,
            namespace: claim.meta.namespace.clone(),
            name: claim.meta.name.clone(),
            act,
            purpose: purpose.into(),
        };
        if needs_mark(self.evidence, claim) {
            return write(Patch::of(&claim.meta).annotate(MAINTENANCE, "true").act(), "marks the volume for maintenance");
        }
        let (uid, resource_version) = (claim.meta.uid.clone(), claim.meta.resource_version.clone());
        write(Act::Delete { uid, resource_version }, "deletes the volume")
    }

    fn thaw(&self) -> Step {
        let Some(operator) = self.evidence.operator.value() else { return Step::Stuck(self.operator_unread()) };
        if operator.meta.annotations.contains_key(audit::REPLICAS) {
            if !self.is_ours(operator) {
                return Step::Stuck(self.frozen_by_another(operator));
            }
            return Step::Write(self.start(operator));
        }
        if operator.replicas == 0 {
            return Step::Stuck(
                Refusal::new(Exit::WorldChanged, "the operator is scaled to 0, and not by this resolution any more")
                    .hint(format!("kubectl -n {} scale deployment {} --replicas=1", operator.meta.namespace, operator.meta.name)),
            );
        }
        self.advance()
    }

    fn restore(&self) -> Step {
        if let Some(why) = self.evidence.restores.unknown() {
            return Step::Stuck(Refusal::new(Exit::Refused, format!("restores could not be read ({})", clean(&why))));
        }
        let name = self.checkpoint.restore_name(&self.cluster.meta.name);
        let found = self.evidence.restores.each().iter().find(|r| r.meta.name == name);
        match found {
            None if self.checkpoint.stage == Stage::Created => Step::Stuck(
                Refusal::new(Exit::OutcomeUnknown, format!("the restore {name} was deleted: what it did is not known"))
                    .hint("look at the servers first; --abort gives up, then begin again"),
            ),
            None => self.create(name),
            Some(found) if found.meta.annotations.get(audit::REQUEST_ID) != Some(&self.checkpoint.id) => Step::Stuck(
                Refusal::new(Exit::WorldChanged, format!("a restore of the name {name} exists and is not this one's")),
            ),
            Some(_) if self.checkpoint.stage == Stage::Restore => self.advance(),
            Some(found) => self.created(found),
        }
    }

    /// The operator must be there, and nothing may change Raft's members meanwhile: its executors are not stopped by a
    /// restore (F§4.7).
    fn create(&self, name: String) -> Step {
        if let Some(why) = self.evidence.jobs.unknown() {
            let text =
                format!("whether an executor changes Raft's members is not known: Jobs could not be read ({})", clean(&why));
            return Step::Stuck(
                Refusal::new(Exit::Refused, text).hint("a Role that is enough: docs/rbac/restore.yaml of the plugin"),
            );
        }
        if let Some(job) = self.evidence.jobs_at_work("upgrade").first() {
            return Step::Wait(format!("Job {} to end: it changes Raft's members", clean(&job.meta.name)));
        }
        if self.evidence.operator_alive() == Some(false) {
            return Step::Wait("the operator to come back".into());
        }
        Step::Restore { name, request_id: self.checkpoint.id.clone() }
    }

    fn created(&self, restore: &Restore) -> Step {
        let name = restore.meta.name.clone();
        match &restore.phase {
            Phase::Failed => Step::Stuck(
                Refusal::new(Exit::JobFailed, format!("its restore {name} failed: {}", clean(&restore.message)))
                    .hint("--abort gives this resolution up, then begin again with what was wrong corrected"),
            ),
            // On 0.5 and NEXT the rest is a person's: `recover`.
            Phase::Completed | Phase::Unknown => Step::Finish(self.over(None, "ends the resolution")),
            _ => Step::Follow(name),
        }
    }

    /// Compare and swap: whoever has gone on meanwhile makes this one fail.
    fn advance(&self) -> Step {
        let next = self.checkpoint.at(self.checkpoint.next_stage());
        let patch = self.ours().annotate(audit::RESOLVE, &next.text());
        Step::Write(self.on_cluster(patch.act(), &format!("notes: {}", next.stage.words())))
    }

    fn over(&self, paused: Option<bool>, purpose: &str) -> Write {
        let patch = self.ours().take_annotation(audit::RESOLVE);
        let patch = match paused {
            Some(paused) if paused != self.cluster.spec.paused => patch.set("/spec/paused", paused.into()),
            _ => patch,
        };
        self.on_cluster(patch.act(), purpose)
    }

    fn ours(&self) -> Patch {
        let current = self.cluster.meta.annotations.get(audit::RESOLVE).map(String::as_str);
        Patch::of(&self.cluster.meta).only_while_annotated(audit::RESOLVE, current)
    }

    fn on_cluster(&self, act: Act, purpose: &str) -> Write {
        let (namespace, name) = (self.cluster.meta.namespace.clone(), self.cluster.meta.name.clone());
        Write { kind: Kind::Cluster, namespace, name, act, purpose: purpose.into() }
    }

    fn audit(&self) -> Audit {
        Audit {
            request_id: self.checkpoint.id.clone(),
            reason: self.request.reason.clone(),
            by: self.evidence.person.value().cloned().or_else(|| self.checkpoint.by.clone()),
            version: self.request.tool_version.clone(),
            accepted: self.request.accepted.clone(),
        }
    }

    fn is_ours(&self, operator: &OperatorDeployment) -> bool {
        let id = operator.meta.annotations.get(audit::REQUEST_ID);
        operator.meta.annotations.contains_key(audit::REPLICAS) && id == Some(&self.checkpoint.id)
    }

    fn frozen_by_another(&self, operator: &OperatorDeployment) -> Refusal {
        let by = operator.meta.annotations.get(audit::REQUESTED_BY).map_or("somebody", String::as_str);
        Refusal::new(Exit::WorldChanged, format!("the operator is stopped by another resolution, of {}", clean(by)))
            .hint("wait for its end: it gives the replicas back")
    }

    fn operator_unread(&self) -> Refusal {
        let why = self.evidence.operator.unknown().unwrap_or_else(|| "there is none".into());
        let exit = if why.starts_with("forbidden") { Exit::NotPermitted } else { Exit::Refused };
        Refusal::new(exit, format!("the operator's Deployment could not be read ({})", clean(&why)))
            .hint("a Role that is enough: docs/rbac/freeze-operator.yaml of the plugin")
    }

    fn restore_under_way(&self) -> Option<Refusal> {
        let name = self.checkpoint.restore_name(&self.cluster.meta.name);
        let found = self.evidence.restores.each().iter().find(|r| r.meta.name == name).filter(|r| r.unfinished());
        if let Some(why) = self.evidence.restores.unknown() {
            return Some(Refusal::new(Exit::Refused, format!("restores could not be read ({})", clean(&why))));
        }
        found.map(|restore| {
            let namespace = clean(&self.request.namespace);
            let refusal =
                Refusal::new(Exit::Refused, format!("its restore {name} is {}: nothing can be given up now", restore.phase));
            match restore.phase {
                Phase::Unknown => refusal.hint(format!("kubectl openbao recover {name} -n {namespace} --resume | --abandon")),
                _ => refusal.hint(format!("kubectl openbao follow {name} -n {namespace}")),
            }
        })
    }
}
