//! The decisions of `DECISIONS.md` on calls: how they end, who is served, what a reply holds.

use cmrp_port::access::{Access, ServerState};
use cmrp_port::event::EventV2;
use cmrp_port::object::ObjectKind;
use cmrp_port::server::CallId;

use crate::forged::MISMATCH;
use crate::harness::{FOR_EVER, both, event_v2, v2, v3};
use crate::reply::{End, Event};

/// Decision 1.
#[test]
fn d01_ended_calls_return_0x1_and_late_ones_0x103() {
    both(|bench| {
        let port = bench.port();
        let unblocked = bench.get(port);
        assert_eq!(bench.unblock(port), 0);
        let closed = bench.get(port);
        assert_eq!(bench.close(port).result(), 0);
        let late = bench.get(port);
        assert_eq!([unblocked, closed, late].map(|call| bench.result(call)), [1, 1, 0x103]);
    });
}

/// Decision 1.
#[test]
fn d01_the_last_closed_ports_of_a_client_are_remembered() {
    both(|bench| {
        bench.limit(|limits| limits.closed_ports = 2);
        let ports = [bench.port(), bench.port(), bench.port()];
        bench.client(2);
        let other = bench.port();
        assert_eq!(bench.close(other).result(), 0);
        bench.client(1);
        for port in ports {
            assert_eq!(bench.close(port).result(), 0);
        }
        let calls = ports.map(|port| bench.get(port));
        assert_eq!(bench.end(calls[0]), MISMATCH, "the oldest is forgotten");
        assert_eq!([calls[1], calls[2]].map(|call| bench.result(call)), [0x103; 2]);
        bench.client(2);
        let call = bench.get(other);
        assert_eq!(bench.result(call), 0x103, "each client has a memory of its own");
    });
}

/// Decision 1.
#[test]
fn d01_nothing_is_remembered_where_the_limit_is_zero() {
    both(|bench| {
        bench.limit(|limits| limits.closed_ports = 0);
        let port = bench.port();
        assert_eq!(bench.close(port).result(), 0);
        let call = bench.get(port);
        assert_eq!(bench.end(call), MISMATCH);
    });
}

/// Decision 2.
#[test]
fn d02_unblock_ends_what_waits_now_and_does_not_stick() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let first = bench.get(port);
        assert_eq!((bench.unblock(port), bench.unblock(port)), (0, 0));
        assert_eq!(bench.result(first), 1);
        let second = bench.get(port);
        assert!(bench.waits(second), "a later call waits");
        bench.post(0x1, "N", 1);
        assert_eq!(bench.event(second), Event::new(1, 0x1, 1, "N"));
        bench.post(0x1, "N", 2);
        assert_eq!(bench.unblock(port), 0);
        assert_eq!(bench.drain(port).len(), 1, "what is queued stays");
    });
}

/// Decision 3.
#[test]
fn d03_waiting_calls_are_served_in_order_of_arrival() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let mut calls: Vec<CallId> = (0..5).map(|_| bench.get(port)).collect();
        bench.cancel(calls.remove(2));
        for (number, call) in (0..).zip(&calls) {
            bench.post(0x1, "N", number);
            assert_eq!(bench.event(*call).sequence, number);
        }
        assert_eq!(bench.order[bench.order.len() - 4..], calls);
        bench.post(0x1, "N", 4);
        assert_eq!(bench.drain(port).len(), 1);
    });
}

/// One event that three filters ask for is three indications.
///
/// Decision 3.
#[test]
fn d03_each_indication_goes_to_one_call() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        for key in [1, 2, 3] {
            assert_eq!(bench.add_cluster(port, 0x1, key), 0);
            bench.watch_v2(port_v2, (2, 8), key);
        }
        let calls = [bench.get(port), bench.get(port), bench.get(port), bench.get(port)];
        bench.post(0x1, "N", 1);
        assert_eq!([0, 1, 2].map(|index| bench.event(calls[index]).key), [1, 2, 3]);
        assert!(bench.waits(calls[3]));
        assert_eq!(bench.order[bench.order.len() - 3..], calls[..3], "answered in that order");
        let calls = [bench.get_v2(port_v2), bench.get_v2(port_v2)];
        bench.post_v2(&event_v2(2, 8, "G"));
        let mut keys: Vec<u32> = Vec::new();
        for call in calls {
            if !bench.waits(call) {
                keys.extend(bench.end(call).reply().batch.unwrap().iter().map(|event| event.key));
            }
        }
        bench.unblock(port_v2);
        keys.extend(bench.drain_v2(port_v2).iter().map(|event| event.key));
        assert_eq!(keys, [1, 2, 3]);
    });
}

