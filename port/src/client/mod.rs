//! The client engine: it keeps notification ports alive over any server of a cluster (MS-CMRP 3.2).
//!
//! A [`Client`] knows no RPC, no socket and no clock. A program tells it what to open, which ports and filters it
//! wants and what happened to connections and calls; the engine answers with [`Action`]s (connect, call, free) for
//! the program to carry out, with [`Notice`]s, and with the [`Indication`]s of each port. Whatever breaks, the
//! engine runs the reconnect procedure of MS-CMRP 3.2.4.6 and puts everything back.
//!
//! # The rules of use
//!
//! - After each `handle_...` call and each call that asks for something, take all of
//!   [`poll_action`](Client::poll_action) and [`poll_notice`](Client::poll_notice), and ask
//!   [`poll_timeout`](Client::poll_timeout) again. Nothing is repeated.
//! - Each [`Action::Call`] gets one answer, unless its binding is freed or the call abandoned. Answers that come
//!   later, or twice, are ignored.
//! - The engine sets no deadlines: it waits for every connection and every answer as long as it takes. So the program
//!   sets one for each [`Action::Connect`] and each call with `waits: false`, and reports those that pass it: the
//!   former to [`handle_connection_failed`](Client::handle_connection_failed) with `RPC_S_SERVER_UNAVAILABLE`, the
//!   latter to [`handle_failure`](Client::handle_failure) with `RPC_S_CALL_FAILED`. Both lead to the next server.
//! - A call with `waits: true` has no deadline, since it may wait for days for the next event. Its connection needs
//!   keep-alives (of the transport, or calls of the program's own); when they fail, the call has failed with
//!   `RPC_S_CALL_FAILED`. Without them, a server that is switched off is never missed.
//! - Things may be asked for at any time, before the first connection too. What has to wait waits.
//! - Indications are taken with [`next_indication`](Client::next_indication) until it has none left; then
//!   [`Notice::Ready`] tells when there is one again. A port that nobody reads stops asking the server.
//!
//! ```
//! use cmrp::cluster_change::ClusterChange;
//! use cmrp_port::client::{Action, Client, Config, Target};
//! use cmrp_port::protocol::{PortVersion, Protocol};
//!
//! let mut client = Client::new(Config::new(Protocol::V3, ["node1"]));
//! let port = client.create_port(PortVersion::V1);
//! client.add_filter(port, Target::Cluster, ClusterChange::GROUP_STATE, false, 7).unwrap();
//! assert!(matches!(client.poll_action(), Some(Action::Connect { server, .. }) if server == "node1"));
//! ```
//!
//! # What a hostile server can do
//!
//! It can lie about events and refuse service, no more: no response makes the engine panic, and what a response
//! leaves behind is bounded by its size and by [`MAX_NOTIFICATIONS`], the list of candidates by 256 nodes with names
//! of at most 255 units. A response of the wrong method counts as a failed call, `RPC_S_CALL_FAILED`. Events that
//! only clients make are dropped when a server sends them.

mod calls;
mod config;
mod end;
mod filter;
mod id;
mod object;
mod output;
mod port;
mod procedure;
mod queue;
mod reply;
mod request;
mod restore;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cmrp::ndr::ContextHandle;
use cmrp::{clusapi2, clusapi3};

pub use config::{Backoff, Config, Missing};
pub use filter::Target;
pub use id::{BindingId, CallId, FilterId, ObjectId, PortId};
pub use output::{Action, FilterError, Indication, Notice, Statistics};
pub use queue::MAX_NOTIFICATIONS;
pub use request::Request;

use crate::access::Access;
use crate::protocol::Protocol;
use crate::time::Instant;
use calls::Call;
use filter::Filter;
use object::Object;
use port::Port;
use procedure::{Goal, Procedure};

/// What a client knows of a cluster and wants of it. See the [module](self) for how to drive one.
#[derive(Debug)]
pub struct Client {
    config: Config,
    phase: Phase,
    ending: bool,
    binding: Option<BindingId>,
    cluster: Cluster,
    root_key: RootKey,
    objects: BTreeMap<ObjectId, Object>,
    ports: BTreeMap<PortId, Port>,
    filters: BTreeMap<FilterId, Filter>,
    calls: BTreeMap<CallId, Call>,
    /// What may be able to go on since something changed.
    work: BTreeSet<Work>,
    actions: VecDeque<Action>,
    notices: VecDeque<Notice>,
    last_id: u64,
    last_key: u32,
    /// Attempts to connect since a connection was worth something.
    attempts: u32,
    connected_at: Instant,
    /// The time that was told last.
    now: Instant,
    /// Whether the present connection has brought an indication.
    progress: bool,
}

/// What the engine is about.
#[derive(Debug)]
enum Phase {
    /// Nothing, until the program asks for another try.
    Resting(Goal),
    Running(Procedure),
    Connected,
    Closed,
}

/// The cluster, as the servers describe it.
#[derive(Debug)]
struct Cluster {
    handle: Option<ContextHandle>,
    level: Access,
    name: Arc<str>,
    /// The node that serves or served last.
    server: String,
    /// What the connection to it was asked for with.
    connected_to: String,
    nodes: Vec<String>,
    closing: bool,
}

/// The root of the cluster registry, opened when the first key is, and kept as long as the binding.
#[derive(Debug, Default)]
struct RootKey {
    handle: Option<ContextHandle>,
    busy: bool,
}

