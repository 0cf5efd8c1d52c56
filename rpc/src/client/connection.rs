//! One connection to a server: its state, and what a program does with it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use cmrp::ndr::Format;

use super::config::Config;
use super::event::{Context, Event, Failure};
use super::negotiation::{Proposal, Session};
use crate::call::Request;
use crate::fragments::{self, Assembler, Part, parts};
use crate::header::PfcFlags;
use crate::label::FormatLabel;
use crate::pdu::{Body, Pdu};
use crate::queue::Queue;
use crate::stream::PduReader;
use crate::syntax::SyntaxId;
use crate::verification::{Command, Expected, VerificationTrailer};

/// The client's side of one connection. See the [module](super) for what to do with it.
#[derive(Debug)]
pub struct Connection {
    pub(super) config: Config,
    pub(super) phase: Phase,
    /// Accepted contexts; the first is that of [`Config::interface`].
    pub(super) contexts: Vec<Context>,
    /// Number of the next context to propose.
    pub(super) next_context: u16,
    pub(super) session: Session,
    /// What was asked and not answered.
    pub(super) open: BTreeMap<u32, Open>,
    /// Number of the next call.
    pub(super) next_call: u32,
    pub(super) assembler: Assembler,
    pub(super) events: Queue<Event>,
    pub(super) is_shut_down: bool,
    reader: PduReader,
    output: Queue<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The bind has no answer yet.
    Binding,
    Bound,
    /// Nothing is read.
    Closing,
}

/// What has no answer yet.
#[derive(Debug)]
pub(super) enum Open {
    /// A bind or `alter_context`.
    Proposal(Proposal),
    /// A call on the context of this number.
    Call { context: u16 },
}

/// Why a call cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The server has not accepted the interface yet.
    NotBound,
    /// The connection is closing, or the server has asked to close it.
    Closing,
    /// Another call is open, and multiplexing was not agreed on.
    Busy,
    /// As many calls are open, or octets unsent, as [`Limits`](super::Limits) allows.
    Limit,
    /// The stub is longer than [`Limits::max_request`](super::Limits::max_request).
    TooLong,
    /// There is no such context or call.
    Unknown,
    /// The connection has used up the numbers of calls or contexts.
    Exhausted,
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
            Self::Exhausted => "there are no numbers left for another one",
        })
    }
}

impl core::error::Error for CallError {}

impl Connection {
    /// A connection whose bind is the first PDU to be sent.
    pub fn new(config: Config) -> Self {
        let limits = &config.limits;
        let fragments = fragments::Limits {
            max_stub: limits.max_stub,
            max_calls: limits.max_pending,
            max_held: limits.max_held,
            max_fragments: limits.max_fragments,
        };
        let mut connection = Self {
            phase: Phase::Binding,
            contexts: Vec::new(),
            next_context: 0,
            session: Session::new(config.fragment()),
            open: BTreeMap::new(),
            next_call: 1,
            assembler: Assembler::new(fragments),
            events: Queue::default(),
            is_shut_down: false,
            reader: PduReader::with_limit(config.fragment().max(MAX_NEGOTIATION)),
            output: Queue::default(),
            config,
        };
        connection.bind();
        connection
    }

