//! The decisions of `DECISIONS.md` on what events say.

use cmrp_port::event::v2::{
    Group, GroupEvent, GroupSet, GroupSetEvent, Node, Spaceport, SpaceportEvent, UpgradeEvent,
};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::{StateNumbers, StateSequences};

use crate::harness::{CLUSTER, both, got_v2, v3};
use crate::reply::{Event, EventOfV2};

/// Decision 7.
#[test]
fn d07_events_without_an_object_have_state_number_0_and_the_name_that_was_posted() {
    v3(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x5007_0070, 1), 0);
        let posted =
            [(0x4000_0000, ""), (0x1000_0000, ""), (0x1_0000, "IP Address"), (0x10, ""), (0x4_0000, CLUSTER)];
        for (change, name) in posted {
            bench.post(change, name, 0);
        }
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

/// Decision 16.
#[test]
fn d16_payloads_by_analogy_reach_the_client() {
    v3(|bench| {
        let (port, set) = (bench.port_v2(), bench.object(ObjectKind::GroupSet, "Set"));
        assert_eq!(bench.add_v2(port, set, (13, 0xFF), 1, true), 0);
        bench.watch_v2(port, (11, 0x1), 2);
        bench.watch_v2(port, (12, 0x7), 3);
        let mut buffer = Vec::new();
        let of_set = GroupSet { id: "s1", name: "Set" };
        bench.post_v2(&GroupSetEvent::GroupAdded("g").of(of_set, &mut buffer));
        bench.post_v2(&GroupSetEvent::State(7).of(of_set, &mut buffer));
        let of_space = Spaceport { id: "p1", name: "Space" };
        bench.post_v2(&SpaceportEvent::CustomPnp(&[1, 2, 3]).of(of_space, &mut buffer));
        let of_node = Node { id: "n1", name: "Node" };
        bench.post_v2(&UpgradeEvent::Commit.of(of_node));
        let got = |key, filter, id: &str, name: &str, buffer: &[u8]| EventOfV2 {
            object_id: Some(id.to_owned()),
            buffer: buffer.to_vec(),
            ..got_v2(key, filter, name)
        };
        let expected = [
            got(1, (13, 0x10), "s1", "Set", b"g\0\0\0"),
            got(1, (13, 0x8), "s1", "Set", &[7, 0, 0, 0]),
            got(2, (11, 0x1), "p1", "Space", &[1, 2, 3]),
            got(3, (12, 0x2), "n1", "Node", &[]),
        ];
        assert_eq!(bench.drain_v2(port), expected);
    });
}

/// Decision 20.
#[test]
fn d20_identifiers_in_buffers_are_utf_16_with_a_terminator() {
    v3(|bench| {
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "SQL"));
        assert_eq!(bench.add_v2(port, group, (2, 0x1FF), 1, true), 0);
        let of = Group { id: "g1", name: "SQL", node_id: "1" };
        let mut buffer = Vec::new();
        bench.post_v2(&GroupEvent::OwnerNode("n2").of(of, &mut buffer));
        bench.post_v2(&GroupEvent::PreferredOwners(&["1", "é"]).of(of, &mut buffer));
        bench.post_v2(&GroupEvent::PreferredOwners(&[]).of(of, &mut buffer));
        let buffers: Vec<Vec<u8>> = bench.drain_v2(port).into_iter().map(|event| event.buffer).collect();
        assert_eq!(buffers[0], b"n\x002\0\0\0");
        assert_eq!(buffers[1], b"1\0\0\0\xE9\0\0\0\0\0");
        assert_eq!(buffers[2], b"\0\0");
    });
}
