//! Parameters as people read them: `name=value`, handles shortened, long values cut.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{flags, win32};

/// Digits of a handle that are shown.
pub(crate) const SHORT_HANDLE: usize = 8;

/// Characters of a string, and octets of a buffer, that are shown.
const MAX_TEXT: usize = 80;

/// Octets of a buffer that are shown.
const MAX_OCTETS: usize = 16;

/// Elements of an array that are shown.
const MAX_ELEMENTS: usize = 8;

/// Depth to which values within values are shown. The IDL's types are far flatter.
const MAX_DEPTH: usize = 8;

/// Parameters that hold a Win32 error code (MS-CMRP 3.1.4).
const CODES: [&str; 3] = ["Status", "rpc_status", "rpc_error"];

/// Parameters whose bits have meanings of their own, shown in hexadecimal.
const BITS: [&str; 4] = ["dwControlCode", "dwDesiredAccess", "dwFlags", "samDesired"];

/// An operation that goes on after its call has returned; no failure.
const ERROR_IO_PENDING: u64 = 997;

/// Name of the function result in `fields`.
pub(crate) const RESULT: &str = "return";

/// The parameters of a message, without its result.
pub(crate) fn parameters(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    members(&mut text, fields, 0);
    text
}

/// The result of a call: a Win32 error by name, or a handle.
pub(crate) fn result(value: &Value) -> String {
    if let Some(code) = value.as_u64() {
        return win32_code(code);
    }
    let mut text = String::new();
    plain(&mut text, value, 0);
    text
}

/// One parameter or member. `siblings` are the members of the same structure.
pub(crate) fn field(name: &str, value: &Value, siblings: &Map<String, Value>) -> String {
    if name == RESULT {
        return result(value);
    }
    special(name, value, siblings).unwrap_or_else(|| {
        let mut text = String::new();
        plain(&mut text, value, 0);
        text
    })
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
            None if handle(object).is_some() || object.contains_key("utf16") => None,
            None => Some(Self::Members(object)),
        }
    }
}

/// Whether the message tells of a failure: its result or `Status` is an error.
pub(crate) fn is_failure(fields: &Map<String, Value>) -> bool {
    let code = |name: &str| fields.get(name).and_then(Value::as_u64);
    [RESULT]
        .iter()
        .chain(&CODES)
        .any(|name| code(name).is_some_and(|code| code != 0 && code != ERROR_IO_PENDING))
}

/// A Win32 error: its name if it is known, and its number unless it is success.
fn win32_code(code: u64) -> String {
    let name = u32::try_from(code).ok().and_then(win32::name);
    match (name, code) {
        (Some(name), 0) => name.to_owned(),
        (Some(name), code) => format!("{name} ({code})"),
        (None, code) => format!("error {code}"),
    }
}

/// Numbers whose meaning is known: error codes, flags, kinds of object.
fn special(name: &str, value: &Value, siblings: &Map<String, Value>) -> Option<String> {
    let number = value.as_u64()?;
    if CODES.contains(&name) {
        return Some(win32_code(number));
    }
    if BITS.contains(&name) {
        return Some(format!("0x{number:08x}"));
    }
    flags::meaning(name, number, siblings)
}

fn plain(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::String(string) => quoted(text, string),
        Value::Array(elements) => list(text, elements, depth),
        Value::Object(object) => structure(text, object, depth),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// A string in quotes. Control characters are escaped: they come from the network, and a terminal obeys them.
fn quoted(text: &mut String, string: &str) {
    text.push('"');
    text.extend(string.chars().take(MAX_TEXT).flat_map(char::escape_debug));
    text.push_str(if string.chars().nth(MAX_TEXT).is_some() { "\"..." } else { "\"" });
}

fn list(text: &mut String, elements: &[Value], depth: usize) {
    text.push('[');
    for (index, element) in elements.iter().take(MAX_ELEMENTS).enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        nested(text, element, depth);
    }
    if let Some(more) = elements.len().checked_sub(MAX_ELEMENTS).filter(|more| *more > 0) {
        let _ = write!(text, ", {more} more");
    }
    text.push(']');
}

