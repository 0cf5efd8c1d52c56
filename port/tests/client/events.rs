//! Events and the state numbers that they carry: sections 11.1, 11.4 and 12.2, step 15.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2};
use cmrp_port::client::{FilterId, Indication, ObjectId, PortId, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::add_any;
use crate::rig::Rig;

const CODE: u32 = 0x6BA;
const STATE: ClusterChange = ClusterChange::GROUP_STATE;

struct Watch {
    rig: Rig,
    port: PortId,
    group: ObjectId,
    filter: FilterId,
}

/// A client that watches group `g`, whose number is 5.
fn watch(protocol: Protocol) -> Watch {
    let mut rig = Rig::connected(protocol);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    rig.once("ApiAddNotifyGroup", Answer::Sequence(5));
    let filter = rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
    rig.run();
    Watch { rig, port, group, filter }
}

/// The numbers with which filters on groups are registered after a break.
fn numbers(rig: &mut Rig) -> Vec<u32> {
    let mut numbers = Vec::new();
    rig.always("ApiReAddNotifyGroup", Answer::Hold);
    rig.break_connection(CODE);
    while rig.is_waiting("ApiReAddNotifyGroup") {
        let request = rig.request("ApiReAddNotifyGroup");
        let number = match (request.to_v2(), request.to_v3()) {
            (Some(cmrp::clusapi2::Request::ApiReAddNotifyGroup(request)), None) => request.state_sequence,
            (None, Some(cmrp::clusapi3::Request::ApiReAddNotifyGroup(request))) => request.state_sequence,
            other => panic!("another method: {other:?}"),
        };
        numbers.push(number);
        rig.reply("ApiReAddNotifyGroup", &Answer::Ok);
    }
    numbers
}

/// Rows: 11.1/4, 11.4/3
#[test]
fn s11_1_the_newest_number_of_a_filter_is_kept() {
    for protocol in [Protocol::V2, Protocol::V3] {
        let Watch { mut rig, filter, .. } = watch(protocol);
        for number in [6, 8, 7] {
            rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, number, "G"));
        }
        assert_eq!(numbers(&mut rig), [7], "the last one, whatever its size; names have no case");
    }
}

/// An event about another object, of another kind, or with another filter's key says nothing about this one.
///
/// Rows: 11.4/3
#[test]
fn s11_4_numbers_of_other_objects_and_kinds_are_not_kept() {
    let Watch { mut rig, port, filter, .. } = watch(Protocol::V3);
    let cluster = rig.client.add_filter(port, Target::Cluster, STATE, false, 2).unwrap();
    rig.run();
    let events = [
        Answer::Event(filter.key(), STATE, 90, "other"),
        Answer::Event(filter.key(), ClusterChange::RESOURCE_STATE, 91, "g"),
        Answer::Event(filter.key(), ClusterChange::CLUSTER_RECONNECT, 92, "g"),
        Answer::Event(filter.key(), ClusterChange::empty(), 93, "g"),
        Answer::Event(cluster.key(), STATE, 94, "g"),
        Answer::Event(12345, STATE, 95, "g"),
    ];
    for event in &events {
        rig.reply("ApiGetNotify", event);
    }
    assert_eq!(rig.indications(port).len(), events.len(), "but they are told of");
    assert_eq!(numbers(&mut rig), [5]);
}

/// Two filters on one object: an event is delivered once for each. Were the number of the first taken for both, the
/// second's own event could be lost with the connection, and not be queued again.
///
/// Rows: 11.4/3
#[test]
fn s11_4_each_filter_keeps_its_own_number() {
    let Watch { mut rig, port, group, filter } = watch(Protocol::V3);
    rig.once("ApiAddNotifyGroup", Answer::Sequence(5));
    rig.client.add_filter(port, Target::Object(group), STATE, false, 2).unwrap();
    rig.run();
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 6, "g"));
    assert_eq!(numbers(&mut rig), [6, 5]);
}

/// A server that confuses ports, or lies: the filter of another port keeps its number.
///
/// Rows: 11.4/3
#[test]
fn s11_4_numbers_of_other_ports_are_not_kept() {
    let Watch { mut rig, port, filter, .. } = watch(Protocol::V3);
    let first = rig.waiting("ApiGetNotify");
    let other = rig.port(PortVersion::V1);
    crate::ports::add_any(&mut rig, other, PortVersion::V1);
    let calls: Vec<_> = rig.calls.iter().filter(|(id, call)| call.waits && **id != first).collect();
    let second = *calls[0].0;
    rig.answer(second, &Answer::Event(filter.key(), STATE, 90, "g"));
    rig.run();
    assert!(matches!(rig.indications(other)[..], [Indication::V1 { filter: None, context: 0, .. }]));
    assert_eq!(rig.indications(port), []);
    assert_eq!(numbers(&mut rig), [5]);
}