/// Something that may be able to go on. In order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Object(ObjectId),
    Port(PortId),
    End,
}

impl Client {
    /// A client that wants to connect to the first of the configured servers.
    pub fn new(config: Config) -> Self {
        let cluster = Cluster {
            handle: None,
            level: config.level(),
            name: Arc::default(),
            server: String::new(),
            connected_to: String::new(),
            nodes: Vec::new(),
            closing: false,
        };
        let mut client = Self {
            config,
            phase: Phase::Resting(Goal::Start),
            ending: false,
            binding: None,
            cluster,
            root_key: RootKey::default(),
            objects: BTreeMap::new(),
            ports: BTreeMap::new(),
            filters: BTreeMap::new(),
            calls: BTreeMap::new(),
            work: BTreeSet::new(),
            actions: VecDeque::new(),
            notices: VecDeque::new(),
            last_id: 0,
            last_key: 0,
            attempts: 0,
            connected_at: Instant::ORIGIN,
            now: Instant::ORIGIN,
            progress: false,
        };
        client.reconnect();
        client
    }

    /// Tries again, after [`Notice::Lost`] or [`Notice::ConnectFailed`]. Otherwise, nothing happens.
    pub fn reconnect(&mut self) {
        if let Phase::Resting(goal) = &self.phase {
            self.attempts = 0;
            // The first attempt waits for nothing, so that the time does not matter.
            self.begin(Instant::ORIGIN, goal.clone());
        }
    }

    /// A connection that was asked for is there.
    pub fn handle_connected(&mut self, now: Instant, binding: BindingId) {
        self.now = now;
        if self.binding == Some(binding) {
            self.connected(now);
        }
    }

    /// A connection could not be made, or is broken; `code` is a Win32 code.
    pub fn handle_connection_failed(&mut self, now: Instant, binding: BindingId, code: u32) {
        self.now = now;
        if self.binding != Some(binding) {
            return;
        }
        match &self.phase {
            Phase::Running(_) => self.attempt_failed(now, code, None),
            _ => self.lose(now, code),
        }
        self.settle();
    }

    /// A response of protocol version 2.
    pub fn handle_v2(&mut self, now: Instant, call: CallId, response: &clusapi2::Response<'_>) {
        let reply = self.checked(call, Protocol::V2, response.opnum(), || reply::from_v2(response));
        self.complete(now, call, reply);
    }

    /// A response of protocol version 3.
    pub fn handle_v3(&mut self, now: Instant, call: CallId, response: &clusapi3::Response<'_>) {
        let reply = self.checked(call, Protocol::V3, response.opnum(), || reply::from_v3(response));
        self.complete(now, call, reply);
    }

    /// A call ended without a response: by a fault, or by a failure of the RPC layer. `code` is the Win32 code of
    /// it; for a fault about an unknown context handle that is `ERROR_INVALID_HANDLE` (MS-RPCE 3.1.1.5.5).
    pub fn handle_failure(&mut self, now: Instant, call: CallId, code: u32) {
        self.complete(now, call, reply::Reply::Failed(code));
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.waited(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout). May change with every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Running(procedure) => procedure.wakes_at(),
            _ => None,
        }
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        queue::pop(&mut self.actions)
    }

    /// The next thing to know.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        queue::pop(&mut self.notices)
    }

    /// How much the engine holds.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            objects: self.objects.len(),
            ports: self.ports.len(),
            filters: self.filters.len(),
            calls: self.calls.len(),
            queued: self.ports.values().map(Port::queued).fold(0, usize::saturating_add),
            room: self.ports.values().map(Port::room).fold(0, usize::saturating_add),
        }
    }

    /// The handle of an object on the present connection, for calls of the program's own (`ApiGetResourceState`,
    /// say). `None` while there is no connection, and for objects that are not open or being closed.
    ///
    /// Ask for each call again: handles are those of one association and end with it, and with
    /// [`close`](Self::close), which does not wait for calls of the program. If such a call returns a code that
    /// [`starts_reconnect`](crate::status::starts_reconnect), or its connection fails, hand the code and the binding
    /// to [`handle_connection_failed`](Self::handle_connection_failed); all other codes are the program's.
    pub fn handle(&self, object: ObjectId) -> Option<(BindingId, ContextHandle)> {
        let object = self.objects.get(&object).filter(|object| !object.closing)?;
        self.usable(object.handle)
    }

    /// The handle of the cluster that the engine keeps. Everything that [`handle`](Self::handle) says is true of it;
    /// `None` once [`shut_down`](Self::shut_down) has been called.
    pub fn cluster_handle(&self) -> Option<(BindingId, ContextHandle)> {
        self.usable(self.cluster.handle.filter(|_| !self.ending))
    }

    fn usable(&self, handle: Option<ContextHandle>) -> Option<(BindingId, ContextHandle)> {
        let binding = self.binding.filter(|_| self.is_connected())?;
        Some((binding, handle?))
    }

    fn next_id(&mut self) -> u64 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    fn note(&mut self, notice: Notice) {
        self.notices.push_back(notice);
    }

    fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Connected)
    }

    /// Lets everything go on that can.
    fn settle(&mut self) {
        while let Some(work) = self.work.pop_first() {
            match work {
                Work::Object(object) => self.advance_object(object),
                Work::Port(port) => self.advance_port(port),
                Work::End => self.advance_end(),
            }
        }
    }
}
