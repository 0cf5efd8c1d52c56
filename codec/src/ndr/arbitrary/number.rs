//! Integers: small ones, those at the edges, and any.

use super::{Arbitrary, Result, Unstructured};

/// One in so many numbers may be anything; the others are small or at an edge.
const ONE_IN: (u8, u8) = (1, 3);

/// An integer of NDR. For generated code.
pub trait Number: Copy + for<'a> Arbitrary<'a> + 'static {
    /// Zero, one, and the numbers where something changes.
    const EDGES: &'static [Self];

    /// The integer, shortened to this type.
    fn shortened(value: i64) -> Self;

    /// The sum with a small number, wrapping around.
    #[must_use]
    fn plus(self, step: i8) -> Self;

    /// The number with one bit changed, counted from the lowest and around.
    #[must_use]
    fn flipped(self, bit: u8) -> Self;
}

macro_rules! numbers {
    ($($type:ident $signed:ident)+) => {$(
        impl Number for $type {
            const EDGES: &'static [Self] =
                &[0, 1, 2, $type::MAX, $type::MIN, $signed::MAX as $type, $type::MAX - 1, 0x10, 0x7F];

            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_lossless,
                reason = "shortening is meant"
            )]
            fn shortened(value: i64) -> Self {
                value as Self
            }

            fn plus(self, step: i8) -> Self {
                self.wrapping_add(Self::shortened(i64::from(step)))
            }

            fn flipped(self, bit: u8) -> Self {
                self ^ Self::shortened(1).rotate_left(u32::from(bit))
            }
        }
    )+};
}

numbers!(u8 i8 i8 i8 u16 i16 i16 i16 u32 i32 i32 i32 u64 i64 i64 i64);

/// Any number, most often a small one or one at an edge.
///
/// # Errors
/// None today: where choices end, they are zeros.
pub fn number<T: Number>(choices: &mut Unstructured<'_>) -> Result<T> {
    if choices.ratio(ONE_IN.0, ONE_IN.1)? {
        return choices.arbitrary();
    }
    if choices.ratio(1_u8, 2)? {
        return choices.choose(T::EDGES).copied();
    }
    choices.int_in_range(0_i64..=99).map(T::shortened)
}

/// A pointer-sized number that NDR can carry in 32 bits (MS-RPCE 3.1.1.5.1.1), for `u64` and `i64`.
///
/// # Errors
/// As [`number`].
pub fn word<T: From<u32>>(choices: &mut Unstructured<'_>) -> Result<T> {
    // The range that both signed and unsigned words have.
    number::<u32>(choices).map(|word| T::from(word & (u32::MAX >> 1)))
}

/// A number within a `range`, both ends inclusive, often one of them.
///
/// # Errors
/// As [`number`].
pub fn between<T: Number>(choices: &mut Unstructured<'_>, low: i64, high: i64) -> Result<T> {
    let high = high.max(low);
    let value = match choices.int_in_range(0_u8..=3)? {
        0 => low,
        1 => high,
        _ => choices.int_in_range(low..=high)?,
    };
    Ok(T::shortened(value))
}

/// The number of an enumeration, most often one that has a name. The others have 15 bits, which every format carries.
///
/// # Errors
/// As [`number`].
pub fn enumerator(choices: &mut Unstructured<'_>, named: &[i32]) -> Result<i32> {
    if named.is_empty() || choices.ratio(1_u8, 8)? {
        return choices.int_in_range(0..=0x7FFF);
    }
    choices.choose(named).copied()
}

/// A set of flags: none, one, two, or any bits.
///
/// # Errors
/// As [`number`].
pub fn flags(choices: &mut Unstructured<'_>) -> Result<u32> {
    let bit = |choices: &mut Unstructured<'_>| choices.int_in_range(0_u32..=31).map(|bit| 1_u32 << bit);
    match choices.int_in_range(0_u8..=7)? {
        0 => Ok(0),
        1 | 2 => Ok(bit(choices)? | bit(choices)?),
        3 => choices.arbitrary(),
        _ => bit(choices),
    }
}

/// A tag that selects the default arm of a union: none of `others`. `fallback` is such a tag.
///
/// # Errors
/// As [`number`].
pub fn tag<T: Number + PartialEq>(
    choices: &mut Unstructured<'_>,
    others: &[i64],
    fallback: i64,
) -> Result<T> {
    let value: T = choices.int_in_range(0_i64..=0x7F).map(T::shortened)?;
    let selects_other = others.iter().any(|other| T::shortened(*other) == value);
    Ok(if selects_other { T::shortened(fallback) } else { value })
}
