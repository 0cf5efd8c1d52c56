//! `ApiGetNotifyV2` and `ApiGetNotifyAsync` (MS-CMRP 3.1.4.2.138, 3.1.4.2.143).

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChangeGroupV2, ClusterChangeRegistryV2};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::event::EventV2;
use cmrp_port::object::ObjectKind;

use crate::harness::{event_v2, got_v2, v3};
use crate::reply::{Event, EventOfV2};

/// Group state.
const STATE: (u32, i64) = (2, 0x8);

/// Rows: 6.12/6, 6.13/6, 10/1, 10/2
#[test]
fn s6_12_s6_13_wait_until_an_event_is_queued() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        let calls = [bench.get_async(port), bench.get_v2(port_v2)];
        assert_eq!(bench.add_cluster(port, 0x1000, 1), 0);
        bench.watch_v2(port_v2, STATE, 2);
        bench.post(0x2000, "G", 1);
        bench.post_v2(&event_v2(2, 0x1, "G"));
        bench.advance(4_000_000_000);
        assert!(calls.iter().all(|call| bench.waits(*call)));
        bench.post(0x1000, "G", 1);
        assert_eq!(bench.end(calls[0]).reply().asynchronous, Some(vec![Event::new(1, 0x1000, 0, "G")]));
        bench.post_v2(&event_v2(2, 0x8, "G"));
        assert_eq!(bench.end(calls[1]).reply().batch, Some(vec![got_v2(2, STATE, "G")]));
    });
}

/// Rows: 6.12/5, 6.13/2, 4/1
#[test]
fn s6_12_s6_13_one_call_brings_all_that_is_queued_in_order() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.add_cluster(port, 0x1000, 1), 0);
        bench.watch_v2(port_v2, STATE, 2);
        let names = ["A", "B", "", "D"];
        for name in names {
            bench.post(0x1000, name, 1);
            bench.post_v2(&event_v2(2, 0x8, name));
        }
        let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
        let expected = names.map(|name| Event::new(1, 0x1000, 0, name));
        assert_eq!(bench.end(call).reply().asynchronous.unwrap(), expected);
        assert_eq!(bench.end(call_v2).reply().batch.unwrap(), names.map(|name| got_v2(2, STATE, name)));
        let statistics = bench.server.statistics();
        assert_eq!((statistics.queued, statistics.posted, statistics.delivered), (0, 8, 8));
    });
}

/// Rows: 4/12, 6.12/7, 6.12/5
#[test]
fn s4_an_indication_of_a_version_2_port_carries_all_fields() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (3, 0x4), 0xFFFF_FFFE);
        let event = EventV2 {
            buffer: &[1, 2, 3],
            object_id: "id",
            parent_id: Some("parent"),
            type_name: Some("type"),
            ..event_v2(3, 0x4, "name")
        };
        bench.post_v2(&event);
        bench.post_v2(&EventV2 { parent_id: None, type_name: None, buffer: &[], ..event });
        let first = EventOfV2 {
            key: 0xFFFF_FFFE,
            object_type: 3,
            flags: 4,
            buffer: vec![1, 2, 3],
            object_id: Some("id".into()),
            parent_id: Some("parent".into()),
            name: Some("name".into()),
            type_name: Some("type".into()),
        };
        let second = EventOfV2 { buffer: Vec::new(), parent_id: None, type_name: None, ..first.clone() };
        assert_eq!(bench.drain_v2(port), [first, second]);
    });
}

/// Rows: 6.13/5, 4/11
#[test]
fn s6_13_s4_an_element_has_key_value_and_name() {
    v3(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x100, 0xFFFF_FFFE), 0);
        bench.post(0x100, "Res1", 77);
        let call = bench.get_async(port);
        let reply = bench.end(call).reply();
        assert_eq!(reply.asynchronous, Some(vec![Event::new(0xFFFF_FFFE, 0x100, 0, "Res1")]));
        assert!(!reply.octets.contains(&77), "the state number is not sent");
    });
}

/// Rows: 6.13/1, 6.13/2
#[test]
fn s6_13_both_get_methods_of_version_1_ports_drain_one_queue() {
    v3(|bench| {
        bench.limit(|limits| limits.batch = 2);
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x1, 1), 0);
        (0..5).for_each(|number| bench.post(0x1, &number.to_string(), number));
        let names = |events: Vec<Event>| -> Vec<String> {
            events.into_iter().filter_map(|event| event.name).collect()
        };
        let call = bench.get(port);
        assert_eq!(bench.event(call).name.as_deref(), Some("0"));
        let call = bench.get_async(port);
        assert_eq!(names(bench.end(call).reply().asynchronous.unwrap()), ["1", "2"]);
        let call = bench.get(port);
        assert_eq!(bench.event(call).name.as_deref(), Some("3"));
        let call = bench.get_async(port);
        assert_eq!(names(bench.end(call).reply().asynchronous.unwrap()), ["4"]);
    });
}

