//! Codes that start the reconnect procedure: section 12.1.

use cmrp_port::client::{Notice, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use cmrp::cluster_change::ClusterChange;

use crate::answer::Answer;
use crate::ports::{BOTH, add_any};
use crate::rig::Rig;

/// Code, and whether it starts the procedure in protocol version 2 and in 3.
const CODES: [(u32, bool, bool); 24] = [
    (0x006, true, false),
    (0x45B, true, false),
    (0x4E7, true, false),
    (0x6A6, true, true),
    (0x6B5, true, true),
    (0x6BA, true, true),
    (0x6BB, true, true),
    (0x6BE, true, true),
    (0x6BF, true, true),
    (0x6D3, true, true),
    (0x6D9, true, true),
    (0x6EF, true, true),
    (0x721, false, true),
    (0x13BA, false, true),
    (0x13D0, true, true),
    (0x13D1, true, true),
    // And some that start it in neither.
    (0x001, false, false),
    (0x005, false, false),
    (0x008, false, false),
    (0x046, false, false),
    (0x057, false, false),
    (0x103, false, false),
    (0x6D1, false, false),
    (0x1395, false, false),
];

fn starts(protocol: Protocol, (_, v2, v3): (u32, bool, bool)) -> bool {
    if protocol == Protocol::V2 { v2 } else { v3 }
}

fn reconnected(rig: &mut Rig) -> bool {
    rig.notices().iter().any(|notice| matches!(notice, Notice::Reconnecting { .. }))
}

/// Rows: 12.1/0x006, 12.1/0x45B, 12.1/0x4E7, 12.1/0x6A6, 12.1/0x6B5, 12.1/0x6BA, 12.1/0x6BB, 12.1/0x6BE
/// Rows: 12.1/0x6BF, 12.1/0x6D3, 12.1/0x6D9, 12.1/0x6EF, 12.1/0x721, 12.1/0x13BA, 12.1/0x13D0, 12.1/0x13D1
/// Rows: 12.1/unlisted
#[test]
fn s12_1_the_codes_of_a_get_call() {
    for protocol in BOTH {
        for case in CODES {
            for answer in [Answer::Code(case.0), Answer::Failure(case.0)] {
                let mut rig = Rig::connected(protocol);
                let port = rig.port(PortVersion::V1);
                add_any(&mut rig, port, PortVersion::V1);
                rig.forget();
                rig.reply("ApiGetNotify", &answer);
                assert_eq!(reconnected(&mut rig), starts(protocol, case), "{protocol:?} {:#x}", case.0);
            }
        }
    }
}

/// The procedure leads back to the failed method, which is run again; other codes fail it.
///
/// Rows: 12.1/status, 12.2/18
#[test]
fn s12_1_status_decides_for_methods_that_return_handles() {
    for protocol in BOTH {
        for case in CODES {
            let mut rig = Rig::connected(protocol);
            rig.once("ApiCreateNotify", Answer::Code(case.0)).once("ApiOpenGroup", Answer::Code(case.0));
            let port = rig.port(PortVersion::V1);
            let reconnecting = starts(protocol, case);
            let notices = rig.notices();
            assert_eq!(notices.contains(&Notice::PortCreated { port }), reconnecting, "{:#x}", case.0);
            assert_eq!(notices.contains(&Notice::PortFailed { port, code: case.0 }), !reconnecting);

            rig.pass_time(60_000);
            let object = rig.open(ObjectKind::Group, "g");
            rig.pass_time(60_000);
            let notices = rig.notices();
            let opened = notices.iter().any(|notice| matches!(notice, Notice::Opened { .. }));
            assert_eq!(opened, reconnecting);
            assert_eq!(notices.contains(&Notice::OpenFailed { object, code: case.0 }), !reconnecting);
        }
    }
}

/// Rows: 12.1/result, 12.2/18
#[test]
fn s12_1_the_result_decides_for_the_others() {
    for protocol in BOTH {
        for case in CODES {
            let mut rig = Rig::connected(protocol);
            let port = rig.port(PortVersion::V1);
            let node = rig.open(ObjectKind::Node, "n");
            rig.forget();
            rig.once("ApiAddNotifyNode", Answer::Code(case.0));
            let target = Target::Object(node);
            let filter = rig.client.add_filter(port, target, ClusterChange::NODE_STATE, false, 1).unwrap();
            rig.run();
            let notices = rig.notices();
            let added = notices.iter().any(|notice| matches!(notice, Notice::FilterAdded { .. }));
            assert_eq!(added, starts(protocol, case), "{:#x}", case.0);
            let failed = Notice::FilterFailed { port, filter, code: case.0 };
            assert_eq!(notices.contains(&failed), !starts(protocol, case));
        }
    }
}

/// Rows: 12.1/unblock
#[test]
fn s12_1_unblock_starts_it_and_the_port_is_closed_by_it() {
    for protocol in BOTH {
        for case in CODES {
            let mut rig = Rig::connected(protocol);
            let port = rig.port(PortVersion::V1);
            add_any(&mut rig, port, PortVersion::V1);
            rig.forget();
            rig.once("ApiUnblockGetNotifyCall", Answer::Code(case.0));
            rig.client.close_port(port);
            rig.run();
            assert!(rig.notices.contains(&Notice::PortClosed { port }));
            assert_eq!(reconnected(&mut rig), starts(protocol, case), "{:#x}", case.0);
            let log = rig.log();
            assert!(
                !log.contains(&"ApiCreateNotify".into()),
                "a port that is being closed is not made again"
            );
        }
    }
}

/// Rows: 12.1/close, 12.1/closed
#[test]
fn s12_1_close_methods_do_not_start_it() {
    for protocol in BOTH {
        for (code, ..) in CODES {
            let mut rig = Rig::connected(protocol);
            let port = rig.port(PortVersion::V1);
            let object = rig.open(ObjectKind::Resource, "r");
            rig.forget();
            rig.once("ApiCloseNotify", Answer::Code(code)).once("ApiCloseResource", Answer::Code(code));
            rig.client.close_port(port);
            rig.client.close(object);
            rig.run();
            assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
            assert_eq!(rig.client.statistics().objects, 0, "the handle is not used any more");
        }
    }
}

/// The close may overtake the get call, which then ends with anything.
///
/// Rows: 12.1/closing
#[test]
fn s12_1_no_code_of_a_get_call_starts_it_while_the_port_is_closing() {
    for protocol in BOTH {
        for (code, ..) in CODES {
            for answer in [Answer::Code(code), Answer::Failure(code)] {
                let mut rig = Rig::connected(protocol);
                let port = rig.port(PortVersion::V1);
                add_any(&mut rig, port, PortVersion::V1);
                rig.forget();
                rig.once("ApiUnblockGetNotifyCall", Answer::Hold);
                rig.client.close_port(port);
                rig.run();
                rig.reply("ApiGetNotify", &answer);
                assert_eq!(rig.notices(), [], "{code:#x}");
                rig.reply("ApiUnblockGetNotifyCall", &Answer::Ok);
                assert_eq!(rig.notices(), [Notice::PortClosed { port }]);
            }
        }
    }
}

/// A connection that breaks under a waiting client is the failure of all its calls.
///
/// Rows: 12.1/0x6BE
#[test]
fn s12_1_a_broken_connection_starts_it_whatever_the_code() {
    for code in [0x6BE, 0x6BA, 5, 0] {
        let mut rig = Rig::connected(Protocol::V3);
        rig.break_connection(code);
        assert_eq!(rig.notices[0], Notice::Reconnecting { code });
        assert!(matches!(rig.notices[1..], [Notice::Reconnected { .. }]));
    }
}

/// The runtime of the client fills `rpc_status` itself when there is something to tell; what a server puts there is
/// no failure.
///
/// Rows: 12.1/result
#[test]
fn s12_1_rpc_status_is_not_looked_at() {
    let mut rig = Rig::connected(Protocol::V3);
    let port = rig.port(PortVersion::V1);
    rig.once("ApiAddNotifyCluster", Answer::Hold);
    let filter = add_any(&mut rig, port, PortVersion::V1);
    let call = rig.waiting("ApiAddNotifyCluster");
    rig.calls.remove(&call);
    let response = cmrp::clusapi3::ApiAddNotifyClusterResponse { rpc_status: 0x6BA, return_value: 0 };
    rig.client.handle_v3(rig.now, call, &response.into());
    rig.run();
    assert!(rig.notices.contains(&Notice::FilterAdded { port, filter, state_sequence: None }));
}
