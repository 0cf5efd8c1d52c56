//! `ApiGetNotify` (MS-CMRP 3.1.4.1.66, 3.1.4.2.66).

use cmrp::ndr::ContextHandle;
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;

use crate::harness::{both, v2, v3};
use crate::reply::{End, Event};

/// Rows: 6.7/5, 10/1
#[test]
fn s6_7_s10_waits_until_an_indication_is_queued() {
    both(|bench| {
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        bench.add(port, group, 0x1000, 1);
        let call = bench.get(port);
        assert!(bench.waits(call));
        bench.post(0x1000, "Other", 1);
        bench.post(0x2000, "G", 1);
        bench.advance(4_000_000_000);
        assert!(bench.waits(call));
        bench.post(0x1000, "G", 2);
        assert_eq!(bench.event(call), Event::new(1, 0x1000, 2, "G"));
        assert_eq!(bench.server.statistics().waiting, 0);
    });
}

/// Rows: 10/2
#[test]
fn s10_waits_on_a_port_without_filters() {
    both(|bench| {
        let port = bench.port();
        let call = bench.get(port);
        bench.post(0x1000, "G", 1);
        assert!(bench.waits(call));
        assert_eq!(bench.add_cluster(port, 0x1000, 1), 0);
        assert!(bench.waits(call));
        bench.post(0x1000, "G", 2);
        assert_eq!(bench.event(call).sequence, 2);
    });
}

/// Rows: 6.7/4, 4/1, 6.7/22, 6.7/23
#[test]
fn s6_7_takes_the_first_indication_of_the_queue() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1101, 1), 0);
        let posted = [(0x1000, "G", 7), (0x1, "N", 9), (0x100, "R", 0xFFFF_FFFF), (0x1, "M", 0)];
        for (change, name, sequence) in posted {
            bench.post(change, name, sequence);
        }
        for (change, name, sequence) in posted {
            let call = bench.get(port);
            assert_eq!(bench.event(call), Event::new(1, change, sequence, name));
        }
        let call = bench.get(port);
        assert!(bench.waits(call));
    });
}

/// Rows: 6.7/9
#[test]
fn s6_7_the_name_is_that_of_the_object() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x100, 1), 0);
        for name in ["R", "Füße 🦀", "with space", &"long".repeat(100)] {
            bench.post(0x100, name, 1);
            let call = bench.get(port);
            assert_eq!(bench.event(call).name.as_deref(), Some(name));
        }
    });
}

/// Rows: 6.7/10
#[test]
fn s6_7_an_event_without_a_name_has_an_empty_string() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x4000_0000, 1), 0);
        bench.post(0x4000_0000, "", 0);
        let call = bench.get(port);
        assert_eq!(bench.event(call), Event::new(1, 0x4000_0000, 0, ""));
    });
}

/// Rows: 6.7/12, 6.7/13
#[test]
fn s6_7_values_that_are_never_returned_cannot_be_posted() {
    use cmrp::cluster_change::ClusterChange;
    use cmrp_port::event::EventV1;
    for bit in (0..32).map(|bit| 1_u32 << bit) {
        let event = EventV1::new(ClusterChange::from_bits_retain(bit), "X", 1);
        assert_eq!(event.is_some(), 0xA008_0080 & bit == 0, "{bit:#010x}");
    }
}

/// Rows: 6.7/11, 4/7
#[test]
fn s6_7_an_event_is_one_value() {
    use cmrp::cluster_change::ClusterChange;
    use cmrp_port::event::EventV1;
    for bits in [0, 0x3, 0x1100, 0xFFFF_FFFF] {
        assert_eq!(EventV1::new(ClusterChange::from_bits_retain(bits), "X", 1), None);
    }
}

/// Rows: 6.7/7, 6.7/20
#[test]
fn s6_7_unblock_ends_the_wait_with_0x1() {
    both(|bench| {
        let port = bench.port();
        let call = bench.get(port);
        assert_eq!(bench.unblock(port), 0);
        assert_eq!(bench.result(call), 1);
    });
}

/// Rows: 6.7/19
#[test]
fn s6_7_a_port_that_was_closed_is_0x103() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.close(port).result(), 0);
        for _ in 0..3 {
            let call = bench.get(port);
            assert_eq!(bench.result(call), 0x103);
        }
    });
}

