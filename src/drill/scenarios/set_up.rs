//! Setting a scenario up, in two parts: the objects before the operator looks, and what needs the operator running.

use std::io;

use jiff::SignedDuration;
use kube::Client;
use serde_json::{Value, json};

use super::incident::Incident;
use super::names::{BUCKET, CLUSTER, CREDENTIALS, Clock, NAMESPACE, OTHER, REVISIONS, VERSION};
use super::objects;
use super::seed::{Seeder, serving};
use super::{RangeOptions, Situation, aftermath};
use crate::drill::Play;
use crate::drill::operator::values::{list, merged, name, text, time};
use crate::drill::operator::{NAMESPACE as OPERATOR_NAMESPACE, health, jobs};
use crate::drill::processes::script::{Script, Step};
use crate::drill::world::raft::Peer;
use crate::drill::world::{ClusterSpec, UpgradeFault, World, hex, random};

/// The keys of the object store.
pub struct StoreKeys<'a> {
    /// The access key.
    pub access_key: &'a str,
    /// The secret key.
    pub secret_key: &'a str,
}

/// Sets a scenario up through the API: on the embedded server, or on a real control plane.
///
/// In order: [`SetUp::tell_the_world`]; then a kubelet that runs in that world, and
/// [`SetUp::before_the_operator`]; then the operator, and [`SetUp::with_the_operator`]. The client must be allowed
/// everything, and speak as the operator's own account where admission policies guard what the operator manages.
pub struct SetUp<'a> {
    play: Play,
    situation: Situation,
    clock: Clock,
    world: &'a World,
    snapshot_size: u64,
    /// What happened to a blue/green cluster, in the scenarios about that.
    incident: Option<Incident>,
}

impl<'a> SetUp<'a> {
    /// A set-up of the scenario as of the clock's now, with snapshots of this size in the bucket.
    pub fn new(options: RangeOptions, clock: Clock, world: &'a World, snapshot_size: u64) -> Self {
        let (play, situation) = (options.play, options.scenario.situation);
        let incident = Incident::of(situation, play, clock, &hex(&random::<16>()));
        SetUp { play, situation, clock, world, snapshot_size, incident }
    }

    /// Tells the world of the cluster and of the snapshots in the bucket.
    pub fn tell_the_world(&self) {
        self.world.add_cluster(&ClusterSpec { namespace: NAMESPACE.into(), name: CLUSTER.into(), version: VERSION.into() });
        let upgrade = self.incident.is_some().then(|| self.clock.pre_upgrade_key());
        for key in self.clock.backups().into_iter().map(|(_, key)| key).chain(upgrade) {
            if let Some(snapshot) = self.world.snapshot_of(NAMESPACE, CLUSTER, self.snapshot_size) {
                self.world.put_snapshot(BUCKET, &key, snapshot);
            }
        }
        self.world.put_snapshot(BUCKET, &self.clock.foreign_key(), World::foreign_snapshot(self.snapshot_size));
        match self.situation {
            Situation::LiveUpgrade => self.green_has_joined(),
            Situation::RunningRestore => {
                // Somebody else's restore takes its time.
                let slow = Script::Always(vec![Step::Say("Starting restore operation...".into()), Step::Wait(1_800_000)]);
                self.world.set_script(NAMESPACE, &format!("restore-{OTHER}"), "restore", slow);
            }
            _ => {}
        }
        if let Some(incident) = &self.incident {
            incident.tell_the_world(self.world);
        }
    }

    fn green_has_joined(&self) {
        let peer = |revision: &str, voter, ordinal| Peer { id: format!("{CLUSTER}-{revision}-{ordinal}"), voter };
        let blue = (0..3).map(|ordinal| peer(REVISIONS.0, true, ordinal));
        let green = (0..3).map(|ordinal| peer(REVISIONS.1, false, ordinal));
        self.world.set_peers(NAMESPACE, CLUSTER, blue.chain(green).collect());
        self.world.set_upgrade_fault(NAMESPACE, CLUSTER, "bluegreen-wait-green-synced", Some(UpgradeFault::Slow));
    }

