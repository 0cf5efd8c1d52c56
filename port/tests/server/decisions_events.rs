//! The decisions of `DECISIONS.md` on what events say.

use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::{StateNumbers, StateSequences};

use crate::harness::{CLUSTER, both, v3};
use crate::reply::Event;

/// Decision 7.
#[test]
fn d07_events_without_an_object_have_state_number_0_and_the_name_that_was_posted() {
    v3(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x5007_0070, 1), 0);
        let posted =
            [(0x4000_0000, ""), (0x1000_0000, ""), (0x1_0000, "IP Address"), (0x10, ""), (0x4_0000, CLUSTER)];
        posted.iter().for_each(|(change, name)| bench.post(*change, name, 0));
        assert_eq!(bench.drain(port), posted.map(|(change, name)| Event::new(1, change, 0, name)));
    });
}

/// Decision 8.
#[test]
fn d08_the_name_of_a_registry_event_is_the_path_below_the_root_key() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "Resources"));
        assert_eq!(bench.add_key(port, key, 0x70, 1, 1), 0);
        assert_eq!(bench.add_cluster(port, 0x70, 2), 0);
        bench.post(0x40, "Resources\\1\\Parameters", 0);
        bench.post(0x10, "", 0);
        let expected = [Event::new(1, 0x40, 0, "Resources\\1\\Parameters"), Event::new(2, 0x10, 0, "")];
        assert_eq!(bench.drain(port), expected);
    });
}

/// Decision 9.
#[test]
fn d09_nodes_networks_and_interfaces_count_as_groups_do() {
    let mut numbers = StateSequences::new();
    for kind in [ObjectKind::Node, ObjectKind::Network, ObjectKind::NetInterface] {
        let object = Object::new(kind, "X");
        numbers.created(object.clone());
        assert_eq!(numbers.state_sequence(&object), 0);
        for expected in 1..10 {
            assert_eq!(numbers.transition(&object), expected);
            assert_eq!(numbers.state_sequence(&object), expected);
        }
    }
}

/// Decision 9.
#[test]
fn d09_after_the_largest_number_comes_0() {
    let object = Object::new(ObjectKind::Node, "N");
    let mut numbers: StateSequences = [(object.clone(), u32::MAX)].into_iter().collect();
    assert_eq!(numbers.transition(&object), 0);
    assert_eq!(numbers.state_sequence(&object), 0);
}

/// Decision 16.
#[test]
fn d16_filters_on_object_types_without_flags_are_0x57() {
    v3(|bench| {
        let handles = bench.handles();
        for object_type in [14, 15, 16] {
            for (kind, object) in &handles.objects {
                for (flags, targeted) in [(1, true), (1, false), (0, false), (-1, true)] {
                    let result = bench.add_v2(handles.v2, *object, (object_type, flags), 1, targeted);
                    assert_eq!(result, 0x57, "type {object_type}, {kind:?}, {flags:x}");
                }
            }
        }
    });
}
