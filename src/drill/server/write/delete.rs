//! Deleting: preconditions, finalizers, propagation, graceful deletion of pods.
//!
//! There is no garbage collector here. What deleting an owner does to its dependents is the business of a controller
//! (`drill::jobs`), which sees `foregroundDeletion` and `orphan` finalizers as the real one does.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admission;
use super::super::meta;
use super::super::rejection::Rejection;
use super::super::route::Target;
use super::super::selector::Selector;
use super::super::store::Objects;
use super::{Outcome, Writer, document};

impl Writer<'_> {
    pub(super) fn delete(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let current = self.current(objects)?;
        self.preconditions(&current, &self.document["preconditions"])?;
        let policies = self.call.shared.options.policies;
        admission::check_deletion(policies, &self.call.user, &self.target.resource, &current)?;
        let left = self.take_away(objects, &current);
        let object = left.unwrap_or_else(|| self.gone(&current));
        Ok(Outcome { code: 200, object })
    }

    pub(super) fn delete_collection(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let Target { resource, namespace, .. } = self.target;
        let selector = Selector::parse(resource, &self.call.query)?;
        let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let chosen: Vec<Arc<Value>> = objects
            .range(&resource.plural, namespace, None)
            .map(|(_, object)| object.clone())
            .filter(|object| selector.matches(object))
            .collect();
        for object in &chosen {
            self.take_away(objects, object);
        }
        let items: Vec<&Value> = chosen.iter().map(AsRef::as_ref).collect();
        let list = json!({"kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(),
            "metadata": {"resourceVersion": objects.revision.to_string()}, "items": items});
        Ok(Outcome { code: 200, object: Arc::new(list) })
    }

    /// Removes an object, or marks it when something still holds it; then the marked object is returned.
    fn take_away(&self, objects: &mut Objects, current: &Value) -> Option<Arc<Value>> {
        let grace = self.grace(current);
        let mut object = current.clone();
        self.add_finalizer(objects, &mut object);
        let meta = &current["metadata"];
        let marked = meta["deletionTimestamp"].is_string();
        let grace = if marked { grace.min(meta["deletionGracePeriodSeconds"].as_u64().unwrap_or(0)) } else { grace };
        let time = if marked { meta["deletionTimestamp"].clone() } else { meta::now().into() };
        document::set_meta(&mut object, [("deletionTimestamp", time), ("deletionGracePeriodSeconds", grace.into())]);
        let key = |key: &str| meta[key].as_str().unwrap_or_default();
        let (plural, namespace, name) = (&self.target.resource.plural, key("namespace"), key("name"));
        if document::is_over(&object) {
            if !self.dry {
                objects.remove(plural, namespace, name);
                self.empty_namespace(objects, name);
            }
            return None;
        }
        if self.dry || object == *current {
            return Some(Arc::new(object));
        }
        if self.target.resource.generation && !marked {
            let generation = meta["generation"].as_u64().unwrap_or_default() + 1;
            document::set_meta(&mut object, [("generation", generation.into())]);
        }
        Some(objects.put(plural, object))
    }

    /// Seconds a pod on a node is given; the kubelet then deletes it with none.
    fn grace(&self, object: &Value) -> u64 {
        let phase = object["status"]["phase"].as_str().unwrap_or_default();
        let placed = object["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
        if self.target.resource.plural != "pods" || !placed || matches!(phase, "Succeeded" | "Failed") {
            return 0;
        }
        let asked = self.call.query.filled("gracePeriodSeconds").and_then(|text| text.parse().ok());
        let own = object["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        asked.or(self.document["gracePeriodSeconds"].as_u64()).unwrap_or(own)
    }

    /// Foreground deletion waits for the dependents and orphaning for their release, if there are any.
    fn add_finalizer(&self, objects: &Objects, object: &mut Value) {
        let policy = self.call.query.filled("propagationPolicy").or(self.document["propagationPolicy"].as_str());
        let finalizer = match policy {
            Some("Foreground") => "foregroundDeletion",
            Some("Orphan") => "orphan",
            _ => return,
        };
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
        let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
        if objects.has_dependents(uid) && !finalizers.iter().any(|f| f == finalizer) {
            finalizers.push(finalizer.into());
            document::set_meta(object, [("finalizers", finalizers.into())]);
        }
    }

    /// With a namespace goes what is in it.
    fn empty_namespace(&self, objects: &mut Objects, namespace: &str) {
        if self.target.resource.plural != "namespaces" {
            return;
        }
        for resource in self.call.shared.resources.iter().filter(|resource| resource.namespaced) {
            let names: Vec<String> =
                objects.range(&resource.plural, Some(namespace), None).map(|((_, n), _)| n.clone()).collect();
            for name in names {
                objects.remove(&resource.plural, namespace, &name);
            }
        }
    }

    fn gone(&self, object: &Value) -> Arc<Value> {
        let resource = &self.target.resource;
        let mut details = json!({"name": self.target.name, "kind": resource.plural, "uid": object["metadata"]["uid"]});
        if !resource.group.is_empty() {
            details["group"] = json!(resource.group);
        }
        Arc::new(json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}))
    }
}
