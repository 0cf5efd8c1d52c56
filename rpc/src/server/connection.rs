//! One connection of a client: its state, and what a program does with it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::calls::Calls;
use super::config::Config;
use super::contexts::Contexts;
use super::event::{Event, Violation};
use super::groups::{Associations, GroupId, Join, PeerAddress};
use super::requests::Incoming;
use crate::bind::BindNak;
use crate::call::{Fault, Response};
use crate::error::PduError;
use crate::fragments::{self, Assembler, parts};
use crate::header::{Header, PacketType, PfcFlags};
use crate::label::FormatLabel;
use crate::pdu::{Body, Pdu};
use crate::queue::Queue;
use crate::status::{self, Executed};
use crate::stream::PduReader;

/// The server's side of one connection. See the [module](super) for what to do with it.
///
/// An idle one takes less than 600 octets, what it points to included.
#[derive(Debug)]
pub struct Connection {
    pub(super) config: Arc<Config>,
    pub(super) peer: PeerAddress,
    /// Needed once, and empty after that.
    pub(super) secondary_address: Box<str>,
    pub(super) phase: Phase,
    pub(super) group: Option<GroupId>,
    pub(super) contexts: Contexts,
    pub(super) session: Session,
    pub(super) calls: Calls,
    /// Number of the latest request.
    pub(super) last_call: Option<u32>,
    /// The request of which not all has come.
    pub(super) incoming: Option<Incoming>,
    pub(super) assembler: Assembler,
    /// Counts requests, and PDUs outside of requests, that have come to their end.
    received: u32,
    pub(super) events: Queue<Event>,
    is_shut_down: bool,
    reader: PduReader,
    output: Queue<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing but a bind may come.
    Fresh,
    Bound,
    /// Nothing is read.
    Closing,
}

/// What the bind has settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    pub(super) multiplexing: bool,
    pub(super) keeps_on_orphan: bool,
    /// Octets of the largest fragment to send.
    pub(super) max_send: u16,
    /// Octets of the largest fragment that the client should send.
    pub(super) max_receive: u16,
}

/// There is no such call to answer: it never was, was answered, or the connection is closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCall;

impl fmt::Display for UnknownCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such call to answer")
    }
}

impl core::error::Error for UnknownCall {}

impl Connection {
    /// A connection from which nothing has been read. `secondary_address` is what the client is told (`sec_addr`): the
    /// port as text, at most 65,534 octets.
    pub fn new(config: Arc<Config>, peer: PeerAddress, secondary_address: &str) -> Self {
        let limits = &config.limits;
        let fragments = fragments::Limits {
            max_stub: limits.max_stub,
            // A client sends one request at a time, even with multiplexing (MS-RPCE 3.3.1.5.8).
            max_calls: 1,
            max_held: limits.max_requests,
            max_fragments: limits.max_fragments,
        };
        let max_pdu = limits.max_negotiation.max(config.fragment());
        let fragment = config.fragment();
        let session = Session {
            multiplexing: false,
            keeps_on_orphan: false,
            max_send: fragment,
            max_receive: fragment,
        };
        Self {
            peer,
            secondary_address: secondary_address.into(),
            phase: Phase::Fresh,
            group: None,
            contexts: Contexts::default(),
            session,
            calls: Calls::default(),
            last_call: None,
            incoming: None,
            assembler: Assembler::new(fragments),
            received: 0,
            events: Queue::default(),
            is_shut_down: false,
            reader: PduReader::with_limit(max_pdu),
            output: Queue::default(),
            config,
        }
    }

