//! Credentials of an object store never leave, wherever they come from and whatever the store answers: not by success, not
//! by refusal, not at any verbosity. Every run is one that really came to the place where it could have let them out.

mod parrot;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kubectl_openbao::api::sensitive::Sensitive;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::{GENUINE_SNAPSHOT, S3, S3Options};
use kubectl_openbao::drill::world::ObjectStore;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use self::parrot::{Parrot, Reply};
use crate::support::{Person, Plugin, Ran, scenario};

const KEY_ID: &str = "AKIAPLANTEDKEYID0001";
const SECRET: &str = "planted+secret/with&odd=characters";
const TOKEN: &str = "planted//session+token==";
const USER: &str = "planted-user";
const PASSWORD: &str = "planted-pass:word";
const BUCKET: &str = "backups";
const KEY: &str = "bao/prod/2026-03-01T03-00-00Z-cccccccc.snap";

/// All that must never be seen, in every spelling.
fn planted() -> Vec<String> {
    let spelt = |text: &str| {
        let hex = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        [text.to_owned(), STANDARD.encode(text), URL_SAFE_NO_PAD.encode(text), percent.to_lowercase(), percent, hex]
    };
    // As a proxy is sent it.
    let both = format!("{USER}:{PASSWORD}");
    [KEY_ID, SECRET, TOKEN, USER, PASSWORD, &both, "PRIVATE KEY"].into_iter().flat_map(spelt).collect()
}

#[track_caller]
fn assert_clean(ran: &Ran) {
    // The arguments are the person's own; what the plugin says is not.
    for secret in planted() {
        assert!(!ran.out.contains(&secret) && !ran.err.contains(&secret), "{secret} is in:\n{ran}");
    }
}

/// Runs the plugin, as talkative as it can be.
async fn run(plugin: &Plugin, args: &[&str], more: &[&str]) -> Ran {
    let ran = plugin.run(&[args, more, &["-v=9"]].concat()).await;
    assert_clean(&ran);
    ran
}

const READING: [&[&str]; 5] = [
    &["snapshots", "list", "prod"],
    &["snapshots", "list", "prod", "-o", "json"],
    &["snapshots", "verify", "prod", KEY],
    &["snapshots", "verify", "prod", KEY, "-o", "json"],
    &["snapshots", "show", "prod", KEY],
];
const RESTORING: [&[&str]; 6] = [
    &["restore", "prod", "--key", KEY, "--dry-run", "--show-kubectl"],
    &["restore", "prod", "--key", KEY, "--dry-run", "-o", "json"],
    &["restore", "prod", "--key", KEY, "--dry-run=client", "-o", "yaml"],
    &["restore", "prod", "--latest", "--dry-run", "-o", "json"],
    &["restore", "prod", "--latest"],
    &["restore", "prod", "--key", KEY, "--verify=full"],
];
const LOOKING: [&[&str]; 4] =
    [&["status", "prod"], &["status", "prod", "-o", "json"], &["diagnose", "prod"], &["diagnose", "prod", "-o", "json"]];

