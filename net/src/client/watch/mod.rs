//! Watchers: the client engine of `cmrp_port` over associations.

mod builder;
mod command;
mod driver;
mod event;
mod obey;
mod record;
mod tell;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use cmrp::ndr::{Call, ContextHandle};
use cmrp_port::client::{BindingId, FilterId, ObjectId, PortId, Statistics};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use futures_core::Stream;
use tokio::sync::{mpsc, oneshot};

pub use builder::{Builder, Retry};
pub use event::{Change, Events, Interest, Subject, WatchError, WatchEvent};

use super::{Answer, Association};
use command::{Command, Reply};

/// A watcher of a cluster: the handle of the task that keeps its notification ports. Clones are handles of the same;
/// dropping them changes nothing.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use cmrp::cluster_change::ClusterChange;
/// use cmrp_net::client::{Interest, Protocol, Subject, Watcher};
///
/// let (_watcher, mut events) = Watcher::builder(["node1", "node2"], Protocol::V3)
///     .interest(Interest::v1(Subject::Cluster, ClusterChange::GROUP_STATE | ClusterChange::RESOURCE_STATE))
///     .start()?;
/// while let Some(event) = events.next().await {
///     println!("{event:?}");
/// }
/// # Ok(()) }
/// ```
///
/// # What is kept
///
/// The watcher connects to the first server that it can, opens what the filters are on, makes the ports and fetches.
/// When a call fails as MS-CMRP 3.2.4.6 lists it, a deadline passes or the connection breaks, it goes through the
/// cluster's name, its nodes and the servers that it was given, and puts everything back. What changed in between,
/// version 1 ports tell; version 2 ports begin with `CLUSTER_RECONNECT`.
///
/// Nodes call themselves by names that may have no address here. A node that the watcher was connected to once is
/// then looked for where it was; for others, see [`Options::with_name`](super::Options::with_name).
///
/// # What is bounded
///
/// Events wait in the stream ([`Builder::buffer`]), then in the ports of the client (as many again), then at the
/// server, which says so when it loses some. Other events than changes are dropped, the oldest first, when 1,024 of
/// them wait; [`WatchEvent::Skipped`] tells.
#[derive(Clone)]
pub struct Watcher {
    commands: mpsc::Sender<Command>,
}

/// The events of a [`Watcher`], in order; a [`Stream`]. Dropping it shuts the watcher down.
#[derive(Debug)]
pub struct WatchEvents {
    events: mpsc::Receiver<WatchEvent>,
}

/// An object on the connection that a watcher has now, for calls of the program's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Bound {
    /// The association. It may end at any time; then ask the watcher again.
    pub association: Association,
    /// The handle of the object in it. `Handle::new` gives it the type of its kind.
    pub handle: ContextHandle,
    binding: BindingId,
}

impl Watcher {
    /// What a watcher of these servers starts with. The servers are tried in order; once connected, the names of all
    /// nodes are known. For their addresses, see [`Options::with_name`](super::Options::with_name).
    pub fn builder(servers: impl IntoIterator<Item = impl Into<String>>, protocol: Protocol) -> Builder {
        Builder::new(servers, protocol)
    }

    fn new(commands: mpsc::Sender<Command>) -> Self {
        Self { commands }
    }

    /// Opens an object and waits until it is open, which may need a connection first. Dropping the future does not
    /// close it.
    ///
    /// # Errors
    /// The server refused, or the watcher has shut down.
    pub async fn open(&self, kind: ObjectKind, name: &str) -> Result<ObjectId, WatchError> {
        let name = name.to_owned();
        self.ask(|reply| Command::Open { kind, name, reply }).await
    }

