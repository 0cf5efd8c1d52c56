//! State numbers: what tells a client that comes back whether the state of an object changed while it was away.
//!
//! A state number ("state sequence") belongs to the present state of a resource, group, node, network or network
//! interface. It is not stored with the cluster, yet it must be the same on all active nodes (MS-CMRP 3.1.1.1.1,
//! 3.1.1.1.4): a client takes it from one node and gives it to another. [`StateSequences`] is the one place where the
//! rule lives. Each active node keeps one and feeds it the same calls in the same order; a node that joins starts
//! from a copy.

use core::hash::BuildHasherDefault;

use hashbrown::HashMap;
use siphasher::sip::SipHasher13;

use crate::object::{Object, ObjectKind};

/// Where the server engine finds the state number of an object.
pub trait StateNumbers {
    /// The state number of an object; 0 for objects that have none or are not known.
    fn state_sequence(&self, object: &Object) -> u32;
}

/// The state numbers of the objects of a cluster.
///
/// Resources and groups start at 0 and rise with each transition between states (MS-CMRP 3.1.1.1.1, 3.1.1.1.4);
/// resources also when they move to another group (MS-CMRP 3.1.4.1.10, 3.1.4.1.26). Nothing is specified for nodes,
/// networks and network interfaces; they follow the rule of groups. After the largest number comes 0, since clients
/// and servers compare for equality alone (MS-CMRP 3.1.4.2.64). Other kinds of object have no number.
///
/// ```
/// use cmrp_port::object::{Object, ObjectKind};
/// use cmrp_port::sequence::{StateNumbers, StateSequences};
///
/// let mut numbers = StateSequences::new();
/// let group = Object::new(ObjectKind::Group, "Cluster Group");
/// numbers.created(group.clone());
/// assert_eq!(numbers.transition(&group), 1);
/// assert_eq!(numbers.state_sequence(&Object::new(ObjectKind::Group, "CLUSTER GROUP")), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSequences {
    /// Unkeyed hashing is enough: only those who may create objects choose what is in here.
    numbers: HashMap<Object, u32, BuildHasherDefault<SipHasher13>>,
}

impl StateSequences {
    /// No objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object was created: its number is 0, even if another one had its name before.
    pub fn created(&mut self, object: Object) {
        self.insert(object, 0);
    }

    /// The object is in another state now; the number that marks it.
    ///
    /// An object that was never reported as created counts as being at 0 before.
    pub fn transition(&mut self, object: &Object) -> u32 {
        if !object.kind.has_state_sequence() {
            return 0;
        }
        let number = self.numbers.entry(object.clone()).or_insert(0);
        *number = number.wrapping_add(1);
        *number
    }

    /// The resource belongs to another group now; the number that marks it (MS-CMRP 3.1.4.1.10, 3.1.4.1.13,
    /// 3.1.4.1.26).
    pub fn moved(&mut self, resource: &str) -> u32 {
        self.transition(&Object::new(ObjectKind::Resource, resource))
    }

    /// The object is gone; the number that it had.
    pub fn removed(&mut self, object: &Object) -> Option<u32> {
        self.numbers.remove(object)
    }

    /// The object has a new name and keeps its number. Whatever had the name before is gone.
    pub fn renamed(&mut self, kind: ObjectKind, old: &str, new: &str) {
        if let Some(number) = self.removed(&Object::new(kind, old)) {
            self.insert(Object::new(kind, new), number);
        }
    }

    /// The objects and their numbers, in no particular order: what a joining node needs.
    pub fn iter(&self) -> impl Iterator<Item = (&Object, u32)> {
        self.numbers.iter().map(|(object, number)| (object, *number))
    }

    fn insert(&mut self, object: Object, number: u32) {
        if object.kind.has_state_sequence() {
            // The map would keep the spelling of the former name.
            self.numbers.remove(&object);
            self.numbers.insert(object, number);
        }
    }
}

impl StateNumbers for StateSequences {
    fn state_sequence(&self, object: &Object) -> u32 {
        self.numbers.get(object).copied().unwrap_or(0)
    }
}

impl FromIterator<(Object, u32)> for StateSequences {
    /// Numbers as another node has them.
    fn from_iter<I: IntoIterator<Item = (Object, u32)>>(numbers: I) -> Self {
        let mut own = Self::new();
        numbers.into_iter().for_each(|(object, number)| own.insert(object, number));
        own
    }
}
