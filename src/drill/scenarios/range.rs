//! The whole range: server, controllers, kubelet, object store and operator, set up for one scenario.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use serde_json::{Value, json};

use super::Scenario;
use super::manager::Manager;
use super::names::{BUCKET, CLUSTER, Clock, FOREIGN_CLUSTER, NAMESPACE, REVISIONS, USER, VERSION};
use super::private_dir::PrivateDir;
use super::set_up::{SetUp, StoreKeys};
use super::{Situation, Which};
use crate::api::sensitive::Sensitive;
use crate::drill::jobs::Jobs;
use crate::drill::kubelet::{Kubelet, KubeletOptions};
use crate::drill::operator::values::{label, list, name, namespace, text, time};
use crate::drill::operator::{self, Operator, OperatorOptions};
use crate::drill::processes::Genuine;
use crate::drill::s3::{Bucket, Object, S3, S3Options};
use crate::drill::server::{Options, Server, User};
use crate::drill::snapshot;
use crate::drill::world::{ObjectStore, World};
use crate::drill::{Pace, Play};

/// What range is wanted.
#[derive(Debug, Clone, Copy)]
pub struct RangeOptions {
    /// The scenario to set up.
    pub scenario: &'static Scenario,
    /// The generation of CRDs and operator.
    pub play: Play,
    /// How fast everything lives.
    pub pace: Pace,
}

impl RangeOptions {
    /// A scenario on a generation, fast enough for tests.
    pub fn new(scenario: &'static Scenario, play: Play) -> Self {
        RangeOptions { scenario, play, pace: Pace(0.05) }
    }
}

/// A running range. Ends when dropped; [`Range::shutdown`] also waits for it.
pub struct Range {
    // In the order in which they end: the operator first, the server last.
    manager: Option<Manager>,
    operator: Option<Operator>,
    kubelet: Option<Kubelet>,
    jobs: Option<Jobs>,
    s3: Option<S3>,
    server: Server,
    world: World,
    clock: Clock,
    user: User,
    kubeconfig_file: PathBuf,
    // Removed on drop, with the kubeconfig in it.
    directory: PrivateDir,
}

impl Range {
    /// Starts everything and returns once the scenario stands.
    ///
    /// # Errors
    /// What could not be started or never came about.
    pub async fn start(options: RangeOptions) -> io::Result<Range> {
        let mut range = Range::bare(options.play, user(options.scenario.situation)).await?;
        let s3 = S3::start(store(range.clock, options.scenario)).await?;
        let keys = S3Options::default();
        range.world.set_object_store(ObjectStore {
            address: s3.address(),
            access_key: keys.access_key.clone(),
            secret_key: Sensitive::new(keys.secret_key.clone()),
        });
        range.s3 = Some(s3);
        let client = range.operator_client().await?;
        range.jobs = Some(Jobs::start(client.clone(), options.pace));
        range.kubelet = Some(range.start_kubelet(client.clone(), options.pace).await?);
        range.play(options, &client, &StoreKeys { access_key: &keys.access_key, secret_key: &keys.secret_key }).await?;
        range.server.clear_requests();
        Ok(range)
    }

    /// Only a server with a generation's CRDs: nothing moves in it, so that loaded objects stay as they are.
    ///
    /// # Errors
    /// When the server cannot be started.
    pub async fn empty(play: Play) -> io::Result<Range> {
        Range::bare(play, User::named(USER).group("system:masters")).await
    }

    async fn bare(play: Play, user: User) -> io::Result<Range> {
        install_tls_provider();
        let server = Server::start(Options::playing(play)).await?;
        let directory = PrivateDir::new()?;
        let kubeconfig_file = directory.write("kubeconfig", &server.kubeconfig(&user, NAMESPACE))?;
        Ok(Range {
            manager: None,
            operator: None,
            kubelet: None,
            jobs: None,
            s3: None,
            server,
            world: World::new(play),
            clock: Clock { now: Timestamp::now() },
            user,
            kubeconfig_file,
            directory,
        })
    }

    async fn start_kubelet(&self, client: Client, pace: Pace) -> io::Result<Kubelet> {
        let world = self.world.clone();
        Kubelet::start(client, KubeletOptions { node: "range-node".into(), pace, processes: Arc::new(Genuine), world }).await
    }

