//! The loop: watches say *that* something changed; each pass then reads what it decides on, and carries it out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use kube::api::DynamicObject;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::act::{Subject, carry_out};
use super::cluster_api::{Kind, value};
use super::queue::Queue;
use super::step::Step;
use super::values::{annotation, flag, label, merged, name, namespace, number, present, text};
use super::{OperatorOptions, admin, blue_green, health, jobs, restore};
use crate::drill::Play;
use crate::drill::feed::{Change, Feed};
use crate::drill::world::{hex, random};

/// How late the status follows the pods (F§15.2.7: later than 80 s).
const LATE: Duration = Duration::from_secs(90);
/// Also on a fast range: people and programs verify in real time, and are to meet the stale status.
const LATE_AT_LEAST: Duration = Duration::from_secs(80);

/// What a pass is about. Restores come first: their passes are the ones people wait for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Restore(String, String),
    Cluster(String, String),
}

/// What the operator remembers of a cluster between passes.
#[derive(Default)]
struct Memory {
    /// Generation and annotations as last seen: a change is a nudge.
    shape: Option<(i64, Value)>,
    /// The backup trigger acted on.
    handled: String,
    /// Until when an upgrade's last step is left alone.
    rest: Option<Instant>,
    /// Since when the pods say something else than the status.
    differs: Option<Instant>,
}

/// Runs until the task is dropped; `settled` turns true once everything that was there at the start has been looked at.
pub async fn run(client: Client, options: Arc<OperatorOptions>, mut frozen: watch::Receiver<bool>, settled: watch::Sender<bool>) {
    let mut controller = Controller {
        client: client.clone(),
        options,
        queue: Queue::new(),
        memory: HashMap::new(),
        pending: HashMap::new(),
        listed: [false; 2],
    };
    let feed = |kind: Kind| Feed::start(kind.everywhere(&client));
    let (mut restores, mut clusters) = (feed(Kind::Restore), feed(Kind::Cluster));
    let (mut jobs, mut pods) = (feed(Kind::Job), feed(Kind::Pod));
    loop {
        if frozen.wait_for(|frozen| !frozen).await.is_err() {
            return;
        }
        for key in controller.queue.take_due(Instant::now()) {
            controller.pass(key).await;
        }
        if controller.listed.iter().all(|listed| *listed) {
            settled.send_replace(true);
        }
        let timer = controller.queue.next().unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            Some(change) = restores.next() => controller.restores(change),
            Some(change) = clusters.next() => controller.clusters(change),
            Some(change) = jobs.next() => controller.dependants(change, |job| {
                // The restore controller does not watch its Jobs: it polls them.
                matches!(label(job, "openbao.org/component"), "backup" | "upgrade" | "upgrade-snapshot")
            }),
            Some(change) = pods.next() => controller.dependants(change, |pod| label(pod, "openbao.org/component").is_empty()),
            () = tokio::time::sleep_until(timer) => {}
            _ = frozen.changed() => {}
        }
    }
}

struct Controller {
    client: Client,
    options: Arc<OperatorOptions>,
    queue: Queue<Key>,
    memory: HashMap<(String, String), Memory>,
    /// The cluster and the phase of every OpenBaoRestore, by namespace and name.
    pending: HashMap<(String, String), (String, String)>,
    /// Whether restores and clusters have been listed.
    listed: [bool; 2],
}

/// What belongs to a cluster.
struct Dependants<'a> {
    jobs: &'a [Value],
    servers: &'a [Value],
    workloads: &'a [Value],
}

/// The objects a change speaks of, and whether they are there.
fn spoken_of(change: Change<DynamicObject>) -> (Vec<Value>, bool) {
    let values = |objects: Vec<DynamicObject>| objects.iter().filter_map(|object| value(object).ok()).collect();
    match change {
        Change::All(objects, _) => (values(objects), true),
        Change::Applied(object) => (values(vec![object]), true),
        Change::Deleted(object) => (values(vec![object]), false),
    }
}

fn identity(object: &Value) -> (String, String) {
    (namespace(object).to_owned(), name(object).to_owned())
}

