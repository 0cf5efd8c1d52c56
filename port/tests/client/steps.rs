//! The steps of the reconnect procedure: section 12.2.

use core::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupSetV2, ClusterChangeResourceTypeV2};
use cmrp_port::access::Access;
use cmrp_port::client::{Backoff, Config, Missing, Notice, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::ports::{BOTH, KINDS, add_any};
use crate::rig::{Rig, own};

const CODE: u32 = 0x6BA;
const FIRST: [&str; 4] = ["Free", "Connect clu", "ApiGetClusterName", "ApiOpenCluster"];

fn config(protocol: Protocol, rounds: u32) -> Config {
    let mut config = Config::new(protocol, ["node1"]);
    let first = Duration::from_millis(100);
    config.backoff = Backoff { rounds, first, factor: 2, longest: Duration::from_millis(350) };
    config
}

fn connects(log: &[String]) -> Vec<&str> {
    log.iter().filter_map(|line| line.strip_prefix("Connect ")).collect()
}

/// Waits until nothing more happens.
fn wait(rig: &mut Rig) {
    while rig.client.poll_timeout().is_some() {
        rig.pass_time(50);
    }
}

/// Rows: 12.2/1
#[test]
fn s12_2_step_1_each_candidate_is_tried_once_and_then_it_fails() {
    for protocol in BOTH {
        let mut rig = Rig::connected_with(config(protocol, 1));
        for server in ["clu", "node1", "node2"] {
            rig.refuse(server, 0x6BB);
        }
        rig.break_connection(CODE);
        wait(&mut rig);
        assert_eq!(connects(&rig.log()), ["clu", "node2", "node1"]);
        assert_eq!(rig.notices(), [Notice::Reconnecting { code: CODE }, Notice::Lost { code: CODE }]);
        assert_eq!(rig.binding(), None);

        rig.accept("node2");
        rig.client.reconnect();
        rig.run();
        wait(&mut rig);
        assert_eq!(connects(&rig.log()), ["clu", "node2"]);
        assert!(matches!(rig.notices()[..], [Notice::Reconnected { .. }]));
    }
}

/// Rows: 12.2/2, 11.1/2
#[test]
fn s12_2_step_2_s11_1_the_server_in_use_comes_last() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.refuse("clu", 1722).refuse("node2", 1722);
    rig.once("ApiGetClusterName", Answer::Names("clu", "node1"));
    rig.break_connection(CODE);
    wait(&mut rig);
    assert_eq!(connects(&rig.log()), ["clu", "node2", "node1"]);

    // Now node2 comes to serve, behind the name of the cluster.
    rig.accept("clu").once("ApiGetClusterName", Answer::Names("clu", "NODE2"));
    rig.break_connection(CODE);
    wait(&mut rig);
    assert_eq!(connects(&rig.log()), ["clu"]);
    rig.refuse("clu", 1722).refuse("node1", 1722).accept("node2");
    rig.break_connection(CODE);
    wait(&mut rig);
    assert_eq!(connects(&rig.log()), ["clu", "node1", "node2"]);
}

/// Rows: 12.2/2
#[test]
fn s12_2_step_2_the_server_in_use_is_tried_when_it_is_alone() {
    let mut rig = Rig::new(Config::new(Protocol::V3, ["node1"]));
    rig.cluster = "";
    rig.nodes = vec!["node1".into()];
    rig.run();
    rig.forget();
    rig.break_connection(CODE);
    assert_eq!(connects(&rig.log()), ["node1"]);
}

/// Rows: 12.2/3, 12.2/4
#[test]
fn s12_2_steps_3_and_4_the_old_binding_is_freed_before_the_next_connect() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.refuse("clu", 1722);
    rig.break_connection(CODE);
    wait(&mut rig);
    assert_eq!(rig.log()[..4], ["Free", "Connect clu", "Free", "Connect node2"]);
}

/// Rows: 12.2/5
#[test]
fn s12_2_step_5_names_are_stored_and_any_failure_takes_the_next() {
    for answer in [Answer::Failure(0x6BF), Answer::Code(5), Answer::Code(0x13D0)] {
        let mut rig = Rig::connected(Protocol::V3);
        rig.once("ApiGetClusterName", answer);
        rig.once("ApiGetClusterName", Answer::Names("new", "node2"));
        rig.break_connection(CODE);
        wait(&mut rig);
        let log = rig.log();
        let steps =
            ["Free", "Connect clu", "ApiGetClusterName", "Free", "Connect node2", "ApiGetClusterName"];
        assert_eq!(log[..6], steps, "and the name is not asked for twice here");
        assert_eq!(rig.notices.last(), Some(&Notice::Reconnected { server: "node2".into() }));
        rig.break_connection(CODE);
        wait(&mut rig);
        assert_eq!(connects(&rig.log()), ["new"]);
    }
}

