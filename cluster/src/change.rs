//! What happens to a cluster from outside: not by a call of a client.

use serde::{Deserialize, Serialize};

/// Something that happens to the cluster from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "change")]
#[non_exhaustive]
pub enum Change {
    /// A node stops: it fails, or its computer does.
    NodeDown {
        /// Its name.
        node: String,
    },
    /// A node is back.
    NodeUp {
        /// Its name.
        node: String,
    },
}

/// Why a change cannot happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// A method that does the same would return this code.
    #[error("{} ({code})", crate::status::name(*code).unwrap_or("error"))]
    Refused {
        /// The code.
        code: u32,
    },
}

impl From<u32> for ChangeError {
    fn from(code: u32) -> Self {
        Self::Refused { code }
    }
}
