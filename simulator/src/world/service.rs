//! The methods that are not about notification ports, as far as clients of them need: names, handles, the nodes.

use cmrp::ndr::{Handle, WStr};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::status::{
    ERROR_ACCESS_DENIED, ERROR_CLUSTER_NETINTERFACE_NOT_FOUND, ERROR_CLUSTER_NETWORK_NOT_FOUND,
    ERROR_CLUSTER_NODE_NOT_FOUND, ERROR_CLUSTER_NODE_NOT_READY, ERROR_CLUSTER_NODE_SHUTTING_DOWN,
    ERROR_GROUP_NOT_FOUND, ERROR_GROUPSET_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_RESOURCE_NOT_FOUND,
    ERROR_SHARING_PAUSED, ERROR_SHUTDOWN_IN_PROGRESS, ERROR_SUCCESS,
};

use super::Cluster;
use crate::plain::{Token, token};
use crate::twin::{Asked, Twin};
use crate::violation::Violation;

/// `ERROR_FILE_NOT_FOUND`: there is no such registry key.
const ERROR_FILE_NOT_FOUND: u32 = 2;

/// What one of these methods asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Opens an object by its name, at a level that is asked for or not.
    Open {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// `dwDesiredAccess`.
        desired: Option<u32>,
    },
    /// `ApiOpenKey`; `ApiGetRootKey` without a parent.
    OpenKey {
        /// The key that the path starts at.
        parent: Option<Token>,
        /// The path.
        path: String,
    },
    /// Closes an object.
    Close {
        /// Its kind.
        kind: ObjectKind,
        /// Its handle.
        handle: Token,
    },
    /// `ApiGetClusterName`.
    ClusterName,
    /// `ApiCreateEnum`, of nodes.
    Nodes,
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A handle, or a status.
    Handle {
        /// The method.
        opnum: u16,
        /// `Status`.
        status: u32,
        /// The handle.
        handle: Token,
        /// `*lpdwGrantedAccess`.
        granted: u32,
    },
    /// The result of a Close method.
    Closed {
        /// The method.
        opnum: u16,
        /// The result.
        result: u32,
        /// The handle, null on success.
        handle: Token,
    },
    /// The names of the cluster and of the node.
    Names {
        /// The result.
        result: u32,
        /// Both names.
        names: Option<(String, String)>,
    },
    /// The names of the nodes.
    Nodes {
        /// The result.
        result: u32,
        /// The names.
        nodes: Option<Vec<String>>,
    },
}

fn open(kind: ObjectKind, name: &WStr<'_>, desired: Option<u32>) -> Service {
    Service::Open { kind, name: name.to_string_lossy(), desired }
}

const fn close(kind: ObjectKind, handle: Token) -> Service {
    Service::Close { kind, handle }
}

macro_rules! parse {
    ($module:ident, $request:expr; $($extra:ident($r:ident) => $service:expr,)*) => {{
        use $module::Request as R;
        Some(match $request {
            R::ApiOpenCluster(_) => open(ObjectKind::Cluster, &"".into(), None),
            R::ApiOpenResource(r) => open(ObjectKind::Resource, &r.lpsz_resource_name, None),
            R::ApiOpenGroup(r) => open(ObjectKind::Group, &r.lpsz_group_name, None),
            R::ApiOpenNode(r) => open(ObjectKind::Node, &r.lpsz_node_name, None),
            R::ApiOpenNetwork(r) => open(ObjectKind::Network, &r.lpsz_network_name, None),
            R::ApiOpenNetInterface(r) => open(ObjectKind::NetInterface, &r.lpsz_net_interface_name, None),
            R::ApiGetRootKey(_) => Service::OpenKey { parent: None, path: String::new() },
            R::ApiOpenKey(r) => {
                Service::OpenKey { parent: Some(token(r.h_key)), path: r.lp_sub_key.to_string_lossy() }
            }
            R::ApiCloseCluster(r) => close(ObjectKind::Cluster, token(r.cluster)),
            R::ApiCloseResource(r) => close(ObjectKind::Resource, token(r.resource)),
            R::ApiCloseKey(r) => close(ObjectKind::Key, token(r.p_key)),
            R::ApiCloseGroup(r) => close(ObjectKind::Group, token(r.group)),
            R::ApiCloseNode(r) => close(ObjectKind::Node, token(r.node)),
            R::ApiCloseNetwork(r) => close(ObjectKind::Network, token(r.network)),
            R::ApiCloseNetInterface(r) => close(ObjectKind::NetInterface, token(r.net_interface)),
            R::ApiGetClusterName(_) => Service::ClusterName,
            R::ApiCreateEnum(_) => Service::Nodes,
            $(R::$extra($r) => $service,)*
            _ => return None,
        })
    }};
}

