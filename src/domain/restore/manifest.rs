//! The object to send: only fields the live schema has (F§3, F§13).

use serde_json::{Map, Value, json};

use super::request::{Expected, Request};
use crate::api::cluster::{OperationLock, Target};
use crate::api::generation::Generation;
use crate::api::names::audit;

/// What a plan settled before the manifest is built.
pub struct Settled<'a> {
    /// The merged target.
    pub target: &'a Target,
    /// What must be true of the object.
    pub expected: &'a Expected,
    /// The executor image, when one must or should be named.
    pub image: Option<&'a str>,
    /// The lock that will be overridden.
    pub overridden: Option<&'a OperationLock>,
    /// Codes of the plan's hazards.
    pub hazards: &'a [String],
    /// Who asks, when known.
    pub person: Option<&'a str>,
    /// Whether `force` is set.
    pub force: bool,
}

/// Builds the manifest and says which wanted fields the schema lacks.
pub fn build(request: &Request, settled: &Settled<'_>, generation: &Generation) -> (Value, Vec<String>) {
    let mut writer = Writer { generation, lacking: Vec::new() };
    let mut spec = Map::new();
    spec.insert("cluster".into(), json!(request.cluster));
    let target = writer.target(settled.target, &request.namespace);
    spec.insert("source".into(), writer.source(&request.key, target, settled.expected));
    writer.put(&mut spec, "", "jwtAuthRole", request.jwt_auth_role.as_ref().map(|r| json!(r)));
    writer.put(
        &mut spec,
        "",
        "tokenSecretRef",
        request.token_secret.as_ref().map(|s| writer.reference(s, &request.namespace, "tokenSecretRef")),
    );
    let image_field = if writer.has("image") || !writer.has("executorImage") { "image" } else { "executorImage" };
    writer.put(&mut spec, "", image_field, settled.image.map(|i| json!(i)));
    spec.insert("force".into(), json!(settled.force));
    if settled.overridden.is_some() {
        writer.put(&mut spec, "", "overrideOperationLock", Some(json!(true)));
    }
    let object = json!({
        "apiVersion": "openbao.org/v1alpha1",
        "kind": "OpenBaoRestore",
        "metadata": {"name": request.name, "namespace": request.namespace, "annotations": annotations(request, settled)},
        "spec": spec,
    });
    (object, writer.lacking)
}

fn annotations(request: &Request, settled: &Settled<'_>) -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            all.insert(name.into(), json!(value));
        }
    };
    put(audit::REQUEST_ID, Some(request.request_id.clone()));
    put(audit::VERSION, Some(request.tool_version.clone()));
    put(audit::REASON, request.reason.clone());
    put(audit::RESOLVE, request.resolution.clone());
    put(audit::REQUESTED_BY, settled.person.map(str::to_owned));
    put(audit::OVERRIDDEN_LOCK, settled.overridden.map(|l| format!("operation={} holder={}", l.operation, l.holder)));
    put(audit::ACCEPTED_HAZARDS, Some(settled.hazards.join(",")));
    all
}

struct Writer<'a> {
    generation: &'a Generation,
    lacking: Vec<String>,
}

impl Writer<'_> {
    /// Without a schema everything is tried: the strict dry run finds what the server does not know.
    fn has(&self, path: &str) -> bool {
        self.generation.schema.as_ref().is_none_or(|s| s.has(path))
    }

    fn put(&mut self, object: &mut Map<String, Value>, prefix: &str, name: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if self.has(&path) {
            object.insert(name.into(), value);
        } else {
            self.lacking.push(format!("spec.{path}"));
        }
    }

    /// `{name}`, with the namespace where the schema wants one (up to P1).
    fn reference(&self, name: &str, namespace: &str, path: &str) -> Value {
        match &self.generation.schema {
            Some(schema) if schema.has(&format!("{path}.namespace")) => json!({"name": name, "namespace": namespace}),
            _ => json!({"name": name}),
        }
    }

    fn source(&mut self, key: &str, target: Map<String, Value>, expected: &Expected) -> Value {
        let mut source = Map::new();
        source.insert("key".into(), json!(key));
        source.insert("target".into(), Value::Object(target));
        self.put(&mut source, "source", "expectedDigest", expected.digest.as_ref().map(|v| json!(v)));
        self.put(&mut source, "source", "expectedSize", expected.size.map(|v| json!(v)));
        self.put(&mut source, "source", "expectedClusterID", expected.cluster_id.as_ref().map(|v| json!(v)));
        self.put(&mut source, "source", "expectedVersion", expected.version.as_ref().map(|v| json!(v)));
        Value::Object(source)
    }

    fn target(&mut self, target: &Target, namespace: &str) -> Map<String, Value> {
        const AT: &str = "source.target";
        let mut object = Map::new();
        // The default of every schema that has the field; a schema without it knows only S3.
        let provider = target.provider.as_deref().filter(|p| self.has("source.target.provider") || *p != "s3");
        self.put(&mut object, AT, "provider", provider.map(|p| json!(p)));
        self.put(&mut object, AT, "endpoint", target.endpoint.as_ref().map(|v| json!(v)));
        self.put(&mut object, AT, "bucket", target.bucket.as_ref().map(|v| json!(v)));
        self.put(&mut object, AT, "region", target.region.as_ref().map(|v| json!(v)));
        self.put(&mut object, AT, "usePathStyle", target.use_path_style.map(|v| json!(v)));
        let secret =
            target.credentials_secret.as_ref().map(|s| self.reference(s, namespace, "source.target.credentialsSecretRef"));
        self.put(&mut object, AT, "credentialsSecretRef", secret);
        self.put(&mut object, AT, "roleArn", target.role_arn.as_ref().map(|v| json!(v)));
        self.put(&mut object, AT, "gcs", target.gcs_project.as_ref().map(|v| json!({"project": v})));
        self.put(&mut object, AT, "azure", azure(target));
        self.put(&mut object, AT, "insecureSkipVerify", target.insecure_skip_verify.filter(|v| *v).map(|v| json!(v)));
        self.put(&mut object, AT, "partSize", target.part_size.map(|v| json!(v)));
        self.put(&mut object, AT, "concurrency", target.concurrency.map(|v| json!(v)));
        self.put(&mut object, AT, "workloadIdentity", target.workload_identity.clone());
        object
    }
}

fn azure(target: &Target) -> Option<Value> {
    let mut block = Map::new();
    block.extend(target.azure_account.as_ref().map(|v| ("storageAccount".to_owned(), json!(v))));
    block.extend(target.azure_container.as_ref().map(|v| ("container".to_owned(), json!(v))));
    (!block.is_empty()).then_some(Value::Object(block))
}
