//! Which contexts and features a server accepts, and what it says.

use cmrp::ndr::{Endian, Uuid};
use dcerpc_proto::auth::{AuthLevel, AuthType, Protection, SecurityTrailer};
use dcerpc_proto::bind::BindAck;
use dcerpc_proto::server::{Event, Violation};
use dcerpc_proto::syntax::BindFeatures;
use dcerpc_proto::verification::{Command, Content, VerificationTrailer};
use dcerpc_proto::{Body, FormatLabel, PacketType, Pdu, PfcFlags, SyntaxId, status};

use super::support::{Server, bind, features, open_config, proposal, request};
use crate::samples::{BIND, BIND_ACK, clusapi3, hex};

const NIL: SyntaxId = SyntaxId::NIL;
const NDR20: SyntaxId = SyntaxId::NDR20;
const NDR64: SyntaxId = SyntaxId::NDR64;

fn results(contexts: &[(u16, SyntaxId, SyntaxId)]) -> Vec<(u16, u16, SyntaxId)> {
    let mut server = Server::new(open_config());
    server.give(&bind(0, contexts));
    server.results()
}

#[test]
fn the_bind_of_the_specification_is_answered_octet_by_octet() {
    let mut config = open_config();
    config.features = BindFeatures::all();
    let mut server = Server::new(config);
    server.octets(&hex(BIND));
    assert_eq!(server.sent(), [hex(BIND_ACK)]);
    let [Event::Bound { group, joined, multiplexing, features, max_fragment, .. }] = server.events()[..]
    else {
        panic!()
    };
    assert_eq!(
        (group.get(), joined, multiplexing, features.bits(), max_fragment),
        (0x12345, false, false, 3, 5840)
    );
}

#[test]
fn one_context_of_an_interface_is_accepted_the_preferred_one() {
    let both = [(0, clusapi3(), NDR20), (1, clusapi3(), NDR64)];
    assert_eq!(results(&both), [(2, 2, NIL), (0, 0, NDR64)]);
    let mut config = open_config();
    config.transfer_syntaxes = vec![NDR20, NDR64];
    let mut server = Server::new(config);
    server.give(&bind(0, &both));
    assert_eq!(server.results(), [(0, 0, NDR20), (2, 2, NIL)]);
    // The only one that is proposed is accepted, preferred or not.
    assert_eq!(results(&both[..1]), [(0, 0, NDR20)]);
    assert_eq!(results(&both[1..]), [(0, 0, NDR64)]);
    // Two with the same syntax: the first.
    assert_eq!(results(&[both[0], (7, clusapi3(), NDR20)]), [(0, 0, NDR20), (2, 2, NIL)]);
}

#[test]
fn interfaces_are_accepted_one_by_one() {
    let mut config = open_config();
    config.interfaces.push(SyntaxId { major: 2, ..clusapi3() });
    let mut server = Server::new(config);
    let v2 = SyntaxId { major: 2, ..clusapi3() };
    server.give(&bind(0, &[(0, clusapi3(), NDR64), (1, v2, NDR64), (2, v2, NDR20)]));
    assert_eq!(server.results(), [(0, 0, NDR64), (0, 0, NDR64), (2, 2, NIL)]);
}

#[test]
fn what_is_not_known_is_rejected_with_its_reason() {
    let stranger = SyntaxId::new(Uuid::new(1, 2, 3, [4; 8]), 3, 0);
    assert_eq!(results(&[(0, stranger, NDR20)]), [(2, 1, NIL)]);
    assert_eq!(results(&[(0, SyntaxId { major: 2, ..clusapi3() }, NDR20)]), [(2, 1, NIL)]);
    assert_eq!(results(&[(0, SyntaxId { minor: 1, ..clusapi3() }, NDR20)]), [(2, 1, NIL)]);
    assert_eq!(results(&[(0, clusapi3(), stranger)]), [(2, 2, NIL)]);
    assert_eq!(results(&[(0, clusapi3(), SyntaxId { major: 1, ..NDR20 })]), [(2, 2, NIL)]);
}

#[test]
fn an_interface_of_a_higher_minor_version_will_do() {
    let mut config = open_config();
    config.interfaces = vec![SyntaxId { minor: 4, ..clusapi3() }];
    let mut server = Server::new(config);
    let proposed = SyntaxId { minor: 3, ..clusapi3() };
    server.give(&bind(0, &[(0, proposed, NDR20)]));
    assert_eq!(server.results(), [(0, 0, NDR20)]);
    // The program is told the server's version, and a verification trailer names the client's.
    let content = Content::Context { abstract_syntax: proposed, transfer_syntax: NDR20 };
    let commands = vec![Command { must_process: false, content }];
    let trailer = VerificationTrailer { commands }.encode().unwrap();
    server.events();
    server.give(&request(2, &trailer));
    assert_eq!(server.call().interface, SyntaxId { minor: 4, ..clusapi3() });
}

