//! The server side of notification ports.
//!
//! A [`Server`] holds the ports of one node, for clients of both protocol versions. It takes the typed requests of
//! `cmrp::clusapi2` and `cmrp::clusapi3`, events of the cluster, and time; it gives typed responses. Between them it
//! does what MS-CMRP 3.1.4 says of the methods whose names hold "Notify".

mod add;
mod config;
mod handles;
mod index;
mod lifecycle;
mod method;
mod object;
mod permission;
mod port;
mod queue;
mod response;
mod waiting;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cmrp::ndr::ContextHandle;
use cmrp::{clusapi2, clusapi3};
use slab::Slab;

use crate::access::{Access, ServerState};
use crate::event::{EventV1, EventV2};
use crate::object::ObjectKind;
use crate::protocol::Protocol;
use crate::sequence::StateNumbers;
use crate::status;
use crate::time::Instant;

pub use config::{Config, Limits};
pub use object::Opened;
pub use response::Response;

use handles::{Handles, Referent};
use index::{FilterRef, Index};
use method::{Get, Known, Method, Wanted};
use port::Port;
use queue::End;
use response::Body;
use waiting::Waiting;

/// One client, as DCE/RPC tells clients apart: an association group, whose connections share context handles
/// (MS-RPCE 3.3.1.4.1). The embedding program chooses the number and does not use it again after
/// [`Server::handle_disconnect`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssociationId(pub u64);

/// A call that is not answered yet. The embedding program chooses the number, unique among such calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The client.
    pub association: AssociationId,
    /// What the cluster security descriptor gives the client now; `None` if nothing (MS-CMRP 3.1.3).
    pub access: Option<Access>,
}

/// Whose business a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Handled {
    /// The call is one of notification ports: its outcome comes from [`Server::poll_output`], now or later.
    Taken,
    /// The method has nothing to do with notification ports. Nothing was done.
    NotMine,
}

/// What the embedding program has to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Answer the call.
    Response {
        /// The call.
        call: CallId,
        /// The answer.
        response: Response,
    },
    /// Answer the call with a fault.
    Fault {
        /// The call.
        call: CallId,
        /// The status of the fault PDU.
        status: u32,
    },
    /// Forget the call: there is nobody to answer.
    Abandoned {
        /// The call.
        call: CallId,
    },
    /// End the connection that the last answer goes to: the client has no access to the cluster (MS-CMRP 3.1.3).
    EndConnection {
        /// The client.
        association: AssociationId,
    },
}

/// What a server holds, and what it has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Open ports.
    pub ports: usize,
    /// Registered filters.
    pub filters: usize,
    /// Open handles, those of ports among them.
    pub handles: usize,
    /// Objects that a handle or filter names.
    pub objects: usize,
    /// Clients that hold a handle, or are remembered for one they closed.
    pub associations: usize,
    /// Indications in queues.
    pub queued: usize,
    /// Get calls that wait.
    pub waiting: usize,
    /// Events that were posted.
    pub posted: u64,
    /// Indications that were put into responses, reports of losses among them.
    pub delivered: u64,
    /// Indications that found no room.
    pub lost: u64,
}

