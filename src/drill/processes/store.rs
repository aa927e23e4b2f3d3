//! The S3 stand-in: a pod whose port leads to the range's endpoint on loopback, so that `s3.storage.svc` can be
//! reached through a port-forward like any Service of a real cluster.

use super::{Backend, Process};

/// The port of `s3.storage.svc` when the container names none.
const PORT: u16 = 7070;

/// Holds the pod's port open until asked to stop, and follows when the endpoint moves.
pub(super) async fn run(mut process: Process) -> i32 {
    let port = process.container.ports.iter().flatten().find_map(|port| u16::try_from(port.container_port).ok()).unwrap_or(PORT);
    let mut changes = process.world.changes();
    process.say(format!("serving S3 on port {port}"));
    loop {
        let address = process.world.object_store().map(|store| store.address);
        let _open = address.map(|address| process.ports.open(port, Backend::Address(address)));
        process.ready.set(address.is_some());
        let moved = async {
            while process.world.object_store().map(|store| store.address) == address && changes.changed().await.is_ok() {}
        };
        tokio::select! {
            () = process.signals.terminated() => return 0,
            () = moved => {}
        }
    }
}
