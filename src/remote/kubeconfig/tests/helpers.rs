//! Credential helpers: how often they run, what they are told, what they may read.

use std::time::Duration;

use super::*;
use crate::exit::Exit;

const V1: &str = "client.authentication.k8s.io/v1";

/// A user whose helper is a shell script, given the rest of its exec section. The script counts its runs in `runs`.
pub(super) fn with_helper(server: &str, script: &str, exec: &str) -> Home {
    let home = Home::of(
        server,
        &format!("exec:\n  apiVersion: {V1}\n  command: /bin/sh\n  args: [./helper.sh]\n  interactiveMode: Never\n{exec}"),
    );
    let directory = home.directory.path().display();
    // The script is named by its full path: a helper starts in our own working directory.
    let config = home.read("config").replace("./helper.sh", shown(&home.path("helper.sh")));
    home.write("config", &config);
    home.write("helper.sh", &format!("cd '{directory}'\necho run >>runs\n{script}\n"));
    home
}

pub(super) fn token(token: &str) -> String {
    format!("echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{{\"token\":\"{token}\"}}}}'")
}

fn runs(home: &Home) -> usize {
    home.read("runs").lines().count()
}

#[test]
fn resolving_runs_nothing_and_authenticating_runs_once() {
    let home = with_helper("server: https://a", &token("t"), "");
    let resolved = home.resolve(&[]).unwrap();
    assert_eq!(runs(&home), 0);
    authenticate(&resolved).unwrap();
    authenticate(&resolved.clone()).unwrap();
    assert_eq!(runs(&home), 1);
    assert_eq!(reauthenticate(&resolved).unwrap(), Renewal::SameClient);
    assert_eq!(runs(&home), 2);
    assert_eq!(resolved.credential.describe(), "credential helper /bin/sh");
}

#[test]
fn a_token_given_otherwise_spares_the_helper() {
    let home = with_helper("server: https://a", "exit 1", "");
    authenticate(&home.resolve(&["--token", "t"]).unwrap()).unwrap();
    assert_eq!(runs(&home), 0);
}

#[test]
fn what_kubectl_may_not_run_is_not_run_here_either() {
    let home = with_helper("server: https://a", &token("t"), "");
    home.write("kuberc", "credentialPluginPolicy: DenyAll");
    let mut around = home.surroundings();
    around.variables.insert("KUBERC".into(), "kuberc".into());
    let failure = resolve(&Flags::default(), &around).unwrap_err();
    assert!(failure.cause.contains("not allowed: policy set to"), "{failure}");
}

#[test]
fn the_helper_is_told_about_the_cluster_and_gets_its_variables() {
    let script = format!("printf %s \"$KUBERNETES_EXEC_INFO\" >info; printf %s \"$GIVEN-$AROUND\" >variables; {}", token("t"));
    let ca = crate::drill::pki::Authority::new("ca").certificate();
    let data = super::choosing::base64(&ca);
    let cluster = format!(
        "server: https://a:6443\ntls-server-name: inner\nproxy-url: http://p:1\ncertificate-authority-data: {data}\n\
         extensions: [{{name: client.authentication.k8s.io/exec, extension: {{audience: foo}}}}]"
    );
    let home = with_helper(&cluster, &script, "  provideClusterInfo: true\n  env: [{name: GIVEN, value: g}]");
    let mut around = home.surroundings();
    around.variables.insert("AROUND".into(), "a".into());
    authenticate(&resolve(&Flags::default(), &around).unwrap()).unwrap();
    assert_eq!(home.read("variables"), "g-a");
    let info: serde_json::Value = serde_json::from_str(&home.read("info")).unwrap();
    let cluster = serde_json::json!({
        "server": "https://a:6443", "tls-server-name": "inner", "proxy-url": "http://p:1",
        "certificate-authority-data": data, "config": {"audience": "foo"},
    });
    let expected = serde_json::json!({
        "kind": "ExecCredential", "apiVersion": V1, "spec": {"interactive": false, "cluster": cluster},
    });
    assert_eq!(info, expected);
}

#[test]
fn without_provide_cluster_info_the_helper_learns_nothing() {
    let home = with_helper("server: https://a", &format!("printf %s \"$KUBERNETES_EXEC_INFO\" >info; {}", token("t")), "");
    authenticate(&home.resolve(&[]).unwrap()).unwrap();
    let info: serde_json::Value = serde_json::from_str(&home.read("info")).unwrap();
    assert_eq!(info["spec"], serde_json::json!({"interactive": false}));
}

#[test]
fn bad_helpers_are_explained_and_never_quoted() {
    let print = |json: &str| format!("printf '%s' '{json}'");
    let table = [
        ("exit 3".to_owned(), "failed with exit code 3"),
        ("kill -9 $$".to_owned(), "was ended: signal: 9"),
        (print("hunter2"), "did not print an ExecCredential"),
        (print("{\"apiVersion\":\"v1\",\"status\":{\"token\":\"hunter2\"}}"), "did not print an ExecCredential"),
        (
            print("{\"kind\":\"ExecCredential\",\"apiVersion\":\"other/v1\",\"status\":{\"token\":\"hunter2\"}}"),
            "configured to use API version client.authentication.k8s.io/v1, plugin returned version other/v1",
        ),
        (print(&format!("{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\"}}")), "didn't return a status field"),
        (print(&format!("{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{{}}}}")), "token or cert/key pair"),
        (
            print(&format!(
                "{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{{\"clientKeyData\":\"hunter2\"}}}}"
            )),
            "only certificate or key, not both",
        ),
        (
            print(&format!(
                "{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{{\"token\":\"t\",\"expirationTimestamp\":\"hunter2\"}}}}"
            )),
            "expirationTimestamp is not a time",
        ),
        (token("a\\\\nhunter2"), "characters that cannot be sent"),
    ];
    for (script, expected) in table {
        let failure = authenticate(&with_helper("server: https://a", &script, "").resolve(&[]).unwrap()).unwrap_err();
        assert!(failure.cause.contains(expected), "{script}: {failure}");
        assert_eq!(failure.exit, Exit::NotPermitted);
        assert!(!format!("{failure:?}").contains("hunter2"));
    }
}

