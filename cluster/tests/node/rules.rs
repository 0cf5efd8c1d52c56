//! The table of what methods need, against the specification as the IDL tells it, and against what the node does.

use cmrp::clusapi3::{OPERATION_NAMES, Request};
use cmrp::ndr::{EncodeStub, Limits};
use cmrp_cluster::change::Change;
use cmrp_cluster::node::refused;
use cmrp_cluster::node::rule::{RULES, Rule, rule};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::protocol::Protocol;

use crate::rig::{ADMIN, Outcome, READER, Rig};

/// The text above each method in the IDL, on one line.
fn documented() -> Vec<(String, String)> {
    let idl = include_str!("../../../idl/clusapi3.idl");
    let mut methods = Vec::new();
    for part in idl.split("/**").skip(1) {
        let Some((text, code)) = part.split_once("*/") else { continue };
        let signature = code.split('(').next().unwrap_or_default();
        let name = signature.split_whitespace().last().unwrap_or_default().to_owned();
        let text: Vec<&str> = text.lines().map(|line| line.trim_start_matches([' ', '*']).trim()).collect();
        methods.push((name, text.join(" ")));
    }
    methods
}

#[test]
fn the_table_says_what_the_specification_says() {
    let documented = documented();
    let mut said = 0;
    for (name, rule) in RULES {
        let text =
            &documented.iter().find(|(method, _)| method == name).unwrap_or_else(|| panic!("{name}")).1;
        let section = format!("MS-CMRP 3.1.4.2.{} ", rule.section);
        assert!(format!("{text} ").contains(&section), "{name}: {text}");
        let closes = name.starts_with("ApiClose");
        // Lists of other objects than nodes need more, which the methods look at themselves.
        let looks = ["ApiCreateEnum", "ApiCreateEnumEx"].contains(name);
        if text.contains("read-only server state too") && !closes {
            assert_eq!(rule.state, ServerState::ReadOnly, "{name}");
            said += 1;
        }
        if text.contains("read/write server state only") && !looks {
            assert_eq!(rule.state, ServerState::ReadWrite, "{name}");
            said += 1;
        }
        if text.contains("needs the access level All") {
            assert_eq!(rule.level, Access::All, "{name}");
            said += 1;
        }
        if text.contains("needs the access level Read") {
            assert_eq!(rule.level, Access::Read, "{name}");
            said += 1;
        }
    }
    assert!(said >= 60, "{said}");
}

#[test]
fn the_table_has_all_methods_but_those_of_ports() {
    let missing: Vec<&&str> = OPERATION_NAMES
        .iter()
        .filter(|name| name.starts_with("Api") && !name.contains("Notify"))
        .filter(|name| RULES.iter().all(|(known, _)| known != *name))
        .collect();
    assert_eq!(missing, [&"ApiClusterNativeUpdateControl"]);
}

/// Requests that can be read from zeros: null handles, no flags.
fn plain() -> Vec<(u16, Request<'static>, Rule)> {
    let limits = Limits::DEFAULT;
    let request = |opnum| Request::decode(opnum, &[0; 64], cmrp::ndr::Format::NDR20_LE, &limits).ok();
    let requests = (0..265).filter_map(|opnum| Some((opnum, request(opnum)?)));
    requests.filter_map(|(opnum, request)| Some((opnum, request.clone(), rule(&request)?))).collect()
}

#[test]
fn the_node_asks_for_what_the_table_says() {
    let all = plain();
    assert!(all.len() > 80, "{}", all.len());
    let mut rig = Rig::new();
    let refused = |request: &Request<'_>, code| {
        Outcome::Stub(refused::response(request, code).unwrap().encode(cmrp::ndr::Format::NDR20_LE).unwrap())
    };
    for (opnum, request, rule) in &all {
        let outcome = rig.send(READER, Protocol::V3, *opnum, &[0; 64]).1;
        let denied = outcome == refused(request, 5);
        assert_eq!(denied, rule.caller_level() == Access::All, "{}: {outcome:?}", request.name());
    }
    rig.node.change(rig.now, &Change::NodeDown { node: "node1".into() }).unwrap();
    for (opnum, request, rule) in &all {
        let outcome = rig.send(ADMIN, Protocol::V3, *opnum, &[0; 64]).1;
        let stopped = outcome == refused(request, 0x13D0);
        assert_eq!(stopped, rule.state != ServerState::Stopped, "{}: {outcome:?}", request.name());
    }
}

#[test]
fn a_node_that_joins_serves_what_read_only_allows() {
    let join = std::time::Duration::from_secs(1);
    let timings = cmrp_cluster::embedded::Timings { join, ..Default::default() };
    let config = cmrp_cluster::embedded::Config { timings, ..Default::default() };
    let mut rig = Rig::of(crate::rig::default_state(), config);
    rig.node.change(rig.now, &Change::NodeDown { node: "node1".into() }).unwrap();
    rig.node.change(rig.now, &Change::NodeUp { node: "node1".into() }).unwrap();
    assert_eq!(rig.node.state(), ServerState::ReadOnly);
    for (opnum, request, rule) in plain() {
        let outcome = rig.send(ADMIN, Protocol::V3, opnum, &[0; 64]).1;
        let paused = refused::response(&request, 70).unwrap().encode(rig.format).unwrap();
        assert_eq!(
            outcome == Outcome::Stub(paused),
            rule.state == ServerState::ReadWrite,
            "{}",
            request.name()
        );
    }
    rig.advance(join);
    assert_eq!(rig.node.state(), ServerState::ReadWrite);
}
