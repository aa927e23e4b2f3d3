//! `src/drill/schema/jan-*.json`: the operator's CRDs (Apache-2.0, see `tests/data/operator/LICENSE`) without their prose.

use kubectl_openbao::drill::schema::crd_from_yaml;

use super::Generated;

pub fn files() -> Vec<Generated> {
    let crd = |path, plural: &str| {
        let source = super::root().join(format!("tests/data/operator/jan/openbao.org_{plural}.yaml"));
        let text = std::fs::read_to_string(&source).unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        let crd = crd_from_yaml(&text).expect("the operator's file is YAML");
        Generated { path, text: format!("{crd}\n") }
    };
    vec![
        crd("src/drill/schema/jan-openbaoclusters.json", "openbaoclusters"),
        crd("src/drill/schema/jan-openbaorestores.json", "openbaorestores"),
    ]
}
