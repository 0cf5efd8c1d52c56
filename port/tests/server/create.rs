//! `ApiCreateNotify` and `ApiCreateNotifyV2` (MS-CMRP 3.1.4.1.56, 3.1.4.2.56, 3.1.4.2.136).

use cmrp_port::access::{Access, ServerState};

use crate::harness::{Bench, both, v2, v3};

/// Both create methods of the protocol version, or the one.
fn creates(bench: &Bench) -> &'static [u16] {
    if bench.protocol == cmrp_port::protocol::Protocol::V3 { &[55, 137] } else { &[55] }
}

/// Rows: 6.1/7, 6.9/2, 2.4/1
#[test]
fn s6_1_s6_9_success_is_zero_and_a_handle() {
    both(|bench| {
        for opnum in creates(bench) {
            let reply = bench.create(*opnum).reply();
            assert_eq!(reply.result, 0);
            assert!(!reply.handle.is_null());
        }
    });
}

/// Rows: 6.1/8, 6.9/2, 2.4/2
#[test]
fn s6_1_failure_is_a_status_and_a_null_handle() {
    both(|bench| {
        bench.limit(|limits| limits.ports = 0);
        for opnum in creates(bench) {
            let reply = bench.create(*opnum).reply();
            assert_ne!(reply.result, 0, "opnum {opnum}");
            assert!(reply.handle.is_null(), "opnum {opnum}");
        }
    });
}

/// Rows: 6.1/7
#[test]
fn s6_1_every_port_has_a_handle_of_its_own() {
    both(|bench| {
        let mut handles: Vec<_> = (0..100).map(|_| bench.port()).collect();
        handles.sort();
        handles.dedup();
        assert_eq!(handles.len(), 100);
    });
}

/// Rows: 6.1/9, 4/3
#[test]
fn s6_1_the_port_has_a_queue_of_its_own_that_is_kept() {
    both(|bench| {
        let (one, other) = (bench.port(), bench.port());
        assert_eq!(bench.add_cluster(one, 0x1, 1), 0);
        assert_eq!(bench.add_cluster(other, 0x1, 2), 0);
        bench.post(0x1, "N", 3);
        assert_eq!(bench.drain(one).len(), 1);
        assert_eq!(bench.drain(one).len(), 0);
        bench.advance(1_000_000_000);
        assert_eq!(bench.drain(other).len(), 1);
    });
}

/// Rows: 6.1/3
#[test]
fn s6_1_protocol_2_makes_no_port_in_the_read_only_state() {
    v2(|bench| {
        bench.state(ServerState::ReadOnly);
        let reply = bench.create(55).reply();
        assert_eq!((reply.result, reply.handle.is_null()), (0x46, true));
    });
}

/// Rows: 6.1/4, 6.9/4
#[test]
fn s6_1_s6_9_protocol_3_makes_ports_in_the_read_only_state() {
    v3(|bench| {
        bench.state(ServerState::ReadOnly);
        assert_eq!(bench.create(55).result(), 0);
        assert_eq!(bench.create(137).result(), 0);
    });
}

/// Rows: 6.1/5
#[test]
fn s6_1_protocol_2_asks_for_all() {
    v2(|bench| {
        for access in [Access::Read, Access::ReadBackup] {
            bench.access(access);
            let reply = bench.create(55).reply();
            assert_eq!((reply.result, reply.handle.is_null()), (5, true));
        }
    });
}

/// Rows: 6.1/6, 6.9/5
#[test]
fn s6_1_s6_9_protocol_3_asks_for_read() {
    v3(|bench| {
        for opnum in [55, 137] {
            bench.access(Access::Read);
            assert_eq!(bench.create(opnum).result(), 0);
            bench.access(None);
            let reply = bench.create(opnum).reply();
            assert_eq!((reply.result, reply.handle.is_null()), (5, true));
        }
    });
}

/// Rows: 4/2, 6.9/3
#[test]
fn s4_the_creating_method_fixes_the_version_of_the_port() {
    v3(|bench| {
        let (one, two) = (bench.port(), bench.port_v2());
        let cluster = bench.object(cmrp_port::object::ObjectKind::Cluster, "");
        assert_eq!(bench.add_cluster(one, 0x1, 1), 0);
        assert_eq!(bench.add_cluster(two, 0x1, 1), 6);
        assert_eq!(bench.add_v2(two, cluster, (7, 0x10), 1, false), 0);
        assert_eq!(bench.add_v2(one, cluster, (7, 0x10), 1, false), 6);
    });
}

/// Rows: 6.9/3
#[test]
fn s6_9_the_handle_is_for_the_five_methods_of_version_2_ports() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (2, 0x8), 1);
        assert_eq!(bench.add_type(port, "T", 1, 2), 0);
        let get = bench.get_v2(port);
        assert!(bench.waits(get));
        assert_eq!(bench.unblock(port), 0);
        assert_eq!(bench.result(get), 1);
        assert_eq!(bench.close(port).result(), 0);
    });
}
