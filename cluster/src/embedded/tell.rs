//! What is told of a change: the event of version 1 ports, that of version 2 ports, of objects as they are then.

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::{
    self, ClusterEvent, GroupEvent, Membership, NetInterfaceEvent, NetworkEvent, NodeEvent, QuorumEvent,
    QuorumResource, ResourceEvent, ResourceTypeEvent,
};
use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::object::ObjectKind;

use super::model::{GroupId, InterfaceId, NetworkId, NodeId, ResourceId};
use super::work::Transaction;
use crate::event::Event;

/// An event of version 1 ports: the change, the name of its object, the state number.
type First<'a> = Option<(ClusterChange, &'a str, u32)>;

/// One happening as both versions of ports tell it.
pub(super) fn happening(v1: First<'_>, v2: Option<EventV2<'_>>) -> Event {
    let mut event = Event::default();
    if let Some(first) = v1.and_then(|(change, name, number)| EventV1::new(change, name, number)) {
        event = event.with_v1(first);
    }
    match v2 {
        Some(second) => event.with_v2(second),
        None => event,
    }
}

impl Transaction<'_> {
    /// Tells of a node: by version 1 ports if there is a change, by version 2 ports if there is an event.
    pub fn tell_node(&mut self, id: NodeId, change: Option<ClusterChange>, what: Option<NodeEvent<'_>>) {
        let Some(node) = self.state().nodes.get(&id) else { return };
        let (text, mut buffer) = (id.to_string(), Vec::new());
        let named = v2::Node { id: &text, name: &node.name };
        let first = change.map(|change| (change, node.name.as_str(), node.sequence));
        let event = happening(first, what.map(|what| what.of(named, &mut buffer)));
        self.tell(event);
    }

    /// Tells of a group, as [`tell_node`](Self::tell_node) does of a node.
    pub fn tell_group(&mut self, id: &GroupId, change: Option<ClusterChange>, what: Option<GroupEvent<'_>>) {
        let Some(group) = self.state().groups.get(id) else { return };
        let (owner, mut buffer) = (group.owner.to_string(), Vec::new());
        let named = v2::Group { id: id.as_str(), name: &group.name, node_id: &owner };
        let first = change.map(|change| (change, group.name.as_str(), group.sequence));
        let event = happening(first, what.map(|what| what.of(named, &mut buffer)));
        self.tell(event);
    }

    /// Tells of a resource, as [`tell_node`](Self::tell_node) does of a node.
    pub fn tell_resource(
        &mut self,
        id: &ResourceId,
        change: Option<ClusterChange>,
        what: Option<ResourceEvent<'_>>,
    ) {
        let Some(resource) = self.state().resources.get(id) else { return };
        let mut buffer = Vec::new();
        let named = v2::Resource {
            id: id.as_str(),
            name: &resource.name,
            group_id: resource.group.as_str(),
            type_name: resource.kind(),
        };
        let first = change.map(|change| (change, resource.name.as_str(), resource.sequence));
        let event = happening(first, what.map(|what| what.of(named, &mut buffer)));
        self.tell(event);
    }

    /// Tells of a network, as [`tell_node`](Self::tell_node) does of a node.
    pub fn tell_network(
        &mut self,
        id: &NetworkId,
        change: Option<ClusterChange>,
        what: Option<NetworkEvent<'_>>,
    ) {
        let Some(network) = self.state().networks.get(id) else { return };
        let mut buffer = Vec::new();
        let named = v2::Network { id: id.as_str(), name: &network.name };
        let first = change.map(|change| (change, network.name.as_str(), network.sequence));
        let event = happening(first, what.map(|what| what.of(named, &mut buffer)));
        self.tell(event);
    }

    /// Tells of a network interface, as [`tell_node`](Self::tell_node) does of a node.
    pub fn tell_interface(
        &mut self,
        id: &InterfaceId,
        change: Option<ClusterChange>,
        what: Option<NetInterfaceEvent<'_>>,
    ) {
        let Some(interface) = self.state().interfaces.get(id) else { return };
        let (node, mut buffer) = (interface.node.to_string(), Vec::new());
        let named = v2::NetInterface { id: id.as_str(), name: &interface.name, node_id: &node };
        let first = change.map(|change| (change, interface.name.as_str(), interface.sequence));
        let event = happening(first, what.map(|what| what.of(named, &mut buffer)));
        self.tell(event);
    }

    /// Tells of a resource type, which need not exist any more.
    pub fn tell_resource_type(
        &mut self,
        name: &str,
        change: Option<ClusterChange>,
        what: Option<ResourceTypeEvent<'_>>,
    ) {
        let mut buffer = Vec::new();
        let first = change.map(|change| (change, name, 0));
        self.tell(happening(first, what.map(|what| what.of(name, &mut buffer))));
    }

    /// Tells of the cluster itself, or of what was added to it.
    pub fn tell_cluster(&mut self, first: First<'_>, what: Option<ClusterEvent<'_>>) {
        let mut buffer = Vec::new();
        self.tell(happening(first, what.map(|what| what.event(&mut buffer))));
    }

    /// Tells which nodes are active ones now.
    pub fn tell_membership(&mut self) {
        let nodes = self.state().nodes.iter().filter(|(_, node)| node.state.is_active());
        let up: Vec<u8> = nodes.filter_map(|(id, _)| u8::try_from(id.0).ok()).collect();
        let membership = Membership { has_quorum: !self.state().quorum.lost, up_nodes: &up };
        self.tell_cluster(None, Some(ClusterEvent::Membership(membership)));
    }

    /// Tells that another resource decides, or decides otherwise, which part of a divided cluster goes on.
    pub fn tell_quorum(&mut self) {
        let state = self.state();
        let quorum = state.quorum.resource.as_ref().and_then(|id| Some((id, state.resources.get(id)?)));
        let (id, name) = quorum.map_or(("", ""), |(id, resource)| (id.as_str(), resource.name.as_str()));
        let disk = quorum.map(|(_, resource)| resource.state.wire());
        let mut buffer = Vec::new();
        let second = QuorumEvent::State(disk).of(QuorumResource { id, name }, &mut buffer);
        let event = happening(Some((ClusterChange::QUORUM_STATE, name, 0)), Some(second));
        self.tell(event);
    }

    /// Tells that an object has another name, so that handles and filters follow it before the next event.
    pub fn tell_rename(&mut self, kind: ObjectKind, old: &str, new: &str) {
        self.tell(Event::default().with_rename(kind, old, new));
    }
}
