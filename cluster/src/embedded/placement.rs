//! Which node owns a group: moves, and what happens when something fails (MS-CMRP 3.1.1.1.4, 3.1.4.2.52, 3.1.4.2.53).
//!
//! # Recovery
//! A resource that fails is restarted on its node as often as its property `RestartThreshold` says (1 by default), unless
//! `RestartAction` is 0. After that, with `RestartAction` 2 (the default), its group fails over to another node, as often
//! as the group's `FailoverThreshold` says (by default once for each other node). Then it stays failed. The counts start
//! anew when a client brings the resource or the group online, or moves the group. Periods are not looked at.

use std::collections::BTreeSet;

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::{GroupEvent, NodeEvent};

use super::model::{
    Goal, GroupId, Name, NodeId, NodeState, Properties, Property, ResourceId, ResourceState, State,
};
use super::work::Transaction;

/// `RestartAction` of a resource that has none set: restart, and fail the group over (`ClusterResourceRestartNotify`).
const DEFAULT_RESTART_ACTION: u32 = 2;

/// `RestartThreshold` of a resource that has none set.
const DEFAULT_RESTART_THRESHOLD: u32 = 1;

/// A number among properties.
fn number(properties: &Properties, name: &str) -> Option<u32> {
    match properties.get(&Name::from(name)) {
        Some(Property::Dword(number)) => Some(*number),
        _ => None,
    }
}

impl State {
    /// Whether a node is among the possible owners of a resource and of its type.
    pub fn is_possible(&self, id: &ResourceId, node: NodeId) -> bool {
        self.resources.get(id).is_some_and(|resource| {
            let kind = self.resource_types.get(&resource.type_name);
            let by_type = kind.is_none_or(|kind| kind.can_run_on(node));
            by_type && resource.possible.as_ref().is_none_or(|nodes| nodes.contains(&node))
        })
    }

    /// The nodes that can host a resource.
    pub fn possible_owners(&self, id: &ResourceId) -> Vec<NodeId> {
        self.nodes.keys().copied().filter(|node| self.is_possible(id, *node)).collect()
    }

    /// Whether a node is up and can host all resources of a group.
    pub fn can_own(&self, group: &GroupId, node: NodeId) -> bool {
        let up = self.nodes.get(&node).is_some_and(|node| node.state == NodeState::Up);
        up && self.resources_of(group).all(|(id, _)| self.is_possible(id, node))
    }

    /// The best node for a group apart from some: one that it prefers, else the one that owns fewest groups, else the
    /// first.
    pub fn best_node(&self, group: &GroupId, but: &[NodeId]) -> Option<NodeId> {
        let fits = |node: &NodeId| !but.contains(node) && self.can_own(group, *node);
        let preferred = self.groups.get(group)?.preferred.iter().copied().find(fits);
        let load = |node: &NodeId| (self.groups_of(*node).count(), *node);
        preferred.or_else(|| self.nodes.keys().copied().filter(fits).min_by_key(load))
    }
}

