//! Ports: create, filters in order, the get loop from the first filter on, unblock, close (MS-CMRP 3.2.4.5).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use cmrp::ndr::ContextHandle;

use super::calls::Purpose;
use super::filter::Target;
use super::id::{CallId, FilterId, PortId};
use super::object::code_of;
use super::output::Indication;
use super::queue::pop;
use super::reply::Reply;
use super::request::Method;
use super::{Client, Notice, Phase, Work};
use crate::protocol::{PortVersion, Protocol};
use crate::status::{RPC_S_CALL_FAILED, RPC_S_INVALID_BINDING, RPC_S_PROCNUM_OUT_OF_RANGE, WAIT_TIMEOUT};

/// Get calls in a row that a server may answer at once with nothing.
const MOST_HASTY: u32 = 16;

/// A get call with nothing in it every so often is no burden.
const PACE: Duration = Duration::from_secs(1);

/// A port that the program wants.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) version: PortVersion,
    /// On the present binding.
    pub(super) handle: Option<ContextHandle>,
    life: Life,
    /// Filters that no server has had, in the order in which they were asked for.
    pub(super) pending: VecDeque<FilterId>,
    /// The first of those, while its call is under way.
    pub(super) adding: Option<FilterId>,
    /// Filters that a server has had, in the order in which it got them.
    pub(super) added: VecDeque<FilterId>,
    /// A filter has been registered, so that there may be something to get.
    pub(super) listening: bool,
    getting: Option<CallId>,
    /// Get calls in a row that brought nothing and were answered too fast.
    hasty: u32,
    closing: Option<Closing>,
    pub(super) queue: VecDeque<Indication>,
}

/// What has become of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// No server has it.
    Wanted,
    /// The call that makes it is under way.
    Creating,
    /// A server has, or had it: a reconnect makes it again.
    Made,
    /// The server ended it.
    Ended,
}

/// How far the close of a port has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Asked,
    Unblock,
    Close,
}

impl Port {
    fn new(version: PortVersion) -> Self {
        Self {
            version,
            handle: None,
            life: Life::Wanted,
            pending: VecDeque::new(),
            adding: None,
            added: VecDeque::new(),
            listening: false,
            getting: None,
            hasty: 0,
            closing: None,
            queue: VecDeque::new(),
        }
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn room(&self) -> usize {
        self.queue.capacity()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Whether a reconnect makes it again.
    pub(super) fn is_to_be_restored(&self) -> bool {
        self.life == Life::Made && !self.is_closing()
    }

    /// Whether the server ended it.
    pub(super) fn is_ended(&self) -> bool {
        self.life == Life::Ended
    }

    /// Whether a server had it, so that there is a queue to read.
    pub(super) fn is_made(&self) -> bool {
        matches!(self.life, Life::Made | Life::Ended)
    }

    pub(super) fn take_handle(&mut self, handle: ContextHandle) {
        self.handle = Some(handle);
        self.life = Life::Made;
    }

    /// Forgets what belongs to a binding. A filter whose call was under way is to be added as if for the first time.
    fn unbind(&mut self) {
        self.handle = None;
        self.getting = None;
        self.hasty = 0;
        if self.life == Life::Creating {
            self.life = Life::Wanted;
        }
        if let Some(filter) = self.adding.take() {
            self.pending.push_front(filter);
        }
    }

    /// Forgets a filter that a server has had, or not.
    pub(super) fn forget_filter(&mut self, filter: FilterId, established: bool) {
        if self.adding == Some(filter) {
            self.adding = None;
        } else if established {
            remove_id(&mut self.added, filter);
        } else {
            remove_id(&mut self.pending, filter);
        }
    }
}

/// Removes a filter from a list. The order of lists is that of numbers until numbers return.
fn remove_id(list: &mut VecDeque<FilterId>, id: FilterId) {
    let found = list.binary_search(&id).ok();
    if let Some(place) = found.or_else(|| list.iter().position(|other| *other == id)) {
        list.remove(place);
    }
}

impl Client {
    /// Makes a notification port. Ends in [`Notice::PortCreated`] or [`Notice::PortFailed`].
    pub fn create_port(&mut self, version: PortVersion) -> PortId {
        let id = PortId(self.next_id());
        let unknown = version == PortVersion::V2 && self.config.protocol == Protocol::V2;
        if self.ending || unknown {
            let code = if unknown { RPC_S_PROCNUM_OUT_OF_RANGE } else { RPC_S_INVALID_BINDING };
            self.note(Notice::PortFailed { port: id, code });
            return id;
        }
        self.ports.insert(id, Port::new(version));
        self.work.insert(Work::Port(id));
        self.settle();
        id
    }

    /// Closes a port: first `ApiUnblockGetNotifyCall`, then `ApiCloseNotify` (MS-CMRP 3.2.4.5.1, 3.2.4.5.2). Its
    /// queue can be read until [`Notice::PortClosed`].
    pub fn close_port(&mut self, port: PortId) {
        self.ask_to_close(port);
        self.settle();
    }

    pub(super) fn ask_to_close(&mut self, id: PortId) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        if port.closing.is_none() {
            port.closing = Some(Closing::Asked);
            self.work.insert(Work::Port(id));
        }
    }

    /// The next entry of a port's queue.
    pub fn next_indication(&mut self, port: PortId) -> Option<Indication> {
        let state = self.ports.get_mut(&port)?;
        let indication = pop(&mut state.queue)?;
        self.work.insert(Work::Port(port));
        self.settle();
        Some(indication)
    }

    pub(super) fn advance_port(&mut self, id: PortId) {
        let Some(port) = self.ports.get(&id) else { return };
        if port.life == Life::Creating {
            return;
        }
        if let Some(closing) = port.closing {
            return self.advance_close(id, closing);
        }
        if !self.is_connected() || port.is_ended() {
            return;
        }
        match port.handle {
            None => self.start_create(id),
            Some(handle) => {
                self.add_next_filter(id);
                self.get_more(id, handle);
            }
        }
    }

    fn start_create(&mut self, id: PortId) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.life = Life::Creating;
        let method = Method::CreatePort(port.version);
        self.call(Purpose::Create(id), method);
    }

