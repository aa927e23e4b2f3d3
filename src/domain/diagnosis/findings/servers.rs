//! Seal, leader, members and margin: what the servers are like, whatever the cluster's status says.

use crate::api::text::clean;
use crate::domain::diagnosis::facts::{Facts, Stage};
use crate::domain::diagnosis::quorum::{Basis, Quorum, is_sealed};
use crate::domain::diagnosis::say::{PAUSE, Words, finding, word};
use crate::domain::diagnosis::{Finding, Path};
use crate::domain::evidence::{Evidence, Peer, ServerHealth};
use crate::domain::restore::preflight::unsealing;
use crate::domain::rollback::{Colour, Side, answer_of, is_silent, is_up};
use crate::domain::status::{Next, Severity};

pub(super) fn of(facts: &Facts<'_>) -> Vec<Finding> {
    let mut all = leader(facts);
    all.extend(green_leads(facts));
    all.extend(sealed(facts));
    all.extend(status_out_of_date(facts));
    for colour in [Colour::Blue, Colour::Green] {
        all.extend(facts.sides.as_ref().and_then(|s| s.of(colour)).into_iter().flat_map(|side| margin(facts, side)));
    }
    all.extend(one_colour(facts));
    all.extend(silent(facts));
    all.extend(restarting(facts));
    all.extend(removed(facts));
    all.extend(separate(facts));
    all.extend(members(facts));
    all
}

fn leader(facts: &Facts<'_>) -> Vec<Finding> {
    let words = Words::of(facts.cluster);
    let found = match &facts.quorum {
        Quorum::Has { leader, side, basis } => {
            let side = side.map_or(String::new(), |s| format!(" ({})", s.as_str()));
            finding("leader-seen", Severity::Note, basis.source(), format!("{} leads{side}", clean(leader)))
        }
        Quorum::Lost { why, basis } => lost(facts, why, *basis),
        Quorum::NoLeader(_) if facts.evidence.pods.each().is_empty() => {
            let next = words.kubectl("get statefulsets,pods,pvc", "what is left of it");
            finding("no-servers", Severity::Danger, "pods", "no server's pod exists")
                .speaking_against(&[Path::Retry, Path::Restore])
                .then(next)
        }
        Quorum::NoLeader(basis) => {
            let pods = facts.evidence.pods.each();
            let up = pods.iter().filter(|p| is_up(facts.evidence, p)).count();
            let wanted = facts.wanted(pods.len());
            let few = if 2 * up <= wanted { format!("; only {up} of {wanted} servers are up") } else { String::new() };
            let text = format!(
                "no server leads at this moment{few}: an election, or quorum is lost; look again in 15 seconds. Until one leads {NO_WRITES}"
            );
            let found = finding("no-leader", Severity::Danger, basis.source(), text)
                .speaking_against(&[Path::Retry, Path::Restore])
                .then(words.plugin("diagnose all", "", "look again"));
            last_words(facts).into_iter().fold(found, Finding::then)
        }
        Quorum::Several(names) => {
            let answered = names.iter().all(|name| answer_of(facts.evidence, name).is_some());
            let why = if answered { "each says so itself" } else { "one may be removed and hang with its label frozen" };
            let text = format!("{} servers claim to lead: {}; {why}", names.len(), clean(&names.join(", ")));
            let found = finding("several-leaders", Severity::Danger, "pod labels and answers", text)
                .speaking_against(&[Path::Retry, Path::Restore]);
            let found = match facts.cluster_ids().len() > 1 {
                true => found,
                false => found.then(words.plugin("diagnose all", "", "look again: an election takes seconds")),
            };
            names.iter().fold(found, |found, name| found.then(list_peers(facts, name)))
        }
        Quorum::Sealed(_) | Quorum::Unknown(_) => return Vec::new(),
    };
    vec![found]
}

fn list_peers(facts: &Facts<'_>, pod: &str) -> Next {
    let command = format!("exec {} -c openbao -- bao operator raft list-peers", word(pod));
    Words::of(facts.cluster).kubectl(&command, "the members as this server knows them; needs a token")
}

/// The members as the server that leads knows them, unless a removed server's finding says it better.
pub(super) fn members_on_the_leader(facts: &Facts<'_>) -> Option<Next> {
    let Quorum::Has { leader, .. } = &facts.quorum else { return None };
    removed(facts).is_none().then(|| list_peers(facts, leader))
}

