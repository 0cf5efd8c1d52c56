//! A cluster in memory.

mod batch_port;
mod config;
mod graph;
mod journal;
mod lifetime;
mod membership;
mod methods;
pub mod model;
mod operate;
mod outside;
mod placement;
pub(crate) mod property;
mod registry;
mod tell;
mod transition;
mod volatile;
mod work;

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use cmrp::clusapi3::Request;
use cmrp_port::access::ServerState;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server::{AssociationId, CallId};
use cmrp_port::time::Instant;

use crate::change::{Change, ChangeError};
use crate::cluster::Cluster;
use crate::event::Event;
use crate::session::{Answer, Outcome, Session};
use crate::status::ERROR_WRITE_FAULT;

pub use config::{Config, Timings, Version};
pub use journal::{Journal, JournalError};
pub use volatile::Volatile;
pub use work::{Transaction, Work};

use model::{NodeState, State};

/// A cluster in memory, kept in a [`Journal`] if it has one.
pub struct Embedded {
    config: Config,
    state: Arc<State>,
    journal: Option<Box<dyn Journal>>,
    volatile: Volatile,
    events: VecDeque<Event>,
    /// Whether what a restart left unfinished has been taken up.
    started: bool,
    /// When to try again what the journal would not keep.
    retry: Option<Instant>,
}

/// How long to wait before what is due is tried again, if the journal would not keep it.
const RETRY: Duration = Duration::from_secs(1);

impl Embedded {
    /// A cluster in this state.
    pub fn new(state: State, config: Config) -> Self {
        Self {
            config,
            state: Arc::new(state),
            journal: None,
            volatile: Volatile::default(),
            events: VecDeque::new(),
            started: false,
            retry: None,
        }
    }

    /// Keeps all further changes in a journal, which has the present state already.
    #[must_use]
    pub fn with_journal(mut self, journal: Box<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Changes the model as a whole or not at all, and keeps what has changed.
    fn transact<T, E: From<u32>>(
        &mut self,
        now: Instant,
        act: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = Arc::clone(&self.state);
        let mut events = Vec::new();
        let mut model =
            Transaction { now, config: &self.config, state: &mut self.state, events: &mut events };
        let done = act(&mut model);
        match done.and_then(|done| self.keep(now, &before).map(|()| done).map_err(E::from)) {
            Ok(done) => {
                self.events.extend(events);
                Ok(done)
            }
            Err(error) => {
                self.state = before;
                Err(error)
            }
        }
    }

    /// Has the registry show what has changed, and the journal keep it.
    fn keep(&mut self, now: Instant, before: &Arc<State>) -> Result<(), u32> {
        let changed = !Arc::ptr_eq(before, &self.state);
        if changed {
            let now = self.config.file_time(now);
            registry::mirror::show(before, Arc::make_mut(&mut self.state), now);
        }
        match &mut self.journal {
            Some(journal) if changed => journal.commit(before, &self.state).map_err(|_| ERROR_WRITE_FAULT),
            _ => Ok(()),
        }
    }

    /// The present state.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl Cluster for Embedded {
    fn name(&self) -> &str {
        &self.state.cluster.name
    }

    fn server_state(&self, node: &str) -> ServerState {
        match self.state.node(node).map(|(_, node)| node.state) {
            _ if self.state.quorum.lost => ServerState::Stopped,
            Some(NodeState::Up | NodeState::Paused) => ServerState::ReadWrite,
            Some(NodeState::Joining) => ServerState::ReadOnly,
            Some(NodeState::Down) | None => ServerState::Stopped,
        }
    }

    fn states(&self) -> &dyn StateNumbers {
        self
    }

    fn call(&mut self, now: Instant, session: &mut Session<'_>, request: &Request<'_>) -> Outcome {
        let before = Arc::clone(&self.state);
        let mut events = Vec::new();
        let model = Transaction { now, config: &self.config, state: &mut self.state, events: &mut events };
        let mut work = Work { model, session, volatile: &mut self.volatile };
        let done = methods::dispatch(&mut work, request);
        let kept = done.and_then(|outcome| {
            self.keep(now, &before)?;
            Ok(outcome)
        });
        match kept {
            Ok(outcome) => {
                self.events.extend(events);
                self.volatile.keep();
                outcome
            }
            Err(refusal) => {
                self.state = before;
                self.volatile.undo();
                session.undo();
                Outcome::Answered(session.reply().refuse(request, refusal))
            }
        }
    }

    fn next_answer(&mut self) -> Option<Answer> {
        self.volatile.answers.pop_front()
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn handle_cancel(&mut self, call: CallId) {
        self.volatile.cancel(call);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        self.volatile.disconnect(association);
    }

    fn change(&mut self, now: Instant, change: &Change) -> Result<(), ChangeError> {
        self.transact(now, |model| model.happen(change))
    }

    fn handle_timeout(&mut self, now: Instant) {
        let fresh = !self.started;
        let kept = self.transact(now, |model| {
            if fresh {
                model.take_up();
                let now = model.file_time();
                registry::mirror::show(&State::default(), model.change(), now);
                registry::mirror::stamp(model.change(), now);
            }
            model.progress();
            Ok::<(), u32>(())
        });
        self.started |= kept.is_ok();
        self.retry = kept.err().map(|_| now.saturating_add(RETRY));
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if !self.started {
            return Some(self.retry.unwrap_or(Instant::ORIGIN));
        }
        let resources = self.state.resources.values().filter(|one| one.waits());
        let nodes = self.state.nodes.values().filter(|node| node.state == NodeState::Joining);
        let due = resources.map(|one| one.due).chain(nodes.map(|node| node.due));
        let due = due.map(Option::unwrap_or_default).min();
        due.map(|due| self.retry.map_or(due, |retry| retry.max(due)))
    }
}

impl StateNumbers for Embedded {
    fn state_sequence(&self, object: &Object) -> u32 {
        let (state, name) = (&self.state, &*object.name);
        let number = match object.kind {
            ObjectKind::Node => state.node(name).map(|(_, node)| node.sequence),
            ObjectKind::Group => state.group(name).map(|(_, group)| group.sequence),
            ObjectKind::Resource => state.resource(name).map(|(_, resource)| resource.sequence),
            ObjectKind::Network => state.network(name).map(|(_, network)| network.sequence),
            ObjectKind::NetInterface => state.interface(name).map(|(_, interface)| interface.sequence),
            _ => None,
        };
        number.unwrap_or(0)
    }
}
