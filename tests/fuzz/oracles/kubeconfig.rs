//! kubeconfig files: nothing that is secret in one is shown, whatever is wrong with it.

use std::path::Path;

use kubectl_openbao::error::Failure;
use kubectl_openbao::remote::kubeconfig::{Flags, Surroundings, names, resolve};
use serde_json::Value;

/// A file; its first byte is a letter of it like any other.
pub fn check(data: &[u8]) {
    match parsed(data) {
        None => {
            let failure = resolved(data).expect_err("what is no YAML is no kubeconfig");
            let rest = failure.cause.strip_prefix("not valid YAML").expect("a place, and no text of the file");
            assert!(rest.is_empty() || rest.starts_with(" at line ") && rest.len() < 60, "{rest}");
        }
        Some(document) => {
            let (mut document, mut planted) = (document, 0);
            plant(&mut document, "", false, &mut planted);
            // Every YAML reader reads JSON.
            let bytes = serde_json::to_vec(&document).expect("JSON");
            match resolved(&bytes) {
                Ok(text) => shows_nothing(&text),
                Err(failure) => shows_nothing(&said(&failure)),
            }
        }
    }
}

/// What stands in every secret place, and nowhere else.
const SECRET: &str = "S3cr3tV4lue";

fn shows_nothing(text: &str) {
    assert!(!text.contains(SECRET), "it shows a secret: {text}");
    // base64 of it, as a header would carry it.
    assert!(!text.contains("UzNjcjN0VjRsdWU"), "it shows a secret: {text}");
}

fn said(failure: &Failure) -> String {
    let lines: Vec<&str> = std::iter::once(&failure.cause).chain(&failure.details).chain(&failure.hints).map(String::as_str).collect();
    // Cut, it is a part of a secret.
    format!("{}\n{failure:?}", lines.join("\n"))
}

/// What a person could be shown of a connection.
fn resolved(bytes: &[u8]) -> Result<String, Failure> {
    let path = super::file("kubeconfig", bytes);
    let flags = Flags { kubeconfig: Some(path.clone()), ..Flags::default() };
    let surroundings = Surroundings {
        variables: Default::default(),
        home: None,
        working_directory: "/nonexistent".into(),
        stdin_is_terminal: false,
        unattended: None,
        service_account_dir: "/nonexistent".into(),
    };
    // What completion offers.
    let _ = names(&flags, &surroundings);
    resolve(&flags, &surroundings).map(|resolved| {
        for warning in &resolved.warnings {
            super::assert_safe_line("a warning", warning);
        }
        format!("{resolved:?}\n{}\n{}", resolved.server, resolved.credential.describe())
    })
}

/// The first document, by the same parser with the options of kubectl's own reader.
fn parsed(bytes: &[u8]) -> Option<Value> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    let mut bytes = bytes;
    match serde_saphyr::read_with_options::<_, Value>(&mut bytes, options).next() {
        None => Some(Value::Null),
        Some(read) => read.ok(),
    }
}

/// Puts a secret into every place that holds one, and takes care that no file outside of this test is read.
fn plant(value: &mut Value, at: &str, secret: bool, planted: &mut usize) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                let secret_here = matches!(key.as_str(), "token" | "password" | "client-key-data" | "id-token" | "refresh-token" | "client-secret")
                    || at == "env" && key == "value"
                    || at == "config";
                plant(inner, key, secret || secret_here, planted);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| plant(inner, at, secret, planted)),
        Value::String(text) => {
            *planted += 1;
            match at {
                _ if secret => *text = format!("{SECRET}{text}"),
                "server" | "proxy-url" => *text = with_login(text),
                "tokenFile" | "certificate-authority" | "client-certificate" | "client-key" => {
                    *text = Path::new("nowhere").join(text.replace(['/', '.'], "_")).to_string_lossy().into_owned();
                }
                _ => {}
            }
        }
        _ => {}
    }
}

/// A URL with a login in it, where a host could stand behind it.
fn with_login(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) if !rest.contains('@') => format!("{scheme}://admin:{SECRET}@{rest}"),
        _ => text.to_owned(),
    }
}
