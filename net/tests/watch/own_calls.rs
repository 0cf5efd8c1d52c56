//! Calls of the program's own on the connection of a watcher.

use cmrp::clusapi3::ApiGetGroupStateRequest;
use cmrp::ndr::Handle;
use cmrp_net::client::{Protocol, WatchError, WatchEvent};
use cmrp_port::object::ObjectKind;
use cmrp_port::sequence::StateSequences;
use cmrp_port::status::{ERROR_GROUP_NOT_FOUND, RPC_S_CALL_FAILED};

use super::node::{Running, until, watcher};

#[tokio::test]
async fn with_the_handles_that_it_keeps() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, _events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    let group = watcher.open(ObjectKind::Group, "SQL").await.unwrap();
    let request = |group| ApiGetGroupStateRequest { h_group: Handle::new(group) };
    let answer = watcher.call(group, request).await.unwrap();
    assert_eq!(answer.get().unwrap().state, 3);

    let missing = watcher.open(ObjectKind::Group, "Nothing").await;
    assert!(matches!(missing, Err(WatchError::Refused(ERROR_GROUP_NOT_FOUND))), "{missing:?}");
    watcher.close(group).await.unwrap();
    let closed = watcher.call(group, request).await;
    assert!(matches!(closed, Err(WatchError::NotOpen)), "{closed:?}");
}

#[tokio::test]
async fn that_fail_lead_to_another_server() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    let group = watcher.open(ObjectKind::Group, "SQL").await.unwrap();
    let bound = watcher.bound(group).await.unwrap();
    watcher.failed(&bound, ERROR_GROUP_NOT_FOUND).await.unwrap();
    watcher.failed(&bound, RPC_S_CALL_FAILED).await.unwrap();
    let event = until(&mut events, |event| matches!(event, WatchEvent::Reconnecting { .. })).await;
    assert_eq!(event, WatchEvent::Reconnecting { code: RPC_S_CALL_FAILED });
    until(&mut events, |event| matches!(event, WatchEvent::Reconnected { .. })).await;
    // The old association is gone, whoever holds it.
    bound.association.ended().await;
    let renewed = watcher.bound(group).await.unwrap();
    renewed
        .association
        .call(&ApiGetGroupStateRequest { h_group: Handle::new(renewed.handle) })
        .await
        .unwrap();
}
