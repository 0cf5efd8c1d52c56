//! `cmrp serve`, `cmrp call` and `cmrp watch` with each other, as processes.
#![cfg(test)]
#![cfg(unix)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::network::{Running, serve, serve_with};
use support::{cmrp, stderr, stdout};

const GROUP: &str = "Cluster Group";

/// An address that nobody else uses, where there are such: a port of it that was given back is taken by nobody before
/// it is used again.
fn lonely(number: u8) -> String {
    if cfg!(target_os = "linux") { format!("127.0.7.{number}:0") } else { "127.0.0.1:0".to_owned() }
}

/// Whether a JSON line tells that the group has moved to a node.
fn moved_to(node: &str) -> impl Fn(&Value) -> bool {
    move |news| news["type"] == "event" && news["name"] == GROUP && news["new_owner"] == node
}

#[test]
fn a_call_is_seen_by_those_who_watch_and_all_end_when_asked() {
    let mut served = serve(&[]);
    let mut watches = [
        served.watch(&[]),
        served.watch(&["--protocol", "2"]),
        served.watch(&["--port-version", "2", "--ndr64"]),
        served.watch(&["--group", GROUP, "--events", "GROUP_STATE", "--multiplex"]),
    ];
    served.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    for watch in &watches {
        let event = watch.json(moved_to("node2"));
        assert_eq!(event["object"], "group", "{event}");
        assert_eq!(event["old_owner"], "node1", "{event}");
    }
    for (watch, signal) in watches.iter_mut().zip(["INT", "TERM", "INT", "INT"]) {
        watch.signal(signal);
        assert_eq!(watch.end().code(), Some(0), "{:#?}", watch.said());
    }
    served.server.signal("INT");
    assert_eq!(served.server.end().code(), Some(0));
}

#[test]
fn people_see_time_object_event_and_states() {
    let served = serve(&[]);
    let watch = Running::start(&["watch", &served.address, "--group", GROUP, "--color", "never"]);
    let (_, connected) = watch.until(|line| line.contains("  connected to cluster CLUSTER1, node node1"));
    assert_eq!(connected.find("  "), Some("2023-11-14T22:13:20.005Z".len()), "{connected}");
    watch.until(|line| line.ends_with("  watching group \"Cluster Group\""));
    served.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    watch.until(|line| {
        line.contains("  group \"Cluster Group\"  GROUP_STATE  ") && line.contains("node1 -> node2")
    });
}

#[test]
fn handles_are_opened_by_name() {
    let served = serve(&[]);
    for protocol in ["2", "3"] {
        for syntax in [&[][..], &["--ndr64"]] {
            let options = [&["--protocol", protocol][..], syntax].concat();
            let name = served.called(&[&["ApiGetClusterName"][..], &options].concat());
            assert_eq!(name, json!({"ClusterName": "CLUSTER1", "NodeName": "node1", "return": 0}));
            let state = served.called(&[&["ApiGetGroupState", "--group", GROUP][..], &options].concat());
            assert_eq!((&state["State"], &state["NodeName"]), (&json!(0), &json!("node1")), "{state}");
        }
    }
    let key = served.called(&["ApiQueryInfoKey", "--key", ""]);
    assert!(key["lpcSubKeys"].as_u64() > Some(0), "{key}");
    let state = served.called(&["ApiGetNodeState", "--node", "NODE2"]);
    assert_eq!(state["State"], 0);
    let added = json!({"dwFilter": 0x1000, "dwNotifyKey": 1}).to_string();
    served.called(&["ApiAddNotifyCluster", &added, "--notify"]);
}

