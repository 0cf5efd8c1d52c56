use cmrp_net::client::PortVersion;
use prometheus_client::encoding::text::encode;

use super::registry;
use crate::time::Time;
use crate::watch::about::About;
use crate::watch::board::Board;
use crate::watch::condition::Condition;
use crate::watch::news::{Event, News, What};
use cmrp_port::object::ObjectKind;

fn news(what: What) -> News {
    News { time: Time::new(0, 0), what }
}

fn board() -> Board {
    let board = Board::default();
    board.note(&news(What::Connected { server: "node1".to_owned(), cluster: "C".to_owned() }));
    {
        let picture = &mut board.lock().picture;
        picture.note(ObjectKind::Node, "node1", Condition::of(0));
        picture.note(ObjectKind::Node, "NODE2", Condition::of(2));
        let owned = |state, group: Option<&str>| Condition {
            state,
            owner: Some("node2".to_owned()),
            group: group.map(str::to_owned),
        };
        picture.note(ObjectKind::Group, "SQL \"x\"\n\\", owned(3, None));
        picture.note(ObjectKind::Resource, "Disk 1", owned(0x81, Some("SQL")));
        picture.types.insert("Disk 1".to_owned(), "Physical Disk".to_owned());
        picture.note(ObjectKind::Network, "Net", Condition::of(0xFFFF_FFFF));
        picture.note(ObjectKind::NetInterface, "If", Condition::of(1));
    }
    let event = Event {
        version: PortVersion::V1,
        about: About::Group,
        name: "SQL".to_owned(),
        changes: vec!["GROUP_STATE".to_owned()],
        flags: 0x1000,
        watched: None,
        transition: None,
        sequence: Some(1),
        details: None,
    };
    board.note(&news(What::Event(Box::new(event))));
    board.note(&news(What::Reconnecting { code: 1726 }));
    board.note(&news(What::AttemptFailed { server: "node1".to_owned(), code: 1722 }));
    board.note(&news(What::Reconnected { server: "node2".to_owned() }));
    board
}

/// The samples: what is behind the time changes.
fn samples(board: &Board) -> Vec<String> {
    let mut text = String::new();
    encode(&mut text, &registry(board.clone())).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines =
        lines.map(|line| if line.contains("seconds_since") { line.split(' ').next().unwrap() } else { line });
    lines.map(str::to_owned).collect()
}

#[test]
fn samples_are_named_as_by_the_exporters_of_the_field() {
    let expected = [
        r#"windows_mscluster_node_state{name="NODE2"} 2"#,
        r#"windows_mscluster_node_state{name="node1"} 0"#,
        r#"windows_mscluster_resourcegroup_state{name="SQL \"x\"\n\\"} 3"#,
        r#"windows_mscluster_resource_state{type="Physical Disk",owner_group="SQL",name="Disk 1"} 129"#,
        r#"windows_mscluster_network_state{name="Net"} -1"#,
        r#"windows_mscluster_netinterface_state{name="If"} 1"#,
        r#"windows_mscluster_resourcegroup_owner_node{node_name="NODE2",name="SQL \"x\"\n\\"} 1"#,
        r#"windows_mscluster_resourcegroup_owner_node{node_name="node1",name="SQL \"x\"\n\\"} 0"#,
        r#"windows_mscluster_resource_owner_node{type="Physical Disk",owner_group="SQL",node_name="NODE2",name="Disk 1"} 1"#,
        r#"windows_mscluster_resource_owner_node{type="Physical Disk",owner_group="SQL",node_name="node1",name="Disk 1"} 0"#,
        r#"cmrp_watch_connected{cluster="C",node="node2"} 1"#,
        "cmrp_watch_seconds_since_last_event",
        r#"cmrp_watch_events_total{object="group",event="GROUP_STATE"} 1"#,
        "cmrp_watch_reconnects_total 1",
        "cmrp_watch_failed_attempts_total 1",
        "cmrp_watch_failed_filters_total 0",
    ];
    assert_eq!(samples(&board()), expected);
}

#[test]
fn before_the_first_connection_there_are_no_states() {
    let expected = [
        r#"cmrp_watch_connected{cluster="",node=""} 0"#,
        "cmrp_watch_reconnects_total 0",
        "cmrp_watch_failed_attempts_total 0",
        "cmrp_watch_failed_filters_total 0",
    ];
    assert_eq!(samples(&Board::default()), expected);
}

#[test]
fn the_readme_has_all_metrics_with_their_labels() {
    let readme = include_str!("../../../README.md");
    let mut seen = std::collections::BTreeSet::new();
    for sample in samples(&board()) {
        let (name, rest) = sample.split_once(['{', ' ']).unwrap_or((&sample, ""));
        let labels =
            rest.split('}').next().unwrap_or_default().split(',').filter_map(|label| label.split_once('='));
        let labels: Vec<String> = labels.map(|(label, _)| format!("`{label}`")).collect();
        let row = format!("| `{name}` | {}", labels.join(", "));
        assert!(readme.contains(row.trim_end()), "{row}");
        seen.insert(name.to_owned());
    }
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `windows_mscluster_") || line.starts_with("| `cmrp_watch_"));
    assert_eq!(rows.count(), seen.len());
}
