//! What a run does and when: given explicitly, or made from a seed.

use std::time::Duration;

use cmrp_port::access::{Access, ServerState};
use cmrp_port::client::{Backoff, Config, Missing};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::server::Limits;

use crate::dice::Dice;
use crate::world::Happening;

/// How a run is set up.
#[derive(Clone, Debug)]
pub struct Flavour {
    /// The protocol of all clients.
    pub protocol: Protocol,
    /// Number of nodes.
    pub nodes: usize,
    /// Number of clients.
    pub clients: usize,
    /// Limits of each server.
    pub limits: Limits,
    /// Indications that a client keeps per port before it stops asking.
    pub queue: usize,
    /// `Timeout` of protocol version 2, in milliseconds.
    pub get_timeout: u32,
    /// How clients try servers.
    pub backoff: Backoff,
    /// What the clients may do.
    pub access: Access,
    /// What clients do about objects that are gone.
    pub missing: Missing,
    /// Whether messages go through the codec.
    pub wire: bool,
    /// Whether calls of one association share one connection.
    pub multiplexed: bool,
    /// The longest usual delay of a message, in milliseconds.
    pub delay: usize,
    /// Whether clients shut down in order at the end.
    pub orderly: bool,
}

/// What a program asks of its client engine. Numbers pick one of what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields that the first lines explain")]
pub enum Command {
    /// Makes a port.
    CreatePort(PortVersion),
    /// Opens an object.
    Open { kind: ObjectKind, which: usize },
    /// Adds a filter on an object, or on the cluster if there is none.
    AddFilter { port: usize, object: Option<usize>, bits: u32, subtree: bool },
    /// Adds a filter on a resource type, if the port has version 2.
    AddResourceType { port: usize, which: usize, bits: u32 },
    /// Closes a port.
    ClosePort(usize),
    /// Closes an object.
    Close(usize),
    /// Tries to connect again.
    Reconnect,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields that the first lines explain")]
pub enum Fault {
    /// All connections of a client break; the sides notice so many milliseconds later.
    LoseAssociation { client: usize, client_after: u64, server_after: u64 },
    /// One connection of a client breaks, while others stay.
    LoseConnection { client: usize, which: usize },
    /// A node doesn't let anybody connect for so many milliseconds.
    Refuse { node: usize, milliseconds: u64 },
    /// A node fails, with everything that its server knows.
    FailNode { node: usize },
    /// A failed node comes back, a stopped server works again.
    ReturnNode { node: usize },
    /// A server changes its state.
    State { node: usize, state: ServerState },
    /// The next call of a client fails with a code; the server may have seen it.
    FailCall { client: usize, code: u32, seen: bool },
    /// What a client may do changes.
    Access { client: usize, access: Option<Access> },
    /// A program stops reading its queues, or reads again.
    Slow { client: usize, slow: bool },
    /// Messages of a client are late by so many milliseconds.
    Late { client: usize, milliseconds: u64 },
}

/// One thing that a script does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something happens in the cluster.
    Happen(Happening),
    /// A program asks its client for something.
    Command {
        /// Which client.
        client: usize,
        /// What it asks for.
        command: Command,
    },
    /// Something goes wrong.
    Fault(Fault),
}

/// A run, as a plan.
#[derive(Clone, Debug)]
pub struct Script {
    /// What delays and the like are chosen from.
    pub seed: u64,
    /// The set-up.
    pub flavour: Flavour,
    /// What is done at which millisecond.
    pub steps: Vec<(u64, Step)>,
}

/// Failures of the RPC layer that start a reconnect, and two codes that don't.
const CODES: [u32; 13] = [1702, 1717, 1722, 1723, 1726, 1727, 1747, 1753, 1775, 1825, 5050, 8, 1745];

