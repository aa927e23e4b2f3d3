//! The backup executor: finds the leader, signs in, takes a snapshot for a while, and says its key.

use std::time::Duration;

use super::Process;
use super::executor::{Job, Stopped};

/// How long taking and storing a snapshot lasts, unless the environment says otherwise.
const DURATION: Duration = Duration::from_secs(20);
/// How long a backup of this pod takes, in milliseconds at pace 1 (the range's own variable).
const DURATION_VARIABLE: &str = "DRILL_BACKUP_MILLISECONDS";
/// The size of a snapshot of the practice cluster (captured 01).
const SIZE: u64 = 35_937;

/// Runs the executor to its exit code.
pub(super) async fn run(process: Process) -> i32 {
    let mut signals = process.signals.clone();
    let ended = match Job::load(&process) {
        Ok(job) => tokio::select! {
            ended = back_up(&job) => ended,
            () = signals.terminated() => Err(job.cancelled()),
        },
        Err(stopped) => Err(stopped),
    };
    match ended {
        Ok(()) => 0,
        Err(Stopped { exit, chain }) => {
            process.say(format!("bao-backup error: {chain}"));
            exit
        }
    }
}

async fn back_up(job: &Job<'_>) -> Result<(), Stopped> {
    let process = job.process;
    job.find_leader().await?;
    job.sign_in().await?;
    job.enter(4, "failed to get snapshot: context canceled");
    let duration = process.env(DURATION_VARIABLE).and_then(|text| text.parse().ok()).map_or(DURATION, Duration::from_millis);
    process.work(duration).await;
    let key = process
        .env("BACKUP_KEY")
        .ok_or_else(|| Stopped::new(1, "failed to generate backup key: BACKUP_KEY environment variable is required"))?;
    let bucket = process.env("BACKUP_BUCKET").unwrap_or_default();
    if let Some(snapshot) = job.world().snapshot_of(&job.namespace, &job.cluster, SIZE) {
        job.world().put_snapshot(&bucket, &key, snapshot);
    }
    process.say(format!("Backup completed successfully: {key} (size: {SIZE} bytes)"));
    Ok(())
}
