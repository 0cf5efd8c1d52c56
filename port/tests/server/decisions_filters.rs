//! The decisions of `DECISIONS.md` on filters.

use cmrp_port::object::ObjectKind;

use crate::harness::{ADD_METHODS, both, v2, v3};
use crate::methods::{METHODS, Parameter};
use crate::reply::Event;
use crate::wire::Stub;

/// Decision 5.
#[test]
fn d05_bad_foreign_and_zero_bits_are_0x57() {
    both(|bench| {
        let handles = bench.handles();
        for filter in [0, 0x8000_0000, 0x2000_0000, 0x0008_0000] {
            assert_eq!(bench.add_cluster(handles.v1, filter, 1), 0x57);
            assert_eq!(bench.add_key(handles.v1, handles.object(ObjectKind::Key), filter, 1, 1), 0x57);
        }
        for (kind, add, re_add, mask) in ADD_METHODS {
            let (port, object) = (handles.v1, handles.object(kind));
            for filter in [0, !mask & 0x0FF7_FFFF, mask | 0x10] {
                let rest = |stub: Stub| stub.number(1).number(0);
                assert_eq!(bench.try_add(add, port, object, filter, |stub| stub.number(1)).result(), 0x57);
                assert_eq!(bench.try_add(re_add, port, object, filter, rest).result(), 0x57);
            }
        }
    });
    v3(|bench| {
        let handles = bench.handles();
        let cluster = handles.object(ObjectKind::Cluster);
        for object_type in 1..=13 {
            assert_eq!(bench.add_v2(handles.v2, cluster, (object_type, 0), 1, false), 0x57);
        }
        assert_eq!(bench.add_type(handles.v2, "T", 0, 1), 0x57);
    });
}

/// Decision 5.
#[test]
fn d05_protocol_2_refuses_the_quorum_bit() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1000_0000, 1), 0x57);
        assert_eq!(bench.add_cluster(port, 0x5000_0000, 1), 0x57);
    });
    v3(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1000_0000, 1), 0);
        bench.post(0x1000_0000, "", 0);
        assert_eq!(bench.drain(port), [Event::new(1, 0x1000_0000, 0, "")]);
    });
}

/// Decision 10.
#[test]
fn d10_the_extra_event_needs_no_state_bit_and_is_queued_last() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        bench.post(0x1, "N", 1);
        let mut expected = vec![Event::new(1, 0x1, 1, "N")];
        for (key, (kind, _, _, mask)) in (10..).zip(ADD_METHODS) {
            let state = 1 << mask.trailing_zeros();
            let object = bench.object(kind, "Me");
            bench.set_state_sequence(kind, "Me", 8);
            assert_eq!(bench.re_add(port, object, state << 1, key, 7), 0);
            expected.push(Event::new(key, state, 8, "Me"));
        }
        bench.post(0x1, "N", 2);
        expected.push(Event::new(1, 0x1, 2, "N"));
        assert_eq!(bench.drain(port), expected);
    });
}

/// Decision 11.
#[test]
fn d11_filters_belong_to_their_port_whatever_becomes_of_handle_and_object() {
    both(|bench| {
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        bench.add(port, group, 0xF000, 1);
        bench.add(port, group, 0xF000, 1);
        let client = bench.caller.association;
        assert!(bench.server.close(client, bench.protocol, group, ObjectKind::Group).is_some());
        bench.post(0x2000, "G", 1);
        bench.post(0x4000, "g", 0);
        let deleted = Event::new(1, 0x2000, 1, "G");
        let made_anew = Event::new(1, 0x4000, 0, "g");
        assert_eq!(bench.drain(port), [deleted.clone(), deleted, made_anew.clone(), made_anew]);
    });
}

/// Decision 12.
#[test]
fn d12_each_version_of_port_has_methods_of_its_own() {
    v3(|bench| {
        let handles = bench.handles();
        for method in METHODS {
            let wrong = match method.parameters.first() {
                Some(Parameter::PortV1) => handles.v2,
                Some(Parameter::PortV2) => handles.v1,
                _ => continue,
            };
            let call =
                bench.invoke(method, |at, parameter| if at == 0 { wrong } else { handles.of(parameter) });
            assert_eq!(bench.result(call), 6, "{}", method.name);
        }
        for port in [handles.v1, handles.v2] {
            assert_eq!((bench.unblock(port), bench.close(port).result()), (0, 0));
        }
    });
}

/// Decision 21.
#[test]
fn d21_any_version_but_2_is_0x57() {
    v3(|bench| {
        let (port, cluster) = (bench.port_v2(), bench.object(ObjectKind::Cluster, ""));
        for version in [0, 1, 3, 0x8000_0002] {
            let add = bench.call(138, |stub| {
                let stub = stub.handle(port).handle(cluster).number(2).long(8).number(1);
                stub.number(version).number(0)
            });
            let add_type =
                bench.call(155, |stub| stub.handle(port).long(1).number(1).text("T").number(version));
            assert_eq!((bench.result(add), bench.result(add_type)), (0x57, 0x57));
        }
    });
}
