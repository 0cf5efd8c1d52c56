//! Wide strings in buffers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::error::{PayloadError, PayloadErrorKind};
use super::octets::Octets;

/// A string to be written into a buffer, or one that was received in it: UTF-16, little-endian, without terminator.
///
/// What was received may hold lone surrogates; they show as U+FFFD.
#[derive(Clone, Copy)]
pub struct Text<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Given(&'a str),
    Received(&'a [u8]),
}

impl<'a> Text<'a> {
    /// Octets as they were received, without terminator.
    pub(super) fn received(octets: &'a [u8]) -> Self {
        Self(Source::Received(octets))
    }

    /// The UTF-16 units.
    pub fn units(&self) -> impl Iterator<Item = u16> + 'a {
        let (text, octets) = match self.0 {
            Source::Given(text) => (text, [].as_slice()),
            Source::Received(octets) => ("", octets),
        };
        text.encode_utf16().chain(octets.chunks_exact(2).map(unit))
    }

    /// The characters, with U+FFFD in place of each lone surrogate.
    pub fn chars(&self) -> impl Iterator<Item = char> + 'a {
        char::decode_utf16(self.units()).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The string, with U+FFFD in place of each lone surrogate.
    pub fn to_string_lossy(&self) -> String {
        self.chars().collect()
    }

    /// Writes the units and a terminator. A string with a zero character inside ends there.
    pub(super) fn write(&self, buffer: &mut Vec<u8>) {
        let units = self.units().take_while(|unit| *unit != 0);
        buffer.extend(units.flat_map(u16::to_le_bytes));
        buffer.extend([0, 0]);
    }
}

/// Writes strings and an empty one: `MULTI_SZ`. An empty string among them would end it, and is left out.
pub(super) fn write_strings<'a>(strings: impl Iterator<Item = Text<'a>>, buffer: &mut Vec<u8>) {
    strings.filter(|text| text.units().any(|unit| unit != 0)).for_each(|text| text.write(buffer));
    buffer.extend([0, 0]);
}

/// A pair of octets; `chunks_exact(2)` yields no others.
fn unit(octets: &[u8]) -> u16 {
    octets.try_into().map(u16::from_le_bytes).unwrap_or_default()
}

impl<'a> Octets<'a> {
    /// All that is left, as a string with its terminator.
    pub(super) fn terminated(&mut self) -> Result<Text<'a>, PayloadError> {
        let (text, ended) = self.string()?;
        if ended { Ok(text) } else { Err(self.error(PayloadErrorKind::NoTerminator)) }
    }

    /// All that is left, as a string with or without terminator: what the specification leaves open.
    pub(super) fn text(&mut self) -> Result<Text<'a>, PayloadError> {
        self.string().map(|(text, _)| text)
    }

    /// All that is left, as a string, and whether it has a terminator.
    fn string(&mut self) -> Result<(Text<'a>, bool), PayloadError> {
        let start = *self;
        let octets = self.units()?;
        let (text, ended) = match octets.split_last_chunk() {
            Some((text, [0, 0])) => (text, true),
            _ => (octets, false),
        };
        if text.chunks_exact(2).any(|pair| unit(pair) == 0) {
            return Err(start.error(PayloadErrorKind::EarlyTerminator));
        }
        Ok((Text::received(text), ended))
    }

    /// All that is left, as a `MULTI_SZ`. Without octets it is an empty list.
    pub(super) fn strings(&mut self) -> Result<Vec<Text<'a>>, PayloadError> {
        let start = *self;
        let mut left = Terminated { left: self.units()? };
        let mut strings = Vec::with_capacity(left.clone().take_while(|text| !text.is_empty()).count());
        while let Some(text) = left.next() {
            if text.is_empty() {
                return ended(left.left, *self).map(|()| strings);
            }
            strings.push(Text::received(text));
        }
        // The last string may lack the empty one behind it, but not its terminator.
        if left.left.is_empty() { Ok(strings) } else { Err(start.error(PayloadErrorKind::NoTerminator)) }
    }

    fn units(&mut self) -> Result<&'a [u8], PayloadError> {
        let start = *self;
        let octets = self.rest();
        if octets.len() % 2 == 0 { Ok(octets) } else { Err(start.error(PayloadErrorKind::OddLength)) }
    }
}

/// Strings one after the other, as far as they have a terminator.
#[derive(Clone)]
struct Terminated<'a> {
    left: &'a [u8],
}

impl<'a> Iterator for Terminated<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.left.chunks_exact(2).position(|pair| unit(pair) == 0)?;
        let (text, rest) = self.left.split_at_checked(end.saturating_mul(2))?;
        self.left = rest.get(2..)?;
        Some(text)
    }
}

/// Makes sure that nothing stands behind the empty string; `end` is the end of the buffer.
fn ended(left: &[u8], end: Octets<'_>) -> Result<(), PayloadError> {
    match left.len() {
        0 => Ok(()),
        octets => {
            let offset = end.offset().saturating_sub(octets);
            Err(PayloadError { offset, kind: PayloadErrorKind::Trailing { octets } })
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Source::Given(text))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.units().eq(other.units())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.units().eq(other.encode_utf16())
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|character| f.write_char(character))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string_lossy())
    }
}
