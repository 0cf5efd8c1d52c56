//! Requests: the checks in their order, and the methods that add no filter.

use core::time::Duration;

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::Object;
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::status::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_NO_MORE_ITEMS,
    ERROR_NOT_ENOUGH_MEMORY, ERROR_SHARING_PAUSED, ERROR_SUCCESS, WAIT_TIMEOUT,
};
use cmrp_port::time::Instant;

use super::port::Waiting;
use super::{Caller, Closed, Model, Output, Port, Refusal, failed_get, stopped};
use crate::plain::{Answer, Get, Method, Token};

impl Model {
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
    pub(super) fn remove_port(&mut self, index: usize) -> Vec<Waiting> {
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
    pub(super) fn find_port(&self, caller: Caller, token: Token) -> Result<usize, Refusal> {
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
    pub(super) fn find_usable_port(&self, caller: Caller, token: Token) -> Result<usize, Refusal> {
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
