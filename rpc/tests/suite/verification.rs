//! Verification trailers, as Samba and scapy send them.

use dcerpc_proto::verification::{Command, Content, SEARCH_WINDOW, SIGNATURE, VerificationTrailer, split};
use dcerpc_proto::{Body, FormatLabel, Pdu, Reason, SyntaxId};

use crate::samples::{clusapi3, flow};

fn request_stubs(capture: &str) -> Vec<(u32, Vec<u8>)> {
    let stub = |octets: &[u8]| {
        let pdu = Pdu::decode(octets).unwrap();
        match pdu.body {
            Body::Request(request) => Some((pdu.call_id, request.stub.to_vec())),
            _ => None,
        }
    };
    flow(capture).iter().filter_map(|pdu| stub(&pdu.octets)).collect()
}

#[test]
fn an_unprotected_client_may_send_one_with_one_command() {
    for (capture, transfer) in
        [("scapy_notify_v3_ndr20be", SyntaxId::NDR20), ("scapy_notify_v3_ndr64", SyntaxId::NDR64)]
    {
        let stubs = request_stubs(capture);
        let (parameters, trailer) = split(&stubs[0].1);
        assert_eq!((stubs[0].1.len(), parameters.len()), (52, 0));
        let content = Content::Context { abstract_syntax: clusapi3(), transfer_syntax: transfer };
        assert_eq!(trailer.unwrap().commands, [Command { must_process: false, content }]);
        assert_eq!(split(&stubs[1].1), (&stubs[1].1[..], None));
    }
}

#[test]
fn a_signing_client_sends_bitmask_context_and_header() {
    let stubs = request_stubs("samba_notify_v3_spnego_sign");
    let (parameters, trailer) = split(&stubs[0].1);
    assert!(parameters.is_empty());
    let context = Content::Context { abstract_syntax: clusapi3(), transfer_syntax: SyntaxId::NDR20 };
    let expected = [Content::Bitmask1(1), context, Content::header2(FormatLabel::LITTLE, 2, 0, 0)]
        .map(|content| Command { must_process: false, content });
    assert_eq!(trailer.unwrap().commands, expected);
}

#[test]
fn parameters_before_it_are_left_whole() {
    let stubs = request_stubs("samba_notify_v3_spnego_sign");
    let (call_id, stub) = &stubs[2];
    let (parameters, trailer) = split(stub);
    // A string of seven characters takes 26 octets; two octets of alignment follow.
    assert_eq!(parameters.len(), 28);
    assert_eq!(parameters[0], 7);
    let content = Content::header2(FormatLabel::LITTLE, *call_id, 0, 8);
    assert_eq!(trailer.unwrap().commands, [Command { must_process: false, content }]);
}

#[test]
fn encoding_what_was_decoded_gives_the_same_octets() {
    for capture in ["samba_notify_v3_spnego_sign", "scapy_notify_v3_ndr64"] {
        for (_, stub) in request_stubs(capture) {
            if let (parameters, Some(trailer)) = split(&stub) {
                assert_eq!(trailer.encode().unwrap(), stub[parameters.len()..]);
            }
        }
    }
    let unknown = Command { must_process: true, content: Content::Other { code: 9, data: &[1, 2, 3] } };
    let trailer = VerificationTrailer { commands: vec![unknown.clone(), unknown] };
    let octets = trailer.encode().unwrap();
    assert_eq!(octets[8..], [9, 0x80, 3, 0, 1, 2, 3, 9, 0xc0, 3, 0, 1, 2, 3]);
    assert_eq!(VerificationTrailer::decode(&octets), Ok(trailer));
    assert!(VerificationTrailer { commands: vec![] }.encode().is_err());
}

#[test]
fn every_truncation_and_extension_is_taken_for_parameters() {
    let stub = &request_stubs("samba_notify_v3_spnego_sign")[0].1;
    for length in 0..stub.len() {
        assert_eq!(split(&stub[..length]), (&stub[..length], None));
    }
    let longer = [stub, &[0; 4][..]].concat();
    assert_eq!(split(&longer).1, None);
    let error = VerificationTrailer::decode(&longer).unwrap_err();
    assert_eq!((error.offset, error.reason), (stub.len(), Reason::Surplus(4)));
}

#[test]
fn it_is_searched_near_the_end_only() {
    let command = Command { must_process: false, content: Content::Other { code: 9, data: &[0; 500] } };
    let octets = VerificationTrailer { commands: vec![command] }.encode().unwrap();
    assert_eq!(octets.len(), SEARCH_WINDOW);
    assert!(split(&octets).1.is_some());
    let signatures = SIGNATURE.repeat(100_000);
    assert_eq!(split(&signatures).1, None);
}
