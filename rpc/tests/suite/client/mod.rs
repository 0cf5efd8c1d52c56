//! The client's side of a connection, against PDUs written by hand.

use cmrp::ndr::{Endian, Format};
use dcerpc_proto::auth::{AuthLevel, AuthType, Protection, SecurityTrailer};
use dcerpc_proto::bind::{Bind, BindAck, BindNak};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::client::{CallError, Config, Connection, Context, Event, Failure, Refusal};
use dcerpc_proto::fragments::FragmentError;
use dcerpc_proto::status::{self, Executed};
use dcerpc_proto::syntax::{BindFeatures, ContextResult};
use dcerpc_proto::{Body, FormatLabel, PacketType, Pdu, PfcFlags, SyntaxId, verification};

use crate::samples::{BIND, BIND_ACK, FAULT, RESPONSE, clusapi3, hex};

fn sent(client: &mut Connection) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| client.poll_transmit()).collect()
}

fn events(client: &mut Connection) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

fn give(client: &mut Connection, pdu: &Pdu<'_>) {
    client.handle_input(&pdu.encode().unwrap());
}

const fn accepted(transfer_syntax: SyntaxId) -> ContextResult {
    ContextResult { result: 0, reason: 0, transfer_syntax }
}

const REJECTED: ContextResult = ContextResult { result: 2, reason: 2, transfer_syntax: SyntaxId::NIL };

fn ack(results: Vec<ContextResult>) -> BindAck<'static> {
    BindAck {
        max_xmit_frag: 5840,
        max_recv_frag: 5840,
        assoc_group_id: 9,
        secondary_address: b"1\0",
        results,
    }
}

/// A client whose bind was acknowledged: context 0, NDR 2.0, multiplexing, no features.
fn bound() -> Connection {
    let mut config = Config::new(clusapi3());
    config.transfer_syntaxes = vec![SyntaxId::NDR20];
    config.features = BindFeatures::empty();
    bound_by(config, PfcFlags::WHOLE | PfcFlags::CONC_MPX, vec![accepted(SyntaxId::NDR20)])
}

fn bound_by(config: Config, flags: PfcFlags, results: Vec<ContextResult>) -> Connection {
    let mut client = Connection::new(config);
    assert_eq!(sent(&mut client).len(), 1);
    give(&mut client, &Pdu { flags, ..Pdu::new(1, Body::BindAck(ack(results))) });
    let events = events(&mut client);
    assert!(matches!(events[..], [Event::Bound { .. }]), "{events:?}");
    client
}

fn response(call: u32, flags: PfcFlags, stub: &[u8]) -> Pdu<'_> {
    let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub };
    Pdu { flags, ..Pdu::new(call, Body::Response(response)) }
}

/// The connection has failed, and for this reason.
fn failed(mut client: Connection, expected: Failure) {
    assert_eq!(events(&mut client).pop(), Some(Event::Failed { error: expected }));
    assert!(client.is_closing());
    sent(&mut client);
    assert_eq!(client.call(1, &[]), Err(CallError::Closing));
    client.handle_input(&hex(RESPONSE));
    assert_eq!((events(&mut client), client.held(), client.pending_calls()), (vec![], 0, 0));
}

#[test]
fn the_vectors_of_the_specification_are_met() {
    let mut config = Config::new(clusapi3());
    config.features = BindFeatures::all() & BindFeatures::from_bits_retain(3);
    config.multiplexing = false;
    let mut client = Connection::new(config);
    assert_eq!(sent(&mut client), [hex(BIND)]);
    assert_eq!(
        (client.format(), client.group(), client.call(1, &[])),
        (None, None, Err(CallError::NotBound))
    );
    client.handle_input(&hex(BIND_ACK));
    let [Event::Bound { group, format, multiplexing, features, max_fragment, .. }] = events(&mut client)[..]
    else {
        panic!()
    };
    assert_eq!((group, format, multiplexing), (0x12345, Format::Ndr64, false));
    assert_eq!((features.bits(), max_fragment), (3, 5840));
    assert_eq!((client.format(), client.group()), (Some(Format::Ndr64), Some(0x12345)));
    // The request of the specification, but for its hint of 20 and its stub.
    assert_eq!(client.call(107, &[0; 20]), Ok(2));
    let octets = sent(&mut client).concat();
    assert_eq!(octets[..24], hex(crate::samples::REQUEST)[..24]);
    assert_eq!(client.call(107, &[]), Err(CallError::Busy));
    client.handle_input(&hex(RESPONSE));
    assert_eq!(events(&mut client), [Event::Response { call: 2, stub: vec![0; 4], format: Format::Ndr64 }]);
    assert_eq!(client.call(107, &[]), Ok(3));
    let mut fault = hex(FAULT);
    fault[12] = 3;
    client.handle_input(&fault);
    let status = status::NCA_S_FAULT_CONTEXT_MISMATCH;
    assert_eq!(events(&mut client), [Event::Fault { call: 3, status, executed: Executed::Maybe }]);
}

