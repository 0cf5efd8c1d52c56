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
    /// take all connections. IPv6 addresses that agree in their first 64 bits count as one: one host has them all.
    pub connections_per_address: usize,
    /// Octets of answers that one connection may leave unread, 16 MiB: one that has more is closed, and what it did
    /// not read is lost in the way that notification ports report. While 64 KiB are unsent, nothing more is read and no
    /// call is handed on, and of the calls of one connection the service gets the next when it is done with the one
    /// before: only calls that wait, as those for events do, can be answered beyond that. Stops a client that waits
    /// with many calls and reads nothing.
    pub unsent: usize,
    /// Octets held for all connections together, 512 MiB: of requests that are not complete or wait for the service, and
    /// of answers that are not sent. The connection whose request or answer would pass it is closed, unless it holds
    /// at most 16 KiB of the kind: one that asks for little stays, whatever others hold. So at most 16 KiB more for the
    /// request and 16 KiB for the answers of each of [`connections`](Self::connections), and as much for each of
    /// [`commands`](Self::commands), can be held. Stops many connections that each keep within their own limits.
    pub held: usize,
    /// Commands from connections that wait for the service's thread, 1,024. Connections beyond stop reading until
    /// there is room: a flood of calls slows those who make it.
    pub commands: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 16_000,
            unsent: 16 << 20,
            held: 512 << 20,
            commands: 1_024,
        }
    }
}

/// How long clients may take. Each deadline frees what a client that has gone silent holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the connection's start until it is bound, 10 s.
    pub handshake: Duration,
    /// From the first octet of a PDU, or the first fragment of a call, to the last, 30 s, not counting the time in which
    /// the server does not read.
    pub request: Duration,
    /// For the client to take one PDU of an answer (some kilobytes), 30 s; and, with 1 s more for each 16 KiB, to take
    /// all that is unsent.
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
