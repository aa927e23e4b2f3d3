//! The Role for a restore and the one that follows it, on JAN's genuine CRDs: the plan, the write, and the way to the end.

use super::sweep::Crew;
use super::{OPERATOR_NAMESPACE, all_said, end_executors, script};
use crate::harness::{Cluster, ControlPlane, Kubectl, hold, install_holds};
use crate::restore::consent;

/// What following looks at.
const KINDS: [&str; 6] = ["openbaorestores", "openbaoclusters", "jobs", "pods", "events", "pods/log"];
/// The restores' executors.
const EXECUTORS: (&str, &str) = ("restore-", "restore");

/// Somebody restores; the executor goes on until everybody looks.
fn together(crew: &mut Crew<'_>, plane: &ControlPlane, cluster: &Cluster, restorer: &Kubectl, name: &str) {
    let (world, (pods, container)) = (plane.range().world(), EXECUTORS);
    script(world, &cluster.namespace, pods, container, true);
    let args = ["openbao", "restore", "prod", "--key", &cluster.key, "--restore-name", name];
    restorer
        .clone()
        .run([args.map(String::from).to_vec(), consent(restorer, &args), vec!["--no-follow".into()]].concat())
        .success();
    let follow = ["openbao", "follow", name, "--settle", "1s", "--timeout", "4m", "--request-timeout", "60s"];
    crew.together(
        &KINDS,
        |person| all_said(person, &[&follow]),
        || end_executors(plane, world, &cluster.namespace, pods, container),
    );
}

#[test]
fn restoring_and_following_name_each_missing_right() {
    let plane = ControlPlane::jan();
    install_holds(&plane);
    let cluster = Cluster::start(&plane, "without-restore");
    // The Job counts an executor's pod that is taken away as failed, if it looks before that has ended: an operator that looks
    // before the next pod has succeeded would call the restore failed, and nobody would come to look at the servers.
    hold(&plane, &cluster.namespace, "Failed");
    let tested = [("restore", &*cluster.namespace), ("operator", OPERATOR_NAMESPACE)];
    let mut crew = Crew::employ(&plane, "restore", &cluster.namespace, &tested, &[("object-store", "storage")]);
    let plan = ["openbao", "restore", "--key", &cluster.key, "--dry-run=server"];
    crew.each(|person| all_said(person, &[&plan]));
    let restorer = crew.complete();
    together(&mut crew, &plane, &cluster, &restorer, "r1");
    crew.judge();

    let mut crew = Crew::employ(&plane, "follow", &cluster.namespace, &[("follow", &cluster.namespace)], &[]);
    together(&mut crew, &plane, &cluster, &restorer, "r2");
    crew.each(|person| all_said(person, &[&["openbao", "logs", "r2"]]));
    crew.judge();
}
