//! Operations on a server without any network: requests good and bad, forged handles, events, cancels, disconnects,
//! time. The engine is held against the model after each.

use std::fmt::Write as _;

use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::Limits;
use cmrp_port::time::Instant;

use crate::dice::Dice;
use crate::plain::Token;
use crate::request::{Parts, make_v2, make_v3};
use crate::tally::{Tally, Totals};
use crate::twin::{Asked, Twin};
use crate::violation::Violation;
use crate::world::{Cluster, Happening};

/// Clients that take part.
const CLIENTS: usize = 3;

/// A handle that was made, of a port if it has no kind.
#[derive(Clone, Copy, Debug)]
struct Held {
    token: Token,
    association: u64,
    protocol: Protocol,
    kind: Option<ObjectKind>,
}

/// A server, its clients' handles, and a cluster.
#[allow(missing_debug_implementations, reason = "the engine has none")]
pub struct Operations<'d> {
    dice: Dice<'d>,
    twin: Twin,
    cluster: Cluster,
    now: u64,
    calls: u64,
    events: u64,
    ports: Vec<Held>,
    objects: Vec<Held>,
    /// What happened, if somebody wants to read it.
    pub trace: Option<String>,
}

/// Limits that are reached soon, or never.
pub fn limits(dice: &mut Dice<'_>) -> Limits {
    let mut limits = Limits::default();
    let mut small = |limit: &mut usize, least: usize, most: usize| {
        if dice.percent(30) {
            *limit = dice.between(least, most);
        }
    };
    small(&mut limits.ports, 0, 4);
    small(&mut limits.ports_per_association, 0, 3);
    small(&mut limits.handles_per_association, 0, 8);
    small(&mut limits.filters, 0, 8);
    small(&mut limits.filters_per_port, 0, 4);
    small(&mut limits.queue, 0, 8);
    small(&mut limits.queue_per_port, 0, 5);
    small(&mut limits.waiting, 0, 4);
    small(&mut limits.waiting_per_port, 0, 3);
    small(&mut limits.batch, 0, 4);
    small(&mut limits.batch_octets, 0, 60);
    small(&mut limits.closed_ports, 0, 3);
    limits
}

impl<'d> Operations<'d> {
    /// A server with limits that the dice choose.
    pub fn new(mut dice: Dice<'d>, traced: bool) -> Self {
        let limits = limits(&mut dice);
        let seed = u64::try_from(dice.below(256)).unwrap_or(0);
        let twin = Twin::new(seed, limits, "Cluster");
        let trace = traced.then(|| format!("{limits:?}\n"));
        Self {
            dice,
            twin,
            cluster: Cluster::new(2),
            now: 0,
            calls: 0,
            events: 0,
            ports: Vec::new(),
            objects: Vec::new(),
            trace,
        }
    }

    /// Does up to so many operations, then lets all clients go.
    ///
    /// # Errors
    /// A law is broken.
    pub fn run(&mut self, most: usize) -> Result<(), Violation> {
        for _ in 0..most {
            if self.dice.exhausted() {
                break;
            }
            self.step()?;
        }
        for client in 0..CLIENTS {
            let association = u64::try_from(client).unwrap_or(0);
            self.note(|| format!("client {association} disconnects"));
            self.twin.disconnect(association)?;
        }
        self.twin.empty()
    }

    /// What was counted.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.twin.add_to(&mut totals);
        totals.add(Tally::Events, self.events);
        totals
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let _ = writeln!(trace, "{:6} ms  {}", self.now, what());
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn step(&mut self) -> Result<(), Violation> {
        match self.dice.below(20) {
            0..=11 => self.request(),
            12..=15 => self.happen(),
            16 => self.open_something(),
            17 => self.time(),
            18 => match self.dice.below(6) {
                0 => self.disconnect(),
                1 => self.state(),
                2..=3 => self.close(),
                _ => self.cancel(),
            },
            _ => self.drain_one(),
        }
    }

    fn client(&mut self) -> (u64, Protocol) {
        let client = self.dice.below(CLIENTS);
        // The first client speaks version 2; now and then one speaks both.
        let protocol = if (client == 0) == self.dice.percent(97) { Protocol::V2 } else { Protocol::V3 };
        (u64::try_from(client).unwrap_or(0), protocol)
    }

