//! From a definition to the state of a cluster.

use std::collections::BTreeSet;
use std::sync::Arc;

use cmrp_port::event::v2::GroupState;
use cmrp_port::object::same_name;

use super::identity::{derived, seed};
use super::types::{BUILT_IN, BuiltIn, Class};
use super::{
    Definition, Group, GroupSet, Health, Interface, Network, NetworkHealth, Node, NodeHealth, Properties,
    Resource, Type, Version,
};
use crate::change::InterfaceCondition;
use crate::embedded;
use crate::embedded::model::{
    self, Expression, Goal, GroupId, GroupSetId, InterfaceId, InterfaceState, Key, Name, NetworkId,
    NetworkState, NodeId, NodeState, ResourceId, ResourceState, ResourceType, State,
};
use crate::embedded::property::{Subject, set_common};

/// `CLUS_RESCLASS_STORAGE`.
const STORAGE: u32 = 1;
/// `CLUS_RESCLASS_NETWORK`.
const NETWORK: u32 = 2;
/// `CLUS_RESCLASS_USER`.
const USER: u32 = 32_768;
/// `ClusGroupTypeUnknown`.
const UNKNOWN_GROUP: u32 = 9_999;

impl Definition {
    /// The cluster as it is at its start.
    ///
    /// `number` becomes the state number of every object (MS-CMRP 3.1.1.1.1). A cluster that lives in memory alone
    /// begins anew with each start of its server, while clients come back with numbers of its former life: with a
    /// number from a clock, say the seconds since 1970 times 16, theirs are stale, and they are told so. Where the
    /// numbers go on in a data file, 0 will do.
    pub fn state(&self, number: u32) -> State {
        let name = &self.cluster.name;
        let mut build =
            Build { definition: self, state: State { seed: seed(name), ..State::default() }, number };
        build.cluster();
        build.types();
        build.nodes();
        build.networks();
        build.interfaces();
        build.groups();
        build.group_sets();
        build.quorum();
        build.registry();
        settle(&mut build.state);
        build.state
    }
}

/// Where a cluster in memory is given what a definition says of it.
impl Definition {
    /// What is set for the cluster in memory; the clock is for the caller to set.
    pub fn config(&self) -> embedded::Config {
        let Version { major, minor, build, vendor, service_pack } = self.cluster.version.clone();
        let timings = embedded::Timings {
            online: self.timings.online.0,
            offline: self.timings.offline.0,
            restart: self.timings.restart.0,
            join: self.timings.join.0,
        };
        let version = embedded::Version { major, minor, build, vendor, service_pack };
        embedded::Config { timings, version, ..embedded::Config::default() }
    }
}

struct Build<'a> {
    definition: &'a Definition,
    state: State,
    number: u32,
}

