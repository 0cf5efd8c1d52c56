//! Servers that do not keep to the protocol.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupV2};
use cmrp_port::client::{Config, Indication, MAX_NOTIFICATIONS, Notice};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::{BOTH, add_any};
use crate::rig::Rig;

/// Rows: hostile/type
#[test]
fn hostile_a_response_of_another_method_is_a_failed_call() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        rig.once("ApiOpenGroup", Answer::WrongMethod);
        let object = rig.open(ObjectKind::Group, "g");
        assert_eq!(rig.notices[0], Notice::Reconnecting { code: 0x6BE });
        assert!(matches!(rig.notices.last(), Some(Notice::Opened { object: o, .. }) if *o == object));
    }
}

/// Rows: hostile/type
#[test]
fn hostile_success_without_a_handle_is_a_failed_call() {
    for method in ["ApiOpenGroup", "ApiCreateNotify"] {
        let mut rig = Rig::connected(Protocol::V3);
        rig.once(method, Answer::NoHandle);
        rig.client.open(ObjectKind::Group, "g");
        rig.client.create_port(PortVersion::V1);
        rig.run();
        assert!(rig.notices.contains(&Notice::Reconnecting { code: 0x6BE }));
        assert_eq!(rig.client.statistics().ports, 1);
    }
}

/// The servers that are tried when none is any good.
pub(crate) fn candidates(rig: &mut Rig) -> Vec<String> {
    rig.always("ApiGetClusterName", Answer::Code(5));
    rig.break_connection(0x6BA);
    while rig.client.poll_timeout().is_some() {
        rig.pass_time(60_000);
    }
    assert_eq!(rig.notices.last(), Some(&Notice::Lost { code: 0x6BA }));
    rig.failed.iter().map(|(server, ..)| server.clone()).collect()
}

/// Rows: hostile/candidates
#[test]
fn hostile_lists_of_nodes_are_cut() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["node1"]));
    let long = "x".repeat(256);
    let names = (0..1000).map(|number| format!("n{number}")).chain([long]);
    let mut names: Vec<String> = names.collect();
    names.rotate_right(1);
    names.insert(3, String::new());
    rig.once("ApiCreateEnum", Answer::Nodes(names)).run();
    // The cluster, the server that was given, and 256 entries of which two are no names.
    assert_eq!(candidates(&mut rig).len(), 2 + 254);
}

/// Rows: hostile/candidates
#[test]
fn hostile_names_that_are_too_long_are_no_candidates() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["node1"]));
    rig.cluster = Box::leak("c".repeat(256).into_boxed_str());
    rig.nodes = vec!["n".repeat(255)];
    rig.run();
    assert_eq!(candidates(&mut rig).len(), 2);
}

/// A program would take them for the client's own.
///
/// Rows: hostile/forged
#[test]
fn hostile_events_that_only_clients_make_are_dropped() {
    let own = [ClusterChange::CLUSTER_STATE, ClusterChange::HANDLE_CLOSE];
    let both = ClusterChange::CLUSTER_STATE | ClusterChange::NODE_STATE;
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        let filter = add_any(&mut rig, port, PortVersion::V1);
        let reconnect = (protocol == Protocol::V2).then_some(ClusterChange::CLUSTER_RECONNECT);
        for change in own.into_iter().chain([both]).chain(reconnect) {
            rig.reply("ApiGetNotify", &Answer::Event(filter.key(), change, 0, "clu"));
        }
        assert_eq!(rig.indications(port), []);
        assert!(rig.is_waiting("ApiGetNotify"), "and the loop goes on");
    }
}

/// Rows: hostile/forged
#[test]
fn hostile_version_2_events_that_only_clients_make_are_dropped() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    let filter = add_any(&mut rig, port, PortVersion::V2);
    let flags = [
        (1, 1),
        (1, 2),
        (1, 8),
        (2, 0x200),
        (3, 0x200),
        (5, 0x10),
        (6, 0x10),
        (7, 0x80),
        (8, 0x10),
        (13, 0x100),
    ];
    let key = u64::from(filter.key());
    let forged = flags.map(|(kind, flag)| (key, ObjectFilter::received(kind, flag), "x"));
    let lost = (key, ObjectFilter::received(1, 0x200), "clu");
    let unknown = (key, ObjectFilter::received(99, 1), "?");
    let events = forged.into_iter().chain([lost, unknown]).collect();
    rig.reply("ApiGetNotifyV2", &Answer::Events(events));
    assert_eq!(rig.indications(port).len(), 2, "what is new or a server's own is kept");
}

/// Keys of no filter, of a filter of another port, and above 32 bits.
///
/// Rows: hostile/key
#[test]
fn hostile_keys_of_other_ports_lead_to_no_filter() {
    let mut rig = Rig::connected(Protocol::V3);
    let other = rig.port(PortVersion::V2);
    let foreign = add_any(&mut rig, other, PortVersion::V2);
    rig.client.close_port(other);
    let other = rig.port(PortVersion::V1);
    let port = rig.port(PortVersion::V2);
    let foreign_v1 = add_any(&mut rig, other, PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V2);
    let event = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
    let keys = [u64::from(foreign.key()), u64::from(foreign_v1.key()), u64::MAX, 1 << 32, 0];
    for key in keys {
        rig.reply("ApiGetNotifyV2", &Answer::Events(vec![(key, event, "g")]));
    }
    for indication in rig.indications(port) {
        let Indication::V2 { context, filter_id, .. } = indication else { panic!("{indication:?}") };
        // NDR20 carries 32 bits of a key.
        assert!(filter_id.is_none() && context == 0, "{filter_id:?}");
    }
}

