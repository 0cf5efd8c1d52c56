//! What was under way when a connection broke ends up right afterwards: section 12.2, step 18, and 12.1.

use cmrp::cluster_change::ClusterChange;
use cmrp_port::client::{Notice, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::{BOTH, add_any};
use crate::rig::{Rig, own};

const CODE: u32 = 0x6BE;
const STATE: ClusterChange = ClusterChange::GROUP_STATE;

/// Rows: 12.2/pending
#[test]
fn s12_2_an_object_that_was_being_opened_is_opened_afterwards() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        rig.once("ApiOpenGroup", Answer::Hold);
        rig.open(ObjectKind::Group, "g");
        rig.break_connection(CODE);
        let notices = rig.notices();
        assert!(matches!(notices[1..], [Notice::Reconnected { .. }, Notice::Opened { .. }]), "{notices:?}");
        assert_eq!(rig.stale.len(), 1);
        rig.answer_stale(0, &Answer::Ok);
        rig.run();
        assert_eq!(rig.notices(), [], "the old answer is nothing");
    }
}

/// No call of it was answered, so that it has no filters and nothing to tell of a reconnect.
///
/// Rows: 12.2/pending
#[test]
fn s12_2_a_port_that_was_being_created_is_created_afterwards() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        rig.once("ApiCreateNotify", Answer::Hold);
        let port = rig.port(PortVersion::V1);
        let filter = add_any(&mut rig, port, PortVersion::V1);
        rig.log();
        rig.break_connection(CODE);
        assert_eq!(rig.log()[4..], ["ApiCreateNotify", "ApiAddNotifyCluster", "ApiGetNotify"]);
        let created = Notice::PortCreated { port };
        let added = Notice::FilterAdded { port, filter, state_sequence: None };
        assert_eq!(rig.notices()[2..], [created, added], "after the reconnect, not in it");
        assert_eq!(rig.indications(port), []);
    }
}

/// Whether the old server had taken the filter is not known, and does not matter: its port is gone.
///
/// Rows: 12.2/pending
#[test]
fn s12_2_a_filter_that_was_being_added_is_added_afterwards() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let group = rig.open(ObjectKind::Group, "g");
        let port = rig.port(PortVersion::V1);
        rig.once("ApiAddNotifyGroup", Answer::Hold);
        let filter = rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
        let next = rig.client.add_filter(port, Target::Cluster, STATE, false, 2).unwrap();
        rig.run();
        rig.forget();
        rig.once("ApiAddNotifyGroup", Answer::Sequence(9));
        rig.break_connection(CODE);
        let last = ["ApiOpenGroup", "ApiCreateNotify", "ApiAddNotifyGroup"];
        assert_eq!(rig.log()[4..7], last, "added, not added again");
        let added = Notice::FilterAdded { port, filter, state_sequence: Some(9) };
        let second = Notice::FilterAdded { port, filter: next, state_sequence: None };
        assert_eq!(rig.notices()[2..], [added, second], "in their order");
    }
}

/// Rows: 12.2/pending
#[test]
fn s12_2_what_is_asked_for_during_the_procedure_is_done_after_it() {
    let mut rig = Rig::connected(Protocol::V3);
    let old = rig.port(PortVersion::V1);
    rig.once("ApiGetClusterName", Answer::Hold);
    rig.break_connection(CODE);
    let group = rig.client.open(ObjectKind::Group, "g");
    let new = rig.client.create_port(PortVersion::V1);
    for port in [old, new] {
        rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
    }
    rig.forget();
    rig.reply("ApiGetClusterName", &Answer::Ok);
    let notices = rig.notices();
    let added = notices.iter().filter(|notice| matches!(notice, Notice::FilterAdded { .. })).count();
    assert_eq!(added, 2, "{notices:?}");
    assert_eq!(rig.calls.values().filter(|pending| pending.waits).count(), 2);
}

/// Rows: 12.2/closing
#[test]
fn s12_2_a_port_that_was_being_closed_is_closed_by_the_break() {
    for held in ["ApiUnblockGetNotifyCall", "ApiCloseNotify"] {
        let mut rig = Rig::connected(Protocol::V3);
        let port = rig.port(PortVersion::V1);
        add_any(&mut rig, port, PortVersion::V1);
        rig.once(held, Answer::Hold);
        rig.client.close_port(port);
        rig.run();
        rig.forget();
        rig.break_connection(CODE);
        assert_eq!(rig.notices()[..2], [Notice::Reconnecting { code: CODE }, Notice::PortClosed { port }]);
        assert_eq!(rig.log().len(), 4, "nothing is made again");
        assert_eq!(rig.client.statistics().filters, 0);
    }
}

