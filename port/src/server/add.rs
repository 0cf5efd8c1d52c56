//! Filters are registered.

use alloc::sync::Arc;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeRegistryV2};
use cmrp::ndr::ContextHandle;

use crate::access::Access;
use crate::object::{Object, ObjectKind};
use crate::protocol::PortVersion;
use crate::sequence::StateNumbers;
use crate::status;

use super::handles::Referent;
use super::index::{Events, Family, SlotId, object_kind};
use super::method::{Known, Wanted};
use super::permission::needed;
use super::port::{Filter, Scope};
use super::response::{Body, PostedV1};
use super::{FilterRef, Incoming, Refusal, Server};

const INVALID_HANDLE: Refusal = Refusal::Status(status::ERROR_INVALID_HANDLE);
const INVALID_PARAMETER: Refusal = Refusal::Status(status::ERROR_INVALID_PARAMETER);
const FULL: Refusal = Refusal::Status(status::ERROR_NOT_ENOUGH_MEMORY);

/// UTF-16 units that the name of a resource type may have: no client makes the server keep more.
const LONGEST_NAME: usize = 256;

/// `dwVersion` of the version 2 methods (MS-CMRP 3.1.4.2.137).
const VERSION: u32 = 2;

/// The bits of version 1 filters that are about the registry.
const REGISTRY: ClusterChange = ClusterChange::REGISTRY_NAME
    .union(ClusterChange::REGISTRY_ATTRIBUTES)
    .union(ClusterChange::REGISTRY_VALUE);

impl Server {
    /// The methods `ApiAddNotify...` and `ApiReAddNotify...` (MS-CMRP 3.1.4.2.58 to .65, .90, .91, .99, .100, .137,
    /// .144).
    ///
    /// The RPC runtime looks at all handles before the method looks at any parameter.
    pub(super) fn add(
        &mut self,
        states: &dyn StateNumbers,
        incoming: &Incoming<'_>,
        port: ContextHandle,
        key: u32,
        wanted: &Wanted<'_>,
    ) -> Result<Body, Refusal> {
        let object = wanted.handle().map(|handle| self.referent(incoming, handle)).transpose()?;
        let place = self.port(incoming, port)?;
        if self.ports.get(place as usize).is_none_or(|port| port.version != wanted.port_version()) {
            return Err(INVALID_HANDLE);
        }
        let slot = object.map(|object| self.filtered_object(incoming, object, wanted)).transpose()?;
        wanted.check()?;
        self.check_room(place)?;
        let scope = self.scope(wanted, slot).ok_or(FULL)?;
        self.register(place, Filter { key, on: scope });
        Ok(self.added(states, place, key, wanted, slot))
    }

    /// The object whose handle names what a filter covers, if it is of the kind that the method takes and its level
    /// suffices.
    fn filtered_object(
        &self,
        incoming: &Incoming<'_>,
        referent: Referent,
        wanted: &Wanted<'_>,
    ) -> Result<SlotId, Refusal> {
        let Referent::Object { slot, access, .. } = referent else { return Err(INVALID_HANDLE) };
        let kind = self.index.object(slot).ok_or(INVALID_HANDLE)?.kind;
        if wanted.object_kind().is_some_and(|wanted| wanted != kind) {
            return Err(INVALID_HANDLE);
        }
        let level = if kind.stores_access() { Some(access) } else { incoming.caller.access };
        check_level(level, needed(incoming.protocol))?;
        Ok(slot)
    }

    fn check_room(&self, place: u32) -> Result<(), Refusal> {
        let registered = self.ports.get(place as usize).map_or(0, |port| port.filters.len());
        let room = registered < self.limits.filters_per_port
            && self.filters < self.limits.filters
            && u32::try_from(registered).is_ok();
        if room { Ok(()) } else { Err(FULL) }
    }

