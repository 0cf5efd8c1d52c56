//! Requests of protocol version 3.

use cmrp::clusapi3;
use cmrp::cluster_change::{
    ClusterFilter, GroupFilter, KeyFilter, NetInterfaceFilter, NetworkFilter, NodeFilter, ResourceFilter,
};
use cmrp::ndr::{ContextHandle, Handle, WStr};

use super::{Add, CLUSTER_ENUM_NODE, KEY_READ, Method, common_requests};
use crate::access::Access;
use crate::object::ObjectKind;
use crate::protocol::PortVersion;

common_requests!(clusapi3);

/// `dwVersion` of filters of version 2 ports (MS-CMRP 3.1.4.2.137).
const FILTER_VERSION: u32 = 2;

/// `None` for what no method does.
pub(super) fn request(method: &Method) -> Option<clusapi3::Request<'_>> {
    Some(match method {
        Method::GetClusterName => clusapi3::ApiGetClusterNameRequest {}.into(),
        Method::EnumerateNodes => clusapi3::ApiCreateEnumRequest { dw_type: CLUSTER_ENUM_NODE }.into(),
        Method::Open { kind: ObjectKind::GroupSet, name, .. } => {
            clusapi3::ApiOpenGroupSetRequest { lpsz_group_set_name: WStr::from(&**name) }.into()
        }
        Method::Open { kind, name, level: None } => return open(*kind, name),
        Method::Open { kind, name, level: Some(level) } => return open_ex(*kind, name, *level),
        Method::GetRootKey => clusapi3::ApiGetRootKeyRequest { sam_desired: KEY_READ }.into(),
        Method::OpenKey { root, path } => open_key(*root, path),
        Method::CloseObject { kind: ObjectKind::GroupSet, handle } => {
            clusapi3::ApiCloseGroupSetRequest { group_set: Handle::new(*handle) }.into()
        }
        Method::CloseObject { kind, handle } => return close(*kind, *handle),
        _ => return port_request(method),
    })
}

/// The methods of ports.
fn port_request(method: &Method) -> Option<clusapi3::Request<'_>> {
    Some(match method {
        Method::CreatePort(PortVersion::V1) => clusapi3::ApiCreateNotifyRequest {}.into(),
        Method::CreatePort(PortVersion::V2) => clusapi3::ApiCreateNotifyV2Request {}.into(),
        Method::ClosePort { port } => clusapi3::ApiCloseNotifyRequest { notify: Handle::new(*port) }.into(),
        Method::Unblock { port } => {
            clusapi3::ApiUnblockGetNotifyCallRequest { h_notify: Handle::new(*port) }.into()
        }
        Method::Add(filter) => return add_or_add_again(filter),
        Method::AddV2 { .. } | Method::AddResourceType { .. } => return add_v2(method),
        Method::Get { port, version: PortVersion::V1, .. } => {
            clusapi3::ApiGetNotifyRequest { h_notify: Handle::new(*port) }.into()
        }
        Method::Get { port, version: PortVersion::V2, .. } => {
            clusapi3::ApiGetNotifyV2Request { h_notify: Handle::new(*port) }.into()
        }
        _ => return None,
    })
}

/// The `Open...Ex` methods.
fn open_ex(kind: ObjectKind, name: &str, level: Access) -> Option<clusapi3::Request<'_>> {
    let (name, dw_desired_access) = (WStr::from(name), level.desired());
    Some(match kind {
        ObjectKind::Cluster => clusapi3::ApiOpenClusterExRequest { dw_desired_access }.into(),
        ObjectKind::Node => clusapi3::ApiOpenNodeExRequest { lpsz_node_name: name, dw_desired_access }.into(),
        ObjectKind::Group => {
            clusapi3::ApiOpenGroupExRequest { lpsz_group_name: name, dw_desired_access }.into()
        }
        ObjectKind::Resource => {
            clusapi3::ApiOpenResourceExRequest { lpsz_resource_name: name, dw_desired_access }.into()
        }
        ObjectKind::Network => {
            clusapi3::ApiOpenNetworkExRequest { lpsz_network_name: name, dw_desired_access }.into()
        }
        ObjectKind::NetInterface => {
            clusapi3::ApiOpenNetInterfaceExRequest { lpsz_net_interface_name: name, dw_desired_access }.into()
        }
        ObjectKind::Key | ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
    })
}

/// The methods that add a filter to a version 2 port.
fn add_v2(method: &Method) -> Option<clusapi3::Request<'_>> {
    Some(match method {
        Method::AddV2 { port, object, filter, key, targeted } => clusapi3::ApiAddNotifyV2Request {
            h_notify: Handle::new(*port),
            h_object: Handle::new(*object),
            filter: (*filter).into(),
            dw_notify_key: *key,
            dw_version: FILTER_VERSION,
            is_targeted_at_object: i32::from(*targeted),
        }
        .into(),
        Method::AddResourceType { port, name, flags, key } => clusapi3::ApiAddNotifyResourceTypeV2Request {
            h_notify: Handle::new(*port),
            filter: i64::from_ne_bytes(flags.to_ne_bytes()),
            dw_notify_key: *key,
            res_type_name: WStr::from(&**name),
            dw_version: FILTER_VERSION,
        }
        .into(),
        _ => return None,
    })
}

fn add_cluster(add: &Add) -> clusapi3::Request<'static> {
    clusapi3::ApiAddNotifyClusterRequest {
        h_notify: Handle::new(add.port),
        h_cluster: Handle::new(add.object),
        dw_filter: ClusterFilter::from_bits_retain(add.events.bits()),
        dw_notify_key: add.key,
    }
    .into()
}

fn add_key(add: &Add) -> clusapi3::Request<'static> {
    clusapi3::ApiAddNotifyKeyRequest {
        h_notify: Handle::new(add.port),
        h_key: Handle::new(add.object),
        dw_notify_key: add.key,
        filter: KeyFilter::from_bits_retain(add.events.bits()),
        watch_sub_tree: i32::from(add.watch_subtree),
    }
    .into()
}
