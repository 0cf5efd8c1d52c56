//! The rules of a server of notification ports, written a second time: plain lists, looked through from the front.
//!
//! It knows the fact sheet and the decisions, not the engine. It is given the same calls, and the tokens that the
//! engine makes; [`Output`]s must be the same.

mod add;
mod call;
pub mod matching;
mod port;
mod post;

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind, same_name};
use cmrp_port::protocol::Protocol;
use cmrp_port::status::{
    ERROR_CLUSTER_NODE_NOT_READY, ERROR_CLUSTER_NODE_SHUTTING_DOWN, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_SHUTDOWN_IN_PROGRESS, WAIT_TIMEOUT,
};
use cmrp_port::time::Instant;

use crate::plain::{Answer, Token};
pub use add::state_event;
use matching::Scope;
pub use port::Port;
use port::Waiting;

/// How much a server keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it; they are those of the engine's limits")]
pub struct Limits {
    pub ports: usize,
    pub ports_per_association: usize,
    pub handles_per_association: usize,
    pub filters: usize,
    pub filters_per_port: usize,
    pub queue: usize,
    pub queue_per_port: usize,
    pub waiting: usize,
    pub waiting_per_port: usize,
    pub batch: usize,
    pub batch_octets: usize,
    pub closed_ports: usize,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The association group.
    pub association: u64,
    /// What the cluster security descriptor grants.
    pub access: Option<Access>,
    /// The interface version that the call names.
    pub protocol: Protocol,
}

/// What the server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It answers a call.
    Response {
        /// The call.
        call: u64,
        /// The answer.
        answer: Answer,
    },
    /// It faults a call: context mismatch.
    Fault {
        /// The call.
        call: u64,
    },
    /// A call has nobody to be answered.
    Abandoned {
        /// The call.
        call: u64,
    },
    /// It ends the connections of a client that is not permitted.
    EndConnection {
        /// The client.
        association: u64,
    },
}

/// An object handle.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Handle {
    token: Token,
    association: u64,
    protocol: Protocol,
    object: Object,
    access: Access,
}

/// A port handle that was closed a short while ago.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Closed {
    token: Token,
    association: u64,
    protocol: Protocol,
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    limits: Limits,
    cluster_name: String,
    state: ServerState,
    handles: Vec<Handle>,
    ports: Vec<Port>,
    closed: Vec<Closed>,
    outputs: Vec<Output>,
}

/// Why a call ends at once without having done its work.
enum Refusal {
    Code(u32),
    Fault,
}