#[test]
fn what_is_missing_in_the_exec_section_is_named() {
    let table = [
        (format!("exec: {{apiVersion: {V1}, interactiveMode: Never}}"), "command must be specified for u"),
        ("exec: {command: x}".to_owned(), "apiVersion must be specified for u"),
        ("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}".to_owned(), "invalid apiVersion"),
        (format!("exec: {{command: x, apiVersion: {V1}}}"), "interactiveMode must be specified for u"),
        (format!("exec: {{command: x, apiVersion: {V1}, interactiveMode: Maybe}}"), "invalid interactiveMode for u: \"Maybe\""),
        (format!("exec: {{command: x, apiVersion: {V1}, interactiveMode: Never, env: [{{value: v}}]}}"), "env variable name"),
        (format!("exec: {{command: x, apiVersion: {V1}, interactiveMode: Always}}"), "standard input is not a terminal"),
    ];
    for (user, expected) in table {
        let failure = Home::of("server: https://a", &user).resolve(&[]).unwrap_err();
        assert!(failure.cause.contains(expected), "{user}: {failure}");
    }
    let beta = "exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}";
    Home::of("server: https://a", beta).resolve(&[]).unwrap();
}

#[test]
fn a_helper_that_is_not_there_shows_how_to_install_it() {
    let exec = |command: &str| {
        format!("exec: {{command: {command}, apiVersion: {V1}, interactiveMode: Never, installHint: \"brew install it\\n\"}}")
    };
    for command in ["kubectl-openbao-no-such-helper", "bin/gone", "config"] {
        let home = Home::of("server: https://a", &exec(command));
        let failure = authenticate(&home.resolve(&[]).unwrap()).unwrap_err();
        assert!(failure.cause.contains("not found") && failure.exit == Exit::NotPermitted, "{failure}");
        assert_eq!(failure.hints, ["brew install it"]);
    }
}

#[test]
#[cfg(unix)]
fn a_command_with_a_separator_stands_next_to_its_kubeconfig() {
    let user =
        format!("exec: {{command: bin/h, args: ['-c', \"echo run >>$RUNS; $SAY\"], apiVersion: {V1}, interactiveMode: Never}}");
    let home = Home::of("server: https://a", &user);
    std::fs::create_dir(home.path("bin")).unwrap();
    std::os::unix::fs::symlink("/bin/sh", home.path("bin/h")).unwrap();
    let mut around = home.surroundings();
    around.variables.insert("RUNS".into(), shown(&home.path("runs")).into());
    home.write("answer", &format!("{{kind: ExecCredential, apiVersion: {V1}, status: {{token: t}}}}"));
    around.variables.insert("SAY".into(), format!("cat {}", shown(&home.path("answer"))));
    authenticate(&resolve(&Flags::default(), &around).unwrap()).unwrap();
    assert_eq!(runs(&home), 1);
}

#[test]
fn a_helper_that_hangs_is_ended() {
    let exec = super::super::model::Exec {
        api_version: V1.to_owned(),
        command: "/bin/sh".to_owned(),
        args: vec!["-c".to_owned(), "exec sleep 600".to_owned()],
        interactive_mode: "Never".to_owned(),
        ..Default::default()
    };
    let mut helper = super::super::exec::Helper::new(&exec, "u", None, &surroundings(&[])).unwrap();
    assert_eq!(helper.deadline, Duration::from_secs(60));
    helper.deadline = Duration::from_millis(50);
    let failure = helper.run().unwrap_err();
    assert!(failure.cause.contains("gave no answer within"), "{failure}");
}

#[test]
fn piped_input_is_not_the_helpers() {
    if !in_a_process("helpers::piped_input_is_not_the_helpers", &[], "unseal-key") {
        return;
    }
    let home = with_helper("server: https://a", &format!("cat >stdin; {}", token("t")), "");
    home.write("config", &home.read("config").replace("interactiveMode: Never", "interactiveMode: IfAvailable"));
    let mut around = home.surroundings();
    around.stdin_is_terminal = Surroundings::of_process().stdin_is_terminal;
    authenticate(&resolve(&Flags::default(), &around).unwrap()).unwrap();
    assert_eq!(home.read("stdin"), "");

    // A person at a terminal is asked: the helper gets our stdin. (The pipe plays the terminal here.)
    around.stdin_is_terminal = true;
    authenticate(&resolve(&Flags::default(), &around).unwrap()).unwrap();
    assert_eq!(home.read("stdin"), "unseal-key");
}

#[test]
fn a_certificate_from_a_helper_needs_a_new_client() {
    let identity =
        crate::drill::pki::Authority::new("ca").client(&crate::drill::pki::ClientName { user: "u", groups: &[], expired: false });
    let home = with_helper("server: https://a", "cat answer", "");
    let status = serde_json::json!({"clientCertificateData": identity.certificate, "clientKeyData": identity.key});
    home.write("answer", &serde_json::json!({"kind": "ExecCredential", "apiVersion": V1, "status": status}).to_string());
    let resolved = home.resolve(&[]).unwrap();
    authenticate(&resolved).unwrap();
    assert_eq!(resolved.credential.identity().unwrap().certificate, format!("{}\n", identity.certificate));
    assert_eq!(reauthenticate(&resolved).unwrap(), Renewal::NewClient);
    assert_eq!(runs(&home), 2);
}
