//! What happened in how many places: proof that runs are not empty.

use std::fmt;

macro_rules! tallies {
    ($($(#[$doc:meta])+ $name:ident = $text:literal;)+) => {
        /// Something that is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Tally {
            $($(#[$doc])+ $name,)+
        }

        impl Tally {
            /// All, in the order in which they are reported.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $text),)+];
        }
    };
}

tallies! {
    /// Runs with clients, networks and several servers.
    Worlds = "runs of whole clusters";
    /// Runs of random operations on one server.
    Operations = "runs of operations on one server";
    /// Runs whose messages went through the codec.
    Wire = "runs through the codec";
    /// Requests that servers answered.
    Calls = "calls";
    /// Events that were posted to servers.
    Events = "events posted";
    /// Indications that servers put into responses.
    Deliveries = "indications delivered";
    /// Indications that found no room.
    Losses = "indications lost";
    /// Reports of losses.
    Markers = "losses reported";
    /// Ports of protocol version 2 that broke.
    Broken = "ports broken";
    /// Indications that programs read.
    Read = "indications read";
    /// Clients that connected at the start.
    Connected = "clients connected";
    /// Reconnects that succeeded.
    Reconnects = "reconnects";
    /// Clients that tried all servers in vain.
    GaveUp = "clients that gave up";
    /// State events that a `ReAdd` caused.
    ReAddEvents = "events caused by ReAdd";
    /// Watched objects whose latest state was compared at the end.
    Compared = "latest states compared";
    /// Clients that shut down in order.
    ShutDown = "clients shut down";
    /// All connections of a client broke.
    AssociationLost = "fault: association lost";
    /// One connection of several broke.
    ConnectionLost = "fault: connection lost";
    /// A server refused to be connected.
    Refused = "fault: connect refused";
    /// A node failed.
    NodeFailed = "fault: node failed";
    /// A node that failed is there again.
    NodeReturned = "fault: node returned";
    /// A server stopped being active.
    Stopped = "fault: server stopped";
    /// A server shut down.
    ShuttingDown = "fault: server shutting down";
    /// A server allowed less.
    Restricted = "fault: server read-only or none";
    /// The RPC layer failed a call before the server saw it.
    CallFailed = "fault: call failed";
    /// The answer to a call was lost.
    AnswerLost = "fault: answer lost";
    /// A client lost its access.
    AccessLost = "fault: access lost";
    /// A program stopped reading.
    Slow = "fault: program stopped reading";
    /// Everything on its way was late.
    Late = "fault: messages late";
    /// A get call returned events.
    Get0 = "get: success";
    /// A get call was ended by Unblock or Close.
    Get1 = "get: 0x1";
    /// A get call was denied.
    Get5 = "get: 0x5";
    /// A get call on a handle that is not valid.
    Get6 = "get: 0x6";
    /// A get call beyond a limit.
    Get8 = "get: 0x8";
    /// A get call that the state of the server didn't allow.
    Get46 = "get: 0x46";
    /// A get call whose time ran out.
    Get102 = "get: 0x102";
    /// A get call on a closed port.
    Get103 = "get: 0x103";
    /// A get call on a computer that shuts down, protocol version 2.
    Get45B = "get: 0x45B";
    /// A get call on a node that isn't active.
    Get13D0 = "get: 0x13D0 or 0x13D1";
    /// A get call that was answered by a fault.
    GetFault = "get: fault";
    /// A get call with nobody to be answered.
    GetAbandoned = "get: abandoned";
}

/// Counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals([u64; Tally::ALL.len()]);

impl Default for Totals {
    fn default() -> Self {
        Self([0; Tally::ALL.len()])
    }
}

impl Totals {
    /// One more.
    pub fn count(&mut self, tally: Tally) {
        self.add(tally, 1);
    }

    /// So many more.
    pub fn add(&mut self, tally: Tally, more: u64) {
        if let Some(count) = self.0.get_mut(tally as usize) {
            *count = count.saturating_add(more);
        }
    }

    /// How many.
    pub fn get(&self, tally: Tally) -> u64 {
        self.0.get(tally as usize).copied().unwrap_or(0)
    }

    /// Adds what another run counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// What never happened.
    pub fn missing(&self) -> Vec<&'static str> {
        let never = |(tally, _): &&(Tally, &'static str)| self.get(*tally) == 0;
        Tally::ALL.iter().filter(never).map(|(_, text)| *text).collect()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Tally::ALL.iter().try_for_each(|(tally, text)| writeln!(f, "{:>14}  {text}", self.get(*tally)))
    }
}
