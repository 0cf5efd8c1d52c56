//! Why a change cannot happen.

/// Why a change cannot happen. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The change speaks of something that the cluster does not have.
    #[error("there is no {what} \"{name}\"{}", advice(meant.as_deref()))]
    Unknown {
        /// What it would be: `node`, `group`, ...
        what: &'static str,
        /// The name or id in the change.
        name: String,
        /// The name that was meant, if it can be guessed.
        meant: Option<String>,
    },
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

fn advice(meant: Option<&str>) -> String {
    meant.map(|meant| format!(" (did you mean \"{meant}\"?)")).unwrap_or_default()
}
