//! Reading whole objects over connections that break, and ranges of them.

use super::*;
use crate::remote::object_store::reading::Pace;
use crate::remote::object_store::{Reading, open, range};

const SIZE: usize = GENUINE_SNAPSHOT.len();

/// Waits little between attempts, and for a machine of any speed otherwise.
const QUICK: Pace = Pace { silence: PATIENCE, pause: Duration::from_millis(1) };

async fn reading(server: &Server) -> Reading {
    Reading::open(&store(config(server)), KEY, QUICK).await.unwrap()
}

/// Everything that a reading gives, to its end or its failure.
async fn drained(reading: &mut Reading) -> (Vec<u8>, Result<(), StoreFailure>) {
    let mut all = Vec::new();
    loop {
        match reading.next().await {
            Ok(Some(bytes)) => {
                assert!(!bytes.is_empty());
                all.extend_from_slice(&bytes);
                assert_eq!(reading.position(), all.len() as u64);
            }
            Ok(None) => return (all, Ok(())),
            Err(failure) => return (all, Err(failure)),
        }
    }
}

async fn whole(server: &Server) -> bool {
    let (bytes, end) = drained(&mut reading(server).await).await;
    assert_eq!(end, Ok(()));
    bytes == GENUINE_SNAPSHOT
}

/// The failure that ends a reading, and how many bytes came before.
async fn ends(server: &Server) -> (usize, StoreFailure) {
    let (bytes, end) = drained(&mut reading(server).await).await;
    assert!(GENUINE_SNAPSHOT.starts_with(&bytes), "never anything but the object");
    (bytes.len(), end.unwrap_err())
}

fn statuses(server: &Server) -> Vec<u16> {
    server.requests().into_iter().filter_map(|seen| seen.status).collect()
}

#[tokio::test]
async fn a_whole_object_by_one_request() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    let mut reading = open(&store, KEY).await.unwrap();
    let (bytes, end) = drained(&mut reading).await;
    assert_eq!((bytes.as_slice(), end), (GENUINE_SNAPSHOT, Ok(())));
    assert_eq!(reading.next().await, Ok(None), "the end stays the end");
    assert_eq!(statuses(&server), [200]);
    assert_eq!(Ok(reading.head), head(&store, KEY, PATIENCE).await);
}

#[tokio::test]
async fn an_empty_object_and_none() {
    let server = server(S3Options::default()).await;
    server.put("snapshots", KEY, "");
    assert_eq!(drained(&mut reading(&server).await).await, (vec![], Ok(())));
    let missing = open(&store(config(&server)), "other.snap").await.err().map(|failure| failure.trouble);
    assert_eq!(missing, Some(Trouble::KeyMissing));
}

#[tokio::test]
async fn a_read_that_breaks_goes_on_where_it_was() {
    let server = server(S3Options::default()).await;
    // Four answers are needed then, the last one a little shorter.
    server.fail_reads(Fault::CutAfter(SIZE / 4 + 1), usize::MAX);
    assert!(whole(&server).await);
    assert_eq!(statuses(&server), [200, 206, 206, 206]);
}

#[tokio::test]
async fn slow_reads_are_reads() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::Slow(4096, Duration::from_millis(1)), usize::MAX);
    assert!(whole(&server).await);
    assert_eq!(statuses(&server), [200]);
}

#[tokio::test]
async fn a_connection_that_brings_nothing_is_left() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::Silent(1000), 1);
    let pace = Pace { silence: Duration::from_millis(100), ..QUICK };
    // The first answer must come before the silence is judged, however slow the machine.
    let mut reading = Reading::open(&store(config(&server)), KEY, QUICK).await.unwrap().with_pace(pace);
    assert_eq!(drained(&mut reading).await, (GENUINE_SNAPSHOT.to_vec(), Ok(())));
    assert!(server.requests().len() >= 2);
}

#[tokio::test]
async fn five_attempts_without_a_byte_are_enough() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::CutAfter(0), usize::MAX);
    let (came, failure) = ends(&server).await;
    assert_eq!((came, &failure.trouble), (1000, &Trouble::Unreachable));
    let start = format!("reading came to byte 1000 of {SIZE} and 5 attempts to go on brought nothing: ");
    assert!(failure.cause.starts_with(&start), "{}", failure.cause);
    assert_eq!(statuses(&server), [200, 206, 206, 206, 206, 206]);
}

#[tokio::test]
async fn a_byte_gives_new_patience() {
    let server = server(S3Options::default()).await;
    for _ in 0..3 {
        server.fail_reads(Fault::CutAfter(1), 1);
        server.fail_reads(Fault::CutAfter(0), 4);
    }
    assert!(whole(&server).await);
    assert_eq!(statuses(&server).len(), 16);
}

#[tokio::test]
async fn a_store_that_fails_in_between_is_asked_again() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::Status(503), 3);
    assert!(whole(&server).await);
    assert_eq!(statuses(&server), [200, 503, 503, 503, 206]);
    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::Status(500), usize::MAX);
    assert_eq!(ends(&server).await.1.trouble, Trouble::Server(500));
}

