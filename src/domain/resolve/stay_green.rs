//! `--path stay-green`: Green's version and an acknowledgement in one patch, where that does not destroy what serves.
//!
//! On every generation an acknowledgement in `RollingBack` runs the repair, which takes Green's votes; with the version
//! reverted it deletes Green at once (F§4.7). So this never keeps a Green that leads: it is refused there, with the reason.

use super::{Checkpoint, Path, PlannedStep, Refusal, Request, ResolvePlan};
use crate::api::cluster::Cluster;
use crate::api::text::clean;
use crate::domain::breakglass::{self, Course};
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{self, Way, Weight};
use crate::domain::restore::{Consent, GenerationSummary};
use crate::domain::rollback::{self, Colour};
use crate::domain::write::{Audit, Kind, Patch, Write};
use crate::exit::Exit;

/// The code that accepts losing a Green that leads, or that may lead.
pub const LOSES_GREEN: &str = "green-leads";

/// The plan.
///
/// # Errors
/// The cluster was not read: there is nothing to plan over.
pub fn plan(evidence: &Evidence, request: &Request) -> Result<ResolvePlan, String> {
    let cluster =
        evidence.cluster.value().ok_or_else(|| evidence.cluster.unknown().unwrap_or_else(|| "it does not exist".into()))?;
    let version = green_version(evidence, cluster);
    let hazards = version.as_deref().map_or_else(Vec::new, |version| hazards::of_resolve(evidence, Way::StayGreen { version }));
    let refusal = refusal(evidence, cluster, version.as_deref(), &request.accepted);
    let accept: Vec<String> = hazards.iter().filter(|h| h.weight == Weight::Danger).map(|h| h.code.clone()).collect();
    let write = version.as_deref().filter(|_| refusal.is_none()).map(|version| write(evidence, cluster, request, version));
    Ok(ResolvePlan {
        namespace: request.namespace.clone(),
        cluster: request.cluster.clone(),
        path: Path::StayGreen,
        interrupted: None,
        steps: steps(evidence, cluster, version.as_deref()),
        claims: None,
        restore: None,
        left: Vec::new(),
        consent: consent(request, accept),
        write,
        generation: GenerationSummary { name: evidence.generation.name(), basis: evidence.basis() },
        rests_on: facts(evidence, cluster, version.as_deref(), &hazards),
        observed_at: evidence.observed_at,
        hazards,
        refusal,
    })
}

/// Green's version: as status names it (NEXT), as its servers say, else what was wanted and is not the running one.
pub fn green_version(evidence: &Evidence, cluster: &Cluster) -> Option<String> {
    let blue_green = cluster.blue_green.as_ref()?;
    let by_status = blue_green.green_version.clone();
    let green = blue_green.green_revision.as_deref().filter(|g| !g.is_empty())?;
    let by_server = || {
        let mut told = evidence.pods.each().iter().filter(|p| p.revision() == green).filter_map(|p| p.server_version());
        told.next().map(str::to_owned)
    };
    let by_wish = || cluster.spec.version.clone().filter(|wanted| cluster.current_version.as_ref() != Some(wanted));
    by_status.or_else(by_server).or_else(by_wish)
}

fn refusal(evidence: &Evidence, cluster: &Cluster, version: Option<&str>, accepted: &[String]) -> Option<Refusal> {
    let refuse = |text: String| Some(Refusal::new(Exit::Refused, text));
    let (namespace, name) = (clean(&cluster.meta.namespace), clean(&cluster.meta.name));
    let Some(break_glass) = cluster.active_break_glass() else {
        return refuse("break glass is not active: there is nothing to stay out of".into())
            .map(|r| r.hint(format!("kubectl openbao diagnose rollback {name} -n {namespace}")));
    };
    if break_glass.nonce.is_empty() {
        return refuse("break glass has no nonce: it cannot be acknowledged".into());
    }
    if Checkpoint::is_noted(cluster) {
        return Some(Refusal::resolution_under_way(cluster));
    }
    let Some(version) = version else { return refuse("Green's version is not known: nothing can be set to it".into()) };
    let sides = rollback::sides(evidence, cluster);
    let live = sides.as_ref().filter(|s| s.pods_known).and_then(|s| s.live(evidence));
    let diagnose = format!("kubectl openbao diagnose rollback {name} -n {namespace}");
    let accept = format!("--accept {LOSES_GREEN} does it all the same");
    let loses = match live {
        _ if accepted.iter().any(|code| code == LOSES_GREEN) => None,
        Some(Colour::Blue) => None,
        Some(Colour::Green) => {
            refuse(format!("Green leads, and no known generation keeps it: the acknowledgement {}", what_happens(evidence)))
                .map(|r| r.hint(diagnose).hint(accept))
        }
        None => refuse(format!(
            "which side leads is not known, and if it is Green it is lost: the acknowledgement {}",
            what_happens(evidence)
        ))
        .map(|r| r.hint(diagnose).hint(accept)),
    };
    let reverts = || {
        let text = format!(
            "Green's version {} is the running one: an acknowledgement would delete Green without repairing Raft",
            clean(version)
        );
        refuse(text).filter(|_| cluster.current_version.as_deref() == Some(version))
    };
    loses.or_else(reverts)
}