impl Controller {
    fn restores(&mut self, change: Change<DynamicObject>) {
        if matches!(change, Change::All(..)) {
            self.listed[0] = true;
            self.pending.clear();
        }
        let (objects, there) = spoken_of(change);
        for object in objects {
            let (ns, name) = identity(&object);
            if there {
                let entry = (text(&object, "/spec/cluster").to_owned(), text(&object, "/status/phase").to_owned());
                self.pending.insert((ns.clone(), name.clone()), entry);
                self.queue.now(Key::Restore(ns, name));
            } else {
                self.pending.remove(&(ns, name));
            }
        }
    }

    fn clusters(&mut self, change: Change<DynamicObject>) {
        self.listed[1] |= matches!(change, Change::All(..));
        let (objects, there) = spoken_of(change);
        for object in objects {
            let (ns, name) = identity(&object);
            if there {
                self.queue.now(Key::Cluster(ns, name));
            } else {
                self.memory.remove(&(ns, name));
            }
        }
    }

    fn dependants(&mut self, change: Change<DynamicObject>, ours: impl Fn(&Value) -> bool) {
        for object in spoken_of(change).0 {
            let cluster = label(&object, "openbao.org/cluster");
            if !cluster.is_empty() && ours(&object) {
                self.queue.now(Key::Cluster(namespace(&object).to_owned(), cluster.to_owned()));
            }
        }
    }

    /// One pass; what failed is tried again a second later, as after any error of a reconciler.
    async fn pass(&mut self, key: Key) {
        let done = match &key {
            Key::Restore(ns, name) => self.restore_pass(ns, name).await,
            Key::Cluster(ns, name) => self.cluster_pass(ns, name).await,
        };
        match done {
            Ok(Some(again)) => self.queue.after(key, again),
            Ok(None) => {}
            Err(_) => self.queue.after(key, self.options.pace.of(Duration::from_secs(1))),
        }
    }

    async fn restore_pass(&self, ns: &str, name: &str) -> kube::Result<Option<Duration>> {
        let client = &self.client;
        let Some(object) = Kind::Restore.get(client, ns, name).await? else { return Ok(None) };
        let cluster = Kind::Cluster.get(client, ns, text(&object, "/spec/cluster")).await?;
        let job = Kind::Job.get(client, ns, &restore::job_name(&object)).await?;
        let (mut executors, mut servers, mut workload) = (Vec::new(), Vec::new(), None);
        if self.options.play >= Play::V05
            && matches!(text(&object, "/status/phase"), "Running" | "Unknown")
            && let Some(cluster) = &cluster
        {
            let selector = format!("batch.kubernetes.io/job-name={}", restore::job_name(&object));
            executors = Kind::Pod.list(client, ns, &selector).await?;
            servers = self.servers(cluster).await?;
            workload = Kind::StatefulSet.get(client, ns, &jobs::workload_name(cluster)).await?;
        }
        let step = restore::reconcile(restore::View {
            play: self.options.play,
            restore: &object,
            cluster: cluster.as_ref(),
            job: job.as_ref(),
            executors: &executors,
            servers: &servers,
            workload: workload.as_ref(),
            operator_version: super::version(self.options.play),
            now: Timestamp::now(),
        });
        let subject = Subject { about: &object, kind: "OpenBaoRestore", cluster: cluster.as_ref() };
        carry_out(client, subject, &step).await?;
        Ok(step.again.map(|real| self.options.pace.of(real)))
    }

    async fn servers(&self, cluster: &Value) -> kube::Result<Vec<Value>> {
        let selector = format!("openbao.org/cluster={},!openbao.org/component", name(cluster));
        Kind::Pod.list(&self.client, namespace(cluster), &selector).await
    }

