//! Somebody else at the same moment: who was first, and what both are told.

use std::collections::BTreeMap;

use super::Errand;
use crate::api::restore::Restore;
use crate::domain::crossing::{acknowledgement_unseen, other_restores_unseen};
use crate::error::Failure;
use crate::exit::Exit;
use crate::gather::live;
use crate::remote::k8s::{ApiError, ApiErrorKind};
use crate::ui::Style;

impl Errand<'_> {
    /// The API server's refusal. Whoever restores the same cluster at the same moment makes the same name, and was first.
    pub(super) fn not_created(&self, error: &ApiError, name: &str, namespace: &str) -> Failure {
        let failure = error.failure("").detail("nothing was written");
        if error.kind != ApiErrorKind::AlreadyExists || self.args.restore_name.is_some() {
            return failure;
        }
        Failure::new(
            Exit::WorldChanged,
            format!(
                "somebody else asked for a restore at the same moment, or an earlier request came late: openbaorestore {name}"
            ),
        )
        .detail("nothing was written: the API server took that one and refused this one")
        .hint(format!("kubectl openbao follow {name} -n {namespace}        that one; it may be from another snapshot than yours"))
    }

    /// What others asked for since the last look: the API server cannot know of it by our write.
    pub(super) async fn tell_unseen(&self, facts: &BTreeMap<String, String>, restore: &Restore) {
        let (ui, name, namespace) = (&self.session.ui, &restore.meta.name, &restore.meta.namespace);
        let Ok(now) = live::jobs(&self.connected.kube, namespace, &restore.cluster).await else { return };
        let look = |text: String| ui.insist(&format!("  {}  {text}", ui.err(Style::Attention, "look")));
        if let Some(nonce) = acknowledgement_unseen(facts, &now) {
            look(format!(
                "break glass was acknowledged ({nonce}) at the same moment: rollback and restore follow each other, over the same data"
            ));
            ui.insist(&format!("  kubectl openbao breakglass show {} -n {namespace}", restore.cluster));
        }
        for other in other_restores_unseen(facts, name, &now) {
            look(format!("restore {other} was asked for at the same moment: both will run, one after the other"));
            ui.insist(&format!("  kubectl -n {namespace} delete openbaorestore {name}        if this one must not run, as long as it has not begun"));
        }
    }
}
