//! End to end on a real control plane: etcd, kube-apiserver, kube-controller-manager and kubectl 1.36, with the
//! operator's own CRDs and admission policies. Here belongs what an embedded server would get wrong: strict validation,
//! defaulting, CEL, admission policies, RBAC, the audit log, the job controller.
//!
//! The servers start once per generation, on first use; tests keep apart by namespace (`ControlPlane::namespace`).
#![expect(clippy::unwrap_used, reason = "everything here is a test or serves one: a panic is a failed test")]

mod harness;

mod audit_log;
mod breakglass;
mod completion;
mod control_plane;
mod faults;
mod follow;
mod likeness;
mod plain_kubectl;
mod rbac;
mod restore;
mod restore_job;
mod runbooks;
mod schema;
mod shown_commands;
mod status;
