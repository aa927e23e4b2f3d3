//! `--from-file`: what is taken over from a manifest stands in it, and what is made of it says the same again.

use kubectl_openbao::commands::restore::file;
use kubectl_openbao::domain::restore::plan;
use kubectl_openbao::domain::restore::request::{FromFile, Request};
use serde_json::Value;

use super::cluster;

/// A file.
pub fn check(data: &[u8]) {
    let path = super::file("restore.yaml", data);
    let read = match file::read(&path) {
        Ok(read) => read,
        Err(failure) => {
            for line in std::iter::once(&failure.cause).chain(&failure.details).chain(&failure.hints) {
                super::assert_safe_line("a refusal", line);
            }
            assert!(failure.details.iter().any(|line| line == "nothing was written"), "{failure:?}");
            return;
        }
    };
    read.notes.iter().for_each(|note| super::assert_safe_line("a note", note));
    let document = serde_saphyr::from_multiple::<Value>(&String::from_utf8_lossy(data)).expect("it was read");
    let document = document.into_iter().find(|document| !document.is_null()).expect("it was read");
    of_the_document(&read, &document);
    said_again(&read);
}

fn of_the_document(read: &FromFile, document: &Value) {
    let spec = &document["spec"];
    assert_eq!(document["kind"], "OpenBaoRestore");
    assert_eq!(read.force, spec["force"] == Value::Bool(true));
    assert_eq!(read.override_lock, spec["overrideOperationLock"] == Value::Bool(true));
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    assert_eq!(read.cluster, text(&spec["cluster"]));
    assert_eq!(read.key, text(&spec["source"]["key"]));
    assert_eq!(read.namespace, text(&document["metadata"]["namespace"]));
    assert_eq!(read.token_secret, text(&spec["tokenSecretRef"]["name"]));
}

/// The manifest that is planned from it, read as a file once more.
fn said_again(read: &FromFile) {
    let request = Request {
        namespace: "bao".into(),
        cluster: read.cluster.clone().unwrap_or_else(|| "prod".into()),
        key: read.key.clone().unwrap_or_else(|| "k".into()),
        name: "new-1".into(),
        request_id: "id".into(),
        file_target: read.target.clone(),
        jwt_auth_role: read.jwt_auth_role.clone(),
        token_secret: read.token_secret.clone(),
        image: read.image.clone(),
        force: read.force,
        override_lock: read.override_lock,
        expected: read.expected.clone(),
        ..Request::default()
    };
    // Without a schema every field is tried.
    let object = serde_json::json!({"metadata": {"name": "prod", "namespace": "bao"}});
    let evidence = cluster::of(kubectl_openbao::api::cluster::Cluster::read(&object), Default::default());
    let plan = plan(&evidence, &request).expect("the cluster was read");
    let again = FromFile::read(&plan.manifest).unwrap_or_else(|why| panic!("our own manifest is refused: {why}: {}", plan.manifest));
    assert_eq!((again.cluster, again.key), (Some(request.cluster.clone()), Some(request.key.clone())));
    assert_eq!((again.force, again.token_secret), (request.force, request.token_secret.clone()));
    let target = again.target.expect("a target is always written");
    let merged = request.merged_target(None);
    assert_eq!((&target.bucket, &target.endpoint, &target.region), (&merged.bucket, &merged.endpoint, &merged.region));
    assert_eq!(target.credentials_secret, merged.credentials_secret);
    assert_eq!((&target.azure_account, &target.azure_container), (&merged.azure_account, &merged.azure_container));
    assert_eq!((&target.gcs_project, target.use_path_style), (&merged.gcs_project, merged.use_path_style));
}
