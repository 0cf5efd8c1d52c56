//! `ApiCloseNotify` (MS-CMRP 3.1.4.1.57, 3.1.4.2.57).

use cmrp::ndr::ContextHandle;
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;
use cmrp_port::server::CallId;

use crate::harness::{ADD_METHODS, Bench, both, event_v2, v2, v3};
use crate::reply::End;

/// Rows: 6.2/7, 6.2/3
#[test]
fn s6_2_success_returns_a_null_handle() {
    both(|bench| {
        let port = bench.port();
        let reply = bench.close(port).reply();
        assert_eq!((reply.result, reply.handle), (0, ContextHandle::NULL));
    });
    v3(|bench| {
        let port = bench.port_v2();
        let reply = bench.close(port).reply();
        assert_eq!((reply.result, reply.handle), (0, ContextHandle::NULL));
    });
}

/// Rows: 6.2/2
#[test]
fn s6_2_the_port_and_its_filters_are_freed() {
    both(|bench| {
        let port = bench.port();
        let group = bench.object(ObjectKind::Group, "G");
        bench.add(port, group, 0x1000, 1);
        assert_eq!(bench.server.statistics().ports, 1);
        assert_eq!(bench.server.statistics().filters, 1);
        assert_eq!(bench.close(port).result(), 0);
        let after = bench.server.statistics();
        assert_eq!((after.ports, after.filters, after.queued), (0, 0, 0));
        assert_eq!((after.handles, after.objects), (1, 1), "the group and its handle");
    });
}

/// Rows: 6.2/6, 10/7
#[test]
fn s6_2_s10_what_was_not_delivered_is_dropped() {
    both(|bench| {
        let (port, other) = (bench.port(), bench.port());
        for port in [port, other] {
            assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        }
        (0..5).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!(bench.server.statistics().queued, 5, "those of the other port");
        bench.post(0x1, "N", 5);
        assert_eq!(bench.server.statistics().queued, 6);
        assert_eq!(bench.drain(other).len(), 6);
    });
}

/// The calls that wait end with 0x1, before or after the close itself.
fn closes_with(bench: &mut Bench, port: ContextHandle, calls: &[CallId]) {
    assert!(calls.iter().all(|call| bench.waits(*call)));
    assert_eq!(bench.close(port).result(), 0);
    for call in calls {
        assert_eq!(bench.result(*call), 1);
    }
    assert_eq!(bench.server.statistics().waiting, 0);
}

/// Rows: 6.2/4, 6.7/6, 6.7/20, 10/7
#[test]
fn s6_2_s6_7_protocol_2_ends_every_waiting_call() {
    v2(|bench| {
        let port = bench.port();
        let calls: Vec<_> = [0xFFFF_FFFF, 50, 100].map(|timeout| bench.get_within(port, timeout)).into();
        closes_with(bench, port, &calls);
        assert_eq!(bench.server.poll_timeout(), None);
    });
}

/// Rows: 6.2/5, 6.7/6, 6.7/20, 6.12/8, 6.12/13, 6.13/6, 6.13/7, 10/7
#[test]
fn s6_2_protocol_3_ends_every_waiting_call_of_the_three_methods() {
    v3(|bench| {
        let port = bench.port();
        let calls = [bench.get(port), bench.get_async(port), bench.get(port)];
        closes_with(bench, port, &calls);
        let port = bench.port_v2();
        let calls = [bench.get_v2(port), bench.get_v2(port)];
        closes_with(bench, port, &calls);
    });
}

/// Rows: 6.2/4, 6.2/5
#[test]
fn s6_2_calls_on_other_ports_go_on_waiting() {
    both(|bench| {
        let (port, other) = (bench.port(), bench.port());
        let call = bench.get(other);
        assert_eq!(bench.close(port).result(), 0);
        assert!(bench.waits(call));
    });
}

