//! The main job through real `kubectl openbao restore` against the operator's real schema, policies and RBAC: what
//! reaches the API server, and what does not.

use kubectl_openbao::session::USER_AGENT;
use serde_json::{Value, json};

use crate::harness::{AuditEvent, Cluster, ControlPlane, Kubectl, Words, bind, rights, role, take};

const ONCALL: &str = "oncall";

/// A cluster under a leaked Backup lock, and somebody with the Roles of `docs/rbac`, except a right that is left out.
pub fn stuck(plane: &ControlPlane, prefix: &str, without: Option<Words<'_>>) -> Cluster {
    let cluster = Cluster::start(plane, prefix);
    cluster.leak_backup_lock(plane);
    let mut restore = role("restore");
    if let Some(words) = without {
        let gone = rights(&restore).into_iter().find(|right| right.is(words)).unwrap();
        take(&mut restore, &gone);
    }
    bind(plane, ONCALL, &cluster.namespace, restore);
    bind(plane, ONCALL, "openbao-operator-system", role("operator"));
    bind(plane, ONCALL, "storage", role("object-store"));
    cluster
}

/// The main job to its verified end; what was said.
pub fn oncall_restores(plane: &ControlPlane, cluster: &Cluster) -> String {
    let (_, consent) = planned(plane, cluster);
    let args = [words(cluster), consent, ["--settle", "1s"].map(String::from).into()].concat();
    oncall(plane, cluster).run(args).everything(0)
}

fn oncall(plane: &ControlPlane, cluster: &Cluster) -> Kubectl {
    plane.kubectl_as(ONCALL, &cluster.namespace)
}

fn words(cluster: &Cluster) -> Vec<String> {
    ["openbao", "restore", "prod", "--key", &cluster.key, "--override-lock"].map(String::from).into()
}

/// The plan as a script reads it, and the flags of consent that follow from it.
fn planned(plane: &ControlPlane, cluster: &Cluster) -> (Value, Vec<String>) {
    plan_and_consent(&oncall(plane, cluster), &words(cluster))
}

/// The flags by which a script agrees to a restore's plan.
pub fn consent(person: &Kubectl, args: &[&str]) -> Vec<String> {
    plan_and_consent(person, &args.iter().copied().map(str::to_owned).collect::<Vec<_>>()).1
}