impl Transaction<'_> {
    /// Starts to move a group: its resources go offline, then the node owns it, then those that are to be online go
    /// online.
    pub fn move_group(&mut self, id: &GroupId, to: NodeId) {
        if self.state().groups.get(id).is_none_or(|group| group.owner == to) {
            return;
        }
        if let Some(group) = self.change().groups.get_mut(id) {
            group.moving = Some(to);
        }
        for resource in self.members(id) {
            let state = self.state().resources.get(&resource).map(|resource| resource.state);
            if state != Some(ResourceState::Failed) {
                self.aim_offline(&resource);
            }
        }
    }

    /// The resources of a group.
    pub fn members(&self, id: &GroupId) -> Vec<ResourceId> {
        self.state().resources_of(id).map(|(id, _)| id.clone()).collect()
    }

    /// Takes up moves that a restart has interrupted.
    pub(super) fn take_up(&mut self) {
        let moves: Vec<(GroupId, NodeId)> = {
            let groups = self.state().groups.iter();
            groups.filter_map(|(id, group)| Some((id.clone(), group.moving?))).collect()
        };
        for (id, to) in &moves {
            self.move_group(id, *to);
        }
    }

    /// Gives groups to the nodes that they move to once nothing of them is online.
    pub(super) fn step_moves(&mut self) -> bool {
        let quiet = |state: ResourceState| matches!(state, ResourceState::Offline | ResourceState::Failed);
        let ready: Vec<(GroupId, NodeId)> = {
            let state = self.state();
            let moves = state.groups.iter().filter_map(|(id, group)| Some((id, group.moving?)));
            moves
                .filter(|(id, _)| state.resources_of(id).all(|(_, resource)| quiet(resource.state)))
                .map(|(id, to)| (id.clone(), to))
                .collect()
        };
        for (id, to) in &ready {
            self.arrive(id, *to);
        }
        !ready.is_empty()
    }

    fn arrive(&mut self, id: &GroupId, to: NodeId) {
        // The node may have gone down while the group was on its way.
        let to = if self.state().can_own(id, to) { Some(to) } else { self.state().best_node(id, &[]) };
        if let Some(group) = self.change().groups.get_mut(id) {
            group.moving = None;
        }
        if let Some(to) = to {
            self.refresh_groups();
            self.give(id, to);
        }
        self.resume_group(id);
    }

    /// Makes a node the owner of a group, and tells so.
    pub fn give(&mut self, id: &GroupId, to: NodeId) {
        let Some(group) = self.change().groups.get_mut(id) else { return };
        let from = core::mem::replace(&mut group.owner, to);
        if from == to {
            return;
        }
        let node = to.to_string();
        self.tell_group(id, None, Some(GroupEvent::OwnerNode(&node)));
        self.tell_node(from, None, Some(NodeEvent::GroupLost(id.as_str())));
        self.tell_node(to, None, Some(NodeEvent::GroupGained(id.as_str())));
    }

    /// Has the resources of a group that are to be online go online, if the group itself is to be.
    pub fn resume_group(&mut self, id: &GroupId) {
        if !self.state().groups.get(id).is_some_and(|group| group.wanted) {
            return;
        }
        for resource in self.members(id) {
            let wanted = |id: &ResourceId| self.state().resources.get(id).is_some_and(|one| one.wanted);
            if wanted(&resource) {
                self.aim_online(&resource);
            }
        }
    }

    /// A resource has failed: what depends on it goes offline, and it recovers as its properties say.
    pub fn fail(&mut self, id: &ResourceId) {
        let dependents = self.state().top_down(&self.state().with_dependents(id));
        for dependent in dependents.iter().filter(|other| *other != id) {
            self.halt(dependent);
        }
        if let Some(resource) = self.change().resources.get_mut(id) {
            resource.goal = Goal::Stay;
        }
        self.enter(id, ResourceState::Failed);
        self.recover(id, &dependents);
    }

    /// Takes a resource offline at once: what it needs is gone.
    fn halt(&mut self, id: &ResourceId) {
        let state = self.state().resources.get(id).map(|resource| resource.state);
        if let Some(resource) = self.change().resources.get_mut(id) {
            resource.goal = Goal::Stay;
            resource.due = None;
        }
        if state != Some(ResourceState::Failed) {
            self.enter(id, ResourceState::Offline);
        }
    }

    fn recover(&mut self, id: &ResourceId, dependents: &[ResourceId]) {
        let Some(resource) = self.state().resources.get(id) else { return };
        let action = number(&resource.common, "RestartAction").unwrap_or(DEFAULT_RESTART_ACTION);
        let threshold = number(&resource.common, "RestartThreshold").unwrap_or(DEFAULT_RESTART_THRESHOLD);
        let (group, restarts) = (resource.group.clone(), resource.restarts);
        if action == 0 || !resource.wanted {
            return;
        }
        if restarts < threshold {
            let wait = self.config.timings.restart;
            let due = (!wait.is_zero()).then(|| self.now.saturating_add(wait));
            if let Some(resource) = self.change().resources.get_mut(id) {
                resource.restarts = restarts.saturating_add(1);
                resource.due = due;
            }
            self.aim_online(id);
            self.aim_wanted(dependents);
        } else if action == DEFAULT_RESTART_ACTION {
            self.fail_over(&group);
        }
    }

    fn aim_wanted(&mut self, resources: &[ResourceId]) {
        for id in resources {
            if self.state().resources.get(id).is_some_and(|resource| resource.wanted) {
                self.aim_online(id);
            }
        }
    }

    /// Moves a group to another node because of a failure, if it may and there is one.
    fn fail_over(&mut self, id: &GroupId) {
        let state = self.state();
        let Some(group) = state.groups.get(id) else { return };
        let others = u32::try_from(state.nodes.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let threshold = number(&group.common, "FailoverThreshold").unwrap_or(others).min(others);
        if group.failovers >= threshold {
            return;
        }
        if let Some(to) = state.best_node(id, &[group.owner]) {
            if let Some(group) = self.change().groups.get_mut(id) {
                group.failovers = group.failovers.saturating_add(1);
            }
            self.move_group(id, to);
        }
    }

    /// Starts the counts of failures of a group and of its resources anew: a client has said what it wants.
    pub fn forgive(&mut self, id: &GroupId) {
        let counted = |state: &State| {
            state.groups.get(id).is_some_and(|group| group.failovers > 0)
                || state.resources_of(id).any(|(_, one)| one.restarts > 0)
        };
        if counted(self.state()) {
            let state = self.change();
            state.groups.get_mut(id).into_iter().for_each(|group| group.failovers = 0);
            let members = state.resources.values_mut().filter(|resource| resource.group == *id);
            members.for_each(|resource| {
                resource.restarts = 0;
                if resource.state == ResourceState::Failed {
                    resource.due = None;
                }
            });
        }
    }

    /// A node has stopped being an active one: what ran there is offline, and its groups go elsewhere if they can.
    pub fn evacuate(&mut self, node: NodeId) {
        let groups: Vec<GroupId> = self.state().groups_of(node).map(|(id, _)| id.clone()).collect();
        for id in &groups {
            for resource in self.state().top_down(&self.members(id)) {
                self.halt(&resource);
            }
            if let Some(group) = self.change().groups.get_mut(id) {
                group.moving = None;
            }
        }
        self.refresh_groups();
        for id in &groups {
            if let Some(to) = self.state().best_node(id, &[node]) {
                self.give(id, to);
                self.resume_group(id);
            }
        }
    }

    /// Moves all groups of a node to one node, or to the best for each; those that no node can own stay.
    pub fn drain(&mut self, node: NodeId, to: Option<NodeId>) {
        let groups: BTreeSet<GroupId> = self.state().groups_of(node).map(|(id, _)| id.clone()).collect();
        for id in &groups {
            let target = to.filter(|to| self.state().can_own(id, *to));
            if let Some(target) = target.or_else(|| self.state().best_node(id, &[node])) {
                self.move_group(id, target);
                if let Some(node) = self.change().nodes.get_mut(&node) {
                    node.drained.insert(id.clone());
                }
            }
        }
    }

    /// Tells that a node owns other groups by preference now.
    pub fn tell_preferred(&mut self, id: &GroupId) {
        let Some(group) = self.state().groups.get(id) else { return };
        let nodes: Vec<String> = group.preferred.iter().map(NodeId::to_string).collect();
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        self.tell_group(id, Some(ClusterChange::GROUP_PROPERTY), Some(GroupEvent::PreferredOwners(&nodes)));
    }
}
