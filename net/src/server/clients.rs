//! Association groups, and the numbers that the service knows them by.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cmrp_port::server::AssociationId;
use dcerpc_proto::server::{Associations, Config, Connection, GroupId, Join, JoinError, PeerAddress};

use super::levels::Levels;
use super::sparse::give_back;

/// All clients of a server.
pub(super) struct Clients {
    groups: Mutex<Groups>,
    levels: Arc<Levels>,
}

struct Groups {
    associations: Associations,
    /// Numbers of groups are used again, these are not.
    numbers: HashMap<GroupId, AssociationId>,
    last: u64,
}

impl Clients {
    /// No clients. The seed makes the wire's numbers unguessable.
    pub(super) fn new(config: &Config, seed: &[u8; 16], levels: Arc<Levels>) -> Self {
        let associations = Associations::seeded(config, seed);
        let groups = Groups { associations, numbers: HashMap::new(), last: 0 };
        Self { groups: Mutex::new(groups), levels }
    }

    /// Has a connection read. Other connections wait for it no longer than it takes to bind.
    pub(super) fn read(mut self: &Self, connection: &mut Connection, octets: &[u8]) {
        connection.handle_input(octets, &mut self);
    }

    /// The number of a group that a connection has made or joined.
    pub(super) fn number(&self, group: GroupId) -> AssociationId {
        let mut groups = self.groups();
        let next = groups.last.wrapping_add(1);
        let number = *groups.numbers.entry(group).or_insert(AssociationId(next));
        if number.0 == next {
            groups.last = next;
        }
        self.levels.set_associations(groups.numbers.len());
        number
    }

    /// Ends a connection. If it was the last of its group, the client is gone: gives its number.
    pub(super) fn close(&self, connection: &mut Connection) -> Option<AssociationId> {
        let mut groups = self.groups();
        let group = connection.close(&mut groups.associations)?;
        let number = groups.numbers.remove(&group);
        give_back(&mut groups.numbers);
        self.levels.set_associations(groups.numbers.len());
        number
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Join for &Clients {
    fn join(&mut self, wanted: u32, peer: PeerAddress) -> Result<GroupId, JoinError> {
        self.groups().associations.join(wanted, peer)
    }
}
