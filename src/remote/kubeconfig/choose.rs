//! Which context, cluster and user, and what the flags change about them
//! (client-go `tools/clientcmd/client_config.go`, `getContext`, `getCluster`, `getAuthInfo`).

use std::collections::BTreeMap;
use std::path::Path;

use super::flags::given;
use super::model::{Cluster, Context, Kubeconfig, User};
use super::{Flags, Surroundings};
use crate::api::text::clean_cut;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;

/// What was chosen, flags applied.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub context: Option<String>,
    pub namespace: Option<String>,
    pub user_name: Option<String>,
    pub cluster: Cluster,
    pub user: User,
    pub warnings: Vec<String>,
}

/// Picks by `--context` > current-context, `--cluster` and `--user` > the context's, then applies the field flags.
pub(super) fn choose(config: &Kubeconfig, flags: &Flags, surroundings: &Surroundings) -> Outcome<Choice> {
    let (context_name, context) = context(config, flags)?;
    let mut choice = Choice { context: context_name, ..Choice::default() };
    choice.cluster = cluster(config, flags, &choice, &context)?;
    user(config, flags, &context, &mut choice)?;
    choice.namespace = Some(context.namespace).filter(|namespace| !namespace.is_empty());
    change_cluster(&mut choice.cluster, flags, surroundings);
    change_user(&mut choice.user, flags, surroundings)?;
    Ok(choice)
}

fn context(config: &Kubeconfig, flags: &Flags) -> Outcome<(Option<String>, Context)> {
    if let Some(name) = given(flags.context.as_ref()) {
        let found = config.contexts.get(name).ok_or_else(|| unknown("context", name, &config.contexts))?;
        return Ok((Some(name.to_owned()), found.clone()));
    }
    let name = config.current_context.as_str();
    if !name.is_empty() {
        let found = config.contexts.get(name);
        let missing = || unknown("context", name, &config.contexts).detail("it is the current-context of the kubeconfig");
        return Ok((Some(name.to_owned()), found.ok_or_else(missing)?.clone()));
    }
    if given(flags.cluster.as_ref()).is_some() || given(flags.server.as_ref()).is_some() {
        return Ok((None, Context::default()));
    }
    Err(Failure::new(Exit::Usage, "no context is chosen: the kubeconfig has no current-context")
        .hint(format!("name one with --context; {}", known(&config.contexts))))
}

fn cluster(config: &Kubeconfig, flags: &Flags, choice: &Choice, context: &Context) -> Outcome<Cluster> {
    let flag = given(flags.cluster.as_ref());
    let name = flag.unwrap_or(&context.cluster);
    match config.clusters.get(name) {
        Some(cluster) => Ok(cluster.clone()),
        // An address on the command line replaces the cluster a context forgot to name.
        None if flag.is_none() && given(flags.server.as_ref()).is_some() => Ok(Cluster::default()),
        None if name.is_empty() => Err(Failure::new(Exit::Usage, format!("{} names no cluster", context_words(choice)))
            .hint(format!("name one with --cluster; {}", known(&config.clusters)))),
        None if flag.is_some() => Err(unknown("cluster", name, &config.clusters)),
        None => Err(unknown("cluster", name, &config.clusters).detail(format!("{} names it", context_words(choice)))),
    }
}

fn user(config: &Kubeconfig, flags: &Flags, context: &Context, choice: &mut Choice) -> Outcome<()> {
    let flag = given(flags.user.as_ref());
    let name = flag.unwrap_or(&context.user);
    match config.users.get(name) {
        Some(user) => choice.user = user.clone(),
        None if flag.is_some() => return Err(unknown("auth info", name, &config.users)),
        None if name.is_empty() => return Ok(()),
        // kubectl goes on without credentials here, silently.
        None => choice.warnings.push(format!(
            "user {:?} of {} is not in the kubeconfig: connecting without its credentials",
            clean_cut(name, 80),
            context_words(choice)
        )),
    }
    choice.user_name = Some(name.to_owned());
    Ok(())
}

