//! What clients may use up. A call that would pass a limit fails with `ERROR_NOT_ENOUGH_MEMORY` and leaves nothing.

use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::server::AssociationId;

use crate::harness::{Bench, both, event_v2, v3};

fn open(bench: &mut Bench, name: &str) -> Result<cmrp::ndr::ContextHandle, u32> {
    let object = Object::new(ObjectKind::Group, name);
    bench.server.open(bench.caller.association, bench.protocol, &object, Access::All)
}

/// Rows: 2.4/3
#[test]
fn s2_4_ports_of_the_server() {
    both(|bench| {
        bench.limit(|limits| limits.ports = 2);
        let first = bench.port();
        bench.client(2);
        bench.port();
        assert_eq!(bench.create(55).result(), 8);
        bench.client(3);
        assert_eq!(bench.create(55).result(), 8);
        bench.client(1);
        assert_eq!(bench.close(first).result(), 0);
        bench.port();
        assert_eq!(bench.create(55).result(), 8);
    });
}

/// Both versions of port count.
///
/// Rows: 2.4/3
#[test]
fn s2_4_ports_of_a_client() {
    v3(|bench| {
        bench.limit(|limits| limits.ports_per_association = 2);
        let first = bench.port();
        bench.port_v2();
        assert_eq!(bench.create(55).result(), 8);
        let reply = bench.create(137).reply();
        assert_eq!((reply.result, reply.handle.is_null()), (8, true));
        bench.client(2);
        bench.port();
        bench.client(1);
        assert_eq!(bench.close(first).result(), 0);
        bench.port_v2();
        assert_eq!(bench.create(55).result(), 8);
        assert_eq!(bench.server.statistics().ports, 3);
    });
}

/// Rows: 2.4/3
#[test]
fn s2_4_handles_of_a_client() {
    both(|bench| {
        bench.limit(|limits| limits.handles_per_association = 3);
        let group = open(bench, "A").unwrap();
        open(bench, "B").unwrap();
        let port = bench.port();
        assert_eq!(open(bench, "C"), Err(8));
        assert_eq!(bench.create(55).result(), 8);
        assert_eq!(bench.server.statistics().handles, 3);
        bench.client(2);
        open(bench, "C").unwrap();
        bench.client(1);
        let client = bench.caller.association;
        assert!(bench.server.close(client, bench.protocol, group, ObjectKind::Group).is_some());
        open(bench, "C").unwrap();
        assert_eq!(open(bench, "D"), Err(8));
        assert_eq!(bench.close(port).result(), 0);
        open(bench, "D").unwrap();
        bench.disconnect(1);
        open(bench, "E").unwrap();
    });
}

/// Rows: 2.4/3
#[test]
fn s2_4_filters_of_a_port_and_of_the_server() {
    both(|bench| {
        bench.limit(|limits| (limits.filters_per_port, limits.filters) = (2, 5));
        let (one, other, third) = (bench.port(), bench.port(), bench.port());
        for port in [one, other] {
            assert_eq!(bench.add_cluster(port, 1, 1), 0);
            assert_eq!(bench.add_cluster(port, 1, 1), 0);
            assert_eq!(bench.add_cluster(port, 1, 1), 8);
        }
        assert_eq!(bench.add_cluster(third, 1, 1), 0);
        assert_eq!(bench.add_cluster(third, 1, 1), 8);
        assert_eq!(bench.server.statistics().filters, 5);
        assert_eq!(bench.close(one).result(), 0);
        assert_eq!(bench.add_cluster(third, 1, 1), 0);
        bench.post(1, "N", 1);
        assert_eq!((bench.drain(other).len(), bench.drain(third).len()), (2, 2));
    });
}

/// The limit holds for every Add and `ReAdd` method; what fails queues nothing.
///
/// Rows: 2.4/3, 6.6/8
#[test]
fn s2_4_filters_of_every_method() {
    both(|bench| {
        bench.limit(|limits| limits.filters_per_port = 1);
        let handles = bench.handles();
        assert_eq!(bench.add_cluster(handles.v1, 0x1, 1), 0);
        for (kind, add, re_add, mask) in crate::harness::ADD_METHODS {
            bench.set_state_sequence(kind, "Any", 8);
            let (port, object) = (handles.v1, handles.object(kind));
            assert_eq!(bench.try_add(add, port, object, mask, |stub| stub.number(1)).result(), 8);
            let rest = |stub: crate::wire::Stub| stub.number(1).number(7);
            assert_eq!(bench.try_add(re_add, port, object, mask, rest).result(), 8);
        }
        assert_eq!(bench.add_key(handles.v1, handles.object(ObjectKind::Key), 0x70, 1, 1), 8);
        assert_eq!(bench.drain(handles.v1), []);
        assert_eq!(bench.server.statistics().filters, 1);
    });
    v3(|bench| {
        bench.limit(|limits| limits.filters_per_port = 1);
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "G"));
        assert_eq!(bench.add_v2(port, group, (2, 8), 1, true), 0);
        assert_eq!(bench.add_v2(port, group, (2, 8), 1, true), 8);
        assert_eq!(bench.add_type(port, "T", 1, 1), 8);
        bench.post_v2(&event_v2(4, 1, "T"));
        assert_eq!(bench.drain_v2(port), []);
    });
}

