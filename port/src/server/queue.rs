//! Indications are queued and delivered.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeClusterV2};
use cmrp::ndr::ContextHandle;

use crate::event::{EventV1, EventV2};
use crate::protocol::{PortVersion, Protocol};
use crate::status;
use crate::time::Instant;

use super::index::Family;
use super::method::Get;
use super::port::{Entry, Filter, Port, Queued, Scope};
use super::response::{Body, Indication, Notification, PostedV1, PostedV2, Response, wide};
use super::waiting::WaitingCall;
use super::{CallId, FilterRef, Incoming, Limits, Output, Refusal, Server, nothing};

/// `Timeout` of a call that waits for ever.
const INFINITE: u32 = u32::MAX;

impl Server {
    /// `ApiGetNotify`, `ApiGetNotifyAsync` or `ApiGetNotifyV2` (MS-CMRP 3.1.4.2.66, .143, .138). `None`: the call
    /// waits.
    pub(super) fn get(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        token: ContextHandle,
        get: Get,
    ) -> Result<Option<Body>, Refusal> {
        let place = self.port_to_read(incoming, token)?;
        let port = self.ports.get(place as usize).ok_or(Refusal::UnknownHandle)?;
        if port.version != get.port_version() {
            return Err(Refusal::Status(status::ERROR_INVALID_HANDLE));
        }
        if !port.queue.is_empty() {
            return Ok(Some(self.take(place, get)));
        }
        if get == (Get::One { timeout: Some(0) }) {
            return Err(Refusal::Status(status::WAIT_TIMEOUT));
        }
        self.wait(now, incoming, place, get)?;
        Ok(None)
    }

    /// The port of a get call. A client may have closed it a moment ago, while the call was under way.
    fn port_to_read(&self, incoming: &Incoming<'_>, token: ContextHandle) -> Result<u32, Refusal> {
        if self.handles.was_closed(incoming.caller.association, incoming.protocol, token) {
            return Err(Refusal::Status(status::ERROR_NO_MORE_ITEMS));
        }
        self.port(incoming, token)
    }

    fn wait(&mut self, now: Instant, incoming: &Incoming<'_>, place: u32, get: Get) -> Result<(), Refusal> {
        let full = self.waiting.len() >= self.limits.waiting;
        let Some(port) = self.ports.get_mut(place as usize) else { return Err(Refusal::UnknownHandle) };
        if full || port.waiting.len() >= self.limits.waiting_per_port {
            return Err(Refusal::Status(status::ERROR_NOT_ENOUGH_MEMORY));
        }
        port.waiting.push_back(incoming.call);
        let waiting = WaitingCall { port: place, opnum: incoming.opnum, get, deadline: get.deadline(now) };
        self.waiting.insert(incoming.call, waiting);
        Ok(())
    }

    /// Queues an event once for each of the filters.
    pub(super) fn queue_v1(&mut self, event: &EventV1<'_>, filters: &[FilterRef]) {
        if !filters.is_empty() {
            let event = Arc::new(PostedV1::from(event));
            self.queue(filters, || Queued::V1(Arc::clone(&event)));
        }
    }

    /// Queues an event once for each of the filters.
    pub(super) fn queue_v2(&mut self, event: &EventV2<'_>, filters: &[FilterRef]) {
        if !filters.is_empty() {
            let event = Arc::new(PostedV2::from(event));
            self.queue(filters, || Queued::V2(Arc::clone(&event)));
        }
    }

    /// The filters of one port stand side by side.
    fn queue(&mut self, filters: &[FilterRef], event: impl Fn() -> Queued) {
        for filters in filters.chunk_by(|one, other| one.port == other.port) {
            for filter in filters {
                let key = self.ports.get(filter.port as usize).map(|port| port.key(filter.filter));
                self.enqueue(filter.port, Entry { key: key.unwrap_or(0), event: event() });
            }
            if let Some(filter) = filters.first() {
                self.serve(filter.port);
            }
        }
    }

