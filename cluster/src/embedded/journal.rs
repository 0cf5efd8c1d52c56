//! Where a cluster keeps its state, so that it survives a restart.

use super::model::State;

/// A place that keeps the state of a cluster.
pub trait Journal: Send {
    /// Keeps a change: it must be safe from a crash when this returns, or not be kept at all. The answer of the call
    /// that made the change leaves afterwards.
    ///
    /// `before` is what was kept last, so that only what differs has to be written.
    ///
    /// # Errors
    /// It was not kept. The change is undone, and the call that made it fails.
    fn commit(&mut self, before: &State, after: &State) -> Result<(), JournalError>;
}

/// Why a change was not kept.
#[derive(Debug, thiserror::Error)]
#[error("the change of the cluster could not be kept")]
pub struct JournalError {
    /// What went wrong.
    #[from]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
