//! The planted secrets: one of each kind, and every way to spell them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::Plugin;

/// Stands beside the secrets in every planted text: where it is shown, they could have been.
pub const MARK: &str = "beside-the-secrets";

pub const BEARER: &str = "planted-bearer-token-0001";
pub const SERVICE: &str = "s.PlantedQp0VbN5yTt3LmWr6HcA";
pub const BATCH: &str = "b.AAAAAQJPlantedZ1k8XwqFvT0eYxv1u4m9s7d2Lq8Hn3Gk5Pz";
pub const VAULT: &str = "hvs.CAESIPlanted3Yc0uT0nXyq7vG1p2kS9dLmWr6Hc";
pub const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJwbGFudGVkL3NlcnZpY2VhY2NvdW50In0.cGxhbnRlZHNpZ25hdHVyZQ";
pub const KEY_ID: &str = "AKIAPLANTEDKEYID0001";
pub const SECRET_KEY: &str = "planted+secret/access&key";
pub const SESSION: &str = "planted//session+token==";
pub const ACCOUNT_KEY: &str = "cGxhbnRlZC1henVyZS1hY2NvdW50LWtleS1vZi02NC1ieXRlcw==";
pub const SAS: &str = "plantedSasSignature/Zm9v+";
pub const GOOGLE: &str = "ya29.planted-access-token-of-google";
pub const UNSEAL: &str = "cGxhbnRlZC11bnNlYWwta2V5LW9mLTMzLWJ5dGVzLi4=";
pub const RECOVERY: &str = "706c616e746564207265636f76657279206b6579";
pub const PASSWORD: &str = "planted-pass:word";
pub const PEM_BODY: &str = "MHcCAQEEIPlantedPrivateKeyBodyOf64CharactersInAllAndSomeMore1234";
pub const DATA: &str = "planted-data-of-a-secret";

const ALL: [&str; 16] = [
    BEARER,
    SERVICE,
    BATCH,
    VAULT,
    JWT,
    KEY_ID,
    SECRET_KEY,
    SESSION,
    ACCOUNT_KEY,
    SAS,
    GOOGLE,
    UNSEAL,
    RECOVERY,
    PASSWORD,
    PEM_BODY,
    DATA,
];

/// All that must never be seen, in every spelling.
pub fn planted() -> Vec<String> {
    let spelt = |text: &str| {
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        [text.to_owned(), STANDARD.encode(text), URL_SAFE_NO_PAD.encode(text), percent.to_lowercase(), percent]
    };
    ALL.into_iter().flat_map(spelt).collect()
}

/// A text as programs write it that do not care: each secret in the way in which such a kind gets into logs and messages.
pub fn leaky() -> String {
    let encoded = |text: &str| STANDARD.encode(text);
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!(
        "{MARK} login with {SERVICE} failed, tried {VAULT} and {BATCH}; jwt {JWT}; data {} {} {} {}; \
         {{\"token\":\"{SERVICE}\",\"password\":\"{PASSWORD}\"}}; dial postgres://planted-user:{PASSWORD}@db:5432/bao; \
         via http%3A%2F%2Fplanted-user%3A{}%40proxy; Authorization: Bearer {BEARER}; X-Vault-Token: {VAULT}; \
         aws_access_key_id={KEY_ID} aws_secret_access_key={SECRET_KEY} AWS_SESSION_TOKEN={SESSION}; \
         AccountName=a;AccountKey={ACCOUNT_KEY};x; https://acc.blob/c?sv=1&sig={SAS}&x=1; google {GOOGLE}; \
         Unseal Key 1: {UNSEAL} Recovery Key 2: {RECOVERY} {{\"keys_base64\":[\"{UNSEAL}\"]}}; {}; \
         -----BEGIN PRIVATE KEY-----\\n{PEM_BODY}\\n-----END PRIVATE KEY----- end",
        encoded(SERVICE),
        encoded(VAULT),
        encoded(JWT),
        URL_SAFE_NO_PAD.encode(KEY_ID),
        percent(PASSWORD),
        encoded(&format!("-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----\n")),
    )
}

/// Every variable that holds a secret.
pub fn environment(plugin: Plugin) -> Plugin {
    let variables = [
        ("BAO_TOKEN", SERVICE),
        ("VAULT_TOKEN", VAULT),
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AZURE_STORAGE_KEY", ACCOUNT_KEY),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN", GOOGLE),
        ("HTTPS_PROXY", "http://planted-user:planted-pass%3Aword@127.0.0.1:1/"),
        ("NO_PROXY", "127.0.0.1"),
    ];
    variables.into_iter().fold(plugin, |plugin, (name, value)| plugin.env(name, value))
}

/// Command lines with a secret on them, where it belongs and where it does not.
pub fn flags() -> Vec<String> {
    let mut lines = vec![
        format!("status prod --token {BEARER}"),
        format!("status prod --token={BEARER} --server https://127.0.0.1:1"),
        format!("status prod --server https://planted-user:{PASSWORD}@127.0.0.1:1"),
        format!("status prod --server planted-user:{PASSWORD}@127.0.0.1:1"),
        format!("status prod --username u --password {DATA}"),
        format!("snapshots list prod --endpoint https://planted-user:{PASSWORD}@127.0.0.1:1"),
        format!("snapshots list prod --endpoint http://127.0.0.1:1/?sig={SAS}"),
    ];
    // Mistyped: what is wrong is said without what was given.
    for secret in [SERVICE, BATCH, VAULT, JWT, KEY_ID, GOOGLE] {
        for line in [
            "status",
            "status prod --tokn",
            "restore prod --key",
            "breakglass ack prod --dry-run --nonce",
            "status -o",
            "snapshots verify prod",
        ] {
            lines.push(format!("{line} {secret}"));
            lines.push(format!("{line}={secret}"));
        }
        lines.push(secret.to_owned());
    }
    lines
}