/// Decision 3.
#[test]
fn d03_each_call_has_a_deadline_of_its_own() {
    v2(|bench| {
        let port = bench.port();
        let calls = [300, 100, 200].map(|timeout| bench.get_within(port, timeout));
        assert_eq!(bench.timer(), Some(100));
        bench.advance(100);
        assert_eq!(calls.map(|call| bench.waits(call)), [true, false, true]);
        assert_eq!(bench.timer(), Some(100));
        bench.advance(150);
        assert_eq!(calls.map(|call| bench.waits(call)), [true, false, false]);
        assert_eq!(bench.timer(), Some(50));
        bench.advance(50);
        assert_eq!(calls.map(|call| bench.result(call)), [0x102; 3]);
    });
}

/// Decision 4.
#[test]
fn d04_timeout_0_answers_at_once_and_all_ones_never() {
    v2(|bench| {
        let port = bench.port();
        let call = bench.get_within(port, 0);
        assert_eq!((bench.result(call), bench.timer()), (0x102, None));
        let call = bench.get_within(port, FOR_EVER);
        assert_eq!(bench.timer(), None);
        bench.advance(1 << 40);
        assert!(bench.waits(call));
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.post(0x1, "N", 1);
        assert_eq!(bench.result(call), 0);
        bench.post(0x1, "N", 2);
        let call = bench.get_within(port, 0);
        assert_eq!(bench.event(call), Event::new(1, 0x1, 2, "N"));
    });
}

/// Decision 13.
#[test]
fn d13_a_reply_is_bounded_by_number() {
    v3(|bench| {
        bench.limit(|limits| limits.batch = 3);
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.watch_v2(port_v2, (2, 8), 1);
        for number in 0..7 {
            bench.post(0x1, "N", number);
            bench.post_v2(&event_v2(2, 8, "G"));
        }
        for expected in [3, 3, 1] {
            let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
            assert_eq!(bench.end(call).reply().asynchronous.unwrap().len(), expected);
            assert_eq!(bench.end(call_v2).reply().batch.unwrap().len(), expected);
        }
    });
}

/// Decision 13.
#[test]
fn d13_a_reply_is_bounded_by_octets_but_never_empty() {
    v3(|bench| {
        bench.limit(|limits| limits.batch_octets = 1_000);
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.watch_v2(port_v2, (2, 8), 1);
        let long = "x".repeat(2_000);
        for name in [&long, "short", "brief", &long, "small"] {
            bench.post(0x1, name, 1);
            let buffer = if name.len() > 100 { &[7; 5_000][..] } else { &[] };
            bench.post_v2(&EventV2 { buffer, ..event_v2(2, 8, "G") });
        }
        for expected in [1, 2, 1, 1] {
            let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
            assert_eq!(bench.end(call).reply().asynchronous.unwrap().len(), expected);
            assert_eq!(bench.end(call_v2).reply().batch.unwrap().len(), expected);
        }
    });
}

/// Decision 14.
#[test]
fn d14_events_are_queued_when_they_are_posted_in_order_of_posting() {
    both(|bench| {
        let ports = [bench.port(), bench.port()];
        for port in ports {
            assert_eq!(bench.add_cluster(port, 0x11, 1), 0);
            assert_eq!(bench.add_cluster(port, 0x1, 2), 0);
        }
        bench.post(0x1, "A", 1);
        assert_eq!(bench.server.statistics().queued, 4);
        bench.post(0x1, "B", 2);
        assert_eq!(bench.server.statistics().queued, 8);
        for port in ports {
            let order: Vec<_> = bench.drain(port).iter().map(|event| (event.sequence, event.key)).collect();
            assert_eq!(order, [(1, 1), (1, 2), (2, 1), (2, 2)]);
        }
    });
}

/// Decision 15.
#[test]
fn d15_unblock_and_the_asynchronous_get_call_follow_get_notify() {
    both(|bench| {
        let port = bench.port();
        bench.state(ServerState::ReadOnly);
        let call = bench.get(port);
        assert_eq!((bench.unblock(port), bench.result(call)), (0, 1));
    });
    v3(|bench| {
        let port = bench.port();
        bench.state(ServerState::ReadOnly);
        for access in [Access::Read, Access::ReadBackup, Access::All] {
            bench.access(access);
            let call = bench.get_async(port);
            assert!(bench.waits(call));
            assert_eq!((bench.unblock(port), bench.result(call)), (0, 1));
        }
        bench.access(None);
        let call = bench.get_async(port);
        assert_eq!((bench.result(call), bench.unblock(port)), (5, 5));
    });
}

