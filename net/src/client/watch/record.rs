//! What a watcher remembers of what it was asked for, and who waits to hear of it.

use std::collections::HashMap;
use std::sync::Arc;

use cmrp_port::client::{FilterId, ObjectId, PortId};
use cmrp_port::object::{ObjectKind, same_name};
use cmrp_port::protocol::PortVersion;

use super::command::Reply;
use super::{Interest, Subject, WatchError};

/// Objects and filters by the names that the engine has for them.
#[derive(Debug, Default)]
pub(super) struct Record {
    objects: HashMap<ObjectId, Arc<Subject>>,
    filters: HashMap<FilterId, Registered>,
    /// Objects that were opened for filters, and how many are on each.
    filtered: HashMap<ObjectId, usize>,
    /// Objects that were opened for filters of which none is left.
    unused: Vec<ObjectId>,
    opening: HashMap<ObjectId, Reply<ObjectId>>,
    adding: HashMap<FilterId, Reply<FilterId>>,
    v1: Option<PortId>,
    v2: Option<PortId>,
}

/// A filter that the engine has.
#[derive(Debug)]
struct Registered {
    port: PortId,
    object: Option<ObjectId>,
    interest: Arc<Interest>,
}

impl Record {
    /// The port that filters of a version share.
    pub(super) fn shared_port(&mut self, version: PortVersion) -> &mut Option<PortId> {
        match version {
            PortVersion::V1 => &mut self.v1,
            PortVersion::V2 => &mut self.v2,
        }
    }

    /// An object of this name, if one was opened before.
    pub(super) fn object_for(&self, kind: ObjectKind, name: &str) -> Option<ObjectId> {
        let is_it = |subject: &Subject| matches!(subject, Subject::Object { kind: k, name: n } if *k == kind && same_name(n, name));
        self.objects.iter().find(|(_, subject)| is_it(subject)).map(|(object, _)| *object)
    }

    pub(super) fn insert_object(&mut self, object: ObjectId, kind: ObjectKind, name: &str) {
        self.objects.insert(object, Arc::new(Subject::object(kind, name)));
    }

    /// An object is there for the filters on it: once they are gone, it is [unused](Self::take_unused).
    pub(super) fn keep_for_filters(&mut self, object: ObjectId) {
        self.filtered.insert(object, 0);
    }

    /// Objects to be closed. They are forgotten here.
    pub(super) fn take_unused(&mut self) -> Vec<ObjectId> {
        std::mem::take(&mut self.unused)
    }

    /// Gives an object up that was opened for filters, if none is on it.
    pub(super) fn release(&mut self, object: ObjectId) {
        if self.filtered.get(&object) == Some(&0) {
            self.filtered.remove(&object);
            self.objects.remove(&object);
            self.unused.push(object);
        }
    }

    pub(super) fn rename(&mut self, object: ObjectId, name: &str) {
        if let Some(subject) = self.objects.get_mut(&object) {
            if let Subject::Object { kind, .. } = **subject {
                *subject = Arc::new(Subject::object(kind, name));
            }
        }
    }

    pub(super) fn subject(&self, object: ObjectId) -> Arc<Subject> {
        self.objects.get(&object).cloned().unwrap_or_else(|| Arc::new(Subject::Cluster))
    }

    pub(super) fn insert_filter(
        &mut self,
        filter: FilterId,
        port: PortId,
        object: Option<ObjectId>,
        interest: Interest,
    ) {
        if let Some(count) = object.and_then(|object| self.filtered.get_mut(&object)) {
            *count = count.saturating_add(1);
        }
        self.filters.insert(filter, Registered { port, object, interest: Arc::new(interest) });
    }

    pub(super) fn interest(&self, filter: FilterId) -> Option<Arc<Interest>> {
        self.filters.get(&filter).map(|filter| filter.interest.clone())
    }

    /// Who opened an object waits until it is open.
    pub(super) fn wait_for_object(&mut self, object: ObjectId, reply: Reply<ObjectId>) {
        self.opening.insert(object, reply);
    }

    /// Who added a filter waits until it is registered.
    pub(super) fn wait_for_filter(&mut self, filter: FilterId, reply: Reply<FilterId>) {
        self.adding.insert(filter, reply);
    }

    pub(super) fn opened(&mut self, object: ObjectId) {
        answer(self.opening.remove(&object), Ok(object));
    }

    /// An object is no more.
    pub(super) fn forget_object(&mut self, object: ObjectId, error: WatchError) -> Arc<Subject> {
        let subject = self.subject(object);
        self.objects.remove(&object);
        self.filtered.remove(&object);
        answer(self.opening.remove(&object), Err(error));
        subject
    }

    pub(super) fn added(&mut self, filter: FilterId) {
        answer(self.adding.remove(&filter), Ok(filter));
    }

    /// A filter is no more.
    pub(super) fn forget_filter(&mut self, filter: FilterId, error: WatchError) -> Option<Arc<Interest>> {
        answer(self.adding.remove(&filter), Err(error));
        let Registered { object, interest, .. } = self.filters.remove(&filter)?;
        if let Some(object) = object {
            self.uncount(object);
        }
        Some(interest)
    }

    /// An object has one filter less.
    fn uncount(&mut self, object: ObjectId) {
        if let Some(count) = self.filtered.get_mut(&object) {
            *count = count.saturating_sub(1);
            self.release(object);
        }
    }

    /// A port is no more, and neither are its filters.
    pub(super) fn forget_port(&mut self, port: PortId, error: &WatchError) {
        let gone: Vec<_> =
            self.filters.iter().filter(|(_, filter)| filter.port == port).map(|(id, _)| *id).collect();
        for filter in gone {
            self.forget_filter(filter, error.clone());
        }
        for shared in [&mut self.v1, &mut self.v2] {
            if *shared == Some(port) {
                *shared = None;
            }
        }
    }
}

fn answer<T>(reply: Option<Reply<T>>, result: Result<T, WatchError>) {
    if let Some(reply) = reply {
        // Who does not wait any more needs no answer.
        drop(reply.send(result));
    }
}