/// Rows: 6.7/18
#[test]
fn s6_7_a_handle_that_is_not_a_port_is_0x6() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, object) in &handles.objects {
            let call = bench.get(*object);
            assert_eq!(bench.result(call), 6, "{kind:?}");
        }
    });
}

/// Rows: 6.7/16
#[test]
fn s6_7_events_are_fetched_in_the_read_only_state() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.post(0x1, "N", 1);
        bench.state(ServerState::ReadOnly);
        let call = bench.get(port);
        assert_eq!(bench.event(call), Event::new(1, 0x1, 1, "N"));
        let call = bench.get(port);
        assert!(bench.waits(call));
        bench.post(0x1, "N", 2);
        assert_eq!(bench.event(call), Event::new(1, 0x1, 2, "N"));
    });
}

/// Rows: 6.7/17, 2.3/6
#[test]
fn s6_7_protocol_3_asks_the_client_for_read_at_each_call() {
    v3(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.post(0x1, "N", 1);
        bench.access(None);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 5);
        bench.access(Access::Read);
        let call = bench.get(port);
        assert_eq!(bench.event(call), Event::new(1, 0x1, 1, "N"));
    });
}

/// Rows: 2.3/1
#[test]
fn s2_3_protocol_2_asks_the_client_for_all_at_each_call() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.post(0x1, "N", 1);
        for access in [Access::Read, Access::ReadBackup] {
            bench.access(access);
            let call = bench.get(port);
            assert_eq!(bench.result(call), 5);
        }
        bench.access(Access::All);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 0);
    });
}

/// Rows: 10/3, 10/5
#[test]
fn s10_calls_on_one_port_overlap() {
    both(|bench| {
        let port = bench.port();
        let calls: Vec<_> = (0..5).map(|_| bench.get(port)).collect();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        assert!(calls.iter().all(|call| bench.waits(*call)));
        assert_eq!(bench.server.statistics().waiting, 5);
        assert_eq!(bench.unblock(port), 0);
        assert!(calls.iter().all(|call| bench.result(*call) == 1));
    });
}

/// Rows: 6.7/5
#[test]
fn s6_7_a_call_that_the_client_gave_up_takes_no_event() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let calls = [bench.get(port), bench.get(port), bench.get(port)];
        bench.cancel(calls[1]);
        bench.cancel(calls[0]);
        assert_eq!(bench.end(calls[0]), End::Abandoned);
        assert_eq!(bench.end(calls[1]), End::Abandoned);
        bench.post(0x1, "N", 1);
        bench.post(0x1, "N", 2);
        assert_eq!(bench.event(calls[2]), Event::new(1, 0x1, 1, "N"));
        assert_eq!(bench.drain(port), [Event::new(1, 0x1, 2, "N")]);
        bench.cancel(calls[2]);
    });
}

/// What a failed call returns beside its code is zero: the harness checks it of every failure, here of each code.
///
/// Rows: 2.4/1, 6.7/18, 6.7/19, 6.7/20
#[test]
fn s2_4_a_failed_call_returns_zeros_and_a_null_name() {
    both(|bench| {
        let (port, closed) = (bench.port(), bench.port());
        let group = bench.object(ObjectKind::Group, "G");
        assert_eq!(bench.close(closed).result(), 0);
        let unblocked = bench.get(port);
        assert_eq!(bench.unblock(port), 0);
        for call in [unblocked, bench.get(closed), bench.get(group)] {
            let reply = bench.end(call).reply();
            assert_ne!(reply.result, 0);
            assert_eq!(reply.event, Event::default());
            assert_eq!(reply.handle, ContextHandle::NULL);
        }
    });
}

/// Rows: 6.7/5, 4/9
#[test]
fn s6_7_one_event_ends_the_waits_on_all_ports_that_ask_for_it() {
    both(|bench| {
        let mut calls = Vec::new();
        for key in 0..4 {
            let port = bench.port();
            assert_eq!(bench.add_cluster(port, 0x1, key), 0);
            calls.push(bench.get(port));
        }
        bench.post(0x1, "N", 1);
        let keys: Vec<u32> = calls.iter().map(|call| bench.event(*call).key).collect();
        assert_eq!(keys, [0, 1, 2, 3]);
    });
}
