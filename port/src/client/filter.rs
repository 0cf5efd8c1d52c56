//! Filters: what the program asks for, checked before any server sees it.

use alloc::sync::Arc;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeResourceTypeV2, ClusterFilter, ClusterFilterV2, ClusterObjectType,
    GroupFilter, KeyFilter, NetInterfaceFilter, NetworkFilter, NodeFilter, ResourceFilter,
};
use cmrp::ndr::ContextHandle;

use super::id::{FilterId, ObjectId, PortId};
use super::object::code_of;
use super::reply::Reply;
use super::request::{Add, Method};
use super::{Client, FilterError, Notice, Work};
use crate::object::ObjectKind;
use crate::protocol::{PortVersion, Protocol};

/// What a filter is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Everything in the cluster.
    Cluster,
    /// One object.
    Object(ObjectId),
}

/// A filter of a port.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) port: PortId,
    pub(super) target: Target,
    pub(super) events: Events,
    /// What the program gets back with each event.
    pub(super) context: u32,
    /// The state number of the last thing that the program was told of the object (MS-CMRP 3.2.1.1.1).
    pub(super) sequence: Option<u32>,
    /// The server has had it: a reconnect registers it again.
    pub(super) established: bool,
}

/// What a filter asks for.
#[derive(Clone, Debug)]
pub(super) enum Events {
    V1 { events: ClusterChange, watch_subtree: bool },
    V2(ObjectFilter),
    ResourceType { name: Arc<str>, flags: u64 },
}

impl Client {
    /// Adds a filter to a version 1 port. Ends in [`Notice::FilterAdded`] or [`Notice::FilterFailed`]; events bring
    /// `context` back. `watch_subtree` is for keys.
    ///
    /// # Errors
    /// The filter makes no sense; the server would refuse it.
    pub fn add_filter(
        &mut self,
        port: PortId,
        target: Target,
        events: ClusterChange,
        watch_subtree: bool,
        context: u32,
    ) -> Result<FilterId, FilterError> {
        self.port_for_filter(port, PortVersion::V1)?;
        let kind = self.target_kind(target)?;
        let valid = valid_events(self.config.protocol, kind).ok_or(FilterError::WrongKind)?;
        let invalid = events.difference(valid);
        if !invalid.is_empty() || events.is_empty() {
            return Err(FilterError::InvalidEvents { invalid: u64::from(invalid.bits()) });
        }
        if watch_subtree && kind != ObjectKind::Key {
            return Err(FilterError::NotAKey);
        }
        Ok(self.insert_filter(port, target, Events::V1 { events, watch_subtree }, context))
    }

    /// Adds a filter to a version 2 port; [`Target::Object`] is `isTargetedAtObject`. Ends as
    /// [`add_filter`](Self::add_filter) does.
    ///
    /// # Errors
    /// The filter makes no sense; the server would refuse it.
    pub fn add_filter_v2(
        &mut self,
        port: PortId,
        target: Target,
        filter: ObjectFilter,
        context: u32,
    ) -> Result<FilterId, FilterError> {
        self.port_for_filter(port, PortVersion::V2)?;
        let kind = self.target_kind(target)?;
        if target != Target::Cluster && kind_of(filter).is_some_and(|wanted| wanted != kind) {
            return Err(FilterError::WrongKind);
        }
        if filter.invalid() != 0 || filter.flags() == 0 {
            return Err(FilterError::InvalidEvents { invalid: filter.invalid() });
        }
        Ok(self.insert_filter(port, target, Events::V2(filter), context))
    }

    /// Adds a filter on one resource type to a version 2 port, which servers up to Windows Server 2012 R2 cannot
    /// (MS-CMRP 3.1.4.2.144). Ends as [`add_filter`](Self::add_filter) does.
    ///
    /// # Errors
    /// The filter makes no sense; the server would refuse it.
    pub fn add_resource_type(
        &mut self,
        port: PortId,
        type_name: &str,
        flags: ClusterChangeResourceTypeV2,
        context: u32,
    ) -> Result<FilterId, FilterError> {
        self.port_for_filter(port, PortVersion::V2)?;
        let invalid = flags.difference(ClusterChangeResourceTypeV2::all()).bits();
        if invalid != 0 || flags.is_empty() {
            return Err(FilterError::InvalidEvents { invalid });
        }
        let events = Events::ResourceType { name: type_name.into(), flags: flags.bits() };
        Ok(self.insert_filter(port, Target::Cluster, events, context))
    }

    /// Checks that a port can get a filter.
    fn port_for_filter(&self, port: PortId, version: PortVersion) -> Result<(), FilterError> {
        let port = self.ports.get(&port).filter(|port| !port.is_closing()).ok_or(FilterError::NoSuchPort)?;
        match port.is_ended() {
            true => Err(FilterError::PortEnded),
            false if port.version == version => Ok(()),
            false => Err(FilterError::WrongPortVersion),
        }
    }

    fn target_kind(&self, target: Target) -> Result<ObjectKind, FilterError> {
        let Target::Object(object) = target else { return Ok(ObjectKind::Cluster) };
        let object = self.objects.get(&object).filter(|object| !object.closing);
        object.map(|object| object.kind).ok_or(FilterError::NoSuchObject)
    }

    fn insert_filter(&mut self, port: PortId, target: Target, events: Events, context: u32) -> FilterId {
        let id = self.next_key();
        let filter = Filter { port, target, events, context, sequence: None, established: false };
        self.filters.insert(id, filter);
        if let Some(object) = self.target_object(target) {
            object.filters.insert(id);
        }
        if let Some(port) = self.ports.get_mut(&port) {
            port.pending.push_back(id);
        }
        self.work.insert(Work::Port(port));
        self.settle();
        id
    }

