//! The format label ("drep") of a PDU, and the stub format that it and the transfer syntax stand for.

use core::fmt;

use cmrp::ndr::{Endian, Format};

use crate::error::{PduError, Reason};
use crate::syntax::SyntaxId;

/// The four octets that say how a PDU represents integers, characters and floating-point numbers (C706 14.1).
///
/// The integer part governs every multi-octet field of the PDU that carries the label, and its stub. Octets are kept
/// as they came; only the integer representation is checked, since nothing can be read without it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FormatLabel([u8; 4]);

impl FormatLabel {
    /// Little-endian, ASCII, IEEE: what Windows and nearly everyone else sends.
    pub const LITTLE: Self = Self([0x10, 0, 0, 0]);
    /// Big-endian, ASCII, IEEE.
    pub const BIG: Self = Self([0, 0, 0, 0]);

    /// Takes the four octets at offset 4 of the header.
    ///
    /// # Errors
    /// If the integer representation, the high nibble of the first octet, is neither 0 nor 1.
    pub const fn from_wire(octets: [u8; 4]) -> Result<Self, PduError> {
        let [first, ..] = octets;
        match first >> 4 {
            0 | 1 => Ok(Self(octets)),
            other => Err(PduError::new(4, "packed_drep", Reason::IntegerRepresentation(other))),
        }
    }

    /// The four octets at offset 4 of the header.
    pub const fn to_wire(self) -> [u8; 4] {
        self.0
    }

    /// Order of the octets of an integer.
    pub const fn endian(self) -> Endian {
        let [first, ..] = self.0;
        if first >> 4 == 0 { Endian::Big } else { Endian::Little }
    }

    /// Character representation: 0 ASCII, 1 EBCDIC; the low nibble of the first octet.
    pub const fn characters(self) -> u8 {
        let [first, ..] = self.0;
        first & 0x0f
    }

    /// Floating-point representation: 0 IEEE, 1 VAX, 2 Cray, 3 IBM; the second octet.
    pub const fn floats(self) -> u8 {
        let [_, second, ..] = self.0;
        second
    }
}

impl From<Endian> for FormatLabel {
    fn from(endian: Endian) -> Self {
        match endian {
            Endian::Little => Self::LITTLE,
            Endian::Big => Self::BIG,
        }
    }
}

impl fmt::Display for FormatLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{a:02x} {b:02x} {c:02x} {d:02x}")
    }
}

impl fmt::Debug for FormatLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormatLabel({self})")
    }
}

/// Why a stub has no format that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StubFormatError {
    /// Neither NDR 2.0 nor NDR64 1.0.
    UnknownTransfer(SyntaxId),
    /// NDR64 under a big-endian label, which MS-RPCE 2.2.5 forbids and which Samba sends when told to. Which order
    /// the stub really has is anyone's guess.
    BigEndianNdr64,
}

impl fmt::Display for StubFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTransfer(syntax) => write!(f, "transfer syntax {syntax} is neither NDR nor NDR64"),
            Self::BigEndianNdr64 => f.write_str("NDR64 labelled big-endian, against MS-RPCE 2.2.5"),
        }
    }
}

impl core::error::Error for StubFormatError {}

/// The format of a stub under an accepted transfer syntax and the label of its PDU.
///
/// # Errors
/// If the syntax is not known, or if it is NDR64 and the label is big-endian (MS-RPCE 2.2.5).
pub fn stub_format(transfer: SyntaxId, label: FormatLabel) -> Result<Format, StubFormatError> {
    match (transfer, label.endian()) {
        (SyntaxId::NDR20, endian) => Ok(Format::Ndr20(endian)),
        (SyntaxId::NDR64, Endian::Little) => Ok(Format::Ndr64),
        (SyntaxId::NDR64, Endian::Big) => Err(StubFormatError::BigEndianNdr64),
        (other, _) => Err(StubFormatError::UnknownTransfer(other)),
    }
}
