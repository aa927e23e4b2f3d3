//! The little of the controller manager that the embedded server lacks: Jobs, StatefulSet pods, and the garbage
//! collector. A real control plane has the true ones, and none of this runs there.

mod controller;
mod decide;
mod garbage;
mod statefulsets;
#[cfg(test)]
mod tests;

use kube::Client;
use tokio::task::JoinHandle;

use super::Pace;

/// The running controllers. Dropping them stops them, too, without waiting.
pub struct Jobs {
    tasks: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts the Job controller, the StatefulSet controller and the garbage collector.
    pub fn start(client: Client, pace: Pace) -> Self {
        let tasks = vec![
            tokio::spawn(controller::run(client.clone(), pace)),
            tokio::spawn(statefulsets::run(client.clone(), pace)),
            tokio::spawn(garbage::run(client)),
        ];
        Jobs { tasks }
    }

    /// Stops the controllers; what they made stays.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // Aborted is how it is meant to end.
            let _ = task.await;
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
