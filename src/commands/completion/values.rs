//! What fits at a place: words that never change, and which of the changing ones are to be asked for.

use clap::{Arg, ValueHint};

use super::words::{Place, Slot};
use crate::api::text::clean;
use crate::commands::diagnose::SUBJECTS;
use crate::domain::hazards;
use crate::drill::Play;
use crate::drill::scenarios;

/// A word that fits, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub value: String,
    /// What it is, in a few words; may be empty.
    pub about: String,
}

impl Candidate {
    /// One with a description.
    pub fn new(value: impl Into<String>, about: impl Into<String>) -> Candidate {
        Candidate { value: value.into(), about: about.into() }
    }

    /// Whether it is one plain word to every shell: bash looks for `$(…)` in what it is offered, and a key of a bucket can
    /// be anything.
    pub fn is_harmless(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
        !self.value.is_empty() && self.value.chars().all(plain)
    }

    /// As it is printed.
    pub fn line(&self) -> String {
        match self.about.as_str() {
            "" => self.value.clone(),
            about => format!("{}\t{}", self.value, clean(about)),
        }
    }
}

/// Words that the kubeconfig or the cluster knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// Contexts of the kubeconfig.
    Contexts,
    /// Clusters of the kubeconfig.
    KubeClusters,
    /// Users of the kubeconfig.
    Users,
    /// Namespaces.
    Namespaces,
    /// OpenBaoClusters of the namespace.
    Clusters,
    /// OpenBaoRestores of the namespace.
    Restores,
    /// Jobs of the namespace, as `job/NAME`.
    Jobs,
    /// Keys of snapshots.
    Keys,
    /// The nonce of break glass.
    Nonces,
}

/// What fits.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Words that never change.
    pub fixed: Vec<Candidate>,
    /// What is to be asked for.
    pub live: Vec<Live>,
    /// Whether files fit, too.
    pub files: bool,
}

/// What `--provider` takes.
const PROVIDERS: [&str; 3] = ["s3", "gcs", "azure"];

/// What fits at a place.
pub fn wanted(place: &Place<'_>) -> Wanted {
    match place.slot {
        Slot::Flag => Wanted { fixed: flags(place), ..Wanted::default() },
        Slot::Value(flag) => of_argument(flag, 0, place),
        Slot::Bare(argument) => {
            let mut wanted = argument.map_or_else(Wanted::default, |(argument, nth)| of_argument(argument, nth, place));
            if place.takes_command() {
                let commands = place.at.get_subcommands().filter(|command| !command.is_hide_set());
                let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
                wanted.fixed.extend(commands.map(|command| Candidate::new(command.get_name(), about(command))));
            }
            wanted
        }
    }
}

fn flags(place: &Place<'_>) -> Vec<Candidate> {
    let flags = place.at.get_arguments().filter(|arg| !arg.is_hide_set());
    let named = flags.filter_map(|arg| Some((arg.get_long()?, arg.get_help().map(ToString::to_string).unwrap_or_default())));
    named.map(|(long, about)| Candidate::new(format!("--{long}"), about)).collect()
}

fn of_argument(argument: &Arg, nth: usize, place: &Place<'_>) -> Wanted {
    let fixed = argument
        .get_possible_values()
        .into_iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| Candidate::new(value.get_name(), value.get_help().map(ToString::to_string).unwrap_or_default()));
    let mut wanted = Wanted { fixed: fixed.collect(), ..Wanted::default() };
    match (argument.is_positional(), argument.get_id().as_str()) {
        (false, "context") => wanted.live.push(Live::Contexts),
        (false, "cluster") => wanted.live.push(Live::KubeClusters),
        (false, "user") => wanted.live.push(Live::Users),
        (false, "provider") => wanted.fixed.extend(PROVIDERS.map(|name| Candidate::new(name, ""))),
        _ => {
            let names: Vec<&str> = argument.get_value_names().into_iter().flatten().map(|name| name.as_str()).collect();
            names.iter().flat_map(|name| name.split(" | ")).for_each(|name| wanted.take(name, nth, place));
        }
    }
    wanted.files |= matches!(argument.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    wanted
}

impl Wanted {
    /// What help calls a value says what it is.
    fn take(&mut self, name: &str, nth: usize, place: &Place<'_>) {
        match (name, nth) {
            ("NAMESPACE", _) => self.live.push(Live::Namespaces),
            // `diagnose WHAT CLUSTER`: a first word that is no subject was the cluster.
            ("CLUSTER", _) if place.path == ["diagnose"] && !is_subject(place.bare.first()) => {}
            ("CLUSTER" | "CLUSTER KEY", 0) => self.live.push(Live::Clusters),
            ("KEY", _) | ("CLUSTER KEY", 1) => self.live.push(Live::Keys),
            ("RESTORE", _) => self.live.push(Live::Restores),
            ("NONCE", _) => self.live.push(Live::Nonces),
            // Jobs are many: only who begins to type one is asking for them.
            ("job/NAME", _) if place.word.starts_with('j') => self.live.push(Live::Jobs),
            ("WHAT", _) => {
                self.fixed.extend(SUBJECTS.iter().map(|(name, _)| Candidate::new(*name, "")));
                self.live.push(Live::Clusters);
            }
            ("CODE", _) => self.fixed.extend(hazards::CODES.iter().map(|code| Candidate::new(*code, ""))),
            ("GEN", _) => self.fixed.extend(Play::ALL.map(|play| Candidate::new(play.name(), ""))),
            ("SCENARIO", _) => {
                self.fixed.extend(scenarios::all().iter().map(|scenario| Candidate::new(scenario.name, scenario.summary)));
            }
            ("FILE", 0) => self.files = true,
            // A phrase of consent among them: it is shown by the plan, and nothing types it for a person.
            _ => {}
        }
    }
}

fn is_subject(word: Option<&&str>) -> bool {
    word.is_some_and(|word| SUBJECTS.iter().any(|(name, _)| name == word))
}
