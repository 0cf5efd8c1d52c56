//! Why the registry refuses.

use crate::status;

/// Why a call on the registry fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RegistryError {
    /// There is no such key or value.
    #[error("there is no such key or value")]
    NotFound,
    /// The key was deleted after it was opened.
    #[error("the key was deleted after it was opened")]
    Deleted,
    /// The right that the handle must carry is missing, or the key has subkeys (MS-CMRP 3.1.4.2.36).
    #[error("access denied")]
    Denied,
    /// A path is not well-formed.
    #[error("the path is not well-formed")]
    BadPath,
    /// A parameter is out of its range.
    #[error("a parameter is out of its range")]
    BadParameter,
    /// A security descriptor is not valid (MS-CMRP 3.1.4.2.30).
    #[error("the security descriptor is not valid")]
    BadSecurity,
    /// There is no further key or value.
    #[error("there is no further one")]
    NoMore,
    /// The registry is full.
    #[error("the registry is full")]
    Full,
}

impl RegistryError {
    /// The code that methods return.
    pub const fn code(self) -> u32 {
        match self {
            Self::NotFound => status::ERROR_FILE_NOT_FOUND,
            Self::Deleted => status::ERROR_KEY_DELETED,
            Self::Denied => status::ERROR_ACCESS_DENIED,
            Self::BadPath => status::ERROR_BAD_PATHNAME,
            Self::BadParameter => status::ERROR_INVALID_PARAMETER,
            Self::BadSecurity => status::ERROR_INVALID_SECURITY_DESCR,
            Self::NoMore => status::ERROR_NO_MORE_ITEMS,
            Self::Full => status::ERROR_NOT_ENOUGH_QUOTA,
        }
    }
}
