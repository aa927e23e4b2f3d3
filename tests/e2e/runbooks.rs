//! The plain commands of the runbooks: every line of every `sh` block, by a shell with real kubectl, in the order of the page,
//! on the practice range that the page names. The transcripts around them are carried out by `tests/it/docs.rs`.

use std::path::Path;

use kubectl_openbao::drill::scenarios::{Range, RangeOptions, find};
use kubectl_openbao::drill::{Pace, Play};

use crate::harness::{Ran, eventually, kubectl_for};

/// A command as a page has it, and how it goes.
struct Step {
    page: &'static str,
    command: &'static str,
    /// What a reader puts in the place of a word in capitals.
    filled: &'static [(&'static str, &'static str)],
    code: i32,
    /// What it says, or what the file holds that it writes.
    says: &'static [&'static str],
}

const OPERATOR: (&str, &str) = ("OPERATOR-NAMESPACE", "openbao-operator-system");
const DEPLOYMENT: (&str, &str) = ("NAME", "openbao-operator-controller");

const fn step(page: &'static str, command: &'static str, code: i32, says: &'static [&'static str]) -> Step {
    Step { page, command, filled: &[], code, says }
}

const fn filled(mut step: Step, filled: &'static [(&'static str, &'static str)]) -> Step {
    step.filled = filled;
    step
}

const STEPS: [Step; 13] = [
    step(
        "README.md",
        "kubectl openbao diagnose all prod -n bao -o markdown > incident.md",
        3,
        &["RollbackConsensusRepairFailed"],
    ),
    step("README.md", "kubectl openbao logs prod -n bao --job rollback > rollback.log", 0, &["no leader found among 3 pods"]),
    step("README.md", "kubectl openbao logs prod -n bao --job restore > restore.log", 7, &["there was none"]),
    step("no-leader-after-restore.md", "kubectl -n bao logs prod-1 -c openbao --previous --tail=50", 0, &["invalid database"]),
    step(
        "no-leader-after-restore.md",
        "kubectl -n bao get pods -l 'openbao.org/cluster=prod,!openbao.org/component'",
        0,
        &["prod-0", "prod-1", "prod-2"],
    ),
    step("no-leader-after-restore.md", "kubectl -n bao describe pod prod-1", 0, &["Name:             prod-1", "Conditions:"]),
    step("operator-dead.md", "kubectl -n bao get openbaorestores", 0, &["colleague-0312"]),
    filled(
        step("operator-dead.md", "kubectl -n bao delete openbaorestore NAME", 0, &["\"colleague-0312\" deleted"]),
        &[("NAME", "colleague-0312")],
    ),
    step(
        "operator-dead.md",
        "kubectl get deployments -A -l app.kubernetes.io/name=openbao-operator,app.kubernetes.io/component=controller",
        0,
        &["openbao-operator-controller", "0/0"],
    ),
    filled(
        step("operator-dead.md", "kubectl -n OPERATOR-NAMESPACE describe deployment NAME", 0, &["0 desired"]),
        &[OPERATOR, DEPLOYMENT],
    ),
    filled(
        step("operator-dead.md", "kubectl -n OPERATOR-NAMESPACE logs deployment/NAME --tail=50", 1, &["timed out"]),
        &[OPERATOR, DEPLOYMENT],
    ),
    filled(
        step("operator-dead.md", "kubectl -n OPERATOR-NAMESPACE scale deployment NAME --replicas=1", 0, &["scaled"]),
        &[OPERATOR, DEPLOYMENT],
    ),
    step(
        "sealed-after-restore.md",
        "kubectl -n bao get secret prod-unseal-key -o yaml > prod-unseal-key.saved.yaml",
        0,
        &["kind: Secret", "name: prod-unseal-key", "key: "],
    ),
];

/// A line of an `sh` block, and the range that stands last before it.
struct Line {
    page: String,
    command: String,
    range: (String, String),
}

/// The commands of all pages, in order.
fn lines() -> Vec<Line> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages.iter().flat_map(|page| lines_of(page)).collect()
}

fn lines_of(page: &Path) -> Vec<Line> {
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let (mut range, mut inside, mut lines) = (None, false, Vec::new());
    for text in std::fs::read_to_string(page).unwrap().lines() {
        if let Some(told) = text.strip_prefix("<!-- range: ") {
            let (scenario, play) = told.trim_end_matches(" -->").split_once(" --operator ").expect("a scenario and a generation");
            range = Some((scenario.to_owned(), play.to_owned()));
        }
        match text {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside && !text.is_empty() => lines.push(Line {
                page: name.clone(),
                // What stands behind is for the reader; a shell passes over it too.
                command: text.split_once(" #").map_or(text, |(command, _)| command).trim_end().to_owned(),
                range: range.clone().unwrap_or_else(|| panic!("{name} has commands before it names a range")),
            }),
            _ => {}
        }
    }
    assert!(!inside, "{name}: a block has no end");
    lines
}

