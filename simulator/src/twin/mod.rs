//! A server engine and its model side by side: same input, same output, or a [`Violation`].

mod compare;
mod tell;

use std::sync::Arc;

use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server;
use cmrp_port::server::{AssociationId, CallId, Server};
use cmrp_port::time::Instant;

use crate::audit::Audit;
use crate::model::{Caller, Limits, Model, Port, state_event};
use crate::plain::{Indication, Method, Token, request_v2, request_v3};
use crate::tally::{Tally, Totals};
use crate::violation::Violation;
use crate::world::{Event, Told};

/// A request of either protocol version.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// Of version 2.
    V2(&'a clusapi2::Request<'a>),
    /// Of version 3.
    V3(&'a clusapi3::Request<'a>),
}

impl Asked<'_> {
    /// The protocol version.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::V2(_) => Protocol::V2,
            Self::V3(_) => Protocol::V3,
        }
    }

    /// Its plain form; `None` if it is not about notification ports.
    pub fn method(&self) -> Option<Method> {
        match self {
            Self::V2(request) => request_v2(request),
            Self::V3(request) => request_v3(request),
        }
    }

    /// The number of its method.
    pub const fn opnum(&self) -> u16 {
        match self {
            Self::V2(request) => request.opnum(),
            Self::V3(request) => request.opnum(),
        }
    }
}

/// What the engine does in one step.
pub type Outputs = Vec<server::Output>;

/// A server engine with its model.
#[allow(missing_debug_implementations, reason = "the engine has none")]
pub struct Twin {
    engine: Server,
    /// What the model may be: several, where the rules leave something open.
    models: Vec<Model>,
    spare: Model,
    /// The laws that can be seen from outside.
    pub audit: Audit,
    opnums: Vec<(u64, u16)>,
    tokens: Vec<Token>,
    made: Vec<Token>,
    totals: Totals,
}

