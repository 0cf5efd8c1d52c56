//! Steps 8 to 17 of the reconnect procedure: objects, ports and filters come back in a fixed order
//! (MS-CMRP 3.2.4.6).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::config::Missing;
use super::filter::Target;
use super::id::{FilterId, ObjectId, PortId};
use super::object::code_of;
use super::procedure::Step;
use super::queue::Own;
use super::reply::Reply;
use super::request::Method;
use super::{Client, Phase};
use crate::object::ObjectKind;
use crate::protocol::PortVersion;
use crate::status::{
    ERROR_CLUSTER_NETINTERFACE_NOT_FOUND, ERROR_CLUSTER_NETWORK_NOT_FOUND, ERROR_CLUSTER_NODE_NOT_FOUND,
    ERROR_GROUP_NOT_FOUND, ERROR_GROUPSET_NOT_FOUND, ERROR_RESOURCE_NOT_FOUND,
};
use crate::time::Instant;

/// One thing to put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    RootKey,
    Object(ObjectId),
    Port(PortId),
    Filter(FilterId),
    /// `CLUSTER_RECONNECT` for a port whose filters are back.
    Announce(PortId),
    /// Nothing is left.
    Done,
}

/// `ERROR_FILE_NOT_FOUND`: what opening a registry key that is not there fails with.
const ERROR_FILE_NOT_FOUND: u32 = 0x0000_0002;

impl Client {
    /// Begins to put everything back on a server that has opened the cluster.
    pub(super) fn restore(&mut self) {
        let mut tasks = self.object_tasks();
        for version in [PortVersion::V1, PortVersion::V2] {
            self.port_tasks(version, &mut tasks);
        }
        if let Phase::Running(procedure) = &mut self.phase {
            procedure.tasks = tasks;
        }
        self.next_task();
    }

    /// Steps 8 to 13, then group sets, of which the specification says nothing. Further handles of the cluster go
    /// with step 7. `ObjectKind` is in that order.
    fn object_tasks(&self) -> VecDeque<Task> {
        let open = self.objects.iter().filter(|(_, object)| object.established);
        let mut open: Vec<_> = open.map(|(id, object)| (object.kind, *id)).collect();
        open.sort_unstable();
        let below_root = |kind, id| {
            kind == ObjectKind::Key && self.objects.get(id).is_some_and(|object| !object.name.is_empty())
        };
        let first_key = open.iter().position(|(kind, id)| below_root(*kind, id));
        let mut tasks: VecDeque<_> = open.into_iter().map(|(_, id)| Task::Object(id)).collect();
        if let Some(place) = first_key {
            tasks.insert(place, Task::RootKey);
        }
        tasks
    }

    /// Steps 14 and 15, or 16 and 17: all ports of a version first, then the filters of each.
    fn port_tasks(&self, version: PortVersion, tasks: &mut VecDeque<Task>) {
        let wanted =
            self.ports.iter().filter(|(_, port)| port.version == version && port.is_to_be_restored());
        let ports: Vec<_> = wanted.collect();
        tasks.extend(ports.iter().map(|(id, _)| Task::Port(**id)));
        for (id, port) in ports {
            tasks.extend(port.added.iter().copied().map(Task::Filter));
            tasks.push_back(Task::Announce(*id));
        }
    }

    /// Goes on to the next task that needs a call.
    fn next_task(&mut self) {
        loop {
            let Phase::Running(procedure) = &mut self.phase else { return };
            let task = procedure.tasks.pop_front().unwrap_or(Task::Done);
            if let Some(method) = self.task_method(task) {
                return self.step(Step::Restore(task), method);
            }
            match task {
                Task::Announce(port) => self.announce(port),
                Task::Done => return self.set_step(Step::Restore(Task::Done)),
                _ => {}
            }
        }
    }

    /// The call of a task; `None` if it needs none, or what it is for has been closed meanwhile.
    fn task_method(&self, task: Task) -> Option<Method> {
        match task {
            Task::RootKey => Some(Method::GetRootKey),
            Task::Object(id) => self.open_method(id),
            Task::Port(id) => {
                let port = self.ports.get(&id).filter(|port| port.is_to_be_restored())?;
                Some(Method::CreatePort(port.version))
            }
            Task::Filter(id) => self.filter_method(id),
            Task::Announce(_) | Task::Done => None,
        }
    }

    fn filter_method(&self, id: FilterId) -> Option<Method> {
        let filter = self.filters.get(&id)?;
        self.ports.get(&filter.port).filter(|port| port.is_to_be_restored())?;
        let handle = match filter.target {
            Target::Cluster => self.cluster.handle?,
            Target::Object(object) => self.objects.get(&object)?.handle?,
        };
        self.add_method(id, handle)
    }

    fn announce(&mut self, id: PortId) {
        if self.ports.get(&id).is_some_and(|port| port.is_to_be_restored() && port.handle.is_some()) {
            self.indicate(id, Own::Reconnect);
        }
    }

    /// The call of a task has ended.
    pub(super) fn restored(&mut self, now: Instant, task: Task, reply: &Reply<'_>) {
        match (task, reply) {
            (Task::RootKey, Reply::Handle { handle, .. }) => self.root_key.handle = Some(*handle),
            (Task::Object(id), Reply::Handle { handle, granted }) => {
                if let Some(object) = self.objects.get_mut(&id) {
                    object.take_handle(*handle, *granted);
                }
            }
            (Task::Port(id), Reply::Handle { handle, .. }) => {
                if let Some(port) = self.ports.get_mut(&id) {
                    port.take_handle(*handle);
                }
            }
            (Task::Filter(_), Reply::Done | Reply::Added { .. }) => {}
            (Task::Object(id), Reply::Failed(code)) if self.may_forget(id, *code) => {
                self.open_failed(id, *code);
            }
            (task, reply) => {
                let object = self.object_of(task);
                return self.attempt_failed(now, code_of(reply), object);
            }
        }
        self.next_task();
    }

    /// The object that a task is about.
    fn object_of(&self, task: Task) -> Option<ObjectId> {
        match task {
            Task::Object(id) => Some(id),
            Task::Filter(id) => match self.filters.get(&id)?.target {
                Target::Object(object) => Some(object),
                Target::Cluster => None,
            },
            Task::RootKey | Task::Port(_) | Task::Announce(_) | Task::Done => None,
        }
    }

    fn may_forget(&self, id: ObjectId, code: u32) -> bool {
        let kind = self.objects.get(&id).map(|object| object.kind);
        self.config.missing == Missing::Forget && kind.and_then(not_found) == Some(code)
    }
}

/// The code that says that there is no such object (MS-CMRP 3.1.4.2.9 and its siblings).
fn not_found(kind: ObjectKind) -> Option<u32> {
    Some(match kind {
        ObjectKind::Node => ERROR_CLUSTER_NODE_NOT_FOUND,
        ObjectKind::Group => ERROR_GROUP_NOT_FOUND,
        ObjectKind::Resource => ERROR_RESOURCE_NOT_FOUND,
        ObjectKind::Key => ERROR_FILE_NOT_FOUND,
        ObjectKind::Network => ERROR_CLUSTER_NETWORK_NOT_FOUND,
        ObjectKind::NetInterface => ERROR_CLUSTER_NETINTERFACE_NOT_FOUND,
        ObjectKind::GroupSet => ERROR_GROUPSET_NOT_FOUND,
        ObjectKind::Cluster | ObjectKind::ResourceType => return None,
    })
}
