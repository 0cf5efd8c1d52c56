//! PDUs against vectors and against what another dissector read out of the same octets.

use cmrp::ndr::Uuid;
use dcerpc_proto::auth::{AuthLevel, AuthType, Protection, SecurityTrailer};
use dcerpc_proto::bind::BindNak;
use dcerpc_proto::call::{Fault, Request};
use dcerpc_proto::header::PacketType;
use dcerpc_proto::syntax::{BindFeatures, ContextResult};
use dcerpc_proto::{Body, FormatLabel, Header, Pdu, PduError, PfcFlags, Reason, SyntaxId};

use crate::samples::{self, Captured, captured, clusapi3, everything, hex};

#[test]
fn captured_pdus_have_the_fields_that_tshark_prints() {
    for sample in captured() {
        let header = Header::decode(&sample.octets).unwrap();
        assert_eq!(header.packet_type.code(), sample.packet_type);
        assert_eq!(header.flags.bits(), sample.flags);
        assert_eq!(header.label.to_wire().to_vec(), sample.drep);
        assert_eq!((header.frag_length, header.auth_length), (sample.frag_length, sample.auth_length));
        assert_eq!(header.call_id, sample.call_id);
        compare_body(&sample, &Pdu::decode(&sample.octets).unwrap());
    }
}

fn compare_body(sample: &Captured, pdu: &Pdu<'_>) {
    match &pdu.body {
        Body::Request(request) => {
            assert_eq!(Some(request.context_id), sample.context);
            assert_eq!(Some(request.opnum), sample.opnum);
        }
        Body::Response(response) => assert_eq!(Some(response.context_id), sample.context),
        _ => {}
    }
    let trailer = pdu.trailer.as_ref();
    assert_eq!(trailer.map(|trailer| trailer.protection.auth_type.0), sample.auth_type);
    assert_eq!(trailer.map(|trailer| trailer.protection.level.0), sample.auth_level);
    assert_eq!(trailer.map(|trailer| trailer.padding.len()), sample.padding);
    assert_eq!(trailer.map(|trailer| trailer.protection.context_id), sample.auth_context);
    assert_eq!(trailer.map_or(0, |trailer| trailer.token.len()), usize::from(sample.auth_length));
}

#[test]
fn encoding_what_was_decoded_gives_the_same_octets() {
    for octets in everything() {
        let pdu = Pdu::decode(&octets).unwrap();
        assert_eq!(pdu.encode().unwrap(), octets, "{pdu:?}");
    }
}

#[test]
fn only_requests_and_responses_at_level_privacy_are_sealed() {
    for sample in captured() {
        let pdu = Pdu::decode(&sample.octets).unwrap();
        let is_call = matches!(sample.packet_type, 0 | 2);
        assert_eq!(pdu.is_sealed(), is_call && sample.auth_level == Some(6));
    }
}

