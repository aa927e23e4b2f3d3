//! Many clusters: found by name, or streamed page by page with what belongs to each, in bounded memory.
//!
//! The API server lists by namespace and name. Clusters, their pods' metadata, Jobs and restores are read as parallel
//! sorted streams, and a page of clusters is handed on as soon as the other streams have passed it. So 5,000 clusters
//! need no more memory than 500, and the first row is out before the last page is in.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::live::unread;
use crate::api::cluster::Cluster;
use crate::api::lean;
use crate::api::read::Fields;
use crate::api::restore::Restore;
use crate::api::text::clean;
use crate::api::workload::{Job, Pod};
use crate::domain::evidence::{Evidence, Item};
use crate::domain::status::newest_first;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::remote::k8s::paths::{self, Resource};
use crate::remote::k8s::{ApiError, ApiErrorKind, Kube, bearable};

/// Objects per page, kubectl's chunk size.
const PAGE: usize = 500;
/// Nobody chooses from more names than this.
const MOST_NAMES: usize = 20_000;
/// So many pages may have nothing new beyond those read before: the API server lists anew then.
const STALE: usize = 3;
/// A server that does not know of pages answers with all there is, and no cluster has more.
const MOST_ON_A_PAGE: usize = 100_000;
/// So many objects of another kind may wait for their clusters.
const MOST_WAITING: usize = 100_000;
/// How a page is asked for: whole objects, or their metadata alone.
const JSON: &str = "application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/// Which clusters to list.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// One namespace, or all.
    pub namespace: Option<String>,
    /// Label selector on the clusters.
    pub selector: Option<String>,
}

/// Names of the clusters of a namespace; at least one.
///
/// # Errors
/// The API error as a failure; a `NotFound` failure when there is none.
pub async fn find_cluster(kube: &Kube, namespace: &str) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut stream = Stream::new(paths::CLUSTERS, Some(namespace), None, METADATA);
    while names.len() < MOST_NAMES
        && let Some(page) = stream.next_page(kube, name_of).await.map_err(|e| e.failure("looking for clusters"))?
    {
        names.extend(page);
    }
    if names.is_empty() {
        return Err(Failure::new(Exit::NotFound, format!("there is no OpenBaoCluster in namespace {namespace}"))
            .doing("looking for clusters")
            .hint("kubectl openbao status -A        lists the clusters of all namespaces"));
    }
    Ok(names)
}

/// Names of objects of a kind, of one namespace or of all, at most a page of them.
///
/// # Errors
/// The API error.
pub async fn names(kube: &Kube, resource: Resource, namespace: Option<&str>) -> Result<Vec<String>, ApiError> {
    Ok(Stream::new(resource, namespace, None, METADATA).next_page(kube, name_of).await?.unwrap_or_default())
}

fn name_of(object: &Value) -> String {
    Fields::of(object).at("metadata").text("name").unwrap_or_default()
}

/// The failure for a cluster that is not there, with near names.
pub async fn not_found(kube: &Kube, namespace: &str, name: &str) -> Failure {
    let failure = Failure::new(Exit::NotFound, format!("there is no OpenBaoCluster {} in namespace {namespace}", clean(name)));
    let near = match find_cluster(kube, namespace).await {
        Ok(names) => names,
        Err(_) => return failure.hint("kubectl openbao status -A        lists the clusters of all namespaces"),
    };
    let mut near: Vec<(usize, String)> = near.into_iter().map(|n| (strsim::damerau_levenshtein(&n, name), n)).collect();
    near.sort();
    let names: Vec<String> = near.into_iter().take(5).map(|(_, n)| clean(&n).into_owned()).collect();
    failure.hint(format!("clusters in namespace {namespace}: {}", names.join(", ")))
}

/// Calls `take` with the evidence of page after page of clusters, in the API server's order.
///
/// # Errors
/// When the clusters themselves cannot be listed; every other source that fails is said in the evidence.
pub async fn each_page(kube: &Kube, which: &Which, mut take: impl FnMut(Vec<Evidence>)) -> Result<(), ApiError> {
    let namespace = which.namespace.as_deref();
    let mut clusters = Stream::new(paths::CLUSTERS, namespace, which.selector.as_deref(), JSON);
    let mut beside = Beside::new(namespace);
    let (first, operator, ()) =
        tokio::join!(clusters.next_page(kube, Cluster::read), super::live::operator_facts(kube), beside.start(kube));
    let mut page = first?;
    while let Some(read) = page {
        if let Some(end) = read.iter().map(|c| (c.meta.namespace.clone(), format!("{}-g", c.meta.name))).max() {
            beside.advance(kube, &end).await;
        }
        take(read.into_iter().map(|c| beside.evidence(kube, c, &operator)).collect());
        page = clusters.next_page(kube, Cluster::read).await?;
    }
    Ok(())
}

