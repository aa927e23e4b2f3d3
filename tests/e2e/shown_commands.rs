//! What `--show-kubectl` shows, pasted into a shell with real kubectl: it has the same effect as the plugin's own write.
//!
//! Two practice ranges of one scenario: in one the plugin writes, in the other kubectl does what a dry run shows. What was
//! sent and what became of the object are compared, without what differs from one invocation to the next.

use kubectl_openbao::drill::scenarios::{Range, RangeOptions, Which, find};
use kubectl_openbao::drill::server::Request;
use kubectl_openbao::drill::{Pace, Play};
use regex_lite::Regex;
use serde_json::{Value, json};

use crate::harness::{Kubectl, kubectl_for};

/// One write of the plugin.
struct Case {
    scenario: &'static str,
    play: Play,
    /// The command; `KEY` and `SNAPSHOT` stand for the keys of the last backup and of the one before the upgrade.
    command: &'static str,
    /// What ends it once the write was sent.
    briefly: &'static str,
    plural: &'static str,
}

const CASES: [Case; 8] = [
    Case {
        scenario: "stuck-lock",
        play: Play::Jan,
        command: "restore prod --key KEY --override-lock --reason it's-$HOME-\u{202e}odd",
        briefly: "--no-follow",
        plural: "openbaorestores",
    },
    Case {
        scenario: "stuck-lock",
        play: Play::Next,
        command: "restore prod --key KEY --override-lock --reason INC-1",
        briefly: "--no-follow",
        plural: "openbaorestores",
    },
    Case {
        scenario: "failed-rollback",
        play: Play::Jan,
        command: "breakglass ack prod --reason it's-\u{202e}odd",
        briefly: "--follow=false",
        plural: "openbaoclusters",
    },
    Case {
        scenario: "failed-rollback",
        play: Play::V05,
        command: "resolve prod --path retry",
        briefly: "",
        plural: "openbaoclusters",
    },
    Case {
        scenario: "diverged-rollback",
        play: Play::V05,
        command: "resolve prod --path restore --key SNAPSHOT --reason INC-1",
        briefly: "--settle 1s --deadline 60s",
        plural: "openbaoclusters",
    },
    Case {
        scenario: "unknown-outcome",
        play: Play::Next,
        command: "recover colleague-0312 --resume --reason INC-1",
        briefly: "--settle 1s",
        plural: "openbaorestores",
    },
    Case {
        scenario: "unknown-outcome",
        play: Play::Next,
        command: "recover colleague-0312 --abandon",
        briefly: "--settle 1s",
        plural: "openbaorestores",
    },
    Case {
        scenario: "unknown-outcome",
        play: Play::V05,
        command: "recover colleague-0312 --resume",
        briefly: "--settle 1s",
        plural: "openbaorestores",
    },
];

impl Case {
    async fn range(&self) -> Range {
        let scenario = find(self.scenario).expect("a scenario of this name");
        let options = RangeOptions { pace: Pace(0.02), ..RangeOptions::new(scenario, self.play) };
        Range::start(options).await.expect("the range starts")
    }

    fn words(&self, range: &Range, more: &str) -> Vec<String> {
        let of = |word: &str| match word {
            "KEY" => range.key(Which::Last),
            "SNAPSHOT" => range.key(Which::PreUpgrade),
            word => word.to_owned(),
        };
        ["openbao"].into_iter().chain(self.command.split(' ')).chain(more.split_whitespace()).map(of).collect()
    }

    /// The plugin's own write, and what it made of the object.
    async fn sent(&self) -> Written {
        let range = self.range().await;
        let plan = kubectl(&range).run(self.words(&range, "--dry-run=client -o json")).success();
        let plan: Value = serde_json::from_str(&plan).unwrap();
        let mut args = self.words(&range, self.briefly);
        args.extend(consent(self, &plan));
        range.server().clear_requests();
        let (code, said) = tokio::task::block_in_place(|| {
            let ran = kubectl(&range).run(args);
            (ran.code, ran.stderr)
        });
        // Green or not in the end: what counts here is what was written.
        Written::of(self, &range, |r| r.user_agent.as_deref().is_some_and(|a| a.starts_with("kubectl-openbao/")))
            .unwrap_or_else(|| panic!("nothing was written, exit code {code:?}: {said}"))
    }

