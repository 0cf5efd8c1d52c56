//! Use of ports: sections 11.1 to 11.4, and the parts of 6 that a client has to know.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupV2, ClusterChangeResourceTypeV2,
    ClusterObjectType,
};
use cmrp::ndr::Handle;
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::Access;
use cmrp_port::client::{Action, Config, FilterError, Notice, PortId, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::rig::Rig;

pub(crate) const BOTH: [Protocol; 2] = [Protocol::V2, Protocol::V3];

/// Kinds of objects that version 1 ports can have filters on, the suffix of their methods, an event of each.
pub(crate) const KINDS: [(ObjectKind, &str, ClusterChange); 6] = [
    (ObjectKind::Node, "Node", ClusterChange::NODE_STATE),
    (ObjectKind::Group, "Group", ClusterChange::GROUP_STATE),
    (ObjectKind::Resource, "Resource", ClusterChange::RESOURCE_STATE),
    (ObjectKind::Key, "Key", ClusterChange::REGISTRY_VALUE),
    (ObjectKind::Network, "Network", ClusterChange::NETWORK_STATE),
    (ObjectKind::NetInterface, "NetInterface", ClusterChange::NETINTERFACE_STATE),
];

/// A filter on everything that happens to groups.
fn watch_groups(rig: &mut Rig, port: PortId, context: u32) -> cmrp_port::client::FilterId {
    let events = ClusterChange::GROUP_ADDED | ClusterChange::GROUP_DELETED;
    let filter = rig.client.add_filter(port, Target::Cluster, events, false, context).unwrap();
    rig.run();
    filter
}

/// Rows: 11.2/1, 11.1/6
#[test]
fn s11_2_create_makes_the_port_and_its_queue() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        assert_eq!(rig.log(), ["ApiCreateNotify"]);
        assert_eq!(rig.notices(), [Notice::PortCreated { port }]);
        assert_eq!(rig.client.next_indication(port), None);
    }
}

/// Filters wait for the port, and for the object that they are on.
///
/// Rows: 11.2/2
#[test]
fn s11_2_filters_are_registered_with_the_method_of_their_object() {
    for protocol in BOTH {
        for (kind, suffix, events) in KINDS {
            let mut rig = Rig::connected(protocol);
            let object = rig.client.open(kind, "thing");
            let port = rig.client.create_port(PortVersion::V1);
            let filter = rig.client.add_filter(port, Target::Object(object), events, false, 9).unwrap();
            rig.once(&format!("ApiAddNotify{suffix}"), Answer::Hold).run();

            let open = format!("ApiOpen{suffix}");
            let handles = [rig.given("ApiCreateNotify"), rig.given(&open)];
            let call = rig.waiting(&format!("ApiAddNotify{suffix}"));
            assert_eq!(rig.calls[&call].handles, handles, "{kind:?}");
            rig.answer(call, &Answer::Sequence(41));
            let state_sequence = kind.has_state_sequence().then_some(41);
            assert!(rig.notices.contains(&Notice::FilterAdded { port, filter, state_sequence }));
        }
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        watch_groups(&mut rig, port, 9);
        assert_eq!(rig.log(), ["ApiCreateNotify", "ApiAddNotifyCluster", "ApiGetNotify"]);
    }
}

/// The order of registration is the order of events that several filters match, so the next one waits.
///
/// Rows: 11.2/2
#[test]
fn s11_2_filters_are_registered_one_after_the_other() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    let late = rig.client.open(ObjectKind::Group, "late");
    rig.once("ApiOpenGroup", Answer::Hold).run();
    rig.client.add_filter(port, Target::Object(late), ClusterChange::GROUP_STATE, false, 1).unwrap();
    rig.client.add_filter(port, Target::Cluster, ClusterChange::NODE_STATE, false, 2).unwrap();
    rig.once("ApiAddNotifyGroup", Answer::Hold).run();
    assert!(!rig.is_waiting("ApiAddNotifyGroup"), "its object is not open");
    rig.log();
    rig.reply("ApiOpenGroup", &Answer::Ok);
    assert_eq!(rig.log(), ["ApiAddNotifyGroup"]);
    rig.reply("ApiAddNotifyGroup", &Answer::Ok);
    assert_eq!(rig.log(), ["ApiAddNotifyCluster", "ApiGetNotify"]);
}

