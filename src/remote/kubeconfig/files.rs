//! Which kubeconfig files are read, and how they become one (client-go `tools/clientcmd/loader.go`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::model::Kubeconfig;
use super::{Flags, Surroundings};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// The merged configuration and where it came from.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub config: Kubeconfig,
    /// The files that were read, in order of precedence.
    pub read: Vec<PathBuf>,
    /// The places that were looked at and hold no file.
    pub missing: Vec<PathBuf>,
    pub warnings: Vec<String>,
}

/// Reads and merges every file that counts.
pub(super) fn load(flags: &Flags, surroundings: &Surroundings) -> Outcome<Loaded> {
    if let Some(file) = flags.kubeconfig.as_ref().filter(|file| !file.as_os_str().is_empty()) {
        let path = surroundings.absolute(file);
        let config = read(&path)?.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("{} does not exist", path.display()))
                .doing("reading --kubeconfig")
                .hint("leave --kubeconfig out to use $KUBECONFIG or ~/.kube/config")
        })?;
        return Ok(Loaded { config, read: vec![path], ..Loaded::default() });
    }
    let listed = listed(surroundings);
    let from_variable = listed.is_some();
    let mut loaded = Loaded::default();
    for path in listed.unwrap_or_else(|| home_file(surroundings)) {
        match read(&path)? {
            Some(config) => {
                loaded.config.merge(config);
                loaded.read.push(path);
            }
            None => loaded.missing.push(path),
        }
    }
    if from_variable && loaded.read.is_empty() && !loaded.missing.is_empty() {
        loaded.warnings.push(format!("Config not found: {}", list(&loaded.missing)));
    }
    Ok(loaded)
}

