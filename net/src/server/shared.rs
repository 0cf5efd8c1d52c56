//! What all connections of a server use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cmrp_port::access::Access;
use cmrp_port::server::CallId;
use dcerpc_proto::server::Config;
use tokio::sync::mpsc;

use super::clients::Clients;
use super::directory::Directory;
use super::levels::Levels;
use super::thread::Command;
use super::{Deadlines, Service};
use crate::metrics::server::Metrics;

/// What all connections of a server use.
pub(super) struct Shared<S: Service> {
    pub(super) rpc: Arc<Config>,
    pub(super) clients: Clients,
    pub(super) directory: Arc<Directory<S::Receipt>>,
    pub(super) commands: mpsc::Sender<Command<S>>,
    pub(super) levels: Arc<Levels>,
    pub(super) metrics: Metrics,
    pub(super) deadlines: Deadlines,
    pub(super) access: Access,
    /// The port as text, which binds are answered with.
    pub(super) port: String,
    pub(super) calls: AtomicU64,
}

impl<S: Service> Shared<S> {
    /// A number that no call had before.
    pub(super) fn next_call(&self) -> CallId {
        CallId(self.calls.fetch_add(1, Ordering::Relaxed))
    }
}