/// What `ApiAddNotifyKey` calls by other names, and in another order.
///
/// Rows: 11.2/2
#[test]
fn s11_2_key_filters_carry_watch_subtree() {
    for (subtree, value) in [(false, 0), (true, 1)] {
        let mut rig = Rig::connected(Protocol::V3);
        let port = rig.port(PortVersion::V1);
        let key = rig.open(ObjectKind::Key, r"Resources\1");
        let events = ClusterChange::REGISTRY_NAME | ClusterChange::REGISTRY_VALUE;
        rig.once("ApiAddNotifyKey", Answer::Hold);
        let filter = rig.client.add_filter(port, Target::Object(key), events, subtree, 9).unwrap();
        rig.run();
        let Some(clusapi3::Request::ApiAddNotifyKey(request)) = rig.request("ApiAddNotifyKey").to_v3() else {
            panic!("another method");
        };
        let told = (request.dw_notify_key, request.filter.bits(), request.watch_sub_tree);
        assert_eq!(told, (filter.key(), 0x50, value));
    }
}

/// Keys are opened below the root key, which is opened once; the root key itself by `ApiGetRootKey` alone.
///
/// Rows: 11.2/keys
#[test]
fn s11_2_keys_are_opened_below_the_root_key() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        rig.client.open(ObjectKind::Key, "Resources");
        rig.client.open(ObjectKind::Key, "Groups");
        rig.client.open(ObjectKind::Key, "");
        rig.run();
        let mut log = rig.log();
        log.sort();
        assert_eq!(log, ["ApiGetRootKey", "ApiGetRootKey", "ApiOpenKey", "ApiOpenKey"]);
        assert_eq!(rig.notices().len(), 3);
    }
}

/// Rows: 11.2/3
#[test]
fn s11_2_get_calls_begin_with_the_first_filter_and_go_on() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        assert!(!rig.is_waiting("ApiGetNotify"));
        let filter = watch_groups(&mut rig, port, 9);
        rig.log();
        for name in ["one", "two", "three"] {
            rig.reply("ApiGetNotify", &Answer::Event(filter.key(), ClusterChange::GROUP_ADDED, 0, name));
            assert_eq!(rig.log(), ["ApiGetNotify"]);
        }
        let names = ["one", "two", "three"];
        let expected = names.map(|name| crate::rig::event(ClusterChange::GROUP_ADDED, 0, name, 9, filter));
        assert_eq!(rig.indications(port), expected);
    }
}

/// Rows: 11.2/3
#[test]
fn s11_2_filters_may_follow_while_a_get_call_waits() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    watch_groups(&mut rig, port, 1);
    rig.log();
    watch_groups(&mut rig, port, 2);
    assert_eq!(rig.log(), ["ApiAddNotifyCluster"], "and no second get call");
}

/// Rows: 11.2/4
#[test]
fn s11_2_a_port_is_unblocked_and_then_closed() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        watch_groups(&mut rig, port, 1);
        rig.forget();
        rig.client.close_port(port);
        rig.once("ApiUnblockGetNotifyCall", Answer::Hold).run();
        assert_eq!(rig.log(), ["ApiUnblockGetNotifyCall"]);
        rig.reply("ApiGetNotify", &Answer::Code(1));
        assert_eq!(rig.log(), [""; 0], "the unblock is not done");
        rig.reply("ApiUnblockGetNotifyCall", &Answer::Ok);
        assert_eq!(rig.log(), ["ApiCloseNotify"]);
        assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
        assert_eq!(rig.client.statistics().filters, 0);
    }
}

