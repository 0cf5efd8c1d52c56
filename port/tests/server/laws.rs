//! What holds of every request and every response of every test.

use cmrp::ndr::{EncodeStub, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::Response;

use crate::reply::{Event, Reply};

const STRICT: Limits = Limits::DEFAULT.with_trailing(0);

/// Values of `CLUSTER_CHANGE` that `ApiGetNotify` never returns.
const fn never_returned(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::V2 => 0xA008_0080,
        Protocol::V3 => 0xA000_0080,
    }
}

/// Flags that `ApiGetNotifyV2` never returns: those that only clients make, and `REGISTRY_SUBTREE_V2`.
const fn never_returned_v2(object_type: u32) -> i64 {
    match object_type {
        1 => 0x0B,
        2 | 3 => 0x200,
        5 | 6 => 0x10,
        7 => 0x80,
        8 => 0x14,
        13 => 0x100,
        _ => 0,
    }
}

/// The typed request of these octets, which turns into the same octets again.
pub(crate) fn decode_v2(opnum: u16, octets: &[u8], format: Format) -> clusapi2::Request<'_> {
    let request = clusapi2::Request::decode(opnum, octets, format, &STRICT).expect("a request");
    assert_eq!(request.encode(format).unwrap(), octets, "opnum {opnum} in {format}");
    request
}

/// As [`decode_v2`].
pub(crate) fn decode_v3(opnum: u16, octets: &[u8], format: Format) -> clusapi3::Request<'_> {
    let request = clusapi3::Request::decode(opnum, octets, format, &STRICT).expect("a request");
    assert_eq!(request.encode(format).unwrap(), octets, "opnum {opnum} in {format}");
    request
}

/// The octets of a response, which turn into the same response again. It is one of the protocol version and the
/// method of its request.
pub(crate) fn encode(protocol: Protocol, opnum: u16, response: &Response, format: Format) -> Vec<u8> {
    match protocol {
        Protocol::V2 => {
            assert!(response.to_v3().is_none(), "a response of the other protocol version");
            let response = response.to_v2().expect("a response of version 2");
            let octets = response.encode(format).expect("octets");
            let again = clusapi2::Response::decode(opnum, &octets, format, &STRICT).expect("a response");
            assert_eq!(again, response, "opnum {opnum} in {format}");
            octets
        }
        Protocol::V3 => {
            assert!(response.to_v2().is_none(), "a response of the other protocol version");
            let response = response.to_v3().expect("a response of version 3");
            let octets = response.encode(format).expect("octets");
            let again = clusapi3::Response::decode(opnum, &octets, format, &STRICT).expect("a response");
            assert_eq!(again, response, "opnum {opnum} in {format}");
            octets
        }
    }
}

/// A failure carries nothing; an event carries one value, and none that is forbidden.
pub(crate) fn check(protocol: Protocol, opnum: u16, reply: &Reply) {
    if reply.result != 0 {
        assert_eq!(reply.event, Event::default(), "opnum {opnum} failed");
        assert_eq!((&reply.asynchronous, &reply.batch), (&None, &None), "opnum {opnum} failed");
        return;
    }
    match opnum {
        65 => check_value(protocol, &reply.event),
        139 => {
            let batch = reply.batch.as_ref().expect("notifications");
            assert!(!batch.is_empty(), "success without notifications");
            for event in batch {
                assert_eq!(event.flags.count_ones(), 1, "one flag");
                assert_eq!(
                    event.flags & never_returned_v2(event.object_type),
                    0,
                    "a flag that may be returned"
                );
            }
        }
        147 => {
            let batch = reply.asynchronous.as_ref().expect("notifications");
            assert!(!batch.is_empty(), "success without notifications");
            for event in batch {
                check_value(protocol, event);
            }
        }
        _ => {}
    }
}

fn check_value(protocol: Protocol, event: &Event) {
    assert_eq!(event.change.count_ones(), 1, "one value");
    assert_eq!(event.change & never_returned(protocol), 0, "a value that may be returned");
    assert!(event.name.is_some(), "a name is never the null pointer");
}
