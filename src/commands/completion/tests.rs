use super::values::{Live, Wanted};
use super::*;

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// What fits after these words, where `word` is being typed.
fn at(text: &str, word: &str) -> (Vec<String>, Wanted) {
    let mut root = cli::command();
    root.build();
    let typed = words(text);
    let place = Place::of(&root, &typed, word);
    let wanted = values::wanted(&place);
    let fitting = wanted.fixed.iter().map(|c| c.value.clone()).filter(|value| value.starts_with(place.word)).collect();
    (fitting, wanted)
}

fn live(text: &str, word: &str) -> Vec<Live> {
    at(text, word).1.live
}

#[test]
fn a_cluster_is_wanted_once_after_its_command() {
    for typed in [
        "status",
        "-n bao status",
        "status -n bao",
        "status -nbao --context=x",
        "restore --override-lock",
        "restore --key k --dry-run",
        "diagnose lock",
        "diagnose",
        "resolve",
        "breakglass",
        "breakglass ack",
        "breakglass show",
        "snapshots list",
        "snapshots show",
        "snapshots verify",
        "status --",
    ] {
        assert_eq!(live(typed, ""), [Live::Clusters], "{typed}");
    }
    for typed in ["diagnose prod", "status prod", "breakglass ack prod", "version", "", "snapshots list prod"] {
        assert_eq!(live(typed, ""), [], "{typed}");
    }
    assert_eq!(live("status", "-"), []);
}

#[test]
fn what_help_calls_a_value_says_what_fits() {
    assert_eq!(live("restore prod --key", ""), [Live::Keys]);
    assert_eq!(live("restore prod", "--key=bao/"), [Live::Keys]);
    assert_eq!(live("snapshots verify prod", ""), [Live::Keys]);
    assert_eq!(live("breakglass ack prod --nonce", ""), [Live::Nonces]);
    assert_eq!(live("recover", ""), [Live::Restores]);
    assert_eq!(live("follow", ""), [Live::Restores]);
    assert_eq!(live("follow", "job/"), [Live::Restores, Live::Jobs]);
    assert_eq!(live("logs", ""), [Live::Clusters, Live::Restores]);
    assert_eq!(live("status -n", ""), [Live::Namespaces]);
    assert_eq!(live("--context", ""), [Live::Contexts]);
    assert_eq!(live("--cluster", ""), [Live::KubeClusters]);
    assert_eq!(live("status --user", ""), [Live::Users]);
}

#[test]
fn words_that_never_change_need_nobody() {
    let fits = |typed: &str, word: &str| {
        let (fitting, wanted) = at(typed, word);
        assert!(wanted.live.is_empty(), "{typed} {word}");
        fitting
    };
    assert!(fits("", "").contains(&"restore".to_owned()));
    assert_eq!(fits("", "rest"), ["restore"]);
    assert_eq!(fits("help", "diag"), ["diagnose"]);
    assert_eq!(fits("restore", "--over"), ["--override-lock"]);
    assert_eq!(fits("status", "--kubec"), ["--kubeconfig"]);
    assert_eq!(fits("status -o", ""), ["table", "wide", "json", "yaml", "name"]);
    assert_eq!(fits("status", "--output=j"), ["json"]);
    assert_eq!(fits("restore prod --accept", "seal"), ["seal-mismatch"]);
    assert_eq!(fits("drill run stuck-lock --operator", ""), ["jan", "0.4", "0.5", "next"]);
    assert_eq!(fits("drill serve", "stuck-l"), ["stuck-lock"]);
    assert_eq!(fits("logs prod --job", "ro"), ["rollback"]);
    assert_eq!(fits("completion", "po"), ["powershell"]);
    assert!(fits("restore prod --confirm", "").is_empty(), "nobody types a consent for a person");
    assert!(fits("restore prod --dry-run", "--dry-run").contains(&"--dry-run".to_owned()), "its value stands behind a =");
}

#[test]
fn files_fit_where_a_file_is_named() {
    for (typed, word) in
        [("restore --from-file", ""), ("status --from-report", ""), ("--kubeconfig", ""), ("snapshots verify", "")]
    {
        assert!(at(typed, word).1.files, "{typed}");
    }
    assert!(!at("status", "").1.files);
}

#[test]
fn a_candidate_is_one_word_to_every_shell() {
    let harmless = |value: &str| Candidate::new(value, "").is_harmless();
    assert!(harmless("bao/prod/2026-11-21T02-44-02Z-b397e37b.snap") && harmless("arn:aws:eks:eu-west-1:1:cluster/a"));
    for value in ["$(reboot)", "`reboot`", "a b", "a;b", "a\nb", "'", "", "a\u{1b}[2J", "é"] {
        assert!(!harmless(value), "{value:?}");
    }
    assert_eq!(Candidate::new("a", "b\tc\nd\u{7}").line(), "a\tb c d\u{fffd}");
}

#[test]
fn the_name_it_is_called_by_is_kubectls_question() {
    let called = |words: &[&str]| rewrite(words.iter().map(OsString::from).collect());
    assert_eq!(called(&["/x/kubectl_complete-openbao", "st"]), ["kubectl-openbao", "__complete", "--", "st"]);
    assert_eq!(called(&["kubectl-openbao", "st"]), ["kubectl-openbao", "st"]);
}