/// The close would overtake the call that adds the filter, which would fail.
///
/// Rows: 11.2/4
#[test]
fn s11_2_a_port_is_not_closed_under_a_call_that_adds_a_filter() {
    let mut rig = Rig::connected(Protocol::V2);
    let port = rig.port(PortVersion::V1);
    rig.once("ApiAddNotifyCluster", Answer::Hold);
    watch_groups(&mut rig, port, 1);
    rig.log();
    rig.client.close_port(port);
    rig.run();
    assert_eq!(rig.log(), [""; 0]);
    rig.reply("ApiAddNotifyCluster", &Answer::Ok);
    assert_eq!(rig.log(), ["ApiUnblockGetNotifyCall", "ApiCloseNotify"]);
}

/// A get call that never ends leaves nothing behind: neither here nor with the program.
///
/// Rows: 11.2/4, 11.2/abandon
#[test]
fn s11_2_a_closed_port_is_closed_whatever_its_get_call_does() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    watch_groups(&mut rig, port, 1);
    rig.once("ApiCloseNotify", Answer::Code(6));
    rig.client.close_port(port);
    rig.run();
    assert_eq!(rig.client.statistics().calls, 0);
    assert_eq!(rig.abandoned, ["ApiGetNotify"]);
    rig.forget();
    rig.answer_stale(0, &Answer::Code(0x13D0));
    rig.run();
    assert_eq!(rig.notices(), []);
}

/// Rows: 11.2/abandon
#[test]
fn s11_2_no_call_is_abandoned_that_has_ended_or_ends_with_its_binding() {
    let mut rig = Rig::connected(Protocol::V3);
    let [first, second] = [rig.port(PortVersion::V1), rig.port(PortVersion::V1)];
    watch_groups(&mut rig, first, 1);
    rig.once("ApiUnblockGetNotifyCall", Answer::Hold);
    rig.client.close_port(first);
    rig.run();
    rig.reply("ApiGetNotify", &Answer::Code(1));
    rig.reply("ApiUnblockGetNotifyCall", &Answer::Ok);
    watch_groups(&mut rig, second, 1);
    rig.once("ApiUnblockGetNotifyCall", Answer::Hold);
    rig.client.shut_down();
    rig.run();
    rig.cut(0x6BA);
    while let Some(action) = rig.client.poll_action() {
        assert!(!matches!(action, Action::Abandon { .. }), "{action:?}");
    }
    assert_eq!(rig.abandoned, [""; 0]);
}

/// Rows: 11.2/5
#[test]
fn s11_2_a_timeout_of_protocol_2_is_no_event() {
    let mut config = Config::new(Protocol::V2, ["node1"]);
    config.get_timeout = 1234;
    let mut rig = Rig::connected_with(config);
    let port = rig.port(PortVersion::V1);
    watch_groups(&mut rig, port, 1);
    rig.log();
    let Some(clusapi2::Request::ApiGetNotify(request)) = rig.request("ApiGetNotify").to_v2() else {
        panic!("another method");
    };
    assert_eq!(request.timeout, 1234);
    rig.reply("ApiGetNotify", &Answer::Code(0x102));
    assert_eq!(rig.log(), ["ApiGetNotify"]);
    assert_eq!(rig.indications(port), []);
}

/// Rows: 11.2/6
#[test]
fn s11_2_a_get_call_that_the_server_ends_ends_the_loop() {
    for (version, get) in [(PortVersion::V1, "ApiGetNotify"), (PortVersion::V2, "ApiGetNotifyV2")] {
        for code in [0x1, 0x103, 0x5, 0x6] {
            let mut rig = Rig::connected(Protocol::V3);
            let port = rig.port(version);
            add_any(&mut rig, port, version);
            rig.forget();
            rig.reply(get, &Answer::Code(code));
            assert_eq!(rig.log(), [""; 0], "{code:#x}");
            assert_eq!(rig.notices(), [Notice::PortEnded { port, code }]);
            let more = rig.client.add_filter(port, Target::Cluster, ClusterChange::NODE_STATE, false, 2);
            assert_eq!(more, Err(FilterError::PortEnded));
        }
    }
}

