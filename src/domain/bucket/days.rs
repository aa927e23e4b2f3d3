//! The days on which snapshots were made, newest first, in ranges that one reader can hold.

use jiff::civil::Date;

use super::{KINDS, kind_of};

/// Some days in a row, of one kind of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The days, oldest first.
    pub days: Vec<Date>,
    /// Which of the kinds of keys there are on them.
    pub kinds: [bool; 2],
}

impl Range {
    /// For one kind: what all its keys begin with, after which key they begin, and before which they end.
    pub fn of_kind(&self, place: &str, kind: usize) -> Option<Span> {
        self.kinds[kind].then(|| span(place, kind, &self.days, "")).flatten()
    }

    /// The same for a store that cannot begin behind a key: few days are asked for one by one, more of them by their months,
    /// so that little else is read with them.
    pub fn of_kind_by_prefix(&self, place: &str, kind: usize) -> Vec<Span> {
        let month = |date: &Date| (date.year(), date.month());
        let parts = match self.days.len() {
            _ if !self.kinds[kind] => return Vec::new(),
            ..=DAY_BY_DAY => self.days.chunks(1).collect::<Vec<_>>(),
            _ => self.days.chunk_by(|a, b| month(a) == month(b)).collect(),
        };
        let narrow = |days: &[Date]| match days {
            [day] => format!("{day}T"),
            [day, ..] => day.strftime("%Y-%m-").to_string(),
            [] => String::new(),
        };
        parts.into_iter().filter_map(|days| span(place, kind, days, &narrow(days))).collect()
    }
}

/// Up to so many days are worth a request each.
const DAY_BY_DAY: usize = 4;

fn span(place: &str, kind: usize, days: &[Date], narrow: &str) -> Option<Span> {
    let (first, last) = (days.first()?, days.last()?);
    let begin = format!("{place}{}", KINDS[kind]);
    Some(Span {
        prefix: format!("{begin}{narrow}"),
        after: format!("{begin}{first}"),
        // `U` comes after the `T` that ends a day.
        before: format!("{begin}{last}U"),
    })
}

/// The keys of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What all keys begin with.
    pub prefix: String,
    /// They come after this one.
    pub after: String,
    /// And before this one.
    pub before: String,
}

/// How many keys one range shall have: pages of a list answer filled to the last line, and little enough to be held.
const WANTED: usize = 2000;
/// The most days in one range while nothing is known: at a backup a minute 23,000 keys.
const MOST: usize = 16;

/// What was read so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Days.
    pub days: usize,
    /// The snapshots on them.
    pub keys: usize,
}

/// The days of a place, given out in ranges, newest first.
#[derive(Debug)]
pub struct Days {
    /// Oldest first.
    left: Vec<(Date, usize)>,
    /// How many the next range has at the most.
    size: usize,
}

impl Days {
    /// From the beginnings that end with `T` below a place.
    pub fn new(place: &str, beginnings: &[String]) -> Days {
        let mut left: Vec<(Date, usize)> = beginnings.iter().filter_map(|beginning| day(place, beginning)).collect();
        left.sort();
        left.dedup();
        Days { left, size: 1 }
    }

    /// The next range. The first one is a single day, so that the newest snapshots are shown at once; then each is up to
    /// twice the one before, as long as it would not hold more keys than `WANTED` by what was seen: backups are regular.
    pub fn next(&mut self, seen: Seen) -> Option<Range> {
        let most = (WANTED * seen.days).checked_div(seen.keys).map_or(MOST, |days| days.max(1));
        let size = self.size.min(most);
        self.size = size * 2;
        let mut range = Range { days: Vec::new(), kinds: [false; 2] };
        while let Some((date, kind)) = self.left.last().copied() {
            if range.days.last() != Some(&date) && range.days.len() == size {
                break;
            }
            self.left.pop();
            range.kinds[kind] = true;
            if range.days.last() != Some(&date) {
                range.days.push(date);
            }
        }
        range.days.reverse();
        (!range.days.is_empty()).then_some(range)
    }
}

