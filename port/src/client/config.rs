//! What a client engine is told at the start.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::access::Access;
use crate::protocol::Protocol;

/// How a client engine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The version of the protocol; it is never negotiated (MS-CMRP 1.7).
    pub protocol: Protocol,
    /// The level to open handles with. Below [`Access::All`], protocol version 3 uses the `Open...Ex` methods;
    /// protocol version 2 knows no levels and ignores this (MS-CMRP 3.1.4.1).
    pub access: Access,
    /// Names of servers, in the order in which the first connection is tried. They are candidates of the reconnect
    /// procedure too, after the cluster and its nodes.
    pub servers: Vec<String>,
    /// Indications that a port may hold before the engine stops asking the server for more. At least one. A reply of
    /// `ApiGetNotifyV2` may pass it by all it brings, up to [`MAX_NOTIFICATIONS`](super::MAX_NOTIFICATIONS); what the
    /// client makes itself is never kept out.
    pub queue: usize,
    /// `Timeout` of `ApiGetNotify` of protocol version 2, in milliseconds. Small values make busy loops.
    pub get_timeout: u32,
    /// Waits between attempts to connect.
    pub backoff: Backoff,
    /// What the reconnect procedure does about an object that is gone.
    pub missing: Missing,
}

/// How often and how fast candidates are tried.
///
/// The first attempt of a procedure waits for nothing, the second for [`first`](Self::first), each further one for
/// [`factor`](Self::factor) times as long as the one before. Attempts count on from one procedure to the next if the
/// connection between them brought no indication and broke within [`longest`](Self::longest), so that a server that
/// answers the procedure and nothing else is not asked without rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Passes over the candidates before the procedure gives up. 1 is what MS-CMRP 3.2.4.6 has; 0 is taken as 1.
    pub rounds: u32,
    /// The wait before the second attempt.
    pub first: Duration,
    /// What each wait is multiplied by to get the next.
    pub factor: u32,
    /// No wait is longer.
    pub longest: Duration,
}

impl Backoff {
    /// The wait before an attempt that so many came before.
    pub(super) fn delay(&self, attempts: u32) -> Duration {
        let Some(doublings) = attempts.checked_sub(1) else { return Duration::ZERO };
        let factor = self.factor.max(1).saturating_pow(doublings);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

impl Default for Backoff {
    /// One round; a second, two, four, up to a minute.
    fn default() -> Self {
        Self { rounds: 1, first: Duration::from_secs(1), factor: 2, longest: Duration::from_secs(60) }
    }
}

/// What the reconnect procedure does when an object that was open cannot be opened because it does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It takes the next candidate, as for any other failure (MS-CMRP 3.2.4.6). An object that was deleted while
    /// the connection was broken then keeps the client from every server, until the program closes it.
    #[default]
    TryNext,
    /// It reports the object as [`OpenFailed`](super::Notice::OpenFailed) and its filters as
    /// [`FilterFailed`](super::Notice::FilterFailed), forgets them and goes on.
    Forget,
}

impl Config {
    /// All access, one round of candidates, 1,024 indications a port, half a minute of `Timeout`.
    pub fn new(protocol: Protocol, servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            protocol,
            access: Access::All,
            servers: servers.into_iter().map(Into::into).collect(),
            queue: 1024,
            get_timeout: 30_000,
            backoff: Backoff::default(),
            missing: Missing::default(),
        }
    }

    /// The level that the first open of an object asks for.
    pub(super) fn level(&self) -> Access {
        match self.protocol {
            Protocol::V2 => Access::All,
            Protocol::V3 => self.access,
        }
    }
}
