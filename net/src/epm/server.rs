//! A server of its own for the endpoint map.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::ToSocketAddrs;
use tokio::task::JoinHandle;

use super::map::{Endpoint, EndpointMap};
use crate::server::{self, Deadlines, Handle, Limits, Stopped};

/// An endpoint mapper on a port of its own, usually [`PORT`](super::PORT). Dropping it cuts off its clients.
///
/// As anybody may call it, it gives each client little: 512 connections at once and 32 from one address, 4 calls at a
/// time on each, requests of 4 KiB, 256 KiB of unread answers, 16 MiB in all, and 30 s of idleness.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cmrp_net::client::{Options, Protocol};
/// use cmrp_net::epm::{self, Endpoint, Server};
/// use dcerpc_proto::SyntaxId;
///
/// let options = Options::new(Protocol::V3);
/// let endpoint = Endpoint { interface: options.interface, address: "192.0.2.1:49700".parse()? };
/// let mapper = Server::bind("127.0.0.1:0", vec![endpoint]).await?;
///
/// let host = mapper.local_addr().to_string();
/// let found = epm::map(&host, options.interface, SyntaxId::NDR20, &options).await?;
/// assert_eq!(found, "127.0.0.1:49700".parse()?);
/// # Ok(()) }
/// ```
pub struct Server {
    address: SocketAddr,
    handle: Handle<EndpointMap>,
    task: JoinHandle<io::Result<()>>,
}

const LIMITS: Limits = Limits {
    connections: 512,
    connections_per_address: 32,
    unsent: 256 << 10,
    held: 16 << 20,
    commands: 256,
};

/// A question is one tower of some hundred octets.
fn rpc_limits() -> dcerpc_proto::server::Limits {
    let mut limits = dcerpc_proto::server::Limits::default();
    limits.max_stub = 4 << 10;
    limits.max_fragments = 64;
    limits.max_requests = 16 << 10;
    limits.max_pending = 4;
    limits.max_contexts = 16;
    limits.max_group = 32;
    limits.max_groups = 512;
    limits
}

fn deadlines() -> Deadlines {
    Deadlines { idle: Duration::from_secs(30), ..Deadlines::default() }
}

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn bind(address: impl ToSocketAddrs, endpoints: Vec<Endpoint>) -> io::Result<Self> {
        let builder = server::Server::builder(EndpointMap::new(endpoints)).allow_insecure(true);
        let builder = builder.limits(LIMITS).rpc_limits(rpc_limits()).deadlines(deadlines());
        let server = builder.bind(address).await?;
        let (address, handle) = (server.local_addr(), server.handle());
        let task = tokio::spawn(server.serve(std::future::pending()));
        Ok(Self { address, handle, task })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Replaces all endpoints.
    ///
    /// # Errors
    /// The server has stopped.
    pub async fn set(&self, endpoints: Vec<Endpoint>) -> Result<(), Stopped> {
        self.handle.with(move |map, _| map.set(endpoints)).await
    }

    /// Stops listening, lets clients read their last answers, and ends all connections.
    ///
    /// # Errors
    /// The service failed.
    pub async fn shut_down(mut self) -> io::Result<()> {
        self.handle.shut_down();
        (&mut self.task).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
