//! Writing buffers.

use alloc::vec::Vec;

use super::membership::Membership;
use super::property::PropertyList;
use super::shared_volume::{SharedVolume, write_volumes};
use super::text::{Text, write_strings};

/// What an event puts into its buffer.
pub(super) enum Content<'a> {
    Empty,
    Number(u32),
    Text(&'a str),
    Texts(&'a [&'a str]),
    Properties(&'a PropertyList<'a>),
    Membership(Membership<'a>),
    Volumes(&'a [(&'a str, SharedVolume<'a>)]),
    Octets(&'a [u8]),
}

impl Content<'_> {
    /// Writes it into a buffer of its own.
    pub(super) fn write<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8] {
        buffer.clear();
        match self {
            Self::Empty => {}
            Self::Number(number) => buffer.extend(number.to_le_bytes()),
            Self::Text(text) => Text::from(*text).write(buffer),
            Self::Texts(texts) => write_strings(texts.iter().copied().map(Text::from), buffer),
            Self::Properties(list) => list.write(buffer),
            Self::Membership(membership) => membership.write(buffer),
            Self::Volumes(volumes) => write_volumes(volumes, buffer),
            Self::Octets(octets) => buffer.extend(*octets),
        }
        buffer
    }
}

/// Writes a count as 32 bits, the largest if it is more.
pub(super) fn write_u32(count: usize, buffer: &mut Vec<u8>) {
    buffer.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// Writes an entry of a property list: syntax, size, value, and padding that the size leaves out (MS-CMRP
/// 2.2.3.10.1).
pub(super) fn sized(syntax: u32, buffer: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
    buffer.extend(syntax.to_le_bytes());
    let at = buffer.len();
    buffer.extend([0; 4]);
    let start = buffer.len();
    value(buffer);
    let size = buffer.len().saturating_sub(start);
    if let Some(place) = buffer.get_mut(at..start) {
        place.copy_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
    }
    buffer.resize(buffer.len().next_multiple_of(4), 0);
}
