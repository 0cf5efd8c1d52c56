//! What is wrong with a buffer.

use core::fmt;

use cmrp::clusapi3::ObjectFilter;

/// Why a buffer can't be understood, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadError {
    pub(super) offset: usize,
    pub(super) kind: PayloadErrorKind,
}

/// Why a buffer can't be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayloadErrorKind {
    /// Nothing is known of buffers of this event, or the flags are not exactly one event.
    Unlisted(ObjectFilter),
    /// Fewer octets are left than the next item takes.
    TooShort {
        /// How many it takes.
        needed: usize,
        /// How many are left.
        left: usize,
    },
    /// Octets that nothing accounts for.
    Trailing {
        /// How many.
        octets: usize,
    },
    /// A string takes an odd number of octets.
    OddLength,
    /// A string does not end with a zero character.
    NoTerminator,
    /// A string has a zero character before its end.
    EarlyTerminator,
    /// A property does not begin with `CLUSPROP_SYNTAX_NAME`.
    NotAName {
        /// What stands in its place.
        syntax: u32,
    },
    /// The lower half of a syntax is no value of `CLUSTER_PROPERTY_FORMAT` (MS-CMRP 2.2.2.2).
    UnknownFormat {
        /// The whole syntax.
        syntax: u32,
    },
    /// A property has no value.
    NoValue,
    /// A value does not have the size of its type.
    WrongSize {
        /// The size of the type.
        expected: usize,
        /// The size that is stated.
        found: usize,
    },
    /// `CLUSPROP_SYNTAX_LIST_VALUE_EXPANDED_SZ` stands alone (MS-CMRP 2.2.2.3).
    ExpandedAlone,
    /// A value of the list of shared volumes is not the state of a shared volume.
    NotAVolume,
}

impl PayloadError {
    /// An octet of the buffer, counted from 0.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong there.
    pub const fn kind(&self) -> PayloadErrorKind {
        self.kind
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at octet {}: {}", self.offset, self.kind)
    }
}

impl fmt::Display for PayloadErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted(filter) => write!(f, "no buffer is known for {filter:?}"),
            Self::TooShort { needed, left } => write!(f, "{needed} octets needed, {left} left"),
            Self::Trailing { octets } => write!(f, "{octets} octets too many"),
            Self::OddLength => f.write_str("a string of an odd number of octets"),
            Self::NoTerminator => f.write_str("a string without final zero character"),
            Self::EarlyTerminator => f.write_str("a zero character inside a string"),
            Self::NotAName { syntax } => write!(f, "syntax {syntax:#010x} where a property name begins"),
            Self::UnknownFormat { syntax } => write!(f, "syntax {syntax:#010x} has an unknown format"),
            Self::NoValue => f.write_str("a property without a value"),
            Self::WrongSize { expected, found } => {
                write!(f, "a value of {found} octets, {expected} expected")
            }
            Self::ExpandedAlone => f.write_str("an expanded string without the one that it expands"),
            Self::NotAVolume => f.write_str("a value that is not the state of a shared volume"),
        }
    }
}

impl core::error::Error for PayloadError {}
