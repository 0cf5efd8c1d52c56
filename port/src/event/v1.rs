//! Events of version 1 ports.

use cmrp::cluster_change::ClusterChange;

use crate::object::ObjectKind;

/// An event of version 1 ports: one value of `CLUSTER_CHANGE`, the name of its object and the state number
/// (MS-CMRP 3.1.1.8, 2.2.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventV1<'a> {
    change: ClusterChange,
    name: &'a str,
    state_sequence: u32,
}

/// What no event carries: what only clients make, and the bit that widens filters (MS-CMRP 2.2.2.7).
const NEVER_POSTED: ClusterChange = ClusterChange::REGISTRY_SUBTREE
    .union(ClusterChange::CLUSTER_STATE)
    .union(ClusterChange::CLUSTER_RECONNECT)
    .union(ClusterChange::HANDLE_CLOSE);

impl<'a> EventV1<'a> {
    /// An event; `None` unless `change` is exactly one value that a server's object can cause.
    ///
    /// `name` is that of the object; of a registry key, its path below the root key; empty if the event has no
    /// object. `state_sequence` is the state number of the object, 0 if it has none.
    pub fn new(change: ClusterChange, name: &'a str, state_sequence: u32) -> Option<Self> {
        let single = change.bits().is_power_of_two() && !NEVER_POSTED.intersects(change);
        single.then_some(Self { change, name, state_sequence })
    }

    /// The one value.
    pub const fn change(&self) -> ClusterChange {
        self.change
    }

    /// The name of the object; empty if there is none.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The state number of the object; 0 if it has none.
    pub const fn state_sequence(&self) -> u32 {
        self.state_sequence
    }

    /// The kind of object whose filters can ask for the event; `None` where only a filter on the cluster can.
    pub fn object_kind(&self) -> Option<ObjectKind> {
        Some(match self.change.bits() {
            0x0000_0001..=0x0000_0008 => ObjectKind::Node,
            0x0000_0010..=0x0000_0080 => ObjectKind::Key,
            0x0000_0100..=0x0000_0800 => ObjectKind::Resource,
            0x0000_1000..=0x0000_8000 => ObjectKind::Group,
            0x0010_0000..=0x0080_0000 => ObjectKind::Network,
            0x0100_0000..=0x0800_0000 => ObjectKind::NetInterface,
            _ => return None,
        })
    }
}
