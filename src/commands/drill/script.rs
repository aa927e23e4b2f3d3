//! The words of a run: command lines as a person would type them, the plan's consent, and what an exit code means.

use serde_json::Value;

use crate::drill::Play;
use crate::drill::scenarios::names::CLUSTER;
use crate::drill::scenarios::{Beat, Consent, Deed, Restore, Scenario, Which};
use crate::exit::Exit;

/// Why the drill restores, as it goes onto the object.
pub const REASON: &str = "drill: practising an emergency restore";

/// The arguments of the main restore, without consent.
pub fn restore_arguments(restore: &Restore, key: &str) -> Vec<String> {
    let mut arguments: Vec<String> = ["restore", CLUSTER, "--key", key].map(String::from).into();
    arguments.extend(restore.flags.iter().map(ToString::to_string));
    arguments
}

/// The flags that give what the plan asks for.
pub fn consent_arguments(plan: &Value, consent: Consent) -> Vec<String> {
    let mut arguments = vec!["--reason".to_owned(), REASON.to_owned()];
    arguments.extend(given("--confirm", asked(plan, "consent")["phrase"].as_str()));
    if consent == Consent::Full {
        arguments.extend(accepted(plan));
    }
    arguments
}

/// A part of a plan, which may stand alone or inside a larger answer.
fn asked<'a>(plan: &'a Value, part: &str) -> &'a Value {
    let places = [format!("/{part}"), format!("/plan/{part}")];
    places.iter().find_map(|place| plan.pointer(place)).unwrap_or(&Value::Null)
}

fn given(flag: &str, value: Option<&str>) -> Vec<String> {
    value.map(|value| vec![flag.to_owned(), value.to_owned()]).unwrap_or_default()
}

/// Every hazard the plan names, accepted.
fn accepted(plan: &Value) -> Vec<String> {
    let codes = asked(plan, "consent")["accept"].as_array().map_or(&[][..], Vec::as_slice);
    codes.iter().flat_map(|code| given("--accept", code.as_str())).collect()
}

/// The arguments of another act, without consent.
pub fn act_arguments(deed: Deed) -> Vec<String> {
    let words: Vec<&str> = match deed {
        Deed::Ack => vec!["breakglass", "ack", CLUSTER],
        Deed::Resolve(path) => vec!["resolve", CLUSTER, "--path", path],
        Deed::Recover(restore, decision) => vec!["recover", restore, decision],
        Deed::Command(words) => words.to_vec(),
    };
    words.into_iter().map(str::to_owned).collect()
}

/// What an act's plan asks for: an acknowledgement its nonce, the others their phrase, all of them their hazards.
pub fn act_consent(deed: Deed, plan: &Value) -> Vec<String> {
    let first = match deed {
        Deed::Command(_) => return Vec::new(),
        // Followed, so that what comes next meets the outcome and not the way to it.
        Deed::Ack => [given("--nonce", asked(plan, "nonce").as_str()), vec!["--follow".to_owned()]].concat(),
        Deed::Resolve(_) | Deed::Recover(..) => given("--confirm", asked(plan, "consent")["phrase"].as_str()),
    };
    [first, accepted(plan)].concat()
}

/// A command line as it would be typed.
pub fn typed(program: &str, arguments: &[String]) -> String {
    let words = arguments.iter().map(|word| quoted(word));
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word quoted for a POSIX shell, if it needs to be.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Another person's merge patch, as typed.
pub fn patch_line(patch: &str) -> String {
    let words = ["patch", "openbaocluster", CLUSTER, "--type", "merge", "-p", patch].map(String::from);
    typed("kubectl", &words)
}

/// What to try on a served range.
pub fn invitation(scenario: &Scenario, play: Play, key: impl Fn(Which) -> String) -> String {
    let mut text = format!(
        "\n{}: {}.\nTo learn: {}.\nOperator: {}. In another terminal, with the line above:\n\n",
        scenario.name,
        scenario.summary,
        scenario.teaches,
        play.name(),
    );
    for beat in scenario.script {
        let line = match beat {
            Beat::Say(_) => continue,
            Beat::Command(words) => typed("kubectl openbao", &words.iter().map(ToString::to_string).collect::<Vec<_>>()),
            Beat::Restore(restore) => typed("kubectl openbao", &restore_arguments(restore, &key(restore.snapshot))),
            Beat::Act(act) => typed("kubectl openbao", &act_arguments(act.deed)),
            Beat::Delete(name) => format!("kubectl delete openbaorestore {name}"),
            Beat::Patch(patch) => patch_line(patch),
        };
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str("\nCtrl-C ends the range.");
    text
}

/// The exit code a number stands for.
pub fn exit_of(code: Option<i32>) -> Exit {
    code.and_then(|code| u8::try_from(code).ok()).and_then(Exit::of_code).unwrap_or(Exit::Failure)
}

/// An exit code with its meaning.
pub fn meaning(exit: Exit) -> String {
    let text = Exit::ALL.iter().find(|(known, _)| *known == exit).map_or("", |(_, text)| *text);
    format!("exit {} ({text})", exit.code())
}

/// What there is to understand about the way a run ended.
pub fn explanation(scenario: &Scenario, exit: Exit, play: Play) -> &'static str {
    let act = scenario.script.iter().find_map(|beat| match beat {
        Beat::Act(act) if act.main => Some(act.deed),
        _ => None,
    });
    match (act, exit) {
        (None, _) => explained_restore(exit, play),
        (Some(Deed::Command(_)), Exit::Attention) => {
            "3 says that something needs attention: a script can tell that from all is well."
        }
        (Some(Deed::Ack), Exit::Attention) => "The rollback went on to its end, and what it left behind needs attention.",
        (Some(Deed::Ack), Exit::Done) => "The operator took the acknowledgement and got past what had failed.",
        (Some(Deed::Recover(..)), Exit::Done) => "The decision was carried out and the lock given back.",
        _ => "",
    }
}

fn explained_restore(exit: Exit, play: Play) -> &'static str {
    match (exit, play) {
        (Exit::Done, _) => "The restore ended, and what the operator does not check was checked: that is what 0 means.",
        (Exit::OutcomeUnknown, Play::Next) => {
            "On this generation the operator cannot know whether the snapshot was applied: it keeps the lock and a hold, says \
             Unknown, and waits for an administrator to acknowledge Resume or Abandon. Exit 11 says that this is still to be done."
        }
        (Exit::OutcomeUnknown, _) => "Nobody knows whether the snapshot was applied: look at the servers before anything else.",
        (Exit::Attention, _) => {
            "The restore says Completed, but the servers do not serve: 3 asks for attention where 0 would lie."
        }
        (Exit::Refused, _) => "The plan was refused before anything was sent.",
        (Exit::Declined, _) => "Something the plan asked for was not given: nothing was sent.",
        (Exit::NotPermitted, _) => "The permission was missing, and that was found before anything was sent.",
        (Exit::JobFailed, _) => "The restore failed: the servers would not take the snapshot.",
        _ => "",
    }
}
