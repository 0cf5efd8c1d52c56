//! What a server holds at one moment.

/// What a server holds. All of it is zero when the last client is gone, but for the counts in `service` of what was
/// done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections, each of which is one task.
    pub connections: usize,
    /// Association groups: clients.
    pub associations: usize,
    /// Calls without an answer yet, those that wait for events among them.
    pub calls: usize,
    /// Octets held for connections: of requests that are not complete, and of answers that are not sent.
    pub held: usize,
    /// What the service holds: ports, filters, handles, events in queues, waiting calls.
    pub service: cmrp_port::server::Statistics,
}