#[test]
fn a_transfer_syntax_that_no_stub_can_be_in_is_not_accepted() {
    let stranger = SyntaxId::new(Uuid::new(1, 2, 3, [4; 8]), 1, 0);
    let mut config = open_config();
    config.transfer_syntaxes = vec![stranger, NDR20];
    let mut server = Server::new(config);
    server.give(&bind(0, &[(0, clusapi3(), stranger), (1, clusapi3(), NDR20)]));
    assert_eq!(server.results(), [(2, 2, NIL), (0, 0, NDR20)]);
}

#[test]
fn features_are_those_that_both_have() {
    let offer = |bits| [(0, clusapi3(), NDR20), (1, clusapi3(), features(bits))];
    assert_eq!(results(&offer(3)), [(0, 0, NDR20), (3, 2, NIL)]);
    assert_eq!(results(&offer(1)), [(0, 0, NDR20), (2, 2, NIL)]);
    let mut config = open_config();
    config.features = BindFeatures::empty();
    let mut server = Server::new(config);
    server.give(&bind(0, &offer(3)));
    assert_eq!(server.results(), [(0, 0, NDR20), (2, 2, NIL)]);
}

#[test]
fn multiplexing_needs_both_sides() {
    for (asked, allowed) in [(true, true), (true, false), (false, true)] {
        let mut config = open_config();
        config.multiplexing = allowed;
        let mut server = Server::new(config);
        let pdu = bind(0, &[(0, clusapi3(), NDR20)]);
        let flags = if asked { pdu.flags } else { PfcFlags::WHOLE };
        server.give(&Pdu { flags, ..pdu });
        let sent = server.sent();
        let ack = Pdu::decode(&sent[0]).unwrap();
        assert_eq!(ack.flags.contains(PfcFlags::CONC_MPX), asked && allowed);
        assert_eq!(server.connection.multiplexing(), asked && allowed);
    }
}

#[test]
fn fragment_sizes_are_the_smaller_ones_but_not_below_1432() {
    for (xmit, recv, expected) in [
        (5840, 5840, (5840, 5840)),
        (4280, 2000, (2000, 4280)),
        (0, 16, (1432, 1432)),
        (65_535, 65_535, (5840, 5840)),
    ] {
        let mut server = Server::new(open_config());
        let mut body = proposal(0, &[(0, clusapi3(), NDR20)]);
        (body.max_xmit_frag, body.max_recv_frag) = (xmit, recv);
        server.give(&Pdu::new(1, Body::Bind(body)));
        let sent = server.sent();
        let Body::BindAck(BindAck { max_xmit_frag, max_recv_frag, .. }) = Pdu::decode(&sent[0]).unwrap().body
        else {
            panic!()
        };
        assert_eq!((max_xmit_frag, max_recv_frag), expected);
    }
}

#[test]
fn alter_context_adds_contexts_and_keeps_the_old() {
    let mut config = open_config();
    config.interfaces.push(SyntaxId { major: 2, ..clusapi3() });
    let mut server = Server::bound(config);
    let v2 = SyntaxId { major: 2, ..clusapi3() };
    // Context 0 is NDR 2.0 of version 3.0: said again it is accepted, with another meaning it is not.
    let asked = [(5, v2, NDR64), (0, clusapi3(), NDR20), (9, NIL, NDR20)];
    let pdu = Pdu { label: FormatLabel::BIG, ..Pdu::new(3, Body::AlterContext(proposal(0, &asked))) };
    server.give(&pdu);
    let sent = server.sent();
    let answer = Pdu::decode(&sent[0]).unwrap();
    assert_eq!(
        (answer.label, answer.call_id, answer.body.packet_type()),
        (FormatLabel::BIG, 3, PacketType::AlterContextResp)
    );
    let Body::AlterContextResp(ack) = answer.body else { panic!() };
    assert_eq!((ack.assoc_group_id, ack.secondary_address), (0x12345, [].as_slice()));
    let found: Vec<_> = ack.results.iter().map(|result| (result.result, result.reason)).collect();
    assert_eq!(found, [(0, 0), (0, 0), (2, 1)]);
    server.give(&Pdu::new(4, Body::AlterContext(proposal(0, &[(0, v2, NDR20)]))));
    assert_eq!(server.results(), [(2, 0, NIL)]);
    let on = |context_id| dcerpc_proto::call::Request {
        alloc_hint: 0,
        context_id,
        opnum: 1,
        object: None,
        stub: &[],
    };
    server.give(&Pdu::new(5, Body::Request(on(5))));
    let call = server.call();
    assert_eq!((call.interface, call.format), (v2, cmrp::ndr::Format::Ndr64));
    server.give(&Pdu::new(6, Body::Request(on(0))));
    let call = server.call();
    assert_eq!((call.interface, call.format), (clusapi3(), cmrp::ndr::Format::Ndr20(Endian::Little)));
}

/// A bind that must be refused, with the reason.
fn refused(pdu: &Pdu<'_>, reason: u16) {
    let mut server = Server::new(open_config());
    server.give(pdu);
    check_nak(&mut server, reason);
}

