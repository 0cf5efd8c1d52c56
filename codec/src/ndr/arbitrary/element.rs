//! Arrays, pointers and handles. For generated code.

use alloc::vec::Vec;

use super::super::{ContextHandle, Elements, FileTime, Handle, SizedPtr, Uuid, Varying, VaryingPtr};
use super::{Arbitrary, Result, Unstructured, number};

/// Elements of an array that no range bounds, at most.
const MOST_ELEMENTS: usize = 6;
/// Octets of an array that no range bounds, at most.
const MOST_OCTETS: usize = 64;
/// Elements that a varying array has room for beyond those that are sent, at most.
const MOST_SPARE: u32 = 8;

/// Enough zeros where choices end.
static ZEROS: [u8; 512] = [0; 512];

/// A count from `low` to a few more, and at most `high`.
///
/// # Errors
/// None today: where choices end, they are zeros.
pub fn count(choices: &mut Unstructured<'_>, low: usize, high: usize) -> Result<usize> {
    choices.int_in_range(low..=few(low, high, MOST_ELEMENTS))
}

/// Octets, at least `low` and at most `high` or a few more than `low`.
///
/// # Errors
/// As [`count`].
pub fn octets<'a>(choices: &mut Unstructured<'a>, low: usize, high: usize) -> Result<&'a [u8]> {
    let wanted = choices.int_in_range(low..=few(low, high, MOST_OCTETS))?;
    if wanted <= choices.len() {
        return choices.bytes(wanted);
    }
    Ok(ZEROS.get(..wanted).unwrap_or(&ZEROS))
}

/// Elements, at least `low` and at most `high` or a few more than `low`.
///
/// # Errors
/// As [`count`], and those of `make`.
pub fn elements<'a, T>(
    choices: &mut Unstructured<'a>,
    low: usize,
    high: usize,
    mut make: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let wanted = count(choices, low, high)?;
    (0..wanted).map(|_| make(choices)).collect()
}

fn few(low: usize, high: usize, more: usize) -> usize {
    high.min(low.saturating_add(more)).max(low)
}

/// An array in place.
///
/// # Errors
/// Those of `make`.
pub fn array<'a, T: Copy + Default, const N: usize>(
    choices: &mut Unstructured<'a>,
    mut make: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<[T; N]> {
    let mut values = [T::default(); N];
    for value in &mut values {
        *value = make(choices)?;
    }
    Ok(values)
}

/// A varying array that has room for at least what is sent, and for at least `low` and at most `high`.
///
/// # Errors
/// As [`count`].
pub fn varying<T: Elements>(
    choices: &mut Unstructured<'_>,
    data: T,
    low: usize,
    high: usize,
) -> Result<Varying<T>> {
    let sent = u32::try_from(data.len().max(low)).unwrap_or(u32::MAX);
    let high = u32::try_from(high).unwrap_or(u32::MAX);
    let size = choices.int_in_range(sent..=sent.saturating_add(MOST_SPARE).min(high).max(sent))?;
    Ok(Varying { size, data })
}

/// A pointer that is null now and then.
///
/// # Errors
/// Those of `make`.
pub fn optional<'a, T>(
    choices: &mut Unstructured<'a>,
    make: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Option<T>> {
    if is_null(choices)? { Ok(None) } else { make(choices).map(Some) }
}

/// A pointer to an array that is null now and then, with a count of 0 or, rarely, another.
///
/// # Errors
/// Those of `make`.
pub fn sized<'a, T>(
    choices: &mut Unstructured<'a>,
    make: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<SizedPtr<T>> {
    if is_null(choices)? {
        return Ok(SizedPtr::Null { size: null_count(choices)? });
    }
    make(choices).map(SizedPtr::Array)
}

/// The same for a varying array.
///
/// # Errors
/// Those of `make`.
pub fn varying_sized<'a, T>(
    choices: &mut Unstructured<'a>,
    make: impl FnOnce(&mut Unstructured<'a>) -> Result<Varying<T>>,
) -> Result<VaryingPtr<T>> {
    if is_null(choices)? {
        return Ok(VaryingPtr::Null { size: null_count(choices)?, length: 0 });
    }
    make(choices).map(VaryingPtr::Array)
}

fn is_null(choices: &mut Unstructured<'_>) -> Result<bool> {
    choices.ratio(1_u8, 6)
}

/// A count beside a null pointer.
fn null_count(choices: &mut Unstructured<'_>) -> Result<u32> {
    // Any type of a count holds it. No choices mean none.
    if choices.int_in_range(0_u8..=31)? == 31 { choices.int_in_range(1..=0x7F) } else { Ok(0) }
}

/// A handle, null now and then. There are few of a kind, so that calls meet on one object.
///
/// # Errors
/// As [`count`].
pub fn handle<H: Handle>(choices: &mut Unstructured<'_>) -> Result<Option<H>> {
    if is_null(choices)? {
        return Ok(None);
    }
    let attributes = if choices.int_in_range(0_u8..=15)? == 15 { number(choices)? } else { 0 };
    Ok(H::new(ContextHandle { attributes, uuid: choices.arbitrary()? }))
}

impl<'a> Arbitrary<'a> for Uuid {
    /// One of a few, or any.
    fn arbitrary(choices: &mut Unstructured<'a>) -> Result<Self> {
        let few = choices.int_in_range(0_u8..=15)?;
        if few == 0 {
            return Ok(Self::new(
                choices.arbitrary()?,
                choices.arbitrary()?,
                choices.arbitrary()?,
                choices.arbitrary()?,
            ));
        }
        Ok(Self::new(u32::from(few), 0x4C63, 0x11CF, [0xBF, 0xF6, 8, 0, 0x2B, 0xE2, 0x3F, few]))
    }
}

impl<'a> Arbitrary<'a> for FileTime {
    fn arbitrary(choices: &mut Unstructured<'a>) -> Result<Self> {
        choices.arbitrary().map(Self)
    }
}
