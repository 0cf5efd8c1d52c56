//! From connections to calls: what each connection carries is cut into PDUs, and an observer of the connection tells
//! what they mean for its calls.
//!
//! Memory: what is kept of a connection goes when the connection ends or is forgotten, and what is unfinished has a
//! bound for all connections together.

use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::{self, Cause, Event};
use dcerpc_proto::fragments::FragmentError;

use super::framing::Framer;
use super::read::Place;
use super::summary::{Capture, increment};
use super::tcp::{End, Flow, Origin, Sink};

/// Most octets of unfinished PDUs and calls, in all connections together: one response of the largest size. Beyond
/// it, the connection that had the latest of them loses what is unfinished.
const MAX_UNFINISHED_OVERALL: usize = 64 * 1024 * 1024;

/// Who is told what happens on connections.
pub(super) trait Listener {
    /// Something happened on the connection in this slot.
    fn event(&mut self, slot: usize, place: &Place, event: Event<'_, Origin>);
    /// The connection in this slot has ended, or is forgotten.
    fn closed(&mut self, slot: usize);
    /// The capture has ended: what is told from now on belongs together.
    fn begin_end(&mut self);
    /// Whether there is no use in going on.
    fn has_failed(&self) -> bool;
}

impl<L: Listener> Listener for &mut L {
    fn event(&mut self, slot: usize, place: &Place, event: Event<'_, Origin>) {
        (**self).event(slot, place, event);
    }

    fn closed(&mut self, slot: usize) {
        (**self).closed(slot);
    }

    fn begin_end(&mut self) {
        (**self).begin_end();
    }

    fn has_failed(&self) -> bool {
        (**self).has_failed()
    }
}

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
}

/// See the module.
pub(super) struct Calls<L> {
    /// By the slot of the connection.
    conversations: Vec<Option<Box<Conversation>>>,
    /// Octets of what is unfinished.
    unfinished: usize,
    ear: Ear<L>,
}

/// The listener, and what is counted beside it.
struct Ear<L> {
    listener: L,
    counts: Capture,
}

impl<L: Listener> Calls<L> {
    pub(super) fn new(listener: L) -> Self {
        let ear = Ear { listener, counts: Capture::default() };
        Self { conversations: Vec::new(), unfinished: 0, ear }
    }

    pub(super) fn counts(&mut self) -> &mut Capture {
        &mut self.ear.counts
    }

    pub(super) fn listener(&mut self) -> &mut L {
        &mut self.ear.listener
    }

    /// Ends, and gives back what was counted.
    pub(super) fn finish(self) -> Capture {
        self.ear.counts
    }

    /// Works on a conversation, and keeps count of what is unfinished in it.
    fn with(&mut self, flow: &Flow, work: impl FnOnce(&mut Ear<L>, &mut Conversation)) {
        if self.conversations.len() <= flow.slot {
            self.conversations.resize_with(flow.slot.saturating_add(1), || None);
        }
        let Some(slot) = self.conversations.get_mut(flow.slot) else { return };
        let conversation = slot.get_or_insert_default();
        let before = conversation.unfinished();
        work(&mut self.ear, conversation);
        let after = conversation.unfinished();
        self.unfinished = self.unfinished.saturating_sub(before).saturating_add(after);
        if self.unfinished > MAX_UNFINISHED_OVERALL {
            self.ear.give_up_unfinished(conversation);
            self.unfinished = self.unfinished.saturating_sub(after).saturating_add(conversation.unfinished());
        }
    }
}

impl<L: Listener> Ear<L> {
    fn pdu(&mut self, talk: &mut Talk, flow: &Flow, origin: Origin, octets: &[u8]) {
        let Ok(pdu) = Pdu::decode(octets) else {
            increment(&mut self.counts.malformed_pdus);
            return;
        };
        let is_from_client = pdu.body.packet_type().is_from_client();
        let requests = if is_from_client { *flow } else { flow.reversed() };
        talk.requests = Some(requests);
        talk.latest = Some(origin);
        let place = Place::of(&requests, origin);
        talk.association.observe_each(pdu, origin, |event| self.listener.event(flow.slot, &place, event));
    }

