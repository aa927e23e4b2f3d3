//! Everything that can be wrong with a way into a bucket: one clear line each.

use super::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scratch() {
    let place = Place::new().await;
    let key = place.genuine("2026-03-01T03-00-00Z-cccccccc.snap").await;
    let _ = key;
}