    /// What a filter covers. It keeps the slots that it names.
    fn scope(&mut self, wanted: &Wanted<'_>, slot: Option<SlotId>) -> Option<Scope> {
        match *wanted {
            Wanted::Cluster { events, .. } => self.cluster_scope(events),
            Wanted::Object { events, .. } => self.object_scope(slot?, Events::of_v1(events), false),
            Wanted::Key { events, subtree, .. } => self.object_scope(slot?, Events::of_v1(events), subtree),
            Wanted::V2 { filter: ObjectFilter::Registry(flags), targeted, .. } => {
                let slot = if targeted { slot? } else { self.root_key()? };
                let scope = self.object_scope(slot, registry_events(flags), subtree_v2(flags));
                if !targeted {
                    self.index.release(slot);
                }
                scope
            }
            Wanted::V2 { filter, targeted, .. } => {
                let events = Events::of(filter)?;
                match (targeted, object_kind(filter)) {
                    (true, Some(kind)) if kind != ObjectKind::ResourceType => {
                        self.object_scope(slot?, events, false)
                    }
                    _ => Some(Scope::Everything(events)),
                }
            }
            Wanted::ResourceType { name, filter, .. } => {
                let slot =
                    self.index.acquire(&Object::new(ObjectKind::ResourceType, name.to_string_lossy()))?;
                Some(Scope::Object { slot, events: Events::of(filter)?, subtree: false })
            }
        }
    }

    /// A cluster filter covers every object; its registry bits are about the root key (MS-CMRP 3.1.4.1.58).
    fn cluster_scope(&mut self, events: ClusterChange) -> Option<Scope> {
        let everything = events.difference(REGISTRY | ClusterChange::REGISTRY_SUBTREE);
        let registry = events.intersection(REGISTRY);
        if registry.is_empty() {
            return Some(Scope::Everything(Events::of_v1(everything)));
        }
        Some(Scope::Cluster {
            everything: Events::of_v1(everything),
            root: self.root_key()?,
            registry: Events::of_v1(registry),
            subtree: events.contains(ClusterChange::REGISTRY_SUBTREE),
        })
    }

    fn root_key(&mut self) -> Option<SlotId> {
        self.index.acquire(&Object::new(ObjectKind::Key, ""))
    }

    #[expect(clippy::unnecessary_wraps, reason = "each of the scopes is made in a place that can fail")]
    fn object_scope(&mut self, slot: SlotId, events: Events, subtree: bool) -> Option<Scope> {
        self.index.retain(slot);
        Some(Scope::Object { slot, events, subtree })
    }

    fn register(&mut self, place: u32, filter: Filter) {
        let Some(port) = self.ports.get_mut(place as usize) else { return };
        let number = u32::try_from(port.filters.len()).unwrap_or(u32::MAX);
        port.filters.push(filter);
        self.filters = self.filters.saturating_add(1);
        let id = FilterRef { port: place, filter: number };
        match filter.on {
            Scope::Everything(events) => self.index.watch_all(events, id),
            Scope::Object { slot, events, subtree } => self.index.watch(slot, events, subtree, id),
            Scope::Cluster { everything, root, registry, subtree } => {
                self.index.watch_all(everything, id);
                self.index.watch(root, registry, subtree, id);
            }
        }
    }

    /// Answers for a filter that is registered now. If the client knows another state of the object than it has, the
    /// state event is queued, whatever the filter asks for (MS-CMRP 3.1.4.1.65).
    fn added(
        &mut self,
        states: &dyn StateNumbers,
        place: u32,
        key: u32,
        wanted: &Wanted<'_>,
        slot: Option<SlotId>,
    ) -> Body {
        let status = status::ERROR_SUCCESS;
        let Wanted::Object { kind, known, .. } = *wanted else { return Body::Status(status) };
        let Some(object) = slot.and_then(|slot| self.index.object(slot)) else { return Body::Status(status) };
        let state_sequence = states.state_sequence(object);
        let Known::Sequence(known) = known else { return Body::Added { state_sequence, status } };
        if known != state_sequence {
            let event =
                PostedV1 { change: state_change(kind), name: Arc::clone(&object.name), state_sequence };
            self.enqueue_missed(place, key, event);
        }
        Body::Status(status)
    }
}

