//! The rules as a whole: what is chosen, what helpers see, what goes over the wire.

mod choosing;
mod helpers;
mod wire;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;
use crate::error::Outcome;

/// Surroundings of nobody, nowhere.
pub(super) fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        variables: variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        home: None,
        working_directory: "/nonexistent".into(),
        unattended: None,
        stdin_is_terminal: false,
        service_account_dir: "/nonexistent/serviceaccount".into(),
    }
}

/// A directory with a kubeconfig in it.
struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new(kubeconfig: &str) -> Self {
        let home = Home { directory: tempfile::tempdir().unwrap() };
        home.write("config", kubeconfig);
        home
    }

    /// One cluster `c` (with these fields), one user `u`, one context that is current.
    fn of(cluster: &str, user: &str) -> Self {
        Home::new(&format!(
            "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
             clusters:\n- name: c\n  cluster:\n{}users:\n- name: u\n  user:\n{}",
            indented(cluster),
            indented(user)
        ))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn surroundings(&self) -> Surroundings {
        let mut surroundings = surroundings(&[("KUBECONFIG", self.path("config").to_str().unwrap())]);
        surroundings.working_directory = self.directory.path().to_owned();
        surroundings
    }

    fn resolve(&self, arguments: &[&str]) -> Outcome<Resolved> {
        resolve(&flags(arguments), &self.surroundings())
    }
}

fn indented(fields: &str) -> String {
    if fields.is_empty() {
        return "    {}\n".to_owned();
    }
    fields.lines().map(|line| format!("    {line}\n")).collect()
}

/// About the command.
#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    flags: Flags,
    #[arg(long)]
    own: bool,
}

/// The flags as a person types them.
fn flags(arguments: &[&str]) -> Flags {
    use clap::Parser;
    Line::try_parse_from(std::iter::once(&"test").chain(arguments)).unwrap().flags
}

/// Runs the calling test again in a process of its own, with these variables and this stdin; true inside of it.
///
/// The environment and stdin belong to the whole process, so nothing less can show what is taken from them.
fn in_a_process(test: &str, variables: &[(&str, &str)], stdin: &str) -> bool {
    const MARK: &str = "KUBECTL_OPENBAO_TEST_PROCESS";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("remote::kubeconfig::tests::{test}"), "--nocapture"])
        .env(MARK, "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    false
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}
