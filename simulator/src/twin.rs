//! A server engine and its model side by side: same input, same output, or a [`Violation`].

use std::sync::Arc;

use cmrp::ndr::ContextHandle;
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server;
use cmrp_port::server::{AssociationId, CallId, Server};
use cmrp_port::time::Instant;

use crate::audit::Audit;
use crate::model::matching::Filter;
use crate::model::{Caller, Limits, Model, Output, Port, state_event};
use crate::plain::{Answer, Indication, Method, Token, request_v2, request_v3};
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
        let created = outputs.iter().find_map(created);
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

    /// Posts to the models; those whose ports compete take each order.
    fn fork(&mut self, asks: impl Fn(&Filter) -> bool, post: impl Fn(&mut Model, &[usize])) {
        let mut models: Vec<Model> = Vec::with_capacity(1);
        for mut model in core::mem::take(&mut self.models) {
            let reached = model.reached(&asks);
            if !model.contended(&reached) {
                post(&mut model, &reached);
                models.push(model);
                continue;
            }
            for order in orders(&reached) {
                let mut other = model.clone();
                post(&mut other, &order);
                if !models.contains(&other) && models.len() < MODELS {
                    models.push(other);
                }
            }
        }
        self.models = models;
    }

    /// A request in few words: handles by their order, objects by their names.
    pub fn describe(&self, asked: &Asked<'_>) -> String {
        let mut text = match asked {
            Asked::V2(request) => format!("{request:?}"),
            Asked::V3(request) => format!("{request:?}"),
        };
        for (index, token) in self.tokens.iter().enumerate() {
            let shown = format!("{token:?}");
            if text.contains(&shown) {
                let object =
                    self.model().object_of(*token).map_or(String::new(), |object| format!(" {object:?}"));
                text = text.replace(&shown, &format!("#{index}{object}"));
            }
        }
        text
    }

    /// Adds what this server did.
    pub fn add_to(&self, totals: &mut Totals) {
        totals.merge(&self.totals);
        let statistics = self.engine.statistics();
        totals.add(Tally::Losses, statistics.lost);
        totals.add(Tally::Deliveries, self.audit.delivered);
        totals.add(Tally::Markers, self.audit.markers);
        totals.add(Tally::Broken, self.audit.broken);
    }

    /// Counts how a call ended.
    fn tally(&mut self, output: &Output, get: bool) {
        let tally = match output {
            Output::EndConnection { .. } => return,
            Output::Fault { .. } if get => Tally::GetFault,
            Output::Abandoned { .. } if get => Tally::GetAbandoned,
            Output::Response { answer, .. } if get => match answer.result() {
                0 => Tally::Get0,
                1 => Tally::Get1,
                5 => Tally::Get5,
                6 => Tally::Get6,
                8 => Tally::Get8,
                0x46 => Tally::Get46,
                0x102 => Tally::Get102,
                0x103 => Tally::Get103,
                0x45B | 0x4E7 => Tally::Get45B,
                0x13D0 | 0x13D1 => Tally::Get13D0,
                _ => return,
            },
            _ => return,
        };
        self.totals.count(tally);
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

    fn drain(&mut self) -> Outputs {
        std::iter::from_fn(|| self.engine.poll_output()).collect()
    }

    fn compare(&mut self) -> Result<Outputs, Violation> {
        let outputs = self.drain();
        self.check(outputs)
    }

    /// Holds what the engine did against the laws and against what the model did.
    fn check(&mut self, outputs: Outputs) -> Result<Outputs, Violation> {
        let mut seen = Vec::with_capacity(outputs.len());
        for output in &outputs {
            let output = self.plain(output)?;
            let get = self.audit.came(&output)?;
            self.tally(&output, get);
            seen.push(output);
        }
        seen.iter_mut().for_each(forgive);
        seen.sort_by_key(place);
        let due = self.engine.poll_timeout();
        let mut first = None;
        for mut model in core::mem::take(&mut self.models) {
            match agrees(&mut model, &seen, due, &self.engine.statistics()) {
                Ok(()) => self.models.push(model),
                Err(violation) => first = first.or(Some(violation)),
            }
        }
        match first.filter(|_| self.models.is_empty()) {
            Some(violation) => Err(violation),
            None => Ok(outputs),
        }
    }

    fn plain(&mut self, output: &server::Output) -> Result<Output, Violation> {
        Ok(match output {
            server::Output::Response { call, response } => {
                let asked = self.opnums.iter().position(|(asked, _)| *asked == call.0);
                let opnum = asked.map(|index| self.opnums.swap_remove(index).1);
                Violation::unless(opnum == Some(response.opnum()), "the method is answered", || {
                    format!("{opnum:?} by {}", response.opnum())
                })?;
                let answer = match (response.to_v2(), response.to_v3()) {
                    (Some(response), None) => Answer::from_v2(&response),
                    (None, Some(response)) => Answer::from_v3(&response),
                    both => return Violation::found("a response has one protocol", format!("{both:?}")),
                };
                let agrees = response.result() == answer.result()
                    && response.indications() == answer.indications().len();
                Violation::unless(agrees, "a response tells its result", || format!("{response:?}"))?;
                Output::Response { call: call.0, answer }
            }
            server::Output::Fault { call, status } => {
                Violation::unless(*status == 0x1C00_001A, "faults are context mismatches", || {
                    format!("{status:#x}")
                })?;
                self.opnums.retain(|(asked, _)| *asked != call.0);
                Output::Fault { call: call.0 }
            }
            server::Output::Abandoned { call } => {
                self.opnums.retain(|(asked, _)| *asked != call.0);
                Output::Abandoned { call: call.0 }
            }
            server::Output::EndConnection { association } => {
                Output::EndConnection { association: association.0 }
            }
        })
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

/// The token of a port that a call made.
fn created(output: &server::Output) -> Option<ContextHandle> {
    let server::Output::Response { response, .. } = output else { return None };
    let answer = response
        .to_v2()
        .map(|response| Answer::from_v2(&response))
        .or_else(|| response.to_v3().map(|response| Answer::from_v3(&response)))?;
    match answer {
        Answer::Created { status: 0, port } => Some(port),
        _ => None,
    }
}

/// Models that are followed at the same time.
const MODELS: usize = 64;

/// All orders of a few ports; of many, two.
fn orders(ports: &[usize]) -> Vec<Vec<usize>> {
    if ports.len() > 4 {
        return vec![ports.to_vec(), ports.iter().rev().copied().collect()];
    }
    let Some((first, rest)) = ports.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, *first);
            all.push(order);
        }
    }
    all
}

