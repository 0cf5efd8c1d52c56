//! The checks of received data, one by one, by the names of MS-RPCE 3.1.1.5.3.

use cmrp::clusapi2;
use cmrp::clusapi3::{
    ApiClusterControlRequest, ApiClusterControlResponse, ApiGetNotifyAsyncResponse, ApiGetNotifyResponse,
    ApiOpenNodeRequest, ApiQueryValueRequest, ApiQueryValueResponse, ApiSetNetworkPriorityOrderRequest,
};
use cmrp::ndr::{
    Call, DecodeStub, EncodeStub, Error, ErrorKind, Format, Limits, MAX_FORGIVEN, SizedPtr, TargetLevel,
    Varying,
};

const LE: Format = Format::NDR20_LE;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[track_caller]
fn assert_refused<'a, T: DecodeStub<'a> + std::fmt::Debug>(stub: &'a [u8], kind: ErrorKind, path: &str) {
    let error = T::decode(stub, LE, &Limits::DEFAULT).unwrap_err();
    assert_eq!((error.kind(), error.path().to_string().as_str()), (kind, path));
}

#[test]
fn offset_of_a_string_is_0() {
    let stub = words(&[2, 1, 2, 0x61]);
    assert_refused::<ApiOpenNodeRequest<'_>>(&stub, ErrorKind::NonZeroOffset { offset: 1 }, "lpszNodeName");
}

#[test]
fn actual_count_of_a_string_is_at_most_its_maximum_count() {
    let stub = words(&[1, 0, 2, 0x61]);
    let kind = ErrorKind::ActualExceedsMaximum { actual: 2, maximum: 1 };
    assert_refused::<ApiOpenNodeRequest<'_>>(&stub, kind, "lpszNodeName");
}

#[test]
fn a_string_ends_with_its_terminator() {
    let stub = words(&[2, 0, 2, 0x0061_0061]);
    assert_refused::<ApiOpenNodeRequest<'_>>(&stub, ErrorKind::MissingTerminator, "lpszNodeName");
}

#[test]
fn a_string_has_one_terminator() {
    let stub = words(&[2, 0, 2, 0]);
    assert_refused::<ApiOpenNodeRequest<'_>>(
        &stub,
        ErrorKind::EmbeddedTerminator { index: 0 },
        "lpszNodeName",
    );
}

#[test]
fn size_is_agrees_with_the_maximum_count() {
    let stub = words(&[0x2_0000, 1, 7, 1, 0, 2, 0]);
    let kind = ErrorKind::SizeMismatch { maximum: 1, size: 2 };
    assert_refused::<ApiGetNotifyAsyncResponse<'_>>(&stub, kind, "Notifications");
}

#[test]
fn length_is_agrees_with_the_actual_count() {
    let stub = words(&[4, 0, 4, 0x6463_6261, 3, 0, 0, 0]);
    let kind = ErrorKind::LengthMismatch { actual: 4, length: 3 };
    assert_refused::<ApiClusterControlResponse<'_>>(&stub, kind, "lpOutBuffer");
}

/// `NetworkCount` is `range(0, 1000)` in both versions.
#[test]
fn a_value_is_in_its_range() {
    let stub = words(&[1001]);
    let kind = ErrorKind::OutOfRange { value: 1001, low: 0, high: 1000 };
    assert_refused::<ApiSetNetworkPriorityOrderRequest<'_>>(&stub, kind, "NetworkCount");
    assert_refused::<clusapi2::ApiSetNetworkPriorityOrderRequest<'_>>(&stub, kind, "NetworkCount");
}

#[test]
fn alignment_octets_may_hold_anything_but_must_be_there() {
    let odd = [words(&[7, 1, 2, 0x2_0000, 2, 0, 2, 0x61]), words(&[0, 0])].concat();
    assert!(ApiGetNotifyResponse::decode(&odd, LE, &Limits::DEFAULT).is_ok());
    let three = words(&[7, 1, 2, 0x2_0000, 3, 0, 3, 0x0062_0061, 0xAAAA_0000, 0, 0]);
    assert!(ApiGetNotifyResponse::decode(&three, LE, &Limits::DEFAULT).is_ok());
    let kind = ErrorKind::MissingAlignment { needed: 2, left: 0 };
    assert_refused::<ApiGetNotifyResponse<'_>>(&three[..34], kind, "rpc_status");
}

#[test]
fn trailing_octets_are_refused_when_the_limit_says_so() {
    let stub = words(&[7, 1, 2, 0, 0, 0, 9]);
    let limits = Limits::DEFAULT.with_trailing(0);
    let error = ApiGetNotifyResponse::decode(&stub, LE, &limits).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::TrailingOctets { count: 4 }, 24));
}

