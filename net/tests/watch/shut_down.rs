//! The end of a watcher.

use std::time::Duration;

use cmrp::clusapi3::{ApiCloseCluster, ApiCloseNotify, ApiUnblockGetNotifyCall};
use cmrp::ndr::Operation;
use cmrp_net::client::{Protocol, WatchError, WatchEvent};
use cmrp_port::event::v2::GroupState;
use cmrp_port::sequence::StateSequences;

use super::events::{group, states_v1};
use super::node::{Running, until, watcher};

async fn until_empty(node: &Running) {
    let empty = async {
        while node.connections() > 0 || node.statistics().await.ports > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), empty).await.expect("something is left");
}

#[tokio::test]
async fn unblocks_and_closes() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        watcher(Protocol::V3, &[("node1", node.address)]).interest(states_v1(group("SQL"))).start().unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    watcher.shut_down().await;
    let last = ApiCloseCluster::OPNUM;
    let log = node.log().await;
    let place = |opnum| log.iter().position(|other| *other == opnum).unwrap();
    assert!(place(ApiUnblockGetNotifyCall::OPNUM) < place(ApiCloseNotify::OPNUM));
    assert_eq!(log.last(), Some(&last));
    until(&mut events, |event| *event == WatchEvent::Closed).await;
    assert_eq!(events.next().await, None);
    assert_eq!(events.next().await, None);
    until_empty(&node).await;
    // What is asked for later is answered.
    assert!(matches!(watcher.statistics().await, Err(WatchError::Closed)));
    watcher.shut_down().await;
}

#[tokio::test]
async fn nobody_has_to_read_meanwhile() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)])
        .interest(states_v1(group("SQL")))
        .buffer(1)
        .start()
        .unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    for _ in 0..100 {
        node.change("SQL", GroupState::OFFLINE).await;
    }
    tokio::time::timeout(Duration::from_secs(20), watcher.shut_down()).await.unwrap();
    until_empty(&node).await;
    until(&mut events, |event| *event == WatchEvent::Closed).await;
}

#[tokio::test]
async fn dropping_the_stream_does_the_same() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        watcher(Protocol::V3, &[("node1", node.address)]).interest(states_v1(group("SQL"))).start().unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    drop(events);
    until_empty(&node).await;
    assert!(node.log().await.contains(&ApiCloseNotify::OPNUM));
    assert!(matches!(watcher.statistics().await, Err(WatchError::Closed)));
}

/// Its own runtime has no other tasks than the watcher's.
#[test]
fn no_task_is_left() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (servers, clients) = (runtime(), runtime());
    let node = servers.block_on(Running::start("node1", StateSequences::new()));
    let address = node.address;
    clients.block_on(async {
        let (watcher, mut events) =
            watcher(Protocol::V3, &[("node1", address)]).interest(states_v1(group("SQL"))).start().unwrap();
        until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
        watcher.shut_down().await;
        until(&mut events, |event| *event == WatchEvent::Closed).await;
        while clients.metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    servers.block_on(until_empty(&node));
}

#[tokio::test]
async fn dropping_the_handle_changes_nothing() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        watcher(Protocol::V3, &[("node1", node.address)]).interest(states_v1(group("SQL"))).start().unwrap();
    drop(watcher);
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    node.change("SQL", GroupState::OFFLINE).await;
    until(&mut events, super::events::is_change).await;
}

#[tokio::test]
async fn without_a_connection_it_is_at_once() {
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", "127.0.0.1:1".parse().unwrap())])
        .interest(states_v1(group("SQL")))
        .start()
        .unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::ConnectFailed { .. })).await;
    watcher.shut_down().await;
    until(&mut events, |event| *event == WatchEvent::Closed).await;
    assert_eq!(events.next().await, None);
}