/// The notification ports of one node.
///
/// # Contract
/// - Requests, events, and the end of clients go in by `handle_...` and `post_...`. After each, take outputs with
///   [`poll_output`](Self::poll_output) until there are none: they appear nowhere else.
/// - [`poll_timeout`](Self::poll_timeout) says when [`handle_timeout`](Self::handle_timeout) is due; the answer may
///   change with each call of a `handle_...` or `post_...` method.
/// - Each call that is [`Taken`](Handled::Taken) gets exactly one [`Response`](Output::Response),
///   [`Fault`](Output::Fault) or [`Abandoned`](Output::Abandoned). A call that waits for an indication may get it
///   much later, and others may be made on the same port meanwhile.
///
/// # Loss
/// A client that does not read lets its queue grow up to [`Limits::queue_per_port`], or all clients together up to
/// [`Limits::queue`]. What finds no room is dropped, never silently:
/// - A port of version 1 and protocol version 3 gets `CLUSTER_RECONNECT` in place of what was lost (MS-CMRP
///   3.1.4.2.66), with the name of the cluster, state number 0, and the key of its first filter.
/// - A port of version 2 gets `CLUSTER_CHANGE_CLUSTER_LOST_NOTIFICATIONS_V2` (MS-CMRP 2.2.2.12), with the key of the
///   first filter that asked for it, else of its first filter.
/// - Protocol version 2 has no such event. The port breaks: its queue is dropped, and every further use of its handle
///   but closing it fails with `ERROR_INVALID_HANDLE`. That code makes a client reconnect and register its filters
///   again with the state numbers that it saw last (MS-CMRP 3.2.4.6), so that it learns of all states that changed.
pub struct Server {
    limits: Limits,
    cluster_name: Arc<str>,
    state: ServerState,
    handles: Handles,
    index: Index,
    ports: Slab<Port>,
    waiting: Waiting,
    filters: usize,
    queued: usize,
    /// How many of those are states that clients missed, which need no room.
    missed: usize,
    outputs: VecDeque<Output>,
    /// Kept between posts for its memory.
    found: Vec<FilterRef>,
    last_port: u64,
    posted: u64,
    delivered: u64,
    lost: u64,
}

/// Places of the lists that are kept between calls for their memory.
const KEPT: usize = 1_024;

/// Why a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// The method returns this.
    Status(u32),
    /// The RPC runtime would not have found the context handle (MS-RPCE 3.1.1.5.5).
    UnknownHandle,
}

impl Server {
    /// A server without clients, in state Read/Write.
    pub fn new(config: Config) -> Self {
        Self {
            limits: config.limits,
            cluster_name: config.cluster_name,
            state: ServerState::default(),
            handles: Handles::new(&config.seed),
            index: Index::new(&config.seed),
            ports: Slab::new(),
            waiting: Waiting::default(),
            filters: 0,
            queued: 0,
            missed: 0,
            outputs: VecDeque::new(),
            found: Vec::new(),
            last_port: 0,
            posted: 0,
            delivered: 0,
            lost: 0,
        }
    }

    /// What the server is ready for.
    pub const fn state(&self) -> ServerState {
        self.state
    }

    /// Changes what the server is ready for (MS-CMRP 3.1.1). When the node stops being active, the get calls that wait
    /// end with the code that says so, which sends clients to another node.
    pub fn set_state(&mut self, state: ServerState) {
        self.state = state;
        if matches!(state, ServerState::ShuttingDown | ServerState::Stopped) {
            for call in self.waiting.all() {
                let protocol = self.waiting.port(call).and_then(|port| self.ports.get(port as usize));
                if let Some(protocol) = protocol.map(|port| port.protocol) {
                    let code = self.refused_by_state(protocol, ServerState::ReadOnly);
                    self.end_waiting(call, code.unwrap_or(status::ERROR_SHARING_PAUSED));
                }
            }
        }
    }

    /// Changes the name of the cluster.
    pub fn set_cluster_name(&mut self, name: impl Into<Arc<str>>) {
        self.cluster_name = name.into();
    }

    /// Tells that an object has another name. Handles and filters follow it. Keys below a renamed registry key are
    /// objects of their own.
    pub fn rename(&mut self, kind: ObjectKind, old: &str, new: &str) {
        self.index.rename(kind, old, new);
    }

    /// Takes a request of protocol version 2.
    pub fn handle_v2(
        &mut self,
        now: Instant,
        caller: Caller,
        call: CallId,
        request: &clusapi2::Request<'_>,
        states: &dyn StateNumbers,
    ) -> Handled {
        let Some(method) = Method::of_v2(request) else { return Handled::NotMine };
        self.handle(
            now,
            states,
            &Incoming { caller, call, protocol: Protocol::V2, opnum: request.opnum(), method },
        );
        Handled::Taken
    }

    /// Takes a request of protocol version 3.
    pub fn handle_v3(
        &mut self,
        now: Instant,
        caller: Caller,
        call: CallId,
        request: &clusapi3::Request<'_>,
        states: &dyn StateNumbers,
    ) -> Handled {
        let Some(method) = Method::of_v3(request) else { return Handled::NotMine };
        self.handle(
            now,
            states,
            &Incoming { caller, call, protocol: Protocol::V3, opnum: request.opnum(), method },
        );
        Handled::Taken
    }

