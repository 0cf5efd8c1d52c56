//! A node of a cluster under any octets: they are read as a sequence of calls, changes and moments.
//!
//! Each call is put together from pieces, so that many get past the decoder: handles that earlier calls returned, names
//! that the cluster knows, small and odd numbers, plain octets.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use cmrp::ndr::{Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_cluster::change::Change;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::State;
use cmrp_cluster::embedded::{Config, Embedded, Timings};
use cmrp_cluster::node::{Message, Node, NodeConfig, Output};
use cmrp_port::access::Access;
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;

/// Calls and changes of one run, at most: they cost more time than octets.
const STEPS: usize = 64;

/// Handles that are remembered.
const HANDLES: usize = 32;

/// The default cluster. Reading its definition takes longer than a run.
static DEFAULT_STATE: LazyLock<Option<State>> =
    LazyLock::new(|| Definition::from_text(DEFAULT).ok().map(|definition| definition.state(0)));

/// Names that a call may use: of objects of the default cluster, of types, of keys, and of nothing.
pub(crate) const NAMES: [&str; 16] = [
    "node1",
    "node2",
    "Cluster Group",
    "File Server",
    "SQL Server",
    "SQL Server (INST1)",
    "Cluster Name",
    "Cluster Disk 2",
    "Cluster Network 1",
    "node1 - Ethernet",
    "Generic Service",
    "Physical Disk",
    "Databases",
    "Software\\Example",
    "New",
    "",
];

/// What happens from outside.
fn changes() -> Vec<Change> {
    let node = |name: &str| name.to_owned();
    vec![
        Change::NodeDown { node: node("node1") },
        Change::NodeUp { node: node("node1") },
        Change::NodeDown { node: node("node2") },
        Change::NodeUp { node: node("node2") },
        Change::ResourceFailed { resource: "SQL Server".into() },
        Change::GroupMoved { group: "File Server".into(), to: None },
        Change::Quorum { held: false },
        Change::Quorum { held: true },
    ]
}

/// A node, and what a client of it remembers.
struct Run<'o> {
    node: Node,
    now: Instant,
    octets: &'o [u8],
    handles: Vec<[u8; 20]>,
    calls: u64,
    unanswered: BTreeSet<CallId>,
}

/// Runs a node on any octets.
///
/// # Panics
/// It breaks its contract: a call has no outcome or two, an answer is not one of its method, something is left behind
/// by clients that are gone.
pub fn run(octets: &[u8]) {
    let Some(state) = DEFAULT_STATE.clone() else { return };
    let time = if octets.len() % 2 == 0 { Duration::ZERO } else { Duration::from_millis(10) };
    let timings = Timings { online: time, offline: time, restart: time, join: time };
    let cluster = Embedded::new(state, Config { timings, ..Config::default() });
    let node = Node::new(Box::new(cluster), NodeConfig::new("node1", [1; 16]));
    let mut run = Run {
        node,
        now: Instant::ORIGIN,
        octets,
        handles: Vec::new(),
        calls: 0,
        unanswered: BTreeSet::new(),
    };
    for _ in 0..STEPS {
        if run.step().is_none() {
            break;
        }
    }
    run.end();
}

