//! The operator's CRDs by generation, and what the API server does with their schemas: pruning, defaulting, validation.
//!
//! JAN's are the operator's own files (Apache-2.0, see `tests/data/operator/LICENSE`). The others are *derived* from
//! them by the differences listed in `edits`, because no files of those generations are at hand: fields the plugin and
//! the range do not touch may be missing.

mod edits;
mod rules;
mod validate;

use std::sync::OnceLock;

use serde_json::Value;

pub use validate::Schema;

use crate::drill::Play;

/// JAN's two files without their prose, which is most of them: `tests/generated` makes them from the operator's own.
const JAN: [&str; 2] = [include_str!("jan-openbaoclusters.json"), include_str!("jan-openbaorestores.json")];

/// The two CRDs of a generation (OpenBaoCluster, OpenBaoRestore), without the descriptions.
pub fn crds(play: Play) -> Vec<Value> {
    let [mut cluster, mut restore] = jan().clone();
    for edits in edits::up_to(play) {
        edits.apply(&mut cluster, &mut restore);
    }
    vec![cluster, restore]
}

/// A CRD file as the server wants it: parsed, without descriptions. For the generations whose files are at hand.
///
/// # Errors
/// When the text is not YAML.
pub fn crd_from_yaml(text: &str) -> Result<Value, String> {
    let mut crd: Value = serde_saphyr::from_str(text).map_err(|e| e.to_string())?;
    strip_descriptions(&mut crd);
    Ok(crd)
}

/// Parsed once per process.
fn jan() -> &'static [Value; 2] {
    static PARSED: OnceLock<[Value; 2]> = OnceLock::new();
    PARSED.get_or_init(|| JAN.map(|text| serde_json::from_str(text).expect("an embedded file that is JSON")))
}

/// Removes the prose: a `description` that is text is documentation, one that is an object is a property of that name.
fn strip_descriptions(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| key != "description" || !value.is_string());
            map.values_mut().for_each(strip_descriptions);
        }
        Value::Array(list) => list.iter_mut().for_each(strip_descriptions),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn restore(play: Play) -> Schema {
        Schema::new(crds(play)[1]["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone())
    }

    fn object(target: Value) -> Value {
        json!({"apiVersion": "openbao.org/v1alpha1", "kind": "OpenBaoRestore", "metadata": {"name": "r"},
            "spec": {"cluster": "prod", "source": {"key": "k", "target": target}}})
    }

    fn texts(schema: &Schema, object: &Value) -> Vec<String> {
        schema.validate(object, None).iter().map(|c| format!("{}: {}", c.field, c.message)).collect()
    }

    #[test]
    fn the_documented_nested_block_is_unknown_and_lacks_a_bucket() {
        let schema = restore(Play::Jan);
        let mut nested = object(json!({"type": "s3", "s3": {"bucket": "b"}}));
        assert_eq!(schema.unknown_fields(&nested), ["spec.source.target.s3", "spec.source.target.type"]);
        schema.prune(&mut nested);
        schema.fill_defaults(&mut nested);
        assert_eq!(texts(&schema, &nested), ["spec.source.target.bucket: Required value"]);
    }

    #[test]
    fn defaults_are_the_real_servers() {
        let mut given = object(json!({"bucket": "backups"}));
        restore(Play::Jan).fill_defaults(&mut given);
        assert_eq!(
            given["spec"]["source"]["target"],
            json!({"bucket": "backups", "provider": "s3", "region": "us-east-1", "usePathStyle": false,
                "partSize": 10_485_760, "concurrency": 3})
        );
        assert_eq!((&given["spec"]["force"], &given["status"]), (&json!(false), &Value::Null));
    }

    /// Texts as captured in `20-schema-and-policy.txt`.
    #[test]
    fn breaches_read_as_the_real_servers() {
        let schema = restore(Play::Jan);
        let breach = |target| texts(&schema, &object(target)).remove(0);
        assert_eq!(
            breach(json!({"bucket": ""})),
            "spec.source.target.bucket: Invalid value: \"\": spec.source.target.bucket in body should be at least 1 chars long"
        );
        assert_eq!(
            breach(json!({"bucket": "b", "provider": "ftp"})),
            "spec.source.target.provider: Unsupported value: \"ftp\": supported values: \"s3\", \"gcs\", \"azure\""
        );
        assert_eq!(
            breach(json!({"bucket": "b", "partSize": 5})),
            "spec.source.target.partSize: Invalid value: 5: spec.source.target.partSize in body should be greater than or \
             equal to 5242880"
        );
    }

    #[test]
    fn from_0_5_an_s3_target_needs_its_endpoint() {
        let without = object(json!({"bucket": "b", "provider": "s3"}));
        assert!(texts(&restore(Play::V04), &without).is_empty());
        assert_eq!(
            texts(&restore(Play::V05), &without),
            ["spec.source.target: Invalid value: \"object\": backup target endpoint is required when provider is s3"]
        );
        let azure = object(json!({"bucket": "b", "provider": "gcs", "azure": {"storageAccount": "a"}}));
        assert_eq!(texts(&restore(Play::Next), &azure).len(), 1);
    }

    #[test]
    fn files_of_other_generations_are_taken_as_they_are() {
        let crd = crd_from_yaml(include_str!("../../../tests/data/operator/p4/openbao.org_openbaorestores.yaml")).unwrap();
        let schema = Schema::new(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());
        let mut given = object(json!({"bucket": "b"}));
        given["spec"]["executorImage"] = json!("i");
        assert!(schema.unknown_fields(&given).is_empty());
        given["spec"]["image"] = json!("i");
        assert_eq!(schema.unknown_fields(&given), ["spec.image"]);
    }

    #[test]
    fn generations_differ_as_detection_expects() {
        let known = |play, field: &str| {
            let mut spec = object(json!({"bucket": "b"}));
            spec["spec"]["source"][field] = json!("x");
            restore(play).unknown_fields(&spec).is_empty()
        };
        assert_eq!(Play::ALL.map(|play| known(play, "expectedDigest")), [false, false, false, true]);
        let phases = |play| {
            crds(play)[1]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["phase"]
                ["enum"]
                .as_array()
                .map(Vec::len)
        };
        assert_eq!(Play::ALL.map(phases), [Some(5), Some(5), Some(6), Some(6)]);
    }

    /// A wrong path in the list of edits would be skipped silently otherwise.
    #[test]
    fn every_edit_finds_its_place() {
        let [cluster, restore] = jan().clone();
        assert_eq!(edits::misplaced(cluster, restore), Vec::<String>::new());
    }

    #[test]
    fn the_captured_cluster_passes_its_own_schema() {
        let text = include_str!("../../../tests/data/captured/objects/cluster-prod.yaml");
        let cluster: Value = serde_saphyr::from_str(text).unwrap();
        let schema = Schema::new(crds(Play::Jan)[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());
        assert_eq!(schema.unknown_fields(&cluster), Vec::<String>::new());
        assert_eq!(texts(&schema, &cluster), Vec::<String>::new());
    }
}
