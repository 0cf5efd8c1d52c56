//! Responses of protocol version 3.

use cmrp::clusapi3;

use super::{Event, Reply, added, common_replies, done, handle, name, nodes, text, unless_failed};
use crate::status::RPC_S_CALL_FAILED;

common_replies!(clusapi3);

pub(in crate::client) fn reply<'a>(response: &'a clusapi3::Response<'a>) -> Reply<'a> {
    use clusapi3::Response as R;
    match response {
        R::ApiOpenClusterEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenNodeEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenGroupEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenResourceEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenNetworkEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenNetInterfaceEx(r) => handle(r.status, r.return_value, Some(r.lpdw_granted_access)),
        R::ApiOpenGroupSet(r) => handle(r.status, r.return_value, None),
        R::ApiCloseGroupSet(r) => done(r.return_value),
        R::ApiCreateNotifyV2(r) => handle(r.rpc_error, r.return_value, None),
        R::ApiAddNotifyV2(r) => done(r.return_value),
        R::ApiAddNotifyResourceTypeV2(r) => done(r.return_value),
        R::ApiGetNotifyV2(r) => unless_failed(r.return_value, || {
            Reply::Events(r.notifications.as_array().map(|events| &**events).unwrap_or_default())
        }),
        _ => common(response),
    }
}