fn start_of(range: &(String, String)) -> RangeOptions {
    let scenario = find(&range.0).unwrap_or_else(|| panic!("no scenario {range:?}"));
    let play = Play::ALL.into_iter().find(|play| play.name() == range.1).unwrap_or_else(|| panic!("no generation {range:?}"));
    RangeOptions { pace: Pace(0.05), ..RangeOptions::new(scenario, play) }
}

/// A line in a shell, in the directory of the range.
fn typed(range: &Range, line: &str) -> Ran {
    let line = format!("cd \"$HOME\" && {line}");
    tokio::task::block_in_place(|| kubectl_for(range.kubeconfig_file()).pasted(&line))
}

/// One step; what it said, or wrote.
fn carried_out(range: &Range, step: &Step) {
    let command = step.filled.iter().fold(step.command.to_owned(), |line, (word, value)| line.replace(word, value));
    let capitals = command.split(|c: char| !c.is_ascii_uppercase() && c != '-').find(|word| word.trim_matches('-').len() > 3);
    assert_eq!(capitals, None, "{command} has a word left to fill in");
    let ran = typed(range, &command);
    assert_eq!(ran.code, Some(step.code), "{ran:#?}");
    let written = command.split_once(" > ").map(|(_, file)| range.kubeconfig_file().with_file_name(file));
    let written = written.map(|file| std::fs::read_to_string(file).unwrap()).unwrap_or_default();
    let said = written + &ran.stdout + &ran.stderr;
    for words in step.says {
        assert!(said.contains(words), "{command}\nsays nothing of {words:?}:\n{said}\n{ran:#?}");
    }
}

#[test]
fn every_command_of_the_pages_is_known_here_and_in_this_order() {
    let there: Vec<_> = lines().into_iter().map(|line| (line.page, line.command)).collect();
    let here: Vec<_> = STEPS.iter().map(|step| (step.page.to_owned(), step.command.to_owned())).collect();
    assert_eq!(there, here);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_pages_work() {
    let lines = lines();
    let mut at = None;
    let mut there = None;
    for step in &STEPS {
        let line = lines.iter().find(|line| line.page == step.page && line.command == step.command);
        let line = line.unwrap_or_else(|| panic!("{} has no {}", step.page, step.command));
        // A page begins anew, as its reader does.
        let begins = Some((&line.page, &line.range));
        if at != begins {
            there = Some(Range::start(start_of(&line.range)).await.expect("the range starts"));
            at = begins;
        }
        let range = there.as_ref().expect("it was started");
        if step.command.contains("--previous") {
            // It has fallen over once, and is about to again.
            let there = || typed(range, step.command);
            eventually("a log of before the last start", || there().ok().then_some(()).ok_or_else(|| format!("{:?}", there())));
        }
        carried_out(range, step);
        if step.command.contains("scale deployment") {
            over(range);
        }
    }
}

/// How the page on a dead operator says that it is over: the operator is alive, nothing of the deleted restore is left.
fn over(range: &Range) {
    eventually("the operator is alive", || {
        let said = typed(range, "kubectl openbao status prod --no-probe").stdout;
        let alive = said.contains("alive: leader lease renewed") && !said.contains("colleague-0312");
        if alive { Ok(()) } else { Err(said) }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_that_a_diagnosis_of_a_lock_ends_with_free_it() {
    for scenario in ["stuck-lock", "waiting-restores"] {
        let range = Range::start(start_of(&(scenario.into(), "jan".into()))).await.expect("the range starts");
        let shown = typed(&range, "kubectl openbao diagnose lock prod").everything(3);
        let commands: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("  kubectl -n bao ")).collect();
        let freeing = commands.iter().filter(|command| command.starts_with("patch ")).count();
        assert!(commands.len() > 1 && freeing == 1, "{shown}");
        for command in commands {
            let ran = typed(&range, &format!("kubectl -n bao {command}"));
            assert!(ran.ok(), "{ran:#?}");
        }
        let after = typed(&range, "kubectl openbao status prod");
        assert!(after.ok() && !after.stdout.contains("stale"), "{scenario}: {after:#?}");
    }
}
