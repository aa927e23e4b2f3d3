//! Kubernetes' own objects as far as decisions need them: Jobs, pods, Deployments, Leases, Secrets (never their values).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Condition, Fields, Meta};

/// A Job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Name, labels, owners.
    pub meta: Meta,
    /// Pods that are running or pending.
    pub active: i64,
    /// Pods that succeeded.
    pub succeeded: i64,
    /// Pods that failed.
    pub failed: i64,
    /// How often it is tried again.
    pub backoff_limit: Option<i64>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// `Complete`, `Failed` and others.
    pub conditions: Vec<Condition>,
}

impl Job {
    /// Reads a Job; never fails.
    pub fn read(object: &Value) -> Job {
        let top = Fields::of(object);
        let status = top.at("status");
        Job {
            meta: Meta::read(&top),
            active: status.int("active").unwrap_or(0),
            succeeded: status.int("succeeded").unwrap_or(0),
            failed: status.int("failed").unwrap_or(0),
            backoff_limit: top.at("spec").int("backoffLimit"),
            start_time: status.time("startTime"),
            conditions: Condition::list(&status),
        }
    }

    /// `openbao.org/component`: `restore`, `backup`, `upgrade`, `upgrade-snapshot`.
    pub fn component(&self) -> &str {
        self.meta.label("openbao.org/component")
    }

    /// The condition that ended it, if it ended.
    pub fn ended(&self) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.status == "True" && matches!(c.kind.as_str(), "Complete" | "Failed"))
    }

    /// Whether it may still do something: pods are active, or it has not ended and was not given up.
    pub fn at_work(&self) -> bool {
        self.active > 0 || (self.ended().is_none() && self.succeeded == 0)
    }
}

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pod {
    /// Name, labels.
    pub meta: Meta,
    /// `status.phase`.
    pub phase: String,
    /// Condition `Ready`; `None` when only the pod's metadata was read.
    pub ready: Option<bool>,
    /// Containers as the kubelet reports them.
    pub containers: Vec<Container>,
    /// `PodScheduled` and others.
    pub conditions: Vec<Condition>,
}

/// One container of a pod.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Its name: `openbao`, `restore`, `backup`, `upgrade-executor`.
    pub name: String,
    /// Whether its readiness probe passes.
    pub ready: bool,
    /// How often it was started again.
    pub restarts: i64,
    /// What it does now.
    pub state: ContainerState,
    /// How its previous run ended.
    pub last_state: ContainerState,
}

/// State of a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum ContainerState {
    /// Not reported.
    #[default]
    None,
    /// Not started, with the reason and message.
    Waiting {
        /// CamelCase reason, such as `ImagePullBackOff`.
        reason: String,
        /// Text for people.
        message: String,
    },
    /// Running since.
    Running {
        /// When it started.
        since: Option<Timestamp>,
    },
    /// Ended.
    Terminated {
        /// Exit code.
        exit_code: i64,
        /// `Completed`, `Error`, `OOMKilled`.
        reason: String,
        /// When it ended.
        at: Option<Timestamp>,
    },
}

impl Pod {
    /// Reads a pod; never fails.
    pub fn read(object: &Value) -> Pod {
        let top = Fields::of(object);
        let status = top.at("status");
        let conditions = Condition::list(&status);
        Pod {
            meta: Meta::read(&top),
            phase: status.text("phase").unwrap_or_default(),
            ready: status.exists().then(|| conditions.iter().any(|c| c.kind == "Ready" && c.status == "True")),
            containers: status.list("containerStatuses").iter().map(Container::read).collect(),
            conditions,
        }
    }

