//! What the range's pods share: clusters with their seal and data, who leads, which snapshots exist and where.
//!
//! Kubernetes objects are not kept here: the world is what OpenBao servers and object stores would know themselves.
//! Every change wakes whoever waits on [`World::changes`], so that servers seal, unseal and lead without polling.

pub mod raft;
mod upgrade_faults;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

pub use self::upgrade_faults::UpgradeFault;
pub use self::view::{ClusterView, ServerView};
use super::Play;
use super::pki::{Authority, Identity};
use super::processes::script::Script;
use crate::api::sensitive::Sensitive;

/// The shared world; cheap to clone.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    play: Play,
    root_token: Sensitive,
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    clusters: BTreeMap<(String, String), Cluster>,
    snapshots: BTreeMap<(String, String), Snapshot>,
    store: Option<ObjectStore>,
    scripts: Vec<(String, String, String, Script)>,
}

/// How a cluster of the world begins.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// Namespace of the OpenBaoCluster.
    pub namespace: String,
    /// Name of the OpenBaoCluster.
    pub name: String,
    /// OpenBao's version, as the servers report it.
    pub version: String,
}

/// Where the range's S3 endpoint really listens, and who may read it.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    /// The loopback address behind `s3.storage.svc`.
    pub address: SocketAddr,
    /// The access key used when a Job mounts no credentials Secret.
    pub access_key: String,
    /// Its secret key.
    pub secret_key: Sensitive,
}

/// What a stored object is, as far as a server that restores it would find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    /// A snapshot, of this cluster or another one.
    Genuine {
        /// The `cluster_id` that servers report after restoring it.
        cluster_id: String,
        /// The seal its keyring is wrapped with; servers with another seal cannot open it.
        seal: String,
        /// The Raft index it was taken at.
        index: u64,
        /// Size in bytes.
        size: u64,
    },
    /// An object that is no snapshot at all.
    Garbage {
        /// Size in bytes.
        size: u64,
    },
}

/// One way a restore goes wrong that depends on nothing in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreFault {
    /// The servers apply the snapshot, but the response is lost (`EOF`).
    ResponseLost,
    /// The policy of the role lacks the snapshot path (403).
    PolicyLacksSnapshot,
}

struct Cluster {
    authority: Authority,
    view: ClusterView,
    hanging: BTreeSet<String>,
    jwt_roles: BTreeSet<String>,
    /// The StatefulSet whose servers join by themselves.
    home: Option<String>,
    removed_leader_hangs: bool,
    upgrade_faults: BTreeMap<String, UpgradeFault>,
}

impl World {
    /// An empty world for one generation of the operator.
    pub fn new(play: Play) -> Self {
        let root_token = Sensitive::new(format!("s.{}", hex(&random::<12>())));
        let inner = Inner { play, root_token, state: Mutex::default(), version: watch::Sender::new(0) };
        World { inner: Arc::new(inner) }
    }

    /// The generation whose executors run here.
    pub fn play(&self) -> Play {
        self.inner.play
    }

    /// The one token every server of this world knows, as long as the data is its cluster's own.
    pub fn root_token(&self) -> &Sensitive {
        &self.inner.root_token
    }

    /// Wakes on every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }

    /// Adds a cluster with an own authority, identity and seal. Adding it twice changes nothing.
    pub fn add_cluster(&self, spec: &ClusterSpec) {
        let cluster = Cluster {
            authority: Authority::new(&format!("openbao-operator CA for {}/{}", spec.namespace, spec.name)),
            view: ClusterView {
                version: spec.version.clone(),
                cluster_id: uuid(),
                seal: format!("seal-{}-{}", spec.namespace, spec.name),
                data_seal: format!("seal-{}-{}", spec.namespace, spec.name),
                epoch: 0,
                index: 120,
                leader: None,
                last_leader: None,
                leads_since: Timestamp::UNIX_EPOCH,
                servers: BTreeMap::new(),
                peers: Vec::new(),
                removed: BTreeSet::new(),
                own_data: true,
                restore_fault: None,
            },
            hanging: BTreeSet::new(),
            home: None,
            removed_leader_hangs: false,
            upgrade_faults: BTreeMap::new(),
            jwt_roles: ["", "-backup", "-upgrade", "-restore"].map(|role| format!("openbao-operator{role}")).into(),
        };
        self.change(|state| {
            state.clusters.entry((spec.namespace.clone(), spec.name.clone())).or_insert(cluster);
        });
    }

    /// What is known of a cluster now.
    pub fn cluster(&self, namespace: &str, name: &str) -> Option<ClusterView> {
        self.read(namespace, name, |cluster| cluster.view.clone())
    }

    /// The authority's certificate (PEM), as Secret `<cluster>-tls-ca` has it under `ca.crt`.
    pub fn ca_certificate(&self, namespace: &str, name: &str) -> Option<String> {
        self.read(namespace, name, |cluster| cluster.authority.certificate())
    }

