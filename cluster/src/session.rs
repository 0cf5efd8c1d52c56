//! What a method sees of its caller.

use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::{ContextHandle, Format, Handle};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller, Opened, Server};
use cmrp_port::status::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY, NCA_S_FAULT_CONTEXT_MISMATCH,
};

use crate::node::{refused, v2};

/// Why a method does not do what it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It returns this code, and nothing else of meaning.
    Status(u32),
    /// The call ends with a fault of this status.
    Fault(u32),
}

impl From<u32> for Refusal {
    fn from(code: u32) -> Self {
        Self::Status(code)
    }
}

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is answered.
    Answered(Answer),
    /// The cluster has kept [`Session::reply`] and answers later, by
    /// [`Cluster::next_answer`](crate::cluster::Cluster::next_answer).
    Waits,
}

/// An answer, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The call.
    pub call: CallId,
    /// The stub of the response, or the status of the fault.
    pub stub: Result<Vec<u8>, u32>,
}

/// Where an answer goes, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The call.
    pub call: CallId,
    /// The client.
    pub association: AssociationId,
    /// The interface that the call was made through.
    pub protocol: Protocol,
    /// The transfer syntax and byte order of the answer.
    pub format: Format,
}

impl Reply {
    /// Encodes an answer.
    pub fn answer<'r>(&self, response: impl Into<Response<'r>>) -> Answer {
        let response = response.into();
        let stub = match self.protocol {
            Protocol::V3 => cmrp::ndr::EncodeStub::encode(&response, self.format).ok(),
            Protocol::V2 => v2::response(&response)
                .and_then(|response| cmrp::ndr::EncodeStub::encode(&response, self.format).ok()),
        };
        Answer { call: self.call, stub: stub.ok_or(crate::status::NCA_S_FAULT_REMOTE_NO_MEMORY) }
    }

    /// The answer of a method that refuses a request.
    pub fn refuse(&self, request: &Request<'_>, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::Status(code) => match refused::response(request, code) {
                Ok(response) => self.answer(response),
                Err(status) => Answer { call: self.call, stub: Err(status) },
            },
            Refusal::Fault(status) => Answer { call: self.call, stub: Err(status) },
        }
    }
}

/// What a handle of the caller stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The object, by the name that it has now.
    pub object: Object,
    /// The level that the handle was opened at.
    pub access: Access,
    /// What [`Session::open`] was given to keep with the handle.
    pub detail: u64,
}

/// What a method sees of its caller: its handles, its level, the node that serves.
pub struct Session<'a> {
    server: &'a mut Server,
    caller: Caller,
    reply: Reply,
    level: Access,
    node: &'a str,
    /// What this call opened: to be closed again if the call fails after all.
    opened: Vec<(ContextHandle, Option<ObjectKind>)>,
}

impl<'a> Session<'a> {
    /// A session of one call. `level` is what the method needs of handles that carry a level.
    pub fn new(server: &'a mut Server, caller: Caller, reply: Reply, level: Access, node: &'a str) -> Self {
        Self { server, caller, reply, level, node, opened: Vec::new() }
    }

    /// Where the answer goes.
    pub fn reply(&self) -> Reply {
        self.reply
    }

    /// The level that the cluster security descriptor gives the caller now.
    pub fn access(&self) -> Option<Access> {
        self.caller.access
    }

    /// The level that the method needs of the caller's handles.
    pub fn level(&self) -> Access {
        self.level
    }

    /// What the server is ready for.
    pub fn state(&self) -> ServerState {
        self.server.state()
    }

    /// The name of the node that serves.
    pub fn node(&self) -> &str {
        self.node
    }

    /// Makes a handle to an object. `detail` is kept with it, for [`Held::detail`].
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`: the client has all the handles that it may have.
    pub fn open<H: Handle>(&mut self, object: &Object, access: Access, detail: u64) -> Result<H, u32> {
        let Reply { association, protocol, .. } = self.reply;
        let token = self.server.open_with(association, protocol, object, access, detail)?;
        self.opened.push((token, Some(object.kind)));
        H::new(token).ok_or(ERROR_NOT_ENOUGH_MEMORY)
    }

    /// Makes a handle to something that is no object of the cluster: a batch port. `detail` tells which.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`: the client has all the handles that it may have.
    pub fn open_foreign<H: Handle>(&mut self, detail: u64) -> Result<H, u32> {
        let Reply { association, protocol, .. } = self.reply;
        let token = self.server.open_foreign(association, protocol, detail)?;
        self.opened.push((token, None));
        H::new(token).ok_or(ERROR_NOT_ENOUGH_MEMORY)
    }

