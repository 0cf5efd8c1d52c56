//! What clients and the world have a cluster do with groups, resources and nodes: the checks, and the steps of
//! [`transition`](super::transition) and [`placement`](super::placement) that follow.
//!
//! Each tells a code: 0, or `ERROR_IO_PENDING` if the work goes on.

use super::model::{GroupId, Name, NodeId, NodeState, Property, Resource, ResourceId, ResourceState, State};
use super::work::Transaction;
use crate::status::{
    ERROR_ALL_NODES_NOT_AVAILABLE, ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE, ERROR_CLUSTER_NODE_DOWN,
    ERROR_CLUSTER_NODE_NOT_PAUSED, ERROR_CLUSTER_NODE_PAUSED, ERROR_GROUP_NOT_AVAILABLE,
    ERROR_HOST_NODE_NOT_AVAILABLE, ERROR_INVALID_STATE, ERROR_IO_PENDING, ERROR_RESMON_INVALID_STATE,
    ERROR_RESOURCE_FAILED, ERROR_RESOURCE_NOT_AVAILABLE,
};

/// What becomes of groups that left a node as it was drained (MS-CMRP 3.1.4.2.127).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failback {
    /// They stay where they are.
    None,
    /// They come back.
    Immediate,
    /// Those come back whose property `AutoFailbackType` is 1.
    Policy,
}

/// Where the groups of a node that is paused go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// Nowhere.
    Stay,
    /// To the best node for each.
    Anywhere,
    /// To this node, those that it can host; the others to the best for each.
    To(NodeId),
}

/// The code of something that has been started.
const fn pending(busy: bool) -> u32 {
    if busy { ERROR_IO_PENDING } else { 0 }
}

