//! The local end of a port-forward: a loopback port whose every connection gets a stream of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::remote::tunnel::TunnelError;
use crate::remote::tunnel::dial::{Dial, DialError};

/// A running port-forward; dropping it ends it with all its connections.
pub(super) struct Forward {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    dial: Arc<dyn Dial>,
    host: String,
    port: u16,
    open: AtomicBool,
    failure: Mutex<Option<DialError>>,
}

impl Forward {
    pub async fn start(dial: Arc<dyn Dial>, host: String, port: u16) -> io::Result<Forward> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { dial, host, port, open: AtomicBool::new(false), failure: Mutex::new(None) });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Ok(Forward { address, shared, task })
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether any connection reached the other end.
    pub fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// The first failure on the way to the pod, which a client of the local port cannot see.
    pub fn failure(&self) -> Option<DialError> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        connections.spawn(async move { shared.carry(stream).await });
    }
}

impl Shared {
    async fn carry(&self, mut local: TcpStream) {
        match self.dial.dial(&self.host, self.port).await {
            Err(error) => self.note(error),
            Ok(mut remote) => {
                self.open.store(true, Ordering::Relaxed);
                if let Err(error) = tokio::io::copy_bidirectional(&mut local, &mut remote).await
                    && let Some(refused) = error.get_ref().and_then(|inner| inner.downcast_ref::<TunnelError>())
                {
                    self.note(refused.clone().into());
                }
            }
        }
        // Only now is `local` dropped: the client sees the end after the cause is noted.
    }

    fn note(&self, error: DialError) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}
