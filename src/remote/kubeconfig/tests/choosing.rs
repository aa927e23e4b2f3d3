//! Context, cluster, user, namespace, overrides, in-cluster.

use super::*;
use crate::drill::pki::{Authority, ClientName};
use crate::exit::Exit;

const TWO: &str = "
current-context: dev
contexts:
- {name: dev, context: {cluster: dev, user: dev, namespace: dev-ns}}
- {name: prod, context: {cluster: prod, user: prod}}
- {name: lost, context: {cluster: dev, user: gone}}
- {name: astray, context: {cluster: gone, user: dev}}
clusters:
- {name: dev, cluster: {server: 'https://dev:6443', tls-server-name: dev.internal}}
- {name: prod, cluster: {server: 'https://prod:6443'}}
users:
- {name: dev, user: {token: dev-token}}
- {name: prod, user: {username: admin, password: pw}}
";

fn auth(resolved: &Resolved) -> serde_json::Value {
    serde_json::to_value(&resolved.config.auth_info).unwrap()
}

#[test]
fn flags_beat_the_context() {
    let home = Home::new(TWO);
    let table: [(&[&str], [&str; 4]); 9] = [
        (&[], ["dev", "dev-ns", "https://dev:6443", "dev"]),
        (&["--context", "prod"], ["prod", "default", "https://prod:6443", "prod"]),
        (&["--context", ""], ["dev", "dev-ns", "https://dev:6443", "dev"]),
        (&["--cluster", "prod"], ["dev", "dev-ns", "https://prod:6443", "dev"]),
        (&["--user", "prod"], ["dev", "dev-ns", "https://dev:6443", "prod"]),
        (&["-n", "mine"], ["dev", "mine", "https://dev:6443", "dev"]),
        (&["-s", "https://other"], ["dev", "dev-ns", "https://other", "dev"]),
        (&["--server=https://other/base/"], ["dev", "dev-ns", "https://other/base", "dev"]),
        (&["--context=lost"], ["lost", "default", "https://dev:6443", "gone"]),
    ];
    for (arguments, expected) in table {
        let resolved = home.resolve(arguments).unwrap();
        let found =
            [resolved.context.as_deref().unwrap(), &resolved.namespace, &resolved.server, resolved.user.as_deref().unwrap()];
        assert_eq!(found, expected, "{arguments:?}");
        assert_eq!(resolved.config.default_namespace, resolved.namespace);
    }
    assert_eq!(home.resolve(&[]).unwrap().source, Source::Files(vec![home.path("config")]));
}

#[test]
fn names_that_do_not_exist_are_errors_with_near_ones() {
    let home = Home::new(TWO);
    let table: [(&[&str], &str, &str); 7] = [
        (&["--context", "prd"], "context \"prd\" does not exist", "did you mean \"prod\"?"),
        (&["--context", "zzz"], "context \"zzz\" does not exist", "the kubeconfig has astray, dev, lost, prod"),
        (&["--cluster", "PROD1"], "cluster \"PROD1\" does not exist", "did you mean \"prod\"?"),
        (&["--user", "x"], "auth info \"x\" does not exist", "the kubeconfig has dev, prod"),
        (&["--context", "astray"], "cluster \"gone\" does not exist", "the kubeconfig has dev, prod"),
        (&["--username", "x"], "--username and --password are not supported", "use --token"),
        (&["--as-group", "g"], "requesting uid, groups or user-extra without impersonating a user", "--as"),
    ];
    for (arguments, cause, hint) in table {
        let failure = home.resolve(arguments).unwrap_err();
        assert_eq!((failure.exit, failure.cause.as_str()), (Exit::Usage, cause), "{arguments:?}");
        assert!(failure.hints[0].contains(hint), "{:?}", failure.hints);
    }
    let lost = home.resolve(&["--context", "lost"]).unwrap();
    assert_eq!(lost.warnings, ["user \"gone\" of context \"lost\" is not in the kubeconfig: connecting without its credentials"]);
    let wrong_current = Home::new("current-context: x\ncontexts: [{name: xy}]").resolve(&[]).unwrap_err();
    assert_eq!(wrong_current.cause, "context \"x\" does not exist");
    let no_current = Home::new("contexts: [{name: xy}]").resolve(&[]).unwrap_err();
    assert!(no_current.cause.contains("no current-context"), "{no_current}");
}