impl Script {
    /// The plan of a seed.
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::seeded(seed);
        let flavour = Flavour::random(&mut dice);
        let mut script = Self { seed, flavour, steps: Vec::with_capacity(64) };
        for client in 0..script.flavour.clients {
            script.begin(&mut dice, client);
        }
        script.middle(&mut dice);
        script.steps.sort_by_key(|step| step.0);
        script
    }

    fn command(&mut self, at: usize, client: usize, command: Command) {
        self.steps.push((u64::try_from(at).unwrap_or(0), Step::Command { client, command }));
    }

    /// What each program does first.
    fn begin(&mut self, dice: &mut Dice<'_>, client: usize) {
        for _ in 0..dice.between(1, 2) {
            self.command(dice.below(20), client, Command::CreatePort(self.version(dice)));
        }
        for _ in 0..dice.between(1, 4) {
            self.command(dice.between(20, 60), client, open(dice));
        }
        for _ in 0..dice.between(1, 5) {
            self.command(dice.between(60, 300), client, add(dice));
        }
    }

    fn version(&self, dice: &mut Dice<'_>) -> PortVersion {
        match self.flavour.protocol {
            Protocol::V2 => PortVersion::V1,
            Protocol::V3 => dice.one(PortVersion::V1, &[PortVersion::V2]),
        }
    }

    fn middle(&mut self, dice: &mut Dice<'_>) {
        let (renames, deletes) = (dice.percent(15), dice.percent(30));
        let faults = dice.one(25, &[0, 15, 50]);
        let length = dice.one(4000, &[1500, 12_000]);
        for _ in 0..dice.between(8, 40) {
            let at = u64::try_from(dice.below(length)).unwrap_or(0).saturating_add(200);
            let client = dice.below(self.flavour.clients);
            let step = match dice.below(100) {
                chance if chance < faults => Step::Fault(self.fault(dice, client)),
                chance if chance < faults.saturating_add(15) => {
                    Step::Command { client, command: self.later(dice) }
                }
                _ => Step::Happen(Happening::random(dice, renames, deletes)),
            };
            self.steps.push((at, step));
        }
    }

    /// What programs do later.
    fn later(&self, dice: &mut Dice<'_>) -> Command {
        match dice.below(10) {
            0 => Command::CreatePort(self.version(dice)),
            1 | 2 => open(dice),
            3..=6 => add(dice),
            7 => Command::ClosePort(dice.below(4)),
            8 => Command::Close(dice.below(4)),
            _ => Command::Reconnect,
        }
    }

    fn fault(&self, dice: &mut Dice<'_>, client: usize) -> Fault {
        let node = dice.below(self.flavour.nodes);
        let mut time = |most: usize| u64::try_from(dice.below(most)).unwrap_or(0);
        let (client_after, server_after, milliseconds) = (time(600), time(3000), time(2000));
        match dice.below(16) {
            0 | 1 => Fault::LoseAssociation { client, client_after, server_after },
            2 => Fault::LoseConnection { client, which: dice.below(3) },
            3 => Fault::Refuse { node, milliseconds },
            4 | 5 => Fault::FailNode { node },
            6 | 7 => Fault::ReturnNode { node },
            8 => Fault::State {
                node,
                state: dice.one(
                    ServerState::Stopped,
                    &[ServerState::ShuttingDown, ServerState::ReadOnly, ServerState::None],
                ),
            },
            // Of all codes, only the first leaves open whether the call was carried out.
            9 => Fault::FailCall { client, code: 1726, seen: true },
            10 => Fault::FailCall { client, code: dice.one(1726, &CODES), seen: false },
            11 => Fault::Access { client, access: dice.one(None, &[Some(Access::All), Some(Access::Read)]) },
            12..=14 => Fault::Slow { client, slow: dice.percent(70) },
            _ => Fault::Late { client, milliseconds },
        }
    }
}

fn open(dice: &mut Dice<'_>) -> Command {
    let kind = dice.one(
        ObjectKind::Resource,
        &[
            ObjectKind::Resource,
            ObjectKind::Group,
            ObjectKind::Group,
            ObjectKind::Node,
            ObjectKind::Network,
            ObjectKind::NetInterface,
            ObjectKind::Key,
            ObjectKind::Cluster,
            ObjectKind::GroupSet,
        ],
    );
    Command::Open { kind, which: dice.below(8) }
}

fn add(dice: &mut Dice<'_>) -> Command {
    let (port, bits) = (dice.below(4), if dice.percent(50) { u32::MAX } else { dice.bits() });
    match dice.below(10) {
        0 => Command::AddResourceType { port, which: dice.below(3), bits },
        1..=3 => Command::AddFilter { port, object: None, bits, subtree: false },
        _ => Command::AddFilter { port, object: Some(dice.below(5)), bits, subtree: dice.percent(50) },
    }
}

impl Flavour {
    /// How a client is set up.
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.protocol, ["N1"]);
        config.access = self.access;
        config.queue = self.queue;
        config.get_timeout = self.get_timeout;
        config.backoff = self.backoff;
        config.missing = self.missing;
        config
    }

    fn random(dice: &mut Dice<'_>) -> Self {
        let protocol = dice.one(Protocol::V3, &[Protocol::V3, Protocol::V2]);
        let tight = dice.percent(35);
        let levels: &[Access] = if protocol == Protocol::V3 { &[Access::All, Access::Read] } else { &[] };
        Self {
            protocol,
            nodes: dice.between(1, 3),
            clients: dice.one(1, &[1, 2]),
            limits: limits(dice, tight),
            queue: if tight { dice.between(1, 4) } else { 1000 },
            get_timeout: dice.one(500, &[20, 50, 3000, u32::MAX]),
            backoff: Backoff {
                rounds: dice.one(1, &[2, 4]),
                first: Duration::from_millis(dice.one(10, &[100, 1000])),
                factor: dice.one(2, &[1, 3]),
                longest: Duration::from_secs(2),
            },
            access: dice.one(Access::All, levels),
            missing: dice.one(Missing::TryNext, &[Missing::Forget]),
            wire: dice.below(16) == 0,
            multiplexed: dice.percent(30),
            delay: dice.one(5, &[1, 40, 300]),
            orderly: dice.percent(50),
        }
    }
}

/// Limits that are reached soon, or never.
fn limits(dice: &mut Dice<'_>, tight: bool) -> Limits {
    let mut limits = Limits::default();
    if tight {
        limits.queue_per_port = dice.between(2, 6);
        limits.batch = dice.between(1, 4);
        limits.closed_ports = dice.below(3);
    }
    if tight && dice.percent(30) {
        limits.queue = dice.between(3, 12);
    }
    if tight && dice.percent(30) {
        limits.batch_octets = dice.between(1, 60);
    }
    if dice.percent(6) {
        limits.filters_per_port = dice.between(1, 3);
        limits.waiting = dice.between(1, 3);
        limits.handles_per_association = dice.between(2, 7);
    }
    limits
}
