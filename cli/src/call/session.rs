//! Calls in their JSON form over one association, and the handles that are open in it.

use cmrp_net::client::Association;
use cmrp_port::object::ObjectKind;
use cmrp_port::status::{
    ERROR_CLUSTER_NETINTERFACE_NOT_FOUND, ERROR_CLUSTER_NETWORK_NOT_FOUND, ERROR_CLUSTER_NODE_NOT_FOUND,
    ERROR_GROUP_NOT_FOUND, ERROR_RESOURCE_NOT_FOUND,
};
use serde_json::{Value, json};
use thiserror::Error;

use super::catalog::{Catalog, HandleKind, HandleMember};
use super::names::Open;
use crate::interface::Interface;
use crate::remote::{self, Fields, NoResponse, exchange};
use crate::show::win32;

/// Rights to a key of the cluster registry: `KEY_READ` and `KEY_ALL_ACCESS` (MS-CMRP 3.1.4.2.29).
const KEY_READ: u32 = 0x0002_0019;
const KEY_ALL_ACCESS: u32 = 0x000F_003F;

/// All that the server lets this user do: `MAXIMUM_ALLOWED` (MS-CMRP 3.1.4.2.116). The methods without a level ask for
/// everything, which a user who may only read does not get.
const MAXIMUM_ALLOWED: u32 = 0x0200_0000;

/// Why something could not be called.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// There is no connection.
    #[error("{0}")]
    NoConnection(String),
    /// There is no response.
    #[error(transparent)]
    NoResponse(#[from] NoResponse),
    /// The response can't be printed.
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    /// A handle could not be opened.
    #[error("{what} can't be opened: {}{}", code(*.status), advice(*.status))]
    NotOpened { what: String, status: u32 },
}

fn code(status: u32) -> String {
    win32::name(status).map_or_else(|| format!("error {status}"), |name| format!("{name} ({status})"))
}

/// What to do about an object that there is not: how to list those that there are.
fn advice(status: u32) -> String {
    let enum_type = match status {
        ERROR_CLUSTER_NODE_NOT_FOUND => 0x01,
        ERROR_RESOURCE_NOT_FOUND => 0x04,
        ERROR_GROUP_NOT_FOUND => 0x08,
        ERROR_CLUSTER_NETWORK_NOT_FOUND => 0x10,
        ERROR_CLUSTER_NETINTERFACE_NOT_FOUND => 0x20,
        _ => return String::new(),
    };
    format!(
        "\n      `cmrp call ... ApiCreateEnum '{{\"dwType\": {enum_type}}}' --text` lists those that there are"
    )
}

/// An open handle.
#[derive(Clone, Debug)]
struct Opened {
    kind: HandleKind,
    handle: Value,
}

/// See the module.
pub(super) struct Session<'a> {
    interface: Interface,
    catalog: &'a Catalog,
    association: Association,
    opened: Vec<Opened>,
}

impl<'a> Session<'a> {
    pub(super) fn new(interface: Interface, catalog: &'a Catalog, association: Association) -> Self {
        Self { interface, catalog, association, opened: Vec::new() }
    }

    /// Makes a call, and takes charge of the handles that it yields.
    pub(super) async fn call(
        &mut self,
        operation: &'static str,
        fields: Fields,
    ) -> Result<Fields, NoResponse> {
        let answer = exchange(&self.association, self.interface, operation, fields).await?;
        let described = self.interface.opnum(operation).and_then(|opnum| self.catalog.operation(opnum));
        let given = described.map(|described| self.catalog.handles_out(described)).unwrap_or_default();
        if operation.starts_with("ApiClose") {
            self.opened.retain(|opened| !given.iter().any(|member| is_closed(member, &answer, opened)));
        }
        self.opened.extend(yielded(given, &answer));
        Ok(answer)
    }

    /// Opens what a name stands for, and gives the handle in its JSON form. `writes` says whether it is to be changed.
    pub(super) async fn open(&mut self, open: &Open, writes: bool) -> Result<Value, Failure> {
        let answer = match open {
            Open::Port { version: 1 } => self.call("ApiCreateNotify", Fields::new()).await?,
            Open::Port { .. } => self.call("ApiCreateNotifyV2", Fields::new()).await?,
            Open::Object { kind: ObjectKind::Key, name } => return self.open_key(name, writes).await,
            Open::BatchPort { path } => return self.open_batch_port(path).await,
            Open::Object { kind, name } => {
                let (operation, fields) = opening(self.interface, *kind, name);
                self.call(operation, fields).await?
            }
        };
        handle_of(&answer, || text(open))
    }

