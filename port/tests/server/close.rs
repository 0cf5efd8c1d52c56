//! `ApiCloseNotify` (MS-CMRP 3.1.4.1.57, 3.1.4.2.57).

use cmrp::ndr::ContextHandle;
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;
use cmrp_port::server::CallId;

use crate::harness::{Bench, both, v2, v3};
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
fn s6_2_what_was_not_delivered_is_dropped() {
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
fn s6_2_protocol_2_ends_every_waiting_call() {
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
