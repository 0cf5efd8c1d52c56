//! Where a server is: names, ports, and the endpoint mapper for those without one.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use dcerpc_proto::SyntaxId;
use tokio::time::timeout;

use super::{ConnectError, Options, Transfer};
use crate::epm;

/// A host, and a port if one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or an IPv6 address.
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        Self::split(text).ok_or_else(|| {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "neither host nor host:port");
            ConnectError::Resolve { name: text.to_owned(), error: Arc::new(error) }
        })
    }

    fn split(text: &str) -> Option<Self> {
        if text.parse::<Ipv6Addr>().is_ok() {
            return Some(Self { host: text.to_owned(), port: None });
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?.parse().ok()?) };
            return Some(Self { host: host.to_owned(), port });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }

    /// What stands for a server: by its whole name, or by its host. A port that was given goes before one that stands
    /// for it.
    fn of(server: &str, options: &Options) -> Result<Self, ConnectError> {
        let whole = options.resolved(server);
        if whole != server {
            return Self::parse(&whole);
        }
        let given = Self::parse(server)?;
        let known = Self::parse(&options.resolved(&given.host))?;
        Ok(Self { port: given.port.or(known.port), host: known.host })
    }
}

/// The addresses of a server at a port. A resolver that does not answer may take half of the time that there is for a
/// connection.
pub(crate) async fn lookup(
    host: &str,
    port: u16,
    options: &Options,
) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |error| ConnectError::Resolve { name: host.to_owned(), error: Arc::new(error) };
    let deadline = options.connect_deadline.checked_div(2).unwrap_or_default();
    let found = timeout(deadline, tokio::net::lookup_host((host, port))).await;
    let found = found.map_err(|_| failed(io::ErrorKind::TimedOut.into()))?;
    let addresses: Vec<_> = found.map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(addresses)
}

/// The addresses at which a server serves the interface of the options.
pub(super) async fn locate(server: &str, options: &Options) -> Result<Vec<SocketAddr>, ConnectError> {
    let HostPort { host, port } = HostPort::of(server, options)?;
    match port.or(options.port) {
        Some(port) => lookup(&host, port, options).await,
        None => Ok(vec![epm::locate(&host, options.interface, wanted(options.transfer), options).await?]),
    }
}

/// The transfer syntaxes to ask an endpoint mapper for. All of one interface are at the same endpoint, and each
/// server has NDR 2.0.
fn wanted(transfer: Transfer) -> &'static [SyntaxId] {
    match transfer {
        Transfer::Ndr20 => &[SyntaxId::NDR20],
        Transfer::Ndr64 => &[SyntaxId::NDR64, SyntaxId::NDR20],
        Transfer::Either => &[SyntaxId::NDR20, SyntaxId::NDR64],
    }
}

#[cfg(test)]
mod tests {
    use super::HostPort;
    use crate::client::{Options, Protocol};

    fn split(text: &str) -> Option<(String, Option<u16>)> {
        HostPort::parse(text).ok().map(|HostPort { host, port }| (host, port))
    }

    #[test]
    fn hosts_with_and_without_ports() {
        let some = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(split("node1"), some("node1", None));
        assert_eq!(split("node1:49700"), some("node1", Some(49700)));
        assert_eq!(split("192.0.2.1:1"), some("192.0.2.1", Some(1)));
        assert_eq!(split("2001:db8::1"), some("2001:db8::1", None));
        assert_eq!(split("[2001:db8::1]"), some("2001:db8::1", None));
        assert_eq!(split("[2001:db8::1]:7"), some("2001:db8::1", Some(7)));
        for wrong in ["", ":1", "node1:", "node1:x", "node1:65536", "[node1]:1", "[::1", "[::1]1", "a:b:c"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_lead_elsewhere_and_given_ports_stay() {
        let options = Options::new(Protocol::V3)
            .with_name("NODE1", "192.0.2.1:1000")
            .with_name("node2:7", "[2001:db8::2]:8")
            .with_resolver(|name| (name == "node3").then(|| "192.0.2.3".to_owned()));
        let of = |server| HostPort::of(server, &options).ok().map(|HostPort { host, port }| (host, port));
        assert_eq!(of("node1"), Some(("192.0.2.1".to_owned(), Some(1000))));
        assert_eq!(of("Node1:5"), Some(("192.0.2.1".to_owned(), Some(5))));
        assert_eq!(of("node2:7"), Some(("2001:db8::2".to_owned(), Some(8))));
        assert_eq!(of("node2"), Some(("node2".to_owned(), None)));
        assert_eq!(of("node3"), Some(("192.0.2.3".to_owned(), None)));
    }
}
