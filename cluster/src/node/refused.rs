//! The answers of methods that do not do what they are asked to.
//!
//! All that a method has to say then is its code: the other members are zero, empty or null. What the request gives a
//! size for has that size all the same, or the answer would not be one to that request (MS-RPCE 3.1.2.7.1).

use cmrp::clusapi3;
use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::{Operation, ReservedResponse, Varying, VaryingPtr};

use crate::status::{NCA_S_FAULT_REMOTE_NO_MEMORY, RPC_S_PROCNUM_OUT_OF_RANGE};

/// Octets of a buffer that travels whole, although nothing is in it: what a request can make an answer take at most.
///
/// Stops a request of a few octets from costing the server gigabytes.
pub const MAX_EMPTY_BUFFER: u32 = 1 << 20;

/// As many zeros as a client can ask for in vain.
static ZEROS: [u8; MAX_EMPTY_BUFFER as usize] = [0; MAX_EMPTY_BUFFER as usize];

/// A buffer of so many octets with nothing in it.
///
/// # Errors
/// It is larger than [`MAX_EMPTY_BUFFER`]: the status of a fault.
pub fn empty_buffer(size: u32) -> Result<&'static [u8], u32> {
    let size = usize::try_from(size).map_err(|_| NCA_S_FAULT_REMOTE_NO_MEMORY)?;
    ZEROS.get(..size).ok_or(NCA_S_FAULT_REMOTE_NO_MEMORY)
}

macro_rules! answers {
    ($request:expr, $code:expr; value: [$($value:ident),+ $(,)?], handle: [$($handle:ident),+ $(,)?], control: [$($control:ident),+ $(,)?], close: [$($close:ident: $closed:ident),+ $(,)?]) => {
        match $request {
            $(Request::$value(_) => {
                type Answer<'r> = <clusapi3::$value as Operation>::Response<'r>;
                Some(Answer { return_value: $code, ..Default::default() }.into())
            })+
            $(Request::$handle(_) => {
                type Answer<'r> = <clusapi3::$handle as Operation>::Response<'r>;
                Some(Answer { status: $code, ..Default::default() }.into())
            })+
            $(Request::$control(call) => {
                type Answer<'r> = <clusapi3::$control as Operation>::Response<'r>;
                let lp_out_buffer = Varying { size: call.n_out_buffer_size, data: [].as_slice() };
                Some(Answer { lp_out_buffer, return_value: $code, ..Default::default() }.into())
            })+
            $(Request::$close(call) => {
                type Answer<'r> = <clusapi3::$close as Operation>::Response<'r>;
                Some(Answer { $closed: call.$closed, return_value: $code }.into())
            })+
            _ => None,
        }
    };
}

/// The answer of a method that returns this code; of a reserved slot, that there is no such method.
///
/// # Errors
/// The answer would be too large, or the method is one of notification ports: the status of a fault.
pub fn response<'a>(request: &Request<'_>, code: u32) -> Result<Response<'a>, u32> {
    match sized(request, code)? {
        Some(response) => Ok(response),
        None => plain(request, code).ok_or(NCA_S_FAULT_REMOTE_NO_MEMORY),
    }
}

/// The answers with members whose size the request gives.
fn sized<'a>(request: &Request<'_>, code: u32) -> Result<Option<Response<'a>>, u32> {
    Ok(Some(match request {
        Request::ApiQueryValue(call) => clusapi3::ApiQueryValueResponse {
            lp_data: empty_buffer(call.cb_data)?,
            return_value: code,
            ..Default::default()
        }
        .into(),
        Request::ApiEnumValue(call) => clusapi3::ApiEnumValueResponse {
            lp_data: empty_buffer(call.lpcb_data)?,
            return_value: code,
            ..Default::default()
        }
        .into(),
        Request::ApiGetKeySecurity(call) => clusapi3::ApiGetKeySecurityResponse {
            p_rpc_security_descriptor: no_descriptor(&call.p_rpc_security_descriptor),
            return_value: code,
            ..Default::default()
        }
        .into(),
        Request::ApiSetServiceAccountPassword(call) => clusapi3::ApiSetServiceAccountPasswordResponse {
            return_status_buffer_ptr: Varying { size: call.return_status_buffer_size, data: Vec::new() },
            return_value: code,
            ..Default::default()
        }
        .into(),
        Request::ApiGetBatchNotification(_) => {
            clusapi3::ApiGetBatchNotificationResponse { return_value: code, ..Default::default() }.into()
        }
        Request::Reserved(call) => Response::Reserved(ReservedResponse {
            opnum: call.opnum,
            return_value: RPC_S_PROCNUM_OUT_OF_RANGE,
        }),
        _ => return Ok(None),
    }))
}

/// An empty buffer of the size that the caller has.
fn no_descriptor<'a>(given: &clusapi3::RpcSecurityDescriptor<'_>) -> clusapi3::RpcSecurityDescriptor<'a> {
    let lp_security_descriptor = match &given.lp_security_descriptor {
        VaryingPtr::Null { size, .. } => VaryingPtr::Null { size: *size, length: 0 },
        VaryingPtr::Array(buffer) => VaryingPtr::Array(Varying { size: buffer.size, data: [].as_slice() }),
    };
    clusapi3::RpcSecurityDescriptor { lp_security_descriptor }
}