#[tokio::test]
async fn an_object_that_is_replaced_is_never_mixed_with_the_new_one() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    let mut other = GENUINE_SNAPSHOT.to_vec();
    other[SIZE - 1] ^= 1;
    server.replace_after("snapshots", KEY, 1, other);
    let (came, failure) = ends(&server).await;
    assert_eq!((came, &failure.trouble), (1000, &Trouble::Changed));
    assert_eq!(failure.cause, format!("the object {KEY} was replaced while it was read"));
    assert_eq!(statuses(&server), [200, 412]);
}

#[tokio::test]
async fn an_object_that_is_removed_meanwhile() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    let mut reading = reading(&server).await;
    server.remove("snapshots", KEY);
    let failure = drained(&mut reading).await.1.unwrap_err();
    assert_eq!(failure.trouble, Trouble::Changed);
    assert_eq!(failure.cause, format!("the object {KEY} was removed while it was read"));
}

#[tokio::test]
async fn a_right_that_is_lost_meanwhile_is_not_asked_for_again() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    let mut reading = reading(&server).await;
    server.edit("snapshots", |bucket| bucket.read_denied = true);
    let failure = drained(&mut reading).await.1.unwrap_err();
    assert_eq!(failure.trouble, Trouble::AccessDenied);
    assert!(failure.cause.contains("they lack s3:GetObject"), "{failure}");
    assert_eq!(statuses(&server), [200, 403]);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_is_noticed() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::IgnoreRange, usize::MAX);
    let (came, failure) = ends(&server).await;
    assert_eq!((came, &failure.trouble), (1000, &Trouble::Other));
    assert!(failure.cause.ends_with("does not keep to ranges: asked for byte 1000, it sent byte 0"), "{failure}");
}

#[tokio::test]
async fn more_or_less_than_there_is() {
    let server = server(S3Options::default()).await;
    server.fail_reads(Fault::Surplus, 1);
    let unknown = open(&store(config(&server)), KEY).await.err().map(|failure| failure.cause);
    assert_eq!(unknown.as_deref(), Some("the store did not say how big the object is"));

    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::Surplus, 1);
    let (_, failure) = ends(&server).await;
    assert_eq!(failure.trouble, Trouble::Other);
    assert_eq!(failure.cause, format!("the store sent more than the {SIZE} bytes that it said the object has"));

    server.fail_reads(Fault::CutAfter(1000), 1);
    server.fail_reads(Fault::Short(1000), 3);
    assert!(whole(&server).await, "an answer that ends early is a break");
}

#[tokio::test]
async fn the_tail_and_other_ranges() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    let etag = head(&store, KEY, PATIENCE).await.unwrap().etag;
    let read = async |from: usize, length, etag| range(&store, KEY, from as u64, length, etag, PATIENCE).await;
    let tail = SIZE - 8192;
    assert_eq!(read(tail, 8192, etag.as_deref()).await, Ok(Bytes::from_static(&GENUINE_SNAPSHOT[tail..])));
    assert_eq!(read(5, 3, None).await, Ok(Bytes::from_static(&GENUINE_SNAPSHOT[5..8])));
    assert_eq!(read(SIZE - 3, 100, None).await.map(|bytes| bytes.len()), Ok(3));
    assert_eq!(read(SIZE, 100, etag.as_deref()).await, Ok(Bytes::new()));
    let before = server.requests().len();
    assert_eq!(read(5, 0, None).await, Ok(Bytes::new()));
    assert_eq!(server.requests().len(), before, "nothing needs no request");
    assert_eq!(read(tail, 8192, Some("\"other\"")).await.unwrap_err().trouble, Trouble::Changed);
    assert_eq!(read(tail, 8192, Some("W/\"other\"")).await.unwrap_err().trouble, Trouble::Changed, "compared here");
}

#[tokio::test]
async fn a_range_that_breaks_or_is_ignored() {
    let server = server(S3Options::default()).await;
    let store = store(config(&server));
    server.fail_reads(Fault::CutAfter(10), 1);
    let expected = Ok(Bytes::from_static(&GENUINE_SNAPSHOT[100..200]));
    assert_eq!(range(&store, KEY, 100, 100, None, PATIENCE).await, expected, "the second attempt works");
    server.fail_reads(Fault::Short(10), 2);
    let short = range(&store, KEY, 100, 100, None, PATIENCE).await.unwrap_err();
    assert_eq!((short.trouble, short.cause.as_str()), (Trouble::Unreachable, "the answer ended too early"));
    server.fail_reads(Fault::IgnoreRange, 2);
    let start = Ok(Bytes::from_static(&GENUINE_SNAPSHOT[..100]));
    assert_eq!(range(&store, KEY, 0, 100, None, PATIENCE).await, start, "from the start it makes no difference");
    let ignored = range(&store, KEY, 100, 100, None, PATIENCE).await.unwrap_err();
    assert!(ignored.cause.contains("does not keep to ranges"), "{ignored}");
}
