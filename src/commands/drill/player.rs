//! Plays a scenario's beats: the real commands, as child processes of this very program.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::failed;
use super::script::{
    act_arguments, act_consent, consent_arguments, exit_of, explanation, meaning, patch_line, restore_arguments, typed,
};
use crate::drill::Play;
use crate::drill::operator::cluster_api::Kind;
use crate::drill::scenarios::names::{CLUSTER, NAMESPACE};
use crate::drill::scenarios::{Act, Beat, Deed, Range, Restore, Scenario};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::ui::Ui;

/// How long one command may take: an unattended run must end.
const PATIENCE: Duration = Duration::from_secs(120);

/// The longest lines of the narrator, in characters.
const GOOD_TO_READ: usize = 96;

/// Plays one scenario on one range.
pub struct Player<'a> {
    executable: PathBuf,
    range: &'a Range,
    scenario: &'static Scenario,
    play: Play,
    ui: &'a Ui,
}

impl<'a> Player<'a> {
    /// A player that runs `executable` as `kubectl openbao`.
    pub fn new(executable: PathBuf, range: &'a Range, scenario: &'static Scenario, play: Play, ui: &'a Ui) -> Self {
        Player { executable, range, scenario, play, ui }
    }

    /// Plays everything; ends with the main beat's exit code if it is the expected one.
    ///
    /// # Errors
    /// When a command cannot be run, or the main beat ended otherwise than the scenario says.
    pub async fn play(&self) -> Outcome<Exit> {
        self.narrate(&format!("{}, operator {}: {}.", self.scenario.name, self.play.name(), self.scenario.summary));
        let mut ended = Exit::Failure;
        for beat in self.scenario.script {
            match beat {
                Beat::Say(text) => self.narrate(text),
                Beat::Command(words) => {
                    self.shown(&words.iter().map(ToString::to_string).collect::<Vec<_>>()).await?;
                }
                Beat::Delete(name) => self.delete(name).await?,
                Beat::Patch(patch) => self.patch(patch).await?,
                Beat::Restore(restore) => ended = self.restore(restore).await?,
                Beat::Act(act) => {
                    let exit = self.act(*act).await?;
                    if act.main {
                        ended = exit;
                    }
                }
            }
        }
        self.judge(ended)
    }

    fn judge(&self, ended: Exit) -> Outcome<Exit> {
        let expected = (self.scenario.expected)(self.play);
        let restores = self.scenario.script.iter().any(|beat| matches!(beat, Beat::Restore(_)));
        let what = if restores { "restore" } else { "main command" };
        if ended != expected {
            let cause = format!("the {what} ended with {}, this scenario expects {}", meaning(ended), meaning(expected));
            return Err(Failure::new(Exit::Failure, cause).doing(format!("playing {}", self.scenario.name)));
        }
        self.narrate(&format!(
            "The {what} ended as expected: {}. {}",
            meaning(ended),
            explanation(self.scenario, ended, self.play)
        ));
        Ok(ended)
    }

    /// Asks the plan what it wants to be given, then gives it.
    async fn restore(&self, restore: &Restore) -> Outcome<Exit> {
        let arguments = restore_arguments(restore, &self.range.key(restore.snapshot));
        let plan = self.plan(&arguments).await?;
        let consent = consent_arguments(&plan, restore.consent);
        if let Some(phrase) = consent.iter().skip_while(|word| *word != "--confirm").nth(1) {
            self.narrate(&format!("The plan asks for a phrase. A person types it; this script gives it:\n\n    {phrase}"));
        }
        self.shown(&[arguments, consent].concat()).await
    }

    /// Any other act: its plan says what it wants to be given.
    async fn act(&self, act: Act) -> Outcome<Exit> {
        let arguments = act_arguments(act.deed);
        if matches!(act.deed, Deed::Command(_)) {
            return self.shown(&arguments).await;
        }
        let plan = self.plan(&arguments).await?;
        self.shown(&[arguments, act_consent(act.deed, &plan)].concat()).await
    }

