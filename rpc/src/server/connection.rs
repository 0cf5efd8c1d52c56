//! One connection of a client.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::config::Config;
use super::event::Event;
use super::groups::{Associations, GroupId, PeerAddress};
use crate::status::Executed;

/// The server's side of one connection.
#[derive(Debug)]
pub struct Connection {
    config: Arc<Config>,
}

/// There is no such call to answer: it never was, was answered, or the connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCall;

impl fmt::Display for UnknownCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such call to answer")
    }
}

impl core::error::Error for UnknownCall {}

#[allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "skeleton")]
impl Connection {
    /// A connection of which nothing has been read. `secondary_address` is told to the client: the port as text.
    pub fn new(config: Arc<Config>, peer: PeerAddress, secondary_address: &str) -> Self {
        Self { config }
    }
    /// Takes octets from the client, in any chunking. Does nothing once the connection is closing.
    pub fn handle_input(&mut self, octets: &[u8], associations: &mut Associations) {}
    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }
    /// The next PDU for the client.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        None
    }
    /// Answers a call, in fragments of the size agreed on.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn respond(&mut self, call: u32, stub: &[u8]) -> Result<(), UnknownCall> {
        Err(UnknownCall)
    }
    /// Fails a call.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn fault(&mut self, call: u32, status: u32, executed: Executed) -> Result<(), UnknownCall> {
        Err(UnknownCall)
    }
    /// Forgets a call that will never be answered.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn abandon(&mut self, call: u32) -> Result<(), UnknownCall> {
        Err(UnknownCall)
    }
    /// Asks the client to close the connection (C706 12.6.4.11).
    pub fn shut_down(&mut self) {}
    /// Ends the connection: it leaves its group. Gives the group if this was its last connection: its context
    /// handles must be run down.
    pub fn close(&mut self, associations: &mut Associations) -> Option<GroupId> {
        None
    }
    /// Whether nothing more is read: send what is left and close the socket.
    pub fn is_closing(&self) -> bool {
        false
    }
    /// Whether so much waits to be sent that the client should not be read from.
    pub fn is_congested(&self) -> bool {
        false
    }
    /// Whether the client has bound.
    pub fn is_bound(&self) -> bool {
        false
    }
    /// The association group, once bound.
    pub fn group(&self) -> Option<GroupId> {
        None
    }
    /// Whether the client may have several calls open.
    pub fn multiplexing(&self) -> bool {
        false
    }
    /// Calls that were handed out and not answered.
    pub fn pending_calls(&self) -> usize {
        0
    }
    /// Octets held: unfinished PDUs and requests, events that were not taken, output that was not sent.
    pub fn held(&self) -> usize {
        0
    }
}