/// Handles end with their binding; the client frees them by forgetting them. The rig checks each call.
///
/// Rows: 12.2/6
#[test]
fn s12_2_step_6_no_old_handle_is_closed_or_used() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V1);
    rig.log();
    rig.break_connection(CODE);
    let expected = ["ApiCreateNotify", "ApiAddNotifyCluster", "ApiGetNotify"];
    assert_eq!(rig.log()[4..], expected, "no close of anything");
}

/// Rows: 12.2/7
#[test]
fn s12_2_step_7_the_cluster_is_opened_at_the_old_level() {
    for (level, method) in [(Access::All, "ApiOpenCluster"), (Access::Read, "ApiOpenClusterEx")] {
        let mut config = config(Protocol::V3, 1);
        config.access = level;
        let mut rig = Rig::connected_with(config);
        rig.once(method, Answer::Code(5));
        rig.break_connection(CODE);
        wait(&mut rig);
        let expected = ["Free", "Connect clu", "ApiGetClusterName", method, "Free", "Connect node2"];
        assert_eq!(rig.log()[..6], expected);
        assert!(matches!(rig.notices.last(), Some(Notice::Reconnected { .. })));
    }
}

/// Rows: 12.2/7
#[test]
fn s12_2_step_7_a_cluster_that_was_granted_all_is_opened_without_level() {
    let mut config = Config::new(Protocol::V3, ["node1"]);
    config.access = Access::Read;
    let mut rig = Rig::new(config);
    rig.once("ApiOpenClusterEx", Answer::Granted(0x1000_0000)).run();
    rig.forget();
    rig.break_connection(CODE);
    assert_eq!(rig.log(), FIRST);
}

/// Opens one object of each kind, in no good order, and returns the methods of steps 8 to 13.
fn open_all(rig: &mut Rig, ex: &str) -> Vec<String> {
    for (kind, ..) in KINDS.iter().rev() {
        rig.open(*kind, "x");
        rig.open(*kind, "y");
    }
    let mut methods = Vec::new();
    for (kind, suffix, _) in KINDS {
        let ex = if kind == ObjectKind::Key { "" } else { ex };
        methods.extend((kind == ObjectKind::Key).then(|| "ApiGetRootKey".to_owned()));
        methods.extend([format!("ApiOpen{suffix}{ex}"), format!("ApiOpen{suffix}{ex}")]);
    }
    methods
}

/// Rows: 12.2/8, 12.2/9, 12.2/10, 12.2/11, 12.2/12, 12.2/13
#[test]
fn s12_2_steps_8_to_13_objects_come_back_kind_by_kind() {
    for (protocol, level, ex) in
        [(Protocol::V2, Access::All, ""), (Protocol::V3, Access::All, ""), (Protocol::V3, Access::Read, "Ex")]
    {
        let mut config = config(protocol, 1);
        config.access = level;
        let mut rig = Rig::connected_with(config);
        let methods = open_all(&mut rig, ex);
        rig.forget();
        rig.break_connection(CODE);
        assert_eq!(rig.log()[4..], methods);
        assert!(matches!(rig.notices()[1..], [Notice::Reconnected { .. }]));
    }
}

/// Rows: 12.2/8, 12.2/9, 12.2/10, 12.2/11, 12.2/12, 12.2/13
#[test]
fn s12_2_steps_8_to_13_a_failure_takes_the_next_candidate() {
    for protocol in BOTH {
        for (kind, suffix, _) in KINDS {
            for method in [format!("ApiOpen{suffix}"), "ApiGetRootKey".into()] {
                if kind != ObjectKind::Key && method == "ApiGetRootKey" {
                    continue;
                }
                let mut rig = Rig::connected_with(config(protocol, 1));
                open_all(&mut rig, "");
                rig.forget();
                rig.once(&method, Answer::Code(5));
                rig.break_connection(CODE);
                wait(&mut rig);
                assert_eq!(connects(&rig.log()), ["clu", "node2"], "{method}");
                assert!(matches!(rig.notices.last(), Some(Notice::Reconnected { .. })));
            }
        }
    }
}

