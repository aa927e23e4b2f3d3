//! The operator's Deployment: whoever scales it stops the operator or brings it back, as the true controllers would.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::objects;
use crate::drill::Play;
use crate::drill::operator::values::{name, namespace, number, time};
use crate::drill::operator::{self, Running};
use crate::drill::server::Store;

/// Who obeys the Deployment. Dropping it stops it.
pub struct Manager(JoinHandle<()>);

impl Manager {
    /// Begins with what the Deployment says now: only a change of it changes anything.
    pub fn start(store: Arc<Store>, play: Play, operator: Running) -> Manager {
        let deployment = objects::deployment(play);
        let mut wanted = replicas(&store, &deployment);
        let mut changes = store.subscribe();
        Manager(tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let now = replicas(&store, &deployment);
                if now == wanted {
                    continue;
                }
                wanted = now;
                operator.set(now > 0);
                store.edit("deployments", operator::NAMESPACE, name(&deployment), |deployment| {
                    deployment["status"] = status(now);
                });
            }
        }))
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How many are wanted; none of a Deployment that is gone.
fn replicas(store: &Store, deployment: &Value) -> i64 {
    let there = store.get("deployments", namespace(deployment), name(deployment));
    there.map_or(0, |deployment| number(&deployment, "/spec/replicas"))
}

/// What the Deployment's controller writes once they are there, or gone.
fn status(replicas: i64) -> Value {
    match replicas {
        0 => json!({"observedGeneration": 1}),
        _ => {
            let mut status = objects::available(&time(Timestamp::now()));
            for count in ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"] {
                status[count] = json!(replicas);
            }
            status
        }
    }
}
