//! Why a finished restore may not be what its phase says: told by the ages of its Job, not by its status.

use crate::api::restore::{Phase, Restore};
use crate::api::text::clean;
use crate::domain::evidence::{Evidence, Item};
use crate::domain::job_log::Findings;

/// What the lines of a restore's Job told, as far as its log was read.
pub fn log_findings(evidence: &Evidence, restore: &Restore) -> Findings {
    let mut findings = Findings::default();
    for run in evidence.logs.get(&restore.job_name()).and_then(Item::value).iter().flat_map(|log| &log.runs) {
        findings.run_started();
        for line in run.text.lines() {
            findings.line(line.as_bytes());
        }
    }
    findings
}

/// Something about a restore's Job that its phase hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// `restore-older-job` or `restore-job-again`.
    pub code: &'static str,
    /// One sentence.
    pub text: String,
}

/// What the restore's Job tells against its phase; `None` also when Job or events are gone or could not be read.
///
/// Up to JAN the operator takes a Job by its name alone, so a restore of a re-used name ends with the result of the Job
/// before it; and a Job that was deleted is created again and submits the snapshot again. Both were seen on the real
/// operator, and both restores said `Completed`.
pub fn doubt(evidence: &Evidence, restore: &Restore) -> Option<Doubt> {
    let name = restore.job_name();
    let job = evidence.jobs.each().iter().find(|j| j.meta.name == name)?;
    let (submitted, made) = (restore.meta.created_at?, job.meta.created_at?);
    let (shown, job) = (clean(&restore.meta.name), clean(&name));
    if made < submitted && restore.phase == Phase::Completed {
        let text = format!(
            "restore {shown} took Job {job} of an earlier restore for its own, for it is older than the restore: nothing was restored by {shown}"
        );
        return Some(Doubt { code: "restore-older-job", text });
    }
    let of_before = |e: &&crate::api::event::Event| {
        e.kind == "Job"
            && e.name == name
            && e.reason == "SuccessfulCreate"
            && e.last_seen.is_some_and(|at| at >= submitted && at < made)
    };
    evidence.events.each().iter().any(|e| of_before(&e)).then(|| {
        let text = format!(
            "Job {job} of restore {shown} was deleted and created again: the snapshot may have been submitted twice, and what was written in between is lost"
        );
        Doubt { code: "restore-job-again", text }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::doubt;
    use crate::api::event::Event;
    use crate::api::restore::Restore;
    use crate::api::workload::Job;
    use crate::domain::evidence::{Evidence, Item};

    fn told(job_made: &str, pod_made: &str) -> Option<&'static str> {
        let at = |time: &str| format!("2026-11-21T00:{time}Z");
        let restore = json!({"metadata": {"name": "d1", "namespace": "bao", "creationTimestamp": at("59:20")},
                             "status": {"phase": "Completed"}});
        let job = json!({"metadata": {"name": "restore-d1", "creationTimestamp": at(job_made)}});
        let event = json!({"involvedObject": {"kind": "Job", "name": "restore-d1"}, "reason": "SuccessfulCreate",
                           "lastTimestamp": at(pod_made)});
        let evidence = Evidence {
            jobs: Item::present(vec![Job::read(&job)]),
            events: Item::present(vec![Event::read(&event)]),
            ..Evidence::default()
        };
        doubt(&evidence, &Restore::read(&restore)).map(|d| d.code)
    }

    #[test]
    fn the_ages_of_job_and_pods_tell() {
        assert_eq!(told("59:20", "59:20"), None, "its own");
        assert_eq!(told("59:20", "59:40"), None, "a second pod of the same Job is a retry");
        assert_eq!(told("58:00", "58:01"), Some("restore-older-job"));
        assert_eq!(told("59:35", "59:20"), Some("restore-job-again"));
        assert_eq!(told("59:35", "58:20"), None, "that pod was an earlier restore's");
    }
}
