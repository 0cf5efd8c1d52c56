//! Protocol version 2 by the code of version 3: its requests and responses, member by member.
//!
//! The interfaces differ in `rpc_status`, which version 2 lacks, in `force` of `ApiDeleteGroup`, and in the list of
//! `ApiSetGroupNodeList`, which is octets there and characters here. Methods of notification ports are not here: the
//! port server takes them as they are.

use cmrp::clusapi2::Request as Request2;
use cmrp::clusapi2::Response as Response2;
use cmrp::clusapi3::Request as Request3;
use cmrp::clusapi3::Response as Response3;
use cmrp::ndr::Operation;
use cmrp::{clusapi2, clusapi3};

use super::across::{Across, characters};

macro_rules! requests {
    ($from:expr; $($name:ident { $($field:ident),* };)+) => {
        match $from {
            $(Request2::$name(call) => {
                type Call<'r> = <clusapi3::$name as Operation>::Request<'r>;
                let _ = call;
                let request = Call { $($field: call.$field.clone().across()),* };
                Some(request.into())
            })+
            Request2::ApiDeleteGroup(call) => Some(
                clusapi3::ApiDeleteGroupRequest { group: call.group.across(), force: 0 }.into(),
            ),
            Request2::ApiSetGroupNodeList(call) => Some(
                clusapi3::ApiSetGroupNodeListRequest {
                    h_group: call.h_group.across(),
                    multi_sz_node_list: characters(&call.lp_node_list),
                }
                .into(),
            ),
            _ => None,
        }
    };
}

macro_rules! responses {
    ($from:expr; $($name:ident { $($field:ident),* };)+) => {
        match $from {
            $(Response3::$name(answer) => {
                type Answer<'r> = <clusapi2::$name as Operation>::Response<'r>;
                let response = Answer { $($field: answer.$field.clone().across()),* };
                Some(response.into())
            })+
            _ => None,
        }
    };
}

/// The request of version 3 that asks for the same; `None` for a method of notification ports, and for a reserved slot.
pub(crate) fn request<'a>(request: &Request2<'a>) -> Option<Request3<'a>> {
    all_requests(request)
}

/// The response of version 2 that says the same; `None` for a method that version 2 does not have.
pub(crate) fn response<'a>(response: &Response3<'a>) -> Option<Response2<'a>> {
    all_responses(response)
}

