//! Real kubectl against the embedded server: whoever practises may use everything they know.

use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::server::{Options, Server, User};
use serde_json::{Value, json};

use crate::harness::kubectl_for;

fn restore(name: &str) -> Value {
    json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": name},
        "spec": {"cluster": "prod", "source": {"key": "k", "target": {"bucket": "b"}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_kubectl_works() {
    let server = Server::start(Options::playing(Play::Jan)).await.unwrap();
    for text in [
        include_str!("../data/captured/objects/cluster-prod.yaml"),
        include_str!("../data/captured/objects/restore-e1.yaml"),
        include_str!("../data/captured/objects/pod-prod-0.yaml"),
        include_str!("../data/captured/objects/job-restore-e1.yaml"),
        include_str!("../data/captured/objects/operator-deployments.yaml"),
        include_str!("../data/captured/objects/events-all.yaml"),
    ] {
        server.store().seed_yaml(text).unwrap();
    }
    server.allow("oncall", json!([{"apiGroups": ["openbao.org"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]));
    let home = tempfile::tempdir().unwrap();
    let (admin, oncall) = (home.path().join("admin"), home.path().join("oncall"));
    std::fs::write(&admin, server.kubeconfig(&User::admin(), "bao")).unwrap();
    std::fs::write(&oncall, server.kubeconfig_with_token(&User::named("oncall"), "bao")).unwrap();
    let manifest = serde_json::to_string(&restore("r1")).unwrap();
    let nested = json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "nested"},
        "spec": {"cluster": "prod", "source": {"key": "k", "target": {"type": "s3", "s3": {"bucket": "b"}}}}});
    let nested = nested.to_string();
    let rows: &[(&std::path::Path, &str, &str, &str)] = &[
        (&admin, "version", "", "Server Version: v1.36.3"),
        (&admin, "api-resources", "", "obrestore"),
        (&admin, "get bao", "", "prod"),
        (&admin, "get obrestore -o wide", "", "MESSAGE"),
        (&admin, "get pods,jobs,deploy -A", "", "pod/prod-0"),
        (&admin, "get events --field-selector involvedObject.name=prod", "", "LAST SEEN"),
        (&admin, "describe obrestore e1", "", "Kind:         OpenBaoRestore"),
        (&admin, "describe pod prod-0", "", "Containers:"),
        (&admin, "describe job -l app.kubernetes.io/managed-by=openbao-operator", "", "Pods Statuses:"),
        (&admin, "auth whoami", "", "kubernetes-admin"),
        (&oncall, "auth can-i create openbaorestores", "", "no"),
        (&oncall, "auth can-i list openbaoclusters.openbao.org", "", "yes"),
        (&oncall, "auth can-i --list", "", "openbao.org"),
        (
            &oncall,
            "get secrets",
            "",
            "Error from server (Forbidden): secrets is forbidden: User \"oncall\" cannot list resource \"secrets\" in API group \"\" in the namespace \"bao\"",
        ),
        (&admin, "auth can-i create openbaorestores --as oncall", "", "no"),
        (&admin, "create -f -", &manifest, "openbaorestore.openbao.org/r1 created"),
        (
            &admin,
            "create -f -",
            &manifest,
            "Error from server (AlreadyExists): error when creating \"STDIN\": openbaorestores.openbao.org \"r1\" already exists",
        ),
        (
            &admin,
            "create -f -",
            &nested,
            "(BadRequest): error when creating \"STDIN\": OpenBaoRestore in version \"v1alpha1\" cannot be handled as a OpenBaoRestore: strict decoding error: unknown field \"spec.source.target.s3\", unknown field \"spec.source.target.type\"",
        ),
        (
            &admin,
            "create --validate=warn -f -",
            &nested,
            "Warning: unknown field \"spec.source.target.s3\"\nWarning: unknown field \"spec.source.target.type\"\nThe OpenBaoRestore \"nested\" is invalid: spec.source.target.bucket: Required value",
        ),
        (
            &admin,
            "apply --server-side -f -",
            &nested,
            "Error from server: failed to create typed patch object (bao/nested; openbao.org/v1alpha1, Kind=OpenBaoRestore): .spec.source.target.s3: field not declared in schema",
        ),
        (
            &admin,
            "apply --dry-run=server -f -",
            &nested.replace("\"s3\":{\"bucket\":\"b\"}", "\"bucket\":\"\"").replace("\"type\":\"s3\",", ""),
            "should be at least 1 chars long",
        ),
        (&admin, "apply -f -", &manifest.replace("r1", "r2"), "openbaorestore.openbao.org/r2 created"),
        (
            &admin,
            "apply -f -",
            &manifest.replace("r1", "r2").replace("\"k\"", "\"k2\""),
            "openbaorestore.openbao.org/r2 configured",
        ),
        (&admin, "apply --server-side -f -", &manifest.replace("r1", "r3"), "openbaorestore.openbao.org/r3 serverside-applied"),
        (&admin, "patch obrestore r1 --type=merge -p '{\"spec\":{\"key\":1}}'", "", "unknown field \"spec.key\""),
        (
            &admin,
            "patch obrestore r1 --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/cluster\",\"value\":\"x\"}]'",
            "",
            "The request is invalid: the server rejected our request due to an error in our request",
        ),
        (&admin, "annotate obrestore r1 a=b", "", "annotated"),
        (&admin, "label pod prod-0 a=b", "", "labeled"),
        (&admin, "explain obrestore.spec.source", "", "target"),
        (&admin, "create secret generic s1 --from-literal=a=b", "", "secret/s1 created"),
        (&admin, "create configmap c1 --from-literal=a=b", "", "configmap/c1 created"),
        (&admin, "get secret s1 -o jsonpath={.data.a}", "", "Yg=="),
        (&admin, "scale deploy -n openbao-operator-system --all --replicas=0", "", "scaled"),
        (&admin, "delete obrestore r1 --wait=true --timeout=10s", "", "deleted"),
        (&admin, "get obrestore r1", "", "Error from server (NotFound): openbaorestores.openbao.org \"r1\" not found"),
        (&admin, "wait --for=jsonpath={.spec.cluster}=prod obrestore/r2 --timeout=5s", "", "condition met"),
        (&admin, "logs nothing", "", "(NotFound): pods \"nothing\" not found"),
        (&admin, "get obrestore -w --request-timeout=2s", "", "r2"),
        (&admin, "events", "", "REASON"),
        (&admin, "cluster-info", "", "is running at"),
    ];
    let mut failed = Vec::new();
    for (config, arguments, stdin, wanted) in rows {
        let ran = tokio::task::block_in_place(|| kubectl_for(config).stdin(*stdin).run(words(arguments)));
        let printed = ran.stdout + &ran.stderr;
        if !printed.contains(wanted) {
            failed.push(format!("kubectl {arguments}: no {wanted:?} in {printed}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Splits at spaces outside of single quotes, as a shell would.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(i, part)| if i % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
    words.map(String::from).collect()
}
