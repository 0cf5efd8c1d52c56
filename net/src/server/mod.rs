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
