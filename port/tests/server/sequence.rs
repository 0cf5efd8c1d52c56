//! The state numbers of objects (MS-CMRP 3.1.1.1.1, 3.1.1.1.4).

use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::{StateNumbers, StateSequences};

fn object(kind: ObjectKind) -> Object {
    Object::new(kind, "X")
}

/// Rows: 4/14, 4/17
#[test]
fn s4_resources_and_groups_start_at_0() {
    let mut numbers = StateSequences::new();
    for kind in [ObjectKind::Resource, ObjectKind::Group] {
        numbers.created(object(kind));
        assert_eq!(numbers.state_sequence(&object(kind)), 0);
        numbers.transition(&object(kind));
        numbers.removed(&object(kind));
        numbers.created(object(kind));
        assert_eq!(numbers.state_sequence(&object(kind)), 0, "made anew");
    }
}

/// Rows: 4/15, 4/18
#[test]
fn s4_the_number_rises_on_each_transition() {
    let mut numbers = StateSequences::new();
    for kind in [ObjectKind::Resource, ObjectKind::Group] {
        numbers.created(object(kind));
        for expected in 1..100 {
            assert_eq!(numbers.transition(&object(kind)), expected);
            assert_eq!(numbers.state_sequence(&object(kind)), expected);
        }
    }
    assert_eq!(numbers.state_sequence(&Object::new(ObjectKind::Group, "Other")), 0);
}

/// Rows: 4/16
#[test]
fn s4_the_number_of_a_resource_rises_when_it_moves_to_another_group() {
    let mut numbers = StateSequences::new();
    numbers.created(object(ObjectKind::Resource));
    assert_eq!(numbers.transition(&object(ObjectKind::Resource)), 1);
    assert_eq!(numbers.moved("X"), 2);
    assert_eq!(numbers.state_sequence(&object(ObjectKind::Resource)), 2);
}

/// Nodes that are told the same agree, and a node that joins takes the numbers over.
///
/// Rows: 4/13
#[test]
fn s4_the_numbers_are_alike_on_all_active_nodes() {
    let tell = |numbers: &mut StateSequences| {
        numbers.created(object(ObjectKind::Resource));
        numbers.created(object(ObjectKind::Group));
        numbers.transition(&object(ObjectKind::Group));
        numbers.moved("X");
        numbers.renamed(ObjectKind::Group, "X", "Y");
    };
    let (mut one, mut other) = (StateSequences::new(), StateSequences::new());
    tell(&mut one);
    tell(&mut other);
    let joined: StateSequences = one.iter().map(|(object, number)| (object.clone(), number)).collect();
    let objects =
        [object(ObjectKind::Resource), object(ObjectKind::Group), Object::new(ObjectKind::Group, "Y")];
    for (object, expected) in objects.iter().zip([1, 0, 1]) {
        for numbers in [&one, &other, &joined] {
            assert_eq!(numbers.state_sequence(object), expected, "{object:?}");
        }
    }
}
