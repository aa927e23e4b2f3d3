//! `-o json` and `-o yaml`: versioned documents, also streamed as a list.

use serde::Serialize;
use serde_json::Value;

use crate::api::text::{escaped_json, is_unsafe};

/// `apiVersion` of every document.
pub const API_VERSION: &str = "cli.openbao.org/v1";

/// JSON or YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

/// A whole document of a kind: `apiVersion` and `kind` before the data's own fields.
pub fn document(kind: &str, data: &impl Serialize, markup: Markup) -> String {
    let mut fields = serde_json::Map::new();
    fields.insert("apiVersion".into(), API_VERSION.into());
    fields.insert("kind".into(), kind.into());
    if let Value::Object(own) = value(data) {
        fields.extend(own);
    }
    text(&Value::Object(fields), markup)
}

/// Any data as text that no terminal acts on.
pub fn text(value: &Value, markup: Markup) -> String {
    match markup {
        Markup::Json => escaped_json(&serde_json::to_string_pretty(value).unwrap_or_default()),
        Markup::Yaml => yaml(value),
    }
}

/// YAML escapes control characters, but not the direction overrides, and they can stand outside quotes.
fn yaml(value: &Value) -> String {
    let text = |value: &Value| serde_saphyr::to_string(value).unwrap_or_default().trim_end().to_owned();
    let plain = text(value);
    if !plain.chars().any(|c| c != '\n' && is_unsafe(c)) {
        return plain;
    }
    let harmless: String = value.to_string().chars().map(|c| if is_unsafe(c) { '\u{fffd}' } else { c }).collect();
    serde_json::from_str(&harmless).map_or_else(|_| escaped_json(&plain), |value| text(&value))
}

/// Data of ours as a JSON value.
pub fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

/// A list document written piece by piece, so that its length costs no memory.
pub struct ListDocument {
    markup: Markup,
    written: usize,
    /// Written with the first item: a list that cannot be read leaves no half of a document.
    head: String,
}

impl ListDocument {
    /// Starts a list.
    pub fn open(kind: &str, markup: Markup) -> ListDocument {
        let head = match markup {
            Markup::Json => format!("{{\n  \"apiVersion\": \"{API_VERSION}\",\n  \"kind\": \"{kind}\",\n  \"items\": [\n"),
            Markup::Yaml => format!("apiVersion: {API_VERSION}\nkind: {kind}\nitems:\n"),
        };
        ListDocument { markup, written: 0, head }
    }

    /// The text of the next item.
    pub fn item(&mut self, data: &impl Serialize) -> String {
        let text = text(&value(data), self.markup);
        self.written += 1;
        let head = std::mem::take(&mut self.head);
        let item = match self.markup {
            Markup::Json => {
                let comma = if self.written > 1 { "    ,\n" } else { "" };
                format!("{comma}{}", indent(&text, "    ", "    "))
            }
            Markup::Yaml => indent(&text, "- ", "  "),
        };
        format!("{head}{item}")
    }

    /// The text that ends the list.
    pub fn close(self) -> String {
        let end = match (self.markup, self.written) {
            (Markup::Json, _) => "  ]\n}",
            (Markup::Yaml, 0) => "  []",
            (Markup::Yaml, _) => "",
        };
        format!("{}{end}", self.head)
    }
}

fn indent(text: &str, first: &str, rest: &str) -> String {
    text.lines()
        .enumerate()
        .map(|(i, line)| format!("{}{line}", if i == 0 { first } else { rest }))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_document_moves_a_cursor_or_reorders_text() {
        let nasty = json!({"a": "\u{1b}[2J\u{7f}\u{9b}31m\u{202e}gnp", "\u{202e}k": ["x\r\n\u{85}"]});
        for markup in [Markup::Json, Markup::Yaml] {
            let text = text(&nasty, markup);
            assert!(!text.chars().any(|c| c != '\n' && is_unsafe(c)), "{text:?}");
        }
        let read: Value = serde_json::from_str(&text(&nasty, Markup::Json)).expect("still JSON");
        assert_eq!(read, nasty, "and nothing is lost");
    }

    #[test]
    fn a_streamed_list_is_one_document() {
        for items in [vec![], vec![json!({"a": 1})], vec![json!({"a": [1, 2]}), json!({"b": "x: y"})]] {
            for markup in [Markup::Json, Markup::Yaml] {
                let mut list = ListDocument::open("ClusterStatusList", markup);
                let mut text = items.iter().map(|item| format!("{}\n", list.item(item))).collect::<String>();
                text.push_str(&list.close());
                let read: Value = serde_saphyr::from_str(&text).expect("JSON is YAML too");
                assert_eq!(read["items"], Value::Array(items.clone()), "{text}");
            }
        }
    }
}