    /// Closes an object that [`open`](Self::open) opened.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn close(&self, object: ObjectId) -> Result<(), WatchError> {
        self.tell(Command::Close { object }).await
    }

    /// Tells that an object has another name now, which the next reconnect opens it by.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn renamed(&self, object: ObjectId, name: &str) -> Result<(), WatchError> {
        self.tell(Command::Renamed { object, name: name.to_owned() }).await
    }

    /// Makes a further port; [`WatchEvent::PortCreated`] or [`WatchEvent::PortFailed`] tell whether the server has
    /// it.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn create_port(&self, version: PortVersion) -> Result<PortId, WatchError> {
        self.ask(|reply| Command::CreatePort { version, reply }).await
    }

    /// Unblocks and closes a port; [`WatchEvent::PortClosed`] tells the end.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn close_port(&self, port: PortId) -> Result<(), WatchError> {
        self.tell(Command::ClosePort { port }).await
    }

    /// Adds a filter, to the port that the filters of the builder share or to one that
    /// [`create_port`](Self::create_port) made, and waits until the server has registered it. Dropping the future
    /// does not remove it.
    ///
    /// # Errors
    /// The filter makes no sense, the server refused it, or the watcher has shut down.
    pub async fn add(&self, port: Option<PortId>, interest: Interest) -> Result<FilterId, WatchError> {
        self.ask(|reply| Command::Add { port, interest, reply }).await
    }

    /// The handle of an object on the present connection, for calls of the program's own.
    ///
    /// # Errors
    /// There is no connection now, the object is not open, or the watcher has shut down.
    pub async fn bound(&self, object: ObjectId) -> Result<Bound, WatchError> {
        self.ask(|reply| Command::Bound { object: Some(object), reply }).await
    }

    /// As [`bound`](Self::bound), with the handle of the cluster.
    ///
    /// # Errors
    /// There is no connection now, or the watcher has shut down.
    pub async fn bound_cluster(&self) -> Result<Bound, WatchError> {
        self.ask(|reply| Command::Bound { object: None, reply }).await
    }

    /// Makes a call of the program's own with the handle of an object. If it fails because the server is no good any
    /// more, the watcher goes to another one.
    ///
    /// ```no_run
    /// # use cmrp_net::client::{Watcher, WatchError};
    /// # use cmrp_port::client::ObjectId;
    /// use cmrp::{clusapi3::ApiGetGroupStateRequest, ndr::Handle};
    /// # async fn example(watcher: Watcher, group: ObjectId) -> Result<(), WatchError> {
    /// let answer = watcher.call(group, |group| ApiGetGroupStateRequest { h_group: Handle::new(group) }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// There is no connection now, the object is not open, or the call failed.
    pub async fn call<C: Call + Sync>(
        &self,
        object: ObjectId,
        request: impl FnOnce(ContextHandle) -> C,
    ) -> Result<Answer<C::Operation>, WatchError> {
        let bound = self.bound(object).await?;
        let request = request(bound.handle);
        match bound.association.call(&request).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.failed(&bound, error.win32()).await?;
                Err(WatchError::Call(error))
            }
        }
    }

    /// Tells that a call of the program's own failed, or was answered with a code that means that the server is no
    /// good any more ([`starts_reconnect`](cmrp_port::status::starts_reconnect)): the watcher goes to another one.
    /// Other codes are ignored.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn failed(&self, bound: &Bound, code: u32) -> Result<(), WatchError> {
        self.tell(Command::Failed { binding: bound.binding, code }).await
    }

    /// Tries all servers again now, after [`WatchEvent::Lost`] or [`WatchEvent::ConnectFailed`].
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn reconnect(&self) -> Result<(), WatchError> {
        self.tell(Command::Reconnect).await
    }

    /// How much the engine holds.
    ///
    /// # Errors
    /// The watcher has shut down.
    pub async fn statistics(&self) -> Result<Statistics, WatchError> {
        self.ask(|reply| Command::Statistics { reply }).await
    }

    /// Unblocks and closes all ports, closes all handles, ends the connection. Returns when that is done, or after
    /// [`Options::call_deadline`](super::Options::call_deadline). Nobody has to read the events meanwhile.
    pub async fn shut_down(&self) {
        // Who has shut down before is done, too.
        drop(self.ask(|reply| Command::ShutDown { reply }).await);
    }

    async fn tell(&self, command: Command) -> Result<(), WatchError> {
        self.commands.send(command).await.map_err(|_| WatchError::Closed)
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, WatchError> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.unwrap_or(Err(WatchError::Closed))
    }
}

impl WatchEvents {
    fn new(events: mpsc::Receiver<WatchEvent>) -> Self {
        Self { events }
    }

    /// The next event; `None` after [`WatchEvent::Closed`]. The future can be dropped without losing an event.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        self.events.recv().await
    }
}

impl Stream for WatchEvents {
    type Item = WatchEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WatchEvent>> {
        self.events.poll_recv(context)
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("closed", &self.commands.is_closed()).finish()
    }
}
