//! One scenario on two API servers: the embedded one and the true one. Operator, kubelet, commands are the same, so
//! whatever differs is what the embedded server (or its Job controller) gets wrong.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::scenarios::{Range, RangeOptions, Which, find};
use serde_json::Value;
use tokio::task::block_in_place;

use crate::harness::{ControlPlane, Generation, Kubectl, Played};

/// The name both restores are given, so that they may be compared.
const NAME: &str = "likeness";

/// What a person finds at each step of the main job, with everything replaced that cannot be the same twice.
fn tale(kubectl: &Kubectl, key: &str) -> Vec<(&'static str, Value)> {
    let run = |args: &[&str]| kubectl.clone().run(args);
    let read = |args: &[&str]| serde_json::from_str::<Value>(&run(args).success()).unwrap();
    let status = || read(&["openbao", "status", "prod", "-o", "json"]);
    let restore = ["openbao", "restore", "prod", "--restore-name", NAME, "--key", key, "--override-lock"];
    let before = status();
    let plan = read(&[&restore[..], &["--dry-run=client", "-o", "json"]].concat());
    let mut consent = vec!["--confirm", plan["consent"]["phrase"].as_str().unwrap(), "--reason", "likeness"];
    for code in plan["consent"]["accept"].as_array().unwrap() {
        consent.extend(["--accept", code.as_str().unwrap()]);
    }
    let ended = run(&[&restore[..], &consent, &["--settle", "1s"]].concat());
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let object = read(&["get", "openbaorestore", NAME, "-o", "json"]);
    let job = read(&["get", "job", &format!("restore-{NAME}"), "-o", "json"]);
    let told = [("status before", before), ("plan", plan), ("restore", object), ("job", job), ("status after", status())];
    told.into_iter().map(|(what, value)| (what, without_chance(value))).collect()
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
const CHANCE: [&str; 7] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "cli.openbao.org/request-id",
    "cluster uid",
];

/// A word without its digits if it is a date (alone, in an object's key, in a name) or an age.
fn plain(word: &str) -> String {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let bare = word.trim_end_matches([' ', '(', ',', ')']);
    let age = bare.starts_with(|c: char| c.is_ascii_digit()) && bare.ends_with(['s', 'm', 'h', 'd']);
    if digits >= 14 || age { word.replace(|c: char| c.is_ascii_digit(), "") } else { word.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_lock_is_the_same_story_on_both_servers() {
    let plane = block_in_place(|| ControlPlane::start(Generation::Jan));
    let played = Played::start(&plane, "stuck-lock").await;
    let kubeconfig = block_in_place(|| plane.kubeconfig_for("oncall", &["system:masters"], "bao"));
    let truth = block_in_place(|| tale(&plane.kubectl_at(&kubeconfig), &played.clock.last_key()));

    let range = Range::start(RangeOptions::new(find("stuck-lock").unwrap(), Play::Jan)).await.unwrap();
    let embedded = block_in_place(|| tale(&plane.kubectl_at(range.kubeconfig_file()), &range.key(Which::Last)));
    for ((what, truth), (_, embedded)) in truth.iter().zip(&embedded) {
        assert!(truth == embedded, "{what} differs; on the true API server:\n{truth:#}\non the embedded one:\n{embedded:#}");
    }
}
