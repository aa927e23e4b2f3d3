//! Each source of a report as evidence: its data, or `absent`, or `{forbidden: what}`, or `{failed: why}`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{generations, logs};
use crate::api::cluster::Cluster;
use crate::api::event::Event;
use crate::api::generation::{Generation, SchemaFacts};
use crate::api::names::{CLUSTER_LABEL, COMPONENT_LABEL};
use crate::api::read::{Fields, Meta};
use crate::api::restore::Restore;
use crate::api::revision::{Claim, StatefulSet};
use crate::api::text::clean_cut;
use crate::api::workload::{Job, Lease, OperatorDeployment, Pod, SecretFacts};
use crate::domain::archive::head::Head;
use crate::domain::evidence::{
    Contents, Evidence, Item, Peer, Permission, ServerAnswer, ServerHealth, SnapshotObject, StoreAnswer,
};

type Document = Map<String, Value>;

/// Reads every source.
pub(super) fn evidence(document: &Document) -> Result<Evidence, String> {
    let cluster = object(document, "openbaocluster", Cluster::read)?;
    let (namespace, name) = identity(document, &cluster)?;
    let mine = Mine { namespace: &namespace, cluster: &name };
    let mut evidence = Evidence {
        observed_at: observed_at(document)?,
        restores: list(document, "restores", Restore::read)?.map(|all| all.into_iter().filter(|r| mine.is_restore(r)).collect()),
        jobs: mine.list(document, "jobs", Job::read, |j| &j.meta)?,
        pods: mine.list(document, "pods", Pod::read, |p| &p.meta)?.map(|pods| servers_only(pods, &name)),
        job_pods: mine.list(document, "jobPods", Pod::read, |p| &p.meta)?,
        stateful_sets: mine.list(document, "statefulSets", StatefulSet::read, |s| &s.meta)?,
        claims: mine.list(document, "claims", Claim::read, |c| &c.meta)?,
        events: list(document, "events", Event::read)?,
        operator: object(document, "operatorDeployment", OperatorDeployment::read)?,
        lease: object(document, "lease", Lease::read)?,
        person: person(document)?,
        peers: list(document, "peers", peer)?,
        snapshot: snapshot(document)?,
        permissions: permissions(document)?,
        namespace,
        name,
        cluster,
        ..Evidence::default()
    };
    let version = evidence.operator.value().and_then(|o| o.version.clone());
    let schema = schema(document)?;
    evidence.generation = Generation { schema: schema.value().cloned(), operator: version };
    evidence.schema = schema.map(|_| ());
    evidence.servers = servers(document, &evidence)?;
    secrets(document, &mut evidence)?;
    evidence.logs = logs::read(document, &evidence)?;
    Ok(evidence)
}

/// Which objects of a report are this cluster's: those of its namespace that no label gives to another cluster.
struct Mine<'a> {
    namespace: &'a str,
    cluster: &'a str,
}

impl Mine<'_> {
    fn is(&self, meta: &Meta) -> bool {
        let (label, namespace) = (meta.label(CLUSTER_LABEL), meta.namespace.as_str());
        (namespace.is_empty() || namespace == self.namespace) && (label.is_empty() || label == self.cluster)
    }

    fn is_restore(&self, restore: &Restore) -> bool {
        let namespace = restore.meta.namespace.as_str();
        (namespace.is_empty() || namespace == self.namespace) && restore.cluster == self.cluster
    }

    fn list<T>(
        &self,
        document: &Document,
        key: &str,
        read: impl Fn(&Value) -> T,
        meta: impl Fn(&T) -> &Meta,
    ) -> Result<Item<Vec<T>>, String> {
        Ok(list(document, key, read)?.map(|all| all.into_iter().filter(|one| self.is(meta(one))).collect()))
    }
}

/// As the live list selects them: a pod that no label gives to the cluster is not taken for one of its servers.
fn servers_only(pods: Vec<Pod>, cluster: &str) -> Vec<Pod> {
    let is_server = |p: &Pod| p.meta.label(CLUSTER_LABEL) == cluster && !p.meta.labels.contains_key(COMPONENT_LABEL);
    pods.into_iter().filter(is_server).collect()
}

/// A source as it is written: `Present` holds the value still to be read.
pub(super) fn source<'a>(document: &'a Document, key: &str) -> Item<&'a Value> {
    match document.get(key) {
        None | Some(Value::Null) => Item::NotAsked,
        Some(value) => why_not(value).unwrap_or(Item::Present { value }),
    }
}

/// `absent`, `{forbidden: what}`, `{failed: why}`; `None` for data.
pub(super) fn why_not<T>(value: &Value) -> Option<Item<T>> {
    if value.as_str() == Some("absent") {
        return Some(Item::Absent);
    }
    let map = value.as_object()?;
    let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    let forbidden = text("forbidden").map(|what| Item::Forbidden { what });
    forbidden.or_else(|| text("failed").map(|why| Item::Failed { why }))
}