    /// A number that no filter has.
    fn next_key(&mut self) -> FilterId {
        loop {
            self.last_key = self.last_key.wrapping_add(1);
            let id = FilterId::from_key(self.last_key);
            if !self.filters.contains_key(&id) {
                return id;
            }
        }
    }

    fn target_object(&mut self, target: Target) -> Option<&mut super::object::Object> {
        match target {
            Target::Cluster => None,
            Target::Object(object) => self.objects.get_mut(&object),
        }
    }

    /// The call that registers a filter on the server, or registers it again.
    pub(super) fn add_method(&self, id: FilterId, object: ContextHandle) -> Option<Method> {
        let filter = self.filters.get(&id)?;
        let port = self.ports.get(&filter.port)?.handle?;
        let key = id.key();
        Some(match &filter.events {
            Events::V1 { events, watch_subtree } => Method::Add(Add {
                port,
                kind: self.target_kind(filter.target).ok()?,
                object,
                events: *events,
                watch_subtree: *watch_subtree,
                key,
                since: filter.sequence.filter(|_| filter.established),
            }),
            Events::V2(events) => {
                let targeted = filter.target != Target::Cluster;
                Method::AddV2 { port, object, filter: *events, key, targeted }
            }
            Events::ResourceType { name, flags } => {
                Method::AddResourceType { port, name: name.clone(), flags: *flags, key }
            }
        })
    }

    /// The server has answered the call that registers a filter.
    pub(super) fn filter_added(&mut self, id: FilterId, reply: &Reply<'_>) {
        let Some(filter) = self.filters.get(&id) else { return };
        let (port, target) = (filter.port, filter.target);
        match *reply {
            Reply::Done => self.filter_established(id, None),
            Reply::Added { state_sequence } => self.filter_established(id, Some(state_sequence)),
            _ => self.fail_filter(id, code_of(reply)),
        }
        if let Target::Object(object) = target {
            self.end_use(object);
        }
        self.work.insert(Work::Port(port));
    }

    fn filter_established(&mut self, id: FilterId, state_sequence: Option<u32>) {
        let Some(filter) = self.filters.get_mut(&id) else { return };
        filter.established = true;
        // An event may have overtaken the reply; its number is the newer one.
        filter.sequence = filter.sequence.or(state_sequence);
        let port = filter.port;
        if let Some(port) = self.ports.get_mut(&port) {
            port.adding = None;
            port.added.push_back(id);
            port.listening = true;
        }
        self.note(Notice::FilterAdded { port, filter: id, state_sequence });
    }

    /// A filter could not be registered.
    pub(super) fn fail_filter(&mut self, id: FilterId, code: u32) {
        if let Some(filter) = self.remove_filter(id) {
            self.note(Notice::FilterFailed { port: filter.port, filter: id, code });
        }
    }

    pub(super) fn remove_filter(&mut self, id: FilterId) -> Option<Filter> {
        let filter = self.filters.remove(&id)?;
        if let Some(object) = self.target_object(filter.target) {
            object.filters.remove(&id);
        }
        if let Some(port) = self.ports.get_mut(&filter.port) {
            port.forget_filter(id, filter.established);
        }
        Some(filter)
    }
}

/// The events that a filter of a version 1 port can ask for (MS-CMRP 3.1.4.1.58 to 3.1.4.1.62).
pub(super) fn valid_events(protocol: Protocol, kind: ObjectKind) -> Option<ClusterChange> {
    Some(match kind {
        ObjectKind::Cluster if protocol == Protocol::V2 => ClusterFilterV2::VALID,
        ObjectKind::Cluster => ClusterFilter::VALID,
        ObjectKind::Node => NodeFilter::VALID,
        ObjectKind::Group => GroupFilter::VALID,
        ObjectKind::Resource => ResourceFilter::VALID,
        ObjectKind::Key => KeyFilter::VALID,
        ObjectKind::Network => NetworkFilter::VALID,
        ObjectKind::NetInterface => NetInterfaceFilter::VALID,
        ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
    })
}

/// The kind of handle that a targeted filter of a version 2 port needs (MS-CMRP 3.1.4.2.137); `None` if that is not
/// known.
fn kind_of(filter: ObjectFilter) -> Option<ObjectKind> {
    let known = |object_type: ClusterObjectType| i64::from(object_type.0) == i64::from(filter.object_type());
    let kinds = [
        (ClusterObjectType::CLUSTER, ObjectKind::Cluster),
        (ClusterObjectType::GROUP, ObjectKind::Group),
        (ClusterObjectType::RESOURCE, ObjectKind::Resource),
        (ClusterObjectType::RESOURCE_TYPE, ObjectKind::Cluster),
        (ClusterObjectType::NETWORK_INTERFACE, ObjectKind::NetInterface),
        (ClusterObjectType::NETWORK, ObjectKind::Network),
        (ClusterObjectType::NODE, ObjectKind::Node),
        (ClusterObjectType::REGISTRY, ObjectKind::Key),
        (ClusterObjectType::QUORUM, ObjectKind::Cluster),
        (ClusterObjectType::SHARED_VOLUME, ObjectKind::Cluster),
        (ClusterObjectType::SPACEPORT, ObjectKind::Cluster),
        (ClusterObjectType::UPGRADE, ObjectKind::Cluster),
        (ClusterObjectType::GROUPSET, ObjectKind::GroupSet),
    ];
    kinds.into_iter().find(|(object_type, _)| known(*object_type)).map(|(_, kind)| kind)
}
