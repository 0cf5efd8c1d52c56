//! The objects of a cluster that handles and filters name.

use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};

/// The kinds of object that have a context handle (MS-CMRP 2.2.1), and resource types, which have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The cluster: `HCLUSTER_RPC`.
    Cluster,
    /// `HNODE_RPC`.
    Node,
    /// `HGROUP_RPC`.
    Group,
    /// `HRES_RPC`.
    Resource,
    /// A key of the cluster registry: `HKEY_RPC`. Its name is its path below the root key, parts separated by
    /// backslashes; that of the root key is empty.
    Key,
    /// `HNETWORK_RPC`.
    Network,
    /// `HNETINTERFACE_RPC`.
    NetInterface,
    /// `HGROUPSET_RPC`, of protocol version 3 only.
    GroupSet,
    /// A resource type. It has a name, no handle.
    ResourceType,
}

impl ObjectKind {
    /// Whether its handle stores an access level (MS-CMRP 3.1.1.11).
    pub const fn stores_access(self) -> bool {
        use ObjectKind::{Cluster, Group, NetInterface, Network, Node, Resource};
        matches!(self, Cluster | Resource | Group | Node | Network | NetInterface)
    }

    /// Whether a filter on it carries a state sequence (MS-CMRP 3.2.1.1).
    pub const fn has_state_sequence(self) -> bool {
        use ObjectKind::{Group, NetInterface, Network, Node, Resource};
        matches!(self, Resource | Group | Node | Network | NetInterface)
    }
}

/// An object: its kind and its name.
///
/// Names are equal when their characters are equal in lower case, as cluster names are.
///
/// ```
/// use cmrp_port::object::{Object, ObjectKind};
/// assert_eq!(Object::new(ObjectKind::Group, "Cluster Group"), Object::new(ObjectKind::Group, "cluster group"));
/// ```
#[derive(Clone)]
pub struct Object {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name as it was given.
    pub name: Arc<str>,
}

impl Object {
    /// An object of this kind and name.
    pub fn new(kind: ObjectKind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && same_name(&self.name, &other.name)
    }
}

impl Eq for Object {}

impl Hash for Object {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        hash_name(&self.name, state);
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kind, self.name)
    }
}

/// Whether two names stand for the same object.
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || folded(one).eq(folded(other))
}

/// Feeds a hasher what [`same_name`] compares.
pub(crate) fn hash_name<H: Hasher>(name: &str, state: &mut H) {
    name.chars().for_each(|character| hash_character(character, state));
    end_name(state);
}

/// Feeds a hasher one character of a name.
pub(crate) fn hash_character<H: Hasher>(character: char, state: &mut H) {
    character.to_lowercase().for_each(|folded| state.write_u32(u32::from(folded)));
}

/// Tells a hasher that a name has ended.
pub(crate) fn end_name<H: Hasher>(state: &mut H) {
    state.write_u8(0xFF);
}

fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase)
}
