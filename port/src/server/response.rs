//! What the server answers, and its form in either interface.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cmrp::clusapi3::{NotificationDataAsyncRpc, NotificationDataRpc, NotificationRpc, ObjectFilter};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, Handle, SizedPtr};
use cmrp::{clusapi2, clusapi3};

use crate::event::{EventV1, EventV2};
use crate::protocol::Protocol;

/// The answer to one call. It owns what it says; [`to_v2`](Self::to_v2) and [`to_v3`](Self::to_v3) show it as the
/// codec writes it.
#[derive(Clone, Debug)]
pub struct Response {
    protocol: Protocol,
    opnum: u16,
    body: Body,
    /// Place and number of the port whose indications it holds.
    port: Option<(u32, u64)>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Status(u32),
    Created { handle: ContextHandle, status: u32 },
    Closed { handle: ContextHandle, status: u32 },
    Added { state_sequence: u32, status: u32 },
    One { indication: Option<Indication>, status: u32 },
    Async { indications: Vec<Indication>, status: u32 },
    V2 { notifications: Vec<Notification>, status: u32 },
}

/// An event of a version 1 port and the client's key.
#[derive(Clone, Debug)]
pub(super) struct Indication {
    pub(super) key: u32,
    pub(super) event: Arc<PostedV1>,
}

/// An event of a version 2 port and the client's key.
#[derive(Clone, Debug)]
pub(super) struct Notification {
    pub(super) key: u32,
    pub(super) event: Arc<PostedV2>,
}

/// A version 1 event that queues share.
#[derive(Debug)]
pub(super) struct PostedV1 {
    pub(super) change: ClusterChange,
    pub(super) name: Arc<str>,
    pub(super) state_sequence: u32,
}

impl PostedV1 {
    /// How much of a batch the event takes up.
    pub(super) fn octets(&self) -> usize {
        wide(&self.name)
    }
}

impl From<&EventV1<'_>> for PostedV1 {
    fn from(event: &EventV1<'_>) -> Self {
        Self { change: event.change(), name: event.name().into(), state_sequence: event.state_sequence() }
    }
}

/// A version 2 event that queues share.
#[derive(Debug)]
pub(super) struct PostedV2 {
    pub(super) filter: ObjectFilter,
    pub(super) buffer: Vec<u8>,
    pub(super) object_id: String,
    pub(super) parent_id: Option<String>,
    pub(super) name: String,
    pub(super) type_name: Option<String>,
}

impl PostedV2 {
    /// How much of a batch the event takes up.
    pub(super) fn octets(&self) -> usize {
        let optional = |text: &Option<String>| text.as_deref().map_or(0, wide);
        [
            self.buffer.len(),
            wide(&self.object_id),
            optional(&self.parent_id),
            wide(&self.name),
            optional(&self.type_name),
        ]
        .iter()
        .fold(0, |sum, octets| sum.saturating_add(*octets))
    }
}

impl From<&EventV2<'_>> for PostedV2 {
    fn from(event: &EventV2<'_>) -> Self {
        Self {
            filter: event.filter,
            buffer: event.buffer.into(),
            object_id: event.object_id.into(),
            parent_id: event.parent_id.map(Into::into),
            name: event.name.into(),
            type_name: event.type_name.map(Into::into),
        }
    }
}

/// Octets of a string in UTF-16.
pub(super) fn wide(text: &str) -> usize {
    text.encode_utf16().count().saturating_mul(2)
}

impl Response {
    pub(super) const fn new(protocol: Protocol, opnum: u16, body: Body) -> Self {
        Self { protocol, opnum, body, port: None }
    }

    /// Tells which port the indications are from, by its place in the server's list and its number.
    pub(super) fn of_port(mut self, port: Option<(u32, u64)>) -> Self {
        self.port = port;
        self
    }

    pub(super) const fn port(&self) -> Option<(u32, u64)> {
        self.port
    }

    /// The handle that it tells of for the first time.
    pub(super) const fn created(&self) -> Option<ContextHandle> {
        match self.body {
            Body::Created { handle, .. } => Some(handle),
            _ => None,
        }
    }

    /// Which interface the call came through.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The number of the method that is answered.
    pub const fn opnum(&self) -> u16 {
        self.opnum
    }

    /// The return value, or `Status` of a method that returns a handle.
    pub const fn result(&self) -> u32 {
        match self.body {
            Body::Status(status)
            | Body::Created { status, .. }
            | Body::Closed { status, .. }
            | Body::Added { status, .. }
            | Body::One { status, .. }
            | Body::Async { status, .. }
            | Body::V2 { status, .. } => status,
        }
    }

    /// How many indications it delivers.
    pub fn indications(&self) -> usize {
        match &self.body {
            Body::One { indication, .. } => usize::from(indication.is_some()),
            Body::Async { indications, .. } => indications.len(),
            Body::V2 { notifications, .. } => notifications.len(),
            _ => 0,
        }
    }
}