/// The streams that go beside the clusters.
struct Beside {
    pods: Joined<Pod>,
    jobs: Joined<Job>,
    restores: Joined<Restore>,
}

impl Beside {
    fn new(namespace: Option<&str>) -> Beside {
        let label =
            |object: &Value| Fields::of(object).at("metadata").at("labels").text("openbao.org/cluster").unwrap_or_default();
        Beside {
            pods: Joined::new(
                Stream::new(paths::PODS, namespace, Some("openbao.org/cluster,!openbao.org/component"), METADATA),
                label,
                Order::ByName,
                lean_pod,
            ),
            jobs: Joined::new(
                Stream::new(paths::JOBS, namespace, Some("openbao.org/component in (backup,upgrade)"), JSON),
                label,
                Order::ByNamespace,
                Job::read,
            ),
            restores: Joined::new(
                Stream::new(paths::RESTORES, namespace, None, JSON),
                |object| Fields::of(object).at("spec").text("cluster").unwrap_or_default(),
                Order::ByNamespace,
                Restore::read,
            ),
        }
    }

    async fn start(&mut self, kube: &Kube) {
        tokio::join!(self.pods.fetch(kube), self.jobs.fetch(kube), self.restores.fetch(kube));
    }

    async fn advance(&mut self, kube: &Kube, end: &(String, String)) {
        tokio::join!(self.pods.advance(kube, end), self.jobs.advance(kube, end), self.restores.advance(kube, end));
    }

    fn evidence(&mut self, kube: &Kube, cluster: Cluster, operator: &super::live::OperatorFacts) -> Evidence {
        let key = (cluster.meta.namespace.clone(), cluster.meta.name.clone());
        let restores = self.restores.take(&key).map(|all| needed(&all));
        Evidence {
            observed_at: kube.now(),
            namespace: key.0.clone(),
            name: key.1.clone(),
            cluster: Item::present(cluster),
            pods: self.pods.take(&key),
            jobs: self.jobs.take(&key),
            restores,
            operator: operator.deployment.clone(),
            lease: operator.lease.clone(),
            schema: operator.schema.clone(),
            generation: operator.generation.clone(),
            ..Evidence::default()
        }
    }
}

/// Only what a row shows: the newest restore and those that are not finished.
fn needed(all: &[Restore]) -> Vec<Restore> {
    newest_first(all).into_iter().enumerate().filter(|(i, r)| *i == 0 || r.unfinished()).map(|(_, r)| r.clone()).collect()
}

/// A pod by its metadata, without what no row shows.
fn lean_pod(object: &Value) -> Pod {
    let mut pod = Pod::read(object);
    pod.meta.annotations.clear();
    pod.meta.owners.clear();
    pod.meta
        .labels
        .retain(|name, _| name.starts_with("openbao-") || name.starts_with("vault-") || name == "openbao.org/revision");
    pod
}

/// How far a stream must be read before a cluster's objects are all in.
#[derive(Clone, Copy)]
enum Order {
    /// Its objects are called `<cluster>-…` with hex or digits next, so they sort before `<cluster>-g`.
    ByName,
    /// Its objects may have any name.
    ByNamespace,
}

/// A stream grouped by cluster.
struct Joined<T> {
    stream: Stream,
    cluster_of: fn(&Value) -> String,
    order: Order,
    read: fn(&Value) -> T,
    waiting: BTreeMap<(String, String), Vec<T>>,
    failed: Option<Item<Vec<T>>>,
}

impl<T: Clone> Joined<T> {
    fn new(stream: Stream, cluster_of: fn(&Value) -> String, order: Order, read: fn(&Value) -> T) -> Self {
        Joined { stream, cluster_of, order, read, waiting: BTreeMap::new(), failed: None }
    }

    async fn fetch(&mut self, kube: &Kube) {
        let (cluster_of, read) = (self.cluster_of, self.read);
        let keyed = |object: &Value| {
            let namespace = Fields::of(object).at("metadata").text("namespace").unwrap_or_default();
            ((namespace, cluster_of(object)), read(object))
        };
        match self.stream.next_page(kube, keyed).await {
            Ok(page) => {
                for (cluster, object) in page.unwrap_or_default() {
                    self.waiting.entry(cluster).or_default().push(object);
                }
            }
            Err(error) => {
                let namespace = self.stream.namespace.clone().unwrap_or_default();
                self.failed = Some(unread(&error, "list", self.stream.resource, &namespace));
            }
        }
    }

