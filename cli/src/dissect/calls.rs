//! From connections to calls: PDUs to messages, messages to pairs of request and answer.
//!
//! Memory: what is kept of a connection goes when the connection ends or is forgotten, and each kind of thing that
//! is kept has a bound of its own, for all connections together.

use std::io;

use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::{self, Cause, Event};
use dcerpc_proto::fragments::FragmentError;

use super::filter::Filter;
use super::framing::Framer;
use super::message::{Asked, Direction, Head, Message};
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

/// Most octets of text that requests keep while they wait. Beyond it, as above.
const MAX_TEXT_OVERALL: usize = 32 * 1024 * 1024;

/// Most octets of unfinished PDUs and calls, in all connections together: one response of the largest size. Beyond
/// it, the connection that had the latest of them loses what is unfinished.
const MAX_UNFINISHED_OVERALL: usize = 64 * 1024 * 1024;

/// What is known of one connection.
#[derive(Default)]
struct Conversation {
    first: Framer,
    second: Framer,
    talk: Talk,
}

impl Conversation {
    fn framer(&mut self, sender: End) -> &mut Framer {
        match sender {
            End::First => &mut self.first,
            End::Second => &mut self.second,
        }
    }

    /// Octets of what is unfinished.
    fn unfinished(&self) -> usize {
        let framed = self.first.held().saturating_add(self.second.held());
        framed.saturating_add(self.talk.association.held())
    }
}

/// What the PDUs of a connection have said.
#[derive(Default)]
struct Talk {
    association: Association<Origin>,
    /// The direction of requests, once one end has shown which it is.
    requests: Option<Flow>,
    /// The frame that the latest PDU came in.
    latest: Option<Origin>,
    pending: Pending,
}

/// Requests of one connection that wait for their answers, in no order.
#[derive(Default)]
struct Pending(Vec<Asked>);

impl Pending {
    fn take(&mut self, call_id: u32) -> Option<Asked> {
        // The answer is mostly that of the latest request.
        let index = self.0.iter().rposition(|asked| asked.head.call_id == call_id)?;
        Some(self.0.swap_remove(index))
    }

    /// The request that was captured first.
    fn take_oldest(&mut self) -> Option<Asked> {
        let requests = self.0.iter().enumerate();
        let (oldest, _) = requests.min_by_key(|(_, asked)| (asked.head.frame, asked.head.call_id))?;
        Some(self.0.swap_remove(oldest))
    }
}

/// See the module.
pub(super) struct Calls<'a> {
    /// By the slot of the connection.
    conversations: Vec<Option<Box<Conversation>>>,
    teller: Teller<'a>,
    /// Octets of what is unfinished.
    unfinished: usize,
}

/// Pairs messages, and gives them to the report.
struct Teller<'a> {
    /// Requests that wait.
    pending: usize,
    /// Octets of the text that they keep.
    text: usize,
    reading: Reading,
    filter: Filter,
    report: Box<dyn Report + 'a>,
    summary: Summary,
    /// The first failure to write; nothing is written after it.
    failure: Option<io::Error>,
    /// Requests found unanswered, to be told in the order of the capture.
    unanswered: Vec<Asked>,
    is_last: bool,
}

impl<'a> Calls<'a> {
    pub(super) fn new(filter: Filter, assumed: Option<Assumed>, report: Box<dyn Report + 'a>) -> Self {
        let teller = Teller {
            pending: 0,
            text: 0,
            reading: Reading::new(assumed),
            filter,
            report,
            summary: Summary::default(),
            failure: None,
            unanswered: Vec::new(),
            is_last: false,
        };
        Self { conversations: Vec::new(), teller, unfinished: 0 }
    }

    pub(super) fn summary(&mut self) -> &mut Summary {
        &mut self.teller.summary
    }

    /// Whether nothing can be written any more.
    pub(super) fn has_failed(&self) -> bool {
        self.teller.failure.is_some()
    }

    /// The capture ends: what is closed from now on is told in one go.
    pub(super) fn begin_end(&mut self) {
        self.teller.is_last = true;
    }

