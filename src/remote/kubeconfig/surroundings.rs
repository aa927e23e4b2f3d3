//! What the process was started with, as a plain value.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a pod finds its service account (client-go `rest/config.go`).
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The environment, home and working directory, and whether a person sits at stdin.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The environment variables that are valid Unicode.
    pub variables: BTreeMap<String, String>,
    /// The home directory, when known.
    pub home: Option<PathBuf>,
    /// What relative paths of flags and `$KUBECONFIG` start from.
    pub working_directory: PathBuf,
    /// Whether stdin is a terminal, so that a credential helper may ask.
    pub stdin_is_terminal: bool,
    /// Nobody is to be disturbed: a credential helper gets only so long, and what it says is not shown.
    pub unattended: Option<Duration>,
    /// Where the service account's token, authority and namespace are, inside a pod.
    pub service_account_dir: PathBuf,
}

impl Surroundings {
    /// Reads them from this process; the only place that does.
    pub fn of_process() -> Self {
        let variables: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        let home = ["HOME", "USERPROFILE"].iter().find_map(|name| variables.get(*name)).filter(|home| !home.is_empty());
        Surroundings {
            home: home.map(PathBuf::from),
            // A deleted working directory only matters to relative paths, which then fail by name.
            working_directory: std::env::current_dir().unwrap_or_default(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            unattended: None,
            service_account_dir: PathBuf::from(SERVICE_ACCOUNT),
            variables,
        }
    }

    /// A variable that is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path as the person meant it.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.working_directory.join(path)
    }
}
