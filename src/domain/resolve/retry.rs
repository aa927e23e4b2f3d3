//! `--path retry`: an acknowledgement, refused where it destroys what serves.

use super::{Checkpoint, Refusal, Request};
use crate::domain::evidence::Evidence;
use crate::domain::hazards::{self, Way, Weight};
use crate::exit::Exit;

/// What an acknowledgement may destroy: refused unless accepted by its code.
const DESTROYS: [&str; 3] = ["ack-removes-blue-peers", "ack-runs-version-revert", "green-leads"];

/// Why it is not retried: it destroys what serves, or runs into a resolution by restore. That there is nothing to
/// acknowledge is said by the acknowledgement itself.
pub fn refusal(evidence: &Evidence, request: &Request) -> Option<Refusal> {
    let cluster = evidence.cluster.value()?;
    cluster.active_break_glass()?;
    if Checkpoint::is_noted(cluster) {
        return Some(Refusal::resolution_under_way(cluster));
    }
    let all = hazards::of_resolve(evidence, Way::Retry);
    let accepted = |code: &String| request.accepted.contains(code);
    let hazard = all.iter().find(|h| h.weight == Weight::Danger && DESTROYS.contains(&h.code.as_str()) && !accepted(&h.code))?;
    let (namespace, name) = (&request.namespace, &request.cluster);
    Some(
        Refusal::new(Exit::Refused, format!("a retry is not the way out here: {}", hazard.text))
            .hint(format!(
                "kubectl openbao diagnose rollback {name} -n {namespace}        the other ways, and what speaks for each"
            ))
            .hint(format!("--accept {} retries all the same", hazard.code)),
    )
}
