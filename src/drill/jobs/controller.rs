//! The Job controller: watches Jobs and pods, and does what [`decide`] says.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::decide::{Decision, Tally, decide};
use crate::drill::Pace;
use crate::drill::events::{Note, record, reference};
use crate::drill::feed::{Change, Feed};
use crate::drill::world::random;

/// Pod changes are looked at in batches, this long after the first (so the last run of a failing pod has begun).
const BATCH: Duration = Duration::from_secs(1);
/// After an error.
const RETRY: Duration = Duration::from_millis(200);
/// How many characters of a Job's name its pods keep.
const NAME: usize = 57;

struct Controller {
    client: Client,
    pace: Pace,
    jobs: HashMap<String, Job>,
    /// Pods by uid, with the uid of their Job.
    pods: HashMap<String, (String, Pod)>,
    tallies: HashMap<String, Tally>,
    due: HashMap<String, Instant>,
}

/// Controls Jobs for ever.
pub(super) async fn run(client: Client, pace: Pace) {
    let mut jobs = Feed::start(Api::<Job>::all(client.clone()));
    let mut pods = Feed::start(Api::<Pod>::all(client.clone()));
    let mut controller =
        Controller { client, pace, jobs: HashMap::new(), pods: HashMap::new(), tallies: HashMap::new(), due: HashMap::new() };
    // Without the pods, every Job would seem to lack its own.
    match pods.next().await {
        Some(change) => controller.see_pods(change),
        None => return,
    }
    loop {
        let next = controller.due.values().min().copied();
        let timer = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            change = pods.next() => match change {
                Some(change) => controller.see_pods(change),
                None => return,
            },
            change = jobs.next() => match change {
                Some(change) => controller.see_jobs(change),
                None => return,
            },
            () = timer => controller.work().await,
        }
    }
}

impl Controller {
    fn see_jobs(&mut self, change: Change<Job>) {
        match change {
            Change::All(jobs, _) => {
                self.jobs.clear();
                jobs.into_iter().for_each(|job| self.see_job(job));
            }
            Change::Applied(job) => self.see_job(job),
            Change::Deleted(job) => {
                let uid = job.uid().unwrap_or_default();
                self.jobs.remove(&uid);
                self.tallies.remove(&uid);
                self.due.remove(&uid);
            }
        }
    }

    fn see_job(&mut self, job: Job) {
        let Some(uid) = job.uid() else { return };
        self.wake(&uid, Duration::ZERO);
        self.jobs.insert(uid, job);
    }

    fn see_pods(&mut self, change: Change<Pod>) {
        match change {
            Change::All(pods, version) => {
                let listed: HashSet<String> = pods.iter().filter_map(ResourceExt::uid).collect();
                // One that was created while the list was on its way is not in it, and not lost.
                let lost = |(uid, (_, pod)): &(&String, &(String, Pod))| !listed.contains(*uid) && !is_newer(pod, &version);
                let lost: Vec<String> = self.pods.iter().filter(lost).map(|(uid, _)| uid.clone()).collect();
                lost.iter().for_each(|uid| self.lose_pod(uid, None));
                pods.into_iter().for_each(|pod| self.see_pod(pod));
            }
            Change::Applied(pod) => self.see_pod(pod),
            Change::Deleted(pod) => self.lose_pod(&pod.uid().unwrap_or_default(), Some(&pod)),
        }
    }

    fn see_pod(&mut self, pod: Pod) {
        let owner = pod.owner_references().iter().find(|owner| owner.kind == "Job" && owner.controller == Some(true));
        let (Some(job), Some(uid)) = (owner.map(|owner| owner.uid.clone()), pod.uid()) else { return };
        self.tallies.entry(job.clone()).or_default().count(&pod, false, Timestamp::now());
        self.wake(&job, BATCH);
        self.pods.insert(uid, (job, pod));
    }

    fn lose_pod(&mut self, uid: &str, last: Option<&Pod>) {
        let Some((job, pod)) = self.pods.remove(uid) else { return };
        self.tallies.entry(job.clone()).or_default().count(last.unwrap_or(&pod), true, Timestamp::now());
        self.wake(&job, BATCH);
    }

    /// Looks at a Job after a while, or earlier if that was planned before.
    fn wake(&mut self, job: &str, after: Duration) {
        let at = Instant::now() + if after.is_zero() { after } else { self.pace.of(after) };
        let due = self.due.entry(job.to_owned()).or_insert(at);
        *due = at.min(*due);
    }

    async fn work(&mut self) {
        let now = Instant::now();
        let due: Vec<String> = self.due.iter().filter(|(_, at)| **at <= now).map(|(uid, _)| uid.clone()).collect();
        for uid in due {
            self.due.remove(&uid);
            let Some(job) = self.jobs.get(&uid).cloned().filter(|job| job.metadata.deletion_timestamp.is_none()) else {
                continue;
            };
            let pods: Vec<&Pod> = self.pods.values().filter(|(owner, _)| *owner == uid).map(|(_, pod)| pod).collect();
            let tally = self.tallies.entry(uid.clone()).or_default();
            let decision = decide(&job, &pods, tally, self.pace, Timestamp::now());
            if let Some(again) = decision.again {
                self.due.insert(uid.clone(), now + again);
            }
            if self.act(&job, decision).await.is_err() {
                self.due.insert(uid, Instant::now() + RETRY);
            }
        }
    }

