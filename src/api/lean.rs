//! Objects of a long list, without what is half of their text and nobody reads: `metadata.managedFields`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// An object without its `metadata.managedFields`. No parameter of the API leaves them out, and building values of them is half the
/// work of reading a list.
///
/// # Errors
/// When it is not JSON.
pub fn object(text: &str) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let lean = Place::Object.deserialize(&mut reader);
    // What is not built like an object stays as it is.
    lean.and_then(|value| reader.end().map(|()| value)).or_else(|_| serde_json::from_str(text))
}

/// The object, or its metadata.
#[derive(Clone, Copy)]
enum Place {
    Object,
    Metadata,
}

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Place {
    type Value = Value;

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = match (self, name.as_str()) {
                (Place::Object, "metadata") => fields.next_value_seed(Place::Metadata)?,
                (Place::Metadata, "managedFields") => {
                    fields.next_value::<IgnoredAny>()?;
                    continue;
                }
                _ => fields.next_value()?,
            };
            // Of two with one name the last counts, as everywhere.
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_but_the_managed_fields_is_there() {
        let text = r#"{"kind": "Pod", "metadata": {"name": "a", "managedFields": [{"f:metadata": {}}], "labels": {"managedFields": "x"}},
            "spec": {"managedFields": 1, "metadata": {"managedFields": [2]}}, "status": null}"#;
        let expected = json!({"kind": "Pod", "metadata": {"name": "a", "labels": {"managedFields": "x"}},
            "spec": {"managedFields": 1, "metadata": {"managedFields": [2]}}, "status": null});
        assert_eq!(object(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_object_is_read_as_it_is() {
        for text in ["1", "[{}]", "\"a\"", "null", r#"{"metadata": "text"}"#, r#"{"metadata": null, "a": [1]}"#] {
            assert_eq!(object(text).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for text in ["", "{", "{} {}", r#"{"metadata": {"managedFields": [}}"#] {
            assert!(object(text).is_err(), "{text}");
        }
    }
}
