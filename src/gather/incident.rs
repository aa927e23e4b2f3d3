//! Everything a diagnosis rests on, in two rounds: what can be asked by name or label, then what the first answers name.
//!
//! No source delays another beyond the deadline, which holds for both rounds together: the second begins as soon as the
//! first has told what it needs, or at half-time with what is known by then.

mod about;
mod job_logs;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::time::Instant;

use self::job_logs::{Follow, follow_up};
use super::live::{Asked, Core, SHORTEST, each, labelled, list};
use super::servers::{Authority, Place};
use crate::api::event::Event;
use crate::api::names::{CLUSTER_LABEL, COMPONENT_LABEL};
use crate::api::revision::{Claim, StatefulSet};
use crate::api::sensitive::Sensitive;
use crate::api::workload::{Job, Pod};
use crate::domain::evidence::{Evidence, Item, Peer, ServerAnswer};
use crate::remote::k8s::paths::{CLAIMS, EVENTS, JOBS, PODS, STATEFUL_SETS};
use crate::remote::k8s::{ApiError, Kube};
use crate::remote::openbao::REQUEST_LIMIT;

/// Events kept, the newest.
const EVENTS_KEPT: usize = 200;
/// Events asked for at a time, and how often.
const EVENTS_PAGE: &str = "500";
const EVENT_PAGES: usize = 4;
/// What events are about that tell anything of an incident.
const EVENT_KINDS: [&str; 6] = ["OpenBaoCluster", "OpenBaoRestore", "Job", "Pod", "StatefulSet", "PersistentVolumeClaim"];

/// What is gathered beside what is always gathered.
#[derive(Debug, Clone)]
pub struct Options {
    /// Ask the servers themselves, through port-forwards.
    pub probe: bool,
    /// A token for Raft's own list of members; without one it is not asked for.
    pub token: Option<Sensitive>,
}

impl Default for Options {
    fn default() -> Self {
        Options { probe: true, token: None }
    }
}

/// Evidence of everything a diagnosis of one cluster rests on. What is forbidden or fails is said in its item.
///
/// Takes about `kube.deadline()` at most, whatever hangs.
///
/// # Errors
/// Only when the cluster itself could not be asked for at all (no connection, not logged in, type not installed).
/// "Not found" and "forbidden" are answers: the cluster's item says so.
pub async fn gather(kube: &Kube, namespace: &str, name: &str, options: &Options) -> Result<Evidence, ApiError> {
    let core = Core::ask(kube, namespace, name);
    let job_pods = labelled(kube, PODS, namespace, format!("{CLUSTER_LABEL}={name},{COMPONENT_LABEL}"), Pod::read);
    let incident = Incident {
        place: Place { kube, namespace, cluster: name },
        half_time: Instant::now() + kube.deadline() / 2,
        end: Instant::now() + kube.deadline(),
        job_pods: job_pods.boxed().shared(),
        core,
    };
    let (evidence, job_pods, stateful_sets, claims, events, found, (servers, peers)) = tokio::join!(
        incident.core.evidence(),
        incident.job_pods.clone(),
        labelled(kube, STATEFUL_SETS, namespace, format!("{CLUSTER_LABEL}={name}"), StatefulSet::read),
        labelled(kube, CLAIMS, namespace, format!("{CLUSTER_LABEL}={name}"), Claim::read),
        events(kube, namespace),
        incident.jobs(),
        incident.servers(options),
    );
    let mut evidence = Evidence { job_pods, stateful_sets, claims, servers, peers, logs: found.logs, ..evidence? };
    add(&mut evidence.jobs, found.jobs, |job: &Job| job.meta.name.clone());
    add(&mut evidence.job_pods, found.pods, |pod: &Pod| pod.meta.name.clone());
    evidence.events = match events {
        Ok(read) => read.only(|events| about::newest_about(&evidence, events, EVENTS_KEPT)),
        Err(unread) => unread,
    };
    Ok(evidence)
}

/// Adds what a list by label had missed; where the list itself is not known it stays so.
fn add<T>(list: &mut Item<Vec<T>>, more: Vec<T>, name: impl Fn(&T) -> String) {
    if let Item::Present { value } = list {
        for object in more {
            if !value.iter().any(|known| name(known) == name(&object)) {
                value.push(object);
            }
        }
    }
}

/// One gathering on its way.
struct Incident<'a> {
    place: Place<'a>,
    core: Core<'a>,
    job_pods: Asked<'a, Item<Vec<Pod>>>,
    /// When the second round begins at the latest.
    half_time: Instant,
    /// When it ends.
    end: Instant,
}

