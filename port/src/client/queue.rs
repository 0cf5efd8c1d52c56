//! The queue of a port: what the server reports, and what the client makes itself (MS-CMRP 3.2.4.6 to 3.2.4.8).

use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use cmrp::clusapi3::{NotificationRpc, ObjectFilter};
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2,
    ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeV2, ClusterChangeRegistryV2,
    ClusterChangeResourceV2,
};

use super::Client;
use super::filter::{Filter, Target, valid_events};
use super::id::{FilterId, ObjectId, PortId};
use super::output::{Indication, Notice};
use super::reply::{Event, text};
use crate::object::{ObjectKind, same_name};
use crate::protocol::{PortVersion, Protocol};

/// Notifications that are taken from one reply of `ApiGetNotifyV2`. If a server sends more, the rest is dropped and
/// `CLUSTER_CHANGE_CLUSTER_LOST_NOTIFICATIONS_V2` stands in its place.
pub const MAX_NOTIFICATIONS: usize = 16_384;

/// Entries that an empty queue may keep memory for.
const KEPT: usize = 32;

/// An event that the client makes about the cluster as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Own {
    /// `CLUSTER_RECONNECT`, `CLUSTER_RECONNECT_V2`.
    Reconnect,
    /// `CLUSTER_STATE`, `CLUSTER_STATE_V2`.
    State,
}

impl Client {
    /// Puts what `ApiGetNotify` brought into a port's queue.
    pub(super) fn take_event(&mut self, port: PortId, event: Event) {
        if event.change.intersects(client_only(self.config.protocol)) {
            return;
        }
        self.keep_sequence(port, &event);
        let (filter, context) = self.filter_of_key(port, u64::from(event.key));
        let Event { change, name, state_sequence, .. } = event;
        self.push(port, Indication::V1 { change, name, state_sequence, context, filter });
    }

    /// Stores the state number of an event in the filter that asked for it, and in no other: others of the same
    /// object may have an event of their own under way, which a reconnect must not suppress (MS-CMRP 3.2.1.1.1).
    fn keep_sequence(&mut self, port: PortId, event: &Event) {
        let Some(filter) = self.filters.get_mut(&FilterId::from_key(event.key)) else { return };
        let Target::Object(object) = filter.target else { return };
        let Some(object) = self.objects.get(&object) else { return };
        let own = valid_events(self.config.protocol, object.kind)
            .is_some_and(|events| !event.change.is_empty() && events.contains(event.change));
        if filter.port == port
            && object.kind.has_state_sequence()
            && own
            && same_name(&object.name, &event.name)
        {
            filter.sequence = Some(event.state_sequence);
        }
    }