    /// Takes what the observer says after the latest PDU.
    fn events(&mut self, talk: &Talk, events: Vec<Event<'_, Origin>>) {
        let (Some(requests), Some(origin)) = (talk.requests, talk.latest) else {
            return;
        };
        let place = Place::of(&requests, origin);
        for event in events {
            self.listener.event(requests.slot, &place, event);
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

    fn closed(&mut self, slot: usize, mut conversation: Conversation) {
        for sender in [End::First, End::Second] {
            let framer = conversation.framer(sender);
            framer.finish();
            self.counts.lost_octets = self.counts.lost_octets.saturating_add(framer.lost());
        }
        let events = conversation.talk.association.finish();
        self.events(&conversation.talk, events);
        self.listener.closed(slot);
    }
}

impl<L: Listener> Sink for Calls<L> {
    fn data(&mut self, flow: &Flow, origin: Origin, octets: &[u8]) {
        self.with(flow, |ear, conversation| {
            let Conversation { first, second, talk, .. } = conversation;
            let framer = if flow.sender == End::First { first } else { second };
            framer.push(origin, octets, &mut |origin, octets| ear.pdu(talk, flow, origin, octets));
        });
    }

    fn lost(&mut self, flow: &Flow, octets: u32) {
        self.with(flow, |ear, conversation| {
            conversation.framer(flow.sender).gap(octets);
            let talk = &mut conversation.talk;
            let is_client = talk.requests.is_some_and(|requests| requests.sender == flow.sender);
            let direction = if is_client { event::Direction::Request } else { event::Direction::Response };
            let events = talk.association.gap(direction);
            ear.events(talk, events);
        });
    }

    fn closed(&mut self, slot: usize) {
        let Some(conversation) = self.conversations.get_mut(slot).and_then(Option::take) else {
            return;
        };
        self.unfinished = self.unfinished.saturating_sub(conversation.unfinished());
        self.ear.closed(slot, *conversation);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    /// Counts the calls that were given up on.
    #[derive(Default)]
    struct GivenUp(usize);

    impl Listener for GivenUp {
        fn event(&mut self, _: usize, _: &Place, event: Event<'_, Origin>) {
            assert!(matches!(event, Event::Incomplete(_)));
            self.0 = self.0.saturating_add(1);
        }

        fn closed(&mut self, _: usize) {}

        fn begin_end(&mut self) {}

        fn has_failed(&self) -> bool {
            false
        }
    }

    /// A request of this length, first of several fragments.
    fn fragment(length: u16) -> Vec<u8> {
        let mut octets = vec![5, 0, 0, 1, 0x10, 0, 0, 0];
        octets.extend(length.to_le_bytes());
        octets.resize(usize::from(length), 0);
        octets
    }

    #[test]
    fn what_is_unfinished_is_bounded_in_all_connections_together() {
        let (whole, begun) = (fragment(30_000), fragment(50_000));
        let mut calls = Calls::new(GivenUp::default());
        let origin = Origin { frame: 1, time: None };
        for slot in 0..3000 {
            let address = SocketAddr::from(([10, 0, 0, 1], 1));
            let flow = Flow { stream: 0, slot, sender: End::First, source: address, destination: address };
            calls.data(&flow, origin, &whole);
            calls.data(&flow, origin, &begun[..20_000]);
            let held: usize = calls.conversations.iter().flatten().map(|talk| talk.unfinished()).sum();
            assert_eq!(held, calls.unfinished);
            assert!(held <= MAX_UNFINISHED_OVERALL);
        }
        assert!(calls.unfinished > MAX_UNFINISHED_OVERALL - 60_000);
        let given_up = calls.listener().0;
        assert!((1500..2500).contains(&given_up), "{given_up}");
        for slot in 0..3000 {
            calls.closed(slot);
        }
        assert_eq!((calls.unfinished, calls.counts().malformed_pdus), (0, 0));
        assert_eq!(calls.listener().0, 3000);
    }
}
