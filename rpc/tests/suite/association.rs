//! Watching whole connections, and parts of them.

use dcerpc_proto::association::{Association, Limits};
use dcerpc_proto::auth::{AuthLevel, AuthType};
use dcerpc_proto::bind::{Bind, BindAck};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::event::{Answered, Binding, Cause, Direction, Event};
use dcerpc_proto::fragments::{self, FragmentError};
use dcerpc_proto::label::StubFormatError;
use dcerpc_proto::syntax::{ContextResult, PresentationContext};
use dcerpc_proto::{Body, Pdu, PfcFlags, SyntaxId, status};

use crate::samples::{self, Captured, clusapi3, flow, hex};

fn request(call_id: u32, flags: PfcFlags, opnum: u16) -> Pdu<'static> {
    let request = Request { alloc_hint: 0, context_id: 0, opnum, object: None, stub: b"in" };
    Pdu { flags, ..Pdu::new(call_id, Body::Request(request)) }
}

fn response(call_id: u32, flags: PfcFlags) -> Pdu<'static> {
    let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub: b"out" };
    Pdu { flags, ..Pdu::new(call_id, Body::Response(response)) }
}

fn fault(call_id: u32) -> Pdu<'static> {
    let status = status::NCA_OP_RNG_ERROR;
    let body =
        Fault { alloc_hint: 32, context_id: 0, cancel_count: 0, fault_flags: 0, status, extended: &[] };
    Pdu { flags: PfcFlags::WHOLE | PfcFlags::DID_NOT_EXECUTE, ..Pdu::new(call_id, Body::Fault(body)) }
}

