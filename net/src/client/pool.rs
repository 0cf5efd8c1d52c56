//! The connections of one association, and who may use them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cmrp::ndr::Format;
use dcerpc_proto::{FormatLabel, SyntaxId, client};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::answer::RawAnswer;
use super::link::{Agreed, Link, Task};
use super::{CallError, ConnectError, KeepAlive, Options, Refusal};

/// Calls that do not wait and run at a time on a shared connection: with those that wait, no more than servers take
/// ([`Limits::waiting`](super::Limits::waiting)).
const MULTIPLEXED: usize = 16;

/// The connections of one association. Tasks share it with the handle of the association.
#[derive(Debug)]
pub(super) struct Pool {
    options: Options,
    server: SocketAddr,
    agreed: Agreed,
    /// Connections without a call; with multiplexing, the one that there is.
    idle: Mutex<Vec<Link>>,
    /// Connections that are there.
    connections: AtomicUsize,
    /// Calls under way, queued ones included.
    calls: Arc<Semaphore>,
    /// Calls that do not wait and are on a connection.
    running: Arc<Semaphore>,
    /// Calls that wait.
    waiting: Arc<Semaphore>,
    /// The program wants no more.
    dropped: CancellationToken,
    /// The last connection has gone.
    ended: CancellationToken,
}

/// The right to use a connection for one call. Dropping it gives the connection back.
#[derive(Debug)]
pub(super) struct Lease {
    pool: Arc<Pool>,
    /// A connection that the call has to itself.
    exclusive: Option<Link>,
    _permits: Permits,
}

/// A place among the calls that wait; or one among all others, and a turn.
type Permits = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// A connection that counts.
#[derive(Debug)]
pub(super) struct Counted(Arc<Pool>);

impl Pool {
    /// Makes an association with the first of some addresses that answers.
    pub(super) async fn connect(
        addresses: &[SocketAddr],
        options: &Options,
    ) -> Result<Arc<Self>, ConnectError> {
        let config = bind_config(options, &options.transfer_syntaxes(), 0, options.multiplexing);
        let mut task = Task::new(dial_any(addresses, options).await?, config);
        let agreed = task.bind().await?;
        let server = task.peer()?;
        let pool = Arc::new(Self::new(options.clone(), server, agreed));
        let link = task.spawn(pool.clone(), Counted::new(&pool));
        pool.put(link);
        tracing::debug!(%server, group = agreed.group, format = %agreed.format, "association made");
        Ok(pool)
    }

    fn new(options: Options, server: SocketAddr, agreed: Agreed) -> Self {
        let limits = options.limits;
        let running = if agreed.multiplexing { MULTIPLEXED } else { limits.connections };
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            server,
            agreed,
            idle: Mutex::default(),
            connections: AtomicUsize::new(0),
            calls: semaphore(limits.calls),
            running: semaphore(running),
            waiting: semaphore(limits.waiting),
            dropped: CancellationToken::new(),
            ended: CancellationToken::new(),
            options,
        }
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn server(&self) -> SocketAddr {
        self.server
    }

    pub(super) fn format(&self) -> Format {
        self.agreed.format
    }

    pub(super) fn cancel_grace(&self) -> Duration {
        self.options.cancel_grace
    }

    /// Ends all connections.
    pub(super) fn end(&self) {
        self.dropped.cancel();
    }

    /// Waits until the program wants no more.
    pub(super) async fn cancelled(&self) {
        self.dropped.cancelled().await;
    }

