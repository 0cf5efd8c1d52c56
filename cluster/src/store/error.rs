//! Why a store cannot be used.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the file.
    #[error("another server uses the file")]
    InUse,
    /// The file is something else.
    #[error("the file is not the data file of a cluster")]
    Foreign,
    /// The file was written by another version.
    #[error("the data file has format {found}; this version knows format {known} only")]
    Format {
        /// The format of the file.
        found: String,
        /// The one that this version knows.
        known: u32,
    },
    /// The file was a store once.
    #[error("the data file is damaged: {0}")]
    Damaged(String),
    /// Each row can be read, but they do not fit together.
    #[error("the data file is damaged: {}", faults.join("; "))]
    Inconsistent {
        /// What does not fit.
        faults: Vec<String>,
    },
    /// The file system refuses.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
    /// The database refuses.
    #[error(transparent)]
    Database(Box<redb::Error>),
}

impl StoreError {
    /// A row whose content makes no sense.
    pub(super) fn row(row: &str, error: &serde_json::Error) -> Self {
        Self::Damaged(format!("{row}: {error}"))
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            redb::Error::UpgradeRequired(found) => Self::Damaged(format!("its redb format is {found}")),
            redb::Error::Corrupted(message) => Self::Damaged(message),
            redb::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Self::Foreign,
            redb::Error::Io(error) => Self::Disk(error),
            redb::Error::TableDoesNotExist(_) | redb::Error::TableTypeMismatch { .. } => Self::Foreign,
            error => Self::Database(Box::new(error)),
        }
    }
}

macro_rules! from {
    ($($error:ident)*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

from! { CommitError DatabaseError StorageError TableError TransactionError }

/// Runs what reads a file that anything may have happened to: the database trusts it here and there, and panics.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(StoreError::Damaged("the database cannot make sense of it".into())))
}
