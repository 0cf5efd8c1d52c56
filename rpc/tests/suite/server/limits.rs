//! Every limit of a server's connection.

use dcerpc_proto::bind::BindNak;
use dcerpc_proto::fragments::FragmentError;
use dcerpc_proto::server::{Config, Event, Violation};
use dcerpc_proto::{Body, Pdu, PfcFlags, SyntaxId, status};

use super::support::{Server, bind, open_config, part, proposal, request};
use crate::samples::clusapi3;

const FIRST: PfcFlags = PfcFlags::FIRST_FRAG;
const LAST: PfcFlags = PfcFlags::LAST_FRAG;
const MIDDLE: PfcFlags = PfcFlags::empty();

fn config(limit: impl FnOnce(&mut Config)) -> Config {
    let mut config = open_config();
    limit(&mut config);
    config
}

fn violation(server: &mut Server) -> Violation {
    match server.events().pop() {
        Some(Event::ProtocolError(violation)) => violation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pdu_too_large_is_refused_by_its_header() {
    let mut server = Server::new(config(|config| config.limits.max_negotiation = 6000));
    let mut header = bind(0, &[]).encode().unwrap();
    header[8..10].copy_from_slice(&6001_u16.to_le_bytes());
    server.octets(&header[..16]);
    assert!(matches!(violation(&mut server), Violation::Malformed(error) if error.field == "frag_length"));
    assert_eq!(server.connection.held(), 0);
}

#[test]
fn a_fragment_is_no_larger_than_agreed_on() {
    for (length, is_well) in [(5840 - 24, true), (5840 - 23, false)] {
        let mut server = Server::bound(open_config());
        server.give(&request(2, &vec![0; length]));
        assert_eq!(server.connection.is_bound(), is_well);
    }
    let mut server = Server::bound(open_config());
    server.give(&request(2, &vec![0; 5817]));
    assert_eq!(server.fault(), (2, status::NCA_PROTO_ERROR, true));
    assert_eq!(violation(&mut server), Violation::Oversized(5841));
}

#[test]
fn a_stub_has_at_most_4_mib() {
    let mut server = Server::bound(open_config());
    let full = vec![0; 4096];
    server.give(&part(2, FIRST, &full));
    for _ in 1..1024 {
        server.give(&part(2, MIDDLE, &full));
    }
    assert_eq!(server.connection.held(), 4 << 20);
    server.give(&part(2, MIDDLE, &[1]));
    assert_eq!(server.fault(), (2, status::ERROR_ACCESS_DENIED, true));
    assert_eq!(server.connection.held(), 0);
    server.give(&part(2, LAST, &[]));
    server.give(&request(3, &[]));
    assert!(matches!(server.events()[..], [Event::Faulted { .. }, Event::Call(_)]));
}

#[test]
fn a_stub_of_exactly_the_limit_passes() {
    let mut server = Server::bound(config(|config| config.limits.max_stub = 10));
    server.give(&part(2, FIRST, &[0; 9]));
    server.give(&part(2, LAST, &[0; 1]));
    assert_eq!(server.call().stub.len(), 10);
}

#[test]
fn a_request_has_a_number_of_fragments() {
    let mut server = Server::bound(config(|config| config.limits.max_fragments = 3));
    server.give(&part(2, FIRST, &[]));
    server.give(&part(2, MIDDLE, &[]));
    server.give(&part(2, LAST, &[]));
    assert_eq!(server.call().id, 2);
    server.give(&part(3, FIRST, &[]));
    server.give(&part(3, MIDDLE, &[]));
    server.give(&part(3, MIDDLE, &[]));
    server.give(&part(3, LAST, &[]));
    assert_eq!(server.fault(), (3, status::NCA_PROTO_ERROR, true));
    assert_eq!(violation(&mut server), Violation::Fragment(FragmentError::TooManyFragments(3)));
}

#[test]
fn the_calls_of_a_connection_hold_so_many_octets() {
    let mut server = Server::bound(config(|config| config.limits.max_requests = 100));
    server.give(&request(2, &[0; 60]));
    server.give(&part(3, FIRST, &[0; 40]));
    server.give(&part(3, LAST, &[0; 1]));
    assert_eq!(server.fault(), (3, status::NCA_SERVER_TOO_BUSY, true));
    server.events();
    server.connection.respond(2, &[]).unwrap();
    server.sent();
    server.give(&request(4, &[0; 100]));
    assert_eq!(server.call().id, 4);
    server.give(&request(5, &[0; 1]));
    assert_eq!(server.fault(), (5, status::NCA_SERVER_TOO_BUSY, true));
}

#[test]
fn so_many_calls_may_be_open_orphans_included() {
    let mut server = Server::bound(config(|config| config.limits.max_pending = 2));
    server.give(&request(2, &[]));
    server.give(&request(3, &[]));
    server.give(&Pdu::new(2, Body::Orphaned));
    server.give(&request(4, &[]));
    assert_eq!(server.fault(), (4, status::NCA_SERVER_TOO_BUSY, true));
    server.connection.abandon(2).unwrap();
    server.give(&request(5, &[]));
    assert!(matches!(server.events().last(), Some(Event::Call(call)) if call.id == 5));
}

#[test]
fn so_many_contexts_may_be_bound() {
    let elements: Vec<_> = (0..3).map(|id| (id, clusapi3(), SyntaxId::NDR20)).collect();
    let mut server = Server::new(config(|config| config.limits.max_contexts = 2));
    server.give(&bind(0, &elements));
    let sent = server.sent();
    let Body::BindNak(nak) = Pdu::decode(&sent[0]).unwrap().body else { panic!() };
    assert_eq!(nak.reason, BindNak::LOCAL_LIMIT);
    assert!(server.groups.is_empty());
    let mut server = Server::bound(config(|config| config.limits.max_contexts = 2));
    for (id, result) in
        [(2, (0, 0, SyntaxId::NDR20)), (3, (2, 3, SyntaxId::NIL)), (2, (0, 0, SyntaxId::NDR20))]
    {
        let body = proposal(0, &[(id, clusapi3(), SyntaxId::NDR20)]);
        server.give(&Pdu::new(9, Body::AlterContext(body)));
        assert_eq!(server.results(), [result]);
    }
}

#[test]
fn a_client_that_does_not_read_is_left() {
    let mut server = Server::bound(config(|config| config.limits.max_output = 1000));
    for call in 2..5 {
        server.give(&request(call, &[]));
    }
    server.events();
    server.connection.respond(2, &[0; 500 - 24]).unwrap();
    assert!(!server.connection.is_congested());
    server.connection.respond(3, &[0; 500 - 24]).unwrap();
    assert!(server.connection.is_congested() && server.connection.is_bound());
    server.connection.respond(4, &[]).unwrap();
    assert_eq!(violation(&mut server), Violation::OutputLimit);
    assert!(server.connection.is_closing());
    // One answer alone may be larger than the limit.
    let mut server = Server::bound(config(|config| config.limits.max_output = 1000));
    server.give(&request(2, &[]));
    server.connection.respond(2, &[0; 5000]).unwrap();
    assert!(server.connection.is_congested() && server.connection.is_bound());
    assert_eq!(server.sent().len(), 1);
    assert!(!server.connection.is_congested());
    // But not two.
    server.give(&request(3, &[]));
    server.give(&request(4, &[]));
    server.connection.respond(3, &[0; 5000]).unwrap();
    server.connection.respond(4, &[0; 5000]).unwrap();
    assert_eq!((server.sent().len(), server.connection.is_closing()), (1, true));
}

#[test]
fn faults_to_a_client_that_does_not_read_are_limited_too() {
    let mut config = Config::new(vec![clusapi3()]);
    config.limits.max_output = 1000;
    let mut server = Server::bound(config);
    let octets: Vec<u8> = (2..200).flat_map(|call| request(call, &[]).encode().unwrap()).collect();
    server.octets(&octets);
    assert_eq!(server.sent().len(), 32);
    assert_eq!(violation(&mut server), Violation::OutputLimit);
}
