//! Server states and access levels (MS-CMRP 3.1.1, 3.1.1.11, 3.1.3, 3.1.4.1, 3.1.4.2).

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol::{self, V2, V3};
use cmrp_port::server::AssociationId;

use crate::harness::{Bench, KINDS, both, v2, v3};
use crate::methods::{Method, everywhere, method};
use crate::reply::End;

const STATES: [ServerState; 5] = [
    ServerState::ReadWrite,
    ServerState::ReadOnly,
    ServerState::None,
    ServerState::ShuttingDown,
    ServerState::Stopped,
];
const LEVELS: [Option<Access>; 4] = [None, Some(Access::Read), Some(Access::ReadBackup), Some(Access::All)];

/// The codes that a call may end with, from sections 2.1 to 2.3 of the fact sheet and the tables of section 6; none
/// if it is accepted.
fn expected(
    method: &Method,
    protocol: Protocol,
    state: ServerState,
    level: Option<Access>,
) -> &'static [u32] {
    match (level, state) {
        (None, _) => &[5],
        (_, ServerState::None) => &[0x46],
        (_, ServerState::ShuttingDown) if protocol == V2 => &[0x45B, 0x4E7],
        (_, ServerState::ShuttingDown | ServerState::Stopped) => &[0x13D0, 0x13D1],
        (_, ServerState::ReadOnly) if !method.read_only.contains(&protocol) => &[0x46],
        (Some(Access::Read | Access::ReadBackup), _) if protocol == V2 => &[5],
        _ => &[],
    }
}

/// Makes the call of the table in this state and at this level.
fn outcome(method: &Method, protocol: Protocol, state: ServerState, level: Option<Access>) -> (Bench, End) {
    let mut bench = Bench::new(protocol, 0);
    let handles = bench.handles();
    bench.state(state);
    bench.access(level);
    let call = bench.invoke(method, |_, parameter| handles.of(parameter));
    if bench.waits(call) {
        assert!(method.is_get());
        bench.cancel(call);
    }
    let end = bench.end(call);
    (bench, end)
}

/// Every method, protocol version, state and level.
///
/// Rows: 2.1/1, 2.1/2, 2.1/3, 2.1/4, 2.2/1, 2.2/2, 2.2/3, 2.3/1, 2.3/3
#[test]
fn s2_1_to_s2_3_every_method_in_every_state_at_every_level() {
    for (method, protocol) in everywhere() {
        for (state, level) in STATES.iter().flat_map(|state| LEVELS.map(|level| (*state, level))) {
            let (bench, end) = outcome(method, protocol, state, level);
            let cell = format!("{} of {protocol:?}, {state:?}, {level:?}", method.name);
            match expected(method, protocol, state, level) {
                [] if end == End::Abandoned => assert!(method.is_get(), "{cell}"),
                [] => assert_eq!(end.result(), 0, "{cell}"),
                codes => assert!(codes.contains(&end.result()), "{cell}: {codes:x?}"),
            }
            let refused = if level.is_none() { vec![AssociationId(1)] } else { Vec::new() };
            assert_eq!(bench.refused, refused, "{cell}");
        }
    }
}

/// Rows: 2.4/2
#[test]
fn s2_4_a_refused_create_returns_a_null_handle() {
    let creates = everywhere().filter(|(method, _)| matches!(method.opnum, 55 | 137));
    for (method, protocol) in creates {
        for (state, level) in STATES.iter().flat_map(|state| LEVELS.map(|level| (*state, level))) {
            let (_, end) = outcome(method, protocol, state, level);
            let reply = end.reply();
            assert_eq!(reply.handle.is_null(), reply.result != 0, "{} {state:?} {level:?}", method.name);
        }
    }
}

/// Rows: 2.3/9
#[test]
fn s2_3_a_client_that_is_not_permitted_is_refused_and_its_connection_ended() {
    both(|bench| {
        bench.client(77);
        bench.access(None);
        assert_eq!(bench.create(55).result(), 5);
        assert_eq!(bench.refused, [AssociationId(77)]);
        bench.client(78);
        bench.access(Access::All);
        assert_eq!(bench.create(55).result(), 0);
        assert_eq!(bench.refused, [AssociationId(77)]);
    });
}

/// What a client may do can change between its calls.
///
/// Rows: 2.3/10, 2.3/6
#[test]
fn s2_3_the_check_is_made_at_each_call() {
    both(|bench| {
        let port = bench.port();
        bench.access(None);
        let call = bench.get(port);
        assert_eq!(bench.result(call), 5);
        assert_eq!(bench.create(55).result(), 5);
        assert_eq!(bench.refused.len(), 2);
        bench.access(Access::All);
        assert_eq!(bench.close(port).result(), 0);
    });
}

/// The answer goes out before the connection is ended.
///
/// Rows: 2.3/9
#[test]
fn s2_3_the_refused_client_gets_its_answer_first() {
    use cmrp_port::server::{CallId, Output};
    let mut bench = Bench::new(V3, 0);
    bench.access(None);
    let request = cmrp::clusapi3::ApiCreateNotifyRequest {};
    let states = crate::harness::States::default();
    let call = CallId(5);
    let handled = bench.server.handle_v3(bench.now, bench.caller, call, &request.into(), &states);
    assert_eq!(handled, cmrp_port::server::Handled::Taken);
    assert!(matches!(bench.server.poll_output(), Some(Output::Response { call: CallId(5), .. })));
    let end = bench.server.poll_output();
    assert!(matches!(end, Some(Output::EndConnection { association: AssociationId(1) })));
    assert!(bench.server.poll_output().is_none());
}

