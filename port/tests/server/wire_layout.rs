//! Where everything stands in requests and responses: the offsets and sizes of section 6 of the fact sheet, found in
//! the octets that the codec makes of what the engine answers.

use cmrp::ndr::{ContextHandle, Format};
use cmrp_port::event::EventV2;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol::{self, V2, V3};

use crate::harness::{Bench, event_v2};
use crate::laws;
use crate::methods::{METHODS, Method};

/// What stands at an offset of a request.
#[derive(Clone, Copy)]
enum At {
    Handle(usize),
    Number(usize),
    Long(usize),
}

use At::{Handle, Long, Number};

/// Length and fields of the requests that have no strings; they are alike in NDR and NDR64.
const fn layout(opnum: u16, protocol: Protocol) -> (usize, &'static [At]) {
    match (opnum, protocol) {
        (55 | 137, _) => (0, &[]),
        (56 | 107 | 139 | 147, _) | (65, V3) => (20, &[Handle(0)]),
        (65, V2) => (24, &[Handle(0), Number(20)]),
        (57..=60 | 90 | 99, _) => (48, &[Handle(0), Handle(20), Number(40), Number(44)]),
        (138, _) => (68, &[Handle(0), Handle(20), Number(40), Long(48), Number(56), Number(60), Number(64)]),
        _ => (52, &[Handle(0), Handle(20), Number(40), Number(44), Number(48)]),
    }
}

/// A request that is made of its layout alone.
fn request(opnum: u16, protocol: Protocol) -> Vec<u8> {
    let (length, fields) = layout(opnum, protocol);
    let mut octets = vec![0; length];
    for (number, field) in (1..).zip(fields) {
        match *field {
            Handle(at) => octets[at + 4..][..16].fill(number),
            Number(at) => octets[at..][..4].fill(number),
            Long(at) => octets[at..][..8].fill(number),
        }
    }
    octets
}

fn checked(method: &Method, protocol: Protocol) -> usize {
    let octets = request(method.opnum, protocol);
    for format in [Format::NDR20_LE, Format::Ndr64] {
        match protocol {
            V2 => drop(laws::decode_v2(method.opnum, &octets, format)),
            V3 => drop(laws::decode_v3(method.opnum, &octets, format)),
        }
    }
    octets.len()
}

/// Decoded and encoded again, each field stays where it was; a longer or shorter stub would be refused.
///
/// Rows: 6.1/1, 6.2/1, 6.3/1, 6.4/1, 6.5/1, 6.6/1, 6.7/1, 6.8/1, 6.9/1, 6.10/1, 6.12/1, 6.13/1
#[test]
fn s6_1_s6_12_to_s6_13_requests_have_their_fields_at_their_offsets() {
    let without_strings = METHODS.iter().filter(|method| method.opnum != 155);
    let lengths: usize = without_strings
        .flat_map(|method| method.protocols.iter().map(move |protocol| checked(method, *protocol)))
        .sum();
    assert!(lengths > 0);
}

