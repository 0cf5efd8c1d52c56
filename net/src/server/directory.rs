//! The connections that there are: how many may be, and how to reach them all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Limits;
use super::levels::Levels;
use super::outbox::{Order, Outbox};
use super::sparse::give_back;

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
        let address = site(address);
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
        let outbox = Arc::new(Outbox::new(self.limits.unsent, order, Arc::clone(&self.levels)));
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
        give_back(&mut entries.outboxes);
        give_back(&mut entries.per_address);
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

/// What connections are counted by: an IPv4 address, or the first 64 bits of an IPv6 address, as a host may have any
/// address that begins with them (RFC 4291 2.5.4).
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_does_not_multiply_by_the_addresses_that_it_has() {
        let limits = Limits { connections_per_address: 1, ..Limits::default() };
        let directory = Arc::new(Directory::<()>::new(limits, Arc::default()));
        let admit = |address: &str| directory.admit(address.parse().unwrap());
        let (one, two) = (admit("2001:db8:0:1::1"), admit("192.0.2.1"));
        assert!(one.is_ok() && two.is_ok());
        for same in ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "::ffff:192.0.2.1"] {
            assert_eq!(admit(same).err(), Some(Refusal::Address), "{same}");
        }
        for other in ["2001:db8:0:2::1", "192.0.2.2"] {
            assert!(admit(other).is_ok(), "{other}");
        }
        drop(one);
        assert!(admit("2001:db8:0:1::2").is_ok());
    }
}
