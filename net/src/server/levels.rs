//! What a server holds now, counted by those who hold it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use cmrp_port::server::Statistics;

use super::Snapshot;

/// Counts that go up and down.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    connections: AtomicUsize,
    associations: AtomicUsize,
    held: AtomicUsize,
    service: Mutex<(usize, Statistics)>,
}

impl Levels {
    pub(crate) fn set_connections(&self, count: usize) {
        self.connections.store(count, Ordering::Relaxed);
    }

    pub(crate) fn set_associations(&self, count: usize) {
        self.associations.store(count, Ordering::Relaxed);
    }

    /// So many more octets are held for connections.
    pub(crate) fn hold(&self, octets: usize) {
        self.held.fetch_add(octets, Ordering::Relaxed);
    }

    /// So many octets are held no longer.
    pub(crate) fn release(&self, octets: usize) {
        self.held.fetch_sub(octets, Ordering::Relaxed);
    }

    /// Calls without an outcome, and what the service says of itself.
    pub(crate) fn publish(&self, calls: usize, statistics: Statistics) {
        *self.service.lock().unwrap_or_else(PoisonError::into_inner) = (calls, statistics);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let (calls, service) = *self.service.lock().unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            connections: self.connections.load(Ordering::Relaxed),
            associations: self.associations.load(Ordering::Relaxed),
            calls,
            held: self.held.load(Ordering::Relaxed),
            service,
        }
    }
}
