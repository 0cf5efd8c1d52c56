//! Filters of version 2 notification ports: a kind of object with flags of its own family.

use super::NotifyFilterAndTypeRpc;
use crate::cluster_change::{
    ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2, ClusterChangeNetInterfaceV2,
    ClusterChangeNetworkV2, ClusterChangeNodeUpgradePhaseV2, ClusterChangeNodeV2, ClusterChangeQuorumV2,
    ClusterChangeRegistryV2, ClusterChangeResourceTypeV2, ClusterChangeResourceV2,
    ClusterChangeSharedVolumeV2, ClusterChangeSpaceportV2, ClusterObjectType,
};

macro_rules! object_filter {
    ($($(#[$doc:meta])+ $variant:ident($flags:ident) = $kind:ident, client $client:expr;)+) => {
        /// What `NOTIFY_FILTER_AND_TYPE_RPC` pairs: a kind of object, and events of that kind (MS-CMRP 2.2.3.22).
        ///
        /// In a request it asks for events, in a notification it names one. Flags that have no name are kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ObjectFilter {
            $($(#[$doc])+ $variant($flags),)+
            /// A kind of object whose events the specification does not list.
            Other {
                /// `dwObjectType`.
                object_type: u32,
                /// `FilterFlags`.
                flags: u64,
            },
        }

        impl ObjectFilter {
            /// Pairs a kind of object with flags, as they are received.
            pub fn received(object_type: u32, flags: u64) -> Self {
                match i32::try_from(object_type).map(ClusterObjectType) {
                    $(Ok(ClusterObjectType::$kind) => Self::$variant($flags::from_bits_retain(flags)),)+
                    _ => Self::Other { object_type, flags },
                }
            }

            /// `dwObjectType`.
            pub fn object_type(self) -> u32 {
                match self {
                    $(Self::$variant(_) => u32::try_from(ClusterObjectType::$kind.0).unwrap_or_default(),)+
                    Self::Other { object_type, .. } => object_type,
                }
            }

            /// `FilterFlags`.
            pub fn flags(self) -> u64 {
                match self {
                    $(Self::$variant(flags) => flags.bits(),)+
                    Self::Other { flags, .. } => flags,
                }
            }

            /// Flags that `ApiAddNotifyV2` has to refuse with `ERROR_INVALID_PARAMETER`: those that only a client
            /// makes and those without a name (MS-CMRP 3.1.4.2.137). Nothing is known of [`Other`](Self::Other).
            pub fn invalid(self) -> u64 {
                match self {
                    $(Self::$variant(flags) => {
                        flags.bits() & !$flags::all().difference($client).bits()
                    })+
                    Self::Other { .. } => 0,
                }
            }
        }
    };
}

object_filter! {
    /// The cluster.
    Cluster(ClusterChangeClusterV2) = CLUSTER, client ClusterChangeClusterV2::RECONNECT
        | ClusterChangeClusterV2::STATE
        | ClusterChangeClusterV2::HANDLE_CLOSE;
    /// A group.
    Group(ClusterChangeGroupV2) = GROUP, client ClusterChangeGroupV2::HANDLE_CLOSE;
    /// A resource.
    Resource(ClusterChangeResourceV2) = RESOURCE, client ClusterChangeResourceV2::HANDLE_CLOSE;
    /// A resource type.
    ResourceType(ClusterChangeResourceTypeV2) = RESOURCE_TYPE, client ClusterChangeResourceTypeV2::empty();
    /// A network interface.
    NetInterface(ClusterChangeNetInterfaceV2) = NETWORK_INTERFACE, client ClusterChangeNetInterfaceV2::HANDLE_CLOSE;
    /// A network.
    Network(ClusterChangeNetworkV2) = NETWORK, client ClusterChangeNetworkV2::HANDLE_CLOSE;
    /// A node.
    Node(ClusterChangeNodeV2) = NODE, client ClusterChangeNodeV2::HANDLE_CLOSE;
    /// The cluster registry.
    Registry(ClusterChangeRegistryV2) = REGISTRY, client ClusterChangeRegistryV2::HANDLE_CLOSE;
    /// The quorum.
    Quorum(ClusterChangeQuorumV2) = QUORUM, client ClusterChangeQuorumV2::empty();
    /// A cluster shared volume.
    SharedVolume(ClusterChangeSharedVolumeV2) = SHARED_VOLUME, client ClusterChangeSharedVolumeV2::empty();
    /// A storage space.
    Spaceport(ClusterChangeSpaceportV2) = SPACEPORT, client ClusterChangeSpaceportV2::empty();
    /// The upgrade of a node.
    Upgrade(ClusterChangeNodeUpgradePhaseV2) = UPGRADE, client ClusterChangeNodeUpgradePhaseV2::empty();
    /// A group set.
    GroupSet(ClusterChangeGroupSetV2) = GROUPSET, client ClusterChangeGroupSetV2::HANDLE_CLOSE;
}

impl From<ObjectFilter> for NotifyFilterAndTypeRpc {
    fn from(filter: ObjectFilter) -> Self {
        let filter_flags = i64::from_ne_bytes(filter.flags().to_ne_bytes());
        Self { dw_object_type: filter.object_type(), filter_flags }
    }
}

impl From<&NotifyFilterAndTypeRpc> for ObjectFilter {
    fn from(pair: &NotifyFilterAndTypeRpc) -> Self {
        Self::received(pair.dw_object_type, u64::from_ne_bytes(pair.filter_flags.to_ne_bytes()))
    }
}
