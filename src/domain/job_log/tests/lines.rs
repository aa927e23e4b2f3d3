//! One realistic line for each row, in all the forms a person or a follower may have it.

use super::*;

const RESTORE: &str = include_str!("restore.txt");
const UPGRADE: &str = include_str!("upgrade.txt");
const SERVER: &str = include_str!("server.txt");

const STAMP: &str = "2026-11-21T00:47:30.491039173Z ";
const FIELDS: &str = r#""action": "bluegreen-repair-consensus", "blue_revision": "89b3", "green_revision": "0831""#;

/// Code, what it suggests, text.
fn cases(file: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (code, rest) = line.split_once(' ').unwrap();
        let (suggests, text) = rest.split_once(' ').unwrap();
        (code, suggests, text)
    })
}

fn found(line: &str) -> Finding {
    classify(line.as_bytes()).unwrap_or_else(|| panic!("{line}"))
}

fn suggests(finding: &Finding) -> String {
    serde_json::to_value(finding.suggests).unwrap().as_str().unwrap().to_owned()
}

/// Every row is the one of at least one line.
fn assert_rows_covered(rows: &[Row], findings: &[Finding]) {
    for row in rows {
        let hit = findings.iter().any(|finding| (finding.code, finding.meaning) == (row.code, row.meaning));
        assert!(hit, "no line for {} {:?}", row.code, row.fragments);
    }
}

#[test]
fn restore_and_backup_errors() {
    let mut findings = Vec::new();
    for (code, suggested, chain) in cases(RESTORE) {
        let prefix = if code.starts_with("backup") { "bao-backup error: " } else { "bao-restore error: " };
        let finding = found(&format!("{prefix}{chain}"));
        assert_eq!((finding.code, suggests(&finding).as_str()), (code, suggested), "{chain}");
        let stamped = found(&format!("{STAMP}{prefix}{chain}"));
        assert_eq!((stamped.code, stamped.meaning), (finding.code, finding.meaning), "{chain}");
        findings.push(finding);
    }
    // What an executor says on its way to the leader has no prefix.
    for (line, code) in [
        (
            "findLeader: IsLeader check failed for prod-0: tls: failed to verify certificate: x509: unknown authority",
            "restore-log-server-tls",
        ),
        ("findLeader: IsLeader check failed for prod-0: dial tcp: i/o timeout", "restore-log-server-unreachable"),
    ] {
        let finding = found(line);
        assert_eq!((finding.code, finding.weight), (code, Weight::Remark), "{line}");
        findings.push(finding);
    }
    assert_rows_covered(table::restore::ROWS, &findings);
    assert_rows_covered(table::backup::ROWS, &findings);
}

#[test]
fn upgrade_errors() {
    let mut findings = Vec::new();
    for (code, suggested, chain) in cases(UPGRADE) {
        let finding = found(&format!("upgrade-executor error: {chain}"));
        assert_eq!((finding.code, suggests(&finding).as_str()), (format!("upgrade-log-{code}").as_str(), suggested), "{chain}");
        assert_eq!(finding.submitted, Submitted::No, "an upgrade executor sends no snapshot");
        let stamped = found(&format!("{STAMP}upgrade-executor error: {chain}"));
        assert_eq!((stamped.code, stamped.meaning), (finding.code, finding.meaning), "{chain}");
        findings.push(finding);
    }
    assert_rows_covered(table::upgrade::ROWS, &findings);
}

/// The same words end a restore executor: alone they are taken for its.
const SHARED: &[&str] =
    &["failed to find leader: ", "failed to authenticate: ", "context cancelled while finding leader", "openbao circuit breaker"];

#[test]
fn upgrade_errors_alone_and_in_the_console_form() {
    for (code, _, chain) in cases(UPGRADE).filter(|(code, _, _)| !matches!(*code, "interrupted" | "unknown-error")) {
        let code = format!("upgrade-log-{code}");
        let error = serde_json::to_string(chain).unwrap();
        let console = found(&format!("{STAMP}2026-11-21T00:47:30Z\tERROR\tStep ended\t{{{FIELDS}, \"error\": {error}}}"));
        assert_eq!(console.code, code, "{chain}");
        assert_eq!(console.weight, Weight::Remark, "the executor goes on after such a line: {chain}");
        assert_eq!(console.fields.blue_revision.as_deref(), Some("89b3"));
        match classify(chain.as_bytes()) {
            Some(alone) if !chain.contains("for consensus repair") && SHARED.iter().any(|shared| chain.starts_with(shared)) => {
                assert!(alone.code.starts_with("restore-log-"), "{chain}: {}", alone.code);
            }
            alone => assert_eq!(alone.map(|finding| finding.code), Some(code.as_str()), "{chain}"),
        }
    }
}

#[test]
fn errors_name_their_peer() {
    for (line, peer) in [
        ("upgrade-executor error: failed to remove Raft peer \"bg-89b3-1\": x", Some("bg-89b3-1")),
        (
            "upgrade-executor error: failed to promote Blue peer \"bg-89b3-0\" to voter during consensus repair: x",
            Some("bg-89b3-0"),
        ),
        ("failed to join Green pod \"bg-0831-2\" as non-voter: raft join request failed with status 500", Some("bg-0831-2")),
        ("upgrade-executor error: failed to find Blue leader: \"x\"", None),
    ] {
        assert_eq!(found(line).fields.node_id.as_deref(), peer, "{line}");
    }
}