    async fn play(&mut self, options: RangeOptions, client: &Client, keys: &StoreKeys<'_>) -> io::Result<()> {
        let world = self.world.clone();
        let set_up = SetUp::new(options, self.clock, &world, snapshot::SIZE as u64);
        set_up.tell_the_world();
        set_up.before_the_operator(client, keys).await?;
        self.write_the_past(&set_up);
        let of_operator = OperatorOptions::new(options.play, options.pace);
        if options.scenario.situation == Situation::OperatorDead {
            self.employ(Operator::start_frozen(client.clone(), of_operator), options.play);
            return Ok(());
        }
        let operator = Operator::start(client.clone(), of_operator);
        operator.settled().await;
        self.employ(operator, options.play);
        set_up.with_the_operator(client).await?;
        set_up.lived_through().into_iter().for_each(|(restore, ago)| self.date_back(restore, ago));
        Ok(())
    }

    /// From here on the operator does what its Deployment says.
    fn employ(&mut self, operator: Operator, play: Play) {
        self.manager = Some(Manager::start(self.server.store().clone(), play, operator.running()));
        self.operator = Some(operator);
    }

    /// Gives what the range made a moment ago the age the scenario tells of, and forgets how it was made.
    fn write_the_past(&self, set_up: &SetUp<'_>) {
        let store = self.server.store();
        let long_ago = time(self.clock.minutes_ago(40 * 24 * 60));
        for kind in OLD {
            for object in store.list(kind, None) {
                let age = |object: &mut Value| object["metadata"]["creationTimestamp"] = json!(long_ago);
                if label(&object, JOB).is_empty() {
                    store.edit(kind, namespace(&object), name(&object), age);
                }
            }
        }
        if let Some((restore, ago)) = set_up.told_of() {
            let created = json!(time(before(self.clock.now, ago)));
            store.edit("openbaorestores", NAMESPACE, restore, |object| object["metadata"]["creationTimestamp"] = created);
        }
        for (job, minutes) in set_up.aged() {
            let at = time(self.clock.minutes_ago(minutes));
            let one_time = |_: &str| Some(at.clone());
            store.edit("jobs", NAMESPACE, &job, |job| retime(job, &one_time));
            for pod in store.list("pods", Some(NAMESPACE)).iter().filter(|pod| label(pod, JOB) == job) {
                store.edit("pods", NAMESPACE, name(pod), |pod| retime(pod, &one_time));
            }
        }
        for event in store.list("events", None) {
            store.delete("events", namespace(&event), name(&event));
        }
        if let Some(cluster) = store.get("openbaoclusters", NAMESPACE, CLUSTER) {
            for object in set_up.past(&cluster) {
                store.seed(object);
            }
        }
    }

    /// Gives a restore that was run a moment ago the age the scenario tells of: with its Job, the Job's pods, what was said of
    /// them, and since when it holds the lock. The lock's last renewal stays: that is of now.
    fn date_back(&self, restore: &str, ago: SignedDuration) {
        let store = self.server.store();
        let earlier = |at: &str| at.parse().ok().map(|at: Timestamp| time(before(at, ago)));
        let job = format!("restore-{restore}");
        let of_it = |name: &str| name == restore || name == job || name.starts_with(&format!("{job}-"));
        for (kind, key) in [
            ("openbaorestores", "/metadata/name"),
            ("jobs", "/metadata/name"),
            ("pods", "/metadata/name"),
            ("events", "/involvedObject/name"),
        ] {
            for object in store.list(kind, Some(NAMESPACE)).iter().filter(|object| of_it(text(object, key))) {
                store.edit(kind, NAMESPACE, name(object), |object| {
                    // A Job's deadline is counted from it, at the range's own pace: three minutes ago it would be over.
                    let started = (kind == "jobs").then(|| object["status"]["startTime"].clone());
                    retime(object, &earlier);
                    if let Some(started) = started {
                        object["status"]["startTime"] = started;
                    }
                });
            }
        }
        store.edit("openbaoclusters", NAMESPACE, CLUSTER, |cluster| {
            let lock = &mut cluster["status"]["operationLock"];
            if text(lock, "/holder") == format!("openbaorestore/{restore}")
                && let Some(at) = earlier(text(lock, "/acquiredAt"))
            {
                lock["acquiredAt"] = json!(at);
            }
        });
    }

    /// Loads objects as they are, status, uid and times included; a `List` is loaded item by item.
    pub fn load(&self, objects: impl IntoIterator<Item = Value>) {
        for object in objects {
            match list(&object, "/items") {
                [] => drop(self.server.store().seed(object)),
                items => items.iter().for_each(|item| drop(self.server.store().seed(item.clone()))),
            }
        }
    }

    /// The kubeconfig of the person on call.
    pub fn kubeconfig(&self) -> String {
        self.server.kubeconfig(&self.user, NAMESPACE)
    }