impl Build<'_> {
    fn id(&self, given: Option<&String>, kind: &str, name: &str) -> String {
        let given = given.map(|id| id.replace(['{', '}'], "").to_ascii_lowercase());
        given.unwrap_or_else(|| derived(&self.definition.cluster.name, kind, name))
    }

    /// Sets the common properties of an object as a client would. That they are good has been checked.
    fn common(&mut self, subject: &Subject, given: &Properties) {
        let _ = set_common(subject, &mut self.state, &properties(given));
    }

    /// The number of one more object.
    fn born(&mut self) -> u64 {
        self.state.born = self.state.born.wrapping_add(1);
        self.state.born
    }

    fn cluster(&mut self) {
        let cluster = &self.definition.cluster;
        self.state.cluster = model::Cluster {
            name: cluster.name.clone(),
            id: self.id(cluster.id.as_ref(), "cluster", &cluster.name),
            private: properties(&cluster.private_properties),
            ..model::Cluster::default()
        };
        self.common(&Subject::Cluster, &cluster.properties);
    }

    fn types(&mut self) {
        for kind in &BUILT_IN {
            self.state.add_resource_type(kind.name, built_in(kind));
        }
        for kind in &self.definition.types {
            let before = self.state.resource_types.remove(&Name::from(kind.name.as_str()));
            self.state.add_resource_type(&kind.name, defined(kind, before));
            self.common(&Subject::ResourceType(kind.name.as_str().into()), &kind.properties);
        }
    }

    fn nodes(&mut self) {
        for node in &self.definition.nodes {
            let id = self.node_id(node);
            let built = model::Node {
                name: node.name.clone(),
                state: match node.state {
                    NodeHealth::Up => NodeState::Up,
                    NodeHealth::Down => NodeState::Down,
                    NodeHealth::Paused => NodeState::Paused,
                },
                sequence: self.number,
                due: None,
                born: self.born(),
                drained: BTreeSet::new(),
                common: model::Properties::new(),
                private: properties(&node.private_properties),
            };
            self.state.nodes.insert(id, built);
            self.common(&Subject::Node(id), &node.properties);
        }
    }

    /// The id that the node was given, or the lowest that no node has or is to have.
    fn node_id(&self, node: &Node) -> NodeId {
        let given = |id| self.definition.nodes.iter().any(|node| node.id == Some(id));
        let free = |id: &u32| !given(*id) && !self.state.nodes.contains_key(&NodeId(*id));
        NodeId(node.id.or_else(|| (1..=u32::MAX).find(free)).unwrap_or_default())
    }

    /// The node of this name; the first one that is up if it has none.
    fn node_named(&self, name: &str) -> NodeId {
        self.state.node(name).map_or_else(|| self.first_up(), |(id, _)| *id)
    }

    fn first_up(&self) -> NodeId {
        let up = self.state.nodes.iter().find(|(_, node)| node.state == NodeState::Up);
        up.map(|(id, _)| *id).unwrap_or_default()
    }

    fn networks(&mut self) {
        if self.definition.networks.is_empty() && self.definition.interfaces.is_empty() {
            self.network(1, &Network { name: "Cluster Network 1".into(), ..Network::default() });
        }
        for (number, network) in (1_usize..).zip(&self.definition.networks) {
            self.network(number, network);
        }
    }

    fn network(&mut self, number: usize, network: &Network) {
        let id = NetworkId::new(self.id(network.id.as_ref(), "networks", &network.name));
        let built = model::Network {
            name: network.name.clone(),
            state: NetworkState::Up,
            sequence: self.number,
            born: self.born(),
            address: network.address.clone().unwrap_or_else(|| format!("10.0.{}.0", number & 0xFF)),
            mask: network.mask.clone().unwrap_or_else(|| "255.255.255.0".into()),
            role: network.role.number(),
            failed: network.state == NetworkHealth::Down,
            common: model::Properties::new(),
            private: properties(&network.private_properties),
        };
        self.state.network_order.push(id.clone());
        self.state.networks.insert(id.clone(), built);
        self.common(&Subject::Network(id), &network.properties);
    }

    fn interfaces(&mut self) {
        for interface in &self.definition.interfaces {
            self.interface(interface);
        }
        if self.definition.interfaces.is_empty() {
            let networks: Vec<String> = self
                .state
                .network_order
                .iter()
                .filter_map(|id| self.state.networks.get(id))
                .map(|one| one.name.clone())
                .collect();
            for (number, network) in (1_usize..).zip(networks) {
                let adapter = if number == 1 { "Ethernet".to_owned() } else { format!("Ethernet {number}") };
                for node in &self.definition.nodes {
                    self.interface(&Interface {
                        node: node.name.clone(),
                        network: network.clone(),
                        adapter: Some(adapter.clone()),
                        ..Interface::default()
                    });
                }
            }
        }
    }

    fn interface(&mut self, interface: &Interface) {
        let name = interface.full_name();
        let node = self.node_named(&interface.node);
        let Some((network_id, network)) = self.state.network(&interface.network) else { return };
        let (network_id, place) = (network_id.clone(), host_on(&network.address, node));
        let id = InterfaceId::new(self.id(interface.id.as_ref(), "interfaces", &name));
        let built = model::Interface {
            name,
            node,
            network: network_id,
            state: InterfaceState::Up,
            sequence: self.number,
            born: self.born(),
            address: interface.address.clone().unwrap_or(place),
            adapter: interface.adapter().to_owned(),
            failed: interface.state == Some(InterfaceCondition::Failed),
            common: model::Properties::new(),
            private: properties(&interface.private_properties),
        };
        self.state.interfaces.insert(id.clone(), built);
        self.common(&Subject::Interface(id), &interface.properties);
    }

    fn groups(&mut self) {
        for group in &self.definition.groups {
            self.group(group);
        }
    }

    fn group(&mut self, group: &Group) {
        let id = GroupId::new(self.id(group.id.as_ref(), "groups", &group.name));
        let built = model::Group {
            name: group.name.clone(),
            group_type: group.kind.unwrap_or(UNKNOWN_GROUP),
            former_type: None,
            owner: self.node_named(group.owner.as_deref().unwrap_or_default()),
            preferred: group.preferred_owners.iter().map(|node| self.node_named(node)).collect(),
            wanted: group.resources.iter().any(|resource| resource.state != Health::Offline),
            state: GroupState::OFFLINE.0,
            moving: None,
            failovers: 0,
            sequence: self.number,
            born: self.born(),
            set: None,
            dependencies: Expression::None,
            common: model::Properties::new(),
            private: properties(&group.private_properties),
        };
        self.state.groups.insert(id.clone(), built);
        self.common(&Subject::Group(id.clone()), &group.properties);
        for resource in &group.resources {
            self.resource(&id, group, resource);
        }
    }

    fn resource(&mut self, id: &GroupId, group: &Group, resource: &Resource) {
        let needs = resource.depends_on.iter().filter_map(|name| {
            let needed = group.resources.iter().find(|resource| same_name(&resource.name, name))?;
            Some(Expression::On(self.resource_id(needed)))
        });
        let dependencies = all_of(needs.collect());
        let possible = resource.possible_owners.iter().map(|node| self.node_named(node)).collect();
        let built = model::Resource {
            name: resource.name.clone(),
            type_name: self.type_name(&resource.kind),
            group: id.clone(),
            state: match resource.state {
                Health::Online => ResourceState::Online,
                Health::Offline => ResourceState::Offline,
                Health::Failed => ResourceState::Failed,
            },
            wanted: resource.state != Health::Offline,
            due: None,
            goal: Goal::Stay,
            restarts: 0,
            sequence: self.number,
            born: self.born(),
            dependencies,
            possible: if resource.possible_owners.is_empty() { None } else { Some(possible) },
            separate_monitor: false,
            core: resource.core,
            common: model::Properties::new(),
            private: properties(&resource.private_properties),
        };
        let id = ResourceId::new(self.resource_id(resource));
        self.state.resources.insert(id.clone(), built);
        self.common(&Subject::Resource(id), &resource.properties);
    }

    fn resource_id(&self, resource: &Resource) -> String {
        self.id(resource.id.as_ref(), "resources", &resource.name)
    }

    /// The name of a type as the type itself is spelt.
    fn type_name(&self, name: &str) -> Name {
        let found = self.state.resource_types.get_key_value(&Name::from(name));
        found.map_or_else(|| Name::from(name), |(name, _)| name.clone())
    }

    fn group_sets(&mut self) {
        for set in &self.definition.group_sets {
            let id = GroupSetId::new(self.set_id(set));
            let needs = set.depends_on.iter().filter_map(|name| {
                let needed = self.definition.group_sets.iter().find(|set| same_name(&set.name, name))?;
                Some(Expression::On(self.set_id(needed)))
            });
            let dependencies = all_of(needs.collect());
            let built = model::GroupSet {
                name: set.name.clone(),
                born: self.born(),
                dependencies,
                private: properties(&set.private_properties),
                ..model::GroupSet::default()
            };
            for group in self.state.groups.values_mut() {
                if set.groups.iter().any(|member| same_name(member, &group.name)) {
                    group.set = Some(id.clone());
                }
            }
            self.state.group_sets.insert(id.clone(), built);
            self.common(&Subject::GroupSet(id), &set.properties);
        }
    }

    fn set_id(&self, set: &GroupSet) -> String {
        self.id(set.id.as_ref(), "group_sets", &set.name)
    }

    fn quorum(&mut self) {
        let quorum = &self.definition.quorum;
        let resource = quorum.resource.as_ref().and_then(|name| self.state.resource(name));
        self.state.quorum = model::Quorum {
            lost: false,
            resource: resource.map(|(id, _)| id.clone()),
            device: quorum.device.clone(),
            max_log_size: quorum.max_log_size,
        };
    }

    fn registry(&mut self) {
        let mut root = Key { born: self.born(), ..Key::default() };
        let text = |value: &str| crate::plain::PlainValue::Text(value.to_owned()).to_key_value();
        root.values.insert("ClusterInstanceID".into(), text(&self.state.cluster.id));
        root.values.insert("ClusterName".into(), text(&self.state.cluster.name));
        for entry in &self.definition.registry {
            let mut at = &mut root;
            for part in entry.key.split('\\').filter(|part| !part.is_empty()) {
                let born = self.born();
                let fresh = || Arc::new(Key { born, ..Key::default() });
                at = Arc::make_mut(at.keys.entry(part.into()).or_insert_with(fresh));
            }
            let values =
                entry.values.iter().map(|(name, value)| (name.as_str().into(), value.to_key_value()));
            at.values.extend(values);
        }
        self.state.registry = Arc::new(root);
    }
}