/// Rows: 12.2/closing
#[test]
fn s12_2_a_port_may_be_closed_at_any_step() {
    for held in ["ApiGetClusterName", "ApiOpenGroup", "ApiCreateNotify", "ApiReAddNotifyGroup"] {
        let mut rig = Rig::connected(Protocol::V3);
        let group = rig.open(ObjectKind::Group, "g");
        let port = rig.port(PortVersion::V1);
        rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
        rig.run();
        rig.once(held, Answer::Hold);
        rig.break_connection(CODE);
        rig.forget();
        rig.client.close_port(port);
        rig.run();
        rig.reply(held, &Answer::Ok);
        let made = matches!(held, "ApiCreateNotify" | "ApiReAddNotifyGroup");
        let log = rig.log();
        assert_eq!(log.contains(&"ApiCloseNotify".into()), made, "{held}: {log:?}");
        assert!(!log.contains(&"ApiReAddNotifyGroup".into()), "{held}: {log:?}");
        assert!(rig.notices.contains(&Notice::PortClosed { port }));
        assert_eq!(rig.client.statistics().ports, 0);
    }
}

/// Rows: 12.2/closing
#[test]
fn s12_2_an_object_may_be_closed_at_any_step() {
    for held in ["ApiGetClusterName", "ApiOpenGroup", "ApiCreateNotify", "ApiReAddNotifyGroup"] {
        let mut rig = Rig::connected(Protocol::V3);
        let group = rig.open(ObjectKind::Group, "g");
        let port = rig.port(PortVersion::V1);
        rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
        rig.run();
        rig.once(held, Answer::Hold);
        rig.break_connection(CODE);
        rig.forget();
        rig.client.close(group);
        rig.run();
        rig.reply(held, &Answer::Ok);
        let log = rig.log();
        assert_eq!(log.contains(&"ApiCloseGroup".into()), held != "ApiGetClusterName", "{held}: {log:?}");
        let handle_close = own(ClusterChange::HANDLE_CLOSE, "g");
        assert!(rig.indications(port).contains(&handle_close));
        assert_eq!(rig.client.statistics().objects, 0);
        rig.break_connection(CODE);
        rig.pass_time(60_000);
        assert_eq!(rig.client.statistics().filters, 0, "its filter has ended with the server's port");
        assert!(matches!(rig.notices.last(), Some(Notice::Reconnected { .. })));
    }
}

/// Rows: 12.2/closing, 11.5/5
#[test]
fn s12_2_filters_of_closed_objects_are_not_registered_again() {
    let mut rig = Rig::connected(Protocol::V3);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    let filter = rig.client.add_filter(port, Target::Object(group), STATE, false, 5).unwrap();
    rig.run();
    rig.client.close(group);
    rig.run();
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 4, "g"));
    let indications = rig.indications(port);
    assert_eq!(indications[1], crate::rig::event(STATE, 4, "g", 5, filter), "the server still has it");
    rig.log();
    rig.break_connection(CODE);
    assert_eq!(rig.log()[4..], ["ApiCreateNotify", "ApiGetNotify"]);
}

/// Rows: 12.2/closing
#[test]
fn s12_2_objects_that_were_being_closed_are_gone_even_if_no_server_is_left() {
    let mut rig = Rig::connected(Protocol::V3);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    rig.client.add_filter(port, Target::Object(group), STATE, false, 5).unwrap();
    rig.run();
    rig.once("ApiCloseGroup", Answer::Hold);
    rig.client.close(group);
    rig.run();
    for server in ["clu", "node1", "node2"] {
        rig.refuse(server, CODE);
    }
    rig.break_connection(CODE);
    rig.pass_time(60_000);
    rig.pass_time(60_000);
    assert_eq!(rig.notices.last(), Some(&Notice::Lost { code: CODE }));
    let left = rig.client.statistics();
    assert_eq!((left.objects, left.filters, left.ports, left.calls), (0, 0, 1, 0));
}

/// The close of an object waits for calls that use its handle: it could overtake them.
///
/// Rows: 11.2/2
#[test]
fn s11_2_an_object_is_not_closed_under_a_call_that_adds_a_filter() {
    let mut rig = Rig::connected(Protocol::V2);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    rig.once("ApiAddNotifyGroup", Answer::Hold);
    rig.client.add_filter(port, Target::Object(group), STATE, false, 5).unwrap();
    rig.run();
    rig.log();
    rig.client.close(group);
    rig.run();
    assert_eq!(rig.log(), [""; 0]);
    rig.reply("ApiAddNotifyGroup", &Answer::Ok);
    assert!(rig.log().contains(&"ApiCloseGroup".into()));
}

