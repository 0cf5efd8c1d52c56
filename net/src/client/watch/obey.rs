//! What a watcher does on command, and when time has passed.

use cmrp_port::client::{BindingId, FilterError, FilterId, ObjectId, PortId, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;
use cmrp_port::status::starts_reconnect;
use tokio::time;

use super::command::{Command, Reply};
use super::driver::Driver;
use super::{Bound, Events, Interest, Subject, WatchError};
use crate::client::clock::{after, since};

impl Driver {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Open { kind, name, reply } => {
                let object = self.open(kind, &name);
                self.record.wait_for_object(object, reply);
            }
            Command::Close { object } => {
                self.engine.close(object);
                drop(self.record.forget_object(object, WatchError::NotOpen));
            }
            Command::Renamed { object, name } => {
                self.engine.renamed(object, &name);
                self.record.rename(object, &name);
            }
            Command::CreatePort { version, reply } => answer(reply, Ok(self.engine.create_port(version))),
            Command::ClosePort { port } => self.engine.close_port(port),
            Command::Add { port, interest, reply } => match self.add(port, interest) {
                Ok(filter) => self.record.wait_for_filter(filter, reply),
                Err(error) => answer(reply, Err(error.into())),
            },
            Command::Bound { object, reply } => answer(reply, self.bound(object)),
            Command::Failed { binding, code } => self.failed(binding, code),
            Command::Reconnect => self.reconnect(),
            Command::Statistics { reply } => answer(reply, Ok(self.engine.statistics())),
            Command::ShutDown { reply } => {
                self.closing.push(reply);
                self.shut_down();
            }
        }
    }

    /// Adds a filter, to the shared port of its version unless another one is named.
    pub(super) fn add(&mut self, port: Option<PortId>, interest: Interest) -> Result<FilterId, FilterError> {
        let version = interest.events.port_version();
        let is_first = port.is_none() && self.record.shared_port(version).is_none();
        let port = port.unwrap_or_else(|| self.shared_port(version));
        let object = self.object_of(&interest.subject);
        let added = self.add_to(port, object, &interest);
        match added {
            Ok(filter) => self.record.insert_filter(filter, port, object, interest),
            Err(_) => self.take_back(is_first.then_some((port, version)), object),
        }
        added
    }

    fn add_to(
        &mut self,
        port: PortId,
        object: Option<ObjectId>,
        interest: &Interest,
    ) -> Result<FilterId, FilterError> {
        let target = object.map_or(Target::Cluster, Target::Object);
        match (&interest.events, &interest.subject) {
            (Events::ResourceType(flags), Subject::ResourceType(name)) => {
                self.engine.add_resource_type(port, name, *flags, 0)
            }
            (Events::ResourceType(_), _) | (_, Subject::ResourceType(_)) => Err(FilterError::WrongKind),
            (Events::V1 { events, subtree }, _) => self.engine.add_filter(port, target, *events, *subtree, 0),
            (Events::V2(filter), _) => self.engine.add_filter_v2(port, target, *filter, 0),
        }
    }

    /// Closes what was made for a filter that makes no sense.
    fn take_back(&mut self, port: Option<(PortId, PortVersion)>, object: Option<ObjectId>) {
        if let Some((port, version)) = port {
            *self.record.shared_port(version) = None;
            self.engine.close_port(port);
        }
        if let Some(object) = object {
            self.record.release(object);
            self.close_unused();
        }
    }

    /// Closes objects that were opened for filters, once the last filter on them is gone.
    pub(super) fn close_unused(&mut self) {
        for object in self.record.take_unused() {
            self.engine.close(object);
        }
    }

    fn shared_port(&mut self, version: PortVersion) -> PortId {
        let engine = &mut self.engine;
        *self.record.shared_port(version).get_or_insert_with(|| engine.create_port(version))
    }

    /// What a filter is on, if it is an object; that is opened for the first filter on it.
    fn object_of(&mut self, subject: &Subject) -> Option<ObjectId> {
        let Subject::Object { kind, name } = subject else { return None };
        self.record.object_for(*kind, name).or_else(|| {
            let object = self.open(*kind, name);
            self.record.keep_for_filters(object);
            Some(object)
        })
    }

    fn open(&mut self, kind: ObjectKind, name: &str) -> ObjectId {
        let object = self.engine.open(kind, name);
        self.record.insert_object(object, kind, name);
        object
    }

    fn bound(&self, object: Option<ObjectId>) -> Result<Bound, WatchError> {
        let found = match object {
            Some(object) => self.engine.handle(object),
            None => self.engine.cluster_handle(),
        };
        let (binding, handle) = found.ok_or(WatchError::NotOpen)?;
        let association = self.association.as_ref().filter(|(known, _)| *known == binding);
        let association =
            association.map(|(_, association)| association.clone()).ok_or(WatchError::NotOpen)?;
        Ok(Bound { association, handle, binding })
    }

    fn failed(&mut self, binding: BindingId, code: u32) {
        if starts_reconnect(self.protocol, code) {
            let now = self.now();
            self.engine.handle_connection_failed(now, binding, code);
        }
    }

    fn reconnect(&mut self) {
        self.retry_at = None;
        self.engine.reconnect();
    }

    pub(super) fn shut_down(&mut self) {
        if self.close_until.is_none() {
            self.close_until = Some(after(self.options.call_deadline));
            self.retry_at = None;
            self.engine.shut_down();
        }
    }

    /// When there is something to do about time.
    pub(super) fn wakes_at(&self) -> Option<time::Instant> {
        let engine = self.engine.poll_timeout().map(|at| since(self.origin(), at.since_origin()));
        engine.into_iter().chain(self.retry_at).chain(self.close_until).min()
    }

    /// Time has passed.
    pub(super) fn wake(&mut self) {
        let now = time::Instant::now();
        if self.close_until.is_some_and(|until| until <= now) {
            self.closed = true;
        }
        if self.retry_at.is_some_and(|at| at <= now) {
            self.reconnect();
        }
        let now = self.now();
        self.engine.handle_timeout(now);
    }
}

fn answer<T>(reply: Reply<T>, result: Result<T, WatchError>) {
    // Who does not wait any more needs no answer.
    drop(reply.send(result));
}