/// Derives the states that follow from others, by the rules that later changes follow.
fn settle(state: &mut State) {
    let groups: Vec<_> = state.groups.keys().map(|id| (id.clone(), state.group_state(id))).collect();
    for (id, found) in groups {
        state.groups.entry(id).and_modify(|group| group.state = found.0);
    }
    let interfaces: Vec<_> =
        state.interfaces.keys().map(|id| (id.clone(), state.interface_state(id))).collect();
    for (id, found) in interfaces {
        state.interfaces.entry(id).and_modify(|interface| interface.state = found);
    }
    let networks: Vec<_> = state.networks.keys().map(|id| (id.clone(), state.network_state(id))).collect();
    for (id, found) in networks {
        state.networks.entry(id).and_modify(|network| network.state = found);
    }
}

fn properties(given: &Properties) -> model::Properties {
    given.iter().map(|(name, value)| (name.as_str().into(), value.to_property())).collect()
}

fn all_of(mut needs: Vec<Expression>) -> Expression {
    match needs.len() {
        0 => Expression::None,
        1 => needs.pop().unwrap_or_default(),
        _ => Expression::All(needs),
    }
}

fn built_in(kind: &BuiltIn) -> ResourceType {
    ResourceType {
        display_name: kind.name.into(),
        dll: kind.dll.into(),
        looks_alive: 5_000,
        is_alive: 60_000,
        quorum_capable: kind.class == Class::Storage && kind.name == "Physical Disk",
        not_installed: kind.class == Class::NotInstalled,
        class: match kind.class {
            Class::Storage => STORAGE,
            Class::Network => NETWORK,
            Class::Other | Class::NotInstalled => USER,
        },
        ..ResourceType::default()
    }
}

/// A type of a definition; what it does not say is as it was before, or as it is for types that anybody makes.
fn defined(kind: &Type, before: Option<ResourceType>) -> ResourceType {
    let fresh = BuiltIn { name: "", dll: "clusres.dll", class: Class::Other };
    let mut defined =
        before.unwrap_or_else(|| ResourceType { display_name: kind.name.clone(), ..built_in(&fresh) });
    if let Some(name) = &kind.display_name {
        defined.display_name.clone_from(name);
    }
    if let Some(dll) = &kind.dll {
        defined.dll.clone_from(dll);
    }
    defined.private.extend(properties(&kind.private_properties));
    defined
}

/// The address of a node on a network: the network's with the number of the node as its last part.
fn host_on(network: &str, node: NodeId) -> String {
    let prefix = network.rsplit_once('.').map_or(network, |(prefix, _)| prefix);
    format!("{prefix}.{}", node.0 & 0xFF)
}
