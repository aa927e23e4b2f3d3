//! Writing objects with kube-apiserver's semantics: create, replace, patch, delete, bind, scale, dry runs of all.
//!
//! Each write runs as one step under the store's lock, so reading, checking and storing cannot be interleaved.

mod delete;
mod document;

use std::sync::Arc;

use http::Response;
use serde_json::{Value, json};

use super::handler::{self, Body, Call};
use super::rejection::{Cause, Rejection};
use super::route::Target;
use super::store::Objects;
use super::{admission, defaults, json_patch, meta, patch, read};
pub(crate) use document::decode;
use document::{Validation, Warnings};

/// What was done: the answer's code and document.
struct Outcome {
    code: u16,
    object: Arc<Value>,
}

/// One write request.
struct Writer<'a> {
    call: &'a Call,
    target: &'a Target,
    /// The body; `Null` when there is none.
    document: Value,
    dry: bool,
    validation: Validation,
    warnings: Warnings,
}

pub(crate) fn serve(call: &Call, target: &Target) -> Result<Response<Body>, Rejection> {
    let document = decode(call)?;
    let dry = match call.query.get("dryRun").or_else(|| document["dryRun"][0].as_str()) {
        None | Some("") => false,
        Some("All") => true,
        Some(other) => {
            let message = format!("Invalid value: \"{other}\": supported values: \"All\"");
            return Err(Rejection::bad_request(format!("dryRun: {message}")));
        }
    };
    let validation = Validation::of(call)?;
    let writer = Writer { call, target, document, dry, validation, warnings: Warnings::default() };
    let answer = match call.shared.store.write(|objects| writer.run(objects)) {
        Ok(Outcome { code, object }) => {
            let plain = matches!(object["kind"].as_str(), Some("Status" | "Scale"));
            let body = if plain { Value::clone(&object) } else { read::shaped(call, &target.resource, &object) };
            handler::json(code, &body)
        }
        Err(rejection) => handler::reject(&rejection),
    };
    Ok(handler::warn(answer, &writer.warnings.into_inner()))
}

