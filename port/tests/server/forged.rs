//! Handles that are not what they should be, in every method that takes one.

use cmrp::ndr::{ContextHandle, Uuid};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol::{self, V2, V3};

use crate::harness::Bench;
use crate::methods::{Handles, Method, Parameter, everywhere};
use crate::reply::End;

/// `nca_s_fault_context_mismatch`.
pub(crate) const MISMATCH: End = End::Fault(0x1C00_001A);

/// A token that no server made.
pub(crate) fn token(number: u32) -> ContextHandle {
    let uuid = Uuid::new(number, 0x1234, 0x5678, *b"somebody");
    ContextHandle { attributes: 0, uuid }
}

/// Makes the call of the table with one handle in the place of another; everything else is valid.
fn replaced(bench: &mut Bench, method: &Method, at: usize, by: ContextHandle, handles: &Handles) -> End {
    let call = bench.invoke(method, |index, parameter| if index == at { by } else { handles.of(parameter) });
    if bench.waits(call) {
        bench.cancel(call);
    }
    bench.end(call)
}

/// Each handle parameter of each method, with the handles of a client.
fn each_handle(body: impl Fn(&mut Bench, &Method, usize, Parameter, &Handles)) {
    for (method, protocol) in everywhere() {
        let handles = method.parameters.iter().enumerate().filter(|(_, parameter)| parameter.is_handle());
        for (index, parameter) in handles {
            let mut bench = Bench::new(protocol, index);
            let handles = bench.handles();
            body(&mut bench, method, index, *parameter, &handles);
        }
    }
}

/// Everything that may be wrong with the octets of a token: each bit, alone.
///
/// Rows: 2.4/4
#[test]
fn s2_4_a_token_that_nobody_made_is_a_fault() {
    each_handle(|bench, method, index, parameter, handles| {
        let right = handles.of(parameter);
        let mut wrong = vec![token(0), token(1), ContextHandle { attributes: 1, ..ContextHandle::NULL }];
        wrong.extend((0..32).map(|bit| ContextHandle { attributes: right.attributes ^ 1 << bit, ..right }));
        for bit in 0..32 {
            let uuid = Uuid { data1: right.uuid.data1 ^ 1 << bit, ..right.uuid };
            wrong.push(ContextHandle { uuid, ..right });
        }
        for bit in 0..16 {
            let uuid = Uuid { data2: right.uuid.data2 ^ 1 << bit, ..right.uuid };
            let other = Uuid { data3: right.uuid.data3 ^ 1 << bit, ..right.uuid };
            wrong.extend([uuid, other].map(|uuid| ContextHandle { uuid, ..right }));
        }
        for bit in 0..64 {
            let mut uuid = right.uuid;
            uuid.data4[bit / 8] ^= 1 << (bit % 8);
            wrong.push(ContextHandle { uuid, ..right });
        }
        for token in wrong {
            let end = replaced(bench, method, index, token, handles);
            assert_eq!(end, MISMATCH, "{} parameter {index}, {token}", method.name);
        }
        assert_untouched(bench, handles);
    });
}

/// All handles still work, no filter came into being, nothing waits.
fn assert_untouched(bench: &mut Bench, handles: &Handles) {
    let statistics = bench.server.statistics();
    assert_eq!((statistics.filters, statistics.waiting, statistics.queued), (0, 0, 0));
    assert_eq!(bench.unblock(handles.v1), 0);
    for (kind, token) in &handles.objects {
        let found = bench.server.object(bench.caller.association, bench.protocol, *token);
        assert_eq!(found.map(|(object, _)| object.kind), Some(*kind));
    }
}

/// Rows: 10/12
#[test]
fn s10_a_handle_of_another_client_is_a_fault() {
    each_handle(|bench, method, index, parameter, handles| {
        bench.client(2);
        let own = bench.handles();
        let end = replaced(bench, method, index, handles.of(parameter), &own);
        assert_eq!(end, MISMATCH, "{} parameter {index}", method.name);
        bench.client(1);
        assert_untouched(bench, handles);
    });
}

