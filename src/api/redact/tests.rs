//! Both sides: a secret goes, an ordinary line stays as it is to the byte.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

const SERVICE: &str = "s.Zx81kQp0VbN5yTt3LmWr6HcA";
const BATCH: &str = "b.AAAAAQJc0nJYq5Z1k8XwqFvT0eYxv1u4m9s7d2Lq8Hn3Gk5Pz";
const VAULT: &str = "hvs.CAESIJzq8aQ3Yc0uT0nXyq7vG1p2kS9dLmWr6Hc";
const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJl-_x";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

#[test]
fn tokens_are_masked_wherever_they_stand() {
    for secret in [SERVICE, BATCH, VAULT, JWT, KEY_ID, "ASIAIOSFODNN7EXAMPLE", "s.Zx81kQp0VbN5yTt3LmWr6HcA.nsid1"] {
        for (before, after) in
            [("", ""), ("token ", " was refused"), ("\"", "\""), ("x=", "&y"), ("a%20", "%20b"), ("(", ")"), ("a,", ".")]
        {
            let said = redact(&format!("{before}{secret}{after}")).into_owned();
            // A full stop behind a token may be the beginning of its namespace.
            assert!(said == format!("{before}***{after}") || after == "." && said == format!("{before}***"), "{said}");
        }
    }
}

#[test]
fn their_encodings_are_masked() {
    let pem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAbc\n-----END EC PRIVATE KEY-----\n";
    for secret in [SERVICE, BATCH, VAULT, JWT, KEY_ID, pem] {
        for encoded in [STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)] {
            let line = format!("data: {{\"x\":\"{encoded}\"}} end");
            let said = redact(&line);
            assert_eq!(said, "data: {\"x\":\"***\"} end", "{secret}");
        }
    }
    let said = redact(&format!("?q={}", utf8_percent_encode(pem, NON_ALPHANUMERIC))).into_owned();
    assert!(!said.contains("MHcCAQEEIAbc"), "{said}");
}

#[test]
fn keys_in_pem_lose_their_body_and_certificates_do_not() {
    let pem = |label: &str| format!("a\n-----BEGIN {label}-----\nMIIE+/abc\nqqq=\n-----END {label}-----\nb\n");
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        assert_eq!(redact(&pem(label)), format!("a\n-----BEGIN {label}-----\n***\n***\n-----END {label}-----\nb\n"));
        let one_line = pem(label).replace('\n', "\\n");
        let said = redact(&one_line);
        assert!(!said.contains("MIIE") && said.ends_with("-----\\nb\\n"), "{said}");
        // As a kubelet or an executor writes it: with something before each line, piece by piece.
        let mut redactor = Redactor::default();
        let lines: Vec<String> =
            pem(label).lines().map(|line| redactor.text(&format!("2026-11-21T00:46:09Z {line}\n")).into_owned()).collect();
        let all = lines.concat();
        assert!(!all.contains("MIIE") && !all.contains("qqq=") && all.ends_with("Z b\n"), "{all}");
    }
    assert_eq!(redact(&pem("CERTIFICATE")), pem("CERTIFICATE"));
    // Several in one string, which is one line.
    let two = ["RSA PRIVATE KEY", "CERTIFICATE", "PRIVATE KEY"].map(|label| pem(label).replace('\n', "\\n")).concat();
    assert_eq!(redact(&two).matches("MIIE").count(), 1, "{}", redact(&two));
    // A key that never ends takes nothing else with it.
    let mut redactor = Redactor::default();
    redactor.text("-----BEGIN PRIVATE KEY-----\n");
    assert_eq!(redactor.text("MIIE\n"), "***\n");
    assert_eq!(redactor.text("restore finished: all is well\n"), "restore finished: all is well\n");
    assert_eq!(redactor.text("MIIE\n"), "MIIE\n");
}

