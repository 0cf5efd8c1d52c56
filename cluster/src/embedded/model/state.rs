//! A cluster and all that is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cmrp_port::object::same_name;
use serde::{Deserialize, Serialize};

use super::name::{GroupId, GroupSetId, InterfaceId, Name, NetworkId, NodeId, ResourceId};
use super::object::{
    Cluster, Expression, Goal, Group, GroupSet, Interface, InterfaceState, Key, Network, NetworkState, Node,
    NodeState, Quorum, Resource, ResourceState, ResourceType,
};
use super::properties::Properties;

/// A cluster and all that is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct State {
    /// The cluster itself.
    pub cluster: Cluster,
    /// Its quorum.
    pub quorum: Quorum,
    /// Its nodes.
    pub nodes: BTreeMap<NodeId, Node>,
    /// Its groups.
    pub groups: BTreeMap<GroupId, Group>,
    /// Its resources.
    pub resources: BTreeMap<ResourceId, Resource>,
    /// Its resource types.
    pub resource_types: BTreeMap<Name, ResourceType>,
    /// Its networks.
    pub networks: BTreeMap<NetworkId, Network>,
    /// The networks in the order in which nodes use them among themselves, the best first.
    pub network_order: Vec<NetworkId>,
    /// Its network interfaces.
    pub interfaces: BTreeMap<InterfaceId, Interface>,
    /// Its group sets.
    pub group_sets: BTreeMap<GroupSetId, GroupSet>,
    /// The root key of its registry.
    pub registry: Arc<Key>,
    /// How many objects there have ever been: where identifiers come from.
    pub born: u64,
    /// What makes the identifiers of this cluster unlike those of others.
    pub seed: [u8; 16],
}

/// Finds what has a name, without case.
macro_rules! by_name {
    ($($(#[$doc:meta])+ $find:ident: $map:ident, $id:ident, $object:ident;)+) => {
        impl State {
            $($(#[$doc])+ pub fn $find(&self, name: &str) -> Option<(&$id, &$object)> {
                self.$map.iter().find(|(_, object)| same_name(&object.name, name))
            })+
        }
    };
}

by_name! {
    /// The node of this name.
    node: nodes, NodeId, Node;
    /// The group of this name.
    group: groups, GroupId, Group;
    /// The resource of this name.
    resource: resources, ResourceId, Resource;
    /// The network of this name.
    network: networks, NetworkId, Network;
    /// The network interface of this name.
    interface: interfaces, InterfaceId, Interface;
    /// The group set of this name.
    group_set: group_sets, GroupSetId, GroupSet;
}

impl State {
    /// A cluster of this name without anything in it. `seed` makes its identifiers unlike those of others.
    pub fn new(name: &str, seed: [u8; 16]) -> Self {
        let mut state = Self { seed, ..Self::default() };
        name.clone_into(&mut state.cluster.name);
        let (_, id) = state.next_id();
        state.cluster.id = id;
        state
    }

    /// The number and the identifier of a new object: a GUID of version 8 (RFC 9562), in lower case.
    pub fn next_id(&mut self) -> (u64, String) {
        self.born = self.born.wrapping_add(1);
        let hash = siphasher::sip128::SipHasher24::new_with_key(&self.seed).hash(&self.born.to_le_bytes());
        let id = (hash.as_u128() & !(0xF << 76) & !(0x3 << 62)) | (0x8 << 76) | (0x2 << 62);
        let text = format!("{id:032x}");
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let id = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        (self.born, id)
    }

    /// Adds a node that is up, under the lowest number that is free.
    pub fn add_node(&mut self, name: &str) -> NodeId {
        let (born, _) = self.next_id();
        let free = (1..=u32::MAX).map(NodeId).find(|id| !self.nodes.contains_key(id)).unwrap_or_default();
        let node = Node {
            name: name.to_owned(),
            state: NodeState::Up,
            sequence: 0,
            born,
            due: None,
            drained: BTreeSet::new(),
            common: Properties::new(),
            private: Properties::new(),
        };
        self.nodes.insert(free, node);
        free
    }

    /// Adds an offline group without resources.
    pub fn add_group(&mut self, name: &str, group_type: u32, owner: NodeId) -> GroupId {
        let (born, id) = self.next_id();
        let group = Group {
            name: name.to_owned(),
            group_type,
            former_type: None,
            owner,
            preferred: Vec::new(),
            wanted: false,
            state: cmrp_port::event::v2::GroupState::OFFLINE.0,
            moving: None,
            failovers: 0,
            sequence: 0,
            born,
            set: None,
            dependencies: Expression::None,
            common: Properties::new(),
            private: Properties::new(),
        };
        let id = GroupId::new(id);
        self.groups.insert(id.clone(), group);
        id
    }

    /// Adds an offline resource.
    pub fn add_resource(&mut self, name: &str, type_name: &str, group: &GroupId) -> ResourceId {
        let (born, id) = self.next_id();
        let resource = Resource {
            name: name.to_owned(),
            type_name: type_name.into(),
            group: group.clone(),
            state: ResourceState::Offline,
            wanted: false,
            due: None,
            goal: Goal::Stay,
            restarts: 0,
            sequence: 0,
            born,
            dependencies: Expression::None,
            possible: None,
            separate_monitor: false,
            core: false,
            common: Properties::new(),
            private: Properties::new(),
        };
        let id = ResourceId::new(id);
        self.resources.insert(id.clone(), resource);
        id
    }

    /// Adds a resource type; its name is its key.
    pub fn add_resource_type(&mut self, name: &str, resource_type: ResourceType) {
        self.resource_types.insert(name.into(), resource_type);
    }

    /// Adds a network without interfaces, last in the order of priority.
    pub fn add_network(&mut self, name: &str) -> NetworkId {
        let (born, id) = self.next_id();
        let network = Network {
            name: name.to_owned(),
            state: NetworkState::Up,
            sequence: 0,
            born,
            address: String::new(),
            mask: String::new(),
            role: 3,
            failed: false,
            common: Properties::new(),
            private: Properties::new(),
        };
        let id = NetworkId::new(id);
        self.networks.insert(id.clone(), network);
        self.network_order.push(id.clone());
        id
    }

    /// Adds an interface that works.
    pub fn add_interface(&mut self, name: &str, node: NodeId, network: &NetworkId) -> InterfaceId {
        let (born, id) = self.next_id();
        let interface = Interface {
            name: name.to_owned(),
            node,
            network: network.clone(),
            state: InterfaceState::Up,
            sequence: 0,
            born,
            address: String::new(),
            adapter: String::new(),
            failed: false,
            common: Properties::new(),
            private: Properties::new(),
        };
        let id = InterfaceId::new(id);
        self.interfaces.insert(id.clone(), interface);
        id
    }

    /// Adds a group set without groups.
    pub fn add_group_set(&mut self, name: &str) -> GroupSetId {
        let (born, id) = self.next_id();
        let set = GroupSet { name: name.to_owned(), born, ..GroupSet::default() };
        let id = GroupSetId::new(id);
        self.group_sets.insert(id.clone(), set);
        id
    }

    /// The resources of a group.
    pub fn resources_of<'s>(
        &'s self,
        group: &'s GroupId,
    ) -> impl Iterator<Item = (&'s ResourceId, &'s Resource)> + 's {
        self.resources.iter().filter(move |(_, resource)| resource.group == *group)
    }

    /// The groups that a node owns.
    pub fn groups_of(&self, node: NodeId) -> impl Iterator<Item = (&GroupId, &Group)> {
        self.groups.iter().filter(move |(_, group)| group.owner == node)
    }
}
