//! Which credential helpers a person lets kubeconfigs run: kubectl's preferences file, "kuberc" (kubectl 1.35 and
//! later, `credentialPluginPolicy` and `credentialPluginAllowlist`). A plugin that ran what kubectl refuses to run
//! would be a way around that policy.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use serde_json::Value;

use super::{Surroundings, files};
use crate::api::text::clean_cut;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// Fails when the policy does not let this helper run.
pub(super) fn check(command: &str, surroundings: &Surroundings) -> Outcome<()> {
    let Some((file, preferences)) = preferences(surroundings)? else { return Ok(()) };
    let refused = |why: String| {
        Err(Failure::new(Exit::NotPermitted, format!("plugin {:?} not allowed: {why}", clean_cut(command, 120)))
            .doing("getting credentials")
            .hint(format!("the policy is in {}; `kubectl kuberc set --section credentialplugin` changes it", file.display())))
    };
    match preferences.get("credentialPluginPolicy").and_then(Value::as_str).unwrap_or_default() {
        "" | "AllowAll" => Ok(()),
        "DenyAll" => refused("policy set to \"DenyAll\"".to_owned()),
        "Allowlist" if is_listed(command, &preferences, surroundings) => Ok(()),
        "Allowlist" => refused("it is not in the credential plugin allowlist".to_owned()),
        other => refused(format!("the policy {:?} is not known", clean_cut(other, 60))),
    }
}

/// The preferences file, if there is one and it counts.
fn preferences(surroundings: &Surroundings) -> Outcome<Option<(PathBuf, Value)>> {
    let chosen = surroundings.variable("KUBERC");
    if surroundings.variable("KUBECTL_KUBERC") == Some("false") || chosen == Some("off") {
        return Ok(None);
    }
    let path = match (chosen, &surroundings.home) {
        (Some(path), _) => surroundings.absolute(Path::new(path)),
        (None, Some(home)) => surroundings.absolute(home).join(".kube").join("kuberc"),
        (None, None) => return Ok(None),
    };
    let failed = |why: String| Failure::new(Exit::Usage, why).doing(format!("reading kubectl's preferences {}", path.display()));
    match std::fs::read(&path) {
        Ok(bytes) => files::document(&bytes).map(|document| Some((path.clone(), document))).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn is_listed(command: &str, preferences: &Value, surroundings: &Surroundings) -> bool {
    let entries = preferences.get("credentialPluginAllowlist").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    // kubectl 1.35 called the field `name`, later versions `command`.
    let listed = entries.iter().filter_map(|entry| entry.get("command").or_else(|| entry.get("name"))?.as_str());
    let file = look_up(command, surroundings);
    listed
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry == command || (file.is_some() && look_up(entry, surroundings) == file))
}

/// The file a command means.
fn look_up(command: &str, surroundings: &Surroundings) -> Option<PathBuf> {
    if command.contains(MAIN_SEPARATOR) {
        return Some(surroundings.absolute(Path::new(command)));
    }
    std::env::split_paths(surroundings.variable("PATH")?).map(|directory| directory.join(command)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::super::tests::surroundings;
    use super::*;

    #[test]
    fn the_policy_decides() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kuberc");
        std::fs::write(directory.path().join("helper"), "").unwrap();
        let path = directory.path().to_str().unwrap();
        let full = format!("{path}/helper");
        let around = surroundings(&[("KUBERC", file.to_str().unwrap()), ("PATH", path)]);
        let list = |entry: &str| format!("{{credentialPluginPolicy: Allowlist, credentialPluginAllowlist: [{{{entry}}}]}}");
        let table = [
            ("kind: Preference".to_owned(), "helper", true),
            ("credentialPluginPolicy: AllowAll".to_owned(), "helper", true),
            ("credentialPluginPolicy: DenyAll".to_owned(), "helper", false),
            ("credentialPluginPolicy: Sometimes".to_owned(), "helper", false),
            ("credentialPluginPolicy: Allowlist".to_owned(), "helper", false),
            (list("name: helper"), "helper", true),
            (list("command: helper"), "helper", true),
            (list("command: helper"), full.as_str(), true),
            (list(&format!("command: {full}")), "helper", true),
            (list("command: other"), "helper", false),
            (list("command: /elsewhere/helper"), "helper", false),
            (list("command: ''"), "helper", false),
            (list("command: gone"), "missing", false),
            ("a: [".to_owned(), "helper", false),
        ];
        for (text, command, allowed) in table {
            std::fs::write(&file, &text).unwrap();
            assert_eq!(check(command, &around).is_ok(), allowed, "{text} {command}");
        }
        for (name, value) in [("KUBERC", "off"), ("KUBERC", "/nonexistent"), ("KUBECTL_KUBERC", "false")] {
            let mut around = around.clone();
            around.variables.insert(name.to_owned(), value.to_owned());
            check("helper", &around).unwrap();
        }
    }

    #[test]
    fn the_file_in_the_home_directory_counts() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        std::fs::write(home.path().join(".kube/kuberc"), "credentialPluginPolicy: DenyAll").unwrap();
        let mut around = surroundings(&[]);
        around.home = Some(home.path().to_owned());
        let failure = check("aws", &around).unwrap_err();
        assert_eq!(failure.cause, "plugin \"aws\" not allowed: policy set to \"DenyAll\"");
    }
}
