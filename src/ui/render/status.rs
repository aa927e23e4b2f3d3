//! `status` for people: one line a cluster, or one cluster in sections.

use std::fmt::Write as _;

use console::measure_text_width;

use super::ago;
use crate::api::generation::Tag;
use crate::api::text::{clean, quote};
use crate::domain::lock::LockFinding;
use crate::domain::status::{AnswerDetail, ClusterStatus, Detail, Finding, PodDetail, Severity, headline};
use crate::ui::Style;

/// Which columns a table has.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// NAMESPACE first.
    pub namespace: bool,
    /// LEADER and the newest restore's name too.
    pub wide: bool,
    /// Without PHASE, VERSION and AGE: what must be known fits into 80 columns.
    pub narrow: bool,
}

impl Columns {
    /// The header.
    pub fn header(self) -> Vec<&'static str> {
        self.pick(["NAMESPACE", "NAME", "PHASE", "VERSION", "READY", "LEADER", "SEALED", "BREAK-GLASS", "LOCK", "RESTORE", "AGE"])
    }

    /// The cells of a cluster.
    pub fn row(self, status: &ClusterStatus) -> Vec<String> {
        self.pick([
            status.namespace.clone(),
            status.name.clone(),
            status.phase.clone(),
            status.version.clone().unwrap_or_default(),
            format!("{}/{}", number(status.ready), number(status.replicas)),
            leader(status),
            status.sealed.map_or_else(|| "?".into(), |n| n.to_string()),
            break_glass(status, self.narrow),
            status.lock.as_ref().map(|l| lock_cell(status, l)).unwrap_or_default(),
            restore(status, self.wide),
            ago(status.observed_at, status.created_at),
        ])
    }

    /// Of all columns, those that are shown.
    fn pick<T>(self, all: [T; 11]) -> Vec<T> {
        let shown = [self.namespace, true, !self.narrow, !self.narrow, true, self.wide, true, true, true, true, !self.narrow];
        all.into_iter().zip(shown).filter_map(|(cell, shown)| shown.then_some(cell)).collect()
    }
}

fn number(count: Option<i64>) -> String {
    count.map_or_else(|| "?".into(), |n| n.to_string())
}

fn leader(status: &ClusterStatus) -> String {
    match status.leaders.as_deref() {
        None => "?".into(),
        Some([]) => "<none>".into(),
        Some(names) => names.join(","),
    }
}

/// A narrow cell says since when; why is said below the table.
fn break_glass(status: &ClusterStatus, narrow: bool) -> String {
    let Some(active) = &status.break_glass else { return String::new() };
    let since = ago(status.observed_at, active.entered_at);
    if narrow {
        return format!("for {since}");
    }
    let reason = active.reason.strip_prefix("Rollback").unwrap_or(&active.reason);
    format!("{} ({since})", clean(if reason.is_empty() { "active" } else { reason }))
}

fn lock_cell(status: &ClusterStatus, lock: &LockFinding) -> String {
    format!("{} {} {}", lock.lock.operation, ago(status.observed_at, lock.lock.acquired_at), lock.verdict.as_str())
}

fn restore(status: &ClusterStatus, wide: bool) -> String {
    match &status.restore {
        Some(restore) if wide => format!("{} {}", restore.name, restore.phase),
        Some(restore) => restore.phase.to_string(),
        None if status.unread.iter().any(|u| u.starts_with("restores")) => "?".into(),
        None => String::new(),
    }
}

/// What `paint` may be: the Ui's way of setting off text on the right stream.
pub type Paint<'a> = &'a dyn Fn(Style, &str) -> String;

/// The commands to go on with, at most `limit` of them: each with why it is run, below it where one of the lines would be
/// wider than `width`.
pub fn next_steps(findings: &[Finding], limit: usize, width: usize) -> String {
    let mut seen = std::collections::BTreeSet::new();
    let steps: Vec<_> = findings.iter().flat_map(|f| &f.next).filter(|n| seen.insert(&n.command)).take(limit).collect();
    let column = steps.iter().map(|n| n.command.len()).max().unwrap_or(0);
    let beside: Vec<String> = steps.iter().map(|n| format!("  {:column$}    {}", n.command, n.why)).collect();
    if beside.iter().all(|line| measure_text_width(line) <= width) {
        return beside.join("\n");
    }
    steps.iter().map(|n| format!("  {}\n      {}", n.command, n.why)).collect::<Vec<_>>().join("\n")
}