    /// Tells the rest, and the first failure to write.
    pub(super) fn finish(mut self) -> (Summary, io::Result<()>) {
        self.teller.tell_unanswered();
        let Teller { mut report, failure, summary, .. } = self.teller;
        let flushed = report.finish();
        (summary, failure.map_or(flushed, Err))
    }

    /// Works on a conversation, and keeps count of what is unfinished in it.
    fn with(&mut self, flow: &Flow, work: impl FnOnce(&mut Teller<'a>, &mut Conversation)) {
        if self.conversations.len() <= flow.slot {
            self.conversations.resize_with(flow.slot.saturating_add(1), || None);
        }
        let Some(slot) = self.conversations.get_mut(flow.slot) else { return };
        let conversation = slot.get_or_insert_default();
        let before = conversation.unfinished();
        work(&mut self.teller, conversation);
        let after = conversation.unfinished();
        self.unfinished = self.unfinished.saturating_sub(before).saturating_add(after);
        if self.unfinished > MAX_UNFINISHED_OVERALL {
            self.teller.give_up_unfinished(conversation);
            self.unfinished = self.unfinished.saturating_sub(after).saturating_add(conversation.unfinished());
        }
    }
}

impl Teller<'_> {
    fn pdu(&mut self, talk: &mut Talk, flow: &Flow, origin: Origin, octets: &[u8]) {
        let Ok(pdu) = Pdu::decode(octets) else {
            increment(&mut self.summary.malformed_pdus);
            return;
        };
        let is_from_client = pdu.body.packet_type().is_from_client();
        let requests = if is_from_client { *flow } else { flow.reversed() };
        talk.requests = Some(requests);
        talk.latest = Some(origin);
        let Talk { association, pending, .. } = talk;
        let place = Place::of(&requests, origin);
        association.observe_each(pdu, origin, |event| self.event(pending, &place, &event));
    }

    /// Takes what the observer says after the latest PDU.
    fn events(&mut self, talk: &mut Talk, events: Vec<Event<'_, Origin>>) {
        let (Some(requests), Some(origin)) = (talk.requests, talk.latest) else {
            return;
        };
        let place = Place::of(&requests, origin);
        for event in events {
            self.event(&mut talk.pending, &place, &event);
        }
    }

    fn event(&mut self, pending: &mut Pending, place: &Place, event: &Event<'_, Origin>) {
        match self.reading.meaning(place, event) {
            Meaning::Message(message) if message.head.direction == Direction::Request => {
                self.request(pending, message);
            }
            Meaning::Message(message) => self.answer(pending, message),
            Meaning::OtherInterface => increment(&mut self.summary.other_interfaces),
            Meaning::UnknownInterface => increment(&mut self.summary.unknown_interface),
            Meaning::Nothing => {}
        }
    }

    fn request(&mut self, pending: &mut Pending, request: Message<'_>) {
        let is_shown = self.filter.wants(&request.head) && self.filter.wants_port(&request);
        if is_shown {
            self.summary.request(&request.head);
            self.write(|report| report.request(&request));
        }
        let text = self.report.keep(&request, is_shown);
        if let Some(earlier) = self.take(pending, request.head.call_id) {
            self.give_up(earlier);
        }
        self.pending = self.pending.saturating_add(1);
        self.text = self.text.saturating_add(text.len());
        pending.0.push(Asked { head: request.head, text, is_shown });
        if pending.0.len() > MAX_PENDING || self.pending > MAX_PENDING_OVERALL {
            self.give_up_oldest(pending);
        }
        while self.text > MAX_TEXT_OVERALL && !pending.0.is_empty() {
            self.give_up_oldest(pending);
        }
        self.tell_unanswered();
    }

    fn answer(&mut self, pending: &mut Pending, mut answer: Message<'_>) {
        let request = self.take(pending, answer.head.call_id);
        let request = request.as_ref();
        answer.head.latency = request
            .and_then(|request| request.head.time)
            .zip(answer.head.time)
            .map(|(asked, answered)| answered.since(asked));
        let was_shown = request.is_some_and(|request| request.is_shown);
        let is_shown = was_shown || (self.filter.wants(&answer.head) && self.filter.wants_port(&answer));
        if !is_shown {
            return self.hide(request.map(|request| &request.head), Some(&answer.head));
        }
        match request {
            Some(request) if !was_shown => {
                self.summary.request(&request.head);
                self.write(|report| report.late_request(request));
            }
            Some(_) => {}
            None => {
                self.summary.call(&answer.head);
                increment(&mut self.summary.unasked);
            }
        }
        self.summary.message(&answer.head);
        self.write(|report| report.answer(request, &answer));
    }

