//! `restore --dry-run --from-report`: the plan as it would have been at the moment of a report.

use std::path::Path;

use super::which::newest_hint;
use super::{Args, DryRun, request, say_how, show_plan};
use crate::commands::from_report;
use crate::domain::restore::plan;
use crate::domain::restore::request::FromFile;
use crate::error::{Failure, Outcome};
use crate::exit::Exit;
use crate::session::Session;

/// Plans over a report and shows the plan; nothing is sent anywhere.
///
/// # Errors
/// Usage: no `--dry-run=client`, no key, no report. The plan is refused.
pub(super) fn run(session: &Session, args: &Args, from_file: Option<FromFile>, path: &Path) -> Outcome<Exit> {
    if args.dry_run != Some(DryRun::Client) {
        let failure = Failure::new(Exit::Usage, "a report is no cluster: --from-report needs --dry-run=client");
        return Err(failure.detail("nothing was written"));
    }
    let named = args.name.as_deref().or_else(|| from_file.as_ref().and_then(|f| f.cluster.as_deref()));
    let report = from_report::read(session, path, named)?;
    let key = args.key.clone().or_else(|| from_file.as_ref().and_then(|f| f.key.clone())).filter(|k| !k.is_empty());
    let Some(key) = key else { return Err(newest_hint(report.evidence())) };
    let evidence = report.about_snapshot(Some(&key));
    if let Some(other) = from_file.as_ref().and_then(|f| f.namespace.as_ref()).filter(|n| **n != evidence.namespace) {
        return Err(Failure::new(
            Exit::Usage,
            format!("the file is for namespace {other} and the report for {}", evidence.namespace),
        ));
    }
    let request = request(args, from_file.as_ref(), &evidence.namespace, &evidence.name, key)?;
    let mut planned = plan(&evidence, &request).map_err(|why| Failure::new(Exit::Failure, why))?;
    planned.notes = from_file.map(|f| f.notes).unwrap_or_default();
    show_plan(session, args, &planned)?;
    say_how(session, args, &planned);
    Ok(Exit::Done)
}
