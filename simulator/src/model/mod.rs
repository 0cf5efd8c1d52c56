//! The rules of a server of notification ports, written a second time: plain lists, looked through from the front.
//!
//! It knows the fact sheet and the decisions, not the engine. It is given the same calls, and the tokens that the
//! engine makes; [`Output`]s must be the same.

mod add;
pub mod matching;
mod port;

use cmrp_port::access::{Access, ServerState};
use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::object::{Object, ObjectKind, same_name};
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::status::{
    ERROR_ACCESS_DENIED, ERROR_CLUSTER_NODE_NOT_READY, ERROR_CLUSTER_NODE_SHUTTING_DOWN,
    ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_SHARING_PAUSED, ERROR_SHUTDOWN_IN_PROGRESS, ERROR_SUCCESS, WAIT_TIMEOUT,
};
use cmrp_port::time::Instant;
use core::time::Duration;

use crate::plain::{Answer, Get, Indication, Method, Token};
pub use add::state_event;
use matching::{Filter, Scope};
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

    /// A request. `created` is the token of the port that the engine made.
    pub fn handle(
        &mut self,
        now: Instant,
        caller: Caller,
        call: u64,
        method: &Method,
        created: Option<Token>,
        sequence: &dyn Fn(&Object) -> u32,
    ) {
        if caller.access.is_none() {
            self.outputs.push(Output::EndConnection { association: caller.association });
        }
        let result = match self.permitted(caller, method) {
            Err(code) => Err(Refusal::Code(code)),
            Ok(()) => self.carry_out(now, caller, call, method, created, sequence),
        };
        match result {
            Ok(None) => {}
            Ok(Some(answer)) => self.outputs.push(Output::Response { call, answer }),
            Err(Refusal::Fault) => self.outputs.push(Output::Fault { call }),
            Err(Refusal::Code(code)) => {
                self.outputs.push(Output::Response { call, answer: failed(method, code) });
            }
        }
    }

    /// Checks 1 to 3: the client, the state of the server, the client's level.
    fn permitted(&self, caller: Caller, method: &Method) -> Result<(), u32> {
        let Some(access) = caller.access else { return Err(ERROR_ACCESS_DENIED) };
        match self.state {
            ServerState::None => return Err(ERROR_SHARING_PAUSED),
            ServerState::ShuttingDown | ServerState::Stopped => {
                return Err(stopped(self.state, caller.protocol));
            }
            ServerState::ReadOnly if caller.protocol == Protocol::V2 => {
                if matches!(method, Method::Create(_)) {
                    return Err(ERROR_SHARING_PAUSED);
                }
            }
            ServerState::ReadOnly | ServerState::ReadWrite => {}
        }
        if caller.protocol == Protocol::V2 && access < Access::All {
            return Err(ERROR_ACCESS_DENIED);
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        now: Instant,
        caller: Caller,
        call: u64,
        method: &Method,
        created: Option<Token>,
        sequence: &dyn Fn(&Object) -> u32,
    ) -> Result<Option<Answer>, Refusal> {
        match method {
            Method::Create(version) => self.create(caller, *version, created).map(Some),
            Method::Close { port } => self.close_port(caller, *port).map(Some),
            Method::Unblock { port } => self.unblock(caller, *port).map(Some),
            Method::Get { port, get, timeout } => self.get(now, caller, call, *port, *get, *timeout),
            add => self.add(caller, add, sequence).map(Some),
        }
    }

    fn create(
        &mut self,
        caller: Caller,
        version: PortVersion,
        created: Option<Token>,
    ) -> Result<Answer, Refusal> {
        let own = self.ports_of(caller.association).len();
        if self.ports.len() >= self.limits.ports
            || own >= self.limits.ports_per_association
            || self.may_open(caller.association).is_err()
        {
            return Err(Refusal::Code(ERROR_NOT_ENOUGH_MEMORY));
        }
        let token = created.unwrap_or(Token::NULL);
        self.ports.push(Port::new(token, caller.association, caller.protocol, version));
        Ok(Answer::Created { status: ERROR_SUCCESS, port: token })
    }

    fn close_port(&mut self, caller: Caller, token: Token) -> Result<Answer, Refusal> {
        if token.is_null() {
            return Err(Refusal::Code(ERROR_INVALID_HANDLE));
        }
        let index = self.find_port(caller, token)?;
        for waiting in self.remove_port(index) {
            self.outputs.push(failed_get(waiting.call, ERROR_INVALID_FUNCTION));
        }
        self.remember(caller, token);
        Ok(Answer::Closed { result: ERROR_SUCCESS, port: Token::NULL })
    }

    /// Frees a port; the calls that waited on it.
    fn remove_port(&mut self, index: usize) -> Vec<Waiting> {
        if index < self.ports.len() { self.ports.remove(index).waiting } else { Vec::new() }
    }

    /// Remembers that a handle was that of a port.
    fn remember(&mut self, caller: Caller, token: Token) {
        self.closed.push(Closed { token, association: caller.association, protocol: caller.protocol });
        let own: Vec<Token> = self
            .closed
            .iter()
            .filter(|closed| closed.association == caller.association)
            .map(|closed| closed.token)
            .collect();
        if own.len() > self.limits.closed_ports {
            let oldest = own.first().copied();
            self.closed.retain(|closed| Some(closed.token) != oldest);
        }
    }

    fn unblock(&mut self, caller: Caller, token: Token) -> Result<Answer, Refusal> {
        let index = self.find_usable_port(caller, token)?;
        if let Some(port) = self.ports.get_mut(index) {
            for waiting in port.waiting.drain(..) {
                self.outputs.push(failed_get(waiting.call, ERROR_INVALID_FUNCTION));
            }
        }
        Ok(Answer::Done { result: ERROR_SUCCESS })
    }

    fn get(
        &mut self,
        now: Instant,
        caller: Caller,
        call: u64,
        token: Token,
        get: Get,
        timeout: Option<u32>,
    ) -> Result<Option<Answer>, Refusal> {
        if self.was_closed(caller, token) {
            return Err(Refusal::Code(ERROR_NO_MORE_ITEMS));
        }
        let index = self.find_usable_port(caller, token)?;
        let waiting: usize = self.ports.iter().map(|port| port.waiting.len()).sum();
        let Some(port) = self.ports.get_mut(index) else { return Err(Refusal::Fault) };
        if port.version != get.version() {
            return Err(Refusal::Code(ERROR_INVALID_HANDLE));
        }
        if port.ready() {
            return Ok(Some(port.take(get, &self.limits, &self.cluster_name)));
        }
        if timeout == Some(0) {
            return Err(Refusal::Code(WAIT_TIMEOUT));
        }
        if waiting >= self.limits.waiting || port.waiting.len() >= self.limits.waiting_per_port {
            return Err(Refusal::Code(ERROR_NOT_ENOUGH_MEMORY));
        }
        let deadline = timeout
            .filter(|timeout| *timeout != u32::MAX)
            .and_then(|timeout| now.since_origin().checked_add(Duration::from_millis(u64::from(timeout))))
            .map(Instant::new);
        port.waiting.push(Waiting { call, get, deadline });
        Ok(None)
    }

    /// The port of a handle: a fault if the handle is unknown to the client, a code if it is an object's.
    fn find_port(&self, caller: Caller, token: Token) -> Result<usize, Refusal> {
        let own = |port: &Port| {
            port.token == token && port.association == caller.association && port.protocol == caller.protocol
        };
        match self.ports.iter().position(own) {
            Some(index) => Ok(index),
            None if self.object(caller.association, caller.protocol, token).is_some() => {
                Err(Refusal::Code(ERROR_INVALID_HANDLE))
            }
            None => Err(Refusal::Fault),
        }
    }

    /// As [`find_port`](Self::find_port), without ports that lost events and cannot say so.
    fn find_usable_port(&self, caller: Caller, token: Token) -> Result<usize, Refusal> {
        let index = self.find_port(caller, token)?;
        if self.ports.get(index).is_some_and(|port| port.broken) {
            return Err(Refusal::Code(ERROR_INVALID_HANDLE));
        }
        Ok(index)
    }

    fn was_closed(&self, caller: Caller, token: Token) -> bool {
        self.closed.iter().any(|closed| {
            closed.token == token
                && closed.association == caller.association
                && closed.protocol == caller.protocol
        })
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

    /// Something happened, in terms of version 1 ports, which reaches ports in this order.
    pub fn post_v1(&mut self, event: &EventV1<'_>, order: &[usize]) {
        let indication = |filter: &Filter| Indication::V1 {
            key: filter.key,
            change: event.change().bits(),
            sequence: Some(event.state_sequence()),
            name: Some(event.name().to_owned()),
        };
        self.post(order, &|filter| filter.asks_v1(event).then(|| indication(filter)));
    }

    /// Something happened, in terms of version 2 ports, which reaches ports in this order.
    pub fn post_v2(&mut self, event: &EventV2<'_>, order: &[usize]) {
        let owned = |text: &str| Some(text.to_owned());
        let indication = |filter: &Filter| Indication::V2 {
            key: u64::from(filter.key),
            object_type: event.filter.object_type(),
            flags: event.filter.flags(),
            buffer: event.buffer.to_vec(),
            strings: [
                owned(event.object_id),
                event.parent_id.and_then(owned),
                owned(event.name),
                event.type_name.and_then(owned),
            ],
        };
        self.post(order, &|filter| filter.asks_v2(event).then(|| indication(filter)));
    }

    /// The places of the ports with filters that ask for something.
    pub fn reached(&self, asks: impl Fn(&Filter) -> bool) -> Vec<usize> {
        let ports = self.ports.iter().enumerate();
        ports.filter(|(_, port)| port.filters.iter().any(&asks)).map(|(index, _)| index).collect()
    }

    /// Whether these ports compete for the last places that the server has: there is no order between ports, so any
    /// of them may get a place.
    pub fn contended(&self, reached: &[usize]) -> bool {
        let filters = |index: &usize| self.ports.get(*index).map_or(0, |port| port.filters.len());
        let most: usize = reached.iter().map(filters).sum();
        let queued: usize = self.ports.iter().map(Port::queued).sum();
        reached.len() > 1 && queued.saturating_add(most) > self.limits.queue
    }

    fn post(&mut self, order: &[usize], indication: &dyn Fn(&Filter) -> Option<Indication>) {
        for index in order.iter().copied() {
            let Some(port) = self.ports.get(index) else { continue };
            let caused: Vec<Indication> = port.filters.iter().filter_map(indication).collect();
            self.caused(index, caused);
        }
    }

    /// Appends indications to the queue of a port and serves its calls. Calls that wait make room: nothing is lost
    /// that one of them can take.
    fn caused(&mut self, index: usize, caused: Vec<Indication>) {
        for indication in caused {
            while !self.has_room(index) && self.serve(index) {}
            let Some(port) = self.ports.get_mut(index) else { return };
            let first = port.queued() == 0 && !port.waiting.is_empty();
            if first && !self.has_room(index) {
                self.hand(index, indication);
            } else {
                self.push(index, indication);
            }
        }
        while self.serve(index) {}
    }

    /// Gives an indication to the call that waits longest.
    fn hand(&mut self, index: usize, indication: Indication) {
        let Some(port) = self.ports.get_mut(index) else { return };
        let waiting = port.waiting.remove(0);
        let answer = port::answer(vec![indication], waiting.get);
        self.outputs.push(Output::Response { call: waiting.call, answer });
    }

    fn has_room(&self, index: usize) -> bool {
        let all: usize = self.ports.iter().map(Port::queued).sum();
        all < self.limits.queue && self.ports.get(index).is_some_and(|port| port.has_room(&self.limits))
    }

    fn push(&mut self, index: usize, indication: Indication) {
        let room = self.has_room(index);
        if let Some(port) = self.ports.get_mut(index).filter(|port| !port.broken) {
            port.push(indication, room);
        }
    }

    /// Gives what is queued to the call that waits longest; whether there were both.
    fn serve(&mut self, index: usize) -> bool {
        let Some(port) = self.ports.get_mut(index) else { return false };
        if !port.ready() || port.waiting.is_empty() {
            return false;
        }
        let waiting = port.waiting.remove(0);
        let answer = port.take(waiting.get, &self.limits, &self.cluster_name);
        self.outputs.push(Output::Response { call: waiting.call, answer });
        true
    }
}

/// What a server that stopped being active answers (sheet 2.2).
fn stopped(state: ServerState, protocol: Protocol) -> u32 {
    match (state, protocol) {
        (ServerState::ShuttingDown, Protocol::V2) => ERROR_SHUTDOWN_IN_PROGRESS,
        (ServerState::ShuttingDown, Protocol::V3) => ERROR_CLUSTER_NODE_SHUTTING_DOWN,
        _ => ERROR_CLUSTER_NODE_NOT_READY,
    }
}

fn failed_get(call: u64, result: u32) -> Output {
    Output::Response { call, answer: Answer::Got { result, indications: None } }
}

/// What a method answers that failed.
fn failed(method: &Method, code: u32) -> Answer {
    match method {
        Method::Create(_) => Answer::Created { status: code, port: Token::NULL },
        Method::Close { port } => Answer::Closed { result: code, port: *port },
        Method::Get { .. } => Answer::Got { result: code, indications: None },
        Method::Add { kind, known: None, .. } if kind.has_state_sequence() => {
            Answer::Added { result: code, sequence: 0 }
        }
        _ => Answer::Done { result: code },
    }
}
