//! The CRDs of 0.4, 0.5 and NEXT as differences from JAN's, oldest first. Each line names the section of the operator
//! facts it comes from.

use serde_json::{Value, json};

use crate::drill::Play;

/// Which of the two CRDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crd {
    Cluster,
    Restore,
}
use Crd::{Cluster, Restore};

/// One difference. Paths are dotted property names from the root of the schema.
enum Edit {
    /// A new property with this schema (JSON).
    Add(&'static str, &'static str),
    /// A property is gone.
    Remove(&'static str),
    /// One more value of an enumeration.
    Allow(&'static str, &'static str),
    /// A property need not be given any more.
    Optional(&'static str),
    /// A CEL rule on an object: rule, message. What it means is in `rules`.
    Rule(&'static str, &'static str, &'static str),
    /// The rules on an object are gone.
    NoRules(&'static str),
    /// A printer column: name, JSON path.
    Column(&'static str, &'static str),
}
use Edit::{Add, Allow, Column, NoRules, Optional, Remove, Rule};

/// The differences of one generation from the one before.
pub(super) struct Edits {
    play: Play,
    edits: &'static [(Crd, Edit)],
}

const STRING: &str = r#"{"type":"string"}"#;
const TIME: &str = r#"{"type":"string","format":"date-time"}"#;
const BOOL: &str = r#"{"type":"boolean"}"#;
const INT32: &str = r#"{"type":"integer","format":"int32"}"#;
const INT64: &str = r#"{"type":"integer","format":"int64"}"#;
/// An object whose fields are not established: anything goes.
const OPEN: &str = r#"{"type":"object","x-kubernetes-preserve-unknown-fields":true}"#;
const STRINGS: &str = r#"{"type":"array","items":{"type":"string"}}"#;
const IDENTITY: &str = r#"{"type":"object","properties":{
    "serviceAccountAnnotations":{"type":"object","additionalProperties":{"type":"string"}},
    "podLabels":{"type":"object","additionalProperties":{"type":"string"}}}}"#;

/// 0.4.2, the base every 0.5 upgrade starts from.
const V04: &[(Crd, Edit)] = &[
    // F§2.1
    (Cluster, Add("status.observedGeneration", INT64)),
    (Cluster, Add("status.readReplicas", OPEN)),
    (Cluster, Add("status.acceptedUpgradeStrategy", r#"{"type":"string","enum":["RollingUpdate","BlueGreen"]}"#)),
    (
        Cluster,
        Add(
            "status.upgradeRequests",
            r#"{"type":"object","properties":{"lastHandledRetry":{"type":"string"},
        "lastHandledPromote":{"type":"string"},"lastHandledRollback":{"type":"string"}}}"#,
        ),
    ),
    // F§2.3
    (Cluster, Allow("status.blueGreen.phase", "RestoringReadReplicas")),
    (Cluster, Add("status.blueGreen.blueControllerRevision", STRING)),
    (Cluster, Add("status.blueGreen.manualPromotionRequired", BOOL)),
    // F§2.4
    (Cluster, Allow("status.breakGlass.reason", "RollbackCleanupPeerRemovalFailed")),
    // F§7.4
    (Cluster, Add("status.backup.lastHandledManualTrigger", STRING)),
    (Cluster, Add("status.backup.lastFailureMessage", STRING)),
    (Cluster, Add("status.backup.lastFailureTime", TIME)),
    // F§2.5
    (Cluster, Add("spec.runtime", r#"{"type":"object","properties":{"restartAt":{"type":"string"}}}"#)),
    (
        Cluster,
        Add(
            "spec.upgrade.requests",
            r#"{"type":"object","properties":{"retry":{"type":"string"},
        "promote":{"type":"string"},"rollback":{"type":"string"}}}"#,
        ),
    ),
    // F§3.2
    (Cluster, Add("spec.backup.target.workloadIdentity", IDENTITY)),
    (Restore, Add("spec.source.target.workloadIdentity", IDENTITY)),
];

const V05: &[(Crd, Edit)] = &[
    // F§1.3
    (Cluster, Remove("spec.upgrade.tokenSecretRef")),
    (Cluster, Remove("spec.maintenance.restartAt")),
    (Cluster, NoRules("spec.tls.acme")),
    (Cluster, Remove("spec.tls.acme.domain")),
    (Cluster, Remove("status.lastBackupTime")),
    (Cluster, Remove("status.upgrade.lastErrorReason")),
    (Cluster, Remove("status.upgrade.lastErrorMessage")),
    (Cluster, Remove("status.upgrade.lastErrorAt")),
    (
        Cluster,
        Add(
            "status.upgrade.failure",
            r#"{"type":"object","properties":{"reason":{"type":"string"},
        "message":{"type":"string"},"at":{"type":"string","format":"date-time"}}}"#,
        ),
    ),
    // F§2.1, F§2.3
    (
        Cluster,
        Add(
            "status.restore",
            r#"{"type":"object","properties":{"name":{"type":"string"},"uid":{"type":"string"},
        "restartCompletedAt":{"type":"string","format":"date-time"}}}"#,
        ),
    ),
    (Cluster, Add("status.blueGreen.operationID", STRING)),
    (Cluster, Add("status.blueGreen.validationHook", OPEN)),
    // F§2.5
    (Cluster, Allow("spec.unseal.type", "kms")),
    (Cluster, Add("spec.unseal.kms", OPEN)),
    (Cluster, Add("spec.selfInit.oidc.additionalSubjects", STRINGS)),
    // F§3.2
    (Cluster, Rule("spec.backup.target", super::rules::ENDPOINT, "backup target endpoint is required when provider is s3")),
    (Cluster, Rule("spec.backup.target", super::rules::GCS, "backup target gcs options are only supported when provider is gcs")),
    (
        Cluster,
        Rule("spec.backup.target", super::rules::AZURE, "backup target azure options are only supported when provider is azure"),
    ),
    (Cluster, Rule("spec.backup.target", super::rules::ROLE, "backup target roleArn is only supported when provider is s3")),
    (Restore, Rule("spec.source.target", super::rules::ENDPOINT, "backup target endpoint is required when provider is s3")),
    (Restore, Rule("spec.source.target", super::rules::GCS, "backup target gcs options are only supported when provider is gcs")),
    (
        Restore,
        Rule("spec.source.target", super::rules::AZURE, "backup target azure options are only supported when provider is azure"),
    ),
    (Restore, Rule("spec.source.target", super::rules::ROLE, "backup target roleArn is only supported when provider is s3")),
    // F§3.4
    (Restore, Allow("status.phase", "Unknown")),
    (
        Restore,
        Add(
            "status.execution",
            r#"{"type":"object","properties":{"operationID":{"type":"string"},
        "stage":{"type":"string","enum":["Prepared","Committed","Created","TerminalObserved","FollowThroughComplete","Unknown"]},
        "jobName":{"type":"string"},"jobUID":{"type":"string"},"preparedAt":{"type":"string","format":"date-time"},
        "committedAt":{"type":"string","format":"date-time"},"createdAt":{"type":"string","format":"date-time"},
        "terminalResult":{"type":"string","enum":["Succeeded","Failed"]},
        "terminalObservedAt":{"type":"string","format":"date-time"},
        "followThroughCompletedAt":{"type":"string","format":"date-time"}}}"#,
        ),
    ),
];

