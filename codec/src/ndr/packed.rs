//! Kinds of errors as plain integers.
//!
//! An error that kept its kind as an `enum` would lend a spare value of it to every `Result`, as the mark of success.
//! The optimizer can't see that an error just made never has that value, so that behind each failed read it would
//! test for success, and go on with what it knew of the cursor forgotten. Integers have no spare values.

use super::{EncodeErrorKind, ErrorKind, Limit};

/// A kind: its number, then its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed([u64; 4]);

const fn signed(value: i64) -> u64 {
    u64::from_ne_bytes(value.to_ne_bytes())
}

fn from_signed(value: u64) -> i64 {
    i64::from_ne_bytes(value.to_ne_bytes())
}

fn narrow<T: TryFrom<u64> + Default>(value: u64) -> T {
    T::try_from(value).unwrap_or_default()
}

impl ErrorKind {
    pub(super) const fn pack(self) -> Packed {
        Packed(match self {
            Self::Truncated { needed, left } => [0, needed, left as u64, 0],
            Self::MissingAlignment { needed, left } => [1, needed as u64, left as u64, 0],
            Self::CountTooLarge { count } => [2, count, 0, 0],
            Self::SizeMismatch { maximum, size } => [3, maximum as u64, signed(size), 0],
            Self::LengthMismatch { actual, length } => [4, actual as u64, signed(length), 0],
            Self::NonZeroOffset { offset } => [5, offset as u64, 0, 0],
            Self::ActualExceedsMaximum { actual, maximum } => [6, actual as u64, maximum as u64, 0],
            Self::MissingTerminator => [7, 0, 0, 0],
            Self::EmbeddedTerminator { index } => [8, index as u64, 0, 0],
            Self::OutOfRange { value, low, high } => [9, signed(value), signed(low), signed(high)],
            Self::NullRef => [10, 0, 0, 0],
            Self::TagMismatch { tag, switch } => [11, signed(tag), signed(switch), 0],
            Self::InvalidTag { tag } => [12, signed(tag), 0, 0],
            Self::NullWithCount { count } => [13, signed(count), 0, 0],
            Self::CountOutOfRange { count, low, high } => [14, signed(count), signed(low), signed(high)],
            Self::Limit(Limit::Memory) => [15, 0, 0, 0],
            Self::Limit(Limit::Depth) => [16, 0, 0, 0],
            Self::TrailingOctets { count } => [17, count as u64, 0, 0],
            Self::UnknownOperation { opnum } => [18, opnum as u64, 0, 0],
            Self::UnsupportedOperation { opnum } => [19, opnum as u64, 0, 0],
        })
    }

    pub(super) fn unpack(Packed([number, a, b, c]): Packed) -> Self {
        match number {
            0 => Self::Truncated { needed: a, left: narrow(b) },
            1 => Self::MissingAlignment { needed: narrow(a), left: narrow(b) },
            2 => Self::CountTooLarge { count: a },
            3 => Self::SizeMismatch { maximum: narrow(a), size: from_signed(b) },
            4 => Self::LengthMismatch { actual: narrow(a), length: from_signed(b) },
            5 => Self::NonZeroOffset { offset: narrow(a) },
            6 => Self::ActualExceedsMaximum { actual: narrow(a), maximum: narrow(b) },
            7 => Self::MissingTerminator,
            8 => Self::EmbeddedTerminator { index: narrow(a) },
            9 => Self::OutOfRange { value: from_signed(a), low: from_signed(b), high: from_signed(c) },
            10 => Self::NullRef,
            11 => Self::TagMismatch { tag: from_signed(a), switch: from_signed(b) },
            12 => Self::InvalidTag { tag: from_signed(a) },
            13 => Self::NullWithCount { count: from_signed(a) },
            14 => Self::CountOutOfRange { count: from_signed(a), low: from_signed(b), high: from_signed(c) },
            15 => Self::Limit(Limit::Memory),
            16 => Self::Limit(Limit::Depth),
            17 => Self::TrailingOctets { count: narrow(a) },
            18 => Self::UnknownOperation { opnum: narrow(a) },
            _ => Self::UnsupportedOperation { opnum: narrow(a) },
        }
    }
}

impl EncodeErrorKind {
    pub(super) const fn pack(self) -> Packed {
        Packed(match self {
            Self::TooLong { len } => [0, len as u64, 0, 0],
            Self::EmbeddedTerminator { index } => [1, index as u64, 0, 0],
            Self::LengthExceedsSize { length, size } => [2, length as u64, size as u64, 0],
            Self::CountMismatch { len, expected } => [3, signed(len), signed(expected), 0],
            Self::OutsideRange { value, low, high } => [4, signed(value), signed(low), signed(high)],
            Self::InvalidTag { tag } => [5, signed(tag), 0, 0],
            Self::OutOfRange { value } => [6, signed(value), 0, 0],
        })
    }

    pub(super) fn unpack(Packed([number, a, b, c]): Packed) -> Self {
        match number {
            0 => Self::TooLong { len: narrow(a) },
            1 => Self::EmbeddedTerminator { index: narrow(a) },
            2 => Self::LengthExceedsSize { length: narrow(a), size: narrow(b) },
            3 => Self::CountMismatch { len: from_signed(a), expected: from_signed(b) },
            4 => Self::OutsideRange { value: from_signed(a), low: from_signed(b), high: from_signed(c) },
            5 => Self::InvalidTag { tag: from_signed(a) },
            _ => Self::OutOfRange { value: from_signed(a) },
        }
    }
}