#[test]
fn a_server_on_the_command_line_is_enough() {
    let home = Home::new("");
    let resolved = home.resolve(&["-s", "127.0.0.1:8080"]).unwrap();
    assert_eq!((resolved.server.as_str(), resolved.source), ("http://127.0.0.1:8080", Source::Flags));
    assert_eq!(home.resolve(&["-s", "a:1", "--insecure-skip-tls-verify"]).unwrap().server, "https://a:1");
}

#[test]
fn a_server_clears_the_name_expected_of_another() {
    let home = Home::new(TWO);
    let name = |arguments: &[&str]| home.resolve(arguments).unwrap().config.tls_server_name;
    assert_eq!(name(&[]).as_deref(), Some("dev.internal"));
    assert_eq!(name(&["-s", "https://other"]), None);
    assert_eq!(name(&["-s", "https://other", "--tls-server-name", "n"]).as_deref(), Some("n"));
}

#[test]
fn trust_flags_replace_what_the_file_says() {
    let ca = Authority::new("one").certificate();
    let other = Authority::new("two").certificate();
    let data = base64(&ca);
    let home = Home::of(&format!("server: https://a\ncertificate-authority-data: {data}"), "");
    home.write("other.crt", &other);
    let trust = |arguments: &[&str]| home.resolve(arguments).map(|r| (r.config.accept_invalid_certs, r.config.root_cert));
    let original = trust(&[]).unwrap();
    assert!(!original.0 && original.1.is_some());
    assert_eq!(trust(&["--insecure-skip-tls-verify"]).unwrap(), (true, None));
    assert_eq!(trust(&["--insecure-skip-tls-verify=false"]).unwrap(), original);
    let replaced = trust(&["--certificate-authority", "other.crt"]).unwrap();
    assert!(!replaced.0 && replaced.1.is_some() && replaced.1 != original.1);
    let both = trust(&["--certificate-authority", "other.crt", "--insecure-skip-tls-verify"]).unwrap_err();
    assert!(both.cause.contains("not allowed"), "{both}");

    let insecure = Home::of("server: https://a\ninsecure-skip-tls-verify: true", "");
    insecure.write("other.crt", &other);
    assert!(insecure.resolve(&[]).unwrap().config.accept_invalid_certs);
    let replaced = insecure.resolve(&["--certificate-authority", "other.crt"]).unwrap();
    assert!(!replaced.config.accept_invalid_certs && replaced.config.root_cert.is_some());
}

#[test]
fn certificate_flags_drop_the_data_twin_and_the_token_wins() {
    let authority = Authority::new("ca");
    let name = |user| ClientName { user, groups: &[], expired: false };
    let (file, flag) = (authority.client(&name("file")), authority.client(&name("flag")));
    let home = Home::of(
        "server: https://a",
        &format!("client-certificate-data: {}\nclient-key-data: {}", base64(&file.certificate), base64(&file.key)),
    );
    home.write("flag.crt", &flag.certificate);
    home.write("flag.key", &flag.key);
    let of = |arguments: &[&str]| auth(&home.resolve(arguments).unwrap())["client-certificate-data"].clone();
    assert_eq!(of(&[]), base64(&format!("{}\n", file.certificate)));
    let replaced = ["--client-certificate", "flag.crt", "--client-key", "flag.key"];
    assert_eq!(of(&replaced), base64(&format!("{}\n", flag.certificate)));
    let missing = home.resolve(&["--client-key", "gone.key"]).unwrap_err();
    assert!(missing.cause.starts_with("unable to read client-key"), "{missing}");

    let by_file = Home::of("server: https://a", "tokenFile: config").resolve(&["--token", "t"]).unwrap();
    assert_eq!((auth(&by_file)["token"].as_str(), by_file.credential.describe().as_str()), (Some("t"), "from the configuration"));
    let prod = Home::new(TWO).resolve(&["--context", "prod", "--token", "t"]).unwrap();
    assert_eq!((auth(&prod)["token"].as_str(), auth(&prod)["username"].as_str()), (Some("t"), None));
}