impl Service {
    /// What a request asks; `None` if nobody answers it here.
    pub fn parse(asked: Asked<'_>) -> Option<Self> {
        match asked {
            Asked::V2(request) => parse!(clusapi2, request;),
            Asked::V3(request) => parse!(clusapi3, request;
                ApiOpenClusterEx(r) => open(ObjectKind::Cluster, &"".into(), Some(r.dw_desired_access)),
                ApiOpenNodeEx(r) => open(ObjectKind::Node, &r.lpsz_node_name, Some(r.dw_desired_access)),
                ApiOpenGroupEx(r) => open(ObjectKind::Group, &r.lpsz_group_name, Some(r.dw_desired_access)),
                ApiOpenResourceEx(r) => {
                    open(ObjectKind::Resource, &r.lpsz_resource_name, Some(r.dw_desired_access))
                },
                ApiOpenNetworkEx(r) => {
                    open(ObjectKind::Network, &r.lpsz_network_name, Some(r.dw_desired_access))
                },
                ApiOpenNetInterfaceEx(r) => {
                    open(ObjectKind::NetInterface, &r.lpsz_net_interface_name, Some(r.dw_desired_access))
                },
                ApiOpenGroupSet(r) => open(ObjectKind::GroupSet, &r.lpsz_group_set_name, None),
                ApiCloseGroupSet(r) => close(ObjectKind::GroupSet, token(r.group_set)),
            ),
        }
    }

    /// Answers on a node.
    ///
    /// # Errors
    /// Engine and model disagree.
    pub fn answer(
        &self,
        opnum: u16,
        cluster: &Cluster,
        node: &str,
        twin: &mut Twin,
        client: (u64, Protocol, Option<Access>),
    ) -> Result<Reply, Violation> {
        let (association, protocol, access) = client;
        let refused = refusal(twin.state(), protocol, access);
        match self {
            Self::ClusterName => {
                let names = || (cluster.name.clone(), node.to_owned());
                Ok(Reply::Names { result: refused.unwrap_or(0), names: refused.is_none().then(names) })
            }
            Self::Nodes => {
                let nodes = || cluster.existing(ObjectKind::Node).map(|node| node.name.clone()).collect();
                Ok(Reply::Nodes { result: refused.unwrap_or(0), nodes: refused.is_none().then(nodes) })
            }
            Self::Close { kind, handle } => {
                let result = match refused {
                    Some(code) => code,
                    None => match twin.close(association, protocol, *handle, *kind)? {
                        Some(_) => ERROR_SUCCESS,
                        None => ERROR_INVALID_HANDLE,
                    },
                };
                let handle = if result == 0 { Token::NULL } else { *handle };
                Ok(Reply::Closed { opnum, result, handle })
            }
            open => {
                let found = match refused {
                    Some(code) => Err(code),
                    None => open.find(cluster, twin, client)?,
                };
                let opened = match found {
                    Ok((object, level)) => {
                        let opened = twin.open(association, protocol, &object, level)?;
                        opened.map(|handle| (handle, level.granted()))
                    }
                    Err(code) => Err(code),
                };
                let (status, handle, granted) = match opened {
                    Ok((handle, granted)) => (ERROR_SUCCESS, handle, granted),
                    Err(code) => (code, Token::NULL, 0),
                };
                Ok(Reply::Handle { opnum, status, handle, granted })
            }
        }
    }

