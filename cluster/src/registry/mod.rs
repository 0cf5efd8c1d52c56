//! What travels about the cluster registry: paths, access masks, security descriptors, lists of commands
//! (MS-CMRP 3.1.1.7, 3.1.4.2.29-41, 3.1.4.2.112-115). The tree itself is a matter of the back end.

pub mod command;
mod error;
mod limits;
mod path;
mod rights;
mod security;

pub use error::RegistryError;
pub use limits::{
    MAX_DEPTH, MAX_KEY_NAME, MAX_KEYS, MAX_OCTETS, MAX_SECURITY, MAX_VALUE, MAX_VALUE_NAME, MAX_VALUES,
};
pub use path::KeyPath;
pub use rights::Rights;
pub use security::{Parts, SecurityDescriptor};

/// `REG_SZ` (MS-RRP 3.1.1.5): UTF-16 text with its terminator.
pub const REG_SZ: u32 = 1;
/// `REG_EXPAND_SZ`: as [`REG_SZ`], with names of environment variables in it.
pub const REG_EXPAND_SZ: u32 = 2;
/// `REG_BINARY`.
pub const REG_BINARY: u32 = 3;
/// `REG_DWORD`: a little-endian number of 4 octets.
pub const REG_DWORD: u32 = 4;
/// `REG_MULTI_SZ`: texts with their terminators, and an empty one.
pub const REG_MULTI_SZ: u32 = 7;
/// `REG_QWORD`: a little-endian number of 8 octets.
pub const REG_QWORD: u32 = 11;
