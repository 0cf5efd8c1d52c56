//! The servers: one engine, with its model, on each node.

use cmrp::ndr::{EncodeStub as _, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::ServerState;
use cmrp_port::object::ObjectKind;
use cmrp_port::server::Output;

use super::link::Payload;
use super::{Due, Simulation};
use crate::tally::Tally;
use crate::twin::{Asked, Outputs, Twin};
use crate::violation::Violation;
use crate::world::{Service, Told};

/// A node.
pub(super) struct Node {
    pub(super) name: String,
    /// Its server; `None` while the node is down.
    pub(super) twin: Option<Twin>,
    /// How often it started.
    pub(super) life: u32,
    pub(super) refuses_until: u64,
}

impl Node {
    pub(super) const fn new(name: String) -> Self {
        Self { name, twin: None, life: 0, refuses_until: 0 }
    }

    /// When its server's time runs out, in milliseconds.
    pub(super) fn next_timeout(&self) -> Option<u64> {
        let due = self.twin.as_ref()?.next_timeout()?;
        // A deadline between two milliseconds is over at the second.
        let whole = due.since_origin().as_nanos().div_ceil(1_000_000);
        Some(u64::try_from(whole).unwrap_or(u64::MAX))
    }
}

impl Simulation<'_> {
    /// A node starts with an empty server.
    pub(super) fn start_node(&mut self, node: usize) {
        let seed = self.script.seed ^ u64::try_from(node).unwrap_or(0);
        let Some(node) = self.nodes.get_mut(node) else { return };
        node.life = node.life.saturating_add(1);
        let seed = seed.wrapping_add(u64::from(node.life) << 32);
        node.twin = Some(Twin::new(seed, self.script.flavour.limits, &self.cluster.name));
        node.refuses_until = 0;
    }

    /// A node fails: nothing of its server is left, and nobody is told.
    pub(super) fn stop_node(&mut self, node: usize) {
        if let Some(twin) = self.nodes.get_mut(node).and_then(|node| node.twin.take()) {
            twin.add_to(&mut self.totals);
        }
        for association in 0..self.associations.len() {
            let own = self
                .associations
                .get(association)
                .is_some_and(|link| link.node == node && link.served && !link.broken);
            if own {
                let after = u64::try_from(self.dice.below(800)).unwrap_or(0);
                self.break_association(association, after, 0);
            }
        }
    }

    pub(super) fn request_reaches(&mut self, call: usize) -> Result<(), Violation> {
        let Some(pending) = self.calls.get(call) else { return Ok(()) };
        let Some(link) = self.associations.get(pending.association) else { return Ok(()) };
        if link.broken || !link.served {
            return Ok(());
        }
        let request = pending.request.clone();
        let format = link.format();
        match (request.to_v2(), request.to_v3()) {
            (Some(request), _) if self.script.flavour.wire => {
                let octets = encoded(request.encode(format))?;
                let request = clusapi2::Request::decode(request.opnum(), &octets, format, &Limits::DEFAULT);
                self.serve(call, Asked::V2(&decoded(request)?))
            }
            (_, Some(request)) if self.script.flavour.wire => {
                let octets = encoded(request.encode(format))?;
                let request = clusapi3::Request::decode(request.opnum(), &octets, format, &Limits::DEFAULT);
                self.serve(call, Asked::V3(&decoded(request)?))
            }
            (Some(request), _) => self.serve(call, Asked::V2(&request)),
            (_, Some(request)) => self.serve(call, Asked::V3(&request)),
            (None, None) => Ok(()),
        }
    }

    /// The server does what a request asks.
    fn serve(&mut self, call: usize, asked: Asked<'_>) -> Result<(), Violation> {
        let now = self.instant();
        let Some(pending) = self.calls.get(call) else { return Ok(()) };
        let association = pending.association;
        let Some(link) = self.associations.get(association) else { return Ok(()) };
        let (node, client) = (link.node, link.client);
        let access = self.programs.get(client).and_then(|program| program.access);
        let Some(twin) = self.nodes.get_mut(node).and_then(|node| node.twin.as_mut()) else { return Ok(()) };
        if let Some(trace) = &mut self.trace {
            let text = twin.describe(&asked);
            let _ = std::fmt::Write::write_fmt(
                trace,
                format_args!("{:7} ms  N{} <- client {client}: {text}\n", self.now, node.saturating_add(1)),
            );
        }
        let (caller, id) = (u64::try_from(association).unwrap_or(0), u64::try_from(call).unwrap_or(0));
        let states = &self.cluster.sequences;
        if let Some(outputs) = twin.handle(now, caller, access, id, asked, states)? {
            return self.outputs(node, outputs);
        }
        let Some(service) = Service::parse(asked) else {
            return Violation::found("clients call methods that servers have", format!("{asked:?}"));
        };
        let Some(running) = self.nodes.get_mut(node) else { return Ok(()) };
        let Some(twin) = running.twin.as_mut() else { return Ok(()) };
        let reply = service.answer(
            asked.opnum(),
            &self.cluster,
            &running.name,
            twin,
            (caller, asked.protocol(), access),
        )?;
        self.note(|| format!("    -> {:#x}", reply.result()));
        self.answer(call, Payload::Service(reply));
        Ok(())
    }

    /// Does what the engine of a node wants.
    pub(super) fn outputs(&mut self, node: usize, outputs: Outputs) -> Result<(), Violation> {
        for output in outputs {
            match output {
                Output::Response { call, response } => {
                    let call = usize::try_from(call.0).unwrap_or(usize::MAX);
                    self.note(|| format!("    -> call {call}: {}", crate::describe::response(&response)));
                    self.answer(call, Payload::Port(response));
                }
                Output::Fault { call, .. } => {
                    let call = usize::try_from(call.0).unwrap_or(usize::MAX);
                    self.note(|| format!("    -> call {call}: fault, unknown handle"));
                    self.known_handle(call)?;
                    self.answer(call, Payload::Fault);
                }
                Output::Abandoned { call } => self.note(|| format!("    -> call {}: abandoned", call.0)),
                Output::EndConnection { association } => {
                    let association = usize::try_from(association.0).unwrap_or(usize::MAX);
                    self.note(|| format!("    -> N{} ends the connection", node.saturating_add(1)));
                    // The answer goes first.
                    let delay = self.delay().saturating_add(900);
                    self.after(delay, Due::ClientNotices { association, code: 1726 });
                    self.after(delay, Due::ServerNotices { association });
                }
            }
        }
        Ok(())
    }

    /// Clients use handles that the server gave them; only a get call may cross the end of its port.
    fn known_handle(&self, call: usize) -> Result<(), Violation> {
        let method = self.calls.get(call).and_then(|call| call.method.as_ref());
        let get = matches!(method, Some(crate::plain::Method::Get { .. }));
        Violation::unless(get, "clients use handles that their server knows", || format!("{method:?}"))
    }

    pub(super) fn server_cancels(&mut self, call: usize) -> Result<(), Violation> {
        let Some(pending) = self.calls.get(call) else { return Ok(()) };
        let Some(link) = self.associations.get(pending.association) else { return Ok(()) };
        let (node, life) = (link.node, link.life);
        let Some(twin) = self.running(node, life) else { return Ok(()) };
        let outputs = twin.cancel(u64::try_from(call).unwrap_or(0))?;
        self.note(|| format!("N{}: call {call} is cancelled", node.saturating_add(1)));
        self.outputs(node, outputs)
    }

    pub(super) fn server_notices(&mut self, association: usize) -> Result<(), Violation> {
        let Some(link) = self.associations.get_mut(association) else { return Ok(()) };
        let (node, life) = (link.node, link.life);
        link.broken = true;
        if !core::mem::replace(&mut link.served, false) {
            return Ok(());
        }
        let Some(twin) = self.running(node, life) else { return Ok(()) };
        let outputs = twin.disconnect(u64::try_from(association).unwrap_or(0))?;
        self.note(|| format!("N{}: client of association {association} is gone", node.saturating_add(1)));
        self.outputs(node, outputs)
    }

    /// The server of a node, if it is in the life that is meant.
    fn running(&mut self, node: usize, life: u32) -> Option<&mut Twin> {
        let node = self.nodes.get_mut(node).filter(|node| node.life == life)?;
        node.twin.as_mut()
    }

    pub(super) fn server_timers(&mut self) -> Result<(), Violation> {
        let now = self.instant();
        for node in 0..self.nodes.len() {
            let Some(running) = self.nodes.get_mut(node) else { continue };
            if running.next_timeout().is_none_or(|due| due > self.now) {
                continue;
            }
            let Some(twin) = running.twin.as_mut() else { continue };
            let outputs = twin.timeout(now)?;
            self.note(|| format!("N{}: time is over", node.saturating_add(1)));
            self.outputs(node, outputs)?;
        }
        Ok(())
    }

    pub(super) fn post(&mut self, node: usize, told: &Told) -> Result<(), Violation> {
        let Some(twin) = self.nodes.get_mut(node).and_then(|node| node.twin.as_mut()) else { return Ok(()) };
        // A node that is not active is not told what happens.
        if matches!(twin.state(), ServerState::ShuttingDown | ServerState::Stopped) {
            return Ok(());
        }
        let outputs = twin.post(told)?;
        self.totals.count(Tally::Events);
        self.outputs(node, outputs)
    }

    pub(super) fn rename(
        &mut self,
        node: usize,
        kind: ObjectKind,
        old: &str,
        new: &str,
    ) -> Result<(), Violation> {
        let Some(twin) = self.nodes.get_mut(node).and_then(|node| node.twin.as_mut()) else { return Ok(()) };
        if kind == ObjectKind::Cluster {
            twin.set_cluster_name(new);
        }
        twin.rename(kind, old, new)
    }

    pub(super) fn set_state(&mut self, node: usize, state: ServerState) -> Result<(), Violation> {
        let Some(twin) = self.nodes.get_mut(node).and_then(|node| node.twin.as_mut()) else { return Ok(()) };
        self.totals.count(match state {
            ServerState::Stopped => Tally::Stopped,
            ServerState::ShuttingDown => Tally::ShuttingDown,
            _ => Tally::Restricted,
        });
        let outputs = twin.set_state(state)?;
        self.note(|| format!("N{} becomes {state:?}", node.saturating_add(1)));
        self.outputs(node, outputs)
    }
}

fn encoded(encoded: Result<Vec<u8>, cmrp::ndr::EncodeError>) -> Result<Vec<u8>, Violation> {
    encoded.or_else(|error| Violation::found("messages survive the wire", error.to_string()))
}

fn decoded<T>(decoded: Result<T, cmrp::ndr::Error>) -> Result<T, Violation> {
    decoded.or_else(|error| Violation::found("messages survive the wire", error.to_string()))
}
