//! Laws that hold whatever a server answers and a program asks, over pseudo-random runs. The rig checks with each
//! call that no port has two get calls, that handles belong to the present binding, and that a procedure makes one
//! call at a time.

use core::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2, ClusterChangeResourceTypeV2};
use cmrp_port::access::Access;
use cmrp_port::client::{Backoff, Config, Missing, Notice, ObjectId, PortId, Statistics, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::answer::Answer;
use crate::rig::Rig;

/// xorshift64*
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(roll).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

const OBJECTS: [ObjectKind; 9] = [
    ObjectKind::Cluster,
    ObjectKind::Node,
    ObjectKind::Group,
    ObjectKind::Resource,
    ObjectKind::Key,
    ObjectKind::Network,
    ObjectKind::NetInterface,
    ObjectKind::GroupSet,
    ObjectKind::ResourceType,
];

const FAILURES: [u32; 12] = [0x6, 0x5, 0x57, 0x1, 0x103, 0x102, 0x6BA, 0x6BE, 0x6BF, 0x6D1, 0x13D0, 0x1395];

struct Run {
    dice: Dice,
    rig: Rig,
    objects: Vec<ObjectId>,
    ports: Vec<PortId>,
}

const QUEUE: usize = 4;
const ROUNDS: usize = 120;

impl Run {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let protocol = dice.pick(&[Protocol::V2, Protocol::V3]);
        let mut config = Config::new(protocol, ["node1", "node3"]);
        config.access = dice.pick(&[Access::All, Access::Read]);
        config.queue = QUEUE;
        config.missing = dice.pick(&[Missing::TryNext, Missing::Forget]);
        let first = Duration::from_millis(10);
        let rounds = u32::try_from(dice.roll(3)).unwrap();
        config.backoff = Backoff { rounds, first, factor: 2, longest: Duration::from_millis(40) };
        let mut rig = Rig::new(config);
        rig.always("", Answer::Hold);
        Self { dice, rig, objects: Vec::new(), ports: Vec::new() }
    }

    /// One thing that a program, the network or a server does.
    fn turn(&mut self) {
        match self.dice.roll(20) {
            0 | 1 => self.open(),
            2 => self.create(),
            3 | 4 => self.add(),
            5 => {
                let object = self.object();
                self.rig.client.close(object);
            }
            6 if self.dice.roll(3) == 0 => {
                let port = self.port();
                self.rig.client.close_port(port);
            }
            7 if self.dice.roll(4) == 0 => self.break_connection(),
            8 => self.rig.pass_time(15),
            9 => self.rig.client.reconnect(),
            10 => self.read(),
            11 => self.answer_stale(),
            _ => self.answer(),
        }
        self.rig.run();
        self.check_bounds();
    }

    fn open(&mut self) {
        let kind = self.dice.pick(&OBJECTS);
        let name = self.dice.pick(&["", "a", "b"]);
        let object = self.rig.client.open(kind, name);
        self.objects.push(object);
    }

    fn create(&mut self) {
        let version = self.dice.pick(&[PortVersion::V1, PortVersion::V2]);
        let port = self.rig.client.create_port(version);
        self.ports.push(port);
    }

    fn object(&mut self) -> ObjectId {
        if self.objects.is_empty() {
            self.open();
        }
        let number = self.dice.roll(self.objects.len());
        self.objects[number]
    }

    fn port(&mut self) -> PortId {
        if self.ports.is_empty() {
            self.create();
        }
        let number = self.dice.roll(self.ports.len());
        self.ports[number]
    }

    fn add(&mut self) {
        let (port, object) = (self.port(), self.object());
        let target = self.dice.pick(&[Target::Cluster, Target::Object(object)]);
        let events = self.dice.pick(&[
            ClusterChange::GROUP_STATE,
            ClusterChange::NODE_STATE,
            ClusterChange::RESOURCE_STATE,
            ClusterChange::REGISTRY_VALUE,
        ]);
        let client = &mut self.rig.client;
        let _ = client.add_filter(port, target, events, false, 1);
        let group = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
        let _ = client.add_filter_v2(port, target, group, 2);
        let _ = client.add_resource_type(port, "t", ClusterChangeResourceTypeV2::DELETED, 3);
    }

    fn read(&mut self) {
        let port = self.port();
        self.rig.client.next_indication(port);
    }

    fn break_connection(&mut self) {
        let code = self.dice.pick(&FAILURES);
        if self.rig.binding().is_some() {
            self.rig.cut(code);
        }
    }

    /// Answers a call that waits, or ends a connect.
    fn answer(&mut self) {
        if self.rig.is_connecting() {
            let refused = (self.dice.roll(4) == 0).then_some(0x6BA);
            return self.rig.connect_done(refused);
        }
        let calls: Vec<_> = self.rig.calls.keys().copied().collect();
        if calls.is_empty() {
            return;
        }
        let call = self.dice.pick(&calls);
        let answer = self.any_answer();
        self.rig.answer(call, &answer);
    }

    fn answer_stale(&mut self) {
        if !self.rig.stale.is_empty() {
            let place = self.dice.roll(self.rig.stale.len());
            let answer = self.any_answer();
            self.rig.answer_stale(place, &answer);
        }
    }

    fn any_answer(&mut self) -> Answer {
        let key = u32::try_from(self.dice.roll(12)).unwrap();
        let change = self.dice.pick(&[
            ClusterChange::GROUP_STATE,
            ClusterChange::CLUSTER_STATE,
            ClusterChange::CLUSTER_RECONNECT,
            ClusterChange::all(),
        ]);
        let name = self.dice.pick(&["a", "b", ""]);
        let code = self.dice.pick(&FAILURES);
        match self.dice.roll(16) {
            0 => Answer::Code(code),
            1 => Answer::Failure(code),
            2 if self.dice.roll(3) == 0 => Answer::WrongMethod,
            3 if self.dice.roll(3) == 0 => Answer::NoHandle,
            4 => Answer::Granted(0x1000_0000),
            5 => Answer::Names("other", "node2"),
            6 => {
                let event = (u64::from(key), ObjectFilter::Group(ClusterChangeGroupV2::STATE), name);
                Answer::Events(vec![event; self.dice.roll(4)])
            }
            _ => Answer::Event(key, change, key, name),
        }
    }

    /// What a client holds is bounded by what the program asked for.
    fn check_bounds(&self) {
        let Statistics { objects, ports, filters, calls, queued, .. } = self.rig.client.statistics();
        assert!(objects <= self.objects.len() && ports <= self.ports.len());
        // One call for each object and each three for each port: add, get, and unblock or close; and the root key.
        assert!(calls <= objects + 3 * ports + 2, "{calls} calls");
        // A full queue still gets what the client makes: no more than the program closes and the connection loses.
        assert!(queued <= ports * (QUEUE + 3 + 2 * ROUNDS), "{queued} queued");
        assert!(filters <= 3 * ROUNDS);
        let known = self.rig.calls.len();
        assert_eq!(
            calls, known,
            "the engine waits for the calls that were not taken back, and for no others"
        );
    }

    /// From here on the server does as it is told.
    fn settle_down(&mut self) {
        self.rig.always("", Answer::Ok);
        for get in ["ApiGetNotify", "ApiGetNotifyV2"] {
            self.rig.always(get, Answer::Hold);
        }
        if self.rig.is_connecting() {
            self.rig.connect_done(None);
        }
        let calls: Vec<_> =
            self.rig.calls.iter().filter(|(_, call)| !call.waits).map(|(id, _)| *id).collect();
        for call in calls {
            if self.rig.calls.contains_key(&call) {
                self.rig.answer(call, &Answer::Ok);
                self.rig.run();
            }
        }
        self.rig.hold_none();
        self.rig.client.reconnect();
        self.rig.run();
        while let Some(until) = self.rig.client.poll_timeout() {
            let wait = until.since(self.rig.now);
            self.rig.pass_time(u64::try_from(wait.as_millis()).unwrap());
        }
    }
}

