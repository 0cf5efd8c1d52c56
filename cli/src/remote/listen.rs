//! Addresses to listen on.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

/// `ADDR:PORT`, or a port of the loopback interface. Port 0 is any that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) SocketAddr);

/// Text that is no address to listen on.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("write ADDR:PORT with an IP address, such as 0.0.0.0:9182 or [::1]:0, or a port alone for loopback")]
pub(crate) struct NotListen;

impl FromStr for Listen {
    type Err = NotListen;

    fn from_str(text: &str) -> Result<Self, NotListen> {
        let port = text.parse().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        port.or_else(|_| text.parse()).map(Self).map_err(|_| NotListen)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Listen, NotListen};

    #[test]
    fn a_port_alone_is_one_of_loopback() {
        for (text, expected) in
            [("9182", "127.0.0.1:9182"), ("0.0.0.0:1", "0.0.0.0:1"), ("[::1]:0", "[::1]:0")]
        {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), expected);
        }
        for text in ["", "localhost:1", "127.0.0.1", "65536", ":1"] {
            assert_eq!(text.parse::<Listen>(), Err(NotListen), "{text}");
        }
    }
}
