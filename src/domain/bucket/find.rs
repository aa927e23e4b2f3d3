//! The newest snapshot up to a moment, found by the times in the keys, in a handful of list requests.
//!
//! Keys begin with the day they were made (`NS/CLUSTER/[pre-upgrade-]2026-11-21T…`), and object stores can answer with the
//! distinct beginnings up to a letter. So the days are asked for first (`T` ends a day), then the keys of one day; only a
//! day of more than a page is asked for by hour and minute (`-` ends both). What else lies in the bucket is passed over.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::KINDS;

/// One list request; answers have at most a thousand entries, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What all keys begin with.
    pub prefix: String,
    /// Keys that have it after the prefix are answered by their beginnings only.
    pub delimiter: Option<&'static str>,
    /// Only keys after this one.
    pub start_after: Option<String>,
}

/// What it answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Keys, ascending.
    pub keys: Vec<String>,
    /// Beginnings up to the delimiter, ascending.
    pub beginnings: Vec<String>,
    /// Whether there is more.
    pub more: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this, and give its answer.
    Ask(Ask),
    /// The key; `None` when there is none.
    Found(Option<String>),
}

/// How far back the first look goes: two years of days fit into one answer, twice.
const FIRST_LOOK_DAYS: i64 = 480;

/// A search, as far as it is.
#[derive(Debug, Clone)]
pub struct Search {
    /// `[prefix/]NS/CLUSTER/`.
    place: String,
    /// The newest moment that counts.
    bound: DateTime,
    state: State,
    /// Days that may hold it, the newest last.
    days: Vec<Day>,
    /// The best of the newest day so far.
    best: Option<(DateTime, String)>,
    /// How the keys of the years begin that are still to be looked at, the newest last; `None` before anybody asked.
    years: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Day {
    date: Date,
    kind: usize,
}

#[derive(Debug, Clone)]
enum State {
    /// The days of the first look, of both kinds; those of the second kind by themselves when they did not fit.
    Days,
    LaterKind,
    /// Nothing within the first look: the years of both kinds, then the days of one year.
    Years,
    LaterYears,
    DaysOf(i16),
    /// The keys of a day, an hour or a minute, and the hours or minutes before it.
    Keys(Day, String, Vec<String>),
    /// The hours of a day, or the minutes of an hour.
    Parts(Day),
}

impl Search {
    /// Looks for the newest key not younger than `bound` under this place; and the first request.
    pub fn begin(place: &str, bound: Timestamp) -> (Search, Step) {
        let bound = utc(bound);
        let search = Search { place: place.to_owned(), bound, state: State::Days, days: Vec::new(), best: None, years: None };
        let first = search.ask(&search.place, Some("T"), Some(search.from(0)));
        (search, Step::Ask(first))
    }

    /// The next step after an answer.
    pub fn next(&mut self, answer: &Answer) -> Step {
        match self.state.clone() {
            State::Days => {
                self.add_days(answer);
                // Days of upgrades come after all others, however old: what lies before the first look is looked at by years.
                let first = self.first_day();
                self.days.retain(|day| day.date >= first);
                if answer.more {
                    self.state = State::LaterKind;
                    let prefix = format!("{}{}", self.place, KINDS[1]);
                    return Step::Ask(self.ask(&prefix, Some("T"), Some(self.from(1))));
                }
                self.newest_day()
            }
            State::LaterKind => {
                self.add_days(answer);
                self.newest_day()
            }
            State::Years => {
                self.add_years(answer);
                if answer.beginnings.iter().any(|beginning| beginning.strip_prefix(&self.place) == Some("pre-")) {
                    self.state = State::LaterYears;
                    let prefix = format!("{}{}", self.place, KINDS[1]);
                    return Step::Ask(self.ask(&prefix, Some("-"), None));
                }
                self.next_year()
            }
            State::LaterYears => {
                self.add_years(answer);
                self.next_year()
            }
            State::DaysOf(year) => {
                self.add_days(answer);
                // The newest day of a year may be of either kind.
                let same = self.years.iter().flatten().last().and_then(|next| self.year(next)) == Some(year);
                if same { self.next_year() } else { self.newest_day() }
            }
            State::Keys(day, prefix, older) => {
                self.keys(answer);
                // What came after the bound shows that nothing before it is missing.
                let beyond = answer.keys.iter().rev().find_map(|key| self.taken_at(key)).is_some_and(|at| at > self.bound);
                let found = self.best.as_ref().is_some_and(|(_, key)| key.starts_with(&prefix));
                if !found && (!answer.more || beyond) {
                    return self.older_part(day, older);
                }
                if !answer.more || beyond || prefix.len() >= self.prefix(&day).len() + MINUTE.len() {
                    return self.newest_day();
                }
                self.state = State::Parts(day);
                Step::Ask(self.ask(&prefix, Some("-"), None))
            }
            State::Parts(day) => self.newest_part(day, answer),
        }
    }

