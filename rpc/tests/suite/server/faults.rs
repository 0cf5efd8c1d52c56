//! What a server does with clients that break rules (MS-RPCE 3.3.3.5).

use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::call::Request;
use dcerpc_proto::fragments::FragmentError;
use dcerpc_proto::server::{Event, UnknownCall, Violation};
use dcerpc_proto::status::Executed;
use dcerpc_proto::{Body, FormatLabel, PacketType, Pdu, PfcFlags, SyntaxId, status};

use super::support::{Server, bind, open_config, part, request};
use crate::samples::{BIND_ACK, BIND_NAK, RESPONSE, SHUTDOWN, clusapi3, hex};

const FIRST: PfcFlags = PfcFlags::FIRST_FRAG;
const LAST: PfcFlags = PfcFlags::LAST_FRAG;
const MIDDLE: PfcFlags = PfcFlags::empty();

/// The connection has ended with a fault for `call` and nothing more.
fn ended(server: &mut Server, call: u32, violation: Violation) {
    assert_eq!(server.fault(), (call, status::NCA_PROTO_ERROR, true));
    assert_eq!(server.events().pop(), Some(Event::ProtocolError(violation)));
    assert!(server.connection.is_closing());
    server.give(&request(1000, &[1; 100]));
    assert_eq!((server.sent().len(), server.events().len(), server.connection.held()), (0, 0, 0));
}

#[test]
fn numbers_of_calls_must_rise() {
    for next in [4, 5] {
        let mut server = Server::bound(open_config());
        server.give(&request(5, &[]));
        server.give(&request(next, &[]));
        ended(&mut server, next, Violation::CallId(5));
    }
    // Also after a call that was refused.
    let mut config = open_config();
    config.minimum_level = AuthLevel::PKT;
    let mut server = Server::bound(config);
    server.give(&request(5, &[]));
    server.sent();
    server.give(&request(5, &[]));
    ended(&mut server, 5, Violation::CallId(5));
}

#[test]
fn requests_are_sent_one_after_the_other() {
    let mut server = Server::bound(open_config());
    server.give(&part(2, FIRST, &[]));
    server.give(&part(3, FIRST, &[]));
    ended(&mut server, 3, Violation::Fragment(FragmentError::RepeatedFirst));
    let mut server = Server::bound(open_config());
    server.give(&part(2, FIRST, &[]));
    server.give(&part(2, FIRST, &[]));
    ended(&mut server, 2, Violation::Fragment(FragmentError::RepeatedFirst));
}

#[test]
fn late_fragments_are_dropped_and_very_late_ones_are_not() {
    let mut server = Server::bound(open_config());
    server.give(&request(200, &[]));
    server.events();
    for call in [200, 199, 51] {
        server.give(&part(call, MIDDLE, &[1]));
        server.give(&part(call, LAST, &[1]));
    }
    assert_eq!((server.sent().len(), server.events().len()), (0, 0));
    server.give(&part(50, LAST, &[]));
    ended(&mut server, 50, Violation::Fragment(FragmentError::MissingFirst));
    let mut server = Server::bound(open_config());
    server.give(&request(200, &[]));
    server.give(&part(201, LAST, &[]));
    ended(&mut server, 201, Violation::Fragment(FragmentError::MissingFirst));
    let mut server = Server::bound(open_config());
    server.give(&part(1, MIDDLE, &[]));
    ended(&mut server, 1, Violation::Fragment(FragmentError::MissingFirst));
}

#[test]
fn fragments_must_agree() {
    let changed = |opnum, context_id, label| {
        let request = Request { alloc_hint: 0, context_id, opnum, object: None, stub: &[] };
        Pdu { flags: LAST, label, ..Pdu::new(2, Body::Request(request)) }
    };
    let cases = [
        (changed(8, 0, FormatLabel::LITTLE), "opnum"),
        (changed(7, 1, FormatLabel::LITTLE), "p_cont_id"),
        (changed(7, 0, FormatLabel::BIG), "packed_drep"),
    ];
    for (pdu, field) in cases {
        let mut server = Server::bound(open_config());
        server.give(&part(2, FIRST, &[]));
        server.give(&pdu);
        ended(&mut server, 2, Violation::Fragment(FragmentError::Changed(field)));
    }
}

#[test]
fn unknown_contexts_are_refused_and_the_connection_stays() {
    let mut server = Server::bound(open_config());
    // Context 1 offered features, which is no context.
    for (call, context_id) in [(2, 1), (3, 9)] {
        let body = Request { alloc_hint: 0, context_id, opnum: 7, object: None, stub: &[1] };
        server.give(&Pdu::new(call, Body::Request(body)));
        assert_eq!(server.fault(), (call, status::NCA_INVALID_PRES_CONTEXT_ID, true));
    }
    server.give(&request(4, &[]));
    assert!(matches!(server.events()[..], [Event::Faulted { .. }, Event::Faulted { .. }, Event::Call(_)]));
}