/// Each field by its name, of one request of each shape.
///
/// Rows: 6.3/1, 6.4/1, 6.5/1, 6.5/6, 6.6/1, 6.7/1, 6.10/1
#[test]
fn s6_3_s6_6_s6_7_to_s6_10_requests_have_the_right_names_on_their_fields() {
    let field = |number: u8| u32::from_le_bytes([number; 4]);
    let octets = |opnum, protocol| request(opnum, protocol);
    let (le, ndr64) = (Format::NDR20_LE, Format::Ndr64);
    let stub = octets(60, V2);
    let cmrp::clusapi2::Request::ApiAddNotifyResource(add) = laws::decode_v2(60, &stub, le) else { panic!() };
    assert_eq!((add.dw_filter.bits(), add.dw_notify_key), (field(3), field(4)));
    let stub = octets(57, V3);
    let cmrp::clusapi3::Request::ApiAddNotifyCluster(add) = laws::decode_v3(57, &stub, ndr64) else {
        panic!()
    };
    assert_eq!((add.dw_filter.bits(), add.dw_notify_key), (field(3), field(4)));
    let stub = octets(61, V3);
    let cmrp::clusapi3::Request::ApiAddNotifyKey(add) = laws::decode_v3(61, &stub, le) else { panic!() };
    assert_eq!((add.dw_notify_key, add.filter.bits()), (field(3), field(4)));
    assert_eq!(u32::from_ne_bytes(add.watch_sub_tree.to_ne_bytes()), field(5));
    let stub = octets(91, V3);
    let cmrp::clusapi3::Request::ApiReAddNotifyNetwork(add) = laws::decode_v3(91, &stub, le) else {
        panic!()
    };
    assert_eq!((add.dw_filter.bits(), add.dw_notify_key, add.state_sequence), (field(3), field(4), field(5)));
    let stub = octets(65, V2);
    let cmrp::clusapi2::Request::ApiGetNotify(get) = laws::decode_v2(65, &stub, le) else { panic!() };
    assert_eq!(get.timeout, field(2));
    let stub = octets(138, V3);
    let cmrp::clusapi3::Request::ApiAddNotifyV2(add) = laws::decode_v3(138, &stub, ndr64) else { panic!() };
    assert_eq!((add.filter.dw_object_type, add.filter.filter_flags), (field(3), i64::from_le_bytes([4; 8])));
    assert_eq!((add.dw_notify_key, add.dw_version), (field(5), field(6)));
    assert_eq!(u32::from_ne_bytes(add.is_targeted_at_object.to_ne_bytes()), field(7));
}

/// A name "Tt": in NDR counts of 4 octets from 36, in NDR64 counts of 8 octets from 40.
///
/// Rows: 6.11/1, 6.11/2, 6.11/3
#[test]
fn s6_11_the_request_has_its_name_between_key_and_version() {
    for (format, name_at, version_at, count) in [(Format::NDR20_LE, 36, 56, 4), (Format::Ndr64, 40, 72, 8)] {
        let mut octets = vec![0; version_at + 4];
        octets[4..20].fill(1);
        octets[24..32].copy_from_slice(&0x21_i64.to_le_bytes());
        octets[32..36].copy_from_slice(&7_u32.to_le_bytes());
        (octets[name_at], octets[name_at + 2 * count]) = (3, 3);
        octets[name_at + 3 * count..][..4].copy_from_slice(b"T\0t\0");
        octets[version_at] = 2;
        let request = laws::decode_v3(155, &octets, format);
        let cmrp::clusapi3::Request::ApiAddNotifyResourceTypeV2(add) = request else { panic!("{format}") };
        assert_eq!((add.filter, add.dw_notify_key, add.dw_version), (0x21, 7, 2));
        assert_eq!(add.res_type_name, "Tt");
    }
}

/// A number at an offset of a little-endian stub.
fn number(octets: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(octets[at..][..4].try_into().unwrap())
}

/// Runs a call of each protocol version in NDR and NDR64, and gives its octets.
fn responses(protocol: Protocol, body: impl Fn(&mut Bench) -> Vec<u8>) -> [Vec<u8>; 2] {
    [Format::NDR20_LE, Format::Ndr64].map(|format| {
        let mut bench = Bench::new(protocol, 0);
        // NDR64 is not offered to protocol version 2.
        bench.fixed = Some(if protocol == V2 { Format::NDR20_LE } else { format });
        body(&mut bench)
    })
}

fn handle_at(octets: &[u8], at: usize, token: ContextHandle) -> bool {
    octets[at..][..4] == [0; 4] && octets[at + 4..][..16] == token.uuid.to_wire(cmrp::ndr::Endian::Little)
}

