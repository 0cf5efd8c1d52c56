//! Association groups: which connections share context handles (MS-RPCE 3.3.1.5.7).

use alloc::collections::BTreeMap;
use core::fmt;
use core::net::IpAddr;

use siphasher::sip::SipHasher24;

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
    numbers: Numbers,
    max_groups: usize,
    max_group: u32,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    peer: PeerAddress,
    connections: u32,
}

/// Where the numbers of groups come from.
#[derive(Clone, Debug)]
enum Numbers {
    /// One after the other, from this one.
    Rising(u32),
    /// The code of a count, which nobody can foretell who does not have the key.
    Keyed(SipHasher24, u64),
}

impl Numbers {
    fn next(&mut self) -> u32 {
        match self {
            Self::Rising(next) => {
                let number = *next;
                *next = number.wrapping_add(1);
                number
            }
            Self::Keyed(hasher, count) => {
                *count = count.wrapping_add(1);
                let [a, b, c, d, ..] = hasher.hash(&count.to_le_bytes()).to_le_bytes();
                u32::from_le_bytes([a, b, c, d])
            }
        }
    }
}

/// Why a connection cannot have a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// There is no such group for this client.
    Unknown,
    /// There are too many groups, or too many connections in the group.
    Limit,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "there is no such association group for this client",
            Self::Limit => "there are too many association groups, or connections in the group",
        })
    }
}

impl core::error::Error for JoinError {}

/// Where a connection finds its group when its client binds. [`Associations`] is one; a program whose connections share
/// them takes its lock in here, and so only for binds.
pub trait Join {
    /// Makes a group (`wanted` is 0) or joins one.
    ///
    /// # Errors
    /// If there is no such group for this client, or a limit is reached.
    fn join(&mut self, wanted: u32, peer: PeerAddress) -> Result<GroupId, JoinError>;
}

impl Associations {
    /// No groups. Numbers rise from 1, so that anybody can foretell them: for tests, and where all clients of an address
    /// trust each other.
    pub fn new(config: &Config) -> Self {
        Self::starting_at(config, 1)
    }

    /// As [`Associations::new`], with numbers that rise from `first`.
    pub fn starting_at(config: &Config, first: u32) -> Self {
        Self::numbered(config, Numbers::Rising(first))
    }

    /// No groups, and numbers that nobody can foretell who does not know the seed: 16 octets at random, others for
    /// each run of a server. So no client joins the group of a stranger at its address by a guess, nor by a number that
    /// it has from before a restart.
    pub fn seeded(config: &Config, seed: &[u8; 16]) -> Self {
        Self::numbered(config, Numbers::Keyed(SipHasher24::new_with_key(seed), 0))
    }

    fn numbered(config: &Config, numbers: Numbers) -> Self {
        let limits = &config.limits;
        Self { groups: BTreeMap::new(), numbers, max_groups: limits.max_groups, max_group: limits.max_group }
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
            let id = self.numbers.next();
            if id != 0 && !self.groups.contains_key(&id) {
                return id;
            }
        }
    }
}

impl Join for Associations {
    fn join(&mut self, wanted: u32, peer: PeerAddress) -> Result<GroupId, JoinError> {
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
}
