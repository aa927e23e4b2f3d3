//! Which generation of the operator is installed: what may be written, and what will happen (F§13).
//!
//! The live schema decides what may be written. What will happen is decided by schema and operator version together;
//! where they disagree or cannot be read, the dangerous behaviour is assumed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The operator's generations, oldest first (F§1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tag {
    /// Main on 2025-12-30: no lock, no break glass.
    P0,
    /// To 2026-01-06: lock and break glass appear.
    P1,
    /// To 01-21: Secret references lose their namespace.
    P2,
    /// To 01-24: `provider`.
    P3,
    /// To 01-28: `spec.upgrade`.
    P4,
    /// 01-29: `image`; the last state before the release candidates.
    Jan,
    /// Releases 0.1 to 0.3, which their schema does not tell apart.
    V01,
    /// Release line 0.4.
    V04,
    /// Release line 0.5.
    V05,
    /// Main in late September 2026: acknowledged restores.
    Next,
}

impl Tag {
    /// The name used in all output.
    pub fn name(self) -> &'static str {
        match self {
            Tag::P0 => "P0",
            Tag::P1 => "P1",
            Tag::P2 => "P2",
            Tag::P3 => "P3",
            Tag::P4 => "P4",
            Tag::Jan => "JAN",
            Tag::V01 => "0.1–0.3",
            Tag::V04 => "0.4",
            Tag::V05 => "0.5",
            Tag::Next => "NEXT",
        }
    }

    /// From `OPERATOR_VERSION`; `None` for builds without a released number (`0.0.0`, `2.0.0-HEAD`, …).
    pub fn of_version(version: &str) -> Option<Tag> {
        let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
        match (numbers.next()?.ok()?, numbers.next()?.ok()?) {
            (0, 1..=3) => Some(Tag::V01),
            (0, 4) => Some(Tag::V04),
            (0, 5) => Some(Tag::V05),
            _ => None,
        }
    }
}

/// What the live OpenAPI document says may be written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaFacts {
    /// Paths of the OpenBaoRestore's spec that exist, dotted: `image`, `source.target.provider`, …
    pub restore_spec: BTreeSet<String>,
    /// Paths of the OpenBaoRestore's status.
    pub restore_status: BTreeSet<String>,
    /// Paths of the OpenBaoCluster's spec (two levels).
    pub cluster_spec: BTreeSet<String>,
    /// Paths of the OpenBaoCluster's status (two levels).
    pub cluster_status: BTreeSet<String>,
    /// Required paths of the OpenBaoRestore's spec.
    pub required: BTreeSet<String>,
    /// Values of the OpenBaoRestore's `status.phase`.
    pub phases: BTreeSet<String>,
    /// How many values `status.breakGlass.reason` has.
    pub break_glass_reasons: usize,
}

impl SchemaFacts {
    /// Reads `/openapi/v3/apis/openbao.org/v1alpha1` (or a document of the same shape); `None` when it does not hold
    /// an OpenBaoRestore.
    pub fn read(document: &Value) -> Option<SchemaFacts> {
        let restore = kind(document, "OpenBaoRestore")?;
        let cluster = kind(document, "OpenBaoCluster");
        let mut facts = SchemaFacts::default();
        let (spec, status) = (property(restore, "spec"), property(restore, "status"));
        paths(spec, "", 4, &mut facts.restore_spec, &mut facts.required);
        paths(status, "", 2, &mut facts.restore_status, &mut BTreeSet::new());
        facts.phases = enumeration(property(status, "phase"));
        if let Some(cluster) = cluster {
            let status = property(cluster, "status");
            paths(property(cluster, "spec"), "", 2, &mut facts.cluster_spec, &mut BTreeSet::new());
            paths(status, "", 2, &mut facts.cluster_status, &mut BTreeSet::new());
            facts.break_glass_reasons = enumeration(property(property(status, "breakGlass"), "reason")).len();
        }
        Some(facts)
    }

    /// Whether a field of an OpenBaoRestore's spec may be written.
    pub fn has(&self, path: &str) -> bool {
        self.restore_spec.contains(path)
    }

