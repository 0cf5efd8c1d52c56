//! The methods of notification ports, without the types of their protocol.

use cmrp::cluster_change::{
    ClusterFilter, ClusterFilterV2, GroupFilter, KeyFilter, NetInterfaceFilter, NetworkFilter, NodeFilter,
    ResourceFilter,
};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;

use super::{Token, token};

/// The get methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Get {
    /// `ApiGetNotify`.
    One,
    /// `ApiGetNotifyAsync`.
    Several,
    /// `ApiGetNotifyV2`.
    SeveralV2,
}

impl Get {
    /// The version of the ports that it reads.
    pub const fn version(self) -> PortVersion {
        match self {
            Self::One | Self::Several => PortVersion::V1,
            Self::SeveralV2 => PortVersion::V2,
        }
    }
}

/// What a request asks of the server of notification ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// `ApiCreateNotify`, `ApiCreateNotifyV2`.
    Create(PortVersion),
    /// `ApiCloseNotify`.
    Close {
        /// `hNotify`.
        port: Token,
    },
    /// The Add and `ReAdd` methods that name an object by a handle of its own kind.
    Add {
        /// `hNotify`.
        port: Token,
        /// The handle of the object.
        object: Token,
        /// The kind of object that the method is for.
        kind: ObjectKind,
        /// `dwFilter`.
        events: u32,
        /// The bits that `dwFilter` may have.
        valid: u32,
        /// `dwNotifyKey`.
        key: u32,
        /// `WatchSubTree` of `ApiAddNotifyKey`.
        subtree: bool,
        /// `StateSequence` of the `ReAdd` methods.
        known: Option<u32>,
    },
    /// `ApiAddNotifyV2`.
    AddV2 {
        /// `hNotify`.
        port: Token,
        /// `hObject`.
        object: Token,
        /// `dwObjectType`.
        object_type: u32,
        /// `FilterFlags`.
        flags: u64,
        /// `dwNotifyKey`.
        key: u32,
        /// `dwVersion`.
        version: u32,
        /// `isTargetedAtObject`.
        targeted: bool,
    },
    /// `ApiAddNotifyResourceTypeV2`.
    AddResourceType {
        /// `hNotify`.
        port: Token,
        /// `filter`.
        flags: u64,
        /// `dwNotifyKey`.
        key: u32,
        /// `resTypeName`.
        name: String,
        /// `dwVersion`.
        version: u32,
    },
    /// The get methods.
    Get {
        /// `hNotify`.
        port: Token,
        /// Which one.
        get: Get,
        /// `Timeout`, in milliseconds, of protocol version 2.
        timeout: Option<u32>,
    },
    /// `ApiUnblockGetNotifyCall`.
    Unblock {
        /// `hNotify`.
        port: Token,
    },
}

impl Method {
    /// The port that it is about.
    pub fn port(&self) -> Option<Token> {
        match *self {
            Self::Create(_) => None,
            Self::Close { port }
            | Self::Add { port, .. }
            | Self::AddV2 { port, .. }
            | Self::AddResourceType { port, .. }
            | Self::Get { port, .. }
            | Self::Unblock { port } => Some(port),
        }
    }
}

macro_rules! add {
    ($request:ident, $object:ident, $kind:ident, $valid:expr) => {
        add!($request, $object, $kind, $valid, None)
    };
    ($request:ident, $object:ident, $kind:ident, $valid:expr, $known:expr) => {
        Method::Add {
            port: token($request.h_notify),
            object: token($request.$object),
            kind: ObjectKind::$kind,
            events: $request.dw_filter.bits(),
            valid: $valid.bits(),
            key: $request.dw_notify_key,
            subtree: false,
            known: $known,
        }
    };
}

macro_rules! again {
    ($request:ident, $object:ident, $kind:ident, $valid:expr) => {
        add!($request, $object, $kind, $valid, Some($request.state_sequence))
    };
}

