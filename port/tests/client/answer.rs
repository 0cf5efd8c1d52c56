//! What the scripted server answers: one description, made into the typed response of either protocol version.
#![allow(
    clippy::needless_update,
    reason = "the structures of protocol version 2 lack what the rest fills in"
)]

use cmrp::clusapi3::{NotificationDataRpc, NotificationRpc, ObjectFilter};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, Handle, WStr};
use cmrp::{clusapi2, clusapi3};

/// What to do about a call.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Success, with whatever the method returns.
    Ok,
    /// A response with this code, and no handle.
    Code(u32),
    /// No response: a fault, or a failure of the RPC layer.
    Failure(u32),
    /// No answer for now.
    Hold,
    /// A response of another method.
    WrongMethod,
    /// Success without a handle.
    NoHandle,
    Names(&'static str, &'static str),
    Nodes(Vec<String>),
    Granted(u32),
    Sequence(u32),
    /// `ApiGetNotify`: key, event, state number, name.
    Event(u32, ClusterChange, u32, &'static str),
    /// `ApiGetNotifyV2`: key, event, name.
    Events(Vec<(u64, ObjectFilter, &'static str)>),
}

/// What a response is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) code: u32,
    pub(crate) rpc_status: u32,
    pub(crate) token: Option<ContextHandle>,
    pub(crate) granted: u32,
    pub(crate) sequence: u32,
    pub(crate) cluster: String,
    pub(crate) node: String,
    pub(crate) nodes: Vec<String>,
    pub(crate) event: (u32, u32, u32, String),
    pub(crate) events: Vec<(u64, ObjectFilter, &'static str)>,
}

fn handle<H: Handle>(content: &Content) -> Option<H> {
    content.token.filter(|_| content.code == 0).and_then(H::new)
}

macro_rules! responses {
    ($api:ident, $request:expr, $content:expr, { $($more:tt)* }) => {{
        use $api::{Request as Q, Response as R};
        let c: &Content = $content;
        macro_rules! opened {
            ($response:ident) => {
                R::from($api::$response { status: c.code, return_value: handle(c), ..Default::default() })
            };
        }
        macro_rules! plain {
            ($response:ident) => {
                R::from($api::$response { return_value: c.code, ..Default::default() })
            };
        }
        macro_rules! added {
            ($response:ident) => {
                R::from($api::$response {
                    dw_state_sequence: c.sequence,
                    return_value: c.code,
                    ..Default::default()
                })
            };
        }
        match $request {
            Q::ApiGetClusterName(_) => R::from($api::ApiGetClusterNameResponse {
                cluster_name: Some(WStr::from(&c.cluster)),
                node_name: Some(WStr::from(&c.node)),
                return_value: c.code,
            }),
            Q::ApiCreateEnum(q) => {
                assert_eq!(q.dw_type, 1, "nodes are listed");
                let entry = |name| $api::EnumEntry { r#type: 1, name: Some(WStr::from(name)) };
                let entry = c.nodes.iter().map(|name| entry(name)).collect();
                let return_enum = Some($api::EnumList { entry }).filter(|_| c.code == 0);
                R::from($api::ApiCreateEnumResponse { return_enum, return_value: c.code, ..Default::default() })
            }
            Q::ApiOpenCluster(_) => opened!(ApiOpenClusterResponse),
            Q::ApiOpenNode(_) => opened!(ApiOpenNodeResponse),
            Q::ApiOpenGroup(_) => opened!(ApiOpenGroupResponse),
            Q::ApiOpenResource(_) => opened!(ApiOpenResourceResponse),
            Q::ApiOpenNetwork(_) => opened!(ApiOpenNetworkResponse),
            Q::ApiOpenNetInterface(_) => opened!(ApiOpenNetInterfaceResponse),
            Q::ApiGetRootKey(_) => opened!(ApiGetRootKeyResponse),
            Q::ApiOpenKey(_) => opened!(ApiOpenKeyResponse),
            Q::ApiCreateNotify(_) => opened!(ApiCreateNotifyResponse),
            Q::ApiCloseCluster(_) => plain!(ApiCloseClusterResponse),
            Q::ApiCloseNode(_) => plain!(ApiCloseNodeResponse),
            Q::ApiCloseGroup(_) => plain!(ApiCloseGroupResponse),
            Q::ApiCloseResource(_) => plain!(ApiCloseResourceResponse),
            Q::ApiCloseNetwork(_) => plain!(ApiCloseNetworkResponse),
            Q::ApiCloseNetInterface(_) => plain!(ApiCloseNetInterfaceResponse),
            Q::ApiCloseKey(_) => plain!(ApiCloseKeyResponse),
            Q::ApiCloseNotify(_) => plain!(ApiCloseNotifyResponse),
            Q::ApiUnblockGetNotifyCall(_) => plain!(ApiUnblockGetNotifyCallResponse),
            Q::ApiAddNotifyCluster(_) => plain!(ApiAddNotifyClusterResponse),
            Q::ApiAddNotifyKey(_) => plain!(ApiAddNotifyKeyResponse),
            Q::ApiAddNotifyNode(_) => added!(ApiAddNotifyNodeResponse),
            Q::ApiAddNotifyGroup(_) => added!(ApiAddNotifyGroupResponse),
            Q::ApiAddNotifyResource(_) => added!(ApiAddNotifyResourceResponse),
            Q::ApiAddNotifyNetwork(_) => added!(ApiAddNotifyNetworkResponse),
            Q::ApiAddNotifyNetInterface(_) => added!(ApiAddNotifyNetInterfaceResponse),
            Q::ApiReAddNotifyNode(_) => plain!(ApiReAddNotifyNodeResponse),
            Q::ApiReAddNotifyGroup(_) => plain!(ApiReAddNotifyGroupResponse),
            Q::ApiReAddNotifyResource(_) => plain!(ApiReAddNotifyResourceResponse),
            Q::ApiReAddNotifyNetwork(_) => plain!(ApiReAddNotifyNetworkResponse),
            Q::ApiReAddNotifyNetInterface(_) => plain!(ApiReAddNotifyNetInterfaceResponse),
            Q::ApiGetNotify(_) => R::from($api::ApiGetNotifyResponse {
                dw_notify_key: c.event.0,
                dw_filter: ClusterChange::from_bits_retain(c.event.1),
                dw_state_sequence: c.event.2,
                name: Some(WStr::from(&c.event.3)).filter(|_| c.code == 0),
                return_value: c.code,
                ..Default::default()
            }),
            $($more)*
            other => panic!("a client does not call this: {other:?}"),
        }
    }};
}

pub(crate) fn v2<'a>(request: &clusapi2::Request<'_>, content: &'a Content) -> clusapi2::Response<'a> {
    responses!(clusapi2, request, content, {})
}

pub(crate) fn v3<'a>(request: &clusapi3::Request<'_>, content: &'a Content) -> clusapi3::Response<'a> {
    macro_rules! opened_ex {
        ($response:ident) => {
            R::from(clusapi3::$response {
                lpdw_granted_access: content.granted,
                status: content.code,
                return_value: handle(content),
                ..Default::default()
            })
        };
    }
    use clusapi3::{Request as Q, Response as R};
    match request {
        Q::ApiOpenClusterEx(_) => opened_ex!(ApiOpenClusterExResponse),
        Q::ApiOpenNodeEx(_) => opened_ex!(ApiOpenNodeExResponse),
        Q::ApiOpenGroupEx(_) => opened_ex!(ApiOpenGroupExResponse),
        Q::ApiOpenResourceEx(_) => opened_ex!(ApiOpenResourceExResponse),
        Q::ApiOpenNetworkEx(_) => opened_ex!(ApiOpenNetworkExResponse),
        Q::ApiOpenNetInterfaceEx(_) => opened_ex!(ApiOpenNetInterfaceExResponse),
        Q::ApiCreateNotifyV2(_) => R::from(clusapi3::ApiCreateNotifyV2Response {
            rpc_error: content.code,
            return_value: handle(content),
            ..Default::default()
        }),
        Q::ApiAddNotifyV2(_) => R::from(clusapi3::ApiAddNotifyV2Response {
            rpc_status: content.rpc_status,
            return_value: content.code,
        }),
        Q::ApiGetNotifyV2(_) => {
            let events: Vec<_> = content.events.iter().map(notification).collect();
            let notifications = Some(events).filter(|_| content.code == 0).into();
            R::from(clusapi3::ApiGetNotifyV2Response { notifications, return_value: content.code })
        }
        other => responses!(clusapi3, other, content, {
            Q::ApiOpenGroupSet(_) => opened!(ApiOpenGroupSetResponse),
            Q::ApiCloseGroupSet(_) => plain!(ApiCloseGroupSetResponse),
            Q::ApiAddNotifyResourceTypeV2(_) => plain!(ApiAddNotifyResourceTypeV2Response),
        }),
    }
}

fn notification(event: &(u64, ObjectFilter, &'static str)) -> NotificationRpc<'static> {
    let (dw_notify_key, filter, name) = *event;
    let notification_data = NotificationDataRpc {
        filter_and_type: filter.into(),
        buffer: Some(&[1_u8, 2][..]).into(),
        object_id: Some("id".into()),
        parent_id: None,
        name: Some(name.into()),
        r#type: Some("type".into()),
    };
    NotificationRpc { dw_notify_key, notification_data }
}
