//! Puts TCP connections together from captured segments.
//!
//! The parts: [`Streams`] tells which connection a segment belongs to and numbers connections; a connection puts
//! the octets of both directions in order. Everything goes to a [`Sink`] as soon as its place is known.
//!
//! Memory: what waits for a missing segment is bounded by [`connection::MAX_HELD_OCTETS`] and
//! [`connection::MAX_HELD_SEGMENTS`] for each connection and by [`MAX_HELD_OCTETS_OVERALL`] for all of them; beyond
//! a bound, missing octets are taken as lost. Besides, each connection of the capture keeps one entry of about 150
//! octets, since its number must be found again however late a segment comes.

mod connection;

use std::collections::HashMap;
use std::net::SocketAddr;

use connection::Connection;

use super::time::Time;

/// Most octets that wait for missing segments in all connections together. Stops a capture of many connections,
/// each with a hole at its beginning, from filling the memory.
const MAX_HELD_OCTETS_OVERALL: usize = 64 * 1024 * 1024;

/// A TCP segment as far as putting a connection together needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) sequence: u32,
    /// `None` when the ACK flag is not set.
    pub(crate) acknowledgment: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) payload: &'a [u8],
}

/// The frame that octets came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) frame: u64,
    pub(crate) time: Option<Time>,
}

/// One of the two ends of a connection; `First` is the one that sent its first captured segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum End {
    First,
    Second,
}

impl End {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Number of the connection in the capture, from 0.
    pub(crate) stream: u64,
    /// Who sends.
    pub(crate) sender: End,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
}

impl Flow {
    /// The other direction of the same connection.
    pub(crate) fn reversed(&self) -> Self {
        Self { sender: self.sender.other(), source: self.destination, destination: self.source, ..*self }
    }
}

/// Takes what the connections carried.
pub(crate) trait Sink {
    /// The next octets of one direction.
    fn data(&mut self, flow: &Flow, origin: Origin, octets: &[u8]);
    /// So many octets of one direction are not in the capture.
    fn lost(&mut self, flow: &Flow, octets: u32);
    /// The connection has ended, or another one has taken its ports.
    fn closed(&mut self, stream: u64);
}

/// The addresses of a connection, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair(SocketAddr, SocketAddr);

impl Pair {
    fn of(segment: &Segment<'_>) -> Self {
        let (a, b) = (segment.source, segment.destination);
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

/// All connections of a capture, numbered as Wireshark's `tcp.stream` numbers them: from 0, one number for each
/// pair of addresses and ports, and a new one when a SYN with another sequence number takes the same ports again.
#[derive(Default)]
pub(crate) struct Streams {
    connections: HashMap<Pair, Connection>,
    count: u64,
    held: usize,
}

impl Streams {
    /// Takes the next segment of the capture.
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, origin: Origin, sink: &mut dyn Sink) {
        let pair = Pair::of(segment);
        if self.connections.get(&pair).is_some_and(|connection| connection.is_reopened_by(segment)) {
            self.close(pair, sink);
        }
        let count = &mut self.count;
        let connection = self.connections.entry(pair).or_insert_with(|| {
            let connection = Connection::new(*count, segment);
            *count = count.saturating_add(1);
            connection
        });
        let before = connection.held_octets();
        connection.segment(segment, origin, sink);
        self.held = self.held.saturating_sub(before).saturating_add(connection.held_octets());
        if self.held > MAX_HELD_OCTETS_OVERALL {
            self.held = self.held.saturating_sub(connection.held_octets());
            connection.flush(sink);
        }
    }

    /// Gives up what is missing still; the capture has ended.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) {
        let mut rest: Vec<Connection> = self.connections.drain().map(|(_, connection)| connection).collect();
        rest.sort_by_key(Connection::stream);
        for mut connection in rest {
            connection.close(sink);
        }
    }

    fn close(&mut self, pair: Pair, sink: &mut dyn Sink) {
        if let Some(mut connection) = self.connections.remove(&pair) {
            self.held = self.held.saturating_sub(connection.held_octets());
            connection.close(sink);
        }
    }
}

#[cfg(test)]
mod tests;
