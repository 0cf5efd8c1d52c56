//! A notification port: its filters, its queue, and the calls that wait at it.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::protocol::{PortVersion, Protocol};

use super::CallId;
use super::index::{Events, SlotId};
use super::response::{PostedV1, PostedV2};

/// A port (MS-CMRP 3.1.1.8).
pub(super) struct Port {
    pub(super) protocol: Protocol,
    pub(super) version: PortVersion,
    /// In order of registration; a filter stays as long as its port.
    pub(super) filters: Vec<Filter>,
    /// What is to be delivered, the oldest first.
    pub(super) queue: VecDeque<Entry>,
    /// How many entries of the queue are [`Queued::Missed`]: they need no room.
    pub(super) missed: usize,
    /// The get calls that wait, the oldest first. While one waits, the queue is empty.
    pub(super) waiting: VecDeque<CallId>,
    /// Whether the port has lost an indication and cannot say so, since it is of protocol version 2.
    pub(super) broken: bool,
}

/// A registered filter.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    /// `dwNotifyKey`.
    pub(super) key: u32,
    pub(super) on: Scope,
}

/// What a filter covers.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// Every object of the kinds that the events are about.
    Everything(Events),
    /// One object; a registry key perhaps with all below it.
    Object { slot: SlotId, events: Events, subtree: bool },
    /// Every object, and of the registry the root key, perhaps with all below it: a version 1 cluster filter.
    Cluster { everything: Events, root: SlotId, registry: Events, subtree: bool },
}

/// An indication that waits for a get call.
pub(super) struct Entry {
    /// `dwNotifyKey` of the filter that matched.
    pub(super) key: u32,
    pub(super) event: Queued,
}

/// What a queue holds.
#[derive(Clone)]
pub(super) enum Queued {
    V1(Arc<PostedV1>),
    /// The state of an object that a client has missed, by a `ReAdd` method. There are no more of them than filters,
    /// and without them a client could not come back: they find room in a full queue.
    Missed(Arc<PostedV1>),
    V2(Arc<PostedV2>),
    /// Indications were dropped here.
    Loss,
}

impl Port {
    /// A port without filters. Until it has one, nothing is queued (MS-CMRP 3.1.4.1.56).
    pub(super) fn new(protocol: Protocol, version: PortVersion) -> Self {
        Self {
            protocol,
            version,
            filters: Vec::new(),
            queue: VecDeque::new(),
            missed: 0,
            waiting: VecDeque::new(),
            broken: false,
        }
    }

    /// Whether the queue ends with a loss that is still to be reported.
    pub(super) fn reports_loss_last(&self) -> bool {
        self.queue.back().is_some_and(|entry| matches!(entry.event, Queued::Loss))
    }

    /// The client's key of one of the port's filters.
    pub(super) fn key(&self, filter: u32) -> u32 {
        self.filters.get(filter as usize).map_or(0, |filter| filter.key)
    }
}