    /// Puts what `ApiGetNotifyV2` brought into a port's queue.
    pub(super) fn take_events(&mut self, port: PortId, events: &[NotificationRpc<'_>]) {
        for event in events.iter().take(MAX_NOTIFICATIONS) {
            self.take_event_v2(port, event);
        }
        if events.len() > MAX_NOTIFICATIONS {
            let lost = ObjectFilter::Cluster(ClusterChangeClusterV2::LOST_NOTIFICATIONS);
            let name = String::from(&*self.cluster.name);
            self.push(port, own_v2(lost, name));
        }
    }

    fn take_event_v2(&mut self, port: PortId, event: &NotificationRpc<'_>) {
        let data = &event.notification_data;
        let filter = ObjectFilter::from(&data.filter_and_type);
        if is_client_only_v2(filter) {
            return;
        }
        let (filter_id, context) = self.filter_of_key(port, event.dw_notify_key);
        let indication = Indication::V2 {
            filter,
            buffer: data.buffer.as_array().map(|buffer| buffer.to_vec()).unwrap_or_default(),
            object_id: text(data.object_id),
            parent_id: text(data.parent_id),
            name: text(data.name),
            type_name: text(data.r#type),
            context,
            filter_id,
        };
        self.push(port, indication);
    }

    /// The filter of a port that a `dwNotifyKey` stands for, and the context that the program gave with it
    /// (MS-CMRP 4.3).
    fn filter_of_key(&self, port: PortId, key: u64) -> (Option<FilterId>, u32) {
        let id = FilterId(key);
        match self.filters.get(&id).filter(|filter| filter.port == port) {
            Some(filter) => (Some(id), filter.context),
            None => (None, 0),
        }
    }

    /// Puts an event about the cluster into a port's queue. A full queue does not get the same twice in a row:
    /// otherwise a server that comes and goes could fill the memory of a program that does not read.
    pub(super) fn indicate(&mut self, id: PortId, own: Own) {
        let limit = self.config.queue.max(1);
        let name = String::from(&*self.cluster.name);
        let Some(port) = self.ports.get(&id) else { return };
        let indication = match port.version {
            PortVersion::V1 => own_v1(own.change(), name),
            PortVersion::V2 => own_v2(ObjectFilter::Cluster(own.flag()), name),
        };
        if port.queue.len() < limit || port.queue.back() != Some(&indication) {
            self.push(id, indication);
        }
    }

    /// Tells all ports that have a queue that the connection is lost for good.
    pub(super) fn indicate_lost(&mut self) {
        let ports = self.ports.iter().filter(|(_, port)| port.is_made());
        let ports: Vec<_> = ports.map(|(id, _)| *id).collect();
        for port in ports {
            self.indicate(port, Own::State);
        }
    }

    /// Tells the ports with a filter on an object that its handle is closed (MS-CMRP 3.2.4.7).
    pub(super) fn indicate_handle_close(&mut self, object: ObjectId) {
        let Some(state) = self.objects.get(&object) else { return };
        let kind = state.kind;
        let name = match kind {
            ObjectKind::Key => String::new(),
            ObjectKind::Cluster => String::from(&*self.cluster.name),
            _ => String::from(&*state.name),
        };
        for port in self.ports_with_filters(state.filters.iter()) {
            let version = self.ports.get(&port).map(|port| port.version);
            if let Some(indication) = version.and_then(|version| handle_close(version, kind, &name)) {
                self.push(port, indication);
            }
        }
    }

    /// The ports of those filters that a server has, or may have.
    fn ports_with_filters<'a>(&self, filters: impl Iterator<Item = &'a FilterId>) -> BTreeSet<PortId> {
        let sent = |id: &FilterId, filter: &Filter| {
            filter.established || self.ports.get(&filter.port).is_some_and(|port| port.adding == Some(*id))
        };
        let filters = filters.filter_map(|id| self.filters.get(id).filter(|filter| sent(id, filter)));
        filters.map(|filter| filter.port).collect()
    }

    fn push(&mut self, id: PortId, indication: Indication) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        let first = port.queue.is_empty();
        port.queue.push_back(indication);
        if first {
            self.note(Notice::Ready { port: id });
        }
    }
}

/// Takes the first entry of a queue. One that has been long gives its memory back when it is empty.
pub(super) fn pop<T>(queue: &mut VecDeque<T>) -> Option<T> {
    let first = queue.pop_front()?;
    if queue.is_empty() && queue.capacity() > KEPT {
        queue.shrink_to_fit();
    }
    Some(first)
}

impl Own {
    fn change(self) -> ClusterChange {
        match self {
            Self::Reconnect => ClusterChange::CLUSTER_RECONNECT,
            Self::State => ClusterChange::CLUSTER_STATE,
        }
    }

    fn flag(self) -> ClusterChangeClusterV2 {
        match self {
            Self::Reconnect => ClusterChangeClusterV2::RECONNECT,
            Self::State => ClusterChangeClusterV2::STATE,
        }
    }
}

