//! Puts a scenario's objects into a cluster through its API: the embedded server or a real one.

use std::time::Duration;

use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

use crate::drill::operator::values::{list, name, namespace, text, uid};

/// How long the range may take until something it waits for is there.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// A client that seeds objects.
#[derive(Clone)]
pub struct Seeder {
    client: Client,
}

impl Seeder {
    /// A seeder through this client, which must be allowed everything.
    pub fn new(client: Client) -> Self {
        Seeder { client }
    }

    fn api(&self, object: &Value) -> Api<DynamicObject> {
        let (group, version) = text(object, "/apiVersion").split_once('/').unwrap_or(("", text(object, "/apiVersion")));
        let kind = text(object, "/kind");
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        match namespace(object) {
            "" => Api::all_with(self.client.clone(), &resource),
            namespace => Api::namespaced_with(self.client.clone(), namespace, &resource),
        }
    }

    /// Creates an object, its status included; one that is there already is left as it is. Gives it back as stored.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn put(&self, object: &Value) -> kube::Result<Value> {
        let api = self.api(object);
        let dynamic: DynamicObject = serde_json::from_value(object.clone()).map_err(kube::Error::SerdeError)?;
        match api.create(&PostParams::default(), &dynamic).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(error),
        }
        if let Some(status) = object.get("status") {
            self.status(object, status).await?;
        }
        self.get(object).await
    }

    /// [`Seeder::put`] for an object that belongs to another, by uid.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn put_owned(&self, object: &Value, owner: &Value) -> kube::Result<Value> {
        let mut object = object.clone();
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": name(owner), "uid": uid(owner),
            "controller": true, "blockOwnerDeletion": true,
        }]);
        self.put(&object).await
    }

    /// Merge-patches an object.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn patch(&self, object: &Value, patch: &Value) -> kube::Result<()> {
        self.api(object).patch(name(object), &PatchParams::default(), &Patch::Merge(patch)).await.map(drop)
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn delete(&self, object: &Value) -> kube::Result<()> {
        self.api(object).delete(name(object), &DeleteParams::default()).await.map(drop)
    }

    /// Merge-patches an object's status.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn status(&self, object: &Value, status: &Value) -> kube::Result<()> {
        let patch = Patch::Merge(json!({"status": status}));
        self.api(object).patch_status(name(object), &PatchParams::default(), &patch).await.map(drop)
    }

    /// An object as it is now, found by kind, namespace and name.
    ///
    /// # Errors
    /// What the API server says.
    pub async fn get(&self, object: &Value) -> kube::Result<Value> {
        let found = self.api(object).get(name(object)).await?;
        serde_json::to_value(&found).map_err(kube::Error::SerdeError)
    }

    /// Waits until an object is as wanted.
    ///
    /// # Errors
    /// When it is not within a minute: what was waited for, and what there was.
    pub async fn wait(&self, object: &Value, what: &str, wanted: impl Fn(&Value) -> bool) -> std::io::Result<Value> {
        let look = async {
            loop {
                // What is not there yet, or not readable for a moment, is waited for like the rest.
                if let Ok(found) = self.get(object).await
                    && wanted(&found)
                {
                    return found;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(found) => Ok(found),
            Err(_) => {
                let last = self.get(object).await.map_or_else(|error| error.to_string(), |o| o["status"].to_string());
                let about = format!("{} {}/{}", text(object, "/kind"), namespace(object), name(object));
                Err(std::io::Error::other(format!("{about} never became {what}; status: {last}")))
            }
        }
    }
}

/// Whether a pod's server is unsealed and the pod Ready.
pub fn serving(pod: &Value) -> bool {
    let ready = list(pod, "/status/conditions").iter().any(|c| text(c, "/type") == "Ready" && text(c, "/status") == "True");
    ready && text(pod, "/metadata/labels/openbao-sealed") == "false"
}
