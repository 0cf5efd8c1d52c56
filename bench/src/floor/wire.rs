//! The three formats as types, so that the compiler makes code for each, and the pieces that messages share.

use cmrp::ndr::{Endian, Uuid};

/// A format: where things are and how integers are spelled.
pub(super) trait Wire {
    const ENDIAN: Endian;
    const NDR64: bool;
    /// Octets of a count or pointer.
    const WORD: usize = if Self::NDR64 { 8 } else { 4 };
}

pub(super) struct Little;
pub(super) struct Big;
pub(super) struct Wide;

impl Wire for Little {
    const ENDIAN: Endian = Endian::Little;
    const NDR64: bool = false;
}

impl Wire for Big {
    const ENDIAN: Endian = Endian::Big;
    const NDR64: bool = false;
}

impl Wire for Wide {
    const ENDIAN: Endian = Endian::Little;
    const NDR64: bool = true;
}

/// A name, or null.
pub(super) type Name<'a> = Option<&'a [u8]>;

/// A context handle: attributes and UUID.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) attributes: u32,
    pub(super) uuid: Uuid,
}

/// The first multiple of `to` from `at` on.
#[inline]
pub(super) const fn aligned(at: usize, to: usize) -> usize {
    at.wrapping_add(to.wrapping_sub(1)) & !to.wrapping_sub(1)
}

#[inline]
pub(super) fn array<const N: usize>(stub: &[u8], at: usize) -> Option<&[u8; N]> {
    stub.get(at..)?.first_chunk()
}

#[inline]
pub(super) fn u32<W: Wire>(stub: &[u8], at: usize) -> Option<u32> {
    let octets = *array(stub, at)?;
    Some(match W::ENDIAN {
        Endian::Little => u32::from_le_bytes(octets),
        Endian::Big => u32::from_be_bytes(octets),
    })
}

#[inline]
pub(super) fn u64<W: Wire>(stub: &[u8], at: usize) -> Option<u64> {
    let octets = *array(stub, at)?;
    Some(match W::ENDIAN {
        Endian::Little => u64::from_le_bytes(octets),
        Endian::Big => u64::from_be_bytes(octets),
    })
}

/// A pointer-sized integer.
#[inline]
pub(super) fn word<W: Wire>(stub: &[u8], at: usize) -> Option<u64> {
    if W::NDR64 { u64::<W>(stub, at) } else { u32::<W>(stub, at).map(u64::from) }
}

/// A count, which is at most 2³¹-1.
#[inline]
pub(super) fn count<W: Wire>(stub: &[u8], at: usize) -> Option<usize> {
    let count = word::<W>(stub, at)?;
    usize::try_from(count).ok().filter(|count| *count <= 0x7FFF_FFFF)
}

/// A context handle of 20 octets; null if all are zero.
#[expect(clippy::option_option, reason = "whether it is there, and whether it is null")]
#[inline]
pub(super) fn token<W: Wire>(stub: &[u8], at: usize) -> Option<Option<Token>> {
    let octets: &[u8; 20] = array(stub, at)?;
    let attributes = u32::<W>(octets, 0)?;
    let uuid = Uuid::from_wire(*array(octets, 4)?, W::ENDIAN);
    Some((attributes != 0 || uuid != Uuid::NIL).then_some(Token { attributes, uuid }))
}

/// A conformant varying string at an aligned offset: its text and where it ends. Offset 0, actual within maximum
/// count, one terminator, at the end.
#[inline]
pub(super) fn text<W: Wire>(stub: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let head = stub.get(at..)?.get(..W::WORD.wrapping_mul(3))?;
    let maximum = count::<W>(head, 0)?;
    let offset = count::<W>(head, W::WORD)?;
    let actual = count::<W>(head, W::WORD.wrapping_mul(2))?;
    let start = at.wrapping_add(head.len());
    let characters = stub.get(start..)?.get(..actual.wrapping_mul(2))?;
    let (text, terminator) = characters.split_last_chunk::<2>()?;
    let sound = offset == 0 && actual <= maximum && *terminator == [0, 0] && !has_zero_unit(text);
    sound.then_some((text, start.wrapping_add(characters.len())))
}

/// Whether one of the 16-bit units is zero: four at a time, the last four perhaps twice.
#[inline]
fn has_zero_unit(text: &[u8]) -> bool {
    let (fours, rest) = text.as_chunks::<8>();
    if fours.iter().any(|four| has_zero_in_four(*four)) {
        return true;
    }
    match text.last_chunk::<8>() {
        Some(last) => has_zero_in_four(*last),
        None => rest.chunks_exact(2).any(|unit| unit == [0, 0]),
    }
}