    /// Opens the root of the registry, and the key below it.
    async fn open_key(&mut self, path: &str, writes: bool) -> Result<Value, Failure> {
        let sam_desired = if writes { KEY_ALL_ACCESS } else { KEY_READ };
        let asked = Fields::from_iter([("samDesired".to_owned(), sam_desired.into())]);
        let answer = self.call("ApiGetRootKey", asked.clone()).await?;
        let root = handle_of(&answer, || "the root key".to_owned())?;
        if path.is_empty() {
            return Ok(root);
        }
        let mut fields = asked;
        fields.insert("hKey".to_owned(), root);
        fields.insert("lpSubKey".to_owned(), path.into());
        let answer = self.call("ApiOpenKey", fields).await?;
        handle_of(&answer, || format!("key {path:?}"))
    }

    /// Makes a batch port on a key.
    async fn open_batch_port(&mut self, path: &str) -> Result<Value, Failure> {
        let key = self.open_key(path, false).await?;
        let answer = self.call("ApiCreateBatchPort", Fields::from_iter([("hKey".to_owned(), key)])).await?;
        given(&answer, "phBatchPort", "return", || format!("a batch port on key {path:?}"))
    }

    /// Closes what is open, the last first. What fails here is over all the same: the association ends.
    pub(super) async fn close(mut self) {
        while let Some(Opened { kind, handle }) = self.opened.pop() {
            let Some(operation) = close_method(kind) else { continue };
            let described = self.interface.opnum(operation).and_then(|opnum| self.catalog.operation(opnum));
            let members = described.map(|described| self.catalog.handles_in(described)).unwrap_or_default();
            let fields = members.into_iter().map(|member| (member.name, handle.clone())).collect();
            if let Err(error) = exchange(&self.association, self.interface, operation, fields).await {
                tracing::debug!(%error, "a handle could not be closed");
            }
        }
    }
}

/// The handles of an answer that are not null.
fn yielded(members: Vec<HandleMember>, answer: &Fields) -> Vec<Opened> {
    let found = members.into_iter().filter_map(|member| {
        let handle = answer.get(&member.name).filter(|handle| !is_null(handle))?;
        Some(Opened { kind: member.kind, handle: handle.clone() })
    });
    found.collect()
}

/// Whether the answer of a closing method says that a handle is closed.
fn is_closed(member: &HandleMember, answer: &Fields, opened: &Opened) -> bool {
    member.kind == opened.kind && answer.get(&member.name).is_some_and(is_null)
}

fn is_null(handle: &Value) -> bool {
    let null = json!({"attributes": 0, "uuid": "00000000-0000-0000-0000-000000000000"});
    handle.is_null() || *handle == null
}

/// The handle that an opening method returned.
fn handle_of(answer: &Fields, what: impl FnOnce() -> String) -> Result<Value, Failure> {
    given(answer, "return", "Status", what)
}

/// The handle that is a member of an answer, if another one says success.
fn given(
    answer: &Fields,
    handle: &str,
    status: &str,
    what: impl FnOnce() -> String,
) -> Result<Value, Failure> {
    let status = remote::code(answer, status);
    match answer.get(handle).filter(|handle| status == 0 && !is_null(handle)) {
        Some(handle) => Ok(handle.clone()),
        None => Err(Failure::NotOpened { what: what(), status }),
    }
}

fn text(open: &Open) -> String {
    match open {
        Open::Port { version } => format!("a notification port of version {version}"),
        Open::BatchPort { path } => format!("a batch port on key {path:?}"),
        Open::Object { kind: ObjectKind::Cluster, .. } => "the cluster".to_owned(),
        Open::Object { kind, name } => format!("{} {name:?}", crate::watch::kind_text(*kind)),
    }
}

/// The call that opens an object: with all that may be done to it, where the interface has a method for that.
fn opening(interface: Interface, kind: ObjectKind, name: &str) -> (&'static str, Fields) {
    let (plain, member) = open_method(kind);
    let mut fields: Fields =
        member.into_iter().map(|member| (member.to_owned(), Value::from(name))).collect();
    let with_level = open_method_with_level(kind).filter(|_| interface == Interface::ClusApi3);
    if with_level.is_some() {
        fields.insert("dwDesiredAccess".to_owned(), MAXIMUM_ALLOWED.into());
    }
    (with_level.unwrap_or(plain), fields)
}

