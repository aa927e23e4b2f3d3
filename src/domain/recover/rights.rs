//! What the person must be allowed, to settle a restore: the write itself, and what the operator's policy asks beside it.

use super::checks::{Check, Grade, Subject, check};
use super::{Means, means};
use crate::api::restore::Restore;
use crate::domain::evidence::{Evidence, Item, Permission};

const GROUP: &str = "openbao.org";

/// Which permissions are asked for: the write's own first. Empty where it is not known how the decision is taken.
pub fn permissions(evidence: &Evidence, restore: &Restore) -> Vec<Permission> {
    let own = |verb: &str| Permission::on(verb, GROUP, "openbaorestores").named(&restore.meta.name);
    match means(evidence, restore) {
        None => Vec::new(),
        Some(Means::Deletion) => vec![own("delete")],
        // Annotating is a change: the policy judges the restore as if it were created (F§8.1).
        Some(Means::Acknowledgement) => {
            let secrets = [&restore.target.credentials_secret, &restore.token_secret];
            let secret = |name: &String| Permission::on("get", "", "secrets").named(name);
            let mut all = vec![own("patch"), Permission::on("restore", GROUP, "openbaoclusters").named(&restore.cluster)];
            all.extend(secrets.into_iter().flatten().map(secret));
            all
        }
    }
}

/// What is missing. The write's own right refuses the plan; of what only a policy asks for the API server has the last word.
pub(super) fn permission(subject: &Subject<'_>) -> Option<Check> {
    let wanted = permissions(subject.evidence, subject.restore);
    let own = wanted.first()?;
    let with = |answer: Option<bool>| -> Vec<String> {
        let asked = subject.evidence.permissions.iter().filter(|(p, _)| wanted.contains(p));
        asked.filter(|(_, item)| Item::value(item).copied() == answer).map(|(p, _)| p.words()).collect()
    };
    let (missing, unanswered) = (with(Some(false)), with(None));
    if subject.evidence.may(own) == Some(false) {
        return Some(
            check("permission", Grade::Fail, format!("you may not: {}", missing.join(", ")))
                .hint("a Role that is enough: docs/rbac/recover.yaml of the plugin"),
        );
    }
    if !missing.is_empty() {
        let text = format!("you may not: {}; the operator's policy asks for it, and may refuse the decision", missing.join(", "));
        return Some(
            check("permission", Grade::Unknown, text).hint("a Role that is enough: docs/rbac/recover.yaml of the plugin"),
        );
    }
    let text = format!("not known whether you may: {}", unanswered.join(", "));
    (!unanswered.is_empty()).then(|| check("permission", Grade::Unknown, text))
}
