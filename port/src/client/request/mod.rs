//! Requests: one form for the engine, which becomes the typed request of either protocol version.

mod v2;
mod v3;

use alloc::sync::Arc;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::ContextHandle;
use cmrp::{clusapi2, clusapi3};

use crate::access::Access;
use crate::object::ObjectKind;
use crate::protocol::{PortVersion, Protocol};

/// A request that the engine wants sent. It owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    protocol: Protocol,
    method: Method,
}

impl Request {
    pub(super) fn new(protocol: Protocol, method: Method) -> Self {
        Self { protocol, method }
    }

    /// The request of protocol version 2; `None` if the engine speaks the other.
    pub fn to_v2(&self) -> Option<clusapi2::Request<'_>> {
        if self.protocol == Protocol::V2 { v2::request(&self.method) } else { None }
    }

    /// The request of protocol version 3; `None` if the engine speaks the other.
    pub fn to_v3(&self) -> Option<clusapi3::Request<'_>> {
        if self.protocol == Protocol::V3 { v3::request(&self.method) } else { None }
    }

    /// The place of the method in the interface. `None` if there is no such method, which no engine asks for.
    pub fn opnum(&self) -> Option<u16> {
        match self.protocol {
            Protocol::V2 => self.to_v2().map(|request| request.opnum()),
            Protocol::V3 => self.to_v3().map(|request| request.opnum()),
        }
    }

    /// Whether the call may take for ever.
    pub(super) fn waits(&self) -> bool {
        matches!(self.method, Method::Get { .. })
    }
}

/// What the engine can ask of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    GetClusterName,
    EnumerateNodes,
    /// Of any kind but keys; `level` makes it an `Open...Ex` method.
    Open {
        kind: ObjectKind,
        name: Arc<str>,
        level: Option<Access>,
    },
    GetRootKey,
    OpenKey {
        root: ContextHandle,
        path: Arc<str>,
    },
    CloseObject {
        kind: ObjectKind,
        handle: ContextHandle,
    },
    CreatePort(PortVersion),
    ClosePort {
        port: ContextHandle,
    },
    Unblock {
        port: ContextHandle,
    },
    Add(Add),
    AddV2 {
        port: ContextHandle,
        object: ContextHandle,
        filter: ObjectFilter,
        key: u32,
        targeted: bool,
    },
    AddResourceType {
        port: ContextHandle,
        name: Arc<str>,
        flags: u64,
        key: u32,
    },
    Get {
        port: ContextHandle,
        version: PortVersion,
        timeout: u32,
    },
}

/// A filter for a version 1 port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Add {
    pub(super) port: ContextHandle,
    pub(super) kind: ObjectKind,
    pub(super) object: ContextHandle,
    pub(super) events: ClusterChange,
    pub(super) watch_subtree: bool,
    pub(super) key: u32,
    /// The state number that makes it a `ReAdd` method.
    pub(super) since: Option<u32>,
}

/// `samDesired` of keys, whose handles are for filters only: `KEY_READ` (MS-CMRP 3.1.4.2.29).
const KEY_READ: u32 = 0x0002_0019;

/// `dwType` of `ApiCreateEnum` that lists the nodes (MS-CMRP 3.2.3.3).
const CLUSTER_ENUM_NODE: u32 = 0x0000_0001;