/// Rows: 6.12/8, 6.12/13, 6.13/6, 6.13/7
#[test]
fn s6_12_s6_13_unblock_ends_the_wait_with_0x1() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
        assert_eq!(bench.unblock(port), 0);
        assert_eq!((bench.result(call), bench.waits(call_v2)), (1, true));
        assert_eq!(bench.unblock(port_v2), 0);
        assert_eq!(bench.result(call_v2), 1);
    });
}

/// Rows: 6.12/12, 6.13/7
#[test]
fn s6_12_s6_13_a_port_that_was_closed_is_0x103() {
    v3(|bench| {
        let (port, port_v2) = (bench.port(), bench.port_v2());
        assert_eq!(bench.close(port).result(), 0);
        assert_eq!(bench.close(port_v2).result(), 0);
        let (call, call_v2) = (bench.get_async(port), bench.get_v2(port_v2));
        assert_eq!((bench.result(call), bench.result(call_v2)), (0x103, 0x103));
    });
}

/// Rows: 6.12/11, 6.13/7
#[test]
fn s6_12_s6_13_a_handle_that_is_not_a_port_is_0x6() {
    v3(|bench| {
        let handles = bench.handles();
        for (kind, object) in &handles.objects {
            let (call, call_v2) = (bench.get_async(*object), bench.get_v2(*object));
            assert_eq!((bench.result(call), bench.result(call_v2)), (6, 6), "{kind:?}");
        }
    });
}

/// What only clients make, and the bit that widens a watch, never leave the server, even if somebody posts them.
///
/// Rows: 6.12/9
#[test]
fn s6_12_flags_that_are_never_returned_are_not_queued() {
    v3(|bench| {
        let port = bench.port_v2();
        let allowed =
            [(1, 0x1FF4), (2, 0x1FF), (3, 0x1FF), (5, 0xF), (6, 0xF), (7, 0x7F), (8, 0xF), (13, 0xFF)];
        for filter in allowed {
            bench.watch_v2(port, filter, 1);
        }
        let never = [(1, 0x1), (1, 0x2), (1, 0x8), (2, 0x200), (3, 0x200), (5, 0x10), (6, 0x10), (7, 0x80)];
        for (object_type, flag) in never.into_iter().chain([(8, 0x4), (8, 0x10), (13, 0x100)]) {
            bench.post_v2(&event_v2(object_type, flag, ""));
        }
        assert_eq!(bench.drain_v2(port), []);
        assert_eq!(bench.server.statistics().queued, 0);
    });
}

/// Rows: 4/7, 6.12/5
#[test]
fn s4_an_event_of_several_flags_or_none_is_not_queued() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (2, 0x1FF), 1);
        bench.watch_v2(port, (8, 0xF), 1);
        let several = ObjectFilter::Group(ClusterChangeGroupV2::STATE | ClusterChangeGroupV2::DELETED);
        let widened =
            ObjectFilter::Registry(ClusterChangeRegistryV2::VALUE | ClusterChangeRegistryV2::SUBTREE);
        let none = ObjectFilter::Group(ClusterChangeGroupV2::empty());
        for filter in [several, widened, none] {
            bench.post_v2(&EventV2 { filter, ..event_v2(2, 0, "") });
        }
        assert_eq!(bench.drain_v2(port), []);
        assert_eq!(bench.server.statistics().posted, 0);
    });
}

/// Rows: 6.12/10
#[test]
fn s6_12_events_are_fetched_in_the_read_only_state() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, STATE, 2);
        bench.state(ServerState::ReadOnly);
        let call = bench.get_v2(port);
        bench.post_v2(&event_v2(2, 0x8, "G"));
        assert_eq!(bench.result(call), 0);
    });
}

/// Rows: 6.12/15
#[test]
fn s6_12_the_client_needs_read_at_each_call() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.access(None);
        let call = bench.get_v2(port);
        assert_eq!(bench.result(call), 5);
        bench.access(Access::Read);
        let call = bench.get_v2(port);
        assert!(bench.waits(call));
    });
}

/// Rows: 6.12/7, 4/6
#[test]
fn s6_12_each_matching_filter_gives_an_element_with_its_key() {
    v3(|bench| {
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "G"));
        bench.watch_v2(port, (2, 0x1FF), 3);
        assert_eq!(bench.add_v2(port, group, STATE, 2, true), 0);
        bench.watch_v2(port, (2, 0x1), 9);
        assert_eq!(bench.add_v2(port, group, (2, 0x18), 1, true), 0);
        bench.post_v2(&event_v2(2, 0x8, "G"));
        let keys: Vec<u32> = bench.drain_v2(port).iter().map(|event| event.key).collect();
        assert_eq!(keys, [3, 2, 1]);
    });
}
