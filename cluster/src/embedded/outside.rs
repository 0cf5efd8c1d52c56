//! What happens to a cluster from outside, by the same steps as what clients ask for.

use cmrp_port::object::same_name;

use super::methods::control::write;
use super::methods::{group_set as group_sets, registry};
use super::model::{
    GroupId, GroupSetId, InterfaceId, Name, NetworkId, NodeId, NodeState, ResourceId, ResourceType, State,
};
use super::operate::{Drain, Failback};
use super::property::Subject;
use super::registry::Tree;
use super::work::Transaction;
use crate::change::{Change, ChangeError, InterfaceCondition, NetworkCondition, Target};
use crate::plain::PlainValue;
use crate::registry::{KeyPath, RegistryError};
use crate::session::Refusal;
use crate::source::nearest;
use crate::status::{
    ERROR_CLUSTER_NODE_DOWN, ERROR_CLUSTER_NODE_UP, ERROR_INVALID_STATE, ERROR_NOT_FOUND, ERROR_NOT_SUPPORTED,
};

/// `ClusGroupTypeUnknown` of clusapi.h.
const PLAIN_GROUP: u32 = 9_999;

/// Finds objects by name or by identifier.
macro_rules! finders {
    ($($find:ident: $map:ident, $id:ident, $what:literal;)+) => {$(
        fn $find(state: &State, name: &str) -> Result<$id, ChangeError> {
            let named = state.$map.iter().find(|(_, object)| same_name(&object.name, name));
            let by_id = || state.$map.iter().find(|(id, _)| id.to_string().eq_ignore_ascii_case(name));
            let known = || state.$map.values().map(|object| object.name.as_str());
            named.or_else(by_id).map(|(id, _)| id.clone()).ok_or_else(|| unknown($what, name, known()))
        }
    )+};
}

finders! {
    node: nodes, NodeId, "node";
    group: groups, GroupId, "group";
    resource: resources, ResourceId, "resource";
    network: networks, NetworkId, "network";
    interface: interfaces, InterfaceId, "interface";
    group_set: group_sets, GroupSetId, "group set";
}

/// The object that has the property.
fn subject(state: &State, target: &Target) -> Result<Subject, ChangeError> {
    Ok(match target {
        Target::Cluster => Subject::Cluster,
        Target::Node(name) => Subject::Node(node(state, name)?),
        Target::Group(name) => Subject::Group(group(state, name)?),
        Target::Resource(name) => Subject::Resource(resource(state, name)?),
        Target::Type(name) => {
            let known = state.resource_types.get_key_value(&Name::from(name.as_str()));
            let all = state.resource_types.keys().map(Name::as_str);
            Subject::ResourceType(
                known.map(|(name, _)| name.clone()).ok_or_else(|| unknown("type", name, all))?,
            )
        }
        Target::Network(name) => Subject::Network(network(state, name)?),
        Target::Interface(name) => Subject::Interface(interface(state, name)?),
        Target::GroupSet(name) => Subject::GroupSet(group_set(state, name)?),
    })
}

fn unknown<'n>(what: &'static str, name: &str, known: impl Iterator<Item = &'n str>) -> ChangeError {
    ChangeError::Unknown { what, name: name.to_owned(), meant: nearest(name, known).map(str::to_owned) }
}