/// Nobody waits on an ended port, so that there is nothing to unblock.
///
/// Rows: 11.2/6
#[test]
fn s11_2_an_ended_port_is_closed_without_unblock() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    watch_groups(&mut rig, port, 1);
    rig.reply("ApiGetNotify", &Answer::Code(0x103));
    rig.forget();
    rig.client.close_port(port);
    rig.once("ApiCloseNotify", Answer::Code(6)).run();
    assert_eq!(rig.log(), ["ApiCloseNotify"]);
    assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
}

/// Rows: 11.2/7
#[test]
fn s11_2_servers_without_unblock_get_the_close_at_once() {
    for answer in [Answer::Failure(0x6D1), Answer::Code(0x6D1), Answer::Code(5)] {
        let mut rig = Rig::connected(Protocol::V2);
        let port = rig.port(PortVersion::V1);
        watch_groups(&mut rig, port, 1);
        rig.forget();
        rig.client.close_port(port);
        rig.once("ApiUnblockGetNotifyCall", answer).run();
        assert_eq!(rig.log(), ["ApiUnblockGetNotifyCall", "ApiCloseNotify"]);
        assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
    }
}

pub(crate) fn add_any(rig: &mut Rig, port: PortId, version: PortVersion) -> cmrp_port::client::FilterId {
    let filter = match version {
        PortVersion::V1 => rig.client.add_filter(port, Target::Cluster, ClusterChange::NODE_STATE, false, 7),
        PortVersion::V2 => {
            let events = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
            rig.client.add_filter_v2(port, Target::Cluster, events, 7)
        }
    };
    rig.run();
    filter.unwrap()
}

/// Rows: 11.3/1, 11.3/2, 11.3/3
#[test]
fn s11_3_the_flow_of_a_version_2_port() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    assert_eq!(rig.notices(), [Notice::PortCreated { port }]);
    let filter = add_any(&mut rig, port, PortVersion::V2);
    assert_eq!(rig.log(), ["ApiCreateNotifyV2", "ApiAddNotifyV2", "ApiGetNotifyV2"]);
    assert_eq!(rig.notices(), [Notice::FilterAdded { port, filter, state_sequence: None }]);
    add_any(&mut rig, port, PortVersion::V2);
    assert_eq!(rig.log(), ["ApiAddNotifyV2"]);
    let events = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
    let key = u64::from(filter.key());
    rig.reply("ApiGetNotifyV2", &Answer::Events(vec![(key, events, "one"), (key, events, "two")]));
    assert_eq!(rig.log(), ["ApiGetNotifyV2"]);
    assert_eq!(rig.indications(port).len(), 2);
}

/// Rows: 11.3/4
#[test]
fn s11_3_a_version_2_port_is_unblocked_and_then_closed() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    add_any(&mut rig, port, PortVersion::V2);
    rig.forget();
    rig.client.close_port(port);
    rig.run();
    assert_eq!(rig.log(), ["ApiUnblockGetNotifyCall", "ApiCloseNotify"]);
    assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
}

/// Targeted filters name the object, the others the cluster.
///
/// Rows: 11.3/2, 11.1/5
#[test]
fn s11_3_s11_1_version_2_filters_name_their_object_or_the_cluster() {
    let mut rig = Rig::connected(Protocol::V3);
    let cluster = rig.given("ApiOpenCluster");
    let group = rig.open(ObjectKind::Group, "g");
    let port = rig.port(PortVersion::V2);
    let group_handle = rig.given("ApiOpenGroup");
    let events = ObjectFilter::Group(ClusterChangeGroupV2::STATE | ClusterChangeGroupV2::DELETED);
    for (target, handle, targeted) in
        [(Target::Cluster, cluster, 0), (Target::Object(group), group_handle, 1)]
    {
        rig.once("ApiAddNotifyV2", Answer::Hold);
        let filter = rig.client.add_filter_v2(port, target, events, 9).unwrap();
        rig.run();
        let Some(clusapi3::Request::ApiAddNotifyV2(request)) = rig.request("ApiAddNotifyV2").to_v3() else {
            panic!("another method");
        };
        assert_eq!(Handle::token(request.h_object.unwrap()), handle);
        assert_eq!(ObjectFilter::from(&request.filter), events);
        assert_eq!((request.is_targeted_at_object, request.dw_version), (targeted, 2));
        assert_eq!(request.dw_notify_key, filter.key());
        rig.reply("ApiAddNotifyV2", &Answer::Ok);
    }
}

