//! Objects as rows for `kubectl get`: the columns kube-apiserver shows.

use std::time::Duration;

use serde_json::{Value, json};

use super::read::Partial;
use super::resources::Resource;
use crate::api::text;

/// A column: name, whether only `-o wide` shows it, and its cell.
type Column = (&'static str, bool, fn(&Value) -> Value);

/// The `Table` of some objects.
pub(crate) fn table(resource: &Resource, objects: &[&Value], include: &str, version: &Value) -> Value {
    let own = columns(&resource.plural);
    let definitions = match (resource.is_custom(), own) {
        (true, _) => custom_definitions(resource),
        (false, own) => own.iter().map(|(name, wide, _)| definition(name, "string", u8::from(*wide))).collect(),
    };
    let cells = |object: &Value| -> Vec<Value> {
        match resource.is_custom() {
            true => custom_cells(resource, object),
            false => own.iter().map(|(_, _, cell)| cell(object)).collect(),
        }
    };
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut row = json!({"cells": cells(object)});
            match include {
                "None" => {}
                "Object" => row["object"] = Value::clone(object),
                _ => row["object"] = serde_json::to_value(Partial(object)).unwrap_or_default(),
            }
            row
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version},
        "columnDefinitions": definitions, "rows": rows})
}

fn definition(name: &str, kind: &str, priority: u8) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": priority})
}

/// Name, then the CRD's columns; a CRD without any shows the age.
fn custom_definitions(resource: &Resource) -> Vec<Value> {
    let own = resource.columns.iter().map(|column| {
        let text = |key: &str| column[key].as_str().unwrap_or_default();
        definition(text("name"), text("type"), u8::try_from(column["priority"].as_u64().unwrap_or(0)).unwrap_or(1))
    });
    let age = resource.columns.is_empty().then(|| definition("Age", "date", 0));
    std::iter::once(definition("Name", "string", 0)).chain(own).chain(age).collect()
}

fn custom_cells(resource: &Resource, object: &Value) -> Vec<Value> {
    let own = resource.columns.iter().map(|column| {
        let found = json_path(object, column["jsonPath"].as_str().unwrap_or_default());
        match (column["type"].as_str(), found) {
            // kubectl prints a null cell as <none>.
            (_, Value::Null) => Value::Null,
            (Some("date"), value) => since(&value).into(),
            (Some("string"), value) if !value.is_string() => value.to_string().into(),
            (_, value) => value,
        }
    });
    let age = resource.columns.is_empty().then(|| since(&object["metadata"]["creationTimestamp"]).into());
    std::iter::once(object["metadata"]["name"].clone()).chain(own).chain(age).collect()
}

/// The JSON paths printer columns use: `.a.b`, `.a[0]`, and `.a[?(@.type=="X")].b`.
fn json_path(object: &Value, path: &str) -> Value {
    let mut value = object;
    let mut rest = path;
    while let Some(after) = rest.strip_prefix('.').or_else(|| rest.starts_with('[').then_some(rest)) {
        if let Some((inside, after)) = after.strip_prefix('[').and_then(|after| after.split_once(']')) {
            value = match inside.strip_prefix("?(@.").and_then(|filter| filter.strip_suffix(')')?.split_once("==")) {
                Some((key, wanted)) => {
                    let wanted = wanted.trim_matches(['"', '\'']);
                    value.as_array().into_iter().flatten().find(|v| v[key] == wanted).unwrap_or(&Value::Null)
                }
                None => inside.parse::<usize>().map_or(&Value::Null, |index| &value[index]),
            };
            rest = after;
        } else {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = &value[&after[..end]];
            rest = &after[end..];
        }
    }
    value.clone()
}

