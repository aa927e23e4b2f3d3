//! One scenario on two API servers: the embedded one and the true one. Operator, kubelet, commands are the same, so
//! whatever differs is what the embedded server (or its Job controller) gets wrong.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::{Range, RangeOptions, Which, find};
use serde_json::Value;
use tokio::task::block_in_place;

use crate::harness::{ControlPlane, Generation, Kubectl, Played, kubectl_for};

/// The name both restores are given, so that they may be compared.
const NAME: &str = "likeness";

/// What there is to compare: what it is, and its text as a document.
type Told = Vec<(&'static str, Value)>;

fn read(kubectl: &Kubectl, args: &[&str]) -> Value {
    serde_json::from_str(&kubectl.clone().run(args).success()).unwrap()
}

fn words(key: &str) -> [&str; 8] {
    ["openbao", "restore", "prod", "--restore-name", NAME, "--key", key, "--override-lock"]
}

/// What a person finds before anything is done: the status, and the plan with the exit code it would end with.
fn situation(kubectl: &Kubectl, key: &str) -> Told {
    let status = read(kubectl, &["openbao", "status", "prod", "-o", "json"]);
    let planned = kubectl.clone().run([&words(key)[..], &["--dry-run=client", "-o", "json"]].concat());
    let plan = serde_json::from_str(&planned.stdout).unwrap();
    vec![("status", status), ("plan", plan), ("exit code of the plan", planned.code.into())]
}

/// The main job from its situation to its end: the objects as they are stored, and the status afterwards.
fn main_job(kubectl: &Kubectl, key: &str) -> Told {
    let mut told = situation(kubectl, key);
    let consent = &told[1].1["consent"];
    let mut flags = vec!["--confirm", consent["phrase"].as_str().unwrap(), "--reason", "likeness", "--settle", "1s"];
    for code in consent["accept"].as_array().unwrap() {
        flags.extend(["--accept", code.as_str().unwrap()]);
    }
    kubectl.clone().run([&words(key)[..], &flags].concat()).everything(0);
    told.push(("restore", read(kubectl, &["get", "openbaorestore", NAME, "-o", "json"])));
    told.push(("job", read(kubectl, &["get", "job", &format!("restore-{NAME}"), "-o", "json"])));
    told.push(("status afterwards", read(kubectl, &["openbao", "status", "prod", "-o", "json"])));
    told
}

/// Replaces what cannot be the same twice: identities, times, ages.
fn without_chance(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let keep = |(name, value): (String, Value)| {
                let value = if CHANCE.contains(&name.as_str()) { Value::from("*") } else { without_chance(value) };
                (name, value)
            };
            fields.into_iter().map(keep).collect()
        }
        Value::Array(items) => items.into_iter().map(without_chance).collect(),
        Value::String(text) => Value::from(text.split_inclusive([' ', '(', ',', ')']).map(plain).collect::<String>()),
        other => other,
    }
}

/// Fields whose values are made by chance.
const CHANCE: [&str; 14] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "cli.openbao.org/request-id",
    "cluster uid",
    "clusterId",
    "leaderAddress",
    "raftCommittedIndex",
    "raftAppliedIndex",
    "clockAheadSeconds",
    // The snapshots of the two are written at different moments.
    "etag",
    "sha256",
];

/// A true API server makes its objects now, so that every snapshot is older than the cluster's object there: what follows
/// from that is left out on both sides.
fn without_age_of_the_cluster(value: Value) -> Value {
    const CODE: &str = "seal-mismatch";
    match value {
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, without_age_of_the_cluster(value))).collect(),
        Value::Array(items) => {
            let others = items.into_iter().filter(|item| item != CODE && item["code"] != CODE && item["what"] != "cluster-age");
            others.map(without_age_of_the_cluster).collect()
        }
        Value::String(text) => {
            let spellings = [format!(" --accept {CODE}"), format!(", {CODE}"), format!(",{CODE}"), format!("{CODE}, ")];
            Value::from(spellings.iter().fold(text, |text, spelling| text.replace(spelling, "")))
        }
        other => other,
    }
}

/// A word without its digits if it is a date (alone, in an object's key, in a name) or an age.
fn plain(word: &str) -> String {
    // The eight digits at the end of a snapshot's key are chance.
    if let Some((before, _)) = word.rsplit_once('-').filter(|(_, last)| last.len() == 13 && last.ends_with(".snap")) {
        return before.replace(|c: char| c.is_ascii_digit(), "");
    }
    // An entity tag.
    let hex = word.trim_matches(['"', ',']);
    if hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return "TAG".to_owned();
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let bare = word.trim_end_matches([' ', '(', ',', ')']);
    let age = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.ends_with(['s', 'm', 'h', 'd']);
    if digits >= 14 || age { word.replace(|c: char| c.is_ascii_digit(), "") } else { word.to_owned() }
}

/// Plays a scenario on both servers and compares what is told of it.
async fn compare(scenario: &str, tell: fn(&Kubectl, &str) -> Told) {
    let plane = block_in_place(|| ControlPlane::start(Generation::Jan));
    let played = Played::start(&plane, scenario).await;
    let kubeconfig = block_in_place(|| plane.kubeconfig_for("oncall", &["system:masters"], "bao"));
    let truth = block_in_place(|| tell(&kubectl_for(&kubeconfig), &played.clock.last_key()));

    let range = Range::start(RangeOptions::new(find(scenario).unwrap(), Play::Jan)).await.unwrap();
    let embedded = block_in_place(|| tell(&kubectl_for(range.kubeconfig_file()), &range.key(Which::Last)));
    for ((what, truth), (_, embedded)) in truth.into_iter().zip(embedded) {
        let comparable = |told| without_age_of_the_cluster(without_chance(told));
        let (truth, embedded) = (comparable(truth), comparable(embedded));
        assert!(truth == embedded, "{what} differs; on the true API server:\n{truth:#}\non the embedded one:\n{embedded:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_is_the_same_story_on_both_servers() {
    compare("stuck-lock", main_job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_upgrade_looks_the_same_on_both_servers() {
    compare("live-lock", situation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_restore_looks_the_same_on_both_servers() {
    compare("restore-lock", situation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_restores_look_the_same_on_both_servers() {
    compare("waiting-restores", situation).await;
}
