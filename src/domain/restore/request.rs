//! What a person asks for: flags, or a file, or both; merged over the cluster's own backup target.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::cluster::{Cluster, Target};
use crate::api::read::Fields;
use crate::api::text::clean;

/// A restore as asked for, before anything was looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Namespace of cluster and restore.
    pub namespace: String,
    /// The cluster to restore into.
    pub cluster: String,
    /// Full object key of the snapshot.
    pub key: String,
    /// Name of the object to create; empty: made from what is seen of the cluster.
    pub name: String,
    /// Whether a person chose it (`--restore-name`).
    #[serde(default)]
    pub name_given: bool,
    /// One id per invocation, written on the object.
    pub request_id: String,
    /// Target fields given by flag; they win over the file and the cluster.
    pub target: Target,
    /// Target of `--from-file`; wins over the cluster's as a whole.
    pub file_target: Option<Target>,
    /// `--jwt-role`.
    pub jwt_auth_role: Option<String>,
    /// `--token-secret`.
    pub token_secret: Option<String>,
    /// `--image`.
    pub image: Option<String>,
    /// `--force`, or implied by `--override-lock`.
    pub force: bool,
    /// `--override-lock`.
    pub override_lock: bool,
    /// `--reason`.
    pub reason: Option<String>,
    /// Version of this tool, for the audit annotation.
    pub tool_version: String,
    /// What the file says of the object it wants (NEXT).
    #[serde(default)]
    pub expected: Expected,
    /// The resolution it is part of, for the audit annotation.
    #[serde(default)]
    pub resolution: Option<String>,
    /// The flags that say how the snapshot is looked at, as they are typed: the plan's own command repeats them.
    #[serde(default)]
    pub looking: Vec<String>,
}

/// What must be true of the object, `spec.source.expected…` (NEXT): the operator restores nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// `expectedDigest`: `sha256:` and 64 digits.
    pub digest: Option<String>,
    /// `expectedSize`: bytes.
    pub size: Option<u64>,
    /// `expectedClusterID`.
    pub cluster_id: Option<String>,
    /// `expectedVersion`.
    pub version: Option<String>,
}

impl Expected {
    fn read(source: &Fields<'_>) -> Expected {
        Expected {
            digest: source.filled("expectedDigest"),
            size: source.int("expectedSize").and_then(|size| u64::try_from(size).ok()),
            cluster_id: source.filled("expectedClusterID"),
            version: source.filled("expectedVersion"),
        }
    }
}

impl Request {
    /// The target that would be written: flags over file over the cluster's `spec.backup.target`.
    pub fn merged_target(&self, cluster: Option<&Cluster>) -> Target {
        let own = cluster.and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
        let base = self.file_target.clone().or(own).unwrap_or_default();
        // Never applied to a restore's key, so it has no place in a restore.
        Target { path_prefix: None, ..self.target.clone().over(base) }
    }
}

