//! What stays in a program's hand while its server serves.

use std::fmt;
use std::sync::Arc;

use cmrp_port::time::Instant;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::shared::Shared;
use super::thread::Command;
use super::{Service, Snapshot};

/// Reads, changes and stops a server. Clones are the same server's.
pub struct Handle<S: Service> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) stop: CancellationToken,
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
        Self { shared: Arc::clone(&self.shared), stop: self.stop.clone() }
    }
}

impl<S: Service> Handle<S> {
    /// Does something with the service between two calls, and gives the result. It waits its turn behind the calls
    /// that are there already, and runs on the service's thread. Dropping the future before it is ready may or may not
    /// keep the work from being done.
    ///
    /// # Errors
    /// If the server has stopped before its turn came.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S, Instant) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        let (sender, result) = oneshot::channel();
        let work = move |service: &mut S, now: Instant| {
            // Nobody may be waiting for the result any more.
            drop(sender.send(work(service, now)));
        };
        self.shared.commands.send(Command::Run(Box::new(work))).await.map_err(|_| Stopped)?;
        result.await.map_err(|_| Stopped)
    }

    /// What the server holds now.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.levels.snapshot()
    }

    /// Has the server shut down, as [`Server::serve`](super::Server::serve) describes. It does not wait for that.
    pub fn shut_down(&self) {
        self.stop.cancel();
    }
}
