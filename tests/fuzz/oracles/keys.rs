//! Object keys: their times, where a cluster's snapshots are, and the newest up to a moment, against a look at every key.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kubectl_openbao::api::names::{SnapshotKey, SnapshotKind, check_restore_name, restore_name};
use kubectl_openbao::domain::bucket::days::{Days, Range, Seen};
use kubectl_openbao::domain::bucket::find::{Answer, Ask, Search, Step};
use kubectl_openbao::domain::bucket::{place, snapshot};

/// The first line is a bound in seconds, the page size of the store and the name of a cluster; each other line is a key.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, keys) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = first.splitn(3, ' ');
    let bound = words.next().and_then(|w| w.parse().ok()).and_then(|s| Timestamp::from_second(s).ok()).unwrap_or_default();
    let page = words.next().and_then(|w| w.parse::<usize>().ok()).unwrap_or(1000).clamp(1, 1000);
    let cluster = words.next().unwrap_or("prod");
    made_names_are_names(cluster, bound);
    let all: BTreeSet<String> = keys.lines().map(str::to_owned).collect();
    all.iter().for_each(|key| of_one(key));
    let place = place(Some("/x/"), "bao", "prod");
    assert_eq!(place, "x/bao/prod/");
    let store = Store { keys: all.into_iter().collect(), page };
    newest(&store, &place, bound);
    listed(&store, &place);
}

/// By its bytes: `[pre-upgrade-]YYYY-MM-DDTHH-MM-SSZ-XXXXXXXX.snap`, with a time that there is.
fn naive(name: &str) -> Option<(Timestamp, SnapshotKind)> {
    let (kind, rest) = match name.strip_prefix("pre-upgrade-") {
        Some(rest) => (SnapshotKind::PreUpgrade, rest),
        None => (SnapshotKind::Scheduled, name),
    };
    let form = "0000-00-00T00-00-00Z-xxxxxxxx.snap";
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        other => byte == other,
    };
    if rest.len() != form.len() || !rest.bytes().zip(form.bytes()).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| rest[from..to].parse::<i8>().ok();
    let date = jiff::civil::Date::new(rest[..4].parse().ok()?, number(5, 7)?, number(8, 10)?).ok()?;
    // A leap second is the one before it.
    let second = number(17, 19).map(|second| if second == 60 { 59 } else { second })?;
    let time = jiff::civil::Time::new(number(11, 13)?, number(14, 16)?, second, 0).ok()?;
    Some((date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(), kind))
}

fn of_one(key: &str) {
    let name = key.rsplit('/').next().unwrap_or(key);
    let read = SnapshotKey::parse(key);
    if let Some((at, kind)) = naive(name) {
        let read = read.as_ref().unwrap_or_else(|| panic!("{key} is a snapshot's key"));
        assert_eq!((read.taken_at, read.kind), (at, kind), "{key}");
    } else {
        assert_eq!(read, None, "{key}");
    }
    if let Some((namespace, cluster)) = read.and_then(|read| read.origin) {
        assert!(key.contains(&format!("{namespace}/{cluster}/")), "{key}");
        assert!(!cluster.is_empty() && !cluster.contains('/') && !namespace.contains('/'));
        assert_eq!(snapshot(&format!("{namespace}/{cluster}/"), &format!("{namespace}/{cluster}/{name}")).map(|k| k.taken_at), naive(name).map(|n| n.0));
    }
}

/// Whatever a cluster is called, as far as Kubernetes would let it be.
fn made_names_are_names(cluster: &str, now: Timestamp) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let valid = !cluster.is_empty() && cluster.len() <= 63 && cluster.chars().all(fits) && !cluster.starts_with('-');
    if valid && !cluster.ends_with('-') && now.as_second() > 0 {
        let name = restore_name(cluster, now, 7);
        assert_eq!(check_restore_name(&name), Ok(()), "{name}");
    }
    // A name that is taken is one that a Job can have, with `restore-` before it.
    if check_restore_name(cluster).is_ok() {
        assert!(valid && !cluster.ends_with('-') && cluster.len() + "restore-".len() <= 63, "{cluster}");
    }
}

