//! Events that the client makes: section 11.5.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2,
    ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeV2, ClusterChangeRegistryV2,
    ClusterChangeResourceV2,
};
use cmrp_port::client::{Config, Indication, Notice, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::{BOTH, KINDS, add_any};
use crate::rig::{Rig, own, own_v2};

const LOST: u32 = 0x6BA;

/// No server takes the client any more.
fn lose(rig: &mut Rig) {
    for server in ["node1", "node2", "clu"] {
        rig.refuse(server, LOST);
    }
    rig.break_connection(LOST);
    for _ in 0..4 {
        rig.pass_time(60_000);
    }
    assert_eq!(rig.notices.last(), Some(&Notice::Lost { code: LOST }));
}

/// Rows: 11.5/1, 12.2/1
#[test]
fn s11_5_cluster_state_when_the_connection_is_lost_for_good() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let ports = [rig.port(PortVersion::V1), rig.port(PortVersion::V1)];
        add_any(&mut rig, ports[0], PortVersion::V1);
        lose(&mut rig);
        for port in ports {
            assert_eq!(rig.indications(port), [own(ClusterChange::CLUSTER_STATE, "clu")]);
        }
    }
}

/// The specification names `CLUSTER_CHANGE_GROUP_STATE_V2` in one place, a slip for what the others name.
///
/// Rows: 11.5/2, 12.2/1, 11.5/lost-v2
#[test]
fn s11_5_cluster_state_v2_when_the_connection_is_lost_for_good() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    lose(&mut rig);
    let state = ObjectFilter::Cluster(ClusterChangeClusterV2::STATE);
    assert_eq!(rig.indications(port), [own_v2(state, "clu")]);
}

/// Rows: 11.5/3, 12.2/15
#[test]
fn s11_5_cluster_reconnect_after_all_filters_are_back() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        add_any(&mut rig, port, PortVersion::V1);
        let last = add_any(&mut rig, port, PortVersion::V1);
        rig.cluster = "clu-renamed";
        rig.once("ApiAddNotifyCluster", Answer::Ok).once("ApiAddNotifyCluster", Answer::Hold);
        rig.break_connection(LOST);
        assert_eq!(rig.indications(port), [], "a filter is missing");
        rig.reply("ApiAddNotifyCluster", &Answer::Ok);
        rig.reply("ApiGetNotify", &Answer::Event(last.key(), ClusterChange::NODE_STATE, 1, "node1"));
        let indications = rig.indications(port);
        assert_eq!(indications[0], own(ClusterChange::CLUSTER_RECONNECT, "clu-renamed"));
        assert_eq!(indications.len(), 2, "what the new server reports comes behind it");
    }
}

/// Rows: 11.5/4, 12.2/17
#[test]
fn s11_5_cluster_reconnect_v2_after_all_filters_are_back() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    add_any(&mut rig, port, PortVersion::V2);
    rig.once("ApiAddNotifyV2", Answer::Hold);
    rig.break_connection(LOST);
    assert_eq!(rig.indications(port), []);
    rig.reply("ApiAddNotifyV2", &Answer::Ok);
    let reconnect = ObjectFilter::Cluster(ClusterChangeClusterV2::RECONNECT);
    assert_eq!(rig.indications(port), [own_v2(reconnect, "clu")]);
}

/// Rows: 11.5/5, 11.5/8
#[test]
fn s11_5_handle_close_for_the_kinds_of_version_1() {
    for protocol in BOTH {
        for (kind, suffix, events) in KINDS {
            let mut rig = Rig::connected(protocol);
            let object = rig.open(kind, "Thing");
            let watching = rig.port(PortVersion::V1);
            let other = rig.port(PortVersion::V1);
            for context in [1, 2] {
                rig.client.add_filter(watching, Target::Object(object), events, false, context).unwrap();
            }
            add_any(&mut rig, other, PortVersion::V1);
            rig.log();
            rig.client.close(object);
            rig.run();
            assert_eq!(rig.log(), [format!("ApiClose{suffix}")]);
            let name = if kind == ObjectKind::Key { "" } else { "Thing" };
            assert_eq!(rig.indications(watching), [own(ClusterChange::HANDLE_CLOSE, name)], "once a port");
            assert_eq!(rig.indications(other), []);
        }
    }
}

/// Rows: 11.5/6
#[test]
fn s11_5_no_handle_close_for_cluster_handles_on_version_1_ports() {
    let mut rig = Rig::connected(Protocol::V3);
    let object = rig.open(ObjectKind::Cluster, "");
    let port = rig.port(PortVersion::V1);
    rig.client.add_filter(port, Target::Object(object), ClusterChange::NODE_STATE, false, 1).unwrap();
    rig.run();
    let call = rig.waiting("ApiGetNotify");
    assert_eq!(rig.calls[&call].handles, [rig.given("ApiCreateNotify")]);
    rig.log();
    rig.client.close(object);
    rig.run();
    assert_eq!(rig.log(), ["ApiCloseCluster"]);
    assert_eq!(rig.indications(port), []);
}