/// Rows: 2.2/1, 2.2/2, 2.2/3
#[test]
fn s2_2_calls_that_wait_end_when_the_node_stops_being_active() {
    for (protocol, state, codes) in [
        (V2, ServerState::ShuttingDown, [0x45B, 0x4E7]),
        (V2, ServerState::Stopped, [0x13D0, 0x13D1]),
        (V3, ServerState::ShuttingDown, [0x13D0, 0x13D1]),
        (V3, ServerState::Stopped, [0x13D0, 0x13D1]),
    ] {
        let mut bench = Bench::new(protocol, 0);
        let port = bench.port();
        let mut calls = vec![bench.get(port), bench.get_within(port, 10)];
        if protocol == V3 {
            let port_v2 = bench.port_v2();
            calls.extend([bench.get_async(port), bench.get_v2(port_v2)]);
        }
        bench.state(state);
        for call in calls {
            assert!(codes.contains(&bench.result(call)), "{protocol:?} {state:?}");
        }
        assert_eq!(bench.server.statistics().waiting, 0);
    }
}

/// The state is looked at before handles and parameters are.
///
/// Rows: 2.1/4
#[test]
fn s2_1_the_state_is_checked_before_any_work() {
    for (method, protocol) in everywhere() {
        let mut bench = Bench::new(protocol, 0);
        bench.state(ServerState::None);
        let nobody = crate::forged::token(1);
        let call = bench.invoke(method, |_, _| nobody);
        assert_eq!(bench.result(call), 0x46, "{}", method.name);
        bench.access(None);
        let call = bench.invoke(method, |_, _| nobody);
        assert_eq!(bench.result(call), 5, "{}", method.name);
    }
}

/// Rows: 2.3/1
#[test]
fn s2_3_protocol_2_checks_the_level_before_the_handles() {
    v2(|bench| {
        bench.access(Access::ReadBackup);
        for (method, _) in everywhere().filter(|(_, protocol)| *protocol == V2) {
            let call = bench.invoke(method, |_, _| crate::forged::token(1));
            assert_eq!(bench.result(call), 5, "{}", method.name);
        }
    });
}

/// Rows: 2.3/2
#[test]
fn s2_3_each_level_includes_those_below() {
    assert!(Access::Read < Access::ReadBackup && Access::ReadBackup < Access::All);
    v3(|bench| {
        let port = bench.port();
        for level in [Access::Read, Access::ReadBackup, Access::All] {
            bench.access(level);
            assert_eq!(bench.add_cluster(port, 1, 1), 0);
        }
    });
}

/// Rows: 2.3/4
#[test]
fn s2_3_six_kinds_of_handle_store_a_level() {
    use ObjectKind::{Cluster, Group, NetInterface, Network, Node, Resource};
    let storing: Vec<ObjectKind> = KINDS.into_iter().filter(|kind| kind.stores_access()).collect();
    assert_eq!(storing, [Cluster, Node, Group, Resource, Network, NetInterface]);
    v3(|bench| {
        for level in [Access::Read, Access::ReadBackup, Access::All] {
            for kind in storing.clone() {
                let client = bench.caller.association;
                let token = bench.server.open(client, V3, &Object::new(kind, "X"), level).unwrap();
                assert_eq!(bench.server.object(client, V3, token), Some((&Object::new(kind, "X"), level)));
            }
        }
    });
}

/// Rows: 2.3/7, 2.3/8
#[test]
fn s2_3_what_a_request_for_read_grants() {
    assert_eq!(Access::grant(1, Some(Access::Read)), Ok(Access::Read));
    assert_eq!(Access::grant(1, Some(Access::ReadBackup)), Ok(Access::ReadBackup));
    assert_eq!(Access::grant(1, Some(Access::All)), Ok(Access::Read));
    for desired in [0, 1, 3, 0x8000_0000, 0x1000_0000, 0x0200_0000] {
        assert_eq!(Access::grant(desired, None), Err(5), "{desired:#x}");
    }
}

/// Rows: 2.3/5
#[test]
fn s2_3_a_level_that_is_stored_is_not_checked_afresh() {
    v3(|bench| {
        let (port, group) = (bench.port(), bench.object(ObjectKind::Group, "G"));
        bench.access(Access::Read);
        bench.add(port, group, 0x1000, 1);
        assert_eq!(method(59).name, "ApiAddNotifyGroup");
    });
}

/// Rows: 2.2/1, 2.2/2, 2.2/3
#[test]
fn s2_2_the_codes_make_a_client_look_for_another_server() {
    for (protocol, state) in
        [V2, V3].into_iter().flat_map(|protocol| [(protocol, STATES[3]), (protocol, STATES[4])])
    {
        let (_, end) = outcome(method(55), protocol, state, Some(Access::All));
        assert!(cmrp_port::status::starts_reconnect(protocol, end.result()), "{protocol:?} {state:?}");
    }
}
