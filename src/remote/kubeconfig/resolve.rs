//! From flags and surroundings to one connection, without the network.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use jiff::Timestamp;
use kube::config::{AuthInfo, AuthProviderConfig};

use super::choose::{self, Choice};
use super::client::set_identity;
use super::exec::{self, Helper};
use super::files::{self, Loaded};
use super::flags::given;
use super::identity::{self, Authorities};
use super::in_cluster::{self, Pod};
use super::model::{AuthProvider, Cluster, User};
use super::{Credential, Flags, Surroundings, duration, policy, proxy, server};
use crate::api::redact::{is_secret_name, remember};
use crate::api::text::clean_cut;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// Where the configuration came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// These kubeconfig files, in order of precedence.
    Files(Vec<PathBuf>),
    /// The pod's service account.
    InCluster,
    /// Nothing but `--server` and the other flags.
    Flags,
}

/// One connection, decided; nothing was sent and no helper ran yet.
#[derive(Clone)]
pub struct Resolved {
    /// kube's configuration. Build clients with [`super::client`], which completes it.
    pub config: kube::Config,
    /// The namespace to work in.
    pub namespace: String,
    /// The name of the context, if one was used.
    pub context: Option<String>,
    /// The name of the kubeconfig user, if one was used.
    pub user: Option<String>,
    /// The API server's address.
    pub server: String,
    /// The limit for one unary request; watches and followed logs are exempt.
    pub request_timeout: Option<Duration>,
    /// Where all this comes from.
    pub source: Source,
    /// How requests are authenticated.
    pub credential: Credential,
    /// What a person should know; each is one line.
    pub warnings: Vec<String>,
}

// By hand, because kube's configuration prints an auth provider's tokens.
impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Resolved { config: _, namespace, context, user, server, request_timeout, source, credential, warnings } = self;
        f.debug_struct("Resolved")
            .field("namespace", namespace)
            .field("context", context)
            .field("user", user)
            .field("server", server)
            .field("request_timeout", request_timeout)
            .field("source", source)
            .field("credential", &credential.describe())
            .field("warnings", warnings)
            .finish_non_exhaustive()
    }
}

/// Decides the connection as kubectl would. Reads files; no network, no helper.
pub fn resolve(flags: &Flags, surroundings: &Surroundings) -> Outcome<Resolved> {
    if flags.username.is_some() || flags.password.is_some() {
        return Err(Failure::new(Exit::Usage, "--username and --password are not supported")
            .hint("use --token, or put username and password into a kubeconfig user"));
    }
    let request_timeout = given(flags.request_timeout.as_ref()).map_or(Ok(None), duration::request_timeout)?;
    let loaded = files::load(flags, surroundings)?;
    let mut resolved = if loaded.config.is_empty() && !names_something(flags) {
        match in_cluster::pod(surroundings) {
            Some(pod) => of_pod(pod, flags, surroundings)?,
            None => return Err(nothing_found(&loaded, surroundings)),
        }
    } else {
        of_files(&loaded, flags, surroundings)?
    };
    resolved.request_timeout = request_timeout;
    resolved.warnings.splice(0..0, loaded.warnings);
    Ok(resolved)
}

/// Flags that only make sense with a kubeconfig or instead of one.
fn names_something(flags: &Flags) -> bool {
    [&flags.context, &flags.cluster, &flags.user, &flags.server].into_iter().any(|flag| given(flag.as_ref()).is_some())
}

fn nothing_found(loaded: &Loaded, surroundings: &Surroundings) -> Failure {
    let mut failure = Failure::new(Exit::Usage, "no kubeconfig was found").doing("looking for the cluster");
    for (paths, state) in [(&loaded.missing, "does not exist"), (&loaded.read, "is empty")] {
        for path in paths {
            failure = failure.detail(format!("tried {}: {state}", path.display()));
        }
    }
    if loaded.missing.is_empty() && loaded.read.is_empty() {
        failure = failure.detail("tried ~/.kube/config: the home directory is not known");
    }
    let service = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].iter().all(|name| surroundings.variable(name).is_some());
    let pod = if service { "there is no token file" } else { "this is no pod" };
    failure
        .detail(format!("tried the service account in {}: {pod}", surroundings.service_account_dir.display()))
        .hint("name a kubeconfig: --kubeconfig FILE, or export KUBECONFIG=FILE")
}

fn of_files(loaded: &Loaded, flags: &Flags, surroundings: &Surroundings) -> Outcome<Resolved> {
    let choice = choose::choose(&loaded.config, flags, surroundings)?;
    let source = if loaded.config.is_empty() { Source::Flags } else { Source::Files(loaded.read.clone()) };
    connect(choice, source, flags, surroundings)
}

