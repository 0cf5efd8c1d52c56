//! The states that a client missed need no room in queues, and take none away when they are gone.

use cmrp::ndr::ContextHandle;
use cmrp_port::object::ObjectKind;

use crate::harness::{Bench, both, v2, v3};
use crate::loss::lost;
use crate::reply::Event;

/// Adds filters again whose clients know old numbers, so many.
fn miss(bench: &mut Bench, port: ContextHandle, how_many: u32) {
    bench.set_state_sequence(ObjectKind::Group, "G", 5);
    let group = bench.object(ObjectKind::Group, "G");
    for _ in 0..how_many {
        assert_eq!(bench.re_add(port, group, 0x1000, 9, 4), 0);
    }
}

/// A port whose one filter has the key 7.
fn watching(bench: &mut Bench) -> ContextHandle {
    let port = bench.port();
    assert_eq!(bench.add_cluster(port, 0x1, 7), 0);
    port
}

fn fill(bench: &mut Bench) {
    (0..9).for_each(|number| bench.post(0x1, "N", number));
}

/// How many events a port took, before the report of a loss that must stand behind them.
fn held(bench: &mut Bench, port: ContextHandle) -> usize {
    fill(bench);
    let events = bench.drain(port);
    let (last, held) = events.split_last().unwrap();
    assert_eq!(last, &lost(7));
    assert!(held.iter().zip(0..).all(|(event, number)| *event == Event::new(7, 0x1, number, "N")));
    held.len()
}

/// Rows: 6.6/4, 6.7/14
#[test]
fn s6_6_missed_states_that_were_delivered_leave_the_limits_as_they_were() {
    v3(|bench| {
        for (queue, per_port, expected) in [(3, 100, 3), (100, 4, 3)] {
            bench.limit(|limits| (limits.queue, limits.queue_per_port) = (queue, per_port));
            let port = watching(bench);
            for _ in 0..3 {
                miss(bench, port, 4);
                assert_eq!(bench.drain(port).len(), 4);
                assert_eq!(held(bench, port), expected);
            }
            miss(bench, port, 4);
            let call = bench.get_async(port);
            assert_eq!(bench.end(call).reply().asynchronous.unwrap().len(), 4);
            assert_eq!(held(bench, port), expected);
        }
    });
}

/// Rows: 6.2/6, 6.7/14
#[test]
fn s6_2_missed_states_of_a_closed_port_leave_the_limit_as_it_was() {
    v3(|bench| {
        bench.limit(|limits| limits.queue = 3);
        let port = watching(bench);
        for _ in 0..3 {
            let closed = bench.port();
            miss(bench, closed, 4);
            assert_eq!(bench.close(closed).result(), 0);
        }
        bench.client(2);
        let run_down = bench.port();
        miss(bench, run_down, 4);
        bench.disconnect(2);
        bench.client(1);
        assert_eq!(held(bench, port), 3);
    });
}

/// A port breaks that holds missed states; others hold some as well. The room is counted right afterwards: what
/// fits is taken, and one more breaks the next port.
///
/// Rows: 6.7/15, 6.6/4
#[test]
fn s6_7_missed_states_of_a_broken_port_leave_the_limit_as_it_was() {
    v2(|bench| {
        for (posted, broken) in [(2, false), (3, true)] {
            bench.limit(|limits| limits.queue = 2);
            let (first, other) = (watching(bench), bench.port());
            miss(bench, first, 3);
            miss(bench, other, 2);
            fill(bench);
            let call = bench.get_within(first, 0);
            assert_eq!(bench.result(call), 6, "broken");
            assert_eq!(bench.close(first).result(), 0);
            let last = watching(bench);
            (0..posted).for_each(|number| bench.post(0x1, "N", number));
            let call = bench.get_within(last, 0);
            assert_eq!(bench.result(call), if broken { 6 } else { 0 }, "{posted} events");
            assert_eq!(bench.drain(other).len(), 2);
        }
    });
}

/// Rows: 6.6/4
#[test]
fn s6_6_missed_states_are_counted_as_queued() {
    both(|bench| {
        bench.limit(|limits| (limits.queue, limits.queue_per_port) = (1, 2));
        let port = bench.port();
        miss(bench, port, 5);
        assert_eq!(bench.server.statistics().queued, 5);
        assert_eq!(bench.drain(port).len(), 5);
        assert_eq!((bench.server.statistics().queued, bench.server.statistics().lost), (0, 0));
    });
}
