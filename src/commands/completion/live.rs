//! Candidates from the kubeconfig and the cluster: soon, or not at all. Nobody is asked anything and nothing is said.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::values::{Candidate, Live};
use super::words::Place;
use crate::api::cluster::Cluster;
use crate::api::restore::Restore;
use crate::api::text::age;
use crate::commands::status;
use crate::commands::target::TargetArgs;
use crate::domain::snapshot::{Known, known};
use crate::domain::status::newest_first;
use crate::gather::{self, bucket, items};
use crate::remote::k8s::paths::{CLUSTERS, JOBS, NAMESPACES, RESTORES};
use crate::remote::kubeconfig::{Flags, Names, Surroundings, names};
use crate::session::{Connected, connect_silently, duration, surroundings_of_nobody};

/// Completion that waits for a server must not hold up a keyboard: a second at most, start-up included.
const PATIENCE: Duration = Duration::from_millis(900);
/// The variable for those whose cluster is far away, such as `3s`.
const WITHIN: &str = "KUBECTL_OPENBAO_COMPLETE_WITHIN";
/// As many snapshots as are offered.
const SNAPSHOTS: usize = 20;

/// What is known soon enough of what is wanted.
pub async fn ask(place: &Place<'_>, wanted: &[Live]) -> Vec<Candidate> {
    let look = Look { place, flags: typed(place).unwrap_or_default(), until: Instant::now() + patience() };
    let mut found = Vec::new();
    let of_kubeconfig = |kind: &Live| matches!(kind, Live::Contexts | Live::KubeClusters | Live::Users | Live::Namespaces);
    if wanted.iter().any(of_kubeconfig) {
        let names = look.kubeconfig().await.unwrap_or_default();
        wanted.iter().for_each(|kind| found.extend(named(&names, *kind)));
    }
    let Some(connected) = (match wanted.iter().any(needs_cluster) {
        true => look.connect().await,
        false => None,
    }) else {
        return found;
    };
    for kind in wanted {
        found.extend(look.of(&connected, *kind).await.unwrap_or_default());
    }
    found
}

fn patience() -> Duration {
    let asked = Surroundings::of_process().variable(WITHIN).and_then(|text| duration(text).ok());
    asked.unwrap_or(PATIENCE)
}

fn needs_cluster(kind: &Live) -> bool {
    !matches!(kind, Live::Contexts | Live::KubeClusters | Live::Users)
}

fn named(names: &Names, kind: Live) -> Vec<Candidate> {
    let names = match kind {
        Live::Contexts => &names.contexts,
        Live::KubeClusters => &names.clusters,
        Live::Users => &names.users,
        Live::Namespaces => &names.namespaces,
        _ => return Vec::new(),
    };
    names.iter().map(|name| Candidate::new(name, "")).collect()
}

/// Those of the flags typed so far that belong to `T`, as a command reads them.
fn typed<T: clap::Args>(place: &Place<'_>) -> Option<T> {
    let only = T::augment_args(clap::Command::new("").no_binary_name(true));
    let own =
        |flag: &clap::Arg| only.get_arguments().any(|arg| arg.get_id() == flag.get_id() && arg.get_long() == flag.get_long());
    let words = place.flags.iter().filter(|(flag, _)| own(flag)).filter_map(|(flag, value)| {
        let long = flag.get_long()?;
        Some(value.map_or_else(|| format!("--{long}"), |value| format!("--{long}={value}")))
    });
    let words: Vec<String> = words.collect();
    T::from_arg_matches(&only.try_get_matches_from(words).ok()?).ok()
}

struct Look<'a> {
    place: &'a Place<'a>,
    flags: Flags,
    until: Instant,
}