/// Paths as one text.
pub(super) fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The files of `$KUBECONFIG`, each once.
fn listed(surroundings: &Surroundings) -> Option<Vec<PathBuf>> {
    let variable = surroundings.variable("KUBECONFIG")?;
    let mut files = Vec::new();
    for file in std::env::split_paths(variable).filter(|file| !file.as_os_str().is_empty()) {
        let file = surroundings.absolute(&file);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    Some(files)
}

fn home_file(surroundings: &Surroundings) -> Vec<PathBuf> {
    surroundings.home.iter().map(|home| surroundings.absolute(home).join(".kube").join("config")).collect()
}

/// One file, or nothing when it does not exist.
fn read(path: &Path) -> Outcome<Option<Kubeconfig>> {
    let failed = |cause: String| {
        Failure::new(Exit::Usage, cause)
            .doing(format!("reading the kubeconfig {}", path.display()))
            .hint("choose another file with --kubeconfig, or correct this one; `kubectl config view` reads it too")
    };
    match std::fs::read(path) {
        Ok(bytes) => {
            let document = document(&bytes).map_err(failed)?;
            Kubeconfig::read(&document, path.parent().unwrap_or(Path::new("/"))).map(Some).map_err(failed)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// The first YAML document of a file, which is all client-go reads; UTF-16 with a byte order mark, as some shells
/// write it, is understood too.
///
/// The parser's own messages can quote the file, whose contents are secrets: only the place is repeated.
pub(super) fn document(bytes: &[u8]) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // A context called `no` stays a name; where a boolean is wanted, the old spellings are still understood.
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    let mut bytes = bytes;
    match serde_saphyr::read_with_options::<_, Value>(&mut bytes, options).next() {
        None => Ok(Value::Null),
        Some(Ok(document)) => Ok(document),
        Some(Err(error)) => Err(match error.location() {
            Some(place) => format!("not valid YAML at line {}, column {}", place.line(), place.column()),
            None => "not valid YAML".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::surroundings;
    use super::*;

    fn parse(text: &str) -> Result<Kubeconfig, String> {
        Kubeconfig::read(&document(text.as_bytes())?, Path::new("/k"))
    }

    #[test]
    fn broken_files_are_named_by_place_and_never_quoted() {
        let table = [
            ("clusters:\n  - name: a\n   cluster: {}\n", "line 3"),
            ("users: [{name: a, user: {token: {hunter2: 1}}}]", "users[0].user.token must be a text, not a mapping"),
            ("users: [{name: a, user: {token: 12345}}]", "users[0].user.token must be a text, not a number"),
            ("clusters: {a: hunter2}", "clusters must be a list, not a mapping"),
            ("clusters: [hunter2]", "clusters[0] must be a mapping, not a text"),
            ("hunter2", "the document must be a mapping, not a text"),
            ("kind: Pod\napiVersion: v1", "not a Config of v1"),
            ("users: [{name: a, user: {as-groups: [1]}}]", "users[0].user.as-groups must be a list of texts, not a number"),
            ("users: [{name: a, user: {exec: {env: [{name: A, value: [hunter2]}]}}}]", "users[0].user.exec.env[0].value"),
            ("clusters: [{name: a, cluster: {insecure-skip-tls-verify: hunter2}}]", "must be true or false, not a text"),
            ("contexts: [{name: a}, {name: a}]", "duplicate name \"a\" in contexts"),
            ("a: \"hunter2", "not valid YAML"),
            ("\u{0}hunter2: *x", "not valid YAML"),
        ];
        for (text, expected) in table {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn odd_but_sound_files_are_read() {
        for text in ["", "# nothing\n", "---\n", "{}", "clusters: null\nusers:\ncontexts: []", "preferences: 7\nunknown: [1]"] {
            assert!(parse(text).unwrap().is_empty(), "{text:?}");
        }
        let json = r#"{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":null}]}"#;
        assert_eq!(parse(json).unwrap().current_context, "c");
        let first_only = parse("current-context: one\n---\ncurrent-context: two\n").unwrap();
        assert_eq!(first_only.current_context, "one");
        assert_eq!(parse("a: 1\ncurrent-context: one\ncurrent-context: two\n").unwrap().current_context, "two");
        let named = parse("clusters: [{name: no, cluster: {insecure-skip-tls-verify: yes, server: on}}]").unwrap();
        assert!(named.clusters["no"].insecure_skip_tls_verify && named.clusters["no"].server == "on");
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("current-context: w".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(document(&wide).unwrap()["current-context"], "w");
    }

    #[test]
    fn the_first_definition_wins_whole() {
        let mut config = parse("current-context: ''\nusers: [{name: red, user: {username: first}}]").unwrap();
        config
            .merge(parse("current-context: b\nusers: [{name: red, user: {token: t}}, {name: green, user: {token: g}}]").unwrap());
        config.merge(parse("current-context: c").unwrap());
        assert_eq!(config.current_context, "b");
        assert_eq!(config.users["red"].token.expose(), "");
        assert_eq!(config.users["green"].token.expose(), "g");
    }

    #[test]
    fn relative_paths_start_from_their_file() {
        let config = parse(
            "clusters: [{name: a, cluster: {certificate-authority: ca.crt}}]\n\
             users: [{name: a, user: {client-certificate: ../c.crt, client-key: /abs.key, tokenFile: t, exec: {command: bin/h}}}, \
             {name: b, user: {exec: {command: aws}}}]",
        )
        .unwrap();
        assert_eq!(config.clusters["a"].certificate_authority, "/k/ca.crt");
        let user = &config.users["a"];
        assert_eq!([&user.client_certificate, &user.client_key, &user.token_file], ["/k/../c.crt", "/abs.key", "/k/t"]);
        assert_eq!(user.exec.as_ref().unwrap().command, "/k/bin/h");
        assert_eq!(config.users["b"].exec.as_ref().unwrap().command, "aws");
    }

    #[test]
    fn missing_files_are_skipped_and_duplicates_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("one");
        std::fs::write(&file, "current-context: one").unwrap();
        let gone = directory.path().join("gone");
        let variable = std::env::join_paths([&gone, &file, &file, &PathBuf::new()]).unwrap();
        let mut around = surroundings(&[("KUBECONFIG", variable.to_str().unwrap())]);
        let loaded = load(&Flags::default(), &around).unwrap();
        assert_eq!((loaded.read.len(), loaded.missing.len(), loaded.warnings.len()), (1, 1, 0));
        assert_eq!(loaded.config.current_context, "one");

        around.variables.insert("KUBECONFIG".into(), "gone".into());
        around.working_directory = directory.path().to_owned();
        let loaded = load(&Flags::default(), &around).unwrap();
        assert_eq!(loaded.warnings, [format!("Config not found: {}", gone.display())]);

        let flags = Flags { kubeconfig: Some("gone".into()), ..Flags::default() };
        assert!(load(&flags, &around).unwrap_err().cause.ends_with("gone does not exist"));
        let flags = Flags { kubeconfig: Some("one".into()), ..Flags::default() };
        assert_eq!(load(&flags, &around).unwrap().config.current_context, "one");
    }

    #[test]
    fn the_home_file_is_the_default_and_a_broken_file_is_no_missing_file() {
        let home = tempfile::tempdir().unwrap();
        let mut around = surroundings(&[]);
        around.home = Some(home.path().to_owned());
        assert_eq!(load(&Flags::default(), &around).unwrap().missing.len(), 1);
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        let file = home.path().join(".kube/config");
        std::fs::write(&file, "a: [").unwrap();
        let failure = load(&Flags::default(), &around).unwrap_err();
        assert!(failure.to_string().contains(file.to_str().unwrap()) && failure.cause.contains("line"), "{failure}");
        // A directory cannot be read as a file, and that is not "missing" either.
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        assert!(load(&Flags::default(), &around).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            if let Ok(value) = document(&bytes) {
                let _ = Kubeconfig::read(&value, Path::new("/k"));
            }
        }

        #[test]
        fn no_yaml_like_text_panics(text in "(users|clusters|contexts|name|user|exec|[-:\\[\\]{}&*!|>\"' \n\t#]|[a-z0-9]){0,80}") {
            let _ = parse(&text);
        }
    }
}
