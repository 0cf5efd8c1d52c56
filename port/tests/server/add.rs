//! The Add methods of version 1 ports but that of keys (MS-CMRP 3.1.4.1.58 to 61, 90, 99 and their twins).

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;

use crate::harness::{ADD_METHODS, Bench, both, v2, v3};
use crate::methods::METHODS;
use crate::reply::Event;

/// All values of `CLUSTER_CHANGE` that a server can report, but those of the registry.
fn values() -> impl Iterator<Item = u32> {
    (0..32).map(|bit| 1 << bit).filter(|value| 0x5FF7_FF0F & value != 0)
}

/// What a cluster filter may ask for.
const fn cluster_mask(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::V2 => 0x4FF7_FFFF,
        Protocol::V3 => 0x5FF7_FFFF,
    }
}

/// Rows: 6.3/3, 4/4, 4/10, 6.7/11
#[test]
fn s6_3_a_cluster_filter_covers_every_instance_of_every_class() {
    both(|bench| {
        let port = bench.port();
        let mask = cluster_mask(bench.protocol);
        assert_eq!(bench.add_cluster(port, mask, 9), 0);
        let asked: Vec<u32> = values().filter(|value| mask & value != 0).collect();
        let mut expected = Vec::new();
        for (name, value) in
            ["One", "Other"].iter().flat_map(|name| asked.iter().map(move |value| (name, *value)))
        {
            bench.post(value, name, value >> 3);
            expected.push(Event::new(9, value, value >> 3, name));
        }
        assert_eq!(bench.drain(port), expected);
    });
}

/// Rows: 6.3/3, 6.7/11
#[test]
fn s6_3_a_cluster_filter_covers_only_what_it_asks_for() {
    both(|bench| {
        let mask = cluster_mask(bench.protocol);
        for asked in values().filter(|value| mask & value != 0) {
            let port = bench.port();
            assert_eq!(bench.add_cluster(port, asked, 9), 0);
            values().for_each(|value| bench.post(value, "X", 1));
            assert_eq!(bench.drain(port), [Event::new(9, asked, 1, "X")]);
            assert_eq!(bench.close(port).result(), 0);
        }
    });
}

/// Each of the 32 bits in each method: what the masks of the method pages leave out is refused.
///
/// Rows: 6.3/4, 6.3/5, 6.4/4
#[test]
fn s6_3_s6_4_each_bit_alone_is_accepted_or_refused_by_the_mask_of_the_method() {
    both(|bench| {
        let port = bench.port();
        let cluster = bench.object(ObjectKind::Cluster, "");
        let rows = ADD_METHODS.map(|(kind, opnum, _, mask)| (opnum, bench.object(kind, "X"), mask));
        let rows = rows.into_iter().chain([(57, cluster, cluster_mask(bench.protocol))]);
        for (opnum, object, mask) in rows {
            for bit in (0..32).map(|bit| 1_u32 << bit) {
                let result = bench.try_add(opnum, port, object, bit, |stub| stub.number(1)).result();
                let expected = if mask & bit == 0 { 0x57 } else { 0 };
                assert_eq!(result, expected, "opnum {opnum}, filter {bit:#010x}");
            }
        }
    });
}

/// Rows: 6.3/4, 6.3/5, 6.4/4
#[test]
fn s6_3_s6_4_one_forbidden_bit_among_allowed_ones_spoils_the_filter() {
    both(|bench| {
        let port = bench.port();
        let cluster = bench.object(ObjectKind::Cluster, "");
        let rows = ADD_METHODS.map(|(kind, opnum, _, mask)| (opnum, bench.object(kind, "X"), mask));
        let rows = rows.into_iter().chain([(57, cluster, cluster_mask(bench.protocol))]);
        for (opnum, object, mask) in rows {
            let mut add = |filter| bench.try_add(opnum, port, object, filter, |stub| stub.number(1)).reply();
            for bit in (0..32).map(|bit| 1_u32 << bit).filter(|bit| mask & bit == 0) {
                let reply = add(mask | bit);
                assert_eq!((reply.result, reply.sequence), (0x57, 0), "opnum {opnum}, {bit:#010x}");
            }
            assert_eq!(add(mask).result, 0, "opnum {opnum}");
        }
        assert_eq!(bench.server.statistics().filters, 6, "refused filters are not kept");
    });
}

/// Rows: 6.4/5, 6.4/10, 6.4/4, 4/4, 4/10, 6.7/11
#[test]
fn s6_4_an_object_filter_covers_one_object() {
    both(|bench| {
        for (kind, _, _, mask) in ADD_METHODS {
            let port = bench.port();
            let object = bench.object(kind, "One");
            bench.add(port, object, mask, 9);
            let asked: Vec<u32> = values().filter(|value| mask & value != 0).collect();
            let mut expected = Vec::new();
            for (index, value) in values().enumerate() {
                let sequence = u32::try_from(index).unwrap();
                bench.post(value, "Other", sequence);
                bench.post(value, "One", sequence);
                if asked.contains(&value) {
                    expected.push(Event::new(9, value, sequence, "One"));
                }
            }
            assert_eq!(expected.len(), 4);
            assert_eq!(bench.drain(port), expected, "{kind:?}");
        }
    });
}

