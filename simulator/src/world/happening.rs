//! What happens in the cluster, and the events of both port versions that tell it.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::StateNumbers as _;

use super::{Cluster, Told};
use crate::dice::Dice;

/// Something that happens. `which` picks one of the objects that fit, whatever their number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields that the first lines explain")]
pub enum Happening {
    /// An object changes its state.
    State { kind: ObjectKind, which: usize, state: u32 },
    /// A property of an object changes.
    Property { kind: ObjectKind, which: usize, private: bool },
    /// An object is deleted.
    Delete { kind: ObjectKind, which: usize },
    /// A deleted object is made again.
    Create { kind: ObjectKind, which: usize },
    /// An object gets another name.
    Rename { kind: ObjectKind, which: usize },
    /// A resource moves to another group, a group to another node.
    Move { kind: ObjectKind, which: usize, to: usize },
    /// Something is written to the cluster registry: 0 a key, 1 its attributes, 2 a value.
    Registry { which: usize, what: usize },
    /// The cluster itself, or what it has once: a number that names the event.
    Cluster { what: usize },
}

/// The kinds that have all events of the first lines of the table.
const KINDS: [ObjectKind; 5] = [
    ObjectKind::Node,
    ObjectKind::Group,
    ObjectKind::Resource,
    ObjectKind::Network,
    ObjectKind::NetInterface,
];

/// Object types of version 2 ports.
const fn object_type(kind: ObjectKind) -> u32 {
    match kind {
        ObjectKind::Cluster => 1,
        ObjectKind::Group => 2,
        ObjectKind::Resource => 3,
        ObjectKind::ResourceType => 4,
        ObjectKind::NetInterface => 5,
        ObjectKind::Network => 6,
        ObjectKind::Node => 7,
        ObjectKind::Key => 8,
        ObjectKind::GroupSet => 13,
    }
}

/// What the flags of the object types have in common, and where they differ.
struct Flags {
    deleted: u64,
    common: u64,
    private: u64,
    state: u64,
}

const fn flags(kind: ObjectKind) -> Flags {
    match kind {
        ObjectKind::Resource => Flags { deleted: 0x80, common: 1, private: 2, state: 4 },
        ObjectKind::Node => Flags { deleted: 2, common: 4, private: 8, state: 0x10 },
        _ => Flags { deleted: 1, common: 2, private: 4, state: 8 },
    }
}

/// The lowest bit of the four events of a kind on version 1 ports: state, deleted, added, property.
const fn first_bit(kind: ObjectKind) -> Option<u32> {
    Some(match kind {
        ObjectKind::Node => 0x0000_0001,
        ObjectKind::Resource => 0x0000_0100,
        ObjectKind::Group => 0x0000_1000,
        ObjectKind::Network => 0x0010_0000,
        ObjectKind::NetInterface => 0x0100_0000,
        _ => return None,
    })
}

impl Happening {
    /// Something plausible.
    pub fn random(dice: &mut Dice<'_>, renames: bool, deletes: bool) -> Self {
        let kind = dice.pick(&KINDS).copied().unwrap_or(ObjectKind::Group);
        let which = dice.below(8);
        match dice.below(20) {
            0..=7 => Self::State { kind, which, state: u32::try_from(dice.below(4)).unwrap_or(0) },
            8..=9 => Self::Property { kind, which, private: dice.percent(50) },
            10 if deletes => Self::Delete { kind: deletable(dice), which },
            11..=12 if deletes => Self::Create { kind: deletable(dice), which },
            13 if renames => {
                Self::Rename { kind: dice.one(ObjectKind::Group, &[ObjectKind::Resource]), which }
            }
            14 => Self::Move {
                kind: dice.one(ObjectKind::Resource, &[ObjectKind::Group]),
                which,
                to: dice.below(3),
            },
            15..=17 => Self::Registry { which, what: dice.below(3) },
            _ => Self::Cluster { what: dice.below(12) },
        }
    }

    /// Lets it happen: the events, and the new name of an object.
    pub fn apply(self, cluster: &mut Cluster) -> Effect {
        let mut effect = Effect::default();
        // Nothing happens if there is no object that it could happen to.
        let _ = effect.of(self, cluster);
        effect
    }
}

fn deletable(dice: &mut Dice<'_>) -> ObjectKind {
    dice.one(
        ObjectKind::Resource,
        &[
            ObjectKind::Group,
            ObjectKind::Network,
            ObjectKind::NetInterface,
            ObjectKind::Key,
            ObjectKind::ResourceType,
            ObjectKind::GroupSet,
            ObjectKind::Node,
        ],
    )
}

/// What the servers have to be told.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The events, in order.
    pub told: Vec<Told>,
    /// An object has a new name: its kind, the old and the new one.
    pub renamed: Option<(ObjectKind, String, String)>,
}

