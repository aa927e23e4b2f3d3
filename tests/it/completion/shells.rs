//! The scripts in real shells on a terminal: what a TAB completes is run, and its answer seen.

use std::ffi::OsString;
use std::path::Path;

use kubectl_openbao::drill::Play;

use super::{WITHIN, patient};
use crate::support::{Person, Pty, scenario};

/// A shell with the program on its PATH and the range's kubeconfig.
fn shell(person: &Person, program: &str, args: &[&str]) -> Pty {
    let own = Path::new(env!("CARGO_BIN_EXE_kubectl-openbao")).parent().expect("a file is in a directory");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", own.display());
    let plugin = patient(person).env("PATH", path).env("PS1", "$ ").env("COLUMNS", "120");
    let found = ["/bin", "/usr/bin", "/usr/local/bin"].map(|dir| Path::new(dir).join(program)).into_iter().find(|p| p.is_file());
    let found = found.unwrap_or_else(|| panic!("{program} is not here; tests/run installs it"));
    let environment: Vec<(OsString, OsString)> = plugin.environment().to_vec();
    assert!(environment.iter().any(|(name, _)| name == WITHIN.0));
    Pty::start(&found, args, &environment, plugin.home())
}

/// Words completed by TAB, each line run, and what only its answer shows.
async fn completes(program: &str, args: &[&str], prepare: &[&str]) {
    let person = scenario("stuck-lock", Play::Jan).await;
    std::fs::write(person.range.directory().join("backup.snap"), "no snapshot").expect("the range's directory can be written");
    let mut shell = shell(&person, program, args);
    prepare.iter().for_each(|line| shell.line(line));
    shell.line("echo rea''dy");
    shell.expect("ready");
    let version = format!("kubectl-openbao {}", env!("CARGO_PKG_VERSION"));
    shell.line("kubectl-openbao vers\t");
    shell.expect(&version);
    shell.line("kubectl-openbao status pr\t-o name");
    shell.expect("openbaocluster.openbao.org/prod");
    shell.line("kubectl-openbao status prod --output=na\t");
    shell.expect("openbaocluster.openbao.org/prod");
    shell.line("kubectl-openbao status prod --context=ran\t-o name");
    shell.expect("openbaocluster.openbao.org/prod");
    shell.line("kubectl-openbao snapshots verify ./back\t");
    shell.expect("not-a-snapshot");
    shell.line("exit");
    shell.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bash_completes() {
    completes("bash", &["--norc", "--noprofile", "-i"], &["source <(kubectl-openbao completion bash)"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zsh_completes() {
    let prepare = ["autoload -U compinit; compinit -D -u", "source <(kubectl-openbao completion zsh)"];
    completes("zsh", &["-f", "-i"], &prepare).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fish_completes() {
    completes("fish", &["--no-config", "-i"], &["kubectl-openbao completion fish | source"]).await;
}
