//! The acts: every command that writes, on a range where it goes well.

use std::sync::LazyLock;

use kubectl_openbao::drill::scenarios::Which;
use kubectl_openbao::drill::scenarios::names::{OTHER, REVISIONS};
use kubectl_openbao::drill::server::Request;
use kubectl_openbao::drill::{Pace, Play};
use regex_lite::Regex;
use serde_json::Value;

use crate::support::{Person, scenario_at};

/// One writing command.
#[derive(Debug)]
pub struct Act {
    /// Its name in what is printed, and what it costs in the order of the list: the cheapest first.
    pub name: &'static str,
    scenario: &'static str,
    play: Play,
    command: &'static [&'static str],
    /// The consent that its plan does not ask for in `--confirm`.
    nonce: bool,
    /// What is to be on the server at the end.
    pub goal: fn(&Stage) -> Result<(), String>,
    /// Whether a second run after the first one wrote goes on to the end, instead of saying that it is done.
    pub resumes: bool,
}

/// Fast, and still slow enough that many ranges side by side leave the processors alone while they wait.
const PACE: Pace = Pace(0.04);
/// A key of the range stands for itself, so that one plan gives the consent for every range.
const KEY: &str = "{KEY}";
const TAKEN: &str = "{TAKEN}";
const NONCE: &str = "{NONCE}";

/// All of them, the cheapest first: a read that several make is played on the first.
pub static ACTS: [Act; 9] = [
    Act {
        name: "recover --abandon, next",
        scenario: "unknown-outcome",
        play: Play::Next,
        command: &["recover", OTHER, "--abandon"],
        nonce: false,
        goal: |stage| stage.settled("Abandon"),
        resumes: false,
    },
    Act {
        name: "recover --abandon, 0.5",
        scenario: "unknown-outcome",
        play: Play::V05,
        command: &["recover", OTHER, "--abandon", "--settle", "2s"],
        nonce: false,
        goal: Stage::deleted,
        resumes: false,
    },
    Act {
        name: "recover --resume, next",
        scenario: "unknown-outcome",
        play: Play::Next,
        command: &["recover", OTHER, "--resume", "--settle", "2s"],
        nonce: false,
        goal: |stage| stage.settled("Resume"),
        resumes: false,
    },
    Act {
        name: "recover --resume, 0.5",
        scenario: "unknown-outcome",
        play: Play::V05,
        command: &["recover", OTHER, "--resume", "--settle", "2s"],
        nonce: false,
        goal: Stage::deleted,
        resumes: false,
    },
    Act {
        name: "restore",
        scenario: "restore",
        play: Play::Jan,
        command: &["restore", "prod", "--latest", "--settle", "2s"],
        nonce: false,
        goal: Stage::restored,
        resumes: false,
    },
    Act {
        name: "restore --override-lock",
        scenario: "stuck-lock",
        play: Play::V05,
        command: &["restore", "prod", "--key", KEY, "--override-lock", "--reason", "INC-1", "--settle", "2s"],
        nonce: false,
        goal: Stage::restored,
        resumes: false,
    },
    Act {
        name: "breakglass ack",
        scenario: "failed-rollback",
        play: Play::V04,
        command: &["breakglass", "ack", "prod", "--follow"],
        nonce: true,
        goal: Stage::rolled_back,
        resumes: false,
    },
    Act {
        name: "resolve --path retry",
        scenario: "failed-rollback",
        play: Play::V05,
        command: &["resolve", "prod", "--path", "retry"],
        nonce: true,
        goal: Stage::rolled_back,
        resumes: false,
    },
    Act {
        name: "resolve --path restore",
        scenario: "diverged-rollback",
        play: Play::V05,
        command: &[
            "resolve",
            "prod",
            "--path",
            "restore",
            "--key",
            KEY,
            "--delete-claims-of",
            REVISIONS.1,
            "--reason",
            "INC-1",
            "--settle",
            "2s",
        ],
        nonce: false,
        goal: Stage::resolved,
        resumes: true,
    },
];

/// A range on which an act is played.
pub struct Stage {
    /// Who plays it.
    pub person: Person,
    nonce: String,
}

impl Act {
    /// A fresh range, ready for it.
    pub async fn stage(&self) -> Stage {
        let person = scenario_at(self.scenario, self.play, PACE).await;
        if self.resumes {
            // One volume is enough: each of them is two writes like the others'.
            for ordinal in 1..3 {
                let name = format!("data-prod-{}-{ordinal}", REVISIONS.1);
                person.range.server().store().delete("persistentvolumeclaims", "bao", &name);
            }
        }
        let cluster = person.range.server().store().get("openbaoclusters", "bao", "prod").expect("the cluster");
        let nonce = cluster.pointer("/status/breakGlass/nonce").and_then(Value::as_str).unwrap_or_default().to_owned();
        Stage { person, nonce }
    }

    /// The command with everything that its plan asks of a script, as a template for every range.
    pub async fn agreed(&self, stage: &Stage) -> Vec<String> {
        let mut args: Vec<String> = self.command.iter().map(ToString::to_string).collect();
        let mut asked = stage.filled(&args);
        asked.extend(["--dry-run".to_owned(), "-o".into(), "json".into()]);
        let ran = stage.person.plugin().run(&asked).await;
        let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
        for consent in [&plan["claims"]["consent"], &plan["consent"]] {
            let phrase = consent["phrase"].as_str().filter(|_| !self.nonce);
            args.extend(phrase.into_iter().flat_map(|p| ["--confirm".to_owned(), stage.emptied(p)]));
            let codes = consent["accept"].as_array().into_iter().flatten().filter_map(Value::as_str);
            args.extend(codes.flat_map(|code| ["--accept".to_owned(), code.to_owned()]));
        }
        // Where a busy machine keeps a server's answer beyond its limit, the plan asks for this too.
        if self.command.contains(&"--resume") && self.play == Play::Next {
            args.extend(["--accept".to_owned(), "resume-unverified".into()]);
        }
        if self.nonce {
            args.extend(["--nonce".to_owned(), NONCE.to_owned()]);
        }
        stage.person.range.server().clear_requests();
        args
    }
}