impl Effect {
    fn of(&mut self, happening: Happening, cluster: &mut Cluster) -> Option<()> {
        match happening {
            Happening::State { kind, which, state } => self.state(cluster, kind, which, state),
            Happening::Property { kind, which, private } => {
                let index = cluster.index(kind, which, true)?;
                self.property(cluster, index, private)
            }
            Happening::Delete { kind, which } => self.delete(cluster, kind, which),
            Happening::Create { kind, which } => self.create(cluster, kind, which),
            Happening::Rename { kind, which } => self.rename(cluster, kind, which),
            Happening::Move { kind, which, to } => self.move_to(cluster, kind, which, to),
            Happening::Registry { which, what } => {
                self.registry(cluster, which, what);
                Some(())
            }
            Happening::Cluster { what } => self.cluster(cluster, what),
        }
    }

    fn v1(&mut self, change: u32, name: &str, sequence: u32) {
        let change = ClusterChange::from_bits_retain(change);
        self.told.push(Told::V1 { change, name: name.to_owned(), sequence });
    }

    /// An event of an object about itself.
    fn v2(&mut self, cluster: &Cluster, index: usize, flag: u64, buffer: &[u8]) -> Option<()> {
        let thing = cluster.things.get(index)?;
        let type_name = if thing.kind == ObjectKind::Resource { "Disk" } else { "" };
        let has_id = !matches!(thing.kind, ObjectKind::Key | ObjectKind::ResourceType);
        self.told.push(Told::V2 {
            filter: ObjectFilter::received(object_type(thing.kind), flag),
            target: thing.name.clone(),
            buffer: buffer.to_vec(),
            object_id: if has_id { thing.id.clone() } else { String::new() },
            parent_id: Some(cluster.parent_id(thing)),
            name: thing.name.clone(),
            type_name: Some(type_name.to_owned()),
        });
        Some(())
    }

    /// An event that an object type tells of another object.
    fn about(&mut self, filter: (u32, u64), target: &str, name: &str, id: &str, parent: Option<&str>) {
        self.told.push(Told::V2 {
            filter: ObjectFilter::received(filter.0, filter.1),
            target: target.to_owned(),
            buffer: Vec::new(),
            object_id: id.to_owned(),
            parent_id: parent.map(str::to_owned),
            name: name.to_owned(),
            type_name: parent.map(|_| String::new()),
        });
    }

    fn state(&mut self, cluster: &mut Cluster, kind: ObjectKind, which: usize, state: u32) -> Option<()> {
        let index = cluster.index(kind, which, true)?;
        let thing = cluster.things.get_mut(index)?;
        if kind.has_state_sequence() {
            thing.told = cluster.sequences.transition(&Object::new(kind, thing.name.as_str()));
        }
        thing.state = state;
        let (name, told) = (thing.name.clone(), thing.told);
        if let Some(bit) = first_bit(kind) {
            self.v1(bit, &name, told);
        }
        self.v2(cluster, index, flags(kind).state, &state.to_le_bytes())?;
        if kind == ObjectKind::Node {
            self.about((1, 0x800), "", "", "", Some(""));
        }
        Some(())
    }

    fn property(&mut self, cluster: &Cluster, index: usize, private: bool) -> Option<()> {
        let thing = cluster.things.get(index)?;
        if let Some(bit) = first_bit(thing.kind) {
            self.v1(bit << 3, &thing.name, self.sequence(cluster, index));
        } else if thing.kind == ObjectKind::ResourceType {
            self.v1(0x0004_0000, &thing.name, 0);
        }
        let flag = if private { flags(thing.kind).private } else { flags(thing.kind).common };
        self.v2(cluster, index, flag, b"props")
    }

    #[allow(clippy::unused_self, reason = "reads as part of the event")]
    fn sequence(&self, cluster: &Cluster, index: usize) -> u32 {
        cluster.things.get(index).map_or(0, |thing| {
            cluster.sequences.state_sequence(&Object::new(thing.kind, thing.name.as_str()))
        })
    }

    fn delete(&mut self, cluster: &mut Cluster, kind: ObjectKind, which: usize) -> Option<()> {
        let index = cluster.index(kind, which, true)?;
        let sequence = self.sequence(cluster, index);
        let thing = cluster.things.get_mut(index)?;
        thing.exists = false;
        let name = thing.name.clone();
        cluster.sequences.removed(&Object::new(kind, name.as_str()));
        match (kind, first_bit(kind)) {
            (_, Some(bit)) => self.v1(bit << 1, &name, sequence),
            (ObjectKind::ResourceType, _) => self.v1(0x0001_0000, &name, 0),
            (ObjectKind::Key, _) => self.v1(0x10, &name, 0),
            _ => {}
        }
        let flag = if kind == ObjectKind::Key { 0x2 } else { flags(kind).deleted };
        self.v2(cluster, index, flag, &[])
    }

