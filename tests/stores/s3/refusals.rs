//! Everything that can be wrong with a way into a bucket: one clear line each.

use super::gateway::{Account, BUCKET, Gateway, LISTER, OWNER, READER, REGION};
use super::{PLACE, Place};

const NAME: &str = "2026-03-01T03-00-00Z-cccccccc.snap";

impl Place {
    /// Asks for the list, for one object, for its beginning and for the newest one of the bucket, as somebody with these flags; each must end
    /// with this exit code and this error, and never write.
    async fn assert_refused(&self, who: Account, flags: &[&str], code: i32, error: &str) {
        let key = format!("{PLACE}{NAME}");
        for (doing, args) in [
            (format!("listing {PLACE}"), vec!["snapshots", "list", "prod"]),
            (format!("verifying {key}"), vec!["snapshots", "verify", "prod", &key]),
            (format!("looking into {key}"), vec!["snapshots", "show", "prod", &key]),
            ("looking for a snapshot of bao/prod".to_owned(), vec!["restore", "prod", "--latest", "--dry-run"]),
        ] {
            self.assert_fails(who, &[&args[..], flags].concat(), code, &format!("{doing}: {error}")).await;
        }
    }

    /// Runs the plugin as somebody; it must fail with this exit code and this very line.
    async fn assert_fails(&self, who: Account, args: &[&str], code: i32, error: &str) {
        let ran = self.plugin(who).run(args).await;
        self.person.assert_nothing_written(&ran);
        ran.assert_exit(code);
        let lines: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines, [format!("error: {error}")], "{ran}");
        assert!(ran.out.is_empty(), "{ran}");
    }

    /// Where to look.
    fn at<'a>(endpoint: &'a str, bucket: &'a str, region: &'a str) -> [&'a str; 7] {
        ["--credentials=env", "--endpoint", endpoint, "--bucket", bucket, "--region", region]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_keys_are_told_apart() {
    let place = Place::new().await;
    place.genuine(NAME).await;
    let (url, at) = (place.gateway.url(), place.gateway.place());
    let flags = Place::at(&url, BUCKET, REGION);
    let unknown = format!("{at} does not know the access key id of these credentials");
    place.assert_refused(Account { id: "NOBODYKEYID", ..OWNER }, &flags, 6, &unknown).await;
    let wrong = format!("{at} does not accept the signature: the secret access key is not the one of this access key id");
    place.assert_refused(Account { secret: "another-secret", ..OWNER }, &flags, 6, &wrong).await;
    let nobodys = "this environment has no AWS credentials that can be used";
    place.assert_refused(Account { id: "", secret: "" }, &flags, 6, nobodys).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_missing_permission_is_named() {
    let place = Place::new().await;
    let key = place.genuine(NAME).await;
    let url = place.gateway.url();
    let flags = Place::at(&url, BUCKET, REGION);
    let list = [&["snapshots", "list", "prod"], &flags[..]].concat();
    let verify = [&["snapshots", "verify", "prod", &key], &flags[..]].concat();
    let show = [&["snapshots", "show", "prod", &key], &flags[..]].concat();
    let latest = [&["restore", "prod", "--latest", "--dry-run"], &flags[..]].concat();

    let lack = format!("these credentials may not list: they lack s3:ListBucket on bucket {BUCKET} (prefix {PLACE})");
    place.assert_fails(READER, &list, 6, &format!("listing {PLACE}: {lack}")).await;
    place.assert_fails(READER, &latest, 6, &format!("looking for a snapshot of bao/prod: {lack}")).await;
    place.plugin(READER).run(&verify).await.assert_exit(0);

    let lack = format!(
        "these credentials may not read {key} in bucket {BUCKET}: they lack s3:GetObject \
         (or it is not there: stores hide that from those who may not list)"
    );
    place.assert_fails(LISTER, &verify, 6, &format!("verifying {key}: {lack}")).await;
    place.assert_fails(LISTER, &show, 6, &format!("looking into {key}: {lack}")).await;
    place.plugin(LISTER).run(&list).await.assert_exit(0);
    // Found by its key, and not looked into: that is said, and nothing rests on it.
    let ran = place.plugin(LISTER).run(&latest).await;
    place.person.assert_nothing_written(&ran);
    assert!(ran.out.contains(&format!("  ?     the object in bucket {BUCKET} was not checked: {lack}")), "{ran}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_place_is_told_from_a_wrong_key() {
    let place = Place::new().await;
    place.genuine(NAME).await;
    let (url, at) = (place.gateway.url(), place.gateway.place());
    let nowhere = format!("{at} has no bucket nowhere");
    place.assert_refused(OWNER, &Place::at(&url, "nowhere", REGION), 7, &nowhere).await;
    let elsewhere = format!("bucket {BUCKET} is in region {REGION}, not in eu-west-1");
    place.assert_refused(OWNER, &Place::at(&url, BUCKET, "eu-west-1"), 1, &elsewhere).await;
    let unknown = "the host name no-such-host.invalid is not known on this machine";
    place.assert_refused(OWNER, &Place::at("http://no-such-host.invalid", BUCKET, REGION), 1, unknown).await;
    let login = "the endpoint https://***@127.0.0.1:9 must not hold credentials";
    let at = Place::at("https://user:pass@127.0.0.1:9", BUCKET, REGION);
    for (doing, args) in [
        ("opening the bucket of bao/prod", &["snapshots", "list", "prod"][..]),
        ("looking for a snapshot of bao/prod", &["restore", "prod", "--latest", "--dry-run"]),
    ] {
        place.assert_fails(OWNER, &[args, &at[..]].concat(), 1, &format!("{doing}: {login}")).await;
    }
}

/// The port of a gateway that is gone: nobody listens there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_listens() {
    let place = Place::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap().to_string();
    drop(free);
    let url = format!("http://{at}");
    place.assert_refused(OWNER, &Place::at(&url, BUCKET, REGION), 1, &format!("{at} refuses connections")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_and_https_are_not_the_same() {
    let place = Place::new().await;
    let secure = Gateway::start_secure();
    let at = secure.place();
    // How the connection ends is the other side's affair.
    let url = format!("http://{at}");
    let list = [&["snapshots", "list", "prod"], &Place::at(&url, BUCKET, REGION)[..]].concat();
    let ran = place.plugin(OWNER).run(&list).await;
    ran.assert_exit(1).assert_says(&[
        &format!("error: listing {PLACE}: {at}: the connection was cut before the answer came: "),
        &format!(" (a port that expects TLS does that: https://{at})\n"),
    ]);
    let foreign = format!("{at}: the server's certificate is signed by an authority that is not trusted here (self-signed?)");
    place.assert_refused(OWNER, &Place::at(&secure.url(), BUCKET, REGION), 1, &foreign).await;
    let at = place.gateway.place();
    let plain = format!("{at}: the server does not speak TLS on this port");
    place.assert_refused(OWNER, &Place::at(&format!("https://{at}"), BUCKET, REGION), 1, &plain).await;
}
