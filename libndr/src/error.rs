//! Why libndr did not do what it was asked for.

use std::fmt;

/// Why libndr did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The library is not installed, or is another version.
    #[error("{0}")]
    Absent(String),
    /// Its table ends before this operation.
    #[error("libndr does not know opnum {0}")]
    UnknownOperation(u16),
    /// It can't read the stub.
    #[error("libndr can't read it: {0}")]
    Read(Refusal),
    /// It can't write what it read.
    #[error("libndr can't write it: {0}")]
    Write(Refusal),
    /// Parameters are written or read again that were not read before, or not to their end.
    #[error("libndr has no parameters of this direction")]
    Nothing,
    /// The machine has no memory left.
    #[error("no memory for libndr")]
    Memory,
}

/// A code of `enum ndr_err_code`, which is never 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub(crate) i32);

impl Refusal {
    /// A count, offset or terminator of an array is wrong (`NDR_ERR_ARRAY_SIZE`).
    pub const ARRAY_SIZE: Self = Self(1);
    /// Units that are no characters (`NDR_ERR_CHARCNV`).
    pub const CHARACTERS: Self = Self(5);
    /// The stub is too short (`NDR_ERR_BUFSIZE`).
    pub const BUFFER_SIZE: Self = Self(11);
    /// It may not take that much memory (`NDR_ERR_ALLOC`); see
    /// [`with_memory`](crate::Parameters::with_memory).
    pub const MEMORY: Self = Self(12);
    /// A value outside its range (`NDR_ERR_RANGE`).
    pub const RANGE: Self = Self(13);
    /// A count or referent has another upper half than 0 (`NDR_ERR_NDR64`).
    pub const NDR64: Self = Self(19);

    /// The code, as `libndr.h` has it.
    pub const fn code(self) -> i32 {
        self.0
    }

    const fn name(self) -> &'static str {
        match self.0 {
            1 => "array size",
            2 => "bad switch",
            3 => "offset",
            4 => "relative pointer",
            5 => "character conversion",
            6 => "length",
            7 => "subcontext",
            8 => "compression",
            9 => "string",
            10 => "validation",
            11 => "buffer size",
            12 => "memory",
            13 => "range",
            14 => "token",
            17 => "invalid pointer",
            18 => "unread octets",
            19 => "NDR64",
            20 => "flags",
            21 => "incomplete buffer",
            _ => "error",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (NDR error {})", self.name(), self.0)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