/// `PLACE[pre-upgrade-]2026-11-21T`.
pub(super) fn day(place: &str, beginning: &str) -> Option<(Date, usize)> {
    let (kind, rest) = kind_of(beginning.strip_prefix(place)?.strip_suffix('T')?);
    rest.parse().ok().filter(|_| rest.len() == 10).map(|date| (date, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_day_comes_first_and_alone() {
        let beginnings = [
            "bao/prod/2026-11-18T",
            "bao/prod/2026-11-19T",
            "bao/prod/2026-11-20T",
            "bao/prod/2026-11-21T",
            "bao/prod/README-T",
            "bao/prod/pre-upgrade-2026-11-20T",
        ]
        .map(str::to_owned);
        let mut all = Days::new("bao/prod/", &beginnings);
        let ranges: Vec<Range> = std::iter::from_fn(|| all.next(Seen::default())).collect();
        let days: Vec<Vec<String>> = ranges.iter().map(|r| r.days.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(days, [vec!["2026-11-21"], vec!["2026-11-19", "2026-11-20"], vec!["2026-11-18"]]);
        assert_eq!(ranges[0].of_kind("bao/prod/", 1), None);
        assert_eq!(ranges[0].of_kind_by_prefix("bao/prod/", 1), []);
        let span = ranges[1].of_kind("bao/prod/", 1).expect("one was made on these days");
        assert!(span.after.as_str() < "bao/prod/pre-upgrade-2026-11-19T00", "{span:?}");
        assert!("bao/prod/pre-upgrade-2026-11-20T23-59-59Z-ffffffff.snap" < span.before.as_str(), "{span:?}");
        assert!(span.before.as_str() < "bao/prod/pre-upgrade-2026-11-21T", "{span:?}");
    }

    #[test]
    fn without_a_place_to_begin_days_and_months_are_asked_for() {
        let range =
            |days: &[&str]| Range { days: days.iter().map(|d| d.parse().expect("a day")).collect(), kinds: [true, false] };
        let prefixes = |days: &[&str]| -> Vec<String> {
            range(days).of_kind_by_prefix("p/", 0).into_iter().map(|span| span.prefix).collect()
        };
        assert_eq!(prefixes(&["2026-11-19", "2026-11-21"]), ["p/2026-11-19T", "p/2026-11-21T"]);
        let days = ["2025-12-30", "2025-12-31", "2026-01-01", "2026-03-02", "2026-03-04"];
        assert_eq!(prefixes(&days), ["p/2025-12-", "p/2026-01-01T", "p/2026-03-"]);
        let spans = range(&days).of_kind_by_prefix("p/", 0);
        assert_eq!((spans[2].after.as_str(), spans[2].before.as_str()), ("p/2026-03-02", "p/2026-03-04U"));
        assert_eq!(range(&days).of_kind_by_prefix("p/", 1), []);
    }

    /// At 24 snapshots a day 2,000 keys are 83 days; at one a minute one.
    #[test]
    fn ranges_grow_until_they_hold_enough() {
        let beginnings: Vec<String> =
            (0..2000).map(|i| jiff::civil::date(2020, 1, 1) + jiff::Span::new().days(i)).map(|day| format!("p/{day}T")).collect();
        let sizes = |a_day: usize| -> Vec<usize> {
            let (mut all, mut seen) = (Days::new("p/", &beginnings), Seen::default());
            let mut sizes = Vec::new();
            while let Some(range) = all.next(seen) {
                seen.days += range.days.len();
                seen.keys += range.days.len() * a_day;
                sizes.push(range.days.len());
            }
            sizes
        };
        assert_eq!(sizes(24)[..10], [1, 2, 4, 8, 16, 32, 64, 83, 83, 83]);
        assert_eq!(sizes(24).iter().sum::<usize>(), 2000);
        assert_eq!(sizes(1440)[..4], [1, 1, 1, 1]);
        assert_eq!(sizes(700)[..4], [1, 2, 2, 2]);
        assert_eq!(sizes(1)[..], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 977], "days that hardly have any take few requests");
        assert_eq!(sizes(0)[..7], [1, 2, 4, 8, 16, 16, 16], "nothing is known of them");
        assert_eq!(sizes(100_000)[..3], [1, 1, 1]);
    }
}
