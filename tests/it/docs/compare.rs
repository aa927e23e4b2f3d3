//! A page's lines beside those of a run.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::page::Line;
use crate::support::tidy;

/// What else differs from run to run, beside what every test leaves out.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        (r"^\d\d:\d\d\b", "ELAPSED"),
        (r"\b\d\d:\d\d:\d\dZ", "TIME"),
        // Pods of Jobs, as Kubernetes names them.
        (r"\b((?:restore|upgrade|backup)-[a-z0-9-]+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "$1-POD"),
        // A tenth of a second more or less.
        (r"\b\d+\.\d s\b", "AGE"),
    ];
    rules.into_iter().map(|(pattern, word)| (Regex::new(pattern).expect("a valid pattern"), word)).collect()
});

/// The values of a run that may be typed or stand in a command.
static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    let values = r"\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\dZ|\b(?:prod|backup-prod)-\d{8}-(?:\d{6}(?:-[0-9a-f]{4})?|[0-9a-f]{8})\b|\b[0-9a-f]{32}\b";
    Regex::new(values).expect("a valid pattern")
});

static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\dZ)-([0-9a-f]{8})\.snap").expect("valid"));

/// Which value of the run stands for which of the page.
#[derive(Debug, Default)]
pub struct Values(Vec<(String, String)>);

impl Values {
    /// Those of the snapshots a page names: its keys end as the run's do.
    pub fn of_keys<'a>(page: &str, keys: impl Iterator<Item = &'a str>) -> Values {
        let real: Vec<_> = keys.filter_map(|key| KEY.captures(key)).collect();
        let mut values = Values::default();
        for on_page in KEY.captures_iter(page) {
            for of_run in real.iter().filter(|key| key[5] == on_page[5]) {
                for (dash, colon) in [("-", "-"), (":", ":")] {
                    let time =
                        |key: &regex_lite::Captures<'_>| format!("{}{}{dash}{}{colon}{}", &key[1], &key[2], &key[3], &key[4]);
                    values.add(&time(&on_page), &time(of_run));
                }
            }
        }
        values
    }

    fn add(&mut self, on_page: &str, of_run: &str) {
        self.0.retain(|(known, _)| known != on_page);
        self.0.push((on_page.to_owned(), of_run.to_owned()));
    }

    /// Learns from lines that are the same but for their values.
    pub fn learn(&mut self, page: &[Line], run: &[Line]) {
        let run: Vec<(String, String)> = run.iter().map(|line| (plain(&line.written()), line.written())).collect();
        for line in page.iter().map(Line::written) {
            let wanted = plain(&line);
            if let Some((_, real)) = run.iter().find(|(plain, _)| *plain == wanted) {
                for (on_page, of_run) in VALUE.find_iter(&line).zip(VALUE.find_iter(real)) {
                    self.add(on_page.as_str(), of_run.as_str());
                }
            }
        }
    }

    /// A page's text with the run's values.
    pub fn of_run(&self, text: &str) -> String {
        self.replaced(text, |(on_page, of_run)| (on_page, of_run))
    }

    /// A run's text with the page's values, as far as they are known.
    pub fn of_page(&self, text: &str) -> String {
        self.replaced(text, |(on_page, of_run)| (of_run, on_page))
    }

    fn replaced<'a>(&'a self, text: &str, way: impl Fn(&'a (String, String)) -> (&'a String, &'a String)) -> String {
        let other = |found: &regex_lite::Captures<'_>| {
            let known = self.0.iter().rev().map(&way).find(|(from, _)| **from == found[0]);
            known.map_or_else(|| found[0].to_owned(), |(_, to)| to.clone())
        };
        VALUE.replace_all(text, other).into_owned()
    }
}

/// A line without what differs from run to run, and with single spaces.
pub fn plain(line: &str) -> String {
    let line = RULES.iter().fold(line.to_owned(), |line, (pattern, word)| pattern.replace_all(&line, *word).into_owned());
    tidy(&line).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words(lines: &[Line]) -> Vec<String> {
    let plain = |line: &Line| plain(&line.written());
    lines
        .iter()
        .map(plain)
        .flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|w| !w.is_empty())
        .collect()
}

/// Whether the run says what the page says: word for word between its gaps.
pub fn check(page: &[Line], run: &[Line]) -> Result<(), String> {
    let said = words(run);
    let parts: Vec<Vec<String>> = page.split(|line| *line == Line::Gap).map(words).collect();
    let mut at = 0;
    for (number, part) in parts.iter().enumerate() {
        let (first, last) = (number == 0, number + 1 == parts.len());
        let found = match (first, last) {
            (true, _) => said.starts_with(part).then_some(0).filter(|_| !last || said.len() == part.len()),
            (false, true) => said.len().checked_sub(part.len()).filter(|&start| start >= at && said[start..] == part[..]),
            (false, false) => (at..=said.len()).find(|&start| said[start..].starts_with(part)),
        };
        at = part.len() + found.ok_or_else(|| difference(part, &said[at..], last))?;
    }
    Ok(())
}

