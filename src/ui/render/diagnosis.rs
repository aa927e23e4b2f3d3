//! A diagnosis for people: the answer first, evidence second, commands last; and as Markdown to paste into an incident.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::status::Paint;
use crate::api::text::{age, clean};
use crate::domain::diagnosis::{Diagnosis, Finding, SideFacts, Subject, Verdict, Way};
use crate::domain::hazards::Weight;
use crate::domain::status::Severity;
use crate::ui::Style;

/// Commands shown at the end.
const NEXT_SHOWN: usize = 6;

/// The whole answer for a terminal.
pub fn prose(found: &Diagnosis, paint: Paint<'_>) -> String {
    let mut text = format!("{}\n", paint(style_of(found).of_sentence(), &clean(&found.headline)));
    if shows_verdict(found) {
        let verdict = match found.verdict {
            Verdict::NotEnoughEvidence => format!("Verdict: {} for any way out", found.verdict.as_str()),
            verdict => format!("Verdict: {}   confidence: {}", verdict.as_str(), found.confidence.as_str()),
        };
        let _ = writeln!(text, "{}", paint(Style::Strong, &verdict));
    }
    let mut page = Page { text, paint };
    page.section("What happened", found.happened.iter().map(|m| format!("{}  {}", moment(found, m.at), clean(&m.text))));
    page.findings(found);
    page.section("Servers", found.sides.iter().map(side));
    page.hazards(found);
    page.ways(found);
    page.section("Not checked", found.not_checked.iter().map(|line| clean(line).into_owned()));
    page.section("Operator", [format!("{} ({})", found.generation.name, clean(&found.generation.basis))]);
    page.section(
        "Next",
        found.next.iter().take(NEXT_SHOWN).map(|n| format!("{}\n      {}", n.command, n.why.replace('\n', "\n      "))),
    );
    page.text
}

fn shows_verdict(found: &Diagnosis) -> bool {
    matches!(found.subject, Subject::Rollback | Subject::All)
}

fn style_of(found: &Diagnosis) -> Style {
    match found.findings.first().map(|f| f.severity) {
        Some(Severity::Danger) => Style::Danger,
        Some(Severity::Attention) => Style::Attention,
        _ if found.verdict == Verdict::NotEnoughEvidence => Style::Attention,
        _ => Style::Good,
    }
}

/// The time of day where it is today's, else the date too.
fn moment(found: &Diagnosis, at: Option<Timestamp>) -> String {
    match at {
        None => "         ".into(),
        Some(at) if at.strftime("%F").to_string() == found.observed_at.strftime("%F").to_string() => {
            at.strftime("%H:%M:%SZ").to_string()
        }
        Some(at) => at.strftime("%F %H:%M:%SZ").to_string(),
    }
}

fn side(side: &SideFacts) -> String {
    if side.pods == Some(0) {
        return format!("{:<5}  {}  no server", side.colour.as_str(), clean(&side.revision));
    }
    let number = |n: Option<usize>| n.map_or_else(|| "?".into(), |n| n.to_string());
    let leads = if side.leaders.is_empty() { String::new() } else { format!(", {} leads", clean(&side.leaders.join(", "))) };
    let members = match (side.voters, side.non_voters) {
        (Some(voters), Some(others)) => {
            let s = |n: usize| if n == 1 { "" } else { "s" };
            format!("; in Raft {voters} voter{}, {others} other{}", s(voters), s(others))
        }
        _ => String::new(),
    };
    format!(
        "{:<5}  {}  {} of {} up, {} sealed{leads}{members}",
        side.colour.as_str(),
        clean(&side.revision),
        number(side.up),
        side.wanted,
        number(side.sealed)
    )
}

struct Page<'a> {
    text: String,
    paint: Paint<'a>,
}

impl Page<'_> {
    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        let _ = writeln!(self.text, "\n{}", (self.paint)(Style::Strong, title));
        for line in lines {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    fn findings(&mut self, found: &Diagnosis) {
        let lines: Vec<String> = found.findings.iter().map(|f| self.finding(f)).collect();
        self.section("Why", lines);
    }

    fn finding(&self, finding: &Finding) -> String {
        let (word, style) = weight(finding.severity);
        let source = (self.paint)(Style::Dim, &format!("{}: {}", finding.code, clean(&finding.source)));
        let line = finding.line.as_ref().map_or(String::new(), |l| format!("\n          | {}", clean(l)));
        format!("{}  {}\n          {source}{line}", (self.paint)(style, &format!("{word:<6}")), clean(&finding.text))
    }

    fn hazards(&mut self, found: &Diagnosis) {
        let lines: Vec<String> = found
            .hazards
            .iter()
            .map(|h| {
                let word = if h.weight == Weight::Danger { "DANGER" } else { "known" };
                let style = if h.weight == Weight::Danger { Style::Danger } else { Style::Attention };
                format!("{}  {} [{}]", (self.paint)(style, &format!("{word:<6}")), clean(&h.text), h.code)
            })
            .collect();
        self.section("What an acknowledgement would bring here", lines);
    }

    fn ways(&mut self, found: &Diagnosis) {
        let lines: Vec<String> = found.ways.iter().map(way).collect();
        self.section("Ways out", lines);
    }
}