/// Turns what was written into data, where it has the form.
pub(super) fn shaped<'a, T>(
    item: Item<&'a Value>,
    key: &str,
    form: &str,
    shape: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Item<T>, String> {
    match item {
        Item::Present { value } => shape(value).map(Item::present).ok_or_else(|| wrong(key, form)),
        Item::Absent => Ok(Item::Absent),
        Item::Forbidden { what } => Ok(Item::Forbidden { what }),
        Item::Failed { why } => Ok(Item::Failed { why }),
        Item::NotAsked => Ok(Item::NotAsked),
    }
}

fn wrong(key: &str, form: &str) -> String {
    format!("{key}: expected {form}, or absent, {{forbidden: what}}, {{failed: why}}")
}

fn object<T>(document: &Document, key: &str, read: impl Fn(&Value) -> T) -> Result<Item<T>, String> {
    shaped(source(document, key), key, "an object", |value| value.is_object().then(|| read(value)))
}

/// The elements of a list, bare or as `items` of a Kubernetes List.
pub(super) fn elements(value: &Value) -> Option<&Vec<Value>> {
    let list = value.as_array().or_else(|| value.get("items")?.as_array())?;
    list.iter().all(Value::is_object).then_some(list)
}

fn list<T>(document: &Document, key: &str, read: impl Fn(&Value) -> T) -> Result<Item<Vec<T>>, String> {
    let read_all = |value| elements(value).map(|all| all.iter().map(&read).collect());
    shaped(source(document, key), key, "a list of objects", read_all)
}

/// Namespace and name of the cluster: by their own keys, else by the object; they may not disagree.
fn identity(document: &Document, cluster: &Item<Cluster>) -> Result<(String, String), String> {
    let meta = cluster.value().map(|c| &c.meta);
    let one = |key: &str, in_object: Option<&str>| {
        let own = match document.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.as_str()),
            Some(_) => return Err(format!("{key}: expected text")),
        };
        let in_object = in_object.filter(|text| !text.is_empty());
        match (own.filter(|text| !text.is_empty()), in_object) {
            (Some(a), Some(b)) if a != b => {
                Err(format!("{key} is {}, and the object in openbaocluster says {}", clean_cut(a, 60), clean_cut(b, 60)))
            }
            (Some(text), _) | (None, Some(text)) => Ok(text.to_owned()),
            (None, None) => Err(format!("it has no {key}")),
        }
    };
    Ok((one("namespace", meta.map(|m| m.namespace.as_str()))?, one("cluster", meta.map(|m| m.name.as_str()))?))
}

/// Without it no age in the report can be told.
fn observed_at(document: &Document) -> Result<Timestamp, String> {
    let text = document.get("observedAt").and_then(Value::as_str).ok_or("it has no observedAt")?;
    text.parse().map_err(|_| format!("observedAt: {} is no RFC 3339 time", clean_cut(text, 60)))
}

fn person(document: &Document) -> Result<Item<String>, String> {
    shaped(source(document, "person"), "person", "a name", |value| value.as_str().map(str::to_owned))
}

/// An OpenAPI document, facts taken from one, or the name of a generation.
fn schema(document: &Document) -> Result<Item<SchemaFacts>, String> {
    let form = format!("{{generation: {}}}, facts of a schema or an OpenAPI document", generations::names().join("|"));
    shaped(source(document, "schema"), "schema", &form, |value| match value.get("generation").and_then(Value::as_str) {
        Some(name) => generations::facts(name),
        None => SchemaFacts::read(value).or_else(|| serde_json::from_value(value.clone()).ok()),
    })
}

fn peer(value: &Value) -> Peer {
    let top = Fields::of(value);
    Peer {
        id: top.text("id").unwrap_or_default(),
        address: top.text("address").unwrap_or_default(),
        voter: top.flag("voter").unwrap_or(false),
        leader: top.flag("leader").unwrap_or(false),
    }
}

/// What the servers answered; a list, one entry a pod. When none could be asked, that is said of each pod known.
fn servers(document: &Document, evidence: &Evidence) -> Result<Vec<ServerAnswer>, String> {
    let form = "a list of {pod, health} or {pod, failed}";
    let given = shaped(source(document, "servers"), "servers", form, |value| {
        elements(value).map(|all| all.iter().map(server).collect::<Option<Vec<_>>>())
    })?;
    match given {
        Item::Present { value } => value.ok_or_else(|| wrong("servers", form)),
        Item::Absent | Item::NotAsked => Ok(Vec::new()),
        Item::Forbidden { what } => Ok(none_asked(evidence, &Item::Forbidden { what })),
        Item::Failed { why } => Ok(none_asked(evidence, &Item::Failed { why })),
    }
}

/// No way led to the servers: that says nothing about them.
fn none_asked(evidence: &Evidence, health: &Item<ServerHealth>) -> Vec<ServerAnswer> {
    let answer = |pod: &Pod| ServerAnswer { pod: pod.meta.name.clone(), health: health.clone(), way_failed: true };
    evidence.pods.each().iter().map(answer).collect()
}

