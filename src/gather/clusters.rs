//! Many clusters: found by name, or streamed page by page with what belongs to each, in bounded memory.
//!
//! The API server lists by namespace and name. Clusters, their pods' metadata, Jobs and restores are read as parallel
//! sorted streams, and a page of clusters is handed on as soon as the other streams have passed it. So 5,000 clusters
//! need no more memory than 1,000, and the first row is out before the last page is in. The next page of each stream is on
//! its way while one is taken apart.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

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

/// A namespace and a name.
type Key = (String, String);

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
    let mut stream = Stream::new(paths::CLUSTERS, Some(namespace), None, METADATA, name_of);
    while names.len() < MOST_NAMES
        && let Some(page) = stream.next_page(kube).await.map_err(|e| e.failure("looking for clusters"))?
    {
        names.extend(page.into_iter().map(|(_, name)| name));
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
    let page = Stream::new(resource, namespace, None, METADATA, name_of).next_page(kube).await?;
    Ok(page.unwrap_or_default().into_iter().map(|(_, name)| name).collect())
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
    let mut clusters = Stream::new(paths::CLUSTERS, namespace, which.selector.as_deref(), JSON, Cluster::read).eager();
    let mut beside = Beside::new(namespace);
    let (first, operator, ()) = tokio::join!(clusters.next_page(kube), super::live::operator_facts(kube), beside.start(kube));
    let mut page = first?;
    while let Some(read) = page {
        if let Some(end) = read.iter().map(|((namespace, name), _)| (namespace.clone(), format!("{name}-g"))).max() {
            beside.advance(kube, &end).await;
        }
        take(read.into_iter().map(|(_, c)| beside.evidence(kube, c, &operator)).collect());
        page = clusters.next_page(kube).await?;
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
        let servers = Some("openbao.org/cluster,!openbao.org/component");
        let executors = Some("openbao.org/component in (backup,upgrade)");
        Beside {
            pods: Joined::new(
                Stream::new(paths::PODS, namespace, servers, METADATA, |o| (labelled(o), lean_pod(o))),
                Order::ByName,
            ),
            jobs: Joined::new(
                Stream::new(paths::JOBS, namespace, executors, JSON, |o| (labelled(o), Job::read(o))),
                Order::ByNamespace,
            ),
            restores: Joined::new(
                Stream::new(paths::RESTORES, namespace, None, JSON, |o| (named(o), Restore::read(o))),
                Order::ByNamespace,
            ),
        }
    }

    async fn start(&mut self, kube: &Kube) {
        tokio::join!(self.pods.fetch(kube), self.jobs.fetch(kube), self.restores.fetch(kube));
    }

    async fn advance(&mut self, kube: &Kube, end: &Key) {
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

/// The cluster that an object's label names.
fn labelled(object: &Value) -> String {
    Fields::of(object).at("metadata").at("labels").text("openbao.org/cluster").unwrap_or_default()
}

/// The cluster that a restore names.
fn named(restore: &Value) -> String {
    Fields::of(restore).at("spec").text("cluster").unwrap_or_default()
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
    stream: Stream<(String, T)>,
    order: Order,
    waiting: BTreeMap<Key, Vec<T>>,
    failed: Option<Item<Vec<T>>>,
}

impl<T: Clone + 'static> Joined<T> {
    fn new(stream: Stream<(String, T)>, order: Order) -> Self {
        Joined { stream: stream.eager(), order, waiting: BTreeMap::new(), failed: None }
    }

    async fn fetch(&mut self, kube: &Kube) {
        match self.stream.next_page(kube).await {
            Ok(page) => {
                for ((namespace, _), (cluster, object)) in page.unwrap_or_default() {
                    self.waiting.entry((namespace, cluster)).or_default().push(object);
                }
            }
            Err(error) => {
                let namespace = self.stream.namespace.clone().unwrap_or_default();
                self.failed = Some(unread(&error, "list", self.stream.resource, &namespace));
            }
        }
    }

    async fn advance(&mut self, kube: &Kube, end: &Key) {
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

    fn passed(&self, end: &Key) -> bool {
        self.stream.last.as_ref().is_some_and(|last| match self.order {
            Order::ByName => last >= end,
            Order::ByNamespace => last.0 > end.0,
        })
    }

    fn take(&mut self, key: &Key) -> Item<Vec<T>> {
        match &self.failed {
            Some(item) => item.clone(),
            None => Item::present(self.waiting.remove(key).unwrap_or_default()),
        }
    }
}

/// One paged list.
struct Stream<T> {
    resource: Resource,
    namespace: Option<String>,
    selector: Option<String>,
    accept: &'static str,
    read: fn(&Value) -> T,
    token: Option<String>,
    done: bool,
    /// Pages read.
    pages: usize,
    /// The last object read.
    last: Option<Key>,
    /// Whether all of it is going to be read.
    eager: bool,
    /// The next page, on its way while the one before is taken apart: at most one. Given up with the stream.
    ahead: JoinSet<Result<Page, ApiError>>,
}

/// A page as it came.
struct Page {
    /// The text of each object.
    objects: Vec<Bytes>,
    /// What leads to the next one.
    token: Option<String>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
    #[serde(default)]
    metadata: ListMeta,
}

#[derive(Deserialize, Default)]
struct ListMeta {
    #[serde(default, rename = "continue")]
    token: Option<String>,
}

impl Page {
    fn of(body: &Bytes) -> Result<Page, ApiError> {
        let list: List<'_> =
            serde_json::from_slice(body).map_err(|e| ApiError::malformed(format!("the list is not JSON: {e}")))?;
        if list.items.len() > MOST_ON_A_PAGE {
            return Err(ApiError::malformed("the answer has far too many parts".to_owned()));
        }
        let objects = list.items.into_iter().map(|raw| body.slice_ref(raw.get().as_bytes())).collect();
        Ok(Page { objects, token: list.metadata.token.filter(|token| !token.is_empty()) })
    }
}

impl<T: 'static> Stream<T> {
    fn new(
        resource: Resource,
        namespace: Option<&str>,
        selector: Option<&str>,
        accept: &'static str,
        read: fn(&Value) -> T,
    ) -> Stream<T> {
        let (namespace, selector) = (namespace.map(str::to_owned), selector.map(str::to_owned));
        let (token, last, ahead) = (None, None, JoinSet::new());
        Stream { resource, namespace, selector, accept, read, token, done: false, pages: 0, last, eager: false, ahead }
    }

    /// Asks for the next page as soon as it is known how: the API server works on it while this one is taken apart.
    fn eager(self) -> Stream<T> {
        Stream { eager: true, ..self }
    }

    /// The next page's objects; `None` at the end. An expired token starts over and skips what was read.
    async fn next_page(&mut self, kube: &Kube) -> Result<Option<Vec<(Key, T)>>, ApiError> {
        if self.done {
            return Ok(None);
        }
        let mut restarted = false;
        let mut stale = 0;
        loop {
            match self.fetch(kube).await {
                Err(error) if error.kind == ApiErrorKind::Gone && !restarted => {
                    (self.token, restarted) = (None, true);
                }
                Err(error) => return Err(error),
                // After a restart whole pages can be old news.
                Ok(objects) if objects.is_empty() && !self.done => {
                    stale += 1;
                    if stale > self.pages + STALE {
                        return Err(self.again());
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

    fn again(&self) -> ApiError {
        ApiError::malformed(format!("the API server lists the same {} again and again", self.resource.plural))
    }

    /// The page that the token leads to.
    fn request(&self, kube: &Kube) -> impl Future<Output = Result<Page, ApiError>> + Send + use<T> {
        let limit = PAGE.to_string();
        let mut parameters = vec![("limit", limit.as_str())];
        parameters.extend(self.selector.as_deref().map(|s| ("labelSelector", s)));
        parameters.extend(self.token.as_deref().map(|t| ("continue", t)));
        let path = paths::query(&self.resource.collection(self.namespace.as_deref()), &parameters);
        let (kube, accept) = (kube.clone(), self.accept);
        async move { Page::of(&kube.get_as(&path, accept).await?) }
    }

    async fn fetch(&mut self, kube: &Kube) -> Result<Vec<(Key, T)>, ApiError> {
        let page = match self.ahead.join_next().await {
            Some(ahead) => ahead.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?,
            None => self.request(kube).await?,
        };
        if page.token.is_some() && page.token == self.token {
            return Err(self.again());
        }
        self.token.clone_from(&page.token);
        self.done = self.token.is_none();
        if self.eager && !self.done {
            self.ahead.spawn(self.request(kube));
        }
        self.take_apart(page)
    }

    /// What is made of each object that is new. One at a time: a page of parsed objects takes many times the memory of its text.
    fn take_apart(&mut self, page: Page) -> Result<Vec<(Key, T)>, ApiError> {
        let mut objects = Vec::with_capacity(page.objects.len());
        for raw in page.objects {
            bearable(&raw)?;
            let Some(object) = std::str::from_utf8(&raw).ok().and_then(|text| lean::object(text).ok()) else { continue };
            let meta = Fields::of(&object).at("metadata");
            let key = (meta.text("namespace").unwrap_or_default(), meta.text("name").unwrap_or_default());
            if self.is_new(&key) {
                objects.push((key, (self.read)(&object)));
            }
        }
        Ok(objects)
    }

    /// Whether an object comes after all that were read.
    fn is_new(&mut self, key: &Key) -> bool {
        let new = self.last.as_ref().is_none_or(|last| last < key);
        if new {
            self.last = Some(key.clone());
        }
        new
    }
}
