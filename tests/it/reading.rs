//! Reading commands never write: each of them, in an incident, at any result.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use kubectl_openbao::drill::Play;

use crate::support::scenario;

/// Commands that only read, as they are run here; KEY stands for the last backup.
const READING: &[&str] = &[
    "status",
    "status -A -o json --exit-code",
    "status prod",
    "diagnose all prod",
    "diagnose rollback prod -o markdown",
    "breakglass show prod",
    "follow --timeout 1s",
    "logs prod",
    "snapshots list prod",
    "snapshots show prod KEY",
    "snapshots verify prod KEY",
    "restore prod --key KEY --override-lock --dry-run=server",
    "restore prod --key KEY --override-lock --show-kubectl --dry-run -o json",
    "breakglass ack prod --dry-run=server",
    "resolve prod --path retry --dry-run",
    "resolve prod --path restore --key KEY --dry-run",
    "recover nothing-of-this-name --resume --dry-run",
    "completion bash",
    "version",
    "help",
    "drill list",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reading_command_ever_writes() {
    for name in ["failed-rollback", "stuck-lock"] {
        let person = scenario(name, Play::Jan).await;
        person.range.server().clear_requests();
        let key = person.key();
        for line in READING {
            let args: Vec<&str> = line.split(' ').map(|word| if word == "KEY" { key.as_str() } else { word }).collect();
            let ran = person.run(&args).await;
            // Whatever it ended with: a usage error would have read nothing, and proved nothing.
            assert!(ran.code.is_some_and(|code| code != 2), "{ran}");
            person.assert_nothing_written(&ran);
        }
        assert!(person.requests().len() > 50, "they looked");
    }
}

#[test]
fn every_command_is_among_them() {
    let command = kubectl_openbao::cli::Cli::command();
    let all: BTreeSet<&str> = command.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
    let tried: BTreeSet<&str> = READING.iter().filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
    assert_eq!(tried, all);
}
