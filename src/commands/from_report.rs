//! `--from-report`: reading commands on a report instead of a cluster, with neither kubeconfig nor network.

use std::path::{Path, PathBuf};

use crate::api::text::clean;
use crate::domain::evidence::{Evidence, Item};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::report::{self, Report};
use crate::remote::kubeconfig::Flags;
use crate::session::Session;

/// The flag, the same for every command that has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FromReport {
    /// Read a report instead of a cluster: a file or a directory; needs no kubeconfig
    #[arg(long, value_name = "PATH")]
    pub from_report: Option<PathBuf>,
}

/// Reads the report and says that it is one; the cluster in it was read.
///
/// # Errors
/// Usage: connection flags beside it, or no report. Not found: another cluster, or none in it.
pub fn read(session: &Session, path: &Path, cluster: Option<&str>) -> Outcome<Report> {
    if let Some(flag) = connection_flag(&session.connection) {
        let failure =
            Failure::new(Exit::Usage, format!("--from-report and {flag} exclude each other: a report needs no connection"));
        return Err(failure.hint("leave one of the two out"));
    }
    let report = report::read(path)?;
    check(session, report.evidence(), cluster)
        .map_err(|f| f.doing(format!("reading the report {}", clean(&path.display().to_string()))))?;
    let evidence = report.evidence();
    session.ui.say(&format!(
        "from a report of {}/{}, observed at {}; no cluster was asked",
        clean(&evidence.namespace),
        clean(&evidence.name),
        evidence.observed_at
    ));
    Ok(report)
}

/// That it is the cluster asked for, and that it was read.
fn check(session: &Session, evidence: &Evidence, cluster: Option<&str>) -> Outcome<()> {
    // Like everywhere, an empty flag is no flag.
    let namespace = session.connection.namespace.as_ref().filter(|n| !n.is_empty());
    let other = namespace.is_some_and(|n| *n != evidence.namespace) || cluster.is_some_and(|c| c != evidence.name);
    if other {
        let cause = format!("it is a report of {}/{}", clean(&evidence.namespace), clean(&evidence.name));
        return Err(Failure::new(Exit::NotFound, cause).hint("leave the cluster's name out: a report is of one cluster"));
    }
    let unread = |exit, cause: String| {
        Err(Failure::new(exit, cause).hint(format!(
            "the rest of the report needs it: kubectl -n {} get openbaocluster {} -o json",
            clean(&evidence.namespace),
            clean(&evidence.name)
        )))
    };
    match &evidence.cluster {
        Item::Present { .. } => Ok(()),
        Item::Absent => unread(Exit::NotFound, "by it there was no such cluster".into()),
        Item::NotAsked => unread(Exit::NotFound, "it does not hold the cluster (openbaocluster)".into()),
        Item::Forbidden { what } => unread(Exit::NotPermitted, format!("whoever made it was not allowed to {}", clean(what))),
        Item::Failed { why } => unread(Exit::Failure, format!("the cluster could not be read then: {}", clean(why))),
    }
}

/// The first flag given that is about a connection. A namespace is compared with the report's instead.
fn connection_flag(flags: &Flags) -> Option<&'static str> {
    let given = [
        (flags.kubeconfig.is_some(), "--kubeconfig"),
        (flags.context.is_some(), "--context"),
        (flags.cluster.is_some(), "--cluster"),
        (flags.user.is_some(), "--user"),
        (flags.server.is_some(), "--server"),
        (flags.token.is_some(), "--token"),
        (flags.as_user.is_some(), "--as"),
        (!flags.as_groups.is_empty(), "--as-group"),
        (flags.as_uid.is_some(), "--as-uid"),
        (!flags.as_user_extra.is_empty(), "--as-user-extra"),
        (flags.certificate_authority.is_some(), "--certificate-authority"),
        (flags.client_certificate.is_some(), "--client-certificate"),
        (flags.client_key.is_some(), "--client-key"),
        (flags.insecure_skip_tls_verify, "--insecure-skip-tls-verify"),
        (flags.tls_server_name.is_some(), "--tls-server-name"),
        (flags.request_timeout.is_some(), "--request-timeout"),
        (flags.username.is_some(), "--username"),
        (flags.password.is_some(), "--password"),
    ];
    given.into_iter().find(|(is_given, _)| *is_given).map(|(_, name)| name)
}
