//! Objects that are created, renamed and deleted.

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::{
    ClusterEvent, Group, GroupEvent, NetworkEvent, NodeEvent, Property, PropertyList, PropertyValue,
    ResourceEvent, ResourceTypeEvent,
};
use cmrp_port::object::ObjectKind;

use super::model::{
    GroupId, Name, NetworkId, NodeId, Property as Stored, ResourceId, ResourceState, ResourceType, State,
};
use super::work::Transaction;
use crate::status::{
    ERROR_CLUSTER_MAXNUM_OF_RESOURCES_EXCEEDED, ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE,
    ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND, ERROR_CORE_RESOURCE, ERROR_DEPENDENT_RESOURCE_EXISTS,
    ERROR_DIR_NOT_EMPTY, ERROR_GROUP_NOT_AVAILABLE, ERROR_HOST_NODE_NOT_GROUP_OWNER, ERROR_INVALID_NAME,
    ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY, ERROR_OBJECT_ALREADY_EXISTS, ERROR_QUORUM_RESOURCE,
    ERROR_RESOURCE_NOT_AVAILABLE, ERROR_RESOURCE_ONLINE, ERROR_RESOURCE_PROPERTIES_STORED,
};

/// Characters that a name may have.
///
/// Stops names of megabytes, which every event would repeat.
pub(super) const MAX_NAME: usize = 1_024;

/// `ClusGroupTypeCoreCluster` of clusapi.h.
pub(super) const CORE_GROUP: u32 = 1;

impl State {
    fn objects(&self) -> usize {
        let counts = [
            self.nodes.len(),
            self.groups.len(),
            self.resources.len(),
            self.resource_types.len(),
            self.networks.len(),
            self.interfaces.len(),
            self.group_sets.len(),
        ];
        counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// Whether a name will do.
///
/// # Errors
/// `ERROR_INVALID_NAME`: it is empty or longer than [`MAX_NAME`] characters, or has control characters.
pub(super) fn check_name(name: &str) -> Result<(), u32> {
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(ERROR_INVALID_NAME) }
}

impl Transaction<'_> {
    fn room(&self) -> bool {
        self.state().objects() < self.config.objects
    }

    /// Creates an empty group that is offline (MS-CMRP 3.1.4.2.43).
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`; `ERROR_OBJECT_ALREADY_EXISTS`: a group has the name; `ERROR_NOT_ENOUGH_MEMORY`: the cluster
    /// has all the objects that it may have.
    pub fn create_group(&mut self, name: &str, group_type: u32, owner: NodeId) -> Result<GroupId, u32> {
        check_name(name)?;
        if self.state().group(name).is_some() {
            return Err(ERROR_OBJECT_ALREADY_EXISTS);
        }
        if !self.room() {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        let id = self.change().add_group(name, group_type, owner);
        let node = owner.to_string();
        let group = Group { id: id.as_str(), name, node_id: &node };
        let added = ClusterEvent::GroupAdded { group, group_type };
        self.tell_cluster(Some((ClusterChange::GROUP_ADDED, name, 0)), Some(added));
        Ok(id)
    }

    /// Creates a resource that is offline (MS-CMRP 3.1.4.2.10).
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`; `ERROR_OBJECT_ALREADY_EXISTS`: a resource has the name;
    /// `ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND`; `ERROR_CLUSTER_MAXNUM_OF_RESOURCES_EXCEEDED`: the cluster has all the
    /// objects that it may have.
    pub fn create_resource(&mut self, name: &str, kind: &str, group: &GroupId) -> Result<ResourceId, u32> {
        check_name(name)?;
        if self.state().resource(name).is_some() {
            return Err(ERROR_OBJECT_ALREADY_EXISTS);
        }
        let known = self.state().resource_types.get_key_value(&Name::from(kind));
        let Some(kind) = known.map(|(kind, _)| kind.clone()) else {
            return Err(ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND);
        };
        if !self.room() {
            return Err(ERROR_CLUSTER_MAXNUM_OF_RESOURCES_EXCEEDED);
        }
        let id = self.change().add_resource(name, kind.as_str(), group);
        let added = GroupEvent::ResourceAdded { id: id.as_str(), name };
        self.tell_resource(&id, Some(ClusterChange::RESOURCE_ADDED), None);
        self.tell_group(group, None, Some(added));
        self.refresh_groups();
        Ok(id)
    }

