//! Where the planted secrets are: objects, logs, Secrets, kubeconfigs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::processes::SCRIPT_ANNOTATION;
use serde_json::{Value, json};

use super::values::{ACCOUNT_KEY, BEARER, DATA, JWT, PASSWORD, PEM_BODY, SECRET_KEY, leaky};
use crate::support::{Person, scenario, until};

/// An incident whose every text holds secrets.
pub async fn leaky_range() -> Person {
    let person = scenario("stuck-lock", Play::Jan).await;
    person.range.operator().expect("an operator").freeze();
    let text = leaky();
    person.edit_cluster(|cluster| {
        let status = &mut cluster["status"];
        status["breakGlass"] = json!({"active": true, "nonce": "n-1", "reason": "RollbackFailed", "message": text});
        status["operationLock"]["message"] = json!(text);
        status["conditions"] = json!([{"type": "Degraded", "status": "True", "reason": "Leaky", "message": text, "lastTransitionTime": "2026-11-21T00:00:00Z"}]);
        status["backup"] = json!({"lastFailureMessage": text, "lastAttemptTime": "2026-11-21T00:00:00Z", "consecutiveFailures": 3});
        cluster["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": text, "note": text});
    });
    let restore = json!({
        "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "leaky", "namespace": "bao", "annotations": {"cli.openbao.org/reason": text}},
        "spec": {"cluster": "prod", "source": {"key": "k", "target": {"bucket": "b"}}}, "status": {"phase": "Unknown", "message": text},
    });
    let event = |kind: &str, name: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("leaky-{name}"), "namespace": "bao"}, "type": "Warning", "reason": "Leaky",
        "involvedObject": {"kind": kind, "name": name, "namespace": "bao"}, "message": text, "lastTimestamp": "2026-11-21T00:00:00Z"})
    };
    person.range.load([restore, event("OpenBaoCluster", "prod"), event("Job", "loud"), event("Pod", "prod-0"), job()]);
    let store = person.range.server().store();
    until("the Job failed", || store.get("jobs", "bao", "loud").is_some_and(|job| job["status"]["failed"] == 1)).await;
    for kind in ["pods", "jobs"] {
        for object in store.list(kind, Some("bao")) {
            let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
            store.edit(kind, "bao", &name, |object| {
                object["status"]["message"] = json!(text);
                object["metadata"]["annotations"]["note"] = json!(text);
            });
        }
    }
    store.edit("secrets", "bao", "s3-creds", |secret| secret["data"]["unrelated"] = json!(STANDARD.encode(DATA)));
    person
}

/// A Job whose log holds secrets, a private key on lines of its own among them.
fn job() -> Value {
    let mut steps = vec![json!({"say": leaky()}), json!({"say": "-----BEGIN EC PRIVATE KEY-----"}), json!({"say": PEM_BODY})];
    steps.extend([
        json!({"say": "-----END EC PRIVATE KEY-----"}),
        json!({"say": format!("upgrade-executor error: {}", leaky())}),
        json!({"exit": 1}),
    ]);
    let labels = json!({"openbao.org/cluster": "prod", "openbao.org/component": "upgrade"});
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "loud", "namespace": "bao", "labels": labels},
        "spec": {"backoffLimit": 0, "template": {
            "metadata": {"labels": labels, "annotations": {SCRIPT_ANNOTATION: Value::from(steps).to_string()}},
            "spec": {"containers": [{"name": "upgrade-executor", "image": "i"}], "restartPolicy": "Never"},
        }},
    })
}

/// Kubeconfigs with every kind of credential; most lead to a 401.
pub fn kubeconfigs(person: &Person) -> Vec<(&'static str, String)> {
    let server = person.range.server().url();
    let authority = STANDARD.encode(person.range.server().authority().certificate());
    let config = |user: Value, more: Value| {
        let mut cluster = json!({"server": server, "certificate-authority-data": authority});
        cluster.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "bao"}}],
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}],
        })
        .to_string()
    };
    let directory = person.range.directory();
    let token_file = directory.join("token-file");
    std::fs::write(&token_file, BEARER).expect("it can be written");
    let exec = |script: String| {
        let env = json!([{"name": "AWS_SECRET_ACCESS_KEY", "value": SECRET_KEY}]);
        json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", script], "env": env, "interactiveMode": "Never"}})
    };
    let granted = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": BEARER}});
    let words = format!("echo \"cannot refresh {JWT}: $AWS_SECRET_ACCESS_KEY; sent {BEARER}\" >&2");
    let none = || json!({});
    let oidc = json!({"auth-provider": {"name": "oidc", "config": {"id-token": JWT, "refresh-token": DATA, "client-secret": ACCOUNT_KEY, "idp-issuer-url": "https://127.0.0.1:1"}}});
    let broken_key = STANDARD.encode(format!("-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----\n"));
    vec![
        ("token", config(json!({"token": BEARER}), none())),
        ("token-file", config(json!({"tokenFile": token_file}), none())),
        ("basic", config(json!({"username": "planted-user", "password": PASSWORD}), none())),
        ("both", config(json!({"token": BEARER, "username": "planted-user", "password": PASSWORD}), none())),
        ("exec", config(exec(format!("{words}; echo '{granted}'")), none())),
        ("exec-fails", config(exec(format!("{words}; echo '{BEARER}'; exit 3")), none())),
        ("exec-odd", config(exec(format!("{words}; echo '{{\"token\": \"{BEARER}\"'")), none())),
        ("oidc", config(oidc, none())),
        ("key", config(json!({"client-certificate-data": authority, "client-key-data": broken_key}), none())),
        ("key-no-base64", config(json!({"client-certificate-data": authority, "client-key-data": PEM_BODY}), none())),
        ("proxy", config(json!({"token": BEARER}), json!({"proxy-url": "http://planted-user:planted-pass%3Aword@127.0.0.1:1"}))),
        (
            "proxy-odd",
            config(json!({"token": BEARER}), json!({"proxy-url": format!("ftp://planted-user:{PASSWORD}@127.0.0.1:1")})),
        ),
        ("server", config(json!({"token": BEARER}), json!({"server": format!("https://planted-user:{PASSWORD}@127.0.0.1:1")}))),
        ("server-bare", config(json!({"token": BEARER}), json!({"server": format!("planted-user:{PASSWORD}@127.0.0.1:1")}))),
        ("not-yaml", format!("users: [{{name: u, user: {{token: {BEARER}, password: '{PASSWORD}'")),
        (
            "wrong-types",
            json!({"users": [{"name": "u", "user": {"token": {"a": BEARER}, "exec": PASSWORD}}], "contexts": PASSWORD})
                .to_string(),
        ),
    ]
}
