//! Clients, servers and the network between them, in simulated time.
//!
//! A [`Simulation`] carries out a [`Script`]. Time goes from one entry of the agenda to the next; messages of one
//! connection stay in order, those of different connections overtake each other, and every choice comes from the
//! script's seed.

mod command;
mod faults;
mod hostile;
mod link;
mod node;
mod program;
mod verdict;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cmrp_port::time::Instant;

use crate::dice::Dice;
use crate::script::{Script, Step};
use crate::tally::{Tally, Totals};
use crate::violation::Violation;
use crate::world::{Cluster, Happening};
pub use hostile::Hostile;
use link::{Association, Call};
use node::Node;
use program::Program;

/// Entries of the agenda that one run may take; a run that rests takes far fewer.
const MOST: usize = 20_000;

/// Milliseconds without news after which a run has come to rest.
const QUIET: u64 = 3000;

/// Something that will happen at its time.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// A step of the script.
    Step(Step),
    /// A wish to connect reaches a server.
    Connect { association: usize },
    /// A client learns that it is connected.
    Connected { association: usize },
    /// A request reaches the server.
    Request { call: usize },
    /// A response reaches the client.
    Response { call: usize },
    /// A client learns that a call failed.
    Failed { call: usize, code: u32 },
    /// A server learns that a client gave a call up.
    Cancelled { call: usize },
    /// A client learns that its association broke.
    ClientNotices { association: usize, code: u32 },
    /// A server learns that its client is gone.
    ServerNotices { association: usize },
    /// All faults are repaired.
    Heal,
    /// Clients shut down.
    ShutDown,
}

/// A run.
#[allow(missing_debug_implementations, reason = "the engines have none")]
pub struct Simulation<'s> {
    script: &'s Script,
    dice: Dice<'static>,
    now: u64,
    /// When something happened last that does not repeat itself.
    progress: u64,
    serial: u64,
    agenda: BTreeMap<(u64, u64), Due>,
    cluster: Cluster,
    nodes: Vec<Node>,
    programs: Vec<Program>,
    associations: Vec<Association>,
    calls: Vec<Call>,
    /// What was counted.
    pub totals: Totals,
    /// What happened, if somebody wants to read it.
    pub trace: Option<String>,
}

impl<'s> Simulation<'s> {
    /// A cluster and its clients before the first step.
    pub fn new(script: &'s Script, traced: bool) -> Self {
        let cluster = Cluster::new(script.flavour.nodes);
        let mut simulation = Self {
            script,
            dice: Dice::seeded(!script.seed),
            now: 0,
            progress: 0,
            serial: 0,
            agenda: BTreeMap::new(),
            nodes: (1..=script.flavour.nodes).map(|node| Node::new(format!("N{node}"))).collect(),
            programs: (0..script.flavour.clients).map(|_| Program::new(script.flavour.config())).collect(),
            cluster,
            associations: Vec::new(),
            calls: Vec::new(),
            totals: Totals::default(),
            trace: traced.then(|| format!("{:#?}\n", script.flavour)),
        };
        for (at, step) in &script.steps {
            simulation.at(*at, Due::Step(*step));
        }
        let end = script.steps.last().map_or(0, |step| step.0);
        simulation.at(end.saturating_add(500), Due::Heal);
        simulation
    }

    /// Carries the script out and looks at what is left.
    ///
    /// # Errors
    /// A law is broken.
    pub fn run(&mut self) -> Result<(), Violation> {
        self.totals.count(Tally::Worlds);
        if self.script.flavour.wire {
            self.totals.count(Tally::Wire);
        }
        for node in 0..self.nodes.len() {
            self.start_node(node);
        }
        for client in 0..self.programs.len() {
            self.settle(client)?;
        }
        self.rest()?;
        for _ in 0..2 {
            self.try_again()?;
            self.rest()?;
        }
        self.judge()?;
        self.close();
        self.rest()?;
        self.judge_empty()
    }

