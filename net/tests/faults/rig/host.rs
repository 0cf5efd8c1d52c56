//! The server, which is started again and again at one address.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cmrp_cluster::change::Change;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_cluster::store::{Store, StoreError};
use cmrp_net::server::{Deadlines, Handle, Limits, Server, Snapshot};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::ledger::{GROUP, Ledger, Tap};
use super::random::Random;

/// Indications that a port keeps, so few that some are lost now and then.
pub(crate) const QUEUE: usize = 48;

/// Calls of one connection that may be under way (the RPC runtime's default).
pub(crate) const PENDING: usize = 64;

/// The server, whether it runs or not.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: Arc<Ledger>,
    file: PathBuf,
    limits: Limits,
    running: Mutex<Option<Running>>,
    /// Handles of former servers, and whether they were shut down.
    former: Mutex<Vec<(Handle<Node>, bool)>>,
    /// How many servers were stopped.
    stops: AtomicUsize,
    is_up: watch::Sender<bool>,
    /// Connections that former servers refused.
    refused: AtomicUsize,
}

struct Running {
    handle: Handle<Node>,
    metrics: Registry,
    task: JoinHandle<std::io::Result<()>>,
}

/// How a server is replaced by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Restart {
    /// It says good-bye, or is dropped.
    pub(crate) is_graceful: bool,
    /// The next one continues with what the data file has, or begins anew without one.
    pub(crate) has_file: bool,
    /// The watched group changes while no server is there.
    pub(crate) changes: bool,
    pub(crate) pause: Duration,
}

impl Restart {
    pub(crate) fn any(random: &mut Random) -> Self {
        let pause = random.millis(0, 300);
        let [is_graceful, has_file, changes] = [random.coin(), random.coin(), random.coin()];
        Self { is_graceful, has_file, changes, pause }
    }
}

impl Host {
    pub(crate) async fn start(file: PathBuf, watchers: usize, random: &mut Random) -> Self {
        let ledger = Arc::new(Ledger::default());
        let limits = Limits {
            connections: watchers * 8 + 400,
            connections_per_address: watchers * 3 + 100,
            unsent: 1 << 20,
            ..Limits::default()
        };
        let listener = listen();
        let host = Self {
            address: listener.local_addr().unwrap(),
            ledger,
            file,
            limits,
            running: Mutex::default(),
            former: Mutex::default(),
            stops: AtomicUsize::new(0),
            is_up: watch::Sender::new(false),
            refused: AtomicUsize::new(0),
        };
        host.serve(listener, true, &[], random.number()).await;
        host
    }

    /// Connections that one address may have.
    pub(crate) fn most_connections(&self) -> usize {
        self.limits.connections_per_address
    }

    /// How many servers were stopped, so that a client can know that it had a reason to reconnect.
    pub(crate) fn stops(&self) -> usize {
        self.stops.load(Ordering::SeqCst)
    }

    /// Whether a server is there; waits for it if not.
    pub(crate) async fn up(&self) {
        self.is_up.subscribe().wait_for(|is_up| *is_up).await.unwrap();
    }

    pub(crate) fn is_up(&self) -> bool {
        *self.is_up.borrow()
    }

    /// Makes something happen; `false` if there was no server, or it could not happen.
    pub(crate) async fn change(&self, change: Change) -> bool {
        let Some(handle) = self.handle() else { return false };
        matches!(handle.change(change).await, Ok(Ok(())))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.handle().map(|handle| handle.snapshot()).unwrap_or_default()
    }

    /// Connections that servers refused.
    pub(crate) fn refused(&self) -> usize {
        let running = self.running.lock().unwrap();
        let now = running.as_ref().map_or(0, |running| refused(&running.metrics));
        now + self.refused.load(Ordering::SeqCst)
    }