/// The stamp in a key, and how it is written elsewhere.
static STAMP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z").expect("a valid pattern"));

impl Stage {
    /// A template with what this range has.
    pub fn filled(&self, args: &[String]) -> Vec<String> {
        let words = self.words();
        args.iter().map(|arg| words.iter().fold(arg.clone(), |arg, (word, is)| arg.replace(word, is))).collect()
    }

    fn emptied(&self, text: &str) -> String {
        let words = self.words();
        words.iter().filter(|(_, is)| !is.is_empty()).fold(text.to_owned(), |text, (word, is)| text.replace(is, word))
    }

    fn words(&self) -> [(&'static str, String); 3] {
        let upgraded = !self.nonce.is_empty();
        let key = self.person.range.key(if upgraded { Which::PreUpgrade } else { Which::Last });
        let taken = STAMP.captures(&key).map(|at| format!("{}T{}:{}:{}Z", &at[1], &at[2], &at[3], &at[4]));
        [(KEY, key), (TAKEN, taken.unwrap_or_default()), (NONCE, self.nonce.clone())]
    }

    fn object(&self, plural: &str, name: &str) -> Value {
        let found = self.person.range.server().store().get(plural, "bao", name);
        found.map_or(Value::Null, |object| Value::clone(&object))
    }

    fn cluster(&self) -> Value {
        self.object("openbaoclusters", "prod")
    }

    /// The lock is nobody's.
    fn unlocked(&self) -> Result<(), String> {
        let cluster = self.cluster();
        match cluster.pointer("/status/operationLock/holder") {
            None | Some(Value::Null) => Ok(()),
            Some(holder) => Err(format!("the lock is held by {holder}")),
        }
    }

    fn settled(&self, how: &str) -> Result<(), String> {
        let disposition = self.object("openbaorestores", OTHER)["status"]["administratorDisposition"].clone();
        if disposition != how {
            return Err(format!("the restore is settled as {disposition}"));
        }
        if how == "Abandon" && self.cluster()["spec"]["paused"] != true {
            return Err("the cluster is not paused".into());
        }
        self.unlocked()
    }

    fn deleted(&self) -> Result<(), String> {
        match self.object("openbaorestores", OTHER) {
            Value::Null => self.unlocked(),
            _ => Err("the restore is still there".into()),
        }
    }

    fn restored(&self) -> Result<(), String> {
        let names = self.person.created();
        let [name] = names.as_slice() else { return Err(format!("restores of ours: {names:?}")) };
        match &self.object("openbaorestores", name)["status"]["phase"] {
            phase if phase == "Completed" => self.unlocked(),
            phase => Err(format!("restore {name} is {phase}")),
        }
    }

    /// Since the requests were last cleared, the operator wrote that nothing is under way.
    fn was_idle(&self) -> bool {
        let of_cluster = |request: &Request| request.took_effect() && request.path.ends_with("/openbaoclusters/prod/status");
        let says_so = |request: &Request| String::from_utf8_lossy(&request.body).contains(r#""phase":"Idle""#);
        self.person.range.server().requests().iter().any(|request| of_cluster(request) && says_so(request))
    }

    fn rolled_back(&self) -> Result<(), String> {
        let cluster = self.cluster();
        if cluster["spec"]["breakGlassAck"] != self.nonce.as_str() {
            return Err("it is not acknowledged".into());
        }
        if cluster["status"]["breakGlass"]["active"] == true {
            return Err("break glass is active".into());
        }
        match cluster["status"]["blueGreen"]["phase"].as_str() {
            // The version wanted is still ahead: the upgrade begins again, finds the old failure, and is rolled back in turn.
            Some("RollingBack" | "RollbackCleanup") if self.was_idle() => Ok(()),
            Some(phase @ ("RollingBack" | "RollbackCleanup")) => Err(format!("the phase is {phase}")),
            _ => Ok(()),
        }
    }

    /// The operator gave up: what a Job comes to that lost its pods. Our restore failed, or break glass is there again.
    pub fn failed(&self) -> bool {
        let failed = |name: &String| self.object("openbaorestores", name)["status"]["phase"] == "Failed";
        let now = &self.cluster()["status"]["breakGlass"];
        let again = now["active"] == true && !self.nonce.is_empty() && now["nonce"] != self.nonce.as_str();
        again || self.person.created().iter().any(failed)
    }

    fn resolved(&self) -> Result<(), String> {
        self.restored()?;
        let claims = self.person.range.server().store().list("persistentvolumeclaims", Some("bao"));
        let green = claims.iter().filter(|c| c["metadata"]["name"].as_str().is_some_and(|n| n.contains(REVISIONS.1))).count();
        if green > 0 || claims.len() != 3 {
            return Err(format!("{green} volumes of Green, {} in all", claims.len()));
        }
        let cluster = self.cluster();
        let noted = cluster.pointer("/metadata/annotations/cli.openbao.org~1resolve");
        let operator =
            self.person.range.server().store().get("deployments", "openbao-operator-system", "openbao-operator-controller");
        let replicas = operator.map_or(Value::Null, |d| d["spec"]["replicas"].clone());
        if noted.is_some() || replicas != 1 || cluster["spec"]["paused"] != true {
            return Err(format!("noted {noted:?}, replicas {replicas}, paused {}", cluster["spec"]["paused"]));
        }
        Ok(())
    }
}