fn context_words(choice: &Choice) -> String {
    choice.context.as_ref().map_or_else(|| "the kubeconfig".to_owned(), |name| format!("context {:?}", clean_cut(name, 80)))
}

/// kubectl's words for a name that is not there, and the names that may have been meant.
fn unknown<T>(kind: &str, name: &str, names: &BTreeMap<String, T>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("{kind} {:?} does not exist", clean_cut(name, 80)));
    match near(name, names) {
        near if near.is_empty() => failure.hint(known(names)),
        near => failure.hint(format!("did you mean {}?", near.join(" or "))),
    }
}

fn known<T>(names: &BTreeMap<String, T>) -> String {
    if names.is_empty() {
        return "the kubeconfig has none".to_owned();
    }
    let shown: Vec<_> = names.keys().take(8).map(|name| clean_cut(name, 80)).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("the kubeconfig has {}{more}", shown.join(", "))
}

fn near<T>(name: &str, names: &BTreeMap<String, T>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<_> = names
        .keys()
        .map(|known| (strsim::jaro_winkler(&wanted, &known.to_lowercase()), known))
        .filter(|(score, _)| *score > 0.84)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, known)| format!("{:?}", clean_cut(known, 80))).collect()
}

fn set(field: &mut String, flag: Option<&String>) {
    if let Some(text) = given(flag) {
        text.clone_into(field);
    }
}

fn path(flag: Option<&std::path::PathBuf>, surroundings: &Surroundings) -> Option<String> {
    let file: &Path = flag.filter(|file| !file.as_os_str().is_empty())?;
    Some(surroundings.absolute(file).to_string_lossy().into_owned())
}

fn change_cluster(cluster: &mut Cluster, flags: &Flags, surroundings: &Surroundings) {
    let authority = path(flags.certificate_authority.as_ref(), surroundings);
    if flags.insecure_skip_tls_verify || authority.is_some() {
        cluster.insecure_skip_tls_verify = flags.insecure_skip_tls_verify;
        cluster.certificate_authority = authority.unwrap_or_default();
        cluster.certificate_authority_data.clear();
    }
    // A name expected of the kubeconfig's server is not expected of another one.
    if given(flags.server.as_ref()).is_some() {
        cluster.tls_server_name.clear();
    }
    set(&mut cluster.server, flags.server.as_ref());
    set(&mut cluster.tls_server_name, flags.tls_server_name.as_ref());
}

fn change_user(user: &mut User, flags: &Flags, surroundings: &Surroundings) -> Outcome<()> {
    if let Some(certificate) = path(flags.client_certificate.as_ref(), surroundings) {
        user.client_certificate = certificate;
        user.client_certificate_data.clear();
    }
    if let Some(key) = path(flags.client_key.as_ref(), surroundings) {
        user.client_key = key;
        user.client_key_data = Default::default();
    }
    if let Some(token) = flags.token.as_ref().filter(|token| !token.expose().is_empty()) {
        // Providers and helpers give way to a token by themselves; these would not.
        user.token = token.clone();
        user.token_file.clear();
        user.username.clear();
        user.password = Default::default();
    }
    impersonate(user, flags)
}

fn impersonate(user: &mut User, flags: &Flags) -> Outcome<()> {
    set(&mut user.as_user, flags.as_user.as_ref());
    set(&mut user.as_uid, flags.as_uid.as_ref());
    if !flags.as_groups.is_empty() {
        user.as_groups.clone_from(&flags.as_groups);
    }
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in &flags.as_user_extra {
        let (key, value) = pair
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure::new(Exit::Usage, format!("--as-user-extra {:?} is not KEY=VALUE", clean_cut(pair, 80))))?;
        extra.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    user.as_user_extra.extend(extra);
    let half = !user.as_uid.is_empty() || !user.as_groups.is_empty() || !user.as_user_extra.is_empty();
    if half && user.as_user.is_empty() {
        return Err(Failure::new(Exit::Usage, "requesting uid, groups or user-extra without impersonating a user")
            .hint("name the user to impersonate with --as"));
    }
    Ok(())
}