#[test]
fn bind_proposes_two_syntaxes_and_features() {
    let octets = hex(samples::BIND);
    let Body::Bind(bind) = Pdu::decode(&octets).unwrap().body else { panic!("a bind") };
    assert_eq!((bind.max_xmit_frag, bind.max_recv_frag, bind.assoc_group_id), (5840, 5840, 0));
    assert_eq!(bind.contexts.iter().map(|context| context.id).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(bind.contexts.iter().all(|context| context.abstract_syntax == clusapi3()));
    assert_eq!(bind.contexts[0].transfer_syntaxes, [SyntaxId::NDR20]);
    assert_eq!(bind.contexts[1].transfer_syntaxes, [SyntaxId::NDR64]);
    assert_eq!(bind.contexts[2].features(), Some(BindFeatures::from_bits_retain(3)));
    assert_eq!(bind.contexts[2].transfer_syntaxes, [BindFeatures::from_bits_retain(3).to_syntax()]);
    assert_eq!(bind.contexts[0].features(), None);
}

#[test]
fn bind_ack_answers_each_context() {
    let octets = hex(samples::BIND_ACK);
    let Body::BindAck(ack) = Pdu::decode(&octets).unwrap().body else { panic!("a bind_ack") };
    assert_eq!(ack.port(), Some("49664"));
    assert_eq!(ack.assoc_group_id, 0x12345);
    let [ndr20, ndr64, features] = ack.results[..] else { panic!("three results") };
    assert_eq!((ndr20.result_name(), ndr20.reason), ("provider_rejection", 2));
    assert_eq!(ndr64, ContextResult { result: 0, reason: 0, transfer_syntax: SyntaxId::NDR64 });
    assert_eq!(features.features(), Some(BindFeatures::from_bits_retain(3)));
    assert_eq!(ndr64.features(), None);
}

#[test]
fn call_pdus_carry_their_fields() {
    let [request, response, fault] = [samples::REQUEST, samples::RESPONSE, samples::FAULT].map(hex);
    let request = Pdu::decode(&request).unwrap();
    let Body::Request(body) = &request.body else { panic!("a request") };
    assert_eq!((request.call_id, body.context_id, body.opnum, body.stub.len()), (2, 1, 107, 20));
    let response = Pdu::decode(&response).unwrap();
    let Body::Response(body) = &response.body else { panic!("a response") };
    assert_eq!((body.context_id, body.stub), (1, &[0; 4][..]));
    let Body::Fault(body) = Pdu::decode(&fault).unwrap().body else { panic!("a fault") };
    let expected = Fault {
        alloc_hint: 0x20,
        context_id: 1,
        cancel_count: 0,
        fault_flags: 0,
        status: 0x1c00_001a,
        extended: &[],
    };
    assert_eq!(body, expected);
}

#[test]
fn big_endian_request_with_an_object() {
    let octets = hex(samples::OBJECT_REQUEST);
    let object = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    let request =
        Request { alloc_hint: 2, context_id: 2, opnum: 258, object: Some(object), stub: &[0xaa, 0xbb] };
    let expected = Pdu {
        label: FormatLabel::BIG,
        flags: PfcFlags::WHOLE | PfcFlags::OBJECT_UUID,
        ..Pdu::new(7, Body::Request(request))
    };
    assert_eq!(Pdu::decode(&octets).unwrap(), expected);
    let without_flag = Pdu { flags: PfcFlags::WHOLE, ..expected };
    assert_eq!(without_flag.encode().unwrap(), octets);
}

#[test]
fn bind_nak_with_and_without_extended_error() {
    let plain = hex(samples::BIND_NAK);
    let Body::BindNak(nak) = Pdu::decode(&plain).unwrap().body else { panic!("a bind_nak") };
    assert_eq!(nak, BindNak { reason: 8, versions: vec![[5, 0], [5, 1]], rest: &[0, 0] });
    assert_eq!(nak.extended_error(FormatLabel::BIG), None);

    let signature = hex("00 20037490 d0fa d311 82d7009027b130ab 0102");
    let extended = BindNak { rest: &signature, ..nak };
    assert_eq!(extended.extended_error(FormatLabel::LITTLE), Some(&[1, 2][..]));
    assert_eq!(extended.extended_error(FormatLabel::BIG), None);
}

#[test]
fn packet_types_are_those_of_c706() {
    let codes = PacketType::ALL.map(PacketType::code);
    assert_eq!(codes, [0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    let client: Vec<u8> =
        PacketType::ALL.into_iter().filter(|kind| kind.is_from_client()).map(PacketType::code).collect();
    assert_eq!(client, [0, 11, 14, 16, 18, 19]);
    assert!((0..=255).filter(|code| !codes.contains(code)).all(|code| PacketType::from_code(code).is_none()));
}

#[test]
fn padding_that_does_not_fit_is_refused() {
    let protection = Protection { auth_type: AuthType::NTLM, level: AuthLevel::PKT_INTEGRITY, context_id: 1 };
    let trailer = SecurityTrailer { protection, padding: &[0; 4], token: &[7; 16] };
    let pdu = Pdu { trailer: Some(trailer), ..Pdu::new(1, Body::Auth3) };
    let mut octets = pdu.encode().unwrap();
    assert_eq!(Pdu::decode(&octets).unwrap(), pdu);
    octets[26] = 9;
    let expected = Reason::Length { declared: 9, expected: 8 };
    assert_eq!(
        Pdu::decode(&octets),
        Err(PduError { offset: 26, field: "auth_pad_length", reason: expected })
    );
    // Padding may not reach into the fixed part either.
    octets[26] = 8;
    assert_eq!(Pdu::decode(&octets).unwrap_err().field, "pad");
}

#[test]
fn surplus_before_the_trailer_is_kept() {
    let mut octets = hex(samples::BIND_ACK);
    octets.extend([1, 2, 3]);
    octets[8] += 3;
    let pdu = Pdu::decode(&octets).unwrap();
    assert_eq!(pdu.surplus, [1, 2, 3]);
    assert_eq!(pdu.encode().unwrap(), octets);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let token = vec![0; 65_536];
    let protection = Protection { auth_type: AuthType::NTLM, level: AuthLevel::CONNECT, context_id: 0 };
    let with = |padding, token| Pdu {
        trailer: Some(SecurityTrailer { protection, padding, token }),
        ..Pdu::new(1, Body::Auth3)
    };
    assert_eq!(with(&[], &token).encode().unwrap_err().field, "auth_length");
    assert_eq!(with(&[], &token[..65_530]).encode().unwrap_err().field, "frag_length");
    assert_eq!(with(&[], &[]).encode().unwrap_err().field, "auth_length");
    assert_eq!(with(&[0; 256], &[1]).encode().unwrap_err().field, "auth_pad_length");
    assert!(with(&[0; 255], &[1]).encode().is_ok());
}

#[test]
fn counts_are_checked_before_they_are_believed() {
    for (text, offset, field, possible) in [
        (samples::BIND, 24, "n_context_elem", 5),
        (samples::BIND, 30, "n_transfer_syn", 5),
        (samples::BIND_ACK, 32, "n_results", 3),
        (samples::BIND_NAK, 18, "n_protocols", 3),
    ] {
        let mut octets = hex(text);
        octets[offset] = 200;
        let reason = Reason::Count { declared: 200, possible };
        assert_eq!(Pdu::decode(&octets), Err(PduError { offset, field, reason }));
    }
}

#[test]
fn octets_after_the_pdu_are_refused() {
    let mut octets = hex(samples::REQUEST);
    octets.push(0);
    let reason = Reason::Length { declared: 44, expected: 45 };
    assert_eq!(Pdu::decode(&octets), Err(PduError { offset: 8, field: "frag_length", reason }));
}

#[test]
fn syntaxes_have_a_major_and_a_minor_version() {
    let mut octets = hex(samples::BIND);
    octets[48..52].copy_from_slice(&[3, 0, 7, 1]);
    let Body::Bind(bind) = Pdu::decode(&octets).unwrap().body else { panic!("a bind") };
    let syntax = bind.contexts[0].abstract_syntax;
    assert_eq!((syntax.major, syntax.minor), (3, 0x107));
    assert_eq!(syntax.to_string(), "b97db8b2-4c63-11cf-bff6-08002be23f2f v3.263");
}