    pub(super) fn port_created(&mut self, id: PortId, reply: &Reply<'_>) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        self.work.insert(Work::Port(id));
        let Reply::Handle { handle, .. } = *reply else {
            self.remove_port(id);
            return self.note(Notice::PortFailed { port: id, code: code_of(reply) });
        };
        port.take_handle(handle);
        self.note(Notice::PortCreated { port: id });
    }

    /// Registers the first of the filters that wait, unless a call is under way or its object is not open. One at a
    /// time: the order of filters is that of their events.
    fn add_next_filter(&mut self, id: PortId) {
        while let Some(filter) = self.ports.get(&id).and_then(Port::next_filter) {
            match self.filter_handle(filter) {
                Ok(Some(handle)) => return self.start_add(id, filter, handle),
                Ok(None) => return,
                Err(code) => self.fail_filter(filter, code),
            }
        }
    }

    /// The handle of what a filter is on. See [`handle_for`](Self::handle_for).
    fn filter_handle(&mut self, id: FilterId) -> Result<Option<ContextHandle>, u32> {
        match self.filters.get(&id).map(|filter| (filter.target, filter.port)) {
            Some((Target::Object(object), port)) => self.handle_for(object, port),
            _ => Ok(self.cluster.handle),
        }
    }

    fn start_add(&mut self, id: PortId, filter: FilterId, handle: ContextHandle) {
        let Some(method) = self.add_method(filter, handle) else { return };
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.pending.pop_front();
        port.adding = Some(filter);
        if let Some(Target::Object(object)) = self.filters.get(&filter).map(|filter| filter.target) {
            self.begin_use(object);
        }
        self.call(Purpose::Add(filter), method);
    }

    /// Asks for the next events, unless that has been done, nothing can come yet, or enough waits to be read.
    fn get_more(&mut self, id: PortId, handle: ContextHandle) {
        let limit = self.config.queue.max(1);
        let timeout = self.config.get_timeout;
        let Some(port) = self.ports.get(&id) else { return };
        if !port.listening || port.getting.is_some() || port.queue.len() >= limit {
            return;
        }
        let method = Method::Get { port: handle, version: port.version, timeout };
        let call = self.call(Purpose::Get(id), method);
        if let Some(port) = self.ports.get_mut(&id) {
            port.getting = call;
        }
    }