    /// The generation whose schema this is.
    pub fn tag(&self) -> Tag {
        let status = |path: &str| self.restore_status.contains(path);
        match () {
            () if !self.has("overrideOperationLock") => Tag::P0,
            () if self.has("tokenSecretRef.namespace") => Tag::P1,
            () if !self.has("source.target.provider") => Tag::P2,
            () if self.cluster_spec.contains("updateStrategy") => Tag::P3,
            () if self.has("executorImage") => Tag::P4,
            () if status("submissionClaim") || self.has("source.expectedDigest") => Tag::Next,
            () if status("execution") || self.phases.contains("Unknown") => Tag::V05,
            () if self.has("source.target.workloadIdentity") || self.break_glass_reasons > 1 => Tag::V04,
            () if self.cluster_spec.contains("upgrade.requests") => Tag::V01,
            () => Tag::Jan,
        }
    }
}

/// What is known of the generation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The live schema, when it could be read.
    pub schema: Option<SchemaFacts>,
    /// The operator's own version, when it could be read.
    pub operator: Option<String>,
}

impl Generation {
    /// The generation of the schema.
    pub fn schema_tag(&self) -> Option<Tag> {
        self.schema.as_ref().map(SchemaFacts::tag)
    }

    /// The generation of the running operator, when its version names one.
    pub fn operator_tag(&self) -> Option<Tag> {
        self.operator.as_deref().and_then(Tag::of_version)
    }

    /// Whether the operator may be `from` or older: true as well when nothing is known.
    pub fn may_be_at_most(&self, tag: Tag) -> bool {
        self.tags().is_none_or(|(oldest, _)| oldest <= tag)
    }

    /// Whether the operator may be `from` or newer: true as well when nothing is known.
    pub fn may_be_at_least(&self, tag: Tag) -> bool {
        self.tags().is_none_or(|(_, newest)| newest >= tag)
    }

    /// Whether the operator is `from` or newer for certain: false when nothing is known.
    pub fn surely_at_least(&self, tag: Tag) -> bool {
        self.tags().is_some_and(|(oldest, _)| oldest >= tag)
    }

    /// Whether the operator is `to` or older for certain: false when nothing is known.
    pub fn surely_at_most(&self, tag: Tag) -> bool {
        self.tags().is_some_and(|(_, newest)| newest <= tag)
    }

    /// The oldest and newest generation that fit schema and version. Helm never upgrades CRDs, so the two can differ.
    fn tags(&self) -> Option<(Tag, Tag)> {
        match (self.schema_tag(), self.operator_tag()) {
            (Some(a), Some(b)) => Some((a.min(b), a.max(b))),
            (Some(a), None) | (None, Some(a)) => Some((a, a)),
            (None, None) => None,
        }
    }

    /// `JAN`, `0.5`, or what the two sources say when they differ.
    pub fn name(&self) -> String {
        match self.tags() {
            None => "unknown".into(),
            Some((a, b)) if a == b => a.name().into(),
            Some((a, b)) => format!("{} to {}", a.name(), b.name()),
        }
    }

    /// Where the name comes from, for people.
    pub fn basis(&self) -> String {
        match (&self.schema, &self.operator) {
            (Some(_), Some(version)) if self.operator_tag().is_none() => format!("schema; operator calls itself {version}"),
            (Some(_), Some(version)) => format!("schema and operator version {version}"),
            (Some(_), None) => "schema; operator version not read".into(),
            (None, Some(version)) => format!("operator version {version}; schema not read"),
            (None, None) => "neither schema nor operator version could be read: the dangerous behaviour is assumed".into(),
        }
    }

    /// The clean-up after a rollback removes *Blue's* voters from Raft, ignores that it fails, and deletes Green: an
    /// acknowledgement that goes well ends there (P1 to JAN, seen on JAN; fixed by #104, F§4.7, F§15.2.5).
    pub fn ack_removes_blue_peers(&self) -> bool {
        self.may_be_at_most(Tag::Jan)
    }

    /// A failed clean-up of a rollback is break glass again (`RollbackCleanupPeerRemovalFailed`; seen in the schemas of
    /// 0.4.2 and later). Before it is ignored.
    pub fn cleanup_failure_breaks_glass(&self) -> bool {
        self.schema.as_ref().is_some_and(|s| s.break_glass_reasons > 1) || self.may_be_at_least(Tag::V04)
    }

    /// The Upgrade lock stays for ever after an abort, a rollback or a reverted version (P1 to JAN; fixed by #104).
    pub fn rollback_leaks_upgrade_lock(&self) -> bool {
        self.may_be_at_most(Tag::Jan)
    }

