//! Nothing secret leaves, from wherever it comes: every command, in every form, with planted secrets in all that it reads. A new
//! command fails here until it says how it is run.

mod places;
mod values;

use std::path::Path;

use clap::CommandFactory as _;
use kubectl_openbao::drill::server::{Act, Fault, User};
use serde_json::json;

use self::values::{MARK, leaky, planted};
use crate::support::{Person, Plugin, Ran, until};

/// How each command is run; KEY stands for the last backup.
fn arguments(command: &str) -> &'static [&'static str] {
    match command {
        "status" => &["", "prod", "-A --exit-code"],
        "diagnose" => &["all prod", "rollback prod", "lock prod", "restore prod"],
        "restore" => &[
            "prod --key KEY --dry-run --show-kubectl --override-lock",
            "prod --key KEY --dry-run=server --override-lock",
            "prod --latest --dry-run=client",
            "prod --key KEY --confirm wrong",
        ],
        "breakglass show" => &["prod"],
        "breakglass ack" => &["prod --dry-run --show-kubectl", "prod --dry-run=server", "prod --nonce wrong"],
        "breakglass" => &["prod"],
        "follow" => &["--timeout 1s", "leaky --timeout 1s"],
        "logs" => &["prod", "job/loud --timestamps", "prod --job rollback"],
        "resolve" => &["prod --path retry --dry-run --show-kubectl", "prod --path restore --key KEY --dry-run"],
        "recover" => &["leaky --abandon --dry-run --show-kubectl", "leaky --resume --dry-run"],
        "snapshots" | "snapshots list" => &["prod", "prod --all", "prod --credentials=env"],
        "snapshots show" | "snapshots verify" => &["prod KEY", "prod nowhere"],
        "drill" | "drill list" => &[""],
        // Each makes a range of its own: nothing planted is in there.
        "drill run" | "drill serve" => &["no-such-scenario"],
        "completion bash" | "completion zsh" | "completion fish" | "completion powershell" | "completion" => &[""],
        "completion install" => &["--dry-run", ""],
        "version" => &[""],
        "__complete" => &["status ", "follow ", "snapshots show prod ", "breakglass ack prod --nonce "],
        new => panic!("say here how `{new}` is run"),
    }
}

/// Every command line: each command, each of its words, each of its forms.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for command in kubectl_openbao::cli::Cli::command().get_subcommands().filter(|c| c.get_name() != "help") {
        of_command(command, command.get_name(), &mut lines);
    }
    lines
}

fn of_command(command: &clap::Command, path: &str, lines: &mut Vec<String>) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        of_command(sub, &format!("{path} {}", sub.get_name()), lines);
    }
    let forms = command.get_arguments().find(|argument| argument.get_id() == "output");
    let values = forms.map(|argument| argument.get_possible_values()).unwrap_or_default();
    let forms: Vec<String> = values.iter().map(|value| format!(" -o {}", value.get_name())).collect();
    for words in arguments(path) {
        lines.push(format!("{path} {words}"));
        lines.extend(forms.iter().map(|form| format!("{path} {words}{form}")));
    }
}

/// The plugin in a home of its own, where every file that appears was written by it.
fn at_home(person: &Person, home: &Path) -> Plugin {
    let plugin = Plugin::new(home).env("KUBECONFIG", person.range.kubeconfig_file());
    ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR"]
        .into_iter()
        .fold(plugin, |plugin, name| plugin.env(name, home.join(name)))
}

#[track_caller]
fn assert_clean(ran: &Ran) {
    for secret in planted() {
        assert!(!ran.out.contains(&secret) && !ran.err.contains(&secret), "{secret} is in:\n{ran}");
    }
}

/// Fails when a file under here holds a secret.
fn assert_clean_files(directory: &Path) {
    for entry in std::fs::read_dir(directory).expect("it is there").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
        if kind.is_dir() {
            assert_clean_files(&path);
        } else if kind.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("readable")).into_owned();
            for secret in planted() {
                assert!(!text.contains(&secret), "{secret} is in {}", path.display());
            }
        }
    }
}