    async fn advance(&mut self, kube: &Kube, end: &(String, String)) {
        let mut pages = 0;
        while self.failed.is_none() && !self.stream.done && !self.passed(end) {
            if pages * PAGE >= MOST_WAITING {
                let kind = self.stream.resource.plural;
                self.failed = Some(Item::Failed {
                    why: format!("the API server lists more than {MOST_WAITING} {kind} of one page of clusters"),
                });
                self.waiting.clear();
            } else {
                self.fetch(kube).await;
                pages += 1;
            }
        }
    }

    fn passed(&self, end: &(String, String)) -> bool {
        self.stream.last.as_ref().is_some_and(|last| match self.order {
            Order::ByName => last >= end,
            Order::ByNamespace => last.0 > end.0,
        })
    }

    fn take(&mut self, key: &(String, String)) -> Item<Vec<T>> {
        match &self.failed {
            Some(item) => item.clone(),
            None => Item::present(self.waiting.remove(key).unwrap_or_default()),
        }
    }
}

/// One paged list.
struct Stream {
    resource: Resource,
    namespace: Option<String>,
    selector: Option<String>,
    accept: &'static str,
    token: Option<String>,
    done: bool,
    /// Pages read.
    pages: usize,
    /// Namespace and name of the last object read.
    last: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
    #[serde(default)]
    metadata: PageMeta,
}

#[derive(Deserialize, Default)]
struct PageMeta {
    #[serde(default, rename = "continue")]
    token: Option<String>,
}

impl Stream {
    fn new(resource: Resource, namespace: Option<&str>, selector: Option<&str>, accept: &'static str) -> Stream {
        let (namespace, selector) = (namespace.map(str::to_owned), selector.map(str::to_owned));
        Stream { resource, namespace, selector, accept, token: None, done: false, pages: 0, last: None }
    }

    /// What `read` makes of the next page's objects; `None` at the end. An expired token starts over and skips what was
    /// read.
    async fn next_page<T>(&mut self, kube: &Kube, read: impl Fn(&Value) -> T) -> Result<Option<Vec<T>>, ApiError> {
        if self.done {
            return Ok(None);
        }
        let mut restarted = false;
        let mut stale = 0;
        loop {
            match self.fetch(kube, &read).await {
                Err(error) if error.kind == ApiErrorKind::Gone && !restarted => {
                    (self.token, restarted) = (None, true);
                }
                Err(error) => return Err(error),
                // After a restart whole pages can be old news.
                Ok(objects) if objects.is_empty() && !self.done => {
                    stale += 1;
                    if stale > self.pages + STALE {
                        return Err(ApiError::malformed(format!(
                            "the API server lists the same {} again and again",
                            self.resource.plural
                        )));
                    }
                }
                Ok(objects) if objects.is_empty() => return Ok(None),
                Ok(objects) => {
                    self.pages += 1;
                    return Ok(Some(objects));
                }
            }
        }
    }

    async fn fetch<T>(&mut self, kube: &Kube, read: impl Fn(&Value) -> T) -> Result<Vec<T>, ApiError> {
        let limit = PAGE.to_string();
        let mut parameters = vec![("limit", limit.as_str())];
        parameters.extend(self.selector.as_deref().map(|s| ("labelSelector", s)));
        parameters.extend(self.token.as_deref().map(|t| ("continue", t)));
        let path = paths::query(&self.resource.collection(self.namespace.as_deref()), &parameters);
        let body = kube.get_as(&path, self.accept).await?;
        let page: Page<'_> =
            serde_json::from_slice(&body).map_err(|e| ApiError::malformed(format!("the list is not JSON: {e}")))?;
        let token = page.metadata.token.filter(|t| !t.is_empty());
        if token.is_some() && token == self.token {
            return Err(ApiError::malformed(format!(
                "the API server lists the same page of {} again and again",
                self.resource.plural
            )));
        }
        self.token = token;
        if page.items.len() > MOST_ON_A_PAGE {
            return Err(ApiError::malformed("the answer has far too many parts".to_owned()));
        }
        self.done = self.token.is_none();
        let mut objects = Vec::with_capacity(page.items.len());
        for raw in page.items {
            // One at a time: a page of parsed objects takes many times the memory of its text.
            bearable(raw.get().as_bytes())?;
            let Ok(object) = lean::object(raw.get()) else { continue };
            let meta = Fields::of(&object).at("metadata");
            let key = (meta.text("namespace").unwrap_or_default(), meta.text("name").unwrap_or_default());
            if self.last.as_ref().is_none_or(|last| *last < key) {
                self.last = Some(key);
                objects.push(read(&object));
            }
        }
        Ok(objects)
    }
}