    /// What kubectl writes that is given the shown command.
    async fn pasted(&self) -> Written {
        let range = self.range().await;
        let plan = kubectl(&range).run(self.words(&range, "--dry-run=client -o json")).success();
        let plan: Value = serde_json::from_str(&plan).unwrap();
        // What is accepted by its code is written down on the object.
        let mut args = self.words(&range, "--dry-run=client --show-kubectl");
        args.extend(consent(self, &plan).into_iter().skip(2));
        let shown = kubectl(&range).run(args);
        let command = command_in(&shown.stderr);
        assert!(shown.ok() && !command.is_empty(), "{shown:#?}");
        range.server().clear_requests();
        let ran = tokio::task::block_in_place(|| kubectl(&range).pasted(&command));
        assert!(ran.ok(), "{command}\n{ran:#?}");
        let theirs = |r: &Request| r.user_agent.as_deref().is_some_and(|a| a.starts_with("kubectl/"));
        Written::of(self, &range, theirs).unwrap_or_else(|| panic!("nothing was written: {ran:#?}"))
    }
}

fn kubectl(range: &Range) -> Kubectl {
    kubectl_for(range.kubeconfig_file())
}

/// What the plan asks of a script.
fn consent(case: &Case, plan: &Value) -> Vec<String> {
    let text = |pointer: &str| plan.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let acknowledges = case.command.starts_with("breakglass") || case.command.contains("--path retry");
    let mut flags = match acknowledges {
        true => vec!["--nonce".to_owned(), text("/nonce")],
        false => vec!["--confirm".to_owned(), text("/consent/phrase")],
    };
    for code in plan["consent"]["accept"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        flags.extend(["--accept".to_owned(), code.to_owned()]);
    }
    flags
}

/// The command among what was said: one line, or up to the end of what is piped into it.
fn command_in(said: &str) -> String {
    let (_, rest) = said.split_once("by kubectl:\n").unwrap_or_default();
    let first = rest.lines().next().unwrap_or_default();
    if !first.ends_with("<<'EOF'") {
        return first.to_owned();
    }
    let (command, _) = rest.split_once("\nEOF\n").expect("its end");
    format!("{command}\nEOF\n")
}

/// One write, and the object after it.
#[derive(Debug, PartialEq)]
struct Written {
    method: String,
    path: String,
    body: Value,
    annotations: Value,
    spec: Value,
}

impl Written {
    /// The first effective write that somebody sent.
    fn of(case: &Case, range: &Range, by: impl Fn(&Request) -> bool) -> Option<Written> {
        let requests = range.server().requests();
        let write = requests.iter().find(|r| by(r) && r.is_write() && r.path.contains(case.plural))?;
        assert!(write.status.is_some_and(|status| status < 300), "{write:?}");
        let name = match write.method.as_str() {
            "POST" => write.json()["metadata"]["name"].as_str()?.to_owned(),
            _ => write.path.rsplit('/').next()?.to_owned(),
        };
        let object = range.server().store().get(case.plural, "bao", &name).map_or(Value::Null, |object| Value::clone(&object));
        let deleted = write.method == "DELETE";
        assert!(!deleted || object.is_null() || !object["metadata"]["deletionTimestamp"].is_null(), "{object}");
        // Of a patch the values that a test names, and what is set; of a deletion the conditions are the plugin's alone.
        let body = if deleted { Value::Null } else { sorted(tidy(&write.json(), &name)) };
        let mine = |pointer: &str| tidy(object.pointer(pointer).unwrap_or(&Value::Null), &name);
        // Where the plugin goes on after its write, so does the operator: then what was sent is all that can be compared.
        let whole = case.briefly.starts_with("--no-follow") || case.briefly.starts_with("--follow=false");
        let (annotations, spec) = if whole { (mine("/metadata/annotations"), mine("/spec")) } else { Default::default() };
        Some(Written { method: write.method.clone(), path: write.path.replace(&name, "NAME"), body, annotations, spec })
    }
}

/// Without the order of keys.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// Without what no two invocations, or no two ranges, have in common: times, ids, versions, the name that is made up.
fn tidy(value: &Value, name: &str) -> Value {
    let patterns = [
        (r"\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d(\.\d+)?Z", "TIME"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\b[0-9a-f]{16,64}\b", "ID"),
        (r#""path":"/metadata/resourceVersion","value":"\d+""#, "VERSION"),
    ];
    let text = value.to_string().replace(name, "NAME");
    let version = Regex::new(patterns[3].0).expect("a pattern");
    let text = version.replace_all(&text, r#""path":"/metadata/resourceVersion","value":"VERSION""#).into_owned();
    let text = patterns[..3]
        .iter()
        .fold(text, |text, (pattern, word)| Regex::new(pattern).expect("a pattern").replace_all(&text, *word).into_owned());
    serde_json::from_str(&text).unwrap_or_else(|e| json!({"not JSON any more": e.to_string(), "text": text}))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_does_what_the_plugin_does() {
    let mut wrong = Vec::new();
    for case in &CASES {
        let (own, pasted) = (case.sent().await, case.pasted().await);
        if own != pasted {
            wrong.push(format!("{} on {:?}:\n{own:#?}\n{pasted:#?}", case.command, case.play));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
