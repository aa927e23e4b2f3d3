//! The objects: sorted, versioned, with a bounded history for watches.
//!
//! Nothing here knows HTTP or permissions. Scenarios and tests seed and inspect objects directly; requests go through
//! `write`, which brings the Kubernetes semantics, under the same lock.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::meta;
use super::resources::Resources;

/// Namespace (empty for cluster-scoped objects) and name: the order in which lists come out.
pub(crate) type Key = (String, String);

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Added,
    /// It was changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// One entry of the history.
#[derive(Debug, Clone)]
pub struct Change {
    /// The resource version this change made.
    pub revision: u64,
    /// Plural name of the kind.
    pub plural: Arc<str>,
    /// What happened.
    pub event: Event,
    /// The object after the change (for a deletion: its last state, with the deletion's version).
    pub object: Arc<Value>,
    /// The object before it.
    pub previous: Option<Arc<Value>>,
}

/// All objects of one server. Plural names name kinds: `store.get("openbaoclusters", "bao", "prod")`.
pub struct Store {
    objects: Mutex<Objects>,
    revision: watch::Sender<u64>,
    resources: Arc<Resources>,
}

/// The objects under the lock.
pub(crate) struct Objects {
    pub revision: u64,
    /// The newest revision that is no longer in the history.
    forgotten: u64,
    history: VecDeque<Change>,
    history_limit: usize,
    kinds: BTreeMap<Arc<str>, BTreeMap<Key, Arc<Value>>>,
}

impl Store {
    pub(crate) fn new(resources: Arc<Resources>, history_limit: usize) -> Self {
        let objects = Objects { revision: 1, forgotten: 0, history: VecDeque::new(), history_limit, kinds: BTreeMap::new() };
        Store { objects: Mutex::new(objects), revision: watch::Sender::new(1), resources }
    }

    /// Puts an object in place as it is: a given uid, creation time, generation and status are kept, missing ones made
    /// up; an object of that name is replaced; its namespace is made when missing. Nothing is validated.
    pub fn seed(&self, mut object: Value) -> Arc<Value> {
        let plural = self.plural_of(&object);
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        if !namespace.is_empty() && self.get("namespaces", "", &namespace).is_none() {
            self.seed(meta::namespace(&namespace));
        }
        meta::fill(&mut object);
        self.write(|objects| objects.put(&plural, object))
    }

    /// Seeds every document of a YAML text; a `List` is seeded item by item.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn seed_yaml(&self, text: &str) -> Result<Vec<Arc<Value>>, String> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|e| e.to_string())?;
        let mut seeded = Vec::new();
        for document in documents {
            match document.get("items").and_then(Value::as_array) {
                Some(items) => seeded.extend(items.iter().cloned().map(|item| self.seed(item))),
                None if document.is_object() => seeded.push(self.seed(document)),
                None => {}
            }
        }
        Ok(seeded)
    }

    /// One object.
    pub fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.lock().get(plural, namespace, name)
    }

    /// The objects of a kind by namespace and name; all namespaces when none is given.
    pub fn list(&self, plural: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        self.lock().range(plural, namespace, None).map(|(_, object)| object.clone()).collect()
    }

    /// Removes an object at once, finalizers or not. `false` when it was not there.
    pub fn delete(&self, plural: &str, namespace: &str, name: &str) -> bool {
        self.write(|objects| objects.remove(plural, namespace, name).is_some())
    }

    /// Changes an object in place, past every rule, the generation included. `false` when it is not there.
    pub fn edit(&self, plural: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> bool {
        self.write(|objects| {
            let Some(object) = objects.get(plural, namespace, name) else { return false };
            let mut object = Value::clone(&object);
            change(&mut object);
            objects.put(plural, object);
            true
        })
    }

    /// The newest resource version.
    pub fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// Forgets the history: continue tokens and resource versions from before now are answered 410, and so are the
    /// watches that are open.
    pub fn compact(&self) {
        self.write(|objects| {
            objects.revision += 1;
            objects.forgotten = objects.revision;
            objects.history.clear();
        });
    }

    /// Follows the newest resource version.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// The changes of a kind after a revision, oldest first, and the newest revision of the store.
    /// `None` when the history does not reach back that far.
    pub(crate) fn since(&self, plural: &str, revision: u64) -> Option<(Vec<Change>, u64)> {
        let objects = self.lock();
        if revision < objects.forgotten {
            return None;
        }
        let start = objects.history.partition_point(|change| change.revision <= revision);
        let changes = objects.history.range(start..).filter(|change| &*change.plural == plural).cloned().collect();
        Some((changes, objects.revision))
    }

    /// Reads under the lock.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Objects) -> T) -> T {
        read(&self.lock())
    }

    /// Writes under the lock, then wakes the watchers.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&mut Objects) -> T) -> T {
        let (result, revision) = {
            let mut objects = self.lock();
            let result = write(&mut objects);
            (result, objects.revision)
        };
        self.revision.send_if_modified(|seen| std::mem::replace(seen, revision) != revision);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kinds the server does not serve (an operator whose CRDs are missing) are kept under their obvious plural.
    fn plural_of(&self, object: &Value) -> String {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        match self.resources.by_kind(text("apiVersion"), text("kind")) {
            Some(resource) => resource.plural.clone(),
            None => format!("{}s", text("kind").to_lowercase()),
        }
    }
}

impl Objects {
    pub fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.kinds.get(plural)?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// Objects of a kind in order, from one namespace or all, after a key.
    pub fn range<'a>(
        &'a self,
        plural: &str,
        namespace: Option<&'a str>,
        after: Option<&Key>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> + use<'a> {
        let start = match after {
            Some(key) => Bound::Excluded(key.clone()),
            None => Bound::Included((namespace.unwrap_or_default().to_owned(), String::new())),
        };
        let kind = self.kinds.get(plural);
        kind.into_iter()
            .flat_map(move |kind| kind.range((start.clone(), Bound::Unbounded)))
            .take_while(move |((at, _), _)| namespace.is_none_or(|wanted| at == wanted))
    }

    /// Stores an object under its own namespace and name and gives it the next resource version.
    pub fn put(&mut self, plural: &str, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let key = (text("namespace"), text("name"));
        let plural: Arc<str> = plural.into();
        let object = Arc::new(object);
        let previous = self.kinds.entry(plural.clone()).or_default().insert(key, object.clone());
        let event = if previous.is_some() { Event::Modified } else { Event::Added };
        self.remember(Change { revision: self.revision, plural, event, object: object.clone(), previous });
        object
    }

    /// Removes an object; what is returned carries the deletion's resource version.
    pub fn remove(&mut self, plural: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let previous = self.kinds.get_mut(plural)?.remove(&(namespace.to_owned(), name.to_owned()))?;
        self.revision += 1;
        let mut last = Value::clone(&previous);
        last["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let object = Arc::new(last);
        let (plural, previous) = (plural.into(), Some(previous));
        self.remember(Change { revision: self.revision, plural, event: Event::Deleted, object: object.clone(), previous });
        Some(object)
    }

    /// Whether some object names this uid as its owner.
    pub fn has_dependents(&self, uid: &str) -> bool {
        self.kinds.values().flat_map(BTreeMap::values).any(|object| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == uid))
        })
    }

    /// Whether a continue token made at this revision still holds.
    pub fn remembers(&self, revision: u64) -> bool {
        revision >= self.forgotten
    }

    fn remember(&mut self, change: Change) {
        self.history.push_back(change);
        while self.history.len() > self.history_limit {
            if let Some(dropped) = self.history.pop_front() {
                self.forgotten = dropped.revision;
            }
        }
    }
}