    /// Takes note that the client gave a call up: no indication goes to it any more. One that is answered already is
    /// none of the server's business; if the answer cannot be sent, there is
    /// [`handle_undelivered`](Self::handle_undelivered).
    ///
    /// A client that asked for the cancel may still expect an answer from the RPC runtime (C706 12.6.4.4).
    pub fn handle_cancel(&mut self, call: CallId) {
        if let Some(port) = self.waiting.remove(call).map(|waiting| waiting.port) {
            if let Some(port) = self.ports.get_mut(port as usize) {
                port.waiting.retain(|waiting| *waiting != call);
            }
            self.outputs.push_back(Output::Abandoned { call });
        }
    }

    /// Takes note that an answer could not be sent, because the connection of its call is gone while others of the
    /// association are there, or because the client had given the call up. The indications in it are lost, which the
    /// client is told as of any other loss. A port that it would have told of is closed.
    pub fn handle_undelivered(&mut self, response: &Response) {
        if let Some(token) = response.created() {
            self.forget(token);
        }
        let Some((place, number)) = response.port() else { return };
        let is_there =
            self.ports.get(place as usize).is_some_and(|port| port.number == number && !port.broken);
        if is_there && response.indications() > 0 {
            self.lost = self.lost.saturating_add(response.indications() as u64);
            self.report_loss(place, End::Front);
            self.serve(place);
        }
    }

    /// Closes a handle, of whichever kind and client, because the answer that would have told the client of it could not
    /// be sent: nobody could ever close it.
    pub fn forget(&mut self, token: ContextHandle) {
        let Some(referent) = self.handles.find(token) else { return };
        match referent {
            Referent::Object { slot, .. } => self.index.release(slot),
            Referent::Port(place) => self.run_down_port(place),
            Referent::Foreign(_) => {}
        }
        self.handles.remove(token);
    }

    /// Runs down what a client held: its last connection is gone (MS-RPCE 3.3.3.7.1).
    pub fn handle_disconnect(&mut self, association: AssociationId) {
        let held: Vec<Referent> = self.handles.run_down(association).collect();
        for referent in held {
            match referent {
                Referent::Object { slot, .. } => self.index.release(slot),
                Referent::Port(port) => self.run_down_port(port),
                Referent::Foreign(_) => {}
            }
        }
        if self.handles.len() == 0 {
            self.give_memory_back();
        }
    }