impl Look<'_> {
    /// Reading files can hang, too: nothing here waits longer than there is time.
    async fn kubeconfig(&self) -> Option<Names> {
        let flags = self.flags.clone();
        let read = tokio::task::spawn_blocking(move || names(&flags, &surroundings_of_nobody(PATIENCE)).ok());
        timeout_at(self.until, read).await.ok()?.ok()?
    }

    async fn connect(&self) -> Option<Connected> {
        let (flags, left) = (self.flags.clone(), self.until.saturating_duration_since(Instant::now()));
        let connect = tokio::task::spawn_blocking(move || connect_silently(&flags, left).ok());
        timeout_at(self.until, connect).await.ok()?.ok()?
    }

    async fn of(&self, connected: &Connected, kind: Live) -> Option<Vec<Candidate>> {
        let found = async {
            match kind {
                Live::Namespaces => plain(gather::names(&connected.kube, NAMESPACES, None).await.ok()?),
                Live::Clusters => plain(gather::names(&connected.kube, CLUSTERS, Some(&connected.namespace)).await.ok()?),
                Live::Jobs => {
                    let names = gather::names(&connected.kube, JOBS, Some(&connected.namespace)).await.ok()?;
                    plain(names.into_iter().map(|name| format!("job/{name}")).collect())
                }
                Live::Restores => restores(connected).await,
                Live::Nonces => self.nonce(connected).await,
                Live::Keys => self.keys(connected).await,
                Live::Contexts | Live::KubeClusters | Live::Users => None,
            }
        };
        timeout_at(self.until, found).await.ok()?
    }

    /// The cluster named before the word, else the only one of the namespace.
    async fn cluster(&self, connected: &Connected) -> Option<String> {
        if let Some(named) = self.place.bare.first() {
            return Some((*named).to_owned());
        }
        let mut names = gather::names(&connected.kube, CLUSTERS, Some(&connected.namespace)).await.ok()?;
        if names.len() == 1 { names.pop() } else { None }
    }

    async fn nonce(&self, connected: &Connected) -> Option<Vec<Candidate>> {
        let name = self.cluster(connected).await?;
        let object = connected.kube.get(&CLUSTERS.object(&connected.namespace, &name)).await.ok()?;
        let cluster = Cluster::read(&object);
        let glass = cluster.active_break_glass()?;
        Some(vec![Candidate::new(&glass.nonce, &glass.reason)])
    }

    /// The newest in the bucket; when it does not answer in time, those that the cluster and its Jobs name.
    async fn keys(&self, connected: &Connected) -> Option<Vec<Candidate>> {
        let name = self.cluster(connected).await?;
        let mut evidence = status::read(connected, &name).await.ok()?;
        let named = known(&evidence);
        let now = evidence.observed_at;
        let listed = async {
            let own = evidence.cluster.value()?.spec.backup.as_ref()?.target.clone()?;
            let given: TargetArgs = typed(self.place)?;
            let target = given.given().over(own);
            let bucket = bucket::open(&connected.kube, &mut evidence, &target, given.credentials).await.ok()?;
            bucket.listed(SNAPSHOTS).await.ok()
        };
        // A little earlier than the end of all: what is known already must still be said.
        let soon = self.until - Duration::from_millis(50);
        let snapshots = timeout_at(soon, listed).await.ok().flatten().unwrap_or(named);
        Some(snapshots.iter().map(|snapshot| of_snapshot(snapshot, now)).collect())
    }
}

fn plain(names: Vec<String>) -> Option<Vec<Candidate>> {
    Some(names.into_iter().map(|name| Candidate::new(name, "")).collect())
}

/// Newest first.
async fn restores(connected: &Connected) -> Option<Vec<Candidate>> {
    let list = connected.kube.get(&RESTORES.collection(Some(&connected.namespace))).await.ok()?;
    let read: Vec<Restore> = items(&list).iter().map(Restore::read).collect();
    let about = |restore: &Restore| format!("{} of {}", restore.phase, restore.cluster);
    Some(newest_first(&read).into_iter().map(|restore| Candidate::new(&restore.meta.name, about(restore))).collect())
}

fn of_snapshot(snapshot: &Known, now: jiff::Timestamp) -> Candidate {
    let old = snapshot.taken_at.map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
    let kind = snapshot.kind.map_or("snapshot", |kind| kind.as_str());
    Candidate::new(&snapshot.key, old.map_or_else(String::new, |old| format!("{kind}, {} old", age(old))))
}
