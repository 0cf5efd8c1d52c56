//! Handles that the embedding program makes: to objects of the cluster, and to what it alone knows.

use cmrp::ndr::ContextHandle;

use crate::access::Access;
use crate::object::{Object, ObjectKind};
use crate::protocol::Protocol;
use crate::status;

use super::handles::Referent;
use super::{AssociationId, Server};

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// An object that the embedding program opened.
    Object {
        /// The object, by the name that it has now.
        object: &'a Object,
        /// The level that the handle was opened at.
        access: Access,
        /// The number that [`Server::open_with`] was given; else 0.
        detail: u64,
    },
    /// A notification port.
    Port,
    /// What [`Server::open_foreign`] was given.
    Foreign {
        /// The number that it was given.
        detail: u64,
    },
}

impl Server {
    /// Makes a handle to an object, for an Open... or Create... method. The embedding program has found the object and
    /// granted the level; protocol version 2 knows [`Access::All`] alone.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`: the association has all the handles that it may have.
    pub fn open(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        object: &Object,
        access: Access,
    ) -> Result<ContextHandle, u32> {
        self.open_with(association, protocol, object, access, 0)
    }

    /// As [`open`](Self::open), with a number that the handle keeps and that means nothing to the server: the access
    /// rights that a registry key was opened with, or which of several objects of one name it was.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`: the association has all the handles that it may have.
    pub fn open_with(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        object: &Object,
        access: Access,
        detail: u64,
    ) -> Result<ContextHandle, u32> {
        let (held, _) = self.handles.held(association);
        if held >= self.limits.handles_per_association {
            return Err(status::ERROR_NOT_ENOUGH_MEMORY);
        }
        let slot = self.index.acquire(object).ok_or(status::ERROR_NOT_ENOUGH_MEMORY)?;
        let handle = self.handles.insert(association, protocol, Referent::Object { slot, access, detail });
        if handle.is_none() {
            self.index.release(slot);
        }
        handle.ok_or(status::ERROR_NOT_ENOUGH_MEMORY)
    }

    /// Makes a handle to something that is neither an object of the cluster nor a notification port, such as a port for
    /// batch updates of the registry (`HBATCH_PORT_RPC`, MS-CMRP 2.2.1.9). It counts and runs down as others do; the
    /// embedding program learns of the rundown as the server does, and tells by `detail` what to drop.
    ///
    /// # Errors
    /// `ERROR_NOT_ENOUGH_MEMORY`: the association has all the handles that it may have.
    pub fn open_foreign(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        detail: u64,
    ) -> Result<ContextHandle, u32> {
        let (held, _) = self.handles.held(association);
        let room = held < self.limits.handles_per_association;
        let handle =
            room.then(|| self.handles.insert(association, protocol, Referent::Foreign(detail))).flatten();
        handle.ok_or(status::ERROR_NOT_ENOUGH_MEMORY)
    }

    /// Forgets a handle that [`open_foreign`](Self::open_foreign) made, and tells its number.
    pub fn close_foreign(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
    ) -> Option<u64> {
        let Referent::Foreign(detail) = self.handles.get(association, protocol, token)? else { return None };
        self.handles.remove(token);
        Some(detail)
    }

    /// What a handle to an object stands for, by the name that the object has now, and its level; `None` if it is no
    /// such handle, or of another client or protocol version.
    pub fn object(
        &self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
    ) -> Option<(&Object, Access)> {
        match self.handles.get(association, protocol, token)? {
            Referent::Object { slot, access, .. } => Some((self.index.object(slot)?, access)),
            Referent::Port(_) | Referent::Foreign(_) => None,
        }
    }

    /// What a handle stands for, whichever kind it has; `None` if there is no such handle, or it is of another client
    /// or protocol version.
    pub fn lookup(
        &self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
    ) -> Option<Opened<'_>> {
        match self.handles.get(association, protocol, token)? {
            Referent::Object { slot, access, detail } => {
                Some(Opened::Object { object: self.index.object(slot)?, access, detail })
            }
            Referent::Port(_) => Some(Opened::Port),
            Referent::Foreign(detail) => Some(Opened::Foreign { detail }),
        }
    }

    /// Forgets a handle to an object of this kind, for a Close... method, and tells what it stood for. Filters on the
    /// object stay: they belong to their ports.
    pub fn close(
        &mut self,
        association: AssociationId,
        protocol: Protocol,
        token: ContextHandle,
        kind: ObjectKind,
    ) -> Option<Object> {
        let Referent::Object { slot, .. } = self.handles.get(association, protocol, token)? else {
            return None;
        };
        let object = self.index.object(slot).filter(|object| object.kind == kind).cloned()?;
        self.handles.remove(token);
        self.index.release(slot);
        Some(object)
    }
}