#[rustfmt::skip]
fn plain<'a>(request: &Request<'_>, code: u32) -> Option<Response<'a>> {
    answers! { request, code;
        value: [
        ApiSetClusterName, ApiGetClusterName, ApiGetClusterVersion, ApiGetQuorumResource,
        ApiSetQuorumResource, ApiCreateEnum, ApiDeleteResource, ApiGetResourceState, ApiSetResourceName,
        ApiGetResourceId, ApiGetResourceType, ApiFailResource, ApiOnlineResource, ApiOfflineResource,
        ApiAddResourceDependency, ApiRemoveResourceDependency, ApiCanResourceBeDependent, ApiCreateResEnum,
        ApiAddResourceNode, ApiRemoveResourceNode, ApiChangeResourceGroup, ApiCreateResourceType,
        ApiDeleteResourceType, ApiEnumKey, ApiSetValue, ApiDeleteValue, ApiDeleteKey, ApiQueryInfoKey,
        ApiSetKeySecurity, ApiDeleteGroup, ApiGetGroupState, ApiSetGroupName, ApiGetGroupId, ApiGetNodeId,
        ApiOnlineGroup, ApiOfflineGroup, ApiMoveGroup, ApiMoveGroupToNode, ApiCreateGroupResourceEnum,
        ApiSetGroupNodeList, ApiGetNodeState, ApiPauseNode, ApiResumeNode, ApiEvictNode, ApiGetNetworkState,
        ApiSetNetworkName, ApiCreateNetworkEnum, ApiGetNetworkId, ApiSetNetworkPriorityOrder,
        ApiGetNetInterfaceState, ApiGetNetInterface, ApiGetNetInterfaceId, ApiCreateNodeEnum,
        ApiGetClusterVersion2, ApiCreateResTypeEnum, ApiBackupClusterDatabase,
        ApiSetResourceDependencyExpression, ApiGetResourceDependencyExpression, ApiGetResourceNetworkName,
        ApiExecuteBatch, ApiCreateBatchPort, ApiChangeCsvState, ApiCreateNodeEnumEx, ApiCreateEnumEx,
        ApiPauseNodeEx, ApiPauseNodeWithDrainTarget, ApiResumeNodeEx, ApiOnlineGroupEx, ApiOfflineGroupEx,
        ApiMoveGroupEx, ApiMoveGroupToNodeEx, ApiCancelClusterGroupOperation, ApiOnlineResourceEx,
        ApiOfflineResourceEx, ApiCreateGroupEnum, ApiCreateResourceEnum, ApiExecuteReadBatch,
        ApiRestartResource, ApiExecuteReadBatchEx, ApiDeleteGroupSet, ApiAddGroupToGroupSet,
        ApiRemoveGroupFromGroupSet, ApiMoveGroupToGroupSet, ApiAddGroupSetDependency,
        ApiAddGroupToGroupSetDependency, ApiSetGroupDependencyExpression, ApiRemoveClusterGroupDependency,
        ApiSetGroupSetDependencyExpression, ApiRemoveGroupSetDependency,
        ApiRemoveClusterGroupToGroupSetDependency, ApiCreateGroupSetEnum, ApiCreateNetInterfaceEnum,
        ApiChangeCsvStateEx, ApiAddGroupToGroupSetEx, ApiChangeResourceGroupEx, ApiClusterNativeUpdateControl,
        ],
        handle: [
        ApiOpenCluster, ApiOpenResource, ApiCreateResource, ApiGetRootKey, ApiCreateKey, ApiOpenKey,
        ApiOpenGroup, ApiCreateGroup, ApiOpenNode, ApiOpenNetwork, ApiOpenNetInterface, ApiOpenClusterEx,
        ApiOpenNodeEx, ApiOpenGroupEx, ApiOpenResourceEx, ApiOpenNetworkEx, ApiOpenNetInterfaceEx,
        ApiCreateGroupEx, ApiCreateGroupSet, ApiOpenGroupSet,
        ],
        control: [
        ApiNodeResourceControl, ApiResourceControl, ApiNodeResourceTypeControl, ApiResourceTypeControl,
        ApiNodeGroupControl, ApiGroupControl, ApiNodeNodeControl, ApiNodeControl, ApiNodeNetworkControl,
        ApiNetworkControl, ApiNodeNetInterfaceControl, ApiNetInterfaceControl, ApiNodeClusterControl,
        ApiClusterControl, ApiNodeGroupSetControl, ApiGroupSetControl,
        ],
        close: [
        ApiCloseCluster: cluster,
        ApiCloseResource: resource,
        ApiCloseKey: p_key,
        ApiCloseGroup: group,
        ApiCloseNode: node,
        ApiCloseNetwork: network,
        ApiCloseNetInterface: net_interface,
        ApiCloseBatchPort: ph_batch_port,
        ApiCloseGroupSet: group_set,
        ]
    }
}