fn plan_and_consent(person: &Kubectl, args: &[String]) -> (Value, Vec<String>) {
    let dry_run = ["--dry-run=client", "-o", "json"].map(String::from);
    let plan: Value = serde_json::from_str(&person.clone().run([args, &dry_run].concat()).success()).unwrap();
    let consent = &plan["consent"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut flags = vec!["--confirm".into(), text(&consent["phrase"]), "--reason".into(), "the backup is dead".into()];
    for code in consent["accept"].as_array().unwrap() {
        flags.extend(["--accept".into(), text(code)]);
    }
    (plan, flags)
}

/// What somebody asked the API server to change in a namespace, in order.
fn writes(plane: &ControlPlane, cluster: &Cluster) -> Vec<AuditEvent> {
    plane.audit(|event| event.user() == ONCALL && event.namespace() == cluster.namespace && event.is_write())
}

fn outlines(events: &[AuditEvent]) -> Vec<String> {
    events.iter().map(AuditEvent::outline).collect()
}

/// Carries the restore out without following it and checks all that reached the API server.
fn one_dry_run_then_one_create(plane: &ControlPlane, prefix: &str, image_field: &str) {
    let cluster = stuck(plane, prefix, None);
    let (plan, consent) = planned(plane, &cluster);
    assert_eq!(outlines(&writes(plane, &cluster)), Vec::<String>::new(), "a plan writes nothing");
    let args = [words(&cluster), consent, vec!["--no-follow".into()]].concat();
    oncall(plane, &cluster).run(args).success();

    let writes = writes(plane, &cluster);
    assert_eq!(outlines(&writes), ["create openbaorestores (dry run) 201", "create openbaorestores 201"]);
    for write in &writes {
        assert!(write.uri.contains("fieldValidation=Strict"), "{}", write.uri);
        assert_eq!(write.user_agent, USER_AGENT);
    }
    let created = writes[1].request_object.as_ref().unwrap();
    assert_eq!(created["spec"]["overrideOperationLock"], true);
    assert_eq!(created["spec"]["source"]["key"], cluster.key);
    assert_eq!(created["spec"].get(image_field), plan["manifest"]["spec"].get(image_field));
    assert_eq!(created["metadata"]["annotations"]["cli.openbao.org/reason"], "the backup is dead");
    assert_eq!(created["metadata"]["annotations"]["cli.openbao.org/requested-by"], ONCALL);
    let everything = plane.audit(|event| event.user() == ONCALL && event.user_agent != USER_AGENT);
    assert_eq!(outlines(&everything), Vec::<String>::new(), "every request carries our user agent");
}

#[test]
fn on_jan_a_restore_is_one_dry_run_and_one_create() {
    one_dry_run_then_one_create(&ControlPlane::jan(), "restore-jan", "image");
}

#[test]
fn on_p4_a_restore_is_one_dry_run_and_one_create() {
    one_dry_run_then_one_create(&ControlPlane::p4(), "restore-p4", "executorImage");
}

/// A rule of the site that no preflight can know: the dry run meets it, and nothing is created.
#[test]
fn a_policys_denial_is_put_in_words_and_nothing_is_written() {
    let plane = ControlPlane::jan();
    let cluster = stuck(&plane, "frozen", None);
    plane.freeze_restores(&cluster.namespace, "restores are frozen until Monday.");
    let (_, consent) = planned(&plane, &cluster);
    let said = oncall(&plane, &cluster).run([words(&cluster), consent, vec!["--no-follow".into()]].concat()).failure(4);
    assert!(said.contains("does not allow it: restores are frozen until Monday."), "{said}");
    assert_eq!(outlines(&writes(&plane, &cluster)), ["create openbaorestores (dry run) 422"]);
    let left = plane.kubectl().run(["get", "openbaorestores", "--namespace", &cluster.namespace, "-o", "name"]).success();
    assert_eq!(left, "");
}

#[test]
fn without_the_right_to_create_preflight_names_the_role() {
    let plane = ControlPlane::jan();
    let cluster = stuck(&plane, "may-not", Some(("openbaorestores", "create")));
    let said = oncall(&plane, &cluster).run(words(&cluster)).failure(6);
    assert!(said.contains("apiGroups [openbao.org] resources [openbaorestores] verbs [create]"), "{said}");
    assert_eq!(outlines(&writes(&plane, &cluster)), Vec::<String>::new());
}

/// The whole way: the operator takes the object, clears the lock, runs the Job; the log is shown, the end is verified.
#[test]
fn the_main_job_from_stuck_lock_to_verified_end() {
    let plane = ControlPlane::jan();
    let cluster = stuck(&plane, "main-job", None);
    let said = oncall_restores(&plane, &cluster);
    assert!(said.contains("Starting restore operation..."), "the Job's log is shown: {said}");
    let get = ["get", "openbaocluster", "prod", "--namespace", &cluster.namespace, "-o", "json"];
    let after: Value = serde_json::from_str(&plane.kubectl().run(get).success()).unwrap();
    assert_eq!(after["status"].get("operationLock").unwrap_or(&json!(null)), &json!(null), "{after:#}");
    assert_eq!(outlines(&writes(&plane, &cluster)).len(), 2);
}

/// The operator says `Completed` and the cluster `Running` while every server is sealed (F§15.2.7): not fine.
#[test]
fn a_foreign_snapshot_is_not_called_fine() {
    let plane = ControlPlane::jan();
    let mut cluster = stuck(&plane, "foreign", None);
    cluster.key = plane.range().store_foreign_snapshot(&cluster.namespace);
    let (_, consent) = planned(&plane, &cluster);
    let args = [words(&cluster), consent, ["--settle", "2s"].map(String::from).into()].concat();
    let said = oncall(&plane, &cluster).run(args).everything(3);
    assert!(said.contains("is not fine: 3 of 3 servers are sealed"), "{said}");
}
