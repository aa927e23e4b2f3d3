//! A scenario of the practice range on a real control plane, set up by the range's own code.

use jiff::Timestamp;
use kubectl_openbao::drill::kubelet::Kubelet;
use kubectl_openbao::drill::operator::Operator;
use kubectl_openbao::drill::s3::S3;
use kubectl_openbao::drill::scenarios::names::{BUCKET, Clock, NAMESPACE};
use kubectl_openbao::drill::scenarios::set_up::{SetUp, StoreKeys};
use kubectl_openbao::drill::scenarios::{RangeOptions, find, snapshots};
use kubectl_openbao::drill::snapshot::SIZE;
use kubectl_openbao::drill::world::World;
use tokio::task::block_in_place;

use super::cluster::service_accounts;
use super::range::{PACE, kubelet, object_store, operator};
use super::{ControlPlane, OPERATOR};

/// A scenario being played; it ends when dropped. Its names are fixed, so each needs a control plane of its own.
pub struct Played {
    /// The times it tells of, and with them its snapshots' keys.
    pub clock: Clock,
    /// What servers and executors would know themselves.
    pub world: World,
    _operator: Operator,
    _kubelet: Kubelet,
    _s3: S3,
}

impl Played {
    /// Sets a scenario up and returns once it stands.
    pub async fn start(plane: &ControlPlane, name: &str) -> Played {
        let play = plane.generation().play();
        let options = RangeOptions { scenario: find(name).unwrap(), play, pace: PACE };
        let (clock, world) = (Clock { now: Timestamp::now() }, World::new(play));
        let s3 = object_store(&world).await;
        for (key, _, bytes) in snapshots(clock, options.scenario) {
            s3.put(BUCKET, &key, bytes);
        }
        block_in_place(|| prepare(plane));
        let set_up = SetUp::new(options, clock, &world, SIZE as u64);
        set_up.tell_the_world();
        let kubelet = kubelet(plane, &world).await;
        let client = plane.client_for(OPERATOR, &[]).await;
        let store = world.object_store().expect("set just now");
        let keys = StoreKeys { access_key: &store.access_key, secret_key: store.secret_key.expose() };
        set_up.before_the_operator(&client, &keys).await.unwrap();
        let operator = operator(plane).await;
        operator.settled().await;
        set_up.with_the_operator(&client).await.unwrap();
        Played { clock, world, _operator: operator, _kubelet: kubelet, _s3: s3 }
    }
}

/// What the embedded server does without: ServiceAccounts.
fn prepare(plane: &ControlPlane) {
    for namespace in [NAMESPACE, "storage"] {
        plane.create_namespace(namespace);
    }
    plane.apply_as(OPERATOR, &service_accounts(NAMESPACE));
}
