//! `completions/`: the scripts of the shells and kubectl's own way in.

use clap_complete::Shell;
use kubectl_openbao::commands::completion::script;

use super::Generated;

/// kubectl 1.26 and later asks an executable of this name for candidates.
const WRAPPER: &str = "#!/bin/sh\nexec kubectl-openbao __complete -- \"$@\"\n";

pub fn files() -> Vec<Generated> {
    let shells = [
        ("completions/kubectl-openbao.bash", Shell::Bash),
        ("completions/kubectl-openbao.zsh", Shell::Zsh),
        ("completions/kubectl-openbao.fish", Shell::Fish),
        ("completions/kubectl-openbao.ps1", Shell::PowerShell),
    ];
    let mut files: Vec<Generated> = shells.into_iter().map(|(path, shell)| Generated { path, text: script(shell) }).collect();
    files.push(Generated { path: "completions/kubectl_complete-openbao", text: WRAPPER.to_owned() });
    files
}

#[cfg(unix)]
#[test]
fn kubectl_can_run_the_wrapper() {
    use std::os::unix::fs::PermissionsExt;
    let file = super::root().join("completions/kubectl_complete-openbao");
    let mode = std::fs::metadata(&file).expect("the wrapper").permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "not executable");
}
