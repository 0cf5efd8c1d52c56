//! Filters of version 1 notification ports: the events that each `ApiAddNotify...` method can ask for.
//!
//! A filter that a program makes holds only bits that are valid for its object. A filter that was received keeps
//! what the sender wrote, and [`invalid`](NodeFilter::invalid) tells the bits that have no business there.

use core::fmt;
use core::ops::BitOr;

use super::ClusterChange;

/// Events that a filter cannot ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidFilter {
    /// The bits that are not valid for the object.
    pub invalid: ClusterChange,
}

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "events {:#010x} cannot be asked for here", self.invalid.bits())
    }
}

impl core::error::Error for InvalidFilter {}

macro_rules! filters {
    ($($(#[$doc:meta])+ $name:ident, $valid:expr, { $($(#[$event_doc:meta])+ $event:ident = $change:ident),* })+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(ClusterChange);

        impl $name {
            $($(#[$event_doc])+ pub const $event: Self = Self(ClusterChange::$change);)*

            /// All events that the method can ask for.
            pub const VALID: ClusterChange = $valid;

            /// A filter for these events; `None` if the method cannot ask for one of them.
            pub const fn new(events: ClusterChange) -> Option<Self> {
                if Self::VALID.contains(events) { Some(Self(events)) } else { None }
            }

            /// A filter as it was received, whatever its bits are.
            pub const fn from_bits_retain(bits: u32) -> Self {
                Self(ClusterChange::from_bits_retain(bits))
            }

            /// What stands on the wire.
            pub const fn bits(self) -> u32 {
                self.0.bits()
            }

            /// The valid events of the filter.
            pub const fn events(self) -> ClusterChange {
                self.0.intersection(Self::VALID)
            }

            /// Bits that are not valid for the object; empty unless the filter was received.
            pub const fn invalid(self) -> ClusterChange {
                self.0.difference(Self::VALID)
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl TryFrom<ClusterChange> for $name {
            type Error = InvalidFilter;

            fn try_from(events: ClusterChange) -> Result<Self, InvalidFilter> {
                Self::new(events).ok_or(InvalidFilter { invalid: events.difference(Self::VALID) })
            }
        }

        impl From<$name> for ClusterChange {
            fn from(filter: $name) -> Self {
                filter.0
            }
        }
    )+};
}

/// Events that only a client makes, so that none can be asked for (MS-CMRP 2.2.2.7).
const CLIENT_ONLY: ClusterChange =
    ClusterChange::CLUSTER_STATE.union(ClusterChange::CLUSTER_RECONNECT).union(ClusterChange::HANDLE_CLOSE);

/// Four events that lie side by side, the lowest first.
const fn four(lowest: ClusterChange) -> ClusterChange {
    let bit = lowest.bits();
    ClusterChange::from_bits_retain(bit | bit << 1 | bit << 2 | bit << 3)
}

filters! {
    /// What `ApiAddNotifyCluster` of protocol version 3 can ask for: all but what only a client makes
    /// (MS-CMRP 3.1.4.2.58). The registry events are about the root key.
    ClusterFilter, ClusterChange::all().difference(CLIENT_ONLY), {}

    /// What `ApiAddNotifyCluster` of protocol version 2 can ask for: as in version 3, without
    /// [`QUORUM_STATE`](ClusterChange::QUORUM_STATE) (MS-CMRP 3.1.4.1.58, 2.2.2.7).
    ClusterFilterV2, ClusterFilter::VALID.difference(ClusterChange::QUORUM_STATE), {}

    /// What `ApiAddNotifyNode` and `ApiReAddNotifyNode` can ask for (MS-CMRP 3.1.4.2.59, 3.1.4.2.63).
    NodeFilter, four(ClusterChange::NODE_STATE), {
        /// The state of the node changed.
        STATE = NODE_STATE,
        /// The node was removed from the configuration.
        DELETED = NODE_DELETED,
        /// The node was added to the configuration.
        ADDED = NODE_ADDED,
        /// A property of the node changed.
        PROPERTY = NODE_PROPERTY
    }

    /// What `ApiAddNotifyGroup` and `ApiReAddNotifyGroup` can ask for (MS-CMRP 3.1.4.2.60, 3.1.4.2.64).
    GroupFilter, four(ClusterChange::GROUP_STATE), {
        /// The state of the group changed.
        STATE = GROUP_STATE,
        /// The group was removed.
        DELETED = GROUP_DELETED,
        /// The group was added.
        ADDED = GROUP_ADDED,
        /// A property of the group changed, or a resource moved in or out.
        PROPERTY = GROUP_PROPERTY
    }

    /// What `ApiAddNotifyResource` and `ApiReAddNotifyResource` can ask for (MS-CMRP 3.1.4.2.61, 3.1.4.2.65).
    ResourceFilter, four(ClusterChange::RESOURCE_STATE), {
        /// The state of the resource changed.
        STATE = RESOURCE_STATE,
        /// The resource was removed.
        DELETED = RESOURCE_DELETED,
        /// The resource was added.
        ADDED = RESOURCE_ADDED,
        /// A property, a dependency or the set of possible hosts of the resource changed.
        PROPERTY = RESOURCE_PROPERTY
    }

    /// What `ApiAddNotifyNetwork` and `ApiReAddNotifyNetwork` can ask for (MS-CMRP 3.1.4.2.90, 3.1.4.2.91).
    NetworkFilter, four(ClusterChange::NETWORK_STATE), {
        /// The state of the network changed.
        STATE = NETWORK_STATE,
        /// The network was removed.
        DELETED = NETWORK_DELETED,
        /// The network was added.
        ADDED = NETWORK_ADDED,
        /// A property of the network changed.
        PROPERTY = NETWORK_PROPERTY
    }

    /// What `ApiAddNotifyNetInterface` and `ApiReAddNotifyNetInterface` can ask for (MS-CMRP 3.1.4.2.99,
    /// 3.1.4.2.100).
    NetInterfaceFilter, four(ClusterChange::NETINTERFACE_STATE), {
        /// The state of the interface changed.
        STATE = NETINTERFACE_STATE,
        /// The interface was removed.
        DELETED = NETINTERFACE_DELETED,
        /// The interface was added.
        ADDED = NETINTERFACE_ADDED,
        /// A property of the interface changed.
        PROPERTY = NETINTERFACE_PROPERTY
    }

    /// What `ApiAddNotifyKey` can ask for; its parameter `WatchSubTree` takes the place of `REGISTRY_SUBTREE`
    /// (MS-CMRP 3.1.4.2.62).
    KeyFilter, ClusterChange::REGISTRY_NAME
        .union(ClusterChange::REGISTRY_ATTRIBUTES)
        .union(ClusterChange::REGISTRY_VALUE), {
        /// A key was created or deleted.
        NAME = REGISTRY_NAME,
        /// The security descriptor of the key changed.
        ATTRIBUTES = REGISTRY_ATTRIBUTES,
        /// A value of the key changed or was deleted.
        VALUE = REGISTRY_VALUE
    }
}
