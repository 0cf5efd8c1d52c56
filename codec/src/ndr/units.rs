//! UTF-16 units in bulk: looked through for zeros, copied and widened many at a time.

use alloc::vec::Vec;
use core::mem;

use super::Endian;

/// Whether one of the UTF-16 units is zero; a last odd octet is none.
#[inline]
pub(super) fn has_zero_unit(octets: &[u8]) -> bool {
    let octets = octets.get(..octets.len() & !1).unwrap_or_default();
    found(octets, zero_lanes, zero_in_blocks)
        .unwrap_or_else(|| octets.chunks_exact(2).any(|unit| unit == [0, 0]))
}

/// Whether a test finds something in any eight octets; `None` if there are less. The last octets are looked at with
/// those in front of them.
#[inline(always)]
fn found(octets: &[u8], test: fn([u8; 8]) -> u64, in_blocks: fn(&[u8], &[u8; 32]) -> bool) -> Option<bool> {
    if let Some(last) = octets.last_chunk() {
        return Some(in_blocks(octets, last));
    }
    let last = octets.last_chunk::<8>()?;
    let in_eight = |chunk: &[u8]| test(chunk.try_into().unwrap_or_default()) != 0;
    Some(octets.chunks_exact(8).any(in_eight) || test(*last) != 0)
}

#[inline(never)]
fn zero_in_blocks(octets: &[u8], last: &[u8; 32]) -> bool {
    found_in_blocks(octets, last, zero_lanes)
}

#[inline(never)]
fn special_in_blocks(octets: &[u8], last: &[u8; 32]) -> bool {
    found_in_blocks(octets, last, special_lanes)
}

/// One branch for four tests. A function of its own for longer strings, so that shorter ones find the registers free.
#[inline(always)]
fn found_in_blocks(octets: &[u8], last: &[u8; 32], test: fn([u8; 8]) -> u64) -> bool {
    let in_eight = |found, chunk: &[u8]| found | test(chunk.try_into().unwrap_or_default());
    let in_block = |block: &[u8]| block.chunks_exact(8).fold(0, in_eight) != 0;
    octets.chunks_exact(32).any(in_block) || in_block(last)
}

/// Not zero if one of four units is zero.
#[inline(always)]
fn zero_lanes(octets: [u8; 8]) -> u64 {
    const LOW: u64 = 0x0001_0001_0001_0001;
    let units = u64::from_ne_bytes(octets);
    // Only a lane that is zero, or lies above one, borrows into its highest bit without having had it.
    units.wrapping_sub(LOW) & !units & (LOW << 15)
}

/// Whether text is of the characters U+0001 to U+007F, which take one octet in UTF-8 and one unit in UTF-16.
#[inline]
pub(super) fn is_plain(text: &[u8]) -> bool {
    match found(text, special_lanes, special_in_blocks) {
        Some(special) => !special,
        None => text.iter().all(|octet| (1..0x80).contains(octet)),
    }
}

/// Not zero if one of eight octets is zero or above 0x7F.
#[inline(always)]
fn special_lanes(octets: [u8; 8]) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let octets = u64::from_ne_bytes(octets);
    // While no octet is zero, nothing borrows, and each keeps its highest bit clear; the first that is zero sets it.
    (octets.wrapping_sub(LOW) | octets) & (LOW << 7)
}

/// Appends plain text as units, and a terminator.
#[inline(always)]
pub(super) fn extend_widened(stub: &mut Vec<u8>, text: &[u8], endian: Endian) {
    let end = stub.len().wrapping_add(text.len().wrapping_mul(2));
    let Some(last) = text.last_chunk() else {
        for octet in text {
            extend(stub, in_order([*octet, 0], endian));
        }
        return extend(stub, [0; 2]);
    };
    for chunk in text.chunks_exact(8) {
        extend(stub, widened(chunk.try_into().unwrap_or_default(), endian));
    }
    // The rest, with as much in front of it as makes it eight characters.
    if stub.len() < end {
        stub.truncate(end.wrapping_sub(16));
        extend(stub, widened(*last, endian));
    }
    extend(stub, [0; 2]);
}

#[inline(always)]
fn widened(text: [u8; 8], endian: Endian) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h] = text;
    let place = match endian {
        Endian::Little => 0,
        Endian::Big => 8,
    };
    let (front, back) = (spread([a, b, c, d]) << place, spread([e, f, g, h]) << place);
    (u128::from(front) | u128::from(back) << 64).to_le_bytes()
}

/// Four octets with as many gaps.
#[inline(always)]
fn spread(octets: [u8; 4]) -> u64 {
    let octets = u64::from(u32::from_le_bytes(octets));
    let pairs = (octets | octets << 16) & 0x0000_FFFF_0000_FFFF;
    (pairs | pairs << 8) & 0x00FF_00FF_00FF_00FF
}

#[inline(always)]
fn in_order([low, high]: [u8; 2], endian: Endian) -> [u8; 2] {
    match endian {
        Endian::Little => [low, high],
        Endian::Big => [high, low],
    }
}

/// Appends units in the other byte order, and a terminator.
#[inline(always)]
pub(super) fn extend_swapped(stub: &mut Vec<u8>, octets: &[u8]) {
    *stub = with_swapped(mem::take(stub), octets);
}

#[inline(never)]
fn with_swapped(mut stub: Vec<u8>, octets: &[u8]) -> Vec<u8> {
    let start = stub.len();
    stub.extend_from_slice(octets);
    let swapped = stub.get_mut(start..).unwrap_or_default();
    swapped.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    stub.extend_from_slice(&[0; 2]);
    stub
}

/// Appends a few octets.
///
/// A buffer that has to grow is handed over and back: were it lent, the optimizer would have to keep it in memory, and
/// store its length at every step.
#[inline(always)]
pub(super) fn extend<const N: usize>(stub: &mut Vec<u8>, octets: [u8; N]) {
    if stub.capacity().wrapping_sub(stub.len()) >= N {
        stub.extend_from_slice(&octets);
    } else {
        *stub = extended(mem::take(stub), octets);
    }
}

#[cold]
#[inline(never)]
fn extended<const N: usize>(mut stub: Vec<u8>, octets: [u8; N]) -> Vec<u8> {
    stub.extend_from_slice(&octets);
    stub
}

/// Appends octets.
#[inline(always)]
pub(super) fn extend_slice(stub: &mut Vec<u8>, octets: &[u8]) {
    if stub.capacity().wrapping_sub(stub.len()) >= octets.len() {
        stub.extend_from_slice(octets);
    } else {
        *stub = extended_slice(mem::take(stub), octets);
    }
}

#[cold]
#[inline(never)]
fn extended_slice(mut stub: Vec<u8>, octets: &[u8]) -> Vec<u8> {
    // A few fields follow most buffers, and should not make a large one grow again.
    stub.reserve(octets.len().saturating_add(64));
    stub.extend_from_slice(octets);
    stub
}
