//! What a server's connection has to tell.

use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::{Format, Uuid};

use super::groups::GroupId;
use crate::auth::AuthLevel;
use crate::error::PduError;
use crate::fragments::FragmentError;
use crate::header::PacketType;
use crate::queue::Weight;
use crate::syntax::{BindFeatures, SyntaxId};

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The client has bound, and the connection belongs to a group. Comes once, before the first call. That a context
    /// was accepted is not said: a client may bind to nothing.
    #[non_exhaustive]
    Bound {
        /// The association group that the connection has made or joined.
        group: GroupId,
        /// Whether the group existed before.
        joined: bool,
        /// Whether several calls may be open at a time.
        multiplexing: bool,
        /// The features that both sides have.
        features: BindFeatures,
        /// Octets of the largest fragment that will be sent.
        max_fragment: u16,
    },
    /// A whole call, to be answered by [`Connection::respond`](super::Connection::respond) or
    /// [`Connection::fault`](super::Connection::fault).
    Call(Call),
    /// The client wants the call cancelled, and still waits for its answer (C706 12.6.4.6). Told once a call.
    Cancelled {
        /// The call.
        id: u32,
    },
    /// The client no longer waits for the call (C706 12.6.4.8). An answer will be dropped, but is due all the same,
    /// or [`Connection::abandon`](super::Connection::abandon): until then the call counts as pending.
    Orphaned {
        /// The call.
        id: u32,
    },
    /// The bind was refused by a `bind_nak`, and the connection is closing. For the log.
    #[non_exhaustive]
    Refused {
        /// `provider_reject_reason`; [`BindNak::reason_name`](crate::bind::BindNak::reason_name) names it.
        reason: u16,
    },
    /// A call was refused by a fault without being handed out, and the connection stays. For the log.
    #[non_exhaustive]
    Faulted {
        /// The call.
        id: u32,
        /// The status of the fault; see [`crate::status`].
        status: u32,
    },
    /// The client broke a rule of the protocol, or a limit that ends the connection, which is closing. For the log.
    ProtocolError(Violation),
}

impl Weight for Event {
    fn weight(&self) -> usize {
        match self {
            Self::Call(call) => call.stub.len(),
            _ => 0,
        }
    }
}

/// A whole call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// Its number on this connection.
    pub id: u32,
    /// The interface, as [`Config::interfaces`](super::Config::interfaces) names it.
    pub interface: SyntaxId,
    /// The operation. Whether the interface has it is for the program to say
    /// ([`NCA_OP_RNG_ERROR`](crate::status::NCA_OP_RNG_ERROR)).
    pub opnum: u16,
    /// The object that is called.
    pub object: Option<Uuid>,
    /// Format of the stub, and of the answer's.
    pub format: Format,
    /// How the call was protected.
    pub level: AuthLevel,
    /// The parameters, without verification trailer.
    pub stub: Vec<u8>,
}

/// What a client did wrong, so that the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Octets that are no PDU.
    Malformed(PduError),
    /// A PDU that a client must not send, or not now.
    Unexpected(PacketType),
    /// A PDU other than a request that is not in one piece.
    Fragmented(PacketType),
    /// A request larger than [`Config::max_fragment`](super::Config::max_fragment), which is given. One that is larger than
    /// what the bind agreed on, but not than this, is taken.
    Oversized(usize),
    /// A `call_id` that is not above the one before (MS-RPCE 3.3.3.5.2), which is given.
    CallId(u32),
    /// Fragments that make no request.
    Fragment(FragmentError),
    /// A second request while the first is open, on a connection without multiplexing (MS-RPCE 3.3.1.5.8).
    NotMultiplexed,
    /// Authentication that was not agreed on.
    Authentication,
    /// More octets wait to be sent than [`Limits::max_output`](super::Limits::max_output).
    OutputLimit,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Unexpected(kind) => write!(f, "unexpected {kind}"),
            Self::Fragmented(kind) => write!(f, "{kind} in fragments"),
            Self::Oversized(length) => write!(f, "a fragment of {length} octets"),
            Self::CallId(last) => write!(f, "a call_id that is not above {last}"),
            Self::Fragment(error) => error.fmt(f),
            Self::NotMultiplexed => f.write_str("a second open call without multiplexing"),
            Self::Authentication => f.write_str("authentication that was not agreed on"),
            Self::OutputLimit => f.write_str("the client calls and does not read"),
        }
    }
}

impl core::error::Error for Violation {}
