//! The task of a watcher: carries out what the engine asks for, and tells it what came of it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use cmrp::clusapi2::Clusapi2;
use cmrp::clusapi3::Clusapi3;
use cmrp_port::client::{Action, BindingId, CallId, Client, PortId, Request};
use cmrp_port::protocol::Protocol;
use cmrp_port::status::{RPC_S_CALL_FAILED, RPC_S_INVALID_BINDING};
use cmrp_port::time::Instant;
use tokio::sync::mpsc;
use tokio::task::{self, JoinSet};
use tokio::time;

use super::command::{Command, Reply};
use super::record::Record;
use super::{Retry, WatchEvent};
use crate::client::answer::AnyAnswer;
use crate::client::error::RPC_S_PROTOCOL_ERROR;
use crate::client::{Association, CallError, ConnectError, Options};

/// Events other than changes that may wait to be read, unless the buffer is larger.
const BACKLOG: usize = 1024;

/// Nodes whose addresses are remembered. A cluster has at most 64; a server that lies may give any number of names.
const MOST_NODES: usize = 256;

/// A watcher's task.
pub(super) struct Driver {
    pub(super) engine: Client,
    pub(super) protocol: Protocol,
    pub(super) options: Options,
    pub(super) retry: Option<Retry>,
    pub(super) record: Record,
    origin: time::Instant,
    /// The association that the engine uses, or used last.
    pub(super) association: Option<(BindingId, Association)>,
    /// What the engine asked to connect to last.
    asked: String,
    /// What led to nodes, by the names that they gave themselves, in lower case.
    nodes: HashMap<String, String>,
    /// Connects and calls under way.
    tasks: JoinSet<Done>,
    purposes: HashMap<task::Id, (Purpose, task::AbortHandle)>,
    /// Calls for which there was no connection free.
    queued: VecDeque<(BindingId, CallId, Request)>,
    /// Calls under way that do not wait for events.
    running: usize,
    pub(super) backlog: VecDeque<WatchEvent>,
    pub(super) most: usize,
    pub(super) skipped: u64,
    /// Ports with something to read.
    pub(super) ready: BTreeSet<PortId>,
    pub(super) retry_at: Option<time::Instant>,
    pub(super) next_wait: Duration,
    pub(super) closing: Vec<Reply<()>>,
    /// Until when the end may take.
    pub(super) close_until: Option<time::Instant>,
    pub(super) closed: bool,
}

/// What a task was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Connect(BindingId),
    Call { binding: BindingId, call: CallId, waits: bool },
    End(BindingId),
}

/// What a task came to.
enum Done {
    Connected(BindingId, Result<Association, ConnectError>),
    AnsweredV2(CallId, Result<AnyAnswer<Clusapi2>, CallError>),
    AnsweredV3(CallId, Result<AnyAnswer<Clusapi3>, CallError>),
    /// A request that the protocol does not have, which no engine makes.
    NoSuchCall(CallId),
    Ended(BindingId),
}

impl Driver {
    pub(super) fn new(
        engine: Client,
        protocol: Protocol,
        options: Options,
        retry: Option<Retry>,
        buffer: usize,
    ) -> Self {
        Self {
            engine,
            protocol,
            options,
            record: Record::default(),
            origin: time::Instant::now(),
            association: None,
            asked: String::new(),
            nodes: HashMap::new(),
            tasks: JoinSet::new(),
            purposes: HashMap::new(),
            queued: VecDeque::new(),
            running: 0,
            backlog: VecDeque::new(),
            most: buffer.max(BACKLOG),
            skipped: 0,
            ready: BTreeSet::new(),
            retry_at: None,
            next_wait: retry.unwrap_or_default().first,
            retry,
            closing: Vec::new(),
            close_until: None,
            closed: false,
        }
    }

