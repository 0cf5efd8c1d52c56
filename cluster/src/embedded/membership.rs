//! Nodes that come and go, and what that makes of networks and interfaces (MS-CMRP 3.1.1.6 to 3.1.1.8).

use std::collections::BTreeSet;

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::{NetInterfaceEvent, NetworkEvent, NodeEvent, ResourceEvent, ResourceTypeEvent};

use super::model::{
    GroupId, InterfaceId, InterfaceState, Name, NetworkId, NetworkState, NodeId, NodeState, Resource,
    ResourceId, ResourceState, State,
};
use super::work::Transaction;
use crate::status::ERROR_CANT_EVICT_ACTIVE_NODE;

impl State {
    /// The state that an interface has because of its node, its network and itself.
    pub(crate) fn interface_state(&self, id: &InterfaceId) -> InterfaceState {
        let Some(interface) = self.interfaces.get(id) else { return InterfaceState::Unavailable };
        let active = self.nodes.get(&interface.node).is_some_and(|node| node.state.is_active());
        let cut = self.networks.get(&interface.network).is_none_or(|network| network.failed);
        match (active, interface.failed, cut) {
            (false, ..) => InterfaceState::Unavailable,
            (_, true, _) => InterfaceState::Failed,
            (.., true) => InterfaceState::Unreachable,
            _ => InterfaceState::Up,
        }
    }

    /// The state that a network has because of its interfaces and itself.
    pub(crate) fn network_state(&self, id: &NetworkId) -> NetworkState {
        let Some(network) = self.networks.get(id) else { return NetworkState::Unavailable };
        let states: Vec<InterfaceState> = self
            .interfaces
            .values()
            .filter(|interface| interface.network == *id)
            .map(|interface| interface.state)
            .collect();
        let live = states.iter().filter(|state| **state != InterfaceState::Unavailable);
        let (live, up) = live.fold((0_usize, 0_usize), |(live, up), state| {
            (live.saturating_add(1), up.saturating_add(usize::from(*state == InterfaceState::Up)))
        });
        match (network.role, live, up) {
            (0, ..) | (_, 0, _) => NetworkState::Unavailable,
            (_, _, 0) => NetworkState::Down,
            (_, live, up) if live == up => NetworkState::Up,
            _ => NetworkState::Partitioned,
        }
    }
}

/// Nodes as events tell them.
fn texts(nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| node.to_string()).collect()
}