const NEXT: &[(Crd, Edit)] = &[
    // F§2.3, F§2.5, F§7.4
    (Cluster, Add("status.blueGreen.blueReplicas", INT32)),
    (Cluster, Add("status.blueGreen.greenImage", STRING)),
    (Cluster, Add("status.blueGreen.greenVersion", STRING)),
    (Cluster, Add("status.blueGreen.greenReplicas", INT32)),
    (Cluster, Add("spec.backup.restoreTest", OPEN)),
    (Cluster, Add("spec.controllerJWTMode", STRING)),
    (
        Cluster,
        Add(
            "status.backup.latestSnapshot",
            r#"{"type":"object","properties":{"digest":{"type":"string"},
        "clusterID":{"type":"string"},"version":{"type":"string"},"size":{"type":"integer","format":"int64"}}}"#,
        ),
    ),
    // F§3.1
    (Restore, Add("spec.source.expectedClusterID", r#"{"type":"string","maxLength":128}"#)),
    (Restore, Add("spec.source.expectedVersion", r#"{"type":"string","maxLength":64}"#)),
    (Restore, Add("spec.source.expectedDigest", r#"{"type":"string","pattern":"^sha256:[a-f0-9]{64}$"}"#)),
    (Restore, Add("spec.source.expectedSize", r#"{"type":"integer","format":"int64","minimum":1,"maximum":8589934592}"#)),
    (Restore, Add("spec.clusterTemplate", OPEN)),
    (Restore, Add("spec.targetLifecycle", r#"{"type":"string","enum":["Retain","Disposable"]}"#)),
    (Restore, Add("spec.cleanupAfterSeconds", r#"{"type":"integer","format":"int32","minimum":0,"maximum":86400}"#)),
    (Restore, Optional("spec.cluster")),
    // F§3.2
    (Restore, Rule("spec", super::rules::LIFECYCLE, "targetLifecycle requires clusterTemplate")),
    (Restore, Rule("spec", super::rules::CLEANUP, "cleanupAfterSeconds requires a disposable fresh target")),
    // F§3.4
    (Restore, Add("status.execution.targetUID", STRING)),
    (
        Restore,
        Add(
            "status.submissionClaim",
            r#"{"type":"object","properties":{"podUID":{"type":"string"},
        "targetPodName":{"type":"string"},"targetPodUID":{"type":"string"},"targetPodIP":{"type":"string"},
        "targetContainerID":{"type":"string"},"digest":{"type":"string"},"size":{"type":"integer","format":"int64"},
        "claimedAt":{"type":"string","format":"date-time"}}}"#,
        ),
    ),
    (
        Restore,
        Add(
            "status.restart",
            r#"{"type":"object","properties":{"pods":{"type":"array","items":{"type":"object",
        "properties":{"name":{"type":"string"},"uid":{"type":"string"},"statefulSetUID":{"type":"string"}}}},
        "completedAt":{"type":"string","format":"date-time"}}}"#,
        ),
    ),
    (Restore, Add("status.administratorDisposition", r#"{"type":"string","enum":["Resume","Abandon"]}"#)),
    (Restore, Add("status.target", OPEN)),
    // F§3
    (Restore, Column("Recovery", ".status.conditions[?(@.type==\"RecoveryReleased\")].reason")),
];

const ALL: [Edits; 3] =
    [Edits { play: Play::V04, edits: V04 }, Edits { play: Play::V05, edits: V05 }, Edits { play: Play::Next, edits: NEXT }];

/// The differences to apply to JAN's CRDs, in order.
pub(super) fn up_to(play: Play) -> impl Iterator<Item = &'static Edits> {
    ALL.iter().filter(move |edits| edits.play <= play)
}

impl Edits {
    pub fn apply(&self, cluster: &mut Value, restore: &mut Value) -> Vec<String> {
        let mut misplaced = Vec::new();
        for (which, edit) in self.edits {
            let crd = if *which == Cluster { &mut *cluster } else { &mut *restore };
            if edit.apply(&mut crd["spec"]["versions"][0]).is_none() {
                misplaced.push(format!("{} {which:?} {}", self.play.name(), edit.path()));
            }
        }
        misplaced
    }
}

/// The edits that do not find the place they name (for the test).
#[cfg(test)]
pub(super) fn misplaced(mut cluster: Value, mut restore: Value) -> Vec<String> {
    ALL.iter().flat_map(|edits| edits.apply(&mut cluster, &mut restore)).collect()
}

impl Edit {
    fn path(&self) -> &'static str {
        match self {
            Add(path, _) | Remove(path) | Allow(path, _) | Optional(path) | Rule(path, ..) | NoRules(path) => path,
            Column(name, _) => name,
        }
    }

    /// Makes the change in a CRD's version; `None` when its place is not there.
    fn apply(&self, version: &mut Value) -> Option<()> {
        if let Column(name, path) = self {
            let columns = version.get_mut("additionalPrinterColumns")?.as_array_mut()?;
            columns.push(json!({"name": name, "type": "string", "jsonPath": path}));
            return Some(());
        }
        let path = self.path();
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parent = find(&mut version["schema"]["openAPIV3Schema"], parent)?;
        match self {
            Add(_, schema) => {
                let schema = serde_json::from_str(schema).expect("the table's schemas are JSON");
                parent.get_mut("properties")?.as_object_mut()?.insert(name.into(), schema);
            }
            Remove(_) => {
                parent.get_mut("properties")?.as_object_mut()?.shift_remove(name)?;
                drop_required(parent, name);
            }
            Optional(_) => drop_required(parent, name),
            Allow(_, value) => find(parent, name)?.get_mut("enum")?.as_array_mut()?.push(json!(value)),
            Rule(_, rule, message) => {
                let node = find(parent, name)?.as_object_mut()?;
                let rules = node.entry("x-kubernetes-validations").or_insert_with(|| json!([]));
                rules.as_array_mut()?.push(json!({"rule": rule, "message": message}));
            }
            NoRules(_) => drop(find(parent, name)?.as_object_mut()?.shift_remove("x-kubernetes-validations")?),
            Column(..) => {}
        }
        Some(())
    }
}

fn find<'a>(schema: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(schema, |node, name| node.get_mut("properties")?.get_mut(name))
}

fn drop_required(parent: &mut Value, name: &str) {
    if let Some(required) = parent.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|field| field != name);
    }
}
