//! Which filters match an event, found without looking at those that do not.
//!
//! An object that a handle or filter names has a slot, found by kind and name. A slot keeps the filters on its
//! object by event, one *lane* an event, so that an event visits one lane of one slot; an event of a registry key
//! visits those of the keys above it as well. Filters on everything of a kind are kept by event alone.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterObjectType};
use hashbrown::HashTable;
use siphasher::sip::SipHasher13;
use slab::Slab;

use crate::event::{EventV1, EventV2};
use crate::object::{Object, ObjectKind, end_name, hash_character, hash_name, same_name};

/// The place of an object in the index.
pub(super) type SlotId = u32;

/// A filter: its port's place in the server's list, and its number in the port. Order is that of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FilterRef {
    pub(super) port: u32,
    pub(super) filter: u32,
}

/// A set of events of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Events {
    /// [`Family::V1`], or the object type of version 2 events.
    pub(super) family: Family,
    /// `CLUSTER_CHANGE` bits, or flags of the object type; all of those fit into 32 bits.
    pub(super) bits: u32,
}

/// What the bits of [`Events`] mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `CLUSTER_CHANGE` (MS-CMRP 2.2.2.7).
    V1,
    /// The flags of an object type (MS-CMRP 2.2.2.11).
    V2(u8),
}

impl Events {
    /// The bits one by one, as their numbers.
    fn numbers(self) -> impl Iterator<Item = u8> {
        (0..32).filter(move |number| self.bits & (1 << number) != 0)
    }
}

/// Where in a slot the filters for one event are: number of the `CLUSTER_CHANGE` bit, or 32 and number of the flag; 8
/// more for filters on a registry key and all below it, whose bits (4 to 6, 0 to 3) leave the room.
fn lane(family: Family, number: u8, subtree: bool) -> u8 {
    let base = if family == Family::V1 { 0 } else { 32 };
    (number | base).saturating_add(if subtree { 8 } else { 0 })
}

struct Slot {
    object: Object,
    /// Handles and filters that name the object.
    references: u32,
    /// The lanes that hold a filter, one bit each: an event that nobody asked for costs one test.
    lanes: u64,
    filters: BTreeSet<(u8, FilterRef)>,
}

/// All objects that anything names, and all filters.
pub(super) struct Index {
    slots: Slab<Slot>,
    by_name: HashTable<SlotId>,
    hasher: SipHasher13,
    everything: BTreeMap<(Family, u8), BTreeSet<FilterRef>>,
    /// Filters on a registry key and all below it: without any, keys above that of an event need no look.
    subtrees: usize,
}

impl Index {
    pub(super) fn new(seed: &[u8; 16]) -> Self {
        Self {
            slots: Slab::new(),
            by_name: HashTable::new(),
            hasher: SipHasher13::new_with_key(seed),
            everything: BTreeMap::new(),
            subtrees: 0,
        }
    }