/// A snapshot by hand: only where a server leads (O§3.5).
pub(super) fn fresh_snapshot(facts: &Facts<'_>) -> Option<Next> {
    let Quorum::Has { leader, .. } = &facts.quorum else { return None };
    let command = format!("exec {} -c openbao -- bao operator raft snapshot save /tmp/fresh.snap", word(leader));
    let why = "a fresh snapshot first, of the server that leads; needs a token; then fetch the file (kubectl exec … cat)";
    Some(Words::of(facts.cluster).kubectl(&command, why))
}

/// What holds without a leader.
const NO_WRITES: &str = "no server can take a write, and a restore finds none";

/// The log of a server that is not up, of its run before when it was started again; else of the first.
fn last_words(facts: &Facts<'_>) -> Option<Next> {
    let pods = facts.evidence.pods.each();
    let pod = pods.iter().find(|p| !is_up(facts.evidence, p)).or(pods.first())?;
    let previous = if pod.restarts() > 0 { " --previous" } else { "" };
    let command = format!("logs {} -c openbao{previous} --tail=50", word(&pod.meta.name));
    Some(Words::of(facts.cluster).kubectl(&command, "why it does not lead or follow"))
}

/// First nothing changes, nothing is lost, and one knows what is there (O§5.1).
fn lost(facts: &Facts<'_>, why: &str, basis: Basis) -> Finding {
    let text = format!(
        "quorum is lost: {}. Until a voter is back {NO_WRITES}. Raft is repaired by hand (peers.json) only when a majority is gone for good, after copying every volume",
        clean(why)
    );
    let words = Words::of(facts.cluster);
    let found = finding("quorum-lost", Severity::Danger, basis.source(), text).speaking_against(&[Path::Retry, Path::Restore]);
    let found = match facts.cluster.spec.paused {
        true => found,
        false => found.then(words.patch(PAUSE, "stops its upgrades, backups and workload changes meanwhile; restores still run")),
    };
    let keep = match facts.blue_green().is_some() {
        true => "keep every one, Green's too: they may hold the missing votes; copy them before anything is tried",
        false => "keep every one; copy them before anything is tried",
    };
    let pods = format!(
        "get pods -l openbao.org/cluster={} -L openbao-active,openbao-sealed,openbao.org/revision",
        word(&facts.cluster.meta.name)
    );
    let found = found
        .then(words.kubectl("get pvc", keep))
        .then(words.kubectl(&pods, "which servers are left; bringing one voter back is better than any other way"));
    last_words(facts).into_iter().fold(found, Finding::then)
}

fn green_leads(facts: &Facts<'_>) -> Option<Finding> {
    let Quorum::Has { side: Some(Colour::Green), basis, .. } = &facts.quorum else { return None };
    matches!(facts.stage, Stage::BreakGlass | Stage::RollingBack).then(|| {
        let text = format!(
            "Green leads: the data that counts is in Green. An acknowledgement takes the lead back to the older version; a restore looks for the leader elsewhere{}",
            facts.blue_in_raft().map_or(String::new(), |blue| format!(". {blue}"))
        );
        let found = finding("green-leads", Severity::Danger, basis.source(), text)
            .speaking_against(&[Path::Retry, Path::Restore])
            .speaking_for(&[Path::StayGreen]);
        let first = members_on_the_leader(facts).into_iter().chain(fresh_snapshot(facts));
        first.fold(found, Finding::then)
    })
}

fn sealed(facts: &Facts<'_>) -> Option<Finding> {
    let pods = facts.evidence.pods.value()?;
    let sealed: Vec<&str> = pods.iter().filter(|p| is_sealed(facts.evidence, p)).map(|p| p.meta.name.as_str()).collect();
    let first = sealed.first()?;
    let all = matches!(facts.quorum, Quorum::Sealed(_));
    let after_restore = facts.evidence.restores.each().iter().any(|r| r.phase == crate::api::restore::Phase::Completed);
    let why = match (all, after_restore) {
        (true, true) => ": no server can serve. After a restore that means the snapshot was sealed with another key",
        (true, false) => ": no server can serve until they are unsealed",
        _ => "",
    };
    let text = format!("{} of {} servers are sealed{why}", sealed.len(), facts.wanted(pods.len()));
    let severity = if all { Severity::Danger } else { Severity::Attention };
    let opens = unsealing(facts.evidence, facts.cluster).into_iter();
    let why: Vec<String> = std::iter::once("why it is sealed".to_owned()).chain(opens).collect();
    let next = Words::of(facts.cluster).kubectl(&format!("logs {} -c openbao --tail=20", word(first)), &why.join("\n"));
    Some(finding("sealed", severity, "the servers' own words", text).speaking_against(&[Path::Retry, Path::Restore]).then(next))
}

