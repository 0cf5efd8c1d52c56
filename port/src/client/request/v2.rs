//! Requests of protocol version 2.

use cmrp::clusapi2;
use cmrp::cluster_change::{
    ClusterFilterV2, GroupFilter, KeyFilter, NetInterfaceFilter, NetworkFilter, NodeFilter, ResourceFilter,
};
use cmrp::ndr::{ContextHandle, Handle, WStr};

use super::{Add, CLUSTER_ENUM_NODE, KEY_READ, Method, common_requests};
use crate::object::ObjectKind;
use crate::protocol::PortVersion;

common_requests!(clusapi2);

/// `None` for what only protocol version 3 has.
pub(super) fn request(method: &Method) -> Option<clusapi2::Request<'_>> {
    Some(match method {
        Method::GetClusterName => clusapi2::ApiGetClusterNameRequest {}.into(),
        Method::EnumerateNodes => clusapi2::ApiCreateEnumRequest { dw_type: CLUSTER_ENUM_NODE }.into(),
        Method::Open { kind, name, level: None } => return open(*kind, name),
        Method::GetRootKey => clusapi2::ApiGetRootKeyRequest { sam_desired: KEY_READ }.into(),
        Method::OpenKey { root, path } => open_key(*root, path),
        Method::CloseObject { kind, handle } => return close(*kind, *handle),
        Method::CreatePort(PortVersion::V1) => clusapi2::ApiCreateNotifyRequest {}.into(),
        Method::ClosePort { port } => clusapi2::ApiCloseNotifyRequest { h_notify: Handle::new(*port) }.into(),
        Method::Unblock { port } => {
            clusapi2::ApiUnblockGetNotifyCallRequest { h_notify: Handle::new(*port) }.into()
        }
        Method::Add(filter) => return add_or_add_again(filter),
        Method::Get { port, version: PortVersion::V1, timeout } => {
            clusapi2::ApiGetNotifyRequest { h_notify: Handle::new(*port), timeout: *timeout }.into()
        }
        _ => return None,
    })
}

fn add_cluster(add: &Add) -> clusapi2::Request<'static> {
    clusapi2::ApiAddNotifyClusterRequest {
        h_notify: Handle::new(add.port),
        h_cluster: Handle::new(add.object),
        dw_filter: ClusterFilterV2::from_bits_retain(add.events.bits()),
        dw_notify_key: add.key,
    }
    .into()
}

fn add_key(add: &Add) -> clusapi2::Request<'static> {
    clusapi2::ApiAddNotifyKeyRequest {
        h_notify: Handle::new(add.port),
        h_key: Handle::new(add.object),
        dw_notify_key: add.key,
        dw_filter: KeyFilter::from_bits_retain(add.events.bits()),
        watch_sub_tree: i32::from(add.watch_subtree),
    }
    .into()
}
