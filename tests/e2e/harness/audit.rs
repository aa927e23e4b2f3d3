//! The API server's audit log: every request with its author, its user agent, and its end.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::eventually;

/// One request as the API server logged it last (`audit.k8s.io/v1`, the fields that tests look at).
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    #[serde(rename = "auditID")]
    id: String,
    stage: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    /// What the client called itself.
    #[serde(default)]
    pub user_agent: String,
    user: User,
    impersonated_user: Option<User>,
    #[serde(default)]
    object_ref: ObjectRef,
    response_status: Option<Status>,
    /// What was sent: writes of the operator's kinds only.
    pub request_object: Option<Value>,
    /// What was answered: writes of the operator's kinds only.
    pub response_object: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct User {
    #[serde(default)]
    username: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ObjectRef {
    resource: String,
    namespace: String,
    name: String,
    subresource: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
}

impl AuditEvent {
    /// The authenticated user.
    pub fn user(&self) -> &str {
        &self.user.username
    }

    /// Whom the user asked to be taken for (`--as`).
    pub fn impersonated(&self) -> Option<&str> {
        self.impersonated_user.as_ref().map(|user| user.username.as_str())
    }

    /// The plural, with its subresource if any: `openbaorestores`, `pods/log`.
    pub fn resource(&self) -> String {
        let ObjectRef { resource, subresource, .. } = &self.object_ref;
        if subresource.is_empty() { resource.clone() } else { format!("{resource}/{subresource}") }
    }

    /// The namespace asked about; empty for the whole cluster.
    pub fn namespace(&self) -> &str {
        &self.object_ref.namespace
    }

    /// The object asked about; empty for a whole collection.
    pub fn name(&self) -> &str {
        &self.object_ref.name
    }

    /// The HTTP status of the answer.
    pub fn code(&self) -> u16 {
        self.response_status.as_ref().map_or(0, |status| status.code)
    }

    /// Whether it asked the server not to keep what it did.
    pub fn dry_run(&self) -> bool {
        self.uri.contains("dryRun=All")
    }

    /// Whether it would change something. Reviews (`can-i`, `whoami`) are creations in form only: nothing is kept.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch") && !self.object_ref.resource.ends_with("reviews")
    }

    /// `create openbaorestores 201`, with `(dry run)` where it was one: what a test compares.
    pub fn outline(&self) -> String {
        let dry_run = if self.dry_run() { " (dry run)" } else { "" };
        format!("{} {}{dry_run} {}", self.verb, self.resource(), self.code())
    }

    fn has_ended(&self) -> bool {
        // A watch or a followed log is answered when its stream starts.
        self.stage != "RequestReceived"
    }
}

/// The requests that `wanted` picks, in the order in which they came, once each of them has ended.
pub fn settled(log: &Path, wanted: &impl Fn(&AuditEvent) -> bool) -> Vec<AuditEvent> {
    eventually("every request in the audit log to end", || {
        let requests = requests(&std::fs::read_to_string(log).unwrap_or_default());
        let picked: Vec<AuditEvent> = requests.into_iter().filter(wanted).collect();
        match picked.iter().find(|request| !request.has_ended()) {
            Some(open) => Err(format!("{} {} has not ended", open.verb, open.uri)),
            None => Ok(picked),
        }
    })
}

/// The requests that `wanted` picks, in the order in which they came, ended or not.
pub fn begun(log: &Path, wanted: &impl Fn(&AuditEvent) -> bool) -> Vec<AuditEvent> {
    requests(&std::fs::read_to_string(log).unwrap_or_default()).into_iter().filter(wanted).collect()
}

/// One entry per request, its latest stage, in the order of their first stages.
fn requests(log: &str) -> Vec<AuditEvent> {
    let mut order = BTreeMap::new();
    let mut requests: Vec<AuditEvent> = Vec::new();
    // The last line may still be in the writing.
    for event in log.lines().filter_map(|line| serde_json::from_str::<AuditEvent>(line).ok()) {
        match order.get(&event.id) {
            Some(&at) => requests[at] = event,
            None => {
                order.insert(event.id.clone(), requests.len());
                requests.push(event);
            }
        }
    }
    requests
}

#[test]
fn a_request_is_one_entry_with_its_latest_stage() {
    let line = |id: &str, stage: &str, code: u16| {
        format!(
            r#"{{"auditID":"{id}","stage":"{stage}","verb":"create","requestURI":"/x?dryRun=All","user":{{"username":"u"}},
               "objectRef":{{"resource":"openbaorestores"}},"responseStatus":{{"code":{code}}}}}"#
        )
        .replace('\n', " ")
    };
    let log = [line("a", "RequestReceived", 0), line("b", "RequestReceived", 0), line("a", "ResponseComplete", 422)];
    let found = requests(&(log.join("\n") + "\n{\"auditID\":\"c\",\"sta"));
    assert_eq!(
        found.iter().map(AuditEvent::outline).collect::<Vec<_>>(),
        ["create openbaorestores (dry run) 422", "create openbaorestores (dry run) 0"]
    );
    assert_eq!(found.iter().map(AuditEvent::has_ended).collect::<Vec<_>>(), [true, false]);
}
