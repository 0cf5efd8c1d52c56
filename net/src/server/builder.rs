//! How a server is set up.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use cmrp_port::access::Access;
use dcerpc_proto::SyntaxId;
use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::server::Config;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

use super::accept::Serving;
use super::clients::Clients;
use super::directory::Directory;
use super::levels::Levels;
use super::shared::Shared;
use super::{Deadlines, Limits, Server, Service, thread};
use crate::metrics::server::Metrics;

/// How a server is set up. Made by [`Server::builder`], consumed by [`bind`](Self::bind).
pub struct Builder<S: Service> {
    service: S,
    access: Access,
    limits: Limits,
    deadlines: Deadlines,
    rpc: Config,
    levels: Arc<Levels>,
    metrics: Metrics,
}

impl<S: Service> Builder<S> {
    pub(super) fn new(service: S) -> Self {
        let mut rpc = Config::new(S::interfaces());
        rpc.minimum_level = AuthLevel::PKT_PRIVACY;
        Self {
            service,
            access: Access::All,
            limits: Limits::default(),
            deadlines: Deadlines::default(),
            rpc,
            levels: Arc::default(),
            metrics: Metrics::new(),
        }
    }

    /// Whether to serve calls without authentication and protection. Default: no, every such call gets a fault with
    /// status 5 (access denied) before anything in it is looked at.
    #[must_use]
    pub fn allow_insecure(mut self, allow: bool) -> Self {
        self.rpc.minimum_level = if allow { AuthLevel::NONE } else { AuthLevel::PKT_PRIVACY };
        self
    }

    /// What clients that are served may do. Default: everything.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// What clients may use up. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long clients may take. Default: [`Deadlines::default`].
    #[must_use]
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// What one connection may make the RPC runtime hold. Default: as the type says.
    #[must_use]
    pub fn rpc_limits(mut self, limits: dcerpc_proto::server::Limits) -> Self {
        self.rpc.limits = limits;
        self
    }

    /// The transfer syntaxes that are accepted, by preference. Default: NDR64, then NDR 2.0.
    #[must_use]
    pub fn transfer_syntaxes(mut self, syntaxes: Vec<SyntaxId>) -> Self {
        self.rpc.transfer_syntaxes = syntaxes;
        self
    }

    /// Registers the server's metrics, whose names begin with `cmrp_server_`. Default: they are nowhere but in
    /// [`Handle::snapshot`](super::Handle::snapshot).
    #[must_use]
    pub fn register(self, registry: &mut Registry) -> Self {
        self.metrics.register(registry, Arc::clone(&self.levels));
        self
    }

    /// Listens on the first of these addresses that can be had; port 0 is any free port.
    ///
    /// # Errors
    /// If none of the addresses can be had, or no thread.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Server<S>> {
        let mut failure = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        for address in lookup_host(address).await? {
            match listener(address) {
                Ok(listener) => return self.listen(listener),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Listens on a socket that something else has bound.
    ///
    /// # Errors
    /// If the socket has no address, or no thread can be had.
    pub fn listen(self, listener: TcpListener) -> io::Result<Server<S>> {
        let address = listener.local_addr()?;
        self.warn(address);
        let end = CancellationToken::new();
        let (levels, metrics) = (self.levels, self.metrics);
        levels.limit(self.limits.held);
        let (commands, thread) = thread::start(
            self.service,
            self.limits.commands,
            Arc::clone(&levels),
            metrics.clone(),
            end.clone(),
        )?;
        let shared = Shared {
            clients: Clients::new(&self.rpc, &seed()?, Arc::clone(&levels)),
            rpc: Arc::new(self.rpc),
            directory: Arc::new(Directory::new(self.limits, Arc::clone(&levels))),
            commands,
            levels,
            metrics,
            deadlines: self.deadlines,
            access: self.access,
            port: address.port().to_string(),
            calls: AtomicU64::new(1),
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let serving = Serving { shared: Arc::new(shared), stop, end, thread: Some(thread), tasks };
        Ok(Server { listener, address, serving })
    }

    fn warn(&self, address: SocketAddr) {
        let lets_in = self.rpc.minimum_level == AuthLevel::NONE && !S::is_public();
        match (lets_in, address.ip().is_loopback()) {
            (false, _) => {}
            (true, true) => warn!(%address, "anyone on this machine may call, without authentication"),
            (true, false) => {
                error!(%address, "ANYONE WHO REACHES THIS ADDRESS MAY CALL, without authentication");
            }
        }
    }
}

/// Connections that the system may hold until they are accepted: after a restart all clients come at once, and those that
/// find no place wait for seconds. The usual 128 are few; the system has a limit of its own (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Elsewhere than on Windows, it lets a server start again while connections of the former one time out.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Makes the numbers of association groups unguessable, and others each time.
fn seed() -> io::Result<[u8; 16]> {
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(seed)
}