/// One cluster in sections, for lines of `width`: the answer first, evidence second, commands last.
pub fn single(status: &ClusterStatus, detail: &Detail, width: usize, paint: Paint<'_>) -> String {
    let style = match status.worst() {
        Some(Severity::Danger) => Style::Danger,
        Some(Severity::Attention) => Style::Attention,
        _ => Style::Good,
    };
    let mut text = format!("{}\n", paint(style.of_sentence(), &clean(&headline(status))));
    for finding in status.findings.iter().skip(1).filter(|f| f.severity > Severity::Note) {
        let _ = writeln!(text, "{}", paint(Style::Plain, &format!("Also: {}.", clean(&finding.text))));
    }
    text.push('\n');
    let mut sections = Sections { text, paint };
    lock_section(&mut sections, status, detail);
    break_glass_section(&mut sections, status, detail);
    upgrade_section(&mut sections, status, detail);
    restores_section(&mut sections, status, detail);
    pods_section(&mut sections, status, detail);
    backup_section(&mut sections, status, detail);
    operator_section(&mut sections, status, detail);
    for note in status.findings.iter().filter(|f| f.severity == Severity::Note) {
        sections.add("Note", std::slice::from_ref(&note.text));
    }
    let mut text = sections.text;
    let next = next_steps(&elsewhere(status), 6, width);
    if !next.is_empty() {
        let _ = write!(text, "\n{}\n{next}\n", paint(Style::Strong, "Next"));
    }
    text
}

/// The findings without the command that shows what is on the screen already.
fn elsewhere(status: &ClusterStatus) -> Vec<Finding> {
    let here = format!("kubectl openbao status {} -n {}", quote(&status.name), quote(&status.namespace));
    let mut findings = status.findings.clone();
    findings.iter_mut().for_each(|f| f.next.retain(|n| n.command != here));
    // What waits behind a lock is deleted before anything that frees it.
    findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.code != "restores-waiting"));
    findings
}

struct Sections<'a> {
    text: String,
    paint: Paint<'a>,
}

impl Sections<'_> {
    fn add(&mut self, title: &str, lines: &[String]) {
        for (i, line) in lines.iter().enumerate() {
            let title = format!("{:<17}", if i == 0 { title } else { "" });
            let _ = writeln!(self.text, "{}{}", (self.paint)(Style::Strong, &title), clean(line));
        }
    }
}

fn lock_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    let Some(found) = &status.lock else {
        let none = detail.operator.generation == Tag::P0.name();
        return sections.add("Operation lock", &[if none { "none in this generation" } else { "free" }.into()]);
    };
    let lock = &found.lock;
    let (held, renewed) = (ago(status.observed_at, lock.acquired_at), ago(status.observed_at, lock.renewed_at));
    let mut lines = vec![format!("{}, held by {} for {held} (last renewed {renewed} ago)", lock.operation, lock.holder)];
    if !lock.message.is_empty() {
        lines.push(format!("message  {}", lock.message));
    }
    lines.push(format!("verdict  {}: {}", found.verdict.as_str(), found.because.join("; ")));
    sections.add("Operation lock", &lines);
}

fn break_glass_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    let Some(glass) = &detail.break_glass else { return sections.add("Break glass", &["not active".into()]) };
    if !glass.active {
        let when = ago(status.observed_at, glass.acknowledged_at);
        return sections.add("Break glass", &[format!("not active; {} was acknowledged {when} ago", glass.reason)]);
    }
    let mut lines = vec![
        format!("ACTIVE for {}: {}", ago(status.observed_at, glass.entered_at), glass.reason),
        format!("message  {}", glass.message),
        format!("nonce    {}", glass.nonce),
    ];
    if detail.paused {
        lines.push(
            "the cluster is paused: conditions hide break glass, and an acknowledgement is taken when it is unpaused".into(),
        );
    }
    lines.extend(glass.steps.iter().enumerate().map(|(i, step)| format!("step {}   {step}", i + 1)));
    sections.add("Break glass", &lines);
}

