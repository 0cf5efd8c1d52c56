//! Test vectors: octets and values made by independent implementations.

use cmrp::ndr::{Error, Format, Limits, TargetLevel};
use serde_json::Value;

use crate::hex;
use crate::message::{Direction, Message, Protocol};

/// Vectors of protocol version 2.
const CLUSAPI2: &str = include_str!("../vectors/clusapi2.jsonl");
/// Vectors of protocol version 3.
const CLUSAPI3: &str = include_str!("../vectors/clusapi3.jsonl");

/// One stub in one format.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Protocol version.
    pub protocol: Protocol,
    /// Operation number.
    pub opnum: u16,
    /// Operation name.
    pub operation: String,
    /// Request or response.
    pub direction: Direction,
    /// Kind of value.
    pub case: String,
    /// Format of the stub.
    pub format: Format,
    /// The octets.
    pub stub: Vec<u8>,
    /// What they mean, in the JSON form of the codec.
    pub value: Value,
}

impl Vector {
    /// Decodes the stub at level 5.0, with no octets allowed behind it. Some vectors have a null pointer with a
    /// count, which level 6.0 refuses.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn decode(&self) -> Result<Message<'_>, Error> {
        self.decode_as(&self.stub)
    }

    /// Decodes other octets as a stub of the same operation.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn decode_as<'a>(&self, stub: &'a [u8]) -> Result<Message<'a>, Error> {
        let limits = Limits::DEFAULT.with_trailing(0).with_level(TargetLevel::Level5);
        Message::decode(self.protocol, self.direction, self.opnum, stub, self.format, &limits)
    }

    /// Decodes and compares with the value, encodes and compares with the octets.
    ///
    /// # Errors
    /// What went wrong, as text.
    pub fn verify(&self) -> Result<(), String> {
        let message = self.decode().map_err(|error| error.to_string())?;
        let value = serde_json::to_value(&message).map_err(|error| error.to_string())?;
        if value != self.value {
            return Err(format!("decodes to {value}, not {}", self.value));
        }
        let stub = message.encode(self.format).map_err(|error| error.to_string())?;
        if stub != self.stub {
            return Err(format!("encodes to {}, not {}", hex::encode(&stub), hex::encode(&self.stub)));
        }
        Ok(())
    }

    /// A name for messages.
    pub fn name(&self) -> String {
        let Self { protocol, operation, direction, case, format, .. } = self;
        format!("{protocol:?} {operation} {direction:?} {case} {format}")
    }
}

/// All vectors of both protocol versions.
///
/// # Panics
/// A vector file is malformed.
pub fn all() -> Vec<Vector> {
    let lines = |protocol, text: &'static str| text.lines().flat_map(move |line| read(protocol, line));
    lines(Protocol::V2, CLUSAPI2).chain(lines(Protocol::V3, CLUSAPI3)).collect()
}

#[expect(clippy::expect_used, reason = "the files are part of this crate")]
fn read(protocol: Protocol, line: &str) -> Vec<Vector> {
    let entry: Value = serde_json::from_str(line).expect("a vector line is JSON");
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let direction = match text("direction").as_deref() {
        Some("request") => Direction::Request,
        _ => Direction::Response,
    };
    let opnum = entry.get("opnum").and_then(Value::as_u64).and_then(|opnum| u16::try_from(opnum).ok());
    let formats = Format::ALL.into_iter().filter_map(|format| Some((format, text(format.name())?)));
    let vectors = formats.map(|(format, digits)| Vector {
        protocol,
        opnum: opnum.expect("a vector has an opnum"),
        operation: text("operation").unwrap_or_default(),
        direction,
        case: text("case").unwrap_or_default(),
        format,
        stub: hex::decode(&digits).expect("a vector holds hexadecimal digits"),
        value: entry.get("value").cloned().unwrap_or_default(),
    });
    vectors.collect()
}
