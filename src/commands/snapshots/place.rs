//! Which cluster's bucket is meant, and the way into it.

use crate::api::cluster::Target;
use crate::commands::{pick_cluster, status};
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::bucket::{self, Bucket};
use crate::gather::snapshot::CredentialsFrom;
use crate::remote::object_store::{StoreFailure, Trouble};
use crate::session::{Connected, Session};

/// Where the bucket is, when not where the cluster's own backups go, and whose credentials open it.
#[derive(Debug, Clone, clap::Args)]
pub struct BucketArgs {
    /// Whose credentials: the cluster's Secret or your own environment
    #[arg(
        long,
        value_enum,
        default_value = "secret",
        hide_default_value = true,
        value_name = "FROM",
        help_heading = "Bucket (default: the cluster's spec.backup.target)"
    )]
    credentials: CredentialsFrom,
    /// URL of the object store
    #[arg(long, value_name = "URL", help_heading = "Bucket (default: the cluster's spec.backup.target)")]
    endpoint: Option<String>,
    /// Bucket
    #[arg(long, value_name = "NAME", help_heading = "Bucket (default: the cluster's spec.backup.target)")]
    bucket: Option<String>,
    /// Region
    #[arg(long, value_name = "NAME", help_heading = "Bucket (default: the cluster's spec.backup.target)")]
    region: Option<String>,
}

/// An open bucket, and what is known of its cluster.
pub struct Opened {
    /// The cluster and what is around it.
    pub evidence: Evidence,
    /// The bucket.
    pub bucket: Bucket,
}

/// Reads the cluster and opens its bucket.
///
/// # Errors
/// No connection, no such cluster, no bucket known, no credentials.
pub async fn open(session: &Session, named: Option<&str>, args: &BucketArgs) -> Outcome<Opened> {
    let connected = session.connect()?;
    let name = pick_cluster(session, &connected, named).await?;
    let mut evidence = status::read(&connected, &name).await?;
    let bucket = bucket_of(session, &connected, &mut evidence, args).await?;
    Ok(Opened { evidence, bucket })
}

/// Opens the bucket of a cluster that was read.
///
/// # Errors
/// No bucket known, no credentials.
pub async fn bucket_of(session: &Session, connected: &Connected, evidence: &mut Evidence, args: &BucketArgs) -> Outcome<Bucket> {
    let target = args.target(evidence);
    let opened = bucket::open(&connected.kube, evidence, &target, args.credentials).await;
    session.pass_on_notices(&connected.kube);
    let doing = format!("opening the bucket of {}/{}", evidence.namespace, evidence.name);
    opened.map_err(|answer| {
        not_opened(&answer).doing(doing).hint("--credentials=env and --bucket NAME look with your own credentials, where you say")
    })
}

/// Why there is no way into the bucket.
pub fn not_opened(answer: &StoreAnswer) -> Failure {
    match answer {
        StoreAnswer::NotChecked { why } | StoreAnswer::Denied { why } => Failure::new(Exit::Failure, why.clone()),
        _ => Failure::new(Exit::Failure, "the bucket cannot be asked"),
    }
}

impl BucketArgs {
    fn target(&self, evidence: &Evidence) -> Target {
        let own = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
        let own = own.unwrap_or_default();
        let given = Target {
            endpoint: self.endpoint.clone(),
            bucket: self.bucket.clone(),
            region: self.region.clone(),
            ..Target::default()
        };
        given.over(own)
    }
}

/// Why the store did not do it.
pub fn failed(failure: &StoreFailure) -> Failure {
    let exit = match failure.trouble {
        Trouble::AccessDenied | Trouble::BadCredentials | Trouble::NoCredentials | Trouble::TunnelForbidden => Exit::NotPermitted,
        Trouble::KeyMissing | Trouble::BucketMissing => Exit::NotFound,
        Trouble::Changed => Exit::WorldChanged,
        _ => Exit::Failure,
    };
    let who = if failure.trouble == Trouble::NoCredentials { "the cause" } else { "the store says" };
    let said = failure.server.as_ref().map(|server| format!("{who}: {server}"));
    let all = Failure::new(exit, failure.cause.clone());
    let all = said.into_iter().fold(all, Failure::detail);
    all.hint(match &failure.trouble {
        Trouble::KeyMissing => "kubectl openbao snapshots list CLUSTER shows what is there".to_owned(),
        Trouble::BucketMissing => "--bucket NAME names another one".to_owned(),
        Trouble::NoCredentials => "--credentials=secret asks with the cluster's own".to_owned(),
        Trouble::AccessDenied | Trouble::BadCredentials => {
            "--credentials=env asks with your own credentials (AWS_… variables, profiles), --credentials=secret with the cluster's"
                .to_owned()
        }
        Trouble::WrongRegion(Some(region)) => format!("--region {region}"),
        Trouble::WrongRegion(None) => "--region NAME names another one".to_owned(),
        Trouble::Changed => "run it again: it reads the object that is there now".to_owned(),
        Trouble::TunnelForbidden => "a Role that is enough: docs/rbac/object-store.yaml of the plugin".to_owned(),
        _ => "--endpoint URL names the store as it is reached from here".to_owned(),
    })
}