fn what_happens(evidence: &Evidence) -> &'static str {
    match breakglass::consequences(evidence).map(|c| c.course) {
        Some(Course::Cleanup) => "removes Green's servers from Raft and deletes Green",
        Some(Course::VersionRevert) => "deletes Green at once, and repairs nothing",
        Some(Course::Repair) => "runs the repair, which takes Green's votes, and then deletes Green",
        _ => "lets the operator go on where it stopped",
    }
}

/// What really happens: with Green's version wanted, the acknowledgement takes the repair's way, not Green's.
fn steps(evidence: &Evidence, cluster: &Cluster, version: Option<&str>) -> Vec<PlannedStep> {
    let mut all = vec![format!(
        "set spec.version to {} and acknowledge break glass, in one patch",
        version.map_or_else(|| "Green's version".into(), clean)
    )];
    // The reverted version is set right by this patch, so the way it would take is not taken.
    let mut corrected = evidence.clone();
    let mut wanted = cluster.clone();
    if let Some(version) = version {
        wanted.spec.version = Some(version.to_owned());
    }
    corrected.cluster = crate::domain::evidence::Item::present(wanted);
    all.extend(breakglass::consequences(&corrected).into_iter().flat_map(|c| c.steps));
    all.push("in the end Blue serves: on no known generation does this keep Green; the upgrade has to be made again".into());
    all.into_iter().map(|text| PlannedStep { text, done: false }).collect()
}

fn consent(request: &Request, accept: Vec<String>) -> Consent {
    let (namespace, cluster) = (&request.namespace, &request.cluster);
    let phrase = format!("ack {namespace}/{cluster}");
    let accepts: String = accept.iter().map(|code| format!(" --accept {code}")).collect();
    let command = format!("kubectl openbao resolve {cluster} -n {namespace} --path stay-green --confirm '{phrase}'{accepts}");
    Consent { phrase, accept, reason_required: false, command }
}

fn write(evidence: &Evidence, cluster: &Cluster, request: &Request, version: &str) -> Write {
    let nonce = cluster.break_glass.as_ref().map_or("", |b| b.nonce.as_str());
    let signature = Audit {
        request_id: request.id.clone(),
        reason: request.reason.clone(),
        by: evidence.person.value().cloned(),
        version: request.tool_version.clone(),
        accepted: request.accepted.clone(),
    };
    let act = Patch::of(&cluster.meta)
        .only_while("/metadata/resourceVersion", cluster.meta.resource_version.clone().into())
        .only_while("/status/breakGlass/active", true.into())
        .only_while("/status/breakGlass/nonce", nonce.into())
        .set("/spec/version", version.into())
        .set("/spec/breakGlassAck", nonce.into())
        .signed(&signature)
        .act();
    let purpose = format!("sets version {version} and acknowledges break glass");
    Write { kind: Kind::Cluster, namespace: request.namespace.clone(), name: request.cluster.clone(), act, purpose }
}

fn facts(
    evidence: &Evidence,
    cluster: &Cluster,
    version: Option<&str>,
    hazards: &[hazards::Hazard],
) -> std::collections::BTreeMap<String, String> {
    let none = || "none".to_owned();
    let live = rollback::sides(evidence, cluster).and_then(|s| s.live(evidence)).map_or("not known", Colour::as_str);
    let break_glass = cluster.active_break_glass().map_or_else(none, |b| format!("{} nonce {}", b.reason, b.nonce));
    [
        ("cluster uid", cluster.meta.uid.clone()),
        ("break glass", break_glass),
        ("phase", cluster.blue_green.as_ref().map_or_else(none, |b| b.phase.clone())),
        ("wanted version", cluster.spec.version.clone().unwrap_or_else(none)),
        ("Green's version", version.map_or_else(none, str::to_owned)),
        ("live side", live.to_owned()),
        ("paused", cluster.spec.paused.to_string()),
        ("generation", evidence.generation.name()),
        ("hazards", hazards::as_fact(hazards)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), clean(&value).into_owned()))
    .collect()
}
