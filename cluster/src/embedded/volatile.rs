//! What a restart forgets: ports for batch updates, and the calls that wait on them.

use cmrp_port::server::{AssociationId, CallId};

use super::batch_port::BatchPorts;
use super::registry::batch::Done;
use super::registry::report::reports;
use crate::session::Answer;

/// What is not part of the model.
#[derive(Debug, Default)]
pub struct Volatile {
    /// Answers of calls that have waited.
    pub answers: std::collections::VecDeque<Answer>,
    /// Ports for batch updates.
    pub(super) batch_ports: BatchPorts,
    /// What the batch of the call that is being carried out has done: told when it is certain to be kept.
    pub(super) batch: Vec<Done>,
}

impl Volatile {
    /// The call is kept: batch ports are told what its batch has done.
    pub(super) fn keep(&mut self) {
        let done = std::mem::take(&mut self.batch);
        if !done.is_empty() {
            self.answers.extend(self.batch_ports.post(|watched| reports(&done, watched)));
        }
    }

    /// The call is undone.
    pub(super) fn undo(&mut self) {
        self.batch.clear();
    }

    /// A call that waits is given up.
    pub(super) fn cancel(&mut self, call: CallId) {
        self.batch_ports.cancel(call);
    }

    /// A client is gone.
    pub(super) fn disconnect(&mut self, association: AssociationId) {
        self.batch_ports.disconnect(association);
    }
}