impl Incident<'_> {
    /// An answer of the first round, if it is there when the second must begin.
    async fn soon<T: Clone>(&self, asked: &Asked<'_, T>) -> Option<T> {
        tokio::time::timeout_at(self.half_time, asked.clone()).await.ok()
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now()).max(SHORTEST)
    }

    /// The Jobs that matter, with their logs.
    async fn jobs(&self) -> job_logs::Found {
        let Core { cluster, restores, jobs, .. } = &self.core;
        let (cluster, restores, jobs, job_pods) =
            tokio::join!(self.soon(cluster), self.soon(restores), self.soon(jobs), self.soon(&self.job_pods));
        let not_yet = || "not known in time".to_owned();
        let evidence = Evidence {
            namespace: self.place.namespace.into(),
            name: self.place.cluster.into(),
            cluster: cluster.and_then(Result::ok).map_or(Item::NotAsked, Item::present),
            restores: restores.unwrap_or_default(),
            jobs: jobs.unwrap_or_else(|| Item::Failed { why: not_yet() }),
            job_pods: job_pods.unwrap_or_else(|| Item::Failed { why: not_yet() }),
            ..Evidence::default()
        };
        let follow = Follow { kube: self.place.kube, evidence: &evidence, limit: self.left() };
        follow_up(&follow).await
    }

    /// The servers' own answers, and Raft's list.
    async fn servers(&self, options: &Options) -> (Vec<ServerAnswer>, Item<Vec<Peer>>) {
        if !options.probe {
            return (Vec::new(), Item::NotAsked);
        }
        let Place { kube, namespace, cluster } = self.place;
        let authority = Authority::by(self.half_time, kube, namespace, cluster);
        let (object, pods, authority) = tokio::join!(self.soon(&self.core.cluster), self.soon(&self.core.pods), authority);
        let authority = authority.for_cluster(object.and_then(Result::ok).as_ref());
        let pods = pods.unwrap_or_default();
        // Raft's list comes after the answers that say whom to ask.
        let share = if options.token.is_some() { self.left() / 2 } else { self.left() };
        let answers = self.place.ask(pods.each(), &authority, share.min(REQUEST_LIMIT)).await;
        let peers = match &options.token {
            Some(_) if pods.each().is_empty() => Item::Failed { why: "no server's pod is known, so none could be asked".into() },
            Some(token) => self.place.peers(&answers, &authority, token, self.left()).await,
            None => Item::NotAsked,
        };
        (answers, peers)
    }
}

/// Events about objects of the kinds that matter, of the whole namespace: the API server finds them by kind or by one name.
async fn events(kube: &Kube, namespace: &str) -> Result<Read, Item<Vec<Event>>> {
    let mut all = Read::default();
    for read in join_all(EVENT_KINDS.map(|kind| events_of(kube, namespace, kind))).await {
        let read = read?;
        all.events.extend(read.events);
        all.cut |= read.cut;
    }
    Ok(all)
}

/// Events as far as they were read.
#[derive(Debug, Default)]
struct Read {
    events: Vec<Event>,
    /// There are more, older or newer: they come in no order.
    cut: bool,
}

impl Read {
    /// Those that count. To have found none among a part of them is not to know that there are none.
    fn only(self, keep: impl FnOnce(Vec<Event>) -> Vec<Event>) -> Item<Vec<Event>> {
        let read = self.events.len();
        let kept = keep(self.events);
        if self.cut && kept.is_empty() {
            return Item::Failed { why: format!("none among the first {read}, and there are more") };
        }
        Item::present(kept)
    }
}

/// One Job as it is now.
pub async fn job(kube: &Kube, namespace: &str, name: &str) -> Item<Job> {
    super::live::named(kube, JOBS, namespace, name, Job::read).await
}

/// The newest events about one Job and its pods, newest first: what is left when the Job is gone.
pub async fn events_of_job(kube: &Kube, namespace: &str, job: &str) -> Item<Vec<Event>> {
    let lists = tokio::join!(events_of(kube, namespace, "Job"), events_of(kube, namespace, "Pod"));
    let (of_jobs, of_pods) = match lists {
        (Ok(of_jobs), Ok(of_pods)) => (of_jobs, of_pods),
        (Err(unread), _) | (_, Err(unread)) => return unread,
    };
    let pod = |event: &Event| event.name.rsplit_once('-').is_some_and(|(of, _)| of == job);
    let all = Read { events: [of_jobs.events, of_pods.events].concat(), cut: of_jobs.cut || of_pods.cut };
    all.only(|mut events| {
        events.retain(|event| if event.kind == "Job" { event.name == job } else { pod(event) });
        events.sort_by_key(|event| std::cmp::Reverse(event.last_seen));
        events
    })
}

async fn events_of(kube: &Kube, namespace: &str, kind: &str) -> Result<Read, Item<Vec<Event>>> {
    let read = pages_of(kube, namespace, kind).await?;
    if read.cut {
        kube.note(format!("only {} events about objects of kind {kind} were read, and there are more", read.events.len()));
    }
    Ok(read)
}

async fn pages_of(kube: &Kube, namespace: &str, kind: &str) -> Result<Read, Item<Vec<Event>>> {
    let fields = format!("involvedObject.kind={kind}");
    let end = Instant::now() + kube.deadline();
    let mut all = Vec::new();
    let mut token = String::new();
    for _ in 0..EVENT_PAGES {
        let mut parameters = vec![("fieldSelector", fields.as_str()), ("limit", EVENTS_PAGE)];
        if !token.is_empty() {
            parameters.push(("continue", &token));
        }
        let answer = tokio::time::timeout_at(end, list(kube, EVENTS, Some(namespace), &parameters)).await;
        // Pages that come too late are older or newer, nobody knows: what is there counts.
        let Ok(answer) = answer else { return Ok(Read { events: all, cut: true }) };
        let next = answer.as_ref().ok().and_then(|a| a.pointer("/metadata/continue")).and_then(|t| t.as_str());
        let next = next.unwrap_or_default().to_owned();
        match each(answer, EVENTS, namespace, Event::read) {
            Item::Present { value } => all.extend(value),
            unknown if all.is_empty() => return Err(unknown),
            _ => return Ok(Read { events: all, cut: true }),
        }
        if next.is_empty() {
            return Ok(Read { events: all, cut: false });
        }
        token = next;
    }
    Ok(Read { events: all, cut: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_among_a_part_of_the_events_is_not_nothing() {
        let read = |cut| Read { events: vec![Event::default()], cut };
        assert_eq!(read(false).only(|_| Vec::new()), Item::present(Vec::new()));
        assert!(matches!(read(true).only(|_| Vec::new()), Item::Failed { .. }));
        assert_eq!(read(true).only(|events| events).each().len(), 1);
    }
}