/// The interface versions are two interfaces: `strict_context_handle`.
///
/// Rows: 2.4/4
#[test]
fn s2_4_a_handle_of_the_other_protocol_version_is_a_fault() {
    each_handle(|bench, method, index, parameter, handles| {
        let protocol = bench.protocol;
        bench.protocol = if protocol == V2 { V3 } else { V2 };
        let foreign = bench.handles();
        let foreign = if foreign.of(parameter).is_null() { foreign.v1 } else { foreign.of(parameter) };
        bench.protocol = protocol;
        let end = replaced(bench, method, index, foreign, handles);
        assert_eq!(end, MISMATCH, "{} of {protocol:?}, parameter {index}", method.name);
        assert_untouched(bench, handles);
    });
}

/// A null handle does not reach a method unless it is of direction [in, out].
///
/// Rows: 2.4/4, 6.2/10
#[test]
fn s2_4_a_null_handle_is_a_fault_or_not_valid() {
    each_handle(|bench, method, index, _, handles| {
        let end = replaced(bench, method, index, ContextHandle::NULL, handles);
        if method.is_close() {
            let reply = end.reply();
            assert_eq!((reply.result, reply.handle), (6, ContextHandle::NULL));
        } else {
            assert_eq!(end, MISMATCH, "{} parameter {index}", method.name);
        }
        assert_untouched(bench, handles);
    });
}

/// Every kind of handle in the place of every other.
///
/// Rows: 6.2/10, 6.3/11, 6.4/9, 6.5/11, 6.6/11, 6.7/18, 6.8/6, 6.10/12, 6.11/11, 6.12/11, 6.13/7
#[test]
fn s6_2_to_s6_13_a_handle_of_the_wrong_kind_is_not_valid() {
    each_handle(|bench, method, index, parameter, handles| {
        let mut wrong: Vec<ContextHandle> = handles.objects.iter().map(|(_, token)| *token).collect();
        wrong.extend([handles.v1, handles.v2].into_iter().filter(|port| !port.is_null()));
        let right: Vec<ContextHandle> = match parameter {
            Parameter::Port => vec![handles.v1, handles.v2],
            parameter => vec![handles.of(parameter)],
        };
        for token in wrong.into_iter().filter(|token| !right.contains(token)) {
            let end = replaced(bench, method, index, token, handles);
            assert_eq!(end.result(), 6, "{} of {:?}, parameter {index}", method.name, bench.protocol);
        }
        assert_untouched(bench, handles);
    });
}

/// Rows: 10/8
#[test]
fn s10_a_stale_object_handle_is_a_fault() {
    each_handle(|bench, method, index, parameter, handles| {
        let Parameter::Object(kind) = parameter else { return };
        let stale = bench.object(kind, "Stale");
        let client = bench.caller.association;
        assert!(bench.server.close(client, bench.protocol, stale, kind).is_some());
        assert!(bench.server.close(client, bench.protocol, stale, kind).is_none());
        let again = bench.object(kind, "Stale");
        assert_ne!(again, stale, "a token is not used again");
        assert_eq!(replaced(bench, method, index, stale, handles), MISMATCH, "{}", method.name);
    });
}

/// Get calls on a port that was closed return 0x103; everything else is a fault.
///
/// Rows: 10/8, 6.7/19, 6.12/12
#[test]
fn s10_a_stale_port_handle_is_a_fault_but_for_get_calls() {
    each_handle(|bench, method, index, parameter, handles| {
        if !parameter.is_port() {
            return;
        }
        let stale = if parameter == Parameter::PortV2 { bench.port_v2() } else { bench.port() };
        assert_eq!(bench.close(stale).result(), 0);
        let again = if parameter == Parameter::PortV2 { bench.port_v2() } else { bench.port() };
        assert_ne!(again, stale, "a token is not used again");
        let end = replaced(bench, method, index, stale, handles);
        if method.is_get() {
            assert_eq!(end.result(), 0x103, "{}", method.name);
        } else {
            assert_eq!(end, MISMATCH, "{}", method.name);
        }
    });
}

