//! What a client's connection has to tell.

use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::Format;

use crate::bind::BindNak;
use crate::error::PduError;
use crate::fragments::FragmentError;
use crate::header::PacketType;
use crate::label::StubFormatError;
use crate::queue::Weight;
use crate::status::Executed;
use crate::syntax::{BindFeatures, ContextResult, SyntaxId};

/// A presentation context that the server has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// `p_cont_id`.
    pub id: u16,
    /// The interface.
    pub interface: SyntaxId,
    /// Format to encode requests in.
    pub format: Format,
}

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server accepts the interface: calls can be made.
    #[non_exhaustive]
    Bound {
        /// The association group: what further connections that share context handles must ask for.
        group: u32,
        /// Format to encode requests in.
        format: Format,
        /// Whether several calls may be open at a time.
        multiplexing: bool,
        /// The features that both sides have.
        features: BindFeatures,
        /// Octets of the largest fragment that will be sent.
        max_fragment: u16,
    },
    /// The server does not accept the interface; the connection is closing.
    Refused(Refusal),
    /// Answer to [`Connection::alter`](super::Connection::alter).
    Altered {
        /// The number that `alter` gave.
        call: u32,
        /// The new context, or why there is none.
        outcome: Result<Context, Refusal>,
    },
    /// The results of a call.
    Response {
        /// The call.
        call: u32,
        /// The results.
        stub: Vec<u8>,
        /// Their format, which need not be that of the request.
        format: Format,
    },
    /// A call has failed.
    Fault {
        /// The call.
        call: u32,
        /// Why; see [`crate::status`].
        status: u32,
        /// Whether it may have run.
        executed: Executed,
    },
    /// The server wants the connection closed (C706 12.6.4.11). Open calls may still be answered; make no more.
    Shutdown,
    /// The server broke a rule of the protocol or a limit; the connection is closing, and open calls are lost.
    Failed {
        /// What it did.
        error: Failure,
    },
}

impl Weight for Event {
    fn weight(&self) -> usize {
        match self {
            Self::Response { stub, .. } => stub.len(),
            _ => 0,
        }
    }
}

/// Why a server does not serve an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A `bind_nak`, with its `provider_reject_reason`. A group that the server does not know is refused so.
    Nak(u16),
    /// No context was accepted: result and reason of the first (C706 12.6.3.1).
    Rejected {
        /// `result`.
        result: u16,
        /// `reason`.
        reason: u16,
    },
    /// A fault was the answer, with its status.
    Fault(u32),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nak(reason) => {
                let nak = BindNak { reason, versions: Vec::new(), rest: &[] };
                write!(f, "bind refused: {}", nak.reason_name())
            }
            Self::Rejected { result, reason } => {
                let result = ContextResult { result, reason, transfer_syntax: SyntaxId::NIL };
                write!(f, "interface rejected: {} ({})", result.result_name(), result.reason_name())
            }
            Self::Fault(status) => match crate::status::name(status) {
                Some(name) => write!(f, "refused by fault {name}"),
                None => write!(f, "refused by fault {status:#010x}"),
            },
        }
    }
}

impl core::error::Error for Refusal {}

/// What a server did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// Octets that are no PDU.
    Malformed(PduError),
    /// A PDU that a server must not send, or not now.
    Unexpected(PacketType),
    /// A fragment larger than agreed on.
    Oversized(usize),
    /// Answers to contexts that are not those that were proposed.
    Negotiation,
    /// An answer to a call that was not made; its number is given.
    UnknownCall(u32),
    /// Fragments that make no response.
    Fragment(FragmentError),
    /// A response in a format that cannot be read.
    Format(StubFormatError),
    /// A protected PDU, though nothing was agreed on that could read it.
    Authentication,
    /// A status that no fault may have (MS-RPCE 3.3.2.5.1).
    Status(u32),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Unexpected(kind) => write!(f, "unexpected {kind}"),
            Self::Oversized(length) => write!(f, "a fragment of {length} octets"),
            Self::Negotiation => f.write_str("answers to contexts that were not proposed"),
            Self::UnknownCall(call) => write!(f, "an answer to call {call}, which was not made"),
            Self::Fragment(error) => error.fmt(f),
            Self::Format(error) => error.fmt(f),
            Self::Authentication => f.write_str("a protected PDU on an unprotected connection"),
            Self::Status(status) => write!(f, "a fault with status {status:#010x}, which none may have"),
        }
    }
}

impl core::error::Error for Failure {}
