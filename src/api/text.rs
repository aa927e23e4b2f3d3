//! Text from servers made safe for a terminal, and ages as kubectl writes them.

use std::borrow::Cow;
use std::time::Duration;

/// Server text without control characters: line breaks and tabs become spaces, everything else that could move a
/// cursor, ring, hide or reorder text becomes `\u{fffd}` (C0, DEL, C1, and of Unicode what sets directions or shows nothing).
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|c| match c {
                '\n' | '\r' | '\t' => ' ',
                c if is_unsafe(c) => '\u{fffd}',
                c => c,
            })
            .collect(),
    )
}

/// Whether a terminal acts on this character instead of showing it.
pub fn is_unsafe(c: char) -> bool {
    c.is_control() || is_unseen(c)
}

/// Whether Unicode has this character set the direction of others, or show nothing: two names could then look the same.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// One word of a command for a POSIX shell: cleaned, and quoted where a shell or a command would see more than a word.
pub fn quote(word: &str) -> String {
    let word = clean(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    match !word.is_empty() && !word.starts_with(['-', '=']) && word.chars().all(plain) {
        true => word.into_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// [`clean`], then cut to `limit` characters with an ellipsis.
pub fn clean_cut(text: &str, limit: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= limit {
        return text.into_owned();
    }
    let mut cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// What JSON leaves as it is and a terminal acts on (DEL, C1, direction overrides), in JSON's own escapes: it only ever
/// stands inside strings, and says the same. Line breaks between them stay.
pub fn escaped_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_unsafe(c) {
            // Beyond the first plane JSON has two escapes for one character.
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

/// A URL without the user name and password that it may hold: `https://***@host/`. A sign that a password has no right to
/// hold, such as a slash, may be part of one all the same: whatever stands before the last `@` goes.
pub fn without_login(url: &str) -> Cow<'_, str> {
    let is_scheme = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let start = match url.split_once("//") {
        Some((before, _)) if before.is_empty() || before.strip_suffix(':').is_some_and(is_scheme) => before.len() + 2,
        _ => 0,
    };
    match url.rfind('@') {
        Some(at) if at >= start => Cow::Owned(format!("{}***{}", &url[..start], &url[at..])),
        _ => Cow::Borrowed(url),
    }
}

/// A number with the word for what is counted, an `s` behind it unless it is one: `1 server`, `2 servers`.
pub fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// So many seconds of difference between two clocks are nothing to speak of.
pub const CLOCK_SKEW: u64 = 30;

/// How long ago something was; `?` for what lies in the future by more than clocks usually differ.
pub fn ago(now: jiff::Timestamp, then: jiff::Timestamp) -> String {
    let ahead = Duration::try_from(then.duration_since(now)).unwrap_or_default();
    if ahead.as_secs() > CLOCK_SKEW { "?".into() } else { age(Duration::try_from(now.duration_since(then)).unwrap_or_default()) }
}

/// A duration as kubectl prints ages (apimachinery `duration.HumanDuration`): `42s`, `3m10s`, `16m`, `5h30m`, `2d4h`, `41d`.
pub fn age(duration: Duration) -> String {
    let s = duration.as_secs();
    let (m, h, d) = (s / 60, s / 3600, s / 86_400);
    let y = d / 365;
    let pair = |a: u64, unit: char, b: u64, sub: char| if b == 0 { format!("{a}{unit}") } else { format!("{a}{unit}{b}{sub}") };
    match () {
        () if s < 120 => format!("{s}s"),
        () if m < 10 => pair(m, 'm', s % 60, 's'),
        () if h < 3 => format!("{m}m"),
        () if h < 8 => pair(h, 'h', m % 60, 'm'),
        () if h < 48 => format!("{h}h"),
        () if d < 8 => pair(d, 'd', h % 24, 'h'),
        () if y < 2 => format!("{d}d"),
        () if y < 8 => pair(y, 'y', d % 365, 'd'),
        () => format!("{y}y"),
    }
}

/// Hexadecimal digits in small letters.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What was made safe is safe, and stays as it is when it is made safe again.
        #[test]
        fn making_safe_is_done_once(text in any::<String>(), limit in 1_usize..40) {
            let safe = clean(&text).into_owned();
            prop_assert!(!safe.chars().any(is_unsafe));
            prop_assert_eq!(clean(&safe), safe.as_str());
            let cut = clean_cut(&text, limit);
            prop_assert!(cut.chars().count() <= limit && !cut.chars().any(is_unsafe));
            prop_assert_eq!(clean_cut(&cut, limit), cut.as_str());
        }

        #[test]
        fn a_login_is_taken_out_once_and_whole(
            scheme in "([a-z]{1,5}:)?//|", user in "[a-z]{1,4}", password in "[A-Z/@:?#]{0,6}[A-Z]{6}", host in "[a-z.:0-9/]{1,12}",
        ) {
            let without = without_login(&format!("{scheme}{user}:{password}@{host}")).into_owned();
            prop_assert!(!without.contains(&password), "{}", without);
            prop_assert_eq!(without_login(&without), without.as_str());
        }

        /// Escapes are another way to write the same.
        #[test]
        fn escaped_json_says_the_same(text in any::<String>()) {
            let json = serde_json::json!({"a": [&text], "b": {&text: 1}}).to_string();
            let escaped = escaped_json(&json);
            prop_assert!(!escaped.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).ok(), serde_json::from_str(&json).ok());
        }
    }

    #[test]
    fn logins_leave_urls() {
        assert_eq!(without_login("https://host:9000/path"), "https://host:9000/path");
        assert_eq!(without_login("https://user:secret@host:9000/path"), "https://***@host:9000/path");
        assert_eq!(without_login("https://user@host"), "https://***@host");
        assert_eq!(without_login("https://user:sec/r@t@host"), "https://***@host");
        assert_eq!(without_login("user:secret@host"), "***@host");
        assert_eq!(without_login("user:secret@host//path"), "***@host//path");
        assert_eq!(without_login("user:sec//ret@host"), "***@host");
        assert_eq!(without_login("//user:secret@host"), "//***@host");
        assert_eq!(without_login(""), "");
    }

    #[test]
    fn ages_are_kubectls() {
        let age = |s| super::age(Duration::from_secs(s));
        assert_eq!(
            [0, 119, 120, 190, 600, 10_799, 10_800, 19_800, 28_800, 172_799, 187_200, 700_000, 86_400 * 400, 86_400 * 800]
                .map(age),
            ["0s", "119s", "2m", "3m10s", "10m", "179m", "3h", "5h30m", "8h", "47h", "2d4h", "8d", "400d", "2y70d"]
                .map(String::from)
        );
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|n| count(n, "other restore")), ["0 other restores", "1 other restore", "2 other restores"]);
    }

    #[test]
    fn a_quoted_word_is_one_word_whatever_is_in_it() {
        let words = ["a-b_c./d:1=2", "", "-f", "a b", "it's", "$(x)", "a\u{1b}b", "*"].map(quote);
        assert_eq!(words, ["a-b_c./d:1=2", "''", "'-f'", "'a b'", r"'it'\''s'", "'$(x)'", "'a\u{fffd}b'", "'*'"]);
    }

    #[test]
    fn control_characters_do_not_pass() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d\u{9b}e"), "a\u{fffd}[2Jb c\u{fffd}d\u{fffd}e");
        assert!(matches!(clean("plain ü"), Cow::Borrowed(_)));
    }
}