    /// Number of objects that something names.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn object(&self, slot: SlotId) -> Option<&Object> {
        self.slots.get(slot as usize).map(|slot| &slot.object)
    }

    /// The slot of an object, for one more handle or filter; `None` when there are no numbers left.
    pub(super) fn acquire(&mut self, object: &Object) -> Option<SlotId> {
        let hash = self.hash(object.kind, &object.name);
        let slots = &self.slots;
        let same = |slot: &SlotId| slots.get(*slot as usize).is_some_and(|slot| slot.object == *object);
        if let Some(slot) = self.by_name.find(hash, same).copied() {
            self.retain(slot);
            return Some(slot);
        }
        let id = SlotId::try_from(self.slots.vacant_key()).ok()?;
        self.slots.insert(Slot { object: object.clone(), references: 1, lanes: 0, filters: BTreeSet::new() });
        self.put(hash, id);
        Some(id)
    }

    /// One more handle or filter names the object of a slot.
    pub(super) fn retain(&mut self, slot: SlotId) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.references = slot.references.saturating_add(1);
        }
    }

    /// A handle or filter names the object no more.
    pub(super) fn release(&mut self, id: SlotId) {
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        slot.references = slot.references.saturating_sub(1);
        if slot.references == 0 {
            self.take_out(id);
            self.slots.try_remove(id as usize);
        }
    }

    /// What was called `old` is called `new` from now on, for those who hold it.
    pub(super) fn rename(&mut self, kind: ObjectKind, old: &str, new: &str) {
        let mut renamed = Vec::new();
        self.named(kind, old, |id, _| renamed.push(id));
        for id in renamed {
            self.take_out(id);
            if let Some(slot) = self.slots.get_mut(id as usize) {
                slot.object.name = new.into();
            }
            self.put(self.hash(kind, new), id);
        }
    }

    /// Registers a filter for events of one object, and of a registry key's subkeys if `subtree`.
    pub(super) fn watch(&mut self, id: SlotId, events: Events, subtree: bool, filter: FilterRef) {
        self.subtrees = self.subtrees.saturating_add(usize::from(subtree));
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        for number in events.numbers() {
            let lane = lane(events.family, number, subtree);
            slot.filters.insert((lane, filter));
            slot.lanes |= 1 << lane;
        }
    }

    /// Takes back what [`watch`](Self::watch) did.
    pub(super) fn unwatch(&mut self, id: SlotId, events: Events, subtree: bool, filter: FilterRef) {
        self.subtrees = self.subtrees.saturating_sub(usize::from(subtree));
        let Some(slot) = self.slots.get_mut(id as usize) else { return };
        for number in events.numbers() {
            let lane = lane(events.family, number, subtree);
            slot.filters.remove(&(lane, filter));
            if slot.lane(lane).next().is_none() {
                slot.lanes &= !(1 << lane);
            }
        }
    }

    /// Registers a filter for events of every object.
    pub(super) fn watch_all(&mut self, events: Events, filter: FilterRef) {
        for number in events.numbers() {
            self.everything.entry((events.family, number)).or_default().insert(filter);
        }
    }

    /// Takes back what [`watch_all`](Self::watch_all) did.
    pub(super) fn unwatch_all(&mut self, events: Events, filter: FilterRef) {
        for number in events.numbers() {
            let Some(filters) = self.everything.get_mut(&(events.family, number)) else { continue };
            filters.remove(&filter);
            if filters.is_empty() {
                self.everything.remove(&(events.family, number));
            }
        }
    }

    /// Adds the filters that match an event of version 1 ports, in order of registration on each port.
    pub(super) fn find_v1(&self, event: &EventV1<'_>, found: &mut Vec<FilterRef>) {
        let number = bit_number(event.change().bits().into());
        self.find(Family::V1, number, event.object_kind(), event.name(), found);
    }

    /// Adds the filters that match an event of version 2 ports, in order of registration on each port.
    pub(super) fn find_v2(&self, event: &EventV2<'_>, found: &mut Vec<FilterRef>) {
        let Some(events) = Events::of(event.filter) else { return };
        let number = bit_number(events.bits.into());
        self.find(events.family, number, object_kind(event.filter), event.target, found);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        let Self { slots, by_name, hasher, .. } = self;
        slots.shrink_to_fit();
        by_name.shrink_to_fit(|id| slot_hash(hasher, slots, *id));
    }

    fn find(
        &self,
        family: Family,
        number: u8,
        kind: Option<ObjectKind>,
        name: &str,
        found: &mut Vec<FilterRef>,
    ) {
        found.extend(self.everything.get(&(family, number)).into_iter().flatten());
        let wide = found.len();
        if let Some(kind) = kind {
            self.find_lane(kind, name, lane(family, number, false), found);
        }
        if kind == Some(ObjectKind::Key) && self.subtrees > 0 {
            let lane = lane(family, number, true);
            self.keys_above(name, |hash, key| self.find_hashed(hash, ObjectKind::Key, key, lane, found));
        }
        if found.len() > wide {
            found.sort_unstable();
            found.dedup();
        }
    }

    fn find_lane(&self, kind: ObjectKind, name: &str, lane: u8, found: &mut Vec<FilterRef>) {
        self.find_hashed(self.hash(kind, name), kind, name, lane, found);
    }

    fn find_hashed(&self, hash: u64, kind: ObjectKind, name: &str, lane: u8, found: &mut Vec<FilterRef>) {
        self.hashed(hash, kind, name, |_, slot| {
            if slot.lanes & (1 << lane) != 0 {
                found.extend(slot.lane(lane));
            }
        });
    }

    /// Visits a registry key and all above it, with the hashes of their names. One pass over the path makes them all:
    /// its depth is the choice of whoever may create keys.
    fn keys_above(&self, path: &str, mut visit: impl FnMut(u64, &str)) {
        let finish = |hasher: &SipHasher13| {
            let mut hasher = *hasher;
            end_name(&mut hasher);
            hasher.finish()
        };
        let mut hasher = kind_hasher(&self.hasher, ObjectKind::Key);
        visit(finish(&hasher), "");
        for (at, character) in path.char_indices() {
            if character == '\\' {
                visit(finish(&hasher), path.get(..at).unwrap_or_default());
            }
            hash_character(character, &mut hasher);
        }
        if !path.is_empty() {
            visit(finish(&hasher), path);
        }
    }

    /// Visits the slots of this name: two, if an object was renamed to what handles to another still name.
    fn named(&self, kind: ObjectKind, name: &str, visit: impl FnMut(SlotId, &Slot)) {
        self.hashed(self.hash(kind, name), kind, name, visit);
    }

    fn hashed(&self, hash: u64, kind: ObjectKind, name: &str, mut visit: impl FnMut(SlotId, &Slot)) {
        for id in self.by_name.iter_hash(hash) {
            let Some(slot) = self.slots.get(*id as usize) else { continue };
            if slot.object.kind == kind && same_name(&slot.object.name, name) {
                visit(*id, slot);
            }
        }
    }

    fn put(&mut self, hash: u64, id: SlotId) {
        let Self { slots, hasher, .. } = self;
        self.by_name.insert_unique(hash, id, |id| slot_hash(hasher, slots, *id));
    }

    fn take_out(&mut self, id: SlotId) {
        let Some(object) = self.object(id) else { return };
        let hash = self.hash(object.kind, &object.name);
        if let Ok(entry) = self.by_name.find_entry(hash, |other| *other == id) {
            entry.remove();
        }
    }

    fn hash(&self, kind: ObjectKind, name: &str) -> u64 {
        name_hash(&self.hasher, kind, name)
    }
}

