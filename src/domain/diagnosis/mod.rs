//! `diagnose`: what happened, why, and which way out the evidence supports (design 5.2).
//!
//! Conservative and monotone: evidence taken away never makes a verdict bolder. What could not be read is said, and no
//! verdict rests on it.

mod facts;
mod failure;
mod findings;
mod headline;
mod quorum;
mod say;
#[cfg(test)]
mod tests;
mod timeline;
mod unread;
mod verdict;
mod ways;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, StoreAnswer};
use super::hazards::Hazard;
use super::lock::LockFinding;
use super::rollback::Colour;
use super::status::{Next, Severity};
use crate::api::names::SnapshotKey;
use facts::Facts;
pub(crate) use failure::why_stuck;
pub use say::CODES;

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A failed upgrade or rollback, and break glass.
    Rollback,
    /// The operation lock.
    Lock,
    /// The newest restore that hangs or failed.
    Restore,
    /// All three.
    All,
}

/// What to do about the rollback, whatever the subject: it is always judged over the same evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Acknowledge break glass: the operator tries its rollback again.
    Retry,
    /// Stay on the new version.
    StayGreen,
    /// Restore a snapshot.
    Restore,
    /// No break glass and no rollback to get out of; the findings may name other trouble.
    NothingToDo,
    /// What was read supports no way out: something must be found out or repaired first.
    NotEnoughEvidence,
}

impl Verdict {
    /// The words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Retry => "retry",
            Verdict::StayGreen => "stay green",
            Verdict::Restore => "restore",
            Verdict::NothingToDo => "no failed rollback to get out of",
            Verdict::NotEnoughEvidence => "not enough evidence",
        }
    }
}

/// How much the verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It rests on words of the operator or on labels alone.
    Low,
    /// Logs and pods agree; the servers or Raft itself were not asked.
    Medium,
    /// Logs, pods and the servers' own answers agree, and nothing is missing.
    High,
}

impl Confidence {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// The three ways out of a failed rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Acknowledge: the operator repairs and cleans up again.
    Retry,
    /// Keep the new version.
    StayGreen,
    /// Restore a snapshot.
    Restore,
}

impl Path {
    /// All, in the order of their letters A, B, C.
    pub const ALL: [Path; 3] = [Path::Retry, Path::StayGreen, Path::Restore];

    /// The word `resolve --path` takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Path::Retry => "retry",
            Path::StayGreen => "stay-green",
            Path::Restore => "restore",
        }
    }

    /// The letter it is offered by.
    pub fn letter(self) -> char {
        match self {
            Path::Retry => 'A',
            Path::StayGreen => 'B',
            Path::Restore => 'C',
        }
    }
}

/// One point of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// When; `None` when only the order is known.
    pub at: Option<Timestamp>,
    /// What happened, in one line.
    pub text: String,
}

/// One fact that was established.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable code, also the name of its page in `docs/findings`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The ways out it speaks for.
    #[serde(rename = "for")]
    pub speaks_for: Vec<Path>,
    /// The ways out it speaks against.
    #[serde(rename = "against")]
    pub speaks_against: Vec<Path>,
    /// One line for people.
    pub text: String,
    /// Where it was read: `log line 3 of Job x`, `pod labels`, `status.blueGreen`.
    pub source: String,
    /// The line of the log it rests on, cleaned and cut.
    pub line: Option<String>,
    /// What to do about it.
    pub next: Vec<Next>,
}

/// The operator's generation and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GenerationFacts {
    /// `JAN`, `0.5`, `unknown`.
    pub name: String,
    /// What the name rests on.
    pub basis: String,
}