fn only<T: core::fmt::Debug>(mut events: Vec<Event<'_, T>>) -> Event<'_, T> {
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

fn binding(transfer: SyntaxId) -> Binding {
    Binding { interface: Some(clusapi3()), transfer: Some(transfer) }
}

/// Checks that each captured PDU is one event with tshark's operation under the given binding.
fn check_flow(flow: &[Captured], expected: Binding) -> Association<usize> {
    let mut association = Association::default();
    for (index, sample) in flow.iter().enumerate() {
        let event = only(association.observe(Pdu::decode(&sample.octets).unwrap(), index));
        match event {
            Event::Request(request) => {
                assert_eq!((Some(request.opnum), request.call_id), (sample.opnum, sample.call_id));
                assert_eq!(request.binding, expected);
                assert_eq!(request.payload.is_sealed(), sample.auth_level == Some(6));
            }
            Event::Response(response) => {
                assert_eq!((response.opnum(), response.call_id), (sample.opnum, sample.call_id));
                assert_eq!(response.binding, expected);
                assert_eq!(response.request.unwrap().tag, index - 1);
                assert_eq!(response.payload.is_sealed(), sample.auth_level == Some(6));
            }
            Event::Bind(_) | Event::BindAck(_) | Event::Auth3 { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(association.pending().count(), 0);
    assert!(association.finish().is_empty());
    association
}

#[test]
fn captured_calls_belong_to_their_interface() {
    for (capture, transfer) in [
        ("samba_notify_v3_spnego_sign", SyntaxId::NDR20),
        ("samba_notify_v3_ntlm_seal", SyntaxId::NDR20),
        ("smbtorture_ntlm_connect", SyntaxId::NDR20),
        ("scapy_notify_v3_ndr20be", SyntaxId::NDR20),
        ("scapy_notify_v3_ndr64", SyntaxId::NDR64),
        ("smbtorture_anon_ndr64be", SyntaxId::NDR64),
    ] {
        check_flow(&flow(capture), binding(transfer));
    }
}

#[test]
fn security_contexts_are_remembered() {
    let association = check_flow(&flow("smbtorture_ntlm_connect"), binding(SyntaxId::NDR20));
    let security: Vec<_> = association.security_contexts().collect();
    let [ntlm] = security[..] else { panic!("one context") };
    assert_eq!((ntlm.auth_type, ntlm.level, ntlm.context_id), (AuthType::NTLM, AuthLevel::CONNECT, 1));
}

#[test]
fn answers_are_matched_with_proposals() {
    let (bind, ack) = (hex(samples::BIND), hex(samples::BIND_ACK));
    let mut association = Association::default();
    let Event::Bind(bind) = only(association.observe(Pdu::decode(&bind).unwrap(), ())) else {
        panic!("bind")
    };
    assert_eq!((bind.contexts.len(), bind.is_alter), (3, false));
    assert_eq!(association.binding(1), binding(SyntaxId::NDR64));
    let Event::BindAck(ack) = only(association.observe(Pdu::decode(&ack).unwrap(), ())) else {
        panic!("ack")
    };
    let ids: Vec<_> = ack.results.iter().map(|negotiated| negotiated.context.unwrap().0).collect();
    assert_eq!(ids, [0, 1, 2]);
    assert_eq!(association.binding(0), Binding::default());
    assert_eq!(association.binding(1), binding(SyntaxId::NDR64));
    assert_eq!(association.binding(2), Binding::default());
}

#[test]
fn a_refused_bind_leaves_nothing() {
    let mut association = Association::default();
    let (bind, nak) = (hex(samples::BIND), hex(samples::BIND_NAK));
    association.observe(Pdu::decode(&bind).unwrap(), ());
    let event = only(association.observe(Pdu::decode(&nak).unwrap(), ()));
    assert_eq!(event, Event::BindNak { call_id: 1, reason: 8 });
    assert_eq!(association.binding(1), Binding::default());
}

#[test]
fn without_the_bind_the_interface_is_unknown() {
    let calls: Vec<_> = flow("scapy_notify_v3_ndr64").split_off(2);
    check_flow(&calls, Binding::default());
}

#[test]
fn without_the_request_the_operation_is_unknown() {
    let mut association = Association::default();
    let Event::Response(event) = only(association.observe(response(5, PfcFlags::WHOLE), ())) else {
        panic!("a response")
    };
    assert_eq!((event.opnum(), event.request, event.binding), (None, None, Binding::default()));
    let Event::Fault(event) = only(association.observe(fault(6), ())) else { panic!("a fault") };
    assert_eq!((event.opnum(), event.did_not_execute), (None, true));
}

#[test]
fn a_fault_ends_the_call() {
    let mut association = Association::default();
    association.observe(request(3, PfcFlags::WHOLE, 300), 'a');
    let Event::Fault(event) = only(association.observe(fault(3), 'b')) else { panic!("a fault") };
    assert_eq!(event.request, Some(Answered { context_id: 0, opnum: 300, tag: 'a' }));
    assert_eq!(event.status, 0x1c01_0002);
    assert_eq!(association.pending().count(), 0);
}

#[test]
fn a_fault_may_come_before_the_last_fragment() {
    let mut association = Association::default();
    assert!(association.observe(request(3, PfcFlags::FIRST_FRAG, 1), ()).is_empty());
    assert!(
        matches!(only(association.observe(fault(3), ())), Event::Fault(event) if event.opnum() == Some(1))
    );
    let event = only(association.observe(request(3, PfcFlags::LAST_FRAG, 1), ()));
    assert!(matches!(event, Event::Request(event) if event.payload.fragments == 2));
    assert_eq!(association.pending().count(), 0);
}

#[test]
fn fragments_of_both_directions_are_joined() {
    let mut association = Association::default();
    assert!(association.observe(request(3, PfcFlags::FIRST_FRAG, 1), 1).is_empty());
    let event = only(association.observe(request(3, PfcFlags::LAST_FRAG, 1), 2));
    assert!(matches!(event, Event::Request(event) if *event.payload.stub == *b"inin"));
    assert!(association.observe(response(3, PfcFlags::FIRST_FRAG), 3).is_empty());
    assert!(association.observe(response(3, PfcFlags::empty()), 4).is_empty());
    let Event::Response(event) = only(association.observe(response(3, PfcFlags::LAST_FRAG), 5)) else {
        panic!("a response")
    };
    assert_eq!((&*event.payload.stub, event.payload.fragments), (&b"outoutout"[..], 3));
    assert_eq!(event.request, Some(Answered { context_id: 0, opnum: 1, tag: 2 }));
}

#[test]
fn a_call_without_its_first_fragment_is_reported_once() {
    let mut association = Association::default();
    let Event::Incomplete(event) = only(association.observe(request(3, PfcFlags::empty(), 7), ())) else {
        panic!("incomplete")
    };
    assert_eq!((event.call_id, event.opnum, event.direction), (3, Some(7), Direction::Request));
    assert_eq!(event.cause, Cause::Fragment(FragmentError::MissingFirst));
    assert!(association.observe(request(3, PfcFlags::LAST_FRAG, 7), ()).is_empty());
    let event = only(association.observe(response(3, PfcFlags::WHOLE), ()));
    assert!(matches!(event, Event::Response(event) if event.opnum() == Some(7)));
}

#[test]
fn unfinished_calls_are_reported() {
    let causes = |mut association: Association, events: &mut dyn FnMut(&mut Association) -> Vec<Cause>| {
        association.observe(request(3, PfcFlags::FIRST_FRAG, 7), ());
        events(&mut association)
    };
    let cause = |event: &Event<'_, ()>| match event {
        Event::Incomplete(incomplete) => Some(incomplete.cause),
        _ => None,
    };
    let end = |association: &mut Association| association.finish().iter().filter_map(cause).collect();
    assert_eq!(causes(Association::default(), &mut { end }), [Cause::End]);
    let gap = |association: &mut Association| {
        association.gap(Direction::Request).iter().filter_map(cause).collect()
    };
    assert_eq!(causes(Association::default(), &mut { gap }), [Cause::Gap]);
    let again = |association: &mut Association| {
        association.observe(request(3, PfcFlags::WHOLE, 8), ()).iter().filter_map(cause).collect()
    };
    assert_eq!(causes(Association::default(), &mut { again }), [Cause::Restarted]);
    let tight = fragments::Limits { max_calls: 1, ..fragments::Limits::default() };
    let crowded = |association: &mut Association| {
        association.observe(request(4, PfcFlags::FIRST_FRAG, 8), ()).iter().filter_map(cause).collect()
    };
    let association = Association::new(Limits { requests: tight, ..Limits::default() });
    assert_eq!(causes(association, &mut { crowded }), [Cause::Evicted]);
}

#[test]
fn a_response_may_be_larger_than_any_request() {
    // 4 MiB and a fragment more, which MS-RPCE 3.3.3.5.4 forbids in a request and not in a response.
    let stub = vec![7; 60_000];
    let count = (4 << 20) / stub.len() + 2;
    let flags = |index| match index {
        0 => PfcFlags::FIRST_FRAG,
        index if index + 1 == count => PfcFlags::LAST_FRAG,
        _ => PfcFlags::empty(),
    };
    let mut association = Association::default();
    let mut asked = Vec::new();
    let mut answered = Vec::new();
    for index in 0..count {
        let request = Request { alloc_hint: 0, context_id: 0, opnum: 1, object: None, stub: &stub };
        let pdu = Pdu { flags: flags(index), ..Pdu::new(1, Body::Request(request)) };
        asked.extend(association.observe(pdu, ()));
        let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub: &stub };
        let pdu = Pdu { flags: flags(index), ..Pdu::new(2, Body::Response(response)) };
        answered.extend(association.observe(pdu, ()));
    }
    let Event::Response(response) = only(answered) else { panic!("a whole response") };
    assert_eq!(response.payload.stub.len(), count * stub.len());
    let Event::Incomplete(incomplete) = only(asked) else { panic!("a request that is too long") };
    assert_eq!(incomplete.cause, Cause::Fragment(FragmentError::StubTooLong(4 << 20)));
}

#[test]
fn the_oldest_unanswered_request_is_forgotten() {
    let mut association = Association::new(Limits { max_pending: 2, ..Limits::default() });
    for call_id in [9, 4, 5] {
        association.observe(request(call_id, PfcFlags::WHOLE, 1), ());
    }
    assert_eq!(association.pending().map(|(call_id, _)| call_id).collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_maybe_call_waits_for_nothing() {
    let mut association = Association::default();
    association.observe(request(1, PfcFlags::WHOLE | PfcFlags::MAYBE, 1), ());
    assert_eq!(association.pending().count(), 0);
}

#[test]
fn verification_trailers_are_taken_off_readable_requests() {
    let parameters = |capture: &str| {
        let flow = flow(capture);
        let request = flow.iter().find(|pdu| pdu.packet_type == 0).unwrap();
        let pdu = Pdu::decode(&request.octets).unwrap();
        let Event::Request(event) = only(Association::default().observe(pdu, ())) else {
            panic!("a request")
        };
        (event.parameters().0.len(), event.parameters().1.is_some())
    };
    assert_eq!(parameters("samba_notify_v3_spnego_sign"), (0, true));
    assert_eq!(parameters("samba_notify_v3_ntlm_seal"), (80, false));
    assert_eq!(parameters("smbtorture_ntlm_connect"), (0, false));
}

#[test]
fn big_endian_ndr64_is_told_apart() {
    let flow = flow("smbtorture_anon_ndr64be");
    let mut association = Association::default();
    let mut errors = 0;
    for sample in &flow {
        for event in association.observe(Pdu::decode(&sample.octets).unwrap(), ()) {
            if let Event::Request(request) = event {
                let format = request.payload.format(request.binding.transfer.unwrap());
                assert_eq!(format, Err(StubFormatError::BigEndianNdr64));
                errors += 1;
            }
        }
    }
    assert_eq!(errors, 2);
}

fn proposal(call_id: u32, ids: core::ops::Range<u16>) -> Pdu<'static> {
    let element = |id| PresentationContext {
        id,
        abstract_syntax: clusapi3(),
        transfer_syntaxes: vec![SyntaxId::NDR20, SyntaxId::NDR64],
    };
    let bind =
        Bind { max_xmit_frag: 0, max_recv_frag: 0, assoc_group_id: 0, contexts: ids.map(element).collect() };
    Pdu::new(call_id, Body::AlterContext(bind))
}

fn answer(call_id: u32, result: ContextResult) -> Pdu<'static> {
    let ack = BindAck {
        max_xmit_frag: 0,
        max_recv_frag: 0,
        assoc_group_id: 0,
        secondary_address: &[],
        results: vec![result],
    };
    Pdu::new(call_id, Body::AlterContextResp(ack))
}

#[test]
fn proposing_an_accepted_context_again_takes_nothing_away() {
    let accepted = ContextResult { result: 0, reason: 0, transfer_syntax: SyntaxId::NDR64 };
    let refused = ContextResult { result: 2, reason: 1, transfer_syntax: SyntaxId::NIL };
    let mut association = Association::default();
    association.observe(proposal(1, 0..1), ());
    assert_eq!(association.binding(0), Binding { interface: Some(clusapi3()), transfer: None });
    association.observe(answer(1, accepted), ());
    assert_eq!(association.binding(0), binding(SyntaxId::NDR64));
    association.observe(proposal(2, 0..1), ());
    assert_eq!(association.binding(0), binding(SyntaxId::NDR64));
    association.observe(answer(2, refused), ());
    assert_eq!(association.binding(0), binding(SyntaxId::NDR64));
}

#[test]
fn an_answer_without_its_proposal_teaches_nothing() {
    let accepted = ContextResult { result: 0, reason: 0, transfer_syntax: SyntaxId::NDR64 };
    let mut association = Association::default();
    let Event::BindAck(event) = only(association.observe(answer(1, accepted), ())) else { panic!("ack") };
    assert_eq!((event.results.len(), event.results[0].context, event.is_alter), (1, None, true));
    assert_eq!(association.binding(0), Binding::default());
}

#[test]
fn too_many_contexts_are_not_remembered() {
    let mut association = Association::new(Limits { max_contexts: 3, ..Limits::default() });
    association.observe(proposal(1, 0..5), ());
    let known = (0..5).filter(|id| association.binding(*id).interface.is_some()).count();
    assert_eq!(known, 3);
}

#[test]
fn a_fault_takes_the_place_of_the_rest_of_a_response() {
    let mut association = Association::default();
    association.observe(request(3, PfcFlags::WHOLE, 1), ());
    assert!(association.observe(response(3, PfcFlags::FIRST_FRAG), ()).is_empty());
    assert!(
        matches!(only(association.observe(fault(3), ())), Event::Fault(event) if event.opnum() == Some(1))
    );
    assert!(association.finish().is_empty());
}
