//! `ApiUnblockGetNotifyCall` (MS-CMRP 3.1.4.1.107, 3.1.4.2.107).

use cmrp_port::access::Access;

use crate::harness::{both, v2, v3};

/// Rows: 6.8/2, 10/6, 10/3
#[test]
fn s6_8_s10_protocol_2_ends_all_calls_that_wait() {
    v2(|bench| {
        let port = bench.port();
        let calls: Vec<_> = [0xFFFF_FFFF, 5, 5].map(|timeout| bench.get_within(port, timeout)).into();
        assert_eq!(bench.unblock(port), 0);
        assert!(calls.iter().all(|call| bench.result(*call) == 1));
        assert_eq!(bench.server.statistics().waiting, 0);
    });
}

/// Rows: 6.8/3, 10/6, 10/3
#[test]
fn s6_8_protocol_3_ends_all_calls_of_the_three_methods() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        let calls = [bench.get(port), bench.get_async(port), bench.get(port)];
        let others = [bench.get_v2(port_v2), bench.get_v2(port_v2)];
        assert_eq!(bench.unblock(port), 0);
        assert!(calls.iter().all(|call| bench.result(*call) == 1));
        assert!(others.iter().all(|call| bench.waits(*call)));
        assert_eq!(bench.unblock(port_v2), 0);
        assert!(others.iter().all(|call| bench.result(*call) == 1));
    });
}

/// Rows: 6.8/2, 6.8/3
#[test]
fn s6_8_calls_on_other_ports_go_on_waiting() {
    both(|bench| {
        let (port, other) = (bench.port(), bench.port());
        let call = bench.get(other);
        assert_eq!(bench.unblock(port), 0);
        assert!(bench.waits(call));
    });
}

/// Rows: 6.8/4
#[test]
fn s6_8_the_port_can_be_closed_afterwards() {
    both(|bench| {
        let port = bench.port();
        let call = bench.get(port);
        assert_eq!(bench.unblock(port), 0);
        assert_eq!(bench.result(call), 1);
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!(bench.server.statistics().ports, 0);
    });
}

/// Rows: 6.8/6
#[test]
fn s6_8_a_port_without_waiting_calls_is_unblocked_too() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.unblock(port), 0);
    });
}

/// Rows: 6.8/6
#[test]
fn s6_8_a_handle_that_is_not_a_port_is_0x6() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, object) in &handles.objects {
            assert_eq!(bench.unblock(*object), 6, "{kind:?}");
        }
    });
}

/// Rows: 6.8/5
#[test]
fn s6_8_protocol_3_asks_the_client_for_read() {
    v3(|bench| {
        let port = bench.port();
        let call = bench.get(port);
        bench.access(None);
        assert_eq!(bench.unblock(port), 5);
        assert!(bench.waits(call));
        bench.access(Access::Read);
        assert_eq!(bench.unblock(port), 0);
        assert_eq!(bench.result(call), 1);
    });
}
