//! What a client sends: octets to the machine, its events to the service.

use std::io;
use std::sync::Arc;

use cmrp_port::server::Caller;
use dcerpc_proto::server::{Call, Event};
use tokio::time::Instant;
use tracing::{debug, info};

use super::{Connection, End, OpenCall};
use crate::server::Service;
use crate::server::levels::Charge;
use crate::server::thread::{Command, Incoming};

/// Octets that are read at once, from the stack: an idle connection has no buffer.
const CHUNK: usize = 8_192;

impl<S: Service> Connection<S> {
    /// Reads what is there, up to one chunk, and does what it asks for.
    pub(super) async fn read(&mut self) -> Result<(), End> {
        let Some(count) = self.read_chunk()? else { return Ok(()) };
        if count == 0 {
            return Err(End::Client);
        }
        self.shared.metrics.received.inc_by(count as u64);
        self.handle_events().await?;
        let has_words = self.collect();
        if self.machine.is_closing() {
            self.ending.get_or_insert(match (self.is_at_fault, has_words) {
                (false, _) => End::Client,
                (true, false) => End::Protocol,
                (true, true) => End::Refused,
            });
        }
        if self.machine.is_bound() {
            self.timers.bound();
        }
        self.timers.received(Instant::now(), self.machine.receiving());
        Ok(())
    }

    /// Does what the client asks for, up to a call that has to wait until it has taken more answers, or until the
    /// service is done with the call before.
    pub(super) async fn handle_events(&mut self) -> Result<(), End> {
        while let Some(event) = self.next_event() {
            match event {
                Event::Call(call) if !self.may_forward() => {
                    self.held_back = Some(Box::new(call));
                    break;
                }
                event => self.handle(event).await?,
            }
        }
        Ok(())
    }

    fn next_event(&mut self) -> Option<Event> {
        self.held_back.take().map(|call| Event::Call(*call)).or_else(|| self.machine.poll_event())
    }

    /// Whether a call may be handed on. A connection that ends has no time to wait for it.
    pub(super) fn may_forward(&self) -> bool {
        self.machine.is_closing() || self.admission.outbox().may_forward()
    }

    /// Gives the machine what the socket has. `None`: nothing now.
    fn read_chunk(&mut self) -> io::Result<Option<usize>> {
        let mut chunk = [0; CHUNK];
        let count = match self.stream.try_read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            count => count?,
        };
        self.shared.clients.read(&mut self.machine, chunk.get(..count).unwrap_or_default());
        Ok(Some(count))
    }

    async fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Call(call) => return self.forward(call).await,
            Event::Cancelled { id } => return self.give_up(id, true).await,
            Event::Orphaned { id } => return self.give_up(id, false).await,
            Event::Bound { group, joined, multiplexing, .. } => {
                let association = self.shared.clients.number(group);
                self.association = Some(association);
                self.span.record("association", association.0);
                info!(%group, joined, multiplexing, "bound");
            }
            Event::Refused { reason, .. } => {
                self.is_at_fault = true;
                info!(reason, "bind refused");
            }
            Event::Faulted { id, status, .. } => {
                self.shared.metrics.fault(status);
                debug!(id, status, "call refused");
            }
            Event::ProtocolError(violation) => {
                self.is_at_fault = true;
                info!(%violation, "protocol error");
            }
            _ => {}
        }
        Ok(())
    }

    async fn forward(&mut self, call: Call) -> Result<(), End> {
        let Some(association) = self.association else { return Ok(()) };
        let caller = Caller { association, access: Some(self.shared.access) };
        let charge = self.charge(call.stub.len()).ok_or(End::Held)?;
        let number = self.shared.next_call();
        self.calls.push(OpenCall { id: call.id, call: number, is_cancelled: false });
        let incoming = Incoming {
            call: number,
            caller,
            interface: call.interface,
            opnum: call.opnum,
            format: call.format,
            stub: call.stub,
            charge,
            outbox: Arc::clone(self.admission.outbox()),
            connection: self.span.clone(),
        };
        self.admission.outbox().forwarded();
        self.command(Command::Call(incoming)).await
    }

    /// What the machine held of a call is the command's from now on, and not counted twice.
    fn charge(&mut self, octets: usize) -> Option<Charge> {
        let counted = self.held.min(octets);
        self.held = self.held.saturating_sub(counted);
        self.shared.levels.release(counted);
        self.shared.levels.charge(octets)
    }

    /// The client has given a call up.
    async fn give_up(&mut self, id: u32, is_cancelled: bool) -> Result<(), End> {
        let Some(open) = self.calls.iter_mut().find(|open| open.id == id) else { return Ok(()) };
        open.is_cancelled = is_cancelled;
        let call = open.call;
        self.command(Command::Cancel(call)).await
    }

    /// Tells the service's thread. When it has more to do than it should have, this waits.
    pub(super) async fn command(&mut self, command: Command<S>) -> Result<(), End> {
        self.shared.commands.send(command).await.map_err(|_| End::Stopped)
    }
}
