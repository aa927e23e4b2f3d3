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

/// The most days in one range: at a backup a minute 23,000 keys.
const MOST: usize = 16;

/// Ranges from the beginnings that end with `T` below a place, newest first. The first one is short, so that the newest
/// snapshots are shown at once.
pub fn ranges(place: &str, beginnings: &[String]) -> Vec<Range> {
    let mut days: Vec<(Date, usize)> = beginnings.iter().filter_map(|beginning| day(place, beginning)).collect();
    days.sort();
    days.dedup();
    let (mut all, mut size) = (Vec::new(), 1);
    while !days.is_empty() {
        let mut range = Range { days: Vec::new(), kinds: [false; 2] };
        while let Some((date, kind)) = days.last().copied() {
            if range.days.last() != Some(&date) && range.days.len() == size {
                break;
            }
            days.pop();
            range.kinds[kind] = true;
            if range.days.last() != Some(&date) {
                range.days.push(date);
            }
        }
        range.days.reverse();
        all.push(range);
        size = (size * 2).min(MOST);
    }
    all
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
        let ranges = ranges("bao/prod/", &beginnings);
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
}