#[test]
fn impersonation_is_kubes_own() {
    let home = Home::of("server: https://a", "as: file\nas-groups: [f1, f2]");
    assert_eq!(auth(&home.resolve(&[]).unwrap())["as-groups"], serde_json::json!(["f1", "f2"]));
    let flags =
        ["--as", "me", "--as-group", "a,b", "--as-group=c", "--as-uid", "7", "--as-user-extra", "k=v=w", "--as-user-extra=k=x"];
    let resolved = auth(&home.resolve(&flags).unwrap());
    assert_eq!(resolved["as"], "me");
    assert_eq!(resolved["as-groups"], serde_json::json!(["a,b", "c"]));
    assert_eq!(resolved["as-uid"], "7");
    assert_eq!(resolved["as-user-extra"], serde_json::json!({"k": ["v=w", "x"]}));
    assert!(home.resolve(&["--as-user-extra", "k"]).unwrap_err().cause.contains("is not KEY=VALUE"));
}

#[test]
fn what_cannot_work_is_said_before_anything_is_sent() {
    let authority = Authority::new("ca");
    let good = authority.client(&ClientName { user: "u", groups: &[], expired: false });
    let table = [
        ("", "", "no server defined"),
        ("server: ftp://a", "", "neither http nor https"),
        ("server: https://a\ncertificate-authority-data: '***'", "", "certificate-authority-data is not valid base64"),
        ("server: https://a\ncertificate-authority-data: aGVsbG8=", "", "holds no PEM certificate"),
        ("server: https://a\ncertificate-authority: gone.crt", "", "unable to read certificate-authority"),
        ("server: https://a\nproxy-url: p:1", "", "invalid 'proxy-url': unsupported scheme"),
        ("server: https://a", "client-certificate-data: aGVsbG8=", "client-key-data or client-key must be specified for u"),
        ("server: https://a", "client-certificate-data: aGVsbG8=\nclient-key-data: aGVsbG8=", "not a PEM certificate"),
        ("server: https://a", "tokenFile: gone", "unable to read the token file"),
        ("server: https://a", "token: t\nusername: u\npassword: p", "more than one authentication method found for u"),
        ("server: https://a", "auth-provider: {name: gcp}", "the gcp auth plugin has been removed"),
        ("server: https://a", "auth-provider: {name: x}", "no Auth Provider found for name \"x\""),
        ("server: https://a", "token: \"a\\nb\"\ntokenFile: config", "cannot be sent"),
    ];
    for (cluster, user, expected) in table {
        let failure = Home::of(cluster, user).resolve(&[]).unwrap_err();
        assert!(failure.cause.contains(expected) && !failure.hints.is_empty(), "{cluster} {user}: {failure}");
    }
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let user = format!("client-certificate-data: {}\nclient-key-data: {}", base64(&good.certificate), base64(encrypted));
    assert!(Home::of("server: https://a", &user).resolve(&[]).unwrap_err().cause.contains("is encrypted"));
}

#[test]
fn an_old_certificate_is_refused_and_an_expired_one_is_mentioned() {
    let authority = Authority::new("ca");
    let expired = authority.client(&ClientName { user: "u", groups: &[], expired: true });
    let user = format!("client-certificate-data: {}\nclient-key-data: {}", base64(&expired.certificate), base64(&expired.key));
    let resolved = Home::of("server: https://a", &user).resolve(&[]).unwrap();
    assert_eq!(resolved.warnings, ["the client certificate expired on 2021-01-01T00:00:00Z"]);

    // SEQUENCE { SEQUENCE { INTEGER 1 } }: a certificate that does not say its version is of version 1.
    let old = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64("\x30\x05\x30\x03\x02\x01\x01"));
    let user = format!("client-certificate-data: {}\nclient-key-data: {}", base64(&old), base64(&expired.key));
    let failure = Home::of("server: https://a", &user).resolve(&[]).unwrap_err();
    assert!(failure.cause.contains("X.509 version 1"), "{failure}");
}

#[test]
fn no_credentials_go_over_plain_http() {
    let home = Home::of("server: http://a:80", "token: t\nas: me\nexec: {command: /nonexistent}");
    let resolved = home.resolve(&[]).unwrap();
    assert_eq!(auth(&resolved)["token"], serde_json::Value::Null);
    assert_eq!(auth(&resolved)["as"], "me");
    assert_eq!(resolved.warnings, ["the server's address is http: no credentials are sent"]);
    authenticate(&resolved).unwrap();
}

