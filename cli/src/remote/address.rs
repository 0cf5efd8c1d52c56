//! Addresses of servers on the command line.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use thiserror::Error;

/// `HOST` or `HOST:PORT`; an IPv6 address with a port is in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(String);

/// Text that is no address.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum NoAddress {
    #[error("the host is missing: write HOST or HOST:PORT")]
    NoHost,
    #[error("`{0}` is no TCP port: write HOST or HOST:PORT with a number from 1 to 65535")]
    Port(String),
    #[error("write NAME=HOST or NAME=HOST:PORT")]
    NoName,
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if text.parse::<Ipv6Addr>().is_ok() {
            return Ok(Self(format!("[{text}]")));
        }
        let in_brackets = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (host, port) = match in_brackets {
            Some((host, "")) => (host, None),
            // What stands behind the bracket is no number without a colon in front of it, either.
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').unwrap_or("?"))),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        if host.trim().is_empty() {
            return Err(NoAddress::NoHost);
        }
        match port {
            Some(port) if !port.parse::<u16>().is_ok_and(|port| port != 0) => {
                Err(NoAddress::Port(port.escape_debug().to_string()))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl Address {
    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `NAME=HOST[:PORT]`: where the server of a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl FromStr for Name {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let (name, address) = text.split_once('=').ok_or(NoAddress::NoName)?;
        if name.is_empty() {
            return Err(NoAddress::NoName);
        }
        Ok(Self { name: name.to_owned(), address: address.parse::<Address>()?.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Name, NoAddress};

    #[test]
    fn hosts_come_with_and_without_port() {
        for text in ["node1", "node1:49152", "192.0.2.1:1", "[2001:db8::1]", "[2001:db8::1]:135"] {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), text);
        }
        assert_eq!("2001:db8::1".parse::<Address>().unwrap().as_str(), "[2001:db8::1]");
        for (text, port) in
            [("node1:", ""), ("node1:0", "0"), ("node1:65536", "65536"), ("a:b:c", "b:c"), ("[::1]1", "?")]
        {
            assert_eq!(text.parse::<Address>(), Err(NoAddress::Port(port.to_owned())), "{text}");
        }
        for text in ["", ":1", " ", "[]:1"] {
            assert_eq!(text.parse::<Address>(), Err(NoAddress::NoHost), "{text}");
        }
    }

    #[test]
    fn a_name_is_given_an_address() {
        let name: Name = "node2=127.0.0.1:5000".parse().unwrap();
        assert_eq!((name.name.as_str(), name.address.as_str()), ("node2", "127.0.0.1:5000"));
        for text in ["node2", "=a"] {
            assert_eq!(text.parse::<Name>(), Err(NoAddress::NoName));
        }
        assert_eq!("a=".parse::<Name>(), Err(NoAddress::NoHost));
    }
}