/// A closed port is remembered for its own client and protocol version alone.
///
/// Rows: 10/12
#[test]
fn s10_the_closed_port_of_another_client_is_a_fault() {
    for (method, protocol) in everywhere().filter(|(method, _)| method.is_get()) {
        let mut bench = Bench::new(protocol, 0);
        let stale = if method.opnum == 139 { bench.port_v2() } else { bench.port() };
        assert_eq!(bench.close(stale).result(), 0);
        bench.client(2);
        let own = bench.handles();
        assert_eq!(replaced(&mut bench, method, 0, stale, &own), MISMATCH, "{}", method.name);
        if method.opnum == 65 {
            bench.client(1);
            bench.protocol = if protocol == V2 { V3 } else { V2 };
            let own = bench.handles();
            assert_eq!(replaced(&mut bench, method, 0, stale, &own), MISMATCH, "{}", method.name);
        }
    }
}

/// Handles are checked before parameters, ports before objects or after: a call with both wrong says one of the two.
///
/// Rows: 2.4/4
#[test]
fn s2_4_handles_are_checked_before_parameters() {
    for protocol in [V2, V3] {
        let mut bench = Bench::new(protocol, 0);
        let handles = bench.handles();
        let node = handles.object(ObjectKind::Node);
        let add = |port, object| {
            move |stub: crate::wire::Stub| stub.handle(port).handle(object).number(0).number(1)
        };
        let call = bench.call(59, add(handles.v1, token(9)));
        assert_eq!(bench.end(call), MISMATCH);
        let call = bench.call(59, add(handles.v1, node));
        assert_eq!(bench.result(call), 6);
        let call = bench.call(59, add(handles.v1, handles.object(ObjectKind::Group)));
        assert_eq!(bench.result(call), 0x57);
    }
}

/// Tokens differ between servers of different seeds, so that none can be guessed from another.
///
/// Rows: 10/12
#[test]
fn s10_tokens_of_another_server_are_a_fault() {
    for protocol in [V2, V3] {
        let mut bench = Bench::new(protocol, 0);
        let ports: Vec<ContextHandle> = (0..64).map(|_| bench.port()).collect();
        assert!(ports.iter().all(|port| port.attributes == 0), "Windows servers write 0");
        let limits = cmrp_port::server::Limits::default();
        let config = cmrp_port::server::Config { limits, seed: [7; 16], cluster_name: "C".into() };
        bench.server = cmrp_port::server::Server::new(config);
        let own: Vec<ContextHandle> = (0..64).map(|_| bench.port()).collect();
        assert!(ports.iter().all(|port| !own.contains(port)));
        for port in ports {
            let call = bench.call(107, |stub| stub.handle(port));
            assert_eq!(bench.end(call), MISMATCH);
        }
    }
}

/// The name of the protocol version is part of the token's meaning for object handles too.
///
/// Rows: 10/12
#[test]
fn s10_objects_are_found_by_their_own_client_and_version_alone() {
    let mut bench = Bench::new(V3, 0);
    let token = bench.object(ObjectKind::Group, "G");
    let (own, other) = (bench.caller.association, cmrp_port::server::AssociationId(2));
    let found = |client, protocol: Protocol| bench.server.object(client, protocol, token).is_some();
    assert!(found(own, V3));
    assert!(!found(own, V2) && !found(other, V3));
    assert!(bench.server.close(other, V3, token, ObjectKind::Group).is_none());
    assert!(bench.server.close(own, V2, token, ObjectKind::Group).is_none());
    assert!(bench.server.close(own, V3, token, ObjectKind::Node).is_none());
    assert!(bench.server.close(own, V3, token, ObjectKind::Group).is_some());
}
