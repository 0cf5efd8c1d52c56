//! Hands what happens on connections from the thread that reads the capture to the one that writes the lines.
//!
//! It goes in batches, which come back to be filled again. Memory: [`DEPTH`] batches wait, one is filled and one is
//! worked on; a stub of several fragments travels as it is, so that a batch may be as large as one such stub.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use dcerpc_proto::event::{Event, Payload, RequestEvent, ResponseEvent};

use super::calls::Listener;
use super::read::Place;
use super::tcp::Origin;

/// Batches that wait.
const DEPTH: usize = 2;

/// Things in a batch.
const RECORDS: usize = 1024;

/// Octets of stubs in a batch.
const OCTETS: usize = 256 * 1024;

/// Some of what happens, in its order.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    /// The stubs of the events, one behind the other.
    octets: Vec<u8>,
    /// Octets of stubs that travel on their own.
    owned: usize,
}

#[expect(clippy::large_enum_variant, reason = "nearly all of them are events")]
enum Record {
    /// Something that happened, and where its stub is.
    Event {
        slot: usize,
        place: Place,
        event: Event<'static, Origin>,
        stub: Range<usize>,
    },
    Closed {
        slot: usize,
    },
    End,
}

/// Takes what happens.
pub(super) struct Sender {
    batch: Batch,
    batches: SyncSender<Batch>,
    empty: Receiver<Batch>,
    has_failed: bool,
}

/// Where it arrives.
pub(super) struct Arrivals {
    batches: Receiver<Batch>,
    empty: SyncSender<Batch>,
}

/// Both ends.
pub(super) fn relay() -> (Sender, Arrivals) {
    let (batches, arriving) = sync_channel(DEPTH);
    // Room for all batches that there are: giving one back never waits.
    let (returning, empty) = sync_channel(DEPTH.saturating_add(2));
    let sender = Sender { batch: Batch::default(), batches, empty, has_failed: false };
    (sender, Arrivals { batches: arriving, empty: returning })
}

impl Sender {
    fn push(&mut self, record: Record) {
        self.batch.records.push(record);
        let octets = self.batch.octets.len().saturating_add(self.batch.owned);
        if self.batch.records.len() >= RECORDS || octets >= OCTETS {
            self.send();
        }
    }

    fn send(&mut self) {
        let next = self.empty.try_recv().unwrap_or_default();
        let batch = std::mem::replace(&mut self.batch, next);
        // Nobody is there any more if the lines can't be written.
        self.has_failed |= self.batches.send(batch).is_err();
    }
}

impl Listener for Sender {
    fn event(&mut self, slot: usize, place: &Place, event: Event<'_, Origin>) {
        if let Some((event, stub)) = self.batch.detach(event) {
            self.push(Record::Event { slot, place: *place, event, stub });
        }
    }

    fn closed(&mut self, slot: usize) {
        self.push(Record::Closed { slot });
    }

    fn begin_end(&mut self) {
        self.push(Record::End);
    }

    fn has_failed(&self) -> bool {
        self.has_failed
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.send();
    }
}

impl Arrivals {
    /// Tells a listener all that happens, until the other end goes or the listener has failed.
    pub(super) fn tell(self, listener: &mut impl Listener) {
        for mut batch in &self.batches {
            batch.tell(listener);
            if listener.has_failed() {
                return;
            }
            // The other end may have gone.
            let _ = self.empty.try_send(batch);
        }
    }
}

impl Batch {
    /// Parts an event from its stub, which goes into the batch. `None` for what is no part of a call.
    fn detach(&mut self, event: Event<'_, Origin>) -> Option<(Event<'static, Origin>, Range<usize>)> {
        Some(match event {
            Event::Request(RequestEvent { call_id, context_id, binding, opnum, object, payload }) => {
                let (payload, stub) = self.detach_stub(payload);
                (Event::Request(RequestEvent { call_id, context_id, binding, opnum, object, payload }), stub)
            }
            Event::Response(ResponseEvent { call_id, context_id, binding, request, payload }) => {
                let (payload, stub) = self.detach_stub(payload);
                (Event::Response(ResponseEvent { call_id, context_id, binding, request, payload }), stub)
            }
            Event::Fault(fault) => (Event::Fault(fault), 0..0),
            Event::Incomplete(incomplete) => (Event::Incomplete(incomplete), 0..0),
            _ => return None,
        })
    }

    fn detach_stub(&mut self, payload: Payload<'_>) -> (Payload<'static>, Range<usize>) {
        let Payload { label, stub, protection, fragments } = payload;
        let start = self.octets.len();
        let stub = match stub {
            Cow::Borrowed(octets) => {
                self.octets.extend_from_slice(octets);
                Cow::Borrowed(&[][..])
            }
            Cow::Owned(octets) => {
                self.owned = self.owned.saturating_add(octets.len());
                Cow::Owned(octets)
            }
        };
        (Payload { label, stub, protection, fragments }, start..self.octets.len())
    }

    /// Tells what is in the batch, which is empty then.
    fn tell(&mut self, listener: &mut impl Listener) {
        let octets = std::mem::take(&mut self.octets);
        for record in self.records.drain(..) {
            match record {
                Record::Event { slot, place, event, stub } => {
                    let stub = octets.get(stub).unwrap_or_default();
                    listener.event(slot, &place, attach(event, stub));
                }
                Record::Closed { slot } => listener.closed(slot),
                Record::End => listener.begin_end(),
            }
        }
        self.octets = octets;
        self.octets.clear();
        self.owned = 0;
    }
}

/// The event with its stub, unless it has one of its own.
fn attach<'a>(event: Event<'static, Origin>, stub: &'a [u8]) -> Event<'a, Origin> {
    let mut event: Event<'a, Origin> = event;
    let payload = match &mut event {
        Event::Request(request) => &mut request.payload,
        Event::Response(response) => &mut response.payload,
        _ => return event,
    };
    if payload.stub.is_empty() {
        payload.stub = Cow::Borrowed(stub);
    }
    event
}