    /// A server certificate with the names of F§10.2 for one pod.
    pub fn server_identity(&self, namespace: &str, name: &str, pod: &str) -> Option<Identity> {
        let names = [
            format!("{pod}.{name}.{namespace}.svc"),
            "localhost".into(),
            "127.0.0.1".into(),
            format!("*.{name}.{namespace}.svc"),
            format!("*.{name}.{namespace}.svc.cluster.local"),
            format!("{name}.{namespace}.svc"),
            format!("*.{namespace}.svc"),
            format!("openbao-cluster-{name}.local"),
        ];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.read(namespace, name, |cluster| cluster.authority.server(&names))
    }

    /// Whether the JWT mount knows a role.
    pub fn has_jwt_role(&self, namespace: &str, name: &str, role: &str) -> bool {
        self.read(namespace, name, |cluster| cluster.jwt_roles.contains(role)).unwrap_or(false)
    }

    /// Replaces the JWT roles (a cluster without self-init has none).
    pub fn set_jwt_roles<'a>(&self, namespace: &str, name: &str, roles: impl IntoIterator<Item = &'a str>) {
        let roles = roles.into_iter().map(String::from).collect();
        self.alter(namespace, name, |cluster| cluster.jwt_roles = roles);
    }

    /// Makes the next restores of a cluster fail in a given way, or no longer.
    pub fn set_restore_fault(&self, namespace: &str, name: &str, fault: Option<RestoreFault>) {
        self.alter(namespace, name, |cluster| cluster.view.restore_fault = fault);
    }

    /// Says what an object in a bucket is.
    pub fn put_snapshot(&self, bucket: &str, key: &str, snapshot: Snapshot) {
        self.change(|state| {
            state.snapshots.insert((bucket.into(), key.into()), snapshot);
        });
    }

    /// What an object in a bucket is, if the world was told.
    pub fn snapshot(&self, bucket: &str, key: &str) -> Option<Snapshot> {
        self.state().snapshots.get(&(bucket.to_owned(), key.to_owned())).cloned()
    }

    /// A snapshot of a cluster as its data is now.
    pub fn snapshot_of(&self, namespace: &str, name: &str, size: u64) -> Option<Snapshot> {
        self.read(namespace, name, |cluster| Snapshot::Genuine {
            cluster_id: cluster.view.cluster_id.clone(),
            seal: cluster.view.data_seal.clone(),
            index: cluster.view.index,
            size,
        })
    }

    /// A snapshot as another cluster with another seal would have made it.
    pub fn foreign_snapshot(size: u64) -> Snapshot {
        Snapshot::Genuine { cluster_id: uuid(), seal: format!("seal-{}", uuid()), index: 97, size }
    }

    /// Says where the object store really is.
    pub fn set_object_store(&self, store: ObjectStore) {
        self.change(|state| state.store = Some(store));
    }

    /// Where the object store really is.
    pub fn object_store(&self) -> Option<ObjectStore> {
        self.state().store.clone()
    }

    /// Gives containers of pods whose name starts so a script instead of their genuine process.
    pub fn set_script(&self, namespace: &str, pod_prefix: &str, container: &str, script: Script) {
        self.change(|state| state.scripts.push((namespace.into(), pod_prefix.into(), container.into(), script)));
    }

    /// The script a container shall run, the latest given first.
    pub fn script(&self, namespace: &str, pod: &str, container: &str) -> Option<Script> {
        let state = self.state();
        let fits = |(n, p, c, _): &&(String, String, String, Script)| n == namespace && pod.starts_with(p) && c == container;
        state.scripts.iter().rev().find(fits).map(|(.., script)| script.clone())
    }

    /// Replaces a cluster's data by a snapshot's. Servers with another seal find out, and seal themselves, a moment later.
    pub fn apply_snapshot(&self, namespace: &str, name: &str, snapshot: &Snapshot) {
        let Snapshot::Genuine { cluster_id, seal, index, .. } = snapshot else { return };
        self.alter(namespace, name, |cluster| {
            cluster.view.own_data &= cluster.view.cluster_id == *cluster_id;
            cluster.view.cluster_id.clone_from(cluster_id);
            cluster.view.data_seal.clone_from(seal);
            cluster.view.epoch += 1;
            cluster.view.index = cluster.view.index.max(*index) + 3;
        });
    }

    /// A server's process started, sealed as always.
    pub fn server_started(&self, namespace: &str, name: &str, pod: &str, api_address: String) {
        self.alter(namespace, name, |cluster| {
            let hanging = cluster.hanging.contains(pod);
            cluster.view.servers.insert(pod.into(), ServerView { sealed: true, hanging, api_address });
        });
    }

    /// A server's process ended.
    pub fn server_stopped(&self, namespace: &str, name: &str, pod: &str) {
        self.alter(namespace, name, |cluster| {
            cluster.view.servers.remove(pod);
        });
    }

    /// Seals or unseals a running server.
    pub fn set_sealed(&self, namespace: &str, name: &str, pod: &str, sealed: bool) {
        self.alter(namespace, name, |cluster| {
            if let Some(server) = cluster.view.servers.get_mut(pod) {
                server.sealed = sealed;
            }
        });
    }

    /// Makes a server hang on every request, now and after a restart, or no longer.
    pub fn set_hanging(&self, namespace: &str, name: &str, pod: &str, hanging: bool) {
        self.alter(namespace, name, |cluster| {
            if hanging {
                cluster.hanging.insert(pod.into())
            } else {
                cluster.hanging.remove(pod)
            };
            if let Some(server) = cluster.view.servers.get_mut(pod) {
                server.hanging = hanging;
            }
        });
    }

    /// Moves leadership to a pod; it holds as long as that server is unsealed and answers.
    pub fn set_leader(&self, namespace: &str, name: &str, pod: &str) {
        self.alter(namespace, name, |cluster| {
            cluster.view.leader = Some(pod.into());
            cluster.view.last_leader = Some(pod.into());
            cluster.view.leads_since = Timestamp::now();
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete in itself, so a panic elsewhere while holding the lock leaves nothing half done.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, namespace: &str, name: &str, read: impl FnOnce(&Cluster) -> T) -> Option<T> {
        self.state().clusters.get(&(namespace.to_owned(), name.to_owned())).map(read)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.inner.version.send_modify(|version| *version += 1);
    }

    fn alter(&self, namespace: &str, name: &str, alter: impl FnOnce(&mut Cluster)) {
        self.change(|state| {
            if let Some(cluster) = state.clusters.get_mut(&(namespace.to_owned(), name.to_owned())) {
                alter(cluster);
                cluster.elect();
            }
        });
    }
}

/// The number at the end of a StatefulSet pod's name.
fn ordinal(pod: &str) -> u32 {
    pod.rsplit('-').next().and_then(|text| text.parse().ok()).unwrap_or(u32::MAX)
}

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let world = World::new(Play::Jan);
        world.add_cluster(&ClusterSpec { namespace: "bao".into(), name: "prod".into(), version: "2.5.5".into() });
        for pod in ["prod-10", "prod-2", "prod-0"] {
            world.server_started("bao", "prod", pod, String::new());
        }
        world
    }

    fn leader(world: &World) -> Option<String> {
        world.cluster("bao", "prod").expect("added").leader
    }

    #[test]
    fn the_lowest_unsealed_ordinal_leads_and_keeps_leading() {
        let world = world();
        assert_eq!(leader(&world), None, "every server starts sealed");
        world.set_sealed("bao", "prod", "prod-2", false);
        assert_eq!(leader(&world), None, "only number 0 initialises a cluster");
        world.set_sealed("bao", "prod", "prod-0", false);
        world.set_sealed("bao", "prod", "prod-10", false);
        assert_eq!(leader(&world).as_deref(), Some("prod-0"));
        world.set_hanging("bao", "prod", "prod-0", true);
        assert_eq!(leader(&world).as_deref(), Some("prod-2"), "numbers, not letters, decide");
        world.set_hanging("bao", "prod", "prod-0", false);
        assert_eq!(leader(&world).as_deref(), Some("prod-2"), "a leader is not deposed by a lower ordinal");
        world.set_leader("bao", "prod", "prod-10");
        world.set_sealed("bao", "prod", "prod-0", true);
        world.set_sealed("bao", "prod", "prod-2", true);
        assert_eq!(leader(&world), None, "one of three voters is no majority");
        world.set_sealed("bao", "prod", "prod-2", false);
        assert_eq!(leader(&world).as_deref(), Some("prod-10"), "whoever led last leads again");
        world.server_stopped("bao", "prod", "prod-10");
        assert_eq!(leader(&world), None);
        assert_eq!(world.cluster("bao", "prod").expect("added").last_leader.as_deref(), Some("prod-10"));
    }

    #[test]
    fn a_snapshot_brings_its_identity_and_seal() {
        let world = world();
        let mut changes = world.changes();
        changes.mark_unchanged();
        let before = world.cluster("bao", "prod").expect("added");
        world.apply_snapshot("bao", "prod", &Snapshot::Garbage { size: 4 });
        assert_eq!(world.cluster("bao", "prod").expect("added").epoch, 0);
        world.apply_snapshot("bao", "prod", &World::foreign_snapshot(9));
        let after = world.cluster("bao", "prod").expect("added");
        assert_eq!(after.epoch, 1);
        assert_ne!((after.cluster_id, after.data_seal), (before.cluster_id, before.seal));
        assert!(changes.has_changed().expect("the world lives"));
    }
}
