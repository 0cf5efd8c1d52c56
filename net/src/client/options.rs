//! What a program decides about its associations.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cmrp::ndr::{Endian, Format, Interface};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::protocol::Protocol;
use dcerpc_proto::SyntaxId;

/// How associations are made, and what their calls may cost.
///
/// ```
/// use std::time::Duration;
/// use cmrp_net::client::{Options, Protocol, Transfer};
///
/// let options = Options::new(Protocol::V3)
///     .with_transfer(Transfer::Ndr64)
///     .with_call_deadline(Duration::from_secs(5))
///     .with_name("node2", "192.0.2.2:49700");
/// assert_eq!(options.resolved("NODE2"), "192.0.2.2:49700");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The interface that is bound.
    pub interface: SyntaxId,
    /// The transfer syntaxes that are offered. Default [`Transfer::Either`].
    pub transfer: Transfer,
    /// The byte order of requests in NDR 2.0; NDR64 is always little-endian (MS-RPCE 2.2.5). The order of responses
    /// is the server's choice. Default little.
    pub byte_order: Endian,
    /// The longest fragment to offer, in octets, for both directions; 1,432 to 65,535 (C706 12.6.3.4). Default 5,840.
    pub fragment: u16,
    /// Whether to ask for concurrent multiplexing (`PFC_CONC_MPX`): all calls of an association then share one
    /// connection, the waiting ones too. Without it, or if the server declines, each call has a connection of the
    /// association to itself, as Windows' clients do it. Default off: it asks the least of a server.
    pub multiplexing: bool,
    /// How long resolving, connecting and binding may take, together, for each connection. Default 10 seconds.
    pub connect_deadline: Duration,
    /// How long a call may take from when it was asked for, unless it [waits](super::Association::wait). Default
    /// 60 seconds.
    pub call_deadline: Duration,
    /// How long a server may take to answer a call that was cancelled before its connection is given up, if the
    /// server does not keep connections on orphaned calls (MS-RPCE 3.3.1.5.10). Default 5 seconds.
    pub cancel_grace: Duration,
    /// What notices that a server is gone while a call waits.
    pub keep_alive: KeepAlive,
    /// The port of a server whose name comes without one. `None`, the default: its endpoint mapper is asked.
    pub port: Option<u16>,
    /// The port of endpoint mappers. Default 135 (MS-RPCE 2.1.1.1).
    pub endpoint_mapper: u16,
    /// Limits on what a server can make grow.
    pub limits: Limits,
    names: Vec<(String, String)>,
    resolver: Option<Arc<Resolver>>,
}

/// What stands for the name of a server; see [`Options::with_resolver`].
type Resolver = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Which transfer syntaxes are offered when binding (MS-RPCE 3.3.1.5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// NDR 2.0 alone.
    Ndr20,
    /// NDR64 alone; older servers have none.
    Ndr64,
    /// Both, of which the server chooses. Windows servers choose NDR64.
    #[default]
    Either,
}

/// Keep-alives of TCP, the only thing that tells a server without events from one that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeepAlive {
    /// How long a connection is silent before it is probed. Default 30 seconds.
    pub idle: Duration,
    /// The time between probes. Default 10 seconds.
    pub interval: Duration,
    /// Probes without an answer after which the connection has failed. Default 3.
    pub probes: u32,
}

/// Limits of one association. Each stops a server, or a program, from filling the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections for calls that do not wait; without multiplexing, that many run at a time and the others queue.
    /// Default 4.
    pub connections: usize,
    /// Calls that do not wait and have not been answered, queued ones included; more are refused. Default 1,024. With
    /// multiplexing, 16 of them run at a time.
    pub calls: usize,
    /// Calls that wait, each of which holds a connection where calls are not multiplexed; more are refused. Default
    /// 48: servers limit the connections of an association, and the calls of a connection, ours to 64.
    pub waiting: usize,
    /// Octets of a response stub; a server that sends more is left. Default 16 MiB.
    pub response: usize,
}