async fn run(plugin: &Plugin, person: &Person, line: &str) -> Ran {
    let key = person.key();
    let mut words: Vec<&str> = line.split(' ').map(|word| if word == "KEY" { &key } else { word }).collect();
    // An empty word means something to completion alone.
    words.retain(|word| !word.is_empty() || line.starts_with("__complete"));
    if !line.starts_with("__complete") {
        words.push("-v=9");
    }
    let ran = plugin.run(&words).await;
    assert_clean(&ran);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_no_command_in_no_form() {
    let person = places::leaky_range().await;
    let home = tempfile::tempdir().expect("a temporary directory");
    let plugin = values::environment(at_home(&person, home.path()));
    let (mut marked, mut masked) = (0, 0);
    for line in lines() {
        let ran = run(&plugin, &person, &line).await;
        let said = format!("{}{}", ran.out, ran.err);
        marked += usize::from(said.contains(MARK));
        masked += usize::from(said.contains("***"));
    }
    assert!(marked > 20 && masked > 20, "the texts with the secrets were hardly shown: {marked}, {masked}");
    assert_clean_files(home.path());
}

/// Servers that say back what they were sent, and much more, as the reason why they fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_no_command_that_fails() {
    let person = places::leaky_range().await;
    let home = tempfile::tempdir().expect("a temporary directory");
    let kubeconfig = person.range.server().kubeconfig_with_token(&User::named("oncall").group("system:masters"), "bao");
    let file = person.range.directory().join("with-token");
    std::fs::write(&file, kubeconfig).expect("it can be written");
    let plugin = values::environment(at_home(&person, home.path())).env("KUBECONFIG", &file);
    let mut shown = 0;
    for code in [401, 403, 404, 409, 422, 500, 503] {
        let body = json!({"kind": "Status", "status": "Failure", "code": code, "message": leaky()}).to_string();
        person.range.server().faults().add(Fault::new(Act::Answer { code, content_type: "application/json", body }));
        for line in [
            "status prod",
            "status -A -o json",
            "diagnose all prod",
            "logs prod",
            "breakglass ack prod --dry-run",
            "restore prod --key KEY --dry-run",
        ] {
            shown += usize::from(run(&plugin, &person, line).await.err.contains(MARK));
        }
        person.range.server().faults().clear();
    }
    assert!(shown > 10, "what the server said was hardly shown: {shown}");
}

/// What a person gives by flag, and in the wrong place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_no_flag() {
    let person = places::leaky_range().await;
    let home = tempfile::tempdir().expect("a temporary directory");
    let plugin = at_home(&person, home.path());
    for line in values::flags() {
        run(&plugin, &person, &line).await;
    }
}

/// Each way into an API server that a kubeconfig knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_no_kubeconfig() {
    let person = places::leaky_range().await;
    let home = tempfile::tempdir().expect("a temporary directory");
    for (name, kubeconfig) in places::kubeconfigs(&person) {
        let file = person.range.directory().join(name);
        std::fs::write(&file, kubeconfig).expect("it can be written");
        let plugin = at_home(&person, home.path()).env("KUBECONFIG", &file).env("PATH", "/usr/bin:/bin");
        for line in ["status prod", "logs prod", "restore prod --key KEY --dry-run -o json", "__complete status "] {
            let ran = run(&plugin, &person, line).await;
            assert!(ran.code.is_some(), "{ran}");
        }
    }
    assert_clean_files(home.path());
}

/// No core file, whatever the limits around say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_no_core_file() {
    let person = places::leaky_range().await;
    person.range.server().black_hole(true);
    let child = person.plugin().start(&["status", "prod", "--deadline", "60s"]);
    let limits = format!("/proc/{}/limits", child.id().expect("it runs"));
    until("the limit of core files is nought", || {
        let limits = std::fs::read_to_string(&limits).unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default().to_owned();
        core.split_whitespace().filter(|word| *word == "0").count() == 2
    })
    .await;
}
