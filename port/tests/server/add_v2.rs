//! `ApiAddNotifyV2` and `ApiAddNotifyResourceTypeV2` (MS-CMRP 3.1.4.2.137, 3.1.4.2.144).

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol;

use crate::harness::{event_v2, got_v2, v3};

/// The table of the method page: object type, kind of handle when targeted, allowed flags.
const TYPES: [(u32, ObjectKind, i64); 13] = [
    (1, ObjectKind::Cluster, 0x1FF4),
    (2, ObjectKind::Group, 0x01FF),
    (3, ObjectKind::Resource, 0x01FF),
    (4, ObjectKind::Cluster, 0x003F),
    (5, ObjectKind::NetInterface, 0x000F),
    (6, ObjectKind::Network, 0x000F),
    (7, ObjectKind::Node, 0x007F),
    (8, ObjectKind::Key, 0x000F),
    (9, ObjectKind::Cluster, 0x0001),
    (10, ObjectKind::Cluster, 0x0001),
    (11, ObjectKind::Cluster, 0x0001),
    (12, ObjectKind::Cluster, 0x0007),
    (13, ObjectKind::GroupSet, 0x00FF),
];

/// Object types whose objects have handles of their own.
fn with_objects() -> impl Iterator<Item = (u32, ObjectKind, i64)> {
    TYPES.into_iter().filter(|(_, kind, _)| !matches!(kind, ObjectKind::Cluster | ObjectKind::Key))
}

/// The flags of a mask, but for the one that is no event.
fn flags(object_type: u32, mask: i64) -> Vec<i64> {
    (0..63).map(|bit| 1 << bit).filter(|flag| mask & flag != 0 && (object_type, *flag) != (8, 4)).collect()
}

fn bit_of(flag: i64) -> u64 {
    u64::from_ne_bytes(flag.to_ne_bytes())
}

/// All 64 bits of all object types, targeted and not.
///
/// Rows: 6.10/12, 6.10/14
#[test]
fn s6_10_each_flag_alone_is_accepted_or_refused_by_the_mask_of_the_type() {
    v3(|bench| {
        let handles = bench.handles();
        for (object_type, kind, mask) in TYPES {
            let (object, cluster) = (handles.object(kind), handles.object(ObjectKind::Cluster));
            for flag in (0..64).map(|bit| 1_i64 << bit) {
                for (handle, targeted) in [(object, true), (cluster, false)] {
                    let result = bench.add_v2(handles.v2, handle, (object_type, flag), 1, targeted);
                    let expected = if mask & flag == 0 { 0x57 } else { 0 };
                    assert_eq!(result, expected, "type {object_type}, flag {flag:#x}, targeted {targeted}");
                }
            }
        }
    });
}

/// Rows: 6.10/7, 6.10/14
#[test]
fn s6_10_many_flags_go_into_one_filter_and_one_forbidden_one_spoils_it() {
    v3(|bench| {
        let handles = bench.handles();
        let cluster = handles.object(ObjectKind::Cluster);
        for (object_type, kind, mask) in TYPES {
            let before = bench.server.statistics().filters;
            for flag in (0..64).map(|bit| 1_i64 << bit).filter(|flag| mask & flag == 0) {
                let result = bench.add_v2(handles.v2, cluster, (object_type, mask | flag), 1, false);
                assert_eq!(result, 0x57, "type {object_type}, flag {flag:#x}");
            }
            assert_eq!(bench.server.statistics().filters, before);
            assert_eq!(bench.add_v2(handles.v2, handles.object(kind), (object_type, mask), 1, true), 0);
        }
    });
}

/// Each object type with each kind of handle, targeted and not.
///
/// Rows: 6.10/4, 6.10/5, 6.10/12, 6.10/13
#[test]
fn s6_10_the_handle_is_of_the_kind_of_the_type_or_the_cluster() {
    v3(|bench| {
        let handles = bench.handles();
        for (object_type, wanted, mask) in TYPES {
            for (kind, object) in &handles.objects {
                let filter = (object_type, mask);
                let targeted = bench.add_v2(handles.v2, *object, filter, 1, true);
                assert_eq!(targeted, if *kind == wanted { 0 } else { 6 }, "type {object_type} at {kind:?}");
                let all = bench.add_v2(handles.v2, *object, filter, 1, false);
                let expected = if *kind == ObjectKind::Cluster { 0 } else { 6 };
                assert_eq!(all, expected, "type {object_type} of {kind:?}");
            }
            for port in [handles.v1, handles.v2] {
                assert_eq!(bench.add_v2(handles.v2, port, (object_type, mask), 1, true), 6);
                assert_eq!(bench.add_v2(handles.v2, port, (object_type, mask), 1, false), 6);
            }
        }
    });
}

/// Rows: 6.10/12
#[test]
fn s6_10_an_object_type_that_does_not_exist_is_refused() {
    v3(|bench| {
        let handles = bench.handles();
        let cluster = handles.object(ObjectKind::Cluster);
        for object_type in [0, 17, 18, 0x102, 0x8000_0002, u32::MAX] {
            assert_eq!(bench.add_v2(handles.v2, cluster, (object_type, 1), 1, false), 0x57, "{object_type}");
        }
    });
}

