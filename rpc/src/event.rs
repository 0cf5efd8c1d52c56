//! What an [`Association`](crate::association::Association) tells about the PDUs that it was shown.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::{Format, Uuid};

use crate::auth::Protection;
use crate::fragments::FragmentError;
use crate::label::{FormatLabel, StubFormatError, stub_format};
use crate::syntax::{ContextResult, PresentationContext, SyntaxId};
use crate::verification::{self, VerificationTrailer};

/// Something that happened on a connection. `T` is the observer's tag of a request, such as its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a, T> {
    /// A bind or `alter_context`.
    Bind(BindEvent),
    /// A `bind_ack` or `alter_context_resp`.
    BindAck(BindAckEvent),
    /// A `bind_nak`.
    BindNak {
        /// The call.
        call_id: u32,
        /// `provider_reject_reason`; [`crate::bind::BindNak::reason_name`] names it.
        reason: u16,
    },
    /// An `rpc_auth_3`.
    Auth3 {
        /// The call.
        call_id: u32,
        /// The security context that it completes.
        protection: Option<Protection>,
    },
    /// A whole request.
    Request(RequestEvent<'a>),
    /// A whole response.
    Response(ResponseEvent<'a, T>),
    /// A fault.
    Fault(FaultEvent<T>),
    /// A request or response that cannot be put together. Reported once for each, with the first fragment that
    /// shows it.
    Incomplete(Incomplete),
    /// A `co_cancel`: the client wants the call cancelled.
    Cancel {
        /// The call.
        call_id: u32,
    },
    /// An orphaned PDU: the client no longer waits for the call.
    Orphaned {
        /// The call.
        call_id: u32,
    },
    /// The server wants the connection closed.
    Shutdown,
}

/// A proposal of presentation contexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindEvent {
    /// The call.
    pub call_id: u32,
    /// Whether it was an `alter_context`.
    pub is_alter: bool,
    /// The association to join, 0 for a new one.
    pub assoc_group_id: u32,
    /// The proposal.
    pub contexts: Vec<PresentationContext>,
    /// The security context that is being built, if any.
    pub protection: Option<Protection>,
}

/// The answer to a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindAckEvent {
    /// The call.
    pub call_id: u32,
    /// Whether it was an `alter_context_resp`.
    pub is_alter: bool,
    /// The association that the connection belongs to.
    pub assoc_group_id: u32,
    /// The answers, each with the context that it answers.
    pub results: Vec<Negotiated>,
    /// The security context that is being built, if any.
    pub protection: Option<Protection>,
}

/// The answer to one proposed context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The context and its interface, if the proposal was seen.
    pub context: Option<(u16, SyntaxId)>,
    /// The answer.
    pub result: ContextResult,
}

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEvent<'a> {
    /// The call.
    pub call_id: u32,
    /// `p_cont_id`.
    pub context_id: u16,
    /// What the context stands for.
    pub binding: Binding,
    /// The operation.
    pub opnum: u16,
    /// The object that is called.
    pub object: Option<Uuid>,
    /// The parameters.
    pub payload: Payload<'a>,
}

impl RequestEvent<'_> {
    /// The parameters without the verification trailer, and that trailer: see [`verification::split`]. A sealed stub
    /// is given as it is.
    pub fn parameters(&self) -> (&[u8], Option<VerificationTrailer<'_>>) {
        if self.payload.is_sealed() {
            return (&self.payload.stub, None);
        }
        verification::split(&self.payload.stub)
    }
}

/// A whole response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseEvent<'a, T> {
    /// The call.
    pub call_id: u32,
    /// `p_cont_id`, which should be the request's.
    pub context_id: u16,
    /// What the request's context stands for; the response's own if the request is not known.
    pub binding: Binding,
    /// The request, if it was seen and not forgotten.
    pub request: Option<Answered<T>>,
    /// The results.
    pub payload: Payload<'a>,
}

impl<T> ResponseEvent<'_, T> {
    /// The operation, if the request is known.
    pub fn opnum(&self) -> Option<u16> {
        self.request.as_ref().map(|request| request.opnum)
    }
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEvent<T> {
    /// The call.
    pub call_id: u32,
    /// `p_cont_id`, which should be the request's.
    pub context_id: u16,
    /// What the request's context stands for; the fault's own if the request is not known.
    pub binding: Binding,
    /// The request, if it was seen and not forgotten.
    pub request: Option<Answered<T>>,
    /// Why; see [`crate::status`].
    pub status: u32,
    /// Whether the server vouches that the call did not run.
    pub did_not_execute: bool,
    /// Provider and level, if the fault was protected.
    pub protection: Option<Protection>,
}

impl<T> FaultEvent<T> {
    /// The operation, if the request is known.
    pub fn opnum(&self) -> Option<u16> {
        self.request.as_ref().map(|request| request.opnum)
    }
}

/// The request that a response or fault answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// Its presentation context.
    pub context_id: u16,
    /// Its operation.
    pub opnum: u16,
    /// The tag given with its latest fragment.
    pub tag: T,
}

/// What a presentation context stands for, as far as it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// The interface.
    pub interface: Option<SyntaxId>,
    /// The transfer syntax: the accepted one or, while the answer has not been seen, the only one proposed.
    pub transfer: Option<SyntaxId>,
}

/// A stub and how it travelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// How the stub represents numbers.
    pub label: FormatLabel,
    /// The stub, fragments joined and authentication padding removed; meaningless if sealed.
    pub stub: Cow<'a, [u8]>,
    /// Provider and level, if there was a trailer.
    pub protection: Option<Protection>,
    /// Fragments that it came in, at least 1.
    pub fragments: usize,
}

impl Payload<'_> {
    /// Whether the stub is encrypted.
    pub fn is_sealed(&self) -> bool {
        self.protection.is_some_and(|protection| protection.level.is_sealing())
    }

    /// The format of the stub under `transfer`.
    ///
    /// # Errors
    /// As [`stub_format`].
    pub fn format(&self, transfer: SyntaxId) -> Result<Format, StubFormatError> {
        stub_format(transfer, self.label)
    }
}

/// A request or response that cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Which of the two.
    pub direction: Direction,
    /// The call.
    pub call_id: u32,
    /// `p_cont_id`.
    pub context_id: u16,
    /// What the context stands for.
    pub binding: Binding,
    /// The operation, if known.
    pub opnum: Option<u16>,
    /// Provider and level, if there was a trailer.
    pub protection: Option<Protection>,
    /// Why.
    pub cause: Cause,
}

/// Which way a PDU goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client to the server.
    Request,
    /// From the server to the client.
    Response,
}

/// Why a call cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A fragment is wrong or too much.
    Fragment(FragmentError),
    /// The same call began again.
    Restarted,
    /// Too many younger calls were begun.
    Evicted,
    /// Octets of the connection are missing.
    Gap,
    /// The observation ended.
    End,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fragment(error) => error.fmt(f),
            Self::Restarted => f.write_str("the call began again before its last fragment"),
            Self::Evicted => f.write_str("too many other calls were begun before its last fragment"),
            Self::Gap => f.write_str("octets of the connection are missing before its last fragment"),
            Self::End => f.write_str("the connection ends before its last fragment"),
        }
    }
}
