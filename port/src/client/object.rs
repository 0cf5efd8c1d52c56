//! Objects of the cluster that the program has opened, and the root of its registry.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cmrp::ndr::ContextHandle;

use super::calls::Purpose;
use super::id::{FilterId, ObjectId, PortId};
use super::reply::Reply;
use super::request::Method;
use super::{Client, Notice, Phase, RootKey, Work};
use crate::access::Access;
use crate::object::ObjectKind;
use crate::protocol::Protocol;
use crate::status::{
    ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, RPC_S_CALL_FAILED, RPC_S_INVALID_BINDING,
    RPC_S_PROCNUM_OUT_OF_RANGE,
};

/// An object that the program wants open.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: ObjectKind,
    pub(super) name: Arc<str>,
    /// The level of its handle, or the one to ask for.
    pub(super) level: Access,
    /// On the present binding.
    pub(super) handle: Option<ContextHandle>,
    /// It was open once: a reconnect opens it again.
    pub(super) established: bool,
    pub(super) closing: bool,
    /// A call that opens or closes it is under way.
    busy: bool,
    /// Calls under way that use its handle: it is not closed under them.
    users: u32,
    pub(super) filters: BTreeSet<FilterId>,
    /// Ports whose next filter waits for the handle.
    waiting: BTreeSet<PortId>,
}

impl Object {
    /// Forgets what belongs to a binding.
    pub(super) fn unbind(&mut self) {
        self.handle = None;
        self.busy = false;
        self.users = 0;
    }
}

/// `*lpdwGrantedAccess` of the level "All" (MS-CMRP 3.1.4.2.116).
const GRANTED_ALL: u32 = Access::All.granted();

impl Client {
    /// Opens an object: of a registry key, `name` is the path below the root key, parts separated by backslashes; of
    /// the cluster, a handle of its own beside the one that the engine keeps, whatever the name is.
    ///
    /// Ends in [`Notice::Opened`] or [`Notice::OpenFailed`].
    pub fn open(&mut self, kind: ObjectKind, name: &str) -> ObjectId {
        let id = ObjectId(self.next_id());
        if let Some(code) = self.cannot_open(kind) {
            self.note(Notice::OpenFailed { object: id, code });
            return id;
        }
        let object = Object {
            kind,
            name: name.into(),
            level: self.config.level(),
            handle: None,
            established: false,
            closing: false,
            busy: false,
            users: 0,
            filters: BTreeSet::new(),
            waiting: BTreeSet::new(),
        };
        self.objects.insert(id, object);
        self.touch_object(id);
        self.settle();
        id
    }

    fn cannot_open(&self, kind: ObjectKind) -> Option<u32> {
        match kind {
            _ if self.ending => Some(RPC_S_INVALID_BINDING),
            ObjectKind::ResourceType => Some(ERROR_INVALID_PARAMETER),
            ObjectKind::GroupSet if self.config.protocol == Protocol::V2 => Some(RPC_S_PROCNUM_OUT_OF_RANGE),
            _ => None,
        }
    }

    /// An object has another name now: the next reconnect opens it by that name, and events of that name bring the
    /// state numbers of its filters. For a registry key, it is the path below the root key. No call is made.
    ///
    /// The engine does not look for new names itself; events of a rename tell them (`GROUP_PROPERTY` and the like).
    pub fn renamed(&mut self, object: ObjectId, new_name: &str) {
        if let Some(object) = self.objects.get_mut(&object) {
            object.name = new_name.into();
        }
    }

    /// Closes an object. Each port with a filter on it gets `HANDLE_CLOSE` in its queue (MS-CMRP 3.2.4.7); the filter
    /// stays on the server as long as its port does there, and no reconnect registers it again.
    pub fn close(&mut self, object: ObjectId) {
        let Some(state) = self.objects.get_mut(&object) else { return };
        if core::mem::replace(&mut state.closing, true) {
            return;
        }
        self.indicate_handle_close(object);
        self.wake_waiting(object);
        self.touch_object(object);
        self.settle();
    }

    pub(super) fn touch_object(&mut self, object: ObjectId) {
        self.work.insert(Work::Object(object));
    }

    pub(super) fn advance_object(&mut self, id: ObjectId) {
        let current = self.is_step_about_object(id);
        let connected = self.is_connected();
        let Some(object) = self.objects.get(&id) else { return };
        if object.busy || current {
            return;
        }
        match object.handle {
            None if object.closing => self.remove_object(id),
            None if connected => self.start_open(id),
            Some(handle) if connected && object.closing && object.users == 0 => {
                let method = Method::CloseObject { kind: object.kind, handle };
                self.object_call(id, Purpose::CloseObject(id), method);
            }
            _ => {}
        }
    }

    fn start_open(&mut self, id: ObjectId) {
        match self.open_method(id) {
            Some(method) => self.object_call(id, Purpose::Open(id), method),
            None => self.open_root_key(),
        }
    }

    fn object_call(&mut self, id: ObjectId, purpose: Purpose, method: Method) {
        if let Some(object) = self.objects.get_mut(&id) {
            object.busy = true;
            self.call(purpose, method);
        }
    }

    /// The call that opens an object; `None` if the root key has to be opened first.
    pub(super) fn open_method(&self, id: ObjectId) -> Option<Method> {
        let object = self.objects.get(&id)?;
        let name = object.name.clone();
        Some(match object.kind {
            ObjectKind::Key if name.is_empty() => Method::GetRootKey,
            ObjectKind::Key => Method::OpenKey { root: self.root_key.handle?, path: name },
            kind => Method::Open { kind, name, level: self.asked_level(object.level) },
        })
    }

