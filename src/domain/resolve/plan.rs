//! The plan of the whole way: what will be done in order, what was done already, what it rests on, what consent it needs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claims::{Volume, deletable, vote_unknown};
use super::{Checkpoint, ClaimMark, Freeze, OperatorMark, Path, Refusal, Request, Stage, rights};
use crate::api::cluster::Cluster;
use crate::api::names::{SnapshotKey, audit};
use crate::api::text::{clean, quote};
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{self, Hazard, Way, Weight};
use crate::domain::restore::preflight::Grade;
use crate::domain::restore::{Consent, GenerationSummary, RestorePlan};
use crate::domain::write::{Audit, Kind, Patch, Write};
use crate::exit::Exit;

/// One step of the way, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedStep {
    /// What is done.
    pub text: String,
    /// Whether an earlier run did it.
    pub done: bool,
}

/// The volumes that will be deleted, with a consent of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimsPlan {
    /// Whose they are.
    pub revision: String,
    /// Each of them.
    pub volumes: Vec<Volume>,
    /// The consent it needs.
    pub consent: Consent,
}

/// Everything a person must know before one way out is carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolvePlan {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// Which way out.
    pub path: Path,
    /// The resolution an earlier run left, if one did.
    pub interrupted: Option<Checkpoint>,
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// The volumes that will be deleted.
    pub claims: Option<ClaimsPlan>,
    /// The restore as it would be planned now; its own plan is made again when its turn comes.
    pub restore: Option<RestorePlan>,
    /// What stays to be done by a person afterwards.
    pub left: Vec<String>,
    /// Hazards, most dangerous first; the restore's own stand in its plan.
    pub hazards: Vec<Hazard>,
    /// Why it is not allowed, if it is not.
    pub refusal: Option<Refusal>,
    /// The consent it needs; the volumes have one of their own.
    pub consent: Consent,
    /// The write, where the whole way is one write.
    pub write: Option<Write>,
    /// The generation, and what that rests on.
    pub generation: GenerationSummary,
    /// Facts that must hold until the end.
    pub rests_on: BTreeMap<String, String>,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
}

/// The plan of `--path restore`, begun or not. `preview`: the restore's plan as of now; without it the restore is not
/// looked at (it exists already, or only the facts are wanted).
///
/// # Errors
/// The cluster was not read: there is nothing to plan over.
pub fn course(evidence: &Evidence, request: &Request, preview: Option<&RestorePlan>) -> Result<ResolvePlan, String> {
    let cluster =
        evidence.cluster.value().ok_or_else(|| evidence.cluster.unknown().unwrap_or_else(|| "it does not exist".into()))?;
    let (interrupted, unreadable) = match Checkpoint::of(cluster) {
        Ok(checkpoint) => (checkpoint, None),
        Err(why) => (None, Some(unreadable(cluster, &why))),
    };
    let draft = Draft { evidence, request, cluster, interrupted: interrupted.as_ref(), preview };
    let claims = draft.claims();
    let refusal = unreadable.or_else(|| draft.refusal(claims.as_ref().err()));
    let claims = claims.ok().flatten();
    let mut hazards = if draft.restore_exists() { Vec::new() } else { hazards::of_resolve(evidence, Way::Restore) };
    // What the restore's own plan says already is said once.
    hazards.retain(|h| !preview.is_some_and(|p| p.hazards.iter().any(|own| own.code == h.code && own.weight >= h.weight)));
    hazards.splice(..0, claims.as_ref().and_then(|c| vote_unknown(evidence, &c.revision)));
    Ok(ResolvePlan {
        namespace: request.namespace.clone(),
        cluster: request.cluster.clone(),
        path: Path::Restore,
        steps: draft.steps(claims.as_ref()),
        left: draft.left(claims.as_ref()),
        consent: draft.consent(claims.as_ref(), &hazards),
        write: None,
        generation: GenerationSummary { name: evidence.generation.name(), basis: evidence.basis() },
        rests_on: facts(evidence, cluster),
        observed_at: evidence.observed_at,
        restore: preview.cloned(),
        interrupted,
        claims,
        hazards,
        refusal,
    })
}

