//! The restore executor: the lines of F§6.2 in their order, the failures of F§6.3 with their exit codes, and the effect
//! on the world that a restore has.

mod claim;

use std::time::Duration;

use http::{Method, StatusCode};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sha2::{Digest, Sha256};

use super::Process;
use super::executor::{Job, Stopped};
use super::fetch::{Answer, Store};
use crate::api::sensitive::Sensitive;
use crate::drill::Play;
use crate::drill::world::{RestoreFault, Snapshot, hex};

const STORAGE: Duration = Duration::from_millis(100);
const DOWNLOAD: Duration = Duration::from_millis(300);
const SUBMIT: Duration = Duration::from_millis(700);
/// Where the executors look for storage credentials.
const CREDENTIALS: &str = "/etc/bao/backup/credentials";

/// Runs the executor to its exit code.
pub(super) async fn run(process: Process) -> i32 {
    process.say("Starting restore operation...");
    let mut signals = process.signals.clone();
    let ended = match Job::load(&process) {
        Ok(job) => tokio::select! {
            ended = restore(&job) => ended,
            () = signals.terminated() => Err(job.cancelled()),
        },
        Err(stopped) => Err(stopped),
    };
    match ended {
        Ok(()) => 0,
        Err(Stopped { exit, chain }) => {
            // An empty chain was already said.
            if !chain.is_empty() {
                process.say(format!("bao-restore error: {chain}"));
            }
            exit
        }
    }
}

async fn restore(job: &Job<'_>) -> Result<(), Stopped> {
    let process = job.process;
    let missing = |name: &str| Stopped::new(1, format!("failed to load configuration: {name} environment variable is required"));
    let key = process.env("RESTORE_KEY").ok_or_else(|| missing("RESTORE_KEY"))?;
    let bucket = process.env("RESTORE_BUCKET").ok_or_else(|| missing("RESTORE_BUCKET"))?;
    process.say(format!(
        "Configuration loaded - cluster={}, namespace={}, replicas={}",
        job.cluster,
        job.namespace,
        job.replicas()
    ));
    process.say(format!("Restore key: {key}"));
    process.say("Finding cluster leader...");
    let url = job.find_leader().await?;
    process.say(format!("Found leader at: {url}"));
    process.say("Authenticating to leader (method=jwt)...");
    job.sign_in().await?;
    process.say("Authentication successful");
    let object = fetch(job, &bucket, &key).await?;
    submit(job, &Source { bucket, key, url }, &object).await
}

/// Where a snapshot comes from and which server it goes to.
struct Source {
    bucket: String,
    key: String,
    url: String,
}

/// Asks the store for the object, step by step as the executor does, and returns its bytes.
async fn fetch(job: &Job<'_>, bucket: &str, key: &str) -> Result<Vec<u8>, Stopped> {
    let process = job.process;
    job.enter(5, "failed to create storage client: context canceled");
    process.say("Creating storage client...");
    let store = store(job).await?;
    process.work(STORAGE).await;
    open_bucket(store.as_ref(), bucket).await?;
    process.say("Storage client created");
    process.say(format!("Verifying snapshot exists: {key}"));
    job.enter(6, "failed to verify snapshot exists: context canceled");
    process.work(STORAGE).await;
    let size = head(job, store.as_ref(), bucket, key).await?;
    process.say(format!("Found snapshot: {key} (size: {size} bytes)"));
    process.say("Downloading snapshot from storage...");
    job.enter(5, "failed to download snapshot: context canceled");
    process.work(DOWNLOAD).await;
    let Some(store) = store else { return Ok(Vec::new()) };
    let failed =
        |problem: String| Stopped::new(5, format!("failed to download snapshot: failed to open snapshot reader: {problem}"));
    let answer = store.ask(Method::GET, &format!("/{bucket}/{key}")).await.map_err(failed)?;
    if answer.status.is_success() { Ok(answer.body.to_vec()) } else { Err(failed(sdk_error("GetObject", &answer))) }
}

