//! Which filters ask for which events: the sheet's tables, and comparison one by one.

use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::object::{ObjectKind, same_name};

/// What a filter covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every object; of the cluster registry, the root key and perhaps what is below.
    Everything,
    /// One object.
    Object {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
}

/// The events that a filter asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `CLUSTER_CHANGE` bits.
    V1 {
        /// The bits.
        events: u32,
        /// Whether keys below the key count.
        subtree: bool,
    },
    /// Flags of an object type.
    V2 {
        /// The object type.
        object_type: u32,
        /// The flags.
        flags: u64,
    },
}

/// A filter of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The client's context value.
    pub key: u32,
    /// What it covers.
    pub scope: Scope,
    /// What it asks for.
    pub wanted: Wanted,
}

/// `CLUSTER_CHANGE_REGISTRY_SUBTREE`.
pub const SUBTREE_V1: u32 = 0x80;
/// `CLUSTER_CHANGE_REGISTRY_SUBTREE_V2`.
pub const SUBTREE_V2: u64 = 0x4;
/// `CLUSTER_OBJECT_TYPE_REGISTRY`.
pub const REGISTRY: u32 = 8;
/// `CLUSTER_OBJECT_TYPE_RESOURCE_TYPE`.
pub const RESOURCE_TYPE: u32 = 4;

/// The object types of `ApiAddNotifyV2`: number, kind of the handle, flags that can be asked for (sheet 6.10).
pub const OBJECT_TYPES: [(u32, ObjectKind, u64); 13] = [
    (1, ObjectKind::Cluster, 0x1FF4),
    (2, ObjectKind::Group, 0x01FF),
    (3, ObjectKind::Resource, 0x01FF),
    (RESOURCE_TYPE, ObjectKind::Cluster, 0x003F),
    (5, ObjectKind::NetInterface, 0x000F),
    (6, ObjectKind::Network, 0x000F),
    (7, ObjectKind::Node, 0x007F),
    (REGISTRY, ObjectKind::Key, 0x000F),
    (9, ObjectKind::Cluster, 0x0001),
    (10, ObjectKind::Cluster, 0x0001),
    (11, ObjectKind::Cluster, 0x0001),
    (12, ObjectKind::Cluster, 0x0007),
    (13, ObjectKind::GroupSet, 0x00FF),
];

/// The kind of handle and the flags of an object type.
pub fn object_type(number: u32) -> Option<(ObjectKind, u64)> {
    OBJECT_TYPES.iter().find(|row| row.0 == number).map(|row| (row.1, row.2))
}

impl Filter {
    /// Whether it asks for an event of version 1 ports.
    pub fn asks_v1(&self, event: &EventV1<'_>) -> bool {
        let Wanted::V1 { events, subtree } = self.wanted else { return false };
        if events & event.change().bits() == 0 {
            return false;
        }
        let registry = event.change().bits() & 0x70 != 0;
        match &self.scope {
            Scope::Everything if registry => below("", event.name(), subtree),
            Scope::Everything => true,
            Scope::Object { kind: ObjectKind::Key, name } => registry && below(name, event.name(), subtree),
            Scope::Object { kind, name } => {
                event.object_kind() == Some(*kind) && same_name(name, event.name())
            }
        }
    }

    /// Whether it asks for an event of version 2 ports.
    pub fn asks_v2(&self, event: &EventV2<'_>) -> bool {
        let Wanted::V2 { object_type, flags } = self.wanted else { return false };
        if object_type != event.filter.object_type() || flags & event.filter.flags() == 0 {
            return false;
        }
        let subtree = flags & SUBTREE_V2 != 0;
        match &self.scope {
            Scope::Everything if object_type == REGISTRY => below("", event.target, subtree),
            Scope::Everything => true,
            Scope::Object { name, .. } if object_type == REGISTRY => below(name, event.target, subtree),
            Scope::Object { name, .. } => same_name(name, event.target),
        }
    }

    /// Follows a new name of an object.
    pub fn rename(&mut self, renamed: ObjectKind, old: &str, new: &str) {
        if let Scope::Object { kind, name } = &mut self.scope {
            if *kind == renamed && same_name(name, old) {
                new.clone_into(name);
            }
        }
    }
}

/// Whether a key is the watched one or, if the watch is wide enough, below it.
fn below(watched: &str, key: &str, subtree: bool) -> bool {
    if same_name(watched, key) {
        return true;
    }
    if !subtree {
        return false;
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('\\').filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
    };
    let (watched, key) = (parts(watched), parts(key));
    key.starts_with(&watched)
}