    /// Ends the calls of protocol version 2 whose `Timeout` has run out (MS-CMRP 3.1.2.4).
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(call) = self.waiting.due(now) {
            self.end_waiting(call, status::WAIT_TIMEOUT);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` if no call has a deadline.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.next_deadline()
    }

    /// Queues an event at every version 1 port whose filters ask for it, once a filter.
    pub fn post_v1(&mut self, event: &EventV1<'_>) {
        self.posted = self.posted.saturating_add(1);
        let mut found = core::mem::take(&mut self.found);
        self.index.find_v1(event, &mut found);
        self.queue_v1(event, &found);
        self.keep(found);
    }

    /// Queues an event at every version 2 port whose filters ask for it, once a filter.
    ///
    /// An event whose filter is not exactly one flag that the object type has is ignored.
    pub fn post_v2(&mut self, event: &EventV2<'_>) {
        if !event.filter.flags().is_power_of_two() || event.filter.invalid() != 0 {
            return;
        }
        self.posted = self.posted.saturating_add(1);
        let mut found = core::mem::take(&mut self.found);
        self.index.find_v2(event, &mut found);
        self.queue_v2(event, &found);
        self.keep(found);
    }

    /// The next thing to do; `None` until something is given to the server again.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() && self.outputs.capacity() > KEPT {
            self.outputs = VecDeque::new();
        }
        self.outputs.pop_front()
    }

    /// Whether a client has any handle, of a port or anything else.
    pub fn holds(&self, association: AssociationId) -> bool {
        self.handles.held(association).0 > 0
    }

    /// What the server holds.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            ports: self.ports.len(),
            filters: self.filters,
            handles: self.handles.len(),
            objects: self.index.len(),
            associations: self.handles.associations(),
            queued: self.queued,
            waiting: self.waiting.len(),
            posted: self.posted,
            delivered: self.delivered,
            lost: self.lost,
        }
    }
}

/// A call as it arrives.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    caller: Caller,
    call: CallId,
    protocol: Protocol,
    opnum: u16,
    method: Method<'a>,
}

impl Server {
    fn handle(&mut self, now: Instant, states: &dyn StateNumbers, incoming: &Incoming<'_>) {
        let outcome = match self.refused_caller(incoming) {
            Some(code) => Err(Refusal::Status(code)),
            None => self.run(now, states, incoming),
        };
        match outcome {
            Ok(Some(body)) => self.respond(incoming, body),
            Ok(None) => {}
            Err(Refusal::Status(code)) => self.respond(incoming, refused(&incoming.method, code)),
            Err(Refusal::UnknownHandle) => self.outputs.push_back(Output::Fault {
                call: incoming.call,
                status: status::NCA_S_FAULT_CONTEXT_MISMATCH,
            }),
        }
        if incoming.caller.access.is_none() {
            self.outputs.push_back(Output::EndConnection { association: incoming.caller.association });
        }
    }

    /// Carries out a call of a client that may make it. `None`: the call waits.
    fn run(
        &mut self,
        now: Instant,
        states: &dyn StateNumbers,
        incoming: &Incoming<'_>,
    ) -> Result<Option<Body>, Refusal> {
        match incoming.method {
            Method::Create(version) => self.create(incoming, version).map(Some),
            Method::Close { port } => self.close_port(incoming, port).map(Some),
            Method::Unblock { port } => self.unblock(incoming, port).map(Some),
            Method::Get { port, get } => self.get(now, incoming, port, get),
            Method::Add { port, key, filter } => self.add(states, incoming, port, key, &filter).map(Some),
        }
    }

    /// Keeps no room for clients that are gone, once there are none.
    fn give_memory_back(&mut self) {
        self.ports.shrink_to_fit();
        self.handles.shrink_to_fit();
        self.index.shrink_to_fit();
        self.found = Vec::new();
    }

    /// Keeps the memory of a list of filters for the next event, unless it is a lot.
    fn keep(&mut self, mut found: Vec<FilterRef>) {
        found.clear();
        found.shrink_to(KEPT);
        self.found = found;
    }

    /// What a handle of the caller stands for.
    fn referent(&self, incoming: &Incoming<'_>, token: ContextHandle) -> Result<Referent, Refusal> {
        self.handles.get(incoming.caller.association, incoming.protocol, token).ok_or(Refusal::UnknownHandle)
    }

    /// The port that a get call reads.
    fn port_read(&self, incoming: &Incoming<'_>) -> Option<(u32, u64)> {
        let Method::Get { port, .. } = incoming.method else { return None };
        let place = self.port(incoming, port).ok()?;
        self.ports.get(place as usize).map(|port| (place, port.number))
    }

    fn respond(&mut self, incoming: &Incoming<'_>, body: Body) {
        let port = self.port_read(incoming);
        let response = Response::new(incoming.protocol, incoming.opnum, body).of_port(port);
        self.outputs.push_back(Output::Response { call: incoming.call, response });
    }
}

/// The answer to a call that fails.
fn refused(method: &Method<'_>, status: u32) -> Body {
    match method {
        Method::Create(_) => Body::Created { handle: ContextHandle::NULL, status },
        Method::Close { port } => Body::Closed { handle: *port, status },
        Method::Get { get, .. } => nothing(*get, status),
        Method::Add { filter: Wanted::Object { known: Known::Nothing, .. }, .. } => {
            Body::Added { state_sequence: 0, status }
        }
        Method::Unblock { .. } | Method::Add { .. } => Body::Status(status),
    }
}

/// The answer to a get call that brings nothing.
fn nothing(get: Get, status: u32) -> Body {
    match get {
        Get::One { .. } => Body::One { indication: None, status },
        Get::Async => Body::Async { indications: Vec::new(), status },
        Get::V2 => Body::V2 { notifications: Vec::new(), status },
    }
}