impl Twin {
    /// A server without clients.
    pub fn new(seed: u64, bounds: server::Limits, cluster_name: &str) -> Self {
        let mut octets = [0; 16];
        let (low, high) = octets.split_at_mut(8);
        low.copy_from_slice(&seed.to_le_bytes());
        high.copy_from_slice(&(!seed).to_le_bytes());
        let config = server::Config { limits: bounds, seed: octets, cluster_name: Arc::from(cluster_name) };
        Self {
            engine: Server::new(config),
            spare: Model::new(limits(&bounds), cluster_name),
            models: vec![Model::new(limits(&bounds), cluster_name)],
            audit: Audit::default(),
            opnums: Vec::new(),
            tokens: Vec::new(),
            made: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// What the server is ready for.
    pub const fn state(&self) -> ServerState {
        self.engine.state()
    }

    /// What the engine did since its start: indications that were lost.
    pub fn lost(&self) -> u64 {
        self.engine.statistics().lost
    }

    /// One of the models: they differ in queues alone.
    fn model(&self) -> &Model {
        self.models.first().unwrap_or(&self.spare)
    }

    /// What is queued on a port, if the rules leave no doubt.
    pub fn queued(&self, token: Token) -> Option<usize> {
        match &self.models[..] {
            [model] => model.port(token).map(Port::queued),
            _ => None,
        }
    }

    fn each(&mut self, change: impl FnMut(&mut Model)) {
        self.models.iter_mut().for_each(change);
    }

    /// Changes what the server is ready for.
    ///
    /// # Errors
    /// A law is broken.
    pub fn set_state(&mut self, state: ServerState) -> Result<Outputs, Violation> {
        self.engine.set_state(state);
        self.each(|model| model.set_state(state));
        self.compare()
    }

    /// Renames the cluster.
    pub fn set_cluster_name(&mut self, name: &str) {
        self.engine.set_cluster_name(name);
        self.each(|model| model.set_cluster_name(name));
    }

    /// Makes a handle.
    ///
    /// # Errors
    /// The inner one is the code of a limit; the outer one a broken law.
    pub fn open(
        &mut self,
        association: u64,
        protocol: Protocol,
        object: &Object,
        access: Access,
    ) -> Result<Result<Token, u32>, Violation> {
        let expected = self.model().may_open(association);
        let seen = self.engine.open(AssociationId(association), protocol, object, access);
        Violation::unless(seen.map(|_| ()) == expected, "open agrees with the model", || {
            format!("{seen:?}, not {expected:?}")
        })?;
        if let Ok(token) = seen {
            self.fresh(token)?;
            self.each(|model| model.opened(association, protocol, object.clone(), access, token));
        }
        self.compare()?;
        Ok(seen)
    }

    fn fresh(&mut self, token: Token) -> Result<(), Violation> {
        let fresh = !token.is_null() && !self.tokens.contains(&token);
        Violation::unless(fresh, "handles are new and not null", || format!("{token}"))?;
        self.tokens.push(token);
        Ok(())
    }

    /// The object of a handle.
    ///
    /// # Errors
    /// A law is broken.
    pub fn object(
        &self,
        association: u64,
        protocol: Protocol,
        token: Token,
    ) -> Result<Option<(Object, Access)>, Violation> {
        let seen = self.engine.object(AssociationId(association), protocol, token);
        let seen = seen.map(|(object, access)| (object.clone(), access));
        let expected = self.model().object(association, protocol, token);
        // `Object` compares names without case; here they must be spelled alike.
        let spelled = |found: &Option<(Object, Access)>| {
            found.as_ref().map(|(object, access)| (object.kind, object.name.to_string(), *access))
        };
        Violation::unless(spelled(&seen) == spelled(&expected), "handles agree with the model", || {
            format!("{seen:?}, not {expected:?}")
        })?;
        Ok(seen)
    }

    /// Closes a handle.
    ///
    /// # Errors
    /// A law is broken.
    pub fn close(
        &mut self,
        association: u64,
        protocol: Protocol,
        token: Token,
        kind: ObjectKind,
    ) -> Result<Option<Object>, Violation> {
        let seen = self.engine.close(AssociationId(association), protocol, token, kind);
        let mut expected = None;
        self.each(|model| expected = model.close(association, protocol, token, kind));
        Violation::unless(seen == expected, "close agrees with the model", || {
            format!("{seen:?}, not {expected:?}")
        })?;
        self.compare()?;
        Ok(seen)
    }

    /// An object has a new name.
    ///
    /// # Errors
    /// A law is broken.
    pub fn rename(&mut self, kind: ObjectKind, old: &str, new: &str) -> Result<(), Violation> {
        self.engine.rename(kind, old, new);
        self.each(|model| model.rename(kind, old, new));
        self.compare().map(|_| ())
    }

    /// A request; `None` if it is not about notification ports.
    ///
    /// # Errors
    /// A law is broken.
    pub fn handle(
        &mut self,
        now: Instant,
        association: u64,
        access: Option<Access>,
        call: u64,
        asked: Asked<'_>,
        states: &dyn StateNumbers,
    ) -> Result<Option<Outputs>, Violation> {
        let caller = server::Caller { association: AssociationId(association), access };
        let handled = match asked {
            Asked::V2(request) => self.engine.handle_v2(now, caller, CallId(call), request, states),
            Asked::V3(request) => self.engine.handle_v3(now, caller, CallId(call), request, states),
        };
        let method = asked.method();
        let taken = matches!(handled, server::Handled::Taken);
        Violation::unless(taken == method.is_some(), "the engine takes its own methods", || {
            format!("opnum {}: {taken}", asked.opnum())
        })?;
        let Some(method) = method else { return Ok(None) };
        self.totals.count(Tally::Calls);
        self.opnums.push((call, asked.opnum()));
        let protocol = asked.protocol();
        self.audit.asked(now, call, protocol, &method);
        let outputs = self.drain();
        let created = outputs.iter().find_map(compare::created);
        if let Some(token) = created {
            self.fresh(token)?;
            self.made.push(token);
        }
        let sequence = |object: &Object| states.state_sequence(object);
        let caller = Caller { association, access, protocol };
        self.owe(caller, &method, &outputs, call, &sequence);
        self.each(|model| model.handle(now, caller, call, &method, created, &sequence));
        self.check(outputs).map(Some)
    }

    /// A `ReAdd` that succeeds with an old number owes an event.
    fn owe(
        &mut self,
        caller: Caller,
        method: &Method,
        outputs: &Outputs,
        call: u64,
        sequence: &dyn Fn(&Object) -> u32,
    ) {
        let Method::Add { port, object, key, known: Some(known), .. } = *method else { return };
        let answered = |output: &server::Output| matches!(output, server::Output::Response { call: answered, response } if answered.0 == call && response.result() == 0);
        let Some((object, _)) = self.model().object(caller.association, caller.protocol, object) else {
            return;
        };
        let current = sequence(&object);
        if known != current && outputs.iter().any(answered) {
            let (change, name) = (state_event(object.kind), Some(object.name.to_string()));
            self.totals.count(Tally::ReAddEvents);
            self.audit.owes(port, Indication::V1 { key, change, sequence: Some(current), name });
        }
    }

    /// The client gave a call up.
    ///
    /// # Errors
    /// A law is broken.
    pub fn cancel(&mut self, call: u64) -> Result<Outputs, Violation> {
        self.engine.handle_cancel(CallId(call));
        self.each(|model| model.cancel(call));
        self.compare()
    }

    /// The last connection of a client is gone.
    ///
    /// # Errors
    /// A law is broken.
    pub fn disconnect(&mut self, association: u64) -> Result<Outputs, Violation> {
        let own = self.model().ports_of(association);
        self.engine.handle_disconnect(AssociationId(association));
        self.each(|model| model.disconnect(association));
        let outputs = self.compare()?;
        self.audit.forget(&own);
        Ok(outputs)
    }

    /// When time matters next.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.engine.poll_timeout()
    }

    /// Time passes.
    ///
    /// # Errors
    /// A law is broken.
    pub fn timeout(&mut self, now: Instant) -> Result<Outputs, Violation> {
        self.engine.handle_timeout(now);
        self.each(|model| model.timeout(now));
        let outputs = self.compare()?;
        self.audit.time_is(now)?;
        Ok(outputs)
    }

    /// Something happened.
    ///
    /// # Errors
    /// A law is broken.
    pub fn post(&mut self, told: &Told) -> Result<Outputs, Violation> {
        match told.event() {
            Some(Event::V1(event)) => {
                self.audit.posted_v1(&event, self.models.first().unwrap_or(&self.spare));
                self.engine.post_v1(&event);
                self.fork(|filter| filter.asks_v1(&event), |model, order| model.post_v1(&event, order));
            }
            Some(Event::V2(event)) => {
                self.audit.posted_v2(&event, self.models.first().unwrap_or(&self.spare));
                self.engine.post_v2(&event);
                self.fork(|filter| filter.asks_v2(&event), |model, order| model.post_v2(&event, order));
            }
            None => {}
        }
        self.compare()
    }

    /// The tokens that the last request made.
    pub fn created(&mut self) -> Vec<Token> {
        core::mem::take(&mut self.made)
    }

    /// One of the open ports with an empty queue.
    pub fn idle_port(&self, which: usize) -> Option<Token> {
        if self.models.len() != 1 {
            return None;
        }
        let idle = || self.model().ports().iter().filter(|port| port.queued() == 0 && !port.is_broken());
        let nth = which.checked_rem(idle().count())?;
        idle().nth(nth).map(Port::token)
    }

    /// All clients are gone: so must be everything they held.
    ///
    /// # Errors
    /// Something is left.
    pub fn empty(&self) -> Result<(), Violation> {
        let left = self.engine.statistics();
        let sum = [
            left.ports,
            left.filters,
            left.handles,
            left.objects,
            left.associations,
            left.queued,
            left.waiting,
        ];
        Violation::unless(sum == [0; 7], "everything is freed after rundown", || format!("{left:?}"))?;
        let unanswered = self.audit.unanswered();
        Violation::unless(unanswered == 0, "each call completes exactly once", || {
            format!("{unanswered} never did")
        })
    }
}

/// The model's limits, from those of the engine.
fn limits(limits: &server::Limits) -> Limits {
    let server::Limits {
        ports,
        ports_per_association,
        handles_per_association,
        filters,
        filters_per_port,
        queue,
        queue_per_port,
        waiting,
        waiting_per_port,
        batch,
        batch_octets,
        closed_ports,
    } = *limits;
    Limits {
        ports,
        ports_per_association,
        handles_per_association,
        filters,
        filters_per_port,
        queue,
        queue_per_port,
        waiting,
        waiting_per_port,
        batch,
        batch_octets,
        closed_ports,
    }
}
