//! The decision of `DECISIONS.md` on queues that are full.

use cmrp_port::object::ObjectKind;

use crate::harness::{Bench, both, event_v2, got_v2, v2, v3};
use crate::loss::lost;
use crate::reply::Event;

/// Decision 6.
#[test]
fn d06_protocol_3_marks_the_place_of_a_loss() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 3);
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        bench.add(port, group, 0x1000, 4);
        assert_eq!(bench.add_cluster(port, 0x1, 5), 0);
        (0..5).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.server.statistics().queued, 3, "the last place is kept for the report");
        let expected = [Event::new(5, 0x1, 0, "N"), Event::new(5, 0x1, 1, "N"), lost(4)];
        assert_eq!(bench.drain(port), expected);
        bench.server.set_cluster_name("Another Name");
        (0..5).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.drain(port)[2].name.as_deref(), Some("Another Name"));
    });
}

/// Decision 6.
#[test]
fn d06_version_2_ports_get_lost_notifications_asked_for_or_not() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 2);
        let fill = |bench: &mut Bench, port| {
            (0..5).for_each(|_| bench.post_v2(&event_v2(2, 8, "G")));
            bench.drain_v2(port)
        };
        let port = bench.port_v2();
        bench.watch_v2(port, (2, 8), 4);
        assert_eq!(fill(bench, port), [got_v2(4, (2, 8), "G"), got_v2(4, (1, 0x200), "")]);
        bench.watch_v2(port, (1, 0x280), 5);
        bench.watch_v2(port, (1, 0x200), 6);
        assert_eq!(fill(bench, port)[1], got_v2(5, (1, 0x200), ""), "the key of the first that asked");
    });
}

/// Decision 6.
#[test]
fn d06_protocol_2_overflow_breaks_the_port() {
    v2(|bench| {
        bench.limit(|limits| limits.queue_per_port = 4);
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        let (other, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        assert_eq!(bench.add_cluster(port, 0x1, 5), 0);
        (0..10).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.server.statistics().queued, 0, "the queue is dropped");
        let call = bench.get(port);
        assert_eq!(bench.result(call), 6);
        assert_eq!(bench.unblock(port), 6);
        assert_eq!(bench.add_cluster(port, 0x1, 5), 6);
        assert_eq!(bench.re_add(port, group, 0x1000, 1, 1), 6);
        assert_eq!(bench.add_key(port, key, 0x70, 1, 1), 6);
        assert_eq!(bench.try_add(59, port, group, 0x1000, |stub| stub.number(1)).result(), 6);
        bench.post(0x1, "N", 11);
        assert_eq!(bench.server.statistics().queued, 0);
        bench.add(other, group, 0x1000, 1);
        assert_eq!(bench.close(port).result(), 0);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 0x103);
    });
}

/// A client that comes back with more filters than the queue has places gets a state for each; other events find the
/// room that they would have found without.
///
/// Decision 6.
#[test]
fn d06_states_that_a_client_missed_need_no_room() {
    both(|bench| {
        bench.limit(|limits| {
            limits.queue_per_port = 3;
            limits.queue = 2;
        });
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        bench.set_state_sequence(ObjectKind::Group, "G", 8);
        (0..6).for_each(|key| assert_eq!(bench.re_add(port, group, 0x2000, key, 7), 0));
        assert_eq!(bench.add_cluster(port, 0x1, 9), 0);
        (0..2).for_each(|number| bench.post(0x1, "N", number));
        let missed = (0..6).map(|key| Event::new(key, 0x1000, 8, "G"));
        let posted = (0..2).map(|number| Event::new(9, 0x1, number, "N"));
        assert_eq!(bench.drain(port), missed.chain(posted).collect::<Vec<_>>());
        // What was delivered is counted no more.
        (0..2).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.drain(port).len(), 2);
        assert_eq!(bench.server.statistics().lost, 0);
        // What is missed no more, since the port is closed, is counted no more.
        assert_eq!(bench.re_add(port, group, 0x2000, 1, 7), 0);
        assert_eq!(bench.close(port).result(), 0);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 9), 0);
        (0..2).for_each(|number| bench.post(0x1, "N", number));
        assert_eq!(bench.drain(port).len(), 2);
    });
}

/// A queue that is just full is not broken.
///
/// Decision 6.
#[test]
fn d06_protocol_2_ports_hold_what_fits() {
    v2(|bench| {
        bench.limit(|limits| limits.queue_per_port = 4);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 5), 0);
        for round in 0..5 {
            (0..3).for_each(|number| bench.post(0x1, "N", round * 10 + number));
            assert_eq!(bench.drain(port).len(), 3);
        }
    });
}

/// What a broken port held is counted no more, neither now nor when it is closed.
///
/// Decision 6.
#[test]
fn d06_a_broken_port_gives_its_room_back_once() {
    v2(|bench| {
        bench.limit(|limits| (limits.queue_per_port, limits.queue) = (4, 6));
        let (port, other) = (bench.port(), bench.port());
        assert_eq!(bench.add_cluster(port, 0x1, 5), 0);
        assert_eq!(bench.add_cluster(other, 0x100, 6), 0);
        (0..10).for_each(|number| bench.post(0x1, "N", number));
        (0..3).for_each(|number| bench.post(0x100, "R", number));
        assert_eq!(bench.server.statistics().queued, 3);
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!(bench.server.statistics().queued, 3);
        assert_eq!(bench.drain(other).len(), 3);
    });
}

/// Decision 6.
#[test]
fn d06_only_a_filter_that_asked_for_losses_lends_its_key() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 2);
        let port = bench.port_v2();
        for (key, filter) in [(4, (2, 0x1FF)), (5, (1, 0x1DF4)), (6, (3, 0x1FF))] {
            bench.watch_v2(port, filter, key);
        }
        (0..5).for_each(|_| bench.post_v2(&event_v2(2, 8, "G")));
        assert_eq!(bench.drain_v2(port)[1], got_v2(4, (1, 0x200), ""));
    });
}
