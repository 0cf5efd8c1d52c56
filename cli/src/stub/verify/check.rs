//! One vector against the codec.

use std::borrow::Cow;
use std::fmt;

use cmrp::ndr::json::Arena;
use cmrp::ndr::{Format, Limits, TargetLevel};
use cmrp_traffic::message::Message;
use serde::Deserialize;
use serde_json::Value;

use super::super::kind::{Direction, Kind, StubError};
use super::super::octets;
use super::difference::{self, Difference};
use crate::interface::Interface;

/// A line of a vector file, as far as it matters here.
#[derive(Deserialize)]
struct Vector<'a> {
    interface: Interface,
    opnum: u16,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    direction: Direction,
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(borrow)]
    hex: Cow<'a, str>,
    #[serde(borrow, default)]
    request_hex: Option<Cow<'a, str>>,
    value: Value,
}

/// Why a vector failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failure {
    /// Operation, direction and format; `None` if the line does not say.
    kind: Option<String>,
    octet: Option<usize>,
    field: Option<String>,
    reason: String,
}

impl Failure {
    fn malformed(reason: impl fmt::Display) -> Self {
        Self { reason: format!("malformed: {reason}"), ..Self::default() }
    }

    fn stub(error: &StubError) -> Self {
        let (place, inner) = match error {
            StubError::Request(inner) => ("request_hex: ", inner),
            StubError::Stub(inner) => ("", inner),
        };
        Self {
            octet: Some(inner.offset()),
            field: some(inner.path().to_string()),
            reason: format!("{place}{}", inner.kind()),
            kind: None,
        }
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = &self.kind {
            write!(f, "{kind}: ")?;
        }
        match (self.octet, &self.field) {
            (Some(octet), Some(field)) => write!(f, "octet {octet}, {field}: ")?,
            (Some(octet), None) => write!(f, "octet {octet}: ")?,
            (None, Some(field)) => write!(f, "{field}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.reason)
    }
}

/// Vectors show what may be on a wire, null pointers with a count among it, which level 6.0 refuses.
const LIMITS: Limits = Limits::DEFAULT.with_trailing(0).with_level(TargetLevel::Level5);

/// Verifies a line.
pub(super) fn line(text: &[u8]) -> Result<(), Failure> {
    let vector: Vector<'_> = serde_json::from_slice(text).map_err(Failure::malformed)?;
    let kind = vector.kind()?;
    vector.verify(kind).map_err(|failure| Failure { kind: Some(kind.to_string()), ..failure })
}

impl Vector<'_> {
    fn kind(&self) -> Result<Kind, Failure> {
        let Self { interface, opnum, direction, .. } = *self;
        let format = self.format.parse::<Format>().map_err(|error| {
            Failure::malformed(format_args!("format `{}`: {error}", self.format.escape_debug()))
        })?;
        if interface.operation(opnum) == Some(&*self.operation) {
            return Ok(Kind { interface, opnum, direction, format });
        }
        let (operation, name) = (self.operation.escape_debug(), interface.name());
        Err(Failure::malformed(format_args!("opnum {opnum} of {name} is not `{operation}`")))
    }

    fn verify(&self, kind: Kind) -> Result<(), Failure> {
        let stub = octets("hex", &self.hex)?;
        let request = self.request_hex.as_ref().map(|digits| octets("request_hex", digits)).transpose()?;
        let decoded =
            kind.decode(&stub, request.as_deref(), &LIMITS).map_err(|error| Failure::stub(&error))?;
        let arena = Arena::new();
        let read = kind.read(&self.value, &arena).map_err(|error| Failure {
            field: some(error.path().to_string()),
            reason: format!("value: {}", error.kind()),
            ..Failure::default()
        })?;
        if decoded == read {
            same_octets(kind, &decoded, &stub)
        } else {
            Err(other_value(kind, &decoded, &read, &stub))
        }
    }
}

fn octets(name: &str, digits: &str) -> Result<Vec<u8>, Failure> {
    octets::hex(digits.as_bytes()).map_err(|error| Failure::malformed(format_args!("{name}: {error}")))
}

/// Compares the encoding with the octets that it should be.
fn same_octets(kind: Kind, message: &Message<'_>, stub: &[u8]) -> Result<(), Failure> {
    let encoded = message.encode(kind.format).map_err(|error| Failure {
        field: some(error.path().to_string()),
        reason: format!("does not encode: {}", error.kind()),
        ..Failure::default()
    })?;
    match difference::first_octet(&encoded, stub) {
        None => Ok(()),
        Some(octet) => Err(Failure {
            octet: Some(octet),
            field: difference::field_at(kind, stub, octet),
            reason: difference::octets(&encoded, stub, octet),
            kind: None,
        }),
    }
}

/// Says where the value of the octets and that of the vector part.
fn other_value(kind: Kind, decoded: &Message<'_>, read: &Message<'_>, stub: &[u8]) -> Failure {
    let octet = read.encode(kind.format).ok().and_then(|octets| difference::first_octet(&octets, stub));
    match difference::of_messages(decoded, read) {
        Some(Difference { path, left, right }) => Failure {
            octet,
            field: some(path),
            reason: format!("the octets say {left}, the value {right}"),
            kind: None,
        },
        None => Failure {
            octet,
            reason: "the octets say something else than the value".to_owned(),
            ..Failure::default()
        },
    }
}
