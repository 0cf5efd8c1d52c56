//! Why stub data was refused, and where.

use core::fmt;

use super::packed::Packed;
use super::path::Path;

/// Stub data that is not what the interface says: where it stands, in which field, and what is wrong.
///
/// A server answers such a request with a fault of status `0x000006F7` (MS-RPCE 3.1.3.5.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    offset: usize,
    kind: Packed,
    path: Path,
}

impl Error {
    /// An error at an offset, not yet in a field.
    #[cold]
    pub const fn new(offset: usize, kind: ErrorKind) -> Self {
        Self { offset, kind: kind.pack(), path: Path::ROOT }
    }

    /// The error for an opnum without a request or response, given the names of all operations of its interface.
    #[cold]
    pub const fn no_operation(opnum: u16, names: &[&str]) -> Self {
        let kind = if (opnum as usize) < names.len() {
            ErrorKind::UnsupportedOperation { opnum }
        } else {
            ErrorKind::UnknownOperation { opnum }
        };
        Self::new(0, kind)
    }

    /// Octets from the start of the stub to the item that is wrong.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::unpack(self.kind)
    }

    /// The parameter, member and element, by the names of the IDL.
    pub const fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "octet {}: {}", self.offset, self.kind())
        } else {
            write!(f, "{} at octet {}: {}", self.path, self.offset, self.kind())
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = f.debug_struct("Error");
        error.field("offset", &self.offset).field("kind", &self.kind()).field("path", &self.path).finish()
    }
}

impl core::error::Error for Error {}

/// What is wrong with stub data. Sections are those of MS-RPCE 3.1.1.5.3 unless they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The stub ends inside an item.
    Truncated {
        /// Octets that the item takes at least.
        needed: u64,
        /// Octets that are left.
        left: usize,
    },
    /// The stub ends inside the gap before an aligned item (C706 14.2.2).
    MissingAlignment {
        /// Octets of the gap.
        needed: usize,
        /// Octets that are left.
        left: usize,
    },
    /// A count above 2³¹-1 (3.1.1.5.3.2).
    CountTooLarge {
        /// The count.
        count: u64,
    },
    /// The maximum count of an array is not what `size_is` says.
    SizeMismatch {
        /// The maximum count that travels with the array.
        maximum: u32,
        /// The value of the `size_is` expression.
        size: i64,
    },
    /// The actual count of an array is not what `length_is` says.
    LengthMismatch {
        /// The actual count that travels with the array.
        actual: u32,
        /// The value of the `length_is` expression.
        length: i64,
    },
    /// The first element of a varying array has an index other than 0.
    NonZeroOffset {
        /// The index.
        offset: u32,
    },
    /// More elements are sent than the array can hold.
    ActualExceedsMaximum {
        /// Elements that are sent.
        actual: u32,
        /// Elements that the array can hold.
        maximum: u32,
    },
    /// A string does not end with a zero character.
    MissingTerminator,
    /// A string has a zero character before its end.
    EmbeddedTerminator {
        /// Its index, in characters.
        index: u32,
    },
    /// A value outside its `range` attribute.
    OutOfRange {
        /// The value.
        value: i64,
        /// The least value allowed.
        low: i64,
        /// The greatest value allowed.
        high: i64,
    },
    /// A null pointer where the IDL says `ref` (MS-RPCE 2.2.5.3.5.1).
    NullRef,
    /// The tag of a union differs from its `switch_is`.
    TagMismatch {
        /// The tag inside the union.
        tag: i64,
        /// The value of the `switch_is` expression.
        switch: i64,
    },
    /// No arm of a union has this tag (`RPC_S_INVALID_TAG`).
    InvalidTag {
        /// The tag.
        tag: i64,
    },
    /// A null pointer to a sized array whose count is not 0 (3.1.1.5.3.3.1.2).
    NullWithCount {
        /// The count.
        count: i64,
    },
    /// A count outside the `range` of its array or string (3.1.1.5.3.3).
    CountOutOfRange {
        /// The count, with the terminator of a string.
        count: i64,
        /// The least count allowed.
        low: i64,
        /// The greatest count allowed.
        high: i64,
    },
    /// A limit that the caller set was reached; see [`Limits`](super::Limits).
    Limit(Limit),
    /// Octets are left behind the last parameter.
    TrailingOctets {
        /// How many.
        count: usize,
    },
    /// The interface has no operation with this number (`nca_op_rng_error`).
    UnknownOperation {
        /// The number.
        opnum: u16,
    },
    /// The slot is reserved, or no code was generated for it.
    UnsupportedOperation {
        /// The number.
        opnum: u16,
    },
}

/// Which of the [`Limits`](super::Limits) was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::memory`](super::Limits::memory).
    Memory,
    /// [`Limits::depth`](super::Limits::depth).
    Depth,
}