    /// Lets time pass until nothing is due but what repeats itself.
    fn rest(&mut self) -> Result<(), Violation> {
        self.progress = self.now;
        for _ in 0..MOST {
            if self.is_quiet() || !self.next()? {
                return Ok(());
            }
        }
        Violation::found("the world comes to rest", format!("not after {MOST} events"))
    }

    /// Whether the only messages on their way have been those of get calls without events for a while: in protocol
    /// version 2 they never end.
    fn is_quiet(&self) -> bool {
        let idle = |due: &Due| match due {
            Due::Request { call } | Due::Response { call } => self.is_idle(*call),
            _ => false,
        };
        self.now > self.progress.saturating_add(QUIET) && self.agenda.values().all(idle)
    }

    /// The next thing that is due; false if nothing is.
    fn next(&mut self) -> Result<bool, Violation> {
        let first = self.agenda.first_key_value().map(|(key, _)| key.0);
        let clients = self.programs.iter().filter_map(Program::next_timeout).min();
        let Some(next) = first.into_iter().chain(clients).min() else { return Ok(false) };
        let servers = self.nodes.iter().filter_map(Node::next_timeout).min();
        let soonest = servers.map_or(next, |servers| servers.min(next));
        self.now = self.now.max(soonest);
        if servers.is_some_and(|servers| servers <= soonest) {
            self.server_timers()?;
        } else if first.is_some_and(|first| first <= soonest) {
            if let Some((_, due)) = self.agenda.pop_first() {
                let idle =
                    matches!(due, Due::Request { call } | Due::Response { call } if self.is_idle(call));
                if !idle {
                    self.progress = self.now;
                }
                self.carry_out(due)?;
            }
        } else {
            self.progress = self.now;
            self.client_timers()?;
        }
        Ok(true)
    }

    fn carry_out(&mut self, due: Due) -> Result<(), Violation> {
        match due {
            Due::Step(Step::Happen(happening)) => self.happen(happening),
            Due::Step(Step::Command { client, command }) => self.command(client, command),
            Due::Step(Step::Fault(fault)) => self.go_wrong(fault),
            Due::Connect { association } => {
                self.connect_reaches(association);
                Ok(())
            }
            Due::Connected { association } => self.connected(association),
            Due::Request { call } => self.request_reaches(call),
            Due::Response { call } => self.response_reaches(call),
            Due::Failed { call, code } => self.call_failed(call, code),
            Due::Cancelled { call } => self.server_cancels(call),
            Due::ClientNotices { association, code } => self.client_notices(association, code),
            Due::ServerNotices { association } => self.server_notices(association),
            Due::Heal => self.heal(),
            Due::ShutDown => self.shut_down(),
        }
    }

    fn at(&mut self, time: u64, due: Due) {
        self.serial = self.serial.saturating_add(1);
        self.agenda.insert((time, self.serial), due);
    }

    fn after(&mut self, milliseconds: u64, due: Due) {
        self.at(self.now.saturating_add(milliseconds), due);
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// How long a message takes.
    fn delay(&mut self) -> u64 {
        let usual = self.dice.below(self.script.flavour.delay.saturating_add(1));
        let spike = if self.dice.percent(3) { 700 } else { 0 };
        u64::try_from(usual.saturating_add(spike)).unwrap_or(0)
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let _ = writeln!(trace, "{:7} ms  {}", self.now, what());
        }
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Violation> {
        let effect = happening.apply(&mut self.cluster);
        self.note(|| format!("cluster: {happening:?}"));
        self.cluster.stamp(self.now, &effect.told);
        for node in 0..self.nodes.len() {
            if let Some((kind, old, new)) = &effect.renamed {
                self.rename(node, *kind, old, new)?;
            }
        }
        for told in &effect.told {
            self.note(|| format!("  event: {told}"));
            for node in 0..self.nodes.len() {
                self.post(node, told)?;
            }
        }
        Ok(())
    }
}