/// Decision 17.
#[test]
fn d17_rundown_closes_everything_and_abandons_what_waits() {
    both(|bench| {
        let (port, _) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let calls = [bench.get(port), bench.get(port)];
        bench.disconnect(1);
        assert!(calls.iter().all(|call| bench.end(*call) == End::Abandoned));
        let now = bench.server.statistics();
        assert_eq!((now.ports, now.filters, now.handles, now.waiting, now.objects), (0, 0, 0, 0, 0));
    });
}

/// Decision 18.
#[test]
fn d18_calls_on_one_port_are_not_serialised() {
    both(|bench| {
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        let (first, second) = (bench.get(port), bench.get(port));
        bench.add(port, group, 0x1000, 1);
        bench.post(0x1000, "G", 1);
        assert_eq!((bench.event(first).sequence, bench.waits(second)), (1, true));
        assert_eq!((bench.unblock(port), bench.result(second)), (0, 1));
        assert_eq!(bench.close(port).result(), 0);
    });
}

/// Decision 13.
#[test]
fn d13_a_reply_holds_one_event_where_the_limit_is_one_or_zero() {
    v3(|bench| {
        for batch in [0, 1] {
            bench.limit(|limits| limits.batch = batch);
            let (port, port_v2) = (bench.port(), bench.port_v2());
            assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
            bench.watch_v2(port_v2, (2, 8), 1);
            for number in 0..3 {
                bench.post(0x1, "N", number);
                bench.post_v2(&event_v2(2, 8, "G"));
            }
            for _ in 0..3 {
                let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
                assert_eq!(bench.end(call).reply().asynchronous.unwrap().len(), 1);
                assert_eq!(bench.end(call_v2).reply().batch.unwrap().len(), 1);
            }
        }
    });
}

/// A limit that a reply just reaches is not passed.
///
/// Decision 13.
#[test]
fn d13_a_reply_may_be_as_large_as_the_limit() {
    v3(|bench| {
        let mut most = [0; 2];
        for octets in 0..200 {
            bench.limit(|limits| limits.batch_octets = octets);
            let (port, port_v2) = (bench.port(), bench.port_v2());
            assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
            bench.watch_v2(port_v2, (2, 8), 1);
            for _ in 0..4 {
                bench.post(0x1, "0123456789", 1);
                bench.post_v2(&EventV2 { buffer: &[7; 20], ..event_v2(2, 8, "G") });
            }
            let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
            let lengths = [
                bench.end(call).reply().asynchronous.unwrap().len(),
                bench.end(call_v2).reply().batch.unwrap().len(),
            ];
            assert!(
                lengths.iter().zip(most).all(|(length, before)| *length == before || *length == before + 1)
            );
            most = lengths;
        }
        assert_eq!(most, [4, 4]);
    });
}

/// The report of a loss has a name on version 1 ports, and none on version 2 ports.
///
/// Decision 13.
#[test]
fn d13_the_report_of_a_loss_counts_with_its_name() {
    v3(|bench| {
        bench.limit(|limits| (limits.queue_per_port, limits.batch_octets) = (2, 100));
        bench.server.set_cluster_name("long".repeat(100));
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.watch_v2(port_v2, (2, 8), 1);
        for number in 0..5 {
            bench.post(0x1, "N", number);
            bench.post_v2(&event_v2(2, 8, "G"));
        }
        for _ in 0..2 {
            let call = bench.get_async(port);
            assert_eq!(bench.end(call).reply().asynchronous.unwrap().len(), 1);
        }
        let call = bench.get_v2(port_v2);
        assert_eq!(bench.end(call).reply().batch.unwrap().len(), 2);
    });
}

/// A client that is not authenticated well enough is one without any level, whatever the version.
///
/// Decision 19.
#[test]
fn d19_a_client_of_weak_authentication_is_refused_and_its_connection_ended() {
    both(|bench| {
        let port = bench.port();
        bench.access(None);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 5);
        assert_eq!(bench.refused.len(), 1);
        bench.access(Some(Access::All));
        assert_eq!(bench.unblock(port), 0, "what it held before is left alone until it is gone");
    });
}