    fn access(&mut self) -> Option<Access> {
        match self.dice.below(40) {
            0 => None,
            1 => Some(Access::Read),
            2 => Some(Access::ReadBackup),
            _ => Some(Access::All),
        }
    }

    /// A port of the client, or now and then anything else.
    fn port(&mut self, association: u64, protocol: Protocol) -> Token {
        let own = |held: &Held| held.association == association && held.protocol == protocol;
        self.handle(own, 55)
    }

    /// An object of the client, or now and then anything else.
    fn object(&mut self, association: u64, protocol: Protocol, kind: ObjectKind) -> Token {
        let own = |held: &Held| {
            held.kind == Some(kind) && held.association == association && held.protocol == protocol
        };
        self.handle(own, 20)
    }

    fn handle(&mut self, own: impl Fn(&Held) -> bool, latest: usize) -> Token {
        let all = || self.ports.iter().chain(&self.objects);
        let count = all().count();
        match self.dice.below(100) {
            0 => return Token::NULL,
            1..=3 => return all().nth(self.dice.below(count)).map_or(Token::NULL, |held| held.token),
            4 => {
                let mut token = all().nth(self.dice.below(count)).map_or(Token::NULL, |held| held.token);
                token.attributes = token.attributes.wrapping_add(1);
                return token;
            }
            _ => {}
        }
        let fitting: Vec<Token> = all().filter(|held| own(held)).map(|held| held.token).collect();
        let choice = if self.dice.percent(latest) { fitting.last() } else { self.dice.pick(&fitting) };
        choice.copied().unwrap_or(Token::NULL)
    }

    fn request(&mut self) -> Result<(), Violation> {
        let (association, protocol) = self.client();
        let access = self.access();
        let parts = Parts::random(&mut self.dice, protocol);
        let port = self.port(association, protocol);
        let object = self.object(association, protocol, parts.kind());
        if parts.needs_object() && object.is_null() {
            return self.open(association, protocol, parts.kind());
        }
        let wire = self.dice.percent(6);
        match protocol {
            Protocol::V2 => {
                let Some(request) = make_v2(&parts, port, object) else { return Ok(()) };
                if wire {
                    crate::wire::check_request_v2(&request)?;
                }
                self.ask(association, access, Asked::V2(&request))
            }
            Protocol::V3 => {
                let Some(request) = make_v3(&parts, port, object) else { return Ok(()) };
                if wire {
                    crate::wire::check_request_v3(&request)?;
                }
                self.ask(association, access, Asked::V3(&request))
            }
        }
    }

    fn ask(&mut self, association: u64, access: Option<Access>, asked: Asked<'_>) -> Result<(), Violation> {
        self.calls = self.calls.saturating_add(1);
        let call = self.calls;
        if self.trace.is_some() {
            let text = self.twin.describe(&asked);
            self.note(|| format!("client {association} ({access:?}) call {call}: {text}"));
        }
        let (now, states) = (self.instant(), &self.cluster.sequences);
        let outputs = self.twin.handle(now, association, access, call, asked, states)?;
        for output in outputs.into_iter().flatten() {
            self.note(|| format!("    {}", crate::describe::output(&output)));
            if let cmrp_port::server::Output::Response { response, .. } = &output {
                crate::wire::check_response(response)?;
            }
        }
        for token in self.twin.created() {
            self.ports.push(Held { token, association, protocol: asked.protocol(), kind: None });
        }
        Ok(())
    }

    fn happen(&mut self) -> Result<(), Violation> {
        let happening = Happening::random(&mut self.dice, true, true);
        let effect = happening.apply(&mut self.cluster);
        self.note(|| format!("{happening:?}"));
        if let Some((kind, old, new)) = effect.renamed {
            self.twin.rename(kind, &old, &new)?;
            if kind == ObjectKind::Cluster {
                self.twin.set_cluster_name(&new);
            }
        }
        for mut told in effect.told {
            if self.dice.percent(5) {
                told.shout();
            }
            self.note(|| format!("  {told}"));
            self.events = self.events.saturating_add(1);
            for output in self.twin.post(&told)? {
                self.note(|| format!("    {}", crate::describe::output(&output)));
            }
        }
        Ok(())
    }

