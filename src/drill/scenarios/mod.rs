//! The practice range's scenarios: what each one sets up, what it teaches, and how `drill run` plays it.

mod aftermath;
mod catalogue;
mod incident;
mod manager;
pub mod names;
pub mod objects;
mod private_dir;
mod range;
#[cfg(test)]
mod range_tests;
pub mod seed;
pub mod set_up;

use self::names::Clock;
pub use self::range::{Range, RangeOptions, snapshots};
use crate::drill::Play;
use crate::exit::Exit;

/// One situation to practise.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the engineer finds.
    pub summary: &'static str,
    /// What there is to learn.
    pub teaches: &'static str,
    /// The generations it can be played on.
    pub plays: &'static [Play],
    /// How it differs from a healthy cluster.
    pub(crate) situation: Situation,
    /// How `drill run` plays it.
    pub script: &'static [Beat],
    /// What the main beat ends with, per generation.
    pub expected: fn(Play) -> Exit,
}

/// What is wrong with the practice cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// Nothing.
    Healthy,
    /// A backup left its lock behind.
    LeakedBackupLock,
    /// The same, and two restores wait behind it.
    WaitingRestores,
    /// A blue/green upgrade is under way.
    LiveUpgrade,
    /// Another restore is running.
    RunningRestore,
    /// The person on call may do everything but create a restore.
    MayNotRestore,
    /// Break glass: the rollback's repair found no leader.
    FailedRollback,
    /// Break glass: the leader refuses the repair.
    DivergedRollback,
    /// Break glass: the rollback's cleanup failed.
    CleanupFailed,
    /// Break glass while Green leads.
    GreenLeads,
    /// Rolled back, and upgrading again for ever.
    UpgradeLoop,
    /// Green's servers are gone, their votes are not.
    PathBTrap,
    /// Blue's leader was removed from Raft and hangs.
    RemovedLeader,
    /// A restore ended as `Unknown`.
    UnknownOutcome,
    /// A foreign snapshot was restored by force.
    SealedAfterRestore,
    /// Two of three servers are lost after a restore.
    NoLeaderAfterRestore,
    /// The operator does not run.
    OperatorDead,
}

impl Situation {
    /// Whether its servers are Blue's and Green's.
    pub(crate) fn is_blue_green(self) -> bool {
        self == Situation::LiveUpgrade || self.has_upgraded()
    }

    /// Whether an upgrade began and left its snapshot.
    pub(crate) fn has_upgraded(self) -> bool {
        use Situation::{CleanupFailed, DivergedRollback, FailedRollback, GreenLeads, PathBTrap, RemovedLeader, UpgradeLoop};
        matches!(self, FailedRollback | DivergedRollback | CleanupFailed | GreenLeads | UpgradeLoop | PathBTrap | RemovedLeader)
    }
}

/// One beat of `drill run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Narration.
    Say(&'static str),
    /// A command whose exit code does not decide.
    Command(&'static [&'static str]),
    /// The main restore, with its consent; its exit code is the run's.
    Restore(Restore),
    /// Another command, with what its own plan asks for.
    Act(Act),
    /// Another person removes an OpenBaoRestore with kubectl.
    Delete(&'static str),
    /// Another person merge-patches the OpenBaoCluster with kubectl.
    Patch(&'static str),
}

impl Beat {
    /// Whether the run ends with this beat's exit code. Every script has exactly one such beat.
    pub fn is_main(&self) -> bool {
        matches!(self, Beat::Restore(_) | Beat::Act(Act { main: true, .. }))
    }
}

/// A command of a run that is no restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// What is done.
    pub deed: Deed,
    /// Whether its exit code is the run's.
    pub main: bool,
}

/// What an act does. All but a plain command ask their own plan first what it wants to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// `breakglass ack prod`, with the nonce and the hazards of its plan.
    Ack,
    /// `recover RESTORE --resume` or `--abandon`, with its phrase and hazards.
    Recover(&'static str, &'static str),
    /// A command that asks for nothing.
    Command(&'static [&'static str]),
}

/// The main restore of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// Which snapshot.
    pub snapshot: Which,
    /// Further flags.
    pub flags: &'static [&'static str],
    /// How much of the consent is given.
    pub consent: Consent,
}

/// Which snapshot is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The cluster's last backup.
    Last,
    /// The one taken before the upgrade.
    PreUpgrade,
    /// Another cluster's.
    Foreign,
}

/// How much of what the plan asks for is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The phrase and every hazard it names.
    Full,
    /// The phrase only: a pasted command of somebody who did not read on.
    PhraseOnly,
}

impl Which {
    /// The object key.
    pub fn key(self, clock: Clock) -> String {
        match self {
            Which::Last => clock.last_key(),
            Which::PreUpgrade => clock.pre_upgrade_key(),
            Which::Foreign => clock.foreign_key(),
        }
    }
}

/// Finds a scenario by its name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    all().iter().find(|scenario| scenario.name == name)
}

/// Every scenario there is.
pub fn all() -> &'static [Scenario] {
    &catalogue::SCENARIOS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_script_has_exactly_one_main_beat() {
        let mut names: Vec<&str> = all().iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for scenario in all() {
            let mains = scenario.script.iter().filter(|beat| beat.is_main()).count();
            assert_eq!(mains, 1, "{}", scenario.name);
        }
    }
}