/// The cluster's status says well what is not (F§15.1, F§15.2.7).
fn status_out_of_date(facts: &Facts<'_>) -> Option<Finding> {
    let bad = matches!(facts.quorum, Quorum::Lost { .. } | Quorum::NoLeader(_) | Quorum::Sealed(_));
    let says = |kind: &str, status: &str| facts.cluster.condition(kind).is_some_and(|c| c.status == status);
    let well = says("OpenBaoLeader", "True") || says("Available", "True") || says("OpenBaoSealed", "False");
    (bad && well).then(|| {
        let leader = facts.cluster.active_leader.as_deref().map_or(String::new(), |l| format!(", leader {}", clean(l)));
        let text = format!("the cluster's status still says phase {}{leader}: it is out of date", clean(&facts.cluster.phase));
        finding("status-out-of-date", Severity::Attention, "status.conditions", text)
    })
}

/// How many of a side are up, against its own majority.
fn margin(facts: &Facts<'_>, side: &Side<'_>) -> Option<Finding> {
    facts.evidence.pods.value()?;
    if side.colour == Colour::Green && (facts.stage == Stage::BlueGreen || side.pods.is_empty()) {
        // It is only being built, or gone already.
        return None;
    }
    judge_margin(facts, side.colour.as_str(), side.up(facts.evidence), facts.wanted(side.pods.len()), side.colour == Colour::Blue)
}

/// Clusters without colours.
fn one_colour(facts: &Facts<'_>) -> Option<Finding> {
    if facts.sides.as_ref().is_some_and(|s| s.blue.is_some()) {
        return None;
    }
    let pods = facts.evidence.pods.value().filter(|p| !p.is_empty())?;
    let up = pods.iter().filter(|p| is_up(facts.evidence, p)).count();
    judge_margin(facts, "the cluster", up, facts.wanted(pods.len()), true)
}

fn judge_margin(facts: &Facts<'_>, who: &str, up: usize, wanted: usize, matters: bool) -> Option<Finding> {
    let source = if facts.servers_asked() { "the servers' own answers" } else { "pod labels" };
    let majority = wanted / 2 + 1;
    match up {
        up if up >= wanted => None,
        up if up < majority => {
            let severity = if matters { Severity::Danger } else { Severity::Attention };
            let text = format!("{who}: {up} of {wanted} servers are up; a majority is {majority}");
            let found = finding("side-without-majority", severity, source, text);
            Some(if matters { found.speaking_against(&[Path::Retry]) } else { found.speaking_against(&[Path::StayGreen]) })
        }
        up if up == majority => {
            let text = format!("{who}: {up} of {wanted} servers are up; losing one more loses its majority");
            Some(finding("quorum-margin", Severity::Attention, source, text))
        }
        _ => None,
    }
}

fn silent(facts: &Facts<'_>) -> Option<Finding> {
    let pods = facts.evidence.pods.each().iter().map(|p| p.meta.name.as_str());
    let (refusing, hanging): (Vec<&str>, Vec<&str>) =
        pods.filter(|p| is_silent(facts.evidence, p)).partition(|p| refuses(facts.evidence, p));
    let say = |names: Vec<&str>, what: &str| (!names.is_empty()).then(|| format!("{} {what}", clean(&names.join(", "))));
    let refusing = say(refusing, "refused the connection: nothing listens there, the server is down or starting");
    let hanging = say(hanging, "gave no answer: a removed server hangs on every request, and its label stays as it was");
    let text: Vec<String> = refusing.into_iter().chain(hanging).collect();
    (!text.is_empty()).then(|| finding("silent-server", Severity::Attention, "the servers were asked", text.join("; ")))
}

fn refuses(evidence: &Evidence, pod: &str) -> bool {
    let why = evidence.servers.iter().find(|s| s.pod == pod).and_then(|s| s.health.unknown());
    why.is_some_and(|why| why.contains("refused"))
}