    /// Takes octets from the client, in any chunking; none if the connection is closing. Take the events and PDUs that
    /// it leads to before the next octets come: their number is in proportion to the octets. `groups`, usually
    /// [`Associations`], is asked only when the client binds.
    pub fn handle_input(&mut self, octets: &[u8], groups: &mut dyn Join) {
        let mut input = octets;
        let mut reader = core::mem::take(&mut self.reader);
        while self.phase != Phase::Closing {
            match reader.next(&mut input) {
                Ok(Some(framed)) => self.handle_pdu(framed.octets, groups),
                Ok(None) => break,
                Err(error) => self.end(Violation::Malformed(error)),
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

    /// The next PDU for the client, whole.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.output.pop()
    }

    /// Answers a call with its results, encoded in the format of the call, in fragments of the size agreed on.
    ///
    /// The answer to an orphaned call is dropped.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn respond(&mut self, call: u32, stub: &[u8]) -> Result<(), UnknownCall> {
        let call = self.calls.close(call).ok_or(UnknownCall)?;
        if call.is_orphaned {
            return Ok(());
        }
        let waited = self.waits_to_send();
        // Not added first: an answer beyond the limit could wait, and this one be as large.
        if waited && self.output.octets().saturating_add(stub.len()) > self.config.limits.max_output {
            self.end(Violation::OutputLimit);
            return Ok(());
        }
        let (context_id, cancel_count) = (call.context_id, call.cancels);
        let room = usize::from(self.session.max_send).saturating_sub(RESPONSE_HEADER);
        for part in parts(stub, room) {
            let response =
                Response { alloc_hint: part.alloc_hint, context_id, cancel_count, stub: part.stub };
            self.send(part.flags, call.label, call.id, Body::Response(response));
        }
        self.check_output(waited);
        Ok(())
    }

    /// Fails a call. A `status` that a fault must not carry ([`status::may_be_sent`]) is sent as
    /// [`status::NCA_S_FAULT_UNSPEC`].
    ///
    /// The failure of an orphaned call is dropped.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn fault(&mut self, call: u32, status: u32, executed: Executed) -> Result<(), UnknownCall> {
        let call = self.calls.close(call).ok_or(UnknownCall)?;
        if !call.is_orphaned {
            let waited = self.waits_to_send();
            self.send_fault(call.label, call.id, call.context_id, call.cancels, status, executed);
            self.check_output(waited);
        }
        Ok(())
    }

    /// Forgets a call that will never be answered, since its client does not wait for it or waits in vain.
    ///
    /// # Errors
    /// If there is no such call.
    pub fn abandon(&mut self, call: u32) -> Result<(), UnknownCall> {
        self.calls.close(call).map(drop).ok_or(UnknownCall)
    }

    /// Asks the client to close the connection (C706 12.6.4.11). Open calls can still be answered; further ones are
    /// refused with [`status::NCA_SERVER_TOO_BUSY`].
    pub fn shut_down(&mut self) {
        if self.phase == Phase::Bound && !self.is_shut_down {
            self.is_shut_down = true;
            self.send(PfcFlags::WHOLE, FormatLabel::LITTLE, 0, Body::Shutdown);
        }
    }

    /// Ends the connection, and takes it out of its group. Gives the group if this was its last connection: the
    /// context handles of its client are to be run down (MS-RPCE 3.3.3.2.1). A second call does nothing.
    ///
    /// What was not sent is dropped.
    pub fn close(&mut self, associations: &mut Associations) -> Option<GroupId> {
        self.stop();
        self.output = Queue::default();
        self.events = Queue::default();
        let group = self.group.take()?;
        associations.leave(group).then_some(group)
    }

    /// Whether nothing more is read and no call can be answered: send what [`Connection::poll_transmit`] has left and
    /// close the socket.
    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// Whether so much waits to be sent that the client should not be read from: half of
    /// [`Limits::max_output`](super::Limits::max_output).
    pub fn is_congested(&self) -> bool {
        self.output.octets() > self.config.limits.max_output / 2
    }

    /// Whether the client has bound, and the connection is not closing.
    pub fn is_bound(&self) -> bool {
        self.phase == Phase::Bound
    }

    /// The association group, from the bind until [`Connection::close`].
    pub fn group(&self) -> Option<GroupId> {
        self.group
    }

    /// Whether the client may have several calls open.
    pub fn multiplexing(&self) -> bool {
        self.session.multiplexing
    }

    /// Calls that were handed out and neither answered nor abandoned.
    pub fn pending_calls(&self) -> usize {
        self.calls.len()
    }

    /// Whether a request or PDU has begun to come and has not ended, and which: the number is another one for each, and
    /// stays until all fragments have come. For a deadline that neither empty fragments nor other PDUs prolong.
    pub fn receiving(&self) -> Option<u32> {
        (self.incoming.is_some() || self.reader.pending() > 0).then_some(self.received)
    }

    /// Octets held for the client or because of it: unfinished PDUs and requests, events that were not taken, output
    /// that was not sent.
    ///
    /// At most the larger of [`Limits::max_negotiation`](super::Limits::max_negotiation) and
    /// [`Config::max_fragment`], [`Limits::max_requests`](super::Limits::max_requests) for the requests, and the
    /// larger of [`Limits::max_output`](super::Limits::max_output) and one answer for the output, with one more PDU
    /// that tells why the connection ends.
    pub fn held(&self) -> usize {
        let input = self.reader.pending().saturating_add(self.assembler.held());
        input.saturating_add(self.events.octets()).saturating_add(self.output.octets())
    }