/// The first write: the checkpoint, and the cluster paused, in one patch.
pub fn begin(evidence: &Evidence, cluster: &Cluster, request: &Request, claims: Option<&ClaimsPlan>) -> (Checkpoint, Write) {
    let freeze = freeze(request, claims.is_some_and(|c| !c.volumes.is_empty()));
    let operator = evidence.operator.value().filter(|_| freeze == Freeze::Operator);
    let mut checkpoint = Checkpoint {
        id: request.id.clone(),
        path: Path::Restore,
        stage: Stage::Restore,
        key: request.key.clone(),
        started: request.now,
        by: evidence.person.value().cloned(),
        was_paused: cluster.spec.paused,
        freeze,
        operator: operator.map(|o| OperatorMark {
            namespace: o.meta.namespace.clone(),
            name: o.meta.name.clone(),
            replicas: o.replicas,
        }),
        revision: claims.map(|c| c.revision.clone()),
        claims: claims.map(marks).unwrap_or_default(),
    };
    checkpoint.stage = checkpoint.first_stage();
    let signature = Audit {
        request_id: request.id.clone(),
        reason: request.reason.clone(),
        by: evidence.person.value().cloned(),
        version: request.tool_version.clone(),
        accepted: request.accepted.clone(),
    };
    let patch = Patch::of(&cluster.meta)
        .only_while_annotated(audit::RESOLVE, None)
        .set("/spec/paused", true.into())
        .annotate(audit::RESOLVE, &checkpoint.text())
        .signed(&signature);
    let write = Write {
        kind: Kind::Cluster,
        namespace: request.namespace.clone(),
        name: request.cluster.clone(),
        act: patch.act(),
        purpose: "pauses the cluster and notes the resolution on it".into(),
    };
    (checkpoint, write)
}

fn marks(claims: &ClaimsPlan) -> Vec<ClaimMark> {
    claims.volumes.iter().map(|v| ClaimMark { name: v.name.clone(), uid: v.uid.clone() }).collect()
}

pub(super) fn freeze(request: &Request, deletes: bool) -> Freeze {
    request.freeze.unwrap_or(if deletes { Freeze::Operator } else { Freeze::Pause })
}

fn unreadable(cluster: &Cluster, why: &str) -> Refusal {
    let (namespace, name) = (clean(&cluster.meta.namespace), clean(&cluster.meta.name));
    Refusal::new(Exit::Refused, format!("a resolution is noted on the cluster and cannot be read ({})", clean(why))).hint(format!(
        "kubectl -n {namespace} get openbaocluster {name} -o yaml        look at the annotation {}; another version of this tool may have written it",
        audit::RESOLVE
    ))
}

/// What the consent rests on, from the first write to the last.
fn facts(evidence: &Evidence, cluster: &Cluster) -> BTreeMap<String, String> {
    let none = || "none".to_owned();
    let break_glass = cluster.active_break_glass().map_or_else(none, |b| format!("{} nonce {}", b.reason, b.nonce));
    [
        ("cluster uid", cluster.meta.uid.clone()),
        ("break glass", break_glass),
        ("acknowledgement", cluster.spec.break_glass_ack.clone().unwrap_or_else(none)),
        ("wanted version", cluster.spec.version.clone().unwrap_or_else(none)),
        ("generation", evidence.generation.name()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), clean(&value).into_owned()))
    .collect()
}

struct Draft<'a> {
    evidence: &'a Evidence,
    request: &'a Request,
    cluster: &'a Cluster,
    interrupted: Option<&'a Checkpoint>,
    preview: Option<&'a RestorePlan>,
}

