//! The `ReAdd` methods of version 1 ports (MS-CMRP 3.1.4.1.63 to 65, 91, 100 and their twins).

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;

use crate::harness::{ADD_METHODS, both, v3};
use crate::reply::Event;

/// The state event of each kind, from the page of its method.
const STATE_EVENTS: [(ObjectKind, u32); 5] = [
    (ObjectKind::Node, 0x0000_0001),
    (ObjectKind::Group, 0x0000_1000),
    (ObjectKind::Resource, 0x0000_0100),
    (ObjectKind::Network, 0x0010_0000),
    (ObjectKind::NetInterface, 0x0100_0000),
];

/// Rows: 6.6/4, 6.6/7
#[test]
fn s6_6_a_different_number_queues_the_state_event_of_the_kind() {
    both(|bench| {
        for (kind, state) in STATE_EVENTS {
            let (port, object) = (bench.port(), bench.object(kind, "One"));
            bench.set_state_sequence(kind, "One", 8);
            assert_eq!(bench.re_add(port, object, state, 3, 7), 0);
            assert_eq!(bench.drain(port), [Event::new(3, state, 8, "One")]);
        }
    });
}

/// Rows: 6.6/5
#[test]
fn s6_6_the_same_number_queues_nothing() {
    both(|bench| {
        for (kind, state) in STATE_EVENTS {
            let (port, object) = (bench.port(), bench.object(kind, "One"));
            for number in [0, 8, 0xFFFF_FFFF] {
                bench.set_state_sequence(kind, "One", number);
                assert_eq!(bench.re_add(port, object, state, 3, number), 0);
            }
            assert_eq!(bench.drain(port), []);
        }
    });
}

/// Rows: 6.6/6
#[test]
fn s6_6_any_difference_counts_whichever_number_is_greater() {
    both(|bench| {
        for (kind, state) in STATE_EVENTS {
            let (port, object) = (bench.port(), bench.object(kind, "One"));
            for (known, current) in [(9, 8), (8, 9), (0, 1), (1, 0), (0xFFFF_FFFF, 0), (0, 0xFFFF_FFFF)] {
                bench.set_state_sequence(kind, "One", current);
                assert_eq!(bench.re_add(port, object, state, 3, known), 0);
                assert_eq!(
                    bench.drain(port),
                    [Event::new(3, state, current, "One")],
                    "{known} and {current}"
                );
            }
        }
    });
}

/// Rows: 6.6/4
#[test]
fn s6_6_the_event_ends_a_call_that_waits() {
    both(|bench| {
        let (port, object) = (bench.port(), bench.object(ObjectKind::Resource, "R"));
        let call = bench.get(port);
        bench.set_state_sequence(ObjectKind::Resource, "R", 8);
        assert_eq!(bench.re_add(port, object, 0x100, 3, 7), 0);
        assert_eq!(bench.event(call), Event::new(3, 0x100, 8, "R"));
    });
}

/// Filter and scope are those of the Add method.
///
/// Rows: 6.6/3
#[test]
fn s6_6_the_filter_stays_and_covers_the_object() {
    both(|bench| {
        for (kind, _, _, mask) in ADD_METHODS {
            let (port, object) = (bench.port(), bench.object(kind, "One"));
            assert_eq!(bench.re_add(port, object, mask, 3, 0), 0);
            let values: Vec<u32> = (0..32).map(|bit| 1 << bit).filter(|value| mask & value != 0).collect();
            for value in &values {
                bench.post(*value, "Other", 1);
                bench.post(*value, "One", 1);
            }
            let expected: Vec<Event> = values.iter().map(|value| Event::new(3, *value, 1, "One")).collect();
            assert_eq!(bench.drain(port), expected);
        }
    });
}

/// Rows: 6.6/3
#[test]
fn s6_6_each_bit_alone_is_accepted_or_refused_by_the_mask_of_the_method() {
    both(|bench| {
        let port = bench.port();
        for (kind, _, opnum, mask) in ADD_METHODS {
            let object = bench.object(kind, "X");
            for bit in (0..32).map(|bit| 1_u32 << bit) {
                for filter in [bit, bit | mask] {
                    let rest = |stub: crate::wire::Stub| stub.number(1).number(0);
                    let result = bench.try_add(opnum, port, object, filter, rest).result();
                    let expected = if mask & bit == 0 { 0x57 } else { 0 };
                    assert_eq!(result, expected, "opnum {opnum}, filter {filter:#010x}");
                }
            }
        }
    });
}

/// Rows: 6.6/8
#[test]
fn s6_6_a_call_that_fails_queues_nothing() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x4FF7_FF0F, 1), 0);
        for (kind, _, opnum, mask) in ADD_METHODS {
            let (object, wrong) = (bench.object(kind, "X"), bench.object(ObjectKind::Cluster, ""));
            bench.set_state_sequence(kind, "X", 8);
            let rest = |stub: crate::wire::Stub| stub.number(1).number(7);
            assert_eq!(bench.try_add(opnum, port, wrong, mask, rest).result(), 6);
            assert_eq!(bench.try_add(opnum, port, object, mask | 0x8000_0000, rest).result(), 0x57);
        }
        assert_eq!(bench.drain(port), []);
        assert_eq!(bench.server.statistics().filters, 1);
    });
}

/// Rows: 6.6/7
#[test]
fn s6_6_the_number_is_that_of_the_object_of_the_handle() {
    both(|bench| {
        let port = bench.port();
        for (kind, state) in STATE_EVENTS {
            bench.set_state_sequence(kind, "One", 8);
            let (one, unknown) = (bench.object(kind, "oNE"), bench.object(kind, "Unknown"));
            assert_eq!(bench.re_add(port, one, state, 3, 8), 0);
            assert_eq!(bench.re_add(port, unknown, state, 3, 0), 0);
        }
        assert_eq!(bench.drain(port), []);
    });
}

/// Rows: 6.6/9
#[test]
fn s6_6_filters_are_added_again_in_the_read_only_state() {
    both(|bench| {
        let port = bench.port();
        let objects = ADD_METHODS.map(|(kind, _, _, mask)| (bench.object(kind, "X"), mask));
        bench.state(ServerState::ReadOnly);
        for (object, mask) in objects {
            assert_eq!(bench.re_add(port, object, mask, 1, 0), 0);
        }
    });
}

/// Rows: 6.6/10
#[test]
fn s6_6_protocol_3_asks_for_a_handle_with_read() {
    v3(|bench| {
        let port = bench.port();
        for (kind, _, _, mask) in ADD_METHODS {
            let object = Object::new(kind, "X");
            let client = bench.caller.association;
            let handle = bench.server.open(client, Protocol::V3, &object, Access::Read).unwrap();
            bench.access(Access::Read);
            assert_eq!(bench.re_add(port, handle, mask, 1, 0), 0);
        }
    });
}

/// Rows: 6.6/11
#[test]
fn s6_6_the_object_must_be_of_the_kind_of_the_method() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, _, opnum, mask) in ADD_METHODS {
            let objects = handles.objects.iter().copied().chain([(ObjectKind::ResourceType, handles.v1)]);
            for (of, object) in objects {
                let rest = |stub: crate::wire::Stub| stub.number(1).number(0);
                let result = bench.try_add(opnum, handles.v1, object, mask, rest).result();
                assert_eq!(result, if of == kind { 0 } else { 6 }, "opnum {opnum}, {of:?}");
            }
        }
    });
}