impl Transaction<'_> {
    /// Makes a change happen.
    ///
    /// # Errors
    /// It cannot happen. What has been done until then is to be undone.
    pub fn happen(&mut self, change: &Change) -> Result<(), ChangeError> {
        let known = self
            .happen_to_node(change)
            .or_else(|| self.happen_to_resource(change))
            .or_else(|| self.happen_to_group(change))
            .or_else(|| self.happen_to_network(change))
            .or_else(|| self.happen_to_cluster(change))
            .or_else(|| self.happen_to_registry(change))
            .or_else(|| self.happen_to_group_set(change));
        known.unwrap_or(Err(ERROR_NOT_SUPPORTED.into()))?;
        self.progress();
        Ok(())
    }

    fn happen_to_node(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::NodeDown { node } => self.stop_node(node),
            Change::NodeUp { node } => self.start_node(node),
            Change::NodePaused { node: name, drain } => node(self.state(), name)
                .and_then(|id| Ok(self.pause_node(id, if *drain { Drain::Anywhere } else { Drain::Stay })?)),
            Change::NodeResumed { node: name } => {
                node(self.state(), name).and_then(|id| Ok(self.resume_node(id, Failback::Immediate)?))
            }
            Change::NodeAdded { node } => self.create_node(node).map(drop).map_err(ChangeError::from),
            Change::NodeEvicted { node: name } => node(self.state(), name).and_then(|id| Ok(self.evict(id)?)),
            _ => return None,
        })
    }

    fn stop_node(&mut self, name: &str) -> Result<(), ChangeError> {
        let id = node(self.state(), name)?;
        if self.state().nodes.get(&id).is_some_and(|node| node.state == NodeState::Down) {
            return Err(ERROR_CLUSTER_NODE_DOWN.into());
        }
        self.node_down(id);
        Ok(())
    }

    fn start_node(&mut self, name: &str) -> Result<(), ChangeError> {
        let id = node(self.state(), name)?;
        if self.state().nodes.get(&id).is_some_and(|node| node.state != NodeState::Down) {
            return Err(ERROR_CLUSTER_NODE_UP.into());
        }
        self.node_up(id);
        Ok(())
    }

    fn happen_to_resource(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::ResourceFailed { resource } => self.with(resource, Self::fail_resource),
            Change::ResourceOnline { resource } => {
                self.with(resource, |model, id| model.online_resource(id, true).map(drop))
            }
            Change::ResourceOffline { resource } => {
                self.with(resource, |model, id| model.offline_resource(id, true).map(drop))
            }
            Change::ResourceDeleted { resource } => self.with(resource, Self::delete_resource),
            Change::ResourceRenamed { resource, to } => {
                self.with(resource, |model, id| model.rename_resource(id, to))
            }
            Change::ResourceCreated { resource, group: name, kind } => group(self.state(), name)
                .and_then(|group| Ok(self.create_resource(resource, kind, &group).map(drop)?)),
            Change::ResourceMoved { resource, group: name } => group(self.state(), name)
                .and_then(|group| self.with(resource, |model, id| model.change_group(id, &group))),
            Change::DependencyAdded { resource: name, on } => resource(self.state(), on)
                .and_then(|on| self.with(name, |model, id| model.add_dependency(id, &on))),
            Change::DependencyRemoved { resource: name, on } => resource(self.state(), on)
                .and_then(|on| self.with(name, |model, id| model.remove_dependency(id, &on))),
            _ => return None,
        })
    }

    fn with(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Self, &ResourceId) -> Result<(), u32>,
    ) -> Result<(), ChangeError> {
        let id = resource(self.state(), name)?;
        Ok(act(self, &id)?)
    }

    fn happen_to_group(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::GroupOnline { group } => self.with_group(group, |model, id| {
                model.online_group(id);
                Ok(())
            }),
            Change::GroupOffline { group } => self.with_group(group, |model, id| {
                model.offline_group(id);
                Ok(())
            }),
            Change::GroupMoved { group, to: None } => {
                self.with_group(group, |model, id| model.move_group_away(id).map(drop))
            }
            Change::GroupMoved { group, to: Some(to) } => node(self.state(), to)
                .and_then(|to| self.with_group(group, |model, id| model.move_group_to(id, to).map(drop))),
            Change::GroupCreated { group } => self.add_group(group),
            Change::GroupDeleted { group } => {
                self.with_group(group, |model, id| model.delete_group(id, false))
            }
            Change::GroupRenamed { group, to } => {
                self.with_group(group, |model, id| model.rename_group(id, to))
            }
            _ => return None,
        })
    }

    fn with_group(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Self, &GroupId) -> Result<(), u32>,
    ) -> Result<(), ChangeError> {
        let id = group(self.state(), name)?;
        Ok(act(self, &id)?)
    }

    /// A group is created on the first node that is up.
    fn add_group(&mut self, name: &str) -> Result<(), ChangeError> {
        let up = self.state().nodes.iter().find(|(_, node)| node.state == NodeState::Up);
        let owner = up.map(|(id, _)| *id).ok_or(ERROR_CLUSTER_NODE_DOWN)?;
        self.create_group(name, PLAIN_GROUP, owner)?;
        Ok(())
    }

    fn happen_to_network(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::NetworkState { network: name, state } => {
                network(self.state(), name).and_then(|id| Ok(self.strike_network(&id, *state)?))
            }
            Change::NetworkRenamed { network: name, to } => {
                network(self.state(), name).and_then(|id| Ok(self.rename_network(&id, to)?))
            }
            Change::InterfaceState { interface: name, state } => interface(self.state(), name).map(|id| {
                self.strike_interface(&id, *state == InterfaceCondition::Failed);
                self.refresh_networks();
            }),
            _ => return None,
        })
    }

    fn strike_network(&mut self, id: &NetworkId, condition: NetworkCondition) -> Result<(), u32> {
        let down = condition == NetworkCondition::Down;
        self.change().networks.get_mut(id).into_iter().for_each(|network| network.failed = down);
        match condition {
            NetworkCondition::Down => {}
            NetworkCondition::Up => {
                let own: Vec<InterfaceId> = self.interfaces_on(id);
                for interface in &own {
                    self.strike_interface(interface, false);
                }
            }
            NetworkCondition::Partitioned => {
                let own = self.interfaces_on(id);
                let state = self.state();
                let active = |id: &&InterfaceId| {
                    let node = state.interfaces.get(*id).and_then(|one| state.nodes.get(&one.node));
                    node.is_some_and(|node| node.state.is_active())
                };
                let active: Vec<InterfaceId> = own.iter().filter(active).cloned().collect();
                let (last, others) = active.split_last().ok_or(ERROR_INVALID_STATE)?;
                if others.is_empty() {
                    return Err(ERROR_INVALID_STATE);
                }
                let last = last.clone();
                self.strike_interface(&last, true);
            }
        }
        self.refresh_networks();
        Ok(())
    }

    /// The interfaces on a network, in the order of their nodes.
    fn interfaces_on(&self, network: &NetworkId) -> Vec<InterfaceId> {
        let all = self.state().interfaces.iter();
        let own = all.filter(|(_, one)| one.network == *network).map(|(id, one)| (one.node, id));
        let mut own: Vec<_> = own.collect();
        own.sort();
        own.into_iter().map(|(_, id)| id.clone()).collect()
    }

    fn strike_interface(&mut self, id: &InterfaceId, failed: bool) {
        self.change().interfaces.get_mut(id).into_iter().for_each(|interface| interface.failed = failed);
    }

    fn happen_to_cluster(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::ClusterRenamed { to } => self.name_cluster_now(to).map_err(ChangeError::from),
            Change::Quorum { held } => {
                self.set_majority(*held);
                Ok(())
            }
            Change::TypeAdded { kind } => {
                let added = ResourceType { display_name: kind.clone(), ..ResourceType::default() };
                self.create_resource_type(kind, added).map_err(ChangeError::from)
            }
            Change::TypeDeleted { kind } => self.delete_resource_type(kind).map_err(ChangeError::from),
            _ => return None,
        })
    }

    fn happen_to_registry(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::PropertySet { of, property, value, private } => {
                subject(self.state(), of).and_then(|of| self.set_property(&of, property, value, *private))
            }
            Change::RegistrySet { key, value, data } => self.in_registry(key, |tree, path| {
                tree.create(path, None)?;
                tree.set(path, value, data.to_key_value()).map(drop)
            }),
            Change::RegistryValueDeleted { key, value } => {
                self.in_registry(key, |tree, path| tree.unset(path, value).map(drop))
            }
            Change::RegistryKeyCreated { key } => {
                self.in_registry(key, |tree, path| tree.create(path, None).map(drop))
            }
            Change::RegistryKeyDeleted { key } => self.in_registry(key, Tree::delete),
            _ => return None,
        })
    }

    fn in_registry(
        &mut self,
        key: &str,
        act: impl FnOnce(&mut Tree, &KeyPath) -> Result<(), RegistryError>,
    ) -> Result<(), ChangeError> {
        let refused = |error: RegistryError| ChangeError::from(error.code());
        let path = KeyPath::parse(key).map_err(refused)?;
        registry::change(self, |tree| {
            let path = tree.canonical(&path).unwrap_or(path);
            act(tree, &path)
        })
        .map_err(refused)
    }

    fn set_property(
        &mut self,
        of: &Subject,
        property: &str,
        value: &PlainValue,
        private: bool,
    ) -> Result<(), ChangeError> {
        let properties = [(Name::from(property), value.to_property())].into_iter().collect();
        let set = if private { write::set_private } else { write::set_common };
        Ok(set(self, of, &properties)?)
    }

    fn happen_to_group_set(&mut self, change: &Change) -> Option<Result<(), ChangeError>> {
        Some(match change {
            Change::GroupSetCreated { group_set } => {
                group_sets::create_set(self, group_set).map(drop).map_err(ChangeError::from)
            }
            Change::GroupSetDeleted { group_set: name } => group_set(self.state(), name)
                .and_then(|id| group_sets::delete_set(self, &id).map_err(ChangeError::from)),
            Change::GroupSetJoined { group_set: set, group: name } => self.join_set(set, name),
            Change::GroupSetLeft { group_set: set, group: name } => self.leave_set(set, name),
            _ => return None,
        })
    }

    fn join_set(&mut self, set: &str, name: &str) -> Result<(), ChangeError> {
        let (set, group) = (group_set(self.state(), set)?, group(self.state(), name)?);
        group_sets::join(self, &group, &set, None).map_err(|refusal| match refusal {
            Refusal::Status(code) | Refusal::Fault(code) => code.into(),
        })
    }

    fn leave_set(&mut self, set: &str, name: &str) -> Result<(), ChangeError> {
        let (set, group) = (group_set(self.state(), set)?, group(self.state(), name)?);
        if self.state().groups.get(&group).is_none_or(|group| group.set.as_ref() != Some(&set)) {
            return Err(ERROR_NOT_FOUND.into());
        }
        group_sets::leave(self, &group);
        Ok(())
    }

    /// The active nodes lose their majority, or have it again.
    fn set_majority(&mut self, held: bool) {
        if self.state().quorum.lost == held {
            self.change().quorum.lost = !held;
            self.tell_membership();
            self.tell_quorum();
        }
    }

    /// Gives the cluster another name at once.
    fn name_cluster_now(&mut self, name: &str) -> Result<(), u32> {
        self.name_cluster(name)?;
        self.adopt_name();
        Ok(())
    }
}