/// Rows: 2.4/3
#[test]
fn s2_4_waiting_calls_of_a_port_and_of_the_server() {
    both(|bench| {
        bench.limit(|limits| (limits.waiting_per_port, limits.waiting) = (2, 3));
        let (one, other) = (bench.port(), bench.port());
        let calls = [bench.get(one), bench.get(one), bench.get(one)];
        assert!(bench.waits(calls[0]) && bench.waits(calls[1]));
        assert_eq!(bench.result(calls[2]), 8);
        let calls = [bench.get(other), bench.get(other)];
        assert_eq!((bench.waits(calls[0]), bench.result(calls[1])), (true, 8));
        assert_eq!(bench.unblock(one), 0);
        let call = bench.get(other);
        assert!(bench.waits(call));
        bench.cancel(call);
        let call = bench.get(other);
        assert!(bench.waits(call));
    });
}

/// A limit of waiting calls does not stop a call that need not wait.
///
/// Rows: 2.4/3
#[test]
fn s2_4_a_call_that_does_not_wait_needs_no_place() {
    both(|bench| {
        bench.limit(|limits| limits.waiting = 0);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 1, 1), 0);
        bench.post(1, "N", 1);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 0);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 8);
    });
    v3(|bench| {
        bench.limit(|limits| limits.waiting_per_port = 0);
        let (port, port_v2) = (bench.port(), bench.port_v2());
        let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
        assert_eq!((bench.result(call), bench.result(call_v2)), (8, 8));
    });
}

/// Rows: 2.4/3
#[test]
fn s2_4_each_client_has_its_own_share() {
    both(|bench| {
        bench.limit(|limits| limits.ports_per_association = 1);
        for client in 1..20 {
            bench.client(client);
            bench.port();
            assert_eq!(bench.create(55).result(), 8);
        }
        bench.server.handle_disconnect(AssociationId(7));
        bench.client(7);
        bench.port();
    });
}

/// What is wrong in itself is said before what does not fit.
///
/// Rows: 2.4/3
#[test]
fn s2_4_limits_are_checked_after_parameters() {
    both(|bench| {
        bench.limit(|limits| limits.filters = 0);
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        let mut add = |filter| bench.try_add(59, port, group, filter, |stub| stub.number(1)).result();
        assert_eq!((add(0), add(0x1000)), (0x57, 8));
    });
}

/// What one client can take leaves the others most of what there is.
#[test]
fn one_client_cannot_take_what_all_share() {
    let limits = cmrp_port::server::Limits::default();
    for (of_a_port, of_all) in [
        (limits.queue_per_port, limits.queue),
        (limits.filters_per_port, limits.filters),
        (limits.waiting_per_port, limits.waiting),
    ] {
        assert!(of_a_port * limits.ports_per_association <= of_all / 16);
    }
}

/// A client that does not read neither loses the events of others nor breaks their ports.
#[test]
fn a_client_that_does_not_read_hurts_nobody_else() {
    both(|bench| {
        bench.limit(|limits| {
            (limits.ports_per_association, limits.queue_per_port, limits.queue) = (2, 4, 12);
        });
        for _ in 0..2 {
            let port = bench.port();
            assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        }
        bench.client(2);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 2), 0);
        for number in 0..50 {
            bench.post(0x1, "N", number);
            assert_eq!(bench.drain(port), [crate::reply::Event::new(2, 0x1, number, "N")]);
        }
    });
}

/// No client makes the server keep long names.
#[test]
fn names_of_resource_types_are_bounded() {
    v3(|bench| {
        let port = bench.port_v2();
        for (length, code) in [(256, 0), (257, 0x57), (100_000, 0x57)] {
            let name = "T".repeat(length);
            let call = bench.call(155, |stub| stub.handle(port).long(1).number(1).text(&name).number(2));
            assert_eq!(bench.result(call), code, "{length}");
        }
        assert_eq!(bench.server.statistics().filters, 1);
    });
}

/// States that a client missed stand between indications that find no room, and one report is enough for all.
#[test]
fn reports_of_losses_do_not_pile_up() {
    v3(|bench| {
        bench.limit(|limits| limits.queue_per_port = 3);
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        assert_eq!(bench.add_cluster(port, 0x1, 5), 0);
        (0..2).for_each(|number| bench.post(0x1, "N", number));
        bench.set_state_sequence(ObjectKind::Group, "G", 8);
        for round in 0..20 {
            assert_eq!(bench.re_add(port, group, 0x2000, 9, 7), 0);
            bench.post(0x1, "N", round);
        }
        let statistics = bench.server.statistics();
        assert_eq!((statistics.queued, statistics.lost), (2 + 20 + 1, 20));
    });
}

/// All that finds no room is counted, however many filters of a port ask for it.
#[test]
fn losses_are_counted_once_a_filter() {
    both(|bench| {
        bench.limit(|limits| limits.queue_per_port = 3);
        let port = bench.port();
        (0..5).for_each(|key| assert_eq!(bench.add_cluster(port, 0x1, key), 0));
        bench.post(0x1, "N", 0);
        assert_eq!(bench.server.statistics().lost, 3);
        bench.post(0x1, "N", 1);
        assert_eq!(bench.server.statistics().lost, 8);
    });
}