#[test]
fn the_pods_account_is_for_the_empty_configuration_only() {
    let home = Home::new("");
    let mut around = home.surroundings();
    around.service_account_dir = home.directory.path().to_owned();
    home.write("token", "sa-token\n");
    home.write("ca.crt", &Authority::new("sa").certificate());
    let no_service = resolve(&Flags::default(), &around).unwrap_err();
    assert_eq!((no_service.exit, no_service.cause.as_str()), (Exit::Usage, "no kubeconfig was found"));
    assert!(no_service.details.iter().any(|line| line.ends_with("config: is empty")), "{:?}", no_service.details);
    assert!(no_service.details.iter().any(|line| line.contains("this is no pod")));

    around.variables.insert("KUBERNETES_SERVICE_HOST".into(), "fd00::1".into());
    around.variables.insert("KUBERNETES_SERVICE_PORT".into(), "443".into());
    let pod = resolve(&Flags::default(), &around).unwrap();
    assert_eq!(
        (pod.source.clone(), pod.server.as_str(), pod.namespace.as_str()),
        (Source::InCluster, "https://[fd00::1]:443", "default")
    );
    assert!(pod.config.root_cert.is_some() && pod.config.root_cert_file.is_some());
    assert!(pod.credential.describe().starts_with("token file"));
    home.write("namespace", "from-file\n");
    assert_eq!(resolve(&Flags::default(), &around).unwrap().namespace, "from-file");
    around.variables.insert("POD_NAMESPACE".into(), "from-env".into());
    assert_eq!(resolve(&Flags::default(), &around).unwrap().namespace, "from-env");
    assert_eq!(resolve(&flags(&["-n", "flag"]), &around).unwrap().namespace, "flag");
    let overridden = resolve(&flags(&["--token", "t", "--as", "me"]), &around).unwrap();
    assert_eq!((auth(&overridden)["token"].as_str(), auth(&overridden)["as"].as_str()), (Some("t"), None));
    assert_eq!(overridden.warnings.len(), 1);

    // Anything else that is configured or named is not covered up by the pod's account.
    assert_eq!(resolve(&flags(&["--context", "x"]), &around).unwrap_err().cause, "context \"x\" does not exist");
    assert_eq!(resolve(&flags(&["-s", "https://other"]), &around).unwrap().source, Source::Flags);
    for broken in ["a: [", "current-context: gone", "users: 7"] {
        home.write("config", broken);
        assert!(resolve(&Flags::default(), &around).is_err(), "{broken}");
    }
    home.write("config", "");
    std::fs::remove_file(home.path("token")).unwrap();
    assert_eq!(resolve(&Flags::default(), &around).unwrap_err().cause, "no kubeconfig was found");
}

#[test]
fn timeouts_and_debug_output() {
    let home = Home::of("server: https://a", "auth-provider: {name: oidc, config: {id-token: hunter2}}");
    let resolved = home.resolve(&["--request-timeout", "1m"]).unwrap();
    assert_eq!(resolved.request_timeout, Some(std::time::Duration::from_secs(60)));
    assert!(!format!("{resolved:?}{:?}", flags(&["--token", "hunter2"])).contains("hunter2"));
    assert!(home.resolve(&["--request-timeout", "soon"]).is_err());
}

#[test]
fn flags_are_taken_before_and_after_a_subcommand() {
    use clap::{Args, Command};
    let command = || Flags::augment_args(Command::new("x").subcommand(Command::new("status")));
    command().debug_assert();
    for line in [["x", "-n", "a", "status"], ["x", "status", "-n", "a"]] {
        let matches = command().try_get_matches_from(line).unwrap();
        let flags = <Flags as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        assert_eq!(flags.namespace.as_deref(), Some("a"));
    }
}

#[test]
fn the_flags_leave_the_commands_own_help_alone() {
    let command = <Line as clap::CommandFactory>::command();
    assert_eq!(command.get_about().unwrap().to_string(), "About the command");
    assert_eq!(command.get_long_about(), None);
    let heading = |id: &str| command.get_arguments().find(|arg| arg.get_id() == id).unwrap().get_help_heading();
    assert_eq!((heading("own"), heading("as_user")), (None, Some("Connection flags")));
}

pub(super) fn base64(text: &str) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}