/// The store the executor is configured for: credentials from the mounted Secret, address from the world.
async fn store(job: &Job<'_>) -> Result<Option<Store>, Stopped> {
    let process = job.process;
    let Some(known) = job.world().object_store() else { return Ok(None) };
    let endpoint = process.env("RESTORE_ENDPOINT").or_else(|| process.env("BACKUP_ENDPOINT")).unwrap_or_default();
    let host = endpoint.split("://").last().unwrap_or_default().trim_end_matches('/').to_owned();
    let region = process.env("RESTORE_REGION").unwrap_or_else(|| "us-east-1".into());
    let (access_key, secret_key) = match mounted_secret(process) {
        Some(name) => credentials(job, &name).await?,
        None => (known.access_key, known.secret_key),
    };
    Ok(Some(Store { address: known.address, host, region, access_key, secret_key }))
}

/// The Secret mounted where the executor looks for credentials.
fn mounted_secret(process: &Process) -> Option<String> {
    let mount = process.container.volume_mounts.iter().flatten().find(|mount| mount.mount_path == CREDENTIALS)?;
    let spec = process.pod.spec.as_ref()?;
    let volume = spec.volumes.iter().flatten().find(|volume| volume.name == mount.name)?;
    volume.secret.as_ref()?.secret_name.clone()
}