    /// Everything that is there before the operator looks; returns once the servers serve.
    ///
    /// # Errors
    /// What the API server says, or what never came up.
    pub async fn before_the_operator(&self, client: &Client, keys: &StoreKeys<'_>) -> io::Result<()> {
        let seeder = Seeder::new(client.clone());
        self.surroundings(&seeder, keys).await.map_err(io::Error::other)?;
        let cluster = self.cluster(&seeder).await.map_err(io::Error::other)?;
        let mut servers = self.servers(&seeder, &cluster).await?;
        if let Some(incident) = &self.incident {
            incident.put(&seeder, &cluster).await?;
            incident.hang(self.world, &seeder, &mut servers).await?;
        }
        self.cluster_status(&seeder, &cluster, &servers).await.map_err(io::Error::other)?;
        match self.situation {
            Situation::UnknownOutcome if self.play == Play::V05 => aftermath::commit_and_lose(&seeder, self.clock).await,
            Situation::NoLeaderAfterRestore => aftermath::completed(&seeder, self.clock, self.play).await,
            Situation::OperatorDead => aftermath::stop_the_operator(&seeder, self.clock, self.play).await,
            _ => Ok(()),
        }
    }

    async fn surroundings(&self, seeder: &Seeder, keys: &StoreKeys<'_>) -> kube::Result<()> {
        let ca = self.world.ca_certificate(NAMESPACE, CLUSTER).unwrap_or_default();
        let mut all = vec![objects::namespace(NAMESPACE), objects::namespace(OPERATOR_NAMESPACE)];
        all.extend(objects::store());
        all.push(objects::deployment(self.play));
        all.push(objects::secret(&format!("{CLUSTER}-tls-ca"), &json!({"ca.crt": ca})));
        all.push(objects::secret(&format!("{CLUSTER}-tls-server"), &json!({"ca.crt": ca})));
        all.push(objects::secret(&format!("{CLUSTER}-unseal-key"), &json!({"key": "practice-range-unseal-key"})));
        let keys = json!({"accessKeyId": keys.access_key, "secretAccessKey": keys.secret_key});
        all.push(objects::secret(CREDENTIALS, &keys));
        all.push(objects::service());
        if self.situation == Situation::MayNotRestore {
            all.extend(objects::role(NAMESPACE, "onlooker", &objects::almost_everything()));
            all.extend(objects::role("storage", "onlooker", &objects::almost_everything()));
            all.extend(objects::role(OPERATOR_NAMESPACE, "onlooker", &objects::almost_everything()));
        }
        for object in &all {
            seeder.put(object).await?;
        }
        let deployment = objects::deployment(self.play);
        seeder.status(&deployment, &objects::available(&time(self.clock.minutes_ago(4000)))).await
    }

    async fn cluster(&self, seeder: &Seeder) -> kube::Result<Value> {
        let mut cluster = objects::cluster();
        if self.situation == Situation::LiveUpgrade {
            cluster = merged(&cluster, &json!({"spec": objects::upgrading_spec()}));
        }
        if let Some(incident) = &self.incident {
            cluster = merged(&cluster, &json!({"spec": incident.spec}));
        }
        seeder.put(&cluster).await
    }

    async fn servers(&self, seeder: &Seeder, cluster: &Value) -> io::Result<Vec<Value>> {
        let revisions = match (self.situation, &self.incident) {
            (Situation::LiveUpgrade, _) => vec![Some(REVISIONS.0), Some(REVISIONS.1)],
            (_, Some(incident)) => incident.revisions().into_iter().map(Some).collect(),
            _ => vec![None],
        };
        let mut servers = Vec::new();
        for revision in revisions {
            let workload = seeder.put_owned(&objects::workload(revision), cluster).await.map_err(io::Error::other)?;
            for ordinal in 0..3 {
                let metadata = json!({"name": format!("{}-{ordinal}", name(&workload)), "namespace": NAMESPACE});
                let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
                servers.push(seeder.wait(&pod, "an unsealed, Ready server", serving).await?);
            }
        }
        if self.situation == Situation::NoLeaderAfterRestore {
            return aftermath::lose_two_servers(seeder, self.world).await;
        }
        Ok(servers)
    }

