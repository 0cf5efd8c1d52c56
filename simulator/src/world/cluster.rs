//! The objects of the cluster.

use cmrp_port::object::{Object, ObjectKind, same_name};
use cmrp_port::sequence::StateSequences;

use super::Told;
use crate::model::state_event;

/// An object, or the memory of one that was deleted.
#[derive(Clone, Debug)]
pub struct Thing {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// The group of a resource, the node of a group or an interface: an index into the things of that kind.
    pub parent: usize,
    /// Its state.
    pub state: u32,
    /// Whether it exists.
    pub exists: bool,
    /// The state number that the last event about its state carried.
    pub told: u32,
    /// When that was, in milliseconds.
    pub told_at: u64,
}

/// The cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its objects.
    pub things: Vec<Thing>,
    /// The state numbers.
    pub sequences: StateSequences,
    /// How often something was renamed.
    pub renames: u32,
}

impl Cluster {
    /// A cluster of so many nodes.
    pub fn new(nodes: usize) -> Self {
        let mut cluster = Self {
            name: "Cluster".to_owned(),
            things: Vec::with_capacity(32),
            sequences: StateSequences::new(),
            renames: 0,
        };
        for node in 1..=nodes {
            cluster.add(ObjectKind::Node, format!("N{node}"), 0);
        }
        for (group, node) in [("G1", 0), ("G2", 1), ("G3", 0)] {
            cluster.add(ObjectKind::Group, group.to_owned(), node);
        }
        for (resource, group) in [("R1", 0), ("R2", 0), ("R3", 1), ("R4", 2)] {
            cluster.add(ObjectKind::Resource, resource.to_owned(), group);
        }
        for network in ["Net1", "Net2"] {
            cluster.add(ObjectKind::Network, network.to_owned(), 0);
            for node in 1..=nodes {
                let interface = format!("{network} - N{node}");
                cluster.add(ObjectKind::NetInterface, interface, node.saturating_sub(1));
            }
        }
        for key in ["", "Software", "Software\\A", "Software\\A\\B", "Hardware"] {
            cluster.add(ObjectKind::Key, key.to_owned(), 0);
        }
        cluster.add(ObjectKind::GroupSet, "Set".to_owned(), 0);
        for resource_type in ["Disk", "Name"] {
            cluster.add(ObjectKind::ResourceType, resource_type.to_owned(), 0);
        }
        cluster
    }

    fn add(&mut self, kind: ObjectKind, name: String, parent: usize) {
        let id = format!("{:02x}", self.things.len());
        self.sequences.created(Object::new(kind, name.as_str()));
        self.things.push(Thing { kind, name, id, parent, state: 0, exists: true, told: 0, told_at: 0 });
    }

    /// Notes when events told the states of objects.
    pub fn stamp(&mut self, now: u64, told: &[Told]) {
        for told in told {
            let Told::V1 { change, name, .. } = told else { continue };
            for thing in &mut self.things {
                if thing.name == *name && state_event(thing.kind) == change.bits() {
                    thing.told_at = now;
                }
            }
        }
    }

    /// The existing object of a name or, for resources, of an identifier.
    pub fn find(&self, kind: ObjectKind, name: &str) -> Option<&Thing> {
        let named = |thing: &&Thing| {
            same_name(&thing.name, name) || (kind == ObjectKind::Resource && thing.id == name)
        };
        self.existing(kind).find(named)
    }

    /// The existing objects of a kind.
    pub fn existing(&self, kind: ObjectKind) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(move |thing| thing.kind == kind && thing.exists)
    }

    /// The index of one of the objects of a kind that exist or, to make them again, that don't.
    pub(super) fn index(&self, kind: ObjectKind, which: usize, exists: bool) -> Option<usize> {
        let matching = |thing: &Thing| thing.kind == kind && thing.exists == exists && !thing.name.is_empty();
        let count = self.things.iter().filter(|thing| matching(thing)).count();
        let nth = which.checked_rem(count)?;
        let mut indices = self.things.iter().enumerate().filter(|(_, thing)| matching(thing));
        indices.nth(nth).map(|(index, _)| index)
    }

    /// A name of a kind, of an object that exists or existed.
    pub fn name_of(&self, kind: ObjectKind, which: usize) -> String {
        let of_kind = || self.things.iter().filter(|thing| thing.kind == kind);
        let nth = which.checked_rem(of_kind().count()).unwrap_or(0);
        of_kind().nth(nth).map_or_else(String::new, |thing| thing.name.clone())
    }

    /// The identifier of the parent of an object.
    pub(super) fn parent_id(&self, thing: &Thing) -> String {
        let kind = match thing.kind {
            ObjectKind::Resource => ObjectKind::Group,
            ObjectKind::Group | ObjectKind::NetInterface => ObjectKind::Node,
            _ => return String::new(),
        };
        self.parent(kind, thing.parent).map_or_else(String::new, |parent| parent.id.clone())
    }

    /// The parent of that kind and place.
    pub(super) fn parent(&self, kind: ObjectKind, place: usize) -> Option<&Thing> {
        self.things.iter().filter(|thing| thing.kind == kind).nth(place)
    }
}
