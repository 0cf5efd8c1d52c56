//! Deadlines, with a clock that only moves when everybody waits.

use std::time::Duration;

use cmrp::clusapi3::{ApiGetClusterName, ApiGetClusterNameRequest, ApiGetNotifyRequest};
use cmrp::ndr::Operation;
use cmrp_net::client::{Association, CallError, CallOptions};
use dcerpc_proto::server::Call;
use tokio::time::{Instant, timeout};

use super::calls::{cluster, name, options};
use super::rig::{Reaction, Rig, config, stub};

/// Connects while the clock runs, then stops it.
async fn paused(rig: &Rig) -> Association {
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    tokio::time::pause();
    association
}

fn holding(call: &Call) -> Reaction {
    Reaction::Hold(stub(call, name()))
}

#[tokio::test]
async fn a_call_has_a_minute() {
    let rig = Rig::start(config(), holding).await;
    let association = paused(&rig).await;
    let began = Instant::now();
    let error = association.call(&ApiGetClusterNameRequest {}).await.unwrap_err();
    assert!(matches!(error, CallError::Deadline(deadline) if deadline == Duration::from_secs(60)));
    assert_eq!(error.win32(), 1726);
    assert_eq!(began.elapsed().as_secs(), 60);
    tokio::time::resume();
    rig.until(|seen| seen.orphaned == 1).await;
}

#[tokio::test]
async fn or_as_long_as_it_is_given() {
    let rig = Rig::start(config(), holding).await;
    let association = paused(&rig).await;
    let began = Instant::now();
    let options = CallOptions::default().with_deadline(Duration::from_secs(3));
    let error = association.call_raw(ApiGetClusterName::OPNUM, &[], options).await.unwrap_err();
    assert!(matches!(error, CallError::Deadline(_)));
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn a_call_that_waits_has_all_the_time() {
    let rig = Rig::start(config(), cluster).await;
    let association = paused(&rig).await;
    let month = Duration::from_secs(30 * 24 * 3600);
    timeout(month, association.call(&ApiGetNotifyRequest::default())).await.unwrap_err();
}
