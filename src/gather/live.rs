//! One cluster's evidence from the live API: everything that can be asked by name goes out at once.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::servers::{Authority, Place};
use super::snapshot::Way;
use crate::api::cluster::{Cluster, Target};
use crate::api::generation::{Generation, SchemaFacts};
use crate::api::names::{CLUSTER_LABEL, COMPONENT_LABEL, OPERATOR_LEASE, OPERATOR_SELECTOR};
use crate::api::restore::Restore;
use crate::api::workload::{Job, Lease, OperatorDeployment, Pod, SecretFacts};
use crate::domain::breakglass;
use crate::domain::evidence::{Evidence, Item, Permission};
use crate::domain::restore::preflight;
use crate::domain::restore::request::Request;
use crate::remote::k8s::paths::{self, Resource};
use crate::remote::k8s::{ApiError, ApiErrorKind, Kube, Review};

/// Where the operator lives in its default installs; asked beside the list over all namespaces, which a person with
/// rights in one namespace may not have.
const OPERATOR_NAMESPACE: &str = "openbao-operator-system";

/// Evidence of one cluster for the reading commands: one round trip.
///
/// # Errors
/// Only when the cluster itself could not be asked for at all (no connection, not logged in, type not installed).
/// "Not found" and "forbidden" are answers: the cluster's item says so.
pub async fn cluster(kube: &Kube, namespace: &str, name: &str) -> Result<Evidence, ApiError> {
    Core::ask(kube, namespace, name).evidence().await
}

/// Only the cluster, its restores and its Jobs: one round trip.
///
/// # Errors
/// As [`cluster`].
pub async fn jobs(kube: &Kube, namespace: &str, name: &str) -> Result<Evidence, ApiError> {
    let core = Core::ask(kube, namespace, name);
    let (cluster, restores, jobs) = tokio::join!(core.cluster, core.restores, core.jobs);
    if let Err(error) = &cluster
        && is_about_everything(error)
    {
        return Err(error.clone());
    }
    let cluster = item(cluster, "get", paths::CLUSTERS, namespace);
    let (observed_at, namespace, name) = (kube.now(), namespace.into(), name.into());
    Ok(Evidence { observed_at, namespace, name, cluster, restores, jobs, ..Evidence::default() })
}

/// What [`cluster`] gathers, the pods of Jobs, and what the servers themselves say: one round trip more. The servers get `limit` at most, and no longer
/// than one source may take in all.
///
/// # Errors
/// As [`cluster`].
pub async fn cluster_and_servers(kube: &Kube, namespace: &str, name: &str, limit: Duration) -> Result<Evidence, ApiError> {
    let (half_time, end) = (Instant::now() + kube.deadline() / 2, Instant::now() + kube.deadline());
    let core = Core::ask(kube, namespace, name);
    let asking = async {
        let (pods, cluster, authority) =
            tokio::join!(core.pods.clone(), core.cluster.clone(), Authority::by(half_time, kube, namespace, name));
        let authority = authority.for_cluster(cluster.ok().as_ref());
        let limit = limit.min(end.saturating_duration_since(Instant::now())).max(SHORTEST);
        Place { kube, namespace, cluster: name }.ask(pods.each(), &authority, limit).await
    };
    let of_jobs = labelled(kube, paths::PODS, namespace, format!("{CLUSTER_LABEL}={name},{COMPONENT_LABEL}"), Pod::read);
    let (evidence, servers, job_pods) = tokio::join!(core.evidence(), asking, of_jobs);
    Ok(Evidence { servers, job_pods, ..evidence? })
}

/// What is given to a second round when the first one used up all the time.
pub(super) const SHORTEST: Duration = Duration::from_millis(100);

/// An answer that several may wait for.
pub(super) type Asked<'a, T> = Shared<BoxFuture<'a, T>>;

/// What everything else about a cluster is found by. Each source is asked when the first one waits for it.
pub(super) struct Core<'a> {
    kube: &'a Kube,
    namespace: &'a str,
    name: &'a str,
    pub(super) cluster: Asked<'a, Result<Cluster, ApiError>>,
    pub(super) restores: Asked<'a, Item<Vec<Restore>>>,
    pub(super) jobs: Asked<'a, Item<Vec<Job>>>,
    pub(super) pods: Asked<'a, Item<Vec<Pod>>>,
}

