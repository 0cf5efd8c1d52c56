//! Ports come and go: create, unblock, close, rundown.

use cmrp::ndr::ContextHandle;

use crate::protocol::PortVersion;
use crate::status;

use super::handles::Referent;
use super::port::{Port, Scope};
use super::response::{Body, Response};
use super::{CallId, FilterRef, Incoming, Output, Refusal, Server, nothing};

impl Server {
    /// `ApiCreateNotify` (MS-CMRP 3.1.4.1.56) or `ApiCreateNotifyV2` (MS-CMRP 3.1.4.2.136).
    pub(super) fn create(&mut self, incoming: &Incoming<'_>, version: PortVersion) -> Result<Body, Refusal> {
        const FULL: Refusal = Refusal::Status(status::ERROR_NOT_ENOUGH_MEMORY);
        let association = incoming.caller.association;
        let (handles, ports) = self.handles.held(association);
        let full = self.ports.len() >= self.limits.ports
            || ports >= self.limits.ports_per_association
            || handles >= self.limits.handles_per_association;
        if full {
            return Err(FULL);
        }
        let place = u32::try_from(self.ports.vacant_key()).map_err(|_| FULL)?;
        let handle =
            self.handles.insert(association, incoming.protocol, Referent::Port(place)).ok_or(FULL)?;
        self.ports.insert(Port::new(incoming.protocol, version));
        Ok(Body::Created { handle, status: status::ERROR_SUCCESS })
    }

    /// `ApiUnblockGetNotifyCall`: ends the get calls that wait at the port now (MS-CMRP 3.1.4.1.107).
    pub(super) fn unblock(&mut self, incoming: &Incoming<'_>, token: ContextHandle) -> Result<Body, Refusal> {
        let place = self.port(incoming, token)?;
        self.end_all_waiting(place, status::ERROR_INVALID_FUNCTION);
        Ok(Body::Status(status::ERROR_SUCCESS))
    }

    /// `ApiCloseNotify`: ends the get calls that wait, drops what was not delivered, frees the port (MS-CMRP
    /// 3.1.4.1.57).
    pub(super) fn close_port(
        &mut self,
        incoming: &Incoming<'_>,
        token: ContextHandle,
    ) -> Result<Body, Refusal> {
        const INVALID: Refusal = Refusal::Status(status::ERROR_INVALID_HANDLE);
        // A null [in, out] handle reaches the method, other than a null [in] handle.
        if token.is_null() {
            return Err(INVALID);
        }
        let Referent::Port(place) = self.referent(incoming, token)? else { return Err(INVALID) };
        self.end_all_waiting(place, status::ERROR_INVALID_FUNCTION);
        self.free_port(place);
        let association = incoming.caller.association;
        self.handles.remember_closed(association, incoming.protocol, token, self.limits.closed_ports);
        self.handles.remove(token);
        Ok(Body::Closed { handle: ContextHandle::NULL, status: status::ERROR_SUCCESS })
    }

    /// Does to a port what `ApiCloseNotify` does, with nobody there to answer.
    pub(super) fn run_down_port(&mut self, place: u32) {
        let waiting = self.ports.get_mut(place as usize).map(|port| core::mem::take(&mut port.waiting));
        for call in waiting.unwrap_or_default() {
            self.waiting.remove(call);
            self.outputs.push_back(Output::Abandoned { call });
        }
        self.free_port(place);
    }

    /// The port that a handle stands for, in a method that needs a port which works.
    pub(super) fn port(&self, incoming: &Incoming<'_>, token: ContextHandle) -> Result<u32, Refusal> {
        match self.referent(incoming, token)? {
            Referent::Port(place) if self.ports.get(place as usize).is_some_and(|port| !port.broken) => {
                Ok(place)
            }
            _ => Err(Refusal::Status(status::ERROR_INVALID_HANDLE)),
        }
    }

    /// Ends a call that waits, without an indication.
    pub(super) fn end_waiting(&mut self, call: CallId, status: u32) {
        let Some(waiting) = self.waiting.remove(call) else { return };
        let Some(port) = self.ports.get_mut(waiting.port as usize) else { return };
        port.waiting.retain(|other| *other != call);
        let response = Response::new(port.protocol, waiting.opnum, nothing(waiting.get, status));
        self.outputs.push_back(Output::Response { call, response });
    }

    fn end_all_waiting(&mut self, place: u32, status: u32) {
        while let Some(call) = self.ports.get(place as usize).and_then(|port| port.waiting.front().copied()) {
            self.end_waiting(call, status);
        }
    }

    fn free_port(&mut self, place: u32) {
        let Some(port) = self.ports.try_remove(place as usize) else { return };
        self.queued = self.queued.saturating_sub(port.queue.len());
        self.missed = self.missed.saturating_sub(port.missed);
        self.filters = self.filters.saturating_sub(port.filters.len());
        for (number, filter) in (0..).zip(&port.filters) {
            self.unregister(filter.on, FilterRef { port: place, filter: number });
        }
    }

    fn unregister(&mut self, scope: Scope, filter: FilterRef) {
        match scope {
            Scope::Everything(events) => self.index.unwatch_all(events, filter),
            Scope::Object { slot, events, subtree } => {
                self.index.unwatch(slot, events, subtree, filter);
                self.index.release(slot);
            }
            Scope::Cluster { everything, root, registry, subtree } => {
                self.index.unwatch_all(everything, filter);
                self.index.unwatch(root, registry, subtree, filter);
                self.index.release(root);
            }
        }
    }
}
