//! The `GetNotify` timer of protocol version 2 (MS-CMRP 3.1.2.4, 3.1.4.1.66).

use cmrp_port::access::ServerState;
use cmrp_port::object::ObjectKind;

use crate::harness::{FOR_EVER, v2, v3};
use crate::reply::{End, Event};

/// Rows: 4/20, 4/22, 6.7/8, 6.7/21
#[test]
fn s4_the_timer_ends_the_wait_after_timeout_milliseconds() {
    v2(|bench| {
        let port = bench.port();
        for timeout in [1, 250, 60_000, FOR_EVER - 1] {
            let call = bench.get_within(port, timeout);
            assert_eq!(bench.timer(), Some(timeout.into()));
            bench.advance(u64::from(timeout) - 1);
            assert!(bench.waits(call), "Timeout {timeout}");
            bench.advance(1);
            assert_eq!(bench.result(call), 0x102, "Timeout {timeout}");
            assert_eq!(bench.timer(), None);
        }
    });
}

/// Rows: 4/22
#[test]
fn s4_a_late_look_at_the_clock_ends_the_wait_too() {
    v2(|bench| {
        let port = bench.port();
        let call = bench.get_within(port, 10);
        bench.advance(1_000);
        assert_eq!(bench.result(call), 0x102);
    });
}

/// Rows: 4/23, 6.7/23
#[test]
fn s4_an_event_cancels_the_timer() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let call = bench.get_within(port, 10);
        bench.post(0x1, "N", 1);
        assert_eq!(bench.event(call), Event::new(1, 0x1, 1, "N"));
        assert_eq!(bench.timer(), None);
        bench.advance(1_000);
    });
}

/// Each other way to end: the timer must not end the call a second time.
///
/// Rows: 4/23
#[test]
fn s4_every_other_completion_cancels_the_timer() {
    v2(|bench| {
        let port = bench.port();
        let unblocked = bench.get_within(port, 10);
        assert_eq!(bench.unblock(port), 0);
        assert_eq!((bench.result(unblocked), bench.timer()), (1, None));

        let cancelled = bench.get_within(port, 10);
        bench.cancel(cancelled);
        assert_eq!((bench.end(cancelled), bench.timer()), (End::Abandoned, None));

        let closed = bench.get_within(port, 10);
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!((bench.result(closed), bench.timer()), (1, None));

        let port = bench.port();
        let stopped = bench.get_within(port, 10);
        bench.state(ServerState::Stopped);
        assert!([0x13D0, 0x13D1].contains(&bench.result(stopped)));
        assert_eq!(bench.timer(), None);
        bench.state(ServerState::ReadWrite);

        let port = bench.port();
        let run_down = bench.get_within(port, 10);
        bench.disconnect(1);
        assert_eq!((bench.end(run_down), bench.timer()), (End::Abandoned, None));
        bench.advance(1_000);
    });
}

/// Rows: 4/22
#[test]
fn s4_a_timer_that_ran_out_takes_no_event() {
    v2(|bench| {
        let (port, node) = (bench.port(), bench.object(ObjectKind::Node, "N"));
        bench.add(port, node, 0x1, 1);
        let call = bench.get_within(port, 10);
        bench.advance(10);
        bench.post(0x1, "N", 1);
        assert_eq!(bench.result(call), 0x102);
        assert_eq!(bench.drain(port), [Event::new(1, 0x1, 1, "N")]);
    });
}

/// Rows: 4/20
#[test]
fn s4_the_timer_is_that_of_the_next_deadline_of_any_port() {
    v2(|bench| {
        let ports = [bench.port(), bench.port(), bench.port()];
        let calls = [(0, 300), (1, 100), (2, 200), (1, 400)].map(|(port, timeout)| {
            let call = bench.get_within(ports[port], timeout);
            (call, timeout)
        });
        let mut left = calls.to_vec();
        left.sort_by_key(|(_, timeout)| *timeout);
        let mut at = 0;
        for (call, timeout) in left {
            assert_eq!(bench.timer(), Some(u128::from(timeout - at)));
            bench.advance(u64::from(timeout - at));
            at = timeout;
            assert_eq!(bench.result(call), 0x102);
        }
        assert_eq!((bench.timer(), bench.server.statistics().waiting), (None, 0));
    });
}

/// Rows: 4/21
#[test]
fn s4_protocol_3_has_no_timer() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        let calls = [bench.get(port), bench.get_async(port), bench.get_v2(port_v2)];
        assert_eq!(bench.timer(), None);
        bench.advance(1 << 40);
        assert!(calls.iter().all(|call| bench.waits(*call)));
    });
}

/// Rows: 6.7/8
#[test]
fn s6_7_an_event_that_is_queued_is_returned_whatever_the_timeout() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        for timeout in [0, 1, FOR_EVER] {
            bench.post(0x1, "N", timeout);
            let call = bench.get_within(port, timeout);
            assert_eq!(bench.event(call), Event::new(1, 0x1, timeout, "N"));
            assert_eq!(bench.timer(), None);
        }
    });
}
