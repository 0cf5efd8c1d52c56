//! Calls that succeed: how they come, and how they are answered.

use cmrp::ndr::{Endian, Format, Uuid};
use dcerpc_proto::call::Request;
use dcerpc_proto::server::{Event, UnknownCall};
use dcerpc_proto::status::Executed;
use dcerpc_proto::verification::{Command, Content, VerificationTrailer};
use dcerpc_proto::{Body, FormatLabel, Pdu, PfcFlags, SyntaxId, status};

use super::support::{Server, bind, open_config, part, request};
use crate::samples::{FAULT, REQUEST, RESPONSE, clusapi3, hex};

const FIRST: PfcFlags = PfcFlags::FIRST_FRAG;
const LAST: PfcFlags = PfcFlags::LAST_FRAG;
const MIDDLE: PfcFlags = PfcFlags::empty();

/// The call of the specification's vectors, on context 1.
fn vector_call() -> Server {
    let mut server = Server::new(open_config());
    server.give(&bind(0, &[(1, clusapi3(), SyntaxId::NDR64)]));
    server.sent();
    server.events();
    server.octets(&hex(REQUEST));
    let call = server.call();
    assert_eq!((call.id, call.opnum, call.format), (2, 107, Format::Ndr64));
    assert_eq!(call.stub, hex(REQUEST)[24..]);
    server
}

#[test]
fn the_vectors_of_the_specification_are_written_octet_by_octet() {
    let mut server = vector_call();
    server.connection.respond(2, &[0; 4]).unwrap();
    assert_eq!(server.sent(), [hex(RESPONSE)]);
    let mut server = vector_call();
    server.connection.fault(2, status::NCA_S_FAULT_CONTEXT_MISMATCH, Executed::Maybe).unwrap();
    assert_eq!(server.sent(), [hex(FAULT)]);
}

#[test]
fn fragments_become_one_call() {
    let mut server = Server::bound(open_config());
    server.give(&part(2, FIRST, &[1, 2, 3]));
    server.give(&part(2, MIDDLE, &[]));
    server.give(&part(2, MIDDLE, &[4]));
    assert_eq!(server.events(), []);
    assert_eq!(server.connection.held(), 4);
    server.give(&part(2, LAST, &[5]));
    let call = server.call();
    assert_eq!(
        (call.stub.as_slice(), call.object, call.interface),
        ([1, 2, 3, 4, 5].as_slice(), None, clusapi3())
    );
}

#[test]
fn answers_come_in_fragments_of_the_size_agreed_on() {
    let stub: Vec<u8> = (0..=250).cycle().take(20_000).collect();
    for (size, room) in [(5840, 5808), (1432, 1408), (1433, 1408), (1448, 1424)] {
        let mut config = open_config();
        config.max_fragment = size;
        let mut server = Server::bound(config);
        server.give(&request(2, &[]));
        server.connection.respond(2, &stub).unwrap();
        let (mut joined, mut hints) = (Vec::<u8>::new(), Vec::new());
        let sent = server.sent();
        for (place, octets) in sent.iter().enumerate() {
            assert!(octets.len() <= usize::from(size));
            let pdu = Pdu::decode(octets).unwrap();
            assert_eq!(pdu.flags.contains(FIRST), place == 0);
            assert_eq!(pdu.flags.contains(LAST), place + 1 == sent.len());
            let Body::Response(response) = pdu.body else { panic!() };
            hints.push((response.alloc_hint as usize, stub.len() - joined.len()));
            assert!(place + 1 == sent.len() || response.stub.len() == room, "{}", response.stub.len());
            joined.extend(response.stub);
        }
        assert_eq!(joined, stub);
        assert!(hints.iter().all(|(hint, left)| hint == left), "{hints:?}");
    }
}