/// An event may overtake the reply of the call that adds its filter.
///
/// Rows: 11.4/3
#[test]
fn s11_4_the_reply_of_an_add_is_older_than_its_events() {
    let Watch { mut rig, port, group, .. } = watch(Protocol::V3);
    rig.once("ApiAddNotifyGroup", Answer::Hold);
    let late = rig.client.add_filter(port, Target::Object(group), STATE, false, 2).unwrap();
    rig.run();
    rig.reply("ApiGetNotify", &Answer::Event(late.key(), STATE, 6, "g"));
    assert_eq!(rig.indications(port), [crate::rig::event(STATE, 6, "g", 2, late)]);
    rig.reply("ApiAddNotifyGroup", &Answer::Sequence(5));
    assert_eq!(numbers(&mut rig), [5, 6]);
}

/// An event of a filter says nothing of what a server has, until the filter is known to be there.
///
/// Rows: 12.2/15
#[test]
fn s12_2_step_15_a_filter_that_was_being_added_is_not_added_again() {
    let Watch { mut rig, port, group, .. } = watch(Protocol::V3);
    rig.once("ApiAddNotifyGroup", Answer::Hold);
    let late = rig.client.add_filter(port, Target::Object(group), STATE, false, 2).unwrap();
    rig.run();
    rig.reply("ApiGetNotify", &Answer::Event(late.key(), STATE, 6, "g"));
    rig.log();
    assert_eq!(numbers(&mut rig), [5], "the other filter's");
    assert!(rig.log().contains(&"ApiAddNotifyGroup".into()));
}

/// Keys and the cluster have no state: what their events carry is no number.
///
/// Rows: 11.4/3, 12.2/15
#[test]
fn s12_2_step_15_filters_without_a_state_are_added_as_at_first() {
    let cases = [
        (ObjectKind::Key, "k", ClusterChange::REGISTRY_VALUE, "ApiAddNotifyKey"),
        (ObjectKind::Cluster, "clu", ClusterChange::CLUSTER_PROPERTY, "ApiAddNotifyCluster"),
    ];
    for (kind, name, events, method) in cases {
        let mut rig = Rig::connected(Protocol::V3);
        let object = rig.open(kind, name);
        let port = rig.port(PortVersion::V1);
        let filter = rig.client.add_filter(port, Target::Object(object), events, false, 1).unwrap();
        rig.run();
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), events, 6, name));
        rig.log();
        rig.break_connection(CODE);
        assert!(rig.log().contains(&method.into()));
        assert_eq!(rig.indications(port).len(), 2);
    }
}

/// Numbers survive a procedure, and one that fails half way.
///
/// Rows: 12.2/15
#[test]
fn s12_2_step_15_numbers_are_kept_until_an_event_brings_another() {
    let Watch { mut rig, filter, .. } = watch(Protocol::V3);
    rig.once("ApiReAddNotifyGroup", Answer::Code(6));
    assert_eq!(numbers(&mut rig), [0; 0]);
    rig.pass_time(60_000);
    rig.reply("ApiReAddNotifyGroup", &Answer::Ok);
    assert_eq!(rig.client.poll_timeout(), None);
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 11, "g"));
    assert_eq!(numbers(&mut rig), [11]);
}

/// A queue that was long gives its memory back when it has been read.
///
/// Rows: 11.1/6
#[test]
fn s11_1_an_empty_queue_holds_little_memory() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    let filter = add_any(&mut rig, port, PortVersion::V2);
    for (events, most) in [(1_000, 32), (4, 32)] {
        let event = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
        let events = vec![(u64::from(filter.key()), event, "g"); events];
        let count = events.len();
        rig.reply("ApiGetNotifyV2", &Answer::Events(events));
        assert!(rig.client.statistics().room >= count);
        assert_eq!(rig.indications(port).len(), count);
        assert!(rig.client.statistics().room <= most);
    }
    assert!(rig.client.statistics().room > 0, "one that was short keeps it");
}