impl<'a> Core<'a> {
    pub(super) fn ask(kube: &'a Kube, namespace: &'a str, name: &'a str) -> Core<'a> {
        let cluster = async move { get(kube, paths::CLUSTERS, namespace, name).await.map(|value| Cluster::read(&value)) };
        let restores = async move {
            let answer = list(kube, paths::RESTORES, Some(namespace), &[]).await;
            let only_its = |restores: Vec<Restore>| restores.into_iter().filter(|r| r.cluster == name).collect();
            each(answer, paths::RESTORES, namespace, Restore::read).map(only_its)
        };
        let jobs = labelled(kube, paths::JOBS, namespace, format!("{CLUSTER_LABEL}={name}"), Job::read);
        let servers = format!("{CLUSTER_LABEL}={name},!{COMPONENT_LABEL}");
        let pods = labelled(kube, paths::PODS, namespace, servers, Pod::read);
        Core {
            kube,
            namespace,
            name,
            cluster: cluster.boxed().shared(),
            restores: restores.boxed().shared(),
            jobs: jobs.boxed().shared(),
            pods: pods.boxed().shared(),
        }
    }

    /// Everything of it, and the operator.
    ///
    /// # Errors
    /// As [`cluster`].
    pub(super) async fn evidence(&self) -> Result<Evidence, ApiError> {
        let (kube, namespace) = (self.kube, self.namespace);
        let (cluster, restores, jobs, pods, operator, lease, schema) = tokio::join!(
            self.cluster.clone(),
            self.restores.clone(),
            self.jobs.clone(),
            self.pods.clone(),
            operator(kube),
            lease(kube),
            schema(kube),
        );
        if let Err(error) = &cluster
            && is_about_everything(error)
        {
            return Err(error.clone());
        }
        let cluster = item(cluster, "get", paths::CLUSTERS, namespace);
        let name = self.name.into();
        let observed_at = kube.now();
        let mut evidence =
            Evidence { observed_at, namespace: namespace.into(), name, cluster, restores, jobs, pods, ..Evidence::default() };
        (evidence.operator, evidence.lease) = (operator, lease);
        note_generation(&mut evidence, schema);
        Ok(evidence)
    }
}

/// One object by a list that asks for its name alone: whoever may list needs no right to `get` beside it.
pub(super) async fn named<T>(kube: &Kube, resource: Resource, namespace: &str, name: &str, read: fn(&Value) -> T) -> Item<T> {
    let field = format!("metadata.name={name}");
    let answer = list(kube, resource, Some(namespace), &[("fieldSelector", &field)]).await;
    match item(answer, "list", resource, namespace).map(|list| items(&list).first().map(read)) {
        Item::Present { value: Some(found) } => Item::present(found),
        Item::Present { value: None } | Item::Absent => Item::Absent,
        Item::Forbidden { what } => Item::Forbidden { what },
        Item::Failed { why } => Item::Failed { why },
        Item::NotAsked => Item::NotAsked,
    }
}

/// The objects of a type that carry these labels.
pub(super) async fn labelled<T>(
    kube: &Kube,
    resource: Resource,
    namespace: &str,
    selector: String,
    read: fn(&Value) -> T,
) -> Item<Vec<T>> {
    let answer = list(kube, resource, Some(namespace), &[("labelSelector", &selector)]).await;
    each(answer, resource, namespace, read)
}

/// Evidence for an acknowledgement: what [`cluster`] gathers, who asks, and whether they may patch the cluster. One round
/// trip.
///
/// # Errors
/// As [`cluster`].
pub async fn for_acknowledgement(kube: &Kube, namespace: &str, name: &str) -> Result<Evidence, ApiError> {
    let rights = vec![breakglass::permission(name)];
    let (evidence, person, permissions) =
        tokio::join!(cluster(kube, namespace, name), who_am_i(kube), may_all(kube, namespace, rights));
    Ok(Evidence { person, permissions, ..evidence? })
}

/// Evidence for a restore and, apart from it, what the credentials Secret holds.
pub struct ForRestore {
    /// What decisions read; the snapshot object is not looked at yet.
    pub evidence: Evidence,
    /// The credentials Secret as it came: only the object store sees it.
    pub credentials: Option<Value>,
}

/// Evidence for a restore: what [`cluster`] gathers, and what the cluster's own spec names (Secrets, permissions on
/// them), and the pod behind the object store's endpoint. Two round trips, or one when `expected` (the target of an
/// earlier look) already names them; then the way is known, too.
///
/// # Errors
/// As [`cluster`].
pub async fn for_restore(kube: &Kube, request: &Request, expected: Option<&Target>, way: &Way) -> Result<ForRestore, ApiError> {
    let early_target = expected.unwrap_or(&request.target);
    let early = preflight::permissions(request, early_target, true);
    let (evidence, person, permissions, early_secrets) = tokio::join!(
        cluster(kube, &request.namespace, &request.cluster),
        who_am_i(kube),
        may_all(kube, &request.namespace, early),
        secrets(kube, &request.namespace, names(request, early_target)),
    );
    let mut evidence = evidence?;
    evidence.person = person;
    evidence.permissions = permissions;
    let target = request.merged_target(evidence.cluster.value());
    let late: Vec<String> = names(request, &target).into_iter().filter(|name| !early_secrets.contains_key(name)).collect();
    let asked = |p: &Permission| evidence.permissions.iter().any(|(q, _)| q == p);
    let more: Vec<Permission> = preflight::permissions(request, &target, true).into_iter().filter(|p| !asked(p)).collect();
    let search = async {
        if expected.is_none() {
            way.find(&target).await;
        }
    };
    let (late, more, ()) = tokio::join!(secrets(kube, &request.namespace, late), may_all(kube, &request.namespace, more), search);
    evidence.permissions.extend(more);
    let mut answers = early_secrets;
    answers.extend(late);
    evidence.secrets = answers.iter().map(|(name, answer)| (name.clone(), secret_facts(answer, &request.namespace))).collect();
    let credentials = target.credentials_secret.and_then(|name| answers.remove(&name)).and_then(Result::ok);
    Ok(ForRestore { evidence, credentials })
}

fn names(request: &Request, target: &Target) -> Vec<String> {
    [&target.credentials_secret, &request.token_secret].into_iter().flatten().cloned().collect()
}

/// Whether an error says something about the connection or the whole group rather than about one object.
fn is_about_everything(error: &ApiError) -> bool {
    !matches!(error.kind, ApiErrorKind::Forbidden | ApiErrorKind::NotFound)
}

pub(super) async fn get(kube: &Kube, resource: Resource, namespace: &str, name: &str) -> Result<Value, ApiError> {
    kube.get(&resource.object(namespace, name)).await
}

pub(super) async fn list(
    kube: &Kube,
    resource: Resource,
    namespace: Option<&str>,
    parameters: &[(&str, &str)],
) -> Result<Value, ApiError> {
    kube.get(&paths::query(&resource.collection(namespace), parameters)).await
}

pub(super) fn item<T>(answer: Result<T, ApiError>, verb: &str, resource: Resource, namespace: &str) -> Item<T> {
    match answer {
        Ok(value) => Item::present(value),
        Err(error) => unread(&error, verb, resource, namespace),
    }
}

/// Why something was not read, as evidence.
pub(super) fn unread<T>(error: &ApiError, verb: &str, resource: Resource, namespace: &str) -> Item<T> {
    match error.kind {
        ApiErrorKind::NotFound => Item::Absent,
        ApiErrorKind::Forbidden | ApiErrorKind::Unauthorized => {
            let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
            Item::Forbidden { what: format!("{verb} {}{place}", resource.full_name()) }
        }
        _ => Item::Failed { why: error.message.clone() },
    }
}

pub(super) fn each<T>(
    answer: Result<Value, ApiError>,
    resource: Resource,
    namespace: &str,
    read: impl Fn(&Value) -> T,
) -> Item<Vec<T>> {
    item(answer, "list", resource, namespace).map(|list| items(&list).iter().map(read).collect())
}

/// The objects of a list.
pub fn items(list: &Value) -> &[Value] {
    list.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first answer that found something; else the more telling of the two failures.
fn either<T>(wide: Item<T>, narrow: Item<T>) -> Item<T> {
    match (wide, narrow) {
        (Item::Present { value }, _) | (_, Item::Present { value }) => Item::Present { value },
        (wide, _) => wide,
    }
}

/// The same, where the lesser of two rights that are missing is the one to ask for.
fn lesser<T>(wide: Item<T>, narrow: Item<T>) -> Item<T> {
    match (wide, narrow) {
        (Item::Forbidden { .. }, Item::Forbidden { what }) => Item::Forbidden { what },
        (wide, narrow) => either(wide, narrow),
    }
}

/// What is the same for every cluster: the operator and its generation.
pub(super) struct OperatorFacts {
    pub(super) deployment: Item<OperatorDeployment>,
    pub(super) lease: Item<Lease>,
    pub(super) schema: Item<()>,
    pub(super) generation: Generation,
}

pub(super) async fn operator_facts(kube: &Kube) -> OperatorFacts {
    let (deployment, lease, schema) = tokio::join!(operator(kube), lease(kube), schema(kube));
    let mut evidence = Evidence { operator: deployment, lease, ..Evidence::default() };
    note_generation(&mut evidence, schema);
    OperatorFacts {
        deployment: evidence.operator,
        lease: evidence.lease,
        schema: evidence.schema,
        generation: evidence.generation,
    }
}

/// Whether there is an operator, and nothing else: its Deployment and its Lease, each by both ways.
pub async fn only_operator(kube: &Kube) -> Evidence {
    let (operator, lease) = tokio::join!(operator(kube), lease(kube));
    Evidence { observed_at: kube.now(), operator, lease, ..Evidence::default() }
}

async fn operator(kube: &Kube) -> Item<OperatorDeployment> {
    let parameters = [("labelSelector", OPERATOR_SELECTOR)];
    let (wide, narrow) = tokio::join!(
        list(kube, paths::DEPLOYMENTS, None, &parameters),
        list(kube, paths::DEPLOYMENTS, Some(OPERATOR_NAMESPACE), &parameters)
    );
    let first = |answer, namespace: &str| match item(answer, "list", paths::DEPLOYMENTS, namespace)
        .map(|l| items(&l).first().map(OperatorDeployment::read))
    {
        Item::Present { value: Some(found) } => Item::present(found),
        Item::Present { value: None } => Item::Absent,
        other => other.map(Option::unwrap_or_default),
    };
    lesser(first(wide, ""), first(narrow, OPERATOR_NAMESPACE))
}

async fn lease(kube: &Kube) -> Item<Lease> {
    let field = format!("metadata.name={OPERATOR_LEASE}");
    let parameters = [("fieldSelector", field.as_str())];
    let (wide, narrow) =
        tokio::join!(list(kube, paths::LEASES, None, &parameters), get(kube, paths::LEASES, OPERATOR_NAMESPACE, OPERATOR_LEASE));
    let wide = match item(wide, "list", paths::LEASES, "").map(|l| items(&l).first().map(Lease::read)) {
        Item::Present { value: Some(found) } => Item::present(found),
        Item::Present { value: None } => Item::Absent,
        other => other.map(Option::unwrap_or_default),
    };
    lesser(wide, item(narrow.map(|l| Lease::read(&l)), "get", paths::LEASES, OPERATOR_NAMESPACE))
}

async fn schema(kube: &Kube) -> Result<Option<SchemaFacts>, ApiError> {
    kube.get(paths::OPENAPI).await.map(|document| SchemaFacts::read(&document))
}

fn note_generation(evidence: &mut Evidence, schema: Result<Option<SchemaFacts>, ApiError>) {
    evidence.generation = Generation {
        schema: schema.as_ref().ok().cloned().flatten(),
        operator: evidence.operator.value().and_then(|o| o.version.clone()),
    };
    evidence.schema = match schema {
        Ok(Some(_)) => Item::present(()),
        Ok(None) => Item::Failed { why: "the document describes no OpenBaoRestore".into() },
        Err(error) => Item::Failed { why: error.message },
    };
}

/// Who this person is to the API server.
pub async fn who_am_i(kube: &Kube) -> Item<String> {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    match kube.review(Review::Identity, &review).await {
        Ok(answer) => match answer.pointer("/status/userInfo/username").and_then(Value::as_str) {
            Some(name) => Item::present(crate::api::text::clean(name).into_owned()),
            None => Item::Failed { why: "the answer names nobody".into() },
        },
        Err(error) => Item::Failed { why: error.message },
    }
}

/// Which of these one person has in a namespace, asked of the API server.
pub async fn may_all(kube: &Kube, namespace: &str, questions: Vec<Permission>) -> Vec<(Permission, Item<bool>)> {
    let answers = questions.into_iter().map(|permission| async move {
        let answer = may(kube, namespace, &permission).await;
        (permission, answer)
    });
    futures_util::future::join_all(answers).await
}

async fn may(kube: &Kube, namespace: &str, permission: &Permission) -> Item<bool> {
    let (resource, subresource) = permission.resource.split_once('/').unwrap_or((&permission.resource, ""));
    let attributes = json!({
        "namespace": namespace, "verb": permission.verb, "group": permission.group, "resource": resource,
        "subresource": subresource, "name": permission.name.as_deref().unwrap_or_default(),
    });
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}});
    match kube.review(Review::Access, &review).await {
        Ok(answer) => match answer.pointer("/status/allowed").and_then(Value::as_bool) {
            Some(allowed) => Item::present(allowed),
            None => Item::Failed { why: "the answer does not say".into() },
        },
        Err(error) => Item::Failed { why: error.message },
    }
}

async fn secrets(kube: &Kube, namespace: &str, names: Vec<String>) -> BTreeMap<String, Result<Value, ApiError>> {
    let reads = names.into_iter().map(|name| async move {
        let answer = get(kube, paths::SECRETS, namespace, &name).await;
        (name, answer)
    });
    futures_util::future::join_all(reads).await.into_iter().collect()
}

fn secret_facts(answer: &Result<Value, ApiError>, namespace: &str) -> Item<SecretFacts> {
    match answer {
        Ok(value) => Item::present(SecretFacts::read(value)),
        Err(error) => unread(error, "get", paths::SECRETS, namespace),
    }
}