#[allow(clippy::too_many_lines, reason = "a line for each method")]
#[rustfmt::skip]
fn all_requests<'a>(request: &Request2<'a>) -> Option<Request3<'a>> {
    requests! { request;
    ApiOpenCluster {};
    ApiCloseCluster { cluster };
    ApiSetClusterName { new_cluster_name };
    ApiGetClusterName {};
    ApiGetClusterVersion {};
    ApiGetQuorumResource {};
    ApiSetQuorumResource { h_resource, lpsz_device_name, dw_max_quorum_log_size };
    ApiCreateEnum { dw_type };
    ApiOpenResource { lpsz_resource_name };
    ApiCreateResource { h_group, lpsz_resource_name, lpsz_resource_type, dw_flags };
    ApiDeleteResource { h_resource };
    ApiCloseResource { resource };
    ApiGetResourceState { h_resource };
    ApiSetResourceName { h_resource, lpsz_resource_name };
    ApiGetResourceId { h_resource };
    ApiGetResourceType { h_resource };
    ApiFailResource { h_resource };
    ApiOnlineResource { h_resource };
    ApiOfflineResource { h_resource };
    ApiAddResourceDependency { h_resource, h_depends_on };
    ApiRemoveResourceDependency { h_resource, h_depends_on };
    ApiCanResourceBeDependent { h_resource, h_resource_dependent };
    ApiCreateResEnum { h_resource, dw_type };
    ApiAddResourceNode { h_resource, h_node };
    ApiRemoveResourceNode { h_resource, h_node };
    ApiChangeResourceGroup { h_resource, h_group };
    ApiCreateResourceType { lpsz_type_name, lpsz_display_name, lpsz_dll_name, dw_looks_alive, dw_is_alive };
    ApiDeleteResourceType { lpsz_type_name };
    ApiGetRootKey { sam_desired };
    ApiCreateKey { h_key, lp_sub_key, dw_options, sam_desired, lp_security_attributes };
    ApiOpenKey { h_key, lp_sub_key, sam_desired };
    ApiEnumKey { h_key, dw_index };
    ApiSetValue { h_key, lp_value_name, dw_type, lp_data };
    ApiDeleteValue { h_key, lp_value_name };
    ApiQueryValue { h_key, lp_value_name, cb_data };
    ApiDeleteKey { h_key, lp_sub_key };
    ApiEnumValue { h_key, dw_index, lpcb_data };
    ApiCloseKey { p_key };
    ApiQueryInfoKey { h_key };
    ApiSetKeySecurity { h_key, security_information, p_rpc_security_descriptor };
    ApiGetKeySecurity { h_key, security_information, p_rpc_security_descriptor };
    ApiOpenGroup { lpsz_group_name };
    ApiCreateGroup { lpsz_group_name };
    ApiCloseGroup { group };
    ApiGetGroupState { h_group };
    ApiSetGroupName { h_group, lpsz_group_name };
    ApiGetGroupId { h_group };
    ApiGetNodeId { h_node };
    ApiOnlineGroup { h_group };
    ApiOfflineGroup { h_group };
    ApiMoveGroup { h_group };
    ApiMoveGroupToNode { h_group, h_node };
    ApiCreateGroupResourceEnum { h_group, dw_type };
    ApiOpenNode { lpsz_node_name };
    ApiCloseNode { node };
    ApiGetNodeState { h_node };
    ApiPauseNode { h_node };
    ApiResumeNode { h_node };
    ApiEvictNode { h_node };
    ApiNodeResourceControl { h_resource, h_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiResourceControl { h_resource, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiNodeResourceTypeControl {
        h_cluster, lpsz_resource_type_name, h_node, dw_control_code, lp_in_buffer, n_out_buffer_size
    };
    ApiResourceTypeControl {
        h_cluster, lpsz_resource_type_name, dw_control_code, lp_in_buffer, n_out_buffer_size
    };
    ApiNodeGroupControl { h_group, h_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiGroupControl { h_group, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiNodeNodeControl { h_node, h_host_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiNodeControl { h_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiOpenNetwork { lpsz_network_name };
    ApiCloseNetwork { network };
    ApiGetNetworkState { h_network };
    ApiSetNetworkName { h_network, lpsz_network_name };
    ApiCreateNetworkEnum { h_network, dw_type };
    ApiGetNetworkId { h_network };
    ApiSetNetworkPriorityOrder { network_id_list };
    ApiNodeNetworkControl { h_network, h_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiNetworkControl { h_network, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiOpenNetInterface { lpsz_net_interface_name };
    ApiCloseNetInterface { net_interface };
    ApiGetNetInterfaceState { h_net_interface };
    ApiGetNetInterface { lpsz_node_name, lpsz_network_name };
    ApiGetNetInterfaceId { h_net_interface };
    ApiNodeNetInterfaceControl { h_net_interface, h_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiNetInterfaceControl { h_net_interface, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiCreateNodeEnum { h_node, dw_type };
    ApiGetClusterVersion2 {};
    ApiCreateResTypeEnum { lpsz_type_name, dw_type };
    ApiBackupClusterDatabase { lpsz_path_name };
    ApiNodeClusterControl { h_cluster, h_host_node, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiClusterControl { h_cluster, dw_control_code, lp_in_buffer, n_out_buffer_size };
    ApiSetServiceAccountPassword { lpsz_new_password, dw_flags, return_status_buffer_size };
    }
}

#[allow(clippy::too_many_lines, reason = "a line for each method")]
#[rustfmt::skip]
fn all_responses<'a>(response: &Response3<'a>) -> Option<Response2<'a>> {
    responses! { response;
    ApiOpenCluster { status, return_value };
    ApiCloseCluster { cluster, return_value };
    ApiSetClusterName { return_value };
    ApiGetClusterName { cluster_name, node_name, return_value };
    ApiGetClusterVersion {
        lpw_major_version, lpw_minor_version, lpw_build_number, lpsz_vendor_id, lpsz_csd_version, return_value
    };
    ApiGetQuorumResource { lpsz_resource_name, lpsz_device_name, pdw_max_quorum_log_size, return_value };
    ApiSetQuorumResource { return_value };
    ApiCreateEnum { return_enum, return_value };
    ApiOpenResource { status, return_value };
    ApiCreateResource { status, return_value };
    ApiDeleteResource { return_value };
    ApiCloseResource { resource, return_value };
    ApiGetResourceState { state, node_name, group_name, return_value };
    ApiSetResourceName { return_value };
    ApiGetResourceId { p_guid, return_value };
    ApiGetResourceType { lpsz_resource_type, return_value };
    ApiFailResource { return_value };
    ApiOnlineResource { return_value };
    ApiOfflineResource { return_value };
    ApiAddResourceDependency { return_value };
    ApiRemoveResourceDependency { return_value };
    ApiCanResourceBeDependent { return_value };
    ApiCreateResEnum { return_enum, return_value };
    ApiAddResourceNode { return_value };
    ApiRemoveResourceNode { return_value };
    ApiChangeResourceGroup { return_value };
    ApiCreateResourceType { return_value };
    ApiDeleteResourceType { return_value };
    ApiGetRootKey { status, return_value };
    ApiCreateKey { lpdw_disposition, status, return_value };
    ApiOpenKey { status, return_value };
    ApiEnumKey { key_name, lpft_last_write_time, return_value };
    ApiSetValue { return_value };
    ApiDeleteValue { return_value };
    ApiQueryValue { lp_value_type, lp_data, lpcb_required, return_value };
    ApiDeleteKey { return_value };
    ApiEnumValue { lp_value_name, lp_type, lp_data, total_size, return_value };
    ApiCloseKey { p_key, return_value };
    ApiQueryInfoKey {
        lpc_sub_keys, lpcb_max_sub_key_len, lpc_values, lpcb_max_value_name_len, lpcb_max_value_len,
        lpcb_security_descriptor, lpft_last_write_time, return_value
    };
    ApiSetKeySecurity { return_value };
    ApiGetKeySecurity { p_rpc_security_descriptor, return_value };
    ApiOpenGroup { status, return_value };
    ApiCreateGroup { status, return_value };
    ApiDeleteGroup { return_value };
    ApiCloseGroup { group, return_value };
    ApiGetGroupState { state, node_name, return_value };
    ApiSetGroupName { return_value };
    ApiGetGroupId { p_guid, return_value };
    ApiGetNodeId { p_guid, return_value };
    ApiOnlineGroup { return_value };
    ApiOfflineGroup { return_value };
    ApiMoveGroup { return_value };
    ApiMoveGroupToNode { return_value };
    ApiCreateGroupResourceEnum { return_enum, return_value };
    ApiSetGroupNodeList { return_value };
    ApiOpenNode { status, return_value };
    ApiCloseNode { node, return_value };
    ApiGetNodeState { state, return_value };
    ApiPauseNode { return_value };
    ApiResumeNode { return_value };
    ApiEvictNode { return_value };
    ApiNodeResourceControl { lp_out_buffer, lpcb_required, return_value };
    ApiResourceControl { lp_out_buffer, lpcb_required, return_value };
    ApiNodeResourceTypeControl { lp_out_buffer, lpcb_required, return_value };
    ApiResourceTypeControl { lp_out_buffer, lpcb_required, return_value };
    ApiNodeGroupControl { lp_out_buffer, lpcb_required, return_value };
    ApiGroupControl { lp_out_buffer, lpcb_required, return_value };
    ApiNodeNodeControl { lp_out_buffer, lpcb_required, return_value };
    ApiNodeControl { lp_out_buffer, lpcb_required, return_value };
    ApiOpenNetwork { status, return_value };
    ApiCloseNetwork { network, return_value };
    ApiGetNetworkState { state, return_value };
    ApiSetNetworkName { return_value };
    ApiCreateNetworkEnum { return_enum, return_value };
    ApiGetNetworkId { p_guid, return_value };
    ApiSetNetworkPriorityOrder { return_value };
    ApiNodeNetworkControl { lp_out_buffer, lpcb_required, return_value };
    ApiNetworkControl { lp_out_buffer, lpcb_required, return_value };
    ApiOpenNetInterface { status, return_value };
    ApiCloseNetInterface { net_interface, return_value };
    ApiGetNetInterfaceState { state, return_value };
    ApiGetNetInterface { lppsz_interface_name, return_value };
    ApiGetNetInterfaceId { p_guid, return_value };
    ApiNodeNetInterfaceControl { lp_out_buffer, lpcb_required, return_value };
    ApiNetInterfaceControl { lp_out_buffer, lpcb_required, return_value };
    ApiCreateNodeEnum { return_enum, return_value };
    ApiGetClusterVersion2 {
        lpw_major_version, lpw_minor_version, lpw_build_number, lpsz_vendor_id, lpsz_csd_version,
        pp_cluster_op_ver_info, return_value
    };
    ApiCreateResTypeEnum { return_enum, return_value };
    ApiBackupClusterDatabase { return_value };
    ApiNodeClusterControl { lp_out_buffer, lpcb_required, return_value };
    ApiClusterControl { lp_out_buffer, lpcb_required, return_value };
    ApiSetServiceAccountPassword { return_status_buffer_ptr, expected_buffer_size, return_value };
    }
}
