use super::*;

mod captured;
mod hostile;
mod lines;

const CAPTURED: &str = include_str!("../../../tests/data/captured/30-failing-restores.txt");
const COMPLETED: &str = include_str!("../../../tests/data/captured/02-restore-completed.txt");

/// The lines of a captured log, times taken off.
fn lines(captured: &str) -> impl Iterator<Item = &str> {
    captured
        .lines()
        .filter_map(|line| line.split_once("Z "))
        .filter_map(|(stamp, text)| (stamp.starts_with("2026-11-21T") && stamp.contains('.')).then_some(text))
}

fn code(line: &str) -> Option<&'static str> {
    classify(line.as_bytes()).map(|finding| finding.code)
}

#[test]
fn what_the_real_executors_said_is_known() {
    let mut codes: Vec<&str> = lines(CAPTURED).filter(|line| line.contains("error:")).filter_map(code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(
        codes,
        [
            "restore-log-login-refused",
            "restore-log-not-a-snapshot",
            "restore-log-snapshot-missing",
            "restore-log-store-credentials",
        ]
    );
    assert!(lines(CAPTURED).filter(|line| line.contains("bao-restore error")).all(|line| code(line).is_some()));
}

#[test]
fn a_good_run_has_stages_and_no_findings() {
    let mut findings = Findings::default();
    let mut stages = Vec::new();
    for line in lines(COMPLETED) {
        match findings.line(line.as_bytes()) {
            Some(News::Stage(stage)) => stages.push(stage),
            Some(News::Finding(finding)) => panic!("{finding:?}"),
            None => {}
        }
    }
    let all = [
        Stage::Started,
        Stage::Configured,
        Stage::FindingLeader,
        Stage::LeaderFound,
        Stage::LoggedIn,
        Stage::StoreReady,
        Stage::SnapshotFound,
        Stage::Downloading,
        Stage::Submitting,
        Stage::Restored,
    ];
    assert_eq!(stages, all);
    assert_eq!((findings.submitted(), findings.cause()), (Submitted::Yes, None));
}

#[test]
fn the_outermost_link_decides_and_the_special_row_before_the_general_one() {
    let cases = [
        (
            "bao-restore error: failed to restore snapshot: transient remote overloaded: failed to execute restore request: OpenBao API overloaded (status 500): {\"errors\":[\"gzip: invalid header\"]}",
            "restore-log-not-a-snapshot",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to restore snapshot: failed to execute restore request: Post \"https://x\": EOF",
            "restore-log-answer-lost",
            Submitted::Unknown,
        ),
        (
            "bao-restore error: failed to restore snapshot: failed to execute restore request: dial tcp: connect: connection refused",
            "restore-log-not-sent",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to restore snapshot: transient remote overloaded: failed to execute restore request: OpenBao API overloaded (status 500): raft",
            "restore-log-server-error",
            Submitted::Unknown,
        ),
        (
            "bao-restore error: failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 403: {\"errors\":[\"snapshot not found: x\"]}",
            "restore-log-login-refused",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to authenticate: failed to authenticate using JWT Auth: JWT auth request failed with status 503",
            "restore-log-sealed",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to find leader: no leader found among 3 pods after 5 attempts",
            "restore-log-no-leader",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to load configuration: failed to read OpenBao token from \"/etc/bao/backup/token/token\": no such file",
            "restore-log-token-file",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to create storage client: failed to ensure bucket exists: AccessDenied",
            "restore-log-store-bucket",
            Submitted::No,
        ),
        (
            "bao-restore error: failed to restore snapshot: restore request failed with status 403: permission denied",
            "restore-log-forbidden",
            Submitted::No,
        ),
        ("bao-restore error: something nobody has seen", "restore-log-unknown-error", Submitted::Unknown),
        ("bao-restore error: submission claim expired before POST", "restore-log-claim-expired", Submitted::No),
        (
            "bao-backup error: failed to get snapshot: snapshot request failed with status 403",
            "backup-log-no-leader-answer",
            Submitted::No,
        ),
    ];
    for (line, code, submitted) in cases {
        let finding = classify(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((finding.code, finding.submitted), (code, submitted), "{line}");
    }
    for line in ["", "Restore key: bao/prod/x.snap", "findLeader: Attempt 1/5", "\u{fffd}\u{1b}[2J"] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_later_run_that_fails_early_does_not_undo_what_an_earlier_one_sent() {
    let mut findings = Findings::default();
    for line in [
        "Restoring snapshot to cluster...",
        "bao-restore error: failed to restore snapshot: failed to execute restore request: EOF",
    ] {
        findings.line(line.as_bytes());
    }
    findings.run_started();
    findings.line(b"Starting restore operation...");
    findings.line(b"bao-restore error: failed to find leader: no leader found among 3 pods after 5 attempts");
    assert_eq!((findings.stage, findings.submitted()), (Some(Stage::Started), Submitted::Unknown));
    assert_eq!(findings.cause().map(|finding| finding.code), Some("restore-log-no-leader"));
}

#[test]
fn sent_and_refused_in_every_run_means_nothing_was_changed() {
    let mut findings = Findings::default();
    findings.line(b"Restoring snapshot to cluster...");
    findings.line(b"bao-restore error: failed to restore snapshot: restore request failed with status 400: no");
    assert_eq!(findings.submitted(), Submitted::No);
    assert_eq!(Findings::default().submitted(), Submitted::Unknown, "no line proves nothing");
}

#[test]
fn an_exit_code_alone_is_called_a_guess() {
    let alone = exit_meaning(Some(2), &Findings::default());
    assert!(alone.text.contains("a guess"), "{}", alone.text);
    assert_eq!(alone.submitted, Submitted::Unknown);
    let mut findings = Findings::default();
    findings.line(b"bao-restore error: snapshot not found: x");
    assert_eq!(exit_meaning(Some(1), &findings).text, "no object of this key is in the bucket");
}

#[test]
fn a_stored_backup_tells_its_key() {
    assert_eq!(stored_backup("Backup completed successfully: bao/prod/a.snap (size: 35937 bytes)"), Some("bao/prod/a.snap"));
    assert_eq!(stored_backup("Backup completed"), None);
}

#[test]
fn no_row_matches_what_is_too_short_to_be_read() {
    for row in table::every_row() {
        assert!(row.fragments.iter().map(|text| text.len()).sum::<usize>() >= SHORTEST, "{:?}", row.fragments);
    }
}

#[test]
fn codes_are_of_five_groups_and_each_row_says_something() {
    for row in table::every_row() {
        let groups = ["restore-log-", "backup-log-", "upgrade-log-", "server-log-", "document-log-"];
        assert!(groups.iter().any(|group| row.code.starts_with(group)), "{}", row.code);
        assert!(!row.meaning.is_empty() && !row.action.is_empty(), "{}", row.code);
    }
}

#[test]
fn a_harmless_line_does_not_take_the_place_of_a_grave_one_of_the_same_code() {
    let mut findings = Findings::default();
    findings.line(b"Restoring snapshot to cluster...");
    findings.line(b"bao-restore error: failed to restore snapshot: failed to execute restore request: context canceled");
    findings.run_started();
    findings.line(b"bao-restore error: failed to verify snapshot exists: context canceled");
    findings.run_started();
    findings.line(b"bao-restore error: snapshot not found: x");
    assert_eq!(findings.submitted(), Submitted::Unknown);
}

#[test]
fn an_attempt_ended_from_outside_hides_no_cause_and_no_sending() {
    let mut findings = Findings::default();
    findings.line(b"bao-restore error: snapshot not found: x");
    findings.run_started();
    findings.line(b"Verifying snapshot exists: x");
    findings.line(b"bao-restore error: failed to verify snapshot exists: context canceled");
    assert_eq!(findings.cause().map(|finding| finding.code), Some("restore-log-snapshot-missing"));
    assert_eq!(findings.submitted(), Submitted::No);
    findings.run_started();
    findings.line(b"Restoring snapshot to cluster...");
    findings.line(b"bao-restore error: failed to restore snapshot: failed to execute restore request: context canceled");
    assert_eq!(findings.submitted(), Submitted::Unknown);
}