/// Where a part of a page and the words of a run go apart: the longest beginning they share, and what comes then.
fn difference(part: &[String], said: &[String], last: bool) -> String {
    let shared = |start: usize| part.iter().zip(&said[start..]).take_while(|(page, run)| page == run).count();
    let best = (0..said.len()).max_by_key(|&start| (shared(start), usize::MAX - start)).unwrap_or_default();
    let same = if said.is_empty() { 0 } else { shared(best) };
    let around = |words: &[String], at: usize| words[at.saturating_sub(8).min(words.len())..(at + 8).min(words.len())].join(" ");
    let end = if last { " (the page goes on to the end, without a gap)" } else { "" };
    format!("the page: … {} …\nthe run:  … {} …{end}", around(part, same), around(said, best + same))
}

/// The page's lines after a run that said something else: what is still right stays as it is, gaps stay gaps.
pub fn updated(page: &[Line], run: &[Line], values: &Values) -> Vec<Line> {
    let mut out = Vec::new();
    let (mut page_at, mut run_at) = (0, 0);
    for (on_page, of_run) in anchors(page, run).into_iter().chain([(page.len(), run.len())]) {
        out.extend(between(&page[page_at..on_page], &run[run_at..of_run], values));
        out.extend(page.get(on_page).cloned());
        (page_at, run_at) = (on_page + 1, of_run + 1);
    }
    out
}

/// Lines that are the same on both sides, in order, as many as there are.
fn anchors(page: &[Line], run: &[Line]) -> Vec<(usize, usize)> {
    let left: Vec<String> = page.iter().map(|line| plain(&line.written())).collect();
    let right: Vec<String> = run.iter().map(|line| plain(&line.written())).collect();
    let mut longest = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    let same = |l: usize, r: usize| !left[l].is_empty() && left[l] == right[r];
    for l in (0..left.len()).rev() {
        for r in (0..right.len()).rev() {
            let skipped = longest[l + 1][r].max(longest[l][r + 1]);
            longest[l][r] = if same(l, r) { skipped.max(longest[l + 1][r + 1] + 1) } else { skipped };
        }
    }
    let (mut l, mut r, mut found) = (0, 0, Vec::new());
    while l < left.len() && r < right.len() {
        if same(l, r) && longest[l][r] == longest[l + 1][r + 1] + 1 {
            found.push((l, r));
            (l, r) = (l + 1, r + 1);
        } else if longest[l + 1][r] == longest[l][r] {
            l += 1;
        } else {
            r += 1;
        }
    }
    found
}

/// What stands between two lines that are right.
fn between(page: &[Line], run: &[Line], values: &Values) -> Vec<Line> {
    let fresh = |lines: &[Line]| lines.iter().map(|line| in_page(line, values)).collect::<Vec<_>>();
    let Some(gap) = page.iter().position(|line| *line == Line::Gap) else { return fresh(run) };
    let blank = |line: &Line| *line == Line::Says(String::new()) || *line == Line::Gap;
    if page.iter().all(blank) {
        return if run.is_empty() { Vec::new() } else { page.to_vec() };
    }
    // As many lines before and after the gap as there were.
    let (before, after) = (gap, page.len() - gap - 1);
    if before + after >= run.len() {
        return fresh(run);
    }
    [fresh(&run[..before]), vec![Line::Gap], fresh(&run[run.len() - after..])].concat()
}

fn in_page(line: &Line, values: &Values) -> Line {
    match line {
        Line::Says(text) => Line::Says(values.of_page(text)),
        Line::Typed(text) => Line::Typed(values.of_page(text)),
        Line::Gap | Line::CtrlC => line.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.split('|').map(|line| if line == "…" { Line::Gap } else { Line::Says(line.to_owned()) }).collect()
    }

    #[test]
    fn line_breaks_and_times_do_not_count_and_every_word_does() {
        let run = lines("prod: held for 42m|00:03  Running   a b|c||the end");
        for right in ["prod: held|for 9s|01:10 Running a b c|the end", "prod: held for 1h|…|the end", "…|a b c|…", "…"] {
            assert_eq!(check(&lines(right), &run), Ok(()), "{right}");
        }
        for wrong in ["prod: held for 42m", "…|a b", "…|a c|…", "…|the end|a b|…", "prod: free|…", "…|c|…|a b|…"]
        {
            assert!(check(&lines(wrong), &run).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_changed_is_taken_from_the_run_and_gaps_stay() {
        let (page, run) = (lines("head|old|kept|…|tail"), lines("head|new|kept|x|y|tail"));
        assert_eq!(updated(&page, &run, &Values::default()), lines("head|new|kept|…|tail"));
        assert_eq!(updated(&[], &run, &Values::default()), run);
        assert_eq!(updated(&lines("head|…|gone"), &run, &Values::default()), lines("head|…|tail"));
    }

    #[test]
    fn values_of_the_page_become_those_of_the_run() {
        let page = "from bao/prod/2026-11-21T02-44-02Z-b397e37b.snap";
        let mut values = Values::of_keys(page, ["bao/prod/2030-01-02T03-04-05Z-b397e37b.snap"].into_iter());
        values.learn(&lines("created prod-20261121-032512-b1cf"), &lines("x|created prod-20300102-030405-0a0a"));
        assert_eq!(values.of_run("from 2026-11-21T02:44:02Z"), "from 2030-01-02T03:04:05Z");
        assert_eq!(values.of_run("follow prod-20261121-032512-b1cf"), "follow prod-20300102-030405-0a0a");
        assert_eq!(values.of_page("at 2030-01-02T03-04-05Z-b397e37b.snap"), "at 2026-11-21T02-44-02Z-b397e37b.snap");
    }
}
