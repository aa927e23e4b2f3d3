//! The plan of a restore: the exact object to send, what it will break, what must still be true, what consent it needs.

pub mod doubt;
pub mod drift;
pub mod endpoint;
mod expected;
mod identity;
pub mod manifest;
pub mod offer;
pub mod preflight;
pub mod request;
mod snapshot;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::preflight::{Check, Grade};
use self::request::{Expected, Request};
use self::snapshot::taken_at;
pub use self::snapshot::{SnapshotSummary, foreign};
use super::evidence::{Contents, Evidence, SnapshotObject, StoreAnswer};
use super::hazards::{self, Hazard, Weight};
use super::likeness::{self, Comparison};
use super::lock::{self, LockFinding, Verdict};
use crate::api::cluster::{Cluster, Target};
use crate::api::generation::Tag;
use crate::api::names::SnapshotKey;
use crate::api::text::{clean, quote};
use crate::exit::Exit;

/// Everything a person must know before consenting, and everything needed to act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestorePlan {
    /// Namespace of cluster and restore.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// The object to send.
    pub manifest: Value,
    /// The snapshot.
    pub snapshot: SnapshotSummary,
    /// The snapshot against the cluster; empty when the object was not looked into.
    pub comparison: Vec<Comparison>,
    /// The lock that will be cleared, with its verdict.
    pub overrides: Option<LockFinding>,
    /// The generation, and what that rests on.
    pub generation: GenerationSummary,
    /// What will happen, in order.
    pub consequences: Vec<String>,
    /// Preflight, in the order shown.
    pub checks: Vec<Check>,
    /// Hazards, most dangerous first.
    pub hazards: Vec<Hazard>,
    /// The consent it needs.
    pub consent: Consent,
    /// Facts that must still be true when it is sent.
    pub rests_on: BTreeMap<String, String>,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
    /// Remarks about flags and files.
    pub notes: Vec<String>,
}

/// The generation in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GenerationSummary {
    /// `JAN`, `0.5`, `unknown`, or a span.
    pub name: String,
    /// What that rests on.
    pub basis: String,
}

/// What a person types, or a script gives by flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Typed exactly, or given by `--confirm`.
    pub phrase: String,
    /// Codes a script must `--accept`.
    pub accept: Vec<String>,
    /// Whether a reason must be given.
    pub reason_required: bool,
    /// The whole command for a script.
    pub command: String,
}

/// Makes the plan. Pure: the same evidence and request give the same plan.
///
/// # Errors
/// When the cluster itself was not read: there is nothing to plan over.
pub fn plan(evidence: &Evidence, request: &Request) -> Result<RestorePlan, String> {
    let cluster =
        evidence.cluster.value().ok_or_else(|| evidence.cluster.unknown().unwrap_or_else(|| "it does not exist".into()))?;
    let named = Request { name: identity::name(evidence, cluster, request), ..request.clone() };
    let request = &named;
    let target = request.merged_target(Some(cluster));
    let lock = lock::judge(evidence);
    let overrides = lock.clone().filter(|l| request.override_lock && matches!(l.lock.operation.as_str(), "Upgrade" | "Backup"));
    let image = executor_image(evidence, request, cluster);
    let expected = expected::expected(evidence, request);
    let draft = Draft {
        evidence,
        request,
        cluster,
        target: &target,
        lock: lock.as_ref(),
        overrides: overrides.as_ref(),
        image: image.as_deref(),
        expected: &expected,
    };
    Ok(draft.finish())
}

/// The image to name: asked for, else the cluster's own where the operator has no default of its own.
fn executor_image(evidence: &Evidence, request: &Request, cluster: &Cluster) -> Option<String> {
    let own = || cluster.spec.backup.as_ref().and_then(|b| b.image.clone()).filter(|_| evidence.generation.needs_image());
    request.image.clone().or_else(own)
}