    /// Puts an indication at the end of a port's queue, if there is room.
    pub(super) fn enqueue(&mut self, place: u32, entry: Entry) {
        if !self.has_room(place) {
            // A call that waits makes room.
            self.serve(place);
        }
        let room = self.has_room(place);
        let Some(port) = self.ports.get_mut(place as usize) else { return };
        if port.broken {
            self.lost = self.lost.saturating_add(1);
        } else if room {
            port.queue.push_back(entry);
            self.queued = self.queued.saturating_add(1);
        } else {
            self.lose(place);
        }
    }

    /// Puts the state that a client has missed at the end of a port's queue.
    pub(super) fn enqueue_missed(&mut self, place: u32, key: u32, event: PostedV1) {
        let Some(port) = self.ports.get_mut(place as usize) else { return };
        port.queue.push_back(Entry { key, event: Queued::Missed(Arc::new(event)) });
        port.missed = port.missed.saturating_add(1);
        self.queued = self.queued.saturating_add(1);
        self.missed = self.missed.saturating_add(1);
        self.serve(place);
    }

    /// Whether one more indication can be queued. The last place of a queue is kept for the report of a loss; what a
    /// waiting call takes at once needs none.
    fn has_room(&self, place: u32) -> bool {
        let Some(port) = self.ports.get(place as usize) else { return false };
        let held = port.queue.len().saturating_sub(port.missed);
        let own = held.saturating_add(1) < self.limits.queue_per_port.max(2);
        let taken_at_once = !port.waiting.is_empty() && port.queue.is_empty();
        taken_at_once || (own && self.queued.saturating_sub(self.missed) < self.limits.queue)
    }

    /// An indication finds no room; see "Loss" at [`Server`].
    fn lose(&mut self, place: u32) {
        self.lost = self.lost.saturating_add(1);
        let Some(port) = self.ports.get_mut(place as usize) else { return };
        if port.protocol == Protocol::V2 {
            port.broken = true;
            self.queued = self.queued.saturating_sub(port.queue.len());
            self.missed = self.missed.saturating_sub(port.missed);
            port.missed = 0;
            port.queue = VecDeque::new();
        } else if !port.reports_loss_last() {
            let key = port.key_for_loss();
            port.queue.push_back(Entry { key, event: Queued::Loss });
            self.queued = self.queued.saturating_add(1);
        }
    }

    /// Answers the calls that wait at a port, the oldest first, while there is something to deliver.
    pub(super) fn serve(&mut self, place: u32) {
        while let Some(call) = self.next_to_serve(place) {
            let Some(waiting) = self.waiting.remove(call) else { return };
            let body = self.take(place, waiting.get);
            let protocol = self.ports.get(place as usize).map_or(Protocol::V3, |port| port.protocol);
            let response = Response::new(protocol, waiting.opnum, body);
            self.outputs.push_back(Output::Response { call, response });
        }
    }

    fn next_to_serve(&mut self, place: u32) -> Option<CallId> {
        let port = self.ports.get_mut(place as usize)?;
        if port.queue.is_empty() { None } else { port.waiting.pop_front() }
    }

    /// Takes what a get call of this kind brings from a queue that is not empty.
    fn take(&mut self, place: u32, get: Get) -> Body {
        let Self { ports, limits, cluster_name, .. } = self;
        let Some(port) = ports.get_mut(place as usize) else { return nothing(get, status::ERROR_SUCCESS) };
        let (before, missed) = (port.queue.len(), port.missed);
        let status = status::ERROR_SUCCESS;
        let body = match get {
            Get::One { .. } => Body::One { indication: port.next_v1(cluster_name), status },
            Get::Async => {
                let indications = port.batch(limits, cluster_name, |port| port.next_v1(cluster_name));
                Body::Async { indications, status }
            }
            Get::V2 => Body::V2 { notifications: port.batch(limits, cluster_name, Port::next_v2), status },
        };
        let taken = before.saturating_sub(port.queue.len());
        self.queued = self.queued.saturating_sub(taken);
        self.missed = self.missed.saturating_sub(missed.saturating_sub(port.missed));
        self.delivered = self.delivered.saturating_add(taken as u64);
        body
    }
}

