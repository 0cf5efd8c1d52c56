//! What clients may use up, and how long they may take.

use std::time::Duration;

/// What clients may use up. Each limit stops an attack, or a client that has stopped reading.
///
/// What one connection may make the RPC runtime hold (fragments, calls, contexts) is
/// [`Builder::rpc_limits`](super::Builder::rpc_limits); what one association may make a node hold (handles, ports, queues) is
/// `cmrp_cluster`'s configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, 20,000: a client over the limit is disconnected at once. Stops the loss of all file
    /// descriptors; set the process's own limit (`ulimit -n`) well above it.
    pub connections: usize,
    /// Connections at once from one address, 16,000: many watchers may be behind one address, but one address can't
    /// take all connections.
    pub connections_per_address: usize,
    /// Octets of answers that one connection may leave unread, 16 MiB: one that has more is closed, and what it did
    /// not read is lost in the way that notification ports report. No request is read while answers are unsent, so
    /// that only calls made before count. Stops a client that calls without reading.
    pub unsent: usize,
    /// Commands from connections that wait for the service's thread, 1,024. Connections beyond stop reading until
    /// there is room: a flood of calls slows those who make it.
    pub commands: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 20_000, connections_per_address: 16_000, unsent: 16 << 20, commands: 1_024 }
    }
}

/// How long clients may take. Each deadline frees what a client that has gone silent holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the connection's start until it is bound, 10 s.
    pub handshake: Duration,
    /// From the first octet of a PDU, or the first fragment of a call, to the last, 30 s.
    pub request: Duration,
    /// For the client to take one PDU of an answer (some kilobytes), 30 s.
    pub write: Duration,
    /// For a connection without unanswered calls whose association holds no handle, 10 min. A client that waits for
    /// events, or has anything open, is never idle.
    pub idle: Duration,
    /// After silence of this length, 60 s, the operating system asks that of the client whether it is there. Four
    /// questions without an answer, a quarter of this time apart, end the connection, and so do octets that it has not
    /// confirmed for twice this time. Between 1 s and 9 h.
    pub keep_alive: Duration,
    /// At shutdown: for clients to take their last answers and to close, 5 s. What is left then is cut off.
    pub shutdown: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            request: Duration::from_secs(30),
            write: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            keep_alive: Duration::from_secs(60),
            shutdown: Duration::from_secs(5),
        }
    }
}