impl Run<'_> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.octets.split_first()?;
        self.octets = rest;
        Some(*first)
    }

    fn step(&mut self) -> Option<()> {
        match self.octet()? {
            0..=9 => self.happen(),
            10..=14 => self.pass(),
            15..=17 => self.cancel(),
            kind => self.call(kind),
        }
    }

    fn happen(&mut self) -> Option<()> {
        let changes = changes();
        let change = pick(&changes, self.octet()?)?;
        // Whether it can happen is the cluster's to say.
        drop(self.node.change(self.now, change));
        self.collect(None);
        Some(())
    }

    fn pass(&mut self) -> Option<()> {
        self.now = self.now.saturating_add(Duration::from_millis(u64::from(self.octet()?)));
        let mut rounds = 0_u32;
        while self.node.poll_timeout().is_some_and(|due| due <= self.now) {
            self.node.handle_timeout(self.now);
            rounds = rounds.saturating_add(1);
            assert!(rounds < 1_000, "what is due is never done");
        }
        self.collect(None);
        Some(())
    }

    fn cancel(&mut self) -> Option<()> {
        let choice = self.octet()?;
        let calls: Vec<CallId> = self.unanswered.iter().copied().collect();
        if let Some(call) = pick(&calls, choice) {
            self.node.handle_cancel(*call);
        }
        self.collect(None);
        Some(())
    }

    fn call(&mut self, kind: u8) -> Option<()> {
        let (protocol, format) = match kind % 8 {
            0 => (Protocol::V2, Format::NDR20_LE),
            1 => (Protocol::V3, Format::NDR20_BE),
            2 => (Protocol::V3, Format::Ndr64),
            _ => (Protocol::V3, Format::NDR20_LE),
        };
        let opnum = u16::from(self.octet()?);
        let stub = self.stub()?;
        let access = match self.octet()? {
            0 => None,
            1..=8 => Some(Access::Read),
            _ => Some(Access::All),
        };
        self.calls = self.calls.saturating_add(1);
        let call = CallId(self.calls);
        let caller = Caller { association: AssociationId(1), access };
        self.unanswered.insert(call);
        self.node.handle_call(self.now, caller, call, Message { protocol, opnum, format, stub: &stub });
        self.collect(Some((call, protocol, opnum, format)));
        Some(())
    }

    /// Parameters, put together as a client of the first format would.
    fn stub(&mut self) -> Option<Vec<u8>> {
        let mut stub = Vec::new();
        for _ in 0..self.octet()? % 6 {
            stub.resize(stub.len().next_multiple_of(4), 0);
            match self.octet()? {
                choice @ 0..=99 => {
                    let handle = pick(&self.handles, choice);
                    stub.extend(handle.copied().unwrap_or_default());
                }
                choice @ 100..=179 => name(pick(&NAMES, choice)?, &mut stub),
                choice @ 180..=229 => stub.extend(number(choice).to_le_bytes()),
                _ => stub.push(self.octet()?),
            }
        }
        Some(stub)
    }

    /// Takes outputs: each call has one outcome.
    fn collect(&mut self, made: Option<(CallId, Protocol, u16, Format)>) {
        while let Some(output) = self.node.poll_output() {
            let call = match &output {
                Output::Response { call, .. } | Output::Fault { call, .. } | Output::Abandoned { call } => {
                    *call
                }
                Output::EndConnection { .. } => continue,
            };
            assert!(self.unanswered.remove(&call), "a second outcome of {call:?}");
            if let (Output::Response { stub, delivery, .. }, Some((id, protocol, opnum, format))) =
                (&output, made)
            {
                if id == call {
                    self.learn(protocol, opnum, format, stub);
                }
                if stub.len() % 11 == 0 {
                    if let Some(delivery) = delivery {
                        self.node.handle_undelivered(delivery);
                    }
                }
            }
        }
    }

    /// An answer is one of its method; a handle in it is remembered.
    fn learn(&mut self, protocol: Protocol, opnum: u16, format: Format, stub: &[u8]) {
        let limits = Limits::DEFAULT.with_trailing(0);
        let error = match protocol {
            Protocol::V2 => clusapi2::Response::decode(opnum, stub, format, &limits).err(),
            Protocol::V3 => clusapi3::Response::decode(opnum, stub, format, &limits).err(),
        };
        assert!(error.is_none(), "opnum {opnum}: {error:?}");
        if let Some(handle) = stub.last_chunk::<20>() {
            if *handle != [0; 20] && self.handles.len() < HANDLES {
                self.handles.push(*handle);
            }
        }
    }

    /// The clients go, and leave nothing behind.
    fn end(mut self) {
        self.node.handle_disconnect(AssociationId(1));
        self.collect(None);
        assert!(self.unanswered.is_empty(), "{:?} have no outcome", self.unanswered);
        let left = self.node.statistics();
        assert_eq!((left.handles, left.ports, left.filters, left.waiting, left.queued), (0, 0, 0, 0, 0));
        assert_eq!(self.node.waiting(), 0);
    }
}

/// One of several; `None` if there are none.
fn pick<T>(items: &[T], choice: u8) -> Option<&T> {
    items.get(usize::from(choice).checked_rem(items.len())?)
}

/// A conformant and varying string.
fn name(text: &str, stub: &mut Vec<u8>) {
    let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let count = u32::try_from(units.len()).unwrap_or(0);
    stub.extend(count.to_le_bytes());
    stub.extend(0_u32.to_le_bytes());
    stub.extend(count.to_le_bytes());
    stub.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
}

fn number(choice: u8) -> u32 {
    const NUMBERS: [u32; 12] = [0, 1, 2, 3, 4, 8, 0x20, 100, 0x2_0019, 0xF003F, 0x8000_0000, u32::MAX];
    pick(&NUMBERS, choice).copied().unwrap_or(0)
}
