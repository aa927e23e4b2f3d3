//! kubectl's connection flags, under kubectl's names.

use std::path::PathBuf;

use crate::api::sensitive::Sensitive;

/// The flags every command shares with kubectl (cli-runtime `genericclioptions/config_flags.go`).
///
/// `--username` and `--password` are known only to be refused in words; `--disable-compression` changes nothing,
/// because responses are never asked for compressed. The heading stands at each flag: one for the whole struct would
/// also cover what a command declares after it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The kubeconfig file to use instead of $KUBECONFIG
    #[arg(long, global = true, help_heading = Flags::HEADING, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig context to use
    #[arg(long, global = true, help_heading = Flags::HEADING, value_name = "NAME")]
    pub context: Option<String>,
    /// The kubeconfig cluster to use
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The kubeconfig user to use
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "NAME")]
    pub user: Option<String>,
    /// The namespace to work in
    #[arg(short, long, global = true, help_heading = Flags::HEADING, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// The address of the API server
    #[arg(short, long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "URL")]
    pub server: Option<String>,
    /// The bearer token to authenticate with
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "TOKEN")]
    pub token: Option<Sensitive>,
    /// The user name to impersonate
    #[arg(long = "as", global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "USER")]
    pub as_user: Option<String>,
    /// A group to impersonate; repeatable
    #[arg(long = "as-group", global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "GROUP")]
    pub as_groups: Vec<String>,
    /// The uid to impersonate
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "UID")]
    pub as_uid: Option<String>,
    /// An extra attribute to impersonate; repeatable
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "KEY=VALUE")]
    pub as_user_extra: Vec<String>,
    /// The certificate authority to verify the server with
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// The client certificate to authenticate with
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,
    /// The key of the client certificate
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "FILE")]
    pub client_key: Option<PathBuf>,
    /// Do not verify the server's certificate (insecure)
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    pub insecure_skip_tls_verify: bool,
    /// The name expected in the server's certificate
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "NAME")]
    pub tls_server_name: Option<String>,
    /// How long one request may take, like 30s or 2m; 0 means no limit (followed logs are exempt)
    #[arg(long, global = true, hide_short_help = true, help_heading = Flags::HEADING, value_name = "DURATION")]
    pub request_timeout: Option<String>,
    /// Accepted for kubectl's sake
    #[arg(long, global = true, help_heading = Flags::HEADING, hide = true, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub disable_compression: bool,
    /// Not supported
    #[arg(long, global = true, help_heading = Flags::HEADING, hide = true, value_name = "NAME")]
    pub username: Option<String>,
    /// Not supported
    #[arg(long, global = true, help_heading = Flags::HEADING, hide = true, value_name = "PASSWORD")]
    pub password: Option<Sensitive>,
}

impl Flags {
    /// What help calls them.
    pub const HEADING: &str = "Connection flags";
}

/// A flag's text, when it was given and is not empty: like client-go, an empty flag is no flag.
pub(super) fn given(flag: Option<&String>) -> Option<&str> {
    flag.map(String::as_str).filter(|text| !text.is_empty())
}