/// The list of steps in the specification has no group sets; they come after the interfaces.
///
/// Rows: 12.2/group-sets
#[test]
fn s12_2_group_sets_come_back_after_interfaces() {
    let mut rig = Rig::connected(Protocol::V3);
    let set = rig.open(ObjectKind::GroupSet, "gs");
    rig.open(ObjectKind::NetInterface, "i");
    rig.open(ObjectKind::Cluster, "");
    let port = rig.port(PortVersion::V2);
    let events = ObjectFilter::GroupSet(ClusterChangeGroupSetV2::STATE);
    rig.client.add_filter_v2(port, Target::Object(set), events, 1).unwrap();
    rig.run();
    rig.log();
    rig.break_connection(CODE);
    let expected = [
        "ApiOpenCluster",
        "ApiOpenNetInterface",
        "ApiOpenGroupSet",
        "ApiCreateNotifyV2",
        "ApiAddNotifyV2",
        "ApiGetNotifyV2",
    ];
    assert_eq!(rig.log()[4..], expected);
}

/// Rows: 12.2/14
#[test]
fn s12_2_step_14_creates_version_1_ports_again() {
    for protocol in BOTH {
        let mut config = config(protocol, 1);
        config.access = Access::Read;
        let mut rig = Rig::connected_with(config);
        let ports = [rig.port(PortVersion::V1), rig.port(PortVersion::V1)];
        add_any(&mut rig, ports[0], PortVersion::V1);
        rig.forget();
        rig.once("ApiCreateNotify", Answer::Ok).once("ApiCreateNotify", Answer::Code(8));
        rig.break_connection(CODE);
        wait(&mut rig);
        let log = rig.log();
        assert_eq!(log[4..6], ["ApiCreateNotify", "ApiCreateNotify"], "all ports before any filter");
        assert_eq!(connects(&log), ["clu", "node2"], "a failure takes the next candidate");
        assert_eq!(log[log.len() - 4..][..3], ["ApiCreateNotify", "ApiCreateNotify", "ApiAddNotifyCluster"]);
        assert!(!rig.notices.iter().any(|notice| matches!(notice, Notice::PortCreated { .. })));
    }
}

/// Rows: 12.2/15, 11.1/4
#[test]
fn s12_2_step_15_filters_come_back_with_the_stored_numbers() {
    for protocol in BOTH {
        for (kind, suffix, events) in KINDS {
            let mut rig = Rig::connected(protocol);
            let object = rig.open(kind, "x");
            let port = rig.port(PortVersion::V1);
            rig.once(&format!("ApiAddNotify{suffix}"), Answer::Sequence(17));
            let filter = rig.client.add_filter(port, Target::Object(object), events, true, 5);
            let filter =
                filter.or_else(|_| rig.client.add_filter(port, Target::Object(object), events, false, 5));
            let filter = filter.unwrap();
            rig.run();
            rig.log();
            let again = if kind == ObjectKind::Key { "ApiAddNotify" } else { "ApiReAddNotify" };
            let again = format!("{again}{suffix}");
            rig.once(&again, Answer::Hold);
            rig.break_connection(CODE);
            let open = format!("ApiOpen{suffix}");
            let call = rig.waiting(&again);
            assert_eq!(rig.calls[&call].handles, [rig.given("ApiCreateNotify"), rig.given(&open)]);
            let request = match protocol {
                Protocol::V2 => format!("{:?}", rig.request(&again).to_v2()),
                Protocol::V3 => format!("{:?}", rig.request(&again).to_v3()),
            };
            assert!(request.contains(&format!("dw_notify_key: {}", filter.key())), "{request}");
            let number = if kind == ObjectKind::Key { "watch_sub_tree: 1" } else { "state_sequence: 17" };
            assert!(request.contains(number), "{request}");
            rig.reply(&again, &Answer::Ok);
            assert_eq!(rig.indications(port), [own(ClusterChange::CLUSTER_RECONNECT, "clu")]);
        }
    }
}

