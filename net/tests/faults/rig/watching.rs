//! A watcher, its link to the server, and the judges of what it hears.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupV2};
use cmrp::ndr::{Endian, Handle};
use cmrp_net::client::{
    Builder, Change, Interest, Options, Protocol, Retry, Subject, Transfer, WatchError, WatchEvent,
    WatchEvents, Watcher,
};
use cmrp_port::client::{Backoff, Indication, ObjectId};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;
use cmrp_port::status::ERROR_INVALID_HANDLE;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::host::Host;
use super::judge::{Judge, Tally};
use super::ledger::{GROUP, Ledger};
use super::proxy::Proxy;
use super::random::Random;

/// How a watcher watches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    protocol: Protocol,
    has_v1: bool,
    has_v2: bool,
    multiplexing: bool,
    transfer: Transfer,
    byte_order: Endian,
}

impl Kind {
    /// Each of them in turn.
    pub(crate) fn of(number: usize, random: &mut Random) -> Self {
        let (protocol, has_v1, has_v2) = match number % 4 {
            0 => (Protocol::V2, true, false),
            1 => (Protocol::V3, true, false),
            2 => (Protocol::V3, false, true),
            _ => (Protocol::V3, true, true),
        };
        let transfer = [Transfer::Ndr20, Transfer::Ndr64, Transfer::Either][random.below(3)];
        let byte_order = if random.coin() { Endian::Little } else { Endian::Big };
        Self { protocol, has_v1, has_v2, multiplexing: random.coin(), transfer, byte_order }
    }

    fn interests(self) -> Vec<Interest> {
        let group = || Subject::object(ObjectKind::Group, GROUP);
        let v1 = [
            Interest::v1(Subject::Cluster, ClusterChange::GROUP_ADDED | ClusterChange::GROUP_DELETED),
            Interest::v1(group(), ClusterChange::GROUP_STATE),
        ];
        let v2 = [
            ObjectFilter::Cluster(ClusterChangeClusterV2::GROUP_ADDED),
            ObjectFilter::Group(ClusterChangeGroupV2::DELETED),
        ];
        let v2 = v2.into_iter().map(|filter| Interest::v2(Subject::Cluster, filter));
        let state = Interest::v2(group(), ObjectFilter::Group(ClusterChangeGroupV2::STATE));
        let v1 = v1.into_iter().filter(|_| self.has_v1);
        v1.chain(v2.chain([state]).filter(|_| self.has_v2)).collect()
    }

    fn builder(self, address: SocketAddr) -> Builder {
        let mut options = Options::new(self.protocol)
            .with_transfer(self.transfer)
            .with_byte_order(self.byte_order)
            .with_multiplexing(self.multiplexing)
            .with_connect_deadline(Duration::from_secs(5))
            .with_call_deadline(Duration::from_secs(15))
            .with_resolver(move |_| Some(address.to_string()));
        options.limits.connections = 1;
        let retry = Retry { first: Duration::from_millis(50), longest: Duration::from_millis(400) };
        let (first, longest) = (Duration::from_millis(10), Duration::from_millis(200));
        let builder = Watcher::builder(["node1"], self.protocol)
            .options(options)
            .backoff(Backoff { first, longest, ..Backoff::default() })
            .for_ever(retry)
            .buffer(16);
        self.interests().into_iter().fold(builder, Builder::interest)
    }
}

/// A watcher that runs.
pub(crate) struct Watching {
    pub(crate) number: usize,
    kind: Kind,
    /// `None`: it is connected to the server itself, and nothing but a restart may disturb it.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) watcher: Watcher,
    notes: Arc<Notes>,
    task: JoinHandle<()>,
}

/// What the task of a watcher shares with those who judge.
struct Notes {
    judges: Mutex<Judges>,
    is_dozing: AtomicBool,
}

#[derive(Debug)]
struct Judges {
    v1: Option<Judge>,
    v2: Option<Judge>,
    /// Filters that are not there yet, by version.
    awaited: [usize; 2],
    must_read: bool,
    breaches: Vec<String>,
}

impl Judges {
    fn all(&mut self) -> impl Iterator<Item = &mut Judge> {
        self.v1.iter_mut().chain(&mut self.v2)
    }

    fn of(&mut self, version: PortVersion) -> Option<&mut Judge> {
        match version {
            PortVersion::V1 => self.v1.as_mut(),
            PortVersion::V2 => self.v2.as_mut(),
        }
    }

    fn added(&mut self, version: PortVersion, sequence: Option<u32>) {
        let awaited = &mut self.awaited[usize::from(version == PortVersion::V2)];
        *awaited = awaited.saturating_sub(1);
        let is_ready = *awaited == 0;
        let Some(judge) = self.of(version) else { return };
        if let Some(sequence) = sequence {
            judge.began(sequence);
        }
        if is_ready {
            judge.ready();
        }
    }

    fn take(&mut self, change: &Change) {
        let version = match change.indication {
            Indication::V1 { .. } => PortVersion::V1,
            Indication::V2 { .. } => PortVersion::V2,
        };
        let must_read = self.of(version).is_some_and(|judge| judge.take(&change.indication));
        self.must_read |= must_read;
    }
}

