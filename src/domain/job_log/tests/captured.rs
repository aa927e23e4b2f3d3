//! Logs of the real executors and servers.

use super::*;

const BLUE_GREEN: &str = include_str!("../../../../tests/data/captured/11-bluegreen-job-logs.txt");
const CLEANUP: &str = include_str!("../../../../tests/data/captured/14-rollback-cleanup.txt");
const QUORUM_LOST: &str = include_str!("../../../../tests/data/captured/18-path-b.txt");
const SUCCESS: &str = include_str!("../../../../tests/data/captured/19-bluegreen-success.txt");
const FOREIGN: &str = include_str!("../../../../tests/data/captured/50-foreign-snapshot.txt");

/// What the log below the heading that has this name tells.
fn told(captured: &str, name: &str) -> Findings {
    let after = captured.split("\n## ").find(|part| part.lines().next().is_some_and(|l| l.contains("logs") && l.contains(name)));
    let mut findings = Findings::default();
    for line in after.unwrap_or_else(|| panic!("{name}")).lines().skip(1) {
        findings.line(line.as_bytes());
    }
    findings
}

fn cause(findings: &Findings) -> Option<&'static str> {
    findings.cause().map(|finding| finding.code)
}

#[test]
fn a_rollback_that_finds_no_leader() {
    let findings = told(BLUE_GREEN, "bluegreen-repair-consensus");
    assert_eq!((cause(&findings), findings.suggests()), (Some("upgrade-log-no-leader-for-repair"), Suggests::Unhealthy));
    assert_eq!(findings.upgrade, Some(UpgradeStage::Started));
    assert_eq!(findings.of.action.as_deref(), Some("bluegreen-repair-consensus"));
    assert_eq!(findings.of.blue_revision.as_deref(), Some("89b324081ed019e8"));
    assert_eq!(findings.submitted(), Submitted::No);
    let exit = exit_meaning(Some(2), &findings);
    assert!(exit.text.contains("neither a Blue nor a Green pod led"), "{}", exit.text);
}

#[test]
fn a_promotion_that_is_not_let_in() {
    let findings = told(BLUE_GREEN, "promote-green-voters-33e4a371a9");
    assert_eq!((cause(&findings), findings.suggests()), (Some("upgrade-log-login-refused"), Suggests::Config));
    assert_eq!(findings.upgrade_furthest, Some(UpgradeStage::LeaderFound));
}

#[test]
fn a_cleanup_that_removes_the_live_side() {
    let findings = told(CLEANUP, "remove-blue-peers");
    assert_eq!((cause(&findings), findings.suggests()), (Some("upgrade-log-remove-peer"), Suggests::Unhealthy));
    assert_eq!(findings.cause().and_then(|cause| cause.fields.node_id.as_deref()), Some("bg-89b324081ed019e8-1"));
    assert_eq!(findings.cause().and_then(|cause| cause.because), Some("no server leads"));
    assert!(findings.removed_blue());
    assert_eq!(findings.removing, ["bg-89b324081ed019e8-0", "bg-89b324081ed019e8-1"]);
    assert_eq!(findings.upgrade_furthest, Some(UpgradeStage::Removing));
    let removing = findings.found.iter().find(|finding| finding.code == "upgrade-log-removing-blue");
    assert_eq!(removing.map(|finding| finding.suggests), Some(Suggests::PeerRemoval));
}

#[test]
fn an_upgrade_that_succeeds_has_no_cause() {
    let mut findings = Findings::default();
    let logs =
        SUCCESS.lines().filter(|line| line.contains("\tINFO\t") || line.contains("\tERROR\t") || line.contains("\tDEBUG\t"));
    for line in logs {
        findings.line(line.as_bytes());
    }
    assert_eq!(findings.upgrade_furthest, Some(UpgradeStage::Done));
    let causes: Vec<_> = findings.found.iter().filter(|finding| finding.weight == Weight::Cause).collect();
    assert!(causes.is_empty(), "{causes:#?}");
    for change in [RaftChange::GreenJoined, RaftChange::GreenPromoted, RaftChange::BlueDemoted, RaftChange::BlueRemoved] {
        assert!(findings.proves(change), "{change:?}");
    }
    assert_eq!(findings.removing.len(), 3, "{:?}", findings.removing);
}

#[test]
fn servers_without_quorum() {
    let findings = told(QUORUM_LOST, "bg2-89b324081ed019e8-0");
    let codes: Vec<_> = findings.found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["server-log-election-repeats", "server-log-peer-gone"]);
    assert_eq!(findings.suggests(), Suggests::Unhealthy);
}

#[test]
fn servers_given_a_foreign_snapshot() {
    let findings = told(FOREIGN, "prod-0 -c openbao");
    let keys = findings.found.iter().find(|finding| finding.code == "server-log-foreign-keys").expect("the cause of the sealing");
    assert_eq!((keys.submitted, keys.suggests), (Submitted::Yes, Suggests::Config));
    assert!(findings.found.iter().any(|finding| finding.code == "server-log-quorum-lost"));
    assert!(findings.found.iter().any(|finding| finding.code == "server-log-sealed"));
}
