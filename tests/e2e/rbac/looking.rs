//! The Roles of the tasks that write nothing: without any single right, what is missing is named.

use super::sweep::Task;
use super::{OPERATOR_NAMESPACE, all_said};
use crate::harness::{Cluster, ControlPlane};

#[test]
fn status_names_each_missing_right() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "without-status");
    cluster.leak_backup_lock(&plane);
    let tested = [("operator", OPERATOR_NAMESPACE), ("status", &cluster.namespace)];
    Task { plane: &plane, name: "status", namespace: &cluster.namespace, beside: &[], tested: &tested }
        .sweep(&[], |person| all_said(person, &[&["openbao", "status"], &["openbao", "status", "prod", "--no-probe"]]));
}

#[test]
fn snapshots_names_each_missing_right() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "without-snapshots");
    let tested = [("snapshots", &*cluster.namespace)];
    let beside = [("object-store", "storage")];
    Task { plane: &plane, name: "snapshots", namespace: &cluster.namespace, beside: &beside, tested: &tested }
        .sweep(&[], |person| {
            all_said(person, &[&["openbao", "snapshots", "list"], &["openbao", "snapshots", "show", &cluster.key]])
        });
}
