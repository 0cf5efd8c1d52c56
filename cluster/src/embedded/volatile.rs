//! What a restart forgets: ports for batch updates, and the calls that wait on them.

use cmrp_port::server::{AssociationId, CallId};

use super::batch_port::BatchPorts;
use crate::session::Answer;

/// What is not part of the model.
#[derive(Debug, Default)]
pub struct Volatile {
    /// Answers of calls that have waited.
    pub answers: std::collections::VecDeque<Answer>,
    /// Ports for batch updates.
    pub(super) batch_ports: BatchPorts,
}

impl Volatile {
    /// A call that waits is given up.
    pub(super) fn cancel(&mut self, call: CallId) {
        self.batch_ports.cancel(call);
    }

    /// A client is gone.
    pub(super) fn disconnect(&mut self, association: AssociationId) {
        self.batch_ports.disconnect(association);
    }
}
