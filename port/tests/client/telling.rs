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
