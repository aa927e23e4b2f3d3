//! What a request is about: the path and the method read as kube-apiserver reads them.

use std::sync::Arc;

use super::resources::{Resource, Resources};

/// Query parameters, decoded, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Self {
        Query(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is there and not empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }
}

/// A request for objects.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub resource: Arc<Resource>,
    /// Empty for cluster-scoped kinds and for lists over all namespaces.
    pub namespace: String,
    /// Empty for collections.
    pub name: String,
    /// Empty for the object itself.
    pub subresource: String,
    /// The verb authorisation is asked for.
    pub verb: &'static str,
    /// Whether the kind is served at all.
    pub served: bool,
}

/// Reads a path under `/api/` or `/apis/`; `None` for everything that is no resource request.
pub(crate) fn parse(resources: &Resources, method: &str, path: &str, query: &Query) -> Option<Target> {
    let mut segments = path.split('/').filter(|s| !s.is_empty());
    let (group, version) = match segments.next()? {
        "api" => ("", segments.next()?),
        "apis" => (segments.next()?, segments.next()?),
        _ => return None,
    };
    let rest: Vec<&str> = segments.collect();
    let (namespace, rest) = match rest.as_slice() {
        ["namespaces", namespace, plural, ..] if !matches!(*plural, "status" | "finalize") => (*namespace, &rest[2..]),
        [] => return None,
        _ => ("", &rest[..]),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (*plural, "", ""),
        [plural, name] => (*plural, *name, ""),
        [plural, name, subresource @ ..] => (*plural, *name, *subresource.first()?),
        [] => return None,
    };
    let found = resources.find(group, version, plural).filter(|r| r.namespaced || namespace.is_empty());
    let served = found.is_some_and(|r| subresource.is_empty() || r.subresources.iter().any(|s| s == subresource));
    let resource = resource(resources, group, version, plural);
    let verb = verb(method, name, query);
    let [namespace, name, subresource] = [namespace, name, subresource].map(str::to_owned);
    Some(Target { resource, namespace, name, subresource, verb, served })
}

fn verb(method: &str, name: &str, query: &Query) -> &'static str {
    match method {
        "GET" | "HEAD" if query.flag("watch") => "watch",
        "GET" | "HEAD" if name.is_empty() => "list",
        "GET" | "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" if name.is_empty() => "deletecollection",
        "DELETE" => "delete",
        _ => "unknown",
    }
}

/// The kind of that name, or what stands for it.
pub(crate) fn resource(resources: &Resources, group: &str, version: &str, plural: &str) -> Arc<Resource> {
    let found = resources.find(group, version, plural).cloned();
    found.unwrap_or_else(|| Arc::new(unknown(group, version, plural)))
}

/// Stands for a kind that is not served: permission is asked for before its absence is admitted.
fn unknown(group: &str, version: &str, plural: &str) -> Resource {
    Resource {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        singular: String::new(),
        kind: String::new(),
        namespaced: true,
        short: Vec::new(),
        subresources: Vec::new(),
        generation: false,
        schema: None,
        columns: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, path: &str, query: &str) -> Option<[String; 5]> {
        let target = parse(&Resources::new(&[]), method, path, &Query::parse(query))?;
        let plural = target.resource.plural.clone();
        Some([plural, target.namespace, target.name, target.subresource, target.verb.to_owned()])
    }

    #[test]
    fn paths_are_read_as_the_real_server_does() {
        let row = |a: [&str; 5]| Some(a.map(str::to_owned));
        assert_eq!(read("GET", "/api/v1/pods", ""), row(["pods", "", "", "", "list"]));
        assert_eq!(read("GET", "/api/v1/pods", "watch=true"), row(["pods", "", "", "", "watch"]));
        assert_eq!(read("GET", "/api/v1/namespaces/bao", ""), row(["namespaces", "", "bao", "", "get"]));
        assert_eq!(read("PUT", "/api/v1/namespaces/bao/status", ""), row(["namespaces", "", "bao", "status", "update"]));
        assert_eq!(read("GET", "/api/v1/namespaces/bao/pods/p/log", ""), row(["pods", "bao", "p", "log", "get"]));
        assert_eq!(read("DELETE", "/apis/batch/v1/namespaces/bao/jobs/j", ""), row(["jobs", "bao", "j", "", "delete"]));
        assert_eq!(read("PATCH", "/apis/x.org/v1/namespaces/n/things/t", ""), row(["things", "n", "t", "", "patch"]));
        assert_eq!(read("GET", "/apis/batch/v1", ""), None);
        assert_eq!(read("GET", "/version", ""), None);
    }
}