/// What a file says, translated to the flat form every generation uses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FromFile {
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.cluster`.
    pub cluster: Option<String>,
    /// `spec.source.key`.
    pub key: Option<String>,
    /// `spec.source.expected…`.
    pub expected: Expected,
    /// `spec.source.target`, flat.
    pub target: Option<Target>,
    /// `spec.image` or `spec.executorImage`.
    pub image: Option<String>,
    /// `spec.jwtAuthRole`.
    pub jwt_auth_role: Option<String>,
    /// `spec.tokenSecretRef.name`.
    pub token_secret: Option<String>,
    /// `spec.force`.
    pub force: bool,
    /// `spec.overrideOperationLock`.
    pub override_lock: bool,
    /// What was translated or left out, for the person.
    pub notes: Vec<String>,
}

/// Fields of an OpenBaoRestore's spec over all generations, dotted. What is not here was never a field.
const SPEC_FIELDS: &[&str] = &[
    "cluster",
    "source",
    "source.key",
    "source.expectedDigest",
    "source.expectedSize",
    "source.expectedClusterID",
    "source.expectedVersion",
    "source.target",
    "image",
    "executorImage",
    "jwtAuthRole",
    "tokenSecretRef",
    "tokenSecretRef.name",
    "tokenSecretRef.namespace",
    "force",
    "overrideOperationLock",
    "source.target.provider",
    "source.target.endpoint",
    "source.target.bucket",
    "source.target.region",
    "source.target.usePathStyle",
    "source.target.pathPrefix",
    "source.target.credentialsSecretRef",
    "source.target.credentialsSecretRef.name",
    "source.target.credentialsSecretRef.namespace",
    "source.target.roleArn",
    "source.target.partSize",
    "source.target.concurrency",
    "source.target.gcs",
    "source.target.gcs.project",
    "source.target.azure",
    "source.target.azure.storageAccount",
    "source.target.azure.container",
    "source.target.insecureSkipVerify",
];

impl FromFile {
    /// Reads one OpenBaoRestore. Errors are for people: another kind, unknown fields, wrong types.
    ///
    /// The nested `s3:` block of the January documentation, which no CRD ever accepted (F§3.3), is translated.
    pub fn read(document: &Value) -> Result<FromFile, String> {
        let object = document.as_object().ok_or("it is not an object")?;
        check_kind(object)?;
        let mut notes = Vec::new();
        let document = flatten_s3(document, &mut notes)?;
        let top = Fields::of(&document);
        let (spec, meta) = (top.at("spec"), top.at("metadata"));
        check_fields(spec.value().unwrap_or(&Value::Null), "")?;
        let source = spec.at("source");
        let target = source.at("target");
        let file = FromFile {
            namespace: meta.filled("namespace"),
            cluster: spec.filled("cluster"),
            key: source.filled("key"),
            expected: Expected::read(&source),
            target: target.exists().then(|| Target::read(&target)),
            image: spec.filled("image").or_else(|| spec.filled("executorImage")),
            jwt_auth_role: spec.filled("jwtAuthRole"),
            token_secret: spec.at("tokenSecretRef").filled("name"),
            force: spec.flag("force").unwrap_or(false),
            override_lock: spec.flag("overrideOperationLock").unwrap_or(false),
            notes,
        };
        match top.problems().first() {
            Some(problem) => Err(clean(problem).into_owned()),
            None => Ok(file.with_notes(&meta)),
        }
    }

    fn with_notes(mut self, meta: &Fields<'_>) -> FromFile {
        if let Some(name) = meta.filled("name") {
            self.notes.push(format!(
                "the name {} of the file is not used: a name used twice can report an old run as this one (name-reuse)",
                clean(&name)
            ));
        }
        self
    }
}

fn check_kind(object: &Map<String, Value>) -> Result<(), String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("kind") != "OpenBaoRestore" {
        return Err(format!("it is not an OpenBaoRestore but {}", quoted(text("kind"))));
    }
    if text("apiVersion") != "openbao.org/v1alpha1" {
        return Err(format!("apiVersion is {}, expected openbao.org/v1alpha1", quoted(text("apiVersion"))));
    }
    let known = ["apiVersion", "kind", "metadata", "spec", "status"];
    match object.keys().find(|k| !known.contains(&k.as_str())) {
        Some(key) => Err(format!("unknown field {}", quoted(key))),
        None => Ok(()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", clean(text))
}

/// Moves `target.type` and `target.s3.*` up into the flat target.
fn flatten_s3(document: &Value, notes: &mut Vec<String>) -> Result<Value, String> {
    let mut document = document.clone();
    let Some(target) = document.pointer_mut("/spec/source/target").and_then(Value::as_object_mut) else {
        return Ok(document);
    };
    let mut translated = false;
    if let Some(kind) = target.shift_remove("type") {
        target.entry("provider").or_insert(kind);
        translated = true;
    }
    if let Some(block) = target.shift_remove("s3") {
        let Value::Object(block) = block else { return Err("spec.source.target.s3: expected an object".into()) };
        for (name, mut value) in block {
            if !matches!(name.as_str(), "bucket" | "region" | "credentialsSecretRef" | "endpoint" | "usePathStyle") {
                return Err(format!("unknown field {}", quoted(&format!("spec.source.target.s3.{name}"))));
            }
            if let Some(reference) = value.as_object_mut() {
                reference.shift_remove("namespace");
            }
            target.entry(name).or_insert(value);
        }
        translated = true;
    }
    if translated {
        notes.push("the nested s3 block of old documentation was translated: no operator ever accepted it as it stands".into());
    }
    Ok(document)
}

fn check_fields(value: &Value, prefix: &str) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    // Free-form by schema.
    if prefix == "source.target.workloadIdentity" {
        return Ok(());
    }
    for (name, inner) in object {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if path != "source.target.workloadIdentity" && !SPEC_FIELDS.contains(&path.as_str()) {
            return Err(format!("unknown field {}", quoted(&format!("spec.{path}"))));
        }
        check_fields(inner, &path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(spec: Value) -> Value {
        json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "r"}, "spec": spec})
    }

    #[test]
    fn the_documented_nested_block_becomes_flat() {
        let file = FromFile::read(&document(json!({"cluster": "prod", "source": {"key": "k", "target": {"type": "s3", "s3": {
            "bucket": "b", "region": "eu", "credentialsSecretRef": {"name": "s", "namespace": "other"}}}}})))
        .expect("readable");
        let target = file.target.expect("a target");
        assert_eq!(
            (target.provider.as_deref(), target.bucket.as_deref(), target.region.as_deref()),
            (Some("s3"), Some("b"), Some("eu"))
        );
        assert_eq!((target.credentials_secret.as_deref(), target.credentials_namespace), (Some("s"), None));
        assert!(file.notes.iter().any(|n| n.contains("nested s3 block")));
    }

    #[test]
    fn what_is_no_restore_is_refused_with_its_name() {
        let cases = [
            (json!([]), "it is not an object"),
            (json!({"kind": "Secret", "apiVersion": "v1"}), "it is not an OpenBaoRestore but \"Secret\""),
            (json!({"kind": "OpenBaoRestore", "apiVersion": "v1"}), "apiVersion is \"v1\", expected openbao.org/v1alpha1"),
            (document(json!({"cluster": "p", "sauce": 1})), "unknown field \"spec.sauce\""),
            (document(json!({"source": {"target": {"s3": {"buckets": 1}}}})), "unknown field \"spec.source.target.s3.buckets\""),
            (document(json!({"cluster": 7})), "spec.cluster: expected text, found a number"),
        ];
        for (value, expected) in cases {
            assert_eq!(FromFile::read(&value).expect_err("refused"), expected);
        }
    }
}