fn upgrade_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    if let Some(blue_green) = &detail.blue_green {
        let revision = |r: &Option<String>| r.clone().unwrap_or_else(|| "-".into());
        let since = blue_green.phase_began().map(|at| format!(" (for {})", ago(status.observed_at, Some(at))));
        let since = since.unwrap_or_default();
        let mut lines = vec![format!(
            "{}{since}   blue {}   green {}",
            blue_green.phase,
            revision(&blue_green.blue_revision),
            revision(&blue_green.green_revision)
        )];
        if let Some(job) = &blue_green.last_job_failure {
            // A rollback carries the count of the phase before it.
            let count = blue_green.job_failures.filter(|_| !blue_green.rolling_back());
            let count = count.map_or(String::new(), |n| format!(" ({n} in this phase)"));
            lines.push(format!("last failed Job {job}{count}"));
        }
        lines.extend(
            blue_green
                .rollback_reason
                .as_ref()
                .map(|r| format!("rollback: {r}, attempt {}", blue_green.rollback_attempt.unwrap_or(0))),
        );
        sections.add("Blue/green", &lines);
    }
    if let Some(upgrade) = &detail.rolling_upgrade {
        let text = |v: &Option<String>| v.clone().unwrap_or_else(|| "?".into());
        let failure = upgrade.failure.as_ref().map_or(String::new(), |f| format!(", failed: {f}"));
        sections
            .add("Rolling upgrade", &[format!("{} to {}{failure}", text(&upgrade.from_version), text(&upgrade.target_version))]);
    }
}

fn unread<'a>(status: &'a ClusterStatus, what: &str) -> Option<&'a String> {
    status.unread.iter().find(|u| u.starts_with(what))
}

fn restores_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    const SHOWN: usize = 10;
    if let Some(why) = unread(status, "restores") {
        return sections.add("Restores", &[format!("? {why}")]);
    }
    let mut lines: Vec<String> = detail
        .restores
        .iter()
        .take(SHOWN)
        .map(|r| {
            let flag = if r.overrode_lock { " (override asked for)" } else { "" };
            format!("{}  {}  {} ago{flag}  {}", r.name, r.phase, ago(status.observed_at, r.ended_at.or(r.created_at)), r.message)
        })
        .collect();
    match detail.restores.len() {
        0 => lines.push("none".into()),
        n if n > SHOWN => lines.push(format!("and {} older", n - SHOWN)),
        _ => {}
    }
    sections.add("Restores", &lines);
}

fn pods_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    if let Some(why) = unread(status, "pods") {
        return sections.add(
            "Pods",
            &[format!("? {why}; the cluster's status says {} of {} ready", number(status.ready), number(status.replicas))],
        );
    }
    let ready = detail.pods.iter().filter(|p| p.ready == Some(true)).count();
    let sealed = status.sealed.map_or_else(|| "?".into(), |n| n.to_string());
    let active = match status.leaders.as_deref() {
        None => "?".into(),
        Some([]) => "none".into(),
        Some(names) => names.join(", "),
    };
    let mut lines = vec![format!("{}   {sealed} sealed   active {active}", ready_of(ready, detail.pods.len(), status))];
    let not_asked = unread(status, "servers' own answers");
    lines.extend(detail.pods.iter().map(|pod| pod_line(pod, not_asked.is_some())));
    if let Some(why) = not_asked {
        lines.push(format!("by their labels; not asked directly: {}", why.trim_start_matches("servers' own answers: ")));
    } else if detail.pods.iter().any(|pod| pod.answer.is_some() || pod.unanswered.is_some()) {
        let answered = detail.pods.iter().filter(|pod| pod.answer.is_some()).count();
        let wanted = status.replicas.and_then(|n| usize::try_from(n).ok()).unwrap_or(0).max(detail.pods.len());
        lines.push(format!("{answered} of {wanted} answered when asked directly"));
    }
    sections.add("Pods", &lines);
}

