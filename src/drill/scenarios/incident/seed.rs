//! Puts an incident there: Raft into the world; Jobs, logs and volumes through the API.

use serde_json::{Value, json};

use super::super::names::{CLUSTER, NAMESPACE, REVISIONS};
use super::super::objects;
use super::super::seed::Seeder;
use super::{Incident, PastJob};
use crate::drill::operator::health::ended;
use crate::drill::operator::values::{label, merged, name, text, uid};
use crate::drill::processes::script::{Script, Step};
use crate::drill::world::World;

/// How many characters of a Job's name its pods' names keep.
const KEPT: usize = 57;

impl Incident {
    /// Tells the world how Raft stands, what goes on going wrong, and what the Jobs of the past logged.
    pub fn tell_the_world(&self, world: &World) {
        world.set_peers(NAMESPACE, CLUSTER, self.peers.clone());
        world.set_last_leader(NAMESPACE, CLUSTER, &self.leader);
        if let Some((pod, false)) = &self.removed {
            world.set_removed(NAMESPACE, CLUSTER, pod);
        }
        for (action, fault) in &self.faults {
            world.set_upgrade_fault(NAMESPACE, CLUSTER, action, Some(*fault));
        }
        for past in &self.past {
            let steps = past.log.iter().cloned().map(Step::Say).chain([Step::Exit(past.exit)]);
            let pods: String = name(&past.job).chars().take(KEPT).collect();
            world.set_script(NAMESPACE, &pods, past.container(), Script::Always(steps.collect()));
        }
    }

    /// A server that shall hang led until now: its labels say so for ever, and then another one's, too.
    ///
    /// # Errors
    /// What the API server says, or that nobody else came to lead.
    pub async fn hang(&self, world: &World, seeder: &Seeder, servers: &mut [Value]) -> std::io::Result<()> {
        let Some((removed, true)) = &self.removed else { return Ok(()) };
        world.set_hanging(NAMESPACE, CLUSTER, removed, true);
        world.set_removed(NAMESPACE, CLUSTER, removed);
        let leader = world.cluster(NAMESPACE, CLUSTER).and_then(|cluster| cluster.leader).unwrap_or_default();
        for server in servers.iter_mut().filter(|server| name(server) == leader) {
            let metadata = json!({"name": leader, "namespace": NAMESPACE});
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
            *server = seeder.wait(&pod, "the next leader", |pod| label(pod, "openbao-active") == "true").await?;
        }
        Ok(())
    }

    /// The revisions whose servers run.
    pub fn revisions(&self) -> Vec<&'static str> {
        if self.green { vec![REVISIONS.0, REVISIONS.1] } else { vec![REVISIONS.0] }
    }

    /// Runs the Jobs of the past, before there is an operator that would act on them, and adds the volumes.
    ///
    /// # Errors
    /// What the API server says, or a Job that never ended.
    pub async fn put(&self, seeder: &Seeder, cluster: &Value) -> std::io::Result<()> {
        for object in self.surroundings() {
            seeder.put(&object).await.map_err(std::io::Error::other)?;
        }
        for past in &self.past {
            let owner = json!({"metadata": {"ownerReferences": [merged(&past.job["metadata"]["ownerReferences"][0], &json!({"uid": uid(cluster)}))]}});
            seeder.put(&merged(&past.job, &owner)).await.map_err(std::io::Error::other)?;
        }
        for past in &self.past {
            seeder.wait(&past.job, "ended", ended).await?;
        }
        Ok(())
    }

    fn surroundings(&self) -> Vec<Value> {
        let accounts = ["upgrade", "backup"].map(|kind| {
            let metadata = json!({"name": format!("{CLUSTER}-{kind}-serviceaccount"), "namespace": NAMESPACE});
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        });
        let claims = REVISIONS_WITH_DATA.iter().flat_map(|revision| (0..3).map(|n| objects::claim(revision, n)));
        accounts.into_iter().chain(claims).collect()
    }
}

/// Volumes outlive the servers: both colours have theirs.
const REVISIONS_WITH_DATA: [&str; 2] = [REVISIONS.0, REVISIONS.1];

impl PastJob {
    fn container(&self) -> &str {
        text(&self.job, "/spec/template/spec/containers/0/name")
    }
}