/// What is the same in both interfaces but for the types.
macro_rules! common_requests {
    ($api:ident) => {
        /// The `Open...` methods without level.
        fn open(kind: ObjectKind, name: &str) -> Option<$api::Request<'_>> {
            let name = WStr::from(name);
            Some(match kind {
                ObjectKind::Cluster => $api::ApiOpenClusterRequest {}.into(),
                ObjectKind::Node => $api::ApiOpenNodeRequest { lpsz_node_name: name }.into(),
                ObjectKind::Group => $api::ApiOpenGroupRequest { lpsz_group_name: name }.into(),
                ObjectKind::Resource => $api::ApiOpenResourceRequest { lpsz_resource_name: name }.into(),
                ObjectKind::Network => $api::ApiOpenNetworkRequest { lpsz_network_name: name }.into(),
                ObjectKind::NetInterface => {
                    $api::ApiOpenNetInterfaceRequest { lpsz_net_interface_name: name }.into()
                }
                ObjectKind::Key | ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
            })
        }

        fn open_key(root: ContextHandle, path: &str) -> $api::Request<'_> {
            let (h_key, lp_sub_key) = (Handle::new(root), WStr::from(path));
            $api::ApiOpenKeyRequest { h_key, lp_sub_key, sam_desired: KEY_READ }.into()
        }

        /// The `Close...` methods of objects.
        fn close(kind: ObjectKind, handle: ContextHandle) -> Option<$api::Request<'static>> {
            Some(match kind {
                ObjectKind::Cluster => $api::ApiCloseClusterRequest { cluster: Handle::new(handle) }.into(),
                ObjectKind::Node => $api::ApiCloseNodeRequest { node: Handle::new(handle) }.into(),
                ObjectKind::Group => $api::ApiCloseGroupRequest { group: Handle::new(handle) }.into(),
                ObjectKind::Resource => {
                    $api::ApiCloseResourceRequest { resource: Handle::new(handle) }.into()
                }
                ObjectKind::Key => $api::ApiCloseKeyRequest { p_key: Handle::new(handle) }.into(),
                ObjectKind::Network => $api::ApiCloseNetworkRequest { network: Handle::new(handle) }.into(),
                ObjectKind::NetInterface => {
                    $api::ApiCloseNetInterfaceRequest { net_interface: Handle::new(handle) }.into()
                }
                ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
            })
        }

        /// The `ApiAddNotify...` methods whose parameters are the same in both versions.
        fn add(add: &Add) -> Option<$api::Request<'static>> {
            let (h_notify, object, dw_notify_key) = (Handle::new(add.port), add.object, add.key);
            let bits = add.events.bits();
            macro_rules! request {
                ($request:ident, $handle:ident, $filter:ident) => {{
                    let dw_filter = $filter::from_bits_retain(bits);
                    $api::$request { h_notify, $handle: Handle::new(object), dw_filter, dw_notify_key }.into()
                }};
            }
            Some(match add.kind {
                ObjectKind::Node => request!(ApiAddNotifyNodeRequest, h_node, NodeFilter),
                ObjectKind::Group => request!(ApiAddNotifyGroupRequest, h_group, GroupFilter),
                ObjectKind::Resource => request!(ApiAddNotifyResourceRequest, h_resource, ResourceFilter),
                ObjectKind::Network => request!(ApiAddNotifyNetworkRequest, h_network, NetworkFilter),
                ObjectKind::NetInterface => {
                    request!(ApiAddNotifyNetInterfaceRequest, h_net_interface, NetInterfaceFilter)
                }
                ObjectKind::Cluster => add_cluster(add),
                ObjectKind::Key => add_key(add),
                ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
            })
        }

        /// The `ApiReAddNotify...` methods.
        fn add_again(add: &Add, state_sequence: u32) -> Option<$api::Request<'static>> {
            let (h_notify, object, dw_notify_key) = (Handle::new(add.port), add.object, add.key);
            let bits = add.events.bits();
            macro_rules! request {
                ($request:ident, $handle:ident, $filter:ident) => {{
                    let (dw_filter, $handle) = ($filter::from_bits_retain(bits), Handle::new(object));
                    $api::$request { h_notify, $handle, dw_filter, dw_notify_key, state_sequence }.into()
                }};
            }
            Some(match add.kind {
                ObjectKind::Node => request!(ApiReAddNotifyNodeRequest, h_node, NodeFilter),
                ObjectKind::Group => request!(ApiReAddNotifyGroupRequest, h_group, GroupFilter),
                ObjectKind::Resource => request!(ApiReAddNotifyResourceRequest, h_resource, ResourceFilter),
                ObjectKind::Network => request!(ApiReAddNotifyNetworkRequest, h_network, NetworkFilter),
                ObjectKind::NetInterface => {
                    request!(ApiReAddNotifyNetInterfaceRequest, h_net_interface, NetInterfaceFilter)
                }
                _ => return None,
            })
        }

        fn add_or_add_again(filter: &Add) -> Option<$api::Request<'static>> {
            match filter.since {
                Some(state_sequence) => add_again(filter, state_sequence),
                None => add(filter),
            }
        }
    };
}
use common_requests;