#[inline]
fn has_zero_in_four(octets: [u8; 8]) -> bool {
    let four = u64::from_le_bytes(octets);
    four.wrapping_sub(0x0001_0001_0001_0001) & !four & 0x8000_8000_8000_8000 != 0
}

/// Puts octets.
#[inline]
pub(super) fn put(stub: &mut [u8], at: usize, octets: &[u8]) -> Option<()> {
    stub.get_mut(at..)?.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(())
}

#[inline]
pub(super) fn put_u32<W: Wire>(stub: &mut [u8], at: usize, value: u32) -> Option<()> {
    let octets = match W::ENDIAN {
        Endian::Little => value.to_le_bytes(),
        Endian::Big => value.to_be_bytes(),
    };
    put(stub, at, &octets)
}

#[inline]
pub(super) fn put_u64<W: Wire>(stub: &mut [u8], at: usize, value: u64) -> Option<()> {
    let octets = match W::ENDIAN {
        Endian::Little => value.to_le_bytes(),
        Endian::Big => value.to_be_bytes(),
    };
    put(stub, at, &octets)
}

/// Puts a pointer-sized integer that fits into 32 bits.
#[inline]
pub(super) fn put_word<W: Wire>(stub: &mut [u8], at: usize, value: u32) -> Option<()> {
    if W::NDR64 { put_u64::<W>(stub, at, value.into()) } else { put_u32::<W>(stub, at, value) }
}

/// Puts a count, which is at most 2³¹-1.
#[inline]
pub(super) fn put_count<W: Wire>(stub: &mut [u8], at: usize, count: usize) -> Option<()> {
    put_word::<W>(stub, at, u32::try_from(i32::try_from(count).ok()?).ok()?)
}

/// Puts zeros up to the next multiple of `to` and says where it is.
#[inline]
pub(super) fn put_gap(stub: &mut [u8], at: usize, to: usize) -> Option<usize> {
    let end = aligned(at, to);
    stub.get_mut(at..end)?.fill(0);
    Some(end)
}

#[inline]
pub(super) fn put_token<W: Wire>(stub: &mut [u8], at: usize, token: &Token) -> Option<()> {
    let room = stub.get_mut(at..)?.get_mut(..20)?;
    put_u32::<W>(room, 0, token.attributes)?;
    put(room, 4, &token.uuid.to_wire(W::ENDIAN))
}

/// Puts a conformant varying string at an aligned offset and says where it ends. A zero character is refused.
#[inline]
pub(super) fn put_text<W: Wire>(stub: &mut [u8], at: usize, text: &str) -> Option<usize> {
    let start = at.wrapping_add(W::WORD.wrapping_mul(3));
    let units = put_units::<W>(stub.get_mut(start..)?, text)?;
    let head = stub.get_mut(at..start)?;
    put_count::<W>(head, 0, units)?;
    put_count::<W>(head, W::WORD, 0)?;
    put_count::<W>(head, W::WORD.wrapping_mul(2), units)?;
    Some(start.wrapping_add(units.wrapping_mul(2)))
}

/// Puts UTF-16 and a terminator, and says how many units that is.
#[inline]
fn put_units<W: Wire>(room: &mut [u8], text: &str) -> Option<usize> {
    let count = text.len();
    let (ascii, terminator) = room
        .get_mut(..count.wrapping_mul(2).wrapping_add(2))?
        .as_chunks_mut::<2>()
        .0
        .split_at_mut_checked(count)?;
    let mut plain = true;
    for (unit, &octet) in ascii.iter_mut().zip(text.as_bytes()) {
        plain &= octet.wrapping_sub(1) < 0x7F;
        *unit = unit_octets::<W>(octet.into());
    }
    if !plain {
        return put_any_units::<W>(room, text);
    }
    *terminator.first_mut()? = [0, 0];
    Some(count.wrapping_add(1))
}

/// As [`put_units`], for text that is not ASCII, or holds a zero character.
#[cold]
fn put_any_units<W: Wire>(room: &mut [u8], text: &str) -> Option<usize> {
    let mut places = room.as_chunks_mut::<2>().0.iter_mut();
    let mut count: usize = 1;
    for unit in text.encode_utf16() {
        *places.next().filter(|_| unit != 0)? = unit_octets::<W>(unit);
        count = count.wrapping_add(1);
    }
    *places.next()? = [0, 0];
    Some(count)
}

#[inline]
const fn unit_octets<W: Wire>(unit: u16) -> [u8; 2] {
    match W::ENDIAN {
        Endian::Little => unit.to_le_bytes(),
        Endian::Big => unit.to_be_bytes(),
    }
}
