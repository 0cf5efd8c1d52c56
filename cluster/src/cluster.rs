//! What a back end is.

use cmrp::clusapi3::Request;
use cmrp_port::access::ServerState;
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server::{AssociationId, CallId};
use cmrp_port::time::Instant;

use crate::change::{Change, ChangeError};
use crate::event::Event;
use crate::session::{Answer, Outcome, Session};

/// A cluster behind a [`Node`](crate::node::Node).
///
/// It is as passive as the node: calls, changes and time come in, answers and events are taken out. After each method
/// that takes `&mut self` the node takes [`next_answer`](Self::next_answer) and [`next_event`](Self::next_event) until
/// there are none.
pub trait Cluster: Send {
    /// The name of the cluster.
    fn name(&self) -> &str;

    /// What the node of this name is ready for (MS-CMRP 3.1.1): Read/Write as long as it is an active one.
    fn server_state(&self, node: &str) -> ServerState;

    /// The state numbers of its objects.
    fn states(&self) -> &dyn StateNumbers;

    /// Carries out a method that has nothing to do with notification ports.
    ///
    /// The node has checked the server's state and the caller's level; the levels of handles are checked as the
    /// session resolves them. Requests of protocol version 2 come in the form of version 3; the session knows.
    fn call(&mut self, now: Instant, session: &mut Session<'_>, request: &Request<'_>) -> Outcome;

    /// The answer to a call that [waits](Outcome::Waits), when it has one.
    fn next_answer(&mut self) -> Option<Answer> {
        None
    }

    /// Something that has happened, in the order in which it has.
    fn next_event(&mut self) -> Option<Event>;

    /// The client gave up a call that waits. It gets no answer.
    fn handle_cancel(&mut self, call: CallId) {
        let _ = call;
    }

    /// A client is gone, with the calls of it that wait and all handles that it had.
    fn handle_disconnect(&mut self, association: AssociationId) {
        let _ = association;
    }

    /// Makes something happen from outside.
    ///
    /// # Errors
    /// It cannot happen; nothing has changed.
    fn change(&mut self, now: Instant, change: &Change) -> Result<(), ChangeError>;

    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
