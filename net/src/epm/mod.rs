//! The endpoint mapper: which TCP port an interface is at (C706 Appendix O, MS-RPCE 2.2.1.2).
//!
//! [`map`] asks one, as a client that knows a host and no port does. A [`Server`] is one: it tells anybody the
//! endpoints that it was given.

use std::net::SocketAddr;

use cmrp::ndr::Format;
use dcerpc_proto::SyntaxId;

use crate::client::{ConnectError, Options};

/// The TCP port of endpoint mappers (MS-RPCE 2.1.1.1).
pub const PORT: u16 = 135;

/// Asks the endpoint mapper at a host (and port, [`PORT`] if there is none) for the endpoint of an interface. The
/// answer's address is that of the host; endpoint mappers often name others.
///
/// Deadline, limits and names are those of `options`; its interface does not matter.
///
/// # Errors
/// [`ConnectError::NotRegistered`] if it knows none, or why it could not be asked.
pub async fn map(
    host: &str,
    interface: SyntaxId,
    transfer: SyntaxId,
    options: &Options,
) -> Result<SocketAddr, ConnectError> {
    let _ = (host, interface, transfer, options);
    todo!()
}

/// Asks for several transfer syntaxes, one after the other.
pub(crate) async fn locate(
    host: &str,
    interface: SyntaxId,
    transfer: &[SyntaxId],
    options: &Options,
) -> Result<SocketAddr, ConnectError> {
    let _ = (host, interface, transfer, options);
    todo!()
}

/// An endpoint that a [`Server`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The interface.
    pub interface: SyntaxId,
    /// Where it is served. An unspecified address stands for the one that the client reached the mapper at.
    pub address: SocketAddr,
}

/// An endpoint mapper on a port of its own.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

impl Server {
    /// Listens at an address and serves there until it is dropped.
    ///
    /// # Errors
    /// The address cannot be used.
    pub async fn bind(address: SocketAddr, endpoints: Vec<Endpoint>) -> std::io::Result<Self> {
        let _ = (address, endpoints);
        todo!()
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and ends all connections.
    pub async fn shut_down(self) {
        todo!()
    }
}

/// The transfer syntaxes that endpoints are told for.
#[doc(hidden)]
pub const FORMATS: [Format; 2] = [Format::NDR20_LE, Format::Ndr64];