    /// Runs until the engine has closed.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>, outbox: mpsc::Sender<WatchEvent>) {
        while !self.closed {
            self.settle();
            if self.closed {
                break;
            }
            let wakes = self.wakes_at();
            tokio::select! {
                Ok(permit) = outbox.reserve(), if self.has_event() => {
                    if let Some(event) = self.next_event() {
                        permit.send(event);
                    }
                }
                () = outbox.closed(), if self.close_until.is_none() => self.shut_down(),
                Some(command) = inbox.recv() => self.obey(command),
                Some(result) = self.tasks.join_next_with_id() => self.ended(result),
                () = time::sleep_until(wakes.unwrap_or(self.origin)), if wakes.is_some() => self.wake(),
            }
        }
        drop(inbox);
        self.finish(outbox).await;
    }

    /// Ends all connections, then tells what is left to tell.
    async fn finish(mut self, outbox: mpsc::Sender<WatchEvent>) {
        self.unbind();
        self.tasks.shutdown().await;
        self.record = Record::default();
        for reply in self.closing.drain(..) {
            drop(reply.send(Ok(())));
        }
        self.ready.clear();
        while let Some(event) = self.next_event() {
            if outbox.send(event).await.is_err() {
                return;
            }
        }
        drop(outbox.send(WatchEvent::Closed).await);
    }

    /// A node has told its name.
    pub(super) fn learn(&mut self, node: &str) {
        if self.nodes.len() < MOST_NODES {
            self.nodes.insert(node.to_lowercase(), self.asked.clone());
        }
    }

    pub(super) fn origin(&self) -> time::Instant {
        self.origin
    }

    pub(super) fn now(&self) -> Instant {
        Instant::new(self.origin.elapsed())
    }

    /// Does all that the engine wants done, and takes all that it tells.
    fn settle(&mut self) {
        loop {
            if let Some(action) = self.engine.poll_action() {
                self.act(action);
            } else if let Some(notice) = self.engine.poll_notice() {
                self.notice(notice);
            } else {
                return;
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { binding, server } => {
                let options = self.options.clone();
                let known = self.nodes.get(&server.to_lowercase()).cloned();
                self.asked.clone_from(&server);
                self.spawn(Purpose::Connect(binding), async move {
                    Done::Connected(binding, connect(&server, known, &options).await)
                });
            }
            Action::Free { binding } => self.free(binding),
            Action::Call { binding, call, request, waits: true } => {
                self.start_call(binding, call, request, true);
            }
            Action::Call { binding, call, request, waits: false } => {
                self.queued.push_back((binding, call, request));
                self.start_queued();
            }
            Action::Abandon { call, .. } => self.abandon(call),
        }
    }

    fn spawn(&mut self, purpose: Purpose, task: impl Future<Output = Done> + Send + 'static) {
        let handle = self.tasks.spawn(task);
        self.purposes.insert(handle.id(), (purpose, handle));
    }

    /// Starts calls as long as there are connections for them: the deadline of a call begins with it.
    fn start_queued(&mut self) {
        while self.running < self.options.limits.connections.max(1) {
            let Some((binding, call, request)) = self.queued.pop_front() else { return };
            self.start_call(binding, call, request, false);
        }
    }

    fn start_call(&mut self, binding: BindingId, call: CallId, request: Request, waits: bool) {
        let Some((_, association)) = self.association.as_ref().filter(|(known, _)| *known == binding) else {
            let now = self.now();
            return self.engine.handle_failure(now, call, RPC_S_INVALID_BINDING);
        };
        if !waits {
            self.running = self.running.saturating_add(1);
        }
        let task = make_call(association.clone(), self.protocol, call, request);
        self.spawn(Purpose::Call { binding, call, waits }, task);
    }

    /// Drops an association with all that is under way on it.
    fn free(&mut self, binding: BindingId) {
        if self.association.as_ref().is_some_and(|(known, _)| *known == binding) {
            self.unbind();
        }
        self.queued.retain(|(of, ..)| *of != binding);
        self.abort(|purpose| match purpose {
            Purpose::Connect(of) | Purpose::Call { binding: of, .. } => of == binding,
            Purpose::End(_) => false,
        });
    }

    fn unbind(&mut self) {
        if let Some((_, association)) = self.association.take() {
            association.close();
        }
    }

    fn abandon(&mut self, abandoned: CallId) {
        self.queued.retain(|(_, call, _)| *call != abandoned);
        self.abort(|purpose| matches!(purpose, Purpose::Call { call, .. } if call == abandoned));
    }

    /// Ends tasks. Those that make calls cancel them.
    fn abort(&mut self, is_it: impl Fn(Purpose) -> bool) {
        let found = self.purposes.iter().filter(|(_, (purpose, _))| is_it(*purpose));
        let found: Vec<_> = found.map(|(id, (_, handle))| (*id, handle.clone())).collect();
        for (id, handle) in found {
            handle.abort();
            self.forget_task(id);
        }
        self.start_queued();
    }

    /// What a task was for, if anybody still wants to know of it.
    fn forget_task(&mut self, id: task::Id) -> Option<Purpose> {
        let (purpose, _) = self.purposes.remove(&id)?;
        if let Purpose::Call { waits: false, .. } = purpose {
            self.running = self.running.saturating_sub(1);
        }
        Some(purpose)
    }

    /// A task has ended.
    fn ended(&mut self, result: Result<(task::Id, Done), task::JoinError>) {
        let id = result.as_ref().map_or_else(task::JoinError::id, |(id, _)| *id);
        if let Some(purpose) = self.forget_task(id) {
            match result {
                Ok((_, done)) => self.done(done),
                Err(error) => self.panicked(purpose, &error),
            }
        }
        self.start_queued();
    }

    /// A task came to nothing: code of the program that it ran, such as a resolver, has panicked.
    fn panicked(&mut self, purpose: Purpose, error: &task::JoinError) {
        tracing::error!(%error, ?purpose, "a task of a watcher has panicked");
        let now = self.now();
        match purpose {
            Purpose::Connect(binding) | Purpose::End(binding) => {
                self.engine.handle_connection_failed(now, binding, RPC_S_CALL_FAILED);
            }
            Purpose::Call { call, .. } => self.engine.handle_failure(now, call, RPC_S_CALL_FAILED),
        }
    }

    fn done(&mut self, done: Done) {
        let now = self.now();
        match done {
            Done::Connected(binding, Ok(association)) => {
                let ended = association.ended();
                self.spawn(Purpose::End(binding), async move {
                    ended.await;
                    Done::Ended(binding)
                });
                self.association = Some((binding, association));
                self.engine.handle_connected(now, binding);
            }
            Done::Connected(binding, Err(error)) => {
                tracing::debug!(%error, "cannot connect");
                self.engine.handle_connection_failed(now, binding, error.win32());
            }
            Done::Ended(binding) => self.engine.handle_connection_failed(now, binding, RPC_S_CALL_FAILED),
            Done::NoSuchCall(call) => self.engine.handle_failure(now, call, RPC_S_CALL_FAILED),
            Done::AnsweredV2(call, Ok(answer)) => match answer.get() {
                Ok(response) => self.engine.handle_v2(now, call, &response),
                Err(_) => self.engine.handle_failure(now, call, RPC_S_CALL_FAILED),
            },
            Done::AnsweredV3(call, Ok(answer)) => match answer.get() {
                Ok(response) => self.engine.handle_v3(now, call, &response),
                Err(_) => self.engine.handle_failure(now, call, RPC_S_CALL_FAILED),
            },
            Done::AnsweredV2(call, Err(error)) | Done::AnsweredV3(call, Err(error)) => {
                tracing::debug!(%error, ?call, "call failed");
                self.engine.handle_failure(now, call, failure_code(&error));
            }
        }
    }
}

/// What a failed call means to the engine. A connection of octets that are no RPC is as lost as one that broke, though
/// the code that says so starts no reconnect (MS-CMRP 3.2.4.6).
fn failure_code(error: &CallError) -> u32 {
    match error.win32() {
        RPC_S_PROTOCOL_ERROR => RPC_S_CALL_FAILED,
        code => code,
    }
}

/// Connects. A node whose name has no address is where it was when it told its name.
async fn connect(
    server: &str,
    known: Option<String>,
    options: &Options,
) -> Result<Association, ConnectError> {
    match (Association::connect(server, options).await, known) {
        (Err(ConnectError::Resolve { .. }), Some(known)) => Association::connect(&known, options).await,
        (result, _) => result,
    }
}

/// Makes a call of the engine.
async fn make_call(association: Association, protocol: Protocol, call: CallId, request: Request) -> Done {
    match protocol {
        Protocol::V2 => match request.to_v2() {
            Some(request) => Done::AnsweredV2(call, association.call_any(&request).await),
            None => Done::NoSuchCall(call),
        },
        Protocol::V3 => match request.to_v3() {
            Some(request) => Done::AnsweredV3(call, association.call_any(&request).await),
            None => Done::NoSuchCall(call),
        },
    }
}