/// MS-CMRP 3.1.4.2 asks for it at version 3, MS-CMRP 3.1.4.1 does not at version 2.
#[test]
fn a_null_pointer_with_a_count_is_refused_at_level_6() {
    let stub = words(&[0, 0, 0, 0, 0, 0x55, 0, 5, 0]);
    let kind = ErrorKind::NullWithCount { count: 5 };
    assert_refused::<ApiClusterControlRequest<'_>>(&stub, kind, "lpInBuffer");
    let version_2 = clusapi2::ApiClusterControlRequest::decode(&stub, LE, &Limits::DEFAULT).unwrap();
    assert_eq!(version_2.lp_in_buffer, SizedPtr::Null { size: 5 });
    let level_5 = Limits::DEFAULT.with_level(TargetLevel::Level5);
    assert!(ApiClusterControlRequest::decode(&stub, LE, &level_5).is_ok());
    let level_6 = Limits::DEFAULT.with_level(TargetLevel::Level6);
    assert!(clusapi2::ApiClusterControlRequest::decode(&stub, LE, &level_6).is_err());
}

/// MS-RPCE 3.1.2.7.1: what the client takes may not exceed what it asked for.
#[test]
fn a_response_has_the_sizes_that_its_request_states() {
    let request = ApiQueryValueRequest { cb_data: 4, ..ApiQueryValueRequest::default() };
    let answer = |data| ApiQueryValueResponse { lp_data: data, ..ApiQueryValueResponse::default() };
    let decode = |stub: &[u8]| request.decode_response(stub, LE, &Limits::DEFAULT).map(drop);
    assert_eq!(decode(&answer(&[1, 2, 3, 4]).encode(LE).unwrap()), Ok(()));
    let error = decode(&answer(&[1, 2, 3, 4, 5]).encode(LE).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SizeMismatch { maximum: 5, size: 4 });
    assert_eq!(error.path().to_string(), "lpData");
}

#[test]
fn a_control_response_may_send_less_than_its_buffer_holds() {
    let request = ApiClusterControlRequest { n_out_buffer_size: 16, ..ApiClusterControlRequest::default() };
    let answer = |size| {
        let lp_out_buffer = Varying { size, data: &b"abc"[..] };
        ApiClusterControlResponse { lp_out_buffer, ..ApiClusterControlResponse::default() }
            .encode(LE)
            .unwrap()
    };
    assert!(request.decode_response(&answer(16), LE, &Limits::DEFAULT).is_ok());
    let error = request.decode_response(&answer(17), LE, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SizeMismatch { maximum: 17, size: 16 });
}

fn lenient<'a, T: DecodeStub<'a>>(stub: &'a [u8]) -> Result<(T, Vec<Error>), Error> {
    T::decode_lenient(stub, LE, &Limits::DEFAULT)
}

#[test]
fn a_lenient_decode_tells_every_breach_with_its_place() {
    let stub = words(&[1, 3, 4, 0x0000_0061, 0x0062_0062]);
    let (request, forgiven) = lenient::<ApiOpenNodeRequest<'_>>(&stub).unwrap();
    assert_eq!(request.lpsz_node_name, "a");
    let told: Vec<String> = forgiven.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "lpszNodeName at octet 4: array starts at index 3, not 0",
            "lpszNodeName at octet 8: actual count 4 exceeds maximum count 1",
            "lpszNodeName at octet 12: string does not end with a zero character",
            "lpszNodeName at octet 12: string has a zero character at index 1",
        ]
    );
}

/// A gap that is missing at the end of the stub is not missed, but nothing can be read behind it.
#[test]
fn a_lenient_decode_still_refuses_what_is_not_there() {
    let stub = words(&[7, 1, 2, 0x2_0000, 3, 0, 3, 0x0062_0061, 0]);
    let error = lenient::<ApiGetNotifyResponse<'_>>(&stub[..34]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated { needed: 4, left: 0 });
}

#[test]
fn a_lenient_decode_gives_up_after_so_many_breaches() {
    let names = |count: u32| {
        let head = [vec![count, count], vec![1; count as usize]].concat();
        let strings = (0..count).flat_map(|_| [1, 1, 1, 0]);
        words(&[head, strings.collect()].concat())
    };
    let most = u32::try_from(MAX_FORGIVEN).unwrap();
    let (_, forgiven) = lenient::<ApiSetNetworkPriorityOrderRequest<'_>>(&names(most)).unwrap();
    assert_eq!(forgiven.len(), MAX_FORGIVEN);
    let error = lenient::<ApiSetNetworkPriorityOrderRequest<'_>>(&names(most + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NonZeroOffset { offset: 1 });
    assert_eq!(error.path().to_string(), format!("NetworkIdList[{most}]"));
}
