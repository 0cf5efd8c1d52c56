//! What can be wrong with a PDU, and where.

use core::fmt;

/// A PDU, or a part of one, that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PduError {
    /// Octets from the start of the PDU (for a verification trailer: of the stub) to the field.
    pub offset: usize,
    /// The field, by its name in C706 or MS-RPCE.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a field was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The PDU ends inside the field.
    Truncated {
        /// Octets that the field takes.
        needed: usize,
        /// Octets that were there.
        remaining: usize,
    },
    /// Not version 5.0 of the connection-oriented protocol; other minor versions are an error too
    /// (MS-RPCE 3.3.1.5.1).
    Version {
        /// `rpc_vers`.
        major: u8,
        /// `rpc_vers_minor`.
        minor: u8,
    },
    /// A `PTYPE` that no connection-oriented PDU has (C706 12.6.4).
    PacketType(u8),
    /// An integer representation other than 0 (big-endian) and 1 (little-endian) (C706 14.1).
    IntegerRepresentation(u8),
    /// A length that contradicts the octets or the other lengths.
    Length {
        /// What the field says.
        declared: usize,
        /// The least or only value that would do.
        expected: usize,
    },
    /// More elements than the remaining octets can hold.
    Count {
        /// What the field says.
        declared: usize,
        /// How many fit into what is left.
        possible: usize,
    },
    /// A fixed octet string is missing (the signature of the verification trailer).
    Signature,
    /// More octets follow than the last command announces.
    Surplus(usize),
    /// The value to write does not fit into its field, or what was read is above a limit of the reader.
    TooLarge {
        /// What was read or to be written.
        value: usize,
        /// The largest value that the field or the limit allows.
        maximum: usize,
    },
}

impl PduError {
    /// An error at `offset` in `field`.
    pub(crate) const fn new(offset: usize, field: &'static str, reason: Reason) -> Self {
        Self { offset, field, reason }
    }
}

impl fmt::Display for PduError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}: {}", self.field, self.offset, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Truncated { needed, remaining } => {
                write!(f, "{needed} octets are needed, {remaining} are left")
            }
            Self::Version { major, minor } => write!(f, "version {major}.{minor} instead of 5.0"),
            Self::PacketType(octet) => write!(f, "{octet} is no connection-oriented PDU type"),
            Self::IntegerRepresentation(nibble) => {
                write!(f, "{nibble} is no integer representation (0 is big-endian, 1 little-endian)")
            }
            Self::Length { declared, expected } => write!(f, "length {declared} where {expected} is needed"),
            Self::Count { declared, possible } => {
                write!(f, "{declared} elements where {possible} can follow")
            }
            Self::Signature => f.write_str("the signature is missing"),
            Self::Surplus(octets) => write!(f, "{octets} octets too many"),
            Self::TooLarge { value, maximum } => write!(f, "{value} is more than {maximum}"),
        }
    }
}

impl core::error::Error for PduError {}
