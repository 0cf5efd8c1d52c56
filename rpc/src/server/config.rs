//! What a server accepts.

use alloc::vec;
use alloc::vec::Vec;

use crate::auth::AuthLevel;
use crate::bind::MIN_FRAGMENT;
use crate::syntax::{BindFeatures, SyntaxId};

/// What a server offers and accepts. Shared by all its connections.
///
/// Made by [`Config::new`]; fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The interfaces. A client's proposal matches one of the same UUID and major version whose minor version is not
    /// below the client's (C706 6.1.2).
    pub interfaces: Vec<SyntaxId>,
    /// Transfer syntaxes by preference. Of the contexts that one PDU proposes for an interface, the one with the most
    /// preferred syntax is accepted and no other (MS-RPCE 3.3.1.5.6). Default NDR64, NDR 2.0; others are ignored.
    pub transfer_syntaxes: Vec<SyntaxId>,
    /// Largest fragment to send and to accept, in octets: at least 1,432, default 5,840. What a client accepts may
    /// make it less.
    pub max_fragment: u16,
    /// Calls below this level are refused with [`ERROR_ACCESS_DENIED`](crate::status::ERROR_ACCESS_DENIED) when their
    /// first fragment comes, and nothing of them is kept. Default [`AuthLevel::PKT_INTEGRITY`], which, as there is no
    /// security provider yet, refuses every call; [`AuthLevel::NONE`] lets anonymous ones in.
    pub minimum_level: AuthLevel,
    /// Whether a client may have several calls open on one connection (MS-RPCE 3.3.1.5.8). Default yes.
    pub multiplexing: bool,
    /// Features to accept at bind time (MS-RPCE 3.3.1.5.3). Default
    /// [`BindFeatures::KEEP_CONNECTION_ON_ORPHAN`]. The element that offers features is rejected if there are none.
    pub features: BindFeatures,
    /// What a client may make grow.
    pub limits: Limits,
}

impl Config {
    /// A server of `interfaces` with the defaults that the fields name.
    pub fn new(interfaces: Vec<SyntaxId>) -> Self {
        Self {
            interfaces,
            transfer_syntaxes: vec![SyntaxId::NDR64, SyntaxId::NDR20],
            max_fragment: 5840,
            minimum_level: AuthLevel::PKT_INTEGRITY,
            multiplexing: true,
            features: BindFeatures::KEEP_CONNECTION_ON_ORPHAN,
            limits: Limits::default(),
        }
    }

    /// [`Config::max_fragment`], but not less than every implementation accepts.
    pub(crate) const fn fragment(&self) -> u16 {
        if self.max_fragment < MIN_FRAGMENT { MIN_FRAGMENT } else { self.max_fragment }
    }
}

/// What a client may make grow, and what stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a PDU that negotiates, which carries contexts and security tokens: 16,384. The size of requests is
    /// [`Config::max_fragment`]. Stops clients that announce 65,535 octets and send all but the last.
    pub max_negotiation: u16,
    /// Octets of the stub of one request: 4 MiB, as MS-RPCE 3.3.3.5.4 has it; more is refused with
    /// [`ERROR_ACCESS_DENIED`](crate::status::ERROR_ACCESS_DENIED). Stops a request that never ends.
    pub max_stub: usize,
    /// Fragments of one request: 8,192, enough for the longest one in the smallest usual fragments; more is a breach
    /// of the protocol. Stops a request of empty fragments that never ends.
    pub max_fragments: usize,
    /// Octets of the stubs of all calls of a connection that are being received or not answered: 16 MiB; more is
    /// refused with [`NCA_SERVER_TOO_BUSY`](crate::status::NCA_SERVER_TOO_BUSY). Stops many large calls at a time.
    pub max_requests: usize,
    /// Calls of a connection that are not answered: 64; more are refused with
    /// [`NCA_SERVER_TOO_BUSY`](crate::status::NCA_SERVER_TOO_BUSY). Orphaned calls count until the program is done
    /// with them. Stops calls that wait, such as for events, from piling up.
    pub max_pending: usize,
    /// Presentation contexts of a connection: 128. More in a bind refuse it (MS-RPCE 3.3.3.5.5, where Windows has
    /// 4,000 for each interface); more in an `alter_context` are rejected one by one. Stops endless `alter_context`
    /// PDUs.
    pub max_contexts: usize,
    /// Octets that wait to be sent on a connection: 4 MiB. From half of it on [`Connection::is_congested`] asks not
    /// to read from the client; an answer that makes it more while others wait ends the connection. Stops clients
    /// that call and do not read.
    ///
    /// [`Connection::is_congested`]: super::Connection::is_congested
    pub max_output: usize,
    /// Connections of one association group: 64; more are refused. Stops a client from hiding its number of
    /// connections in a group.
    pub max_group: u32,
    /// Association groups of the server: 65,536; more are refused. Stops clients from filling the table.
    pub max_groups: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_negotiation: 16_384,
            max_stub: 4 << 20,
            max_fragments: 8192,
            max_requests: 16 << 20,
            max_pending: 64,
            max_contexts: 128,
            max_output: 4 << 20,
            max_group: 64,
            max_groups: 65_536,
        }
    }
}
