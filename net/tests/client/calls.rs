//! Calls and their answers.

use cmrp::clusapi2::ApiGetClusterNameRequest as NameRequestV2;
use cmrp::clusapi3::{
    ApiCreateEnum, ApiCreateEnumRequest, ApiCreateEnumResponse, ApiGetClusterName, ApiGetClusterNameRequest,
    ApiGetClusterNameResponse, ApiGetNotify, ApiGetNotifyRequest, ApiGetNotifyResponse, EnumEntry, EnumList,
    Request, Response,
};
use cmrp::ndr::{Endian, Format, Operation};
use cmrp_net::client::{Association, CallError, CallOptions, Limits, Options, Protocol, Transfer};
use dcerpc_proto::server::Call;
use dcerpc_proto::status::{NCA_PROTO_ERROR, NCA_S_FAULT_CONTEXT_MISMATCH};
use dcerpc_proto::syntax::BindFeatures;

use super::rig::{Reaction, Rig, config, stub};

/// The name of a cluster, 20,000 nodes, and an event that comes when a test says so.
pub(crate) fn cluster(call: &Call) -> Reaction {
    match call.opnum {
        ApiGetClusterName::OPNUM => Reaction::Answer(stub(call, name())),
        ApiCreateEnum::OPNUM => Reaction::Answer(stub(call, nodes(20_000))),
        ApiGetNotify::OPNUM => Reaction::Hold(stub(call, event())),
        _ => Reaction::Fault(NCA_S_FAULT_CONTEXT_MISMATCH),
    }
}

pub(crate) fn name() -> ApiGetClusterNameResponse<'static> {
    ApiGetClusterNameResponse {
        cluster_name: Some("Çluster".into()),
        node_name: Some("node1".into()),
        return_value: 0,
    }
}

pub(crate) fn event() -> ApiGetNotifyResponse<'static> {
    ApiGetNotifyResponse { dw_notify_key: 7, name: Some("SQL".into()), ..Default::default() }
}

fn nodes(count: usize) -> ApiCreateEnumResponse<'static> {
    let entry = EnumEntry { r#type: 1, name: Some("a node with a long name".into()) };
    ApiCreateEnumResponse {
        return_enum: Some(EnumList { entry: vec![entry; count] }),
        rpc_status: 0,
        return_value: 0,
    }
}

pub(crate) fn options() -> Options {
    Options::new(Protocol::V3)
}

#[tokio::test]
async fn typed_calls_in_every_format() {
    let rig = Rig::start(config(), cluster).await;
    for (transfer, order, format) in [
        (Transfer::Ndr20, Endian::Little, Format::NDR20_LE),
        (Transfer::Ndr20, Endian::Big, Format::NDR20_BE),
        (Transfer::Ndr64, Endian::Little, Format::Ndr64),
        (Transfer::Either, Endian::Little, Format::Ndr64),
    ] {
        let options = options().with_transfer(transfer).with_byte_order(order);
        let association = Association::connect(&rig.server(), &options).await.unwrap();
        assert_eq!(association.format(), format);
        let answer = association.call(&ApiGetClusterNameRequest {}).await.unwrap();
        assert_eq!(answer.get().unwrap(), name());
        assert_eq!(answer.raw().format, format);
    }
    rig.until(|seen| seen.open == 0 && seen.ended == 4).await;
}

#[tokio::test]
async fn requests_that_are_known_at_run_time_only() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let answer = association.call_any(&Request::from(ApiGetClusterNameRequest {})).await.unwrap();
    assert_eq!(answer.opnum(), ApiGetClusterName::OPNUM);
    assert_eq!(answer.get().unwrap(), Response::from(name()));
    let raw = association.call_raw(ApiGetClusterName::OPNUM, &[], CallOptions::default()).await.unwrap();
    assert_eq!(&raw, answer.raw());
}

#[tokio::test]
async fn long_responses_in_small_fragments() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options().with_fragment(1432)).await.unwrap();
    let answer = association.call(&ApiCreateEnumRequest { dw_type: 1 }).await.unwrap();
    assert!(answer.raw().stub.len() > 1 << 20);
    assert_eq!(answer.get().unwrap().return_enum.unwrap().entry.len(), 20_000);
}

#[tokio::test]
async fn a_response_that_is_longer_than_it_may_be_ends_the_connection() {
    let rig = Rig::start(config(), cluster).await;
    let mut limits = Limits::default();
    limits.response = 1 << 20;
    let association = Association::connect(&rig.server(), &options().with_limits(limits)).await.unwrap();
    let error = association.call(&ApiCreateEnumRequest { dw_type: 1 }).await.unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error}");
    association.ended().await;
}

#[tokio::test]
async fn faults_are_win32_codes() {
    let rig = Rig::start(config(), |_: &Call| Reaction::Fault(NCA_S_FAULT_CONTEXT_MISMATCH)).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert!(matches!(
        error,
        CallError::Fault { status: NCA_S_FAULT_CONTEXT_MISMATCH, did_not_execute: true }
    ));
    assert_eq!(error.win32(), 6);
    // The connection goes on.
    association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert_eq!(rig.seen().connections, 1);
}

#[tokio::test]
async fn octets_that_are_no_response() {
    let rig = Rig::start(config(), |_: &Call| Reaction::Answer(vec![1, 2, 3])).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert!(matches!(error, CallError::Response(_)), "{error}");
    assert_eq!(error.win32(), 1783);
}

#[tokio::test]
async fn requests_of_another_interface_are_not_sent() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let error = association.call(&NameRequestV2 {}).await.unwrap_err();
    assert!(matches!(error, CallError::WrongInterface));
    assert_eq!(rig.seen().calls, []);
}

