//! Certificates that must not be believed: nothing is asked of such a server, and no credential goes there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::pki::{Authority, Identity};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::server::{Hostile, json};
use super::watched::watched;
use crate::support::{Plugin, still};

/// An authority whose certificates may have run out.
struct Issuer(CertifiedIssuer<'static, KeyPair>);

impl Issuer {
    fn new() -> Issuer {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Issuer(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    fn server(&self, name: &str, years: (i32, i32)) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("an ASCII name");
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(years.0, 1, 1), rcgen::date_time_ymd(years.1, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn self_signed() -> Identity {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an ASCII name");
    Identity { certificate: params.self_signed(&key).expect("signed").pem(), key: key.serialize_pem() }
}

/// What is wrong with a server's certificate, and what is said of it.
fn wrong(issuer: &Issuer) -> [(Identity, &'static str); 5] {
    [
        (issuer.server("127.0.0.1", (2020, 2021)), "run out"),
        (issuer.server("127.0.0.1", (2090, 2099)), "not valid yet"),
        (issuer.server("other.example", (2024, 2099)), "another name"),
        (Authority::new("other").server(&["127.0.0.1"]), "not signed by the authority"),
        (self_signed(), "not signed by the authority"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_api_server() {
    let issuer = Issuer::new();
    let home = tempfile::tempdir().expect("a temporary directory");
    for (identity, said) in wrong(&issuer) {
        let server = Hostile::with_tls(&identity, |_| json("200 OK", "{}")).await;
        let authority = STANDARD.encode(issuer.0.pem());
        let kubeconfig = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u, namespace: bao}}}}], \
             clusters: [{{name: c, cluster: {{server: 'https://{}', certificate-authority-data: {authority}}}}}], users: [{{name: u, user: {{token: planted-bearer-token}}}}]}}",
            server.address()
        );
        std::fs::write(home.path().join("config"), kubeconfig).expect("it can be written");
        let plugin = Plugin::new(home.path()).env("KUBECONFIG", home.path().join("config"));
        for command in [&["status", "prod"][..], &["logs", "prod"], &["restore", "prod", "--key", "k", "--confirm", "prod"]] {
            let run = watched(&plugin, &[command, &["-v=9"]].concat()).await;
            run.assert_one_clear_line(&[said]);
            run.ran.assert_exit(6);
        }
        assert_eq!(server.heard(), Vec::<String>::new(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_object_store() {
    let issuer = Issuer::new();
    let person = still(Play::Jan).await;
    let words = ["expired", "not valid yet", "not for the name", "not trusted here", "not trusted here"];
    for ((identity, _), said) in wrong(&issuer).into_iter().zip(words) {
        let server = Hostile::with_tls(&identity, |_| json("200 OK", "{}")).await;
        let endpoint = format!("https://{}", server.address());
        let secret = serde_json::json!({"accessKeyId": STANDARD.encode("AKIAPLANTEDKEYID0001"), "secretAccessKey": STANDARD.encode("planted-secret"), "caCert": STANDARD.encode(issuer.0.pem())});
        person.range.load([
            serde_json::json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "bao"}, "data": secret}),
            serde_json::json!({
                "apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoCluster", "metadata": {"name": "prod", "namespace": "bao"},
                "spec": {"version": "2.5.5", "replicas": 3, "backup": {"target": {"bucket": "b", "region": "r", "endpoint": endpoint, "credentialsSecretRef": {"name": "keys"}}}},
            }),
        ]);
        for command in [&["snapshots", "list", "prod"][..], &["snapshots", "verify", "prod", "k"]] {
            let run = watched(&person.plugin(), &[command, &["-v=9"]].concat()).await;
            run.assert_held();
            assert!(run.ran.code != Some(0) && run.ran.err.contains(said), "{said}\n{run}");
        }
        assert_eq!(server.heard(), Vec::<String>::new(), "{said}");
    }
}
