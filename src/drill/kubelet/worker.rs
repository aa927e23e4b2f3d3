//! The life of one pod: mounts, init containers, containers with restarts and back-off, termination, final deletion.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, pending};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, Secret};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::faults::PodFault;
use super::logs::{Output, RunLog};
use super::record::{ContainerRecord, Ended, Run, State};
use super::{Shared, Tracked};
use crate::drill::events::{Note, record, reference};
use crate::drill::processes::{Process, Readiness, Signals, TERMINATED};

/// How long after its first failure a container is started again (captured 30).
const FIRST_RESTART: Duration = Duration::from_millis(350);
/// However fast the range lives, whoever follows a run needs this long to notice it before the next one begins.
const NOTICE: Duration = Duration::from_millis(150);
/// The back-off before the second restart; it doubles up to [`BACK_OFF_LIMIT`].
const BACK_OFF: Duration = Duration::from_secs(10);
const BACK_OFF_LIMIT: Duration = Duration::from_secs(300);
/// A run this long resets the back-off.
const STEADY: Duration = Duration::from_secs(600);
/// How long creating a container takes.
const CREATE: Duration = Duration::from_millis(150);
/// How long to wait before asking again for something that is missing.
const AGAIN: Duration = Duration::from_secs(2);
/// The pause between attempts to reach the API server.
const RETRY: Duration = Duration::from_millis(200);
/// Exit code of a process that did not stop in time (128 + SIGKILL).
const KILLED: i32 = 137;

/// One pod on this node.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) pod: Arc<Pod>,
    pub(super) tracked: Arc<Tracked>,
    /// Turns to the grace period when the pod is to be deleted.
    pub(super) deletion: watch::Receiver<Option<Duration>>,
}

impl Worker {
    /// Runs the pod until it is gone.
    pub(super) async fn run(self) {
        let (stop, _) = watch::channel(false);
        tokio::select! {
            // The status goes first, so that the last one is out before the pod is deleted for good.
            biased;
            () = self.report() => {}
            () = self.live(&stop) => {}
        }
    }

    async fn live(&self, stop: &watch::Sender<bool>) {
        {
            let mut containers = pin!(self.containers(stop));
            let mut finished = false;
            let grace = loop {
                tokio::select! {
                    () = &mut containers, if !finished => finished = true,
                    grace = self.deleted() => break grace,
                }
            };
            self.tracked.change(|record| record.closing = true);
            stop.send_replace(true);
            let running = self.running();
            if !running.is_empty() {
                self.event(false, "Killing", format!("Stopping container {}", running.join(", "))).await;
                // What did not end within the grace period ends when its future is dropped.
                let _ = tokio::time::timeout(grace, &mut containers).await;
            }
        }
        self.bury();
        self.tracked.reported().await;
        self.remove().await;
    }

    async fn deleted(&self) -> Duration {
        let mut deletion = self.deletion.clone();
        match deletion.wait_for(Option::is_some).await.map(|grace| *grace) {
            Ok(Some(grace)) => self.shared.pace.of(grace),
            _ => pending().await,
        }
    }

    fn running(&self) -> Vec<String> {
        let running = |container: &&ContainerRecord| matches!(container.state, State::Running(_));
        self.tracked.with(|record| record.containers.iter().filter(running).map(|container| container.name.clone()).collect())
    }

    /// Marks whatever still runs as killed.
    fn bury(&self) {
        self.tracked.change(|record| {
            for container in &mut record.containers {
                if let State::Running(run) = &container.state {
                    container.state = State::Terminated(Ended { run: run.clone(), exit: KILLED, finished: Timestamp::now() });
                }
                container.ready = false;
            }
        });
    }

    /// Deletes the object for good, as a kubelet does when the containers are gone.
    async fn remove(&self) {
        let params = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(Preconditions { uid: self.pod.uid(), resource_version: None }),
            ..DeleteParams::default()
        };
        loop {
            match self.pods().delete(&self.pod.name_any(), &params).await {
                Ok(_) => return,
                Err(error) if is_gone(&error) => return,
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.shared.client.clone(), &self.pod.namespace().unwrap_or_default())
    }

    async fn event(&self, warning: bool, reason: &str, message: String) {
        let note = Note { component: "kubelet", warning, reason, message };
        record(&self.shared.client, &reference(&*self.pod), note).await;
    }