/// Rows: 6.10/3, 6.10/12
#[test]
fn s6_10_the_version_must_be_2() {
    v3(|bench| {
        let handles = bench.handles();
        let cluster = handles.object(ObjectKind::Cluster);
        let mut add = |version| {
            let call = bench.call(138, |stub| {
                let stub = stub.handle(handles.v2).handle(cluster).number(2).long(8).number(1);
                stub.number(version).number(0)
            });
            bench.result(call)
        };
        for version in [0, 1, 3, 0x0002_0000, 0xFFFF_FFFF] {
            assert_eq!(add(version), 0x57, "dwVersion {version}");
        }
        assert_eq!(add(2), 0);
    });
}

/// Rows: 6.10/4, 4/4
#[test]
fn s6_10_targeted_covers_one_object() {
    v3(|bench| {
        for (object_type, kind, mask) in with_objects() {
            let (port, object) = (bench.port_v2(), bench.object(kind, "One"));
            assert_eq!(bench.add_v2(port, object, (object_type, mask), 5, true), 0);
            let mut expected = Vec::new();
            for (of, _, flags_of) in TYPES {
                for flag in flags(of, flags_of) {
                    bench.post_v2(&event_v2(of, bit_of(flag), "Other"));
                    bench.post_v2(&event_v2(of, bit_of(flag), "oNE"));
                    if of == object_type {
                        expected.push(got_v2(5, (of, flag), "oNE"));
                    }
                }
            }
            assert_eq!(bench.drain_v2(port), expected, "type {object_type}");
        }
    });
}

/// The name of the event need not be that of the object: a resource added to a group, a group gained by a node.
///
/// Rows: 6.10/4
#[test]
fn s6_10_the_target_of_the_event_counts_not_its_name() {
    v3(|bench| {
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "G"));
        assert_eq!(bench.add_v2(port, group, (2, 0x40), 5, true), 0);
        let event = cmrp_port::event::EventV2 { target: "g", ..event_v2(2, 0x40, "New Resource") };
        bench.post_v2(&event);
        bench.post_v2(&cmrp_port::event::EventV2 { target: "Other", ..event_v2(2, 0x40, "G") });
        assert_eq!(bench.drain_v2(port), [got_v2(5, (2, 0x40), "New Resource")]);
    });
}

/// Rows: 6.10/5, 4/4
#[test]
fn s6_10_not_targeted_covers_all_objects_of_the_type() {
    v3(|bench| {
        for (object_type, _, mask) in TYPES.into_iter().filter(|(object_type, ..)| *object_type != 8) {
            let port = bench.port_v2();
            bench.watch_v2(port, (object_type, mask), 5);
            let mut expected = Vec::new();
            for (of, _, flags_of) in TYPES {
                for (flag, name) in
                    flags(of, flags_of).into_iter().flat_map(|flag| [(flag, "A"), (flag, "B")])
                {
                    bench.post_v2(&event_v2(of, bit_of(flag), name));
                    if of == object_type {
                        expected.push(got_v2(5, (of, flag), name));
                    }
                }
            }
            assert_eq!(bench.drain_v2(port), expected, "type {object_type}");
        }
    });
}

/// What the cluster has once or names by no handle: a targeted filter is about all of it.
///
/// Rows: 6.10/13
#[test]
fn s6_10_a_filter_targeted_at_the_cluster_covers_the_type() {
    v3(|bench| {
        let cluster_types = TYPES.into_iter().filter(|(_, kind, _)| *kind == ObjectKind::Cluster);
        for (object_type, _, mask) in cluster_types {
            let (port, cluster) = (bench.port_v2(), bench.object(ObjectKind::Cluster, ""));
            assert_eq!(bench.add_v2(port, cluster, (object_type, mask), 5, true), 0);
            let all = flags(object_type, mask);
            for flag in &all {
                bench.post_v2(&event_v2(object_type, bit_of(*flag), "X"));
            }
            let expected: Vec<_> = all.iter().map(|flag| got_v2(5, (object_type, *flag), "X")).collect();
            assert_eq!(bench.drain_v2(port), expected, "type {object_type}");
        }
    });
}

/// Rows: 6.10/7, 6.10/14
#[test]
fn s6_10_a_filter_covers_only_what_it_asks_for() {
    v3(|bench| {
        for (object_type, _, mask) in TYPES {
            for asked in flags(object_type, mask) {
                let port = bench.port_v2();
                bench.watch_v2(port, (object_type, asked), 5);
                for flag in flags(object_type, mask) {
                    bench.post_v2(&event_v2(object_type, bit_of(flag), ""));
                }
                assert_eq!(bench.drain_v2(port), [got_v2(5, (object_type, asked), "")]);
                assert_eq!(bench.close(port).result(), 0);
            }
        }
    });
}

