//! Consent that is missing, wrong or cannot be asked for.

use kubectl_openbao::drill::Play;

use crate::support::{reviewed, scenario, tidy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_empty_and_wrong_phrases() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let override_lock = |more: &[&str]| person.restore(&[&["--override-lock"], more].concat());
    person.refused(&override_lock(&[]), "confirm-missing").await;
    for wrong in ["", " ", "yes", "prod", "restore bao/prod"] {
        let ran = person.plugin().run(&override_lock(&["--reason", "r", "--confirm", wrong])).await;
        person.assert_nothing_written(&ran);
        reviewed("confirm-wrong", &ran.failure());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_restore_wants_the_clusters_name_exactly() {
    let person = scenario("restore", Play::Jan).await;
    for wrong in ["", "Prod", "prod ", "bao/prod", "y"] {
        let ran = person.plugin().run(&person.restore(&["--confirm", wrong])).await;
        person.assert_nothing_written(&ran);
        ran.assert_exit(5).assert_says(&["not confirmed: the phrase does not match"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hazards_and_reason_are_asked_of_a_script_too() {
    let person = scenario("live-lock", Play::V05).await;
    let plan = person.plan(&["--override-lock"]).await;
    let phrase = plan["consent"]["phrase"].as_str().expect("a phrase").to_owned();
    let given = person.restore(&["--override-lock", "--reason", "r", "--confirm", &phrase]);
    person.refused(&given, "hazards-not-accepted").await;
    let person = scenario("stuck-lock", Play::Jan).await;
    let mut given = person.consented(&["--override-lock"]).await;
    let reason = given.iter().position(|a| a == "--reason").expect("a reason is asked for");
    given.drain(reason..reason + 2);
    person.refused(&given, "reason-missing").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phrase_piped_in_is_no_consent() {
    let person = scenario("restore", Play::Jan).await;
    let ran = person.plugin().stdin("prod\nprod\n").run(&person.restore(&[])).await;
    person.assert_nothing_written(&ran);
    reviewed("consent-piped-in", &ran.failure());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_input_and_ctrl_c_at_the_prompt() {
    let person = scenario("restore", Play::Jan).await;
    for (keys, code, name) in [("\u{4}", 5, "prompt-end-of-input"), ("\u{3}", 130, "prompt-interrupted")] {
        let args = person.restore(&[]);
        let mut terminal = person.on_terminal(&args.iter().map(String::as_str).collect::<Vec<_>>());
        terminal.expect("To go on, type exactly:");
        terminal.expect("> ");
        terminal.keys(keys);
        let (ended, text) = terminal.end();
        assert_eq!(ended, code, "{text}");
        let at = text.find("error: ").unwrap_or_else(|| panic!("no error was said:\n{text}"));
        assert!(at == 0 || text[..at].ends_with('\n'), "the error begins on the prompt's line:\n{text}");
        reviewed(name, &tidy(&text[at..]));
        person.assert_nothing_written(&text);
    }
}
