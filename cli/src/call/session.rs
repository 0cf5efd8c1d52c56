//! Calls in their JSON form over one association, and the handles that are open in it.

use cmrp::ndr::Limits;
use cmrp::ndr::json::Arena;
use cmrp_net::client::{Association, CallError, CallOptions};
use cmrp_port::object::ObjectKind;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::catalog::{Catalog, HandleKind, HandleMember};
use super::names::Open;
use crate::interface::Interface;
use crate::remote;
use crate::show::win32;
use crate::stub::kind::{Direction, Kind};

/// Members by name.
pub(super) type Fields = Map<String, Value>;

/// Rights to a key of the cluster registry: `KEY_READ` and `KEY_ALL_ACCESS` (MS-CMRP 3.1.4.2.29).
const KEY_READ: u32 = 0x0002_0019;
const KEY_ALL_ACCESS: u32 = 0x000F_003F;

/// Why something could not be called.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The request can't be made of what was given.
    #[error("{0}")]
    Request(String),
    /// There is no answer.
    #[error("{}", remote::call_error(.operation, .error))]
    NoAnswer { operation: &'static str, error: CallError },
    /// The answer can't be read.
    #[error("{operation}: the response is malformed: {error}")]
    Malformed { operation: &'static str, error: String },
    /// A handle could not be opened.
    #[error("{what} can't be opened: {}", code(*.status))]
    NotOpened { what: String, status: u32 },
}

fn code(status: u32) -> String {
    win32::name(status).map_or_else(|| format!("error {status}"), |name| format!("{name} ({status})"))
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
    pub(super) async fn call(&mut self, opnum: u16, fields: Fields) -> Result<Fields, Failure> {
        let operation = self.interface.operation(opnum).unwrap_or_default();
        let answer = self.exchange(opnum, operation, &Value::Object(fields)).await?;
        if let Some(described) = self.catalog.operation(opnum) {
            let is_closed = |kind: HandleKind| answer_is_null(self.catalog.handles_out(described), &answer, kind);
            if !self.catalog.handles_in(described).is_empty() && operation.starts_with("ApiClose") {
                self.opened.retain(|opened| !is_closed(opened.kind));
            }
            self.opened.extend(yielded(self.catalog.handles_out(described), &answer));
        }
        Ok(answer)
    }

    async fn exchange(&self, opnum: u16, operation: &'static str, fields: &Value) -> Result<Fields, Failure> {
        let format = self.association.format();
        let kind = Kind { interface: self.interface, opnum, direction: Direction::Request, format };
        let arena = Arena::new();
        let request = kind.read(fields, &arena).map_err(|error| Failure::Request(format!("{operation}: {error}")))?;
        let stub = request.encode(format).map_err(|error| Failure::Request(format!("{operation}: {error}")))?;
        let raw = self.association.call_raw(opnum, &stub, CallOptions::default()).await;
        let raw = raw.map_err(|error| Failure::NoAnswer { operation, error })?;
        let malformed = |error: String| Failure::Malformed { operation, error };
        let answer = request.answer(&raw.stub, raw.format, &Limits::DEFAULT);
        let answer = answer.ok_or_else(|| malformed("it has none".to_owned()))?;
        let answer = answer.map_err(|error| malformed(error.to_string()))?;
        serde_json::to_value(&answer)
            .and_then(serde_json::from_value)
            .map_err(|error| malformed(error.to_string()))
    }

    async fn call_named(&mut self, operation: &'static str, fields: Fields) -> Result<Fields, Failure> {
        let opnum = self.interface.opnum(operation).ok_or_else(|| {
            Failure::Request(format!("{} has no {operation}", self.interface.name()))
        })?;
        self.call(opnum, fields).await
    }

    /// Opens what a name stands for, and gives the handle in its JSON form. `writes` says whether it is to be changed.
    pub(super) async fn open(&mut self, open: &Open, writes: bool) -> Result<Value, Failure> {
        let answer = match open {
            Open::Port { version: 1 } => self.call_named("ApiCreateNotify", Fields::new()).await?,
            Open::Port { .. } => self.call_named("ApiCreateNotifyV2", Fields::new()).await?,
            Open::Object { kind: ObjectKind::Key, name } => return self.open_key(name, writes).await,
            Open::Object { kind, name } => {
                let (operation, member) = open_method(*kind);
                let fields = member.map(|member| (member.to_owned(), Value::from(name.as_str())));
                self.call_named(operation, fields.into_iter().collect()).await?
            }
        };
        handle_of(&answer, || text(open))
    }

    /// Opens the root of the registry, and the key below it.
    async fn open_key(&mut self, path: &str, writes: bool) -> Result<Value, Failure> {
        let sam_desired = if writes { KEY_ALL_ACCESS } else { KEY_READ };
        let asked = Fields::from_iter([("samDesired".to_owned(), sam_desired.into())]);
        let answer = self.call_named("ApiGetRootKey", asked.clone()).await?;
        let root = handle_of(&answer, || "the root key".to_owned())?;
        if path.is_empty() {
            return Ok(root);
        }
        let mut fields = asked;
        fields.insert("hKey".to_owned(), root);
        fields.insert("lpSubKey".to_owned(), path.into());
        let answer = self.call_named("ApiOpenKey", fields).await?;
        handle_of(&answer, || format!("key {path:?}"))
    }

    /// Closes what is open, the last first. What fails here is over all the same: the association ends.
    pub(super) async fn close(mut self) {
        while let Some(Opened { kind, handle }) = self.opened.pop() {
            let Some(operation) = close_method(kind) else { continue };
            let Some(opnum) = self.interface.opnum(operation) else { continue };
            let member = self.catalog.operation(opnum).map(|operation| self.catalog.handles_in(operation));
            let Some(member) = member.and_then(|members| members.into_iter().next()) else { continue };
            let fields = Fields::from_iter([(member.name, handle)]);
            if let Err(error) = self.exchange(opnum, operation, &Value::Object(fields)).await {
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

fn answer_is_null(members: Vec<HandleMember>, answer: &Fields, kind: HandleKind) -> bool {
    members.iter().any(|member| member.kind == kind && answer.get(&member.name).is_some_and(is_null))
}

fn is_null(handle: &Value) -> bool {
    let null = json!({"attributes": 0, "uuid": "00000000-0000-0000-0000-000000000000"});
    handle.is_null() || *handle == null
}

/// The handle that an opening method returned.
fn handle_of(answer: &Fields, what: impl FnOnce() -> String) -> Result<Value, Failure> {
    let status = answer.get("Status").and_then(Value::as_u64).unwrap_or_default();
    match answer.get("return").filter(|handle| status == 0 && !is_null(handle)) {
        Some(handle) => Ok(handle.clone()),
        None => Err(Failure::NotOpened { what: what(), status: u32::try_from(status).unwrap_or(u32::MAX) }),
    }
}

fn text(open: &Open) -> String {
    match open {
        Open::Port { version } => format!("a notification port of version {version}"),
        Open::Object { kind: ObjectKind::Cluster, .. } => "the cluster".to_owned(),
        Open::Object { kind, name } => format!("{} {name:?}", crate::watch::kind_text(*kind)),
    }
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

fn close_method(kind: HandleKind) -> Option<&'static str> {
    Some(match kind {
        HandleKind::Port => "ApiCloseNotify",
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

    use super::{Catalog, HandleKind, close_method, open_method};
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
            let (open, member) = open_method(kind);
            let open = operation(open);
            assert_eq!(catalog.handles_out(open)[0].kind, HandleKind::Object(kind));
            let text = open.params.iter().find(|param| param.attributes.string);
            assert_eq!(text.map(|param| param.name.as_str()), member, "{kind:?}");
            let close = operation(close_method(HandleKind::Object(kind)).unwrap());
            assert_eq!(catalog.handles_in(close)[0].kind, HandleKind::Object(kind));
        }
        assert_eq!(catalog.handles_in(operation("ApiCloseNotify"))[0].kind, HandleKind::Port);
    }
}
