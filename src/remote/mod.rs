//! The network: the Kubernetes API, the object store, OpenBao itself. Nothing here decides or prints.

pub mod clusters;
pub mod k8s;
pub mod kubeconfig;
pub mod logs;
pub mod object_store;
pub mod openbao;
pub mod restores;
pub mod tunnel;
pub mod watch;
pub mod writes;
