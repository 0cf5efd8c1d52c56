//! The context handles that clients hold: what each stands for, and to whom it belongs.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use cmrp::ndr::{ContextHandle, Uuid};
use siphasher::sip::SipHasher24;
use slab::Slab;

use crate::access::Access;
use crate::protocol::Protocol;

use super::AssociationId;
use super::index::SlotId;

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Referent {
    /// An object of the cluster, opened at an access level (MS-CMRP 3.1.1.11), with what the embedding program keeps.
    Object { slot: SlotId, access: Access, detail: u64 },
    /// A port, by its place in the server's list.
    Port(u32),
    /// Something that the embedding program alone knows.
    Foreign(u64),
}

struct Handle {
    association: AssociationId,
    protocol: Protocol,
    serial: u32,
    referent: Referent,
}

/// What one client holds.
#[derive(Default)]
struct Association {
    handles: BTreeSet<u32>,
    ports: usize,
    /// The handles of the ports that were closed last, the oldest first.
    closed: VecDeque<(Protocol, ContextHandle)>,
}

/// All handles of all clients.
///
/// A handle is good in its association (MS-RPCE 3.3.1.4.1) and its interface (`strict_context_handle`, MS-RPCE
/// 2.2.4.15) only.
pub(super) struct Handles {
    all: Slab<Handle>,
    associations: BTreeMap<AssociationId, Association>,
    hasher: SipHasher24,
    serial: u32,
}

impl Handles {
    pub(super) fn new(seed: &[u8; 16]) -> Self {
        Self {
            all: Slab::new(),
            associations: BTreeMap::new(),
            hasher: SipHasher24::new_with_key(seed),
            serial: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many clients hold anything.
    pub(super) fn associations(&self) -> usize {
        self.associations.len()
    }

    /// How many handles and how many ports an association has.
    pub(super) fn held(&self, association: AssociationId) -> (usize, usize) {
        self.associations.get(&association).map_or((0, 0), |held| (held.handles.len(), held.ports))
    }

    /// Makes a handle; `None` when there are no numbers left.
    pub(super) fn insert(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        referent: Referent,
    ) -> Option<ContextHandle> {
        let index = u32::try_from(self.all.vacant_key()).ok()?;
        // The first handle has serial 1, so that no handle is null.
        self.serial = self.serial.wrapping_add(1);
        let handle = Handle { association, protocol, serial: self.serial, referent };
        self.all.insert(handle);
        let held = self.associations.entry(association).or_default();
        held.handles.insert(index);
        if matches!(referent, Referent::Port(_)) {
            held.ports = held.ports.saturating_add(1);
        }
        Some(self.token(index, self.serial))
    }

    /// What a token stands for, if it is a handle of this association and interface.
    pub(super) fn get(
        &self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
    ) -> Option<Referent> {
        let handle = self.all.get(token.uuid.data1 as usize)?;
        let mine = handle.association == association && handle.protocol == protocol;
        (mine && self.token(token.uuid.data1, handle.serial) == token).then_some(handle.referent)
    }

    /// What a token stands for, whoever has it.
    pub(super) fn find(&self, token: ContextHandle) -> Option<Referent> {
        let handle = self.all.get(token.uuid.data1 as usize)?;
        (self.token(token.uuid.data1, handle.serial) == token).then_some(handle.referent)
    }

    /// Forgets a handle that [`get`](Self::get) knows.
    pub(super) fn remove(&mut self, token: ContextHandle) {
        let Some(handle) = self.all.try_remove(token.uuid.data1 as usize) else { return };
        let Some(held) = self.associations.get_mut(&handle.association) else { return };
        held.handles.remove(&token.uuid.data1);
        if matches!(handle.referent, Referent::Port(_)) {
            held.ports = held.ports.saturating_sub(1);
        }
        self.forget_if_empty(handle.association);
    }

    /// Remembers the handle of a port that was just closed, in place of the oldest if `most` are remembered.
    pub(super) fn remember_closed(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
        most: usize,
    ) {
        if most == 0 {
            return;
        }
        let held = self.associations.entry(association).or_default();
        while held.closed.len() >= most {
            held.closed.pop_front();
        }
        held.closed.push_back((protocol, token));
    }

    /// Whether the token was the handle of a port that was closed a short while ago.
    pub(super) fn was_closed(
        &self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
    ) -> bool {
        self.associations.get(&association).is_some_and(|held| held.closed.contains(&(protocol, token)))
    }

    /// Forgets all that an association holds, and tells what it was.
    pub(super) fn run_down(&mut self, association: AssociationId) -> impl Iterator<Item = Referent> + '_ {
        let held = self.associations.remove(&association).unwrap_or_default();
        held.handles
            .into_iter()
            .filter_map(|index| self.all.try_remove(index as usize).map(|handle| handle.referent))
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
    }

    fn forget_if_empty(&mut self, association: AssociationId) {
        let empty = |held: &Association| held.handles.is_empty() && held.closed.is_empty();
        if self.associations.get(&association).is_some_and(empty) {
            self.associations.remove(&association);
        }
    }

    /// The 20 octets of a handle: its place, its serial number, and a code that only this server can make. The
    /// attributes are 0, as Windows servers write them (MS-RPCE 2.2.1.1.4).
    fn token(&self, index: u32, serial: u32) -> ContextHandle {
        let [a, b, c, d] = index.to_le_bytes();
        let [e, f, g, h] = serial.to_le_bytes();
        let code = self.hasher.hash(&[a, b, c, d, e, f, g, h]);
        let uuid =
            Uuid::new(index, u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]), code.to_le_bytes());
        ContextHandle { attributes: 0, uuid }
    }
}
