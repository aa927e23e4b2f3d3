//! `ListObjectsV2` over an ordered map: prefix, delimiter, start-after, pages.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;

use super::Object;
use super::xml::Refusal;

/// The most keys in one page, whatever is asked for.
const PAGE: usize = 1000;

/// What a listing asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub prefix: String,
    pub delimiter: Option<String>,
    pub start_after: Option<String>,
    pub max_keys: usize,
    /// Keys are to be percent-encoded in the answer.
    pub encode: bool,
    /// Where the page before this one ended.
    after: Option<String>,
}

/// One page of answers, borrowed from the bucket.
pub(super) struct Page<'a> {
    pub query: &'a Query,
    pub objects: Vec<(&'a str, &'a Object)>,
    pub prefixes: Vec<String>,
    /// The token of the next page, when there is one.
    pub next: Option<String>,
}

impl Query {
    /// Reads the parameters of the request.
    pub fn parse(query: &str) -> Result<Query, Refusal> {
        let mut parsed = Query { max_keys: PAGE, ..Query::default() };
        for (name, value) in pairs(query) {
            match name.as_str() {
                "prefix" => parsed.prefix = value,
                "delimiter" => parsed.delimiter = (!value.is_empty()).then_some(value),
                "start-after" => parsed.start_after = Some(value),
                "max-keys" => parsed.max_keys = value.parse::<usize>().map_err(|_| Refusal::InvalidArgument)?.min(PAGE),
                "encoding-type" => parsed.encode = value == "url",
                "continuation-token" => parsed.after = Some(decode(&value)?),
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// The page that starts where this query says.
    pub fn page<'a>(&'a self, objects: &'a BTreeMap<String, Object>) -> Page<'a> {
        let mut page = Page { query: self, objects: Vec::new(), prefixes: Vec::new(), next: None };
        let mut after = self.after.clone().or_else(|| self.start_after.clone());
        while let Some((key, object)) = self.following(objects, after.as_deref()) {
            if page.objects.len() + page.prefixes.len() == self.max_keys {
                // S3 answers an empty, complete page when no key at all is asked for.
                page.next = after.filter(|_| self.max_keys > 0).map(|after| URL_SAFE_NO_PAD.encode(after));
                break;
            }
            after = Some(match self.common_prefix(key) {
                Some(prefix) => {
                    // Real S3 leaves out a common prefix that is not itself behind start-after, with all its keys.
                    if self.start_after.as_deref().is_none_or(|start| prefix > start) {
                        page.prefixes.push(prefix.to_owned());
                    }
                    // Past every key that this prefix stands for.
                    format!("{prefix}{}", char::MAX)
                }
                None => {
                    page.objects.push((key, object));
                    key.to_owned()
                }
            });
        }
        page
    }

    fn following<'a>(&self, objects: &'a BTreeMap<String, Object>, after: Option<&str>) -> Option<(&'a str, &'a Object)> {
        let start = match after {
            Some(after) if after >= self.prefix.as_str() => Bound::Excluded(after),
            _ => Bound::Included(self.prefix.as_str()),
        };
        let (key, object) = objects.range::<str, _>((start, Bound::Unbounded)).next()?;
        key.starts_with(&self.prefix).then_some((key.as_str(), object))
    }

    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = &key[self.prefix.len()..];
        let end = rest.find(delimiter)? + delimiter.len();
        Some(&key[..self.prefix.len() + end])
    }
}

/// The decoded name-value pairs of a query string.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let text = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (text(name), text(value))
    })
}

fn decode(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Refusal::InvalidArgument)?;
    String::from_utf8(bytes).map_err(|_| Refusal::InvalidArgument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(keys: &[&str]) -> BTreeMap<String, Object> {
        keys.iter().map(|key| (key.to_string(), Object::new("x"))).collect()
    }

    /// Every page's keys and common prefixes, following the tokens to the end.
    fn walk(objects: &BTreeMap<String, Object>, query: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut token = String::new();
        loop {
            let query = Query::parse(&format!("{query}{token}")).unwrap();
            let page = query.page(objects);
            let keys = page.objects.iter().map(|(key, _)| key.to_string());
            pages.push(keys.chain(page.prefixes.iter().map(|prefix| format!("[{prefix}]"))).collect());
            match page.next {
                Some(next) => token = format!("&continuation-token={next}"),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_prefixes_and_delimiters() {
        let objects = bucket(&["a/1", "a/2", "a/b/3", "a/b/4", "a/c", "b/1"]);
        assert_eq!(walk(&objects, "prefix=a/&max-keys=2"), [vec!["a/1", "a/2"], vec!["a/b/3", "a/b/4"], vec!["a/c"]]);
        assert_eq!(walk(&objects, "prefix=a%2F&delimiter=/&max-keys=3"), [vec!["a/1", "a/2", "[a/b/]"], vec!["a/c"]]);
        assert_eq!(walk(&objects, "delimiter=/&max-keys=1"), [["[a/]"], ["[b/]"]]);
        assert_eq!(walk(&objects, "start-after=a/b/3"), [["a/b/4", "a/c", "b/1"]]);
        assert_eq!(walk(&objects, "prefix=zz"), [Vec::<String>::new()]);
        assert_eq!(walk(&objects, "max-keys=0"), [Vec::<String>::new()]);
    }

    #[test]
    fn common_prefixes_that_are_not_behind_the_start_are_left_out() {
        let objects = bucket(&["a-1", "b-1", "b-2", "b.", "c-1"]);
        assert_eq!(walk(&objects, "delimiter=-&start-after=b-"), [["b.", "[c-]"]]);
        assert_eq!(walk(&objects, "delimiter=-&start-after=b-1"), [["b.", "[c-]"]]);
        assert_eq!(walk(&objects, "delimiter=-&start-after=b&max-keys=1"), [["[b-]"], ["b."], ["[c-]"]]);
    }

    #[test]
    fn a_made_up_token_is_refused() {
        assert_eq!(Query::parse("continuation-token=%20"), Err(Refusal::InvalidArgument));
    }
}
