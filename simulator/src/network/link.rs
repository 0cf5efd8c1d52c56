//! Associations, their connections, and the calls on them.

use cmrp::ndr::{EncodeStub as _, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::client::{BindingId, CallId, Request};
use cmrp_port::protocol::Protocol;
use cmrp_port::server;
use cmrp_port::status::{EPT_S_NOT_REGISTERED, RPC_S_CALL_FAILED, RPC_S_SERVER_UNAVAILABLE, WAIT_TIMEOUT};

use super::{Due, Simulation};
use crate::plain::Method;
use crate::tally::Tally;
use crate::twin::Asked;
use crate::violation::Violation;
use crate::wire::FORMATS;
use crate::world::Reply;

/// One connection of an association.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// When the last message to the server arrives, and the last to the client.
    to_server: u64,
    to_client: u64,
    /// The waiting call that keeps it busy.
    busy: Option<usize>,
    broken: bool,
}

/// An association of a client with a server.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "both ends and the way between them can be gone independently"
)]
pub(super) struct Association {
    pub(super) client: usize,
    pub(super) binding: BindingId,
    pub(super) node: usize,
    /// Which life of the node it is with.
    pub(super) life: u32,
    /// Whether the client has not dropped it.
    pub(super) wanted: bool,
    /// Whether the client was told that it is connected.
    up: bool,
    /// Whether messages pass.
    pub(super) broken: bool,
    /// Whether the server knows of it.
    pub(super) served: bool,
    connections: Vec<Connection>,
    format: Format,
}

/// What travels back.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    /// A response of the engine.
    Port(server::Response),
    /// A response of a method that is not about ports.
    Service(Reply),
    /// The fault that tells of an unknown handle.
    Fault,
}

/// A call of a client.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) association: usize,
    pub(super) id: CallId,
    pub(super) request: Request,
    /// Its plain form, if it is about ports.
    pub(super) method: Option<Method>,
    connection: usize,
    /// Whether the client got an answer or dropped the association.
    pub(super) over: bool,
    /// Whether the answer will be lost.
    deaf: Option<u32>,
    pub(super) answer: Option<Payload>,
}

impl Association {
    /// The transfer syntax that was negotiated.
    pub(super) const fn format(&self) -> Format {
        self.format
    }
}