/// The method that opens a kind of object, and its parameter for the name.
fn open_method(kind: ObjectKind) -> (&'static str, Option<&'static str>) {
    match kind {
        ObjectKind::Cluster | ObjectKind::ResourceType => ("ApiOpenCluster", None),
        ObjectKind::Node => ("ApiOpenNode", Some("lpszNodeName")),
        ObjectKind::Group => ("ApiOpenGroup", Some("lpszGroupName")),
        ObjectKind::Resource => ("ApiOpenResource", Some("lpszResourceName")),
        ObjectKind::Key => ("ApiOpenKey", Some("lpSubKey")),
        ObjectKind::Network => ("ApiOpenNetwork", Some("lpszNetworkName")),
        ObjectKind::NetInterface => ("ApiOpenNetInterface", Some("lpszNetInterfaceName")),
        ObjectKind::GroupSet => ("ApiOpenGroupSet", Some("lpszGroupSetName")),
    }
}

/// The method of protocol version 3 that opens it at a level of access.
fn open_method_with_level(kind: ObjectKind) -> Option<&'static str> {
    Some(match kind {
        ObjectKind::Cluster | ObjectKind::ResourceType => "ApiOpenClusterEx",
        ObjectKind::Node => "ApiOpenNodeEx",
        ObjectKind::Group => "ApiOpenGroupEx",
        ObjectKind::Resource => "ApiOpenResourceEx",
        ObjectKind::Network => "ApiOpenNetworkEx",
        ObjectKind::NetInterface => "ApiOpenNetInterfaceEx",
        ObjectKind::Key | ObjectKind::GroupSet => return None,
    })
}

fn close_method(kind: HandleKind) -> Option<&'static str> {
    Some(match kind {
        HandleKind::Port => "ApiCloseNotify",
        HandleKind::BatchPort => "ApiCloseBatchPort",
        HandleKind::Any => return None,
        HandleKind::Object(kind) => match kind {
            ObjectKind::Cluster => "ApiCloseCluster",
            ObjectKind::Node => "ApiCloseNode",
            ObjectKind::Group => "ApiCloseGroup",
            ObjectKind::Resource => "ApiCloseResource",
            ObjectKind::Key => "ApiCloseKey",
            ObjectKind::Network => "ApiCloseNetwork",
            ObjectKind::NetInterface => "ApiCloseNetInterface",
            ObjectKind::GroupSet => "ApiCloseGroupSet",
            ObjectKind::ResourceType => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;
    use midl_codegen::model::Operation;
    use serde_json::json;

    use super::{Catalog, HandleKind, close_method, open_method, opening};
    use crate::interface::Interface;

    const KINDS: [ObjectKind; 8] = [
        ObjectKind::Cluster,
        ObjectKind::Node,
        ObjectKind::Group,
        ObjectKind::Resource,
        ObjectKind::Key,
        ObjectKind::Network,
        ObjectKind::NetInterface,
        ObjectKind::GroupSet,
    ];

    #[test]
    fn objects_are_opened_and_closed_as_the_idl_says() {
        let catalog = Catalog::of(Interface::ClusApi3).unwrap();
        let operation = |name: &str| -> &Operation {
            catalog.operation(Interface::ClusApi3.opnum(name).expect(name)).expect(name)
        };
        for kind in KINDS {
            let plain = open_method(kind).0;
            let (open, fields) = opening(Interface::ClusApi3, kind, "a name");
            assert_eq!(catalog.handles_out(operation(plain))[0].kind, HandleKind::Object(kind));
            assert_eq!(catalog.handles_out(operation(open))[0].kind, HandleKind::Object(kind));
            if kind != ObjectKind::Key {
                let taken = operation(open).params.iter().filter(|param| param.direction.input);
                let mut taken: Vec<&str> = taken.map(|param| param.name.as_str()).collect();
                taken.sort_unstable();
                let mut given: Vec<&String> = fields.keys().collect();
                given.sort_unstable();
                assert_eq!(given, taken, "{kind:?}");
            }
            let close = operation(close_method(HandleKind::Object(kind)).unwrap());
            assert_eq!(catalog.handles_in(close)[0].kind, HandleKind::Object(kind));
        }
        for (close, kind) in
            [("ApiCloseNotify", HandleKind::Port), ("ApiCloseBatchPort", HandleKind::BatchPort)]
        {
            assert_eq!(close_method(kind), Some(close));
            assert_eq!(catalog.handles_in(operation(close))[0].kind, kind);
        }
        let (open, fields) = opening(Interface::ClusApi2, ObjectKind::Group, "SQL");
        assert_eq!((open, json!(fields)), ("ApiOpenGroup", json!({"lpszGroupName": "SQL"})));
    }
}