#[test]
fn steps() {
    for row in table::every_row().filter(|row| row.stage.is_some()) {
        let message = row.fragments[0];
        let console = format!("2026-11-21T00:47:10Z\tINFO\t{message}\t{{{FIELDS}, \"node_id\": \"bg-89b3-0\"}}");
        for line in [&console, &format!("{STAMP}{console}"), &format!("{STAMP}{message}"), &message.to_owned()] {
            let finding = found(line);
            assert_eq!((finding.code, finding.stage, finding.raft), (row.code, row.stage, row.raft), "{line}");
            assert_ne!(finding.weight, Weight::Cause, "{line}");
        }
        let fields = found(&console).fields;
        assert_eq!(fields.action.as_deref(), Some("bluegreen-repair-consensus"));
        assert_eq!(fields.node_id.as_deref(), Some("bg-89b3-0"));
    }
    let longer = "2026-11-21T00:47:10Z\tINFO\tRaft Autopilot state endpoint not available; falling back to configuration\t{}";
    assert_eq!(found(longer).code, "upgrade-log-no-autopilot");
    assert_eq!(found("2026-11-21T00:47:10Z\tINFO\tupgrade\tRemoving Raft peer\t{}").code, "upgrade-log-removing-peer");
    assert_eq!(classify(b"2026-11-21T00:47:10Z\tINFO\tLeader foundation\t{}"), None);
    assert_eq!(classify(b"2026-11-21T00:47:10Z\tDEBUG\tRaft server in config\t{\"voter\": true}"), None);
}

#[test]
fn odd_texts_of_runs_that_succeed_are_remarks() {
    for (message, error) in [
        ("Failed to demote Green peer (may already be non-voter)", "server is already a non-voter"),
        ("Failed to demote Blue pod (might already be non-voter)", "server is already a non-voter"),
        ("Failed to demote Blue peer", "OpenBao API overloaded (status 500): server is already a non-voter"),
        ("Failed to find leader among Blue pods for consensus repair, falling back to Green", "no leader found among 3 pods"),
        ("WARNING: Green pod not found in Raft config", ""),
    ] {
        let finding = found(&format!("2026-11-21T01:13:14Z\tERROR\t{message}\t{{{FIELDS}, \"error\": \"{error}\"}}"));
        assert_eq!((finding.weight, finding.suggests), (Weight::Remark, Suggests::Nothing), "{message}");
        assert_eq!(finding.because.is_some(), !error.is_empty(), "{message}");
    }
    for benign in ["already joined", "2026-11-21T01:13:14Z\tINFO\tGreen pod already joined\t{}"] {
        assert_eq!(classify(benign.as_bytes()), None, "{benign}");
    }
}

#[test]
fn server_lines() {
    let mut findings = Vec::new();
    for (code, suggested, text) in cases(SERVER) {
        let message = text.split_once(": ").unwrap().1;
        for line in [
            format!("2026-11-21T01:16:15.309Z [ERROR] {text}"),
            format!("{STAMP}2026-11-21T01:16:15.309Z [WARN]  {text}"),
            text.to_owned(),
            format!("{{\"@level\":\"error\",\"@message\":{}}}", serde_json::to_string(message).unwrap()),
        ] {
            let finding = found(&line);
            assert_eq!((finding.code, suggests(&finding).as_str()), (format!("server-log-{code}").as_str(), suggested), "{line}");
            assert_ne!(finding.submitted, Submitted::No, "a server's line proves no absence: {line}");
            findings.push(finding);
        }
    }
    assert_rows_covered(table::server::ROWS, &findings);
    assert_eq!(found("failed to contact quorum of nodes, stepping down").code, "server-log-quorum-lost");
    assert_eq!(classify(b"the request said: context deadline exceeded"), None);
}

#[test]
fn lines_of_old_documentation_are_recognised_and_said_to_be_nobodys() {
    for (line, code, suggested) in [
        ("failed to join blue pilot to green leader: raft log index mismatch", "document-log-index-mismatch", Suggests::Nothing),
        ("failed to join blue pilot to green leader", "document-log-join-failed", Suggests::Nothing),
        ("ERROR: raft log index mismatch", "document-log-index-mismatch", Suggests::Nothing),
        (
            "upgrade-executor error: failed to join blue pilot to green leader: timeout",
            "document-log-join-failed",
            Suggests::Nothing,
        ),
        (
            "2026-11-21T01:16:15.309Z [ERROR] storage.raft: raft log index mismatch",
            "document-log-index-mismatch",
            Suggests::Nothing,
        ),
    ] {
        let finding = found(line);
        assert_eq!((finding.code, finding.suggests), (code, suggested), "{line}");
        assert!(finding.meaning.contains("old documentation only"), "{line}");
    }
}

#[test]
fn the_same_words_mean_what_their_writer_means() {
    for (words, restore, upgrade) in [
        ("failed to find leader: no leader found among 3 pods", "restore-log-no-leader", "upgrade-log-no-leader"),
        (
            "failed to authenticate: JWT auth request failed with status 403",
            "restore-log-login-refused",
            "upgrade-log-login-refused",
        ),
        ("failed to create OpenBao client: x", "restore-log-client", "upgrade-log-client"),
        ("unheard of", "restore-log-unknown-error", "upgrade-log-unknown-error"),
    ] {
        assert_eq!(found(&format!("bao-restore error: {words}")).code, restore);
        assert_eq!(found(&format!("upgrade-executor error: {words}")).code, upgrade);
    }
    assert_eq!(
        found("failed to find leader for consensus repair: no leader found among 3 pods").code,
        "upgrade-log-no-leader-for-repair"
    );
}