impl Transaction<'_> {
    /// Puts a node into a state and tells so. Whether it was in another.
    pub fn enter_node(&mut self, id: NodeId, state: NodeState) -> bool {
        if self.state().nodes.get(&id).is_none_or(|node| node.state == state) {
            return false;
        }
        if let Some(node) = self.change().nodes.get_mut(&id) {
            node.state = state;
            node.due = None;
            node.sequence = node.sequence.wrapping_add(1);
        }
        self.tell_node(id, Some(ClusterChange::NODE_STATE), Some(NodeEvent::State(state.wire())));
        true
    }

    /// A node stops being an active one.
    pub fn node_down(&mut self, id: NodeId) {
        if self.enter_node(id, NodeState::Down) {
            self.change().nodes.get_mut(&id).into_iter().for_each(|node| node.drained.clear());
            self.tell_membership();
            self.refresh_networks();
            self.evacuate(id);
            self.progress();
        }
    }

    /// A node joins, and is an active one after the time that it takes.
    pub fn node_up(&mut self, id: NodeId) {
        let wait = self.config.timings.join;
        if self.enter_node(id, NodeState::Joining) {
            let due = self.now.saturating_add(wait);
            self.change().nodes.get_mut(&id).into_iter().for_each(|node| node.due = Some(due));
            self.progress();
        }
    }

    /// Ends the joining of nodes whose time has come. Whether there were any.
    pub(super) fn step_joins(&mut self) -> bool {
        let ready: Vec<NodeId> = {
            let now = self.now;
            let joining = self.state().nodes.iter().filter(|(_, node)| node.state == NodeState::Joining);
            joining.filter(|(_, node)| node.due.is_none_or(|due| due <= now)).map(|(id, _)| *id).collect()
        };
        for id in &ready {
            self.enter_node(*id, NodeState::Up);
            self.tell_membership();
            self.refresh_networks();
            self.adopt(*id);
        }
        !ready.is_empty()
    }

    /// Starts what a node that came up owns, and gives it the groups whose owner is no active node.
    pub fn adopt(&mut self, node: NodeId) {
        let idle: Vec<(GroupId, NodeId)> = {
            let state = self.state();
            let active = |id: &NodeId| state.nodes.get(id).is_some_and(|node| node.state.is_active());
            let groups = state.groups.iter().map(|(id, group)| (id, group.owner));
            groups
                .filter(|(_, owner)| *owner == node || !active(owner))
                .map(|(id, at)| (id.clone(), at))
                .collect()
        };
        for (id, owner) in idle {
            if owner == node {
                self.resume_offline(&id);
            } else if let Some(to) = self.state().best_node(&id, &[]) {
                self.give(&id, to);
                self.resume_group(&id);
            }
        }
    }

    /// Has the resources of a group go online that are to be, and neither are nor have failed.
    fn resume_offline(&mut self, id: &GroupId) {
        if !self.state().groups.get(id).is_some_and(|group| group.wanted) {
            return;
        }
        for resource in self.members(id) {
            let waits = |one: &Resource| one.wanted && one.state == ResourceState::Offline;
            let idle = self.state().resources.get(&resource).is_some_and(waits);
            if idle {
                self.aim_online(&resource);
            }
        }
    }

    /// Brings the states of all interfaces and networks up to date, and tells of those that have changed.
    pub fn refresh_networks(&mut self) {
        let interfaces: Vec<(InterfaceId, InterfaceState)> = {
            let state = self.state();
            let all = state.interfaces.iter().map(|(id, one)| (id, one.state, state.interface_state(id)));
            all.filter(|(_, old, new)| old != new).map(|(id, _, new)| (id.clone(), new)).collect()
        };
        for (id, state) in interfaces {
            if let Some(interface) = self.change().interfaces.get_mut(&id) {
                interface.state = state;
                interface.sequence = interface.sequence.wrapping_add(1);
            }
            let told = NetInterfaceEvent::State(state.wire());
            self.tell_interface(&id, Some(ClusterChange::NETINTERFACE_STATE), Some(told));
        }
        let networks: Vec<(NetworkId, NetworkState)> = {
            let state = self.state();
            let all = state.networks.iter().map(|(id, one)| (id, one.state, state.network_state(id)));
            all.filter(|(_, old, new)| old != new).map(|(id, _, new)| (id.clone(), new)).collect()
        };
        for (id, state) in networks {
            if let Some(network) = self.change().networks.get_mut(&id) {
                network.state = state;
                network.sequence = network.sequence.wrapping_add(1);
            }
            let told = NetworkEvent::State(state.wire());
            self.tell_network(&id, Some(ClusterChange::NETWORK_STATE), Some(told));
        }
    }

    /// Removes a node and all that refers to it (MS-CMRP 3.1.4.2.72).
    ///
    /// # Errors
    /// `ERROR_CANT_EVICT_ACTIVE_NODE`: it is the last one, and the groups would be nobody's.
    pub fn evict(&mut self, id: NodeId) -> Result<(), u32> {
        if self.state().nodes.keys().all(|other| *other == id) {
            return Err(ERROR_CANT_EVICT_ACTIVE_NODE);
        }
        let last = self.state().nodes.get(&id).map_or(NodeState::Down, |node| node.state);
        // It takes no groups any more. Only that it is gone is told.
        self.change().nodes.get_mut(&id).into_iter().for_each(|node| node.state = NodeState::Down);
        self.evacuate(id);
        self.turn_back(id);
        self.bequeath(id);
        self.progress();
        let own: Vec<InterfaceId> = {
            let interfaces = self.state().interfaces.iter();
            interfaces.filter(|(_, one)| one.node == id).map(|(id, _)| id.clone()).collect()
        };
        for interface in own {
            let told = Some(NetInterfaceEvent::Deleted);
            self.tell_interface(&interface, Some(ClusterChange::NETINTERFACE_DELETED), told);
            self.change().interfaces.remove(&interface);
        }
        let told = NodeEvent::Deleted(last.wire());
        self.tell_node(id, Some(ClusterChange::NODE_DELETED), Some(told));
        self.forget_node(id);
        self.tell_membership();
        self.refresh_networks();
        Ok(())
    }

    /// Tells which nodes can host a resource now.
    pub(super) fn tell_possible(&mut self, id: &ResourceId) {
        let nodes = texts(self.state().possible_owners(id));
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let told = ResourceEvent::PossibleOwners(&nodes);
        self.tell_resource(id, Some(ClusterChange::RESOURCE_PROPERTY), Some(told));
    }

    /// Tells which nodes can host resources of a type now.
    fn tell_possible_of_type(&mut self, name: &Name) {
        let kind = self.state().resource_types.get(name);
        let nodes = texts(kind.into_iter().flat_map(|kind| kind.possible.iter().flatten().copied()));
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let told = ResourceTypeEvent::PossibleOwners(&nodes);
        self.tell_resource_type(name.as_str(), Some(ClusterChange::RESOURCE_TYPE_PROPERTY), Some(told));
    }

    /// Groups that are on their way to a node stay where they are.
    fn turn_back(&mut self, id: NodeId) {
        let coming: Vec<GroupId> = {
            let groups = self.state().groups.iter();
            groups.filter(|(_, group)| group.moving == Some(id)).map(|(id, _)| id.clone()).collect()
        };
        for group in &coming {
            self.change().groups.get_mut(group).into_iter().for_each(|group| group.moving = None);
            self.resume_group(group);
        }
    }

    /// Gives the groups of a node that no other can host to another one nevertheless: there they wait, offline.
    fn bequeath(&mut self, id: NodeId) {
        let others = || self.state().nodes.iter().filter(|(other, _)| **other != id);
        let heir = others().find(|(_, node)| node.state.is_active()).or_else(|| others().next());
        let Some(heir) = heir.map(|(heir, _)| *heir) else { return };
        let left: Vec<GroupId> = self.state().groups_of(id).map(|(id, _)| id.clone()).collect();
        for group in &left {
            self.give(group, heir);
        }
    }

    fn forget_node(&mut self, id: NodeId) {
        let preferring: Vec<GroupId> = {
            let groups = self.state().groups.iter();
            groups.filter(|(_, group)| group.preferred.contains(&id)).map(|(id, _)| id.clone()).collect()
        };
        let state = self.change();
        state.nodes.remove(&id);
        state.groups.values_mut().for_each(|group| group.preferred.retain(|node| *node != id));
        let lost =
            |nodes: &mut Option<BTreeSet<NodeId>>| nodes.as_mut().is_some_and(|nodes| nodes.remove(&id));
        let resources = state.resources.iter_mut();
        let resources: Vec<ResourceId> =
            resources.filter_map(|(id, one)| lost(&mut one.possible).then(|| id.clone())).collect();
        let types = state.resource_types.iter_mut();
        let types: Vec<Name> =
            types.filter_map(|(name, kind)| lost(&mut kind.possible).then(|| name.clone())).collect();
        for group in &preferring {
            self.tell_preferred(group);
        }
        for resource in &resources {
            self.tell_possible(resource);
        }
        for kind in &types {
            self.tell_possible_of_type(kind);
        }
    }
}