macro_rules! common {
    ($module:ident, $request:expr, $cluster:ident, $close:ident, $key_filter:ident, $timeout:expr, $other:pat => $rest:expr) => {{
        use $module::Request;
        Some(match $request {
            Request::ApiCreateNotify(_) => Method::Create(PortVersion::V1),
            Request::ApiCloseNotify(r) => Method::Close { port: token(r.$close) },
            Request::ApiAddNotifyCluster(r) => add!(r, h_cluster, Cluster, $cluster::VALID),
            Request::ApiAddNotifyNode(r) => add!(r, h_node, Node, NodeFilter::VALID),
            Request::ApiAddNotifyGroup(r) => add!(r, h_group, Group, GroupFilter::VALID),
            Request::ApiAddNotifyResource(r) => add!(r, h_resource, Resource, ResourceFilter::VALID),
            Request::ApiAddNotifyNetwork(r) => add!(r, h_network, Network, NetworkFilter::VALID),
            Request::ApiAddNotifyNetInterface(r) => {
                add!(r, h_net_interface, NetInterface, NetInterfaceFilter::VALID)
            }
            Request::ApiReAddNotifyNode(r) => again!(r, h_node, Node, NodeFilter::VALID),
            Request::ApiReAddNotifyGroup(r) => again!(r, h_group, Group, GroupFilter::VALID),
            Request::ApiReAddNotifyResource(r) => again!(r, h_resource, Resource, ResourceFilter::VALID),
            Request::ApiReAddNotifyNetwork(r) => again!(r, h_network, Network, NetworkFilter::VALID),
            Request::ApiReAddNotifyNetInterface(r) => {
                again!(r, h_net_interface, NetInterface, NetInterfaceFilter::VALID)
            }
            Request::ApiAddNotifyKey(r) => Method::Add {
                port: token(r.h_notify),
                object: token(r.h_key),
                kind: ObjectKind::Key,
                events: r.$key_filter.bits(),
                valid: KeyFilter::VALID.bits(),
                key: r.dw_notify_key,
                subtree: r.watch_sub_tree != 0,
                known: None,
            },
            Request::ApiGetNotify(r) => {
                Method::Get { port: token(r.h_notify), get: Get::One, timeout: $timeout(r) }
            }
            Request::ApiUnblockGetNotifyCall(r) => Method::Unblock { port: token(r.h_notify) },
            $other => return $rest,
        })
    }};
}

/// What a request of protocol version 2 asks; `None` if it is not about notification ports.
pub fn request_v2(request: &clusapi2::Request<'_>) -> Option<Method> {
    let timeout = |get: &clusapi2::ApiGetNotifyRequest| Some(get.timeout);
    common!(clusapi2, request, ClusterFilterV2, h_notify, dw_filter, timeout, _ => None)
}

/// What a request of protocol version 3 asks; `None` if it is not about notification ports.
pub fn request_v3(request: &clusapi3::Request<'_>) -> Option<Method> {
    let timeout = |_: &clusapi3::ApiGetNotifyRequest| None;
    common!(clusapi3, request, ClusterFilter, notify, filter, timeout, other => of_version_3(other))
}

/// The methods that protocol version 3 alone has.
fn of_version_3(request: &clusapi3::Request<'_>) -> Option<Method> {
    use clusapi3::Request;
    let unsigned = |flags: i64| u64::from_ne_bytes(flags.to_ne_bytes());
    let get = |port, get| Method::Get { port: token(port), get, timeout: None };
    Some(match request {
        Request::ApiCreateNotifyV2(_) => Method::Create(PortVersion::V2),
        Request::ApiGetNotifyV2(r) => get(r.h_notify, Get::SeveralV2),
        Request::ApiGetNotifyAsync(r) => get(r.h_notify, Get::Several),
        Request::ApiAddNotifyV2(r) => Method::AddV2 {
            port: token(r.h_notify),
            object: token(r.h_object),
            object_type: r.filter.dw_object_type,
            flags: unsigned(r.filter.filter_flags),
            key: r.dw_notify_key,
            version: r.dw_version,
            targeted: r.is_targeted_at_object != 0,
        },
        Request::ApiAddNotifyResourceTypeV2(r) => Method::AddResourceType {
            port: token(r.h_notify),
            flags: unsigned(r.filter),
            key: r.dw_notify_key,
            name: r.res_type_name.to_string_lossy(),
            version: r.dw_version,
        },
        _ => return None,
    })
}