    /// The status as the operator would have left it, computed by its own rules from the pods as they are.
    async fn cluster_status(&self, seeder: &Seeder, cluster: &Value, servers: &[Value]) -> kube::Result<()> {
        let mut told = objects::told_status(self.clock, self.play);
        if self.situation == Situation::LiveUpgrade {
            told["blueGreen"] = objects::blue_green(self.clock);
            let began = time(self.clock.minutes_ago(6));
            told["operationLock"] =
                objects::lock("Upgrade", "openbaocluster/upgrade", "blue/green upgrade phase Syncing", &began);
        }
        if matches!(self.situation, Situation::LeakedBackupLock | Situation::WaitingRestores | Situation::OperatorDead) {
            told["operationLock"] = leaked_lock(cluster, self.clock);
        }
        if self.situation == Situation::UnknownOutcome && self.play == Play::V05 {
            told["operationLock"] = aftermath::lock(self.clock);
        }
        let mut servers = servers.to_vec();
        if let Some(incident) = &self.incident {
            told = merged(&told, &incident.status);
            // The status was looked at last when somebody still led: in one scenario nobody does any more.
            if let Some(leader) = servers.iter_mut().find(|pod| name(pod) == incident.leader) {
                leader["metadata"]["labels"]["openbao-active"] = json!("true");
            }
        }
        let cluster = merged(cluster, &json!({"status": told}));
        // As of some while ago: nobody's conditions began this second.
        let seen =
            health::Seen { play: self.play, cluster: &cluster, servers: &servers, jobs: &[], now: self.clock.minutes_ago(90) };
        let status = merged(&told, &health::status(&seen, true));
        seeder.status(&cluster, &status).await
    }

    /// What comes about only with the operator at work; returns once the situation is as the scenario says.
    ///
    /// # Errors
    /// What the API server says, or what never came about.
    pub async fn with_the_operator(&self, client: &Client) -> io::Result<()> {
        let seeder = Seeder::new(client.clone());
        match self.situation {
            Situation::LiveUpgrade => self.upgrade_is_live(&seeder).await,
            Situation::RunningRestore => self.other_restore_runs(&seeder).await,
            Situation::WaitingRestores => self.restores_wait(&seeder).await,
            Situation::UpgradeLoop => {
                let started = |cluster: &Value| health::upgrade_phase(cluster).is_some();
                seeder.wait(&objects::cluster(), "upgrading again", started).await.map(drop)
            }
            Situation::UnknownOutcome => aftermath::wait_for_unknown(&seeder, self.clock, self.play).await,
            Situation::SealedAfterRestore => aftermath::restore_and_seal(&seeder, self.clock).await,
            _ => Ok(()),
        }
    }

    /// Jobs that ended a while ago, with how many minutes: only a server whose past can be written makes them that old.
    pub fn aged(&self) -> Vec<(String, i64)> {
        let past = self.incident.iter().flat_map(|incident| &incident.past);
        past.map(|past| (name(&past.job).to_owned(), past.minutes_ago)).collect()
    }

    /// Restores that stand in the past from the start, with their age: their status tells of it already.
    pub fn told_of(&self) -> Option<(&'static str, SignedDuration)> {
        let minutes = match self.situation {
            Situation::UnknownOutcome if self.play == Play::V05 => aftermath::UNKNOWN_SINCE,
            Situation::NoLeaderAfterRestore => aftermath::COMPLETED_FROM,
            Situation::OperatorDead => aftermath::WAITS_SINCE,
            _ => return None,
        };
        Some((OTHER, SignedDuration::from_mins(minutes)))
    }

