//! The bucket of a cluster: its snapshots newest first, the newest up to a moment, and the bytes of one.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;

use super::live::{get, unread};
use super::snapshot::{CredentialsFrom, Depth, Way};
use crate::api::cluster::Target;
use crate::api::workload::SecretFacts;
use crate::domain::archive::head::Looks;
use crate::domain::bucket::days::{Days, Range, Seen, Span};
use crate::domain::bucket::find::{self, Search, Step};
use crate::domain::bucket::{place, snapshot};
use crate::domain::evidence::{Contents, Evidence, Item, StoreAnswer};
use crate::domain::snapshot::{Known, Source};
use crate::remote::k8s::Kube;
use crate::remote::k8s::paths::SECRETS;
use crate::remote::object_store::{self, Store, StoreFailure, Trouble};
use crate::remote::object_store::{Answer, Ask, Listed};

/// How many ranges of days are asked for at a time: an answer takes longer than its request.
const AT_A_TIME: u32 = 6;

/// The bucket where a cluster's backups are.
pub struct Bucket {
    way: Way,
    /// The store itself.
    pub store: Store,
    /// `[prefix/]NS/CLUSTER/`.
    pub place: String,
    limit: Duration,
}

/// Opens the bucket of a cluster with the cluster's own credentials, or the person's. What was learned of the Secret is
/// written into the evidence.
///
/// # Errors
/// Why it cannot be asked: no bucket is known, or no credentials.
pub async fn open(kube: &Kube, evidence: &mut Evidence, target: &Target, from: CredentialsFrom) -> Result<Bucket, StoreAnswer> {
    let way = Way::new(kube, from);
    let secret = async {
        let name = target.credentials_secret.clone()?;
        let answer = get(kube, SECRETS, &evidence.namespace, &name).await;
        Some((name, answer))
    };
    let (secret, ()) = tokio::join!(secret, way.find(target));
    let contents = secret.and_then(|(name, answer)| {
        let (facts, contents) = match answer {
            Ok(object) => (Item::present(SecretFacts::read(&object)), Some(object)),
            Err(error) => (unread(&error, "get", SECRETS, &evidence.namespace), None),
        };
        evidence.secrets.insert(name, facts);
        contents
    });
    way.settle(evidence, target, contents.as_ref());
    let store = way.store().map_err(Clone::clone)?.clone();
    let place = place(target.path_prefix.as_deref(), &evidence.namespace, &evidence.name);
    Ok(Bucket { store, place, limit: way.limit(), way })
}

impl Bucket {
    /// The same, where a look at an object looks into its first bytes too.
    #[must_use]
    pub fn into_heads(self) -> Bucket {
        Bucket { way: self.way.into_depth(Depth::Head, 0), ..self }
    }

    /// Looks for one object; every failure is an answer that says how much it proves.
    pub async fn look(&self, key: &str) -> StoreAnswer {
        self.way.look(key).await
    }

