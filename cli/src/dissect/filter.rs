//! Which calls to show.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde_json::{Map, Value};
use wildmatch::WildMatch;

use super::message::{Head, Message};
use crate::interface::Interface;
use crate::show::plain::SHORT_HANDLE;

/// Shows a call if it satisfies every kind of condition that was given; of several operations or endpoints, one is
/// enough.
#[derive(Debug, Default)]
pub(super) struct Filter {
    operations: Vec<WildMatch>,
    endpoints: Vec<Endpoint>,
    port: Option<PortHandle>,
}

impl Filter {
    pub(super) fn new(operations: &[String], endpoints: &[Endpoint], port: Option<&PortHandle>) -> Self {
        let operations = operations.iter().map(|pattern| operation_pattern(pattern)).collect();
        Self { operations, endpoints: endpoints.to_vec(), port: port.cloned() }
    }

    /// Whether operation and endpoints are wanted. A message of an unknown operation is wanted by no name.
    pub(super) fn wants(&self, message: &Head) -> bool {
        self.wants_operation(message) && self.wants_endpoints(message)
    }

    /// Whether the message carries the wanted port handle; true if none is asked for.
    pub(super) fn wants_port(&self, message: &Message<'_>) -> bool {
        let Some(port) = &self.port else {
            return true;
        };
        let creates = message.head.operation.is_some_and(|name| name.starts_with("ApiCreateNotify"));
        let fields = message.fields.as_ref().and_then(|fields| serde_json::to_value(fields).ok());
        fields.as_ref().and_then(Value::as_object).is_some_and(|fields| port.is_in(fields, creates))
    }

    /// Whether the message would be wanted if its parameters, which are sealed, had the wanted port handle.
    pub(super) fn cannot_tell(&self, message: &Head) -> bool {
        self.port.is_some() && message.sealed.is_some() && self.wants(message)
    }

    fn wants_operation(&self, message: &Head) -> bool {
        let matches = |name: &str| self.operations.iter().any(|pattern| pattern.matches(name));
        self.operations.is_empty() || message.operation.is_some_and(matches)
    }

    fn wants_endpoints(&self, message: &Head) -> bool {
        let matches = |endpoint: &Endpoint| endpoint.covers(message.src) || endpoint.covers(message.dst);
        self.endpoints.is_empty() || self.endpoints.iter().any(matches)
    }
}

fn operation_pattern(pattern: &str) -> WildMatch {
    WildMatch::new_case_insensitive(pattern)
}

/// The patterns that match the name of no operation, of either interface.
pub(super) fn vain_patterns(patterns: &[String]) -> impl Iterator<Item = &str> {
    let is_vain = |pattern: &&String| {
        let pattern = operation_pattern(pattern);
        !Interface::all_operations().any(|name| pattern.matches(name))
    };
    patterns.iter().filter(is_vain).map(String::as_str)
}

/// An address, or an address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    address: IpAddr,
    port: Option<u16>,
}

impl Endpoint {
    fn covers(&self, address: SocketAddr) -> bool {
        self.address == address.ip() && self.port.is_none_or(|port| port == address.port())
    }
}

impl FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { address: address.ip(), port: Some(address.port()) });
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match bare.parse() {
            Ok(address) => Ok(Self { address, port: None }),
            Err(_) => {
                Err("an IP address is expected, with a port or without: 10.0.0.1:49152, [fe80::1]:49152")
            }
        }
    }
}

/// The UUID of a notification-port handle, or the first digits of it, as lines for people show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortHandle(String);

/// Names that the IDL gives to notification-port handles (MS-CMRP 6.1 and 6.2).
const PORT_PARAMETERS: [&str; 2] = ["hNotify", "Notify"];

impl PortHandle {
    /// Whether one of the parameters is this handle. The result counts where the operation makes a port.
    fn is_in(&self, fields: &Map<String, Value>, creates: bool) -> bool {
        let result = creates.then_some("return");
        PORT_PARAMETERS
            .into_iter()
            .chain(result)
            .filter_map(|name| fields.get(name))
            .any(|value| self.is(value))
    }

    fn is(&self, handle: &Value) -> bool {
        handle.get("uuid").and_then(Value::as_str).is_some_and(|uuid| uuid.starts_with(&self.0))
    }
}

impl FromStr for PortHandle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let has_form = |(index, octet): (usize, u8)| match index {
            8 | 13 | 18 | 23 => octet == b'-',
            _ => octet.is_ascii_hexdigit(),
        };
        if (SHORT_HANDLE..=36).contains(&bare.len()) && bare.bytes().enumerate().all(has_form) {
            Ok(Self(bare.to_ascii_lowercase()))
        } else {
            Err("a UUID is expected, or its first eight digits or more")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_with_and_without_port() {
        let covers = |pattern: &str, address: &str| {
            pattern.parse::<Endpoint>().unwrap().covers(address.parse().unwrap())
        };
        assert!(covers("10.0.0.1", "10.0.0.1:135"));
        assert!(covers("10.0.0.1:135", "10.0.0.1:135"));
        assert!(!covers("10.0.0.1:136", "10.0.0.1:135"));
        assert!(!covers("10.0.0.2", "10.0.0.1:135"));
        assert!(covers("fe80::1", "[fe80::1]:135"));
        assert!(covers("[fe80::1]", "[fe80::1]:135"));
        assert!(covers("[fe80::1]:135", "[fe80::1]:135"));
        assert!("node1".parse::<Endpoint>().is_err());
        assert!("10.0.0.1:99999".parse::<Endpoint>().is_err());
    }

    #[test]
    fn port_handles_in_full_or_short() {
        let uuid = serde_json::json!({"attributes": 0, "uuid": "00112233-4455-6677-8899-aabbccddeeff"});
        let fields = |name: &str| Map::from_iter([(name.to_owned(), uuid.clone())]);
        for text in ["00112233", "{00112233-4455-6677-8899-AABBCCDDEEFF}", "00112233-4455"] {
            let handle: PortHandle = text.parse().unwrap();
            assert!(handle.is_in(&fields("hNotify"), false));
            assert!(handle.is_in(&fields("Notify"), false));
            assert!(handle.is_in(&fields("return"), true));
            assert!(!handle.is_in(&fields("return"), false));
            assert!(!handle.is_in(&fields("hCluster"), true));
        }
        for text in ["0011223", "00112233x", "001122334455", "00112233-4455-6677-8899-aabbccddeeff0"] {
            assert!(text.parse::<PortHandle>().is_err(), "{text}");
        }
    }
}