fn check_nak(server: &mut Server, reason: u16) {
    let sent = server.sent();
    assert_eq!(sent.len(), 1);
    let answer = Pdu::decode(&sent[0]).unwrap();
    let Body::BindNak(nak) = answer.body else { panic!("{answer:?}") };
    assert_eq!((nak.reason, nak.versions), (reason, vec![[5, 0]]));
    let Some(Event::Refused { reason: told, .. }) = server.events().pop() else { panic!() };
    assert_eq!(told, reason);
    assert!(server.connection.is_closing());
}

const TRAILER: SecurityTrailer<'_> = SecurityTrailer {
    protection: Protection { auth_type: AuthType(0x7f), level: AuthLevel::PKT_PRIVACY, context_id: 1 },
    padding: &[],
    token: &[1, 2, 3, 4],
};

#[test]
fn binds_that_break_a_rule_are_refused() {
    let good = bind(0, &[(0, clusapi3(), NDR20)]);
    refused(&bind(0, &[]), 4);
    refused(&Pdu { flags: PfcFlags::FIRST_FRAG, ..good.clone() }, 4);
    refused(&Pdu { trailer: Some(TRAILER), ..good.clone() }, 8);
    // Twice.
    let mut server = Server::bound(open_config());
    server.give(&good);
    check_nak(&mut server, 4);
    // Cut off inside a context.
    let mut octets = good.encode().unwrap();
    octets[24] = 2;
    let mut server = Server::new(open_config());
    server.octets(&octets);
    check_nak(&mut server, 4);
}

#[test]
fn a_bind_to_nothing_is_answered_and_calls_are_not() {
    let mut server = Server::new(open_config());
    server.give(&bind(0, &[(0, clusapi3(), NIL)]));
    assert_eq!(server.results(), [(2, 2, NIL)]);
    server.events();
    server.give(&request(2, &[]));
    assert_eq!(server.fault(), (2, status::NCA_INVALID_PRES_CONTEXT_ID, true));
    assert!(server.connection.is_bound());
}

#[test]
fn nothing_comes_before_the_bind() {
    for body in [Body::CoCancel, Body::Orphaned, Body::Auth3, Body::Shutdown] {
        let mut server = Server::new(open_config());
        let kind = body.packet_type();
        server.give(&Pdu::new(1, body));
        assert_eq!(server.events(), [Event::ProtocolError(Violation::Unexpected(kind))]);
        assert_eq!(server.sent(), Vec::<Vec<u8>>::new());
    }
    let mut server = Server::new(open_config());
    server.give(&request(1, &[]));
    assert_eq!(server.fault(), (1, status::NCA_PROTO_ERROR, true));
    let mut server = Server::new(open_config());
    server.give(&Pdu::new(1, Body::AlterContext(proposal(0, &[]))));
    assert_eq!(server.fault(), (1, status::NCA_PROTO_ERROR, true));
}

#[test]
fn later_authentication_is_refused() {
    let mut server = Server::bound(open_config());
    let alter = Pdu::new(1, Body::AlterContext(proposal(0, &[])));
    server.give(&Pdu { trailer: Some(TRAILER), ..alter });
    assert_eq!(server.fault(), (1, status::ERROR_ACCESS_DENIED, true));
    assert_eq!(server.events(), [Event::ProtocolError(Violation::Authentication)]);
    let mut server = Server::bound(open_config());
    server.give(&Pdu { trailer: Some(TRAILER), ..request(1, &[]) });
    assert_eq!(server.fault(), (1, status::ERROR_ACCESS_DENIED, true));
    let mut server = Server::bound(open_config());
    server.give(&Pdu { trailer: Some(TRAILER), ..Pdu::new(1, Body::Auth3) });
    assert_eq!(server.events(), [Event::ProtocolError(Violation::Authentication)]);
}

#[test]
fn alter_context_in_fragments_ends_the_connection() {
    let mut server = Server::bound(open_config());
    let alter = Pdu::new(1, Body::AlterContext(proposal(0, &[])));
    server.give(&Pdu { flags: PfcFlags::LAST_FRAG, ..alter });
    assert_eq!(server.fault(), (1, status::NCA_PROTO_ERROR, true));
    assert!(server.connection.is_closing());
}

#[test]
fn alter_context_settles_no_features() {
    // A session that was bound without features has none, so none may be acknowledged later.
    let mut server = Server::new(open_config());
    server.give(&bind(0, &[(0, clusapi3(), NDR20)]));
    server.sent();
    let offer = proposal(0, &[(1, clusapi3(), features(3)), (2, clusapi3(), NDR64)]);
    server.give(&Pdu::new(2, Body::AlterContext(offer)));
    assert_eq!(server.results(), [(2, 2, NIL), (0, 0, NDR64)]);
    server.events();
    server.give(&request(3, &[]));
    server.call();
    server.give(&Pdu::new(3, Body::Orphaned));
    assert!(server.connection.is_closing());
}