    /// The get call of a port has ended, so long after it was made.
    pub(super) fn got(&mut self, id: PortId, reply: Reply<'_>, took: Duration) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.getting = None;
        let (closing, held) = (port.is_closing(), port.queue.len());
        self.work.insert(Work::Port(id));
        match reply {
            Reply::Event(event) => self.take_event(id, event),
            Reply::Events(events) => self.take_events(id, events),
            Reply::Failed(WAIT_TIMEOUT) if self.config.protocol == Protocol::V2 => {
                let due = Duration::from_millis(u64::from(self.config.get_timeout / 2));
                return self.count_hasty(id, took < due.min(PACE), WAIT_TIMEOUT);
            }
            _ if closing => return,
            other => return self.end_port(id, code_of(&other)),
        }
        match self.ports.get_mut(&id) {
            Some(port) if port.queue.len() > held => {
                port.hasty = 0;
                self.progress = true;
            }
            _ => self.count_hasty(id, took < PACE, RPC_S_CALL_FAILED),
        }
    }

    /// A get call has brought nothing. A server that answers so at once would be asked without rest.
    fn count_hasty(&mut self, id: PortId, hasty: bool, code: u32) {
        let Some(port) = self.ports.get_mut(&id) else { return };
        port.hasty = if hasty { port.hasty.saturating_add(1) } else { 0 };
        if port.hasty >= MOST_HASTY && !port.is_closing() {
            self.end_port(id, code);
        }
    }

    fn end_port(&mut self, id: PortId, code: u32) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.life = Life::Ended;
            self.note(Notice::PortEnded { port: id, code });
        }
    }

    fn advance_close(&mut self, id: PortId, closing: Closing) {
        let connected = self.is_connected();
        let Some(port) = self.ports.get(&id) else { return };
        let idle = closing == Closing::Asked && port.adding.is_none() && !self.is_step_about_port(id);
        match port.handle {
            None if idle => self.drop_port(id),
            // Nobody waits on a port that the server has ended.
            Some(handle) if connected && idle && port.is_ended() => self.close_now(id, handle),
            Some(handle) if connected && idle => self.unblock(id, handle),
            _ => {}
        }
    }

    fn unblock(&mut self, id: PortId, port: ContextHandle) {
        self.set_closing(id, Closing::Unblock);
        self.call(Purpose::Unblock(id), Method::Unblock { port });
    }

    /// The server has unblocked the port, or cannot: older ones lack the method (note 226 of MS-CMRP).
    pub(super) fn unblocked(&mut self, id: PortId) {
        if let Some(handle) = self.ports.get(&id).and_then(|port| port.handle) {
            self.close_now(id, handle);
        }
    }

    fn close_now(&mut self, id: PortId, port: ContextHandle) {
        self.set_closing(id, Closing::Close);
        self.call(Purpose::ClosePort(id), Method::ClosePort { port });
    }

    fn set_closing(&mut self, id: PortId, closing: Closing) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.closing = Some(closing);
        }
    }

    /// A port that was to be closed is gone.
    pub(super) fn drop_port(&mut self, id: PortId) {
        if self.remove_port(id) {
            self.note(Notice::PortClosed { port: id });
            self.work.insert(Work::End);
        }
    }

    fn remove_port(&mut self, id: PortId) -> bool {
        let Some(port) = self.ports.remove(&id) else { return false };
        if let Some(call) = port.getting {
            self.abandon(call);
        }
        for filter in port.added.into_iter().chain(port.pending).chain(port.adding) {
            self.remove_filter(filter);
        }
        true
    }

    /// Forgets what belongs to a binding: ports that were being closed are closed with it, and filters on closed
    /// objects end with their port.
    pub(super) fn unbind_ports(&mut self) {
        let closing: Vec<_> =
            self.ports.iter().filter(|(_, port)| port.is_closing()).map(|(id, _)| *id).collect();
        for port in closing {
            self.drop_port(port);
        }
        let objects = &self.objects;
        let gone = |target| matches!(target, Target::Object(object) if !objects.contains_key(&object));
        let orphans = self.filters.iter().filter(|(_, filter)| filter.established && gone(filter.target));
        let orphans: Vec<_> = orphans.map(|(id, _)| *id).collect();
        for filter in orphans {
            self.remove_filter(filter);
        }
        self.ports.values_mut().for_each(Port::unbind);
    }

    /// Whether the procedure has a call under way that makes the port.
    fn is_step_about_port(&self, id: PortId) -> bool {
        match &self.phase {
            Phase::Running(procedure) => procedure.is_creating(id),
            _ => false,
        }
    }
}

impl Port {
    /// The filter to register next, unless a call that does it is under way.
    fn next_filter(&self) -> Option<FilterId> {
        self.pending.front().copied().filter(|_| self.adding.is_none())
    }
}
