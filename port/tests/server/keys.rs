//! Filters on the cluster registry: `ApiAddNotifyKey` and the registry bits of `ApiAddNotifyCluster`
//! (MS-CMRP 3.1.4.1.62, 3.1.4.2.62, 3.1.4.1.58, 3.1.4.2.58).

use cmrp::ndr::ContextHandle;
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;

use crate::harness::{Bench, both, v3};
use crate::reply::Event;

/// `REGISTRY_NAME`, `REGISTRY_ATTRIBUTES`, `REGISTRY_VALUE`.
const VALUES: [u32; 3] = [0x10, 0x20, 0x40];

/// Posts each event of the registry about each key, and returns the names of what a port got, each three times.
fn heard(bench: &mut Bench, port: ContextHandle, names: &[&str]) -> Vec<String> {
    for name in names {
        for value in VALUES {
            bench.post(value, name, 0);
        }
    }
    let events = bench.drain(port);
    let mut heard = Vec::new();
    for three in events.chunks(3) {
        let name = three[0].name.clone().unwrap();
        let expected = VALUES.map(|value| Event::new(5, value, 0, &name));
        assert_eq!(three, expected);
        heard.push(name);
    }
    heard
}

const KEYS: [&str; 8] =
    ["", "Groups", "Groups\\1", "Groups\\1\\Parameters", "Groups2", "GROUPS\\2", "Resources", "Groups\\"];

/// Rows: 6.5/4, 6.5/7, 6.5/12
#[test]
fn s6_5_a_key_is_watched_without_what_is_below_it() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "Groups"));
        assert_eq!(bench.add_key(port, key, 0x70, 0, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), ["Groups"]);
        assert_eq!(heard(bench, port, &["groupS", "Groups\\1"]), ["groupS"]);
    });
}

/// Rows: 6.5/5, 6.5/7
#[test]
fn s6_5_a_subtree_is_watched_with_its_key() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "Groups"));
        assert_eq!(bench.add_key(port, key, 0x70, 1, 5), 0);
        let expected = ["Groups", "Groups\\1", "Groups\\1\\Parameters", "GROUPS\\2"];
        assert_eq!(heard(bench, port, &KEYS[..7]), expected);
    });
}

/// Rows: 6.5/4, 6.5/5
#[test]
fn s6_5_a_key_in_the_middle_of_the_tree_does_not_hear_of_those_above() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "Groups\\1"));
        assert_eq!(bench.add_key(port, key, 0x70, 1, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), ["Groups\\1", "Groups\\1\\Parameters"]);
    });
}

/// Rows: 6.5/12, 6.5/4, 6.5/5
#[test]
fn s6_5_the_root_key_is_a_key() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, ""));
        assert_eq!(bench.add_key(port, key, 0x70, 0, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), [""]);
        let port = bench.port();
        assert_eq!(bench.add_key(port, key, 0x70, 1, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), &KEYS[..7]);
    });
}

/// Rows: 6.3/6
#[test]
fn s6_3_the_registry_bits_watch_the_root_key() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x70, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), [""]);
    });
}

/// Rows: 6.3/7
#[test]
fn s6_3_registry_subtree_widens_the_watch_to_all_keys() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0xF0, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), &KEYS[..7]);
    });
}

/// Rows: 6.3/7, 6.7/12, 6.7/13
#[test]
fn s6_3_registry_subtree_alone_asks_for_nothing() {
    both(|bench| {
        let port = bench.port();
        assert_eq!(bench.add_cluster(port, 0x80, 5), 0);
        assert_eq!(heard(bench, port, &KEYS[..7]), [""; 0]);
    });
}

/// Rows: 6.5/3
#[test]
fn s6_5_each_bit_alone_is_accepted_or_refused() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        for bit in (0..32).map(|bit| 1_u32 << bit) {
            for filter in [bit, bit | 0x70] {
                let expected = if bit & 0x70 == 0 { 0x57 } else { 0 };
                assert_eq!(bench.add_key(port, key, filter, 0, 1), expected, "filter {filter:#010x}");
            }
        }
    });
}