/// A store that answers as S3 does.
struct Store {
    keys: Vec<String>,
    page: usize,
}

impl Store {
    fn answer(&self, ask: &Ask) -> Answer {
        let mut answer = Answer::default();
        let after = ask.start_after.as_deref().unwrap_or_default();
        for key in self.keys.iter().filter(|key| key.starts_with(&ask.prefix)) {
            let rest = &key[ask.prefix.len()..];
            let end = ask.delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| ask.prefix.len() + at + delimiter.len()));
            let shown = end.map_or(key.as_str(), |end| &key[..end]);
            // As in S3, a common beginning counts by itself: it is there when it comes after, not when a key of it does.
            if shown <= after && !after.is_empty() || answer.beginnings.last().is_some_and(|last| last == shown) {
                continue;
            }
            if answer.keys.len() + answer.beginnings.len() == self.page {
                answer.more = true;
                return answer;
            }
            if end.is_some() { &mut answer.beginnings } else { &mut answer.keys }.push(shown.to_owned());
        }
        answer
    }
}

/// The newest up to a bound; a page of the search holds a thousand, so that only then nothing may be missing.
fn newest(store: &Store, place: &str, bound: Timestamp) {
    let own = |key: &String| {
        let name = key.strip_prefix(place).filter(|name| !name.contains('/'))?;
        Some((naive(name)?.0, key.clone()))
    };
    let expected = store.keys.iter().filter_map(own).filter(|(at, _)| *at <= bound).max().map(|(_, key)| key);
    let (mut search, mut step) = Search::begin(place, bound);
    let most = 8 + 3 * store.keys.len();
    for _ in 0..most {
        match step {
            Step::Found(found) => {
                let in_one_page = store.page == 1000 && store.keys.len() < 1000;
                // A search whose answers are cut short may miss some; what it finds is there, and not too new.
                match found {
                    found if in_one_page => assert_eq!(found, expected, "up to {bound}"),
                    Some(key) => assert!(store.keys.contains(&key) && own(&key).is_some_and(|(at, _)| at <= bound)),
                    None => {}
                }
                return;
            }
            Step::Ask(ask) => step = search.next(&store.answer(&ask)),
        }
    }
    panic!("it asks more than {most} times");
}

/// The days of a place, in ranges: every snapshot is in exactly one span, by either way of asking.
fn listed(store: &Store, place: &str) {
    let beginnings: BTreeSet<String> = (store.keys.iter())
        .filter_map(|key| key.strip_prefix(place)?.find('T').map(|at| key[..place.len() + at + 1].to_owned()))
        .collect();
    let beginnings: Vec<String> = beginnings.into_iter().collect();
    let mut days = Days::new(place, &beginnings);
    let mut ranges: Vec<Range> = Vec::new();
    let mut seen = Seen::default();
    while let Some(range) = days.next(seen) {
        seen.days += range.days.len();
        seen.keys += range.days.len() * 7;
        assert!(ranges.last().is_none_or(|newer| range.days.last() < newer.days.first()), "newest first, none twice");
        ranges.push(range);
        assert!(ranges.len() <= beginnings.len(), "more ranges than days");
    }
    for key in store.keys.iter().filter(|key| snapshot(place, key).is_some()) {
        let kind = usize::from(key[place.len()..].starts_with("pre-upgrade-"));
        let inside = |span: &kubectl_openbao::domain::bucket::days::Span| {
            key.starts_with(&span.prefix) && *key > span.after && *key < span.before
        };
        let by_key = ranges.iter().filter_map(|range| range.of_kind(place, kind)).filter(inside).count();
        let by_prefix = ranges.iter().flat_map(|range| range.of_kind_by_prefix(place, kind)).filter(inside).count();
        assert_eq!((by_key, by_prefix), (1, 1), "{key} is listed so often");
    }
}
