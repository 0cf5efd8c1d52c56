//! One connection: both directions in order, however the capture has them.
//!
//! Segments that can't be placed yet are held, in the order of the capture. A segment is placed when
//! - nothing before it is missing in its direction, and
//! - everything that it acknowledges has been placed in the other direction, so that a response never overtakes
//!   its request, even where the capture has them the wrong way round.
//!
//! A segment stops waiting when the other end has acknowledged what is missing (so the network has carried it and
//! the capture lost it) and it has not come for [`PATIENCE`] segments, or when too much is held, or at the end.

use super::{End, Flow, Origin, Segment, Sink};

/// Most octets held for one connection: a large TCP window. Stops a hole that is never filled from holding back
/// the rest of a long connection.
pub(super) const MAX_HELD_OCTETS: usize = 1024 * 1024;

/// Most segments held for one connection, since each arrival looks through them.
pub(super) const MAX_HELD_SEGMENTS: usize = 1024;

/// How many further segments of a connection a capture may put before one that was sent earlier. Captures are
/// reordered by network cards with several queues, by a few segments.
const PATIENCE: u64 = 32;

/// Whether `a` comes before `b` in the circular space of sequence numbers (RFC 9293 3.4).
fn before(a: u32, b: u32) -> bool {
    a != b && b.wrapping_sub(a) < 1 << 31
}

/// What is known of the octets that one end sends.
#[derive(Default)]
struct Half {
    /// Sequence number of the SYN or, where that was not captured, the one before the first that was sent or
    /// acknowledged. Tells a repeated SYN from that of another connection.
    base: Option<u32>,
    /// Sequence number of the next octet to place.
    next: Option<u32>,
    /// Highest acknowledgment number that the other end has sent.
    acknowledged: Option<u32>,
    finished: bool,
}

impl Half {
    /// Begins with the first captured segment, be it a SYN or from the middle of the connection.
    fn start(&mut self, segment: &Segment<'_>) {
        let before = if segment.syn { segment.sequence } else { segment.sequence.wrapping_sub(1) };
        self.base.get_or_insert(before);
        self.next.get_or_insert(before.wrapping_add(1));
    }

    fn acknowledge(&mut self, number: u32) {
        self.base.get_or_insert(number.wrapping_sub(1));
        if self.acknowledged.is_none_or(|highest| before(highest, number)) {
            self.acknowledged = Some(number);
        }
    }

    /// Whether the octets before `sequence` have all been placed. True for a direction never seen.
    fn has_reached(&self, sequence: u32) -> bool {
        self.next.is_none_or(|next| !before(next, sequence))
    }

    /// Whether the other end has received the octet that is missing next.
    fn next_is_acknowledged(&self) -> bool {
        match (self.next, self.acknowledged) {
            (Some(next), Some(acknowledged)) => before(next, acknowledged),
            _ => false,
        }
    }
}

/// A segment with octets that can't be placed yet.
struct Held {
    sender: End,
    sequence: u32,
    acknowledgment: Option<u32>,
    fin: bool,
    payload: Vec<u8>,
    origin: Origin,
    /// Count of the connection's segments when it came.
    since: u64,
}

/// See the module.
pub(super) struct Connection {
    flows: [Flow; 2],
    halves: [Half; 2],
    held: Vec<Held>,
    held_octets: usize,
    segments: u64,
    /// Its end has been told.
    ended: bool,
    /// Octets have been passed on since then.
    has_more: bool,
}

impl Connection {
    pub(super) fn new(stream: u64, slot: usize, first: &Segment<'_>) -> Self {
        let (source, destination) = (first.source, first.destination);
        let forth = Flow { stream, slot, sender: End::First, source, destination };
        let back = forth.reversed();
        Self {
            flows: [forth, back],
            halves: <[Half; 2]>::default(),
            held: Vec::new(),
            held_octets: 0,
            segments: 0,
            ended: false,
            has_more: false,
        }
    }

    pub(super) fn stream(&self) -> u64 {
        self.flow(End::First).stream
    }

    pub(super) fn slot(&self) -> usize {
        self.flow(End::First).slot
    }