    async fn act(&mut self, job: &Job, decision: Decision) -> kube::Result<()> {
        let jobs: Api<Job> = Api::namespaced(self.client.clone(), &job.namespace().unwrap_or_default());
        if decision.expire {
            let params = DeleteParams {
                propagation_policy: Some(PropagationPolicy::Background),
                preconditions: precondition(job.uid()),
                ..DeleteParams::default()
            };
            return ignore_gone(jobs.delete(&job.name_any(), &params).await);
        }
        for _ in 0..decision.create {
            self.create(job).await?;
        }
        for pod in &decision.delete {
            self.delete(job, pod).await?;
        }
        if let Some(status) = decision.status.filter(|status| differs(job, status)) {
            let patch = Patch::Merge(json!({ "status": status }));
            // Remembered at once, like everything done here: the watch may be slower than the next look at this Job.
            match jobs.patch_status(&job.name_any(), &PatchParams::default(), &patch).await {
                Ok(job) => self.jobs.extend(job.uid().map(|uid| (uid, job))),
                gone => return ignore_gone(gone),
            }
            if let Some((warning, reason, message)) = decision.event {
                self.event(job, warning, reason, message.to_owned()).await;
            }
        }
        Ok(())
    }

    async fn event(&self, job: &Job, warning: bool, reason: &str, message: String) {
        record(&self.client, &reference(job), Note { component: "job-controller", warning, reason, message }).await;
    }

    async fn create(&mut self, job: &Job) -> kube::Result<()> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &job.namespace().unwrap_or_default());
        let pod = pods.create(&PostParams::default(), &new_pod(job)).await?;
        self.event(job, false, "SuccessfulCreate", format!("Created pod: {}", pod.name_any())).await;
        self.see_pod(pod);
        Ok(())
    }

    async fn delete(&mut self, job: &Job, pod: &str) -> kube::Result<()> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &job.namespace().unwrap_or_default());
        match pods.delete(pod, &DeleteParams::default()).await {
            Ok(deleted) => deleted.map_left(|pod| self.see_pod(pod)),
            gone => return ignore_gone(gone),
        };
        self.event(job, false, "SuccessfulDelete", format!("Deleted pod: {pod}")).await;
        Ok(())
    }
}

/// Whether a pod was written after a list of this version was made.
fn is_newer(pod: &Pod, list: &str) -> bool {
    let version = |text: &str| text.parse::<u64>().ok();
    pod.resource_version().and_then(|pod| version(&pod)).zip(version(list)).is_some_and(|(pod, list)| pod > list)
}

fn precondition(uid: Option<String>) -> Option<Preconditions> {
    Some(Preconditions { uid, resource_version: None })
}

/// What is gone, or has become something else, needs no more work; the watch tells the rest.
fn ignore_gone<T>(result: kube::Result<T>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        other => other.map(drop),
    }
}

/// Whether a merge patch would change the status.
fn differs(job: &Job, status: &Value) -> bool {
    let now = job.status.as_ref().and_then(|status| serde_json::to_value(status).ok()).unwrap_or_default();
    let fields = status.as_object().into_iter().flatten();
    fields.filter(|(_, value)| **value != json!({})).any(|(name, value)| now.get(name).unwrap_or(&Value::Null) != value)
}

fn labels(job: &Job) -> Value {
    let (uid, name) = (job.uid().unwrap_or_default(), job.name_any());
    let template = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref()?.labels.clone());
    let mut labels = json!(template.unwrap_or_default());
    for (key, value) in [("controller-uid", &uid), ("job-name", &name)] {
        labels[key] = value.as_str().into();
        labels[format!("batch.kubernetes.io/{key}")] = value.as_str().into();
    }
    labels
}

/// A pod from a Job's template.
fn new_pod(job: &Job) -> Pod {
    let template = job.spec.as_ref().map(|spec| spec.template.clone()).unwrap_or_default();
    let prefix: String = job.name_any().chars().take(NAME).collect();
    let mut pod = Pod { spec: template.spec, ..Pod::default() };
    pod.metadata.name = Some(format!("{prefix}-{}", suffix()));
    pod.metadata.generate_name = Some(format!("{prefix}-"));
    pod.metadata.namespace = job.namespace();
    pod.metadata.labels = serde_json::from_value(labels(job)).ok();
    pod.metadata.annotations = template.metadata.and_then(|metadata| metadata.annotations);
    pod.metadata.owner_references = job.controller_owner_ref(&()).map(|owner| {
        vec![k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference { block_owner_deletion: Some(true), ..owner }]
    });
    pod
}

/// Five characters of the alphabet the API server uses for generated names.
fn suffix() -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    random::<5>().iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::kubelet::tests::Range;

    /// Seen when the API server came back while a Job began: its pod was counted as lost, and the Job as failed.
    #[tokio::test]
    async fn a_pod_newer_than_a_list_is_not_lost() {
        let client = Range::start().await.client.clone();
        let none = HashMap::new;
        let mut controller = Controller {
            client,
            pace: Pace(1.0),
            jobs: HashMap::new(),
            pods: none(),
            tallies: HashMap::new(),
            due: HashMap::new(),
        };
        let owner = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "job", "controller": true}]);
        let metadata = json!({"name": "p", "uid": "pod", "resourceVersion": "10", "ownerReferences": owner});
        controller.see_pod(serde_json::from_value(json!({"metadata": metadata})).expect("a pod"));
        controller.see_pods(Change::All(Vec::new(), "9".into()));
        assert!(controller.tallies["job"].failed.is_empty(), "the list was made before it");
        controller.see_pods(Change::All(Vec::new(), "10".into()));
        assert_eq!(controller.tallies["job"].failed.len(), 1, "it was there, and is not any more");
    }
}
