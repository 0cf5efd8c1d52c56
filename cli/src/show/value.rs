//! Values in their JSON form, one field after another.

use serde_json::{Map, Value};

use super::plain::{self, Name};

/// One parameter or member. `siblings` are the members of the same structure.
pub(crate) fn field(name: &str, value: &Value, siblings: &Map<String, Value>) -> String {
    let kind = siblings.get("dwObjectType").and_then(Value::as_u64);
    let mut text = String::new();
    plain::named(&mut text, Name::of(name), value, kind);
    text
}

/// What a value is made of, where it has parts with names or places of their own.
pub(crate) enum Parts<'a> {
    Members(&'a Map<String, Value>),
    Elements(&'a [Value]),
}

impl<'a> Parts<'a> {
    /// The parts of a structure, or of an array of structures.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        let object = value.as_object()?;
        match array(object) {
            Some(Value::Array(elements)) if elements.iter().any(Value::is_object) => {
                Some(Self::Elements(elements))
            }
            Some(_) => None,
            None if is_handle(object) || object.contains_key("utf16") => None,
            None => Some(Self::Members(object)),
        }
    }
}

/// Whether the value is a context handle.
fn is_handle(object: &Map<String, Value>) -> bool {
    object.len() == 2 && object.contains_key("attributes") && object.get("uuid").is_some_and(Value::is_string)
}

/// The elements of an array, which comes with its size: `{"max": 3, "data": ...}`.
fn array(object: &Map<String, Value>) -> Option<&Value> {
    object.get("data").filter(|_| object.len() == 2 && object.contains_key("max"))
}
