//! Events: which ports they reach, what is queued, what is lost, who is served.

use cmrp_port::event::{EventV1, EventV2};

use super::matching::Filter;
use super::{Model, Output, Port, port};
use crate::plain::Indication;

impl Model {
    /// Something happened, in terms of version 1 ports, which reaches ports in this order.
    pub fn post_v1(&mut self, event: &EventV1<'_>, order: &[usize]) {
        let indication = |filter: &Filter| Indication::V1 {
            key: filter.key,
            change: event.change().bits(),
            sequence: Some(event.state_sequence()),
            name: Some(event.name().to_owned()),
        };
        self.post(order, &|filter| filter.asks_v1(event).then(|| indication(filter)));
    }

    /// Something happened, in terms of version 2 ports, which reaches ports in this order.
    pub fn post_v2(&mut self, event: &EventV2<'_>, order: &[usize]) {
        let owned = |text: &str| Some(text.to_owned());
        let indication = |filter: &Filter| Indication::V2 {
            key: u64::from(filter.key),
            object_type: event.filter.object_type(),
            flags: event.filter.flags(),
            buffer: event.buffer.to_vec(),
            strings: [
                owned(event.object_id),
                event.parent_id.and_then(owned),
                owned(event.name),
                event.type_name.and_then(owned),
            ],
        };
        self.post(order, &|filter| filter.asks_v2(event).then(|| indication(filter)));
    }

    /// The places of the ports with filters that ask for something.
    pub fn reached(&self, asks: impl Fn(&Filter) -> bool) -> Vec<usize> {
        let ports = self.ports.iter().enumerate();
        ports.filter(|(_, port)| port.filters.iter().any(&asks)).map(|(index, _)| index).collect()
    }

    /// Whether these ports compete for the last places that the server has: there is no order between ports, so any
    /// of them may get a place.
    pub fn contended(&self, reached: &[usize]) -> bool {
        let filters = |index: &usize| self.ports.get(*index).map_or(0, |port| port.filters.len());
        let most: usize = reached.iter().map(filters).sum();
        let queued: usize = self.ports.iter().map(Port::counted).sum();
        reached.len() > 1 && queued.saturating_add(most) > self.limits.queue
    }

    fn post(&mut self, order: &[usize], indication: &dyn Fn(&Filter) -> Option<Indication>) {
        for index in order.iter().copied() {
            let Some(port) = self.ports.get(index) else { continue };
            let caused: Vec<Indication> = port.filters.iter().filter_map(indication).collect();
            self.caused(index, caused);
        }
    }

    /// Appends indications to the queue of a port and serves its calls. Calls that wait make room: nothing is lost
    /// that one of them can take.
    fn caused(&mut self, index: usize, caused: Vec<Indication>) {
        for indication in caused {
            while !self.has_room(index) && self.serve(index) {}
            let Some(port) = self.ports.get_mut(index) else { return };
            let first = port.queued() == 0 && !port.waiting.is_empty();
            if first && !self.has_room(index) {
                self.hand(index, indication);
            } else {
                self.push(index, indication);
            }
        }
        while self.serve(index) {}
    }

    /// Appends the state that a client missed, and serves the calls of the port.
    pub(super) fn missed(&mut self, index: usize, indication: Indication) {
        if let Some(port) = self.ports.get_mut(index) {
            port.push_missed(indication);
        }
        while self.serve(index) {}
    }

    /// Gives an indication to the call that waits longest.
    fn hand(&mut self, index: usize, indication: Indication) {
        let Some(port) = self.ports.get_mut(index) else { return };
        let waiting = port.waiting.remove(0);
        let answer = port::answer(vec![indication], waiting.get);
        self.outputs.push(Output::Response { call: waiting.call, answer });
    }

    fn has_room(&self, index: usize) -> bool {
        let all: usize = self.ports.iter().map(Port::counted).sum();
        all < self.limits.queue && self.ports.get(index).is_some_and(|port| port.has_room(&self.limits))
    }

    fn push(&mut self, index: usize, indication: Indication) {
        let room = self.has_room(index);
        if let Some(port) = self.ports.get_mut(index).filter(|port| !port.broken) {
            port.push(indication, room);
        }
    }

    /// Gives what is queued to the call that waits longest; whether there were both.
    fn serve(&mut self, index: usize) -> bool {
        let Some(port) = self.ports.get_mut(index) else { return false };
        if !port.ready() || port.waiting.is_empty() {
            return false;
        }
        let waiting = port.waiting.remove(0);
        let answer = port.take(waiting.get, &self.limits, &self.cluster_name);
        self.outputs.push(Output::Response { call: waiting.call, answer });
        true
    }
}