/// Rows: 11.5/7, 11.5/8, 11.5/cluster-v2
#[test]
fn s11_5_handle_close_flags_of_version_2() {
    let state = |filter, flag: u64, close| (filter, flag, close);
    let cases = [
        (
            ObjectKind::Cluster,
            "Cluster",
            state(ObjectFilter::Cluster(ClusterChangeClusterV2::RENAME), 8, "clu"),
        ),
        (ObjectKind::Group, "Group", state(ObjectFilter::Group(ClusterChangeGroupV2::STATE), 0x200, "x")),
        (
            ObjectKind::Resource,
            "Resource",
            state(ObjectFilter::Resource(ClusterChangeResourceV2::STATE), 0x200, "x"),
        ),
        (
            ObjectKind::NetInterface,
            "NetInterface",
            state(ObjectFilter::NetInterface(ClusterChangeNetInterfaceV2::STATE), 0x10, "x"),
        ),
        (
            ObjectKind::Network,
            "Network",
            state(ObjectFilter::Network(ClusterChangeNetworkV2::STATE), 0x10, "x"),
        ),
        (ObjectKind::Node, "Node", state(ObjectFilter::Node(ClusterChangeNodeV2::STATE), 0x80, "x")),
        (ObjectKind::Key, "Key", state(ObjectFilter::Registry(ClusterChangeRegistryV2::VALUE), 0x10, "")),
        (
            ObjectKind::GroupSet,
            "GroupSet",
            state(ObjectFilter::GroupSet(ClusterChangeGroupSetV2::STATE), 0x100, "x"),
        ),
    ];
    for (kind, suffix, (filter, flag, name)) in cases {
        let mut rig = Rig::connected(Protocol::V3);
        let object = rig.open(kind, "x");
        let port = rig.port(PortVersion::V2);
        rig.client.add_filter_v2(port, Target::Object(object), filter, 1).unwrap();
        rig.run();
        rig.log();
        rig.client.close(object);
        rig.run();
        assert_eq!(rig.log(), [format!("ApiClose{suffix}")]);
        let closed = ObjectFilter::received(filter.object_type(), flag);
        assert_eq!(rig.indications(port), [own_v2(closed, name)]);
    }
}

/// A server has not had the filter yet, so that there is nothing to end.
///
/// Rows: 11.5/5
#[test]
fn s11_5_no_handle_close_for_a_filter_that_was_never_sent() {
    let mut rig = Rig::connected(Protocol::V3);
    let object = rig.client.open(ObjectKind::Group, "g");
    rig.once("ApiOpenGroup", Answer::Hold).run();
    let port = rig.port(PortVersion::V1);
    let events = ClusterChange::GROUP_STATE;
    let filter = rig.client.add_filter(port, Target::Object(object), events, false, 1).unwrap();
    rig.forget();
    rig.client.close(object);
    rig.run();
    assert_eq!(rig.notices(), [Notice::FilterFailed { port, filter, code: 6 }]);
    assert_eq!(rig.indications(port), []);
    rig.reply("ApiOpenGroup", &Answer::Ok);
    assert_eq!(rig.log(), ["ApiCloseGroup"]);
    assert_eq!(rig.notices(), []);
    assert_eq!(rig.client.statistics().objects, 0);
}

/// Rows: 11.5/9
#[test]
fn s11_5_a_read_removes_the_next_entry() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    let filter = add_any(&mut rig, port, PortVersion::V1);
    for name in ["a", "b"] {
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), ClusterChange::NODE_STATE, 3, name));
    }
    assert_eq!(rig.client.statistics().queued, 2);
    for name in ["a", "b"] {
        let expected = crate::rig::event(ClusterChange::NODE_STATE, 3, name, 7, filter);
        assert_eq!(rig.client.next_indication(port), Some(expected));
    }
    assert_eq!(rig.client.next_indication(port), None);
}

/// A program that reads nothing, on a connection that comes and goes.
///
/// Rows: 11.5/3
#[test]
fn s11_5_reconnects_do_not_fill_a_queue_that_is_full() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.queue = 3;
    let mut rig = Rig::connected_with(config);
    let port = rig.port(PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V1);
    for _ in 0..10 {
        rig.break_connection(LOST);
        rig.pass_time(60_000);
    }
    let reconnect = own(ClusterChange::CLUSTER_RECONNECT, "clu");
    assert_eq!(rig.indications(port), [reconnect.clone(), reconnect.clone(), reconnect]);
}

/// Rows: 11.5/10
#[test]
fn s11_5_a_server_of_protocol_3_reports_its_losses() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    let filter = add_any(&mut rig, port, PortVersion::V1);
    rig.reply("ApiGetNotify", &Answer::Event(filter.key(), ClusterChange::CLUSTER_RECONNECT, 0, "clu"));
    let indications = rig.indications(port);
    let [Indication::V1 { change, filter: told, .. }] = &indications[..] else { panic!("{indications:?}") };
    assert_eq!((*change, *told), (ClusterChange::CLUSTER_RECONNECT, Some(filter)));
    assert!(rig.is_waiting("ApiGetNotify"));
}
