//! Rows: the requests of a command, told apart by what they ask for and by where in its course they come.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use kubectl_openbao::drill::s3::Seen;
use kubectl_openbao::drill::server::Request;
use regex_lite::Regex;

use crate::support::tidy;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum To {
    /// The API server.
    Api,
    /// The object store.
    Store,
}

/// What sort of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// Would change something, if it were no dry run.
    Trial,
    /// Changes something.
    Write,
    /// Goes on and on, event by event.
    Watch,
    /// A log.
    Log,
    /// Any other.
    Read,
}

/// Where in the course of a command a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Before anything was written: the first time, or a later one (when everything is looked at again).
    Before(usize),
    /// After so many writes.
    After(usize),
    /// A write or its dry run: the n-th of its kind.
    Nth(usize),
}

/// One row: a request that a command makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row {
    /// Who is asked.
    pub to: To,
    /// Where.
    pub place: Place,
    /// Method, path with its names made comparable, and what of the query makes another request of it.
    pub ask: String,
    /// What sort it is.
    pub sort: Sort,
}

/// Marks a dry run in [`Row::ask`].
const TRIAL: &str = " dryRun=All";

impl Row {
    /// The method, the resource, and whether it is a watch: what is left of it without names and selectors.
    pub fn kind(&self) -> String {
        let mut words = self.ask.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let parts: Vec<&str> = path.split('/').collect();
        let at = match parts.iter().position(|part| *part == "namespaces") {
            Some(at) => at + 2,
            None => 3 + usize::from(parts.get(1) == Some(&"apis")),
        };
        let resource = [parts.get(at), parts.get(at + 2)].map(|part| part.copied().unwrap_or_default()).join("/");
        format!("{:?} {method} {resource} {:?}", self.to, self.sort)
    }

    /// The dry run that goes before this write.
    pub fn trial(&self) -> Row {
        Row { ask: format!("{}{TRIAL}", self.ask), sort: Sort::Trial, ..self.clone() }
    }
}

/// The course of one run: tells each request its row, in the order in which they come.
#[derive(Clone, Default)]
pub struct Course(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    writes: usize,
    seen: HashMap<(To, String, usize), usize>,
}

impl Course {
    /// The row of a request to the API server; none for those of the range's own controllers.
    pub fn api(&self, request: &Request) -> Option<Row> {
        request.user_agent.as_deref().filter(|agent| agent.starts_with("kubectl-openbao/"))?;
        let ask = ask(request);
        let sort = sort(request);
        let mut counts = self.lock();
        let place = match sort {
            Sort::Trial | Sort::Write => Place::Nth(counts.count(To::Api, &ask, usize::MAX)),
            _ => counts.place(To::Api, &ask),
        };
        counts.writes += usize::from(sort == Sort::Write);
        Some(Row { to: To::Api, place, ask, sort })
    }

    /// The row of a request to the object store; none for those of the range's executors.
    pub fn store(&self, seen: &Seen) -> Option<Row> {
        seen.user_agent.as_ref()?;
        let what = if seen.target.contains("list-type") { "the bucket's list" } else { "the snapshot" };
        let ask = format!("{} {what}", seen.method);
        let place = self.lock().place(To::Store, &ask);
        Some(Row { to: To::Store, place, ask, sort: Sort::Read })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn count(&mut self, to: To, ask: &str, phase: usize) -> usize {
        let seen = self.seen.entry((to, ask.to_owned(), phase)).or_default();
        *seen += 1;
        *seen
    }

    fn place(&mut self, to: To, ask: &str) -> Place {
        match self.writes {
            // Whatever is asked for a third time is asked as the second time was.
            0 => Place::Before(self.count(to, ask, 0).min(2)),
            writes => Place::After(writes),
        }
    }
}

fn sort(request: &Request) -> Sort {
    if request.is_write() {
        return Sort::Write;
    }
    match request.path.rsplit('/').next() {
        _ if request.dry_run() => Sort::Trial,
        _ if request.parameter("watch").is_some() => Sort::Watch,
        Some("log") => Sort::Log,
        _ => Sort::Read,
    }
}

/// What of a query makes another request of it: not versions, times and limits.
const TELLING: [&str; 6] = ["watch", "follow", "previous", "fieldSelector", "labelSelector", "dryRun"];

fn ask(request: &Request) -> String {
    // Writes of one object are told apart by what they do: a course of several may be taken up in its middle.
    let deed = if request.is_write() || request.dry_run() { format!(" #{}", deed(request)) } else { String::new() };
    let query = TELLING.iter().filter_map(|name| request.parameter(name).map(|value| format!(" {name}={value}")));
    comparable(format!("{} {}{deed}{}", request.method, request.path, query.collect::<String>()))
}

/// The text with its names made comparable; remembered, because a range asks for the same again and again.
fn comparable(text: String) -> String {
    static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known().get(&text) {
        return known.clone();
    }
    let named = NAMES.iter().fold(tidy(&text), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned());
    known().insert(text, named.clone());
    named
}

/// Names that differ from run to run, or from server to server.
static NAMES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        (r"-[0-9a-f]{10}\b", "-HASH"),
        // A Job's long name is cut for its pods.
        (r"\b(upgrade-prod-[a-z-]+)-[0-9a-f]{4}-[a-z0-9]{5}\b", "$1-HASH-POD"),
        (r"(restore-RESTORE|-HASH|restore-colleague-0312)-[a-z0-9]{5}\b", "$1-POD"),
        (r"\bprod-[0-9a-f]{16}-\d\b", "prod-REVISION-N"),
        (r"\bprod-\d\b", "prod-N"),
    ];
    rules.into_iter().map(|(pattern, word)| (Regex::new(pattern).expect("a valid pattern"), word)).collect()
});

/// What a write does, without what differs from run to run: versions, times, ids.
pub fn kind(request: &Request) -> String {
    static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""\d+""#).expect("a valid pattern"));
    let body = tidy(&String::from_utf8_lossy(&request.body)).replace(r#","dryRun":["All"]"#, "");
    format!("{} {} {}", request.method, tidy(&request.path), VERSION.replace_all(&body, "VERSION"))
}

/// [`kind`] in four digits.
fn deed(request: &Request) -> String {
    let mut hasher = DefaultHasher::new();
    kind(request).hash(&mut hasher);
    format!("{:04x}", hasher.finish() & 0xffff)
}

#[test]
fn a_kind_is_a_row_without_its_names() {
    let kind = |ask: &str, sort| Row { to: To::Api, place: Place::After(1), ask: ask.into(), sort }.kind();
    let pods = "/api/v1/namespaces/bao/pods";
    assert_eq!(kind(&format!("GET {pods}/x/log follow=true"), Sort::Log), "Api GET pods/log Log");
    assert_eq!(kind(&format!("GET {pods} watch=true labelSelector=a"), Sort::Watch), "Api GET pods/ Watch");
    assert_eq!(kind("PATCH /api/v1/persistentvolumes/pv-1 #1a2b", Sort::Write), "Api PATCH persistentvolumes/ Write");
    assert_eq!(
        kind("GET /apis/openbao.org/v1alpha1/namespaces/bao/openbaorestores/x", Sort::Read),
        "Api GET openbaorestores/ Read"
    );
}
