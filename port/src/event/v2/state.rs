//! The states that buffers tell, as numbers: what has no name yet is kept.

use core::fmt;

macro_rules! states {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$state_doc:meta])+ $state:ident = $number:literal, $text:literal;)+ })+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$state_doc])+ pub const $state: Self = Self($number);)+

            /// What the specification calls the state; `None` for numbers that it doesn't list.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$state => Some($text),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            /// Writes the name, or the number where there is none.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }
    )+};
}

states! {
    /// The state of a resource (MS-CMRP 3.1.4.2.13).
    ResourceState {
        /// It is being initialised.
        INITIALIZING = 1, "Initializing";
        /// It is online.
        ONLINE = 2, "Online";
        /// It is offline.
        OFFLINE = 3, "Offline";
        /// It has failed.
        FAILED = 4, "Failed";
        /// It is going online.
        ONLINE_PENDING = 0x81, "OnlinePending";
        /// It is going offline.
        OFFLINE_PENDING = 0x82, "OfflinePending";
        /// It could not be found out.
        UNKNOWN = 0xFFFF_FFFF, "Unknown";
    }

    /// The state of a group (MS-CMRP 3.1.4.2.46).
    GroupState {
        /// All its resources are online.
        ONLINE = 0, "Online";
        /// All its resources are offline.
        OFFLINE = 1, "Offline";
        /// At least one resource has failed.
        FAILED = 2, "Failed";
        /// At least one resource is online, and at least one is not.
        PARTIAL_ONLINE = 3, "PartialOnline";
        /// At least one resource is going online or offline.
        PENDING = 4, "Pending";
        /// It could not be found out.
        UNKNOWN = 0xFFFF_FFFF, "Unknown";
    }

    /// The state of a node (MS-CMRP 3.1.4.2.69).
    NodeState {
        /// It is an active member of the cluster.
        UP = 0, "Up";
        /// It is not.
        DOWN = 1, "Down";
        /// It is active and takes no new groups.
        PAUSED = 2, "Paused";
        /// It is about to become active.
        JOINING = 3, "Joining";
        /// It could not be found out.
        UNKNOWN = 0xFFFF_FFFF, "Unknown";
    }

    /// The state of a network (MS-CMRP 3.1.4.2.83).
    NetworkState {
        /// All its interfaces are unavailable.
        UNAVAILABLE = 0, "Unavailable";
        /// It does not work.
        DOWN = 1, "Down";
        /// Some of its interfaces do not reach each other.
        PARTITIONED = 2, "Partitioned";
        /// It works.
        UP = 3, "Up";
        /// It could not be found out.
        UNKNOWN = 0xFFFF_FFFF, "Unknown";
    }

    /// The state of a network interface (MS-CMRP 3.1.4.2.94).
    NetInterfaceState {
        /// It does not work.
        FAILED = 0, "Failed";
        /// Others cannot reach it.
        UNREACHABLE = 1, "Unreachable";
        /// Its node is down.
        UNAVAILABLE = 2, "Unavailable";
        /// It works.
        UP = 3, "Up";
        /// It could not be found out.
        UNKNOWN = 0xFFFF_FFFF, "Unknown";
    }

    /// The state of a cluster shared volume (`VolumeState` of MS-CMRP 2.2.3.29 and 2.2.3.32; the values are those of
    /// `CLUSTER_SHARED_VOLUME_STATE` in clusapi.h).
    SharedVolumeState {
        /// It is unavailable.
        UNAVAILABLE = 0, "Unavailable";
        /// It is paused.
        PAUSED = 1, "Paused";
        /// It is active.
        ACTIVE = 2, "Active";
        /// It is active; the file system redirects input and output.
        ACTIVE_REDIRECTED = 3, "ActiveRedirected";
        /// It is active; the volume redirects input and output.
        ACTIVE_VOLUME_REDIRECTED = 4, "ActiveVolumeRedirected";
    }
}
