//! The ends of a pod's logs, read once: for a diagnosis that must have an answer soon.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::Instant;

use super::intake::KUBELET_REFUSALS;
use super::runs::{Reach, Runs};
use crate::api::text::clean_cut;
use crate::api::workload::Pod;
use crate::domain::evidence::LogRun;
use crate::remote::k8s::paths::{PODS, query};
use crate::remote::k8s::{ApiError, Kube};

/// Lines asked for of each run.
pub const LINES: usize = 5_000;
/// Lines asked for when those are too long.
const FEW_LINES: usize = 200;
/// Bytes kept of each run, the last ones.
pub const KEPT_BYTES: usize = 256 << 10;
/// Bytes the API server sends at most. It counts from the *beginning* of the lines asked for, so this must be far more
/// than what is kept: else the newest lines, which say how it ended, would be the missing ones.
const SENT_BYTES: usize = 4 << 20;

/// The container an executor's pod does its work in (F§5.2), beside whatever else was put into the pod.
const EXECUTORS: [&str; 3] = ["restore", "backup", "upgrade-executor"];

/// One run as far as it could be read; [`LogRun::missing`] says the error, too.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRun {
    /// The run.
    pub run: LogRun,
    /// Why nothing of it could be read.
    pub error: Option<ApiError>,
}

/// Reads what is left of all runs of a pod's container, oldest first; none when it never started. Ends in time.
pub async fn tail(kube: &Kube, namespace: &str, pod: &Pod, limit: Duration) -> Vec<ReadRun> {
    let container = container(pod);
    let mut runs = Runs::default();
    runs.see(pod, container);
    let Some(latest) = runs.latest else { return Vec::new() };
    let end = Instant::now() + limit;
    let reads = (latest.saturating_sub(1)..=latest).map(|run| {
        let source = Source { kube, namespace, pod: &pod.meta.name, container, end };
        let exit_code = runs.ended.get(&run).map(|ended| ended.exit_code);
        let reach = runs.reach(run);
        async move { source.read(run, reach, exit_code).await }
    });
    let mut all = Vec::from_iter(older(pod, latest));
    all.extend(futures_util::future::join_all(reads).await);
    all
}

/// What is to be said of the runs before the last two.
fn older(pod: &Pod, latest: u32) -> Option<ReadRun> {
    let gone = latest.checked_sub(1).filter(|gone| *gone > 0)?;
    let runs = if gone == 1 { "the first run's log is".into() } else { format!("the logs of the first {gone} runs are") };
    let missing = Some(format!("{runs} gone: only the last two are kept"));
    Some(ReadRun { run: LogRun { pod: pod.meta.name.clone(), run: 0, missing, ..LogRun::default() }, error: None })
}

fn container(pod: &Pod) -> Option<&str> {
    let names = || pod.containers.iter().map(|c| c.name.as_str());
    names().find(|name| EXECUTORS.contains(name)).or_else(|| names().next())
}

struct Source<'a> {
    kube: &'a Kube,
    namespace: &'a str,
    pod: &'a str,
    container: Option<&'a str>,
    end: Instant,
}

impl Source<'_> {
    async fn read(&self, run: u32, reach: Reach, exit_code: Option<i64>) -> ReadRun {
        let empty = LogRun { pod: self.pod.to_owned(), run: i64::from(run), exit_code, ..LogRun::default() };
        let Reach::Here { previous } = reach else {
            let missing = Some("its log is gone: only the last two runs' are kept".to_owned());
            return ReadRun { run: LogRun { missing, ..empty }, error: None };
        };
        match self.last_lines(previous).await {
            Ok(end) => {
                let (text, missing) = end.told();
                ReadRun { run: LogRun { text, missing, ..empty }, error: None }
            }
            Err(error) => ReadRun { run: LogRun { missing: Some(error.message.clone()), ..empty }, error: Some(error) },
        }
    }

    async fn last_lines(&self, previous: bool) -> Result<End, ApiError> {
        let end = self.ask(previous, LINES).await?;
        if end.seen < SENT_BYTES { Ok(end) } else { self.ask(previous, FEW_LINES).await }
    }

    async fn ask(&self, previous: bool, lines: usize) -> Result<End, ApiError> {
        let limit = self.end.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        let too_late = || ApiError::timed_out(limit, crate::remote::k8s::Sent::No);
        let (lines_text, bytes_text) = (lines.to_string(), SENT_BYTES.to_string());
        let mut parameters = vec![("tailLines", lines_text.as_str()), ("limitBytes", bytes_text.as_str())];
        parameters.extend(previous.then_some(("previous", "true")));
        parameters.extend(self.container.map(|name| ("container", name)));
        let path = query(&format!("{}/log", PODS.object(self.namespace, self.pod)), &parameters);
        let stream = tokio::time::timeout_at(self.end, self.kube.stream(&path)).await.map_err(|_| too_late())??;
        Ok(collect(stream, lines, self.end).await)
    }
}

/// The end of a log.
#[derive(Debug, Default)]
struct End {
    kept: VecDeque<Bytes>,
    /// Bytes in `kept`.
    bytes: usize,
    /// Bytes that came.
    seen: usize,
    /// Line breaks among them.
    lines: usize,
    /// Lines that were asked for.
    asked: usize,
    /// Why it stopped before the end.
    broke_off: Option<String>,
}

