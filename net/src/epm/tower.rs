//! Protocol towers: an interface, a transfer syntax, and the protocols below down to an address (C706 Appendixes I
//! and L).
//!
//! A tower is a count of floors and the floors; a floor is a left and a right part, each with its length. Lengths and
//! versions are little-endian whatever the stub is, ports and addresses big-endian.

use std::fmt;
use std::net::Ipv4Addr;

use cmrp::ndr::{Endian, Uuid};
use dcerpc_proto::SyntaxId;

/// The most octets of a tower (MS-RPCE 2.2.1.2.2).
pub const MAX_TOWER: usize = 2000;

/// Protocol identifiers: the first octet of a left part (C706 Appendix I).
mod protocol {
    pub(super) const UUID: u8 = 0x0D;
    pub(super) const CONNECTION_ORIENTED: u8 = 0x0B;
    pub(super) const TCP: u8 = 0x07;
    pub(super) const IP: u8 = 0x09;
}

/// The tower of an interface over `ncacn_ip_tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tower {
    /// The interface.
    pub interface: SyntaxId,
    /// The transfer syntax.
    pub transfer: SyntaxId,
    /// The TCP port; 0 in a question.
    pub port: u16,
    /// The address; unspecified in a question, and for servers that have no IPv4 address.
    pub address: Ipv4Addr,
}

/// Why octets are no tower of `ncacn_ip_tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TowerError {
    /// The octets end too early, or after the last floor.
    Length,
    /// It has another number of floors than five, which is given.
    Floors(u16),
    /// A floor, counted from 1, is of another protocol or has parts of other lengths.
    Floor(u8),
}

impl fmt::Display for TowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => f.write_str("the octets of the tower do not end with its last floor"),
            Self::Floors(floors) => write!(f, "a tower of {floors} floors, not 5"),
            Self::Floor(floor) => write!(f, "floor {floor} of the tower is not that of ncacn_ip_tcp"),
        }
    }
}

impl std::error::Error for TowerError {}

impl Tower {
    /// The tower that asks for the endpoint of an interface.
    pub const fn question(interface: SyntaxId, transfer: SyntaxId) -> Self {
        Self { interface, transfer, port: 0, address: Ipv4Addr::UNSPECIFIED }
    }

    /// Reads a tower. Its minor versions of floors 3 to 5 do not matter.
    ///
    /// # Errors
    /// The octets are no tower, or one of other protocols.
    pub fn decode(octets: &[u8]) -> Result<Self, TowerError> {
        let (floors, rest) = octets.split_first_chunk().ok_or(TowerError::Length)?;
        let floors = u16::from_le_bytes(*floors);
        if floors != 5 {
            return Err(TowerError::Floors(floors));
        }
        let (interface, rest) = Floor::split(rest)?;
        let (transfer, rest) = Floor::split(rest)?;
        let (rpc, rest) = Floor::split(rest)?;
        let (tcp, rest) = Floor::split(rest)?;
        let (ip, rest) = Floor::split(rest)?;
        if !rest.is_empty() {
            return Err(TowerError::Length);
        }
        rpc.right_of::<2>(protocol::CONNECTION_ORIENTED).ok_or(TowerError::Floor(3))?;
        let port = tcp.right_of(protocol::TCP).ok_or(TowerError::Floor(4))?;
        let address: [u8; 4] = ip.right_of(protocol::IP).ok_or(TowerError::Floor(5))?;
        Ok(Self {
            interface: interface.syntax().ok_or(TowerError::Floor(1))?,
            transfer: transfer.syntax().ok_or(TowerError::Floor(2))?,
            port: u16::from_be_bytes(port),
            address: Ipv4Addr::from(address),
        })
    }

    /// Writes the tower: 75 octets.
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = 5_u16.to_le_bytes().to_vec();
        push_syntax(&mut octets, self.interface);
        push_syntax(&mut octets, self.transfer);
        push_floor(&mut octets, &[protocol::CONNECTION_ORIENTED], &[0, 0]);
        push_floor(&mut octets, &[protocol::TCP], &self.port.to_be_bytes());
        push_floor(&mut octets, &[protocol::IP], &self.address.octets());
        octets
    }
}

/// One floor.
#[derive(Clone, Copy)]
struct Floor<'a> {
    left: &'a [u8],
    right: &'a [u8],
}

impl<'a> Floor<'a> {
    /// Takes a floor off the front.
    fn split(octets: &'a [u8]) -> Result<(Self, &'a [u8]), TowerError> {
        let (left, rest) = split_part(octets).ok_or(TowerError::Length)?;
        let (right, rest) = split_part(rest).ok_or(TowerError::Length)?;
        Ok((Self { left, right }, rest))
    }

    /// The right part, if the left one is that of a protocol.
    fn right_of<const N: usize>(&self, protocol: u8) -> Option<[u8; N]> {
        if self.left == [protocol] { self.right.try_into().ok() } else { None }
    }

    /// The interface or transfer syntax of a floor 1 or 2.
    fn syntax(&self) -> Option<SyntaxId> {
        let (protocol, rest) = self.left.split_first()?;
        let (uuid, major) = rest.split_first_chunk::<16>()?;
        let (major, minor) = (<[u8; 2]>::try_from(major).ok()?, <[u8; 2]>::try_from(self.right).ok()?);
        let uuid = Uuid::from_wire(*uuid, Endian::Little);
        let syntax = SyntaxId::new(uuid, u16::from_le_bytes(major), u16::from_le_bytes(minor));
        (*protocol == protocol::UUID).then_some(syntax)
    }
}

/// Takes a length and as many octets off the front.
fn split_part(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))
}

fn push_syntax(octets: &mut Vec<u8>, syntax: SyntaxId) {
    let mut left = vec![protocol::UUID];
    left.extend(syntax.uuid.to_wire(Endian::Little));
    left.extend(syntax.major.to_le_bytes());
    push_floor(octets, &left, &syntax.minor.to_le_bytes());
}

fn push_floor(octets: &mut Vec<u8>, left: &[u8], right: &[u8]) {
    for part in [left, right] {
        // No part here is longer than 19 octets.
        octets.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes());
        octets.extend(part);
    }
}
