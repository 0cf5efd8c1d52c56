//! Calls: what each is for, and where its reply goes.

use core::time::Duration;

use super::id::{CallId, FilterId, ObjectId, PortId};
use super::reply::Reply;
use super::request::{Method, Request};
use super::{Action, Client, Phase};
use crate::protocol::Protocol;
use crate::status::{RPC_S_CALL_FAILED, starts_reconnect};
use crate::time::Instant;

/// A call without a reply.
#[derive(Debug)]
pub(super) struct Call {
    purpose: Purpose,
    opnum: Option<u16>,
    /// The latest time that was known when it was made.
    at: Instant,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The one call of a procedure.
    Step,
    Open(ObjectId),
    OpenRootKey,
    CloseObject(ObjectId),
    CloseRootKey,
    CloseCluster,
    Create(PortId),
    Add(FilterId),
    Get(PortId),
    Unblock(PortId),
    ClosePort(PortId),
}

impl Client {
    /// Makes a call on the present binding.
    pub(super) fn call(&mut self, purpose: Purpose, method: Method) -> Option<CallId> {
        let binding = self.binding?;
        let call = CallId(self.next_id());
        let request = Request::new(self.config.protocol, method);
        let waits = request.waits();
        self.calls.insert(call, Call { purpose, opnum: request.opnum(), at: self.now });
        self.actions.push_back(Action::Call { binding, call, request, waits });
        Some(call)
    }

    /// Forgets a call that nobody waits for any more.
    pub(super) fn abandon(&mut self, call: CallId) {
        let forgotten = self.calls.remove(&call).is_some();
        if let Some(binding) = self.binding.filter(|_| forgotten) {
            self.actions.push_back(Action::Abandon { binding, call });
        }
    }

    /// What a response says, if it is one to the method that was called.
    pub(super) fn checked<'a>(
        &self,
        call: CallId,
        protocol: Protocol,
        opnum: u16,
        reply: impl FnOnce() -> Reply<'a>,
    ) -> Reply<'a> {
        match self.calls.get(&call) {
            Some(known) if known.opnum == Some(opnum) && protocol == self.config.protocol => reply(),
            _ => Reply::Failed(RPC_S_CALL_FAILED),
        }
    }

    /// Takes a reply. One to a call that is not waited for goes nowhere.
    pub(super) fn complete(&mut self, now: Instant, call: CallId, reply: Reply<'_>) {
        self.now = now;
        let Some(Call { purpose, at, .. }) = self.calls.remove(&call) else { return };
        if let Phase::Running(_) = self.phase {
            self.step_done(now, reply);
        } else if let Some(code) = self.reconnect_code(purpose, &reply) {
            self.lose(now, code);
        } else {
            self.dispatch(purpose, reply, now.since(at));
        }
        self.settle();
    }

    /// The code for which the reconnect procedure begins. Closing does not begin it, and neither does the get call
    /// of a port that is being closed, which may outlive the port (MS-CMRP 3.2.4.6, 3.1.4.1.57).
    fn reconnect_code(&self, purpose: Purpose, reply: &Reply<'_>) -> Option<u32> {
        let Reply::Failed(code) = *reply else { return None };
        let counts = match purpose {
            Purpose::Get(port) => !self.ports.get(&port).is_none_or(super::port::Port::is_closing),
            Purpose::CloseObject(_)
            | Purpose::CloseRootKey
            | Purpose::CloseCluster
            | Purpose::ClosePort(_) => false,
            _ => true,
        };
        (counts && starts_reconnect(self.config.protocol, code)).then_some(code)
    }

    /// Acts on a reply that came so long after its call.
    fn dispatch(&mut self, purpose: Purpose, reply: Reply<'_>, took: Duration) {
        match purpose {
            Purpose::Step => {}
            Purpose::Open(object) => self.object_opened(object, &reply),
            Purpose::OpenRootKey => self.root_key_opened(&reply),
            Purpose::CloseObject(object) => self.object_closed(object),
            Purpose::CloseRootKey => self.root_key_closed(),
            Purpose::CloseCluster => self.cluster_closed(),
            Purpose::Create(port) => self.port_created(port, &reply),
            Purpose::Add(filter) => self.filter_added(filter, &reply),
            Purpose::Get(port) => self.got(port, reply, took),
            Purpose::Unblock(port) => self.unblocked(port),
            Purpose::ClosePort(port) => self.drop_port(port),
        }
    }
}