/// Rows: 6.5/3, 6.5/4
#[test]
fn s6_5_a_key_filter_covers_only_what_it_asks_for() {
    both(|bench| {
        for (asked, subtree) in VALUES.into_iter().flat_map(|value| [(value, 0), (value, 1)]) {
            let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
            assert_eq!(bench.add_key(port, key, asked, subtree, 1), 0);
            for value in VALUES {
                bench.post(value, "K", 0);
            }
            assert_eq!(bench.drain(port), [Event::new(1, asked, 0, "K")]);
        }
    });
}

/// The key comes before the filter, other than in all other methods of version 1 ports.
///
/// Rows: 6.5/1
#[test]
fn s6_5_the_key_comes_before_the_filter() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        let call = bench.call(61, |stub| stub.handle(port).handle(key).number(0x20).number(0x40).number(0));
        assert_eq!(bench.result(call), 0);
        bench.post(0x20, "K", 0);
        bench.post(0x40, "K", 0);
        assert_eq!(bench.drain(port), [Event::new(0x20, 0x40, 0, "K")]);
    });
}

/// Rows: 6.5/7
#[test]
fn s6_5_each_change_and_each_filter_is_an_indication() {
    both(|bench| {
        let port = bench.port();
        let (one, below) = (bench.object(ObjectKind::Key, "A"), bench.object(ObjectKind::Key, "A\\B"));
        assert_eq!(bench.add_key(port, one, 0x40, 1, 1), 0);
        assert_eq!(bench.add_key(port, below, 0x40, 0, 2), 0);
        assert_eq!(bench.add_key(port, below, 0x40, 1, 3), 0);
        assert_eq!(bench.add_cluster(port, 0xC0, 4), 0);
        bench.post(0x40, "A\\B", 0);
        bench.post(0x40, "A\\B", 0);
        let keys: Vec<u32> = bench.drain(port).iter().map(|event| event.key).collect();
        assert_eq!(keys, [1, 2, 3, 4, 1, 2, 3, 4]);
    });
}

/// Rows: 6.5/9
#[test]
fn s6_5_keys_are_added_in_the_read_only_state() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        bench.state(ServerState::ReadOnly);
        assert_eq!(bench.add_key(port, key, 0x70, 0, 1), 0);
    });
}

/// The level of the client counts, at the time of the call: a key's handle stores none.
///
/// Rows: 6.5/10, 2.3/6
#[test]
fn s6_5_protocol_3_asks_the_client_for_read_at_each_call() {
    v3(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        bench.access(None);
        assert_eq!(bench.add_key(port, key, 0x70, 0, 1), 5);
        bench.access(Access::Read);
        assert_eq!(bench.add_key(port, key, 0x70, 0, 1), 0);
    });
}

/// Rows: 6.5/11
#[test]
fn s6_5_the_handle_must_be_that_of_a_key() {
    both(|bench| {
        let handles = bench.handles();
        for (kind, object) in &handles.objects {
            let result = bench.add_key(handles.v1, *object, 0x70, 0, 1);
            assert_eq!(result, if *kind == ObjectKind::Key { 0 } else { 6 }, "{kind:?}");
        }
        assert_eq!(bench.add_key(handles.v1, handles.v1, 0x70, 0, 1), 6);
        assert_eq!(
            bench.add_key(handles.object(ObjectKind::Key), handles.object(ObjectKind::Key), 0x70, 0, 1),
            6
        );
    });
}

/// Rows: 6.5/6
#[test]
fn s6_5_watch_sub_tree_is_a_bool_of_32_bits() {
    both(|bench| {
        let (port, key) = (bench.port(), bench.object(ObjectKind::Key, "K"));
        for watch in [0x0000_0001, 0x0001_0000, 0x8000_0000] {
            assert_eq!(bench.add_key(port, key, 0x40, watch, 1), 0);
        }
        bench.post(0x40, "K\\Below", 0);
        assert_eq!(bench.drain(port).len(), 3, "each that is not zero is true");
    });
}