/// Rows: 11.3/5
#[test]
fn s11_3_filters_on_one_resource_type() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    rig.once("ApiAddNotifyResourceTypeV2", Answer::Hold);
    let flags = ClusterChangeResourceTypeV2::DELETED | ClusterChangeResourceTypeV2::COMMON_PROPERTY;
    let filter = rig.client.add_resource_type(port, "Generic Service", flags, 9).unwrap();
    rig.run();
    let request = rig.request("ApiAddNotifyResourceTypeV2").clone();
    let Some(clusapi3::Request::ApiAddNotifyResourceTypeV2(request)) = request.to_v3() else {
        panic!("another method");
    };
    let told = (request.filter, request.dw_notify_key, request.dw_version);
    assert_eq!(told, (3, filter.key(), 2));
    assert_eq!(request.res_type_name, "Generic Service");
    rig.reply("ApiAddNotifyResourceTypeV2", &Answer::Ok);
    assert!(rig.is_waiting("ApiGetNotifyV2"));
}

/// Rows: 11.1/protocol
#[test]
fn s11_1_what_protocol_2_lacks_is_refused_without_a_call() {
    let mut rig = Rig::connected(Protocol::V2);
    let object = rig.open(ObjectKind::GroupSet, "gs");
    let port = rig.port(PortVersion::V2);
    assert_eq!(rig.log(), [""; 0]);
    let code = 0x6D1;
    let told = [Notice::OpenFailed { object, code }, Notice::PortFailed { port, code }];
    assert_eq!(rig.notices(), told);
}

/// Rows: 11.1/protocol
#[test]
fn s11_1_group_sets_are_opened_and_watched_by_protocol_3() {
    let mut rig = Rig::connected(Protocol::V3);
    let set = rig.open(ObjectKind::GroupSet, "gs");
    assert_eq!(rig.log(), ["ApiOpenGroupSet"]);
    let port = rig.port(PortVersion::V2);
    let events = ObjectFilter::GroupSet(cmrp::cluster_change::ClusterChangeGroupSetV2::STATE);
    rig.client.add_filter_v2(port, Target::Object(set), events, 1).unwrap();
    rig.run();
    assert!(rig.is_waiting("ApiGetNotifyV2"));
}

/// What servers must refuse is not sent.
///
/// Rows: 11.2/valid
#[test]
fn s11_2_filters_that_a_server_would_refuse_are_not_sent() {
    let mut rig = Rig::connected(Protocol::V2);
    let port = rig.port(PortVersion::V1);
    let group = rig.open(ObjectKind::Group, "g");
    rig.forget();
    let mut add =
        |target, events, subtree| rig.client.add_filter(port, target, events, subtree, 0).unwrap_err();
    let invalid = |bits| FilterError::InvalidEvents { invalid: bits };
    let reconnect = ClusterChange::CLUSTER_RECONNECT;
    assert_eq!(add(Target::Cluster, reconnect, false), invalid(0x8_0000));
    assert_eq!(add(Target::Cluster, ClusterChange::QUORUM_STATE, false), invalid(0x1000_0000));
    assert_eq!(add(Target::Cluster, ClusterChange::empty(), false), invalid(0));
    assert_eq!(add(Target::Object(group), ClusterChange::NODE_STATE, false), invalid(1));
    assert_eq!(add(Target::Object(group), ClusterChange::GROUP_STATE, true), FilterError::NotAKey);
    rig.run();
    assert_eq!(rig.log(), [""; 0]);

    let mut rig = Rig::connected(Protocol::V3);
    let v1 = rig.port(PortVersion::V1);
    let v2 = rig.port(PortVersion::V2);
    let group = rig.open(ObjectKind::Group, "g");
    let set = rig.open(ObjectKind::GroupSet, "gs");
    let kind = ObjectFilter::Node(cmrp::cluster_change::ClusterChangeNodeV2::STATE);
    let own = ObjectFilter::Cluster(ClusterChangeClusterV2::RECONNECT);
    let client = &mut rig.client;
    assert_eq!(client.add_filter_v2(v2, Target::Object(group), kind, 0), Err(FilterError::WrongKind));
    assert_eq!(client.add_filter_v2(v2, Target::Cluster, own, 0), Err(invalid(1)));
    assert_eq!(client.add_filter_v2(v1, Target::Cluster, kind, 0), Err(FilterError::WrongPortVersion));
    let events = ClusterChange::GROUP_STATE;
    let on_set = client.add_filter(v1, Target::Object(set), events, false, 0);
    assert_eq!(on_set, Err(FilterError::WrongKind));
    client.close(group);
    let closed = client.add_filter(v1, Target::Object(group), events, false, 0);
    assert_eq!(closed, Err(FilterError::NoSuchObject));
    assert_eq!(client.add_filter(v2, Target::Cluster, events, false, 0), Err(FilterError::WrongPortVersion));
    client.close_port(v1);
    assert_eq!(client.add_filter(v1, Target::Cluster, events, false, 0), Err(FilterError::NoSuchPort));
    assert_eq!(ClusterObjectType::NODE.0, 7);
}