    /// What a handle stands for, which must be of this kind and, where such handles carry a level, at the level that
    /// the method needs.
    ///
    /// # Errors
    /// A fault for a handle that this client does not have, `ERROR_INVALID_HANDLE` for one of another kind,
    /// `ERROR_ACCESS_DENIED` for one of too low a level.
    pub fn resolve<H: Handle>(&self, handle: Option<H>, kind: ObjectKind) -> Result<Held, Refusal> {
        self.resolve_at(handle, kind, self.level)
    }

    /// As [`resolve`](Self::resolve), at another level.
    ///
    /// # Errors
    /// As there.
    pub fn resolve_at<H: Handle>(
        &self,
        handle: Option<H>,
        kind: ObjectKind,
        level: Access,
    ) -> Result<Held, Refusal> {
        match self.lookup(handle)? {
            Opened::Object { object, access, detail } if object.kind == kind => {
                let held = if kind.stores_access() { Some(access) } else { self.caller.access };
                if held < Some(level) {
                    return Err(ERROR_ACCESS_DENIED.into());
                }
                Ok(Held { object: object.clone(), access, detail })
            }
            _ => Err(ERROR_INVALID_HANDLE.into()),
        }
    }

    /// The number of something that [`open_foreign`](Self::open_foreign) made a handle to.
    ///
    /// # Errors
    /// A fault for a handle that this client does not have, `ERROR_INVALID_HANDLE` for one of another kind.
    pub fn resolve_foreign<H: Handle>(&self, handle: Option<H>) -> Result<u64, Refusal> {
        match self.lookup(handle)? {
            Opened::Foreign { detail } => Ok(detail),
            _ => Err(ERROR_INVALID_HANDLE.into()),
        }
    }

    /// Closes a handle to an object of this kind, whatever its level, and whether or not the object still exists.
    ///
    /// # Errors
    /// A fault for a handle that this client does not have, `ERROR_INVALID_HANDLE` for one of another kind and for null.
    pub fn close<H: Handle>(&mut self, handle: Option<H>, kind: ObjectKind) -> Result<Object, Refusal> {
        self.lookup_to_close(handle)?;
        let Reply { association, protocol, .. } = self.reply;
        self.server
            .close(association, protocol, token(handle), kind)
            .ok_or(Refusal::Status(ERROR_INVALID_HANDLE))
    }

    /// Closes a handle that [`open_foreign`](Self::open_foreign) made, and tells its number.
    ///
    /// # Errors
    /// A fault for a handle that this client does not have, `ERROR_INVALID_HANDLE` for one of another kind and for null.
    pub fn close_foreign<H: Handle>(&mut self, handle: Option<H>) -> Result<u64, Refusal> {
        self.lookup_to_close(handle)?;
        let Reply { association, protocol, .. } = self.reply;
        self.server
            .close_foreign(association, protocol, token(handle))
            .ok_or(Refusal::Status(ERROR_INVALID_HANDLE))
    }

    /// The handles to objects that this call has opened: nobody can close them if the answer does not arrive.
    pub(crate) fn opened(&mut self) -> Vec<ContextHandle> {
        let objects = self.opened.drain(..).filter_map(|(token, kind)| kind.map(|_| token));
        objects.collect()
    }

    /// Closes what this call has opened: it fails after all.
    pub fn undo(&mut self) {
        let Reply { association, protocol, .. } = self.reply;
        for (token, kind) in self.opened.drain(..) {
            match kind {
                Some(kind) => drop(self.server.close(association, protocol, token, kind)),
                None => {
                    self.server.close_foreign(association, protocol, token);
                }
            }
        }
    }

    /// A null handle of a Close... method passes the RPC runtime, since it goes both ways, and is the method's to refuse.
    fn lookup_to_close<H: Handle>(&self, handle: Option<H>) -> Result<(), Refusal> {
        match handle {
            Some(handle) => self.lookup(Some(handle)).map(drop),
            None => Err(ERROR_INVALID_HANDLE.into()),
        }
    }

    fn lookup<H: Handle>(&self, handle: Option<H>) -> Result<Opened<'_>, Refusal> {
        let Reply { association, protocol, .. } = self.reply;
        self.server
            .lookup(association, protocol, token(handle))
            .ok_or(Refusal::Fault(NCA_S_FAULT_CONTEXT_MISMATCH))
    }
}

fn token<H: Handle>(handle: Option<H>) -> ContextHandle {
    handle.map_or(ContextHandle::NULL, H::token)
}