/// Rows: 12.2/15
#[test]
fn s12_2_step_15_a_failure_takes_the_next_candidate() {
    for protocol in BOTH {
        for (kind, suffix, events) in KINDS {
            let mut rig = Rig::connected(protocol);
            let object = rig.open(kind, "x");
            let port = rig.port(PortVersion::V1);
            rig.client.add_filter(port, Target::Object(object), events, false, 5).unwrap();
            rig.run();
            rig.log();
            let again = if kind == ObjectKind::Key { "ApiAddNotify" } else { "ApiReAddNotify" };
            rig.once(&format!("{again}{suffix}"), Answer::Code(6));
            rig.break_connection(CODE);
            assert_eq!(rig.indications(port), [], "not all filters are back");
            wait(&mut rig);
            assert_eq!(connects(&rig.log()), ["clu", "node2"]);
            assert_eq!(rig.indications(port), [own(ClusterChange::CLUSTER_RECONNECT, "clu")]);
        }
    }
}

/// Rows: 12.2/16
#[test]
fn s12_2_step_16_creates_version_2_ports_again_after_the_others() {
    let mut rig = Rig::connected(Protocol::V3);
    let second = rig.port(PortVersion::V2);
    let first = rig.port(PortVersion::V1);
    add_any(&mut rig, second, PortVersion::V2);
    add_any(&mut rig, first, PortVersion::V1);
    rig.log();
    rig.once("ApiCreateNotifyV2", Answer::Code(8));
    rig.break_connection(CODE);
    wait(&mut rig);
    let log = rig.log();
    assert_eq!(connects(&log), ["clu", "node2"]);
    assert_eq!(log[4..7], ["ApiCreateNotify", "ApiAddNotifyCluster", "ApiCreateNotifyV2"]);
    let end = ["ApiCreateNotify", "ApiAddNotifyCluster", "ApiCreateNotifyV2", "ApiAddNotifyV2"];
    assert_eq!(log[log.len() - 6..][..4], end);
}

/// Rows: 12.2/17
#[test]
fn s12_2_step_17_registers_version_2_filters_again() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V2);
    add_any(&mut rig, port, PortVersion::V2);
    let flags = ClusterChangeResourceTypeV2::DELETED;
    rig.client.add_resource_type(port, "T", flags, 1).unwrap();
    rig.run();
    rig.log();
    rig.once("ApiAddNotifyResourceTypeV2", Answer::Code(0x57));
    rig.break_connection(CODE);
    wait(&mut rig);
    let log = rig.log();
    assert_eq!(connects(&log), ["clu", "node2"]);
    let end = ["ApiCreateNotifyV2", "ApiAddNotifyV2", "ApiAddNotifyResourceTypeV2", "ApiGetNotifyV2"];
    assert_eq!(log[log.len() - 4..], end);
    assert_eq!(rig.indications(port).len(), 1);
}

/// Rows: 12.2/18
#[test]
fn s12_2_step_18_the_failed_method_is_run_again_with_new_handles() {
    for protocol in BOTH {
        let mut rig = Rig::connected(protocol);
        let port = rig.port(PortVersion::V1);
        let filter = add_any(&mut rig, port, PortVersion::V1);
        rig.forget();
        rig.reply("ApiGetNotify", &Answer::Code(0x13D1));
        let call = rig.waiting("ApiGetNotify");
        assert_eq!(rig.calls[&call].handles, [rig.given("ApiCreateNotify")]);
        rig.indications(port);
        rig.reply("ApiGetNotify", &Answer::Event(filter.key(), ClusterChange::NODE_STATE, 4, "node1"));
        let expected = crate::rig::event(ClusterChange::NODE_STATE, 4, "node1", 7, filter);
        assert_eq!(rig.indications(port), [expected]);
    }
}

/// All candidates count as untried again.
///
/// Rows: 12.2/18
#[test]
fn s12_2_step_18_the_next_procedure_tries_all_candidates_again() {
    let mut rig = Rig::connected(Protocol::V3);
    rig.refuse("clu", 1722).refuse("node2", 1722);
    for _ in 0..2 {
        rig.break_connection(CODE);
        wait(&mut rig);
        assert_eq!(connects(&rig.log()), ["clu", "node2", "node1"]);
    }
}

/// Rows: 12.2/nested
#[test]
fn s12_2_failures_inside_never_start_another_procedure() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    add_any(&mut rig, port, PortVersion::V1);
    for method in ["ApiGetClusterName", "ApiOpenCluster", "ApiCreateNotify", "ApiAddNotifyCluster"] {
        rig.forget();
        rig.once(method, Answer::Code(0x13D0));
        rig.break_connection(CODE);
        wait(&mut rig);
        let begun = rig.notices.iter().filter(|notice| matches!(notice, Notice::Reconnecting { .. }));
        assert_eq!(begun.count(), 1, "{method}");
    }
}