/// A standby that knows no leader while another server leads is not in Raft's configuration (F§15.2.5).
fn removed(facts: &Facts<'_>) -> Option<Finding> {
    let Quorum::Has { leader, .. } = &facts.quorum else { return None };
    let lost = |h: &ServerHealth| {
        h.initialized && !h.sealed && h.leads == Some(false) && h.leader_address.as_deref().unwrap_or("").is_empty()
    };
    let removed: Vec<&str> = facts
        .evidence
        .servers
        .iter()
        .filter(|s| s.pod != *leader && s.health.value().is_some_and(lost))
        .map(|s| s.pod.as_str())
        .collect();
    (!removed.is_empty()).then(|| {
        let text = format!(
            "{} knows no leader although {} leads: removed from Raft, or never joined; it is Ready and serves nothing",
            clean(&removed.join(", ")),
            clean(leader)
        );
        let claims: Vec<String> = removed.iter().map(|pod| format!("data-{}", clean(pod))).collect();
        let why = format!(
            "whether it is a member; one that is not joins again with an empty volume only (copy it, then delete its claim and its pod: {})",
            claims.join(", ")
        );
        finding("removed-server", Severity::Danger, "the servers' own answers", text)
            .speaking_against(&[Path::Retry])
            .then(Next { why, ..list_peers(facts, leader) })
    })
}

/// Who leads now may be gone the next moment.
fn restarting(facts: &Facts<'_>) -> Option<Finding> {
    let pods = facts.restarting();
    let first = pods.first()?;
    let named: Vec<String> = pods.iter().map(|p| format!("{} ({} times)", clean(&p.meta.name), p.restarts())).collect();
    let text = format!("servers were started again and again within the last hour: {}", named.join(", "));
    let command = format!("logs {} -c openbao --previous --tail=50", word(&first.meta.name));
    let next = Words::of(facts.cluster).kubectl(&command, "why it ended the last time");
    Some(finding("servers-restart", Severity::Attention, "pods", text).speaking_against(&[Path::Retry]).then(next))
}

/// Different ids mean separate clusters (O§3.4).
fn separate(facts: &Facts<'_>) -> Option<Finding> {
    let ids = facts.cluster_ids();
    (ids.len() > 1).then(|| {
        let text =
            format!("the servers belong to {} different clusters: one side was initialized anew or restored alone", ids.len());
        let next = Words::of(facts.cluster).kubectl(
            &format!("get endpointslices -l kubernetes.io/service-name={}", word(&facts.cluster.meta.name)),
            "which servers clients reach: stop the clients of one side before both were written to",
        );
        finding("separate-clusters", Severity::Danger, "cluster ids the servers answered", text)
            .speaking_against(&[Path::Retry, Path::Restore])
            .then(next)
    })
}

fn members(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(peers) = facts.evidence.peers.value() else { return Vec::new() };
    let mut all = Vec::new();
    let blue = facts.sides.as_ref().and_then(|s| s.blue.as_ref());
    if let Some((voters, others)) = blue.and_then(|b| b.peers) {
        let wanted = facts.wanted(blue.map_or(0, |b| b.pods.len()));
        if voters + others < wanted {
            let text = format!("{} of {wanted} servers of Blue are members of Raft: the others were removed", voters + others);
            all.push(finding("members-missing", Severity::Danger, Basis::Raft.source(), text).speaking_against(&[Path::Retry]));
        }
    }
    let green = facts.sides.as_ref().and_then(|s| s.green.as_ref()).and_then(|g| g.peers);
    if let Some((voters, _)) = green.filter(|(voters, _)| *voters > 0 && facts.stage != Stage::BlueGreen) {
        let text = format!("{voters} servers of Green vote: deleting Green without a repair takes their votes away");
        all.push(finding("green-votes", Severity::Note, Basis::Raft.source(), text));
    }
    all.extend(dead_members(facts, peers));
    all
}

fn dead_members(facts: &Facts<'_>, peers: &[Peer]) -> Option<Finding> {
    let pods = facts.evidence.pods.value()?;
    let known = |id: &str| pods.iter().any(|p| p.meta.name == id);
    // Node ids that are no pod names say nothing about pods.
    if !peers.iter().any(|p| known(&p.id)) {
        return None;
    }
    let dead: Vec<&Peer> = peers.iter().filter(|p| !known(&p.id)).collect();
    let voters = dead.iter().filter(|p| p.voter).count();
    (!dead.is_empty()).then(|| {
        let names: Vec<&str> = dead.iter().map(|p| p.id.as_str()).collect();
        let text = format!("members of Raft without a pod: {} ({voters} of them vote)", clean(&names.join(", ")));
        let severity = if voters > 0 { Severity::Danger } else { Severity::Attention };
        let found = finding("dead-members", severity, Basis::Raft.source(), text);
        let (Quorum::Has { leader, .. }, Some(first)) = (&facts.quorum, names.first()) else { return found };
        let command = format!("exec {} -c openbao -- bao operator raft remove-peer {}", word(leader), word(first));
        let why = "each that surely does not come back, one after the other; needs a token";
        found.then(Words::of(facts.cluster).kubectl(&command, why))
    })
}