/// Rows: 6.2/8
#[test]
fn s6_2_ports_are_closed_in_the_read_only_state() {
    both(|bench| {
        let port = bench.port();
        bench.state(ServerState::ReadOnly);
        assert_eq!(bench.close(port).result(), 0);
    });
}

/// Rows: 6.2/9
#[test]
fn s6_2_protocol_3_asks_for_read() {
    v3(|bench| {
        let port = bench.port();
        bench.access(None);
        assert_eq!(bench.close(port).result(), 5);
        bench.access(Access::Read);
        assert_eq!(bench.close(port).result(), 0);
    });
}

/// Rows: 6.2/10
#[test]
fn s6_2_a_null_handle_and_that_of_an_object_are_not_valid() {
    both(|bench| {
        let group = bench.object(ObjectKind::Group, "G");
        assert_eq!(bench.close(ContextHandle::NULL).result(), 6);
        assert_eq!(bench.close(group).result(), 6);
        assert!(bench.server.object(bench.caller.association, bench.protocol, group).is_some());
    });
}

/// Rows: 10/8
#[test]
fn s10_the_handle_of_a_closed_port_is_not_valid_any_more() {
    both(|bench| {
        let port = bench.port();
        let group = bench.object(ObjectKind::Group, "G");
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!(bench.close(port), End::Fault(0x1C00_001A));
        let add = bench.call(59, |stub| stub.handle(port).handle(group).number(0x1000).number(1));
        assert_eq!(bench.end(add), End::Fault(0x1C00_001A));
        let unblock = bench.call(107, |stub| stub.handle(port));
        assert_eq!(bench.end(unblock), End::Fault(0x1C00_001A));
    });
}

/// A new port may take the place of a closed one; nothing of the old one's filters is left there.
///
/// Rows: 6.2/2, 4/8
#[test]
fn s6_2_a_new_port_hears_nothing_of_the_filters_of_a_closed_one() {
    both(|bench| {
        let handles = bench.handles();
        let (root, key) = (bench.object(ObjectKind::Key, ""), bench.object(ObjectKind::Key, "A"));
        let old = bench.port();
        assert_eq!(bench.add_cluster(old, 0x4FF7_FFFF, 1), 0);
        assert_eq!(bench.add_cluster(old, 0x70, 1), 0);
        assert_eq!(bench.add_key(old, root, 0x70, 1, 1), 0);
        assert_eq!(bench.add_key(old, key, 0x70, 0, 1), 0);
        for (kind, _, _, mask) in ADD_METHODS {
            bench.add(old, handles.object(kind), mask, 1);
        }
        assert_eq!(bench.close(old).result(), 0);
        let new = bench.port();
        for _ in 0..12 {
            assert_eq!(bench.add_cluster(new, 0x4000_0000, 2), 0);
        }
        for value in (0..30).map(|bit| 1_u32 << bit).filter(|value| 0x0FF7_FF7F & value != 0) {
            for name in ["", "A", "A\\B", "Any"] {
                bench.post(value, name, 1);
            }
        }
        assert_eq!(bench.drain(new), []);
        assert_eq!(bench.server.statistics().queued, 0);
    });
}

/// Rows: 6.2/2, 4/8
#[test]
fn s6_2_a_new_port_hears_nothing_of_a_closed_one_of_version_2() {
    v3(|bench| {
        let handles = bench.handles();
        let (root, group) = (bench.object(ObjectKind::Key, ""), handles.object(ObjectKind::Group));
        let old = bench.port_v2();
        for filter in [(1, 0x1FF4), (2, 0x1FF), (4, 0x3F), (8, 0xB)] {
            bench.watch_v2(old, filter, 1);
        }
        assert_eq!(bench.add_v2(old, group, (2, 0x1FF), 1, true), 0);
        assert_eq!(bench.add_v2(old, root, (8, 0xF), 1, true), 0);
        assert_eq!(bench.add_type(old, "Any", 0x3F, 1), 0);
        assert_eq!(bench.close(old).result(), 0);
        let new = bench.port_v2();
        for _ in 0..8 {
            bench.watch_v2(new, (12, 1), 2);
        }
        for (object_type, flag) in [(1, 4), (2, 8), (4, 1), (8, 8), (8, 1), (8, 2)] {
            bench.post_v2(&event_v2(object_type, flag, "Any"));
            bench.post_v2(&event_v2(object_type, flag, ""));
        }
        assert_eq!(bench.drain_v2(new), []);
    });
}