impl Writer<'_> {
    fn run(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        match (self.target.verb, self.target.subresource.as_str()) {
            ("create", "") if self.target.name.is_empty() => self.create(objects, self.document.clone()),
            ("create", "binding") => self.bind(objects),
            ("update", "" | "status") => self.replace(objects),
            ("patch", "" | "status") => self.patch(objects),
            ("update" | "patch", "scale") => self.scale(objects),
            ("delete", "") => self.delete(objects),
            ("deletecollection", "") => self.delete_collection(objects),
            _ => Err(Rejection::method_not_allowed()),
        }
    }

    fn create(&self, objects: &mut Objects, mut object: Value) -> Result<Outcome, Rejection> {
        let resource = &self.target.resource;
        document::check_kind(resource, &object)?;
        self.validation.screen(resource, &mut object, &self.warnings)?;
        self.own(&mut object)?;
        let name = document::name(resource, &mut object)?;
        if resource.namespaced && objects.get("namespaces", "", &self.target.namespace).is_none() {
            let namespaces = self.call.shared.resources.by_plural("namespaces").expect("a built-in kind");
            return Err(Rejection::not_found(namespaces, &self.target.namespace));
        }
        if resource.has_status() {
            object.as_object_mut().expect("checked by decoding").shift_remove("status");
        }
        defaults::fill(resource, &mut object);
        self.validate(&object, Some("spec"))?;
        self.admit(objects, &object, None)?;
        if objects.get(&resource.plural, &self.target.namespace, &name).is_some() {
            return Err(Rejection::already_exists(resource, &name));
        }
        let object = if self.dry { Arc::new(object) } else { objects.put(&resource.plural, object) };
        Ok(Outcome { code: 201, object })
    }

    /// Gives a new object what only the server sets.
    fn own(&self, object: &mut Value) -> Result<(), Rejection> {
        let given = object["metadata"]["namespace"].as_str().unwrap_or_default();
        if !given.is_empty() && given != self.target.namespace {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Rejection::bad_request(message));
        }
        if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
            return Err(Rejection::bad_request("resourceVersion should not be set on objects to be created"));
        }
        let generation = if self.target.resource.generation { 1.into() } else { Value::Null };
        let namespace = if self.target.namespace.is_empty() { Value::Null } else { json!(self.target.namespace) };
        let server_set = [
            ("uid", meta::uid().into()),
            ("creationTimestamp", meta::now().into()),
            ("generation", generation),
            ("namespace", namespace),
            ("deletionTimestamp", Value::Null),
            ("deletionGracePeriodSeconds", Value::Null),
            ("resourceVersion", Value::Null),
        ];
        document::set_meta(object, server_set);
        Ok(())
    }

    fn current(&self, objects: &Objects) -> Result<Arc<Value>, Rejection> {
        let Target { resource, namespace, name, .. } = self.target;
        objects.get(&resource.plural, namespace, name).ok_or_else(|| Rejection::not_found(resource, name))
    }

    fn replace(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let resource = &self.target.resource;
        let mut object = self.document.clone();
        document::check_kind(resource, &object)?;
        let given = object["metadata"]["name"].as_str().unwrap_or_default();
        if given != self.target.name {
            let wanted = &self.target.name;
            let message = format!("the name of the object ({given}) does not match the name on the URL ({wanted})");
            return Err(Rejection::bad_request(message));
        }
        let current = self.current(objects)?;
        self.validation.screen(resource, &mut object, &self.warnings)?;
        if resource.is_custom() && object["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty) {
            let cause = Cause::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
            return Err(Rejection::invalid(resource, &self.target.name, &[cause]));
        }
        self.update(objects, &current, object)
    }

    fn patch(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let kind = self.call.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind == "application/apply-patch+yaml" {
            return self.apply(objects);
        }
        let current = self.current(objects)?;
        let mut object = Value::clone(&current);
        match kind {
            "application/json-patch+json" => object = self.json_patched(&object)?,
            "application/merge-patch+json" => patch::merge(&mut object, &self.document),
            "application/strategic-merge-patch+json" if !self.target.resource.is_custom() => {
                patch::strategic(&mut object, &self.document);
            }
            _ => return Err(document::unsupported_patch(&self.target.resource)),
        }
        document::check_shape(&object)?;
        self.validation.screen_patched(&self.target.resource, &mut object, &self.warnings)?;
        self.update(objects, &current, object)
    }

    fn json_patched(&self, object: &Value) -> Result<Value, Rejection> {
        json_patch::apply(object, &self.document).map_err(|failure| match failure {
            json_patch::Failure::Malformed(why) => Rejection::bad_request(why),
            json_patch::Failure::Inapplicable => Rejection {
                details: Some(json!({})),
                ..Rejection::new(422, "Invalid", "the server rejected our request due to an error in our request")
            },
        })
    }

    fn apply(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let resource = &self.target.resource;
        let Some(manager) = self.call.query.filled("fieldManager") else {
            let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
            return Err(Rejection::new(422, "Invalid", message));
        };
        document::check_kind(resource, &self.document)?;
        document::check_declared(resource, &self.target.namespace, &self.target.name, &self.document)?;
        let current = self.current(objects).ok();
        let mut object = match &current {
            Some(current) => Value::clone(current),
            None => json!({"apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {"name": self.target.name}}),
        };
        let version = self.document["metadata"]["resourceVersion"].as_str();
        patch::apply(&mut object, &self.document, manager, &self.target.subresource);
        document::check_shape(&object)?;
        match current {
            Some(current) => {
                if version.is_some_and(|version| current["metadata"]["resourceVersion"] != version) {
                    return Err(Rejection::stale(resource, &self.target.name));
                }
                self.update(objects, &current, object)
            }
            None if self.target.subresource.is_empty() => self.create(objects, object),
            None => Err(Rejection::not_found(resource, &self.target.name)),
        }
    }

    /// Brings `object` in the place of `current`, as far as this endpoint may.
    fn update(&self, objects: &mut Objects, current: &Value, object: Value) -> Result<Outcome, Rejection> {
        let resource = &self.target.resource;
        self.preconditions(current, &object["metadata"])?;
        let mut object = document::limited_to(resource, &self.target.subresource, current, object);
        if resource.plural == "secrets" {
            defaults::secret(&mut object);
        }
        document::check_finalizers(resource, &self.target.name, current, &object)?;
        self.validate(&object, Some(if self.target.subresource == "status" { "status" } else { "spec" }))?;
        if self.target.subresource.is_empty() {
            self.admit(objects, &object, Some(current))?;
        }
        if object == *current {
            return Ok(Outcome { code: 200, object: Arc::new(object) });
        }
        if resource.generation && document::differs_beyond_status(current, &object) {
            let generation = current["metadata"]["generation"].as_u64().unwrap_or_default() + 1;
            document::set_meta(&mut object, [("generation", generation.into())]);
        }
        let Target { namespace, name, .. } = self.target;
        let object = match (self.dry, document::is_over(&object)) {
            (true, _) => Arc::new(object),
            (false, true) => objects.remove(&resource.plural, namespace, name).unwrap_or_else(|| Arc::new(object)),
            (false, false) => objects.put(&resource.plural, object),
        };
        Ok(Outcome { code: 200, object })
    }

    /// An update that rests on another version or another object of that name is refused.
    fn preconditions(&self, current: &Value, given: &Value) -> Result<(), Rejection> {
        let resource = &self.target.resource;
        let differs = |key: &str| {
            let wanted = given[key].as_str().filter(|wanted| !wanted.is_empty())?;
            (current["metadata"][key] != wanted).then_some(wanted)
        };
        if let Some(wanted) = differs("uid") {
            let uid = current["metadata"]["uid"].as_str().unwrap_or_default();
            let why = format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}");
            return Err(Rejection::conflict(resource, &self.target.name, &why));
        }
        differs("resourceVersion").map_or(Ok(()), |_| Err(Rejection::stale(resource, &self.target.name)))
    }

    fn validate(&self, object: &Value, part: Option<&str>) -> Result<(), Rejection> {
        let resource = &self.target.resource;
        let causes = resource.schema.as_ref().map(|schema| schema.validate(object, part)).unwrap_or_default();
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        if causes.is_empty() { Ok(()) } else { Err(Rejection::invalid(resource, name, &causes)) }
    }

    fn admit(&self, objects: &Objects, new: &Value, old: Option<&Value>) -> Result<(), Rejection> {
        let (user, resource) = (&self.call.user, self.target.resource.as_ref());
        let review = admission::Review { objects, user, resource, new, old };
        admission::check(self.call.shared.options.policies, &review)
    }

    /// Assigns a pod to a node.
    fn bind(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let mut pod = Value::clone(&*self.current(objects)?);
        let node = self.document["target"]["name"].as_str().unwrap_or_default();
        if let Some(assigned) = pod["spec"]["nodeName"].as_str().filter(|assigned| !assigned.is_empty()) {
            let why = format!("pod {} is already assigned to node \"{assigned}\"", self.target.name);
            return Err(Rejection::conflict(&self.target.resource, &self.target.name, &why));
        }
        let scheduled =
            json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": meta::now()});
        patch::strategic(&mut pod, &json!({"spec": {"nodeName": node}, "status": {"conditions": [scheduled]}}));
        if !self.dry {
            objects.put("pods", pod);
        }
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
        Ok(Outcome { code: 201, object: Arc::new(status) })
    }

    /// Sets the replicas through the `Scale` of an object.
    fn scale(&self, objects: &mut Objects) -> Result<Outcome, Rejection> {
        let current = self.current(objects)?;
        let mut scale = read::scale_of(&current);
        match self.call.header("content-type") {
            Some(kind) if kind.starts_with("application/json-patch") => scale = self.json_patched(&scale)?,
            _ => patch::merge(&mut scale, &self.document),
        }
        let replicas = scale["spec"]["replicas"].as_u64().ok_or_else(|| Rejection::bad_request("spec.replicas is no number"))?;
        self.preconditions(&current, &scale["metadata"])?;
        let mut object = Value::clone(&current);
        patch::merge(&mut object, &json!({"spec": {"replicas": replicas}}));
        let outcome = self.update(objects, &current, object)?;
        Ok(Outcome { object: Arc::new(read::scale_of(&outcome.object)), ..outcome })
    }
}