impl Watching {
    /// Starts a watcher, through a proxy or not.
    pub(crate) async fn start(number: usize, kind: Kind, is_exposed: bool, host: &Arc<Host>) -> Self {
        let proxy = if is_exposed { Some(Proxy::start(host.address).await) } else { None };
        let address = proxy.as_ref().map_or(host.address, |proxy| proxy.address);
        let judge = |version, wanted: bool| wanted.then(|| judge(&host.ledger, version));
        let judges = Judges {
            v1: judge(PortVersion::V1, kind.has_v1),
            v2: judge(PortVersion::V2, kind.has_v2),
            awaited: [2, 3],
            must_read: false,
            breaches: Vec::new(),
        };
        let notes = Arc::new(Notes { judges: Mutex::new(judges), is_dozing: AtomicBool::new(false) });
        let (watcher, events) = kind.builder(address).start().unwrap();
        let follower = Follower {
            watcher: watcher.clone(),
            notes: Arc::clone(&notes),
            host: Arc::clone(host),
            protocol: kind.protocol,
            is_exposed,
            group: None,
            reconnects: 0,
        };
        let task = tokio::spawn(follower.run(events));
        Self { number, kind, proxy, watcher, notes, task }
    }

    /// Has it read nothing, or read again.
    pub(crate) fn doze(&self, dozes: bool) {
        self.notes.is_dozing.store(dozes, Ordering::SeqCst);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.notes.judges().all().all(|judge| judge.is_ready())
    }

    /// Whether it has heard all that was posted, and read what it had to.
    pub(crate) fn is_up_to_date(&self) -> bool {
        let mut judges = self.notes.judges();
        !judges.must_read && judges.all().all(|judge| judge.is_up_to_date())
    }

    /// What is wrong with what it heard, and how much that was.
    pub(crate) fn verdict(&self, state: u32) -> (Vec<String>, Vec<Tally>) {
        let mut judges = self.notes.judges();
        let mut breaches = std::mem::take(&mut judges.breaches);
        let mut tallies = Vec::new();
        for judge in judges.all() {
            judge.finish(state);
            breaches.append(&mut judge.breaches);
            tallies.push(judge.tally);
        }
        let breaches = breaches.into_iter();
        (
            breaches.map(|breach| format!("watcher {} {:?}: {breach}", self.number, self.kind)).collect(),
            tallies,
        )
    }

    /// Unblocks and closes, or is killed: its sockets and tasks go without a word.
    pub(crate) async fn end(self, is_graceful: bool) {
        if is_graceful {
            self.watcher.shut_down().await;
        }
        self.task.abort();
        drop(self.task.await);
    }
}

fn judge(ledger: &Arc<Ledger>, version: PortVersion) -> Judge {
    Judge::new(Arc::clone(ledger), version)
}

impl Notes {
    fn judges(&self) -> MutexGuard<'_, Judges> {
        self.judges.lock().unwrap()
    }
}

/// The task that reads the events of a watcher, as a program does.
struct Follower {
    watcher: Watcher,
    notes: Arc<Notes>,
    host: Arc<Host>,
    protocol: Protocol,
    is_exposed: bool,
    group: Option<ObjectId>,
    /// How often it had to look for a server without having been hurt.
    reconnects: usize,
}

impl Follower {
    async fn run(mut self, mut events: WatchEvents) {
        loop {
            while self.notes.is_dozing.load(Ordering::SeqCst) {
                sleep(Duration::from_millis(20)).await;
            }
            let must_read = self.notes.judges().must_read;
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(event) => self.take(event),
                    None => return,
                },
                () = sleep(Duration::from_millis(20)), if must_read => {}
            }
            self.read_state().await;
        }
    }

    fn take(&mut self, event: WatchEvent) {
        let may_reconnect = match event {
            WatchEvent::Reconnecting { code } => self.may_reconnect(code),
            _ => true,
        };
        let mut judges = self.notes.judges();
        match event {
            WatchEvent::Changed(change) => judges.take(&change),
            WatchEvent::FilterAdded { interest, state_sequence, .. } => {
                judges.added(interest.events.port_version(), state_sequence);
            }
            WatchEvent::Opened { object, .. } => self.group = Some(object),
            WatchEvent::Reconnecting { code } if !may_reconnect => {
                judges.breaches.push(format!("nobody hurt it, and it reconnects with code {code}"));
            }
            WatchEvent::OpenFailed { .. }
            | WatchEvent::FilterFailed { .. }
            | WatchEvent::PortFailed { .. }
            | WatchEvent::PortEnded { .. }
            | WatchEvent::Skipped { .. } => judges.breaches.push(format!("{event:?}")),
            _ => {}
        }
    }

    /// Whether there is a reason: it was hurt, its port has lost events, which protocol version 2 tells by a handle
    /// that is no good any more, or a server was stopped.
    fn may_reconnect(&mut self, code: u32) -> bool {
        let has_lost = self.protocol == Protocol::V2 && code == ERROR_INVALID_HANDLE;
        if self.is_exposed || has_lost {
            return true;
        }
        self.reconnects += 1;
        self.reconnects <= self.host.stops()
    }

    /// Reads the state of the watched group, if something was missed. If that fails, it is tried again.
    async fn read_state(&mut self) {
        let Some(group) = self.group.filter(|_| self.notes.judges().must_read) else { return };
        if let Ok(Some(state)) = self.state(group).await {
            let mut judges = self.notes.judges();
            judges.must_read = false;
            judges.all().for_each(|judge| judge.has_read(state));
        }
    }

    async fn state(&self, group: ObjectId) -> Result<Option<u32>, WatchError> {
        Ok(match self.protocol {
            Protocol::V2 => {
                let request = |group| cmrp::clusapi2::ApiGetGroupStateRequest { h_group: Handle::new(group) };
                let answer = self.watcher.call(group, request).await?;
                answer.get().ok().filter(|answer| answer.return_value == 0).map(|answer| answer.state)
            }
            Protocol::V3 => {
                let request = |group| cmrp::clusapi3::ApiGetGroupStateRequest { h_group: Handle::new(group) };
                let answer = self.watcher.call(group, request).await?;
                answer.get().ok().filter(|answer| answer.return_value == 0).map(|answer| answer.state)
            }
        })
    }
}