    /// Patches the status whenever the record changed, until the pod is gone.
    async fn report(&self) {
        let mut changes = self.tracked.changes();
        loop {
            let version = *changes.borrow_and_update();
            let status = self.tracked.with(|record| record.status(&self.pod, "127.0.0.1", Timestamp::now()));
            // With the uid in it the patch cannot hit a successor of the same name.
            let patch = Patch::Merge(json!({ "metadata": { "uid": self.pod.uid() }, "status": status }));
            match self.pods().patch_status(&self.pod.name_any(), &PatchParams::default(), &patch).await {
                Ok(_) => self.tracked.mark_reported(version),
                Err(error) if is_gone(&error) => return,
                Err(_) => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Runs everything the pod consists of, to the end that its restart policy allows.
    async fn containers(&self, stop: &watch::Sender<bool>) {
        let Some(spec) = self.pod.spec.clone() else { return };
        if !self.prepare().await {
            return;
        }
        let init = spec.init_containers.unwrap_or_default();
        for (index, container) in init.iter().enumerate() {
            self.keep(index, container, true, stop).await;
            if !self.succeeded(index) {
                return;
            }
        }
        let first = init.len();
        join_all(spec.containers.iter().enumerate().map(|(index, container)| self.keep(first + index, container, false, stop)))
            .await;
    }

    fn succeeded(&self, index: usize) -> bool {
        self.tracked.with(|record| matches!(&record.containers[index].state, State::Terminated(ended) if ended.exit == 0))
    }

    /// Waits for what a real kubelet waits for before it creates containers: the image and the mounted Secrets.
    async fn prepare(&self) -> bool {
        let (namespace, name) = (self.pod.namespace().unwrap_or_default(), self.pod.name_any());
        let mut changes = self.shared.faults.changes();
        while self.shared.faults.pod_fault(&namespace, &name) == Some(PodFault::ImagePull) {
            self.refuse_image().await;
            if changes.changed().await.is_err() {
                return false;
            }
        }
        while let Some((volume, secret)) = self.missing_secret(&namespace).await {
            let message = format!("MountVolume.SetUp failed for volume {volume:?} : secret {secret:?} not found");
            self.event(true, "FailedMount", message).await;
            tokio::time::sleep(self.shared.pace.of(AGAIN)).await;
        }
        true
    }

    async fn refuse_image(&self) {
        let images: Vec<_> = self.pod.spec.iter().flat_map(|spec| &spec.containers).filter_map(|c| c.image.clone()).collect();
        let image = images.first().cloned().unwrap_or_default();
        self.event(true, "Failed", format!("Failed to pull image {image:?}: not found")).await;
        self.event(false, "BackOff", format!("Back-off pulling image {image:?}")).await;
        self.tracked.change(|record| {
            for container in record.containers.iter_mut().filter(|container| !container.init) {
                let message = Some(format!("Back-off pulling image {image:?}: ErrImagePull: not found"));
                container.state = State::Waiting { reason: "ImagePullBackOff".into(), message };
            }
        });
    }

    /// A Secret volume of a Job's pod whose Secret does not exist. Servers are not held up: scenarios may leave theirs out.
    async fn missing_secret(&self, namespace: &str) -> Option<(String, String)> {
        self.pod.owner_references().iter().find(|owner| owner.kind == "Job")?;
        let secrets: Api<Secret> = Api::namespaced(self.shared.client.clone(), namespace);
        for volume in self.pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()) {
            let Some(source) = &volume.secret else { continue };
            let Some(name) = source.secret_name.clone().filter(|_| source.optional != Some(true)) else { continue };
            if matches!(secrets.get_metadata_opt(&name).await, Ok(None)) {
                return Some((volume.name.clone(), name));
            }
        }
        None
    }

    /// Runs one container again and again, as the restart policy says.
    async fn keep(&self, index: usize, container: &Container, init: bool, stop: &watch::Sender<bool>) {
        let mut failures = 0;
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let exit = self.run_once(index, container, init, attempt, stop).await;
            let policy = self.tracked.with(|record| record.policy);
            // An init container that succeeded is done, whatever the policy.
            if *stop.borrow() || !policy.restarts_after(exit) || (init && exit == 0) {
                return;
            }
            failures = if began.elapsed() >= self.shared.pace.of(STEADY) { 1 } else { failures + 1 };
            attempt += 1;
            let mut stopped = stop.subscribe();
            tokio::select! {
                () = self.back_off(index, container, failures) => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Waits before a restart: hardly before the first, then 10 s, 20 s, 40 s and so on.
    async fn back_off(&self, index: usize, container: &Container, failures: u32) {
        if failures <= 1 {
            tokio::time::sleep(self.shared.pace.of(FIRST_RESTART).max(NOTICE)).await;
            return;
        }
        let delay = BACK_OFF.saturating_mul(1 << (failures - 2).min(8)).min(BACK_OFF_LIMIT);
        let place = format!("container={} pod={}", container.name, pod_place(&self.pod));
        self.tracked.change(|record| {
            let container = &mut record.containers[index];
            if let State::Terminated(ended) = container.state.clone() {
                container.last = Some(ended);
            }
            let message = Some(format!("back-off {} restarting failed {place}", go_duration(delay)));
            container.state = State::Waiting { reason: "CrashLoopBackOff".into(), message };
        });
        let message = format!("Back-off restarting failed container {} in pod {}", container.name, pod_place(&self.pod));
        let wait = tokio::time::sleep(self.shared.pace.of(delay));
        tokio::join!(self.event(true, "BackOff", message), wait);
    }

    /// One run, from its creation to its exit code.
    async fn run_once(&self, index: usize, container: &Container, init: bool, attempt: u32, stop: &watch::Sender<bool>) -> i32 {
        if attempt == 0 {
            tokio::time::sleep(self.shared.pace.of(CREATE)).await;
        }
        let run = Run::begin();
        self.tracked.change(|record| {
            let entry = &mut record.containers[index];
            if let State::Terminated(ended) = entry.state.clone() {
                entry.last = Some(ended);
            }
            entry.restarts = attempt;
            entry.ready = !init && container.readiness_probe.is_none();
            entry.state = State::Running(run.clone());
        });
        let signals = Signals::new(stop.subscribe());
        let process = self.process(index, container, init, attempt, &run, signals.clone());
        let ending = EndOfLog(run.log.clone());
        let exit = self.execute(process, signals).await;
        drop(ending);
        self.tracked.change(|record| {
            let entry = &mut record.containers[index];
            entry.ready = false;
            entry.state = State::Terminated(Ended { run, exit, finished: Timestamp::now() });
        });
        exit
    }

    async fn execute(&self, process: Process, mut signals: Signals) -> i32 {
        let asked = signals.clone();
        let mut running = self.shared.processes.run(process);
        tokio::select! {
            biased;
            exit = &mut running => return exit,
            () = signals.arrived() => {}
        }
        // Who does not look out for the request ends by it.
        if asked.handled() { running.await } else { TERMINATED }
    }

    fn process(&self, index: usize, container: &Container, init: bool, attempt: u32, run: &Run, signals: Signals) -> Process {
        let tracked = self.tracked.clone();
        let ready = Readiness::new(move |ready| {
            tracked.change(|record| {
                let entry = &mut record.containers[index];
                entry.ready = ready && matches!(entry.state, State::Running(_));
            });
        });
        Process {
            client: self.shared.client.clone(),
            pod: self.pod.clone(),
            address: self.tracked.with(|record| record.address.clone()),
            container: container.clone(),
            init,
            attempt,
            out: Output(run.log.clone()),
            ports: self.tracked.ports.clone(),
            ready,
            signals,
            pace: self.shared.pace,
            world: self.shared.world.clone(),
        }
    }
}

/// Ends a log however its run ends, so that nobody follows it for ever.
struct EndOfLog(Arc<RunLog>);

impl Drop for EndOfLog {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A pod as the kubelet names it in messages: `name_namespace(uid)`.
fn pod_place(pod: &Pod) -> String {
    format!("{}_{}({})", pod.name_any(), pod.namespace().unwrap_or_default(), pod.uid().unwrap_or_default())
}

/// Whether an answer says that the pod is gone, or is another one of the same name.
fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404 || status.code == 409 && status.message.contains("UID"))
}

/// A whole number of seconds as Go prints durations: `10s`, `2m40s`, `5m0s`.
fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        assert_eq!([10, 40, 160, 300].map(|s| go_duration(Duration::from_secs(s))), ["10s", "40s", "2m40s", "5m0s"]);
    }
}