/// Rows: 6.4/4, 6.7/11
#[test]
fn s6_4_an_object_filter_covers_only_what_it_asks_for() {
    both(|bench| {
        for (kind, _, _, mask) in ADD_METHODS {
            for asked in values().filter(|value| mask & value != 0) {
                let port = bench.port();
                let object = bench.object(kind, "X");
                bench.add(port, object, asked, 9);
                values().for_each(|value| bench.post(value, "X", 1));
                assert_eq!(bench.drain(port), [Event::new(9, asked, 1, "X")]);
            }
        }
    });
}

/// Rows: 6.4/6, 4/13
#[test]
fn s6_4_the_state_number_of_the_object_is_returned() {
    both(|bench| {
        let port = bench.port();
        for (index, (kind, _, _, mask)) in ADD_METHODS.into_iter().enumerate() {
            let number = 0xFFFF_FFF0 + u32::try_from(index).unwrap();
            bench.set_state_sequence(kind, "One", number);
            bench.set_state_sequence(kind, "Other", 3);
            let object = bench.object(kind, "One");
            assert_eq!(bench.add(port, object, mask, 9), number, "{kind:?}");
            bench.set_state_sequence(kind, "One", 77);
            assert_eq!(bench.add(port, object, mask, 9), 77, "{kind:?}");
        }
    });
}

/// Rows: 4/5, 4/6
#[test]
fn s4_each_matching_filter_gives_an_indication_with_its_key() {
    both(|bench| {
        let port = bench.port();
        let (one, other) = (bench.object(ObjectKind::Group, "One"), bench.object(ObjectKind::Group, "Other"));
        bench.add(port, one, 0xF000, 0xFFFF_FFFF);
        assert_eq!(bench.add_cluster(port, 0x1000, 0), 0);
        bench.add(port, other, 0xF000, 3);
        bench.add(port, one, 0x8000, 4);
        bench.add(port, one, 0x1000, 5);
        bench.post(0x1000, "One", 6);
        let expected = [0xFFFF_FFFF, 0, 5].map(|key| Event::new(key, 0x1000, 6, "One"));
        assert_eq!(bench.drain(port), expected);
    });
}

/// Rows: 4/7
#[test]
fn s4_an_indication_carries_one_value_however_many_the_filter_asks_for() {
    both(|bench| {
        let port = bench.port();
        let node = bench.object(ObjectKind::Node, "N");
        bench.add(port, node, 0xF, 1);
        for value in [0x8, 0x1] {
            bench.post(value, "N", 1);
        }
        let changes: Vec<u32> = bench.drain(port).iter().map(|event| event.change).collect();
        assert_eq!(changes, [0x8, 0x1]);
    });
}

/// Rows: 4/8
#[test]
fn s4_nothing_is_queued_before_the_first_filter() {
    both(|bench| {
        let port = bench.port();
        bench.post(0x1, "N", 1);
        assert_eq!(bench.server.statistics().queued, 0);
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        assert_eq!(bench.drain(port), []);
        bench.post(0x1, "N", 2);
        assert_eq!(bench.drain(port), [Event::new(1, 0x1, 2, "N")]);
    });
}

/// Rows: 4/9
#[test]
fn s4_an_event_reaches_the_ports_of_all_clients_of_both_protocol_versions() {
    v3(|bench| {
        let mut ports = Vec::new();
        for (client, protocol) in [(1, Protocol::V3), (2, Protocol::V2), (3, Protocol::V3)] {
            bench.client(client);
            bench.protocol = protocol;
            let port = bench.port();
            assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
            ports.push((client, protocol, port));
        }
        bench.post(0x1, "N", 2);
        for (client, protocol, port) in ports {
            bench.client(client);
            bench.protocol = protocol;
            assert_eq!(bench.drain(port), [Event::new(1, 0x1, 2, "N")], "client {client}");
        }
    });
}

/// Rows: 4/19, 6.5/8
#[test]
fn s4_s6_5_cluster_and_key_filters_have_neither_a_state_number_nor_a_re_add_method() {
    let re_added: Vec<&str> =
        METHODS.iter().filter_map(|method| method.name.strip_prefix("ApiReAddNotify")).collect();
    assert_eq!(re_added, ["Node", "Group", "Resource", "Network", "NetInterface"]);
    both(|bench| {
        let port = bench.port();
        let (cluster, key) = (bench.object(ObjectKind::Cluster, ""), bench.object(ObjectKind::Key, ""));
        let length = if bench.protocol == Protocol::V3 { 8 } else { 4 };
        let reply = bench.try_add(57, port, cluster, 1, |stub| stub.number(1)).reply();
        assert_eq!((reply.result, reply.octets.len()), (0, length));
        let call = bench.call(61, |stub| stub.handle(port).handle(key).number(1).number(0x10).number(0));
        let reply = bench.end(call).reply();
        assert_eq!((reply.result, reply.octets.len()), (0, length));
    });
}

