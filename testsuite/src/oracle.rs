//! What must hold for any octets at all.

use cmrp::ndr::{Format, Limits};

use crate::message::{Direction, Message, Protocol};

/// A stub with what is needed to read it, cut from arbitrary octets: format, opnum (two octets), stub.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Taken from the first octet.
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
        let format = *Format::ALL.get(usize::from(format) % Format::ALL.len())?;
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

/// Decodes arbitrary octets, and holds what was decoded against the laws: its encoding decodes to the same value,
/// and encodes to the same octets again.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn round_trip(protocol: Protocol, direction: Direction, octets: &[u8]) {
    let Some(input) = Input::cut(octets) else { return };
    let decode = |stub| Message::decode(protocol, direction, input.opnum, stub, input.format, &Limits::DEFAULT);
    let Ok(message) = decode(input.stub) else { return };
    let encoded = message.encode(input.format).unwrap_or_else(|error| fail("does not encode", &message, error));
    let again = decode(&encoded).unwrap_or_else(|error| fail("does not decode again", &message, error));
    assert_eq!(message, again, "encoding changes the value");
    assert_eq!(again.encode(input.format).as_ref(), Ok(&encoded), "encoding is not stable");
}

#[expect(clippy::panic, reason = "an oracle reports a defect by a panic, which is what fuzzers look for")]
fn fail(what: &str, message: &Message<'_>, error: impl std::fmt::Display) -> ! {
    panic!("decoded value {what}: {error}\n{message:?}")
}