    /// Removes a resource (MS-CMRP 3.1.4.2.11).
    ///
    /// # Errors
    /// `ERROR_RESOURCE_ONLINE`: it is neither offline nor failed. `ERROR_DEPENDENT_RESOURCE_EXISTS`: others depend on it.
    /// `ERROR_CORE_RESOURCE`, `ERROR_QUORUM_RESOURCE`: the cluster needs it.
    pub fn delete_resource(&mut self, id: &ResourceId) -> Result<(), u32> {
        let state = self.state();
        let resource = state.resources.get(id).ok_or(ERROR_RESOURCE_NOT_AVAILABLE)?;
        if resource.core {
            return Err(ERROR_CORE_RESOURCE);
        }
        if state.quorum.resource.as_ref() == Some(id) {
            return Err(ERROR_QUORUM_RESOURCE);
        }
        if !matches!(resource.state, ResourceState::Offline | ResourceState::Failed) {
            return Err(ERROR_RESOURCE_ONLINE);
        }
        if !state.dependents(id).is_empty() {
            return Err(ERROR_DEPENDENT_RESOURCE_EXISTS);
        }
        let providers: Vec<ResourceId> = resource.depends_on().collect();
        let group = resource.group.clone();
        let told = ResourceEvent::Deleted(group.as_str());
        self.tell_resource(id, Some(ClusterChange::RESOURCE_DELETED), Some(told));
        self.change().resources.remove(id);
        for provider in &providers {
            self.tell_dependents(provider);
        }
        self.refresh_groups();
        Ok(())
    }

    /// Removes a group (MS-CMRP 3.1.4.2.44). With `force` its resources go offline at once and are deleted first.
    ///
    /// # Errors
    /// `ERROR_DIR_NOT_EMPTY`: it has resources. `ERROR_CORE_RESOURCE`, `ERROR_QUORUM_RESOURCE`: the cluster needs it.
    pub fn delete_group(&mut self, id: &GroupId, force: bool) -> Result<(), u32> {
        let group = self.state().groups.get(id).ok_or(ERROR_GROUP_NOT_AVAILABLE)?;
        if group.group_type == CORE_GROUP {
            return Err(ERROR_CORE_RESOURCE);
        }
        let mut left = self.members(id);
        if !left.is_empty() && !force {
            return Err(ERROR_DIR_NOT_EMPTY);
        }
        // Those on which nothing depends go first; dependencies have no circles, so that there are always some.
        while let Some(at) = left.iter().position(|one| self.state().dependents(one).is_empty()) {
            let one = left.swap_remove(at);
            self.enter(&one, ResourceState::Offline);
            self.delete_resource(&one)?;
        }
        super::methods::group_set::leave(self, id);
        self.refresh_groups();
        self.tell_group(id, Some(ClusterChange::GROUP_DELETED), Some(GroupEvent::Deleted));
        self.forget_group(id);
        Ok(())
    }

    /// Removes a group and all that refers to it.
    fn forget_group(&mut self, id: &GroupId) {
        let state = self.change();
        let providers = state.groups.remove(id).map(|group| group.dependencies);
        state.nodes.values_mut().for_each(|node| {
            node.drained.remove(id);
        });
        super::methods::group_set::forget(self, id.as_str(), &providers.unwrap_or_default());
    }

