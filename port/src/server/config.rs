//! What an embedding program decides for a server.

use alloc::sync::Arc;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// What clients may use up.
    pub limits: Limits,
    /// Random octets, kept secret. They make handles that nobody can guess, and the order of hash tables unknown.
    pub seed: [u8; 16],
    /// The name of the cluster, which `CLUSTER_RECONNECT` carries.
    pub cluster_name: Arc<str>,
}

/// What clients may use up. Each limit stops an attack, or a client that has stopped reading.
///
/// A call that would pass a limit fails with `ERROR_NOT_ENOUGH_MEMORY`; the limits on queues are another matter:
/// see [`Server`](super::Server), "Loss".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Ports of all clients: stops many clients that each keep within their own limit.
    pub ports: usize,
    /// Ports of one association: stops a client that makes ports without end.
    pub ports_per_association: usize,
    /// Handles of one association, ports and objects: stops a client that opens without closing.
    pub handles_per_association: usize,
    /// Filters of all ports.
    pub filters: usize,
    /// Filters of one port: stops a client that adds without end; no method removes a filter.
    pub filters_per_port: usize,
    /// Indications in the queues of all ports: stops many clients that do not read.
    pub queue: usize,
    /// Indications in the queue of one port, at least 2; the last place is kept for the one that reports a loss. The
    /// states that a client has missed, which `ReAdd` methods queue, don't count: there are no more than filters.
    /// Stops a client that does not read.
    pub queue_per_port: usize,
    /// Get calls of all clients that wait.
    pub waiting: usize,
    /// Get calls of one port that wait: stops a client that calls without end.
    pub waiting_per_port: usize,
    /// Notifications in one response of `ApiGetNotifyV2` or `ApiGetNotifyAsync`, at least 1.
    pub batch: usize,
    /// Octets of names and buffers in one such response. One notification goes out whatever its size.
    pub batch_octets: usize,
    /// Handles of closed ports that an association's late get calls are told of.
    pub closed_ports: usize,
}

impl Default for Limits {
    /// Room for 65,536 ports; a port that nobody reads keeps 4,096 indications.
    fn default() -> Self {
        Self {
            ports: 65_536,
            ports_per_association: 1_024,
            handles_per_association: 65_536,
            filters: 4_194_304,
            filters_per_port: 65_536,
            queue: 4_194_304,
            queue_per_port: 4_096,
            waiting: 131_072,
            waiting_per_port: 64,
            batch: 1_024,
            batch_octets: 1_048_576,
            closed_ports: 16,
        }
    }
}