/// One side of a blue/green cluster, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SideFacts {
    /// Blue or Green.
    pub colour: Colour,
    /// Its revision.
    pub revision: String,
    /// How many pods it has; `None` when pods could not be read.
    pub pods: Option<usize>,
    /// How many servers it should have; never fewer than were seen.
    pub wanted: usize,
    /// Servers that serve, by everything read.
    pub up: Option<usize>,
    /// Servers that are sealed.
    pub sealed: Option<usize>,
    /// Its servers that really lead.
    pub leaders: Vec<String>,
    /// Its voters in Raft's own list; `None` when that was not read.
    pub voters: Option<usize>,
    /// Its members without a vote.
    pub non_voters: Option<usize>,
}

/// The snapshot one could go back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotFacts {
    /// Its object key.
    pub key: String,
    /// Where the key was read.
    pub from: String,
    /// When it was taken, by its key.
    pub taken_at: Option<Timestamp>,
    /// What the object store said of it, for people.
    pub store: String,
}

/// One way out, and what speaks for and against it here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// Which.
    pub path: Path,
    /// Whether it can be taken at all in this situation on this generation.
    pub possible: bool,
    /// Why not, when not.
    pub why_not: Option<String>,
    /// What speaks for it.
    #[serde(rename = "for")]
    pub speaks_for: Vec<String>,
    /// What speaks against it.
    #[serde(rename = "against")]
    pub speaks_against: Vec<String>,
    /// The command that carries it out.
    pub command: String,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Namespace.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// What was asked about.
    pub subject: Subject,
    /// The operator's generation.
    pub generation: GenerationFacts,
    /// When the evidence was gathered.
    pub observed_at: Timestamp,
    /// The answer in one line.
    pub headline: String,
    /// What to do about the rollback.
    pub verdict: Verdict,
    /// How much the verdict rests on.
    pub confidence: Confidence,
    /// The timeline, oldest first; moments without a time stand where they belong.
    pub happened: Vec<Moment>,
    /// What was established, worst first.
    pub findings: Vec<Finding>,
    /// Both sides of a blue/green cluster.
    pub sides: Vec<SideFacts>,
    /// The lock and its verdict.
    pub lock: Option<LockFinding>,
    /// What an acknowledgement would bring on this generation.
    pub hazards: Vec<Hazard>,
    /// What was not looked at, why, and what would make it known.
    pub not_checked: Vec<String>,
    /// The three ways out; empty when there is nothing to get out of.
    pub ways: Vec<Way>,
    /// The snapshot one could go back to.
    pub snapshot: Option<SnapshotFacts>,
    /// What to run next, most useful first.
    pub next: Vec<Next>,
}

impl Diagnosis {
    /// Whether somebody should act: exit code 3.
    pub fn needs_attention(&self) -> bool {
        self.verdict != Verdict::NothingToDo || self.findings.iter().any(|f| f.severity >= Severity::Attention)
    }

    /// One of the three ways.
    pub fn way(&self, path: Path) -> Option<&Way> {
        self.ways.iter().find(|w| w.path == path)
    }
}

/// Diagnoses the evidence of one cluster. `None` when the cluster itself was not read.
pub fn diagnose(evidence: &Evidence, subject: Subject) -> Option<Diagnosis> {
    let cluster = evidence.cluster.value()?;
    let facts = Facts::of(evidence, cluster);
    let (verdict, confidence) = verdict::judge(&facts);
    let findings = findings::of(&facts, subject);
    // Nobody is surely well whose data is in danger.
    let danger = findings.iter().any(|f| f.severity == Severity::Danger);
    let confidence = if danger && verdict == Verdict::NothingToDo { confidence.min(Confidence::Medium) } else { confidence };
    let about_rollback = matches!(subject, Subject::Rollback | Subject::All);
    let ways = if about_rollback && verdict::needs_a_way_out(&facts) { ways::of(&facts, &findings) } else { Vec::new() };
    let generation = &evidence.generation;
    Some(Diagnosis {
        namespace: cluster.meta.namespace.clone(),
        cluster: cluster.meta.name.clone(),
        subject,
        generation: GenerationFacts { name: generation.name(), basis: generation.basis() },
        observed_at: evidence.observed_at,
        headline: headline::of(&facts, subject, verdict, &findings),
        verdict,
        confidence,
        happened: timeline::of(&facts, subject),
        next: next(&facts, subject, verdict, &findings, &ways),
        sides: sides(&facts),
        lock: facts.lock.clone(),
        hazards: facts.hazards.clone(),
        not_checked: unread::of(&facts, subject),
        ways,
        snapshot: snapshot(&facts),
        findings,
    })
}

