//! What a client may do, and what a server is ready to do.

use crate::status::{ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER};

/// An access level (MS-CMRP 3.1.4.1, 3.1.4.2); each includes those before it.
///
/// Protocol version 2 knows [`All`](Self::All) alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// "Read".
    Read,
    /// "Read with Backup Privilege".
    ReadBackup,
    /// "All".
    All,
}

/// Bits of `dwDesiredAccess` (MS-CMRP 3.1.4.2.116).
mod desired {
    pub(super) const READ: u32 = 0x0000_0001;
    pub(super) const CHANGE: u32 = 0x0000_0002;
    pub(super) const GENERIC_READ: u32 = 0x8000_0000;
    /// `GENERIC_WRITE`, `GENERIC_EXECUTE`, `GENERIC_ALL`.
    pub(super) const GENERIC_CHANGE: u32 = 0x7000_0000;
    pub(super) const MAXIMUM_ALLOWED: u32 = 0x0200_0000;
}

impl Access {
    /// The level that an `Open...Ex` method grants a client (MS-CMRP 3.1.4.2.116).
    ///
    /// `held` is what the cluster security descriptor gives the client. A request for "Read" by a client with
    /// backup privilege is granted as such (MS-CMRP 3.1.4.2).
    ///
    /// # Errors
    /// [`ERROR_INVALID_PARAMETER`] if `desired` has no or unknown bits, or
    /// asks to change without asking to read; [`ERROR_ACCESS_DENIED`] if the
    /// client doesn't hold the level.
    pub fn grant(desired: u32, held: Option<Self>) -> Result<Self, u32> {
        let held = held.ok_or(ERROR_ACCESS_DENIED)?;
        match Self::asked(desired, held).ok_or(ERROR_INVALID_PARAMETER)? {
            Self::Read if held == Self::ReadBackup => Ok(held),
            level if level <= held => Ok(level),
            _ => Err(ERROR_ACCESS_DENIED),
        }
    }

    /// The level that the bits name; `most` stands for the highest that the client may have.
    fn asked(bits: u32, most: Self) -> Option<Self> {
        const KNOWN: u32 = desired::READ
            | desired::CHANGE
            | desired::GENERIC_READ
            | desired::GENERIC_CHANGE
            | desired::MAXIMUM_ALLOWED;
        if bits == 0 || bits & !KNOWN != 0 {
            return None;
        }
        if bits & desired::GENERIC_CHANGE != 0 {
            return Some(Self::All);
        }
        match (bits & desired::CHANGE != 0, bits & desired::READ != 0) {
            (true, false) => None,
            (true, true) => Some(Self::All),
            _ if bits & desired::MAXIMUM_ALLOWED != 0 => Some(most),
            _ => Some(Self::Read),
        }
    }

    /// `dwDesiredAccess` that asks for the level.
    pub const fn desired(self) -> u32 {
        match self {
            Self::Read | Self::ReadBackup => desired::READ,
            Self::All => desired::READ | desired::CHANGE,
        }
    }

    /// `*lpdwGrantedAccess` of an `Open...Ex` method that granted the level (MS-CMRP 3.1.4.2.116).
    pub const fn granted(self) -> u32 {
        match self {
            Self::Read | Self::ReadBackup => desired::GENERIC_READ,
            Self::All => 0x1000_0000,
        }
    }
}

/// What a protocol server is ready for (MS-CMRP 3.1.1, 3.1.4.1, 3.1.4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerState {
    /// "Read/Write": everything. An active node is in this state.
    #[default]
    ReadWrite,
    /// "Read-Only": methods that do not change the state of the cluster.
    ReadOnly,
    /// "None": nothing.
    None,
    /// The node has stopped being active because the computer shuts down.
    ShuttingDown,
    /// The node has stopped being active for any other cause.
    Stopped,
}