/// What a version 1 port only gets from its client (MS-CMRP 2.2.2.7). A server of protocol version 3 sends
/// `CLUSTER_RECONNECT` when it has lost events of the port (MS-CMRP 3.1.4.2.66).
fn client_only(protocol: Protocol) -> ClusterChange {
    let always = ClusterChange::CLUSTER_STATE | ClusterChange::HANDLE_CLOSE;
    match protocol {
        Protocol::V2 => always | ClusterChange::CLUSTER_RECONNECT,
        Protocol::V3 => always,
    }
}

/// Whether a version 2 port gets the event only from its client (MS-CMRP 3.1.4.2.138).
fn is_client_only_v2(filter: ObjectFilter) -> bool {
    let own = match filter {
        ObjectFilter::Cluster(_) => {
            ClusterChangeClusterV2::RECONNECT.bits()
                | ClusterChangeClusterV2::STATE.bits()
                | ClusterChangeClusterV2::HANDLE_CLOSE.bits()
        }
        ObjectFilter::Group(_) => ClusterChangeGroupV2::HANDLE_CLOSE.bits(),
        ObjectFilter::Resource(_) => ClusterChangeResourceV2::HANDLE_CLOSE.bits(),
        ObjectFilter::NetInterface(_) => ClusterChangeNetInterfaceV2::HANDLE_CLOSE.bits(),
        ObjectFilter::Network(_) => ClusterChangeNetworkV2::HANDLE_CLOSE.bits(),
        ObjectFilter::Node(_) => ClusterChangeNodeV2::HANDLE_CLOSE.bits(),
        ObjectFilter::Registry(_) => ClusterChangeRegistryV2::HANDLE_CLOSE.bits(),
        ObjectFilter::GroupSet(_) => ClusterChangeGroupSetV2::HANDLE_CLOSE.bits(),
        _ => 0,
    };
    filter.flags() & own != 0
}

/// The event of a closed handle; version 1 ports have none for handles of the cluster (MS-CMRP 3.2.4.7).
fn handle_close(version: PortVersion, kind: ObjectKind, name: &str) -> Option<Indication> {
    match version {
        PortVersion::V1 if kind == ObjectKind::Cluster => None,
        PortVersion::V1 => Some(own_v1(ClusterChange::HANDLE_CLOSE, name.into())),
        PortVersion::V2 => Some(own_v2(handle_close_v2(kind)?, name.into())),
    }
}

fn handle_close_v2(kind: ObjectKind) -> Option<ObjectFilter> {
    Some(match kind {
        ObjectKind::Cluster => ObjectFilter::Cluster(ClusterChangeClusterV2::HANDLE_CLOSE),
        ObjectKind::Node => ObjectFilter::Node(ClusterChangeNodeV2::HANDLE_CLOSE),
        ObjectKind::Group => ObjectFilter::Group(ClusterChangeGroupV2::HANDLE_CLOSE),
        ObjectKind::Resource => ObjectFilter::Resource(ClusterChangeResourceV2::HANDLE_CLOSE),
        ObjectKind::Key => ObjectFilter::Registry(ClusterChangeRegistryV2::HANDLE_CLOSE),
        ObjectKind::Network => ObjectFilter::Network(ClusterChangeNetworkV2::HANDLE_CLOSE),
        ObjectKind::NetInterface => ObjectFilter::NetInterface(ClusterChangeNetInterfaceV2::HANDLE_CLOSE),
        ObjectKind::GroupSet => ObjectFilter::GroupSet(ClusterChangeGroupSetV2::HANDLE_CLOSE),
        ObjectKind::ResourceType => return None,
    })
}

fn own_v1(change: ClusterChange, name: String) -> Indication {
    Indication::V1 { change, name, state_sequence: 0, context: 0, filter: None }
}

fn own_v2(filter: ObjectFilter, name: String) -> Indication {
    Indication::V2 {
        filter,
        buffer: Vec::new(),
        object_id: String::new(),
        parent_id: String::new(),
        name,
        type_name: String::new(),
        context: 0,
        filter_id: None,
    }
}
