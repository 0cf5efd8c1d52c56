//! The cluster itself: name, version, quorum resource, and its own handle.

use cmrp::clusapi3::{
    self, ApiGetClusterNameResponse, ApiGetClusterVersion2Response, ApiGetQuorumResourceResponse,
    ApiOpenClusterExResponse, ApiOpenClusterResponse, ApiSetQuorumResourceRequest,
    ClusterOperationalVersionInfo, Request,
};
use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};

use super::{Done, Work, closes, kept_text, text};
use crate::embedded::model::State;
use crate::session::Refusal;
use crate::status::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_NOT_QUORUM_CAPABLE};

/// Octets of `CLUSTER_OPERATIONAL_VERSION_INFO` (MS-CMRP 2.2.3.3).
const VERSION_INFO: u32 = 20;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    closes!(work, request; ApiCloseCluster, cluster, Cluster);
    Some(match request {
        Request::ApiOpenCluster(_) => open(work),
        Request::ApiOpenClusterEx(call) => open_ex(work, call.dw_desired_access),
        Request::ApiGetClusterName(_) => name(work),
        Request::ApiSetClusterName(call) => set_name(work, request, call.new_cluster_name),
        Request::ApiGetClusterVersion2(_) => version(work),
        Request::ApiGetQuorumResource(_) => quorum(work),
        Request::ApiSetQuorumResource(call) => set_quorum(work, call).and_then(|()| work.returns(request, 0)),
        // Servers that know the version 3 of the protocol leave these to their successors (see
        // `ApiGetClusterVersion2`), and what they did is done by other means.
        Request::ApiGetClusterVersion(_)
        | Request::ApiBackupClusterDatabase(_)
        | Request::ApiSetServiceAccountPassword(_) => Err(ERROR_CALL_NOT_IMPLEMENTED.into()),
        _ => return None,
    })
}

fn cluster_object(state: &State) -> Object {
    Object::new(ObjectKind::Cluster, state.cluster.name.as_str())
}

fn open(work: &mut Work<'_, '_>) -> Done {
    let object = cluster_object(work.model.state());
    let handle = work.session.open(&object, Access::All, 0)?;
    work.answer(ApiOpenClusterResponse { status: 0, return_value: Some(handle) })
}

fn open_ex(work: &mut Work<'_, '_>, desired: u32) -> Done {
    let access = Access::grant(desired, work.session.access())?;
    let object = cluster_object(work.model.state());
    let handle = work.session.open(&object, access, 0)?;
    work.answer(ApiOpenClusterExResponse {
        lpdw_granted_access: access.granted(),
        status: 0,
        return_value: Some(handle),
    })
}

fn name(work: &Work<'_, '_>) -> Done {
    work.answer(ApiGetClusterNameResponse {
        cluster_name: Some(work.model.state().cluster.name.as_str().into()),
        node_name: Some(work.session.node().into()),
        return_value: 0,
    })
}

/// MS-CMRP 3.1.4.2.3.
fn set_name(work: &mut Work<'_, '_>, request: &Request<'_>, name: cmrp::ndr::WStr<'_>) -> Done {
    let code = work.model.name_cluster(&text(name)?)?;
    work.returns(request, code)
}

/// MS-CMRP 3.1.4.2.102.
fn version(work: &Work<'_, '_>) -> Done {
    let version = &work.model.config.version;
    let level = (u32::from(version.major) << 16) | u32::from(version.build);
    work.answer(ApiGetClusterVersion2Response {
        lpw_major_version: version.major,
        lpw_minor_version: version.minor,
        lpw_build_number: version.build,
        lpsz_vendor_id: Some(version.vendor.as_str().into()),
        lpsz_csd_version: Some(version.service_pack.as_str().into()),
        pp_cluster_op_ver_info: Some(ClusterOperationalVersionInfo {
            dw_size: VERSION_INFO,
            dw_cluster_highest_version: level,
            dw_cluster_lowest_version: level,
            dw_flags: 0,
            dw_reserved: 0,
        }),
        rpc_status: 0,
        return_value: 0,
    })
}

/// MS-CMRP 3.1.4.2.6.
fn quorum(work: &Work<'_, '_>) -> Done {
    let state = work.model.state();
    let resource = state.quorum.resource.as_ref().and_then(|id| state.resources.get(id));
    work.answer(ApiGetQuorumResourceResponse {
        lpsz_resource_name: Some(resource.map_or("", |resource| &resource.name).into()),
        lpsz_device_name: Some(state.quorum.device.as_str().into()),
        pdw_max_quorum_log_size: state.quorum.max_log_size,
        rpc_status: 0,
        return_value: 0,
    })
}

/// MS-CMRP 3.1.4.2.7.
fn set_quorum(work: &mut Work<'_, '_>, call: &ApiSetQuorumResourceRequest<'_>) -> Result<(), Refusal> {
    let id = work.resource(call.h_resource)?;
    let device = kept_text(call.lpsz_device_name)?;
    let state = work.model.state();
    let kind = state.resources.get(&id).and_then(|resource| state.resource_types.get(&resource.type_name));
    if !kind.is_some_and(|kind| kind.quorum_capable) {
        return Err(ERROR_NOT_QUORUM_CAPABLE.into());
    }
    let quorum = &mut work.model.change().quorum;
    quorum.resource = Some(id);
    quorum.device = device;
    quorum.max_log_size = call.dw_max_quorum_log_size;
    work.model.tell_quorum();
    Ok(())
}