    /// Restores that the operator worked on while the scenario was set up, with how long ago that is to have been.
    pub fn lived_through(&self) -> Vec<(&'static str, SignedDuration)> {
        let minutes = SignedDuration::from_mins;
        match self.situation {
            Situation::WaitingRestores => WAITING.into_iter().map(|(name, since)| (name, minutes(since))).collect(),
            Situation::RunningRestore => vec![(OTHER, minutes(3))],
            Situation::UnknownOutcome if self.play == Play::Next => vec![(OTHER, minutes(aftermath::UNKNOWN_SINCE))],
            // So long a cluster's status was seen to call sealed servers unsealed (F§15.2.7), and no longer.
            Situation::SealedAfterRestore => vec![(OTHER, SignedDuration::from_secs(75))],
            _ => Vec::new(),
        }
    }

    async fn upgrade_is_live(&self, seeder: &Seeder) -> io::Result<()> {
        let cluster = seeder.get(&objects::cluster()).await.map_err(io::Error::other)?;
        let cluster = merged(&cluster, &json!({"status": {"blueGreen": objects::blue_green(self.clock)}}));
        let executor = jobs::upgrade(&cluster, "bluegreen-wait-green-synced", "");
        seeder.wait(&executor, "an active executor", active).await?;
        let now = time(self.clock.now);
        let renewed = |cluster: &Value| text(cluster, "/status/operationLock/renewedAt") >= now.as_str();
        seeder.wait(&objects::cluster(), "a renewed upgrade lock", renewed).await.map(drop)
    }

    async fn other_restore_runs(&self, seeder: &Seeder) -> io::Result<()> {
        let restore = objects::restore(OTHER, &self.clock.last_key());
        seeder.put(&restore).await.map_err(io::Error::other)?;
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": format!("restore-{OTHER}"), "namespace": NAMESPACE},
        });
        seeder.wait(&job, "an active restore Job", active).await?;
        seeder.wait(&restore, "Running", |restore| text(restore, "/status/phase") == "Running").await.map(drop)
    }

    async fn restores_wait(&self, seeder: &Seeder) -> io::Result<()> {
        let backups = self.clock.backups();
        let older = backups.first().map_or_else(|| self.clock.last_key(), |(_, key)| key.clone());
        for ((name, _), key) in WAITING.into_iter().zip([self.clock.last_key(), older]) {
            let restore = objects::restore(name, &key);
            seeder.put(&restore).await.map_err(io::Error::other)?;
            let waits = |restore: &Value| text(restore, "/status/message").starts_with("Waiting for cluster operation lock");
            seeder.wait(&restore, "waiting behind the lock", waits).await?;
        }
        Ok(())
    }

    /// What only a server whose past can be written takes: the ended Job of the last backup.
    ///
    /// From 0.4 on an operator that sees the ended Job frees its lock: there the Job is gone already, by its TTL.
    pub fn past(&self, cluster: &Value) -> Vec<Value> {
        match self.situation {
            Situation::LeakedBackupLock | Situation::WaitingRestores | Situation::OperatorDead if self.play == Play::Jan => {
                vec![objects::ended_backup(cluster, self.clock)]
            }
            _ => Vec::new(),
        }
    }
}

/// The forgotten restores of `waiting-restores`, and how many minutes each has waited.
const WAITING: [(&str, i64); 2] = [("nightly-verify", 33), ("try-again", 28)];

fn leaked_lock(cluster: &Value, clock: Clock) -> Value {
    let job = objects::ended_backup(cluster, clock);
    let message = format!("backup job {}", name(&job));
    objects::lock("Backup", "openbaocluster/backup", &message, &time(clock.last_backup()))
}

fn active(job: &Value) -> bool {
    let ended = list(job, "/status/conditions").iter().any(|c| matches!(text(c, "/type"), "Complete" | "Failed"));
    !ended && job.pointer("/status/active").and_then(Value::as_i64).unwrap_or_default() > 0
}
