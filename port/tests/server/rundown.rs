//! The last connection of a client is gone (MS-RPCE 3.3.3.7.1, 3.2.3.1.6).

use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, Statistics};

use crate::forged::MISMATCH;
use crate::harness::{both, event_v2, v2, v3};
use crate::reply::{End, Event};

/// What counts things that exist now is zero again.
fn assert_empty(statistics: Statistics) {
    let past = Statistics {
        posted: statistics.posted,
        delivered: statistics.delivered,
        lost: statistics.lost,
        ..Statistics::default()
    };
    assert_eq!(statistics, past);
}

/// Rows: 10/9, 10/11
#[test]
fn s10_everything_of_the_client_is_gone() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, _, _, mask) in crate::harness::ADD_METHODS {
            bench.add(handles.v1, handles.object(kind), mask, 1);
        }
        assert_eq!(bench.add_cluster(handles.v1, 0x4FF7_FFFF, 1), 0);
        let key = bench.object(ObjectKind::Key, "A\\B");
        assert_eq!(bench.add_key(handles.v1, key, 0x70, 1, 1), 0);
        let closed = bench.port();
        assert_eq!(bench.close(closed).result(), 0);
        bench.post(0x1, "Any", 1);
        let waiting = bench.port();
        let call = bench.get_within(waiting, 50);
        if bench.protocol == Protocol::V3 {
            let group = handles.object(ObjectKind::Group);
            assert_eq!(bench.add_v2(handles.v2, group, (2, 8), 1, true), 0);
            assert_eq!(bench.add_type(handles.v2, "T", 1, 1), 0);
            bench.post_v2(&event_v2(2, 8, "Any"));
        }
        bench.disconnect(1);
        assert_eq!(bench.end(call), End::Abandoned);
        assert_empty(bench.server.statistics());
        assert_eq!(bench.server.poll_timeout(), None);
        bench.advance(1_000);
        bench.post(0x1, "Any", 1);
        assert_eq!(bench.server.statistics().queued, 0);
    });
}

/// Rows: 10/9, 10/11
#[test]
fn s10_handles_that_were_run_down_are_a_fault_and_closed_ports_are_forgotten() {
    both(|bench| {
        let (port, closed, group) = (bench.port(), bench.port(), bench.object(ObjectKind::Group, "G"));
        assert_eq!(bench.close(closed).result(), 0);
        bench.disconnect(1);
        for token in [port, closed, group] {
            let call = bench.get(token);
            assert_eq!(bench.end(call), MISMATCH);
        }
        assert!(bench.server.object(AssociationId(1), bench.protocol, group).is_none());
    });
}

/// Rows: 10/9
#[test]
fn s10_other_clients_keep_what_they_have() {
    both(|bench| {
        let mine = bench.port();
        assert_eq!(bench.add_cluster(mine, 0x1, 1), 0);
        bench.client(2);
        let theirs = bench.port();
        assert_eq!(bench.add_cluster(theirs, 0x1, 2), 0);
        let call = bench.get(theirs);
        bench.disconnect(1);
        bench.disconnect(99);
        assert!(bench.waits(call));
        bench.post(0x1, "N", 1);
        assert_eq!(bench.event(call), Event::new(2, 0x1, 1, "N"));
        bench.disconnect(2);
        assert_empty(bench.server.statistics());
    });
}

/// What goes away without a word in protocol version 2 is run down the same way, when the embedding program says so.
///
/// Rows: 10/10
#[test]
fn s10_a_silent_client_of_protocol_2_is_run_down_when_told() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        let call = bench.get(port);
        bench.advance(300_000);
        assert!(bench.waits(call), "the engine does not count packets");
        bench.disconnect(1);
        assert_eq!(bench.end(call), End::Abandoned);
        assert_empty(bench.server.statistics());
    });
}

/// Rows: 10/9
#[test]
fn s10_one_client_speaks_both_protocol_versions() {
    v3(|bench| {
        let port = bench.port();
        bench.protocol = Protocol::V2;
        let other = bench.port();
        let (call_2, call_3);
        call_2 = bench.get(other);
        bench.protocol = Protocol::V3;
        call_3 = bench.get(port);
        bench.disconnect(1);
        assert_eq!((bench.end(call_2), bench.end(call_3)), (End::Abandoned, End::Abandoned));
        assert_empty(bench.server.statistics());
    });
}

/// A get call that arrives after the end of its client, on a handle it had: there is nothing left.
///
/// Rows: 10/9
#[test]
fn s10_a_client_that_was_refused_leaves_nothing() {
    both(|bench| {
        bench.access(None);
        for client in 1..100 {
            bench.client(client);
            assert_eq!(bench.create(55).result(), 5);
            bench.disconnect(client);
        }
        assert_empty(bench.server.statistics());
        bench.access(Access::All);
        bench.client(5);
        bench.port();
        bench.disconnect(5);
        assert_empty(bench.server.statistics());
    });
}
