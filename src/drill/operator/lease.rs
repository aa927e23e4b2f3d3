//! The leader lease: the one sign that an operator is alive and would act (F§5.5).

use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::cluster_api::Kind;
use super::values::micro_time;

/// Name of the controller's leader lease.
pub const LEASE: &str = "openbao-controller-leader.openbao.org";
/// How often it is renewed. In real time at every pace: readers compare it with their own clock.
const RENEWAL: Duration = Duration::from_secs(2);

/// Renews the lease until the task is dropped; a frozen operator lets it grow old.
pub async fn renew(client: Client, namespace: String, mut frozen: watch::Receiver<bool>) {
    let since = Timestamp::now();
    while frozen.wait_for(|frozen| !frozen).await.is_ok() {
        let lease = lease(&namespace, since, Timestamp::now());
        let patch = json!({"spec": lease["spec"]});
        // The next renewal makes good what this one could not do.
        if let Err(kube::Error::Api(status)) = Kind::Lease.patch(&client, &namespace, LEASE, &patch).await
            && status.is_not_found()
        {
            let _ = Kind::Lease.create(&client, &lease).await;
        }
        tokio::time::sleep(RENEWAL).await;
    }
}

/// The lease as an operator that leads since a time and renewed it at another leaves it.
pub fn lease(namespace: &str, since: Timestamp, now: Timestamp) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE, "namespace": namespace},
        "spec": {
            "acquireTime": micro_time(since),
            "holderIdentity": "openbao-operator-openbao-operator-controller-b795f779f-drill_35c369ca-547e-4134-8f80-a7bfc21330af",
            "leaseDurationSeconds": 15,
            "leaseTransitions": 1,
            "renewTime": micro_time(now),
        },
    })
}