/// Rows: laws/terminate, laws/bounded, laws/one-get, laws/one-procedure, laws/handles
#[test]
fn laws_hold_over_random_runs() {
    let mut connected = 0;
    let mut reconnected = 0;
    for seed in 0..3_000 {
        let mut run = Run::new(seed);
        run.rig.hold_connect();
        run.rig.run();
        for _ in 0..ROUNDS {
            run.turn();
        }
        run.settle_down();
        let notices = &run.rig.notices;
        connected += notices.iter().filter(|notice| matches!(notice, Notice::Connected { .. })).count();
        reconnected += notices.iter().filter(|notice| matches!(notice, Notice::Reconnected { .. })).count();
        assert_eq!(run.rig.client.poll_timeout(), None, "seed {seed}");
        assert!(run.rig.calls.values().all(|call| call.waits), "seed {seed}: all is done but the get calls");
        let Statistics { ports, calls, .. } = run.rig.client.statistics();
        assert!(calls <= ports, "seed {seed}");

        run.rig.client.shut_down();
        run.rig.run();
        assert_eq!(run.rig.notices.last(), Some(&Notice::Closed), "seed {seed}");
        let left = run.rig.client.statistics();
        assert_eq!(left, Statistics::default(), "seed {seed}");
        assert_eq!(run.rig.binding(), None);
        each_port_ends_once(seed, &run);
    }
    assert!(connected > 1_000 && reconnected > 1_000, "the runs go deep: {connected}, {reconnected}");
}

/// Each port fails once or is closed once, each object that was asked for is told of at most once.
fn each_port_ends_once(seed: u64, run: &Run) {
    for port in &run.ports {
        let ends = run.rig.notices.iter().filter(|notice| match notice {
            Notice::PortFailed { port: other, .. } | Notice::PortClosed { port: other } => other == port,
            _ => false,
        });
        assert_eq!(ends.count(), 1, "seed {seed}: {port:?}");
    }
    for object in &run.objects {
        let opened = run.rig.notices.iter().filter(|notice| match notice {
            Notice::Opened { object: other, .. } => other == object,
            _ => false,
        });
        assert!(opened.count() <= 1, "seed {seed}: {object:?}");
    }
}
