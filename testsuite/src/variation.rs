//! Random values of an operation: the value of a vector, with other content in its members.
//!
//! Nothing here knows the types. A change that the JSON reader or the encoder refuses is taken back, so what comes out is
//! a value of the operation whatever was tried.

use cmrp::ndr::Format;
use cmrp::ndr::json::{Arena, Value};
use serde_json::json;

use crate::message::{Direction, Message, Protocol};
use crate::random::Random;

/// Elements that an array gets at most, unless its vector has more.
const MOST_ELEMENTS: usize = 5;
/// Octets and characters that a buffer or a string gets at most.
const MOST_CHARACTERS: usize = 40;
/// One to four octets of UTF-8, one and two units of UTF-16.
const ALPHABET: [char; 12] = ['a', 'Z', '0', ' ', '\\', '"', 'é', 'ß', '漢', '\u{FFFD}', '😀', '𐍈'];

/// A handle, a number, a string and a null pointer, as JSON text.
const PLAIN: [&str; 4] = [r#"{"uuid": "00112233-4455-6677-8899-aabbccddeeff"}"#, "0", "\"\"", "null"];

/// An operation in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Protocol version.
    pub protocol: Protocol,
    /// Request or response.
    pub direction: Direction,
    /// Operation number.
    pub opnum: u16,
}

impl Kind {
    /// Encodes the JSON form of a value.
    ///
    /// # Errors
    /// The codec's reason, as text.
    pub fn encode(self, value: &Value, format: Format) -> Result<Vec<u8>, String> {
        let arena = Arena::new();
        let message = Message::from_json(self.protocol, self.direction, self.opnum, value, &arena)
            .map_err(|error| error.to_string())?;
        message.encode(format).map_err(|error| error.to_string())
    }

    /// The member whose absence the reader complains about.
    fn missing(self, value: &Value) -> Option<String> {
        let name = self.wrong(value)?;
        value.get(&name).is_none().then_some(name)
    }

    /// The place that the reader complains about, such as `filter.dwNotifyKey`.
    fn wrong(self, value: &Value) -> Option<String> {
        let arena = Arena::new();
        let read = Message::from_json(self.protocol, self.direction, self.opnum, value, &arena);
        read.err().map(|error| error.path().to_string())
    }

    fn accepts(self, value: &Value) -> bool {
        Format::ALL.into_iter().all(|format| self.encode(value, format).is_ok())
    }
}

/// A plain value of an operation that has no vector in this direction; `None` if it takes more than handles, numbers,
/// strings and null pointers.
pub fn plain(kind: Kind) -> Option<Value> {
    let mut value = json!({});
    while let Some(missing) = kind.missing(&value) {
        let filled = PLAIN.iter().find_map(|text| {
            let mut filled = value.clone();
            let content = serde_json::from_str(text).ok()?;
            filled.as_object_mut()?.insert(missing.clone(), content);
            let still =
                kind.wrong(&filled).is_some_and(|place| place.split(['.', '[']).next() == Some(&*missing));
            (!still).then_some(filled)
        });
        value = filled?;
    }
    kind.accepts(&value).then_some(value)
}

/// Another value of the same operation.
pub fn vary(kind: Kind, value: &Value, random: &mut Random) -> Value {
    let mut varied = value.clone();
    drop_counts(kind, &mut varied);
    // A change of an array adds or removes what is in it, so arrays come before what they hold.
    for change in [resize, replace] {
        for pointer in pointers(&varied) {
            // Conformance of an array is what `resize` made it.
            if random.below(4) > 0 && !pointer.ends_with("/max") {
                try_change(kind, &mut varied, &pointer, random, change);
            }
        }
    }
    varied
}

/// Leaves out what states the size of an array beside it, which could not change otherwise.
fn drop_counts(kind: Kind, value: &mut Value) {
    for pointer in pointers(value) {
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        if name == "attributes" {
            continue;
        }
        let mut without = value.clone();
        let members = without.pointer_mut(parent).and_then(Value::as_object_mut);
        let removed = members.and_then(|members| members.shift_remove(name));
        if removed.is_some_and(|removed| removed.is_number()) && kind.accepts(&without) {
            *value = without;
        }
    }
}

type Change = fn(&Value, &mut Random) -> Vec<Value>;

/// Puts the first of several alternatives into the place that makes a value of the operation.
fn try_change(kind: Kind, value: &mut Value, pointer: &str, random: &mut Random, change: Change) {
    let Some(old) = value.pointer(pointer) else { return };
    for alternative in change(old, random) {
        let mut changed = value.clone();
        if let Some(place) = changed.pointer_mut(pointer) {
            *place = alternative;
        }
        if kind.accepts(&changed) {
            *value = changed;
            return;
        }
    }
}

/// Another array, or none, in place of an array.
fn resize(old: &Value, random: &mut Random) -> Vec<Value> {
    let Some(data) = old.get("data") else { return Vec::new() };
    if random.below(8) == 0 {
        return vec![Value::Null];
    }
    let (data, count) = match data {
        Value::Array(elements) => resized(elements, random),
        _ => octets(random),
    };
    let spare = random.below(4).saturating_add(count);
    vec![json!({"max": spare, "data": data}), json!({"max": count, "data": data})]
}

fn resized(elements: &[Value], random: &mut Random) -> (Value, usize) {
    let count = random.below(MOST_ELEMENTS.saturating_add(1));
    let chosen: Vec<Value> = (0..count).filter_map(|_| random.choose(elements).cloned()).collect();
    let count = chosen.len();
    (Value::Array(chosen), count)
}

fn octets(random: &mut Random) -> (Value, usize) {
    let octets: Vec<u8> = (0..random.below(MOST_CHARACTERS)).map(|_| random.octet()).collect();
    (Value::String(crate::hex::encode(&octets)), octets.len())
}

/// Other content in place of a number, a string, a UUID or a null pointer.
fn replace(old: &Value, random: &mut Random) -> Vec<Value> {
    match old {
        Value::Number(_) => [64, 32, 16, 8].map(|bits| json!(random.number(bits))).into(),
        // A UUID takes no text, and the octets of an array neither; a string takes either.
        Value::String(old) if is_uuid(old) => vec![json!(uuid(random))],
        Value::String(_) if random.below(8) == 0 => vec![Value::Null, json!("")],
        Value::String(_) => vec![json!(text(random))],
        Value::Object(members) if members.contains_key("utf16") => vec![json!(text(random))],
        Value::Null => {
            let (data, count) = octets(random);
            vec![json!(text(random)), json!({"max": count, "data": data}), json!({"max": 0, "data": []})]
        }
        _ => Vec::new(),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.matches('-').count() == 4
}

fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.bits(), random.bits());
    let (first, second, third) = (high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF);
    format!("{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
}

fn text(random: &mut Random) -> String {
    (0..random.below(MOST_CHARACTERS)).filter_map(|_| random.choose(&ALPHABET).copied()).collect()
}

/// JSON pointers (RFC 6901) to every value inside of another, outer ones first.
///
/// Names of the IDL have neither `~` nor `/`, which would have to be escaped.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0_usize;
    while let Some(pointer) = found.get(next).cloned() {
        match value.pointer(&pointer) {
            Some(Value::Object(members)) => {
                found.extend(members.keys().map(|name| format!("{pointer}/{name}")));
            }
            Some(Value::Array(elements)) => {
                found.extend((0..elements.len()).map(|index| format!("{pointer}/{index}")));
            }
            _ => {}
        }
        next = next.saturating_add(1);
    }
    found
}
