//! The methods of notification ports, whichever interface they were called through.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, Handle, WStr};
use cmrp::{clusapi2, clusapi3};

use crate::object::ObjectKind;
use crate::protocol::PortVersion;

/// A call of a method of notification ports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method<'a> {
    /// `ApiCreateNotify` or `ApiCreateNotifyV2`.
    Create(PortVersion),
    /// `ApiCloseNotify`.
    Close { port: ContextHandle },
    /// `ApiUnblockGetNotifyCall`.
    Unblock { port: ContextHandle },
    /// A method that waits for indications.
    Get { port: ContextHandle, get: Get },
    /// A method that registers a filter.
    Add { port: ContextHandle, key: u32, filter: Wanted<'a> },
}

/// The methods that wait for indications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Get {
    /// `ApiGetNotify`; in protocol version 2 with its `Timeout` in milliseconds.
    One { timeout: Option<u32> },
    /// `ApiGetNotifyAsync`.
    Async,
    /// `ApiGetNotifyV2`.
    V2,
}

/// What a filter is to match.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// `ApiAddNotifyCluster`.
    Cluster { handle: ContextHandle, events: ClusterChange, valid: ClusterChange },
    /// `ApiAddNotifyNode` and its siblings, and their twins `ApiReAddNotifyNode` and so on.
    Object {
        handle: ContextHandle,
        kind: ObjectKind,
        events: ClusterChange,
        valid: ClusterChange,
        known: Known,
    },
    /// `ApiAddNotifyKey`.
    Key { handle: ContextHandle, events: ClusterChange, valid: ClusterChange, subtree: bool },
    /// `ApiAddNotifyV2`.
    V2 { handle: ContextHandle, filter: ObjectFilter, version: u32, targeted: bool },
    /// `ApiAddNotifyResourceTypeV2`.
    ResourceType { name: WStr<'a>, filter: ObjectFilter, version: u32 },
}

/// What a client knows of the state of the object that it asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: it wants to be told the state number.
    Nothing,
    /// The state number that it saw last, before it lost the connection.
    Sequence(u32),
}

/// Matches a request against the methods that both interfaces have.
macro_rules! common {
    ($interface:ident, $request:expr, timeout: |$get:ident| $timeout:expr, closed: $closed:ident, key_filter: $key_filter:ident) => {{
        use $interface::Request;
        macro_rules! add {
            ($call:expr, $object:ident, $kind:ident, $known:expr) => {
                Method::Add {
                    port: token($call.h_notify),
                    key: $call.dw_notify_key,
                    filter: Wanted::Object {
                        handle: token($call.$object),
                        kind: ObjectKind::$kind,
                        events: $call.dw_filter.into(),
                        valid: $call.dw_filter.events(),
                        known: $known,
                    },
                }
            };
        }
        match $request {
            Request::ApiCreateNotify(_) => Some(Method::Create(PortVersion::V1)),
            Request::ApiCloseNotify(call) => Some(Method::Close { port: token(call.$closed) }),
            Request::ApiUnblockGetNotifyCall(call) => Some(Method::Unblock { port: token(call.h_notify) }),
            Request::ApiGetNotify($get) => {
                Some(Method::Get { port: token($get.h_notify), get: Get::One { timeout: $timeout } })
            }
            Request::ApiAddNotifyCluster(call) => Some(Method::Add {
                port: token(call.h_notify),
                key: call.dw_notify_key,
                filter: Wanted::Cluster {
                    handle: token(call.h_cluster),
                    events: call.dw_filter.into(),
                    valid: call.dw_filter.events(),
                },
            }),
            Request::ApiAddNotifyKey(call) => Some(Method::Add {
                port: token(call.h_notify),
                key: call.dw_notify_key,
                filter: Wanted::Key {
                    handle: token(call.h_key),
                    events: call.$key_filter.into(),
                    valid: call.$key_filter.events(),
                    subtree: call.watch_sub_tree != 0,
                },
            }),
            Request::ApiAddNotifyNode(call) => Some(add!(call, h_node, Node, Known::Nothing)),
            Request::ApiAddNotifyGroup(call) => Some(add!(call, h_group, Group, Known::Nothing)),
            Request::ApiAddNotifyResource(call) => Some(add!(call, h_resource, Resource, Known::Nothing)),
            Request::ApiAddNotifyNetwork(call) => Some(add!(call, h_network, Network, Known::Nothing)),
            Request::ApiAddNotifyNetInterface(call) => {
                Some(add!(call, h_net_interface, NetInterface, Known::Nothing))
            }
            Request::ApiReAddNotifyNode(call) => {
                Some(add!(call, h_node, Node, Known::Sequence(call.state_sequence)))
            }
            Request::ApiReAddNotifyGroup(call) => {
                Some(add!(call, h_group, Group, Known::Sequence(call.state_sequence)))
            }
            Request::ApiReAddNotifyResource(call) => {
                Some(add!(call, h_resource, Resource, Known::Sequence(call.state_sequence)))
            }
            Request::ApiReAddNotifyNetwork(call) => {
                Some(add!(call, h_network, Network, Known::Sequence(call.state_sequence)))
            }
            Request::ApiReAddNotifyNetInterface(call) => {
                Some(add!(call, h_net_interface, NetInterface, Known::Sequence(call.state_sequence)))
            }
            _ => None,
        }
    }};
}

impl<'a> Method<'a> {
    /// The method that a request of protocol version 2 calls; `None` if it has nothing to do with ports.
    pub(super) fn of_v2(request: &clusapi2::Request<'a>) -> Option<Self> {
        common!(clusapi2, request, timeout: |call| Some(call.timeout), closed: h_notify, key_filter: dw_filter)
    }

    /// The method that a request of protocol version 3 calls; `None` if it has nothing to do with ports.
    pub(super) fn of_v3(request: &clusapi3::Request<'a>) -> Option<Self> {
        Self::of_v3_only(request)
            .or_else(|| common!(clusapi3, request, timeout: |call| None, closed: notify, key_filter: filter))
    }

    fn of_v3_only(request: &clusapi3::Request<'a>) -> Option<Self> {
        Some(match request {
            clusapi3::Request::ApiCreateNotifyV2(_) => Self::Create(PortVersion::V2),
            clusapi3::Request::ApiGetNotifyV2(call) => Self::Get { port: token(call.h_notify), get: Get::V2 },
            clusapi3::Request::ApiGetNotifyAsync(call) => {
                Self::Get { port: token(call.h_notify), get: Get::Async }
            }
            clusapi3::Request::ApiAddNotifyV2(call) => Self::Add {
                port: token(call.h_notify),
                key: call.dw_notify_key,
                filter: Wanted::V2 {
                    handle: token(call.h_object),
                    filter: ObjectFilter::from(&call.filter),
                    version: call.dw_version,
                    targeted: call.is_targeted_at_object != 0,
                },
            },
            clusapi3::Request::ApiAddNotifyResourceTypeV2(call) => Self::Add {
                port: token(call.h_notify),
                key: call.dw_notify_key,
                filter: Wanted::ResourceType {
                    name: call.res_type_name,
                    filter: ObjectFilter::received(
                        RESOURCE_TYPE,
                        u64::from_ne_bytes(call.filter.to_ne_bytes()),
                    ),
                    version: call.dw_version,
                },
            },
            _ => return None,
        })
    }
}

/// `CLUSTER_OBJECT_TYPE_RESOURCE_TYPE` (MS-CMRP 2.2.2.11).
const RESOURCE_TYPE: u32 = 4;

fn token<H: Handle>(handle: Option<H>) -> ContextHandle {
    handle.map_or(ContextHandle::NULL, H::token)
}