    /// The level to name in an open call, if it is an `Open...Ex` method (MS-CMRP 3.2.4.6).
    pub(super) fn asked_level(&self, level: Access) -> Option<Access> {
        (self.config.protocol == Protocol::V3 && level < Access::All).then_some(level)
    }

    pub(super) fn object_opened(&mut self, id: ObjectId, reply: &Reply<'_>) {
        let Reply::Handle { handle, granted } = *reply else { return self.open_failed(id, code_of(reply)) };
        let Some(object) = self.objects.get_mut(&id) else { return };
        object.busy = false;
        object.take_handle(handle, granted);
        if !object.closing {
            let access = object.level;
            self.note(Notice::Opened { object: id, access });
        }
        self.wake_waiting(id);
        self.touch_object(id);
    }

    /// An object cannot be opened: it is no more, and neither are filters on it.
    pub(super) fn open_failed(&mut self, id: ObjectId, code: u32) {
        let Some(object) = self.objects.get_mut(&id) else { return };
        let filters = core::mem::take(&mut object.filters);
        if !object.closing {
            self.note(Notice::OpenFailed { object: id, code });
        }
        for filter in filters {
            self.fail_filter(filter, code);
        }
        self.remove_object(id);
    }

    pub(super) fn object_closed(&mut self, id: ObjectId) {
        self.remove_object(id);
    }

    /// An object is no more. Filters that no server has on it end with it; the others end with their ports.
    fn remove_object(&mut self, id: ObjectId) {
        self.wake_waiting(id);
        self.work.insert(Work::End);
        let Some(object) = self.objects.remove(&id) else { return };
        if object.handle.is_none() {
            object.filters.into_iter().for_each(|filter| self.forget_filter_of_closed(filter));
        }
    }

    fn forget_filter_of_closed(&mut self, filter: FilterId) {
        match self.filters.get(&filter) {
            Some(state) if state.established => drop(self.remove_filter(filter)),
            _ => self.fail_filter(filter, ERROR_INVALID_HANDLE),
        }
    }

    /// Ports that wait for an object may go on, or give its filters up.
    fn wake_waiting(&mut self, id: ObjectId) {
        let Some(object) = self.objects.get_mut(&id) else { return };
        let waiting = core::mem::take(&mut object.waiting);
        self.work.extend(waiting.into_iter().map(Work::Port));
    }

    /// The handle of an object for a filter. If there is none yet, the port is woken when there is.
    ///
    /// # Errors
    /// The object is closed, or being closed.
    pub(super) fn handle_for(&mut self, id: ObjectId, port: PortId) -> Result<Option<ContextHandle>, u32> {
        let object =
            self.objects.get_mut(&id).filter(|object| !object.closing).ok_or(ERROR_INVALID_HANDLE)?;
        if object.handle.is_none() {
            object.waiting.insert(port);
        }
        Ok(object.handle)
    }

    /// A call with the handle of an object has begun.
    pub(super) fn begin_use(&mut self, id: ObjectId) {
        if let Some(object) = self.objects.get_mut(&id) {
            object.users = object.users.saturating_add(1);
        }
    }

    /// A call with the handle of an object is over.
    pub(super) fn end_use(&mut self, id: ObjectId) {
        if let Some(object) = self.objects.get_mut(&id) {
            object.users = object.users.saturating_sub(1);
            self.touch_object(id);
        }
    }

    /// Opens the root key, for the keys that wait for it.
    fn open_root_key(&mut self) {
        if !self.root_key.busy {
            self.root_key.busy = true;
            self.call(Purpose::OpenRootKey, Method::GetRootKey);
        }
    }

    pub(super) fn root_key_opened(&mut self, reply: &Reply<'_>) {
        self.root_key = RootKey::default();
        self.work.insert(Work::End);
        let waiting = self.keys_to_open();
        if let Reply::Handle { handle, .. } = *reply {
            self.root_key.handle = Some(handle);
            self.work.extend(waiting.into_iter().map(Work::Object));
            return;
        }
        for key in waiting {
            self.open_failed(key, code_of(reply));
        }
    }

    fn keys_to_open(&self) -> Vec<ObjectId> {
        let waits =
            |object: &Object| object.kind == ObjectKind::Key && object.handle.is_none() && !object.busy;
        self.objects.iter().filter(|(_, object)| waits(object)).map(|(id, _)| *id).collect()
    }

    /// Forgets what belongs to a binding, and objects that only waited to be closed.
    pub(super) fn unbind_objects(&mut self) {
        self.cluster.handle = None;
        self.root_key = RootKey::default();
        self.objects.retain(|_, object| !object.closing);
        self.objects.values_mut().for_each(Object::unbind);
    }

    /// Whether the procedure has a call under way that opens the object.
    fn is_step_about_object(&self, id: ObjectId) -> bool {
        match &self.phase {
            Phase::Running(procedure) => procedure.is_opening(id),
            _ => false,
        }
    }
}

impl Object {
    pub(super) fn take_handle(&mut self, handle: ContextHandle, granted: Option<u32>) {
        self.handle = Some(handle);
        self.established = true;
        self.level = level_granted(granted, self.level);
    }
}

/// The level of a handle that was opened.
pub(super) fn level_granted(granted: Option<u32>, asked: Access) -> Access {
    if granted.is_some_and(|granted| granted & GRANTED_ALL != 0) { Access::All } else { asked }
}

/// The code of a reply that is not the one hoped for.
pub(super) fn code_of(reply: &Reply<'_>) -> u32 {
    match reply {
        Reply::Failed(code) => *code,
        _ => RPC_S_CALL_FAILED,
    }
}