    fn ask(&self, prefix: &str, delimiter: Option<&'static str>, start_after: Option<String>) -> Ask {
        Ask { prefix: prefix.to_owned(), delimiter, start_after }
    }

    fn first_day(&self) -> Date {
        self.bound.date().saturating_sub(Span::new().days(FIRST_LOOK_DAYS))
    }

    /// Where the first look begins.
    fn from(&self, kind: usize) -> String {
        format!("{}{}{}", self.place, KINDS[kind], self.first_day())
    }

    /// `…/2026-11-21T`, or the same of an upgrade.
    fn day(&self, beginning: &str) -> Option<Day> {
        super::days::day(&self.place, beginning).map(|(date, kind)| Day { date, kind })
    }

    fn year(&self, beginning: &str) -> Option<i16> {
        let (_, rest) = super::kind_of(beginning.strip_prefix(&self.place)?);
        let year = rest.strip_suffix('-').filter(|year| year.len() == 4)?;
        year.parse().ok().filter(|year| *year <= self.bound.year())
    }

    fn add_years(&mut self, answer: &Answer) {
        let found: Vec<String> = answer.beginnings.iter().filter(|beginning| self.year(beginning).is_some()).cloned().collect();
        let mut years = self.years.take().unwrap_or_default();
        years.extend(found);
        years.sort_by_key(|beginning| self.year(beginning));
        self.years = Some(years);
    }

    fn add_days(&mut self, answer: &Answer) {
        let found = answer.beginnings.iter().filter_map(|beginning| self.day(beginning));
        let found: Vec<Day> = found.filter(|day| day.date <= self.bound.date()).collect();
        self.days.extend(found);
        self.days.sort();
        self.days.dedup();
    }

    /// What lies before all that was looked at: some days may have had nothing but files that are no snapshots.
    fn next_year(&mut self) -> Step {
        let Some(years) = self.years.as_mut() else {
            self.state = State::Years;
            return Step::Ask(self.ask(&self.place, Some("-"), None));
        };
        let next = years.pop();
        match next.and_then(|next| Some((self.year(&next)?, next))) {
            Some((year, next)) => {
                self.state = State::DaysOf(year);
                Step::Ask(self.ask(&next, Some("T"), None))
            }
            None => Step::Found(None),
        }
    }

    fn prefix(&self, day: &Day) -> String {
        format!("{}{}{}T", self.place, KINDS[day.kind], day.date)
    }

    fn newest_day(&mut self) -> Step {
        match self.days.pop() {
            // An older day has nothing newer than what was found.
            Some(day) if self.best.as_ref().is_none_or(|(at, _)| at.date() <= day.date) => {
                let prefix = self.prefix(&day);
                self.state = State::Keys(day, prefix.clone(), Vec::new());
                Step::Ask(self.ask(&prefix, None, None))
            }
            None if self.best.is_none() => self.next_year(),
            _ => Step::Found(self.best.take().map(|(_, key)| key)),
        }
    }

    fn keys(&mut self, answer: &Answer) {
        for key in &answer.keys {
            let Some(at) = self.taken_at(key).filter(|at| *at <= self.bound) else { continue };
            if self.best.as_ref().is_none_or(|(best, own)| (*best, own.as_str()) < (at, key.as_str())) {
                self.best = Some((at, key.clone()));
            }
        }
    }

    fn newest_part(&mut self, day: Day, answer: &Answer) -> Step {
        let limit = self.prefix(&day);
        let bound = if day.date == self.bound.date() { self.bound.strftime("%H-%M-").to_string() } else { "99".into() };
        let fits = |beginning: &&String| {
            beginning.strip_prefix(&limit).is_some_and(|rest| *rest <= bound[..rest.len().min(bound.len())])
        };
        let parts = answer.beginnings.iter().filter(fits).cloned().collect();
        self.older_part(day, parts)
    }

    fn older_part(&mut self, day: Day, mut parts: Vec<String>) -> Step {
        let Some(newest) = parts.pop() else { return self.newest_day() };
        self.state = State::Keys(day, newest.clone(), parts);
        Step::Ask(self.ask(&newest, None, None))
    }

    fn taken_at(&self, key: &str) -> Option<DateTime> {
        super::snapshot(&self.place, key).map(|key| utc(key.taken_at))
    }
}

/// How much longer than a day's prefix that of a minute is.
const MINUTE: &str = "03-04-";

fn utc(at: Timestamp) -> DateTime {
    at.to_zoned(TimeZone::UTC).datetime()
}