#[test]
fn a_stub_that_fits_is_one_fragment() {
    let mut server = Server::bound(open_config());
    for (call, length) in [(2, 5840 - 24), (3, 5840 - 23)] {
        server.give(&request(call, &[]));
        server.connection.respond(call, &vec![7; length]).unwrap();
        assert_eq!(server.sent().len(), if length == 5840 - 24 { 1 } else { 2 });
    }
}

#[test]
fn calls_are_answered_in_any_order() {
    let mut server = Server::bound(open_config());
    for call in 2..6 {
        server.give(&request(call, &[]));
    }
    assert_eq!(server.connection.pending_calls(), 4);
    for call in [4, 2, 5, 3] {
        server.connection.respond(call, &[call as u8]).unwrap();
        let sent = server.sent();
        let pdu = Pdu::decode(&sent[0]).unwrap();
        let Body::Response(response) = pdu.body else { panic!() };
        assert_eq!((pdu.call_id, response.stub), (call, [call as u8].as_slice()));
    }
    assert_eq!(server.connection.respond(4, &[]), Err(UnknownCall));
    assert_eq!(server.connection.fault(9, 5, Executed::No), Err(UnknownCall));
    assert_eq!(server.connection.pending_calls(), 0);
}

#[test]
fn a_client_is_answered_in_its_own_order_of_octets() {
    let mut server = Server::bound(open_config());
    let big = FormatLabel::from_wire([0x01, 0, 0, 0]).unwrap();
    server.give(&Pdu { label: big, ..request(2, &[]) });
    assert_eq!(server.call().format, Format::Ndr20(Endian::Big));
    server.connection.respond(2, &[]).unwrap();
    server.give(&request(3, &[]));
    assert_eq!(server.call().format, Format::Ndr20(Endian::Little));
    server.connection.respond(3, &[]).unwrap();
    let sent = server.sent();
    // The client said EBCDIC. What the server writes is ASCII.
    assert_eq!(Pdu::decode(&sent[0]).unwrap().label, FormatLabel::BIG);
    assert_eq!(Pdu::decode(&sent[1]).unwrap().label, FormatLabel::LITTLE);
}

#[test]
fn the_object_is_handed_out() {
    let mut server = Server::bound(open_config());
    let object = Some(Uuid::new(1, 2, 3, [4; 8]));
    let body = Request { alloc_hint: 0, context_id: 0, opnum: 1, object, stub: &[1] };
    server.give(&Pdu::new(2, Body::Request(body)));
    let call = server.call();
    assert_eq!((call.object, call.stub), (object, vec![1]));
}

#[test]
fn the_first_request_may_have_the_number_of_the_bind() {
    let mut server = Server::bound(open_config());
    server.give(&request(1, &[]));
    assert_eq!(server.call().id, 1);
    let mut server = Server::bound(open_config());
    server.give(&request(0, &[]));
    assert_eq!(server.call().id, 0);
}

#[test]
fn a_cancel_is_told_once_and_counted() {
    let mut server = Server::bound(open_config());
    server.give(&request(2, &[]));
    server.events();
    server.give(&Pdu::new(9, Body::CoCancel));
    assert_eq!(server.events(), []);
    server.give(&Pdu::new(2, Body::CoCancel));
    server.give(&Pdu::new(2, Body::CoCancel));
    assert_eq!(server.events(), [Event::Cancelled { id: 2 }]);
    server.connection.fault(2, status::NCA_S_FAULT_CANCEL, Executed::Maybe).unwrap();
    let sent = server.sent();
    let Body::Fault(fault) = Pdu::decode(&sent[0]).unwrap().body else { panic!() };
    assert_eq!((fault.cancel_count, fault.status), (2, status::NCA_S_FAULT_CANCEL));
}

#[test]
fn a_cancel_between_fragments_is_told_with_the_call() {
    let mut server = Server::bound(open_config());
    server.give(&part(2, FIRST, &[]));
    server.give(&Pdu::new(2, Body::CoCancel));
    assert_eq!(server.events(), []);
    server.give(&part(2, LAST, &[]));
    assert!(matches!(server.events()[..], [Event::Call(_), Event::Cancelled { id: 2 }]));
    server.give(&part(3, PfcFlags::WHOLE | PfcFlags::PENDING_CANCEL, &[]));
    assert!(matches!(server.events()[..], [Event::Call(_), Event::Cancelled { id: 3 }]));
}