/// In a pod only the token and the authority may be overridden.
fn of_pod(pod: Pod, flags: &Flags, surroundings: &Surroundings) -> Outcome<Resolved> {
    let mut warnings = Vec::new();
    let mut cluster = Cluster { server: pod.server, certificate_authority: pod.authority_file.clone(), ..Cluster::default() };
    let mut user = User::default();
    match flags.token.as_ref().filter(|token| !token.expose().is_empty()) {
        Some(token) => user.token = token.clone(),
        None => user.token_file = pod.token_file,
    }
    let mut rotates = false;
    if let Some(file) = &flags.certificate_authority {
        cluster.certificate_authority = surroundings.absolute(file).to_string_lossy().into_owned();
    } else if PathBuf::from(&pod.authority_file).is_file() {
        rotates = true;
    } else {
        cluster.certificate_authority.clear();
        warnings.push(format!("{} is missing: verifying the server with the machine's own authorities", pod.authority_file));
    }
    if flags.as_user.is_some() || flags.as_uid.is_some() || !flags.as_groups.is_empty() || !flags.as_user_extra.is_empty() {
        warnings.push("impersonation flags are ignored with a pod's service account, as in kubectl".to_owned());
    }
    let choice = Choice { cluster, user, namespace: Some(pod.namespace), warnings, ..Choice::default() };
    let mut resolved = connect(choice, Source::InCluster, flags, surroundings)?;
    if rotates {
        resolved.config.root_cert_file = Some(PathBuf::from(pod.authority_file));
    }
    Ok(resolved)
}

/// Everything after the choice: address, proxy, trust, credentials.
fn connect(choice: Choice, source: Source, flags: &Flags, surroundings: &Surroundings) -> Outcome<Resolved> {
    let Choice { context, namespace, user_name, cluster, user, mut warnings } = choice;
    let (mut config, credential) = match build(&cluster, &user, user_name.as_deref(), surroundings, &mut warnings) {
        Ok(built) => built,
        Err(failure) => {
            let place = context.as_ref().map_or_else(String::new, |name| format!(" of context {:?}", clean_cut(name, 80)));
            let failure = failure.doing(format!("reading the configuration{place}"));
            let hinted = !failure.hints.is_empty();
            return Err(if hinted {
                failure
            } else {
                failure.hint("correct the kubeconfig, or choose another --context or --user")
            });
        }
    };
    let namespace = given(flags.namespace.as_ref()).map(str::to_owned).or(namespace).unwrap_or_else(|| "default".to_owned());
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    config.default_namespace.clone_from(&namespace);
    Ok(Resolved { config, namespace, context, user: user_name, server, request_timeout: None, source, credential, warnings })
}

fn build(
    cluster: &Cluster,
    user: &User,
    user_name: Option<&str>,
    surroundings: &Surroundings,
    warnings: &mut Vec<String>,
) -> Outcome<(kube::Config, Credential)> {
    if cluster.server.is_empty() {
        return Err(Failure::new(Exit::Usage, "the cluster has no server defined").hint("name the address with --server"));
    }
    let url = server::address(&cluster.server, has_tls(cluster, user))?;
    let mut config = kube::Config::new(url.clone());
    config.proxy_url = proxy_of(cluster, &url, surroundings, warnings)?;
    set_impersonation(&mut config.auth_info, user);
    if url.scheme_str() != Some("https") {
        // Like client-go: who we are is not told in the clear.
        if has_credentials(user) {
            warnings.push("the server's address is http: no credentials are sent".to_owned());
        }
        return Ok((config, Credential::fixed()));
    }
    warn_of_doubles(cluster, user, warnings);
    let authorities = identity::authorities(cluster)?;
    config.root_cert = authorities.as_ref().map(|authorities| authorities.der.clone());
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify;
    config.tls_server_name = some(&cluster.tls_server_name);
    let name = user_name.map_or_else(|| "the user".to_owned(), |name| clean_cut(name, 80));
    if let Some(identity) = identity::identity(user, &name)? {
        warn_of_end(identity.not_after, warnings);
        set_identity(&mut config.auth_info, &identity);
    }
    let credential =
        credential(&mut config.auth_info, &Login { cluster, user, name: &name, url: &url, authorities, surroundings })?;
    Ok((config, credential))
}

fn has_tls(cluster: &Cluster, user: &User) -> bool {
    let texts = [
        &cluster.certificate_authority,
        &cluster.certificate_authority_data,
        &user.client_certificate,
        &user.client_certificate_data,
    ];
    cluster.insecure_skip_tls_verify || texts.iter().any(|text| !text.is_empty())
}

fn has_credentials(user: &User) -> bool {
    let texts = [user.token.expose(), &user.token_file, &user.username, &user.client_certificate, &user.client_certificate_data];
    texts.iter().any(|text| !text.is_empty()) || user.exec.is_some() || user.auth_provider.is_some()
}

fn proxy_of(cluster: &Cluster, url: &Uri, surroundings: &Surroundings, warnings: &mut Vec<String>) -> Outcome<Option<Uri>> {
    let chosen = if cluster.proxy_url.is_empty() {
        proxy::of_environment(url, surroundings, warnings)
    } else {
        proxy::of_cluster(&cluster.proxy_url).map(Some).map_err(|why| format!("invalid 'proxy-url': {why}"))
    };
    let chosen = chosen.map_err(|why| Failure::new(Exit::Usage, clean_cut(&why, 200)))?;
    if chosen.as_ref().is_some_and(proxy::loses_its_user) {
        warnings.push("the user name of a SOCKS proxy is not supported and is left out".to_owned());
    }
    Ok(chosen)
}

