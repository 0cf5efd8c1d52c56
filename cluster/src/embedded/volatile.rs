//! What a restart forgets: ports for batch updates, and the calls that wait on them.

use cmrp_port::server::{AssociationId, CallId};

use crate::session::Answer;

/// What is not part of the model.
#[derive(Debug, Default)]
pub struct Volatile {
    /// Answers of calls that have waited.
    pub answers: std::collections::VecDeque<Answer>,
}

impl Volatile {
    /// A call that waits is given up.
    pub(super) fn cancel(&mut self, call: CallId) {
        let _ = call;
    }

    /// A client is gone.
    pub(super) fn disconnect(&mut self, association: AssociationId) {
        let _ = association;
    }
}
