//! The Roles of the tasks that write nothing: without any single right, what is missing is named.

use super::sweep::Crew;
use super::{OPERATOR_NAMESPACE, all_said};
use crate::harness::{Cluster, ControlPlane};

#[test]
fn status_names_each_missing_right() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "without-status");
    cluster.leak_backup_lock(&plane);
    let tested = [("status", &*cluster.namespace), ("operator", OPERATOR_NAMESPACE)];
    let mut crew = Crew::employ(&plane, "status", &cluster.namespace, &tested, &[]);
    crew.each(|person| all_said(person, &[&["openbao", "status"], &["openbao", "status", "prod", "--no-probe"]]));
    crew.judge();
}

#[test]
fn snapshots_name_each_missing_right() {
    let plane = ControlPlane::jan();
    let cluster = Cluster::start(&plane, "without-snapshots");
    let tested = [("snapshots", &*cluster.namespace), ("object-store", "storage")];
    let mut crew = Crew::employ(&plane, "snapshots", &cluster.namespace, &tested, &[]);
    crew.each(|person| all_said(person, &[&["openbao", "snapshots", "list"], &["openbao", "snapshots", "show", &cluster.key]]));
    crew.judge();
}