impl Options {
    /// The defaults of the fields, for ClusAPI.
    pub fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::V2 => Self::of::<clusapi2::Clusapi2>(),
            Protocol::V3 => Self::of::<clusapi3::Clusapi3>(),
        }
    }

    /// The defaults of the fields, for any interface.
    pub fn of<I: Interface>() -> Self {
        Self {
            interface: SyntaxId::of::<I>(),
            transfer: Transfer::default(),
            byte_order: Endian::Little,
            fragment: 5840,
            multiplexing: false,
            connect_deadline: Duration::from_secs(10),
            call_deadline: Duration::from_secs(60),
            cancel_grace: Duration::from_secs(5),
            keep_alive: KeepAlive::default(),
            port: None,
            endpoint_mapper: 135,
            limits: Limits::default(),
            names: Vec::new(),
            resolver: None,
        }
    }

    /// Sets [`interface`](Self::interface).
    #[must_use]
    pub fn with_interface<I: Interface>(mut self) -> Self {
        self.interface = SyntaxId::of::<I>();
        self
    }

    /// Sets [`transfer`](Self::transfer).
    #[must_use]
    pub fn with_transfer(mut self, transfer: Transfer) -> Self {
        self.transfer = transfer;
        self
    }

    /// Sets [`byte_order`](Self::byte_order).
    #[must_use]
    pub fn with_byte_order(mut self, order: Endian) -> Self {
        self.byte_order = order;
        self
    }

    /// Sets [`fragment`](Self::fragment), in octets.
    #[must_use]
    pub fn with_fragment(mut self, octets: u16) -> Self {
        self.fragment = octets;
        self
    }

    /// Sets [`multiplexing`](Self::multiplexing).
    #[must_use]
    pub fn with_multiplexing(mut self, wanted: bool) -> Self {
        self.multiplexing = wanted;
        self
    }

    /// Sets [`connect_deadline`](Self::connect_deadline).
    #[must_use]
    pub fn with_connect_deadline(mut self, deadline: Duration) -> Self {
        self.connect_deadline = deadline;
        self
    }

    /// Sets [`call_deadline`](Self::call_deadline).
    #[must_use]
    pub fn with_call_deadline(mut self, deadline: Duration) -> Self {
        self.call_deadline = deadline;
        self
    }

    /// Sets [`cancel_grace`](Self::cancel_grace).
    #[must_use]
    pub fn with_cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }

    /// Sets [`keep_alive`](Self::keep_alive).
    #[must_use]
    pub fn with_keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// Sets [`port`](Self::port).
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets [`endpoint_mapper`](Self::endpoint_mapper), a TCP port.
    #[must_use]
    pub fn with_endpoint_mapper(mut self, port: u16) -> Self {
        self.endpoint_mapper = port;
        self
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Says where a server of this name is: an address or another name, with or without a port. The reconnect
    /// procedure asks for the names that nodes give themselves, which the resolver of the system often does not know.
    /// Case does not matter.
    #[must_use]
    pub fn with_name(mut self, name: &str, address: &str) -> Self {
        self.names.push((name.to_owned(), address.to_owned()));
        self
    }

    /// As [`with_name`](Self::with_name), for all names that a function knows. It must not block.
    #[must_use]
    pub fn with_resolver(
        mut self,
        resolver: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// What is known to stand for a name; otherwise, the name.
    pub fn resolved(&self, name: &str) -> String {
        let known = self.names.iter().rev().find(|(known, _)| known.to_lowercase() == name.to_lowercase());
        let known = known.map(|(_, address)| address.clone());
        let known = known.or_else(|| self.resolver.as_ref().and_then(|resolver| resolver(name)));
        known.unwrap_or_else(|| name.to_owned())
    }

    /// The transfer syntaxes to offer, the preferred one first.
    pub(crate) fn transfer_syntaxes(&self) -> Vec<SyntaxId> {
        match self.transfer {
            Transfer::Ndr20 => vec![SyntaxId::NDR20],
            Transfer::Ndr64 => vec![SyntaxId::NDR64],
            Transfer::Either => vec![SyntaxId::NDR64, SyntaxId::NDR20],
        }
    }
}

impl From<Format> for Transfer {
    fn from(format: Format) -> Self {
        if format.is_ndr64() { Self::Ndr64 } else { Self::Ndr20 }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resolver, .. } = self;
        f.debug_struct("Options")
            .field("interface", &self.interface)
            .field("transfer", &self.transfer)
            .field("byte_order", &self.byte_order)
            .field("fragment", &self.fragment)
            .field("multiplexing", &self.multiplexing)
            .field("connect_deadline", &self.connect_deadline)
            .field("call_deadline", &self.call_deadline)
            .field("keep_alive", &self.keep_alive)
            .field("port", &self.port)
            .field("endpoint_mapper", &self.endpoint_mapper)
            .field("limits", &self.limits)
            .field("names", &self.names)
            .field("resolver", &resolver.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), interval: Duration::from_secs(10), probes: 3 }
    }
}

impl KeepAlive {
    /// Probes after so much silence, so often, so many times.
    pub fn new(idle: Duration, interval: Duration, probes: u32) -> Self {
        Self { idle, interval, probes }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4, calls: 1024, waiting: 48, response: 16 << 20 }
    }
}