const NAME: Column = ("Name", false, |o| o["metadata"]["name"].clone());
const AGE: Column = ("Age", false, |o| since(&o["metadata"]["creationTimestamp"]).into());
const PODS: &[Column] = &[
    NAME,
    ("Ready", false, |o| format!("{}/{}", ready(o), count(&o["spec"]["containers"])).into()),
    ("Status", false, |o| pod_status(o).into()),
    ("Restarts", false, |o| restarts(o).into()),
    AGE,
    ("IP", true, |o| or_none(&o["status"]["podIP"])),
    ("Node", true, |o| or_none(&o["spec"]["nodeName"])),
];
const JOBS: &[Column] = &[
    NAME,
    ("Status", false, |o| job_status(o).into()),
    ("Completions", false, |o| {
        format!("{}/{}", number(&o["status"]["succeeded"]), o["spec"]["completions"].as_i64().unwrap_or(1)).into()
    }),
    ("Duration", false, |o| job_duration(o).into()),
    AGE,
];
const DEPLOYMENTS: &[Column] = &[
    NAME,
    ("Ready", false, |o| ready_of(o).into()),
    ("Up-to-date", false, |o| number(&o["status"]["updatedReplicas"]).into()),
    ("Available", false, |o| number(&o["status"]["availableReplicas"]).into()),
    AGE,
];
const STATEFUL_SETS: &[Column] = &[NAME, ("Ready", false, |o| ready_of(o).into()), AGE];
const SECRETS: &[Column] = &[
    NAME,
    ("Type", false, |o| o["type"].clone()),
    ("Data", false, |o| o["data"].as_object().map_or(0, |data| data.len()).into()),
    AGE,
];
const CONFIG_MAPS: &[Column] = &[NAME, ("Data", false, |o| o["data"].as_object().map_or(0, |data| data.len()).into()), AGE];
const EVENTS: &[Column] = &[
    ("Last Seen", false, |o| since(last_seen(o)).into()),
    ("Type", false, |o| o["type"].clone()),
    ("Reason", false, |o| o["reason"].clone()),
    ("Object", false, |o| {
        let object = &o["involvedObject"];
        let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
        format!("{kind}/{}", object["name"].as_str().unwrap_or_default()).into()
    }),
    ("Message", false, |o| o["message"].clone()),
];
const SERVICES: &[Column] = &[
    NAME,
    ("Type", false, |o| o["spec"]["type"].clone()),
    ("Cluster-IP", false, |o| or_none(&o["spec"]["clusterIP"])),
    ("Port(s)", false, |o| ports(o).into()),
    AGE,
];
const NAMESPACES: &[Column] = &[NAME, ("Status", false, |o| o["status"]["phase"].clone()), AGE];
const NODES: &[Column] = &[
    NAME,
    ("Status", false, |o| if condition(o, "Ready") == "True" { "Ready" } else { "NotReady" }.into()),
    AGE,
    ("Version", false, |o| o["status"]["nodeInfo"]["kubeletVersion"].clone()),
];
const CLAIMS: &[Column] = &[
    NAME,
    ("Status", false, |o| o["status"]["phase"].clone()),
    ("Volume", false, |o| o["spec"]["volumeName"].clone()),
    ("Capacity", false, |o| o["status"]["capacity"]["storage"].clone()),
    ("StorageClass", false, |o| o["spec"]["storageClassName"].clone()),
    AGE,
];
const LEASES: &[Column] = &[NAME, ("Holder", false, |o| o["spec"]["holderIdentity"].clone()), AGE];
const SERVICE_ACCOUNTS: &[Column] = &[NAME, ("Secrets", false, |o| count(&o["secrets"]).into()), AGE];
const BINDINGS: &[Column] = &[
    NAME,
    ("Role", false, |o| {
        let role = &o["roleRef"];
        format!("{}/{}", role["kind"].as_str().unwrap_or_default(), role["name"].as_str().unwrap_or_default()).into()
    }),
    AGE,
];
const ROLES: &[Column] = &[NAME, ("Created At", false, |o| o["metadata"]["creationTimestamp"].clone())];

