//! The `logs` of a report: runs of the containers of Jobs, oldest first.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields::{elements, shaped, source, why_not};
use crate::api::read::Fields;
use crate::domain::evidence::{Evidence, Item, JobLog, LogRun};
use crate::domain::rollback;

const FORM: &str = "a list of {job, pod, run, exitCode, missing, text}";

/// Logs by Job name. Refused as a whole means: of every Job the evidence names.
pub(super) fn read(document: &Map<String, Value>, evidence: &Evidence) -> Result<BTreeMap<String, Item<JobLog>>, String> {
    let given =
        shaped(source(document, "logs"), "logs", FORM, |value| elements(value)?.iter().map(entry).collect::<Option<Vec<_>>>())?;
    let refused = |item: &Item<JobLog>| jobs(evidence).into_iter().map(|job| (job, item.clone())).collect();
    Ok(match given {
        Item::Present { value } => by_job(value),
        Item::Forbidden { what } => refused(&Item::Forbidden { what }),
        Item::Failed { why } => refused(&Item::Failed { why }),
        Item::Absent | Item::NotAsked => BTreeMap::new(),
    })
}

fn by_job(entries: Vec<(String, Item<LogRun>)>) -> BTreeMap<String, Item<JobLog>> {
    let mut logs: BTreeMap<String, Item<JobLog>> = BTreeMap::new();
    for (job, run) in entries {
        match (logs.get_mut(&job), run) {
            (Some(Item::Present { value }), Item::Present { value: run }) => value.runs.push(run),
            (None, run) => drop(logs.insert(job, run.map(|run| JobLog { runs: vec![run] }))),
            // One run that was read says more than another that was not.
            (Some(other), Item::Present { value: run }) => *other = Item::present(JobLog { runs: vec![run] }),
            (Some(_), _) => {}
        }
    }
    for log in logs.values_mut() {
        if let Item::Present { value } = log {
            value.runs.sort_by_key(|run| run.run);
        }
    }
    logs
}

/// Every Job that is there, and the failed one although it may be gone.
fn jobs(evidence: &Evidence) -> Vec<String> {
    let failed = evidence.cluster.value().and_then(|c| rollback::failed_job(evidence, c)).map(|f| f.name);
    evidence.jobs.each().iter().map(|j| j.meta.name.clone()).chain(failed).collect()
}

fn entry(value: &Value) -> Option<(String, Item<LogRun>)> {
    let top = Fields::of(value);
    let job = top.filled("job")?;
    if let Some(why) = why_not(value) {
        return Some((job, why));
    }
    if value.get("absent") == Some(&Value::Bool(true)) {
        return Some((job, Item::Absent));
    }
    let run = LogRun {
        pod: top.text("pod").unwrap_or_default(),
        run: top.int("run").unwrap_or(0),
        exit_code: top.int("exitCode"),
        text: top.text("text")?,
        missing: top.filled("missing"),
    };
    Some((job, Item::present(run)))
}
