//! A plan, and the same plan a moment later: with nothing changed the consent holds, with anything that counts it does not.

use kubectl_openbao::domain::evidence::{Evidence, Item};
use kubectl_openbao::domain::restore::request::Request;
use kubectl_openbao::domain::{breakglass, recover, resolve, restore};
use kubectl_openbao::guard::{Confirmed, Flags, Plan, Withheld, by_flags};

use super::situation::{ALL, Situation};

/// The same world, looked at a second later; lists come in no particular order.
fn again(evidence: &Evidence) -> Evidence {
    let mut later = evidence.clone();
    later.observed_at += jiff::SignedDuration::from_secs(1);
    turn(&mut later.restores);
    turn(&mut later.jobs);
    turn(&mut later.pods);
    turn(&mut later.job_pods);
    turn(&mut later.stateful_sets);
    turn(&mut later.claims);
    turn(&mut later.events);
    turn(&mut later.peers);
    later.servers.reverse();
    later
}

fn turn<T>(list: &mut Item<Vec<T>>) {
    if let Item::Present { value } = list {
        value.reverse();
    }
}

/// Consent to a plan as a script gives it; `None` when the plan is not allowed.
fn agreed<P: Plan>(plan: P, confirm: Option<String>) -> Option<Confirmed<P>> {
    let consent = plan.consent();
    let confirm = confirm.or(Some(consent.phrase.clone()));
    let given = Flags { confirm, accept: consent.accept.clone(), reason: Some("INC-1".into()) };
    match by_flags(plan, &given) {
        Ok(confirmed) => Some(confirmed),
        Err(Withheld::Refused(_)) => None,
        Err(other) => panic!("its own consent is not enough: {other:?}"),
    }
}

/// What is planned over some evidence, by the names of the commands.
fn plans(situation: &Situation) -> Vec<(&'static str, Check)> {
    let mut all: Vec<(&'static str, Check)> = Vec::new();
    if let Some(request) = situation.request() {
        all.push(("restore", Box::new(move |before, now| of_restore(&request, before, now))));
    }
    all.push(("breakglass ack", Box::new(of_acknowledgement)));
    for decision in [recover::Decision::Resume, recover::Decision::Abandon] {
        for restore in situation.evidence.restores.each() {
            let name = restore.meta.name.clone();
            all.push(("recover", Box::new(move |before, now| of_recovery(&name, decision, before, now))));
        }
    }
    let key = situation.head.key.clone().unwrap_or_else(|| "k".into());
    all.push(("resolve --path restore", Box::new(move |before, now| of_resolution(&key, before, now))));
    all.push(("resolve --path stay-green", Box::new(of_staying_green)));
    all
}

/// What was agreed to over the first evidence, against the second: what differs, or `None` when there was nothing to agree to.
type Check = Box<dyn Fn(&Evidence, &Evidence) -> Option<Vec<String>>>;

fn of_restore(request: &Request, before: &Evidence, now: &Evidence) -> Option<Vec<String>> {
    let confirmed = agreed(restore::plan(before, request).expect("the cluster was read"), None)?;
    Some(confirmed.recheck(&restore::plan(now, request).expect("the cluster was read")).err().unwrap_or_default())
}

fn of_acknowledgement(before: &Evidence, now: &Evidence) -> Option<Vec<String>> {
    let plan = |evidence: &Evidence| {
        let request = breakglass::AckRequest {
            namespace: evidence.namespace.clone(),
            cluster: evidence.name.clone(),
            request_id: "id".into(),
            ..breakglass::AckRequest::default()
        };
        breakglass::plan(evidence, &request).ok()
    };
    let first = plan(before)?;
    let nonce = first.nonce.clone();
    let confirmed = agreed(first, Some(nonce))?;
    Some(confirmed.recheck(&plan(now)?).err().unwrap_or_default())
}

fn of_recovery(name: &str, decision: recover::Decision, before: &Evidence, now: &Evidence) -> Option<Vec<String>> {
    let request = recover::Request {
        namespace: before.namespace.clone(),
        restore: name.to_owned(),
        decision,
        request_id: "id".into(),
        reason: None,
        tool_version: "0".into(),
    };
    let confirmed = agreed(recover::plan(before, &request).ok()?, None)?;
    Some(confirmed.recheck(&recover::plan(now, &request).ok()?).err().unwrap_or_default())
}

fn resolution(evidence: &Evidence, key: &str) -> resolve::Request {
    resolve::Request {
        namespace: evidence.namespace.clone(),
        cluster: evidence.name.clone(),
        key: key.to_owned(),
        delete_claims_of: None,
        freeze: None,
        id: "id".into(),
        now: ALL[0].evidence.observed_at,
        reason: Some("INC-1".into()),
        accepted: Vec::new(),
        tool_version: "0".into(),
    }
}

fn of_resolution(key: &str, before: &Evidence, now: &Evidence) -> Option<Vec<String>> {
    let plan = |evidence: &Evidence| resolve::course(evidence, &resolution(evidence, key), None).ok();
    let confirmed = agreed(plan(before)?, None)?;
    Some(confirmed.recheck(&plan(now)?).err().unwrap_or_default())
}

fn of_staying_green(before: &Evidence, now: &Evidence) -> Option<Vec<String>> {
    let plan = |evidence: &Evidence| resolve::stay_green::plan(evidence, &resolution(evidence, "k")).ok();
    let confirmed = agreed(plan(before)?, None)?;
    Some(confirmed.recheck(&plan(now)?).err().unwrap_or_default())
}

#[test]
fn with_nothing_changed_a_plan_is_the_same_plan() {
    let mut compared = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    for situation in ALL.iter() {
        let later = again(&situation.evidence);
        for (command, check) in plans(situation) {
            let Some(differences) = check(&situation.evidence, &later) else { continue };
            *compared.entry(command).or_insert(0) += 1;
            if !differences.is_empty() {
                wrong.push(format!("{}: {command}: {differences:?}", situation.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let commands = ["breakglass ack", "recover", "resolve --path restore", "resolve --path stay-green", "restore"];
    assert_eq!(compared.keys().copied().collect::<Vec<_>>(), commands, "each was allowed somewhere: {compared:?}");
    assert!(compared.values().sum::<usize>() > 60, "{compared:?}");
}

#[test]
fn with_the_cluster_replaced_no_plan_is_the_same() {
    for situation in ALL.iter() {
        let mut other = situation.evidence.clone();
        let Item::Present { value: cluster } = &mut other.cluster else { continue };
        cluster.meta.uid.push_str("-another");
        if let Some(record) = cluster.break_glass.as_mut() {
            record.nonce.push('0');
        }
        for (command, check) in plans(situation) {
            let differences = check(&situation.evidence, &other);
            assert!(differences.is_none_or(|all| !all.is_empty()), "{}: {command} goes on", situation.name);
        }
    }
}
