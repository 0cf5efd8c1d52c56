//! The test vectors of section 16 of the fact sheet: what the engine answers, octet by octet.

use cmrp::ndr::{ContextHandle, Format, Uuid};
use cmrp_port::event::EventV2;
use cmrp_port::protocol::Protocol::{V2, V3};

use crate::harness::{Bench, event_v2};
use crate::laws;
use crate::wire::Stub;

const N: ContextHandle = ContextHandle {
    attributes: 0,
    uuid: Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]),
};
const R: ContextHandle = ContextHandle {
    attributes: 0,
    uuid: Uuid::new(0x0102_0304, 0x0506, 0x0708, [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10]),
};

const HANDLES: &str =
    "00 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff 00 00 00 00 04 03 02 01 06 05 08 07
                       09 0a 0b 0c 0d 0e 0f 10";

const GET_NOTIFY: &str = "
    07 00 00 00 00 01 00 00 05 00 00 00 00 00 02 00 05 00 00 00 00 00 00 00 05 00 00 00 52 00 65 00
    73 00 31 00 00 00 00 00 00 00 00 00 00 00 00 00";

const GET_NOTIFY_NDR64: &str = "
    07 00 00 00 00 01 00 00 05 00 00 00 00 00 00 00 00 00 02 00 00 00 00 00 05 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 52 00 65 00 73 00 31 00 00 00 00 00 00 00 00 00
    00 00 00 00";

const TIMED_OUT: &str = "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 01 00 00";

const GET_NOTIFY_V2: &str = "
    00 00 02 00 01 00 00 00 07 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00
    04 00 02 00 04 00 00 00 08 00 02 00 0c 00 02 00 10 00 02 00 14 00 02 00 04 00 00 00 02 00 00 00
    03 00 00 00 00 00 00 00 03 00 00 00 72 00 31 00 00 00 00 00 03 00 00 00 00 00 00 00 03 00 00 00
    67 00 31 00 00 00 00 00 05 00 00 00 00 00 00 00 05 00 00 00 52 00 65 00 73 00 31 00 00 00 00 00
    02 00 00 00 00 00 00 00 02 00 00 00 54 00 00 00 01 00 00 00 00 00 00 00";

const GET_NOTIFY_ASYNC: &str = "
    00 00 02 00 01 00 00 00 07 00 00 00 00 01 00 00 04 00 02 00 05 00 00 00 00 00 00 00 05 00 00 00
    52 00 65 00 73 00 31 00 00 00 00 00 01 00 00 00 00 00 00 00";

fn octets(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
}

/// Rows: 6.4/1
#[test]
fn s6_4_the_vector_of_add_notify_resource() {
    let expected = octets(&format!("{HANDLES} 00 01 00 00 07 00 00 00"));
    for format in [Format::NDR20_LE, Format::Ndr64] {
        let stub = Stub::new(format).handle(N).handle(R).number(0x100).number(7).octets();
        assert_eq!(stub, expected);
        let _ = laws::decode_v3(60, &stub, format);
    }
    let _ = laws::decode_v2(60, &expected, Format::NDR20_LE);
}

/// Rows: 6.10/1
#[test]
fn s6_10_the_vector_of_add_notify_v2() {
    let rest = "03 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00 07 00 00 00 02 00 00 00 01 00 00 00";
    let expected = octets(&format!("{HANDLES} {rest}"));
    for format in [Format::NDR20_LE, Format::Ndr64] {
        let stub = Stub::new(format).handle(N).handle(R).number(3).long(4).number(7).number(2).number(1);
        assert_eq!(stub.octets(), expected);
        let _ = laws::decode_v3(138, &expected, format);
    }
}

/// Rows: 6.7/2, 6.7/3
#[test]
fn s6_7_the_vectors_of_get_notify() {
    let (ndr, ndr64) = (octets(GET_NOTIFY), octets(GET_NOTIFY_NDR64));
    let without_rpc_status = &ndr[..ndr.len() - 4];
    for (protocol, format, expected) in [
        (V3, Format::NDR20_LE, &ndr[..]),
        (V3, Format::Ndr64, &ndr64),
        (V2, Format::NDR20_LE, without_rpc_status),
    ] {
        let mut bench = Bench::new(protocol, 0);
        bench.fixed = Some(format);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x100, 7), 0);
        bench.post(0x100, "Res1", 5);
        let call = bench.get(port);
        assert_eq!(bench.end(call).reply().octets, expected, "{protocol:?} {format}");
    }
}

/// Rows: 6.7/2, 6.7/21
#[test]
fn s6_7_the_vector_of_get_notify_whose_timeout_ran_out() {
    let mut bench = Bench::new(V2, 0);
    bench.fixed = Some(Format::NDR20_LE);
    let port = bench.port();
    let call = bench.get_within(port, 1);
    bench.advance(1);
    assert_eq!(bench.end(call).reply().octets, octets(TIMED_OUT));
}

/// Rows: 6.12/2, 6.12/4
#[test]
fn s6_12_the_vector_of_get_notify_v2() {
    let mut bench = Bench::new(V3, 0);
    bench.fixed = Some(Format::NDR20_LE);
    let port = bench.port_v2();
    bench.watch_v2(port, (3, 4), 7);
    bench.post_v2(&EventV2 {
        buffer: &[2, 0, 0, 0],
        object_id: "r1",
        parent_id: Some("g1"),
        type_name: Some("T"),
        ..event_v2(3, 4, "Res1")
    });
    let call = bench.get_v2(port);
    assert_eq!(bench.end(call).reply().octets, octets(GET_NOTIFY_V2));
}

/// Rows: 6.13/3
#[test]
fn s6_13_the_vector_of_get_notify_async() {
    let mut bench = Bench::new(V3, 0);
    bench.fixed = Some(Format::NDR20_LE);
    let port = bench.port();
    assert_eq!(bench.add_cluster(port, 0x100, 7), 0);
    bench.post(0x100, "Res1", 5);
    let call = bench.get_async(port);
    assert_eq!(bench.end(call).reply().octets, octets(GET_NOTIFY_ASYNC));
}
