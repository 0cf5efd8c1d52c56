//! What a server serves: a cluster's node, an endpoint map, or anything else that answers calls without waiting.

use std::time::Duration;

use cmrp::ndr::Format;
use cmrp_port::server::{AssociationId, CallId, Caller, Statistics};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;

/// Something that answers calls, without sockets or clocks. The server's own thread has it, so that it may block for
/// as long as a disk takes, but no longer: calls are served one after another.
///
/// The contract is that of `cmrp_cluster::Node`, for which it is implemented: what goes in by `handle_...` methods
/// comes out of [`poll_output`](Self::poll_output); each call ends in exactly one [`Output`] that names it, at once or
/// later.
pub trait Service: Send + 'static {
    /// What a response carries besides its stub, for
    /// [`handle_undelivered`](Self::handle_undelivered).
    type Receipt: Send + 'static;

    /// The interfaces that clients may bind to.
    fn interfaces() -> Vec<SyntaxId>;

    /// The name of an operation, for logs and metrics; `None` if the interface has none of this number.
    fn operation(interface: SyntaxId, opnum: u16) -> Option<&'static str>;

    /// Whether the protocol itself has anybody call, as that of endpoint mappers does: then nobody need be warned.
    fn is_public() -> bool {
        false
    }

    /// Takes a call.
    fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, request: Request<'_>);

    /// Takes note that the client gave the call up.
    fn handle_cancel(&mut self, call: CallId);

    /// Takes note that a response could not be sent.
    fn handle_undelivered(&mut self, receipt: Self::Receipt);

    /// Takes note that the last connection of an association is gone: its handles are run down.
    fn handle_disconnect(&mut self, association: AssociationId);

    /// Does what is due.
    fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next thing to send; `None` until something is given to the service again.
    fn poll_output(&mut self) -> Option<Output<Self::Receipt>>;

    /// The server shuts down: calls that wait end now, and later ones are refused.
    fn shut_down(&mut self, now: Instant) {
        let _ = now;
    }

    /// Whether the association has handles, which keep its connections from being closed as idle.
    fn holds(&self, association: AssociationId) -> bool {
        let _ = association;
        false
    }

    /// What is held, and what was done so far.
    fn statistics(&self) -> Statistics {
        Statistics::default()
    }
}

/// A call as its client made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The interface, one of [`Service::interfaces`].
    pub interface: SyntaxId,
    /// The number of the operation, of which nothing is checked yet.
    pub opnum: u16,
    /// How the stub is written.
    pub format: Format,
    /// The parameters, of which nothing is checked yet.
    pub stub: &'a [u8],
}

/// What a service has the server do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<R> {
    /// Answer the call.
    Response {
        /// The call.
        call: CallId,
        /// The results, in the format of the call.
        stub: Vec<u8>,
        /// To be given back if the response can't be sent; `None` if nothing would be lost.
        receipt: Option<R>,
    },
    /// Answer the call with a fault.
    Fault {
        /// The call.
        call: CallId,
        /// The status of the fault PDU.
        status: u32,
    },
    /// Forget the call: there is nobody to answer.
    Abandoned {
        /// The call.
        call: CallId,
    },
    /// End the connection that the last answer went to (MS-CMRP 3.1.3).
    EndConnection {
        /// The client.
        association: AssociationId,
    },
}

/// The engines' clock: time since the server started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(tokio::time::Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    pub(crate) fn now(self) -> Instant {
        Instant::new(self.0.elapsed())
    }

    /// When the engine's instant is, for a timer; `None` if that is later than time can be told.
    pub(crate) fn when(self, instant: Instant) -> Option<tokio::time::Instant> {
        let since: Duration = instant.since_origin();
        self.0.checked_add(since)
    }
}