    /// A repeated upgrade finds the executor Jobs of the last one by name and takes their old results (seen on JAN,
    /// F§15.2.6; names are made the same way until #747).
    pub fn reuses_executor_jobs(&self) -> bool {
        self.may_be_at_most(Tag::V04)
    }

    /// Leaving the rollback deletes Green's data volumes too (#747: 0.5.1 perhaps, NEXT surely).
    pub fn rollback_deletes_green_claims(&self) -> bool {
        self.may_be_at_least(Tag::V05)
    }

    /// The repair itself refuses while too few Blue peers are left (NEXT).
    pub fn repair_checks_blue_quorum(&self) -> bool {
        self.surely_at_least(Tag::Next)
    }

    /// How often one OpenBaoRestore may submit the snapshot: four on JAN (seen), assumed for all up to 0.4.
    pub fn submits_repeatedly(&self) -> bool {
        self.may_be_at_most(Tag::V04)
    }

    /// A missing Job of a running restore is created again (JAN–0.4).
    pub fn recreates_missing_job(&self) -> bool {
        self.may_be_at_most(Tag::V04)
    }

    /// A restore that went well ends as `Unknown` and waits for an administrator (NEXT).
    pub fn success_looks_unknown(&self) -> bool {
        self.may_be_at_least(Tag::Next)
    }

    /// The phase `Unknown` exists (0.5 and later).
    pub fn knows_unknown(&self) -> bool {
        self.may_be_at_least(Tag::V05)
    }

    /// Backup locks leak in normal life (JAN, seen; assumed for P1–P4).
    pub fn leaks_backup_locks(&self) -> bool {
        self.may_be_at_most(Tag::Jan)
    }

    /// The operator may have no built-in executor image: a restore must name one unless the cluster's backup does (before
    /// #405, F§3.1).
    pub fn needs_image(&self) -> bool {
        self.has_405() != Some(true)
    }

    /// Admission checks the custom verb `restore` on the cluster (0.4 and later).
    pub fn checks_restore_verb(&self) -> bool {
        self.may_be_at_least(Tag::V04)
    }

    /// The override is recorded by nothing but our annotations (JAN, seen; assumed for P1–P4).
    pub fn override_leaves_no_trace(&self) -> bool {
        self.may_be_at_most(Tag::Jan)
    }

    /// A restore finds its leader in a blue/green cluster; before #405 it searches only pods `<cluster>-N`, which such a
    /// cluster does not have (F§6.3). `None` when it is not known which operator runs.
    pub fn restores_blue_green(&self) -> Option<bool> {
        self.has_405()
    }

    /// The same, where what is not known counts as dangerous.
    pub fn cannot_restore_blue_green(&self) -> bool {
        self.has_405() != Some(true)
    }

    /// Whether the operator contains #405 (2026-05-08): 0.3 and later do, 0.2 and older do not. The schema cannot tell 0.1
    /// to 0.3 apart, so there the version decides; `None` when neither does, or when the two disagree.
    fn has_405(&self) -> Option<bool> {
        let by_schema = self.schema_tag().and_then(|tag| if tag == Tag::V01 { None } else { Some(tag > Tag::V01) });
        let minor = |version: &str| version.trim_start_matches('v').split('.').nth(1)?.parse::<u32>().ok();
        let by_version = self.operator.as_deref().filter(|v| Tag::of_version(v).is_some()).and_then(minor).map(|m| m >= 3);
        match (by_schema, by_version) {
            (Some(a), Some(b)) if a != b => None,
            (a, b) => b.or(a),
        }
    }

    /// Static token Secrets must carry the labels of F§7.3 (0.3 and later).
    pub fn wants_token_labels(&self) -> bool {
        self.may_be_at_least(Tag::V01)
    }

    /// A restore without `force` uses the verified endpoint, which policies made by 0.4.2 or earlier do not allow (0.5
    /// and later).
    pub fn verifies_unforced(&self) -> bool {
        self.may_be_at_least(Tag::V05)
    }

    /// S3 targets must name an endpoint: by schema up to P2, by CEL rule from 0.5.
    pub fn requires_endpoint(&self) -> bool {
        self.schema.as_ref().is_none_or(|s| s.required.contains("source.target.endpoint")) || self.may_be_at_least(Tag::V05)
    }
}