fn server(entry: &Value) -> Option<ServerAnswer> {
    let top = Fields::of(entry);
    let gone = entry.get("absent") == Some(&Value::Bool(true));
    let health = match why_not(entry) {
        Some(why) => why,
        None if gone => Item::Absent,
        None => Item::present(health(&top.at("health"))?),
    };
    let way_failed = top.flag("wayFailed").unwrap_or(matches!(health, Item::Forbidden { .. }));
    Some(ServerAnswer { pod: top.filled("pod")?, health, way_failed })
}

/// A server's own words; what it does not say counts against it, as when it is asked live.
fn health(fields: &Fields<'_>) -> Option<ServerHealth> {
    fields.value()?.is_object().then(|| ServerHealth {
        initialized: fields.flag("initialized").unwrap_or(false),
        sealed: fields.flag("sealed").unwrap_or(true),
        standby: fields.flag("standby").unwrap_or(true),
        version: fields.filled("version"),
        cluster_id: fields.filled("clusterId"),
        leads: fields.flag("leads"),
        leader_address: fields.filled("leaderAddress"),
        seal_type: fields.filled("sealType"),
        auto_unseal: fields.flag("autoUnseal"),
        unseal_progress: count(fields, "sharesGiven").zip(count(fields, "sharesNeeded")),
        seal_shares: count(fields, "sharesNeeded").zip(count(fields, "shares")),
        raft_committed_index: count(fields, "raftCommittedIndex"),
        raft_applied_index: count(fields, "raftAppliedIndex"),
        clock_ahead: fields.int("clockAhead"),
    })
}

fn count(fields: &Fields<'_>, name: &str) -> Option<u64> {
    fields.int(name).and_then(|n| u64::try_from(n).ok())
}

/// What the object store said of one object.
fn snapshot(document: &Document) -> Result<StoreAnswer, String> {
    let form = "{key, size, etag, lastModified, version, head}, {key, missing: object|bucket} or {key, denied: why}";
    let answer = shaped(source(document, "snapshot"), "snapshot", form, |value| stored(&Fields::of(value)))?;
    Ok(match answer {
        Item::Present { value } => value,
        Item::Forbidden { what: why } | Item::Failed { why } => StoreAnswer::NotChecked { why },
        Item::Absent | Item::NotAsked => {
            StoreAnswer::NotChecked { why: "the report does not hold the object store's answer".into() }
        }
    })
}

fn stored(fields: &Fields<'_>) -> Option<StoreAnswer> {
    fields.filled("key")?;
    match (fields.filled("missing").as_deref(), fields.filled("denied")) {
        (Some("object"), _) => return Some(StoreAnswer::NoSuchKey),
        (Some("bucket"), _) => return Some(StoreAnswer::NoSuchBucket),
        (None, Some(why)) => return Some(StoreAnswer::Denied { why }),
        _ => {}
    }
    let size = u64::try_from(fields.int("size")?).ok()?;
    let head: Option<Head> = match fields.at("head").value() {
        Some(head) => Some(serde_json::from_value(head.clone()).ok()?),
        None => None,
    };
    let object = SnapshotObject {
        size,
        etag: fields.filled("etag"),
        last_modified: fields.time("lastModified"),
        version: fields.filled("version").or_else(|| head.as_ref().and_then(|head| head.facts.openbao_version.clone())),
        contents: head.map(|head| Contents::Head { head: Box::new(head) }),
    };
    Some(StoreAnswer::Found { object })
}

/// What the person may do, one entry a question.
fn permissions(document: &Document) -> Result<Vec<(Permission, Item<bool>)>, String> {
    let form = "a list of {verb, group, resource, name, allowed}";
    let given = shaped(source(document, "permissions"), "permissions", form, |value| {
        elements(value)?.iter().map(permission).collect::<Option<Vec<_>>>()
    })?;
    Ok(given.value().cloned().unwrap_or_default())
}

fn permission(entry: &Value) -> Option<(Permission, Item<bool>)> {
    let top = Fields::of(entry);
    let answer = match why_not(entry) {
        Some(why) => why,
        None => Item::present(top.flag("allowed")?),
    };
    let group = top.text("group").unwrap_or_default();
    let mut permission = Permission::on(&top.filled("verb")?, &group, &top.filled("resource")?);
    permission.name = top.filled("name");
    Some((permission, answer))
}

/// Facts of Secrets: which keys they have. A value that is there in spite of all is not looked at.
fn secrets(document: &Document, evidence: &mut Evidence) -> Result<(), String> {
    let form = "a list of Secrets, or of {name, forbidden}";
    let given = shaped(source(document, "secrets"), "secrets", form, |value| {
        elements(value)?.iter().map(secret).collect::<Option<Vec<_>>>()
    })?;
    evidence.secrets = given.value().cloned().unwrap_or_default().into_iter().collect();
    Ok(())
}

fn secret(entry: &Value) -> Option<(String, Item<SecretFacts>)> {
    let name = Fields::of(entry).filled("name");
    match (why_not(entry), name) {
        (Some(why), name) => Some((name?, why)),
        (None, _) => {
            let facts = SecretFacts::read(entry);
            (!facts.meta.name.is_empty()).then(|| (facts.meta.name.clone(), Item::present(facts)))
        }
    }
}