    /// Takes octets from the server, in any chunking; none if the connection is closing.
    pub fn handle_input(&mut self, octets: &[u8]) {
        let mut input = octets;
        let mut reader = core::mem::take(&mut self.reader);
        while self.phase != Phase::Closing {
            match reader.next(&mut input) {
                Ok(Some(framed)) => match Pdu::decode(framed.octets) {
                    Ok(pdu) => self.handle_pdu(&pdu, framed.octets.len()),
                    Err(error) => self.fail(Failure::Malformed(error)),
                },
                Ok(None) => break,
                Err(error) => self.fail(Failure::Malformed(error)),
            }
        }
        reader.release();
        if self.phase != Phase::Closing {
            self.reader = reader;
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// The next PDU for the server, whole.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.output.pop()
    }

    /// Calls an operation of [`Config::interface`] with parameters in [`Connection::format`], and gives the number of
    /// the call.
    ///
    /// # Errors
    /// If no call can be made, or not now.
    pub fn call(&mut self, opnum: u16, stub: &[u8]) -> Result<u32, CallError> {
        self.check_ready()?;
        let context = *self.contexts.first().ok_or(CallError::NotBound)?;
        self.call_in(context, opnum, stub)
    }

    /// Calls an operation of another context, which [`Event::Altered`] gave, in its format.
    ///
    /// # Errors
    /// If no call can be made, or not now, or if there is no such context.
    pub fn call_on(&mut self, context: u16, opnum: u16, stub: &[u8]) -> Result<u32, CallError> {
        self.check_ready()?;
        let context = self.context(context).ok_or(CallError::Unknown)?;
        self.call_in(context, opnum, stub)
    }

    /// Proposes another interface with the transfer syntaxes of [`Config`] (`alter_context`), and gives the number
    /// by which [`Event::Altered`] answers.
    ///
    /// # Errors
    /// If nothing can be sent, or not now, or if there are no numbers left for contexts.
    pub fn alter(&mut self, interface: SyntaxId) -> Result<u32, CallError> {
        self.check_ready()?;
        self.propose(interface)
    }

    /// Asks the server to cancel a call, which it answers all the same (C706 12.6.4.6).
    ///
    /// # Errors
    /// If there is no such call, or too much is unsent.
    pub fn cancel(&mut self, call: u32) -> Result<(), CallError> {
        self.check_call(call)?;
        if self.is_full() {
            return Err(CallError::Limit);
        }
        self.send(PfcFlags::WHOLE, self.config.label, call, Body::CoCancel);
        Ok(())
    }

    /// Gives a call up: it will have no answer (C706 12.6.4.8). Unless the server agreed to
    /// [`BindFeatures::KEEP_CONNECTION_ON_ORPHAN`](crate::syntax::BindFeatures::KEEP_CONNECTION_ON_ORPHAN), the
    /// connection is closing then (MS-RPCE 3.3.1.5.10).
    ///
    /// # Errors
    /// If there is no such call.
    pub fn orphan(&mut self, call: u32) -> Result<(), CallError> {
        self.check_call(call)?;
        self.open.remove(&call);
        self.assembler.abandon(call);
        self.send(PfcFlags::WHOLE, self.config.label, call, Body::Orphaned);
        if !self.session.keeps_on_orphan {
            self.stop();
        }
        Ok(())
    }

    /// Format to encode requests in, once bound.
    pub fn format(&self) -> Option<Format> {
        self.contexts.first().map(|context| context.format)
    }

    /// The association group, once bound.
    pub fn group(&self) -> Option<u32> {
        (self.phase != Phase::Binding).then_some(self.session.group).filter(|group| *group != 0)
    }

    /// Whether several calls may be open at a time.
    pub fn multiplexing(&self) -> bool {
        self.session.multiplexing
    }

    /// Whether the server has accepted the interface, and the connection is not closing.
    pub fn is_bound(&self) -> bool {
        self.phase == Phase::Bound
    }

    /// Whether nothing more is read: send what [`Connection::poll_transmit`] has left and close the socket. Calls that
    /// have no answer will have none.
    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// Calls and proposals that are not answered.
    pub fn pending_calls(&self) -> usize {
        self.open.len()
    }

    /// Octets held: unfinished PDUs and responses, events that were not taken, output that was not sent.
    pub fn held(&self) -> usize {
        let input = self.reader.pending().saturating_add(self.assembler.held());
        input.saturating_add(self.events.octets()).saturating_add(self.output.octets())
    }

    fn check_ready(&self) -> Result<(), CallError> {
        let limits = &self.config.limits;
        match self.phase {
            Phase::Binding => Err(CallError::NotBound),
            Phase::Closing => Err(CallError::Closing),
            Phase::Bound if self.is_shut_down => Err(CallError::Closing),
            Phase::Bound if !self.session.multiplexing && !self.open.is_empty() => Err(CallError::Busy),
            Phase::Bound if self.open.len() >= limits.max_pending => Err(CallError::Limit),
            Phase::Bound if self.is_full() => Err(CallError::Limit),
            Phase::Bound => Ok(()),
        }
    }

    /// Whether the server does not read what is sent.
    fn is_full(&self) -> bool {
        self.output.octets() >= self.config.limits.max_output
    }

    fn check_call(&self, call: u32) -> Result<(), CallError> {
        match self.open.get(&call) {
            Some(Open::Call { .. }) => Ok(()),
            _ => Err(CallError::Unknown),
        }
    }

    fn call_in(&mut self, context: Context, opnum: u16, stub: &[u8]) -> Result<u32, CallError> {
        if stub.len() > self.config.limits.max_request {
            return Err(CallError::TooLong);
        }
        let call = self.number_call()?;
        let label = FormatLabel::from(context.format.endian());
        let protected = self.append_trailer(context, label, call, opnum, stub);
        let room = usize::from(self.session.max_send).saturating_sub(REQUEST_HEADER);
        for part in parts(protected.as_deref().unwrap_or(stub), room) {
            let Part { flags, alloc_hint, stub } = part;
            let request = Request { alloc_hint, context_id: context.id, opnum, object: None, stub };
            self.send(flags, label, call, Body::Request(request));
        }
        self.open.insert(call, Open::Call { context: context.id });
        Ok(call)
    }

    /// The parameters with a verification trailer, if there is to be one.
    fn append_trailer(
        &self,
        context: Context,
        label: FormatLabel,
        call_id: u32,
        opnum: u16,
        stub: &[u8],
    ) -> Option<Vec<u8>> {
        if !self.config.verification_trailer {
            return None;
        }
        let (abstract_syntax, transfer_syntax) = (context.interface, context.transfer_syntax());
        let context_id = context.id;
        let said = Expected { abstract_syntax, transfer_syntax, label, call_id, context_id, opnum };
        let commands =
            [said.context(), said.header2()].map(|content| Command { must_process: false, content }).into();
        let trailer = VerificationTrailer { commands }.encode().ok()?;
        let mut octets = stub.to_vec();
        octets.resize(stub.len().next_multiple_of(4), 0);
        octets.extend(trailer);
        Some(octets)
    }

    pub(super) fn number_call(&mut self) -> Result<u32, CallError> {
        let call = self.next_call;
        self.next_call = call.checked_add(1).ok_or(CallError::Exhausted)?;
        Ok(call)
    }

    /// An accepted context.
    pub(super) fn context(&self, id: u16) -> Option<Context> {
        self.contexts.iter().find(|context| context.id == id).copied()
    }

    /// The server broke a rule: nothing more can be believed.
    pub(super) fn fail(&mut self, error: Failure) {
        if self.phase != Phase::Closing {
            self.stop();
            self.events.push(Event::Failed { error });
        }
    }

    /// Reads no more, and forgets all calls.
    pub(super) fn stop(&mut self) {
        self.phase = Phase::Closing;
        self.open = BTreeMap::new();
        self.assembler = Assembler::default();
        self.reader = PduReader::default();
    }

    pub(super) fn send(&mut self, flags: PfcFlags, label: FormatLabel, call_id: u32, body: Body<'_>) {
        let pdu = Pdu { flags, label, ..Pdu::new(call_id, body) };
        // Nothing that is sent is too large for its field, so there is no error to tell.
        if let Ok(octets) = pdu.encode() {
            self.output.push(octets);
        }
    }
}

/// Octets of a request before its stub.
const REQUEST_HEADER: usize = 24;
/// Octets of a PDU that negotiates.
const MAX_NEGOTIATION: u16 = 16_384;