/// The plugin with the planted keys in its environment.
fn with_keys(person: &Person) -> Plugin {
    let keys = [("AWS_ACCESS_KEY_ID", KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", TOKEN)];
    keys.into_iter().fold(person.plugin(), |plugin, (name, value)| plugin.env(name, value))
}

/// Puts the planted keys into the cluster's Secret, and behind its Service the store at this address.
fn plant(person: &Person, address: std::net::SocketAddr) {
    let store = ObjectStore { address, access_key: KEY_ID.into(), secret_key: Sensitive::new(SECRET) };
    person.range.world().set_object_store(store);
    replace_secret(person, &[("accessKeyId", KEY_ID), ("secretAccessKey", SECRET), ("sessionToken", TOKEN)]);
}

fn replace_secret(person: &Person, values: &[(&str, &str)]) {
    let data: Value = values.iter().map(|(name, value)| ((*name).to_owned(), json!(STANDARD.encode(value)))).collect();
    let replaced = person.range.server().store().edit("secrets", "bao", "s3-creds", |secret| secret["data"] = data);
    assert!(replaced, "the Secret is there");
}

/// A store that knows the planted keys.
async fn store() -> S3 {
    let keys = S3Options { access_key: KEY_ID.into(), secret_key: SECRET.into(), ..S3Options::default() };
    let store = S3::start(S3Options { session_token: Some(TOKEN.into()), ..keys }).await.expect("it starts");
    store.put(BUCKET, KEY, GENUINE_SNAPSHOT);
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_they_open_the_bucket() {
    let person = scenario("restore", Play::Jan).await;
    let store = store().await;
    let url = store.url();
    plant(&person, store.address());
    for (plugin, flags) in [
        (with_keys(&person), vec!["--credentials=env", "--endpoint", &url]),
        (with_keys(&person), vec!["--credentials=env"]),
        (person.plugin(), vec![]),
    ] {
        for args in READING {
            // It is another cluster's, which is what `show` is for.
            let code = if args.contains(&"show") { 3 } else { 0 };
            run(&plugin, args, &flags).await.assert_exit(code);
        }
        for args in RESTORING {
            let before = store.requests().len();
            let ran = run(&plugin, args, &flags).await;
            assert!(store.requests()[before..].iter().any(|seen| seen.status == Some(200)), "the store was not asked:\n{ran}");
        }
    }
    assert!(store.requests().iter().all(|seen| seen.status.is_some_and(|status| status < 300)), "{:?}", store.requests());
    for args in LOOKING {
        run(&person.plugin(), args, &[]).await;
    }
}

/// Stores and what stands before them send back what they were sent: in messages, in documents, in pages, in headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_store_says_them_back() {
    let person = scenario("restore", Play::Jan).await;
    for reply in Reply::ALL {
        let parrot = Parrot::start(reply).await;
        plant(&person, parrot.address());
        let url = parrot.url();
        for (plugin, flags) in
            [(with_keys(&person), vec!["--credentials=env", "--endpoint", &url]), (person.plugin(), vec!["--credentials=secret"])]
        {
            for args in [READING[0], READING[3], READING[4], RESTORING[1]] {
                parrot.forget();
                let ran = run(&plugin, args, &flags).await;
                let heard = parrot.heard();
                let sent = heard.iter().any(|request| request.contains(KEY_ID) && request.contains(TOKEN));
                assert!(sent, "the parrot heard no credentials:\n{heard:?}\n{ran}");
                let words = ran.out.clone() + &ran.err;
                assert!(words.contains(reply.told()), "nothing of {reply:?} was shown:\n{ran}");
            }
        }
        for args in [LOOKING[0], LOOKING[3]] {
            run(&person.plugin(), args, &[]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_endpoint_holds_a_login() {
    let person = scenario("restore", Play::Jan).await;
    let url = format!("https://{USER}:{PASSWORD}@store.example:9000/");
    let flags = ["--credentials=env", "--endpoint", &url];
    login_is_refused(&with_keys(&person), &flags).await;
    let flags = ["--credentials=env", "--endpoint", &format!("{USER}:{PASSWORD}@store.example:9000")];
    login_is_refused(&with_keys(&person), &flags).await;

    person.edit_cluster(|cluster| cluster["spec"]["backup"]["target"]["endpoint"] = json!(url));
    login_is_refused(&person.plugin(), &[]).await;
    for args in LOOKING {
        let ran = run(&person.plugin(), args, &[]).await;
        assert!(ran.out.contains("prod"), "{ran}");
    }
    let file = person.range.directory().join("restore.yaml");
    let document = json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "r1", "namespace": "bao"},
        "spec": {"cluster": "prod", "source": {"key": KEY, "target": {"bucket": BUCKET, "endpoint": url}}},
    });
    std::fs::write(&file, document.to_string()).expect("the range's directory can be written");
    let file = file.to_str().expect("a path of text");
    for more in [&["--dry-run", "-o", "yaml"][..], &["--dry-run", "-o", "json"], &["--dry-run", "--show-kubectl"]] {
        let ran = run(&person.plugin(), &["restore", "--from-file", file], more).await;
        ran.assert_exit(4).assert_says(&["a login in a URL"]);
    }
}

async fn login_is_refused(plugin: &Plugin, flags: &[&str]) {
    for args in READING {
        run(plugin, args, flags).await.assert_exit(1).assert_says(&["the endpoint ", "***@store.example:9000"]);
    }
    for args in RESTORING {
        let ran = run(plugin, args, flags).await;
        assert!(matches!(ran.code, Some(1 | 4)) && ran.err.contains("***@store.example:9000"), "{ran}");
    }
}

/// What the AWS tools look into: files that are not as they should be, addresses with a login, proxies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_environment_is_wrong() {
    let person = scenario("restore", Play::Jan).await;
    let store = store().await;
    let url = store.url();
    let flags = ["--credentials=env", "--endpoint", &url];
    let directory = person.range.directory();
    let file = |name: &str, text: String| {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("the range's directory can be written");
        path
    };
    let login = format!("http://{USER}:{PASSWORD}@127.0.0.1:1/");
    let bare = || person.plugin().env("AWS_EC2_METADATA_DISABLED", "true");
    let broken = file("broken", format!("[default]\naws_secret_access_key {SECRET}\n{KEY_ID}\n[{TOKEN}"));
    let half = file("half", format!("[default]\naws_secret_access_key = {SECRET}\n"));
    let helper = file("helper", format!("[default]\ncredential_process = /nowhere --secret {SECRET} --id {KEY_ID}\n"));
    let token = file("token", TOKEN.to_owned());
    for plugin in [
        bare().env("AWS_SHARED_CREDENTIALS_FILE", &broken),
        bare().env("AWS_CONFIG_FILE", &broken).env("AWS_PROFILE", TOKEN),
        bare().env("AWS_SHARED_CREDENTIALS_FILE", &half),
        bare().env("AWS_CONFIG_FILE", &helper),
        bare().env("AWS_SECRET_ACCESS_KEY", SECRET),
        bare().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &login).env("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN),
        bare()
            .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
            .env("AWS_ROLE_ARN", "arn:aws:iam::1:role/x")
            .env("AWS_ENDPOINT_URL_STS", &login)
            .env("AWS_ENDPOINT_URL", &login),
    ] {
        for args in READING {
            run(&plugin, args, &flags).await.assert_exit(6).assert_says(&["AWS", "the cause: "]);
        }
        run(&plugin, RESTORING[3], &flags).await.assert_exit(6).assert_says(&["AWS"]);
    }
    let kubeconfig = std::fs::read_to_string(person.range.kubeconfig_file()).expect("the range's kubeconfig");
    let parrot = Parrot::start(Reply::Page).await;
    let proxy = format!("http://{USER}:{PASSWORD}@{}", parrot.address());
    let proxied = file("proxied", kubeconfig.replacen("server: ", &format!("proxy-url: {proxy}\n    server: "), 1));
    let proxied = with_keys(&person).env("KUBECONFIG", proxied);
    for args in [READING[0], RESTORING[0], LOOKING[0]] {
        parrot.forget();
        run(&proxied, args, &[]).await.assert_exit(1).assert_says(&["tunnel error"]);
        let login = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        assert!(parrot.heard().iter().any(|request| request.contains(&login)), "{:?}", parrot.heard());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_secret_is_wrong() {
    let person = scenario("restore", Play::Jan).await;
    let key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let both = [("accessKeyId", KEY_ID), ("secretAccessKey", SECRET)];
    for (values, said) in [
        (vec![("accessKeyId", KEY_ID), ("sessionToken", TOKEN)], "has no key secretAccessKey"),
        (vec![("secretAccessKey", SECRET)], "has no key accessKeyId"),
        (vec![("sessionToken", TOKEN)], "holds no keys"),
        ([&both[..], &[("caCert", &key)]].concat(), "CA"),
        ([&both[..], &[("caCert", SECRET)]].concat(), "CA"),
    ] {
        replace_secret(&person, &values);
        for args in READING {
            let ran = run(&person.plugin(), args, &[]).await;
            ran.assert_exit(1).assert_says(&[said]);
        }
        for args in [RESTORING[0], RESTORING[1], RESTORING[4], LOOKING[0], LOOKING[3]] {
            run(&person.plugin(), args, &[]).await;
        }
    }
    // A header cannot hold this: the request that cannot be made is described, and not with what it should have held.
    replace_secret(
        &person,
        &[("accessKeyId", KEY_ID), ("secretAccessKey", SECRET), ("sessionToken", "planted//session+token==\u{1}")],
    );
    for args in READING {
        run(&person.plugin(), args, &[]).await.assert_exit(1);
    }
}
