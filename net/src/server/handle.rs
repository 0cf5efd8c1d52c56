//! What stays in a program's hand while its server serves.

use std::fmt;

use cmrp_port::time::Instant;

use super::{Service, Snapshot};

/// Reads, changes and stops a server. Clones are the same server's.
pub struct Handle<S: Service> {
    service: std::marker::PhantomData<fn() -> S>,
}

/// The server has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server has stopped")
    }
}

impl std::error::Error for Stopped {}

impl<S: Service> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self { service: self.service }
    }
}

impl<S: Service> Handle<S> {
    /// Does something with the service between two calls, and gives the result. It waits its turn behind the calls
    /// that are there already.
    ///
    /// # Errors
    /// If the server has stopped before its turn came.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S, Instant) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let _ = work;
        Err(Stopped)
    }

    /// What the server holds now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }

    /// Has the server shut down, as [`Server::serve`](super::Server::serve) describes. It does not wait for that.
    pub fn shut_down(&self) {}
}
