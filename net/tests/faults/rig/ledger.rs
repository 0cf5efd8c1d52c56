//! What the cluster has posted, written down where it leaves the cluster: what watchers heard is held against it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cmrp::clusapi3::{ObjectFilter, Request};
use cmrp::cluster_change::{ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupV2};
use cmrp_cluster::change::{Change, ChangeError};
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::embedded::Embedded;
use cmrp_cluster::event::Event;
use cmrp_cluster::session::{Answer, Outcome, Session};
use cmrp_port::access::ServerState;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::PortVersion;
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server::{AssociationId, CallId};
use cmrp_port::time::Instant;

/// The group whose state all watch.
pub(crate) const GROUP: &str = "File Server";

/// What the names of numbered groups begin with.
const NUMBERED: &str = "Event ";

/// The name of the group whose creation and deletion are the events of a number.
pub(crate) fn name(number: u32) -> String {
    format!("{NUMBERED}{number}")
}

/// A numbered event: its group was created, or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Post {
    pub(crate) number: u32,
    pub(crate) is_deletion: bool,
}

impl Post {
    pub(crate) fn of_v1(change: ClusterChange, name: &str) -> Option<Self> {
        let is_deletion = change == ClusterChange::GROUP_DELETED;
        Self::of(is_deletion || change == ClusterChange::GROUP_ADDED, is_deletion, name)
    }

    pub(crate) fn of_v2(filter: ObjectFilter, name: &str) -> Option<Self> {
        let is_deletion = filter == ObjectFilter::Group(ClusterChangeGroupV2::DELETED);
        let is_creation = filter == ObjectFilter::Cluster(ClusterChangeClusterV2::GROUP_ADDED);
        Self::of(is_deletion || is_creation, is_deletion, name)
    }

    fn of(is_one: bool, is_deletion: bool, name: &str) -> Option<Self> {
        let number = name.strip_prefix(NUMBERED).filter(|_| is_one)?;
        Some(Self { number: number.parse().ok()?, is_deletion })
    }
}

/// All that was posted, in order, for each version of ports.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    v1: HashMap<Post, usize>,
    v2: HashMap<Post, usize>,
    /// The state number of the group that all watch.
    sequence: u32,
}

impl Ledger {
    /// How many numbered events there were.
    pub(crate) fn len(&self, version: PortVersion) -> usize {
        self.books().of(version).len()
    }

    /// The place of a numbered event.
    pub(crate) fn place(&self, version: PortVersion, post: Post) -> Option<usize> {
        self.books().of(version).get(&post).copied()
    }

    /// The state number that the watched group has now.
    pub(crate) fn sequence(&self) -> u32 {
        self.books().sequence
    }

    /// Writes a numbered event down.
    pub(crate) fn post(&self, version: PortVersion, post: Post) {
        let mut books = self.books();
        let book = books.of(version);
        let place = book.len();
        assert_eq!(book.insert(post, place), None, "posted twice: {post:?}");
    }

    fn record(&self, event: &Event) {
        if let Some(v1) = event.v1() {
            if let Some(post) = Post::of_v1(v1.change(), v1.name()) {
                self.post(PortVersion::V1, post);
            }
            if v1.change() == ClusterChange::GROUP_STATE && v1.name() == GROUP {
                self.books().sequence = v1.state_sequence();
            }
        }
        if let Some(post) = event.v2().and_then(|v2| Post::of_v2(v2.filter, v2.name)) {
            self.post(PortVersion::V2, post);
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }
}

impl Books {
    fn of(&mut self, version: PortVersion) -> &mut HashMap<Post, usize> {
        match version {
            PortVersion::V1 => &mut self.v1,
            PortVersion::V2 => &mut self.v2,
        }
    }
}

/// A cluster whose events are written down.
pub(crate) struct Tap {
    cluster: Embedded,
    ledger: Arc<Ledger>,
}

impl Tap {
    pub(crate) fn new(cluster: Embedded, ledger: Arc<Ledger>) -> Self {
        let group = Object::new(ObjectKind::Group, GROUP);
        ledger.books().sequence = cluster.states().state_sequence(&group);
        Self { cluster, ledger }
    }

    /// Makes something happen while no server is there: nobody hears of it.
    pub(crate) fn happen(&mut self, change: &Change) {
        self.cluster.change(Instant::ORIGIN, change).unwrap();
        while self.next_event().is_some() {}
    }
}

impl Cluster for Tap {
    fn name(&self) -> &str {
        self.cluster.name()
    }

    fn server_state(&self, node: &str) -> ServerState {
        self.cluster.server_state(node)
    }

    fn states(&self) -> &dyn StateNumbers {
        self.cluster.states()
    }

    fn call(&mut self, now: Instant, session: &mut Session<'_>, request: &Request<'_>) -> Outcome {
        self.cluster.call(now, session, request)
    }

    fn next_answer(&mut self) -> Option<Answer> {
        self.cluster.next_answer()
    }

    fn next_event(&mut self) -> Option<Event> {
        let event = self.cluster.next_event()?;
        self.ledger.record(&event);
        Some(event)
    }

    fn handle_cancel(&mut self, call: CallId) {
        self.cluster.handle_cancel(call);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        self.cluster.handle_disconnect(association);
    }

    fn change(&mut self, now: Instant, change: &Change) -> Result<(), ChangeError> {
        self.cluster.change(now, change)
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.cluster.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.cluster.poll_timeout()
    }
}
