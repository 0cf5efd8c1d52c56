//! One port of the model: its filters, its queue, the calls that wait.

use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::time::Instant;

use super::Limits;
use super::matching::{Filter, Wanted};
use crate::plain::{Answer, Get, Indication, Token};

/// `CLUSTER_CHANGE_CLUSTER_RECONNECT`.
const RECONNECT: u32 = 0x0008_0000;
/// `CLUSTER_CHANGE_CLUSTER_LOST_NOTIFICATIONS_V2`.
const LOST_V2: u64 = 0x200;
/// `CLUSTER_OBJECT_TYPE_CLUSTER`.
const CLUSTER: u32 = 1;

/// A get call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The call.
    pub(super) call: u64,
    /// Its method.
    pub(super) get: Get,
    /// When it ends with `WAIT_TIMEOUT`.
    pub(super) deadline: Option<Instant>,
}

/// A place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Indication(Indication),
    /// The state that a client missed, told by a `ReAdd` method. It takes no room.
    Missed(Indication),
    /// The report of a loss, with the key of the filter that it is told to. The name of the cluster is the one that it
    /// has when the report is taken.
    Marker(u32),
}

/// A port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub(super) token: Token,
    pub(super) association: u64,
    pub(super) protocol: Protocol,
    pub(super) version: PortVersion,
    pub(super) filters: Vec<Filter>,
    queue: Vec<Entry>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) broken: bool,
}

impl Port {
    pub(super) fn new(token: Token, association: u64, protocol: Protocol, version: PortVersion) -> Self {
        Self {
            token,
            association,
            protocol,
            version,
            filters: Vec::new(),
            queue: Vec::new(),
            waiting: Vec::new(),
            broken: false,
        }
    }

    /// Its handle.
    pub const fn token(&self) -> Token {
        self.token
    }

    /// Whether it lost events and cannot say so.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Entries in the queue.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Entries in the queue that take room.
    pub(super) fn counted(&self) -> usize {
        self.queue.iter().filter(|entry| !matches!(entry, Entry::Missed(_))).count()
    }

    /// Whether another indication finds a place; the last one is kept for the report of a loss.
    pub(super) fn has_room(&self, limits: &Limits) -> bool {
        self.counted().saturating_add(1) < limits.queue_per_port.max(2)
    }

    /// Appends the state that a client missed.
    pub(super) fn push_missed(&mut self, indication: Indication) {
        self.queue.push(Entry::Missed(indication));
    }

    /// Appends an indication if there is room, or notes that it is lost.
    pub(super) fn push(&mut self, indication: Indication, room: bool) {
        if room {
            self.queue.push(Entry::Indication(indication));
        } else if self.protocol == Protocol::V2 {
            self.queue.clear();
            self.broken = true;
        } else if !self.tells_loss() {
            self.queue.push(Entry::Marker(self.marker_key()));
        }
    }

    /// Whether a report of a loss is there, and nothing behind it but what clients missed.
    fn tells_loss(&self) -> bool {
        let mut counted = self.queue.iter().filter(|entry| !matches!(entry, Entry::Missed(_)));
        matches!(counted.next_back(), Some(Entry::Marker(_)))
    }

    /// The key of the first filter or, on version 2 ports, of the first that asks for such reports.
    fn marker_key(&self) -> u32 {
        let asked = |filter: &&Filter| matches!(filter.wanted, Wanted::V2 { object_type: CLUSTER, flags } if flags & LOST_V2 != 0);
        let asking = self.filters.iter().find(asked);
        asking.or(self.filters.first()).map_or(0, |filter| filter.key)
    }

    /// What stands at the place of a loss.
    fn marker(&self, key: u32, cluster: &str) -> Indication {
        match self.version {
            PortVersion::V1 => {
                let name = Some(cluster.to_owned());
                Indication::V1 { key, change: RECONNECT, sequence: Some(0), name }
            }
            PortVersion::V2 => {
                let empty = || Some(String::new());
                Indication::V2 {
                    key: u64::from(key),
                    object_type: CLUSTER,
                    flags: LOST_V2,
                    buffer: Vec::new(),
                    strings: [empty(), empty(), empty(), empty()],
                }
            }
        }
    }

    /// Whether a get call would return something now.
    pub(super) fn ready(&self) -> bool {
        !self.queue.is_empty()
    }

    /// What a get call takes from the queue.
    pub(super) fn take(&mut self, get: Get, limits: &Limits, cluster: &str) -> Answer {
        let said: Vec<Indication> = self
            .queue
            .iter()
            .map(|entry| match entry {
                Entry::Indication(indication) | Entry::Missed(indication) => indication.clone(),
                Entry::Marker(key) => self.marker(*key, cluster),
            })
            .collect();
        let sizes: Vec<usize> = said.iter().map(size).collect();
        let count = batch(&sizes, get, limits);
        self.queue.drain(..count);
        let taken = said.into_iter().take(count);
        answer(taken.collect(), get)
    }

    /// Follows a new name of an object.
    pub(super) fn rename(&mut self, kind: ObjectKind, old: &str, new: &str) {
        self.filters.iter_mut().for_each(|filter| filter.rename(kind, old, new));
    }
}

/// How many of the first go into one response.
fn batch(sizes: &[usize], get: Get, limits: &Limits) -> usize {
    let most = if get == Get::One { 1 } else { limits.batch.max(1) };
    let mut octets = 0_usize;
    let fits = |size: &&usize| {
        octets = octets.saturating_add(**size);
        octets <= limits.batch_octets
    };
    let fitting = sizes.iter().take(most).take_while(fits).count();
    fitting.max(1).min(sizes.len())
}

pub(super) fn answer(mut taken: Vec<Indication>, get: Get) -> Answer {
    if get == Get::Several {
        for indication in &mut taken {
            if let Indication::V1 { sequence, .. } = indication {
                *sequence = None;
            }
        }
    }
    Answer::Got { result: 0, indications: Some(taken) }
}

/// Octets of names, as UTF-16, and buffers.
fn size(indication: &Indication) -> usize {
    let text =
        |text: &Option<String>| text.as_ref().map_or(0, |text| text.encode_utf16().count().saturating_mul(2));
    match indication {
        Indication::V1 { name, .. } => text(name),
        Indication::V2 { buffer, strings, .. } => {
            strings.iter().map(text).fold(buffer.len(), usize::saturating_add)
        }
    }
}
