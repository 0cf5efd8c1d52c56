//! Changes from outside, by the same functions that methods use.

mod found;
mod groups;
mod nodes;
mod others;
mod resources;

use self::found::Found;
use super::work::Transaction;
use crate::change::{Change, ChangeError};

/// What a change comes to.
type Done = Result<(), ChangeError>;

/// Carries out the changes of an area; `None` for those of others.
type Area = fn(&mut Transaction<'_>, &Change) -> Option<Done>;

const AREAS: [Area; 4] = [nodes::happen, resources::happen, groups::happen, others::happen];

impl Transaction<'_> {
    /// Makes a change happen.
    ///
    /// # Errors
    /// It cannot; the transaction is to be undone.
    pub fn happen(&mut self, change: &Change) -> Done {
        let done = AREAS.iter().find_map(|area| area(self, change));
        done.unwrap_or(Err(crate::status::ERROR_NOT_SUPPORTED.into()))
    }

    /// Finds objects by name or id.
    fn found(&self) -> Found<'_> {
        Found(self.state())
    }
}
