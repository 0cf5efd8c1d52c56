//! Watchers: the client engine of `cmrp_port` over associations.

mod event;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cmrp::ndr::ContextHandle;
use cmrp_port::access::Access;
use cmrp_port::client::{Backoff, BindingId, FilterId, Missing, ObjectId, PortId, Statistics};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use futures_core::Stream;

pub use event::{Change, Events, Interest, Subject, WatchError, WatchEvent};

use super::{Association, CallError, Options};

/// A watcher of a cluster: the handle of the task that keeps its notification ports. Clones are handles of the same.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use cmrp::cluster_change::ClusterChange;
/// use cmrp_net::client::{Interest, Protocol, Subject, WatchEvent, Watcher};
///
/// let (watcher, mut events) = Watcher::builder(["node1", "node2"], Protocol::V3)
///     .interest(Interest::v1(Subject::Cluster, ClusterChange::GROUP_STATE | ClusterChange::RESOURCE_STATE))
///     .start();
/// while let Some(event) = events.next().await {
///     println!("{event:?}");
/// }
/// # drop(watcher);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Watcher {
    _private: (),
}

/// The events of a [`Watcher`], in order. Dropping it shuts the watcher down.
///
/// It is a [`Stream`] too.
#[derive(Debug)]
pub struct WatchEvents {
    _private: (),
}

/// What a [`Watcher`] starts with.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    config: cmrp_port::client::Config,
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

/// An object on the connection that a watcher has now, for calls of the program's own.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The association. It may end at any time; then ask the watcher again.
    pub association: Association,
    /// The handle of the object in it. `Handle::new` gives it the type of its kind.
    pub handle: ContextHandle,
    binding: BindingId,
}

impl Builder {
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

    /// How often and how fast the servers are tried in one go; see [`Backoff`].
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

    /// Never gives up: after [`WatchEvent::Lost`] and [`WatchEvent::ConnectFailed`], all servers are tried again.
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

    /// Starts the watcher on the present tokio runtime. It connects by itself; filters that make no sense are told of
    /// as [`WatchEvent::FilterFailed`] with `ERROR_INVALID_PARAMETER`.
    pub fn start(self) -> (Watcher, WatchEvents) {
        todo!()
    }
}

impl Watcher {
    /// What a watcher of these servers starts with. The servers are tried in order; once connected, the names of all
    /// nodes are known. For their addresses, see [`Options::with_name`].
    pub fn builder(servers: impl IntoIterator<Item = impl Into<String>>, protocol: Protocol) -> Builder {
        let config = cmrp_port::client::Config {
            missing: Missing::Forget,
            ..cmrp_port::client::Config::new(protocol, servers)
        };
        Builder { config, options: Options::new(protocol), interests: Vec::new(), retry: None, buffer: 256 }
    }

    /// Opens an object and waits until it is open, which may need a connection first.
    ///
    /// # Errors
    /// The server refused, or the watcher has shut down.
    pub async fn open(&self, kind: ObjectKind, name: &str) -> Result<ObjectId, WatchError> {
        let _ = (kind, name);
        todo!()
    }

    /// Closes an object that [`open`](Self::open) opened.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn close(&self, object: ObjectId) -> Result<(), WatchError> {
        let _ = object;
        todo!()
    }

    /// Tells that an object has another name now, which the next reconnect opens it by.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn renamed(&self, object: ObjectId, name: &str) -> Result<(), WatchError> {
        let _ = (object, name);
        todo!()
    }

    /// Makes a further port.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn create_port(&self, version: PortVersion) -> Result<PortId, WatchError> {
        let _ = version;
        todo!()
    }

    /// Adds a filter, to the port that the filters of the builder share or to one that
    /// [`create_port`](Self::create_port) made, and waits until the server has registered it.
    ///
    /// # Errors
    /// The filter makes no sense, the server refused it, or the watcher has shut down.
    pub async fn add(&self, port: Option<PortId>, interest: Interest) -> Result<FilterId, WatchError> {
        let _ = (port, interest);
        todo!()
    }

    /// Unblocks and closes a port; [`WatchEvent::PortClosed`] tells the end.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn close_port(&self, port: PortId) -> Result<(), WatchError> {
        let _ = port;
        todo!()
    }

    /// The handle of an object on the present connection, for a call of the program's own.
    ///
    /// # Errors
    /// There is no connection now, or the object is not open.
    pub async fn bound(&self, object: ObjectId) -> Result<Bound, WatchError> {
        let _ = object;
        todo!()
    }

    /// As [`bound`](Self::bound), with the handle of the cluster.
    ///
    /// # Errors
    /// There is no connection now.
    pub async fn bound_cluster(&self) -> Result<Bound, WatchError> {
        todo!()
    }

    /// Tells that a call of the program's own failed or was answered with a code that means that the server is no
    /// good any more ([`starts_reconnect`](cmrp_port::status::starts_reconnect)): the watcher goes to another one.
    /// Other codes are ignored.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn failed(&self, bound: &Bound, code: u32) -> Result<(), WatchError> {
        let _ = (bound.binding, code);
        todo!()
    }

    /// Tries all servers again now, after [`WatchEvent::Lost`] or [`WatchEvent::ConnectFailed`].
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn reconnect(&self) -> Result<(), WatchError> {
        todo!()
    }

    /// How much the engine holds.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn statistics(&self) -> Result<Statistics, WatchError> {
        todo!()
    }

    /// Unblocks and closes all ports, closes all handles, ends the connection. Ends when that is done, or after the
    /// deadline of a call.
    pub async fn shut_down(&self) {
        todo!()
    }
}

impl Bound {
    /// Whether a failed call means that the server is no good any more; then [`Watcher::failed`] wants to know.
    pub fn is_fatal(&self, error: &CallError) -> bool {
        let _ = error;
        todo!()
    }
}

impl WatchEvents {
    /// The next event; `None` after [`WatchEvent::Closed`]. Can be dropped without losing an event.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for WatchEvents {
    type Item = WatchEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WatchEvent>> {
        let _ = context;
        todo!()
    }
}

impl fmt::Display for Subject {
    /// `group "SQL"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Object { kind, name } => write!(f, "{kind:?} {name:?}"),
            Self::ResourceType(name) => write!(f, "resource type {name:?}"),
        }
    }
}
