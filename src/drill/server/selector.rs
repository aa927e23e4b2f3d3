//! Label and field selectors, in the grammar of apimachinery.

use serde_json::Value;

use super::rejection::Rejection;
use super::resources::Resource;
use super::route::Query;

/// Which objects of a kind are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    /// Dotted path, value, and whether it must be equal.
    fields: Vec<(String, String, bool)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selector {
    /// Reads `labelSelector` and `fieldSelector`; a name in the path selects that object.
    pub fn parse(resource: &Resource, query: &Query) -> Result<Self, Rejection> {
        let labels = query.filled("labelSelector").map(labels).transpose();
        let labels = labels.map_err(|part| {
            Rejection::bad_request(format!("unable to parse requirement: found '{part}', expected: identifier, in, notin, =, !="))
        })?;
        let fields = query.filled("fieldSelector").map(|text| fields(resource, text)).transpose()?;
        Ok(Selector { labels: labels.unwrap_or_default(), fields: fields.unwrap_or_default() })
    }

    /// Adds the condition that the object has this name.
    pub fn named(mut self, name: &str) -> Self {
        if !name.is_empty() {
            self.fields.push(("metadata.name".into(), name.into(), true));
        }
        self
    }

    pub fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|requirement| requirement.holds(labels))
            && self.fields.iter().all(|(path, wanted, equal)| (field(object, path) == *wanted) == *equal)
    }
}

impl Requirement {
    fn holds(&self, labels: &Value) -> bool {
        let value = |key: &str| labels[key].as_str();
        match self {
            Requirement::In(key, values) => value(key).is_some_and(|value| values.iter().any(|v| v == value)),
            Requirement::NotIn(key, values) => value(key).is_none_or(|value| values.iter().all(|v| v != value)),
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Absent(key) => value(key).is_none(),
        }
    }
}

/// A field's text; a missing one is empty.
fn field<'a>(object: &'a Value, path: &str) -> &'a str {
    path.split('.').fold(object, |value, key| &value[key]).as_str().unwrap_or_default()
}

/// The requirements of a label selector, or the part that is none.
fn labels(text: &str) -> Result<Vec<Requirement>, String> {
    split(text).iter().map(|part| requirement(part.trim()).ok_or_else(|| part.trim().to_owned())).collect()
}

/// Splits at the commas outside parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn requirement(part: &str) -> Option<Requirement> {
    let key = |text: &str| {
        let text = text.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
    };
    for (operator, negated) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((name, value)) = part.split_once(operator) {
            let (name, values) = (key(name)?, vec![value.trim().to_owned()]);
            return Some(if negated { Requirement::NotIn(name, values) } else { Requirement::In(name, values) });
        }
    }
    if let Some((head, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) {
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match head.trim().rsplit_once(char::is_whitespace)? {
            (name, "in") => Some(Requirement::In(key(name)?, values)),
            (name, "notin") => Some(Requirement::NotIn(key(name)?, values)),
            _ => None,
        };
    }
    match part.strip_prefix('!') {
        Some(name) => key(name).map(Requirement::Absent),
        None => key(part).map(Requirement::Exists),
    }
}

fn fields(resource: &Resource, text: &str) -> Result<Vec<(String, String, bool)>, Rejection> {
    text.split(',').map(|part| field_requirement(resource, part)).collect()
}

fn field_requirement(resource: &Resource, part: &str) -> Result<(String, String, bool), Rejection> {
    let found = [("!=", false), ("==", true), ("=", true)]
        .iter()
        .find_map(|(operator, equal)| part.split_once(operator).map(|(path, value)| (path, value, *equal)));
    let (path, value, equal) =
        found.ok_or_else(|| Rejection::bad_request(format!("invalid selector: '{part}'; can't understand '{part}'")))?;
    if !selectable(resource, path) {
        return Err(Rejection::bad_request(format!("field label not supported: {path}")));
    }
    Ok((path.to_owned(), value.to_owned(), equal))
}

/// The fields kube-apiserver can select by.
fn selectable(resource: &Resource, path: &str) -> bool {
    let own: &[&str] = match resource.plural.as_str() {
        "pods" => &["spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP"],
        "events" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.fieldPath",
            "reason",
            "type",
            "source",
            "reportingComponent",
        ],
        "secrets" => &["type"],
        "namespaces" => &["status.phase"],
        "nodes" => &["spec.unschedulable"],
        "jobs" => &["status.successful"],
        _ => &[],
    };
    matches!(path, "metadata.name" | "metadata.namespace") || own.contains(&path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn label_selectors_choose_as_kubectl_expects() {
        let object = json!({"metadata": {"labels": {"app": "bao", "tier": "db"}}});
        let matches = |text: &str| labels(text).unwrap().iter().all(|r| r.holds(&object["metadata"]["labels"]));
        for yes in ["app=bao", "app==bao,tier", "app in (x, bao)", "env!=prod", "env notin (a,b),!env", "app"] {
            assert!(matches(yes), "{yes}");
        }
        for no in ["app=x", "app!=bao", "app notin (bao)", "!app", "env", "app in (x),tier=db"] {
            assert!(!matches(no), "{no}");
        }
        assert!(labels("a b").is_err() && labels("a in x").is_err() && labels("=x").is_err());
    }

    #[test]
    fn field_selectors_are_those_of_the_kind() {
        let resources = super::super::resources::Resources::new(&[]);
        let pods = resources.by_plural("pods").unwrap();
        let parse = |text: &str| Selector::parse(pods, &Query::parse(&format!("fieldSelector={text}")));
        let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n"}, "status": {"phase": "Running"}});
        assert!(parse("spec.nodeName%3Dn,status.phase!%3DFailed").unwrap().matches(&pod));
        assert!(!parse("metadata.name%3Dq").unwrap().matches(&pod));
        assert_eq!(parse("spec.image%3Dx").unwrap_err().message, "field label not supported: spec.image");
    }
}
