//! From connections to calls: PDUs to messages, messages to pairs of request and answer.

use std::collections::{BTreeMap, HashMap};
use std::io;

use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::{self, Event};

use super::filter::Filter;
use super::framing::Framer;
use super::message::{Direction, Message};
use super::read::{Assumed, Meaning, Place, Reading};
use super::report::Report;
use super::summary::{Summary, increment};
use super::tcp::{End, Flow, Origin, Sink};

/// Most requests of one connection that wait for their answers; the observer of the connection forgets the oldest
/// at the same number.
const MAX_PENDING: usize = 1024;

/// Most requests that wait, in all connections together. Stops a capture of many connections that never get an
/// answer. Beyond it, requests are shown as unanswered at once.
const MAX_PENDING_OVERALL: usize = 65_536;

/// What is known of one connection.
#[derive(Default)]
struct Conversation {
    first: Framer,
    second: Framer,
    association: Association<Origin>,
    /// The direction of requests, once one end has shown which it is.
    requests: Option<Flow>,
    /// The frame that the latest PDU came in.
    latest: Option<Origin>,
    pending: BTreeMap<u32, Pending>,
}

/// A request that waits for its answer.
struct Pending {
    request: Message,
    /// Whether it satisfies the filter, as far as a request can.
    is_shown: bool,
}

impl Conversation {
    fn framer(&mut self, sender: End) -> &mut Framer {
        match sender {
            End::First => &mut self.first,
            End::Second => &mut self.second,
        }
    }
}

/// See the module.
pub(super) struct Calls<'a> {
    conversations: HashMap<u64, Conversation>,
    pending: usize,
    reading: Reading,
    filter: Filter,
    report: Box<dyn Report + 'a>,
    pub(super) summary: Summary,
    /// The first failure to write; nothing is written after it.
    failure: Option<io::Error>,
    /// Requests found unanswered, to be told in the order of the capture.
    unanswered: Vec<Message>,
    is_last: bool,
}

impl<'a> Calls<'a> {
    pub(super) fn new(filter: Filter, assumed: Option<Assumed>, report: Box<dyn Report + 'a>) -> Self {
        Self {
            conversations: HashMap::new(),
            pending: 0,
            reading: Reading::new(assumed),
            filter,
            report,
            summary: Summary::default(),
            failure: None,
            unanswered: Vec::new(),
            is_last: false,
        }
    }

    /// Whether nothing can be written any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The capture ends: what is closed from now on is told in one go.
    pub(super) fn begin_end(&mut self) {
        self.is_last = true;
    }

    /// Tells the rest, and the first failure to write.
    pub(super) fn finish(mut self) -> (Summary, io::Result<()>) {
        let mut streams: Vec<u64> = self.conversations.keys().copied().collect();
        streams.sort_unstable();
        for stream in streams {
            self.closed(stream);
        }
        self.tell_unanswered();
        let flushed = self.report.finish();
        let written = self.failure.map_or(flushed, Err);
        (self.summary, written)
    }

    fn pdu(&mut self, conversation: &mut Conversation, flow: &Flow, origin: Origin, octets: &[u8]) {
        let Ok(pdu) = Pdu::decode(octets) else {
            increment(&mut self.summary.malformed_pdus);
            return;
        };
        let is_from_client = pdu.body.packet_type().is_from_client();
        conversation.requests = Some(if is_from_client { *flow } else { flow.reversed() });
        conversation.latest = Some(origin);
        let events = conversation.association.observe(pdu, origin);
        self.events(conversation, events);
    }

    /// Takes what the observer says after the latest PDU.
    fn events(&mut self, conversation: &mut Conversation, events: Vec<Event<'_, Origin>>) {
        let (Some(requests), Some(origin)) = (conversation.requests, conversation.latest) else {
            return;
        };
        let Flow { stream, source: client, destination: server, .. } = requests;
        let place = Place { stream, client, server, origin };
        for event in events {
            match self.reading.meaning(&place, &event) {
                Meaning::Message(message) if message.direction == Direction::Request => {
                    self.request(conversation, *message);
                }
                Meaning::Message(message) => self.answer(conversation, *message),
                Meaning::OtherInterface => increment(&mut self.summary.other_interfaces),
                Meaning::UnknownInterface => increment(&mut self.summary.unknown_interface),
                Meaning::Nothing => {}
            }
        }
    }