fn weight(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Danger => ("DANGER", Style::Danger),
        Severity::Attention => ("look", Style::Attention),
        Severity::Note => ("note", Style::Dim),
    }
}

/// A way's line; the findings that speak for and against it stand above and are only counted here.
fn way(way: &Way) -> String {
    let name = format!("{}  {:<10}", way.path.letter(), way.path.as_str());
    match &way.why_not {
        Some(why) => format!("{name}  not possible here: {}", clean(why)),
        None => format!("{name}  {}\n      {}", way.command, tally(way)),
    }
}

fn tally(way: &Way) -> String {
    let codes = |all: &[String]| {
        let mut codes: Vec<&str> = Vec::new();
        for code in all.iter().filter_map(|text| Some(text.rsplit_once('(')?.1.trim_end_matches(')'))) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes.join(", ")
    };
    match (way.speaks_for.is_empty(), way.speaks_against.is_empty()) {
        (true, true) => "nothing read speaks for or against it".into(),
        (false, true) => format!("for: {}", codes(&way.speaks_for)),
        (true, false) => format!("against: {}", codes(&way.speaks_against)),
        (false, false) => format!("for: {}; against: {}", codes(&way.speaks_for), codes(&way.speaks_against)),
    }
}

/// The whole answer as Markdown: no raw HTML, and nothing a server said can become markup.
pub fn markdown(found: &Diagnosis) -> String {
    let mut text = format!("## {}\n\n", plain(&found.headline));
    if shows_verdict(found) {
        let _ = writeln!(text, "**Verdict: {}**, confidence {}.\n", found.verdict.as_str(), found.confidence.as_str());
    }
    let _ = writeln!(
        text,
        "Observed at {}; operator {} ({}).",
        found.observed_at,
        plain(&found.generation.name),
        plain(&found.generation.basis)
    );
    bullets(
        &mut text,
        "What happened",
        found
            .happened
            .iter()
            .map(|m| format!("{} {}", m.at.map_or_else(|| "(no time)".into(), |at| at.to_string()), plain(&m.text))),
    );
    bullets(&mut text, "Why", found.findings.iter().map(finding_markdown));
    bullets(&mut text, "Servers", found.sides.iter().map(|s| plain(&side(s))));
    bullets(
        &mut text,
        "What an acknowledgement would bring here",
        found.hazards.iter().map(|h| format!("{} ({})", plain(&h.text), code(&h.code))),
    );
    bullets(&mut text, "Ways out", found.ways.iter().map(way_markdown));
    if let Some(snapshot) = &found.snapshot {
        let old = snapshot.taken_at.map_or("age not in its key".into(), |at| {
            format!("{} old", age(std::time::Duration::try_from(found.observed_at.duration_since(at)).unwrap_or_default()))
        });
        bullets(
            &mut text,
            "Snapshot",
            [format!("{}, {old}; {}; from {}", code(&snapshot.key), plain(&snapshot.store), plain(&snapshot.from))],
        );
    }
    bullets(&mut text, "Not checked", found.not_checked.iter().map(|line| plain(line)));
    bullets(&mut text, "Next", found.next.iter().map(|n| format!("{}: {}", code(&n.command), plain(&n.why))));
    text
}

fn bullets(text: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\n### {title}\n");
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
}

fn finding_markdown(finding: &Finding) -> String {
    let (word, _) = weight(finding.severity);
    let line = finding.line.as_ref().map_or(String::new(), |l| format!("  \n  {}", code(l)));
    format!("**{word}** {} ({}, {}){line}", plain(&finding.text), code(&finding.code), plain(&finding.source))
}

fn way_markdown(way: &Way) -> String {
    let name = format!("**{} {}**", way.path.letter(), way.path.as_str());
    match &way.why_not {
        Some(why) => format!("{name}: not possible here: {}", plain(why)),
        None => format!("{name}: {}; {}", code(&way.command), plain(&tally(way))),
    }
}

/// Text in which nothing is markup: every character that could be is escaped.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in clean(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '+' | '!' | '|' | '~' | '&' | '$' | '@')
        {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A code span that its content cannot end: fenced by more backticks than stand in it anywhere.
fn code(text: &str) -> String {
    let text = clean(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.contains('`') || text.is_empty() || (text.starts_with(' ') && text.ends_with(' ')) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_text_cannot_become_markup() {
        assert_eq!(
            plain("<img src=x> [a](b) `c` **d** | e\n# f"),
            "\\<img src=x\\> \\[a\\](b) \\`c\\` \\*\\*d\\*\\* \\| e \\# f"
        );
        assert_eq!(code("ends ` early"), "`` ends ` early ``");
        assert_eq!(code("three ``` ticks"), "```` three ``` ticks ````");
        assert_eq!(code("plain"), "`plain`");
    }
}