    /// The object to be opened and the level that the client gets.
    fn find(
        &self,
        cluster: &Cluster,
        twin: &Twin,
        (association, protocol, access): (u64, Protocol, Option<Access>),
    ) -> Result<Result<(Object, Access), u32>, Violation> {
        let (kind, name, level) = match self {
            Self::Open { kind, name, desired } => {
                let name = if *kind == ObjectKind::Cluster { cluster.name.clone() } else { name.clone() };
                (*kind, name, level(*desired, access))
            }
            Self::OpenKey { parent: None, .. } => (ObjectKind::Key, String::new(), Ok(Access::All)),
            Self::OpenKey { parent: Some(parent), path } => {
                let Some((parent, _)) = twin.object(association, protocol, *parent)? else {
                    return Ok(Err(ERROR_INVALID_HANDLE));
                };
                let separator = if parent.name.is_empty() || path.is_empty() { "" } else { "\\" };
                (ObjectKind::Key, format!("{}{separator}{path}", parent.name), Ok(Access::All))
            }
            _ => return Ok(Err(ERROR_INVALID_HANDLE)),
        };
        let level = match level {
            Ok(level) => level,
            Err(code) => return Ok(Err(code)),
        };
        let exists = kind == ObjectKind::Cluster || cluster.find(kind, &name).is_some();
        let name = cluster.find(kind, &name).map_or(name, |thing| thing.name.clone());
        Ok(if exists { Ok((Object::new(kind, name.as_str()), level)) } else { Err(not_found(kind)) })
    }
}

/// Why the server does nothing for the client.
fn refusal(state: ServerState, protocol: Protocol, access: Option<Access>) -> Option<u32> {
    let least = if protocol == Protocol::V2 { Access::All } else { Access::Read };
    match state {
        _ if access.is_none_or(|access| access < least) => Some(ERROR_ACCESS_DENIED),
        ServerState::None => Some(ERROR_SHARING_PAUSED),
        ServerState::ShuttingDown if protocol == Protocol::V2 => Some(ERROR_SHUTDOWN_IN_PROGRESS),
        ServerState::ShuttingDown => Some(ERROR_CLUSTER_NODE_SHUTTING_DOWN),
        ServerState::Stopped => Some(ERROR_CLUSTER_NODE_NOT_READY),
        ServerState::ReadOnly | ServerState::ReadWrite => None,
    }
}

fn level(desired: Option<u32>, access: Option<Access>) -> Result<Access, u32> {
    match desired {
        Some(desired) => Access::grant(desired, access),
        None if access == Some(Access::All) => Ok(Access::All),
        None => Err(ERROR_ACCESS_DENIED),
    }
}

const fn not_found(kind: ObjectKind) -> u32 {
    match kind {
        ObjectKind::Group => ERROR_GROUP_NOT_FOUND,
        ObjectKind::Resource => ERROR_RESOURCE_NOT_FOUND,
        ObjectKind::Node => ERROR_CLUSTER_NODE_NOT_FOUND,
        ObjectKind::Network => ERROR_CLUSTER_NETWORK_NOT_FOUND,
        ObjectKind::NetInterface => ERROR_CLUSTER_NETINTERFACE_NOT_FOUND,
        ObjectKind::GroupSet => ERROR_GROUPSET_NOT_FOUND,
        _ => ERROR_FILE_NOT_FOUND,
    }
}

fn typed<H: Handle>(token: Token) -> Option<H> {
    H::new(token)
}

macro_rules! open_reply {
    ($module:ident, $response:ident, $status:expr, $handle:expr $(, $field:ident = $value:expr)*) => {
        $module::$response { status: $status, return_value: typed($handle) $(, $field: $value)* }.into()
    };
}

macro_rules! close_reply {
    ($module:ident, $response:ident, $field:ident, $result:expr, $handle:expr) => {
        $module::$response { $field: typed($handle), return_value: $result }.into()
    };
}

macro_rules! closed {
    ($module:ident, $opnum:expr, $result:expr, $handle:expr, $other:expr) => {
        match $opnum {
            1 => close_reply!($module, ApiCloseClusterResponse, cluster, $result, $handle),
            11 => close_reply!($module, ApiCloseResourceResponse, resource, $result, $handle),
            37 => close_reply!($module, ApiCloseKeyResponse, p_key, $result, $handle),
            44 => close_reply!($module, ApiCloseGroupResponse, group, $result, $handle),
            67 => close_reply!($module, ApiCloseNodeResponse, node, $result, $handle),
            82 => close_reply!($module, ApiCloseNetworkResponse, network, $result, $handle),
            93 => close_reply!($module, ApiCloseNetInterfaceResponse, net_interface, $result, $handle),
            _ => $other,
        }
    };
}

impl Reply {
    /// The result, or the status.
    pub const fn result(&self) -> u32 {
        match *self {
            Self::Handle { status, .. } => status,
            Self::Closed { result, .. } | Self::Names { result, .. } | Self::Nodes { result, .. } => result,
        }
    }

