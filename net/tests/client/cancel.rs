//! Futures of calls that are dropped.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use cmrp::clusapi3::{
    ApiCreateEnum, ApiCreateEnumRequest, ApiGetClusterName, ApiGetClusterNameRequest, ApiGetNotifyRequest,
};
use cmrp::ndr::Operation;
use cmrp_net::client::{Association, CallError, ConnectError, Limits, Protocol, Refusal};
use cmrp_port::status::starts_reconnect;
use dcerpc_proto::server::Call;
use dcerpc_proto::syntax::BindFeatures;

use super::calls::{cluster, event, name, options};
use super::rig::{Reaction, Rig, config, stub};

/// Polls a future so many times at most, and drops it.
async fn poll_and_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_micros(50)).await;
    }
    None
}

#[tokio::test]
async fn the_next_call_works_wherever_one_is_dropped() {
    for multiplexing in [false, true] {
        let rig = Rig::start(config(), cluster).await;
        let mut limits = Limits::default();
        limits.connections = 1;
        let options = options().with_multiplexing(multiplexing).with_limits(limits);
        let association = Association::connect(&rig.server(), &options).await.unwrap();
        let mut finished = 0;
        for polls in 0..60 {
            let call = association.call(&ApiCreateEnumRequest { dw_type: 1 });
            finished += usize::from(poll_and_drop(call, polls).await.is_some());
            let answer = association.call(&ApiGetClusterNameRequest {}).await.unwrap();
            assert_eq!(answer.get().unwrap(), name());
        }
        assert!(finished < 60, "all calls were too fast to be dropped");
        assert_eq!(rig.seen().connections, 1);
        drop(association);
        rig.until(|seen| seen.open == 0).await;
    }
}

#[tokio::test]
async fn the_server_is_told() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let request = ApiGetNotifyRequest::default();
    let waiting = association.call(&request);
    tokio::select! {
        _ = waiting => panic!("nobody released it"),
        _ = rig.until(|seen| seen.calls.len() == 1) => {}
    }
    rig.until(|seen| seen.orphaned == 1).await;
    // The connection is free for the next.
    let waiting = tokio::spawn(async move { association.call(&ApiGetNotifyRequest::default()).await });
    rig.until(|seen| seen.calls.len() == 2).await;
    rig.release();
    assert_eq!(waiting.await.unwrap().unwrap().get().unwrap(), event());
    assert_eq!(rig.seen().connections, 1);
}

#[tokio::test]
async fn a_call_that_was_dropped_before_its_turn_is_not_sent() {
    let rig = Rig::start(config(), |call: &Call| Reaction::Hold(stub(call, name()))).await;
    let mut limits = Limits::default();
    limits.connections = 1;
    let association = Association::connect(&rig.server(), &options().with_limits(limits)).await.unwrap();
    let first = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiGetClusterNameRequest {}).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    assert!(poll_and_drop(association.call(&ApiCreateEnumRequest { dw_type: 1 }), 20).await.is_none());
    rig.release();
    first.await.unwrap().unwrap();
    assert_eq!(rig.seen().calls, [(ApiGetClusterName::OPNUM, 1)]);
}

/// What an old server offers: no features.
fn plain() -> dcerpc_proto::server::Config {
    let mut config = config();
    config.features = BindFeatures::empty();
    config
}

