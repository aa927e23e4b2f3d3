//! Log lines: what one tells does not depend on the time before it, and what is shown of it is safe and short.

use kubectl_openbao::domain::job_log::{CODES, Findings, Stage, Submitted, Told, read, stored_backup};

/// Lines of a log.
pub fn check(data: &[u8]) {
    let mut findings = Findings::default();
    let mut restored = false;
    for line in data.split(|byte| *byte == b'\n') {
        let told = read(line);
        of_one(line, told.as_ref());
        restored |= matches!(told, Some(Told::Stage(Stage::Restored)));
        findings.line(line);
        // What OpenBao took it did not give back, whatever is said later.
        assert!(!restored || findings.submitted() == Submitted::Yes, "restored, and then {:?}", findings.submitted());
    }
    of_the_whole(&findings);
    let before = findings.submitted();
    findings.run_started();
    assert_eq!(findings.submitted(), before, "a new run undoes nothing");
    let text = String::from_utf8_lossy(data);
    if let Some(key) = stored_backup(&text) {
        assert!(text.contains(&format!("Backup completed successfully: {key} (size: ")));
    }
}

fn of_one(line: &[u8], told: Option<&Told>) {
    if let Some(Told::Finding(finding)) = told {
        assert!(CODES.contains(&finding.code), "{}", finding.code);
        super::assert_safe_line("a finding", &finding.line);
        assert!(finding.line.chars().count() <= 600);
        let fields = &finding.fields;
        for name in [&fields.action, &fields.blue_revision, &fields.green_revision, &fields.node_id].into_iter().flatten() {
            super::assert_safe_line("a name", name);
            assert!(name.chars().count() <= 260);
        }
    }
    let same = |other: Option<Told>| match (told, &other) {
        (None, None) => true,
        (Some(Told::Stage(a)), Some(Told::Stage(b))) => a == b,
        // The time is part of the line that is kept, and of nothing else.
        (Some(Told::Finding(a)), Some(Told::Finding(b))) => {
            (a.code, a.because, a.submitted, a.suggests, a.raft, a.stage, &a.fields, a.weight)
                == (b.code, b.because, b.submitted, b.suggests, b.raft, b.stage, &b.fields, b.weight)
        }
        _ => false,
    };
    let bare = line.trim_ascii();
    assert!(same(read(bare)), "blanks around it change what it tells");
    assert!(same(read(&[bare, b"\r"].concat())), "a carriage return changes what it tells");
    // A line that begins with a time has had its two: the kubelet's and the writer's. And too little text is no line.
    let has_time = bare.first().is_none_or(u8::is_ascii_digit);
    if !has_time && bare.len() >= 12 {
        for time in ["2026-11-21T00:46:09.593201589Z ", "2026-11-21T00:46:09.593201589+01:00 ", "2026-11-21T00:46:09Z "] {
            assert!(same(read(&[time.as_bytes(), bare].concat())), "{time} changes what it tells");
        }
        let both = [&b"2026-11-21T00:46:09.593201589Z 2026-11-21T00:46:09Z\t"[..], bare].concat();
        assert!(same(read(&both)), "two times change what it tells");
    }
}

fn of_the_whole(findings: &Findings) {
    assert!(findings.removing.len() <= 32);
    for name in &findings.removing {
        super::assert_safe_line("a peer", name);
    }
    let codes: std::collections::BTreeSet<&str> = findings.found.iter().map(|finding| finding.code).collect();
    assert!(findings.found.len() <= codes.len() * 3, "each kind once, by weight");
    assert!(findings.furthest >= findings.stage && findings.upgrade_furthest >= findings.upgrade);
}
