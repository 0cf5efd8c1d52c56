//! Start: section 11.6.

use core::time::Duration;

use cmrp_port::access::Access;
use cmrp_port::client::{Config, Notice};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::BOTH;
use crate::rig::Rig;

fn rig(protocol: Protocol) -> Rig {
    Rig::new(Config::new(protocol, ["node1"]))
}

/// Rows: 11.6/1, 11.6/2, 11.6/3, 11.6/4
#[test]
fn s11_6_the_start_in_order() {
    for protocol in BOTH {
        let mut rig = rig(protocol);
        rig.run();
        let steps = ["Connect node1", "ApiGetClusterName", "ApiOpenCluster", "ApiCreateEnum"];
        assert_eq!(rig.log(), steps);
        let connected = Notice::Connected { server: "node1".into(), cluster_name: "clu".into() };
        assert_eq!(rig.notices(), [connected]);
    }
}

/// Rows: 11.6/1
#[test]
fn s11_6_a_server_that_refuses_the_connection_is_the_end_of_the_start() {
    let mut rig = rig(Protocol::V3);
    rig.refuse("node1", 0x6BA).run();
    assert_eq!(rig.log(), ["Connect node1", "Free"]);
    assert_eq!(rig.notices(), [Notice::ConnectFailed { code: 0x6BA }]);
    rig.accept("node1");
    rig.client.reconnect();
    rig.run();
    assert!(matches!(rig.notices()[..], [Notice::Connected { .. }]));
}

/// Rows: 11.6/2
#[test]
fn s11_6_the_name_is_asked_for_four_times_at_most() {
    for failures in 0..5 {
        let mut rig = rig(Protocol::V2);
        for _ in 0..failures {
            rig.once("ApiGetClusterName", Answer::Failure(0x6BF));
        }
        rig.run();
        let asked = rig.log().iter().filter(|name| *name == "ApiGetClusterName").count();
        assert_eq!(asked, 4.min(failures + 1));
        assert_eq!(matches!(rig.notices()[..], [Notice::Connected { .. }]), failures < 4);
    }
}

/// Rows: 11.6/2
#[test]
fn s11_6_any_other_failure_of_the_name_ends_the_connection() {
    for answer in [Answer::Code(0x6BE), Answer::Code(8), Answer::Failure(5), Answer::WrongMethod] {
        let mut rig = rig(Protocol::V3);
        rig.once("ApiGetClusterName", answer).run();
        assert_eq!(rig.log(), ["Connect node1", "ApiGetClusterName", "Free"]);
        assert!(matches!(rig.notices()[..], [Notice::ConnectFailed { .. }]));
    }
}

/// Rows: 11.6/3
#[test]
fn s11_6_a_failure_to_open_the_cluster_ends_the_connection() {
    for answer in [Answer::Code(5), Answer::NoHandle] {
        let mut rig = rig(Protocol::V3);
        rig.once("ApiOpenCluster", answer).run();
        assert_eq!(rig.log().last().unwrap(), "Free");
        assert!(matches!(rig.notices()[..], [Notice::ConnectFailed { .. }]));
    }
}

/// Rows: 11.6/3
#[test]
fn s11_6_a_level_below_all_is_opened_with_ex() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.access = Access::Read;
    let mut rig = Rig::new(config);
    rig.once("ApiOpenClusterEx", Answer::Hold).run();
    let Some(cmrp::clusapi3::Request::ApiOpenClusterEx(request)) = rig.request("ApiOpenClusterEx").to_v3()
    else {
        panic!("another method");
    };
    assert_eq!(request.dw_desired_access, 1);
    rig.reply("ApiOpenClusterEx", &Answer::Ok);
    assert!(matches!(rig.notices()[..], [Notice::Connected { .. }]));
}

/// Rows: 11.6/4
#[test]
fn s11_6_a_failure_to_list_the_nodes_ends_the_connection() {
    let mut rig = rig(Protocol::V3);
    rig.once("ApiCreateEnum", Answer::Code(5)).run();
    assert_eq!(rig.log().last().unwrap(), "Free");
    assert_eq!(rig.notices(), [Notice::ConnectFailed { code: 5 }]);
}

/// Rows: 11.1/1
#[test]
fn s11_1_candidates_are_the_cluster_its_nodes_and_what_the_program_gave() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["NODE1", "10.0.0.1"]));
    rig.nodes = ["node1", "node2", "down"].map(Into::into).into();
    rig.run();
    let candidates = crate::hostile::candidates(&mut rig);
    assert_eq!(candidates, ["clu", "node2", "down", "10.0.0.1", "node1"], "node1 once");
}

/// A program may give several servers: the others are tried before the start has failed.
///
/// Rows: 11.6/1
#[test]
fn s11_6_further_servers_are_tried_in_order_with_waits() {
    let mut config = Config::new(Protocol::V3, ["a", "b", "c"]);
    config.backoff.first = Duration::from_millis(10);
    config.backoff.factor = 3;
    let mut rig = Rig::new(config);
    rig.refuse("a", 0x6BA).refuse("b", 0x6BA).run();
    assert_eq!(rig.log(), ["Connect a", "Free"]);
    let first = rig.client.poll_timeout().unwrap();
    assert_eq!(first.since(rig.now), Duration::from_millis(10));
    rig.pass_time(9);
    assert_eq!(rig.log(), [""; 0]);
    rig.pass_time(1);
    assert_eq!(rig.log(), ["Connect b", "Free"]);
    rig.pass_time(30);
    assert_eq!(rig.log()[0], "Connect c");
    assert!(matches!(rig.notices()[..], [Notice::Connected { .. }]));
    assert_eq!(rig.client.poll_timeout(), None);
}

/// What is asked for before there is a connection waits for it.
///
/// Rows: 11.6/1
#[test]
fn s11_6_things_may_be_asked_for_before_the_start_is_done() {
    let mut rig = rig(Protocol::V3);
    let object = rig.client.open(ObjectKind::Group, "g");
    let port = rig.client.create_port(PortVersion::V1);
    rig.run();
    let opened = Notice::Opened { object, access: Access::All };
    assert_eq!(rig.notices()[1..], [opened, Notice::PortCreated { port }]);
}

/// Rows: 11.6/1
#[test]
fn s11_6_no_servers_is_no_start() {
    let mut rig = Rig::new(Config::new(Protocol::V3, [""; 0]));
    rig.run();
    assert_eq!(rig.notices(), [Notice::ConnectFailed { code: 0x6A6 }]);
}
