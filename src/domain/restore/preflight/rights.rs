//! What the person may do: which permissions a restore needs, and which are missing.

use super::{Check, Grade, Subject, check};
use crate::api::cluster::Target;
use crate::api::generation::Tag;
use crate::domain::evidence::{Evidence, Permission};
use crate::domain::restore::request::Request;

/// Which permissions a restore by this request needs, in the order they are shown.
///
/// From 0.4 the admission policy asks for the custom verb `restore`, for `get` on every referenced Secret and for
/// more where cloud identities or own images are used (F§8.1).
pub fn permissions(request: &Request, target: &Target, from_v04: bool) -> Vec<Permission> {
    let mut all = vec![
        Permission::on("create", "openbao.org", "openbaorestores"),
        Permission::on("get", "openbao.org", "openbaorestores"),
        Permission::on("list", "batch", "jobs"),
        Permission::on("list", "", "pods"),
        Permission::on("get", "", "pods/log"),
    ];
    if from_v04 {
        let cluster = |verb: &str| Permission::on(verb, "openbao.org", "openbaoclusters").named(&request.cluster);
        all.push(cluster("restore"));
        if target.role_arn.is_some() || target.workload_identity.is_some() {
            all.push(cluster("usecloudidentities"));
        }
        if request.image.is_some() {
            all.extend(OWN_IMAGE.map(cluster));
        }
        for secret in [&target.credentials_secret, &request.token_secret].into_iter().flatten() {
            all.push(Permission::on("get", "", "secrets").named(secret));
        }
    }
    all
}

/// Either of these lets a person name an executor image: the verb and its older name (F§8.1).
const OWN_IMAGE: [&str; 2] = ["usecustomexecutables", "usehelperimages"];

/// Permissions without which the API server would refuse the request; the others only cost sight.
fn is_needed(permission: &Permission) -> bool {
    !matches!(permission.verb.as_str(), "list")
        && permission.resource != "pods/log"
        && !(permission.verb == "get" && permission.resource == "openbaorestores")
}
/// A permission and the answer to it; `None` when it was not answered.
type Answered<'a> = (&'a Permission, Option<bool>);

pub(super) fn permission(evidence: &Evidence, subject: &Subject<'_>) -> Check {
    let wanted = permissions(subject.request, subject.target, evidence.generation.checks_restore_verb());
    let own_image = |p: &Permission| OWN_IMAGE.contains(&p.verb.as_str());
    let image_allowed = wanted.iter().any(|p| own_image(p) && evidence.may(p) == Some(true));
    let asked = wanted.iter().filter(|p| !(own_image(p) && image_allowed) || evidence.may(p) == Some(true));
    let answers: Vec<Answered<'_>> = asked.map(|p| (p, evidence.may(p))).collect();
    let words = |which: &dyn Fn(&Answered<'_>) -> bool| -> Vec<String> {
        answers.iter().filter(|a| which(a)).map(|(p, _)| p.words()).collect()
    };
    // The custom verb is certainly asked for only where the generation certainly has the policy.
    let certain = |p: &Permission| p.name.is_none() || !evidence.generation.may_be_at_most(Tag::Jan);
    let refused = words(&|(p, a)| *a == Some(false) && is_needed(p) && certain(p));
    if !refused.is_empty() {
        return check("permission", Grade::Fail, format!("you may not: {}", refused.join(", "))).hint(format!(
            "a Role that is enough: docs/rbac/restore.yaml of the plugin; missing here: {}",
            rules(&answers, &is_needed)
        ));
    }
    let blind = words(&|(p, a)| *a == Some(false) && !is_needed(p));
    let unclear = words(&|(p, a)| a.is_none() || (*a == Some(false) && is_needed(p)));
    match (blind.is_empty(), unclear.is_empty()) {
        (true, true) => check("permission", Grade::Pass, format!("you may: {}", words(&|_| true).join(", "))),
        (false, _) => check(
            "permission",
            Grade::Warn,
            format!("you may create the restore but not: {}; following will show less", blind.join(", ")),
        ),
        (true, false) => check("permission", Grade::Unknown, format!("not known whether you may: {}", unclear.join(", "))),
    }
}

/// The missing rules as a Role would have them.
fn rules(answers: &[Answered<'_>], needed: &dyn Fn(&Permission) -> bool) -> String {
    let rule = |p: &Permission| {
        let group = if p.group.is_empty() { "\"\"" } else { &p.group };
        let name = p.name.as_ref().map_or(String::new(), |n| format!(" resourceNames [{n}]"));
        format!("apiGroups [{group}] resources [{}]{name} verbs [{}]", p.resource, p.verb)
    };
    answers.iter().filter(|(p, a)| *a == Some(false) && needed(p)).map(|(p, _)| rule(p)).collect::<Vec<_>>().join("; ")
}