/// A server that would close the connection of an orphaned call is asked to cancel it first.
#[tokio::test]
async fn without_the_feature_the_call_is_cancelled() {
    let rig = Rig::start(plain(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let request = ApiGetNotifyRequest::default();
    tokio::select! {
        _ = association.call(&request) => panic!("nobody released it"),
        _ = rig.until(|seen| seen.calls.len() == 1) => {}
    }
    rig.until(|seen| seen.cancelled == 1).await;
    // It does answer, and the connection is free again.
    rig.release();
    tokio::time::sleep(Duration::from_millis(100)).await;
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    let seen = rig.seen();
    assert_eq!((seen.connections, seen.orphaned), (1, 0));
}

/// And if it does not answer, its connection is given up. Handles outlive that, since another connection comes first.
#[tokio::test]
async fn without_an_answer_another_connection_takes_the_place() {
    let rig = Rig::start(plain(), cluster).await;
    let options = options().with_cancel_grace(Duration::from_millis(50));
    let association = Association::connect(&rig.server(), &options).await.unwrap();
    let request = ApiGetNotifyRequest::default();
    tokio::select! {
        _ = association.call(&request) => panic!("nobody released it"),
        _ = rig.until(|seen| seen.calls.len() == 1) => {}
    }
    let seen = rig.until(|seen| seen.orphaned == 1 || seen.open == 1 && seen.connections == 2).await;
    assert_eq!((seen.cancelled, seen.ended), (1, 0));
    rig.until(|seen| seen.open == 1).await;
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    let seen = rig.seen();
    assert_eq!((seen.connections, seen.open, seen.ended), (2, 1, 0));
    assert_eq!(seen.calls.last(), Some(&(ApiGetClusterName::OPNUM, 2)));
    drop(association);
    rig.until(|seen| seen.open == 0 && seen.ended == 1).await;
}

/// With multiplexing, others are on the connection: it stays, whatever the server does about the call.
#[tokio::test]
async fn a_shared_connection_is_never_given_up() {
    let rig = Rig::start(plain(), cluster).await;
    let options = options().with_cancel_grace(Duration::from_millis(10)).with_multiplexing(true);
    let association = Association::connect(&rig.server(), &options).await.unwrap();
    let request = ApiGetNotifyRequest::default();
    tokio::select! {
        _ = association.call(&request) => panic!("nobody released it"),
        _ = rig.until(|seen| seen.calls.len() == 1) => {}
    }
    rig.until(|seen| seen.cancelled == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    let seen = rig.seen();
    assert_eq!((seen.connections, seen.open, seen.orphaned), (1, 1, 0));
}

/// Connections that are being made are dropped with the call that needs them.
#[tokio::test]
async fn nothing_is_left_of_connections_that_nobody_waits_for() {
    let rig = Rig::start(config(), |call: &Call| match call.opnum {
        ApiCreateEnum::OPNUM => Reaction::Hold(stub(call, name())),
        _ => cluster(call),
    })
    .await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let held = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiCreateEnumRequest { dw_type: 1 }).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    for polls in 0..40 {
        poll_and_drop(association.call(&ApiGetClusterNameRequest {}), polls).await;
    }
    held.abort();
    drop(association);
    let seen = rig.until(|seen| seen.open == 0).await;
    assert_eq!(seen.ended, 1);
}

/// Calls in every state, dropped with their association: no task is left of any of them.
#[tokio::test]
async fn no_task_is_left() {
    let rig = Rig::start(config(), cluster).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (one, other) = (association.clone(), association.clone());
        calls.spawn(async move { one.call(&ApiGetNotifyRequest::default()).await.map(drop) });
        calls.spawn(async move { other.call(&ApiCreateEnumRequest { dw_type: 1 }).await.map(drop) });
    }
    rig.until(|seen| seen.calls.len() >= 10).await;
    assert!(tasks() > before);
    calls.shutdown().await;
    drop(association);
    rig.until(|seen| seen.open == 0).await;
    while tasks() > before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn dropping_an_association_under_a_call() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let waiting = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiGetNotifyRequest::default()).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    drop(association);
    // The call has a clone of its own.
    assert_eq!(rig.seen().open, 1);
    waiting.abort();
    rig.until(|seen| seen.open == 0 && seen.ended == 1).await;
}

#[tokio::test]
async fn connecting_can_be_dropped() {
    let rig = Rig::start(config(), cluster).await;
    for polls in 0..40 {
        let server = rig.server();
        let options = options();
        drop(poll_and_drop(Association::connect(&server, &options), polls).await);
    }
    rig.until(|seen| seen.open == 0).await;
}

/// A call that no connection is left for fails, with a code that does not make a watcher reconnect.
async fn nobody_joins(rig: &Rig) {
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let waiting = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiGetNotifyRequest::default()).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    let refused = CallError::Connect(ConnectError::Refused(Refusal::Association));
    assert_eq!(error.to_string(), refused.to_string());
    assert!([Protocol::V2, Protocol::V3].iter().all(|protocol| !starts_reconnect(*protocol, error.win32())));
    rig.release();
    waiting.await.unwrap().unwrap();
    let seen = rig.seen();
    assert_eq!((seen.calls.len(), seen.ended), (1, 0));
}

#[tokio::test]
async fn a_server_whose_associations_have_one_connection() {
    let mut config = config();
    config.limits.max_group = 1;
    nobody_joins(&Rig::start(config, cluster).await).await;
}

/// Joining group 0 would make another association, with no handle of this one.
#[tokio::test]
async fn a_server_that_names_no_group() {
    let rig = Rig::start(config(), cluster).await;
    rig.names_groups(false);
    nobody_joins(&rig).await;
    assert_eq!(rig.seen().connections, 1);
}

/// By default, a client asks for no more connections, and no more calls on one, than our server gives.
#[tokio::test]
async fn defaults_of_both_sides_agree() {
    for multiplexing in [false, true] {
        let rig = Rig::start(config(), |call: &Call| Reaction::Hold(stub(call, name()))).await;
        let options = options().with_multiplexing(multiplexing);
        let association = Association::connect(&rig.server(), &options).await.unwrap();
        let limits = Limits::default();
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..limits.waiting + 100 {
            let association = association.clone();
            calls.spawn(async move {
                let request = ApiGetClusterNameRequest {};
                if number < limits.waiting {
                    association.wait(&request).await.map(drop)
                } else {
                    association.call(&request).await.map(drop)
                }
            });
        }
        let running = limits.waiting + if multiplexing { 16 } else { limits.connections };
        rig.until(|seen| seen.calls.len() == running).await;
        assert!(calls.try_join_next().is_none());
    }
}

#[tokio::test]
async fn a_server_that_lets_nobody_join() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let waiting = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiGetNotifyRequest::default()).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    rig.accepts(false);
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert!(matches!(error, cmrp_net::client::CallError::Connect(_)), "{error}");
    // Who waits is not concerned.
    rig.release();
    waiting.await.unwrap().unwrap();
}