#[test]
fn the_bind_says_what_was_configured() {
    let mut config = Config::new(clusapi3());
    config.label = FormatLabel::BIG;
    (config.group, config.max_fragment, config.features) = (7, 4280, BindFeatures::empty());
    let mut client = Connection::new(config);
    let octets = sent(&mut client).concat();
    let pdu = Pdu::decode(&octets).unwrap();
    assert_eq!((pdu.label, pdu.flags), (FormatLabel::BIG, PfcFlags::WHOLE | PfcFlags::CONC_MPX));
    let Body::Bind(Bind { max_xmit_frag, max_recv_frag, assoc_group_id, contexts }) = pdu.body else {
        panic!()
    };
    assert_eq!((max_xmit_frag, max_recv_frag, assoc_group_id, contexts.len()), (4280, 4280, 7, 2));
}

#[test]
fn ndr64_is_little_endian_whatever_the_label() {
    let mut config = Config::new(clusapi3());
    config.label = FormatLabel::BIG;
    let results = vec![REJECTED, accepted(SyntaxId::NDR64), REJECTED];
    let mut client = bound_by(config.clone(), PfcFlags::WHOLE, results);
    assert_eq!(client.format(), Some(Format::Ndr64));
    client.call(1, &[]).unwrap();
    assert_eq!(Pdu::decode(&sent(&mut client)[0]).unwrap().label, FormatLabel::LITTLE);
    let mut client = bound_by(config, PfcFlags::WHOLE, vec![accepted(SyntaxId::NDR20), REJECTED, REJECTED]);
    assert_eq!(client.format(), Some(Format::Ndr20(Endian::Big)));
    client.call(1, &[]).unwrap();
    assert_eq!(Pdu::decode(&sent(&mut client)[0]).unwrap().label, FormatLabel::BIG);
    // The answer has the server's label.
    give(&mut client, &response(2, PfcFlags::WHOLE, &[]));
    assert!(matches!(events(&mut client)[..], [Event::Response { format: Format::NDR20_LE, .. }]));
}