impl Port {
    /// The oldest indications, up to the limits of one response; one, however large it is.
    fn batch<T>(
        &mut self,
        limits: &Limits,
        cluster_name: &str,
        mut next: impl FnMut(&mut Self) -> Option<T>,
    ) -> Vec<T> {
        let mut batch = Vec::new();
        let mut octets: usize = 0;
        while batch.len() < limits.batch.max(1) {
            let Some(entry) = self.queue.front() else { break };
            octets = octets.saturating_add(entry.event.octets(self.version, cluster_name));
            if !batch.is_empty() && octets > limits.batch_octets {
                break;
            }
            batch.extend(next(self));
        }
        batch
    }

    /// The oldest indication of a version 1 port.
    fn next_v1(&mut self, cluster_name: &Arc<str>) -> Option<Indication> {
        let Entry { key, event } = self.queue.pop_front()?;
        let event = match event {
            Queued::V1(event) => event,
            Queued::Missed(event) => {
                self.missed = self.missed.saturating_sub(1);
                event
            }
            Queued::V2(_) | Queued::Loss => Arc::new(PostedV1 {
                change: ClusterChange::CLUSTER_RECONNECT,
                name: Arc::clone(cluster_name),
                state_sequence: 0,
            }),
        };
        Some(Indication { key, event })
    }

    /// The oldest indication of a version 2 port.
    fn next_v2(&mut self) -> Option<Notification> {
        let Entry { key, event } = self.queue.pop_front()?;
        let event = match event {
            Queued::V2(event) => event,
            Queued::V1(_) | Queued::Missed(_) | Queued::Loss => Arc::new(lost_notifications()),
        };
        Some(Notification { key, event })
    }

    /// The key under which a loss is reported.
    fn key_for_loss(&self) -> u32 {
        let asked = self.filters.iter().find(|filter| filter.asks_for_losses());
        asked.or(self.filters.first()).map_or(0, |filter| filter.key)
    }
}

impl Filter {
    fn asks_for_losses(&self) -> bool {
        const LOST: u32 = 0x0200;
        // 1 is CLUSTER_OBJECT_TYPE_CLUSTER (MS-CMRP 2.2.2.11).
        matches!(self.on, Scope::Everything(events) if events.family == Family::V2(1) && events.bits & LOST != 0)
    }
}

impl Queued {
    /// How much of a batch the indication takes up.
    fn octets(&self, version: PortVersion, cluster_name: &str) -> usize {
        match self {
            Self::V1(event) | Self::Missed(event) => event.octets(),
            Self::V2(event) => event.octets(),
            Self::Loss if version == PortVersion::V1 => wide(cluster_name),
            Self::Loss => 0,
        }
    }
}

impl Get {
    fn port_version(self) -> PortVersion {
        match self {
            Self::One { .. } | Self::Async => PortVersion::V1,
            Self::V2 => PortVersion::V2,
        }
    }

    /// When the call gives up.
    fn deadline(self, now: Instant) -> Option<Instant> {
        match self {
            Self::One { timeout: Some(timeout) } if timeout != INFINITE => {
                Some(now.saturating_add(Duration::from_millis(timeout.into())))
            }
            _ => None,
        }
    }
}

/// Some events may have been lost; all but the flag is empty (MS-CMRP 3.1.4.2.138).
fn lost_notifications() -> PostedV2 {
    PostedV2 {
        filter: ObjectFilter::Cluster(ClusterChangeClusterV2::LOST_NOTIFICATIONS),
        buffer: Vec::new(),
        object_id: String::new(),
        parent_id: Some(String::new()),
        name: String::new(),
        type_name: Some(String::new()),
    }
}
