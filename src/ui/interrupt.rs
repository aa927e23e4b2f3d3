//! Ctrl-C, heard from the moment on that somebody asks for it.

use std::pin::Pin;

use futures_util::FutureExt as _;

/// Ends with the next Ctrl-C from now on, also with one that comes while nobody waits for it: a loop that listens anew in
/// each round does not hear what comes between two rounds.
pub type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Listens from now on.
pub fn interrupt() -> Interrupt {
    let mut listening: Interrupt = Box::pin(async {
        let _ = tokio::signal::ctrl_c().await;
    });
    // Listening begins with the first poll.
    match (&mut listening).now_or_never() {
        Some(()) => Box::pin(std::future::ready(())),
        None => listening,
    }
}