#[test]
fn a_refusal_says_why() {
    let refusal = |body| {
        let mut client = Connection::new(Config::new(clusapi3()));
        give(&mut client, &Pdu::new(1, body));
        let mut events = events(&mut client);
        assert!(client.is_closing() && client.group().is_none());
        match (events.pop(), events.pop()) {
            (Some(Event::Refused(refusal)), None) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let nak = BindNak { reason: 2, versions: vec![], rest: &[] };
    assert_eq!(refusal(Body::BindNak(nak)), Refusal::Nak(2));
    let rejected = Body::BindAck(ack(vec![REJECTED; 3]));
    assert_eq!(refusal(rejected), Refusal::Rejected { result: 2, reason: 2 });
    assert_eq!(refusal(fault(5)), Refusal::Fault(5));
    assert_eq!(Refusal::Nak(2).to_string(), "bind refused: local limit exceeded");
    let text = Refusal::Rejected { result: 2, reason: 1 }.to_string();
    assert_eq!(text, "interface rejected: provider_rejection (abstract syntax not supported)");
    assert_eq!(Refusal::Fault(status::NCA_PROTO_ERROR).to_string(), "refused by fault nca_proto_error");
}

fn fault(status: u32) -> Body<'static> {
    Body::Fault(Fault {
        alloc_hint: 32,
        context_id: 0,
        cancel_count: 0,
        fault_flags: 0,
        status,
        extended: &[],
    })
}

#[test]
fn answers_to_what_was_not_proposed_are_not_believed() {
    for results in [
        vec![accepted(SyntaxId::NDR20)],
        vec![accepted(SyntaxId::NDR64), REJECTED, REJECTED],
        vec![accepted(SyntaxId::NIL), REJECTED, REJECTED],
        vec![],
    ] {
        let mut client = Connection::new(Config::new(clusapi3()));
        give(&mut client, &Pdu::new(1, Body::BindAck(ack(results))));
        failed(client, Failure::Negotiation);
    }
    let mut client = Connection::new(Config::new(clusapi3()));
    give(&mut client, &Pdu::new(2, Body::BindAck(ack(vec![accepted(SyntaxId::NDR20), REJECTED, REJECTED]))));
    failed(client, Failure::UnknownCall(2));
}

#[test]
fn another_interface_can_be_had_on_the_same_connection() {
    let v2 = SyntaxId { major: 2, ..clusapi3() };
    let mut client = bound();
    assert_eq!(client.call_on(1, 3, &[]), Err(CallError::Unknown));
    let call = client.alter(v2).unwrap();
    let octets = sent(&mut client).concat();
    let pdu = Pdu::decode(&octets).unwrap();
    let Body::AlterContext(bind) = pdu.body else { panic!() };
    assert_eq!((pdu.call_id, bind.assoc_group_id), (call, 9));
    assert_eq!((bind.contexts.len(), bind.contexts[0].id, bind.contexts[0].abstract_syntax), (1, 1, v2));
    give(&mut client, &Pdu::new(call, Body::AlterContextResp(ack(vec![accepted(SyntaxId::NDR20)]))));
    let context = Context { id: 1, interface: v2, format: Format::NDR20_LE };
    assert_eq!(events(&mut client), [Event::Altered { call, outcome: Ok(context) }]);
    client.call_on(1, 3, &[]).unwrap();
    let octets = sent(&mut client).concat();
    assert!(matches!(
        Pdu::decode(&octets).unwrap().body,
        Body::Request(Request { context_id: 1, opnum: 3, .. })
    ));
    // A refusal, and one by fault.
    let call = client.alter(v2).unwrap();
    let octets = sent(&mut client).concat();
    let Body::AlterContext(bind) = Pdu::decode(&octets).unwrap().body else { panic!() };
    assert_eq!(bind.contexts[0].id, 2);
    give(&mut client, &Pdu::new(call, Body::AlterContextResp(ack(vec![REJECTED]))));
    let refused = Err(Refusal::Rejected { result: 2, reason: 2 });
    assert_eq!(events(&mut client), [Event::Altered { call, outcome: refused }]);
    let call = client.alter(v2).unwrap();
    give(&mut client, &Pdu::new(call, fault(5)));
    assert_eq!(events(&mut client), [Event::Altered { call, outcome: Err(Refusal::Fault(5)) }]);
    assert!(client.is_bound());
}

#[test]
fn a_request_is_sent_in_fragments() {
    let mut client = bound();
    let stub: Vec<u8> = (0..=250).cycle().take(10_000).collect();
    client.call(7, &stub).unwrap();
    let pdus = sent(&mut client);
    let parts: Vec<_> = pdus.iter().map(|octets| Pdu::decode(octets).unwrap()).collect();
    let flags: Vec<_> = parts.iter().map(|part| part.flags.bits()).collect();
    assert_eq!((flags, pdus[0].len()), (vec![1, 2], 5832));
    let stubs = parts.iter().map(|part| match &part.body {
        Body::Request(request) => (request.alloc_hint, request.stub),
        _ => panic!(),
    });
    let (hints, stubs): (Vec<_>, Vec<_>) = stubs.unzip();
    assert_eq!((hints, stubs.concat()), (vec![10_000, 10_000 - 5808], stub));
}

#[test]
fn responses_in_fragments_may_interleave_between_calls() {
    let mut client = bound();
    let (a, b) = (client.call(1, &[]).unwrap(), client.call(1, &[]).unwrap());
    give(&mut client, &response(b, PfcFlags::FIRST_FRAG, &[1]));
    give(&mut client, &response(a, PfcFlags::FIRST_FRAG, &[2]));
    give(&mut client, &response(b, PfcFlags::LAST_FRAG, &[3]));
    give(&mut client, &response(a, PfcFlags::LAST_FRAG, &[4]));
    let format = Format::NDR20_LE;
    let expected =
        [(b, vec![1, 3]), (a, vec![2, 4])].map(|(call, stub)| Event::Response { call, stub, format });
    assert_eq!(events(&mut client), expected);
    assert_eq!(client.pending_calls(), 0);
}

#[test]
fn a_fault_ends_a_response_that_had_begun() {
    let mut client = bound();
    let call = client.call(1, &[]).unwrap();
    give(&mut client, &response(call, PfcFlags::FIRST_FRAG, &[1; 100]));
    let pdu = Pdu { flags: PfcFlags::WHOLE | PfcFlags::DID_NOT_EXECUTE, ..Pdu::new(call, fault(6)) };
    give(&mut client, &pdu);
    assert_eq!(events(&mut client), [Event::Fault { call, status: 6, executed: Executed::No }]);
    assert_eq!(client.held(), sent(&mut client).concat().len());
}

#[test]
fn calls_are_cancelled_and_given_up() {
    let mut config = Config::new(clusapi3());
    config.transfer_syntaxes = vec![SyntaxId::NDR20];
    let features = ContextResult { result: 3, reason: 3, transfer_syntax: SyntaxId::NIL };
    let flags = PfcFlags::WHOLE | PfcFlags::CONC_MPX;
    let mut client = bound_by(config, flags, vec![accepted(SyntaxId::NDR20), features]);
    let call = client.call(1, &[]).unwrap();
    let other = client.call(1, &[]).unwrap();
    sent(&mut client);
    give(&mut client, &response(call, PfcFlags::FIRST_FRAG, &[1; 50]));
    assert_eq!(client.held(), 50);
    client.cancel(call).unwrap();
    client.orphan(call).unwrap();
    assert_eq!(client.held(), 2 * 16);
    let bodies: Vec<_> = sent(&mut client).iter().map(|octets| octets[2]).collect();
    assert_eq!(bodies, [PacketType::CoCancel.code(), PacketType::Orphaned.code()]);
    assert_eq!(
        (client.cancel(call), client.orphan(call)),
        (Err(CallError::Unknown), Err(CallError::Unknown))
    );
    // The answer may have been on its way.
    give(&mut client, &response(call, PfcFlags::FIRST_FRAG, &[]));
    give(&mut client, &response(call, PfcFlags::LAST_FRAG, &[]));
    give(&mut client, &Pdu::new(call, fault(6)));
    assert_eq!((events(&mut client), client.pending_calls()), (vec![], 1));
    give(&mut client, &response(other, PfcFlags::WHOLE, &[]));
    assert_eq!(events(&mut client).len(), 1);
}

#[test]
fn without_the_feature_giving_up_ends_the_connection() {
    let mut client = bound();
    let call = client.call(1, &[]).unwrap();
    client.orphan(call).unwrap();
    assert!(client.is_closing());
    assert_eq!(sent(&mut client).len(), 2);
}

#[test]
fn a_shutdown_lets_open_calls_end() {
    let mut client = bound();
    let call = client.call(1, &[]).unwrap();
    give(&mut client, &Pdu::new(0, Body::Shutdown));
    give(&mut client, &Pdu::new(0, Body::Shutdown));
    assert_eq!(events(&mut client), [Event::Shutdown]);
    assert_eq!(client.call(1, &[]), Err(CallError::Closing));
    give(&mut client, &response(call, PfcFlags::WHOLE, &[]));
    assert_eq!(events(&mut client).len(), 1);
}

#[test]
fn a_verification_trailer_says_what_was_bound() {
    let mut config = Config::new(clusapi3());
    config.verification_trailer = true;
    let results = vec![accepted(SyntaxId::NDR20), REJECTED, REJECTED];
    let mut client = bound_by(config, PfcFlags::WHOLE, results);
    client.call(7, &[1, 2, 3]).unwrap();
    let octets = sent(&mut client).concat();
    let Body::Request(request) = Pdu::decode(&octets).unwrap().body else { panic!() };
    let (parameters, trailer) = verification::split(request.stub);
    assert_eq!(parameters, [1, 2, 3, 0]);
    let expected = verification::Expected {
        abstract_syntax: clusapi3(),
        transfer_syntax: SyntaxId::NDR20,
        label: FormatLabel::LITTLE,
        call_id: 2,
        context_id: 0,
        opnum: 7,
    };
    let trailer = trailer.unwrap();
    assert_eq!(trailer.commands.len(), 2);
    assert!(expected.permits(&trailer));
    assert!(!verification::Expected { opnum: 8, ..expected }.permits(&trailer));
    assert!(!verification::Expected { transfer_syntax: SyntaxId::NDR64, ..expected }.permits(&trailer));
}

#[test]
fn servers_that_break_rules_are_left() {
    let mut client = bound();
    give(&mut client, &response(2, PfcFlags::WHOLE, &[]));
    failed(client, Failure::UnknownCall(2));
    let mut client = bound();
    give(&mut client, &Pdu::new(2, fault(5)));
    failed(client, Failure::UnknownCall(2));
    let mut client = bound();
    client.call(1, &[]).unwrap();
    sent(&mut client);
    give(&mut client, &Pdu::new(2, fault(0xc000_0005)));
    failed(client, Failure::Status(0xc000_0005));
    let mut client = bound();
    client.call(1, &[]).unwrap();
    sent(&mut client);
    give(&mut client, &response(2, PfcFlags::LAST_FRAG, &[]));
    failed(client, Failure::Fragment(FragmentError::MissingFirst));
    let mut client = bound();
    client.alter(clusapi3()).unwrap();
    sent(&mut client);
    give(&mut client, &response(2, PfcFlags::WHOLE, &[]));
    failed(client, Failure::Unexpected(PacketType::Response));
    let mut client = bound();
    client.call(1, &[]).unwrap();
    sent(&mut client);
    give(&mut client, &Pdu::new(2, Body::AlterContextResp(ack(vec![]))));
    failed(client, Failure::UnknownCall(2));
    let mut client = bound();
    give(&mut client, &Pdu::new(1, Body::BindAck(ack(vec![]))));
    failed(client, Failure::Unexpected(PacketType::BindAck));
    let mut client = bound();
    give(&mut client, &Pdu::new(1, Body::CoCancel));
    failed(client, Failure::Unexpected(PacketType::CoCancel));
    let mut client = bound();
    client.call(1, &[]).unwrap();
    sent(&mut client);
    let protection = Protection { auth_type: AuthType::NTLM, level: AuthLevel::PKT_PRIVACY, context_id: 0 };
    let trailer = Some(SecurityTrailer { protection, padding: &[], token: &[1] });
    give(&mut client, &Pdu { trailer, ..response(2, PfcFlags::WHOLE, &[]) });
    failed(client, Failure::Authentication);
}

#[test]
fn what_a_server_may_send_is_limited() {
    let limited = |limit: fn(&mut Config)| {
        let mut config = Config::new(clusapi3());
        config.transfer_syntaxes = vec![SyntaxId::NDR20];
        config.features = BindFeatures::empty();
        limit(&mut config);
        let flags = PfcFlags::WHOLE | PfcFlags::CONC_MPX;
        let mut client = bound_by(config, flags, vec![accepted(SyntaxId::NDR20)]);
        client.call(1, &[]).unwrap();
        client.call(1, &[]).unwrap();
        sent(&mut client);
        client
    };
    let mut client = limited(|config| config.limits.max_stub = 10);
    give(&mut client, &response(2, PfcFlags::WHOLE, &[0; 10]));
    give(&mut client, &response(3, PfcFlags::FIRST_FRAG, &[0; 11]));
    failed(client, Failure::Fragment(FragmentError::StubTooLong(10)));
    let mut client = limited(|config| config.limits.max_fragments = 2);
    give(&mut client, &response(2, PfcFlags::FIRST_FRAG, &[]));
    give(&mut client, &response(2, PfcFlags::empty(), &[]));
    give(&mut client, &response(2, PfcFlags::empty(), &[]));
    failed(client, Failure::Fragment(FragmentError::TooManyFragments(2)));
    let mut client = limited(|config| config.limits.max_held = 10);
    give(&mut client, &response(2, PfcFlags::FIRST_FRAG, &[0; 6]));
    give(&mut client, &response(3, PfcFlags::FIRST_FRAG, &[0; 6]));
    failed(client, Failure::Fragment(FragmentError::TooMuchHeld(10)));
    let mut client = limited(|config| config.max_fragment = 1432);
    give(&mut client, &response(2, PfcFlags::WHOLE, &[0; 1432 - 24]));
    give(&mut client, &response(3, PfcFlags::WHOLE, &[0; 1432 - 23]));
    failed(client, Failure::Oversized(1433));
}

#[test]
fn what_a_program_may_send_is_limited() {
    let mut config = Config::new(clusapi3());
    config.transfer_syntaxes = vec![SyntaxId::NDR20];
    config.features = BindFeatures::empty();
    (config.limits.max_pending, config.limits.max_request, config.limits.max_output) = (3, 10, 30);
    let flags = PfcFlags::WHOLE | PfcFlags::CONC_MPX;
    let mut client = bound_by(config, flags, vec![accepted(SyntaxId::NDR20)]);
    assert_eq!(client.call(1, &[0; 11]), Err(CallError::TooLong));
    client.call(1, &[0; 10]).unwrap();
    assert_eq!(client.call(1, &[]), Err(CallError::Limit));
    sent(&mut client);
    client.call(1, &[]).unwrap();
    sent(&mut client);
    client.call(1, &[]).unwrap();
    sent(&mut client);
    assert_eq!(client.call(1, &[]), Err(CallError::Limit));
    give(&mut client, &response(2, PfcFlags::WHOLE, &[]));
    client.call(1, &[]).unwrap();
}
