//! Which cluster's bucket is meant, and the way into it.

use crate::commands::target::TargetArgs;
use crate::commands::{pick_cluster, status};
use crate::domain::evidence::{Evidence, StoreAnswer};
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::gather::bucket::{self, Bucket};
use crate::remote::object_store::{StoreFailure, Trouble};
use crate::session::{Connected, Session};

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
pub async fn open(session: &Session, named: Option<&str>, args: &TargetArgs) -> Outcome<Opened> {
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
pub async fn bucket_of(session: &Session, connected: &Connected, evidence: &mut Evidence, args: &TargetArgs) -> Outcome<Bucket> {
    let own = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()).and_then(|b| b.target.clone());
    let target = args.given().over(own.unwrap_or_default());
    let opened = bucket::open(&connected.kube, evidence, &target, args.credentials).await;
    session.pass_on_notices(&connected.kube);
    let doing = format!("opening the bucket of {}/{}", evidence.namespace, evidence.name);
    opened.map_err(|answer| {
        not_opened(&answer)
            .doing(doing)
            .hint("--credentials=env and --bucket NAME looks with your own credentials, where you say")
    })
}

/// Why there is no way into the bucket.
pub fn not_opened(answer: &StoreAnswer) -> Failure {
    match answer {
        StoreAnswer::NotChecked { why } | StoreAnswer::Denied { why } => Failure::new(Exit::Failure, why.clone()),
        _ => Failure::new(Exit::Failure, "the bucket cannot be asked"),
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
        Trouble::NoCredentials => "--credentials=env asks with your own, --credentials=secret with the cluster's".to_owned(),
        Trouble::AccessDenied | Trouble::BadCredentials => {
            "--credentials=env asks with your own credentials (variables, profiles and sign-ins of the provider's tools), \
             --credentials=secret with the cluster's"
                .to_owned()
        }
        Trouble::WrongRegion(Some(region)) => format!("--region {region}"),
        Trouble::WrongRegion(None) => "--region NAME names another one".to_owned(),
        Trouble::Changed => "the same command again reads the object that is there now".to_owned(),
        Trouble::Server(_) => "run the same command again in a moment".to_owned(),
        Trouble::TunnelForbidden => "a Role that is enough: docs/rbac/object-store.yaml of the plugin".to_owned(),
        _ => "--endpoint URL names the store as it is reached from here".to_owned(),
    })
}