#[test]
fn the_answer_to_an_orphan_is_dropped() {
    let mut server = Server::bound(open_config());
    for call in 2..5 {
        server.give(&request(call, &[]));
    }
    server.events();
    for call in [2, 3, 4, 4, 77] {
        server.give(&Pdu::new(call, Body::Orphaned));
    }
    assert_eq!(server.events(), [2, 3, 4].map(|id| Event::Orphaned { id }));
    // Until the program is done with them they count.
    assert_eq!(server.connection.pending_calls(), 3);
    server.connection.respond(2, &[1]).unwrap();
    server.connection.fault(3, 5, Executed::Maybe).unwrap();
    server.connection.abandon(4).unwrap();
    assert_eq!(server.connection.abandon(4), Err(UnknownCall));
    assert_eq!(server.sent(), Vec::<Vec<u8>>::new());
    assert_eq!(server.connection.pending_calls(), 0);
    assert!(server.connection.is_bound());
}

#[test]
fn a_request_can_be_given_up_before_its_last_fragment() {
    let mut server = Server::bound(open_config());
    server.give(&part(2, FIRST, &[1; 100]));
    server.give(&Pdu::new(2, Body::Orphaned));
    assert_eq!(server.connection.held(), 0);
    server.give(&request(3, &[]));
    assert_eq!(server.call().id, 3);
}

#[test]
fn an_orphan_ends_a_connection_that_was_not_to_be_kept() {
    let mut server = Server::new(open_config());
    server.give(&bind(0, &[(0, clusapi3(), SyntaxId::NDR20)]));
    server.sent();
    server.events();
    server.give(&request(2, &[]));
    server.give(&request(3, &[]));
    server.events();
    server.give(&Pdu::new(3, Body::Orphaned));
    assert_eq!(server.events(), [Event::Orphaned { id: 3 }]);
    assert!(server.connection.is_closing());
    assert_eq!(server.connection.respond(2, &[]), Err(UnknownCall));
}

#[test]
fn a_shutdown_lets_open_calls_end() {
    let mut server = Server::bound(open_config());
    server.give(&request(2, &[]));
    server.connection.shut_down();
    server.connection.shut_down();
    let sent = server.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(Pdu::decode(&sent[0]).unwrap().body, Body::Shutdown);
    server.give(&request(3, &[]));
    assert_eq!(server.fault(), (3, status::NCA_SERVER_TOO_BUSY, true));
    server.connection.respond(2, &[]).unwrap();
    assert_eq!(server.sent().len(), 1);
}

/// A request of opnum 7 on context 0 with a trailer behind `parameters`.
fn verified(call: u32, parameters: &[u8], commands: Vec<Command<'_>>) -> Vec<u8> {
    let mut stub = parameters.to_vec();
    stub.resize(stub.len().next_multiple_of(4), 0);
    stub.extend(VerificationTrailer { commands }.encode().unwrap());
    request(call, &stub).encode().unwrap()
}

fn optional(content: Content<'_>) -> Command<'_> {
    Command { must_process: false, content }
}

fn context(interface: SyntaxId, transfer: SyntaxId) -> Command<'static> {
    optional(Content::Context { abstract_syntax: interface, transfer_syntax: transfer })
}

fn header(call: u32, context: u16, opnum: u16, label: FormatLabel) -> Command<'static> {
    optional(Content::header2(label, call, context, opnum))
}