    /// Whether both ends have said all, or one has reset the connection. What comes all the same is passed on.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn held_octets(&self) -> usize {
        self.held_octets
    }

    /// Whether the segment opens another connection between the same ports.
    pub(super) fn is_reopened_by(&self, segment: &Segment<'_>) -> bool {
        let base = self.half(self.sender_of(segment)).base;
        segment.syn && segment.acknowledgment.is_none() && base.is_some_and(|base| base != segment.sequence)
    }

    pub(super) fn segment(&mut self, segment: &Segment<'_>, origin: Origin, sink: &mut dyn Sink) {
        let sender = self.sender_of(segment);
        self.segments = self.segments.saturating_add(1);
        self.half_mut(sender).start(segment);
        if let Some(number) = segment.acknowledgment.filter(|_| !segment.rst) {
            self.half_mut(sender.other()).acknowledge(number);
        }
        self.take(sender, segment, origin, sink);
        self.advance(sink);
        if segment.rst || self.halves.iter().all(|half| half.finished) {
            self.close(sink);
        }
    }

    /// Stops waiting for anything, and tells that the connection is over.
    pub(super) fn close(&mut self, sink: &mut dyn Sink) {
        self.flush(sink);
        if !self.ended {
            self.ended = true;
            sink.closed(self.slot());
        }
    }

    /// Closes the connection for good: also what has come after its end.
    pub(super) fn forget(mut self, sink: &mut dyn Sink) {
        let had_ended = self.ended;
        self.close(sink);
        if had_ended && self.has_more {
            sink.closed(self.slot());
        }
    }

    /// Stops waiting for anything.
    pub(super) fn flush(&mut self, sink: &mut dyn Sink) {
        while !self.held.is_empty() {
            self.give_up_oldest(sink);
        }
    }

    /// Places the segment at once if nothing speaks against it, so that the usual case copies nothing.
    fn take(&mut self, sender: End, segment: &Segment<'_>, origin: Origin, sink: &mut dyn Sink) {
        if segment.payload.is_empty() && !segment.fin {
            return;
        }
        let sequence = if segment.syn { segment.sequence.wrapping_add(1) } else { segment.sequence };
        if self.is_placeable(sender, sequence, segment.acknowledgment) {
            self.place(sender, sequence, segment.fin, segment.payload, origin, sink);
            return;
        }
        self.held_octets = self.held_octets.saturating_add(segment.payload.len());
        self.held.push(Held {
            sender,
            sequence,
            acknowledgment: segment.acknowledgment,
            fin: segment.fin,
            payload: segment.payload.to_vec(),
            origin,
            since: self.segments,
        });
    }

    /// Places what can be placed, and stops waiting where that is hopeless.
    fn advance(&mut self, sink: &mut dyn Sink) {
        loop {
            let placeable = self
                .held
                .iter()
                .position(|held| self.is_placeable(held.sender, held.sequence, held.acknowledgment));
            if let Some(index) = placeable {
                self.place_held(index, sink);
            } else if self.is_hopeless() {
                self.give_up_oldest(sink);
            } else {
                return;
            }
        }
    }

    fn is_placeable(&self, sender: End, sequence: u32, acknowledgment: Option<u32>) -> bool {
        self.half(sender).has_reached(sequence)
            && acknowledgment.is_none_or(|number| self.half(sender.other()).has_reached(number))
    }

    /// Whether what the oldest held segment waits for will not come.
    fn is_hopeless(&self) -> bool {
        let Some(oldest) = self.held.first() else {
            return false;
        };
        let full = self.held_octets > MAX_HELD_OCTETS || self.held.len() > MAX_HELD_SEGMENTS;
        full || (self.segments.saturating_sub(oldest.since) > PATIENCE && !self.is_awaited(oldest))
    }

    /// Whether the receiver itself still waits for what is missing before `held`: it will be sent again.
    fn is_awaited(&self, held: &Held) -> bool {
        let half = self.half(held.sender);
        let receiver_is_seen = self.half(held.sender.other()).next.is_some();
        !half.has_reached(held.sequence) && receiver_is_seen && !half.next_is_acknowledged()
    }

    fn give_up_oldest(&mut self, sink: &mut dyn Sink) {
        let Some(oldest) = self.held.first() else {
            return;
        };
        let (sender, sequence) = (oldest.sender, oldest.sequence);
        // A later segment may lie before the oldest one in the stream; it goes first, and less is lost.
        let index = self.first_of(sender, sequence);
        let target = self.held.get(index).map_or(sequence, |held| held.sequence);
        if let Some(next) = self.half(sender).next.filter(|next| before(*next, target)) {
            let flow = *self.flow(sender);
            self.has_more |= self.ended;
            sink.lost(&flow, target.wrapping_sub(next));
            self.half_mut(sender).next = Some(target);
        }
        self.place_held(index, sink);
    }

    /// Index of the held segment of `sender` that lies first in the stream, at or before `sequence`.
    fn first_of(&self, sender: End, sequence: u32) -> usize {
        let mut first = (0, sequence);
        for (index, held) in self.held.iter().enumerate() {
            if held.sender == sender && before(held.sequence, first.1) {
                first = (index, held.sequence);
            }
        }
        first.0
    }

    fn place_held(&mut self, index: usize, sink: &mut dyn Sink) {
        if index >= self.held.len() {
            return;
        }
        let held = self.held.remove(index);
        self.held_octets = self.held_octets.saturating_sub(held.payload.len());
        self.place(held.sender, held.sequence, held.fin, &held.payload, held.origin, sink);
    }

    /// Passes on what is new of a segment that begins at or before the next octet.
    fn place(
        &mut self,
        sender: End,
        sequence: u32,
        fin: bool,
        payload: &[u8],
        origin: Origin,
        sink: &mut dyn Sink,
    ) {
        let flow = *self.flow(sender);
        let half = self.half_mut(sender);
        let next = half.next.unwrap_or(sequence);
        let known = usize::try_from(next.wrapping_sub(sequence)).unwrap_or(usize::MAX);
        let new = payload.get(known..).unwrap_or_default();
        // A segment holds less than 64 KiB, so nothing is cut off here.
        let mut end = next.wrapping_add(u32::try_from(new.len()).unwrap_or(u32::MAX));
        if fin && !half.finished && known <= payload.len() {
            half.finished = true;
            end = end.wrapping_add(1);
        }
        half.next = Some(end);
        if !new.is_empty() {
            self.has_more |= self.ended;
            sink.data(&flow, origin, new);
        }
    }

    fn sender_of(&self, segment: &Segment<'_>) -> End {
        if segment.source == self.flow(End::First).source { End::First } else { End::Second }
    }

    fn flow(&self, sender: End) -> &Flow {
        let [first, second] = &self.flows;
        match sender {
            End::First => first,
            End::Second => second,
        }
    }

    fn half(&self, sender: End) -> &Half {
        let [first, second] = &self.halves;
        match sender {
            End::First => first,
            End::Second => second,
        }
    }

    fn half_mut(&mut self, sender: End) -> &mut Half {
        let [first, second] = &mut self.halves;
        match sender {
            End::First => first,
            End::Second => second,
        }
    }
}