async fn collect(mut stream: impl Stream<Item = Result<Bytes, ApiError>> + Unpin, asked: usize, by: Instant) -> End {
    let mut end = End { asked, ..End::default() };
    loop {
        match tokio::time::timeout_at(by, stream.next()).await {
            Ok(Some(Ok(chunk))) => end.take(chunk),
            Ok(Some(Err(error))) => end.broke_off = Some(error.message),
            Err(_) => end.broke_off = Some("reading it took too long".into()),
            Ok(None) => return end,
        }
        if end.broke_off.is_some() {
            return end;
        }
    }
}

impl End {
    fn take(&mut self, chunk: Bytes) {
        self.seen += chunk.len();
        self.lines += memchr::memchr_iter(b'\n', &chunk).count();
        self.bytes += chunk.len();
        self.kept.push_back(chunk);
        while let Some(first) = self.kept.front()
            && self.bytes - first.len() >= KEPT_BYTES
        {
            self.bytes -= first.len();
            self.kept.pop_front();
        }
    }

    /// The text, and what is missing of it.
    fn told(self) -> (String, Option<String>) {
        let bytes: Vec<u8> = self.kept.iter().flatten().copied().collect();
        let cut = bytes.len().saturating_sub(KEPT_BYTES);
        // Half a line at the front would be taken for a line.
        let begin =
            if self.seen > KEPT_BYTES { memchr::memchr(b'\n', &bytes[cut..]).map_or(cut, |at| cut + at + 1) } else { cut };
        let text = String::from_utf8_lossy(&bytes[begin..]).into_owned();
        let mut missing = Vec::new();
        if KUBELET_REFUSALS.iter().any(|words| bytes.starts_with(words)) && self.lines <= 1 {
            return (String::new(), Some(clean_cut(text.trim(), 300)));
        }
        // The API server cuts off the end, not the beginning.
        let cut = (self.seen >= SENT_BYTES).then(|| "its lines are too long".to_owned());
        let end_missing = self.broke_off.or(cut);
        if self.seen > KEPT_BYTES {
            missing.push(match end_missing {
                Some(_) => "the beginning is missing".to_owned(),
                None => format!("only the last {} KiB were kept", KEPT_BYTES >> 10),
            });
        } else if self.lines >= self.asked {
            missing.push(format!("only the last {} lines were read", self.asked));
        }
        missing.extend(end_missing.map(|why| format!("the end is missing: {why}")));
        (text, (!missing.is_empty()).then(|| missing.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    async fn read(chunks: Vec<Result<Bytes, ApiError>>, asked: usize) -> (String, Option<String>) {
        collect(stream::iter(chunks), asked, Instant::now() + Duration::from_secs(60)).await.told()
    }

    fn chunk(text: &str) -> Result<Bytes, ApiError> {
        Ok(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[tokio::test]
    async fn a_short_log_is_whole() {
        assert_eq!(read(vec![chunk("a\nb"), chunk("c\n")], 5).await, ("a\nbc\n".into(), None));
        assert_eq!(read(vec![], 5).await, (String::new(), None));
    }

    #[tokio::test]
    async fn of_a_long_log_the_end_is_kept_and_that_is_said() {
        let lines: String = (0..40_000).map(|n| format!("line {n:08}\n")).collect();
        let chunks = lines.as_bytes().chunks(10_000).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let (text, missing) = read(chunks, 50_000).await;
        assert!(text.len() <= KEPT_BYTES && text.len() > KEPT_BYTES - 20, "{}", text.len());
        assert!(text.starts_with("line 000") && text.ends_with("line 00039999\n"));
        assert_eq!(missing.as_deref(), Some("only the last 256 KiB were kept"));
        assert_eq!(read(vec![chunk("a\nb\n")], 2).await.1.as_deref(), Some("only the last 2 lines were read"));
    }

    #[tokio::test]
    async fn a_log_whose_end_the_api_server_cut_off_does_not_pass_for_its_end() {
        let whole = "x".repeat(SENT_BYTES - 2) + "\nx";
        let missing = read(vec![chunk(&whole)], 200).await.1;
        assert_eq!(missing.as_deref(), Some("the beginning is missing; the end is missing: its lines are too long"));
    }

    #[tokio::test]
    async fn the_kubelets_refusal_is_no_log() {
        let words = "unable to retrieve container logs for containerd://0a";
        assert_eq!(read(vec![chunk(words)], 5).await, (String::new(), Some(words.into())));
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_kept() {
        let broken = Err(ApiError::malformed("cut".into()));
        let (text, missing) = read(vec![chunk("a\n"), broken, chunk("never\n")], 5).await;
        assert_eq!((text.as_str(), missing.as_deref()), ("a\n", Some("the end is missing: cut")));
        let never = stream::iter([chunk("a\n")]).chain(stream::pending());
        let (text, missing) = collect(Box::pin(never), 5, Instant::now() + Duration::from_millis(20)).await.told();
        assert_eq!((text.as_str(), missing.as_deref()), ("a\n", Some("the end is missing: reading it took too long")));
    }
}