/// A server ends a port: no reconnect brings it back.
///
/// Rows: 11.2/6
#[test]
fn s11_2_ended_ports_stay_ended() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V1);
    rig.reply("ApiGetNotify", &Answer::Code(0x103));
    rig.log();
    rig.break_connection(CODE);
    assert_eq!(rig.log().len(), 4);
    assert_eq!(rig.indications(port), []);
    rig.forget();
    rig.client.close_port(port);
    rig.run();
    assert_eq!(rig.log(), [""; 0], "there is nothing to close");
    assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
}

/// Rows: 12.2/stale
#[test]
fn s12_2_late_responses_of_an_old_binding_are_ignored() {
    let mut rig = Rig::connected(Protocol::V3);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    let filter = rig.client.add_filter(port, Target::Object(group), STATE, false, 5).unwrap();
    rig.run();
    rig.break_connection(CODE);
    rig.forget();
    rig.indications(port);
    rig.answer_stale(0, &Answer::Event(filter.key(), STATE, 99, "g"));
    rig.run();
    assert_eq!(rig.indications(port), []);
    // The number of an event that was not delivered must not suppress it.
    rig.once("ApiReAddNotifyGroup", Answer::Hold);
    rig.break_connection(CODE);
    rig.pass_time(60_000);
    let Some(cmrp::clusapi3::Request::ApiReAddNotifyGroup(request)) =
        rig.request("ApiReAddNotifyGroup").to_v3()
    else {
        panic!("another method");
    };
    assert_eq!(request.state_sequence, 0);
}

/// Rows: 12.2/stale
#[test]
fn s12_2_actions_of_an_old_binding_are_taken_back() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.client.open(ObjectKind::Group, "g");
    rig.cut(CODE);
    rig.run();
    let log = rig.log();
    assert_eq!(log[0], "Free", "the call was not taken before the connection broke");
    assert_eq!(log.iter().filter(|name| *name == "ApiOpenGroup").count(), 1);
}

/// Rows: 12.2/4
#[test]
fn s12_2_a_connection_that_breaks_inside_takes_the_next_candidate() {
    for held in ["ApiGetClusterName", "ApiOpenCluster", "ApiCreateNotify"] {
        let mut rig = Rig::connected(Protocol::V3);
        rig.port(PortVersion::V1);
        rig.forget();
        rig.once(held, Answer::Hold);
        rig.break_connection(CODE);
        rig.break_connection(CODE);
        rig.pass_time(60_000);
        let log = rig.log();
        assert!(log.contains(&"Connect node2".into()), "{log:?}");
        assert_eq!(rig.notices.len(), 2);
        assert!(matches!(rig.notices.last(), Some(Notice::Reconnected { .. })));
    }
}

/// Every second filter waits for an object that is not there: they go from the middle of the list.
///
/// Rows: 11.2/2
#[test]
fn s11_2_filters_that_fail_leave_the_others_in_their_order() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    rig.once("ApiOpenGroup", Answer::Hold).once("ApiAddNotifyCluster", Answer::Hold);
    let group = rig.open(ObjectKind::Group, "g");
    let target = |number: u32| if number % 2 == 0 { Target::Cluster } else { Target::Object(group) };
    let add = |number| rig.client.add_filter(port, target(number), STATE, false, number).unwrap();
    let filters: Vec<_> = (0..20).map(add).collect();
    rig.run();
    rig.forget();
    rig.reply("ApiOpenGroup", &Answer::Code(0x1395));
    let failed: Vec<_> = filters.iter().skip(1).step_by(2).copied().collect();
    let told = |notice: &Notice| match notice {
        Notice::FilterFailed { filter, code: 0x1395, .. } => Some(*filter),
        _ => None,
    };
    assert_eq!(rig.notices().iter().filter_map(told).collect::<Vec<_>>(), failed);
    rig.once("ApiAddNotifyCluster", Answer::Code(5));
    rig.reply("ApiAddNotifyCluster", &Answer::Code(5));
    let added = |notice: &Notice| match notice {
        Notice::FilterAdded { filter, .. } => Some(*filter),
        _ => None,
    };
    let rest: Vec<_> = filters.iter().step_by(2).skip(2).copied().collect();
    assert_eq!(rig.notices().iter().filter_map(added).collect::<Vec<_>>(), rest);
    assert_eq!(rig.client.statistics().filters, rest.len());
}
