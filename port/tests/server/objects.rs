//! Objects that are renamed, deleted and made anew, and their handles and filters.

use cmrp_port::object::ObjectKind;

use crate::harness::{ADD_METHODS, both, event_v2, got_v2, v3};
use crate::reply::Event;

/// Rows: 6.4/10
#[test]
fn s6_4_filters_and_handles_follow_a_new_name() {
    both(|bench| {
        for (kind, _, _, mask) in ADD_METHODS {
            let (port, object) = (bench.port(), bench.object(kind, "Old"));
            let value = 1 << mask.trailing_zeros();
            bench.add(port, object, mask, 1);
            bench.server.rename(kind, "oLD", "New");
            bench.post(value, "Old", 1);
            bench.post(value, "New", 2);
            assert_eq!(bench.drain(port), [Event::new(1, value, 2, "New")], "{kind:?}");
            let found = bench.server.object(bench.caller.association, bench.protocol, object).unwrap();
            assert_eq!(&*found.0.name, "New");
            bench.set_state_sequence(kind, "New", 9);
            assert_eq!(bench.add(port, object, mask, 2), 9);
            bench.post(value, "NEW", 3);
            assert_eq!(bench.drain(port).len(), 2);
        }
    });
}

/// Two objects swap names by way of a third.
///
/// Rows: 6.4/10
#[test]
fn s6_4_names_that_are_swapped() {
    both(|bench| {
        let port = bench.port();
        let (one, two) = (bench.object(ObjectKind::Group, "1"), bench.object(ObjectKind::Group, "2"));
        bench.add(port, one, 0x1000, 1);
        bench.add(port, two, 0x1000, 2);
        for (old, new) in [("1", "tmp"), ("2", "1"), ("tmp", "2")] {
            bench.server.rename(ObjectKind::Group, old, new);
        }
        bench.post(0x1000, "2", 5);
        bench.post(0x1000, "1", 6);
        assert_eq!(bench.drain(port), [Event::new(1, 0x1000, 5, "2"), Event::new(2, 0x1000, 6, "1")]);
    });
}

/// An event in the same breath as the new name comes under one of the names, and only its object's filters hear it.
///
/// Rows: 6.4/5
#[test]
fn s6_4_a_rename_touches_no_other_kind() {
    both(|bench| {
        let port = bench.port();
        let resource = bench.object(ObjectKind::Resource, "Same");
        bench.add(port, resource, 0x100, 1);
        bench.server.rename(ObjectKind::Group, "Same", "Other");
        bench.server.rename(ObjectKind::Resource, "Unknown", "Known");
        bench.post(0x100, "Same", 1);
        assert_eq!(bench.drain(port).len(), 1);
    });
}

/// Only the letters change: the filter still matches whichever way it is written.
///
/// Rows: 6.4/10
#[test]
fn s6_4_a_rename_of_letters() {
    both(|bench| {
        let port = bench.port();
        let group = bench.object(ObjectKind::Group, "group");
        bench.add(port, group, 0x1000, 1);
        bench.server.rename(ObjectKind::Group, "group", "GROUP");
        bench.post(0x1000, "Group", 1);
        assert_eq!(bench.drain(port).len(), 1);
        let found = bench.server.object(bench.caller.association, bench.protocol, group).unwrap();
        assert_eq!(&*found.0.name, "GROUP");
    });
}

/// Rows: 6.10/4
#[test]
fn s6_10_targeted_filters_follow_a_new_name() {
    v3(|bench| {
        let (port, group) = (bench.port_v2(), bench.object(ObjectKind::Group, "Old"));
        assert_eq!(bench.add_v2(port, group, (2, 8), 1, true), 0);
        bench.server.rename(ObjectKind::Group, "Old", "New");
        bench.post_v2(&event_v2(2, 8, "Old"));
        bench.post_v2(&event_v2(2, 8, "New"));
        assert_eq!(bench.drain_v2(port), [got_v2(1, (2, 8), "New")]);
    });
}

/// An indication that is queued keeps the name under which it was posted.
///
/// Rows: 6.7/9
#[test]
fn s6_7_queued_names_stay_as_they_were() {
    both(|bench| {
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "Old"));
        bench.add(port, group, 0x1000, 1);
        bench.post(0x1000, "Old", 1);
        bench.server.rename(ObjectKind::Group, "Old", "New");
        assert_eq!(bench.drain(port), [Event::new(1, 0x1000, 1, "Old")]);
    });
}

/// Rows: 4/4
#[test]
fn s4_nothing_is_kept_of_objects_that_nobody_names() {
    both(|bench| {
        for round in 0..50 {
            let name = format!("G{round}");
            let (port, group) = (bench.port(), bench.object(ObjectKind::Group, &name));
            bench.add(port, group, 0x1000, 1);
            bench.server.rename(ObjectKind::Group, &name, &format!("H{round}"));
            let client = bench.caller.association;
            assert!(bench.server.close(client, bench.protocol, group, ObjectKind::Group).is_some());
            assert_eq!(bench.server.statistics().objects, 1);
            assert_eq!(bench.close(port).result(), 0);
            assert_eq!(bench.server.statistics().objects, 0);
        }
    });
}