    fn open_something(&mut self) -> Result<(), Violation> {
        let (association, protocol) = self.client();
        let kind = self.dice.one(
            ObjectKind::Cluster,
            &[
                ObjectKind::Group,
                ObjectKind::Resource,
                ObjectKind::Node,
                ObjectKind::Network,
                ObjectKind::NetInterface,
                ObjectKind::Key,
                ObjectKind::GroupSet,
            ],
        );
        self.open(association, protocol, kind)
    }

    fn open(&mut self, association: u64, protocol: Protocol, kind: ObjectKind) -> Result<(), Violation> {
        let which = self.dice.below(8);
        let name = match kind {
            ObjectKind::Cluster => self.cluster.name.clone(),
            kind => self.cluster.name_of(kind, which),
        };
        let access = if protocol == Protocol::V2 && self.dice.percent(95) {
            Access::All
        } else {
            self.dice.one(Access::Read, &[Access::All, Access::ReadBackup])
        };
        let opened = self.twin.open(association, protocol, &Object::new(kind, name.as_str()), access)?;
        self.note(|| format!("client {association} opens {kind:?} {name:?}: {opened:?}"));
        if let Ok(token) = opened {
            self.twin.object(association, protocol, token)?;
            self.objects.push(Held { token, association, protocol, kind: Some(kind) });
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Violation> {
        let (association, protocol) = self.client();
        let Some(held) = self.dice.pick(&self.objects).copied() else { return Ok(()) };
        let (association, protocol) = match self.dice.below(10) {
            0 => (association, protocol),
            _ => (held.association, held.protocol),
        };
        let (token, kind) = (held.token, held.kind.unwrap_or(ObjectKind::Cluster));
        self.note(|| format!("client {association} closes {kind:?} {token}"));
        self.twin.object(association, protocol, token)?;
        self.twin.close(association, protocol, token, kind).map(|_| ())
    }

    fn time(&mut self) -> Result<(), Violation> {
        let step = self.dice.one(1, &[50, 100, 1000, 5000]);
        let goal = self.now.saturating_add(step);
        while let Some(due) = self.twin.next_timeout() {
            let due = u64::try_from(due.since_origin().as_millis()).unwrap_or(u64::MAX);
            if due > goal {
                break;
            }
            self.now = due.max(self.now);
            self.pass()?;
        }
        self.now = goal;
        self.pass()
    }

    fn pass(&mut self) -> Result<(), Violation> {
        let outputs = self.twin.timeout(self.instant())?;
        self.note(|| format!("time passes: {outputs:?}"));
        Ok(())
    }

    fn disconnect(&mut self) -> Result<(), Violation> {
        let (association, _) = self.client();
        self.note(|| format!("client {association} disconnects"));
        self.twin.disconnect(association).map(|_| ())
    }

    fn state(&mut self) -> Result<(), Violation> {
        let state = self.dice.one(
            ServerState::ReadWrite,
            &[
                ServerState::ReadWrite,
                ServerState::ReadWrite,
                ServerState::ReadOnly,
                ServerState::None,
                ServerState::ShuttingDown,
                ServerState::Stopped,
            ],
        );
        let outputs = self.twin.set_state(state)?;
        self.note(|| format!("server becomes {state:?}: {outputs:?}"));
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Violation> {
        let back = u64::try_from(self.dice.below(6)).unwrap_or(0);
        let call = self.calls.saturating_sub(back);
        let outputs = self.twin.cancel(call)?;
        self.note(|| format!("call {call} is cancelled: {outputs:?}"));
        Ok(())
    }

    /// Reads a port until a call waits, then cancels it: all that was owed must have come.
    fn drain_one(&mut self) -> Result<(), Violation> {
        if self.twin.state() != ServerState::ReadWrite {
            return Ok(());
        }
        let Some(token) = self.twin.idle_port(self.dice.below(4)) else { return Ok(()) };
        self.twin.audit.drained(token)
    }
}
