//! State numbers: section 4 "State number" of the fact sheet, MS-CMRP 3.1.1.1.1 and 3.1.1.1.4.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::{StateNumbers, StateSequences};

const NUMBERED: [ObjectKind; 5] = [
    ObjectKind::Resource,
    ObjectKind::Group,
    ObjectKind::Node,
    ObjectKind::Network,
    ObjectKind::NetInterface,
];
const NAMES: [&str; 4] = ["Disk", "DISK", "Netzname Ä", "other"];

/// Something that happens in a cluster and may change a number.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Created(ObjectKind, &'static str),
    Transition(ObjectKind, &'static str),
    Moved(&'static str),
    Removed(ObjectKind, &'static str),
    Renamed(ObjectKind, &'static str, &'static str),
}

/// Happenings, the same ones for the same seed.
struct Happenings(u64);

impl Happenings {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[(self.0 >> 33) as usize % from.len()]
    }
}

impl Iterator for Happenings {
    type Item = Happening;

    fn next(&mut self) -> Option<Happening> {
        let (kind, name) = (self.pick(&NUMBERED), self.pick(&NAMES));
        Some(match self.pick(&[0, 1, 1, 1, 2, 3, 4]) {
            0 => Happening::Created(kind, name),
            1 => Happening::Transition(kind, name),
            2 => Happening::Moved(name),
            3 => Happening::Removed(kind, name),
            _ => Happening::Renamed(kind, name, self.pick(&NAMES)),
        })
    }
}

fn apply(numbers: &mut StateSequences, happening: Happening) {
    match happening {
        Happening::Created(kind, name) => numbers.created(Object::new(kind, name)),
        Happening::Transition(kind, name) => _ = numbers.transition(&Object::new(kind, name)),
        Happening::Moved(name) => _ = numbers.moved(name),
        Happening::Removed(kind, name) => _ = numbers.removed(&Object::new(kind, name)),
        Happening::Renamed(kind, old, new) => numbers.renamed(kind, old, new),
    }
}

/// The rule once more, as a list: an object that is not in it counts as 0.
#[derive(Default)]
struct Plain(Vec<(ObjectKind, String, u32)>);

impl Plain {
    fn take(&mut self, kind: ObjectKind, name: &str) -> Option<u32> {
        let at = self.0.iter().position(|(k, n, _)| *k == kind && *n == name.to_lowercase())?;
        Some(self.0.remove(at).2)
    }

    fn put(&mut self, kind: ObjectKind, name: &str, number: u32) {
        self.take(kind, name);
        self.0.push((kind, name.to_lowercase(), number));
    }

    fn rise(&mut self, kind: ObjectKind, name: &str) {
        let before = self.take(kind, name).unwrap_or(0);
        self.put(kind, name, before + 1);
    }

    fn apply(&mut self, happening: Happening) {
        match happening {
            Happening::Created(kind, name) => self.put(kind, name, 0),
            Happening::Transition(kind, name) => self.rise(kind, name),
            Happening::Moved(name) => self.rise(ObjectKind::Resource, name),
            Happening::Removed(kind, name) => _ = self.take(kind, name),
            Happening::Renamed(kind, old, new) => {
                if let Some(number) = self.take(kind, old) {
                    self.put(kind, new, number);
                }
            }
        }
    }

    fn number(&mut self, kind: ObjectKind, name: &str) -> u32 {
        self.0.iter().find(|(k, n, _)| *k == kind && *n == name.to_lowercase()).map_or(0, |entry| entry.2)
    }
}

/// Rows: 4/state-1
#[test]
fn s4_a_resource_starts_at_0_and_rises_with_each_transition_and_move() {
    let mut numbers = StateSequences::new();
    let resource = Object::new(ObjectKind::Resource, "Disk");
    numbers.created(resource.clone());
    assert_eq!(numbers.state_sequence(&resource), 0);
    assert_eq!(numbers.transition(&resource), 1);
    assert_eq!(numbers.moved("disk"), 2);
    assert_eq!(numbers.transition(&resource), 3);
    assert_eq!(numbers.state_sequence(&Object::new(ObjectKind::Resource, "DISK")), 3);
}

/// Rows: 4/state-2
#[test]
fn s4_a_group_starts_at_0_and_rises_with_each_transition_alone() {
    let mut numbers = StateSequences::new();
    let group = Object::new(ObjectKind::Group, "Disk");
    numbers.created(group.clone());
    assert_eq!(numbers.state_sequence(&group), 0);
    numbers.moved("Disk");
    assert_eq!(numbers.state_sequence(&group), 0, "it is the resource of that name that moved");
    assert_eq!(numbers.transition(&group), 1);
}

/// Rows: 4/state-3
#[test]
fn s4_active_nodes_that_are_told_the_same_agree() {
    for seed in 0..200 {
        let (mut one, mut other) = (StateSequences::new(), StateSequences::new());
        for (step, happening) in Happenings(seed).take(150).enumerate() {
            if step == 50 {
                // Another node joins, and takes over from one that restarts.
                other = one.iter().map(|(object, number)| (object.clone(), number)).collect();
            }
            apply(&mut one, happening);
            apply(&mut other, happening);
            assert_eq!(one, other, "seed {seed}, step {step}: {happening:?}");
        }
    }
}

/// Rows: 4/state-1, 4/state-2, 4/state-4
#[test]
fn s4_the_numbers_follow_the_rule_whatever_happens() {
    for seed in 0..200 {
        let (mut numbers, mut plain) = (StateSequences::new(), Plain::default());
        for happening in Happenings(seed).take(150) {
            apply(&mut numbers, happening);
            plain.apply(happening);
            for (kind, name) in NUMBERED.iter().flat_map(|kind| NAMES.map(|name| (*kind, name))) {
                let number = numbers.state_sequence(&Object::new(kind, name));
                assert_eq!(number, plain.number(kind, name), "seed {seed}, {kind:?} {name}: {happening:?}");
            }
        }
    }
}

/// Rows: 4/state-5
#[test]
fn s4_cluster_keys_group_sets_and_resource_types_have_no_number() {
    for kind in [ObjectKind::Cluster, ObjectKind::Key, ObjectKind::GroupSet, ObjectKind::ResourceType] {
        let object = Object::new(kind, "x");
        let mut numbers = StateSequences::new();
        numbers.created(object.clone());
        assert_eq!(numbers.transition(&object), 0);
        assert_eq!(numbers.state_sequence(&object), 0);
        assert_eq!(numbers.iter().count(), 0);
    }
}

#[test]
fn after_the_largest_number_comes_0() {
    let node = Object::new(ObjectKind::Node, "n1");
    let mut numbers: StateSequences = [(node.clone(), u32::MAX)].into_iter().collect();
    assert_eq!(numbers.transition(&node), 0);
}

#[test]
fn a_name_that_is_used_again_starts_at_0() {
    let mut numbers = StateSequences::new();
    let resource = Object::new(ObjectKind::Resource, "Disk");
    numbers.moved("Disk");
    assert_eq!(numbers.removed(&resource), Some(1));
    assert_eq!(numbers.removed(&resource), None);
    numbers.created(resource.clone());
    assert_eq!(numbers.state_sequence(&resource), 0);
}

#[test]
fn a_rename_keeps_the_number_and_takes_the_new_spelling() {
    let mut numbers = StateSequences::new();
    numbers.moved("disk");
    numbers.renamed(ObjectKind::Resource, "DISK", "Disk");
    let (object, number) = numbers.iter().next().expect("one object");
    assert_eq!((&*object.name, number), ("Disk", 1));
}
