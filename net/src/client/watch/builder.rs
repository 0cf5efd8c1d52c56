//! What a watcher starts with.

use std::time::Duration;

use cmrp_port::access::Access;
use cmrp_port::client::{Backoff, Client, Config, FilterError, Missing};
use cmrp_port::protocol::Protocol;
use tokio::sync::mpsc;

use super::driver::Driver;
use super::{Interest, WatchEvents, Watcher};
use crate::client::Options;

/// What a [`Watcher`] starts with; made by [`Watcher::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    config: Config,
    options: Options,
    interests: Vec<Interest>,
    retry: Option<Retry>,
    buffer: usize,
}

/// The waits before all servers are tried again, after all were tried in vain. Each is twice as long as the one
/// before, less up to a quarter by chance, so that clients of one server do not come back all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The first wait.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

impl Default for Retry {
    /// A second, two, four, up to a minute.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

/// The wait before the second attempt.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Commands that may wait for the task of a watcher.
const COMMANDS: usize = 64;

impl Builder {
    pub(super) fn new(servers: impl IntoIterator<Item = impl Into<String>>, protocol: Protocol) -> Self {
        let backoff = Backoff { first: FIRST_WAIT, ..Backoff::default() };
        let config = Config { missing: Missing::Forget, backoff, ..Config::new(protocol, servers) };
        Self { config, options: Options::new(protocol), interests: Vec::new(), retry: None, buffer: 256 }
    }

    /// How its associations are made. The interface is that of the watcher's protocol, whatever is set here.
    pub fn options(mut self, options: Options) -> Self {
        let interface = self.options.interface;
        self.options = options;
        self.options.interface = interface;
        self
    }

    /// Adds a filter. Those of version 1 ports share one port, those of version 2 ports another.
    pub fn interest(mut self, interest: Interest) -> Self {
        self.interests.push(interest);
        self
    }

    /// The access level to open handles with; [`Access::All`] unless set.
    pub fn access(mut self, access: Access) -> Self {
        self.config.access = access;
        self
    }

    /// How often and how fast the servers are tried in one go; see [`Backoff`]. Once, unless set, and with a first wait
    /// of 200 milliseconds, since names without an address, which many a cluster has for a client outside, are
    /// attempts too.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.config.backoff = backoff;
        self
    }

    /// What becomes of objects that are gone after a reconnect. [`Missing::Forget`] unless set: one object that was
    /// deleted meanwhile must not keep all others from being watched.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.config.missing = missing;
        self
    }

    /// Never gives up: after [`WatchEvent::Lost`](super::WatchEvent::Lost) and
    /// [`WatchEvent::ConnectFailed`](super::WatchEvent::ConnectFailed), all servers are tried again.
    pub fn for_ever(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Events that may wait in the stream; at least 1, 256 unless set. While it is full, the ports stop fetching, so
    /// that events wait at the server.
    pub fn buffer(mut self, events: usize) -> Self {
        self.buffer = events;
        self
    }

    /// Starts the watcher on the present tokio runtime. It connects by itself.
    ///
    /// # Errors
    /// A filter makes no sense.
    ///
    /// # Panics
    /// If there is no tokio runtime.
    pub fn start(self) -> Result<(Watcher, WatchEvents), FilterError> {
        let Self { mut config, options, interests, retry, buffer } = self;
        let buffer = buffer.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        config.queue = config.queue.min(buffer.max(16));
        let protocol = config.protocol;
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (outbox, events) = mpsc::channel(buffer);
        let mut driver = Driver::new(Client::new(config), protocol, options, retry, buffer);
        for interest in interests {
            driver.add(None, interest)?;
        }
        tokio::spawn(driver.run(inbox, outbox));
        Ok((Watcher::new(commands), WatchEvents::new(events)))
    }
}
