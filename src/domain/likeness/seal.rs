//! Which seal took it: type, shares, and the id of its key, against the seal that will have to open it.

use std::collections::BTreeSet;

use super::{Comparison, Likeness, Pair, Subject};
use crate::domain::evidence::{Item, ServerHealth};

const SHAMIR: &str = "shamir";

/// The type of the cluster's seal.
struct Live {
    kind: Option<String>,
    /// Whether the servers themselves said so.
    by_servers: bool,
}

fn answers<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a ServerHealth> {
    subject.evidence.servers.iter().map(|answer| &answer.health).filter_map(Item::value)
}

/// By the servers' own answers where they agree, else by the spec (F§2.5). `kms` there is any plugin's seal.
fn live(subject: &Subject<'_>) -> Live {
    let told: BTreeSet<&str> = answers(subject).filter_map(|health| health.seal_type.as_deref()).collect();
    match told.into_iter().collect::<Vec<_>>()[..] {
        [] => {
            let kind = subject.cluster.spec.unseal_type.as_deref().unwrap_or("static");
            Live { kind: Some(kind.to_owned()).filter(|kind| kind != "kms"), by_servers: false }
        }
        [one] => Live { kind: Some(one.to_owned()), by_servers: true },
        _ => Live { kind: None, by_servers: true },
    }
}

fn taken_under<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    subject.facts.seal.as_ref()?.kind.as_deref()
}

/// The type of seal it was taken under against the cluster's.
pub(super) fn kind(subject: &Subject<'_>) -> Comparison {
    let live = live(subject);
    let by = if live.by_servers { "the servers say" } else { "by spec.unseal" };
    let shown = live.kind.as_ref().map(|kind| format!("{kind} ({by})"));
    let pair = Pair::of("seal-type", taken_under(subject).map(str::to_owned), shown);
    match (taken_under(subject), live.kind) {
        (None, _) => pair.is(Likeness::Unknown, "the seal's configuration lies beyond what was read"),
        (Some(_), None) if live.by_servers => pair.is(Likeness::Unknown, "the servers name different seals"),
        (Some(_), None) => pair.is(Likeness::Unknown, "the cluster's seal is a plugin's: its type is not known from here"),
        (Some(then), Some(now)) if then == now => pair.is(Likeness::Same, "the same type; that says nothing of the key"),
        (Some(then), Some(_)) => {
            let means = format!(
                "the servers seal after the restore: only the {then} seal that took it opens them, then a seal migration"
            );
            pair.is(Likeness::Differs, means)
        }
    }
}

/// How many shares open it, of a Shamir seal on both sides.
pub(super) fn shares(subject: &Subject<'_>) -> Option<Comparison> {
    if taken_under(subject) != Some(SHAMIR) || live(subject).kind.as_deref() != Some(SHAMIR) {
        return None;
    }
    let seal = subject.facts.seal.as_ref()?;
    let then = seal.threshold.zip(seal.shares);
    // With auto-unseal the numbers are those of the recovery shares (O§3.3).
    let told: BTreeSet<(u64, u64)> =
        answers(subject).filter(|health| health.auto_unseal != Some(true)).filter_map(|health| health.seal_shares).collect();
    let now = match told.into_iter().collect::<Vec<_>>()[..] {
        [one] => Some(one),
        _ => None,
    };
    let words = |(threshold, shares): (u64, u64)| format!("{threshold} of {shares}");
    let pair = Pair::of("seal-shares", then.map(words), now.map(words));
    Some(match (then, now) {
        (Some(then), Some(now)) if then == now => {
            pair.is(Likeness::Same, "the same number; the shares themselves can still be others")
        }
        (Some(_), Some(_)) => pair.is(
            Likeness::Differs,
            "the shares were made anew since, or it is another cluster's: the next unseal needs the shares of then",
        ),
        _ => pair.is(Likeness::Unknown, "no server said how many shares it needs"),
    })
}

/// The id of the key that wrapped its root key against the key that the cluster's spec names.
pub(super) fn key(subject: &Subject<'_>) -> Comparison {
    let (facts, now) = (subject.facts, subject.cluster.spec.unseal_key.clone());
    let id = facts.seal.as_ref().and_then(|seal| seal.key_id.clone()).or_else(|| facts.sums_key_id.clone());
    let pair = Pair::of("seal-key", id.clone(), now.clone());
    let (Some(then), here) = (taken_under(subject), live(subject).kind) else {
        return pair.is(Likeness::Unknown, "the seal's configuration lies beyond what was read");
    };
    if then == SHAMIR {
        return pair
            .is(Likeness::Unknown, "Shamir keys have no id: nobody can tell beforehand whether this cluster's shares open it");
    }
    match (id, now) {
        _ if here.as_deref() != Some(then) => pair.is(Likeness::Unknown, "keys are compared only within one type of seal"),
        (None, _) => pair.is(Likeness::Unknown, "the id of the key lies beyond what was read, or there is none"),
        (Some(_), None) => pair.is(Likeness::Unknown, "the cluster's spec does not name its key"),
        (Some(id), Some(now)) => {
            let (verdict, means) = same_key(then, &id, &now);
            pair.is(verdict, means)
        }
    }
}

/// What the ids of one type of seal prove. The forms are those of OpenBao's key wrapping: AWS answers with the key's ARN,
/// Google with the version's path; of the others the id is a version, or only a name that somebody chose.
fn same_key(kind: &str, id: &str, spec: &str) -> (Likeness, &'static str) {
    const OTHER: (Likeness, &str) =
        (Likeness::Differs, "another key: the servers seal after the restore, and this cluster's key does not open them");
    const ONE: (Likeness, &str) = (Likeness::Same, "the same key: the servers can open it");
    match kind {
        "static" if id == spec => (Likeness::Unknown, "the same id; it is a name, and another cluster's key can have the same"),
        "static" => OTHER,
        "awskms" if spec.contains("alias/") => (Likeness::Unknown, "the spec names an alias: which key that is, AWS alone knows"),
        "awskms" if last_part(id) == last_part(spec) => ONE,
        "awskms" => OTHER,
        "gcpckms" if id == spec || id.strip_prefix(spec).is_some_and(|rest| rest.starts_with('/')) => ONE,
        "gcpckms" if id.starts_with("projects/") => OTHER,
        _ => (Likeness::Unknown, "of this seal the two ids are not of one kind: they cannot be compared"),
    }
}

/// `KEY` of `arn:aws:kms:REGION:ACCOUNT:key/KEY`, or the id as it is.
fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