    /// Admin-ops first, then the status.
    async fn cluster_pass(&mut self, ns: &str, name: &str) -> kube::Result<Option<Duration>> {
        let Some(cluster) = Kind::Cluster.get(&self.client, ns, name).await? else { return Ok(None) };
        let jobs = Kind::Job.list(&self.client, ns, &format!("openbao.org/cluster={name}")).await?;
        let servers = self.servers(&cluster).await?;
        let workloads = match blue_green::is_blue_green(&cluster) {
            true => Kind::StatefulSet.list(&self.client, ns, &format!("openbao.org/cluster={name}")).await?,
            false => Vec::new(),
        };
        let step = self.admin(&cluster, Dependants { jobs: &jobs, servers: &servers, workloads: &workloads });
        let subject = Subject { about: &cluster, kind: "OpenBaoCluster", cluster: Some(&cluster) };
        carry_out(&self.client, subject, &step).await?;
        if step.actions.iter().any(|action| matches!(action, super::step::Action::CreateJob(_))) {
            self.remember(&cluster).handled = annotation(&cluster, admin::TRIGGER).to_owned();
        }
        let again = step.again.map(|real| self.options.pace.of(real));
        let memory = self.remember(&cluster);
        if step.rest {
            memory.rest = again.map(|after| Instant::now() + after);
        }
        let rested = memory.rest.map(|until| until.saturating_duration_since(Instant::now()));
        if present(&cluster, "/metadata/deletionTimestamp") {
            return Ok(None);
        }
        let status = self.status(&cluster, &servers, &jobs).await?;
        Ok([again, status, rested].into_iter().flatten().min())
    }

    fn remember(&mut self, cluster: &Value) -> &mut Memory {
        self.memory.entry(identity(cluster)).or_default()
    }

    fn admin(&mut self, cluster: &Value, dependants: Dependants<'_>) -> Step {
        let (ns, name) = identity(cluster);
        let restore_pending = self.pending.iter().any(|((namespace, _), (target, phase))| {
            *namespace == ns && *target == name && !matches!(phase.as_str(), "Completed" | "Failed")
        });
        let shape =
            (number(cluster, "/metadata/generation"), cluster.pointer("/metadata/annotations").cloned().unwrap_or_default());
        let trigger = annotation(cluster, admin::TRIGGER).to_owned();
        let play = self.options.play;
        let memory = self.remember(cluster);
        let first = memory.shape.is_none();
        let nudged = !first && memory.shape.as_ref() != Some(&shape);
        memory.shape = Some(shape);
        if first {
            // What was asked before this operator started is not asked again.
            memory.handled.clone_from(&trigger);
        }
        let triggered = !trigger.is_empty() && trigger != memory.handled;
        memory.rest = memory.rest.filter(|until| !nudged && *until > Instant::now());
        let resting = memory.rest.is_some();
        let Dependants { jobs, servers, workloads } = dependants;
        let random = hex(&random::<16>());
        admin::reconcile(admin::View {
            play,
            cluster,
            jobs,
            servers,
            workloads,
            restore_pending,
            triggered,
            nudged,
            resting,
            random: &random,
            now: Timestamp::now(),
        })
    }

    /// Keeps the status up: what the operator did itself at once, what the pods say late.
    async fn status(&mut self, cluster: &Value, servers: &[Value], jobs: &[Value]) -> kube::Result<Option<Duration>> {
        let seen = health::Seen { play: self.options.play, cluster, servers, jobs, now: Timestamp::now() };
        let (old, new) = (health::status(&seen, false), health::status(&seen, true));
        let late = self.options.pace.of(LATE).max(LATE_AT_LEAST);
        let memory = self.remember(cluster);
        let (patch, again) = if says_the_same(cluster, &new) || health::must_look(cluster) || advancing(cluster) {
            memory.differs = None;
            (new, None)
        } else {
            let since = *memory.differs.get_or_insert_with(Instant::now);
            let waited = since.elapsed();
            if waited >= late { (new, None) } else { (old, Some(late.saturating_sub(waited))) }
        };
        if again.is_none() {
            self.remember(cluster).differs = None;
        }
        if !says_the_same(cluster, &patch) {
            Kind::Cluster.patch_status(&self.client, namespace(cluster), name(cluster), &patch, None).await?;
        }
        Ok(again)
    }
}

/// Whether an upgrade is going on by itself: then the pods are looked at again and again (captured 10 and 19). Halted, or
/// given up by setting the version back, they are not: that is how a lost quorum stays unseen (F§15.1).
fn advancing(cluster: &Value) -> bool {
    let halted = flag(cluster, "/status/breakGlass/active") || flag(cluster, "/spec/paused");
    health::upgrade_phase(cluster).is_some() && !halted && blue_green::is_wanted(cluster)
}

/// Whether a status patch would change nothing.
fn says_the_same(cluster: &Value, patch: &Value) -> bool {
    let status = cluster.get("status").cloned().unwrap_or_else(|| json!({}));
    merged(&status, patch) == status
}