/// Rows: 6.1/1, 6.1/2, 6.9/1, 6.2/1
#[test]
fn s6_1_s6_2_s6_9_responses_with_handles() {
    for (opnum, protocol, handle, length) in [(55, V2, 4, 24), (55, V3, 8, 28), (137, V3, 8, 28)] {
        responses(protocol, |bench| {
            let reply = bench.create(opnum).reply();
            assert_eq!(reply.octets.len(), length);
            assert!(handle_at(&reply.octets, handle, reply.handle) && !reply.handle.is_null());
            bench.limit(|limits| limits.ports = 0);
            let failed = bench.create(opnum).reply().octets;
            assert_eq!((failed.len(), number(&failed, 0)), (length, 8));
            assert!(failed[4..].iter().all(|octet| *octet == 0));
            failed
        });
    }
    for protocol in [V2, V3] {
        responses(protocol, |bench| {
            let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
            let refused = bench.close(group).reply().octets;
            assert_eq!((refused.len(), number(&refused, 20)), (24, 6));
            let closed = bench.close(port).reply().octets;
            assert_eq!(closed, [0; 24]);
            closed
        });
    }
}

/// Rows: 6.3/2, 6.4/2, 6.4/3, 6.5/2, 6.6/2, 6.8/1
#[test]
fn s6_3_s6_4_s6_5_s6_6_to_s6_8_responses_of_numbers() {
    for protocol in [V2, V3] {
        // The result stands last, behind the rpc_status of protocol version 3.
        let result = if protocol == V2 { 0 } else { 4 };
        responses(protocol, |bench| {
            let handles = bench.handles();
            let (v1, cluster) = (handles.v1, handles.object(ObjectKind::Cluster));
            let refused = bench.try_add(57, v1, cluster, 0, |stub| stub.number(1)).reply().octets;
            assert_eq!((refused.len(), number(&refused, result)), (result + 4, 0x57));
            let key = handles.object(ObjectKind::Key);
            let call = bench.call(61, |stub| stub.handle(v1).handle(key).number(1).number(0).number(0));
            assert_eq!(bench.end(call).reply().octets, refused);
            for (kind, add, re_add, mask) in crate::harness::ADD_METHODS {
                let object = handles.object(kind);
                bench.set_state_sequence(kind, "Any", 0x0102_0304);
                let added = bench.try_add(add, v1, object, mask, |stub| stub.number(1)).reply().octets;
                assert_eq!((added.len(), number(&added, 0)), (result + 8, 0x0102_0304));
                assert!(added[4..].iter().all(|octet| *octet == 0));
                let failed = bench.try_add(add, v1, object, 0, |stub| stub.number(1)).reply().octets;
                assert_eq!(number(&failed, result + 4), 0x57);
                let rest = |stub: crate::wire::Stub| stub.number(1).number(0);
                assert_eq!(bench.try_add(re_add, v1, object, 0, rest).reply().octets, refused);
            }
            let call = bench.call(107, |stub| stub.handle(key));
            assert_eq!(bench.end(call).reply().octets, [6, 0, 0, 0]);
            refused
        });
    }
}

/// Rows: 6.10/2, 6.11/10
#[test]
fn s6_10_s6_11_responses_are_rpc_status_and_result() {
    responses(V3, |bench| {
        let port = bench.port_v2();
        let cluster = bench.object(ObjectKind::Cluster, "");
        let write = |stub: crate::wire::Stub| {
            stub.handle(port).handle(cluster).number(2).long(0).number(1).number(2).number(0)
        };
        let call = bench.call(138, write);
        let refused = bench.end(call).reply().octets;
        assert_eq!(refused, [0, 0, 0, 0, 0x57, 0, 0, 0]);
        let call = bench.call(155, |stub| stub.handle(port).long(0).number(1).text("").number(2));
        assert_eq!(bench.end(call).reply().octets, refused);
        refused
    });
}

/// Rows: 6.7/2, 6.7/3
#[test]
fn s6_7_the_response_of_a_failure_is_zeros_a_null_pointer_and_the_result() {
    for (protocol, lengths) in [(V2, [20, 20]), (V3, [24, 32])] {
        let octets = responses(protocol, |bench| {
            let port = bench.port();
            let call = bench.get(port);
            assert_eq!(bench.unblock(port), 0);
            bench.end(call).reply().octets
        });
        for (octets, length) in octets.iter().zip(lengths) {
            assert_eq!((octets.len(), number(octets, length - 4)), (length, 1));
            assert!(octets[..length - 4].iter().all(|octet| *octet == 0));
        }
    }
}

