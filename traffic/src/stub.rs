//! Valid stubs of an operation.

use cmrp::ndr::arbitrary::{Landmark, LandmarkKind, Unstructured};
use cmrp::ndr::json::{Arena, JsonError};
use cmrp::ndr::{self, ContextHandle, EncodeError, Endian, Format, Limits};
use serde_json::Value;
use thiserror::Error;

use crate::chance::Chance;
use crate::message::{Direction, Message, Protocol};
use crate::pairing;

/// Octets that a value is made of.
const OCTETS: usize = 4096;
/// How often another value is tried. What is refused most often are strings of any octets, of which every other is no
/// UTF-16.
const ATTEMPTS: usize = 200;

/// Why there is no stub.
#[derive(Debug, Error)]
pub enum StubError {
    /// The interface has no operation of this number.
    #[error("there is no operation {0}")]
    NoOperation(u16),
    /// No value was found that can be sent.
    #[error("no value of operation {0} was found that can be sent")]
    NoValue(u16),
    /// Values could not be made.
    #[error("{0}")]
    Choices(#[from] cmrp::ndr::arbitrary::Error),
    /// A value could not be shown as JSON.
    #[error("{0}")]
    ToJson(#[from] serde_json::Error),
    /// A value could not be read from JSON.
    #[error("{0}")]
    FromJson(#[from] JsonError),
    /// A value has no form on the wire.
    #[error("{0}")]
    Encode(#[from] EncodeError),
    /// A strict receiver would refuse a stub.
    #[error("{0}")]
    Refused(#[from] ndr::Error),
}

/// What a stub is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) protocol: Protocol,
    pub(crate) direction: Direction,
    pub(crate) opnum: u16,
    pub(crate) format: Format,
}

/// A stub that a strict receiver accepts.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// The JSON form of what it says.
    pub(crate) value: Value,
    pub(crate) stub: Vec<u8>,
    pub(crate) landmarks: Vec<Landmark>,
}

impl Whole {
    /// Where its handles stand, in octets.
    pub(crate) fn handles(&self) -> impl Iterator<Item = usize> {
        let handles = self.landmarks.iter().filter(|landmark| landmark.kind == LandmarkKind::Handle);
        handles.map(|landmark| landmark.offset)
    }
}

impl Kind {
    /// A value that can be sent and shown as text.
    pub(crate) fn value(self, chance: &mut Chance) -> Result<Value, StubError> {
        for _ in 0..ATTEMPTS {
            let octets: [u8; OCTETS] = chance.octets();
            if let Some(value) = self.value_of(&octets)? {
                return Ok(value);
            }
        }
        // Choices that are all zero make the plainest value.
        self.value_of(&[])?.ok_or(StubError::NoValue(self.opnum))
    }

    /// The value that some octets make, unless it can't be sent.
    fn value_of(self, octets: &[u8]) -> Result<Option<Value>, StubError> {
        let mut choices = Unstructured::new(octets);
        let message = Message::arbitrary_of(self.protocol, self.direction, self.opnum, &mut choices)?;
        let mut value = serde_json::to_value(message.ok_or(StubError::NoOperation(self.opnum))?)?;
        if self.direction == Direction::Request {
            pairing::bound_requested(&mut value);
        }
        let can_be_sent = is_text(&value) && self.is_accepted(&value)?;
        Ok(can_be_sent.then_some(value))
    }

    fn is_accepted(self, value: &Value) -> Result<bool, StubError> {
        match self.whole(value, &[]) {
            Ok(_) => Ok(true),
            Err(StubError::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The stub of a value, with other handles in place of its own, as far as there are some.
    pub(crate) fn whole(self, value: &Value, handles: &[ContextHandle]) -> Result<Whole, StubError> {
        let arena = Arena::new();
        let message = Message::from_json(self.protocol, self.direction, self.opnum, value, &arena)?;
        let (mut stub, landmarks) = message.encode_marked(self.format)?;
        let places = landmarks.iter().filter(|landmark| landmark.kind == LandmarkKind::Handle);
        for (place, handle) in places.zip(handles) {
            put_handle(&mut stub, place, *handle, self.format.endian());
        }
        Ok(Whole { value: self.read(&stub)?, stub, landmarks })
    }

    /// What a strict receiver reads, at the level that its interface asks for, with nothing behind it.
    fn read(self, stub: &[u8]) -> Result<Value, StubError> {
        let limits = Limits::DEFAULT.with_trailing(0);
        let Self { protocol, direction, opnum, format } = self;
        let message = Message::decode(protocol, direction, opnum, stub, format, &limits)?;
        Ok(serde_json::to_value(&message)?)
    }
}

/// Writes a handle over another (C706 Appendix N).
fn put_handle(stub: &mut [u8], place: &Landmark, handle: ContextHandle, endian: Endian) {
    let attributes = match endian {
        Endian::Little => handle.attributes.to_le_bytes(),
        Endian::Big => handle.attributes.to_be_bytes(),
    };
    let octets = attributes.into_iter().chain(handle.uuid.to_wire(endian));
    for (to, from) in stub.iter_mut().skip(place.offset).take(place.size).zip(octets) {
        *to = from;
    }
}

/// Whether all strings are valid UTF-16: those that are not have a form of their own.
fn is_text(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.contains_key("utf16") && members.values().all(is_text),
        Value::Array(elements) => elements.iter().all(is_text),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_choices_fail_there_is_a_plain_value() {
        for protocol in Protocol::ALL {
            for opnum in protocol.callable() {
                for direction in Direction::ALL {
                    let kind = Kind { protocol, direction, opnum, format: Format::Ndr64 };
                    assert!(kind.value_of(&[]).unwrap().is_some(), "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn choices_seldom_fail() {
        let mut chance = Chance::of_call(1, 1);
        let mut failed = 0_usize;
        for opnum in Protocol::V3.callable() {
            for direction in Direction::ALL {
                let kind = Kind { protocol: Protocol::V3, direction, opnum, format: Format::NDR20_BE };
                let octets: [u8; OCTETS] = chance.octets();
                failed = failed.saturating_add(usize::from(kind.value_of(&octets).unwrap().is_none()));
            }
        }
        assert!(failed < 100, "{failed} of {} values can't be sent", Protocol::V3.callable().count() * 2);
    }
}
