//! Whether a cluster in some state accepts a change, as far as lives make it.

use cmrp_port::event::v2::GroupState;

use crate::change::{Change, Target};
use crate::embedded::model::{Group, GroupId, NodeId, NodeState, ResourceId, ResourceState, State};

/// Whether a cluster in this state accepts the change, and would come through it alive.
pub(super) fn is_possible(state: &State, change: &Change) -> bool {
    match change {
        Change::NodeDown { node } => {
            is_in(state, node, &[NodeState::Up, NodeState::Paused]) && another_up(state, node)
        }
        Change::NodeUp { node } => is_in(state, node, &[NodeState::Down]),
        Change::NodePaused { node, .. } => is_in(state, node, &[NodeState::Up]) && another_up(state, node),
        Change::NodeResumed { node } => is_in(state, node, &[NodeState::Paused]),
        Change::ResourceFailed { resource } => resource_is(state, resource, &[ResourceState::Online]),
        Change::ResourceOnline { resource } => {
            resource_is(state, resource, &[ResourceState::Offline, ResourceState::Failed])
                && state.resource(resource).is_some_and(|(id, _)| state.can_be_hosted(id))
        }
        Change::ResourceOffline { resource } => {
            resource_is(state, resource, &[ResourceState::Online])
                && state
                    .resource(resource)
                    .is_some_and(|(id, _)| !needs_quorum(state, &state.with_dependents(id)))
        }
        Change::GroupMoved { group, to: Some(to) } => can_move(state, group, to),
        Change::GroupOnline { group } => {
            quiet_group(state, group).is_some_and(|(_, group)| has_active_owner(state, group))
        }
        Change::GroupOffline { group } => quiet_group(state, group).is_some_and(|(id, _)| {
            let members: Vec<ResourceId> = state.resources_of(id).map(|(id, _)| id.clone()).collect();
            !needs_quorum(state, &members)
        }),
        Change::GroupCreated { group } => {
            state.group(group).is_none() && state.nodes.values().any(|node| node.state == NodeState::Up)
        }
        Change::GroupDeleted { group } => {
            quiet_group(state, group).is_some_and(|(id, _)| is_empty(state, id))
        }
        Change::GroupRenamed { group, to } => state.group(group).is_some() && state.group(to).is_none(),
        Change::ResourceCreated { resource, group, .. } => {
            state.resource(resource).is_none() && state.group(group).is_some()
        }
        Change::ResourceDeleted { resource } => {
            resource_is(state, resource, &[ResourceState::Offline, ResourceState::Failed])
                && state.resource(resource).is_some_and(|(id, _)| state.dependents(id).is_empty())
        }
        Change::NetworkState { network, .. } => state.network(network).is_some(),
        Change::InterfaceState { interface, .. } => state.interface(interface).is_some(),
        Change::PropertySet { of, .. } => target_exists(state, of),
        Change::RegistrySet { .. } => true,
        _ => false,
    }
}

/// Whether the quorum resource is among these: a life does not take votes away.
fn needs_quorum(state: &State, resources: &[ResourceId]) -> bool {
    state.quorum.resource.as_ref().is_some_and(|quorum| resources.contains(quorum))
}

fn is_in(state: &State, node: &str, states: &[NodeState]) -> bool {
    state.node(node).is_some_and(|(_, node)| states.contains(&node.state))
}

fn another_up(state: &State, but: &str) -> bool {
    let but = state.node(but).map(|(id, _)| *id);
    state.nodes.iter().any(|(id, node)| node.state == NodeState::Up && Some(*id) != but)
}

/// Whether a resource is in one of these states and its group at rest.
fn resource_is(state: &State, name: &str, states: &[ResourceState]) -> bool {
    state.resource(name).is_some_and(|(_, resource)| {
        let group = state.groups.get(&resource.group);
        states.contains(&resource.state)
            && group.is_some_and(|group| is_quiet(group) && has_active_owner(state, group))
    })
}

/// Whether nothing of a group is under way.
pub(super) fn is_quiet(group: &Group) -> bool {
    group.moving.is_none() && group.state != GroupState::PENDING.0
}

fn quiet_group<'s>(state: &'s State, name: &str) -> Option<(&'s GroupId, &'s Group)> {
    state.group(name).filter(|(_, group)| is_quiet(group))
}

fn has_active_owner(state: &State, group: &Group) -> bool {
    is_active(state, group.owner)
}

pub(super) fn is_active(state: &State, node: NodeId) -> bool {
    state.nodes.get(&node).is_some_and(|node| matches!(node.state, NodeState::Up | NodeState::Paused))
}

fn can_move(state: &State, group: &str, to: &str) -> bool {
    let to = state.node(to).map(|(id, _)| *id);
    let found = quiet_group(state, group).zip(to);
    found.is_some_and(|((id, group), to)| {
        group.owner != to && has_active_owner(state, group) && state.can_own(id, to)
    })
}

fn is_empty(state: &State, group: &GroupId) -> bool {
    state.resources_of(group).next().is_none()
}

fn target_exists(state: &State, of: &Target) -> bool {
    match of {
        Target::Cluster => true,
        Target::Node(name) => state.node(name).is_some(),
        Target::Group(name) => state.group(name).is_some(),
        Target::Resource(name) => state.resource(name).is_some(),
        Target::Type(name) => state.resource_types.contains_key(&name.as_str().into()),
        Target::Network(name) => state.network(name).is_some(),
        Target::Interface(name) => state.interface(name).is_some(),
        Target::GroupSet(name) => state.group_set(name).is_some(),
    }
}

/// The resources that have failed and could be online.
pub(super) fn failed(state: &State) -> impl Iterator<Item = (&ResourceId, &str)> {
    let failed = state.resources.iter().filter(|(_, resource)| resource.state == ResourceState::Failed);
    failed.map(|(id, resource)| (id, resource.name.as_str()))
}
