//! What a server holds now, counted by those who hold it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cmrp_port::server::Statistics;

use super::Snapshot;

/// Octets that a connection may hold of a kind (a request, answers) when all together hold as much as they may: the
/// flood of some does not end those who ask for little.
const SPARED: usize = 16_384;

/// Counts that go up and down.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    connections: AtomicUsize,
    associations: AtomicUsize,
    held: AtomicUsize,
    /// [`Limits::held`](super::Limits::held); none while the server is set up.
    limit: OnceLock<usize>,
    service: Mutex<(usize, Statistics)>,
}

impl Levels {
    pub(crate) fn set_connections(&self, count: usize) {
        self.connections.store(count, Ordering::Relaxed);
    }

    pub(crate) fn set_associations(&self, count: usize) {
        self.associations.store(count, Ordering::Relaxed);
    }

    /// Sets how many octets may be held, once.
    pub(super) fn limit(&self, octets: usize) {
        self.limit.get_or_init(|| octets);
    }

    /// So many more octets are to be held for a connection, which has `own` of them in all. `false`: they must not be,
    /// and are not counted.
    #[must_use]
    pub(crate) fn hold(&self, octets: usize, own: usize) -> bool {
        let limit = self.limit.get().copied().unwrap_or(usize::MAX);
        let more = |held: usize| {
            let sum = held.saturating_add(octets);
            (own <= SPARED || sum <= limit).then_some(sum)
        };
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Holds octets until what is given is dropped; `None` if they must not be held.
    pub(super) fn charge(self: &Arc<Self>, octets: usize) -> Option<Charge> {
        self.hold(octets, octets).then(|| Charge { levels: Arc::clone(self), octets })
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

/// Octets that are held for as long as this is.
pub(super) struct Charge {
    levels: Arc<Levels>,
    octets: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.levels.release(self.octets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_held_than_may_be_but_little_is_always() {
        let levels = Arc::new(Levels::default());
        levels.limit(1 << 20);
        let first = levels.charge(1 << 20);
        assert!(first.is_some() && levels.charge(SPARED + 1).is_none());
        assert!(levels.charge(SPARED).is_some());
        assert!(!levels.hold(1, SPARED + 1));
        drop(first);
        assert_eq!(levels.snapshot().held, 0);
        assert!(levels.charge(SPARED + 1).is_some());
    }
}
