//! A server for clients of MS-CMRP over `ncacn_ip_tcp`.
//!
//! ```text
//! socket ── connection's task ──> bounded channel ──> the service's thread
//!              one rpc machine     <── outbox ──────     one Node, one clock
//! ```
//!
//! A connection is one task: it feeds octets to a `dcerpc_proto::server::Connection`, hands calls to the thread that
//! has the service (for a cluster, a `cmrp_cluster::Node`), and sends what comes back. An idle connection holds no
//! buffer. What a client can take is in [`Limits`] and [`Deadlines`], with reasons.
//!
//! A server needs no more than this:
//!
//! ```
//! use cmrp_cluster::change::Change;
//! use cmrp_cluster::definition::{DEFAULT, Definition};
//! use cmrp_cluster::embedded::{Config, Embedded};
//! use cmrp_cluster::node::{Node, NodeConfig};
//! use cmrp_net::server::Server;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let cluster = Embedded::new(Definition::from_toml(DEFAULT)?.state(0), Config::default());
//! let seed = *b"16 random octets";
//! let node = Node::new(Box::new(cluster), NodeConfig::new("node1", seed));
//! let server = Server::builder(node).allow_insecure(true).bind("127.0.0.1:0").await?;
//! let (address, handle) = (server.local_addr(), server.handle());
//! let serving = tokio::spawn(server.serve(std::future::pending()));
//!
//! // While it serves, the program can change the cluster, read what the server holds, and stop it.
//! handle.change(Change::NodeDown { node: "node2".into() }).await??;
//! assert_eq!(handle.snapshot().connections, 0);
//! # use cmrp::clusapi3::ApiGetClusterNameRequest;
//! # use cmrp_net::client::{Association, Options, Protocol};
//! # let client = Association::connect(&address.to_string(), &Options::new(Protocol::V3)).await?;
//! # let name = client.call(&ApiGetClusterNameRequest {}).await?;
//! # assert_eq!(name.get()?.cluster_name.map(|name| name.to_string()).as_deref(), Some("CLUSTER1"));
//! # drop(client);
//! handle.shut_down();
//! serving.await??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is refused
//! As there is no security provider yet, a server refuses every call with status 5 (access denied), before anything of
//! it is looked at, unless [`Builder::allow_insecure`] lets in everybody who reaches its address.
//!
//! # What may be lost
//! An answer that could not be sent is given back to the service, which tells the client of the events in it as lost
//! if another connection of the association is left. Octets that the operating system has taken count as sent.

mod accept;
mod builder;
mod clients;
mod cluster;
mod connection;
mod directory;
mod handle;
pub(crate) mod levels;
mod limits;
mod outbox;
mod service;
mod shared;
mod snapshot;
mod sparse;
mod thread;

pub use builder::Builder;
pub use handle::{Handle, Stopped};
pub use limits::{Deadlines, Limits};
pub use service::{Output, Request, Service};
pub use snapshot::Snapshot;

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use accept::Serving;

/// A server that listens, and serves once [`serve`](Self::serve) is awaited.
pub struct Server<S: Service> {
    listener: TcpListener,
    address: SocketAddr,
    serving: Serving<S>,
}

impl<S: Service> Server<S> {
    /// Starts to describe a server of this service.
    pub fn builder(service: S) -> Builder<S> {
        Builder::new(service)
    }

    /// The address that clients connect to.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What reads, changes and stops the server while it serves.
    pub fn handle(&self) -> Handle<S> {
        self.serving.handle()
    }

    /// Serves until `shutdown` is ready or [`Handle::shut_down`] was called. Then it accepts no connection any more,
    /// calls that wait end with the code of a node that shuts down, clients get [`Deadlines::shutdown`] to read their
    /// last answers, and nothing of the server is left when this returns. When the future is dropped instead, all
    /// connections are cut off.
    ///
    /// # Errors
    /// If the service panicked, or does not return from a call. Failures of connections end those connections alone.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
        self.serving.accept(self.listener, shutdown).await;
        self.serving.shut_down().await
    }
}