fn kind<'a>(document: &'a Value, kind: &str) -> Option<&'a Value> {
    let schemas = document.pointer("/components/schemas")?.as_object()?;
    let named = |schema: &Value| {
        let gvks = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        gvks.is_some_and(|list| list.iter().any(|g| g.get("kind").and_then(Value::as_str) == Some(kind)))
    };
    let by_name = schemas.iter().find(|(name, _)| name.rsplit('.').next() == Some(kind)).map(|(_, schema)| schema);
    schemas.values().find(|schema| named(schema)).or(by_name)
}

fn property<'a>(schema: &'a Value, name: &str) -> &'a Value {
    schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&Value::Null)
}

fn enumeration(schema: &Value) -> BTreeSet<String> {
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    values.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Collects dotted property paths down to `depth` levels, and those that are required.
fn paths(schema: &Value, prefix: &str, depth: usize, all: &mut BTreeSet<String>, required: &mut BTreeSet<String>) {
    let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        required.insert(join(name));
    }
    if depth == 0 {
        return;
    }
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = join(name);
        paths(inner, &path, depth - 1, all, required);
        all.insert(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An OpenAPI document as the API server makes it from the two CRD files.
    fn document(generation: &str) -> Value {
        let mut schemas = serde_json::Map::new();
        for plural in ["openbaoclusters", "openbaorestores"] {
            let path = format!("{}/tests/data/operator/{generation}/openbao.org_{plural}.yaml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
            let crd: Value = serde_saphyr::from_str(&text).expect("a CRD");
            let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
            schemas
                .insert(format!("org.openbao.v1alpha1.{kind}"), crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());
        }
        serde_json::json!({"components": {"schemas": schemas}})
    }

    #[test]
    fn every_generation_with_a_crd_file_is_told_apart() {
        for (folder, tag) in
            [("p0", Tag::P0), ("p1", Tag::P1), ("p2", Tag::P2), ("p3", Tag::P3), ("p4", Tag::P4), ("jan", Tag::Jan)]
        {
            let facts = SchemaFacts::read(&document(folder)).expect("facts");
            assert_eq!(facts.tag(), tag, "{folder}");
        }
    }

    #[test]
    fn endpoint_is_required_by_schema_up_to_p2_only() {
        let required =
            |folder: &str| SchemaFacts::read(&document(folder)).expect("facts").required.contains("source.target.endpoint");
        assert_eq!(["p0", "p1", "p2", "p3", "p4", "jan"].map(required), [true, true, true, false, false, false]);
    }

    #[test]
    fn versions_without_a_release_name_nothing() {
        let tags = ["0.4.2", "v0.5.3", "0.2.0-rc.1", "2.0.0-HEAD", "0.0.0", "latest", ""].map(Tag::of_version);
        assert_eq!(tags, [Some(Tag::V04), Some(Tag::V05), Some(Tag::V01), None, None, None, None]);
    }

    #[test]
    fn nothing_known_means_every_danger() {
        let unknown = Generation::default();
        assert!(unknown.recreates_missing_job() && unknown.success_looks_unknown() && unknown.leaks_backup_locks());
    }

    #[test]
    fn a_blue_green_cluster_is_restored_from_0_3_on() {
        let schema = |folder: &str| SchemaFacts::read(&document(folder));
        let releases = || {
            let mut facts = schema("jan")?;
            facts.cluster_spec.insert("upgrade.requests".into());
            Some(facts)
        };
        let can = |schema, operator: &str| {
            Generation { schema, operator: Some(operator.into()).filter(|o: &String| !o.is_empty()) }.restores_blue_green()
        };
        assert_eq!(releases().map(|s| s.tag()), Some(Tag::V01));
        assert_eq!(["0.1.1", "0.2.1", "0.3.0", ""].map(|v| can(releases(), v)), [Some(false), Some(false), Some(true), None]);
        assert_eq!(
            ["0.2.0", "0.4.2", "0.5.1", "2.0.0-HEAD", ""].map(|v| can(None, v)),
            [Some(false), Some(true), Some(true), None, None]
        );
        assert_eq!(["2.0.0-HEAD", "0.2.0", "0.5.1"].map(|v| can(schema("jan"), v)), [Some(false), Some(false), None]);
    }

    #[test]
    fn disagreement_keeps_the_dangers_of_both() {
        let jan = SchemaFacts::read(&document("jan"));
        let mixed = Generation { schema: jan, operator: Some("0.5.1".into()) };
        assert!(mixed.recreates_missing_job() && mixed.knows_unknown() && !mixed.success_looks_unknown());
        assert_eq!(mixed.name(), "JAN to 0.5");
    }
}