impl Transaction<'_> {
    fn resource(&self, id: &ResourceId) -> Result<&Resource, u32> {
        self.state().resources.get(id).ok_or(ERROR_RESOURCE_NOT_AVAILABLE)
    }

    /// Sets whether a group is to be online: its persistent state.
    pub fn want_group(&mut self, id: &GroupId, wanted: bool) {
        if self.state().groups.get(id).is_some_and(|group| group.wanted != wanted) {
            self.change().groups.get_mut(id).into_iter().for_each(|group| group.wanted = wanted);
        }
    }

    /// Brings a group and all its resources online (MS-CMRP 3.1.4.2.50).
    pub fn online_group(&mut self, id: &GroupId) -> u32 {
        self.forgive(id);
        self.want_group(id, true);
        for resource in self.members(id) {
            self.want(&resource, true);
            self.aim_online(&resource);
        }
        self.progress();
        let hosted = |state: &State| state.resources_of(id).all(|(id, _)| state.can_be_hosted(id));
        if self.is_group_busy(id) || hosted(self.state()) {
            pending(self.is_group_busy(id))
        } else {
            ERROR_HOST_NODE_NOT_AVAILABLE
        }
    }

    /// Takes a group and all its resources offline (MS-CMRP 3.1.4.2.51). The persistent states of the resources stay.
    pub fn offline_group(&mut self, id: &GroupId) -> u32 {
        self.want_group(id, false);
        self.members(id).iter().for_each(|resource| self.aim_offline(resource));
        self.progress();
        pending(self.is_group_busy(id))
    }

    /// Moves a group to the node that suits it best (MS-CMRP 3.1.4.2.52).
    ///
    /// # Errors
    /// `ERROR_ALL_NODES_NOT_AVAILABLE`: no other node can have it. `ERROR_INVALID_STATE`: it is being moved.
    pub fn move_group_away(&mut self, id: &GroupId) -> Result<u32, u32> {
        let group = self.state().groups.get(id).ok_or(ERROR_GROUP_NOT_AVAILABLE)?;
        let best = self.state().best_node(id, &[group.owner]);
        self.start_move(id, best.ok_or(ERROR_ALL_NODES_NOT_AVAILABLE)?)
    }

    /// Moves a group to a node (MS-CMRP 3.1.4.2.53).
    ///
    /// # Errors
    /// `ERROR_HOST_NODE_NOT_AVAILABLE`: the node is not up. `ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE`: it is no possible
    /// owner of one of the resources. `ERROR_INVALID_STATE`: the group is being moved.
    pub fn move_group_to(&mut self, id: &GroupId, to: NodeId) -> Result<u32, u32> {
        let state = self.state();
        if state.groups.get(id).is_some_and(|group| group.owner == to && group.moving.is_none()) {
            return Ok(0);
        }
        if state.nodes.get(&to).map(|node| node.state) != Some(NodeState::Up) {
            return Err(ERROR_HOST_NODE_NOT_AVAILABLE);
        }
        if !state.can_own(id, to) {
            return Err(ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE);
        }
        self.start_move(id, to)
    }

    fn start_move(&mut self, id: &GroupId, to: NodeId) -> Result<u32, u32> {
        if self.state().groups.get(id).is_some_and(|group| group.moving.is_some()) {
            return Err(ERROR_INVALID_STATE);
        }
        self.forgive(id);
        self.move_group(id, to);
        self.progress();
        Ok(pending(self.is_group_busy(id)))
    }

    /// Ends a move that is under way: the group stays where it is (MS-CMRP 3.1.4.2.133).
    ///
    /// # Errors
    /// `ERROR_INVALID_STATE`: it is not being moved.
    pub fn cancel_move(&mut self, id: &GroupId) -> Result<u32, u32> {
        if self.state().groups.get(id).is_none_or(|group| group.moving.is_none()) {
            return Err(ERROR_INVALID_STATE);
        }
        self.change().groups.get_mut(id).into_iter().for_each(|group| group.moving = None);
        self.resume_group(id);
        self.progress();
        Ok(pending(self.is_group_busy(id)))
    }

    /// Sets which nodes a group prefers, the best first (MS-CMRP 3.1.4.2.55).
    pub fn prefer(&mut self, id: &GroupId, nodes: Vec<NodeId>) {
        if self.state().groups.get(id).is_some_and(|group| group.preferred != nodes) {
            if let Some(group) = self.change().groups.get_mut(id) {
                group.preferred = nodes;
            }
            self.tell_preferred(id);
        }
    }

    /// Brings a resource online (MS-CMRP 3.1.4.2.18). What it is to be changes whether or not the attempt succeeds, so
    /// that a code may tell of a failure and yet something has changed.
    ///
    /// # Errors
    /// `ERROR_INVALID_STATE`: a transition is under way.
    pub fn online_resource(&mut self, id: &ResourceId, persistent: bool) -> Result<u32, u32> {
        let (state, group) = (self.resource(id)?.state, self.resource(id)?.group.clone());
        if state.is_pending() {
            return Err(ERROR_INVALID_STATE);
        }
        if persistent {
            self.want(id, true);
            self.want_group(&group, true);
        }
        self.forgive(&group);
        self.aim_online(id);
        self.progress();
        Ok(match self.resource(id)?.state {
            ResourceState::Online => 0,
            _ if self.is_busy(id) || self.is_group_busy(&group) => ERROR_IO_PENDING,
            _ if !self.state().can_be_hosted(id) => ERROR_HOST_NODE_NOT_AVAILABLE,
            _ => ERROR_RESOURCE_FAILED,
        })
    }

    /// Takes a resource offline (MS-CMRP 3.1.4.2.19). One that has failed is offline then.
    ///
    /// # Errors
    /// `ERROR_INVALID_STATE`: a transition is under way.
    pub fn offline_resource(&mut self, id: &ResourceId, persistent: bool) -> Result<u32, u32> {
        if self.resource(id)?.state.is_pending() {
            return Err(ERROR_INVALID_STATE);
        }
        if persistent {
            self.want(id, false);
        }
        self.aim_offline(id);
        self.progress();
        Ok(pending(self.is_busy(id)))
    }

    /// Takes a resource offline and brings it to its persistent state again (MS-CMRP 3.1.4.2.142).
    ///
    /// # Errors
    /// `ERROR_INVALID_STATE`: a transition is under way.
    pub fn restart_resource(&mut self, id: &ResourceId) -> Result<u32, u32> {
        match self.resource(id)?.state {
            ResourceState::Online => self.aim_restart(id),
            ResourceState::OnlinePending | ResourceState::OfflinePending => return Err(ERROR_INVALID_STATE),
            ResourceState::Offline | ResourceState::Failed if self.resource(id)?.wanted => {
                self.aim_online(id);
            }
            ResourceState::Offline | ResourceState::Failed => {}
        }
        self.progress();
        Ok(pending(self.is_busy(id)))
    }

    /// A resource is found not to work (MS-CMRP 3.1.4.2.17).
    ///
    /// # Errors
    /// `ERROR_RESMON_INVALID_STATE`: it is not online.
    pub fn fail_resource(&mut self, id: &ResourceId) -> Result<(), u32> {
        if self.resource(id)?.state != ResourceState::Online {
            return Err(ERROR_RESMON_INVALID_STATE);
        }
        self.fail(id);
        self.progress();
        Ok(())
    }

    /// Pauses a node: it takes no more groups (MS-CMRP 3.1.4.2.70, 3.1.4.2.125, 3.1.4.2.126).
    ///
    /// # Errors
    /// `ERROR_CLUSTER_NODE_PAUSED`, `ERROR_CLUSTER_NODE_DOWN`: it is not up. `ERROR_HOST_NODE_NOT_AVAILABLE`: the node
    /// that its groups are to go to is not up, or is the same.
    pub fn pause_node(&mut self, id: NodeId, drain: Drain) -> Result<(), u32> {
        let state = |id: NodeId| self.state().nodes.get(&id).map(|node| node.state);
        match state(id) {
            Some(NodeState::Up) => {}
            Some(NodeState::Paused) => return Err(ERROR_CLUSTER_NODE_PAUSED),
            _ => return Err(ERROR_CLUSTER_NODE_DOWN),
        }
        let to = match drain {
            Drain::To(to) if to == id || state(to) != Some(NodeState::Up) => {
                return Err(ERROR_HOST_NODE_NOT_AVAILABLE);
            }
            Drain::To(to) => Some(to),
            Drain::Stay | Drain::Anywhere => None,
        };
        self.enter_node(id, NodeState::Paused);
        if drain != Drain::Stay {
            self.drain(id, to);
        }
        self.progress();
        Ok(())
    }

    /// Ends the pause of a node (MS-CMRP 3.1.4.2.71, 3.1.4.2.127).
    ///
    /// # Errors
    /// `ERROR_CLUSTER_NODE_NOT_PAUSED`.
    pub fn resume_node(&mut self, id: NodeId, failback: Failback) -> Result<(), u32> {
        if self.state().nodes.get(&id).map(|node| node.state) != Some(NodeState::Paused) {
            return Err(ERROR_CLUSTER_NODE_NOT_PAUSED);
        }
        self.enter_node(id, NodeState::Up);
        let drained = self.change().nodes.get_mut(&id).map(|node| core::mem::take(&mut node.drained));
        for group in drained.into_iter().flatten() {
            let back = match failback {
                Failback::None => false,
                Failback::Immediate => true,
                Failback::Policy => fails_back(self.state(), &group),
            };
            if back && self.state().can_own(&group, id) {
                self.move_group(&group, id);
            }
        }
        self.adopt(id);
        self.progress();
        Ok(())
    }
}

/// Whether a group's property `AutoFailbackType` lets it go back to a node by itself.
fn fails_back(state: &State, group: &GroupId) -> bool {
    let group = state.groups.get(group);
    matches!(
        group.and_then(|group| group.common.get(&Name::from("AutoFailbackType"))),
        Some(Property::Dword(1))
    )
}
