//! UTF-16 units in bulk: looked through for zeros, copied and widened many at a time, behind which a terminator is put.

#![allow(
    clippy::needless_bitwise_bool,
    reason = "an operator that does not branch lets the compiler look at many units at once"
)]

use byteorder::{BE, ByteOrder, LE};

use super::Endian;

/// Whether one of the UTF-16 units is zero; a last odd octet is none. The last octets are looked at with those in front
/// of them.
#[inline]
pub(super) fn has_zero_unit(octets: &[u8]) -> bool {
    let octets = octets.get(..octets.len() & !1).unwrap_or_default();
    if let Some(last) = octets.last_chunk::<16>() {
        return octets.chunks_exact(16).any(zero_among) || zero_among(last);
    }
    match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        (Some(first), Some(last)) => zero_among(first) || zero_among(last),
        _ => zero_among(octets),
    }
}

/// Without a branch for each unit, so that many are compared at once.
#[inline(always)]
fn zero_among(units: &[u8]) -> bool {
    units.chunks_exact(2).fold(false, |found, unit| found | (unit == [0, 0]))
}

/// Puts text as units, and a terminator, if all its characters are U+0001 to U+007F, which take one octet in UTF-8 and
/// one unit in UTF-16. What it puts otherwise has no meaning.
#[inline(always)]
pub(super) fn widen_plain(text: &str, units: &mut [u8], endian: Endian) -> bool {
    match endian {
        Endian::Little => widen::<false>(text.as_bytes(), units),
        Endian::Big => widen::<true>(text.as_bytes(), units),
    }
}

/// Eight at a time, the last eight perhaps twice, and without a branch for what they are.
#[inline(never)]
fn widen<const BIG: bool>(text: &[u8], units: &mut [u8]) -> bool {
    let Some(units) = without_terminator(units) else { return false };
    let Some(last) = text.last_chunk() else { return widen_few::<BIG>(text, units) };
    let Some(last_units) = units.last_chunk_mut() else { return false };
    let last_is_plain = widen_eight::<BIG>(last, last_units);
    let eights = text.chunks_exact(8).zip(units.chunks_exact_mut(16));
    eights.fold(last_is_plain, |are_plain, (eight, units)| {
        let (Some(eight), Some(units)) = (eight.first_chunk(), units.first_chunk_mut()) else { return false };
        are_plain & widen_eight::<BIG>(eight, units)
    })
}

/// The literals become one instruction each; a loop or an iterator would not.
#[inline(always)]
fn widen_eight<const BIG: bool>(text: &[u8; 8], units: &mut [u8; 16]) -> bool {
    let [a, b, c, d, e, f, g, h] = *text;
    *units = if BIG {
        [0, a, 0, b, 0, c, 0, d, 0, e, 0, f, 0, g, 0, h]
    } else {
        [a, 0, b, 0, c, 0, d, 0, e, 0, f, 0, g, 0, h, 0]
    };
    text.iter().fold(true, |are_plain, octet| are_plain & is_plain(*octet))
}

/// Puts less than eight characters: those of eight.
#[inline(never)]
fn widen_few<const BIG: bool>(text: &[u8], units: &mut [u8]) -> bool {
    let (mut eight, mut widened) = ([b' '; 8], [0; 16]);
    let Some(few) = eight.get_mut(..text.len()) else { return false };
    few.copy_from_slice(text);
    let are_plain = widen_eight::<BIG>(&eight, &mut widened);
    let few_widened = widened.get(..units.len()).unwrap_or_default();
    units.copy_from_slice(few_widened);
    are_plain
}

#[inline(always)]
const fn is_plain(octet: u8) -> bool {
    octet.wrapping_sub(1) < 0x7F
}

/// Puts units and a terminator, if none of them is zero.
pub(super) fn put_units(text: &[u16], units: &mut [u8], endian: Endian) -> bool {
    let Some(units) = without_terminator(units) else { return false };
    let places = text.iter().zip(units.chunks_exact_mut(2));
    places.fold(true, |are_plain, (unit, place)| {
        put_unit(place, *unit, endian);
        are_plain & (*unit != 0)
    })
}

#[inline(always)]
fn put_unit(place: &mut [u8], unit: u16, endian: Endian) {
    match endian {
        Endian::Little => LE::write_u16(place, unit),
        Endian::Big => BE::write_u16(place, unit),
    }
}

/// Copies units and puts a terminator, if none of them is zero.
pub(super) fn copy_plain(octets: &[u8], units: &mut [u8]) -> bool {
    let Some(place) = without_terminator(units).and_then(|units| units.get_mut(..octets.len())) else {
        return false;
    };
    place.copy_from_slice(octets);
    !has_zero_unit(octets)
}

/// Puts units in the other byte order and a terminator, if none of them is zero.
pub(super) fn swap_plain(octets: &[u8], units: &mut [u8]) -> bool {
    let is_copied = copy_plain(octets, units);
    units.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    is_copied
}

/// Puts a terminator at the end, and says what is in front of it.
#[inline(always)]
fn without_terminator(units: &mut [u8]) -> Option<&mut [u8]> {
    let (units, terminator) = units.split_last_chunk_mut::<2>()?;
    *terminator = [0; 2];
    Some(units)
}