impl Slot {
    fn lane(&self, lane: u8) -> impl Iterator<Item = FilterRef> + '_ {
        let first = FilterRef { port: 0, filter: 0 };
        let last = FilterRef { port: u32::MAX, filter: u32::MAX };
        self.filters.range((lane, first)..=(lane, last)).map(|(_, filter)| *filter)
    }
}

impl Events {
    /// The events of a version 2 filter; `None` for an object type whose flags the specification does not list.
    pub(super) fn of(filter: ObjectFilter) -> Option<Self> {
        if matches!(filter, ObjectFilter::Other { .. }) {
            return None;
        }
        let family = Family::V2(u8::try_from(filter.object_type()).ok()?);
        Some(Self { family, bits: u32::try_from(filter.flags()).ok()? })
    }

    pub(super) fn of_v1(change: ClusterChange) -> Self {
        Self { family: Family::V1, bits: change.bits() }
    }
}

/// The kind of object that a filter of this type can be on; `None` for what the cluster has once, and for the cluster.
pub(super) fn object_kind(filter: ObjectFilter) -> Option<ObjectKind> {
    match i32::try_from(filter.object_type()).map(ClusterObjectType) {
        Ok(ClusterObjectType::GROUP) => Some(ObjectKind::Group),
        Ok(ClusterObjectType::RESOURCE) => Some(ObjectKind::Resource),
        Ok(ClusterObjectType::RESOURCE_TYPE) => Some(ObjectKind::ResourceType),
        Ok(ClusterObjectType::NETWORK_INTERFACE) => Some(ObjectKind::NetInterface),
        Ok(ClusterObjectType::NETWORK) => Some(ObjectKind::Network),
        Ok(ClusterObjectType::NODE) => Some(ObjectKind::Node),
        Ok(ClusterObjectType::REGISTRY) => Some(ObjectKind::Key),
        Ok(ClusterObjectType::GROUPSET) => Some(ObjectKind::GroupSet),
        _ => None,
    }
}

fn slot_hash(hasher: &SipHasher13, slots: &Slab<Slot>, id: SlotId) -> u64 {
    slots.get(id as usize).map_or(0, |slot| name_hash(hasher, slot.object.kind, &slot.object.name))
}

fn name_hash(hasher: &SipHasher13, kind: ObjectKind, name: &str) -> u64 {
    let mut hasher = kind_hasher(hasher, kind);
    hash_name(name, &mut hasher);
    hasher.finish()
}

/// A hasher that knows the kind of an object, and waits for its name.
fn kind_hasher(hasher: &SipHasher13, kind: ObjectKind) -> SipHasher13 {
    let mut hasher = *hasher;
    kind.hash(&mut hasher);
    hasher
}

/// The number of the one bit that is set.
fn bit_number(bits: u64) -> u8 {
    u8::try_from(bits.trailing_zeros()).unwrap_or(u8::MAX).min(31)
}