    /// Metrics of levels that are not zero, as Prometheus would read them.
    pub(crate) fn levels(&self) -> Vec<String> {
        let running = self.running.lock().unwrap();
        let text = running.as_ref().map(|running| text(&running.metrics)).unwrap_or_default();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" gauge"));
        let levels = types.map(|name| (name, value(&text, name)));
        levels.filter(|(_, value)| *value != 0).map(|(name, value)| format!("{name} is {value}")).collect()
    }

    fn handle(&self) -> Option<Handle<Node>> {
        self.running.lock().unwrap().as_ref().map(|running| running.handle.clone())
    }

    pub(crate) async fn restart(&self, how: Restart, random: &mut Random) {
        self.stop(how.is_graceful).await;
        sleep(how.pause).await;
        let is_online = random.coin();
        let [online, offline] =
            [Change::GroupOnline { group: GROUP.into() }, Change::GroupOffline { group: GROUP.into() }];
        let changes = if is_online { [offline, online] } else { [online, offline] };
        let changes: &[Change] = if how.changes { &changes } else { &[] };
        let listener = listen_at(self.address).await;
        self.serve(listener, how.has_file, changes, random.number()).await;
    }

    /// Stops the server, with or without a good-bye.
    pub(crate) async fn stop(&self, is_graceful: bool) {
        // In this order: who counts first and then finds it up can rely on the count.
        self.is_up.send_replace(false);
        self.stops.fetch_add(1, Ordering::SeqCst);
        let running = self.running.lock().unwrap().take();
        let Some(Running { handle, metrics, task }) = running else { return };
        self.refused.fetch_add(refused(&metrics), Ordering::SeqCst);
        if is_graceful {
            handle.shut_down();
            task.await.unwrap().unwrap();
        } else {
            task.abort();
            drop(task.await);
        }
        self.former.lock().unwrap().push((handle, is_graceful));
    }

    async fn serve(&self, listener: TcpListener, has_file: bool, changes: &[Change], number: u32) {
        let mut cluster = Tap::new(self.cluster(has_file, number).await, Arc::clone(&self.ledger));
        for change in changes {
            cluster.happen(change);
        }
        let seed = std::array::from_fn(|place| number.to_le_bytes()[place % 4]);
        let mut config = NodeConfig::new("node1", seed);
        config.ports.queue_per_port = QUEUE;
        let mut metrics = Registry::default();
        let server = Server::builder(Node::new(Box::new(cluster), config))
            .allow_insecure(true)
            .register(&mut metrics)
            .limits(self.limits.clone())
            .deadlines(deadlines())
            .listen(listener)
            .unwrap();
        let handle = server.handle();
        let task = tokio::spawn(server.serve(std::future::pending()));
        *self.running.lock().unwrap() = Some(Running { handle, metrics, task });
        self.is_up.send_replace(true);
    }

    async fn cluster(&self, has_file: bool, number: u32) -> Embedded {
        let definition = Definition::from_toml(DEFAULT).unwrap();
        if !has_file {
            return Embedded::new(definition.state(number), Config::default());
        }
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            match Store::open(&self.file, &definition, number) {
                Ok(opened) => {
                    let cluster = Embedded::new(opened.state, Config::default());
                    return cluster.with_journal(Box::new(opened.store));
                }
                // The thread of a server that was dropped takes a moment to end.
                Err(StoreError::InUse) if Instant::now() < end => sleep(Duration::from_millis(10)).await,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// What stopped servers hold, of which a dropped one has no service to ask.
    pub(crate) fn left_behind(&self) -> Option<Snapshot> {
        let former = self.former.lock().unwrap();
        let snapshots = former.iter().map(|(handle, is_graceful)| (handle.snapshot(), *is_graceful));
        let mut held = snapshots.filter(|(now, is_graceful)| {
            !if *is_graceful { is_empty(now) } else { now.connections + now.associations + now.held == 0 }
        });
        held.next().map(|(now, _)| now)
    }
}

fn text(metrics: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, metrics).unwrap();
    text
}

fn refused(metrics: &Registry) -> usize {
    value(&text(metrics), "cmrp_server_connections_refused_total")
}

/// The value of a metric without labels.
fn value(text: &str, name: &str) -> usize {
    let values =
        text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<usize>().ok());
    values.sum()
}

/// Whether nothing of any client is held.
pub(crate) fn is_empty(now: &Snapshot) -> bool {
    let service = &now.service;
    let net = [now.connections, now.associations, now.calls, now.held];
    let ports = [service.ports, service.filters, service.queued, service.waiting];
    let handles = [service.handles, service.objects, service.associations];
    net.iter().chain(&ports).chain(&handles).all(|count| *count == 0)
}

/// So short that clients that keep silent are gone when a test ends, and so long that those who talk are not.
fn deadlines() -> Deadlines {
    Deadlines {
        handshake: Duration::from_secs(4),
        request: Duration::from_secs(4),
        write: Duration::from_secs(4),
        idle: Duration::from_secs(5),
        keep_alive: Duration::from_secs(5),
        shutdown: Duration::from_secs(1),
    }
}

/// A port that the system gives to nobody who connects: while the server is away, nobody else may have it. Where to
/// look is no matter of the seed, so that two processes do not look at the same place.
fn listen() -> TcpListener {
    let random = &mut Random::new(std::process::id().into());
    for _ in 0..100 {
        let port = 10_000 + u16::try_from(random.below(20_000)).unwrap();
        if let Ok(listener) = bind(([127, 0, 0, 1], port).into()) {
            return listener;
        }
    }
    panic!("no port can be had");
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1_024)
}

async fn listen_at(address: SocketAddr) -> TcpListener {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match bind(address) {
            Ok(listener) => return listener,
            // The listener of a server that was dropped takes a moment to go.
            Err(_) if Instant::now() < end => sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("{error}"),
        }
    }
}
