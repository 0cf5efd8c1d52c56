//! Responses of either protocol version, brought to one form.

mod v2;
mod v3;

use alloc::string::String;
use alloc::vec::Vec;

use cmrp::clusapi3::NotificationRpc;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, Handle, WStr};

use crate::status::RPC_S_CALL_FAILED;

pub(super) use v2::reply as from_v2;
pub(super) use v3::reply as from_v3;

/// What a call came to.
///
/// `rpc_status` plays no part: the runtime of the client reports failures of its own (MS-CMRP 3.2.4.6 looks at
/// `Status` and results only).
#[derive(Debug)]
pub(super) enum Reply<'a> {
    /// A Win32 code other than 0.
    Failed(u32),
    Done,
    Names {
        cluster: String,
        server: String,
    },
    Nodes(Vec<String>),
    Handle {
        handle: ContextHandle,
        /// `*lpdwGrantedAccess` of an `Open...Ex` method.
        granted: Option<u32>,
    },
    Added {
        state_sequence: u32,
    },
    Event(Event),
    Events(&'a [NotificationRpc<'a>]),
}

/// What `ApiGetNotify` brought.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) key: u32,
    pub(super) change: ClusterChange,
    pub(super) state_sequence: u32,
    pub(super) name: String,
}

/// Names of nodes that are taken from one list. A cluster has at most 64.
const MAX_NODES: usize = 256;

/// Units of the longest name that is taken for a computer's: that of the domain name system.
const MAX_NAME: usize = 255;

/// The reply of a method without further results.
fn done(code: u32) -> Reply<'static> {
    unless_failed(code, || Reply::Done)
}

/// A handle: success without one is no response that a server may give (MS-CMRP 3.1.4).
fn handle<H: Handle>(code: u32, handle: Option<H>, granted: Option<u32>) -> Reply<'static> {
    unless_failed(code, || match handle {
        Some(handle) => Reply::Handle { handle: handle.token(), granted },
        None => Reply::Failed(RPC_S_CALL_FAILED),
    })
}

fn unless_failed<'a>(code: u32, reply: impl FnOnce() -> Reply<'a>) -> Reply<'a> {
    if code == 0 { reply() } else { Reply::Failed(code) }
}

/// The text of a string; of the null pointer, the empty one.
pub(super) fn text(string: Option<WStr<'_>>) -> String {
    string.map(|string| string.to_string_lossy()).unwrap_or_default()
}

/// The name of a computer or cluster; empty if it cannot be one.
fn name(string: Option<WStr<'_>>) -> String {
    text(string.filter(|name| name.units().nth(MAX_NAME).is_none()))
}

/// The names in a list of nodes that can be those of computers.
fn nodes<'a>(names: impl Iterator<Item = Option<WStr<'a>>>) -> Vec<String> {
    names.take(MAX_NODES).map(name).filter(|name| !name.is_empty()).collect()
}

/// What is the same in both interfaces but for the types.
macro_rules! common_replies {
    ($api:ident) => {
        /// The reply of a method that both versions have; `Err` if it is none of them, or one that no client calls.
        fn common<'a>(response: &'a $api::Response<'a>) -> Reply<'a> {
            use $api::Response as R;
            match response {
                R::ApiGetClusterName(r) => unless_failed(r.return_value, || Reply::Names {
                    cluster: name(r.cluster_name),
                    server: name(r.node_name),
                }),
                R::ApiCreateEnum(r) => unless_failed(r.return_value, || {
                    let entries = r.return_enum.iter().flat_map(|list| &list.entry);
                    Reply::Nodes(nodes(entries.map(|entry| entry.name)))
                }),
                R::ApiOpenCluster(r) => handle(r.status, r.return_value, None),
                R::ApiOpenNode(r) => handle(r.status, r.return_value, None),
                R::ApiOpenGroup(r) => handle(r.status, r.return_value, None),
                R::ApiOpenResource(r) => handle(r.status, r.return_value, None),
                R::ApiOpenNetwork(r) => handle(r.status, r.return_value, None),
                R::ApiOpenNetInterface(r) => handle(r.status, r.return_value, None),
                R::ApiGetRootKey(r) => handle(r.status, r.return_value, None),
                R::ApiOpenKey(r) => handle(r.status, r.return_value, None),
                R::ApiCreateNotify(r) => handle(r.status, r.return_value, None),
                R::ApiCloseCluster(r) => done(r.return_value),
                R::ApiCloseNode(r) => done(r.return_value),
                R::ApiCloseGroup(r) => done(r.return_value),
                R::ApiCloseResource(r) => done(r.return_value),
                R::ApiCloseNetwork(r) => done(r.return_value),
                R::ApiCloseNetInterface(r) => done(r.return_value),
                R::ApiCloseKey(r) => done(r.return_value),
                R::ApiCloseNotify(r) => done(r.return_value),
                R::ApiUnblockGetNotifyCall(r) => done(r.return_value),
                _ => filters(response),
            }
        }

        /// The reply of a method of filters or of the queue of a version 1 port.
        fn filters<'a>(response: &'a $api::Response<'a>) -> Reply<'a> {
            use $api::Response as R;
            match response {
                R::ApiAddNotifyCluster(r) => done(r.return_value),
                R::ApiAddNotifyKey(r) => done(r.return_value),
                R::ApiAddNotifyNode(r) => added(r.return_value, r.dw_state_sequence),
                R::ApiAddNotifyGroup(r) => added(r.return_value, r.dw_state_sequence),
                R::ApiAddNotifyResource(r) => added(r.return_value, r.dw_state_sequence),
                R::ApiAddNotifyNetwork(r) => added(r.return_value, r.dw_state_sequence),
                R::ApiAddNotifyNetInterface(r) => added(r.return_value, r.dw_state_sequence),
                R::ApiReAddNotifyNode(r) => done(r.return_value),
                R::ApiReAddNotifyGroup(r) => done(r.return_value),
                R::ApiReAddNotifyResource(r) => done(r.return_value),
                R::ApiReAddNotifyNetwork(r) => done(r.return_value),
                R::ApiReAddNotifyNetInterface(r) => done(r.return_value),
                R::ApiGetNotify(r) => unless_failed(r.return_value, || {
                    Reply::Event(Event {
                        key: r.dw_notify_key,
                        change: r.dw_filter,
                        state_sequence: r.dw_state_sequence,
                        name: text(r.name),
                    })
                }),
                _ => Reply::Failed(RPC_S_CALL_FAILED),
            }
        }
    };
}
use common_replies;

fn added(code: u32, state_sequence: u32) -> Reply<'static> {
    unless_failed(code, || Reply::Added { state_sequence })
}