impl Draft<'_> {
    fn stage(&self) -> Option<Stage> {
        self.interrupted.map(|c| c.stage)
    }

    fn restore_exists(&self) -> bool {
        let name = self.interrupted.map(|c| c.restore_name(&self.cluster.meta.name));
        self.stage() == Some(Stage::Created) || self.evidence.restores.each().iter().any(|r| Some(&r.meta.name) == name.as_ref())
    }

    /// The volumes: agreed to by an earlier run, or those of the named revision now.
    fn claims(&self) -> Result<Option<ClaimsPlan>, Refusal> {
        let (revision, volumes) = match (self.interrupted, &self.request.delete_claims_of) {
            (Some(checkpoint), _) if checkpoint.stage > Stage::Claims || checkpoint.claims.is_empty() => return Ok(None),
            (Some(checkpoint), _) => (checkpoint.revision.clone().unwrap_or_default(), self.agreed(checkpoint)),
            (None, Some(revision)) => (revision.clone(), deletable(self.evidence, self.cluster, revision)?),
            (None, None) => return Ok(None),
        };
        let phrase = format!("delete {} volumes of {revision}", volumes.len());
        let consent = Consent { phrase, accept: Vec::new(), reason_required: false, command: String::new() };
        Ok(Some(ClaimsPlan { revision, volumes, consent }))
    }

    fn agreed(&self, checkpoint: &Checkpoint) -> Vec<Volume> {
        let seen = |uid: &str| self.evidence.claims.each().iter().find(|c| c.meta.uid == uid && c.meta.deleted_at.is_none());
        let volume = |mark: &ClaimMark| {
            let claim = seen(&mark.uid);
            Volume {
                name: mark.name.clone(),
                uid: mark.uid.clone(),
                capacity: claim.and_then(|c| c.capacity.clone()),
                phase: claim.map_or_else(|| "deleted".into(), |c| c.phase.clone()),
            }
        };
        checkpoint.claims.iter().map(volume).collect()
    }

    fn refusal(&self, claims: Option<&Refusal>) -> Option<Refusal> {
        if let Some(checkpoint) = self.interrupted {
            return self.other_request(checkpoint).or_else(|| self.not_permitted()).or_else(|| self.restore_refused());
        }
        let refused = claims.cloned().or_else(|| self.operator_refused());
        refused.or_else(|| self.not_permitted()).or_else(|| self.restore_refused())
    }

    fn not_permitted(&self) -> Option<Refusal> {
        rights::missing(self.evidence, self.request)
    }

    /// An interrupted resolution is gone on with as it was begun.
    fn other_request(&self, checkpoint: &Checkpoint) -> Option<Refusal> {
        let differs = |what: &str, begun: &str| {
            let by = checkpoint.by.as_deref().unwrap_or("somebody");
            let text = format!(
                "a resolution that {} began at {} is under way, with another {what}: {}",
                clean(by),
                checkpoint.started,
                clean(begun)
            );
            Refusal::new(Exit::WorldChanged, text).hint(format!(
                "kubectl openbao resolve {} -n {} --path {}        goes on with it; --abort gives it up",
                self.request.cluster,
                self.request.namespace,
                checkpoint.path.as_str()
            ))
        };
        if checkpoint.path != Path::Restore {
            return Some(differs("path", checkpoint.path.as_str()));
        }
        if !self.request.key.is_empty() && self.request.key != checkpoint.key {
            return Some(differs("snapshot", &checkpoint.key));
        }
        match &self.request.delete_claims_of {
            Some(revision) if checkpoint.revision.as_ref() != Some(revision) => {
                Some(differs("revision", checkpoint.revision.as_deref().unwrap_or("none")))
            }
            _ => None,
        }
    }

    /// The operator can be stopped only when it is known, and given back only what it had.
    fn operator_refused(&self) -> Option<Refusal> {
        if freeze(self.request, self.request.delete_claims_of.is_some()) == Freeze::Pause {
            return None;
        }
        let Some(operator) = self.evidence.operator.value() else {
            let why = self.evidence.operator.unknown().unwrap_or_else(|| "there is none".into());
            let exit = if why.starts_with("forbidden") { Exit::NotPermitted } else { Exit::Refused };
            return Some(Refusal::new(exit, format!("the operator's Deployment could not be read ({})", clean(&why))).hint(
                "a Role that is enough: docs/rbac/freeze-operator.yaml of the plugin; --freeze pause leaves the operator alone",
            ));
        };
        let (namespace, name) = (clean(&operator.meta.namespace), clean(&operator.meta.name));
        if operator.meta.annotations.contains_key(audit::REPLICAS) {
            return Some(Refusal::new(Exit::Refused, format!("Deployment {namespace}/{name} is stopped by another resolution")));
        }
        (operator.replicas == 0).then(|| {
            Refusal::new(Exit::Refused, format!("Deployment {namespace}/{name} is scaled to 0 already, by somebody else"))
                .hint(format!("kubectl -n {namespace} scale deployment {name} --replicas=1        a restore needs it running"))
        })
    }

    /// What the restore's own preflight refuses. While the operator is stopped on purpose, that it is stopped is no news.
    fn restore_refused(&self) -> Option<Refusal> {
        let preview = self.preview?;
        let stopped = matches!(self.stage(), Some(Stage::Freeze | Stage::Claims | Stage::Thaw));
        let refusals = preview.checks.iter().filter(|c| c.grade == Grade::Fail).filter(|c| !(stopped && c.code == "operator"));
        let first = refusals.max_by_key(|c| c.exit() == Exit::NotPermitted)?;
        let refusal = Refusal::new(first.exit(), first.text.clone());
        Some(first.hint.iter().fold(refusal, |refusal, hint| refusal.hint(hint.clone())))
    }

    fn steps(&self, claims: Option<&ClaimsPlan>) -> Vec<PlannedStep> {
        let stage = self.stage();
        let past = |of: Stage| stage.is_some_and(|now| now > of);
        let mut all = vec![PlannedStep {
            text: "pause the cluster: upgrades, backups and rollbacks stand still, restores run".into(),
            done: stage.is_some(),
        }];
        let freeze = self.interrupted.map_or_else(|| freeze(self.request, claims.is_some()), |c| c.freeze);
        if freeze == Freeze::Operator {
            let replicas = self.interrupted.and_then(|c| c.operator.as_ref()).map(|o| o.replicas);
            let replicas = replicas.or(self.evidence.operator.value().map(|o| o.replicas)).unwrap_or(1);
            let text = format!("scale the operator to 0 (it has {replicas}); nothing of any cluster is looked after meanwhile");
            all.push(PlannedStep { text, done: past(Stage::Freeze) });
        }
        let deleted = self.interrupted.filter(|c| !c.claims.is_empty()).map(|c| (c.claims.len(), c.revision.clone()));
        let deleted = deleted.or(claims.map(|c| (c.volumes.len(), Some(c.revision.clone()))));
        if let Some((count, revision)) = deleted {
            let text = format!("delete {count} data volume(s) of revision {}", clean(&revision.unwrap_or_default()));
            all.push(PlannedStep { text, done: past(Stage::Claims) });
        }
        if freeze == Freeze::Operator {
            all.push(PlannedStep {
                text: "give the operator its replicas back: a restore needs it".into(),
                done: past(Stage::Thaw),
            });
        }
        let key = self.interrupted.map_or(&self.request.key, |c| &c.key);
        let text = format!("restore {} past the lock, once no executor Job is at work; follow and verify", clean(key));
        all.push(PlannedStep { text, done: self.restore_exists() });
        all
    }

    /// A restore ends neither break glass nor the pause (F§4.7).
    fn left(&self, claims: Option<&ClaimsPlan>) -> Vec<String> {
        let (namespace, name) = (clean(&self.request.namespace), clean(&self.request.cluster));
        let unpause =
            format!("kubectl -n {namespace} patch openbaocluster {name} --type=merge -p '{{\"spec\":{{\"paused\":false}}}}'");
        let mut all = Vec::new();
        if claims.is_some() {
            all.push("a volume that a pod still uses is Terminating until that pod is gone: kubectl get pvc".to_owned());
        }
        if self.evidence.generation.success_looks_unknown() {
            all.push(format!("the restore ends as Unknown; Resume needs the cluster unpaused: {unpause}"));
            all.push(format!("then: kubectl openbao recover {} -n {namespace} --resume", self.restore_name()));
        } else {
            all.push(format!("the cluster stays paused; when the data is right: {unpause}"));
        }
        if self.cluster.active_break_glass().is_some() {
            all.push(format!(
                "break glass stays active and the rollback undecided: kubectl openbao diagnose rollback {name} -n {namespace}"
            ));
        }
        all
    }

    fn restore_name(&self) -> String {
        self.interrupted.map_or_else(|| "RESTORE".into(), |c| c.restore_name(&self.cluster.meta.name))
    }

    fn consent(&self, claims: Option<&ClaimsPlan>, own: &[Hazard]) -> Consent {
        let (namespace, cluster) = (&self.request.namespace, &self.request.cluster);
        let key = self.interrupted.map_or(&self.request.key, |c| &c.key);
        let moment = SnapshotKey::parse(key).map_or_else(|| key.clone(), |k| k.taken_at.to_string());
        let plain = format!("restore {namespace}/{cluster} from {moment}");
        // A live lock asks for the leader's name too: the stronger phrase is asked for from the beginning.
        let phrase = self.preview.map(|p| p.consent.phrase.clone()).filter(|p| p.contains(" while ")).unwrap_or(plain);
        let mut accept: Vec<String> = own.iter().filter(|h| h.weight == Weight::Danger).map(|h| h.code.clone()).collect();
        for code in self.preview.into_iter().flat_map(|p| &p.consent.accept) {
            if !accept.contains(code) {
                accept.push(code.clone());
            }
        }
        let reason_required = !self.restore_exists();
        let mut words = vec![format!("kubectl openbao resolve {cluster} -n {namespace} --path restore --key {}", quote(key))];
        if let Some(claims) = claims {
            words.push(format!("--delete-claims-of {} --confirm {}", claims.revision, quote(&claims.consent.phrase)));
        }
        words.push(format!("--confirm {}", quote(&phrase)));
        words.extend(accept.iter().map(|code| format!("--accept {code}")));
        if reason_required {
            words.push(format!("--reason {}", quote(self.request.reason.as_deref().unwrap_or("WHY"))));
        }
        Consent { phrase, accept, reason_required, command: words.join(" ") }
    }
}

impl ResolvePlan {
    /// Whether the consent to the whole way is consent enough for the restore's own plan: the same words, or weaker ones.
    pub fn speaks_for(&self, restore: &RestorePlan) -> bool {
        restore.consent.phrase == self.consent.phrase || !restore.consent.phrase.contains(" while ")
    }
}
