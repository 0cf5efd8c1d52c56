use std::collections::BTreeSet;
use std::time::Duration;

use cmrp_net::client::PortVersion;
use cmrp_port::object::ObjectKind;

use super::line;
use crate::time::Time;
use crate::watch::about::About;
use crate::watch::condition::Condition;
use crate::watch::json;
use crate::watch::news::{Details, Event, News, What};
use crate::watch::picture::Transition;

fn news(what: What) -> News {
    News { time: Time::new(1_700_000_000, 5_000_000), what }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where there may be none")]
fn condition(state: u32, owner: &str) -> Option<Condition> {
    Some(Condition { state, owner: Some(owner.to_owned()), group: None })
}

fn event(old: Option<Condition>, new: Option<Condition>) -> Event {
    Event {
        version: PortVersion::V1,
        about: About::Group,
        name: "SQL\u{1b}".to_owned(),
        changes: vec!["GROUP_STATE".to_owned()],
        flags: 0x1000,
        watched: Some("cluster".to_owned()),
        transition: Some(Transition { kind: ObjectKind::Group, old, new }),
        sequence: Some(7),
        details: None,
    }
}

/// The line without its time.
fn text(what: What) -> String {
    let line = line(&news(what), false);
    let rest = line.strip_prefix("2023-11-14T22:13:20.005Z  ").expect("the time comes first");
    rest.to_owned()
}

#[test]
fn an_event_is_a_line_with_old_and_new_state() {
    let cases = [
        (condition(0, "node1"), condition(1, "node1"), "Online -> Offline, on node1"),
        (condition(0, "node1"), condition(0, "node2"), "Online, node1 -> node2"),
        (condition(0, "node1"), condition(4, "node 2"), "Online -> Pending, node1 -> \"node 2\""),
        (None, condition(2, "node1"), "? -> Failed, on node1"),
        (condition(0, "node1"), None, "Online -> gone"),
    ];
    for (old, new, expected) in cases {
        let text = text(What::Event(Box::new(event(old, new))));
        assert_eq!(text, format!("group \"SQL\\u{{1b}}\"  GROUP_STATE  {expected}"));
    }
    assert_eq!(text(What::Event(Box::new(event(None, None)))), "group \"SQL\\u{1b}\"  GROUP_STATE");
}

#[test]
fn resources_are_told_with_their_group_and_version_2_events_with_their_payload() {
    let mut event = event(condition(0, "a"), condition(2, "a"));
    event.about = About::Resource;
    if let Some(transition) = &mut event.transition {
        transition.kind = ObjectKind::Resource;
        transition.new.as_mut().unwrap().group = Some("SQL".to_owned());
        transition.old = condition(0x81, "a");
    }
    event.details = Some(Details {
        object_id: "id".to_owned(),
        parent_id: "parent".to_owned(),
        type_name: "Generic Service".to_owned(),
        buffer: vec![2, 0, 0, 0],
        state: Some(2),
        payload: Some("Online".to_owned()),
    });
    assert_eq!(
        text(What::Event(Box::new(event))),
        "resource \"SQL\\u{1b}\"  GROUP_STATE  OnlinePending -> Online, on a, group \"SQL\"  [Online]"
    );
}

#[test]
fn what_else_happens_is_told_in_words() {
    let node = || "node1".to_owned();
    let cases = [
        (
            What::Connected { server: node(), cluster: "My Cluster".to_owned() },
            "connected to cluster \"My Cluster\", node node1",
        ),
        (What::Watching { subject: "group \"SQL\"".to_owned() }, "watching group \"SQL\""),
        (
            What::NotWatching { subject: "group \"SQL\"".to_owned(), code: 5013 },
            "not watching group \"SQL\": ERROR_GROUP_NOT_FOUND (5013)",
        ),
        (
            What::Reconnecting { code: 1726 },
            "connection lost: RPC_S_CALL_FAILED (1726); trying the nodes of the cluster",
        ),
        (What::AttemptFailed { server: node(), code: 9999 }, "no use: node1: error 9999"),
        (What::Reconnected { server: node() }, "reconnected to node node1"),
        (
            What::Lost { code: 1722, retry: Some(Duration::from_secs(2)) },
            "no server can be used: RPC_S_SERVER_UNAVAILABLE (1722); next try in 2s",
        ),
        (What::Skipped { count: 3 }, "3 notices left out"),
    ];
    for (what, expected) in cases {
        assert_eq!(text(what), expected);
    }
}

#[test]
fn colours_are_there_when_wanted() {
    let news = news(What::Reconnected { server: "n".to_owned() });
    assert!(line(&news, true).contains("\u{1b}[32mreconnected\u{1b}[0m"), "{:?}", line(&news, true));
}

#[test]
fn json_has_the_documented_keys() {
    let event = event(condition(0, "node1"), condition(1, "node2"));
    assert_eq!(
        json::object(&news(What::Event(Box::new(event.clone())))).to_string(),
        concat!(
            r#"{"type":"event","time":"2023-11-14T22:13:20.005000000Z","port_version":1,"object":"group","#,
            r#""name":"SQL\u001b","events":["GROUP_STATE"],"flags":4096,"watched":"cluster","#,
            r#""old_state":"Online","new_state":"Offline","old_owner":"node1","new_owner":"node2","#,
            r#""group":null,"state_sequence":7}"#
        )
    );
    let details = Details {
        object_id: "1".to_owned(),
        parent_id: String::new(),
        type_name: String::new(),
        buffer: vec![0, 255],
        state: None,
        payload: None,
    };
    let version2 =
        Event { version: PortVersion::V2, sequence: None, transition: None, details: Some(details), ..event };
    let value = json::object(&news(What::Event(Box::new(version2))));
    assert_eq!(value["old_state"], serde_json::Value::Null);
    assert_eq!(
        (&value["buffer"], &value["object_id"], &value["payload"]),
        (&"00ff".into(), &"1".into(), &serde_json::Value::Null)
    );
    let lost = json::object(&news(What::Lost { code: 1722, retry: None })).to_string();
    let expected = r#"{"type":"lost","time":"2023-11-14T22:13:20.005000000Z","retry":null,"code":1722,"code_name":"RPC_S_SERVER_UNAVAILABLE"}"#;
    assert_eq!(lost, expected);
}

/// The rows of the README's table of keys: type and key.
fn documented() -> BTreeSet<(String, String)> {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| type | key | value |\n|---|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut kind = String::new();
    let rows = table.lines().map(|line| {
        let mut cells = line.split('|').map(|cell| cell.trim().trim_matches('`')).skip(1);
        let first = cells.next().unwrap();
        if !first.is_empty() {
            first.clone_into(&mut kind);
        }
        (kind.clone(), cells.next().unwrap().to_owned())
    });
    rows.collect()
}

#[test]
fn the_readme_has_all_keys_and_no_others() {
    let details = Details {
        object_id: String::new(),
        parent_id: String::new(),
        type_name: String::new(),
        buffer: Vec::new(),
        state: None,
        payload: None,
    };
    let (node, code, subject) = (|| "node1".to_owned(), 5, || "cluster".to_owned());
    let all = [
        What::Event(Box::new(Event { details: Some(details), ..event(None, None) })),
        What::Connected { server: node(), cluster: node() },
        What::Watching { subject: subject() },
        What::NotWatching { subject: subject(), code },
        What::Reconnecting { code },
        What::AttemptFailed { server: node(), code },
        What::Reconnected { server: node() },
        What::Lost { code, retry: None },
        What::Skipped { count: 1 },
    ];
    let mut printed = BTreeSet::new();
    for what in all {
        let name = what.name().to_owned();
        for key in json::object(&news(what)).as_object().unwrap().keys() {
            let kind = if ["type", "time"].contains(&key.as_str()) { "all".to_owned() } else { name.clone() };
            printed.insert((kind, key.clone()));
        }
    }
    assert_eq!(printed, documented());
}
