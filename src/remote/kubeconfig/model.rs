//! A kubeconfig as data (client-go `tools/clientcmd/api/v1/types.go`), read field by field: fields we do not know are
//! ignored, `null` and the empty text mean "not set", and a wrong type is an error that says where, never what: the
//! values are secrets.

use std::collections::BTreeMap;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use serde_json::{Map, Value};

use crate::api::sensitive::Sensitive;
use crate::api::text::clean_cut;

/// One kubeconfig file, or several merged.
#[derive(Debug, Clone, Default)]
pub(super) struct Kubeconfig {
    pub current_context: String,
    pub clusters: BTreeMap<String, Cluster>,
    pub contexts: BTreeMap<String, Context>,
    pub users: BTreeMap<String, User>,
}

/// How to reach a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Cluster {
    pub server: String,
    pub tls_server_name: String,
    pub insecure_skip_tls_verify: bool,
    pub certificate_authority: String,
    pub certificate_authority_data: String,
    pub proxy_url: String,
    /// The extension reserved for credential helpers.
    pub exec_extension: Option<Value>,
}

/// A cluster, a user and a namespace that belong together.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    pub cluster: String,
    pub user: String,
    pub namespace: String,
}

/// How to say who one is.
#[derive(Debug, Clone, Default)]
pub(super) struct User {
    pub token: Sensitive,
    pub token_file: String,
    pub username: String,
    pub password: Sensitive,
    pub client_certificate: String,
    pub client_certificate_data: String,
    pub client_key: String,
    pub client_key_data: Sensitive,
    pub as_user: String,
    pub as_uid: String,
    pub as_groups: Vec<String>,
    pub as_user_extra: BTreeMap<String, Vec<String>>,
    pub auth_provider: Option<AuthProvider>,
    pub exec: Option<Exec>,
}

/// A legacy in-process credential source.
#[derive(Debug, Clone, Default)]
pub(super) struct AuthProvider {
    pub name: String,
    pub config: BTreeMap<String, Sensitive>,
}

/// A credential helper.
#[derive(Debug, Clone, Default)]
pub(super) struct Exec {
    pub api_version: String,
    pub command: String,
    pub args: Vec<String>,
    pub env: Vec<(String, Sensitive)>,
    pub install_hint: String,
    pub interactive_mode: String,
    pub provide_cluster_info: bool,
}

/// The extension of a cluster that is handed to credential helpers.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

impl Kubeconfig {
    /// Reads one document; relative paths in it start from `directory`.
    pub fn read(document: &Value, directory: &Path) -> Result<Kubeconfig, String> {
        if document.is_null() {
            return Ok(Kubeconfig::default());
        }
        let top = Fields::of(document, String::new())?;
        let (version, kind) = (top.text("apiVersion")?, top.text("kind")?);
        if !matches!((version.as_str(), kind.as_str()), ("" | "v1", "" | "Config")) {
            return Err(format!(
                "it is {kind:?} of {version:?}, not a Config of v1",
                kind = clean_cut(&kind, 60),
                version = clean_cut(&version, 60)
            ));
        }
        Ok(Kubeconfig {
            current_context: top.text("current-context")?,
            clusters: top.named("clusters", "cluster", |fields| cluster(fields, directory))?,
            contexts: top.named("contexts", "context", context)?,
            users: top.named("users", "user", |fields| user(fields, directory))?,
        })
    }

    /// Adds a file of lower precedence: what is defined already stays whole.
    pub fn merge(&mut self, next: Kubeconfig) {
        let Kubeconfig { current_context, clusters, contexts, users } = next;
        if self.current_context.is_empty() {
            self.current_context = current_context;
        }
        merge_map(&mut self.clusters, clusters);
        merge_map(&mut self.contexts, contexts);
        merge_map(&mut self.users, users);
    }

    /// Whether nothing at all is configured.
    pub fn is_empty(&self) -> bool {
        self.current_context.is_empty() && self.clusters.is_empty() && self.contexts.is_empty() && self.users.is_empty()
    }
}

fn merge_map<T>(into: &mut BTreeMap<String, T>, from: BTreeMap<String, T>) {
    for (name, value) in from {
        into.entry(name).or_insert(value);
    }
}

fn cluster(fields: &Fields<'_>, directory: &Path) -> Result<Cluster, String> {
    Ok(Cluster {
        server: fields.text("server")?,
        tls_server_name: fields.text("tls-server-name")?,
        insecure_skip_tls_verify: fields.flag("insecure-skip-tls-verify")?,
        certificate_authority: resolved(fields.text("certificate-authority")?, directory),
        certificate_authority_data: fields.text("certificate-authority-data")?,
        proxy_url: fields.text("proxy-url")?,
        exec_extension: exec_extension(fields.map.get("extensions")),
    })
}

/// Extensions are other tools' property: whatever is odd about them is no error.
fn exec_extension(extensions: Option<&Value>) -> Option<Value> {
    let named = extensions?.as_array()?.iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some(EXEC_EXTENSION));
    named?.get("extension").cloned()
}

fn context(fields: &Fields<'_>) -> Result<Context, String> {
    Ok(Context { cluster: fields.text("cluster")?, user: fields.text("user")?, namespace: fields.text("namespace")? })
}