    /// OpenBao's own label about itself (`openbao-sealed`, …): `None` when it never wrote one.
    /// OpenBao 2.0.0 still wrote `vault-…` (O§4).
    pub fn server_label(&self, what: &str) -> Option<bool> {
        let read = |prefix: &str| match self.meta.label(&format!("{prefix}-{what}")) {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        read("openbao").or_else(|| read("vault"))
    }

    /// The OpenBao version the process wrote on its pod.
    pub fn server_version(&self) -> Option<&str> {
        self.meta.labels.get("openbao-version").or_else(|| self.meta.labels.get("vault-version")).map(String::as_str)
    }

    /// Whether this is an OpenBao server: it has no `openbao.org/component` label (Job pods have one).
    pub fn is_server(&self) -> bool {
        !self.meta.labels.contains_key("openbao.org/component")
    }

    /// Blue/green revision; empty for rolling clusters.
    pub fn revision(&self) -> &str {
        self.meta.label("openbao.org/revision")
    }

    /// How often its containers were started again.
    pub fn restarts(&self) -> i64 {
        self.containers.iter().map(|c| c.restarts).sum()
    }
}

impl Container {
    fn read(fields: &Fields<'_>) -> Container {
        Container {
            name: fields.text("name").unwrap_or_default(),
            ready: fields.flag("ready").unwrap_or(false),
            restarts: fields.int("restartCount").unwrap_or(0),
            state: ContainerState::read(&fields.at("state")),
            last_state: ContainerState::read(&fields.at("lastState")),
        }
    }
}

impl ContainerState {
    fn read(fields: &Fields<'_>) -> ContainerState {
        let (waiting, running, ended) = (fields.at("waiting"), fields.at("running"), fields.at("terminated"));
        if ended.exists() {
            ContainerState::Terminated {
                exit_code: ended.int("exitCode").unwrap_or(-1),
                reason: ended.text("reason").unwrap_or_default(),
                at: ended.time("finishedAt"),
            }
        } else if running.exists() {
            ContainerState::Running { since: running.time("startedAt") }
        } else if waiting.exists() {
            ContainerState::Waiting {
                reason: waiting.text("reason").unwrap_or_default(),
                message: waiting.text("message").unwrap_or_default(),
            }
        } else {
            ContainerState::None
        }
    }
}

/// The operator's controller Deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatorDeployment {
    /// Name, namespace.
    pub meta: Meta,
    /// Env `OPERATOR_VERSION` of its container `manager`.
    pub version: Option<String>,
    /// The image of its container.
    pub image: Option<String>,
    /// Wanted replicas; absent means 1.
    pub replicas: i64,
    /// Ready replicas.
    pub ready: i64,
}

impl OperatorDeployment {
    /// Reads a Deployment; never fails.
    pub fn read(object: &Value) -> OperatorDeployment {
        let top = Fields::of(object);
        let spec = top.at("spec");
        let containers = spec.at("template").at("spec").list("containers");
        let manager = containers.iter().find(|c| c.text("name").as_deref() == Some("manager")).or(containers.first());
        let env = |name: &str| {
            manager?.list("env").iter().find(|e| e.text("name").as_deref() == Some(name)).and_then(|e| e.filled("value"))
        };
        OperatorDeployment {
            meta: Meta::read(&top),
            version: env("OPERATOR_VERSION"),
            image: manager.and_then(|c| c.filled("image")),
            replicas: spec.int("replicas").unwrap_or(1),
            ready: top.at("status").int("readyReplicas").unwrap_or(0),
        }
    }
}

/// The operator's leader-election Lease.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// Name, namespace.
    pub meta: Meta,
    /// Who holds it.
    pub holder: Option<String>,
    /// When it was last renewed.
    pub renewed_at: Option<Timestamp>,
    /// How long a renewal lasts, in seconds.
    pub duration_seconds: Option<i64>,
}

impl Lease {
    /// Reads a Lease; never fails.
    pub fn read(object: &Value) -> Lease {
        let top = Fields::of(object);
        let spec = top.at("spec");
        Lease {
            meta: Meta::read(&top),
            holder: spec.filled("holderIdentity"),
            renewed_at: spec.time("renewTime"),
            duration_seconds: spec.int("leaseDurationSeconds"),
        }
    }
}

/// What may be known of a Secret: which keys it has and which of them are empty. Never a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SecretFacts {
    /// Name, labels.
    pub meta: Meta,
    /// Data keys with a value.
    pub keys: BTreeSet<String>,
    /// Data keys whose value is empty.
    pub empty_keys: BTreeSet<String>,
}

impl SecretFacts {
    /// Reads the facts from a Secret; the values are looked at only for being empty. Annotations are dropped, because
    /// `kubectl apply` keeps the whole object, values included, in one.
    pub fn read(object: &Value) -> SecretFacts {
        let top = Fields::of(object);
        let (empty, filled): (BTreeMap<String, String>, BTreeMap<String, String>) =
            top.map("data").into_iter().partition(|(_, value)| value.is_empty());
        let mut meta = Meta::read(&top);
        meta.annotations.clear();
        SecretFacts { meta, keys: filled.into_keys().collect(), empty_keys: empty.into_keys().collect() }
    }
}