    /// The response of protocol version 2.
    pub fn to_v2(&self) -> Option<clusapi2::Response<'_>> {
        Some(match *self {
            Self::Handle { opnum, status, handle, .. } => match opnum {
                0 => open_reply!(clusapi2, ApiOpenClusterResponse, status, handle),
                8 => open_reply!(clusapi2, ApiOpenResourceResponse, status, handle),
                28 => open_reply!(clusapi2, ApiGetRootKeyResponse, status, handle),
                30 => open_reply!(clusapi2, ApiOpenKeyResponse, status, handle),
                41 => open_reply!(clusapi2, ApiOpenGroupResponse, status, handle),
                66 => open_reply!(clusapi2, ApiOpenNodeResponse, status, handle),
                81 => open_reply!(clusapi2, ApiOpenNetworkResponse, status, handle),
                92 => open_reply!(clusapi2, ApiOpenNetInterfaceResponse, status, handle),
                _ => return None,
            },
            Self::Closed { opnum, result, handle } => closed!(clusapi2, opnum, result, handle, return None),
            Self::Names { result, ref names } => clusapi2::ApiGetClusterNameResponse {
                cluster_name: names.as_ref().map(|names| names.0.as_str().into()),
                node_name: names.as_ref().map(|names| names.1.as_str().into()),
                return_value: result,
            }
            .into(),
            Self::Nodes { result, ref nodes } => clusapi2::ApiCreateEnumResponse {
                return_enum: nodes.as_ref().map(|nodes| {
                    let names = nodes.iter().map(|name| Some(WStr::from(name)));
                    let entries = names.map(|name| clusapi2::EnumEntry { r#type: 1, name });
                    clusapi2::EnumList { entry: entries.collect() }
                }),
                return_value: result,
            }
            .into(),
        })
    }

    /// The response of protocol version 3.
    pub fn to_v3(&self) -> Option<clusapi3::Response<'_>> {
        Some(match *self {
            Self::Handle { opnum, status, handle, granted } => {
                return handle_v3(opnum, status, handle, granted);
            }
            Self::Closed { opnum: 165, result, handle } => {
                close_reply!(clusapi3, ApiCloseGroupSetResponse, group_set, result, handle)
            }
            Self::Closed { opnum, result, handle } => closed!(clusapi3, opnum, result, handle, return None),
            Self::Names { result, ref names } => clusapi3::ApiGetClusterNameResponse {
                cluster_name: names.as_ref().map(|names| names.0.as_str().into()),
                node_name: names.as_ref().map(|names| names.1.as_str().into()),
                return_value: result,
            }
            .into(),
            Self::Nodes { result, ref nodes } => clusapi3::ApiCreateEnumResponse {
                return_enum: nodes.as_ref().map(|nodes| {
                    let names = nodes.iter().map(|name| Some(WStr::from(name)));
                    let entries = names.map(|name| clusapi3::EnumEntry { r#type: 1, name });
                    clusapi3::EnumList { entry: entries.collect() }
                }),
                rpc_status: 0,
                return_value: result,
            }
            .into(),
        })
    }
}

fn handle_v3(opnum: u16, status: u32, handle: Token, granted: u32) -> Option<clusapi3::Response<'static>> {
    macro_rules! plain {
        ($response:ident) => {
            open_reply!(clusapi3, $response, status, handle, rpc_status = 0)
        };
    }
    macro_rules! with_level {
        ($response:ident) => {
            open_reply!(clusapi3, $response, status, handle, rpc_status = 0, lpdw_granted_access = granted)
        };
    }
    Some(match opnum {
        0 => open_reply!(clusapi3, ApiOpenClusterResponse, status, handle),
        117 => {
            open_reply!(clusapi3, ApiOpenClusterExResponse, status, handle, lpdw_granted_access = granted)
        }
        8 => plain!(ApiOpenResourceResponse),
        28 => plain!(ApiGetRootKeyResponse),
        30 => plain!(ApiOpenKeyResponse),
        41 => plain!(ApiOpenGroupResponse),
        66 => plain!(ApiOpenNodeResponse),
        81 => plain!(ApiOpenNetworkResponse),
        92 => plain!(ApiOpenNetInterfaceResponse),
        164 => plain!(ApiOpenGroupSetResponse),
        118 => with_level!(ApiOpenNodeExResponse),
        119 => with_level!(ApiOpenGroupExResponse),
        120 => with_level!(ApiOpenResourceExResponse),
        121 => with_level!(ApiOpenNetworkExResponse),
        122 => with_level!(ApiOpenNetInterfaceExResponse),
        _ => return None,
    })
}
