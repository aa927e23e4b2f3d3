//! Nothing secret leaves: planted credentials never reach stdout or stderr, at any verbosity, in success or failure.

use base64::Engine as _;
use kubectl_openbao::drill::Play;
use kubectl_openbao::drill::s3::S3Options;

use crate::support::{Person, Ran, scenario};

/// What must never be seen: as it is, and as a Secret holds it.
fn planted() -> Vec<String> {
    let keys = S3Options::default();
    let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    vec![
        encoded(&keys.secret_key),
        encoded(&keys.access_key),
        keys.secret_key,
        "planted-bearer-token".into(),
        "PRIVATE KEY".into(),
    ]
}

fn assert_clean(ran: &Ran) {
    for secret in planted() {
        assert!(!ran.out.contains(&secret) && !ran.err.contains(&secret), "{secret} is in:\n{ran}");
    }
}

async fn run(person: &Person, args: &[String]) -> Ran {
    let ran = person.plugin().run(args).await;
    assert_clean(&ran);
    ran
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_credentials_are_never_shown_at_any_verbosity() {
    let person = scenario("stuck-lock", Play::Jan).await;
    run(&person, &words("status -v 9")).await.assert_exit(0);
    run(&person, &words("status prod -o json -v 9")).await.assert_exit(0);
    for form in ["--dry-run -v 9", "--dry-run=server -o json -v 9 --show-kubectl", "--dry-run -o yaml -v 9"] {
        let ran = run(&person, &person.restore(&[&["--override-lock"], &form.split(' ').collect::<Vec<_>>()[..]].concat())).await;
        ran.assert_exit(0);
        // The Secret was really read and its keys really used.
        assert!(ran.out.contains("has access key and secret key") && ran.out.contains("object exists"), "{ran}");
    }
    let mut args = person.agreed(&["--override-lock", "--no-follow"]).await;
    args.extend(words("-v 9"));
    run(&person, &args).await.assert_exit(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_given_by_flag_is_not_repeated() {
    let person = scenario("restore", Play::Jan).await;
    let ran = run(&person, &words("status prod --token planted-bearer-token -v 9")).await;
    // The certificate of the kubeconfig is what the server goes by, as the true one does.
    ran.assert_exit(0);
}
