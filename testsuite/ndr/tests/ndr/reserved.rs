//! Reserved slots: a request of nothing, a response of a status.

use cmrp::ndr::arbitrary::Unstructured;
use cmrp::ndr::json::Arena;
use cmrp::ndr::{EncodeStub, ErrorKind, Limits, ReservedRequest, ReservedResponse};
use serde_json::json;

use super::{BE, LE};

#[test]
fn a_request_has_no_octets() {
    let request = ReservedRequest { opnum: 80 };
    assert_eq!(request.encode(LE), Ok(vec![]));
    assert_eq!(ReservedRequest::decode(80, &[], LE, &Limits::DEFAULT), Ok(request));
    let limits = Limits::DEFAULT.with_trailing(0);
    let error = ReservedRequest::decode(80, &[0], LE, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TrailingOctets { count: 1 });
}

#[test]
fn a_response_is_a_status() {
    let response = ReservedResponse { opnum: 80, return_value: 0x6D1 };
    let stub = [0, 0, 6, 0xD1];
    assert_eq!(response.encode(BE).unwrap(), stub);
    assert_eq!(ReservedResponse::decode(80, &stub, BE, &Limits::DEFAULT), Ok(response));
    let error = ReservedResponse::decode(80, &stub[..3], BE, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.to_string(), "return at octet 0: needs 4 octets, 3 are left");
    let limits = Limits::DEFAULT.with_trailing(0);
    let error = ReservedResponse::decode(80, &[0; 5], BE, &limits).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::TrailingOctets { count: 1 }, 4));
}

#[test]
fn the_json_of_a_reserved_slot_has_the_status_alone() {
    let arena = Arena::new();
    let (request, response) =
        (ReservedRequest { opnum: 80 }, ReservedResponse { opnum: 80, return_value: 1 });
    assert_eq!(serde_json::to_value(request).unwrap(), json!({}));
    assert_eq!(ReservedRequest::from_json(80, &json!({}), &arena), Ok(request));
    let error = ReservedRequest::from_json(80, &json!({"return": 1}), &arena).unwrap_err();
    assert_eq!(error.to_string(), "return: there is no such member");
    assert_eq!(serde_json::to_value(response).unwrap(), json!({"return": 1}));
    assert_eq!(ReservedResponse::from_json(80, &json!({"return": 1}), &arena), Ok(response));
    let error = ReservedResponse::from_json(80, &json!({}), &arena).unwrap_err();
    assert_eq!(error.to_string(), "return: is missing");
}

/// The slot stays, the status is any; a request has nothing that could change.
#[test]
fn a_response_is_made_up_and_varied_by_its_status() {
    let octets: Vec<u8> = (0..=u8::MAX).rev().collect();
    let mut choices = Unstructured::new(&octets);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let mut response = ReservedResponse::arbitrary(80, &mut choices).unwrap();
        statuses.push(response.return_value);
        response.vary(&mut choices).unwrap();
        statuses.push(response.return_value);
        assert_eq!(response.opnum, 80);
    }
    let made_up = statuses.iter().step_by(2).filter(|status| **status != 0).count();
    assert!(made_up > 2, "{statuses:?}");
    let varied = statuses.chunks(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(varied > 4, "{statuses:?}");
    let mut request = ReservedRequest::arbitrary(80, &mut choices).unwrap();
    request.vary(&mut choices).unwrap();
    assert_eq!(request, ReservedRequest { opnum: 80 });
}
