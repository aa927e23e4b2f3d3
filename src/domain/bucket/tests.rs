//! Buckets of a million snapshots, and what lies in them beside.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::find::{Answer, Ask, Search, Step};

/// A bucket that answers as S3 does.
struct Bucket(BTreeSet<String>);

const PAGE: usize = 1000;

impl Bucket {
    fn answer(&self, ask: &Ask) -> Answer {
        let mut answer = Answer::default();
        let mut from = ask.start_after.clone().unwrap_or_default().max(ask.prefix.clone());
        let mut exclusive = ask.start_after.is_some();
        loop {
            use std::ops::Bound;
            let lower = if exclusive { Bound::Excluded(from.clone()) } else { Bound::Included(from.clone()) };
            let Some(key) = self.0.range((lower, Bound::Unbounded)).next().filter(|key| key.starts_with(&ask.prefix)) else {
                return answer;
            };
            if answer.keys.len() + answer.beginnings.len() == PAGE {
                answer.more = true;
                return answer;
            }
            let rest = &key[ask.prefix.len()..];
            match ask.delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| at + delimiter.len())) {
                Some(end) => {
                    let beginning = key[..ask.prefix.len() + end].to_owned();
                    from = format!("{beginning}\u{10ffff}");
                    answer.beginnings.push(beginning);
                }
                None => {
                    from = key.clone();
                    answer.keys.push(key.clone());
                }
            }
            exclusive = true;
        }
    }

    fn newest(&self, bound: &str) -> (Option<String>, usize) {
        let (mut search, mut step) = Search::begin("x/bao/prod/", bound.parse().expect("a time"));
        let mut asked = 0;
        loop {
            match step {
                Step::Found(key) => return (key, asked),
                Step::Ask(ask) => {
                    asked += 1;
                    assert!(asked < 20, "it goes in circles: {ask:?}");
                    step = search.next(&self.answer(&ask));
                }
            }
        }
    }

    /// By looking at every key.
    fn expected(&self, bound: &str) -> Option<String> {
        let stamp = |key: &str| {
            let name = key.strip_prefix("x/bao/prod/")?;
            let name = name.strip_prefix("pre-upgrade-").unwrap_or(name);
            (name.len() == 34 && name.starts_with("20")).then(|| name[..20].to_owned())
        };
        let bound = bound.replace(':', "-");
        let all = self.0.iter().filter_map(|key| Some((stamp(key)?, key.clone())));
        all.filter(|(at, _)| *at <= bound).max().map(|(_, key)| key)
    }
}

fn key(kind: &str, at: Timestamp, random: u64) -> String {
    format!("x/bao/prod/{kind}{}-{:08x}.snap", at.strftime("%Y-%m-%dT%H-%M-%SZ"), random & 0xffff_ffff)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn every(seconds: i64, count: i64, until: &str, kind: &str) -> impl Iterator<Item = String> {
    let (until, kind) = (at(until), kind.to_owned());
    (0..count).map(move |i| {
        key(&kind, until - jiff::SignedDuration::from_secs(seconds * i), u64::try_from(i).expect("small") * 2_654_435_761)
    })
}

#[test]
fn six_requests_are_enough_for_a_million() {
    let others = || {
        let junk = [
            "x/bao/prod/README",
            "x/bao/prod/Tables/T",
            "x/bao/prod/2026-11-99T",
            "x/bao/prod/zzz-T-1.snap",
            "x/bao/prod/2026",
            "y",
        ];
        let neighbours = (0..2000).map(|i| format!("x/bao/cluster-{i:04}/2026-11-21T00-00-00Z-{i:08x}.snap"));
        junk.map(str::to_owned).into_iter().chain(neighbours)
    };
    let shapes: Vec<(&str, Vec<String>)> = vec![
        ("hourly, for years", every(3600, 40_000, "2026-11-21T03:00:00Z", "").collect()),
        ("a million, one a minute", every(60, 1_000_000, "2026-11-21T03:00:07Z", "").collect()),
        ("a hundred thousand in one day", every(1, 80_000, "2026-11-20T23:00:00Z", "").collect()),
        ("the last one long ago", every(86_400, 900, "2022-02-03T04:05:06Z", "").collect()),
        ("upgrades only, long ago", every(86_400, 90, "2022-02-03T04:05:06Z", "pre-upgrade-").collect()),
        (
            "both, long ago",
            every(86_400, 90, "2022-02-03T04:05:06Z", "pre-upgrade-")
                .chain(every(86_400, 90, "2022-01-05T01:05:06Z", ""))
                .collect(),
        ),
        (
            "an upgrade before the last of the others, long ago",
            every(86_400, 2, "2022-02-03T04:05:06Z", "pre-upgrade-")
                .chain(every(86_400, 2, "2022-03-05T01:05:06Z", ""))
                .collect(),
        ),
        ("upgrades only", every(86_400, 700, "2026-10-03T04:05:06Z", "pre-upgrade-").collect()),
        (
            "both on one day",
            every(3600, 5000, "2026-11-21T02:00:00Z", "")
                .chain(every(7200, 2000, "2026-11-21T02:30:00Z", "pre-upgrade-"))
                .collect(),
        ),
        (
            "a dense day with a gap",
            every(1, 1200, "2026-11-21T01:00:00Z", "").chain(every(1, 20, "2026-11-21T02:45:00Z", "")).collect(),
        ),
        ("nothing", Vec::new()),
    ];
    for (name, keys) in shapes {
        let bucket = Bucket(keys.into_iter().chain(others()).collect());
        for bound in [
            "2026-11-21T04:00:00Z",
            "2026-11-21T02:29:59Z",
            "2026-11-20T00:00:00Z",
            "2026-11-20T22:59:59Z",
            "2025-07-01T12:34:56Z",
        ] {
            let (found, asked) = bucket.newest(bound);
            assert_eq!(found, bucket.expected(bound), "{name}, before {bound}");
            // One more for the years of a second kind, where a year has nothing but other files.
            let most = if name.ends_with("long ago") { 7 } else { 6 };
            assert!(asked <= most, "{name}, before {bound}: {asked} requests");
        }
    }
}

/// Days on which nothing lies but what somebody put there by hand end no search.
#[test]
fn what_is_no_snapshot_hides_no_older_one() {
    let old = "x/bao/prod/2021-03-04T05-06-07Z-00000001.snap";
    let notes = ["x/bao/prod/2026-11-20T-notes.txt", "x/bao/prod/2022-01-02T", "x/bao/prod/2022-05-06Tx"];
    let keys: BTreeSet<String> = notes.iter().chain([&old]).map(|key| (*key).to_owned()).collect();
    assert_eq!(Bucket(keys).newest("2026-11-21T00:00:00Z").0.as_deref(), Some(old));
    let keys = notes.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(Bucket(keys).newest("2026-11-21T00:00:00Z").0, None);
}
