//! What must hold for any octets at all.

use std::collections::BTreeMap;

use cmrp::clusapi3::ObjectFilter;
use cmrp::ndr::json::Arena;
use cmrp::ndr::{Format, Limits, TargetLevel};
use cmrp_port::event::v2::Payload;
use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::Event;
use dcerpc_proto::stream::PduReader;
use midl_codegen::{Options, Target};

#[cfg(feature = "libndr")]
use crate::differential;
#[cfg(feature = "net")]
use crate::endpoint;
use crate::message::{Direction, Message, Protocol};
use crate::{connection, node, reading};

/// A stub with what is needed to read it, cut from arbitrary octets: format, opnum (two octets), stub.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Taken from the first octet, modulo the number of formats.
    pub format: Format,
    /// Taken from the next two, little-endian.
    pub opnum: u16,
    /// All the rest.
    pub stub: &'a [u8],
}

impl<'a> Input<'a> {
    /// Cuts the octets; `None` if there are fewer than three.
    pub fn cut(octets: &'a [u8]) -> Option<Self> {
        let (&[format, low, high], stub) = octets.split_first_chunk()?;
        let format = *Format::ALL.get(usize::from(format % 3))?;
        Some(Self { format, opnum: u16::from_le_bytes([low, high]), stub })
    }

    /// The octets that [`cut`](Self::cut) reads as this input.
    pub fn join(&self) -> Vec<u8> {
        let format = Format::ALL.iter().position(|format| *format == self.format).unwrap_or(0);
        let mut octets = vec![u8::try_from(format).unwrap_or(0)];
        octets.extend(self.opnum.to_le_bytes());
        octets.extend(self.stub);
        octets
    }
}

/// Runs the oracle of the fuzz target with this name; `false` if there is none.
///
/// # Panics
/// As the oracles do.
pub fn run(target: &str, octets: &[u8]) -> bool {
    match target {
        "clusapi2_request" => round_trip(Protocol::V2, Direction::Request, octets),
        "clusapi2_response" => round_trip(Protocol::V2, Direction::Response, octets),
        "clusapi3_request" => round_trip(Protocol::V3, Direction::Request, octets),
        "clusapi3_response" => round_trip(Protocol::V3, Direction::Response, octets),
        "json" => json(octets),
        "pdu" => pdu(octets),
        "pdu_stream" => pdu_stream(octets),
        "payload" => payload(octets),
        "rpc_server" => drop(connection::rpc_server(octets)),
        "rpc_client" => drop(connection::rpc_client(octets)),
        "batch" => reading::batch(octets),
        "descriptor" => reading::descriptor(octets),
        "expression" => reading::expression(&String::from_utf8_lossy(octets)),
        "change" => reading::change(&String::from_utf8_lossy(octets)),
        "definition" => reading::definition(&String::from_utf8_lossy(octets)),
        "node" => node::run(octets),
        #[cfg(feature = "net")]
        "tower" => endpoint::tower(octets),
        #[cfg(feature = "net")]
        "endpoint_map" => endpoint::endpoint_map(octets),
        #[cfg(feature = "libndr")]
        "differential" => differential::differential(octets),
        "idl" => idl(&String::from_utf8_lossy(octets)),
        _ => return false,
    }
    true
}

/// Decodes arbitrary octets, and holds what was decoded against the laws: its encoding decodes to the same value,
/// and encodes to the same octets again.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn round_trip(protocol: Protocol, direction: Direction, octets: &[u8]) {
    if let Some(input) = Input::cut(octets) {
        check_stub(protocol, direction, input);
    }
}