    /// The file it is in, readable by its owner only, gone with the range.
    pub fn kubeconfig_file(&self) -> &Path {
        &self.kubeconfig_file
    }

    /// A private directory that is gone with the range.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The API server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What its pods share.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The operator, on a range that was started for a scenario.
    pub fn operator(&self) -> Option<&Operator> {
        self.operator.as_ref()
    }

    /// The kubelet, on a range that was started for a scenario.
    pub fn kubelet(&self) -> Option<&Kubelet> {
        self.kubelet.as_ref()
    }

    /// The object store, on a range that was started for a scenario.
    pub fn s3(&self) -> Option<&S3> {
        self.s3.as_ref()
    }

    /// The key of a snapshot of the scenario.
    pub fn key(&self, which: Which) -> String {
        which.key(self.clock)
    }

    /// A client that may do everything, as somebody else than the person on call.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub async fn operator_client(&self) -> io::Result<Client> {
        let user = User::named(operator::SERVICE_ACCOUNT).group("system:masters");
        self.server.client(&user).await.map_err(io::Error::other)
    }

    /// Ends everything, in order.
    pub async fn shutdown(mut self) {
        drop(self.manager.take());
        if let Some(operator) = self.operator.take() {
            operator.stop().await;
        }
        if let Some(kubelet) = self.kubelet.take() {
            kubelet.stop().await;
        }
        if let Some(jobs) = self.jobs.take() {
            jobs.stop().await;
        }
        if let Some(s3) = self.s3.take() {
            s3.stop().await;
        }
    }
}

/// The label of a Job's pods that names it.
const JOB: &str = "batch.kubernetes.io/job-name";

/// Changes every time an object tells of, outside its spec.
fn retime(object: &mut Value, change: &dyn Fn(&str) -> Option<String>) {
    match object {
        Value::Object(fields) => fields.iter_mut().filter(|(key, _)| *key != "spec").for_each(|(_, value)| retime(value, change)),
        Value::Array(items) => items.iter_mut().for_each(|item| retime(item, change)),
        Value::String(at) if at.parse::<Timestamp>().is_ok() => {
            if let Some(changed) = change(at) {
                *at = changed;
            }
        }
        _ => {}
    }
}

fn before(at: Timestamp, ago: SignedDuration) -> Timestamp {
    at.saturating_sub(ago).unwrap_or(at)
}

/// What has been there for long before a scenario begins.
const OLD: [&str; 8] = ["namespaces", "nodes", "openbaoclusters", "statefulsets", "pods", "services", "secrets", "deployments"];

/// Who the kubeconfig is for: everything is allowed, but in `denied`.
fn user(situation: Situation) -> User {
    let user = User::named(USER);
    if situation == Situation::MayNotRestore { user } else { user.group("system:masters") }
}

fn store(clock: Clock, scenario: &Scenario) -> S3Options {
    let stored = snapshots(clock, scenario).into_iter();
    let objects = stored.map(|(key, last_modified, bytes)| (key, Object { bytes: bytes.into(), last_modified })).collect();
    S3Options { buckets: BTreeMap::from([(BUCKET.to_owned(), Bucket::new(objects))]), ..S3Options::default() }
}

/// The snapshots of a scenario's bucket: key, time and bytes. Those of the cluster itself are of its servers and its seal,
/// the one of another cluster is not.
pub fn snapshots(clock: Clock, scenario: &Scenario) -> Vec<(String, Timestamp, Vec<u8>)> {
    let situation = scenario.situation;
    let colour = situation.is_blue_green().then_some(REVISIONS.0);
    let make = |cluster: &str, revision: Option<&str>, index: u64, taken_at: Timestamp| {
        let members = snapshot::servers(cluster, revision);
        snapshot::Recipe { namespace: NAMESPACE, cluster, members, version: VERSION, index, taken_at }.make()
    };
    let mut all: Vec<_> =
        (69..).zip(clock.backups()).map(|(index, (at, key))| (key, at, make(CLUSTER, colour, index, at))).collect();
    let foreign = clock.minutes_ago(64);
    all.push((clock.foreign_key(), foreign, make(FOREIGN_CLUSTER, Some(REVISIONS.0), 97, foreign)));
    if situation.has_upgraded() {
        let at = clock.minutes_ago(36);
        all.push((clock.pre_upgrade_key(), at, make(CLUSTER, colour, 75, at)));
    }
    all
}

/// One TLS provider for all; another part of the process may have installed it already.
fn install_tls_provider() {
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
}