    fn create(&mut self, cluster: &mut Cluster, kind: ObjectKind, which: usize) -> Option<()> {
        let index = cluster.index(kind, which, false)?;
        let thing = cluster.things.get_mut(index)?;
        (thing.exists, thing.told) = (true, 0);
        let thing = thing.clone();
        cluster.sequences.created(Object::new(kind, thing.name.as_str()));
        match (kind, first_bit(kind)) {
            (_, Some(bit)) => self.v1(bit << 2, &thing.name, 0),
            (ObjectKind::ResourceType, _) => self.v1(0x0002_0000, &thing.name, 0),
            (ObjectKind::Key, _) => self.v1(0x10, &thing.name, 0),
            _ => {}
        }
        let parent = cluster.parent_id(&thing);
        let filter = match kind {
            ObjectKind::Group => (1, 0x4),
            ObjectKind::Network => (1, 0x10),
            ObjectKind::Node => (1, 0x20),
            ObjectKind::ResourceType => (1, 0x40),
            ObjectKind::Resource => (2, 0x40),
            ObjectKind::NetInterface => (7, 0x1),
            ObjectKind::Key => (8, 0x2),
            _ => return None,
        };
        let target = match kind {
            ObjectKind::Resource => cluster.parent(ObjectKind::Group, thing.parent)?.name.clone(),
            ObjectKind::NetInterface => cluster.parent(ObjectKind::Node, thing.parent)?.name.clone(),
            ObjectKind::Key => thing.name.clone(),
            _ => String::new(),
        };
        self.about(filter, &target, &thing.name, &thing.id, Some(&parent));
        Some(())
    }

    fn rename(&mut self, cluster: &mut Cluster, kind: ObjectKind, which: usize) -> Option<()> {
        let index = cluster.index(kind, which, true)?;
        cluster.renames = cluster.renames.saturating_add(1);
        let number = cluster.renames;
        let thing = cluster.things.get_mut(index)?;
        let new = format!("{}'{number}", thing.name.split('\'').next().unwrap_or_default());
        let old = core::mem::replace(&mut thing.name, new.clone());
        cluster.sequences.renamed(kind, &old, &new);
        self.renamed = Some((kind, old, new));
        self.property(cluster, index, false)
    }

    fn move_to(&mut self, cluster: &mut Cluster, kind: ObjectKind, which: usize, to: usize) -> Option<()> {
        let index = cluster.index(kind, which, true)?;
        let thing = cluster.things.get_mut(index)?;
        let from = core::mem::replace(&mut thing.parent, to);
        let thing = thing.clone();
        if kind == ObjectKind::Resource {
            cluster.sequences.moved(&thing.name);
        }
        let (parent, lost, gained, owner) = match kind {
            ObjectKind::Resource => (ObjectKind::Group, (2, 0x100), (2, 0x80), 0x8),
            _ => (ObjectKind::Node, (7, 0x40), (7, 0x20), 0x10),
        };
        self.v2(cluster, index, owner, &[])?;
        for (place, filter) in [(from, lost), (to, gained)] {
            if let Some(parent) = cluster.parent(parent, place) {
                if kind == ObjectKind::Resource {
                    let group = Object::new(ObjectKind::Group, parent.name.as_str());
                    self.v1(0x8000, &parent.name, cluster.sequences.state_sequence(&group));
                }
                self.about(filter, &parent.name, &parent.name, &parent.id, Some(""));
            }
        }
        Some(())
    }

    fn registry(&mut self, cluster: &Cluster, which: usize, what: usize) {
        let path = cluster.name_of(ObjectKind::Key, which);
        let (bit, flag) = match what {
            0 => (0x10, 0x2),
            1 => (0x20, 0x1),
            _ => (0x40, 0x8),
        };
        self.v1(bit, &path, 0);
        let value = if what == 2 { "value" } else { "" };
        self.about((8, flag), &path, &path, value, Some(""));
    }

    fn cluster(&mut self, cluster: &mut Cluster, what: usize) -> Option<()> {
        match what {
            0 | 1 => {
                self.v1(0x1000_0000, "", 0);
                self.about((9, 0x1), "", "R1", "07", None);
            }
            2 | 3 => {
                self.v1(0x4000_0000, "", 0);
                self.about((1, 0x80), "", "", "", Some(""));
            }
            4 => {
                cluster.renames = cluster.renames.saturating_add(1);
                let new = format!("Cluster{}", cluster.renames);
                let old = core::mem::replace(&mut cluster.name, new.clone());
                self.v1(0x4000_0000, "", 0);
                self.about((1, 0x400), "", &new, "", Some(""));
                self.renamed = Some((ObjectKind::Cluster, old, new));
            }
            5 => self.about((10, 0x1), "", "R1", "07", None),
            6 => self.about((11, 0x1), "", "", "", Some("")),
            7 => self.about((12, 0x2), "", "", "", Some("")),
            8 => self.about((1, 0x1000), "", "", "", Some("")),
            9 => {
                let index = cluster.index(ObjectKind::ResourceType, cluster.name.len(), true)?;
                self.property(cluster, index, false)?;
            }
            _ => {
                let index = cluster.index(ObjectKind::GroupSet, 0, true)?;
                self.v2(cluster, index, 0x8, &[])?;
            }
        }
        Some(())
    }
}