impl Model {
    /// A server without clients.
    pub fn new(limits: Limits, cluster_name: &str) -> Self {
        Self {
            limits,
            cluster_name: cluster_name.to_owned(),
            state: ServerState::ReadWrite,
            handles: Vec::new(),
            ports: Vec::new(),
            closed: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// What it did since the last time.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        core::mem::take(&mut self.outputs)
    }

    /// The ports, in the order of their creation.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// A port.
    pub fn port(&self, token: Token) -> Option<&Port> {
        self.ports.iter().find(|port| port.token == token)
    }

    /// Number of object handles.
    pub fn handles(&self) -> usize {
        self.handles.len()
    }

    /// Renames the cluster.
    pub fn set_cluster_name(&mut self, name: &str) {
        name.clone_into(&mut self.cluster_name);
    }

    /// Changes what the server is ready for.
    pub fn set_state(&mut self, state: ServerState) {
        self.state = state;
        if !matches!(state, ServerState::ShuttingDown | ServerState::Stopped) {
            return;
        }
        for port in &mut self.ports {
            let code = stopped(state, port.protocol);
            for waiting in port.waiting.drain(..) {
                self.outputs.push(failed_get(waiting.call, code));
            }
        }
    }

    /// Whether an object handle may be made.
    ///
    /// # Errors
    /// The code of the limit.
    pub fn may_open(&self, association: u64) -> Result<(), u32> {
        if self.held(association) < self.limits.handles_per_association {
            Ok(())
        } else {
            Err(ERROR_NOT_ENOUGH_MEMORY)
        }
    }

    /// Handles of a client, ports and objects.
    fn held(&self, association: u64) -> usize {
        let objects = self.handles.iter().filter(|handle| handle.association == association).count();
        objects.saturating_add(self.ports_of(association).len())
    }

    /// The ports of a client.
    pub fn ports_of(&self, association: u64) -> Vec<Token> {
        let own = self.ports.iter().filter(|port| port.association == association);
        own.map(|port| port.token).collect()
    }

    /// What it holds: ports, filters, handles, associations, entries of queues, calls that wait.
    pub fn statistics(&self) -> [usize; 6] {
        let sum = |of: fn(&Port) -> usize| self.ports.iter().map(of).sum();
        let mut clients: Vec<u64> = self.handles.iter().map(|handle| handle.association).collect();
        clients.extend(self.ports.iter().map(|port| port.association));
        clients.extend(self.closed.iter().map(|closed| closed.association));
        clients.sort_unstable();
        clients.dedup();
        [
            self.ports.len(),
            sum(|port| port.filters.len()),
            self.handles.len().saturating_add(self.ports.len()),
            clients.len(),
            sum(Port::queued),
            sum(|port| port.waiting.len()),
        ]
    }

    /// How many objects handles and filters name.
    pub fn objects(&self) -> usize {
        let mut objects: Vec<Object> = Vec::new();
        let named =
            self.ports.iter().flat_map(|port| &port.filters).filter_map(|filter| match &filter.scope {
                Scope::Object { kind, name } => Some(Object::new(*kind, name.as_str())),
                Scope::Everything => None,
            });
        for object in self.handles.iter().map(|handle| handle.object.clone()).chain(named) {
            if !objects.contains(&object) {
                objects.push(object);
            }
        }
        objects.len()
    }

    /// Notes an object handle and the token that the engine gave it.
    pub fn opened(
        &mut self,
        association: u64,
        protocol: Protocol,
        object: Object,
        access: Access,
        token: Token,
    ) {
        self.handles.push(Handle { token, association, protocol, object, access });
    }

    /// The object of a handle.
    pub fn object(&self, association: u64, protocol: Protocol, token: Token) -> Option<(Object, Access)> {
        let handle = self.handles.iter().find(|handle| {
            handle.token == token && handle.association == association && handle.protocol == protocol
        })?;
        Some((handle.object.clone(), handle.access))
    }

    /// The object of a handle, whoever holds it.
    pub fn object_of(&self, token: Token) -> Option<&Object> {
        self.handles.iter().find(|handle| handle.token == token).map(|handle| &handle.object)
    }

    /// Closes an object handle.
    pub fn close(
        &mut self,
        association: u64,
        protocol: Protocol,
        token: Token,
        kind: ObjectKind,
    ) -> Option<Object> {
        let index = self.handles.iter().position(|handle| {
            handle.token == token
                && handle.association == association
                && handle.protocol == protocol
                && handle.object.kind == kind
        })?;
        Some(self.handles.remove(index).object)
    }

    /// An object has a new name.
    pub fn rename(&mut self, kind: ObjectKind, old: &str, new: &str) {
        for handle in &mut self.handles {
            if handle.object.kind == kind && same_name(&handle.object.name, old) {
                handle.object = Object::new(kind, new);
            }
        }
        self.ports.iter_mut().for_each(|port| port.rename(kind, old, new));
    }

    /// The client gave a call up.
    pub fn cancel(&mut self, call: u64) {
        for port in &mut self.ports {
            let before = port.waiting.len();
            port.waiting.retain(|waiting| waiting.call != call);
            if port.waiting.len() < before {
                self.outputs.push(Output::Abandoned { call });
            }
        }
    }

    /// The last connection of a client is gone.
    pub fn disconnect(&mut self, association: u64) {
        while let Some(index) = self.ports.iter().position(|port| port.association == association) {
            for waiting in self.remove_port(index) {
                self.outputs.push(Output::Abandoned { call: waiting.call });
            }
        }
        self.handles.retain(|handle| handle.association != association);
        self.closed.retain(|closed| closed.association != association);
    }

    /// Time passes.
    pub fn timeout(&mut self, now: Instant) {
        for port in &mut self.ports {
            let over = |waiting: &Waiting| waiting.deadline.is_some_and(|deadline| deadline <= now);
            for waiting in port.waiting.iter().filter(|waiting| over(waiting)) {
                self.outputs.push(failed_get(waiting.call, WAIT_TIMEOUT));
            }
            port.waiting.retain(|waiting| !over(waiting));
        }
    }

    /// When time matters next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let waiting = self.ports.iter().flat_map(|port| &port.waiting);
        waiting.filter_map(|waiting| waiting.deadline).min()
    }
}

fn failed_get(call: u64, result: u32) -> Output {
    Output::Response { call, answer: Answer::Got { result, indications: None } }
}

/// What a server that stopped being active answers (sheet 2.2).
fn stopped(state: ServerState, protocol: Protocol) -> u32 {
    match (state, protocol) {
        (ServerState::ShuttingDown, Protocol::V2) => ERROR_SHUTDOWN_IN_PROGRESS,
        (ServerState::ShuttingDown, Protocol::V3) => ERROR_CLUSTER_NODE_SHUTTING_DOWN,
        _ => ERROR_CLUSTER_NODE_NOT_READY,
    }
}
