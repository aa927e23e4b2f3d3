//! Every document that any test sees is held to its published schema.

use std::path::Path;

use serde_json::Value;

use super::Ran;
use super::shape::violations;

/// Fails when an answer is a document of ours that its schema in `docs/schema` does not describe. Half a list, cut off by an
/// interruption, is no document.
#[track_caller]
pub fn assert_published(ran: &Ran) {
    let Ok(document) = serde_json::from_str::<Value>(&ran.out) else { return };
    if document["apiVersion"] != "cli.openbao.org/v1" {
        return;
    }
    let kind = document["kind"].as_str().unwrap_or_else(|| panic!("a document without a kind: {ran}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/v1/{kind}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}\n{ran}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let wrong = violations(&schema, &schema, &document, kind);
    assert!(wrong.is_empty(), "{wrong:#?}\n{ran}");
}