/// Holds a model against what the engine did.
fn agrees(
    model: &mut Model,
    seen: &[Output],
    due: Option<Instant>,
    statistics: &server::Statistics,
) -> Result<(), Violation> {
    let mut expected = model.take_outputs();
    expected.iter_mut().for_each(forgive);
    expected.sort_by_key(place);
    Violation::unless(seen == expected, "engine and model do the same", || {
        format!("engine {seen:?}\nmodel  {expected:?}")
    })?;
    let next = model.next_timeout();
    Violation::unless(due == next, "timeouts agree with the model", || format!("{due:?}, not {next:?}"))?;
    count(model, statistics)
}

/// Statistics must be those of the model.
fn count(model: &Model, seen: &server::Statistics) -> Result<(), Violation> {
    let expected = model.statistics();
    let index = seen.objects;
    let seen = [seen.ports, seen.filters, seen.handles, seen.associations, seen.queued, seen.waiting];
    Violation::unless(seen == expected, "statistics agree with the model", || {
        let names = "[ports, filters, handles, associations, queued, waiting]";
        format!("{names} {seen:?}, not {expected:?}")
    })?;
    // A filter on the cluster may keep the objects that it covers in an index: at most the cluster and the root key.
    let named = model.objects();
    let [_, filters, ..] = seen;
    let most = named.saturating_add(if filters == 0 { 0 } else { 2 });
    Violation::unless((named..=most).contains(&index), "the index holds what is named", || {
        format!("{index} objects, not {named} to {most}")
    })
}

/// Makes alike what the specification leaves open: which of two codes says that a node stopped, and the handle that a
/// failed close returns.
fn forgive(output: &mut Output) {
    let Output::Response { answer, .. } = output else { return };
    if let Answer::Closed { result, port } = answer {
        if *result != 0 {
            *port = Token::NULL;
        }
    }
    let result = match answer {
        Answer::Created { status, .. } => status,
        Answer::Closed { result, .. }
        | Answer::Done { result }
        | Answer::Added { result, .. }
        | Answer::Got { result, .. } => result,
        Answer::Wrong(_) => return,
    };
    *result = match *result {
        0x4E7 => 0x45B,
        0x13D1 => 0x13D0,
        other => other,
    };
}

/// Outputs of one step are compared in the order of their calls.
fn place(output: &Output) -> (u64, u64) {
    match output {
        Output::Response { call, .. } | Output::Fault { call } | Output::Abandoned { call } => (0, *call),
        Output::EndConnection { association } => (1, *association),
    }
}