fn structure(text: &mut String, object: &Map<String, Value>, depth: usize) {
    if let Some(uuid) = handle(object) {
        text.push_str(uuid);
    } else if let Some(data) = array(object) {
        match data {
            Value::String(hex) => octets(text, hex),
            data => nested(text, data, depth),
        }
    } else {
        text.push('{');
        members(text, object, depth);
        text.push('}');
    }
}

/// Named values, without the result of a call.
fn members(text: &mut String, object: &Map<String, Value>, depth: usize) {
    for (index, (name, value)) in object.iter().filter(|(name, _)| *name != RESULT).enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        let _ = write!(text, "{name}=");
        match special(name, value, object) {
            Some(special) => text.push_str(&special),
            None => nested(text, value, depth),
        }
    }
}

fn nested(text: &mut String, value: &Value, depth: usize) {
    match depth.checked_add(1).filter(|depth| *depth < MAX_DEPTH) {
        Some(depth) => plain(text, value, depth),
        None => text.push_str("..."),
    }
}

/// The first digits of a context handle's UUID; a nil handle is `null`.
fn handle(object: &Map<String, Value>) -> Option<&str> {
    let uuid =
        object.get("uuid")?.as_str().filter(|_| object.len() == 2 && object.contains_key("attributes"))?;
    if uuid.bytes().all(|octet| matches!(octet, b'0' | b'-')) {
        return Some("null");
    }
    uuid.get(..SHORT_HANDLE)
}

/// The elements of an array, which comes with its size: `{"max": 3, "data": ...}`.
fn array(object: &Map<String, Value>) -> Option<&Value> {
    object.get("data").filter(|_| object.len() == 2 && object.contains_key("max"))
}

/// A buffer: how many octets, and the first of them.
fn octets(text: &mut String, hex: &str) {
    let count = hex.len() / 2;
    let shown = hex.get(..MAX_OCTETS.saturating_mul(2)).unwrap_or(hex);
    let rest = if count > MAX_OCTETS { "..." } else { "" };
    let _ = write!(text, "<{count} octets{}{shown}{rest}>", if count > 0 { ": " } else { "" });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> String {
        let mut text = String::new();
        plain(&mut text, value, 0);
        text
    }

    #[test]
    fn values_are_short_and_harmless() {
        let uuid = "00112233-4455-6677-8899-aabbccddeeff";
        assert_eq!(shown(&json!({"attributes": 0, "uuid": uuid})), "00112233");
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(shown(&json!({"attributes": 0, "uuid": nil})), "null");
        assert_eq!(shown(&json!("a\u{1b}[31m\"\n")), r#""a\u{1b}[31m\"\n""#);
        assert_eq!(shown(&json!("x".repeat(81))), format!("\"{}\"...", "x".repeat(80)));
        assert_eq!(shown(&json!({"max": 3, "data": "0102ff"})), "<3 octets: 0102ff>");
        assert_eq!(shown(&json!({"max": 3, "data": ""})), "<0 octets>");
        assert_eq!(
            shown(&json!({"max": 9, "data": [1, 2, 3, 4, 5, 6, 7, 8, 9]})),
            "[1, 2, 3, 4, 5, 6, 7, 8, 1 more]"
        );
        assert_eq!(shown(&json!({"a": null, "b": {"c": 1}})), "{a=null, b={c=1}}");
        let deep = (0..100).fold(json!(1), |value, _| json!([value]));
        assert_eq!(shown(&deep), "[[[[[[[[...]]]]]]]]");
    }

    #[test]
    fn results_have_names() {
        assert_eq!(result(&json!(0)), "ERROR_SUCCESS");
        assert_eq!(result(&json!(258)), "WAIT_TIMEOUT (258)");
        assert_eq!(result(&json!(123_456_789)), "error 123456789");
        assert!(!is_failure(json!({"return": 997}).as_object().unwrap()));
        assert!(is_failure(json!({"Status": 5007, "return": null}).as_object().unwrap()));
        assert!(!is_failure(json!({"dwNotifyKey": 7, "rpc_status": 0, "return": 0}).as_object().unwrap()));
    }
}