#[test]
fn anonymous_calls_are_refused_before_anything_of_them_is_kept() {
    for level in [AuthLevel::CONNECT, AuthLevel::PKT_INTEGRITY, AuthLevel::PKT_PRIVACY] {
        let mut config = open_config();
        config.minimum_level = level;
        let mut server = Server::bound(config);
        server.give(&part(2, FIRST, &[1; 1000]));
        // At once, and not again for the other fragments (MS-RPCE 3.3.3.5.8).
        assert_eq!(server.fault(), (2, status::ERROR_ACCESS_DENIED, true));
        assert_eq!(server.connection.held(), 0);
        server.give(&part(2, MIDDLE, &[1; 1000]));
        server.give(&part(2, LAST, &[1; 1000]));
        assert_eq!((server.connection.held(), server.sent().len()), (0, 0));
        server.give(&request(3, &[]));
        assert_eq!(server.fault(), (3, status::ERROR_ACCESS_DENIED, true));
        let ids: Vec<_> = server.events().iter().map(refused_id).collect();
        assert_eq!(ids, [2, 3]);
    }
}

fn refused_id(event: &Event) -> u32 {
    let Event::Faulted { id, status: status::ERROR_ACCESS_DENIED, .. } = event else { panic!("{event:?}") };
    *id
}

#[test]
fn the_default_lets_nobody_in() {
    let mut config = open_config();
    config.minimum_level = dcerpc_proto::server::Config::new(Vec::new()).minimum_level;
    let mut server = Server::bound(config);
    server.give(&request(2, &[]));
    assert_eq!(server.fault(), (2, status::ERROR_ACCESS_DENIED, true));
}

#[test]
fn a_client_that_was_refused_need_not_finish() {
    let mut config = open_config();
    config.limits.max_stub = 10;
    let mut server = Server::bound(config);
    server.give(&part(2, FIRST, &[0; 11]));
    assert_eq!(server.fault(), (2, status::ERROR_ACCESS_DENIED, true));
    server.give(&request(3, &[]));
    server.give(&part(2, LAST, &[]));
    assert!(matches!(server.events()[..], [Event::Faulted { .. }, Event::Call(_)]));
}

#[test]
fn without_multiplexing_there_is_one_call_at_a_time() {
    let mut server = Server::new(open_config());
    let pdu = bind(0, &[(0, clusapi3(), SyntaxId::NDR20)]);
    server.give(&Pdu { flags: PfcFlags::WHOLE, ..pdu });
    server.sent();
    server.give(&request(2, &[]));
    server.connection.respond(2, &[]).unwrap();
    server.sent();
    server.give(&request(3, &[]));
    server.give(&request(4, &[]));
    ended(&mut server, 4, Violation::NotMultiplexed);
    assert_eq!(server.connection.respond(3, &[]), Err(UnknownCall));
}

#[test]
fn octets_that_are_no_request_end_the_connection() {
    let mut octets = request(2, &[]).encode().unwrap();
    octets[8] = 20;
    let mut server = Server::bound(open_config());
    server.octets(&octets[..20]);
    assert_eq!(server.fault(), (2, status::NCA_PROTO_ERROR, true));
    let Some(Event::ProtocolError(Violation::Malformed(error))) = server.events().pop() else { panic!() };
    assert_eq!((error.offset, error.field), (20, "p_cont_id"));
    for (place, octet) in [(0, 4), (1, 1), (2, 1), (4, 0x20), (8, 15)] {
        let mut octets = request(2, &[]).encode().unwrap();
        octets[place] = octet;
        let mut server = Server::bound(open_config());
        server.octets(&octets);
        assert_eq!(server.sent(), Vec::<Vec<u8>>::new());
        assert!(matches!(server.events()[..], [Event::ProtocolError(Violation::Malformed(_))]));
    }
}

#[test]
fn what_only_servers_send_ends_the_connection() {
    for text in [RESPONSE, BIND_ACK, BIND_NAK, SHUTDOWN] {
        let mut server = Server::bound(open_config());
        server.octets(&hex(text));
        assert_eq!(server.sent(), Vec::<Vec<u8>>::new());
        assert!(matches!(server.events()[..], [Event::ProtocolError(Violation::Unexpected(_))]));
    }
}

#[test]
fn codes_that_no_fault_may_carry_are_replaced() {
    for bad in [0, 0x8000_0001, 0xc000_0005, 0xc000_0420] {
        let mut server = Server::bound(open_config());
        server.give(&request(2, &[]));
        server.connection.fault(2, bad, Executed::Maybe).unwrap();
        assert_eq!(server.fault(), (2, status::NCA_S_FAULT_UNSPEC, false));
    }
    let mut server = Server::bound(open_config());
    server.give(&request(2, &[]));
    server.connection.fault(2, status::NCA_OP_RNG_ERROR, Executed::No).unwrap();
    assert_eq!(server.fault(), (2, status::NCA_OP_RNG_ERROR, true));
}

#[test]
fn what_was_to_be_sent_is_sent_before_the_end() {
    let mut server = Server::bound(open_config());
    server.give(&request(2, &[]));
    server.connection.respond(2, &[]).unwrap();
    server.give(&request(2, &[]));
    let kinds: Vec<_> = server.sent().iter().map(|octets| octets[2]).collect();
    assert_eq!(kinds, [PacketType::Response.code(), PacketType::Fault.code()]);
}