    /// Ends when no connection is left.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        self.ended.clone().cancelled_owned()
    }

    /// Connections that are there.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// Whether handles outlive one of the connections.
    pub(super) fn has_others(&self) -> bool {
        self.connections() > 1
    }

    /// Makes a call, on a connection that it has to itself unless calls are multiplexed.
    pub(super) async fn call(
        self: &Arc<Self>,
        opnum: u16,
        stub: Vec<u8>,
        waits: bool,
    ) -> Result<RawAnswer, CallError> {
        let permits = if waits { self.permits_to_wait()? } else { self.permits().await? };
        let link = self.take().await?;
        let exclusive = (!self.agreed.multiplexing).then(|| link.clone());
        let lease = Lease { pool: self.clone(), exclusive, _permits: permits };
        link.call(opnum, stub, lease).await
    }

    /// Waits for its turn, unless too many do.
    async fn permits(&self) -> Result<Permits, CallError> {
        let counted = self.calls.clone().try_acquire_owned().map_err(|_| CallError::TooManyCalls)?;
        let turn = self.running.clone().acquire_owned().await.map_err(|_| CallError::Ended)?;
        Ok((counted, Some(turn)))
    }

    /// A call that waits has no turn: those before it may never end.
    fn permits_to_wait(&self) -> Result<Permits, CallError> {
        let counted = self.waiting.clone().try_acquire_owned().map_err(|_| CallError::TooManyCalls)?;
        Ok((counted, None))
    }

    /// A connection without a call, or a new one.
    async fn take(self: &Arc<Self>) -> Result<Link, CallError> {
        match self.take_idle() {
            Some(link) => Ok(link),
            None if self.connections() == 0 || self.agreed.multiplexing => Err(CallError::Ended),
            None => Ok(self.join().await?),
        }
    }

    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|link| !link.is_closed());
        if self.agreed.multiplexing { idle.last().cloned() } else { idle.pop() }
    }

    /// Makes a further connection, which shares the handles of the others (MS-RPCE 3.3.1.5.7).
    async fn join(self: &Arc<Self>) -> Result<Link, ConnectError> {
        let deadline = self.options.connect_deadline;
        let joined = tokio::time::timeout(deadline, self.join_at_leisure());
        joined.await.unwrap_or(Err(ConnectError::Deadline(deadline)))
    }

    async fn join_at_leisure(self: &Arc<Self>) -> Result<Link, ConnectError> {
        // Asking for group 0 would make another association.
        if self.agreed.group == 0 {
            return Err(ConnectError::Refused(Refusal::Association));
        }
        let transfer = if self.agreed.format.is_ndr64() { SyntaxId::NDR64 } else { SyntaxId::NDR20 };
        let config = bind_config(&self.options, &[transfer], self.agreed.group, false);
        let mut task = Task::new(dial(self.server, &self.options).await?, config);
        let agreed = task.bind().await.map_err(not_joined)?;
        if agreed.group != self.agreed.group {
            return Err(ConnectError::Refused(Refusal::UnknownAssociation));
        }
        tracing::debug!(server = %self.server, group = agreed.group, "joined association");
        Ok(task.spawn(self.clone(), Counted::new(self)))
    }

    /// Makes a connection that nobody has asked for, so that the association outlives another one. What is returned
    /// ends when that has been tried.
    pub(super) fn open_spare(self: &Arc<Self>) -> oneshot::Receiver<()> {
        let (done, tried) = oneshot::channel();
        let pool = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = pool.cancelled() => {}
                joined = pool.join() => match joined {
                    Ok(link) => pool.put(link),
                    Err(error) => tracing::warn!(%error, "no connection in place of one that hangs"),
                },
            }
            drop(done);
        });
        tried
    }

    /// Gives a connection back. More than calls may use at a time are closed.
    fn put(&self, link: Link) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|link| !link.is_closed());
        if !link.is_closed() && idle.len() < self.options.limits.connections.max(1) {
            idle.push(link);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = self.exclusive.take() {
            self.pool.put(link);
        }
    }
}

impl Counted {
    fn new(pool: &Arc<Pool>) -> Self {
        pool.connections.fetch_add(1, Ordering::AcqRel);
        Self(pool.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.0.connections.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.cancel();
        }
    }
}

/// A server that takes no further connection because of a limit still serves those that it has. For another reason, it
/// does not know the association any more, even if the end of the other connections did not come here.
fn not_joined(error: ConnectError) -> ConnectError {
    match error {
        ConnectError::Refused(refusal) => {
            tracing::debug!(%refusal, "no further connection");
            let is_limit = refusal == Refusal::Limit;
            ConnectError::Refused(if is_limit { Refusal::Association } else { Refusal::UnknownAssociation })
        }
        other => other,
    }
}

fn bind_config(options: &Options, transfer: &[SyntaxId], group: u32, multiplexing: bool) -> client::Config {
    let mut config = client::Config::new(options.interface);
    config.transfer_syntaxes = transfer.to_vec();
    config.label = FormatLabel::from(options.byte_order);
    config.max_fragment = options.fragment;
    config.group = group;
    config.multiplexing = multiplexing;
    config.limits.max_stub = options.limits.response;
    config.limits.max_held = config.limits.max_held.max(options.limits.response);
    config
}

/// Connects to the first address that answers. Each has its share of the time.
async fn dial_any(addresses: &[SocketAddr], options: &Options) -> Result<TcpStream, ConnectError> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let share = options.connect_deadline.checked_div(count).unwrap_or(options.connect_deadline);
    let mut failure = ConnectError::Deadline(share);
    for address in addresses {
        failure = match tokio::time::timeout(share, dial(*address, options)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => ConnectError::Deadline(share),
        };
        tracing::debug!(%address, error = %failure, "cannot connect");
    }
    Err(failure)
}

async fn dial(address: SocketAddr, options: &Options) -> Result<TcpStream, ConnectError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    keep_alive(&stream, options.keep_alive)?;
    Ok(stream)
}

/// Lets TCP notice a server that is switched off, both while nothing is sent and while something is.
fn keep_alive(stream: &TcpStream, settings: KeepAlive) -> Result<(), ConnectError> {
    let socket = SockRef::from(stream);
    let probes = TcpKeepalive::new().with_time(settings.idle).with_interval(settings.interval);
    #[cfg(not(target_os = "openbsd"))]
    let probes = probes.with_retries(settings.probes);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(
        settings.idle.saturating_add(settings.interval.saturating_mul(settings.probes)),
    ))?;
    Ok(())
}
