//! One write to one object, as data: the exact body, its conditions, and what it is for. Sending it makes no choices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::names::audit;
use crate::api::read::Meta;
use crate::api::text::{escaped_json, quote};

/// Which kind of object is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An OpenBaoCluster.
    Cluster,
    /// An OpenBaoRestore.
    Restore,
    /// The operator's Deployment.
    Operator,
    /// A PersistentVolumeClaim.
    Claim,
}

impl Kind {
    /// The resource as kubectl names it.
    pub fn resource(self) -> &'static str {
        match self {
            Kind::Cluster => "openbaocluster",
            Kind::Restore => "openbaorestore",
            Kind::Operator => "deployment",
            Kind::Claim => "persistentvolumeclaim",
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Act {
    /// A JSON patch; its `test` operations are its conditions.
    Patch {
        /// RFC 6902.
        operations: Vec<Value>,
    },
    /// A deletion that holds for exactly this object as it was seen.
    Delete {
        /// Its uid.
        uid: String,
        /// Its resource version.
        #[serde(rename = "resourceVersion")]
        resource_version: String,
    },
}

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Write {
    /// What kind of object.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What is sent.
    pub act: Act,
    /// What it does, in a few words: `pauses the cluster`.
    pub purpose: String,
}

impl Write {
    /// The same by kubectl alone: this tool is never a cage. A deletion by kubectl cannot carry its conditions.
    pub fn kubectl(&self) -> String {
        let (namespace, name, resource) = (quote(&self.namespace), quote(&self.name), self.kind.resource());
        match &self.act {
            Act::Patch { operations } => {
                let body = quote(&escaped_json(&Value::from(operations.clone()).to_string()));
                format!("kubectl -n {namespace} patch {resource} {name} --type=json -p {body}")
            }
            Act::Delete { .. } => format!("kubectl -n {namespace} delete {resource} {name}"),
        }
    }
}

/// A JSON patch in the making. It always holds for one object only: its uid is tested first.
#[derive(Debug, Clone)]
pub struct Patch {
    operations: Vec<Value>,
    has_annotations: bool,
    /// What an earlier write said on the object.
    said: Vec<&'static str>,
    resource_version: String,
}

impl Patch {
    /// A patch of exactly this object.
    pub fn of(meta: &Meta) -> Patch {
        let operations = vec![json!({"op": "test", "path": "/metadata/uid", "value": meta.uid})];
        let said = [audit::REASON, audit::REQUESTED_BY, audit::ACCEPTED_HAZARDS];
        Patch {
            operations,
            has_annotations: !meta.annotations.is_empty(),
            said: said.into_iter().filter(|name| meta.annotations.contains_key(*name)).collect(),
            resource_version: meta.resource_version.clone(),
        }
    }

    /// Only while this is so; `null` means: only while there is nothing.
    #[must_use]
    pub fn only_while(mut self, path: &str, value: Value) -> Patch {
        self.operations.push(json!({"op": "test", "path": path, "value": value}));
        self
    }

    /// Only while an annotation has this value; `None`: only while it is not there.
    #[must_use]
    pub fn only_while_annotated(mut self, name: &str, value: Option<&str>) -> Patch {
        if value.is_some() || self.has_annotations {
            self = self.only_while(&annotation(name), json!(value));
        }
        self
    }

    /// Sets a field, over an earlier value.
    #[must_use]
    pub fn set(mut self, path: &str, value: Value) -> Patch {
        self.operations.push(json!({"op": "add", "path": path, "value": value}));
        self
    }

    /// Sets an annotation, over an earlier value.
    #[must_use]
    pub fn annotate(mut self, name: &str, value: &str) -> Patch {
        if !self.has_annotations {
            // Whoever annotates the object in between makes this one fail: it would take theirs away.
            let version = self.resource_version.clone();
            self = self.only_while("/metadata/resourceVersion", version.into()).set("/metadata/annotations", json!({}));
            self.has_annotations = true;
        }
        self.set(&annotation(name), json!(value))
    }

    /// Takes an annotation away, which must be there.
    #[must_use]
    pub fn take_annotation(mut self, name: &str) -> Patch {
        self.operations.push(json!({"op": "remove", "path": annotation(name)}));
        self
    }

    /// The annotations every object we write carries. What an earlier write said must not be read as said of this one.
    #[must_use]
    pub fn signed(mut self, audit: &Audit) -> Patch {
        let all = audit.each();
        let said = std::mem::take(&mut self.said).into_iter();
        let stale = said.filter(|name| !all.iter().any(|(again, _)| again == name));
        let patch = stale.fold(self, |patch, name| patch.take_annotation(name));
        all.iter().fold(patch, |patch, (name, value)| patch.annotate(name, value))
    }

    /// What is sent.
    pub fn act(self) -> Act {
        Act::Patch { operations: self.operations }
    }
}

fn annotation(name: &str) -> String {
    format!("/metadata/annotations/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Who wrote, why, and with what: the trail left on the object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// One id per invocation, or per resolution.
    pub request_id: String,
    /// `--reason`.
    pub reason: Option<String>,
    /// Who, by SelfSubjectReview.
    pub by: Option<String>,
    /// Version of this tool.
    pub version: String,
    /// Codes of accepted hazards.
    pub accepted: Vec<String>,
}

impl Audit {
    fn each(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            (audit::REQUEST_ID, self.request_id.clone()),
            (audit::VERSION, self.version.clone()),
            (audit::REASON, self.reason.clone().unwrap_or_default()),
            (audit::REQUESTED_BY, self.by.clone().unwrap_or_default()),
            (audit::ACCEPTED_HAZARDS, self.accepted.join(",")),
        ];
        all.retain(|(_, value)| !value.is_empty());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_write_said_is_not_read_as_said_of_this_one() {
        let annotations = [(audit::REASON, "another"), (audit::REQUESTED_BY, "eve"), (audit::VERSION, "0"), ("x", "y")];
        let meta = Meta {
            annotations: annotations.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            uid: "u1".into(),
            ..Meta::default()
        };
        let audit = Audit { request_id: "id".into(), by: Some("me".into()), version: "1".into(), ..Audit::default() };
        let Act::Patch { operations } = Patch::of(&meta).signed(&audit).act() else { panic!("a patch") };
        let done: Vec<(&str, &str)> =
            operations.iter().filter_map(|o| Some((o["op"].as_str()?, o["path"].as_str()?.rsplit_once('/')?.1))).collect();
        let wanted = [
            ("test", "uid"),
            ("remove", "cli.openbao.org~1reason"),
            ("add", "cli.openbao.org~1request-id"),
            ("add", "cli.openbao.org~1version"),
            ("add", "cli.openbao.org~1requested-by"),
        ];
        assert_eq!(done, wanted);
    }

    /// Replaced by something harmless, a sign would be another value, and a test of the patch would fail for it.
    #[test]
    fn what_is_shown_says_the_same_as_what_is_sent() {
        let patch = Patch::of(&Meta::default()).set("/spec/x", json!("it's \u{202e}odd\u{85}\n"));
        let (kind, namespace, name) = (Kind::Cluster, "bao".to_owned(), "prod".to_owned());
        let write = Write { kind, namespace, name, act: patch.act(), purpose: String::new() };
        let shown = write.kubectl();
        assert!(!shown.chars().any(crate::api::text::is_unsafe), "{shown}");
        let (_, body) = shown.split_once(" -p '").expect("a body");
        let body = body.strip_suffix('\'').expect("its end").replace(r"'\''", "'");
        let Act::Patch { operations } = write.act else { panic!("a patch") };
        assert_eq!(serde_json::from_str::<Vec<Value>>(&body).expect("JSON"), operations);
    }

    #[test]
    fn a_patch_holds_for_one_object_and_escapes_its_paths() {
        let mut meta = Meta { uid: "u1".into(), resource_version: "7".into(), ..Meta::default() };
        let operations = |meta: &Meta| {
            let patch = Patch::of(meta).only_while_annotated("a.b/c", None).annotate("a.b/c", "v");
            match patch.act() {
                Act::Patch { operations } => Value::from(operations),
                Act::Delete { .. } => Value::Null,
            }
        };
        let add = json!({"op": "add", "path": "/metadata/annotations/a.b~1c", "value": "v"});
        assert_eq!(
            operations(&meta),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u1"},
                {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
                {"op": "add", "path": "/metadata/annotations", "value": {}},
                add,
            ])
        );
        meta.annotations.insert("x".into(), "y".into());
        assert_eq!(
            operations(&meta),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u1"},
                {"op": "test", "path": "/metadata/annotations/a.b~1c", "value": null},
                add,
            ])
        );
    }
}
