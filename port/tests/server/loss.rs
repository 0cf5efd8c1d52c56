//! Queues that are full: what is lost, and how the client learns of it (MS-CMRP 3.1.4.2.66, 2.2.2.12).

use cmrp::ndr::ContextHandle;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol;

use crate::harness::{Bench, CLUSTER, both, event_v2, got_v2, v2, v3};
use crate::reply::Event;

/// A report of a loss, from a port whose first filter has this key.
pub(crate) fn lost(key: u32) -> Event {
    Event::new(key, 0x0008_0000, 0, CLUSTER)
}

fn node(key: u32, number: u32) -> Event {
    Event::new(key, 0x1, number, "N")
}

/// A port of version 1 with a queue of so many places, whose one filter has the key 7.
fn port_of(bench: &mut Bench, places: usize) -> ContextHandle {
    bench.limit(|limits| limits.queue_per_port = places);
    let port = bench.port();
    assert_eq!(bench.add_cluster(port, 0x1, 7), 0);
    port
}

fn post(bench: &mut Bench, numbers: std::ops::Range<u32>) {
    numbers.for_each(|number| bench.post(0x1, "N", number));
}

/// Rows: 6.7/14
#[test]
fn s6_7_protocol_3_reports_a_loss_where_it_happened() {
    v3(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..10);
        assert_eq!(bench.server.statistics().queued, 4);
        assert_eq!(bench.drain(port), [node(7, 0), node(7, 1), node(7, 2), lost(7)]);
        post(bench, 10..12);
        assert_eq!(bench.drain(port), [node(7, 10), node(7, 11)], "the loss is reported once");
    });
}

/// Rows: 6.7/14
#[test]
fn s6_7_what_comes_after_a_loss_follows_its_report() {
    v3(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..10);
        let calls = [bench.get(port), bench.get(port), bench.get(port)];
        assert_eq!(calls.map(|call| bench.event(call)), [node(7, 0), node(7, 1), node(7, 2)]);
        post(bench, 10..12);
        assert_eq!(bench.drain(port), [lost(7), node(7, 10), node(7, 11)]);
    });
}

/// Rows: 6.7/14
#[test]
fn s6_7_each_loss_is_reported() {
    v3(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..10);
        let calls = [bench.get(port), bench.get(port), bench.get(port)];
        assert!(calls.iter().all(|call| bench.result(*call) == 0));
        post(bench, 10..20);
        let events = bench.drain(port);
        assert_eq!(events.len(), 4);
        assert_eq!((&events[0], &events[3]), (&lost(7), &lost(7)));
        assert_eq!(events[1..3], [node(7, 10), node(7, 11)]);
    });
}

/// A full queue is not a loss yet.
///
/// Rows: 6.7/14
#[test]
fn s6_7_no_loss_no_report() {
    v3(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..3);
        assert_eq!(bench.drain(port), [node(7, 0), node(7, 1), node(7, 2)]);
        assert_eq!(bench.server.statistics().lost, 0);
    });
}

/// Rows: 6.7/14, 6.13/2
#[test]
fn s6_13_the_asynchronous_method_reports_a_loss_too() {
    v3(|bench| {
        let port = port_of(bench, 2);
        post(bench, 0..9);
        let call = bench.get_async(port);
        let elements = bench.end(call).reply().asynchronous.unwrap();
        let expected = [node(7, 0), lost(7)].map(|event| Event { sequence: 0, ..event });
        assert_eq!(elements, expected);
    });
}

/// Other ports lose nothing.
///
/// Rows: 6.7/14
#[test]
fn s6_7_a_loss_is_the_ports_own() {
    v3(|bench| {
        let port = port_of(bench, 4);
        let reader = bench.port();
        assert_eq!(bench.add_cluster(reader, 0x1, 8), 0);
        for number in 0..10 {
            post(bench, number..number + 1);
            assert_eq!(bench.drain(reader), [node(8, number)]);
        }
        assert_eq!(bench.drain(port).last(), Some(&lost(7)));
    });
}

/// A client that waits takes each event as it comes.
///
/// Rows: 6.7/14
#[test]
fn s6_7_a_client_that_waits_loses_nothing() {
    both(|bench| {
        let port = port_of(bench, 2);
        for number in 0..20 {
            let call = bench.get(port);
            post(bench, number..number + 1);
            assert_eq!(bench.event(call), node(7, number));
        }
    });
}

/// Rows: 6.7/15
#[test]
fn s6_7_protocol_2_never_returns_cluster_reconnect() {
    v2(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..100);
        for _ in 0..10 {
            let call = bench.get_within(port, 0);
            assert_eq!(bench.result(call), 6);
        }
    });
}