    fn request(&mut self, conversation: &mut Conversation, request: Message) {
        let is_wanted = self.filter.wants(&request);
        let is_shown = is_wanted && self.filter.wants_port(&request);
        if is_shown {
            self.show_request(&request);
        }
        let call_id = request.call_id;
        if let Some(earlier) = conversation.pending.insert(call_id, Pending { request, is_shown }) {
            self.give_up(earlier);
        } else {
            self.pending = self.pending.saturating_add(1);
        }
        let is_full = conversation.pending.len() > MAX_PENDING || self.pending > MAX_PENDING_OVERALL;
        if is_full {
            self.give_up_oldest(conversation);
        }
        self.tell_unanswered();
    }

    fn answer(&mut self, conversation: &mut Conversation, mut answer: Message) {
        let pending = conversation.pending.remove(&answer.call_id);
        if pending.is_some() {
            self.pending = self.pending.saturating_sub(1);
        }
        let request = pending.as_ref().map(|pending| &pending.request);
        answer.latency = request
            .and_then(|request| request.time)
            .zip(answer.time)
            .map(|(asked, answered)| answered.since(asked));
        let was_shown = pending.as_ref().is_some_and(|pending| pending.is_shown);
        let is_shown = was_shown || (self.filter.wants(&answer) && self.filter.wants_port(&answer));
        if !is_shown {
            return self.hide(request, Some(&answer));
        }
        match request {
            Some(request) if !was_shown => self.show_request(request),
            Some(_) => {}
            None => {
                self.summary.call(&answer);
                increment(&mut self.summary.unasked);
            }
        }
        self.summary.message(&answer);
        self.write(|report| report.answer(request, &answer));
    }

    fn show_request(&mut self, request: &Message) {
        self.summary.call(request);
        self.summary.message(request);
        self.write(|report| report.request(request));
    }

    fn give_up_oldest(&mut self, conversation: &mut Conversation) {
        let oldest = conversation.pending.iter().min_by_key(|(_, pending)| pending.request.frame);
        let call_id = oldest.map(|(call_id, _)| *call_id);
        if let Some(pending) = call_id.and_then(|call_id| conversation.pending.remove(&call_id)) {
            self.pending = self.pending.saturating_sub(1);
            self.give_up(pending);
        }
    }

    fn give_up(&mut self, pending: Pending) {
        if pending.is_shown {
            increment(&mut self.summary.unanswered);
            self.unanswered.push(pending.request);
        } else {
            self.hide(Some(&pending.request), None);
        }
    }

    fn hide(&mut self, request: Option<&Message>, answer: Option<&Message>) {
        increment(&mut self.summary.hidden);
        if request.into_iter().chain(answer).any(|message| self.filter.cannot_tell(message)) {
            increment(&mut self.summary.hidden_sealed);
        }
    }

    fn tell_unanswered(&mut self) {
        let mut unanswered = std::mem::take(&mut self.unanswered);
        unanswered.sort_by_key(|request| request.frame);
        for request in &unanswered {
            self.write(|report| report.unanswered(request));
        }
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Report) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = write(self.report.as_mut()).err();
        }
    }

    /// Works on a conversation, which is taken out of the map meanwhile so that both can be changed.
    fn with(&mut self, stream: u64, work: impl FnOnce(&mut Self, &mut Conversation)) {
        let mut conversation = self.conversations.remove(&stream).unwrap_or_default();
        work(self, &mut conversation);
        self.conversations.insert(stream, conversation);
    }
}

impl Sink for Calls<'_> {
    fn data(&mut self, flow: &Flow, origin: Origin, octets: &[u8]) {
        self.with(flow.stream, |calls, conversation| {
            let mut framer = std::mem::take(conversation.framer(flow.sender));
            framer.push(origin, octets, &mut |origin, octets| calls.pdu(conversation, flow, origin, octets));
            *conversation.framer(flow.sender) = framer;
        });
    }

    fn lost(&mut self, flow: &Flow, octets: u32) {
        self.with(flow.stream, |calls, conversation| {
            conversation.framer(flow.sender).gap(octets);
            let is_client = conversation.requests.is_some_and(|requests| requests.sender == flow.sender);
            let direction = if is_client { event::Direction::Request } else { event::Direction::Response };
            let events = conversation.association.gap(direction);
            calls.events(conversation, events);
        });
    }

    fn closed(&mut self, stream: u64) {
        let Some(mut conversation) = self.conversations.remove(&stream) else {
            return;
        };
        for sender in [End::First, End::Second] {
            let framer = conversation.framer(sender);
            framer.finish();
            self.summary.lost_octets = self.summary.lost_octets.saturating_add(framer.lost());
        }
        let events = conversation.association.finish();
        self.events(&mut conversation, events);
        self.pending = self.pending.saturating_sub(conversation.pending.len());
        for (_, pending) in std::mem::take(&mut conversation.pending) {
            self.give_up(pending);
        }
        if !self.is_last {
            self.tell_unanswered();
        }
    }
}