    /// Registers a resource type (MS-CMRP 3.1.4.2.27).
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`, `ERROR_OBJECT_ALREADY_EXISTS`, `ERROR_NOT_ENOUGH_MEMORY`: as for a group.
    pub fn create_resource_type(&mut self, name: &str, kind: ResourceType) -> Result<(), u32> {
        check_name(name)?;
        if self.state().resource_types.contains_key(&Name::from(name)) {
            return Err(ERROR_OBJECT_ALREADY_EXISTS);
        }
        if !self.room() {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        self.change().add_resource_type(name, kind);
        let first = Some((ClusterChange::RESOURCE_TYPE_ADDED, name, 0));
        self.tell_cluster(first, Some(ClusterEvent::ResourceTypeAdded(name)));
        Ok(())
    }

    /// Removes a resource type (MS-CMRP 3.1.4.2.28).
    ///
    /// # Errors
    /// `ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND`; `ERROR_DIR_NOT_EMPTY`: resources of it exist.
    pub fn delete_resource_type(&mut self, name: &str) -> Result<(), u32> {
        let key = Name::from(name);
        let known = self.state().resource_types.get_key_value(&key);
        let name = known.map(|(name, _)| name.clone()).ok_or(ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND)?;
        if self.state().resources.values().any(|resource| resource.type_name == key) {
            return Err(ERROR_DIR_NOT_EMPTY);
        }
        self.change().resource_types.remove(&key);
        let (change, told) = (ClusterChange::RESOURCE_TYPE_DELETED, ResourceTypeEvent::Deleted);
        self.tell_resource_type(name.as_str(), Some(change), Some(told));
        Ok(())
    }

    /// Moves a resource, and all that it is tied to by dependencies, into another group (MS-CMRP 3.1.4.2.26).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER`: it is in that group. `ERROR_CORE_RESOURCE`: the cluster needs one of them where it is.
    /// `ERROR_HOST_NODE_NOT_GROUP_OWNER`: the groups have different owners, and one of the resources is neither offline
    /// nor failed. `ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE`: the owner of the group cannot host one of them.
    pub fn change_group(&mut self, id: &ResourceId, to: &GroupId) -> Result<(), u32> {
        let from = self.group_of(id).ok_or(ERROR_RESOURCE_NOT_AVAILABLE)?;
        if from == *to {
            return Err(ERROR_INVALID_PARAMETER);
        }
        let tied = self.state().tied(id);
        self.may_change_group(&tied, &from, to)?;
        for one in &tied {
            if let Some(resource) = self.change().resources.get_mut(one) {
                resource.group = to.clone();
                resource.sequence = resource.sequence.wrapping_add(1);
            }
            let (change, told) = (ClusterChange::RESOURCE_PROPERTY, ResourceEvent::OwnerGroup(to.as_str()));
            self.tell_resource(one, Some(change), Some(told));
            let change = Some(ClusterChange::GROUP_PROPERTY);
            self.tell_group(&from, change, Some(GroupEvent::ResourceLost(one.as_str())));
            self.tell_group(to, change, Some(GroupEvent::ResourceGained(one.as_str())));
        }
        self.refresh_groups();
        Ok(())
    }

    fn may_change_group(&self, tied: &[ResourceId], from: &GroupId, to: &GroupId) -> Result<(), u32> {
        let state = self.state();
        let (Some(old), Some(new)) = (state.groups.get(from), state.groups.get(to)) else {
            return Err(ERROR_GROUP_NOT_AVAILABLE);
        };
        let resources = || tied.iter().filter_map(|id| state.resources.get(id));
        if resources().any(|resource| resource.core) {
            return Err(ERROR_CORE_RESOURCE);
        }
        let idle = |state| matches!(state, ResourceState::Offline | ResourceState::Failed);
        let settled = old.owner == new.owner && old.moving.is_none() && new.moving.is_none();
        if !settled && !resources().all(|resource| idle(resource.state)) {
            return Err(ERROR_HOST_NODE_NOT_GROUP_OWNER);
        }
        let possible = tied.iter().all(|id| state.is_possible(id, new.owner));
        if possible { Ok(()) } else { Err(ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE) }
    }
}

/// The property list that tells a new name.
fn renamed(name: &str) -> PropertyList<'_> {
    [Property::new("Name", PropertyValue::Sz(name.into()))].into_iter().collect()
}

