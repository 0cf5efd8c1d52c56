//! What must hold of any octets that are read as a document: JSON, the buffer of an event, IDL.

use std::collections::BTreeMap;

use cmrp::clusapi3::ObjectFilter;
use cmrp::ndr::EncodeStub;
use cmrp::ndr::json::{Arena, Value};
use cmrp_port::event::v2::Payload;
use midl_codegen::{Options, Target};

use super::panic_with;
use crate::input::{DIRECTIONS, Input, Strictness};
use crate::stubs::{InterfaceName, Stubs, Visit};

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
        let Ok(stub) = read.encode(format) else { return };
        let limits = Strictness::Level5.limits().with_trailing(0);
        match S::decode(opnum, &stub, format, &limits) {
            Ok(decoded) => assert!(S::are_equal(&decoded, &read), "{read:?} is {decoded:?} on the wire"),
            Err(error) => panic_with("the encoding of a value from JSON does not decode", &error),
        }
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