    /// The plan as JSON; nothing when there is none, which the command itself will then say.
    async fn plan(&self, arguments: &[String]) -> Outcome<Value> {
        let ask = ["--dry-run=client", "-o", "json"].map(String::from);
        let mut command = self.command(&[arguments, &ask].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let output = tokio::time::timeout(PATIENCE, command.output()).await.map_err(|_| too_long())?;
        let output = output.map_err(|error| failed("running the plan", &error))?;
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// Runs a command in full view.
    async fn shown(&self, arguments: &[String]) -> Outcome<Exit> {
        self.ui.say(&format!("\n$ {}", typed("kubectl openbao", arguments)));
        let mut child = self.command(arguments).spawn().map_err(|error| failed("running a command", &error))?;
        let status = tokio::time::timeout(PATIENCE, child.wait()).await.map_err(|_| too_long())?;
        let status = status.map_err(|error| failed("waiting for a command", &error))?;
        Ok(exit_of(status.code()))
    }

    /// The program on this range, and on nothing else: no settings, tokens or state of the person who practises.
    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command.env("KUBECONFIG", self.range.kubeconfig_file());
        for (variable, directory) in [("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")] {
            command.env(variable, self.range.directory().join(directory));
        }
        for variable in ["BAO_TOKEN", "VAULT_TOKEN", "BAO_ADDR", "VAULT_ADDR", "KUBERC", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        {
            command.env_remove(variable).env_remove(variable.to_lowercase());
        }
        command
    }

    /// One paragraph of the narrator, in lines that are good to read.
    fn narrate(&self, text: &str) {
        let width = GOOD_TO_READ.min(self.ui.terminal().width.saturating_sub("# ".len()));
        let lines = text.lines().flat_map(|line| wrap(line, width)).map(|line| format!("# {line}").trim_end().to_owned());
        self.ui.say(&format!("\n{}", lines.collect::<Vec<_>>().join("\n")));
    }

    /// Another person's kubectl.
    async fn patch(&self, patch: &str) -> Outcome<()> {
        self.ui.say(&format!("\n$ {}", patch_line(patch)));
        let doing = "patching the cluster";
        let client = self.range.operator_client().await.map_err(|error| failed(doing, &error))?;
        let value: Value = serde_json::from_str(patch).map_err(|error| failed(doing, &std::io::Error::other(error)))?;
        let done = Kind::Cluster.patch(&client, NAMESPACE, CLUSTER, &value).await;
        done.map_err(|error| failed(doing, &std::io::Error::other(error)))?;
        self.ui.say(&format!("openbaocluster.openbao.org/{CLUSTER} patched"));
        Ok(())
    }

    /// Another person's kubectl.
    async fn delete(&self, name: &str) -> Outcome<()> {
        self.ui.say(&format!("\n$ kubectl delete openbaorestore {name}"));
        let client = self.range.operator_client().await.map_err(|error| failed("deleting a restore", &error))?;
        let gone = async {
            Kind::Restore.delete(&client, NAMESPACE, name, None).await?;
            while Kind::Restore.get(&client, NAMESPACE, name).await?.is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok::<(), kube::Error>(())
        };
        let done = tokio::time::timeout(PATIENCE, gone).await.map_err(|_| too_long())?;
        done.map_err(|error| failed("deleting a restore", &std::io::Error::other(error)))?;
        self.ui.say(&format!("openbaorestore.openbao.org {name:?} deleted"));
        Ok(())
    }
}

fn too_long() -> Failure {
    Failure::new(Exit::TimeLimit, format!("a command took longer than {} s", PATIENCE.as_secs())).doing("playing a scenario")
}

/// Breaks a line between words; one that is set off stays as it is, because it is to be read letter by letter.
fn wrap(line: &str, width: usize) -> Vec<String> {
    if line.starts_with(' ') || line.is_empty() {
        return vec![line.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn narration_is_wrapped_and_phrases_are_not() {
        let long = "word ".repeat(40);
        assert!(wrap(&long, 96).len() == 3 && wrap(&long, 96).iter().all(|line| line.len() <= 96));
        let phrase = format!("    {}", "x ".repeat(80));
        assert_eq!(wrap(&phrase, 96), [phrase]);
    }
}
