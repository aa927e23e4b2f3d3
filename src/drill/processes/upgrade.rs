//! The executor of an upgrade that is really under way: it says what it does and works until it is done or stopped.

use std::time::Duration;

use jiff::Timestamp;

use super::Process;

/// How long a step of an upgrade lasts: long enough to be met, within the real 10 minutes (F§4.8).
const DURATION: Duration = Duration::from_secs(540);

/// Runs the executor to its exit code.
pub(super) async fn run(process: Process) -> i32 {
    let mut signals = process.signals.clone();
    let action = process.env("UPGRADE_ACTION").unwrap_or_else(|| "bluegreen-wait-green-synced".into());
    let say = |message: &str| process.say(format!("{:.0}\tINFO\t{message}\t{{\"action\": {action:?}}}", Timestamp::now()));
    say("Upgrade executor starting");
    say("Leader found");
    say("Waiting for Green sync");
    tokio::select! {
        () = process.work(DURATION) => say("Green pods are synced"),
        () = signals.terminated() => {
            process.say("upgrade-executor error: context canceled");
            return 2;
        }
    }
    0
}