    /// Takes a request out of those that wait.
    fn take(&mut self, pending: &mut Pending, call_id: u32) -> Option<Asked> {
        let asked = pending.take(call_id)?;
        self.forget(&asked);
        Some(asked)
    }

    fn forget(&mut self, asked: &Asked) {
        self.pending = self.pending.saturating_sub(1);
        self.text = self.text.saturating_sub(asked.text.len());
    }

    fn give_up_oldest(&mut self, pending: &mut Pending) {
        if let Some(oldest) = pending.take_oldest() {
            self.forget(&oldest);
            self.give_up(oldest);
        }
    }

    fn give_up(&mut self, asked: Asked) {
        if asked.is_shown {
            increment(&mut self.summary.unanswered);
            self.unanswered.push(asked);
        } else {
            self.hide(Some(&asked.head), None);
        }
    }

    /// Gives up on what is unfinished in a conversation, so that others have room.
    fn give_up_unfinished(&mut self, conversation: &mut Conversation) {
        let Conversation { first, second, talk, .. } = conversation;
        for framer in [first, second] {
            framer.gap(0);
        }
        let cause = Cause::Fragment(FragmentError::TooMuchHeld(MAX_UNFINISHED_OVERALL));
        let events = talk.association.give_up(cause);
        self.events(talk, events);
    }

    fn hide(&mut self, request: Option<&Head>, answer: Option<&Head>) {
        increment(&mut self.summary.hidden);
        if request.into_iter().chain(answer).any(|message| self.filter.cannot_tell(message)) {
            increment(&mut self.summary.hidden_sealed);
        }
    }

    fn tell_unanswered(&mut self) {
        if self.unanswered.is_empty() {
            return;
        }
        let mut unanswered = std::mem::take(&mut self.unanswered);
        unanswered.sort_by_key(|request| request.head.frame);
        for request in &unanswered {
            self.write(|report| report.unanswered(request));
        }
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Report) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = write(self.report.as_mut()).err();
        }
    }

    fn closed(&mut self, mut conversation: Conversation) {
        for sender in [End::First, End::Second] {
            let framer = conversation.framer(sender);
            framer.finish();
            self.summary.lost_octets = self.summary.lost_octets.saturating_add(framer.lost());
        }
        let talk = &mut conversation.talk;
        let events = talk.association.finish();
        self.events(talk, events);
        talk.pending.0.sort_by_key(|asked| asked.head.call_id);
        for asked in std::mem::take(&mut talk.pending.0) {
            self.forget(&asked);
            self.give_up(asked);
        }
        if !self.is_last {
            self.tell_unanswered();
        }
    }
}

impl Sink for Calls<'_> {
    fn data(&mut self, flow: &Flow, origin: Origin, octets: &[u8]) {
        self.with(flow, |teller, conversation| {
            let Conversation { first, second, talk, .. } = conversation;
            let framer = if flow.sender == End::First { first } else { second };
            framer.push(origin, octets, &mut |origin, octets| teller.pdu(talk, flow, origin, octets));
        });
    }

    fn lost(&mut self, flow: &Flow, octets: u32) {
        self.with(flow, |teller, conversation| {
            conversation.framer(flow.sender).gap(octets);
            let talk = &mut conversation.talk;
            let is_client = talk.requests.is_some_and(|requests| requests.sender == flow.sender);
            let direction = if is_client { event::Direction::Request } else { event::Direction::Response };
            let events = talk.association.gap(direction);
            teller.events(talk, events);
        });
    }

    fn closed(&mut self, slot: usize) {
        let Some(conversation) = self.conversations.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.unfinished = self.unfinished.saturating_sub(conversation.unfinished());
        self.teller.closed(*conversation);
    }
}