/// Rows: 11.4/1, 11.4/2
#[test]
fn s11_4_the_key_is_the_filter_and_the_program_gets_its_context() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    let first = watch_groups(&mut rig, port, 77);
    let second = watch_groups(&mut rig, port, 77);
    assert_ne!(first.key(), second.key(), "although the program gives one context twice");
    for filter in [second, first] {
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), ClusterChange::GROUP_ADDED, 0, "g"));
        let indication = crate::rig::event(ClusterChange::GROUP_ADDED, 0, "g", 77, filter);
        assert_eq!(rig.indications(port), [indication]);
    }
}

/// Rows: 11.1/3
#[test]
fn s11_1_levels_below_all_are_asked_for_and_kept() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.access = Access::Read;
    let mut rig = Rig::connected_with(config);
    assert_eq!(rig.given.iter().filter(|(name, _)| name == "ApiOpenClusterEx").count(), 1);
    for (kind, suffix, _) in KINDS {
        rig.forget();
        let method = format!("ApiOpen{suffix}Ex");
        rig.once(&method, Answer::Granted(0x1000_0000));
        let object = rig.open(kind, "x");
        if kind == ObjectKind::Key {
            assert_eq!(rig.log(), ["ApiGetRootKey", "ApiOpenKey"], "keys have no levels");
            continue;
        }
        assert_eq!(rig.log(), [method]);
        assert_eq!(rig.notices(), [Notice::Opened { object, access: Access::All }]);
        let object = rig.open(kind, "y");
        assert_eq!(rig.notices(), [Notice::Opened { object, access: Access::Read }]);
    }
}

/// Protocol version 2 knows one level.
///
/// Rows: 11.1/3
#[test]
fn s11_1_protocol_2_has_no_levels() {
    let mut config = Config::new(Protocol::V2, ["node1"]);
    config.access = Access::Read;
    let mut rig = Rig::connected_with(config);
    let object = rig.open(ObjectKind::Node, "n");
    assert_eq!(rig.log(), ["ApiOpenNode"]);
    assert_eq!(rig.notices(), [Notice::Opened { object, access: Access::All }]);
}

/// A program that does not read its queue holds the server's events back, not the client's memory.
///
/// Rows: 11.1/6
#[test]
fn s11_1_a_full_queue_asks_for_no_more() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.queue = 2;
    let mut rig = Rig::connected_with(config);
    let port = rig.port(PortVersion::V1);
    let filter = watch_groups(&mut rig, port, 1);
    let answer = Answer::Event(filter.key(), ClusterChange::GROUP_ADDED, 0, "g");
    rig.reply("ApiGetNotify", &answer);
    rig.log();
    rig.reply("ApiGetNotify", &answer);
    assert_eq!(rig.log(), [""; 0]);
    assert!(rig.client.next_indication(port).is_some());
    rig.run();
    assert_eq!(rig.log(), ["ApiGetNotify"]);
}