/// Each port reports the loss in the terms of its own protocol version and kind.
///
/// Rows: 6.7/14, 6.7/15, 6.12/5
#[test]
fn s6_12_a_version_2_port_reports_a_loss_as_lost_notifications() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 3);
        let port = bench.port_v2();
        bench.watch_v2(port, (2, 8), 7);
        for name in ["A", "B", "C", "D"] {
            bench.post_v2(&event_v2(2, 8, name));
        }
        let expected = [got_v2(7, (2, 8), "A"), got_v2(7, (2, 8), "B"), got_v2(7, (1, 0x200), "")];
        assert_eq!(bench.drain_v2(port), expected);
        bench.post_v2(&event_v2(2, 8, "E"));
        assert_eq!(bench.drain_v2(port), [got_v2(7, (2, 8), "E")]);
    });
}

/// The room of all ports together is used up by one: another one still learns that it lost something.
///
/// Rows: 6.7/14
#[test]
fn s6_7_room_of_the_server() {
    v3(|bench| {
        bench.limit(|limits| limits.queue = 5);
        let (greedy, other) = (bench.port(), bench.port());
        assert_eq!(bench.add_cluster(greedy, 0x1, 7), 0);
        assert_eq!(bench.add_cluster(other, 0x100, 8), 0);
        post(bench, 0..20);
        let used = bench.server.statistics().queued;
        assert!((5..=6).contains(&used), "{used}");
        (0..3).for_each(|number| bench.post(0x100, "R", number));
        assert_eq!(bench.drain(other), [lost(8)]);
        assert_eq!(bench.drain(greedy).last(), Some(&lost(7)));
        bench.post(0x100, "R", 9);
        assert_eq!(bench.drain(other), [Event::new(8, 0x100, 9, "R")]);
    });
}

/// Rows: 6.7/15
#[test]
fn s6_7_room_of_the_server_in_protocol_2() {
    v2(|bench| {
        bench.limit(|limits| limits.queue = 5);
        let (greedy, other) = (bench.port(), bench.port());
        assert_eq!(bench.add_cluster(greedy, 0x1, 7), 0);
        assert_eq!(bench.add_cluster(other, 0x100, 8), 0);
        post(bench, 0..20);
        assert_eq!(bench.server.statistics().queued, 0, "the queue of a broken port is dropped");
        bench.post(0x100, "R", 1);
        assert_eq!(bench.drain(other), [Event::new(8, 0x100, 1, "R")]);
        let call = bench.get_within(greedy, 0);
        assert_eq!(bench.result(call), 6);
    });
}

/// A filter added after the loss does not change whose key the report carries.
///
/// Rows: 6.7/14
#[test]
fn s6_7_the_report_has_the_key_of_the_first_filter() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 2);
        let port = bench.port();
        let group = bench.object(ObjectKind::Group, "G");
        bench.add(port, group, 0x1000, 5);
        assert_eq!(bench.add_cluster(port, 0x1, 6), 0);
        post(bench, 0..5);
        assert_eq!(bench.drain(port), [node(6, 0), lost(5)]);
    });
}

/// The state event of a `ReAdd` method finds room in a queue that is full, and behind a report of a loss.
///
/// Rows: 6.7/14, 6.6/4
#[test]
fn s6_6_the_state_event_of_a_re_add_is_never_lost() {
    v3(|bench| {
        let port = port_of(bench, 2);
        let group = bench.object(ObjectKind::Group, "G");
        post(bench, 0..2);
        bench.set_state_sequence(ObjectKind::Group, "G", 5);
        assert_eq!(bench.re_add(port, group, 0x1000, 9, 4), 0);
        assert_eq!(bench.drain(port), [node(7, 0), lost(7), Event::new(9, 0x1000, 5, "G")]);
    });
}

/// Rows: 6.7/14, 6.7/15
#[test]
fn s6_7_all_losses_are_counted() {
    both(|bench| {
        let port = port_of(bench, 4);
        post(bench, 0..10);
        let drained = if bench.protocol == Protocol::V3 { bench.drain(port).len() } else { 0 };
        let statistics = bench.server.statistics();
        assert_eq!(statistics.posted, 10);
        assert_eq!(statistics.delivered, drained as u64);
        assert_eq!(statistics.lost, 7, "what found no room");
    });
}

/// One event for three filters of one port, on which three calls wait: each takes one, whatever the limit.
///
/// Rows: 6.7/14
#[test]
fn s6_7_calls_that_wait_make_room() {
    both(|bench| {
        bench.limit(|limits| (limits.queue_per_port, limits.queue) = (2, 1));
        let port = bench.port();
        for key in 0..3 {
            assert_eq!(bench.add_cluster(port, 0x1, key), 0);
        }
        let calls = [bench.get(port), bench.get(port), bench.get(port)];
        bench.post(0x1, "N", 1);
        assert_eq!(calls.map(|call| bench.event(call).key), [0, 1, 2]);
        assert_eq!((bench.server.statistics().lost, bench.server.statistics().queued), (0, 0));
    });
}
