//! Asking a server for the objects of the cluster and their conditions.

use cmrp_net::client::{Association, CallError};
use cmrp_port::object::ObjectKind;
use cmrp_port::status::{
    ERROR_CLUSTER_NETINTERFACE_NOT_FOUND, ERROR_CLUSTER_NETWORK_NOT_FOUND, ERROR_CLUSTER_NODE_NOT_FOUND,
    ERROR_GROUP_NOT_FOUND, ERROR_RESOURCE_NOT_FOUND,
};
use serde_json::Value;
use thiserror::Error;

use super::condition::Condition;
use crate::interface::Interface;
use crate::remote::{Fields, NoResponse, code, exchange};

/// Why an object's condition is not known.
#[derive(Debug, Error)]
pub(super) enum Unknown {
    /// There is no such object.
    #[error("there is no such object")]
    Gone,
    /// The server returned another error.
    #[error("error {0}")]
    Code(u32),
    /// There is no response.
    #[error(transparent)]
    NoResponse(#[from] NoResponse),
}

impl Unknown {
    fn of(code: u32) -> Self {
        match code {
            ERROR_RESOURCE_NOT_FOUND
            | ERROR_GROUP_NOT_FOUND
            | ERROR_CLUSTER_NODE_NOT_FOUND
            | ERROR_CLUSTER_NETWORK_NOT_FOUND
            | ERROR_CLUSTER_NETINTERFACE_NOT_FOUND => Self::Gone,
            code => Self::Code(code),
        }
    }

    /// The error of the call, if that is why.
    pub(super) fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::NoResponse(NoResponse::NoAnswer { error, .. }) => Some(error),
            _ => None,
        }
    }
}

/// The operations of a kind of object.
struct Methods {
    /// `dwType` of `ApiCreateEnum` (MS-CMRP 3.1.4.2.8).
    enum_type: u32,
    /// Opens an object by its name, which is this parameter; and in protocol version 3, with a level of access.
    open: (&'static str, &'static str, &'static str),
    /// Gets the state by a handle, which is this parameter.
    state: (&'static str, &'static str),
    /// Closes a handle, which is this parameter.
    close: (&'static str, &'static str),
}

fn methods(kind: ObjectKind) -> Option<Methods> {
    Some(match kind {
        ObjectKind::Node => Methods {
            enum_type: 0x01,
            open: ("ApiOpenNode", "ApiOpenNodeEx", "lpszNodeName"),
            state: ("ApiGetNodeState", "hNode"),
            close: ("ApiCloseNode", "Node"),
        },
        ObjectKind::Resource => Methods {
            enum_type: 0x04,
            open: ("ApiOpenResource", "ApiOpenResourceEx", "lpszResourceName"),
            state: ("ApiGetResourceState", "hResource"),
            close: ("ApiCloseResource", "Resource"),
        },
        ObjectKind::Group => Methods {
            enum_type: 0x08,
            open: ("ApiOpenGroup", "ApiOpenGroupEx", "lpszGroupName"),
            state: ("ApiGetGroupState", "hGroup"),
            close: ("ApiCloseGroup", "Group"),
        },
        ObjectKind::Network => Methods {
            enum_type: 0x10,
            open: ("ApiOpenNetwork", "ApiOpenNetworkEx", "lpszNetworkName"),
            state: ("ApiGetNetworkState", "hNetwork"),
            close: ("ApiCloseNetwork", "Network"),
        },
        ObjectKind::NetInterface => Methods {
            enum_type: 0x20,
            open: ("ApiOpenNetInterface", "ApiOpenNetInterfaceEx", "lpszNetInterfaceName"),
            state: ("ApiGetNetInterfaceState", "hNetInterface"),
            close: ("ApiCloseNetInterface", "NetInterface"),
        },
        _ => return None,
    })
}

/// `GENERIC_READ` (MS-CMRP 3.1.4.2.116): watching needs no more.
const GENERIC_READ: u32 = 0x8000_0000;

/// A server to ask.
pub(super) struct Surveyor<'a> {
    pub(super) association: &'a Association,
    pub(super) interface: Interface,
}

/// A condition, and the type of a resource.
pub(super) type Found = (Condition, Option<String>);

impl Surveyor<'_> {
    /// The names of all objects of a kind.
    pub(super) async fn names(&self, kind: ObjectKind) -> Result<Vec<String>, Unknown> {
        let Some(methods) = methods(kind) else { return Ok(Vec::new()) };
        let answer = self.call("ApiCreateEnum", [("dwType", methods.enum_type.into())]).await?;
        let list = answer.get("ReturnEnum").and_then(|list| list.get("Entry")?.get("data")?.as_array());
        let names = list.into_iter().flatten().filter_map(|entry| text(entry.get("Name")));
        Ok(names.collect())
    }

    /// The condition of one object.
    pub(super) async fn condition(&self, kind: ObjectKind, name: &str) -> Result<Found, Unknown> {
        let methods = methods(kind).ok_or(Unknown::Gone)?;
        let handle = self.open(&methods, name).await?;
        let found = self.found(kind, &methods, &handle).await;
        let (close, member) = methods.close;
        if let Err(error) = self.call(close, [(member, handle)]).await {
            tracing::debug!(%error, name, "a handle could not be closed");
        }
        found
    }

    async fn open(&self, methods: &Methods, name: &str) -> Result<Value, Unknown> {
        let (plain, with_level, member) = methods.open;
        let answer = match self.interface {
            Interface::ClusApi2 => {
                exchange(self.association, self.interface, plain, fields([(member, name.into())])).await
            }
            Interface::ClusApi3 => {
                let fields = fields([(member, name.into()), ("dwDesiredAccess", GENERIC_READ.into())]);
                exchange(self.association, self.interface, with_level, fields).await
            }
        }?;
        match (code(&answer, "Status"), answer.get("return")) {
            (0, Some(handle)) => Ok(handle.clone()),
            (status, _) => Err(Unknown::of(status)),
        }
    }

    async fn found(&self, kind: ObjectKind, methods: &Methods, handle: &Value) -> Result<Found, Unknown> {
        let (operation, member) = methods.state;
        let answer = self.call(operation, [(member, handle.clone())]).await?;
        let condition = Condition {
            state: code(&answer, "State"),
            owner: text(answer.get("NodeName")),
            group: text(answer.get("GroupName")),
        };
        if kind != ObjectKind::Resource {
            return Ok((condition, None));
        }
        let answer = self.call("ApiGetResourceType", [(member, handle.clone())]).await?;
        Ok((condition, text(answer.get("lpszResourceType"))))
    }

    /// A call whose result has to be 0.
    async fn call<const N: usize>(
        &self,
        operation: &'static str,
        members: [(&str, Value); N],
    ) -> Result<Fields, Unknown> {
        let answer = exchange(self.association, self.interface, operation, fields(members)).await?;
        match code(&answer, "return") {
            0 => Ok(answer),
            code => Err(Unknown::of(code)),
        }
    }
}

fn fields<const N: usize>(members: [(&str, Value); N]) -> Fields {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A string that is not empty.
fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