fn set_impersonation(auth: &mut AuthInfo, user: &User) {
    auth.impersonate = some(&user.as_user);
    auth.impersonate_uid = some(&user.as_uid);
    auth.impersonate_groups = (!user.as_groups.is_empty()).then(|| user.as_groups.clone());
    auth.impersonate_user_extra = (!user.as_user_extra.is_empty()).then(|| user.as_user_extra.clone().into_iter().collect());
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn warn_of_doubles(cluster: &Cluster, user: &User, warnings: &mut Vec<String>) {
    let pairs = [
        ("certificate-authority", &cluster.certificate_authority_data[..], &cluster.certificate_authority),
        ("client-certificate", &user.client_certificate_data, &user.client_certificate),
        ("client-key", user.client_key_data.expose(), &user.client_key),
    ];
    for (name, data, file) in pairs {
        if !data.is_empty() && !file.is_empty() {
            warnings.push(format!("{name}-data and {name} are both specified: {name}-data is used"));
        }
    }
}

fn warn_of_end(not_after: Option<Timestamp>, warnings: &mut Vec<String>) {
    if let Some(end) = not_after.filter(|end| *end < Timestamp::now()) {
        warnings.push(format!("the client certificate expired on {end}"));
    }
}

/// What a login needs to know.
struct Login<'a> {
    cluster: &'a Cluster,
    user: &'a User,
    name: &'a str,
    url: &'a Uri,
    authorities: Option<Authorities>,
    surroundings: &'a Surroundings,
}

/// The way in, by client-go's precedence: token file, token, password, auth provider, helper.
fn credential(auth: &mut AuthInfo, login: &Login<'_>) -> Outcome<Credential> {
    let Login { user, name, surroundings, .. } = login;
    remember_all(user);
    let token = Some(&user.token).filter(|token| !token.expose().is_empty());
    if token.is_some() && (!user.username.is_empty() || !user.password.expose().is_empty()) {
        let cause = format!("more than one authentication method found for {name}; found [token basicAuth], only one is allowed");
        return Err(Failure::new(Exit::Usage, cause));
    }
    if user.exec.is_some() && user.auth_provider.is_some() {
        let cause = format!("authProvider cannot be provided in combination with an exec plugin for {name}");
        return Err(Failure::new(Exit::Usage, cause));
    }
    if !user.token_file.is_empty() {
        return Credential::token_file(&user.token_file, token);
    }
    if let Some(token) = token {
        auth.token = Some(token.expose().into());
    } else if !user.username.is_empty() {
        auth.username = Some(user.username.clone());
        auth.password = Some(user.password.expose().into());
    } else if let Some(provider) = &user.auth_provider {
        auth.auth_provider = Some(auth_provider(provider)?);
    } else if let Some(exec) = &user.exec {
        let helper = Helper::new(exec, name, login.cluster_info(exec.provide_cluster_info), surroundings)?;
        policy::check(&exec.command, surroundings)?;
        return Ok(Credential::helper(helper));
    }
    Ok(Credential::fixed())
}

/// Whoever says a secret of the user's back, it goes no further.
fn remember_all(user: &User) {
    remember(user.token.expose());
    if !user.password.expose().is_empty() {
        remember(user.password.expose());
        remember(&format!("{}:{}", user.username, user.password.expose()));
    }
    let config = user.auth_provider.iter().flat_map(|provider| &provider.config);
    let env = user.exec.iter().flat_map(|exec| exec.env.iter().map(|(name, value)| (name, value)));
    for (_, value) in config.chain(env).filter(|(name, _)| is_secret_name(name)) {
        remember(value.expose());
    }
}

impl Login<'_> {
    fn cluster_info(&self, wanted: bool) -> Option<serde_json::Value> {
        let server = self.url.to_string();
        let pem = self.authorities.as_ref().map(|authorities| &authorities.pem[..]);
        wanted.then(|| exec::cluster_info(self.cluster, server.trim_end_matches('/'), pem))
    }
}

/// The one provider client-go still has; the others in its words.
fn auth_provider(provider: &AuthProvider) -> Outcome<AuthProviderConfig> {
    let instead = match provider.name.as_str() {
        "oidc" => {
            let config = provider.config.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect();
            return Ok(AuthProviderConfig { name: provider.name.clone(), config, ..AuthProviderConfig::default() });
        }
        "gcp" => "gke-gcloud-auth-plugin",
        "azure" => "kubelogin",
        other => {
            let cause = format!("no Auth Provider found for name {:?}", clean_cut(other, 60));
            return Err(Failure::new(Exit::Usage, cause).hint("use a user with a token, a certificate or an exec section"));
        }
    };
    let cause = format!("the {} auth plugin has been removed", provider.name);
    Err(Failure::new(Exit::Usage, cause).hint(format!("use the credential plugin {instead} in an exec section instead")))
}
