//! The transfer syntaxes and byte orders that stub data comes in.

use core::fmt;
use core::str::FromStr;

use super::Uuid;

/// Order of the octets of an integer, the high nibble of the first octet of a format label (C706 14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant octet first; label octet `0x10`.
    Little,
    /// Most significant octet first; label octet `0x00`.
    Big,
}

/// How stub data is laid out: fixed when the binding is made, and by the label of each PDU.
///
/// There are three formats, not four: NDR64 is always little-endian (MS-RPCE 2.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// NDR 2.0, with 32-bit counts and pointers (C706 chapter 14).
    Ndr20(Endian),
    /// NDR64 1.0, with 64-bit counts and pointers (MS-RPCE 2.2.5).
    Ndr64,
}

impl Format {
    /// NDR 2.0 as Windows sends it.
    pub const NDR20_LE: Self = Self::Ndr20(Endian::Little);
    /// NDR 2.0 as a big-endian sender writes it.
    pub const NDR20_BE: Self = Self::Ndr20(Endian::Big);
    /// All three formats.
    pub const ALL: [Self; 3] = [Self::NDR20_LE, Self::NDR20_BE, Self::Ndr64];

    /// Transfer syntax of NDR 2.0, version 2.0 (MS-RPCE 2.2.4.12).
    pub const NDR20_SYNTAX: Uuid =
        Uuid::new(0x8a88_5d04, 0x1ceb, 0x11c9, [0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60]);
    /// Transfer syntax of NDR64, version 1.0 (MS-RPCE 2.2.5.1).
    pub const NDR64_SYNTAX: Uuid =
        Uuid::new(0x7171_0533, 0xbeba, 0x4937, [0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36]);

    /// The byte order of integers.
    #[inline]
    pub const fn endian(self) -> Endian {
        match self {
            Self::Ndr20(endian) => endian,
            Self::Ndr64 => Endian::Little,
        }
    }

    /// Whether counts and pointers take 64 bits.
    #[inline]
    pub const fn is_ndr64(self) -> bool {
        matches!(self, Self::Ndr64)
    }

    /// Size and alignment of a count, a pointer and a pointer-sized integer, in octets: 4 or 8.
    #[inline]
    pub const fn word(self) -> usize {
        if self.is_ndr64() { 8 } else { 4 }
    }

    /// The name used on command lines and in test vectors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ndr20(Endian::Little) => "ndr20-le",
            Self::Ndr20(Endian::Big) => "ndr20-be",
            Self::Ndr64 => "ndr64",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format name other than `ndr20-le`, `ndr20-be` and `ndr64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a format: one of ndr20-le, ndr20-be, ndr64 is expected")
    }
}

impl core::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}
