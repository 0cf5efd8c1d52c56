//! The examples do what they say.

#[path = "../../examples/call.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function has no place here")]
mod call;
#[path = "../../examples/watch.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function has no place here")]
mod watch;

use std::time::Duration;

use cmrp_net::client::{Options, Protocol};
use cmrp_port::event::v2::GroupState;
use cmrp_port::sequence::StateSequences;

use super::node::Running;

#[tokio::test]
async fn call_says_the_state_of_a_group() {
    let node = Running::start("node1", StateSequences::new()).await;
    let server = node.address.to_string();
    assert_eq!(call::state_of(&server, "SQL").await.unwrap(), (3, "node1".to_owned()));
    let error = call::state_of(&server, "Nothing").await.unwrap_err();
    assert_eq!(error.to_string(), "no group Nothing: error 5013");
}

#[tokio::test]
async fn watch_prints_what_happens() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        watch::start(vec![node.address.to_string()], Options::new(Protocol::V3)).unwrap();
    let mut output = Vec::new();
    tokio::join!(watch::print(&mut events, &mut output), async {
        while node.statistics().await.filters == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        node.change("SQL", GroupState::OFFLINE).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        watcher.shut_down().await;
    })
    .0
    .unwrap();
    let output = String::from_utf8(output).unwrap();
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[0], "C: connected to node1");
    assert!(lines.contains(&"SQL: ClusterChange(GROUP_STATE)"), "{lines:?}");
    assert_eq!(lines.last(), Some(&"Closed"));
}