    fn handle_pdu(&mut self, octets: &[u8], groups: &mut dyn Join) {
        let waited = self.waits_to_send();
        let before = self.incoming.map(|incoming| incoming.call_id);
        match Pdu::decode(octets) {
            Ok(pdu) => self.dispatch(&pdu, octets.len(), groups),
            Err(error) => self.malformed(octets, error),
        }
        self.check_output(waited);
        let after = self.incoming.map(|incoming| incoming.call_id);
        // Something ends with this PDU unless it begins or continues a request.
        if after.is_none() || (before.is_some() && before != after) {
            self.received = self.received.wrapping_add(1);
        }
    }

    fn dispatch(&mut self, pdu: &Pdu<'_>, length: usize, groups: &mut dyn Join) {
        match &pdu.body {
            Body::Bind(bind) => self.bind(pdu, bind, groups),
            Body::AlterContext(proposal) => self.alter_context(pdu, proposal),
            Body::Request(request) => self.request(pdu, request, length),
            Body::CoCancel if self.is_bound() => self.cancel(pdu.call_id),
            Body::Orphaned if self.is_bound() => self.orphan(pdu.call_id),
            Body::Auth3 if self.is_bound() => self.end(Violation::Authentication),
            other => self.end(Violation::Unexpected(other.packet_type())),
        }
    }

    /// A header that can be read before a body that cannot.
    fn malformed(&mut self, octets: &[u8], error: PduError) {
        let violation = Violation::Malformed(error);
        match Header::decode(octets) {
            Ok(header) if header.packet_type == PacketType::Bind => {
                self.refuse_bind(header.label, header.call_id, BindNak::PROTOCOL);
            }
            Ok(header) if header.packet_type == PacketType::Request => {
                self.end_with_fault(header.label, header.call_id, 0, violation);
            }
            _ => self.end(violation),
        }
    }

    /// The client broke a rule, and hears of it by a fault (MS-RPCE 3.3.3.5.7).
    pub(super) fn end_with_fault(
        &mut self,
        label: FormatLabel,
        call_id: u32,
        context_id: u16,
        violation: Violation,
    ) {
        let status = match violation {
            Violation::Authentication => status::ERROR_ACCESS_DENIED,
            _ => status::NCA_PROTO_ERROR,
        };
        self.send_fault(label, call_id, context_id, 0, status, Executed::No);
        self.end(violation);
    }

    /// The client broke a rule, and nothing can be said (MS-RPCE 3.3.3.5.1).
    pub(super) fn end(&mut self, violation: Violation) {
        if self.phase != Phase::Closing {
            self.stop();
            self.events.push(Event::ProtocolError(violation));
        }
    }

    /// Reads no more, and forgets all calls.
    pub(super) fn stop(&mut self) {
        self.phase = Phase::Closing;
        self.calls = Calls::default();
        self.contexts = Contexts::default();
        self.incoming = None;
        self.assembler = Assembler::default();
        self.reader = PduReader::default();
    }

    pub(super) const fn is_shut_down(&self) -> bool {
        self.is_shut_down
    }

    pub(super) fn send_fault(
        &mut self,
        label: FormatLabel,
        call_id: u32,
        context_id: u16,
        cancel_count: u8,
        status: u32,
        executed: Executed,
    ) {
        let flags = match executed {
            Executed::No => PfcFlags::WHOLE | PfcFlags::DID_NOT_EXECUTE,
            Executed::Maybe => PfcFlags::WHOLE,
        };
        let status = if status::may_be_sent(status) { status } else { status::NCA_S_FAULT_UNSPEC };
        let alloc_hint = FAULT_SIZE;
        let fault = Fault { alloc_hint, context_id, cancel_count, fault_flags: 0, status, extended: &[] };
        self.send(flags, label, call_id, Body::Fault(fault));
    }

    pub(super) fn send(&mut self, flags: PfcFlags, label: FormatLabel, call_id: u32, body: Body<'_>) {
        // The client's octet order, but not its characters and floating-point numbers: the program writes its own.
        let label = FormatLabel::from(label.endian());
        let pdu = Pdu { flags, label, ..Pdu::new(call_id, body) };
        // Nothing that is sent is too large for its field, so there is no error to tell.
        if let Ok(octets) = pdu.encode() {
            self.output.push(octets);
        }
    }

    fn waits_to_send(&self) -> bool {
        !self.output.is_empty()
    }

    /// Ends the connection of a client that does not read what `waited` already.
    fn check_output(&mut self, waited: bool) {
        if waited && self.output.octets() > self.config.limits.max_output {
            self.end(Violation::OutputLimit);
        }
    }
}

/// Octets of a response before its stub.
const RESPONSE_HEADER: usize = 24;
/// Octets of a fault without extended error information.
const FAULT_SIZE: u32 = 32;