/// Rows: 6.3/8, 6.4/7
#[test]
fn s6_3_s6_4_filters_are_added_in_the_read_only_state() {
    both(|bench| {
        let port = bench.port();
        let objects = ADD_METHODS.map(|(kind, _, _, mask)| (bench.object(kind, "X"), mask));
        bench.state(ServerState::ReadOnly);
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        for (object, mask) in objects {
            bench.add(port, object, mask, 1);
        }
    });
}

/// The level is that of the object's handle, not of the client.
///
/// Rows: 6.3/9, 6.4/8, 2.3/3, 2.3/5
#[test]
fn s6_4_s6_3_protocol_3_asks_for_a_handle_with_read() {
    v3(|bench| {
        for level in [Access::Read, Access::ReadBackup, Access::All] {
            let port = bench.port();
            let mut open = |kind| {
                let (client, object) = (bench.caller.association, Object::new(kind, "X"));
                bench.server.open(client, Protocol::V3, &object, level).unwrap()
            };
            let cluster = open(ObjectKind::Cluster);
            let objects = ADD_METHODS.map(|(kind, _, _, mask)| (open(kind), mask));
            bench.access(Access::Read);
            assert_eq!(bench.try_add(57, port, cluster, 1, |stub| stub.number(1)).result(), 0);
            for (object, mask) in objects {
                bench.add(port, object, mask, 1);
            }
            bench.access(Access::All);
        }
    });
}

/// A handle of each kind in the place of the object.
///
/// Rows: 6.3/10, 6.3/11, 6.4/9
#[test]
fn s6_3_s6_4_the_object_must_be_of_the_kind_of_the_method() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, opnum, _, mask) in ADD_METHODS.into_iter().chain([(ObjectKind::Cluster, 57, 0, 1)]) {
            let port = handles.v1;
            for (of, object) in &handles.objects {
                let result = bench.try_add(opnum, port, *object, mask, |stub| stub.number(1)).result();
                assert_eq!(result, if *of == kind { 0 } else { 6 }, "opnum {opnum}, {of:?}");
            }
            let result = bench.try_add(opnum, port, port, mask, |stub| stub.number(1)).result();
            assert_eq!(result, 6, "opnum {opnum}, a port");
        }
    });
}

/// Rows: 6.4/10
#[test]
fn s6_4_names_are_compared_without_case_and_returned_as_they_were_posted() {
    both(|bench| {
        let port = bench.port();
        let resource = bench.object(ObjectKind::Resource, "IP Address 10.0.0.1 Ä");
        bench.add(port, resource, 0x100, 1);
        bench.post(0x100, "ip address 10.0.0.1 ä", 1);
        bench.post(0x100, "IP Address 10.0.0.1", 2);
        assert_eq!(bench.drain(port), [Event::new(1, 0x100, 1, "ip address 10.0.0.1 ä")]);
    });
}

/// Objects of different kinds may have one name.
///
/// Rows: 6.4/5
#[test]
fn s6_4_an_object_of_another_kind_with_the_same_name_is_another_object() {
    both(|bench| {
        let ports = ADD_METHODS.map(|(kind, _, _, mask)| {
            let (port, object) = (bench.port(), bench.object(kind, "Same"));
            bench.add(port, object, mask, 1);
            (port, mask)
        });
        values().for_each(|value| bench.post(value, "Same", 1));
        for (port, mask) in ports {
            assert!(bench.drain(port).iter().all(|event| event.change & mask != 0));
        }
    });
}

/// Rows: 10/4
#[test]
fn s10_filters_are_added_while_a_call_waits() {
    both(|bench| {
        let port = bench.port();
        let call = bench.get(port);
        let group = bench.object(ObjectKind::Group, "G");
        bench.add(port, group, 0x1000, 3);
        assert!(bench.waits(call));
        bench.post(0x1000, "G", 1);
        assert_eq!(bench.event(call), Event::new(3, 0x1000, 1, "G"));
    });
}

/// Rows: 6.3/5
#[test]
fn s6_3_protocol_2_never_sees_the_quorum() {
    v2(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x4FF7_FFFF, 1), 0);
        bench.post(0x1000_0000, "", 0);
        assert_eq!(bench.drain(port), []);
    });
}

/// Rows: 2.1/2, 4/3
#[test]
fn s4_filters_of_several_kinds_live_on_one_port() {
    both(|bench| {
        let port = bench.port();
        let all = |bench: &mut Bench| ADD_METHODS.map(|(kind, _, _, mask)| (bench.object(kind, "X"), mask));
        for (key, (object, mask)) in (0..).zip(all(bench)) {
            bench.add(port, object, mask, key);
        }
        for (_, _, _, mask) in ADD_METHODS {
            bench.post(1 << mask.trailing_zeros(), "X", 1);
        }
        let keys: Vec<u32> = bench.drain(port).iter().map(|event| event.key).collect();
        assert_eq!(keys, [0, 1, 2, 3, 4]);
    });
}
