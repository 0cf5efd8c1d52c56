//! What must hold of any octets that are read as a document: JSON, the buffer of an event, IDL.

use std::collections::BTreeMap;

use cmrp::clusapi3::ObjectFilter;
use cmrp::ndr::json::{Arena, Value};
use cmrp::ndr::{EncodeStub, Format};
use cmrp_port::event::v2::Payload;
use midl_codegen::{Options, Target};

use super::panic_with;
use crate::input::{DIRECTIONS, Input, Strictness};
use crate::stubs::{InterfaceName, Stubs, Visit};

/// Places of a value that are tried out, at most.
const MOST_PLACES: usize = 64;

/// Reads arbitrary text as the JSON form of a request and of a response of each interface; format and opnum come before
/// it as in [`Input`]. What has a form on the wire can be read from there, and is the same.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn json(octets: &[u8]) {
    let Some(input) = Input::cut(octets) else { return };
    let Ok(value) = serde_json::from_slice(input.stub) else { return };
    for interface in InterfaceName::ALL {
        for direction in DIRECTIONS {
            interface.visit(direction, FromJson { input, value: &value });
        }
    }
}

struct FromJson<'a> {
    input: Input<'a>,
    value: &'a Value,
}

impl Visit for FromJson<'_> {
    type Output = ();

    fn visit<S: Stubs>(self) {
        let Input { format, opnum, .. } = self.input;
        let arena = Arena::new();
        let read = match S::from_json(opnum, self.value, &arena) {
            Ok(read) => read,
            Err(error) => return assert!(!error.to_string().is_empty(), "a refusal without a reason"),
        };
        for place in places(self.value) {
            is_needed::<S>(opnum, self.value, &place);
        }
        let may_narrow = format != Format::Ndr64 && has_wide_number(self.value);
        is_kept::<S>(opnum, &read, format, may_narrow);
        is_kept::<S>(opnum, &read, Format::Ndr64, false);
    }
}

/// What has a form on the wire can be read from there, and is the same. Of an `__int3264` beyond 32 bits NDR takes the
/// low half, as 64-bit senders do (MS-RPCE 2.2.4.1.2): then what is read is the same from there on.
fn is_kept<S: Stubs>(opnum: u16, value: &S::Stub<'_>, format: Format, may_narrow: bool) {
    let Ok(stub) = value.encode(format) else { return };
    let limits = Strictness::Level5.limits().with_trailing(0);
    let decoded = S::decode(opnum, &stub, format, &limits)
        .unwrap_or_else(|error| panic_with("the encoding of a value from JSON does not decode", &error));
    let is_stable = || decoded.encode(format).as_ref() == Ok(&stub);
    assert!(
        S::are_equal(&decoded, value) || may_narrow && is_stable(),
        "{value:?} is {decoded:?} on the wire"
    );
}

/// Whether a number is there that a signed `__int3264` of 4 octets does not hold.
fn has_wide_number(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64().is_none_or(|number| i32::try_from(number).is_err()),
        Value::Array(elements) => elements.iter().any(has_wide_number),
        Value::Object(members) => members.values().any(has_wide_number),
        _ => false,
    }
}

/// Every place of a value, up to a number of them, as JSON pointers. Names of the IDL have neither `~` nor `/`.
fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0_usize;
    while let Some(place) = found.get(next).cloned().filter(|_| found.len() < MOST_PLACES) {
        match value.pointer(&place) {
            Some(Value::Object(members)) => {
                found.extend(members.keys().map(|name| format!("{place}/{name}")));
            }
            Some(Value::Array(elements)) => {
                found.extend((0..elements.len()).map(|at| format!("{place}/{at}")));
            }
            _ => {}
        }
        next = next.saturating_add(1);
    }
    found.truncate(MOST_PLACES);
    found
}

/// Nothing in a value that is read goes unread: what no type has is refused in any place. So one good value reaches every
/// place where its reader can find something wrong. What is missing is refused too, or derived.
fn is_needed<S: Stubs>(opnum: u16, value: &Value, place: &str) {
    let arena = Arena::new();
    let mut other = value.clone();
    if let Some(there) = other.pointer_mut(place) {
        *there = Value::Bool(true);
    }
    if let Ok(read) = S::from_json(opnum, &other, &arena) {
        panic_with("what no type has is read", &format_args!("{place} of {other} as {read:?}"));
    }
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    let mut without = value.clone();
    if let Some(members) = without.pointer_mut(parent).and_then(Value::as_object_mut) {
        members.shift_remove(name);
        drop(S::from_json(opnum, &without, &arena).map(|read| read.encode(Format::Ndr64)));
    }
}

/// Reads arbitrary octets as the buffer of a version 2 event, which the first two octets choose: a property list that
/// was understood is written, and understood as the same again.
///
/// # Panics
/// A law does not hold, which is a defect of the engine's reader.
pub fn payload(octets: &[u8]) {
    let Some((&[object_type, bit], buffer)) = octets.split_first_chunk() else { return };
    let filter = ObjectFilter::received(u32::from(object_type % 16), 1 << (bit % 16));
    if let Ok(Payload::Properties(list)) = Payload::decode(filter, buffer) {
        let mut written = Vec::new();
        list.write(&mut written);
        assert_eq!(
            Payload::decode(filter, &written),
            Ok(Payload::Properties(list)),
            "writing changes the list"
        );
    }
}

/// Compiles arbitrary text as IDL: a model and its Rust, or diagnostics that can be drawn.
///
/// # Panics
/// Neither came out, which is a defect of the compiler.
pub fn idl(text: &str) {
    let mut no_imports = BTreeMap::new();
    match midl_codegen::generate("input.idl", text, &mut no_imports, Target::Interface, &Options::default()) {
        Ok(generated) => assert!(!generated.rust.is_empty(), "an interface without code"),
        Err(diagnostics) => assert!(!diagnostics.to_string().is_empty(), "a refusal without a reason"),
    }
}
