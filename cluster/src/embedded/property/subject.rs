//! The object that a control code is about: its properties, and which of them are members of it.

use crate::control::ControlledObject;
use crate::embedded::model::{
    Cluster, Group, GroupId, GroupSet, GroupSetId, Interface, InterfaceId, Name, Network, NetworkId, Node,
    NodeId, NodeState, Properties, Property, Resource, ResourceId, ResourceType, State,
};

use super::schema;

/// An object with properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Cluster,
    Node(NodeId),
    Group(GroupId),
    Resource(ResourceId),
    ResourceType(Name),
    Network(NetworkId),
    Interface(InterfaceId),
    GroupSet(GroupSetId),
}

/// The object itself.
enum Object<'s> {
    Cluster(&'s Cluster),
    Node(&'s Node),
    Group(&'s Group),
    Resource(&'s Resource),
    ResourceType(&'s ResourceType),
    Network(&'s Network),
    Interface(&'s Interface),
    GroupSet(&'s GroupSet),
}

/// The maps of common or private properties, by reference or to be changed.
macro_rules! properties {
    ($($(#[$doc:meta])+ $name:ident($get:ident $($mutable:ident)?): $field:ident;)+) => {
        impl Subject {
            $($(#[$doc])+
            pub(crate) fn $name<'s>(&self, state: &'s $($mutable)? State) -> Option<&'s $($mutable)? Properties> {
                Some(match self {
                    Self::Cluster => &$($mutable)? state.cluster.$field,
                    Self::Node(id) => &$($mutable)? state.nodes.$get(id)?.$field,
                    Self::Group(id) => &$($mutable)? state.groups.$get(id)?.$field,
                    Self::Resource(id) => &$($mutable)? state.resources.$get(id)?.$field,
                    Self::ResourceType(name) => &$($mutable)? state.resource_types.$get(name)?.$field,
                    Self::Network(id) => &$($mutable)? state.networks.$get(id)?.$field,
                    Self::Interface(id) => &$($mutable)? state.interfaces.$get(id)?.$field,
                    Self::GroupSet(id) => &$($mutable)? state.group_sets.$get(id)?.$field,
                })
            })+
        }
    };
}

properties! {
    /// Common properties that were set and are no members.
    common(get): common;
    /// As [`common`](Self::common), to be changed.
    common_mut(get_mut mut): common;
    /// Private properties.
    private(get): private;
    /// As [`private`](Self::private), to be changed.
    private_mut(get_mut mut): private;
}

impl Subject {
    /// Its kind.
    pub(crate) fn object(&self) -> ControlledObject {
        match self {
            Self::Cluster => ControlledObject::Cluster,
            Self::Node(_) => ControlledObject::Node,
            Self::Group(_) => ControlledObject::Group,
            Self::Resource(_) => ControlledObject::Resource,
            Self::ResourceType(_) => ControlledObject::ResourceType,
            Self::Network(_) => ControlledObject::Network,
            Self::Interface(_) => ControlledObject::NetInterface,
            Self::GroupSet(_) => ControlledObject::GroupSet,
        }
    }

    fn find<'s>(&self, state: &'s State) -> Option<Object<'s>> {
        Some(match self {
            Self::Cluster => Object::Cluster(&state.cluster),
            Self::Node(id) => Object::Node(state.nodes.get(id)?),
            Self::Group(id) => Object::Group(state.groups.get(id)?),
            Self::Resource(id) => Object::Resource(state.resources.get(id)?),
            Self::ResourceType(name) => Object::ResourceType(state.resource_types.get(name)?),
            Self::Network(id) => Object::Network(state.networks.get(id)?),
            Self::Interface(id) => Object::Interface(state.interfaces.get(id)?),
            Self::GroupSet(id) => Object::GroupSet(state.group_sets.get(id)?),
        })
    }

    /// Its name; of a resource type the name that it is found by.
    pub(crate) fn name<'s>(&'s self, state: &'s State) -> Option<&'s str> {
        Some(match self.find(state)? {
            Object::Cluster(cluster) => &cluster.name,
            Object::Node(node) => &node.name,
            Object::Group(group) => &group.name,
            Object::Resource(resource) => &resource.name,
            Object::ResourceType(_) => match self {
                Self::ResourceType(name) => name.as_str(),
                _ => return None,
            },
            Object::Network(network) => &network.name,
            Object::Interface(interface) => &interface.name,
            Object::GroupSet(set) => &set.name,
        })
    }

    /// Its identifier; of a resource type its name.
    pub(crate) fn id(&self, state: &State) -> String {
        match self {
            Self::Cluster => state.cluster.id.clone(),
            Self::Node(id) => id.to_string(),
            Self::Group(id) => id.to_string(),
            Self::Resource(id) => id.to_string(),
            Self::ResourceType(name) => name.to_string(),
            Self::Network(id) => id.to_string(),
            Self::Interface(id) => id.to_string(),
            Self::GroupSet(id) => id.to_string(),
        }
    }

    /// Its common properties, those that clients may set or the others, with their values.
    pub(crate) fn listed(&self, state: &State, writable: bool) -> Vec<(&'static str, Property)> {
        let schemas = schema::of(self.object()).iter().filter(|schema| schema.writable == writable);
        schemas.map(|schema| (schema.name, self.value(state, schema))).collect()
    }

    fn value(&self, state: &State, schema: &schema::Schema) -> Property {
        let member = self.find(state).and_then(|object| object.member(state, schema.name));
        let kept = || self.common(state).and_then(|kept| kept.get(&schema.name.into())).cloned();
        member.or_else(kept).unwrap_or_else(|| schema.kind.default())
    }

    /// Sets the common property if it is a member; `false` if it isn't.
    pub(crate) fn put(&self, state: &mut State, name: &str, value: &Property) -> bool {
        match (self, value) {
            (Self::Group(id), Property::Dword(number)) => put_group(state.groups.get_mut(id), name, *number),
            (Self::Resource(id), Property::Dword(number)) => {
                put_resource(state.resources.get_mut(id), name, *number)
            }
            (Self::Network(id), Property::Dword(number)) if name == "Role" => {
                state.networks.get_mut(id).map(|network| network.role = *number).is_some()
            }
            (Self::ResourceType(type_name), value) => {
                put_type(state.resource_types.get_mut(type_name), name, value)
            }
            _ => false,
        }
    }
}

fn put_group(group: Option<&mut Group>, name: &str, number: u32) -> bool {
    let Some(group) = group else { return false };
    match name {
        "PersistentState" => group.wanted = number != 0,
        "GroupType" => group.group_type = number,
        _ => return false,
    }
    true
}

fn put_resource(resource: Option<&mut Resource>, name: &str, number: u32) -> bool {
    let Some(resource) = resource else { return false };
    match name {
        "PersistentState" => resource.wanted = number != 0,
        "SeparateMonitor" => resource.separate_monitor = number != 0,
        _ => return false,
    }
    true
}

fn put_type(kind: Option<&mut ResourceType>, name: &str, value: &Property) -> bool {
    let Some(kind) = kind else { return false };
    match (name, value) {
        ("Name", Property::Sz(text)) => kind.display_name.clone_from(text),
        ("LooksAlivePollInterval", Property::Dword(number)) => kind.looks_alive = *number,
        ("IsAlivePollInterval", Property::Dword(number)) => kind.is_alive = *number,
        _ => return false,
    }
    true
}

impl Object<'_> {
    /// The common property, if it is made from members.
    fn member(&self, state: &State, name: &str) -> Option<Property> {
        match self {
            Self::Cluster(_) => None,
            Self::Node(node) => node_member(node, state, name),
            Self::Group(group) => group_member(group, name),
            Self::Resource(resource) => resource_member(resource, name),
            Self::ResourceType(kind) => type_member(kind, name),
            Self::Network(network) => network_member(network, name),
            Self::Interface(interface) => interface_member(interface, state, name),
            Self::GroupSet(set) => (name == "Name").then(|| text(&set.name)),
        }
    }
}

fn text(text: &str) -> Property {
    Property::Sz(text.to_owned())
}

fn texts(value: &str) -> Property {
    Property::MultiSz([value].iter().filter(|text| !text.is_empty()).map(|text| (*text).to_owned()).collect())
}

fn node_member(node: &Node, state: &State, name: &str) -> Option<Property> {
    /// `NodeDrainStatusCompleted`.
    const DRAINED: u32 = 2;
    Some(match name {
        "NodeName" => text(&node.name),
        "NodeInstanceID" => text(&format!("{}-{}", state.cluster.id, node.born)),
        "NodeDrainStatus" => Property::Dword(if node.state == NodeState::Paused { DRAINED } else { 0 }),
        _ => return None,
    })
}

fn group_member(group: &Group, name: &str) -> Option<Property> {
    Some(match name {
        "Name" => text(&group.name),
        "PersistentState" => Property::Dword(u32::from(group.wanted)),
        "GroupType" => Property::Dword(group.group_type),
        _ => return None,
    })
}

fn resource_member(resource: &Resource, name: &str) -> Option<Property> {
    Some(match name {
        "Name" => text(&resource.name),
        "Type" => text(resource.type_name.as_str()),
        "PersistentState" => Property::Dword(u32::from(resource.wanted)),
        "SeparateMonitor" => Property::Dword(u32::from(resource.separate_monitor)),
        _ => return None,
    })
}

fn type_member(kind: &ResourceType, name: &str) -> Option<Property> {
    Some(match name {
        "Name" => text(&kind.display_name),
        "DllName" => text(&kind.dll),
        "LooksAlivePollInterval" => Property::Dword(kind.looks_alive),
        "IsAlivePollInterval" => Property::Dword(kind.is_alive),
        _ => return None,
    })
}

fn network_member(network: &Network, name: &str) -> Option<Property> {
    Some(match name {
        "Name" => text(&network.name),
        "Role" => Property::Dword(network.role),
        "Address" => text(&network.address),
        "AddressMask" => text(&network.mask),
        "IPv4Addresses" if !network.address.contains(':') => texts(&network.address),
        "IPv6Addresses" if network.address.contains(':') => texts(&network.address),
        _ => return None,
    })
}

fn interface_member(interface: &Interface, state: &State, name: &str) -> Option<Property> {
    Some(match name {
        "Name" => text(&interface.name),
        "Node" => text(&state.nodes.get(&interface.node)?.name),
        "Network" => text(&state.networks.get(&interface.network)?.name),
        "Adapter" => text(&interface.adapter),
        "Address" => text(&interface.address),
        "IPv4Addresses" if !interface.address.contains(':') => texts(&interface.address),
        "IPv6Addresses" if interface.address.contains(':') => texts(&interface.address),
        _ => return None,
    })
}