/// Rows: 6.10/6, 6.11/6
#[test]
fn s6_10_s6_11_the_port_must_be_of_version_2() {
    v3(|bench| {
        let (port, cluster) = (bench.port(), bench.object(ObjectKind::Cluster, ""));
        assert_eq!(bench.add_v2(port, cluster, (2, 0x8), 1, false), 6);
        assert_eq!(bench.add_type(port, "T", 1, 1), 6);
        assert_eq!(bench.server.statistics().filters, 0);
    });
}

/// Rows: 6.10/10, 6.11/8
#[test]
fn s6_10_s6_11_filters_are_added_in_the_read_only_state() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.state(ServerState::ReadOnly);
        bench.watch_v2(port, (2, 0x8), 1);
        assert_eq!(bench.add_type(port, "T", 1, 1), 0);
    });
}

/// Rows: 6.10/11, 6.11/9, 2.3/6
#[test]
fn s6_10_s6_11_the_client_needs_read_at_each_call() {
    v3(|bench| {
        let (port, cluster) = (bench.port_v2(), bench.object(ObjectKind::Cluster, ""));
        bench.access(None);
        assert_eq!(bench.add_v2(port, cluster, (2, 0x8), 1, false), 5);
        assert_eq!(bench.add_type(port, "T", 1, 1), 5);
        bench.access(Access::Read);
        assert_eq!(bench.add_v2(port, cluster, (2, 0x8), 1, false), 0);
        assert_eq!(bench.add_type(port, "T", 1, 1), 0);
    });
}

/// Rows: 6.11/4, 6.11/11
#[test]
fn s6_11_each_flag_alone_is_accepted_or_refused() {
    v3(|bench| {
        let port = bench.port_v2();
        for flag in (0..64).map(|bit| 1_i64 << bit) {
            for filter in [flag, flag | 0x3F] {
                let expected = if 0x3F & flag == 0 { 0x57 } else { 0 };
                assert_eq!(bench.add_type(port, "T", filter, 1), expected, "filter {filter:#x}");
            }
        }
    });
}

/// Rows: 6.11/5, 6.11/11
#[test]
fn s6_11_the_version_must_be_2() {
    v3(|bench| {
        let port = bench.port_v2();
        for version in [0, 1, 2, 3, 0xFFFF_FFFF] {
            let call = bench.call(155, |stub| stub.handle(port).long(1).number(1).text("T").number(version));
            assert_eq!(bench.result(call), if version == 2 { 0 } else { 0x57 });
        }
    });
}

/// Rows: 6.11/3, 6.11/7
#[test]
fn s6_11_the_filter_covers_the_resource_type_of_that_name() {
    v3(|bench| {
        let port = bench.port_v2();
        assert_eq!(bench.add_type(port, "IP Address", 0x3F, 1), 0);
        assert_eq!(bench.add_type(port, "Generic Script", 0x21, 2), 0);
        let mut expected = Vec::new();
        for flag in flags(4, 0x3F) {
            for name in ["ip address", "IP", "Generic Script", ""] {
                bench.post_v2(&event_v2(4, bit_of(flag), name));
            }
            expected.push(got_v2(1, (4, flag), "ip address"));
            if 0x21 & flag != 0 {
                expected.push(got_v2(2, (4, flag), "Generic Script"));
            }
        }
        assert_eq!(bench.drain_v2(port), expected);
    });
}

/// Rows: 6.11/11
#[test]
fn s6_11_a_handle_that_is_not_a_port_is_0x6() {
    v3(|bench| {
        let handles = bench.handles();
        for (kind, object) in &handles.objects {
            assert_eq!(bench.add_type(*object, "T", 1, 1), 6, "{kind:?}");
            let cluster = handles.object(ObjectKind::Cluster);
            assert_eq!(bench.add_v2(*object, cluster, (2, 8), 1, false), 6, "{kind:?}");
        }
    });
}

/// Rows: 4/8
#[test]
fn s4_nothing_is_queued_before_the_first_filter_of_a_version_2_port() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.post_v2(&event_v2(2, 8, "G"));
        bench.watch_v2(port, (2, 8), 1);
        assert_eq!(bench.drain_v2(port), []);
    });
}

/// The two kinds of port do not hear each other's events.
///
/// Rows: 4/10, 4/12
#[test]
fn s4_each_version_of_port_has_events_of_its_own() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.add_cluster(port, 0x5FF7_FFFF, 1), 0);
        for (object_type, _, mask) in TYPES {
            bench.watch_v2(port_v2, (object_type, mask), 1);
        }
        bench.post(0x1000, "G", 1);
        assert_eq!((bench.drain_v2(port_v2).len(), bench.drain(port).len()), (0, 1));
        bench.post_v2(&event_v2(2, 8, "G"));
        assert_eq!((bench.drain(port).len(), bench.drain_v2(port_v2).len()), (0, 1));
        assert_eq!(bench.protocol, Protocol::V3);
    });
}
