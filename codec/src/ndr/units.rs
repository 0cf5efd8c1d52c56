//! UTF-16 units in bulk: looked through for zeros, copied and widened many at a time.

use alloc::vec::Vec;

/// Whether one of the UTF-16 units is zero; a last odd octet is none.
#[inline]
pub(super) fn has_zero_unit(octets: &[u8]) -> bool {
    let octets = octets.get(..octets.len() & !1).unwrap_or_default();
    let Some(last) = octets.last_chunk::<8>() else {
        return octets.chunks_exact(2).any(|unit| unit == [0, 0]);
    };
    // The last units may be looked at twice.
    octets.chunks_exact(8).any(|chunk| chunk.try_into().is_ok_and(has_zero_lane)) || has_zero_lane(*last)
}

/// Whether one of four units is zero.
#[inline]
fn has_zero_lane(octets: [u8; 8]) -> bool {
    const LOW: u64 = 0x0001_0001_0001_0001;
    let units = u64::from_ne_bytes(octets);
    // Only a lane that is zero, or lies above one, borrows into its highest bit without having had it.
    units.wrapping_sub(LOW) & !units & (LOW << 15) != 0
}

/// Whether text is of the characters U+0001 to U+007F, which take one octet in UTF-8 and one unit in UTF-16.
#[inline]
pub(super) fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<8>() else {
        return text.iter().all(|octet| (1..0x80).contains(octet));
    };
    text.chunks_exact(8).all(|chunk| chunk.try_into().is_ok_and(is_plain_chunk)) && is_plain_chunk(*last)
}

#[inline]
fn is_plain_chunk(octets: [u8; 8]) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let octets = u64::from_ne_bytes(octets);
    // While no octet is zero, nothing borrows, and each keeps its highest bit clear; the first that is zero sets it.
    (octets.wrapping_sub(LOW) | octets) & (LOW << 7) == 0
}

/// Appends plain text as units whose octet number `PLACE` holds the character.
#[inline]
pub(super) fn extend_widened<const PLACE: usize>(stub: &mut Vec<u8>, text: &[u8]) {
    let Some(last) = text.last_chunk::<8>() else {
        text.iter().for_each(|octet| stub.extend_from_slice(&widened::<1, 2, PLACE>([*octet])));
        return;
    };
    let end = stub.len().saturating_add(text.len().saturating_mul(2));
    for chunk in text.chunks_exact(8) {
        stub.extend_from_slice(&widened::<8, 16, PLACE>(chunk.try_into().unwrap_or_default()));
    }
    // The rest, with as much in front of it as makes it eight characters.
    if stub.len() < end {
        stub.truncate(end.saturating_sub(16));
        stub.extend_from_slice(&widened::<8, 16, PLACE>(*last));
    }
}

#[inline]
fn widened<const N: usize, const TWICE: usize, const PLACE: usize>(text: [u8; N]) -> [u8; TWICE] {
    let mut units = [0; TWICE];
    for (unit, character) in units.chunks_exact_mut(2).zip(text) {
        if let Some(octet) = unit.get_mut(PLACE) {
            *octet = character;
        }
    }
    units
}

/// Appends units in the other byte order.
#[inline]
pub(super) fn extend_swapped(stub: &mut Vec<u8>, octets: &[u8]) {
    let start = stub.len();
    stub.extend_from_slice(octets);
    let swapped = stub.get_mut(start..).unwrap_or_default();
    swapped.chunks_exact_mut(2).for_each(<[u8]>::reverse);
}