/// The wait before each attempt but the first, over two rounds.
///
/// Rows: 12.2/backoff
#[test]
fn s12_2_attempts_wait_longer_and_longer() {
    let mut rig = Rig::connected_with(config(Protocol::V3, 2));
    for server in ["clu", "node1", "node2"] {
        rig.refuse(server, 0x6BB);
    }
    let mut waits = Vec::new();
    rig.break_connection(CODE);
    while let Some(until) = rig.client.poll_timeout() {
        let wait = until.since(rig.now).as_millis();
        waits.push(wait);
        rig.pass_time(u64::try_from(wait).unwrap());
    }
    assert_eq!(waits, [100, 200, 350, 350, 350]);
    assert_eq!(connects(&rig.log()), ["clu", "node2", "node1", "clu", "node2", "node1"]);
    assert_eq!(rig.notices.last(), Some(&Notice::Lost { code: CODE }));
}

/// A server whose procedure works and whose methods do not is not asked without rest.
///
/// Rows: 12.2/backoff
#[test]
fn s12_2_a_reconnect_that_brings_nothing_makes_the_next_wait() {
    let mut rig = Rig::connected_with(config(Protocol::V3, 1));
    rig.always("ApiOpenGroup", Answer::Code(0x13D0));
    rig.client.open(ObjectKind::Group, "g");
    rig.run();
    let mut waits = Vec::new();
    for _ in 0..3 {
        let wait = rig.client.poll_timeout().unwrap().since(rig.now).as_millis();
        waits.push(wait);
        rig.pass_time(u64::try_from(wait).unwrap());
    }
    assert_eq!(waits, [100, 200, 350]);
    rig.always("ApiOpenGroup", Answer::Ok);
    rig.pass_time(350);
    assert!(matches!(rig.notices.last(), Some(Notice::Opened { .. })));
    rig.forget();
    rig.break_connection(CODE);
    assert_eq!(rig.log(), ["Free"], "a call that succeeds is not enough");
    rig.pass_time(350);
    rig.forget();
    rig.pass_time(350);
    rig.break_connection(CODE);
    assert_eq!(rig.log()[..2], ["Free", "Connect clu"], "it lasted");
}

/// Rows: 12.2/backoff
#[test]
fn s12_2_a_connection_that_brought_an_indication_is_followed_without_a_wait() {
    for (answer, waits) in [
        (Answer::Event(1, ClusterChange::GROUP_STATE, 0, "g"), false),
        (Answer::Event(1, ClusterChange::HANDLE_CLOSE, 0, "g"), true),
    ] {
        let mut rig = Rig::connected(Protocol::V3);
        let port = rig.port(PortVersion::V1);
        add_any(&mut rig, port, PortVersion::V1);
        rig.break_connection(CODE);
        rig.reply("ApiGetNotify", &answer);
        rig.break_connection(CODE);
        assert_eq!(rig.client.poll_timeout().is_some(), waits);
    }
}

/// Rows: 12.2/missing
#[test]
fn s12_2_an_object_that_is_gone_keeps_the_client_out_unless_told_otherwise() {
    for missing in [Missing::TryNext, Missing::Forget] {
        let mut config = config(Protocol::V3, 1);
        config.missing = missing;
        let mut rig = Rig::connected_with(config);
        let object = rig.open(ObjectKind::Group, "g");
        let port = rig.port(PortVersion::V1);
        let events = ClusterChange::GROUP_STATE;
        let filter = rig.client.add_filter(port, Target::Object(object), events, false, 1).unwrap();
        rig.run();
        rig.forget();
        rig.always("ApiOpenGroup", Answer::Code(0x1395));
        rig.break_connection(CODE);
        wait(&mut rig);
        let log = rig.log();
        let notices = rig.notices();
        if missing == Missing::TryNext {
            assert_eq!(connects(&log), ["clu", "node2", "node1"]);
            assert_eq!(notices.last(), Some(&Notice::Lost { code: CODE }));
            rig.client.close(object);
            rig.client.reconnect();
            rig.run();
            assert!(matches!(rig.notices.last(), Some(Notice::Reconnected { .. })));
        } else {
            assert_eq!(connects(&log), ["clu"]);
            let code = 0x1395;
            let told = [Notice::OpenFailed { object, code }, Notice::FilterFailed { port, filter, code }];
            assert_eq!(notices[1..3], told);
            assert!(matches!(notices[3..], [Notice::Reconnected { .. }]));
            assert_eq!(rig.client.statistics().filters, 0);
        }
    }
}
