//! Whether what a watcher hears is all that was posted, but for what it is told that it missed.

use std::sync::Arc;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupV2};
use cmrp_port::client::Indication;
use cmrp_port::protocol::PortVersion;

use super::ledger::{GROUP, Ledger, Post};

/// The judge of what one port of one watcher brings.
#[derive(Debug)]
pub(crate) struct Judge {
    ledger: Arc<Ledger>,
    version: PortVersion,
    /// What must come next.
    due: Due,
    /// The place of the last event that came.
    last: Option<usize>,
    /// The state number of the watched group that was told last, by a version 1 port.
    sequence: Option<u32>,
    /// The state of the watched group, as the last event told it or as it was read.
    state: Option<u32>,
    /// The server has lost events since the state was told.
    has_lost: bool,
    pub(crate) tally: Tally,
    /// Everything that must not be.
    pub(crate) breaches: Vec<String>,
}

/// What must come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Nothing: the filters are not there yet.
    Nothing,
    /// Everything from this place on; what came before it may come or not, since the client was away.
    From(usize),
    /// Any later event: the server has said that it lost some. None is missing from there on.
    Later,
    /// The event of this place, and no other.
    Next(usize),
}

/// What came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) heard: usize,
    /// `CLUSTER_RECONNECT` of the client itself.
    pub(crate) reconnects: usize,
    /// `CLUSTER_RECONNECT` of the server, and `LOST_NOTIFICATIONS`.
    pub(crate) losses: usize,
}

/// What an indication is to a judge.
enum Heard {
    Post(Post),
    /// The client was away.
    Reconnect,
    /// The server has lost something.
    Loss,
    Sequence(u32),
    State(u32),
    Other,
}

impl Judge {
    pub(crate) fn new(ledger: Arc<Ledger>, version: PortVersion) -> Self {
        Self {
            ledger,
            version,
            due: Due::Nothing,
            last: None,
            sequence: None,
            state: None,
            has_lost: false,
            tally: Tally::default(),
            breaches: Vec::new(),
        }
    }

    /// All filters are there: from now on nothing may be missing.
    pub(crate) fn ready(&mut self) {
        if self.due == Due::Nothing {
            self.due = Due::From(self.ledger.len(self.version));
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.due != Due::Nothing
    }

    /// The state number that the watched group had when its filter was added.
    pub(crate) fn began(&mut self, sequence: u32) {
        self.sequence.get_or_insert(sequence);
    }

    /// The program has read the state.
    pub(crate) fn has_read(&mut self, state: u32) {
        self.state = Some(state);
    }

    /// Takes what came. `true`: the program has to read the state.
    pub(crate) fn take(&mut self, indication: &Indication) -> bool {
        match heard(indication) {
            Heard::Post(post) => self.post(post),
            Heard::Reconnect => {
                self.tally.reconnects += 1;
                // What the filters are added with again is the number that was told last.
                self.has_lost = false;
                if self.is_ready() {
                    self.due = Due::From(self.ledger.len(self.version));
                }
                return true;
            }
            Heard::Loss => {
                self.tally.losses += 1;
                self.has_lost = true;
                if self.is_ready() {
                    self.due = Due::Later;
                }
                return true;
            }
            Heard::Sequence(number) => (self.sequence, self.has_lost) = (Some(number), false),
            Heard::State(state) => self.state = Some(state),
            Heard::Other => {}
        }
        false
    }

    fn post(&mut self, post: Post) {
        let Some(place) = self.ledger.place(self.version, post) else {
            return self.breach(&format!("{post:?} was never posted"));
        };
        if self.last >= Some(place) {
            self.breach(&format!("{post:?} at {place} came after {:?}", self.last));
        }
        let wanted = match self.due {
            Due::From(from) if place >= from => Some(from),
            Due::Next(next) => Some(next),
            Due::Nothing | Due::From(_) | Due::Later => None,
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != place) {
            self.breach(&format!("{wanted}..{place} are missing, and nothing says so"));
        }
        self.due = match self.due {
            Due::Nothing => Due::Nothing,
            Due::From(from) if place < from => Due::From(from),
            _ => Due::Next(place + 1),
        };
        self.last = Some(place);
        self.tally.heard += 1;
    }

    fn breach(&mut self, breach: &str) {
        if self.breaches.len() < 5 {
            self.breaches.push(format!("{:?} port: {breach}", self.version));
        }
    }

    /// Whether it has heard all that was posted.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.last.map_or(0, |last| last + 1) == self.ledger.len(self.version)
    }

    /// The end, with all said: whether it knows the newest state.
    pub(crate) fn finish(&mut self, state: u32) {
        if !self.is_up_to_date() {
            let len = self.ledger.len(self.version);
            self.breach(&format!("deaf at the end: {:?} of {len}, due {:?}", self.last, self.due));
        }
        let sequence = self.ledger.sequence();
        // Where the server has lost events, it is reading that gives the state.
        let by_number = self.version == PortVersion::V1 && !self.has_lost;
        if by_number && self.sequence != Some(sequence) {
            self.breach(&format!("knows state number {:?}, not {sequence}", self.sequence));
        }
        if !by_number && self.state.is_some_and(|known| known != state) {
            self.breach(&format!("knows state {:?}, not {state}", self.state));
        }
    }
}

fn heard(indication: &Indication) -> Heard {
    match indication {
        Indication::V1 { change, filter, .. } if *change == ClusterChange::CLUSTER_RECONNECT => {
            match filter {
                None => Heard::Reconnect,
                Some(_) => Heard::Loss,
            }
        }
        Indication::V1 { change, name, state_sequence, .. } => match Post::of_v1(*change, name) {
            Some(post) => Heard::Post(post),
            None if *change == ClusterChange::GROUP_STATE && name == GROUP => {
                Heard::Sequence(*state_sequence)
            }
            None => Heard::Other,
        },
        Indication::V2 { filter: ObjectFilter::Cluster(ClusterChangeClusterV2::RECONNECT), .. } => {
            Heard::Reconnect
        }
        Indication::V2 {
            filter: ObjectFilter::Cluster(ClusterChangeClusterV2::LOST_NOTIFICATIONS), ..
        } => Heard::Loss,
        Indication::V2 { filter, name, buffer, .. } => {
            match (Post::of_v2(*filter, name), buffer.first_chunk()) {
                (Some(post), _) => Heard::Post(post),
                (None, Some(state)) if *filter == ObjectFilter::Group(ClusterChangeGroupV2::STATE) => {
                    Heard::State(u32::from_le_bytes(*state))
                }
                _ => Heard::Other,
            }
        }
    }
}