#[test]
fn what_a_call_opened_is_closed() {
    let served = serve(&["--metrics", "0"]);
    served.called(&["ApiOpenResource", r#"{"lpszResourceName": "Cluster Name"}"#]);
    served.called(&["ApiCreateNotify"]);
    served.called(&["ApiGetRootKey", r#"{"samDesired": 131097}"#]);
    served.called(&["ApiCreateBatchPort", "--key", ""]);
    served.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    let metrics = served.greeting.iter().find_map(|line| line.strip_prefix("metrics: http://")).unwrap();
    let text = get(metrics);
    let calls = |operation: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with("cmrp_server_calls_total"));
        let line = lines.find(|line| line.contains(&format!("operation=\"{operation}\"")));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u32>().ok()).unwrap_or_default()
    };
    assert_eq!((calls("ApiOpenResource"), calls("ApiCloseResource")), (1, 1), "{text}");
    assert_eq!((calls("ApiOpenGroupEx"), calls("ApiCloseGroup")), (1, 1), "{text}");
    assert_eq!((calls("ApiOpenNodeEx"), calls("ApiCloseNode")), (1, 1), "{text}");
    assert_eq!((calls("ApiCreateNotify"), calls("ApiCloseNotify")), (1, 1), "{text}");
    assert_eq!((calls("ApiGetRootKey"), calls("ApiCloseKey")), (2, 2), "{text}");
    assert_eq!((calls("ApiCreateBatchPort"), calls("ApiCloseBatchPort")), (1, 1), "{text}");
}

#[test]
fn who_may_only_read_can_call_what_reads() {
    let usual = cmrp().args(["serve", "--print-cluster"]).output().unwrap();
    let text = stdout(&usual).replacen("everyone = \"all\"", "everyone = \"read\"", 1);
    assert_ne!(text, stdout(&usual));
    let file = support::file(text.as_bytes());
    let served = serve(&["--cluster", file.to_str().unwrap()]);
    assert!(served.greeting.iter().any(|line| line.contains("may see everything")), "{:?}", served.greeting);
    assert_eq!(served.called(&["ApiGetGroupState", "--group", GROUP])["State"], 0);
    assert_eq!(served.called(&["ApiGetNodeState", "--node", "node1"])["State"], 0);
    served.called(&["ApiCreateBatchPort", "--key", ""]);
    let output = served.call(&["ApiOfflineGroup", "--group", GROUP]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("ERROR_ACCESS_DENIED"), "{}", stderr(&output));
}

#[test]
fn a_batch_port_brings_what_a_batch_changed() {
    let served = serve(&[]);
    let port = Running::start(&["call", &served.address, "ApiGetBatchNotification", "--batch-port", ""]);
    // MS-CMRP 2.2.3.17.1: version 1, then to set (1) a binary value (3) with a name of six octets to one octet.
    let batch = "01000000010000000300000006000000610062000000010000002a00";
    let (max, name) = (batch.len() / 2, "610062000000");
    assert!(batch.contains(name));
    let request = json!({"cbData": max, "lpData": {"max": max, "data": batch}}).to_string();
    let answer = loop {
        served.called(&["ApiExecuteBatch", &request, "--key", ""]);
        if let Some(answer) = port.line_within(Duration::from_millis(100)) {
            break answer;
        }
    };
    let report: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(report["return"], 0, "{answer}");
    assert!(report["lpData"]["data"].as_str().is_some_and(|octets| octets.contains(name)), "{answer}");
}

/// What `http://ADDR/PATH` has.
fn get(url: &str) -> String {
    use std::io::{Read, Write};
    let (address, path) = url.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    text
}

#[test]
fn the_exit_status_tells_what_went_wrong() {
    let served = serve(&[]);
    let cases: [(&[&str], i32, &str); 9] = [
        (&["ApiGetClusterName"], 0, ""),
        (
            &["ApiGetGroupState", "--group", "nosuch"],
            3,
            "group \"nosuch\" can't be opened: ERROR_GROUP_NOT_FOUND (5013)",
        ),
        (
            &["ApiOpenNode", r#"{"lpszNodeName": "x"}"#],
            3,
            "ApiOpenNode returned ERROR_CLUSTER_NODE_NOT_FOUND (5042)",
        ),
        (&["ApiGetGroupState"], 2, "ApiGetGroupState needs hGroup: name it with --group"),
        (&["ApiGetGroupStaet"], 2, "did you mean `ApiGetGroupState`?"),
        (&["ApiGetGroupState", "{", "--group", GROUP], 1, "the request is not a JSON object"),
        (&["ApiOpenNode", r#"{"lpszNodeNmae": "x"}"#], 1, "did you mean `lpszNodeName`?"),
        (&["ApiGetClusterName", "--node", "x"], 2, "--node has no place in the request of ApiGetClusterName"),
        (&["ApiGetGroupState", "--nonsense"], 2, "--nonsense"),
    ];
    for (arguments, status, said) in cases {
        let output = served.call(arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn nobody_is_let_in_without_being_asked_to() {
    let served = serve_with(&[]);
    assert!(served.greeting.iter().any(|line| line.starts_with("EVERY CALL WILL BE REFUSED")));
    let output = served.call(&["ApiGetClusterName"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ERROR_ACCESS_DENIED"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--allow-insecure"), "{}", stderr(&output));
    let output = cmrp().args(["watch", &served.address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--allow-insecure"), "{}", stderr(&output));
    let closed = "[cluster]\nname = 'A'\n[[nodes]]\nname = 'n'\n[security]\neveryone = 'none'\n";
    let closed = support::file(closed.as_bytes());
    let served = serve(&["--cluster", closed.to_str().unwrap()]);
    assert!(served.greeting.iter().any(|line| line.contains("the cluster lets nobody in")));
    assert_eq!(served.call(&["ApiGetClusterName"]).status.code(), Some(1));
}

#[test]
fn what_happens_outside_is_seen() {
    let mut served = serve(&["--events", "-"]);
    let watch = served.watch(&["--events", "NODE_STATE"]);
    served.server.tell("# a comment");
    served.server.tell(r#"{"change": "node_dwon", "node": "node2"}"#);
    served.server.error(|line| line.contains("line 2, column") && line.contains("node_down"));
    served.server.tell(r#"{"change": "node_down", "node": "node2"}"#);
    let event = watch.json(|news| news["type"] == "event");
    assert_eq!((&event["name"], &event["old_state"]), (&json!("node2"), &json!("Up")), "{event}");
    assert_eq!(event["new_state"], "Down", "{event}");
}

#[test]
fn a_cluster_in_a_file_is_the_same_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("cluster.redb");
    let arguments = ["--data", data.to_str().unwrap()];
    let mut first = serve(&arguments);
    first.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    first.server.signal("TERM");
    assert_eq!(first.server.end().code(), Some(0));
    let second = serve(&arguments);
    let state = second.called(&["ApiGetGroupState", "--group", GROUP]);
    assert_eq!(state["NodeName"], "node2", "{state}");
}

#[test]
fn a_watch_comes_back_when_the_server_does() {
    let mut served = serve(&["--listen", &lonely(1)]);
    let address = served.address.clone();
    let names = ["CLUSTER1", "node1", "node2"].map(|name| format!("--resolve={name}={address}"));
    let options = ["--metrics", "0", "--refresh", "0", "--port-version", "2"];
    let options = names.iter().map(String::as_str).chain(options).collect::<Vec<_>>();
    let mut watch = served.watch(&options);
    let told = watch.error(|line| line.contains("metrics are at http://"));
    let url = told.split_once("http://").unwrap().1.to_owned();
    served.server.signal("KILL");
    served.server.end();
    watch.json(|news| news["type"] == "reconnecting");
    watch.json(|news| news["type"] == "lost");
    assert!(get(&url).contains("cmrp_watch_connected{cluster=\"CLUSTER1\",node=\"node1\"} 0"));
    // Of a change meanwhile, a version 2 port says nothing.
    let usual = cmrp().args(["serve", "--print-cluster"]).output().unwrap();
    let paused = stdout(&usual).replacen("name = \"node1\"", "name = \"node1\"\nstate = \"paused\"", 1);
    let paused = support::file(paused.as_bytes());
    let served = serve(&["--listen", &address, "--cluster", paused.to_str().unwrap()]);
    watch.json(|news| news["type"] == "reconnected");
    assert!(get(&url).contains("windows_mscluster_node_state{name=\"node1\"} 2"), "{}", get(&url));
    served.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    watch.json(moved_to("node2"));
    watch.signal("INT");
    assert_eq!(watch.end().code(), Some(0));
}

#[test]
fn who_does_not_want_to_wait_for_the_server_asks_twice() {
    let served = serve(&[]);
    let mut watch = served.watch(&[]);
    served.server.signal("STOP");
    // Signals that come at once may count as one.
    while watch.ended().is_none() {
        watch.signal("INT");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(watch.end().code(), Some(130));
}

#[test]
fn the_exporter_has_every_object() {
    let served = serve(&[]);
    let watch = Running::start(&["watch", &served.address, "--json", "--metrics", "0"]);
    let told = watch.error(|line| line.contains("metrics are at http://"));
    let url = told.split_once("http://").unwrap().1.to_owned();
    watch.json(|news| news["type"] == "watching");
    served.called(&["ApiMoveGroupToNode", "--group", GROUP, "--node", "node2"]);
    watch.json(moved_to("node2"));
    let text = get(&url);
    for line in [
        "windows_mscluster_node_state{name=\"node1\"} 0",
        "windows_mscluster_resourcegroup_state{name=\"Cluster Group\"} 0",
        "windows_mscluster_resourcegroup_owner_node{node_name=\"node2\",name=\"Cluster Group\"} 1",
        "windows_mscluster_resourcegroup_owner_node{node_name=\"node1\",name=\"Cluster Group\"} 0",
        "windows_mscluster_resource_state{type=\"Network Name\",owner_group=\"Cluster Group\",name=\"Cluster Name\"} 2",
        "windows_mscluster_network_state{name=\"Cluster Network 1\"} 3",
        "windows_mscluster_netinterface_state{name=\"node1 - Ethernet\"} 3",
        "cmrp_watch_connected{cluster=\"CLUSTER1\",node=\"node1\"} 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    assert!(text.contains("cmrp_watch_events_total{object=\"group\",event=\"GROUP_STATE\"}"), "{text}");
}

#[test]
fn what_no_event_tells_is_asked_for() {
    let served = serve(&[]);
    served.called(&["ApiOfflineGroup", "--group", "File Server"]);
    let arguments =
        ["watch", &served.address, "--json", "--metrics", "0", "--events", "NODE_STATE", "--refresh", "1"];
    let watch = Running::start(&arguments);
    let told = watch.error(|line| line.contains("metrics are at http://"));
    let url = told.split_once("http://").unwrap().1.to_owned();
    watch.json(|news| news["type"] == "watching");
    served.called(&["ApiMoveGroupToNode", "--group", "File Server", "--node", "node1"]);
    let moved = "windows_mscluster_resourcegroup_owner_node{node_name=\"node1\",name=\"File Server\"} 1";
    while !get(&url).contains(moved) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_endpoint_mapper_knows_the_port() {
    let served = serve(&["--epm=0"]);
    let line = served.greeting.iter().find(|line| line.contains("endpoint mapper")).expect("a line about it");
    let port = line.trim_end_matches(':').rsplit_once(':').unwrap().1;
    for protocol in ["2", "3"] {
        let output = cmrp()
            .args(["call", "127.0.0.1", "ApiGetClusterName", "--epm-port", port, "--protocol", protocol])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn a_simulated_life_has_events() {
    let served = serve(&["--simulate=7,6000"]);
    let watch = served.watch(&[]);
    let mut kinds = std::collections::BTreeSet::new();
    while kinds.len() < 3 {
        let event = watch.json(|news| news["type"] == "event");
        kinds.insert(event["object"].to_string());
    }
}

#[test]
fn what_cannot_be_watched_is_told() {
    let served = serve(&[]);
    let output = cmrp().args(["watch", &served.address, "--group", "nosuch"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stdout(&output).contains("not watching group \"nosuch\": ERROR_GROUP_NOT_FOUND (5013)"));
    let output = cmrp().args(["watch", &served.address, "--events", "GROUP_STAET"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `GROUP_STATE`?"), "{}", stderr(&output));
    let output = cmrp().args(["watch", "127.0.0.1:1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--wait waits until one can"), "{}", stderr(&output));
}

#[test]
fn the_usual_cluster_is_a_description_that_can_be_served() {
    let output = cmrp().args(["serve", "--print-cluster"]).output().unwrap();
    assert!(output.status.success());
    let file = support::file(&output.stdout);
    let served = serve(&["--cluster", file.to_str().unwrap(), "--node", "NODE2"]);
    assert_eq!(served.called(&["ApiGetClusterName"])["NodeName"], "node2");
    let wrong = support::file(b"[cluster]\nname = 'A'\n[[nodes]]\nnaem = 'n'\n");
    let output = cmrp().args(["serve", "--cluster", wrong.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("line 4, column 1"), "{}", stderr(&output));
    let output = cmrp().args(["serve", "--node", "nod1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("did you mean \"node1\"?"), "{}", stderr(&output));
}

#[test]
fn what_is_gone_after_a_reconnect_is_not_waited_for() {
    let mut served = serve(&["--listen", &lonely(2)]);
    let address = served.address.clone();
    let names = ["CLUSTER1", "node1", "node2"].map(|name| format!("--resolve={name}={address}"));
    let options = names.iter().map(String::as_str).chain(["--group", "File Server"]).collect::<Vec<_>>();
    let mut watch = served.watch(&options);
    served.server.signal("KILL");
    served.server.end();
    watch.json(|news| news["type"] == "lost");
    let bare = support::file(b"[cluster]\nname = 'CLUSTER1'\n[[nodes]]\nname = 'node1'\n");
    let _served = serve(&["--listen", &address, "--cluster", bare.to_str().unwrap()]);
    let gone = watch.json(|news| news["type"] == "not_watching");
    assert_eq!((&gone["subject"], &gone["code"]), (&json!("group \"File Server\""), &json!(5013)));
    assert_eq!(watch.end().code(), Some(3));
}