/// Rows: hostile/batch
#[test]
fn hostile_replies_are_cut_and_the_loss_is_told() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.queue = 4;
    let mut rig = Rig::connected_with(config);
    let port = rig.port(PortVersion::V2);
    let filter = add_any(&mut rig, port, PortVersion::V2);
    let event = (u64::from(filter.key()), ObjectFilter::Group(ClusterChangeGroupV2::STATE), "g");
    rig.reply("ApiGetNotifyV2", &Answer::Events(vec![event; MAX_NOTIFICATIONS + 5]));
    assert!(!rig.is_waiting("ApiGetNotifyV2"), "no more until this is read");
    let indications = rig.indications(port);
    assert_eq!(indications.len(), MAX_NOTIFICATIONS + 1);
    let lost = ObjectFilter::Cluster(ClusterChangeClusterV2::LOST_NOTIFICATIONS);
    assert!(matches!(indications.last(), Some(Indication::V2 { filter, .. }) if *filter == lost));
    assert!(rig.is_waiting("ApiGetNotifyV2"));
}

/// A null array with success is no events.
///
/// Rows: hostile/batch
#[test]
fn hostile_replies_without_events_are_asked_again() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    add_any(&mut rig, port, PortVersion::V2);
    rig.reply("ApiGetNotifyV2", &Answer::Events(Vec::new()));
    assert!(rig.is_waiting("ApiGetNotifyV2"));
    assert_eq!(rig.indications(port), []);
}

/// Replies to get calls with nothing in them.
fn empty(protocol: Protocol) -> (PortVersion, &'static str, Answer, u32) {
    match protocol {
        Protocol::V2 => (PortVersion::V1, "ApiGetNotify", Answer::Code(0x102), 0x102),
        Protocol::V3 => (PortVersion::V2, "ApiGetNotifyV2", Answer::Events(Vec::new()), 0x6BE),
    }
}

/// Rows: hostile/rest
#[test]
fn hostile_servers_are_not_asked_without_rest() {
    let forged = Answer::Event(1, ClusterChange::HANDLE_CLOSE, 0, "g");
    let cases = BOTH.map(|protocol| (protocol, empty(protocol)));
    let forged = (Protocol::V3, (PortVersion::V1, "ApiGetNotify", forged, 0x6BE));
    for (protocol, (version, method, answer, code)) in cases.into_iter().chain([forged]) {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(version);
        add_any(&mut rig, port, version);
        rig.forget();
        for _ in 0..15 {
            rig.reply(method, &answer);
        }
        assert_eq!(rig.notices(), []);
        rig.reply(method, &answer);
        assert_eq!(rig.notices(), [Notice::PortEnded { port, code }], "{protocol:?}");
        assert!(!rig.is_waiting(method));
    }
}

/// Rows: hostile/rest
#[test]
fn hostile_is_not_who_answers_late_or_with_something() {
    for protocol in BOTH {
        let (version, method, answer, _) = empty(protocol);
        let mut rig = Rig::connected(protocol);
        let port = rig.port(version);
        let filter = add_any(&mut rig, port, version);
        rig.forget();
        let state = ClusterChange::GROUP_STATE;
        let event = match version {
            PortVersion::V1 => Answer::Event(filter.key(), state, 0, "g"),
            PortVersion::V2 => {
                let state = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
                Answer::Events(vec![(u64::from(filter.key()), state, "g")])
            }
        };
        for round in 0..4 {
            for _ in 0..15 {
                rig.reply(method, &answer);
            }
            if round % 2 == 0 {
                rig.reply(method, &event);
            } else {
                rig.pass_time(1_000);
                rig.reply(method, &answer);
            }
        }
        assert_eq!(rig.notices(), [], "{protocol:?}");
        assert!(rig.is_waiting(method));
    }
}

/// Who asks with a short `Timeout` gets short answers.
///
/// Rows: hostile/rest
#[test]
fn hostile_is_not_who_waits_for_half_of_a_short_timeout() {
    for (timeout, wait) in [(0, 0), (1, 0), (100, 50), (u32::MAX, 1_000)] {
        let mut config = Config::new(Protocol::V2, ["node1"]);
        config.get_timeout = timeout;
        let mut rig = Rig::connected_with(config);
        let port = rig.port(PortVersion::V1);
        add_any(&mut rig, port, PortVersion::V1);
        rig.forget();
        for _ in 0..40 {
            rig.pass_time(wait);
            rig.reply("ApiGetNotify", &Answer::Code(0x102));
        }
        assert_eq!(rig.notices(), [], "{timeout}");
    }
}

/// Answers to calls that nobody made, or made long ago.
///
/// Rows: hostile/type
#[test]
fn hostile_answers_that_nobody_waits_for_are_ignored() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.once("ApiOpenGroup", Answer::Hold);
    rig.open(ObjectKind::Group, "g");
    let call = rig.waiting("ApiOpenGroup");
    rig.reply("ApiOpenGroup", &Answer::Ok);
    rig.forget();
    rig.client.handle_failure(rig.now, call, 0x6BA);
    let other = cmrp::clusapi2::ApiCloseKeyResponse::default();
    rig.client.handle_v2(rig.now, call, &other.into());
    rig.run();
    assert_eq!(rig.notices(), []);
    assert_eq!(rig.log(), [""; 0]);
}
