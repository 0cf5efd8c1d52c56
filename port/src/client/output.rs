//! What a client engine says: what it wants done, what it tells the program, and the indications of its ports.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;

use super::id::{BindingId, CallId, FilterId, ObjectId, PortId};
use super::request::Request;
use crate::access::Access;

/// What the embedding program has to do for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make an association with a server, before a deadline of the program's own, and answer with
    /// [`handle_connected`](super::Client::handle_connected) or
    /// [`handle_connection_failed`](super::Client::handle_connection_failed).
    Connect {
        /// Its name from now on.
        binding: BindingId,
        /// The computer, or the cluster.
        server: String,
    },
    /// Drop all connections of an association. Calls of it are over; what still comes of them is ignored.
    Free {
        /// The association.
        binding: BindingId,
    },
    /// Make a call, and answer with `handle_v2`, `handle_v3` or `handle_failure`.
    Call {
        /// The association to make it in.
        binding: BindingId,
        /// Its name.
        call: CallId,
        /// What to send.
        request: Request,
        /// Whether it may take for ever. Such a call needs a connection of its own in the association, unless
        /// calls are multiplexed: others have to overtake it (MS-CMRP 3.1.4.2.107). It needs no deadline either, but
        /// something that notices a dead connection. All other calls need a deadline: see the
        /// [module](super#the-rules-of-use).
        waits: bool,
    },
    /// Cancel a call, if it can be: its port is closed, and nobody waits for its answer any more. An answer that
    /// comes all the same is ignored. The association goes on.
    Abandon {
        /// The association that it was made in.
        binding: BindingId,
        /// The call. It may have been answered meanwhile.
        call: CallId,
    },
}

/// What the embedding program may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The start is done.
    Connected {
        /// The name of the node that serves.
        server: String,
        /// The name of the cluster.
        cluster_name: String,
    },
    /// No server could be used. The engine rests until [`reconnect`](super::Client::reconnect).
    ConnectFailed {
        /// Why the last one could not.
        code: u32,
    },
    /// An object is open.
    Opened {
        /// The object.
        object: ObjectId,
        /// The level of its handle; of kinds whose handles store none, the one of the configuration.
        access: Access,
    },
    /// An object could not be opened. It is no more; neither are filters on it, each of which is told of.
    OpenFailed {
        /// What it was called.
        object: ObjectId,
        /// The Win32 code.
        code: u32,
    },
    /// A port exists on the server.
    PortCreated {
        /// The port.
        port: PortId,
    },
    /// A port could not be made. It is no more, and neither are its filters, which are not told of one by one.
    PortFailed {
        /// What it was called.
        port: PortId,
        /// The Win32 code.
        code: u32,
    },
    /// A filter is registered.
    FilterAdded {
        /// Its port.
        port: PortId,
        /// The filter.
        filter: FilterId,
        /// The state number of its object, if it is on one that has a state.
        state_sequence: Option<u32>,
    },
    /// A filter could not be registered, or not again. It is no more.
    FilterFailed {
        /// Its port.
        port: PortId,
        /// What it was called.
        filter: FilterId,
        /// The Win32 code.
        code: u32,
    },
    /// The queue of a port was empty and is not any more. Told once, until
    /// [`next_indication`](super::Client::next_indication) has emptied it; what was read before this notice was taken
    /// may have been all of it.
    Ready {
        /// The port.
        port: PortId,
    },
    /// The server ended a port that nobody closed here, or answered 16 get calls in a row at once and with nothing in
    /// them: the port brings nothing more, and reconnects leave it out.
    PortEnded {
        /// The port. It is still to be closed.
        port: PortId,
        /// The Win32 code of the get call; `RPC_S_CALL_FAILED` if it was a success with nothing in it.
        code: u32,
    },
    /// A port is closed. It is no more, and neither is its queue.
    PortClosed {
        /// What it was called.
        port: PortId,
    },
    /// The connection is lost, and others are tried (MS-CMRP 3.2.4.6).
    Reconnecting {
        /// The Win32 code that began it.
        code: u32,
    },
    /// A candidate of the start or of the reconnect procedure could not be used; the next one is tried, if any is left.
    AttemptFailed {
        /// The candidate, as it was asked for in [`Action::Connect`].
        server: String,
        /// The Win32 code of the step that failed.
        code: u32,
        /// The object that could not be opened again, or on which a filter could not be registered again. If it keeps
        /// the client from every server, [`close`](super::Client::close) it.
        object: Option<ObjectId>,
    },
    /// Another connection is in place; objects, ports and filters are as before.
    Reconnected {
        /// The name of the node that serves.
        server: String,
    },
    /// Every candidate was tried in vain. The engine rests until [`reconnect`](super::Client::reconnect).
    Lost {
        /// The Win32 code that began it.
        code: u32,
    },
    /// The end of [`shut_down`](super::Client::shut_down).
    Closed,
}

