//! The end of a client.

use cmrp_port::client::{Config, FilterError, Notice, Statistics, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use cmrp::cluster_change::ClusterChange;

use crate::answer::Answer;
use crate::ports::{BOTH, add_any};
use crate::rig::Rig;

fn busy(protocol: Protocol) -> (Rig, cmrp_port::client::PortId) {
    let mut rig = Rig::connected(protocol);
    rig.open(ObjectKind::Key, "k");
    rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V1);
    rig.forget();
    (rig, port)
}

fn nothing_left(rig: &Rig) {
    assert_eq!(rig.client.statistics(), Statistics::default());
    assert_eq!(rig.binding(), None);
}

/// Rows: 11.2/4
#[test]
fn s11_2_the_end_closes_ports_then_objects_then_the_cluster() {
    for protocol in BOTH {
        let (mut rig, port) = busy(protocol);
        rig.client.shut_down();
        rig.run();
        let order = [
            "ApiUnblockGetNotifyCall",
            "ApiCloseNotify",
            "ApiCloseKey",
            "ApiCloseGroup",
            "ApiCloseKey",
            "ApiCloseCluster",
            "Free",
        ];
        assert_eq!(rig.log(), order);
        assert_eq!(rig.notices(), [Notice::PortClosed { port }, Notice::Closed]);
        nothing_left(&rig);
    }
}

/// Rows: 11.2/4
#[test]
fn s11_2_the_end_does_not_depend_on_the_server() {
    for answer in [Answer::Code(0x13D0), Answer::Failure(0x6BE), Answer::WrongMethod] {
        for method in ["ApiUnblockGetNotifyCall", "ApiCloseNotify", "ApiCloseGroup", "ApiCloseCluster"] {
            let (mut rig, port) = busy(Protocol::V3);
            rig.once(method, answer.clone());
            rig.client.shut_down();
            rig.run();
            assert_eq!(rig.notices(), [Notice::PortClosed { port }, Notice::Closed], "{method}");
            nothing_left(&rig);
        }
    }
}

/// Rows: 11.2/4
#[test]
fn s11_2_the_end_does_not_reconnect() {
    let (mut rig, port) = busy(Protocol::V3);
    rig.once("ApiUnblockGetNotifyCall", Answer::Hold);
    rig.client.shut_down();
    rig.run();
    rig.break_connection(0x6BE);
    assert_eq!(rig.notices(), [Notice::PortClosed { port }, Notice::Closed]);
    nothing_left(&rig);
}

/// Rows: 11.2/4
#[test]
fn s11_2_the_end_without_a_connection_is_at_once() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["node1"]));
    let port = rig.client.create_port(PortVersion::V1);
    rig.client.shut_down();
    rig.run();
    assert_eq!(rig.log(), [""; 0], "the connect was not taken yet");
    assert_eq!(rig.notices(), [Notice::PortClosed { port }, Notice::Closed]);

    let (mut rig, port) = busy(Protocol::V3);
    rig.hold_connect();
    rig.break_connection(0x6BE);
    assert!(rig.is_connecting());
    rig.client.shut_down();
    rig.run();
    assert_eq!(rig.log(), ["Free", "Connect clu", "Free"]);
    assert_eq!(rig.notices()[1..], [Notice::PortClosed { port }, Notice::Closed]);
    nothing_left(&rig);
}

/// Rows: 11.2/4
#[test]
fn s11_2_after_the_end_nothing_is_taken() {
    let (mut rig, port) = busy(Protocol::V3);
    rig.client.shut_down();
    rig.run();
    rig.forget();
    rig.client.shut_down();
    rig.client.reconnect();
    let object = rig.client.open(ObjectKind::Node, "n");
    let other = rig.client.create_port(PortVersion::V1);
    let filter = rig.client.add_filter(port, Target::Cluster, ClusterChange::NODE_STATE, false, 1);
    rig.run();
    assert_eq!(filter, Err(FilterError::NoSuchPort));
    let code = 0x6A6;
    let told = [Notice::OpenFailed { object, code }, Notice::PortFailed { port: other, code }];
    assert_eq!(rig.notices(), told);
    assert_eq!(rig.log(), [""; 0]);
    nothing_left(&rig);
}

/// A root key that is being opened when the end comes is closed too.
///
/// Rows: 11.2/keys
#[test]
fn s11_2_the_root_key_is_closed_even_if_it_opens_late() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.once("ApiGetRootKey", Answer::Hold);
    rig.open(ObjectKind::Key, "k");
    rig.client.shut_down();
    rig.run();
    rig.log();
    rig.reply("ApiGetRootKey", &Answer::Ok);
    assert_eq!(rig.log(), ["ApiCloseKey", "ApiCloseCluster", "Free"]);
    nothing_left(&rig);
}