/// One server: by its own answer where it gave one, else by its labels; where the two differ, both.
/// Of a blue/green cluster with both sides up more pods are ready than one side has.
fn ready_of(ready: usize, pods: usize, status: &ClusterStatus) -> String {
    let wanted = number(status.replicas);
    match status.replicas.and_then(|n| usize::try_from(n).ok()) {
        Some(one_side) if pods > one_side => format!("{ready} of {pods} ready on both sides, {wanted} wanted on each"),
        _ => format!("{ready} of {wanted} ready"),
    }
}

fn pod_line(pod: &PodDetail, told_once: bool) -> String {
    let word = |value: Option<bool>, yes: &'static str, no: &'static str| match value {
        Some(true) => yes,
        Some(false) => no,
        None => "?",
    };
    let (seal, role) = (|value| word(value, "SEALED", "unsealed"), |value| word(value, "active", "standby"));
    let labels = [seal(pod.sealed), role(pod.active)];
    let answer = pod.answer.as_ref();
    let words = answer.map_or(labels, |a| [seal(Some(a.sealed)), role(Some(a.active))]);
    let version = answer.and_then(|a| a.version.clone()).or_else(|| pod.version.clone());
    let mut fields = vec![pod.name.clone(), word(pod.ready, "ready", "not ready").into()];
    fields.extend(words.map(str::to_owned));
    fields.push(version.unwrap_or_else(|| "version ?".into()));
    fields.extend((pod.restarts > 0).then(|| format!("{} restarts", pod.restarts)));
    let differ: Vec<&str> = labels.into_iter().zip(words).filter(|(l, w)| l != w && *l != "?").map(|(l, _)| l).collect();
    fields.extend((!differ.is_empty()).then(|| format!("(its labels say {})", differ.join(", "))));
    fields.extend(answer.and_then(shares));
    fields.extend(pod.unanswered.as_ref().filter(|_| !told_once).map(|why| format!("NO ANSWER: {why}")));
    fields.join("  ")
}

fn shares(answer: &AnswerDetail) -> Option<String> {
    let (given, needed) = (answer.shares_given?, answer.shares_needed?);
    (answer.auto_unseal != Some(true)).then(|| format!("{given} of {needed} unseal shares given"))
}

fn backup_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    let Some(key) = &detail.last_backup else {
        let none = unread(status, "backups").map_or("none in the cluster's status".into(), |why| format!("? {why}"));
        return sections.add("Last backup", &[none]);
    };
    let by_key = match detail.last_backup_at {
        Some(at) => format!("{} old by its key", ago(status.observed_at, Some(at))),
        None => "age not in its key".into(),
    };
    let noticed = detail.last_backup_noticed_at.map(|at| format!("; the status says {}", ago(status.observed_at, Some(at))));
    sections.add("Last backup", &[key.clone(), by_key + &noticed.unwrap_or_default()]);
}

fn operator_section(sections: &mut Sections<'_>, status: &ClusterStatus, detail: &Detail) {
    let operator = &detail.operator;
    let mut lines = vec![format!("{} ({})", operator.generation, operator.basis)];
    lines.push(match (operator.alive, operator.lease_renewed_at) {
        (Some(true), at) => format!("alive: leader lease renewed {} ago", ago(status.observed_at, at)),
        (Some(false), Some(at)) => format!("NOT RUNNING: leader lease last renewed {} ago", ago(status.observed_at, Some(at))),
        (Some(false), None) => "NOT RUNNING: there is no leader lease".into(),
        (None, _) => unread(status, "operator lease").map_or("liveness not known".into(), |why| format!("? {why}")),
    });
    lines.extend(unread(status, "operator deployment").map(|why| format!("? {why}")));
    lines.extend(detail.admin_ops_error.as_ref().map(|e| format!("last error: {}: {}", e.reason, e.message)));
    sections.add("Operator", &lines);
}
