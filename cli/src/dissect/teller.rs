//! From what happens on connections to what is told: messages, in pairs of request and answer.

use std::io;

use dcerpc_proto::event::Event;

use super::calls::Listener;
use super::filter::Filter;
use super::message::{Asked, Direction, Head, Message};
use super::read::{Assumed, Meaning, Place, Reading};
use super::report::Report;
use super::summary::{Summary, increment};
use super::tcp::Origin;

/// Most requests of one connection that wait for their answers; the observer of the connection forgets the oldest
/// at the same number.
const MAX_PENDING: usize = 1024;

/// Most requests that wait, in all connections together. Stops a capture of many connections that never get an
/// answer. Beyond it, requests are shown as unanswered at once.
const MAX_PENDING_OVERALL: usize = 65_536;

/// Most octets of text that requests keep while they wait. Beyond it, as above.
const MAX_TEXT_OVERALL: usize = 32 * 1024 * 1024;

/// Texts whose memory is kept for others, and the most octets of one.
const MAX_SPARE: usize = 64;
const MAX_SPARE_TEXT: usize = 4096;

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

/// Pairs messages, and gives them to the report.
pub(super) struct Teller<'a> {
    /// What waits, by the slot of the connection.
    waiting: Vec<Pending>,
    /// Requests that wait.
    pending: usize,
    /// Octets of the text that they keep.
    text: usize,
    /// Memory for the text of further requests.
    spare: Vec<String>,
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

impl<'a> Teller<'a> {
    pub(super) fn new(filter: Filter, assumed: Option<Assumed>, report: Box<dyn Report + 'a>) -> Self {
        Self {
            waiting: Vec::new(),
            pending: 0,
            text: 0,
            spare: Vec::new(),
            reading: Reading::new(assumed),
            filter,
            report,
            summary: Summary::default(),
            failure: None,
            unanswered: Vec::new(),
            is_last: false,
        }
    }

    /// Tells the rest, and the first failure to write.
    pub(super) fn finish(mut self) -> (Summary, io::Result<()>) {
        self.tell_unanswered();
        let flushed = self.report.finish();
        (self.summary, self.failure.map_or(flushed, Err))
    }

    fn take_event(&mut self, pending: &mut Pending, place: &Place, event: &Event<'_, Origin>) {
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
        let mut text = self.spare.pop().unwrap_or_default();
        self.report.keep(&request, is_shown, &mut text);
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

    fn answer(&mut self, pending: &mut Pending, answer: Message<'_>) {
        let request = self.take(pending, answer.head.call_id);
        self.answer_to(request.as_ref(), answer);
        if let Some(mut request) = request {
            request.text.clear();
            if self.spare.len() < MAX_SPARE && request.text.capacity() <= MAX_SPARE_TEXT {
                self.spare.push(request.text);
            }
        }
    }

    fn answer_to(&mut self, request: Option<&Asked>, mut answer: Message<'_>) {
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
}

impl Listener for Teller<'_> {
    fn event(&mut self, slot: usize, place: &Place, event: Event<'_, Origin>) {
        if self.waiting.len() <= slot {
            self.waiting.resize_with(slot.saturating_add(1), Pending::default);
        }
        let mut pending = self.waiting.get_mut(slot).map(std::mem::take).unwrap_or_default();
        self.take_event(&mut pending, place, &event);
        if let Some(waiting) = self.waiting.get_mut(slot) {
            *waiting = pending;
        }
    }

    fn closed(&mut self, slot: usize) {
        let Pending(mut requests) = self.waiting.get_mut(slot).map(std::mem::take).unwrap_or_default();
        requests.sort_by_key(|asked| asked.head.call_id);
        for asked in requests {
            self.forget(&asked);
            self.give_up(asked);
        }
        if !self.is_last {
            self.tell_unanswered();
        }
    }

    fn begin_end(&mut self) {
        self.is_last = true;
    }

    fn has_failed(&self) -> bool {
        self.failure.is_some()
    }
}