/// The same for a stub whose format and operation are known. Returns whether it could be decoded.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn check_stub(protocol: Protocol, direction: Direction, input: Input<'_>) -> bool {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    let decode = |stub| Message::decode(protocol, direction, input.opnum, stub, input.format, &limits);
    let strict = decode(input.stub);
    let lenient =
        Message::decode_lenient(protocol, direction, input.opnum, input.stub, input.format, &limits);
    let Ok(message) = strict else { return false };
    assert_eq!(lenient, Ok((message.clone(), Vec::new())), "a lenient decode reads something else");
    let encoded = message
        .encode(input.format)
        .unwrap_or_else(|error| panic_with("decoded value does not encode", &error));
    let again = decode(&encoded).unwrap_or_else(|error| panic_with("encoding does not decode", &error));
    assert_eq!(message, again, "encoding changes the value");
    assert_eq!(again.encode(input.format).as_ref(), Ok(&encoded), "encoding is not stable");
    true
}

/// Reads arbitrary text as the JSON form of a request and of a response of either version; format and opnum come
/// before it as in [`Input`]. What has a form on the wire can be read from there.
///
/// # Panics
/// An encoding does not decode, which is a defect of the codec.
pub fn json(octets: &[u8]) {
    let Some(input) = Input::cut(octets) else { return };
    let Ok(value) = serde_json::from_slice(input.stub) else { return };
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    for protocol in [Protocol::V2, Protocol::V3] {
        for direction in [Direction::Request, Direction::Response] {
            let arena = Arena::new();
            let message = Message::from_json(protocol, direction, input.opnum, &value, &arena);
            let Some(stub) = message.ok().and_then(|message| message.encode(input.format).ok()) else {
                continue;
            };
            let decoded = Message::decode(protocol, direction, input.opnum, &stub, input.format, &limits);
            if let Err(error) = decoded {
                panic_with("encoding of a value from JSON does not decode", &error);
            }
        }
    }
}

/// Decodes arbitrary octets as one PDU: what was decoded encodes, and decodes to the same value again.
///
/// # Panics
/// A law does not hold, which is a defect of the PDU codec.
pub fn pdu(octets: &[u8]) {
    let Ok(pdu) = Pdu::decode(octets) else { return };
    let encoded = pdu.encode();
    let encoded = encoded.as_deref().unwrap_or_else(|error| panic_with("decoded PDU does not encode", error));
    assert_eq!(Pdu::decode(encoded).as_ref(), Ok(&pdu), "encoding changes the PDU");
}

/// Reads arbitrary octets as one direction of a connection, in chunks as long as the first octet says, and has an
/// association watch what comes out. Nothing may be lost: every octet is part of a PDU, skipped, or still held.
///
/// # Panics
/// Octets are lost, or the reader holds more than a PDU can have.
pub fn pdu_stream(octets: &[u8]) {
    let Some((&size, octets)) = octets.split_first() else { return };
    let (mut reader, mut association) = (PduReader::new(), Association::<()>::default());
    for mut chunk in octets.chunks(usize::from(size).max(1)) {
        loop {
            match reader.next(&mut chunk) {
                Ok(None) => break,
                Ok(Some(framed)) => {
                    // A PDU may be malformed; the association must bear every one that is not.
                    if let Ok(pdu) = Pdu::decode(framed.octets) {
                        association.observe(pdu, ()).iter().for_each(read_parameters);
                    }
                }
                Err(_) => {
                    reader.resynchronize(&mut chunk);
                }
            }
        }
        assert!(u16::try_from(reader.pending()).is_ok(), "the reader holds {} octets", reader.pending());
    }
    let accounted = reader.offset().saturating_add(reader.pending() as u64);
    assert_eq!(accounted, octets.len() as u64, "octets are lost");
    drop(association.finish());
}

/// Takes the verification trailer off a request: what is left is its beginning.
fn read_parameters(event: &Event<'_, ()>) {
    if let Event::Request(request) = event {
        let (parameters, _) = request.parameters();
        assert!(request.payload.stub.starts_with(parameters), "parameters are not the beginning of the stub");
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

#[expect(clippy::panic, reason = "an oracle reports a defect by a panic, which is what fuzzers look for")]
pub(crate) fn panic_with(what: &str, error: &impl std::fmt::Display) -> ! {
    panic!("{what}: {error}")
}
