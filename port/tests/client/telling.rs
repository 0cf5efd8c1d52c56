//! What the program is told so that it need not guess: who failed an attempt, which port has something to read.

use cmrp::cluster_change::ClusterChange;
use cmrp_port::client::{Config, Notice, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::{BOTH, add_any};
use crate::rig::Rig;

const CODE: u32 = 0x6BA;
const GONE: u32 = 0x1395;
const STATE: ClusterChange = ClusterChange::GROUP_STATE;

/// Rows: 12.2/blocked
#[test]
fn s12_2_each_failed_candidate_is_told_with_the_object_that_blocks() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let group = rig.open(ObjectKind::Group, "g");
        rig.refuse("clu", 0x6BB).always("ApiOpenGroup", Answer::Code(GONE));
        rig.break_connection(CODE);
        for _ in 0..2 {
            rig.pass_time(60_000);
        }
        let told = [
            ("clu".to_owned(), 0x6BB, None),
            ("node2".to_owned(), GONE, Some(group)),
            ("node1".to_owned(), GONE, Some(group)),
        ];
        assert_eq!(rig.failed, told);
        assert_eq!(rig.notices.last(), Some(&Notice::Lost { code: CODE }));
    }
}

/// Rows: 12.2/blocked
#[test]
fn s12_2_a_filter_that_does_not_come_back_is_told_with_its_object() {
    let mut rig = Rig::connected(Protocol::V3);
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
    rig.run();
    rig.once("ApiReAddNotifyGroup", Answer::Code(5)).once("ApiOpenCluster", Answer::Ok);
    rig.break_connection(CODE);
    assert_eq!(rig.failed, [("clu".to_owned(), 5, Some(group))]);
}

/// The object is not to blame if the connection breaks under its call.
///
/// Rows: 12.2/blocked
#[test]
fn s12_2_a_break_under_a_step_blames_no_object() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.open(ObjectKind::Group, "g");
    rig.once("ApiOpenGroup", Answer::Hold);
    rig.break_connection(CODE);
    rig.break_connection(0x6BE);
    assert_eq!(rig.failed, [("clu".to_owned(), 0x6BE, None)]);
}

/// Rows: 12.2/blocked
#[test]
fn s12_2_failed_candidates_of_the_start_are_told() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["a", "b"]));
    rig.refuse("a", 5).once("ApiOpenCluster", Answer::Code(0x13D0)).run();
    rig.pass_time(60_000);
    assert_eq!(rig.failed, [("a".to_owned(), 5, None), ("b".to_owned(), 0x13D0, None)]);
    assert_eq!(rig.notices(), [Notice::ConnectFailed { code: 0x13D0 }]);
}

/// Rows: 11.5/ready
#[test]
fn s11_5_a_port_is_ready_when_its_queue_is_not_empty_any_more() {
    let mut rig = Rig::connected(Protocol::V3);
    let [first, second] = [rig.port(PortVersion::V1), rig.port(PortVersion::V2)];
    let filter = add_any(&mut rig, first, PortVersion::V1);
    add_any(&mut rig, second, PortVersion::V2);
    assert_eq!(rig.ready, []);
    for _ in 0..2 {
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 1, "g"));
    }
    assert_eq!(rig.ready, [first], "once for both");
    assert!(rig.client.next_indication(first).is_some());
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 1, "g"));
    assert_eq!(rig.ready, [first], "there was one left");
    assert_eq!(rig.indications(first).len(), 2);
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, 1, "g"));
    assert_eq!(rig.ready, [first, first]);
    rig.break_connection(CODE);
    assert_eq!(rig.ready, [first, first, second], "what the client makes counts");
}

/// Rows: 11.1/handles
#[test]
fn s11_1_handles_of_the_present_connection_are_there_for_the_program() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        rig.once("ApiOpenResource", Answer::Hold);
        let resource = rig.open(ObjectKind::Resource, "r");
        assert_eq!(rig.client.handle(resource), None, "not open yet");
        rig.reply("ApiOpenResource", &Answer::Ok);
        let binding = rig.binding().unwrap();
        assert_eq!(rig.client.handle(resource), Some((binding, rig.given("ApiOpenResource"))));
        assert_eq!(rig.client.cluster_handle(), Some((binding, rig.given("ApiOpenCluster"))));

        rig.once("ApiCreateNotify", Answer::Hold);
        rig.port(PortVersion::V1);
        rig.reply("ApiCreateNotify", &Answer::Ok);
        rig.once("ApiCreateNotify", Answer::Hold);
        // What the call of a program came to.
        rig.break_connection(0x13D1);
        assert_eq!(rig.client.handle(resource), None, "in the procedure");
        assert_eq!(rig.client.cluster_handle(), None);
        rig.reply("ApiCreateNotify", &Answer::Ok);
        let again = rig.binding().unwrap();
        assert_ne!(again, binding);
        assert_eq!(rig.client.handle(resource), Some((again, rig.given("ApiOpenResource"))));

        rig.once("ApiCloseResource", Answer::Hold);
        rig.client.close(resource);
        rig.run();
        assert_eq!(rig.client.handle(resource), None, "being closed");
        assert!(rig.client.cluster_handle().is_some());
        rig.client.shut_down();
        assert_eq!(rig.client.cluster_handle(), None);
    }
}

/// The name that a request opens a group by.
fn opened_by(rig: &Rig) -> String {
    match rig.request("ApiOpenGroup").to_v3() {
        Some(cmrp::clusapi3::Request::ApiOpenGroup(open)) => format!("{:?}", open.lpsz_group_name),
        other => panic!("{other:?}"),
    }
}

/// Rows: 12.2/renamed, 11.4/3
#[test]
fn s12_2_an_object_that_was_renamed_is_opened_by_its_new_name() {
    let mut rig = Rig::connected(Protocol::V3);
    let group = rig.open(ObjectKind::Group, "old");
    let port = rig.port(PortVersion::V1);
    let filter = rig.client.add_filter(port, Target::Object(group), STATE, false, 1).unwrap();
    rig.run();
    rig.client.renamed(group, "new");
    rig.run();
    for (number, name) in [(7, "NEW"), (9, "old")] {
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), STATE, number, name));
    }
    rig.once("ApiOpenGroup", Answer::Hold).once("ApiReAddNotifyGroup", Answer::Hold);
    rig.break_connection(CODE);
    assert!(opened_by(&rig).contains("new"), "{}", opened_by(&rig));
    rig.reply("ApiOpenGroup", &Answer::Ok);
    let request = format!("{:?}", rig.request("ApiReAddNotifyGroup").to_v3());
    assert!(request.contains("state_sequence: 7"), "{request}");
}