/// An entry of a port's queue (MS-CMRP 3.2.4.8).
///
/// What the client makes itself has no filter and a context of 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indication {
    /// Of a version 1 port.
    V1 {
        /// What happened.
        change: ClusterChange,
        /// The name of the object; empty if there is none, and for a registry key that was closed.
        name: String,
        /// The state number of the object; 0 if it has none.
        state_sequence: u32,
        /// What the program gave with the filter.
        context: u32,
        /// The filter that asked for it; `None` if the server named one that the port does not have.
        filter: Option<FilterId>,
    },
    /// Of a version 2 port. Null pointers have become empty strings.
    V2 {
        /// What happened, and to what kind of object.
        filter: ObjectFilter,
        /// Further data, as MS-CMRP 3.1.4.2.138 lists it.
        buffer: Vec<u8>,
        /// The ID of the object.
        object_id: String,
        /// The ID of what the object belongs to.
        parent_id: String,
        /// The name of the object.
        name: String,
        /// The type of a resource.
        type_name: String,
        /// What the program gave with the filter.
        context: u32,
        /// The filter that asked for it; `None` if the server named one that the port does not have.
        filter_id: Option<FilterId>,
    },
}

/// Why a filter was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterError {
    /// There is no such port, or it is being closed.
    NoSuchPort,
    /// The server has ended the port.
    PortEnded,
    /// The port has the other version.
    WrongPortVersion,
    /// There is no such object, or it is being closed.
    NoSuchObject,
    /// No filter of this type can be on an object of this kind.
    WrongKind,
    /// Events are asked for that cannot be; or none are.
    InvalidEvents {
        /// The bits that cannot be asked for.
        invalid: u64,
    },
    /// `watch_subtree` is for registry keys. Elsewhere, `REGISTRY_SUBTREE` is an event to ask for.
    NotAKey,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPort => f.write_str("no such port"),
            Self::PortEnded => f.write_str("the server has ended the port"),
            Self::WrongPortVersion => f.write_str("the port has the other version"),
            Self::NoSuchObject => f.write_str("no such object"),
            Self::WrongKind => f.write_str("no filter of this type can be on an object of this kind"),
            Self::InvalidEvents { invalid: 0 } => f.write_str("no events are asked for"),
            Self::InvalidEvents { invalid } => write!(f, "events {invalid:#x} cannot be asked for here"),
            Self::NotAKey => f.write_str("only keys have a subtree"),
        }
    }
}

impl core::error::Error for FilterError {}

/// How much an engine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Objects, open or not.
    pub objects: usize,
    /// Ports, on the server or not.
    pub ports: usize,
    /// Filters, registered or not.
    pub filters: usize,
    /// Calls without a response.
    pub calls: usize,
    /// Indications over all ports.
    pub queued: usize,
    /// Indications that there is memory for, over all ports.
    pub room: usize,
}