/// Two ports watch the same things; one is closed. The order of closing must not matter.
///
/// Rows: 6.2/2, 4/9
#[test]
fn s6_2_other_ports_keep_their_filters_on_the_same_objects() {
    both(|bench| {
        let handles = bench.handles();
        let key = bench.object(ObjectKind::Key, "A");
        for closed in [0, 1, 2] {
            let ports = [bench.port(), bench.port(), bench.port()];
            for port in ports {
                assert_eq!(bench.add_cluster(port, 0x70, 1), 0);
                assert_eq!(bench.add_key(port, key, 0x70, 0, 2), 0);
                assert_eq!(bench.add_key(port, key, 0x70, 1, 3), 0);
                for (kind, _, _, mask) in ADD_METHODS {
                    bench.add(port, handles.object(kind), mask, 4);
                }
            }
            assert_eq!(bench.close(ports[closed]).result(), 0);
            let mut expected = Vec::new();
            for (change, name, keys) in
                [(0x10, "", &[1][..]), (0x20, "A", &[2, 3]), (0x40, "A\\B", &[3]), (0x1000, "Any", &[4])]
            {
                bench.post(change, name, 0);
                expected.extend(keys.iter().map(|key| (*key, change)));
            }
            for port in ports.into_iter().filter(|port| *port != ports[closed]) {
                let got: Vec<_> = bench.drain(port).iter().map(|event| (event.key, event.change)).collect();
                assert_eq!(got, expected);
                assert_eq!(bench.close(port).result(), 0);
            }
        }
    });
}

/// Rows: 6.2/2, 4/9
#[test]
fn s6_2_other_ports_of_version_2_keep_their_filters_on_the_same_objects() {
    v3(|bench| {
        let group = bench.object(ObjectKind::Group, "G");
        let ports = [bench.port_v2(), bench.port_v2()];
        for port in ports {
            assert_eq!(bench.add_v2(port, group, (2, 8), 1, true), 0);
            assert_eq!(bench.add_type(port, "T", 1, 2), 0);
            bench.watch_v2(port, (2, 9), 3);
        }
        assert_eq!(bench.close(ports[0]).result(), 0);
        bench.post_v2(&event_v2(2, 8, "G"));
        bench.post_v2(&event_v2(4, 1, "T"));
        let keys: Vec<u32> = bench.drain_v2(ports[1]).iter().map(|event| event.key).collect();
        assert_eq!(keys, [1, 3, 2]);
    });
}

/// One port asks for one event of an object, another one for all others; the first is closed.
///
/// Rows: 6.2/2, 4/9
#[test]
fn s6_2_other_ports_keep_the_other_events_of_the_same_objects() {
    both(|bench| {
        for (kind, _, _, mask) in ADD_METHODS {
            let object = bench.object(kind, "X");
            let values: Vec<u32> = (0..32).map(|bit| 1 << bit).filter(|value| mask & value != 0).collect();
            for alone in &values {
                let (closed, other) = (bench.port(), bench.port());
                bench.add(closed, object, *alone, 1);
                bench.add(other, object, mask & !alone, 2);
                assert_eq!(bench.close(closed).result(), 0);
                for value in &values {
                    bench.post(*value, "X", 1);
                }
                let got: Vec<u32> = bench.drain(other).iter().map(|event| event.change).collect();
                let expected: Vec<u32> = values.iter().copied().filter(|value| value != alone).collect();
                assert_eq!(got, expected, "without {alone:#x}");
                assert_eq!(bench.close(other).result(), 0);
            }
        }
    });
}
