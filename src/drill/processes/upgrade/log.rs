//! The executor's log lines: zap's development console (captured 11).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Upgrade;

impl Upgrade<'_> {
    /// An informational line.
    pub(super) fn info(&self, message: &str, fields: &[(&str, Value)]) {
        self.line("INFO", message, fields);
    }

    /// A line for developers, which the executor prints too.
    pub(super) fn debug(&self, message: &str, fields: &[(&str, Value)]) {
        self.line("DEBUG", message, fields);
    }

    /// A line about an error that is not the end.
    pub(super) fn error(&self, message: &str, fields: &[(&str, Value)]) {
        self.line("ERROR", message, fields);
    }

    fn line(&self, level: &str, message: &str, fields: &[(&str, Value)]) {
        let base = base(&self.action, (&self.namespace, &self.cluster), self.replicas, (&self.blue, &self.green));
        self.process.say(line(Timestamp::now(), level, message, base.iter().chain(fields)));
    }
}

/// The fields of every line: the action, namespace and name of the cluster, its replicas, Blue's and Green's revision.
pub(crate) fn base(action: &str, cluster: (&str, &str), replicas: u32, revisions: (&str, &str)) -> [(&'static str, Value); 6] {
    [
        ("action", json!(action)),
        ("cluster_namespace", json!(cluster.0)),
        ("cluster_name", json!(cluster.1)),
        ("replicas", json!(replicas)),
        ("blue_revision", json!(revisions.0)),
        ("green_revision", json!(revisions.1)),
    ]
}

/// One line: time, level, message and fields, separated by tabs; the fields with the spaces zap puts there.
pub(crate) fn line<'a>(at: Timestamp, level: &str, message: &str, fields: impl Iterator<Item = &'a (&'a str, Value)>) -> String {
    let fields: Vec<String> = fields.map(|(key, value)| format!("{key:?}: {value}")).collect();
    format!("{}\t{level}\t{message}\t{{{}}}", at.strftime("%Y-%m-%dT%H:%M:%SZ"), fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_the_captured_one() {
        let fields = [("action", json!("bluegreen-wait-green-synced")), ("replicas", json!(3)), ("target_index", json!(73))];
        assert_eq!(
            line("2026-11-21T00:46:19.7Z".parse().expect("a time"), "INFO", "Green pods are synced", fields.iter()),
            "2026-11-21T00:46:19Z\tINFO\tGreen pods are synced\t{\"action\": \"bluegreen-wait-green-synced\", \"replicas\": 3, \
             \"target_index\": 73}"
        );
    }
}