async fn credentials(job: &Job<'_>, name: &str) -> Result<(String, Sensitive), Stopped> {
    let config = |problem: String| Stopped::new(1, format!("failed to load configuration: {problem}"));
    let secrets: Api<Secret> = Api::namespaced(job.process.client.clone(), &job.namespace);
    let secret = secrets.get(name).await.map_err(|_| config(format!("failed to read credentials directory {CREDENTIALS:?}")))?;
    let value = |key: &str| {
        let bytes = secret.data.as_ref().and_then(|data| data.get(key)).map(|bytes| bytes.0.clone());
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    match (value("accessKeyId"), value("secretAccessKey")) {
        (Some(access), Some(secret)) => Ok((access, Sensitive::new(secret))),
        (None, None) => Err(Stopped::new(5, "failed to create storage client: failed to open S3 bucket: no credentials found")),
        _ => Err(config("both accessKeyId and secretAccessKey must be provided".into())),
    }
}

/// A missing bucket is created by the real executor, which only then finds no snapshot in it (F§15.2.9).
async fn open_bucket(store: Option<&Store>, bucket: &str) -> Result<(), Stopped> {
    let Some(store) = store else { return Ok(()) };
    let failed =
        |problem: String| Stopped::new(5, format!("failed to create storage client: failed to ensure bucket exists: {problem}"));
    let unreachable = |problem: String| {
        let put = format!("Put \"http://{}/{bucket}\"", store.host);
        failed(format!(
            "operation error S3: CreateBucket, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , HostID: , request send failed, {put}: {problem}"
        ))
    };
    let path = format!("/{bucket}");
    let head = store.ask(Method::HEAD, &path).await.map_err(unreachable)?;
    if head.status.is_success() || head.status == StatusCode::NOT_FOUND {
        return Ok(());
    }
    // Only an answer with a body says why.
    let answer = store.ask(Method::GET, &path).await.map_err(unreachable)?;
    Err(failed(sdk_error("CreateBucket", &answer)))
}

/// The object's size.
async fn head(job: &Job<'_>, store: Option<&Store>, bucket: &str, key: &str) -> Result<u64, Stopped> {
    let not_found = || Stopped::new(job.not_found_exit(), format!("snapshot not found: {key}"));
    let failed = |problem: String| Stopped::new(6, format!("failed to verify snapshot exists: {problem}"));
    let Some(store) = store else {
        return match job.world().snapshot(bucket, key) {
            Some(Snapshot::Genuine { size, .. } | Snapshot::Garbage { size }) => Ok(size),
            None => Err(not_found()),
        };
    };
    let answer = store.ask(Method::HEAD, &format!("/{bucket}/{key}")).await.map_err(failed)?;
    match answer.status {
        StatusCode::NOT_FOUND => Err(not_found()),
        status if status.is_success() => Ok(answer.length),
        _ => Err(failed(sdk_error("HeadObject", &answer))),
    }
}

/// An S3 error as the Go SDK prints it (captured 30, e2).
fn sdk_error(operation: &str, answer: &Answer) -> String {
    let status = answer.status.as_u16();
    format!(
        "operation error S3: {operation}, https response error StatusCode: {status}, RequestID: , HostID: , api error {}",
        answer.error()
    )
}

/// Sends the snapshot to the leader; from here on the cluster changes.
async fn submit(job: &Job<'_>, source: &Source, content: &[u8]) -> Result<(), Stopped> {
    let process = job.process;
    let staged = job.world().play() == Play::Next;
    let snapshot = job.identify(&source.bucket, &source.key, content);
    if let (Snapshot::Garbage { .. }, false) = (&snapshot, staged) {
        return Err(refuse_garbage(process).await);
    }
    process.say("Snapshot downloaded successfully");
    if staged {
        stage(job, content).await?;
        process.say("Submitting staged snapshot to cluster...");
    } else {
        process.say("Restoring snapshot to cluster...");
    }
    job.enter(4, "failed to restore snapshot: failed to execute restore request: context canceled");
    process.work(SUBMIT).await;
    apply(job, source, &snapshot).await?;
    let done = if staged { "Snapshot restore request accepted from" } else { "Restore completed successfully from" };
    process.say(format!("{done}: {}", source.key));
    Ok(())
}

/// NEXT writes the snapshot to scratch space first, and claims the submission in the restore's status.
async fn stage(job: &Job<'_>, content: &[u8]) -> Result<(), Stopped> {
    let digest = format!("sha256:{}", hex(&Sha256::digest(content)));
    job.process.say(format!("Snapshot staged: size={}, digest={digest}", content.len()));
    claim::submit(job, &digest, content.len()).await
}

/// What the server makes of the snapshot.
async fn apply(job: &Job<'_>, source: &Source, snapshot: &Snapshot) -> Result<(), Stopped> {
    let refused = |status: u16, error: &str| {
        Stopped::new(
            4,
            format!(
                "failed to restore snapshot: restore request failed with status {status}: {{\"errors\":[\"1 error occurred:\\n\\t* {error}\\n\\n\"]}}\n"
            ),
        )
    };
    let world = job.world();
    let view = world.cluster(&job.namespace, &job.cluster).ok_or_else(|| Stopped::new(4, "failed to restore snapshot: EOF"))?;
    if view.restore_fault == Some(RestoreFault::PolicyLacksSnapshot) {
        return Err(refused(403, "permission denied"));
    }
    let Snapshot::Genuine { seal, .. } = snapshot else { return Err(overloaded()) };
    // Since 0.5 a restore without force goes to the verified endpoint, which refuses other keys (F§4.3).
    if *seal != view.seal && world.play() >= Play::V05 && !claim::is_forced(job).await {
        return Err(refused(
            400,
            "could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the snapshot-force API to bypass this check",
        ));
    }
    world.apply_snapshot(&job.namespace, &job.cluster, snapshot);
    if view.restore_fault == Some(RestoreFault::ResponseLost) {
        let path = format!("{}/v1/sys/storage/raft/snapshot-force", source.url);
        return Err(Stopped::new(
            4,
            format!("failed to restore snapshot: failed to execute restore request: Post \"{path}\": EOF"),
        ));
    }
    Ok(())
}

/// An object that is no snapshot gives status 500, called overloaded (F§15.2.8).
fn overloaded() -> Stopped {
    Stopped::new(
        4,
        "failed to restore snapshot: transient remote overloaded: failed to execute restore request: OpenBao API overloaded (status 500): {\"errors\":[\"1 error occurred:\\n\\t* failed to decompress snapshot: gzip: invalid header\\n\\n\"]}\n",
    )
}

/// The error comes on stderr, the progress on stdout: in the first run of captured 30 (e5) the error stands before the
/// lines that were written earlier, in the later runs after them.
async fn refuse_garbage(process: &Process) -> Stopped {
    let warning = "WARN Response has no supported checksum. Not validating response payload.";
    let warning = format!("SDK {} {warning}", jiff::Timestamp::now().strftime("%Y/%m/%d %H:%M:%S"));
    process.work(SUBMIT).await;
    if process.attempt == 0 {
        process.say(warning);
        process.say(format!("bao-restore error: {}", overloaded().chain));
        process.say("Snapshot downloaded successfully");
        process.say("Restoring snapshot to cluster...");
        return Stopped::new(4, String::new());
    }
    process.say("Snapshot downloaded successfully");
    process.say("Restoring snapshot to cluster...");
    process.say(warning);
    overloaded()
}