/// Answers that both interfaces have; version 3 adds `rpc_status`, which the RPC runtime would write on a failure.
macro_rules! common {
    ($interface:ident, $response:expr, $closed:ident $(, $rpc_status:ident)?) => {{
        use $interface::*;
        let body = &$response.body;
        macro_rules! status {
            ($name:ident, $type:ident) => {
                match body {
                    Body::Status(status) => Some(Response::$name($type { $($rpc_status: 0,)? return_value: *status })),
                    _ => None,
                }
            };
        }
        macro_rules! added {
            ($name:ident, $type:ident) => {
                match body {
                    Body::Added { state_sequence, status } => Some(Response::$name($type {
                        dw_state_sequence: *state_sequence,
                        $($rpc_status: 0,)?
                        return_value: *status,
                    })),
                    _ => None,
                }
            };
        }
        match ($response.opnum, body) {
            (55, Body::Created { handle, status }) => Some(Response::ApiCreateNotify(ApiCreateNotifyResponse {
                status: *status,
                $($rpc_status: 0,)?
                return_value: Handle::new(*handle),
            })),
            (56, Body::Closed { handle, status }) => Some(Response::ApiCloseNotify(ApiCloseNotifyResponse {
                $closed: Handle::new(*handle),
                return_value: *status,
            })),
            (57, _) => status!(ApiAddNotifyCluster, ApiAddNotifyClusterResponse),
            (58, _) => added!(ApiAddNotifyNode, ApiAddNotifyNodeResponse),
            (59, _) => added!(ApiAddNotifyGroup, ApiAddNotifyGroupResponse),
            (60, _) => added!(ApiAddNotifyResource, ApiAddNotifyResourceResponse),
            (61, _) => status!(ApiAddNotifyKey, ApiAddNotifyKeyResponse),
            (62, _) => status!(ApiReAddNotifyNode, ApiReAddNotifyNodeResponse),
            (63, _) => status!(ApiReAddNotifyGroup, ApiReAddNotifyGroupResponse),
            (64, _) => status!(ApiReAddNotifyResource, ApiReAddNotifyResourceResponse),
            (65, Body::One { indication, status }) => {
                let event = indication.as_ref().map(|indication| &*indication.event);
                Some(Response::ApiGetNotify(ApiGetNotifyResponse {
                    dw_notify_key: indication.as_ref().map_or(0, |indication| indication.key),
                    dw_filter: event.map_or(ClusterChange::empty(), |event| event.change),
                    dw_state_sequence: event.map_or(0, |event| event.state_sequence),
                    name: event.map(|event| (&*event.name).into()),
                    $($rpc_status: 0,)?
                    return_value: *status,
                }))
            }
            (90, _) => added!(ApiAddNotifyNetwork, ApiAddNotifyNetworkResponse),
            (91, _) => status!(ApiReAddNotifyNetwork, ApiReAddNotifyNetworkResponse),
            (99, _) => added!(ApiAddNotifyNetInterface, ApiAddNotifyNetInterfaceResponse),
            (100, _) => status!(ApiReAddNotifyNetInterface, ApiReAddNotifyNetInterfaceResponse),
            (107, Body::Status(status)) => {
                Some(Response::ApiUnblockGetNotifyCall(ApiUnblockGetNotifyCallResponse { return_value: *status }))
            }
            _ => None,
        }
    }};
}

impl Response {
    /// The response of protocol version 2; `None` if the call came through version 3.
    pub fn to_v2(&self) -> Option<clusapi2::Response<'_>> {
        if self.protocol != Protocol::V2 {
            return None;
        }
        common!(clusapi2, self, h_notify)
    }

    /// The response of protocol version 3; `None` if the call came through version 2.
    pub fn to_v3(&self) -> Option<clusapi3::Response<'_>> {
        if self.protocol != Protocol::V3 {
            return None;
        }
        self.to_v3_only().or_else(|| common!(clusapi3, self, notify, rpc_status))
    }

    fn to_v3_only(&self) -> Option<clusapi3::Response<'_>> {
        Some(match (self.opnum, &self.body) {
            (137, Body::Created { handle, status }) => {
                clusapi3::Response::ApiCreateNotifyV2(clusapi3::ApiCreateNotifyV2Response {
                    rpc_error: *status,
                    rpc_status: 0,
                    return_value: Handle::new(*handle),
                })
            }
            (138, Body::Status(status)) => {
                clusapi3::Response::ApiAddNotifyV2(clusapi3::ApiAddNotifyV2Response {
                    rpc_status: 0,
                    return_value: *status,
                })
            }
            (139, Body::V2 { notifications, status }) => {
                clusapi3::Response::ApiGetNotifyV2(clusapi3::ApiGetNotifyV2Response {
                    notifications: array(notifications, Notification::view),
                    return_value: *status,
                })
            }
            (147, Body::Async { indications, status }) => {
                clusapi3::Response::ApiGetNotifyAsync(clusapi3::ApiGetNotifyAsyncResponse {
                    notifications: array(indications, Indication::view),
                    return_value: *status,
                })
            }
            (155, Body::Status(status)) => {
                clusapi3::Response::ApiAddNotifyResourceTypeV2(clusapi3::ApiAddNotifyResourceTypeV2Response {
                    rpc_status: 0,
                    return_value: *status,
                })
            }
            _ => return None,
        })
    }
}

/// An array as a response carries it: the null pointer when it is empty, as nothing was fetched then.
fn array<'a, T, V>(items: &'a [T], view: impl Fn(&'a T) -> V) -> SizedPtr<Vec<V>> {
    if items.is_empty() { SizedPtr::NULL } else { SizedPtr::Array(items.iter().map(view).collect()) }
}

impl Indication {
    fn view(&self) -> NotificationDataAsyncRpc<'_> {
        NotificationDataAsyncRpc {
            dw_notify_key: self.key,
            dw_filter: self.event.change,
            name: Some((&*self.event.name).into()),
        }
    }
}

impl Notification {
    fn view(&self) -> NotificationRpc<'_> {
        let event = &*self.event;
        let buffer =
            if event.buffer.is_empty() { SizedPtr::NULL } else { SizedPtr::Array(event.buffer.as_slice()) };
        NotificationRpc {
            dw_notify_key: self.key.into(),
            notification_data: NotificationDataRpc {
                filter_and_type: event.filter.into(),
                buffer,
                object_id: Some((&event.object_id).into()),
                parent_id: event.parent_id.as_ref().map(Into::into),
                name: Some((&event.name).into()),
                r#type: event.type_name.as_ref().map(Into::into),
            },
        }
    }
}