/// Two events: elements of 48 octets from 8 in NDR, of 72 octets from 16 in NDR64.
///
/// Rows: 6.12/2, 6.12/3, 6.12/4, 6.12/14
#[test]
fn s6_12_the_response_is_an_array_of_fixed_parts_and_then_what_they_point_to() {
    let [ndr, ndr64] = responses(V3, |bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (3, 4), 0x0102_0304);
        let event = EventV2 { buffer: &[9; 5], object_id: "id", ..event_v2(3, 4, "n") };
        bench.post_v2(&event);
        bench.post_v2(&event);
        let call = bench.get_v2(port);
        bench.end(call).reply().octets
    });
    let fields = |octets: &[u8], element: usize, flags: usize, size: usize| {
        let at = |offset| number(octets, element + offset);
        (at(0), at(8), at(flags), at(size))
    };
    assert_ne!(number(&ndr, 0), 0);
    assert_eq!(number(&ndr, 4), 2);
    assert_eq!([8, 56].map(|at| fields(&ndr, at, 16, 28)), [(0x0102_0304, 3, 4, 5); 2]);
    assert_eq!((number(&ndr, 104), &ndr[108..113]), (5, &[9; 5][..]), "the first buffer");
    assert_eq!(number(&ndr, ndr.len() - 8), 2, "dwNumNotifications, then the result: no rpc_status");
    assert_eq!(number(&ndr64, 8), 2);
    assert_eq!([16, 88].map(|at| fields(&ndr64, at, 16, 32)), [(0x0102_0304, 3, 4, 5); 2]);
    assert_eq!((number(&ndr64, 20), number(&ndr64, 24)), (0, 3), "a key of 8 octets");
    assert_eq!((number(&ndr64, 160), &ndr64[168..173]), (5, &[9; 5][..]), "the first buffer");
    assert_eq!(number(&ndr64, ndr64.len() - 8), 2);
}

/// Two events: elements of 12 octets from 8 in NDR, of 16 octets from 16 in NDR64.
///
/// Rows: 6.13/3, 6.13/4, 6.13/8
#[test]
fn s6_13_the_response_is_an_array_of_fixed_parts_and_then_the_names() {
    let [ndr, ndr64] = responses(V3, |bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x100, 7), 0);
        bench.post(0x100, "a", 1);
        bench.post(0x100, "b", 2);
        let call = bench.get_async(port);
        bench.end(call).reply().octets
    });
    assert_eq!([4, 8, 12, 20, 24].map(|at| number(&ndr, at)), [2, 7, 0x100, 7, 0x100]);
    assert_eq!([32, 36, 40].map(|at| number(&ndr, at)), [2, 0, 2], "the counts of the first name");
    assert_eq!(number(&ndr, ndr.len() - 8), 2, "dwNumNotifications, then the result: no rpc_status");
    assert_eq!([8, 16, 20, 32, 36].map(|at| number(&ndr64, at)), [2, 7, 0x100, 7, 0x100]);
    assert_eq!([48, 56, 64].map(|at| number(&ndr64, at)), [2, 0, 2], "the counts of the first name");
    assert_eq!(number(&ndr64, ndr64.len() - 8), 2);
}

/// A get call that brings nothing has a null array and the number 0.
///
/// Rows: 6.12/2, 6.12/3, 6.12/4, 6.13/3, 6.13/4
#[test]
fn s6_12_s6_13_the_response_of_a_failure_is_a_null_pointer_a_zero_and_the_result() {
    for opnum in [139, 147] {
        let octets = responses(V3, |bench| {
            let port = if opnum == 139 { bench.port_v2() } else { bench.port() };
            let call = bench.call(opnum, |stub| stub.handle(port));
            assert_eq!(bench.unblock(port), 0);
            bench.end(call).reply().octets
        });
        assert_eq!(octets[0], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(octets[1], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    }
}
