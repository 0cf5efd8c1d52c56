//! Association groups: which connections share context handles (MS-RPCE 3.3.1.5.7).

use alloc::collections::BTreeMap;
use core::fmt;
use core::net::IpAddr;

use super::config::Config;

/// Where a client's connection comes from, without its port: connections of one group must agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerAddress(pub [u8; 16]);

impl From<IpAddr> for PeerAddress {
    /// An IPv4 address is the IPv6 address that it is mapped to.
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().octets()),
            IpAddr::V6(address) => Self(address.octets()),
        }
    }
}

/// Number of an association group, as `assoc_group_id` carries it. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(u32);

impl GroupId {
    /// The number on the wire.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// The association groups of one server.
///
/// A client makes a group by binding with `assoc_group_id` 0, and joins one by its number, from the same address only.
#[derive(Clone, Debug)]
pub struct Associations {
    groups: BTreeMap<u32, Group>,
    next: u32,
    max_groups: usize,
    max_group: u32,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    peer: PeerAddress,
    connections: u32,
}

/// Why a connection cannot have a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinError {
    /// There is no such group for this client.
    Unknown,
    /// There are too many groups, or too many connections in the group.
    Limit,
}

impl Associations {
    /// No groups. Numbers begin at 1.
    pub fn new(config: &Config) -> Self {
        Self::starting_at(config, 1)
    }

    /// No groups, and numbers that begin at `first`. Start each run of a server somewhere else, so that a client that
    /// returns after a restart does not join the group of a stranger at its address.
    pub fn starting_at(config: &Config, first: u32) -> Self {
        let limits = &config.limits;
        Self {
            groups: BTreeMap::new(),
            next: first,
            max_groups: limits.max_groups,
            max_group: limits.max_group,
        }
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Connections of a group; 0 if there is no such group.
    pub fn connections(&self, group: GroupId) -> u32 {
        self.groups.get(&group.0).map_or(0, |group| group.connections)
    }

    /// Makes (`wanted` is 0) or joins a group.
    pub(crate) fn join(&mut self, wanted: u32, peer: PeerAddress) -> Result<GroupId, JoinError> {
        if wanted == 0 {
            return self.make(peer);
        }
        let group = self.groups.get_mut(&wanted).filter(|group| group.peer == peer);
        let group = group.ok_or(JoinError::Unknown)?;
        if group.connections >= self.max_group {
            return Err(JoinError::Limit);
        }
        group.connections = group.connections.saturating_add(1);
        Ok(GroupId(wanted))
    }

    /// Takes a connection out of its group: `true` if it was the last one.
    pub(crate) fn leave(&mut self, id: GroupId) -> bool {
        let Some(group) = self.groups.get_mut(&id.0) else { return false };
        group.connections = group.connections.saturating_sub(1);
        let is_last = group.connections == 0;
        if is_last {
            self.groups.remove(&id.0);
        }
        is_last
    }

    fn make(&mut self, peer: PeerAddress) -> Result<GroupId, JoinError> {
        if self.groups.len() >= self.max_groups {
            return Err(JoinError::Limit);
        }
        let id = self.free_number();
        self.groups.insert(id, Group { peer, connections: 1 });
        Ok(GroupId(id))
    }

    /// The next number that is neither 0 nor taken. Ends, since a full table was refused before.
    fn free_number(&mut self) -> u32 {
        loop {
            let id = self.next;
            self.next = id.wrapping_add(1);
            if id != 0 && !self.groups.contains_key(&id) {
                return id;
            }
        }
    }
}
