//! `--dry-run`, `--show-kubectl`, `-o json|yaml`: the plan, and nothing written.

use kubectl_openbao::drill::Play;
use serde_json::Value;

use crate::support::{Person, Ran, reviewed, scenario};

fn dry_runs(person: &Person) -> usize {
    person.requests().iter().filter(|r| r.method == "POST" && r.dry_run()).count()
}

async fn planned(person: &Person, more: &[&str]) -> Ran {
    person.range.server().clear_requests();
    let ran = person.plugin().run(&person.restore(more)).await;
    person.assert_nothing_written(&ran);
    ran.assert_exit(0);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_is_shown_and_the_api_server_asked_only_when_it_shall_be() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let client = planned(&person, &["--override-lock", "--dry-run"]).await;
    assert_eq!(dry_runs(&person), 0, "{client}");
    let server = planned(&person, &["--override-lock", "--dry-run=server"]).await;
    assert_eq!(dry_runs(&person), 1, "{server}");
    server.assert_says(&["dry run accepted by the API server; nothing was written"]);
    reviewed("plan-of-an-override", &format!("{}\n--- stderr\n{}", client.out, client.err));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_the_same_in_both_markups_and_stdout_has_nothing_else() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let json = planned(&person, &["--override-lock", "--dry-run", "-o", "json", "--restore-name", "r"]).await;
    let yaml = planned(&person, &["--override-lock", "--dry-run", "-o", "yaml", "--restore-name", "r"]).await;
    let mut json: Value = serde_json::from_str(&json.out).expect("JSON");
    let mut yaml: Value = serde_saphyr::from_str(&yaml.out).expect("YAML");
    for plan in [&mut json, &mut yaml] {
        assert_eq!((&plan["apiVersion"], &plan["kind"]), (&"cli.openbao.org/v1".into(), &"RestorePlan".into()));
        plan["observedAt"] = Value::Null;
        plan["manifest"]["metadata"]["annotations"]["cli.openbao.org/request-id"] = Value::Null;
    }
    assert_eq!(json, yaml);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kubectl_way_is_the_plans_own_object() {
    let person = scenario("stuck-lock", Play::V05).await;
    let ran = planned(&person, &["--override-lock", "--dry-run", "-o", "json", "--show-kubectl"]).await;
    let plan: Value = serde_json::from_str(&ran.out).expect("JSON");
    let (_, rest) = ran.err.split_once("kubectl create --validate=strict -f - <<'EOF'\n").expect("a command");
    let (manifest, _) = rest.split_once("\nEOF\n").expect("its end");
    let manifest: Value = serde_saphyr::from_str(manifest).expect("YAML");
    assert_eq!(manifest, plan["manifest"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_for_a_script_that_the_plan_gives_works_as_it_stands() {
    let person = scenario("stuck-lock", Play::Jan).await;
    let plan = person.plan(&["--override-lock", "--reason", "INC-7"]).await;
    let command = plan["consent"]["command"].as_str().expect("a command");
    let words = command.strip_prefix("kubectl openbao ").expect("a command of the plugin");
    // Only the phrase and the reason could be quoted; neither has a quote in it.
    let words = words.split('\'').enumerate();
    let mut args: Vec<String> = Vec::new();
    for (i, part) in words {
        match i % 2 {
            0 => args.extend(part.split_whitespace().map(str::to_owned)),
            _ => args.push(part.to_owned()),
        }
    }
    args.push("--no-follow".into());
    let ran = person.plugin().run(&args).await;
    ran.assert_exit(0);
    assert_eq!(person.created().len(), 1, "{ran}");
}
