//! Filters on the cluster registry of version 2 ports (MS-CMRP 3.1.4.2.137).

use cmrp::ndr::ContextHandle;
use cmrp_port::object::ObjectKind;

use crate::harness::{Bench, event_v2, v3};

const KEYS: [&str; 6] = ["", "Groups", "Groups\\1", "Groups\\1\\P", "Groups2", "GROUPS\\2"];

/// The names of the keys that a port hears of.
fn heard(bench: &mut Bench, port: ContextHandle) -> Vec<String> {
    for name in KEYS {
        bench.post_v2(&event_v2(8, 0x8, name));
    }
    bench.drain_v2(port).into_iter().filter_map(|event| event.name).collect()
}

/// Rows: 6.10/8
#[test]
fn s6_10_registry_watches_the_root_key() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (8, 0xB), 1);
        assert_eq!(heard(bench, port), [""]);
    });
}

/// Rows: 6.10/9
#[test]
fn s6_10_subtree_widens_the_watch_to_all_keys() {
    v3(|bench| {
        let port = bench.port_v2();
        bench.watch_v2(port, (8, 0xF), 1);
        assert_eq!(heard(bench, port), KEYS);
    });
}

/// Section 14.3 of the fact sheet, point 11.
///
/// Rows: 6.10/8, 6.10/9
#[test]
fn s6_10_a_targeted_registry_filter_watches_the_key_of_the_handle() {
    v3(|bench| {
        let (port, key) = (bench.port_v2(), bench.object(ObjectKind::Key, "Groups"));
        assert_eq!(bench.add_v2(port, key, (8, 0x8), 1, true), 0);
        assert_eq!(heard(bench, port), ["Groups"]);
        let port = bench.port_v2();
        assert_eq!(bench.add_v2(port, key, (8, 0xC), 1, true), 0);
        assert_eq!(heard(bench, port), ["Groups", "Groups\\1", "Groups\\1\\P", "GROUPS\\2"]);
    });
}
