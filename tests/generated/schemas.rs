//! `docs/schema/v1/`: JSON Schema of the documents of `-o json|yaml`, made from the types that are written.

use kubectl_openbao::commands::breakglass::Acknowledgement;
use kubectl_openbao::commands::recover::Recovery;
use kubectl_openbao::commands::resolve::Resolution;
use kubectl_openbao::commands::restore::RestoreOutcome;
use kubectl_openbao::commands::snapshots::{Snapshot, SnapshotShow, Verification};
use kubectl_openbao::commands::version::Version;
use kubectl_openbao::domain::breakglass::{AckPlan, View};
use kubectl_openbao::domain::diagnosis::Diagnosis;
use kubectl_openbao::domain::restore::RestorePlan;
use kubectl_openbao::domain::status::{ClusterStatus, Detail};
use kubectl_openbao::ui::render::document::API_VERSION;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Generated;

/// What `status -o json|yaml` writes, one cluster or many.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ClusterStatusList {
    /// Clusters; page by page those that need attention first.
    items: Vec<Item>,
}

/// What `snapshots list -o json|yaml` writes.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct SnapshotList {
    /// Snapshots, newest first.
    items: Vec<Snapshot>,
}

/// One cluster.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Item {
    #[serde(flatten)]
    status: ClusterStatus,
    /// Only when one cluster was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

pub fn files() -> Vec<Generated> {
    [
        ("docs/schema/v1/Acknowledgement.json", document::<Acknowledgement>("Acknowledgement")),
        ("docs/schema/v1/AcknowledgementPlan.json", document::<AckPlan>("AcknowledgementPlan")),
        ("docs/schema/v1/BreakGlass.json", document::<View>("BreakGlass")),
        ("docs/schema/v1/ClusterStatusList.json", document::<ClusterStatusList>("ClusterStatusList")),
        ("docs/schema/v1/Diagnosis.json", document::<Diagnosis>("Diagnosis")),
        ("docs/schema/v1/RestorePlan.json", document::<RestorePlan>("RestorePlan")),
        ("docs/schema/v1/Recovery.json", document::<Recovery>("Recovery")),
        ("docs/schema/v1/Resolution.json", document::<Resolution>("Resolution")),
        ("docs/schema/v1/RestoreOutcome.json", document::<RestoreOutcome>("RestoreOutcome")),
        ("docs/schema/v1/SnapshotList.json", document::<SnapshotList>("SnapshotList")),
        ("docs/schema/v1/SnapshotShow.json", document::<SnapshotShow>("SnapshotShow")),
        ("docs/schema/v1/SnapshotVerification.json", document::<Verification>("SnapshotVerification")),
        ("docs/schema/v1/Version.json", document::<Version>("Version")),
    ]
    .into_iter()
    .map(|(path, schema)| Generated { path, text: format!("{}\n", pretty(&schema)) })
    .collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON of JSON")
}

/// The schema of a document kind: the data's own, after `apiVersion` and `kind`.
pub fn document<T: JsonSchema>(kind: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    let head = [("apiVersion", API_VERSION), ("kind", kind)];
    without_citations(&mut schema);
    let mut properties: Map<String, Value> =
        head.iter().map(|(name, value)| ((*name).to_owned(), json!({"type": "string", "const": value}))).collect();
    properties.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    let mut required: Vec<Value> = head.iter().map(|(name, _)| (*name).into()).collect();
    required.extend(schema["required"].as_array().cloned().unwrap_or_default());
    json!({
        "$schema": schema["$schema"], "title": kind, "description": schema["description"], "type": "object",
        "properties": properties, "required": required, "$defs": schema["$defs"],
    })
}

/// Doc comments cite the fact sheets they were written from; readers of a schema do not have those.
fn without_citations(schema: &mut Value) {
    let citation = regex_lite::Regex::new(r" \([FKO]§[^)]*\)").expect("a regular expression");
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(without_citations),
        Value::Array(items) => items.iter_mut().for_each(without_citations),
        Value::String(text) => *text = citation.replace_all(text, "").into_owned(),
        _ => {}
    }
}

/// The schema kept for a kind.
pub fn of_kind(kind: &str) -> Value {
    match kind {
        "Acknowledgement" => document::<Acknowledgement>(kind),
        "AcknowledgementPlan" => document::<AckPlan>(kind),
        "BreakGlass" => document::<View>(kind),
        "ClusterStatusList" => document::<ClusterStatusList>(kind),
        "Diagnosis" => document::<Diagnosis>(kind),
        "RestorePlan" => document::<RestorePlan>(kind),
        "Recovery" => document::<Recovery>(kind),
        "Resolution" => document::<Resolution>(kind),
        "SnapshotList" => document::<SnapshotList>(kind),
        "SnapshotShow" => document::<SnapshotShow>(kind),
        "SnapshotVerification" => document::<Verification>(kind),
        "Version" => document::<Version>(kind),
        _ => document::<RestoreOutcome>(kind),
    }
}