impl Wanted<'_> {
    fn handle(&self) -> Option<ContextHandle> {
        match self {
            Self::Cluster { handle, .. }
            | Self::Object { handle, .. }
            | Self::Key { handle, .. }
            | Self::V2 { handle, .. } => Some(*handle),
            Self::ResourceType { .. } => None,
        }
    }

    fn port_version(&self) -> PortVersion {
        match self {
            Self::Cluster { .. } | Self::Object { .. } | Self::Key { .. } => PortVersion::V1,
            Self::V2 { .. } | Self::ResourceType { .. } => PortVersion::V2,
        }
    }

    /// The kind of handle that the method takes; `None` where the object type is not known, so that any will do until
    /// that is found out.
    fn object_kind(&self) -> Option<ObjectKind> {
        match *self {
            Self::Object { kind, .. } => Some(kind),
            Self::Key { .. } => Some(ObjectKind::Key),
            Self::V2 { filter: ObjectFilter::Other { .. }, .. } | Self::ResourceType { .. } => None,
            Self::Cluster { .. } | Self::V2 { targeted: false, .. } => Some(ObjectKind::Cluster),
            Self::V2 { filter, .. } => match object_kind(filter) {
                None | Some(ObjectKind::ResourceType) => Some(ObjectKind::Cluster),
                kind => kind,
            },
        }
    }

    /// Whether the filter asks for something, and for nothing that the method cannot ask for.
    fn check(&self) -> Result<(), Refusal> {
        let good = match *self {
            Self::Cluster { events, valid, .. }
            | Self::Object { events, valid, .. }
            | Self::Key { events, valid, .. } => !events.is_empty() && events == valid,
            Self::V2 { filter, version, .. } => version == VERSION && is_valid(filter),
            Self::ResourceType { name, filter, version } => {
                version == VERSION && is_valid(filter) && name.units().nth(LONGEST_NAME).is_none()
            }
        };
        if good { Ok(()) } else { Err(INVALID_PARAMETER) }
    }
}

/// Whether flags are asked for, all of them such as can be.
fn is_valid(filter: ObjectFilter) -> bool {
    filter.flags() != 0 && filter.invalid() == 0 && !matches!(filter, ObjectFilter::Other { .. })
}

fn check_level(level: Option<Access>, needed: Access) -> Result<(), Refusal> {
    if level >= Some(needed) { Ok(()) } else { Err(Refusal::Status(status::ERROR_ACCESS_DENIED)) }
}

fn registry_events(flags: ClusterChangeRegistryV2) -> Events {
    let flags = flags.difference(ClusterChangeRegistryV2::SUBTREE);
    // 8 is CLUSTER_OBJECT_TYPE_REGISTRY (MS-CMRP 2.2.2.11).
    Events::of(ObjectFilter::Registry(flags)).unwrap_or(Events { family: Family::V2(8), bits: 0 })
}

fn subtree_v2(flags: ClusterChangeRegistryV2) -> bool {
    flags.contains(ClusterChangeRegistryV2::SUBTREE)
}

/// The event that tells of a state which the client has not seen (MS-CMRP 3.1.4.1.63 to .65, .91, .100).
fn state_change(kind: ObjectKind) -> ClusterChange {
    match kind {
        ObjectKind::Node => ClusterChange::NODE_STATE,
        ObjectKind::Group => ClusterChange::GROUP_STATE,
        ObjectKind::Network => ClusterChange::NETWORK_STATE,
        ObjectKind::NetInterface => ClusterChange::NETINTERFACE_STATE,
        _ => ClusterChange::RESOURCE_STATE,
    }
}