fn user(fields: &Fields<'_>, directory: &Path) -> Result<User, String> {
    Ok(User {
        token: fields.secret("token")?,
        token_file: resolved(fields.text("tokenFile")?, directory),
        username: fields.text("username")?,
        password: fields.secret("password")?,
        client_certificate: resolved(fields.text("client-certificate")?, directory),
        client_certificate_data: fields.text("client-certificate-data")?,
        client_key: resolved(fields.text("client-key")?, directory),
        client_key_data: fields.secret("client-key-data")?,
        as_user: fields.text("as")?,
        as_uid: fields.text("as-uid")?,
        as_groups: fields.texts("as-groups")?,
        as_user_extra: as_user_extra(fields)?,
        auth_provider: fields.inner("auth-provider")?.map(|fields| auth_provider(&fields)).transpose()?,
        exec: fields.inner("exec")?.map(|fields| exec(&fields, directory)).transpose()?,
    })
}

fn as_user_extra(fields: &Fields<'_>) -> Result<BTreeMap<String, Vec<String>>, String> {
    let Some(extra) = fields.inner("as-user-extra")? else { return Ok(BTreeMap::new()) };
    extra.map.keys().map(|key| Ok((key.clone(), extra.texts(key)?))).collect()
}

fn auth_provider(fields: &Fields<'_>) -> Result<AuthProvider, String> {
    let config = match fields.inner("config")? {
        Some(config) => config.map.keys().map(|key| Ok((key.clone(), config.secret(key)?))).collect::<Result<_, String>>()?,
        None => BTreeMap::new(),
    };
    Ok(AuthProvider { name: fields.text("name")?, config })
}

fn exec(fields: &Fields<'_>, directory: &Path) -> Result<Exec, String> {
    let command = fields.text("command")?;
    Ok(Exec {
        api_version: fields.text("apiVersion")?,
        // A bare name is looked up on PATH; anything with a separator stands next to the kubeconfig.
        command: if command.contains(MAIN_SEPARATOR) { resolved(command, directory) } else { command },
        args: fields.texts("args")?,
        env: fields
            .list("env")?
            .iter()
            .map(|entry| Ok((entry.text("name")?, entry.secret("value")?)))
            .collect::<Result<_, String>>()?,
        install_hint: fields.text("installHint")?,
        interactive_mode: fields.text("interactiveMode")?,
        provide_cluster_info: fields.flag("provideClusterInfo")?,
    })
}

/// A path as it stands in a file of this directory.
fn resolved(path: String, directory: &Path) -> String {
    let joined: PathBuf = directory.join(&path);
    if path.is_empty() { path } else { joined.to_string_lossy().into_owned() }
}

/// A mapping and where it stands, for error messages.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    at: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, at: String) -> Result<Self, String> {
        match value {
            Value::Object(map) => Ok(Fields { map, at }),
            other => Err(wrong(if at.is_empty() { "the document" } else { &at }, "a mapping", other)),
        }
    }

    fn place(&self, key: &str) -> String {
        let key = clean_cut(key, 60);
        if self.at.is_empty() { key } else { format!("{}.{key}", self.at) }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn text(&self, key: &str) -> Result<String, String> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(wrong(&self.place(key), "a text", other)),
        }
    }

    fn secret(&self, key: &str) -> Result<Sensitive, String> {
        self.text(key).map(Sensitive::new)
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            // YAML 1.1, which kubectl reads.
            Some(Value::String(text)) if matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "y") => Ok(true),
            Some(Value::String(text)) if matches!(text.to_ascii_lowercase().as_str(), "no" | "off" | "n") => Ok(false),
            Some(other) => Err(wrong(&self.place(key), "true or false", other)),
        }
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        let place = self.place(key);
        let entries = self.entries(key)?.iter();
        entries.map(|entry| entry.as_str().map(str::to_owned).ok_or_else(|| wrong(&place, "a list of texts", entry))).collect()
    }

    fn entries(&self, key: &str) -> Result<&'a [Value], String> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(entries)) => Ok(entries),
            Some(other) => Err(wrong(&self.place(key), "a list", other)),
        }
    }

    fn inner(&self, key: &str) -> Result<Option<Fields<'a>>, String> {
        self.get(key).map(|value| Fields::of(value, self.place(key))).transpose()
    }

    fn list(&self, key: &str) -> Result<Vec<Fields<'a>>, String> {
        let entries = self.entries(key)?.iter().enumerate();
        entries.map(|(index, entry)| Fields::of(entry, format!("{}[{index}]", self.place(key)))).collect()
    }

    /// A list of `{name, <inner>}`; like kubectl, a name that occurs twice in one file is an error.
    fn named<T>(
        &self,
        list: &str,
        inner: &str,
        read: impl Fn(&Fields<'_>) -> Result<T, String>,
    ) -> Result<BTreeMap<String, T>, String> {
        let empty = Map::new();
        let mut named = BTreeMap::new();
        for entry in self.list(list)? {
            let fields = entry.inner(inner)?.unwrap_or(Fields { map: &empty, at: entry.place(inner) });
            let name = entry.text("name")?;
            if named.contains_key(&name) {
                return Err(format!("duplicate name {:?} in {}", clean_cut(&name, 60), self.place(list)));
            }
            named.insert(name, read(&fields)?);
        }
        Ok(named)
    }
}

/// What was found instead, by kind only.
fn wrong(place: &str, wanted: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "a true/false value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    format!("{place} must be {wanted}, not {found}")
}