#[test]
fn a_true_verification_trailer_is_taken_off() {
    let trailers = [
        vec![context(clusapi3(), SyntaxId::NDR20)],
        vec![optional(Content::Bitmask1(1)), context(clusapi3(), SyntaxId::NDR20)],
        vec![header(2, 0, 7, FormatLabel::LITTLE)],
        vec![Command { must_process: true, content: Content::Bitmask1(1) }],
        vec![optional(Content::Other { code: 9, data: &[1, 2] })],
    ];
    for commands in trailers {
        let mut server = Server::bound(open_config());
        server.octets(&verified(2, &[1, 2, 3, 4], commands));
        assert_eq!(server.call().stub, [1, 2, 3, 4]);
    }
}

#[test]
fn a_verification_trailer_that_lies_forbids_the_call() {
    let trailers = [
        vec![context(clusapi3(), SyntaxId::NDR64)],
        vec![context(SyntaxId { major: 2, ..clusapi3() }, SyntaxId::NDR20)],
        vec![header(3, 0, 7, FormatLabel::LITTLE)],
        vec![header(2, 1, 7, FormatLabel::LITTLE)],
        vec![header(2, 0, 8, FormatLabel::LITTLE)],
        vec![header(2, 0, 7, FormatLabel::BIG)],
        vec![optional(Content::Bitmask1(0)), header(2, 0, 8, FormatLabel::LITTLE)],
        vec![Command { must_process: true, content: Content::Other { code: 9, data: &[] } }],
    ];
    for commands in trailers {
        let mut server = Server::bound(open_config());
        server.octets(&verified(2, &[1, 2, 3, 4], commands));
        assert_eq!(server.fault(), (2, status::ERROR_ACCESS_DENIED, true));
        assert_eq!(server.connection.pending_calls(), 0);
        server.give(&request(3, &[]));
        assert!(matches!(server.events()[..], [Event::Faulted { .. }, Event::Call(_)]));
    }
}

/// What is being received after each of these PDUs.
fn receiving(server: &mut Server, pdus: &[Pdu<'_>]) -> Vec<Option<u32>> {
    let give = |pdu| {
        server.give(pdu);
        server.connection.receiving()
    };
    pdus.iter().map(give).collect()
}

#[test]
fn a_request_is_being_received_until_its_last_fragment() {
    let mut server = Server::bound(open_config());
    let cancel = |call| Pdu::new(call, Body::CoCancel);
    server.give(&request(2, b"waits"));
    assert_eq!(server.connection.receiving(), None);
    // Empty fragments, and PDUs that concern other calls, go on with the same.
    let pdus = [part(3, FIRST, &[]), part(3, MIDDLE, &[]), cancel(2), Pdu::new(2, Body::Orphaned), cancel(3)];
    let first = receiving(&mut server, &pdus);
    assert!(first[0].is_some() && first.iter().all(|one| *one == first[0]), "{first:?}");
    assert_eq!(receiving(&mut server, &[part(3, LAST, &[])]), [None]);
    let next = receiving(&mut server, &[part(4, FIRST, &[])]);
    assert!(next[0].is_some() && next != first[..1], "{next:?}");
    // A call that was refused is received until its end as well.
    let mut config = open_config();
    config.limits.max_pending = 0;
    let mut server = Server::bound(config);
    let refused = receiving(&mut server, &[part(2, FIRST, &[]), part(2, MIDDLE, &[]), part(2, LAST, &[])]);
    assert!(refused[0].is_some() && refused[0] == refused[1] && refused[2].is_none(), "{refused:?}");
}

#[test]
fn a_pdu_is_being_received_until_its_last_octet() {
    let mut server = Server::bound(open_config());
    let octets = [request(2, b"one"), request(3, b"two")].map(|pdu| pdu.encode().unwrap()).concat();
    let (one, half) = (octets.len() / 2, 10);
    server.octets(&octets[..half]);
    let first = server.connection.receiving();
    server.octets(&octets[half..one + half]);
    let second = server.connection.receiving();
    assert!(first.is_some() && second.is_some() && first != second, "{first:?}, {second:?}");
    server.octets(&octets[one + half..]);
    assert_eq!(server.connection.receiving(), None);
}
