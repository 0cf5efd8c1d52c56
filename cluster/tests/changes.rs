//! Changes as lines of JSON: the documented schema, and what is said of lines that are none.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cmrp_cluster::change::{Change, ChangeError, MOST_OCTETS, Scheduled, read_line};
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::{InterfaceState, NetworkState, NodeState};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::event::Event;
use cmrp_cluster::store::faults;
use cmrp_port::time::Instant;

/// The lines of the examples in the documentation.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/changes.md")).unwrap();
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

fn kind(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    value["change"].as_str().unwrap().to_owned()
}

/// All kinds that there are, as serde lists them.
fn kinds() -> BTreeSet<String> {
    let message = serde_json::from_str::<Change>("{\"?\":{}}").unwrap_err().to_string();
    message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_kind_has_an_example_and_a_row() {
    let examples: BTreeSet<String> = documented().iter().map(|line| kind(line)).collect();
    assert_eq!(examples, kinds());
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/changes.md")).unwrap();
    for kind in kinds() {
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn the_examples_read_and_write_back_word_for_word() {
    for line in documented() {
        let read: Scheduled = line.parse().unwrap_or_else(|problem| panic!("{line}\n{problem}"));
        let expected: serde_json::Value = serde_json::from_str(&line).unwrap();
        let written = read.to_string();
        assert_eq!(written.parse::<Scheduled>().unwrap(), read, "{line}");
        let mut again: serde_json::Value = serde_json::from_str(&written).unwrap();
        if expected.get("after").is_some() {
            again["after"] = expected["after"].clone();
        }
        assert_eq!(again, expected);
    }
}

#[test]
fn comments_and_empty_lines_are_none() {
    for line in ["", "  ", "# {\"change\":\"node_down\"}", "\r"] {
        assert_eq!(read_line(line), Ok(None), "{line}");
    }
    assert!(read_line(" {\"change\":\"quorum\",\"held\":true}\r").unwrap().is_some());
}

#[test]
fn each_mistake_has_its_place_and_advice() {
    for (line, told) in [
        (
            "{\"change\":\"node_dwon\",\"node\":\"n\"}",
            "line 1, column 11: unknown change `node_dwon` (did you mean `node_down`?)",
        ),
        (
            "{\"change\":\"node_down\",\"nod\":\"n\"}",
            "line 1, column 23: unknown field `nod`, expected `node` (did you mean `node`?)",
        ),
        ("{\"change\":\"node_down\"}", "line 1, column 1: missing field `node`"),
        (
            "{\"change\":\"node_down\",\"node\":7}",
            "line 1, column 30: invalid type: integer `7`, expected a string",
        ),
        ("{\"change\":7,\"node\":\"n\"}", "line 1, column 11: `change` must be a string"),
        (
            "{\"chnage\":\"node_down\",\"node\":\"n\"}",
            "line 1, column 1: `change` is missing (is `chnage` meant to be `change`?)",
        ),
        ("{\"node\":\"n\"}", "line 1, column 1: `change` is missing"),
        (
            "{\"change\":\"node_down\",\"node\":\"a\",\"node\":\"b\"}",
            "line 1, column 34: `node` stands there twice",
        ),
        (
            "{\"change\":\"node_down\",\"node\":\"n\",\"after\":5}",
            "line 1, column 42: `after` must be a string such as \"1.5s\"",
        ),
        (
            "{\"change\":\"node_down\",\"node\":\"n\",\"after\":\"5d\"}",
            "line 1, column 42: `5d` is no duration",
        ),
        (
            "{\"change\":\"network_state\",\"network\":\"n\",\"state\":\"upp\"}",
            "line 1, column 49: unknown variant `upp`, expected one of `down`, `partitioned`, `up` (did you mean `up`?)",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"grup\":\"g\"},\"property\":\"p\",\"value\":1}",
            "unknown variant `grup`",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"group\":\"g\"},\"property\":\"p\",\"value\":-1}",
            "line 1, column 68: -1 is below 0: write { long = -1 }",
        ),
        (
            "{\"change\":\"property_set\",\"of\":\"cluster\",\"property\":\"p\",\"value\":{\"qwrod\":1}}",
            "unknown field `qwrod`, expected one of `qword`, `long`, `expand`, `binary` (did you mean `qword`?)",
        ),
        (
            "{\"change\":\"quorum\",\"held\":\"no\"}",
            "line 1, column 27: invalid type: string \"no\", expected a boolean",
        ),
        (
            "{\"change\":\"node_down\"",
            "line 1, column 21: EOF while parsing an object (a change is a JSON object such as",
        ),
        ("[]", "line 1, column 1: invalid type: sequence, expected a map (a change is a JSON object"),
        ("node_down node2", "line 1, column 2: expected ident (a change is a JSON object"),
        ("{} {}", "line 1, column 4: trailing characters"),
    ] {
        let problem = line.parse::<Scheduled>().expect_err(line).to_string();
        assert!(problem.contains(told), "{line}\n{problem}\n{told}");
    }
}

#[test]
fn a_line_that_nests_deeply_or_never_ends_is_refused() {
    let deep = format!("{{\"change\":\"quorum\",\"held\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(deep.parse::<Scheduled>().unwrap_err().to_string().contains("recursion limit"));
    let long = " ".repeat(MOST_OCTETS + 1);
    assert!(long.parse::<Scheduled>().unwrap_err().to_string().contains("at most 1048576 octets"));
}

#[test]
fn no_text_makes_reading_panic() {
    let mut random = cmrp_cluster::life::Random::new(11);
    let lines = documented();
    for _ in 0..20_000 {
        let mut octets = random.pick(&lines).unwrap().clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(octets.len());
            match random.below(3) {
                0 => drop(octets.remove(at)),
                1 => octets[at] = b"\"{}[]:,\\u0ne"[random.below(12)],
                _ => octets.insert(at, u8::try_from(random.below(128)).unwrap()),
            }
        }
        let Ok(line) = String::from_utf8(octets) else { continue };
        if let Err(problem) = read_line(&line) {
            assert!(problem.span.end <= line.len() && problem.line <= 2, "{line:?} {problem:?}");
        }
    }
}

/// A cluster whose transitions take no time.
fn cluster() -> Embedded {
    Embedded::new(Definition::from_text(DEFAULT).unwrap().state(0), Config::default())
}

/// Makes a change, and takes the events that it leads to.
fn happen(cluster: &mut Embedded, line: &str) -> Result<Vec<Event>, ChangeError> {
    let scheduled: Scheduled = line.parse().unwrap();
    cluster.change(Instant::ORIGIN, &scheduled.change)?;
    Ok(std::iter::from_fn(|| cluster.next_event()).collect())
}

#[test]
fn the_documented_story_happens_to_the_default_cluster() {
    let mut cluster = cluster();
    for line in documented() {
        let before = cluster.state().clone();
        let events = happen(&mut cluster, &line).unwrap_or_else(|error| panic!("{line}\n{error}"));
        assert!(*cluster.state() != before, "{line} changes nothing");
        assert_eq!(faults(cluster.state()), Vec::<String>::new(), "{line}");
        let silent = line.contains("group_set_created");
        assert_eq!(events.is_empty(), silent, "{line}");
    }
    assert_eq!(cluster.name(), "CLUSTER2");
    assert_eq!(cluster.state().resources.len(), 13);
}

#[test]
fn what_is_not_there_is_told_with_advice_and_changes_nothing() {
    let mut cluster = cluster();
    let before = cluster.state().clone();
    for (line, told) in [
        (
            "{\"change\":\"node_down\",\"node\":\"nod1\"}",
            "there is no node \"nod1\" (did you mean \"node1\"?)",
        ),
        ("{\"change\":\"node_up\",\"node\":\"node1\"}", "ERROR_CLUSTER_NODE_UP (5056)"),
        (
            "{\"change\":\"group_moved\",\"group\":\"Fil Server\"}",
            "there is no group \"Fil Server\" (did you mean \"File Server\"?)",
        ),
        ("{\"change\":\"group_moved\",\"group\":\"File Server\",\"to\":\"x\"}", "there is no node \"x\""),
        ("{\"change\":\"group_deleted\",\"group\":\"File Server\"}", "ERROR_DIR_NOT_EMPTY (145)"),
        ("{\"change\":\"group_created\",\"group\":\"FILE server\"}", "ERROR_OBJECT_ALREADY_EXISTS (5010)"),
        ("{\"change\":\"resource_failed\",\"resource\":\"Cluster Disk 4\"}", "ERROR_RESMON_INVALID_STATE"),
        ("{\"change\":\"resource_deleted\",\"resource\":\"SQL Server\"}", "ERROR_RESOURCE_ONLINE"),
        (
            "{\"change\":\"dependency_added\",\"resource\":\"Cluster Disk 2\",\"on\":\"File Server\"}",
            "ERROR_CIRCULAR_DEPENDENCY",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"type\":\"Fle Server\"},\"property\":\"x\",\"value\":1}",
            "there is no type \"Fle Server\" (did you mean \"File Server\"?)",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"group\":\"File Server\"},\"property\":\"Priority\",\"value\":\"high\"}",
            "ERROR_INVALID_PARAMETER",
        ),
        (
            "{\"change\":\"registry_value_deleted\",\"key\":\"Software\\\\Example\",\"value\":\"x\"}",
            "ERROR_FILE_NOT_FOUND",
        ),
        ("{\"change\":\"registry_key_deleted\",\"key\":\"Software\"}", "ERROR_ACCESS_DENIED"),
        ("{\"change\":\"group_set_deleted\",\"group_set\":\"Databases\"}", "ERROR_DIR_NOT_EMPTY"),
        (
            "{\"change\":\"group_set_joined\",\"group_set\":\"Database\",\"group\":\"File Server\"}",
            "did you mean \"Databases\"?",
        ),
        (
            "{\"change\":\"group_set_left\",\"group_set\":\"Databases\",\"group\":\"File Server\"}",
            "ERROR_NOT_FOUND (1168)",
        ),
        ("{\"change\":\"type_deleted\",\"type\":\"File Server\"}", "ERROR_DIR_NOT_EMPTY"),
    ] {
        let error = happen(&mut cluster, line).expect_err(line).to_string();
        assert!(error.contains(told), "{line}\n{error}");
        assert!(*cluster.state() == before, "{line}");
        assert!(cluster.next_event().is_none(), "{line}");
    }
}

#[test]
fn objects_can_be_given_by_id() {
    let mut cluster = cluster();
    let id = cluster.state().group("File Server").unwrap().0.clone();
    happen(&mut cluster, &format!("{{\"change\":\"group_renamed\",\"group\":\"{id}\",\"to\":\"Files\"}}"))
        .unwrap();
    assert_eq!(cluster.state().groups[&id].name, "Files");
    happen(&mut cluster, "{\"change\":\"node_down\",\"node\":\"2\"}").unwrap();
    assert_eq!(cluster.state().node("node2").unwrap().1.state, NodeState::Down);
}

#[test]
fn a_network_is_partitioned_by_cutting_off_one_interface_and_mended_as_a_whole() {
    let mut cluster = cluster();
    let line = |state: &str| {
        format!("{{\"change\":\"network_state\",\"network\":\"Cluster Network 1\",\"state\":\"{state}\"}}")
    };
    let state = |cluster: &Embedded| cluster.state().network("Cluster Network 1").unwrap().1.state;
    let interface = |cluster: &Embedded| cluster.state().interface("node2 - Ethernet").unwrap().1.state;
    for (told, network, second) in [
        ("partitioned", NetworkState::Partitioned, InterfaceState::Failed),
        ("down", NetworkState::Down, InterfaceState::Failed),
        ("up", NetworkState::Up, InterfaceState::Up),
        ("down", NetworkState::Down, InterfaceState::Unreachable),
        ("up", NetworkState::Up, InterfaceState::Up),
    ] {
        happen(&mut cluster, &line(told)).unwrap();
        assert_eq!((state(&cluster), interface(&cluster)), (network, second), "{told}");
    }
    happen(&mut cluster, "{\"change\":\"node_down\",\"node\":\"node2\"}").unwrap();
    assert!(happen(&mut cluster, &line("partitioned")).is_err(), "one node is not cut off from itself");
}
