//! Puts TCP connections together from captured segments.
//!
//! The parts: [`Streams`] tells which connection a segment belongs to and numbers connections; a connection puts
//! the octets of both directions in order. Everything goes to a [`Sink`] as soon as its place is known.
//!
//! Memory: what waits for a missing segment is bounded by [`connection::MAX_HELD_OCTETS`] and
//! [`connection::MAX_HELD_SEGMENTS`] for each connection and by [`MAX_HELD_OCTETS_OVERALL`] for all of them; beyond
//! a bound, missing octets are taken as lost. [`MAX_CONNECTIONS`] are remembered, those that have ended included,
//! since the number of a connection must be found again however late a segment comes. Beyond that, one is forgotten:
//! of those that have ended, or else of all, the one that was silent for longest. Its requests are shown as
//! unanswered, and a segment of it that comes still begins a connection with a new number.

mod connection;

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

use connection::Connection;
use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;

use crate::time::Time;

/// Most octets that wait for missing segments in all connections together. Stops a capture of many connections,
/// each with a hole at its beginning, from filling the memory.
const MAX_HELD_OCTETS_OVERALL: usize = 64 * 1024 * 1024;

/// Most connections that are remembered. What is kept of one is small if it is not of DCE/RPC or has ended, and about
/// two KiB otherwise.
const MAX_CONNECTIONS: usize = 32_768;

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
    /// Its slot among the connections that are remembered, from 0 to below [`MAX_CONNECTIONS`].
    pub(crate) slot: usize,
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
    /// The connection in this slot has ended, or is forgotten. Told again if octets come after that.
    fn closed(&mut self, slot: usize);
}

/// The addresses of a connection, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair(SocketAddr, SocketAddr);

impl Pair {
    fn of(segment: &Segment<'_>) -> Self {
        let (a, b) = (segment.source, segment.destination);
        if a <= b { Self(a, b) } else { Self(b, a) }
    }
}

impl Hash for Pair {
    /// In few pieces, since every segment asks for it. Equal pairs have equal pieces; more is not needed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = u32::from(self.0.port()) << 16 | u32::from(self.1.port());
        match (self.0, self.1) {
            (SocketAddr::V4(a), SocketAddr::V4(b)) => {
                state.write_u64(u64::from(a.ip().to_bits()) << 32 | u64::from(b.ip().to_bits()));
            }
            (a, b) => [a, b].iter().for_each(|address| address.ip().hash(state)),
        }
        state.write_u32(ports);
    }
}

/// Connections by their addresses, the one that was silent for longest first.
type Connections = LinkedHashMap<Pair, Connection, RandomState>;

/// All connections of a capture, numbered as Wireshark's `tcp.stream` numbers them: from 0, one number for each
/// pair of addresses and ports, and a new one when a SYN with another sequence number takes the same ports again.
#[derive(Default)]
pub(crate) struct Streams {
    open: Connections,
    /// Those that have ended.
    ended: Connections,
    count: u64,
    held: usize,
    /// Slots that were given back.
    free: Vec<usize>,
}

impl Streams {
    /// Takes the next segment of the capture.
    pub(crate) fn segment(&mut self, segment: &Segment<'_>, origin: Origin, sink: &mut dyn Sink) {
        let pair = Pair::of(segment);
        if let Some(connection) = self.open.to_back(&pair) {
            if !connection.is_reopened_by(segment) {
                take(&mut self.held, connection, segment, origin, sink);
                if connection.has_ended() {
                    self.end(pair);
                }
                return;
            }
        } else if let Some(connection) = self.ended.to_back(&pair) {
            if !connection.is_reopened_by(segment) {
                return take(&mut self.held, connection, segment, origin, sink);
            }
        }
        self.begin(pair, segment, origin, sink);
    }

    /// Gives up what is missing still; the capture has ended.
    pub(crate) fn finish(&mut self, sink: &mut dyn Sink) {
        let all = [std::mem::take(&mut self.open), std::mem::take(&mut self.ended)];
        for connections in all {
            let mut rest: Vec<Connection> =
                connections.into_iter().map(|(_, connection)| connection).collect();
            rest.sort_by_key(Connection::stream);
            for connection in rest {
                self.forget(connection, sink);
            }
        }
    }

    /// Begins a connection, in place of one that had the same ports.
    fn begin(&mut self, pair: Pair, segment: &Segment<'_>, origin: Origin, sink: &mut dyn Sink) {
        let earlier = self.open.remove(&pair).or_else(|| self.ended.remove(&pair));
        if let Some(earlier) = earlier.or_else(|| self.superfluous()) {
            self.forget(earlier, sink);
        }
        let slot = self.free.pop().unwrap_or_else(|| self.remembered());
        let mut connection = Connection::new(self.count, slot, segment);
        self.count = self.count.saturating_add(1);
        take(&mut self.held, &mut connection, segment, origin, sink);
        let connections = if connection.has_ended() { &mut self.ended } else { &mut self.open };
        connections.insert(pair, connection);
    }

    /// The connection that has to go before another one can be remembered.
    fn superfluous(&mut self) -> Option<Connection> {
        if self.remembered() < MAX_CONNECTIONS {
            return None;
        }
        let oldest = self.ended.pop_front().or_else(|| self.open.pop_front());
        oldest.map(|(_, connection)| connection)
    }

    /// How many connections are remembered.
    fn remembered(&self) -> usize {
        self.open.len().saturating_add(self.ended.len())
    }

    /// Puts a connection among those that have ended.
    fn end(&mut self, pair: Pair) {
        if let Some(connection) = self.open.remove(&pair) {
            self.ended.insert(pair, connection);
        }
    }

    fn forget(&mut self, connection: Connection, sink: &mut dyn Sink) {
        self.held = self.held.saturating_sub(connection.held_octets());
        self.free.push(connection.slot());
        connection.forget(sink);
    }
}

/// Gives a segment to its connection. `held` counts the octets that wait in all of them.
fn take(
    held: &mut usize,
    connection: &mut Connection,
    segment: &Segment<'_>,
    origin: Origin,
    sink: &mut dyn Sink,
) {
    let before = connection.held_octets();
    connection.segment(segment, origin, sink);
    *held = held.saturating_sub(before).saturating_add(connection.held_octets());
    if *held > MAX_HELD_OCTETS_OVERALL {
        *held = held.saturating_sub(connection.held_octets());
        connection.flush(sink);
    }
}

#[cfg(test)]
mod tests;