#[test]
fn logins_leave_urls_and_hosts_stay() {
    for (line, expected) in [
        ("dial postgres://bao:s3cr3t@db:5432/bao failed", "dial postgres://***@db:5432/bao failed"),
        ("\"https://user@host/x\"", "\"https://***@host/x\""),
        ("https://u:p/q@r@host:9000/", "https://***@host:9000/"),
        ("via http%3A%2F%2Fuser%3Apass%40proxy%3A3128", "via http%3A%2F%2F***%40proxy%3A3128"),
        ("https://***@host/", "https://***@host/"),
        ("https://host:8200/@user", "https://host:8200/@user"),
        ("https://[::1]:8200/@user", "https://[::1]:8200/@user"),
        (
            "image quay.io/openbao/openbao@sha256:aa and https://host/",
            "image quay.io/openbao/openbao@sha256:aa and https://host/",
        ),
        ("mail me@example.org about https://host", "mail me@example.org about https://host"),
    ] {
        assert_eq!(redact(line), expected);
    }
}

#[test]
fn values_behind_the_names_of_secrets_are_masked() {
    for (line, expected) in [
        ("Unseal Key 1: lQ9b1pSk5kSmw0oPq7dX1mbeTr9R8vH2+w==", "Unseal Key 1: ***"),
        ("Recovery Key 3: 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "Recovery Key 3: ***"),
        ("Initial Root Token: anything-at-all-42", "Initial Root Token: ***"),
        ("{\"keys_base64\":[\"lQ9b1\",\"x+/y\"],\"n\":1}", "{\"keys_base64\":[\"***\",\"***\"],\"n\":1}"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = ***"),
        ("AWS_SESSION_TOKEN=IQoJb3JpZ2luX2VjE", "AWS_SESSION_TOKEN=***"),
        ("\"secretAccessKey\": \"abc\"", "\"secretAccessKey\": \"***\""),
        ("{\\\"password\\\":\\\"abc\\\"}", "{\\\"password\\\":\\\"***\\\"}"),
        ("Server=tcp:db;User Id=bao;Password=hunter2;Encrypt=true", "Server=tcp:db;User Id=bao;Password=***;Encrypt=true"),
        ("AccountName=acc;AccountKey=Zm9vYmFy/+==;EndpointSuffix=x", "AccountName=acc;AccountKey=***;EndpointSuffix=x"),
        ("https://acc.blob/c/k?sv=1&sig=Zm9v%2B&se=2", "https://acc.blob/c/k?sv=1&sig=***&se=2"),
        ("Authorization: Bearer opaque-but-long-enough", "Authorization: Bearer ***"),
        ("authorization=Basic dXNlcjpwYXNz", "authorization=Basic ***"),
        ("sent Bearer opaque-but-long-enough to it", "sent Bearer *** to it"),
        ("X-Vault-Token: opaque-token-1", "X-Vault-Token: ***"),
        ("client-key-data: MHcCAQEEIAbc", "client-key-data: ***"),
        (
            "\"client-certificate-data\": \"MIIB\", \"client-key-data\": \"MHcC\"",
            "\"client-certificate-data\": \"MIIB\", \"client-key-data\": \"***\"",
        ),
    ] {
        assert_eq!(redact(line), expected);
    }
}

/// The gate that lets most text through quickly opens for every name.
#[test]
fn every_name_is_found_before_a_value() {
    for name in labels::NAMES.into_iter().chain(labels::WHOLE) {
        assert_eq!(redact(&format!("a {name}=Xy-12345")), format!("a {name}=***"));
    }
}

/// Words are looked for by their twentieth byte: wherever one begins, it is met.
#[test]
fn a_secret_is_found_at_every_distance_from_the_beginning() {
    for before in 0..70 {
        for filler in ["-", " ", "ab "] {
            let before: String = filler.chars().cycle().take(before).chain([' ']).collect();
            assert_eq!(redact(&format!("{before}{KEY_ID} after")), format!("{before}*** after"));
            assert_eq!(redact(&format!("{before}{KEY_ID}")), format!("{before}***"));
        }
    }
}

/// Lines of the real operator, its executors, OpenBao and Kubernetes, and words about secrets that are none.
#[test]
fn ordinary_lines_are_untouched() {
    for line in [
        "2026-11-21T00:46:09.593201589Z INFO restore finished sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "nonce 1f0e9c56-63f0-4a60-a4e2-7f2bdb1c6c1a uid 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "digest sha-256=n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg= of 35937 bytes",
        "[INFO]  storage.raft: entering follower state: follower=\"Node at prod-0.prod.bao.svc:8201 [Follower]\" leader-address=",
        "node_id=2a7d1f3e-6c64-05b0-9d37-cbdbf4d0a9a9 index=118 last-log-term=3",
        "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap etag \"d41d8cd98f00b204e9800998ecf8427e-12\"",
        "error: password: authentication failed for user",
        "the token: it has expired; secret prod-s3 has access key and secret key",
        "Secret bao/prod-s3: has no key secretAccessKey",
        "certificate SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDJHbMJvkSrWvVpFyg",
        "GET /apis/openbao.org/v1alpha1/openbaoclusters?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTIzfQ 200",
        "upgrade-prod-bluegreen-repair-consensus-814ad6cc3e failed; manual intervention required",
        "s.example.com and www.s.internal.very-long-name-of-a-service.example and pods.verylongnamespacename",
        "BAO_TOKEN=$(cat token) kubectl openbao diagnose",
        "resourceVersion: \"482390482390\" generation=12 observedGeneration: 12",
        "KMS key arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "seal: type=shamir key shares=5 key threshold=3 unseal progress=1/3",
    ] {
        assert!(matches!(redact(line), Cow::Borrowed(_)), "{} is not {line}", redact(line));
    }
}

#[test]
fn what_the_process_holds_is_masked_in_every_spelling() {
    let secret = "opaque value/with+signs=9";
    remember(secret);
    remember("short");
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    for spelt in [secret.to_owned(), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret), percent.to_lowercase(), percent] {
        let said = redact(&format!("the server says: {spelt}!")).into_owned();
        assert!(said.starts_with("the server says: ***") && said.ends_with('!') && !said.contains("opaque"), "{said}");
    }
    assert_eq!(redact("short is a word"), "short is a word");
}

#[test]
fn names_of_secrets_are_known() {
    for name in ["AWS_SECRET_ACCESS_KEY", "password", "DB_PASSWORD", "client-key-data", "refresh-token", "VAULT_TOKEN"] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in ["AWS_PROFILE", "AWS_REGION", "idp-issuer-url", "KUBECONFIG", "TOKENS_DIR", ""] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn a_long_line_takes_time_in_proportion() {
    // Each would take hours if work grew with the square of the length.
    for piece in ["s.", "://", "@", "eyJ", "password=", "-----BEGIN", "cyYiciZXlK", "Bearer ", "%40", "AKIA", "a:"] {
        let line = piece.repeat((1 << 20) / piece.len());
        let _ = redact(&line);
    }
}

fn piece() -> impl Strategy<Value = String> {
    let known = [
        SERVICE,
        VAULT,
        JWT,
        KEY_ID,
        "password",
        "=",
        ": ",
        "\"",
        "://",
        "u:p@h",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "\n",
        " ",
        "***",
        "%40",
        "Bearer ",
        "[",
        ",",
    ];
    prop_oneof![prop::sample::select(known.to_vec()).prop_map(str::to_owned), "[ -~]{0,12}", "\\PC{0,6}"]
}

proptest! {
    #[test]
    fn redaction_is_idempotent_and_never_lengthens_by_much(pieces in prop::collection::vec(piece(), 0..12)) {
        let text = pieces.concat();
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once), once.as_str(), "from {:?}", text);
        for secret in [SERVICE, VAULT, JWT] {
            let alone = format!(" {secret} ");
            prop_assert!(!once.contains(&alone));
        }
    }
}