impl Simulation<'_> {
    /// A client wants to connect.
    pub(super) fn connect(&mut self, client: usize, binding: BindingId, server: &str) {
        let node = self.resolve(server);
        let format = self.dice.pick(&FORMATS).copied().unwrap_or(Format::Ndr64);
        let format = if self.script.flavour.protocol == Protocol::V2 { Format::NDR20_LE } else { format };
        let association = self.associations.len();
        self.note(|| format!("client {client}: connects to {server:?} ({binding:?})"));
        self.associations.push(Association {
            client,
            binding,
            node: node.unwrap_or(usize::MAX),
            life: 0,
            wanted: true,
            up: false,
            broken: false,
            served: false,
            connections: vec![Connection::default()],
            format,
        });
        let delay = self.delay();
        self.after(delay, Due::Connect { association });
    }

    /// The node that answers to a name; the cluster's name leads to one of those that are up.
    fn resolve(&mut self, server: &str) -> Option<usize> {
        if let Some(node) = self.nodes.iter().position(|node| node.name.eq_ignore_ascii_case(server)) {
            return Some(node);
        }
        if !self.cluster.name.eq_ignore_ascii_case(server) {
            return None;
        }
        let up: Vec<usize> = (0..self.nodes.len())
            .filter(|node| self.nodes.get(*node).is_some_and(|node| node.twin.is_some()))
            .collect();
        self.dice.pick(&up).copied()
    }

    pub(super) fn connect_reaches(&mut self, association: usize) {
        let now = self.now;
        let Some(link) = self.associations.get_mut(association) else { return };
        let node = self.nodes.get(link.node);
        let delay = self.dice.below(20);
        let delay = u64::try_from(delay).unwrap_or(0);
        match node.filter(|node| node.twin.is_some()) {
            Some(node) if node.refuses_until > now => {
                self.totals.count(Tally::Refused);
                let code = self.dice.one(EPT_S_NOT_REGISTERED, &[1723, 1747]);
                self.after(delay, Due::ClientNotices { association, code });
            }
            Some(node) => {
                link.life = node.life;
                link.served = true;
                self.after(delay, Due::Connected { association });
            }
            None => {
                let code = RPC_S_SERVER_UNAVAILABLE;
                self.after(delay, Due::ClientNotices { association, code });
            }
        }
    }

    pub(super) fn connected(&mut self, association: usize) -> Result<(), Violation> {
        let now = self.instant();
        let Some(link) = self.associations.get_mut(association) else { return Ok(()) };
        if !link.wanted || link.broken {
            return Ok(());
        }
        link.up = true;
        let (client, binding) = (link.client, link.binding);
        self.note(|| format!("client {client}: is connected ({binding:?})"));
        if let Some(program) = self.programs.get_mut(client) {
            program.association = association;
            program.engine.handle_connected(now, binding);
        }
        self.settle(client)
    }

    /// A client calls.
    pub(super) fn call(
        &mut self,
        client: usize,
        binding: BindingId,
        id: CallId,
        request: Request,
        waits: bool,
    ) -> Result<(), Violation> {
        let current = |link: &super::Association| {
            link.client == client && link.binding == binding && link.wanted && link.up
        };
        let Some(association) = self.associations.iter().position(current) else {
            return Violation::found("calls are made in a connected association", format!("{request:?}"));
        };
        let again = self.calls.iter().any(|call| {
            call.id == id && self.associations.get(call.association).is_some_and(|link| link.client == client)
        });
        Violation::unless(!again, "calls have names of their own", || format!("{id:?}"))?;
        let method = match (request.to_v2(), request.to_v3()) {
            (Some(request), None) => Asked::V2(&request).method(),
            (None, Some(request)) => Asked::V3(&request).method(),
            _ => return Violation::found("a request has one protocol", format!("{request:?}")),
        };
        if let (Some(method), Some(program)) = (&method, self.programs.get_mut(client)) {
            program.learn(association, method);
        }
        let call = self.calls.len();
        let connection = self.connection(association, waits, call);
        let mut new =
            Call { association, id, request, method, connection, over: false, deaf: None, answer: None };
        let fault = self.programs.get_mut(client).and_then(|program| program.fail_next.take());
        if let (Some((code, seen)), false) = (fault, waits) {
            new.deaf = Some(code);
            self.totals.count(if seen { Tally::AnswerLost } else { Tally::CallFailed });
            let delay = self.delay().saturating_add(30);
            self.after(delay, Due::Failed { call, code });
            if !seen {
                self.calls.push(new);
                return Ok(());
            }
        }
        self.calls.push(new);
        let time = self.arrival(association, connection, true);
        self.at(time, Due::Request { call });
        Ok(())
    }

    /// The connection that a call takes: the first, or, if it waits, one that no other call waits on.
    fn connection(&mut self, association: usize, waits: bool, call: usize) -> usize {
        let Some(link) = self.associations.get_mut(association) else { return 0 };
        let own = waits && !self.script.flavour.multiplexed;
        let found = link.connections.iter().enumerate().position(|(index, connection)| {
            !connection.broken
                && if own { index > 0 && connection.busy.is_none() } else { connection.busy.is_none() }
        });
        let index = found.unwrap_or_else(|| {
            link.connections.push(Connection::default());
            link.connections.len().saturating_sub(1)
        });
        if let (true, Some(connection)) = (own, link.connections.get_mut(index)) {
            connection.busy = Some(call);
        }
        index
    }

    /// When a message that is sent now arrives: after those that were sent before it on the connection.
    fn arrival(&mut self, association: usize, connection: usize, to_server: bool) -> u64 {
        let delay = self.delay();
        let now = self.now;
        let Some(link) = self.associations.get_mut(association) else { return now };
        let late = self.programs.get(link.client).map_or(0, |program| program.late_until);
        let Some(connection) = link.connections.get_mut(connection) else { return now };
        let last = if to_server { &mut connection.to_server } else { &mut connection.to_client };
        *last = now.saturating_add(delay).max(*last).max(late.min(now.saturating_add(3000)));
        *last
    }

    /// Sends an answer to the client.
    pub(super) fn answer(&mut self, call: usize, payload: Payload) {
        let Some(pending) = self.calls.get_mut(call) else { return };
        pending.answer = Some(payload);
        let (association, connection) = (pending.association, pending.connection);
        let time = self.arrival(association, connection, false);
        self.at(time, Due::Response { call });
    }

    pub(super) fn response_reaches(&mut self, call: usize) -> Result<(), Violation> {
        let Some(pending) = self.calls.get_mut(call) else { return Ok(()) };
        let Some(link) = self.associations.get_mut(pending.association) else { return Ok(()) };
        let alive = link.connections.get_mut(pending.connection).is_some_and(|connection| {
            connection.busy = connection.busy.filter(|busy| *busy != call);
            !connection.broken
        });
        if pending.over || pending.deaf.is_some() || link.broken || !link.wanted || !alive {
            return Ok(());
        }
        let Some(payload) = pending.answer.take() else { return Ok(()) };
        pending.over = true;
        let (client, association, format) = (link.client, pending.association, link.format);
        self.deliver(client, association, call, &payload, format)?;
        self.settle(client)
    }

    /// Gives an answer to the engine, through the codec's octets if the run is of that kind.
    fn deliver(
        &mut self,
        client: usize,
        association: usize,
        call: usize,
        payload: &Payload,
        format: Format,
    ) -> Result<(), Violation> {
        let now = self.instant();
        let wire = self.script.flavour.wire;
        let Some(pending) = self.calls.get(call) else { return Ok(()) };
        let (id, method) = (pending.id, pending.method.clone());
        let Some(program) = self.programs.get_mut(client) else { return Ok(()) };
        let responses = match payload {
            Payload::Fault => {
                program.engine.handle_failure(now, id, 6);
                return Ok(());
            }
            Payload::Port(response) => (response.to_v2(), response.to_v3()),
            Payload::Service(reply) => match self.script.flavour.protocol {
                Protocol::V2 => (reply.to_v2(), None),
                Protocol::V3 => (None, reply.to_v3()),
            },
        };
        match responses {
            (Some(response), _) => {
                program.expect_v2(association, method.as_ref(), &response);
                let octets = if wire { octets(response.encode(format))? } else { Vec::new() };
                let opnum = response.opnum();
                let decoded = if wire {
                    decoded(clusapi2::Response::decode(opnum, &octets, format, &Limits::DEFAULT))?
                } else {
                    response
                };
                program.engine.handle_v2(now, id, &decoded);
            }
            (None, Some(response)) => {
                program.expect_v3(association, method.as_ref(), &response);
                let octets = if wire { octets(response.encode(format))? } else { Vec::new() };
                let opnum = response.opnum();
                let decoded = if wire {
                    decoded(clusapi3::Response::decode(opnum, &octets, format, &Limits::DEFAULT))?
                } else {
                    response
                };
                program.engine.handle_v3(now, id, &decoded);
            }
            (None, None) => return Violation::found("a response has a protocol", format!("{payload:?}")),
        }
        Ok(())
    }

    pub(super) fn call_failed(&mut self, call: usize, code: u32) -> Result<(), Violation> {
        let now = self.instant();
        let Some(pending) = self.calls.get_mut(call) else { return Ok(()) };
        let Some(link) = self.associations.get(pending.association) else { return Ok(()) };
        if pending.over || link.broken || !link.wanted {
            return Ok(());
        }
        pending.over = true;
        let (client, id) = (link.client, pending.id);
        self.note(|| format!("client {client}: {id:?} fails with {code:#x}"));
        if let Some(program) = self.programs.get_mut(client) {
            program.engine.handle_failure(now, id, code);
        }
        self.settle(client)
    }

    /// All connections of an association break.
    pub(super) fn break_association(&mut self, association: usize, client_after: u64, server_after: u64) {
        let Some(link) = self.associations.get_mut(association) else { return };
        link.broken = true;
        self.after(client_after, Due::ClientNotices { association, code: RPC_S_CALL_FAILED });
        self.after(server_after, Due::ServerNotices { association });
    }

    pub(super) fn client_notices(&mut self, association: usize, code: u32) -> Result<(), Violation> {
        let now = self.instant();
        let Some(link) = self.associations.get_mut(association) else { return Ok(()) };
        if !core::mem::replace(&mut link.wanted, false) {
            return Ok(());
        }
        link.broken = true;
        let (client, binding) = (link.client, link.binding);
        self.note(|| format!("client {client}: {binding:?} is broken, {code:#x}"));
        if let Some(program) = self.programs.get_mut(client) {
            program.engine.handle_connection_failed(now, binding, code);
        }
        self.settle(client)
    }

    /// The client drops an association.
    pub(super) fn free(&mut self, client: usize, binding: BindingId) {
        let own = |link: &Association| link.client == client && link.binding == binding;
        let Some(association) = self.associations.iter().position(own) else { return };
        self.note(|| format!("client {client}: drops {binding:?}"));
        if let Some(link) = self.associations.get_mut(association) {
            link.wanted = false;
        }
        let delay = self.delay();
        self.after(delay, Due::ServerNotices { association });
    }

    /// The client gives a call up, and goes on with the association.
    pub(super) fn abandon(&mut self, client: usize, binding: BindingId, id: CallId) {
        let associations = &self.associations;
        let own = |call: &Call| {
            let link = associations.get(call.association);
            call.id == id && link.is_some_and(|link| link.client == client && link.binding == binding)
        };
        let Some(call) = self.calls.iter().position(own) else { return };
        let Some(pending) = self.calls.get_mut(call) else { return };
        pending.over = true;
        let place = (pending.association, pending.connection);
        let link = self.associations.get_mut(place.0);
        if let Some(connection) = link.and_then(|link| link.connections.get_mut(place.1)) {
            connection.busy = connection.busy.filter(|busy| *busy != call);
        }
        self.note(|| format!("client {client}: gives {id:?} up"));
        let delay = self.delay();
        self.after(delay, Due::Cancelled { call });
    }

    /// One connection breaks: the call on it fails at both ends.
    pub(super) fn break_connection(&mut self, association: usize, which: usize) -> bool {
        let Some(link) = self.associations.get_mut(association) else { return false };
        let alive = link.connections.iter().filter(|connection| !connection.broken).count();
        let busy = |connection: &&mut Connection| connection.busy.is_some() && !connection.broken;
        let Some(connection) = link.connections.iter_mut().filter(busy).nth(which % 2) else { return false };
        if alive < 2 {
            return false;
        }
        connection.broken = true;
        if let Some(call) = connection.busy.take() {
            let (client_after, server_after) = (self.delay(), self.delay());
            self.after(client_after, Due::Failed { call, code: RPC_S_CALL_FAILED });
            self.after(server_after, Due::Cancelled { call });
        }
        true
    }

    /// Whether a call is a get call that brought nothing, so far.
    pub(super) fn is_idle(&self, call: usize) -> bool {
        let Some(call) = self.calls.get(call) else { return true };
        let nothing = match &call.answer {
            None => true,
            Some(Payload::Port(response)) => response.result() == WAIT_TIMEOUT,
            Some(_) => false,
        };
        nothing && matches!(call.method, Some(Method::Get { .. }))
    }

    /// The association that a client uses now.
    pub(super) fn current(&self, client: usize) -> Option<usize> {
        let own = |link: &Association| {
            link.client == client && link.wanted && link.up && link.served && !link.broken
        };
        self.associations.iter().rposition(own)
    }
}

fn octets(encoded: Result<Vec<u8>, cmrp::ndr::EncodeError>) -> Result<Vec<u8>, Violation> {
    encoded.or_else(|error| Violation::found("messages survive the wire", error.to_string()))
}

fn decoded<T>(decoded: Result<T, cmrp::ndr::Error>) -> Result<T, Violation> {
    decoded.or_else(|error| Violation::found("messages survive the wire", error.to_string()))
}