fn sides(facts: &Facts<'_>) -> Vec<SideFacts> {
    let Some(sides) = &facts.sides else { return Vec::new() };
    let evidence = facts.evidence;
    let known = |count: usize| sides.pods_known.then_some(count);
    [&sides.blue, &sides.green]
        .into_iter()
        .flatten()
        .map(|side| SideFacts {
            colour: side.colour,
            revision: side.revision.to_owned(),
            pods: known(side.pods.len()),
            wanted: facts.wanted(side.pods.len()),
            up: known(side.up(evidence)),
            sealed: known(side.pods.iter().filter(|p| quorum::is_sealed(evidence, p)).count()),
            leaders: side.leaders(evidence).into_iter().map(str::to_owned).collect(),
            voters: side.peers.map(|(voters, _)| voters),
            non_voters: side.peers.map(|(_, others)| others),
        })
        .collect()
}

fn snapshot(facts: &Facts<'_>) -> Option<SnapshotFacts> {
    let candidate = facts.snapshot.as_ref()?;
    let store = match &facts.evidence.snapshot {
        StoreAnswer::Found { object } => format!("found, {} bytes", object.size),
        StoreAnswer::NoSuchKey => "not in the bucket".into(),
        StoreAnswer::NoSuchBucket => "the bucket does not exist".into(),
        StoreAnswer::Denied { why } => format!("refused: {why}"),
        StoreAnswer::NotChecked { why } => format!("not checked: {why}"),
    };
    Some(SnapshotFacts {
        key: candidate.key.clone(),
        from: candidate.from.clone(),
        taken_at: SnapshotKey::parse(&candidate.key).map(|k| k.taken_at),
        store,
    })
}

/// The commands of the answer, each once: of what speaks against the way the verdict names, then that way, then those of the
/// other findings; of break glass itself, which every other finding knows more of, last.
fn next(facts: &Facts<'_>, subject: Subject, verdict: Verdict, findings: &[Finding], ways: &[Way]) -> Vec<Next> {
    let way = match verdict {
        _ if !matches!(subject, Subject::Rollback | Subject::All) => None,
        Verdict::Retry => Some(Path::Retry),
        Verdict::StayGreen => Some(Path::StayGreen),
        Verdict::Restore => Some(Path::Restore),
        Verdict::NothingToDo | Verdict::NotEnoughEvidence => None,
    };
    let possible = |path: &Path| ways.iter().any(|w| w.path == *path && w.possible);
    let way = way.filter(possible);
    let (before, after): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|f| way.is_some_and(|path| f.speaks_against.contains(&path)));
    let (glass, after): (Vec<&Finding>, Vec<&Finding>) = after.into_iter().partition(|f| f.code == "break-glass");
    let steps = |of: Vec<&Finding>| of.into_iter().flat_map(|f| f.next.clone()).collect::<Vec<_>>();
    let way = way.map(|path| ways::command(facts, path));
    let mut all: Vec<Next> = Vec::new();
    let circular = |step: &Next| {
        let asked = [("lock", Subject::Lock), ("restore", Subject::Restore), ("rollback", Subject::Rollback)];
        let this = |(word, of): &(&str, Subject)| {
            (*of == subject || subject == Subject::All) && step.command.starts_with(&format!("kubectl openbao diagnose {word} "))
        };
        asked.iter().any(this)
    };
    let ordered = steps(before).into_iter().chain(way).chain(steps(after)).chain(steps(glass));
    for step in ordered.filter(|step| !circular(step)) {
        if !all.iter().any(|known| known.command == step.command) {
            all.push(step);
        }
    }
    all
}