impl ErrorKind {
    /// Whether the data has a meaning all the same, so that a lenient reader can go on.
    pub const fn is_forgivable(&self) -> bool {
        !matches!(
            self,
            Self::Truncated { .. }
                | Self::CountTooLarge { .. }
                | Self::TagMismatch { .. }
                | Self::InvalidTag { .. }
                | Self::Limit(_)
                | Self::UnknownOperation { .. }
                | Self::UnsupportedOperation { .. }
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { needed, left } => write!(f, "needs {needed} octets, {left} are left"),
            Self::MissingAlignment { needed, left } => {
                write!(f, "needs {needed} octets of alignment, {left} are left")
            }
            Self::CountTooLarge { count } => write!(f, "count {count} is above 2147483647"),
            Self::SizeMismatch { maximum, size } => {
                write!(f, "maximum count {maximum} differs from size_is, which is {size}")
            }
            Self::LengthMismatch { actual, length } => {
                write!(f, "actual count {actual} differs from length_is, which is {length}")
            }
            Self::NonZeroOffset { offset } => write!(f, "array starts at index {offset}, not 0"),
            Self::ActualExceedsMaximum { actual, maximum } => {
                write!(f, "actual count {actual} exceeds maximum count {maximum}")
            }
            Self::MissingTerminator => f.write_str("string does not end with a zero character"),
            Self::EmbeddedTerminator { index } => write!(f, "string has a zero character at index {index}"),
            Self::OutOfRange { value, low, high } => {
                write!(f, "value {value} is outside the range {low} to {high}")
            }
            Self::NullRef => f.write_str("ref pointer is null"),
            Self::TagMismatch { tag, switch } => {
                write!(f, "union tag {tag} differs from switch_is, which is {switch}")
            }
            Self::InvalidTag { tag } => write!(f, "no arm of the union has tag {tag}"),
            Self::NullWithCount { count } => write!(f, "pointer is null, but its array has {count} elements"),
            Self::CountOutOfRange { count, low, high } => {
                write!(f, "count {count} is outside the range {low} to {high}")
            }
            Self::Limit(Limit::Memory) => f.write_str("decoded value would exceed the memory limit"),
            Self::Limit(Limit::Depth) => f.write_str("value is nested deeper than the limit"),
            Self::TrailingOctets { count } => write!(f, "{count} octets follow the last parameter"),
            Self::UnknownOperation { opnum } => write!(f, "the interface has no operation {opnum}"),
            Self::UnsupportedOperation { opnum } => {
                write!(f, "operation {opnum} is reserved or not generated")
            }
        }
    }
}

/// A value that cannot be put on the wire: in which field, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncodeError {
    kind: Packed,
    path: Path,
}

impl EncodeError {
    /// An error that is not yet in a field.
    #[cold]
    pub const fn new(kind: EncodeErrorKind) -> Self {
        Self { kind: kind.pack(), path: Path::ROOT }
    }

    /// What is wrong.
    pub fn kind(&self) -> EncodeErrorKind {
        EncodeErrorKind::unpack(self.kind)
    }

    /// The parameter, member and element, by the names of the IDL.
    pub const fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.kind())
        } else {
            write!(f, "{}: {}", self.path, self.kind())
        }
    }
}

impl fmt::Debug for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeError").field("kind", &self.kind()).field("path", &self.path).finish()
    }
}

impl core::error::Error for EncodeError {}

/// Why a value cannot be put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// An array or string has more than 2³¹-1 elements (MS-RPCE 3.1.1.5.3.2).
    TooLong {
        /// How many.
        len: usize,
    },
    /// A string has a zero character, which on the wire ends it.
    EmbeddedTerminator {
        /// Its index, in UTF-16 units.
        index: usize,
    },
    /// The elements are more than the stated size of the array.
    LengthExceedsSize {
        /// Elements.
        length: usize,
        /// The stated size.
        size: u32,
    },
    /// Two arrays share a count, and have different lengths; or an array does not have the length that an
    /// expression over other fields gives.
    CountMismatch {
        /// The length of the array.
        len: i64,
        /// The length that the other field asks for.
        expected: i64,
    },
    /// A value outside its `range` attribute, which the receiver would refuse.
    OutsideRange {
        /// The value.
        value: i64,
        /// The least value allowed.
        low: i64,
        /// The greatest value allowed.
        high: i64,
    },
    /// The tag that an arm of a union keeps selects another arm, or none.
    InvalidTag {
        /// The tag.
        tag: i64,
    },
    /// A value does not fit its wire type in this format.
    OutOfRange {
        /// The value.
        value: i64,
    },
}

impl fmt::Display for EncodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong { len } => write!(f, "{len} elements are more than 2147483647"),
            Self::EmbeddedTerminator { index } => write!(f, "string has a zero character at index {index}"),
            Self::LengthExceedsSize { length, size } => {
                write!(f, "{length} elements exceed the stated size {size}")
            }
            Self::CountMismatch { len, expected } => write!(f, "{len} elements where {expected} are stated"),
            Self::OutsideRange { value, low, high } => {
                write!(f, "value {value} is outside the range {low} to {high}")
            }
            Self::InvalidTag { tag } => write!(f, "tag {tag} does not select this arm of the union"),
            Self::OutOfRange { value } => write!(f, "value {value} does not fit its wire type"),
        }
    }
}

/// Adds the name of a field or the index of an element to an error on its way up.
///
/// Names are `&'static &'static str` because a thin pointer keeps the error small: write `.field(&"dwFilter")`.
pub trait InField: Sized {
    /// Adds the name of a parameter or member.
    #[must_use]
    fn field(self, name: &'static &'static str) -> Self;

    /// Adds the index of an array element.
    #[must_use]
    fn element(self, index: usize) -> Self;
}

macro_rules! in_field {
    ($($error:ident),+) => {$(
        impl<T> InField for Result<T, $error> {
            #[inline(always)]
            fn field(self, name: &'static &'static str) -> Self {
                match self {
                    Ok(value) => Ok(value),
                    Err(error) => Err(error.in_field(name)),
                }
            }

            #[inline(always)]
            fn element(self, index: usize) -> Self {
                match self {
                    Ok(value) => Ok(value),
                    Err(error) => Err(error.in_element(index)),
                }
            }
        }

        impl $error {
            #[cold]
            #[inline(never)]
            fn in_field(mut self, name: &'static &'static str) -> Self {
                self.path.push_field(name);
                self
            }

            #[cold]
            #[inline(never)]
            fn in_element(mut self, index: usize) -> Self {
                self.path.push_index(index);
                self
            }
        }
    )+};
}

in_field!(Error, EncodeError);