struct Draft<'a> {
    evidence: &'a Evidence,
    request: &'a Request,
    cluster: &'a Cluster,
    target: &'a Target,
    lock: Option<&'a LockFinding>,
    overrides: Option<&'a LockFinding>,
    image: Option<&'a str>,
    expected: &'a Expected,
}

impl Draft<'_> {
    fn finish(&self) -> RestorePlan {
        let lacking = self.manifest(&[]).1;
        let subject = preflight::Subject {
            request: self.request,
            target: self.target,
            cluster: self.cluster,
            lock: self.lock,
            overrides: self.overrides.is_some(),
            forced: self.forced(),
            image: self.image,
            lacking: &lacking,
            expected: self.expected,
        };
        let checks = preflight::run(self.evidence, &subject);
        let mut unchecked: Vec<&str> = checks.iter().filter(|c| c.grade == Grade::Unknown).map(|c| c.code.as_str()).collect();
        unchecked.dedup();
        let act = hazards::Act {
            request: self.request,
            cluster: self.cluster,
            lock: self.lock,
            overridden: self.overrides,
            forced: self.forced(),
            unchecked: &unchecked,
        };
        let hazards = hazards::of_restore(self.evidence, &act);
        let accepted: Vec<String> = hazards.iter().filter(|h| h.weight > Weight::Standing).map(|h| h.code.clone()).collect();
        let snapshot = self.snapshot();
        RestorePlan {
            namespace: self.request.namespace.clone(),
            cluster: self.request.cluster.clone(),
            manifest: self.manifest(&accepted).0,
            consequences: self.consequences(&snapshot),
            consent: self.consent(&snapshot, &hazards),
            rests_on: self.rests_on(&snapshot, &hazards, &checks),
            comparison: likeness::compare(self.evidence, &self.request.key),
            overrides: self.overrides.cloned(),
            generation: GenerationSummary { name: self.evidence.generation.name(), basis: self.evidence.basis() },
            observed_at: self.evidence.observed_at,
            notes: Vec::new(),
            snapshot,
            checks,
            hazards,
        }
    }

    fn rests_on(&self, snapshot: &SnapshotSummary, hazards: &[Hazard], checks: &[Check]) -> BTreeMap<String, String> {
        let mut facts = drift::facts(self.evidence, self.cluster, snapshot, hazards, checks);
        facts.insert("restores so far".into(), identity::so_far(self.evidence));
        facts
    }

    /// Whether `force` is sent: an override that is left out forces nothing.
    fn forced(&self) -> bool {
        self.request.force || self.overrides.is_some()
    }

    fn manifest(&self, hazards: &[String]) -> (Value, Vec<String>) {
        let settled = manifest::Settled {
            target: self.target,
            expected: self.expected,
            image: self.image,
            overridden: self.overrides.map(|l| &l.lock),
            hazards,
            person: self.evidence.person.value().map(String::as_str),
            force: self.forced(),
        };
        manifest::build(self.request, &settled, &self.evidence.generation)
    }

    fn snapshot(&self) -> SnapshotSummary {
        let key = SnapshotKey::parse(&self.request.key);
        let object = match &self.evidence.snapshot {
            StoreAnswer::Found { object } => Some(object),
            _ => None,
        };
        SnapshotSummary {
            key: self.request.key.clone(),
            bucket: self.target.bucket.clone(),
            kind: key.as_ref().map(|k| k.kind.as_str().to_owned()),
            taken_at: taken_at(
                key.map(|k| k.taken_at),
                likeness::facts(self.evidence).and_then(|facts| facts.taken_at),
                object.and_then(|o| o.last_modified),
            ),
            size: object.map(|o| o.size),
            etag: object.and_then(|o| o.etag.clone()),
            last_modified: object.and_then(|o| o.last_modified),
            sha256: object.and_then(SnapshotObject::sha256).map(str::to_owned),
            verified: match &self.evidence.snapshot {
                StoreAnswer::Found { object: SnapshotObject { contents: Some(Contents::Whole { .. }), .. } } => {
                    "read to its last byte"
                }
                StoreAnswer::Found { object: SnapshotObject { contents: Some(Contents::Head { .. }), .. } } => {
                    "only its beginning was read"
                }
                StoreAnswer::Found { .. } => "object exists",
                StoreAnswer::NoSuchKey => "does not exist",
                StoreAnswer::NoSuchBucket => "its bucket does not exist",
                StoreAnswer::Denied { .. } => "the store refused to say",
                StoreAnswer::NotChecked { .. } => "not checked",
            }
            .into(),
        }
    }

    /// What will happen, in the operator's order, on this generation.
    fn consequences(&self, snapshot: &SnapshotSummary) -> Vec<String> {
        let generation = &self.evidence.generation;
        let mut all = Vec::new();
        if let Some(lock) = self.overrides {
            all.push(format!(
                "the operator clears the {} lock the moment it sees the request, before its remaining checks (state, login)",
                clean(&lock.lock.operation)
            ));
        }
        all.push(match generation.submits_repeatedly() {
            true => "a Job downloads the snapshot and submits it to the leader, up to 4 times if it fails".into(),
            false => "one Job downloads the snapshot and submits it to the leader".into(),
        });
        all.extend(self.keys_unchecked().map(str::to_owned));
        all.push(format!("lost: {}", snapshot.lost(&self.request.namespace, &self.request.cluster, self.evidence.observed_at)));
        all.push("logins, policies, tokens and leases become those of the snapshot".into());
        if generation.may_be_at_most(Tag::V04) {
            let which = if generation.surely_at_most(Tag::V04) { "" } else { "up to 0.4 " };
            all.push(format!("{which}Completed says only that the executor ended well; the servers are checked afterwards"));
        }
        if generation.may_be_at_least(Tag::V05) && generation.may_be_at_most(Tag::V05) {
            all.push("on 0.5 every voter is restarted before it is Completed; should it end as Unknown, do not delete it before the cluster is verified: that releases the lock".into());
        }
        let active = self.cluster.active_break_glass().is_some();
        if active && hazards::version_is_reverted(self.cluster, self.cluster.spec.version.as_deref()) {
            all.push("break glass stays active: with spec.version set back an acknowledgement deletes Green without repairing Raft, also after the restore".into());
        } else if active && self.cluster.acknowledged() {
            all.push("break glass is acknowledged: it ends and the rollback begins as soon as the operator can take that, even during the restore".into());
        } else if active {
            all.push("break glass stays active: nobody may acknowledge it before the restore has ended and the servers were checked, for the rollback would start at once".into());
        }
        if generation.success_looks_unknown() {
            all.push("on NEXT a restore that went well ends as Unknown and keeps the lock until somebody verifies it and acknowledges Resume or Abandon".into());
        }
        all
    }

    /// Up to 0.4 every restore is sent to snapshot-force, forced or not (#659, F§1.2, F§4.2).
    fn keys_unchecked(&self) -> Option<&'static str> {
        let generation = &self.evidence.generation;
        if !generation.verifies_unforced() {
            return Some("OpenBao does not check whether the snapshot's keys fit: this operator never lets it (snapshot-force)");
        }
        if self.forced() {
            return Some("the restore is forced: OpenBao does not check whether the snapshot's keys fit (snapshot-force)");
        }
        let may_force =
            "OpenBao may not check whether the snapshot's keys fit: operators up to 0.4 never let it (snapshot-force)";
        generation.may_be_at_most(Tag::V04).then_some(may_force)
    }

    fn consent(&self, snapshot: &SnapshotSummary, hazards: &[Hazard]) -> Consent {
        let (namespace, cluster) = (&self.request.namespace, &self.request.cluster);
        let phrase = match self.overrides {
            None => cluster.clone(),
            Some(lock) => format!("restore {namespace}/{cluster} from {}{}", snapshot.moment(), self.leader_clause(lock)),
        };
        let needs = if self.overrides.is_some() { Weight::Known } else { Weight::Danger };
        let accept: Vec<String> = hazards.iter().filter(|h| h.weight >= needs).map(|h| h.code.clone()).collect();
        let reason_required = self.overrides.is_some();
        let command = self.command(&phrase, &accept, reason_required);
        Consent { phrase, accept, reason_required, command }
    }

    /// A live lock on a healthy cluster: the name of the leader too, which no pasted runbook knows.
    fn leader_clause(&self, lock: &LockFinding) -> String {
        let pods = self.evidence.pods.each();
        let healthy = !pods.is_empty() && pods.iter().all(|p| p.server_label("sealed") == Some(false));
        match pods.iter().find(|p| p.server_label("active") == Some(true)) {
            Some(leader) if lock.verdict == Verdict::Live && healthy => format!(" while {} leads", leader.meta.name),
            _ => String::new(),
        }
    }

    /// The command a script would run: every flag that shaped this plan, and the consent.
    fn command(&self, phrase: &str, accept: &[String], reason: bool) -> String {
        let request = self.request;
        let mut words =
            vec!["kubectl openbao restore".to_owned(), request.cluster.clone(), "-n".into(), request.namespace.clone()];
        let mut put = |flag: &str, value: &str| words.push(format!("{flag} {}", quote(value)));
        put("--key", &request.key);
        if request.name_given {
            put("--restore-name", &request.name);
        }
        let target = request.file_target.as_ref().map_or_else(|| request.target.clone(), |_| self.target.clone());
        let target = target.over(Target::default());
        let texts = [
            ("--provider", &target.provider),
            ("--endpoint", &target.endpoint),
            ("--bucket", &target.bucket),
            ("--region", &target.region),
            ("--credentials-secret", &target.credentials_secret),
            ("--role-arn", &target.role_arn),
            ("--gcs-project", &target.gcs_project),
            ("--azure-account", &target.azure_account),
            ("--azure-container", &target.azure_container),
            ("--jwt-role", &request.jwt_auth_role),
            ("--token-secret", &request.token_secret),
            ("--image", &request.image),
        ];
        for (flag, value) in texts {
            if let Some(value) = value {
                put(flag, value);
            }
        }
        if let Some(value) = target.use_path_style {
            put("--path-style", if value { "true" } else { "false" });
        }
        for (flag, set) in [
            ("--insecure-skip-verify", target.insecure_skip_verify == Some(true)),
            ("--override-lock", self.overrides.is_some()),
            ("--force", request.force && self.overrides.is_none()),
        ] {
            if set {
                words.push(flag.into());
            }
        }
        words.extend(request.looking.iter().cloned());
        words.push(format!("--confirm {}", quote(phrase)));
        words.extend(accept.iter().map(|code| format!("--accept {code}")));
        if reason {
            words.push(format!("--reason {}", quote(request.reason.as_deref().unwrap_or("WHY"))));
        }
        words.join(" ")
    }
}

impl RestorePlan {
    /// The name of the object that will be created.
    pub fn name(&self) -> &str {
        self.manifest.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The id that settles a lost answer.
    pub fn request_id(&self) -> &str {
        self.manifest.pointer("/metadata/annotations/cli.openbao.org~1request-id").and_then(Value::as_str).unwrap_or_default()
    }

    /// Checks that refuse the plan.
    pub fn refusals(&self) -> Vec<&Check> {
        self.checks.iter().filter(|c| c.grade == Grade::Fail).collect()
    }

    /// The exit code of the refusal; `None` when the plan is allowed. A missing permission outweighs the rest.
    pub fn refusal_exit(&self) -> Option<Exit> {
        let exits: Vec<Exit> = self.refusals().into_iter().map(Check::exit).collect();
        [Exit::NotPermitted, Exit::Refused, Exit::NotFound].into_iter().find(|e| exits.contains(e))
    }

    /// The same plan with its reason set, once a person gave it.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> RestorePlan {
        if let Some(annotations) = self.manifest.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.insert(crate::api::names::audit::REASON.into(), Value::String(reason.to_owned()));
        }
        self
    }
}

#[cfg(test)]
mod tests;
