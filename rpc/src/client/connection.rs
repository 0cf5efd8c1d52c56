//! One connection to a server.

use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::Format;

use super::config::Config;
use super::event::Event;
use crate::syntax::SyntaxId;

/// The client's side of one connection.
#[derive(Debug)]
pub struct Connection {
    config: Config,
}

/// Why a call cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The server has not accepted the interface yet.
    NotBound,
    /// The connection is closing.
    Closing,
    /// Another call is open, and multiplexing was not agreed on.
    Busy,
    /// As many calls are open, or octets unsent, as [`Limits`](super::Limits) allows.
    Limit,
    /// The stub is longer than [`Limits::max_request`](super::Limits::max_request).
    TooLong,
    /// There is no such context or call, or no number for another one.
    Unknown,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBound => "the connection is not bound",
            Self::Closing => "the connection is closing",
            Self::Busy => "another call is open on a connection without multiplexing",
            Self::Limit => "too many calls are open, or too much is unsent",
            Self::TooLong => "the request is too long",
            Self::Unknown => "there is no such context or call",
        })
    }
}

impl core::error::Error for CallError {}

#[allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "skeleton")]
impl Connection {
    /// A connection whose bind is to be sent.
    pub fn new(config: Config) -> Self {
        Self { config }
    }
    /// Takes octets from the server, in any chunking. Does nothing once the connection is closing.
    pub fn handle_input(&mut self, octets: &[u8]) {}
    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    /// The next PDU for the server.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        None
    }
    /// Calls an operation of the interface, and gives the number of the call.
    ///
    /// # Errors
    /// If no call can be made now.
    pub fn call(&mut self, opnum: u16, stub: &[u8]) -> Result<u32, CallError> {
        Err(CallError::NotBound)
    }
    /// Calls an operation of another context, from [`Event::Altered`].
    ///
    /// # Errors
    /// If no call can be made now, or there is no such context.
    pub fn call_on(&mut self, context: u16, opnum: u16, stub: &[u8]) -> Result<u32, CallError> {
        Err(CallError::NotBound)
    }
    /// Proposes another interface (`alter_context`): [`Event::Altered`] answers.
    ///
    /// # Errors
    /// If nothing can be sent now.
    pub fn alter(&mut self, interface: SyntaxId, transfer: &[SyntaxId]) -> Result<u32, CallError> {
        Err(CallError::NotBound)
    }
    /// Asks the server to cancel a call, which is still answered.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn cancel(&mut self, call: u32) -> Result<(), CallError> {
        Err(CallError::NotBound)
    }
    /// Gives a call up: it will have no answer. Without
    /// [`BindFeatures::KEEP_CONNECTION_ON_ORPHAN`](crate::syntax::BindFeatures::KEEP_CONNECTION_ON_ORPHAN) the
    /// connection is closing then (MS-RPCE 3.3.1.5.10).
    ///
    /// # Errors
    /// If there is no such call.
    pub fn orphan(&mut self, call: u32) -> Result<(), CallError> {
        Err(CallError::NotBound)
    }
    /// Format to encode requests in, once bound.
    pub fn format(&self) -> Option<Format> {
        None
    }
    /// The association group, once bound.
    pub fn group(&self) -> Option<u32> {
        None
    }
    /// Whether several calls may be open at a time.
    pub fn multiplexing(&self) -> bool {
        false
    }
    /// Whether the server has accepted the interface.
    pub fn is_bound(&self) -> bool {
        false
    }
    /// Whether nothing more is read: send what is left and close the socket.
    pub fn is_closing(&self) -> bool {
        false
    }
    /// Calls that are not answered.
    pub fn pending_calls(&self) -> usize {
        0
    }
    /// Octets held: unfinished PDUs and responses, events that were not taken, output that was not sent.
    pub fn held(&self) -> usize {
        0
    }
}