    /// An object's first bytes.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn first_bytes(&self, key: &str) -> Result<Bytes, StoreFailure> {
        object_store::head_bytes(&self.store, key, self.limit).await
    }

    /// The newest snapshot that is not younger than `bound`, by the times in the keys, in a handful of list requests.
    ///
    /// # Errors
    /// A list request failed.
    pub async fn newest(&self, bound: Timestamp) -> Result<Option<Listed>, StoreFailure> {
        let mut seen = BTreeMap::new();
        let (mut search, mut step) = Search::begin(&self.place, bound);
        loop {
            let ask = match step {
                Step::Found(key) => return Ok(key.and_then(|key| seen.remove(&key))),
                Step::Ask(ask) => ask,
            };
            let asked = Ask {
                prefix: ask.prefix,
                delimiter: ask.delimiter.map(str::to_owned),
                start_after: ask.start_after,
                ..Ask::default()
            };
            let answer = self.page(&asked).await?;
            step = search.next(&find::Answer {
                keys: answer.keys.iter().map(|listed| listed.key.clone()).collect(),
                beginnings: answer.prefixes,
                more: answer.next.is_some(),
            });
            seen.extend(answer.keys.into_iter().map(|listed| (listed.key.clone(), listed)));
        }
    }

    /// All snapshots, newest first: each item is a range of days, or all there is where one page holds it.
    ///
    /// # Errors
    /// A list request failed; each item says so for itself.
    pub async fn all(&self) -> Result<impl Stream<Item = Result<Vec<Listed>, StoreFailure>> + '_, StoreFailure> {
        let Answer { keys, next, .. } = self.page(&Ask { prefix: self.place.clone(), ..Ask::default() }).await?;
        let (few, days) = match next {
            None => (Some(Ok(newest_first(self.taken(keys).collect()))), Vec::new()),
            Some(_) => (None, self.days().await?),
        };
        Ok(stream::iter(few).chain(self.by_days(Days::new(&self.place, &days))))
    }

    fn by_days(&self, mut days: Days) -> impl Stream<Item = Result<Vec<Listed>, StoreFailure>> + '_ {
        // How dense the days are is learned from the ranges before.
        let seen = Arc::new(Mutex::new(Seen::default()));
        let told = seen.clone();
        let ranges = std::iter::from_fn(move || days.next(*told.lock().unwrap_or_else(PoisonError::into_inner)));
        let read = move |range: Range| {
            let seen = seen.clone();
            async move {
                let days = range.days.len();
                let found = self.range(range).await?;
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.days += days;
                seen.keys += found.len();
                Ok(found)
            }
        };
        stream::iter(ranges).map(read).buffered(AT_A_TIME as usize)
    }

    /// The newest snapshots, at most so many, with how each looks by its first bytes; those that do not answer in time
    /// are not looked into.
    ///
    /// # Errors
    /// A list request failed.
    pub async fn choices(&self, most: usize) -> Result<Vec<Known>, StoreFailure> {
        let newest = self.first(most).await?;
        let mut looks = vec![None; newest.len()];
        let looking = async {
            let each = newest.iter().enumerate().map(|(at, listed)| async move { (at, self.looks(listed).await) });
            let mut each = stream::iter(each).buffer_unordered(AT_A_TIME as usize);
            while let Some((at, found)) = each.next().await {
                looks[at] = found;
            }
        };
        // Whoever chooses does not wait for the slowest of them.
        let _ = tokio::time::timeout(self.limit, looking).await;
        let known = |(listed, looks): (&Listed, _)| Known::new(&listed.key, Source::Bucket { size: listed.size, looks });
        Ok(newest.iter().zip(looks).map(known).collect())
    }

    /// The newest snapshots, at most so many, and none of them looked into.
    ///
    /// # Errors
    /// A list request failed.
    pub async fn listed(&self, most: usize) -> Result<Vec<Known>, StoreFailure> {
        let known = |listed: &Listed| Known::new(&listed.key, Source::Bucket { size: listed.size, looks: None });
        Ok(self.first(most).await?.iter().map(known).collect())
    }

    async fn first(&self, most: usize) -> Result<Vec<Listed>, StoreFailure> {
        let mut newest = Vec::new();
        let mut ranges = pin!(self.all().await?);
        while let Some(range) = ranges.next().await {
            newest.extend(range?);
            if newest.len() >= most {
                break;
            }
        }
        newest.truncate(most);
        Ok(newest)
    }

    async fn looks(&self, listed: &Listed) -> Option<Looks> {
        match self.way.head(&self.store, &listed.key, listed.size, listed.etag.as_deref()).await {
            Contents::Head { head } => Some(head.looks),
            Contents::Whole { .. } | Contents::Unread { .. } => None,
        }
    }

    async fn days(&self) -> Result<Vec<String>, StoreFailure> {
        let mut ask = Ask { prefix: self.place.clone(), delimiter: Some("T".into()), ..Ask::default() };
        let mut days: Vec<String> = Vec::new();
        let mut barren = Barren::default();
        loop {
            let answer = self.page(&ask).await?;
            barren.page(answer.prefixes.last() > days.last())?;
            days.extend(answer.prefixes);
            match answer.next {
                Some(token) => ask.token = Some(token),
                None => return Ok(days),
            }
        }
    }

    async fn range(&self, range: Range) -> Result<Vec<Listed>, StoreFailure> {
        let spans = |kind| match self.store.lists_from_anywhere() {
            true => range.of_kind(&self.place, kind).into_iter().collect(),
            false => range.of_kind_by_prefix(&self.place, kind),
        };
        let mut all = Vec::new();
        for span in [0, 1].into_iter().flat_map(spans) {
            self.span(span, &mut all).await?;
        }
        Ok(newest_first(all))
    }

    /// Those of these keys that are snapshots, with their times.
    fn taken(&self, keys: Vec<Listed>) -> impl Iterator<Item = (Timestamp, Listed)> {
        keys.into_iter().filter_map(|listed| Some((snapshot(&self.place, &listed.key)?.taken_at, listed)))
    }

    async fn span(&self, span: Span, all: &mut Vec<(Timestamp, Listed)>) -> Result<(), StoreFailure> {
        let mut ask = Ask { prefix: span.prefix, start_after: Some(span.after), ..Ask::default() };
        let (mut barren, mut highest) = (Barren::default(), None);
        loop {
            // A busy store answers what comes at once one after the other.
            let limit = self.limit * AT_A_TIME;
            let Answer { keys, next, .. } = object_store::page(&self.store, &ask, limit).await?;
            let last = keys.last().map(|listed| listed.key.clone());
            barren.page(last > highest)?;
            highest = last.or(highest);
            let beyond = keys.last().is_some_and(|last| last.key >= span.before);
            let within = keys.into_iter().take_while(|listed| listed.key < span.before).collect();
            all.extend(self.taken(within));
            match next.filter(|_| !beyond) {
                Some(token) => ask.token = Some(token),
                None => return Ok(()),
            }
        }
    }

    async fn page(&self, ask: &Ask) -> Result<Answer, StoreFailure> {
        object_store::page(&self.store, ask, self.limit).await
    }
}

/// Notices a store that has page after page and nothing new on any of them.
#[derive(Default)]
struct Barren(u32);

impl Barren {
    /// So many in a row do not happen: stores leave a page empty now and then.
    const MOST: u32 = 50;

    fn page(&mut self, something_new: bool) -> Result<(), StoreFailure> {
        self.0 = if something_new { 0 } else { self.0 + 1 };
        if self.0 <= Barren::MOST {
            return Ok(());
        }
        let cause = format!("the store listed {} pages in a row with nothing new on them", Barren::MOST);
        Err(StoreFailure { trouble: Trouble::Other, cause, server: None })
    }
}

fn newest_first(mut all: Vec<(Timestamp, Listed)>) -> Vec<Listed> {
    all.sort_unstable_by(|(a, one), (b, other)| (b, &other.key).cmp(&(a, &one.key)));
    all.into_iter().map(|(_, listed)| listed).collect()
}