#[tokio::test]
async fn a_request_that_is_too_long_is_not_sent() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let error = association.call_raw(3, &vec![0; (4 << 20) + 1], CallOptions::default()).await.unwrap_err();
    assert!(matches!(error, CallError::TooLong(_)), "{error}");
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
}

/// A call that waits for an event blocks no other, whether calls are multiplexed or not.
#[tokio::test]
async fn calls_overtake_one_that_waits() {
    for (wanted, offered, connections) in [(false, true, 2), (true, false, 2), (true, true, 1)] {
        let mut config = config();
        config.multiplexing = offered;
        let rig = Rig::start(config, cluster).await;
        let association =
            Association::connect(&rig.server(), &options().with_multiplexing(wanted)).await.unwrap();
        let waiting = tokio::spawn({
            let association = association.clone();
            async move { association.call(&ApiGetNotifyRequest::default()).await }
        });
        rig.until(|seen| seen.calls.len() == 1).await;
        for _ in 0..3 {
            association.call(&ApiGetClusterNameRequest {}).await.unwrap();
        }
        assert_eq!(rig.seen().connections, connections);
        rig.release();
        assert_eq!(waiting.await.unwrap().unwrap().get().unwrap(), event());
        association.call(&ApiGetClusterNameRequest {}).await.unwrap();
        drop(association);
        let seen = rig.until(|seen| seen.open == 0).await;
        // All were one association.
        assert_eq!((seen.ended, seen.connections), (1, connections));
    }
}

#[tokio::test]
async fn ports_that_wait_have_a_connection_each() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let association = association.clone();
        waiting.spawn(async move { association.call(&ApiGetNotifyRequest::default()).await.map(drop) });
    }
    rig.until(|seen| seen.calls.len() == 5).await;
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    assert_eq!(rig.seen().connections, 6);
    rig.release();
    while let Some(waited) = waiting.join_next().await {
        waited.unwrap().unwrap();
    }
    // More connections than calls may use at a time are not kept.
    rig.until(|seen| seen.open == Limits::default().connections).await;
}

#[tokio::test]
async fn calls_take_turns_on_the_connections_that_they_may_have() {
    let rig = Rig::start(config(), cluster).await;
    let mut limits = Limits::default();
    limits.connections = 2;
    let association = Association::connect(&rig.server(), &options().with_limits(limits)).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let association = association.clone();
        calls.spawn(async move { association.call(&ApiGetClusterNameRequest {}).await.map(drop) });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    assert!(rig.seen().connections <= 2);
}

#[tokio::test]
async fn more_calls_than_may_be_are_refused() {
    let rig = Rig::start(config(), |call: &Call| Reaction::Hold(stub(call, name()))).await;
    let mut limits = Limits::default();
    limits.calls = 2;
    limits.waiting = 1;
    let association = Association::connect(&rig.server(), &options().with_limits(limits)).await.unwrap();
    let call = || {
        let association = association.clone();
        tokio::spawn(async move { association.call(&ApiGetClusterNameRequest {}).await.map(drop) })
    };
    let calls = [call(), call()];
    let waiting = tokio::spawn({
        let association = association.clone();
        async move { association.wait(&ApiGetClusterNameRequest {}).await.map(drop) }
    });
    rig.until(|seen| seen.calls.len() == 3).await;
    assert!(matches!(call().await.unwrap(), Err(CallError::TooManyCalls)));
    let refused = association.wait(&ApiGetClusterNameRequest {}).await;
    assert!(matches!(refused, Err(CallError::TooManyCalls)));
    rig.release();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_fails_its_calls_and_no_others() {
    let rig = Rig::start(config(), |call: &Call| match call.opnum {
        ApiCreateEnum::OPNUM => Reaction::Cut,
        _ => cluster(call),
    })
    .await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let waiting = tokio::spawn({
        let association = association.clone();
        async move { association.call(&ApiGetNotifyRequest::default()).await }
    });
    rig.until(|seen| seen.calls.len() == 1).await;
    let error = association.call(&ApiCreateEnumRequest { dw_type: 1 }).await.unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error}");
    assert_eq!(error.win32(), 1726);
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    rig.release();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_before_the_end_is_an_answer() {
    let rig = Rig::start(config(), |call: &Call| Reaction::Last(stub(call, name()))).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let answer = association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    assert_eq!(answer.get().unwrap(), name());
    association.ended().await;
}

/// The server has said why before it closed, while most of the request had yet to be written.
#[tokio::test]
async fn a_fault_before_the_end_is_a_fault() {
    let mut config = config();
    config.limits.max_fragments = 2;
    let rig = Rig::start(config, cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let error = association.call_raw(3, &vec![0; 4 << 20], CallOptions::default()).await.unwrap_err();
    assert!(matches!(error, CallError::Fault { status: NCA_PROTO_ERROR, .. }), "{error}");
}

#[tokio::test]
async fn an_association_without_connections_has_ended() {
    let rig = Rig::start(config(), |_: &Call| Reaction::Cut).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let ended = association.ended();
    association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    ended.await;
    // No new association takes its place: the handles would be those of another.
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert!(matches!(error, CallError::Ended), "{error}");
    assert_eq!(rig.seen().connections, 1);
}

#[tokio::test]
async fn closing_ends_all_clones() {
    let mut config = config();
    config.features = BindFeatures::empty();
    let rig = Rig::start(config, cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    let clone = association.clone();
    association.close();
    clone.ended().await;
    assert!(clone.call(&ApiGetClusterNameRequest {}).await.is_err());
    rig.until(|seen| seen.open == 0).await;
}
