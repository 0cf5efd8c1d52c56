//! The graph of handles, held against the table of the specification.
#![cfg(test)]

mod support;

use cmrp_traffic::graph::{Dot, Graph};
use cmrp_traffic::message::Protocol;
use serde_json::Value;
use support::table;

#[test]
fn operations_need_and_yield_what_the_specification_says() {
    for protocol in Protocol::ALL {
        let graph = Graph::of(protocol);
        let rows = table(protocol);
        assert_eq!(rows.len(), protocol.operations().len());
        for (opnum, row) in (0..).zip(rows) {
            let handles = graph.use_of(opnum);
            assert_eq!(handles.needs, row.needs, "{}", row.operation);
            assert_eq!(handles.yields, row.yields, "{}", row.operation);
            assert_eq!(handles.closes, row.closes, "{}", row.operation);
        }
    }
}

#[test]
fn what_can_be_called_is_what_is_not_reserved() {
    for protocol in Protocol::ALL {
        let rows = table(protocol);
        let callable = (0..).zip(&rows).filter(|(_, row)| !row.is_reserved);
        let expected: Vec<u16> = callable.map(|(opnum, _)| opnum).collect();
        assert_eq!(protocol.callable().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn every_handle_that_is_needed_is_yielded_by_something_within_reach() {
    for protocol in Protocol::ALL {
        let graph = Graph::of(protocol);
        assert!(graph.kinds().len() >= 8, "{:?}", graph.kinds());
        for kind in graph.kinds() {
            assert!(graph.depth(kind).is_some(), "{kind}");
            assert!(graph.yielding(kind).next().is_some(), "{kind}");
        }
        assert_eq!(graph.depth("HCLUSTER_RPC"), Some(0));
        assert_eq!(graph.depth("HNOTHING_RPC"), None);
    }
    // A batch port takes a key, which takes a call of its own (MS-CMRP 3.1.4.2.29, 3.1.4.2.112).
    assert_eq!(Graph::of(Protocol::V3).depth("HBATCH_PORT_RPC"), Some(1));
}

#[test]
fn the_json_form_has_both_views() {
    let graph = Graph::of(Protocol::V3);
    let shown = serde_json::to_value(graph).unwrap();
    let of_kind =
        |kind: &str| shown["handles"].as_array().unwrap().iter().find(|entry| entry["kind"] == kind);
    let port = of_kind("HNOTIFY_RPC").unwrap();
    assert_eq!(port["yielded_by"], serde_json::json!(["ApiCreateNotify", "ApiCreateNotifyV2"]));
    assert_eq!(port["closed_by"], serde_json::json!(["ApiCloseNotify"]));
    // Every kind but ports of either sort opens HGENERIC_RPC.
    let generic = of_kind("HGENERIC_RPC").unwrap();
    assert_eq!(generic["needed_by"], serde_json::json!(["ApiAddNotifyV2"]));
    let opens = generic["yielded_by"].as_array().unwrap();
    assert!(
        opens.contains(&Value::from("ApiOpenGroupSet")) && !opens.contains(&Value::from("ApiCreateNotify"))
    );
    let add =
        shown["operations"].as_array().unwrap().iter().find(|entry| entry["operation"] == "ApiAddNotifyV2");
    assert_eq!(add.unwrap()["needs"], serde_json::json!(["HNOTIFY_RPC", "HGENERIC_RPC"]));
}

#[test]
fn the_dot_form_has_an_arrow_for_each_handle() {
    let graph = Graph::of(Protocol::V3);
    let text = Dot(&graph).to_string();
    let arrows: usize =
        table(Protocol::V3).iter().map(|row| row.needs.len().saturating_add(row.yields.len())).sum();
    // Eight kinds open HGENERIC_RPC.
    assert_eq!(text.matches(" -> ").count(), arrows.saturating_add(8));
    assert!(text.starts_with("digraph clusapi3 {\n") && text.ends_with("}\n"));
    assert!(text.contains("\n  ApiOpenKey -> HKEY_RPC;\n"), "{text}");
    assert!(text.contains("\n  HKEY_RPC -> ApiCloseKey [style=dashed];\n"), "{text}");
    assert!(text.contains("\n  HKEY_RPC -> HGENERIC_RPC [style=dotted];\n"), "{text}");
}