fn columns(plural: &str) -> &'static [Column] {
    match plural {
        "pods" => PODS,
        "jobs" => JOBS,
        "deployments" => DEPLOYMENTS,
        "statefulsets" => STATEFUL_SETS,
        "secrets" => SECRETS,
        "configmaps" => CONFIG_MAPS,
        "events" => EVENTS,
        "services" => SERVICES,
        "namespaces" => NAMESPACES,
        "nodes" => NODES,
        "persistentvolumeclaims" => CLAIMS,
        "leases" => LEASES,
        "serviceaccounts" => SERVICE_ACCOUNTS,
        "rolebindings" | "clusterrolebindings" => BINDINGS,
        "roles" | "clusterroles" | "customresourcedefinitions" => ROLES,
        _ => &[NAME, AGE],
    }
}

/// Time since a timestamp, as kubectl shows ages.
fn since(time: &Value) -> String {
    let parsed = time.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    parsed.map_or_else(
        || "<unknown>".to_owned(),
        |time| text::age(Duration::try_from(jiff::Timestamp::now().duration_since(time)).unwrap_or_default()),
    )
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn or_none(value: &Value) -> Value {
    if value.as_str().is_none_or(str::is_empty) { "<none>".into() } else { value.clone() }
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    pod["status"]["containerStatuses"].as_array().into_iter().flatten()
}

fn ready(pod: &Value) -> usize {
    statuses(pod).filter(|status| status["ready"] == true).count()
}

fn restarts(pod: &Value) -> String {
    statuses(pod).map(|status| number(&status["restartCount"])).sum::<i64>().to_string()
}

/// The word `kubectl get pods` shows: the phase unless a container or the deletion says something more precise.
fn pod_status(pod: &Value) -> String {
    let reason = |state: &str| {
        let found = statuses(pod).find_map(|status| status["state"][state]["reason"].as_str());
        found.filter(|reason| !reason.is_empty()).map(str::to_owned)
    };
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".into();
    }
    let phase = pod["status"]["reason"].as_str().or(pod["status"]["phase"].as_str()).unwrap_or("Unknown");
    reason("waiting").or_else(|| reason("terminated")).unwrap_or_else(|| phase.to_owned())
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a str {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.filter(|c| c["type"] == kind).find_map(|c| c["status"].as_str()).unwrap_or_default()
}

fn job_status(job: &Value) -> &'static str {
    match () {
        () if condition(job, "Complete") == "True" => "Complete",
        () if condition(job, "Failed") == "True" => "Failed",
        () if condition(job, "FailureTarget") == "True" => "FailureTarget",
        () if condition(job, "Suspended") == "True" => "Suspended",
        () if job["metadata"]["deletionTimestamp"].is_string() => "Terminating",
        () => "Running",
    }
}

fn job_duration(job: &Value) -> String {
    let time = |key: &str| job["status"][key].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match (time("startTime"), time("completionTime")) {
        (Some(start), end) => {
            let end = end.unwrap_or_else(jiff::Timestamp::now);
            text::age(Duration::try_from(end.duration_since(start)).unwrap_or_default())
        }
        (None, _) => String::new(),
    }
}

fn ready_of(object: &Value) -> String {
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    format!("{}/{wanted}", number(&object["status"]["readyReplicas"]))
}

fn ports(service: &Value) -> String {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    let shown: Vec<String> =
        ports.map(|port| format!("{}/{}", number(&port["port"]), port["protocol"].as_str().unwrap_or("TCP"))).collect();
    if shown.is_empty() { "<none>".into() } else { shown.join(",") }
}

/// An event's time: where newer events keep it, too.
fn last_seen(event: &Value) -> &Value {
    let places = [&event["series"]["lastObservedTime"], &event["lastTimestamp"], &event["eventTime"]];
    places.into_iter().find(|time| time.is_string()).unwrap_or(&event["metadata"]["creationTimestamp"])
}