/// Gives objects of a kind new names.
macro_rules! renames {
    ($($(#[$doc:meta])+ $rename:ident: $map:ident, $find:ident, $kind:ident, $id:ident, $tell:ident, $change:ident, $event:ident;)+) => {
        impl Transaction<'_> {$(
            $(#[$doc])+
            ///
            /// # Errors
            /// `ERROR_INVALID_NAME`; `ERROR_OBJECT_ALREADY_EXISTS`: another one has the name.
            pub fn $rename(&mut self, id: &$id, name: &str) -> Result<(), u32> {
                check_name(name)?;
                let Some(old) = self.state().$map.get(id).map(|object| object.name.clone()) else { return Ok(()) };
                if self.state().$find(name).is_some_and(|(other, _)| other != id) {
                    return Err(ERROR_OBJECT_ALREADY_EXISTS);
                }
                if old == name {
                    return Ok(());
                }
                self.change().$map.get_mut(id).into_iter().for_each(|object| object.name = name.to_owned());
                self.tell_rename(ObjectKind::$kind, &old, name);
                self.$tell(id, Some(ClusterChange::$change), Some($event::CommonProperty(&renamed(name))));
                Ok(())
            }
        )+}
    };
}

renames! {
    /// Gives a group another name (MS-CMRP 3.1.4.2.47).
    rename_group: groups, group, Group, GroupId, tell_group, GROUP_PROPERTY, GroupEvent;
    /// Gives a resource another name (MS-CMRP 3.1.4.2.14).
    rename_resource: resources, resource, Resource, ResourceId, tell_resource, RESOURCE_PROPERTY, ResourceEvent;
    /// Gives a network another name (MS-CMRP 3.1.4.2.84).
    rename_network: networks, network, Network, NetworkId, tell_network, NETWORK_PROPERTY, NetworkEvent;
}

impl Transaction<'_> {
    /// Adds a node that is up (what a new member of the cluster does when it joins).
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`, `ERROR_OBJECT_ALREADY_EXISTS`, `ERROR_NOT_ENOUGH_MEMORY`: as for a group.
    pub fn create_node(&mut self, name: &str) -> Result<NodeId, u32> {
        check_name(name)?;
        if self.state().node(name).is_some() {
            return Err(ERROR_OBJECT_ALREADY_EXISTS);
        }
        if !self.room() {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        let id = self.change().add_node(name);
        let text = id.to_string();
        let node = cmrp_port::event::v2::Node { id: &text, name };
        let added = ClusterEvent::NodeAdded { node, state: cmrp_port::event::v2::NodeState::UP };
        self.tell_cluster(Some((ClusterChange::NODE_ADDED, name, 0)), Some(added));
        self.tell_membership();
        Ok(id)
    }

    /// Adds an interface of a node on a network, and tells so.
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`, `ERROR_OBJECT_ALREADY_EXISTS`, `ERROR_NOT_ENOUGH_MEMORY`: as for a group.
    pub fn create_interface(&mut self, name: &str, node: NodeId, network: &NetworkId) -> Result<(), u32> {
        check_name(name)?;
        if self.state().interface(name).is_some() {
            return Err(ERROR_OBJECT_ALREADY_EXISTS);
        }
        if !self.room() {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        let id = self.change().add_interface(name, node, network);
        self.tell_interface(&id, Some(ClusterChange::NETINTERFACE_ADDED), None);
        let added = NodeEvent::NetInterfaceAdded { id: id.as_str(), name };
        self.tell_node(node, None, Some(added));
        self.refresh_networks();
        Ok(())
    }
}

impl Transaction<'_> {
    /// Gives the cluster another name (MS-CMRP 3.1.4.2.3), and tells the code of the method.
    ///
    /// If the cluster has a network name resource of its own, the name is stored as its property, and takes effect when that resource
    /// goes online next: `ERROR_RESOURCE_PROPERTIES_STORED`. Else it takes effect at once.
    ///
    /// # Errors
    /// `ERROR_INVALID_NAME`.
    pub fn name_cluster(&mut self, name: &str) -> Result<u32, u32> {
        check_name(name)?;
        let own = self.state().resources.iter().find(|(_, one)| one.core && is_network_name(&one.type_name));
        let own = own.map(|(id, _)| id.clone());
        self.change().cluster.next_name = Some(name.to_owned());
        let Some(own) = own else {
            self.adopt_name();
            return Ok(0);
        };
        let stored = Stored::Sz(name.to_owned());
        if let Some(resource) = self.change().resources.get_mut(&own) {
            resource.private.insert(Name::from("Name"), stored);
        }
        let told = ResourceEvent::PrivateProperty;
        self.tell_resource(&own, Some(ClusterChange::RESOURCE_PROPERTY), Some(told));
        Ok(ERROR_RESOURCE_PROPERTIES_STORED)
    }

    /// The network name of the cluster is online: a name that was stored takes effect.
    pub(super) fn adopt_name(&mut self) {
        if self.state().cluster.next_name.is_none() {
            return;
        }
        let cluster = &mut self.change().cluster;
        let Some(name) = cluster.next_name.take() else { return };
        let old = core::mem::replace(&mut cluster.name, name.clone());
        if old != name {
            self.tell_rename(ObjectKind::Cluster, &old, &name);
            let first = Some((ClusterChange::CLUSTER_PROPERTY, name.as_str(), 0));
            self.tell_cluster(first, Some(ClusterEvent::Renamed(&name)));
        }
    }
}

/// Whether resources of the type are computer names.
pub(super) fn is_network_name(type_name: &Name) -> bool {
    *type_name == Name::from("Network Name")
}
