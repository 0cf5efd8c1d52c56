//! Methods that are none of notification ports' business.

use cmrp::clusapi3::{ApiGetClusterNameRequest, ApiOpenClusterRequest};
use cmrp::ndr::ReservedRequest;
use cmrp::{clusapi2, clusapi3};
use cmrp_port::protocol::Protocol::{V2, V3};
use cmrp_port::server::{CallId, Handled};

use crate::harness::{Bench, States};

/// The embedding program answers 0x6D1 to the opnums that clients should not send.
///
/// Rows: 2.4/5
#[test]
fn s2_4_other_methods_and_reserved_slots_are_left_alone() {
    let mut bench = Bench::new(V3, 0);
    let states = States::default();
    let mut requests = vec![
        clusapi3::Request::from(ApiOpenClusterRequest {}),
        clusapi3::Request::from(ApiGetClusterNameRequest {}),
        clusapi3::Request::ApiCloseCluster(clusapi3::ApiCloseClusterRequest::default()),
    ];
    requests.extend((186..264).map(|opnum| clusapi3::Request::Reserved(ReservedRequest { opnum })));
    for request in &requests {
        let handled = bench.server.handle_v3(bench.now, bench.caller, CallId(1), request, &states);
        assert_eq!(handled, Handled::NotMine, "{request:?}");
        assert!(bench.server.poll_output().is_none());
    }
    let mut bench = Bench::new(V2, 0);
    bench.access(None);
    for request in [
        clusapi2::Request::ApiOpenCluster(clusapi2::ApiOpenClusterRequest {}),
        clusapi2::Request::ApiCloseNode(clusapi2::ApiCloseNodeRequest::default()),
    ] {
        let handled = bench.server.handle_v2(bench.now, bench.caller, CallId(1), &request, &states);
        assert_eq!(handled, Handled::NotMine, "{request:?}");
        assert!(bench.server.poll_output().is_none());
    }
}

/// Section 2.5 of the fact sheet.
///
/// Rows: 2.4/6
#[test]
fn s2_4_the_codes_have_their_numbers() {
    use cmrp_port::status as s;
    let codes = [
        (0x0, s::ERROR_SUCCESS),
        (0x1, s::ERROR_INVALID_FUNCTION),
        (0x5, s::ERROR_ACCESS_DENIED),
        (0x6, s::ERROR_INVALID_HANDLE),
        (0x8, s::ERROR_NOT_ENOUGH_MEMORY),
        (0x46, s::ERROR_SHARING_PAUSED),
        (0x57, s::ERROR_INVALID_PARAMETER),
        (258, s::WAIT_TIMEOUT),
        (259, s::ERROR_NO_MORE_ITEMS),
        (1115, s::ERROR_SHUTDOWN_IN_PROGRESS),
        (1255, s::ERROR_SERVER_SHUTDOWN_IN_PROGRESS),
        (1745, s::RPC_S_PROCNUM_OUT_OF_RANGE),
        (5007, s::ERROR_RESOURCE_NOT_FOUND),
        (5013, s::ERROR_GROUP_NOT_FOUND),
        (5042, s::ERROR_CLUSTER_NODE_NOT_FOUND),
        (5045, s::ERROR_CLUSTER_NETWORK_NOT_FOUND),
        (5047, s::ERROR_CLUSTER_NETINTERFACE_NOT_FOUND),
        (5050, s::ERROR_CLUSTER_NODE_DOWN),
        (5072, s::ERROR_CLUSTER_NODE_NOT_READY),
        (5073, s::ERROR_CLUSTER_NODE_SHUTTING_DOWN),
        (5992, s::ERROR_GROUPSET_NOT_FOUND),
        (0x1C00_001A, s::NCA_S_FAULT_CONTEXT_MISMATCH),
    ];
    for (number, code) in codes {
        assert_eq!(number, code, "{:?}", s::name(code));
    }
}
