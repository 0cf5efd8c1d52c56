//! The connections that there are: how many may be, and how to reach them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;
use super::levels::Levels;
use super::outbox::{Order, Outbox};

/// The connections of a server.
pub(super) struct Directory<R> {
    entries: Mutex<Entries<R>>,
    levels: Arc<Levels>,
    limits: Limits,
}

struct Entries<R> {
    outboxes: HashMap<u64, Arc<Outbox<R>>>,
    per_address: HashMap<IpAddr, usize>,
    last: u64,
    /// What a new connection begins with.
    order: Order,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// [`Limits::connections`].
    Connections,
    /// [`Limits::connections_per_address`].
    Address,
}

/// The place of a connection in the directory. It is free again when this is dropped.
pub(super) struct Admission<R> {
    directory: Arc<Directory<R>>,
    outbox: Arc<Outbox<R>>,
    number: u64,
    address: IpAddr,
}

impl<R> Directory<R> {
    pub(super) fn new(limits: Limits, levels: Arc<Levels>) -> Self {
        let (outboxes, per_address) = (HashMap::new(), HashMap::new());
        let entries = Entries { outboxes, per_address, last: 0, order: Order::Serve };
        Self { entries: Mutex::new(entries), levels, limits }
    }

    /// A place for a connection from this address.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Admission<R>, Refusal> {
        let address = address.to_canonical();
        let mut entries = self.entries();
        if entries.outboxes.len() >= self.limits.connections {
            return Err(Refusal::Connections);
        }
        if entries.per_address.get(&address).is_some_and(|held| *held >= self.limits.connections_per_address)
        {
            return Err(Refusal::Address);
        }
        let held = entries.per_address.entry(address).or_default();
        *held = held.saturating_add(1);
        entries.last = entries.last.wrapping_add(1);
        let (number, order) = (entries.last, entries.order);
        let outbox = Arc::new(Outbox::new(self.limits.unsent, order));
        entries.outboxes.insert(number, Arc::clone(&outbox));
        self.levels.set_connections(entries.outboxes.len());
        Ok(Admission { directory: Arc::clone(self), outbox, number, address })
    }

    /// Gives an order to all connections, and to those that come.
    pub(super) fn order(&self, order: Order) {
        let mut entries = self.entries();
        entries.order = entries.order.max(order);
        entries.outboxes.values().for_each(|outbox| outbox.order(order));
    }

    fn leave(&self, number: u64, address: IpAddr) {
        let mut entries = self.entries();
        entries.outboxes.remove(&number);
        let held = entries.per_address.get_mut(&address);
        let is_last = held.is_none_or(|held| {
            *held = held.saturating_sub(1);
            *held == 0
        });
        if is_last {
            entries.per_address.remove(&address);
        }
        if entries.outboxes.is_empty() {
            entries.outboxes.shrink_to_fit();
            entries.per_address.shrink_to_fit();
        }
        self.levels.set_connections(entries.outboxes.len());
    }

    fn entries(&self) -> MutexGuard<'_, Entries<R>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Admission<R> {
    pub(super) fn outbox(&self) -> &Arc<Outbox<R>> {
        &self.outbox
    }
}

impl<R> Drop for Admission<R> {
    fn drop(&mut self) {
        self.directory.leave(self.number, self.address);
    }
}
